"""What documentation of code shows beside a declaration: links to its source, labels that fold it.

They are rustdoc's, javadoc's and Sphinx's: `1.70.0 · Source`, `[source]`, `Expand description`.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import TEXT
from filters.extract.links import address
from filters.extract.raised import bounds
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, equals, holds

_A, _SUMMARY = map(elements.tag, ("a", "summary"))
_LABELS = as_bytes("Source", "source", "[src]", "src", "[source]")
_PLACES = as_bytes("/src/", "/src-html/", "_modules/")
(_FOLDED,) = as_bytes("hideme")
_MOST = 80  # characters of versions before a link
_STEPS = 3  # elements between a block and what folds


@njit(cache=True, nogil=True)
def drop_source_links(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Drops blocks that are a link to the source of code, perhaps behind versions, and such labels.

    The link is the only one, and the last of the block; no word stands before it but in brackets.
    """
    for block in range(len(keep)):
        chars, linked = blocks.counts[block, CHARS], blocks.counts[block, LINKED]
        if not keep[block] or chars > _MOST:
            continue
        if linked and linked <= 8 and _ends_with_source(data, nodes, blocks, block):
            keep[block] = False
        node = np.int64(blocks.owner[block])
        for _ in range(_STEPS if linked == 0 else 0):
            if node < 0 or nodes.tag[node] == _SUMMARY:
                break
            node = np.int64(nodes.parent[node])
        if linked == 0 and node >= 0 and nodes.tag[node] == _SUMMARY:
            start, end = nodes.class_start[node], nodes.class_end[node]
            keep[block] = keep[block] and not equals(data, start, end, _FOLDED)


@njit(cache=True, nogil=True)
def _ends_with_source(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> bool:
    first, last = blocks.first[block], blocks.last[block]
    while last > first and nodes.tag[last] != TEXT:
        last -= 1
    link = np.int64(nodes.parent[last])
    start, end = bounds(data, nodes, last)
    for _ in range(_STEPS):
        if link < 0 or nodes.tag[link] == _A:
            break
        link = np.int64(nodes.parent[link])
    if link < 0 or nodes.tag[link] != _A:
        return False
    is_label = False
    for label in _LABELS:
        is_label = is_label or equals(data, start, end, label)
    if not is_label:
        return False
    start, end = address(data, nodes, link)
    for place in _PLACES:
        if holds(data, start, end, place):
            return True
    return _is_src(data, nodes, link)


@njit(cache=True, nogil=True)
def _is_src(data: Bytes, nodes: Nodes, link: int) -> bool:
    """Whether a link's class is `src`, as in rustdoc."""
    start, end = nodes.class_start[link], nodes.class_end[link]
    is_src = end - start >= 3 and data[start] == ord("s") and data[start + 1] == ord("r")
    return is_src and data[start + 2] == ord("c") and (end - start == 3 or data[start + 3] == 32)
