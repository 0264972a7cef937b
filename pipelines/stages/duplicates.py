"""Stage `duplicates`: exact and near duplicates over all units, one survivor a cluster.

signatures/ -> bucket keys, exchanged -> edges -> clusters -> duplicates/<unit>.parquet

Only hashes, edges and the survivors' signatures travel. A cluster's survivor is chosen by
content (`dedup.bands.preference`), never by order of arrival.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters, exact, minhash
from manifests import schemas, statistics
from manifests.statistics import StageReport
from pipelines.exchange import Exchange
from pipelines.progress import Reporter
from pipelines.recipe import Recipe
from pipelines.stages.common import StageContext, WriteManifest, create_units
from pipelines.units import WorkUnit

NAME = "duplicates"


def settings(recipe: Recipe) -> dict[str, Any]:
    """What of the recipe decides this stage's result."""
    fields = recipe.to_json()
    return {name: fields[name] for name in ("duplicates", "seed")}


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    units = create_units(pipeline, context.units)
    stars = (
        units
        | "ReadKeys" >> beam.ParDo(ReadKeys(small))
        | "ExchangeKeys" >> Exchange(context.run, f"exchange/{NAME}", context.exchange)
        | "FindEdges" >> beam.ParDo(FindEdges())
        | "JoinClusters" >> beam.CombineGlobally(JoinClusters()).without_defaults()
    )
    described = (
        stars
        | "BySurvivorUnit" >> beam.FlatMap(by_survivor_unit)
        | "GroupSurvivors" >> beam.GroupByKey()
        | "DescribeSurvivors" >> beam.ParDo(DescribeSurvivors(small))
    )
    # Units without a duplicate write a part too: what is missing later is then an error.
    everyone = units | "AllUnits" >> beam.Map(no_duplicates, small)
    (
        (described, everyone)
        | "WithAllUnits" >> beam.Flatten()
        | "GroupByUnit" >> beam.GroupByKey()
        | "WriteDuplicates" >> beam.ParDo(WriteDuplicates(small))
        | WriteManifest(NAME, context)
    )


def minhash_config(recipe: Recipe) -> minhash.MinHashConfig | None:
    """The MinHash parameters, or None when the recipe looks for exact duplicates alone."""
    near = recipe.duplicates.near
    return near.resolved(recipe.seed).config() if near else None


def signatures_schema(near: minhash.MinHashConfig | None) -> pa.Schema:
    """Of `signatures/` under these parameters."""
    if near is None:
        return schemas.signatures_schema(0)
    return schemas.signatures_schema(near.permutations, near.value_type)


class ReadKeys(beam.DoFn):
    """WorkUnit -> (partition, bucket members of that unit)."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def setup(self) -> None:
        self._reporter = Reporter()

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"duplicates of {unit}")
        table = self._context.store.read_table(f"signatures/{unit.name}.parquet")
        if not table.num_rows:
            return
        batch = table.combine_chunks().to_batches()[0]
        members = bucket_members(batch, unit, minhash_config(self._context.recipe))
        partitions = self._context.recipe.execution.partitions
        where = bands.partition(members["key"].to_numpy(), partitions)
        for partition in range(partitions):
            if len(rows := np.flatnonzero(where == partition)):
                yield partition, members.take(pa.array(rows))
        self._reporter.advance(docs=batch.num_rows, bytes_=unit.size_bytes)


def bucket_members(
    signatures: pa.RecordBatch, unit: WorkUnit, near: minhash.MinHashConfig | None
) -> pa.RecordBatch:
    """Every document under each of its keys: identity, text, and each MinHash band.

    Args:
      signatures: all rows of the unit's part, in order (`manifests.schemas.signatures_schema`).

    Returns:
      `dedup.bands.BAND_MEMBERS`.
    """
    rows = signatures.num_rows
    ref = bands.refs(unit.index, np.arange(rows))
    preference = bands.preference(
        unit.priority, signatures["text_bytes"].to_numpy(), signatures["doc_id"]
    )
    # One identity twice is a duplicate whatever the texts: a document is written once.
    with_text = np.flatnonzero(exact.has_text(signatures["text_hash"]))
    keys = [
        bands.exact_keys(signatures["doc_id"]),
        bands.exact_keys(signatures["text_hash"])[with_text],
    ]
    members = [np.arange(rows), with_text]
    if near is not None:
        with_words = np.flatnonzero(bands.has_words(signatures["signature"]))
        for band in bands.band_keys(signatures["signature"], near):
            keys.append(band[with_words])
            members.append(with_words)
    member = np.concatenate(members)
    return bands.band_members(np.concatenate(keys), preference[member], ref[member])


class FindEdges(beam.DoFn):
    """(partition, batches of members) -> edges from members to the preferred one of a bucket."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        members = pa.Table.from_batches(element[1], bands.BAND_MEMBERS)
        edges = clusters.bucket_edges(members)
        if len(edges):
            yield _edges_batch(edges)


class JoinClusters(beam.CombineFn):
    """Adapts `dedup.clusters.ClusterAccumulator` to Beam."""

    def create_accumulator(self) -> clusters.ClusterAccumulator:
        return clusters.ClusterAccumulator()

    def add_input(
        self, total: clusters.ClusterAccumulator, edges: pa.RecordBatch
    ) -> clusters.ClusterAccumulator:
        total.add(np.stack([column.to_numpy() for column in edges.columns], axis=1))
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
        return _edges_batch(total.extract())


def _edges_batch(edges: npt.NDArray[np.uint64]) -> pa.RecordBatch:
    names = ["member_preference", "member_ref", "root_preference", "root_ref"]
    return pa.record_batch([pa.array(np.ascontiguousarray(c)) for c in edges.T], names)


def by_survivor_unit(stars: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Clusters -> (unit of the survivor, its clusters' members)."""
    edges = np.stack([column.to_numpy() for column in stars.columns], axis=1)
    member, root = edges[:, clusters.MEMBER_REF], edges[:, clusters.ROOT_REF]
    roots, sizes = clusters.cluster_sizes(edges)
    size = sizes[np.searchsorted(roots, root)]
    units, _ = bands.split_refs(root)
    for unit in np.unique(units):
        rows = units == unit
        yield (
            int(unit),
            pa.record_batch([member[rows], root[rows], size[rows]], ["member", "root", "size"]),
        )


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
        size = wanted["size"].to_numpy()
        for target in np.unique(member_unit):
            rows = np.flatnonzero(member_unit == target)
            yield (
                int(target),
                _lost(member_row[rows], size[rows], root.take(pa.array(rows))),
            )


def _lost(row: npt.NDArray[Any], size: npt.NDArray[Any], survivor: pa.Table) -> pa.RecordBatch:
    """Rows of a unit beside the survivors' identity, text hash and signature."""
    columns = [
        "doc_id",
        "text_hash",
        *(["signature"] if "signature" in survivor.schema.names else []),
    ]
    table = survivor.select(columns).combine_chunks()
    table = table.append_column("row", pa.array(row.astype(np.uint32)))
    table = table.append_column("cluster_size", pa.array(size.astype(np.int64)))
    return table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)


def no_duplicates(unit: WorkUnit, context: StageContext) -> tuple[int, pa.RecordBatch]:
    """An empty batch for every unit, of the same type as `DescribeSurvivors` yields."""
    near = minhash_config(context.recipe)
    schema = signatures_schema(near)
    none = np.empty(0, np.int64)
    return unit.index, _lost(none, none, schema.empty_table())


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
      lost: columns row, cluster_size and the survivor's doc_id, text_hash and signature.
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
    }
    return pa.table(
        [columns[f.name].cast(f.type) for f in schemas.DUPLICATES], schema=schemas.DUPLICATES
    )


def _array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)
    return combined
