"""Stage `duplicates`: removes exact and near duplicates; one document of each cluster survives.

signatures/ -> exact duplicates: bucket keys, exchanged -> clusters
            -> near duplicates among the rest: band keys, exchanged -> candidate pairs -> verified
            -> index/, where later runs and `winnow near` look bands up
            -> duplicates/<unit>.parquet

Only hashes and pairs are sent between workers, and shingle hashes and signatures of survivors. The
survivor of a cluster is chosen by its content (`dedup.bands.preference`), never by its order of
arrival.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsList

from manifests import statistics
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import (
    common_text,
    components,
    contamination,
    earlier,
    edits,
    indexing,
    repeated_ids,
    stored_index,
    urls,
)
from pipelines.stages.buckets import (
    COUNTED,
    INDEX,
    FindCopies,
    ReadBands,
    ReadKeys,
    band_partitions,
    exact_partitions,
    keyed_unit,
    rows_by_unit,
)
from pipelines.stages.common import WriteManifest, create_units, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.evidence import (
    DescribeSurvivors,
    MoveStars,
    by_root_units,
    cluster_rows,
    count_words_lost,
    duplicate_rows,
    no_removals,
)
from pipelines.stages.groups import units_in_group
from pipelines.stages.pairs import LEFT, REPORTS, VerifyPairs, near_of
from pipelines.stages.survivors import ChooseSurvivors, FindNextPairs

NAME = "duplicates"


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    folder = f"exchange/{NAME}"
    own_units = create_units(pipeline, context.units)
    units: beam.PCollection = own_units
    if against := context.recipe.duplicates.against:
        others = pipeline | "PlanEarlierUnits" >> beam.Create(
            earlier.units(against)
        ).with_output_types(WorkUnit)
        units = (own_units, others) | "AddEarlierUnits" >> beam.Flatten()
    same_url: beam.PCollection | None = None
    if context.recipe.duplicates.url:
        same_url = units | "FindSameUrls" >> urls.FindSameUrls(context, f"{folder}/urls")
    members = (
        units | "ReadKeys" >> beam.ParDo(ReadKeys(small, exact_partitions(context)))
        if same_url is None
        else urls.keys_of_rest(units, same_url, small, exact_partitions(context), f"{folder}/rest")
    )
    found = (
        members
        | "ExchangeKeys" >> exchange(context, f"{folder}/exact")
        | "FindCopies" >> beam.ParDo(FindCopies(small)).with_outputs(COUNTED, main="copies")
    )
    exact_stars = found.copies
    if same_url is not None:
        exact_stars = ((same_url,), (found.copies,)) | "JoinStars" >> MoveStars(
            context, f"{folder}/same_url"
        )
    stars: beam.PCollection = exact_stars
    reports: list[beam.PCollection] = []
    if context.recipe.duplicates.near:
        near_stars, reports = _find_near(units, exact_stars, context)
        stars = ((exact_stars,), near_stars) | "NameSurvivors" >> MoveStars(
            context, f"{folder}/names"
        )
    described = (
        stars
        | "KeyStarsByRootUnits" >> beam.FlatMap(by_root_units, units_in_group(context))
        | "ExchangeSurvivors" >> exchange(context, f"{folder}/survivors")
        | "DescribeSurvivors" >> beam.ParDo(DescribeSurvivors(small))
    )
    # Units without duplicates write a part as well, so that a missing part is always an error.
    empty = own_units | "AddEmptyRemovals" >> beam.Map(no_removals, small)
    parts = [described, empty, found[COUNTED]]
    if same_url is not None:
        parts.append(same_url | "SelectSameUrlRows" >> beam.FlatMap(urls.own_rows))
    sources: tuple[AsList, ...] = ()
    if contamination.has_candidates(context.recipe):
        candidates, counts = (described, empty) | "FindCandidates" >> common_text.FindCandidates(
            small, f"{folder}/candidates"
        )
        parts.append(candidates)
        sources = (AsList(counts),)  # as large as the benchmarks at most
    written = (
        tuple(parts)
        | "ExchangeRemovals" >> exchange(context, f"{folder}/removals")
        | "WriteDuplicates" >> beam.ParDo(WriteDuplicates(small), *sources)
    )
    if context.recipe.duplicates.decontaminate:
        trigger = pipeline | "TriggerCountItems" >> beam.Create([0])
        reports.append(
            trigger | "CountBenchmarkItems" >> beam.Map(contamination.count_items, small)
        )
    ((written, *reports) | "FlattenReports" >> beam.Flatten() | WriteManifest(NAME, context))


def _find_near(
    units: beam.PCollection, exact_stars: beam.PCollection, context: StageContext
) -> tuple[tuple[beam.PCollection, ...], list[beam.PCollection]]:
    """Stars of near duplicates among documents that are no exact duplicates; and reports."""
    small = context.for_workers()
    folder = f"exchange/{NAME}"
    partitions, files = band_partitions(context), indexing.file_count(context)
    settled = stored_index.settled_runs(context.recipe)
    bands_read = (
        (
            units
            | "KeyUnitsForBands" >> beam.Map(keyed_unit)
            | "KeepOpenUnits" >> beam.Filter(indexing.is_open, settled),
            exact_stars
            | "KeyCopiesByUnit" >> beam.FlatMap(rows_by_unit)
            | "KeepOpenCopies" >> beam.Filter(indexing.is_open, settled),
        )
        | "ExchangeCopies" >> exchange(context, f"{folder}/copies")
        | "ReadBands"
        >> beam.ParDo(ReadBands(small, partitions, files)).with_outputs(INDEX, main="members")
    )
    reports = [
        bands_read[INDEX]
        | "WriteBands" >> indexing.WriteEntries(small, "bands", files, f"{folder}/index"),
        units.pipeline
        | "TriggerWriteSettings" >> beam.Create([0])
        | "WriteIndexSettings" >> beam.Map(indexing.write_settings, small),
    ]
    found = (
        bands_read.members
        | "ExchangeBands" >> exchange(context, f"{folder}/bands")
        | "FindPairs"
        >> indexing.FindBucketPairs(small, "bands", settled, partitions, f"{folder}/roots")
    )
    reports.append(found[REPORTS])
    if not near_of(context).verify:
        stars = found["pairs"] | "JoinClusters" >> components.join_clusters(
            context, f"{folder}/components"
        )
        return (stars,), reports
    verify = functools.partial(VerifyPairs, small, units_in_group=units_in_group(context))
    first = found["pairs"] | "VerifyPairs" >> verify(f"{folder}/first")
    between_left = (
        first[LEFT]
        | "PartitionLeft" >> beam.FlatMap(indexing.by_key_range, partitions)
        | "ExchangeLeft" >> exchange(context, f"{folder}/left_bands")
        | "FindPairsOfLeft"
        >> indexing.FindBucketPairs(small, "left", settled, partitions, f"{folder}/left_roots")
    )
    left = between_left["pairs"] | "VerifyPairsOfLeft" >> verify(f"{folder}/left")
    alike, alike_again = [first.verified, left.verified], []
    if settled:
        stored = indexing.stored_pairs(units.pipeline, context, settled)
        alike.append(stored.first)
        alike_again.append(stored[indexing.AGAIN])
    chosen = tuple(alike) | "ChooseFirstSurvivors" >> ChooseSurvivors(
        context, f"{folder}/first_survivors"
    )
    again = (
        chosen
        | "FindNextPairs" >> FindNextPairs(context, f"{folder}/next")
        | "KeepOpenPairs" >> beam.FlatMap(indexing.open_pairs, settled)
        | "VerifyNextPairs" >> verify(f"{folder}/second")
    )
    last = (*alike, *alike_again, again.verified) | "ChooseSurvivors" >> ChooseSurvivors(
        context, f"{folder}/last_survivors"
    )
    reports += [
        first[LEFT]
        | "PartitionLeftOfIndex" >> beam.FlatMap(indexing.own_members, files)
        | "WriteLeft" >> indexing.WriteEntries(small, "left", files, f"{folder}/index_left"),
        (first.verified, left.verified, again.verified)
        | "WritePairs" >> indexing.WriteOwnPairs(small, f"{folder}/index_pairs"),
        last.reports,
        *(verified[REPORTS] for verified in (first, left, again)),
    ]
    return last.stars, reports


class WriteDuplicates(beam.DoFn):
    """(unit, removed rows) -> StageReport; writes the unit's part of `duplicates/` and others."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def setup(self) -> None:
        self._index = contamination.benchmark_index(self._context.recipe)
        self._knows_common = False

    def process(
        self,
        element: tuple[int, Iterable[pa.RecordBatch]],
        sources: Sequence[pa.RecordBatch] = (),
    ) -> Iterator[StageReport]:
        unit, batches = element
        store = self._context.store
        part = store.read_table(f"signatures/{unit:06d}.parquet")
        report = StageReport()
        by_url: list[pa.RecordBatch] = []
        others: list[pa.RecordBatch] = []
        candidates: list[pa.RecordBatch] = []
        for batch in batches:
            if common_text.is_candidates(batch):
                candidates.append(batch)
            elif repeated_ids.is_count(batch):
                repeated_ids.add_counts(report, part["source"][0].as_py(), batch)
            else:
                (by_url if urls.is_removal(batch) else others).append(batch)
        removed = pa.Table.from_batches(others)
        lost = urls.named(duplicate_rows(part, removed), by_url)
        report.funnel.count_in(part.num_rows, statistics.total(part["text_bytes"]))
        keep = np.ones(part.num_rows, bool)
        keep[lost["row"].to_numpy()] = False
        size = part["text_bytes"].to_numpy().copy()
        parts = {}
        if self._index:
            rows = np.flatnonzero(keep)
            if contamination.has_candidates(self._context.recipe):
                rows = common_text.candidate_rows(candidates)
                if not self._knows_common:
                    self._index = common_text.knowing(self._index, self._context.recipe, sources)
                    self._knows_common = True
            found = contamination.search(self._context, unit, part, rows, self._index)
            contamination.count_found(report, found.evidence)
            keep[found.dropped["row"].to_numpy()] = False
            lost = pa.concat_tables([lost, found.dropped]).sort_by("row")
            parts["contamination"] = found.evidence
            if edits.masks(self._context.recipe):
                size[found.masked_rows] = found.masked_bytes
                parts[edits.MASKED] = found.masked
        rehydrate = self._context.recipe.duplicates.rehydrate
        of_clusters = cluster_rows(part, removed, rehydrate)
        # A survivor may be dropped because it contains a benchmark.
        of_clusters = of_clusters.filter(pa.array(keep[of_clusters["row"].to_numpy()]))
        parts["clusters"] = of_clusters
        if rehydrate:
            extra = statistics.total(of_clusters["weight"]) - len(of_clusters)
            report.add_count("documents_repeated", extra)
        kept = part.append_column("bytes", part["text_bytes"])
        kept = kept.set_column(kept.schema.get_field_index("text_bytes"), "text_bytes", [size])
        report.funnel.count(statistics.KEPT, kept.filter(pa.array(keep)), "bytes")
        report.funnel.count(statistics.DROPPED, lost, "text_bytes")
        count_words_lost(report, lost)
        parts["duplicates"] = lost
        for folder, rows in parts.items():
            with store.write_part(f"{folder}/{unit:06d}.parquet", rows.schema) as writer:
                for batch in rows.combine_chunks().to_batches():
                    writer.write(batch)
            report.add_file(writer.written)
        yield report
