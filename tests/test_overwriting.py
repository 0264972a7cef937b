"""A run's folder is not given to another recipe unless somebody says so."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import winnow as library
from manifests.store import Store
from pipelines.recipe import differences
from pipelines.sources.units import WorkUnit
from tests.winnow import manifest, winnow

GOOD = "the river and the town are old and that is what people of this place say of it. " * 12


@pytest.fixture
def run(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "run"))


def state(run: Path) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in run.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def refused(run: Path, *options: str | Path, recipe: str | Path = "demo") -> str:
    """What a run is refused with; nothing in its folder changes."""
    before = state(run)
    told = winnow("run", recipe, "--out", run, "--quiet", *options, code=2).stderr
    assert state(run) == before
    assert "Traceback" not in told
    assert "goes on from here" not in told
    return told


def test_another_recipe_is_refused_with_keys_and_old_and_new_values(run: Path) -> None:
    told = refused(
        run, "--set", "tokenizer.vocab_size=2048", "--set", "seed=3",
        "--set", "documents.rules.gopher_repetition.min_chars=20",
        "--set", "documents.rules.c4_quality=null",
        "--set", "documents.rules.gopher_quality.max_words=7777",
    )  # fmt: skip
    assert f"{run} holds a finished run of another recipe or of other files; what differs: " in told
    for part in (
        "seed: 20, now 3;", "tokenizer.vocab_size: 4096, now 2048",
        "documents.rules.gopher_repetition.min_chars: 80, now 20;",
        "documents.rules.c4_quality: {", "now absent;",
        "documents.rules.gopher_quality.max_words: absent, now 7777;",
        "give another --out, or --overwrite to replace all stages of it",
    ):  # fmt: skip
        assert part in told
    assert "min_words" not in told, "what is the same is no difference"


def test_a_later_stages_key_names_the_option_that_replaces_it(run: Path) -> None:
    told = refused(run, "--set", "tokenizer.vocab_size=2048")
    assert "give another --out, or --from-stage tokenizer to replace its stages from" in told


def test_overwrite_replaces_all_that_differs(run: Path) -> None:
    told = winnow("run", "demo", "--out", run, "--overwrite", "--set", "duplicates.near=null")
    assert "documents: complete already" not in told.stderr, "its signatures are others"
    assert manifest(run)["reproducible"]["recipe"]["duplicates"]["near"] is None
    winnow("verify", run)


def test_from_stage_replaces_that_stage_and_later_ones(run: Path) -> None:
    change = ("--set", "tokenizer.vocab_size=2048")
    for stage in ("documents", "tokenizer"):
        copy = shutil.copytree(run, run.with_name(stage))
        told = winnow("run", "demo", "--out", copy, "--from-stage", stage, *change).stderr
        assert told.count("complete already") == 3
        assert manifest(copy)["reproducible"]["tokenizer"]["vocab_size"] == 2048
        winnow("verify", copy)


def test_from_stage_is_refused_where_an_earlier_stage_would_change(run: Path) -> None:
    told = refused(
        run, "--from-stage", "tokenizer", "--set", "tokenizer.vocab_size=2048",
        "--set", "documents.rules.gopher_repetition.min_chars=20",
    )  # fmt: skip
    assert "--from-stage tokenizer keeps stage documents of" in told
    assert "anew: documents.rules.gopher_repetition.min_chars: 80, now 20; give" in told
    assert "vocab_size" not in told
    told = refused(run, "--from-stage", "shards", "--set", "tokenizer.vocab_size=2048")
    assert "--from-stage shards keeps stage tokenizer of" in told
    assert "tokenizer.vocab_size: 4096, now 2048; give" in told
    # Signatures belong to documents.
    told = refused(run, "--from-stage", "duplicates", "--set", "duplicates.near=null")
    assert "keeps stage documents of" in told


def test_wrong_options_are_told(run: Path) -> None:
    assert "did you mean 'tokenizer'?" in refused(run, "--from-stage", "tokeniser")
    assert "give one of the two" in refused(run, "--from-stage", "tokenizer", "--overwrite")


def test_how_a_recipe_is_run_and_described_is_no_difference(run: Path) -> None:
    told = winnow(
        "run", "demo", "--out", run, "--workers", "1", "--set", "execution.batch_docs=7",
        "--set", "description=another",
    ).stderr  # fmt: skip
    assert told.count("complete already") == 6


def test_an_interrupted_run_of_another_recipe_is_refused_too(run: Path) -> None:
    digest = manifest(run)["run_digest"]
    for name in ("manifest.json", "stages/shards.json", "stages/token_cost.json"):
        (run / name).unlink()
    told = refused(run, "--set", "shards.count=3")
    assert (
        "holds an interrupted run of another recipe or of other files; what differs: shards.count: "
        in told
    )
    (run / "stages/duplicates.json").unlink()  # as if it were being done anew
    told = winnow("inspect", run, code=1).stderr
    assert f"there is no finished run in {run}; complete so far: documents\n" in told
    winnow("run", "demo", "--out", run, "--quiet")
    assert manifest(run)["run_digest"] == digest


def test_what_an_option_allowed_goes_on_without_it(run: Path) -> None:
    change = ("--set", "tokenizer.vocab_size=2048")
    winnow("run", "demo", "--out", run, "--quiet", "--from-stage", "tokenizer", *change)
    for name in ("manifest.json", "stages/shards.json"):
        (run / name).unlink()
    winnow("run", "demo", "--out", run, "--quiet", *change)
    winnow("verify", run)


def test_another_version_of_winnow_is_a_difference(run: Path) -> None:
    begun = json.loads((run / "stages/run.key.json").read_text())
    now = begun["version"]
    (run / "stages/run.key.json").write_text(json.dumps(begun | {"version": "0.0.1"}))
    assert f"what differs: winnow itself: 0.0.1, now {now};" in refused(run)
    told = refused(run, "--from-stage", "tokenizer")
    assert f"keeps stage documents of {run}, but that would be done anew: winnow itself" in told
    winnow("run", "demo", "--out", run, "--quiet", "--overwrite")
    winnow("run", "demo", "--out", run, "--quiet")


def test_a_run_without_a_record_of_its_settings_is_compared_by_its_recipe(run: Path) -> None:
    (run / "stages/run.key.json").unlink()
    assert "tokenizer.vocab_size: 4096, now 2048" in refused(
        run, "--set", "tokenizer.vocab_size=2048"
    )
    assert winnow("run", "demo", "--out", run).stderr.count("complete already") == 6


def test_a_damaged_record_is_told_with_the_remedy(run: Path) -> None:
    (run / "recipe.json").write_text("{")
    told = refused(run)
    assert "recipe.json is damaged" in told
    assert "or --overwrite" in told
    winnow("run", "demo", "--out", run, "--quiet", "--overwrite")


def small(folder: Path) -> tuple[Path, Path]:
    """A recipe over two files and a list of words, and its run."""
    for name in ("a", "b"):
        line = json.dumps({"id": name, "text": f"{GOOD} {name}"})
        (folder / f"{name}.jsonl").write_text(f"{line}\n")
    (folder / "exam.jsonl").write_text(json.dumps({"question": "nothing of it " * 9}) + "\n")
    benchmark = {"name": "exam", "path": str(folder / "exam.jsonl"), "fields": ["question"]}
    recipe = {
        "name": "small",
        "sources": [{"name": "web", "kind": "jsonl", "path": f"{folder}/*.jsonl"}],
        "duplicates": {"near": None, "decontaminate": {"benchmarks": [benchmark]}},
        "tokenizer": {"vocab_size": 300},
        "shards": {"count": 1},
    }
    recipe["sources"] = [{"name": "web", "kind": "jsonl", "path": f"{folder}/[a-d].jsonl"}]
    path, run = folder / "small.yaml", folder / "run"
    path.write_text(yaml.safe_dump(recipe))
    winnow("run", path, "--out", run, "--quiet", "--workers", "1")
    return path, run


def test_inputs_that_changed_are_named(tmp_path: Path) -> None:
    recipe, run = small(tmp_path)
    a, b, c = (tmp_path / f"{name}.jsonl" for name in "abc")
    shutil.copy(b, c)
    assert f"what differs: files of source web: added {c};" in refused(run, recipe=recipe)
    b.unlink()
    a.write_text(a.read_text() * 2)
    told = refused(run, recipe=recipe)
    assert f"files of source web: added {c}, removed {b}, changed {a}; give" in told
    told = refused(run, "--from-stage", "shards", recipe=recipe)
    assert "keeps stage documents of" in told
    other = ("--source", f"news=jsonl:{c}")
    told = refused(run, *other, recipe=recipe)
    assert "sources.web: {" in told
    assert "sources.news: absent, now {" in told
    winnow("run", recipe, "--out", run, "--quiet", "--workers", "1", "--overwrite")
    winnow("verify", run)


def test_a_file_behind_the_recipe_that_changed_is_named(tmp_path: Path) -> None:
    recipe, run = small(tmp_path)
    exam = tmp_path / "exam.jsonl"
    exam.write_text(json.dumps({"question": "something else of it " * 9}) + "\n")
    told = refused(run, recipe=recipe)
    assert "duplicates.decontaminate: the files that it names have other contents" in told
    assert "--from-stage duplicates" in told
    winnow("run", recipe, "--out", run, "--quiet", "--workers", "1", "--from-stage", "duplicates")
    winnow("run", recipe, "--out", run, "--quiet", "--workers", "1")


def test_python_takes_the_same_options(run: Path) -> None:
    recipe = library.load_recipe("demo", {"tokenizer.vocab_size": 2048})
    with pytest.raises(ValueError, match=r"tokenizer\.vocab_size: 4096, now 2048"):
        library.run(recipe, run)
    with pytest.raises(ValueError, match="keeps stage tokenizer"):
        library.run(recipe, run, from_stage="shards")
    done = library.run(recipe, run, from_stage="tokenizer")
    assert done.manifest["reproducible"]["tokenizer"]["vocab_size"] == 2048
    again = library.run("demo", run, overwrite=True)
    assert again.manifest["reproducible"]["tokenizer"]["vocab_size"] == 4096


def test_python_is_told_who_writes_a_folder(run: Path) -> None:
    from manifests import lease

    with lease.hold(Store(str(run))), pytest.raises(ValueError, match=f"process {os.getpid()} on"):
        library.run("demo", run)


# Differences alone


def recipe(**values: Any) -> dict[str, Any]:
    return {"name": "r", "description": "", "execution": {}, **values}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [difference.told for difference in differences.of_recipes(old, new)]


def test_the_order_of_rules_is_a_difference_and_that_of_other_keys_is_none() -> None:
    old = recipe(documents={"rules": {"a": {"x": 1}, "b": {}}, "other": {"p": 1, "q": 2}})
    new = recipe(documents={"other": {"q": 2, "p": 1}, "rules": {"b": {}, "a": {"x": 1}}})
    assert told(old, new) == ["documents.rules: the same in another order"]
    assert told(old, old) == []


def test_sections_with_names_are_compared_by_name() -> None:
    one, two = {"name": "one", "path": "é"}, {"name": "two", "path": "p"}
    assert told(recipe(sources=[one, two]), recipe(sources=[two, one])) == [
        "sources: the same in another order"
    ]
    assert told(recipe(sources=[one, two]), recipe(sources=[one | {"path": "q"}, two])) == [
        'sources.one.path: "é", now "q"'
    ]
    assert told(recipe(sources=[one]), recipe(sources=[one, two])) == [
        'sources.two: absent, now {"name": "two", "path": "p"}'
    ]


def test_long_values_are_cut_and_many_files_are_counted() -> None:
    [difference] = told(recipe(seed=["x" * 200]), recipe(seed=1))
    assert len(difference) < 100
    names = ("kept", "é", "f", "g", "h", "i")
    units = [WorkUnit(0, "s", "jsonl", name, fingerprint="1").to_fields() for name in names]
    old, new = {"units": units[:1]}, {"units": units}
    [found] = differences.of_plans(old, new)
    assert found.told == "files of source s: added é, f, g and 2 more"


@pytest.mark.parametrize("folder", ["documents", "signatures", "dropped"])
def test_parts_that_are_gone_or_cut_are_made_again(run: Path, folder: str) -> None:
    """Reports of units say what was written, and are believed only while it is there."""
    digest = manifest(run)["run_digest"]
    first, second, *_ = sorted((run / folder).glob("*.parquet"))
    first.unlink()
    second.write_bytes(b"")
    winnow("run", "demo", "--out", run, "--quiet")
    assert manifest(run)["run_digest"] == digest
    winnow("verify", run)


def test_a_damaged_part_is_named_by_replay(run: Path) -> None:
    (run / "documents/000000.parquet").write_bytes(b"garbage")
    change = "rules.gopher_quality.min_words=60"
    told = winnow("replay", run, "--set", change, code=1).stderr
    assert "documents/000000.parquet is damaged; the same winnow run makes it anew" in told
    assert "Traceback" not in told
