"""The exchange gives every consumer its whole partition, through files as through the engine."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from manifests.statistics import KEPT, StageReport
from pipelines.recipe.recipe import Recipe
from pipelines.stages.common import write_manifest
from pipelines.stages.context import StageContext, StageError
from pipelines.transport.coders import RecordBatchCoder, StageReportCoder
from pipelines.transport.exchange import MAX_ELEMENT_BYTES, Exchange, Joined
from pipelines.transport.ways import ENGINE, FILES


class Produce(beam.DoFn):
    def process(self, start: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        for partition in range(3):
            values = [v for v in range(start, start + 10) if v % 3 == partition]
            yield partition, pa.record_batch({"value": pa.array(values, pa.int64())})


class Consume(beam.DoFn):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[int]:
        partition, batches = element
        for _ in range(2):  # an iterable, not an iterator: reading it twice is fine
            values = sorted(v for b in batches for v in b["value"].to_pylist())
        (self._folder / f"{partition}").write_text(" ".join(map(str, values)))
        yield partition


@pytest.mark.parametrize("by", [FILES, ENGINE])
def test_every_value_arrives_once_at_its_partition(tmp_path: Path, by: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    pipeline = beam.Pipeline(runner=FnApiRunner())
    _ = (
        pipeline
        | beam.Create([0, 10, 20, 30])
        | beam.ParDo(Produce())
        | Exchange(str(tmp_path), "exchange", by, 100)
        | beam.ParDo(Consume(out))
    )
    pipeline.run().wait_until_finish()
    for partition in range(3):
        values = [int(word) for word in (out / str(partition)).read_text().split()]
        assert values == [v for v in range(40) if v % 3 == partition]
    assert (tmp_path / "exchange").exists() == (by == FILES)


def joined(memory_mb: int, keyed: list[tuple[int, pa.RecordBatch]]) -> list[Any]:
    """What is sent of a bundle."""
    waiting = Joined(memory_mb)
    found = [sent for partition, batch in keyed for sent in waiting.add(partition, batch)]
    return [*found, *waiting.rest()]


def slices(rows: int, batches: int, partitions: int) -> list[tuple[int, pa.RecordBatch]]:
    values = np.arange(rows * batches, dtype=np.int64)
    whole = pa.record_batch({"value": values, "text": [str(v) for v in values]})
    return [(i % partitions, whole.slice(i * rows, rows)) for i in range(batches)]


@pytest.mark.parametrize(
    ("rows", "batches", "partitions"), [(1, 300, 7), (100, 900, 3), (40_000, 5, 2), (0, 3, 1)]
)
def test_batches_of_a_partition_are_joined_with_all_their_rows(
    rows: int, batches: int, partitions: int
) -> None:
    given = slices(rows, batches, partitions)
    found = joined(4000, given)
    for partition in range(partitions):
        before, after = (
            pa.Table.from_batches([b for p, b in keyed if p == partition])
            for keyed in (given, found)
        )
        assert after.sort_by("value").equals(before.sort_by("value"))
    sizes = [batch.nbytes for _, batch in found]
    assert max(sizes) <= MAX_ELEMENT_BYTES
    assert len(found) <= partitions + 2 * sum(sizes) // MAX_ELEMENT_BYTES


def test_batches_of_other_columns_are_not_joined() -> None:
    one, other = (pa.record_batch({name: [1, 2]}) for name in ("a", "b"))
    found = joined(4000, [(5, one), (5, other), (5, one), (6, other)])
    assert sorted((p, b.schema.names, b.num_rows) for p, b in found) == [
        (5, ["a"], 4), (5, ["b"], 2), (6, ["b"], 2),
    ]  # fmt: skip


def test_what_waits_is_limited_by_memory_and_has_no_parent() -> None:
    given = slices(1000, 400, 200)
    waiting = Joined(100)
    most = before = pa.total_allocated_bytes()
    for partition, batch in given:
        list(waiting.add(partition, batch))
        most = max(most, pa.total_allocated_bytes())
    assert most - before < 2 * (100 << 20) // 32


def test_a_slice_travels_without_its_parent() -> None:
    whole = pa.record_batch({"text": ["x" * 1000] * 1000})
    coder = RecordBatchCoder()
    data = coder.encode(whole.slice(500, 1))
    assert len(data) < 3000
    assert coder.decode(data).equals(whole.slice(500, 1))


def test_a_report_travels_with_its_measured_values() -> None:
    report = StageReport(counts={"pii_email": 3})
    columns = {"source": ["web"] * 900, "language": ["de"] * 900, "words": range(900)}
    report.values.add(KEPT, pa.record_batch({name: pa.array(c) for name, c in columns.items()}))
    coder = StageReportCoder()
    for one in (report, StageReport()):
        read = coder.decode(coder.encode(one))
        assert read.to_json() == one.to_json()
        assert read.values.table().equals(one.values.table())


def test_a_stage_that_wrote_too_few_rows_fails_without_a_manifest(tmp_path: Path) -> None:
    report = StageReport()
    report.funnel.count_in(3, 30)
    report.funnel.outcomes[KEPT, "web", "en", ""].add(3, 30, 30)
    report.add_count("rows", 2)
    context = StageContext(str(tmp_path), Recipe(name="test"), (), "", "", "files", {})
    with pytest.raises(StageError, match="wrote 2 of 3 documents"):
        write_manifest(report, "shards", context)
    assert not list(tmp_path.rglob("*.json"))
    report.add_count("rows", 1)
    write_manifest(report, "shards", context)
