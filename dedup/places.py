"""Places: the positions of words, lines and sentences in a text, and the hash of each."""

import dataclasses
import functools
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from dedup.alphabets import (
    DIGIT,
    LETTER,
    MARK,
    SEPARATOR,
    SKIPPED,
    Letters,
    character_classes,
    own_letters,
    without_folding,
)
from dedup.exact import text_buffers
from dedup.hashes import Bytes, mix64
from dedup.shingles import Hashes, Ints, roll
from dedup.words import decode, next_unit


@dataclasses.dataclass(frozen=True)
class Places:
    """The units (words, lines or sentences) of each document, in order.

    Attributes:
      first: index of each document's first unit, and at last the number of all units.
      hashes: the hash of each unit.
      start, end: position of each unit in bytes, from the start of the document's text.
    """

    first: Ints
    hashes: Hashes
    start: Ints
    end: Ints

    def documents(self) -> Ints:
        """The number of the document that each unit belongs to."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


def words(data: Bytes, offsets: Ints, classes: Bytes) -> Places:
    """The words from which `dedup.shingles.rolled` makes shingles.

    A word begins at its first letter and ends where the next separator or word begins.

    Args:
      data, offsets: the buffers of the texts (`dedup.exact.text_buffers`).
      classes: the classes of characters (`dedup.shingles.character_classes`).
    """
    places = _room(offsets)
    count = _words(
        data, offsets, classes, own_letters(), places.first, places.hashes, places.start, places.end
    )
    return _cut(places, count)


def has_words(text: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
    """False for texts without a letter or digit, and for nulls."""
    data, offsets = text_buffers(text)
    found = np.empty(len(offsets) - 1, np.bool_)
    _has_words(data, offsets, character_classes(), own_letters(), found)
    return found


def _room(offsets: Ints) -> Places:
    """Space for as many units as there are bytes, which is always enough."""
    size = int(offsets[-1] - offsets[0])
    return Places(
        np.empty(len(offsets), np.int64),
        np.empty(size, np.uint64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
    )


def _cut(places: Places, count: int) -> Places:
    return Places(places.first, places.hashes[:count], places.start[:count], places.end[:count])


@njit(cache=True, nogil=True)
def _words(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    first: Ints,
    hashes: Hashes,
    start: Ints,
    end: Ints,
) -> int:
    count = 0
    for i in range(len(offsets) - 1):
        first[i] = count
        pos, last = offsets[i], offsets[i + 1]
        while True:
            while pos < last:
                code, width = decode(data, pos)
                if classes[code] != SEPARATOR and classes[code] != SKIPPED:
                    break
                pos += width
            begin = pos
            pos, unit = next_unit(data, pos, last, classes, letters, False, False)
            if pos < 0:
                break
            hashes[count] = unit
            start[count], end[count] = begin - offsets[i], pos - offsets[i]
            count += 1
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _has_words(
    data: Bytes, offsets: Ints, classes: Bytes, letters: Letters, found: npt.NDArray[np.bool_]
) -> None:
    for i in range(len(found)):
        pos, _ = next_unit(data, offsets[i], offsets[i + 1], classes, letters, False, False)
        found[i] = pos >= 0


LINE, PARAGRAPH, SENTENCE = range(3)

# Marks that end a sentence if white space follows; marks that always end one; and characters that
# may come between such a mark and the white space.
_ENDS_BEFORE_SPACE = ".!?…"
_ENDS = "。！？｡।॥؟۔።။។༎"
_CLOSING = "\"'»”’)]」』）】》"
_PLAIN_CHARACTER, _END_BEFORE_SPACE, _END, _CLOSES = range(4)


@functools.cache
def sentence_marks() -> Bytes:
    """The role of each code point of the basic plane in a sentence, as uint8[0x10000]."""
    marks = np.zeros(0x10000, np.uint8)
    for kind, characters in (
        (_END_BEFORE_SPACE, _ENDS_BEFORE_SPACE), (_END, _ENDS), (_CLOSES, _CLOSING)
    ):  # fmt: skip
        marks[[ord(c) for c in characters]] = kind
    marks.flags.writeable = False
    return marks


def segments(text: pa.LargeStringArray, by: int) -> tuple[Places, Ints]:
    """Lines, paragraphs or sentences that contain words, and the number of words in each.

    Two of them are alike when their words in lower case are equal. Digits count; punctuation and
    white space do not. A paragraph ends at an empty line. A sentence ends at the end of a line, at
    a mark such as `.` that white space follows, or at a mark such as `。`.

    Args:
      by: `LINE`, `PARAGRAPH` or `SENTENCE`.
    """
    lowered, lowered_offsets = text_buffers(pc.utf8_lower(text))
    places = _segments_of(lowered, lowered_offsets, by)
    counts = np.empty(len(places.start), np.int64)
    _hash_segments(
        lowered, lowered_offsets, plain_classes(), own_letters(), places.first, places.start,
        places.end, places.hashes, counts,
    )  # fmt: skip
    # Lower-casing changes widths in bytes, but no marks and no white space. So the lower-case text
    # has the same segments in the same order.
    data, offsets = text_buffers(text)
    original = _segments_of(data, offsets, by)
    worded = counts > 0
    before = np.append(0, np.cumsum(worded))
    return (
        Places(
            before[places.first], places.hashes[worded], original.start[worded],
            original.end[worded],
        ),
        counts[worded],
    )  # fmt: skip


@functools.cache
def plain_classes() -> Bytes:
    """Classes of characters in which digits are letters."""
    classes = without_folding(character_classes(), "")
    classes.flags.writeable = False
    return classes


@functools.cache
def exact_classes() -> Bytes:
    """Classes of characters in which everything except white space is part of a word."""
    classes = character_classes().copy()
    codes = np.flatnonzero(classes == SEPARATOR)
    spaces = [
        code < 0x10000 and unicodedata.ucd_3_2_0.category(chr(code)) in ("Zs", "Zl", "Zp", "Cc")
        for code in codes.tolist()
    ]
    classes[codes] = np.where(spaces, SEPARATOR, LETTER)
    classes[classes == DIGIT] = LETTER
    classes[classes == SKIPPED] = MARK  # belongs to the character before it
    classes.flags.writeable = False
    return classes


def _segments_of(data: Bytes, offsets: Ints, by: int) -> Places:
    places = _room(offsets)
    count = _find_segments(
        data, offsets, by, sentence_marks(), places.first, places.start, places.end
    )
    return _cut(places, count)


@njit(cache=True, nogil=True)
def _find_segments(
    data: Bytes, offsets: Ints, by: int, marks: Bytes, first: Ints, start: Ints, end: Ints
) -> int:
    """Finds segments that are not blank, each from its first to its last non-blank character."""
    count = 0
    for i in range(len(offsets) - 1):
        first[i] = count
        base, pos, last = offsets[i], offsets[i], offsets[i + 1]
        begin, stop = -1, -1
        while pos < last:
            code, width = decode(data, pos)
            after = pos + width
            if code == 0x0A:
                ends = by != PARAGRAPH
                if not ends:
                    look = after
                    while look < last and (
                        data[look] == 0x20 or data[look] == 0x09 or data[look] == 0x0D
                    ):
                        look += 1
                    ends = look == last or data[look] == 0x0A
            else:
                ends = False
                if code > 0x20:
                    if begin < 0:
                        begin = pos
                    stop = after
                mark = marks[code] if code < 0x10000 else 0
                if by == SENTENCE and mark in (_END, _END_BEFORE_SPACE):
                    at_once = mark == _END
                    while after < last:
                        code, width = decode(data, after)
                        mark = marks[code] if code < 0x10000 else 0
                        if mark == _PLAIN_CHARACTER:
                            break
                        at_once |= mark == _END
                        after += width
                    stop = after
                    ends = at_once or after == last or data[after] <= 0x20
            pos = after
            if begin >= 0 and (ends or pos >= last):
                start[count], end[count] = begin - base, stop - base
                count += 1
                begin = -1
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _hash_segments(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    first: Ints,
    start: Ints,
    end: Ints,
    hashes: Hashes,
    words_in: Ints,
) -> None:
    none = np.uint64(0)
    for i in range(len(first) - 1):
        for k in range(first[i], first[i + 1]):
            last = offsets[i] + end[k]
            rolling, count = none, 0
            pos, unit = next_unit(data, offsets[i] + start[k], last, classes, letters, False, False)
            while pos >= 0:
                rolling = roll(rolling, unit, none, none)
                count += 1
                pos, unit = next_unit(data, pos, last, classes, letters, False, False)
            hashes[k] = mix64(rolling)
            words_in[k] = count
