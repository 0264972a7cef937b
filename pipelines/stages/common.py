"""Code that all stages share: their DoFns, the manifest of a stage, and survivors."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from manifests import inputs, schemas, sketches, statistics
from manifests.manifest import stage_digest, stage_manifest
from manifests.statistics import Funnel, StageReport
from pipelines.progress import Reporter
from pipelines.recipe.recipe import Recipe
from pipelines.sources.unit_records import failure
from pipelines.sources.units import WorkUnit
from pipelines.stages import edits
from pipelines.stages.context import StageContext, StageError
from pipelines.transport import coders
from pipelines.transport.exchange import Exchange
from tokenizer_train import words

_HELD_OUT_KEY = int.from_bytes(b"held_out")  # so that samples do not depend on what is held out

# The tagged output `reports` of a DoFn whose main output is data. The annotation chooses its coder.
Reports: TypeAlias = TaggedOutput[Literal["reports"], StageReport]


class StepFailedError(RuntimeError):
    """winnow's own code failed; the message says where, and on which unit, and quotes nothing."""


def _told(process: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A `process` whose unexpected exceptions name its unit instead of what they are about.

    Errors with a message for people are ValueError, OSError or StageError.
    """

    @functools.wraps(process)  # with the annotations, from which Beam takes coders
    def told(self: "StageDoFn", *arguments: Any, **named: Any) -> Iterator[Any]:
        try:
            yield from process(self, *arguments, **named)
        except (ValueError, OSError, MemoryError, StageError):
            raise
        except Exception as error:
            raise StepFailedError(
                f"winnow itself failed on {self._reporter.what or 'a step'}: {failure(error)}; "
                "please report it; a run without that file, or with its documents in "
                "documents.deny, goes on"
            ) from error

    return told


class StageDoFn(beam.DoFn):
    """Base of DoFns that report their progress: each has the stage's context and a reporter.

    What `process` fails on unexpectedly is told as `StepFailedError`.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "process" in vars(cls):
            cls.process = _told(cls.process)

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def setup(self) -> None:
        self._reporter = Reporter()


def exchange(context: StageContext, folder: str) -> Exchange:
    """The exchange of bulk data, in the run's way, through a folder of the run."""
    memory_mb = context.recipe.execution.memory_mb
    return Exchange(context.run, folder, context.exchange, memory_mb)


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class WriteManifest(beam.PTransform):
    """PCollection[StageReport] -> PCollection[str]: merged into the stage's manifest."""

    stage: str
    context: StageContext

    def expand(self, reports: beam.PCollection) -> beam.PCollection:
        return (
            reports
            | "MergeReports" >> beam.CombineGlobally(MergeReports())
            | "WriteManifest" >> beam.Map(write_manifest, self.stage, self.context.for_workers())
        )


@beam.typehints.with_input_types(StageReport)
@beam.typehints.with_output_types(StageReport)
class MergeReports(beam.CombineFn):
    """Merges `StageReport`s in Beam."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(StageReport)

    def create_accumulator(self) -> StageReport:
        return StageReport()

    def add_input(self, total: StageReport, report: StageReport) -> StageReport:
        total.merge(report)
        return total

    def merge_accumulators(self, totals: Iterable[StageReport]) -> StageReport:
        return StageReport.merged(totals)

    def extract_output(self, total: StageReport) -> StageReport:
        return total


def write_manifest(report: StageReport, stage: str, context: StageContext) -> str:
    """Writes `stages/<stage>.json`; returns its digest.

    Raises:
      StageError: rows in are not kept + dropped + errors, or not all kept rows were written.
    """
    if imbalance := report.funnel.imbalance():
        raise StageError(f"stage {stage} lost count: {imbalance}; this is a bug in winnow")
    kept = report.funnel.total(statistics.KEPT).docs
    if (written := report.counts.get("rows", kept)) != kept:
        raise StageError(
            f"stage {stage} wrote {written:,} of {kept:,} documents, the exchange lost the others; "
            "run the same command again, which repeats only this stage"
        )
    summary = inputs.summary(report.inputs)
    if report.inputs:
        report.add_file(inputs.write(context.store, report.inputs))
    if len(report.values.table()):
        report.add_file(sketches.write(context.store, sketches.VALUES_FILE, report.values))
    result = {**report.to_json(), "inputs": summary}
    digest = stage_digest(result)
    context.store.write_json(
        stage_manifest(stage),
        {"stage": stage, "key": context.manifest_key, "digest": digest, **result},
    )
    return digest


def create_units(pipeline: beam.Pipeline, units: Sequence[WorkUnit]) -> beam.PCollection:
    """Makes a PCollection[WorkUnit] of the units, spread over the workers."""
    return pipeline | "PlanUnits" >> beam.Create(spread(units)).with_output_types(WorkUnit)


def spread(units: Sequence[WorkUnit]) -> list[WorkUnit]:
    """The units in an order in which every worker gets about the same amount."""
    # FnApiRunner gives element i to worker i modulo the number of workers. With the largest units
    # first, every worker gets about the same amount.
    ordered = sorted(units, key=lambda u: (-u.size_bytes, u.index))
    # A unit of each source comes first, so that progress soon knows how fast each source is read.
    first = {unit.source: unit for unit in reversed(ordered)}
    ordered.sort(key=lambda u: u is not first[u.source])
    return ordered


def surviving(context: StageContext) -> dict[str, Any]:
    """The funnel of the last stage that removed documents or text."""
    last = "repetition" if "repetition" in context.upstream else "duplicates"
    funnel: dict[str, Any] = context.upstream[last]["funnel"]
    return funnel


def survivors(
    context: StageContext, unit: WorkUnit, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """The unit's surviving documents in the order of its part, with the cuts of earlier stages.

    Args:
      columns: the columns to read, which must include `text`.
    """
    layers = edits.layers(context.recipe, unit.name, context.store)
    for batch, _ in numbered_survivors(context, unit.name, columns, layers):
        yield batch


def numbered_survivors(
    context: StageContext, unit: str, columns: Sequence[str], layers: Sequence[edits.Edits]
) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int64]]]:
    """Like `survivors`, with given edits; each batch comes with its rows in the unit's part."""
    store = context.store
    removed = store.read_table(f"duplicates/{unit}.parquet", ["row"])["row"].to_numpy()
    start = 0
    size = context.recipe.execution.batch_docs
    for batch in store.read_batches(f"documents/{unit}.parquet", size, columns):
        keep = np.ones(batch.num_rows, bool)
        first, last = np.searchsorted(removed, [start, start + batch.num_rows])
        keep[removed[first:last] - start] = False
        rows = start + np.flatnonzero(keep)
        start += batch.num_rows
        left = batch.filter(pa.array(keep))
        for layer in layers:
            left, rows = layer.apply(left, rows)
        yield left, rows


def held_out(recipe: Recipe, batch: pa.RecordBatch) -> pa.BooleanArray:
    """Which documents are kept out of the tokenizer's training, by a hash of their identity."""
    share = recipe.tokenizer.held_out if recipe.tokenizer.path is None else 0.0
    return words.sampled(batch["doc_id"], share, recipe.seed ^ _HELD_OUT_KEY)


def count_sample(
    batch: pa.RecordBatch,
    rates: Mapping[str, float],
    seed: int,
    funnel: Funnel,
    left_out: pa.BooleanArray,
    why: str,
) -> pa.RecordBatch:
    """Takes a sample at each language's rate, and counts the rows that are taken and left.

    Only a keyed hash of the document's identity decides.

    Args:
      left_out: rows that are not taken, whatever the hash says.
      why: their reason in the funnel.
    """
    rate = np.array([rates[code] for code in batch["language"].to_pylist()], np.float64)
    taken = pc.and_not(words.sampled(batch["doc_id"], rate, seed), left_out)
    used, left = batch.filter(taken), batch.filter(pc.invert(taken))
    reason = pc.if_else(left_out, why, schemas.NOT_SAMPLED).filter(pc.invert(taken))
    left = left.append_column("reason", reason)
    funnel.count_in(batch.num_rows, statistics.total(batch["text_bytes"]))
    funnel.count(statistics.KEPT, used, "text_bytes")
    funnel.count(statistics.DROPPED, left, "text_bytes")
    return used
