"""Shuffling by keyed hash: the place of a document depends only on its identity and the seed."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa


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
