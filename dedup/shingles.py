"""Shingles: the runs of n consecutive words or characters by which two documents are compared.

An `Alphabet` says what a word is and which words count as the same: similar texts are looked for by
words without numbers, symbols and accents (`FOLDED`), and compared by words that have what the
recipe does not fold.

Words are hashed in place in Arrow's buffer, and the hash of a shingle is a rolling hash over them,
so words are never copied. For shingles that equal another library's, words are written out with one
space between two, and a shingle is a span of those bytes.
"""

import dataclasses
import functools
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from dedup.hashes import Bytes, mix64, sha1_low32, xxh64
from dedup.presets import Fold

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

# The classes of characters, by their role in words. A SIGN is a word of its own (ALONE) where it is
# an operator, as in `-5`, `!=` and `!found`, and a SEPARATOR elsewhere, as in `well-known`.
SEPARATOR, LETTER, MARK, DIGIT, ALONE, SKIPPED, SIGN = range(7)

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


Letters = npt.NDArray[np.uint32]


@dataclasses.dataclass(frozen=True)
class Alphabet:
    """What a word is, and which characters count as the same.

    Attributes:
      classes: the class of every code point.
      letters: the code point that each one counts as. Those below 128 stand for themselves.
    """

    classes: Bytes
    letters: Letters


@functools.cache
def alphabet(fold: frozenset[Fold]) -> Alphabet:
    """Words in which the given things make no difference. (Case does not concern characters here.)

    Folded numbers: each run of digits is one zero; otherwise digits are letters, and those of all
    scripts with one value are equal. Folded symbols separate words, as punctuation does; otherwise
    operators, currencies and signs are words of their own. Folded marks: accents, Hebrew points
    and Arabic vowel signs are skipped. Marks without which other words would be left stay: vowel
    signs of India and Southeast Asia, and the voicing marks of Japanese.
    """
    classes = character_classes().copy()
    letters = np.arange(0x110000, dtype=np.uint32)
    if "numbers" not in fold:
        for code in np.flatnonzero(classes == DIGIT).tolist():
            letters[code] = 0x30 + unicodedata.ucd_3_2_0.digit(chr(code))
        classes[classes == DIGIT] = LETTER
    if "symbols" not in fold:
        codes = np.flatnonzero(classes[:0x10000] == SEPARATOR)
        classes[[code for code in codes.tolist() if _is_symbol(code)]] = ALONE
        classes[_SIGNS] = SIGN
        classes[_MINUS] = ALONE
        letters[_DASHES] = ord("-")
    if "marks" in fold:
        for code in range(0x80, 0x10000):
            if 0xD800 <= code < 0xF900:
                continue  # surrogates and private characters
            first, *rest = list(unicodedata.ucd_3_2_0.normalize("NFD", chr(code)))
            if _is_accent(first):
                classes[code] = SKIPPED
            elif rest and first.isalpha() and all(map(_is_accent, rest)):
                letters[code] = ord(first)
        if "symbols" not in fold:  # a stroke through a sign denies it: = and ≠
            classes[_STRUCK] = LETTER
        letters[list(map(ord, _STROKES))] = list(map(ord, _STROKES.values()))
        classes[0x0640] = SKIPPED  # the tatweel, which lengthens an Arabic word on paper
    classes.flags.writeable = letters.flags.writeable = False  # shared by every caller
    return Alphabet(classes, letters)


@functools.cache
def own_letters() -> Letters:
    """The letters of an alphabet in which every character counts as itself."""
    letters = np.arange(0x110000, dtype=np.uint32)
    letters.flags.writeable = False
    return letters


# By which similar documents are looked for, and those whose shingles are mostly repeated then.
FOLDED: frozenset[Fold] = frozenset(("case", "marks", "numbers", "symbols"))
NUMBERED = FOLDED - {"numbers"}

# The minus of Unicode and all dashes count as the sign of ASCII; the minus is always an operator.
_MINUS = 0x2212
_DASHES = [0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, _MINUS]
_SIGNS = [ord("-"), ord("!"), ord("·"), *_DASHES]
_STRUCK = [0x0338, 0x20D2]
# Operators that Unicode counts as punctuation or as accents.
_OPERATORS = "#%&*/@\\^~"
# Letters with a stroke, which have no decomposition in Unicode, as CLDR's Latin-ASCII has them, and
# the dotless i.
_STROKES = {"đ": "d", "ħ": "h", "ł": "l", "ø": "o", "ŧ": "t", "ı": "i"}


def _is_symbol(code: int) -> bool:
    """Whether a separator means something by itself: no punctuation, no bullet, no frame."""
    if 0x2500 <= code < 0x2600:
        return False
    category = unicodedata.ucd_3_2_0.category(chr(code))
    return category in ("Sm", "Sc", "So") or chr(code) in _OPERATORS


def _is_accent(mark: str) -> bool:
    """Whether a mark is an accent, a Hebrew point or an Arabic sign, by its combining class."""
    order = unicodedata.ucd_3_2_0.combining(mark)
    return order == 1 or 10 <= order <= 36 or order >= 200


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
def _class_of_sign(data: Bytes, pos: int, end: int, letters: Letters, inside: bool) -> int:
    """The class of the sign at this position: ALONE or SEPARATOR.

    It is an operator in front of a number or an equals sign. `!` and `-` are also operators right
    in front of a letter that they do not join to a word: `if (!found)`, `grep -v`. At the beginning
    of a line a dash is a bullet or opens a speech.

    Args:
      inside: whether the text has a character before this position.
    """
    sign = data[pos]
    after = pos + decode(data, pos)[1]
    spaced = after < end and data[after] == 0x20
    after += spaced
    if after >= end:
        return SEPARATOR
    following = letters[decode(data, after)[0]]
    if following == 0x3D or 0x30 <= following <= 0x39:
        return ALONE
    if spaced or not (sign == 0x21 or (sign == 0x2D and inside and data[pos - 1] != 0x0A)):
        return SEPARATOR
    if inside and (data[pos - 1] >= 0x80 or _is_ascii_word(data[pos - 1])):
        return SEPARATOR
    return (
        ALONE if following >= 0x80 or following == 0x28 or _is_ascii_word(following) else SEPARATOR
    )


@njit(cache=True, nogil=True)
def _is_ascii_word(code: int) -> bool:
    return 0x61 <= code | 0x20 <= 0x7A or 0x30 <= code <= 0x39 or code == 0x5F


@njit(cache=True, nogil=True)
def _next_word(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, inside: bool
) -> tuple[int, np.uint64]:
    """Position after the next word, and the word's hash; the position is -1 if there is none.

    Args:
      inside: whether the text has a character before this position.
    """
    h = _BASIS
    first = pos
    started = alone = digits = False
    while pos < end:
        code, width = decode(data, pos)
        kind = classes[code]
        if kind == SIGN:
            kind = _class_of_sign(data, pos, end, letters, inside or pos > first)
        if kind == SEPARATOR:
            if started:
                break
        elif kind != SKIPPED:
            if started and (kind == ALONE or (alone and kind != MARK)):
                break
            if kind != DIGIT:
                if code >= 0x80:
                    code = letters[code]
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
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, inside: bool
) -> tuple[int, np.uint64]:
    """Like `_next_word` for single characters; a run of separators counts as one space.

    Args:
      inside: whether a character came before; separators before the first one do not count.
    """
    spaced = False
    first = pos
    while pos < end:
        code, width = decode(data, pos)
        kind = classes[code]
        if kind == SIGN:
            kind = _class_of_sign(data, pos, end, letters, inside or pos > first)
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
            return pos, mix64((_BASIS ^ np.uint64(letters[code])) * _PRIME)
        pos += width
    return -1, _BASIS


@njit(cache=True, nogil=True)
def next_unit(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, chars: bool, inside: bool
) -> tuple[int, np.uint64]:
    """Position after the next word (or character), and its hash; the position is -1 at the end."""
    if chars:
        return _next_char(data, pos, end, classes, letters, inside)
    return _next_word(data, pos, end, classes, letters, inside)


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


def without_folding(classes: Bytes, skipped: str) -> Bytes:
    """A copy of the classes in which digits are letters, and those in `skipped` are skipped."""
    copy = classes.copy()
    copy[copy == DIGIT] = LETTER
    copy[[ord(c) for c in skipped]] = SKIPPED
    return copy


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
    out = np.empty(2 * size + len(offsets), np.uint8)
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
                    at = _encode(letters[code], out, at)
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
