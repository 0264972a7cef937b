"""The names of encodings, and the labels by which pages call them.

Source: https://encoding.spec.whatwg.org/#names-and-labels, all 228 labels.
"""

import re

UTF_8, REPLACEMENT, USER_DEFINED = "UTF-8", "replacement", "x-user-defined"
UTF_16LE, UTF_16BE = "UTF-16LE", "UTF-16BE"
ISO_2022_JP = "ISO-2022-JP"

# Every encoding, and its labels besides its own name.
ENCODINGS = {
    "UTF-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8",
    "IBM866": "866 cp866 csibm866",
    "ISO-8859-2": "csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "ISO-8859-3": "csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "ISO-8859-4": "csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "ISO-8859-5": (
        "csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988"
    ),
    "ISO-8859-6": (
        "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e "
        "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
    ),
    "ISO-8859-7": (
        "csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597 "
        "iso_8859-7 iso_8859-7:1987 sun_eu_greek"
    ),
    "ISO-8859-8": (
        "csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 iso88598 "
        "iso_8859-8 iso_8859-8:1988 visual"
    ),
    "ISO-8859-8-I": "csiso88598i logical",
    "ISO-8859-10": "csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "ISO-8859-13": "iso8859-13 iso885913",
    "ISO-8859-14": "iso8859-14 iso885914",
    "ISO-8859-15": "csisolatin9 iso8859-15 iso885915 iso_8859-15 l9",
    "ISO-8859-16": "",
    "KOI8-R": "cskoi8r koi koi8 koi8_r",
    "KOI8-U": "koi8-ru",
    "macintosh": "csmacintosh mac x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620",
    "windows-1250": "cp1250 x-cp1250",
    "windows-1251": "cp1251 x-cp1251",
    "windows-1252": (
        "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
        "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252"
    ),
    "windows-1253": "cp1253 x-cp1253",
    "windows-1254": (
        "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 "
        "l5 latin5 x-cp1254"
    ),
    "windows-1255": "cp1255 x-cp1255",
    "windows-1256": "cp1256 x-cp1256",
    "windows-1257": "cp1257 x-cp1257",
    "windows-1258": "cp1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-ukrainian",
    "GBK": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk",
    "gb18030": "",
    "Big5": "big5-hkscs cn-big5 csbig5 x-x-big5",
    "EUC-JP": "cseucpkdfmtjapanese x-euc-jp",
    "ISO-2022-JP": "csiso2022jp",
    "Shift_JIS": "csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis",
    "EUC-KR": (
        "cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
        "windows-949"
    ),
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr",
    "UTF-16BE": "unicodefffe",
    "UTF-16LE": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16",
    "x-user-defined": "",
}

_BY_LABEL = {
    label: name for name, more in ENCODINGS.items() for label in (name.lower(), *more.split())
}
_BLANKS = "\t\n\f\r "

# Names of code pages by those who know them from Windows, Java or databases.
_CODE_PAGES = {
    "cp874": "windows-874", "cp932": "Shift_JIS", "cp936": "GBK", "cp949": "EUC-KR",
    "cp950": "Big5", "ms874": "windows-874", "ms936": "GBK", "ms949": "EUC-KR", "ms950": "Big5",
    "uhc": "EUC-KR", "eucgb2312": "GBK", "euccn": "GBK", "cpgb2312": "GBK", "utf8mb4": UTF_8,
    "utf8mb3": UTF_8, "tis62011": "windows-874",
    **{f"win{page}": f"windows-{page}" for page in range(1250, 1259)},
    **{f"ms{page}": f"windows-{page}" for page in range(1250, 1259)},
}  # fmt: skip
_NO_LETTER_OR_DIGIT = re.compile("[^a-z0-9]+")
_BY_SQUEEZED_LABEL = {_NO_LETTER_OR_DIGIT.sub("", label): _BY_LABEL[label] for label in _BY_LABEL}


def encoding_of(label: str) -> str | None:
    """The name of the encoding that a label means; None if it means none."""
    return _BY_LABEL.get(label.strip(_BLANKS).lower())


def meant_by(label: str) -> str | None:
    """The same for labels that the standard does not know, but people: `utf_8`, `win-1251`.

    Signs and blanks in a label are passed over, and what is not the label: `charset=`, or a
    semicolon and all behind it. Differs: browsers take such a page for undeclared.
    """
    if name := encoding_of(label):
        return name
    squeezed = _NO_LETTER_OR_DIGIT.sub("", label.split(";")[0].lower()).removeprefix("charset")
    return _BY_SQUEEZED_LABEL.get(squeezed) or _CODE_PAGES.get(squeezed)


def encoding_of_markup(label: str) -> str | None:
    """The same for a label that a page states in its own markup.

    Whoever could read the markup was not reading UTF-16, and x-user-defined is no text.
    """
    name = meant_by(label)
    if name in (UTF_16LE, UTF_16BE):
        return UTF_8
    return "windows-1252" if name == USER_DEFINED else name
