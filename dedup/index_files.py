"""The index of bands that a finished run holds, for who reads it.

`index/` of a run has

- `bands/`: entries of all documents, by the folded words that signatures have;
- `left/`: entries of documents that resembled none of those they met, by all their words;
- `pairs/`: pairs that were found alike, a part for each unit that has some;
- `settings.json`: what all of this depends on.
"""

from typing import Literal

from dedup.index import BandIndex, parts_of
from manifests.manifest import stage_manifest
from manifests.store import Store

FOLDER = "index"
Kind = Literal["bands", "left"]


def folder_of(kind: Kind | Literal["pairs"]) -> str:
    """The folder of one kind of files in a run."""
    return f"{FOLDER}/{kind}"


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
