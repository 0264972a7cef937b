"""Signs that are operators in one place and punctuation in another.

`-`, `!`, `·`, `:`, `'` and `?` change the meaning of code and of formulas, and hardly that of a
sentence. The characters around a sign tell which one it is. (A colon is one between two digits,
which `dedup.words` sees to.)
"""

import numpy as np
from numba import njit

from dedup.hashes import Bytes

_SPACE, _NEWLINE = 0x20, 0x0A
_EXCLAMATION, _APOSTROPHE, _DASH, _DOT, _EQUALS, _QUESTION = map(ord, "!'-.=?")
_OPENING, _CLOSING = map(ord, "()")
_BEHIND_FACTORIAL = tuple(map(ord, "*/+([^"))


@njit(cache=True, nogil=True)
def is_operator(data: Bytes, pos: int, after: int, end: int, number: bool, inside: bool) -> bool:
    """Whether the sign at this position is an operator, by the bytes around it.

    Args:
      after: the position after the sign.
      number: whether a number or an equals sign follows, perhaps after a space.
      inside: whether the text has a character before the sign.
    """
    sign = data[pos]
    before = data[pos - 1] if inside else np.uint8(_SPACE)
    following = data[after] if after < end else np.uint8(_SPACE)
    second = data[after + 1] if after + 1 < end else np.uint8(_SPACE)
    if sign == _APOSTROPHE:
        return _is_prime(before, following, second)
    if sign == _QUESTION:
        return _is_question(before, following, second)
    if number:
        return True
    if sign == _EXCLAMATION:
        return _is_exclamation(before, following, second)
    return sign == _DASH and inside and _is_dash(before, following, second)


@njit(cache=True, nogil=True)
def _is_prime(before: int, following: int, second: int) -> bool:
    """`f'(x)`, `f''(x)` and `y' = 2`."""
    if not (_is_letter(before) or before == _APOSTROPHE):
        return False
    return following in (_OPENING, _EQUALS) or (
        second == (_OPENING if following == _APOSTROPHE else _EQUALS)
        and following in (_APOSTROPHE, _SPACE)
    )


@njit(cache=True, nogil=True)
def _is_question(before: int, following: int, second: int) -> bool:
    """`a ?? b` and `a?.b`."""
    if following == _QUESTION:
        return before == _SPACE and second in (_SPACE, _EQUALS)
    return following == _DOT and _is_letter(second)


@njit(cache=True, nogil=True)
def _is_exclamation(before: int, following: int, second: int) -> bool:
    """`!found` and `!(a || b)`; `5!` and `(n + 1)!`; `n!/2` and `a!.b`."""
    if _is_digit(before) or before == _CLOSING:
        return True
    if _is_letter(before):
        return following in _BEHIND_FACTORIAL or (following == _DOT and _is_letter(second))
    return following == _OPENING or _is_letter(following) or _is_digit(following)


@njit(cache=True, nogil=True)
def _is_dash(before: int, following: int, second: int) -> bool:
    """`grep -v` and `n--`, but no speech, which a dash at the beginning of a line opens.

    The second of two dashes is none, so that `wait--what` are two words.
    """
    if _is_letter(before) or _is_digit(before):
        return following == _DASH and not (
            second == _DASH or _is_letter(second) or _is_digit(second)
        )
    if before in (_NEWLINE, _DASH):
        return False
    if following == _DASH:
        return _is_letter(second)
    return following == _OPENING or _is_letter(following) or _is_digit(following)


@njit(cache=True, nogil=True)
def _is_digit(code: int) -> bool:
    return 0x30 <= code <= 0x39


@njit(cache=True, nogil=True)
def _is_letter(code: int) -> bool:
    """Whether a byte is a letter of ASCII, an underscore, or a part of any other character."""
    return 0x61 <= code | 0x20 <= 0x7A or code == 0x5F or code >= 0x80
