"""Centres of preferences for cookies, which a page holds for those who want to choose.

They are longer than many a text. Those of common services are left out by their classes
(`filters.extract.elements`), others by what they are: a dialog, or an element whose class or id
says so, that speaks of cookies and has something to choose or press.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, Blocks
from filters.extract.notices import has_cookies
from filters.extract.raised import attribute, start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, find_bytes, holds_in_any_case

_BODY, _MAIN, _ARTICLE, _BUTTON, _INPUT, _H1, _HTML = map(
    elements.tag, ("body", "main", "article", "button", "input", "h1", "html")
)
_DIALOGS = as_bytes(' role="dialog"', ' role="alertdialog"', ' aria-modal="true"')
_NAMES = as_bytes("cookie", "consent", "gdpr", "privacy-", "tracking-", "datenschutz")
_CLASS, _ID = as_bytes(' class="', ' id="')
_STEPS = 32  # elements around a block
_MOST_NAME = 200  # bytes of a class or an id
_PRESSED = as_bytes(' role="button"', ' role="switch"', ' role="checkbox"')


@njit(cache=True, nogil=True)
def drop_consent(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Drops what is kept of such elements, if anything else is."""
    owner = blocks.owner
    first = -1
    for block in range(len(keep)):
        if keep[block] and owner[block] >= 0 and has_cookies(data, nodes, blocks, block):
            first = block
            break
    if first < 0:
        return
    kinds = np.full(len(nodes.tag), -1, np.int8)
    is_asked = np.zeros(len(keep), np.bool_)
    others, block = 0, 0
    while block < len(keep):
        if not keep[block] or owner[block] < 0:
            block += 1
            continue
        node, box = np.int64(owner[block]), np.int64(-1)
        for _ in range(_STEPS):
            if node < 0 or kinds[node] == 0:
                break
            if kinds[node] < 0:
                kinds[node] = _is_box(data, nodes, node)
            box = node if kinds[node] == 1 else box
            node = np.int64(nodes.parent[node])
        end = block + 1
        if box >= 0:
            speaks = False
            end = block
            while end < len(keep) and owner[end] <= nodes.last[box]:
                speaks = speaks or (keep[end] and has_cookies(data, nodes, blocks, end))
                end += 1
            is_asked[block:end] = speaks and _has_choice(data, nodes, box)
        for at in range(block, end):
            others += blocks.counts[at, CHARS] * (keep[at] and not is_asked[at])
        block = end
    if others:
        for block in range(len(keep)):
            keep[block] = keep[block] and not is_asked[block]


@njit(cache=True, nogil=True)
def _is_box(data: Bytes, nodes: Nodes, node: int) -> int:
    """1 for a dialog or an element with such a name; 2 for others, since those around may be."""
    tag = nodes.tag[node]
    if tag in (_BODY, _HTML, _MAIN, _ARTICLE):
        return 0
    start, end = start_tag(data, nodes, node)
    for name in _DIALOGS:
        if find_bytes(data, start, end, name) < end:
            return 1
    for which in (_CLASS, _ID):
        at, close = attribute(data, start, end, which)
        for name in _NAMES:
            if holds_in_any_case(data, at, min(close, at + _MOST_NAME), name):
                return 1
    return 2


@njit(cache=True, nogil=True)
def _has_choice(data: Bytes, nodes: Nodes, box: int) -> bool:
    choices = 0
    for node in range(box, nodes.last[box] + 1):
        if nodes.tag[node] == _H1:
            return False
        choices += nodes.tag[node] in (_BUTTON, _INPUT)
        if nodes.tag[node] > 1 and choices == 0:
            start, end = start_tag(data, nodes, node)
            for name in _PRESSED:
                choices += find_bytes(data, start, end, name) < end
    return choices > 0
