"""`winnow takedown`: what a list names is nowhere in a run afterwards; nothing else changes."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from manifests.descriptions import DESCRIPTIONS
from manifests.store import Store
from pipelines.commands import erasure
from pipelines.engines import runners
from pipelines.recipe import loading, plan
from pipelines.recipe.config import RecipeError
from pipelines.run import submit_next
from pipelines.sources.id_lists import IdList
from tests.winnow import manifest, winnow


@pytest.fixture
def run(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "run"))


def rows(run: Path, folder: str) -> list[dict[str, Any]]:
    return [row for path in parts(run, folder) for row in pq.read_table(path).to_pylist()]


def parts(run: Path, folder: str) -> list[Path]:
    return sorted((run / folder).glob("*.parquet"))


def digests(run: Path) -> dict[str, str]:
    files = [path for path in run.rglob("*") if path.is_file()]
    return {str(p.relative_to(run)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def chosen(run: Path) -> list[dict[str, Any]]:
    """Ten documents: survivors, by identity and by URL, one that has copies, and dropped ones."""
    copied = {
        row["survivor"] for row in rows(run, "duplicates") if row["reason"] == "exact_duplicate"
    }
    kept = sorted(rows(run, "documents"), key=lambda row: row["doc_id"])
    survivors = {row["id"] for row in rows(run, "corpus")}
    with_copies = [row for row in kept if row["doc_id"] in copied][:1]
    alone = [row for row in kept if row["doc_id"].hex() in survivors and row not in with_copies]
    dropped = [row for row in rows(run, "dropped") if row["text"] and len(row["text"]) > 80]
    return [*with_copies, *alone[:6], *dropped[:3]]


def texts_of(run: Path) -> Iterator[str]:
    """Every text in the run: of all columns of all tables, and of the tokens of the shards."""
    for path in run.rglob("*"):
        if path.suffix == ".parquet":
            for column in pq.read_table(path).columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    yield from pc.unique(column.drop_null()).to_pylist()
        elif path.suffix in {".json", ".md"} and path.name != "tokenizer.json":
            yield path.read_text()
    tokenizer = Tokenizer.from_file(str(run / "tokenizer/tokenizer.json"))
    for row in rows(run, "shards"):
        yield tokenizer.decode(row["input_ids"], skip_special_tokens=True)


def test_ten_documents_are_nowhere_and_only_their_files_change(run: Path, tmp_path: Path) -> None:
    wanted = chosen(run)
    before, parent = digests(run), manifest(run)
    count = {folder: len(rows(run, folder)) for folder in ("documents", "corpus", "shards")}
    lines = ["# asked for by mail", *(row["doc_id"].hex() for row in wanted[:5])]
    lines += [row["url"] or row["doc_id"].hex() for row in wanted[5:]]
    (tmp_path / "list.txt").write_text("\n".join([*lines, "https://example.org/not-here"]))
    told = json.loads(winnow("takedown", run, tmp_path / "list.txt", "--in-place", "--json").stdout)
    winnow("verify", run, "--deep")
    assert "taken_down" in winnow("find", run, wanted[1]["doc_id"].hex()).stdout
    done = told["takedowns"][0]
    ids = {row["doc_id"].hex() for row in wanted}
    assert ids < set(done["ids"]), "one of them has copies"
    assert set(done["copies"]) == set(done["ids"]) - ids
    assert told["not_found"] == ["https://example.org/not-here"]

    left = list(texts_of(run))
    for row in wanted:
        assert not any(row["text"] in text for text in left)
        assert not row["url"] or row["url"] not in left
    survivors = {row["id"] for row in rows(run, "corpus")}
    assert survivors.isdisjoint(done["ids"])
    assert survivors == {row["doc_id"].hex() for row in rows(run, "shards")}
    assert len(rows(run, "documents")) == count["documents"]
    for folder in ("corpus", "shards"):
        assert count[folder] - len(rows(run, folder)) == done["rows"][folder]

    now = digests(run)
    changed = {path for path in before if now[path] != before[path]}
    listed = {file["path"] for file in done["files"]}
    records = {path for path in before if path.startswith("stages/")}
    told_again = {"manifest.json", "files.parquet", *DESCRIPTIONS}
    assert listed <= changed <= listed | records | told_again
    assert set(now) - set(before) == {"takedowns/00001.json"}
    for file in done["files"]:
        assert (before[file["path"]], now[file["path"]]) == (file["before"], file["after"])
    assert done["parent"] == parent["run_digest"]
    assert manifest(run)["run_digest"] == told["run_digest"]


def test_the_same_command_again_changes_nothing_and_other_work_is_refused(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(rows(run, "corpus")[0]["id"])
    winnow("takedown", run, tmp_path / "list.txt", "--in-place")
    before = digests(run)
    told = winnow("takedown", run, tmp_path / "list.txt", "--in-place").stdout
    assert "were taken out of" in told
    assert digests(run) == before
    digest = manifest(run)["run_digest"]
    winnow("run", "demo", "--out", run, "--quiet")
    assert manifest(run)["run_digest"] == digest
    told = winnow("run", "demo", "--out", run, "--overwrite", "--set", "seed=3", code=2).stderr
    assert "documents.deny" in told


def test_a_launch_that_waits_for_no_job_is_refused_before_it_writes(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(rows(run, "corpus")[0]["id"])
    winnow("takedown", run, tmp_path / "list.txt", "--in-place")
    before = digests(run)
    recipe = loading.load("demo", ["seed=3"])
    engine = runners.Engine(runners.DATAFLOW, None, (), None, runners.Interrupt())
    with pytest.raises(RecipeError, match=r"documents\.deny"):
        submit_next(recipe, plan.plan(recipe), str(run), engine, overwrite=True)
    assert digests(run) == before


def test_an_interrupted_one_goes_on(run: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(run, tmp_path / "whole"))
    ids = [row["id"] for row in rows(run, "corpus")[::40]]
    names = [run, whole]
    for folder, stops in zip(names, (2, None), strict=True):
        store = Store(str(folder))
        erasure.begin(store, erasure.find(store, IdList(ids)))
        try:
            erasure.finish(store, lambda number, _: interrupt(number == stops))  # noqa: B023
        except KeyboardInterrupt:
            assert "a takedown was interrupted" in winnow("verify", folder, code=1).stdout
    (tmp_path / "list.txt").write_text(ids[0])
    winnow("takedown", run, tmp_path / "list.txt", "--in-place")
    assert digests(run) == digests(whole)


def interrupt(now: bool) -> None:
    if now:
        raise KeyboardInterrupt


def test_a_copy_is_changed_and_the_run_stays(demo: Path, tmp_path: Path) -> None:
    before = digests(demo)
    (tmp_path / "list.txt").write_text(rows(demo, "corpus")[0]["id"])
    winnow("takedown", demo, tmp_path / "list.txt", "--out", tmp_path / "copy")
    assert digests(demo) == before
    winnow("verify", tmp_path / "copy")
    told = winnow("takedown", demo, tmp_path / "list.txt", "--out", tmp_path / "copy", code=2)
    assert "is not empty" in told.stderr


def test_a_later_run_leaves_out_what_the_list_names(demo: Path, tmp_path: Path) -> None:
    kept = rows(demo, "documents")
    of_url = next(row for row in kept if row["url"])
    (tmp_path / "list.txt").write_text(f"{kept[-1]['doc_id'].hex()}\n{of_url['url']}#top\n")
    run = tmp_path / "run"
    winnow(
        "run", "demo", "--out", run, "--quiet", "--set", f"documents.deny={tmp_path / 'list.txt'}",
        "--set", "last_stage=corpus",
    )  # fmt: skip
    denied = {row["doc_id"] for row in rows(run, "dropped") if row["reason"] == "denied"}
    assert {kept[-1]["doc_id"], of_url["doc_id"]} <= denied
    assert denied.isdisjoint(row["doc_id"] for row in rows(run, "documents"))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("# none\n", "names no document"),
        ("0123\n", "line 1 of"),
        ("https://example.org/a b\n", "neither an identity"),
        ("0" * 32, "no record of"),
    ],
)
def test_lists_that_name_nothing(demo: Path, tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / "list.txt").write_text(content)
    told = winnow(
        "takedown", demo, tmp_path / "list.txt", "--in-place", code=1 if "0000" in content else 2
    )
    assert fault in told.stderr


def test_spellings_of_a_url_are_one(demo: Path) -> None:
    ids = pa.array([bytes(16)], pa.binary(16))
    wanted = IdList(["http://www.Example.org/a/?utm_source=x"])
    for url, is_named in (("https://example.org/a", True), ("https://example.org/b", False)):
        assert wanted.holds(ids, pa.array([url])).to_pylist() == [is_named]
    assert wanted.holds(ids, pa.array([None], pa.string())).to_pylist() == [False]
