"""Buckets, in which documents that may be duplicates meet: of copies and of bands; their edges."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from dedup import bands, clusters, comparison, exact, hot_buckets, index, verification
from dedup.presets import MinHashConfig
from dedup.settings import MinHash
from manifests import schemas
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import earlier, repeated_ids
from pipelines.stages.common import Reports, StageDoFn
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import (
    REPORTS,
    edges_batch,
    edges_of,
    likeness_of,
    near_of,
    split_by,
    verified_batch,
)
from pipelines.stages.settings import minhash_config
from pipelines.transport import coders

# This bit is set in keys of texts and not in keys of ids, so that the two never share a bucket.
_BY_TEXT = np.uint64(1 << 63)


# Memory for each band member of a partition while pairs are found, if all buckets are shared; and
# for each member of the buckets of copies, of which a document has two.
_MEMBER_BYTES = 200
_KEY_BYTES = 2 * 128


def partitions_of(context: StageContext, bytes_per_document: int) -> int:
    """The number of partitions: at least as many as the recipe asks for, and so many that one is
    processed in half of a worker's memory.

    Args:
      bytes_per_document: memory that the processing takes.
    """
    execution = context.recipe.execution
    documents = context.upstream["documents"]["funnel"]["kept"]["docs"]
    documents += earlier.documents(context.recipe.duplicates.against)
    needed = documents * bytes_per_document / (execution.memory_mb << 19)
    return max(execution.partitions, math.ceil(needed))


def band_partitions(context: StageContext) -> int:
    """The number of partitions of band keys."""
    near = minhash_config(context.recipe)
    assert near
    return partitions_of(context, near.bands * _MEMBER_BYTES)


def exact_partitions(context: StageContext) -> int:
    """The number of partitions of the keys of copies."""
    return partitions_of(context, _KEY_BYTES)


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
    where = of(members["key"].to_numpy(), partitions)
    if partitions <= 1 << 16:  # numpy sorts small numbers by radix, five times as fast
        where = where.astype(np.uint16)
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(partitions + 1))
    ordered = members.take(pa.array(order))
    for partition in range(partitions):
        if size := bounds[partition + 1] - bounds[partition]:
            yield partition, ordered.slice(bounds[partition], size)


class ReadKeys(StageDoFn):
    """WorkUnit -> (partition, members of the unit's buckets, by id and by text)."""

    def __init__(self, context: StageContext, partitions: int) -> None:
        super().__init__(context)
        self._partitions = partitions

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"copies of {unit}")
        table = read_signatures(self._context, unit, ["doc_id", "text_bytes", "text_hash"])
        if not table.num_rows:
            return
        batch = table.to_batches()[0]
        members = exact_members(batch, unit, earlier.preference(self._context, unit, batch))
        yield from split_by_partition(members, self._partitions)


def exact_members(
    signatures: pa.RecordBatch, unit: WorkUnit, preference: npt.NDArray[np.uint64]
) -> pa.RecordBatch:
    """Two bucket members for every document: by its source and native id, and by its text.

    Args:
      signatures: all rows of the unit's part in order (`manifests.schemas.signatures_schema`).

    Returns:
      `dedup.bands.BAND_MEMBERS`. The highest bit is set in keys of texts and not in the others.
    """
    rows = np.arange(signatures.num_rows)
    # A document without a word is a copy of nothing else than itself, read twice.
    there = pa.array(exact.has_text(signatures["text_hash"]))
    text = pc.if_else(there, signatures["text_hash"], signatures["doc_id"])
    by_text = bands.exact_keys(text) | _BY_TEXT
    by_id = bands.id_keys(signatures["doc_id"]) & ~_BY_TEXT
    member = np.concatenate([rows, rows])
    ref = bands.refs(unit.index, rows)
    return bands.band_members(np.concatenate([by_id, by_text]), preference[member], ref[member])


class FindEdges(beam.DoFn):
    """(partition, batches of members) -> edges to the preferred one; 1 for texts, 0 for ids."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        members = pa.Table.from_batches(element[1], bands.BAND_MEMBERS)
        by_text = members["key"].to_numpy() >= _BY_TEXT
        for value in (False, True):
            edges = clusters.bucket_edges(members.filter(pa.array(by_text == value)))
            if len(edges):
                yield edges_batch(edges, np.full(len(edges), value, np.float32))


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(list[pa.RecordBatch])
class JoinCopies(beam.CombineFn):
    """Edges -> stars of exact copies, whose similarity is 1; and counts of native ids with
    different texts (`repeated_ids.count_by_unit`), which are no copies.
    """

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(list[clusters.ClusterAccumulator])

    def create_accumulator(self) -> list[clusters.ClusterAccumulator]:
        return [clusters.ClusterAccumulator() for _ in range(2)]

    def add_input(
        self, total: list[clusters.ClusterAccumulator], edges: pa.RecordBatch
    ) -> list[clusters.ClusterAccumulator]:
        texts, identities = total
        rows, by_text = edges_of(edges)
        texts.add(rows[by_text > 0])
        identities.add(rows[by_text == 0])
        return total

    def merge_accumulators(
        self, totals: Iterable[list[clusters.ClusterAccumulator]]
    ) -> list[clusters.ClusterAccumulator]:
        merged = self.create_accumulator()
        for total in totals:
            for ours, theirs in zip(merged, total, strict=True):
                ours.merge([theirs])
        return merged

    def compact(
        self, total: list[clusters.ClusterAccumulator]
    ) -> list[clusters.ClusterAccumulator]:
        for accumulator in total:
            accumulator.compact()
        return total

    def extract_output(self, total: list[clusters.ClusterAccumulator]) -> list[pa.RecordBatch]:
        texts, identities = (accumulator.extract() for accumulator in total)

        def text_of(refs: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
            at = positions(texts[:, clusters.MEMBER_REF], refs)
            return np.where(at >= 0, np.append(texts[:, clusters.ROOT_REF], np.uint64(0))[at], refs)

        copies = edges_batch(texts, np.ones(len(texts), np.float32))
        return [copies, repeated_ids.count_by_unit(identities, text_of)]


def select_stars(copies: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """What `JoinCopies` found -> the stars."""
    return copies[0]


def positions(keys: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The position of each wanted value among the keys, or -1 if it is not there."""
    if not len(keys):
        return np.full(len(wanted), -1)
    order = np.argsort(keys)
    at = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
    return np.where(keys[at] == wanted, at, -1)


def rows_by_unit(stars: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit, its rows that are members of a star)."""
    units, rows = bands.split_refs(stars["member_ref"].to_numpy())
    for unit, some in split_by(units):
        yield unit, pa.record_batch([pa.array(rows[some])], ["row"])


# (file, entries) of the index that the run writes. The annotation chooses their coder.
INDEX = "index"
Indexed: TypeAlias = TaggedOutput[Literal["index"], tuple[int, pa.RecordBatch]]


class ReadBands(StageDoFn):
    """(unit index, unit and removed rows) -> (partition, band members of the other rows); and of
    all rows of this run for the index, in which removed ones are `dedup.index.APART`.
    """

    def __init__(self, context: StageContext, partitions: int, files: int) -> None:
        super().__init__(context)
        self._partitions, self._files = partitions, files

    def process(self, element: tuple[int, Any]) -> Iterator[tuple[int, pa.RecordBatch] | Indexed]:
        (unit,), removed = element[1]["unit"], element[1]["removed"]
        self._reporter.start(f"duplicates of {unit}")
        columns = ["doc_id", "language", "text_bytes", "signature"]
        table = read_signatures(self._context, unit, columns)
        if not table.num_rows:
            return
        keep = np.ones(table.num_rows, bool)
        for batch in removed:
            keep[batch["row"].to_numpy()] = False
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


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(pa.RecordBatch)
class CollectPairs(beam.CombineFn):
    """Verified pairs -> one batch of all of them, in any order."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(list[pa.RecordBatch])

    def create_accumulator(self) -> list[pa.RecordBatch]:
        return []

    def add_input(self, total: list[pa.RecordBatch], pairs: pa.RecordBatch) -> list[pa.RecordBatch]:
        total.append(pairs)
        return total

    def merge_accumulators(self, totals: Iterable[list[pa.RecordBatch]]) -> list[pa.RecordBatch]:
        return [batch for total in totals for batch in total]

    def compact(self, total: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
        return [pa.concat_batches(total)] if len(total) > 1 else total

    def extract_output(self, total: list[pa.RecordBatch]) -> pa.RecordBatch:
        none = verified_batch(clusters.no_edges(), np.empty(0, comparison.LIKENESS))
        return pa.concat_batches([none, *total])


def next_pairs(verified: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Verified pairs -> the pairs that are worth verifying next, if there are any."""
    pairs = verification.choose_survivors(edges_of(verified)[0], likeness_of(verified))[2]
    if len(pairs):
        yield edges_batch(pairs)


def choose_survivors(verified: pa.RecordBatch) -> pa.RecordBatch:
    """Verified pairs -> stars: an edge from each removed document to its survivor."""
    edges, likeness = edges_of(verified)[0], likeness_of(verified)
    stars, of_stars, _ = verification.choose_survivors(edges, likeness)
    return verified_batch(stars, of_stars)
