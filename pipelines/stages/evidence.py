"""Evidence: which document was removed for which survivor, as rows of `duplicates/`.

The identity, text hash and signature of a survivor are sent once to each unit that has documents
which were removed for it.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters, minhash, rehydration
from dedup.comparison import LIKENESS, Likeness
from manifests import alarms, schemas
from manifests.grouping import gathered, positions_by, rows_by
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import contamination, earlier
from pipelines.stages.buckets import partitions_of, signatures_schema
from pipelines.stages.common import exchange
from pipelines.stages.context import StageContext
from pipelines.stages.groups import group_of
from pipelines.stages.pairs import by_document, edges_of, likeness_of, verified_batch
from pipelines.stages.settings import minhash_config


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class MoveStars(beam.PTransform):
    """(stars, stars of their roots; both in several collections) -> stars, in any batches.

    Where the root of a star was itself removed, its members get the survivor of their root.
    """

    context: StageContext
    folder: str

    def expand(self, both: Any) -> beam.PCollection:
        partitions = partitions_of(self.context, _STAR_BYTES)
        outer, inner = both
        keyed = [
            stars
            | f"AddMark{i}" >> beam.Map(mark_moving)
            | f"KeyStarsByRoot{i}" >> beam.FlatMap(by_document, "root_ref", partitions)
            for i, stars in enumerate(outer)
        ]
        keyed += [
            stars | f"KeyStarsByMember{i}" >> beam.FlatMap(by_document, "member_ref", partitions)
            for i, stars in enumerate(inner)
        ]
        return (
            tuple(keyed)
            | "ExchangeStars" >> exchange(self.context, self.folder)
            | "MoveMembers" >> beam.FlatMapTuple(move_members)
        )


# Memory in bytes for each star while they are moved.
_STAR_BYTES = 200
# Stars that are worked on together, where there may be any number of them.
_STARS = 1 << 20

_MOVES = "moves"


def mark_moving(stars: pa.RecordBatch) -> pa.RecordBatch:
    """Stars whose roots may have been removed -> the same, as `move_members` knows them."""
    return stars.append_column(_MOVES, pa.nulls(stars.num_rows))


def move_members(_: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """(partition, stars, and stars of their roots) -> all of them, after the move.

    Stars of roots are in memory together, the others one batch after the other: a root may have as
    many members as there are documents.
    """
    inner = [batch for batch in batches if _MOVES not in batch.schema.names]
    edges = np.concatenate([clusters.no_edges(), *(edges_of(batch)[0] for batch in inner)])
    likeness = np.concatenate([np.empty(0, LIKENESS), *map(likeness_of, inner)])
    order = np.argsort(edges[:, clusters.MEMBER_REF])
    edges, likeness = edges[order], likeness[order]
    if len(edges):
        yield verified_batch(edges, likeness)
    outer = (batch for batch in batches if _MOVES in batch.schema.names)
    for batch in _joined(outer):
        yield verified_batch(*moved(edges_of(batch)[0], likeness_of(batch), edges, likeness))


def moved(
    outer: clusters.Edges, of_outer: Likeness, inner: clusters.Edges, of_inner: Likeness
) -> tuple[clusters.Edges, Likeness]:
    """Stars with the survivors of their roots instead of roots that were removed.

    A copy is as like the survivor as the document that it is a copy of. Of a document that was
    removed for its URL no text was compared, so nothing is known.
    """
    at = clusters.positions(inner[:, clusters.MEMBER_REF], outer[:, clusters.ROOT_REF])
    moves, outer, of_outer = at >= 0, outer.copy(), of_outer.copy()
    for column in (clusters.ROOT_PREFERENCE, clusters.ROOT_REF):
        outer[moves, column] = inner[at[moves], column]
    copies = moves & (of_outer["similarity"] == 1)
    of_outer["similarity"][moves] = np.nan
    of_outer[copies] = of_inner[at[copies]]
    return outer, of_outer


def by_root_units(
    stars: pa.RecordBatch, units_in_group: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (group of the survivors' units, the stars)."""
    batch = verified_batch(edges_of(stars)[0], likeness_of(stars))
    yield from rows_by(batch, group_of(batch["root_ref"].to_numpy(), units_in_group))


class DescribeSurvivors(beam.DoFn):
    """(group of survivors' units, stars) -> (unit of members, survivors and the rows they removed).

    Survivors of the group are in memory with their signatures, stars a million at a time. What
    earlier runs removed counts in the sizes of clusters, and was written by them.
    """

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        refs, sizes = cluster_sizes(element[1])
        roots = self._signatures(refs)
        for stars in _joined(own_stars(element[1])):
            member_unit, member_row = bands.split_refs(stars["member_ref"].to_numpy())
            root_at = np.searchsorted(refs, stars["root_ref"].to_numpy())
            likeness = likeness_of(stars)
            for target, some in positions_by(member_unit):
                at = root_at[some]
                yield target, removals(roots, at, member_row[some], sizes[at], likeness[some])
        units, rows = bands.split_refs(refs)
        for unit, some in positions_by(units):
            if earlier.is_own(unit):
                yield unit, survivors_here(roots.take(pa.array(some)), rows[some], sizes[some])

    def _signatures(self, refs: npt.NDArray[np.uint64]) -> pa.Table:
        """Identity, text hash and signature of documents, by ascending refs."""
        schema = signatures_schema(minhash_config(self._context.recipe))
        units, rows = bands.split_refs(refs)
        found = [schema.empty_table()]
        for unit, some in positions_by(units):
            store, name = earlier.place(self._context, unit)
            path = f"signatures/{name}.parquet"
            found.append(store.read_rows(path, rows[some], schema.names))
        return pa.concat_tables(found).combine_chunks()


def cluster_sizes(
    batches: Iterable[pa.RecordBatch],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Refs of the roots of stars of this run, ascending, and the sizes of their whole clusters,
    root included.
    """
    refs = np.empty(0, np.uint64)
    for batch in _joined(own_stars(batches)):
        refs = np.union1d(refs, batch["root_ref"].to_numpy())
    sizes = np.ones(len(refs), np.int64)
    for batch in _joined(batches):
        at = clusters.positions(refs, batch["root_ref"].to_numpy())
        sizes += np.bincount(at[at >= 0], minlength=len(refs))
    return refs, sizes


def _joined(stars: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Stars in batches of a million or a little more."""
    return map(pa.concat_batches, gathered(stars, len, _STARS))


def own_stars(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Stars -> those whose members are documents of this run."""
    for batch in batches:
        units, _ = bands.split_refs(batch["member_ref"].to_numpy())
        own = earlier.number_of(units) == 0
        if own.any():
            yield batch if own.all() else batch.filter(pa.array(own))


def removals(
    survivors: pa.Table,
    survivor_at: npt.NDArray[np.int64],
    row: npt.NDArray[Any],
    size: npt.NDArray[Any],
    likeness: Likeness,
) -> pa.RecordBatch:
    """A unit's removed rows, as one row for each survivor.

    Args:
      survivors: identity, text hash and signature of survivors.
      survivor_at: the index of each removed row's survivor.
      row, size, likeness: row, cluster size, and likeness to the survivor of each removed document.
    """
    order = np.argsort(survivor_at, kind="stable")
    at = survivor_at[order]
    start = np.flatnonzero(np.append(True, at[1:] != at[:-1])[: len(at)])
    bounds = pa.array(np.append(start, len(at)))
    return _batch(
        survivors.take(pa.array(at[start])),
        {
            "cluster_size": pa.array(size[order][start].astype(np.int64)),
            "survivor_row": pa.nulls(len(start), pa.uint32()),
            "rows": pa.LargeListArray.from_arrays(bounds, pa.array(row[order].astype(np.uint32))),
            **{
                name: pa.LargeListArray.from_arrays(bounds, values)
                for name, values in _measured(likeness[order]).items()
            },
        },
    )


def survivors_here(
    survivors: pa.Table, row: npt.NDArray[np.int64], size: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """Rows like those of `removals` for a unit's own survivors: cluster sizes, nothing removed."""
    none = pa.array(np.zeros(len(row) + 1, np.int64))
    nothing = _measured(np.empty(0, LIKENESS))
    return _batch(
        survivors,
        {
            "cluster_size": pa.array(size),
            "survivor_row": pa.array(row.astype(np.uint32)),
            "rows": pa.LargeListArray.from_arrays(none, pa.array([], pa.uint32())),
            **{
                name: pa.LargeListArray.from_arrays(none, values)
                for name, values in nothing.items()
            },
        },
    )


def _measured(likeness: Likeness) -> dict[str, pa.Array]:
    """Columns of `schemas.DUPLICATES`; null is what is not known."""
    unknown = likeness["words"] == 0
    return {
        "true_similarity": pa.array(likeness["similarity"], from_pandas=True),  # NaN becomes null
        "contained": pa.array(likeness["contained"], from_pandas=True),
        "words": pa.array(likeness["words"], mask=unknown),
        "words_lost": pa.array(likeness["words_lost"], mask=unknown),
    }


def _batch(survivors: pa.Table, added: dict[str, pa.Array]) -> pa.RecordBatch:
    names = ("doc_id", "text_hash", "signature")
    table = survivors.select([name for name in names if name in survivors.schema.names])
    for name, column in added.items():
        table = table.append_column(name, column)
    table = table.combine_chunks()
    return table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)


def no_removals(unit: WorkUnit, context: StageContext) -> tuple[int, pa.RecordBatch]:
    """An empty batch for a unit, with the schema of the batches of `DescribeSurvivors`."""
    schema = signatures_schema(minhash_config(context.recipe))
    none = np.empty(0, np.int64)
    return unit.index, removals(schema.empty_table(), none, none, none, np.empty(0, LIKENESS))


def duplicate_rows(part: pa.Table, removed: pa.Table) -> pa.Table:
    """The unit's removed rows and their evidence, in the order of rows (`schemas.DUPLICATES`).

    Args:
      part: the unit's signatures.
      removed: rows made by `removals`.
    """
    removed = removed.combine_chunks()
    rows = pc.list_flatten(removed["rows"])
    of_survivor = pc.list_parent_indices(removed["rows"])
    measured = list(_measured(np.empty(0, LIKENESS)))
    lost = removed.drop_columns(["survivor_row", "rows", *measured]).take(of_survivor)
    lost = lost.append_column("row", rows)
    for name in measured:
        lost = lost.append_column(name, pc.list_flatten(removed[name]))
    lost = lost.sort_by("row").combine_chunks()
    own = part.take(lost["row"]).combine_chunks()
    same_text = pc.equal(own["text_hash"], lost["text_hash"])
    reason = pc.if_else(same_text, schemas.EXACT_DUPLICATE, schemas.NEAR_DUPLICATE)
    if "signature" in own.schema.names:
        estimate = minhash.similarity(*(_array(table["signature"]) for table in (own, lost)))
    else:
        estimate = pa.array(np.zeros(len(own), np.float32))
    whole = pa.scalar(1, pa.float32())
    columns = {
        "row": lost["row"],
        "doc_id": own["doc_id"],
        "source": own["source"],
        "language": own["language"],
        "text_bytes": own["text_bytes"],
        "reason": reason,
        "survivor": lost["doc_id"],
        "cluster_size": lost["cluster_size"],
        "similarity": pc.if_else(same_text, whole, estimate),
        "true_similarity": pc.if_else(same_text, whole, lost["true_similarity"]),
        "contained": pc.if_else(same_text, whole, lost["contained"]),
        "words": lost["words"],
        "words_lost": pc.if_else(same_text, pa.scalar(0, pa.uint32()), lost["words_lost"]),
    }
    return contamination.table(columns, schemas.DUPLICATES)


def count_words_lost(report: StageReport, lost: pa.Table) -> None:
    """Counts the words of near-duplicates, and those that survivors lack, for alarms."""
    compared = lost.filter(pc.equal(lost["reason"], schemas.NEAR_DUPLICATE))
    for field in ("source", "language"):
        sums = compared.group_by(field).aggregate([("words", "sum"), ("words_lost", "sum")])
        for name, words, missing in zip(*(c.to_pylist() for c in sums.columns), strict=True):
            if words:
                report.add_count(f"{alarms.WORDS}{field}.{name}", words)
                report.add_count(f"{alarms.WORDS_LOST}{field}.{name}", missing)


def cluster_rows(part: pa.Table, removed: pa.Table, rehydrate: str | None) -> pa.Table:
    """The unit's survivors that have removed duplicates (`schemas.CLUSTERS`), in the order of rows.

    Args:
      part: the unit's signatures.
      removed: rows made by `removals` and `survivors_here`.
      rehydrate: the name of the weights (see `dedup.rehydration`); None: all are 1.
    """
    own = removed.filter(pc.is_valid(removed["survivor_row"])).sort_by("survivor_row")
    row, size = own["survivor_row"], own["cluster_size"].combine_chunks()
    documents = part.take(row)
    columns = {
        "row": row,
        **{name: documents[name] for name in ("doc_id", "source", "language", "text_bytes")},
        "cluster_size": size,
        "weight": rehydration.weights(size.to_numpy(), rehydrate),
    }
    return contamination.table(columns, schemas.CLUSTERS)


def _array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)
    return combined
