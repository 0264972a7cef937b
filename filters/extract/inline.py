"""The text inside a block, byte by byte: spaces, line breaks, raised signs, formulas, code."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, formula_of, is_unseen
from filters.extract.drawn import decoded, without_styles
from filters.extract.elements import (
    BLOCK,
    DISPLAY,
    KEEPS_LINES,
    KEEPS_SPACES,
    LEFT_OUT,
    LINE,
    TEXT,
)
from filters.extract.formulas import (
    ABOVE,
    COMMA,
    FENCED,
    FRACTION,
    INDEX_OF_ROOT,
    NAME,
    NOTHING,
    SEMICOLON,
    SQRT,
    begin_part,
    ends_with_script,
    is_long,
    is_variable,
    put_sign,
)
from filters.extract.notes import (
    is_beside_note,
    is_content_of_note,
    is_link_of_note,
    is_list_of_notes,
    is_mark_of_note,
    is_no_base,
    is_own_mark,
)
from filters.extract.parting import is_apart
from filters.extract.raised import (
    are_digits,
    begins_verse,
    bounds,
    is_cents,
    is_mark,
    is_minutes,
    is_mixed,
    is_power_of_variables,
    sign_between,
    slash_behind,
)
from filters.extract.tree import Nodes, unescaped
from filters.text.characters import Bytes, Ints, decode
from filters.wikitext.superscripts import (
    NUMBER,
    PART_OF_WORD,
    PLAIN,
    is_abbreviation,
    is_exponent_behind_space,
    is_prescript,
    kind_of,
    mark_of,
    subscript_mark,
)

_A, _BR, _SUP, _SUB, _RT, _RTC, _SCRIPT, _MATH, _IMG, _Q, _PHANTOM, _KBD, _SPAN = map(
    elements.tag,
    ("a", "br", "sup", "sub", "rt", "rtc", "script", "math", "img", "q", "mphantom", "kbd", "span"),
)
# Between these is no text, but the white space of the page's source.
_BARE = elements.tags("table thead tbody tfoot tr ul ol")
_CELLS = elements.tags("td th")
_NESTED = 16  # brackets that are open at once
_AROUND = 16  # elements around a block whose style may keep its lines
_TICKS, _MOST_TICKS = 1 << 20, 5  # above any sign: that many backticks close code in a line
_CENTS, _MOST_WHOLE = 2, 3  # digits of prices
_SMALL = 8  # nodes in a superscript, or around the beginning of a block, that are looked at
_WIDE_BYTE = 0xE2  # the first byte of signs from U+2000 on is not below
_MOST_CODE = 400  # bytes of code in a line
_QUOTE, _END_QUOTE, _SINGLE, _END_SINGLE, _RADICAL = map(ord, "\u201c\u201d\u2018\u2019\u221a")

# What waits before the next word outside of code: a line end of the source, which is no space
# between two signs of Chinese or Japanese, a space, one that is drawn, or a line end.
_SOFT, _SPACE, _FIRM, _NEW_LINE = range(1, 5)
_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)


class Line(NamedTuple):
    """How lines of a block begin, and what may not stand in them.

    Attributes:
      prefix, length: the bytes before each line but the first: marks of quotations, and spaces.
      is_one: a line break is a space, as in rows of tables, and in headings of Markdown.
      in_row: the block is in a row of a table of Markdown.
      marks_code: code inside a line stands between backticks.
      is_pre: the block is code, whose white space stands as it is.
      goes_on: the block goes on with the code of the one before.
      is_loose: the white space of the code's source is that of prose, but for no-break spaces.
    """

    prefix: Bytes
    length: int
    is_one: bool
    in_row: bool
    marks_code: bool
    is_pre: bool
    goes_on: bool
    is_loose: bool


@njit(cache=True, nogil=True)
def put(out: Bytes, at: int, first: int, second: int) -> int:
    out[at], out[at + 1] = first, second
    return at + 2


@njit(cache=True, nogil=True)
def put_break(out: Bytes, at: int, prefix: Bytes, length: int) -> int:
    out[at] = ord("\n")
    for step in range(length):
        out[at + 1 + step] = prefix[step]
    return at + 1 + length


@njit(cache=True, nogil=True)
def put_block(
    data: Bytes, nodes: Nodes, blocks: Blocks, first: int, block: int, flags: Bytes, code: Bytes,
    line: Line, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes a block from a node on; where it ends."""
    begin = at  # where the line begins
    if line.is_pre:
        at = _put_code(data, nodes, blocks, first, block, flags, line, out, at)
    else:
        at = _put_prose(data, nodes, blocks, first, block, flags, code, line, out, at)
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _put_code(
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


@njit(cache=True, nogil=True)
def _put_prose(
    data: Bytes, nodes: Nodes, blocks: Blocks, first: int, block: int, flags: Bytes, code: Bytes,
    line: Line, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes a block that is no code."""
    whole = begin = at  # where the block begins, and the line
    waiting = 0  # the space or line end before what comes
    ends, signs = np.empty(_NESTED, np.int64), np.empty(_NESTED, np.int64)
    open_ = 0  # elements whose bracket is open
    node, last = np.int64(first), np.int64(blocks.last[block])
    formula, formula_end = 0, 0  # the one before, if nothing stands between
    math_end, display_end = np.int64(-1), np.int64(-1)
    ended = node  # in a formula as in code
    # Where the indentation of a line ends that is not the first; the last nodes whose style keeps
    # line ends, and spaces.
    indent = np.int64(-1)
    lines_end, spaces_end = _kept(nodes, node)
    was, in_formula = NOTHING, np.int64(-1)  # what a formula's latest text was, and its node
    reading_end, slash, note_end = -1, np.int64(-1), np.int64(-1)
    key_end = np.int64(-1)  # the last node of the key before
    # The text before; the last nodes of the superscript before, and of one with a sign before it.
    latest = raised = index_end = np.int64(-1)
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            at = _put_closing(out, at, signs[open_])
            if signs[open_] == ord(")"):
                reading_end = at
        tag = nodes.tag[node]
        if nodes.bits[node] & KEEPS_LINES:
            lines_end = max(lines_end, np.int64(nodes.last[node]))
            if nodes.bits[node] & KEEPS_SPACES:
                spaces_end = max(spaces_end, np.int64(nodes.last[node]))
        if display_end >= 0 and node > display_end:
            waiting, display_end = _NEW_LINE, np.int64(-1)
        if node <= math_end:
            while nodes.last[ended] < node:
                if was == NOTHING and ends_with_script(nodes, ended):
                    was = NAME
                ended = np.int64(nodes.parent[ended])
            ended = node
        if tag == TEXT:
            if node <= math_end:
                at, was = put_sign(data, nodes, in_formula, node, was, out, at)
                in_formula = node
            elif node == slash:
                at, waiting = _put_waiting(line, begin, out, at, waiting)
                out[at] = ord("/")
                at += 1
            else:
                if latest >= 0 and at > begin and waiting == 0:
                    sign = sign_between(data, nodes, latest, node, out, begin, at)
                    if sign > ord(" "):
                        out[at] = sign
                        at += 1
                    elif sign or is_apart(data, nodes, latest, node, out, begin, at):
                        waiting = _FIRM
                    elif raised >= 0 and node > raised:
                        first = data[nodes.start[node]]
                        is_parted = _is_digit(out[at - 1]) and (
                            _is_digit(first) or begins_verse(data, nodes, raised, node, out, at)
                        )
                        is_parted = is_parted or (
                            index_end >= 0
                            and is_variable(first)
                            and (_is_letter(out[at - 1]) or is_variable(out[at - 2]))
                        )
                        waiting = _FIRM if is_parted else 0
                latest = node
                if node > raised:
                    raised = index_end = np.int64(-1)
                before = at
                keeps_lines = node <= lines_end and not line.is_one
                at, waiting, begin, indent = _put_text(
                    data, nodes.start[node], nodes.end[node], line, begin, out, at, waiting,
                    keeps_lines, keeps_lines and node <= spaces_end, indent,
                )  # fmt: skip
                if at > before:
                    formula_end = formula
            node += 1
            continue
        if nodes.bits[node] & DISPLAY:
            waiting = _NEW_LINE
            display_end = max(display_end, np.int64(nodes.last[node]))
        start, end = formula_of(nodes, node)
        if end > start:
            # An image beside MathML repeats it.
            if tag != _IMG or not _is_same(data, start, end, formula, formula_end):
                at, waiting = _put_waiting(line, begin, out, at, waiting)
                at = _put_formula(data, start, end, tag == _SCRIPT, out, at)
            formula, formula_end = start, end
            node = nodes.last[node] + 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript) or tag == _PHANTOM:
            node = nodes.last[node] + 1
            continue
        if node <= note_end and is_own_mark(data, nodes, node):
            node = nodes.last[node] + 1
            continue
        if tag == _KBD:
            if key_end == node - 1 and at > begin and waiting == 0:
                waiting = _FIRM  # <kbd>Ctrl</kbd><kbd>C</kbd>
            key_end = np.int64(nodes.last[node])
        if tag == _MATH:
            at, waiting = _put_waiting(line, begin, out, at, waiting)
            math_end, was = max(math_end, np.int64(nodes.last[node])), NOTHING
            ended = in_formula = node
        elif node <= math_end:
            at, open_ = _put_part(data, nodes, node, ends, signs, open_, out, at)
        elif tag == _BR:
            if line.is_one:
                waiting = max(waiting, _FIRM)
            elif at > begin:
                at = begin if at == indent else at  # without the spaces of an empty line
                at = begin = indent = put_break(out, at, line.prefix, line.length)
                waiting = 0
        elif tag in (_SUP, _SUB):
            behind = slash
            if tag == _SUP:
                slash = max(slash, slash_behind(data, nodes, node))
            raised = np.int64(nodes.last[node])
            if slash != behind:  # of 1 1/2, and of no exponent
                if at > begin and waiting == 0 and _is_alphanumeric(out[at - 1]):
                    waiting = _FIRM
                node += 1
                continue
            before = at
            at, waiting, open_ = _put_raised(
                data, nodes, node, whole, begin, line, ends, signs, open_, out, at, waiting
            )
            if at > before:
                begin = at
                is_signed = out[at - 1] in (ord("^"), ord("_"))
                index_end = np.int64(nodes.last[node]) if is_signed else np.int64(-1)
        elif tag in (_RT, _RTC):
            has_more = tag == _RTC and _has_reading(nodes, node)
            if open_ < _NESTED and nodes.last[node] > node and not has_more:
                waiting = 0
                if at == reading_end and _is_behind_reading(nodes, node):
                    at -= 1  # one reading after another: those of 東 and 京 in 東京
                else:
                    out[at] = ord("(")
                    at += 1
                ends[open_], signs[open_] = nodes.last[node], ord(")")
                open_ += 1
        elif tag == _Q:
            at, waiting = _put_waiting(line, begin, out, at, waiting)
            at, open_ = _put_quote(data, nodes, node, ends, signs, open_, out, at)
            begin = at
        elif tag == _SPAN and open_ < _NESTED and is_content_of_note(data, nodes, node):
            at, waiting = _put_waiting(line, begin, out, at, _FIRM)
            out[at] = ord("(")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
            note_end = np.int64(nodes.last[node])
        elif tag in (_A, _SPAN) and at > begin and open_ < _NESTED and out[at - 1] not in (
            ord("["), ord("("),
        ) and is_mark_of_note(data, nodes, node):  # fmt: skip
            at, waiting = _put_waiting(line, begin, out, at, waiting)
            out[at] = ord("[")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord("]")
            open_ += 1
        elif code[tag] and line.marks_code and open_ == 0:
            ticks = _ticks_of(data, nodes, node)
            if ticks:
                if at > begin and waiting == 0 and out[at - 1] == ord("`"):
                    waiting = _FIRM
                at, waiting = _put_waiting(line, begin, out, at, waiting)
                at = _put_ticks(out, at, ticks)
                ends[open_], signs[open_] = nodes.last[node], _TICKS + ticks
                open_ += 1
        node += 1
    while open_:
        open_ -= 1
        at = _put_closing(out, at, signs[open_])
    return at


@njit(cache=True, nogil=True)
def _ticks_of(data: Bytes, nodes: Nodes, node: int) -> int:
    """How many backticks stand around code in a line: more than stand together in it; 0 for none.

    They are none for an element that holds nothing, is long, or has backticks around it already.
    """
    start, end = nodes.start[node], nodes.end[node]
    if end == start or end - start > _MOST_CODE or data[start] == data[end - 1] == ord("`"):
        return 0
    most, run = 0, 0
    for at in range(start, end):
        run = run + 1 if data[at] == ord("`") else 0
        most = max(most, run)
    return most + 1 if most < _MOST_TICKS else 0


@njit(cache=True, nogil=True)
def _put_ticks(out: Bytes, at: int, ticks: int) -> int:
    """Writes backticks, of which several have a space inside, and so does code that has some."""
    for _ in range(ticks):
        out[at] = ord("`")
        at += 1
    if ticks > 1:
        out[at] = ord(" ")
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_closing(out: Bytes, at: int, sign: int) -> int:
    if sign <= _TICKS:
        return _put_sign(out, at, sign)
    ticks = sign - _TICKS
    if ticks == 1 and out[at - 1] == ord("`"):
        return at - 1  # nothing but white space stood there
    if ticks > 1:
        out[at] = ord(" ")
        at += 1
    for _ in range(ticks):
        out[at] = ord("`")
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_sign(out: Bytes, at: int, sign: int) -> int:
    """Writes an ASCII character, or one of three bytes in UTF-8."""
    if sign < 0x80:
        out[at] = sign
        return at + 1
    out[at], out[at + 1] = 0xE0 | sign >> 12, 0x80 | sign >> 6 & 0x3F
    out[at + 2] = 0x80 | sign & 0x3F
    return at + 3


@njit(cache=True, nogil=True)
def _put_quote(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Writes the mark before a `<q>`, if its text has none itself."""
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            start = nodes.start[below]
            is_ascii = data[start] in (ord('"'), ord("'"))
            if is_ascii or (data[start] == 0xE2 and data[start + 1] == 0x80) or (
                data[start] == 0xC2 and data[start + 1] == 0xAB
            ):  # fmt: skip
                return at, open_
            break
    if open_ >= _NESTED or nodes.last[node] == node:
        return at, open_
    is_inner = False
    for around in range(open_):
        is_inner = is_inner or signs[around] == _END_QUOTE
    ends[open_], signs[open_] = nodes.last[node], _END_SINGLE if is_inner else _END_QUOTE
    return _put_sign(out, at, _SINGLE if is_inner else _QUOTE), open_ + 1


@njit(cache=True, nogil=True)
def _put_raised(
    data: Bytes, nodes: Nodes, node: int, whole: int, begin: int, line: Line, ends: Ints,
    signs: Ints, open_: int, out: Bytes, at: int, waiting: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Writes what stands before a superscript or subscript, of which some have a space before."""
    text, is_link = _text_of(nodes, node)
    if text >= 0 and not is_link:
        start, end = bounds(data, nodes, text)
        is_free = waiting != 0 or at == begin
        if _is_before_other(nodes, node) and is_prescript(
            out, at if is_free else begin, at, data, start, end
        ):
            at, waiting = _put_waiting(line, begin, out, at, waiting)
            out[at] = ord("^") if nodes.tag[node] == _SUP else ord("_")
            return at + 1, waiting, open_
        if 0 < waiting <= _FIRM and nodes.tag[node] == _SUP and is_exponent_behind_space(
            out, whole, at, data, start, end
        ):  # fmt: skip
            waiting = 0
    if at > begin and waiting == 0:
        at, open_ = _put_mark(data, nodes, node, whole, ends, signs, open_, out, at)
    return at, waiting, open_


@njit(cache=True, nogil=True)
def _is_before_other(nodes: Nodes, node: int) -> bool:
    """Whether a subscript stands directly behind a superscript, or the other way round."""
    behind = nodes.last[node] + 1
    if behind >= len(nodes.tag) or nodes.tag[behind] not in (_SUP, _SUB):
        return False
    return bool(nodes.tag[behind] != nodes.tag[node])


@njit(cache=True, nogil=True)
def _is_before_digit(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the text behind an element begins with a digit."""
    for behind in range(nodes.last[node] + 1, min(nodes.last[node] + _SMALL, len(nodes.tag))):
        if nodes.tag[behind] == TEXT:
            return _is_digit(data[nodes.start[behind]])
        if nodes.tag[behind] in (_SUP, _SUB, _BR, _IMG):
            return False
    return False


@njit(cache=True, nogil=True)
def _put_mark(
    data: Bytes, nodes: Nodes, node: int, begin: int, ends: Ints, signs: Ints, open_: int,
    out: Bytes, at: int,
) -> tuple[int, int]:  # fmt: skip
    """Writes the sign before a superscript or subscript, and its bracket."""
    text, is_link = _text_of(nodes, node)
    start, end, kind = 0, 0, PLAIN
    if text >= 0:
        start, end = bounds(data, nodes, text)
        kind = kind_of(data, start, end)
    elif _has_bracket(data, nodes, node) or nodes.last[node] == node:
        kind = PART_OF_WORD
    if nodes.tag[node] == _SUB:
        if is_link:
            return at, open_
        is_before_digit = kind == NUMBER and _is_before_digit(data, nodes, node)
        mark, kind = subscript_mark(out, begin, at, data, start, end, kind, is_before_digit)
    else:
        is_word = at - 1 > begin and _is_letter(out[at - 1]) and _is_letter(out[at - 2])
        is_ending = not is_link and is_abbreviation(out, begin, at, data, start, end)
        if is_ending or (end > start and is_mark(data, start, end, is_word)):
            kind = PART_OF_WORD
        has_digits = end > start and are_digits(data, start, end)
        is_first = _is_digit(data[start]) if end > start else False
        has_point = end > start + 1 and data[start] in (ord("."), ord(","))
        if has_point and not is_link and are_digits(data, start + 1, end):
            return at, open_  # 19<sup>,99</sup>
        if not is_link and end > start:
            if is_cents(data, nodes, node, start, end, out, begin, at):
                out[at] = ord(".")
                return at + 1, open_
            if is_minutes(data, nodes, node, start, end, out, begin, at):
                out[at] = ord(":")
                return at + 1, open_
            if is_mixed(data, nodes, node, start, end, out, begin, at):
                out[at] = ord(" ")
                return at + 1, open_
            if is_first and kind == PART_OF_WORD and _is_digit(out[at - 1]):
                out[at] = ord(" ")  # 854<sup>1)</sup>
                return at + 1, open_
            in_brackets = data[start] == ord("(") and data[end - 1] == ord(")")
            if in_brackets and _is_digit(out[at - 1]) and are_digits(data, start + 1, end - 1):
                return at, open_  # 854<sup>(1)</sup>
            if is_power_of_variables(out, begin, at, data, start, end):
                out[at] = ord("^")
                return at + 1, open_
        is_ten = at - 1 > begin and out[at - 1] == ord("0") and out[at - 2] == ord("1")
        is_note = (
            is_link
            or is_link_of_note(data, nodes, node)
            or is_beside_note(data, nodes, node)
            or (is_first and (is_word or (_is_digit(out[at - 1]) and not is_ten))
                and is_list_of_notes(data, start, end))
            or (has_digits and is_no_base(out, begin, at) and not _is_digit(out[at - 1])
                and not _is_price(out, begin, at, end - start))
        )  # fmt: skip
        if is_note:
            # A letter names a note as well: 5<sup><a>a</a></sup>.
            is_named = kind != PART_OF_WORD or (end - start == 1 and _is_letter(data[start]))
            if is_named and open_ < _NESTED:
                out[at] = ord("[")  # the number of a note
                ends[open_], signs[open_] = nodes.last[node], ord("]")
                return at + 1, open_ + 1
            return at, open_
        mark = mark_of(True, out[at - 1], kind)
    if not mark:
        return at, open_
    out[at] = mark
    at += 1
    in_brackets = end > start and data[start] == ord("(") and data[end - 1] == ord(")")
    if kind == PLAIN and open_ < _NESTED and not in_brackets:
        out[at] = ord("(")
        ends[open_], signs[open_] = nodes.last[node], ord(")")
        return at + 1, open_ + 1
    return at, open_


@njit(cache=True, nogil=True)
def _is_price(out: Bytes, begin: int, at: int, digits: int) -> bool:
    """Whether a number ends with a point before raised digits: `1.<sup>99</sup>`."""
    whole = at - 1
    while whole > begin and _is_digit(out[whole - 1]):
        whole -= 1
    return digits == _CENTS and 0 < at - 1 - whole <= _MOST_WHOLE and out[at - 1] < 0x80


@njit(cache=True, nogil=True)
def _has_bracket(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the text of a superscript begins with the bracket of a note's number."""
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            return bool(data[nodes.start[below]] == ord("["))
    return False


@njit(cache=True, nogil=True)
def _put_part(
    data: Bytes, nodes: Nodes, node: int, ends: Ints, signs: Ints, open_: int, out: Bytes, at: int
) -> tuple[int, int]:
    """Writes the signs before an element of MathML."""
    sign, needs = begin_part(data, nodes, node)
    if sign == FRACTION:
        out[at] = ord("/")
        at += 1
    elif sign in (COMMA, SEMICOLON):
        at = put(out, at, ord(",") if sign == COMMA else ord(";"), ord(" "))
    elif sign == INDEX_OF_ROOT:
        at = put(out, put(out, at, ord("^"), ord("(")), ord("1"), ord("/"))
        if open_ < _NESTED:
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    elif sign != NOTHING:
        out[at] = ord("^") if sign == ABOVE else ord("_")
        at += 1
    if needs and open_ < _NESTED:
        out[at] = ord("(")
        at += 1
        ends[open_], signs[open_] = nodes.last[node], ord(")")
        open_ += 1
    tag = nodes.tag[node]
    if tag == FENCED and open_ < _NESTED:
        opening = ord("(")
        if nodes.note_end[node] == nodes.note_start[node] + 1:
            opening = int(data[nodes.note_start[node]])
        closing = opening
        if opening == ord("("):
            closing = ord(")")
        elif opening in (ord("["), ord("{")):
            closing = opening + 2
        out[at] = opening
        at += 1
        ends[open_], signs[open_] = nodes.last[node], closing
        open_ += 1
    if tag == SQRT:
        at = _put_sign(out, at, _RADICAL)
        if is_long(data, nodes, node) and open_ < _NESTED:
            out[at] = ord("(")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    return at, open_


@njit(cache=True, nogil=True)
def _is_letter(byte: int) -> bool:
    return ord("a") <= (byte | 32) <= ord("z")


@njit(cache=True, nogil=True)
def _is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")


@njit(cache=True, nogil=True)
def _is_alphanumeric(byte: int) -> bool:
    return _is_letter(byte) or _is_digit(byte)


@njit(cache=True, nogil=True)
def _has_reading(nodes: Nodes, node: int) -> bool:
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == _RT:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_behind_reading(nodes: Nodes, node: int) -> bool:
    """Whether the element before is a reading, too, or the bracket behind one."""
    before = np.int64(node - 1)
    for _ in range(_SMALL):
        if before <= nodes.parent[node]:
            return False
        if nodes.tag[before] == _RT and nodes.parent[before] == nodes.parent[node]:
            return True
        before = before - 1 if nodes.tag[before] == TEXT else np.int64(nodes.parent[before])
    return False


@njit(cache=True, nogil=True)
def _kept(nodes: Nodes, node: int) -> tuple[np.int64, np.int64]:
    """The last nodes in elements around one whose style keeps line ends, and spaces."""
    lines_end, spaces_end = np.int64(-1), np.int64(-1)
    above = np.int64(nodes.parent[node])
    for _ in range(_AROUND):
        if above < 0:
            break
        if nodes.bits[above] & KEEPS_LINES:
            lines_end = np.int64(nodes.last[above])
            if nodes.bits[above] & KEEPS_SPACES:
                spaces_end = lines_end
            break
        above = np.int64(nodes.parent[above])
    return lines_end, spaces_end


@njit(cache=True, nogil=True)
def _put_text(
    data: Bytes, start: int, end: int, line: Line, begin: int, out: Bytes, at: int, waiting: int,
    keeps_lines: bool, keeps_spaces: bool, indent: np.int64,
) -> tuple[int, int, int, np.int64]:  # fmt: skip
    """Writes a text; where it ends, and whether white space waits for the next word.

    Args:
      keeps_lines, keeps_spaces: line ends of the source are line ends, and spaces indent them.
      indent: where the indentation ends of a line that nothing else is on; it and the beginning of
        the line are given back, too.
    """
    while start < end:
        byte = int(data[start])
        is_firm = keeps_spaces or byte == ord("&")
        if byte == ord("&"):
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        if byte == ord("\n") and keeps_lines:
            if at > begin or begin == indent:
                at = begin if at == indent else at
                at = put_break(out, at, line.prefix, line.length)
                begin, indent, waiting = at, np.int64(at), 0
            continue
        if byte <= ord(" "):
            if is_firm and at == indent and not line.is_one:
                # A no-break space, behind a space of the source that is inside of an indentation.
                at = put(out, at, ord(" "), ord(" ")) - (waiting == 0 or at == begin)
                indent, waiting = np.int64(at), 0
            elif is_firm:
                waiting = max(waiting, _FIRM)
            elif byte == ord("\n"):
                waiting = _SOFT if waiting <= _SPACE else waiting
            elif waiting == 0:
                waiting = _SPACE
            continue
        if waiting == _SOFT and byte >= _WIDE_BYTE and at > begin:
            code, _ = decode(data, start - 1)
            if _is_unspaced(code) and _is_unspaced(_last_of(out, begin, at)):
                waiting = 0
        if waiting:
            at, waiting = _put_waiting(line, begin, out, at, waiting)
        if line.in_row and byte == ord("|"):
            out[at] = ord("\\")
            at += 1
        out[at] = byte
        at += 1
    return at, waiting, begin, indent


@njit(cache=True, nogil=True)
def _is_unspaced(code: int) -> bool:
    """Whether a character is of Chinese or Japanese, in whose lines spaces are no parting.

    Source: the segment breaks of https://www.w3.org/TR/css-text-4/#line-break-transform.
    """
    is_wide = 0x2E80 <= code < 0x3130 or 0x3190 <= code < 0xA4D0
    return is_wide or 0xF900 <= code < 0xFB00 or 0xFF01 <= code < 0xFFA0 or code >= 0x20000


@njit(cache=True, nogil=True)
def _last_of(out: Bytes, begin: int, at: int) -> int:
    """The character before a place."""
    at -= 1
    while at > begin and out[at] & 0xC0 == 0x80:
        at -= 1
    code, _ = decode(out, np.int64(at))
    return int(code)


@njit(cache=True, nogil=True)
def _put_waiting(line: Line, begin: int, out: Bytes, at: int, waiting: int) -> tuple[int, int]:
    """Writes the space or line end before a word."""
    if waiting and at > begin:
        if waiting == _NEW_LINE and not line.is_one:
            at = put_break(out, at, line.prefix, line.length)
        else:
            out[at] = ord(" ")
            at += 1
    return at, 0


@njit(cache=True, nogil=True)
def _put_formula(data: Bytes, start: int, end: int, is_raw: bool, out: Bytes, at: int) -> int:
    while start < end and data[start] <= ord(" "):
        start += 1
    while end > start and data[end - 1] <= ord(" "):
        end -= 1
    if end - start > 4 and data[start] == ord("\\") and data[start + 1] in (ord("("), ord("[")):
        start, end = start + 2, end - 2
    while end - start > 2 and data[start] == ord("$") and data[end - 1] == ord("$"):
        start, end = start + 1, end - 1
    # Wikipedia wraps its formulas in a command that says nothing of them.
    length = len(_DISPLAYSTYLE)
    if end - start > length + 1 and _begins(data, start, _DISPLAYSTYLE):
        start, end = start + length, end - 1
        while start < end and data[start] == ord(" "):
            start += 1
    out[at] = ord("$")
    at += 1
    begin, is_address = at, data[start - 1] in (ord("?"), ord("="))
    while start < end:
        byte = int(data[start])
        if is_address:
            byte, start = decoded(data, start, end)
        elif byte == ord("&") and not is_raw:
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        out[at] = byte
        at += 1
    if is_address:
        source = without_styles(out, begin, at)
        for place in range(source, at):
            out[begin + place - source] = out[place]
        at -= source - begin
    out[at] = ord("$")
    return at + 1


@njit(cache=True, nogil=True)
def _begins(data: Bytes, at: int, text: Bytes) -> bool:
    for step in range(len(text)):  # noqa: SIM110 (a kernel)
        if data[at + step] != text[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_same(data: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    """Whether two places of a page have the same bytes."""
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110 (a kernel)
        if data[start + step] != data[other + step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _text_of(nodes: Nodes, node: int) -> tuple[int, bool]:
    """The only text below an element, -1 if there are more or none, and whether it is a link's."""
    found, is_link = -1, False
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            if found >= 0:
                return -1, is_link
            found = below
        elif nodes.tag[below] == _A:
            is_link = True
    return found, is_link
