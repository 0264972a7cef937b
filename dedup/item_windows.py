"""Windows of documents beside the texts of benchmarks: the kernels of `dedup.overlap`.

A run of n words is known by the hash of `run_hashes`. One pass over a document finds which of its
runs some text has; a second one, over the few documents that have several, measures how much of a
text a window holds.
"""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from dedup.alphabets import Alphabet, Letters
from dedup.hashes import Bytes, mix64
from dedup.number_words import NumberWords, in_digits
from dedup.places import Places
from dedup.shingles import Hashes, Ints, leaving_weight, roll
from dedup.words import next_unit

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
_TABLE_BITS = 22


@njit(cache=True, nogil=True)
def _run_hashes(first: Ints, words: Hashes, length: int, first_out: Ints, out: Hashes) -> int:
    weight = leaving_weight(length)
    none = np.uint64(0)
    count = 0
    for i in range(len(first) - 1):
        first_out[i] = count
        rolling = none
        for at in range(first[i], first[i + 1]):
            left = words[at - length] if at - first[i] >= length else none
            rolling = roll(rolling, words[at], left, weight)
            if at - first[i] >= length - 1:
                out[count] = mix64(rolling)
                count += 1
    first_out[len(first) - 1] = count
    return count


def run_hashes(first: Ints, words: Hashes, length: int) -> tuple[Ints, Hashes]:
    """Hashes of all runs of `length` words of each text, and the index of each text's first one.

    Args:
      first, words: the words of texts (`dedup.places.words`).
    """
    starts, hashes = np.empty_like(first), np.empty_like(words)
    count = _run_hashes(first, words, length, starts, hashes)
    return starts, hashes[:count].copy()


def table_of(hashes: Hashes) -> Bytes:
    """Which leading bits some hash has, a bit for each, so that most look-ups end in the cache."""
    table = np.zeros(1 << _TABLE_BITS, np.bool_)
    table[hashes >> np.uint64(64 - _TABLE_BITS)] = True
    return np.packbits(table, bitorder="little")


@njit(cache=True, nogil=True)
def _may_have(table: Bytes, hashed: np.uint64) -> bool:
    leading = hashed >> np.uint64(64 - _TABLE_BITS)
    return (table[leading >> np.uint64(3)] >> np.uint8(leading & np.uint64(7))) & 1 != 0


@dataclasses.dataclass(frozen=True)
class Hits:
    """Runs of documents that some text may have: document, position of the first word, hash."""

    document: Ints
    at: Ints
    hashes: Hashes


def scan(
    data: Bytes,
    offsets: Ints,
    alphabet: Alphabet,
    numbers: NumberWords,
    short: tuple[int, Bytes],
    long: tuple[int, Bytes],
) -> tuple[Hits, Hits]:
    """Runs of two lengths whose leading bits are in a table, in one pass over the texts.

    Args:
      numbers: words that count as numbers.
      short, long: words of a run, and its table (`table_of`). That of the short ones has all short
        runs which are in long ones.
    """
    # A word takes at least one byte. Pages that are not written to take no memory.
    size = int(offsets[-1] - offsets[0])
    found = [
        Hits(np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.uint64))
        for _ in range(2)
    ]
    counts = _scan(
        data, offsets, alphabet.classes, alphabet.letters, numbers.keys, numbers.values,
        short[0], short[1], long[0], long[1],
        found[0].document, found[0].at, found[0].hashes,
        found[1].document, found[1].at, found[1].hashes,
    )  # fmt: skip
    return tuple(
        Hits(hits.document[:n].copy(), hits.at[:n].copy(), hits.hashes[:n].copy())
        for hits, n in zip(found, counts, strict=True)
    )  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _scan(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    keys: Hashes,
    values: Hashes,
    short: int,
    short_table: Bytes,
    long: int,
    long_table: Bytes,
    short_document: Ints,
    short_at: Ints,
    short_hash: Hashes,
    long_document: Ints,
    long_at: Ints,
    long_hash: Hashes,
) -> tuple[int, int]:
    none = np.uint64(0)
    short_weight, long_weight = leaving_weight(short), leaving_weight(long)
    recent = np.empty(long, np.uint64)
    shorts = longs = 0
    for i in range(len(offsets) - 1):
        end = offsets[i + 1]
        recent[:] = none
        by_short = by_long = none
        words = slot = 0
        pos, word = next_unit(data, offsets[i], end, classes, letters, False, False)
        while pos >= 0:
            word = in_digits(word, keys, values)
            # `recent[slot]` is the word that came `long` words before.
            behind = slot - short if slot >= short else slot - short + long
            by_short = roll(by_short, word, recent[behind], short_weight)
            by_long = roll(by_long, word, recent[slot], long_weight)
            recent[slot] = word
            slot = slot + 1 if slot + 1 < long else 0
            words += 1
            mixed = mix64(by_short)
            if words >= short and _may_have(short_table, mixed):
                short_document[shorts], short_at[shorts] = i, words - short
                short_hash[shorts] = mixed
                shorts += 1
                mixed = mix64(by_long)
                if words >= long and _may_have(long_table, mixed):
                    long_document[longs], long_at[longs] = i, words - long
                    long_hash[longs] = mixed
                    longs += 1
            pos, word = next_unit(data, pos, end, classes, letters, False, False)
    return shorts, longs


@dataclasses.dataclass(frozen=True)
class Grams:
    """Distinct hashes, ascending; the position of one is its id. `slots` finds it at once."""

    hashes: Hashes
    slots: npt.NDArray[np.int32]

    @classmethod
    def of(cls, hashes: Hashes) -> "Grams":
        every = np.unique(hashes)
        slots = np.full(1 << max(4, (4 * len(every)).bit_length()), -1, np.int32)
        _fill(every, slots)
        return cls(every, slots)

    def ids(self, hashes: Hashes) -> Ints:
        """The ids of hashes that are all there."""
        return np.searchsorted(self.hashes, hashes)


@njit(cache=True, nogil=True)
def _fill(hashes: Hashes, slots: npt.NDArray[np.int32]) -> None:
    mask = np.uint64(len(slots) - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = i


@njit(cache=True, nogil=True)
def _id_of(hashed: np.uint64, hashes: Hashes, slots: npt.NDArray[np.int32]) -> int:
    mask = np.uint64(len(slots) - 1)
    slot = hashed & mask
    while slots[slot] >= 0:
        if hashes[slots[slot]] == hashed:
            return int(slots[slot])
        slot = (slot + np.uint64(1)) & mask
    return -1


@dataclasses.dataclass(frozen=True)
class Weighed:
    """N-grams of texts: those of text i are `ids[first[i]:first[i+1]]`, each with its weight."""

    first: Ints
    ids: Ints
    weights: Floats

    def owners(self) -> Ints:
        """The text of each n-gram."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


# What is measured of a window. Shares are weighted, 0 to 1; positions are words of the document.
MEASURED = np.dtype(
    [
        ("pairs", np.int64),  # how many of the text's pairs of words are there
        ("overlap", np.float32),  # their share
        ("numbers", np.float32),  # share of its numbers; 1 if it has none
        ("answer", np.float32),  # share of the words of its answer, before or behind the window
        ("start", np.int64), ("end", np.int64),  # from the first to the last pair that is there
        ("answer_start", np.int64), ("answer_end", np.int64),
        ("closed", np.bool_),  # nothing else is in the sentence or line
    ]
)  # fmt: skip
Measured = npt.NDArray[Any]


def measure(
    data: Bytes,
    offsets: Ints,
    words: Places,
    document: Ints,
    start: Ints,
    text: Ints,
    text_words: Ints,
    grams: Grams,
    pairs: Weighed,
    numbers: Weighed,
    answers: Weighed,
    answer_words: Ints,
) -> Measured:
    """Measures how much of a text each window holds.

    Args:
      data, offsets, words: the documents, and their words with positions.
      document, start, text: of each window, its document, its first word (which may be before the
        document's) and the text that it is compared with.
      text_words, answer_words: of each text, the number of words of it and of its answer.
    """
    out = np.zeros(len(document), MEASURED)
    _measure(
        data, offsets, words.first, words.hashes, words.start, words.end, document, start, text,
        text_words, grams.hashes, grams.slots, pairs.first, pairs.ids, pairs.weights,
        numbers.first, numbers.ids, numbers.weights, answers.first, answers.ids, answers.weights,
        answer_words, out["pairs"], out["overlap"], out["numbers"], out["answer"],
        out["start"], out["end"], out["answer_start"], out["answer_end"], out["closed"],
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _share(first: Ints, ids: Ints, weights: Floats, text: int, seen: Ints, stamp: int) -> float:
    """The share of a text's n-grams that were seen, by weight; -1 if it has none."""
    there = every = 0.0
    for k in range(first[text], first[text + 1]):
        every += weights[k]
        if seen[ids[k]] == stamp:
            there += weights[k]
    return there / every if every > 0 else -1.0


@njit(cache=True, nogil=True)
def _mark(first: Ints, ids: Ints, text: int, own: Ints, stamp: int) -> None:
    for k in range(first[text], first[text + 1]):
        own[ids[k]] = stamp


@njit(cache=True, nogil=True)
def _see(
    words: Hashes,
    low: int,
    high: int,
    length: int,
    hashes: Hashes,
    slots: npt.NDArray[np.int32],
    own: Ints,
    seen: Ints,
    stamp: int,
) -> tuple[int, int]:
    """Marks the runs of words low to high that the text has; from the first to behind the last."""
    start = end = -1
    weight = leaving_weight(length)
    none = np.uint64(0)
    rolling = none
    for at in range(low, high):
        left = words[at - length] if at - low >= length else none
        rolling = roll(rolling, words[at], left, weight)
        if at - low >= length - 1:
            gram = _id_of(mix64(rolling), hashes, slots)
            if gram >= 0 and own[gram] == stamp:
                seen[gram] = stamp
                if start < 0:
                    start = at - length + 1
                end = at + 1
    return start, end


@njit(cache=True, nogil=True)
def _closes(data: Bytes, start: int, end: int) -> bool:
    """Whether there is more between two words than spaces, commas and the like."""
    for at in range(start, end):
        code = data[at]
        if code not in (0x20, 0x09, 0x0D, 0x27, 0x2C, 0x2D):  # space, tab, CR, ', comma, -
            return True
    return False


@njit(cache=True, nogil=True)
def _measure(
    data: Bytes,
    offsets: Ints,
    first: Ints,
    words: Hashes,
    word_start: Ints,
    word_end: Ints,
    document: Ints,
    start: Ints,
    text: Ints,
    text_words: Ints,
    hashes: Hashes,
    slots: npt.NDArray[np.int32],
    pairs_first: Ints,
    pairs: Ints,
    pair_weights: Floats,
    numbers_first: Ints,
    numbers: Ints,
    number_weights: Floats,
    answers_first: Ints,
    answers: Ints,
    answer_weights: Floats,
    answer_words: Ints,
    out_pairs: Ints,
    out_overlap: Floats,
    out_numbers: Floats,
    out_answer: Floats,
    out_start: Ints,
    out_end: Ints,
    out_answer_start: Ints,
    out_answer_end: Ints,
    out_closed: Flags,
) -> None:
    own, seen = np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.int64)
    stamp = 0
    for i in range(len(document)):
        d, t = document[i], text[i]
        begin, stop = first[d], first[d + 1]
        # A word or two may have been added; words that were taken out only make it shorter.
        slack = text_words[t] // 8
        low = max(begin, begin + start[i] - slack)
        high = min(stop, begin + start[i] + text_words[t] + slack)
        stamp += 1
        _mark(pairs_first, pairs, t, own, stamp)
        a, b = _see(words, low, high, 2, hashes, slots, own, seen, stamp)
        out_overlap[i] = max(0.0, _share(pairs_first, pairs, pair_weights, t, seen, stamp))
        if a < 0:
            continue
        for k in range(pairs_first[t], pairs_first[t + 1]):
            out_pairs[i] += seen[pairs[k]] == stamp
        out_start[i], out_end[i] = a - begin, b - begin
        stamp += 1
        _mark(numbers_first, numbers, t, own, stamp)
        _see(words, low, high, 1, hashes, slots, own, seen, stamp)
        there = _share(numbers_first, numbers, number_weights, t, seen, stamp)
        out_numbers[i] = there if there >= 0 else 1.0
        base = offsets[d]
        opens = a == begin or _closes(data, base + word_end[a - 1], base + word_start[a])
        after = base + word_start[b] if b < stop else offsets[d + 1]
        out_closed[i] = opens and (b == stop or _closes(data, base + word_end[b - 1], after))
        if answers_first[t] == answers_first[t + 1]:
            continue
        reach = answer_words[t] + max(20, answer_words[t] // 2)
        for low, high in ((b, min(stop, b + reach)), (max(begin, a - reach), a)):
            stamp += 1
            _mark(answers_first, answers, t, own, stamp)
            c, e = _see(words, low, high, 1, hashes, slots, own, seen, stamp)
            there = _share(answers_first, answers, answer_weights, t, seen, stamp)
            if there > out_answer[i]:
                out_answer[i] = there
                out_answer_start[i], out_answer_end[i] = c - begin, e - begin
