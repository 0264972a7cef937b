"""A run against earlier runs decides as one run over everything, earlier sources preferred."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from dedup import presets
from manifests import manifest
from manifests.store import Store
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from tests.deduplicating import deduplicate, families, in_units


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
    recipe = old.read_json(loading.RECIPE_FILE)
    recipe["duplicates"]["near"]["family"] = family
    if family == "datatrove":
        recipe["duplicates"]["near"]["fold"] = None
    old.write_json(loading.RECIPE_FILE, recipe)
    changes = [f"duplicates.against=['{tmp_path / 'old'}']", f"duplicates.near.family={family}"]
    if family == "datatrove":
        loading.load("demo", changes)
        return
    with pytest.raises(RecipeError, match="are of version 1, and those of this winnow of version"):
        loading.load("demo", changes)
