"""English words as spaCy's blank `en` tokenizer cuts them, without asking it for most chunks.

Source: explosion/spaCy 3.8, spacy/tokenizer.pyx (the algorithm) and the installed package's
affix patterns and special cases (the data): character tables are made from these when first used.

A chunk is left to spaCy where it may be a URL, or where its words look like one of spaCy's special
cases written over several words, such as emoticons; the latter may depend on the chunks beside it.
Patterns that this module does not know leave every chunk to spaCy.

Differs: URLs above 1,000 bytes and special cases in chunks above 250 bytes are cut without spaCy,
whose time grows with the square of a chunk's length.
"""

import functools
import re
import sys
import unicodedata
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.text.characters import (
    Bools,
    Bytes,
    Hashes,
    Ints,
    decode,
    find_slot,
    hash_bytes,
    table_size,
)
from filters.text.chunks import (
    ALL_PUNCTUATION,
    ENDS_SENTENCE,
    LONGEST_NEIGHBOUR,
    Cuts,
    Span,
    joined,
)

Classes = npt.NDArray[np.uint16]

ALPHA = 1
LOWER = 2
UPPER = 4
PREFIX = 8  # alone a prefix
SUFFIX = 16  # alone a suffix
INFIX = 32  # alone an infix
BEFORE_STOP = 64  # what may stand before a full stop that is cut off
STOP_LEFT = 128  # on both sides of a full stop inside a chunk
STOP_RIGHT = 256
HOST = 512  # inside a URL's host
IN_INFIX = 1024  # no infix of more than one character begins with others

DECIDED, URL_LIKE, SPECIAL_SEQUENCE = 0, 1, 2

# spaCy takes one affix at a time off a chunk and searches all the rest again: 8 kB of apostrophes
# take 8 s. Longer chunks that may be a URL are left to the kernel, in bytes.
LONGEST_URL = 1000

# The patterns of more than one character that the kernel spells out. Classes of letters in them
# are cut to `…`.
_KNOWN_PREFIXES = {r"\+(?![0-9])", "……", r"\.\.+", r"US\$", r"C\$", r"A\$"}
_KNOWN_SUFFIXES = {
    "……", r"\.\.+", "'s", "'S", "’s", "’S", r"(?<=[0-9])\+", r"(?<=°[FfCcKk])\.",
    "(?<=[0-9])(?:CURRENCY)", "(?<=[0-9])(?:UNITS)", r"(?<=[BEFORE_STOP])\.",
    r"(?<=[UPPER][UPPER])\.",
}  # fmt: skip
_KNOWN_INFIXES = {
    r"\.\.+", r"(?<=[0-9])[+\-\*^](?=[0-9-])", r"(?<=[STOP_LEFT])\.(?=[STOP_RIGHT])",
    "(?<=[ALPHA]),(?=[ALPHA])", "(?<=[ALPHA0-9])(?:-|–|—|--|---|——|~)(?=[ALPHA])",
    "(?<=[ALPHA0-9])[:<>=/](?=[ALPHA])",
}  # fmt: skip


class _Tables(NamedTuple):
    """What the kernel reads.

    Attributes:
      classes: of every code point.
      specials: hash table of special cases.
      special_words: of each slot of that table, the first of its words in special_ends and the
        one past the last.
      special_ends: word ends of special cases, in bytes.
      sequences: hash table of the word sequences that spaCy joins to special cases afterwards.
      starts_sequence: of each byte, whether such a sequence begins with it.
      longest_special: in bytes; longest_sequence: in words.
      units: hashes of what is cut off after a digit; longest_unit: in characters.
    """

    classes: Classes
    specials: Hashes
    special_words: Ints
    special_ends: Ints
    sequences: Hashes
    starts_sequence: Bools
    longest_special: int
    longest_sequence: int
    units: Hashes
    longest_unit: int


class SpacyEnglish:
    """Tokenizer for `ChunkWords`.

    Args:
      affix_rules: False leaves every chunk to spaCy: slow, and the oracle of this module's tests.
    """

    def __init__(self, affix_rules: bool = True) -> None:
        # Imported here: it takes a second, and most runs do not need it.
        from spacy.lang.en import English
        from spacy.pipeline.sentencizer import Sentencizer
        from spacy.tokenizer import Tokenizer
        from spacy.vocab import Vocab

        english = English().tokenizer
        # A vocabulary without attributes of words, which nothing here reads: computing them
        # takes spaCy four fifths of its time on words that it has not seen.
        self._spacy = Tokenizer(
            Vocab(),
            rules=english.rules,
            prefix_search=english.prefix_search,
            suffix_search=english.suffix_search,
            infix_finditer=english.infix_finditer,
            token_match=english.token_match,
            url_match=english.url_match,
        )
        self.marks = np.zeros(sys.maxunicode + 1, np.uint8)
        for code in range(sys.maxunicode + 1):
            if unicodedata.category(chr(code))[0] == "P":
                self.marks[code] = ALL_PUNCTUATION
        self.marks[[ord(c) for c in Sentencizer.default_punct_chars]] |= ENDS_SENTENCE
        self._always_ask = not affix_rules or not _patterns_are_known()
        self._tables = _make_tables(self._spacy)

    def cut(self, data: Bytes, start: Ints, end: Ints) -> Cuts:
        most = int((end - start).sum())
        counts = np.empty(len(start), np.int64)
        kinds = np.empty(len(start), np.uint8)
        ends = np.empty(most, np.int64)
        ends = ends[: _cut_chunks(data, start, end, self._tables, counts, kinds, ends)]
        length = end - start
        cuts = Cuts(counts, ends, (kinds == SPECIAL_SEQUENCE) & (length <= LONGEST_NEIGHBOUR))
        asked = (kinds == URL_LIKE) & (length <= LONGEST_URL) | self._always_ask
        if not asked.any():
            return cuts
        rows = np.flatnonzero(asked)
        return cuts.replaced(
            asked, [self._ask(bytes(data[start[i] : end[i]]).decode()) for i in rows]
        )

    def _ask(self, chunk: str) -> list[str]:
        return [word.text for word in self._spacy(chunk)]

    def cut_line(self, line: str) -> list[Span]:
        words = self._spacy(line)
        return [(w.idx, w.idx + len(w)) for w in words if not w.text.isspace()]


@functools.cache
def spacy_english() -> SpacyEnglish:
    return SpacyEnglish()


def _patterns() -> tuple[list[str], list[str], list[str]]:
    from spacy.lang.en import English

    defaults = English.Defaults
    prefixes, suffixes, infixes = (
        [
            str(pattern) for pattern in patterns or () if str(pattern).strip()
        ]  # spaCy skips empty ones too
        for patterns in (defaults.prefixes, defaults.suffixes, defaults.infixes)
    )
    return prefixes, suffixes, infixes


def _letter_classes() -> dict[str, str]:
    from spacy.lang import char_classes as c

    before_stop = rf"0-9{c.ALPHA_LOWER}%²\-\+{c.PUNCT}(?:{c.CONCAT_QUOTES})"
    return {
        "BEFORE_STOP": before_stop,
        "STOP_LEFT": c.ALPHA_LOWER + c.CONCAT_QUOTES,
        "STOP_RIGHT": c.ALPHA_UPPER + c.CONCAT_QUOTES,
        "ALPHA": c.ALPHA,
        "UPPER": c.ALPHA_UPPER,
        "LOWER": c.ALPHA_LOWER,
    }


def _is_single(pattern: str) -> bool:
    """A pattern of one character: itself, escaped, or a class."""
    return bool(re.fullmatch(r"\\?.|\[[^\]]*\]", pattern, re.DOTALL))


def _patterns_are_known() -> bool:
    from spacy.lang import char_classes as c

    def simplified(patterns: list[str]) -> set[str]:
        found = set()
        for pattern in patterns:
            if _is_single(pattern):
                continue
            pattern = pattern.replace(c.CURRENCY, "CURRENCY").replace(c.UNITS, "UNITS")
            for name, members in _letter_classes().items():
                pattern = pattern.replace(members, name)
            found.add(pattern)
        return found

    known = (_KNOWN_PREFIXES, _KNOWN_SUFFIXES, _KNOWN_INFIXES)
    return all(
        simplified(patterns) == set(ours) for patterns, ours in zip(_patterns(), known, strict=True)
    )


def _class_table() -> Classes:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    table = np.zeros(sys.maxunicode + 1, np.uint16)

    def mark(bit: int, pattern: str) -> None:
        for match in re.finditer(f"(?:{pattern})+", every):
            table[match.start() : match.end()] |= np.uint16(bit)

    prefixes, suffixes, infixes = _patterns()
    for bit, patterns in ((PREFIX, prefixes), (SUFFIX, suffixes), (INFIX, infixes)):
        mark(bit, "|".join(filter(_is_single, patterns)))
    bits = {"BEFORE_STOP": BEFORE_STOP, "STOP_LEFT": STOP_LEFT, "STOP_RIGHT": STOP_RIGHT,
            "ALPHA": ALPHA, "UPPER": UPPER, "LOWER": LOWER}  # fmt: skip
    for name, members in _letter_classes().items():
        mark(bits[name], f"[{members}]")
    mark(HOST, r"[A-Za-z0-9\u00a1-\uffff]")
    table[(table & INFIX) > 0] |= IN_INFIX
    table[[ord(c) for c in ".+-*^,–—~:<>=/"]] |= IN_INFIX
    return table


def _make_tables(tokenizer: Any) -> _Tables:
    from spacy.lang import char_classes as c
    from spacy.tokenizer import Tokenizer

    affixes_only = Tokenizer(
        tokenizer.vocab,
        prefix_search=tokenizer.prefix_search,
        suffix_search=tokenizer.suffix_search,
        infix_finditer=tokenizer.infix_finditer,
        url_match=tokenizer.url_match,
    )
    rules = [rule for rule in tokenizer.rules if not any(map(str.isspace, rule))]
    words = [[word.text for word in tokenizer(rule)] for rule in rules]
    counts, ends = joined(words)
    size = table_size(len(rules))
    keys, places = np.zeros(size, np.uint64), np.zeros((size, 2), np.int64)
    past = np.cumsum(counts)
    patterns = []
    for i, rule in enumerate(rules):
        slot = find_slot(keys, size, _hash(rule))
        keys[slot], places[slot] = _hash(rule), (past[i] - counts[i], past[i])
        cut = [word.text for word in affixes_only(rule)]
        if len(cut) > 1 and cut != words[i]:  # else it changes nothing
            patterns.append(cut)
    sequences = np.zeros(table_size(len(patterns)), np.uint64)
    starts_sequence = np.zeros(256, bool)
    for cut in patterns:
        starts_sequence[cut[0].encode()[0]] = True
        key = np.uint64(0)
        for word in cut:
            key = np.uint64(_extend_sequence(key, _hash(word)))
        sequences[find_slot(sequences, len(sequences), key)] = key
    units = [unit.replace("\\", "") for unit in (c.UNITS + "|" + c.CURRENCY).split("|")]
    return _Tables(
        _class_table(), keys, places, ends, sequences, starts_sequence,
        max(len(rule.encode()) for rule in rules), max(map(len, patterns)),
        np.array([_hash(unit) for unit in units], np.uint64), max(map(len, units)),
    )  # fmt: skip


def _hash(word: str) -> np.uint64:
    data = np.frombuffer(word.encode(), np.uint8)
    return np.uint64(hash_bytes(data, 0, len(data)))


@njit(cache=True, nogil=True)
def _extend_sequence(key: np.uint64, word: np.uint64) -> Any:
    return (key ^ word) * np.uint64(0xD6E8FEB86659FD93) + np.uint64(1)


@njit(cache=True, nogil=True)
def _cut_chunks(
    data: Bytes, start: Ints, end: Ints, t: _Tables, counts: Ints, kinds: Bytes, ends: Ints
) -> int:
    most = 1
    for i in range(len(start)):
        most = max(most, end[i] - start[i])
    # A tuple of arrays that is handed down costs more than all else here: numba counts references.
    (
        classes, specials, special_words, special_ends, sequences, starts_sequence,
        longest, longest_sequence, units, longest_unit,
    ) = t  # fmt: skip
    codes, offsets = np.empty(most, np.int64), np.empty(most + 1, np.int64)
    cuts, suffixes = np.empty(most, np.int64), np.empty(most, np.int64)
    written = 0
    for i in range(len(start)):
        length, at, only_letters, has_stop = 0, start[i], True, False
        while at < end[i]:
            code, width = decode(data, at)
            codes[length], offsets[length] = code, at
            only_letters &= width == 1 and classes[code] & ALPHA > 0
            has_stop |= code == 0x2E
            length += 1
            at += width
        offsets[length] = at
        # No affix is made of letters alone.
        if only_letters and _special(data, start[i], at, longest, specials) < 0:
            ends[written] = at - start[i]
            written += 1
            counts[i], kinds[i] = 1, DECIDED
            continue
        count, kind = _cut_chunk(
            data, codes, offsets, length, has_stop, classes, specials,
            special_words, special_ends, longest, units, longest_unit, cuts, suffixes,
        )  # fmt: skip
        if count > 1 and _has_sequence(
            data, start[i], cuts, count, sequences, starts_sequence, longest, longest_sequence,
        ):  # fmt: skip
            kind = SPECIAL_SEQUENCE
        for word in range(count):
            ends[written + word] = cuts[word] - start[i]
        written += count
        counts[i], kinds[i] = count, kind
    return written


@njit(cache=True, nogil=True)
def _special(data: Bytes, start: int, end: int, longest: int, keys: Hashes) -> Any:
    """Where the special case start:end is in `keys`, -1 if it is none."""
    if end - start > longest or end == start:
        return -1
    key = hash_bytes(data, start, end)
    slot = find_slot(keys, len(keys), key)
    return slot if keys[slot] == key else -1


@njit(cache=True, nogil=True)
def _cut_chunk(
    data: Bytes,
    codes: Ints,
    offsets: Ints,
    length: int,
    has_stop: bool,
    classes: Classes,
    specials: Hashes,
    special_words: Ints,
    special_ends: Ints,
    longest: int,
    units: Hashes,
    longest_unit: int,
    cuts: Ints,
    suffixes: Ints,
) -> tuple[int, int]:
    """Write the words' ends (byte positions) to `cuts`; how many, and how sure that is."""
    left, right, last = 0, length, -1
    count, n_suffixes = 0, 0
    special = -1
    while left < right and right - left != last:
        special = _special(data, offsets[left], offsets[right], longest, specials)
        if special >= 0:
            break
        last = right - left
        prefix = _prefix(codes, left, right, classes)
        if (
            prefix
            and left + prefix < right
            and _special(data, offsets[left + prefix], offsets[right], longest, specials) >= 0
        ):
            left += prefix
            cuts[count] = offsets[left]
            count += 1
            break
        suffix = _suffix(data, codes, offsets, left + prefix, right, classes, units, longest_unit)
        if (
            suffix
            and right - suffix > left
            and _special(data, offsets[left], offsets[right - suffix], longest, specials) >= 0
        ):
            right -= suffix
            suffixes[n_suffixes] = offsets[right + suffix]
            n_suffixes += 1
            break
        if prefix and prefix + suffix <= right - left:
            left += prefix
            cuts[count] = offsets[left]
            count += 1
        elif prefix:
            left += prefix
            cuts[count] = offsets[left]
            count += 1
            suffix = 0
        if suffix:
            suffixes[n_suffixes] = offsets[right]
            n_suffixes += 1
            right -= suffix
    kind = DECIDED
    if left < right:
        special = _special(data, offsets[left], offsets[right], longest, specials)
        if special >= 0:
            for word in range(special_words[special, 0], special_words[special, 1]):
                cuts[count] = offsets[left] + special_ends[word]
                count += 1
        else:
            is_url = False
            if has_stop:
                is_url, kind = _url(codes, left, right, classes)
            if not is_url:
                count = _cut_infixes(codes, offsets, left, right, classes, cuts, count)
            else:
                cuts[count] = offsets[right]
                count += 1
    for word in range(n_suffixes - 1, -1, -1):
        cuts[count] = suffixes[word]
        count += 1
    return count, kind


@njit(cache=True, nogil=True)
def _has_sequence(
    data: Bytes,
    start: int,
    cuts: Ints,
    count: int,
    sequences: Hashes,
    starts_sequence: Bools,
    longest: int,
    longest_sequence: int,
) -> bool:
    """Do some of the words make a special case written over several words?"""
    for word in range(count - 1):
        key, at = np.uint64(0), start if word == 0 else cuts[word - 1]
        if not starts_sequence[data[at]]:
            continue
        for other in range(word, min(count, word + longest_sequence)):
            if cuts[other] - at > longest:
                break
            key = _extend_sequence(key, hash_bytes(data, at, cuts[other]))
            at = cuts[other]
            slot = find_slot(sequences, len(sequences), key)
            if other > word and sequences[slot] == key:
                return True
    return False


@njit(cache=True, nogil=True)
def _dots(codes: Ints, at: int, end: int) -> int:
    count = 0
    while at + count < end and codes[at + count] == 0x2E:
        count += 1
    return count


@njit(cache=True, nogil=True)
def _is_digit(code: int) -> bool:
    return 0x30 <= code <= 0x39


@njit(cache=True, nogil=True)
def _prefix(codes: Ints, start: int, end: int, classes: Classes) -> int:
    """Characters of the prefix of start:end, 0 for none."""
    code = codes[start]
    if classes[code] & PREFIX:
        return 1
    if code == 0x2E:
        dots = _dots(codes, start, end)
        return dots if dots > 1 else 0
    if code == 0x2B:
        return 0 if start + 1 < end and _is_digit(codes[start + 1]) else 1
    if end - start > 2 and code == 0x55 and codes[start + 1] == 0x53 and codes[start + 2] == 0x24:
        return 3
    return (
        2 if end - start > 1 and (code == 0x43 or code == 0x41) and codes[start + 1] == 0x24 else 0
    )


@njit(cache=True, nogil=True)
def _suffix(
    data: Bytes,
    codes: Ints,
    offsets: Ints,
    start: int,
    end: int,
    classes: Classes,
    units: Hashes,
    longest_unit: int,
) -> int:
    """Characters of the longest suffix of start:end, 0 for none."""
    if start >= end:
        return 0
    code = codes[end - 1]
    best = 1 if classes[code] & SUFFIX else 0
    before = codes[end - 2] if end - start > 1 else 0
    if code == 0x2026 and before == 0x2026:
        best = 2
    if code == 0x2E:
        dots = 1
        while end - dots > start and codes[end - dots - 1] == 0x2E:
            dots += 1
        two_before = codes[end - 3] if end - start > 2 else 0
        if dots > 1:
            best = dots
        elif (
            (classes[before] & BEFORE_STOP and end - start > 1)
            or (classes[before] & UPPER and classes[two_before] & UPPER)
            or (two_before == 0xB0 and before in (0x46, 0x66, 0x43, 0x63, 0x4B, 0x6B))
        ):
            best = 1
    if (code == 0x73 or code == 0x53) and (before == 0x27 or before == 0x2019):
        best = 2
    if code == 0x2B and _is_digit(before):
        best = 1
    for length in range(1, min(longest_unit, end - start - 1) + 1):
        if length > best and _is_digit(codes[end - length - 1]):
            key = hash_bytes(data, offsets[end - length], offsets[end])
            for unit in units:
                if unit == key:
                    best = length
    return best


@njit(cache=True, nogil=True)
def _url(codes: Ints, start: int, end: int, classes: Classes) -> tuple[bool, int]:
    """Is it a URL by spaCy's pattern (at least a host with a top-level domain), and how sure."""
    dots, digits_only, plain_labels, label = 0, True, True, 0
    may_be = False
    for at in range(start, end):
        code = codes[at]
        if code != 0x2E:
            digits_only &= _is_digit(code) or code in (0x3A, 0x2F, 0x3F, 0x23, 0x40)
            alphanumeric = code < 0x80 and (classes[code] & ALPHA > 0 or _is_digit(code))
            plain_labels &= alphanumeric
            label += 1
            if label > 60:
                plain_labels = False
            continue
        dots += 1
        if label == 0:
            plain_labels = False
        label = 0
        if at > start and classes[codes[at - 1]] & HOST:
            past = at + 1
            while past < end and classes[codes[past]] & LOWER:
                past += 1
            if past - at > 2 and (past == end or codes[past] in (0x3A, 0x2F, 0x3F, 0x23)):
                may_be = True
                if past == end and plain_labels:
                    return True, DECIDED
    if may_be:
        return False, URL_LIKE
    if dots >= 3:
        digit_dots = 0
        for at in range(start + 1, end - 1):
            if codes[at] == 0x2E and _is_digit(codes[at - 1]) and _is_digit(codes[at + 1]):
                digit_dots += 1
        if digit_dots >= 3:
            return False, URL_LIKE
    return False, DECIDED


@njit(cache=True, nogil=True)
def _cut_infixes(
    codes: Ints, offsets: Ints, start: int, end: int, classes: Classes, cuts: Ints, count: int
) -> int:
    begin, at = start, start
    while at < end:
        if not classes[codes[at]] & IN_INFIX:
            at += 1
            continue
        infix = _infix(codes, start, at, end, classes)
        if infix == 0:
            at += 1
            continue
        if at > start:  # an infix at the very start is none, but is stepped over
            if at > begin:
                cuts[count] = offsets[at]
                count += 1
            cuts[count] = offsets[at + infix]
            count += 1
            begin = at + infix
        at += infix
    if begin < end:
        cuts[count] = offsets[end]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _infix(codes: Ints, start: int, at: int, end: int, classes: Classes) -> int:
    """Characters of an infix at `at`, 0 for none."""
    code = codes[at]
    if classes[code] & INFIX:
        return 1
    if code == 0x2E:
        dots = _dots(codes, at, end)
        if dots > 1:
            return dots
    if at == start or at + 1 >= end:
        return 0
    before, after = codes[at - 1], codes[at + 1]
    if code == 0x2E:
        return 1 if classes[before] & STOP_LEFT and classes[after] & STOP_RIGHT else 0
    follows_digit = _is_digit(before)
    if code in (0x2B, 0x2D, 0x2A, 0x5E) and follows_digit and (_is_digit(after) or after == 0x2D):
        return 1
    if code == 0x2C:
        return 1 if classes[before] & ALPHA and classes[after] & ALPHA else 0
    if not (classes[before] & ALPHA or follows_digit):
        return 0
    if code in (0x2D, 0x2013, 0x2014, 0x7E):
        if classes[after] & ALPHA:
            return 1
        longest = 3 if code == 0x2D else 2 if code == 0x2014 else 1
        length = 1
        while length < longest and at + length < end and codes[at + length] == code:
            length += 1
            if at + length < end and classes[codes[at + length]] & ALPHA:
                return length
        return 0
    if code in (0x3A, 0x3C, 0x3E, 0x3D, 0x2F):
        return 1 if classes[after] & ALPHA else 0
    return 0
