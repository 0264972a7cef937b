"""Superscripts and subscripts of pages that are no exponents: prices, times, fractions, marks.

What a superscript is otherwise, `filters.wikitext.superscripts` says, for wikis too. Style sheets
raise and lower other elements; whose class or style says so is one.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import LOWERED, RAISED, TEXT
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, find_bytes, has_word, is_digit, is_letter
from filters.text.numerals import count_numerals, number_before, number_of
from filters.wikitext.prices import (
    CENTS,
    are_digits,
    begins_with_currency,
    is_behind_currency,
    is_power_of_ten,
)
from filters.wikitext.superscripts import is_mixed_number

_SUP, _SUB, _SMALL, _FONT, _SPAN = map(elements.tag, ("sup", "sub", "small", "font", "span"))
_STRUCK = elements.tags("del s strike")
_STEPS = 6  # nodes behind a superscript that are looked at
_MOST_TAG = 2000  # bytes of a start tag that are looked at
_MOST_AMOUNT = 24  # bytes of a price and its currency
_MOST_RAISED = 12  # bytes in an element that its class or style raises; longer ones are subtitles
_POINT, _SLASH, _SPACE = ord("."), ord("/"), ord(" ")


# Words of classes, or their beginnings: what is raised or lowered, cents, and parts of fractions.
_CENT_WORDS = as_bytes("cents", "cent", "decimal", "decimals", "price-decimal", "price-decimals",
                     "price-cents", "price__cents", "price-fraction", "a-price-fraction",
                     "price__decimal", "price__fraction")  # fmt: skip
_DENOMINATORS = as_bytes("denominator", "denom", "den", "fraction-denominator", "mden")
_NUMERATORS = as_bytes("numerator", "num", "frac", "fraction", "fraction-numerator", "mnum")
_PARTS_OF_PRICES = as_bytes("fraction", "fractional", "frac", "minor")  # cents, beside a currency
_PRICES = as_bytes("price", "Price")
(_SIZE,) = as_bytes(' size="')
_WHOLES = as_bytes("whole", "integer", "price-whole", "price-integer", "price__integer",
                 "price__whole")  # fmt: skip
# Denominators of the fractions that stand behind a whole number.
_PARTS = (2, 3, 4, 5, 6, 8, 16, 32, 64)
_OPERATORS = tuple(b"=+*/^(<>_[-")
_SIGNS = tuple(b"=+*/^<>")  # of these, what no sentence has


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
    start, end = nodes.start[node], nodes.end[node]
    if start < end and _are_amounts(data, nodes, before, node):
        return _SPACE  # <s>$30</s>$24
    if not ord("0") <= out[at - 1] <= ord("9"):
        return 0
    if start == end or not ord("0") <= data[start] <= ord("9"):
        return 0
    digits = _end_of_digits(data, start, end)
    if digits + 3 < end and _is_slash(data, digits, digits + 3):
        return _SPACE  # 2<span>1⁄4</span>
    if digits < end and _is_fraction(data, start, end):
        return _SPACE  # 2<span>1/4</span>
    if _is_struck(nodes, before, node):
        return _SPACE  # <del>100</del>80
    sign = 0
    above = np.int64(nodes.parent[node])
    for _ in range(_STEPS):
        if above <= before:
            break
        first, last = nodes.class_start[above], nodes.class_end[above]
        if _has_any(data, first, last, _DENOMINATORS):
            return _SLASH
        is_small = nodes.tag[above] == _SMALL or _is_sized(data, nodes, above)
        if digits - start == CENTS and (
            _has_any(data, first, last, _CENT_WORDS)
            or (digits == end and _are_cents(data, nodes, before, above, is_small, out, begin, at))
        ):
            whole = number_before(out, begin, at)
            has_point = whole > begin and out[whole - 1] == ord(".")
            return _SPACE if has_point else _POINT
        if is_small or _STRUCK[nodes.tag[above]] or _has_any(data, first, last, _NUMERATORS):
            sign = _SPACE
        above = np.int64(nodes.parent[above])
    return sign


@njit(cache=True, nogil=True)
def _is_struck(nodes: Nodes, text: int, other: int) -> bool:
    """Whether a text is struck out, and another one not with it."""
    above = np.int64(nodes.parent[text])
    for _ in range(_STEPS):
        if above < 0 or above <= other <= nodes.last[above]:
            return False
        if _STRUCK[nodes.tag[above]]:
            return True
        above = np.int64(nodes.parent[above])
    return False


@njit(cache=True, nogil=True)
def _are_amounts(data: Bytes, nodes: Nodes, before: int, node: int) -> bool:
    """Whether two texts are prices, or amounts with a unit of which one is struck out."""
    start, end = bounds(data, nodes, before)
    first, last = bounds(data, nodes, node)
    most = max(end - start, last - first)
    if most > _MOST_AMOUNT or not (_has_digit(data, start, end) and _has_digit(data, first, last)):
        return False
    # $24, -20%
    is_discount = data[first] in (ord("-"), 0xE2) and data[last - 1] == ord("%")
    if _is_price(data, start, end) and (is_discount or _is_price(data, first, last)):
        return True
    if not (_is_struck(nodes, before, node) or _is_struck(nodes, node, before)):
        return False
    return is_digit(data[start]) and is_digit(data[first])


@njit(cache=True, nogil=True)
def _is_price(data: Bytes, start: int, end: int) -> bool:
    """Whether an amount has a currency before or behind it."""
    if begins_with_currency(data, start, end):
        return is_digit(data[end - 1])
    whole = end
    while whole > start and not is_digit(data[whole - 1]):
        whole -= 1
    while whole < end and data[whole] <= ord(" "):
        whole += 1
    return is_digit(data[start]) and begins_with_currency(data, whole, end)


@njit(cache=True, nogil=True)
def _has_digit(data: Bytes, start: int, end: int) -> bool:
    for at in range(start, end):  # noqa: SIM110 (a kernel)
        if is_digit(data[at]):
            return True
    return False


@njit(cache=True, nogil=True)
def _are_cents(
    data: Bytes, nodes: Nodes, before: int, element: int, is_small: bool, out: Bytes, begin: int,
    at: int,
) -> bool:  # fmt: skip
    """Whether an element of two digits has the cents of a price.

    Args:
      before: the text before, digits.
      is_small: whether its text is smaller than the one before.
    """
    has_currency = is_behind_currency(out, begin, at)
    start, end = nodes.class_start[element], nodes.class_end[element]
    if _has_any(data, start, end, _PARTS_OF_PRICES):
        whole = nodes.parent[before]
        start, end = nodes.class_start[whole], nodes.class_end[whole]
        is_price = has_currency or _has_any(data, start, end, _WHOLES)
        return is_price or _is_in_price(data, nodes, element)
    if is_small:
        return has_currency or _is_in_price(data, nodes, element)
    return nodes.tag[element] == _SPAN and has_currency and _is_in_price(data, nodes, element)


@njit(cache=True, nogil=True)
def _is_sized(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element is `<font>` with a size."""
    if nodes.tag[node] != _FONT:
        return False
    start, end = start_tag(data, nodes, node)
    return find_bytes(data, start, end, _SIZE) < end


@njit(cache=True, nogil=True)
def _is_in_price(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether the class of an element, or of one around it, names a price."""
    around = np.int64(node)
    for _ in range(_STEPS):
        if around < 0:
            return False
        start, end = nodes.class_start[around], nodes.class_end[around]
        for word in _PRICES:
            if find_bytes(data, start, end, word) < end:
                return True
        around = np.int64(nodes.parent[around])
    return False


@njit(cache=True, nogil=True)
def _end_of_digits(data: Bytes, at: int, end: int) -> int:
    while at < end and ord("0") <= data[at] <= ord("9"):
        at += 1
    return at


@njit(cache=True, nogil=True)
def _is_fraction(data: Bytes, start: int, end: int) -> bool:
    """Whether a text is a fraction below one, such as `3/4`, whose denominator is usual."""
    slash = _end_of_digits(data, start, end)
    behind = slash + 1
    if slash < end and data[slash] >= 0x80:
        behind = slash + 3
    if behind >= end or not _is_slash(data, slash, behind) or slash - start > CENTS:
        return False
    if end - behind > CENTS or not are_digits(data, behind, end):
        return False
    above, below = number_of(data, start, slash), number_of(data, behind, end)
    return 0 < above < below and below in _PARTS


@njit(cache=True, nogil=True)
def is_mixed(
    data: Bytes, nodes: Nodes, raised: int, start: int, end: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether a raised fraction, or its upper part, is behind a whole number: `1<sup>1/2</sup>`.

    Beside the signs of a formula it is an exponent. The arguments are those of `is_cents`.
    """
    behind, last = _text_behind(data, nodes, raised)
    if is_mixed_number(out, begin, at, data, start, end, data, behind, last):
        return True  # 3<sup>5</sup>/8
    whole = number_before(out, begin, at)
    if whole == at or at - whole > CENTS + 1 or not _is_fraction(data, start, end):
        return False
    if whole > begin and is_letter(out[whole - 1]):
        return False
    before = whole
    while before > begin and out[before - 1] == ord(" "):
        before -= 1
    if before > begin and out[before - 1] in _OPERATORS:
        return False
    if behind < last and data[behind] in (ord("("), ord("["), ord("_")):
        return False
    return behind == last or not _is_operator(data, behind)


@njit(cache=True, nogil=True)
def is_in_formula(
    data: Bytes, nodes: Nodes, raised: int, out: Bytes, begin: int, base: int
) -> bool:
    """Whether a sign of a formula or currency stands before a base, or one behind what is raised.

    Args:
      out, begin, base: what is written, where its line begins, and the base in it.
    """
    behind, last = _text_behind(data, nodes, raised)
    if behind < last and _is_operator(data, behind):
        return True
    before = base
    while before > begin and out[before - 1] == ord(" "):
        before -= 1
    if before == begin:
        return False
    sign = before - 1
    while sign > begin and out[sign] & 0xC0 == 0x80:
        sign -= 1
    is_currency = out[sign] == 0xE2 and out[sign + 1] == 0x82
    is_other = out[sign] == 0xC2 and out[sign + 1] != 0xA0  # £, ¥, ±
    return out[sign] == ord("$") or is_currency or is_other or _is_operator(out, sign)


@njit(cache=True, nogil=True)
def _is_operator(data: Bytes, at: int) -> bool:
    """Whether a sign of a formula stands at a place, such as `=`, `×`, `−` or `≤`."""
    first, second = data[at], data[at + 1] if at + 1 < len(data) else np.uint8(0)
    if first == 0xE2:
        return second in (0x88, 0x89)
    return first in _SIGNS or (first in (0xC2, 0xC3) and second in (0x97, 0xB7))


@njit(cache=True, nogil=True)
def _text_behind(data: Bytes, nodes: Nodes, raised: int) -> tuple[int, int]:
    """The bytes of the text behind a superscript, without white space before it."""
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
                return first, last
        node += 1
    return 0, 0


@njit(cache=True, nogil=True)
def start_tag(data: Bytes, nodes: Nodes, node: int) -> tuple[int, int]:
    """The bytes between `<` and the end of an element's start tag, of which `<` is no other."""
    end = int(nodes.start[node])
    start = end
    while start > 0 and end - start < _MOST_TAG and data[start - 1] != ord("<"):
        start -= 1
    return start, end


@njit(cache=True, nogil=True)
def attribute(data: Bytes, start: int, end: int, name: Bytes) -> tuple[int, int]:
    """The bytes of an attribute's value in a start tag; empty for none. A name is ` class="`."""
    at = min(find_bytes(data, start, end, name) + len(name), end)
    close = at
    while close < end and data[close] != ord('"'):
        close += 1
    return at, close


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
                if count_numerals(data, start, end):
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
    if end - start < CENTS or not are_digits(data, start, start + CENTS):
        return False
    if not ord("0") <= out[at - 1] <= ord("9"):
        return False
    if end - start > CENTS:
        behind = start + CENTS
        while behind < end and data[behind] == ord(" "):
            behind += 1
        return begins_with_currency(data, behind, end)
    if _is_in_price(data, nodes, raised):
        return True
    if is_power_of_ten(out, begin, at, data, start):
        return False
    if is_behind_currency(out, begin, at):
        return True
    behind, behind_end = _text_behind(data, nodes, raised)
    return behind < behind_end and begins_with_currency(data, behind, behind_end)
