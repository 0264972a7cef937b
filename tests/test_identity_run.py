"""Ids that stand for several texts: no text is lost, however the files are read."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.deduplicating import story
from tests.winnow import dropped, manifest, winnow

Rows = Sequence[tuple[str | int, str]]
FILES = 3


def text(number: int) -> str:
    return " ".join(story(number, 40))


def rows(file: int) -> list[tuple[int, str]]:
    """Ids 0 to 9 in each file, of texts of their own; and one row once more."""
    found = [(i, text(100 * file + i)) for i in range(10)]
    return [*found, found[3]]


def jsonl(file: Path, found: Rows) -> None:
    lines = (json.dumps({"id": number, "text": one}) for number, one in found)
    file.write_text("".join(f"{line}\n" for line in lines))


def parquet(file: Path, found: Rows) -> None:
    ids, texts = zip(*found, strict=True)
    pq.write_table(pa.table({"id": ids, "text": texts}), file, row_group_size=3)


def table(file: Path, found: Rows) -> None:
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("id", "text"), *found])


KINDS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "jsonl": ("jsonl", jsonl),
    "parquet": ("parquet", parquet),
    "csv": ("csv", table),
    "hf_dataset": ("parquet", parquet),
}


def run(folder: Path, kind: str, *more: str, options: dict[str, Any] | None = None) -> Path:
    ending, write = KINDS[kind]
    (folder / "in").mkdir(exist_ok=True)
    for file in range(FILES):
        write(folder / f"in/part-{file}.{ending}", rows(file))
    source = {"name": "s", "kind": kind, "path": str(folder / "in"), "options": options or {}}
    recipe = {
        "name": "ids",
        "sources": [source],
        "documents": {"language": {"min_score": 1.0, "below_min_score": "und"}},
        "tokenizer": {"vocab_size": 300},
        "shards": {"count": 2},
    }
    (folder / "ids.yaml").write_text(json.dumps(recipe))
    out = folder / f"run{len(list(folder.iterdir()))}"
    winnow("run", folder / "ids.yaml", "--out", out, *more)
    return out


def alarms(out: Path) -> list[dict[str, Any]]:
    found = manifest(out)["reproducible"]["alarms"]
    return [alarm for alarm in found if alarm["kind"] == "repeated_ids"]


def identities(out: Path) -> list[bytes]:
    files = sorted((out / "shards").glob("*.parquet"))
    return [one for file in files for one in pq.read_table(file)["doc_id"].to_pylist()]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_ids_that_begin_anew_in_each_file_lose_no_text(tmp_path: Path, kind: str) -> None:
    """30 texts under 10 ids: 20 of them were dropped as the same document."""
    out = run(tmp_path, kind, "--workers", "1")
    assert dropped(out) == {"exact_duplicate": FILES}
    assert len(identities(out)) == len(set(identities(out))) == 10 * FILES
    [alarm] = alarms(out)
    assert alarm["found"] == [{"source": "s", "ids": 10, "docs": 10 * FILES + FILES}]
    assert "s (10 ids of 33 documents)" in alarm["sentence"]
    assert "ids to per_file" in alarm["sentence"]
    winnow("verify", out)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_ids_of_a_file_are_told_apart_by_its_name(tmp_path: Path, kind: str) -> None:
    """An alarm that its own remedy does not end would be no help."""
    out = run(tmp_path, kind, "--workers", "1", options={"ids": "per_file"})
    assert len(identities(out)) == 10 * FILES
    assert alarms(out) == []
    documents = pa.concat_tables(map(pq.read_table, sorted((out / "documents").glob("*.parquet"))))
    ending = KINDS[kind][0]
    assert set(documents["native_id"].to_pylist()) == {
        f"part-{file}.{ending}:{number}" for file in range(FILES) for number in range(10)
    }


def test_repeated_ids_are_the_same_documents_however_they_are_read(tmp_path: Path) -> None:
    """An identity that depended on what was read first would change samples and shards."""
    runs = [
        run(tmp_path, "jsonl", "--workers", "1"),
        run(tmp_path, "jsonl", "--workers", "2", "--set", "execution.batch_docs=2",
            "--set", "execution.partitions=5"),
    ]  # fmt: skip
    assert len({manifest(out)["run_digest"] for out in runs}) == 1
    # Other names, so that another file comes first.
    for file in range(FILES):
        (tmp_path / f"in/part-{file}.jsonl").rename(tmp_path / f"in/a{FILES - file}.jsonl")
    runs.append(run(tmp_path, "jsonl", "--workers", "1"))
    for file in range(FILES):
        (tmp_path / f"in/a{FILES - file}.jsonl").unlink()
    assert sorted(identities(runs[2])) == sorted(identities(runs[0]))
