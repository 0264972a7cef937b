"""C4's rule: why lines go, and what the text is without them."""

import math
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from filters.rules.c4 import COUNTS, LINE_THRESHOLDS
from filters.rules.thresholds import Limits, Measured
from filters.text.characters import (
    COPY_ROOM,
    DIGIT,
    SENTENCE_END,
    SPACE,
    SYMBOL,
    Bools,
    Bytes,
    Floats,
    Ints,
    character_classes,
    copy_bytes,
    decode,
)
from filters.text.chunks import ALL_PUNCTUATION, ENDS_SENTENCE, Counts, Words
from filters.text.word_kinds import SPACY_ENGLISH
from filters.text.words import HAS_BRACKET, HAS_CURLY_BRACKET, MAY_END_PHRASE, TextView

LOREM_IPSUM = "lorem ipsum"
JAVASCRIPT = "javascript"
POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_PHRASES = tuple(phrase.encode() for phrase in (LOREM_IPSUM, JAVASCRIPT, *POLICY_PHRASES))
_PHRASE_BYTES = np.frombuffer(b"".join(_PHRASES), np.uint8)
_PHRASE_OFFSETS = np.cumsum([0, *map(len, _PHRASES)])
_STARTS_PHRASE = np.isin(np.arange(256), [phrase[0] for phrase in _PHRASES])
_EDIT = np.frombuffer(b"edit]", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"citation needed]", np.uint8)
_CLOSERS = tuple(map(ord, "\"')]}»”’」』）"))

# Places of the counts.
_LINES, _LONG_WORD, _NO_END_MARK, _SHORT, _JAVASCRIPT, _POLICY, _LOREM, _CURLY, _SENTENCES = range(
    len(COUNTS)
)


def measure_quality(view: TextView, limits: Limits) -> Measured:
    counts, text, _ = _filter(view, limits, math.inf, math.inf)
    return Measured(dict(zip(COUNTS, counts, strict=True)), text)


def measure_as_datatrove(view: TextView, limits: Limits) -> Measured:
    """Sentences by spaCy's words; counting ends at the first phrase that drops a document."""
    counts, text, kept = _filter(
        view, limits, limits.get("max_lorem_ipsum", math.inf),
        limits.get("max_curly_brackets", math.inf), view.words(SPACY_ENGLISH),
    )  # fmt: skip
    # Citations that were cut out make other words of what stood around them.
    cut = np.flatnonzero(kept.citations)
    if len(cut):
        rewritten = TextView(text.take(pa.array(cut)))
        chunks, words = rewritten.chunks, rewritten.words(SPACY_ENGLISH)
        kept.words[cut] = np.diff(words.first)
        for place, document in enumerate(cut):
            counts[_SENTENCES, document] = _count_spacy_sentences(
                rewritten.data, chunks.first[place], chunks.first[place + 1],
                chunks.start, chunks.end, words.first_of_chunk, words.flags,
            )  # fmt: skip
    columns = dict(zip(COUNTS, counts, strict=True))
    return Measured(columns, text, {SPACY_ENGLISH: kept.words})


class _Kept(NamedTuple):
    """Of each document's lines that stay: their words, and whether citations were cut out."""

    words: Ints
    citations: Bools


def _filter(
    view: TextView,
    limits: Limits,
    lorem_ipsum_to_stop: float,
    curly_to_stop: float,
    words: Words | None = None,
) -> tuple[Ints, pa.LargeStringArray, _Kept]:
    """Counts, the new text and what is kept; sentences by marks or, given words, by these."""
    chunks, lines = view.chunks, view.printed_lines
    counts = np.zeros((len(COUNTS), len(view)), np.int64)
    kept = _Kept(np.zeros(len(view), np.int64), np.zeros(len(view), np.bool_))
    # Output is never longer: lines lose characters, and one newline replaces each line break.
    out = np.empty(int(view.offsets[-1] - view.offsets[0]) + COPY_ROOM, np.uint8)
    out_offsets = np.zeros(len(view) + 1, np.int64)
    line_limits = np.array(
        [
            limits.get(t.key, -math.inf if t.comparison == "min" else math.inf)
            for t in LINE_THRESHOLDS
        ]
        + [lorem_ipsum_to_stop, curly_to_stop],
        np.float64,  # whole numbers alone would be another kernel
    )
    _filter_lines(
        view.data, character_classes(), lines.first, lines.first_word,
        chunks.start, chunks.end, chunks.chars, chunks.flags,
        words is not None,
        chunks.first if words is None else words.first_of_chunk,
        chunks.flags if words is None else words.flags,
        line_limits, out, out_offsets, counts, kept.words, kept.citations,
    )  # fmt: skip
    text = pa.LargeStringArray.from_buffers(
        len(view), pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]].copy())
    )
    return counts, text, kept


@njit(cache=True, nogil=True)
def _filter_lines(
    data: Bytes,
    classes: Bytes,
    first_line: Ints,
    first_chunk: Ints,
    chunk_start: Ints,
    chunk_end: Ints,
    chunk_chars: Counts,
    chunk_flags: Bytes,
    by_words: bool,
    first_word: Ints,
    word_flags: Bytes,
    limits: Floats,
    out: Bytes,
    out_offsets: Ints,
    counts: Ints,
    kept_words: Ints,
    citations: Bools,
) -> None:
    """Write the lines that stay, and count why others go.

    A line is written first, without citations, then judged where it stands; when it goes, the
    next one is written over it.
    """
    (
        max_word_chars, min_end_marks, min_words, max_javascript, max_policy,
        lorem_ipsum_to_stop, curly_to_stop,
    ) = limits  # fmt: skip
    for document in range(len(first_line) - 1):
        begin = size = out_offsets[document]
        kept = 0
        for line in range(first_line[document], first_line[document + 1]):
            counts[_LINES, document] += 1
            first, past = first_chunk[line], first_chunk[line + 1]
            longest, flags = 0, 0
            for chunk in range(first, past):
                longest = max(longest, chunk_chars[chunk])
                flags |= chunk_flags[chunk]
            if longest > max_word_chars:
                counts[_LONG_WORD, document] += 1
                continue
            start = size
            if kept:
                out[start] = 10
                start += 1
            end, cut = start, False
            if first < past:
                line_start, line_end = chunk_start[first], chunk_end[past - 1]
                if flags & HAS_BRACKET:
                    end = _copy_without_citations(data, line_start, line_end, classes, out, start)
                    cut = end - start < line_end - line_start
                else:
                    end = copy_bytes(data, line_start, line_end, out, start)
            if _ends_with_mark(out, start, end) < min_end_marks:
                counts[_NO_END_MARK, document] += 1
                continue
            if past - first < min_words:
                counts[_SHORT, document] += 1
                continue
            lorem_ipsum, javascript, policy = 0, 0, 0
            if cut or flags & MAY_END_PHRASE:
                lorem_ipsum, javascript, policy = _count_phrases(out, start, end)
            counts[_LOREM, document] += lorem_ipsum
            if counts[_LOREM, document] > lorem_ipsum_to_stop:
                break
            if javascript > max_javascript:
                counts[_JAVASCRIPT, document] += 1
                continue
            if flags & HAS_CURLY_BRACKET:
                for at in range(start, end):
                    counts[_CURLY, document] += out[at] == 0x7B
            if counts[_CURLY, document] > curly_to_stop:
                break
            if policy > max_policy:
                counts[_POLICY, document] += 1
                continue
            if by_words:
                counts[_SENTENCES, document] += _count_spacy_sentences(
                    data, first, past, chunk_start, chunk_end, first_word, word_flags
                )
                kept_words[document] += first_word[past] - first_word[first]
            else:
                counts[_SENTENCES, document] += _count_sentences(out, start, end, classes)
            citations[document] |= cut
            kept += 1
            size = end
        out_offsets[document + 1] = _strip(out, begin, size, classes)


@njit(cache=True, nogil=True)
def _copy_without_citations(
    data: Bytes, at: int, stop: int, classes: Bytes, out: Bytes, size: int
) -> int:
    while at < stop:
        if data[at] == 0x5B:
            past = _past_citation(data, at, stop, classes)
            if past > at:
                at = past
                continue
        out[size] = data[at]
        size += 1
        at += 1
    return size


@njit(cache=True, nogil=True)
def _starts_with(data: Bytes, at: int, stop: int, prefix: Bytes) -> bool:
    if stop - at < len(prefix):
        return False
    i = 0
    while i < len(prefix) and data[at + i] == prefix[i]:
        i += 1
    return i == len(prefix)


@njit(cache=True, nogil=True)
def _past_citation(data: Bytes, at: int, stop: int, classes: Bytes) -> int:
    """The end of `[12]`, `[]`, `[edit]` or `[citation needed]` at a bracket; `at` if none is."""
    inside = at + 1
    end = inside
    while end < stop:
        code, width = decode(data, end)
        if not classes[code] & DIGIT:
            break
        end += width
    if end < stop and data[end] == 0x5D:
        return end + 1
    if _starts_with(data, inside, stop, _EDIT):
        return inside + len(_EDIT)
    if _starts_with(data, inside, stop, _CITATION_NEEDED):
        return inside + len(_CITATION_NEEDED)
    return at


@njit(cache=True, nogil=True)
def _ends_with_mark(out: Bytes, start: int, end: int) -> int:
    """1 for a line that ends with a mark (. ? ! or a straight quote) but not with ..., else 0."""
    if end == start:
        return 0
    last = out[end - 1]
    if last == 0x2E:
        return 0 if end - start > 2 and out[end - 2] == 0x2E and out[end - 3] == 0x2E else 1
    return 1 if last == 0x3F or last == 0x21 or last == 0x22 or last == 0x27 else 0


@njit(cache=True, nogil=True)
def _lower(byte: int) -> int:
    return byte + 32 if 0x41 <= byte <= 0x5A else byte


@njit(cache=True, nogil=True)
def _is_kelvin(out: Bytes, at: int, end: int) -> bool:
    """The Kelvin sign: the one character beyond ASCII whose lower case is a letter of ASCII."""
    return bool(end - at > 2 and out[at] == 0xE2 and out[at + 1] == 0x84 and out[at + 2] == 0xAA)


@njit(cache=True, nogil=True)
def _count_phrases(out: Bytes, start: int, end: int) -> tuple[int, int, int]:
    """Occurrences of lorem ipsum, of javascript and of policy phrases, whatever their case."""
    lorem_ipsum, javascript, policy = 0, 0, 0
    for at in range(start, end):
        if not _STARTS_PHRASE[_lower(out[at])]:
            continue
        for phrase in range(len(_PHRASE_OFFSETS) - 1):
            i, past = _PHRASE_OFFSETS[phrase], _PHRASE_OFFSETS[phrase + 1]
            place = at
            while i < past and place < end:
                if _lower(out[place]) == _PHRASE_BYTES[i]:
                    place += 1
                elif _PHRASE_BYTES[i] == 0x6B and _is_kelvin(out, place, end):
                    place += 3
                else:
                    break
                i += 1
            if i == past:
                if phrase == 0:
                    lorem_ipsum += 1
                elif phrase == 1:
                    javascript += 1
                else:
                    policy += 1
    return lorem_ipsum, javascript, policy


@njit(cache=True, nogil=True)
def _count_sentences(out: Bytes, start: int, end: int, classes: Bytes) -> int:
    """Stretches of text up to a mark that ends a sentence, or up to the end of the line.

    A mark of ASCII ends a sentence only before white space, a closing quote or bracket, or the
    end, which leaves 3.14 and example.org whole; other scripts write none of these after it.
    """
    sentences, is_open = 0, False
    at = start
    while at < end:
        code, width = decode(out, at)
        at += width
        kind = classes[code]
        if kind & SENTENCE_END:
            if not is_open:
                continue
            ends = code > 0x7F or at == end
            if not ends:
                following, _ = decode(out, at)
                ends = classes[following] & SPACE > 0 or following in _CLOSERS
            if ends:
                sentences += 1
                is_open = False
        elif not kind & (SPACE | SYMBOL):
            is_open = True
    return sentences + is_open


@njit(cache=True, nogil=True)
def _count_spacy_sentences(
    data: Bytes,
    first_chunk: int,
    past_chunk: int,
    start: Ints,
    end: Ints,
    first_word: Ints,
    flags: Bytes,
) -> int:
    """Sentences of lines (the text between newlines) as spaCy's sentencizer cuts them.

    A sentence starts at the first word after a mark that is no punctuation. White space is such
    a word too, unless it is a single space; a sentence of white space alone does not count.
    """
    count, is_open, after_mark = 0, False, False
    for chunk in range(first_chunk, past_chunk):
        if chunk > first_chunk:
            gap, gap_end = end[chunk - 1], start[chunk]
            if gap_end - gap > 1 or data[gap] != 0x20:
                newline = False
                for at in range(gap, gap_end):
                    newline |= data[at] == 10
                if newline or after_mark:
                    count += is_open
                    is_open, after_mark = False, False
        for word in range(first_word[chunk], first_word[chunk + 1]):
            if flags[word] & ENDS_SENTENCE:
                after_mark = True
            elif after_mark and not flags[word] & ALL_PUNCTUATION:
                count += is_open
                after_mark = False
            is_open = True
    return count + is_open


@njit(cache=True, nogil=True)
def _strip(out: Bytes, start: int, end: int, classes: Bytes) -> int:
    """Strip white space from the text start:end where it stands; its new end."""
    while end > start:
        last = end - 1
        while out[last] & 0xC0 == 0x80:
            last -= 1
        code, _ = decode(out, last)
        if not classes[code] & SPACE:
            break
        end = last
    text_start = start
    while text_start < end:
        code, width = decode(out, text_start)
        if not classes[code] & SPACE:
            break
        text_start += width
    if text_start > start:
        for i in range(end - text_start):
            out[start + i] = out[text_start + i]
    return start + end - text_start
