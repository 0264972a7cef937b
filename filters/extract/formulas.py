"""MathML without a source in TeX, on a line: `(a+b)/c`, `√(x+1)`, `x^(n+1)`, `∑_(i=1)^n`.

Brackets stand around what is more than one sign where a fraction, root, power or index needs them.
Matrices are written row by row: `[1, 2; 3, 4]`.
"""

from typing import Any

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.drawn import decoded, without_styles
from filters.extract.elements import TEXT
from filters.extract.lines import NESTED, put, put_character
from filters.extract.tree import Nodes, unescaped
from filters.text.characters import Bytes, Ints
from filters.text.matching import begins, is_letter

(_FRAC, _SUP, _SUB, _SUBSUP, _UNDER, _OVER, _UNDEROVER, _ROOT, SQRT, _TR, _TD, FENCED, _I, _O,
 _MTEXT) = map(elements.tag, (
     "mfrac", "msup", "msub", "msubsup", "munder", "mover", "munderover", "mroot", "msqrt", "mtr",
     "mtd", "mfenced", "mi", "mo", "mtext",
 ))  # fmt: skip
_WHOLE = elements.tags("mi mn mo mtext mspace mfenced")  # they need no brackets
_SCRIPTS = elements.tags("msup msub msubsup munder mover munderover mroot mfrac")

_RADICAL = ord("\u221a")
_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)
NOTHING, FRACTION, ABOVE, BELOW, INDEX_OF_ROOT, COMMA, SEMICOLON, NAME, TIMES = range(9)
IN_FRACTION, IN_BASE, IN_SCRIPT = range(3)  # where an element stands that may need brackets
_FRACTIONS, _POWERS = elements.tags("mfrac"), elements.tags("msup msub msubsup")
_INVISIBLE_TIMES = 0xA2  # the last byte of U+2062
_MOST_PARTS = 4  # parts of a power, fraction or root that are looked at
_STEPS = 8  # elements that are looked into for the only sign in them
_MOST_SIGNS = 64  # parts of a bracket that are looked at


@njit(cache=True, nogil=True)
def begin_part(data: Bytes, nodes: Nodes, node: int) -> tuple[int, bool]:
    """The sign before an element of a formula, and whether the element needs brackets."""
    tag, above = nodes.tag[node], np.int64(nodes.parent[node])
    around = nodes.tag[above]
    is_listed = tag in (_TR, _TD) or around == FENCED
    if not is_listed and not _SCRIPTS[around]:
        return NOTHING, False
    part = _part(nodes, above, node)
    if is_listed:
        return (NOTHING if part == 0 else SEMICOLON if tag == _TR else COMMA), False
    if around == _FRAC:
        return (FRACTION if part else NOTHING), is_compound(data, nodes, node, IN_FRACTION)
    if part == 0:
        is_raised = around in (_SUP, _ROOT)
        return NOTHING, is_raised and is_compound(data, nodes, node, IN_BASE)
    if around in (_UNDER, _OVER) and tag == _O:
        return NOTHING, False  # an accent
    if around == _ROOT:
        return INDEX_OF_ROOT, False
    sign = ABOVE if part > 1 or around in (_SUP, _OVER) else BELOW
    return sign, is_compound(data, nodes, node, IN_SCRIPT)


@njit(cache=True, nogil=True)
def _part(nodes: Nodes, above: int, node: int) -> int:
    """Which of its parent's elements it is, from 0; those behind the fourth count as the fourth."""
    part, child = 0, np.int64(above + 1)
    while child < node and part < _MOST_PARTS:
        part += nodes.tag[child] != TEXT
        child = np.int64(nodes.last[child] + 1)
    return part


@njit(cache=True, nogil=True)
def is_compound(data: Bytes, nodes: Nodes, element: int, place: int) -> bool:
    """Whether an element is more than one sign, and not in brackets already."""
    node = np.int64(element)
    for _ in range(_STEPS):
        tag = nodes.tag[node]
        if _WHOLE[tag]:
            return False
        if tag == SQRT:
            return place == IN_BASE
        if tag == _SUB:
            return place == IN_SCRIPT
        if tag in (_SUP, _SUBSUP):
            return place != IN_FRACTION
        if _SCRIPTS[tag]:
            return True
        only, parts = np.int64(-1), 0
        child = np.int64(node + 1)
        while child <= nodes.last[node] and parts < 2:
            if nodes.tag[child] != TEXT:
                only = child if parts == 0 else only
                parts += 1
            child = np.int64(nodes.last[child] + 1)
        if parts == 0:
            return False
        if parts > 1:
            return not _is_in_brackets(data, nodes, node)
        node = only
    return True


@njit(cache=True, nogil=True)
def is_long(data: Bytes, nodes: Nodes, radical: int) -> bool:
    """Whether what stands under the sign of a root needs brackets."""
    first = np.int64(radical + 1)
    if first <= nodes.last[radical] and nodes.tag[first] == TEXT:
        first += 1
    if first > nodes.last[radical]:
        return False
    behind = np.int64(nodes.last[first] + 1)
    if behind <= nodes.last[radical] and nodes.tag[behind] == TEXT:
        behind += 1
    return behind <= nodes.last[radical] or is_compound(data, nodes, first, IN_SCRIPT)


@njit(cache=True, nogil=True)
def _is_in_brackets(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the first and last of an element's parts are brackets that belong together."""
    depth, part, ends = 0, 0, False
    child = np.int64(node + 1)
    while child <= nodes.last[node] and part < _MOST_SIGNS:
        if nodes.tag[child] != TEXT:
            if ends:
                return False
            sign = _sign_in(data, nodes, child)
            if sign in (ord("("), ord("[")):
                depth += 1
            elif part == 0:
                return False
            elif sign in (ord(")"), ord("]")):
                depth -= 1
                ends = depth == 0
            part += 1
        child = np.int64(nodes.last[child] + 1)
    return ends and child > nodes.last[node]


@njit(cache=True, nogil=True)
def _sign_in(data: Bytes, nodes: Nodes, node: int) -> int:
    """The only byte in `<mo>`; 0 if there are more or none."""
    if nodes.tag[node] != _O or nodes.last[node] != node + 1:
        return 0
    start, end = nodes.start[node + 1], nodes.end[node + 1]
    while start < end and data[start] <= ord(" "):
        start += 1
    while end > start and data[end - 1] <= ord(" "):
        end -= 1
    return int(data[start]) if end == start + 1 else 0


@njit(cache=True, nogil=True)
def put_sign(
    data: Bytes, nodes: Nodes, before: int, text: int, was: int, out: Bytes, at: int
) -> Any:
    """Writes a text of a formula; where it ends, and what it was.

    White space counts in `<mtext>` alone. A space parts names from letters and digits beside them,
    powers, indices, fractions and roots from those behind them, and numbers from the fraction or
    power behind them: `2 1/3`. Between numbers an invisible sign of multiplication is written.

    Args:
      before: the text of the formula before, or `<math>`.
      was: `NAME` behind a name such as `sin` or a script, `TIMES` behind that sign, or `NOTHING`.
    """
    start, end = nodes.start[text], nodes.end[text]
    tag = nodes.tag[nodes.parent[text]]
    if tag != _MTEXT:
        while start < end and data[start] <= ord(" "):
            start += 1
        while end > start and data[end - 1] <= ord(" "):
            end -= 1
    if start == end:
        return at, was
    is_name = tag == _I and end - start > 1 and is_letter(data[start]) and is_letter(data[end - 1])
    is_behind = at > 0 and (
        _is_word(out[at - 1]) or out[at - 1] in (ord(")"), ord("]")) or _is_greek(out, at)
    )
    is_number = ord("0") <= data[start] <= ord("9")
    if is_behind and is_number and _begins_script(nodes, before, text, _FRACTIONS):
        out[at] = ord(" ")
        at += 1
    elif is_behind and is_number and was == TIMES and ord("0") <= out[at - 1] <= ord("9"):
        out[at], out[at + 1] = 0xC2, 0xB7  # ·
        at += 2
    elif is_behind and (
        (is_number and _begins_script(nodes, before, text, _POWERS))
        or (((is_name or was == NAME) and is_variable(data[start])) or (is_number and was == NAME))
    ):
        out[at] = ord(" ")
        at += 1
    first = at
    is_times = False
    while start < end:
        byte = int(data[start])
        if _is_invisible(data, start, end):
            is_times = is_times or data[start + 2] == _INVISIBLE_TIMES
            start += 3
            continue
        if byte == ord("&"):
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        out[at] = max(byte, ord(" "))
        at += 1
    if at == first:
        return at, TIMES if is_times and was == NOTHING else was
    return at, NAME if is_name else NOTHING


@njit(cache=True, nogil=True)
def _begins_script(nodes: Nodes, before: int, text: int, scripts: Bytes) -> bool:
    """Whether a fraction or a power begins between two texts."""
    above = np.int64(nodes.parent[text])
    for _ in range(_STEPS):
        if above <= before:
            return False
        if scripts[nodes.tag[above]]:
            return True
        above = np.int64(nodes.parent[above])
    return False


@njit(cache=True, nogil=True)
def _is_invisible(data: Bytes, at: int, end: int) -> bool:
    """Whether an operator of no sign is here: U+2061 to U+2064."""
    return (
        at + 2 < end and data[at] == 0xE2 and data[at + 1] == 0x81 and 0xA1 <= data[at + 2] <= 0xA4
    )


@njit(cache=True, nogil=True)
def _is_word(byte: int) -> bool:
    return is_letter(byte) or ord("0") <= byte <= ord("9")


@njit(cache=True, nogil=True)
def _is_greek(out: Bytes, at: int) -> bool:
    """Whether the letter before a place is one of Greek."""
    return at > 1 and (out[at - 2] == 0xCE or out[at - 2] == 0xCF)


@njit(cache=True, nogil=True)
def is_variable(byte: int) -> bool:
    """Whether a byte is a letter, or the first of one of Greek."""
    return is_letter(byte) or byte == 0xCE or byte == 0xCF


@njit(cache=True, nogil=True)
def ends_with_script(nodes: Nodes, node: int) -> bool:
    """Whether what follows an element could be read as a part of it."""
    return _SCRIPTS[nodes.tag[node]] != 0 or nodes.tag[node] == SQRT


@njit(cache=True, nogil=True)
def put_part(
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
        if open_ < NESTED:
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    elif sign != NOTHING:
        out[at] = ord("^") if sign == ABOVE else ord("_")
        at += 1
    if needs and open_ < NESTED:
        out[at] = ord("(")
        at += 1
        ends[open_], signs[open_] = nodes.last[node], ord(")")
        open_ += 1
    tag = nodes.tag[node]
    if tag == FENCED and open_ < NESTED:
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
        at = put_character(out, at, _RADICAL)
        if is_long(data, nodes, node) and open_ < NESTED:
            out[at] = ord("(")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
    return at, open_


@njit(cache=True, nogil=True)
def put_formula(data: Bytes, start: int, end: int, is_raw: bool, out: Bytes, at: int) -> int:
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
    if end - start > length + 1 and begins(data, start, end, _DISPLAYSTYLE):
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
def is_same(data: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    """Whether two places of a page have the same bytes."""
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110 (a kernel)
        if data[start + step] != data[other + step]:
            return False
    return True
