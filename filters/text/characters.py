"""What the rule kernels know about characters: UTF-8, classes of code points, hashes of strings.

Kernels walk the bytes of an Arrow buffer, which Arrow has checked to be valid UTF-8. They look
code points up in one table of class bits, so that they agree with Python's `str` methods and
with the published rules on every script.
"""

import functools
import string
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SPACE = 1  # str.isspace: what str.split() and str.strip() remove
LINE_BREAK = 2  # where str.splitlines() breaks
LETTER = 4  # str.isalpha
DIGIT = 8  # str.isdecimal: \d of Python's re
SENTENCE_END = 16
SYMBOL = 32  # a word of nothing but these is no word to Gopher's rules

# Code points that end a sentence: Sentence_Terminal of Unicode 15 without a few rare ones, and
# three Khmer signs. Source: datatrove 0.10.1, utils/text.py, TERMINAL_PUNCTUATION.
_SENTENCE_ENDS = """
    21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E
    1735-1736 17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E
    1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049 2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7
    A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E FF1F FF61
    10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD
    111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642
    1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44
    16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88
"""
# Beside ASCII punctuation, control characters and sentence ends. The full-width digit one is in
# the published list, by accident it seems, and stays for agreement.
# Source: datatrove 0.10.1, utils/text.py, PUNCTUATION.
_SYMBOLS = "«´»–—’“”„…∶━►、。〈〉《》「」【】！％（），．１：；？～"

_LINE_BREAKS = (0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)


def sentence_ends() -> set[str]:
    """The characters that end a sentence, in any script."""
    ends: set[str] = set()
    for item in _SENTENCE_ENDS.split():
        low, _, high = item.partition("-")
        ends.update(map(chr, range(int(low, 16), int(high or low, 16) + 1)))
    return ends


def symbols() -> set[str]:
    """The characters that do not make a word."""
    controls = (*range(32), *range(0x7F, 0xA0))
    return {*string.punctuation, *map(chr, controls), *_SYMBOLS, *sentence_ends()}


@functools.cache
def character_classes() -> Bytes:
    """Class bits of every code point: a table of 1.1 MB, of which a batch touches little.

    Letters, digits and spaces are those of the running Python's Unicode version.
    """
    classes = np.zeros(0x110000, np.uint8)
    # Planes above 3 hold no letters, digits or spaces.
    for code in range(0x40000):
        character = chr(code)
        classes[code] = (
            SPACE * character.isspace()
            + LETTER * character.isalpha()
            + DIGIT * character.isdecimal()
        )
    for bit, members in ((SENTENCE_END, sentence_ends()), (SYMBOL, symbols())):
        classes[[ord(character) for character in members]] |= bit
    classes[list(_LINE_BREAKS)] |= LINE_BREAK
    classes.setflags(write=False)
    return classes


@njit(cache=True, nogil=True)
def decode(data: Bytes, at: int) -> tuple[Any, int]:
    """Code point at a byte position, and its width in bytes."""
    lead = data[at]
    if lead < 0x80:
        return np.int64(lead), 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | data[at + 1] & 0x3F, 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F, 3
    return (
        (lead & 0x07) << 18
        | (data[at + 1] & 0x3F) << 12
        | (data[at + 2] & 0x3F) << 6
        | data[at + 3] & 0x3F
    ), 4


# Kernels look at eight bytes at a time where they can: as one little-endian uint64, the first byte
# lowest.


@intrinsic
def load_eight(typing_context: Any, data: Any, at: Any) -> Any:
    """The eight bytes of `data` from `at` on, aligned or not. There must be eight."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(data, types.int64), generate


@intrinsic
def store_eight(typing_context: Any, data: Any, at: Any, word: Any) -> Any:
    """Write eight bytes to `data` from `at` on. There must be room for eight."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        builder.store(arguments[2], builder.bitcast(pointer, ir.IntType(64).as_pointer())).align = 1
        return context.get_dummy_value()

    return types.none(data, types.int64, types.uint64), generate


@intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Number of zero bits below the lowest one of a uint64 other than 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@njit(cache=True, nogil=True)
def load_up_to_eight(data: Bytes, at: int, end: int) -> Any:
    """The bytes at:end, at most eight of them, as `load_eight` with zeros behind."""
    size = end - at
    if size >= 8:
        return load_eight(data, at)
    if at + 8 <= len(data):
        return load_eight(data, at) & ((np.uint64(1) << np.uint64(8 * size)) - np.uint64(1))
    word = np.uint64(0)
    for i in range(size):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


# Two strings of one document with equal hashes are taken for equal: for a million strings the
# risk is about 1 in 37 million.
_HASH_START = np.uint64(0x9E3779B97F4A7C15)
_HASH_STEP = np.uint64(0x9FB21C651E98DF25)


@njit(cache=True, nogil=True)
def mix(value: np.uint64, word: np.uint64) -> Any:
    """A hash extended by eight bytes, or by another hash; the order counts."""
    value = ((value >> np.uint64(29) | value << np.uint64(35)) ^ word) * _HASH_STEP
    return value ^ (value >> np.uint64(32))


@njit(cache=True, nogil=True)
def hash_bytes(data: Bytes, start: int, end: int) -> Any:
    """Hash of the bytes start:end."""
    value = np.uint64(end - start) * _HASH_START
    at = start
    while at + 8 < end:
        value = mix(value, load_eight(data, at))
        at += 8
    return mix(mix(value, load_up_to_eight(data, at, end)), _HASH_START)


COPY_ROOM = 8  # what `copy_bytes` may write too much


@njit(cache=True, nogil=True)
def copy_bytes(data: Bytes, start: int, end: int, out: Bytes, at: int) -> int:
    """Copy start:end to `out`; where it ends there. `out` needs COPY_ROOM behind it."""
    while start < end:
        store_eight(out, at, load_up_to_eight(data, start, min(end, start + 8)))
        start += 8
        at += 8
    return at + end - start


@njit(cache=True, nogil=True)
def count_characters(data: Bytes, start: int, end: int) -> Any:
    """Characters of the bytes start:end."""
    following = np.int64(0)  # bytes that begin no character: 10xxxxxx
    ones = np.uint64(0x0101010101010101)
    at = start
    while at + 8 <= end:
        word = load_eight(data, at)
        begins_none = (word >> np.uint64(7)) & ~(word >> np.uint64(6)) & ones
        following += np.int64((begins_none * ones) >> np.uint64(56))
        at += 8
    while at < end:
        following += np.int64(data[at] & 0xC0 == 0x80)
        at += 1
    return end - start - following


@njit(cache=True, nogil=True)
def find_newline(data: Bytes, at: int, end: int) -> int:
    """Where the next newline is, or `end`."""
    newlines = np.uint64(0x0A0A0A0A0A0A0A0A)
    ones = np.uint64(0x0101010101010101)
    while at + 8 <= end:
        word = load_eight(data, at) ^ newlines
        zero_bytes = (word - ones) & ~word & np.uint64(0x8080808080808080)
        if zero_bytes:
            return at + (trailing_zeros(zero_bytes) >> 3)
        at += 8
    while at < end and data[at] != 10:
        at += 1
    return at


# Hash sets are open-addressed arrays of uint64 in which 0 means empty. Kernels own the array
# and clear the part that a document needs.


@njit(cache=True, nogil=True)
def table_size(members: int) -> int:
    """Slots for so many members: a power of two, at most half full."""
    size = 16
    while size < 2 * members:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def find_slot(table: Hashes, size: int, key: np.uint64) -> Any:
    """The slot where a key other than 0 is, or where it belongs."""
    mask = size - 1
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & mask
    while table[slot] != 0 and table[slot] != key:
        slot = (slot + 1) & mask
    return slot
