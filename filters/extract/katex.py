"""Fractions and roots of KaTeX's HTML alone, on a line: `(a+b)/2`, `√x`.

KaTeX piles parts of a formula from below: denominator, stroke, numerator. They are written as they
come, behind control characters that mark where they begin, and put in order when the pile ends.
"""

import numpy as np
from numba import njit

from filters.extract.lines import NESTED, put_character
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Ints
from filters.text.matching import as_bytes, equals, is_digit, is_letter

# Bytes that mark where a fraction, its second part, and a root begin; and so what is open.
FRACTION, SECOND, ROOT = 1, 2, 3
_FRACTION, _ROOT = as_bytes("mfrac", "mord sqrt")
_RADICAL = ord("\u221a")
_LEVELS = 4  # from a part of a pile to the fraction


@njit(cache=True, nogil=True)
def put_pile(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Marks where a fraction or root begins, or a part of a fraction."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    is_root = equals(data, start, end, _ROOT)
    if is_root or equals(data, start, end, _FRACTION):
        if open_ < NESTED:
            out[at] = ROOT if is_root else FRACTION
            at += 1
            ends[open_], signs[open_] = nodes.last[node], out[at - 1]
            open_ += 1
        return at, open_
    if at > 0 and out[at - 1] > ROOT and open_ and signs[open_ - 1] == FRACTION:
        above = np.int64(node)
        for _ in range(_LEVELS):
            above = np.int64(nodes.parent[above])
        if nodes.last[above] == ends[open_ - 1]:
            out[at] = SECOND
            at += 1
    return at, open_


@njit(cache=True, nogil=True)
def close_pile(out: Bytes, at: int, sign: int) -> int:
    """Puts in order what is written since the mark `sign`; where it ends."""
    begin, second = at, at
    while begin > 0 and out[begin - 1] != sign:
        begin -= 1
        if out[begin] == SECOND:
            second = begin
    if begin == 0:
        return at
    written = out[begin:at].copy()
    first_end, size = second - begin, at - begin
    place = begin - 1
    if sign == ROOT:
        if size == 0:
            return place
        return _put_part(written, 0, size, out, put_character(out, place, _RADICAL))
    if second + 1 < at:
        is_mixed = place > 0 and is_digit(out[place - 1]) and is_digit(written[first_end + 1])
        if is_mixed:
            out[place] = ord(" ")
            place += 1
        place = _put_part(written, first_end + 1, size, out, place)
        out[place] = ord("/")
        place += 1
    return _put_part(written, 0, first_end, out, place)


@njit(cache=True, nogil=True)
def _put_part(written: Bytes, start: int, end: int, out: Bytes, at: int) -> int:
    """Writes a part without spaces around, in brackets if it is more than one sign."""
    while start < end and written[start] == ord(" "):
        start += 1
    while end > start and written[end - 1] == ord(" "):
        end -= 1
    needs = not _is_one(written, start, end)
    if needs:
        out[at] = ord("(")
        at += 1
    for place in range(start, end):
        out[at] = written[place]
        at += 1
    if needs:
        out[at] = ord(")")
        at += 1
    return at


@njit(cache=True, nogil=True)
def _is_one(written: Bytes, start: int, end: int) -> bool:
    """Whether a part is a number, or one sign with an index or a power of one sign or number."""
    at = start
    if at < end and is_digit(written[at]):
        while at < end and (is_digit(written[at]) or written[at] == ord(".")):
            at += 1
    elif at < end and (is_letter(written[at]) or written[at] >= 0xC0):
        at += 1
        while at < end and written[at] & 0xC0 == 0x80:
            at += 1
    if at + 1 < end and written[at] in (ord("^"), ord("_")):
        at += 2
        while at < end and is_digit(written[at - 1]) and is_digit(written[at]):
            at += 1
    return at == end
