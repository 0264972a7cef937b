"""Histograms of a run's measured values, from two passes over columns of its parts.

The first pass takes a sample, by which edges are placed; the second counts every document. Memory
is that of a batch and of the sample, whatever the size of the run.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from manifests import manifest
from manifests.comparisons import FAILS, Comparison
from manifests.report.histograms import Histogram, Mask, edges_around
from manifests.store import Store

Applies: TypeAlias = Callable[[Sequence[str]], Mask]  # from the languages of documents

_BATCH_ROWS = 1 << 14
_SAMPLE_ROWS = 1 << 12


@dataclasses.dataclass(frozen=True)
class Limit:
    """One threshold of a run.

    Attributes:
      name: its key, as `winnow replay --set` takes it: `rules.gopher_quality.min_words`.
      column: what it looks at, in `documents/` and `dropped/`.
      comparison: as in `Histogram`.
      reason: of the documents that it drops.
      applies: which documents have this limit, by their languages; None if all have it.
    """

    name: str
    column: str
    comparison: Comparison
    value: float
    reason: str
    applies: Applies | None = None


def measure(store: Store, limits: Sequence[Limit]) -> list[Histogram]:
    """A histogram for each limit.

    Where a run kept no values of the documents that it dropped, only those that it kept are
    counted.
    """
    if not limits:
        return []
    columns = list(dict.fromkeys(limit.column for limit in limits))
    sample = _sample(store, columns)
    found = []
    for limit in limits:
        values = sample[limit.column].drop_null()
        whole = pa.types.is_integer(values.type)
        around = edges_around(limit.value, values.to_numpy().astype(np.float64), whole)
        found.append(Histogram(limit.comparison, around))
    for folder, batch in _batches(store, ["language", *columns]):
        languages = batch["language"].to_pylist()
        for limit, histogram in zip(limits, found, strict=True):
            _count(batch, folder, languages, limit, histogram)
    return found


def _count(
    batch: pa.RecordBatch, folder: str, languages: list[str], limit: Limit, histogram: Histogram
) -> None:
    column = batch[limit.column]
    has_limit: Mask = column.is_valid().to_numpy(zero_copy_only=False)
    if limit.applies is not None:
        has_limit = has_limit & limit.applies(languages)
    values = column.filter(pa.array(has_limit)).to_numpy(zero_copy_only=False)
    if folder == "documents":
        histogram.add(values, np.ones(len(values), bool))
        histogram.exempt += batch.num_rows - len(values)
        return
    alone = pc.and_(
        pc.equal(batch["reason"], limit.reason), pc.equal(pc.list_value_length(batch["reasons"]), 1)
    ).to_numpy(zero_copy_only=False)
    value = values.dtype.type(limit.value) if values.dtype == np.float32 else limit.value
    histogram.add(values, alone[has_limit] & FAILS[limit.comparison](values, value))


def _batches(store: Store, columns: list[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of all documents, and whether they are of `documents` or `dropped`."""
    for folder in ("documents", "dropped"):
        own = ["reason", "reasons"] if folder == "dropped" else []
        for path in manifest.parts(store, folder):
            there = set(store.read_schema(path).names)
            if there.issuperset(columns):
                for batch in store.read_batches(path, _BATCH_ROWS, [*columns, *own]):
                    yield folder, batch


def _sample(store: Store, columns: list[str]) -> pa.Table:
    """The values of the documents with the smallest ids, which are hashes."""
    keys = np.zeros(0, np.uint64)
    found: pa.Table | None = None
    for _, batch in _batches(store, ["doc_id", *columns]):
        own = _keys(batch["doc_id"])
        # Columns of `dropped` may be null where those of `documents` may not.
        schema = pa.schema([field.with_nullable(True) for field in batch.select(columns).schema])
        rows = pa.Table.from_batches([batch.select(columns)]).cast(schema)
        if len(keys) == _SAMPLE_ROWS:
            near = own < keys.max()
            own, rows = own[near], rows.filter(pa.array(near))
        found = rows if found is None else pa.concat_tables([found, rows])
        keys = np.concatenate([keys, own])
        if len(keys) > _SAMPLE_ROWS:
            least = np.argpartition(keys, _SAMPLE_ROWS)[:_SAMPLE_ROWS]
            keys, found = keys[least], found.take(pa.array(least))
    if found is None:
        return pa.table({name: pa.array([], pa.float64()) for name in columns})
    return found


def _keys(ids: pa.FixedSizeBinaryArray) -> npt.NDArray[np.uint64]:
    """The first eight bytes of each id as a number."""
    width = ids.type.byte_width
    data = np.frombuffer(ids.buffers()[1], np.uint8)
    rows = data[ids.offset * width : (ids.offset + len(ids)) * width].reshape(-1, width)
    keys: npt.NDArray[np.uint64] = rows[:, :8].copy().view(">u8").ravel().astype(np.uint64)
    return keys
