"""Shingles: the runs of n consecutive words or characters by which two documents are compared.

Words are hashed in place in Arrow's buffer, and the hash of a shingle is a rolling hash over them,
so words are never copied. For shingles that equal another library's, words are written out with one
space between two, and a shingle is a span of those bytes.
"""

import dataclasses
import functools
import unicodedata

import numpy as np
import numpy.typing as npt
from numba import njit

from dedup.hashes import Bytes, mix64, sha1_low32, xxh64

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

# The classes of characters, by their role in words.
SEPARATOR, LETTER, MARK, DIGIT, ALONE, SKIPPED = range(6)

# Blocks (first and last code point) whose letters are each a word of their own.
_ALONE_RANGES = [
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # Han iteration mark, closing mark, zero
    (0x3021, 0x30FF),  # Han numerals, Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana phonetic extensions
    (0x3400, 0x4DBF),  # Han extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # Han compatibility
    (0xFF66, 0xFF9F),  # Katakana, half width
    (0x1AFF0, 0x1B16F),  # Kana extensions
    (0x20000, 0x3FFFF),  # Han extensions B and later
]


@functools.cache
def character_classes() -> npt.NDArray[np.uint8]:
    """The class of every code point, as uint8[0x110000].

    In the basic plane the categories of Unicode 3.2 decide, since every Python contains that
    version; so signatures do not depend on the interpreter. Characters that were added later are
    letters. Beyond the basic plane, where emoji are, the block decides.
    """
    classes = np.full(0x110000, LETTER, np.uint8)
    by_category = {"P": SEPARATOR, "S": SEPARATOR, "Z": SEPARATOR, "M": MARK}
    for code in range(0x10000):
        category = unicodedata.ucd_3_2_0.category(chr(code))
        if category == "Nd":
            classes[code] = DIGIT
        elif category == "Cf":
            classes[code] = SKIPPED
        elif category == "Cc":
            classes[code] = SEPARATOR
        else:
            classes[code] = by_category.get(category[0], LETTER)
    for first, last in _ALONE_RANGES:
        span = classes[first : last + 1]
        span[span == LETTER] = ALONE
    classes[0x00AD] = SKIPPED  # the soft hyphen, which was a dash before Unicode 4
    classes[0xFE00:0xFE10] = SKIPPED  # variation selectors
    classes[0x1F000:0x1FB00] = SEPARATOR  # emoji and other pictures
    classes[0xE0000:0xE0200] = SKIPPED  # tags, variation selectors
    classes.flags.writeable = False  # shared by every caller
    return classes


# Basis and prime of FNV-1a, which hashes words, and the odd base of the polynomial over words.
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_BASE = np.uint64(0x9FB21C651E98DF25)
_SPACE = np.uint64(0x20)


@njit(cache=True, nogil=True)
def decode(data: Bytes, pos: int) -> tuple[np.uint32, int]:
    """The code point at a byte position, and its width in bytes."""
    code = np.uint32(data[pos])
    if code >= 0xF0:
        code = (
            (code & np.uint32(0x07)) << np.uint32(18)
            | np.uint32(data[pos + 1] & 0x3F) << np.uint32(12)
            | np.uint32(data[pos + 2] & 0x3F) << np.uint32(6)
            | np.uint32(data[pos + 3] & 0x3F)
        )
        return code, 4
    if code >= 0xE0:
        code = (
            (code & np.uint32(0x0F)) << np.uint32(12)
            | np.uint32(data[pos + 1] & 0x3F) << np.uint32(6)
            | np.uint32(data[pos + 2] & 0x3F)
        )
        return code, 3
    if code >= 0x80:
        return (code & np.uint32(0x1F)) << np.uint32(6) | np.uint32(data[pos + 1] & 0x3F), 2
    return code, 1


@njit(cache=True, nogil=True)
def _next_word(data: Bytes, pos: int, end: int, classes: Bytes) -> tuple[int, np.uint64]:
    """Position after the next word, and the word's hash; the position is -1 if there is none."""
    h = _BASIS
    started = alone = digits = False
    while pos < end:
        code, width = decode(data, pos)
        kind = classes[code]
        if kind == SEPARATOR:
            if started:
                break
        elif kind != SKIPPED:
            if started and (kind == ALONE or (alone and kind != MARK)):
                break
            if kind != DIGIT:
                h = (h ^ np.uint64(code)) * _PRIME
            elif not digits:
                h = (h ^ np.uint64(48)) * _PRIME
            digits = kind == DIGIT
            alone |= kind == ALONE
            started = True
        pos += width
    return (pos if started else -1), mix64(h)


@njit(cache=True, nogil=True)
def _next_char(
    data: Bytes, pos: int, end: int, classes: Bytes, inside: bool
) -> tuple[int, np.uint64]:
    """Like `_next_word` for single characters; a run of separators counts as one space.

    Args:
      inside: whether a character came before; separators before the first one do not count.
    """
    spaced = False
    while pos < end:
        code, width = decode(data, pos)
        kind = classes[code]
        if kind == SEPARATOR:
            spaced = True
        elif kind != SKIPPED:
            if spaced and inside:
                return pos, mix64((_BASIS ^ _SPACE) * _PRIME)  # the next call gives the character
            pos += width
            if kind == DIGIT:
                code = np.uint32(48)
                while pos < end:
                    following, width = decode(data, pos)
                    if classes[following] != DIGIT:
                        break
                    pos += width
            return pos, mix64((_BASIS ^ np.uint64(code)) * _PRIME)
        pos += width
    return -1, _BASIS


@njit(cache=True, nogil=True)
def next_unit(
    data: Bytes, pos: int, end: int, classes: Bytes, chars: bool, inside: bool
) -> tuple[int, np.uint64]:
    """Position after the next word (or character), and its hash; the position is -1 at the end."""
    if chars:
        return _next_char(data, pos, end, classes, inside)
    return _next_word(data, pos, end, classes)


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
def roll_document(
    data: Bytes, start: int, end: int, classes: Bytes, chars: bool, recent: Hashes, hashes: Hashes
) -> int:
    """Writes the hashes of a document's shingles to `hashes` and returns how many there are.

    Args:
      recent: space for the units of one shingle; it has as many entries as a shingle has units.
      hashes: one entry for each byte of the document is always enough.
    """
    length = len(recent)
    weight = leaving_weight(length)
    recent[:] = np.uint64(0)
    rolling = np.uint64(0)
    units = slot = count = 0
    pos, unit = next_unit(data, start, end, classes, chars, False)
    while pos >= 0:
        rolling = roll(rolling, unit, recent[slot], weight)
        recent[slot] = unit
        slot = slot + 1 if slot + 1 < length else 0
        units += 1
        if units >= length:
            hashes[count] = mix64(rolling)
            count += 1
        pos, unit = next_unit(data, pos, end, classes, chars, True)
    if 0 < units < length:
        hashes[count] = mix64(rolling)
        count += 1
    return count


@dataclasses.dataclass(frozen=True)
class Shingles:
    """Hashes of each document's shingles: those of document i are `hashes[first[i]:first[i+1]]`."""

    first: Ints
    hashes: Hashes

    def distinct(self) -> "Shingles":
        """The distinct shingles of each document, ascending."""
        first, hashes = np.empty_like(self.first), np.empty_like(self.hashes)
        count = _distinct(self.first, self.hashes, first, hashes)
        return Shingles(first, hashes[:count].copy())


def without_folding(classes: Bytes, skipped: str) -> Bytes:
    """A copy of the classes in which digits are letters, and those in `skipped` are skipped."""
    copy = classes.copy()
    copy[copy == DIGIT] = LETTER
    copy[[ord(c) for c in skipped]] = SKIPPED
    return copy


def rolled(
    data: Bytes, offsets: Ints, length: int, chars: bool, classes: Bytes | None = None
) -> Shingles:
    """Shingles of lower-case texts as 64-bit hashes; a shorter document is one shingle.

    Args:
      data, offsets: the buffers of the texts (`dedup.exact.text_buffers`).
      length: number of words (or characters) in a shingle.
      classes: the classes of characters; by default those of `character_classes`.
    """
    if classes is None:
        classes = character_classes()
    first = np.empty(len(offsets), np.int64)
    # A unit takes at least one byte. (The space between two stands for at least one, too.)
    hashes = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
    count = _roll_all(data, offsets, classes, length, chars, first, hashes)
    return Shingles(first, hashes[:count])


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
    """The words that `rolled` hashes, as UTF-8, with `0` for digits and no skipped characters."""
    size = int(offsets[-1] - offsets[0])
    out = np.empty(2 * size + len(offsets), np.uint8)
    first = np.empty(len(offsets), np.int64)
    start, end = np.empty(size, np.int64), np.empty(size, np.int64)
    count = _spell(data, offsets, character_classes(), out, first, start, end)
    return Spelled(out, first, start[:count], end[:count])


XXH64, SHA1_LOW32 = 0, 1


def spans(words: Spelled, length: int, hash_function: int, shorter: bool) -> Shingles:
    """Hashes of `length` consecutive words, joined by one space.

    Args:
      hash_function: `XXH64` or `SHA1_LOW32`.
      shorter: whether a document with fewer words is one shingle; otherwise it has none.
    """
    first = np.empty(len(words.first), np.int64)
    hashes = np.empty(len(words.start), np.uint64)
    count = _hash_spans(
        words.data, words.first, words.start, words.end, length, hash_function, shorter,
        first, hashes,
    )  # fmt: skip
    return Shingles(first, hashes[:count])


@njit(cache=True, nogil=True)
def _roll_all(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
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
            data, offsets[i], offsets[i + 1], classes, chars, recent, hashes[count:]
        )
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
def _spell(
    data: Bytes, offsets: Ints, classes: Bytes, out: Bytes, first: Ints, start: Ints, end: Ints
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
                    for k in range(width):
                        out[at + k] = data[pos + k]
                    at += width
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
    shorter: bool,
    first: Ints,
    hashes: Hashes,
) -> int:
    schedule = np.empty(80, np.uint32)
    count = 0
    for i in range(len(words) - 1):
        first[i] = count
        begin, stop = words[i], words[i + 1]
        size = length
        if shorter and begin < stop < begin + length:
            size = stop - begin
        for word in range(begin, stop - size + 1):
            a, b = start[word], end[word + size - 1]
            if hash_function == XXH64:
                hashes[count] = xxh64(data, a, b)
            else:
                hashes[count] = np.uint64(sha1_low32(data, a, b, schedule))
            count += 1
    first[len(words) - 1] = count
    return count
