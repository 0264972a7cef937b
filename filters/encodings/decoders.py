"""Bytes to characters by the decoders of the Encoding Standard.

Python's codecs of the same names differ: `euc_jp`, `big5` and `koi8_u` lack characters or have
others, and after bytes that do not fit most of them lose step with the characters that follow.
What does not decode becomes U+FFFD, and an ASCII byte is never part of it: markup survives.
"""

import codecs
import functools
import re

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.encodings import tables
from filters.encodings.labels import ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE
from filters.encodings.tables import FIRST_LEAD, LEAD, Codes

REPLACED = "\ufffd"

_PYTHON = {UTF_8: "utf-8", UTF_16LE: "utf-16-le", UTF_16BE: "utf-16-be"}  # as in the standard
_REPLACED = ord(REPLACED)
_SUPPLEMENTARY = 189_000  # pointer of U+10000 in gb18030
_LAST_SUPPLEMENTARY = 1_237_575

_ESCAPE = b"\x1b"
_JIS0208 = "jis0208"
_SEVEN_BIT_PAIRS = re.compile(rb"(?:[!-~]{2})*")
_WITH_EIGHTH_BIT = bytes(byte | 0x80 for byte in range(256))
_ESCAPES = {b"(B": "ascii", b"(J": "roman", b"(I": "katakana", b"$@": _JIS0208, b"$B": _JIS0208}


def decode(content: bytes, encoding: str) -> str:
    """The characters of `content`, without a look at a byte-order mark.

    Args:
      encoding: one of the names of `labels.ENCODINGS`.

    Raises:
      KeyError: there is no such encoding.
    """
    if encoding in _PYTHON:
        return content.decode(_PYTHON[encoding], "replace")
    if encoding in tables.PAIRS:
        return _of_pairs(content, tables.pair_tables(encoding))
    if encoding == ISO_2022_JP:
        return _iso_2022_jp(content)
    if encoding == REPLACEMENT:
        return REPLACED if content else ""
    text, _ = codecs.charmap_decode(content, "replace", tables.single_byte(encoding))
    return text


def _of_pairs(content: bytes, encoding: tables.PairTables) -> str:
    data = np.frombuffer(content, np.uint8)
    codes = np.empty(len(data), np.int32)
    size = _decode_pairs(data, *encoding, codes)
    return codes[:size].tobytes().decode("utf-32-le")


@njit(cache=True)
def _decode_pairs(
    data: npt.NDArray[np.uint8],
    single: Codes,
    pairs: Codes,
    after_8f: Codes,
    four: Codes,
    codes: Codes,
) -> int:
    """Writes the code points; returns how many there are, which are never more than the bytes."""
    at = size = 0
    while at < len(data):
        lead = data[at]
        at += 1
        code = single[lead]
        if code == LEAD:
            code = _REPLACED
            if at == len(data):
                pass
            elif len(four) and 0x30 <= data[at] <= 0x39:
                length, code = _four_bytes(data, at, lead, four)
                at += length
            else:
                row = pairs
                if len(after_8f) and lead == 0x8F and 0xA1 <= data[at] <= 0xFE:
                    row = after_8f
                    lead = data[at]
                    at += 1
                if at < len(data):
                    second = data[at]
                    found = row[(lead - FIRST_LEAD) * 256 + second]
                    if found or second >= 0x80:
                        at += 1
                    if found < 0:
                        codes[size] = -found >> 16
                        size += 1
                        found = -found & 0xFFFF
                    if found:
                        code = found
        elif code < 0:
            code = _REPLACED
        codes[size] = code
        size += 1
    return size


@njit(cache=True)
def _four_bytes(data: npt.NDArray[np.uint8], at: int, lead: int, four: Codes) -> tuple[int, int]:
    """How many bytes after a lead byte belong to a character of gb18030, and its code point.

    The second byte is a digit. If the others do not fit, it is a character of its own, unless the
    data end before.
    """
    left = len(data) - at
    if left > 1 and not 0x81 <= data[at + 1] <= 0xFE:
        return 0, _REPLACED
    if left > 2 and not 0x30 <= data[at + 2] <= 0x39:
        return 0, _REPLACED
    if left < 3:
        return left, _REPLACED
    pointer = ((lead - 0x81) * 10 + data[at] - 0x30) * 126 + data[at + 1] - 0x81
    pointer = pointer * 10 + data[at + 2] - 0x30
    if pointer < len(four):
        return 3, four[pointer]
    if _SUPPLEMENTARY <= pointer <= _LAST_SUPPLEMENTARY:
        return 3, pointer - _SUPPLEMENTARY + 0x10000
    return 3, _REPLACED


def _iso_2022_jp(content: bytes) -> str:
    first, *others = content.split(_ESCAPE)
    mode = "ascii"
    texts = [_in_mode(first, mode)]
    empty = False  # whether nothing stands between this escape sequence and the one before it
    for piece in others:
        wanted = _ESCAPES.get(piece[:2])
        if wanted is None:
            texts += [REPLACED, _in_mode(piece, mode)]
            empty = False
            continue
        mode = wanted
        # Two sequences in a row are an error: they hide text from who filters it.
        texts += [REPLACED * empty, _in_mode(piece[2:], mode)]
        empty = len(piece) == 2
    return "".join(texts)


def _in_mode(piece: bytes, mode: str) -> str:
    if mode == _JIS0208:
        return _pairs_of_seven_bits(piece)
    text, _ = codecs.charmap_decode(piece, "replace", _modes()[mode])
    return text


@functools.cache
def _modes() -> dict[str, str]:
    """The characters of the modes of ISO-2022-JP that have one byte for each; U+FFFE is none."""
    shifts = "\x0e\x0f"
    ascii_ = "".join(chr(b) if chr(b) not in shifts else "\ufffe" for b in range(128))
    katakana = "\ufffe" * 0x21 + "".join(map(chr, range(0xFF61, 0xFFA0)))
    return {
        "ascii": ascii_,
        "roman": ascii_.replace("\\", "¥").replace("~", "‾"),
        "katakana": katakana,
    }


def _pairs_of_seven_bits(piece: bytes) -> str:
    if _SEVEN_BIT_PAIRS.fullmatch(piece):  # as nearly always
        return _of_pairs(piece.translate(_WITH_EIGHTH_BIT), tables.pair_tables("EUC-JP"))
    codes = tables.jis0208()
    characters = []
    at = 0
    while at < len(piece):
        lead, second = piece[at], piece[at + 1] if at + 1 < len(piece) else 0
        if not 0x21 <= lead <= 0x7E:
            at += 1
            characters.append(_REPLACED)
            continue
        at += 2
        fits = 0x21 <= second <= 0x7E
        code = codes[(lead - 0x21) * 94 + second - 0x21] if fits else 0
        characters.append(int(code) or _REPLACED)
    return "".join(map(chr, characters))
