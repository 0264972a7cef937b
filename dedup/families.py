"""Signatures that equal those of datasketch 2 and datatrove 0.10 bit for bit.

Sources: datasketch 2.0, `datasketch/minhash.py`, scheme affine32 with its default `sha1_hash32`;
datatrove 0.10.1, `pipeline/dedup/minhash.py` with its default 64-bit xxHash.
Differs: datasketch leaves the shingles to its caller; here they are made of winnow's folded words.
datatrove's words are those of its English tokenizer (its default) in all languages.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from dedup.hashes import fmix32
from dedup.shingles import XXH64, Hashes, Ints, Shingles, Spelled, spans

_MERSENNE = np.uint64((1 << 61) - 1)
_CACHED_CHUNKS = 1 << 19
_CACHED_CHARS = 32  # longer chunks rarely occur twice


def datasketch_minima(shingles: Shingles, permutations: int, seed: int) -> npt.NDArray[np.uint32]:
    """The values of `datasketch.MinHash(permutations, seed)` for each document, (n, permutations).

    Args:
      shingles: the `sha1_hash32` of each shingle.
    """
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, permutations, dtype=np.uint32) * np.uint32(2)
    factors += np.uint32(1)
    terms = generator.randint(0, 1 << 32, permutations, dtype=np.uint32)
    out = np.full((len(shingles.first) - 1, permutations), 0xFFFFFFFF, np.uint32)
    _lower_affine32(shingles.first, shingles.hashes, factors, terms, out)
    return out


def datatrove_minima(shingles: Shingles, permutations: int, seed: int) -> npt.NDArray[np.uint64]:
    """The values of `MinhashDedupSignature.get_signature` for each document, (n, permutations).

    Products wrap at 2**64 before the remainder by 2**61 - 1 is taken, as in datatrove's numpy code.
    """
    generator = np.random.RandomState(seed)
    shape = (1, permutations)
    factors = generator.randint(1, int(_MERSENNE), dtype=np.uint64, size=shape)[0]
    terms = generator.randint(0, int(_MERSENNE), dtype=np.uint64, size=shape)[0]
    out = np.full((len(shingles.first) - 1, permutations), 2**64 - 1, np.uint64)
    _lower_mersenne(shingles.first, shingles.hashes, factors, terms, out)
    return out


def datatrove_shingles(text: pa.LargeStringArray, length: int) -> Shingles:
    """XXH64 of every `length` consecutive words; a document with fewer words has no shingle."""
    return spans(datatrove_words(text), length, XXH64)


def datatrove_words(text: pa.LargeStringArray) -> Spelled:
    """The words of datatrove's simplified text, as its English tokenizer (spaCy) cuts them."""
    tokens: list[str] = []
    first = np.zeros(len(text) + 1, np.int64)
    split = _splitter()
    for i, document in enumerate(text.to_pylist()):
        for chunk in _simplify(document or "").split():
            tokens += split(chunk)
        first[i + 1] = len(tokens)
    encoded = [token.encode("utf-8", "surrogatepass") for token in tokens]
    sizes = np.array([len(token) for token in encoded], np.int64)
    end = np.cumsum(sizes + 1) - 1
    data = np.frombuffer(b" ".join(encoded), np.uint8)
    return Spelled(data, first, end - sizes, end)


def _simplify(text: str) -> str:
    simplify, plain, accented = _simplifier()
    # Decomposing does not change ASCII, and it is most of the cost.
    return simplify(text, plain if text.isascii() else accented)


@functools.cache
def _simplifier() -> tuple[Callable[[str, Any], str], Any, Any]:
    # datatrove takes seconds to import, and few recipes ask for its signatures.
    from datatrove.utils.text import TextNormConfig, simplify_text

    return simplify_text, TextNormConfig(norm_unicode_diacritics=False), TextNormConfig()


@functools.cache
def _splitter() -> Callable[[str], list[str]]:
    """A function from a chunk without white space to its tokens.

    spaCy's tokens depend only on the chunk between two white spaces, and chunks repeat, so most
    answers come from a cache.
    """
    from datatrove.utils.word_tokenizers import load_word_tokenizer

    tokenizer = load_word_tokenizer("en")
    known: dict[str, list[str]] = {}

    def split(chunk: str) -> list[str]:
        found = known.get(chunk)
        if found is None:
            found = tokenizer.word_tokenize(chunk)
            if len(chunk) <= _CACHED_CHARS:
                if len(known) >= _CACHED_CHUNKS:
                    known.clear()
                known[chunk] = found
        return found

    return split


@njit(cache=True, nogil=True)
def _lower_affine32(
    first: Ints,
    hashes: Hashes,
    factors: npt.NDArray[np.uint32],
    terms: npt.NDArray[np.uint32],
    out: npt.NDArray[np.uint32],
) -> None:
    for i in range(len(first) - 1):
        row = out[i]
        for shingle in hashes[first[i] : first[i + 1]]:
            x = fmix32(np.uint32(shingle))
            for k in range(len(row)):
                row[k] = min(row[k], np.uint32(np.uint32(factors[k] * x) + terms[k]))


@njit(cache=True, nogil=True)
def _lower_mersenne(
    first: Ints, hashes: Hashes, factors: Hashes, terms: Hashes, out: Hashes
) -> None:
    for i in range(len(first) - 1):
        row = out[i]
        for shingle in hashes[first[i] : first[i + 1]]:
            for k in range(len(row)):
                value = shingle * factors[k] + terms[k]
                value = (value & _MERSENNE) + (value >> np.uint64(61))
                if value >= _MERSENNE:
                    value -= _MERSENNE
                row[k] = min(row[k], value)
