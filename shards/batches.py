"""Batches of rows for a training loop that may stop anywhere and go on with other ranks or workers.

The rows of an epoch stand in one order, which is computed. All ranks together take them from its
beginning: batch k of rank r of R has the rows from (k R + r) x batch_rows on. So the state of all
of them is one number: how many rows were taken. Each batch has the state behind it, and whatever a
worker has read ahead plays no part.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping

import numpy as np

from shards.loader import Order, PackedRows, Row, TokenRows
from shards.shard_files import Ids, Ints


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some rows, and where a loop stands that has used them.

    Attributes:
      rows: as `shards.loader` reads them.
      state: for the next loop, on any number of ranks and workers; JSON of under 200 bytes.
    """

    rows: list[Row]
    state: dict[str, int]

    @functools.cached_property
    def input_ids(self) -> Ids:
        """[rows, length], uint16 or uint32."""
        return np.stack([row.input_ids for row in self.rows])

    @functools.cached_property
    def position_ids(self) -> Ints:
        """[rows, length], int64: the place of each token in its document."""
        return np.stack([row.position_ids() for row in self.rows])

    @functools.cached_property
    def document_ids(self) -> Ints:
        """[rows, length], int64: the document of each token in its row; -1 for none."""
        return np.stack([row.document_ids() for row in self.rows])

    @functools.cached_property
    def cu_seqlens(self) -> Ints:
        """[documents + 1], int64: where documents begin in all rows, one behind the other."""
        lens = [np.diff(row.cu_seqlens()) for row in self.rows]
        return np.concatenate([[0], np.cumsum(np.concatenate(lens))])


@dataclasses.dataclass(frozen=True)
class Batches:
    """The batches of a rank in an epoch; iterating begins where the state says.

    Args:
      rows: of all shards.
      order: of the epoch; None takes them as they are.
      seed, epoch: of the order.
      batch_rows: rows of a batch.
      rank, ranks: which of how many processes this is.
      taken: rows that were taken before, by all ranks.
      drop_last: leave out the last rows, where not every rank has a whole batch.
      worker, workers: which of how many readers this is; reader w has batches w, w + workers, ...
    """

    rows: TokenRows | PackedRows
    order: Order | None
    seed: int
    epoch: int
    batch_rows: int
    rank: int = 0
    ranks: int = 1
    taken: int = 0
    drop_last: bool = True
    worker: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if self.batch_rows < 1 or not 0 <= self.rank < self.ranks:
            raise ValueError(
                f"batch_rows is {self.batch_rows}, rank {self.rank} of {self.ranks}; batches have "
                "at least one row, and ranks are numbered from 0"
            )

    def from_state(self, state: Mapping[str, int]) -> "Batches":
        """The same batches behind a state.

        Raises:
          ValueError: the state is of other rows, or of another order.
        """
        own = self._state(0)
        if other := [key for key in own if key != "taken" and own[key] != state.get(key)]:
            told = ", ".join(f"{key} {state.get(key)}, not {own[key]}" for key in other)
            raise ValueError(f"the state is of other shards or another order: it has {told}")
        return dataclasses.replace(self, taken=state["taken"])

    def of_worker(self, worker: int, workers: int) -> "Batches":
        """Those batches that one of several readers gives."""
        return dataclasses.replace(self, worker=worker, workers=workers)

    def _state(self, taken: int) -> dict[str, int]:
        return {"seed": self.seed, "epoch": self.epoch, "rows": len(self.rows), "taken": taken}

    def __len__(self) -> int:
        """Batches that are left for this rank, of all readers."""
        left, step = len(self.rows) - self.taken, self.batch_rows * self.ranks
        if self.drop_last:
            return left // step
        return max(0, -(-(left - self.rank * self.batch_rows) // step))

    def __iter__(self) -> Iterator[Batch]:
        step = self.batch_rows * self.ranks
        for number in range(self.worker, len(self), self.workers):
            start = self.taken + number * step
            first = start + self.rank * self.batch_rows
            places = range(first, min(first + self.batch_rows, len(self.rows)))
            order = self.order
            rows = [self.rows[place if order is None else order[place]] for place in places]
            yield Batch(rows, self._state(min(start + step, len(self.rows))))
