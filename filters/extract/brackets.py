"""What stands around parts of a line: backticks of code, marks of quotations, readings of ruby."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.katex import ROOT, close_pile
from filters.extract.lines import NESTED, put_character
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Ints

_RT = elements.tag("rt")
_QUOTE, _END_QUOTE, _SINGLE, _END_SINGLE = map(ord, "\u201c\u201d\u2018\u2019")
_MOST_CODE = 400  # bytes of code in a line
TICKS, _MOST_TICKS = 1 << 20, 5  # above any sign: that many backticks close code in a line
_SMALL = 8  # nodes in a superscript, or around the beginning of a block, that are looked at


@njit(cache=True, nogil=True)
def ticks_of(data: Bytes, nodes: Nodes, node: int) -> int:
    """How many backticks stand around code in a line: more than stand together in it; 0 for none.

    They are none for an element that holds nothing, is long, or has backticks around it already.
    """
    start, end = nodes.start[node], nodes.end[node]
    if end == start or end - start > _MOST_CODE or data[start] == data[end - 1] == ord("`"):
        return 0
    most, run = 0, 0
    for at in range(start, end):
        run = run + 1 if data[at] == ord("`") else 0
        most = max(most, run)
    return most + 1 if most < _MOST_TICKS else 0


@njit(cache=True, nogil=True)
def put_ticks(out: Bytes, at: int, ticks: int) -> int:
    """Writes backticks, of which several have a space inside, and so does code that has some."""
    for _ in range(ticks):
        out[at] = ord("`")
        at += 1
    if ticks > 1:
        out[at] = ord(" ")
        at += 1
    return at


@njit(cache=True, nogil=True)
def put_closing(out: Bytes, at: int, sign: int) -> int:
    if sign <= ROOT:
        return close_pile(out, at, sign)
    if sign <= TICKS:
        return put_character(out, at, sign)
    ticks = sign - TICKS
    if ticks == 1 and out[at - 1] == ord("`"):
        return at - 1  # nothing but white space stood there
    if ticks > 1:
        out[at] = ord(" ")
        at += 1
    for _ in range(ticks):
        out[at] = ord("`")
        at += 1
    return at


@njit(cache=True, nogil=True)
def put_quote(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Writes the mark before a `<q>`, if its text has none itself."""
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            start = nodes.start[below]
            is_ascii = data[start] in (ord('"'), ord("'"))
            if is_ascii or (data[start] == 0xE2 and data[start + 1] == 0x80) or (
                data[start] == 0xC2 and data[start + 1] == 0xAB
            ):  # fmt: skip
                return at, open_
            break
    if open_ >= NESTED or nodes.last[node] == node:
        return at, open_
    is_inner = False
    for around in range(open_):
        is_inner = is_inner or signs[around] == _END_QUOTE
    ends[open_], signs[open_] = nodes.last[node], _END_SINGLE if is_inner else _END_QUOTE
    return put_character(out, at, _SINGLE if is_inner else _QUOTE), open_ + 1


@njit(cache=True, nogil=True)
def has_reading(nodes: Nodes, node: int) -> bool:
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == _RT:
            return True
    return False


@njit(cache=True, nogil=True)
def is_behind_reading(nodes: Nodes, node: int) -> bool:
    """Whether the element before is a reading, too, or the bracket behind one."""
    before = np.int64(node - 1)
    for _ in range(_SMALL):
        if before <= nodes.parent[node]:
            return False
        if nodes.tag[before] == _RT and nodes.parent[before] == nodes.parent[node]:
            return True
        before = before - 1 if nodes.tag[before] == TEXT else np.int64(nodes.parent[before])
    return False
