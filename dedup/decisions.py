"""Survivors chosen in rounds keyed by document, when no worker holds all verified pairs.

`dedup.verification.choose_survivors` goes through all documents, the most preferred first. Here
each document decides by itself, as soon as it knows enough about its roots (the documents that are
preferred to it and that it resembles):

- if all of them were removed, or it has none, it survives;
- if one of them survives, it is removed, for the most preferred one that survives;
- otherwise it waits.

`decide` is one such step for the documents of a partition. Between two steps, what a document knows
and the news for others are sent to the partitions of their owners, 36 bytes for each. Two steps do
what a round of "Luby's algorithm with fixed priorities" does (Blelloch, Fineman, Shun, "Greedy
Sequential Maximal Independent Set and Matching are Parallel on Average", 2012): for preferences
that are random, O(log^2 n) rounds decide all n documents, and three leave a few in a million. A
chain of ever longer versions decides one document a step, so the rest is left to the walk.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from dedup.clusters import (
    MEMBER_REF,
    ROOT_PREFERENCE,
    ROOT_REF,
    Edges,
    no_edges,
)
from dedup.comparison import LIKENESS, Likeness
from manifests.grouping import gathered

Flags = npt.NDArray[np.bool_]

# What a note says. Its owner is the member of its pair, except for LISTENER, which the root owns.
# The first three are what a member knows of a root: it is undecided, survives, or was removed.
OPEN, SURVIVES, REMOVED = range(3)
# The member is to be told about the root.
LISTENER = 3
# News for the member about the root; they turn OPEN into SURVIVES or REMOVED.
SURVIVES_NEWS, REMOVED_NEWS = 4, 5


@dataclasses.dataclass(frozen=True)
class Notes:
    """Notes about verified pairs.

    Attributes:
      edges: the pairs, see `dedup.clusters`.
      kind: uint8, what each note says.
      likeness: of the two documents (LIKENESS); unknown unless the member owns the note.
    """

    edges: Edges
    kind: npt.NDArray[np.uint8]
    likeness: Likeness

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows: npt.NDArray[np.int64] | Flags) -> "Notes":
        return Notes(self.edges[rows], self.kind[rows], self.likeness[rows])

    def saying(self, kind: npt.NDArray[np.uint8] | int) -> "Notes":
        """Notes of the same pairs that say something else."""
        kinds = np.full(len(self), kind, np.uint8) if isinstance(kind, int) else kind
        return dataclasses.replace(self, kind=kinds)

    @property
    def owners(self) -> npt.NDArray[np.uint64]:
        """The ref of the document to whose partition each note belongs."""
        return np.where(self.kind == LISTENER, self.edges[:, ROOT_REF], self.edges[:, MEMBER_REF])

    @classmethod
    def concatenated(cls, parts: Sequence[Self]) -> "Notes":
        """All notes of some parts; no part is no note."""
        return cls(
            np.concatenate([no_edges(), *(part.edges for part in parts)]),
            np.concatenate([np.empty(0, np.uint8), *(part.kind for part in parts)]),
            np.concatenate([np.empty(0, LIKENESS), *(part.likeness for part in parts)]),
        )


@dataclasses.dataclass(frozen=True)
class Decided:
    """What a step found.

    Attributes:
      stars: a SURVIVES note for each document whose survivor is known now.
      left: pairs of documents that survive because all their roots were removed.
      notes: input of the next step.
    """

    stars: Notes
    left: Edges
    notes: Notes


def first_notes(edges: Edges, likeness: Likeness) -> Notes:
    """What is known before the first step. Pairs may be repeated, with equal values."""
    own = Notes(edges, np.full(len(edges), OPEN, np.uint8), likeness)
    return Notes.concatenated([own, own.saying(LISTENER)])


def decide(batches: Iterable[Notes]) -> Iterator[Decided]:
    """One step for the documents of a partition, in several parts.

    All that members own is in memory together, a few notes for each document. Listeners are read
    a million at a time, since a document may have as many as there are documents.

    Args:
      batches: all notes whose owners belong to the partition, in any order; read twice.
    """
    own = known([notes[notes.kind != LISTENER] for notes in batches])
    member = own.edges[:, MEMBER_REF]
    first = np.flatnonzero(np.append(True, member[1:] != member[:-1])[: len(member)])
    count = np.diff(np.append(first, len(member)))
    documents = member[first]
    # Roots are ordered by preference. Only open ones that come before the best survivor matter.
    row = np.arange(len(own))
    best = _first_row(own.kind == SURVIVES, row, first)
    removed = best < len(own)
    waits = _first_row(own.kind == OPEN, row, first) < best
    survives = ~removed & ~waits
    limit = np.repeat(np.where(removed, best, len(own)), count)
    useful = np.where(np.repeat(removed, count), (own.kind == OPEN) & (row < limit), True)
    useful |= row == limit
    yield Decided(
        stars=own[best[removed & ~waits]],
        left=own.edges[np.repeat(survives, count)],
        notes=own[np.repeat(waits, count) & useful],
    )
    fate = np.where(removed, REMOVED_NEWS, np.where(survives, SURVIVES_NEWS, LISTENER))
    fate = np.append(fate, SURVIVES_NEWS).astype(np.uint8)  # of those that have no roots
    for listeners in _listeners(batches):
        root = listeners.edges[:, ROOT_REF]
        at = np.searchsorted(documents, root)
        has_roots = np.append(documents, np.uint64(0))[at] == root
        said = fate[np.where(has_roots, at, len(documents))]
        yield Decided(Notes.concatenated([]), no_edges(), listeners.saying(said))


# Listeners that are worked on together. Batch by batch, each would be divided by partition at every
# step, until the batches have one row.
_LISTENERS = 1 << 20


def _listeners(batches: Iterable[Notes]) -> Iterator[Notes]:
    """The listeners of all batches, in parts of some size."""
    parts = (notes[notes.kind == LISTENER] for notes in batches)
    for some in gathered(parts, len, _LISTENERS):
        listeners = Notes.concatenated(some)
        if len(listeners):
            yield listeners


def known(parts: Sequence[Notes]) -> Notes:
    """What members know of their roots after the news, each pair once, by member, then root.

    Args:
      parts: notes that members own; listeners are ignored.
    """
    own = Notes.concatenated([notes[notes.kind != LISTENER] for notes in parts])
    member, preference, root = own.edges.T[[MEMBER_REF, ROOT_PREFERENCE, ROOT_REF]]
    order = np.lexsort((own.kind, root, preference, member))
    pairs = own.edges[order][:, [MEMBER_REF, ROOT_REF]]
    fresh = np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))[: len(pairs)]
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(pairs))[: len(first)] - 1
    kind = own.kind[order[first]]
    newest = own.kind[order[last]]
    kind = np.where(newest == SURVIVES_NEWS, SURVIVES, kind)
    kind = np.where(newest == REMOVED_NEWS, REMOVED, kind).astype(np.uint8)
    # News for a document that was decided in the meantime.
    awaited = own.kind[order[first]] <= REMOVED
    return own[order[first]].saying(kind)[awaited]


def _first_row(
    flags: Flags, row: npt.NDArray[np.int64], first: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The first flagged row of each group of rows, or the number of all rows."""
    if not len(first):
        return first
    return np.minimum.reduceat(np.where(flags, row, len(row)), first)
