"""A guess at the encoding of a page that says none that fits: chardetng, which Firefox uses.

It weighs how often pairs of bytes occur in the languages that are written in an encoding, gives up
encodings that the bytes do not fit, and takes a hint of the page's country. We give it the country
of the language that the page says it is in, if there is one, else that of its address.
"""

import functools
import re

from resiliparse.parse.encoding import EncodingDetector as Uchardet

from filters.encodings import familiar, languages
from filters.encodings.alphabets import ALPHABETS, best_fitting
from filters.encodings.decoders import REPLACED, decode
from filters.encodings.labels import UTF_16BE, UTF_16LE, encoding_of
from filters.encodings.plausible import beyond_ascii, commonness, is_strange

# The country for each language that a page may say it is in. English is not here: templates say it
# whatever the language of a page is.
_COUNTRIES = {
    "ar": "sa", "az": "az", "be": "by", "bg": "bg", "bs": "ba", "ca": "es", "cs": "cz", "da": "dk",
    "de": "de", "el": "gr", "es": "es", "et": "ee", "eu": "es", "fa": "ir", "fi": "fi", "fr": "fr",
    "ga": "ie", "gl": "es", "he": "il", "hr": "hr", "hu": "hu", "is": "is", "it": "it", "iw": "il",
    "ja": "jp", "kk": "kz", "ko": "kr", "lt": "lt", "lv": "lv", "mk": "mk", "mt": "mt", "nb": "no",
    "nl": "nl", "no": "no", "pl": "pl", "pt": "pt", "ro": "ro", "ru": "ru", "sk": "sk", "sl": "si",
    "sq": "al", "sr": "rs", "sv": "se", "th": "th", "tr": "tr", "uk": "ua", "ur": "pk", "vi": "vn",
    "zh": "cn",
}  # fmt: skip
_LANGUAGES = {country: language for language, country in _COUNTRIES.items()} | {"es": "es"}
_LANGUAGE = re.compile(rb"<html\s(?:[^>]*?\s)?(?:xml:)?lang\s*=\s*[\"']?([a-z]{2})\b", re.I)
_TRADITIONAL = re.compile(rb"\blang\s*=\s*[\"']?zh[-_](?:hant|tw|hk|mo)", re.I)
_CHINESE = ("cn", "tw")
_FIT_BYTES = 1 << 16  # of a page that is read in each encoding of Chinese
_MAX_REPLACED = 0.02  # of the characters beyond ASCII in a reading
_WITHIN_BYTES = 4096
_PAIRS_PER_ZERO = 16  # so one pair in eight
_ZEROS_TO_ONE = 4  # some characters end with a zero, such as the Chinese one
_TAG, _WIDE_TAG = re.compile(rb"<[a-zA-Z/!?]"), re.compile(rb"<\0|\0<")
_ESCAPE = b"\x1b"
_TO_JAPANESE = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\([BJI]")
_KOREAN = b"\x1b$)C"  # announces ISO-2022-KR
_HZ = re.compile(rb"~\{((?:[!-w][!-~])+)~\}")
_HZ_PAIRS, _HZ_COMMON = 8, 0.9
_DETECTION_BYTES = 1 << 20  # of a page that detectors look at, at some 10 MB/s
_NAMES = {"cp874": "windows-874", "cp949": "EUC-KR"}  # Python's, which the bindings use
# In bytes of ISO-8859-15, `œ` and `Œ` in a word, `š` and `ž` between letters, the euro at a number.
_LATIN_9 = re.compile(
    rb"[a-z]\xbd[a-z]|\b\xbc[a-z]{2}|[A-Za-z][\xa8\xb8][a-z]|\d[ \xa0]?\xa4(?![\x80-\xff])"
    rb"|(?<![\x80-\xff])\xa4[ \xa0]?\d"
)
_LIGATURE = re.compile(rb"[a-z]\xbd[a-z]")
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")
_TOP_LEVEL = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?[^/?#:@]*\.([a-z][a-z0-9-]+)\.?(?:[:/?#]|$)"
)


def detect(content: bytes, url: str | None = None) -> str:
    """The encoding that the page most probably has; UTF-8 is none of the answers."""
    from chardetng_py import EncodingDetector

    language = _language(content)
    country = _COUNTRIES.get(language or "") or _country(url)
    if language == "zh" and _TRADITIONAL.search(content[:_WITHIN_BYTES]):
        country = "tw"
    detector = EncodingDetector()
    detector.feed(
        content[:_DETECTION_BYTES], last=False
    )  # a character that a crawler cut is no fault

    def guessed(country: str | None) -> str:
        name: str = detector.guess(tld=country.encode() if country else None, allow_utf8=False)
        return _named(name) or "windows-1252"

    guess = guessed(country)
    if country in _CHINESE:
        # The hint outweighs the bytes, and `zh` says nothing of simplified or traditional.
        guess = max(
            dict.fromkeys((guess, *map(guessed, _CHINESE))), key=functools.partial(_fit, content)
        )
        return _most_familiar(content, guess)
    if language not in ALPHABETS:
        language = _LANGUAGES.get(country or "")
    guess = best_fitting(content, guess, language)
    if language not in ALPHABETS:
        guess = languages.by_words(content, guess)
    return _most_familiar(content, _unknown_to_it(content, guess))


def _unknown_to_it(content: bytes, guess: str) -> str:
    """The guess, or x-mac-cyrillic or ISO-8859-15, which chardetng does not know.

    The former has all small letters but one where windows-1251 has them: read so, `я` is a capital
    inside of words. The latter differs from windows-1252 in eight characters: `c½ur` and `5 ¤` show
    it where no quotes of windows-1252 are.
    """
    if guess in ("windows-1252", "windows-1250"):
        shown = _LATIN_9 if guess == "windows-1252" else _LIGATURE
        is_latin_9 = shown.search(content) and not _OF_WINDOWS.search(content)
        return "ISO-8859-15" if is_latin_9 else guess
    text = decode(content[:_FIT_BYTES], guess)
    if guess == "windows-1251" and is_strange(content, text, guess):
        other = decode(content[:_FIT_BYTES], "x-mac-cyrillic")
        if not is_strange(content, other, "x-mac-cyrillic"):
            return "x-mac-cyrillic"
    return guess


def _fit(content: bytes, encoding: str) -> float:
    return commonness(decode(content[:_FIT_BYTES], encoding))


def _most_familiar(content: bytes, guess: str) -> str:
    """The guess, or the encoding of East Asia that makes a text of a page of which it makes none.

    A few words are often guessed as Cyrillic, or as another of these encodings.
    """
    content = content[:_FIT_BYTES]
    text = decode(content, guess)
    if guess in familiar.PAIRS:
        if not familiar.is_unfamiliar(text, guess):
            return guess
    elif not is_strange(content, text, guess):
        return guess
    readings = {name: decode(content, name) for name in familiar.PAIRS}
    found = {
        name: familiar.share(reading, name)
        for name, reading in readings.items()
        if reading.count(REPLACED) <= _MAX_REPLACED * beyond_ascii(reading)
        and familiar.reads_better(reading, name, text, guess)
    }
    return max(found, key=lambda name: found[name], default=guess)


def utf_16(content: bytes) -> str | None:
    """UTF-16LE or UTF-16BE, if the zeros of markup stand as in one of them.

    Markup is ASCII, of which every second byte is then zero. In pages of the 42 languages of our
    tests this holds for a quarter of the pairs of bytes or more.
    """
    if b"\0" not in content[:_WITHIN_BYTES]:
        return None
    head = content[:_WITHIN_BYTES]
    tags = len(_WIDE_TAG.findall(head))
    if tags == 0 or len(_TAG.findall(head)) > tags:
        return None
    first, second = head[::2].count(0), head[1::2].count(0)
    enough = len(head) // _PAIRS_PER_ZERO
    if second >= enough and first * _ZEROS_TO_ONE <= second:
        return UTF_16LE
    if first >= enough and second * _ZEROS_TO_ONE <= first:
        return UTF_16BE
    return None


def iso_2022_jp(content: bytes) -> bool:
    """Whether ASCII has the escape sequences of Japanese, which no other text has."""
    return _ESCAPE in content and content.isascii() and bool(_TO_JAPANESE.search(content))


def is_refused(content: bytes) -> bool:
    """Whether ASCII is Chinese in HZ or Korean in ISO-2022-KR, which browsers refuse to read."""
    if not content.isascii():
        return False
    if _KOREAN in content:
        return True
    pairs = b"".join(_HZ.findall(content)) if b"~{" in content else b""
    if len(pairs) < 2 * _HZ_PAIRS:
        return False
    return commonness(decode(bytes(byte | 0x80 for byte in pairs), "gb18030")) >= _HZ_COMMON


def second_opinion(content: bytes) -> str | None:
    """The encoding that uchardet takes a page for, which minds characters that are damaged less."""
    detector = Uchardet()
    detector.update(content[:_DETECTION_BYTES])
    return _named(detector.encoding(html5_compatible=False) or "")


def _named(name: str) -> str | None:
    return _NAMES.get(name) or encoding_of(name.replace("_", "-"))


def _language(content: bytes) -> str | None:
    found = _LANGUAGE.search(content[:_WITHIN_BYTES])
    return found[1].decode("ascii").lower() if found else None


def _country(url: str | None) -> str | None:
    found = _TOP_LEVEL.match(url.lower()) if url else None
    return found[1] if found else None
