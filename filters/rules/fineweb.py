"""FineWeb's own quality rule."""

import numpy as np
from numba import njit

from filters.rules.gopher import ratio, repeated_lines, word_kind
from filters.rules.thresholds import Limits, Measured, Rule, Threshold, measured_columns
from filters.text.characters import Bytes, Ints
from filters.text.lines import BLANK, ENDS_SENTENCE
from filters.text.words import WORD_KINDS, TextView

SHORT_LINE_CHARS = 30


def measure_quality(view: TextView, limits: Limits) -> Measured:
    lines = view.lines
    ended, short = np.empty(len(view), np.int64), np.empty(len(view), np.int64)
    _count_lines(lines.first, lines.chars, lines.flags, ended, short)
    members, _, repeated_chars = repeated_lines(lines, skip=BLANK)
    newlines = lines.newlines
    return Measured(
        {
            "lines": members,
            "ended_line_ratio": ratio(ended, members),
            "short_line_ratio": ratio(short, members),
            "duplicate_line_char_ratio": ratio(repeated_chars, view.chars - newlines),
            "newline_word_ratio": ratio(newlines, view.word_counts(word_kind(limits))),
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


FINEWEB_QUALITY = Rule(
    name="fineweb_quality",
    source=(
        "Penedo et al. 2024, arXiv 2406.17557, section 3.6, as in datatrove 0.10.1, "
        "pipeline/filters/fineweb_quality_filter.py"
    ),
    differs=(
        "Words are runs of characters between white space (str.split) unless `words` says "
        "otherwise, not the tokens of a language's tokenizer; they count in newline_word_ratio "
        f"alone. A short line has at most {SHORT_LINE_CHARS} characters; this number is no "
        "threshold. That a document without "
        "lines goes is a threshold of its own, min_lines. "
        "All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(
        lines="int64",
        ended_line_ratio="float64",
        short_line_ratio="float64",
        duplicate_line_char_ratio="float64",
        newline_word_ratio="float64",
    ),
    thresholds=(
        Threshold("min_lines", "lines", "min", 1, "empty"),
        Threshold(
            "min_ended_line_ratio", "ended_line_ratio", "min", 0.12, "too_few_lines_end_a_sentence"
        ),
        Threshold("max_short_line_ratio", "short_line_ratio", "max", 0.67, "too_many_short_lines"),
        Threshold(
            "max_duplicate_line_char_ratio",
            "duplicate_line_char_ratio",
            "max",
            0.01,
            "too_many_duplicate_line_chars",
        ),
        Threshold("max_newline_word_ratio", "newline_word_ratio", "max", 0.3, "too_many_newlines"),
    ),
    measure=measure_quality,
    word_kinds=tuple(WORD_KINDS),
)
