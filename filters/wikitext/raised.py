"""The end of a superscript or subscript in wikitext: its sign, or what else it is than an exponent.

Prices, fractions and marks of notes are told as in HTML.
"""

import numpy as np
from numba import njit

from filters.text.numerals import count_numerals, numeral_at, numeral_before
from filters.wikitext.lookups import AMPERSAND, LEFT_BRACKET, NUL, SLASH, SPACE, U8
from filters.wikitext.prices import (
    CENTS,
    are_digits,
    begins_with_currency,
    is_behind_currency,
    is_mark,
    is_power_of_ten,
)
from filters.wikitext.superscripts import (
    MAX_BYTES,
    NUMBER,
    PART_OF_WORD,
    PLAIN,
    is_abbreviation,
    is_exponent_behind_space,
    is_factorial,
    is_letter,
    is_mixed_number,
    is_power_of_variables,
    is_prescript,
    kind_of,
    mark_of,
    subscript_mark,
)


@njit(cache=True, nogil=True)
def end_raised(
    out: U8, begin: int, start: int, k: int, is_above: bool, is_link: bool, data: U8, behind: int,
    end: int,
) -> tuple[int, int]:  # fmt: skip
    """Marks what was written from `start` on as raised or lowered.

    At most four bytes are added.

    Args:
      out, begin, k: what is written of the page, from where to where.
      is_link: all of it is a link, as numbers of notes are.
      data, behind, end: the wikitext behind the end tag.

    Returns:
      Where the wikitext goes on, and the new end of what is written.
    """
    if k - start > MAX_BYTES:
        return behind, k
    before = start - 1
    while before >= begin and out[before] == NUL:
        before -= 1
    kind = kind_of(out, start, k)
    first, last = start, k
    while first < last and out[first] == SPACE:
        first += 1
    while last > first and out[last - 1] == SPACE:
        last -= 1
    is_before_digit = numeral_at(data, behind, end)[0] > 0
    mark = 0
    if is_above and count_numerals(out, first, last):
        slash = _behind_slash(data, behind, end)
        if slash >= 0:  # of 1 1/2, and of no exponent
            if before >= begin and before == start - 1 and _is_alphanumeric(out[before]):
                k = _put(out, start, 0, SPACE, first, last)
            out[k] = SLASH
            return slash, k + 1
        is_joined = before >= begin and before == start - 1
        if is_joined and is_mixed_number(out, begin, start, out, first, last, data, behind, end):
            return behind, _put(out, start, 0, SPACE, first, last)
    if _begins_other(data, behind, end, is_above) and is_prescript(
        out, begin, before + 1, out, first, last
    ):
        mark, kind = ord("^") if is_above else ord("_"), NUMBER
    elif before >= begin and is_above:
        has_space = out[before] == SPACE and before == start - 1
        if has_space and is_exponent_behind_space(out, begin, before, out, first, last):
            start, before = before, before - 1
        if is_link:
            is_note = kind != PART_OF_WORD or (last - first == 1 and is_letter(out[first]))
            if is_note and _is_alphanumeric(out[before]):
                return behind, _put(out, start, ord("]"), ord("["), first, last)
        elif is_power_of_variables(out, begin, before + 1, out, first, last):
            mark, kind = ord("^"), NUMBER
        elif not _is_bare(out, begin, before + 1, first, last):
            mark = mark_of(True, out[before], kind)
            if kind != PART_OF_WORD and is_factorial(out, begin, before + 1):
                mark = ord("^")
            if _is_price(out, begin, before + 1, first, last, data, behind, end):
                mark, kind = ord("."), NUMBER
    elif before >= begin:
        mark, kind = subscript_mark(out, begin, before + 1, out, first, last, kind, is_before_digit)
    if mark:
        in_brackets = out[first] == ord("(") and out[last - 1] == ord(")")
        if kind == PLAIN and not in_brackets:
            k = _put(out, start, ord(")"), mark, first, last)
        else:
            k = _put(out, start, 0, mark, first, last)
    if is_before_digit and k > start and (
        numeral_before(out, start, k)[0] or is_letter(out[k - 1])
    ):  # fmt: skip
        out[k] = SPACE
        k += 1
    return behind, k


@njit(cache=True, nogil=True)
def _put(out: U8, start: int, bracket: int, sign: int, first: int, last: int) -> int:
    """Moves a text to `start`, behind its sign; `bracket` is the one that ends it, 0 for none."""
    opening = bracket == ord(")")
    room = 2 if opening else 1
    size = last - first
    if first < start + room:
        for i in range(size - 1, -1, -1):
            out[start + room + i] = out[first + i]
    else:
        for i in range(size):
            out[start + room + i] = out[first + i]
    out[start] = np.uint8(sign)
    k = start + room + size
    if opening:
        out[start + 1] = np.uint8(ord("("))
    if bracket:
        out[k] = np.uint8(bracket)
        k += 1
    return k


@njit(cache=True, nogil=True)
def _is_bare(out: U8, begin: int, at: int, first: int, last: int) -> bool:
    """Whether a superscript needs no sign: `Dr`, `word*`, `19,99`."""
    if first == last or is_abbreviation(out, begin, at, out, first, last):
        return True
    is_word = at - 1 > begin and is_letter(out[at - 1]) and is_letter(out[at - 2])
    if is_mark(out, first, last, is_word):
        return True
    return out[first] in (ord("."), ord(",")) and are_digits(out, first + 1, last)


@njit(cache=True, nogil=True)
def _is_price(
    out: U8, begin: int, at: int, first: int, last: int, data: U8, behind: int, end: int
) -> bool:
    """Whether two raised digits are the cents of a price, whose currency is before or behind."""
    if last - first < CENTS or not are_digits(out, first, first + CENTS):
        return False
    if not ord("0") <= out[at - 1] <= ord("9"):
        return False
    if last - first > CENTS:  # 9<sup>95 Kč</sup>
        first += CENTS
        while first < last and out[first] == SPACE:
            first += 1
        return begins_with_currency(out, first, last)
    if is_power_of_ten(out, begin, at, out, first):
        return False
    if is_behind_currency(out, begin, at):
        return True
    while behind < end:
        if data[behind] in (SPACE, LEFT_BRACKET):
            behind += 1
        elif data[behind] == 0xC2 and behind + 1 < end and data[behind + 1] == 0xA0:
            behind += 2
        elif data[behind] == AMPERSAND and behind + 5 < end and data[behind + 1] == ord("n"):
            behind += 6  # &nbsp;
        else:
            break
    return begins_with_currency(data, behind, end)


@njit(cache=True, nogil=True)
def _behind_slash(data: U8, at: int, end: int) -> int:
    """Where `<sub>` of a number stands behind a stroke at `at`; -1 if it does not."""
    if at < end and data[at] == SLASH:
        at += 1
    elif at + 2 < end and data[at] == 0xE2 and (
        (data[at + 1] == 0x81 and data[at + 2] == 0x84)  # U+2044
        or (data[at + 1] == 0x88 and data[at + 2] == 0x95)  # U+2215
    ):  # fmt: skip
        at += 3
    elif at + 6 < end and data[at] == AMPERSAND and data[at + 1] == ord("f") and (
        data[at + 2] == ord("r") and data[at + 3] == ord("a") and data[at + 4] == ord("s")
        and data[at + 5] == ord("l") and data[at + 6] == ord(";")
    ):  # fmt: skip
        at += 7  # &frasl;
    else:
        return -1
    if not _begins_other(data, at, end, True):
        return -1
    digits = at
    while digits < end and data[digits] != ord(">"):
        digits += 1
    digits += 1
    last = digits
    while numeral_at(data, last, end)[0]:
        last += numeral_at(data, last, end)[0]
    return at if last > digits and last < end and data[last] == ord("<") else -1


@njit(cache=True, nogil=True)
def _is_alphanumeric(byte: int) -> bool:
    return is_letter(byte) or ord("0") <= byte <= ord("9") or byte >= 0x80


@njit(cache=True, nogil=True)
def _begins_other(data: U8, at: int, end: int, is_above: bool) -> bool:
    """Whether wikitext goes on with `<sub>` behind a superscript, or the other way round."""
    if at + 5 > end or data[at] != ord("<") or data[at + 1] | 32 != ord("s"):
        return False
    return data[at + 2] | 32 == ord("u") and data[at + 3] | 32 == ord("b" if is_above else "p")
