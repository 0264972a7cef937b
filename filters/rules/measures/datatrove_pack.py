"""What datatrove's filter of paragraphs looks at."""

import numpy as np
from numba import njit

from filters.rules.thresholds import Limits, Measured
from filters.text.characters import Bytes, Ints
from filters.text.words import TextView


def measure_paragraphs(view: TextView, limits: Limits) -> Measured:
    longest = np.zeros(len(view), np.int64)
    _third_longest_line(view.data, view.offsets, longest)
    return Measured({"third_longest_line_chars": longest})


@njit(cache=True, nogil=True)
def _third_longest_line(data: Bytes, offsets: Ints, longest: Ints) -> None:
    for document in range(len(offsets) - 1):
        first, second, third, chars = -1, -1, -1, 0
        for at in range(offsets[document], offsets[document + 1] + 1):
            if at < offsets[document + 1] and data[at] != 10:
                chars += data[at] & 0xC0 != 0x80
                continue
            if chars > first:
                first, second, third = chars, first, second
            elif chars > second:
                second, third = chars, second
            elif chars > third:
                third = chars
            chars = 0
        longest[document] = max(third, 0)
