"""Marks that items of lists bring as text: bullets, `(i)`, `2.`, which would stand there twice.

LaTeXML writes `<li style="list-style-type:none"><span class="ltx_tag">•</span>`, and people type
bullets. A bullet is no text. A number is that of the item. Another mark, `(i)` or `b)`, stands in
place of ours.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import BLOCK, BULLETED, LEFT_OUT, MARKED, TEXT, UNSEEN
from filters.extract.raised import bounds, start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, decode
from filters.text.matching import as_bytes, holds, is_digit, is_letter

_LI, _OL = map(elements.tag, ("li", "ol"))
_OTHERS = elements.tags("ul ol dl table pre li dt")  # whose text is not the item's first line
_BULLETS = tuple(map(ord, "•·◦▪▫■□●○‣⁃∙►▸–—・･◆"))
_TIGHT = tuple(map(ord, "・･●■◆"))  # behind which a Chinese or Japanese item begins without a space
_WIDE = 0x2E80  # code points from here on are written without spaces
_STEPS = 8  # nodes of an item among which its first text is
_MOST = 3  # letters or digits of a mark
_LIST_STYLE = as_bytes("list-style")[0]
_ROMAN = tuple(b"ivxlc")


def take_marks(data: Bytes, nodes: Nodes) -> None:
    """Makes the texts of such marks empty, and notes at items what they say."""
    if (nodes.tag == _LI).any():
        _take(data, nodes, elements.FLAGS)


@njit(cache=True, nogil=True)
def _take(data: Bytes, nodes: Nodes, flags: Bytes) -> None:
    latest = np.zeros(len(nodes.tag), np.int32)  # the number of a list's latest item
    for item in range(len(nodes.tag)):
        above = np.int64(nodes.parent[item])
        if nodes.tag[item] != _LI or above < 0:
            continue
        latest[above] += 1
        text = _first_text(data, nodes, item, flags)
        if text < 0:
            continue
        is_numbered = nodes.tag[above] == _OL
        start, end = bounds(data, nodes, text)
        behind = _behind_bullet(data, start, end)
        if behind > start:
            if not is_numbered and (behind < end or _has_text(data, nodes, text + 1, item)):
                nodes.start[text] = behind
            continue
        mark = np.int64(text)  # the largest element that holds nothing else
        while nodes.parent[mark] != item and nodes.last[nodes.parent[mark]] == nodes.last[mark]:
            mark = np.int64(nodes.parent[mark])
        next_ = nodes.last[mark] + 1
        is_apart = nodes.tag[mark] != TEXT or (
            next_ <= nodes.last[item] and flags[nodes.tag[next_]] & BLOCK != 0
        )
        if not is_apart or not _has_text(data, nodes, next_, item):
            continue
        number, is_plain = _read_mark(data, start, end)
        if number == 0 or (is_digit(data[end - 1]) and number != latest[above]):
            continue
        if is_plain and is_numbered:
            latest[above] = number
            end -= not is_digit(data[end - 1])
        elif is_digit(data[end - 1]) or not (is_numbered or _is_unmarked(data, nodes, item)):
            continue
        else:
            nodes.bits[item] |= MARKED
        nodes.note_start[item], nodes.note_end[item] = start, end
        nodes.end[text] = nodes.start[text]


@njit(cache=True, nogil=True)
def _first_text(data: Bytes, nodes: Nodes, item: int, flags: Bytes) -> np.int64:
    """The text that the first line of an item begins with; -1 for none."""
    for node in range(item + 1, min(nodes.last[item], item + _STEPS) + 1):
        if nodes.tag[node] == TEXT:
            start, end = bounds(data, nodes, node)
            if end > start:
                return np.int64(node)
        elif (
            _OTHERS[nodes.tag[node]]
            or flags[nodes.tag[node]] & UNSEEN
            or nodes.bits[node] & LEFT_OUT
        ):
            break
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _has_text(data: Bytes, nodes: Nodes, first: int, item: int) -> bool:
    """Whether an item has text from a node on that is its own, and of no list in it."""
    for node in range(first, nodes.last[item] + 1):
        if nodes.tag[node] == TEXT:
            start, end = bounds(data, nodes, node)
            if end > start:
                return True
        elif _OTHERS[nodes.tag[node]]:
            break
    return False


@njit(cache=True, nogil=True)
def _behind_bullet(data: Bytes, start: int, end: int) -> int:
    """Where a bullet ends that white space, nothing or kanji follow; `start` for none."""
    code, width = decode(data, start)
    if code not in _BULLETS:
        return start
    behind = start + width
    is_last = behind == end or data[behind] <= ord(" ") or data[behind] == ord("&")
    if not is_last and code in _TIGHT:
        next_, _ = decode(data, behind)
        is_last = next_ >= _WIDE
    return behind if is_last else start


@njit(cache=True, nogil=True)
def _is_unmarked(data: Bytes, nodes: Nodes, item: int) -> bool:
    """Whether a style takes the bullets of items away."""
    start, end = start_tag(data, nodes, item)
    return nodes.bits[nodes.parent[item]] & BULLETED != 0 or holds(data, start, end, _LIST_STYLE)


@njit(cache=True, nogil=True)
def _read_mark(data: Bytes, start: int, end: int) -> tuple[int, bool]:
    """The number of `2`, `2.` and `2)`, and that it is one; 1 for `(i)`, `[12]`; 0 for no mark."""
    at, is_open = start, data[start] in (ord("("), ord("["))
    at += is_open
    first, number, letters = at, 0, 0
    while at < end and (is_digit(data[at]) or is_letter(data[at])):
        if is_digit(data[at]):
            number = 10 * number + int(data[at]) - ord("0")
        elif at > first and (data[at] | 32 not in _ROMAN or data[first] | 32 not in _ROMAN):
            return 0, False
        else:
            letters += 1
        at += 1
        if at - first > _MOST:
            return 0, False
    if at == first or (letters and letters < at - first):
        return 0, False
    closing = end - at
    if closing > 2 or (closing == 0 and (letters or is_open)):
        return 0, False
    for place in range(at, end):
        if data[place] not in (ord(")"), ord("]"), ord(".")):
            return 0, False
    if letters or is_open or closing == 2:
        return 1, False
    return number, True
