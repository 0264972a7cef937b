"""Shards in the formats of other trainers (`winnow export --format megatron` and so on).

A file has documents in the order of the shards, with their end-of-text tokens, and ends with a
whole document. Ids are uint16 or uint32.

- `megatron`: `.bin` and `.idx` of Megatron-LM (uint16 or int32): NVIDIA/Megatron-LM,
  megatron/core/datasets/indexed_dataset.py.
- `olmo`: flat arrays `.npy`, which have no header, and `.csv.gz` with the bounds of documents:
  allenai/OLMo-core, src/olmo_core/data/utils.py.
- `datatrove`: `.ds`, `.ds.index`, `.ds.metadata` of datatrove and nanotron: huggingface/datatrove
  0.10.1, src/datatrove/pipeline/tokens/tokenizer.py.
- `mds`: MosaicML streaming 0.13, streaming/base/format/mds; a sample is a document, with a column
  `tokens`.
- `litdata`: chunks for the `TokensLoader` of litdata 0.2, litdata/streaming/writer.py.
"""

import gzip
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests.store import Store, WrittenFile
from shards.corpus_files import in_files
from shards.shard_files import Ids, Ints

Width: TypeAlias = "np.dtype[np.unsignedinteger[Any]]"
# Tokens of some documents, one behind the other, and how many each has.
Documents: TypeAlias = tuple[Ids, Ints]
Written: TypeAlias = Iterator[WrittenFile]
# The number of each file, and its documents.
Files: TypeAlias = Iterator[tuple[int, Iterator[Documents]]]
IDS = ("uint16", "uint32")


def export_tokens(
    batches: Iterable[pa.RecordBatch], out: Store, format_: str, ids: str, file_bytes: int
) -> Written:
    """Writes rows of shards; yields what each file is when it is done.

    Args:
      batches: with the column `input_ids`, one document a row.
      format_: one of `TOKEN_FORMATS`.
      ids: one of `IDS`.
      file_bytes: a file ends with the document by which its tokens have so many bytes.

    Raises:
      OverflowError: an id does not fit.
      ValueError: a file would be larger than its format allows.
    """
    width = np.dtype(ids)
    of_files = in_files(batches, lambda batch: _lengths(batch) * width.itemsize, file_bytes)
    files = ((number, (_documents(batch, width) for batch in some)) for number, some in of_files)
    yield from TOKEN_FORMATS[format_](out, width, files)


def _lengths(batch: pa.RecordBatch) -> Ints:
    return pc.list_value_length(batch["input_ids"]).to_numpy().astype(np.int64)


def _documents(batch: pa.RecordBatch, width: Width) -> Documents:
    tokens = batch["input_ids"].flatten().to_numpy()
    if len(tokens) and tokens.max() > np.iinfo(width).max:
        raise OverflowError(
            f"the id {tokens.max():,} does not fit in {width}; leave --ids out, or take uint32"
        )
    return tokens.astype(width, copy=False), _lengths(batch)


def _data(
    out: Store, path: str, documents: Iterable[Documents], as_type: str = ""
) -> tuple[WrittenFile, Ints]:
    """Writes tokens one behind the other; the file, and the length of each document."""
    found = [np.zeros(0, np.int64)]
    with out.commit(path) as sink:
        for tokens, lengths in documents:
            sink.write((tokens.astype(as_type) if as_type else tokens).tobytes())
            found.append(lengths)
    return sink.written(path), np.concatenate(found)


def _megatron(out: Store, width: Width, files: Files) -> Written:
    """Each document is one sequence of the index."""
    small = width == np.uint16
    code, item = (8, 2) if small else (4, 4)
    for number, documents in files:
        name = _name(number)
        file, lengths = _data(out, f"{name}.bin", documents, "" if small else "<i4")
        yield file
        starts = np.cumsum(lengths) - lengths
        index = [
            struct.pack("<9sQBQQ", b"MMIDIDX\0\0", 1, code, len(lengths), len(lengths) + 1),
            lengths.astype("<i4").tobytes(),
            (starts * item).astype("<i8").tobytes(),
            np.arange(len(lengths) + 1, dtype="<i8").tobytes(),
        ]
        yield out.write_bytes(f"{name}.idx", b"".join(index))


def _olmo(out: Store, width: Width, files: Files) -> Written:
    for number, documents in files:
        name = _name(number)
        file, lengths = _data(out, f"{name}.npy", documents)
        yield file
        ends = np.cumsum(lengths)
        bounds = zip((ends - lengths).tolist(), ends.tolist(), strict=True)
        lines = "".join(f"{start},{end}\n" for start, end in bounds)
        yield out.write_bytes(f"{name}.csv.gz", gzip.compress(lines.encode(), mtime=0))


def _datatrove(out: Store, width: Width, files: Files) -> Written:
    for number, documents in files:
        name = f"{_name(number)}.ds"
        file, lengths = _data(out, name, documents)
        yield file
        yield out.write_bytes(f"{name}.index", np.cumsum(lengths).astype("<u8").tobytes())
        # The tokenizer, bytes of an id, and tokens, twice.
        tokens = int(lengths.sum())
        told = f"tokenizer.json|{width.itemsize}\n{tokens}\n{tokens:,} T"
        yield out.write_bytes(f"{name}.metadata", told.encode())


def _mds(out: Store, width: Width, files: Files) -> Written:
    config = {
        "version": 2, "format": "mds", "compression": None, "hashes": [], "size_limit": None,
        "column_names": ["tokens"], "column_encodings": [f"ndarray:{width.name}"],
        "column_sizes": [None],
    }  # fmt: skip
    header = json.dumps(config, sort_keys=True).encode()
    shards = []
    for number, documents in files:
        name = f"shard.{number:05d}.mds"
        samples = []
        for ids in _each(documents):
            # One dimension, whose size has 1, 2 or 4 bytes.
            bits = next(bits for bits in range(3) if len(ids) < 1 << (8 << bits))
            shape = bytes([1 << 2 | bits]) + len(ids).to_bytes(1 << bits, "little")
            sample = shape + ids.tobytes()
            samples.append(len(sample).to_bytes(4, "little") + sample)
        data = _with_offsets(name, samples, header)
        info = {"basename": name, "bytes": len(data), "hashes": {}}
        shards.append({**config, "samples": len(samples), "raw_data": info, "zip_data": None})
        yield out.write_bytes(name, data)
    index = json.dumps({"version": 2, "shards": shards}, sort_keys=True)
    yield out.write_bytes("index.json", index.encode())


def _litdata(out: Store, width: Width, files: Files) -> Written:
    chunks, most = [], 0
    for number, documents in files:
        name = f"chunk-0-{number}.bin"
        samples = [ids.tobytes() for ids in _each(documents)]
        data = _with_offsets(name, samples, b"")
        most = max(most, len(data))
        tokens = sum(map(len, samples)) // width.itemsize
        chunks.append(
            {"chunk_bytes": len(data), "chunk_size": len(samples), "dim": tokens, "filename": name}
        )
        yield out.write_bytes(name, data)
    config = {
        "chunk_bytes": most,
        "chunk_size": None, "compression": None, "encryption": None, "item_loader": "TokensLoader",
        # The place of the type among those of numpy, as litdata counts them.
        "data_format": [f"no_header_numpy:{5 if width == np.uint16 else 6}"],
        "data_spec": '[1, {"type": null, "context": null, "children_spec": []}]',
    }  # fmt: skip
    index = json.dumps({"chunks": chunks, "config": config, "updated_at": "0"}, sort_keys=True)
    yield out.write_bytes("index.json", index.encode())


def _name(number: int) -> str:
    return f"tokens-{number:05d}"


def _each(documents: Iterable[Documents]) -> Iterator[Ids]:
    for tokens, lengths in documents:
        yield from np.split(tokens, np.cumsum(lengths)[:-1])


def _with_offsets(name: str, samples: list[bytes], header: bytes) -> bytes:
    """The number of samples, where each begins and the last ends, a header, and the samples."""
    sizes = np.array([0, *map(len, samples)], np.int64)
    offsets = np.cumsum(sizes) + 4 * (1 + len(sizes)) + len(header)
    if offsets[-1] >= 1 << 32:
        raise ValueError(
            f"{name} would have {offsets[-1]:,} bytes, but its offsets are of 32 bits; give a "
            "smaller --mb-per-file"
        )
    count = np.uint32(len(samples)).tobytes()
    return b"".join([count, offsets.astype("<u4").tobytes(), header, *samples])


TOKEN_FORMATS: dict[str, Callable[[Store, Width, Files], Written]] = {
    "megatron": _megatron,
    "olmo": _olmo,
    "datatrove": _datatrove,
    "mds": _mds,
    "litdata": _litdata,
}
