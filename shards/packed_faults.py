"""What is wrong with packed shards: their index, blocks and documents compared with each other."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests.folders import PACKED, again
from manifests.store import Store
from manifests.verify import Fault
from shards import packed_files
from shards.packed_files import INDEX_FILE, rows_schema

_AGAIN = again(PACKED)


def block_faults(
    store: Store, listed: Collection[str], damaged: Collection[str]
) -> Iterator[Fault]:
    """A fault of each file at most; of one whose digest differs, which of its blocks do.

    Args:
      listed: files of the manifest.
      damaged: those of them that are not as it says.
    """
    if INDEX_FILE in damaged:
        return
    try:
        index, facts = packed_files.read_index(store)
        schema = rows_schema(facts)
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        yield Fault(INDEX_FILE, str(error), _AGAIN)
        return
    blocks = index.to_pylist()
    arrow = {path for path in listed if path.endswith(".arrow")}
    if arrow != {block["file"] for block in blocks}:
        yield Fault(INDEX_FILE, "the files of its blocks are not those of the folder", _AGAIN)
        return
    for name in ("rows", "tokens"):
        if (held := sum(block[name] for block in blocks)) != (told := facts["packed"][name]):
            what = f"its blocks have {held:,} {name}, but it says {told:,}"
            yield Fault(INDEX_FILE, what, _AGAIN)
    for file, some in itertools.groupby(blocks, key=lambda block: block["file"]):
        if what := _what(store, file, [*some], schema, facts, damaged):
            yield Fault(file, what, _AGAIN)


def _what(
    store: Store,
    file: str,
    blocks: list[dict[str, Any]],
    schema: pa.Schema,
    facts: Mapping[str, Any],
    damaged: Collection[str],
) -> str:
    """What is wrong with a packed file; empty for nothing."""
    bad, found, lens = [], [], []
    for block in blocks:
        try:
            batch = packed_files.read_block(store, block, schema)
        except (pa.ArrowInvalid, ValueError, OSError):
            bad.append(block)
            continue
        if what := _unlike(batch, block, facts["packed"]["end_of_text"]):
            return f"the block at byte {block['offset']:,}: {what}"
        found.append(pc.list_value_length(batch["doc_lens"]).to_numpy())
        lens.append(batch["doc_lens"].values.to_numpy())
    if bad:
        rows = sum(block["rows"] for block in bad)
        return (
            f"damaged blocks: {len(bad):,} of {len(blocks):,} ({rows:,} rows), the first at byte "
            f"{bad[0]['offset']:,}"
        )
    if packed_files.pieces_file(file) in damaged or file in damaged:
        return ""
    counts, told = np.concatenate(found), [np.zeros((2, 0), np.int32)]
    for batch in packed_files.piece_batches(store, file, ["row", "tokens"]):
        told.append(np.stack([batch["row"].to_numpy(), batch["tokens"].to_numpy()]))
    held = np.stack([np.repeat(np.arange(len(counts)), counts), np.concatenate(lens)])
    if not np.array_equal(held, np.concatenate(told, axis=1)):
        return f"{packed_files.pieces_file(file)} has other documents than its rows"
    return ""


def _unlike(batch: pa.RecordBatch, block: Mapping[str, Any], end_of_text: int) -> str:
    """What the index says of a block, and is not so; empty for nothing."""
    lens = batch["doc_lens"].values.to_numpy()
    held = {"rows": batch.num_rows, "documents": len(lens), "tokens": int(lens.sum())}
    for name, number in held.items():
        if number != block[name]:
            return f"it has {number:,} {name}, but {INDEX_FILE} says {block[name]:,}"
    counts = np.diff(batch["doc_lens"].offsets.to_numpy())
    full = np.zeros(batch.num_rows, np.int64)
    np.add.at(full, np.repeat(np.arange(batch.num_rows), counts), lens)
    length = batch.schema.field("input_ids").type.list_size
    if (full > length).any() or (lens < 1).any():
        return "documents of a row have more tokens than the row, or none"
    ids = batch["input_ids"].values.to_numpy().reshape(-1, length)
    behind = np.arange(length) >= full[:, None]
    if (ids[behind] != end_of_text).any():
        return "behind the documents of a row stands something else than the end-of-text token"
    return ""
