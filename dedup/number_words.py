"""Numbers that are written as words: an exercise with `three` for `3` is the same exercise.

English alone, from two to ninety. `one` is mostly no number, and `zero` is rare.
"""

import dataclasses
import functools

import numpy as np
import pyarrow as pa
from numba import njit

from dedup.decontamination import benchmark_classes
from dedup.exact import text_buffers
from dedup.places import Places, words
from dedup.shingles import Hashes

_UNITS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = dict(zip(_UNITS.split(), range(2, 20), strict=True)) | dict(
    zip(_TENS.split(), range(20, 100, 10), strict=True)
)
_SLOTS = 64


@dataclasses.dataclass(frozen=True)
class NumberWords:
    """A hash table with open addressing: hashes of words (0 where none is), and of their digits."""

    keys: Hashes
    values: Hashes

    def digits(self, places: Places) -> Places:
        """The same words, where those that are numbers have the hashes of these in digits."""
        hashes = places.hashes.copy()
        _digits(hashes, self.keys, self.values)
        return dataclasses.replace(places, hashes=hashes)


NONE = NumberWords(np.zeros(1, np.uint64), np.zeros(1, np.uint64))


@functools.cache
def english() -> NumberWords:
    """The numbers of English, as words of benchmarks are hashed."""
    text = " ".join(f"{word} {number}" for word, number in _NUMBERS.items())
    hashes = words(
        *text_buffers(pa.array([text], pa.large_string())), benchmark_classes()
    ).hashes.reshape(-1, 2)
    found = NumberWords(np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint64))
    for word, number in hashes.tolist():
        slot = word % _SLOTS
        while found.keys[slot]:
            slot = (slot + 1) % _SLOTS
        found.keys[slot], found.values[slot] = word, number
    return found


@njit(cache=True, nogil=True)
def in_digits(word: np.uint64, keys: Hashes, values: Hashes) -> np.uint64:
    """The hash of a number in digits for that of its word; any other hash as it is."""
    mask = np.uint64(len(keys) - 1)
    slot = word & mask
    while keys[slot]:
        if keys[slot] == word:
            return values[slot]
        slot = (slot + np.uint64(1)) & mask
    return word


@njit(cache=True, nogil=True)
def _digits(hashes: Hashes, keys: Hashes, values: Hashes) -> None:
    for i in range(len(hashes)):
        hashes[i] = in_digits(hashes[i], keys, values)
