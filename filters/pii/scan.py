"""Where personal data could be: one walk over the bytes of a batch, for all kinds at once.

A kernel looks for what a kind cannot do without: the `@` of an address, enough digits with no more
between them than a telephone number has, a long word. It counts and groups digits, and leaves
dates and ranges of years. Python asks about the places that it names and about no others, so a text
without any costs one look at each byte.
"""

import functools
import string

import numpy as np
import pyarrow as pa
from numba import njit

from filters.pii.places import (
    API_KEY,
    AT_WORDS,
    CREDIT_CARD,
    CRYPTO,
    EMAIL,
    IBAN,
    IP,
    MAC,
    NATIONAL_ID,
    PHONE,
    PRIVATE_KEY,
    URL_CREDENTIALS,
    US_SSN,
    Place,
)
from filters.text.characters import Bools, Bytes, Ints, count_characters
from filters.text.words import TextView

# Classes of bytes: a PLAIN one tells nothing, a digit that is no ASCII begins with a FOREIGN one.
_PLAIN, _FOREIGN, _DIGIT, _AT, _COLON, _DASH, _DOT, _OPENING, _UNDERSCORE, _CAPITAL = range(10)

API_KEY_PREFIXES = (
    "AKIA", "ASIA", "ABIA", "ACCA", "AIza", "GOCSPX-", "ya29.", "ghp_", "gho_", "ghu_", "ghs_",
    "ghr_", "github_pat_", "glpat-", "xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-",
    "xapp-", "rk_live_", "rk_test_", "sk_live_", "sk_test_", "whsec_", "sk-", "hf_", "npm_",
    "pypi-AgE", "dckr_pat_", "SG.", "shpat_", "shpca_", "shppa_", "shpss_", "dop_v1_", "r8_", "eyJ",
)  # fmt: skip
_TWILIO = ("AC", "SK")  # 34 characters in all

# Zeros of the scripts beside ASCII that numbers are written in: Arabic, Persian, Devanagari,
# Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam, Sinhala, Thai, Lao,
# Tibetan, Burmese, Shan, Khmer, Ol Chiki, N'Ko, full-width.
_ZEROS = "٠۰०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᱐߀０"

MIN_PHONE_DIGITS = 5
MAX_PHONE_DIGITS = 48  # of three numbers in a row
MIN_CRYPTO_CHARS = 26
MIN_BECH32_CHARS = 14
MIN_ID_CHARS = 8
# As far before an `@` as a URL's `//` may stand, in bytes.
_MAX_CREDENTIALS = 1600
_MAX_PREFIX = 12  # of an API key, before a dash or a dot


def places(text: pa.LargeStringArray, kinds: int) -> dict[int, list[Place]]:
    """The places of each row that has any, ordered by row, then by their end.

    Args:
      kinds: bits of those looked for.
    """
    view = TextView(text)
    room = 64 + len(text) + (int(view.offsets[-1]) - int(view.offsets[0])) // 64
    while True:
        out = np.empty((room, 4), np.int64)
        count = _scan(view.data, view.offsets, kinds, *_tables(), out)
        if count <= room:
            break
        room = count
    _to_characters(view.data, view.offsets, out[:count])
    found: dict[int, list[Place]] = {}
    for row, *place in out[:count].tolist():
        found.setdefault(row, []).append(Place(*place))
    return found


@functools.cache
def _tables() -> tuple[Bytes, Ints, Bools, Bytes, Ints, Bytes, Ints]:
    """Classes of bytes, digits by two bytes, beginnings of API keys, all of them, AT_WORDS.

    Of digits, by the first two bytes of a character: which third bytes are one, as the lowest of
    them and, above it, how many; any is if two bytes are the whole.
    """
    classes = np.zeros(256, np.uint8)
    for characters, of in (
        (string.digits, _DIGIT), ("@", _AT), (":", _COLON), ("-", _DASH), (".", _DOT),
        ("([{<", _OPENING), ("_", _UNDERSCORE), ("AK", _CAPITAL),
    ):  # fmt: skip
        classes[[ord(c) for c in characters]] = of
    classes[list({zero.encode()[0] for zero in _ZEROS})] = _FOREIGN  # of the full-width `@`, too
    digits = np.zeros(1 << 16, np.int64)
    for zero in _ZEROS:
        for first, second, *third in (chr(ord(zero) + i).encode() for i in range(10)):
            low = min(digits[first << 8 | second] & 0xFF or 0xFF, *third) if third else 0
            digits[first << 8 | second] = low | (10 if third else 256) << 8
    starts = np.zeros(1 << 16, np.bool_)
    for prefix in (*API_KEY_PREFIXES, *_TWILIO):
        starts[ord(prefix[0]) << 8 | ord(prefix[1])] = True
    prefixes, prefix_ends = _joined(API_KEY_PREFIXES)
    words, word_ends = _joined(AT_WORDS)
    return classes, digits, starts, prefixes, prefix_ends, words, word_ends


def _joined(values: tuple[str, ...]) -> tuple[Bytes, Ints]:
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8).copy(), ends


@njit(cache=True, nogil=True)
def _digit_width(data: Bytes, at: int, end: int, digits: Ints) -> int:
    """Bytes of the decimal digit at `at`, of any script that numbers are written in; else 0."""
    lead = data[at]
    if lead < 0x80:
        return 1 if 48 <= lead <= 57 else 0
    if not _is_foreign_digit(data, at, end, digits):
        return 0
    return 2 if lead < 0xE0 else 3


@njit(cache=True, nogil=True)
def _is_foreign_digit(data: Bytes, at: int, end: int, digits: Ints) -> bool:
    """Does a digit of another script than ASCII begin at a byte?"""
    known = digits[np.int64(data[at]) << 8 | np.int64(data[min(at + 1, end - 1)])]
    third = np.int64(data[min(at + 2, end - 1)])
    return bool((third - known & 0xFF) < known >> 8)


@njit(cache=True, nogil=True)
def _separator_width(data: Bytes, at: int, end: int) -> int:
    """Bytes of a character that may stand between the groups of a number; else 0."""
    lead = data[at]
    if lead < 0x80:
        return 1 if lead in (0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F, 0x5C) else 0
    if lead == 0xC2:
        return 2 if at + 1 < end and data[at + 1] == 0xA0 else 0
    if at + 2 >= end:
        return 0
    second, third = data[at + 1], data[at + 2]
    if lead == 0xE2:  # spaces and hyphens; the minus sign
        if second == 0x80:
            return 3 if third == 0x89 or 0x90 <= third <= 0x95 or third == 0xAF else 0
        return 3 if second == 0x88 and third == 0x92 else 0
    if lead == 0xE3:  # a wide space, the long mark of kana
        return 3 if (
            (second == 0x80 and third == 0x80) or (second == 0x83 and third == 0xBC)
        ) else 0  # fmt: skip
    # Full-width brackets, hyphen, dot and slash.
    return 3 if lead == 0xEF and second == 0xBC and third in (0x88, 0x89, 0x8D, 0x8E, 0x8F) else 0


@njit(cache=True, nogil=True)
def _is_word(byte: int) -> bool:
    """An ASCII letter, digit or underscore."""
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95


@njit(cache=True, nogil=True)
def _is_letter(byte: int) -> bool:
    return 65 <= byte <= 90 or 97 <= byte <= 122


@njit(cache=True, nogil=True)
def _is_hexadecimal(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 70 or 97 <= byte <= 102


@njit(cache=True, nogil=True)
def _is_date(lengths: Ints, values: Ints) -> bool:
    """Day, month and year of three groups, in any usual order."""
    day_first = lengths[2] == 4 and 1000 <= values[2] < 2200
    year_first = lengths[0] == 4 and 1000 <= values[0] < 2200
    if day_first == year_first:
        return False
    a, b = (0, 1) if day_first else (1, 2)
    if lengths[a] > 2 or lengths[b] > 2:
        return False
    low, high = min(values[a], values[b]), max(values[a], values[b])
    return 1 <= low <= 12 and high <= 31


@njit(cache=True, nogil=True)
def _is_day(value: int) -> bool:
    """Year, month and day in eight digits."""
    year, month, day = value // 10000, value // 100 % 100, value % 100
    return 1000 <= year < 2200 and 1 <= month <= 12 and 1 <= day <= 31


@njit(cache=True, nogil=True)
def _digits(
    data: Bytes, low: int, at: int, high: int, of_digits: Ints, lengths: Ints, values: Ints
) -> tuple[int, int]:
    """Where a run of digits that begins at `at` ends, and the kinds that it may be.

    Between two digits stand at most three separators.
    """
    end = at
    digits, groups, dotted = 0, 0, 1
    has_quad, bracket, years = False, False, True
    last_year = 0
    kinds = 0
    while True:
        size, value = 0, 0
        while end < high:
            width = _digit_width(data, end, high, of_digits)
            if not width:
                break
            value = value * 10 + (data[end + width - 1] & 0x0F) if size < 18 else value
            size += 1
            end += width
        digits += size
        if groups < 3:
            lengths[groups], values[groups] = size, value
        groups += 1
        if size > 3:
            dotted = 0
        has_quad |= dotted >= 4
        years &= size == 4 and 1000 <= value < 2200 and value > last_year
        last_year = value
        following = end
        separators = 0
        dot = False
        while separators < 3 and following < high:
            width = _separator_width(data, following, high)
            if not width:
                break
            bracket |= data[following] == 0x28 or data[following] == 0x29
            dot = data[following] == 0x2E
            separators += 1
            following += width
        if (
            not separators
            or following >= high
            or not _digit_width(data, following, high, of_digits)
        ):
            break
        dotted = dotted + 1 if dot and separators == 1 else 1
        end = following
    before = data[at - 1] if at > low else 0x20
    after = data[end] if end < high else 0x20
    inside = _is_word(before)
    if has_quad:
        kinds |= IP
    if digits >= 12 and not inside:
        kinds |= CREDIT_CARD
    if digits >= 9 and not inside:
        kinds |= US_SSN
    pairs = digits == 6 and groups == 3 and lengths[0] == 2 and lengths[1] == 2
    if pairs or 7 <= digits <= 40:
        kinds |= NATIONAL_ID
    if digits < MIN_PHONE_DIGITS or digits > MAX_PHONE_DIGITS:
        return end, kinds
    if inside and (digits < 7 or _is_letter(after)):
        return end, kinds
    if groups >= 3 and not bracket and _is_date(lengths, values):
        return end, kinds
    if (groups >= 2 and years) or (groups == 1 and digits == 8 and _is_day(values[0])):
        return end, kinds
    return end, kinds | PHONE


@njit(cache=True, nogil=True)
def _groups_of_hex(data: Bytes, at: int, high: int, size: int, mark: int, count: int) -> int:
    """Where `count` groups of `size` hexadecimal digits end, `mark` between them; 0 if not."""
    for group in range(count):
        if at + size > high:
            return 0
        for i in range(at, at + size):
            if not _is_hexadecimal(data[i]):
                return 0
        at += size
        if group + 1 < count:
            if at >= high or data[at] != mark:
                return 0
            at += 1
    return at


@njit(cache=True, nogil=True)
def _starts_with(data: Bytes, at: int, high: int, values: Bytes, ends: Ints) -> bool:
    """Does one of some values stand at `at`?"""
    for i in range(len(ends) - 1):
        first, size = ends[i], ends[i + 1] - ends[i]
        if at + size > high or data[at] != values[first]:
            continue
        same = 1
        while same < size and data[at + same] == values[first + same]:
            same += 1
        if same == size:
            return True
    return False


@njit(cache=True, nogil=True)
def _at_in_brackets(data: Bytes, at: int, high: int, words: Bytes, ends: Ints) -> int:
    """Where the bracket that opens at `at` closes if it holds a word for `@`; else 0."""
    start = at + 1
    while start < high and data[start] == 0x20 and start < at + 3:
        start += 1
    for i in range(len(ends) - 1):
        first, size = ends[i], ends[i + 1] - ends[i]
        if start + size >= high:
            continue
        same = 0
        while same < size:
            byte = data[start + same]
            if 65 <= byte <= 90:
                byte += 32
            if byte != words[first + same]:
                break
            same += 1
        if same < size:
            continue
        end = start + size
        while end < high and data[end] == 0x20 and end < start + size + 2:
            end += 1
        if end < high and data[end] in (0x29, 0x5D, 0x7D, 0x3E):
            return end + 1
    return 0


@njit(cache=True, nogil=True)
def _begins(data: Bytes, start: int, starts: Bools) -> bool:
    """Does a word of two bytes or more begin as some API key does?"""
    return bool(starts[np.int64(data[start]) << 8 | np.int64(data[start + 1])])


@njit(cache=True, nogil=True)
def _word(
    data: Bytes, start: int, end: int, high: int, starts: Bools, prefixes: Bytes, prefix_ends: Ints
) -> int:
    """What the word from `start` to `end` may be or begin: letters, digits and underscores."""
    size = end - start
    digits = 0
    for i in range(start, min(end, start + MIN_CRYPTO_CHARS)):
        digits += 48 <= data[i] <= 57
    kinds = 0
    if size > 1 and _begins(data, start, starts):
        twilio = size == 34 and data[start + 1] in (0x43, 0x4B)  # `AC` or `SK`
        if twilio or _starts_with(data, start, high, prefixes, prefix_ends):
            kinds |= API_KEY
    bech32 = size >= MIN_BECH32_CHARS and (data[start] | 0x20) in (0x62, 0x6C)  # bc1, ltc1
    if bech32 or size >= MIN_CRYPTO_CHARS:
        kinds |= CRYPTO
    if not digits:
        return kinds
    country = size >= 4 and _is_letter(data[start]) and _is_letter(data[start + 1])
    if country and 48 <= data[start + 2] <= 57 and 48 <= data[start + 3] <= 57:
        kinds |= IBAN
    if digits < size and MIN_ID_CHARS <= size <= 20:
        kinds |= NATIONAL_ID
    telegram = digits == size and 8 <= size <= 10 and end + 3 < high
    if telegram and data[end] == 0x3A and data[end + 1] == 0x41 and data[end + 2] == 0x41:
        kinds |= API_KEY
    return kinds


@njit(cache=True, nogil=True)
def _mark(
    data: Bytes, low: int, at: int, high: int, of: int, state: Ints,
    starts: Bools, prefixes: Bytes, prefix_ends: Ints, at_words: Bytes, at_word_ends: Ints,
) -> tuple[int, int, int]:  # fmt: skip
    """The place that a sign at `at` tells of: where it starts and ends, and its kinds.

    Args:
      state: where the last `//` of a URL ends, and the last stretch of groups.
    """
    if of == _AT:
        if at == low or at + 1 == high:
            return at, at, 0
        if low <= state[0] and at - state[0] <= _MAX_CREDENTIALS:
            start = state[0]
            state[0] = -1
            return start, at + 1, URL_CREDENTIALS | EMAIL
        return at, at + 1, EMAIL if data[at - 1] > 0x20 and data[at + 1] > 0x20 else 0
    if of == _COLON:
        if at + 2 < high and data[at + 1] == 0x2F and data[at + 2] == 0x2F:
            state[0] = at + 3
        elif at >= state[1]:
            start, end, kinds = _colons(data, low, at, high)
            state[1] = end
            return start, end, kinds
    elif of == _OPENING:
        end = _at_in_brackets(data, at, high, at_words, at_word_ends)
        return at, end, EMAIL if end else 0
    elif of == _CAPITAL:
        if data[at] == 0x4B:  # AKIA; with digits it would be found anyway
            known = low < at and data[at - 1] == 0x41 and at + 18 < high and data[at + 1] == 0x49
            return at - 1, at + 1, API_KEY if known else 0
        # `user AT host DOT org`
        bare = low < at and at + 2 < high and data[at + 1] == 0x54 and data[at + 2] == 0x20
        return at, at + 2, EMAIL if bare and data[at - 1] == 0x20 else 0
    elif of in (_DASH, _DOT):
        if of == _DASH and at + 10 < high and data[at + 1] == 0x2D and data[at + 4] == 0x2D:
            begins = data[at + 2] == 0x2D and data[at + 5] == 0x42 and data[at + 9] == 0x4E
            return at, at + 10, PRIVATE_KEY if begins else 0
        size, groups = (2, 6) if of == _DASH else (4, 3)
        word = at
        while word > low and at - word < _MAX_PREFIX and _is_word(data[word - 1]):
            word -= 1
        if at - word == size and at >= state[1]:
            end = _groups_of_hex(data, word, high, size, data[at], groups)
            if end:
                state[1] = end
                return word, end, MAC
        if at - word > 1 and _begins(data, word, starts):
            known = _starts_with(data, word, high, prefixes, prefix_ends)
            return word, at, API_KEY if known else 0
    return at, at, 0


@njit(cache=True, nogil=True)
def _put(out: Ints, count: int, row: int, start: int, end: int, kinds: int) -> int:
    """Writes a place if there is room; how many there are then."""
    if kinds and count < len(out):
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = row, start, end, kinds
    return count + (kinds != 0)


@njit(cache=True, nogil=True)
def _scan(
    data: Bytes, offsets: Ints, wanted: int, classes: Bytes, of_digits: Ints, starts: Bools,
    prefixes: Bytes, prefix_ends: Ints, at_words: Bytes, at_word_ends: Ints, out: Ints,
) -> int:  # fmt: skip
    """Writes row, first and last byte and kinds of each place; how many there are.

    Those beyond the end of `out` are counted and not written.
    """
    count = 0
    lengths, values, state = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(2, np.int64)
    for row in range(len(offsets) - 1):
        low, high = offsets[row], offsets[row + 1]
        run_end, word_end = low, low
        state[0], state[1] = -1, low
        i = low
        while i < high:
            of = classes[data[i]]
            if of == _PLAIN:
                i += 1
                continue
            if of == _FOREIGN:
                if i >= run_end and _is_foreign_digit(data, i, high, of_digits):
                    run_end, kinds = _digits(data, low, i, high, of_digits, lengths, values)
                    count = _put(out, count, row, i, run_end, kinds & wanted)
                elif data[i] == 0xEF and data[i + 1] == 0xBC and data[i + 2] == 0xA0:
                    count = _put(out, count, row, i, i + 3, EMAIL & wanted)
                i += 3 if data[i] >= 0xE0 else 2
                continue
            if of == _DIGIT and i >= run_end:
                run_end, kinds = _digits(data, low, i, high, of_digits, lengths, values)
                count = _put(out, count, row, i, run_end, kinds & wanted)
            if of in (_DIGIT, _UNDERSCORE):
                if i >= word_end:
                    start = i
                    while start > low and _is_word(data[start - 1]):
                        start -= 1
                    word_end = i + 1
                    while word_end < high and _is_word(data[word_end]):
                        word_end += 1
                    if word_end - start > 3:
                        kinds = _word(data, start, word_end, high, starts, prefixes, prefix_ends)
                        count = _put(out, count, row, start, word_end, kinds & wanted)
            else:
                start, end, kinds = _mark(
                    data, low, i, high, of, state, starts, prefixes, prefix_ends, at_words,
                    at_word_ends,
                )  # fmt: skip
                count = _put(out, count, row, start, end, kinds & wanted)
            i += 1
    return count


@njit(cache=True, nogil=True)
def _to_characters(data: Bytes, offsets: Ints, places: Ints) -> None:
    """Makes of bytes of the buffer characters of a text."""
    row, counted, characters = -1, 0, 0
    for place in places:
        if place[0] != row:
            row, characters = place[0], 0
            counted = offsets[row]
        start, end = place[1], place[2]
        if start >= counted:
            characters += count_characters(data, counted, start)
        else:
            characters -= count_characters(data, start, counted)
        counted = start
        place[1], place[2] = characters, characters + count_characters(data, start, end)


@njit(cache=True, nogil=True)
def _colons(data: Bytes, low: int, at: int, high: int) -> tuple[int, int, int]:
    """The stretch of hexadecimal digits and colons around a colon, and what it may be."""
    start, end = at, at
    while start > low and at - start < 4 and _is_hexadecimal(data[start - 1]):
        start -= 1
    colons, double = 0, False
    while end < high and (data[end] == 0x3A or _is_hexadecimal(data[end])):
        if data[end] == 0x3A:
            colons += 1
            double |= end > start and data[end - 1] == 0x3A
        end += 1
    kinds = 0
    if end >= high or not _is_word(data[end]):
        if colons >= 3 or double:
            kinds |= IP
        if colons >= 5:
            kinds |= MAC
    return start, max(end, at + 1), kinds
