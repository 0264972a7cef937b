"""Many small files of a source are one unit, and nothing but the number of units shows it."""

import bz2
import dataclasses
import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manifests import inputs, schemas
from manifests.statistics import Input
from manifests.store import Store
from pipelines.recipe import differences
from pipelines.recipe import plan as planning
from pipelines.recipe.plan import Plan, estimated_text_bytes, plan
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import KINDS as SOURCE_KINDS
from pipelines.sources import expand
from pipelines.sources.records import Batches, Record
from pipelines.sources.unit_records import UnitRecords
from pipelines.sources.units import WorkUnit
from tests.winnow import manifest, winnow

WORDS = "the keeper of a mill where the river bends writes of stone and of water"
MOST = (1 << 20) // 16  # bytes of a group where unit_mb is 1
FILES = 30


def planned(path: Path | str, kind: str = "jsonl") -> Plan:
    source = Source(name="s", kind=kind, path=str(path))
    return plan(Recipe(name="r", unit_mb=1, sources=(source,)))


def line(number: int, **fields: Any) -> bytes:
    return json.dumps({"text": f"Text {number} about the mill.", **fields}).encode() + b"\n"


def paths(units: Plan) -> list[str]:
    return [file.path for unit in units.units for file in unit.files()]


# The plan


def test_a_group_ends_where_its_bytes_would_be_too_many(tmp_path: Path) -> None:
    """And files that are not small stand alone, in their place among the others."""
    sizes = [10, MOST - 10, 1, MOST, 5, 5, 3 << 20, 7]
    for number, size in enumerate(sizes):
        (tmp_path / f"{number}.jsonl").write_bytes(b"\n" * size)
    found = planned(tmp_path)
    assert [len(list(u.files())) for u in found.units] == [2, 1, 1, 2, 1, 1, 1, 1]
    assert [u.size_bytes for u in found.units] == [MOST, 1, MOST, 10, 1 << 20, 1 << 20, 1 << 20, 7]
    assert [u.index for u in found.units] == list(range(8))
    assert sorted(set(paths(found))) == expand(str(tmp_path))


def test_a_group_has_not_more_files_than_a_worker_should_open(tmp_path: Path) -> None:
    for number in range(4097):
        (tmp_path / f"{number:04d}.jsonl").touch()
    found = planned(tmp_path)
    assert [len(list(u.files())) for u in found.units] == [4096, 1]
    assert paths(found) == expand(str(tmp_path))


def test_labels_are_paths_below_the_source_however_it_is_written(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """Equal names in two folders would give equal ids."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("en/a.jsonl", "fr/a.jsonl"):
        (tmp_path / "d" / name).parent.mkdir(parents=True)
        (tmp_path / "d" / name).write_bytes(line(1))
    for source in (tmp_path / "d", "~/d", f"file://{tmp_path}/d", "~/d/*/a.jsonl"):
        found = [file.label for unit in planned(source).units for file in unit.files()]
        assert found == ["en/a.jsonl", "fr/a.jsonl"]


def test_sources_are_not_grouped_with_each_other(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_bytes(line(1))
    sources = tuple(
        Source(name=name, kind="jsonl", path=f"{tmp_path}/{name}.jsonl") for name in "ab"
    )
    assert len(plan(Recipe(name="r", sources=sources)).units) == 2


def test_a_unit_and_a_plan_read_back_as_themselves(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jsonl").write_bytes(line(number))
    found = planned(tmp_path)
    (unit,) = found.units
    assert WorkUnit.from_json(unit.to_json()) == unit
    read = json.loads(found.encoded())
    assert read == differences.plain(found.to_json())
    assert [WorkUnit.from_fields(fields) for fields in read["units"]] == [unit]
    assert unit.without_files().name == unit.name
    assert "3 files from" in str(unit)


def test_text_is_estimated_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"x" * 1000)
    (tmp_path / "b.jsonl.gz").write_bytes(b"x" * 1000)
    (unit,) = planned(tmp_path).units
    alone = [planned(tmp_path / name).units[0] for name in ("a.jsonl", "b.jsonl.gz")]
    assert estimated_text_bytes(unit) == sum(map(estimated_text_bytes, alone))


def test_the_text_of_a_plan_is_unknown_with_the_size_of_a_file(tmp_path: Path) -> None:
    """A run would take one worker for a download whose length the server does not say."""
    (tmp_path / "a.jsonl").write_bytes(b"\n" * 1000)
    (tmp_path / "b.jsonl.gz").write_bytes(b"\n" * 1000)
    found = planned(tmp_path)
    assert found.text_bytes == sum(map(estimated_text_bytes, found.units))
    unknown = dataclasses.replace(found.units[0], size_bytes=0)
    assert Plan((*found.units, unknown)).text_bytes is None


def test_a_file_of_a_group_that_changed_is_named(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_bytes(line(number))
    before = planned(tmp_path)
    (tmp_path / "4.jsonl").write_bytes(line(4))
    (tmp_path / "1.jsonl").unlink()
    (tmp_path / "2.jsonl").write_bytes(line(2) * 2)
    after = planned(tmp_path)
    assert before.digest != after.digest
    (told,) = differences.of_plans(json.loads(before.encoded()), after.to_json())
    added, removed, changed = (tmp_path / f"{n}.jsonl" for n in (4, 1, 2))
    assert told.told == f"files of source s: added {added}, removed {removed}, changed {changed}"


def test_a_folder_is_listed_as_pathlib_lists_it(tmp_path: Path, monkeypatch: Any) -> None:
    """Without hidden and marked names, and without following links to folders."""
    for name in ("a", "b/c", "b/.d/e", "b/_f", ".g/h", "_i/j", "k l/ö"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path / "b", tmp_path / "link")
    os.symlink(tmp_path / "a", tmp_path / "file-link")
    monkeypatch.chdir(tmp_path)
    for root in (str(tmp_path), ".", "./b", "b/", f"{tmp_path}//b", "k l"):
        expected = sorted(
            str(path)
            for path in Path(root).rglob("*")
            if not path.is_dir()
            and not any(part[0] in "._" for part in path.relative_to(root).parts)
        )
        assert expand(root) == expected


# Reading


def warc_page(number: int) -> bytes:
    html = f"<html><body><p>Page {number} of the mill by the river.</p></body></html>"
    content = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{html}"
    header = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {len(content)}\r\n"
    return f"{header}Content-Type: application/http\r\n\r\n{content}\r\n\r\n".encode()


def wiki_dump(number: int) -> bytes:
    return (
        f"<mediawiki xml:lang='en'><page><title>T{number}</title><ns>0</ns><id>{number}</id>"
        f"<revision><id>1</id><text>About mill {number}.</text></revision></page></mediawiki>"
    ).encode()


def table(number: int) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": [f"Row {number}.", None]}), sink)
    stored: bytes = sink.getvalue().to_pybytes()
    return stored


KINDS = {
    "jsonl": ("jsonl", line),
    "jsonl.gz": ("jsonl", lambda number: gzip.compress(line(number) * 2, mtime=0)),
    "warc.gz": ("warc", lambda number: gzip.compress(warc_page(number), mtime=0)),
    "xml.bz2": ("mediawiki", lambda number: bz2.compress(wiki_dump(number))),
    "parquet": ("parquet", table),
}


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Files without ids of their own, among them an empty, a damaged and two equal ones."""
    kind, content = KINDS[request.param]
    for number in range(FILES):
        stored = content(number)
        if number == 7:
            stored = b""
        if number == 11:
            stored = stored[: len(stored) * 2 // 3]
        if number == 13:
            stored = content(12)
        path = tmp_path / f"{number % 3}" / f"{number:02d}.{request.param}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(stored)
    return kind, tmp_path


def read(units: Any, batch_docs: int = 1000) -> tuple[list[dict[str, Any]], list[str], list[Input]]:
    """Rows, the path of each, and inputs."""
    rows, places, found = [], [], []
    for unit in units:
        records = UnitRecords(unit, batch_docs, 1 << 20)
        bytes_read = 0
        for batch in records:
            assert batch.records.schema == schemas.RECORDS
            batch.records.validate(full=True)
            assert 0 < batch.records.num_rows == len(batch.paths) <= batch_docs
            rows += batch.records.to_pylist()
            places += batch.paths.to_pylist()
            bytes_read += batch.bytes_read
        assert bytes_read <= unit.size_bytes
        found += records.inputs
    return rows, places, found


def test_records_do_not_depend_on_the_group(
    folder: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, ids, paths and digests are those of each file planned alone."""
    kind, root = folder
    found = planned(root, kind)
    assert len(found.units) == 1
    assert len(paths(found)) == FILES
    monkeypatch.setattr(planning, "_GROUP_FILES", 1)
    alone = planned(root, kind)
    assert len(alone.units) == FILES
    expected = read(alone.units)
    assert {row["error_kind"] for row in expected[0]} == {None, schemas.READ_DAMAGED}
    assert len({row["native_id"] for row in expected[0]}) == len(expected[0])
    for batch_docs in (1, 2, 7, 1000):
        assert read(found.units, batch_docs) == expected


def test_a_group_is_read_in_few_batches(folder: tuple[str, Path]) -> None:
    kind, root = folder
    (unit,) = planned(root, kind).units
    assert len(list(UnitRecords(unit, 1000, 1 << 20))) == 1


def test_a_lost_file_costs_its_own_row(folder: tuple[str, Path]) -> None:
    """It is named, and the others are read."""
    kind, root = folder
    found = planned(root, kind)
    sound = read(found.units)
    lost = paths(found)[17]
    Path(lost).unlink()
    rows, places, told = read(found.units)
    at = places.index(lost)
    assert rows[at]["native_id"] == f"{lost}[0:-1]"
    assert rows[at]["error_kind"] == schemas.READ_UNREADABLE
    assert lost in rows[at]["error"]
    assert places.count(lost) == 1
    others = [row for row, place in zip(sound[0], sound[1], strict=True) if place != lost]
    assert [*rows[:at], *rows[at + 1 :]] == others
    assert [one.sha256 for one in told if one.path == lost] == [""]


def test_each_file_has_its_own_digest(folder: tuple[str, Path]) -> None:
    kind, root = folder
    found = planned(root, kind)
    for one in read(found.units)[2]:
        stored = Path(one.path).read_bytes()
        assert one.sha256 == hashlib.sha256(stored).hexdigest()
        assert one.size_bytes == len(stored)


def test_what_was_read_before_a_storage_failed_is_kept(tmp_path: Path, monkeypatch: Any) -> None:
    """Also the part of a batch that was not full, or the size of batches would show."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(line(number) for number in range(9)))
    (unit,) = planned(path).units
    expected, _, _ = read([unit])

    def records() -> Iterator[Record]:
        for row in expected:
            yield Record(**{name: row[name] for name in Record._fields})
        raise OSError("the disk is gone")

    def failing(*_: Any) -> Batches:
        return Batches(records(), 4)

    kind = dataclasses.replace(SOURCE_KINDS["jsonl"], read=failing)
    monkeypatch.setitem(SOURCE_KINDS, "jsonl", kind)
    for batch_docs in (4, 1000):
        rows, _, _ = read([unit], batch_docs)
        assert [row["native_id"] for row in rows[:9]] == [row["native_id"] for row in expected]
        assert "the disk is gone" in rows[9]["error"]


# The table of inputs


def test_inputs_are_a_sorted_table_and_a_digest(tmp_path: Path) -> None:
    rows = {Input("s", f"p{n}", n, -1, n, "") for n in (2, 10, 1)}
    written = inputs.write(Store(str(tmp_path)), rows)
    found = pq.read_table(tmp_path / written.path)
    assert found.schema.equals(schemas.INPUTS)
    assert found["name"].to_pylist() == ["s:p1[1:-1]", "s:p10[10:-1]", "s:p2[2:-1]"]
    told = inputs.summary(rows)
    assert (told["count"], told["size_bytes"]) == (3, 13)
    listed = [["s", "p1", 1, -1, 1, ""], ["s", "p10", 10, -1, 10, ""], ["s", "p2", 2, -1, 2, ""]]
    content = json.dumps(listed, separators=(",", ":")).encode()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()


# Whole runs


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 files of a line each, one of them damaged, and the others in one file."""
    root = tmp_path_factory.mktemp("small")
    (root / "many").mkdir()
    words = WORDS.split()
    with (root / "one.jsonl").open("wb") as one:
        for number in range(600):
            text = " ".join(words[number * n % len(words)] for n in range(1, 60)) + f" {number}."
            stored = line(number, id=str(number), text=text.capitalize())
            if number == 300:
                stored = b'{"text": \n'
            else:
                one.write(stored)
            (root / "many" / f"{number:03d}.jsonl").write_bytes(stored)
    return root


def options(path: Path, out: Path) -> list[str | Path]:
    return ["run", "wikipedia", "--quiet", "--workers", "1", "--out", out,
            "--source", f"s=jsonl:{path}", "--set", "tokenizer.vocab_size=300",
            "--set", "documents.rules={}", "--set", "duplicates.near=null"]  # fmt: skip


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "many"
    winnow(*options(source / "many", out))
    return out


def documents(run: Path) -> dict[bytes, tuple[str, str]]:
    found = pa.concat_tables([pq.read_table(p) for p in sorted((run / "documents").glob("*"))])
    rows = found.select(["doc_id", "native_id", "text"]).to_pylist()
    return {row["doc_id"]: (row["native_id"], row["text"]) for row in rows}


def test_many_files_give_what_one_gives(run: Path, source: Path, tmp_path: Path) -> None:
    winnow(*options(source / "one.jsonl", tmp_path / "one"))
    assert len(documents(run)) == 599
    assert documents(run) == documents(tmp_path / "one")
    (shard,) = (run / "shards").glob("*")
    assert shard.read_bytes() == (tmp_path / "one/shards" / shard.name).read_bytes()


def test_an_error_names_its_file(run: Path, source: Path) -> None:
    (row,) = pq.read_table(run / "errors").to_pylist()
    assert row["path"] == f"{source}/many/300.jsonl"


def test_a_run_of_many_files_leaves_few(run: Path, source: Path) -> None:
    assert sum(path.is_file() for path in run.rglob("*")) < 40
    assert (run / "manifest.json").stat().st_size < 20_000
    content = manifest(run)["reproducible"]
    stored = [path.stat().st_size for path in (source / "many").iterdir()]
    assert (content["inputs"]["count"], content["inputs"]["size_bytes"]) == (600, sum(stored))
    assert pq.read_metadata(run / "inputs.parquet").num_rows == 600


def test_the_commands_and_the_library_read_it(run: Path, source: Path) -> None:
    import winnow as library

    winnow("verify", run)
    winnow("inspect", run)
    opened = library.open(run)
    assert "inputs" in opened.tables
    assert opened.table("inputs", ["sha256"]).num_rows == 600
    assert opened.documents().read_all().num_rows == 599
    told = winnow("plan", "wikipedia", "--source", f"s=jsonl:{source}/many").stdout
    assert "600 files" in " ".join(told.split())


def test_verify_checks_the_table_of_inputs(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    table = tmp_path / "run/inputs.parquet"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)
    told = winnow("verify", tmp_path / "run", code=1)
    assert "inputs.parquet: content changed" in " ".join((told.stdout + told.stderr).split())
    table.unlink()
    told = winnow("verify", tmp_path / "run", code=1)
    assert "inputs.parquet: missing" in " ".join((told.stdout + told.stderr).split())


def test_a_run_goes_on_with_its_groups(source: Path, tmp_path: Path) -> None:
    """A finished group is not read again; a file that is added is named first."""
    many, out = tmp_path / "many", tmp_path / "run"
    many.mkdir()
    for path in list((source / "many").iterdir())[:20]:
        (many / path.name).write_bytes(path.read_bytes())
    winnow(*options(many, out))
    before = manifest(out)["run_digest"]
    marker = out / "stages/documents/000000.json"
    written = marker.stat().st_mtime_ns
    for name in ("manifest.json", "inputs.parquet", "stages/documents.json"):
        (out / name).unlink()
    winnow(*options(many, out))
    assert marker.stat().st_mtime_ns == written
    assert manifest(out)["run_digest"] == before
    (many / "new.jsonl").write_bytes(line(1000, id="new"))
    told = winnow(*options(many, out), code=2)
    assert f"added {many}/new.jsonl" in " ".join((told.stdout + told.stderr).split())
    winnow(*options(many, out), "--from-stage", "documents")
    assert manifest(out)["reproducible"]["inputs"]["count"] == 21
