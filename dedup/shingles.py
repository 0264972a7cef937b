"""Shingles: the runs of n consecutive words or characters by which two documents are compared.

The hash of a shingle is a rolling hash over those of its words (`dedup.words`). For shingles that
equal another library's, words are written out with one space between two, and a shingle is a span
of those bytes.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from dedup.alphabets import (
    ALONE,
    DIGIT,
    FOLDED,
    LAST_CODE,
    MARK,
    SEPARATOR,
    SKIPPED,
    Alphabet,
    Letters,
    alphabet,
)
from dedup.hashes import Bytes, mix64, sha1_low32, xxh64
from dedup.words import decode, next_unit

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

# The odd base of the polynomial over words.
_BASE = np.uint64(0x9FB21C651E98DF25)


@njit(cache=True, nogil=True)
def leaving_weight(length: int) -> np.uint64:
    """The factor of the unit that leaves the rolling hash of a shingle of this length."""
    weight = np.uint64(1)
    for _ in range(length):
        weight *= _BASE
    return weight


@njit(cache=True, nogil=True)
def roll(rolling: np.uint64, unit: np.uint64, left: np.uint64, weight: np.uint64) -> np.uint64:
    """Moves the polynomial over a shingle's units forward by one unit."""
    return rolling * _BASE + unit - left * weight


@njit(cache=True, nogil=True)
def roll_units(
    units: npt.NDArray[np.uint32], start: int, end: int, length: int, hashes: Hashes
) -> int:
    """Writes the hashes of all runs of `length` units, and returns how many there are."""
    weight = leaving_weight(length)
    rolling = np.uint64(0)
    count = 0
    for at in range(start, end):
        left = np.uint64(units[at - length]) if at - start >= length else np.uint64(0)
        rolling = roll(rolling, np.uint64(units[at]), left, weight)
        if at - start >= length - 1:
            hashes[count] = mix64(rolling)
            count += 1
    return count


@njit(cache=True, nogil=True)
def roll_document(
    data: Bytes,
    start: int,
    end: int,
    classes: Bytes,
    letters: Letters,
    chars: bool,
    recent: Hashes,
    hashes: Hashes,
) -> int:
    """Writes the hashes of a document's shingles to `hashes` and returns how many there are.

    A document with fewer units than a shingle has none.

    Args:
      recent: space for the units of one shingle; it has as many entries as a shingle has units.
      hashes: one entry for each byte of the document is always enough.
    """
    length = len(recent)
    weight = leaving_weight(length)
    recent[:] = np.uint64(0)
    rolling = np.uint64(0)
    units = slot = count = 0
    pos, unit = next_unit(data, start, end, classes, letters, chars, False)
    while pos >= 0:
        rolling = roll(rolling, unit, recent[slot], weight)
        recent[slot] = unit
        slot = slot + 1 if slot + 1 < length else 0
        units += 1
        if units >= length:
            hashes[count] = mix64(rolling)
            count += 1
        pos, unit = next_unit(data, pos, end, classes, letters, chars, True)
    return count


@njit(cache=True, nogil=True)
def are_repeated(hashes: Hashes, seen: Bytes) -> bool:
    """Whether fewer than about half of the hashes are distinct.

    Distinct hashes are counted in a table of two to four places for each, where a few of them share
    a place: enough for a share, and an eighth of the time of sorting.

    Args:
      seen: space for that table, four bytes for each hash or more.
    """
    size = 1
    while size < 2 * len(hashes):
        size *= 2
    seen[:size] = 0
    distinct = 0
    for h in hashes:
        at = np.int64(h & np.uint64(size - 1))
        distinct += 1 - seen[at]
        seen[at] = 1
    return 2 * distinct < len(hashes)


@dataclasses.dataclass(frozen=True)
class Shingles:
    """Hashes of each document's shingles: those of document i are `hashes[first[i]:first[i+1]]`."""

    first: Ints
    hashes: Hashes

    def of(self, document: int) -> Hashes:
        """Those of one document, in the order of the text."""
        return self.hashes[self.first[document] : self.first[document + 1]]

    def distinct(self) -> "Shingles":
        """The distinct shingles of each document, ascending."""
        first, hashes = np.empty_like(self.first), np.empty_like(self.hashes)
        count = _distinct(self.first, self.hashes, first, hashes)
        return Shingles(first, hashes[:count].copy())


def rolled(data: Bytes, offsets: Ints, length: int, chars: bool, letters: Alphabet) -> Shingles:
    """Shingles of lower-case texts as 64-bit hashes.

    Args:
      data, offsets: the buffers of the texts (`dedup.exact.text_buffers`).
      length: number of words (or characters) in a shingle.
    """
    first = np.empty(len(offsets), np.int64)
    # A unit takes at least one byte. (The space between two stands for at least one, too.)
    hashes = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
    count = _roll_all(data, offsets, letters.classes, letters.letters, length, chars, first, hashes)
    return Shingles(first, hashes[:count])


@dataclasses.dataclass(frozen=True)
class Sequences:
    """What documents consist of, in order: words, characters or shingles, as hashes of 32 bits.

    Those of document i are `units[first[i]:first[i+1]]`. Of two documents with a thousand different
    words each, one word in a thousand pairs has the hash of another.
    """

    first: Ints
    units: npt.NDArray[np.uint32]

    def __post_init__(self) -> None:
        # As Arrow's buffers are; for others numba would compile each kernel once more.
        self.first.flags.writeable = self.units.flags.writeable = False

    def of(self, documents: Ints) -> "Sequences":
        """Those of some documents."""
        sizes = np.diff(self.first)[documents]
        first = np.append(0, np.cumsum(sizes))
        at = np.repeat(self.first[documents] - first[:-1], sizes) + np.arange(first[-1])
        return Sequences(first, self.units[at])

    @classmethod
    def concatenated(cls, parts: Sequence["Sequences"]) -> "Sequences":
        """The documents of all parts, one part after the other."""
        ends = np.cumsum([0, *(len(part.units) for part in parts)])
        firsts = [part.first[1:] + end for part, end in zip(parts, ends, strict=False)]
        return cls(
            np.concatenate([np.zeros(1, np.int64), *firsts]),
            np.concatenate([np.empty(0, np.uint32), *(part.units for part in parts)]),
        )


def sequences(data: Bytes, offsets: Ints, chars: bool, letters: Alphabet) -> Sequences:
    """The words (or characters) of texts."""
    first = np.empty(len(offsets), np.int64)
    units = np.empty(int(offsets[-1] - offsets[0]), np.uint32)
    count = _list_all(data, offsets, letters.classes, letters.letters, chars, first, units)
    return Sequences(first, units[:count].copy())


@dataclasses.dataclass(frozen=True)
class Spelled:
    """The words of documents written out, with one space between two words.

    Attributes:
      first: index of each document's first word, and at last the number of all words.
      start, end: byte positions of each word in `data`.
    """

    data: Bytes
    first: Ints
    start: Ints
    end: Ints


def spelled(data: Bytes, offsets: Ints) -> Spelled:
    """Folded words as UTF-8, with `0` for digits and no skipped characters."""
    letters = alphabet(FOLDED)
    size = int(offsets[-1] - offsets[0])
    # A kana with its voicing is a space and six bytes instead of three.
    out = np.empty(3 * size + len(offsets), np.uint8)
    first = np.empty(len(offsets), np.int64)
    start, end = np.empty(size, np.int64), np.empty(size, np.int64)
    count = _spell(data, offsets, letters.classes, letters.letters, out, first, start, end)
    return Spelled(out, first, start[:count], end[:count])


XXH64, SHA1_LOW32 = 0, 1


def spans(words: Spelled, length: int, hash_function: int) -> Shingles:
    """Hashes of `length` consecutive words, joined by one space.

    Args:
      hash_function: `XXH64` or `SHA1_LOW32`.
    """
    first = np.empty(len(words.first), np.int64)
    hashes = np.empty(len(words.start), np.uint64)
    count = _hash_spans(
        words.data, words.first, words.start, words.end, length, hash_function, first, hashes,
    )  # fmt: skip
    return Shingles(first, hashes[:count])


@njit(cache=True, nogil=True)
def _roll_all(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    length: int,
    chars: bool,
    first: Ints,
    hashes: Hashes,
) -> int:
    recent = np.empty(length, np.uint64)
    count = 0
    for i in range(len(offsets) - 1):
        first[i] = count
        count += roll_document(
            data, offsets[i], offsets[i + 1], classes, letters, chars, recent, hashes[count:]
        )
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _list_all(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    chars: bool,
    first: Ints,
    units: npt.NDArray[np.uint32],
) -> int:
    count = 0
    for i in range(len(offsets) - 1):
        first[i] = count
        end = offsets[i + 1]
        pos, unit = next_unit(data, offsets[i], end, classes, letters, chars, False)
        while pos >= 0:
            units[count] = unit >> np.uint64(32)
            count += 1
            pos, unit = next_unit(data, pos, end, classes, letters, chars, True)
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _distinct(first: Ints, hashes: Hashes, first_out: Ints, out: Hashes) -> int:
    count = 0
    for i in range(len(first) - 1):
        first_out[i] = count
        ordered = np.sort(hashes[first[i] : first[i + 1]])
        for k in range(len(ordered)):
            if k == 0 or ordered[k] != ordered[k - 1]:
                out[count] = ordered[k]
                count += 1
    first_out[len(first) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _encode(code: np.uint32, out: Bytes, at: int) -> int:
    """Writes a code point as UTF-8; returns the position after it."""
    if code < 0x80:
        out[at] = code
        return at + 1
    width = 2 if code < 0x800 else 3 if code < 0x10000 else 4
    for k in range(width - 1, 0, -1):
        out[at + k] = 0x80 | (code & np.uint32(0x3F))
        code >>= np.uint32(6)
    out[at] = ((0xF00 >> width) & 0xFF) | code
    return at + width


@njit(cache=True, nogil=True)
def _spell(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    out: Bytes,
    first: Ints,
    start: Ints,
    end: Ints,
) -> int:
    count = at = 0
    for i in range(len(offsets) - 1):
        first[i] = count
        pos = offsets[i]
        started = alone = digits = False
        while pos < offsets[i + 1]:
            code, width = decode(data, pos)
            kind = classes[code]
            if kind == SEPARATOR:
                if started:
                    end[count - 1] = at
                started = False
            elif kind != SKIPPED:
                if started and (kind == ALONE or (alone and kind != MARK)):
                    end[count - 1] = at
                    started = False
                if not started:
                    out[at] = 0x20
                    at += 1
                    start[count] = at
                    count += 1
                    alone = digits = False
                    started = True
                if kind != DIGIT:
                    code = letters[code]
                    while code > LAST_CODE:
                        at = _encode(code >> np.uint32(16), out, at)
                        code = letters[code & np.uint32(0xFFFF)]
                    at = _encode(code, out, at)
                elif not digits:
                    out[at] = 48
                    at += 1
                digits = kind == DIGIT
                alone |= kind == ALONE
            pos += width
        if started:
            end[count - 1] = at
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _hash_spans(
    data: Bytes,
    words: Ints,
    start: Ints,
    end: Ints,
    length: int,
    hash_function: int,
    first: Ints,
    hashes: Hashes,
) -> int:
    schedule = np.empty(80, np.uint32)
    count = 0
    for i in range(len(words) - 1):
        first[i] = count
        for word in range(words[i], words[i + 1] - length + 1):
            a, b = start[word], end[word + length - 1]
            if hash_function == XXH64:
                hashes[count] = xxh64(data, a, b)
            else:
                hashes[count] = np.uint64(sha1_low32(data, a, b, schedule))
            count += 1
    first[len(words) - 1] = count
    return count
