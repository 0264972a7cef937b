"""Notes below a text whose mark stands in it: `*children free`, Word's `[1] The note`.

They score low, as short lines behind the text, and stand in an element of their own. A note is kept
with what it belongs to: one that begins with a sign that ends a word of the text, in an element
that holds text, and one that begins with a link back to its mark.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import TEXT
from filters.extract.notes import leads_to_note
from filters.extract.raised import bounds
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes

_A = elements.tag("a")
_APART = elements.tags("nav aside form button dialog menu footer header")
_MOST_MARK = 6  # bytes
_MOST_NODES = 8  # of a mark
_STEPS = 4  # elements around the first text of a block, of which one may be the mark
_LEVELS = 32  # elements around a block


def keep_notes(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Keeps the notes of what is kept."""
    _keep(keep, data, nodes, blocks, _APART)


@njit(cache=True, nogil=True)
def _keep(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, apart: Bytes) -> None:
    before = np.int64(-1)  # the kept block before
    has_marks = has_stars = -1  # not known yet
    for block in range(len(keep)):
        if keep[block]:
            before = np.int64(block)
            continue
        owner, first = np.int64(blocks.owner[block]), np.int64(blocks.first[block])
        if before < 0 or owner < 0:
            continue
        start, end = bounds(data, nodes, first)
        if data[start] == ord("*"):
            if end - start < 2 or data[start + 1] == ord("*") or _is_apart(nodes, owner, apart):
                continue
            above = nodes.parent[owner]
            is_beside = above >= 0 and blocks.first[before] > above
            is_linked = 2 * blocks.counts[block, LINKED] > blocks.counts[block, CHARS]
            if is_beside and not is_linked:
                if has_stars < 0:
                    has_stars = int(_has_stars(keep, data, nodes, blocks))
                keep[block] = has_stars == 1
        elif _begins_with_link(data, nodes, first, owner):
            if has_marks < 0:
                has_marks = int(_has_marks(keep, data, nodes, blocks))
            keep[block] = has_marks == 1 and not _is_apart(nodes, owner, apart)


@njit(cache=True, nogil=True)
def _begins_with_link(data: Bytes, nodes: Nodes, first: int, owner: int) -> bool:
    """Whether a block begins with `<a href="#_ftnref1">[1]</a>`."""
    node = np.int64(first)
    for _ in range(_STEPS):
        node = np.int64(nodes.parent[node])
        if node <= owner:
            return False
        if nodes.tag[node] == _A:
            return _is_mark(data, nodes, node)
    return False


@njit(cache=True, nogil=True)
def _is_mark(data: Bytes, nodes: Nodes, link: int) -> bool:
    """Whether a link is the mark of a note, by its address and the digits in it."""
    size, has_digit = 0, False
    if nodes.last[link] - link > _MOST_NODES:
        return False
    for node in range(link + 1, nodes.last[link] + 1):
        if nodes.tag[node] == TEXT:
            start, end = bounds(data, nodes, node)
            size += end - start
            for at in range(start, min(end, start + _MOST_MARK)):
                has_digit = has_digit or ord("0") <= data[at] <= ord("9")
    return has_digit and size <= _MOST_MARK and leads_to_note(data, nodes, link)


@njit(cache=True, nogil=True)
def _is_apart(nodes: Nodes, node: int, apart: Bytes) -> bool:
    around = np.int64(node)
    for _ in range(_LEVELS):
        if around < 0:
            break
        if apart[nodes.tag[around]]:
            return True
        around = np.int64(nodes.parent[around])
    return False


@njit(cache=True, nogil=True)
def _has_marks(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> bool:
    """Whether what is kept has marks of notes that do not begin a block."""
    for block in range(len(keep)):
        if keep[block]:
            for node in range(blocks.first[block] + 1, blocks.last[block] + 1):
                if nodes.tag[node] == _A and _is_mark(data, nodes, node):
                    return True
    return False


@njit(cache=True, nogil=True)
def _has_stars(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> bool:
    """Whether a star ends a word of what is kept: `€5*`."""
    for block in range(len(keep)):
        if not keep[block]:
            continue
        for node in range(blocks.first[block], blocks.last[block] + 1):
            if nodes.tag[node] != TEXT:
                continue
            start, end = nodes.start[node], nodes.end[node]
            for at in range(start, end):
                is_behind = data[at - 1] > ord(" ") if at > start else node > blocks.first[block]
                is_last = at + 1 == end or data[at + 1] <= ord(" ")
                if data[at] == ord("*") and is_behind and is_last:
                    return True
    return False
