"""Which language a text's four-grams speak for: a table of 1,600 languages, read by a numba kernel.

A text is lower-cased, and read as windows of four characters with blanks at the ends left out
(`the` of ` the`, `to` of ` to `); single characters count where words are not parted by blanks. The
table says how much more often a window occurs in a language than in any: logarithms, which are
added. Sums are of integers, so that all machines decide alike. First of all a text's script
decides: languages that are not written in it do not take part.

Source: the method is naive Bayes (Cavnar and Trenkle 1994 for n-grams);
benchmarks/language_table.py names the data and builds the file.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.language.models import FOUR_GRAMS
from filters.text.characters import decode

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

PLANES = 0x20000  # code points above are read as OTHER_IDEOGRAPH
BLANK, OTHER = 0, 1  # ids of characters; those of the table follow
FIRST_ID = 2
NO_SCRIPT = 0

SCALE = 16  # of weights: a unit is a sixteenth of a nat

# No more of a text is read than so many pieces, which lie evenly over it: every second one first,
# and those between only if the best language is not CLEAR, by its sum.
PIECES = 16
PIECE_BYTES = 48
SHORT_BYTES = 256  # a text of no more bytes is one piece
CLEAR = 24 * SCALE
# Where the best language has a lower sum of weights a window, the rare languages are asked as well.
# Text of 200 languages has 1.8 nats in the median, 1.4 in the lower quartile; text of languages
# that are not among them .95 and .55 (excerpts of web text).
FITTING = 20

_ID_BITS = np.uint64(16)
_LOW_ID = np.uint64(0xFFFF)
_OFFSET_BITS = np.uint64(24)  # of a slot: where the window's labels are; above is the tag
_OFFSET = np.uint64((1 << 24) - 1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

# A posting: label, weight, and a bit on the last one of a window.
WEIGHT_SHIFT = 16
MAX_WEIGHT = 0x7FFF
LAST = 1 << 31


class Table(NamedTuple):
    """The table as the kernel takes it.

    Attributes:
      ids: of each code point below PLANES, capitals having that of their small letter.
      scripts: of each code point below PLANES; NO_SCRIPT for what is no letter.
      lone: 1 by id for characters that count alone.
      slots: open-addressed hash table: 40 bits of the window's hash, 24 of its first posting; 0
        where it is free.
      postings: label, weight and LAST of each pair of window and label.
      rare_slots, rare_postings: the same of languages that are asked where no other fits.
      common: how many labels are not rare; they are the first ones.
      members: [script, label], 1 where the label is written in it.
      usual: by script, the label for a text of which no window is known, or -1.
    """

    ids: U16
    scripts: U8
    lone: U8
    slots: U64
    postings: U32
    rare_slots: U64
    rare_postings: U32
    common: int
    members: U8
    usual: I32


class Labels(NamedTuple):
    """What the labels of the table are, as BCP 47, and the names of its scripts (ISO 15924)."""

    tags: list[str]
    scripts: list[str]


@functools.cache
def read_table() -> tuple[Table, Labels]:
    """The table that ships with the package."""
    with np.load(FOUR_GRAMS) as file:
        stored = {name: file[name] for name in file.files}
    characters = stored["characters"].astype(np.int64)
    ids = character_ids(characters)
    lone = np.zeros(FIRST_ID + len(characters), np.uint8)
    lone[FIRST_ID:] = stored["lone"]
    scripts = np.repeat(stored["script_values"], stored["script_lengths"].astype(np.int64))
    windows = [_windows(stored, name) for name in ("", "rare_")]
    tags, names = ("".join(map(chr, stored[n])).split("\n") for n in ("tags", "script_names"))
    members = np.unpackbits(stored["members"], axis=1)[:, : len(tags)]
    table = Table(
        ids, scripts, lone, *windows[0], *windows[1], int(stored["common"]),
        np.ascontiguousarray(members), stored["usual"],
    )  # fmt: skip
    return table, Labels(tags, names)


def _windows(stored: dict[str, npt.NDArray[Any]], name: str) -> tuple[U64, U32]:
    """Hash table and postings of the arrays whose names begin so."""
    keys = np.cumsum(stored[f"{name}key_steps"], dtype=np.uint64)
    postings = stored[f"{name}labels"].astype(np.uint32)
    postings |= stored[f"{name}weights"].astype(np.uint32) << WEIGHT_SHIFT
    first = np.concatenate([[0], np.cumsum(stored[f"{name}counts"], dtype=np.int64)])
    postings[first[1:] - 1] |= np.uint32(LAST)
    slots = np.zeros(1 << (len(keys) * 3 // 2).bit_length(), np.uint64)
    _fill(slots, keys, first)
    return slots, postings


def character_ids(characters: I64) -> U16:
    """Ids of code points: those given in their order, other letters OTHER, the rest as `folded`."""
    ids = np.zeros(PLANES, np.uint16)
    of = {chr(code): FIRST_ID + i for i, code in enumerate(characters)}
    for code in range(PLANES):
        character = chr(code)
        if character in of:
            ids[code] = of[character]
        elif (small := folded(character)) != " ":
            ids[code] = of.get(small, OTHER)
    return ids


def folded(character: str) -> str:
    """A character as the table has it: small, quotation marks as `'`; digits and blanks as ` `."""
    if character.isspace() or character.isdigit() or character in "/\0":
        return " "
    if character in '"’‘ʼ`´“”':
        return "'"
    small = character.lower()
    return small if len(small) == 1 else small[0]


@njit(cache=True, nogil=True)
def _hash(key: Any) -> Any:
    key = key * _GOLDEN
    key ^= key >> np.uint64(32)
    return key * _GOLDEN


@njit(cache=True, nogil=True)
def _fill(slots: U64, keys: U64, first: I64) -> None:
    for i in range(len(keys)):
        value = _hash(keys[i])
        slot = np.int64(value & np.uint64(len(slots) - 1))
        while slots[slot] != 0:
            slot = (slot + 1) & (len(slots) - 1)
        # One is added, so that no slot in use is 0.
        slots[slot] = (value & ~_OFFSET) | np.uint64(first[i] + 1)


# Looking up is waiting for memory. Where one loop does one thing, the processor waits for many
# windows at a time: twice as fast as window after window.


@njit(cache=True, nogil=True)
def _add(slots: U64, postings: U32, hashes: U64, places: U64, sums: I32) -> None:
    """Adds the weights of windows to the sums of their languages.

    Args:
      hashes: of the windows.
      places: to work with, as long at least.
    """
    count = len(hashes)
    last = np.uint64(len(slots) - 1)
    for i in range(count):
        places[i] = slots[np.int64(hashes[i] & last)]
    known = np.int64(0)
    for i in range(count):
        slot = np.int64(hashes[i] & last)
        place = places[i]
        while place != 0 and (place ^ hashes[i]) >> _OFFSET_BITS != 0:
            slot = (slot + 1) & (len(slots) - 1)
            place = slots[slot]
        places[known] = place & _OFFSET
        known += np.int64(place != 0)
    for i in range(known):
        at = np.int64(places[i]) - 1
        places[i] = np.uint64(at) << np.uint64(32) | np.uint64(postings[at])
    for i in range(known):
        at = np.int64(places[i] >> np.uint64(32))
        posting = np.uint32(places[i] & np.uint64(0xFFFFFFFF))
        while True:
            sums[posting & 0xFFFF] += (posting >> WEIGHT_SHIFT) & MAX_WEIGHT
            if posting & LAST:
                break
            at += 1
            posting = postings[at]


@njit(cache=True, nogil=True)
def _read(
    ids: U16, scripts: U8, lone: U8, data: U8, begin: int, end: int, half: int, hashes: U64,
    count: int, script_bytes: I64,
) -> int:  # fmt: skip
    """Writes the hashes of the windows of every second piece of a text, from the `half`th on.

    Only at the ends of the text words begin and end without a blank.

    Args:
      half: 0 or 1.
      count: of the hashes that are there already.

    Returns:
      How many hashes there are then.
    """
    pieces, size = PIECES, PIECE_BYTES
    if end - begin <= SHORT_BYTES:
        pieces, size = 1, SHORT_BYTES
    for piece in range(half, pieces, 2):
        at = begin + (end - begin) * piece // pieces
        last = min(at + size, begin + (end - begin) * (piece + 1) // pieces)
        while at < end and data[at] & 0xC0 == 0x80:
            at += 1
        while last < end and data[last] & 0xC0 == 0x80:
            last += 1
        key = np.uint64(BLANK)
        if at > begin and data[at - 1] > ord(" "):
            key = np.uint64(OTHER)
        characters = 1
        while at <= last:
            identity = np.uint64(BLANK)
            if at < last:
                code, width = decode(data, at)
                at += width
                if code < PLANES:
                    identity = np.uint64(ids[code])
                    script_bytes[scripts[code]] += width
                else:
                    identity = np.uint64(OTHER)
            elif last == end:
                at += 1
            else:
                break
            if identity == BLANK and key & _LOW_ID == BLANK:
                continue
            if lone[identity]:
                hashes[count] = _hash(identity)
                count += 1
            key = key << _ID_BITS | identity
            characters += 1
            if characters < 4 and at <= last:
                continue
            window = key
            while window & _LOW_ID == BLANK:
                window >>= _ID_BITS
            if window >> _ID_BITS != 0:
                hashes[count] = _hash(window)
                count += 1
    return count


@njit(cache=True, nogil=True)
def _script(script_bytes: I64, han: int, kana: int) -> int:
    """The script that most of a text is written in, NO_SCRIPT for a text without letters.

    Bytes of UTF-8 count: signs that say more take more of them. Text with Kana is Japanese, whose
    signs are Chinese for the greater part.
    """
    best = 1
    for script in range(2, len(script_bytes)):
        if script_bytes[script] > script_bytes[best]:
            best = script
    if script_bytes[best] == 0:
        return NO_SCRIPT
    if best == han and script_bytes[kana] * 10 > script_bytes[han]:
        return kana
    return best


@njit(cache=True, nogil=True)
def _two_best(sums: I32, end: int, of_script: U8, labels: I32, scores: I64) -> None:
    """Of the labels below `end`."""
    labels[:] = -1
    scores[:] = 0
    for label in range(end):
        value = sums[label]
        if value > scores[1] and of_script[label]:
            if value > scores[0]:
                labels[1], scores[1] = labels[0], scores[0]
                labels[0], scores[0] = label, value
            else:
                labels[1], scores[1] = label, value


@njit(cache=True, nogil=True)
def predict(
    table: Table, han: int, kana: int, offsets: I64, data: U8, opinions: I32, bonuses: I32,
    labels: I32, scores: I64, windows: I64,
) -> None:  # fmt: skip
    """Writes the two best labels of each text (ids, -1 for none) and their sums of weights.

    Args:
      table: as `read_table` gives it.
      han, kana: these scripts.
      offsets: of the texts in `data`, one more than texts.
      data: UTF-8.
      opinions: [text, 2], labels that someone else thinks of, -1 for none.
      bonuses: [text, 2], what is added for these.
      labels: [text, 2], written.
      scores: [text, 2], written.
      windows: [text], written: how many were read.
    """
    ids, scripts, lone, slots, postings, rare_slots, rare_postings, common, members, usual = table
    sums = np.zeros(members.shape[1], np.int32)
    script_bytes = np.zeros(len(members), np.int64)
    hashes = np.empty(2 * max(SHORT_BYTES, PIECES * (PIECE_BYTES + 4)), np.uint64)
    places = np.empty_like(hashes)
    for text in range(len(offsets) - 1):
        labels[text, :] = -1
        scores[text, :] = 0
        sums[:] = 0
        script_bytes[:] = 0
        for i in range(opinions.shape[1]):
            if opinions[text, i] >= 0:
                sums[opinions[text, i]] += bonuses[text, i]
        count = np.int64(0)
        script = NO_SCRIPT
        for half in range(2):
            before = count
            count = _read(
                ids, scripts, lone, data, offsets[text], offsets[text + 1], half, hashes, before,
                script_bytes,
            )  # fmt: skip
            _add(slots, postings, hashes[before:count], places, sums)
            script = _script(script_bytes, han, kana)
            _two_best(sums, common, members[script], labels[text], scores[text])
            if scores[text, 0] - scores[text, 1] > CLEAR:
                break
        windows[text] = count
        if scores[text, 0] < FITTING * count:
            _add(rare_slots, rare_postings, hashes[:count], places, sums)
            _two_best(sums, len(sums), members[script], labels[text], scores[text])
        if script != NO_SCRIPT and labels[text, 0] < 0:
            labels[text, 0] = usual[script]


@njit(cache=True, nogil=True)
def add_weights(table: Table, data: U8, sums: I32) -> None:
    """Adds to the sum of each label what the windows of one text speak for it.

    The rare labels get nothing, and no script is asked for.
    """
    ids, scripts, lone, slots, postings, _, _, _, members, _ = table
    hashes = np.empty(2 * max(SHORT_BYTES, PIECES * (PIECE_BYTES + 4)), np.uint64)
    script_bytes = np.zeros(len(members), np.int64)
    count = np.int64(0)
    for half in range(2):
        count = _read(ids, scripts, lone, data, 0, len(data), half, hashes, count, script_bytes)
    _add(slots, postings, hashes[:count], np.empty_like(hashes), sums)
