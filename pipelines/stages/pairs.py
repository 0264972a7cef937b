"""Verification of candidate pairs: shingles of roots are sent to the units of members.

A text is read only by the step that works on its unit. Only the hashes of a root's shingles are
sent, once to each unit that has members of the root.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from dedup import bands, clusters, minhash, verification
from dedup.shingles import Shingles
from manifests.parquet import TableFile
from manifests.statistics import StageReport
from manifests.store import ROW_GROUP_ROWS
from pipelines.stages import earlier
from pipelines.stages.common import Reports, StageDoFn
from pipelines.stages.context import StageContext
from pipelines.transport.exchange import Exchange

REPORTS = "reports"

_EDGE_NAMES = ("member_preference", "member_ref", "root_preference", "root_ref")
# A root with its shingles, and its members in one unit.
_ROOTS = pa.schema(
    [
        pa.field("root_preference", pa.uint64(), nullable=False),
        pa.field("root_ref", pa.uint64(), nullable=False),
        pa.field("shingles", pa.large_list(pa.uint64()), nullable=False),
        pa.field("member_preferences", pa.large_list(pa.uint64()), nullable=False),
        pa.field("member_refs", pa.large_list(pa.uint64()), nullable=False),
    ]
)


def edges_batch(
    edges: clusters.Edges, similarity: npt.NDArray[np.float32] | None = None
) -> pa.RecordBatch:
    """Edges as a batch; the similarity is NaN if it is not known."""
    if similarity is None:
        similarity = np.full(len(edges), np.nan, np.float32)
    columns = [pa.array(np.ascontiguousarray(column)) for column in edges.T]
    return pa.record_batch([*columns, pa.array(similarity)], [*_EDGE_NAMES, "similarity"])


def edges_of(batch: pa.RecordBatch) -> tuple[clusters.Edges, npt.NDArray[np.float32]]:
    """The edges and similarities from which `edges_batch` made a batch."""
    edges = np.stack([batch[name].to_numpy() for name in _EDGE_NAMES], axis=1)
    return edges, batch["similarity"].to_numpy()


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class VerifyPairs(beam.PTransform):
    """Candidate pairs -> `verified`: similar pairs, with their similarity; and `reports`."""

    context: StageContext
    folder: str

    def expand(self, pairs: beam.PCollection) -> Any:
        context = self.context
        return (
            pairs
            | "KeyPairsByRootUnit" >> beam.FlatMap(by_root_unit)
            | "ExchangePairs" >> Exchange(context.run, f"{self.folder}/pairs", context.exchange)
            | "ReadRoots" >> beam.ParDo(ReadRoots(context))
            | "ExchangeRoots" >> Exchange(context.run, f"{self.folder}/roots", context.exchange)
            | "CompareMembers"
            >> beam.ParDo(CompareMembers(context)).with_outputs(REPORTS, main="verified")
        )


def by_root_unit(pairs: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pairs -> (unit of roots, the pairs with these roots)."""
    units, _ = bands.split_refs(pairs["root_ref"].to_numpy())
    for unit in np.unique(units):
        yield int(unit), pairs.take(pa.array(np.flatnonzero(units == unit)))


def texts_of(
    context: StageContext, unit: int, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], pa.LargeStringArray]]:
    """The texts of some rows of a unit, ascending, one batch for each row group that has some."""
    store, name = earlier.place(context, unit)
    with store.open(f"documents/{name}.parquet") as file:
        stored = TableFile(file, slow=store.slow)
        groups = rows // ROW_GROUP_ROWS
        for group in np.unique(groups):
            wanted = rows[groups == group]
            table = stored.row_group(int(group), ["text"])
            taken = table["text"].take(pa.array(wanted - group * ROW_GROUP_ROWS))
            combined = taken.combine_chunks()
            yield wanted, combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def shingles_of(
    context: StageContext, unit: int, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], Shingles]]:
    """Distinct shingles of some rows of a unit, one batch for each row group."""
    near = context.recipe.duplicates.near
    assert near
    config = near.resolved(context.recipe.seed).config()
    for some, text in texts_of(context, unit, rows):
        yield some, minhash.shingles(text, config)


class ReadRoots(StageDoFn):
    """(unit, pairs whose roots are in it) -> (unit of members, roots with their shingles)."""

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        unit, batches = element
        self._reporter.start(f"survivors of unit {unit:06d}")
        pairs = verification.gather_pairs(edges_of(batch)[0] for batch in batches)
        _, root_row = bands.split_refs(pairs[:, clusters.ROOT_REF])
        member_unit, _ = bands.split_refs(pairs[:, clusters.MEMBER_REF])
        for rows, shingles in shingles_of(self._context, unit, np.unique(root_row)):
            here = np.flatnonzero((root_row >= rows[0]) & (root_row <= rows[-1]))
            for target in np.unique(member_unit[here]):
                some = here[member_unit[here] == target]
                yield int(target), roots_batch(pairs[some], rows, root_row[some], shingles)


def roots_batch(
    pairs: clusters.Edges,
    rows: npt.NDArray[np.int64],
    root_row: npt.NDArray[np.int64],
    shingles: Shingles,
) -> pa.RecordBatch:
    """Pairs, ordered by root, as one row for each root.

    Args:
      rows: the rows whose shingles are given, ascending.
      root_row: the row of each pair's root.
    """
    start = np.flatnonzero(np.append(True, root_row[1:] != root_row[:-1]))
    bounds = pa.array(np.append(start, len(pairs)))
    at = np.searchsorted(rows, root_row[start])
    every = pa.LargeListArray.from_arrays(pa.array(shingles.first), pa.array(shingles.hashes))
    return pa.record_batch(
        [
            pa.array(np.ascontiguousarray(pairs[start, clusters.ROOT_PREFERENCE])),
            pa.array(np.ascontiguousarray(pairs[start, clusters.ROOT_REF])),
            every.take(pa.array(at)),
            *(
                pa.LargeListArray.from_arrays(
                    bounds, pa.array(np.ascontiguousarray(pairs[:, column]))
                )
                for column in (clusters.MEMBER_PREFERENCE, clusters.MEMBER_REF)
            ),
        ],
        schema=_ROOTS,
    )


class CompareMembers(StageDoFn):
    """(unit, roots of its members) -> verified pairs; reports.

    It holds the shingle hashes of the unit's members in memory, 8 bytes for each shingle. That is
    at most about the size of the unit's text.
    """

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Reports]:
        unit, batches = element
        self._reporter.start(f"near-duplicates of unit {unit:06d}")
        near = self._context.recipe.duplicates.near
        assert near
        least = np.float32(near.resolved(self._context.recipe.seed).min_similarity)
        refs = [np.unique(batch["member_refs"].flatten().to_numpy()) for batch in batches]
        rows = bands.split_refs(np.unique(np.concatenate(refs)))[1]
        members = concatenated([shingles for _, shingles in shingles_of(self._context, unit, rows)])
        report = StageReport()
        for batch in batches:
            pairs, root_at = pairs_of(batch)
            roots = Shingles(
                batch["shingles"].offsets.to_numpy(), batch["shingles"].values.to_numpy()
            )
            _, member_row = bands.split_refs(pairs[:, clusters.MEMBER_REF])
            at = np.searchsorted(rows, member_row)
            similarity = verification.jaccard(members, at, roots, root_at)
            alike = similarity >= least
            report.add_count("pairs_compared", len(pairs))
            report.add_count("pairs_unlike", int((~alike).sum()))
            if alike.any():
                yield edges_batch(pairs[alike], similarity[alike])
        yield TaggedOutput(REPORTS, report)


def pairs_of(batch: pa.RecordBatch) -> tuple[clusters.Edges, npt.NDArray[np.int64]]:
    """Roots with lists of members -> pairs, and the index of each pair's root in the batch."""
    counts = np.diff(batch["member_refs"].offsets.to_numpy())
    root_at = np.repeat(np.arange(len(counts)), counts)
    columns = [
        batch["member_preferences"].flatten().to_numpy(),
        batch["member_refs"].flatten().to_numpy(),
        batch["root_preference"].to_numpy()[root_at],
        batch["root_ref"].to_numpy()[root_at],
    ]
    return np.stack(columns, axis=1), root_at


def concatenated(parts: list[Shingles]) -> Shingles:
    """The shingles of all parts, one part after the other."""
    firsts, total = [np.zeros(1, np.int64)], 0
    for part in parts:
        firsts.append(part.first[1:] + total)
        total += len(part.hashes)
    return Shingles(np.concatenate(firsts), np.concatenate([part.hashes for part in parts]))
