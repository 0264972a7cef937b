"""FineWeb's own rule: how lines end, how short they are, how often they repeat."""

import numpy as np
from numba import njit

from filters.rules.fineweb import SHORT_LINE_CHARS
from filters.rules.measures.gopher import ratio, repeated_lines
from filters.rules.thresholds import WORDS, Limits, Measured
from filters.text.characters import Bytes, Ints
from filters.text.lines import BLANK, ENDS_SENTENCE
from filters.text.words import TextView


def measure_quality(view: TextView, limits: Limits) -> Measured:
    lines = view.lines
    ended, short = np.empty(len(view), np.int64), np.empty(len(view), np.int64)
    _count_lines(lines.first, lines.chars, lines.flags, ended, short)
    members, _, repeated_chars = repeated_lines(lines, skip=BLANK)
    words = view.word_counts(limits[WORDS])
    return columns_of(view, members, ended, short, repeated_chars, lines.newlines, words)


def columns_of(
    view: TextView,
    lines: Ints,
    ended: Ints,
    short: Ints,
    repeated_chars: Ints,
    newlines: Ints,
    words: Ints,
) -> Measured:
    """The rule's columns from its counts, whatever has been counted as a line."""
    return Measured(
        {
            "lines": lines,
            "ended_line_ratio": ratio(ended, lines),
            "short_line_ratio": ratio(short, lines),
            "duplicate_line_char_ratio": ratio(repeated_chars, view.chars - newlines),
            "newline_word_ratio": ratio(newlines, words),
        }
    )


@njit(cache=True, nogil=True)
def _count_lines(first: Ints, chars: Ints, flags: Bytes, ended: Ints, short: Ints) -> None:
    for document in range(len(first) - 1):
        ends, shorts = 0, 0
        for line in range(first[document], first[document + 1]):
            if flags[line] & BLANK:
                continue
            if flags[line] & ENDS_SENTENCE:
                ends += 1
            if chars[line] <= SHORT_LINE_CHARS:
                shorts += 1
        ended[document], short[document] = ends, shorts
