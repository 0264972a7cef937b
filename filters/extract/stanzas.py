"""Stanzas of verse in divisions: which lines an empty line parts, as a page shows it.

Divisions are lines one below the other. Where each line of a poem is one, its stanzas are known by
the elements around the lines, by an empty line between them, or by line breaks inside.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, is_blank
from filters.extract.elements import TEXT
from filters.extract.tree import Nodes
from filters.text.characters import Bytes

_BR, _DIV = elements.tag("br"), elements.tag("div")
_STANZAS = elements.tags("div section article p")
_SPACER = 8  # nodes between two lines that are looked at
_NBSP = 6  # bytes of `&nbsp;`


@njit(cache=True, nogil=True)
def begins_stanza(data: Bytes, nodes: Nodes, blocks: Blocks, before: int, block: int) -> bool:
    """Whether an empty line stands between two blocks that are one behind the other in the text."""
    owner, other = np.int64(blocks.owner[block]), np.int64(blocks.owner[before])
    if nodes.tag[owner] != _DIV or nodes.tag[other] != _DIV:
        return False
    if _has_lines(nodes, blocks, block) and _has_lines(nodes, blocks, before):
        return True
    if block == before + 1 and _is_empty_line(data, nodes, blocks, before, block):
        return True
    above, beside = np.int64(nodes.parent[owner]), np.int64(nodes.parent[other])
    if above < 0 or beside < 0 or above == beside:
        return False
    if nodes.parent[above] != nodes.parent[beside] or not _are_stanzas(nodes, above, beside):
        return False
    return (
        block + 1 < len(blocks.owner)
        and _is_line_of(nodes, blocks, block + 1, above)
        and before > 0
        and _is_line_of(nodes, blocks, before - 1, beside)
    )


@njit(cache=True, nogil=True)
def _are_stanzas(nodes: Nodes, above: int, beside: int) -> bool:
    return bool(_STANZAS[nodes.tag[above]] and nodes.tag[above] == nodes.tag[beside])


@njit(cache=True, nogil=True)
def _is_line_of(nodes: Nodes, blocks: Blocks, block: int, around: int) -> bool:
    owner = blocks.owner[block]
    return bool(owner >= 0 and nodes.parent[owner] == around and nodes.tag[owner] == _DIV)


@njit(cache=True, nogil=True)
def _has_lines(nodes: Nodes, blocks: Blocks, block: int) -> bool:
    """Whether a block has line breaks inside."""
    for node in range(blocks.first[block], blocks.last[block]):  # noqa: SIM110 (a kernel)
        if nodes.tag[node] == _BR:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_empty_line(data: Bytes, nodes: Nodes, blocks: Blocks, before: int, block: int) -> bool:
    """Whether a line break or a no-break space stands between two lines on a line of its own.

    The first line break in the element of a line ends that line.
    """
    owner, other = blocks.owner[block], blocks.owner[before]
    ended = False
    first, last = blocks.last[before] + 1, blocks.first[block]
    for node in range(first, min(last, first + _SPACER)):
        is_inside = other <= node <= nodes.last[other]
        if nodes.tag[node] == _BR:
            if not is_inside or ended:
                return True
            ended = True
        elif nodes.tag[node] == TEXT and not (is_inside or owner <= node <= nodes.last[owner]):
            start, end = nodes.start[node], nodes.end[node]
            if is_blank(data, start, end) and end - start >= _NBSP:
                for at in range(start, end):
                    if data[at] == ord("&"):
                        return True
    return False
