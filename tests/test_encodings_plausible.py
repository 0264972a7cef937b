"""Pages whose declaration decodes without a fault and is wrong, and those where it is right."""

import pytest

from filters.encodings import familiar
from filters.encodings.decoders import decode
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


# Beginnings of made-up pages: a notice, a recipe, a way to the station.
SHORT = {
    "zh": [
        "图书馆明天上午九点开门，请带上你的借书证。",
        "先把水烧开，再放入面条和两个鸡蛋。",
        "从车站出来往左走，过了桥就是我们的学校。",
    ],
    "zh-TW": [
        "圖書館明天上午九點開門，請帶上你的借書證。",
        "先把水燒開，再放入麵條和兩個雞蛋。",
        "從車站出來往左走，過了橋就是我們的學校。",
    ],
    "ja": [
        "図書館は明日の午前九時に開館し、利用者証が必要です。",
        "先に湯を入れて、野菜と肉を一緒に十分間煮ます。",
        "東京駅の南口を出て左に曲がり、大通りを進むと小学校です。",
    ],
    "ko": [
        "도서관은 내일 오전 아홉 시에 문을 엽니다.",
        "먼저 물을 끓이고 국수와 달걀 두 개를 넣습니다.",
        "역에서 나와 왼쪽으로 가면 다리 건너 학교가 있습니다.",
    ],
}
WRITTEN = {
    "gbk": ("zh", "gb2312"),
    "big5": ("zh-TW", "big5"),
    "euc_jp": ("ja", "euc-jp"),
    "cp932": ("ja", "shift_jis"),
    "cp949": ("ko", "euc-kr"),
}
LABELS = ["gb2312", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr"]


@pytest.mark.parametrize("codec", WRITTEN)
@pytest.mark.parametrize("declared", [*LABELS, ""])
@pytest.mark.parametrize("number", range(3))
def test_a_sentence_of_east_asia_is_read_under_any_name(
    codec: str, declared: str, number: int
) -> None:
    language, own = WRITTEN[codec]
    meta = f"<meta charset={declared}>" if declared else ""
    text = f"<!DOCTYPE html><head>{meta}</head><body><p>{SHORT[language][number]}</p></body>"
    found = decode_page(text.encode(codec))
    assert found.text == text
    is_own = declared == own or (codec == "gbk" and declared == "gb18030")
    assert found.found == ("meta" if is_own else "detected")


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("家斗志昂", "gbk", "gb2312"),
        ("精巧嵌入", "gbk", "gbk"),
        ("饕餮魑魅魍魎，貔貅麒麟，鹪鹩鸬鹚，蝼蛄蚱蜢，骐骥驽骀，鳜鱼鲥鱼鲟鱼", "gbk", "gb18030"),
        ("払い! しかも払いOK! しっかり", "euc_jp", "euc-jp"),
        ("薔薇 檸檬 蒟蒻 躑躅 向日葵 蒲公英 紫陽花 鬱金香", "euc_jp", "euc-jp"),
        ("ｶﾀｶﾅ ﾊﾝｶｸ ﾃｽﾄ ﾍﾟｰｼﾞ ｺﾝﾋﾟｭｰﾀ", "cp932", "shift_jis"),
        ("ㅋㅋㅋㅋ ㅠㅠ 뷁 쀍 똠방각하 펲시콜라", "cp949", "euc-kr"),
        ("大韓民國 憲法 第一條 民主共和國 主權 國民", "cp949", "euc-kr"),
        ("日本語の文章を中国の符号で書いたページです。", "gbk", "gb2312"),
    ],
)
def test_rare_or_few_characters_do_not_refute_a_declaration(
    text: str, codec: str, declared: str
) -> None:
    page = f"<meta charset={declared}><title>{text}</title>"
    found = decode_page(page.encode(codec))
    assert (found.text, found.found) == (page, "meta")


def test_russian_and_thai_do_not_read_better_as_east_asian() -> None:
    for language, codec, encoding in [
        ("ru", "cp1251", "windows-1251"), ("ru", "koi8_r", "KOI8-R"), ("bg", "cp866", "IBM866"),
        ("th", "cp874", "windows-874"), ("el", "cp1253", "windows-1253"),
    ]:  # fmt: skip
        content = text_of(language).encode(codec, "ignore")
        own = content.decode(codec)
        assert not any(
            familiar.reads_better(decode(content, name), name, own, encoding)
            for name in familiar.PAIRS
        )


OTHER_SCRIPTS = [
    ("ja", "cp932"), ("ja", "euc_jp"), ("zh", "gbk"), ("zh-TW", "big5"), ("ko", "euc_kr"),
    ("ru", "cp1251"), ("ru", "koi8_r"), ("uk", "cp1251"), ("bg", "mac_cyrillic"), ("el", "cp1253"),
    ("he", "cp1255"), ("ar", "cp1256"), ("fa", "cp1256"), ("th", "cp874"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "codec"), OTHER_SCRIPTS)
@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "iso-8859-15", "windows-1254"])
def test_letters_that_no_latin_language_puts_together_are_those_of_another_script(
    language: str, codec: str, declared: str
) -> None:
    """A browser shows `Ïðèâåò`; a person who sees it chooses another encoding."""
    content, text = page(language, codec, declared)
    found = decode_page(content)
    assert (found.text, found.found, found.replaced) == (text, "misdeclared", 0)
    assert decode_page(content, declared).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Ã Â Ã Â ÃÂÃ ÃÂÃ ÃÂÃ ÃÂÃ ÃÂÃ ÃÂÃ ÃÂÃ",
        "•••••••••••••••••• Menú ••••••••••••••••••",
        "»»»»»»»»» ««««««««« ÉÈÀ ÉÈÀ",
        "Þetta er æðislegt, ævintýraþáttaröðin æ, óæðri þýðing",
        "¿¡¿¡ Qué ¡¿¡¿ «¡Olé!», «¿Sí?» – «“¡Ándale!”»",
    ],
)
def test_what_stands_together_in_pages_of_latin_letters_stays(text: str) -> None:
    content = f"<meta charset=windows-1252><p>{text}".encode("cp1252")
    assert decode_page(content).encoding == "windows-1252"


@pytest.mark.parametrize("language", [n for n, v in LANGUAGES.items() if v[1][0][0] == "latin_1"])
def test_languages_of_latin_letters_are_read_as_declared(language: str) -> None:
    content, text = page(language, "latin_1", "iso-8859-1")
    assert decode_page(content) == Decoded(text, "windows-1252", "meta", 0)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        ("Le cœur des bœufs, sœur aînée", "iso8859_15", "ISO-8859-15"),
        ("Das Buch kostet 12 € für Schüler", "iso8859_15", "ISO-8859-15"),
        ("Le prix : €15, après l’été", "cp1252", "windows-1252"),
        ("Ajoutez 1½ tasse, ¼ litre, ¾ été", "latin_1", "windows-1252"),
        ("Ünïted ¤ liste ¤ début", "latin_1", "windows-1252"),
    ],
)
def test_the_euro_of_iso_8859_15_is_known_undeclared(text: str, codec: str, encoding: str) -> None:
    found = decode_page(f"<p>{text}".encode(codec))
    assert (found.text, found.encoding) == (f"<p>{text}", encoding)


@pytest.mark.parametrize("language", ["ru", "uk", "bg", "be"])
def test_cyrillic_of_old_macintosh_is_known_undeclared(language: str) -> None:
    text = f"<p>{text_of(language)}"
    found = decode_page(text.encode("mac_cyrillic"))
    assert (found.text, found.encoding) == (text, "x-mac-cyrillic")
