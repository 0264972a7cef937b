"""Banding: documents that may be near-duplicates get an equal 64-bit key and so meet in a bucket.

Source: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4. Exact duplicates meet in the
same way, under a key made of their text hash.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash
from numba import njit

from dedup.hashes import mix64
from dedup.minhash import Matrix, signature_matrix, without_words
from dedup.presets import MinHashConfig

# A row is one document in one bucket.
BAND_MEMBERS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),  # equal keys are one bucket
        pa.field("preference", pa.uint64(), nullable=False),  # see `preference`
        pa.field("ref", pa.uint64(), nullable=False),  # see `refs`
    ]
)


def band_keys(signatures: pa.FixedSizeListArray, config: MinHashConfig) -> npt.NDArray[np.uint64]:
    """The key of each document in each band, as an array of shape (bands, n).

    A key hashes the band's number with its rows, so that no two bands share a bucket. All
    documents without words have the same keys: mask them with `has_words`.

    Raises:
      ValueError: the signatures are of another number of permutations than `config`.
    """
    matrix = signature_matrix(signatures)
    if matrix.shape[1] != config.permutations:
        raise ValueError(
            f"signatures have {matrix.shape[1]} values but {config.bands} bands of {config.rows} "
            f"rows need {config.permutations}; read them with the config that made them"
        )
    return matrix_keys(matrix, config)


def matrix_keys(matrix: Matrix, config: MinHashConfig) -> npt.NDArray[np.uint64]:
    """`band_keys` of signatures as a matrix of shape (n, permutations)."""
    keys = np.empty((config.bands, len(matrix)), np.uint64)
    _hash_bands(matrix, config.rows, keys)
    return keys


def within_language(keys: npt.NDArray[np.uint64], language: pa.Array) -> npt.NDArray[np.uint64]:
    """The same keys, but no two languages share one.

    Args:
      keys: of shape (bands, n).
      language: of the n documents.
    """
    codes = language.dictionary_encode()
    named = [xxhash.xxh64_intdigest(code.as_py()) for code in codes.dictionary]
    of_language = np.array(named, np.uint64)[codes.indices.to_numpy()]
    mixed = np.empty_like(keys)
    _hash_languages(keys, of_language, mixed)
    return mixed


def has_words(signatures: pa.FixedSizeListArray) -> npt.NDArray[np.bool_]:
    """False for documents that are shorter than a shingle: they belong in no bucket."""
    return ~without_words(signature_matrix(signatures))


def exact_keys(text_hash: pa.FixedSizeBinaryArray) -> npt.NDArray[np.uint64]:
    """Keys of exact duplicates: the two halves of the text hash, mixed with a tag of their own.

    Documents without text share one key: mask them with `has_text` of `dedup.exact`.
    """
    halves = _bytes_of(text_hash, 16).view(">u8").astype(np.uint64)
    keys = np.empty(len(halves), np.uint64)
    _hash_halves(halves, keys)
    return keys


def id_keys(doc_id: pa.FixedSizeBinaryArray) -> npt.NDArray[np.uint64]:
    """Keys of documents of one source and native id, which are the first half of the identity."""
    return _bytes_of(doc_id, 16).view(">u8")[:, 0].astype(np.uint64)


def partition(keys: npt.NDArray[np.uint64], partitions: int) -> npt.NDArray[np.int64]:
    """The partition, 0 to `partitions` - 1, that gets all members of a key's bucket."""
    if partitions < 1:
        raise ValueError(f"{partitions} partitions; give 1 or more")
    return (keys % np.uint64(partitions)).astype(np.int64)


def preference(
    priority: int,
    text_bytes: npt.NDArray[np.int64],
    doc_id: pa.FixedSizeBinaryArray,
    score: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.uint64]:
    """Which duplicate survives: the one of the smallest preference.

    From the highest bits down: 8 bits of the source's `priority`; 24 bits in which a longer text
    is smaller (all texts from 2**24 - 1 bytes on are equal); the first 4 bytes of the document's
    id, xor the first 4 of its second half. The id settles ties at random, but always in the same
    way.

    With a `score`, the priority is followed by 16 bits in which a higher score is smaller
    (float16, which has 11 bits of precision; NaN is the least preferred), then by the 12 leading
    bits of the length, in steps of less than 1 %, and by 28 bits of the id.

    Raises:
      ValueError: the priority does not fit into 8 bits.
    """
    if not 0 <= priority <= 255:
        raise ValueError(f"source priority is {priority}; give one from 0 to 255")
    words = _bytes_of(doc_id, 16).view(">u4")
    # Copies share the half of their content, and texts of a repeated id the half of the id.
    chance = (words[:, 0] ^ words[:, 2]).astype(np.uint64)
    if score is not None:
        shortness = np.uint64(2**12 - 1) - _leading_bits(text_bytes)
        lowness = np.uint64(2**16 - 1) - _ordered_half(score)
        return (
            np.uint64(priority << 56)
            | lowness << np.uint64(40)
            | shortness << np.uint64(28)
            | chance >> np.uint64(4)
        )
    longest = 2**24 - 1
    shortness = (longest - np.clip(text_bytes, 0, longest)).astype(np.uint64)
    return np.uint64(priority << 56) | shortness << np.uint64(32) | chance


def _ordered_half(score: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """float16 as 16 bits that sort like the numbers. NaN is 0, and both zeros are equal."""
    limit = np.finfo(np.float16).max
    half = (np.clip(score, -limit, limit) + 0.0).astype(np.float16)
    bits = half.view(np.uint16)
    ordered = np.where(bits & 0x8000, ~bits, bits | 0x8000)
    return np.where(np.isnan(half), 0, ordered).astype(np.uint64)


def _leading_bits(length: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """12 bits that sort like lengths below 2**32: 5 of the exponent, 7 of the mantissa."""
    bits = (np.clip(length, 0, 2**32 - 512) + 1).astype(np.float32).view(np.uint32)
    return ((bits >> np.uint32(16)) - np.uint32(127 << 7)).astype(np.uint64)


def refs(unit_index: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """A document's place, `unit_index << 32 | row`: unique in a run."""
    return np.uint64(unit_index << 32) | rows.astype(np.uint64)


def split_refs(
    refs: npt.NDArray[np.uint64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Unit indexes and rows of the places that `refs` made."""
    units = (refs >> np.uint64(32)).astype(np.int64)
    return units, (refs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def band_members(
    keys: npt.NDArray[np.uint64],
    preference: npt.NDArray[np.uint64],
    refs: npt.NDArray[np.uint64],
) -> pa.RecordBatch:
    """Rows of BAND_MEMBERS, one for each document; mask those without text or words first."""
    columns = [pa.array(column) for column in (keys, preference, refs)]
    return pa.RecordBatch.from_arrays(columns, schema=BAND_MEMBERS)


def members_by_bands(
    keys: npt.NDArray[np.uint64],
    preference: npt.NDArray[np.uint64],
    refs: npt.NDArray[np.uint64],
) -> Iterator[pa.RecordBatch]:
    """Rows of BAND_MEMBERS of the documents in all bands, in one batch for every few bands.

    A unit's keys take 24 bytes for each band and document, too much for one batch.

    Args:
      keys: of shape (bands, n); `preference` and `refs` have n values.
    """
    for start in range(0, len(keys), 16):
        some = keys[start : start + 16]
        every = np.tile(np.arange(len(refs)), len(some))
        yield band_members(some.reshape(-1), preference[every], refs[every])


def _bytes_of(array: pa.FixedSizeBinaryArray, width: int) -> npt.NDArray[np.uint8]:
    """The values as (n, width), without a copy."""
    if array.null_count:
        raise ValueError(f"{array.null_count} null values of {array.type}; drop those rows first")
    if array.type != pa.binary(width):
        raise ValueError(f"values of type {array.type}; {pa.binary(width)} is needed")
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.empty((0, width), np.uint8)
    flat = np.frombuffer(data, np.uint8, len(array) * width, array.offset * width)
    return flat.reshape(-1, width)


@njit(cache=True, nogil=True)
def _hash_bands(matrix: Matrix, rows: int, keys: npt.NDArray[np.uint64]) -> None:
    for i in range(matrix.shape[0]):
        for band in range(keys.shape[0]):
            key = mix64(np.uint64(band + 1))
            for row in range(band * rows, (band + 1) * rows):
                key = mix64(key ^ np.uint64(matrix[i, row]))
            keys[band, i] = key


@njit(cache=True, nogil=True)
def _hash_halves(halves: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> None:
    # Band numbers start at 1, so the tag 0 is free. mix64(0) is 0 and would change no key.
    tag = np.uint64(0x9E3779B97F4A7C15)
    for i in range(len(halves)):
        keys[i] = mix64(mix64(tag ^ halves[i, 0]) ^ halves[i, 1])


@njit(cache=True, nogil=True)
def _hash_languages(
    keys: npt.NDArray[np.uint64], language: npt.NDArray[np.uint64], out: npt.NDArray[np.uint64]
) -> None:
    for band in range(keys.shape[0]):
        for i in range(keys.shape[1]):
            out[band, i] = mix64(keys[band, i] ^ language[i])
