"""What opens before an element and closes behind it: quotes, backticks, brackets of formulas."""

from numba import njit

from filters.extract.elements import TEXT
from filters.extract.formulas import (
    ABOVE,
    COMMA,
    FENCED,
    FRACTION,
    INDEX_OF_ROOT,
    NOTHING,
    SEMICOLON,
    SQRT,
    begin_part,
    is_long,
)
from filters.extract.lines import put, put_character
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Ints

NESTED = 16  # brackets that are open at once
NEAR = 8  # nodes in an element, or around the beginning of a block, that are looked at
_MOST_CODE = 400  # bytes of code in a line
_MOST_TICKS = 3  # backticks together in it
_QUOTE, _END_QUOTE, _SINGLE, _END_SINGLE, _RADICAL = map(ord, "\u201c\u201d\u2018\u2019\u221a")


@njit(cache=True, nogil=True)
def ticks_around(data: Bytes, nodes: Nodes, node: int) -> tuple[int, bool]:
    """How many backticks stand around code in a line, more than stand together in it; 0 for none.

    And whether the code begins with one.
    """
    start, end = nodes.start[node], nodes.end[node]
    if end - start > _MOST_CODE or end == start:
        return 0, False
    most, is_first, is_any = 0, False, False
    for text in range(node + 1, nodes.last[node] + 1):
        run = 0
        for at in range(nodes.start[text], nodes.end[text] if nodes.tag[text] == TEXT else 0):
            run = run + 1 if data[at] == ord("`") else 0
            most = max(most, run)
            if data[at] > ord(" "):
                is_first = is_first or (run > 0 and not is_any)
                is_any = True
    return (most + 1 if most <= _MOST_TICKS else 0), is_first


@njit(cache=True, nogil=True)
def put_closing(out: Bytes, at: int, sign: int) -> int:
    if sign < 0:  # of code that holds backticks itself
        if out[at - 1] == ord("`"):
            out[at] = ord(" ")
            at += 1
        for _ in range(-sign):
            out[at] = ord("`")
            at += 1
        return at
    if sign == ord("`") and out[at - 1] == ord("`"):
        return at - 1  # nothing but white space stood there
    return put_character(out, at, sign)


@njit(cache=True, nogil=True)
def put_quote(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Writes the mark before a `<q>`, if its text has none itself."""
    for below in range(node + 1, min(nodes.last[node], node + NEAR) + 1):
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
def put_part(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Writes the signs before an element of MathML."""
    sign, needs = begin_part(data, nodes, node)
    if sign == FRACTION:
        out[at] = ord("/")
        at += 1
    elif sign in (COMMA, SEMICOLON):
        at = put(out, at, ord(",") if sign == COMMA else ord(";"), ord(" "))
    elif sign == INDEX_OF_ROOT:
        at = put(out, put(out, at, ord("^"), ord("(")), ord("1"), ord("/"))
        if open_ < NESTED:
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    elif sign != NOTHING:
        out[at] = ord("^") if sign == ABOVE else ord("_")
        at += 1
    if needs and open_ < NESTED:
        out[at] = ord("(")
        at += 1
        ends[open_], signs[open_] = nodes.last[node], ord(")")
        open_ += 1
    tag = nodes.tag[node]
    if tag == FENCED and open_ < NESTED:
        opening = ord("(")
        if nodes.note_end[node] == nodes.note_start[node] + 1:
            opening = int(data[nodes.note_start[node]])
        closing = opening
        if opening == ord("("):
            closing = ord(")")
        elif opening in (ord("["), ord("{")):
            closing = opening + 2
        out[at] = opening
        at += 1
        ends[open_], signs[open_] = nodes.last[node], closing
        open_ += 1
    if tag == SQRT:
        at = put_character(out, at, _RADICAL)
        if is_long(data, nodes, node) and open_ < NESTED:
            out[at] = ord("(")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    return at, open_
