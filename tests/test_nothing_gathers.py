"""No accumulator and no side input of any stage grows with the number of documents.

One worker holds them, so a corpus could be too large for it. Each stage runs over few documents and
over four times as many, in as many units, and all that its CombineFns and side inputs hold is
measured in bytes. One side input tells in
how many sources each run of words of a benchmark's item is. It has as many rows as benchmarks have
runs, so it does not grow with the documents that hold an item.
"""

import json
import pickle
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.runners.portability.fn_api_runner import fn_runner

from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.engines import dofn_specs
from pipelines.recipe import loading, plan
from pipelines.stages import duplicates, survivors
from pipelines.stages.context import StageContext
from pipelines.stages.graphs import MODULES
from pipelines.transport import ways
from tests.deduplicating import edited, story

FEW, TIMES, UNITS = 150, 4, 3

RECIPE = """
name: growing
seed: 1
unit_mb: 1
sources: [{name: s, kind: jsonl, path: "FOLDER/*.jsonl", options: {id: id, url: url}}]
duplicates:
  {url: best, near: {}, lines: {}, spans: {}, rehydrate: fineweb-2,
   decontaminate: {benchmarks: [{name: exam, path: FOLDER.exam.jsonl, fields: [question]}]}}
tokenizer: {vocab_size: 512, sample_mb_per_language: 1}
token_cost: {sample_mb_per_language: 1}
shards: {text_mb_per_shard: 1}
execution: {partitions: 3}
"""

# A benchmark's item, which documents hold.
EXERCISE = story(10**6, 30)

# Bytes by stage and step, of the run that is under way.
held: dict[str, int] = {}


class Measured(beam.CombineFn):
    """A CombineFn that tells how much its last accumulator holds."""

    def __init__(self, inner: beam.CombineFn, label: str) -> None:
        self.inner, self.label = inner, label

    def setup(self, *args: Any, **kwargs: Any) -> None:
        self.inner.setup(*args, **kwargs)

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Any:
        return self.inner.create_accumulator(*args, **kwargs)

    def add_input(self, total: Any, *args: Any, **kwargs: Any) -> Any:
        return self.inner.add_input(total, *args, **kwargs)

    def merge_accumulators(self, totals: Any, *args: Any, **kwargs: Any) -> Any:
        return self.inner.merge_accumulators(totals, *args, **kwargs)

    def compact(self, total: Any, *args: Any, **kwargs: Any) -> Any:
        return self.inner.compact(total, *args, **kwargs)

    def extract_output(self, total: Any, *args: Any, **kwargs: Any) -> Any:
        size = len(self.get_accumulator_coder().encode(total))
        held[self.label] = held.get(self.label, 0) + size
        return self.inner.extract_output(total, *args, **kwargs)

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return self.inner.get_accumulator_coder()


def add_size(element: Any, label: str) -> None:
    size = element.nbytes if isinstance(element, pa.RecordBatch) else len(pickle.dumps(element))
    held[label] = held.get(label, 0) + size


class _Gatherings(PipelineVisitor):
    """Wraps all CombineFns, and collects all side inputs."""

    def __init__(self) -> None:
        self.side_inputs: dict[str, beam.PCollection] = {}
        self.combined = 0

    def visit_transform(self, node: AppliedPTransform) -> None:
        self._visit(node)

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        self._visit(node)

    def _visit(self, node: AppliedPTransform) -> None:
        if isinstance(node.transform, beam.CombinePerKey):
            node.transform.fn = Measured(node.transform.fn, node.full_label)
            self.combined += 1
        for number, side in enumerate(node.side_inputs):
            self.side_inputs[f"{node.full_label} input {number}"] = side.pvalue


def sizes(folder: Path, documents: int) -> dict[str, dict[str, int]]:
    """Bytes that the steps of each stage hold at once."""
    lines: list[list[str]] = [[] for _ in range(UNITS)]
    for number in range(documents):
        family, version = divmod(number, 5)
        words = story(family, 90)
        if version == 1:
            words = edited(words, 2, number)
        elif version == 2:
            words = [*story(number, 60), *words[:60]]
        elif version > 2:
            words = [*story(number, 90), *EXERCISE]
        fields = {
            "id": f"{number // 2}",
            "url": f"http://a.example/{number - (version == 4)}",
            "text": f"{' '.join(words[:45])}.\n{' '.join(words[45:])}.",
        }
        lines[number % UNITS].append(json.dumps(fields))
    (folder / "input").mkdir(parents=True)
    for unit, some in enumerate(lines):
        (folder / f"input/{unit}.jsonl").write_text("\n".join(some) + "\n")
    (folder / "input.exam.jsonl").write_text(json.dumps({"question": " ".join(EXERCISE)}) + "\n")
    (folder / "growing.yaml").write_text(RECIPE.replace("FOLDER", f"{folder}/input"))
    recipe = loading.load(str(folder / "growing.yaml"))
    planned = plan.plan(recipe)
    store = Store(str(folder / "run"))
    dofn_specs.remember()  # as the engine does
    done: dict[str, dict[str, Any]] = {}
    found = {}
    for name, stage in MODULES.items():
        units = planned.units if name == "documents" else planned.without_files()
        context = StageContext(store.root, recipe, units, "k", "d", ways.FILES, dict(done))
        held.clear()
        pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner())
        stage.build(pipeline, context)
        gatherings = _Gatherings()
        pipeline.visit(gatherings)
        assert gatherings.combined, "the manifest's reports are combined at least"
        for number, (label, side) in enumerate(gatherings.side_inputs.items()):
            _ = side | f"MeasureSideInput{number}" >> beam.Map(add_size, f"{name}: {label}")
        pipeline.run().wait_until_finish()
        done[name] = store.read_json(stage_manifest(name))
        found[name] = dict(held)
    dropped = {row["reason"] for row in done[duplicates.NAME]["funnel"]["rows"]}
    assert dropped >= {"near_duplicate", "same_url", "contaminated.exam"}, (
        "there is something that could be gathered"
    )
    return found


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # Of a run so small all pairs go to one worker, in an exchange.
        patch.setattr(survivors, "fits_in_one_worker", lambda context: False)
        return [
            sizes(tmp_path_factory.mktemp("growing") / "run", count) for count in (FEW, TIMES * FEW)
        ]


@pytest.mark.parametrize("stage", [*MODULES])
def test_nothing_that_one_worker_holds_grows_with_the_corpus(measured: Any, stage: str) -> None:
    few, many = (found[stage] for found in measured)
    assert few
    grown = {
        label: (few.get(label, 0), size)
        for label, size in many.items()
        # Numbers get more digits, and documents of further languages are found.
        if size > TIMES / 2 * few.get(label, 0) + 100
    }
    assert not grown, "bytes over few documents and over four times as many"
