"""Words of texts in Arrow's buffer, one after the other, as hashes.

Words are hashed in place and never copied. Each `next_` kernel takes a position and gives the one
after the next word (or character) with its hash; `dedup.alphabets` says what a word is.
"""

import numpy as np
from numba import njit

from dedup.alphabets import ALONE, DIGIT, LAST_CODE, MARK, SEPARATOR, SIGN, SKIPPED, Letters
from dedup.hashes import Bytes, mix64
from dedup.signs import is_operator

# Basis and prime of FNV-1a.
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SPACE = np.uint64(0x20)


@njit(cache=True, nogil=True)
def decode(data: Bytes, pos: int) -> tuple[np.uint32, int]:
    """The code point at a byte position, and its width in bytes."""
    code = np.uint32(data[pos])
    if code >= 0xF0:
        code = (
            (code & np.uint32(0x07)) << np.uint32(18)
            | np.uint32(data[pos + 1] & 0x3F) << np.uint32(12)
            | np.uint32(data[pos + 2] & 0x3F) << np.uint32(6)
            | np.uint32(data[pos + 3] & 0x3F)
        )
        return code, 4
    if code >= 0xE0:
        code = (
            (code & np.uint32(0x0F)) << np.uint32(12)
            | np.uint32(data[pos + 1] & 0x3F) << np.uint32(6)
            | np.uint32(data[pos + 2] & 0x3F)
        )
        return code, 3
    if code >= 0x80:
        return (code & np.uint32(0x1F)) << np.uint32(6) | np.uint32(data[pos + 1] & 0x3F), 2
    return code, 1


@njit(cache=True, nogil=True)
def _class_of_sign(data: Bytes, pos: int, end: int, letters: Letters, inside: bool) -> int:
    """The class of the sign at this position: ALONE if it is an operator, else SEPARATOR.

    Args:
      inside: whether the text has a character before this position.
    """
    sign, width = decode(data, pos)
    after = pos + width
    ahead = after + 1 if after < end and data[after] == 0x20 else after
    code = letters[decode(data, ahead)[0]] if ahead < end else np.uint32(0x20)
    digit = 0x30 <= code <= 0x39
    if letters[sign] == 0x3A:  # a colon, or a wide one
        between = digit and ahead == after and inside and _is_behind_digit(data, pos)
        return ALONE if between else SEPARATOR
    number = digit or code == 0x3D
    return ALONE if is_operator(data, pos, after, end, number, inside) else SEPARATOR


@njit(cache=True, nogil=True)
def _is_behind_digit(data: Bytes, pos: int) -> bool:
    """Whether a digit of ASCII or a wide one stands before a position."""
    byte = data[pos - 1]
    if byte < 0x80:
        return 0x30 <= byte <= 0x39
    return 0x90 <= byte <= 0x99 and data[pos - 2] == 0xBC and data[pos - 3] == 0xEF


@njit(cache=True, nogil=True)
def _character(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, inside: bool
) -> tuple[np.uint32, int, int]:
    """The code point at a position, its width in bytes, and its class where it stands.

    Args:
      inside: whether the text has a character before this position.
    """
    code, width = decode(data, pos)
    kind = classes[code]
    if kind == SIGN:
        kind = _class_of_sign(data, pos, end, letters, inside)
    return code, width, kind


@njit(cache=True, nogil=True)
def _next_word(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, inside: bool
) -> tuple[int, np.uint64]:
    """Position after the next word, and the word's hash; the position is -1 if there is none.

    Args:
      inside: whether the text has a character before this position.
    """
    h = _BASIS
    first = pos
    started = alone = digits = False
    while pos < end:
        code, width, kind = _character(data, pos, end, classes, letters, inside or pos > first)
        if kind == SEPARATOR:
            if started:
                break
        elif kind != SKIPPED:
            if started and (kind == ALONE or (alone and kind != MARK)):
                break
            if kind != DIGIT:
                if code >= 0x80:
                    code = letters[code]
                    while code > LAST_CODE:
                        h = (h ^ np.uint64(code >> np.uint32(16))) * _PRIME
                        code = letters[code & np.uint32(0xFFFF)]
                h = (h ^ np.uint64(code)) * _PRIME
            elif not digits:
                h = (h ^ np.uint64(48)) * _PRIME
            digits = kind == DIGIT
            alone |= kind == ALONE
            started = True
        pos += width
    return (pos if started else -1), mix64(h)


@njit(cache=True, nogil=True)
def _next_letter(data: Bytes, pos: int, letters: Letters) -> tuple[int, np.uint64]:
    """Like `_next_char` at a position inside of a character that counts as several."""
    start = pos
    while data[start] & 0xC0 == 0x80:
        start -= 1
    code, width = decode(data, start)
    code = letters[code]
    for _ in range(start, pos):
        code = letters[code & np.uint32(0xFFFF)]
    after = start + width
    if code > LAST_CODE:
        after = pos + 1
        code >>= np.uint32(16)
    return after, mix64((_BASIS ^ np.uint64(code)) * _PRIME)


@njit(cache=True, nogil=True)
def _next_char(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, inside: bool
) -> tuple[int, np.uint64]:
    """Like `_next_word` for single characters; a run of separators counts as one space.

    The position after the first letters of a character that counts as several is inside of it: one
    byte further for each.

    Args:
      inside: whether a character came before; separators before the first one do not count.
    """
    spaced = False
    first = pos
    if pos < end and data[pos] & 0xC0 == 0x80:
        return _next_letter(data, pos, letters)
    while pos < end:
        code, width, kind = _character(data, pos, end, classes, letters, inside or pos > first)
        if kind == SEPARATOR:
            spaced = True
        elif kind != SKIPPED:
            if spaced and inside:
                return pos, mix64((_BASIS ^ _SPACE) * _PRIME)  # the next call gives the character
            if kind != DIGIT and letters[code] > LAST_CODE:
                return pos + 1, mix64((_BASIS ^ np.uint64(letters[code] >> np.uint32(16))) * _PRIME)
            pos += width
            if kind == DIGIT:
                code = np.uint32(48)
                while pos < end:
                    following, width = decode(data, pos)
                    if classes[following] != DIGIT:
                        break
                    pos += width
            return pos, mix64((_BASIS ^ np.uint64(letters[code])) * _PRIME)
        pos += width
    return -1, _BASIS


@njit(cache=True, nogil=True)
def next_unit(
    data: Bytes, pos: int, end: int, classes: Bytes, letters: Letters, chars: bool, inside: bool
) -> tuple[int, np.uint64]:
    """Position after the next word (or character), and its hash; the position is -1 at the end."""
    if chars:
        return _next_char(data, pos, end, classes, letters, inside)
    return _next_word(data, pos, end, classes, letters, inside)
