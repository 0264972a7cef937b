"""Buckets, in which documents that may be duplicates meet: of copies and of bands; their edges."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from dedup import bands, exact, hot_buckets, index
from dedup.presets import MinHashConfig
from dedup.settings import MinHash
from manifests import schemas
from manifests.grouping import rows_by
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import earlier, repeated_ids
from pipelines.stages.common import Reports, StageDoFn
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import REPORTS, edges_batch, near_of
from pipelines.stages.settings import minhash_config

COUNTED = "counted"

# Memory for each band member of a partition while pairs are found, if all buckets are shared; and
# for each member of the buckets of copies, of which a document has two.
_MEMBER_BYTES = 200
_KEY_BYTES = 128


def documents_of(context: StageContext) -> int:
    """The number of documents among which duplicates are looked for."""
    own: int = context.upstream["documents"]["funnel"]["kept"]["docs"]
    return own + earlier.documents(context.recipe.duplicates.against)


def partitions_of(context: StageContext, bytes_per_document: int) -> int:
    """The number of partitions: at least as many as the recipe asks for, and so many that one is
    processed in half of a worker's memory.

    Args:
      bytes_per_document: memory that the processing takes.
    """
    execution = context.recipe.execution
    needed = documents_of(context) * bytes_per_document / (execution.memory_mb << 19)
    return max(execution.partitions, math.ceil(needed))


def band_partitions(context: StageContext) -> int:
    """The number of partitions of band keys."""
    near = minhash_config(context.recipe)
    assert near
    return partitions_of(context, near.bands * _MEMBER_BYTES)


def exact_partitions(context: StageContext) -> int:
    """The number of partitions of the keys of copies."""
    return partitions_of(context, 2 * _KEY_BYTES)


def signatures_schema(near: MinHashConfig | None) -> pa.Schema:
    """The schema of `signatures/` with these parameters."""
    if near is None:
        return schemas.signatures_schema(0)
    return schemas.signatures_schema(near.permutations, near.value_type)


def read_signatures(context: StageContext, unit: WorkUnit, columns: Sequence[str]) -> pa.Table:
    store, name = earlier.place(context, unit.index)
    table = store.read_table(f"signatures/{name}.parquet", columns)
    return table.combine_chunks()


def split_by_partition(
    members: pa.RecordBatch,
    partitions: int,
    of: Callable[[npt.NDArray[np.uint64], int], npt.NDArray[np.int64]] = bands.partition,
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Bucket members -> (partition, the members whose keys belong to it)."""
    yield from rows_by(members, of(members["key"].to_numpy(), partitions))


class ReadKeys(StageDoFn):
    """WorkUnit -> (partition, members of the unit's buckets: `bands.BAND_MEMBERS` by text, and
    `repeated_ids.MEMBERS` by id).
    """

    def __init__(self, context: StageContext, partitions: int) -> None:
        super().__init__(context)
        self._partitions = partitions

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"copies of {unit}")
        table = read_signatures(self._context, unit, ["doc_id", "text_bytes", "text_hash"])
        if not table.num_rows:
            return
        batch = table.to_batches()[0]
        for members in exact_members(batch, unit, earlier.preference(self._context, unit, batch)):
            yield from split_by_partition(members, self._partitions)


def exact_members(
    signatures: pa.RecordBatch, unit: WorkUnit, preference: npt.NDArray[np.uint64]
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Every document as a member of a bucket of its text, and of one of its source and native id.

    Args:
      signatures: all rows of the unit's part in order (`manifests.schemas.signatures_schema`).

    Returns:
      `dedup.bands.BAND_MEMBERS`, and `repeated_ids.MEMBERS`.
    """
    # A document without a word is a copy of nothing else than itself, read twice.
    there = pa.array(exact.has_text(signatures["text_hash"]))
    text = pc.if_else(there, signatures["text_hash"], signatures["doc_id"])
    by_text = bands.exact_keys(text)
    by_id = bands.id_keys(signatures["doc_id"])
    ref = bands.refs(unit.index, np.arange(signatures.num_rows))
    return (
        bands.band_members(by_text, preference, ref),
        pa.record_batch([by_id, by_text, ref], schema=repeated_ids.MEMBERS),
    )


# Counts of repeated ids, by unit. The annotation chooses their coder.
Counted: TypeAlias = TaggedOutput[Literal["counted"], tuple[int, pa.RecordBatch]]


class FindCopies(beam.DoFn):
    """(partition, batches of members) -> edges from copies to the preferred one, whose similarity
    is 1; and `counted`, (unit, counts of native ids with different texts), which are no copies.

    A document has one key of its text, so the edges are stars already.
    """

    def __init__(self, context: StageContext) -> None:
        self._most_rows = (context.recipe.execution.memory_mb << 19) // _KEY_BYTES

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Counted]:
        texts = _OfSchema(element[1], bands.BAND_MEMBERS)
        for edges in hot_buckets.bucket_pairs(texts, 0, self._most_rows)[0]:
            if len(edges):
                yield edges_batch(edges, np.ones(len(edges), np.float32))
        ids = pa.Table.from_batches(
            _OfSchema(element[1], repeated_ids.MEMBERS), repeated_ids.MEMBERS
        )
        for counted in repeated_ids.count_by_unit(ids):
            yield TaggedOutput(COUNTED, counted)


@dataclasses.dataclass(frozen=True)
class _OfSchema:
    """The batches of one schema, whenever they are asked for."""

    batches: Iterable[pa.RecordBatch]
    schema: pa.Schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return (batch for batch in self.batches if batch.schema.equals(self.schema))


def rows_by_unit(stars: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit, its rows that are members of a star)."""
    units, rows = bands.split_refs(stars["member_ref"].to_numpy())
    yield from rows_by(pa.record_batch([pa.array(rows)], ["row"]), units)


def keyed_unit(unit: WorkUnit) -> tuple[int, pa.RecordBatch]:
    """A unit as a batch, which is exchanged beside those of `rows_by_unit`.

    A CoGroupByKey of both would pickle each slice of rows with all that it was cut from.
    """
    return unit.index, pa.record_batch([[unit.to_json()]], [_UNIT])


def unit_and_rows(batches: Iterable[pa.RecordBatch]) -> tuple[WorkUnit, npt.NDArray[np.int64]]:
    """The unit from which `keyed_unit` made one of the batches, and the rows of the others."""
    rows = [np.empty(0, np.int64)]
    for batch in batches:
        if batch.schema.names == [_UNIT]:
            unit = WorkUnit.from_json(batch[_UNIT][0].as_py())
        else:
            rows.append(batch["row"].to_numpy())
    return unit, np.concatenate(rows)


_UNIT = "unit"

# (file, entries) of the index that the run writes. The annotation chooses their coder.
INDEX = "index"
Indexed: TypeAlias = TaggedOutput[Literal["index"], tuple[int, pa.RecordBatch]]


class ReadBands(StageDoFn):
    """(unit index, batches of `keyed_unit` and of its removed rows) -> (partition, band members of
    the other rows); and of all rows of this run for the index, in which removed ones are
    `dedup.index.APART`.
    """

    def __init__(self, context: StageContext, partitions: int, files: int) -> None:
        super().__init__(context)
        self._partitions, self._files = partitions, files

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch] | Indexed]:
        unit, removed = unit_and_rows(element[1])
        self._reporter.start(f"duplicates of {unit}")
        columns = ["doc_id", "language", "text_bytes", "signature"]
        table = read_signatures(self._context, unit, columns)
        if not table.num_rows:
            return
        keep = np.ones(table.num_rows, bool)
        keep[removed] = False
        near = near_of(self._context)
        batch = table.to_batches()[0]
        preference = earlier.preference(self._context, unit, batch)
        for members in band_members(batch, unit, near, preference, np.ones(len(keep), bool)):
            key, preferred, ref = (column.to_numpy() for column in members.columns)
            kept = keep[bands.split_refs(ref)[1]]
            if earlier.is_own(unit.index):
                marked = bands.band_members(
                    key, preferred, ref if kept.all() else np.where(kept, ref, ref | index.APART)
                )
                for part in split_by_partition(marked, self._files, index.partition):
                    yield TaggedOutput(INDEX, part)
            taking = members if kept.all() else members.filter(pa.array(kept))
            yield from split_by_partition(taking, self._partitions, index.partition)
        self._reporter.advance(docs=table.num_rows)


def band_members(
    signatures: pa.RecordBatch,
    unit: WorkUnit,
    near: MinHash,
    preference: npt.NDArray[np.uint64],
    keep: npt.NDArray[np.bool_],
) -> Iterator[pa.RecordBatch]:
    """Band members of the kept documents that have words."""
    ref = bands.refs(unit.index, np.arange(signatures.num_rows))
    member = np.flatnonzero(bands.has_words(signatures["signature"]) & keep)
    keys = bands.band_keys(signatures["signature"], near.config())
    if near.within_language:
        keys = bands.within_language(keys, signatures["language"])
    yield from bands.members_by_bands(keys[:, member], preference[member], ref[member])


class FindPairs(beam.DoFn):
    """(partition, batches of members) -> candidate pairs, with few repetitions; and reports."""

    def __init__(self, context: StageContext) -> None:
        self._hot_bucket_docs = near_of(context).hot_bucket_docs
        self._most_rows = (context.recipe.execution.memory_mb << 19) // _MEMBER_BYTES

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Reports]:
        found, hot = hot_buckets.bucket_pairs(element[1], self._hot_bucket_docs, self._most_rows)
        report = StageReport()
        report.add_count("hot_buckets", len(hot))
        report.add_count("documents_in_hot_buckets", int(hot.sum()))
        for pairs in found:
            if len(pairs):
                yield edges_batch(pairs)
        yield TaggedOutput(REPORTS, report)
