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

from filters.text.characters import (
    LETTER,
    SYMBOL,
    Bools,
    Bytes,
    Hashes,
    Ints,
    character_classes,
    decode,
    hash_bytes,
)

HAS_LETTER = 1
HAS_NON_SYMBOL = 2
ALL_PUNCTUATION = 4  # by the tokenizer's own classes, as is the next
ENDS_SENTENCE = 8

# A longer chunk (in bytes) is cut alone: tokenizers that look at neighbours take time that grows
# with the square of its length.
LONGEST_NEIGHBOUR = 250

Counts = npt.NDArray[np.int32]
Span = tuple[int, int]

# Above these the cache starts anew: about 150 MB. Results do not depend on what it holds. Chunks of
# scripts without spaces hold many words each.
_MOST_CHUNKS = 1 << 20
_MOST_WORDS = 4 << 20


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
    by_neighbours: Bools

    def replaced(self, chunks: Bools, words: Sequence[Sequence[str]]) -> "Cuts":
        """With other words of some chunks, which then depend on no neighbour."""
        counts, ends = joined(words)
        kept = ~np.repeat(chunks, self.counts)
        both = self.counts.copy()
        both[chunks] = counts
        new = np.repeat(chunks, both)
        merged = np.empty(len(new), np.int64)
        merged[new], merged[~new] = ends, self.ends[kept]
        return Cuts(both, merged, self.by_neighbours & ~chunks)


@dataclasses.dataclass(frozen=True)
class Words:
    """Words of each document.

    Attributes:
      first: index of each document's first word; one more than documents.
      first_of_chunk: index of each chunk's first word; one more than chunks.
      start: byte positions in the view's data.
      sizes: bytes of each word.
      chars, hashes, flags: of each word; flags are the four bits of this module.
    """

    first: Ints
    first_of_chunk: Ints
    start: Ints
    sizes: Counts
    chars: Counts
    hashes: Hashes
    flags: Bytes


# The cache's table has rows of a chunk's hash and what is known of it:
#   bits 0-31  entry, or with _NEW the chunk's place among those to be cut now
#   bits 32-39 the flags of its only word, or _BY_NEIGHBOURS
#   bits 40-62 the length of its only word in characters; 0 for other numbers of words
#   bit 63     _NEW
# The only word of a chunk is mostly the chunk itself, and then no entry is looked at.
_BY_NEIGHBOURS = 128
_FLAGS_AT, _CHARS_AT = np.uint64(32), np.uint64(40)
_MOST_CHARS = (1 << 23) - 1
_NEW = np.uint64(1 << 63)
_FIRST_SLOTS = 1 << 4  # so few that the first batch, which warms kernels up, grows the table


class ChunkWords:
    """All chunks seen so far with their words. Safe to share between threads, which take turns."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._table = np.zeros((_FIRST_SLOTS, 2), np.uint64)
        self._in_table = 0
        # Of each entry: where its words begin in the columns below.
        self._begin = _Column(np.int64)
        self._begin.extend(np.zeros(1, np.int64))
        self._sizes, self._chars = _Column(np.int32), _Column(np.int32)
        self._hashes, self._flags = _Column(np.uint64), _Column(np.uint8)
        self._lines: dict[bytes, int] = {}  # the first entry of a line's chunks

    @property
    def _entries(self) -> int:
        return len(self._begin) - 1

    def words(self, data: Bytes, first: Ints, start: Ints, end: Ints, hashes: Hashes) -> Words:
        """Words of documents whose chunks are start:end; document i's begin at first[i]."""
        with self._lock:
            if self._entries > _MOST_CHUNKS or len(self._sizes) > _MOST_WORDS:
                self._clear()
            try:
                found = self._find(data, start, end, hashes)
            except BaseException:
                self._clear()  # of chunks that have no entry yet
                raise
            context = np.flatnonzero(found >> _FLAGS_AT & np.uint64(_BY_NEIGHBOURS))
            if len(context):
                self._cut_in_lines(data, first, start, end, found, context)
            begin = self._begin.values
            first_of_chunk = np.empty(len(start) + 1, np.int64)
            total = _count_words(found, begin, first_of_chunk)
            words = Words(
                first_of_chunk[first],
                first_of_chunk,
                np.empty(total, np.int64),
                np.empty(total, np.int32),
                np.empty(total, np.int32),
                np.empty(total, np.uint64),
                np.empty(total, np.uint8),
            )
            _lay_out(
                found, start, end, hashes, begin, self._sizes.values, self._chars.values,
                self._hashes.values, self._flags.values,
                words.start, words.sizes, words.chars, words.hashes, words.flags,
            )  # fmt: skip
            return words

    def _find(self, data: Bytes, start: Ints, end: Ints, hashes: Hashes) -> Hashes:
        """What the table knows of each chunk, after cutting those that it does not know."""
        found = np.empty(len(start), np.uint64)
        new = np.empty(len(start), np.int64)
        done, n_new = 0, 0
        while True:
            done, n_new = _look_up(hashes, self._table, self._in_table, found, done, new, n_new)
            if done == len(start):
                break
            grown = np.zeros((4 * len(self._table), 2), np.uint64)
            _move(self._table, grown)
            self._table = grown
        if n_new:
            new = new[:n_new]
            self._in_table += n_new
            known = self._entries
            cuts = self._tokenizer.cut(data, start[new], end[new])
            self._add(data, start[new], cuts)
            _settle(
                hashes, new, known, self._begin.values, self._chars.values, self._flags.values,
                cuts.by_neighbours, self._table, found,
            )  # fmt: skip
        return found

    def _add(self, data: Bytes, start: Ints, cuts: Cuts) -> None:
        sizes, chars = np.empty(len(cuts.ends), np.int32), np.empty(len(cuts.ends), np.int32)
        hashes, flags = np.empty(len(cuts.ends), np.uint64), np.empty(len(cuts.ends), np.uint8)
        _describe(
            data, start, cuts.counts, cuts.ends, character_classes(), self._tokenizer.marks,
            sizes, chars, hashes, flags,
        )  # fmt: skip
        self._begin.extend(self._begin.values[-1] + np.cumsum(cuts.counts))
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
        found: Hashes,
        context: Ints,
    ) -> None:
        """Give chunks entries of their own, from all that single spaces join to them."""
        done = -1
        short = end - start <= LONGEST_NEIGHBOUR
        documents = np.searchsorted(first, context, "right") - 1
        for chunk, document in zip(context.tolist(), documents.tolist(), strict=True):
            if chunk <= done:
                continue
            left, right = chunk, chunk + 1
            while (
                left > first[document]
                and short[left - 1]
                and _is_one_space(data, end[left - 1], start[left])
            ):
                left -= 1
            while (
                right < first[document + 1]
                and short[right]
                and _is_one_space(data, end[right - 1], start[right])
            ):
                right += 1
            done = right - 1
            line = bytes(data[start[left] : end[right - 1]])
            if line not in self._lines:
                self._lines[line] = self._entries
                self._cut_line(data, line, start[left:right], end[left:right])
            known = self._lines[line]
            found[left:right] = np.arange(known, known + right - left)

    def _cut_line(self, data: Bytes, line: bytes, start: Ints, end: Ints) -> None:
        ends: list[list[int]] = [[] for _ in start]
        text = line.decode()
        at_char, at, place = 0, int(start[0]), 0
        for _, word_end in self._tokenizer.cut_line(text):
            at += len(text[at_char:word_end].encode())
            at_char = word_end
            while at > end[place]:
                place += 1
            ends[place].append(at - int(start[place]))
        cuts = Cuts(
            np.array(list(map(len, ends)), np.int64),
            np.array([e for chunk_ends in ends for e in chunk_ends], np.int64),
            np.zeros(len(start), bool),
        )
        self._add(data, start, cuts)


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
def _slot(table: Hashes, key: np.uint64) -> Any:
    """The row where a key other than 0 is, or where it belongs."""
    mask = np.uint64(len(table) - 1)
    slot = (key >> np.uint64(20)) & mask
    while table[slot, 0] != 0 and table[slot, 0] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(cache=True, nogil=True)
def _look_up(
    hashes: Hashes, table: Hashes, in_table: int, found: Hashes, done: int, new: Ints, n_new: int
) -> tuple[int, int]:
    """Find chunks from `done` on, adding to `new` and the table the first of each unknown hash.

    Returns how many chunks are done (fewer than all where the table is too small) and are new.
    """
    most = len(table) // 2
    for i in range(done, len(hashes)):
        key = max(hashes[i], np.uint64(1))
        slot = _slot(table, key)
        if table[slot, 0] == 0:
            if in_table + n_new >= most:
                return i, n_new
            table[slot, 0] = key
            table[slot, 1] = _NEW | np.uint64(n_new)
            new[n_new] = i
            n_new += 1
        found[i] = table[slot, 1]
    return len(hashes), n_new


@njit(cache=True, nogil=True)
def _move(table: Hashes, larger: Hashes) -> None:
    for row in range(len(table)):
        if table[row, 0]:
            slot = _slot(larger, table[row, 0])
            larger[slot, 0], larger[slot, 1] = table[row, 0], table[row, 1]


@njit(cache=True, nogil=True)
def _settle(
    hashes: Hashes,
    new: Ints,
    known: int,
    begin: Ints,
    chars: Counts,
    flags: Bytes,
    by_neighbours: Bools,
    table: Hashes,
    found: Hashes,
) -> None:
    """Put the new chunks' entries, `known` and following, in the places that stand for them."""
    values = np.empty(len(new), np.uint64)
    for i in range(len(new)):
        value = np.uint64(known + i)
        word = begin[known + i]
        if by_neighbours[i]:
            value |= np.uint64(_BY_NEIGHBOURS) << _FLAGS_AT
        elif begin[known + i + 1] - word == 1 and chars[word] <= _MOST_CHARS:
            value |= np.uint64(flags[word]) << _FLAGS_AT | np.uint64(chars[word]) << _CHARS_AT
        values[i] = value
        table[_slot(table, max(hashes[new[i]], np.uint64(1))), 1] = value
    for i in range(new[0], len(found)):
        if found[i] & _NEW:
            found[i] = values[found[i] ^ _NEW]


@njit(cache=True, nogil=True)
def _count_words(found: Hashes, begin: Ints, first: Ints) -> int:
    total = 0
    for i in range(len(found)):
        first[i] = total
        if found[i] >> _CHARS_AT:
            total += 1
        else:
            entry = found[i] & np.uint64(0xFFFFFFFF)
            total += begin[entry + np.uint64(1)] - begin[entry]
    first[len(found)] = total
    return total


@njit(cache=True, nogil=True)
def _lay_out(
    found: Hashes,
    chunk_start: Ints,
    chunk_end: Ints,
    chunk_hashes: Hashes,
    begin: Ints,
    sizes: Counts,
    chars: Counts,
    hashes: Hashes,
    flags: Bytes,
    out_start: Ints,
    out_sizes: Counts,
    out_chars: Counts,
    out_hashes: Hashes,
    out_flags: Bytes,
) -> None:
    at = 0
    for i in range(len(found)):
        value, start = found[i], chunk_start[i]
        if value >> _CHARS_AT:
            out_start[at], out_sizes[at] = start, chunk_end[i] - start
            out_chars[at] = value >> _CHARS_AT
            out_hashes[at], out_flags[at] = chunk_hashes[i], (value >> _FLAGS_AT) & np.uint64(0xFF)
            at += 1
            continue
        entry = value & np.uint64(0xFFFFFFFF)
        for word in range(begin[entry], begin[entry + np.uint64(1)]):
            out_start[at], out_sizes[at], out_chars[at] = start, sizes[word], chars[word]
            out_hashes[at], out_flags[at] = hashes[word], flags[word]
            start += sizes[word]
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
            hashes[word] = hash_bytes(data, at, end)
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
