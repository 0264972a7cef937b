"""Words in lower case that are fields of a line, and no parts of one word."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.raised import start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, decode
from filters.text.matching import as_bytes, find_bytes, has_word, is_digit, is_letter

_A, _P, _TIME = map(elements.tag, ("a", "p", "time"))
_NAMES, _ROLES = elements.tags("b strong"), elements.tags("span small")
_ROWS, _CELLS = elements.tags("a div li dd dt td th section label"), elements.tags("div li dd td")
_MOST_LINE, _SHORT_LINE = 2000, 400  # bytes of a line of fields, and of one with phrases
_HREF = np.frombuffer(b' href="', np.uint8)
_BADGES = as_bytes("badge", "badge-", "chip", "label", "label-", "pill", "tag")
_NAME = 2  # children of a line without a number
_LONG_NAME = 4  # bytes of a name beside its value; a shorter one may be a syllable
_MOST_WORD = 200  # bytes in which a space is looked for
_AROUND = 8  # elements around a text that are looked at
_PHRASE = 24  # bytes of a part of a sentence
_MOST_CHILDREN = 16  # of an element among which its own text is looked for


@njit(cache=True, nogil=True)
def are_fields(
    data: Bytes, nodes: Nodes, before: int, node: int, common: int, is_short: bool, out: Bytes,
    begin: int,
) -> bool:  # fmt: skip
    """Whether two words in lower case are fields of a line, which elements fill without other text.

    So are links to different pages, elements whose classes differ, and a number's unit and what is
    counted. In `<span>imp</span><span>ortant</span>` nothing says so.

    Args:
      before, node: the two texts.
      common: the element around both.
      is_short: one of the words is so short that it may be a part of a word: elements whose classes
        differ, and lines that begin with a number, say that it is none.
      out, begin: what is written, and where its line begins.
    """
    if common < 0:
        return False
    first, second = _child_around(nodes, common, before), _child_around(nodes, common, node)
    if first < 0 or second < 0:
        return False
    is_same = _have_same_class(data, nodes, first, second)
    if is_same and not is_short and _is_badge(data, nodes, first):
        return True
    is_link = nodes.tag[first] == _A
    if is_link and nodes.tag[second] == _A:
        return not is_short and not _have_same(data, nodes, first, second, _HREF)
    if nodes.end[common] - nodes.start[common] > _MOST_LINE:
        return False
    children, child = 0, np.int64(common + 1)
    while child <= nodes.last[common]:
        if nodes.tag[child] != TEXT:
            children += 1
        else:
            for at in range(nodes.start[child], nodes.end[child]):
                if data[at] > ord(" "):
                    return False
        child = np.int64(nodes.last[child] + 1)
    is_line = nodes.tag[common] != _P and nodes.end[common] - nodes.start[common] <= _SHORT_LINE
    if nodes.class_end[first] and nodes.class_end[second] and not is_same:
        return is_line or not is_short
    code, _ = decode(out, np.int64(begin))
    if children > _NAME and (is_digit(code) or is_part(code)):
        return True
    if is_short or not is_line:
        return False
    if is_file_name(data, nodes, before) and nodes.tag[second] == _A:
        return True  # hello.rb, view raw
    # A name and what it is, alone in a line: <b>Иван</b><span>повар</span>.
    if children == _NAME and _NAMES[nodes.tag[first]] and _ROLES[nodes.tag[second]]:
        return True
    # The same without any class: <div><span>Monday</span><span>closed</span></div>.
    has_class = nodes.class_end[first] or nodes.class_end[second]
    is_named = nodes.end[before] - nodes.start[before] >= _LONG_NAME and is_capital(code)
    if children == _NAME and _CELLS[nodes.tag[common]] and is_named and not has_class:
        return True
    # A phrase beside a word, in a line that is no paragraph: `5 min` `read`.
    return has_space(data, nodes, before) or has_space(data, nodes, node)


@njit(cache=True, nogil=True)
def are_named(data: Bytes, nodes: Nodes, before: int, node: int, common: int) -> bool:
    """Whether two texts are fields by their classes, which differ: `By` and `Anna`.

    A capital that begins the second is then the beginning of a name, although `Mc` has one inside.
    """
    if common < 0:
        return False
    first, second = _child_around(nodes, common, before), _child_around(nodes, common, node)
    if first < 0 or second < 0:
        return False
    if nodes.class_end[second] == nodes.class_start[second]:
        second = np.int64(nodes.parent[node]) if nodes.tag[second] != _TIME else second
    if nodes.class_end[first] == nodes.class_start[first]:
        return False
    if nodes.class_end[second] == nodes.class_start[second]:
        return bool(nodes.tag[second] == _TIME)
    return not _have_same_class(data, nodes, first, second)


@njit(cache=True, nogil=True)
def is_prose(data: Bytes, nodes: Nodes, before: int, node: int, common: int) -> bool:
    """Whether two texts are parts of a sentence, so that the digits between are of one number.

    The element around both has words of its own, or both texts are long, which editors cut into
    `<span>`.
    """
    size = min(nodes.end[before] - nodes.start[before], nodes.end[node] - nodes.start[node])
    if size >= _PHRASE and has_space(data, nodes, before) and has_space(data, nodes, node):
        return True
    child, steps = np.int64(common + 1), 0
    while common >= 0 and child <= nodes.last[common] and steps < _MOST_CHILDREN:
        if nodes.tag[child] == TEXT and child not in (before, node):
            for at in range(nodes.start[child], nodes.end[child]):
                if is_letter(data[at]):
                    first = _child_around(nodes, common, before)
                    second = _child_around(nodes, common, node)
                    is_both = first >= 0 and second >= 0
                    return is_both and _have_same_class(data, nodes, first, second)
        child = np.int64(nodes.last[child] + 1)
        steps += 1
    return False


@njit(cache=True, nogil=True)
def are_in_row(data: Bytes, nodes: Nodes, before: int, node: int, common: int) -> bool:
    """Whether two elements fill a row, beside which stands another row of the same two elements.

    `<li><span>Monday</span><span>closed</span></li><li><span>Friday</span><span>open</span></li>`.
    """
    if common < 0 or not _ROWS[nodes.tag[common]]:
        return False
    first, second = _pair(data, nodes, common)
    if first < 0 or not (first < before <= nodes.last[first] < second < node):
        return False
    if nodes.class_end[first] and _have_same_class(data, nodes, first, second):
        return False  # syllables
    above = np.int64(nodes.parent[common])
    for behind in (np.int64(nodes.last[common]), above):
        other = behind + 1
        if other < len(nodes.tag) and nodes.tag[other] == TEXT:
            other += 1  # white space between rows
        if other >= len(nodes.tag) or other == common or nodes.parent[other] != above:
            continue
        if nodes.shape[other] != nodes.shape[common]:
            continue
        its_first, its_second = _pair(data, nodes, other)
        if its_first >= 0 and nodes.tag[its_first] == nodes.tag[first]:
            return bool(nodes.tag[its_second] == nodes.tag[second])
    return False


@njit(cache=True, nogil=True)
def _pair(data: Bytes, nodes: Nodes, row: int) -> tuple[np.int64, np.int64]:
    """The two elements that fill a short row without other text; -1 where it has others."""
    first = second = np.int64(-1)
    if nodes.end[row] - nodes.start[row] > _SHORT_LINE:
        return np.int64(-1), np.int64(-1)
    child = np.int64(row + 1)
    while child <= nodes.last[row]:
        if nodes.tag[child] == TEXT:
            for at in range(nodes.start[child], nodes.end[child]):
                if data[at] > ord(" "):
                    return np.int64(-1), np.int64(-1)
        elif first < 0:
            first = child
        elif second < 0:
            second = child
        else:
            return np.int64(-1), np.int64(-1)
        child = np.int64(nodes.last[child] + 1)
    return (first, second) if second >= 0 else (np.int64(-1), np.int64(-1))


@njit(cache=True, nogil=True)
def _have_same_class(data: Bytes, nodes: Nodes, first: int, second: int) -> bool:
    size = nodes.class_end[first] - nodes.class_start[first]
    if size != nodes.class_end[second] - nodes.class_start[second]:
        return False
    for step in range(size):
        if data[nodes.class_start[first] + step] != data[nodes.class_start[second] + step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_badge(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the class of an element says that its text has a box of its own."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for word in _BADGES:  # noqa: SIM110 (a kernel)
        if end > start and has_word(data, start, end, word):
            return True
    return False


@njit(cache=True, nogil=True)
def is_file_name(data: Bytes, nodes: Nodes, text: int) -> bool:
    """Whether a text is a word with a point inside, as `main.rs`."""
    start, end = nodes.start[text], nodes.end[text]
    has_point = False
    for at in range(start, min(end, start + _MOST_WORD)):
        if data[at] <= ord(" "):
            return False
        is_inside = start < at < end - 1 and is_letter(data[at - 1]) and is_letter(data[at + 1])
        has_point = has_point or (data[at] == ord(".") and is_inside)
    return has_point


@njit(cache=True, nogil=True)
def is_capital(code: int) -> bool:
    """Whether a character is a capital of Latin, Greek or Cyrillic."""
    return ord("A") <= code <= ord("Z") or 0xC0 <= code < 0xDF or 0x391 <= code < 0x430


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
