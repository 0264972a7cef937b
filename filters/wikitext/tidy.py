"""What dropped constructs leave behind in the text: spaces, empty lines, empty brackets."""

import numpy as np
from numba import njit

from filters.wikitext.lookups import (
    BREAK_MARK,
    CELL_MARK,
    COMMA,
    HEADING_MARK,
    LEFT_PAREN,
    LOST,
    NEWLINE,
    NUL,
    RIGHT_PAREN,
    SEMICOLON,
    SPACE,
    SPAN_MARK,
    U8,
    WIDE_1,
    WIDE_2,
    WIDE_LEFT_PAREN,
    WIDE_RIGHT_PAREN,
)
from filters.wikitext.sentences import ends_sentence

MAX_BRACKET_BYTES = 1000
FULL_STOP = ord(".")


@njit(cache=True, nogil=True)
def tidy(out: U8, start: int, end: int) -> int:
    """Takes out what dropped constructs leave behind, in place; returns the new end.

    These are brackets that hold nothing else, spaces before a newline or at the start, where
    something was dropped before a comma or full stop, one of two spaces or that of a new line where
    something was dropped, more than one empty line, and brackets or sentences from which a value is
    missing that nobody knows.
    """
    k = start
    dropped = -1  # where something was dropped last
    resume = start  # up to here a sentence goes
    for at in range(start, end):
        c = out[at]
        if at < resume:
            continue
        if c == NUL:
            dropped = k
            continue
        if c == LOST:
            k, resume = _without_sentence(out, start, k, at + 1, end)
            dropped = k
            continue
        if c == NEWLINE:
            while k > start and out[k - 1] == SPACE:
                k -= 1
            if k == start or (k > start + 1 and out[k - 1] == out[k - 2] == NEWLINE):
                continue
        elif c == SPACE and k == start:
            continue
        elif c == SPACE and dropped == k and (out[k - 1] == SPACE or out[k - 1] == NEWLINE):
            continue  # `word {{icon}} word`, `* {{flag icon}} word`
        elif dropped == k > start and out[k - 1] == SPACE and c in (44, 46, 59):  # , . ;
            k -= 1  # `word <ref/>.`
        elif dropped >= start and c in (RIGHT_PAREN, WIDE_RIGHT_PAREN):
            opening = _empty_bracket(out, start, k, c)
            if 0 <= opening < dropped:
                k = opening
                if k > start and out[k - 1] == SPACE:
                    k -= 1
                continue
            if dropped == k and out[k - 1] == SPACE:  # `(word {{audio}})`
                k -= 1
        out[k] = c
        k += 1
    while k > start and (out[k - 1] == SPACE or out[k - 1] == NEWLINE):
        k -= 1
    return k


@njit(cache=True, nogil=True)
def _without_sentence(out: U8, start: int, k: int, at: int, end: int) -> tuple[int, int]:
    """Takes out the bracket, or else the sentence or cell, that a value is missing from.

    What is written ends at `k`, what follows is read from `at` on; returns both after that.
    """
    opening = _opening_bracket(out, start, k)
    close = _closing_bracket(out, start, at, end) if opening >= 0 else -1
    if close >= 0:
        if opening > start and out[opening - 1] == SPACE:
            opening -= 1
        return opening, close
    written = k
    while written > start and out[written - 1] == SPACE:
        written -= 1
    first = k
    while first > start:
        c = out[first - 1]
        # What follows a full stop just before the value is not known: `approx. 1,000`.
        if c == NEWLINE or _parts_cells(out, first - 1):
            break
        if (c != FULL_STOP or first < written) and ends_sentence(out, first - 1, start, k):
            break
        first -= 1
    while at < end and out[at] != NEWLINE and not _parts_cells(out, at):
        at += 1
        if ends_sentence(out, at - 1, start, end):
            break
    return first, at


@njit(cache=True, nogil=True)
def _opening_bracket(out: U8, start: int, k: int) -> int:
    """Where the bracket begins that is open at `k`; -1 if none is on its line."""
    depth = 0
    first = max(start, k - MAX_BRACKET_BYTES)
    at = k
    while at > first and out[at - 1] != NEWLINE and not _parts_cells(out, at - 1):
        at -= 1
        c = out[at]
        if c == RIGHT_PAREN or _is_wide(out, at - 2, start, WIDE_RIGHT_PAREN):
            depth += 1
        elif c == LEFT_PAREN or _is_wide(out, at - 2, start, WIDE_LEFT_PAREN):
            depth -= 1
            if depth < 0:
                return at if c == LEFT_PAREN else at - 2
    return -1


@njit(cache=True, nogil=True)
def _closing_bracket(out: U8, start: int, at: int, end: int) -> int:
    """Where the bracket ends that is open at `at`; -1 if it does not on its line."""
    depth = 0
    end = min(end, at + MAX_BRACKET_BYTES)
    while at < end and out[at] != NEWLINE:
        c = out[at]
        if c == LEFT_PAREN or _is_wide(out, at - 2, start, WIDE_LEFT_PAREN):
            depth += 1
        elif c == RIGHT_PAREN or _is_wide(out, at - 2, start, WIDE_RIGHT_PAREN):
            if depth == 0:
                return at + 1
            depth -= 1
        at += 1
    return -1


@njit(cache=True, nogil=True)
def _is_wide(out: U8, at: int, start: int, last: np.uint8) -> bool:
    """Whether the three bytes at `at` are `（` or `）`."""
    return bool(at >= start and out[at] == WIDE_1 and out[at + 1] == WIDE_2 and out[at + 2] == last)


@njit(cache=True, nogil=True)
def _parts_cells(out: U8, at: int) -> bool:
    return bool(HEADING_MARK <= out[at] <= CELL_MARK or out[at] in (SPAN_MARK, BREAK_MARK))


@njit(cache=True, nogil=True)
def _empty_bracket(out: U8, start: int, k: int, c: np.uint8) -> int:
    """Where the bracket opens, `(` or `（`, that `c` closes at `k` with nothing in it; else -1."""
    if c == WIDE_RIGHT_PAREN:
        if k < start + 2 or out[k - 2] != WIDE_1 or out[k - 1] != WIDE_2:
            return -1
        k -= 2
    elif c != RIGHT_PAREN:
        return -1
    while k > start and (out[k - 1] == SPACE or out[k - 1] == COMMA or out[k - 1] == SEMICOLON):
        k -= 1
    if c == RIGHT_PAREN:
        return k - 1 if k > start and out[k - 1] == LEFT_PAREN else -1
    if (
        k >= start + 3
        and out[k - 3] == WIDE_1
        and out[k - 2] == WIDE_2
        and out[k - 1] == WIDE_LEFT_PAREN
    ):
        return k - 3
    return -1
