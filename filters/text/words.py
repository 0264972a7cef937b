"""Words of a batch of documents, and the view that all rules share.

A chunk is what `str.split()` gives: a run of characters that are not white space. These are the
words of kind `whitespace`; other kinds are cut from them. The kernels leave sizes, lengths and
hashes; no rule splits a text again.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from filters.text import segmenters
from filters.text.characters import (
    LETTER,
    LINE_BREAK,
    SPACE,
    SYMBOL,
    Bytes,
    Hashes,
    Ints,
    character_classes,
    decode,
    hash_bytes,
    load_up_to_eight,
)
from filters.text.chunks import HAS_LETTER, HAS_NON_SYMBOL, ChunkWords, Counts, Words
from filters.text.lines import Lines, PrintedLines, split_at_newlines
from filters.text.word_kinds import (
    MULTILINGUAL,
    SCRIPT,
    SPACY_ENGLISH,
    UNICODE,
    WHITESPACE,
    WORD_KINDS,
)

# What a chunk holds, beside HAS_LETTER and HAS_NON_SYMBOL.
HAS_NUMBER_SIGN = 4
HAS_FULL_STOP = 8
HAS_BRACKET = 16  # [
HAS_CURLY_BRACKET = 32  # {
MAY_END_PHRASE = 64  # one of those that C4's rule looks for: no line without such a chunk has one
_MAY_BE_SPACE = 128  # of a byte: white space, or the first byte of a character beyond ASCII


@dataclasses.dataclass(frozen=True)
class Chunks:
    """Chunks of each document, and what one pass over the text finds beside them.

    Attributes:
      first: index of each document's first chunk; one more than documents.
      start, end: byte positions in the view's data.
      chars, hashes, flags: of each chunk; flags are HAS_LETTER, HAS_NON_SYMBOL and this module's.
      lines: as `str.splitlines`.
      number_signs, ellipses: of each document; an ellipsis is … or three full stops.
    """

    first: Ints
    start: Ints
    end: Ints
    chars: Counts
    hashes: Hashes
    flags: Bytes
    lines: PrintedLines
    number_signs: Ints
    ellipses: Ints


@functools.cache
def _cache_of(kind: str) -> ChunkWords:
    if kind == UNICODE:
        return ChunkWords(segmenters.UnicodeWords())
    if kind == SCRIPT:
        return ChunkWords(segmenters.ScriptWords())
    if kind == MULTILINGUAL:
        from filters.text.multilingual_words import MultilingualWords

        return ChunkWords(MultilingualWords())
    if kind != SPACY_ENGLISH:
        raise ValueError(f"unknown kind of words '{kind}'; known are {', '.join(WORD_KINDS)}")
    # Imported here: spaCy takes a second, which a recipe without its words does not need.
    from filters.text.spacy_english import spacy_english

    return ChunkWords(spacy_english())


class TextView:
    """What rules read of a batch: text buffers, words and lines, each computed once when asked.

    Args:
      text: large_string, sliced or not. A null counts as an empty text.
      word_counts: number of words of each document, by kind, where it is known already.
      languages: of each document, for rules that depend on it; None where nobody knows.
    """

    def __init__(
        self,
        text: pa.LargeStringArray,
        word_counts: Mapping[str, Ints] | None = None,
        languages: Sequence[str | None] | None = None,
    ) -> None:
        if text.type != pa.large_string():
            raise TypeError(f"rules read large_string, not {text.type}: cast the text column")
        self.text = pc.fill_null(text, "") if text.null_count else text
        self.languages = languages
        self._words: dict[str, Words] = {}
        self._word_counts = word_counts or {}

    def __len__(self) -> int:
        return len(self.text)

    @functools.cached_property
    def offsets(self) -> Ints:
        """Byte positions in `data` where documents start; one more than documents."""
        buffer = self.text.buffers()[1]
        if not len(self) or buffer is None:
            return _read_only(np.zeros(len(self) + 1, np.int64))
        start = self.text.offset
        return _read_only(np.frombuffer(buffer, np.int64)[start : start + len(self) + 1])

    @functools.cached_property
    def data(self) -> Bytes:
        """UTF-8 of the whole buffer, of which a sliced array uses a part."""
        buffer = self.text.buffers()[2]
        return _read_only(np.frombuffer(b"" if buffer is None else buffer, np.uint8))

    @functools.cached_property
    def chars(self) -> Ints:
        """Length of each document in characters."""
        return _integers(pc.utf8_length(self.text))

    @functools.cached_property
    def chunks(self) -> Chunks:
        documents = len(self)
        # Memory that the kernel does not touch is never made resident: no need to count first.
        size = int(self.offsets[-1] - self.offsets[0])
        most = (size + documents) // 2 + 1
        found = Chunks(
            first=np.empty(documents + 1, np.int64),
            start=np.empty(most, np.int64),
            end=np.empty(most, np.int64),
            chars=np.empty(most, np.int32),
            hashes=np.empty(most, np.uint64),
            flags=np.empty(most, np.uint8),
            lines=PrintedLines(
                np.empty(documents + 1, np.int64), np.empty(size + documents + 1, np.int64)
            ),
            number_signs=np.empty(documents, np.int64),
            ellipses=np.empty(documents, np.int64),
        )
        count, lines = _find_chunks(
            self.data, self.offsets, _byte_flags(), character_classes(),
            found.first, found.start, found.end, found.chars, found.hashes, found.flags,
            found.lines.first, found.lines.first_word, found.number_signs, found.ellipses,
        )  # fmt: skip
        return dataclasses.replace(
            found,
            start=found.start[:count],
            end=found.end[:count],
            chars=found.chars[:count],
            hashes=found.hashes[:count],
            flags=found.flags[:count],
            lines=PrintedLines(found.lines.first, found.lines.first_word[: lines + 1]),
        )

    def words(self, kind: str = WHITESPACE) -> Words:
        """Words of one of WORD_KINDS."""
        if kind not in self._words:
            chunks = self.chunks
            self._words[kind] = (
                Words(
                    chunks.first,
                    np.arange(len(chunks.start) + 1),
                    chunks.start,
                    (chunks.end - chunks.start).astype(np.int32),
                    chunks.chars,
                    chunks.hashes,
                    chunks.flags & np.uint8(HAS_LETTER | HAS_NON_SYMBOL),
                )
                if kind == WHITESPACE
                else _cache_of(kind).words(
                    self.data, chunks.first, chunks.start, chunks.end, chunks.hashes
                )
            )
        return self._words[kind]

    def word_counts(self, kind: str = WHITESPACE) -> Ints:
        """How many words of a kind each document has."""
        if kind in self._word_counts:
            return self._word_counts[kind]
        return np.diff(self.words(kind).first)

    @functools.cached_property
    def lines(self) -> Lines:
        """Split at runs of newlines: empty lines are there at the start and end alone."""
        start, stop = self.offsets[:-1], self.offsets[1:]
        return split_at_newlines(self.data, start, stop, character_classes(), 1)

    @functools.cached_property
    def paragraphs(self) -> Lines:
        """The stripped text, split at runs of two or more newlines."""
        chunks = self.chunks
        has_text = chunks.first[1:] > chunks.first[:-1]
        start, stop = self.offsets[:-1].copy(), self.offsets[:-1].copy()
        start[has_text] = chunks.start[chunks.first[:-1][has_text]]
        stop[has_text] = chunks.end[chunks.first[1:][has_text] - 1]
        return split_at_newlines(self.data, start, stop, character_classes(), 2)

    @property
    def printed_lines(self) -> PrintedLines:
        """As `str.splitlines`."""
        return self.chunks.lines


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Some of Arrow's buffers may be written to, which is another type to numba: it would compile
    kernels twice.
    """
    array.setflags(write=False)
    return array


def _integers(counts: Any) -> Ints:
    return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)


@functools.cache
def _byte_flags() -> Bytes:
    """Flags of a chunk that has this byte; _MAY_BE_SPACE where the byte alone does not tell."""
    flags = np.full(256, _MAY_BE_SPACE, np.uint8)
    classes = character_classes()[:128]
    flags[:128] = (
        np.where(classes & LETTER, HAS_LETTER, 0)
        | np.where(classes & SYMBOL, 0, HAS_NON_SYMBOL)
        | np.where(classes & SPACE, _MAY_BE_SPACE, 0)
    )
    for characters, flag in (
        ("#", HAS_NUMBER_SIGN),
        (".", HAS_FULL_STOP),
        ("[", HAS_BRACKET),
        ("{", HAS_CURLY_BRACKET),
        ("Jj", MAY_END_PHRASE),  # javascript
    ):
        flags[list(characters.encode())] |= flag
    flags.setflags(write=False)
    return flags


def _first_eight(word: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(word, "little"))


# How the last word of C4's phrases begins, in lower case: lorem ipsum, terms of use, privacy
# policy, use of cookies.
_IPSU, _USE, _POLI, _COOK = map(_first_eight, (b"ipsu", b"use", b"poli", b"cook"))
_LOWER_CASE = np.uint64(0x20202020)
_KELVIN_SIGN = 0x212A  # k in lower case
_ELLIPSIS = 0x2026


@njit(cache=True, nogil=True)
def _may_end_phrase(data: Bytes, start: int, end: int) -> bool:
    head = load_up_to_eight(data, start, min(end, start + 4)) | _LOWER_CASE
    return head in (_IPSU, _POLI, _COOK) or head & np.uint64(0xFFFFFF) == _USE


@njit(cache=True, nogil=True)
def _count_full_stops(data: Bytes, start: int, end: int) -> int:
    """Ellipses of three full stops each."""
    count, at = 0, start
    while at + 3 <= end:
        if data[at] == 0x2E and data[at + 1] == 0x2E and data[at + 2] == 0x2E:
            count += 1
            at += 3
        else:
            at += 1
    return count


@njit(cache=True, nogil=True)
def _find_chunks(
    data: Bytes,
    offsets: Ints,
    byte_flags: Bytes,
    classes: Bytes,
    first: Ints,
    start: Ints,
    end: Ints,
    chars: Counts,
    hashes: Hashes,
    flags: Bytes,
    first_line: Ints,
    line_chunk: Ints,
    number_signs: Ints,
    ellipses: Ints,
) -> tuple[int, int]:
    """Write chunks and lines; how many there are."""
    count, lines = 0, 0
    for document in range(len(offsets) - 1):
        first[document], first_line[document] = count, lines
        at, stop = offsets[document], offsets[document + 1]
        signs, dots = 0, 0
        if at < stop:
            line_chunk[lines] = count
            lines += 1
        while at < stop:
            if byte_flags[data[at]] & _MAY_BE_SPACE:
                code, width = decode(data, at)
                kind = classes[code]
                if kind & SPACE:
                    at += width
                    if kind & LINE_BREAK:
                        if code == 13 and at < stop and data[at] == 10:
                            at += 1
                        if at < stop:
                            line_chunk[lines] = count
                            lines += 1
                    continue
            begin, flag, following = at, 0, 0
            while at < stop:
                byte = byte_flags[data[at]]
                if not byte & _MAY_BE_SPACE:
                    flag |= byte
                    at += 1
                    continue
                code, width = decode(data, at)
                kind = classes[code]
                if kind & SPACE:
                    break
                if kind & LETTER:
                    flag |= HAS_LETTER
                if not kind & SYMBOL:
                    flag |= HAS_NON_SYMBOL
                if code == _ELLIPSIS:
                    dots += 1
                if code == _KELVIN_SIGN:
                    flag |= MAY_END_PHRASE
                following += width - 1
                at += width
            if flag & (HAS_NUMBER_SIGN | HAS_FULL_STOP):
                for place in range(begin, at):
                    signs += data[place] == 0x23
                dots += _count_full_stops(data, begin, at)
            if _may_end_phrase(data, begin, at):
                flag |= MAY_END_PHRASE
            start[count], end[count], chars[count] = begin, at, at - begin - following
            hashes[count], flags[count] = hash_bytes(data, begin, at), flag
            count += 1
        number_signs[document], ellipses[document] = signs, dots
    first[len(offsets) - 1], first_line[len(offsets) - 1] = count, lines
    line_chunk[lines] = count
    return count, lines
