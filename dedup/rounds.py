"""Connected components by rounds of large-star and small-star, when no worker holds all edges.

Source: Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii, "Connected Components in MapReduce
and Beyond" (2014), 3.1. Each operation looks at one document and its neighbours; it never
disconnects what is connected. When neither operation moves an edge, each component is a star around
its most preferred document, which is also the result of `dedup.clusters.compact`. Bands propose
stars already, so few rounds are enough; a chain of n documents takes about log2 n rounds.

Edges are those of `dedup.clusters`: a member, and a root that is preferred to it.
"""

import numpy as np
import numpy.typing as npt

from dedup.clusters import Edges, is_preferred, no_edges


def both_ways(edges: Edges) -> Edges:
    """Each edge twice, from either end: a document, then its neighbour. Input of `large_star`."""
    return np.concatenate([edges, edges[:, [2, 3, 0, 1]]])


def partition_of(refs: npt.NDArray[np.uint64], partitions: int) -> npt.NDArray[np.int64]:
    """The partition of each document.

    Mixing spreads the refs: those of a unit are consecutive and share their high bits.
    """
    with np.errstate(over="ignore"):
        z = (refs ^ (refs >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) % np.uint64(partitions)).astype(np.int64)


def large_star(neighbours: Edges) -> tuple[Edges, int]:
    """Links each less preferred neighbour of a document to its most preferred neighbour.

    If no neighbour is preferred to the document, they are linked to the document itself.

    Args:
      neighbours: rows of `both_ways` in any order, always all rows of a document. Rows may repeat.

    Returns:
      Edges, and how many of them moved.
    """
    if not len(neighbours):
        return no_edges(), 0
    node, other, first = _grouped(neighbours)
    # Neighbours are ordered by preference: the target is the first one, or the document itself.
    least = np.where(is_preferred(other[first], node[first])[:, None], other[first], node[first])
    least = np.repeat(least, np.diff(np.append(first, len(node))), axis=0)
    worse = is_preferred(node, other)
    moved = worse & (least != node).any(axis=1)
    return np.concatenate([other[worse], least[worse]], axis=1), int(moved.sum())


def small_star(edges: Edges) -> tuple[Edges, int]:
    """Links a document and its more preferred neighbours to the most preferred of these.

    Args:
      edges: edges in any order, always all edges of a member. Edges may repeat.

    Returns:
      Edges, and how many of them moved.
    """
    if not len(edges):
        return no_edges(), 0
    node, other, first = _grouped(edges)
    least = np.repeat(other[first], np.diff(np.append(first, len(node))), axis=0)
    moves = np.ones(len(node), bool)
    moves[first] = False  # the most preferred root stays
    kept = np.concatenate([node[first], other[first]], axis=1)
    return np.concatenate([kept, np.concatenate([other[moves], least[moves]], axis=1)]), int(
        moves.sum()
    )


def _grouped(edges: Edges) -> tuple[Edges, Edges, npt.NDArray[np.int64]]:
    """First and second documents of distinct sorted pairs, and where each first one begins."""
    ordered = edges[np.lexsort(edges.T[[3, 2, 1, 0]])]
    fresh = np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))
    ordered = ordered[fresh]
    node, other = ordered[:, :2], ordered[:, 2:]
    first = np.flatnonzero(np.append(True, (node[1:] != node[:-1]).any(axis=1)))
    return node, other, first
