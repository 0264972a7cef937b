"""Which blocks of a page are kept, by their scores and by where they stand.

Short blocks score low, since most short blocks of the web are menus, dates and buttons. Between
the paragraphs of a text a reader takes them for a part of it: cells, captions, a line of code. So
what stands in the element that holds most of the text, between blocks that are kept, is kept at
a lower score, unless it is set apart there: by its element, `<nav>`, or by a word of its class.
"""

import itertools

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks, Counts
from filters.extract.elements import CLASS_WORDS, TEXT
from filters.extract.layout import Layout, around
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes, Floats

# Blocks with such a score are kept, a probability of .35, and those that score nearly as much as
# the page's best: on unlike pages all scores are low. Word F1 is best with these two.
LIMIT = -0.6
NEAR_BEST = 2.0
# What is set apart from the text around it has to score so much more: a word of a class is a hint,
# and an element says it. Less than NEAR_BEST, so that the best block is kept.
APART_BY_CLASS = 1.0
APART_BY_TAG = 1.9
# Blocks between two that are kept may score so much less if they are not mostly links: a page's
# text has no holes. So many that all stand in the very element of the two may have any score.
HOLE = 2.0
MAX_HOLE = 6
# The page's only <h1> may score so much less, in the element of the text or right around that.
TITLE = 1.0
# A list, table, figure or quotation of which such a share of the characters is kept is kept whole:
# nobody wants half of one. One that stands right between blocks that are kept, such as the table
# of an article, or behind one in the element of the text, is kept if half of its characters score
# at most so much less than what is kept.
WHOLE = 0.1
BETWEEN = 2.0

_APART = elements.tags("nav aside form button dialog menu")
_APART_WORDS = np.uint64(
    sum(
        1 << list(CLASS_WORDS).index(group)
        for group in (
            "navigation", "social", "related", "advertisement", "subscription", "comments"
        )
    )
)  # fmt: skip
_UNITS = elements.tags("figure blockquote dl details pre")
_H1, _PRE = elements.tag("h1"), elements.tag("pre")


def choose(scores: Floats, nodes: Nodes, blocks: Blocks, layout: Layout) -> Bools:
    """Which blocks to keep: bool[blocks]. Of a page with text some are kept."""
    if len(scores) == 0:
        return np.zeros(0, np.bool_)
    owner, counts = blocks.owner, blocks.counts
    limit = min(LIMIT, scores.max() - NEAR_BEST)
    keep: Bools = scores >= limit
    content = _container(nodes.parent, owner, np.where(keep, counts[:, CHARS], 0))
    by_tag, by_class, units = _innermost(nodes, _APART, _APART_WORDS, _UNITS)
    # What is in an element comes behind it. Code is no menu, whatever is around.
    is_code = around(layout.pre, owner) >= 0
    is_apart = np.zeros_like(keep)
    for column, more in ((by_class, APART_BY_CLASS), (by_tag, APART_BY_TAG)):
        is_within = (around(column, owner) > content) & ~is_code
        keep &= ~is_within | (scores >= limit + more)
        is_apart |= is_within
    is_menu = _is_menu(layout, owner, counts)
    keep &= ~is_menu | (scores >= limit + APART_BY_CLASS)
    is_apart |= is_menu
    is_text = (2 * counts[:, LINKED] <= counts[:, CHARS]) & ~is_apart
    is_likely = is_text & (scores >= limit - HOLE)
    is_inside = _is_inside(content, nodes, owner)
    _fill_beside(keep, is_text, is_likely, around(nodes.parent, owner))
    _fill(keep, is_likely, is_inside)
    if content >= 0:
        is_title = _is_title(nodes, layout, owner) & (scores >= limit - TITLE)
        keep |= is_title & _is_inside(nodes.parent[content], nodes, owner)
    is_near = (scores >= limit - BETWEEN) & ~is_apart
    for column in (layout.whole, units):
        _keep_whole(keep, around(column, owner), counts, is_near, is_inside & ~is_apart)
    return keep


def _is_menu(layout: Layout, owner: Indices, counts: Counts) -> Bools:
    """Which blocks stand in cells of links that a table places beside a longer text."""
    cell, row = around(layout.cell, owner), around(layout.row, owner)
    # A table of one or two rows is no table of data.
    is_layout = layout.is_layout[row] | (layout.whole[row] < 0)
    is_menu = np.zeros(len(owner), np.bool_)
    placed = np.flatnonzero((cell >= 0) & (row >= 0) & is_layout)
    if len(placed):
        cells, rows = cell[placed], row[placed]
        chars, linked = counts[placed, CHARS], counts[placed, LINKED]
        in_cell, in_row = np.bincount(cells, chars)[cells], np.bincount(rows, chars)[rows]
        links = np.bincount(cells, linked)[cells]
        is_menu[placed] = (10 * links >= 9 * in_cell) & (2 * in_cell < in_row)
    return is_menu


def _is_inside(node: int, nodes: Nodes, owner: Indices) -> Bools:
    """Which blocks an element holds; none for -1."""
    return (owner >= node) & (owner <= nodes.last[node]) & (node >= 0)


def _fill_beside(keep: Bools, is_text: Bools, is_likely: Bools, parents: Indices) -> None:
    """Keeps what stands between blocks that are kept in one element, the parent of their owners."""
    for before, after in itertools.pairwise(np.flatnonzero(keep).tolist()):
        if 1 < after - before <= MAX_HOLE + 1 and parents[before] == parents[after] >= 0:
            hole = slice(before + 1, after)
            is_beside = is_text[hole] & (parents[hole] == parents[before])
            if is_beside.all() or is_likely[hole].all():
                keep[hole] = True


def _fill(keep: Bools, is_likely: Bools, is_inside: Bools) -> None:
    """Keeps what is likely from the first to the last kept block of those inside."""
    kept = np.flatnonzero(keep & is_inside)
    if len(kept):
        span = slice(kept[0], kept[-1])
        keep[span] |= is_likely[span] & is_inside[span]


def _is_title(nodes: Nodes, layout: Layout, owner: Indices) -> Bools:
    """Which blocks stand in the page's `<h1>`; none if it has several."""
    heading = around(layout.heading, owner)
    is_title: Bools = (heading >= 0) & (nodes.tag[heading] == _H1)
    return is_title & (len(np.unique(heading[is_title])) == 1)


def _keep_whole(
    keep: Bools, wholes: Indices, counts: Counts, is_near: Bools, is_content: Bools
) -> None:
    """Keeps whole what is kept in part, stands between blocks that are kept, or behind them.

    Args:
      wholes: the list, table or unit that each block stands in; -1 for none.
      is_near: which blocks score nearly as much as what is kept, and are not set apart.
      is_content: which stand in the element of the text, and are not set apart.
    """
    inside = np.flatnonzero(wholes >= 0)
    if len(inside) == 0:
        return
    _, first, at = np.unique(wholes[inside], return_index=True, return_inverse=True)
    last = np.zeros_like(first)
    np.maximum.at(last, at, inside)
    chars, linked = counts[inside, CHARS], counts[inside, LINKED]
    held, kept, near, content, links = (
        np.bincount(at, weights)
        for weights in (
            chars, chars * keep[inside], chars * is_near[inside], chars * is_content[inside], linked
        )
    )  # fmt: skip
    beside = np.concatenate([[False], keep, [False]])  # one farther than `keep`
    is_behind = beside[inside[first]] & (2 * near >= held)
    goes_on = beside[last + 2] | ((content == held) & (2 * links <= held))
    keep[inside] |= ((kept > 0) & (kept >= WHOLE * held) | (is_behind & goes_on))[at]


@njit(cache=True, nogil=True)
def _container(parent: Indices, owner: Indices, chars: Indices) -> int:
    """The innermost element that holds at least half of the characters of blocks; -1 for none."""
    held, all_chars = np.zeros(len(parent), np.int64), 0
    for block in range(len(owner)):
        all_chars += chars[block]
        if owner[block] >= 0:
            held[owner[block]] += chars[block]
    for node in range(len(parent) - 1, -1, -1):
        if 2 * held[node] >= all_chars:
            return node
        if parent[node] >= 0:
            held[parent[node]] += held[node]
    return -1


@njit(cache=True, nogil=True)
def _innermost(
    nodes: Nodes, tags: Bytes, words: np.uint64, units: Bytes
) -> tuple[Indices, Indices, Indices]:
    """Of each node, what it is innermost in; -1 for none.

    Elements that set apart by what they are, those that do by a word of their class, and units.
    """
    size = len(nodes.tag)
    by_tag, by_class = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    unit = np.full(size, -1, np.int32)
    for node in range(size):
        above, tag = nodes.parent[node], nodes.tag[node]
        if above >= 0:
            by_tag[node], by_class[node], unit[node] = by_tag[above], by_class[above], unit[above]
        if tags[tag]:
            by_tag[node] = node
        if tag != TEXT and nodes.bits[node] & words:
            by_class[node] = node
        if units[tag] and (tag != _PRE or unit[node] < 0):  # code has the caption of its figure
            unit[node] = node
    return by_tag, by_class, unit
