"""MinHash signatures of word n-grams: near-duplicates agree in the share that they have in common.

Source: Broder, "On the resemblance and containment of documents" (1997), one minimum per
permutation. Words are hashed where they lie in Arrow's buffer, and an n-gram's hash rolls along
with them, so a document costs no memory but its signature.
"""

import dataclasses
import functools
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from dedup.exact import text_buffers

NO_WORDS = np.uint32(0xFFFFFFFF)  # every value of the signature of a document without words


@dataclasses.dataclass(frozen=True)
class MinHashConfig:
    """What makes two signatures comparable, and how they are cut into bands.

    A pair of Jaccard similarity J shares at least one band with probability
    1 - (1 - J**rows)**bands; with 14 bands of 8 rows: .77 at J = .75, .92 at .8, .9996 at .9.

    Attributes:
      ngram_words: words in a shingle.
      bands, rows: `bands * rows` permutations; all `rows` values of a band must agree.
      seed: of the permutations, 0 to 2**64 - 1.
    """

    ngram_words: int = 5
    bands: int = 14
    rows: int = 8
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("ngram_words", "bands", "rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"minhash: {name} is {getattr(self, name)}; give 1 or more")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"minhash: seed is {self.seed}; give one from 0 to 2**64 - 1")

    @property
    def permutations(self) -> int:
        return self.bands * self.rows


def signatures(text: pa.LargeStringArray, config: MinHashConfig) -> pa.FixedSizeListArray:
    """One minimum per permutation over the hashes of the text's shingles.

    Text is lower-cased (Arrow's `utf8_lower`) and cut into words: punctuation, symbols and white
    space separate them, a run of digits of any script counts as one zero, and format characters
    (soft hyphen, joiners, marks of direction) are skipped as if absent. Chinese, Japanese, Thai,
    Lao, Khmer and Burmese put no space between words; there each character, with the marks that
    sit on it, is a word. A shingle is `ngram_words` words in a row; a shorter document is one
    shingle.

    Returns:
      fixed_size_list<uint32>[permutations], never null. A text that is null or has no words gets
      `NO_WORDS` throughout; `has_words` in `dedup.bands` tells it.
    """
    data, offsets = text_buffers(pc.utf8_lower(text))
    factors, terms = permutations(config)
    out = np.full((len(text), config.permutations), NO_WORDS, np.uint32)
    _sign(data, offsets, character_classes(), config.ngram_words, factors, terms, out)
    return pa.FixedSizeListArray.from_arrays(pa.array(out.reshape(-1)), config.permutations)


def similarity(a: pa.FixedSizeListArray, b: pa.FixedSizeListArray) -> pa.FloatArray:
    """Estimated Jaccard similarity of row i of `a` and row i of `b`, as float32, never null.

    The standard error is sqrt(J * (1 - J) / permutations). A document without words resembles
    nothing: 0.

    Raises:
      ValueError: the two differ in rows or permutations.
    """
    left, right = signature_matrix(a), signature_matrix(b)
    if left.shape != right.shape:
        raise ValueError(
            f"similarity of signatures of shape {left.shape} and {right.shape}; "
            "pair them row by row, made with one MinHashConfig"
        )
    agree = (left == right).mean(axis=1, dtype=np.float32)
    return pa.array(np.where((left == NO_WORDS).all(axis=1), np.float32(0), agree))


def signature_matrix(signatures: pa.FixedSizeListArray) -> npt.NDArray[np.uint32]:
    """The signatures as (n, permutations), without a copy.

    Raises:
      ValueError: a signature is null; one of a document without words is not.
    """
    if signatures.null_count:
        raise ValueError(f"{signatures.null_count} null signatures; drop those rows first")
    flat = signatures.flatten().to_numpy(zero_copy_only=True)
    return flat.reshape(len(signatures), signatures.type.list_size)


def permutations(
    config: MinHashConfig,
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Factors a and terms b of the hash functions (a * x + b) >> 32 of a 32-bit x.

    With a and b of 64 random bits the family is strongly universal (Dietzfelbinger, "Universal
    hashing and k-wise independent random variables via integer arithmetic without primes", 1996).
    The bits are SplitMix64's (Steele, Lea, Flood 2014): outputs 1 to P from `seed` are the
    factors, the next P the terms. Numpy's generators promise no stable stream.
    """
    count = 2 * config.permutations
    state = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = state + np.uint64(config.seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z[: count // 2], z[count // 2 :]


# What a character does to the words.
_SEPARATOR, _LETTER, _MARK, _DIGIT, _ALONE, _SKIPPED = range(6)

# Letters that are words of their own: first and last code point of blocks.
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

    The basic plane follows the categories of Unicode 3.2, the one version that every Python
    carries, so that a signature does not depend on the interpreter; a character that is younger
    is a letter. Beyond the plane, where emoji live, blocks decide.
    """
    classes = np.full(0x110000, _LETTER, np.uint8)
    by_category = {"P": _SEPARATOR, "S": _SEPARATOR, "Z": _SEPARATOR, "M": _MARK}
    for code in range(0x10000):
        category = unicodedata.ucd_3_2_0.category(chr(code))
        if category == "Nd":
            classes[code] = _DIGIT
        elif category == "Cf":
            classes[code] = _SKIPPED
        elif category == "Cc":
            classes[code] = _SEPARATOR
        else:
            classes[code] = by_category.get(category[0], _LETTER)
    for first, last in _ALONE_RANGES:
        span = classes[first : last + 1]
        span[span == _LETTER] = _ALONE
    classes[0x00AD] = _SKIPPED  # the soft hyphen, a dash until Unicode 4
    classes[0xFE00:0xFE10] = _SKIPPED  # variation selectors
    classes[0x1F000:0x1FB00] = _SEPARATOR  # emoji and other pictures
    classes[0xE0000:0xE0200] = _SKIPPED  # tags, variation selectors
    classes.flags.writeable = False  # shared by every caller
    return classes


# FNV-1a's basis and prime for words, and an odd base for the polynomial over them.
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_BASE = np.uint64(0x9FB21C651E98DF25)


@njit(cache=True, nogil=True)
def mix64(h: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which each bit of the input moves each of the output."""
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    return h


@njit(cache=True, nogil=True)
def _next_word(
    data: npt.NDArray[np.uint8], pos: int, end: int, classes: npt.NDArray[np.uint8]
) -> tuple[int, np.uint64]:
    """Where to look for the word after the next one, and the next one's hash; -1: no word left."""
    h = _BASIS
    started = alone = digits = False
    while pos < end:
        code = np.uint32(data[pos])
        width = 1
        if code >= 0xF0:
            width = 4
            code = (
                (code & np.uint32(0x07)) << np.uint32(18)
                | np.uint32(data[pos + 1] & 0x3F) << np.uint32(12)
                | np.uint32(data[pos + 2] & 0x3F) << np.uint32(6)
                | np.uint32(data[pos + 3] & 0x3F)
            )
        elif code >= 0xE0:
            width = 3
            code = (
                (code & np.uint32(0x0F)) << np.uint32(12)
                | np.uint32(data[pos + 1] & 0x3F) << np.uint32(6)
                | np.uint32(data[pos + 2] & 0x3F)
            )
        elif code >= 0x80:
            width = 2
            code = (code & np.uint32(0x1F)) << np.uint32(6) | np.uint32(data[pos + 1] & 0x3F)
        kind = classes[code]
        if kind == _SEPARATOR:
            if started:
                break
        elif kind != _SKIPPED:
            if started and (kind == _ALONE or (alone and kind != _MARK)):
                break
            if kind != _DIGIT:
                h = (h ^ np.uint64(code)) * _PRIME
            elif not digits:
                h = (h ^ np.uint64(48)) * _PRIME
            digits = kind == _DIGIT
            alone |= kind == _ALONE
            started = True
        pos += width
    return (pos if started else -1), mix64(h)


@njit(cache=True, nogil=True)
def _take_minimum(
    shingle: np.uint64,
    factors: npt.NDArray[np.uint64],
    terms: npt.NDArray[np.uint64],
    row: npt.NDArray[np.uint32],
) -> None:
    # 32 bits of the shingle: wider products have no vector instruction on most machines.
    x = shingle >> np.uint64(32)
    for k in range(len(row)):
        row[k] = min(row[k], np.uint32((factors[k] * x + terms[k]) >> np.uint64(32)))


@njit(cache=True, nogil=True)
def _sign(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    ngram_words: int,
    factors: npt.NDArray[np.uint64],
    terms: npt.NDArray[np.uint64],
    out: npt.NDArray[np.uint32],
) -> None:
    """Lower `out`, of NO_WORDS, to the minima of each document's shingles."""
    leaving = np.uint64(1)  # weight of the word that an n-gram leaves behind
    for _ in range(ngram_words):
        leaving *= _BASE
    recent = np.empty(ngram_words, np.uint64)
    for i in range(len(offsets) - 1):
        recent[:] = np.uint64(0)
        rolling = np.uint64(0)
        words = slot = 0
        pos, word = _next_word(data, offsets[i], offsets[i + 1], classes)
        while pos >= 0:
            rolling = rolling * _BASE + word - recent[slot] * leaving
            recent[slot] = word
            slot = slot + 1 if slot + 1 < ngram_words else 0
            words += 1
            if words >= ngram_words:
                _take_minimum(mix64(rolling), factors, terms, out[i])
            pos, word = _next_word(data, pos, offsets[i + 1], classes)
        if 0 < words < ngram_words:
            _take_minimum(mix64(rolling), factors, terms, out[i])
