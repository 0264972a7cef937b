"""Superscripts and subscripts of prose: what stands before them, and in which brackets."""

from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.lines import FIRM, NESTED, Line, put_waiting
from filters.extract.notes import (
    is_beside_note,
    is_likely_note,
    is_link_of_note,
    is_list_of_notes,
    is_no_base,
)
from filters.extract.raised import bounds, is_cents, is_mixed
from filters.extract.times import is_minutes
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Ints
from filters.text.matching import is_digit, is_letter
from filters.text.numerals import count_numerals, ends_with_ten, numeral_at, numeral_before
from filters.wikitext.prices import CENTS, are_digits, is_mark
from filters.wikitext.superscripts import (
    NUMBER,
    PART_OF_WORD,
    PLAIN,
    is_abbreviation,
    is_exponent_behind_space,
    is_factorial,
    is_power_of_variables,
    is_prescript,
    kind_of,
    mark_of,
    subscript_mark,
)

_A, _BR, _SUP, _SUB, _IMG = map(elements.tag, ("a", "br", "sup", "sub", "img"))
_MOST_WHOLE = 3  # digits of prices
_SMALL = 8  # nodes in a superscript, or around the beginning of a block, that are looked at


@njit(cache=True, nogil=True)
def put_raised(
    data: Bytes, nodes: Nodes, node: int, whole: int, begin: int, line: Line, ends: Ints,
    signs: Ints, open_: int, out: Bytes, at: int, waiting: int, has_notes: bool,
) -> tuple[int, int, int]:  # fmt: skip
    """Writes what stands before a superscript or subscript, of which some have a space before."""
    text, is_link = _text_of(nodes, node)
    if text >= 0 and 0 < waiting <= FIRM and nodes.tag[node] == _SUP:
        start, end = bounds(data, nodes, text)
        if count_numerals(data, start, end) and (is_link or is_link_of_note(data, nodes, node)):
            waiting = 0  # the space before the mark of a note
    if text >= 0 and not is_link:
        start, end = bounds(data, nodes, text)
        is_free = waiting != 0 or at == begin
        if _is_before_other(nodes, node) and is_prescript(
            out, at if is_free else begin, at, data, start, end
        ):
            at, waiting = put_waiting(line, begin, out, at, waiting)
            out[at] = ord("^") if nodes.tag[node] == _SUP else ord("_")
            return at + 1, waiting, open_
        if 0 < waiting <= FIRM and nodes.tag[node] == _SUP and is_exponent_behind_space(
            out, whole, at, data, start, end
        ):  # fmt: skip
            waiting = 0
    if at > begin and waiting == 0:
        at, open_ = _put_mark(data, nodes, node, whole, ends, signs, open_, out, at, has_notes)
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
            return numeral_at(data, nodes.start[behind], nodes.end[behind])[0] > 0
        if nodes.tag[behind] in (_SUP, _SUB, _BR, _IMG):
            return False
    return False


@njit(cache=True, nogil=True)
def _put_mark(
    data: Bytes, nodes: Nodes, node: int, begin: int, ends: Ints, signs: Ints, open_: int,
    out: Bytes, at: int, has_notes: bool,
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
        is_word = at - 1 > begin and is_letter(out[at - 1]) and is_letter(out[at - 2])
        is_ending = not is_link and is_abbreviation(out, begin, at, data, start, end)
        if is_ending or (end > start and is_mark(data, start, end, is_word)):
            kind = PART_OF_WORD
        has_digits = count_numerals(data, start, end) > 0
        is_first = numeral_at(data, start, end)[0] > 0
        is_behind_number = numeral_before(out, begin, at)[0] > 0
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
            if is_first and kind == PART_OF_WORD and is_behind_number:
                out[at] = ord(" ")  # 854<sup>1)</sup>
                return at + 1, open_
            in_brackets = data[start] == ord("(") and data[end - 1] == ord(")")
            if in_brackets and is_behind_number and count_numerals(data, start + 1, end - 1):
                return at, open_  # 854<sup>(1)</sup>
            if is_power_of_variables(out, begin, at, data, start, end):
                out[at] = ord("^")
                return at + 1, open_
        is_ten = ends_with_ten(out, begin, at)
        is_note = (
            is_link
            or is_link_of_note(data, nodes, node)
            or is_beside_note(data, nodes, node)
            or (is_first and (is_word or (is_behind_number and not is_ten))
                and is_list_of_notes(data, start, end))
            or (has_digits
                and is_likely_note(data, nodes, node, start, end, out, begin, at, has_notes))
            or (has_digits and is_no_base(out, begin, at) and not is_behind_number
                and not _is_price(out, begin, at, end - start))
        )  # fmt: skip
        if is_note:
            # A letter names a note as well: 5<sup><a>a</a></sup>.
            is_named = kind != PART_OF_WORD or (end - start == 1 and is_letter(data[start]))
            if is_named and open_ < NESTED:
                out[at] = ord("[")  # the number of a note
                ends[open_], signs[open_] = nodes.last[node], ord("]")
                return at + 1, open_ + 1
            return at, open_
        mark = mark_of(True, out[at - 1], kind)
        if kind != PART_OF_WORD and is_factorial(out, begin, at):
            mark = ord("^")
    if not mark:
        return at, open_
    out[at] = mark
    at += 1
    in_brackets = end > start and data[start] == ord("(") and data[end - 1] == ord(")")
    if kind == PLAIN and open_ < NESTED and not in_brackets:
        out[at] = ord("(")
        ends[open_], signs[open_] = nodes.last[node], ord(")")
        return at + 1, open_ + 1
    return at, open_


@njit(cache=True, nogil=True)
def _is_price(out: Bytes, begin: int, at: int, digits: int) -> bool:
    """Whether a number ends with a point before raised digits: `1.<sup>99</sup>`."""
    whole = at - 1
    while whole > begin and is_digit(out[whole - 1]):
        whole -= 1
    return digits == CENTS and 0 < at - 1 - whole <= _MOST_WHOLE and out[at - 1] < 0x80


@njit(cache=True, nogil=True)
def _has_bracket(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the text of a superscript begins with the bracket of a note's number."""
    for below in range(node + 1, min(nodes.last[node], node + _SMALL) + 1):
        if nodes.tag[below] == TEXT:
            return bool(data[nodes.start[below]] == ord("["))
    return False


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
