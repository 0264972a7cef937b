"""Identities of documents as 16 bytes (`doc_id`) and as hexadecimal text (`id` of `corpus/`)."""

import numpy as np
import pyarrow as pa

from manifests import schemas

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_VALUES = np.zeros(256, np.uint8)
_VALUES[_DIGITS] = np.arange(16)
_BYTES = 16


def as_hex(doc_id: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """Each identity, which is not null, as 32 digits of lower case."""
    count = len(doc_id)
    raw = np.frombuffer(doc_id.buffers()[1], np.uint8, count * _BYTES, doc_id.offset * _BYTES)
    digits = np.stack([_DIGITS[raw >> 4], _DIGITS[raw & 15]], axis=1)
    ends = np.arange(count + 1, dtype=np.int32) * (2 * _BYTES)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(digits))


def from_hex(ids: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """The identities that `as_hex` gave these texts for."""
    fixed = ids.cast(pa.binary()).cast(pa.binary(2 * _BYTES))
    digits = np.frombuffer(
        fixed.buffers()[1], np.uint8, len(fixed) * 2 * _BYTES, fixed.offset * 2 * _BYTES
    )
    values = _VALUES[digits].reshape(-1, 2)
    raw = values[:, 0] << 4 | values[:, 1]
    return pa.FixedSizeBinaryArray.from_buffers(
        schemas.DOC_ID, len(fixed), [None, pa.py_buffer(np.ascontiguousarray(raw))]
    )
