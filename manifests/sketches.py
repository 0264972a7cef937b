"""Measured values in buckets: how they are spread, by outcome, source and language.

A bucket is what a float64 begins with: its sign, its exponent and the first 6 bits of its fraction.
No logarithm is taken, so every machine gives the same one. Counts of buckets are added, and each
has its least and greatest value, so that sums are equal however values are grouped, merged or
split; those of sketches that keep samples (KLL, t-digest) are not. The idea is that of DDSketch
(Masson, Rim and Lee, 2019, https://arxiv.org/abs/1908.10693).
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests import schemas
from manifests.store import ROW_GROUP_ROWS, Store, WrittenFile

VALUES_FILE = "values.parquet"
RELATIVE_ERROR = 2.0**-7  # of a quantile, at most; 0 for buckets of one value alone

_FRACTION_BITS = 6
_SHIFT = 52 - _FRACTION_BITS  # float64 has 52 bits of fraction
_MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)
_BUCKET_BITS = 12 + _FRACTION_BITS  # with those of sign and exponent
_BUCKETS_BELOW_0 = 1 << (_BUCKET_BITS - 1)
_KEYS = ["outcome", "source", "language", "column", "bucket"]
_COMPACT_ROWS = 1 << 16  # rows wait until there are so many, and as many as were merged


def buckets(values: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """The bucket of each value, which must not be NaN; larger values have no smaller buckets.

    Values nearer to 0 than 1e-309 have the bucket of 0, or the one below it.
    """
    bits = (np.asarray(values, np.float64) + 0.0).view(np.int64)  # no minus zero
    found = (bits & _MAGNITUDE) >> _SHIFT
    return np.where(bits < 0, ~found, found).astype(np.int32)


class Values:
    """Counts documents by measured value (`schemas.VALUES`). Merging is associative, commutative.

    Memory: the distinct buckets of each column, outcome, source and language, twice at most.
    """

    def __init__(self, tables: Iterable[pa.Table] = ()) -> None:
        self._merged = schemas.VALUES.empty_table()
        self._waiting = list(tables)
        self._compact()

    def add(self, outcome: str, batch: pa.RecordBatch) -> None:
        """Counts every number of a batch with columns `source` and `language`; nulls are left."""
        if not batch.num_rows:
            return
        groups, of_row = _groups(batch)
        measured = [field.name for field in batch.schema if _is_number(field.type)]
        keys, values = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
        for place, name in enumerate(measured):
            column = batch[name]
            numbers = column.to_numpy(zero_copy_only=False).astype(np.float64) + 0.0
            known = column.is_valid().to_numpy(zero_copy_only=False) & ~np.isnan(numbers)
            of_column = place * len(groups) + of_row[known]
            values.append(numbers[known])
            keys.append((of_column << _BUCKET_BITS) + buckets(values[-1]) + _BUCKETS_BELOW_0)
        every, of_key = np.concatenate(values), np.concatenate(keys)
        order = np.argsort(of_key)
        found, starts, docs = np.unique(of_key[order], return_index=True, return_counts=True)
        if not len(found):
            return
        of_column, bucket = np.divmod(found, 1 << _BUCKET_BITS)
        rows = groups.take(pa.array(of_column % len(groups)))
        columns = {
            "outcome": pa.repeat(pa.scalar(outcome, pa.string()), len(found)),
            "source": rows["source"],
            "language": rows["language"],
            "column": pa.array(measured, pa.string()).take(pa.array(of_column // len(groups))),
            "bucket": pa.array((bucket - _BUCKETS_BELOW_0).astype(np.int32)),
            "docs": pa.array(docs.astype(np.int64)),
            "least": pa.array(np.minimum.reduceat(every[order], starts)),
            "most": pa.array(np.maximum.reduceat(every[order], starts)),
        }
        self._waiting.append(pa.table(columns, schema=schemas.VALUES))
        self._compact_if_many()

    def merge(self, other: Self) -> None:
        self._waiting += [other._merged, *other._waiting]
        self._compact_if_many()

    def table(self) -> pa.Table:
        """All counts (`schemas.VALUES`), sorted: equal counts give equal tables."""
        self._compact()
        return self._merged

    def _compact_if_many(self) -> None:
        if sum(map(len, self._waiting)) > max(_COMPACT_ROWS, len(self._merged)):
            self._compact()

    def _compact(self) -> None:
        if not self._waiting:
            return
        every = pa.concat_tables([self._merged, *self._waiting])
        self._waiting = []
        found = every.group_by(_KEYS, use_threads=False).aggregate(
            [("docs", "sum"), ("least", "min"), ("most", "max")]
        )
        ordered = found.sort_by([(name, "ascending") for name in _KEYS])
        self._merged = ordered.rename_columns(schemas.VALUES.names).cast(schemas.VALUES)


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_))


def _groups(batch: pa.RecordBatch) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """The sources and languages of a batch, and which of these each row has."""
    coded = [batch[name].dictionary_encode() for name in ("source", "language")]
    indices = [code.indices.to_numpy().astype(np.int64) for code in coded]
    pairs = indices[0] * len(coded[1].dictionary) + indices[1]
    found, of_row = np.unique(pairs, return_inverse=True)
    places = (found // len(coded[1].dictionary), found % len(coded[1].dictionary))
    columns = [c.dictionary.take(pa.array(p)) for c, p in zip(coded, places, strict=True)]
    return pa.table(columns, names=["source", "language"]), of_row


def write(store: Store, path: str, values: Values) -> WrittenFile:
    """Writes all counts as a table of a run."""
    with store.write_part(path, schemas.VALUES) as part:
        for batch in values.table().to_batches(ROW_GROUP_ROWS):
            part.write(batch)
    return part.written


def read(store: Store, path: str = VALUES_FILE) -> Values:
    """The counts that `write` wrote.

    Raises:
      ValueError: the table is damaged, or another one.
    """
    return Values([store.read_small(path, schemas.VALUES)])


def quantiles(table: pa.Table, shares: Iterable[float]) -> Iterator[float]:
    """Of the documents that a table counts, the least value that a share of them does not exceed.

    It is off by `RELATIVE_ERROR` of itself at most.

    Args:
      table: `schemas.VALUES`, not empty, of one column; other keys may differ.
      shares: above 0 and up to 1.
    """
    columns = table.select(["bucket", "docs", "least", "most"]).sort_by("bucket")
    _, docs, least, most = (column.to_numpy() for column in columns.columns)
    reached = np.cumsum(docs)
    for share in shares:
        rank = math.ceil(Fraction(str(share)) * int(reached[-1]))  # 0.1 of 30 is 3, and no more
        place = np.searchsorted(reached, rank)
        same = columns["bucket"].to_numpy() == columns["bucket"][int(place)].as_py()
        low, high = float(least[same].min()), float(most[same].max())
        yield low if low == high else low + (high - low) / 2


def spread(table: pa.Table, keys: Sequence[str], shares: Sequence[float]) -> list[dict[str, Any]]:
    """Documents and quantiles by some keys of a table, in their order; raises as `quantiles`.

    Args:
      table: `schemas.VALUES`.
      keys: of "column", "outcome", "source" and "language"; rows that agree in these are one
        spread, and must be of one column.
      shares: as for `quantiles`.
    """
    ordered = table.sort_by([(name, "ascending") for name in keys])
    columns = [ordered[name].to_pylist() for name in keys]
    groups = itertools.groupby(enumerate(zip(*columns, strict=True)), lambda row: row[1])
    rows = []
    for values, places in groups:
        start = next(places)[0]
        some = ordered.slice(start, 1 + sum(1 for _ in places))
        docs = int(some["docs"].to_numpy().sum())
        told = {
            f"{share:g}": value
            for share, value in zip(shares, quantiles(some, shares), strict=True)
        }
        rows.append({**dict(zip(keys, values, strict=True)), "docs": docs, "quantiles": told})
    return rows
