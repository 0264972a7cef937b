"""Which encoding of one byte makes words of a page, judged by the alphabets of languages.

A detector that knows pairs of bytes needs some sentences to tell encodings of neighbours apart, or
leaves out encodings of small languages. But `ð` and `ø` are no letters of Lithuanian: read as
windows-1257 they are `š` and `ų`. So the encodings of a language compete by the characters that
its alphabet does not have.
"""

import functools

import numpy as np
import numpy.typing as npt

from filters.encodings import tables

LATIN = frozenset(
    (
        "windows-1250", "windows-1252", "windows-1254", "windows-1257", "ISO-8859-2", "ISO-8859-3",
        "ISO-8859-4", "ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16",
    )
)  # fmt: skip
_CYRILLIC = frozenset(
    ("windows-1251", "KOI8-R", "KOI8-U", "ISO-8859-5", "IBM866", "x-mac-cyrillic")
)
# They have letters for nearly every byte, so that names and typing errors of other languages fit.
_ONLY_IF_SAID = {"ISO-8859-4", "ISO-8859-14"}
# With ISO-8859-15 for its euro sign. Not in French, where its œ may be the half of windows-1252.
_CENTRAL, _WESTERN = "windows-1250 ISO-8859-2", "windows-1252 ISO-8859-15"
_RUSSIAN = "windows-1251 KOI8-R ISO-8859-5 IBM866 x-mac-cyrillic"
_UKRAINIAN = "windows-1251 KOI8-U ISO-8859-5 x-mac-cyrillic"
_CYRILLIC_LETTERS = "абвгдежзийклмнопрстуфхцчшщъьюя"

# Letters of a language beyond ASCII, those of its usual loan words included, and its encodings.
ALPHABETS = {
    "az": ("çğıİöşü", "windows-1254"),
    "be": (_CYRILLIC_LETTERS + "ёіўыэ", _UKRAINIAN),
    "bg": (_CYRILLIC_LETTERS, _RUSSIAN),
    "bs": ("čćđšž", _CENTRAL),
    "ca": ("àçéèíïóòúü", _WESTERN),
    "cs": ("áčďéěíňóřšťúůýž", _CENTRAL),
    "cy": ("áàâäéèêëíìîïóòôöúùûüẁẃŵẅýỳŷÿ", "windows-1252 ISO-8859-14"),
    "da": ("æøåéè", _WESTERN),
    "de": ("äöüßéè", _WESTERN),
    "eo": ("ĉĝĥĵŝŭ", "ISO-8859-3"),
    "es": ("áéíñóúü¡¿ªºç", _WESTERN),
    "et": ("äõöüšžé", "windows-1257 windows-1252 ISO-8859-15"),
    "eu": ("ñçüáéíóú", _WESTERN),
    "fi": ("äåöéšž", "windows-1252 ISO-8859-15"),
    "fr": ("àâæçéèêëîïôœùûüÿ", "windows-1252"),
    "ga": ("áéíóú", _WESTERN),
    "gl": ("áéíñóúüïç", _WESTERN),
    "hr": ("čćđšž", _CENTRAL),
    "hu": ("áéíóöőúüű", _CENTRAL),
    "is": ("áðéíóúýþæö", _WESTERN),
    "it": ("àèéìîòóù", _WESTERN),
    "lt": ("ąčęėįšųūž", "windows-1257 ISO-8859-13"),
    "lv": ("āčēģīķļņōŗšūž", "windows-1257 ISO-8859-13 ISO-8859-4"),
    "mk": (_CYRILLIC_LETTERS + "ѓѕјљњќџѐѝ", "windows-1251 ISO-8859-5"),
    "mt": ("ċġħżàèìòù", "ISO-8859-3"),
    "nl": ("éèëêïöüáóíú", _WESTERN),
    "no": ("æøåéèêóòô", _WESTERN),
    "pl": ("ąćęłńóśźż", _CENTRAL),
    "pt": ("áàâãçéêíóôõúüºª", _WESTERN),
    "ro": ("ăâîșțşţ", f"{_CENTRAL} ISO-8859-16"),
    "ru": (_CYRILLIC_LETTERS + "ёыэ", _RUSSIAN),
    "sk": ("áäčďéíĺľňóôŕšťúýž", _CENTRAL),
    "sl": ("čćđšž", _CENTRAL),
    "sq": ("çë", _WESTERN),
    "sr": (_CYRILLIC_LETTERS + "ђјљњћџčćđšž", f"windows-1251 ISO-8859-5 {_CENTRAL}"),
    "sv": ("åäöéà", _WESTERN),
    "tr": ("âçğıİîöşüû", "windows-1254"),
    "uk": (_CYRILLIC_LETTERS + "єіїґ", _UKRAINIAN),
}
_PUNCTUATION = "\xa0\xad«»‘’‚“”„‹›–—…•·°§©®™€№"
# What also stands in sound pages, but which the letters of other encodings look like.
_SYMBOLS = "¡¢£¤¥¦¨ª¬¯±²³´µ¶¸¹º¼½¾¿×÷†‡‰¨"


def best_fitting(content: bytes, guess: str, language: str | None) -> str:
    """The guess, or an encoding that fits the alphabet of the page's language better.

    If the language is not known, another encoding is better only if the guess fits no language and
    the other fits one without a character left over.

    Args:
      guess: the name of an encoding.
      language: two letters, if the page or its address says it.
    """
    family = next((family for family in (LATIN, _CYRILLIC) if guess in family), None)
    if family is None:
        return guess
    counts = _counts(content)
    if language in ALPHABETS:
        _, encodings = ALPHABETS[language]
        among = [guess, *(name for name in encodings.split() if name in family)]
        return min(among, key=lambda name: _left_over(counts, name, language))
    if any(
        guess in encodings.split() and not _left_over(counts, guess, name, _SYMBOLS)
        for name, (_, encodings) in ALPHABETS.items()
    ):
        return guess
    others = (
        encoding
        for name, (_, encodings) in ALPHABETS.items()
        for encoding in encodings.split()
        if encoding in family - _ONLY_IF_SAID and not _left_over(counts, encoding, name)
    )
    return next(others, guess)


def least_left_over(content: bytes, encoding: str) -> int | None:
    """How many bytes are no character of the language that fits a page best in an encoding.

    None if no language here is written in it.
    """
    counts = _counts(content)
    languages = (name for name, (_, known) in ALPHABETS.items() if encoding in known.split())
    return min((_left_over(counts, encoding, name) for name in languages), default=None)


def _counts(content: bytes) -> npt.NDArray[np.int64]:
    """How often each byte from 0x80 on occurs."""
    bytes_ = np.frombuffer(content, np.uint8)
    return np.bincount(bytes_[bytes_ >= 0x80] - 0x80, minlength=128)


def _left_over(counts: npt.NDArray[np.int64], encoding: str, language: str, more: str = "") -> int:
    """How many of the bytes, counted from 0x80 on, are no character of the language."""
    return int(counts @ _is_strange(encoding, language, more))


@functools.cache
def _is_strange(encoding: str, language: str, more: str) -> npt.NDArray[np.int64]:
    letters, _ = ALPHABETS[language]
    allowed = set(letters + letters.upper() + _PUNCTUATION + more)
    upper = tables.single_byte(encoding)[0x80:]
    return np.array([character not in allowed for character in upper], np.int64)
