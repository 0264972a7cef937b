"""Words in any script: Unicode's default word boundaries, and ICU's with its dictionaries.

Both keep punctuation as words of its own, as spaCy does; rules that want true words leave out those
of nothing but symbols. White space is no word.

Source: Unicode Standard Annex 29, section 4.1, with the characters' properties as the installed
`regex` knows them (`unicode`); ICU's word BreakIterator of the root locale, as in the installed
icu4py (`script`).

Differs: a chunk between white space is cut by itself. This shows at U+202F NARROW NO-BREAK SPACE,
which joins words in the annex and is white space here, and at marks that follow white space.
"""

import functools
import sys
import unicodedata
from collections.abc import Sequence

import numpy as np
import regex
from numba import njit

from filters.text.characters import SENTENCE_END, Bytes, Ints, character_classes, decode
from filters.text.chunks import ALL_PUNCTUATION, ENDS_SENTENCE, Cuts, Span, joined

# Word_Break properties of the annex; white space, which no chunk holds, has none here.
_PROPERTIES = (
    "ALetter", "Hebrew_Letter", "Numeric", "Katakana", "ExtendNumLet", "MidLetter", "MidNum",
    "MidNumLet", "Single_Quote", "Double_Quote", "Regional_Indicator", "Extend", "Format", "ZWJ",
)  # fmt: skip
(
    _A_LETTER, _HEBREW, _NUMERIC, _KATAKANA, _EXTEND_NUM_LET, _MID_LETTER, _MID_NUM,
    _MID_NUM_LET, _SINGLE_QUOTE, _DOUBLE_QUOTE, _REGIONAL, _EXTEND, _FORMAT, _ZWJ,
) = (1 << bit for bit in range(len(_PROPERTIES)))  # fmt: skip
_PICTOGRAPHIC = 1 << len(_PROPERTIES)
_LETTER = _A_LETTER | _HEBREW
_MID_NUM_LET_Q = _MID_NUM_LET | _SINGLE_QUOTE
_IGNORED = _EXTEND | _FORMAT | _ZWJ


@functools.cache
def _marks() -> Bytes:
    marks = np.zeros(sys.maxunicode + 1, np.uint8)
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "P":
            marks[code] = ALL_PUNCTUATION
    marks[(character_classes() & SENTENCE_END) > 0] |= ENDS_SENTENCE
    return marks


class UnicodeWords:
    """Tokenizer for `ChunkWords` by Unicode's default word boundaries.

    Scripts without spaces have no such boundaries inside: Chinese and most kana are cut into
    characters, Thai, Lao, Khmer and Burmese into syllables or less.
    """

    def __init__(self) -> None:
        self.marks = _marks()

    def cut(self, data: Bytes, start: Ints, end: Ints) -> Cuts:
        counts = np.empty(len(start), np.int64)
        ends = np.empty(int((end - start).sum()), np.int64)
        size = _cut_at_boundaries(data, start, end, _properties(), counts, ends)
        return Cuts(counts, ends[:size], np.zeros(len(start), bool))

    def cut_line(self, line: str) -> list[Span]:
        raise NotImplementedError("no chunk depends on its neighbours")


class ScriptWords:
    """Tokenizer for `ChunkWords` with ICU's dictionaries of Thai, Lao, Khmer, Burmese, Chinese and
    Japanese; all else as Unicode's default.
    """

    def __init__(self) -> None:
        self.marks = _marks()

    def cut(self, data: Bytes, start: Ints, end: Ints) -> Cuts:
        chunks = [bytes(data[a:b]).decode() for a, b in zip(start, end, strict=True)]
        counts, ends = joined(self.words_of(chunks))
        return Cuts(counts, ends, np.zeros(len(chunks), bool))

    def cut_line(self, line: str) -> list[Span]:
        raise NotImplementedError("no chunk depends on its neighbours")

    def words_of(self, chunks: Sequence[str]) -> list[list[str]]:
        """The words of each chunk."""
        from icu4py.breakers import WordBreaker

        # All at once, since a breaker costs as much as a few words. Words never hold a newline.
        words: list[list[str]] = [[] for _ in chunks]
        place = 0
        # The positions that `segments` gives are in UTF-16: the words themselves are safe.
        for word in WordBreaker("\n".join(chunks), "root"):
            if word == "\n":
                place += 1
            else:
                words[place].append(word)
        return words


@functools.cache
def _properties() -> Ints:
    """Bits of every code point."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    table = np.zeros(sys.maxunicode + 1, np.int64)
    names = [rf"\p{{Word_Break={name}}}" for name in _PROPERTIES]
    for bit, name in enumerate([*names, r"\p{Extended_Pictographic}"]):
        for match in regex.finditer(f"{name}+", every):
            table[match.start() : match.end()] |= 1 << bit
    return table


@njit(cache=True, nogil=True)
def _cut_at_boundaries(
    data: Bytes, start: Ints, end: Ints, properties: Ints, counts: Ints, ends: Ints
) -> int:
    written = 0
    for chunk in range(len(start)):
        first, at, stop = written, start[chunk], end[chunk]
        # Of the characters before `at`: the last one; the last two without those that the annex
        # ignores, unless one of these comes first; and how many regional indicators precede.
        last, left, before_left, regionals = 0, 0, 0, 0
        while at < stop:
            code, width = decode(data, at)
            here = properties[code]
            if at > start[chunk]:
                joins = here & _IGNORED or (last & _ZWJ and here & _PICTOGRAPHIC)
                if not joins:
                    right = _next_property(data, at + width, stop, properties)
                    joins = _joins(before_left, left, here, right, regionals)
                if not joins:
                    ends[written] = at - start[chunk]
                    written += 1
            if not here & _IGNORED or at == start[chunk]:
                before_left, left = left, here
                regionals = regionals + 1 if here & _REGIONAL else 0
            last = here
            at += width
        ends[written] = stop - start[chunk]
        written += 1
        counts[chunk] = written - first
    return written


@njit(cache=True, nogil=True)
def _next_property(data: Bytes, at: int, stop: int, properties: Ints) -> int:
    """Of the next character that the annex does not ignore, 0 at the end."""
    while at < stop:
        code, width = decode(data, at)
        if not properties[code] & _IGNORED:
            return properties[code]
        at += width
    return 0


@njit(cache=True, nogil=True)
def _joins(before_left: int, left: int, here: int, right: int, regionals: int) -> bool:
    """Rules WB5 to WB16: is there no boundary between `left` and `here`?"""
    if left & _LETTER:
        if here & (_LETTER | _NUMERIC | _EXTEND_NUM_LET):
            return True
        if here & (_MID_LETTER | _MID_NUM_LET_Q) and right & _LETTER:
            return True
        if left & _HEBREW and (here & _SINGLE_QUOTE or (here & _DOUBLE_QUOTE and right & _HEBREW)):
            return True
    if left & (_MID_LETTER | _MID_NUM_LET_Q) and before_left & _LETTER and here & _LETTER:
        return True
    if left & _DOUBLE_QUOTE and before_left & _HEBREW and here & _HEBREW:
        return True
    if left & _NUMERIC:
        if here & (_NUMERIC | _LETTER | _EXTEND_NUM_LET):
            return True
        if here & (_MID_NUM | _MID_NUM_LET_Q) and right & _NUMERIC:
            return True
    if left & (_MID_NUM | _MID_NUM_LET_Q) and before_left & _NUMERIC and here & _NUMERIC:
        return True
    if left & _KATAKANA and here & (_KATAKANA | _EXTEND_NUM_LET):
        return True
    if left & _EXTEND_NUM_LET and here & (_LETTER | _NUMERIC | _KATAKANA | _EXTEND_NUM_LET):
        return True
    return bool(left & _REGIONAL and here & _REGIONAL and regionals % 2 == 1)
