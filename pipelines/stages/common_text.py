"""Text of benchmark items that is common: their runs of words, counted over sources.

survivors -> runs of items and the documents' sources, exchanged -> counts, to all workers
          -> documents that may hold an item, which are looked at again

Only the runs of the benchmarks are counted, and of each run at most `dedup.item_texts.MOST_SOURCES`
sources are kept. So what is counted and sent is bounded by the benchmarks, however large the corpus
is.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from dedup import bands, exact
from manifests.grouping import gathered, rows_by
from pipelines.recipe.recipe import Recipe
from pipelines.stages import contamination
from pipelines.stages.common import StageDoFn, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import texts_of
from pipelines.transport.exchange import small_batches

if TYPE_CHECKING:
    from dedup.decontamination import BenchmarkIndex
    from dedup.overlap import OverlapIndex

RUNS = "runs"
# Runs with their sources. The annotation chooses their coder.
Runs: TypeAlias = TaggedOutput[Literal["runs"], tuple[int, pa.RecordBatch]]

_CANDIDATE_ROW = "candidate_row"
_SOURCES = pa.schema(
    [pa.field("key", pa.uint64(), nullable=False), pa.field("source", pa.uint64(), nullable=False)]
)
_COUNTS = pa.schema(
    [pa.field("key", pa.uint64(), nullable=False), pa.field("sources", pa.int64(), nullable=False)]
)
# Pairs of a run and a source that are held before they are reduced: 16 bytes each.
_GATHERED = 1 << 21


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class FindCandidates(beam.PTransform):
    """(unit, removed rows), in several collections -> (unit, rows that may hold an item); and the
    number of sources of each run.
    """

    context: StageContext
    folder: str

    def expand(self, removals: Any) -> Any:
        context = self.context
        found = (
            removals
            | "ExchangeRemovalsToScan" >> exchange(context, f"{self.folder}/removals")
            | "ScanSurvivors"
            >> beam.ParDo(ScanSurvivors(context)).with_outputs(RUNS, main="candidates")
        )
        counts = (
            found[RUNS]
            | "ExchangeRuns" >> exchange(context, f"{self.folder}/runs")
            | "CountSources" >> beam.ParDo(CountSources())
        )
        return found.candidates, counts


class ScanSurvivors(StageDoFn):
    """(unit, removed rows) -> (unit, rows of candidates); (partition, runs and their sources)."""

    def setup(self) -> None:
        super().setup()
        self._index = contamination.benchmark_index(self._context.recipe)

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch] | Runs]:
        from dedup import item_texts, overlap  # their kernels only where there are benchmarks

        unit, batches = element
        assert isinstance(self._index, overlap.OverlapIndex)
        self._reporter.start(f"benchmarks in unit {unit:06d}")
        source = sources_of(self._context, unit)
        keep = np.ones(len(source), bool)
        for batch in batches:
            if "rows" in batch.schema.names:  # made by `evidence.removals`
                keep[batch["rows"].flatten().to_numpy()] = False
        none = np.empty(0, np.uint64)
        rows, keys, sources = [np.empty(0, np.int64)], [none], [none]
        for some, text in texts_of(self._context, unit, np.flatnonzero(keep)):
            candidates, document, key = self._index.candidates(text)
            rows.append(some[candidates])
            keys.append(key)
            sources.append(source[some[document]])
            self._reporter.advance(docs=len(some))
        yield unit, pa.record_batch([pa.array(np.concatenate(rows))], [_CANDIDATE_ROW])
        key, held_by = item_texts.sources_of_runs(np.concatenate(keys), np.concatenate(sources))
        partitions = self._context.recipe.execution.partitions
        runs = pa.record_batch([pa.array(key), pa.array(held_by)], schema=_SOURCES)
        for part in rows_by(runs, bands.partition(key, partitions)):
            yield TaggedOutput(RUNS, part)


def sources_of(context: StageContext, unit: int) -> npt.NDArray[np.uint64]:
    """The source of each document as a hash: the domain of its URL, else the recipe's source."""
    store, path = context.store, f"documents/{unit:06d}.parquet"
    name = store.read_table(f"signatures/{unit:06d}.parquet", ["source"])["source"]
    # No domain has a blank.
    source = pc.binary_join_element_wise("source", name, " ")
    if "domain" in store.read_schema(path).names:
        source = pc.coalesce(store.read_table(path, ["domain"])["domain"], source)
    encoded = source.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    hashes = bands.exact_keys(exact.text_hash(encoded.dictionary.cast(pa.large_string())))
    return hashes[encoded.indices.to_numpy()]


class CountSources(beam.DoFn):
    """(partition, runs and their sources) -> the number of sources of each run."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        from dedup import item_texts

        keys = sources = np.empty(0, np.uint64)
        for batches in gathered(element[1], len, _GATHERED):
            keys, sources = item_texts.sources_of_runs(
                np.concatenate([keys, *(batch["key"].to_numpy() for batch in batches)]),
                np.concatenate([sources, *(batch["source"].to_numpy() for batch in batches)]),
            )
        key, counts = np.unique(keys, return_counts=True)
        every = pa.record_batch([pa.array(key), pa.array(counts)], schema=_COUNTS)
        for _, batch in small_batches(element[0], every):
            yield batch


def knowing(
    index: "BenchmarkIndex | OverlapIndex", recipe: Recipe, counts: Sequence[pa.RecordBatch]
) -> "OverlapIndex":
    """The index in which the runs that `CountSources` found in many sources are no evidence."""
    from dedup.overlap import OverlapIndex

    unwanted = recipe.duplicates.decontaminate
    assert unwanted
    assert isinstance(index, OverlapIndex)
    every = pa.Table.from_batches(counts, _COUNTS).sort_by("key")
    keys, sources = (every[name].to_numpy() for name in _COUNTS.names)
    return index.without(keys, sources, unwanted.common_sources)


def is_candidates(batch: pa.RecordBatch) -> bool:
    """Whether `ScanSurvivors` made the batch."""
    return bool(batch.schema.names == [_CANDIDATE_ROW])


def candidate_rows(batches: Sequence[pa.RecordBatch]) -> npt.NDArray[np.int64]:
    """The rows of a unit that may hold an item, ascending."""
    rows = [batch[_CANDIDATE_ROW].to_numpy() for batch in batches]
    return np.sort(np.concatenate([np.empty(0, np.int64), *rows]))
