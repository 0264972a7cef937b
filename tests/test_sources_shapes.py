"""Shapes of dumps that differ from the plain one: ids, metadata, wrapped lists, comments."""

import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources import json_values
from tests.reading import Row, rows

TEXTS = ["The first text.", "The second text.", "The third text."]
OBJECTS = [{"id": n, "text": text} for n, text in enumerate(TEXTS)]


def table(tmp_path: Path, columns: dict[str, Any], **options: Any) -> list[Row]:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": TEXTS, **columns}), path)
    return rows("parquet", path, **options)


def lines(tmp_path: Path, kind: str, *values: Any, **options: Any) -> list[Row]:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return rows(kind, path, **options)


def texts(found: list[Row]) -> list[str]:
    return [row["content"].decode() for row in found if row["content"] is not None]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array([1, None, 3]), ["1", "a.parquet#1", "3"]),
        (pa.array([1.0, float("nan"), 2.5]), ["1", "a.parquet#1", "2.5"]),
        (pa.array([b"ab", b"\xff\xfe", None], pa.binary()), ["ab", "fffe", "a.parquet#2"]),
        (pa.array([b"ab", b"\0\1", b"\n "], pa.large_binary()), ["ab", "0001", "0a20"]),
        (pa.array([bytes(15) + b"\1", None, b"0" * 16], pa.binary(16)),
         ["0" * 31 + "1", "a.parquet#1", "0" * 16]),
        (pa.array([uuid.UUID(int=n).bytes for n in range(3)], pa.uuid()),
         [f"00000000-0000-0000-0000-00000000000{n}" for n in range(3)]),
        (pa.array(["a", "b", None]).dictionary_encode(), ["a", "b", "a.parquet#2"]),
    ],
    ids=["numbers", "NaN", "bytes", "control characters", "fixed size", "UUID", "dictionary"],
)  # fmt: skip
def test_ids_of_any_type(tmp_path: Path, ids: pa.Array, expected: list[str]) -> None:
    """Different ids stay different: bytes that are no text are written as hexadecimals."""
    assert [row["native_id"] for row in table(tmp_path, {"id": ids})] == expected


URL = {"url": "https://a.example/"}


@pytest.mark.parametrize(
    "metadata",
    [
        pa.array([URL, None, {"url": None}]),
        pa.array([json.dumps(URL), None, "no JSON"]),
        pa.array([json.dumps(URL).encode(), None, b"[]"], pa.binary()),
        pa.array([[("url", URL["url"])], None, []], pa.map_(pa.string(), pa.string())),
        pa.array([[URL, {"url": "b"}], None, []]),
        pa.array([[[("url", URL["url"])]], None, []], pa.list_(pa.map_(pa.string(), pa.string()))),
    ],
    ids=["struct", "JSON", "bytes of JSON", "map", "list of structs", "list of maps"],
)
def test_metadata_of_any_shape(tmp_path: Path, metadata: pa.Array) -> None:
    found = table(tmp_path, {"metadata": metadata}, url="metadata.url")
    assert [row["url"] for row in found] == [URL["url"], None, None]
    assert texts(found) == TEXTS


def test_metadata_in_json_lines_may_be_a_string_or_a_list(tmp_path: Path) -> None:
    shapes = (URL, json.dumps(URL), [URL, {"url": "b"}], "no JSON", [], None)
    values = [{"text": "a text", "metadata": shape} for shape in shapes]
    found = lines(tmp_path, "jsonl", *values, url="metadata.url")
    assert [row["url"] for row in found] == [URL["url"]] * 3 + [None] * 3


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("key", json_values.LISTS)
def test_lists_under_many_names(tmp_path: Path, key: str, indent: int | None) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"count": 3, "more": {"a": [1]}, key: OBJECTS}, indent=indent))
    assert texts(rows("jsonl", path)) == TEXTS


@pytest.mark.parametrize("around", json_values.AROUND)
def test_lists_in_an_object_around_them(tmp_path: Path, around: str) -> None:
    path = tmp_path / "a.json"
    answer = {"took": 3, around: {"total": {"value": 3}, "docs": OBJECTS, "start": 0}}
    path.write_text(json.dumps(answer, indent=1))
    assert texts(rows("jsonl", path)) == TEXTS


def test_answers_of_elasticsearch(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    hits = [{"_id": f"x{value['id']}", "_source": value} for value in OBJECTS]
    path.write_text(json.dumps({"took": 1, "hits": {"total": {"value": 3}, "hits": hits}}))
    found = rows("jsonl", path, text="_source.text", id="_id")
    assert texts(found) == TEXTS
    assert [row["native_id"] for row in found] == ["x0", "x1", "x2"]


@pytest.mark.parametrize(
    "value",
    [
        {"value": [{"a": 1}], "text": "own"},
        {"data": {"list": [{"a": 1}], "text": "inner"}, "text": "own"},
        {"other": {"docs": [{"text": "not this"}]}, "text": "own"},
    ],
)
def test_an_object_with_a_text_of_its_own_wraps_nothing(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value, indent=1))
    assert texts(rows("jsonl", path)) == ["own"]


def test_comments_of_stack_exchange(tmp_path: Path) -> None:
    path = tmp_path / "Comments.xml"
    path.write_text(
        '<?xml version="1.0"?>\n<comments>\n'
        '<row Id="7" PostId="2" Score="1" Text="Use `a &amp;lt; b` &amp; see" '
        'CreationDate="2010-01-01T00:00:00" />\n'
        '<row Id="8" PostId="2" Text=" " />\n</comments>'
    )
    for options in ({}, {"threads": True}):
        comment, blank = rows("stackexchange", path, site="beer.example", **options)
        assert comment["native_id"] == "beer.example/comment-7"
        assert comment["url"] == "https://beer.example/posts/comments/7"
        assert (comment["content"], comment["media_type"]) == (
            b"Use `a &lt; b` & see",
            "text/plain",
        )
        assert blank["skip_reason"] == "stackexchange.no_body"
    history = tmp_path / "PostHistory.xml"
    history.write_text(
        '<posthistory><row Id="1" PostHistoryTypeId="2" PostId="1" Text="b"/></posthistory>'
    )
    (row,) = rows("stackexchange", history)
    assert row["skip_reason"] == "stackexchange.not_post"


def test_posts_of_reddit_by_their_full_names(tmp_path: Path) -> None:
    (row,) = lines(tmp_path, "reddit", {"name": "t1_c3", "body": "a comment"})
    assert row["native_id"] == "t1_c3"


def test_answers_of_twitter_without_a_tweet_are_notices(tmp_path: Path) -> None:
    answers = [{"errors": [{"title": "Not Found"}]}, {"meta": {"result_count": 0}}]
    found = lines(tmp_path, "twitter", *answers)
    assert [row["skip_reason"] for row in found] == ["twitter.notice"] * 2


def test_names_of_columns_that_are_no_utf_8_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": TEXTS, "inner": [{"naaame": 1}] * 3}), path)
    path.write_bytes(path.read_bytes().replace(b"naaame", b"na\xf6ame"))
    found = rows("parquet", path)
    assert found
    assert all(row["error"] is None or "\xf6" not in row["error"] for row in found)
