"""Exact duplicates: a 128-bit hash of a document's text that ignores case and white space only."""

import itertools

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numba import njit

from dedup.hashes import Bytes

Ints = npt.NDArray[np.int64]

HASH_TYPE = pa.binary(16)

# The hash of a document without text. The chance that a text has this hash is 2**-128. `has_text`
# keeps documents without text out of every bucket, since two empty pages are not copies.
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
    data, offsets = text_buffers(pc.utf8_lower(text))
    spaced = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    ends = np.empty_like(offsets)
    _single_spaces(data, offsets, _SPACE_KINDS, spaced, ends)
    view = spaced.data
    digests = [
        xxhash.xxh3_128_digest(view[start:end]) if end > start else NO_TEXT
        for start, end in itertools.pairwise(ends.tolist())
    ]
    return pa.FixedSizeBinaryArray.from_buffers(
        HASH_TYPE, len(digests), [None, pa.py_buffer(b"".join(digests))]
    )


def _space_kinds() -> npt.NDArray[np.uint8]:
    """For each byte: 1 for white space; 2 or 3 if that many bytes may be white space; else 0."""
    kinds = np.zeros(256, np.uint8)
    kinds[[0x20, *range(0x09, 0x0E), *range(0x1C, 0x20)]] = 1
    kinds[0xC2] = 2  # U+0085, U+00A0
    kinds[[0xE1, 0xE2, 0xE3]] = 3  # U+1680; U+2000 to U+205F; U+3000
    return kinds


_SPACE_KINDS = _space_kinds()


@njit(cache=True, nogil=True)
def _single_spaces(data: Bytes, offsets: Ints, kinds: Bytes, out: Bytes, ends: Ints) -> None:
    """Copies texts without white space at both ends, and with one space for each run inside."""
    at = np.int64(0)
    ends[0] = 0
    for i in range(len(offsets) - 1):
        pos, end = offsets[i], offsets[i + 1]
        first = at
        spaced = False
        while pos < end:
            byte = data[pos]
            kind = kinds[byte]
            width = 0
            if kind == 1:
                width = 1
            elif kind == 2:
                if data[pos + 1] == 0x85 or data[pos + 1] == 0xA0:
                    width = 2
            elif kind == 3:
                code = (
                    (np.int64(byte) & 0x0F) << 12
                    | (np.int64(data[pos + 1]) & 0x3F) << 6
                    | np.int64(data[pos + 2]) & 0x3F
                )
                if (
                    0x2000 <= code <= 0x200A
                    or code == 0x1680
                    or code == 0x2028
                    or code == 0x2029
                    or code == 0x202F
                    or code == 0x205F
                    or code == 0x3000
                ):
                    width = 3
            if width:
                spaced = True
                pos += width
            else:
                if spaced and at > first:
                    out[at] = 0x20
                    at += 1
                spaced = False
                out[at] = byte
                at += 1
                pos += 1
        ends[i + 1] = at


def has_text(hashes: pa.FixedSizeBinaryArray) -> npt.NDArray[np.bool_]:
    """False for documents that `text_hash` found to be empty."""
    return pc.not_equal(hashes, pa.scalar(NO_TEXT, HASH_TYPE)).to_numpy(zero_copy_only=False)


def text_buffers(
    text: pa.LargeStringArray,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """UTF-8 bytes and n + 1 offsets of the texts, without a copy; a null has no bytes.

    Both arrays are always marked read-only: otherwise numba would compile each kernel twice.
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
