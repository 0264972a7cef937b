"""Raised digits that are cents, and raised marks of notes, by the bytes around them: of wikitext,
and for `filters.extract` of HTML.
"""

import numpy as np
from numba import njit

from filters.wikitext.lookups import SPACE, U8

CENTS = 2  # digits
_POWERS_OF_TEN = (10, 24)  # from, to: `$10<sup>12</sup>` is a trillion; other numbers are cents
# Signs and codes of currencies, as prices have them.
_CURRENCIES = tuple(
    np.frombuffer(name.encode(), np.uint8)
    for name in ("$", "€", "£", "¥", "￥", "₽", "₹", "₴", "₩", "₺", "₫", "₪", "zł", "Kč", "kr",
                 "lei", "Ft", "лв", "руб", "USD", "EUR", "GBP", "CHF", "PLN", "CZK", "SEK", "NOK",
                 "DKK", "RON", "HUF", "BRL", "CAD", "AUD")
)  # fmt: skip


@njit(cache=True, nogil=True)
def are_digits(data: U8, start: int, end: int) -> bool:
    for at in range(start, end):
        if not ord("0") <= data[at] <= ord("9"):
            return False
    return end > start


@njit(cache=True, nogil=True)
def is_behind_currency(out: U8, begin: int, at: int) -> bool:
    """Whether a number ends at `at` that a currency stands before: `$19`, `€ 1,000`."""
    before = at
    while before > begin and (
        ord("0") <= out[before - 1] <= ord("9") or out[before - 1] in (ord(","), ord("."))
    ):
        before -= 1
    if before > begin and out[before - 1] == SPACE:
        before -= 1
    for currency in _CURRENCIES:
        if before - begin >= len(currency) and _is_at(out, before - len(currency), currency):
            return True
    return False


@njit(cache=True, nogil=True)
def is_power_of_ten(out: U8, begin: int, at: int, data: U8, start: int) -> bool:
    """Whether two digits from `start` on, raised behind `at`, are an exponent and no cents."""
    if at - 2 < begin or out[at - 1] != ord("0") or out[at - 2] != ord("1"):
        return False
    if at - 3 >= begin and ord("0") <= out[at - 3] <= ord("9"):
        return False
    first, last = _POWERS_OF_TEN
    exponent = 10 * (int(data[start]) - ord("0")) + int(data[start + 1]) - ord("0")
    return first <= exponent <= last


@njit(cache=True, nogil=True)
def begins_with_currency(data: U8, at: int, end: int) -> bool:
    for currency in _CURRENCIES:
        after = at + len(currency)
        if after > end or not _is_at(data, at, currency):
            continue
        is_sign = not ord("a") <= (currency[-1] | 32) <= ord("z")
        if is_sign or after == end or not ord("a") <= (data[after] | 32) <= ord("z"):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_at(data: U8, at: int, word: U8) -> bool:
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[at + step] != word[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def is_mark(data: U8, start: int, end: int, is_word: bool) -> bool:
    """Whether a superscript is the mark of a note: `†`, `#`, `1)`, or behind a word `(1)`."""
    signs, opened, closed = 0, 0, 0
    for at in range(start, end):
        byte = data[at]
        signs += byte < 0x80 and not (
            ord("0") <= byte <= ord("9") or ord("a") <= (byte | 32) <= ord("z")
        )
        opened += byte == ord("(")
        closed += byte == ord(")")
    if end == start or data[start] in (ord("+"), ord("-")):
        return False
    if signs == end - start or closed > opened:
        return True
    in_brackets = data[start] == ord("(") and data[end - 1] == ord(")")
    return in_brackets and is_word and are_digits(data, start + 1, end - 1)
