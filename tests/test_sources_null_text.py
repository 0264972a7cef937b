"""What is no text has one meaning in all readers: the record is skipped and counted, no error."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources.records import text_of
from tests.reading import outcomes, rows

MISSING = "missing"
NO_TEXTS = {
    "null": None, "a number": 5, "a truth": True, "a list": ["text"], "an object": {"text": "x"},
    "nothing": "", "blanks": " \n\t", "blanks of Unicode": "\u3000\u2028", "NaN": float("nan"),
    "no key": MISSING,
}  # fmt: skip
JSON_KINDS = {
    "jsonl": ("text", {"id": 1}, "jsonl.empty"),
    "reddit": ("body", {"id": "c", "title": "T"}, "reddit.no_text"),
    "reddit_threads": ("selftext", {"id": "c", "title": "T"}, "reddit.no_text"),
    "hacker_news": ("text", {"id": 1}, "hacker_news.no_text"),
    "twitter": ("full_text", {"id_str": "1"}, "twitter.no_text"),
    "cirrussearch": ("text", {"page_id": 1, "title": "T"}, "cirrussearch.empty"),
}


@pytest.mark.parametrize("given", sorted(NO_TEXTS))
@pytest.mark.parametrize("kind", sorted(JSON_KINDS))
def test_dumps_of_json(tmp_path: Path, kind: str, given: str) -> None:
    field, record, reason = JSON_KINDS[kind]
    value = NO_TEXTS[given]
    record = dict(record) if value == MISSING else {**record, field: value}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n")
    assert outcomes(rows(kind, path)) == {reason: 1}


@pytest.mark.parametrize("given", sorted(NO_TEXTS))
def test_pages_of_wikimedia_enterprise(tmp_path: Path, given: str) -> None:
    value = NO_TEXTS[given]
    body = {} if value == MISSING else {"html": value}
    path = tmp_path / "a.ndjson"
    path.write_text(json.dumps({"identifier": 1, "name": "T", "article_body": body}) + "\n")
    found = outcomes(rows("wikimedia_enterprise", path))
    assert found == {"wikimedia_enterprise.empty": 1}


BLANK = [None, "", " \n\t", "\u3000\u2028"]


@pytest.mark.parametrize("kind", ["parquet", "hf_dataset"])
def test_tables(tmp_path: Path, kind: str) -> None:
    pq.write_table(pa.table({"text": [*BLANK, "word"]}), tmp_path / "a.parquet")
    assert outcomes(rows(kind, tmp_path / "a.parquet")) == {"parquet.empty": 4, "document": 1}


def test_a_damaged_neighbour_changes_nothing(tmp_path: Path) -> None:
    """Results would depend on which rows are read together."""
    texts = pa.array([b"\xff", *(b and b.encode() for b in BLANK)], pa.binary())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    for batch_docs in (1, 100):
        found = rows("parquet", tmp_path / "a.parquet", batch_docs=batch_docs)
        assert outcomes(found) == {"error": 1, "parquet.empty": 4}


def test_json_inside_of_a_column(tmp_path: Path) -> None:
    values = [v for v in NO_TEXTS.values() if v != MISSING]
    inner = [json.dumps({"body": value}) for value in values]
    pq.write_table(pa.table({"data": [*inner, "{}", "[]", None]}), tmp_path / "a.parquet")
    found = outcomes(rows("parquet", tmp_path / "a.parquet", text="data.body"))
    assert found == {"parquet.empty": len(values) + 3}


def test_tables_of_values_between_commas(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w", newline="") as out:
        csv.writer(out).writerows([["id", "text"], *([1, text] for text in BLANK), [5]])
    assert outcomes(rows("csv", tmp_path / "a.csv")) == {"csv.empty": 5}


@pytest.mark.parametrize("value", [v for v in NO_TEXTS.values() if v != MISSING])
def test_what_is_no_text(value: Any) -> None:
    assert text_of(value) is None
    assert text_of(" a ") == " a "
