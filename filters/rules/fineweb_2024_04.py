"""The pack `fineweb-2024-04`: FineWeb's rules as they were when the corpus was published."""

import numpy as np
from numba import njit

from filters.rules.datatrove_pack import DATATROVE_0_10
from filters.rules.fineweb import SHORT_LINE_CHARS
from filters.rules.gopher import ratio, repeated_lines
from filters.rules.thresholds import (
    WORDS,
    Limits,
    Measured,
    Pack,
    Rule,
    Threshold,
    measured_columns,
)
from filters.text.characters import Bytes, Ints
from filters.text.lines import BLANK
from filters.text.words import SPACY_ENGLISH, WORD_KINDS, TextView

NAME = "fineweb-2024-04"
STOP_CHARS = ".'\"!?"
_STOPS = np.isin(np.arange(256), [ord(character) for character in STOP_CHARS])


def measure_quality(view: TextView, limits: Limits) -> Measured:
    documents = len(view)
    lines, ended, short = (np.empty(documents, np.int64) for _ in range(3))
    _count_lines(view.data, view.offsets, _STOPS, lines, ended, short)
    _, _, repeated_chars = repeated_lines(view.lines, skip=BLANK)
    newlines = lines - 1
    words = np.diff(view.words(str(limits.get(WORDS, SPACY_ENGLISH))).first)
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
def _count_lines(
    data: Bytes, offsets: Ints, stops: Bytes, lines: Ints, ended: Ints, short: Ints
) -> None:
    """Pieces between single newlines, empty ones too; those that end with a stop; short ones."""
    for document in range(len(offsets) - 1):
        count, ends, shorts, chars, last = 0, 0, 0, 0, 0
        for at in range(offsets[document], offsets[document + 1] + 1):
            if at == offsets[document + 1] or data[at] == 10:
                count += 1
                ends += chars > 0 and stops[last]
                shorts += chars <= SHORT_LINE_CHARS
                chars = 0
            else:
                last = data[at]
                chars += last & 0xC0 != 0x80
        lines[document], ended[document], short[document] = count, ends, shorts


QUALITY = Rule(
    name="fineweb_2024_04_quality",
    source=(
        "Penedo et al. 2024, arXiv 2406.17557, section 3.6, as in huggingface/datatrove at "
        "05194d3, pipeline/filters/fineweb_quality_filter.py"
    ),
    differs=(
        "Words are spaCy's unless `words` says otherwise, then they were NLTK's; they count in "
        "newline_word_ratio alone. A text without characters, where the original fails, measures "
        "0. All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(
        lines="int64",
        ended_line_ratio="float64",
        short_line_ratio="float64",
        duplicate_line_char_ratio="float64",
        newline_word_ratio="float64",
    ),
    thresholds=(
        Threshold(
            "above_ended_line_ratio",
            "ended_line_ratio",
            "above",
            0.12,
            "too_few_lines_end_a_sentence",
        ),
        Threshold(
            "below_short_line_ratio", "short_line_ratio", "below", 0.67, "too_many_short_lines"
        ),
        Threshold(
            "below_duplicate_line_char_ratio",
            "duplicate_line_char_ratio",
            "below",
            0.01,
            "too_many_duplicate_line_chars",
        ),
        Threshold("max_newline_word_ratio", "newline_word_ratio", "max", 0.3, "too_many_newlines"),
    ),
    measure=measure_quality,
    word_kinds=(SPACY_ENGLISH, *(kind for kind in WORD_KINDS if kind != SPACY_ENGLISH)),
)

_EARLIER = [name for name in DATATROVE_0_10.recipe if "fineweb" not in name]

FINEWEB_2024_04 = Pack(
    name=NAME,
    source=(
        "huggingface/datatrove at 05194d3, examples/fineweb.py: Gopher's repetition and quality "
        "rules, C4's without its end-mark rule, then FineWeb's own"
    ),
    differs=(
        "Gopher's and C4's rules are those of `datatrove-0.10`, whose words are spaCy's; NLTK cut "
        "them then. FineWeb's own rule is as it was: a line ends with one of . ' \" ! ?, blank "
        "lines count, and a value equal to its limit is dropped."
    ),
    rules=(QUALITY,),
    recipe={
        **{name: DATATROVE_0_10.recipe[name] for name in _EARLIER},
        QUALITY.name: QUALITY.published,
    },
)
