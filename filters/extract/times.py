"""Times whose minutes are raised, `7<sup>30</sup>–15<sup>00</sup>`, which are no powers."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.raised import bounds
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.text.matching import is_letter
from filters.text.numerals import number_before, number_of
from filters.wikitext.prices import are_digits

_SUP = elements.tag("sup")
_CENTS = 2  # digits of minutes
_HOURS, _MINUTES = 24, 60
_TIMES = 4  # behind one that are looked at
_BETWEEN, _DASHES = 12, tuple(b" -")  # most bytes between two times, and what they may be


@njit(cache=True, nogil=True)
def is_minutes(
    data: Bytes, nodes: Nodes, raised: int, start: int, end: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether two raised digits are the minutes of a time, `7<sup>30</sup>–15<sup>00</sup>`.

    A number from 0 to 24 with such digits may be a power as well. It is a time if the digits begin
    with 0, or another time stands before or behind it. The arguments are those of `is_cents`.
    """
    if end - start != _CENTS or not are_digits(data, start, end):
        return False
    whole = number_before(out, begin, at)
    if whole > begin and (is_letter(out[whole - 1]) or out[whole - 1] in (ord("."), ord(","))):
        return False
    if not _is_time(number_of(out, whole, at), at - whole, number_of(data, start, end)):
        return False
    if data[start] == ord("0"):
        return True
    before = whole
    while (
        before > begin
        and whole - before < _BETWEEN
        and (is_letter(out[before - 1]) or out[before - 1] >= 0x80 or out[before - 1] in _DASHES)
    ):
        before -= 1
    is_time = before - begin > _CENTS + 1 and are_digits(out, before - _CENTS, before)
    if before < whole and is_time and out[before - _CENTS - 1] == ord(":"):
        return True
    return _is_before_time(data, nodes, raised, number_of(out, whole, at))


@njit(cache=True, nogil=True)
def _is_time(hours: int, digits: int, minutes: int) -> bool:
    return 0 < digits <= _CENTS and hours <= _HOURS and minutes < _MINUTES


@njit(cache=True, nogil=True)
def _is_before_time(data: Bytes, nodes: Nodes, raised: int, hours: int) -> bool:
    """Whether other times follow: one of full hours, or one of other hours behind a dash."""
    between = np.int64(nodes.last[raised] + 1)
    for place in range(_TIMES):
        if between + 2 >= len(nodes.tag) or nodes.tag[between] != TEXT:
            return False
        if nodes.tag[between + 1] != _SUP or nodes.tag[between + 2] != TEXT:
            return False
        start, end = bounds(data, nodes, between)
        minutes, last = bounds(data, nodes, between + 2)
        if last - minutes != _CENTS or not are_digits(data, minutes, last):
            return False
        whole = number_before(data, start, end)
        others = number_of(data, whole, end)
        if not _is_time(others, end - whole, number_of(data, minutes, last)):
            return False
        if data[minutes] == ord("0"):
            return True
        is_dash = whole > start and (data[start] == ord("-") or data[start] == 0xE2)
        is_round = data[minutes + 1] in (ord("0"), ord("5"))
        if place == 0 and is_dash and others != hours and is_round:
            return True
        between += 3
    return False
