"""The tables of the Encoding Standard, in the form in which decoders look characters up.

`benchmarks/encoding_tables.py` wrote the file, from the standard's indexes.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("tables.npz")

Codes = npt.NDArray[np.int32]

# What a byte is that is no character of its own.
LEAD, INVALID = -1, -2
FIRST_LEAD, LEADS = 0x81, 126  # 0x81 to 0xFE
_KANA = 0xFF61 - 0xA1  # from a byte to its half-width katakana
_PRIVATE_USE = 0xE000
_BIG5_MARKED = {
    1133: "\u00ca\u0304",
    1135: "\u00ca\u030c",
    1164: "\u00ea\u0304",
    1166: "\u00ea\u030c",
}


class PairTables(NamedTuple):
    """An encoding of one and two bytes, and of three or four in two of them.

    Attributes:
      single: code points by byte, or LEAD or INVALID.
      pairs: code points by lead (from 0x81 on) and second byte; 0 where there is none. Two code
        points are `-(first << 16 | second)`.
      after_8f: the same for the second and third byte of EUC-JP after 0x8F; empty elsewhere.
      four: code points by pointer of the four bytes of gb18030; empty elsewhere.
    """

    single: Codes
    pairs: Codes
    after_8f: Codes
    four: Codes


@functools.cache
def _file() -> dict[str, npt.NDArray[np.uint32]]:
    with np.load(FILE) as tables:
        return dict(tables)


@functools.cache
def single_byte(name: str) -> str:
    """The 256 characters of an encoding of one byte; U+FFFE where there is none.

    Raises:
      KeyError: the encoding is not one of one byte.
    """
    lower = "".join(map(chr, range(128)))
    if name == "x-user-defined":
        return lower + "".join(map(chr, range(0xF780, 0xF800)))
    # ISO-8859-8-I differs in the direction of its text alone.
    names = _file()["single_byte_names"].tolist()
    upper = dict(zip(names, _file()["single_byte"].tolist(), strict=True))
    return lower + "".join(chr(code or 0xFFFE) for code in upper[name.lower().removesuffix("-i")])


@functools.cache
def pair_tables(name: str) -> PairTables:
    """The tables of an encoding of two bytes.

    Raises:
      KeyError: the encoding is not one of two bytes.
    """
    return PAIRS[name]()


@functools.cache
def jis0208() -> Codes:
    """Code points of JIS X 0208 by pointer, as extended by NEC and IBM; 0 where there is none."""
    return _file()["jis0208"].astype(np.int32)


def _tables(
    single: Codes, pairs: Codes, after_8f: Codes | None = None, four: Codes | None = None
) -> PairTables:
    none = np.zeros(0, np.int32)
    flat = np.ascontiguousarray(pairs).reshape(-1)
    after = none if after_8f is None else np.ascontiguousarray(after_8f).reshape(-1)
    return PairTables(single, flat, after, none if four is None else four)


def _single(*leads: range) -> Codes:
    single = np.full(256, INVALID, np.int32)
    single[:128] = np.arange(128)
    for lead in leads:
        single[lead.start : lead.stop] = LEAD
    return single


def _laid_out(codes: npt.NDArray[Any], first: int, *seconds: range) -> Codes:
    """An index as rows of second bytes, the first of which is that of the lead byte `first`."""
    pairs = np.zeros((LEADS, 256), np.int32)
    columns = np.concatenate([np.arange(s.start, s.stop) for s in seconds])
    rows = codes.reshape(-1, len(columns))[: LEADS + FIRST_LEAD - first]
    pairs[first - FIRST_LEAD : first - FIRST_LEAD + len(rows), columns] = rows
    return pairs


def _euc_kr() -> PairTables:
    pairs = _laid_out(_file()["euc-kr"], 0x81, range(0x41, 0xFF))
    return _tables(_single(range(0x81, 0xFF)), pairs)


def _big5() -> PairTables:
    codes = _file()["big5"].astype(np.int32)
    for pointer, characters in _BIG5_MARKED.items():
        codes[pointer] = -(ord(characters[0]) << 16 | ord(characters[1]))
    pairs = _laid_out(codes, 0x81, range(0x40, 0x7F), range(0xA1, 0xFF))
    return _tables(_single(range(0x81, 0xFF)), pairs)


def _gb18030() -> PairTables:
    single = _single(range(0x81, 0xFF))
    single[0x80] = ord("€")
    pairs = _laid_out(_file()["gb18030"], 0x81, range(0x40, 0x7F), range(0x80, 0xFF))
    starts, codes = _file()["gb18030-ranges"].astype(np.int32)[:-1].T
    four = np.arange(39_420, dtype=np.int32)
    within = np.searchsorted(starts, four, "right") - 1
    four += codes[within] - starts[within]
    four[7457] = 0xE7C7  # stands in no range
    return _tables(single, pairs, four=four)


def _shift_jis() -> PairTables:
    codes = jis0208().copy()
    codes[8836:10716] = _PRIVATE_USE + np.arange(1880)
    single = _single(range(0x81, 0xA0), range(0xE0, 0xFD))
    single[0x80] = 0x80
    single[0xA1:0xE0] = np.arange(0xA1, 0xE0) + _KANA
    pairs = np.zeros((LEADS, 256), np.int32)
    seconds = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    rows = codes.reshape(-1, len(seconds))
    leads = np.flatnonzero(single == LEAD) - FIRST_LEAD
    pairs[leads[:, None], seconds] = rows[: len(leads)]
    return _tables(single, pairs)


def _euc_jp() -> PairTables:
    pairs = _laid_out(jis0208()[: 94 * 94], 0xA1, range(0xA1, 0xFF))
    pairs[0x8E - FIRST_LEAD, 0xA1:0xE0] = np.arange(0xA1, 0xE0) + _KANA
    after_8f = _laid_out(_file()["jis0212"], 0xA1, range(0xA1, 0xFF))
    return _tables(_single(range(0x8E, 0x90), range(0xA1, 0xFF)), pairs, after_8f)


PAIRS = {
    "EUC-KR": _euc_kr,
    "Big5": _big5,
    "GBK": _gb18030,
    "gb18030": _gb18030,
    "Shift_JIS": _shift_jis,
    "EUC-JP": _euc_jp,
}
