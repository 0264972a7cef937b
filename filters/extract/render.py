"""Blocks of a page as text, with what carries meaning in its layout.

Paragraphs, headings, code, lists and tables stand between empty lines; items of lists and rows of
tables are lines. Items begin with `- ` or their number, cells are parted by ` | `, as in
`filters.wikitext`. Code keeps its white space. Superscripts and subscripts never run into a number
before them: `10^6`, `x_i`. Readings of ruby stand in brackets behind their base. Formulas are their
LaTeX between dollar signs. Markdown has besides: marks of headings, quotations and code, bars
around rows, and a line under the first row of a table.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks
from filters.extract.inline import Line, put, put_block, put_break, put_prefix
from filters.extract.layout import Layout, is_numbered, marker_width
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes

_BR, _TABLE, _H1 = map(elements.tag, ("br", "table", "h1"))
_CODE = elements.tags("code kbd samp tt")
_PARTED = elements.tags("p h1 h2 h3 h4 h5 h6 pre listing plaintext xmp blockquote figcaption")

_QUOTES = 3  # quotations whose marks are written
_PREFIX = 24  # bytes before a line of Markdown: marks of quotations, columns of items
_ROOM = 96  # bytes that a block may need beside those of its page
_FENCE = 20  # backticks at most
_LANGUAGE, _LANGUAGE_SIGNS = 20, tuple(b"0123456789+#-_")


def render(
    data: Bytes,
    nodes: Nodes,
    blocks: Blocks,
    keep: Bools,
    layout: Layout,
    *,
    markdown: bool = False,
) -> str:
    """The text of the blocks that `keep` (bool[blocks]) marks.

    Args:
      markdown: headings, quotations, code and tables have their marks, too.
    """
    chosen = np.flatnonzero(keep)
    if len(chosen) == 0:
        return ""
    room = len(data) + _ROOM * (len(chosen) + 1)
    if markdown:
        lines = np.count_nonzero(data == ord("\n")) + np.count_nonzero(nodes.tag == _BR)
        room += _PREFIX * int(lines) + int(np.count_nonzero(data == ord("|")))
    out = np.empty(room, np.uint8)
    masks = (_PARTED, _CODE)
    size = _render(data, nodes, blocks, chosen, layout, elements.FLAGS, masks, markdown, out)
    return out[:size].tobytes().decode("utf-8", "replace")


@njit(cache=True, nogil=True)
def _render(
    data: Bytes, nodes: Nodes, blocks: Blocks, chosen: npt.NDArray[np.int64], layout: Layout,
    flags: Bytes, masks: tuple[Bytes, Bytes], markdown: bool, out: Bytes,
) -> Any:  # fmt: skip
    parted, code = masks
    at, before = np.int64(0), np.int64(-1)
    begun = np.zeros(len(nodes.tag), np.bool_)  # items whose marker is written
    row, pipes, headed = np.int64(-1), 0, -1  # of the table of Markdown that is open
    fence, fence_quotes, fence_columns = 0, 0, 0  # of the code that is open
    for block in chosen:
        owner = np.int64(blocks.owner[block])
        item = _of(layout.item, owner)
        begins = item >= 0 and not begun[item]
        own_row = _of(layout.row, owner)
        if own_row >= 0 and layout.is_layout[own_row]:
            own_row = np.int64(-1)
        pre = _of(layout.pre, owner)
        line = _line_of(layout, owner, item, markdown and own_row >= 0, markdown)
        goes_on = pre >= 0 and pre == _of(layout.pre, before)
        if fence and not goes_on:
            at = _put_fence(out, put_break(out, at, fence_quotes, fence_columns), fence)
            fence = 0
        if row >= 0 and own_row != row:
            at, headed = _end_row(nodes, layout, row, pipes, headed, line.quotes, out, at)
            row = np.int64(-1)
        if at and own_row >= 0 and own_row == _of(layout.row, before):
            if not markdown and layout.cell[owner] != layout.cell[before]:
                at = put(out, at, ord(" "), ord("|"))
            if not markdown or layout.cell[owner] == layout.cell[before]:
                out[at] = ord(" ")
                at += 1
        elif at:
            is_first_row = markdown and own_row >= 0 and _of(layout.row, before) < 0
            if is_first_row or _is_parted(nodes, layout, owner, before, parted, markdown):
                shared = min(line.quotes, _quotes_of(layout, before, markdown))
                at = put_break(out, at, shared, 0)
                if shared:
                    at -= 1  # no space behind the mark of an empty line
            at = put_break(out, at, line.quotes, 0 if begins else line.columns)
        elif markdown:
            at = put_prefix(out, at, line.quotes, 0)
        if markdown and own_row >= 0:
            if row < 0:
                out[at] = ord("|")
                at, row, pipes = at + 1, own_row, 1
            if pipes == 1 or layout.cell[owner] != _of(layout.cell, before):
                at, pipes = _put_pipes(out, at, pipes, _of(layout.ordinal, layout.cell[owner]) + 1)
                out[at] = ord(" ")
                at += 1
        if begins:
            begun[item] = True
            at = _put_marker(nodes, layout, item, markdown, out, at)
        if markdown and own_row < 0:
            heading = _of(layout.heading, owner)
            if heading >= 0 and heading != _of(layout.heading, before) and pre < 0:
                for _ in range(nodes.tag[heading] - _H1 + 1):
                    out[at] = ord("#")
                    at += 1
                out[at] = ord(" ")
                at += 1
            if pre >= 0 and not goes_on:
                fence = _fence_of(data, nodes.start[pre], nodes.end[pre])
                fence_quotes, fence_columns = line.quotes, line.columns
                at = _put_fence(out, at, fence)
                at = _put_language(data, nodes, pre, out, at)
                at = put_break(out, at, line.quotes, line.columns)
        at = put_block(data, nodes, blocks, block, flags, code, pre >= 0, line, out, at)
        before = owner
    if fence:
        at = _put_fence(out, put_break(out, at, fence_quotes, fence_columns), fence)
    if row >= 0:
        at, _ = _end_row(nodes, layout, row, pipes, headed, 0, out, at)
    return at


@njit(cache=True, nogil=True)
def _of(column: Indices, node: int) -> np.int64:
    """A node's value in a column of indices; -1 for no node."""
    return np.int64(column[node]) if node >= 0 else np.int64(-1)


@njit(cache=True, nogil=True)
def _quotes_of(layout: Layout, owner: int, markdown: bool) -> int:
    return min(int(layout.quotes[owner]), _QUOTES) if markdown and owner >= 0 else 0


@njit(cache=True, nogil=True)
def _line_of(layout: Layout, owner: int, item: int, in_row: bool, markdown: bool) -> Line:
    columns = int(layout.inner[item]) if markdown and item >= 0 else 0
    is_one = in_row or (markdown and _of(layout.heading, owner) >= 0)
    return Line(_quotes_of(layout, owner, markdown), columns, is_one, in_row, markdown)


@njit(cache=True, nogil=True)
def _put_pipes(out: Bytes, at: int, pipes: int, wanted: int) -> tuple[int, int]:
    """Ends cells, those without text as well."""
    while pipes < wanted:
        at = put(out, at, ord(" "), ord("|"))
        pipes += 1
    return at, pipes


@njit(cache=True, nogil=True)
def _end_row(
    nodes: Nodes, layout: Layout, row: int, pipes: int, headed: int, quotes: int, out: Bytes,
    at: int,
) -> tuple[int, int]:  # fmt: skip
    """Ends a row, and under the first of a table writes the line that makes it its head."""
    at, _ = _put_pipes(out, at, pipes, layout.cells[row] + 1)
    table = int(nodes.parent[row])
    while table >= 0 and nodes.tag[table] != _TABLE:
        table = int(nodes.parent[table])
    if table != headed:
        at = put_break(out, at, quotes, 0)
        out[at] = ord("|")
        at += 1
        for _ in range(layout.cells[row]):
            at = put(out, at, ord(" "), ord("-"))
            at = put(out, at, ord("-"), ord("-"))
            at = put(out, at, ord(" "), ord("|"))
    return at, table


@njit(cache=True, nogil=True)
def _fence_of(data: Bytes, start: int, end: int) -> int:
    """How many backticks fence a text: more than stand together in it."""
    most, run = 2, 0
    for at in range(start, end):
        run = run + 1 if data[at] == ord("`") else 0
        most = max(most, run)
    return min(most + 1, _FENCE)


@njit(cache=True, nogil=True)
def _put_fence(out: Bytes, at: int, length: int) -> int:
    for _ in range(length):
        out[at] = ord("`")
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_language(data: Bytes, nodes: Nodes, pre: int, out: Bytes, at: int) -> int:
    """The language that a class of the code, or of what is around or in it, names."""
    node = np.int64(pre)
    if nodes.note_end[node] == 0 and nodes.last[node] > node:
        node += 1  # <pre><code class="language-c">
    if nodes.note_end[node] == 0:
        node = np.int64(nodes.parent[pre])
    if node < 0:
        return at
    start, end = nodes.note_start[node], nodes.note_end[node]
    for place in range(start, end):
        is_letter = ord("a") <= (data[place] | 32) <= ord("z")
        if end - start > _LANGUAGE or not (is_letter or data[place] in _LANGUAGE_SIGNS):
            return at
        out[at + place - start] = data[place]
    return at + end - start


@njit(cache=True, nogil=True)
def _is_parted(
    nodes: Nodes, layout: Layout, owner: int, before: int, parted: Bytes, markdown: bool
) -> bool:
    """Whether an empty line stands between two blocks."""
    if owner < 0 or before < 0 or owner == before:
        return True
    group, other = layout.group[owner], layout.group[before]
    if group >= 0 and group == other:
        # Inside a list or table only paragraphs of one item, or of layout, are apart.
        same = layout.item[owner] == layout.item[before] and layout.row[owner] == layout.row[before]
        return same and parted[nodes.tag[owner]] != 0
    return (
        markdown
        or group != other
        or parted[nodes.tag[owner]] != 0
        or parted[nodes.tag[before]] != 0
    )


@njit(cache=True, nogil=True)
def _put_marker(
    nodes: Nodes, layout: Layout, item: int, markdown: bool, out: Bytes, at: int
) -> int:
    """`- ` or a number, farther in for lists around."""
    ordinal = layout.ordinal[item]
    columns = min(2 * layout.depth[item], 4)
    if markdown:
        columns = max(layout.inner[item] - marker_width(nodes, item, ordinal), 0)
    for _ in range(columns):
        out[at] = ord(" ")
        at += 1
    if is_numbered(nodes, item):
        scale = 1
        while 10 * scale <= ordinal:
            scale *= 10
        while scale:
            out[at] = ord("0") + ordinal // scale % 10
            at += 1
            scale //= 10
        return put(out, at, ord("."), ord(" "))
    return put(out, at, ord("-"), ord(" "))
