"""How a line of a text is written, byte by byte: white space, line breaks, escapes."""

from typing import NamedTuple

import numpy as np
from numba import njit

from filters.extract.tree import unescaped
from filters.text.characters import Bytes, decode
from filters.text.matching import is_digit, is_letter

# What waits before the next word outside of code: a line end of the source, which is no space
# between two signs of Chinese or Japanese, a space, one that is drawn, or a line end.
SOFT, SPACE, FIRM, NEW_LINE = range(1, 5)
NESTED = 16  # brackets that are open at once
_WIDE_BYTE = 0xE2  # the first byte of signs from U+2000 on is not below


class Line(NamedTuple):
    """How lines of a block begin, and what may not stand in them.

    Attributes:
      prefix, length: the bytes before each line but the first: marks of quotations, and spaces.
      is_one: a line break is a space, as in rows of tables, and in headings of Markdown.
      in_row: the block is in a row of a table of Markdown.
      marks_code: code inside a line stands between backticks.
      is_pre: the block is code, whose white space stands as it is.
      goes_on: the block goes on with the code of the one before.
      is_loose: the white space of the code's source is that of prose, but for no-break spaces.
    """

    prefix: Bytes
    length: int
    is_one: bool
    in_row: bool
    marks_code: bool
    is_pre: bool
    goes_on: bool
    is_loose: bool


@njit(cache=True, nogil=True)
def put(out: Bytes, at: int, first: int, second: int) -> int:
    out[at], out[at + 1] = first, second
    return at + 2


@njit(cache=True, nogil=True)
def put_break(out: Bytes, at: int, prefix: Bytes, length: int) -> int:
    out[at] = ord("\n")
    for step in range(length):
        out[at + 1 + step] = prefix[step]
    return at + 1 + length


@njit(cache=True, nogil=True)
def put_character(out: Bytes, at: int, sign: int) -> int:
    """Writes an ASCII character, or one of three bytes in UTF-8."""
    if sign < 0x80:
        out[at] = sign
        return at + 1
    out[at], out[at + 1] = 0xE0 | sign >> 12, 0x80 | sign >> 6 & 0x3F
    out[at + 2] = 0x80 | sign & 0x3F
    return at + 3


@njit(cache=True, nogil=True)
def put_waiting(line: Line, begin: int, out: Bytes, at: int, waiting: int) -> tuple[int, int]:
    """Writes the space or line end before a word."""
    if waiting and at > begin:
        if waiting == NEW_LINE and not line.is_one:
            at = put_break(out, at, line.prefix, line.length)
        else:
            out[at] = ord(" ")
            at += 1
    return at, 0


@njit(cache=True, nogil=True)
def put_text(
    data: Bytes, start: int, end: int, line: Line, begin: int, out: Bytes, at: int, waiting: int,
    keeps_lines: bool, keeps_spaces: bool, indent: np.int64,
) -> tuple[int, int, int, np.int64]:  # fmt: skip
    """Writes a text; where it ends, and whether white space waits for the next word.

    Args:
      keeps_lines, keeps_spaces: line ends of the source are line ends, and spaces indent them.
      indent: where the indentation ends of a line that nothing else is on; it and the beginning of
        the line are given back, too.
    """
    while start < end:
        byte = int(data[start])
        is_firm = keeps_spaces or byte == ord("&")
        if byte == ord("&"):
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        if byte == ord("\n") and keeps_lines:
            if at > begin or begin == indent:
                at = begin if at == indent else at
                at = put_break(out, at, line.prefix, line.length)
                begin, indent, waiting = at, np.int64(at), 0
            continue
        if byte <= ord(" "):
            if is_firm and at == indent and not line.is_one:
                # A no-break space, behind a space of the source that is inside of an indentation.
                at = put(out, at, ord(" "), ord(" ")) - (waiting == 0 or at == begin)
                indent, waiting = np.int64(at), 0
            elif is_firm:
                waiting = max(waiting, FIRM)
            elif byte == ord("\n"):
                waiting = SOFT if waiting <= SPACE else waiting
            elif waiting == 0:
                waiting = SPACE
            continue
        if waiting == SOFT and byte >= _WIDE_BYTE and at > begin:
            code, _ = decode(data, start - 1)
            if _is_unspaced(code) and _is_unspaced(_last_of(out, begin, at)):
                waiting = 0
        if waiting:
            at, waiting = put_waiting(line, begin, out, at, waiting)
        if line.in_row and byte == ord("|"):
            out[at] = ord("\\")
            at += 1
        out[at] = byte
        at += 1
    return at, waiting, begin, indent


@njit(cache=True, nogil=True)
def _is_unspaced(code: int) -> bool:
    """Whether a character is of Chinese or Japanese, in whose lines spaces are no parting.

    Source: the segment breaks of https://www.w3.org/TR/css-text-4/#line-break-transform.
    """
    is_wide = 0x2E80 <= code < 0x3130 or 0x3190 <= code < 0xA4D0
    return is_wide or 0xF900 <= code < 0xFB00 or 0xFF01 <= code < 0xFFA0 or code >= 0x20000


@njit(cache=True, nogil=True)
def _last_of(out: Bytes, begin: int, at: int) -> int:
    """The character before a place."""
    at -= 1
    while at > begin and out[at] & 0xC0 == 0x80:
        at -= 1
    code, _ = decode(out, np.int64(at))
    return int(code)


@njit(cache=True, nogil=True)
def is_alphanumeric(byte: int) -> bool:
    return is_letter(byte) or is_digit(byte)
