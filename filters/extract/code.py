"""Code, whose white space stands as it is, and whose lines may be elements."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, is_unseen
from filters.extract.elements import BLOCK, LEFT_OUT, LINE, TEXT
from filters.extract.lines import Line, put_break
from filters.extract.tree import Nodes, unescaped
from filters.text.characters import Bytes

_BR = elements.tag("br")
# Between these is no text, but the white space of the page's source.
_BARE = elements.tags("table thead tbody tfoot tr ul ol")
_CELLS = elements.tags("td th")


@njit(cache=True, nogil=True)
def put_code(
    data: Bytes, nodes: Nodes, blocks: Blocks, first: int, block: int, flags: Bytes, line: Line,
    out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes code with its white space; empty lines at its beginning are left out.

    Elements that are blocks elsewhere begin and end a line.
    """
    begin, waiting = at, 0  # line ends before what comes
    is_fresh, is_ended = True, False  # a line's element has nothing yet; it ended the line itself
    is_span = False  # the element was a `<span>`
    node, last = np.int64(first), np.int64(blocks.last[block])
    ended = np.int64(first)  # the node before, then the elements around it that end with it
    while node <= last:
        above = np.int64(nodes.parent[node])
        while nodes.last[ended] < node:
            if nodes.bits[ended] & LINE and nodes.bits[ended] & LEFT_OUT == 0:
                is_line = _CELLS[nodes.tag[ended]] == 0
                if is_line and at > begin:
                    waiting = waiting + 1 if is_fresh else max(waiting, 1)
                    is_ended, is_span = True, flags[nodes.tag[ended]] & BLOCK == 0
                is_fresh = is_fresh and not is_line
            ended = np.int64(nodes.parent[ended])
        ended = node
        tag = nodes.tag[node]
        if tag == TEXT:
            start, end = nodes.start[node], nodes.end[node]
            if above < 0 or not _BARE[nodes.tag[above]] or not _is_blank(data, start, end):
                if is_ended and start < end and data[start] == ord("\n"):
                    start += 1  # of the source, behind an element that ends its line
                is_ended = is_ended and start == end
                before, waited = at, waiting
                at, waiting = _put_code_text(data, start, end, line, begin, out, at, waiting)
                is_fresh = is_fresh and at == before and waiting == waited
            node += 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript):
            node = nodes.last[node] + 1
            continue
        if tag == _BR:
            # Behind a `<span>` that is a line, it ends that line.
            waiting += (at > begin or line.goes_on) and not (is_ended and is_span)
            is_fresh = is_ended = False
        elif nodes.bits[node] & LINE and _CELLS[tag] == 0:
            if at > begin and waiting == 0:
                waiting = 1
            is_fresh, is_ended = True, False
        node += 1
    return at


@njit(cache=True, nogil=True)
def _put_code_text(
    data: Bytes, start: int, end: int, line: Line, begin: int, out: Bytes, at: int, waiting: int
) -> tuple[int, int]:
    was_space = False
    while start < end:
        byte = int(data[start])
        is_space = byte <= ord(" ")
        if byte == ord("&"):
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        if line.is_loose and is_space:
            if was_space or waiting or at == begin:
                continue
            byte = ord(" ")
        was_space = is_space
        if byte == ord("\n"):
            if waiting == 0 and not line.goes_on and _is_blank(out, begin, at):
                at = begin
            else:
                waiting += 1
            continue
        for _ in range(waiting):
            at = put_break(out, at, line.prefix, line.length)
        waiting = 0
        out[at] = byte
        at += 1
    return at, waiting


@njit(cache=True, nogil=True)
def _is_blank(out: Bytes, begin: int, at: int) -> bool:
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at == begin
