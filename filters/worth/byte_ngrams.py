"""A model of bytes: how well the last six of them predict the next one, by counts of some texts.

Probabilities of contexts of 0 to 6 bytes are interpolated as method C of Witten and Bell has it
(The zero-frequency problem, IEEE Transactions on Information Theory 37(4), 1991).

An n-gram counts once for each text, however often it stands there: else one table of numbers
outweighs a hundred pages.

Texts are learnt in groups, and a text is judged by the model of all groups and, in the same pass,
by the models that lack one group each. So the variation that comes from the choice of texts
(the jackknife) costs no further model.

Cost: about a second of processor time for 1 MB learnt, and two for 1 MB judged; 250 MB of memory
for 1 MB learnt.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

GROUPS = 10
LONGEST = 7  # bytes of an n-gram; with its length it fits in 64 bits, so that none is mistaken
_ROOT = 0  # the entry of the empty n-gram
# Columns of an entry: the last text that has the n-gram; how many different bytes follow it. Then
# for each group: how many of its texts have the n-gram; the sum of that of the n-grams one byte
# longer; and how many bytes follow it in that group alone, which do not where it is left out.
_LAST, _KINDS = 0, 1
_TEXTS, _FOLLOWED, _KINDS_OF_ONE = 2, 2 + GROUPS, 2 + 2 * GROUPS
_COLUMNS = 2 + 3 * GROUPS

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Entries = npt.NDArray[np.int32]


@dataclasses.dataclass(frozen=True)
class Texts:
    """Bytes of texts, each from its start to its end."""

    data: Bytes
    start: Ints
    end: Ints

    @classmethod
    def of(cls, texts: pa.LargeBinaryArray) -> "Texts":
        """Nulls count as empty texts."""
        filled = texts.fill_null(b"")
        _, offsets, data = filled.buffers()
        bounds = np.frombuffer(offsets, np.int64)[filled.offset :][: len(filled) + 1]
        held = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        return cls(held, bounds[:-1].copy(), bounds[1:].copy())

    def first(self, most_bytes: int) -> "Texts":
        """The first texts that have so many bytes together; the last of them is cut."""
        before = np.cumsum(self.sizes) - self.sizes
        left = np.minimum(self.sizes, most_bytes - before)
        some = left > 0
        return Texts(self.data, self.start[some], self.start[some] + left[some])

    @property
    def sizes(self) -> Ints:
        """In bytes."""
        return self.end - self.start


class ByteModel:
    """How many texts have each n-gram of up to seven bytes, of all texts and of each group.

    Args:
      texts: to learn from.
      groups: the group of each, below `GROUPS`.

    Attributes:
      group_bytes: of the texts of each group.
    """

    def __init__(self, texts: Texts, groups: Ints) -> None:
        self.group_bytes = np.bincount(groups, texts.sizes, GROUPS).astype(np.float64)
        most = LONGEST * int((texts.sizes + 1).sum()) + 1
        # Entries are written one after the other, and pages that no entry needs take no memory.
        self._slots = np.zeros(1 << int(most).bit_length(), np.int32)
        self._keys = np.zeros(most, np.uint64)
        self._entries = np.zeros((most, _COLUMNS), np.int32)
        _learn(
            texts.data, texts.start, texts.end, groups, self._slots, self._keys, self._entries
        )  # fmt: skip

    def bits(self, texts: Texts) -> npt.NDArray[np.float64]:
        """Bits that each text takes, [texts, 1 + GROUPS]: by all groups, then without each one."""
        out = np.zeros((len(texts.start), 1 + GROUPS))
        _judge(
            texts.data, texts.start, texts.end, self._slots, self._keys, self._entries, out
        )  # fmt: skip
        return out


@njit(cache=True, nogil=True)
def _key(window: np.uint64, length: int) -> np.uint64:
    """The last bytes of a window and their number, as one number."""
    bits = np.uint64(8 * length)
    kept = window & ((np.uint64(1) << bits) - np.uint64(1))
    return kept | (np.uint64(length) << np.uint64(56))


@njit(cache=True, nogil=True)
def _slot(slots: npt.NDArray[np.int32], keys: npt.NDArray[np.uint64], key: np.uint64) -> np.int64:
    """The slot of a key, or the free one in which it would be put."""
    mask = np.uint64(len(slots) - 1)
    at = key * np.uint64(0x9E3779B97F4A7C15)
    at = (at ^ (at >> np.uint64(32))) & mask
    while slots[at] != 0 and keys[slots[at]] != key:
        at = (at + np.uint64(1)) & mask
    return np.int64(at)


@njit(cache=True, nogil=True)
def _learn(
    data: Bytes,
    start: Ints,
    end: Ints,
    groups: Ints,
    slots: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    entries: Entries,
) -> None:
    """Counts the texts that have each n-gram; none goes across two texts."""
    used = _ROOT + 1
    prefix = np.zeros(len(entries), np.int32)
    ending = np.zeros(LONGEST + 1, np.int64)  # entries of the n-grams that end at the last byte
    for text in range(len(start)):
        group = groups[text]
        window = np.uint64(0)
        for i in range(start[text], end[text]):
            window = (window << np.uint64(8)) | np.uint64(data[i])
            # The longest first: its prefix is the n-gram one shorter that ended a byte before.
            for length in range(min(i - start[text] + 1, LONGEST), 0, -1):
                key = _key(window, length)
                at = _slot(slots, keys, key)
                entry = slots[at]
                before = ending[length - 1]
                if entry == 0:
                    entry = used
                    used += 1
                    slots[at] = entry
                    keys[entry] = key
                    prefix[entry] = before
                    entries[before, _KINDS] += 1
                if entries[entry, _LAST] != text + 1:
                    entries[entry, _LAST] = text + 1
                    entries[entry, _TEXTS + group] += 1
                    entries[before, _FOLLOWED + group] += 1
                ending[length] = entry
    for entry in range(_ROOT + 1, used):
        only = -1
        for group in range(GROUPS):
            if entries[entry, _TEXTS + group] > 0:
                only = group if only == -1 else -2
        if only >= 0:
            entries[prefix[entry], _KINDS_OF_ONE + only] += 1


@njit(cache=True, nogil=True)
def _judge(
    data: Bytes,
    start: Ints,
    end: Ints,
    slots: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    entries: Entries,
    out: npt.NDArray[np.float64],
) -> None:
    ending = np.zeros(LONGEST + 1, np.int64)
    found = np.zeros(LONGEST + 1, np.int64)
    likely, product = np.zeros(1 + GROUPS), np.ones(1 + GROUPS)
    unseen = np.zeros(_COLUMNS, np.int32)
    for text in range(len(start)):
        known = 0  # bytes of the longest n-gram with an entry that ends at the last byte
        window = np.uint64(0)
        for i in range(start[text], end[text]):
            window = (window << np.uint64(8)) | np.uint64(data[i])
            likely[:] = 1 / 256
            longest = 0
            for length in range(1, min(known + 1, LONGEST) + 1):
                entry = 0
                if longest == length - 1:
                    entry = slots[_slot(slots, keys, _key(window, length))]
                    if entry > 0:
                        longest = length
                        found[length] = entry
                both = entries[entry] if entry > 0 else unseen
                _interpolate(entries[ending[length - 1]], both, likely)
            known = longest
            ending[: longest + 1] = found[: longest + 1]
            # A logarithm costs more than all else, and eight bytes are no less likely than 1e-100.
            product *= likely
            if (i - start[text]) % 8 == 7 or i == end[text] - 1:
                out[text] -= np.log2(product)
                product[:] = 1


@njit(cache=True, nogil=True)
def _interpolate(
    context: npt.NDArray[np.int32],
    both: npt.NDArray[np.int32],
    likely: npt.NDArray[np.float64],
) -> None:
    """Probabilities of a byte, from those by a shorter context to those by this one.

    Args:
      context: its entry.
      both: the entry of the context with the byte behind it; zeros if that was not seen.
      likely: of all groups, then without each one; changed.
    """
    total, seen = 0, 0
    for group in range(GROUPS):
        total += context[_FOLLOWED + group]
        seen += both[_TEXTS + group]
    if total == 0:  # it only ends texts
        return
    kinds = context[_KINDS]
    by_this, by_shorter = seen / (total + kinds), kinds / (total + kinds)
    likely[0] = by_this + by_shorter * likely[0]
    for group in range(GROUPS):
        of_group = context[_FOLLOWED + group]
        if of_group == 0:
            likely[1 + group] = by_this + by_shorter * likely[1 + group]
        elif total > of_group:  # else no other group has the context
            s, t = seen - both[_TEXTS + group], kinds - context[_KINDS_OF_ONE + group]
            likely[1 + group] = (s + t * likely[1 + group]) / (total - of_group + t)
