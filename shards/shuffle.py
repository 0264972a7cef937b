"""Shuffling by keyed hash: the place of a document depends only on its identity and the seed.

The remainder of a document's key is its shard, and keys order the documents of a shard. A shard
need not fit in memory: the range of keys is cut into pieces, which are sorted one after the other.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def shuffle_keys(doc_id: pa.FixedSizeBinaryArray, seed: int) -> npt.NDArray[np.uint64]:
    """A key for each document: sorting by it shuffles, and its remainder is the shard's number.

    SplitMix64's finalizer (Steele, Lea, Flood 2014) over both halves of the id and the seed.
    """
    buffer = doc_id.buffers()[1]
    halves = np.frombuffer(buffer, np.uint64, 2 * len(doc_id), 16 * doc_id.offset).reshape(-1, 2)
    with np.errstate(over="ignore"):
        return _mix(halves[:, 0] ^ _mix(halves[:, 1] + _mix(np.uint64(seed & 0xFFFFFFFFFFFFFFFF))))


def _mix(x: npt.NDArray[np.uint64] | np.uint64) -> npt.NDArray[np.uint64]:
    x = np.atleast_1d(np.asarray(x, np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def shard_count(text_bytes: int, text_mb_per_shard: int) -> int:
    """The number of shards that hold about `text_mb_per_shard` of text each; at least 1."""
    return max(1, -(-text_bytes // (text_mb_per_shard << 20)))


def shard_name(shard: int, count: int) -> str:
    return f"shards/shard-{shard:05d}-of-{count:05d}.parquet"


# Memory for each byte of text while a piece is sorted. A token is at least a byte of text and has
# four bytes, and a piece is there twice while its batches become one.
_SORTED_BYTES = 8


def piece_count(text_bytes: int, shards: int, memory_mb: int) -> int:
    """The number of pieces of a shard, of which one is sorted in half of a worker's memory."""
    return max(1, -(-text_bytes * _SORTED_BYTES // (shards * (memory_mb << 19))))


def partitions(keys: npt.NDArray[np.uint64], shards: int, pieces: int) -> npt.NDArray[np.int64]:
    """The partition of each key: those of a shard follow each other in the order of their keys."""
    shard = (keys % np.uint64(shards)).astype(np.int64)
    piece = (keys >> np.uint64(32)) * np.uint64(pieces) >> np.uint64(32)
    return shard * pieces + piece.astype(np.int64)


def in_order(rows: pa.Table, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Rows with a key, sorted by it and then by identity, in batches with memory of their own."""
    rows = rows.combine_chunks()  # once: `take` would do it for every batch
    order = pc.sort_indices(rows, [("key", "ascending"), ("doc_id", "ascending")])
    for start in range(0, len(order), batch_rows):
        yield from rows.take(order.slice(start, batch_rows)).to_batches()
