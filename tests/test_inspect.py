"""`winnow inspect`: a part of a run, the runs of a folder, and runs of very many files."""

import collections
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from manifests import files, manifest, selection
from manifests.selection import Selection
from manifests.store import Store
from pipelines.commands.inspect import summary_of
from tests import winnow as running
from tests.winnow import winnow


def told(run: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(winnow("inspect", run, *options, "--json").stdout)
    return found


def recounted(run: Path) -> list[tuple[str, str, str, str]]:
    """Source, language, reason and stage of each record, from the tables; kept has no reason."""
    found = []
    for unit in sorted((run / "documents").glob("*.parquet")):
        gone = pq.read_table(run / "duplicates" / unit.name, columns=["row", "reason"])
        reasons = dict(zip(gone["row"].to_pylist(), gone["reason"].to_pylist(), strict=True))
        rows = pq.read_table(unit, columns=["source", "language"]).to_pylist()
        for number, row in enumerate(rows):
            reason = reasons.get(number, "")
            stage = "duplicates" if reason else ""
            found.append((row["source"], row["language"], reason, stage))
    for folder in ("dropped", "errors"):
        for path in (run / folder).glob("*.parquet"):
            table = pq.read_table(path)
            for row in table.select(
                set(table.column_names) & {"source", "language", "reason"}
            ).to_pylist():
                found.append((row["source"], row.get("language", ""), row["reason"], "documents"))
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sources": ["web"]},
        {"languages": ["en", "my"]},
        {"reasons": ["gopher_repetition"]},
        {"sources": ["wiki"], "languages": ["zh"], "reasons": ["near_duplicate"]},
    ],
)
def test_counts_of_a_selection_are_those_of_the_tables(
    demo: Path, options: dict[str, list[str]]
) -> None:
    flags = {"sources": "--source", "languages": "--lang", "reasons": "--reason"}
    given = [part for key, names in options.items() for n in names for part in (flags[key], n)]
    found = told(demo, *(given or ["--all"]))
    wanted = Selection(**options)
    rows = [row for row in recounted(demo) if wanted.holds(("", row[0], row[1], ""))]
    for place, key in ((0, "sources"), (1, "languages")):
        entered = collections.Counter(row[place] for row in rows)
        kept = collections.Counter(row[place] for row in rows if not row[2])
        removed = collections.Counter(row[place] for row in rows if row[2] and wanted.names(row[2]))
        assert {row[key[:-1]]: row["in"] for row in found[key]} == entered
        for row in found[key]:
            name = row[key[:-1]]
            assert (row["kept"], row["dropped"] + row["errors"]) == (kept[name], removed[name])
            if not wanted.reasons:
                assert row["in"] == row["kept"] + row["dropped"] + row["errors"]
    reasons = collections.Counter(
        (row[3], row[2]) for row in rows if row[2] and wanted.names(row[2])
    )
    assert {
        (row["stage"], row["reason"]): row["docs"] for row in found["reasons"] if row["docs"]
    } == reasons
    every, only = collections.Counter[str](), collections.Counter[str]()
    for path in (demo / "dropped").glob("*.parquet"):
        for row in pq.read_table(path, columns=["source", "language", "reasons"]).to_pylist():
            if wanted.holds(("", row["source"], row["language"], "")):
                every.update(filter(wanted.names, row["reasons"]))
                only.update(filter(wanted.names, row["reasons"] * (len(row["reasons"]) == 1)))
    failing = {r["reason"]: (r["failing"], r["alone"]) for r in found["reasons"] if "failing" in r}
    assert failing == {reason: (docs, only[reason]) for reason, docs in every.items()}


def test_tokens_of_languages_are_those_of_the_shards(demo: Path) -> None:
    counted: collections.Counter[str] = collections.Counter()
    for path in (demo / "shards").glob("*.parquet"):
        for row in pq.read_table(path, columns=["language", "input_ids"]).to_pylist():
            counted[row["language"]] += len(row["input_ids"])
    found = {row["language"]: row["tokens"] for row in told(demo, "--all")["languages"]}
    assert {code: tokens for code, tokens in found.items() if tokens} == counted


def test_domains_are_counted_from_the_tables(demo: Path) -> None:
    entered, kept = collections.Counter[str](), collections.Counter[str]()
    for folder in ("documents", "dropped"):
        for path in (demo / folder).glob("*.parquet"):
            rows = pq.read_table(path, columns=["domain", "language"]).to_pylist()
            names = [row["domain"] for row in rows if row["language"] == "de" and row["domain"]]
            entered.update(names)
            kept.update(names if folder == "documents" else ())
    found = told(demo, "--lang", "de", "--domains", "3")["domains"]
    assert len(found) == 3
    assert [row["in"] for row in found] == [docs for _, docs in entered.most_common(3)]
    for row in found:
        assert (row["in"], row["kept"]) == (entered[row["domain"]], kept[row["domain"]])


def test_values_are_shown_by_language_and_compared_in_one(demo: Path) -> None:
    shown = winnow("inspect", demo, "--lang", "de").stdout
    assert "gopher_quality.mean_word_chars" in shown
    (by_language, by_source) = told(demo, "--column", "gopher_quality.words")["values"]
    german = next(r for r in by_language["rows"] if (r["language"], r["outcome"]) == ("de", "kept"))
    exact = [
        words
        for path in (demo / "documents").glob("*.parquet")
        for words in pq.read_table(path, filters=[("language", "=", "de")])[
            "gopher_quality.words"
        ].to_pylist()
    ]
    assert german["docs"] == len(exact)
    assert german["quantiles"]["0.5"] == sorted(exact)[(len(exact) + 1) // 2 - 1]  # below 128
    assert sum(row["docs"] for row in by_source["rows"]) == sum(
        row["docs"] for row in by_language["rows"]
    )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--source", "wikii"], "the run has no source 'wikii'; did you mean 'wiki'?"),
        (["--stage", "duplicate"], "no stage 'duplicate'; did you mean 'duplicates'?"),
        (["--reason", "gopher"], "the run has no reason 'gopher'"),
        (["--lang", "tlh"], "the run has no language 'tlh'; it has ar, de, en"),
        (["--column", "words"], "the run measured no 'words' of these documents"),
    ],
)
def test_what_a_run_has_not_is_told(demo: Path, options: list[str], error: str) -> None:
    assert error in winnow("inspect", demo, *options, code=2).stderr


def test_a_folder_of_runs_lists_them(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "b")
    unfinished = tmp_path / "a"
    shutil.copytree(demo, unfinished)
    for path in ("manifest.json", "stages/corpus.json"):
        (unfinished / path).unlink()
    (tmp_path / "notes").mkdir()
    first, second = json.loads(winnow("inspect", tmp_path, "--json").stdout)
    assert (first["run"], first["recipe"], first["tokens"]) == ("a", "demo", None)
    assert first["state"] == "not finished; complete: documents, duplicates"
    whole = running.manifest(demo)
    assert second == {
        "run": "b", "recipe": "demo", "finished": whole["environment"]["finished"],
        "documents_in": 270, "documents_kept": 142, "run_digest": whole["run_digest"],
        "tokens": whole["reproducible"]["shards"]["tokens"], "state": "finished",
    }  # fmt: skip
    assert whole["run_digest"][:16] in winnow("inspect", tmp_path).stdout
    assert (
        "holds 2 runs; give the folder of one"
        in winnow("inspect", tmp_path, "--all", code=2).stderr
    )
    nothing = winnow("inspect", tmp_path / "notes", code=1).stderr
    assert f"there is no finished run in {tmp_path}/notes" in nothing
    (tmp_path / "notes" / "more").mkdir()
    assert "and no folder in it is one" in winnow("inspect", tmp_path / "notes", code=1).stderr


def test_the_manifest_does_not_grow_with_files(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 files are rows of a table that a summary does not open."""
    store = Store(str(shutil.copytree(demo, tmp_path / "run")))
    stages = {name: store.read_json(manifest.stage_manifest(name)) for name in manifest.STAGES[:2]}
    stages |= {
        name: store.read_json(manifest.stage_manifest(name)) for name in manifest.LAST_STAGES
    }
    stages["corpus"]["files"] = [
        {"path": f"corpus/{i:06d}.parquet", "size_bytes": i, "sha256": "0" * 64, "rows": 1}
        for i in range(100_000)
    ]
    whole = running.manifest(demo)
    recipe = store.read_json("recipe.json")
    built = manifest.build("0", recipe, "0" * 64, stages, whole["environment"])
    written = manifest.write(store, built, stages, ["plan.json"])
    assert not manifest.schema_faults(written)
    assert store.size("manifest.json") < 1.1 * (demo / "manifest.json").stat().st_size
    assert (
        len(files.paths(store, "corpus"))
        == 100_000
        == written["reproducible"]["corpus"]["files"]["count"]
    )

    def refused(*_: Any) -> Any:
        raise AssertionError("a list of files is read")

    monkeypatch.setattr(files, "read", refused)
    monkeypatch.setattr(files, "paths", refused)
    assert summary_of(store, manifest.read(store), "run")
    assert selection.selected(written["reproducible"], Selection())


def test_a_document_that_changes_language_between_stages_is_lost() -> None:
    def funnel(*rows: tuple[str, str, str, int]) -> dict[str, Any]:
        names = ("outcome", "source", "language", "docs")
        return {
            "rows": [
                dict(zip(names, row, strict=True)) | {"bytes": 0, "text_bytes": 0} for row in rows
            ]
        }

    before = funnel(("kept", "web", "de", 3), ("kept", "web", "en", 2), ("dropped", "web", "en", 9))
    same = funnel(("kept", "web", "de", 2), ("dropped", "web", "de", 1), ("kept", "web", "en", 2))
    other = funnel(("kept", "web", "de", 4), ("kept", "web", "en", 1))
    assert selection.lost_between(before, same) == ""
    assert selection.lost_between(before, other) == (
        "4 documents in, but 3 were kept before (source web, language de)"
    )
