"""Verification: the shingles decide whether two documents that share a bucket are duplicates.

A bucket proposes pairs of a member and the bucket's most preferred document. A pair counts if its
true Jaccard similarity is high enough, and a document is removed only if it is that similar to a
survivor. So two unlike documents are not joined by a chain of similar pairs between them.
"""

from collections.abc import Iterable

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
from dedup.shingles import Hashes, Ints, Shingles

Similarities = npt.NDArray[np.float32]

_BUFFER_PAIRS = 1 << 20


def jaccard(left: Shingles, left_rows: Ints, right: Shingles, right_rows: Ints) -> Similarities:
    """The true Jaccard similarity of documents `left_rows[i]` and `right_rows[i]`.

    Args:
      left, right: distinct shingles in ascending order (`dedup.minhash.shingles`).

    Returns:
      The similarities; 0 if neither document has a shingle.
    """
    out = np.zeros(len(left_rows), np.float32)
    _jaccard(left.first, left.hashes, left_rows, right.first, right.hashes, right_rows, out)
    return out


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


def choose_survivors(edges: Edges, similarity: Similarities) -> tuple[Edges, Similarities, Edges]:
    """Goes through documents from the most preferred on; removes those that resemble a survivor.

    Args:
      edges: verified pairs in any order, possibly repeated; a root is preferred to its member.
      similarity: the similarity of each pair.

    Returns:
      An edge from each removed document to the most preferred survivor that it resembles, ordered
      by member; the similarity of each edge; and pairs that are worth verifying next. The latter
      are for documents whose roots were all removed: each is paired with the survivors of its
      roots, and with the most preferred document that the same root left over.
    """
    if not len(edges):
        return no_edges(), np.empty(0, np.float32), no_edges()
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
    member, root, similarity = member[by_member], root[by_member], similarity[by_member]
    survivor = np.full(len(order), -1, np.int64)
    best = np.zeros(len(order), np.float32)
    _walk(member, root, similarity, survivor, best)
    documents = np.stack([preferences[order], refs[order]], axis=1)
    removed = np.flatnonzero(survivor >= 0)
    stars = np.concatenate([documents[removed], documents[survivor[removed]]], axis=1)
    stars = stars[np.argsort(stars[:, MEMBER_REF])]
    by_ref = np.argsort(documents[removed, 1])
    return stars, best[removed][by_ref], _next_pairs(documents, member, root, survivor)


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
def _walk(
    member: Ints, root: Ints, similarity: Similarities, survivor: Ints, best: Similarities
) -> None:
    for i in range(len(member)):
        if survivor[member[i]] < 0 and survivor[root[i]] < 0:
            survivor[member[i]] = root[i]
            best[member[i]] = similarity[i]


@njit(cache=True, nogil=True)
def _jaccard(
    first_a: Ints,
    hashes_a: Hashes,
    rows_a: Ints,
    first_b: Ints,
    hashes_b: Hashes,
    rows_b: Ints,
    out: Similarities,
) -> None:
    for i in range(len(out)):
        a, end_a = first_a[rows_a[i]], first_a[rows_a[i] + 1]
        b, end_b = first_b[rows_b[i]], first_b[rows_b[i] + 1]
        union = (end_a - a) + (end_b - b)
        common = 0
        while a < end_a and b < end_b:
            if hashes_a[a] == hashes_b[b]:
                common += 1
                a += 1
                b += 1
            elif hashes_a[a] < hashes_b[b]:
                a += 1
            else:
                b += 1
        if union:
            out[i] = common / (union - common)
