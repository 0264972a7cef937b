"""Blocks of a page as text, with what carries meaning in its layout.

Paragraphs, headings, code, lists and tables stand between empty lines; items of lists and rows of
tables are lines. Items begin with `- ` or their number, cells are parted by ` | `, as in
`filters.wikitext`. Code keeps its white space. Superscripts and subscripts never run into a number
before them: `10^6`, `x_i`. Readings of ruby stand in brackets behind their base. Formulas are their
LaTeX between dollar signs.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, Blocks, formula_of, is_unseen
from filters.extract.elements import TEXT
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes
from filters.wikitext.superscripts import PART_OF_WORD, PLAIN, kind_of, mark_of

_BR, _SUP, _SUB, _RT, _LI, _OL, _SCRIPT, _MSUP, _MSUB, _MFRAC = map(
    elements.tag, ("br", "sup", "sub", "rt", "li", "ol", "script", "msup", "msub", "mfrac")
)
_LISTS, _TABLES = elements.tags("ul ol dl menu dir"), elements.tags("table")
_CELLS, _ROWS = elements.tags("td th"), elements.tags("tr")
_PREFORMATTED = elements.tags("pre listing plaintext xmp")
_PARTED = elements.tags("p h1 h2 h3 h4 h5 h6 pre listing plaintext xmp blockquote figcaption")

# A row with more text or blocks, or a table inside, is layout: its blocks are lines of their own.
_ROW_CHARS = 1000
_CELL_CHARS = 400
_NESTED = 16  # brackets that are open at once
_ROOM = 64  # bytes that a block may need beside those of its page

_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)


def render(data: Bytes, nodes: Nodes, blocks: Blocks, keep: Bools) -> str:
    """The text of the blocks that `keep` (bool[blocks]) marks."""
    chosen = np.flatnonzero(keep)
    if len(chosen) == 0:
        return ""
    out = np.empty(len(data) + _ROOM * (len(chosen) + 1), np.uint8)
    masks = (_LISTS, _TABLES, _CELLS, _ROWS, _PREFORMATTED, _PARTED)
    size = _render(data, nodes, blocks, chosen, elements.FLAGS, masks, out)
    return out[:size].tobytes().decode("utf-8", "replace")


@njit(cache=True, nogil=True)
def _render(
    data: Bytes, nodes: Nodes, blocks: Blocks, chosen: npt.NDArray[np.int64], flags: Bytes,
    masks: tuple[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes], out: Bytes,
) -> Any:  # fmt: skip
    lists, tables, cells, rows, preformatted, parted = masks
    size = len(nodes.tag)
    # Of each node, the element around it that matters, -1 if there is none.
    group, item, cell, row = _none(size), _none(size), _none(size), _none(size)
    depth, ordinal, is_pre = _none(size), _none(size), np.zeros(size, np.bool_)
    held = np.zeros(size, np.int64)  # items of a list so far; characters of rows and cells
    is_layout = np.zeros(size, np.bool_)
    for node in range(size):
        above, tag = nodes.parent[node], nodes.tag[node]
        if above >= 0:
            group[node], item[node], cell[node], row[node] = (
                group[above], item[above], cell[above], row[above]
            )  # fmt: skip
            depth[node], is_pre[node] = depth[above], is_pre[above]
        if lists[tag]:
            depth[node] += 1
        if lists[tag] or tables[tag]:
            if group[node] < 0:
                group[node] = node
            if tables[tag]:
                if row[node] >= 0:
                    is_layout[row[node]] = True
                cell[node] = row[node] = item[node] = -1
        elif tag == _LI:
            item[node] = node
            if above >= 0:
                held[above] += 1
                ordinal[node] = held[above]
        elif cells[tag]:
            cell[node] = node
        elif rows[tag]:
            row[node] = node
        if preformatted[tag]:
            is_pre[node] = True
    for block in range(len(blocks.owner)):
        owner = blocks.owner[block]
        if owner >= 0 and row[owner] >= 0:
            chars = blocks.counts[block, CHARS]
            held[row[owner]] += chars
            if held[row[owner]] > _ROW_CHARS or is_pre[owner]:
                is_layout[row[owner]] = True
            if cell[owner] >= 0:
                held[cell[owner]] += chars
                if held[cell[owner]] > _CELL_CHARS:
                    is_layout[row[owner]] = True

    at, before = np.int64(0), np.int64(-1)
    for block in chosen:
        owner = np.int64(blocks.owner[block])
        in_item = item[owner] if owner >= 0 else -1
        if at:
            in_row = owner >= 0 and before >= 0 and row[owner] >= 0 and row[owner] == row[before]
            if in_row and not is_layout[row[owner]]:
                if cell[owner] != cell[before]:
                    at = _put(out, at, ord(" "), ord("|"))
                out[at] = ord(" ")
                at += 1
            else:
                at = _put(out, at, ord("\n"), ord("\n"))
                if not _is_parted(nodes, owner, before, group, item, row, parted):
                    at -= 1
        if in_item >= 0 and (before < 0 or item[before] != in_item):
            at = _put_marker(nodes, in_item, ordinal[in_item], depth[in_item], out, at)
        at = _put_block(data, nodes, blocks, block, flags, owner >= 0 and is_pre[owner], out, at)
        before = owner
    return at


@njit(cache=True, nogil=True)
def _none(size: int) -> Indices:
    return np.full(size, -1, np.int32)


@njit(cache=True, nogil=True)
def _put(out: Bytes, at: int, first: int, second: int) -> int:
    out[at], out[at + 1] = first, second
    return at + 2


@njit(cache=True, nogil=True)
def _is_parted(
    nodes: Nodes, owner: int, before: int, group: Indices, item: Indices, row: Indices,
    parted: Bytes,
) -> bool:  # fmt: skip
    """Whether an empty line stands between two blocks."""
    if owner < 0 or before < 0 or owner == before:
        return True
    if group[owner] >= 0 and group[owner] == group[before]:
        # Inside a list or table only paragraphs of one item, or of layout, are apart.
        same = item[owner] == item[before] and row[owner] == row[before]
        return same and parted[nodes.tag[owner]] != 0
    return (
        group[owner] != group[before]
        or parted[nodes.tag[owner]] != 0
        or parted[nodes.tag[before]] != 0
    )


@njit(cache=True, nogil=True)
def _put_marker(nodes: Nodes, item: int, ordinal: int, depth: int, out: Bytes, at: int) -> int:
    """`- ` or a number, two spaces farther in for a list around, and four for more."""
    for _ in range(min(2 * depth, 4)):
        out[at] = ord(" ")
        at += 1
    list_ = nodes.parent[item]
    if list_ >= 0 and nodes.tag[list_] == _OL:
        scale = 1
        while 10 * scale <= ordinal:
            scale *= 10
        while scale:
            out[at] = ord("0") + ordinal // scale % 10
            at += 1
            scale //= 10
        return _put(out, at, ord("."), ord(" "))
    return _put(out, at, ord("-"), ord(" "))


@njit(cache=True, nogil=True)
def _put_block(
    data: Bytes, nodes: Nodes, blocks: Blocks, block: int, flags: Bytes, is_pre: bool,
    out: Bytes, at: int,
) -> int:  # fmt: skip
    begin, is_spaced = at, False
    ends, open_ = np.empty(_NESTED, np.int64), 0  # of elements whose bracket is open
    node, last = np.int64(blocks.first[block]), blocks.last[block]
    formula, formula_end = 0, 0  # the one before
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            out[at] = ord(")")
            at += 1
        tag = nodes.tag[node]
        if tag == TEXT:
            at, is_spaced = _put_text(
                data, nodes.start[node], nodes.end[node], is_pre, begin, out, at, is_spaced
            )
            node += 1
            continue
        start, end = formula_of(nodes, node)
        if end > start:
            # An image beside MathML repeats it.
            if not _is_same(data, start, end, formula, formula_end):
                if is_spaced and at > begin:
                    out[at] = ord(" ")
                    at += 1
                is_spaced = False
                at = _put_formula(data, start, end, tag == _SCRIPT, out, at)
            formula, formula_end = start, end
            node = nodes.last[node] + 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript):
            node = nodes.last[node] + 1
            continue
        if tag == _BR:
            if at > begin:
                out[at] = ord("\n")
                at += 1
            is_spaced = False
        elif tag in (_SUP, _SUB) and at > begin and not is_spaced:
            kind = _kind_of(data, nodes, node)
            mark = mark_of(tag == _SUP, out[at - 1], kind)
            if mark:
                out[at] = mark
                at += 1
                if kind == PLAIN and open_ < _NESTED:
                    out[at] = ord("(")
                    at += 1
                    ends[open_] = nodes.last[node]
                    open_ += 1
        elif tag == _RT and open_ < _NESTED and nodes.last[node] > node:
            out[at] = ord("(")
            at += 1
            is_spaced = False
            ends[open_] = nodes.last[node]
            open_ += 1
        elif at > begin:
            mark = _mark_in_formula(nodes, node)
            if mark:
                out[at] = mark
                at += 1
                is_spaced = False
        node += 1
    while open_:
        open_ -= 1
        out[at] = ord(")")
        at += 1
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at


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
    data: Bytes, start: int, end: int, is_pre: bool, begin: int, out: Bytes, at: int,
    is_spaced: bool,
) -> tuple[int, bool]:  # fmt: skip
    """Writes a text; where it ends, and whether a space waits for the next word."""
    while start < end:
        byte = data[start]
        if byte == ord("&"):
            byte, start = _unescaped(data, start, end)
            if byte == ord(" ") and not is_pre:
                is_spaced = True
                continue
        else:
            start += 1
            if byte <= ord(" ") and not is_pre:
                is_spaced = True
                continue
        if is_spaced and at > begin and out[at - 1] != ord("\n"):
            out[at] = ord(" ")
            at += 1
        is_spaced = False
        out[at] = byte
        at += 1
    return at, is_spaced


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
