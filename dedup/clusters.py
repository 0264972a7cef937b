"""Clusters of duplicates: buckets become stars, stars merge into one star a connected component.

An edge is a row of uint64[k, 4]: preference and ref of a member, then those of its root. A
document is its (preference, ref); the smaller pair is preferred, and a ref has one preference.
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


def bucket_edges(members: pa.RecordBatch | pa.Table) -> Edges:
    """Each bucket of two documents or more as a star: its members point to the preferred one.

    Args:
      members: rows of BAND_MEMBERS, whole buckets, in any order; a repeated row adds nothing.

    Returns:
      The edges, ordered by key and then by member. A pair that meets in several buckets has an
      edge in each; `compact` leaves one.
    """
    key, preference, ref = (members[name].to_numpy() for name in ("key", "preference", "ref"))
    if not len(key):
        return no_edges()
    # Most keys are alone in their bucket: one sort of keys finds the few rows to sort in full.
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
    """Documents in each bucket, by key; a document twice in one counts twice."""
    ordered = np.sort(keys)
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return np.diff(np.append(first, len(ordered)))


def compact(edges: Edges) -> Edges:
    """The star forest of the same connected components, in one canonical order.

    Each document but the preferred one of its component has one edge, to that one; edges are
    ordered by member. So compacting twice, or in any grouping of the edges, gives equal arrays.
    Costs a sort of the refs; 14 M edges of 1 M documents take seconds.
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
    # numpy keeps the last value assigned to a repeated index: backwards, the most preferred.
    root_of = np.empty(count, np.int64)
    root_of[component[order[::-1]]] = order[::-1]
    roots = root_of[component[order]]
    points = roots != order
    member, root = order[points], roots[points]
    return np.stack([preferences[member], refs[member], preferences[root], refs[root]], axis=1)


def cluster_sizes(stars: Edges) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Refs of the roots of a compacted forest, ascending, and documents in each, root included."""
    roots, members = np.unique(stars[:, ROOT_REF], return_counts=True)
    return roots, members + 1


class ClusterAccumulator:
    """Connected components of edges that arrive in any order and grouping.

    Memory stays within a small multiple of the forest: buffered edges are compacted whenever
    they outnumber both the forest and `BUFFER_EDGES`.
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
        """Take in what the others hold; they stay as they are."""
        for other in others:
            for edges in (other._stars, *other._buffer):
                self.add(edges)

    def compact(self) -> None:
        if self._buffer:
            self._stars = compact(np.concatenate([self._stars, *self._buffer]))
            self._buffer = []
            self._buffered = 0

    def extract(self) -> Edges:
        """The star forest of everything added, as `compact` gives it; do not write to it."""
        self.compact()
        return self._stars
