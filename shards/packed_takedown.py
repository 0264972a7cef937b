"""Takes documents out of packed shards: their tokens, wherever a row has some of them.

Rows stay, so that their numbers, and the states of training loops, hold. What is left of a row
moves together, and its end is filled up. Files that hold none of the documents do not change.

A file is written anew under another name, and counts when the index names it; the old one is
removed then. So an interrupted takedown goes on, from what `begin` wrote down.
"""

import collections
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests import folders, schemas
from manifests.manifest import TAKEDOWN_BEGUN, TAKEDOWNS
from manifests.store import Store, WrittenFile
from shards import packed_files
from shards.packed_files import INDEX_FILE, pieces_file
from shards.shard_files import Ints

_ENDING = re.compile(r"(\.\d+)?\.arrow$")


def begin(store: Store, ids: Collection[str]) -> bool:
    """Writes down what taking documents out of packed shards changes; false for nothing.

    Args:
      ids: of the documents, in hexadecimal.

    Raises:
      ValueError: a file is damaged.
    """
    content = folders.read(store)
    index, _ = packed_files.read_index(store)
    wanted, found, changed = _as_ids(ids), set[str](), []
    known = {file["path"]: file["sha256"] for file in content["files"]}
    for file in _files(index):
        held = set[bytes]()
        for batch in packed_files.piece_batches(store, file, ["doc_id"]):
            here = batch["doc_id"].filter(pc.is_in(batch["doc_id"], wanted))
            held.update(here.to_pylist())
        if held:
            found |= {one.hex() for one in held}
            changed.append({"path": file, "sha256": known[file]})
    if not found:
        return False
    begun = {
        "number": len(content["takedowns"]) + 1,
        "parent": content[folders.DIGEST],
        "ids": sorted(found),
        "files": changed,
        "documents": _total(index, "documents"),
        "tokens": _total(index, "tokens"),
    }
    store.write_json(TAKEDOWN_BEGUN, begun)
    return True


def finish(store: Store, say: Callable[[int, int], None]) -> dict[str, Any]:
    """Does what `begin` wrote down, whatever of it is done already.

    Args:
      say: gets the number of files that are done, and of all, whenever one is.

    Returns:
      The manifest of the folder as it is now; the last of its `takedowns` is this one.

    Raises:
      ValueError: a file is damaged.
    """
    begun, content = store.read_json(TAKEDOWN_BEGUN), folders.read(store)
    wanted, number = _as_ids(begun["ids"]), begun["number"]
    index, facts = packed_files.read_index(store)
    old = {file["path"] for file in begun["files"]}
    blocks: list[dict[str, Any]] = []
    done = 0
    for file, some in itertools.groupby(index.to_pylist(), key=lambda block: block["file"]):
        if file in old:
            blocks += _write_without(store, file, _new_name(file, number), [*some], facts, wanted)
            say(done := done + 1, len(old))
        else:
            blocks += some
    facts["packed"]["tokens"] = sum(block["tokens"] for block in blocks)
    packed_files.write_index(store, blocks, facts)
    # From here on the old files are strays.
    files = {block["file"] for block in blocks}
    there = {*files, *map(pieces_file, files)}
    for path in store.list(""):
        if path.startswith(("packed-", "documents/")) and path not in there:
            store.remove(path)
    rows = collections.Counter[str]()
    for block in blocks:
        rows[block["file"]] += block["rows"]
    known = {file["path"]: file for file in content["files"]}
    del known[INDEX_FILE]  # it is another since
    listed = [
        WrittenFile.from_json(known[path]) if path in known else _described(store, path, rows)
        for path in sorted({*there, INDEX_FILE})
    ]
    now = {file.path: file.sha256 for file in listed}
    record = {
        **{key: begun[key] for key in ("parent", "ids")},
        "pieces": begun["documents"] - sum(block["documents"] for block in blocks),
        "tokens": begun["tokens"] - facts["packed"]["tokens"],
        "files": [
            {
                "path": file["path"],
                "before": file["sha256"],
                "now": _new_name(file["path"], number),
                "after": now[_new_name(file["path"], number)],
            }
            for file in begun["files"]
        ],
    }
    earlier = [one for one in content["takedowns"] if one["parent"] != begun["parent"]]
    whole = folders.write(
        store,
        folders.PACKED,
        content["run_digest"],
        content["settings"],
        listed,
        [*earlier, record],
    )
    store.remove(TAKEDOWNS)  # of packed shards it holds nothing else
    return whole


def _as_ids(ids: Collection[str]) -> pa.Array:
    return pa.array([bytes.fromhex(one) for one in sorted(ids)], schemas.DOC_ID)


def _files(index: pa.Table) -> list[str]:
    return list(dict.fromkeys(index["file"].to_pylist()))


def _total(index: pa.Table, column: str) -> int:
    return int(pc.sum(index[column]).as_py() or 0)


def _new_name(file: str, number: int) -> str:
    return _ENDING.sub(f".{number}.arrow", file)


def _described(store: Store, path: str, rows: Mapping[str, int]) -> WrittenFile:
    """What the manifest is to say of a file that was written anew."""
    held = store.rows(path) if path.endswith(".parquet") else rows[path]
    return WrittenFile(path, store.size(path), store.sha256(path), held)


def _write_without(
    store: Store,
    file: str,
    new: str,
    blocks: list[dict[str, Any]],
    facts: Mapping[str, Any],
    wanted: pa.Array,
) -> list[dict[str, Any]]:
    """Writes a packed file without some documents; returns what `INDEX` says of its blocks."""
    schema = packed_files.rows_schema(facts)
    kept = []
    with packed_files.write_pieces(store, new) as writer:
        for batch in packed_files.piece_batches(store, file, packed_files.PIECES.names):
            keep = pc.invert(pc.is_in(batch["doc_id"], wanted))
            writer.write(batch.filter(keep))
            kept.append(keep.to_numpy(zero_copy_only=False))
    keep = np.concatenate(kept)

    def without() -> Iterator[pa.RecordBatch]:
        start = 0
        for block in blocks:
            batch = packed_files.read_block(store, block, schema)
            own = keep[start : start + block["documents"]]
            start += block["documents"]
            yield batch if own.all() else removed(batch, own, facts["packed"]["end_of_text"])

    with store.commit(new) as sink:
        return packed_files.write(sink, new, schema, without())


def removed(batch: pa.RecordBatch, keep: Ints, end_of_text: int) -> pa.RecordBatch:
    """A block without some of its pieces.

    Args:
      keep: bool, of each piece, whether it stays.
    """
    length = batch.schema.field("input_ids").type.list_size
    rows = batch["input_ids"].values.to_numpy().reshape(-1, length).copy()
    lens, ends = batch["doc_lens"].values.to_numpy(), batch["doc_lens"].offsets.to_numpy()
    for row in range(batch.num_rows):
        own = slice(ends[row], ends[row + 1])
        if not keep[own].all():
            stays = np.repeat(keep[own], lens[own])
            left = rows[row, : len(stays)][stays]
            rows[row, : len(left)], rows[row, len(left) :] = left, end_of_text
    of_rows = np.concatenate([[0], np.cumsum(keep)])[ends].astype(np.int32)
    ids, doc_lens = batch.schema
    columns = [
        pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), type=ids.type),
        pa.ListArray.from_arrays(pa.array(of_rows), pa.array(lens[keep]), type=doc_lens.type),
    ]
    return pa.record_batch(columns, schema=batch.schema)
