"""Options that name a column or key which is not there are told before a run starts."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.recipe import first_files
from pipelines.recipe.plan import planned
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import formats, open_unit
from pipelines.sources.units import WorkUnit
from tests.winnow import winnow

ROWS = [{"id": n, "body": f"words of text {n}", "link": "https://example.org"} for n in range(30)]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def array(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows))


def csv(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines))


def tsv(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = ["\t".join(rows[0]), *("\t".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines))


def parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def arrow(path: Path, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "a.jsonl": ("jsonl", jsonl), "a.json": ("jsonl", array), "a.csv": ("csv", csv),
    "a.tsv": ("csv", tsv), "a.parquet": ("parquet", parquet), "b.parquet": ("hf_dataset", parquet),
    "a.arrow": ("hf_dataset", arrow),
}  # fmt: skip


def source(kind: str, path: Path) -> Recipe:
    return Recipe(name="r", sources=(Source(name="s", kind=kind, path=str(path)),))


def plan(folder: Path, kind: str, path: str, code: int, **options: Any) -> str:
    source = {"name": "s", "kind": kind, "path": str(folder / path), "options": options}
    (folder / "r.yaml").write_text(json.dumps({"name": "r", "sources": [source]}))
    done = winnow("plan", folder / "r.yaml", code=code)
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_column_that_is_not_there_is_told_with_the_nearest(tmp_path: Path, name: str) -> None:
    """The run would read everything and keep nothing, or lose what the option was meant to give."""
    kind, write = WRITERS[name]
    write(tmp_path / name, ROWS)
    assert "did you mean 'body'?" in plan(tmp_path, kind, name, 2, text="boddy")
    told = plan(tmp_path, kind, name, 2, text="body", url="linc")
    assert "'linc', which the option url names" in told
    assert "did you mean 'link'?" in told
    assert "set the option text" in plan(tmp_path, kind, name, 2).replace("name as", "set")
    assert "1 unit" in plan(tmp_path, kind, name, 0, text="body", url="link")


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.csv"])
def test_values_of_options_are_looked_at(tmp_path: Path, name: str) -> None:
    kind, write = WRITERS[name]
    write(tmp_path / name, ROWS)
    assert "per_file" in plan(tmp_path, kind, name, 2, text="body", ids="per_folder")
    assert "media_type 'md'" in plan(tmp_path, kind, name, 2, text="body", media_type="md")


def test_values_of_other_kinds_are_looked_at(tmp_path: Path) -> None:
    jsonl(tmp_path / "RC.jsonl", [{"id": "a", "body": "x"}])
    assert "min_score '3' is no whole number" in plan(
        tmp_path, "reddit", "RC.jsonl", 2, min_score="3"
    )
    assert "over_18" in plan(tmp_path, "reddit_threads", "RC.jsonl", 2, over_18="no")


def test_a_key_that_some_objects_have_is_right(tmp_path: Path) -> None:
    """Fields are missing in most objects of many dumps."""
    rows = [*ROWS, {"id": 31, "body": "x", "meta": {"when": None}, "a.b": 1}]
    jsonl(tmp_path / "a.jsonl", rows)
    plan(tmp_path, "jsonl", "a.jsonl", 0, text="body", date="meta.when", title="a.b")
    told = plan(tmp_path, "jsonl", "a.jsonl", 2, text="body", date="meta.then")
    assert "none of the first 31 objects has it" in told


def test_a_file_that_is_like_no_other_says_nothing_of_the_rest(tmp_path: Path) -> None:
    """Folders have a description of the data set, which comes first, or a damaged file."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a-info.jsonl").write_text('{"version": 3}\n')
    jsonl(folder / "b.jsonl", ROWS)
    plan(tmp_path, "jsonl", "data", 0, text="body")
    (folder / "a-info.jsonl").write_text("damaged")
    plan(tmp_path, "jsonl", "data", 0, text="body")
    (folder / "a-info.jsonl").write_text("")
    plan(tmp_path, "jsonl", "data", 0, text="boddy")


def test_no_name_that_may_be_content_is_shown(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", [{"Jane Example": 1, "12 Sample Street": 2}])
    told = plan(tmp_path, "jsonl", "a.jsonl", 2)
    assert "the object has 2 keys; set the option text" in told
    assert "Jane" not in told


def test_with_keep_going_it_is_a_note(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", ROWS)
    path = str(tmp_path / "a.jsonl")
    source = {"name": "s", "kind": "jsonl", "path": path, "options": {"text": "boddy"}}
    (tmp_path / "r.yaml").write_text(json.dumps({"name": "r", "sources": [source]}))
    done = winnow("plan", tmp_path / "r.yaml", "--keep-going")
    assert "did you mean 'body'?" in " ".join((done.stdout + done.stderr).split())


def test_how_a_file_is_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id;text\n1;a, b\n".encode("utf-16"))
    told = plan(tmp_path, "csv", "a.csv", 0)
    assert "a.csv is read as columns between semicolons, in utf-16" in told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("write", [jsonl, array])
def test_json_in_utf16_is_read(tmp_path: Path, write: Any, encoding: str) -> None:
    from tests.reading import rows

    write(tmp_path / "u", [{"text": "ŋ मिल\n🜚", "id": n} for n in range(4)])
    path = tmp_path / "a.json"
    path.write_bytes((tmp_path / "u").read_text().encode(encoding))
    options = {} if encoding != "utf-32" else {"encoding": "utf-32"}
    found = rows("jsonl", path, **options)
    assert [row["content"].decode() for row in found] == ["ŋ मिल\n🜚"] * 4


def test_json_in_an_older_encoding_is_read_by_its_option(tmp_path: Path) -> None:
    from tests.reading import errors, rows

    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Caf\xe9"}\n' * 3)
    assert "not valid UTF-8 at byte 13 of it" in errors(rows("jsonl", path))[0]
    (first, *_) = rows("jsonl", path, encoding="windows-1252")
    assert first["content"].decode() == "Café"
    ranged = rows("jsonl", path, span=(1, 50), encoding="windows-1252")
    assert [row["content"].decode() for row in ranged] == ["Café"] * 2


JSON_LINES = '{"text": "a"}\n{"text": "b"}\n'


@pytest.mark.parametrize(
    "kind",
    ["reddit", "reddit_threads", "twitter", "hacker_news", "cirrussearch", "wikimedia_enterprise"],
)
@pytest.mark.parametrize("write", [jsonl, array])
def test_objects_of_another_service_are_told(tmp_path: Path, kind: str, write: Any) -> None:
    """Every record became an error, hours later."""
    unrelated = [{"number": n, "words": "some"} for n in range(3)]
    write(tmp_path / "a.json", unrelated)
    found = first_files.look(recipe := source(kind, tmp_path / "a.json"), planned(recipe)[0])
    (told,) = found.values()
    assert f"what kind {kind} reads" in told.fault
    assert told.fault.endswith("; name other files, or use kind: jsonl")
    (tmp_path / "a.json").write_text("{damaged")
    (told,) = first_files.look(recipe, planned(recipe)[0]).values()
    assert not told.fault


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("reddit", {"id": "a", "body": "words"}),
        ("reddit_threads", {"id": "a", "body": "words", "link_id": "t3_a", "parent_id": "t3_a"}),
        ("twitter", {"id_str": "1", "full_text": "words"}),
        ("hacker_news", {"id": 1, "type": "story", "title": "words"}),
    ],
)
def test_one_object_of_the_service_is_enough(
    tmp_path: Path, kind: str, row: dict[str, Any]
) -> None:
    jsonl(tmp_path / "a.json", [{"notice": 1}, row])
    found = first_files.look(recipe := source(kind, tmp_path / "a.json"), planned(recipe)[0])
    assert [told.fault for told in found.values()] == [""]


@pytest.mark.parametrize(
    ("start", "told", "remedy"),
    [
        (b"\n<!DOCTYPE html>\n<html>", "an HTML page", "fetch the file again"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "an HTML page", ""),
        (b"PK\x03\x04 and more", "a zip archive", "unpack it first"),
        (b"%PDF-1.7\n", "a PDF file", "put its text into JSON lines"),
        (b"\xfd7zXZ\x00 and more", "an xz file", "unpack it first"),
    ],
)
@pytest.mark.parametrize("kind", ["jsonl", "warc", "wet", "parquet", "mediawiki", "csv", "twitter"])
def test_what_no_kind_reads_is_told_by_its_first_bytes(
    tmp_path: Path, start: bytes, told: str, remedy: str, kind: str
) -> None:
    """Such as the page of an error that a server sent instead of a dump."""
    (tmp_path / "a").write_bytes(start)
    with open_unit(WorkUnit(0, "s", kind, str(tmp_path / "a"))) as file:
        found = formats.mismatch(file, kind)
    assert found.startswith(f"looks like {told}, not ")
    assert remedy in found


STARTS = {
    "JSON lines": JSON_LINES.encode(),
    "JSON": b'\xef\xbb\xbf[{"text": "a"}]',
    "a table": b"id,text\n1,a\n",
    "WARC": b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
    "ARC": b"filedesc://a.arc 0.0.0.0 20100101000000 text/plain 0\n",
    "Parquet": b"PAR1 and more",
    "a dump of MediaWiki": b"<!-- a --><!-- b -->\n<mediawiki xmlns='a'>",
    "a dump of Stack Exchange": b"<?xml version='1.0'?>\n<posts>",
}


@pytest.mark.parametrize("start", sorted(STARTS))
@pytest.mark.parametrize("kind", ["jsonl", "warc", "parquet", "mediawiki", "stackexchange", "csv"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_kind_is_told_by_the_first_bytes(
    tmp_path: Path, start: str, kind: str, packed: bool
) -> None:
    """The run gave alarms, and never named the kind that reads the file."""
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(STARTS[start]) if packed else STARTS[start])
    with open_unit(WorkUnit(0, "s", kind, str(path))) as file:
        told = formats.mismatch(file, kind)
    right = next(one.kinds for one in formats.FORMATS if one.told == start.removesuffix(" lines"))
    if kind in right:
        assert told == ""
    else:
        assert told.startswith(f"looks like {start}, not ")
        assert told.endswith(f"; use kind: {right[0]}")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("jsonl", b'"a string, with a comma"\n"and, another"\n'),
        ("csv", b'"text"\n"one"\n'),
        ("csv", b"text\na, b\n"),
        ("warc", b""),
        ("warc", b"damaged"),
        ("mediawiki", b"<!--" * 1000),
        ("twitter", b"window.YTD.tweets.part0 = [{}]"),
    ],
)
def test_a_format_that_is_not_known_is_no_wrong_kind(
    tmp_path: Path, kind: str, data: bytes
) -> None:
    (tmp_path / "a").write_bytes(data)
    with open_unit(WorkUnit(0, "s", kind, str(tmp_path / "a"))) as file:
        assert formats.mismatch(file, kind) == ""


def test_plan_refuses_a_wrong_kind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(JSON_LINES)
    told = plan(tmp_path, "warc", "a.txt", 2)
    assert "sources[0].kind: " in told
    assert "a.txt looks like JSON lines, not WARC; use kind: jsonl" in told
    (tmp_path / "b.json").write_text('{"id": [1, 2], "text": ["a", "b"]}')
    assert 'to_json(orient="records", lines=True)' in plan(tmp_path, "jsonl", "b.json", 2)
    (tmp_path / "c.json").write_text("[1, 2]")
    assert "JSON value is no object" in plan(tmp_path, "jsonl", "c.json", 2)
