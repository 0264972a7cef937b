"""Stage `duplicates`: exact and near duplicates over all units, one survivor a cluster.

signatures/ -> exact: bucket keys, exchanged -> clusters
            -> near, of what is left: band keys, exchanged -> candidate pairs -> verified
            -> duplicates/<unit>.parquet

Only hashes, pairs, and shingle hashes and signatures of survivors travel. A cluster's survivor is
chosen by content (`dedup.bands.preference`), never by order of arrival.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsList, TaggedOutput

from dedup import bands, clusters, exact, minhash, verification
from manifests import schemas, statistics
from manifests.statistics import StageReport
from pipelines.exchange import Exchange
from pipelines.progress import Reporter
from pipelines.recipe import Recipe
from pipelines.stages.common import StageContext, WriteManifest, create_units
from pipelines.stages.pairs import REPORTS, VerifyPairs, edges_batch, edges_of
from pipelines.units import WorkUnit

NAME = "duplicates"

# Set in the keys of texts, and not in those of identities, which share a bucket all the same.
_BY_TEXT = np.uint64(1 << 63)


def settings(recipe: Recipe) -> dict[str, Any]:
    """What of the recipe decides this stage's result."""
    fields = recipe.to_json()
    return {name: fields[name] for name in ("duplicates", "seed")}


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    units = create_units(pipeline, context.units)
    exact_stars = (
        units
        | "ReadKeys" >> beam.ParDo(ReadKeys(small))
        | "ExchangeKeys" >> Exchange(context.run, f"exchange/{NAME}/exact", context.exchange)
        | "FindEdges" >> beam.ParDo(FindEdges())
        | "JoinCopies" >> beam.CombineGlobally(JoinCopies()).without_defaults()
    )
    near_stars: tuple[beam.PCollection, ...] = ()
    reports: list[beam.PCollection] = []
    if context.recipe.duplicates.near:
        near_stars, reports = _find_near(units, exact_stars, context)
    described = (
        pipeline
        | "Once" >> beam.Create([0])
        | "NameSurvivors"
        >> beam.FlatMap(name_survivors, AsList(exact_stars), *map(AsList, near_stars))
        | "GroupSurvivors" >> beam.GroupByKey()
        | "DescribeSurvivors" >> beam.ParDo(DescribeSurvivors(small))
    )
    # Units without a duplicate write a part too: what is missing later is then an error.
    everyone = units | "AllUnits" >> beam.Map(no_duplicates, small)
    written = (
        (described, everyone)
        | "WithAllUnits" >> beam.Flatten()
        | "GroupByUnit" >> beam.GroupByKey()
        | "WriteDuplicates" >> beam.ParDo(WriteDuplicates(small))
    )
    ((written, *reports) | "AllReports" >> beam.Flatten() | WriteManifest(NAME, context))


def _find_near(
    units: beam.PCollection, exact_stars: beam.PCollection, context: StageContext
) -> tuple[tuple[beam.PCollection], list[beam.PCollection]]:
    """Stars of near duplicates among what is no exact one, and reports."""
    small = context.for_workers()
    folder = f"exchange/{NAME}"
    found = (
        {
            "unit": units | "KeyUnits" >> beam.Map(lambda unit: (unit.index, unit)),
            "removed": exact_stars | "CopiesByUnit" >> beam.FlatMap(rows_by_unit),
        }
        | "UnitsWithCopies" >> beam.CoGroupByKey()
        | "ReadBands" >> beam.ParDo(ReadBands(small, band_partitions(context)))
        | "ExchangeBands" >> Exchange(context.run, f"{folder}/bands", context.exchange)
        | "FindPairs" >> beam.ParDo(FindPairs(small)).with_outputs(REPORTS, main="pairs")
    )
    if not _near(context.recipe).verify:
        stars = (
            found.pairs | "JoinClusters" >> beam.CombineGlobally(JoinClusters()).without_defaults()
        )
        return (stars,), [found[REPORTS]]
    first = found.pairs | "VerifyPairs" >> VerifyPairs(small, f"{folder}/first")
    again = (
        first.verified
        | "CollectPairs" >> beam.CombineGlobally(CollectPairs()).without_defaults()
        | "FindNextPairs" >> beam.FlatMap(next_pairs)
        | "VerifyNextPairs" >> VerifyPairs(small, f"{folder}/second")
    )
    stars = (
        (first.verified, again.verified)
        | "AllPairs" >> beam.Flatten()
        | "CollectAllPairs" >> beam.CombineGlobally(CollectPairs()).without_defaults()
        | "ChooseSurvivors" >> beam.Map(choose_survivors)
    )
    return (stars,), [found[REPORTS], first[REPORTS], again[REPORTS]]


# What finding the pairs of a partition takes for each of its band members, all shared at worst.
_MEMBER_BYTES = 200


def band_partitions(context: StageContext) -> int:
    """So many that one is found in half of a worker's memory, and no fewer than asked for."""
    execution, near = context.recipe.execution, minhash_config(context.recipe)
    assert near
    documents = context.upstream["documents"]["funnel"]["kept"]["docs"]
    needed = documents * near.bands * _MEMBER_BYTES / (execution.memory_mb << 19)
    return max(execution.partitions, math.ceil(needed))


def _near(recipe: Recipe) -> Any:
    assert recipe.duplicates.near
    return recipe.duplicates.near.resolved(recipe.seed)


def minhash_config(recipe: Recipe) -> minhash.MinHashConfig | None:
    """The MinHash parameters, or None when the recipe looks for exact duplicates alone."""
    near = recipe.duplicates.near
    return near.resolved(recipe.seed).config() if near else None


def signatures_schema(near: minhash.MinHashConfig | None) -> pa.Schema:
    """Of `signatures/` under these parameters."""
    if near is None:
        return schemas.signatures_schema(0)
    return schemas.signatures_schema(near.permutations, near.value_type)


def read_signatures(context: StageContext, unit: WorkUnit, columns: Sequence[str]) -> pa.Table:
    table = context.store.read_table(f"signatures/{unit.name}.parquet", columns)
    return table.combine_chunks()


def split_by_partition(
    members: pa.RecordBatch, partitions: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Bucket members -> (partition, those whose key belongs there)."""
    where = bands.partition(members["key"].to_numpy(), partitions)
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(partitions + 1))
    ordered = members.take(pa.array(order))
    for partition in range(partitions):
        if size := bounds[partition + 1] - bounds[partition]:
            yield partition, ordered.slice(bounds[partition], size)


class ReadKeys(beam.DoFn):
    """WorkUnit -> (partition, bucket members of that unit by identity and by text)."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def setup(self) -> None:
        self._reporter = Reporter()

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"copies of {unit}")
        table = read_signatures(self._context, unit, ["doc_id", "text_bytes", "text_hash"])
        if not table.num_rows:
            return
        members = exact_members(table.to_batches()[0], unit)
        yield from split_by_partition(members, self._context.recipe.execution.partitions)


def exact_members(signatures: pa.RecordBatch, unit: WorkUnit) -> pa.RecordBatch:
    """Every document under the keys of its identity and of its text.

    Args:
      signatures: all rows of the unit's part, in order (`manifests.schemas.signatures_schema`).

    Returns:
      `dedup.bands.BAND_MEMBERS`; keys of texts have the highest bit, others not.
    """
    rows = np.arange(signatures.num_rows)
    with_text = np.flatnonzero(exact.has_text(signatures["text_hash"]))
    by_text = bands.exact_keys(signatures["text_hash"])[with_text] | _BY_TEXT
    # One identity twice is a duplicate whatever the texts: a document is written once.
    by_id = bands.exact_keys(signatures["doc_id"]) & ~_BY_TEXT
    member = np.concatenate([rows, with_text])
    ref, preference = _refs_and_preference(signatures, unit)
    return bands.band_members(np.concatenate([by_id, by_text]), preference[member], ref[member])


def _refs_and_preference(
    signatures: pa.RecordBatch, unit: WorkUnit
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    return bands.refs(unit.index, np.arange(signatures.num_rows)), bands.preference(
        unit.priority, signatures["text_bytes"].to_numpy(), signatures["doc_id"]
    )


class FindEdges(beam.DoFn):
    """(partition, batches of members) -> edges to the preferred copy, and whether texts agree."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        members = pa.Table.from_batches(element[1], bands.BAND_MEMBERS)
        by_text = members["key"].to_numpy() >= _BY_TEXT
        for value in (False, True):
            edges = clusters.bucket_edges(members.filter(pa.array(by_text == value)))
            if len(edges):
                yield edges_batch(edges, np.full(len(edges), value, np.float32))


class JoinCopies(beam.CombineFn):
    """Edges -> stars of exact copies; similarity is 1 where the texts agree, else NaN."""

    def create_accumulator(self) -> list[clusters.ClusterAccumulator]:
        return [clusters.ClusterAccumulator() for _ in range(2)]

    def add_input(
        self, total: list[clusters.ClusterAccumulator], edges: pa.RecordBatch
    ) -> list[clusters.ClusterAccumulator]:
        everything, texts = total
        rows, by_text = edges_of(edges)
        everything.add(rows)
        texts.add(rows[by_text > 0])
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

    def extract_output(self, total: list[clusters.ClusterAccumulator]) -> pa.RecordBatch:
        stars, texts = (accumulator.extract() for accumulator in total)
        text_roots = [
            np.where(at >= 0, np.append(texts[:, clusters.ROOT_REF], np.uint64(0))[at], refs)
            for refs in (stars[:, clusters.MEMBER_REF], stars[:, clusters.ROOT_REF])
            for at in [_find(texts[:, clusters.MEMBER_REF], refs)]
        ]
        same = text_roots[0] == text_roots[1]
        return edges_batch(stars, np.where(same, np.float32(1), np.float32(np.nan)))


def _find(keys: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where each wanted value stands among the keys; -1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), -1)
    order = np.argsort(keys)
    at = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
    return np.where(keys[at] == wanted, at, -1)


def rows_by_unit(stars: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit, rows of it that are members of one)."""
    units, rows = bands.split_refs(stars["member_ref"].to_numpy())
    for unit in np.unique(units):
        yield int(unit), pa.record_batch([pa.array(rows[units == unit])], ["row"])


class ReadBands(beam.DoFn):
    """(unit index, unit and removed rows) -> (partition, band members of what is left)."""

    def __init__(self, context: StageContext, partitions: int) -> None:
        self._context = context
        self._partitions = partitions

    def setup(self) -> None:
        self._reporter = Reporter()

    def process(self, element: tuple[int, Any]) -> Iterator[tuple[int, pa.RecordBatch]]:
        (unit,), removed = element[1]["unit"], element[1]["removed"]
        self._reporter.start(f"duplicates of {unit}")
        columns = ["doc_id", "text_bytes", "signature"]
        table = read_signatures(self._context, unit, columns)
        if not table.num_rows:
            return
        keep = np.ones(table.num_rows, bool)
        for batch in removed:
            keep[batch["row"].to_numpy()] = False
        near = minhash_config(self._context.recipe)
        assert near
        # A unit's keys take 24 bytes a band and document; a batch at a time keeps that small.
        for members in band_members(table.to_batches()[0], unit, near, keep):
            yield from split_by_partition(members, self._partitions)
        self._reporter.advance(docs=table.num_rows, bytes_=unit.size_bytes)


def band_members(
    signatures: pa.RecordBatch,
    unit: WorkUnit,
    near: minhash.MinHashConfig,
    keep: npt.NDArray[np.bool_],
) -> Iterator[pa.RecordBatch]:
    """The kept documents that have words under the key of each band; a batch each few bands."""
    ref, preference = _refs_and_preference(signatures, unit)
    member = np.flatnonzero(bands.has_words(signatures["signature"]) & keep)
    keys = bands.band_keys(signatures["signature"], near)
    for start in range(0, near.bands, 16):
        some = keys[start : start + 16]
        every = np.tile(member, len(some))
        yield bands.band_members(some[:, member].reshape(-1), preference[every], ref[every])


class FindPairs(beam.DoFn):
    """(partition, batches of members) -> candidate pairs, each once a partition; reports."""

    def __init__(self, context: StageContext) -> None:
        self._hot_bucket_docs = _near(context.recipe).hot_bucket_docs

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[Any]:
        members = pa.Table.from_batches(element[1], bands.BAND_MEMBERS)
        sizes = clusters.bucket_sizes(members["key"].to_numpy())
        report = StageReport()
        hot = sizes[sizes > self._hot_bucket_docs]
        report.add_count("hot_buckets", len(hot))
        report.add_count("documents_in_hot_buckets", int(hot.sum()))
        pairs = verification.distinct_pairs(clusters.bucket_edges(members))
        if len(pairs):
            yield edges_batch(pairs)
        yield TaggedOutput(REPORTS, report)


class JoinClusters(beam.CombineFn):
    """Pairs -> stars of connected components, unverified: similarity is NaN."""

    def create_accumulator(self) -> clusters.ClusterAccumulator:
        return clusters.ClusterAccumulator()

    def add_input(
        self, total: clusters.ClusterAccumulator, edges: pa.RecordBatch
    ) -> clusters.ClusterAccumulator:
        total.add(edges_of(edges)[0])
        return total

    def merge_accumulators(
        self, totals: Iterable[clusters.ClusterAccumulator]
    ) -> clusters.ClusterAccumulator:
        merged = clusters.ClusterAccumulator()
        merged.merge(totals)
        return merged

    def compact(self, total: clusters.ClusterAccumulator) -> clusters.ClusterAccumulator:
        total.compact()
        return total

    def extract_output(self, total: clusters.ClusterAccumulator) -> pa.RecordBatch:
        return edges_batch(total.extract())


class CollectPairs(beam.CombineFn):
    """Verified pairs -> one batch of them all, in any order."""

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
        return pa.concat_batches(total) if total else edges_batch(clusters.no_edges())


def next_pairs(verified: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Verified pairs -> pairs worth verifying now, if any."""
    pairs = verification.choose_survivors(*edges_of(verified))[2]
    if len(pairs):
        yield edges_batch(pairs)


def choose_survivors(verified: pa.RecordBatch) -> pa.RecordBatch:
    """Verified pairs -> stars: each removed document beside its survivor."""
    stars, similarity, _ = verification.choose_survivors(*edges_of(verified))
    return edges_batch(stars, similarity)


def name_survivors(
    _: int, exact_stars: Sequence[pa.RecordBatch], near_stars: Sequence[pa.RecordBatch] = ()
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit of the survivor, its clusters' members).

    A copy of a document that is itself a near-duplicate has that one's survivor.
    """
    copies, agree = edges_of(_one(exact_stars))
    near, similarity = edges_of(_one(near_stars))
    near_member, near_root = near[:, clusters.MEMBER_REF], near[:, clusters.ROOT_REF]
    through = copies[:, clusters.ROOT_REF]
    at = _find(near_member, through)
    root = np.where(at >= 0, np.append(near_root, np.uint64(0))[at], through)
    unknown = np.float32(np.nan)
    moved = np.where(agree == 1, np.append(similarity, unknown)[at], unknown)
    copy_similarity = np.where(at >= 0, moved, agree)
    member = np.concatenate([copies[:, clusters.MEMBER_REF], near_member])
    root = np.concatenate([root, near_root])
    every = np.concatenate([copy_similarity, similarity]).astype(np.float32)
    roots, counts = np.unique(root, return_counts=True)
    size = counts[np.searchsorted(roots, root)] + 1
    units, _rows = bands.split_refs(root)
    for unit in np.unique(units):
        rows = units == unit
        yield (
            int(unit),
            pa.record_batch(
                [member[rows], root[rows], size[rows], every[rows]],
                ["member", "root", "size", "similarity"],
            ),
        )


def _one(stars: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return stars[0] if stars else edges_batch(clusters.no_edges())


class DescribeSurvivors(beam.DoFn):
    """(survivor's unit, members) -> (member's unit, rows with what they lost to)."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        unit, batches = element
        wanted = pa.Table.from_batches(batches)
        part = self._context.store.read_table(f"signatures/{unit:06d}.parquet")
        _, root_row = bands.split_refs(wanted["root"].to_numpy())
        root = part.take(pa.array(root_row))
        member_unit, member_row = bands.split_refs(wanted["member"].to_numpy())
        size, similarity = wanted["size"].to_numpy(), wanted["similarity"].to_numpy()
        for target in np.unique(member_unit):
            rows = np.flatnonzero(member_unit == target)
            yield (
                int(target),
                _lost(member_row[rows], size[rows], similarity[rows], root.take(pa.array(rows))),
            )


def _lost(
    row: npt.NDArray[Any],
    size: npt.NDArray[Any],
    similarity: npt.NDArray[Any],
    survivor: pa.Table,
) -> pa.RecordBatch:
    """Rows of a unit beside the survivors' identity, text hash and signature."""
    columns = [
        "doc_id",
        "text_hash",
        *(["signature"] if "signature" in survivor.schema.names else []),
    ]
    table = survivor.select(columns).combine_chunks()
    table = table.append_column("row", pa.array(row.astype(np.uint32)))
    table = table.append_column("cluster_size", pa.array(size.astype(np.int64)))
    true = pa.array(similarity.astype(np.float32), from_pandas=True)  # NaN becomes null
    table = table.append_column("true_similarity", true)
    return table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)


def no_duplicates(unit: WorkUnit, context: StageContext) -> tuple[int, pa.RecordBatch]:
    """An empty batch for every unit, of the same type as `DescribeSurvivors` yields."""
    near = minhash_config(context.recipe)
    schema = signatures_schema(near)
    none = np.empty(0, np.int64)
    return unit.index, _lost(none, none, none, schema.empty_table())


class WriteDuplicates(beam.DoFn):
    """(unit, lost rows) -> StageReport, and the part `duplicates/<unit>.parquet`."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[StageReport]:
        unit, batches = element
        store = self._context.store
        part = store.read_table(f"signatures/{unit:06d}.parquet")
        lost = duplicate_rows(part, pa.Table.from_batches(batches))
        report = StageReport()
        report.funnel.count_in(part.num_rows, statistics.total(part["text_bytes"]))
        keep = np.ones(part.num_rows, bool)
        keep[lost["row"].to_numpy()] = False
        report.funnel.count(statistics.KEPT, part.filter(pa.array(keep)), "text_bytes")
        report.funnel.count(statistics.DROPPED, lost, "text_bytes")
        with store.write_part(f"duplicates/{unit:06d}.parquet", schemas.DUPLICATES) as writer:
            for batch in lost.to_batches():
                writer.write(batch)
        report.add_file(writer.written)
        yield report


def duplicate_rows(part: pa.Table, lost: pa.Table) -> pa.Table:
    """The unit's removed rows with their evidence, in row order (`schemas.DUPLICATES`).

    Args:
      part: the unit's signatures.
      lost: columns row, cluster_size, true_similarity and the survivor's doc_id, text_hash and
        signature.
    """
    lost = lost.sort_by("row").combine_chunks()
    own = part.take(lost["row"]).combine_chunks()
    same_text = pc.equal(own["text_hash"], lost["text_hash"])
    same_id = pc.equal(own["doc_id"], lost["doc_id"])
    reason = pc.if_else(
        same_text,
        schemas.EXACT_DUPLICATE,
        pc.if_else(same_id, schemas.SAME_ID, schemas.NEAR_DUPLICATE),
    )
    if "signature" in own.schema.names:
        estimate = minhash.similarity(*(_array(table["signature"]) for table in (own, lost)))
    else:
        estimate = pa.array(np.zeros(len(own), np.float32))
    similarity = pc.if_else(same_text, pa.scalar(1, pa.float32()), estimate)
    columns = {
        "row": lost["row"],
        "doc_id": own["doc_id"],
        "source": own["source"],
        "language": own["language"],
        "text_bytes": own["text_bytes"],
        "reason": reason,
        "survivor": lost["doc_id"],
        "cluster_size": lost["cluster_size"],
        "similarity": similarity,
        "true_similarity": pc.if_else(
            same_text, pa.scalar(1, pa.float32()), lost["true_similarity"]
        ),
    }
    return pa.table(
        [columns[f.name].cast(f.type) for f in schemas.DUPLICATES], schema=schemas.DUPLICATES
    )


def _array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)
    return combined
