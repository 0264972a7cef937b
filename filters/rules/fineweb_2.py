"""The pack `fineweb-2`: FineWeb-2's filters, with thresholds and stop words of each language."""

import dataclasses

import numpy as np
import pyarrow as pa
from numba import njit

from filters.language.tables import language_table
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION, measure_quality
from filters.rules.thresholds import WORDS, Limits, Measured, Pack
from filters.text.characters import Hashes, Ints
from filters.text.words import WHITESPACE, TextView

NAME = "fineweb-2"
_MOST_STOP_WORDS = 64  # of a language: one bit each


def measure_with_stop_words(view: TextView, limits: Limits) -> Measured:
    """As Gopher's quality rule, with the stop words of each document's language."""
    measured = measure_quality(view, limits)
    words, table = view.words(str(limits.get(WORDS, WHITESPACE))), language_table(NAME)
    codes = [table.code(language) for language in view.languages or [None] * len(view)]
    found = np.zeros(len(view), np.int64)
    for code in sorted({code for code in codes if code}):
        rows = np.flatnonzero(np.array([c == code for c in codes], bool))
        _count_stop_words(rows, words.first, words.hashes, _hashes(code), found)
    return Measured({**measured.columns, "stop_words": found})


def _hashes(code: str) -> Hashes:
    """Hashes of a language's stop words, sorted."""
    stop_words = language_table(NAME).stop_words[code]
    assert len(stop_words) <= _MOST_STOP_WORDS
    view = TextView(pa.array([" ".join(stop_words)], pa.large_string()))
    return np.sort(view.words(WHITESPACE).hashes)


@njit(cache=True, nogil=True)
def _count_stop_words(
    rows: Ints, first: Ints, hashes: Hashes, stop_words: Hashes, found: Ints
) -> None:
    """Different stop words of the documents at `rows`."""
    for document in rows:
        seen = np.uint64(0)
        for word in range(first[document], first[document + 1]):
            place = np.searchsorted(stop_words, hashes[word])
            if place < len(stop_words) and stop_words[place] == hashes[word]:
                seen |= np.uint64(1) << np.uint64(place)
        count = 0
        while seen:
            count += 1
            seen &= seen - np.uint64(1)
        found[document] = count


FINEWEB_2_QUALITY = dataclasses.replace(
    GOPHER_QUALITY,
    name="fineweb_2_quality",
    source=(
        f"{language_table(NAME).source}, used as in fineweb-2-pipeline.py with datatrove's "
        "GopherQualityFilter; Penedo et al. 2025, arXiv 2506.20920"
    ),
    differs=(
        "Words are runs of characters between white space unless `words` says otherwise, not the "
        "tokens of a tokenizer for each language: set `words` for scripts without spaces. Stop "
        "words are those of the document's language; a language that the table lacks has none."
    ),
    measure=measure_with_stop_words,
)

_BY_LANGUAGE = tuple(language_table(NAME).thresholds)


def _by_language(known: dict[str, float]) -> dict[str, str]:
    return {key: NAME for key in known if key in _BY_LANGUAGE}


_REPETITION = _by_language(GOPHER_REPETITION.published)
_FINEWEB = _by_language(FINEWEB_QUALITY.published)
_QUALITY = FINEWEB_2_QUALITY.published

FINEWEB_2 = Pack(
    name=NAME,
    source=(
        "huggingface/fineweb-2, fineweb-2-pipeline.py and configs/*.yml at baedee4 (the values of "
        "the first release), thresholds of 40 languages in filters/fineweb_2.csv"
    ),
    differs=(
        "A language that the table lacks has no threshold by language. A line without an end mark "
        "counts by 0.10's comparison (below the limit). The languages' minimal scores stand in the "
        "table (language_score) for `documents.language`, and are GlotLID's. Thai and some 1,800 "
        "smaller languages of the original are not in the table."
    ),
    rules=(FINEWEB_2_QUALITY,),
    recipe={
        GOPHER_REPETITION.name: {"min_chars": 1, **_REPETITION},
        FINEWEB_QUALITY.name: {"min_lines": 1, **_FINEWEB, "max_duplicate_line_char_ratio": 0.1},
        FINEWEB_2_QUALITY.name: {**_QUALITY, **_by_language(_QUALITY)},
    },
)
