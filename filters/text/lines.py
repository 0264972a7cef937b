"""Lines and paragraphs as byte spans of a batch's text, with their hashes.

There are two kinds of lines, because the published rules use two. `Lines` are what lies between
newlines, `PrintedLines` are those of `str.splitlines`, which breaks at ten characters.
"""

import dataclasses

import numpy as np
from numba import njit

from filters.text.characters import (
    SENTENCE_END,
    SPACE,
    Bytes,
    Hashes,
    Ints,
    count_characters,
    decode,
    find_newline,
    find_slot,
    hash_bytes,
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
      newlines: of each document, how many stand between its lines.
    """

    first: Ints
    hashes: Hashes
    chars: Ints
    flags: Bytes
    newlines: Ints


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
    first, newlines = np.empty(len(start) + 1, np.int64), np.zeros(len(start), np.int64)
    hashes, chars = np.empty(most, np.uint64), np.empty(most, np.int64)
    flags = np.empty(most, np.uint8)
    count = _split_at_newlines(
        data, start, stop, classes, run, first, hashes, chars, flags, newlines
    )
    return Lines(first, hashes[:count], chars[:count], flags[:count], newlines)


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
    newlines: Ints,
) -> int:
    count = 0
    for document in range(len(start)):
        first[document] = count
        begin, stop_at = start[document], stop[document]
        while True:
            end, past = begin, begin
            while True:
                end = find_newline(data, past, stop_at)
                past = end
                while past < stop_at and data[past] == 10:
                    past += 1
                if past - end >= run or past == stop_at:
                    break
            split = past - end >= run
            if not split:
                end = past
            hashes[count] = hash_bytes(data, begin, end)
            chars[count] = count_characters(data, begin, end)
            flags[count] = _line_flags(data, begin, end, classes)
            count += 1
            if not split:
                break
            newlines[document] += past - end
            begin = past
    first[len(start)] = count
    return count


@njit(cache=True, nogil=True)
def _line_flags(data: Bytes, start: int, end: int, classes: Bytes) -> int:
    flag, at = BLANK, start
    while at < end and flag:
        code, width = decode(data, at)
        if not classes[code] & SPACE:
            flag = 0
        at += width
    if end > start:
        at = end - 1
        while data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = decode(data, at)
        if classes[code] & SENTENCE_END:
            flag |= ENDS_SENTENCE
    return flag


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
