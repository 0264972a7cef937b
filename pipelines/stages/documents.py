"""Stage `documents`: from records to documents, one work unit at a time.

read -> screen -> extract -> normalise -> language -> rules -> redact -> sign

Each unit writes one part to each of documents/, dropped/, errors/ and signatures/, a table of how
its measured values are spread, and its report last. A unit that already has a report is not read
again.
"""

from collections.abc import Iterator
from typing import TypeAlias

import apache_beam as beam
import pyarrow as pa

from dedup import exact, minhash
from dedup.presets import MinHashConfig
from filters.documents import DocumentSteps, Processed
from filters.rules import registry
from manifests import schemas, sketches, statistics
from manifests.manifest import unit_report, unit_values
from manifests.statistics import StageReport, digest_of
from pipelines.recipe.recipe import Recipe
from pipelines.sources.host_lists import url_screen
from pipelines.sources.id_lists import read_ids
from pipelines.sources.records import LICENSE
from pipelines.sources.unit_records import UnitRecords, failure
from pipelines.sources.units import WorkUnit
from pipelines.stages import buckets
from pipelines.stages.common import StageDoFn, WriteManifest, spread
from pipelines.stages.context import StageContext
from pipelines.stages.settings import minhash_config

NAME = "documents"

NORMALIZED_PREFIX = "normalized_"  # of counts in the manifest: how many texts a step changed


_PARTS = ("documents", "dropped", "errors", "signatures")
Sizes: TypeAlias = dict[str, int]


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    parts = listed_parts(context)
    units = [(unit, parts.get(unit.name, {})) for unit in spread(context.units)]
    (
        pipeline
        | "PlanUnits" >> beam.Create(units).with_output_types(tuple[WorkUnit, Sizes])
        | "MakeDocuments" >> beam.ParDo(MakeDocuments(context.for_workers()))
        | WriteManifest(NAME, context)
    )


def listed_parts(context: StageContext) -> dict[str, Sizes]:
    """The sizes of the parts of units that have a report, by the unit's name.

    An object store lists a thousand files as fast as it tells the size of one, so workers do not
    ask for each.
    """
    done = {marker.rpartition("/")[2] for marker in context.store.sizes(f"stages/{NAME}")}
    found: dict[str, Sizes] = {}
    for folder in (*_PARTS, f"stages/{NAME}") if done else ():
        for path, size in context.store.sizes(folder).items():
            name = path.rpartition("/")[2].partition(".")[0]
            if f"{name}.json" in done:
                found.setdefault(name, {})[path] = size
    return found


class MakeDocuments(StageDoFn):
    """(WorkUnit, sizes of the parts that it left) -> StageReport; writes the unit's parts."""

    def setup(self) -> None:
        super().setup()
        self._steps = steps_of(self._context.recipe)
        self._near = minhash_config(self._context.recipe)

    def process(self, element: tuple[WorkUnit, Sizes]) -> Iterator[StageReport]:
        unit, parts = element
        self._reporter.start(str(unit), unit.source)
        store = self._context.store
        marker = unit_report(NAME, unit.name)
        key = digest_of([self._context.key, unit.to_json()])
        # It may be there without having been listed, if this is another attempt.
        done = store.read_record(marker)
        if done.get("key") == key and store.holds(done["report"]["files"], parts):
            report = StageReport.from_json(done["report"])
            report.values = sketches.read(store, unit_values(NAME, unit.name))
            self._reporter.skip(unit.size_bytes)
        else:
            report = self._write_parts(unit)
            store.write_json(marker, {"key": key, "report": report.to_json()})
        yield report

    def _write_parts(self, unit: WorkUnit) -> StageReport:
        store, steps, report = self._context.store, self._steps, StageReport()
        recipe = self._context.recipe
        reading = UnitRecords(
            unit, recipe.execution.batch_docs, recipe.documents.max_record_mb << 20
        )
        signatures_schema = buckets.signatures_schema(self._near)
        with (
            store.write_part(f"documents/{unit.name}.parquet", steps.documents_schema) as kept,
            store.write_part(f"dropped/{unit.name}.parquet", steps.dropped_schema) as dropped,
            store.write_part(f"errors/{unit.name}.parquet", schemas.ERRORS) as errors,
            store.write_part(f"signatures/{unit.name}.parquet", signatures_schema) as signed,
        ):
            left_bytes = unit.size_bytes
            for batch in reading:
                records = batch.records
                left_bytes -= batch.bytes_read
                report.funnel.count_in(records.num_rows, statistics.total(records["input_bytes"]))
                self._reporter.advance(bytes_=batch.bytes_read)
                for result in processed(steps, records, unit.source, batch.paths):
                    lost = result.dropped.num_rows + result.errors.num_rows
                    docs = result.kept.num_rows + lost
                    self._reporter.advance(docs=docs, dropped=lost)
                    kept.write(result.kept)
                    dropped.write(result.dropped)
                    errors.write(result.errors)
                    signed.write(sign(result.kept, self._near))
                    _count(report, result)
        # A reader may pass over a part of a file, or stop where it is damaged.
        self._reporter.advance(bytes_=max(0, left_bytes))
        for part in (kept, dropped, errors, signed):
            report.add_file(part.written)
        report.add_file(sketches.write(store, unit_values(NAME, unit.name), report.values))
        report.inputs.update(reading.inputs)
        return report


def steps_of(recipe: Recipe) -> DocumentSteps:
    """The steps that a recipe asks for, with models and lists loaded."""
    screened, denied = recipe.documents.url_filter, recipe.documents.deny
    screen = url_screen(screened) if screened else None
    deny = read_ids(denied).holds if denied else None
    licenses = {
        source.name: source.options[LICENSE]
        for source in recipe.sources
        if LICENSE in source.options
    }
    return DocumentSteps(recipe.documents, recipe.seed, screen, deny, licenses)


def processed(
    steps: DocumentSteps, records: pa.RecordBatch, source: str, paths: pa.StringArray
) -> Iterator[Processed]:
    """What the steps make of records, where one that they fail on becomes an error row."""
    try:
        yield steps.apply(records, source, paths)
        return
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # A record with an error passes through the steps as it is.
        if records.num_rows == 1 and records["error"].null_count:
            failed = records.to_pylist()[0] | {
                "content": None,
                "skip_reason": None,
                "error": f"{schemas.STEPS_FAILED}: {failure(error)}",
                "error_kind": schemas.STEPS_FAILED,
            }
            records = pa.RecordBatch.from_pylist([failed], schema=records.schema)
            yield steps.apply(records, source, paths)
            return
        if records.num_rows <= 1:
            raise
    half = records.num_rows // 2
    for part in (slice(0, half), slice(half, None)):
        yield from processed(steps, records[part], source, paths[part])


def sign(kept: pa.RecordBatch, near: MinHashConfig | None) -> pa.RecordBatch:
    """Kept documents -> `schemas.signatures_schema`."""
    columns = [kept[name] for name in ("doc_id", "source", "language", "text_bytes")]
    columns.append(exact.text_hash(kept["text"]))
    if near:
        columns.append(minhash.signatures(kept["text"], near))
    return pa.record_batch(columns, schema=buckets.signatures_schema(near))


def _count(report: StageReport, result: Processed) -> None:
    report.funnel.count(statistics.KEPT, result.kept, "input_bytes")
    report.funnel.count(statistics.DROPPED, result.dropped, "input_bytes")
    report.funnel.count(statistics.ERROR, result.errors, "input_bytes")
    report.values.add(statistics.KEPT, result.kept)
    report.values.add(statistics.DROPPED, result.dropped)
    for step, count in result.normalized.items():
        report.add_count(NORMALIZED_PREFIX + step, count)
    for name in result.kept.schema.names:
        # datatrove's own steps measure one thing only: how many documents a formatter changed.
        if name.startswith((schemas.PII_PREFIX, f"{registry.DATATROVE}.")):
            report.add_count(name, statistics.total(result.kept[name]))
