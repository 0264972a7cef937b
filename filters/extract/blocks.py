"""Blocks: the pieces of text that a page shows as lines of their own.

A block is a run of text without the beginning or end of a block element between its words, or two
line breaks. Texts that a browser never renders are in none.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract import elements
from filters.extract.elements import (
    BLOCK,
    FORMULA,
    HIDDEN,
    LEFT_OUT,
    LINE,
    LISTING,
    MATHJAX,
    NO_DISPLAY,
    NOTES,
    STREAMED,
    TEXT,
    UNSEEN,
)
from filters.extract.hidden import leave_out_hidden
from filters.extract.item_marks import take_marks
from filters.extract.links import is_own_place
from filters.extract.listings import mark_listings
from filters.extract.noscript import show_lazy_texts
from filters.extract.toolbars import empty_labels
from filters.extract.tree import Indices, Nodes
from filters.text.characters import (
    SENTENCE_END,
    SPACE,
    Bytes,
    character_classes,
    decode,
)

Counts = npt.NDArray[np.int32]

# What is counted of a block's text.
(CHARS, LINKED, WORDS, SENTENCES, COMMAS, DIGITS, CAPITALS, SEPARATORS, WIDE, ENDING, IN_BUTTONS,
 NOT_DISPLAYED) = range(12)  # fmt: skip
COUNTS = 12
NO_ENDING, ENDS_SENTENCE, ENDS_WITH_COLON = range(3)

_WIDE = 0x2E80  # from here on scripts are written without spaces, and a character says more
_BR, _A, _BUTTON, _MATH, _SCRIPT, _IMG, _NOSCRIPT, _H1, _H6 = map(
    elements.tag, ("br", "a", "button", "math", "script", "img", "noscript", "h1", "h6")
)
_WIDE_COLON = 0xFF1A
_COMMAS = frozenset(",;،、，；፣՝")
_MARKS = frozenset("|»›·•/")

# A page whose visible text is shorter than this by the text of its <noscript> shows that instead:
# it is written for programs that run no scripts, and that is what we are.
_NOSCRIPT_FACTOR = 2
_NOSCRIPT_CHARS = 200


class Blocks(NamedTuple):
    """Blocks of a page in its order.

    Attributes:
      owner: node of the innermost block element around it, -1 if there is none.
      first, last: its first and last node that is text or a formula.
      counts: int32[blocks, COUNTS].
      noscript: whether texts of `<noscript>` are among them.
      has_notes: whether a class says that an element has the notes of the text.
    """

    owner: Indices
    first: Indices
    last: Indices
    counts: Counts
    noscript: bool
    has_notes: bool


def _marks() -> Bytes:
    """By code point: 1 for commas, 2 for marks between entries of menus."""
    table = np.zeros(0x10000, np.uint8)
    table[[ord(c) for c in _COMMAS]] = 1
    table[[ord(c) for c in _MARKS]] = 2
    return table


_MARKS_TABLE = _marks()


def find_blocks(data: Bytes, nodes: Nodes) -> Blocks:
    """The blocks of a page.

    Those of `<noscript>` are among them where nothing or little else is shown
    (`filters.extract.noscript`). Code is one block, whatever
    elements its lines are (`filters.extract.listings`).
    """
    empty_labels(data, nodes)
    leave_out_hidden(data, nodes)
    take_marks(data, nodes)
    mark_listings(data, nodes)
    show_lazy_texts(data, nodes)
    blocks = _blocks_of(data, nodes, False)
    hidden = np.flatnonzero(nodes.tag == _NOSCRIPT)
    chars = int(blocks.counts[:, CHARS].sum())
    most = _NOSCRIPT_FACTOR * chars + _NOSCRIPT_CHARS
    if chars + (nodes.end[hidden] - nodes.start[hidden]).sum() <= most:
        return blocks  # whatever is written there
    with_noscript = _blocks_of(data, nodes, True)
    return with_noscript if with_noscript.counts[:, CHARS].sum() > most else blocks


def _blocks_of(data: Bytes, nodes: Nodes, noscript: bool) -> Blocks:
    most = len(nodes.tag)
    blocks = Blocks(
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.zeros((most, COUNTS), np.int32),
        noscript,
        bool((nodes.bits & NOTES).any()),
    )
    count = _find(data, nodes, elements.FLAGS, character_classes(), _MARKS_TABLE, blocks)
    owner, first, last, counts = (column[:count] for column in blocks[:4])
    return Blocks(owner, first, last, counts, noscript, blocks.has_notes)


@njit(cache=True, nogil=True)
def _is_closed(bits: np.uint64) -> bool:
    """Whether an element is not displayed at first."""
    return bits & (NO_DISPLAY | HIDDEN) != 0 and bits & STREAMED == 0


@njit(cache=True, nogil=True)
def is_unseen(nodes: Nodes, node: int, flags: Bytes, noscript: bool) -> bool:
    """Whether nothing below an element is text of the page."""
    if nodes.tag[node] == _NOSCRIPT:
        return not noscript
    flag, bits = flags[nodes.tag[node]], nodes.bits[node]
    return flag & UNSEEN != 0 or bits & (MATHJAX | LEFT_OUT) != 0


@njit(cache=True, nogil=True)
def formula_of(nodes: Nodes, node: int) -> tuple[int, int]:
    """The bytes of the source of a formula that an element stands for, if it stands for one.

    `<script type=math/tex>`, MathML with an annotation or `alttext`, and images of formulas with
    `alt`. MathML without is text.
    """
    tag = nodes.tag[node]
    if tag == _SCRIPT and nodes.bits[node] & FORMULA:
        return nodes.start[node], nodes.end[node]
    if tag == _IMG and nodes.bits[node] & FORMULA:
        return nodes.note_start[node], nodes.note_end[node]
    if tag == _MATH:
        return nodes.note_start[node], nodes.note_end[node]
    return 0, 0


@njit(cache=True, nogil=True)
def _find(
    data: Bytes, nodes: Nodes, flags: Bytes, classes: Bytes, marks: Bytes, blocks: Blocks
) -> Any:
    """Fills the columns of `blocks`; how many there are."""
    size, count, node = len(nodes.tag), np.int64(0), np.int64(0)
    open_, owner, breaks, in_word = False, np.int64(-1), 0, False
    around = np.full(size, -1, np.int32)  # the innermost block element around each element
    link_ends, button_ends, hidden_ends = np.int64(-1), np.int64(-1), np.int64(-1)
    while node < size:
        while owner >= 0 and nodes.last[owner] < node:
            owner = around[owner]
            open_ = False
        tag = nodes.tag[node]
        start, end = nodes.start[node], nodes.end[node]
        if tag != TEXT:
            around[node] = owner
            start, end = formula_of(nodes, node)
            if start == end:
                if is_unseen(nodes, node, flags, blocks.noscript):
                    node = nodes.last[node] + 1
                    continue
                bits = nodes.bits[node]
                is_block = flags[tag] & BLOCK != 0 and bits & LINE == 0
                if is_block or bits & LISTING or tag == _NOSCRIPT:
                    open_, breaks, owner = False, 0, node
                elif tag == _BR:
                    breaks += 1
                    open_ = open_ and breaks < 2
                    in_word = False
                elif tag == _A:
                    # A heading that links to itself is none of another text.
                    is_heading = owner >= 0 and _H1 <= nodes.tag[owner] <= _H6
                    if not (is_heading and is_own_place(data, nodes, node)):
                        link_ends = max(link_ends, nodes.last[node])
                elif tag == _BUTTON:
                    button_ends = max(button_ends, nodes.last[node])
                if _is_closed(nodes.bits[node]):
                    hidden_ends = max(hidden_ends, nodes.last[node])
                node += 1
                continue
        if not is_blank(data, start, end):
            breaks = 0
            if not open_:
                blocks.owner[count], blocks.first[count] = owner, node
                open_, in_word = True, False
                count += 1
            blocks.last[count - 1] = node
            row = blocks.counts[count - 1]
            chars = row[CHARS]
            in_word = _count(data, start, end, classes, marks, in_word, row)
            if node <= link_ends:
                row[LINKED] += row[CHARS] - chars
            if node <= button_ends:
                row[IN_BUTTONS] += row[CHARS] - chars
            if node <= hidden_ends:
                row[NOT_DISPLAYED] += row[CHARS] - chars
        elif end > start:
            in_word = False
        node = nodes.last[node] + 1
    return count


@njit(cache=True, nogil=True)
def is_blank(data: Bytes, start: int, end: int) -> bool:
    at = start
    while at < end:
        if data[at] == ord("&") and at + 5 < end and data[at + 1] == ord("n"):  # &nbsp;
            at += 6
        elif data[at] > ord(" "):
            return False
        else:
            at += 1
    return True


@njit(cache=True, nogil=True)
def _count(
    data: Bytes, start: int, end: int, classes: Bytes, marks: Bytes, in_word: bool, row: Counts
) -> bool:
    """Adds the characters of a text to a block's counts; whether a word goes on behind it."""
    at = start
    while at < end:
        code, width = decode(data, at)
        if code == ord("&"):  # of text only these are escaped: &amp; &lt; &gt; &nbsp;
            width = 6 if data[at + 1] == ord("n") else 5 if data[at + 1] == ord("a") else 4
            code = ord(" ") if width == 6 else code
        at += width
        kind = classes[code]
        if kind & SPACE:
            in_word = False
            continue
        row[CHARS] += 1
        if not in_word or code >= _WIDE:
            row[WORDS] += 1
        in_word = code < _WIDE
        row[ENDING] = NO_ENDING
        if kind & SENTENCE_END:
            row[SENTENCES] += 1
            row[ENDING] = ENDS_SENTENCE
        elif code == ord(":") or code == _WIDE_COLON:
            row[ENDING] = ENDS_WITH_COLON
        elif ord("0") <= code <= ord("9"):
            row[DIGITS] += 1
        elif ord("A") <= code <= ord("Z"):
            row[CAPITALS] += 1
        elif code < len(marks):
            if marks[code] == 1:
                row[COMMAS] += 1
            elif marks[code] == 2:
                row[SEPARATORS] += 1
        if code >= _WIDE:
            row[WIDE] += 1
    return in_word
