"""Pairs of all buckets of a partition, even if one bucket (of boilerplate) is larger than memory.

A bucket pairs each of its members with its most preferred member. A first pass over the members
finds that one, and a second pass makes the pairs, some at a time. So no member of a hot bucket is
left out, no two members need to be in memory together, and the order of members has no effect.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.bands import BAND_MEMBERS
from dedup.clusters import Edges, bucket_edges, bucket_sizes
from dedup.verification import distinct_pairs

_SLOT_BITS = 20

_Columns = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.uint64]]


def bucket_pairs(
    batches: Iterable[pa.RecordBatch], hot_docs: int, most_rows: int
) -> tuple[Iterator[Edges], npt.NDArray[np.int64]]:
    """Edges of all buckets, and the sizes of buckets of more than `hot_docs` documents.

    A pair occurs once in each piece of the work.

    Args:
      batches: rows of BAND_MEMBERS, always whole buckets; they are read up to five times.
      most_rows: rows that fit in memory; if there are more, hot buckets are processed in pieces.
    """
    if sum(batch.num_rows for batch in batches) <= most_rows:
        members = pa.Table.from_batches(batches, BAND_MEMBERS)
        sizes = bucket_sizes(members["key"].to_numpy())
        return iter([distinct_pairs(bucket_edges(members))]), sizes[sizes > hot_docs]
    slots = np.zeros(1 << _SLOT_BITS, np.int64)
    for batch in batches:
        slots += np.bincount(_slot(batch["key"].to_numpy()), minlength=len(slots))
    # A slot with few rows has no hot bucket. A slot with many rows may also have small buckets.
    crowded = slots > hot_docs
    rest = [batch.filter(pa.array(~crowded[_slot(batch["key"].to_numpy())])) for batch in batches]
    key, root, count = _roots(batches, crowded)
    return _pieces(batches, rest, crowded, key, root), count[count > hot_docs]


def _slot(key: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return (key >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)


def _crowded_members(
    batches: Iterable[pa.RecordBatch], crowded: npt.NDArray[np.bool_]
) -> Iterator[_Columns]:
    for batch in batches:
        key, preference, ref = (batch[name].to_numpy() for name in BAND_MEMBERS.names)
        some = crowded[_slot(key)]
        yield key[some], preference[some], ref[some]


def _roots(
    batches: Iterable[pa.RecordBatch], crowded: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint64], Edges, npt.NDArray[np.int64]]:
    """Key, most preferred member (preference, ref) and size of each bucket in a crowded slot."""
    key, preference, ref = (np.empty(0, np.uint64) for _ in range(3))
    count = np.empty(0, np.int64)
    for more_key, more_preference, more_ref in _crowded_members(batches, crowded):
        key = np.concatenate([key, more_key])
        preference = np.concatenate([preference, more_preference])
        ref = np.concatenate([ref, more_ref])
        count = np.concatenate([count, np.ones(len(more_key), np.int64)])
        order = np.lexsort((ref, preference, key))
        first = np.flatnonzero(np.append(True, key[order][1:] != key[order][:-1])[: len(key)])
        total = np.add.reduceat(count[order], first) if len(first) else count
        key, preference, ref, count = (
            key[order][first], preference[order][first], ref[order][first], total,
        )  # fmt: skip
    return key, np.stack([preference, ref], axis=1), count


def _pieces(
    batches: Iterable[pa.RecordBatch],
    rest: list[pa.RecordBatch],
    crowded: npt.NDArray[np.bool_],
    keys: npt.NDArray[np.uint64],
    roots: Edges,
) -> Iterator[Edges]:
    yield distinct_pairs(bucket_edges(pa.Table.from_batches(rest, BAND_MEMBERS)))
    for key, preference, ref in _crowded_members(batches, crowded):
        members = np.stack([preference, ref], axis=1)
        edges = np.concatenate([members, roots[np.searchsorted(keys, key)]], axis=1)
        yield distinct_pairs(edges[edges[:, 1] != edges[:, 3]])
