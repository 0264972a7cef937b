"""Gopher's rules: words and marked lines, repeated lines and n-grams."""

import functools
from typing import Any

import numpy as np
from numba import njit

from filters.rules.gopher import DUPLICATE_GRAMS, TOP_GRAMS
from filters.rules.thresholds import WORDS, Limits, Measured
from filters.text.characters import (
    Bools,
    Bytes,
    Floats,
    Hashes,
    Ints,
    copy_bytes,
    find_slot,
    hash_bytes,
    load_eight,
    mix,
    table_size,
)
from filters.text.chunks import HAS_LETTER, HAS_NON_SYMBOL, Counts
from filters.text.lines import Lines, count_repeats
from filters.text.words import TextView

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_LONGEST_STOP_WORD = max(map(len, STOP_WORDS))

_FIRST_TOP, _FIRST_DUPLICATE, _LAST_DUPLICATE = 2, 5, 10


def measure_quality(view: TextView, limits: Limits) -> Measured:
    words, chunks, lines = view.words(limits[WORDS]), view.chunks, view.printed_lines
    documents = len(view)
    all_words = np.diff(words.first)
    true_words, true_word_chars, alphabetic, stop_words, bullets, ellipses = (
        np.empty(documents, np.int64) for _ in range(6)
    )
    _count_words(
        words.first, words.sizes, words.chars, words.hashes, words.flags, _stop_hashes(),
        true_words, true_word_chars, alphabetic, stop_words,
    )  # fmt: skip
    _count_marked_lines(
        view.data, lines.first, lines.first_word, chunks.start, chunks.end, bullets, ellipses
    )
    line_count = np.diff(lines.first)
    return Measured(
        {
            "words": true_words,
            "mean_word_chars": ratio(true_word_chars, true_words),
            "hash_word_ratio": ratio(chunks.number_signs, all_words),
            "ellipsis_word_ratio": ratio(chunks.ellipses, all_words),
            "bullet_line_ratio": ratio(bullets, line_count),
            "ellipsis_line_ratio": ratio(ellipses, line_count),
            "alphabetic_word_ratio": ratio(alphabetic, all_words),
            "stop_words": stop_words,
        }
    )


@functools.cache
def _stop_hashes() -> tuple[Any, ...]:
    """A tuple, whose length numba knows: it is walked for every short word."""
    encoded = [np.frombuffer(word.encode(), np.uint8) for word in STOP_WORDS]
    return tuple(np.uint64(hash_bytes(word, 0, len(word))) for word in encoded)


def ratio(part: Ints, whole: Ints) -> Floats:
    """`part / whole`, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


@njit(cache=True, nogil=True)
def _count_words(
    first: Ints,
    sizes: Counts,
    chars: Counts,
    hashes: Hashes,
    flags: Bytes,
    stop_hashes: tuple[Any, ...],
    true_words: Ints,
    true_word_chars: Ints,
    alphabetic: Ints,
    stop_words: Ints,
) -> None:
    for document in range(len(first) - 1):
        count, length, letters, stops = 0, 0, 0, 0
        for word in range(first[document], first[document + 1]):
            if flags[word] & HAS_NON_SYMBOL:
                count += 1
                length += chars[word]
            if flags[word] & HAS_LETTER:
                letters += 1
            if sizes[word] <= _LONGEST_STOP_WORD:
                for stop in range(len(stop_hashes)):
                    if hashes[word] == stop_hashes[stop]:
                        stops |= 1 << stop
        distinct = 0
        while stops:
            distinct += stops & 1
            stops >>= 1
        true_words[document], true_word_chars[document] = count, length
        alphabetic[document], stop_words[document] = letters, distinct


@njit(cache=True, nogil=True)
def _is_at(data: Bytes, at: int, a: int, b: int, c: int) -> bool:
    return data[at] == a and data[at + 1] == b and data[at + 2] == c


@njit(cache=True, nogil=True)
def _count_marked_lines(
    data: Bytes,
    first_line: Ints,
    first_word: Ints,
    word_start: Ints,
    word_end: Ints,
    bullets: Ints,
    ellipses: Ints,
) -> None:
    # A stripped line starts with its first word and ends with its last one.
    for document in range(len(first_line) - 1):
        with_bullet, with_ellipsis = 0, 0
        for line in range(first_line[document], first_line[document + 1]):
            first, past = first_word[line], first_word[line + 1]
            if first == past:
                continue
            start, end = word_start[first], word_end[first]
            if data[start] == 0x2D or (end - start > 2 and _is_at(data, start, 0xE2, 0x80, 0xA2)):
                with_bullet += 1  # "-" or "•"
            start, end = word_start[past - 1], word_end[past - 1]
            if end - start > 2 and (
                _is_at(data, end - 3, 0x2E, 0x2E, 0x2E) or _is_at(data, end - 3, 0xE2, 0x80, 0xA6)
            ):
                with_ellipsis += 1  # "..." or "…"
        bullets[document], ellipses[document] = with_bullet, with_ellipsis


def measure_repetition(view: TextView, limits: Limits) -> Measured:
    words, chars = view.words(limits[WORDS]), view.chars
    columns: dict[str, Ints | Floats] = {"chars": chars}
    for name, lines in (("paragraph", view.paragraphs), ("line", view.lines)):
        members, repeats, repeated_chars = repeated_lines(lines)
        columns[f"duplicate_{name}_ratio"] = ratio(repeats, members)
        columns[f"duplicate_{name}_char_ratio"] = ratio(repeated_chars, chars)
    repeated = np.zeros((_LAST_DUPLICATE + 1, len(view)), np.int64)
    _measure_grams(
        view.data, words.first, words.start, words.sizes, words.chars, words.hashes, repeated
    )
    for n in TOP_GRAMS:
        columns[f"top_{n}_gram_ratio"] = ratio(repeated[n], chars)
    for n in DUPLICATE_GRAMS:
        columns[f"duplicate_{n}_gram_ratio"] = ratio(repeated[n], chars)
    return Measured(columns)


def repeated_lines(lines: Lines, skip: int = 0) -> tuple[Ints, Ints, Ints]:
    """Of each document: lines without a `skip` flag, repeats among them, characters of these."""
    counts = np.empty((3, len(lines.first) - 1), np.int64)
    _repeated_lines(lines.first, lines.hashes, lines.chars, lines.flags, skip, counts)
    return counts[0], counts[1], counts[2]


@njit(cache=True, nogil=True)
def _repeated_lines(
    first: Ints, hashes: Hashes, chars: Ints, flags: Bytes, skip: int, counts: Ints
) -> None:
    most = 0
    for document in range(len(first) - 1):
        most = max(most, first[document + 1] - first[document])
    table = np.empty(table_size(most), np.uint64)
    for document in range(len(first) - 1):
        start, end = first[document], first[document + 1]
        members, repeats, repeated_chars = count_repeats(
            hashes, chars, flags, start, end, skip, table
        )
        counts[0, document], counts[1, document] = members, repeats
        counts[2, document] = repeated_chars


_ROOM = 40  # behind a text: for the longest window, and for what a copy writes too much


@njit(cache=True, nogil=True)
def _measure_grams(
    data: Bytes,
    first: Ints,
    start: Ints,
    sizes: Counts,
    chars: Counts,
    hashes: Hashes,
    repeated: Ints,
) -> None:
    """Characters in top n-grams (n of 2 to 4) and in duplicate ones (5 to 10).

    Top n-grams are equal when their words are, duplicate ones when their words written without
    spaces are, wherever the words part.

    Most n-grams occur once in a document, so a cheap test leaves few to count: an n-gram can
    occur twice only if both (n-1)-grams in it do, and a text without spaces of 16 bytes or more
    only if its first 16 bytes do.
    """
    most, most_bytes = np.int64(0), np.int64(0)
    for document in range(len(first) - 1):
        most = max(most, first[document + 1] - first[document])
        total = np.int64(0)
        for word in range(first[document], first[document + 1]):
            total += sizes[word]
        most_bytes = max(most_bytes, total)
    table = np.empty(table_size(most), np.uint64)
    places = np.empty(len(table), np.int32)
    counts, leaders = np.empty(most + 1, np.int32), np.empty(most + 1, np.int32)
    keys, candidates = np.empty(most + 1, np.uint64), np.empty(most + 1, np.int64)
    again = np.empty(most + 1, np.bool_)
    unspaced = np.empty(most_bytes + _ROOM, np.uint8)
    seen = np.empty(_SEEN_PER_KEY * len(table), np.uint8)
    byte_at, char_at = np.empty(most + 1, np.int64), np.empty(most + 1, np.int64)
    for document in range(len(first) - 1):
        base, words = first[document], first[document + 1] - first[document]
        _copy_unspaced(data, start, sizes, chars, base, words, unspaced, byte_at, char_at)

        for n in range(_FIRST_TOP, _FIRST_DUPLICATE):
            grams = words - n + 1
            if grams < 1:
                break
            found = 0
            if n == _FIRST_TOP:
                for i in range(grams):
                    keys[i] = mix(hashes[base + i], hashes[base + i + 1])
                found = _may_be_equal(keys, grams, seen, candidates)
            else:
                for i in range(grams):
                    keys[i] = mix(keys[i], hashes[base + i + n - 1])
                    candidates[found] = i
                    found += again[i] and again[i + 1]
            again[: words + 1] = False
            count, place = _count_equal(keys, candidates, found, again, places, counts, leaders)
            length = char_at[place + n] - char_at[place] + n - 1
            repeated[n, document] = length * count

        grams = max(words - _FIRST_DUPLICATE + 1, 0)
        counted = _window_bytes(_FIRST_DUPLICATE)
        for i in range(grams):
            keys[i] = _WINDOW
            for at in range(byte_at[i], byte_at[i] + counted, 8):
                keys[i] = mix(keys[i], load_eight(unspaced, at))
        again[: words + 1] = False
        for c in range(_may_be_equal(keys, grams, seen, candidates)):
            again[candidates[c]] = True
        found = grams
        for i in range(grams):
            candidates[i] = i
        for n in range(_FIRST_DUPLICATE, _LAST_DUPLICATE + 1):
            window = _window_bytes(n)
            if window > counted:
                for c in range(found):
                    i = candidates[c]
                    for at in range(counted, window, 8):
                        keys[i] = mix(keys[i], load_eight(unspaced, byte_at[i] + at))
                _count_equal(keys, candidates, found, again, places, counts, leaders)
                counted = window
            still = 0
            for c in range(found):
                i = candidates[c]
                candidates[still] = i
                if i + n <= words:
                    still += again[i] or byte_at[i + n] - byte_at[i] < window
            found = still
            if found == 0:
                break
            repeated[n, document] = _duplicate_chars(
                unspaced, byte_at, char_at, candidates, found, n, table
            )


@njit(cache=True, nogil=True)
def _window_bytes(n: int) -> int:
    return 16 if n < 7 else 24 if n < 9 else 32


_WINDOW = np.uint64(0xD6E8FEB86659FD93)


@njit(cache=True, nogil=True)
def _copy_unspaced(
    data: Bytes,
    start: Ints,
    sizes: Counts,
    chars: Counts,
    base: int,
    words: int,
    unspaced: Bytes,
    byte_at: Ints,
    char_at: Ints,
) -> None:
    """Write the words one behind the other, then zeros, and where each begins."""
    size, length = 0, 0
    for i in range(words):
        byte_at[i], char_at[i] = size, length
        at = start[base + i]
        size = copy_bytes(data, at, at + sizes[base + i], unspaced, size)
        length += chars[base + i]
    byte_at[words], char_at[words] = size, length
    unspaced[size : size + _ROOM] = 0


_SEEN_PER_KEY = 4


@njit(cache=True, nogil=True)
def _may_be_equal(keys: Hashes, count: int, seen: Bytes, candidates: Ints) -> int:
    """Write the places of all keys that occur twice, and of some others; how many.

    It counts in slots without looking whose they are, which needs no branches.
    """
    size = _SEEN_PER_KEY * table_size(count)
    mask = np.uint64(size - 1)
    seen[:size] = 0
    for i in range(count):
        slot = (keys[i] >> np.uint64(20)) & mask
        seen[slot] = (seen[slot] << 1) | 1  # 0, 1, 3 and more
    found = 0
    for i in range(count):
        candidates[found] = i
        found += seen[(keys[i] >> np.uint64(20)) & mask] > 1
    return found


@njit(cache=True, nogil=True)
def _count_equal(
    keys: Hashes,
    candidates: Ints,
    found: int,
    again: Bools,
    places: Counts,
    counts: Counts,
    leaders: Counts,
) -> tuple[Any, Any]:
    """How often the most frequent key among candidates occurs, and the first place of it; the
    earliest of equally frequent ones. `again` says of each candidate whether it occurs twice.
    """
    size = table_size(found)
    mask = size - 1
    places[:size] = -1
    top_count, top_place = np.int64(1), np.int64(0)
    for c in range(found):
        i = candidates[c]
        key = keys[i]
        slot = np.int64(key >> np.uint64(20)) & mask
        while places[slot] >= 0 and keys[places[slot]] != key:
            slot = (slot + 1) & mask
        place = places[slot]
        if place < 0:
            places[slot], counts[i], leaders[i] = i, 1, i
            continue
        count = np.int64(counts[place] + 1)
        counts[place], leaders[i] = count, place
        if count > top_count or (count == top_count and place < top_place):
            top_count, top_place = count, np.int64(place)
    for c in range(found):
        again[candidates[c]] = counts[leaders[candidates[c]]] > 1
    return top_count, top_place


@njit(cache=True, nogil=True)
def _duplicate_chars(
    unspaced: Bytes,
    byte_at: Ints,
    char_at: Ints,
    candidates: Ints,
    found: int,
    n: int,
    table: Hashes,
) -> int:
    """Characters of n-grams seen before, from left to right; a repeat is stepped over whole."""
    size = table_size(found)
    table[:size] = 0
    repeated, past = 0, 0
    for c in range(found):
        i = candidates[c]
        if i < past:
            continue
        key = max(hash_bytes(unspaced, byte_at[i], byte_at[i + n]), np.uint64(1))
        slot = find_slot(table, size, key)
        if table[slot] == 0:
            table[slot] = key
        else:
            repeated += char_at[i + n] - char_at[i]
            past = i + n
    return repeated
