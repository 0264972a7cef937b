"""What of a page nobody sees, although it is text in the tree: the one place that decides it.

Four marks say so: the attribute `hidden`; `display: none` and `visibility: hidden` of an element's
style, of a class such as `d-none`, or of a rule of the page's own style sheet for one class or id;
what is moved far out of the page or cut to nothing; and classes of text for screen readers. The
last two are never seen. Of the others a reader sees with one click what is closed: answers, tabs,
the rest of a text behind `Read more`. Panels of tabs are known by their role or by the list of tabs
before them, answers with `hidden` and no id by what opens them. An element is taken for such if its
class or those around it say so, if a button, link or heading beside it opens it, if links, buttons
or scripts of the page have its id, or if others of its class are shown. And where all that is
hidden is more than what is seen, a script is going to show it.

The figures are in docs/log.md, 2026-11-28.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import (
    BLOCK,
    CLASS_WORDS,
    DISPLAY,
    HIDDEN,
    LEFT_OUT,
    NAMED,
    NO_DISPLAY,
    READ_ALOUD,
    STREAMED,
    TEXT,
    UNSEEN,
)
from filters.extract.raised import bounds, start_tag
from filters.extract.tree import Indices, Nodes, name_bits
from filters.extract.twins import leave_out_twins
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, find_bytes, holds

_STYLE, _A, _P, _BUTTON, _SUMMARY, _DT, _LABEL, _H1, _H6, _TD, _TH, _DIV, _NAV = map(
    elements.tag,
    ("style", "a", "p", "button", "summary", "dt", "label", "h1", "h6", "td", "th", "div", "nav"),
)
_INLINE = elements.tags("span b strong em i small font")  # what a style sheet makes a box
_FIELDS = elements.tags("form input select textarea nav dialog")  # which no answer has
_MENU_WORDS = np.uint64(
    sum(1 << list(CLASS_WORDS).index(name) for name in ("navigation", "tool", "header"))
)
_DROPDOWN, _MOST_MENUS = b"w-dropdown-list", 256
_EXPANDED = as_bytes(" aria-expanded=")[0]
_MENU_ROLES = as_bytes(' role="menu', ' role="listbox', ' role="dialog', ' role="tooltip',
                       ' role="alert', ' role="status')  # fmt: skip
_MOST_OPENER = 4000  # bytes of what opens an answer
_MOST_ANSWER = 512  # nodes of an answer that are counted
_REST_IDS = as_bytes(' id="more', ' id="rest', ' id="read', ' id="expand', ' id="full')
_MOST_DOTS = 12  # bytes of the dots that stand for the rest of a text
_CLOSED_WORDS = np.uint64(1 << list(CLASS_WORDS).index("accordion"))
_CLOSED_NAMES = as_bytes(
    "more", "expand", "collaps", "toggle", "truncat", "spoiler", "accord", "drawer", "reveal",
    "drop", "fold", "slide", "steps", "full-text", "fulltext", "transcript",
)  # fmt: skip
_PANEL, _TABS = as_bytes(' role="tabpanel"', ' role="tablist"')
_ONCLICK = as_bytes(" onclick=")[0]
_MOST_TAG = 300  # bytes before an element in which a tag has what is done on a click
_AROUND = 3  # the element, and those around it whose classes are read
_BESIDE = 64  # elements beside it that are looked at
_REST = 60  # bytes of an inline element that may be the rest of a text

_SEEN, _UNSEEN, _UNLESS_NAMED = range(3)
_NAME = re.compile(rb"[\w-]")
_MOST_PLACES = 256  # of an id's bytes in a page that are looked at
_MOST_IDS = 64  # that are looked for in a page; those behind them are taken to be named

_DISPLAY, _IS_NONE = b"display", re.compile(rb"\s*:\s*none")
_IS_SAID = re.compile(rb"\s*:\s*(?:none|block)(?![\w-])")
_RULE = re.compile(rb"[.#][A-Za-z_][\w-]*")
_DISPLAYS = re.compile(rb"(?![\w-])[^{}]{0,200}\{[^{}]{0,1000}?(?<![\w-])display\s*:\s*(?!none|\s)")
_OTHERWISE = re.compile(
    rb"(?![\w-])[^{}]{0,200}\{[^{}]{0,1000}?(?<![\w-])(?:display\s*:\s*(?!block|\s)|float\s*:|"
    rb"position\s*:\s*(?:absolute|fixed))"
)
_ID = re.compile(rb' id="([^"<>]+)"[^<]*$')
_MOST_SELECTOR = 500  # bytes of a rule before its `display`
_MOST_RULES = 64  # of a page
_MOST_BOX_CSS = 1 << 15  # bytes of style sheets in which boxes are looked for: those of an author
_MOST_CSS = 1 << 20  # bytes of a page's style sheets that are read


def leave_out_hidden(data: Bytes, nodes: Nodes) -> None:
    """Sets `LEFT_OUT` on the elements that nobody sees."""
    sheets = _follow_rules(data, nodes)
    _open_dropdowns(data, nodes)
    if (nodes.bits & (NO_DISPLAY | HIDDEN | READ_ALOUD)).any():
        _leave_out_unseen(data, nodes, sheets)
    leave_out_twins(data, nodes)


def _open_dropdowns(data: Bytes, nodes: Nodes) -> None:
    """Makes an answer of each dropdown of Webflow that holds more text than links.

    Its builder has one element for menus and for answers: `<nav class="w-dropdown-list">` behind
    `<div class="w-dropdown-toggle">`.
    """
    menus = np.flatnonzero((nodes.tag == _NAV) & (nodes.class_end > nodes.class_start))
    before = -1
    for node in menus[:_MOST_MENUS].tolist():
        names = data[nodes.class_start[node] : nodes.class_end[node]].tobytes().split()
        if _DROPDOWN not in names or node < before or _is_menu(data, nodes, node):
            continue
        before = int(nodes.last[node])
        nodes.tag[node] = _DIV
        around = int(nodes.parent[node])
        for part in range(max(around, 0), node + 1):  # the frame, the question, the answer
            nodes.bits[part] &= ~_MENU_WORDS
        nodes.bits[node] |= _CLOSED_WORDS


def _leave_out_unseen(data: Bytes, nodes: Nodes, sheets: list[int]) -> None:
    states = _states(data, nodes, elements.FLAGS)
    unsure = np.flatnonzero(states == _UNLESS_NAMED)
    if len(unsure):
        states[unsure] = _UNSEEN
        page = _without(data, nodes, sheets)
        for number, node in enumerate(unsure.tolist()):
            if number >= _MOST_IDS or _is_named(data, nodes, node, page):
                states[node] = _SEEN
    _leave_out(data, nodes, elements.FLAGS, states)


def _follow_rules(data: Bytes, nodes: Nodes) -> list[int]:
    """Sets `NO_DISPLAY` by the page's own style sheets, whose nodes it returns, and makes boxes.

    A rule counts if its selector is one class or id alone, outside of `@media` and the like, and no
    other rule displays the same class or id otherwise in some state. Inline elements of a class
    that is a block are `<div>`, as with a style of their own.
    """
    sheets: list[int] = np.flatnonzero(nodes.tag == _STYLE).tolist()
    texts = [data[nodes.start[n] : nodes.end[n]].tobytes() for n in sheets]
    css = b"\n".join(texts)[:_MOST_CSS]
    names: dict[bytes, None] = {}
    boxes: dict[bytes, None] = {}
    depth = counted = 0
    for at in _places(css, _DISPLAY, _IS_SAID if len(css) <= _MOST_BOX_CSS else _IS_NONE):
        open_ = css.rfind(b"{", max(0, at - _MOST_SELECTOR), at)
        if open_ < counted or css.find(b"}", open_, at) >= 0:
            continue
        depth += css.count(b"{", counted, open_) - css.count(b"}", counted, open_)
        counted = open_
        if depth:
            continue
        least = max(0, open_ - _MOST_SELECTOR)
        begin = max(css.rfind(mark, least, open_) for mark in (b"}", b";", b"/", b">")) + 1
        for selector in css[max(begin, least) : open_].split(b","):
            said = names if _IS_NONE.match(css, at + len(_DISPLAY)) else boxes
            if _RULE.fullmatch(selector.strip()) and len(said) < _MOST_RULES:
                said[selector.strip()] = None
    _make_boxes(data, nodes, css, [name for name in boxes if name.startswith(b".")])
    classes: dict[str, int] = {}
    page = data.tobytes() if names else b""
    for name in names:
        if next(_places(css, name, _DISPLAYS), None) is not None:
            continue
        if name.startswith(b"."):
            classes[name[1:].decode()] = int(NO_DISPLAY).bit_length() - 1
        elif (at := page.find(b' id="%s"' % name[1:])) >= 0:
            node = int(np.searchsorted(nodes.start, at, "right"))
            if node < len(nodes.tag):
                nodes.bits[node] |= NO_DISPLAY
    if classes:
        _mark_classes(data, nodes, elements.lookup(classes))
    return sheets


def _make_boxes(data: Bytes, nodes: Nodes, css: bytes, names: list[bytes]) -> None:
    """Makes blocks of the inline elements whose class a style sheet makes one, by `.name`."""
    numbers = {name[1:].decode(): number for number, name in enumerate(names)}
    used = _classes_used(data, nodes, elements.lookup(numbers), _INLINE) if numbers else 0
    for name, number in list(numbers.items()):
        is_used = int(used) >> number & 1
        if not is_used or next(_places(css, b"." + name.encode(), _OTHERWISE), None) is not None:
            del numbers[name]
    if numbers:
        _set_boxes(data, nodes, elements.lookup(numbers), _INLINE)


@njit(cache=True, nogil=True)
def _classes_used(data: Bytes, nodes: Nodes, names: Any, inline: Bytes) -> np.uint64:
    """As bits, which of some classes inline elements have."""
    used = np.uint64(0)
    for node in range(len(nodes.tag)):
        start, end = nodes.class_start[node], nodes.class_end[node]
        if end > start and inline[nodes.tag[node]]:
            used |= name_bits(data, start, end, names)
    return used


@njit(cache=True, nogil=True)
def _set_boxes(data: Bytes, nodes: Nodes, names: Any, inline: Bytes) -> None:
    for node in range(len(nodes.tag)):
        start, end = nodes.class_start[node], nodes.class_end[node]
        if end > start and inline[nodes.tag[node]] and name_bits(data, start, end, names):
            nodes.tag[node] = _DIV
            nodes.bits[node] |= DISPLAY


def _places(text: bytes, word: bytes, behind: re.Pattern[bytes]) -> Iterator[int]:
    """Where a word stands that a pattern follows: many times as fast as a pattern of both."""
    at = text.find(word)
    while at >= 0:
        if behind.match(text, at + len(word)):
            yield at
        at = text.find(word, at + 1)


@njit(cache=True, nogil=True)
def _mark_classes(data: Bytes, nodes: Nodes, names: Any) -> None:
    for node in range(len(nodes.tag)):
        start, end = nodes.class_start[node], nodes.class_end[node]
        if end > start:
            nodes.bits[node] |= name_bits(data, start, end, names)


def _without(data: Bytes, nodes: Nodes, left_out: list[int]) -> bytes:
    """A page without what some of its elements hold."""
    parts, at = [], 0
    for node in left_out:
        parts.append(data[at : nodes.start[node]].tobytes())
        at = int(nodes.end[node])
    return b"".join((*parts, data[at:].tobytes()))


def _is_named(data: Bytes, nodes: Nodes, node: int, page: bytes) -> bool:
    """Whether a page has the id of an element elsewhere as well; or it is labelled by another."""
    start = int(nodes.start[node])
    tag = data[max(0, start - 4 * _MOST_TAG) : start].tobytes()
    found = _ID.search(tag)
    if found is None or b" aria-labelledby=" in tag[tag.rfind(b"<") :]:
        return True
    name, places, at = found[1], 0, -1
    for _ in range(_MOST_PLACES):
        at = page.find(name, at + 1)
        if at < 0:
            return False
        around = page[max(at - 1, 0) : at] + page[at + len(name) : at + len(name) + 1]
        places += not _NAME.search(around)
        if places > 1:
            return True
    return True  # a name of a letter or two


@njit(cache=True, nogil=True)
def _states(data: Bytes, nodes: Nodes, flags: Bytes) -> Bytes:
    """Of each node, whether it is seen."""
    size = len(nodes.tag)
    states = np.zeros(size, np.uint8)
    latest, before = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    for node in range(size):
        above = nodes.parent[node]
        if nodes.tag[node] != TEXT and above >= 0:
            before[node] = latest[above]
            latest[above] = node
    for node in range(size):
        bits = nodes.bits[node]
        if bits & (NO_DISPLAY | HIDDEN | READ_ALOUD) == 0 or bits & STREAMED:
            continue
        if bits & READ_ALOUD == 0 and _is_panel(data, nodes, node, before):
            continue
        is_nameless = bits & HIDDEN != 0 and bits & NAMED == 0
        may_be_answer = is_nameless and bits & READ_ALOUD == 0 and flags[nodes.tag[node]] & BLOCK
        if may_be_answer and _is_answer(data, nodes, node, before):
            continue
        if bits & READ_ALOUD or is_nameless:
            is_sign = flags[nodes.tag[node]] & BLOCK == 0 and bits & HIDDEN == 0
            is_sign = is_sign and _is_all_of_cell(data, nodes, node)
            states[node] = _SEEN if is_sign else _UNSEEN
        elif flags[nodes.tag[node]] & BLOCK == 0:
            is_rest = nodes.end[node] - nodes.start[node] >= _REST
            dots = np.int64(before[node])
            has_dots = is_rest and dots >= 0 and _is_dots(data, nodes, dots, flags)
            is_rest = is_rest and (
                has_dots
                or _is_named_rest(data, nodes, node)
                or _is_closed(data, nodes, node, before)
            )
            states[node] = _SEEN if is_rest else _UNSEEN
            if has_dots:
                states[dots] = _UNSEEN  # a click shows the rest in place of them
        elif not _is_closed(data, nodes, node, before):
            states[node] = _UNLESS_NAMED if bits & NAMED else _UNSEEN
    return states


@njit(cache=True, nogil=True)
def _is_dots(data: Bytes, nodes: Nodes, node: int, flags: Bytes) -> bool:
    """Whether an inline element holds dots alone."""
    start, end = nodes.start[node], nodes.end[node]
    if flags[nodes.tag[node]] & BLOCK or not 0 < end - start <= _MOST_DOTS:
        return False
    dots = 0
    for at in range(start, end):
        if data[at] > ord(" ") and data[at] not in (ord("."), 0xE2, 0x80, 0xA6):  # … is U+2026
            return False
        dots += data[at] > ord(" ")
    return dots > 2


@njit(cache=True, nogil=True)
def _is_named_rest(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether its id says that an element is the rest of a text."""
    start, end = start_tag(data, nodes, node)
    for name in _REST_IDS:  # noqa: SIM110 (a kernel)
        if holds(data, start, end, name):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_answer(data: Bytes, nodes: Nodes, node: int, before: Indices) -> bool:
    """Whether a `hidden` block is what the element before it opens, and no menu.

    What opens it says so with `aria-expanded`, or is `<summary>` or `<dt>`; or it is a heading or
    button, and beside both stands another pair of them.
    """
    other = np.int64(before[node])
    if other < 0 or _is_menu(data, nodes, node):
        return False
    tag, behind = nodes.tag[other], _next(nodes, node)
    if tag in (_SUMMARY, _DT):
        return True
    start, _ = start_tag(data, nodes, other)
    if holds(data, start, min(nodes.end[other], start + _MOST_OPENER), _EXPANDED):
        return True
    if tag != _BUTTON and not _H1 <= tag <= _H6:
        return False
    if behind >= 0:
        if nodes.tag[behind] != tag:
            return False
        answer = _next(nodes, behind)
        return answer >= 0 and bool(nodes.bits[answer] & HIDDEN)
    if before[other] >= 0:
        return bool(nodes.bits[before[other]] & HIDDEN)
    above = np.int64(nodes.parent[node])
    if above < 0:
        return False
    for beside in (np.int64(before[above]), _next(nodes, above)):
        if beside >= 0 and nodes.shape[beside] == nodes.shape[above]:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_menu(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element says so, has fields, or has no more text than links."""
    start, end = start_tag(data, nodes, node)
    for role in _MENU_ROLES:
        if holds(data, start, end, role):
            return True
    linked, unlinked, link_end = 0, 0, np.int64(-1)
    for below in range(node + 1, min(nodes.last[node], node + _MOST_ANSWER) + 1):
        if nodes.tag[below] == _A:
            link_end = max(link_end, np.int64(nodes.last[below]))
        elif _FIELDS[nodes.tag[below]]:
            return True
        elif nodes.tag[below] == TEXT:
            start, end = bounds(data, nodes, below)
            if below <= link_end:
                linked += end - start
            else:
                unlinked += end - start
    return bool(unlinked <= linked)


@njit(cache=True, nogil=True)
def _is_panel(data: Bytes, nodes: Nodes, node: int, before: Indices) -> bool:
    """Whether an element is what a tab shows."""
    start, end = start_tag(data, nodes, node)
    if holds(data, start, end, _PANEL):
        return True
    other = np.int64(before[node])
    for _ in range(_BESIDE):
        if other < 0 or nodes.tag[other] != nodes.tag[node]:
            break
        start, end = start_tag(data, nodes, other)
        if holds(data, start, end, _TABS):
            return True
        other = np.int64(before[other])
    if other >= 0:
        start, end = start_tag(data, nodes, other)
        return holds(data, start, end, _TABS)
    return False


@njit(cache=True, nogil=True)
def _is_all_of_cell(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a table's cell has no other text: `Yes`, which a sign shows to those who see."""
    cell = np.int64(nodes.parent[node])
    for _ in range(_AROUND):
        if cell < 0 or nodes.tag[cell] in (_TD, _TH):
            break
        cell = np.int64(nodes.parent[cell])
    if cell < 0 or nodes.tag[cell] not in (_TD, _TH) or nodes.last[cell] > cell + _BESIDE:
        return False
    for other in range(cell + 1, nodes.last[cell] + 1):
        if nodes.tag[other] == TEXT and not node <= other <= nodes.last[node]:
            start, end = bounds(data, nodes, other)
            if end > start:
                return False
    return True


@njit(cache=True, nogil=True)
def _is_closed(data: Bytes, nodes: Nodes, node: int, before: Indices) -> bool:
    """Whether a click shows an element, as far as classes and what stands beside it say."""
    around = np.int64(node)
    for level in range(_AROUND):
        if around < 0:
            break
        start, end = nodes.class_start[around], nodes.class_end[around]
        if nodes.bits[around] & _CLOSED_WORDS:
            return True
        if level < _AROUND - 1 and end > start:
            for name in _CLOSED_NAMES:
                if find_bytes(data, start, end, name) < end:
                    return True
        around = np.int64(nodes.parent[around])
    behind = _next(nodes, node)
    if behind >= 0 and nodes.tag[behind] in (_A, _BUTTON):
        return True
    other = np.int64(before[node])
    if other >= 0:
        tag = nodes.tag[other]
        if tag in (_BUTTON, _SUMMARY, _DT, _A, _LABEL) or nodes.bits[other] & _CLOSED_WORDS:
            return True
        if _H1 <= tag <= _H6 and (behind < 0 or nodes.tag[behind] == tag):
            return True
        start = nodes.start[other]
        if holds(data, max(start - _MOST_TAG, 0), start, _ONCLICK):
            return True
        for inner in range(other + 1, min(nodes.last[other] + 1, other + _BESIDE)):
            if nodes.tag[inner] == _BUTTON:
                return True
    if nodes.class_end[node] == nodes.class_start[node] or nodes.tag[node] == _P:
        return False
    for _ in range(_BESIDE):  # another of its class is shown: tabs, cards
        if other < 0:
            break
        if nodes.shape[other] == nodes.shape[node] and _is_displayed(nodes, other):
            return True
        other = np.int64(before[other])
    for _ in range(_BESIDE):
        if behind < 0:
            break
        if nodes.shape[behind] == nodes.shape[node] and _is_displayed(nodes, behind):
            return True
        behind = _next(nodes, behind)
    return False


@njit(cache=True, nogil=True)
def _is_displayed(nodes: Nodes, node: int) -> bool:
    return nodes.bits[node] & (NO_DISPLAY | HIDDEN | READ_ALOUD) == 0


@njit(cache=True, nogil=True)
def _next(nodes: Nodes, node: int) -> np.int64:
    """The element behind one, in the same element; -1 for none."""
    behind = np.int64(nodes.last[node] + 1)
    while behind < len(nodes.tag) and nodes.parent[behind] == nodes.parent[node]:
        if nodes.tag[behind] != TEXT:
            return behind
        behind += 1
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _leave_out(data: Bytes, nodes: Nodes, flags: Bytes, states: Bytes) -> None:
    """Marks what is not seen, unless blocks of it hold more text than all that is seen.

    Then a script shows them: all but those with `hidden`, of which one has to be as much alone.
    """
    size = len(nodes.tag)
    seen, hidden = 0, 0
    held = np.zeros(size, np.int64)
    outer, out_end, link_end, node = np.int64(-1), np.int64(-1), np.int64(-1), np.int64(0)
    while node < size:
        tag = nodes.tag[node]
        if tag == TEXT:
            start, end = bounds(data, nodes, node)
            if node > link_end and node <= out_end:
                hidden += end - start
                held[outer] += end - start
            elif node > link_end:
                seen += end - start
        elif flags[tag] & UNSEEN:
            node = np.int64(nodes.last[node])
        else:
            if states[node] == _UNSEEN and node > out_end:
                if flags[tag] & BLOCK == 0:
                    nodes.bits[node] |= LEFT_OUT
                    node = np.int64(nodes.last[node] + 1)
                    continue
                outer, out_end = node, np.int64(nodes.last[node])
            if tag == _A:
                link_end = max(link_end, np.int64(nodes.last[node]))
        node = np.int64(node + 1)
    for each in range(size):
        if states[each] != _UNSEEN:
            continue
        if flags[nodes.tag[each]] & BLOCK == 0:
            nodes.bits[each] |= LEFT_OUT
        elif nodes.bits[each] & HIDDEN:
            if 2 * held[each] <= seen + hidden:
                nodes.bits[each] |= LEFT_OUT
        elif hidden <= seen:
            nodes.bits[each] |= LEFT_OUT
