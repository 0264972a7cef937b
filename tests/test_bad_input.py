"""Broken files, unreadable paths, bad recipes: one clear message or one error row each."""

import bz2
import gzip
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from manifests import files as manifest_files
from manifests.store import Store
from pipelines import sample
from tests.realdata import real_data
from tests.winnow import dropped, manifest, winnow

SAMPLE = Path(sample.__file__).parent
SMALL = ["--quiet", "--workers", "1", "--set", "tokenizer.vocab_size=512"]
GOOD = "The mill stands where the river bends, and the miller's daughter keeps its books. " * 3


def jsonl(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"".join(
        (line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines
    ))  # fmt: skip
    return path


def errors(run: Path) -> dict[str, dict[str, str]]:
    """Error rows by source."""
    rows = [row for path in sorted(run.glob("errors/*")) for row in pq.read_table(path).to_pylist()]
    return {row["source"]: row for row in rows}


def test_every_damaged_file_gives_its_error_row_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = jsonl(tmp_path / "good.jsonl", json.dumps({"id": "1", "text": GOOD}))
    whole = (SAMPLE / "web.warc.gz").read_bytes()
    (tmp_path / "cut.warc.gz").write_bytes(whole[: len(whole) // 2])
    dump = (SAMPLE / "wiki.xml.bz2").read_bytes()
    (tmp_path / "cut.xml.bz2").write_bytes(dump[: len(dump) // 2])
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "nothing.warc.gz").write_bytes(b"")
    jsonl(tmp_path / "bytes.jsonl", b'{"text": "\xff\xfe"}')
    jsonl(tmp_path / "huge.jsonl", '{"text": "' + "x" * 50_000_000 + '"}')
    (tmp_path / "not.parquet").write_bytes(b"PAR1 is not enough")
    run = tmp_path / "run"
    sources = {
        "good": f"jsonl:{good}",
        "cut_gzip": f"warc:{tmp_path}/cut.warc.gz",
        "cut_bzip2": f"mediawiki:{tmp_path}/cut.xml.bz2",
        "empty": f"jsonl:{tmp_path}/empty.jsonl",
        "empty_gzip": f"warc:{tmp_path}/nothing.warc.gz",
        "bytes": f"jsonl:{tmp_path}/bytes.jsonl",
        "huge": f"jsonl:{tmp_path}/huge.jsonl",
        "not_parquet": f"parquet:{tmp_path}/not.parquet",
    }
    arguments = [a for name, s in sources.items() for a in ("--source", f"{name}={s}")]
    winnow("run", "web-multilingual", "--out", run, *SMALL, *arguments)
    found = errors(run)
    assert set(found) == set(sources) - {"good"}
    for name, row in found.items():
        assert row["path"] == sources[name].split(":", 1)[1]
        assert row["native_id"]
        assert row["error"], name
    stage = manifest(run)["reproducible"]["stages"]["documents"]["funnel"]
    assert stage["kept"]["docs"] > 1, "what stands before the damage must be read"
    winnow("verify", run)


def test_a_source_that_matches_nothing_stops_before_work_starts(tmp_path: Path) -> None:
    told = winnow(
        "run", "wikipedia", "--out", tmp_path / "run", "--source", "jsonl:none/*.jsonl", code=2
    )
    assert "none/*.jsonl" in told.stderr
    assert not (tmp_path / "run").exists()


def test_keep_going_turns_a_missing_source_into_an_error_row(tmp_path: Path) -> None:
    good = jsonl(tmp_path / "good.jsonl", json.dumps({"id": "1", "text": GOOD}))
    run = tmp_path / "run"
    winnow(
        "run", "wikipedia", "--out", run, *SMALL, "--keep-going",
        "--source", f"jsonl:{good}", "--source", "gone=jsonl:none.jsonl",
    )  # fmt: skip
    assert "none.jsonl" in errors(run)["gone"]["error"]
    assert dropped(run)["read.unreadable"] == 1


def test_a_run_that_could_read_nothing_fails(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "bad.jsonl", "{", "[1]", "")
    told = winnow(
        "run", "wikipedia", "--out", tmp_path / "run", *SMALL, "--source", f"jsonl:{path}", code=1
    )
    assert "nothing could be read; first error: " in told.stderr
    assert "bad.jsonl" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_run_whose_documents_are_all_dropped_says_why(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "short.jsonl", json.dumps({"text": "too short"}))
    told = winnow("run", "fineweb-en", "--out", tmp_path / "run", *SMALL,
                  "--source", f"jsonl:{path}", code=1)  # fmt: skip
    assert "no document survived; dropped because of" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_folder_with_other_files_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    told = winnow("run", "demo", "--out", tmp_path, code=2)
    assert "no winnow run" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "demoo", "--out", "x"], "did you mean 'demo'"),
        (["run", "demo", "--out", "x", "--set", "tokenizer.vocab=3"], "tokenizer.vocab"),
        (["run", "demo", "--out", "x", "--runner", "SparkRuner"], "unknown runner"),
        (["run", "demo", "--out", "x", "--workers", "0"], "must be 1 or more"),
        (["run", "fineweb-en", "--out", "x"], "names no source"),
        (["run", "demo"], "--out"),
        (["rules", "gofer"], "unknown rule"),
        (["recipes", "gofer"], "unknown recipe"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_change(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    told = winnow(*arguments, code=2, cwd=tmp_path)
    assert message in told.stderr
    assert "Traceback" not in told.stderr
    assert not list(tmp_path.iterdir())


def test_inspect_and_verify_without_a_run_fail_clearly(tmp_path: Path) -> None:
    for command in ("inspect", "verify"):
        assert "finished run" in winnow(command, tmp_path / "none", code=1).stderr


def test_a_damaged_part_of_an_interrupted_run_is_named(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    (run / "manifest.json").write_text("{")
    assert "FAULT manifest.json: damaged: Expecting" in winnow("verify", run, code=1).stdout


def test_compressed_twins_give_the_same_documents(tmp_path: Path) -> None:
    text = json.dumps({"id": "1", "text": GOOD}).encode() + b"\n"
    digests = set()
    for name, data in (
        ("a.jsonl", text), ("a.jsonl.gz", gzip.compress(text)), ("a.jsonl.bz2", bz2.compress(text))
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(data)
        run = tmp_path / f"run-{name}"
        winnow("run", "wikipedia", "--out", run, *SMALL, "--source", f"a=jsonl:{path}")
        files = manifest_files.read(Store(str(run)), "documents")
        digests.add(next(f["sha256"] for f in files if f["path"].startswith("documents/")))
    assert len(digests) == 1


def test_real_truncated_files_end_with_shards_and_counts_that_add_up(tmp_path: Path) -> None:
    clipped = real_data("commoncrawl/clipped.warc.gz")
    dump = real_data("wikipedia/jawiki-262-pages-truncated.xml.bz2")
    run = tmp_path / "run"
    winnow("run", "web-multilingual", "--out", run, *SMALL,
           "--source", f"warc:{clipped}", "--source", f"mediawiki:{dump}")  # fmt: skip
    assert len(errors(run)) == 2
    winnow("verify", run)


def test_records_without_texts_name_the_file_and_its_keys(tmp_path: Path) -> None:
    """`loosen these thresholds` was no remedy where readers skipped all records."""
    path = jsonl(tmp_path / "null.jsonl", json.dumps({"text": None, "body": "words"}))
    told = winnow("run", "wikipedia", "--out", tmp_path / "run", *SMALL,
                  "--source", f"jsonl:{path}", code=1).stderr  # fmt: skip
    assert "skipped all records: jsonl.empty (1)" in told
    assert "null.jsonl holds no text, and there are 2 keys: text, body; set the option text" in told
