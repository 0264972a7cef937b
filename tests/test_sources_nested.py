"""Texts and ids inside of lists, maps and objects, in JSON lines and in Parquet alike."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from tests.reading import Row, errors, outcomes, rows

SQUAD = {
    "paragraphs": [{"context": "one"}, {"context": "two"}, {"context": None}, {"context": "z"}]
}
# A record, the path of its text, and the text.
NESTED: list[tuple[dict[str, Any], str, str | None]] = [
    (SQUAD, "paragraphs.context", "one\n\ntwo\n\nz"),
    ({"a": [{"b": [{"t": "1"}, {"t": "2"}]}, {"b": []}, {"b": [{"t": "3"}]}]}, "a.b.t",
     "1\n\n2\n\n3"),
    ({"a": {"b": [{"t": "1"}, {"t": "2"}]}}, "a.b.t", "1\n\n2"),
    ({"a": [{"t": {"u": "1"}}, {"t": {"u": "2"}}]}, "a.t.u", "1\n\n2"),
    ({"a": [[{"t": "1"}], [{"t": "2"}, {"t": " "}]]}, "a.t", "1\n\n2"),
    ({"a": [{"t": "only"}]}, "a.t", "only"),
    ({"a": []}, "a.t", None),
    ({"a": [{"t": None}]}, "a.t", None),
]  # fmt: skip


def parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def both(tmp_path: Path, record: dict[str, Any], **options: str) -> list[list[Row]]:
    """The rows of one record as a line and as a table."""
    line = tmp_path / "a.jsonl"
    line.write_text(json.dumps(record))
    filled = record if any(record.values()) else {"a": [{"t": "x"}]}
    kind = pa.Table.from_pylist([filled]).schema
    if record == {"a": [{"t": None}]}:
        kind = pa.schema({"a": pa.list_(pa.struct({"t": pa.string()}))})
    table = parquet(tmp_path / "a.parquet", pa.Table.from_pylist([record], kind))
    return [rows("jsonl", line, **options), rows("parquet", table, **options)]


@pytest.mark.parametrize(("record", "path", "text"), NESTED, ids=range(len(NESTED)))
def test_a_list_on_the_way_to_the_text_counts_with_all_of_its_objects(
    tmp_path: Path, record: dict[str, Any], path: str, text: str | None
) -> None:
    for found in both(tmp_path, record, text=path):
        assert [row["content"] and row["content"].decode() for row in found] == [text]


def test_deep_lists_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"a": ' + "[" * 600 + '{"t": "deep"}' + "]" * 600 + "}\n" + '{"a": {"t": "b"}}\n'
    )
    assert [row["content"] for row in rows("jsonl", path, text="a.t")] == [b"deep", b"b"]


def test_conversations_inside_of_a_list_are_joined(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    record = {"rounds": [{"messages": turns}, {"messages": turns[:1]}]}
    for found in both(tmp_path, record, text="rounds.messages"):
        assert found[0]["content"] == b"User: a\n\nAssistant: b\n\nUser: a"


def test_other_fields_are_those_of_the_first_object(tmp_path: Path) -> None:
    record = {"p": [{"t": "x", "id": 7, "u": "http://a"}, {"t": "y", "id": 8, "u": "http://b"}]}
    for found in both(tmp_path, record, text="p.t", id="p.id", url="p.u"):
        assert [(r["native_id"], r["url"], r["content"]) for r in found] == [
            ("7", "http://a", b"x\n\ny")
        ]


def looked(kind: str, path: Path, **options: str) -> str:
    unit = WorkUnit(0, "test", kind, str(path), 0, -1, options=tuple(sorted(options.items())))
    with open_unit(unit) as file:
        found = KINDS[kind].look(unit, file)
    return found.fault if found else ""


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_list_of_objects_that_is_no_text_is_told_with_its_keys(tmp_path: Path, kind: str) -> None:
    both(tmp_path, SQUAD)
    path = tmp_path / f"a.{kind}"
    told = looked(kind, path, text="paragraphs")
    assert "1 key: context; set the option text to paragraphs.KEY" in told
    assert looked(kind, path, text="paragraphs.context") == ""
    told = looked(kind, path, text="paragraphs.contxt")
    assert "paragraphs.contxt" in told
    if kind == "parquet":
        assert errors(rows(kind, path, text="paragraphs.contxt")) == [told]
        assert "paragraphs.context" in told


@pytest.mark.parametrize("value", [pa.string(), pa.large_string()])
def test_a_key_of_a_map_is_a_text(tmp_path: Path, value: pa.DataType) -> None:
    maps = [[("text", "one"), ("lang", "en")], [("lang", "de")], None, [("text", None)]]
    kind = pa.map_(pa.string(), value)
    lists = pa.array([[m] if m else None for m in maps], pa.list_(kind))
    table = pa.table({"m": pa.array(maps, kind), "l": lists})
    path = parquet(tmp_path / "m.parquet", table)
    for name in ("m.text", "l.text"):
        found = rows("parquet", path, text=name, language="m.lang")
        assert [row["content"] for row in found] == [b"one", None, None, None]
        assert outcomes(found) == {"document": 1, "parquet.empty": 3}
        assert found[0]["language_hint"] == "en"
        assert looked("parquet", path, text=name) == ""


def test_a_column_of_nulls_alone_has_no_texts_and_is_no_damage(tmp_path: Path) -> None:
    """pandas writes so a shard in which no row has a value."""
    nulls = pa.nulls(3)
    table = pa.table({"text": nulls, "id": [1, 2, 3], "url": nulls, "meta": nulls})
    path = parquet(tmp_path / "n.parquet", table)
    for options in ({}, {"url": "url"}, {"text": "meta.text"}, {"id": "url"}):
        assert outcomes(rows("parquet", path, **options)) == {"parquet.empty": 3}
        assert looked("parquet", path, **options) == ""
    inside = pa.table({"m": pa.StructArray.from_arrays([nulls], ["text"])})
    path = parquet(tmp_path / "s.parquet", inside)
    assert outcomes(rows("parquet", path, text="m.text")) == {"parquet.empty": 3}


IDS = [1.0, 9007199254740992.0, 2.5, -3.0, 0.0, float("nan"), None, 1e300]
TOLD = ["1", "9007199254740992", "2.5", "-3", "0", None, None, "1e+300"]


def test_ids_that_are_whole_numbers_are_written_as_such(tmp_path: Path) -> None:
    """A table with one missing id holds all of them as floats, and its neighbour as integers."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": "x", "id": number}) + "\n" for number in IDS))
    column = pa.array(IDS, pa.float64())
    table = parquet(tmp_path / "a.parquet", pa.table({"text": ["x"] * len(IDS), "id": column}))
    for kind, file in (("jsonl", path), ("parquet", table)):
        found = [row["native_id"] for row in rows(kind, file)]
        assert [None if "#" in own else own for own in found] == TOLD
