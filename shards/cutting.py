"""Where documents that are longer than a row are cut: between paragraphs if that can be.

A document becomes as few pieces as rows of its length allow; one that fits in a row is not cut.
What room this leaves decides the rest: each cut is at the last blank line that it may be at, else
at the last end of a line, else of a sentence, else of a token, and inside a character only where
nothing else is left.
"""

import dataclasses
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from shards.shard_files import PLACES, Ids, Ints

Classes: TypeAlias = npt.NDArray[np.uint8]

_INSIDE, _TOKEN, _SENTENCE, _LINE, _PARAGRAPH = range(len(PLACES))
# What a token says of the places before and behind it.
_ENDS_LINE, _ENDS_BLANK, _ONLY_NEWLINES, _STARTS_NEWLINE = 1, 2, 4, 8
_ENDS_SENTENCE, _ENDS_WIDE_SENTENCE, _STARTS_BLANK, _STARTS_INSIDE = 16, 32, 64, 128
_STOPS = (".", "!", "?", "…", "։", "؟", "۔", "።", "॥", "।", "။", "។")
_WIDE_STOPS = ("。", "！", "？", "｡")  # no blank follows them
_CLOSING = "\"'”’»)]」』）"

HEAD_TOKENS = 64  # a longer first line is no title


@dataclasses.dataclass(frozen=True)
class Pieces:
    """Pieces of documents, in order; all int64.

    Attributes:
      document: the document of each.
      start, end: its tokens, as places in those of all documents.
      head: how many of the document's first tokens are repeated before these.
      place: index in `PLACES` of where the piece begins; -1 where its document does.
    """

    document: Ints
    start: Ints
    end: Ints
    head: Ints
    place: Ints

    @property
    def sizes(self) -> Ints:
        """Tokens of each piece."""
        return self.end - self.start + self.head


def classes_of(tokens: Sequence[bytes]) -> Classes:
    """What the bytes of each token of a vocabulary tell about places for cuts."""
    return np.array([_class_of(token) for token in tokens], np.uint8)


def _class_of(token: bytes) -> int:
    if not token:
        return 0
    found = 0
    spaced = token.replace(b"\r", b"")
    if spaced.endswith(b"\n"):
        found |= _ENDS_LINE
        found |= _ENDS_BLANK if spaced.endswith(b"\n\n") else 0
        found |= _ONLY_NEWLINES if not spaced.strip(b"\n") else 0
    found |= _STARTS_NEWLINE if token[:1] in b"\r\n" else 0
    found |= _STARTS_BLANK if token[:1].isspace() else 0
    found |= _STARTS_INSIDE if token[0] & 0xC0 == 0x80 else 0
    text = token.decode(errors="replace").rstrip(_CLOSING)
    found |= _ENDS_SENTENCE if text.endswith(_STOPS) else 0
    found |= _ENDS_WIDE_SENTENCE if text.endswith(_WIDE_STOPS) else 0
    return found


def cut(
    ids: Ids,
    offsets: Ints,
    length: int,
    classes: Classes,
    overlap: int = 0,
    carry: bool = False,
    best: int | None = None,
) -> Pieces:
    """Documents as pieces of at most `length` tokens, none of which is empty.

    Args:
      ids: tokens of all documents.
      offsets: int64, where each document begins in them, and their end.
      classes: of each id (`classes_of`).
      overlap: how many tokens of the piece before it a piece repeats; at most half of `length`.
      carry: whether a piece repeats the first line of its document, if this has at most
        `HEAD_TOKENS` tokens and at most a quarter of `length`.
      best: only so many of the first documents are cut at the best place, all others where a row is
        full; None: all are.
    """
    head = min(HEAD_TOKENS, length // 4) if carry else 0
    count = _count(ids, offsets, length, classes, overlap, head)
    columns = [np.empty(count, np.int64) for _ in range(5)]
    some = len(offsets) if best is None else best
    _cut(ids, offsets, length, classes, overlap, head, some, *columns)
    return Pieces(*columns)


@njit(cache=True, nogil=True)
def _place(ids: Ids, at: int, classes: Classes) -> int:
    """How good it is to cut before the token at a place, which is no document's first."""
    before, after = classes[ids[at - 1]], classes[ids[at]]
    if after & _STARTS_INSIDE:
        return _INSIDE
    if after & _STARTS_NEWLINE:
        return _TOKEN
    if before & _ENDS_LINE:
        if before & _ENDS_BLANK:
            return _PARAGRAPH
        if before & _ONLY_NEWLINES and at > 1 and classes[ids[at - 2]] & _ENDS_LINE:
            return _PARAGRAPH
        return _LINE
    if before & _ENDS_WIDE_SENTENCE or (before & _ENDS_SENTENCE and after & _STARTS_BLANK):
        return _SENTENCE
    return _TOKEN


@njit(cache=True, nogil=True)
def _head(ids: Ids, start: int, end: int, classes: Classes, most: int) -> int:
    """Tokens of the first line, with its end; 0 if there are too many."""
    for at in range(start, min(end, start + most)):
        if classes[ids[at]] & _ENDS_LINE:
            return at + 1 - start
    return 0


@njit(cache=True, nogil=True)
def _pieces(tokens: int, length: int, room: int) -> int:
    """The least number of pieces; those after the first have less room for what is new."""
    return 1 if tokens <= length else 1 - (length - tokens) // room


@njit(cache=True, nogil=True)
def _count(
    ids: Ids, offsets: Ints, length: int, classes: Classes, overlap: int, most_head: int
) -> int:
    count = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        if end - start <= length:
            count += end > start
        else:
            head = _head(ids, start, end, classes, most_head)
            count += _pieces(end - start, length, length - overlap - head)
    return count


@njit(cache=True, nogil=True)
def _cut(
    ids: Ids,
    offsets: Ints,
    length: int,
    classes: Classes,
    overlap: int,
    most_head: int,
    some: int,
    document_of: Ints,
    starts: Ints,
    ends: Ints,
    heads: Ints,
    places: Ints,
) -> None:
    piece = 0
    for document in range(len(offsets) - 1):
        first, last = offsets[document], offsets[document + 1]
        if first == last:
            continue
        head, left = 0, 0
        if last - first > length:
            head = _head(ids, first, last, classes, most_head)
            left = _pieces(last - first, length, length - overlap - head) - 1
        room = length - overlap - head
        start, place = first, -1
        for number in range(left + 1):
            after = left - number
            own = length if number == 0 else room
            at, best = last, -1
            if after:
                # Not so early that the pieces behind could not hold the rest.
                least = max(start + 1, last - after * room)
                for candidate in range(min(start + own, last - 1), least - 1, -1):
                    found = _place(ids, candidate, classes)
                    if found > best:
                        at, best = candidate, found
                    if best == _PARAGRAPH or (document >= some and best > _INSIDE):
                        break
            document_of[piece] = document
            repeated = 0 if number == 0 else overlap
            starts[piece], ends[piece] = start - repeated, at
            heads[piece], places[piece] = 0 if number == 0 else head, place
            start, place = at, best
            piece += 1
