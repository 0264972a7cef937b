"""Hash functions as numba kernels over a byte buffer, equal to those of other libraries."""

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def mix64(h: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which every bit of the input affects every bit of the output."""
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    return h


_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


@njit(cache=True, nogil=True)
def _read64(data: Bytes, at: int) -> np.uint64:
    value = np.uint64(0)
    for i in range(8):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value


@njit(cache=True, nogil=True)
def _rotate64(x: np.uint64, bits: int) -> np.uint64:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


@njit(cache=True, nogil=True)
def _round64(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate64(lane + word * _P2, 31) * _P1


@njit(cache=True, nogil=True)
def xxh64(data: Bytes, start: int, end: int) -> np.uint64:
    """XXH64 with seed 0 of `data[start:end]`.

    Source: the xxHash specification, version 0.2.0, section XXH64.
    """
    length = end - start
    at = start
    if length >= 32:
        a, b, c, d = _P1 + _P2, _P2, np.uint64(0), np.uint64(0) - _P1
        while at + 32 <= end:
            a = _round64(a, _read64(data, at))
            b = _round64(b, _read64(data, at + 8))
            c = _round64(c, _read64(data, at + 16))
            d = _round64(d, _read64(data, at + 24))
            at += 32
        h = _rotate64(a, 1) + _rotate64(b, 7) + _rotate64(c, 12) + _rotate64(d, 18)
        for lane in (a, b, c, d):
            h = (h ^ _round64(np.uint64(0), lane)) * _P1 + _P4
    else:
        h = _P5
    h += np.uint64(length)
    while at + 8 <= end:
        h = _rotate64(h ^ _round64(np.uint64(0), _read64(data, at)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= end:
        word = np.uint64(0)
        for i in range(4):
            word |= np.uint64(data[at + i]) << np.uint64(8 * i)
        h = _rotate64(h ^ (word * _P1), 23) * _P2 + _P3
        at += 4
    while at < end:
        h = _rotate64(h ^ (np.uint64(data[at]) * _P5), 11) * _P1
        at += 1
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True)
def _rotate32(x: np.uint32, bits: int) -> np.uint32:
    return np.uint32((x << np.uint32(bits)) | (x >> np.uint32(32 - bits)))


@njit(cache=True, nogil=True)
def sha1_low32(data: Bytes, start: int, end: int, schedule: npt.NDArray[np.uint32]) -> np.uint32:
    """The first four bytes of SHA-1 of `data[start:end]`, read as little-endian.

    Source: FIPS 180-4, 6.1; that reading of the digest is datasketch's `sha1_hash32`.

    Args:
      schedule: space for 80 words, so that a caller with a loop allocates it once.
    """
    h0, h1, h2 = np.uint32(0x67452301), np.uint32(0xEFCDAB89), np.uint32(0x98BADCFE)
    h3, h4 = np.uint32(0x10325476), np.uint32(0xC3D2E1F0)
    length = end - start
    blocks = (length + 8) // 64 + 1
    for block in range(blocks):
        for word in range(16):
            value = np.uint32(0)
            for i in range(4):
                at = block * 64 + word * 4 + i
                byte = np.uint32(0)
                if at < length:
                    byte = np.uint32(data[start + at])
                elif at == length:
                    byte = np.uint32(0x80)
                elif at >= blocks * 64 - 8:
                    byte = np.uint32((length * 8) >> (8 * (blocks * 64 - 1 - at)) & 0xFF)
                value = np.uint32((value << np.uint32(8)) | byte)
            schedule[word] = value
        for t in range(16, 80):
            mixed = schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16]
            schedule[t] = _rotate32(np.uint32(mixed), 1)
        a, b, c, d, e = h0, h1, h2, h3, h4
        for t in range(80):
            if t < 20:
                f, k = np.uint32((b & c) | (~b & d)), np.uint32(0x5A827999)
            elif t < 40:
                f, k = np.uint32(b ^ c ^ d), np.uint32(0x6ED9EBA1)
            elif t < 60:
                f, k = np.uint32((b & c) | (b & d) | (c & d)), np.uint32(0x8F1BBCDC)
            else:
                f, k = np.uint32(b ^ c ^ d), np.uint32(0xCA62C1D6)
            a, b, c, d, e = (
                np.uint32(_rotate32(a, 5) + f + e + k + schedule[t]),
                a,
                _rotate32(b, 30),
                c,
                d,
            )
        h0, h1, h2 = np.uint32(h0 + a), np.uint32(h1 + b), np.uint32(h2 + c)
        h3, h4 = np.uint32(h3 + d), np.uint32(h4 + e)
    swapped = (h0 >> np.uint32(24)) | ((h0 >> np.uint32(8)) & np.uint32(0xFF00))
    swapped |= ((h0 << np.uint32(8)) & np.uint32(0xFF0000)) | (h0 << np.uint32(24))
    return np.uint32(swapped)


@njit(cache=True, nogil=True)
def fmix32(h: np.uint32) -> np.uint32:
    """MurmurHash3's finaliser of 32 bits, a bijection."""
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))
