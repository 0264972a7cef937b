"""A run against earlier runs decides as one run over everything, earlier sources preferred."""

import dataclasses
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from dedup import index_files, presets
from manifests import manifest
from manifests.manifest import RECIPE_FILE
from manifests.store import Store
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.stages import stored_index, survivors
from tests.deduplicating import Document, deduplicate, families, in_units, run_stage


# Without verification a later document may join two earlier ones, which are decided already.
@pytest.mark.parametrize("near", [{}, None], ids=["verified", "exact"])
def test_against_earlier_runs_is_one_run_over_everything(tmp_path: Path, near) -> None:  # type: ignore[no-untyped-def]
    documents = families(40, 6)
    thirds = [documents[i::3] for i in range(3)]
    everything = [
        [dataclasses.replace(d, priority=rank) for d in unit]
        for rank, some in enumerate(thirds)
        for unit in in_units(some, 2, rank)
    ]
    whole = deduplicate(tmp_path / "whole", everything, near)
    earlier: list[Path] = []
    seen = 0
    for rank, some in enumerate(thirds):
        folder = tmp_path / str(rank)
        others = [d for part in thirds[:rank] for d in part]
        units = in_units(some, 3, rank + 7)
        found = deduplicate(folder, units, near, against=earlier, others=others)
        mine = {d.number for d in some}
        assert set(found) <= mine
        expected = {number: row for number, row in whole.items() if number in mine}
        for number, row in expected.items():
            for name in ("survivor", "reason", "true_similarity", "similarity"):
                assert found[number][name] == row[name], (rank, number, name)
        assert set(found) == set(expected)
        seen += len(found)
        earlier.append(folder)
    assert seen == len(whole) > 10


def sheets(count: int, seed: int) -> list[Document]:
    """Texts of one template, which numbers alone tell apart, each also with one number changed."""
    rng = random.Random(seed)
    found = []
    for sheet in range(count):
        lines = [f"{rng.randrange(999)} plus {rng.randrange(999)} is" for _ in range(40)]
        for copy in range(2):
            lines[copy] = f"{rng.randrange(999)} plus 7 is"
            found.append(Document(seed * 10**6 + 2 * sheet + copy, " ".join(lines)))
    return found


def written(run: Store) -> list[dict[str, Any]]:
    """All that a run decided, and the digests of its index."""
    files = run.read_json(manifest.stage_manifest("duplicates"))["files"]
    told = [
        {key: file[key] for key in ("path", "sha256")}
        for file in files
        if file["path"].startswith(("duplicates/", "index/"))
    ]
    return sorted(told, key=lambda file: file["path"])


@pytest.mark.parametrize(
    ("near", "by_rounds", "runs"),
    [
        ({}, False, 3),
        ({}, True, 3),
        ({"verify": "containment"}, False, 2),
        ({"family": "datasketch", "within_language": True}, False, 2),
        ({"family": "datatrove"}, False, 2),
    ],
    ids=["default", "by rounds", "containment", "datasketch", "datatrove"],
)
def test_the_index_of_earlier_runs_decides_as_a_search_through_all_of_them(
    tmp_path: Path,
    near: dict[str, Any],
    by_rounds: bool,
    runs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chains, templates and copies of removed documents are where an index of survivors fails.

    Args:
      by_rounds: survivors are chosen in rounds where the index is read, else in one worker.
    """
    documents = [*families(30, 7, 3), *sheets(25, 4)]
    documents += [dataclasses.replace(d, number=d.number + 10**8) for d in documents[::3]]
    random.Random(5).shuffle(documents)
    earlier: list[Path] = []
    removed = 0
    for rank in range(runs):
        units = in_units(documents[rank::3], 2, rank)
        folder = tmp_path / str(rank)
        with monkeypatch.context() as patch:
            if by_rounds:
                patch.setattr(survivors, "fits_in_one_worker", lambda _: False)
            run = run_stage(folder, units, near, 5, against=earlier)
        recipe = loading.recipe_of(run)
        assert stored_index.settled_runs(recipe) == tuple(range(1, rank + 1))
        if earlier:
            with monkeypatch.context() as patch:
                patch.setattr(stored_index, "settled_runs", lambda _: ())
                again = run_stage(tmp_path / f"again{rank}", units, near, 2, against=earlier)
            assert written(run) == written(again)
        removed += len(list(run.read_table("duplicates/000000.parquet")["row"]))
        earlier.append(folder)
    assert removed > 30


def test_earlier_runs_that_searched_in_another_way_are_searched_again(tmp_path: Path) -> None:
    documents = [*families(15, 6, 8)]
    parts = [in_units(documents[rank::3], 2, rank) for rank in range(3)]
    first = tmp_path / "first"
    run_stage(first, parts[0], {"min_similarity": 0.9})
    alone = tmp_path / "alone"  # not against the first one
    run_stage(alone, parts[1], {"min_similarity": 0.6})
    near = {"min_similarity": 0.6}
    found = run_stage(tmp_path / "last", parts[2], near, against=[first, alone])
    assert stored_index.settled_runs(loading.recipe_of(found)) == ()
    recipe = loading.recipe_of(found)
    only = recipe.duplicates.model_copy(update={"against": (str(alone),)})
    assert stored_index.settled_runs(recipe.model_copy(update={"duplicates": only})) == (1,)
    Store(str(alone)).remove(stored_index.SETTINGS_FILE)  # as if an older winnow had made it
    assert stored_index.settled_runs(recipe.model_copy(update={"duplicates": only})) == ()
    # One that must be searched beside one whose index is merged.
    store = Store(str(alone))
    store.remove(index_files.FOLDER)
    second = run_stage(tmp_path / "second", parts[1], near, against=[tmp_path / "none"][:0])
    third = tmp_path / "third"
    whole = deduplicate(third, parts[2], near, against=[Path(second.root), alone],
                        others=[d for part in parts for unit in part for d in unit])  # fmt: skip
    assert stored_index.settled_runs(loading.recipe_of(Store(str(third)))) == (1,)
    assert {number: row["survivor"] for number, row in whole.items()} == {
        number: row["survivor"]
        for number, row in deduplicate(
            tmp_path / "fourth", parts[2], near, against=[Path(second.root)],
            others=[d for part in parts for unit in part for d in unit],
        ).items()
    }  # fmt: skip


def test_only_finished_runs_with_equal_signatures_are_compared(demo: Path, tmp_path: Path) -> None:
    recipe = loading.load("demo", [f"duplicates.against=['{demo}']"])
    assert recipe.duplicates.against == (str(demo),)
    with pytest.raises(RecipeError, match="no finished run"):
        loading.load("demo", [f"duplicates.against=['{tmp_path}']"])
    with pytest.raises(RecipeError, match="same near section"):
        loading.load("demo", [f"duplicates.against=['{demo}']", "duplicates.near.bands=20"])


@pytest.mark.parametrize("family", ["fast", "datatrove"])
def test_runs_of_other_signatures_are_not_compared(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: presets.Family
) -> None:
    """Words were folded in signatures later: duplicates of runs made before would be missed."""
    shutil.copytree(demo, tmp_path / "old")
    old = Store(str(tmp_path / "old"))
    written = old.read_json(manifest.MANIFEST_FILE)
    for name in presets.SIGNATURES:
        del written["environment"]["versions"][f"signatures.{name}"]
    old.write_json(manifest.MANIFEST_FILE, written)
    recipe = old.read_json(RECIPE_FILE)
    recipe["duplicates"]["near"]["family"] = family
    if family == "datatrove":
        recipe["duplicates"]["near"]["fold"] = None
    old.write_json(RECIPE_FILE, recipe)
    changes = [f"duplicates.against=['{tmp_path / 'old'}']", f"duplicates.near.family={family}"]
    if family == "datatrove":
        loading.load("demo", changes)
        return
    with pytest.raises(RecipeError, match="are of version 1, and those of this winnow of version"):
        loading.load("demo", changes)
