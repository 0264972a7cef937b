"""How alike two documents are, by the words that the recipe does not fold.

What a signature cannot see decides here: by default numbers and symbols count, so that two sheets
of sums or two timetables are different texts, and case and accents do not. A document is a sequence
of units, and a shingle is a run of them; all comparisons are of sets of such runs.
"""

import dataclasses
from collections.abc import Sequence, Set

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from dedup import bands, families, minhash
from dedup.alphabets import alphabet
from dedup.exact import text_buffers
from dedup.presets import Fold, MinHashConfig
from dedup.shingles import Hashes, Ints, Sequences, roll_units, sequences

# What is known about a document beside the one that may stay. `similarity` is the Jaccard
# similarity of their shingles. `contained` is the share of the document's word 3-grams that the
# other one has. `words` counts its distinct words, numbers and symbols, and `words_lost` those that
# the other one lacks; `words` is 0 if the two were not compared, and `contained` then is NaN.
LIKENESS = np.dtype(
    [
        ("similarity", np.float32),
        ("contained", np.float32),
        ("words", np.uint32),
        ("words_lost", np.uint32),
    ]
)
Likeness = npt.NDArray[np.void]

_WORDS_OF_CONTAINMENT = 3


@dataclasses.dataclass(frozen=True)
class Readings:
    """Texts as they are compared.

    Attributes:
      units: words, or characters, or shingles of another library.
      words: the same as `units` if these are words.
      length: units in a shingle.
    """

    units: Sequences
    words: Sequences
    length: int

    @property
    def nbytes(self) -> int:
        both = {id(part): part.units.nbytes for part in (self.units, self.words)}
        return sum(both.values())

    def only(self, documents: Ints) -> "Readings":
        """Some of the texts."""
        units = self.units.of(documents)
        words = units if self.words is self.units else self.words.of(documents)
        return Readings(units, words, self.length)

    def band_keys(self, config: MinHashConfig) -> Hashes:
        """Keys like those of `dedup.bands.band_keys`, by all that the texts are compared by.

        Where only numbers tell many documents apart, all have the same folded shingles, and each is
        compared with the most preferred one alone. These keys bring together those among them that
        resemble each other.
        """
        signed = minhash.signatures_of_units(self.units, self.length, config)
        return bands.matrix_keys(signed, config)

    @classmethod
    def concatenated(cls, parts: Sequence["Readings"]) -> "Readings":
        """The texts of all parts (one or more), one part after the other."""
        units = Sequences.concatenated([part.units for part in parts])
        if all(part.words is part.units for part in parts):
            return cls(units, units, parts[0].length)
        words = Sequences.concatenated([part.words for part in parts])
        return cls(units, words, parts[0].length)


def read(text: pa.LargeStringArray, config: MinHashConfig, fold: Set[Fold]) -> Readings:
    """Texts as they are compared.

    Args:
      fold: what makes no difference. Family `datatrove` has words of its own for similarities.
    """
    data, offsets = text_buffers(pc.utf8_lower(text) if "case" in fold else text)
    letters = alphabet(frozenset(fold))
    words = sequences(data, offsets, False, letters)
    if config.family == "datatrove":
        found = families.datatrove_shingles(text, config.ngram_words)
        hashes = (found.hashes >> np.uint64(32)).astype(np.uint32)
        return Readings(Sequences(found.first, hashes), words, 1)
    if config.ngram_chars:
        chars = sequences(data, offsets, True, letters)
        return Readings(chars, words, config.ngram_chars)
    return Readings(words, words, config.ngram_words)


def jaccard(
    left: Readings, left_rows: Ints, right: Readings, right_rows: Ints
) -> npt.NDArray[np.float32]:
    """The true similarity of documents `left_rows[i]` and `right_rows[i]`.

    It is 0 if one of them has no shingle, since it is shorter than one.
    """
    found = _overlap(left.units, left_rows, right.units, right_rows, left.length, False)
    union = found.left + found.right - found.common
    return (found.common / np.maximum(union, 1)).astype(np.float32)


def compare(
    members: Readings,
    member_rows: Ints,
    roots: Readings,
    root_rows: Ints,
    *,
    min_similarity: float | None,
    min_containment: float | None,
) -> tuple[Likeness, npt.NDArray[np.bool_]]:
    """Likeness of each member to its root, and whether it may be removed for it.

    Where the member is not alike, only the similarity is known.

    Args:
      min_similarity: the similarity that is enough; None if containment decides.
      min_containment: the share of the member's word 3-grams that is enough.
    """
    out = np.zeros(len(member_rows), LIKENESS)
    out["similarity"] = jaccard(members, member_rows, roots, root_rows)
    out["contained"] = np.nan
    alike = np.ones(len(out), bool)
    if min_similarity is not None:
        alike &= out["similarity"] >= np.float32(min_similarity)
    if min_containment is not None:
        # Texts without a shingle are never near-duplicates.
        alike &= out["similarity"] > 0
    some = np.flatnonzero(alike)
    pairs = (members.words, member_rows[some], roots.words, root_rows[some])
    grams = _overlap(*pairs, _WORDS_OF_CONTAINMENT, True)
    contained = (grams.common / np.maximum(grams.left, 1)).astype(np.float32)
    if min_containment is not None:
        enough = contained >= np.float32(min_containment)
        alike[some] = enough
        some, contained = some[enough], contained[enough]
        pairs = (members.words, member_rows[some], roots.words, root_rows[some])
    words = _overlap(*pairs, 1, True)
    out["contained"][some] = contained
    out["words"][some] = words.left
    out["words_lost"][some] = words.left - words.common
    return out, alike


@dataclasses.dataclass(frozen=True)
class _Overlap:
    """Sizes of sets of runs: of both documents of each pair, and of what they share."""

    left: Ints
    right: Ints
    common: Ints


def _overlap(
    left: Sequences, left_rows: Ints, right: Sequences, right_rows: Ints, length: int, whole: bool
) -> _Overlap:
    """How many runs of `length` units two documents have, and share.

    Args:
      whole: whether a document of fewer units is one run; otherwise it has none.
    """
    found = _Overlap(*(np.zeros(len(left_rows), np.int64) for _ in range(3)))
    _count_shared(
        left.first, left.units, left_rows, right.first, right.units, right_rows, length, whole,
        found.left, found.right, found.common,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def _count_shared(
    first_a: Ints,
    units_a: npt.NDArray[np.uint32],
    rows_a: Ints,
    first_b: Ints,
    units_b: npt.NDArray[np.uint32],
    rows_b: Ints,
    length: int,
    whole: bool,
    size_a: Ints,
    size_b: Ints,
    common: Ints,
) -> None:
    longest = most = 0
    for i in range(len(rows_a)):
        a = first_a[rows_a[i] + 1] - first_a[rows_a[i]]
        b = first_b[rows_b[i] + 1] - first_b[rows_b[i]]
        longest, most = max(longest, a, b), max(most, a + b)
    # Both sets in one hash table with open addressing, of which at most half is used.
    room = 2
    while room < 2 * most:
        room *= 2
    hashes = np.empty(longest, np.uint64)
    keys, sides = np.empty(room, np.uint64), np.empty(room, np.uint8)
    for i in range(len(rows_a)):
        start_a, end_a = first_a[rows_a[i]], first_a[rows_a[i] + 1]
        start_b, end_b = first_b[rows_b[i]], first_b[rows_b[i] + 1]
        room = 2
        while room < 2 * ((end_a - start_a) + (end_b - start_b)):
            room *= 2
        sides[:room] = 0
        short = min(length, end_a - start_a) if whole else length
        count = roll_units(units_a, start_a, end_a, short, hashes)
        size_a[i], _ = _insert(hashes[:count], np.uint8(1), keys[:room], sides)
        short = min(length, end_b - start_b) if whole else length
        count = roll_units(units_b, start_b, end_b, short, hashes)
        size_b[i], common[i] = _insert(hashes[:count], np.uint8(2), keys[:room], sides)


@njit(cache=True, nogil=True)
def _insert(
    hashes: Hashes, side: np.uint8, keys: Hashes, sides: npt.NDArray[np.uint8]
) -> tuple[int, int]:
    """The number of distinct hashes, and of those among them that the other side inserted."""
    mask = np.uint64(len(keys) - 1)
    distinct = common = 0
    for h in hashes:
        slot = np.int64(h & mask)
        while sides[slot] and keys[slot] != h:
            slot = np.int64((slot + 1) & np.int64(mask))
        if not sides[slot]:
            keys[slot] = h
            distinct += 1
        elif not sides[slot] & side:
            distinct += 1
            common += 1
        sides[slot] |= side
    return distinct, common
