"""Lines and paragraphs as byte spans of a batch's text, with their hashes.

There are two kinds of lines, because the published rules use two. `Lines` are what lies between
newlines, `PrintedLines` are those of `str.splitlines`, which breaks at ten characters.
"""

import dataclasses

import numpy as np
from numba import njit

from filters.characters import (
    LINE_BREAK,
    SENTENCE_END,
    SPACE,
    Bytes,
    Hashes,
    Ints,
    decode,
    extend_hash,
    find_slot,
    table_size,
)

BLANK = 1  # nothing but white space
ENDS_SENTENCE = 2  # the last character ends a sentence


@dataclasses.dataclass(frozen=True)
class Lines:
    """Pieces of each document between runs of newlines.

    Attributes:
      first: index of each document's first line; one more than documents.
      hashes, chars, flags: of each line; flags are BLANK and ENDS_SENTENCE.
    """

    first: Ints
    hashes: Hashes
    chars: Ints
    flags: Bytes


@dataclasses.dataclass(frozen=True)
class PrintedLines:
    """Lines as `str.splitlines` gives them, told by the words that they hold.

    Attributes:
      first: index of each document's first line; one more than documents.
      first_word: index of each line's first word; one more than lines. A line without words
        is blank.
    """

    first: Ints
    first_word: Ints


def split_at_newlines(data: Bytes, start: Ints, stop: Ints, classes: Bytes, run: int) -> Lines:
    """Split the bytes start:stop of each document at every run of at least `run` newlines.

    As Python's `re.split` does: there is always one piece, and a run at the very start
    or end leaves an empty piece there.
    """
    most = len(start)
    if len(start):
        most += int(np.count_nonzero(data[start[0] : stop[-1]] == ord("\n")))
    first = np.empty(len(start) + 1, np.int64)
    hashes, chars = np.empty(most, np.uint64), np.empty(most, np.int64)
    flags = np.empty(most, np.uint8)
    count = _split_at_newlines(data, start, stop, classes, run, first, hashes, chars, flags)
    return Lines(first, hashes[:count], chars[:count], flags[:count])


@njit(cache=True, nogil=True)
def _split_at_newlines(
    data: Bytes,
    start: Ints,
    stop: Ints,
    classes: Bytes,
    run: int,
    first: Ints,
    hashes: Hashes,
    chars: Ints,
    flags: Bytes,
) -> int:
    count = 0
    for document in range(len(start)):
        first[document] = count
        at, end = start[document], stop[document]
        while True:
            value, length, flag, last = np.uint64(0), 0, BLANK, 0
            split = False
            while at < end:
                if data[at] == 10:
                    past = at + 1
                    while past < end and data[past] == 10:
                        past += 1
                    if past - at >= run:
                        split = True
                        at = past
                        break
                code, width = decode(data, at)
                last = classes[code]
                if not last & SPACE:
                    flag = 0
                value = extend_hash(value, data, at, at + width)
                length += 1
                at += width
            if last & SENTENCE_END:
                flag |= ENDS_SENTENCE
            hashes[count], chars[count], flags[count] = value, length, flag
            count += 1
            if not split:
                break
    first[len(start)] = count
    return count


def split_printed_lines(
    data: Bytes, offsets: Ints, classes: Bytes, first_word: Ints, word_starts: Ints
) -> PrintedLines:
    """Lines as `str.splitlines`; an empty document has none."""
    first = np.empty(len(offsets), np.int64)
    count = _count_printed_lines(data, offsets, classes, first)
    line_word = np.empty(count + 1, np.int64)
    _place_printed_lines(data, offsets, classes, first_word, word_starts, line_word)
    return PrintedLines(first, line_word)


@njit(cache=True, nogil=True)
def _next_line(data: Bytes, at: int, end: int, classes: Bytes) -> int:
    """Where the line after the one at `at` starts, or `end`."""
    while at < end:
        code, width = decode(data, at)
        at += width
        if classes[code] & LINE_BREAK:
            if code == 13 and at < end and data[at] == 10:
                at += 1
            return at
    return end


@njit(cache=True, nogil=True)
def _count_printed_lines(data: Bytes, offsets: Ints, classes: Bytes, first: Ints) -> int:
    count = 0
    for document in range(len(offsets) - 1):
        first[document] = count
        at, end = offsets[document], offsets[document + 1]
        while at < end:
            at = _next_line(data, at, end, classes)
            count += 1
    first[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _place_printed_lines(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    first_word: Ints,
    word_starts: Ints,
    line_word: Ints,
) -> None:
    line = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        word, last_word = first_word[document], first_word[document + 1]
        while at < end:
            line_word[line] = word
            line += 1
            at = _next_line(data, at, end, classes)
            while word < last_word and word_starts[word] < at:
                word += 1
    line_word[line] = len(word_starts)


@njit(cache=True, nogil=True)
def count_repeats(
    hashes: Hashes, chars: Ints, flags: Bytes, start: int, end: int, skip: int, table: Hashes
) -> tuple[int, int, int]:
    """Among lines start:end without a `skip` flag: how many, repeats, characters of repeats.

    A repeat is a line equal to an earlier one. `table` has room for `table_size(end - start)`.
    """
    size = table_size(end - start)
    table[:size] = 0
    members, repeats, repeated_chars = 0, 0, 0
    for line in range(start, end):
        if flags[line] & skip:
            continue
        members += 1
        key = hashes[line]
        if key == 0:  # the empty line; 0 means an empty slot
            key = np.uint64(1)
        slot = find_slot(table, size, key)
        if table[slot] == 0:
            table[slot] = key
        else:
            repeats += 1
            repeated_chars += chars[line]
    return members, repeats, repeated_chars
