"""Where the blocks of a page stand: in which list, table, quotation, heading or code."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, Blocks
from filters.extract.elements import LETTERS, LINE, LISTING, MARKED, REVERSED, ROMAN
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes

_LI, _OL, _P, _BLOCKQUOTE, _CAPTION, _THEAD = map(
    elements.tag, ("li", "ol", "p", "blockquote", "caption", "thead")
)
_LISTS, _TABLES = elements.tags("ul ol dl menu dir"), elements.tags("table")
_CELLS, _ROWS = elements.tags("td th"), elements.tags("tr")
_PREFORMATTED = elements.tags("pre listing plaintext xmp")
_HEADINGS = elements.tags("h1 h2 h3 h4 h5 h6")

# A row with more text or blocks, or a table inside, is layout: its blocks are lines of their own.
_ROW_CHARS = 1000
_CELL_CHARS = 400
_PARTED_CHARS = 120  # in a cell of several paragraphs
_DATA_ROWS, _DATA_CHARS = 3, 120  # rows and longest cell of tables that are not layout
# Lists are not indented farther than this, or a page of nested lists would have a text that grows
# with the square of its depth.
_MOST_COLUMNS = 16
_DIGITS = 6


class Layout(NamedTuple):
    """Of each node, the element around it, or itself, that matters; -1 if there is none.

    Attributes:
      group: the outermost list or table.
      whole: the innermost list, or table of data: of several rows whose cells are short.
      item, cell, row, pre, heading: the innermost of each; in a table those outside do not count.
      quotes: how many quotations are around it.
      depth: how many lists are around the list that it is in; -1 outside.
      ordinal: of an item, its number in its list, from 1; of a cell, in its row, from 0.
      inner: of an item, the column in which Markdown has its text.
      cells: of a row, how many it has.
      is_layout: of a row, whether it only places its blocks.
    """

    group: Indices
    whole: Indices
    item: Indices
    cell: Indices
    row: Indices
    pre: Indices
    heading: Indices
    quotes: Indices
    depth: Indices
    ordinal: Indices
    inner: Indices
    cells: Indices
    is_layout: Bools


def find_layout(data: Bytes, nodes: Nodes, blocks: Blocks) -> Layout:
    """The layout of a page."""
    masks = (_LISTS, _TABLES, _CELLS, _ROWS, _PREFORMATTED, _HEADINGS)
    return _find(data, nodes, blocks, masks)


def around(column: Indices, owner: Indices) -> Indices:
    """Of each block, the value of a column for its owner; -1 for blocks that have none."""
    found: Indices = np.append(column, np.int32(-1))[owner]
    return found


@njit(cache=True, nogil=True)
def _find(
    data: Bytes, nodes: Nodes, blocks: Blocks,
    masks: tuple[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes],
) -> Layout:  # fmt: skip
    lists, tables, cells, rows, preformatted, headings = masks
    size = len(nodes.tag)
    found = Layout(
        _none(size), _none(size), _none(size), _none(size), _none(size), _none(size), _none(size),
        np.zeros(size, np.int32), _none(size), _none(size), np.zeros(size, np.int32),
        np.zeros(size, np.int32), np.zeros(size, np.bool_),
    )  # fmt: skip
    held = np.zeros(size, np.int64)  # items of a list so far; characters of rows and cells
    rows_of, longest = np.zeros(size, np.int32), np.zeros(size, np.int64)  # of tables
    # Blocks and paragraphs of cells, and cells with text of rows.
    parts, texts = np.zeros(size, np.int32), np.zeros(size, np.int32)
    filled = np.zeros(size, np.int32)
    titled = np.zeros(size, np.bool_)  # cells
    for node in range(size):
        above, tag = nodes.parent[node], nodes.tag[node]
        if above >= 0:
            found.group[node], found.item[node] = found.group[above], found.item[above]
            found.whole[node] = found.whole[above]
            found.cell[node], found.row[node] = found.cell[above], found.row[above]
            found.pre[node], found.heading[node] = found.pre[above], found.heading[above]
            found.depth[node], found.quotes[node] = found.depth[above], found.quotes[above]
        if nodes.bits[node] & (LINE | LISTING):
            if nodes.bits[node] & LISTING:
                found.pre[node] = node
            continue
        if lists[tag]:
            found.depth[node] += 1
            if tag == _OL and nodes.note_end[node] > nodes.note_start[node]:
                held[node] = number_at(data, nodes, node) - 1
                if nodes.bits[node] & REVERSED:
                    held[node] += 2
            elif nodes.bits[node] & REVERSED:
                held[node] = _items_of(nodes, node) + 1
        if lists[tag] or tables[tag]:
            found.whole[node] = node
            if found.group[node] < 0:
                found.group[node] = node
            if tables[tag]:
                if found.row[node] >= 0:
                    found.is_layout[found.row[node]] = True
                found.cell[node] = found.row[node] = found.item[node] = -1
        elif tag == _LI:
            around = found.item[node]
            found.item[node] = node
            if above >= 0:
                held[above] += -1 if nodes.bits[above] & REVERSED else 1
                found.ordinal[node] = held[above]
            column = found.inner[around] if around >= 0 else np.int32(0)
            has_number = nodes.note_end[node] > nodes.note_start[node]
            if has_number and nodes.bits[node] & MARKED == 0:
                held[above] = found.ordinal[node] = number_at(data, nodes, node)
            width = marker_width(nodes, node, found.ordinal[node])
            found.inner[node] = min(column + width, _MOST_COLUMNS)
        elif cells[tag]:
            found.cell[node] = node
            if found.row[node] >= 0:
                found.ordinal[node] = found.cells[found.row[node]]
                found.cells[found.row[node]] += 1
        elif rows[tag]:
            found.row[node] = node
            if found.whole[node] >= 0:
                rows_of[found.whole[node]] += 1
        elif headings[tag]:
            found.heading[node] = node
        elif tag == _BLOCKQUOTE:
            found.quotes[node] += 1
        elif tag in (_CAPTION, _THEAD) and found.whole[node] >= 0:
            rows_of[found.whole[node]] += 1  # it says that the table is one of data
        if preformatted[tag]:
            found.pre[node] = node
    for block in range(len(blocks.owner)):
        owner = blocks.owner[block]
        if owner < 0 or found.row[owner] < 0:
            continue
        row, chars = found.row[owner], blocks.counts[block, CHARS]
        held[row] += chars
        if held[row] > _ROW_CHARS or found.pre[owner] >= 0:
            found.is_layout[row] = True
        cell = found.cell[owner]
        if cell >= 0:
            parts[cell] += 1
            filled[row] += parts[cell] == 1
            is_title = found.heading[owner] > cell
            titled[cell] = titled[cell] or is_title
            held[cell] += chars
            is_text = nodes.tag[owner] == _P or owner == cell
            texts[cell] += is_text
            is_long = texts[cell] > 1 and held[cell] > _PARTED_CHARS
            if is_text and not is_title and (titled[cell] or is_long):
                found.is_layout[row] = True
            table = found.whole[row]
            if table >= 0:
                longest[table] = max(longest[table], held[found.cell[owner]])
            if held[found.cell[owner]] > _CELL_CHARS:
                found.is_layout[row] = True
    for node in range(size):
        if rows[nodes.tag[node]] and filled[node] == 1 and found.row[node] == node:
            # Paragraphs in the only cell with text are no values.
            cell = np.int64(node + 1)
            while cell <= nodes.last[node] and not found.is_layout[node]:
                found.is_layout[node] = bool(cells[nodes.tag[cell]]) and parts[cell] > 1
                cell = np.int64(nodes.last[cell] + 1)
    for node in range(size):
        if tables[nodes.tag[node]] and (rows_of[node] < _DATA_ROWS or longest[node] > _DATA_CHARS):
            found.whole[node] = -1
    for node in range(size):
        if found.whole[node] >= 0 and found.whole[found.whole[node]] < 0:
            found.whole[node] = -1
    return found


@njit(cache=True, nogil=True)
def _items_of(nodes: Nodes, node: int) -> int:
    """How many items a list has."""
    count, below = 0, np.int64(node + 1)
    while below <= nodes.last[node]:
        count += nodes.tag[below] == _LI
        below = np.int64(nodes.last[below] + 1)
    return count


@njit(cache=True, nogil=True)
def number_at(data: Bytes, nodes: Nodes, node: int) -> int:
    """The number that a list begins with, or that an item has; 1 for what is none."""
    number, start, end = 0, nodes.note_start[node], nodes.note_end[node]
    is_negative = start < end and data[start] == ord("-")
    start += is_negative
    for at in range(start, end):
        if end - start > _DIGITS or not ord("0") <= data[at] <= ord("9"):
            return 1
        number = 10 * number + int(data[at]) - ord("0")
    if start == end:
        return 1
    return -number if is_negative else number


@njit(cache=True, nogil=True)
def is_numbered(nodes: Nodes, item: int) -> bool:
    """Whether an item belongs to a numbered list, or has a mark of its own."""
    above = nodes.parent[item]
    if nodes.bits[item] & MARKED:
        return True
    return above >= 0 and nodes.tag[above] == _OL


@njit(cache=True, nogil=True)
def marker_width(nodes: Nodes, item: int, ordinal: int) -> int:
    """How many columns `- ` or `10. ` takes in Markdown.

    Letters, numbers below 0 and marks of its own are text behind `- ` there.
    """
    width = 2
    if nodes.bits[item] & MARKED:
        return width
    has_letters = is_numbered(nodes, item) and nodes.bits[nodes.parent[item]] & (LETTERS | ROMAN)
    if ordinal >= 0 and is_numbered(nodes, item) and not has_letters:
        width = 3
        while ordinal >= 10:
            ordinal //= 10
            width += 1
    return width


@njit(cache=True, nogil=True)
def _none(size: int) -> Indices:
    return np.full(size, -1, np.int32)
