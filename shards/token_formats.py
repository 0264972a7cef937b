"""Shards in the formats of other trainers (`winnow export --format megatron` and so on).

A file has documents in the order of the shards, with their end-of-text tokens, and ends with a
whole document. Ids are uint16 or uint32.

- `megatron`: `.bin` and `.idx` of Megatron-LM (uint16 or int32): NVIDIA/Megatron-LM,
  megatron/core/datasets/indexed_dataset.py.
- `olmo`: flat arrays `.npy`, which have no header, and `.csv.gz` with the bounds of documents:
  allenai/OLMo-core, src/olmo_core/data/utils.py.
- `datatrove`: `.ds`, `.ds.index`, `.ds.metadata` of datatrove and nanotron: huggingface/datatrove
  0.10.1, src/datatrove/pipeline/tokens/tokenizer.py.
"""

import gzip
import itertools
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from manifests.store import Store
from shards.cutting import Ids, Ints

Width: TypeAlias = "np.dtype[np.unsignedinteger[Any]]"
# Tokens of some documents, one behind the other, and how many each has.
Documents: TypeAlias = tuple[Ids, Ints]
Written: TypeAlias = Iterator[tuple[str, int]]  # names and sizes of files
IDS = ("uint16", "uint32")


def export_tokens(
    batches: Iterable[pa.RecordBatch], out: Store, format_: str, ids: str, file_bytes: int
) -> Written:
    """Writes rows of shards; yields name and size of each file when it is done.

    Args:
      batches: with the column `input_ids`, one document a row.
      format_: one of `TOKEN_FORMATS`.
      ids: one of `IDS`.
      file_bytes: a file ends with the document by which its tokens have so many bytes.

    Raises:
      OverflowError: an id does not fit.
    """
    width = np.dtype(ids)
    write = TOKEN_FORMATS[format_]
    numbered = _numbered((_documents(batch, width) for batch in batches), file_bytes)
    for number, of_file in itertools.groupby(numbered, key=lambda one: one[0]):
        yield from write(out, f"tokens-{number:05d}", width, (part for _, part in of_file))


def _documents(batch: pa.RecordBatch, width: Width) -> Documents:
    lists = batch["input_ids"]
    tokens = lists.flatten().to_numpy()
    if len(tokens) and tokens.max() > np.iinfo(width).max:
        raise OverflowError(
            f"the id {tokens.max():,} does not fit in {width}; leave --ids out, or take uint32"
        )
    return tokens.astype(width, copy=False), np.diff(lists.offsets.to_numpy()).astype(np.int64)


def _numbered(parts: Iterable[Documents], file_bytes: int) -> Iterator[tuple[int, Documents]]:
    """Documents, cut where files end, with the number of their file."""
    number, full = 0, 0
    for tokens, lengths in parts:
        ends = np.cumsum(lengths)
        done = first = 0
        while first < len(lengths):
            # The first document by which the file is full, or all that there are.
            room = (file_bytes - full - 1) // tokens.itemsize + done
            last = min(int(np.searchsorted(ends, room, "right")) + 1, len(lengths))
            end = int(ends[last - 1])
            yield number, (tokens[done:end], lengths[first:last])
            full += (end - done) * tokens.itemsize
            if full >= file_bytes:
                number, full = number + 1, 0
            done, first = end, last


def _data(
    out: Store, path: str, documents: Iterable[Documents], as_type: str = ""
) -> tuple[int, Ints]:
    """Writes tokens one behind the other; the size of the file, and the length of each document."""
    found = [np.zeros(0, np.int64)]
    with out.commit(path) as sink:
        for tokens, lengths in documents:
            sink.write((tokens.astype(as_type) if as_type else tokens).tobytes())
            found.append(lengths)
    return sink.size_bytes, np.concatenate(found)


def _megatron(out: Store, name: str, width: Width, documents: Iterator[Documents]) -> Written:
    """Each document is one sequence of the index."""
    small = width == np.uint16
    size, lengths = _data(out, f"{name}.bin", documents, "" if small else "<i4")
    yield f"{name}.bin", size
    code, item = (8, 2) if small else (4, 4)
    starts = np.cumsum(lengths) - lengths
    index = [
        struct.pack("<9sQBQQ", b"MMIDIDX\0\0", 1, code, len(lengths), len(lengths) + 1),
        lengths.astype("<i4").tobytes(),
        (starts * item).astype("<i8").tobytes(),
        np.arange(len(lengths) + 1, dtype="<i8").tobytes(),
    ]
    yield f"{name}.idx", out.write_pieces(f"{name}.idx", index).size_bytes


def _olmo(out: Store, name: str, width: Width, documents: Iterator[Documents]) -> Written:
    size, lengths = _data(out, f"{name}.npy", documents)
    yield f"{name}.npy", size
    ends = np.cumsum(lengths)
    lines = "".join(
        f"{start},{end}\n" for start, end in zip(ends - lengths, ends, strict=True)
    ).encode()
    data = gzip.compress(lines, mtime=0)
    yield f"{name}.csv.gz", out.write_bytes(f"{name}.csv.gz", data).size_bytes


def _datatrove(out: Store, name: str, width: Width, documents: Iterator[Documents]) -> Written:
    size, lengths = _data(out, f"{name}.ds", documents)
    yield f"{name}.ds", size
    total = int(lengths.sum())
    beside = {
        "index": np.cumsum(lengths).astype("<u8").tobytes(),
        # The tokenizer, which is not named here, bytes of an id, and tokens.
        "metadata": f"tokenizer.json|{width.itemsize}\n{total}\n{total:,} T".encode(),
    }
    for ending, data in beside.items():
        yield f"{name}.ds.{ending}", out.write_bytes(f"{name}.ds.{ending}", data).size_bytes


TOKEN_FORMATS: dict[str, Callable[[Store, str, Width, Iterator[Documents]], Written]] = {
    "megatron": _megatron,
    "olmo": _olmo,
    "datatrove": _datatrove,
}
