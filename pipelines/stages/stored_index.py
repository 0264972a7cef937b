"""What the index of a run depends on, and which earlier runs need not be searched again."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from dedup.index_files import FOLDER, files_of
from dedup.presets import SIGNATURES
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.recipe.recipe import Recipe

SETTINGS_FILE = f"{FOLDER}/settings.json"

_FORMAT = 1


def settings(recipe: Recipe, runs: Sequence[str]) -> dict[str, Any]:
    """What the search for near-duplicates depends on, beside the documents of the run.

    Args:
      runs: digests of stage `duplicates` of the earlier runs, in order.
    """
    assert recipe.duplicates.near
    near = recipe.duplicates.near.resolved(recipe.seed)
    return {
        "format": _FORMAT,
        "signatures": {**dataclasses.asdict(near.config()), "version": SIGNATURES[near.family]},
        "within_language": near.within_language,
        "fold": sorted(near.folded()),
        "verify": near.verify,
        "min_similarity": near.min_similarity,
        "min_containment": near.min_containment,
        "score": recipe.duplicates.score,
        "url": recipe.duplicates.url,
        "against": list(runs),
    }


def digests(runs: Sequence[str]) -> list[str]:
    """What stage `duplicates` of each run decided."""
    return [str(Store(run).read_json(stage_manifest("duplicates"))["digest"]) for run in runs]


def settled_runs(recipe: Recipe) -> tuple[int, ...]:
    """The earlier runs (1 is the first) whose own pairs need not be looked for again.

    A run is, if it has an index and looked for duplicates as this run does: with the same settings,
    and against the earlier runs before it. So it found the same pairs as this run would. URLs are
    not compared so, because among documents of earlier runs no date counts; and without
    verification no pairs are found, but clusters.
    """
    duplicates = recipe.duplicates
    if not duplicates.near or not duplicates.near.verify or duplicates.url:
        return ()
    known = digests(duplicates.against)
    found = []
    for number, run in enumerate(duplicates.against, 1):
        store = Store(run)
        if SETTINGS_FILE in files_of(store) and store.read_json(SETTINGS_FILE) == settings(
            recipe, known[: number - 1]
        ):
            found.append(number)
    return tuple(found)
