"""The manifest of a folder that was made of a run by `winnow pack` or `winnow export`.

The folder is no run, and the run does not know of it. `winnow.manifest` is JSON: of which run it
was made and how, size and SHA-256 of every other file, and what was taken out since. Its name has
an ending of its own, since whoever reads a folder of JSON, text or Parquet takes every such file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from manifests.manifest import TAKEDOWN_BEGUN
from manifests.statistics import digest_of
from manifests.store import Store, WrittenFile
from manifests.threads import in_threads
from manifests.verify import Fault

FOLDER_FILE = "winnow.manifest"
FORMAT = "winnow-folder/1"

Kind: TypeAlias = Literal["packed", "exported"]
PACKED: Kind = "packed"
EXPORTED: Kind = "exported"
DIGEST = "folder_digest"  # of the canonical JSON of all other keys
# What makes such a folder anew.
COMMANDS: Mapping[str, str] = {PACKED: "winnow pack", EXPORTED: "winnow export"}
_STRAY = "remove it, or move it elsewhere"
_KEYS = ("format", "kind", "run_digest", "settings", "files", "takedowns", DIGEST)


def write(
    store: Store,
    kind: Kind,
    run_digest: str,
    settings: Mapping[str, Any],
    files: Sequence[WrittenFile],
    takedowns: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Writes the manifest, last of all files; returns it.

    Args:
      run_digest: of the run that the folder was made of.
      settings: what the command was asked for.
      files: all others of the folder.
      takedowns: what was taken out of the folder, time after time.
    """
    content = {
        "format": FORMAT,
        "kind": kind,
        "run_digest": run_digest,
        "settings": dict(settings),
        "files": [file.to_json() for file in sorted(files, key=lambda file: file.path)],
        "takedowns": list(takedowns),
    }
    whole = {**content, DIGEST: digest_of(content)}
    store.write_json(FOLDER_FILE, whole)
    return whole


def read(store: Store) -> dict[str, Any]:
    """The manifest.

    Raises:
      FileNotFoundError: there is none.
      ValueError: it is damaged, or of another version of winnow.
    """
    content: dict[str, Any] = store.read_json(FOLDER_FILE)
    if fault := _fault(content):
        raise ValueError(f"{store.url(FOLDER_FILE)}: {fault}")
    return content


def again(kind: str) -> str:
    """The remedy of a fault."""
    return f"run `{COMMANDS[kind]}` again, into an empty folder"


def faults(store: Store) -> Iterator[Fault]:
    """What is wrong with the manifest, and each file that is not as it says.

    Raises:
      FileNotFoundError: there is no manifest.
    """
    try:
        content = json.loads(store.read_bytes(FOLDER_FILE))
    except ValueError as error:
        yield Fault(FOLDER_FILE, f"damaged: {error}", "make the folder anew")
        return
    if fault := _fault(content):
        yield Fault(FOLDER_FILE, fault, "make the folder anew")
        return
    remedy = again(content["kind"])
    there = store.sizes("")

    def fault_of(file: Mapping[str, Any]) -> Fault | None:
        path = file["path"]
        if path not in there:
            return Fault(path, "missing", remedy)
        if there[path] != file["size_bytes"]:
            told = f"{there[path]:,} bytes, but {FOLDER_FILE} says {file['size_bytes']:,}"
            return Fault(path, told, remedy)
        if store.sha256(path) != file["sha256"]:
            return Fault(path, "content changed since it was written (SHA-256 differs)", remedy)
        return None

    yield from (one for one in in_threads(store, fault_of, content["files"]) if one is not None)
    if TAKEDOWN_BEGUN in there:
        told = "winnow takedown --in-place goes on with it"
        yield Fault(TAKEDOWN_BEGUN, "a takedown was interrupted", told)
    listed = {file["path"] for file in content["files"]}
    for path in sorted(there.keys() - listed - {FOLDER_FILE, TAKEDOWN_BEGUN}):
        yield Fault(path, f"{FOLDER_FILE} does not list it", _STRAY)


def _fault(content: Any) -> str:
    """What is wrong with a manifest itself; empty for nothing."""
    if not isinstance(content, dict) or set(_KEYS) - content.keys():
        return f"damaged: it lacks one of {', '.join(_KEYS)}"
    if content["format"] != FORMAT or str(content["kind"]) not in COMMANDS:
        return f"has the format {content['format']} of another version of winnow"
    if digest_of({key: content[key] for key in content if key != DIGEST}) != content[DIGEST]:
        return f"content changed since it was written (its {DIGEST} differs)"
    return "" if isinstance(content["files"], list) else "damaged: it lists no files"
