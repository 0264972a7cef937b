"""MinHash signatures: the share of equal values estimates the share of shingles in common.

Source: Broder, "On the resemblance and containment of documents" (1997), one minimum per
permutation. There are three families: `fast` is ours; `datasketch` and `datatrove` give the same
values as those libraries, bit for bit (`dedup.families`).
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from dedup import families
from dedup.alphabets import FOLDED, NUMBERED, Letters, alphabet
from dedup.exact import text_buffers
from dedup.hashes import Bytes
from dedup.presets import MinHashConfig
from dedup.shingles import (
    SHA1_LOW32,
    Hashes,
    Ints,
    Sequences,
    Shingles,
    are_repeated,
    roll_document,
    roll_units,
    rolled,
    spans,
    spelled,
)

Matrix = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

NO_WORDS = np.uint32(0xFFFFFFFF)  # all values in the signature of a document without words


def signatures(text: pa.LargeStringArray, config: MinHashConfig) -> pa.FixedSizeListArray:
    """One minimum per permutation over the hashes of the text's shingles.

    Families `fast` and `datasketch` lower-case the text (Arrow's `utf8_lower`) and cut it into
    folded words: punctuation, symbols and white space separate them, a run of digits of any script
    counts as one zero, and accents and format characters (soft hyphen, joiners, marks of direction)
    are skipped. Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces between words; there
    each character, with its combining marks, is a word. A shingle is `ngram_words` consecutive
    words. With `ngram_chars` it is that many consecutive characters, where one space stands for
    whatever separates two words. Family `datatrove` uses that library's words.

    A timetable, a price list or rows of data have few distinct shingles of such words, and a
    heading of their own would count for more than all of them. So in family `fast` numbers count in
    texts of which fewer than half of the shingles are distinct without them.

    Returns:
      fixed_size_list<value_type>[permutations], never null. If a text is null or shorter than a
      shingle, all its values are the largest value; `has_words` in `dedup.bands` finds such
      signatures.
    """
    out: Matrix
    if config.family == "datatrove":
        out = families.datatrove_minima(
            families.datatrove_shingles(text, config.ngram_words), config.permutations, config.seed
        )
    elif config.family == "datasketch":
        words = spelled(*text_buffers(pc.utf8_lower(text)))
        found = spans(words, config.ngram_words, SHA1_LOW32)
        out = families.datasketch_minima(found, config.permutations, config.seed)
    else:
        data, offsets = text_buffers(pc.utf8_lower(text))
        factors, terms = permutations(config)
        out = np.full((len(text), config.permutations), NO_WORDS, np.uint32)
        length = config.ngram_chars or config.ngram_words
        letters, numbered = alphabet(FOLDED), alphabet(FOLDED if config.fold_numbers else NUMBERED)
        _sign(
            data, offsets, letters.classes, letters.letters, numbered.classes, numbered.letters,
            length, config.ngram_chars > 0, factors, terms, out,
        )  # fmt: skip
    return pa.FixedSizeListArray.from_arrays(pa.array(out.reshape(-1)), config.permutations)


def shingles(text: pa.LargeStringArray, config: MinHashConfig) -> Shingles:
    """Each document's distinct shingles, of which the minima are taken, as ascending hashes."""
    if config.family == "datatrove":
        return families.datatrove_shingles(text, config.ngram_words).distinct()
    data, offsets = text_buffers(pc.utf8_lower(text))
    length, chars = config.ngram_chars or config.ngram_words, config.ngram_chars > 0
    found = rolled(data, offsets, length, chars, alphabet(FOLDED))
    if config.family == "fast" and not config.fold_numbers:
        numbered = rolled(data, offsets, length, chars, alphabet(NUMBERED))
        seen = np.empty(4 * len(found.hashes) + 1, np.uint8)
        chosen = [
            numbered.of(i) if are_repeated(found.of(i), seen) else found.of(i)
            for i in range(len(text))
        ]
        first = np.cumsum([0, *map(len, chosen)])
        found = Shingles(first, np.concatenate([np.empty(0, np.uint64), *chosen]))
    return found.distinct()


def signatures_of_units(units: Sequences, length: int, config: MinHashConfig) -> Matrix:
    """Minima like those of `signatures` over runs of `length` units, for documents that only these
    tell apart. They are of family `fast`, whatever the signatures are.
    """
    factors, terms = permutations(config)
    out = np.full((len(units.first) - 1, config.permutations), NO_WORDS, np.uint32)
    _sign_units(units.first, units.units, length, factors, terms, out)
    return out


def similarity(a: pa.FixedSizeListArray, b: pa.FixedSizeListArray) -> pa.FloatArray:
    """Estimated Jaccard similarity of row i of `a` and row i of `b`, as float32, never null.

    The standard error is sqrt(J * (1 - J) / permutations). The similarity of a document without
    words to any document is 0.

    Raises:
      ValueError: the two differ in rows or permutations.
    """
    left, right = signature_matrix(a), signature_matrix(b)
    if left.shape != right.shape:
        raise ValueError(
            f"similarity of signatures of shape {left.shape} and {right.shape}; "
            "pair them row by row, made with one MinHashConfig"
        )
    agree = (left == right).mean(axis=1, dtype=np.float32)
    return pa.array(np.where(without_words(left), np.float32(0), agree))


def signature_matrix(signatures: pa.FixedSizeListArray) -> Matrix:
    """The signatures as a matrix of shape (n, permutations), without a copy.

    Raises:
      ValueError: a signature is null. (That of a document without words is not null.)
    """
    if signatures.null_count:
        raise ValueError(f"{signatures.null_count} null signatures; drop those rows first")
    flat = signatures.flatten().to_numpy(zero_copy_only=True)
    return flat.reshape(len(signatures), signatures.type.list_size)


def without_words(matrix: Matrix) -> npt.NDArray[np.bool_]:
    """True for the signatures of documents without a word."""
    none: npt.NDArray[np.bool_] = (matrix == np.iinfo(matrix.dtype).max).all(axis=1)
    return none


def permutations(config: MinHashConfig) -> tuple[Hashes, Hashes]:
    """Factors a and terms b of family `fast`, whose functions are (a * x + b) >> 32 of a 32-bit x.

    With a and b of 64 random bits the family is strongly universal (Dietzfelbinger, "Universal
    hashing and k-wise independent random variables via integer arithmetic without primes", 1996).
    The bits come from SplitMix64 (Steele, Lea, Flood 2014): outputs 1 to P from `seed` are the
    factors, the next P are the terms. numpy's generators do not promise a stable stream.
    """
    count = 2 * config.permutations
    state = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = state + np.uint64(config.seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z[: count // 2], z[count // 2 :]


@njit(cache=True, nogil=True)
def _sign(
    data: Bytes,
    offsets: Ints,
    classes: Bytes,
    letters: Letters,
    numbered_classes: Bytes,
    numbered_letters: Letters,
    length: int,
    chars: bool,
    factors: Hashes,
    terms: Hashes,
    out: npt.NDArray[np.uint32],
) -> None:
    """Writes the minima over each document's shingles to `out`, which starts as all NO_WORDS."""
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    recent, hashes = np.empty(length, np.uint64), np.empty(longest, np.uint64)
    seen = np.empty(4 * longest + 1, np.uint8)
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        count = roll_document(data, start, end, classes, letters, chars, recent, hashes)
        if are_repeated(hashes[:count], seen):
            count = roll_document(
                data, start, end, numbered_classes, numbered_letters, chars, recent, hashes
            )
        _take_minima(hashes[:count], factors, terms, out[i])


@njit(cache=True, nogil=True)
def _sign_units(
    first: Ints,
    units: npt.NDArray[np.uint32],
    length: int,
    factors: Hashes,
    terms: Hashes,
    out: npt.NDArray[np.uint32],
) -> None:
    hashes = np.empty(np.max(np.diff(first)) if len(out) else 0, np.uint64)
    for i in range(len(out)):
        count = roll_units(units, first[i], first[i + 1], length, hashes)
        _take_minima(hashes[:count], factors, terms, out[i])


@njit(cache=True, nogil=True)
def _take_minima(
    hashes: Hashes, factors: Hashes, terms: Hashes, row: npt.NDArray[np.uint32]
) -> None:
    # The outer loop is over permutations, so that a minimum stays in a register.
    for k in range(len(row)):
        factor, term, least = factors[k], terms[k], row[k]
        for i in range(len(hashes)):
            # Only 32 bits of the hash: most machines have no vector instruction for wider products.
            x = hashes[i] >> np.uint64(32)
            least = min(least, np.uint32((factor * x + term) >> np.uint64(32)))
        row[k] = least
