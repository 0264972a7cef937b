"""`winnow verify`: checks that a finished run still agrees with its manifest."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from manifests import manifest
from manifests.statistics import Funnel, digest_of
from manifests.store import Store


def verify(store: Store) -> Iterator[str]:
    """Yields one sentence for each fault, with the file's name; none if the run is sound.

    It checks the manifest against its schema and digest, every file against its size and SHA-256,
    that no other files are in the same folders, the balance of every stage, that each surviving
    document is once in the corpus and once in the shards, and that these have as many tokens as
    counted.

    Raises:
      FileNotFoundError: there is no manifest.
    """
    if not store.exists(manifest.MANIFEST_FILE):
        raise FileNotFoundError(
            f"{store.url(manifest.MANIFEST_FILE)} does not exist: no finished run is here"
        )
    try:
        found = store.read_json(manifest.MANIFEST_FILE)
    except ValueError as error:
        yield str(error)
        return
    if other := manifest.other_format(found):
        yield f"{manifest.MANIFEST_FILE}: {other}"
        return
    faults = manifest.schema_faults(found)
    yield from faults
    if faults:
        return
    content = found["reproducible"]
    if digest_of(content) != found["run_digest"]:
        yield f"{manifest.MANIFEST_FILE}: run_digest does not match the manifest's content"
    damaged = False
    listed = store.sizes("")
    for stage in content["stages"].values():
        for file in stage["files"]:
            for fault in _file_faults(store, file, listed):
                damaged = True
                yield fault
    yield from _strays(listed, content)
    yield from _balance_faults(content)
    if not damaged:
        yield from _repeated(store, content, "corpus", "id")
        if "shards" in content:
            yield from _repeated(store, content, "shards", "doc_id")
            yield from _token_faults(store, content)


def _file_faults(store: Store, file: dict[str, Any], listed: Mapping[str, int]) -> Iterator[str]:
    path = file["path"]
    if (size := listed.get(path)) is None:
        yield f"{path}: missing"
    elif size != file["size_bytes"]:
        yield f"{path}: {size:,} bytes, but the manifest says {file['size_bytes']:,}"
    elif store.sha256(path) != file["sha256"]:
        yield f"{path}: content changed since it was written (SHA-256 differs)"


def _strays(listed: Iterable[str], content: dict[str, Any]) -> Iterator[str]:
    """Files beside the parts of the run that are none: who reads a whole folder would read them."""
    parts = {file["path"] for stage in content["stages"].values() for file in stage["files"]}
    folders = {path.rpartition("/")[0] for path in parts}
    for path in sorted(listed):
        folder = path.rpartition("/")[0]
        if folder and folder in folders and path not in parts:
            yield f"{path}: the manifest does not list it; remove it, or move it elsewhere"


def _balance_faults(content: dict[str, Any]) -> Iterator[str]:
    stages = content["stages"]
    for name, stage in stages.items():
        if imbalance := Funnel.from_json(stage["funnel"]).imbalance():
            yield f"stage {name}: {imbalance}"
    removing = [name for name in manifest.REMOVING if name in stages]
    for before, name in itertools.pairwise(removing):
        kept = stages[before]["funnel"]["kept"]["docs"]
        entered = stages[name]["funnel"]["in"]["docs"]
        if kept != entered:
            yield f"stage {name}: {entered:,} documents in, but {before} kept {kept:,}"
    survivors = stages[removing[-1]]["funnel"]["kept"]["docs"]
    for name in ("corpus", "shards"):
        if name not in stages:
            continue
        entered = stages[name]["funnel"]["in"]["docs"]
        if entered != survivors:
            yield f"stage {name}: {entered:,} documents in, but {survivors:,} survived"
        rows, kept = content[name]["rows"], stages[name]["funnel"]["kept"]["docs"]
        if rows != kept:
            yield f"stage {name}: {rows:,} documents written, but {kept:,} were kept"


def _repeated(store: Store, content: dict[str, Any], folder: str, column: str) -> Iterator[str]:
    found = []
    for file in content[folder]["files"]:
        ids = store.read_table(file["path"], [column])[column]
        if len(ids) != file["rows"]:
            yield f"{file['path']}: {len(ids):,} rows, but the manifest says {file['rows']:,}"
        found += ids.chunks
    every = pa.chunked_array(found)
    if repeated := len(every) - pc.count_distinct(every).as_py():
        yield f"{folder}: {repeated:,} documents are written more than once"


def _token_faults(store: Store, content: dict[str, Any]) -> Iterator[str]:
    tokens = 0
    for file in content["shards"]["files"]:
        ids = store.read_table(file["path"], ["input_ids"])["input_ids"]
        tokens += pc.sum(pc.list_value_length(ids)).as_py() or 0
    if tokens != content["shards"]["tokens"]:
        yield f"shards: {tokens:,} tokens, but the manifest says {content['shards']['tokens']:,}"
