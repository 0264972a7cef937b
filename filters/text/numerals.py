"""Decimal digits of any script in bytes of UTF-8: `6`, `६`, `٦`, `۶`, `๖`, `６`.

Source: the characters of general category Nd in the Unicode Character Database up to U+FFFF that
are in common use.
"""

import numpy as np
from numba import njit

from filters.text.characters import Bytes

_TWO = tuple(tuple(zero.encode()) for zero in "٠۰߀")
_THREE = tuple(tuple(zero.encode()) for zero in "०০੦૦୦௦౦೦൦๐໐༠၀០᠐０")
_LONGEST = 3  # bytes


@njit(cache=True, nogil=True)
def numeral_at(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The bytes of the digit that begins at a place, 0 if none does, and its value."""
    if at >= end:
        return 0, 0
    first = int(data[at])
    if first < 0x80:
        return (1, first - ord("0")) if ord("0") <= first <= ord("9") else (0, 0)
    if at + 1 < end:
        for zero in _TWO:
            value = int(data[at + 1]) - zero[1]
            if first == zero[0] and 0 <= value <= 9:
                return 2, value
    if at + 2 < end and first in (0xE0, 0xE1, 0xEF):
        for zeros in _THREE:
            value = int(data[at + 2]) - zeros[2]
            if first == zeros[0] and data[at + 1] == zeros[1] and 0 <= value <= 9:
                return 3, value
    return 0, 0


@njit(cache=True, nogil=True)
def numeral_before(data: Bytes, begin: int, at: int) -> tuple[int, int]:
    """The bytes of the digit that ends before a place, 0 if none does, and its value."""
    for size in range(1, _LONGEST + 1):
        if at - size < begin:
            break
        found, value = numeral_at(data, at - size, at)
        if found == size:
            return found, value
    return 0, 0


@njit(cache=True, nogil=True)
def count_numerals(data: Bytes, start: int, end: int) -> int:
    """How many digits the bytes start:end are; 0 if one of the characters is none."""
    count, at = 0, start
    while at < end:
        size, _ = numeral_at(data, at, end)
        if size == 0:
            return 0
        at += size
        count += 1
    return count


@njit(cache=True, nogil=True)
def number_of(data: Bytes, start: int, end: int) -> int:
    """The number that the digits start:end are."""
    number, at = np.int64(0), start
    while at < end:
        size, value = numeral_at(data, at, end)
        number = 10 * number + value
        at += max(size, 1)
    return int(number)


@njit(cache=True, nogil=True)
def number_before(data: Bytes, begin: int, at: int) -> int:
    """Where the digits before a place begin."""
    size, _ = numeral_before(data, begin, at)
    while size:
        at -= size
        size, _ = numeral_before(data, begin, at)
    return at


@njit(cache=True, nogil=True)
def ends_with_ten(data: Bytes, begin: int, at: int) -> bool:
    """Whether the last two digits before a place are 1 and 0."""
    size, value = numeral_before(data, begin, at)
    if size == 0 or value != 0:
        return False
    size, value = numeral_before(data, begin, at - size)
    return size > 0 and value == 1
