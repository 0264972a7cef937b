"""Whether a page that decodes without a fault is text, or was declared in a neighbour's encoding.

Browsers do not ask: they show what is declared. A person sees at once that it is wrong.
"""

import functools
import re

import numpy as np

from filters.encodings import familiar
from filters.encodings.alphabets import LATIN, least_left_over
from filters.encodings.familiar import PAIRS

# By encodings of ISO 8859 those of Windows, which have letters, quotes and dashes where these have
# the controls C1 (0x80 to 0x9F), which no text has.
SIBLINGS = {
    "ISO-8859-2": "windows-1250",
    "ISO-8859-6": "windows-1256",
    "ISO-8859-7": "windows-1253",
    "ISO-8859-8": "windows-1255",
    "ISO-8859-8-I": "windows-1255",
    "ISO-8859-13": "windows-1257",
    "ISO-8859-15": "windows-1252",
    "ISO-8859-16": "windows-1250",
}
CYRILLIC = ("windows-1251", "KOI8-R", "KOI8-U", "ISO-8859-5", "IBM866", "x-mac-cyrillic")
CHINESE = ("GBK", "gb18030", "Big5")
_C1 = re.compile("[\x80-\x9f]")
_NO_TEXT = re.compile("[\x80-\x9f\ue000-\uf8ff]")  # and characters of private use
_CAPITAL_INSIDE = re.compile("[а-яѐ-џ][А-ЯЀ-Џ]")
_CAPITAL_FIRST = re.compile("[А-ЯЀ-Џ][а-яѐ-џ]")
_DRAWN = re.compile(r"([\u2500-\u259f])\1\1")  # lines of boxes, as people draw them
_MIN_INSIDE = 3
# Shares of a page's characters beyond ASCII.
_MAX_LEFT_OVER = 0.02
_MAX_REPLACED = 0.02
_FEWER = 4  # times
_REPLACED = "\ufffd"
_NOT_ASCII = re.compile(r"[^\0-\x7f]")
_LOOKED_AT = 1 << 16  # characters of a page, of which the first beyond ASCII are judged
_JUDGED = 1000
_MIN_COMMON = 0.6
# Of the bytes beyond ASCII, how many stand beside another one. No language in Latin letters of one
# byte has more than a fifth so; text of other scripts has half, katakana of Shift_JIS less.
_MIN_TOGETHER, _MIN_BYTES = 0.3, 16
_NO_BREAK_SPACE = 0xA0
_MIN_FAMILIAR, _MIN_LETTERS, _MIN_OF_SCRIPT = 0.5, 8, 0.95
_SCRIPTS = tuple(
    re.compile(f"[{letters}]")
    for letters in (
        "\u0370-\u03ff", "\u0400-\u04ff", "\u0590-\u05ff", "\u0600-\u06ff\u200c", "\u0e00-\u0e7f",
    )
)  # fmt: skip
_WORD_SIGN = re.compile(r"[^\W\d_a-zA-Z]")
_ENOUGH = 8  # characters beyond ASCII to say that they are rare
# The last lead byte of the common characters; punctuation stands before them.
_LEVELS_1 = (("gb2312", 0xD7), ("big5", 0xC6))


def is_strange(content: bytes, text: str, encoding: str) -> bool:
    """Whether a text is none that anybody writes.

    In an encoding of two bytes it has characters of private use, or is rare Chinese characters. In
    one of Cyrillic it has signs that no language has there, or capitals inside of words rather than
    at their begin: the encodings have both in each other's places.
    """
    if encoding in CYRILLIC:
        inside = len(_CAPITAL_INSIDE.findall(text))
        swapped = inside >= _MIN_INSIDE and 2 * inside > len(_CAPITAL_FIRST.findall(text))
        left_over = 0 if _DRAWN.search(text) else least_left_over(content, encoding) or 0
        return swapped or left_over > _MAX_LEFT_OVER * beyond_ascii(text)
    if encoding in CHINESE and beyond_ascii(text) >= _ENOUGH and commonness(text) < _MIN_COMMON:
        return True
    return encoding in PAIRS and _NO_TEXT.search(text) is not None


def is_of_no_language(content: bytes, encoding: str) -> bool:
    """Whether a page in an encoding of Latin letters has words that no language has.

    Of these, letters beyond ASCII stand alone between others; those of other scripts, read so,
    stand together. Signs that repeat themselves and no-break spaces are no words.
    """
    if encoding not in LATIN:
        return False
    bytes_ = np.frombuffer(content, np.uint8)
    high = (bytes_ >= 0x80) & (bytes_ != _NO_BREAK_SPACE)
    joined = high[1:] & high[:-1] & (bytes_[1:] != bytes_[:-1])
    together = np.zeros(len(bytes_), np.bool_)
    together[1:] |= joined
    together[:-1] |= joined
    count = int(together.sum())
    return count >= _MIN_BYTES and count >= _MIN_TOGETHER * int(high.sum())


def is_of_a_language(content: bytes, text: str, encoding: str) -> bool:
    """Whether a reading in an encoding of another script than Latin is text, nearly without doubt.

    In one of two bytes, most letters are usual ones; in others, nearly all are of one script, and
    there are several: `Ã` and `Â` of damaged UTF-8 are two letters of any script.
    """
    if encoding in LATIN or text.count(_REPLACED) > _MAX_REPLACED * beyond_ascii(text):
        return False
    if encoding in PAIRS:
        letters = familiar.letters(text)
        return letters >= _MIN_LETTERS and familiar.share(text, encoding) >= _MIN_FAMILIAR
    count = len(_WORD_SIGN.findall(text))
    of_script = max((script.findall(text) for script in _SCRIPTS), key=len)
    enough = len(of_script) >= max(_MIN_BYTES, _MIN_OF_SCRIPT * count)
    several = len({letter.lower() for letter in of_script}) >= _MIN_LETTERS
    return enough and several and not is_strange(content, text, encoding)


def is_plainer(content: bytes, encoding: str, than: str) -> bool:
    """Whether far fewer characters are none of a language's, of two encodings of Cyrillic."""
    if encoding not in CYRILLIC or than not in CYRILLIC:
        return False
    found, others = least_left_over(content, encoding), least_left_over(content, than)
    return _FEWER * (found or 0) < (others or 0)


def sibling(content: bytes, text: str, encoding: str) -> str | None:
    """The encoding of Windows that a page of ISO 8859 is in, by its C1 controls; or None.

    A page whose other letters fit the declared encoding better is a mixture, and stays in it.
    """
    other = SIBLINGS.get(encoding)
    if encoding == "ISO-8859-6":  # which lacks letters of Arabic in windows-1256
        lost = text.count(_REPLACED) > _MAX_REPLACED * beyond_ascii(text)
        return other if lost else None
    if other is None or _C1.search(text) is None:
        return None
    declared, found = least_left_over(content, encoding), least_left_over(content, other)
    return other if declared is None or found is None or found <= declared else None


def are_kin(encoding: str, other: str) -> bool:
    """Whether one of two encodings is likely to be named in the place of the other."""
    return any(encoding in family and other in family for family in (CYRILLIC, PAIRS))


def beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def has_controls_of_c1(text: str) -> bool:
    return _C1.search(text) is not None


def commonness(text: str) -> float:
    """The share of characters beyond ASCII that are common in Chinese; 1 where there are none.

    GB 2312 and Big5 have their common characters first (levels 1 of both). Read in the other's
    encoding, a text is rare characters and private ones.
    """
    shown = _NOT_ASCII.findall(text[:_LOOKED_AT])[:_JUDGED]
    return sum(map(_is_common, shown)) / len(shown) if shown else 1.0


@functools.cache
def _is_common(character: str) -> bool:
    for codec, last in _LEVELS_1:
        encoded = character.encode(codec, "ignore")
        if len(encoded) == 2 and encoded[0] <= last:
            return True
    return False
