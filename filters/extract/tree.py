"""A parsed page as arrays of nodes, for kernels.

resiliparse (lexbor) parses HTML as browsers do and writes the tree out again as HTML. What it
writes is regular: every element that has an end tag has it, attributes stand in double quotes, and
of text only `&`, `<`, `>` and no-break spaces are escaped. So one pass over these bytes, without
any rule of HTML's, gives the tree.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from resiliparse.parse.html import HTMLTree

from filters.extract import elements
from filters.extract.drawn import is_name_of_formulas, read_element, source_in_address
from filters.extract.elements import (
    BULLETED,
    CAPITALS,
    CHOICE,
    DISPLAY,
    DISPLAYED,
    FIELD,
    FORMULA,
    HIDDEN,
    HIGHLIGHTER,
    KEEPS_LINES,
    KEEPS_SPACES,
    LEFT_OUT,
    LETTERS,
    LISTING,
    LOWERED,
    MATHJAX,
    NAMED,
    NO_DISPLAY,
    NUMBERED,
    OTHER,
    RAISED,
    RAW,
    READ_ALOUD,
    RENDERING,
    REVERSED,
    ROMAN,
    STREAMED,
    TEX,
    TEXT,
    UNREAD,
    VOID,
    Lookup,
)
from filters.extract.formula_sources import HINTS
from filters.extract.frames import arrange
from filters.extract.mathjax import arrange_formulas
from filters.extract.streams import put_segments
from filters.text.characters import Bytes, Hashes, Ints, find_slot
from filters.text.matching import (
    as_bytes,
    begins,
    begins_in_any_case,
    equals,
    equals_in_any_case,
    find_bytes,
    holds_any,
    is_digit,
)
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

Indices = npt.NDArray[np.int32]


class Nodes(NamedTuple):
    """The nodes of a page in the order of the document.

    Attributes:
      tag: `elements.TEXT`, `elements.OTHER`, or the number of an element's name.
      parent: index of the parent; -1 for the root.
      last: index of the last node below it, itself if there is none.
      start, end: the bytes of a text, or those between start tag and end tag of an element.
      bits: groups of words in its class, id, role or item property, and flags of `elements`.
      shape: hash of name and class without digits; siblings of one list have equal ones.
      note_start, note_end: the bytes of a text that stands for the element: its `alt` or `alttext`,
        of `<math>` an annotation in TeX, of code the name of its language, of `<ol>` and `<li>`
        the number that they begin with, of `<mfenced>` its bracket.
      class_start, class_end: the bytes of its class.
      across, down: of a cell, how many columns and rows it spans.
    """

    tag: Bytes
    parent: Indices
    last: Indices
    start: Ints
    end: Ints
    bits: Hashes
    shape: Hashes
    note_start: Ints
    note_end: Ints
    class_start: Ints
    class_end: Ints
    across: Indices
    down: Indices


def read_tree(tree: HTMLTree) -> tuple[Bytes, Nodes]:
    """A tree written out as UTF-8, and its nodes, whose places are places in these bytes."""
    html = tree.document.html if tree.document is not None else ""
    if tree.document is not None and put_segments(tree, html):
        html = tree.document.html
    data, nodes = _read_html(html)
    if tree.document is None:
        return data, nodes
    is_changed = bool(_WITH_PAGES[nodes.tag].any()) and arrange(tree, html)
    may_have_formulas = holds_any(data, HINTS)
    if (may_have_formulas and arrange_formulas(tree, html)) or is_changed:
        return _read_html(tree.document.html)
    return data, nodes


def _read_html(html: str) -> tuple[Bytes, Nodes]:
    data = np.frombuffer(html.encode("utf-8", "replace"), np.uint8)
    # A tag gives a node, and a text stands before or behind one.
    most = 2 * int(np.count_nonzero(data == ord("<"))) + 1
    nodes = Nodes(*(np.empty(most, kind) for kind in _KINDS))
    count = _read(data, elements.FLAGS, *elements.lookups(), nodes)
    columns: Any = (column[:count] for column in nodes)
    return data, Nodes(*columns)


_KINDS: tuple[Any, ...] = (
    np.uint8, np.int32, np.int32, np.int64, np.int64, np.uint64, np.uint64, np.int64, np.int64,
    np.int64, np.int64, np.int32, np.int32,
)  # fmt: skip


def _bytes(text: str) -> Bytes:
    return np.frombuffer(text.encode(), np.uint8)


(_CLASS, _ID, _ROLE, _ITEMPROP, _HIDDEN_NAME, _ARIA_LABELLEDBY, _STYLE, _ARIA_HIDDEN, _DISPLAY_NAME,
 _COLSPAN, _ROWSPAN, _ALT, _ALTTEXT, _START, _VALUE, _OPEN, _TYPE, _REVERSED, _ENCODING,
 _SRC, _ARIA_LEVEL, _DATA_MATH) = range(1, len(elements.ATTRIBUTES) + 1)  # fmt: skip
_DISPLAY, _VISIBILITY, _WHITE_SPACE, _VERTICAL_ALIGN, _SUPER, _SUB, _HIDDEN = map(
    _bytes,
    ("display", "visibility", "white-space", "vertical-align", "super", "sub", "hidden"),
)
# Where a style puts what is not to be seen, and how it cuts it.
_PLACES = as_bytes("left", "right", "top", "text-indent", "margin-left")
_CLIP, _RECT, *_INSETS_ = as_bytes("clip", "rect(", "inset(50%", "inset(100%")
_INSETS = tuple(_INSETS_)
_FAR, _FAR_NINES, _FAR_EMS, _VERY_FAR = 5000, 999, 99, 100_000
# How utilities of Tailwind, behind a colon, and of Bootstrap, behind the size, display an element.
_SIZES, _PRINTED = as_bytes("d-", "d-print-")
_SHOWN = as_bytes(
    "block", "flex", "grid", "inline", "table", "contents", "list-item", "not-sr-only", "visible"
)  # fmt: skip
_ROLE_TABLE, _ROLE_GRID, _ROLE_ROWS, _ROLE_ROW = map(_bytes, ("table", "grid", "rowgroup", "row"))
_ROLE_CELLS = tuple(map(_bytes, ("cell", "gridcell", "columnheader", "rowheader")))
_HEADING, _KATEX_HTML = map(_bytes, ("heading", "katex-html"))
_WITH_PAGES = elements.tags("iframe")
_TABLE, _TBODY, _TR, _P, _H1, _H6 = map(elements.tag, ("table", "tbody", "tr", "p", "h1", "h6"))
# What makes an element a box of its own.
_OUTER_DISPLAYS = tuple(
    map(_bytes, ("block", "flex", "grid", "table", "list-item", "flow-root", "table-row",
                 "table-cell"))
)  # fmt: skip
_DIV_ALIKE = elements.tags("span b strong em i small font")
_DIV_ALIKE[OTHER] = 1
_NONE, _BLOCK, _TRUE, _PRE_STYLE, _PRE_LINE, _UNTIL_FOUND = map(
    _bytes, ("none", "block", "true", "pre", "pre-line", "until-found")
)
# What addresses of images of formulas have.
_FORMULA_IMAGES = tuple(
    map(_bytes, ("latex.php", "//latex.", "mimetex", "mathtex", "quicklatex", "/render/svg/",
                 "wikimedia.org/math/"))
)  # fmt: skip
_MODE_DISPLAY = _bytes("mode=display")
_MATH_TEX, _APPLICATION_TEX, _COMMENT_END = map(_bytes, ("math/tex", "application/x-tex", "-->"))
_LANGUAGES = tuple(
    map(_bytes, ("language-", "lang-", "highlight-source-", "highlight-text-",
                 "mw-highlight-lang-", "brush:", "sourceCode ", "syntaxhighlighter ", "hljs "))
)  # fmt: skip
_LIST_STYLE, _LIST_STYLE_TYPE, _LOWER, _UPPER, _ROMAN_NAME, _ALPHA, _LATIN = map(
    _bytes, ("list-style", "list-style-type", "lower-", "upper-", "roman", "alpha", "latin")
)
_DECIMAL = _bytes("decimal")
_BULLETS = tuple(map(_bytes, ("none", "disc", "circle", "square")))
# Types of `<input>`.
_CHOICES = tuple(map(_bytes, ("radio", "checkbox")))
_FIELDS = tuple(map(_bytes, ("text", "email", "password", "search", "tel", "url", "number")))
_MFENCED, _DIALOG, _INPUT = map(elements.tag, ("mfenced", "dialog", "input"))
_MATH, _PRE, _CODE, _OL, _UL, _LI, _IMG, _SPAN, _DIV, _TD, _TH = map(
    elements.tag, ("math", "pre", "code", "ol", "ul", "li", "img", "span", "div", "td", "th")
)
_MOST_SPANNED = 1000  # columns and rows, as browsers have it for columns
_CODE_WORDS = np.uint64(1 << list(elements.CLASS_WORDS).index("code"))
_ANNOTATION_DEPTH = 4  # elements between an annotation and its <math>; in the standard it is one
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)


@njit(cache=True, nogil=True)
def _read(
    data: Bytes, flags: Bytes, tags: Lookup, attributes: Lookup, words: Lookup, names: Lookup,
    nodes: Nodes,
) -> Any:  # fmt: skip
    """Fills the columns of `nodes`; how many there are."""
    size, at, count, open_ = len(data), np.int64(0), np.int64(0), np.int64(-1)
    while at < size:
        if data[at] != ord("<"):
            end = at
            while end < size and data[end] != ord("<"):
                end += 1
            _add(nodes, count, TEXT, open_, at, end)
            count += 1
            at = end
        elif at + 1 < size and data[at + 1] == ord("!"):
            if at + 3 < size and data[at + 2] == ord("-"):
                at = find_bytes(data, at + 4, size, _COMMENT_END) + 3
            else:
                at = _end_of_tag(data, at)
        elif at + 1 < size and data[at + 1] == ord("?"):
            at = _end_of_tag(data, at)
        elif at + 1 < size and data[at + 1] == ord("/"):
            if open_ >= 0:
                nodes.last[open_], nodes.end[open_] = count - 1, at
                if nodes.bits[open_] & TEX:
                    _note_annotation(nodes, open_)
                open_ = nodes.parent[open_]
            at = _end_of_tag(data, at)
        else:
            begin = at + 1
            name_hash, at = _name(data, begin)
            slot = find_slot(tags.keys, len(tags.keys), name_hash)
            number = tags.numbers[slot] if tags.keys[slot] else OTHER
            if number == OTHER:
                number = _number_behind_prefix(data, begin, at, tags)
            node = count
            _add(nodes, node, number, open_, at, at)
            nodes.shape[node] = name_hash
            if number == _DIALOG:
                nodes.bits[node] = LEFT_OUT
            at = _read_attributes(data, at, attributes, words, names, nodes, node)
            nodes.start[node] = nodes.end[node] = at
            read_element(data, nodes, node, begin, at)
            count += 1
            if flags[number] & VOID:
                continue
            open_ = node
            if flags[number] & RAW:
                end = _end_of_raw(data, at, name_hash)
                if end > at:
                    _add(nodes, count, TEXT, open_, at, end)
                    count += 1
                at = end
    while open_ >= 0:
        nodes.last[open_], nodes.end[open_] = count - 1, size
        open_ = nodes.parent[open_]
    return count


@njit(cache=True, nogil=True)
def _add(nodes: Nodes, node: int, tag: int, parent: int, start: int, end: int) -> None:
    nodes.tag[node], nodes.parent[node], nodes.last[node] = tag, parent, node
    nodes.start[node], nodes.end[node] = start, end
    nodes.bits[node] = nodes.shape[node] = 0
    nodes.note_start[node] = nodes.note_end[node] = 0
    nodes.class_start[node] = nodes.class_end[node] = 0
    nodes.across[node] = nodes.down[node] = 1


@njit(cache=True, nogil=True)
def _read_attributes(
    data: Bytes, at: int, attributes: Lookup, words: Lookup, names: Lookup, nodes: Nodes, node: int
) -> int:
    """Reads the rest of a start tag; where it ends."""
    size = len(data)
    while at < size and data[at] == ord(" "):
        at += 1
        name_hash = _BASIS
        while at < size and data[at] not in (ord("="), ord(" "), ord(">")):
            name_hash = (name_hash ^ np.uint64(data[at])) * _PRIME
            at += 1
        value, value_end = at, at
        if at < size and data[at] == ord("="):
            value = at + 2
            value_end = value
            while value_end < size and data[value_end] != ord('"'):
                value_end += 1
            at = value_end + 1
        slot = find_slot(attributes.keys, len(attributes.keys), name_hash)
        if attributes.keys[slot]:
            name = attributes.numbers[slot]
            _note_attribute(data, name, value, value_end, words, names, nodes, node)
    return at + 1


@njit(cache=True, nogil=True)
def _note_attribute(
    data: Bytes, name: int, value: int, value_end: int, words: Lookup, names: Lookup, nodes: Nodes,
    node: int,
) -> None:  # fmt: skip
    bits, tag = nodes.bits[node], nodes.tag[node]
    if name == _CLASS:
        nodes.class_start[node], nodes.class_end[node] = value, value_end
        bits |= _word_bits(data, value, value_end, words)
        named = name_bits(data, value, value_end, names)
        if named & (NO_DISPLAY | READ_ALOUD) and _is_shown_wider(data, value, value_end):
            named &= ~(NO_DISPLAY | READ_ALOUD)
        bits |= named
        shape = nodes.shape[node]
        for at in range(value, value_end):
            if not ord("0") <= data[at] <= ord("9"):
                shape = (shape ^ np.uint64(data[at])) * _PRIME
        nodes.shape[node] = shape
        # MathJax 3 has MathML in elements of its own; earlier ones have it in a script.
        if bits & RENDERING and tag != OTHER:
            bits |= MATHJAX
            # KaTeX without MathML has its HTML alone, as the first element.
            if nodes.parent[node] == node - 1 and equals(data, value, value_end, _KATEX_HTML):
                bits &= ~MATHJAX
        if bits & DISPLAYED and tag == _SPAN:
            bits |= DISPLAY
        if tag in (_PRE, _CODE) or bits & (_CODE_WORDS | HIGHLIGHTER):
            _note_language(data, value, value_end, nodes, node)
    elif name == _ID:
        bits |= _word_bits(data, value, value_end, words) | NAMED
        if _is_streamed(data, value, value_end):
            bits |= STREAMED
    elif name in (_ROLE, _ITEMPROP):
        bits |= _word_bits(data, value, value_end, words)
        if name == _ROLE:
            _note_role(data, value, value_end, nodes, node)
    elif name == _ARIA_LEVEL:
        level = min(_span(data, value, value_end), _H6 - _H1 + 1)
        if _H1 <= tag <= _H6:
            nodes.tag[node] = _H1 + level - 1
        elif tag in (_DIV, _P, _SPAN, OTHER):
            nodes.across[node] = level  # for the role behind it
    elif name == _HIDDEN_NAME:
        if not equals(data, value, value_end, _UNTIL_FOUND):
            bits |= HIDDEN
    elif name == _ARIA_LABELLEDBY:
        bits |= NAMED
    elif name == _STYLE:
        bits |= _style_bits(data, value, value_end, nodes, node)
        if bits & NUMBERED:
            bits &= ~(LETTERS | ROMAN | CAPITALS)
    elif name == _ARIA_HIDDEN:
        if equals(data, value, value_end, _TRUE):
            bits |= UNREAD
    elif name == _DISPLAY_NAME:
        # <math display="block">, <mjx-container display="true">
        is_block = equals(data, value, value_end, _BLOCK) or equals(data, value, value_end, _TRUE)
        if tag in (_MATH, OTHER) and is_block:
            bits |= DISPLAY
    elif tag in (_TD, _TH) and name == _COLSPAN:
        nodes.across[node] = _span(data, value, value_end)
    elif tag in (_TD, _TH) and name == _ROWSPAN:
        nodes.down[node] = _span(data, value, value_end)
    elif tag == _IMG and name == _ALT and is_name_of_formulas(data, value, value_end):
        pass
    elif tag in (_SPAN, _DIV) and name == _DATA_MATH:
        if value_end > value:
            bits |= DISPLAY if tag == _DIV else np.uint64(0)
            nodes.tag[node] = _MATH
            nodes.note_start[node], nodes.note_end[node] = value, value_end
    elif (
        name in (_ALT, _ALTTEXT)
        or (tag == _OL and name == _START)
        or (tag == _MFENCED and name == _OPEN)
        or (tag == _LI and name == _VALUE)
    ):
        nodes.note_start[node], nodes.note_end[node] = value, value_end
        is_tex = value_end - value > 2 and data[value] == ord("$") == data[value_end - 1]
        if tag == _IMG and is_tex:
            bits |= FORMULA
    elif tag == _DIALOG and name == _OPEN:
        bits &= ~LEFT_OUT
    elif tag == _OL and name == _TYPE:
        if value_end == value + 1 and not bits & NUMBERED:
            kind = data[value] | 32
            is_known = kind in (ord("a"), ord("i"))
            bits |= LETTERS if kind == ord("a") else ROMAN if is_known else np.uint64(0)
            bits |= CAPITALS if is_known and kind != data[value] else np.uint64(0)
    elif tag == _OL and name == _REVERSED:
        bits |= REVERSED
    elif tag == _INPUT and name == _TYPE:
        for kind in _CHOICES:
            bits |= CHOICE if equals_in_any_case(data, value, value_end, kind) else np.uint64(0)
        for kind in _FIELDS:
            bits |= FIELD if equals_in_any_case(data, value, value_end, kind) else np.uint64(0)
    elif name == _TYPE:
        if find_bytes(data, value, value_end, _MATH_TEX) < value_end:
            bits |= FORMULA
            if find_bytes(data, value, value_end, _MODE_DISPLAY) < value_end:
                bits |= DISPLAY
    elif name == _ENCODING:
        if find_bytes(data, value, value_end, _APPLICATION_TEX) < value_end:
            bits |= TEX
    elif name == _SRC and tag == _IMG:
        for image in _FORMULA_IMAGES:
            if find_bytes(data, value, value_end, image) < value_end:
                bits |= FORMULA
                if nodes.note_start[node] == nodes.note_end[node]:
                    note_start, note_end = source_in_address(data, value, value_end)
                    nodes.note_start[node], nodes.note_end[node] = note_start, note_end
    nodes.bits[node] = bits


@njit(cache=True, nogil=True)
def name_bits(data: Bytes, start: int, end: int, names: Lookup) -> np.uint64:
    """The bits of the names in a class, and of those that names begin with."""
    bits, value = np.uint64(0), _BASIS
    for at in range(start, end + 1):
        byte = data[at] if at < end else ord(" ")
        is_end = byte == ord(" ")
        if not is_end:
            value = (value ^ np.uint64(byte)) * _PRIME
        if is_end or byte == ord("-") or byte == ord("_"):
            slot = find_slot(names.keys, len(names.keys), value)
            if names.keys[slot]:
                bits |= np.uint64(1) << np.uint64(names.numbers[slot])
        if is_end:
            value = _BASIS
    return bits


@njit(cache=True, nogil=True)
def _is_shown_wider(data: Bytes, start: int, end: int) -> bool:
    """Whether a class shows elsewhere what it hides: `hidden md:block`, `d-none d-lg-flex`."""
    for at in range(start, end):
        value = end
        if data[at] == ord(":"):
            value = at + 1
        elif begins(data, at, end, _SIZES) and (at == start or data[at - 1] == ord(" ")):
            value = at + len(_SIZES)
            while value < end and data[value] not in (ord("-"), ord(" ")):
                value += 1
            value = end if begins(data, at, end, _PRINTED) else value + 1  # d-print-block
        for shown in _SHOWN:
            if begins(data, value, end, shown):
                return True
    return False


@njit(cache=True, nogil=True)
def _is_far(data: Bytes, start: int, end: int) -> bool:
    """Whether a length is far out of the page: -999, -9999px, -100em. Carousels move less far."""
    if end - start < 3 or data[start] != ord("-"):
        return False
    number, nines, at = 0, True, start + 1
    while at < end and is_digit(data[at]) and number < _VERY_FAR:
        number = 10 * number + data[at] - ord("0")
        nines = nines and data[at] == ord("9")
        at += 1
    is_em = at < end and data[at] in (ord("e"), ord("r"))
    return number >= _FAR or (number >= _FAR_NINES and nines) or (is_em and number >= _FAR_EMS)


@njit(cache=True, nogil=True)
def _is_place(data: Bytes, start: int, end: int) -> bool:
    for place in _PLACES:  # noqa: SIM110 (a kernel)
        if equals_in_any_case(data, start, end, place):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_cut(data: Bytes, start: int, end: int) -> bool:
    """Whether a clip leaves nothing, or one pixel: `rect(0, 0, 0, 0)`, `inset(50%)`."""
    for inset in _INSETS:
        if begins_in_any_case(data, start, end, inset):
            return True
    if not begins_in_any_case(data, start, end, _RECT):
        return False
    for at in range(start + len(_RECT), end):
        if data[at] == ord("a") or (is_digit(data[at]) and data[at] > ord("1")):
            return False
        if is_digit(data[at]) and is_digit(data[at - 1]):
            return False
    return True


@njit(cache=True, nogil=True)
def _note_role(data: Bytes, start: int, end: int, nodes: Nodes, node: int) -> None:
    """Makes a heading, or a part of a table, of an element whose role is that.

    Roles of tables count if nothing is between their elements.
    """
    tag, above = nodes.tag[node], nodes.parent[node]
    if equals(data, start, end, _HEADING) and tag in (_DIV, _P, _SPAN, OTHER):
        level = nodes.across[node] if nodes.across[node] > 1 else 2
        nodes.tag[node] = _H1 + level - 1
    if tag not in (_DIV, _SPAN, OTHER):
        return
    around = nodes.tag[above] if above >= 0 else np.uint8(OTHER)
    if equals(data, start, end, _ROLE_TABLE) or equals(data, start, end, _ROLE_GRID):
        nodes.tag[node] = _TABLE
    elif around == _TABLE and equals(data, start, end, _ROLE_ROWS):
        nodes.tag[node] = _TBODY
    elif around in (_TABLE, _TBODY) and equals(data, start, end, _ROLE_ROW):
        nodes.tag[node] = _TR
    elif around == _TR:
        for cell in _ROLE_CELLS:
            if equals(data, start, end, cell):
                nodes.tag[node] = _TD


@njit(cache=True, nogil=True)
def _is_streamed(data: Bytes, start: int, end: int) -> bool:
    """Whether an id is that of a segment of a page that React sends late: `S:` and a number.

    Such a segment is hidden until a script moves it to its place.
    Source: packages/react-dom-bindings/src/server/ReactFizzConfigDOM.js of facebook/react.
    """
    if end - start < 3 or data[start] != ord("S") or data[start + 1] != ord(":"):
        return False
    for at in range(start + 2, end):
        digit = data[at]
        if not (ord("0") <= digit <= ord("9") or ord("a") <= digit <= ord("f")):
            return False
    return True


@njit(cache=True, nogil=True)
def _span(data: Bytes, start: int, end: int) -> int:
    """How many columns or rows a cell spans; 1 for what is no number, and for 0."""
    number = 0
    while start < end and ord("0") <= data[start] <= ord("9") and number < _MOST_SPANNED:
        number = 10 * number + data[start] - ord("0")
        start += 1
    return min(max(number, 1), _MOST_SPANNED)


@njit(cache=True, nogil=True)
def _style_bits(data: Bytes, at: int, end: int, nodes: Nodes, node: int) -> np.uint64:
    """What the declarations of a `style` say. A `<span>` that they make a block is a `<div>`.

    So are unknown elements and those of emphasis. Links stay what they are, on a line of their own.
    """
    bits = np.uint64(0)
    while at < end:
        while at < end and data[at] <= ord(" "):
            at += 1
        name = at
        while at < end and data[at] not in (ord(":"), ord(";"), ord(" ")):
            at += 1
        name_end = at
        while at < end and data[at] != ord(";") and (data[at] <= ord(" ") or data[at] == ord(":")):
            at += 1
        value = at
        while at < end and data[at] not in (ord(";"), ord(" "), ord("!")):
            at += 1
        value_end = at
        while at < end and data[at] != ord(";"):
            at += 1
        last = at
        at += 1
        if equals_in_any_case(data, name, name_end, _DISPLAY):
            if equals_in_any_case(data, value, value_end, _NONE):
                bits |= NO_DISPLAY
            for kind in _OUTER_DISPLAYS:
                if equals_in_any_case(data, value, value_end, kind):
                    bits |= DISPLAY
            if bits & DISPLAY and _DIV_ALIKE[nodes.tag[node]]:
                nodes.tag[node] = _DIV
        elif equals_in_any_case(data, name, name_end, _VISIBILITY):
            if equals_in_any_case(data, value, value_end, _HIDDEN):
                bits |= NO_DISPLAY
        elif (_is_far(data, value, value_end) and _is_place(data, name, name_end)) or (
            begins_in_any_case(data, name, name_end, _CLIP) and _is_cut(data, value, last)
        ):
            bits |= READ_ALOUD
        elif nodes.tag[node] in (_OL, _UL) and (
            equals_in_any_case(data, name, name_end, _LIST_STYLE)
            or equals_in_any_case(data, name, name_end, _LIST_STYLE_TYPE)
        ):
            numbering = _list_bits(data, value, last)
            if numbering:
                nodes.tag[node] = _UL if numbering & BULLETED else _OL
            bits |= numbering
        elif equals_in_any_case(data, name, name_end, _VERTICAL_ALIGN):
            if equals_in_any_case(data, value, value_end, _SUPER):
                bits |= RAISED
            elif equals_in_any_case(data, value, value_end, _SUB):
                bits |= LOWERED
        elif equals_in_any_case(data, name, name_end, _WHITE_SPACE):
            is_pre = begins_in_any_case(data, value, value_end, _PRE_STYLE)
            if is_pre and nodes.tag[node] == _CODE:
                bits |= LISTING
            elif is_pre:
                bits |= KEEPS_LINES
                if not equals_in_any_case(data, value, value_end, _PRE_LINE):
                    bits |= KEEPS_SPACES
    return bits


@njit(cache=True, nogil=True)
def _list_bits(data: Bytes, at: int, end: int) -> np.uint64:
    """How a list's style numbers its items: the first word of it that says so."""
    while at < end:
        start = at
        while at < end and data[at] not in (ord(" "), ord("!")):
            at += 1
        if equals_in_any_case(data, start, at, _DECIMAL):
            return NUMBERED
        for name in _BULLETS:
            if equals_in_any_case(data, start, at, name):
                return BULLETED
        is_lower = _begins_style(data, start, at, _LOWER)
        if is_lower or _begins_style(data, start, at, _UPPER):
            rest = start + len(_LOWER)
            capitals = np.uint64(0) if is_lower else CAPITALS
            if equals_in_any_case(data, rest, at, _ROMAN_NAME):
                return ROMAN | capitals
            if equals_in_any_case(data, rest, at, _ALPHA) or equals_in_any_case(
                data, rest, at, _LATIN
            ):
                return LETTERS | capitals
        at += 1
    return np.uint64(0)


@njit(cache=True, nogil=True)
def _begins_style(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    return end - start > len(word) and begins_in_any_case(data, start, end, word)


@njit(cache=True, nogil=True)
def _note_language(data: Bytes, value: int, value_end: int, nodes: Nodes, node: int) -> None:
    """Notes the language that a class of code names, as highlighters take it."""
    for prefix in _LANGUAGES:
        start = find_bytes(data, value, value_end, prefix)
        if start < value_end and (start == value or data[start - 1] == ord(" ")):
            start += len(prefix)
            if start < value_end and data[start] == ord(" "):
                start += 1  # brush: js
            end = start
            while end < value_end and data[end] not in (ord(" "), ord(";")):
                end += 1
            nodes.note_start[node], nodes.note_end[node] = start, end
            return


@njit(cache=True, nogil=True)
def _note_annotation(nodes: Nodes, annotation: int) -> None:
    above = nodes.parent[annotation]
    for _ in range(_ANNOTATION_DEPTH):
        if above < 0:
            return
        if nodes.tag[above] == _MATH:
            nodes.note_start[above] = nodes.start[annotation]
            nodes.note_end[above] = nodes.end[annotation]
            return
        above = nodes.parent[above]


@njit(cache=True, nogil=True)
def _word_bits(data: Bytes, start: int, end: int, words: Lookup) -> np.uint64:
    """A bit for each group of which a word is here. Words end at `-`, `_`, or before a capital."""
    bits, value, length, was_small = np.uint64(0), _BASIS, 0, False
    for at in range(start, end + 1):
        byte = data[at] if at < end else ord(" ")
        is_capital, is_small = ord("A") <= byte <= ord("Z"), ord("a") <= byte <= ord("z")
        if not (is_capital or is_small) or (is_capital and was_small):
            if length:
                slot = find_slot(words.keys, len(words.keys), value)
                if words.keys[slot]:
                    bits |= np.uint64(1) << np.uint64(words.numbers[slot])
            value, length = _BASIS, 0
        if is_capital or is_small:
            value = (value ^ np.uint64(byte | 32)) * _PRIME
            length += 1
        was_small = is_small
    return bits


@njit(cache=True, nogil=True)
def _name(data: Bytes, at: int) -> tuple[np.uint64, int]:
    """The hash of a tag's name, and where it ends."""
    value = _BASIS
    while at < len(data) and data[at] != ord(" ") and data[at] != ord(">"):
        value = (value ^ np.uint64(data[at])) * _PRIME
        at += 1
    return value, at


@njit(cache=True, nogil=True)
def _number_behind_prefix(data: Bytes, at: int, end: int, tags: Lookup) -> int:
    """The element of MathML whose name stands behind a prefix, `<m:mfrac>`; `OTHER` for none."""
    while at < end and data[at] != ord(":"):
        at += 1
    if at + 1 >= end or data[at + 1] != ord("m"):
        return OTHER
    name_hash, _ = _name(data, at + 1)
    slot = find_slot(tags.keys, len(tags.keys), name_hash)
    return int(tags.numbers[slot]) if tags.keys[slot] else OTHER


@njit(cache=True, nogil=True)
def _end_of_tag(data: Bytes, at: int) -> int:
    while at < len(data) and data[at] != ord(">"):
        at += 1
    return at + 1


@njit(cache=True, nogil=True)
def _end_of_raw(data: Bytes, at: int, name_hash: np.uint64) -> int:
    """Where the end tag of this name begins; the end of the bytes if it has none."""
    while at + 1 < len(data):
        if data[at] == ord("<") and data[at + 1] == ord("/"):
            found, _ = _name(data, at + 2)
            if found == name_hash:
                return at
        at += 1
    return len(data)


@njit(cache=True, nogil=True)
def unescaped(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """What an `&` at a place stands for, and where it ends."""
    if at + 3 < end and data[at + 2] == ord("t"):
        return (ord("<") if data[at + 1] == ord("l") else ord(">")), at + 4
    if at + 4 < end and data[at + 1] == ord("a"):
        return ord("&"), at + 5
    if at + 5 < end and data[at + 1] == ord("q"):
        return ord('"'), at + 6
    if at + 5 < end and data[at + 1] == ord("n"):
        return ord(" "), at + 6
    return ord("&"), at + 1
