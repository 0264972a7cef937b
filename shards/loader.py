"""Reads the shards of a run for training: rows of a fixed number of tokens, by their number.

The documents of all shards stand one behind the other, in the order of the shards, which is
shuffled, and are cut into rows of equal length. The footers tell how many tokens each row group
has, so that any row is found without reading those before it.
"""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from manifests.parquet import TableFile
from manifests.store import Store
from shards.shard_files import facts_of

Ids = npt.NDArray[np.unsignedinteger[Any]]
Lengths = npt.NDArray[np.int64]

_ROUNDS = 4  # of the Feistel network: three make a permutation that looks random, four a strong one


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of tokens.

    Attributes:
      input_ids: its tokens, uint16 or uint32 as in the shards; do not write to them.
      doc_lens: int64, how many of them are of each document, in order. The first and the last
        document may go on in the rows beside it.
    """

    input_ids: Ids
    doc_lens: Lengths

    def position_ids(self) -> Lengths:
        """The place of each token in what the row has of its document."""
        starts = np.repeat(self.cu_seqlens()[:-1], self.doc_lens)
        return np.arange(len(self.input_ids)) - starts

    def cu_seqlens(self) -> Lengths:
        """Where documents begin in the row, and its length, as attention kernels take them."""
        return np.concatenate([[0], np.cumsum(self.doc_lens)])


@dataclasses.dataclass(frozen=True)
class _Group:
    """A row group: its file, its number there, and how many tokens stand before it."""

    path: str
    index: int
    start: int


class TokenRows:
    """All rows of a run, by number.

    Args:
      run: the folder of the run, or any fsspec URL of it.
      length: tokens of a row.
      kept_groups: row groups (of 2 to 4 million tokens) that are held decoded.

    Attributes:
      tokens: of all shards; what is left behind the last whole row is in none.
      facts: what the shards say of tokenizer, vocabulary, special tokens and seed.

    Raises:
      FileNotFoundError: the folder has no shards.
      ValueError: a shard is damaged or of another run than the first, or length is less than 1.
    """

    def __init__(self, run: str, length: int, kept_groups: int = 2) -> None:
        if length < 1 or kept_groups < 1:
            raise ValueError(f"length is {length}, kept_groups {kept_groups}; both are 1 or more")
        self.length = length
        self._store = Store(run)
        self._kept = kept_groups
        self._groups: list[_Group] = []
        self.tokens = 0
        self.facts: dict[str, Any] = {}
        paths = sorted(p for p in self._store.sizes("shards") if p.endswith(".parquet"))
        if not paths:
            raise FileNotFoundError(
                f"{run} has no shards; a run with `last_stage: shards` writes them"
            )
        for path in paths:
            self._add(path)
        self._starts = np.array([group.start for group in self._groups], np.int64)
        self._read: collections.OrderedDict[int, tuple[Ids, Lengths]] = collections.OrderedDict()

    def _add(self, path: str) -> None:
        try:
            with self._store.open(path) as file:
                table = TableFile(file, slow=self._store.slow)
        except pa.ArrowInvalid as error:
            raise ValueError(f"{path} of {self._store} is damaged, or no shard") from error
        facts = facts_of(table.schema)
        if facts != (self.facts or facts):
            raise ValueError(f"{path} of {self._store} is of another run than the shards before it")
        self.facts = facts
        metadata = table.metadata
        column = metadata.schema.names.index("element")
        for index in range(metadata.num_row_groups):
            self._groups.append(_Group(path, index, self.tokens))
            # Each document has a token, so that no value of the column is an empty list.
            self.tokens += metadata.row_group(index).column(column).num_values

    def __len__(self) -> int:
        return self.tokens // self.length

    def __getitem__(self, number: int) -> Row:
        """The row with this number; negative ones count from the end.

        Raises:
          IndexError: there is no such row.
          ValueError: its row group is damaged; the message names file and row group.
        """
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(f"row {number} of {len(self)}")
        start, end = place * self.length, (place + 1) * self.length
        ids: list[Ids] = []
        lengths: list[Lengths] = []
        group = int(np.searchsorted(self._starts, start, "right")) - 1
        while start < end:
            held, ends = self._group(group)
            first = start - self._groups[group].start
            last = min(len(held), end - self._groups[group].start)
            ids.append(held[first:last])
            inside = ends[np.searchsorted(ends, first, "right") :]
            inside = np.append(inside[inside < last], last)
            lengths.append(np.diff(inside, prepend=first))
            start += last - first
            group += 1
        # A row group ends with a document.
        return Row(ids[0] if len(ids) == 1 else np.concatenate(ids), np.concatenate(lengths))

    def __iter__(self) -> Iterator[Row]:
        return (self[number] for number in range(len(self)))

    def _group(self, number: int) -> tuple[Ids, Lengths]:
        """The tokens of a row group, and where each of its documents ends."""
        if number not in self._read:
            group = self._groups[number]
            try:
                with self._store.open(group.path) as file:
                    column = (
                        TableFile(file, slow=self._store.slow)
                        .row_group(group.index, ["input_ids"])["input_ids"]
                        .combine_chunks()
                    )
            except (pa.ArrowInvalid, OSError) as error:
                raise ValueError(
                    f"row group {group.index} of {group.path} of {self._store} is damaged; "
                    "`winnow verify` tells which files are"
                ) from error
            if len(self._read) >= self._kept:
                self._read.popitem(last=False)
            column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
            self._read[number] = (
                column.flatten().to_numpy(),
                column.offsets.to_numpy()[1:].astype(np.int64),
            )
        self._read.move_to_end(number)
        return self._read[number]


class Order:
    """An order of numbers that is computed, not stored: blocks in a random order, whole each.

    A block is what is read together, so that a random order costs one reading of each row group.

    Args:
      count: the numbers are 0 to count - 1.
      block: numbers that stay together.
      seed, epoch: other values, another order.
    """

    def __init__(self, count: int, block: int, seed: int, epoch: int) -> None:
        self._count, self._block = count, block
        self._blocks = -(-count // block)
        self._bits = max(1, (max(1, self._blocks - 1).bit_length() + 1) // 2)
        self._keys = [
            xxhash.xxh3_64_intdigest(f"{seed} {epoch} {turn}".encode()) for turn in range(_ROUNDS)
        ]
        # The last block may be shorter: numbers behind its place are that much less far.
        self._short = self._blocks * block - count
        self._place_of_last = self._inverse(self._blocks - 1) if self._short else self._blocks

    def __getitem__(self, place: int) -> int:
        """The number at a place."""
        if not 0 <= place < self._count:
            raise IndexError(f"place {place} of {self._count}")
        before_last = place < self._place_of_last * self._block + self._block - self._short
        at = place if before_last else place + self._short
        block, within = divmod(at, self._block)
        return self._forward(block) * self._block + within

    def _forward(self, block: int) -> int:
        """A permutation of the blocks: steps of a permutation of a power of four until one fits."""
        block = self._turned(block)
        while block >= self._blocks:
            block = self._turned(block)
        return block

    def _inverse(self, block: int) -> int:
        block = self._turned_back(block)
        while block >= self._blocks:
            block = self._turned_back(block)
        return block

    def _turned(self, value: int) -> int:
        mask = (1 << self._bits) - 1
        left, right = value >> self._bits, value & mask
        for key in self._keys:
            left, right = right, left ^ (_mixed(right, key) & mask)
        return left << self._bits | right

    def _turned_back(self, value: int) -> int:
        mask = (1 << self._bits) - 1
        left, right = value >> self._bits, value & mask
        for key in reversed(self._keys):
            left, right = right ^ (_mixed(left, key) & mask), left
        return left << self._bits | right


def _mixed(value: int, key: int) -> int:
    return xxhash.xxh3_64_intdigest(value.to_bytes(8, "little"), seed=key)
