"""Verification: which of the documents that share a bucket are duplicates, and which survive.

A bucket proposes pairs of a member and the bucket's most preferred document. A pair counts if the
two are alike (`dedup.comparison`), and a document is removed only if it is that like a survivor. So
two unlike documents are not joined by a chain of similar pairs between them.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from dedup.clusters import (
    MEMBER_PREFERENCE,
    MEMBER_REF,
    ROOT_PREFERENCE,
    ROOT_REF,
    Edges,
    no_edges,
)
from dedup.shingles import Ints

Values = npt.NDArray[Any]

_BUFFER_PAIRS = 1 << 20


def distinct_pairs(edges: Edges) -> Edges:
    """The distinct pairs, ordered by root, then member."""
    order = np.lexsort(edges.T[[MEMBER_REF, ROOT_REF]])
    ordered = edges[order]
    fresh = np.ones(len(edges), bool)
    fresh[1:] = (ordered[1:, [MEMBER_REF, ROOT_REF]] != ordered[:-1, [MEMBER_REF, ROOT_REF]]).any(
        axis=1
    )
    return ordered[fresh]


def gather_pairs(parts: Iterable[Edges]) -> Edges:
    """`distinct_pairs` of all parts together; needs little more memory than twice the result.

    A pair that meets in several bands may come from several partitions.
    """
    pairs = no_edges()
    waiting: list[Edges] = []
    rows = 0
    for part in parts:
        waiting.append(part)
        rows += len(part)
        if rows > max(len(pairs), _BUFFER_PAIRS):
            pairs, waiting, rows = distinct_pairs(np.concatenate([pairs, *waiting])), [], 0
    return distinct_pairs(np.concatenate([pairs, *waiting]))


def choose_survivors(edges: Edges, likeness: Values) -> tuple[Edges, Values, Edges]:
    """Goes through documents from the most preferred on; removes those that resemble a survivor.

    Args:
      edges: verified pairs in any order, possibly repeated; a root is preferred to its member.
      likeness: what is known of each pair (`dedup.comparison.LIKENESS`); equal pairs have equal
        values.

    Returns:
      An edge from each removed document to the most preferred survivor that it resembles, ordered
      by member; the likeness of each edge; and pairs that are worth verifying next. The latter
      are for documents whose roots were all removed: each is paired with the survivors of its
      roots, and with the most preferred document that the same root left over.
    """
    if not len(edges):
        return no_edges(), likeness[:0], no_edges()
    members = edges[:, [MEMBER_PREFERENCE, MEMBER_REF]]
    roots = edges[:, [ROOT_PREFERENCE, ROOT_REF]]
    ends = np.concatenate([members, roots])
    refs, seen_at, node = np.unique(ends[:, 1], return_index=True, return_inverse=True)
    preferences = ends[seen_at, 0]
    order = np.lexsort((refs, preferences))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    member, root = rank[node[: len(edges)]], rank[node[len(edges) :]]
    by_member = np.lexsort((root, member))
    member, root = member[by_member], root[by_member]
    survivor, edge = (np.full(len(order), -1, np.int64) for _ in range(2))
    _walk(member, root, survivor, edge)
    documents = np.stack([preferences[order], refs[order]], axis=1)
    removed = np.flatnonzero(survivor >= 0)
    stars = np.concatenate([documents[removed], documents[survivor[removed]]], axis=1)
    stars = stars[np.argsort(stars[:, MEMBER_REF])]
    by_ref = np.argsort(documents[removed, 1])
    best = likeness[by_member[edge[removed[by_ref]]]]
    return stars, best, _next_pairs(documents, member, root, survivor)


def _next_pairs(documents: Edges, member: Ints, root: Ints, survivor: Ints) -> Edges:
    left = survivor[member] < 0  # with roots that are all removed, or they would have removed it
    member, root = member[left], root[left]
    if not len(member):
        return no_edges()
    head = np.full(len(documents), len(documents), np.int64)
    np.minimum.at(head, root, member)
    pairs = np.concatenate(
        [np.stack([member, survivor[root]], axis=1), np.stack([member, head[root]], axis=1)]
    )
    pairs = np.unique(pairs[pairs[:, 1] < pairs[:, 0]], axis=0)
    return np.concatenate([documents[pairs[:, 0]], documents[pairs[:, 1]]], axis=1)


@njit(cache=True, nogil=True)
def _walk(member: Ints, root: Ints, survivor: Ints, edge: Ints) -> None:
    for i in range(len(member)):
        if survivor[member[i]] < 0 and survivor[root[i]] < 0:
            survivor[member[i]] = root[i]
            edge[member[i]] = i
