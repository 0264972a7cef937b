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
    is_preferred,
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


def choose_survivors(
    edges: Edges, likeness: Values, removed: npt.NDArray[np.bool_] | None = None
) -> tuple[Edges, Values, Edges]:
    """Goes through documents from the most preferred on; removes those that resemble a survivor.

    Args:
      edges: verified pairs in any order, possibly repeated; a root is preferred to its member.
      likeness: what is known of each pair (`dedup.comparison.LIKENESS`); equal pairs have equal
        values.
      removed: pairs whose root is known to be removed, by pairs that are not among these.

    Returns:
      An edge from each removed document to the most preferred survivor that it resembles, ordered
      by member; the likeness of each edge; and the distinct pairs of documents that are left,
      since all their roots were removed. `next_pairs` tells what to compare these with.
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
    gone = np.zeros(len(edges), bool) if removed is None else removed[by_member]
    _walk(member, root, gone, survivor, edge)
    left = distinct_pairs(edges[by_member[survivor[member] < 0]])
    # In the order of refs, for readers.
    chosen = by_member[edge[rank[survivor[rank] >= 0]]]
    return edges[chosen], likeness[chosen], left


def next_pairs(left: Edges, stars: Edges) -> Edges:
    """Pairs that are worth verifying next, each once.

    A document whose roots were all removed is paired with the survivors of these roots, and with
    the most preferred document that the same root left over.

    Args:
      left: pairs of documents that are left, in any order, always all pairs of a root.
      stars: edges from removed documents to their survivors; all roots of `left` are among them.
    """
    if not len(left):
        return no_edges()
    order = np.lexsort((left[:, MEMBER_REF], left[:, MEMBER_PREFERENCE], left[:, ROOT_REF]))
    left, root = left[order], left[order, ROOT_REF]
    document = left[:, [MEMBER_PREFERENCE, MEMBER_REF]]
    first = np.flatnonzero(np.append(True, root[1:] != root[:-1]))
    head = np.repeat(document[first], np.diff(np.append(first, len(left))), axis=0)
    stars = stars[np.argsort(stars[:, MEMBER_REF])]
    at = np.searchsorted(stars[:, MEMBER_REF], root)
    survivor = stars[at][:, [ROOT_PREFERENCE, ROOT_REF]]
    pairs = np.concatenate(
        [np.concatenate([document, other], axis=1) for other in (survivor, head)]
    )
    return distinct_pairs(pairs[is_preferred(pairs[:, 2:], pairs[:, :2])])


@njit(cache=True, nogil=True)
def _walk(
    member: Ints, root: Ints, gone: npt.NDArray[np.bool_], survivor: Ints, edge: Ints
) -> None:
    for i in range(len(member)):
        if not gone[i] and survivor[member[i]] < 0 and survivor[root[i]] < 0:
            survivor[member[i]] = root[i]
            edge[member[i]] = i
