"""Superscripts and subscripts on a line, the same from wikitext as from HTML.

They never run into the number before them: `10^6`, `2^(n+1)`, `100_2`; `1st` and `H2O` stay.
"""

import numpy as np
from numba import njit

from filters.wikitext.lookups import NUL, SPACE, U8

PART_OF_WORD, NUMBER, PLAIN = 0, 1, 2
MAX_BYTES = 200  # longer ones are no exponents, and are not moved


@njit(cache=True, nogil=True)
def kind_of(data: U8, start: int, end: int) -> int:
    """What a superscript or subscript holds: a number, a part of a word or reference, or more."""
    while start < end and data[start] <= SPACE:
        start += 1
    while end > start and data[end - 1] <= SPACE:
        end -= 1
    if end == start or data[start] == ord("["):
        return PART_OF_WORD
    letters = digits = signs = greek = others = 0
    for at in range(start, end):
        byte = data[at]
        others += byte >= 0x80
        greek += byte in (0xCE, 0xCF)
        letters += ord("a") <= (byte | 32) <= ord("z")
        digits += ord("0") <= byte <= ord("9")
        signs += byte in (ord("+"), ord("-"), ord("."), ord(","), ord("*"), ord("'"))
        if byte == 0xE2 and at + 2 < end:
            is_minus = data[at + 1] == 0x88 and data[at + 2] == 0x92
            is_dash = data[at + 1] == 0x80 and data[at + 2] == 0x93  # for a minus
            if is_minus or is_dash:
                signs += 3
                others -= 3
    if signs == end - start:  # a charge, `Na^+`, or a mark of punctuation
        return NUMBER if data[start] in (ord("+"), ord("-"), 0xE2) else PART_OF_WORD
    if digits and digits + signs == end - start:
        return NUMBER
    if letters == end - start:
        is_variable = letters == 1 and (data[start] | 32) not in (ord("a"), ord("e"), ord("o"))
        return NUMBER if is_variable else PART_OF_WORD
    if letters + digits + signs == end - start and data[start] in (ord("+"), ord("-")):
        return NUMBER
    if greek:
        return NUMBER if end - start == 2 else PLAIN
    # `2ème`, `4th,`, `Acme®`, `1º`, `m²`
    return PART_OF_WORD if letters + others + signs == end - start and not digits else PLAIN


@njit(cache=True, nogil=True)
def mark_of(is_above: bool, before: int, kind: int) -> int:
    """The sign to write before a superscript or subscript; 0 for none."""
    is_digit = ord("0") <= before <= ord("9")
    is_letter = ord("a") <= (before | 32) <= ord("z") or before >= 0x80
    if is_above:
        fits = kind != PART_OF_WORD and (is_digit or is_letter or before == ord(")"))
        return ord("^") if fits else 0
    if is_digit:
        return ord("_") if kind != PART_OF_WORD else 0
    return 0


NO_INDEX, INDEX, LONG_INDEX = range(3)


@njit(cache=True, nogil=True)
def index_kind(data: U8, start: int, end: int) -> int:
    """What a subscript behind a letter is: one letter, several indices, or a part of a name."""
    if end == start:
        return NO_INDEX
    is_letter = ord("a") <= (data[start] | 32) <= ord("z")
    if end - start == 1 and is_letter:
        return INDEX
    if end - start == 2 and data[start] in (0xCE, 0xCF):
        return INDEX  # of Greek
    if end - start == 1:
        return NO_INDEX
    for at in range(start, end):
        is_minus = data[at] == 0xE2 and at + 2 < end and data[at + 1] == 0x88
        if data[at] in (ord("+"), ord("-"), ord(","), ord("=")) or is_minus:
            return LONG_INDEX
    return NO_INDEX


@njit(cache=True, nogil=True)
def subscript_mark(
    out: U8, begin: int, at: int, data: U8, start: int, end: int, kind: int
) -> tuple[int, int]:
    """The sign before a subscript, 0 for none, and its kind: `x_i`, `x_(i+1)`, `Vmax`, `100_2`.

    Args:
      out, begin, at: what is written before it.
      data, start, end: its text; no bytes if it has several.
      kind: what `kind_of` says of it.
    """
    last, before = out[at - 1], out[at - 2] if at - 1 > begin else np.uint8(0)
    is_letter = _is_letter(last) or (last >= 0x80 and before in (0xCE, 0xCF))  # of Greek
    if is_letter:
        index = LONG_INDEX if kind == PLAIN else NO_INDEX
        if end > start:
            index = index_kind(data, start, end)
        if index == LONG_INDEX:
            return ord("_"), PLAIN
        if index == INDEX and not _is_letter(before):
            return ord("_"), NUMBER
    return mark_of(False, last, kind), kind


@njit(cache=True, nogil=True)
def _is_letter(byte: int) -> bool:
    return ord("a") <= (byte | 32) <= ord("z")


@njit(cache=True, nogil=True)
def end_raised(out: U8, begin: int, start: int, k: int, is_above: bool) -> int:
    """Marks what was written from `start` on as raised or lowered; returns the new end.

    `begin` is where the page's output begins. At most three bytes are added.
    """
    before = start - 1
    while before >= begin and out[before] == NUL:
        before -= 1
    if before < begin or k - start > MAX_BYTES:
        return k
    kind = kind_of(out, start, k)
    first, last = start, k
    while first < last and out[first] == SPACE:
        first += 1
    while last > first and out[last - 1] == SPACE:
        last -= 1
    if is_above:
        mark = mark_of(True, out[before], kind)
    else:
        mark, kind = subscript_mark(out, begin, before + 1, out, first, last, kind)
    if not mark:
        return k
    k = last
    for i in range(first, k):
        out[i - first + start] = out[i]
    k -= first - start
    size = 2 if kind == PLAIN else 1
    for i in range(k - 1, start - 1, -1):
        out[i + size] = out[i]
    out[start] = np.uint8(mark)
    k += size
    if kind == PLAIN:
        out[start + 1] = np.uint8(ord("("))
        out[k] = np.uint8(ord(")"))
        k += 1
    return k
