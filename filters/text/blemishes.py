"""What normalisation could mend in a text: one walk over its bytes finds the steps with work to do.

Most texts of a crawl need no step, and a look at each byte costs less than one regular expression.
"""

import functools
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from filters.text.characters import Bytes, Ints, decode, load_eight
from filters.text.normalize import (
    BEYOND_ASCII,
    CONTROL,
    INVISIBLE,
    RETURN,
    SEPARATOR,
    UNCOMPOSED,
    WHITE,
)
from filters.text.words import TextView

# Classes of characters beside these bits: white space beyond ASCII; those that normal form C joins
# to the last base, if that is one of those which it joins to something.
_WIDE, _JOINS, _IS_JOINED_TO = 1 << 7, 1 << 8, 1 << 9

_CONTROLS = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0xFEFF)
_ZERO_WIDTH = (0x180E, 0x200B, *range(0x2060, 0x2065))
_SEPARATORS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
_LAST = 0x30000  # no character from here on is in one of these classes
_LEADING_JAMO = range(0x1100, 0x1113)
_OTHER_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
_SPACE, _TAB, _NEWLINE = 0x20, 0x09, 0x0A
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


def blemishes(text: pa.LargeStringArray) -> npt.NDArray[np.uint8]:
    """Bits of each text; 0 for nulls. A bit may be set for nothing, but none is missing.

    Cost: about a nanosecond for each byte.
    """
    view = TextView(text)
    return _look(view.data, view.offsets, *_tables())


@functools.cache
def _tables() -> tuple[npt.NDArray[np.uint16], Bytes]:
    """The class and the combining class of each character.

    UNCOMPOSED are those that normal form C does not have. With the others it is Unicode's quick
    check (UAX 15, section 9), in which combining classes do not descend.
    """
    classes = np.zeros(_LAST, np.uint16)
    orders = np.zeros(_LAST, np.uint8)
    for bit, members in (
        (CONTROL, _CONTROLS), (INVISIBLE, _ZERO_WIDTH), (SEPARATOR, _SEPARATORS),
        (_IS_JOINED_TO, _LEADING_JAMO), (_JOINS, _OTHER_JAMO), (RETURN, (0x0D,)),
    ):  # fmt: skip
        classes[list(members)] |= bit
    for code in range(0x80, _LAST):
        character = chr(code)
        orders[code] = unicodedata.combining(character)
        if character.isspace():
            classes[code] |= _WIDE
        parts = unicodedata.decomposition(character)
        if not parts or parts.startswith("<"):
            continue
        if unicodedata.normalize("NFC", character) != character:
            classes[code] |= UNCOMPOSED
        elif " " in parts:
            base, mark = (int(part, 16) for part in parts.split())
            classes[base] |= _IS_JOINED_TO
            classes[mark] |= _JOINS
    # Hangul syllables without a final consonant may be joined to one.
    classes[0xAC00:0xD7A4:28] |= _IS_JOINED_TO
    classes.flags.writeable = orders.flags.writeable = False
    return classes, orders


@njit(cache=True, nogil=True)
def _is_prose(eight: np.uint64, before: int) -> bool:
    """Whether eight bytes are printable ASCII, with one space at most between two others.

    Some are told to be none, such as `!` behind a space: a borrow of the subtraction.

    Args:
      before: the byte before them.
    """
    spaces = eight ^ np.uint64(0x2020202020202020)
    spaces = (spaces - _ONES) & ~spaces & _TOPS
    deletes = eight ^ np.uint64(0x7F7F7F7F7F7F7F7F)
    others = eight | (eight - np.uint64(0x2020202020202020)) | (deletes - _ONES) & ~deletes
    if others & _TOPS or spaces & (spaces >> np.uint64(8)):
        return False
    return not (spaces & np.uint64(0x80)) or before > _SPACE


@njit(cache=True, nogil=True)
def _look(
    data: Bytes, offsets: Ints, classes: npt.NDArray[np.uint16], orders: Bytes
) -> npt.NDArray[np.uint8]:
    found = np.zeros(len(offsets) - 1, np.uint8)
    for row in range(len(found)):
        start, end = offsets[row], offsets[row + 1]
        bits, order, base = 0, 0, 0
        begun = False  # the line has more than spaces and tabs
        before, newlines = _NEWLINE, 0
        at = start
        while at < end:
            while at + 8 <= end and _is_prose(load_eight(data, at), before):
                before = base = data[at + 7]
                begun = True
                order = newlines = 0
                at += 8
            if at == end:
                break
            byte = data[at]
            if byte < 0x80:
                bits |= classes[byte]
                if byte == _NEWLINE:
                    newlines += 1
                    if newlines > 2 or before in (_SPACE, _TAB):
                        bits |= WHITE
                    begun = False
                elif byte in (_SPACE, _TAB):
                    newlines = 0
                    if begun and (before == _SPACE or (before == _TAB and byte == _SPACE)):
                        bits |= WHITE
                else:
                    newlines = 0
                    begun = True
                order = 0
                before = base = byte
                at += 1
            else:
                code, width = decode(data, at)
                at += width
                bits |= BEYOND_ASCII
                kind = classes[code] if code < _LAST else 0
                bits |= kind
                if kind & _JOINS and classes[base] & _IS_JOINED_TO:
                    bits |= UNCOMPOSED
                previous = order
                order = orders[code] if code < _LAST else 0
                if order == 0:
                    base = code if code < _LAST else 0
                elif order < previous:
                    bits |= UNCOMPOSED
                begun = True
                newlines = 0
                before = 0x80
        if end > start and (data[start] <= _SPACE or data[end - 1] <= _SPACE):
            bits |= WHITE
        if bits & _WIDE:
            bits |= WHITE
        found[row] = bits & (_WIDE - 1)
    return found
