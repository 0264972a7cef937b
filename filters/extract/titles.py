"""The title of a page, which stands before its text and often in an element far from it."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import READ_ALOUD, TEXT
from filters.extract.layout import Layout
from filters.extract.links import names_page
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes, Floats
from filters.text.matching import find_bytes

_H1, _TITLE = map(elements.tag, ("h1", "title"))
_MOST = 300  # bytes of a title that are compared
_LEAST = 15  # bytes of the letters of one that no heading has


@njit(cache=True, nogil=True)
def keep_title(
    keep: Bools, scores: Floats, limit: float, data: Bytes, nodes: Nodes, blocks: Blocks,
    layout: Layout, apart: tuple[Bools, Bools], around: int,
) -> None:  # fmt: skip
    """Keeps the page's `<h1>`, if it has one alone, besides those that are links.

    It stands before all that is kept, wherever that is, and is not set apart by an element; or in
    the element `around`, where a link may be the title, too. A link to a page, and not to the
    site, is as good as none outside of sidebars. Of several the first one counts if `<title>` has
    its text and none of the others'. On a page without, the block counts that `<title>` begins
    with.

    Args:
      apart: which blocks an element sets apart, and which stand in a sidebar.
    """
    is_outside, is_aside = apart
    owner, counts = blocks.owner, blocks.counts
    title, link, is_only, first, names_all = -1, -1, True, -1, False
    names = _name_of_page(nodes)
    for block in range(len(keep)):
        first = block if first < 0 and keep[block] else first
        heading = layout.heading[owner[block]] if owner[block] >= 0 else -1
        if heading < 0 or nodes.tag[heading] != _H1:
            continue
        if 2 * counts[block, LINKED] > counts[block, CHARS]:
            is_only = is_only and link in (-1, heading)
            link = heading
        elif title not in (-1, heading):
            if names_all or not _has_text_of(data, nodes, names, title):
                return
            names_all = _has_text_of(data, nodes, names, heading)
            if names_all:
                return
        else:
            title = heading
    if title < 0 and link < 0:
        _keep_named(keep, data, nodes, blocks, is_outside | is_aside, names)
        return
    is_link = title < 0
    if is_link and not is_only:
        return
    title = link if is_link else title
    for block in range(len(keep)):
        node = owner[block]
        if node < 0 or title < 0 or layout.heading[node] != title:
            continue
        is_seen = (nodes.bits[title] | nodes.bits[nodes.parent[title]]) & READ_ALOUD == 0
        is_title = not is_link
        if is_link and not is_aside[block]:
            is_title = names_page(data, nodes, title, nodes.last[title])
        is_before = block < first and is_seen and is_title and not is_outside[block]
        is_beside = scores[block] >= limit and around >= 0 and around <= node <= nodes.last[around]
        keep[block] |= is_before or is_beside


@njit(cache=True, nogil=True)
def _name_of_page(nodes: Nodes) -> int:
    """The page's `<title>`; -1 for none."""
    for node in range(len(nodes.tag)):
        if nodes.tag[node] == _TITLE:
            return node
    return -1


@njit(cache=True, nogil=True)
def _letters(data: Bytes, nodes: Nodes, first: int, last: int, out: Bytes) -> int:
    """Writes the letters of texts, those of ASCII in lower case; how many bytes they are."""
    size = 0
    for node in range(first, last + 1):
        if nodes.tag[node] == TEXT:
            for at in range(nodes.start[node], nodes.end[node]):
                byte = data[at]
                is_small = ord("a") <= byte | 32 <= ord("z")
                if size < len(out) and (is_small or byte >= 0x80 or ord("0") <= byte <= ord("9")):
                    out[size] = byte | 32 if is_small else byte
                    size += 1
    return size


@njit(cache=True, nogil=True)
def _has_text_of(data: Bytes, nodes: Nodes, title: int, heading: int) -> bool:
    """Whether `<title>` has the text of a heading."""
    if title < 0:
        return False
    name, text = np.empty(_MOST, np.uint8), np.empty(_MOST, np.uint8)
    held = _letters(data, nodes, title + 1, nodes.last[title], name)
    size = _letters(data, nodes, heading + 1, nodes.last[heading], text)
    return size > 0 and find_bytes(name, 0, held, text[:size]) < held


@njit(cache=True, nogil=True)
def _keep_named(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, is_apart: Bools, title: int
) -> None:
    """Keeps the last block before the text that is nearly what `<title>` begins with."""
    if title < 0:
        return
    name, text = np.empty(_MOST, np.uint8), np.empty(_MOST, np.uint8)
    held, found = _letters(data, nodes, title + 1, nodes.last[title], name), -1
    for block in range(len(keep) if held >= _LEAST else 0):
        size = _letters(data, nodes, blocks.first[block], blocks.last[block], text)
        same = 0
        while same < min(size, held) and text[same] == name[same]:
            same += 1
        if same >= _LEAST and 5 * same >= 3 * size and 2 * same >= held:
            if keep[block]:
                return
            found = block if not is_apart[block] else found
        if keep[block]:
            break
    if found >= 0:
        keep[found] = True
