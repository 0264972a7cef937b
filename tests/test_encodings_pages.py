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
    assert found == Decoded(text, encoding, "meta", 0)


@in_all_encodings
@pytest.mark.parametrize("wrong", ["header", "meta", "nothing"])
def test_undeclared_or_wrongly_declared_pages_are_recognised(
    language: str, codec: str, encoding: str, wrong: str
) -> None:
    content, text = page(language, codec, "<meta charset=utf-8>" if wrong == "meta" else "")
    found = decode_page(content, "UTF-8" if wrong == "header" else None, address(language))
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


DECLARED = [None, "utf-8", "iso-8859-1", "windows-1251", "koi8-r", "gb2312", "shift_jis", "utf-16"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_neither_mark_nor_declaration(language: str, codec: str) -> None:
    """Its zeros tell, whatever the page or its header say; of the page, what nobody could read."""
    for declared in DECLARED:
        content, text = page(language, codec, f"<meta charset='{declared}'>")
        for before in ("", "\r\n\r\n"):
            found = decode_page(before.encode(codec) + content, declared)
            assert (found.text, found.replaced) == (before + text, 0)
            assert found.encoding.lower() == codec.replace("16-", "16")
        cut = decode_page(content[:-1], declared)
        assert (cut.text, cut.replaced) == (text[:-1] + "\ufffd", 1)


def test_zeros_in_other_pages_make_no_utf_16() -> None:
    for text in ("<p>a\0b" * 9, "<p>жук\0\0" * 9, "\0" * 99, "<p>" + "\0a" * 3 + "word " * 200):
        assert decode_page(text.encode(), "utf-8").text == text


@pytest.mark.parametrize("declared", DECLARED[1:-1])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_pages_in_utf_8_cut_or_damaged_stay_utf_8(language: str, declared: str) -> None:
    """As crawlers cut them, in the middle of a character, and as programs damage a byte."""
    content, text = page(language, "utf-8")
    last = max(at for at, character in enumerate(text) if not character.isascii())
    cut = text[:last].encode() + text[last].encode()[:1]
    damaged = content.replace(b"<p>", b"<p>\xff")
    one_byte = not declared.startswith(("gb", "shift"))
    several = sum(not character.isascii() for character in text)
    for given, expected in (
        (cut, text[:last] + "\ufffd"),
        (damaged, text.replace("<p>", "<p>\ufffd")),
    ):
        if several > 12 or (one_byte and given is cut):
            for content in (given, b"<meta charset=%b>" % declared.encode() + given):
                found = decode_page(content, declared)
                assert (found.encoding, found.replaced) == ("UTF-8", 1)
                assert found.text.endswith(expected)


def test_a_cut_character_alone_proves_nothing() -> None:
    """An accented letter at the end of a page in one byte each looks like a cut character."""
    found = decode_page(b"<p>un caf\xe9", "windows-1252")
    assert (found.text, found.encoding) == ("<p>un café", "windows-1252")


@pytest.mark.parametrize("declared", ["utf-8", "shift_jis", "euc-jp", "iso-8859-1", "us-ascii"])
def test_escape_sequences_of_japanese_are_known_under_any_name(declared: str) -> None:
    content, text = page("ja", "iso2022_jp", f"<meta charset={declared}>")
    for charset in (None, "utf-8", declared):
        assert decode_page(content, charset) == Decoded(text, "ISO-2022-JP", "detected", 0)
    colours = b"<pre>\x1b[31mred\x1b[0m \x1b$Bx"
    assert decode_page(colours, declared).text == colours.decode()


def test_a_page_that_says_gb_2312_may_hold_all_of_gb_18030() -> None:
    text = "<p>" + LANGUAGES["zh"][2] + "𠀀㐀€"
    for charset in ("gb2312", "GB_2312-80", "x-gbk", "gb-2312"):
        found = decode_page(text.encode("gb18030"), charset)
        assert (found.text, found.found) == (text, "header")


@pytest.mark.parametrize(
    ("label", "codec", "encoding"),
    [
        ("utf_8", "utf-8", "UTF-8"), ("utf 8", "utf-8", "UTF-8"),
        ("charset=utf8", "utf-8", "UTF-8"),
        ("utf8mb4", "utf-8", "UTF-8"), ("win-1251", "cp1251", "windows-1251"),
        ("windows1251", "cp1251", "windows-1251"), ("cp-1251", "cp1251", "windows-1251"),
        ("cp1251; x", "cp1251", "windows-1251"), ("KOI8_R", "koi8_r", "KOI8-R"),
    ],
)  # fmt: skip
def test_misspelt_labels_mean_what_they_say(label: str, codec: str, encoding: str) -> None:
    content, text = page("ru", codec, f'<meta charset="{label}">')
    assert decode_page(content) == Decoded(text, encoding, "meta", 0)
    content, text = page("ru", codec)
    assert decode_page(content, label) == Decoded(text, encoding, "header", 0)


@in_all_encodings
def test_of_two_declarations_the_first_that_fits_counts(
    language: str, codec: str, encoding: str
) -> None:
    other = "utf-8" if codec != "utf-8" else "big5"
    content, text = page(language, codec, f"<meta charset={encoding}><meta charset={other}>")
    for header in (None, "utf-8", "no-such"):
        assert decode_page(content, header) == Decoded(text, encoding, "meta", 0)


@pytest.mark.parametrize("lang", ["zh", "zh-TW", "zh-CN", "zh-Hans"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("這是一個關於河邊磨坊的網頁，村民們每天早上把穀物帶到那裡。", "big5"),
        ("这是一个关于河边磨坊的网页，村民们每天早上把谷物带到那里。", "gb18030"),
    ],
)
def test_chinese_is_told_by_its_common_characters(lang: str, text: str, encoding: str) -> None:
    """`zh` was read as simplified Chinese: rare characters and private ones, none replaced."""
    page = f'<html lang="{lang}"><p>'.encode() + text.encode(encoding)
    assert text in decode_page(page).text


def test_a_euro_sign_tells_latin_9_from_latin_1() -> None:
    page = '<html lang="de"><p>Öl für 5 €'
    assert decode_page(page.encode("iso-8859-15")).text == page
    assert decode_page(page.encode("windows-1252")).text == page
    half = '<html lang="fr"><p>½ tasse de crème'
    assert decode_page(half.encode("windows-1252")).text == half


@pytest.mark.parametrize(
    "text",
    [
        "The museum is open every day, and a ticket is £7.",
        "Bake the bread at 220°C, with ¾ cup of milk on the shelf below.",
        "Behind the old façade there is a small garden.",
        "©1998 Orchard Press. All rights are reserved by the authors.",
        "The filter stops every grain that is larger than 12 µm.",
        "He said “the ship was late” and left the harbour.",
        "Un billet pour le musée coûte 7 £ le dimanche.",
        "De kaart kost ¥900 en is op het station te koop.",
        "Tiketi ya basi ni £3 kwa watu wote wa mji huu.",
        "Harga tiket ½ dari harga biasa untuk semua anak.",
    ],
)
@pytest.mark.parametrize("root", ["<html>", "<html lang=en>"])
def test_a_few_bytes_in_a_western_language_are_windows_1252(text: str, root: str) -> None:
    content = f"{root}<title>x</title><script>var é = 1</script><p>{text}".encode("cp1252")
    page = decode_page(content, None, "https://www.example.com/")
    assert text in page.text
    assert page.encoding == "windows-1252"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        ("Bilet do muzeum kosztuje siedem złotych.", "cp1250", "windows-1250"),
        ("Vstupenka do muzea stojí v neděli sedm korun.", "cp1250", "windows-1250"),
        ("Karta za muzej košta sedam kuna, a djeca ne plaćaju ništa.", "iso8859_2", "ISO-8859-2"),
        ("A múzeum minden nap nyitva van, a belépő hét euró.", "cp1250", "windows-1250"),
        ("Biletul la muzeu costă şapte lei în fiecare zi.", "cp1250", "windows-1250"),
        ("Bilietas į muziejų kainuoja septynis eurus.", "cp1257", "windows-1257"),
        ("Biļete uz muzeju maksā septiņus eiro.", "cp1257", "windows-1257"),
        ("Müzenin giriş ücreti pazar günleri yedi liradır.", "cp1254", "windows-1254"),
        ("La bileto al la muzeo kostas sep eŭrojn ĉiun tagon.", "iso8859_3", "ISO-8859-3"),
    ],
)
def test_a_sentence_tells_its_encoding_by_its_language(
    text: str, codec: str, encoding: str
) -> None:
    page = decode_page(f"<p>{text}".encode(codec), None, "https://www.example.com/")
    assert (page.text, page.encoding) == (f"<p>{text}", encoding)


@pytest.mark.parametrize("text", ["a © b", "17 ½", "£5"])
def test_signs_that_stand_in_no_word_are_those_of_windows_1252(text: str) -> None:
    assert decode_page(text.encode("cp1252")).text == text


def test_lone_bytes_in_ascii_are_no_doubt_of_text_in_another_script() -> None:
    for text, codec in (("我们今天去图书馆看书", "gbk"), ("Сегодня мы идём в музей", "cp1251")):
        content = f"<p>We went to the library. {text}</p>".encode(codec)
        assert text in decode_page(content, None, "https://www.example.com/").text
