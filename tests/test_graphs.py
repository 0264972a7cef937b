"""Every stage's graph as an engine gets it: which coders carry its elements, how large it is.

Beam falls back to pickle for what it cannot infer, silently: slow, as large as the parent of a
slice, and not deterministic.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.coders import coders as beam_coders
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.pipeline_context import PipelineContext

from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.engines import dofn_specs
from pipelines.recipe import loading, plan
from pipelines.sources.units import WorkUnit
from pipelines.stages import duplicates, survivors
from pipelines.stages.components import JoinByRounds
from pipelines.stages.context import StageContext
from pipelines.stages.graphs import MODULES
from pipelines.transport import coders, ways

OURS = (
    coders.RecordBatchCoder, coders.WorkUnitCoder, coders.StageReportCoder,
    coders.TokenCostCoder, coders.ClusterAccumulatorCoder,
)  # fmt: skip
PRIMITIVE = (
    beam_coders.BytesCoder, beam_coders.StrUtf8Coder, beam_coders.VarIntCoder,
    beam_coders.BooleanCoder, beam_coders.FloatCoder,
)  # fmt: skip
CONTAINERS = (
    beam_coders.TupleCoder, beam_coders.IterableCoder, beam_coders.ListCoder,
    beam_coders.MapCoder, beam_coders.NullableCoder,
)  # fmt: skip
dofn_specs.remember()  # as the engine does
# Inside transforms of Beam's own: the key None of a global Combine, its default, the window and
# pane of a Reshuffle. Single None values and small integers all of them.
BEAMS_OWN = ("/DoOnce/", "/KeyWithVoid", "/CombinePerKey/", "/Reshuffle/")
MAX_ELEMENT_BYTES = 1 << 20
# What the demo leaves out and a graph may have.
OPTIONS = ["duplicates.url=best", "duplicates.lines={}", "duplicates.spans={}"]


def build(
    pipeline: beam.Pipeline,
    stage: ModuleType,
    run: Path,
    by: str,
    units: tuple[WorkUnit, ...] | None = None,
    options: list[str] = OPTIONS,
) -> None:
    """Adds a stage over a finished run of the demo, by default with the demo's units."""
    store, loaded = Store(str(run)), loading.load("demo", options)
    names = [*MODULES]
    before = names[: names.index(stage.NAME)]
    context = StageContext(
        run=str(run),
        recipe=loaded,
        units=plan.plan(loaded).units if units is None else units,
        key="key",
        plan_digest="digest",
        exchange=by,
        upstream={
            name: store.read_json(stage_manifest(name))
            for name in before
            if store.exists(stage_manifest(name))
        },
    )
    stage.build(pipeline, context)


def graph(
    stage: ModuleType, run: Path, by: str, units: tuple[WorkUnit, ...] | None = None
) -> beam_runner_api_pb2.Pipeline:
    """A stage's pipeline as protobuf."""
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=PortableRunner"]))
    build(pipeline, stage, run, by, units)
    return pipeline.to_runner_api()


def leaves(coder: beam_coders.Coder) -> Iterator[beam_coders.Coder]:
    if isinstance(coder, CONTAINERS):
        for part in coder._get_component_coders():
            yield from leaves(part)
    else:
        yield coder


@pytest.fixture(params=[*MODULES.values()], ids=lambda stage: stage.NAME)
def stage(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("by", [ways.FILES, ways.ENGINE])
def test_no_element_falls_back_to_pickle(demo: Path, stage: ModuleType, by: str) -> None:
    proto = graph(stage, demo, by)
    context = PipelineContext(proto.components)
    pickled = set()
    for collection in proto.components.pcollections.values():
        coder = context.coders.get_by_id(collection.coder_id)
        name = collection.unique_name
        if not all(isinstance(leaf, (*OURS, *PRIMITIVE)) for leaf in leaves(coder)) and not any(
            part in name for part in BEAMS_OWN
        ):
            pickled.add(f"{name}: {coder}")
    assert not pickled


def test_accumulators_have_a_coder_of_their_own(demo: Path, stage: ModuleType) -> None:
    proto = graph(stage, demo, ways.ENGINE)
    context = PipelineContext(proto.components)
    pickled = set()
    for transform in proto.components.transforms.values():
        if transform.spec.urn == "beam:transform:combine_per_key:v1":
            payload = beam_runner_api_pb2.CombinePayload.FromString(transform.spec.payload)
            coder = context.coders.get_by_id(payload.accumulator_coder_id)
            if not all(isinstance(leaf, (*OURS, *PRIMITIVE)) for leaf in leaves(coder)):
                pickled.add(f"{transform.unique_name}: {coder}")
    assert not pickled


def test_keys_that_are_grouped_by_are_deterministic(demo: Path, stage: ModuleType) -> None:
    proto = graph(stage, demo, ways.ENGINE)
    context = PipelineContext(proto.components)
    for transform in proto.components.transforms.values():
        if transform.spec.urn == "beam:transform:group_by_key:v1":
            (collection,) = transform.inputs.values()
            coder_id = proto.components.pcollections[collection].coder_id
            assert context.coders.get_by_id(coder_id).key_coder().is_deterministic()


def test_no_function_carries_much(demo: Path, stage: ModuleType) -> None:
    """Neither for the demo's units nor for as many as a crawl has: only Create holds the plan."""
    one = plan.plan(loading.load("demo")).units[0]
    many = tuple(dataclasses.replace(one, index=index) for index in range(5_000))
    for units in (None, many):
        for transform in graph(stage, demo, ways.ENGINE, units).components.transforms.values():
            if "PlanUnits" not in transform.unique_name:
                size = len(transform.spec.payload)
                assert size < MAX_ELEMENT_BYTES, f"{transform.unique_name} has {size:,} bytes"


# What a label of ours begins with. The pages of an engine show labels and nothing else of a step,
# so each says what is done to what.
VERBS = frozenset({
    "Add", "Choose", "Collect", "Combine", "Compare", "Compute", "Copy", "Count", "Create", "Cut",
    "Decide", "Describe", "Encode", "Exchange", "Find", "Flatten", "Group", "Join", "Keep", "Key",
    "Learn", "Make", "Measure", "Merge", "Move", "Name", "Partition", "Plan", "Prove", "Read",
    "Select", "Spill", "Sum", "Trigger", "Verify", "Write",
})  # fmt: skip
VERB_PHRASE = re.compile(r"([A-Z][a-z]+)(?:[A-Z][a-z]+)+[0-9]*")


class _Names(PipelineVisitor):
    """Collects labels of steps that our code applies, and names of our functions and transforms."""

    def __init__(self) -> None:
        self.labels: set[str] = set()
        self.classes: set[str] = set()

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        self.visit_transform(node)

    def visit_transform(self, node: AppliedPTransform) -> None:
        if node.parent is None:
            return
        if node.parent.parent is None or is_ours(node.parent.transform):
            self.labels.add(node.full_label.rsplit("/", 1)[-1])
        function = getattr(node.transform, "fn", None)
        self.classes |= {
            type(part).__name__.lstrip("_") for part in (node.transform, function) if is_ours(part)
        }


def is_ours(part: Any) -> bool:
    return type(part).__module__.startswith("pipelines.") and isinstance(
        part, beam.PTransform | beam.DoFn | beam.CombineFn
    )


def faults_of(names: _Names) -> set[str]:
    """Labels that are no verb phrase, and classes that do not begin with a verb."""
    wrong = {name for name in names.classes if re.split(r"\B(?=[A-Z])", name)[0] not in VERBS}
    for label in names.labels:
        found = VERB_PHRASE.fullmatch(label)
        if not found or found[1] not in VERBS:
            wrong.add(label)
    return wrong


@pytest.mark.parametrize("by", [ways.FILES, ways.ENGINE])
@pytest.mark.parametrize(
    "options",
    [
        OPTIONS,
        ["duplicates.near.verify=false"],
        ["tokenizer.path=RUN/tokenizer/tokenizer.json"],
        ["duplicates.against=[RUN]"],
    ],
    ids=["everything", "unverified", "given tokenizer", "earlier run"],
)
def test_labels_say_what_is_done_to_what(
    demo: Path, stage: ModuleType, by: str, options: list[str]
) -> None:
    given = [option.replace("RUN", str(demo)) for option in options]
    pipeline = beam.Pipeline()
    build(pipeline, stage, demo, by, options=given)
    names = _Names()
    pipeline.visit(names)
    assert len(names.labels) > 1
    assert names.classes
    assert not faults_of(names)


def test_labels_of_joining_by_rounds_say_what_is_done_to_what(demo: Path) -> None:
    context = StageContext(str(demo), loading.load("demo"), (), "key", "digest", ways.FILES, {})
    pipeline = beam.Pipeline()
    edges = pipeline | "CreateEdges" >> beam.Create([]).with_output_types(pa.RecordBatch)
    _ = edges | "JoinClusters" >> JoinByRounds(context, "exchange", 2, 3)
    names = _Names()
    pipeline.visit(names)
    assert {"ComputeLargeStar0", "ExchangeSmallStar1"} <= names.labels
    assert not faults_of(names)


@pytest.mark.parametrize("by", [ways.FILES, ways.ENGINE])
def test_the_graph_of_a_large_corpus_is_like_that_of_a_small_one(
    demo: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Survivors of more documents than a worker holds are chosen in rounds."""
    monkeypatch.setattr(survivors, "fits_in_one_worker", lambda context: False)
    test_no_element_falls_back_to_pickle(demo, duplicates, by)
    test_labels_say_what_is_done_to_what(demo, duplicates, by, OPTIONS)
    if by == ways.ENGINE:
        test_accumulators_have_a_coder_of_their_own(demo, duplicates)
        test_keys_that_are_grouped_by_are_deterministic(demo, duplicates)
        test_no_function_carries_much(demo, duplicates)
