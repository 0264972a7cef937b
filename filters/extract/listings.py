"""Code whose lines are elements, and signs that are drawn and not read.

Highlighters of code make each line a `<div>`, an item or a row, inside `<pre>` or without one, and
put the numbers of lines into the page. `mark_listings` finds these, so that code is one block and
has no numbers. It also finds icons whose font draws a picture in place of their name, the signs
that link a heading or a definition to itself, and text for screen readers beside one that is seen.

Source: the pages that Rouge, Pygments, Sphinx, Chroma, Shiki, Prism, highlightjs-line-numbers,
google-code-prettify, SyntaxHighlighter (also in Confluence), Crayon, Trac, cgit, GitHub and GitLab
write.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import (
    BLOCK,
    CODE_LINE,
    ICON,
    LEFT_OUT,
    LINE,
    LINE_NUMBERS,
    LISTED,
    LISTING,
    LOOSE,
    OTHER,
    PERMALINK,
    TEXT,
    UNREAD,
)
from filters.extract.raised import raised_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Ints
from filters.text.matching import as_bytes, find_bytes

_TABLE, _TR, _OL, _A, _I, _SPAN, _SMALL, _FONT, _BR, _CODE = map(
    elements.tag, ("table", "tr", "ol", "a", "i", "span", "small", "font", "br", "code")
)
_PREFORMATTED = elements.tags("pre listing plaintext xmp")
_CELLS, _SECTIONS = elements.tags("td th"), elements.tags("thead tbody tfoot")
_TITLES = elements.tags("h1 h2 h3 h4 h5 h6 dt")
_CODE_WORDS = np.uint64(1 << list(elements.CLASS_WORDS).index("code"))


# What classes of line numbers hold.
_NUMBER_PARTS = as_bytes("lineno", "linenum", "line-num", "line_num", "gutter", "blob-num", "lnum",
                       "crayon-num", "hljs-ln-n")  # fmt: skip
_SELF_LINKS = as_bytes("¶", "#", "§", "🔗")
_BESIDE = 8  # nodes beside such a text in which another is looked for
_MOST_ICON = 40  # bytes of an icon's name, with its markup
_MOST_NUMBER = 9  # digits of a line's number


def mark_listings(data: Bytes, nodes: Nodes) -> None:
    """Sets `LISTING`, `LINE` and `LEFT_OUT` where they fit."""
    words, pres, breaks = _count_words(data, nodes, _PREFORMATTED)
    _mark(data, nodes, elements.FLAGS, words, pres, breaks)


@njit(cache=True, nogil=True)
def _count_words(data: Bytes, nodes: Nodes, preformatted: Bytes) -> tuple[Ints, Ints, Ints]:
    """How many texts before each node are more than numbers, and elements `<pre>` and `<br>`."""
    size = len(nodes.tag)
    words, pres = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    breaks = np.zeros(size + 1, np.int64)
    for node in range(size):
        words[node + 1], pres[node + 1] = words[node], pres[node]
        breaks[node + 1] = breaks[node] + (nodes.tag[node] == _BR)
        if nodes.tag[node] == TEXT:
            words[node + 1] += not _is_numbers(data, nodes.start[node], nodes.end[node])
        elif preformatted[nodes.tag[node]]:
            pres[node + 1] += 1
    return words, pres, breaks


@njit(cache=True, nogil=True)
def _is_numbers(data: Bytes, at: int, end: int) -> bool:
    while at < end:
        byte = data[at]
        if byte == ord("&") and at + 5 < end and data[at + 1] == ord("n"):
            at += 6
        elif ord("0") <= byte <= ord("9") or byte <= ord(" ") or byte in (ord("."), ord(":")):
            at += 1
        else:
            return False
    return True


@njit(cache=True, nogil=True)
def _mark(data: Bytes, nodes: Nodes, flags: Bytes, words: Ints, pres: Ints, breaks: Ints) -> None:
    listing_end, title_end, cell_end = np.int64(-1), np.int64(-1), np.int64(-1)
    for node in range(len(nodes.tag)):
        tag = nodes.tag[node]
        if tag == TEXT:
            continue
        last = nodes.last[node]
        if node <= listing_end:
            nodes.bits[node] &= ~LISTING
            if flags[tag] & BLOCK or (tag == _SPAN and nodes.bits[node] & CODE_LINE):
                nodes.bits[node] |= LINE
        has_words = words[last + 1] > words[node]
        has_class = nodes.class_end[node] > nodes.class_start[node]
        if has_class and not has_words and last > node and _names_numbers(data, nodes, node):
            nodes.bits[node] |= LEFT_OUT
            continue
        if tag == _TABLE and has_words:
            is_code = node <= listing_end or nodes.bits[node] & _CODE_WORDS != 0
            _read_table(data, nodes, node, is_code, words, pres)
        elif (
            tag == _OL
            and node > listing_end
            and (nodes.bits[node] & LISTED or _names_numbers(data, nodes, node))
        ):
            nodes.bits[node] |= LISTING
        elif _CELLS[tag]:
            cell_end = max(cell_end, last)
        elif tag == _CODE and node > max(listing_end, title_end, cell_end):
            if breaks[last] > breaks[node] and nodes.tag[last] != _BR:
                nodes.bits[node] |= LISTING | LOOSE
        elif _TITLES[tag]:
            title_end = last
        elif tag == _A:
            is_named = nodes.bits[node] & PERMALINK != 0
            if (node <= title_end or is_named) and _is_self_link(data, nodes, node):
                nodes.bits[node] |= LEFT_OUT
        elif tag in (_I, _SPAN, OTHER) and _is_icon(data, nodes, node):
            nodes.bits[node] |= LEFT_OUT
        elif tag in (_SPAN, _SMALL, _FONT):
            nodes.tag[node] = raised_tag(nodes, node)
        is_listing = _PREFORMATTED[tag] != 0 or nodes.bits[node] & LISTING != 0
        if is_listing and node > listing_end:
            listing_end = last


@njit(cache=True, nogil=True)
def _names_numbers(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the class of an element says that it holds the numbers of lines."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for part in _NUMBER_PARTS:
        if find_bytes(data, start, end, part) < end:
            return True
    return bool(nodes.bits[node] & LINE_NUMBERS)


@njit(cache=True, nogil=True)
def _read_table(
    data: Bytes, nodes: Nodes, table: int, is_code: bool, words: Ints, pres: Ints
) -> None:
    """Finds a table of code by its first cells, which hold the numbers of lines.

    In one of several rows these count up, and the table is a listing. One of a single row has all
    numbers in the first cell and all lines in the second.
    """
    rows, named, counts, expected = 0, False, True, np.int64(-1)
    first_cell, second_cell = np.int64(-1), np.int64(-1)
    row = _next_row(nodes, table, np.int64(-1))
    while row >= 0:
        cell = _child(nodes, row)
        beside = _sibling(nodes, row, cell)
        if cell < 0 or beside < 0:
            return
        if words[nodes.last[cell] + 1] > words[cell]:
            if rows:
                return
        else:
            number = _number_in(data, nodes, cell)
            if number >= 0:
                counts = counts and expected in (-1, number)
                expected = number + 1
            named = named or _names_numbers(data, nodes, cell)
            first_cell, second_cell = cell, beside
        rows += 1
        row = _next_row(nodes, table, row)
    if first_cell < 0 or not (named or (is_code and counts and rows > 1)):
        if rows == 1 and first_cell >= 0:
            first_has = pres[nodes.last[first_cell] + 1] > pres[first_cell]
            if first_has and pres[nodes.last[second_cell] + 1] > pres[second_cell]:
                nodes.bits[first_cell] |= LEFT_OUT
        return
    if rows == 1:
        nodes.bits[first_cell] |= LEFT_OUT
        if pres[nodes.last[second_cell] + 1] == pres[second_cell]:
            nodes.bits[second_cell] |= LISTING
        return
    nodes.bits[table] |= LISTING
    row = _next_row(nodes, table, np.int64(-1))
    while row >= 0:
        cell = _child(nodes, row)
        if words[nodes.last[cell] + 1] == words[cell]:
            nodes.bits[cell] |= LEFT_OUT
        row = _next_row(nodes, table, row)


@njit(cache=True, nogil=True)
def _next_row(nodes: Nodes, table: int, row: int) -> np.int64:
    """The row of a table behind one, or its first behind -1; -1 at its end."""
    node = np.int64(table + 1) if row < 0 else np.int64(nodes.last[row] + 1)
    while node <= nodes.last[table]:
        if nodes.tag[node] == _TR:
            return node
        node = node + 1 if _SECTIONS[nodes.tag[node]] else np.int64(nodes.last[node] + 1)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _child(nodes: Nodes, row: int) -> np.int64:
    """The first cell of a row; -1 if there is none."""
    return _sibling(nodes, row, np.int64(-1))


@njit(cache=True, nogil=True)
def _sibling(nodes: Nodes, row: int, cell: int) -> np.int64:
    """The cell of a row behind one; -1 if there is none."""
    node = np.int64(row + 1) if cell < 0 else np.int64(nodes.last[cell] + 1)
    while node <= nodes.last[row]:
        if _CELLS[nodes.tag[node]]:
            return node
        node = np.int64(nodes.last[node] + 1)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _number_in(data: Bytes, nodes: Nodes, cell: int) -> int:
    """The number that a cell of numbers begins with; -1 if it is empty."""
    for node in range(cell, nodes.last[cell] + 1):
        if nodes.tag[node] != TEXT:
            continue
        number, digits = 0, 0
        for at in range(nodes.start[node], nodes.end[node]):
            if ord("0") <= data[at] <= ord("9") and digits < _MOST_NUMBER:
                number, digits = 10 * number + data[at] - ord("0"), digits + 1
            elif digits:
                break
        if digits:
            return number
    return -1


@njit(cache=True, nogil=True)
def _is_self_link(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a link's text is only the sign that stands for a link to its heading."""
    if nodes.last[node] != node + 1 or nodes.tag[node + 1] != TEXT:
        return False
    start, end = nodes.start[node + 1], nodes.end[node + 1]
    for sign in _SELF_LINKS:
        if end - start == len(sign) and find_bytes(data, start, end, sign) == start:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_icon(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element is an icon whose font draws a picture for its name."""
    if nodes.end[node] - nodes.start[node] > _MOST_ICON:
        return False
    if nodes.bits[node] & ICON:
        return True
    if nodes.tag[node] != _I and nodes.bits[node] & UNREAD == 0:
        return False
    # A name that screen readers are not to read, `arrow_forward`, or any word in `<i>`.
    is_name = nodes.bits[node] & UNREAD != 0 and nodes.last[node] == node + 1
    has_underscore = nodes.tag[node] == _I
    for at in range(nodes.start[node], nodes.end[node]):
        is_sign = data[at] == ord("_") or ord("0") <= data[at] <= ord("9")
        is_name = is_name and (is_sign or ord("a") <= data[at] <= ord("z"))
        has_underscore = has_underscore or data[at] == ord("_")
    return is_name and has_underscore
