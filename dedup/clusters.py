"""Clusters of duplicates: each bucket becomes a star, each connected component one merged star.

An edge is a row of uint64[k, 4]: preference and ref of a member, then preference and ref of its
root. A document is identified by (preference, ref). The smaller pair is preferred, and a ref always
has the same preference.
"""

from collections.abc import Iterable
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Edges = npt.NDArray[np.uint64]

MEMBER_PREFERENCE, MEMBER_REF, ROOT_PREFERENCE, ROOT_REF = range(4)


def no_edges() -> Edges:
    return np.empty((0, 4), np.uint64)


def is_preferred(left: Edges, right: Edges) -> npt.NDArray[np.bool_]:
    """Whether the left document of each row is preferred; rows are (preference, ref)."""
    same = left[:, 0] == right[:, 0]
    before: npt.NDArray[np.bool_] = (left[:, 0] < right[:, 0]) | (same & (left[:, 1] < right[:, 1]))
    return before


def positions(
    keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64]:
    """The position of each wanted value among the keys, or -1 if it is not there."""
    if not len(keys):
        return np.full(len(wanted), -1)
    order = np.argsort(keys, kind="stable")
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[at] == wanted, at, -1)


def roots_of(stars: Edges, refs: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The ref of the root of each document; a document that is no member is its own root."""
    at = positions(stars[:, MEMBER_REF], refs)
    return np.where(at >= 0, np.append(stars[:, ROOT_REF], np.uint64(0))[at], refs)


def bucket_edges(members: pa.RecordBatch | pa.Table) -> Edges:
    """Each bucket of two documents or more as a star: its members point to the preferred one.

    Args:
      members: rows of BAND_MEMBERS in any order, always whole buckets. Repeated rows add nothing.

    Returns:
      The edges, ordered by key and then by member. A pair that meets in several buckets has one
      edge for each of them; `compact` keeps one.
    """
    key, preference, ref = (members[name].to_numpy() for name in ("key", "preference", "ref"))
    if not len(key):
        return no_edges()
    # Most buckets have one member. Sorting the keys alone finds the few rows that need a full sort.
    order = np.argsort(key)
    same = key[order[1:]] == key[order[:-1]]
    shared = order[np.append(same, False) | np.insert(same, 0, False)]
    shared = shared[np.lexsort((ref[shared], preference[shared], key[shared]))]
    key, preference, ref = key[shared], preference[shared], ref[shared]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    root = np.repeat(first, np.diff(np.append(first, len(key))))
    fresh = np.append(True, ref[1:] != ref[:-1])[: len(key)]
    fresh[first] = False  # the root itself
    return np.stack([preference, ref, preference[root], ref[root]], axis=1)[fresh]


def bucket_sizes(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The number of members in each bucket, by key; a document that is in it twice counts twice."""
    ordered = np.sort(keys)
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return np.diff(np.append(first, len(ordered)))


def compact(edges: Edges) -> Edges:
    """A forest of stars with the same connected components, in one canonical order.

    Each document has one edge to the preferred document of its component; that one has none. Edges
    are ordered by member. Compacting twice, or compacting groups of edges first, gives the same
    array. The cost is one sort of the refs: 14 M edges of 1 M documents take seconds.
    """
    if not len(edges):
        return no_edges()
    member_ends = edges[:, [MEMBER_REF, MEMBER_PREFERENCE]]
    ends = np.concatenate([member_ends, edges[:, [ROOT_REF, ROOT_PREFERENCE]]])
    refs, seen_at, node = np.unique(ends[:, 0], return_index=True, return_inverse=True)
    preferences = ends[seen_at, 1]
    member, root = node[: len(edges)], node[len(edges) :]
    graph = coo_array((np.ones(len(edges), np.int8), (member, root)), shape=(len(refs), len(refs)))
    count, component = connected_components(graph, directed=False)
    order = np.lexsort((refs, preferences))
    # numpy keeps the last value assigned to a repeated index. In reverse order that is the most
    # preferred one.
    root_of = np.empty(count, np.int64)
    root_of[component[order[::-1]]] = order[::-1]
    roots = root_of[component[order]]
    points = roots != order
    member, root = order[points], roots[points]
    return np.stack([preferences[member], refs[member], preferences[root], refs[root]], axis=1)


def cluster_sizes(stars: Edges) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Refs of a compacted forest's roots, ascending, and their clusters' sizes, root included."""
    roots, members = np.unique(stars[:, ROOT_REF], return_counts=True)
    return roots, members + 1


class ClusterAccumulator:
    """Connected components of edges that arrive in any order and grouping.

    Memory stays within a small multiple of the forest, because buffered edges are compacted as
    soon as they are more than the forest's edges and more than `BUFFER_EDGES`.
    """

    BUFFER_EDGES = 1 << 22

    def __init__(self) -> None:
        self._stars = no_edges()
        self._buffer: list[Edges] = []
        self._buffered = 0

    @classmethod
    def create(cls) -> Self:
        return cls()

    def add(self, edges: Edges) -> None:
        if not len(edges):
            return
        self._buffer.append(edges)
        self._buffered += len(edges)
        if self._buffered > max(len(self._stars), self.BUFFER_EDGES):
            self.compact()

    def merge(self, others: Iterable[Self]) -> None:
        """Adds the edges of other accumulators, which stay unchanged."""
        for other in others:
            for edges in (other._stars, *other._buffer):
                self.add(edges)

    def compact(self) -> None:
        if self._buffer:
            self._stars = compact(np.concatenate([self._stars, *self._buffer]))
            self._buffer = []
            self._buffered = 0

    def extract(self) -> Edges:
        """The result of `compact` over all edges that were added. Do not write to the array."""
        self.compact()
        return self._stars
