"""Lines of a block: how they begin, and what is written byte by byte."""

from typing import NamedTuple

from numba import njit

from filters.text.characters import Bytes

SPACE, NEW_LINE = 1, 2  # what waits before the next word outside of code


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
def is_blank(out: Bytes, begin: int, at: int) -> bool:
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at == begin


@njit(cache=True, nogil=True)
def is_letter(byte: int) -> bool:
    return ord("a") <= (byte | 32) <= ord("z")


@njit(cache=True, nogil=True)
def is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")
