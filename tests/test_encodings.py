"""Labels, tables and decoders are those of the Encoding Standard, and `<meta>` is found as it says.

The oracle for tables is Python's codecs, whose differences are counted and named; the standard's
own figures (entries of its indexes) hold the rest.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.encodings import prescan, tables
from filters.encodings.decoders import decode
from filters.encodings.labels import ENCODINGS, encoding_of, encoding_of_markup

PAIRS = [bytes((lead, second)) for lead in range(0x81, 0xFF) for second in range(0x40, 0xFF)]


def test_labels_are_those_of_the_standard() -> None:
    labels = [label for name, more in ENCODINGS.items() for label in {name.lower(), *more.split()}]
    assert (len(ENCODINGS), len(labels), len(set(labels))) == (40, 228, 228)
    assert all(label == label.lower().strip() for label in labels)


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        (" Latin1\t", "windows-1252"), ("ASCII", "windows-1252"), ("iso-8859-9", "windows-1254"),
        ("GB2312", "GBK"), ("ks_c_5601-1987", "EUC-KR"), ("x-sjis", "Shift_JIS"),
        ("iso-8859-11", "windows-874"), ("hz-gb-2312", "replacement"), ("unicode", "UTF-16LE"),
        ("utf-7", None), ("cp949", None), ("utf_8", None), ("latin\xa01", None), ("", None),
    ],
)  # fmt: skip
def test_label(label: str, encoding: str | None) -> None:
    assert encoding_of(label) == encoding


def test_markup_that_could_be_read_says_neither_utf_16_nor_x_user_defined() -> None:
    assert encoding_of_markup("utf-16") == encoding_of_markup("utf-16be") == "UTF-8"
    assert encoding_of_markup("x-user-defined") == "windows-1252"


def test_tables_have_as_many_characters_as_the_indexes_of_the_standard() -> None:
    sizes = {
        name: int((tables.pair_tables(name).pairs != 0).sum()) for name in ("EUC-KR", "gb18030")
    }
    assert sizes == {"EUC-KR": 17_048, "gb18030": 23_940}
    big5 = tables.pair_tables("Big5").pairs
    assert ((big5 != 0).sum(), (big5 < 0).sum()) == (18_590 + 4, 4)
    assert (tables.jis0208() != 0).sum() == 7_724
    assert (tables.pair_tables("EUC-JP").after_8f != 0).sum() == 6_067


def differences(encoding: str, codec: str) -> dict[bytes, tuple[str | None, str | None]]:
    """The pairs of bytes that Python decodes otherwise, with its characters and ours."""

    def python(pair: bytes) -> str | None:
        try:
            return pair.decode(codec)
        except UnicodeDecodeError:
            return None

    def ours(pair: bytes) -> str | None:
        text = decode(pair, encoding)
        return None if "\ufffd" in text else text

    both = {pair: (python(pair), ours(pair)) for pair in PAIRS}
    return {pair: texts for pair, texts in both.items() if texts[0] != texts[1]}


def test_pairs_of_korean_and_japanese_are_those_of_windows() -> None:
    assert differences("EUC-KR", "cp949") == {}
    # Python's cp932 has these bytes as characters of their own.
    alone = {0xA0, 0xFD, 0xFE}
    assert all(alone & set(pair) for pair in differences("Shift_JIS", "cp932"))


def test_pairs_of_chinese_are_those_of_python_but_for_private_use() -> None:
    found = differences("gb18030", "gb18030")
    assert len(found) <= 20
    assert all("\ue000" <= python < "\uf900" for python, _ in found.values() if python)


def test_rows_of_nec_and_ibm_stand_at_the_same_places_in_the_japanese_encodings() -> None:
    for row in (13, *range(89, 93)):
        for cell in range(1, 95):
            lead, odd = divmod(row - 1, 2)
            lead += 0x81 if lead < 31 else 0xC1
            second = cell + (0x9E if odd else 0x3F + (cell > 63))
            character = decode(bytes((lead, second)), "Shift_JIS")
            if "\ufffd" in character:
                continue
            assert decode(bytes((row + 0xA0, cell + 0xA0)), "EUC-JP") == character
            iso = b"\x1b$B" + bytes((row + 0x20, cell + 0x20)) + b"\x1b(B"
            assert decode(iso, "ISO-2022-JP") == character


@pytest.mark.parametrize(
    ("encoding", "content", "text"),
    [
        ("EUC-JP", b"\xad\xa1\xad\xb5\x8e\xb1\x8f\xb0\xa1\xa1\xc1", "①Ⅰｱ丂～"),
        ("ISO-2022-JP", b"\x1b$B-!F|\x1b(I1\x1b(J\\~\x1b(B\\~", "①日ｱ¥‾\\~"),
        ("Shift_JIS", b"\x80\xb1\x87\x40\xf0\x40\xfa\x40", "\x80ｱ①\ue000ⅰ"),
        ("EUC-KR", b"\x8c\x63\xb9\xe6", "똠방"),
        ("Big5", b"\x88\x62\x88\xa5\x87\x40\xa4\xa4", "Ê̄ê̌䏰中"),
        ("GBK", b"\x80\x81\x30\x81\x30\x84\x31\xa4\x37\x90\x30\x81\x30", "€\x80\ufffd\U00010000"),
        ("gb18030", b"\xa6\xd9\xfe\x59\xa8\xbc\x81\x35\xf4\x37", "\ufe10\u9fb4\u1e3f\ue7c7"),
        ("KOI8-U", b"\xae\xbe\xa4\xad", "ўЎєґ"),
        ("macintosh", b"\x8e\xdb", "é€"),
        ("x-mac-cyrillic", b"\x80\xdf\xff\xa2\xb6", "Ая€Ґґ"),
        ("windows-1252", b"\x80\x81\x8d\x9d\xe9", "€\x81\x8d\x9dé"),
        ("windows-874", b"\x80\x81\xa1\xdb", "€\x81ก\ufffd"),
        ("windows-1255", b"\xca\xd9\xe0", "\u05ba\ufffdא"),
        ("ISO-8859-8-I", b"\xe0\xdf", "א‗"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("replacement", b"<p>text</p>", "\ufffd"),
        ("UTF-16LE", b"a\x00\x00\xd8b\x00\x3d\xd8\x00\xdec", "a\ufffdb\U0001f600\ufffd"),
    ],
)  # fmt: skip
def test_characters_that_pythons_codecs_lack_or_read_otherwise(
    encoding: str, content: bytes, text: str
) -> None:
    assert decode(content, encoding) == text


@pytest.mark.parametrize(
    ("encoding", "content", "text"),
    [
        ("EUC-JP", b"\xad<p>\xc6\xfc\xff\xcb\xdc\x8f\xa1<\xc6", "\ufffd<p>日\ufffd本\ufffd<\ufffd"),
        ("Shift_JIS", b"\x81<\x93\xfa\xa0\xfd\x81\xfd\x96\x7b", "\ufffd<日\ufffd\ufffd\ufffd本"),
        ("EUC-KR", b"\xc7<p>\xc7\xd1\xff\xc7", "\ufffd<p>한\ufffd\ufffd"),
        ("Big5", b"\xa4<p>\xa4\xa4\x81\x7f\xa4", "\ufffd<p>中\ufffd\x7f\ufffd"),
        ("GBK", b"\xd6\n<\xd6\xd0\xff\x81\x30<\x81\x30\x81", "\ufffd\n<中\ufffd\ufffd0<\ufffd"),
        ("gb18030", b"\x81\x30\x81<\x81\x30\xff\xff\x30", "\ufffd0\ufffd<\ufffd0\ufffd\ufffd0"),
        ("ISO-2022-JP", b"\x1b$BF|\nK\\\x1b(B<\x1b[>\xe9", "日\ufffd本<\ufffd[>\ufffd"),
        ("ISO-2022-JP", b"\x1b$B\x1b(Ba\x1b$BF\x1b(Bb\x0e", "\ufffda\ufffdb\ufffd"),
        ("UTF-8", b"\xe2\x82<\xf0\x9f\x98\x80\xed\xa0\x80>", "\ufffd<😀\ufffd\ufffd\ufffd>"),
    ],
)  # fmt: skip
def test_bytes_that_do_not_fit_take_no_ascii_with_them(
    encoding: str, content: bytes, text: str
) -> None:
    assert decode(content, encoding) == text


ASCII_COMPATIBLE = sorted(set(ENCODINGS) - {"UTF-16LE", "UTF-16BE", "replacement", "ISO-2022-JP"})


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@given(content=st.binary(max_size=40))
def test_any_bytes_decode_in_any_encoding(encoding: str, content: bytes) -> None:
    text = decode(content, encoding)
    text.encode()  # no surrogates
    assert len(text) <= len(content)


@pytest.mark.parametrize("encoding", ASCII_COMPATIBLE)
@given(content=st.binary(max_size=30))
def test_what_follows_any_bytes_is_read_alike(encoding: str, content: bytes) -> None:
    """Two line ends leave no character open."""
    assert decode(content + b"\n\n<p>", encoding) == decode(content + b"\n", encoding) + "\n<p>"


META = b"<meta charset=koi8-r>"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (META, "KOI8-R"),
        (b"<META CharSet = ' KOI8-R ' >", "KOI8-R"),
        (b"<meta/charset=\"koi8-r\"/>", "KOI8-R"),
        (b"<meta name=a charset=koi8-r charset=big5>", "KOI8-R"),
        (b"<meta http-equiv=content-type content='text/html; charset=koi8-r'>", "KOI8-R"),
        (b"<meta content='text/html; charset = \"koi8-r\"' HTTP-EQUIV='Content-Type'>", "KOI8-R"),
        (b"<meta http-equiv=content-type content='charset; charset=koi8-r;x'>", "KOI8-R"),
        (b"<meta http-equiv=content-type content='charset=\"koi8-r'>", None),
        (b"<meta content='text/html; charset=koi8-r'>", None),
        (b"<meta http-equiv=refresh content='0; charset=koi8-r'>", None),
        (b"<meta http-equiv=content-type content='charset=big5' charset=koi8-r>", "KOI8-R"),
        (b"<meta charset=nonsense><meta charset=koi8-r>", "KOI8-R"),
        (b"<meta charset=utf-16be>", "UTF-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<!-- <meta charset=big5> -->" + META, "KOI8-R"),
        (b"<!-->" + META, "KOI8-R"),
        (b"<!-- <meta charset=big5>", None),
        (b"<p title='<meta charset=big5>'>" + META, "KOI8-R"),
        (b"<p title=\"><meta charset=big5>\"/>" + META, "KOI8-R"),
        (b"</p title='<meta charset=big5>'>" + META, "KOI8-R"),
        (b"<!doctype '<meta charset=big5>" + META, "KOI8-R"),
        (b"<?php <meta charset=big5 ?>" + META, "KOI8-R"),
        (b"<metal charset=big5>" + META, "KOI8-R"),
        (b"< meta charset=big5>" + META, "KOI8-R"),
        (b"<meta charset=koi8-r", None),
        (b"<meta charset='koi8-r>", None),
        (b"<p a='" + META, None),
        (b"<meta =charset=big5 charset=koi8-r>", "KOI8-R"),
        # The prescan knows no elements, so that a script hides nothing.
        (b"<script>'<meta charset=big5>'</script>" + META, "Big5"),
        (b" " * 1003 + META, "KOI8-R"),
        (b" " * 1004 + META, None),
    ],
)  # fmt: skip
def test_prescan(content: bytes, encoding: str | None) -> None:
    assert prescan.early(content) == encoding


FAR = b"<p>" + b"x" * 1100


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (FAR + META, "KOI8-R"),
        (b" " * 1010 + META, "KOI8-R"),  # begins early, ends late
        (FAR + b"<script>'<meta charset=big5>'</SCRIPT>" + META, "KOI8-R"),
        (FAR + b"<title><meta charset=big5></title><!--<meta charset=big5>-->" + META, "KOI8-R"),
        (FAR + b"<script><meta charset=big5>", None),
        (FAR + b"<a title='" + META, None),
    ],
)
def test_late_meta(content: bytes, encoding: str | None) -> None:
    assert prescan.late(content) == encoding


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"<?xml version='1.0' encoding='koi8-r'?>", "KOI8-R"),
        (b'<?xml version="1.0" encoding = "utf-16"?>', "UTF-8"),
        (b" <?xml version='1.0' encoding='koi8-r'?>", None),
        (b"<?xml version='1.0'?><p encoding='koi8-r'>", None),
        (b"<\0?\0x\0", "UTF-16LE"),
        (b"\0<\0?\0x", "UTF-16BE"),
    ],
)
def test_xml_declaration(content: bytes, encoding: str | None) -> None:
    assert prescan.xml_declaration(content) == encoding


@pytest.mark.parametrize("find", [prescan.early, prescan.late, prescan.xml_declaration])
@given(
    pieces=st.lists(
        st.sampled_from(
            [b"<meta ", b"charset=", b"big5", b"'", b'"', b">", b"<!--", b"-->", b"<p ", b"</",
             b"=", b"<script>", b"</script>", b"<?xml encoding=", b"\xff", b" ", b"x" * 1100]
        )
    )
)  # fmt: skip
def test_any_markup_is_searched_to_its_end(
    find: Callable[[bytes], str | None], pieces: list[bytes]
) -> None:
    assert find(b"".join(pieces)) in (None, "Big5")
