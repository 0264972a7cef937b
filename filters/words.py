"""Words of a batch of documents, and the view that all rules share.

A chunk is what `str.split()` gives: a run of characters that are not white space. These are the
words of kind `whitespace`; other kinds are cut from them. The kernels leave sizes, lengths and
hashes; no rule splits a text again.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from filters.characters import (
    LETTER,
    SPACE,
    SYMBOL,
    Bytes,
    Hashes,
    Ints,
    character_classes,
    decode,
    extend_hash,
)
from filters.chunks import HAS_LETTER, HAS_NON_SYMBOL, ChunkWords, Words
from filters.lines import Lines, PrintedLines, split_at_newlines, split_printed_lines

WHITESPACE, SPACY_ENGLISH = "whitespace", "spacy-en"
WORD_KINDS = {
    WHITESPACE: "runs of characters between white space, as str.split",
    SPACY_ENGLISH: "tokens of spaCy's blank English tokenizer, which are datatrove's English words",
}


@dataclasses.dataclass(frozen=True)
class Chunks:
    """Chunks of each document.

    Attributes:
      first: index of each document's first chunk; one more than documents.
      start, end: byte positions in the view's data.
      chars, hashes, flags: of each chunk; flags are HAS_LETTER and HAS_NON_SYMBOL.
    """

    first: Ints
    start: Ints
    end: Ints
    chars: Ints
    hashes: Hashes
    flags: Bytes


@functools.cache
def _cache_of(kind: str) -> ChunkWords:
    # Imported here: spaCy takes a second, which a recipe without its words does not need.
    from filters.spacy_english import spacy_english

    if kind != SPACY_ENGLISH:
        raise ValueError(f"unknown kind of words '{kind}'; known are {', '.join(WORD_KINDS)}")
    return ChunkWords(spacy_english())


class TextView:
    """What rules read of a batch: text buffers, words and lines, each computed once when asked.

    Args:
      text: large_string, sliced or not. A null counts as an empty text.
    """

    def __init__(self, text: pa.LargeStringArray) -> None:
        if text.type != pa.large_string():
            raise TypeError(f"rules read large_string, not {text.type}: cast the text column")
        self.text = pc.fill_null(text, "") if text.null_count else text
        self._words: dict[str, Words] = {}

    def __len__(self) -> int:
        return len(self.text)

    @functools.cached_property
    def offsets(self) -> Ints:
        """Byte positions in `data` where documents start; one more than documents."""
        buffer = self.text.buffers()[1]
        if not len(self) or buffer is None:
            return np.zeros(len(self) + 1, np.int64)
        start = self.text.offset
        return np.frombuffer(buffer, np.int64)[start : start + len(self) + 1]

    @functools.cached_property
    def data(self) -> Bytes:
        """UTF-8 of the whole buffer, of which a sliced array uses a part."""
        buffer = self.text.buffers()[2]
        return np.frombuffer(b"" if buffer is None else buffer, np.uint8)

    @functools.cached_property
    def chars(self) -> Ints:
        """Length of each document in characters."""
        return _integers(pc.utf8_length(self.text))

    def count(self, substring: str) -> Ints:
        """Occurrences of a substring in each document, as `str.count`."""
        return _integers(pc.count_substring(self.text, substring))

    @functools.cached_property
    def chunks(self) -> Chunks:
        offsets = self.offsets
        # Memory that the kernel does not touch is never made resident: no need to count first.
        most = int(offsets[-1] - offsets[0] + len(self)) // 2 + 1
        found = Chunks(
            first=np.empty(len(offsets), np.int64),
            start=np.empty(most, np.int64),
            end=np.empty(most, np.int64),
            chars=np.empty(most, np.int64),
            hashes=np.empty(most, np.uint64),
            flags=np.empty(most, np.uint8),
        )
        count = _find_chunks(
            self.data,
            offsets,
            character_classes(),
            found.first,
            found.start,
            found.end,
            found.chars,
            found.hashes,
            found.flags,
        )
        return Chunks(
            found.first,
            found.start[:count],
            found.end[:count],
            found.chars[:count],
            found.hashes[:count],
            found.flags[:count],
        )

    def words(self, kind: str = WHITESPACE) -> Words:
        """Words of one of WORD_KINDS."""
        if kind not in self._words:
            chunks = self.chunks
            self._words[kind] = (
                Words(
                    chunks.first,
                    np.arange(len(chunks.start) + 1),
                    chunks.end - chunks.start,
                    chunks.chars,
                    chunks.hashes,
                    chunks.flags,
                )
                if kind == WHITESPACE
                else _cache_of(kind).words(
                    self.data, chunks.first, chunks.start, chunks.end, chunks.hashes
                )
            )
        return self._words[kind]

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

    @functools.cached_property
    def printed_lines(self) -> PrintedLines:
        """As `str.splitlines`."""
        chunks = self.chunks
        return split_printed_lines(
            self.data, self.offsets, character_classes(), chunks.first, chunks.start
        )


def _integers(counts: Any) -> Ints:
    return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)


@njit(cache=True, nogil=True)
def _find_chunks(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    first: Ints,
    start: Ints,
    end: Ints,
    chars: Ints,
    hashes: Hashes,
    flags: Bytes,
) -> int:
    count = 0
    for document in range(len(offsets) - 1):
        first[document] = count
        at, stop = offsets[document], offsets[document + 1]
        while at < stop:
            code, width = decode(data, at)
            kind = classes[code]
            if kind & SPACE:
                at += width
                continue
            begin, length, flag, value = at, 0, 0, np.uint64(0)
            while True:
                value = extend_hash(value, data, at, at + width)
                if kind & LETTER:
                    flag |= HAS_LETTER
                if not kind & SYMBOL:
                    flag |= HAS_NON_SYMBOL
                length += 1
                at += width
                if at >= stop:
                    break
                code, width = decode(data, at)
                kind = classes[code]
                if kind & SPACE:
                    break
            start[count], end[count] = begin, at
            chars[count], hashes[count], flags[count] = length, value, flag
            count += 1
    first[len(offsets) - 1] = count
    return count
