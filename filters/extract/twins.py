"""Text that a page has twice, for wide and for narrow screens: the one on wide screens is kept.

Classes of style sheets say at which widths an element is shown: `d-none d-md-block` beside
`d-md-none`, `hidden md:block` beside `md:hidden`, `hide-mobile` beside `hide-desktop`. What a wide
screen does not show is left out if what it shows has the same texts; if not, it is kept, since
pages also say on narrow screens what they draw on wide ones.
"""

import re
from typing import Any

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import LEFT_OUT, NARROW, TEXT, UNSEEN
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

_OL = elements.tag("ol")
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)
_SAME = 0.9  # of the bytes of its texts that are elsewhere, too
_LEAST = 12  # bytes of a text that is looked for
_MOST = 256  # elements of a page that are looked at
# What utilities of Bootstrap and Tailwind say from a width on; a wide screen has all of these.
_WIDTHS = ("", "sm", "md", "lg", "xl")
_UTILITY = re.compile(
    r"(?:(?P<wide>sm|md|lg|xl):|d-(?:(?P<up>sm|md|lg|xl)-)?)?"
    r"(?P<display>hidden|none|block|flex|grid|inline|table|contents)(?:-[a-z-]+)?"
)


def leave_out_twins(data: Bytes, nodes: Nodes) -> None:
    """Sets `LEFT_OUT` on the elements whose texts a wide screen shows elsewhere."""
    found = np.flatnonzero((nodes.bits & NARROW != 0) & (nodes.tag != _OL))
    if len(found) == 0:
        return
    narrow, end = [], -1
    for node in found[:_MOST].tolist():
        if node > end and nodes.tag[node] != TEXT and _is_narrow(_class_of(data, nodes, node)):
            narrow.append(node)
            end = int(nodes.last[node])
    if not narrow:
        return
    hashes = _hash_texts(data, nodes, elements.FLAGS)
    sizes = (nodes.end - nodes.start) * (hashes != 0)
    is_wide = np.ones(len(hashes), np.bool_)
    for node in narrow:
        is_wide[node : nodes.last[node] + 1] = False
    wide = np.unique(hashes[is_wide & (hashes != 0)])
    if len(wide) == 0:
        return
    for node in narrow:
        below = slice(node, int(nodes.last[node]) + 1)
        own = hashes[below]
        is_same = wide[np.minimum(np.searchsorted(wide, own), len(wide) - 1)] == own
        size = int(sizes[below].sum())
        if size and sizes[below][is_same].sum() >= _SAME * size:
            nodes.bits[node] |= LEFT_OUT


def _class_of(data: Bytes, nodes: Nodes, node: int) -> str:
    return data[nodes.class_start[node] : nodes.class_end[node]].tobytes().decode()


def _is_narrow(names: str) -> bool:
    """Whether a wide screen does not show an element, by its class.

    Of utilities the one for the greatest width counts; other names say it by themselves.
    """
    best, is_hidden, is_utility = -1, False, False
    for name in names.split():
        said = _UTILITY.fullmatch(name)
        if said is None:
            continue
        width = _WIDTHS.index(said["wide"] or said["up"] or "")
        is_utility = is_utility or width > 0
        if width >= best:
            best, is_hidden = width, said["display"] in ("hidden", "none")
    return is_hidden if is_utility else True


@njit(cache=True, nogil=True)
def _hash_texts(data: Bytes, nodes: Nodes, flags: Bytes) -> Any:
    """Of each node the hash of its text without white space; 0 for what is short or not shown."""
    size = len(nodes.tag)
    hashes = np.zeros(size, np.uint64)
    node = 0
    while node < size:
        tag = nodes.tag[node]
        if tag != TEXT:
            if flags[tag] & UNSEEN or nodes.bits[node] & LEFT_OUT:
                node = nodes.last[node]
            node += 1
            continue
        value, count = _BASIS, 0
        for at in range(nodes.start[node], nodes.end[node]):
            if data[at] > ord(" "):
                value = (value ^ np.uint64(data[at])) * _PRIME
                count += 1
        if count >= _LEAST:
            hashes[node] = value
        node += 1
    return hashes
