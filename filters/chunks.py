"""Words inside chunks: what a tokenizer makes of each run of characters between white space.

A tokenizer that looks at one chunk at a time gives the same words for the same chunk wherever it
stands. Each chunk is cut once, then found by its hash: texts repeat their chunks so much that a
slow tokenizer costs little.
"""

import dataclasses
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.characters import (
    LETTER,
    SYMBOL,
    Bytes,
    Hashes,
    Ints,
    character_classes,
    decode,
    extend_hash,
    find_slot,
)

HAS_LETTER = 1
HAS_NON_SYMBOL = 2
ALL_PUNCTUATION = 4  # by the tokenizer's own classes, as is the next
ENDS_SENTENCE = 8

Counts = npt.NDArray[np.int32]
Span = tuple[int, int]

# Above this the cache starts anew: about 100 MB. Results do not depend on what it holds.
_MOST_CHUNKS = 1 << 20


class Tokenizer(Protocol):
    """Cuts chunks into words.

    Attributes:
      marks: of every code point, the bits ALL_PUNCTUATION (of a punctuation category) and
        ENDS_SENTENCE (alone makes a word that ends one).
    """

    marks: Bytes

    def cut(self, data: Bytes, start: Ints, end: Ints) -> "Cuts":
        """The words of the chunks start:end of `data`."""

    def cut_line(self, line: str) -> list[Span]:
        """The words of chunks that single spaces part, where `Cuts.by_neighbours` asks for it."""


@dataclasses.dataclass(frozen=True)
class Cuts:
    """Words of chunks: they follow each other without a gap.

    Attributes:
      counts: words of each chunk.
      ends: where each word ends, in bytes from the start of its chunk.
      by_neighbours: the chunks that may be cut in another way beside certain neighbours.
    """

    counts: Ints
    ends: Ints
    by_neighbours: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Words:
    """Words of each document.

    Attributes:
      first: index of each document's first word; one more than documents.
      first_of_chunk: index of each chunk's first word; one more than chunks.
      sizes: bytes of each word.
      chars, hashes, flags: of each word; flags are the four bits of this module.
    """

    first: Ints
    first_of_chunk: Ints
    sizes: Ints
    chars: Ints
    hashes: Hashes
    flags: Bytes


class ChunkWords:
    """All chunks seen so far with their words. Safe to share between threads, which take turns."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._keys = np.zeros(1 << 16, np.uint64)
        self._entries = np.zeros(1 << 16, np.int32)
        # Of each entry: where its words begin in the columns below.
        self._begin = _Column(np.int64)
        self._begin.extend(np.zeros(1, np.int64))
        self._by_neighbours = _Column(np.bool_)
        self._sizes, self._chars = _Column(np.int32), _Column(np.int32)
        self._hashes, self._flags = _Column(np.uint64), _Column(np.uint8)

    def words(self, data: Bytes, first: Ints, start: Ints, end: Ints, hashes: Hashes) -> Words:
        """Words of documents whose chunks are start:end; document i's begin at first[i]."""
        with self._lock:
            if len(self._by_neighbours) > _MOST_CHUNKS:
                self._clear()
            entries = np.empty(len(start), np.int32)
            if _look_up(hashes, self._keys, self._entries, entries):
                self._learn(data, start, end, hashes, entries)
                _look_up(hashes, self._keys, self._entries, entries)
            context = self._by_neighbours.values[entries]
            if context.any():
                self._cut_in_lines(data, first, start, end, entries, np.flatnonzero(context))
            begin = self._begin.values
            first_of_chunk = np.zeros(len(start) + 1, np.int64)
            np.cumsum(begin[entries + 1] - begin[entries], out=first_of_chunk[1:])
            total = int(first_of_chunk[-1])
            words = Words(
                first_of_chunk[first],
                first_of_chunk,
                np.empty(total, np.int64),
                np.empty(total, np.int64),
                np.empty(total, np.uint64),
                np.empty(total, np.uint8),
            )
            _lay_out(
                entries, begin, self._sizes.values, self._chars.values, self._hashes.values,
                self._flags.values, words.sizes, words.chars, words.hashes, words.flags,
            )  # fmt: skip
            return words

    def _learn(self, data: Bytes, start: Ints, end: Ints, hashes: Hashes, entries: Counts) -> None:
        missing = np.flatnonzero(entries < 0)
        new, where = np.unique(hashes[missing], return_index=True)
        start, end = start[missing[where]], end[missing[where]]
        cuts = self._tokenizer.cut(data, start, end)
        known = len(self._by_neighbours)
        self._add(data, start, cuts)
        while 2 * (known + len(new)) > len(self._keys):
            keys, values = self._keys[self._keys != 0], self._entries[self._keys != 0]
            self._keys = np.zeros(2 * len(self._keys), np.uint64)
            self._entries = np.zeros(len(self._keys), np.int32)
            _insert(keys, values, self._keys, self._entries)
        added = np.arange(known, known + len(new), dtype=np.int32)
        _insert(new, added, self._keys, self._entries)

    def _add(self, data: Bytes, start: Ints, cuts: Cuts) -> None:
        sizes, chars = np.empty(len(cuts.ends), np.int32), np.empty(len(cuts.ends), np.int32)
        hashes, flags = np.empty(len(cuts.ends), np.uint64), np.empty(len(cuts.ends), np.uint8)
        _describe(
            data, start, cuts.counts, cuts.ends, character_classes(), self._tokenizer.marks,
            sizes, chars, hashes, flags,
        )  # fmt: skip
        self._begin.extend(self._begin.values[-1] + np.cumsum(cuts.counts))
        self._by_neighbours.extend(cuts.by_neighbours)
        self._sizes.extend(sizes)
        self._chars.extend(chars)
        self._hashes.extend(hashes)
        self._flags.extend(flags)

    def _cut_in_lines(
        self,
        data: Bytes,
        first: Ints,
        start: Ints,
        end: Ints,
        entries: Counts,
        context: Ints,
    ) -> None:
        """Give chunks entries of their own, from all that single spaces join to them."""
        done = -1
        documents = np.searchsorted(first, context, "right") - 1
        for chunk, document in zip(context.tolist(), documents.tolist(), strict=True):
            if chunk <= done:
                continue
            left, right = chunk, chunk + 1
            while left > first[document] and _is_one_space(data, end[left - 1], start[left]):
                left -= 1
            while right < first[document + 1] and _is_one_space(data, end[right - 1], start[right]):
                right += 1
            done = right - 1
            line = bytes(data[start[left] : end[right - 1]])
            ends: list[list[int]] = [[] for _ in range(left, right)]
            text = line.decode()
            at_char, at = 0, 0
            place = 0
            for _, word_end in self._tokenizer.cut_line(text):
                at += len(text[at_char:word_end].encode())
                at_char = word_end
                while start[left] + at > end[left + place]:
                    place += 1
                ends[place].append(int(start[left] + at - start[left + place]))
            known = len(self._by_neighbours)
            cuts = Cuts(
                np.array(list(map(len, ends))),
                np.array([e for chunk_ends in ends for e in chunk_ends], np.int64),
                np.zeros(right - left, bool),
            )
            self._add(data, start[left:right], cuts)
            entries[left:right] = np.arange(known, known + right - left)


def _is_one_space(data: Bytes, start: int, end: int) -> bool:
    return bool(end - start == 1 and data[start] == 0x20)


class _Column:
    """A numpy array that grows."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._array = np.zeros(1 << 12, dtype)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._array[: self._used]

    def extend(self, values: npt.NDArray[Any]) -> None:
        needed = self._used + len(values)
        if needed > len(self._array):
            grown = np.zeros(max(needed, 2 * len(self._array)), self._array.dtype)
            grown[: self._used] = self.values
            self._array = grown
        self._array[self._used : needed] = values
        self._used = needed


def joined(words: Sequence[Sequence[str]]) -> tuple[Ints, Ints]:
    """Counts and ends of `Cuts` from the words themselves."""
    counts = np.array(list(map(len, words)), np.int64)
    ends: list[int] = []
    for chunk in words:
        at = 0
        for word in chunk:
            at += len(word.encode())
            ends.append(at)
    return counts, np.array(ends, np.int64)


@njit(cache=True, nogil=True)
def _look_up(hashes: Hashes, keys: Hashes, values: Counts, entries: Counts) -> int:
    """Entry of each chunk, -1 for an unknown one; how many are unknown."""
    missing = 0
    for i in range(len(hashes)):
        key = max(hashes[i], np.uint64(1))
        slot = find_slot(keys, len(keys), key)
        if keys[slot] == key:
            entries[i] = values[slot]
        else:
            entries[i] = -1
            missing += 1
    return missing


@njit(cache=True, nogil=True)
def _insert(hashes: Hashes, entries: Counts, keys: Hashes, values: Counts) -> None:
    for i in range(len(hashes)):
        key = max(hashes[i], np.uint64(1))
        slot = find_slot(keys, len(keys), key)
        keys[slot], values[slot] = key, entries[i]


@njit(cache=True, nogil=True)
def _lay_out(
    entries: Counts,
    begin: Ints,
    sizes: Counts,
    chars: Counts,
    hashes: Hashes,
    flags: Bytes,
    out_sizes: Ints,
    out_chars: Ints,
    out_hashes: Hashes,
    out_flags: Bytes,
) -> None:
    at = 0
    for i in range(len(entries)):
        for word in range(begin[entries[i]], begin[entries[i] + 1]):
            out_sizes[at], out_chars[at] = sizes[word], chars[word]
            out_hashes[at], out_flags[at] = hashes[word], flags[word]
            at += 1


@njit(cache=True, nogil=True)
def _describe(
    data: Bytes,
    start: Ints,
    counts: Ints,
    ends: Ints,
    classes: Bytes,
    marks: Bytes,
    sizes: Counts,
    chars: Counts,
    hashes: Hashes,
    flags: Bytes,
) -> None:
    word = 0
    for chunk in range(len(start)):
        at = start[chunk]
        for _ in range(counts[chunk]):
            end = start[chunk] + ends[word]
            sizes[word] = end - at
            hashes[word] = extend_hash(np.uint64(0), data, at, end)
            length, flag, every, last = 0, 0, ALL_PUNCTUATION, 0
            while at < end:
                code, width = decode(data, at)
                kind, last = classes[code], marks[code]
                if kind & LETTER:
                    flag |= HAS_LETTER
                if not kind & SYMBOL:
                    flag |= HAS_NON_SYMBOL
                every &= last
                length += 1
                at += width
            if length == 1:
                flag |= last & ENDS_SENTENCE
            chars[word], flags[word] = length, flag | every
            word += 1
