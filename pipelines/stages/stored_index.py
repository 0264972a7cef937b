"""The index of bands that a finished run holds, for who reads it. Loads without Beam.

index/bands/   entries of all documents, by the folded words that signatures have
index/left/    entries of documents that resembled none of those they met, by all their words
index/pairs/   pairs that were found alike, a part for each unit that has some
index/settings.json   what all of this depends on
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

from dedup.index import BandIndex, parts_of
from dedup.presets import SIGNATURES
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.recipe.recipe import Recipe

FOLDER = "index"
SETTINGS_FILE = f"{FOLDER}/settings.json"
Kind = Literal["bands", "left"]

_FORMAT = 1


def folder_of(kind: Kind | Literal["pairs"]) -> str:
    return f"{FOLDER}/{kind}"


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


def files_of(store: Store) -> dict[str, int]:
    """The sizes of all files of a run's index; none if it has no index, or not a whole one."""
    if not store.exists(stage_manifest("duplicates")):
        return {}
    listed = {
        str(file["path"]): int(file["size_bytes"])
        for file in store.read_json(stage_manifest("duplicates"))["files"]
        if file["path"].startswith(f"{FOLDER}/")
    }
    there = store.sizes(FOLDER) if listed else {}
    return listed if all(there.get(path) == size for path, size in listed.items()) else {}


def band_index(store: Store, files: dict[str, int], kind: Kind) -> BandIndex:
    """The entries of one kind, given all files of the index."""
    some = {path: size for path, size in files.items() if path.startswith(f"{folder_of(kind)}/")}
    return BandIndex(some, parts_of(next(iter(some))) if some else 1, store.read_ranges)


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
