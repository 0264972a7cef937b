"""Stage `repetition`: cuts lines and spans that occur in several survivors from all but one.

survivors -> lines: keys counted, exchanged -> repeated lines, to the units that hold them
          -> spans: anchors counted, exchanged -> windows with repeated anchors, exchanged
                    -> repeated spans, to the units that hold them
          -> repetition/<unit>.parquet: ranges to cut

Only hashes are sent between workers; texts are read again from the unit's part. A run has no such
stage if its recipe asks neither for lines nor for spans.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from dedup import bands, places, repetition
from dedup.settings import RepeatedLines
from manifests import schemas, statistics
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import edits
from pipelines.stages.buckets import split_by_partition
from pipelines.stages.common import (
    Reports,
    StageDoFn,
    WriteManifest,
    create_units,
    exchange,
    numbered_survivors,
)
from pipelines.stages.contamination import table
from pipelines.stages.context import StageContext

NAME = "repetition"
_REPORTS = "reports"
_COLUMNS = ("doc_id", "source", "language", "text_bytes", "text")

# Memory in bytes for each window of a partition while windows are counted; and bytes of text for
# each key, as few as they may be (for short lines, and for anchors of spans). The two give the
# number of partitions.
_MEMBER_BYTES = 120
_BYTES_PER_KEY = 30
# How many keys of a unit are gathered before they are counted and sent.
_GATHERED_KEYS = 1 << 21

_SEGMENTS = {
    "line": places.LINE, "paragraph": places.PARAGRAPH, "sentence": places.SENTENCE
}  # fmt: skip


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    units = create_units(pipeline, context.units)
    partitions = key_partitions(context)
    reports: list[beam.PCollection] = []
    # Units without repetition write a part as well, so that a missing part is always an error.
    found = [units | "AddEmptyRepetition" >> beam.Map(nothing_repeated)]
    if context.recipe.duplicates.lines:
        keys = units | "ReadLines" >> beam.ParDo(ReadLines(small, partitions))
        lines = _repeated(keys, context, schemas.REPEATED_LINE)
        found.append(lines.repeated)
        reports.append(lines[_REPORTS])
    if context.recipe.duplicates.spans:
        keys = units | "ReadAnchors" >> beam.ParDo(ReadAnchors(small, partitions))
        anchors = _repeated(keys, context, _ANCHOR)
        windows = (
            anchors.repeated
            | _exchange(context, "SpanAnchors")
            | "ReadSpans" >> beam.ParDo(ReadSpans(small, partitions))
        )
        spans = _repeated(windows, context, schemas.REPEATED_SPAN)
        found.append(spans.repeated)
        reports.append(spans[_REPORTS])
    written = (
        tuple(found)
        | "FlattenRepetition" >> beam.Flatten()
        | _exchange(context, "Repetition")
        | "WriteCuts" >> beam.ParDo(WriteCuts(small))
    )
    ((written, *reports) | "FlattenReports" >> beam.Flatten() | WriteManifest(NAME, context))


def _exchange(context: StageContext, what: str) -> beam.PTransform:
    folder = f"exchange/{NAME}/{what}"
    return f"Exchange{what}" >> exchange(context, folder)


def _repeated(keys: beam.PCollection, context: StageContext, kind: str) -> Any:
    """(partition, MEMBERS) -> `repeated`: (unit, its repeated windows); and reports."""
    label = "".join(word.capitalize() for word in kind.split("_"))
    return (
        keys
        | _exchange(context, f"{label}Keys")
        | f"Find{label}s"
        >> beam.ParDo(FindRepeated(context.for_workers(), kind)).with_outputs(
            _REPORTS, main="repeated"
        )
    )


# A further kind of repeated windows, besides the two that are reasons for cuts.
_ANCHOR = "repeated_anchor"

# Schema of the repeated windows of a unit, with their kind.
_KINDS = pa.schema([*repetition.REPEATED, pa.field("kind", pa.string(), nullable=False)])


def key_partitions(context: StageContext) -> int:
    """The number of partitions: at least as many as the recipe asks for, and so many that one is
    counted in half of a worker's memory.
    """
    execution = context.recipe.execution
    text_bytes = context.upstream["duplicates"]["funnel"]["kept"]["text_bytes"]
    needed = text_bytes / _BYTES_PER_KEY * _MEMBER_BYTES / (execution.memory_mb << 19)
    return max(execution.partitions, math.ceil(needed))


def nothing_repeated(unit: WorkUnit) -> tuple[int, pa.RecordBatch]:
    return unit.index, pa.RecordBatch.from_pylist([], schema=_KINDS)


def line_windows(text: pa.LargeStringArray, wanted: RepeatedLines) -> repetition.Windows:
    """The windows of a batch for the recipe's section on lines."""
    return repetition.segment_windows(
        text, _SEGMENTS[wanted.by], wanted.windows(), wanted.min_words
    )


class _ReadKeys(StageDoFn):
    """Base class of steps that count keys of a unit's survivors and yield (partition, MEMBERS)."""

    def __init__(self, context: StageContext, partitions: int) -> None:
        super().__init__(context)
        self._partitions = partitions

    def _members(
        self, unit: int, keys_of: Callable[[pa.LargeStringArray], tuple[Any, Any]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Counts the keys of a unit.

        Args:
          keys_of: texts -> document and key of each window.
        """
        gathered: list[npt.NDArray[np.uint64]] = []
        count = 0
        for batch, rows, preference in _survivors(self._context, unit):
            document, keys = keys_of(batch["text"])
            # A key that a document repeats at once (mostly an anchor) counts once anyway.
            fresh = np.ones(len(keys), bool)
            fresh[1:] = (keys[1:] != keys[:-1]) | (document[1:] != document[:-1])
            document = document[fresh]
            gathered.append(
                np.stack([keys[fresh], preference[document], bands.refs(unit, rows[document])])
            )
            count += len(document)
            if count >= _GATHERED_KEYS:
                yield from self._split(gathered)
                gathered, count = [], 0
            self._reporter.advance(docs=batch.num_rows)
        if count:
            yield from self._split(gathered)

    def _split(
        self, gathered: list[npt.NDArray[np.uint64]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        yield from split_by_partition(
            repetition.members(*np.concatenate(gathered, axis=1)), self._partitions
        )


class ReadLines(_ReadKeys):
    """WorkUnit -> (partition, MEMBERS of its lines)."""

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"lines of {unit}")
        wanted = self._context.recipe.duplicates.lines
        assert wanted

        def keys_of(text: pa.LargeStringArray) -> tuple[Any, Any]:
            windows = line_windows(text, wanted)
            return windows.document, windows.keys

        yield from self._members(unit.index, keys_of)


class ReadAnchors(_ReadKeys):
    """WorkUnit -> (partition, MEMBERS of the anchors of its spans)."""

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._reporter.start(f"spans of {unit}")
        wanted = self._context.recipe.duplicates.spans
        assert wanted

        def keys_of(text: pa.LargeStringArray) -> tuple[Any, Any]:
            windows, anchors = repetition.anchored_windows(text, wanted.tokens)
            return windows.document, anchors

        yield from self._members(unit.index, keys_of)


class ReadSpans(_ReadKeys):
    """(unit, its repeated anchors) -> (partition, MEMBERS of the windows that have one)."""

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        unit, batches = element
        self._reporter.start(f"repeated spans of unit {unit:06d}")
        wanted = self._context.recipe.duplicates.spans
        assert wanted
        repeated = repetition.RepeatedKeys.of(pa.Table.from_batches(batches, _KINDS))

        def keys_of(text: pa.LargeStringArray) -> tuple[Any, Any]:
            windows, anchors = repetition.anchored_windows(text, wanted.tokens)
            here, _ = repeated.find(anchors)
            return windows.document[here], windows.keys[here]

        yield from self._members(unit, keys_of)


def _survivors(
    context: StageContext, unit: int
) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int64], npt.NDArray[np.uint64]]]:
    """Batches of a unit's survivors, with their rows and preferences."""
    name = f"{unit:06d}"
    masked = edits.masked(context.recipe, name, context.store)
    priorities = {source.name: source.priority for source in context.recipe.sources}
    for batch, rows in numbered_survivors(context, name, _COLUMNS, masked):
        if batch.num_rows:
            priority = priorities[batch["source"][0].as_py()]  # a unit has one source
            yield (
                batch,
                rows,
                bands.preference(priority, batch["text_bytes"].to_numpy(), batch["doc_id"]),
            )


class FindRepeated(beam.DoFn):
    """(partition, MEMBERS) -> (unit, its REPEATED windows with their kind); and reports."""

    def __init__(self, context: StageContext, kind: str) -> None:
        self._context = context
        self._kind = kind

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch] | Reports]:
        section = self._context.recipe.duplicates
        wanted = section.lines if self._kind == schemas.REPEATED_LINE else section.spans
        assert wanted
        members = pa.Table.from_batches(element[1], repetition.MEMBERS)
        every, by_unit = repetition.repeated(members, wanted.max_documents)
        for unit, batch in by_unit:
            kinds = pa.array([self._kind] * batch.num_rows, pa.string())
            yield unit, pa.record_batch([*batch.columns, kinds], schema=_KINDS)
        report = StageReport()
        if self._kind != _ANCHOR:
            report.add_count(f"{self._kind}s", every.num_rows)
        yield TaggedOutput(_REPORTS, report)


class WriteCuts(StageDoFn):
    """(unit, its repeated windows) -> StageReport; writes the unit's part of `repetition/`."""

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[StageReport]:
        unit, batches = element
        self._reporter.start(f"repetition in unit {unit:06d}")
        every = pa.Table.from_batches(batches, _KINDS)
        kinds = every["kind"].to_numpy(zero_copy_only=False)
        repeated = {
            kind: repetition.RepeatedKeys.of(every.filter(pa.array(kinds == kind)))
            for kind in (schemas.REPEATED_LINE, schemas.REPEATED_SPAN)
        }
        report = StageReport()
        path = f"{edits.REPETITION}/{unit:06d}.parquet"
        with self._context.store.write_part(path, schemas.CUTS) as writer:
            for batch, rows, _ in _survivors(self._context, unit):
                ranges = self._ranges(unit, batch, rows, repeated)
                for part in ranges.to_batches():
                    writer.write(part)
                self._count(report, batch, rows, ranges)
                self._reporter.advance(docs=batch.num_rows)
        report.add_file(writer.written)
        yield report

    def _ranges(
        self,
        unit: int,
        batch: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
        repeated: dict[str, repetition.RepeatedKeys],
    ) -> pa.Table:
        """The ranges to cut from a batch (`schemas.CUTS`), in the order of rows."""
        section = self._context.recipe.duplicates
        found = []
        for kind, wanted in (
            (schemas.REPEATED_LINE, section.lines),
            (schemas.REPEATED_SPAN, section.spans),
        ):
            if not wanted or not len(repeated[kind].keys):
                continue
            windows = (
                line_windows(batch["text"], wanted)
                if isinstance(wanted, RepeatedLines)
                else repetition.span_windows(batch["text"], wanted.tokens)
            )
            here, kept = repeated[kind].find(windows.keys)
            document = windows.document[here]
            if wanted.keep == "first":
                here = here[kept != bands.refs(unit, rows[document])]
            wanted_windows = np.zeros(len(windows.keys), bool)
            wanted_windows[here] = True
            cuts = windows.filter(wanted_windows).cuts()
            found.append(
                table(
                    {
                        "row": rows[cuts.document],
                        "doc_id": batch["doc_id"].take(pa.array(cuts.document)),
                        "start": cuts.start,
                        "end": cuts.end,
                        "reason": pa.array([kind] * len(cuts.document), pa.string()),
                    },
                    schemas.CUTS,
                )
            )
        every = pa.concat_tables([schemas.CUTS.empty_table(), *found])
        return every.sort_by(
            [("row", "ascending"), ("start", "ascending"), ("reason", "ascending")]
        )

    def _count(
        self,
        report: StageReport,
        batch: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
        ranges: pa.Table,
    ) -> None:
        batch = batch.append_column("bytes", batch["text_bytes"])
        report.funnel.count_in(batch.num_rows, statistics.total(batch["bytes"]))
        left, left_rows = edits.of_table(ranges).apply(batch, rows)
        report.funnel.count(statistics.KEPT, left, "bytes")
        gone = batch.filter(pa.array(~np.isin(rows, left_rows)))
        reason = pa.array([schemas.REPEATED_TEXT] * gone.num_rows, pa.string())
        report.funnel.count(statistics.DROPPED, gone.append_column("reason", reason), "bytes")
        for kind in (schemas.REPEATED_LINE, schemas.REPEATED_SPAN):
            some = ranges.filter(pc.equal(ranges["reason"], kind))
            report.add_count(f"{kind}_cuts", some.num_rows)
            report.add_count(
                f"{kind}_bytes", statistics.total(pc.subtract(some["end"], some["start"]))
            )
