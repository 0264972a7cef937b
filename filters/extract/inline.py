"""The text inside a block, byte by byte: spaces, line breaks, raised signs, formulas, code."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, formula_of, is_unseen
from filters.extract.elements import TEXT
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.wikitext.superscripts import PART_OF_WORD, PLAIN, kind_of, mark_of

_BR, _SUP, _SUB, _RT, _SCRIPT, _MSUP, _MSUB, _MFRAC = map(
    elements.tag, ("br", "sup", "sub", "rt", "script", "msup", "msub", "mfrac")
)
_NESTED = 16  # brackets that are open at once

_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)


class Line(NamedTuple):
    """How lines of a block begin, and what may not stand in them.

    Attributes:
      quotes, columns: marks of quotations and spaces before each but the first.
      in_row: the block is in a row of a table of Markdown.
      marks_code: code inside a line stands between backticks.
    """

    quotes: int
    columns: int
    in_row: bool
    marks_code: bool


@njit(cache=True, nogil=True)
def put(out: Bytes, at: int, first: int, second: int) -> int:
    out[at], out[at + 1] = first, second
    return at + 2


@njit(cache=True, nogil=True)
def put_prefix(out: Bytes, at: int, line: Line) -> int:
    for _ in range(line.quotes):
        at = put(out, at, ord(">"), ord(" "))
    for _ in range(line.columns):
        out[at] = ord(" ")
        at += 1
    return at


@njit(cache=True, nogil=True)
def put_break(out: Bytes, at: int, line: Line) -> int:
    out[at] = ord("\n")
    return put_prefix(out, at + 1, line)


@njit(cache=True, nogil=True)
def put_block(
    data: Bytes, nodes: Nodes, blocks: Blocks, block: int, flags: Bytes, code: Bytes, is_pre: bool,
    line: Line, out: Bytes, at: int,
) -> int:  # fmt: skip
    begin, waiting = at, 0  # where the line begins; spaces, or line ends of code, before what comes
    ends, signs = np.empty(_NESTED, np.int64), np.empty(_NESTED, np.uint8)
    open_ = 0  # elements whose bracket is open
    node, last = np.int64(blocks.first[block]), blocks.last[block]
    formula, formula_end = 0, 0  # the one before
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            at = _put_closing(out, at, signs[open_])
        tag = nodes.tag[node]
        if tag == TEXT:
            at, waiting = _put_text(
                data, nodes.start[node], nodes.end[node], is_pre, line, begin, out, at, waiting
            )
            node += 1
            continue
        start, end = formula_of(nodes, node)
        if end > start:
            # An image beside MathML repeats it.
            if not _is_same(data, start, end, formula, formula_end):
                at, waiting = _put_waiting(is_pre, line, begin, out, at, waiting)
                at = _put_formula(data, start, end, tag == _SCRIPT, out, at)
            formula, formula_end = start, end
            node = nodes.last[node] + 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript):
            node = nodes.last[node] + 1
            continue
        if tag == _BR:
            if line.in_row:
                waiting = 1
            elif at > begin:
                if is_pre:
                    at, waiting = _put_waiting(is_pre, line, begin, out, at, waiting)
                at = begin = put_break(out, at, line)
                waiting = 0
        elif tag in (_SUP, _SUB) and at > begin and not waiting:
            kind = _kind_of(data, nodes, node)
            mark = mark_of(tag == _SUP, out[at - 1], kind)
            if mark:
                out[at] = mark
                at += 1
                if kind == PLAIN and open_ < _NESTED:
                    out[at] = ord("(")
                    at += 1
                    ends[open_], signs[open_] = nodes.last[node], ord(")")
                    open_ += 1
        elif tag == _RT and open_ < _NESTED and nodes.last[node] > node:
            out[at] = ord("(")
            at += 1
            waiting = 0
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
        elif code[tag] and line.marks_code and not is_pre and _is_word(nodes, node, open_):
            at, waiting = _put_waiting(is_pre, line, begin, out, at, waiting)
            out[at] = ord("`")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord("`")
            open_ += 1
        elif at > begin:
            mark = _mark_in_formula(nodes, node)
            if mark:
                out[at] = mark
                at += 1
                waiting = 0
        node += 1
    while open_:
        open_ -= 1
        at = _put_closing(out, at, signs[open_])
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _is_word(nodes: Nodes, node: int, open_: int) -> bool:
    """Whether backticks fit around an element: it has text, and nothing is open around it."""
    return open_ == 0 and nodes.last[node] > node and nodes.tag[node + 1] == TEXT


@njit(cache=True, nogil=True)
def _put_closing(out: Bytes, at: int, sign: int) -> int:
    if sign == ord("`") and out[at - 1] == ord("`"):
        return at - 1  # nothing but white space stood there
    out[at] = sign
    return at + 1


@njit(cache=True, nogil=True)
def _mark_in_formula(nodes: Nodes, node: int) -> int:
    """The sign before the second part of a power, an index or a fraction of MathML; 0 for none."""
    above = nodes.parent[node]
    if above < 0 or nodes.tag[above] not in (_MSUP, _MSUB, _MFRAC):
        return 0
    first = above + 1
    if nodes.tag[first] == TEXT:
        first += 1
    if node == first:
        return 0
    if nodes.tag[above] == _MFRAC:
        return ord("/")
    return ord("^") if nodes.tag[above] == _MSUP else ord("_")


@njit(cache=True, nogil=True)
def _put_text(
    data: Bytes, start: int, end: int, is_pre: bool, line: Line, begin: int, out: Bytes, at: int,
    waiting: int,
) -> tuple[int, int]:  # fmt: skip
    """Writes a text; where it ends, and how much white space waits for the next word."""
    while start < end:
        byte = data[start]
        if byte == ord("&"):
            byte, start = _unescaped(data, start, end)
            if byte == ord(" ") and not is_pre:
                waiting = 1
                continue
        else:
            start += 1
            if byte <= ord(" ") and not is_pre:
                waiting = 1
                continue
            if byte == ord("\n"):
                waiting += 1
                continue
        if waiting:
            at, waiting = _put_waiting(is_pre, line, begin, out, at, waiting)
        if line.in_row and byte == ord("|"):
            out[at] = ord("\\")
            at += 1
        out[at] = byte
        at += 1
    return at, waiting


@njit(cache=True, nogil=True)
def _put_waiting(
    is_pre: bool, line: Line, begin: int, out: Bytes, at: int, waiting: int
) -> tuple[int, int]:
    """Writes the space, or the line ends of code, before a word."""
    if is_pre:
        for _ in range(waiting):
            at = put_break(out, at, line)
    elif waiting and at > begin:
        out[at] = ord(" ")
        at += 1
    return at, 0


@njit(cache=True, nogil=True)
def _unescaped(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """What an `&` at a place stands for, and where it ends."""
    if at + 3 < end and data[at + 2] == ord("t"):
        return (ord("<") if data[at + 1] == ord("l") else ord(">")), at + 4
    if at + 4 < end and data[at + 1] == ord("a"):
        return ord("&"), at + 5
    if at + 5 < end and data[at + 1] == ord("q"):
        return ord('"'), at + 6
    if at + 5 < end and data[at + 1] == ord("n"):
        return ord(" "), at + 6
    return ord("&"), at + 1


@njit(cache=True, nogil=True)
def _put_formula(data: Bytes, start: int, end: int, is_raw: bool, out: Bytes, at: int) -> int:
    while start < end and data[start] <= ord(" "):
        start += 1
    while end > start and data[end - 1] <= ord(" "):
        end -= 1
    # Wikipedia wraps its formulas in a command that says nothing of them.
    length = len(_DISPLAYSTYLE)
    if end - start > length + 1 and _begins(data, start, _DISPLAYSTYLE):
        start, end = start + length, end - 1
        while start < end and data[start] == ord(" "):
            start += 1
    out[at] = ord("$")
    at += 1
    while start < end:
        byte = data[start]
        if byte == ord("&") and not is_raw:
            byte, start = _unescaped(data, start, end)
        else:
            start += 1
        out[at] = byte
        at += 1
    out[at] = ord("$")
    return at + 1


@njit(cache=True, nogil=True)
def _begins(data: Bytes, at: int, text: Bytes) -> bool:
    for step in range(len(text)):  # noqa: SIM110 (a kernel)
        if data[at + step] != text[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_same(data: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    """Whether two places of a page have the same bytes."""
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110 (a kernel)
        if data[start + step] != data[other + step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _kind_of(data: Bytes, nodes: Nodes, node: int) -> int:
    """What a superscript or subscript holds: a number, a part of a word or reference, or more."""
    if nodes.last[node] != node + 1 or nodes.tag[node + 1] != TEXT:
        return PLAIN if nodes.last[node] > node + 1 else PART_OF_WORD
    return kind_of(data, nodes.start[node + 1], nodes.end[node + 1])
