"""What Markdown nests: quotations, items of lists, and the columns of tables."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import LINE
from filters.extract.layout import Layout, marker_width
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bytes

_LI, _TR, _BLOCKQUOTE = map(elements.tag, ("li", "tr", "blockquote"))
_LISTS = elements.tags("ul ol menu dir")
_TABLES, _CELLS = elements.tags("table"), elements.tags("td th")
_SECTIONS = elements.tags("thead tbody tfoot")

# Containers end here, or a page of nested lists would have a text that grows with the square of
# its depth.
_MOST_QUOTES, _MOST_COLUMNS = 3, 16
MOST_CONTAINERS = 16  # around a block: three quotations, and items of two columns at least
# Cells that spans leave empty: so many in a row, in so many columns.
MOST_EMPTY, _TRACKED = 64, 1024


class Containers(NamedTuple):
    """What each node is nested in.

    Attributes:
      innermost: the innermost item or quotation around a node, or itself; -1 for none.
      outer: of an item or quotation, the next one around it.
      width: of an item, the columns of its marker; 0 of a quotation.
      column: of a cell, in which column of its table it begins.
      columns: of a row, how many it has; of a table, the most that a row has.
      table: of a row, its table.
      rows: of a table, how many it has.
    """

    innermost: Indices
    outer: Indices
    width: Indices
    column: Indices
    columns: Indices
    table: Indices
    rows: Indices


def find_containers(nodes: Nodes, layout: Layout) -> Containers:
    """The containers of a page."""
    size = len(nodes.tag)
    innermost, outer, table = (np.full(size, -1, np.int32) for _ in range(3))
    width, column, columns, rows = (np.zeros(size, np.int32) for _ in range(4))
    found = Containers(innermost, outer, width, column, columns, table, rows)
    _nest(nodes, layout, found)
    _place(nodes, _TABLES, _CELLS, _SECTIONS, found)
    return found


@njit(cache=True, nogil=True)
def _nest(nodes: Nodes, layout: Layout, found: Containers) -> None:
    size = len(nodes.tag)
    latest = np.full(size, -1, np.int32)  # of a list, its last item so far
    indent, quotes = np.zeros(size, np.int32), np.zeros(size, np.int32)  # inside of a container
    for node in range(size):
        above, tag = nodes.parent[node], nodes.tag[node]
        around = found.innermost[above] if above >= 0 else np.int32(-1)
        found.innermost[node] = around
        if nodes.bits[node] & LINE:
            continue
        is_inner = _LISTS[tag] != 0 and above >= 0 and _LISTS[nodes.tag[above]] != 0
        if is_inner and latest[above] >= 0:
            found.innermost[node] = latest[above]  # <ul><li>a</li><ul>: of the item before it
        elif tag == _LI:
            if above >= 0:
                latest[above] = node
            width = marker_width(nodes, node, layout.ordinal[node])
            # An item that is too far in stands beside the one around it.
            item = around
            if around >= 0 and indent[around] + width > _MOST_COLUMNS:
                while item >= 0 and found.width[item] == 0:
                    item = found.outer[item]
                item = found.outer[item] if item >= 0 else around
            found.outer[node], found.width[node] = item, width
            indent[node] = width + (indent[item] if item >= 0 else 0)
            quotes[node] = quotes[item] if item >= 0 else 0
            found.innermost[node] = node
        elif tag == _BLOCKQUOTE and (around < 0 or quotes[around] < _MOST_QUOTES):
            found.outer[node] = around
            indent[node] = indent[around] if around >= 0 else 0
            quotes[node] = 1 + (quotes[around] if around >= 0 else 0)
            found.innermost[node] = node


@njit(cache=True, nogil=True)
def _place(nodes: Nodes, tables: Bytes, cells: Bytes, sections: Bytes, found: Containers) -> None:
    """Gives cells their columns: spans from cells before and from rows above take theirs."""
    # Of each column, until which row a cell from above takes it, and in which part of which table.
    until, owner = np.zeros(_TRACKED, np.int64), np.full(_TRACKED, -1, np.int64)
    for table in range(len(nodes.tag)):
        if not tables[nodes.tag[table]]:
            continue
        section, row_number = np.int64(table), 0
        node = np.int64(table + 1)
        while node <= nodes.last[table]:
            if sections[nodes.tag[node]]:
                section = node
                node += 1
                continue
            if nodes.tag[node] == _TR:
                row_number += 1
                found.table[node] = table
                width = _place_row(nodes, node, section, row_number, cells, until, owner, found)
                found.columns[node] = width
                found.columns[table] = max(found.columns[table], width)
            node = np.int64(nodes.last[node] + 1)
        found.rows[table] = row_number


@njit(cache=True, nogil=True)
def _place_row(
    nodes: Nodes, row: int, section: int, row_number: int, cells: Bytes, until: Indices,
    owner: Indices, found: Containers,
) -> int:  # fmt: skip
    """Places the cells of a row; how many columns it has."""
    column, empty = 0, 0
    node = np.int64(row + 1)
    while node <= nodes.last[row]:
        if cells[nodes.tag[node]]:
            column, empty = _behind_spans(column, empty, section, row_number, until, owner)
            found.column[node] = column
            across = min(nodes.across[node], MOST_EMPTY - empty + 1)
            empty += across - 1
            if nodes.down[node] > 1:
                for taken in range(column, min(column + across, _TRACKED)):
                    until[taken], owner[taken] = row_number + nodes.down[node] - 1, section
            column += across
        node = np.int64(nodes.last[node] + 1)
    column, _ = _behind_spans(column, empty, section, row_number, until, owner)
    return column


@njit(cache=True, nogil=True)
def _behind_spans(
    column: int, empty: int, section: int, row_number: int, until: Indices, owner: Indices
) -> tuple[int, int]:
    """The next column that no cell from above takes."""
    while (
        column < _TRACKED and empty < MOST_EMPTY
        and owner[column] == section and until[column] >= row_number
    ):  # fmt: skip
        column += 1
        empty += 1
    return column, empty
