"""The least hash among a content's runs of words: equal for copies, mostly equal for near-copies.

Words are found among bytes, markup included, so that nothing has to be decoded or extracted before:
this is for content that may not be looked at again.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from dedup.exact import text_buffers
from dedup.hashes import Bytes, mix64

NO_RUN = np.uint64(2**64 - 1)
_RUN = 5  # words
_PRIME = np.uint64(0x9E3779B185EBCA87)

Hashes = npt.NDArray[np.uint64]


def least_hashes(content: pa.LargeBinaryArray) -> Hashes:
    """One 64-bit hash for each content; two of Jaccard similarity J share it with probability J.

    A word is a run of ASCII letters, in either case, digits, and bytes of other characters; the
    similarity is that of the sets of five consecutive words.

    Returns:
      `NO_RUN` where there are fewer than five words.
    """
    data, offsets = text_buffers(content)
    out = np.full(len(content), NO_RUN, np.uint64)
    _find_least(data, offsets, out)
    return out


@njit(cache=True, nogil=True)
def _find_least(data: Bytes, offsets: npt.NDArray[np.int64], out: Hashes) -> None:
    run = np.zeros(_RUN, np.uint64)
    for row in range(len(out)):
        words, word, inside = 0, np.uint64(0), False
        least = NO_RUN
        end = offsets[row + 1]
        for at in range(offsets[row], end + 1):
            byte = data[at] if at < end else np.uint8(32)
            letter = byte | 32
            if 97 <= letter <= 122 or 48 <= byte <= 57 or byte >= 128:
                word = (word + np.uint64(letter)) * _PRIME
                inside = True
            elif inside:
                run[words % _RUN] = mix64(word)
                words += 1
                word, inside = np.uint64(0), False
                if words >= _RUN:
                    whole = np.uint64(0)
                    for back in range(_RUN):
                        whole = (whole + run[(words + back) % _RUN]) * _PRIME
                    least = min(least, mix64(whole))
        out[row] = least
