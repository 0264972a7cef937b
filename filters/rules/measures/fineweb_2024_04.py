"""FineWeb's own rule as it was when the corpus was published: blank lines count."""

import numpy as np
from numba import njit

from filters.rules.fineweb import SHORT_LINE_CHARS
from filters.rules.fineweb_2024_04 import STOP_CHARS
from filters.rules.measures.fineweb import columns_of
from filters.rules.measures.gopher import repeated_lines
from filters.rules.thresholds import WORDS, Limits, Measured
from filters.text.characters import Bytes, Ints
from filters.text.lines import BLANK
from filters.text.words import TextView

_STOPS = np.isin(np.arange(256), [ord(character) for character in STOP_CHARS])


def measure_quality(view: TextView, limits: Limits) -> Measured:
    documents = len(view)
    lines, ended, short = (np.empty(documents, np.int64) for _ in range(3))
    _count_lines(view.data, view.offsets, _STOPS, lines, ended, short)
    _, _, repeated_chars = repeated_lines(view.lines, skip=BLANK)
    words = np.diff(view.words(limits[WORDS]).first)
    return columns_of(view, lines, ended, short, repeated_chars, lines - 1, words)


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
