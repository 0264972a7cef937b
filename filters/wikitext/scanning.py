"""Small looks at bytes, which the other kernels share."""

import numpy as np
from numba import njit

from filters.wikitext.lookups import (
    APOSTROPHE,
    COLON,
    GREATER,
    LEFT_BRACE,
    LEFT_BRACKET,
    LESS,
    NEWLINE,
    RIGHT_BRACE,
    RIGHT_BRACKET,
    SLASH,
    SPACE,
    TAG_OTHER,
    U8,
    Strings,
    Tables,
)


@njit(cache=True, nogil=True)
def lower(byte: np.uint8) -> np.uint8:
    return np.uint8(byte + 32) if 65 <= byte <= 90 else byte


@njit(cache=True, nogil=True)
def is_letter(byte: np.uint8) -> bool:
    """An ASCII letter, or any byte of a character beyond ASCII."""
    return bool(97 <= byte <= 122 or 65 <= byte <= 90 or byte >= 128)


@njit(cache=True, nogil=True)
def starts_with(data: U8, at: int, end: int, strings: Strings, i: int) -> bool:
    """Whether string `i`, in lower case, is at `at` in any ASCII case."""
    first, size = strings.offsets[i], strings.offsets[i + 1] - strings.offsets[i]
    if size > end - at:
        return False
    matched = 0
    while matched < size and lower(data[at + matched]) == strings.data[first + matched]:
        matched += 1
    return matched == size


@njit(cache=True, nogil=True)
def definition_start(data: U8, at: int, end: int) -> int:
    """Where the colon stands that parts a term from what it means, `; Term : def`; -1 for none.

    As in MediaWiki it is the first one outside of links, tags and templates, and no part of an
    address.
    """
    depth, first = 0, at
    while at < end and data[at] != NEWLINE:
        c = data[at]
        following = data[at + 1] if at + 1 < end else np.uint8(0)
        if c in (LEFT_BRACKET, LEFT_BRACE, LESS):
            depth += 1
        elif c in (RIGHT_BRACKET, RIGHT_BRACE, GREATER):
            depth = max(0, depth - 1)
        elif c == COLON and depth == 0 and at > first and following != SLASH:
            behind = at + 1
            while behind < end and data[behind] == SPACE:
                behind += 1
            return at if behind < end and data[behind] != NEWLINE else -1
        at += 1
    return -1


@njit(cache=True, nogil=True)
def run_length(data: U8, at: int, end: int) -> int:
    """How often the byte at `at` is repeated from there."""
    n = 1
    while at + n < end and data[at + n] == data[at]:
        n += 1
    return n


@njit(cache=True, nogil=True)
def next_run_on_line(data: U8, at: int, end: int) -> int:
    """Length of the next run of two or more apostrophes on this line; 0 where there is none."""
    while at < end and data[at] != NEWLINE:
        if data[at] == APOSTROPHE:
            run = run_length(data, at, end)
            if run > 1:
                return run
        at += 1
    return 0


@njit(cache=True, nogil=True)
def find_tag(data: U8, at: int, end: int, tables: Tables) -> int:
    """Index of the element name at `at`; TAG_OTHER for a name that means nothing here."""
    size = 0
    while at + size < end and 97 <= lower(data[at + size]) <= 122:
        size += 1
    for i in range(len(tables.tag_kinds)):
        known = tables.tags.offsets[i + 1] - tables.tags.offsets[i]
        if known == size and starts_with(data, at, end, tables.tags, i):
            return i
    return TAG_OTHER


@njit(cache=True, nogil=True)
def find_closing_tag(data: U8, at: int, end: int, tables: Tables, tag: int) -> int:
    """Where `</name` of the element is, or -1."""
    while at + 1 < end:
        is_close = data[at] == LESS and data[at + 1] == SLASH
        if is_close and find_tag(data, at + 2, end, tables) == tag:
            return at
        at += 1
    return -1


@njit(cache=True, nogil=True)
def find_tag_end(data: U8, at: int, end: int) -> int:
    """Where the `>` of the tag is whose `<` is at `at`; -1 where another `<` comes first."""
    at += 1
    while at < end and data[at] != GREATER:
        if data[at] == LESS:
            return -1
        at += 1
    return at if at < end else -1
