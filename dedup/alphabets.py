"""Alphabets: what a word is when documents are compared, and which words count as the same.

Similar texts are looked for by words without numbers, symbols and accents (`FOLDED`), and compared
by words that have what the recipe does not fold.
"""

import dataclasses
import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from dedup import variants
from dedup.hashes import Bytes
from dedup.presets import Fold

# The classes of characters, by their role in words. A SIGN is a word of its own (ALONE) where it
# is an operator, as in `-5` and `!found`, and a SEPARATOR elsewhere (`dedup.signs`).
SEPARATOR, LETTER, MARK, DIGIT, ALONE, SKIPPED, SIGN = range(7)

# Blocks (first and last code point) whose letters are each a word of their own.
_ALONE_RANGES = [
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # Han iteration mark, closing mark, zero
    (0x3021, 0x30FF),  # Han numerals, Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana phonetic extensions
    (0x3400, 0x4DBF),  # Han extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # Han compatibility
    (0xFF66, 0xFF9F),  # Katakana, half width
    (0x1AFF0, 0x1B16F),  # Kana extensions
    (0x20000, 0x3FFFF),  # Han extensions B and later
]


@functools.cache
def character_classes() -> npt.NDArray[np.uint8]:
    """The class of every code point, as uint8[0x110000].

    In the basic plane the categories of Unicode 3.2 decide, since every Python contains that
    version; so signatures do not depend on the interpreter. Characters that were added later are
    letters. Beyond the basic plane, where emoji are, the block decides.
    """
    classes = np.full(0x110000, LETTER, np.uint8)
    by_category = {"P": SEPARATOR, "S": SEPARATOR, "Z": SEPARATOR, "M": MARK}
    for code in range(0x10000):
        category = unicodedata.ucd_3_2_0.category(chr(code))
        if category == "Nd":
            classes[code] = DIGIT
        elif category == "Cf":
            classes[code] = SKIPPED
        elif category == "Cc":
            classes[code] = SEPARATOR
        else:
            classes[code] = by_category.get(category[0], LETTER)
    for first, last in _ALONE_RANGES:
        span = classes[first : last + 1]
        span[span == LETTER] = ALONE
    classes[0x00AD] = SKIPPED  # the soft hyphen, which was a dash before Unicode 4
    classes[0xFE00:0xFE10] = SKIPPED  # variation selectors
    classes[0x1F000:0x1FB00] = SEPARATOR  # emoji and other pictures
    classes[0xE0000:0xE0200] = SKIPPED  # tags, variation selectors
    classes.flags.writeable = False  # shared by every caller
    return classes


Letters = npt.NDArray[np.uint32]
LAST_CODE = 0x10FFFF


@dataclasses.dataclass(frozen=True)
class Alphabet:
    """What a word is, and which characters count as the same.

    Attributes:
      classes: the class of every code point.
      letters: the code point that each one counts as. Those below 128 stand for themselves. A
        value above `LAST_CODE` is two: one `<< 16`, and another whose own entry goes on.
    """

    classes: Bytes
    letters: Letters


@functools.cache
def alphabet(fold: frozenset[Fold]) -> Alphabet:
    """Words in which the given things make no difference. (With `case` texts are in lower case.)

    Other forms of a letter (`dedup.variants`) never make one.
    Folded numbers: each run of digits is one zero; otherwise digits are letters, and those of all
    scripts with one value are equal. Folded symbols separate words, as punctuation does; otherwise
    operators, currencies and signs are words of their own. Folded marks: accents, Hebrew points
    and Arabic vowel signs are skipped. Marks without which other words would be left stay: vowel
    signs of India and Southeast Asia, and the voicing marks of Japanese.
    """
    classes = character_classes().copy()
    letters = np.arange(0x110000, dtype=np.uint32)
    if "numbers" not in fold:
        for code in np.flatnonzero(classes == DIGIT).tolist():
            letters[code] = 0x30 + unicodedata.ucd_3_2_0.digit(chr(code))
        classes[classes == DIGIT] = LETTER
    if "symbols" not in fold:
        codes = np.flatnonzero(classes[:0x10000] == SEPARATOR)
        classes[[code for code in codes.tolist() if _is_symbol(code)]] = ALONE
        classes[_SIGNS] = SIGN
        classes[_MINUS] = ALONE
        letters[_DASHES] = ord("-")
    if "marks" in fold:
        for code in range(0x80, 0x10000):
            if 0xD800 <= code < 0xF900:
                continue  # surrogates and private characters
            first, *rest = list(unicodedata.ucd_3_2_0.normalize("NFD", chr(code)))
            if _is_accent(first):
                classes[code] = SKIPPED
            elif rest and first.isalpha() and all(map(_is_accent, rest)):
                letters[code] = ord(first)
        if "symbols" not in fold:  # a stroke through a sign denies it: = and ≠
            classes[_STRUCK] = LETTER
        letters[list(map(ord, _STROKES))] = list(map(ord, _STROKES.values()))
        letters = letters[letters]  # ǿ is ø, and that is o
        classes[0x0640] = SKIPPED  # the tatweel, which lengthens an Arabic word on paper
    same = variants.forms() | (_TYPED if "marks" in fold else {})
    _add_forms(classes, letters, same, "case" in fold, "symbols" not in fold)
    classes.flags.writeable = letters.flags.writeable = False  # shared by every caller
    return Alphabet(classes, letters)


@functools.cache
def own_letters() -> Letters:
    """The letters of an alphabet in which every character counts as itself."""
    letters = np.arange(0x110000, dtype=np.uint32)
    letters.flags.writeable = False
    return letters


# By which similar documents are looked for, and those whose shingles are mostly repeated then.
FOLDED: frozenset[Fold] = frozenset(("case", "marks", "numbers", "symbols"))
NUMBERED = FOLDED - {"numbers"}

# The minus of Unicode and all dashes count as the sign of ASCII; the minus is always an operator.
_MINUS = 0x2212
_DASHES = [0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, _MINUS, 0xFE63, 0xFF0D]
_SIGNS = [*map(ord, "-!·:'?"), *_DASHES]
_STRUCK = [0x0338, 0x20D2]
# Operators and signs of units that Unicode counts as punctuation or as accents.
_OPERATORS = "#%&*/@\\^~‰‱′″‴"
# Letters with a stroke, which have no decomposition in Unicode, as CLDR's Latin-ASCII has them, and
# the dotless i.
_STROKES = {"đ": "d", "ħ": "h", "ł": "l", "ø": "o", "ŧ": "t", "ı": "i"}
# And how letters that are two are typed without them.
_TYPED = {"ß": "ss", "æ": "ae", "ǽ": "ae", "ǣ": "ae", "œ": "oe"}


def _add_forms(
    classes: Bytes, letters: Letters, same: dict[str, str], lower: bool, symbols: bool
) -> None:
    """Enters what characters are other forms of, if that is one character or one word."""
    spare = iter(range(0xD800, 0xE000))  # surrogates, which no text has
    for char, plain in same.items():
        every = list(map(ord, plain.lower() if lower else plain))
        codes = [int(letters[code]) for code in every if classes[code] != SKIPPED]
        kinds = [int(classes[code]) for code in every if classes[code] != SKIPPED]
        if len(every) == 1 or not codes:
            code = codes[0] if codes else 0x20
            kind = kinds[0] if kinds else SKIPPED
            if kind == SIGN and not (symbols and plain == ":"):
                continue
            letters[ord(char)], classes[ord(char)] = code, kind
        elif _is_word(kinds) and len(codes) <= min(3, len(char.encode())) and max(codes) < 1 << 16:
            classes[ord(char)] = kinds[0]
            last = codes.pop()
            while len(codes) > 1:
                letters[tail := next(spare)] = codes.pop() << 16 | last
                last = tail
            letters[ord(char)] = codes[0] << 16 | last if codes else last


def _is_word(kinds: list[int]) -> bool:
    """Whether characters of these classes are one word, in letters and marks."""
    return kinds[0] in (LETTER, ALONE) and all(
        kind == MARK or (kind == LETTER == kinds[0]) for kind in kinds[1:]
    )


def _is_symbol(code: int) -> bool:
    """Whether a separator means something by itself: no punctuation, no bullet, no frame."""
    if 0x2500 <= code < 0x2600:
        return False
    category = unicodedata.ucd_3_2_0.category(chr(code))
    return category in ("Sm", "Sc", "So") or chr(code) in _OPERATORS


def _is_accent(mark: str) -> bool:
    """Whether a mark is an accent, a Hebrew point or an Arabic sign, by its combining class."""
    order = unicodedata.ucd_3_2_0.combining(mark)
    return order == 1 or 10 <= order <= 36 or order >= 200


def without_folding(classes: Bytes, skipped: str) -> Bytes:
    """A copy of the classes in which digits are letters, and those in `skipped` are skipped."""
    copy = classes.copy()
    copy[copy == DIGIT] = LETTER
    copy[[ord(c) for c in skipped]] = SKIPPED
    return copy
