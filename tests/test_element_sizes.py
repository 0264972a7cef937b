"""How large elements are while the demo runs, stage by stage, in every PCollection and coder.

`test_graphs.py` says which coders; this says that what they make stays small.
"""

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.coders import coders as beam_coders
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.runners.portability.fn_api_runner import fn_runner

from pipelines.stages import documents, duplicates, repetition, shards
from pipelines.stages.graphs import MODULES
from pipelines.transport import coders, exchange, ways
from tests.test_graphs import BEAMS_OWN, MAX_ELEMENT_BYTES, OPTIONS, OURS, build

_largest: dict[str, int] = {}


class _Outputs(PipelineVisitor):
    """Collects every PCollection of a pipeline but those inside Beam's own transforms."""

    def __init__(self) -> None:
        self.found: dict[str, beam.PCollection] = {}

    def visit_transform(self, node: AppliedPTransform) -> None:
        if any(part in f"{node.full_label}/" for part in BEAMS_OWN):
            return
        for tag, output in node.outputs.items():
            self.found[f"{node.full_label}.{tag}"] = output


def encoded_sizes(coder: beam_coders.Coder, element: Any) -> Iterator[int]:
    """Bytes of each piece of an element; an engine streams the values of a group one by one."""
    if isinstance(coder, beam_coders.TupleCoder):
        for part, value in zip(coder.coders(), element, strict=True):
            yield from encoded_sizes(part, value)
    elif isinstance(coder, beam_coders.IterableCoder | beam_coders.ListCoder):
        for value in element:
            yield from encoded_sizes(coder.value_coder(), value)
    else:
        yield len(coder.encode(element))


def measure(element: Any, name: str, coder: beam_coders.Coder) -> None:
    _largest[name] = max(_largest.get(name, 0), *encoded_sizes(coder, element), 0)


def largest_elements(
    stage: ModuleType, run: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    """Bytes of the largest element by PCollection and by coder of ours, of a stage in this process.

    The coders also see what no PCollection shows: accumulators.
    """
    _largest.clear()
    for coder in OURS:
        encode = coder.encode

        @functools.wraps(encode)
        def recording(self: Any, value: Any, encode: Any = encode) -> bytes:
            data: bytes = encode(self, value)
            name = type(self).__name__
            _largest[name] = max(_largest.get(name, 0), len(data))
            return data

        monkeypatch.setattr(coder, "encode", recording)
    pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner())
    # What stage `repetition` cuts is not in the demo's run, for later stages to read.
    options = OPTIONS if stage in (documents, duplicates, repetition) else []
    build(pipeline, stage, run, ways.ENGINE, options=options)
    outputs = _Outputs()
    pipeline.visit(outputs)
    for number, (name, collection) in enumerate(sorted(outputs.found.items())):
        if collection.element_type is not None:
            coder = beam.coders.registry.get_coder(collection.element_type)
            _ = collection | f"Measure{number}" >> beam.Map(measure, name, coder)
    pipeline.run().wait_until_finish()
    return dict(_largest)


@pytest.mark.parametrize("stage", [*MODULES.values()], ids=lambda stage: stage.NAME)
def test_no_element_is_larger_than_a_megabyte_while_the_demo_runs(
    demo: Path, tmp_path: Path, stage: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(demo, run)
    sizes = largest_elements(stage, run, monkeypatch)
    assert sizes, "nothing was measured"
    too_large = {name: size for name, size in sizes.items() if size > MAX_ELEMENT_BYTES}
    assert not too_large
    seen = {"documents": "StageReportCoder", "shards": "RecordBatchCoder"}
    if stage in (documents, shards):
        assert sizes[seen[stage.NAME]] > 0


def test_a_batch_for_an_engine_is_cut_to_a_megabyte_in_order() -> None:
    lengths = np.random.default_rng(0).integers(0, 4000, 3000)
    rows = [[1] * length for length in lengths] + [[1] * 500_000] + [[2]] * 3
    batch = pa.record_batch([pa.array(rows, pa.list_(pa.int32()))], ["input_ids"])
    pieces = list(exchange.small_batches(7, batch))
    assert {partition for partition, _ in pieces} == {7}
    assert pa.Table.from_batches([p for _, p in pieces]).equals(pa.Table.from_batches([batch]))
    for _, piece in pieces:
        size = len(coders.ipc_bytes(piece))
        assert size <= exchange.MAX_ELEMENT_BYTES or piece.num_rows == 1
    assert len(pieces) < 4 * batch.nbytes / exchange.MAX_ELEMENT_BYTES


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_small_batch_is_not_cut(count: int) -> None:
    batch = pa.record_batch([pa.array(["é"] * count, pa.string())], ["text"])
    ((partition, piece),) = exchange.small_batches(0, batch)
    assert (partition, piece) == (0, batch)
