"""Whether words stand in bytes, and where: kernels over the bytes of a page and what is written."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.text.characters import Bytes

_SPREAD = 2654435761  # a prime near 2^32 over the golden ratio, which spreads what it multiplies


def as_bytes(*names: str) -> tuple[Bytes, ...]:
    """Words as the kernels here look for them."""
    return tuple(np.frombuffer(name.encode(), np.uint8) for name in names)


@njit(cache=True, nogil=True)
def begins(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether the bytes start:end begin with a word."""
    if end - start < len(word):
        return False
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[start + step] != word[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def begins_in_any_case(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """The same in whichever case."""
    if end - start < len(word):
        return False
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[start + step] | 32 != word[step] | 32:
            return False
    return True


@njit(cache=True, nogil=True)
def equals(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether the bytes start:end are a word."""
    return end - start == len(word) and begins(data, start, end, word)


@njit(cache=True, nogil=True)
def equals_in_any_case(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """The same in whichever case."""
    return end - start == len(word) and begins_in_any_case(data, start, end, word)


@njit(cache=True, nogil=True)
def find_bytes(data: Bytes, start: int, end: int, text: Bytes) -> int:
    """Where a text begins in the bytes start:end; `end` if nowhere."""
    for at in range(start, end - len(text) + 1):
        if data[at] == text[0]:
            length = 1
            while length < len(text) and data[at + length] == text[length]:
                length += 1
            if length == len(text):
                return at
    return end


@njit(cache=True, nogil=True)
def holds(data: Bytes, start: int, end: int, text: Bytes) -> bool:
    """Whether a text stands in the bytes start:end."""
    return find_bytes(data, start, end, text) < end


@njit(cache=True, nogil=True)
def holds_in_any_case(data: Bytes, start: int, end: int, text: Bytes) -> bool:
    """The same in whichever case."""
    for at in range(start, end):  # noqa: SIM110 (a kernel)
        if begins_in_any_case(data, at, end, text):
            return True
    return False


@njit(cache=True, nogil=True)
def has_word(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether a class has this word, or one that begins with it where it ends in `-` or `_`."""
    is_beginning = word[-1] == ord("-") or word[-1] == ord("_")
    at = find_bytes(data, start, end, word)
    while at < end:
        after = at + len(word)
        if (at == start or data[at - 1] == ord(" ")) and (
            is_beginning or after == end or data[after] == ord(" ")
        ):
            return True
        at = find_bytes(data, at + 1, end, word)
    return False


@njit(cache=True, nogil=True)
def is_letter(byte: int) -> bool:
    return ord("a") <= (byte | 32) <= ord("z")


@njit(cache=True, nogil=True)
def is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")


class WordSet(NamedTuple):
    """Words of four bytes or more for `holds_any`.

    Attributes:
      skips: of each two bytes, how far the first four bytes of a word can end behind them at least.
      beginnings: of each hash of four bytes, whether a word begins with some that have it.
      joined: all words, one behind the other.
      sizes: their sizes.
    """

    skips: Bytes
    beginnings: Bytes
    joined: Bytes
    sizes: Bytes


def word_set(*words: str) -> WordSet:
    """Words for `holds_any`."""
    skips, beginnings = np.full(1 << 16, 3, np.uint8), np.zeros(1 << 16, np.uint8)
    for word in map(str.encode, words):
        beginnings[int.from_bytes(word[:4], "big") * _SPREAD >> 16 & 0xFFFF] = 1
        for skip in range(3):
            two = int.from_bytes(word[2 - skip : 4 - skip], "big")
            skips[two] = min(skip, skips[two])
    joined = np.frombuffer("".join(words).encode(), np.uint8)
    sizes = np.array([len(word.encode()) for word in words], np.uint8)
    return WordSet(skips, beginnings, joined, sizes)


@njit(cache=True, nogil=True)
def holds_any(data: Bytes, words: WordSet) -> bool:
    """Whether one of some words stands in bytes.

    By the method of Wu and Manber (A fast algorithm for multi-pattern searching, 1994): of most
    bytes every third is read.
    """
    at = 3
    while at < len(data):
        skip = words.skips[np.uint32(data[at - 1]) << np.uint32(8) | np.uint32(data[at])]
        if skip:
            at += skip
            continue
        four = np.uint32(0)
        for byte in data[at - 3 : at + 1]:
            four = np.uint32(four << np.uint32(8)) | np.uint32(byte)
        if words.beginnings[np.uint32(four * np.uint32(_SPREAD)) >> np.uint32(16)]:
            begin = 0
            for size in words.sizes:
                end = begin + size
                if begins(data, at - 3, len(data), words.joined[begin:end]):
                    return True
                begin = end
        at += 1
    return False
