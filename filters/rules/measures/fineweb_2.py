"""FineWeb-2's rule on quality: Gopher's, with the stop words of each document's language."""

import numpy as np
import pyarrow as pa
from numba import njit

from filters.language.tables import language_table
from filters.rules.fineweb_2 import NAME
from filters.rules.measures.gopher import measure_quality
from filters.rules.thresholds import WORDS, Limits, Measured
from filters.text.characters import Hashes, Ints
from filters.text.word_kinds import WHITESPACE
from filters.text.words import TextView

_MOST_STOP_WORDS = 64  # of a language: one bit each


def measure_with_stop_words(view: TextView, limits: Limits) -> Measured:
    """As Gopher's quality rule, with the stop words of each document's language."""
    measured = measure_quality(view, limits)
    words, table = view.words(limits[WORDS]), language_table(NAME)
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
