"""Repetition: lines and spans that occur in several documents which are not duplicates.

Source: lines and sentences as in Raffel et al. 2020 (C4: "all but one of any three-sentence span
occurring more than once") and Wenzek et al. 2020 (CCNet: paragraphs by hash); spans as in Lee et
al. 2022, "Deduplicating Training Data Makes Language Models Better" (50 tokens).
Differs: we count the documents in which a line or span occurs; repetition inside one document is
left to the quality rules. Which copy is kept depends on the documents, not on their order of
arrival. Spans consist of words between white space instead of BPE tokens, and they are found by
hashes of windows instead of a suffix array.

Everything here is a window of consecutive units, identified by its 64-bit hash. Among n distinct
windows the probability that two share a hash is n**2 / 2**65.

A span of n words is looked for in two steps. The anchor of a window is the run of n/2 words in it
that has the least hash (a minimizer, Roberts et al. 2004). Equal windows have equal anchors, and
about one in n/4 words begins an anchor. Only windows whose anchor occurs in several documents are
counted themselves.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from dedup import places
from dedup.bands import split_refs
from dedup.cuts import Cuts
from dedup.exact import text_buffers
from dedup.hashes import mix64
from dedup.places import Places
from dedup.shingles import Hashes, Ints, leaving_weight, roll

# A window that occurs in some documents. The most preferred of them keeps its copy.
MEMBERS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),  # equal keys are one window
        pa.field("documents", pa.int64(), nullable=False),  # number of documents that hold it
        pa.field("preference", pa.uint64(), nullable=False),  # of the most preferred document
        pa.field("ref", pa.uint64(), nullable=False),  # place of that document (`dedup.bands.refs`)
    ]
)
# A window that occurs in too many documents, and the place of the copy that is kept.
REPEATED = pa.schema(
    [pa.field("key", pa.uint64(), nullable=False), pa.field("ref", pa.uint64(), nullable=False)]
)


@dataclasses.dataclass(frozen=True)
class Windows:
    """Windows of consecutive units in a batch of texts.

    Attributes:
      document: position in the batch of each window's text, ascending.
      keys: hash of each window.
      start, end: position of each window in bytes, from the start of the document's text.
    """

    document: Ints
    keys: Hashes
    start: Ints
    end: Ints

    def filter(self, wanted: npt.NDArray[np.bool_]) -> "Windows":
        return Windows(
            self.document[wanted], self.keys[wanted], self.start[wanted], self.end[wanted]
        )

    def cuts(self) -> Cuts:
        return Cuts(self.document, self.start, self.end).joined()


def segment_windows(text: pa.LargeStringArray, by: int, in_a_row: int, min_words: int) -> Windows:
    """Windows of `in_a_row` lines, paragraphs or sentences with at least `min_words` words.

    Args:
      by: `LINE`, `PARAGRAPH` or `SENTENCE` of `dedup.places`.
    """
    found, words = places.segments(text, by)
    windows = _windows(found, in_a_row)
    before = np.append(0, np.cumsum(words))
    at = _first_units(found, in_a_row)
    return windows.filter(before[at + in_a_row] - before[at] >= min_words)


def span_windows(text: pa.LargeStringArray, tokens: int) -> Windows:
    """Every window of `tokens` consecutive words, where words are separated by white space."""
    return _windows(_exact_words(text), tokens)


def anchored_windows(text: pa.LargeStringArray, tokens: int) -> tuple[Windows, Hashes]:
    """The windows of `span_windows`, and the anchor of each."""
    found = _exact_words(text)
    size = (tokens + 1) // 2
    first, hashes = _hash_windows(found.first, found.hashes, size)
    anchors = np.empty(len(hashes), np.uint64)
    count = _minimizers(first, hashes, tokens - size + 1, anchors)
    return _windows(found, tokens), anchors[:count]


def _exact_words(text: pa.LargeStringArray) -> Places:
    return places.words(*text_buffers(text), places.exact_classes())


def _windows(found: Places, length: int) -> Windows:
    first, keys = _hash_windows(found.first, found.hashes, length)
    at = _first_units(found, length)
    document = np.repeat(np.arange(len(first) - 1), np.diff(first))
    return Windows(document, keys, found.start[at], found.end[at + length - 1])


def _first_units(found: Places, length: int) -> Ints:
    """The number of the unit with which each window begins."""
    counts = np.maximum(np.diff(found.first) - length + 1, 0)
    skipped = found.first[:-1] - np.append(0, np.cumsum(counts)[:-1])
    units: Ints = np.arange(counts.sum()) + np.repeat(skipped, counts)
    return units


def members(keys: Hashes, preference: Hashes, ref: Hashes) -> pa.RecordBatch:
    """Windows of documents -> MEMBERS: one row for each key, with the number of its documents.

    Args:
      preference, ref: those of the document of each window. A document may have a key twice.
    """
    order = np.lexsort((ref, preference, keys))
    keys, preference, ref = keys[order], preference[order], ref[order]
    begins = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    another = begins | np.append(True, ref[1:] != ref[:-1])[: len(keys)]
    first = np.flatnonzero(begins)
    documents = np.add.reduceat(another.astype(np.int64), first) if len(first) else first
    columns = [keys[first], documents, preference[first], ref[first]]
    return pa.record_batch([pa.array(column) for column in columns], schema=MEMBERS)


def repeated(table: pa.Table, max_documents: int) -> tuple[pa.RecordBatch, Iterator[
    tuple[int, pa.RecordBatch]
]]:  # fmt: skip
    """Windows that occur in more than `max_documents` documents.

    Args:
      table: all rows of MEMBERS for the keys in it, in any order. A document may be counted in
        only one row of a key.

    Returns:
      REPEATED with one row for each window, ordered by key; and the same rows once more, for each
      unit those windows that it holds.
    """
    keys, documents, preference, ref = (table[name].to_numpy() for name in MEMBERS.names)
    order = np.lexsort((ref, preference, keys))
    keys, documents, ref = keys[order], documents[order], ref[order]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    total = np.add.reduceat(documents, first) if len(first) else first
    size = np.diff(np.append(first, len(keys)))
    many = np.repeat(total > max_documents, size)
    kept = np.repeat(ref[first], size)[many]
    units, _ = split_refs(ref[many])
    keys = keys[many]
    chosen = first[total > max_documents]
    every = _repeated_batch(np.unique(keys), ref[chosen])

    def by_unit() -> Iterator[tuple[int, pa.RecordBatch]]:
        by = np.argsort(units, kind="stable")
        held, begin = np.unique(units[by], return_index=True)
        for unit, rows in zip(held.tolist(), np.split(by, begin[1:]), strict=True):
            fresh = np.append(True, keys[rows][1:] != keys[rows][:-1])
            yield unit, _repeated_batch(keys[rows][fresh], kept[rows][fresh])

    return every, by_unit() if len(keys) else iter(())


def _repeated_batch(keys: Hashes, ref: Hashes) -> pa.RecordBatch:
    return pa.record_batch([pa.array(keys), pa.array(ref)], schema=REPEATED)


@dataclasses.dataclass(frozen=True)
class RepeatedKeys:
    """Distinct keys to look up, ascending, and the place of the copy that is kept of each."""

    keys: Hashes
    ref: Hashes
    table: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, batch: pa.Table | pa.RecordBatch) -> "RepeatedKeys":
        """Makes the look-up from rows of REPEATED in any order."""
        keys, at = np.unique(batch["key"].to_numpy(), return_index=True)
        table = np.zeros(1 << _TABLE_BITS, bool)
        table[keys >> np.uint64(64 - _TABLE_BITS)] = True
        return cls(keys, batch["ref"].to_numpy()[at], table)

    def find(self, keys: Hashes) -> tuple[Ints, Hashes]:
        """Positions of the keys that are in the look-up, and the places of their kept copies."""
        # Few keys are. A test of one bit saves most of them the search.
        maybe = np.flatnonzero(self.table[keys >> np.uint64(64 - _TABLE_BITS)])
        if not len(maybe):
            return maybe, np.empty(0, np.uint64)
        at = np.minimum(np.searchsorted(self.keys, keys[maybe]), len(self.keys) - 1)
        here = self.keys[at] == keys[maybe]
        return maybe[here], self.ref[at[here]]


_TABLE_BITS = 22


def _hash_windows(first: Ints, hashes: Hashes, length: int) -> tuple[Ints, Hashes]:
    first_out = np.empty(len(first), np.int64)
    out = np.empty(len(hashes), np.uint64)
    count = _roll_windows(first, hashes, length, first_out, out)
    return first_out, out[:count]


@njit(cache=True, nogil=True)
def _roll_windows(first: Ints, hashes: Hashes, length: int, first_out: Ints, out: Hashes) -> int:
    weight = leaving_weight(length)
    count = 0
    for i in range(len(first) - 1):
        first_out[i] = count
        rolling = np.uint64(0)
        for at in range(first[i], first[i + 1]):
            left = hashes[at - length] if at - length >= first[i] else np.uint64(0)
            rolling = roll(rolling, hashes[at], left, weight)
            if at - first[i] + 1 >= length:
                out[count] = mix64(rolling)
                count += 1
    first_out[len(first) - 1] = count
    return count


@njit(cache=True, nogil=True)
def _minimizers(first: Ints, hashes: Hashes, width: int, out: Hashes) -> int:
    """Writes the least of every `width` consecutive hashes of a document to `out`."""
    count = 0
    for i in range(len(first) - 1):
        least = -1
        for at in range(first[i], first[i + 1]):
            begin = at - width + 1
            if least >= max(begin, first[i]):
                if hashes[at] <= hashes[least]:
                    least = at
            else:
                least = max(begin, first[i])
                for k in range(least + 1, at + 1):
                    if hashes[k] <= hashes[least]:
                        least = k
            if begin >= first[i]:
                out[count] = hashes[least]
                count += 1
    return count
