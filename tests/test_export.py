"""`winnow export`: every format is read back by another reader, and has the rows of the corpus."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.store import Store
from shards.corpus_files import FORMATS, SEPARATOR, export, numbered
from tests.winnow import winnow


def corpus(run: Path) -> pa.Table:
    parts = sorted((run / "corpus").glob("*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts])


def read_back(folder: Path, format_: str) -> list[Any]:
    """Rows of the files of a folder, in order; texts alone where the format has no more."""
    rows: list[Any] = []
    for path in sorted(folder.glob("corpus-*")):
        data = path.read_bytes()
        if format_ == "jsonl.zst":
            data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
        if format_.startswith("jsonl"):
            rows += map(json.loads, data.decode().removesuffix("\n").split("\n"))
        elif format_ == "text":
            *texts, rest = data.decode().split(SEPARATOR)
            assert rest == ""
            rows += texts
        elif format_ == "parquet":
            rows += pq.read_table(path).to_pylist()
        else:
            with pa.memory_map(str(path)) as mapped:
                rows += pa.ipc.open_file(mapped).read_all().to_pylist()
    return rows


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_comes_back_with_the_same_rows(
    demo: Path, tmp_path: Path, format_: str
) -> None:
    table = corpus(demo)
    rows = [row["text"] if format_ == "text" else row for row in table.to_pylist()]
    digests = []
    for name, batch_rows in (("a", 1 << 10), ("b", 7)):
        out = Store(str(tmp_path / name))
        batches = table.combine_chunks().to_batches(batch_rows)
        files = [f.path for f in export(batches, table.schema, out, format_, 40_000)]
        assert files == [f"corpus-{i:05d}.{FORMATS[format_][0]}" for i in range(4)]
        assert read_back(tmp_path / name, format_) == rows
        if format_ != "arrow":  # its batches are those of the run's row groups
            digests.append([out.sha256(path) for path in files])
    assert len(set(map(tuple, digests))) <= 1, "the size of batches changed the bytes"


@given(st.lists(st.lists(st.integers(0, 30), max_size=5), max_size=8), st.integers(1, 50))
@settings(deadline=None)
def test_a_file_ends_with_the_document_that_fills_it(sizes: list[list[int]], most: int) -> None:
    batches = [pa.record_batch({"text_bytes": pa.array(some, pa.int64())}) for some in sizes]
    files: list[list[int]] = []
    for number, batch in numbered(batches, lambda b: b["text_bytes"].to_numpy(), most):
        assert number - len(files) in (0, -1)
        if number == len(files):
            files.append([])
        files[-1] += batch["text_bytes"].to_pylist()
    assert [size for file in files for size in file] == [size for some in sizes for size in some]
    assert all(sum(file) >= most for file in files[:-1])
    assert all(sum(file[:-1]) < most for file in files)


def test_a_text_that_holds_the_separator_is_refused_with_its_id(tmp_path: Path) -> None:
    rows: Iterable[pa.RecordBatch] = [
        pa.record_batch(
            {"id": ["a", "b"], "text": ["x", "y\x1e"], "text_bytes": pa.array([1, 2], pa.int64())}
        )
    ]
    (batch,) = rows
    with pytest.raises(ValueError, match=r"document b has the character U\+001E"):
        list(export(rows, batch.schema, Store(str(tmp_path)), "text", 1 << 20))
    assert not list(tmp_path.iterdir())


def test_languages_and_sources_are_chosen(demo: Path, tmp_path: Path) -> None:
    wanted = ("--lang", "de", "--lang", "ja", "--source", "web")
    told = winnow("export", demo, "--format", "jsonl", "--out", tmp_path / "some", *wanted).stdout
    table = corpus(demo)
    of_language = pc.is_in(table["language"], pa.array(["de", "ja"]))
    expected = table.filter(pc.and_(of_language, pc.equal(table["source"], "web"))).to_pylist()
    assert read_back(tmp_path / "some", "jsonl") == expected
    assert told == f"{len(expected)} documents in 1 file in {tmp_path / 'some'}\n"


def test_mistakes_are_one_clear_sentence(demo: Path, tmp_path: Path) -> None:
    def refused(*arguments: str | Path, code: int = 2) -> str:
        return winnow("export", *arguments, code=code).stderr

    out = ("--out", tmp_path / "out")
    assert "no format 'json', known are jsonl" in refused(demo, "--format", "json", *out)
    told = refused(demo, "--format", "jsonl", "--lang", "fr", *out)
    assert "has the language 'fr'; there are en, " in told
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "file").touch()
    assert "is not empty; give another --out" in refused(demo, "--format", "jsonl", *out)
    assert "there is no finished run" in refused(tmp_path, "--format", "jsonl", *out, code=1)
