"""Evidence: which document was removed for which survivor, as rows of `duplicates/`.

The identity, text hash and signature of a survivor are sent once to each unit that has documents
which were removed for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters, minhash, rehydration
from dedup.comparison import LIKENESS, Likeness
from manifests import alarms, schemas
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import contamination, earlier
from pipelines.stages.buckets import positions, signatures_schema
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import edges_batch, edges_of, likeness_of, split_by
from pipelines.stages.settings import minhash_config


def name_survivors(
    _: int, exact_stars: Sequence[pa.RecordBatch], near_stars: Sequence[pa.RecordBatch] = ()
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Stars -> (unit of survivors, the members of their clusters).

    If a copy was removed for a document that is itself a near-duplicate, the copy gets that
    document's survivor.
    """
    copies, agree = edges_of(_all(exact_stars))
    near_batch = _all(near_stars)
    near, likeness = edges_of(near_batch)[0], likeness_of(near_batch)
    near_member, near_root = near[:, clusters.MEMBER_REF], near[:, clusters.ROOT_REF]
    through = copies[:, clusters.ROOT_REF]
    at = positions(near_member, through)
    root = np.where(at >= 0, np.append(near_root, np.uint64(0))[at], through)
    # A copy is as like the survivor as the document that it is a copy of. Of a document that was
    # removed for its URL, no text was compared.
    of_copies = likeness_of(pa.concat_batches([edges_batch(clusters.no_edges()), *exact_stars]))
    moved = (at >= 0) & (agree == 1)
    of_copies["similarity"][at >= 0] = np.nan
    of_copies[moved] = likeness[at[moved]]
    member = np.concatenate([copies[:, clusters.MEMBER_REF], near_member])
    root = np.concatenate([root, near_root])
    every = np.concatenate([of_copies, likeness])
    roots, counts = np.unique(root, return_counts=True)
    size = counts[np.searchsorted(roots, root)] + 1
    units, _rows = bands.split_refs(root)
    # What earlier runs removed is counted, and written by them.
    own = np.flatnonzero(earlier.number_of(bands.split_refs(member)[0]) == 0)
    for unit, some in split_by(units[own]):
        rows = own[some]
        measured = [np.ascontiguousarray(every[name][rows]) for name in every.dtype.names or ()]
        yield (
            unit,
            pa.record_batch(
                [member[rows], root[rows], size[rows], *measured],
                ["member", "root", "size", *(every.dtype.names or ())],
            ),
        )


def _all(stars: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(stars) if stars else edges_batch(clusters.no_edges())


class DescribeSurvivors(beam.DoFn):
    """(unit of survivors, members) -> (unit of members, survivors and the rows they removed)."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        unit, batches = element
        wanted = pa.Table.from_batches(batches)
        store, name = earlier.place(self._context, unit)
        columns = signatures_schema(minhash_config(self._context.recipe)).names
        _, root_row = bands.split_refs(wanted["root"].to_numpy())
        root_rows, root_at = np.unique(root_row, return_inverse=True)
        roots = store.read_rows(f"signatures/{name}.parquet", root_rows, columns)
        member_unit, member_row = bands.split_refs(wanted["member"].to_numpy())
        size = wanted["size"].to_numpy()
        likeness = likeness_of(wanted.combine_chunks().to_batches()[0])
        for target, some in split_by(member_unit):
            if earlier.is_own(target):
                yield (
                    target,
                    removals(roots, root_at[some], member_row[some], size[some], likeness[some]),
                )
        if self._context.recipe.duplicates.rehydrate and earlier.is_own(unit):
            sizes = np.zeros(len(root_rows), np.int64)
            sizes[root_at] = size
            yield unit, survivors_here(roots, root_rows, sizes)


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


def cluster_rows(part: pa.Table, removed: pa.Table, rehydrate: str) -> pa.Table:
    """The unit's survivors that have removed duplicates (`schemas.CLUSTERS`), in the order of rows.

    Args:
      part: the unit's signatures.
      removed: rows made by `removals` and `survivors_here`.
      rehydrate: the name of the weights (see `dedup.rehydration`).
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
