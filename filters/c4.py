"""C4's rule: remove lines that are no prose, then documents that are left with too little."""

import math

import numpy as np
import pyarrow as pa
from numba import njit

from filters.characters import (
    DIGIT,
    SENTENCE_END,
    SPACE,
    SYMBOL,
    Bytes,
    Floats,
    Ints,
    character_classes,
    decode,
)
from filters.chunks import ALL_PUNCTUATION, ENDS_SENTENCE
from filters.thresholds import Limits, Measured, Rule, Threshold, measured_columns
from filters.words import SPACY_ENGLISH, TextView

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

# Columns of counts, and line thresholds in the order that the kernel takes them.
_COUNTS = (
    "lines",
    "lines_with_long_word",
    "lines_without_end_mark",
    "lines_too_short",
    "lines_with_javascript",
    "lines_with_policy",
    "lorem_ipsum",
    "curly_brackets",
    "sentences",
)
_LINES, _LONG_WORD, _NO_END_MARK, _SHORT, _JAVASCRIPT, _POLICY, _LOREM, _CURLY, _SENTENCES = range(
    len(_COUNTS)
)


def measure_quality(view: TextView, limits: Limits) -> Measured:
    counts, text = _filter(view, limits, math.inf, math.inf)
    return Measured(dict(zip(_COUNTS, counts, strict=True)), text)


def measure_as_datatrove(view: TextView, limits: Limits) -> Measured:
    """Sentences by spaCy's words; counting ends at the first phrase that drops a document."""
    counts, text = _filter(
        view, limits, limits.get("max_lorem_ipsum", math.inf),
        limits.get("max_curly_brackets", math.inf),
    )  # fmt: skip
    rewritten = TextView(text)
    chunks, words = rewritten.chunks, rewritten.words(SPACY_ENGLISH)
    _count_spacy_sentences(
        rewritten.data, chunks.first, chunks.start, chunks.end, words.first_of_chunk, words.flags,
        counts[_SENTENCES],
    )  # fmt: skip
    return Measured(dict(zip(_COUNTS, counts, strict=True)), text)


def _filter(
    view: TextView, limits: Limits, lorem_ipsum_to_stop: float, curly_to_stop: float
) -> tuple[Ints, pa.LargeStringArray]:
    chunks, lines = view.chunks, view.printed_lines
    counts = np.zeros((len(_COUNTS), len(view)), np.int64)
    # Output is never longer: lines lose characters, and one newline replaces each line break.
    out = np.empty(int(view.offsets[-1] - view.offsets[0]), np.uint8)
    out_offsets = np.zeros(len(view) + 1, np.int64)
    line_limits = np.array(
        [
            limits.get(t.key, -math.inf if t.comparison == "min" else math.inf)
            for t in LINE_THRESHOLDS
        ]
        + [lorem_ipsum_to_stop, curly_to_stop]
    )
    _filter_lines(
        view.data, character_classes(), lines.first, lines.first_word,
        chunks.start, chunks.end, chunks.chars, line_limits, out, out_offsets, counts,
    )  # fmt: skip
    text = pa.LargeStringArray.from_buffers(
        len(view), pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]].copy())
    )
    return counts, text


@njit(cache=True, nogil=True)
def _filter_lines(
    data: Bytes,
    classes: Bytes,
    first_line: Ints,
    first_word: Ints,
    word_start: Ints,
    word_end: Ints,
    word_chars: Ints,
    limits: Floats,
    out: Bytes,
    out_offsets: Ints,
    counts: Ints,
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
            first, past = first_word[line], first_word[line + 1]
            longest = 0
            for word in range(first, past):
                longest = max(longest, word_chars[word])
            if longest > max_word_chars:
                counts[_LONG_WORD, document] += 1
                continue
            start = size
            if kept:
                out[start] = 10
                start += 1
            end = start
            if first < past:
                end = _copy_without_citations(
                    data, word_start[first], word_end[past - 1], classes, out, start
                )
            if _ends_with_mark(out, start, end) < min_end_marks:
                counts[_NO_END_MARK, document] += 1
                continue
            if past - first < min_words:
                counts[_SHORT, document] += 1
                continue
            lorem_ipsum, javascript, policy = _count_phrases(out, start, end)
            counts[_LOREM, document] += lorem_ipsum
            if counts[_LOREM, document] > lorem_ipsum_to_stop:
                break
            if javascript > max_javascript:
                counts[_JAVASCRIPT, document] += 1
                continue
            for at in range(start, end):
                counts[_CURLY, document] += out[at] == 0x7B
            if counts[_CURLY, document] > curly_to_stop:
                break
            if policy > max_policy:
                counts[_POLICY, document] += 1
                continue
            counts[_SENTENCES, document] += _count_sentences(out, start, end, classes)
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
    first_chunk: Ints,
    start: Ints,
    end: Ints,
    first_word: Ints,
    flags: Bytes,
    sentences: Ints,
) -> None:
    """Sentences of each line (the text between newlines) as spaCy's sentencizer cuts them.

    A sentence starts at the first word after a mark that is no punctuation. White space is such
    a word too, unless it is a single space; a sentence of white space alone does not count.
    """
    for document in range(len(first_chunk) - 1):
        count, is_open, after_mark = 0, False, False
        for chunk in range(first_chunk[document], first_chunk[document + 1]):
            if chunk > first_chunk[document]:
                gap, gap_end, newline = end[chunk - 1], start[chunk], False
                for at in range(gap, gap_end):
                    newline |= data[at] == 10
                if newline or (after_mark and (gap_end - gap > 1 or data[gap] != 0x20)):
                    count += is_open
                    is_open, after_mark = False, False
            for word in range(first_word[chunk], first_word[chunk + 1]):
                if flags[word] & ENDS_SENTENCE:
                    after_mark = True
                elif after_mark and not flags[word] & ALL_PUNCTUATION:
                    count += is_open
                    after_mark = False
                is_open = True
        sentences[document] = count + is_open


@njit(cache=True, nogil=True)
def _strip(out: Bytes, start: int, end: int, classes: Bytes) -> int:
    """Strip white space from the text start:end where it stands; its new end."""
    text_start, text_end, at = start, start, start
    while at < end:
        code, width = decode(out, at)
        at += width
        if not classes[code] & SPACE:
            text_end = at
        elif text_end == start:
            text_start = at
    if text_end == start:
        return start
    if text_start > start:
        for i in range(text_end - text_start):
            out[start + i] = out[text_start + i]
    return start + text_end - text_start


# In the order in which a line is judged, which is also that of the kernel's limits.
LINE_THRESHOLDS = (
    Threshold(
        "max_line_word_chars", "lines_with_long_word", "max", 1000, "line_with_long_word", "line"
    ),
    Threshold(
        "min_line_end_marks", "lines_without_end_mark", "min", 1, "line_without_end_mark", "line"
    ),
    Threshold("min_line_words", "lines_too_short", "min", 3, "line_too_short", "line"),
    Threshold(
        "max_line_javascript", "lines_with_javascript", "max", 0, "line_with_javascript", "line"
    ),
    Threshold("max_line_policy_phrases", "lines_with_policy", "max", 0, "line_with_policy", "line"),
)

C4_QUALITY = Rule(
    name="c4_quality",
    source=(
        "Raffel et al. 2020, JMLR 21(140), section 2.2, as in datatrove 0.10.1, "
        "pipeline/filters/c4_filters.py, C4QualityFilter"
    ),
    differs=(
        "Words are runs of characters between white space, as in the source. "
        "Sentences are counted by marks that end one in any script, not by a language's sentence "
        "splitter: abbreviations count as ends. "
        "From the paper it differs as datatrove does: a single quotation mark ends a line too, "
        "citation marks are cut out, lines with a word of over 1000 characters or with a phrase "
        "about cookies or terms of use go, and the list of bad words is not applied. "
        "Lines are stripped and citation marks cut out whatever thresholds are set. "
        "All counts are of lines that got so far: brackets in a line without an end mark do not "
        "count. All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(**{name: "int64" for name in _COUNTS}),
    thresholds=(
        *LINE_THRESHOLDS,
        Threshold("max_lorem_ipsum", "lorem_ipsum", "max", 0, "lorem_ipsum"),
        Threshold("max_curly_brackets", "curly_brackets", "max", 0, "curly_brackets"),
        Threshold("min_sentences", "sentences", "min", 5, "too_few_sentences"),
    ),
    measure=measure_quality,
)
