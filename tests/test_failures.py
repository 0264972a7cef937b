"""What winnow itself fails on is an error row with its place in the code, and the rest goes on."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rich.table import Table

from filters.documents import DocumentSteps
from filters.settings import Documents
from manifests import schemas
from pipelines.commands import console
from pipelines.progress import Reporter
from pipelines.sources.kinds import KINDS
from pipelines.sources.unit_records import UnitRecords
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import StageDoFn
from pipelines.stages.documents import processed

SECRET = "Jane Doe"


def records(*texts: str) -> pa.RecordBatch:
    rows = [
        dict.fromkeys(schemas.RECORDS.names)
        | {
            "native_id": str(n),
            "media_type": schemas.PLAIN,
            "input_bytes": 9,
            "content": t.encode(),
        }
        for n, t in enumerate(texts)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schemas.RECORDS)


def test_a_reader_that_fails_is_an_error_row_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n')
    unit = WorkUnit(0, "s", "jsonl", str(tmp_path / "a.jsonl"))
    whole = KINDS["jsonl"].read

    def fails(*arguments: Any) -> Iterator[pa.RecordBatch]:
        found = whole(*arguments)
        yield from getattr(found, "records", found)
        raise KeyError(SECRET)

    kinds = {**KINDS, "jsonl": dataclasses.replace(KINDS["jsonl"], read=fails)}
    monkeypatch.setattr("pipelines.sources.unit_records.KINDS", kinds)
    (batch,) = UnitRecords(unit, 100, 1 << 20)
    rows = batch.records.to_pylist()
    assert [row["error_kind"] for row in rows] == [None, schemas.READ_FAILED]
    assert rows[1]["error"].startswith(
        "read.failed: the reader failed: KeyError at test_failures.py:"
    )
    assert SECRET not in rows[1]["error"]


@pytest.mark.parametrize("bad", [[], [0], [6], [2, 3], range(7)], ids=str)
def test_a_record_that_the_steps_fail_on_is_an_error_row(
    bad: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = DocumentSteps(Documents(rules={}), 0)
    batch = records(*(f"{SECRET if n in bad else 'Somebody'} wrote text {n}." for n in range(7)))
    apply = steps.apply

    def fails(given: pa.RecordBatch, *more: Any) -> Any:
        if any(SECRET.encode() in (content or b"") for content in given["content"].to_pylist()):
            raise IndexError(SECRET)
        return apply(given, *more)

    monkeypatch.setattr(steps, "apply", fails)
    parts = list(processed(steps, batch, "s", pa.array(["f.jsonl"] * 7)))
    errors = [row for part in parts for row in part.errors.to_pylist()]
    assert [row["native_id"] for row in errors] == [str(n) for n in bad]
    assert {row["reason"] for row in errors} <= {schemas.STEPS_FAILED}
    assert not any(SECRET in row["error"] for row in errors)
    others = sum(part.kept.num_rows + part.dropped.num_rows for part in parts)
    assert others == 7 - len(bad)


class Fails(StageDoFn):
    def process(self, unit: WorkUnit) -> Iterator[int]:
        self._reporter = Reporter()
        self._reporter.start(f"final text of {unit}")
        yield 1
        raise KeyError(SECRET)


class Refuses(StageDoFn):
    def process(self, unit: WorkUnit) -> Iterator[int]:
        raise ValueError("the file a.parquet is damaged")
        yield 1


@pytest.mark.parametrize("step", [Fails, Refuses])
def test_what_a_later_stage_fails_on_is_named_and_not_quoted(step: type[StageDoFn]) -> None:
    unit = WorkUnit(3, "s", "jsonl", "a/b.jsonl")
    process = step(None).process(unit)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"winnow itself|is damaged") as found:
        list(process)
    assert SECRET not in str(found.value)
    assert (step is Refuses) == ("winnow itself" not in str(found.value))
    if step is Fails:
        assert "final text of unit 000003 (a/b.jsonl): KeyError at test_f" in str(found.value)


def test_what_is_printed_moves_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("url")
    table.add_row("http://a.example/\x1b[2J\x1b]0;title\x07")
    for shown in ("red \x1b[31m, \x9b31m, back\x08, \u202eorder", table):
        console.out.print(shown)
        assert not set(capsys.readouterr().out) & set("\x1b\x9b\x08\x07\u202e")
    console.say("tab\t[b]new\nline[/b]")
    assert capsys.readouterr().out.split() == ["tab", "[b]new\\nline[/b]"]
    console.print_json({"url": "\u202ereversed\x9b31m"})
    told = capsys.readouterr().out
    assert json.loads(told) == {"url": "\u202ereversed\x9b31m"}
    assert not set(told) & set("\x9b\u202e")
