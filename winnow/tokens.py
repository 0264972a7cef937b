"""Shards as rows of tokens for training: `TokenShards`."""

import operator
import os
from typing import TYPE_CHECKING, Any

# Imports of everything that takes time stand inside the functions, as in `winnow.runs`.
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shards.batches import Batches
    from shards.loader import PackedRows, Row, TokenRows


class TokenShards:
    """Rows of a fixed number of tokens from shards, by number, in a random order.

    What `winnow pack` wrote is read as it was packed. The documents of a run stand one behind the
    other, in the shuffled order of the shards, each with its end-of-text token, and are cut into
    rows. `shards[i]` is one row and `len(shards)` how many there are; nothing but row groups, or
    blocks, that hold wanted rows is read. So it is what `torch.utils.data.DataLoader`,
    `torchdata.StatefulDataLoader` and `grain.MapDataset.source` take as a data set, and torch is
    not needed.

    A row has `input_ids` (uint16 or uint32), `doc_lens` (how many of these each document has), and
    the methods `position_ids()`, `cu_seqlens()`, `document_ids()` and `attention_mask()` for
    attention that does not cross documents. A packed row may be filled up with end-of-text tokens,
    which are of no document: `document_ids()` is -1 there, and no loss should count them.

    `batches` gives batches, which carry the state of the loop: one number, so that any other number
    of ranks and workers goes on where the first ones stopped. `torch_batches` gives the same to
    PyTorch's DataLoader.

    Args:
      run: the folder of a run, or of packed shards, or any fsspec URL of one.
      length: tokens of a row; unless given, those that were packed, or 2,048.
      split: "train" unless given, "validation" or "test", as the recipe's `splits` say.
      seed, epoch: of the order; each epoch has an order of its own. Blocks of up to 16,384 rows
        keep together, since they are read together; the documents of a block are a random sample.
      shuffle: False takes the order of the shards, which is random as well.

    Raises:
      FileNotFoundError: the folder has no shards.
      TypeError: an argument is of another type.
      ValueError: a shard is damaged or of another run, or length is less than 1, or not that of
        packed rows.

    >>> import winnow
    >>> run = winnow.run("demo", "runs/demo")
    >>> shards = winnow.TokenShards("runs/demo", length=128)
    >>> len(shards) == shards.tokens // 128
    True
    >>> row = shards[0]
    >>> row.input_ids.shape, int(row.doc_lens.sum())
    ((128,), 128)
    >>> second = shards.of_epoch(1)
    >>> sorted(second.number(i) for i in range(len(second))) == list(range(len(shards)))
    True
    """

    def __init__(
        self,
        run: "str | os.PathLike[str]",
        length: int | None = None,
        *,
        split: str | None = None,
        seed: int = 0,
        epoch: int = 0,
        shuffle: bool = True,
    ) -> None:
        from shards.loader import open_rows

        if not isinstance(run, (str, os.PathLike)):
            raise TypeError(f"run is {type(run).__name__}, but must be a folder's path or URL")
        self._begin(
            open_rows(os.fspath(run), None if length is None else operator.index(length), split),
            operator.index(seed),
            operator.index(epoch),
            shuffle,
        )

    def _begin(self, rows: "TokenRows | PackedRows", seed: int, epoch: int, shuffle: bool) -> None:
        from shards.loader import order_of

        self._rows, self._seed, self._epoch = rows, seed, epoch
        self._order = order_of(len(rows), seed, epoch) if shuffle else None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> "Row":
        return self._rows[self.number(place)]

    def __repr__(self) -> str:
        return f"<winnow token shards: {len(self):,} rows of {self._rows.length:,} tokens>"

    @property
    def tokens(self) -> int:
        """Tokens of all shards, without those that fill rows up.

        Where rows are not packed, those behind the last whole row are in none.
        """
        return self._rows.tokens

    @property
    def facts(self) -> dict[str, Any]:
        """What the shards say of themselves: tokenizer, vocabulary, special tokens, seed."""
        return self._rows.facts

    def number(self, place: int) -> int:
        """The number of the row at a place, in the order of the shards."""
        place = operator.index(place)
        place += len(self) if place < 0 else 0
        if self._order is not None:
            return self._order[place]
        if not 0 <= place < len(self):
            raise IndexError(f"place {place} of {len(self)}")
        return place

    def batches(
        self,
        batch_rows: int,
        *,
        rank: int = 0,
        ranks: int = 1,
        state: "Mapping[str, int] | None" = None,
        drop_last: bool = True,
    ) -> "Batches":
        """The batches of a rank in this epoch, from a state on.

        A batch has `input_ids`, `position_ids` and `document_ids`, arrays of [batch_rows, length],
        `cu_seqlens` over all of its rows, and the `state` of a loop that has used it: save that of
        the last batch, JSON of under 200 bytes. All ranks have the same one, and other ranks,
        workers and sizes of batches may go on from it. At the end of an epoch begin `of_epoch(n)`
        without a state.

        Args:
          batch_rows: rows of a batch.
          rank, ranks: which of how many processes this is.
          state: of an earlier loop over this epoch.
          drop_last: leave out the last rows, where not every rank has a whole batch.

        Raises:
          ValueError: there is no such rank, or the state is of other rows or of another order.

        >>> import winnow
        >>> run = winnow.run("demo", "runs/demo")
        >>> shards = winnow.TokenShards("runs/demo", length=128)
        >>> first = next(iter(shards.batches(4)))
        >>> first.input_ids.shape, first.state["taken"]
        ((4, 128), 4)
        >>> second = next(iter(shards.batches(2, rank=1, ranks=2, state=first.state)))
        >>> second.state["taken"], bool((second.input_ids[0] == shards[6].input_ids).all())
        (8, True)
        """
        from shards.batches import Batches

        found = Batches(
            self._rows, self._order, self._seed, self._epoch, operator.index(batch_rows),
            operator.index(rank), operator.index(ranks), drop_last=drop_last,
        )  # fmt: skip
        return found if state is None else found.from_state(state)

    def torch_batches(
        self,
        batch_rows: int,
        *,
        rank: int = 0,
        ranks: int = 1,
        state: "Mapping[str, int] | None" = None,
        drop_last: bool = True,
    ) -> Any:
        """`batches` as an IterableDataset, for `DataLoader(it, batch_size=None, num_workers=N)`.

        A batch is a dict of tensors, with its `state`. Workers take batches in turn: their order
        does not depend on how many there are.

        Raises:
          ImportError: PyTorch is not installed.
          ValueError: as `batches`.
        """
        from shards.adapters import torch_dataset

        return torch_dataset(
            self.batches(batch_rows, rank=rank, ranks=ranks, state=state, drop_last=drop_last)
        )

    def of_epoch(self, epoch: int) -> "TokenShards":
        """The same rows in the order of another epoch."""
        other = TokenShards.__new__(TokenShards)
        other._begin(self._rows, self._seed, operator.index(epoch), self._order is not None)
        return other
