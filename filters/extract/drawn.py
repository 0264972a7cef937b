"""What pages draw in place of text: KaTeX's HTML, images of formulas, of emoji and of letters.

`filters.extract.tree` asks for these while it reads a page, so that all others find text, raised
text or a formula.
"""

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import FORMULA, LEFT_OUT, MATHJAX, OTHER, REVERSED, TEXT
from filters.extract.furniture import is_control
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, begins, equals, holds

if TYPE_CHECKING:
    from filters.extract.tree import Nodes


(_SPAN, _SUP, _SUB, _IMG, _DIV, _TEMPLATE, _OBJECT, _TEXT_TAG, _TSPAN, _SVG) = map(
    elements.tag,
    ("span", "sup", "sub", "img", "div", "template", "object", "text", "tspan", "svg"),
)
# Attributes of elements that are shown or placed by them.
_SHADOW, _SWF, _FLASH, _X, _DY = as_bytes(" shadowroot", '.swf"', "shockwave-flash", " x=", " dy=")
_VLIST, _SUBSUP, _FRACTION, _ROOT, _FILLER, _T2 = as_bytes(
    "vlist", "msupsub", "mfrac", "mord sqrt", "vlist-s", "vlist-t2"
)
_LEVELS = 64  # elements around a text of SVG in which its drawing is looked for
# What classes of images of emoji hold, and of Chinese characters that Unicode did not have.
_EMOJI = as_bytes("emoji", "smiley", "emoticon", "gaiji")
_MOST_EMOJI = 120  # bytes; `※(「王＋民」、第3水準1-88-9)` has 44
# What stands as `alt` of any formula, and where addresses have its source.
_NAMES = as_bytes("equation", "Equation", "formula", "Formula", "latex", "LaTeX", "math", "tex")
_QUERIES = as_bytes("?latex=", "&amp;latex=", "?tex=", "&amp;chl=", "?")
_SIGNS = as_bytes("space;", "plus;", "amp;")  # behind `&`
_STYLES = as_bytes(
    "\\inline", "\\dpi{", "\\bg_", "\\fn_", "\\displaystyle"
)  # of CodeCogs' pictures


@njit(cache=True, nogil=True)
def read_element(data: Bytes, nodes: "Nodes", node: int, begin: int, behind: int) -> None:
    """Changes the tag or bits of an element that is another for a reader than by its name.

    The shadow tree of a `<template>` is shown, and what stands in place of Flash. Texts of SVG
    stand at places of their own.

    Args:
      begin, behind: where its tag begins and ends.
    """
    tag = nodes.tag[node]
    if tag == _SPAN:
        read_span(data, nodes, node)
    elif tag == _IMG:
        if nodes.note_end[node] and not nodes.bits[node] & FORMULA:
            read_image(data, nodes, node, behind)
    elif tag == _TEMPLATE:
        if holds(data, begin, behind, _SHADOW):
            nodes.tag[node] = OTHER
    elif tag == _OBJECT:
        if holds(data, begin, behind, _SWF) or holds(data, begin, behind, _FLASH):
            nodes.tag[node] = OTHER
    elif tag in (_TEXT_TAG, _TSPAN):
        is_placed = tag == _TEXT_TAG or holds(data, begin, behind, _X) or holds(
            data, begin, behind, _DY
        )  # fmt: skip
        above = np.int64(nodes.parent[node])
        for _ in range(_LEVELS):
            if above < 0 or not is_placed:
                break
            if nodes.tag[above] == _SVG:
                nodes.tag[node] = _DIV
                break
            above = np.int64(nodes.parent[above])
    if is_control(data, nodes, node, begin, behind):
        nodes.bits[node] |= LEFT_OUT


@njit(cache=True, nogil=True)
def read_span(data: Bytes, nodes: "Nodes", node: int) -> None:
    """Makes superscripts and subscripts of what KaTeX places above and below the line.

    Fractions, roots and their parts are marked by `REVERSED` for `filters.extract.katex`.
    """
    start, end = nodes.class_start[node], nodes.class_end[node]
    if equals(data, start, end, _FILLER):
        nodes.bits[node] |= MATHJAX
        return
    if equals(data, start, end, _FRACTION) or equals(data, start, end, _ROOT):
        nodes.bits[node] |= REVERSED
        return
    pile = np.int64(nodes.parent[node])
    if pile < 0 or not equals(data, nodes.class_start[pile], nodes.class_end[pile], _VLIST):
        return
    row = np.int64(nodes.parent[pile])
    table = np.int64(nodes.parent[row]) if row >= 0 else row
    around = np.int64(nodes.parent[table]) if table >= 0 else table
    if around < 0:
        return
    if equals(data, nodes.class_start[around], nodes.class_end[around], _SUBSUP):
        end = nodes.class_end[table]
        first = max(nodes.class_start[table], end - len(_T2))
        has_below = equals(data, first, end, _T2)
        nodes.tag[node] = _SUB if has_below and node == pile + 1 else _SUP
    elif nodes.bits[around] & REVERSED:
        nodes.bits[node] |= REVERSED


@njit(cache=True, nogil=True)
def read_image(data: Bytes, nodes: "Nodes", node: int, behind: int) -> None:
    """Makes a text of an image whose `alt` is an emoji, or the first letter of a word.

    Args:
      behind: where its tag ends.
    """
    start, end = nodes.note_start[node], nodes.note_end[node]
    if end == start or end - start > _MOST_EMOJI:
        return
    is_letter = ord("A") <= data[start] <= ord("Z")
    if end - start == 1 + (data[start] in (0xC3, 0xC4, 0xC5, 0xCE, 0xD0)) and (
        is_letter or data[start] >= 0x80
    ):
        follows = behind < len(data) and (
            ord("a") <= data[behind] <= ord("z") or 0xC3 <= data[behind] <= 0xD1
        )
        is_text = follows
    else:
        is_text = data[start] == 0xF0 or (
            data[start] == 0xE2 and 0x98 <= data[start + 1] <= 0x9E and data[end - 1] >= 0x80
        )
        for word in _EMOJI:
            at, last = nodes.class_start[node], nodes.class_end[node]
            while at < last and not begins(data, at, last, word):
                at += 1
            is_text = is_text or at < last
    if is_text:
        nodes.tag[node] = TEXT
        nodes.start[node], nodes.end[node] = start, end


@njit(cache=True, nogil=True)
def is_name_of_formulas(data: Bytes, start: int, end: int) -> bool:
    """Whether the `alt` of an image says no more than that it is a formula."""
    for name in _NAMES:
        if equals(data, start, end, name):
            return True
    return start == end


@njit(cache=True, nogil=True)
def source_in_address(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """The bytes of an image's address that are the source of its formula; none if it has none."""
    for query in _QUERIES:
        at = start
        while at < end and not begins(data, at, end, query):
            at += 1
        if at < end:
            at += len(query)
            if len(query) == 1:
                return at, end
            behind = at
            while behind < end and data[behind] != ord("&"):
                behind += 1
            return at, behind
    return 0, 0


@njit(cache=True, nogil=True)
def decoded(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """A byte of an address without its escape, and where it ends."""
    byte = int(data[at])
    if byte == ord("%") and at + 2 < end:
        high, low = _hex(data[at + 1]), _hex(data[at + 2])
        if high >= 0 and low >= 0:
            return max(16 * high + low, ord(" ")), at + 3
    if byte == ord("&"):
        behind = at + 1
        if begins(data, behind, end, _SIGNS[2]):
            behind += len(_SIGNS[2])
        if begins(data, behind, end, _SIGNS[0]):
            return ord(" "), behind + len(_SIGNS[0])
        if begins(data, behind, end, _SIGNS[1]):
            return ord("+"), behind + len(_SIGNS[1])
        return byte, behind
    return byte, at + 1


@njit(cache=True, nogil=True)
def without_styles(out: Bytes, begin: int, at: int) -> int:
    """Where a formula behind commands on the look of its picture begins, in what is written."""
    found = True
    while found and begin < at:
        found = False
        for style in _STYLES:
            if begins(out, begin, at, style):
                behind = begin
                while behind < at and out[behind] != ord(" "):
                    behind += 1
                if behind < at:
                    begin, found = behind + 1, True
                    break
    return begin


@njit(cache=True, nogil=True)
def _hex(byte: int) -> int:
    if ord("0") <= byte <= ord("9"):
        return int(byte) - ord("0")
    if ord("a") <= (byte | 32) <= ord("f"):
        return int(byte | 32) - ord("a") + 10
    return -1
