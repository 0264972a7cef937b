"""Shuffling by keyed hash: the place of a document depends only on its identity and the seed.

A key of 64 bits, spread evenly, orders all documents of a run. A shard is a range of keys, so
chosen that all shards have about the same number of tokens: tokens are counted in equal, narrow
ranges (bins), and a shard ends where a bin does. A shard need not fit in memory: the keys are also
cut into equal pieces, which are sorted one after the other.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def shuffle_keys(doc_id: pa.FixedSizeBinaryArray, seed: int) -> npt.NDArray[np.uint64]:
    """A key for each document: sorting by it shuffles.

    SplitMix64's finalizer (Steele, Lea, Flood 2014) over both halves of the id and the seed.
    """
    buffer = doc_id.buffers()[1]
    halves = np.frombuffer(buffer, np.uint64, 2 * len(doc_id), 16 * doc_id.offset).reshape(-1, 2)
    with np.errstate(over="ignore"):
        return mixed(
            halves[:, 0] ^ mixed(halves[:, 1] + mixed(np.uint64(seed & 0xFFFFFFFFFFFFFFFF)))
        )


def mixed(x: npt.NDArray[np.uint64] | np.uint64) -> npt.NDArray[np.uint64]:
    """A number that looks random for each, by a one-to-one function."""
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
# up to four bytes, and a piece is there twice while its batches become one.
_SORTED_BYTES = 8
# A piece in which a shard ends is read for two shards, so several shards have several pieces each.
_PIECES_PER_SHARD = 4


def piece_count(text_bytes: int, shards: int, memory_mb: int) -> int:
    """The number of pieces of all shards, of which one is sorted in half of a worker's memory."""
    needed = -(-text_bytes * _SORTED_BYTES // (memory_mb << 19))
    return max(needed, _PIECES_PER_SHARD * shards if shards > 1 else 1)


def pieces_of(keys: npt.NDArray[np.uint64], pieces: int) -> npt.NDArray[np.int64]:
    """The piece of each key; a later piece has higher keys."""
    return ((keys >> np.uint64(32)) * np.uint64(pieces) >> np.uint64(32)).astype(np.int64)


# Bins of a shard, as far as there are so many: a shard has at most a bin's tokens too many or too
# few, so .4 % of documents that are short beside it.
_BINS_PER_SHARD = 256
_LEAST_BITS, _MOST_BITS = 16, 22


def bin_bits(shards: int) -> int:
    """The number of bins is this power of two. Above 16,384 shards a shard has less than 256."""
    return min(max((_BINS_PER_SHARD * shards - 1).bit_length(), _LEAST_BITS), _MOST_BITS)


def bins_of(keys: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.int64]:
    """The bin of each key."""
    return (keys >> np.uint64(64 - bits)).astype(np.int64)


def shard_bounds(tokens: npt.NDArray[np.int64], shards: int) -> list[int]:
    """The bin in which each shard begins, and the number of bins.

    Args:
      tokens: of all documents of each bin.
    """
    before = np.concatenate([[0], np.cumsum(tokens)])
    wanted = int(before[-1]) * np.arange(shards + 1) / shards
    after = np.clip(np.searchsorted(before, wanted), 1, len(tokens))
    nearest = after - (wanted - before[after - 1] <= before[after] - wanted)
    nearest[0], nearest[-1] = 0, len(tokens)
    bounds: list[int] = nearest.tolist()
    return bounds


def pieces_of_shards(bounds: Sequence[int], bits: int, pieces: int) -> list[tuple[int, int]]:
    """The first piece of each shard, and the one behind its last; none if it has no bin."""
    found = []
    for first, end in itertools.pairwise(bound << 32 - bits for bound in bounds):
        last = (end - 1) * pieces >> 32
        found.append((first * pieces >> 32, last + 1) if end > first else (0, 0))
    return found


def in_order(rows: pa.Table, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Rows with a key, sorted by it and then by identity, in batches with memory of their own."""
    rows = rows.combine_chunks()  # once: `take` would do it for every batch
    order = pc.sort_indices(rows, [("key", "ascending"), ("doc_id", "ascending")])
    for start in range(0, len(order), batch_rows):
        yield from rows.take(order.slice(start, batch_rows)).to_batches()
