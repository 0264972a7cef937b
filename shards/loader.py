"""Reads shards for training: rows of a fixed number of tokens, by their number.

`PackedRows` reads packed shards, whose index tells where each block of rows is. `TokenRows` reads
the shards of a run as they are: their documents stand one behind the other, in the order of the
shards, which is shuffled, and are cut into rows of equal length. The footers tell how many tokens
each row group has. So any row is found without reading those before it.
"""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from manifests.parquet import Metadata, TableFile
from manifests.schemas import SPLITS, TRAIN
from manifests.store import Store
from shards import packed_files
from shards.shard_files import facts_of

Ids = npt.NDArray[np.unsignedinteger[Any]]
Lengths = npt.NDArray[np.int64]

DEFAULT_LENGTH = 2048
_ROUNDS = 4  # of the Feistel network: three make a permutation that looks random, four a strong one


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of tokens.

    Attributes:
      input_ids: its tokens, uint16 or uint32 as in the shards; do not write to them.
      doc_lens: int64, how many of them are of each document, in order. In rows of shards that are
        not packed, the first and the last document may go on in the rows beside it. What is left of
        a packed row is filled up, and counts as no document.
    """

    input_ids: Ids
    doc_lens: Lengths

    def position_ids(self) -> Lengths:
        """The place of each token in what the row has of its document."""
        starts = self.cu_seqlens()
        return np.arange(len(self.input_ids)) - np.repeat(starts[:-1], np.diff(starts))

    def cu_seqlens(self) -> Lengths:
        """Where documents begin in the row, and its length, as attention kernels take them.

        What the row is filled up with stands there as if it were one more document.
        """
        ends = np.concatenate([[0], np.cumsum(self.doc_lens)])
        return ends if ends[-1] == len(self.input_ids) else np.append(ends, len(self.input_ids))

    def document_ids(self) -> Lengths:
        """The number of each token's document in the row; -1 for what the row is filled up with."""
        found = np.full(len(self.input_ids), -1)
        found[: self.doc_lens.sum()] = np.repeat(np.arange(len(self.doc_lens)), self.doc_lens)
        return found

    def attention_mask(self) -> npt.NDArray[np.bool_]:
        """[length, length]: whether a token (row) sees another (column): one before, or itself, of
        the same document.
        """
        of = self.document_ids()
        return np.tri(len(of), dtype=bool) & (of[:, None] == of)


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
      split: only documents of this one, of `manifests.schemas.SPLITS`; None for all. It is one
        range of the shards, since splits are ranges of the keys that order them.
      kept_groups: row groups (of 2 to 4 million tokens) that are held decoded.

    Attributes:
      tokens: of all documents; what is left behind the last whole row is in none.
      facts: what the shards say of tokenizer, vocabulary, special tokens and seed.

    Raises:
      FileNotFoundError: the folder has no shards.
      ValueError: a shard is damaged or of another run than the first, or length is less than 1.
    """

    def __init__(
        self, run: str, length: int, split: str | None = None, kept_groups: int = 2
    ) -> None:
        if length < 1 or kept_groups < 1:
            raise ValueError(f"length is {length}, kept_groups {kept_groups}; both are 1 or more")
        self.length = length
        self._store = Store(run)
        self._kept = kept_groups
        self._groups: list[_Group] = []
        self._split, self._first = split, 0  # the first token of the split
        self._end = self.tokens = 0  # of all groups so far
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
            self._groups.append(_Group(path, index, self._end))
            # Each document has a token, so that no value of the column is an empty list.
            tokens = metadata.row_group(index).column(column).num_values
            before, own = self._part(path, metadata, index, tokens)
            if own and not self.tokens:
                self._first = self._end + before
            self._end += tokens
            self.tokens += own

    def _part(self, path: str, metadata: Metadata, index: int, tokens: int) -> tuple[int, int]:
        """Tokens of a row group before those of the split, and tokens of the split."""
        if self._split is None:
            return 0, tokens
        at = metadata.schema.names.index("split")
        told = metadata.row_group(index).column(at).statistics
        if told is not None and told.has_min_max and told.min == told.max:
            return 0, tokens if told.min == self._split else 0
        # Several splits: in a large run, of three row groups.
        table = self._table(_Group(path, index, 0), ["split", "n_tokens"])
        own = pc.equal(table["split"], self._split).to_numpy()
        counts, places = table["n_tokens"].to_numpy(), np.flatnonzero(own)
        before = int(counts[: places[0]].sum()) if len(places) else 0
        return before, int(counts[own].sum())

    def _table(self, group: _Group, columns: list[str]) -> pa.Table:
        try:
            with self._store.open(group.path) as file:
                return TableFile(file, slow=self._store.slow).row_group(group.index, columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise ValueError(
                f"row group {group.index} of {group.path} of {self._store} is damaged; "
                "`winnow verify` tells which files are"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_read": collections.OrderedDict()}  # a reader reads for itself

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
        start = self._first + place * self.length
        end = start + self.length
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
            table = self._table(self._groups[number], ["input_ids"])
            column = table["input_ids"].combine_chunks()
            if len(self._read) >= self._kept:
                self._read.popitem(last=False)
            column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
            self._read[number] = (
                column.flatten().to_numpy(),
                column.offsets.to_numpy()[1:].astype(np.int64),
            )
        self._read.move_to_end(number)
        return self._read[number]


class PackedRows:
    """All rows of packed shards, by number.

    Args:
      folder: that `winnow pack` wrote, or any fsspec URL of it.
      kept_blocks: blocks (of up to 256 rows) that are held decoded.

    Attributes:
      length: tokens of a row.
      tokens: of all rows, without those that fill them up.
      facts: what the shards say of tokenizer, vocabulary, special tokens, seed and packing.

    Raises:
      FileNotFoundError: the folder has no packed shards.
      ValueError: the index is damaged.
    """

    def __init__(self, folder: str, kept_blocks: int = 16) -> None:
        self._store = Store(folder)
        self._kept = kept_blocks
        self._index, self.facts = packed_files.read_index(self._store)
        self.length: int = self.facts["packed"]["length"]
        self.tokens: int = self.facts["packed"]["tokens"]
        self._schema = packed_files.rows_schema(self.facts)
        self._ends = np.cumsum(self._index["rows"].to_numpy(), dtype=np.int64)
        self._read: collections.OrderedDict[int, tuple[Ids, Lengths, Lengths]] = (
            collections.OrderedDict()
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_read": collections.OrderedDict()}  # a reader reads for itself

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, number: int) -> Row:
        """The row with this number; negative ones count from the end.

        Raises:
          IndexError: there is no such row.
          ValueError: its block is damaged; the message names the file.
        """
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(f"row {number} of {len(self)}")
        block = int(np.searchsorted(self._ends, place, "right"))
        ids, starts, lens = self._block(block)
        row = place - (int(self._ends[block - 1]) if block else 0)
        tokens = ids[row * self.length : (row + 1) * self.length]
        return Row(tokens, lens[starts[row] : starts[row + 1]])

    def __iter__(self) -> Iterator[Row]:
        return (self[number] for number in range(len(self)))

    def _block(self, number: int) -> tuple[Ids, Lengths, Lengths]:
        """Tokens of a block's rows; where the lengths of each row begin; the lengths."""
        if number not in self._read:
            (place,) = self._index.slice(number, 1).to_pylist()
            batch = packed_files.read_block(self._store, place, self._schema)
            if len(self._read) >= self._kept:
                self._read.popitem(last=False)
            lens = batch["doc_lens"]
            self._read[number] = (
                batch["input_ids"].values.to_numpy(),
                lens.offsets.to_numpy().astype(np.int64),
                lens.values.to_numpy().astype(np.int64),
            )
        self._read.move_to_end(number)
        return self._read[number]


def open_rows(folder: str, length: int | None, split: str | None) -> TokenRows | PackedRows:
    """Packed shards if the folder has some, else the shards of a run, in rows of that length.

    Args:
      length: None takes that of packed shards, or `DEFAULT_LENGTH`.
      split: None takes that of packed shards, or training.

    Raises:
      FileNotFoundError: the folder has neither.
      ValueError: a file is damaged, or packed rows have another length or split.
    """
    if split not in (None, *SPLITS):
        raise ValueError(f"split is {split!r}, but must be one of {', '.join(SPLITS)}")
    if not Store(folder).exists(packed_files.INDEX_FILE):
        return TokenRows(folder, DEFAULT_LENGTH if length is None else length, split or TRAIN)
    rows = PackedRows(folder)
    if split not in (None, rows.facts["packed"]["split"]):
        raise ValueError(
            f"the rows of {folder} are of the split {rows.facts['packed']['split']}, not {split}; "
            f"run `winnow pack` with --split {split}"
        )
    if length not in (None, rows.length):
        raise ValueError(
            f"the rows of {folder} were packed with {rows.length:,} tokens, not {length:,}; leave "
            "length out, or run `winnow pack` with another one"
        )
    return rows


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


# A block's first and last row group are read for its neighbours, too. If rows have 2,048 tokens, a
# row group has about 1,000 of them, and a block of so many reads a fifteenth more.
_MOST_ROWS = 1 << 14
_LEAST_BLOCKS = 16


def order_of(rows: int, seed: int, epoch: int) -> Order:
    """The order in which a loader reads so many rows."""
    return Order(rows, max(1, min(_MOST_ROWS, rows // _LEAST_BLOCKS)), seed, epoch)


def _mixed(value: int, key: int) -> int:
    return xxhash.xxh3_64_intdigest(value.to_bytes(8, "little"), seed=key)
