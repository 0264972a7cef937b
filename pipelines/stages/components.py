"""Clusters by connected components: in one worker up to a certain size, in rounds above it.

Components decide which documents survive if verification is off. With verification, survivors are
chosen from the most preferred document on (`dedup.verification`).
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsSingleton, TaggedOutput

from dedup import clusters, rounds
from pipelines.stages.buckets import partitions_of
from pipelines.stages.common import exchange
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import by_document, edges_batch, edges_of
from pipelines.transport import coders

# Memory in bytes that one worker needs for each document while it joins all edges.
EDGE_BYTES = 160
# Edges that a document has in a round at most, on average: from two buckets, and from both ends.
_EDGES = 4
# Each round halves a chain, and the edges of bands are stars already. So edges rarely move after
# this many rounds.
ROUNDS = 6


def join_clusters(context: StageContext, folder: str) -> beam.PTransform:
    """Edges -> stars of connected components, in any number of batches.

    One worker joins them if the edges of all documents fit in half of its memory. Both ways give
    the same result.
    """
    documents = context.upstream["documents"]["funnel"]["kept"]["docs"]
    if documents * EDGE_BYTES <= context.recipe.execution.memory_mb << 19:
        return beam.CombineGlobally(JoinClusters()).without_defaults()
    partitions = partitions_of(context, _EDGES * EDGE_BYTES)
    return JoinByRounds(context.for_workers(), folder, ROUNDS, partitions)


# The number of edges that a star operation moved. The annotation chooses its coder.
Moved: TypeAlias = TaggedOutput[Literal["moved"], int]


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class JoinByRounds(beam.PTransform):
    """Edges -> stars of connected components, in any number of batches.

    A round that follows one without moved edges gets no input. If edges still move in the last
    round, one worker joins them, so the result is right in any case.

    Attributes:
      folder: the folder of the exchanges, below the run.
      rounds: the largest number of rounds.
      partitions: the number of parts into which edges are divided by document.
    """

    context: StageContext
    folder: str
    rounds: int
    partitions: int

    def expand(self, edges: beam.PCollection) -> beam.PCollection:
        done = []
        for number in range(self.rounds):
            large = self._star(edges, f"LargeStar{number}", True)
            small = self._star(large.edges, f"SmallStar{number}", False)
            moved = AsSingleton(
                (large.moved, small.moved)
                | f"FlattenMovedCounts{number}" >> beam.Flatten()
                | f"SumMovedCounts{number}" >> beam.CombineGlobally(SumCounts()).without_defaults(),
                default_value=0,
            )
            done.append(
                small.edges | f"KeepSettledStars{number}" >> beam.FlatMap(if_settled, moved)
            )
            edges = small.edges | f"KeepUnsettledEdges{number}" >> beam.FlatMap(if_unsettled, moved)
        left = (
            edges | "JoinRemainingEdges" >> beam.CombineGlobally(JoinClusters()).without_defaults()
        )
        return (*done, left) | "FlattenStars" >> beam.Flatten()

    def _star(self, edges: beam.PCollection, label: str, large: bool) -> Any:
        context, partitions = self.context, self.partitions
        return (
            edges
            | f"Partition{label}" >> beam.FlatMap(by_end, large, partitions)
            | f"Exchange{label}" >> exchange(context, f"{self.folder}/{label}")
            | f"Compute{label}" >> beam.ParDo(MoveEdges(large)).with_outputs("moved", main="edges")
        )


def if_settled(batch: pa.RecordBatch, moved: int) -> Iterator[pa.RecordBatch]:
    if not moved:
        yield batch


def if_unsettled(batch: pa.RecordBatch, moved: int) -> Iterator[pa.RecordBatch]:
    if moved:
        yield batch


def by_end(
    batch: pa.RecordBatch, large: bool, partitions: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Edges -> (partition of a document, its edges). For `large_star` an edge goes to both ends."""
    if large:
        batch = edges_batch(rounds.both_ways(edges_of(batch)[0]))
    yield from by_document(batch, "member_ref", partitions)


class MoveEdges(beam.DoFn):
    """(partition, edges of its documents) -> edges after a star operation, and how many moved."""

    def __init__(self, large: bool) -> None:
        self._star = rounds.large_star if large else rounds.small_star

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Moved]:
        edges, moved = self._star(np.concatenate([edges_of(batch)[0] for batch in element[1]]))
        if len(edges):
            yield edges_batch(edges)
        yield TaggedOutput("moved", moved)


@beam.typehints.with_input_types(int)
@beam.typehints.with_output_types(int)
class SumCounts(beam.CombineFn):
    """Counts -> their sum. Beam's own combiners are pickled."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return beam.coders.VarIntCoder()

    def create_accumulator(self) -> int:
        return 0

    def add_input(self, total: int, count: int) -> int:
        return total + count

    def merge_accumulators(self, totals: Iterable[int]) -> int:
        return sum(totals)

    def extract_output(self, total: int) -> int:
        return total


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(pa.RecordBatch)
class JoinClusters(beam.CombineFn):
    """Pairs -> stars of connected components. They are unverified: the similarity is NaN."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(clusters.ClusterAccumulator)

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
