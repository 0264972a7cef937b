"""Parquet tables: columns, row groups, and files that are broken."""

import datetime
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources import KINDS, open_unit
from pipelines.sources.limits import Limits
from pipelines.sources.units import WorkUnit
from tests.reading import documents, errors, outcomes, rows
from tests.realdata import real_data


def write(path: Path, columns: dict[str, Any], row_group_size: int = 10, **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=row_group_size, **options)
    return path


def test_fields_are_found_by_their_options(tmp_path: Path) -> None:
    when = datetime.datetime(2024, 1, 2, 3, 4, 5)
    path = write(
        tmp_path / "a.parquet",
        {
            "body": ["тест", "b"],
            "n": pa.array([7, None]),
            "meta": [{"url": "u", "lang": "ru"}, {"url": None, "lang": None}],
            "when": pa.array([when, None], pa.timestamp("ms")),
            "title": pa.array(["t", "t"]).dictionary_encode(),
        },
    )
    options = {
        "text": "body", "id": "n", "url": "meta.url", "language": "meta.lang", "date": "when",
    }  # fmt: skip
    first, second = rows("parquet", path, **options)
    assert first == {
        "native_id": "7",
        "url": "u",
        "title": "t",
        "date": "2024-01-02T03:04:05.000",
        "language_hint": "ru",
        "license": None,
        "media_type": "text/plain",
        "charset": "utf-8",
        "content": "тест".encode(),
        "input_bytes": 8,
        "skip_reason": None,
        "error": None,
        "error_kind": None,
    }
    assert second["native_id"] == "a.parquet#1"
    assert second["url"] is None


META = ['{"url": "u", "n": {"lang": "ru"}, "id": 7}', '{"url": null}', "no JSON", None, "[1]"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.binary(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_a_value_is_found_in_a_column_of_json(tmp_path: Path, kind: pa.DataType) -> None:
    """Else the addresses of many published tables are null without a word."""
    meta = pa.array(META)
    meta = meta.dictionary_encode() if pa.types.is_dictionary(kind) else meta.cast(kind)
    path = write(tmp_path / "a.parquet", {"text": list("abcde"), "meta": meta, "x": META})
    options: dict[str, Any] = {"url": "meta.url", "language": "meta.n.lang", "id": "meta.id"}
    found = rows("parquet", path, **options)
    assert [row["url"] for row in found] == ["u", None, None, None, None]
    assert [row["language_hint"] for row in found] == ["ru", None, None, None, None]
    assert [row["native_id"] for row in found] == ["7", *(f"a.parquet#{n}" for n in range(1, 5))]


def test_a_value_is_found_in_json_inside_a_struct_and_may_be_the_text(tmp_path: Path) -> None:
    inner = [{"raw": json.dumps({"body": {"t": "één"}, "a.b": "u"})}, {"raw": "{}"}]
    path = write(tmp_path / "a.parquet", {"s": inner})
    found = rows("parquet", path, text="s.raw.body.t", url="s.raw.a.b")
    assert outcomes(found) == {"document": 1, "parquet.empty": 1}
    assert (found[0]["content"], found[0]["url"]) == ("één".encode(), "u")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "meta_data.url"}, "did you mean 'metadata'?"),
        ({"url": "link_url"}, "the file has 4 columns: body, metadata, link, tags"),
        ({"date": "links"}, "no column 'links', which the option date names"),
        ({"date": "links"}, "did you mean 'link'?"),
        ({"language": "tags"}, "column 'tags', which the option language names, is a list"),
        ({"text": "bdoy"}, "did you mean 'body'?"),
        ({"title": "link.title"}, "no column 'link.title', which the option title names"),
    ],
)
def test_an_option_that_names_no_column_is_an_error(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    """Else a slip in a name loses a field of all documents, and nothing says so."""
    columns = {"body": ["a"], "metadata": ["{}"], "link": [5], "tags": [["x"]]}
    path = write(tmp_path / "a.parquet", columns)
    (told,) = errors(rows("parquet", path, **{"text": "body"} | options))
    assert message in told


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize(
    ("url", "near"), [("metadata.ulr", "metadata.url"), ("metadata.s.hots", "metadata.s.host")]
)
def test_a_path_into_json_that_leads_nowhere_names_the_nearest(
    tmp_path: Path, kind: str, url: str, near: str
) -> None:
    inner = json.dumps({"url": "u", "date": "2020", "s": {"host": "h"}})
    record = {"text": "a", "metadata": inner}
    path = tmp_path / f"a.{kind}"
    if kind == "jsonl":
        path.write_text(json.dumps(record) + "\n")
    else:
        write(path, {name: [value] * 2 for name, value in record.items()})
    for asked, expected in [(url, near), ("metadata.url", None)]:
        unit = WorkUnit(0, "test", kind, str(path), options=(("url", asked),))
        with open_unit(unit) as file:
            told = KINDS[kind].look(unit, file)
        assert told is None if expected is None else f"did you mean {expected!r}" in told.fault


def test_names_that_may_be_content_are_not_suggested(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"], "Anna Muster": ["b"]})
    (told,) = errors(rows("parquet", path, title="Anna Must"))
    assert "Muster" not in told


NAN = float("nan")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array([1.0, NAN, None, 2.5, NAN, 0.0]), ["1", "#1", "#2", "2.5", "#4", "0"]),
        (pa.array([NAN] * 3, pa.float32()), ["#0", "#1", "#2"]),
        (pa.array([7.0, NAN, 7e15]).dictionary_encode(), ["7", "#1", "7000000000000000"]),
        (pa.array([1, None, 0]), ["1", "#1", "0"]),
        (pa.array(["nan", "", " ", "\u3000\t", None, "NaN", " a"]),
         ["nan", "#1", "#2", "#3", "#4", "NaN", " a"]),
        (pa.array([b"nan", b"", b" ", b"\xff"]), ["nan", "#1", "#2", "ff"]),
        (pa.nulls(2), ["#0", "#1"]),
    ],
    ids=["double", "float", "dictionary", "int", "string", "binary", "null"],
)  # fmt: skip
def test_a_missing_id_is_the_rows_place(tmp_path: Path, ids: pa.Array, expected: list[str]) -> None:
    """Otherwise all rows that a data frame has no id of were one document, and all but one go."""
    path = write(tmp_path / "a.parquet", {"text": ["word"] * len(ids), "id": ids}, 2)
    named = [f"a.parquet{name}" if name[0] == "#" else name for name in expected]
    assert [row["native_id"] for row in rows("parquet", path)] == named
    assert [row["native_id"] for row in rows("parquet", path, batch_docs=1)] == named


def test_nan_is_no_value_of_any_field(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["word"], "url": [NAN], "title": [NAN]})
    (row,) = rows("parquet", path)
    assert (row["url"], row["title"]) == (None, None)


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(), pa.large_string(), pa.binary(), pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()), pa.string_view(),
    ],
    ids=str,
)  # fmt: skip
def test_any_column_of_text_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    values = ["één", "", None, " \n", "twee"]
    texts = pa.array([None if v is None else v.encode() for v in values], pa.binary())
    path = write(tmp_path / "a.parquet", {"text": texts.cast(pa.string()).cast(kind)})
    found = rows("parquet", path)
    assert outcomes(found) == {"document": 2, "parquet.empty": 3}
    assert [row["content"] for row in documents(found)] == ["één".encode(), b"twee"]


def test_bytes_that_are_no_utf8_are_error_rows_unless_they_are_html(tmp_path: Path) -> None:
    bad = pa.array([b"ok", b"\xff\xfe", b"ok"], pa.binary())
    for column in (bad, bad.cast(pa.string(), safe=False)):
        path = write(tmp_path / "a.parquet", {"text": column, "url": column})
        found = rows("parquet", path)
        assert outcomes(found) == {"document": 2, "error": 1}
        assert found[1]["native_id"] == "a.parquet#1"
    path = write(tmp_path / "a.parquet", {"text": bad, "url": bad})
    found = rows("parquet", path, media_type="html")
    assert outcomes(found) == {"document": 3}
    assert found[1]["url"] == "\ufffd\ufffd"
    assert found[1]["charset"] is None


def test_a_row_over_the_limit_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a", "b" * 500, "c"]})
    found = rows("parquet", path, limit=100)
    assert outcomes(found) == {"document": 2, "error": 1}
    assert errors(found)[0].startswith("record of 500 bytes is larger than max_record_mb")


@pytest.mark.parametrize("columns", [{"body": ["a"]}, {"text": [["a"]]}, {"text": [5]}])
def test_a_table_without_a_text_column_is_an_error_row(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    (message,) = errors(rows("parquet", write(tmp_path / "a.parquet", columns)))
    assert "column 'text'" in message


def test_a_table_without_rows_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": pa.array([], pa.string())})
    assert errors(rows("parquet", path)) == ["empty file"]


def test_row_groups_together_are_the_file(tmp_path: Path) -> None:
    values = [f"text number {n}" * (n % 7) for n in range(95)]
    path = write(tmp_path / "a.parquet", {"text": values}, compression="none")
    size = path.stat().st_size
    expected = rows("parquet", path)
    assert [row["native_id"] for row in expected] == [f"a.parquet#{n}" for n in range(95)]
    for unit_bytes in (1, 800, 2000, 10**9):
        spans = KINDS["parquet"].split(str(path), size, unit_bytes)
        found: list[dict[str, Any]] = []
        stored, counted = b"", 0
        for span in spans:
            for batch_docs in (3, 1000):
                part = rows("parquet", path, span=span, batch_docs=batch_docs)
            found += part
            unit = WorkUnit(0, "s", "parquet", str(path), *span)
            with open_unit(unit) as file:
                list(KINDS["parquet"].read(unit, file, 10, 10**6))
                counted += file.bytes_read
                digest = file.hexdigest()
            start, end = file._hashed - file.bytes_read, file._hashed
            assert digest == hashlib.sha256(path.read_bytes()[start:end]).hexdigest()
            stored += path.read_bytes()[start:end]
        assert found == expected
        assert counted == size
        assert stored == path.read_bytes()
    assert len(KINDS["parquet"].split(str(path), size, 1)) == 10
    assert KINDS["parquet"].split(str(path), size, 10**9) == [(0, -1)]


def test_a_file_that_is_cut_is_one_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"] * 50})
    path.write_bytes(path.read_bytes()[:-10])
    assert KINDS["parquet"].split(str(path), 1000, 1) == [(0, -1)]
    (message,) = errors(rows("parquet", path))
    assert "incomplete" in message


def test_a_damaged_row_group_costs_its_rows_only(tmp_path: Path) -> None:
    values = [f"text number {n}" for n in range(40)]
    path = write(tmp_path / "a.parquet", {"text": values}, compression="zstd")
    stored = bytearray(path.read_bytes())
    start = pq.read_metadata(io.BytesIO(stored)).row_group(1).column(0).dictionary_page_offset
    stored[start : start + 60] = b"\xff" * 60
    path.write_bytes(stored)
    found = rows("parquet", path)
    assert len(documents(found)) == 30
    assert errors(found) == ["rows 10 to 19 cannot be read: row group damaged"]


def test_a_file_that_changed_since_planning_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"]})
    with pytest.raises(OSError, match="plan it again"):
        rows("parquet", path, span=(0, 5))


def test_batches_are_bounded_in_bytes(tmp_path: Path) -> None:
    values = ["x" * 3_000_000 if n % 10 < 5 else "y" for n in range(40)]
    path = write(tmp_path / "a.parquet", {"text": values}, row_group_size=40)
    unit = WorkUnit(0, "s", "parquet", str(path), options=(("max_ratio", 1e6),))
    with open_unit(unit) as file:
        sizes = [b.get_total_buffer_size() for b in KINDS["parquet"].read(unit, file, 40, 10**7)]
        assert len(sizes) > 1
    found = rows("parquet", path, limit=10**7, max_ratio=1e6)
    assert [row["content"].decode() for row in found] == values


@pytest.mark.parametrize("as_arrow", [True, False], ids=["dictionary", "strings"])
def test_a_dictionary_with_one_long_text_for_all_rows_is_an_error(
    tmp_path: Path, as_arrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 GB of text in a few hundred bytes."""
    path = tmp_path / "a.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 3000, pa.int32()), ["a" * 1_000_000])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", store_schema=as_arrow)
    assert path.stat().st_size < 1000
    decoded: list[int] = []
    tell = Limits.outgrown
    monkeypatch.setattr(
        Limits,
        "outgrown",
        lambda self, size, stored: decoded.append(size) or tell(self, size, stored),
    )
    (found,) = rows("parquet", path)
    assert (
        found["error"]
        == "rows 0 to 2999 cannot be read: grows to more than 200 times its size (max_ratio)"
    )
    assert max(decoded) < 200 << 20


@pytest.mark.parametrize("named", ["text", "body.text", "url"])
def test_a_column_that_stands_twice_is_an_error_of_its_file(tmp_path: Path, named: str) -> None:
    first = named.split(".")[0]
    inner = pa.array([{"text": "b"}]) if "." in named else pa.array(["b"])
    names = [first, first] if first == "text" else [first, first, "text"]
    columns = [inner, inner] if first == "text" else [inner, inner, pa.array(["c"])]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays(columns, names), path)
    field = "url" if named == "url" else "text"
    (found,) = rows("parquet", path, **{field: named})
    assert found["error"] == f"column {first!r} stands twice"
    options = ((field, named),)
    unit = WorkUnit(0, "s", "parquet", str(path), options=options)
    with open_unit(unit) as file:
        assert KINDS["parquet"].look(unit, file) is None  # other files of the source may be whole


@pytest.mark.real
def test_real_tables() -> None:
    found = rows("parquet", real_data("parallel/flores200-devtest.parquet"), language="lang")
    assert outcomes(found) == {"document": 204 * 1012}


def test_bytes_of_a_fixed_size_are_texts_without_the_zeros_that_fill_them(tmp_path: Path) -> None:
    values = pa.array([b"mill\0\0", b"r\xc3\xadver"[:6], None, b"\0" * 6], pa.binary(6))
    path = write(tmp_path / "a.parquet", {"text": values})
    found = rows("parquet", path)
    assert [row["content"] for row in found] == [b"mill", "ríve".encode() + b"r", None, None]
    assert outcomes(found) == {"document": 2, "parquet.empty": 2}


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_lists_of_strings_are_refused_with_what_mends_them(
    tmp_path: Path, kind: pa.DataType
) -> None:
    """Words of a sentence want a space between them, paragraphs an empty line."""
    path = write(tmp_path / "a.parquet", {"text": pa.array([["a", "b"]], kind)})
    (told,) = errors(rows("parquet", path))
    assert "column 'text' is a list, not text: its strings may be words, sentences" in told
    assert "join them in a column of texts" in told
    (plain,) = errors(rows("parquet", write(tmp_path / "b.parquet", {"text": [[1]]})))
    assert plain == "column 'text' is a list, not text"
