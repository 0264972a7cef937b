"""Cuts: ranges of bytes that are removed from texts. No cut splits a character.

Here a character is a code point together with the marks and invisible code points that follow it.
"""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from dedup.alphabets import MARK, SKIPPED, character_classes
from dedup.exact import text_buffers
from dedup.hashes import Bytes
from dedup.shingles import Ints
from dedup.words import decode


@dataclasses.dataclass(frozen=True)
class Cuts:
    """Ranges of the texts of some documents.

    Attributes:
      document: position of the document in the batch.
      start, end: positions in bytes, counted from the start of the document's text.
    """

    document: Ints
    start: Ints
    end: Ints

    def joined(self) -> "Cuts":
        """The ranges, ordered by document and start; those that overlap or touch become one."""
        order = np.lexsort((self.end, self.start, self.document))
        document, start, end = (x[order] for x in (self.document, self.start, self.end))
        count = _join(document, start, end)
        return Cuts(document[:count], start[:count], end[:count])


def concatenated(parts: list[Cuts]) -> Cuts:
    """The ranges of all parts in one object, in no particular order."""
    none = np.empty(0, np.int64)
    return Cuts(
        np.concatenate([none, *(part.document for part in parts)]),
        np.concatenate([none, *(part.start for part in parts)]),
        np.concatenate([none, *(part.end for part in parts)]),
    )


def apply(text: pa.LargeStringArray, cuts: Cuts, replacement: str = "") -> pa.LargeStringArray:
    """The texts without the ranges. A null stays null.

    A range that begins or ends inside a character is moved to the end of that character. Without a
    `replacement` a cut also removes the blanks after it, if there are blanks before it. If nothing
    is left of a line, the cut removes the line, and also the empty lines after it, if there is an
    empty line before it. So no cut leaves white space that the text did not have.

    Args:
      cuts: the ranges, in any order; they may overlap.
      replacement: text that is put where something was cut.
    """
    if not len(cuts.document):
        return text
    data, offsets = text_buffers(text)
    classes = character_classes()
    wide = cuts.joined()
    _align(data, offsets, classes, wide.document, wide.start, wide.end)
    wide = wide.joined()
    if not replacement:
        _take_blanks(data, offsets, wide.document, wide.start, wide.end)
        wide = wide.joined()
        before = -1
        while (size := int((wide.end - wide.start).sum())) != before:
            before = size
            # Join again: lines that were cut one by one are now one range.
            _take_lines(data, offsets, wide.document, wide.start, wide.end)
            wide = wide.joined()
    filler = np.frombuffer(replacement.encode(), np.uint8)
    added = len(filler) * len(wide.document)
    out = np.empty(int(offsets[-1] - offsets[0]) + added, np.uint8)
    ends = np.zeros(len(offsets), np.int64)
    size = _copy(data, offsets, wide.document, wide.start, wide.end, filler, out, ends)
    result = pa.LargeStringArray.from_buffers(
        len(text), pa.py_buffer(ends), pa.py_buffer(out[:size].copy())
    )
    return pc.if_else(pc.is_valid(text), result, None) if text.null_count else result


def of_original(cuts: Cuts, lowered: pa.LargeStringArray, text: pa.LargeStringArray) -> Cuts:
    """Translates joined ranges of lower-case texts to ranges of the original texts.

    Arrow's `utf8_lower` maps one code point to one code point, but their widths may differ.
    """
    data, offsets = text_buffers(lowered)
    original, original_offsets = text_buffers(text)
    start, end = cuts.start.copy(), cuts.end.copy()
    _translate(data, offsets, original, original_offsets, cuts.document, start, end)
    return Cuts(cuts.document, start, end)


@njit(cache=True, nogil=True)
def _join(document: Ints, start: Ints, end: Ints) -> int:
    count = 0
    for i in range(len(document)):
        if end[i] <= start[i]:
            continue
        if count and document[count - 1] == document[i] and start[i] <= end[count - 1]:
            end[count - 1] = max(end[count - 1], end[i])
        else:
            document[count], start[count], end[count] = document[i], start[i], end[i]
            count += 1
    return count


@njit(cache=True, nogil=True)
def _after_character(data: Bytes, at: int, first: int, last: int, classes: Bytes) -> int:
    """The position itself, or, if it is inside a character, the end of that character."""
    while first < at < last and data[at] & 0xC0 == 0x80:
        at += 1
    while first < at < last:
        code, width = decode(data, at)
        if classes[code] != MARK and classes[code] != SKIPPED:
            break
        at += width
    return at


@njit(cache=True, nogil=True)
def _align(
    data: Bytes, offsets: Ints, classes: Bytes, document: Ints, start: Ints, end: Ints
) -> None:
    for i in range(len(document)):
        first, last = offsets[document[i]], offsets[document[i] + 1]
        start[i] = _after_character(data, first + start[i], first, last, classes) - first
        end[i] = _after_character(data, first + end[i], first, last, classes) - first


@njit(cache=True, nogil=True)
def _is_blank(byte: np.uint8) -> bool:
    return byte == 0x20 or byte == 0x09 or byte == 0x0D


@njit(cache=True, nogil=True)
def _take_blanks(data: Bytes, offsets: Ints, document: Ints, start: Ints, end: Ints) -> None:
    for i in range(len(document)):
        first, last = offsets[document[i]], offsets[document[i] + 1]
        s, e = first + start[i], first + end[i]
        if s == first or data[s - 1] == 0x0A or _is_blank(data[s - 1]):
            while e < last and _is_blank(data[e]):
                e += 1
        end[i] = e - first


@njit(cache=True, nogil=True)
def _take_lines(data: Bytes, offsets: Ints, document: Ints, start: Ints, end: Ints) -> None:
    for i in range(len(document)):
        first, last = offsets[document[i]], offsets[document[i] + 1]
        s, e = first + start[i], first + end[i]
        while e < last and _is_blank(data[e]):
            e += 1
        if e < last and data[e] != 0x0A:
            # A line break in a cut may remain: "words [cut" newline "cut] words" stays two lines.
            continue
        while s > first and _is_blank(data[s - 1]):
            s -= 1
        if s > first and data[s - 1] != 0x0A:
            start[i], end[i] = s - first, e - first
            continue
        if e < last:
            e += 1
            after_empty = s == first or (s - 1 == first or data[s - 2] == 0x0A)
            while after_empty and e < last and data[e] == 0x0A:
                e += 1
        if e == last:
            while s > first and (data[s - 1] == 0x0A or _is_blank(data[s - 1])):
                s -= 1
        start[i], end[i] = s - first, e - first


@njit(cache=True, nogil=True)
def _copy(
    data: Bytes,
    offsets: Ints,
    document: Ints,
    start: Ints,
    end: Ints,
    filler: Bytes,
    out: Bytes,
    ends: Ints,
) -> int:
    at = cut = 0
    for i in range(len(offsets) - 1):
        first, pos = offsets[i], offsets[i]
        while cut < len(document) and document[cut] == i:
            for k in range(pos, first + start[cut]):
                out[at] = data[k]
                at += 1
            for k in range(len(filler)):
                out[at] = filler[k]
                at += 1
            pos = first + end[cut]
            cut += 1
        for k in range(pos, offsets[i + 1]):
            out[at] = data[k]
            at += 1
        ends[i + 1] = at
    return at


@njit(cache=True, nogil=True)
def _translate(
    data: Bytes,
    offsets: Ints,
    original: Bytes,
    original_offsets: Ints,
    document: Ints,
    start: Ints,
    end: Ints,
) -> None:
    last = -1
    a = b = 0
    for i in range(len(document)):
        if document[i] != last:
            last = document[i]
            a, b = offsets[last], original_offsets[last]
        for bound in (start, end):
            while a < offsets[last] + bound[i]:
                a += decode(data, a)[1]
                b += decode(original, b)[1]
            bound[i] = b - original_offsets[last]
