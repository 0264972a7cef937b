"""Pages of many languages are read in their encoding, whether they declare it, and however."""

import hashlib
import unicodedata

import pytest

from filters.encodings.alphabets import best_fitting
from filters.encodings.pages import Decoded, decode_page
from tests.language_pages import LANGUAGES

CASES = [
    pytest.param(language, codec, encoding, id=f"{language} {codec}")
    for language, (_, codecs, _) in LANGUAGES.items()
    for codec, encoding in codecs
]
in_all_encodings = pytest.mark.parametrize(("language", "codec", "encoding"), CASES)
TONES = "\u0300\u0301\u0303\u0309\u0323"


def paragraph(language: str, codec: str) -> str:
    text = LANGUAGES[language][2]
    if codec != "cp1258":
        return text
    # windows-1258 has tones as characters of their own.
    characters = []
    for character in text:
        parts = unicodedata.normalize("NFD", character)
        tones = "".join(part for part in parts if part in TONES)
        letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in TONES))
        characters.append(letter + tones)
    return "".join(characters)


def page(language: str, codec: str, head: str = "", root: str = "<html>") -> tuple[bytes, str]:
    """A page's bytes, and its text."""
    text = f"<!DOCTYPE html>{root}<head>{head}</head><body><p>{paragraph(language, codec)}</p>"
    return text.encode(codec), text


def address(language: str) -> str:
    return f"https://www.example.{LANGUAGES[language][0]}/a?b=c.fr"


def test_there_are_as_many_languages_and_encodings_as_this_is_meant_to_cover() -> None:
    assert len(LANGUAGES) > 40
    assert len(CASES) > 70


@in_all_encodings
def test_http_says_the_encoding(language: str, codec: str, encoding: str) -> None:
    content, text = page(language, codec, "<meta charset=big5>")
    assert decode_page(content, encoding.lower()) == Decoded(text, encoding, "header", 0)


@in_all_encodings
@pytest.mark.parametrize("before", [0, 1000, 1200, 60_000])
def test_meta_says_the_encoding(language: str, codec: str, encoding: str, before: int) -> None:
    script = f"<script>{'x' * before}</script>"
    content, text = page(language, codec, f"{script}<meta charset='{encoding}'>")
    assert decode_page(content) == Decoded(text, encoding, "meta", 0)


@in_all_encodings
def test_http_says_utf_8_and_meta_knows_better(language: str, codec: str, encoding: str) -> None:
    content, text = page(language, codec, f"<meta charset={encoding}>")
    found = decode_page(content, "utf-8")
    # ISO-2022-JP is ASCII to who does not know its escape sequences.
    if codec != "iso2022_jp":
        assert found == Decoded(text, encoding, "meta", 0)


@in_all_encodings
@pytest.mark.parametrize("wrong", ["header", "meta", "nothing"])
def test_undeclared_or_wrongly_declared_pages_are_recognised(
    language: str, codec: str, encoding: str, wrong: str
) -> None:
    content, text = page(language, codec, "<meta charset=utf-8>" if wrong == "meta" else "")
    found = decode_page(content, "UTF-8" if wrong == "header" else None, address(language))
    if codec != "iso2022_jp" or wrong == "nothing":
        assert (found.text, found.found, found.replaced) == (text, "detected", 0)


@in_all_encodings
def test_the_language_that_a_page_says_is_as_good_as_its_country(
    language: str, codec: str, encoding: str
) -> None:
    content, text = page(language, codec, root=f'<html class=a lang="{language}">')
    assert decode_page(content, None, "https://www.example.com/").text == text


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_utf_8_needs_no_declaration_and_no_guess(language: str) -> None:
    content, text = page(language, "utf-8")
    assert decode_page(content) == Decoded(text, "UTF-8", "detected", 0)
    damaged = decode_page(content.replace(b"</p>", b"\xc3</p>\xe2\x82"))
    assert (damaged.encoding, damaged.replaced) == ("UTF-8", 2)
    assert damaged.text == text.replace("</p>", "\ufffd</p>\ufffd")


@pytest.mark.parametrize(
    ("content", "charset", "text", "encoding", "found"),
    [
        ("\ufeffä€".encode(), "iso-8859-1", "ä€", "UTF-8", "bom"),
        ("\ufeffжя".encode("utf-16-le"), None, "жя", "UTF-16LE", "bom"),
        ("\ufeffжя".encode("utf-16-be"), "utf-8", "жя", "UTF-16BE", "bom"),
        ("жя".encode("utf-16-le"), "utf-16", "жя", "UTF-16LE", "header"),
        ("ä €–".encode("cp1252"), "ISO-8859-1", "ä €–", "windows-1252", "header"),
        ("①日本".encode("cp932"), '"Shift_JIS"', "①日本", "Shift_JIS", "header"),
        ("한국어".encode("cp949"), "euc-kr, text/html", "한국어", "EUC-KR", "header"),
        ("ไทย€".encode("cp874"), "tis-620", "ไทย€", "windows-874", "header"),
        (b"<meta charset=utf-16>\xd0\xb6", "no-such", "<meta charset=utf-16>ж", "UTF-8", "meta"),
        ("<?xml version='1.0' encoding='koi8-r'?><p>жук".encode("koi8-r"), None,
         "<?xml version='1.0' encoding='koi8-r'?><p>жук", "KOI8-R", "xml"),
        # One character in ASCII says nothing against a declaration, nor for one.
        (b"a \xa9 b", "utf-8", "a © b", "windows-1252", "detected"),
        (b"plain", "windows-1251", "plain", "windows-1251", "header"),
        (b"plain", None, "plain", "UTF-8", "detected"),
        (b"", None, "", "UTF-8", "detected"),
        # In two bytes each, by all rules of UTF-8, but declared as one byte each.
        ("это".encode(), "windows-1252", "это", "UTF-8", "detected"),
        # What the page itself lost is nothing that the decoder put.
        ("a\ufffdb".encode(), "utf-8", "a\ufffdb", "UTF-8", "header"),
        # Encodings that browsers refuse, as they were used to hide markup.
        (b"~{VPND~}<script>", "hz-gb-2312", "\ufffd", "replacement", "header"),
    ],
)  # fmt: skip
def test_order_of_declarations(
    content: bytes, charset: str | None, text: str, encoding: str, found: str
) -> None:
    page = decode_page(content, charset)
    assert (page.text, page.encoding, page.found) == (text, encoding, found)


def test_a_literal_replacement_character_is_not_counted() -> None:
    content = "한\ufffd국어 한국어 한국어 한국어".encode() + b"\xed\x95"
    assert decode_page(content, "utf-8").replaced == 1


@pytest.mark.parametrize("size", [100, 1000, 10_000])
def test_bytes_of_no_encoding_are_not_taken_for_letters(size: int) -> None:
    found = decode_page(hashlib.shake_256(b"bytes").digest(size))
    assert (found.encoding, found.found) == ("UTF-8", "detected")
    assert found.replaced > len(found.text) / 4


@pytest.mark.parametrize("language", ["ja", "ko", "zh", "zh-TW"])
def test_a_character_cut_in_two_spoils_neither_the_guess_nor_its_neighbours(language: str) -> None:
    for codec, encoding in LANGUAGES[language][1]:
        if codec == "iso2022_jp":
            continue
        content, text = page(language, codec)
        found = decode_page(content.replace(b"</p>", b"\x95</p>"), None, address(language))
        assert found.encoding in (encoding, "gb18030")  # which has all characters of GBK
        assert found.text == text.replace("</p>", "\ufffd</p>")


def test_a_template_that_says_english_does_not_hide_the_country() -> None:
    content, text = page("lt", "cp1257", root='<html lang="en">')
    assert decode_page(content, None, address("lt")).text == text


@pytest.mark.parametrize(
    ("text", "codec", "guess", "language", "better"),
    [
        ("šių žmonių", "cp1257", "windows-1252", "lt", "windows-1257"),
        ("żółć", "iso8859_2", "windows-1250", "pl", "windows-1250"),  # the same bytes
        ("ąśź", "iso8859_2", "windows-1250", "pl", "ISO-8859-2"),
        ("šokolaad", "iso8859_15", "windows-1252", "et", "ISO-8859-15"),
        ("őrült fűző", "cp1250", "windows-1252", None, "windows-1250"),
        ("ĉiuĵaŭde", "iso8859_3", "windows-1250", "eo", "ISO-8859-3"),
        ("Größe ½ ±", "cp1252", "windows-1252", None, "windows-1252"),
        ("été", "cp1252", "windows-1252", "lt", "windows-1252"),  # no better in Lithuanian
        ("жук", "koi8_r", "windows-1251", "ru", "windows-1251"),  # letters either way
        ("Жук", "mac_cyrillic", "windows-1251", "ru", "x-mac-cyrillic"),
        ("한국", "euc_kr", "EUC-KR", "lt", "EUC-KR"),
    ],
)
def test_the_alphabet_of_a_language_chooses_among_its_encodings(
    text: str, codec: str, guess: str, language: str | None, better: str
) -> None:
    assert best_fitting(text.encode(codec), guess, language) == better
