"""Superscripts and subscripts of pages that are no exponents: prices, fractions, marks, indices.

What a superscript is otherwise, `filters.wikitext.superscripts` says, for wikis too. Style sheets
raise and lower other elements; whose class or style says so is one.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import LOWERED, RAISED, TEXT
from filters.extract.tree import Nodes, find_bytes, has_word
from filters.text.characters import Bytes

_SUP, _SUB, _SMALL, _SPAN = map(elements.tag, ("sup", "sub", "small", "span"))
_STEPS = 6  # nodes behind a superscript that are looked at
_CENTS = 2  # digits
_MOST_POWER = 24  # of ten, in a sum of money
_AROUND = 3  # elements around cents whose class may say that they are a price's
_MOST_RAISED = 12  # bytes in an element that its class or style raises; longer ones are subtitles
_POINT, _SLASH, _SPACE = ord("."), ord("/"), ord(" ")


def _words(*names: str) -> tuple[Bytes, ...]:
    return tuple(np.frombuffer(name.encode(), np.uint8) for name in names)


# Signs and codes of currencies, as prices have them.
_CURRENCIES = _words("$", "€", "£", "¥", "￥", "₽", "₹", "₴", "₩", "₺", "₫", "₪", "zł", "Kč", "kr",
                     "lei", "Ft", "лв", "руб", "USD", "EUR", "GBP", "CHF", "PLN", "CZK", "SEK",
                     "NOK", "DKK", "RON", "HUF", "BRL", "CAD", "AUD")  # fmt: skip


# Words of classes, or their beginnings: cents, and parts of fractions.
_CENT_WORDS = _words("cents", "cent", "decimal", "decimals", "price-decimal", "price-decimals",
                     "price-cents", "price__cents", "price-fraction", "a-price-fraction",
                     "price__decimal", "price__fraction")  # fmt: skip
_FRACTIONS = _words("fraction", "price-fraction-part", "fractional")
_WHOLES = _words("whole", "integer", "price-whole", "price-integer", "price__integer",
                 "price__whole")  # fmt: skip
_PRICES = _words("price", "Price")
_DENOMINATORS = _words("denominator", "denom", "den", "fraction-denominator")
_NUMERATORS = _words("numerator", "num", "frac", "fraction", "fraction-numerator")


@njit(cache=True, nogil=True)
def raised_tag(nodes: Nodes, node: int) -> int:
    """The element that one is which its class or style raises or lowers; its own tag otherwise."""
    if nodes.end[node] - nodes.start[node] <= _MOST_RAISED and nodes.last[node] == node + 1:
        if nodes.bits[node] & RAISED:
            return _SUP
        if nodes.bits[node] & LOWERED:
            return _SUB
    return int(nodes.tag[node])


@njit(cache=True, nogil=True)
def _has_any(data: Bytes, start: int, end: int, words: tuple[Bytes, ...]) -> bool:
    for word in words:  # noqa: SIM110 (a kernel)
        if end > start and has_word(data, start, end, word):
            return True
    return False


@njit(cache=True, nogil=True)
def sign_between(
    data: Bytes, nodes: Nodes, before: int, node: int, out: Bytes, begin: int, at: int
) -> int:
    """What a style sheet draws between two texts: a point, a stroke or a space; 0 for nothing.

    Args:
      before, node: the text before and the text, without white space between them.
      out, begin, at: what is written, where its line begins, and where it ends.
    """
    if not ord("0") <= out[at - 1] <= ord("9"):
        return 0
    start, end = nodes.start[node], nodes.end[node]
    if start == end or not ord("0") <= data[start] <= ord("9"):
        return 0
    digits = start
    while digits < end and ord("0") <= data[digits] <= ord("9"):
        digits += 1
    if digits + 3 < end and _is_slash(data, digits, digits + 3):
        return _SPACE  # 2<span>1⁄4</span>
    above = np.int64(nodes.parent[node])
    for _ in range(_STEPS):
        if above <= before:
            break
        first, last = nodes.class_start[above], nodes.class_end[above]
        if _has_any(data, first, last, _DENOMINATORS):
            return _SLASH
        if digits - start == _CENTS and _are_cents(data, nodes, before, above, out, begin, at):
            whole = at
            while whole > begin and ord("0") <= out[whole - 1] <= ord("9"):
                whole -= 1
            has_point = whole > begin and out[whole - 1] == ord(".")
            return _SPACE if has_point else _POINT
        if _has_any(data, first, last, _NUMERATORS):
            return _SPACE
        above = np.int64(nodes.parent[above])
    return 0


@njit(cache=True, nogil=True)
def _are_cents(
    data: Bytes, nodes: Nodes, before: int, element: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether two digits in an element are the cents of a price.

    Its class says so, or that it is a fraction beside a whole, or it is a small or other element
    of a price.

    Args:
      before: the text before, digits.
      out, begin, at: what is written, where its line begins, and where it ends.
    """
    start, end = nodes.class_start[element], nodes.class_end[element]
    if _has_any(data, start, end, _CENT_WORDS):
        return True
    whole = at
    while whole > begin and (
        ord("0") <= out[whole - 1] <= ord("9") or out[whole - 1] in (ord(","), ord("."))
    ):
        whole -= 1
    if whole > begin and out[whole - 1] == ord(" "):
        whole -= 1
    has_currency = _ends_with_currency(out, begin, whole)
    if _has_any(data, start, end, _FRACTIONS):
        above = nodes.parent[before]
        first, last = nodes.class_start[above], nodes.class_end[above]
        return has_currency or _has_any(data, first, last, _WHOLES)
    tag = nodes.tag[element]
    is_part = tag == _SMALL or (tag == _SPAN and has_currency)
    return is_part and _is_in_price(data, nodes, np.int64(nodes.parent[element]))


@njit(cache=True, nogil=True)
def bounds(data: Bytes, nodes: Nodes, text: int) -> tuple[int, int]:
    """The bytes of a text without the white space around it."""
    start, end = nodes.start[text], nodes.end[text]
    while start < end and data[start] <= ord(" "):
        start += 1
    while end > start and data[end - 1] <= ord(" "):
        end -= 1
    return start, end


@njit(cache=True, nogil=True)
def are_digits(data: Bytes, start: int, end: int) -> bool:
    for at in range(start, end):
        if not ord("0") <= data[at] <= ord("9"):
            return False
    return end > start


@njit(cache=True, nogil=True)
def slash_behind(data: Bytes, nodes: Nodes, raised: int) -> np.int64:
    """The text between numerator and denominator, `<sup>1</sup>/<sub>2</sub>`; -1 for none."""
    slash, node = np.int64(-1), np.int64(nodes.last[raised] + 1)
    for _ in range(_STEPS):
        if node >= len(nodes.tag):
            break
        tag = nodes.tag[node]
        if tag == TEXT:
            start, end = bounds(data, nodes, node)
            if slash < 0 and _is_slash(data, start, end):
                slash = node
            elif end > start:
                break
        elif tag == _SUB:
            is_number = nodes.last[node] == node + 1 and nodes.tag[node + 1] == TEXT
            if slash >= 0 and is_number:
                start, end = bounds(data, nodes, node + 1)
                if are_digits(data, start, end):
                    return slash
            break
        elif tag == _SUP:
            break
        node += 1
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _is_slash(data: Bytes, start: int, end: int) -> bool:
    """Whether a text is `/`, U+2044 or U+2215."""
    if end - start == 1:
        return bool(data[start] == ord("/"))
    if end - start != 3 or data[start] != 0xE2:
        return False
    return (data[start + 1] == 0x81 and data[start + 2] == 0x84) or (
        data[start + 1] == 0x88 and data[start + 2] == 0x95
    )


@njit(cache=True, nogil=True)
def is_cents(
    data: Bytes, nodes: Nodes, raised: int, start: int, end: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether two raised digits are the cents of a price, whose currency stands before or behind.

    Args:
      start, end: the digits, and what else is raised with them.
      begin, at: the text that is written before.
    """
    if end - start < _CENTS or not are_digits(data, start, start + _CENTS):
        return False
    if not ord("0") <= out[at - 1] <= ord("9"):
        return False
    if end - start == _CENTS and _is_in_price(data, nodes, raised):
        return True
    before = at
    while before > begin and (
        ord("0") <= out[before - 1] <= ord("9") or out[before - 1] in (ord(","), ord("."))
    ):
        before -= 1
    tens = 10 * (data[start] - ord("0")) + data[start + 1] - ord("0")
    is_ten = at - before == 2 and out[before] == ord("1") and out[before + 1] == ord("0")
    if is_ten and end - start == _CENTS and 10 <= tens <= _MOST_POWER:
        return False  # $10^12
    if before > begin and out[before - 1] == ord(" "):
        before -= 1
    if end - start > _CENTS:
        behind = start + _CENTS
        while behind < end and data[behind] == ord(" "):
            behind += 1
        return _begins_with_currency(data, behind, end)
    if _ends_with_currency(out, begin, before):
        return True
    node = np.int64(nodes.last[raised] + 1)
    for _ in range(_STEPS):
        if node >= len(nodes.tag):
            break
        if nodes.tag[node] == TEXT:
            first, last = nodes.start[node], nodes.end[node]
            while first < last and data[first] <= ord(" "):
                first += 1
            if first + 5 < last and data[first] == ord("&") and data[first + 1] == ord("n"):
                first += 6  # &nbsp;
            if first < last:
                return _begins_with_currency(data, first, last)
        node += 1
    return False


@njit(cache=True, nogil=True)
def _is_in_price(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the class of an element, or of one close around it, says that it is a price."""
    for _ in range(_AROUND):
        if node < 0:
            break
        start, end = nodes.class_start[node], nodes.class_end[node]
        for word in _PRICES:
            if find_bytes(data, start, end, word) < end:
                return True
        node = nodes.parent[node]
    return False


@njit(cache=True, nogil=True)
def _ends_with_currency(out: Bytes, begin: int, at: int) -> bool:
    for currency in _CURRENCIES:
        size = len(currency)
        if at - begin >= size and _is_at(out, at - size, currency):
            return True
    return False


@njit(cache=True, nogil=True)
def _begins_with_currency(data: Bytes, at: int, end: int) -> bool:
    for currency in _CURRENCIES:
        after = at + len(currency)
        if after > end or not _is_at(data, at, currency):
            continue
        is_sign = not ord("a") <= (currency[-1] | 32) <= ord("z")
        if is_sign or after == end or not ord("a") <= (data[after] | 32) <= ord("z"):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_at(data: Bytes, at: int, word: Bytes) -> bool:
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[at + step] != word[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def is_mark(data: Bytes, start: int, end: int, is_word: bool) -> bool:
    """Whether a superscript is the mark of a note: `†`, `#`, `1)`, or behind a word `(1)`."""
    signs, opened, closed = 0, 0, 0
    for at in range(start, end):
        byte = data[at]
        is_sign = byte < 0x80 and not (
            ord("0") <= byte <= ord("9") or ord("a") <= (byte | 32) <= ord("z")
        )
        signs += is_sign
        opened += byte == ord("(")
        closed += byte == ord(")")
    if end == start or data[start] in (ord("+"), ord("-")):
        return False
    if signs == end - start or closed > opened:
        return True
    in_brackets = data[start] == ord("(") and data[end - 1] == ord(")")
    return in_brackets and is_word and are_digits(data, start + 1, end - 1)
