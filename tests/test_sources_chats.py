"""Conversations of chat data sets as text, and folders of them as the Hub has them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources import KINDS, chats
from tests.reading import Row, errors, outcomes, rows

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": " Which rivers meet here? "},
    {"role": "assistant", "content": "Two:\n\nIrrawaddy and Chindwin."},
    {"role": "user", "content": "Thanks {role}"},
]
SHARED = [
    {"from": "human", "value": "Hello"},
    {"from": "gpt", "value": "Hi"},
    {"from": "critic", "value": "Short"},
]
TEXT = (
    "System: Be brief.\n\nUser: Which rivers meet here?\n\n"
    "Assistant: Two:\n\nIrrawaddy and Chindwin.\n\nUser: Thanks {role}"
)
CALLS = [
    {"role": "user", "content": [{"type": "text", "text": "Weather?"}, {"type": "image_url"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"name": "weather", "arguments": '{"city": "Pune"}'}}],
    },
    {"role": "tool", "content": "31 °C"},
    {"role": "assistant", "content": None, "tool_calls": None},
    {"role": "assistant", "content": "Warm.", "tool_calls": []},
]
CALLS_TEXT = (
    'User: Weather?\n\nAssistant: weather {"city": "Pune"}\n\nTool: 31 °C\n\nAssistant: Warm.'
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (CHAT, TEXT),
        (SHARED, "User: Hello\n\nAssistant: Hi\n\nCritic: Short"),
        (CALLS, CALLS_TEXT),
        ({"role": ["user", "assistant"], "content": ["a", "b"]}, "User: a\n\nAssistant: b"),
        ([{"role": "user", "content": ""}, {"role": "assistant", "content": None}], None),
        ([{"role": "a", "content": None, "tool_calls": [{"name": "f", "arguments": {"x": "é"}}]}],
         'A: f {"x": "é"}'),
        ([], None), (["text"], None), ([{"content": "x"}], None), ([{"role": 5}], None),
        ({"role": "user", "content": "x"}, None), (None, None), ("text", None), (7, None),
        ([{"role": "user", "content": 5}], None),
        ([{"role": "user", "content": "x", "tool_calls": [5, {"function": None}, {}]}], "User: x"),
    ],
)  # fmt: skip
def test_conversations_are_written_turn_by_turn(value: Any, expected: str | None) -> None:
    assert chats.text(value, chats.TURN) == expected


def test_how_a_turn_is_written_is_an_option(tmp_path: Path) -> None:
    turn = "<|{role}|>\n{content}\n"
    assert chats.text(SHARED, turn) == "<|user|>\nHello\n<|assistant|>\nHi\n<|critic|>\nShort"
    found = jsonl(tmp_path, [{"messages": CHAT}], turn="{Role} said {content}. ")
    assert texts(found)[0].startswith("System said Be brief.. User said Which")
    with pytest.raises(ValueError, match=r"turn '\{role\}' has no \{content\}"):
        jsonl(tmp_path, [{"messages": CHAT}], turn="{role}")


def jsonl(folder: Path, values: list[Any], **options: Any) -> list[Row]:
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return rows("jsonl", path, **options)


def texts(found: list[Row]) -> list[str]:
    return [row["content"].decode() for row in found if row["content"] is not None]


RECORDS = [
    {"id": "a", "messages": CHAT},
    {"id": "b", "messages": [{"role": "user", "content": None}]},
    {"id": "c", "messages": None},
    {"id": "d", "messages": CALLS[2:3]},
]
EXPECTED = {"document": 2, "empty": 2}


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "hf_dataset", "arrow", "json"])
def test_chats_are_alike_in_all_tables(tmp_path: Path, kind: str) -> None:
    for options in ({}, {"text": "messages"}):
        found = written(tmp_path, kind, RECORDS, **options)
        assert [row["native_id"] for row in found] == ["a", "b", "c", "d"]
        assert texts(found) == [TEXT, "Tool: 31 °C"]
        assert {k.split(".")[-1]: n for k, n in outcomes(found).items()} == EXPECTED


def written(tmp_path: Path, kind: str, records: list[Any], **options: Any) -> list[Row]:
    if kind == "jsonl":
        return jsonl(tmp_path, records, **options)
    if kind == "json":
        (tmp_path / "a.json").write_text(json.dumps(records))
        return rows("hf_dataset", tmp_path / "a.json", **options)
    table = pa.Table.from_pylist(records)
    if kind == "arrow":
        with pa.ipc.new_stream(tmp_path / "a.arrow", table.schema) as out:
            out.write_table(table)
        return rows("hf_dataset", tmp_path / "a.arrow", **options)
    pq.write_table(table, tmp_path / "a.parquet")
    return rows(kind, tmp_path / "a.parquet", **options)


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "arrow"])
def test_a_text_that_is_there_or_named_comes_first(tmp_path: Path, kind: str) -> None:
    records = [{"text": "own", "conversations": SHARED, "chosen": CHAT}]
    assert texts(written(tmp_path, kind, records)) == ["own"]
    assert texts(written(tmp_path, kind, records, text="chosen")) == [TEXT]
    found = written(tmp_path, kind, [{"conversations": SHARED}], text="body")
    assert not texts(found)


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("column", ["messages", "conversations"])
def test_strings_of_json_are_conversations(tmp_path: Path, kind: str, column: str) -> None:
    records = [{column: json.dumps(turns)} for turns in (CHAT, SHARED)] + [{column: "[not JSON"}]
    shared = "User: Hello\n\nAssistant: Hi\n\nCritic: Short"
    assert texts(written(tmp_path, kind, records)) == [TEXT, shared]
    named = written(tmp_path, kind, records, text=column)
    assert texts(named) == [TEXT, shared, "[not JSON"]
    own = [{"text": json.dumps(SHARED), column: json.dumps(CHAT)}]
    assert texts(written(tmp_path, kind, own)) == [json.dumps(SHARED)]


def test_structs_of_lists_are_conversations(tmp_path: Path) -> None:
    """What `datasets` makes of a Sequence of dicts."""
    given = {"from": [m["from"] for m in SHARED], "value": [m["value"] for m in SHARED]}
    found = written(tmp_path, "parquet", [{"conversations": given}])
    assert texts(found) == ["User: Hello\n\nAssistant: Hi\n\nCritic: Short"]


def test_other_lists_are_no_text(tmp_path: Path) -> None:
    told = errors(written(tmp_path, "parquet", [{"text": ["a"]}]))[0]
    assert "column 'text' is a list, not text" in told
    told = errors(written(tmp_path, "parquet", [{"messages": [{"a": 1}]}]))[0]
    assert "no column 'text'" in told
    assert outcomes(jsonl(tmp_path, [{"text": ["a"]}, {"messages": [1]}])) == {"jsonl.empty": 2}


KIND = KINDS["hf_dataset"]


def test_folders_of_the_hub_in_json(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    names = ["data/train-00000.jsonl.gz", "data/train-00001.jsonl.gz", "data/test.jsonl.gz"]
    for number, name in enumerate(names):
        record = {"id": number, "conversations": SHARED}
        (tmp_path / name).write_bytes(gzip.compress(json.dumps(record).encode()))
    for name in ("dataset_infos.json", "config.json", "README.md", ".gitattributes"):
        (tmp_path / name).write_text("{}")
    assert KIND.expand(str(tmp_path), {"split": "train"}) == [str(tmp_path / n) for n in names[:2]]
    assert len(KIND.expand(str(tmp_path), {})) == 3
    (first,) = rows("hf_dataset", tmp_path / names[0])
    assert first["content"] == b"User: Hello\n\nAssistant: Hi\n\nCritic: Short"
    (tmp_path / "train.csv").write_text("text\nword\n")
    assert len(KIND.expand(str(tmp_path), {})) == 3, "JSON comes before CSV"
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "data/train.parquet")
    assert KIND.expand(str(tmp_path), {}) == [str(tmp_path / "data/train.parquet")]


def test_folders_of_the_hub_in_csv_and_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("card")
    with pytest.raises(FileNotFoundError, match=r"holds no \.parquet, \.arrow, \.jsonl"):
        KIND.expand(str(tmp_path), {})
    (tmp_path / "train.csv").write_text("text;id\nword, word;7\n")
    (path,) = KIND.expand(str(tmp_path), {"split": "train"})
    (row,) = rows("hf_dataset", Path(path))
    assert (row["content"], row["native_id"]) == (b"word, word", "7")
    assert KIND.split(path, 1 << 30, 1 << 20) == [(0, -1)]


def test_large_files_of_lines_are_split(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"text": "word"}) + "\n" * 1000)
    assert len(KIND.split(str(path), path.stat().st_size, 100)) > 5
