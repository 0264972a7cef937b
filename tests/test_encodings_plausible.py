"""Pages whose declaration decodes without a fault and is wrong, and those where it is right."""

import pytest

from filters.encodings.pages import Decoded, decode_page
from filters.encodings.plausible import commonness, is_strange
from tests.language_pages import LANGUAGES


def text_of(language: str) -> str:
    return LANGUAGES[language][2]


def page(language: str, codec: str, declared: str, before: str = "") -> tuple[bytes, str]:
    text = f"<!DOCTYPE html><head><meta charset={declared}></head><p>{before}{text_of(language)}"
    return text.encode(codec), text


SIBLINGS = [
    ("pl", "cp1250", "iso-8859-2", "„Święta” – śnieg… "),
    ("cs", "cp1250", "iso-8859-2", "„Ťuk“ – žák… "),
    ("hu", "cp1250", "iso-8859-2", "„Ő” – "),
    ("sl", "cp1250", "iso-8859-2", "Žiga – "),
    ("ro", "cp1250", "iso-8859-16", "„A” – "),
    ("el", "cp1253", "iso-8859-7", "“Άνοιξη” – 5 € "),
    ("lt", "cp1257", "iso-8859-13", "„Ąžuolas“ – "),
    ("ar", "cp1256", "iso-8859-6", ""),
    ("he", "cp1255", "iso-8859-8", "“א” – "),
    ("he", "cp1255", "iso-8859-8-i", "5 € – "),
    ("fi", "cp1252", "iso-8859-15", "”Kyllä” – "),
]


@pytest.mark.parametrize(("language", "codec", "declared", "before"), SIBLINGS)
def test_c1_controls_show_the_encoding_of_windows_beside_iso_8859(
    language: str, codec: str, declared: str, before: str
) -> None:
    """Python's codecs are the oracle; browsers show controls, and `controls` removed letters."""
    content, text = page(language, codec, declared, before)
    encoding = codec.replace("cp", "windows-")
    assert decode_page(content) == Decoded(text, encoding, "detected", 0)
    assert decode_page(content, declared).text == text


def test_quotes_of_windows_among_letters_of_iso_8859_change_no_letter() -> None:
    content, text = page("pl", "iso8859_2", "iso-8859-2", "Q")
    mixed = content.replace(b"Q", b"\x84A\x94")
    assert decode_page(mixed).text == text.replace("Q", "\x84A\x94")


CYRILLIC = ["koi8_r", "cp1251", "iso8859_5", "cp866"]
NAMES = {"koi8_r": "koi8-r", "cp1251": "windows-1251", "iso8859_5": "iso-8859-5", "cp866": "ibm866"}


@pytest.mark.parametrize("language", ["ru", "bg"])
@pytest.mark.parametrize("codec", CYRILLIC)
@pytest.mark.parametrize("declared", CYRILLIC)
def test_cyrillic_is_read_under_the_name_of_another_encoding(
    language: str, codec: str, declared: str
) -> None:
    content, text = page(language, codec, NAMES[declared])
    found = decode_page(content)
    assert (found.text, found.replaced) == (text, 0)
    assert found.found == ("meta" if codec == declared else "detected")


EAST_ASIAN = [
    ("zh", "gbk", "big5"), ("zh", "gb18030", "big5-hkscs"), ("zh-TW", "big5", "gb2312"),
    ("zh-TW", "big5", "gbk"), ("ja", "euc_jp", "shift_jis"), ("ja", "cp932", "euc-jp"),
    ("ja", "cp932", "gb2312"), ("ko", "euc_kr", "shift_jis"), ("zh", "gbk", "shift_jis"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "codec", "declared"), EAST_ASIAN)
def test_private_and_rare_characters_show_another_encoding_of_east_asia(
    language: str, codec: str, declared: str
) -> None:
    content, text = page(language, codec, declared)
    assert decode_page(content)[0] == text
    assert decode_page(content, declared).found == "detected"


@pytest.mark.parametrize(
    ("language", "codec", "meta", "header"),
    [
        ("ru", "cp1251", "windows-1251", "iso-8859-1"),
        ("pl", "cp1250", "windows-1250", "iso-8859-1"),
        ("el", "cp1253", "windows-1253", "iso-8859-1"),
        ("ja", "cp932", "shift_jis", "iso-8859-1"),
        ("ko", "euc_kr", "euc-kr", "windows-1252"),
        ("de", "cp1252", "iso-8859-1", "windows-1251"),
    ],
)
def test_a_meta_that_the_bytes_agree_with_is_believed_rather_than_http(
    language: str, codec: str, meta: str, header: str
) -> None:
    content, text = page(language, codec, meta)
    found = decode_page(content, header)
    assert (found.text, found.found) == (text, "meta")


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("┌──────┐ │ меню │ └──────┘ " * 20, "cp866", "ibm866"),
        ("ЗАГОЛОВОК ГАЗЕТЫ И НИЧЕГО БОЛЬШЕ. " * 5, "cp1251", "windows-1251"),
        ("ЗАГОЛОВОК ГАЗЕТЫ И НИЧЕГО БОЛЬШЕ. " * 5, "koi8_r", "koi8-r"),
        ("ВКонтакте, СберБанк и КоАПП РФ, ГОСТы, МВДшник. " * 5, "cp1251", "windows-1251"),
        ("Price: 5 ± 1 µm, § 3 © 2004 " * 5, "cp1251", "windows-1251"),
        ("外字\ue000あり、日本語の文章です。" * 5, "cp932", "shift_jis"),
        ("饕餮魑魅魍魎", "gbk", "gb2312"),
        ("這是一個用國標擴展碼寫的繁體網頁，村民們每天早上把穀物帶到那裡。", "gbk", "gbk"),
        ("«Ligne» – “quoted” … œuvre", "cp1252", "iso-8859-1"),
        ("Żółć gęślą jaźń " * 5, "iso8859_2", "iso-8859-2"),
    ],
)
def test_what_is_declared_and_odd_is_read_as_browsers_read_it(
    text: str, codec: str, declared: str
) -> None:
    content = f"<meta charset={declared}><p>".encode() + (
        text.replace("\ue000", "") if codec == "cp932" else text
    ).encode(codec)
    if "\ue000" in text:
        content = content.replace("外字".encode(codec), "外字".encode(codec) + b"\xf0\x40")
    assert decode_page(content).text == f"<meta charset={declared}><p>{text}"
    assert decode_page(content).found == "meta"


def test_hz_and_iso_2022_kr_are_refused_under_any_name() -> None:
    for content in (
        ("<p>" + text_of("zh")).encode("hz"),
        ("<p>" + text_of("ko")).encode("iso2022_kr"),
        ("<meta charset=gb2312><p>" + text_of("zh")).encode("hz"),
    ):
        assert decode_page(content)[:2] == ("\ufffd", "replacement")
    scripts = b"<p>in ~{home}~ and ~{a}~} of $x = ~{list} " * 9
    assert decode_page(scripts).text == scripts.decode()


def test_common_characters_of_chinese_are_counted_in_both_writings() -> None:
    assert commonness("的一是不了人我在有他") == commonness("這個們來時說為國") == 1
    assert commonness("plain") == 1
    assert commonness("踏毞婌奻庈笢") < 0.6
    assert not is_strange(b"", "", "GBK")
