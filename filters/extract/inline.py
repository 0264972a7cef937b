"""The text inside a block, byte by byte: spaces, line breaks, raised signs, formulas, code."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, formula_of, is_unseen
from filters.extract.elements import TEXT
from filters.extract.parting import is_apart
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.wikitext.superscripts import PART_OF_WORD, PLAIN, kind_of, mark_of

_A, _BR, _SUP, _SUB, _RT, _SCRIPT, _MSUP, _MSUB, _MFRAC = map(
    elements.tag, ("a", "br", "sup", "sub", "rt", "script", "msup", "msub", "mfrac")
)
_NESTED = 16  # brackets that are open at once
_SMALL = 8  # nodes in a superscript, or around the beginning of a block, that are looked at
_MOST_CODE = 400  # bytes of code in a line

_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)


class Line(NamedTuple):
    """How lines of a block begin, and what may not stand in them.

    Attributes:
      quotes, columns: marks of quotations and spaces before each but the first.
      is_one: a line break is a space, as in headings and tables of Markdown.
      in_row: the block is in a row of a table of Markdown.
      marks_code: code inside a line stands between backticks.
    """

    quotes: int
    columns: int
    is_one: bool
    in_row: bool
    marks_code: bool


@njit(cache=True, nogil=True)
def put(out: Bytes, at: int, first: int, second: int) -> int:
    out[at], out[at + 1] = first, second
    return at + 2


@njit(cache=True, nogil=True)
def put_prefix(out: Bytes, at: int, quotes: int, columns: int) -> int:
    for _ in range(quotes):
        at = put(out, at, ord(">"), ord(" "))
    for _ in range(columns):
        out[at] = ord(" ")
        at += 1
    return at


@njit(cache=True, nogil=True)
def put_break(out: Bytes, at: int, quotes: int, columns: int) -> int:
    out[at] = ord("\n")
    return put_prefix(out, at + 1, quotes, columns)


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
    before = np.int64(-1)  # the text before
    if line.marks_code and not is_pre:
        around = _code_around(data, nodes, node, np.int64(blocks.owner[block]), code)
        if around >= 0:
            out[at] = ord("`")
            at += 1
            ends[open_], signs[open_] = nodes.last[around], ord("`")
            open_ += 1
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            at = _put_closing(out, at, signs[open_])
        tag = nodes.tag[node]
        if tag == TEXT:
            if before >= 0 and at > begin and not (waiting or is_pre):
                waiting = int(is_apart(data, nodes, before, node, out, begin, at))
            before = node
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
            if line.is_one:
                waiting = 1
            elif at > begin:
                if is_pre:
                    at, waiting = _put_waiting(is_pre, line, begin, out, at, waiting)
                at = begin = put_break(out, at, line.quotes, line.columns)
                waiting = 0
        elif tag in (_SUP, _SUB) and at > begin and not waiting:
            text, is_link = _text_of(nodes, node)
            kind = PLAIN
            if text >= 0:
                kind = kind_of(data, nodes.start[text], nodes.end[text])
            elif nodes.last[node] == node:
                kind = PART_OF_WORD
            if tag == _SUP and is_link and kind != PART_OF_WORD and open_ < _NESTED:
                out[at] = ord("[")  # the number of a note
                at += 1
                ends[open_], signs[open_] = nodes.last[node], ord("]")
                open_ += 1
                begin = at
            elif not is_link:
                mark = mark_of(tag == _SUP, out[at - 1], kind)
                if mark:
                    out[at] = mark
                    at += 1
                    if kind == PLAIN and open_ < _NESTED:
                        out[at] = ord("(")
                        at += 1
                        ends[open_], signs[open_] = nodes.last[node], ord(")")
                        open_ += 1
                    begin = at
        elif tag == _RT and open_ < _NESTED and nodes.last[node] > node:
            out[at] = ord("(")
            at += 1
            waiting = 0
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
        elif (
            code[tag] and line.marks_code and not is_pre and open_ == 0
            and _is_plain_code(data, nodes, node)
        ):  # fmt: skip
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
def _code_around(data: Bytes, nodes: Nodes, first: int, owner: int, code: Bytes) -> int:
    """The element of code in which a block begins; -1 if there is none."""
    above = int(nodes.parent[first])
    for _ in range(_SMALL):
        if above < 0 or above == owner:
            break
        if code[nodes.tag[above]] and _is_plain_code(data, nodes, above):
            return above
        above = int(nodes.parent[above])
    return -1


@njit(cache=True, nogil=True)
def _is_plain_code(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether backticks fit around an element: it holds something, and none itself."""
    start, end = nodes.start[node], nodes.end[node]
    if end - start > _MOST_CODE:
        return False
    for at in range(start, end):
        if data[at] == ord("`"):
            return False
    return end > start


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
            at = put_break(out, at, line.quotes, line.columns)
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
def _text_of(nodes: Nodes, node: int) -> tuple[int, bool]:
    """The only text below an element, -1 if there are more or none, and whether it is a link's."""
    found, is_link = -1, False
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            if found >= 0:
                return -1, is_link
            found = below
        elif nodes.tag[below] == _A:
            is_link = True
    return found, is_link
