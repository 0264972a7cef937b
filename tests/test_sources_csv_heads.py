"""CSV as spreadsheets, instruments and people save it: what stands before and around values."""

import csv
import io
from pathlib import Path

import pytest

from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from tests.reading import errors, rows

TABLE = 'id,text\n1,"a, b"\n2,c\n'


def read(tmp_path: Path, content: str, name: str = "t.csv") -> list[tuple[str, str]]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    found = rows("csv", path)
    assert not errors(found)
    unit = WorkUnit(0, "test", "csv", str(path), 0, -1)
    with open_unit(unit) as file:
        told = KINDS["csv"].look(unit, file)
    assert told is None or not told.fault
    return [(row["native_id"], row["content"].decode()) for row in found]


@pytest.mark.parametrize(
    "head",
    ["\n", "\r\n\r\n", "  \n\n", '"sep=,"\n', "sep=,\r\n", '"sep=,",\n', "SEP=,\n", "sep=,\n\n",
     "# made by hand\n", "# two\n#lines, with commas\n", "\n# one\n\n", "#\n", "\ufeff\n",
     "\ufeff# x\n"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_before_the_header_are_passed_over(tmp_path: Path, head: str, end: str) -> None:
    content = head + TABLE.replace("\n", end)
    assert read(tmp_path, content) == [("1", "a, b"), ("2", "c")]


def test_a_header_that_begins_with_a_hash_is_a_header(tmp_path: Path) -> None:
    assert [text for _, text in read(tmp_path, "#id,text\n1,a\n# 2,b\n")] == ["a", "b"]
    assert [text for _, text in read(tmp_path, "# note\n#id,text\n1,a\n")] == ["a"]


def test_a_comment_that_looks_like_a_header_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, "# text\nid,text\n1,a\n2,b\n") == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize(
    "content",
    [
        'id, text\n1, "a, b"\n2, c\n',
        'id, text\n1, "a ""b"", c"\n',
        'id, text\n1, "plain"\n2, "as well"\n',
        "id, text\n1, plain\n",
        'id,text\n1, "a\nb"\n2,  "c, d"\n',
        '"id", "text"\n"1", "a, b"\n',
    ],
)
def test_spaces_behind_a_delimiter_are_no_part_of_the_value(tmp_path: Path, content: str) -> None:
    expected = list(csv.reader(io.StringIO(content), skipinitialspace=True))[1:]
    assert read(tmp_path, content) == [(number, text) for number, text in expected]


@pytest.mark.parametrize(
    "content",
    ['id,text\n1,"He said, ""go"""\n2," indented"\n3,  code\n', "id,text\n1,  a\n2,    b\n",
     'id\ttext\n1\tsaid, "a" and, "b"\n2\t x\n'],
)  # fmt: skip
def test_spaces_of_texts_stay(tmp_path: Path, content: str) -> None:
    name = "t.tsv" if "\t" in content else "t.csv"
    delimiter = "\t" if "\t" in content else ","
    expected = list(csv.reader(io.StringIO(content), delimiter=delimiter))[1:]
    assert read(tmp_path, content, name) == [(number, text) for number, text in expected]
