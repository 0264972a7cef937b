"""Words in lower case that are fields of a line, and no parts of one word."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.raised import start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, decode
from filters.text.matching import find_bytes, is_digit

_A, _P = map(elements.tag, ("a", "p"))
_MOST_LINE, _SHORT_LINE = 2000, 400  # bytes of a line of fields, and of one with phrases
_HREF = np.frombuffer(b' href="', np.uint8)
_NAME = 2  # children of a line without a number
_MOST_WORD = 200  # bytes in which a space is looked for
_AROUND = 8  # elements around a text that are looked at


@njit(cache=True, nogil=True)
def are_fields(
    data: Bytes, nodes: Nodes, before: int, node: int, common: int, out: Bytes, begin: int
) -> bool:
    """Whether two words in lower case are fields of a line, which elements fill without other text.

    So are links to different pages, elements whose classes differ, and a number's unit and what is
    counted. In `<span>imp</span><span>ortant</span>` nothing says so.

    Args:
      before, node: the two texts.
      common: the element around both.
      out, begin: what is written, and where its line begins.
    """
    if common < 0 or nodes.end[common] - nodes.start[common] > _MOST_LINE:
        return False
    first, second = _child_around(nodes, common, before), _child_around(nodes, common, node)
    if first < 0 or second < 0:
        return False
    if nodes.tag[first] == _A and nodes.tag[second] == _A:
        return not _have_same(data, nodes, first, second, _HREF)
    children, child = 0, np.int64(common + 1)
    while child <= nodes.last[common]:
        if nodes.tag[child] != TEXT:
            children += 1
        else:
            for at in range(nodes.start[child], nodes.end[child]):
                if data[at] > ord(" "):
                    return False
        child = np.int64(nodes.last[child] + 1)
    if nodes.class_end[first] and nodes.class_end[second]:
        size = nodes.class_end[first] - nodes.class_start[first]
        is_same = size == nodes.class_end[second] - nodes.class_start[second]
        for step in range(size):
            is_same = is_same and bool(
                data[nodes.class_start[first] + step] == data[nodes.class_start[second] + step]
            )
            if not is_same:
                break
        if not is_same:
            return True
    code, _ = decode(out, np.int64(begin))
    if children > _NAME and (is_digit(code) or is_part(code)):
        return True
    # A phrase beside a word, in a line that is no paragraph: `5 min` `read`.
    return (
        nodes.tag[common] != _P
        and nodes.end[common] - nodes.start[common] <= _SHORT_LINE
        and (has_space(data, nodes, before) or has_space(data, nodes, node))
    )


@njit(cache=True, nogil=True)
def _child_around(nodes: Nodes, common: int, text: int) -> np.int64:
    """The child of an element that a text is in; -1 if it is too deep."""
    node = np.int64(text)
    for _ in range(_AROUND):
        if nodes.parent[node] == common:
            return node
        node = np.int64(nodes.parent[node])
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _have_same(data: Bytes, nodes: Nodes, first: int, second: int, name: Bytes) -> bool:
    """Whether two elements have an attribute of the same value."""
    start, end = start_tag(data, nodes, first)
    other, other_end = start_tag(data, nodes, second)
    at = find_bytes(data, start, end, name) + len(name)
    place = find_bytes(data, other, other_end, name) + len(name)
    while at < end and place < other_end and data[at] == data[place]:
        if data[at] == ord('"'):
            return True
        at += 1
        place += 1
    return False


@njit(cache=True, nogil=True)
def has_space(data: Bytes, nodes: Nodes, text: int) -> bool:
    """Whether white space stands inside of a text."""
    start, end = nodes.start[text], nodes.end[text]
    for at in range(start, min(end, start + _MOST_WORD)):  # noqa: SIM110 (a kernel)
        if data[at] <= ord(" "):
            return True
    return False


@njit(cache=True, nogil=True)
def is_part(code: int) -> bool:
    """Whether a character is a fraction, as ½."""
    return 0xBC <= code <= 0xBE or 0x2150 <= code < 0x215F
