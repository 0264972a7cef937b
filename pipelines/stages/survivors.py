"""Who survives among verified pairs, and for whom each other document is removed.

Up to a certain number of documents all pairs go to one worker, which walks through them
(`dedup.verification`). Above it, documents decide in rounds, each in the partition of its ref
(`dedup.decisions`); what they leave is walked through as well, in one worker if it fits in half of
its memory, else by connected components. All ways give the same result.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsSingleton, TaggedOutput

from dedup import bands, clusters, decisions, rounds, verification
from dedup.decisions import Notes
from manifests import alarms
from manifests.grouping import rows_by
from manifests.statistics import StageReport
from pipelines.stages import components
from pipelines.stages.buckets import documents_of, partitions_of
from pipelines.stages.common import Reports, StageDoFn, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import (
    LEFT,
    REPORTS,
    Left,
    by_document,
    edges_batch,
    edges_of,
    likeness_of,
    near_of,
    verified_batch,
)

# Memory in bytes for each pair that is walked through.
WALK_BYTES = 285
# Memory in bytes for each pair of a document that decides.
_NOTE_BYTES = 250
# Pairs that a document has on average, at most, in a partition of documents.
_PAIRS = 4
# Each of them is two steps. Three leave a few pairs in a million, unless preferences follow chains.
ROUNDS = 3

STARS = "stars"
Stars: TypeAlias = TaggedOutput[Literal["stars"], pa.RecordBatch]


class Chosen(NamedTuple):
    """Collections of batches: `stars`, an edge from each removed document to its survivor, with
    their likeness; `left`, pairs of documents whose roots were all removed; and reports.
    """

    stars: tuple[beam.PCollection, ...]
    left: tuple[beam.PCollection, ...]
    reports: beam.PCollection


def fits_in_one_worker(context: StageContext) -> bool:
    """Whether a worker can hold all pairs that the documents may have, in half of its memory."""
    return documents_of(context) * near_of(context).config().bands <= few_pairs(context)


def few_pairs(context: StageContext) -> int:
    """The number of pairs that a worker can hold in half of its memory."""
    return (context.recipe.execution.memory_mb << 19) // WALK_BYTES


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class ChooseSurvivors(beam.PTransform):
    """Verified pairs, in several collections -> `Chosen`."""

    context: StageContext
    folder: str

    def expand(self, verified: Any) -> Any:
        if fits_in_one_worker(self.context):
            pairs = [
                pairs | f"KeyPairs{i}" >> beam.Map(keyed_together)
                for i, pairs in enumerate(verified)
            ]
            walked = self._walk(tuple(pairs))
            return Chosen((walked[STARS],), (walked[LEFT],), walked[REPORTS])
        partitions = partitions_of(self.context, _PAIRS * _NOTE_BYTES)
        notes: tuple[beam.PCollection, ...] = tuple(
            pairs | f"PartitionPairs{i}" >> beam.FlatMap(first_notes, partitions)
            for i, pairs in enumerate(verified)
        )
        stars, left = [], []
        for step in range(2 * ROUNDS):
            decided = (
                notes
                | f"ExchangeNotes{step}" >> self._exchange(f"notes{step}")
                | f"DecideDocuments{step}"
                >> beam.ParDo(DecideDocuments(partitions)).with_outputs(STARS, LEFT, main="notes")
            )
            notes = (decided.notes,)
            stars.append(decided[STARS])
            left.append(decided[LEFT])
        rest = (
            notes
            | "ExchangeRest" >> self._exchange("rest")
            | "SelectUndecided" >> beam.FlatMapTuple(undecided)
        )
        walked = self._walk(self._by_component(rest, partitions))
        return Chosen((*stars, walked[STARS]), (*left, walked[LEFT]), walked[REPORTS])

    def _by_component(
        self, rest: beam.PCollection, partitions: int
    ) -> tuple[beam.PCollection, ...]:
        """What is left, keyed so that connected documents are together."""
        pairs = AsSingleton(
            rest
            | "CountRest" >> beam.Map(rows_of)
            | "SumRest" >> beam.CombineGlobally(components.SumCounts()).without_defaults(),
            default_value=0,
        )
        most = few_pairs(self.context)
        together = rest | "KeyFewTogether" >> beam.FlatMap(if_few, pairs, most)
        many = rest | "SelectMany" >> beam.FlatMap(if_many, pairs, most)
        # Each round of stars halves a chain. More documents may have longer ones.
        possible = documents_of(self.context) * near_of(self.context).config().bands
        stars = (
            many
            | "SelectUnsettledEdges" >> beam.Map(open_edges)
            | "JoinComponents"
            >> components.JoinByRounds(
                self.context,
                f"{self.folder}/components",
                max(components.ROUNDS, math.ceil(math.log2(1 + possible / most)) + 2),
                partitions,
            )
        )
        apart = (
            (
                many | "KeyManyByMember" >> beam.FlatMap(by_document, "member_ref", partitions),
                stars | "KeyStarsByMember" >> beam.FlatMap(by_document, "member_ref", partitions),
            )
            | "ExchangeMany" >> self._exchange("many")
            | "NameComponents" >> beam.FlatMap(by_component, partitions)
        )
        return together, apart

    def _walk(self, keyed: tuple[beam.PCollection, ...]) -> Any:
        choose = ChooseConnected(self.context.for_workers())
        return (
            keyed
            | "ExchangeConnected" >> self._exchange("connected")
            | "ChooseConnected" >> beam.ParDo(choose).with_outputs(LEFT, REPORTS, main=STARS)
        )

    def _exchange(self, name: str) -> beam.PTransform:
        return exchange(self.context, f"{self.folder}/{name}")


def notes_batch(notes: Notes) -> pa.RecordBatch:
    """Notes as a batch; for `edges_of` and `likeness_of`, too."""
    return verified_batch(notes.edges, notes.likeness).append_column("kind", pa.array(notes.kind))


def notes_of(batch: pa.RecordBatch) -> Notes:
    """The notes from which `notes_batch` made a batch."""
    return Notes(edges_of(batch)[0], batch["kind"].to_numpy(), likeness_of(batch))


def _by_owner(notes: Notes, partitions: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    yield from rows_by(notes_batch(notes), rounds.partition_of(notes.owners, partitions))


def keyed_together(pairs: pa.RecordBatch) -> tuple[int, pa.RecordBatch]:
    """All pairs -> (0, the pairs as notes of their members)."""
    edges, likeness = edges_of(pairs)[0], likeness_of(pairs)
    kind = np.full(len(edges), decisions.OPEN, np.uint8)
    return 0, notes_batch(Notes(edges, kind, likeness))


def first_notes(pairs: pa.RecordBatch, partitions: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Verified pairs -> (partition of documents, their notes)."""
    notes = decisions.first_notes(edges_of(pairs)[0], likeness_of(pairs))
    yield from _by_owner(notes, partitions)


@dataclasses.dataclass(frozen=True)
class _AsNotes:
    batches: Iterable[pa.RecordBatch]

    def __iter__(self) -> Iterator[Notes]:
        return map(notes_of, self.batches)


class DecideDocuments(beam.DoFn):
    """(partition, notes of its documents) -> (partition, notes for the next step); stars; left."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch] | Stars | Left]:
        for decided in decisions.decide(_AsNotes(element[1])):
            if len(decided.stars):
                stars = decided.stars
                yield TaggedOutput(STARS, verified_batch(stars.edges, stars.likeness))
            if len(decided.left):
                yield TaggedOutput(LEFT, edges_batch(decided.left))
            yield from _by_owner(decided.notes, self._partitions)


def undecided(_: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """(partition, notes) -> what members know of their roots, where they are not decided yet."""
    notes = decisions.known(list(_AsNotes(batches)))
    if len(notes):
        yield notes_batch(notes)


def rows_of(batch: pa.RecordBatch) -> int:
    return int(batch.num_rows)


def if_few(batch: pa.RecordBatch, pairs: int, most: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    if pairs <= most:
        yield 0, batch


def if_many(batch: pa.RecordBatch, pairs: int, most: int) -> Iterator[pa.RecordBatch]:
    if pairs > most:
        yield batch


def open_edges(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Notes -> edges by which the decision on one document depends on another."""
    notes = notes_of(batch)
    return edges_batch(notes.edges[notes.kind != decisions.REMOVED])


def by_component(
    element: tuple[int, Iterable[pa.RecordBatch]], partitions: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(partition, notes of its members, and stars of components) -> (partition of components,
    notes of all their documents).
    """
    _, batches = element
    stars = [edges_of(batch)[0] for batch in batches if "kind" not in batch.schema.names]
    found = np.concatenate([clusters.no_edges(), *stars])
    found = found[np.argsort(found[:, clusters.MEMBER_REF])]
    for batch in batches:
        if "kind" in batch.schema.names:
            member = batch["member_ref"].to_numpy()
            component = clusters.roots_of(found, member)
            yield from rows_by(batch, rounds.partition_of(component, partitions))


class ChooseConnected(StageDoFn):
    """(partition, notes of whole components) -> stars; pairs of documents that are left; report."""

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Left | Reports]:
        self._reporter.start("survivors of clusters")
        notes = Notes.concatenated(list(_AsNotes(element[1])))
        report = StageReport()
        most = (self._context.recipe.execution.memory_mb << 20) // WALK_BYTES
        if len(notes) > most:
            for name, pairs in large_components(notes.edges, most):
                report.add_count(f"{alarms.LARGE_COMPONENT}{name}", pairs)
        stars, likeness, left = verification.choose_survivors(
            notes.edges, notes.likeness, notes.kind == decisions.REMOVED
        )
        if len(stars):
            yield verified_batch(stars, likeness)
        if len(left):
            yield TaggedOutput(LEFT, edges_batch(left))
        yield TaggedOutput(REPORTS, report)


def large_components(edges: clusters.Edges, most: int) -> Iterator[tuple[str, int]]:
    """Components of more pairs than that: the place of their most preferred document, and pairs."""
    roots = clusters.roots_of(clusters.compact(edges), edges[:, clusters.MEMBER_REF])
    component, pairs = np.unique(roots, return_counts=True)
    for ref, count in zip(component[pairs > most], pairs[pairs > most], strict=True):
        unit, row = (int(one[0]) for one in bands.split_refs(np.array([ref])))
        yield f"row {row} of unit {unit:06d}", int(count)


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class FindNextPairs(beam.PTransform):
    """`Chosen` -> pairs that are worth verifying next."""

    context: StageContext
    folder: str

    def expand(self, chosen: Any) -> beam.PCollection:
        partitions = partitions_of(self.context, _PAIRS * _NOTE_BYTES)
        left = [
            pairs
            | f"AddMark{i}" >> beam.Map(mark_left)
            | f"KeyLeftByRoot{i}" >> beam.FlatMap(by_document, "root_ref", partitions)
            for i, pairs in enumerate(chosen.left)
        ]
        stars = [
            stars | f"KeyStarsByMember{i}" >> beam.FlatMap(by_document, "member_ref", partitions)
            for i, stars in enumerate(chosen.stars)
        ]
        return (
            (*left, *stars)
            | "ExchangeLeft" >> exchange(self.context, self.folder)
            | "MakeNextPairs" >> beam.FlatMapTuple(next_pairs)
        )


_LEFT_MARK = "left"


def mark_left(pairs: pa.RecordBatch) -> pa.RecordBatch:
    """Pairs of documents that are left -> the same, which `next_pairs` tells from stars."""
    return pairs.append_column(_LEFT_MARK, pa.nulls(pairs.num_rows))


def next_pairs(_: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """(partition, pairs of documents that are left, and stars of their roots) -> next pairs."""
    parts: dict[bool, list[clusters.Edges]] = {True: [], False: []}
    for batch in batches:
        parts[_LEFT_MARK in batch.schema.names].append(edges_of(batch)[0])
    left, stars = (np.concatenate([clusters.no_edges(), *parts[side]]) for side in (True, False))
    if len(pairs := verification.next_pairs(left, stars)):
        yield edges_batch(pairs)
