"""Exact duplicates: one 128-bit hash of a document's text, blind to case and white space alone."""

import itertools

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

HASH_TYPE = pa.binary(16)

# The hash of a document without text. No text hashes to it (but for a chance of 2**-128), and
# `has_text` keeps such documents out of every bucket: two empty pages are not copies.
NO_TEXT = bytes(16)


def text_hash(text: pa.LargeStringArray) -> pa.FixedSizeBinaryArray:
    """XXH3-128 of the normalised text.

    Normalised means, in this order: lower-cased by Unicode's simple mapping, code point by code
    point (Arrow's `utf8_lower`; `ß` stays, the final sigma does not become a plain one); trimmed
    of white space; each run of white space (Unicode's White_Space and the separators U+001C to
    U+001F) replaced by one space; encoded in UTF-8. Punctuation, digits and composition (NFC)
    stay as they are.

    Returns:
      binary(16), never null: the digest in XXH3's canonical (big-endian) byte order, or
      `NO_TEXT` where the text is null, empty or white space alone.
    """
    words = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.utf8_lower(text)))
    data, offsets = text_buffers(pc.binary_join(words, pa.scalar(" ", pa.large_string())))
    view = data.data
    digests = [
        xxhash.xxh3_128_digest(view[start:end]) if end > start else NO_TEXT
        for start, end in itertools.pairwise(offsets.tolist())
    ]
    return pa.FixedSizeBinaryArray.from_buffers(
        HASH_TYPE, len(digests), [None, pa.py_buffer(b"".join(digests))]
    )


def has_text(hashes: pa.FixedSizeBinaryArray) -> npt.NDArray[np.bool_]:
    """False for the documents that `text_hash` found empty."""
    return pc.not_equal(hashes, pa.scalar(NO_TEXT, HASH_TYPE)).to_numpy(zero_copy_only=False)


def text_buffers(
    text: pa.LargeStringArray,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """UTF-8 bytes and n + 1 offsets of the texts, without a copy; a null has no bytes.

    Both are read-only whatever Arrow says, or numba would compile a kernel twice.
    """
    if not len(text):
        return np.frombuffer(b"", np.uint8), np.frombuffer(bytes(8), np.int64)
    if text.null_count:
        text = text.fill_null("")
    _, offsets, data = text.buffers()
    span = np.frombuffer(offsets, np.int64, len(text) + 1, text.offset * 8)
    content = np.frombuffer(data or b"", np.uint8)
    span.flags.writeable = content.flags.writeable = False
    return content, span
