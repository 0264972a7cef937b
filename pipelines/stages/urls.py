"""Documents with the same URL: one of them is kept, before copies are looked for."""

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters
from dedup.urls import url_keys
from manifests import schemas
from pipelines.sources.units import WorkUnit
from pipelines.stages import earlier
from pipelines.stages.buckets import (
    ReadKeys,
    keyed_unit,
    partitions_of,
    read_signatures,
    rows_by_unit,
    split_by_partition,
    unit_and_rows,
)
from pipelines.stages.common import StageDoFn, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import edges_batch

_MEMBERS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("age", pa.int64(), nullable=False),  # smaller is newer; the largest without a date
        pa.field("preference", pa.uint64(), nullable=False),
        pa.field("ref", pa.uint64(), nullable=False),
    ]
)
# Memory for each of them in a partition while the newest of each URL is found.
_MEMBER_BYTES = 200
_NO_DATE, _EARLIER_RUN = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class FindSameUrls(beam.PTransform):
    """WorkUnit -> stars: edges from removed documents to the one of their URL that is kept."""

    context: StageContext
    folder: str

    def expand(self, units: beam.PCollection) -> beam.PCollection:
        context = self.context.for_workers()
        partitions = url_partitions(self.context)
        return (
            units
            | "ReadUrls" >> beam.ParDo(ReadUrls(context, partitions))
            | "ExchangeUrls" >> exchange(context, self.folder)
            | "KeepOnePerUrl" >> beam.ParDo(KeepOnePerUrl())
        )


def url_partitions(context: StageContext) -> int:
    """The number of partitions of the keys of URLs."""
    return partitions_of(context, _MEMBER_BYTES)


class ReadUrls(StageDoFn):
    """WorkUnit -> (partition, members: its documents that have a URL)."""

    def __init__(self, context: StageContext, partitions: int) -> None:
        super().__init__(context)
        self._partitions = partitions

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"URLs of {unit}")
        signatures = read_signatures(self._context, unit, ["doc_id", "text_bytes"])
        if not signatures.num_rows:
            return
        preference = earlier.preference(self._context, unit, signatures.to_batches()[0])
        store, name = earlier.place(self._context, unit.index)
        documents = store.read_table(f"documents/{name}.parquet", ["url", "date"])
        keys, there = url_keys(documents["url"])
        age = np.zeros(len(keys), np.int64)
        if self._context.recipe.duplicates.url == "newest":
            age = ages(documents["date"])
        if not earlier.is_own(unit.index):
            age[:] = _EARLIER_RUN
        refs = bands.refs(unit.index, np.arange(len(keys)))
        columns = [pa.array(column[there]) for column in (keys, age, preference, refs)]
        yield from split_by_partition(pa.record_batch(columns, schema=_MEMBERS), self._partitions)


def ages(dates: pa.ChunkedArray | pa.StringArray) -> npt.NDArray[np.int64]:
    """Microseconds before 1970, so that a newer document has a smaller number.

    A date without a time zone is in UTC. A document without a date counts as the oldest, and so
    does one whose date Python's `fromisoformat` cannot read.
    """
    return np.array([_age(date) for date in dates.to_pylist()], np.int64)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


def _age(date: str | None) -> int:
    try:
        found = datetime.datetime.fromisoformat((date or "").strip())
    except ValueError:
        return int(_NO_DATE)
    return (
        _EPOCH - (found if found.tzinfo else found.replace(tzinfo=datetime.UTC))
    ) // _MICROSECOND


class KeepOnePerUrl(beam.DoFn):
    """(partition, members) -> stars: the root is the newest or most preferred of each URL."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        stars = url_stars(pa.Table.from_batches(element[1], _MEMBERS))
        if len(stars):
            yield edges_batch(stars)


def url_stars(members: pa.Table) -> clusters.Edges:
    """Stars of URLs with several documents. The root is the newest, then the most preferred one."""
    key, age, preference, ref = (members[name].to_numpy() for name in _MEMBERS.names)
    order = np.lexsort((ref, preference, age, key))
    key, preference, ref = key[order], preference[order], ref[order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    root = np.repeat(first, np.diff(np.append(first, len(key))))
    others = root != np.arange(len(key))
    columns = [preference, ref, preference[root], ref[root]]
    return np.stack(columns, axis=1)[others]


class ReadRemainingKeys(ReadKeys):
    """(unit index, batches of `keyed_unit` and of rows removed by URL) -> like `ReadKeys`, for the
    other rows.
    """

    def process(  # type: ignore[override]
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        unit, gone = unit_and_rows(element[1])
        for partition, members in super().process(unit):
            _, rows = bands.split_refs(members["ref"].to_numpy())
            yield partition, members.filter(pa.array(~np.isin(rows, gone)))


def keys_of_rest(
    units: beam.PCollection,
    stars: beam.PCollection,
    context: StageContext,
    partitions: int,
    folder: str,
) -> beam.PCollection:
    """Like `ReadKeys` for all units, without the documents that the stars remove.

    Args:
      folder: of the exchange.
    """
    return (
        (
            units | "KeyUnitsForCopies" >> beam.Map(keyed_unit),
            stars | "KeySameUrlsByUnit" >> beam.FlatMap(rows_by_unit),
        )
        | "ExchangeSameUrls" >> exchange(context, folder)
        | "ReadRemainingKeys" >> beam.ParDo(ReadRemainingKeys(context, partitions))
    )


def own_rows(stars: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit of this run, its rows that were removed by URL)."""
    for unit, rows in rows_by_unit(stars):
        if earlier.is_own(unit):
            yield unit, pa.record_batch([rows["row"]], [_REMOVED])


_REMOVED = "same_url_row"


def is_removal(batch: pa.RecordBatch) -> bool:
    """Whether `own_rows` made the batch."""
    return bool(batch.schema.names == [_REMOVED])


def named(lost: pa.Table, removals: Sequence[pa.RecordBatch]) -> pa.Table:
    """Rows of `schemas.DUPLICATES`; the reason is SAME_URL if the row was removed by URL only."""
    rows = [batch[_REMOVED] for batch in removals]
    if not rows:
        return lost
    by_url = pc.is_in(lost["row"].cast(pa.int64()), pa.concat_arrays(rows).cast(pa.int64()))
    unlike = pc.equal(lost["reason"], schemas.NEAR_DUPLICATE)
    reason = pc.if_else(pc.and_(by_url, unlike), schemas.SAME_URL, lost["reason"])
    index = lost.schema.get_field_index("reason")
    return lost.set_column(index, lost.schema.field(index), reason)
