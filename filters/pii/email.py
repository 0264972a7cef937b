"""E-mail addresses: in ASCII, internationalised, and written so that programs miss them.

An ASCII address is found whatever letters of other scripts touch it. An internationalised one (RFC
6531, RFC 5890) is told from the words around it by its script: letters with marks belong to Latin
words; other alphabets need a name and a domain that are whole words, and writing without spaces a
sign or space before the name. A top-level domain in another script must be one that exists.

`name (at) host (dot) org` needs a bracket around either word, or both in capitals: `at` and `dot`
alone are words of English.
"""

import re
import string

from filters.pii.places import AT_WORDS, Place

Span = tuple[int, int]

LOCAL_CHARACTERS = string.ascii_letters + string.digits + "._%+-'"
LOCAL_FIRST = string.ascii_letters + string.digits + "_"
DOMAIN = re.compile(r"(?=[A-Za-z0-9])(?:[A-Za-z0-9-]+\.)+(?:xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,})")
IMAGE_DENSITY = re.compile(r"[0-9.]+x\.(?:gif|jpe?g|png|svg|webp)", re.IGNORECASE)  # icon@2x.png

_LATIN = "\u0300-\u036f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
# Alphabets whose words stand apart, and writing without spaces, each as a class of characters.
_ALPHABETS = (
    "\u0370-\u03ff\u1f00-\u1fff", "\u0400-\u052f", "\u0531-\u0587", "\u0590-\u05f4",
    "\u0620-\u0669\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u200c",
    "\u0900-\u0963\u0966-\u097f\u200d",
    "\u0980-\u09ff", "\u0a00-\u0a7f", "\u0a80-\u0aff", "\u0b00-\u0b7f", "\u0b80-\u0bff",
    "\u0c00-\u0c7f", "\u0c80-\u0cff", "\u0d00-\u0d7f", "\u0d80-\u0dff", "\u10a0-\u10ff",
    "\u1200-\u135f", "\uac00-\ud7af",
)  # fmt: skip
_UNSPACED = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17dd\u3005\u3040-\u30ff\u3400-\u9fff"
# Top-level domains in other scripts. Source: IANA, Root Zone Database: those of countries, and the
# generic ones that many register under.
_TOP_LEVEL = (
    "рф", "рус", "москва", "дети", "онлайн", "сайт", "орг", "ком", "католик", "укр", "бел", "бг",
    "срб", "мкд", "мон", "қаз", "ею", "ελ", "ευ", "հայ", "გე", "ישראל", "קום",
    "مصر", "السعودية", "امارات", "الاردن", "الجزائر", "المغرب", "تونس", "فلسطين", "سوريا", "سورية",
    "سودان", "عمان", "عراق", "قطر", "البحرين", "موريتانيا", "اليمن", "لبنان", "ایران", "پاکستان",
    "بھارت", "ڀارت", "مليسيا", "شبكة", "موقع", "بازار", "كوم", "همراه", "عرب",
    "भारत", "भारतम्", "भारोत", "संगठन", "कॉम", "नेट", "ভারত", "বাংলা", "ভাৰত",
    "ਭਾਰਤ", "ભારત", "ଭାରତ",
    "இந்தியா", "இலங்கை", "சிங்கப்பூர்", "భారత్", "ಭಾರತ", "ഭാരതം", "ලංකා", "ไทย", "คอม", "ລາວ",
    "한국", "닷컴", "닷넷", "삼성", "中国", "中國", "台湾", "台灣", "香港", "澳門", "澳门",
    "新加坡", "公司", "网络", "網絡", "网址", "网站", "在线", "中文网", "集团", "政务", "公益",
    "商城", "商店", "手机", "移动", "世界", "机构", "组织机构", "企业", "信息", "我爱你", "佛山",
    "广东", "コム", "みんな", "ストア", "セール", "ファッション", "グーグル",
)  # fmt: skip

_LETTERS = f"A-Za-z0-9{_LATIN}{''.join(_ALPHABETS)}{_UNSPACED}"
_LABEL = rf"[{_LETTERS}](?:[{_LETTERS}-]{{0,61}}[{_LETTERS}])?"
_TOP = "|".join(sorted(_TOP_LEVEL, key=len, reverse=True))
# A domain with a label that is not ASCII; what follows a top-level domain is no letter of its kind.
_INTERNATIONAL_DOMAIN = re.compile(
    rf"(?:{_LABEL}\.){{1,6}}(?:(?:{_TOP})(?![{''.join(_ALPHABETS)}])"
    rf"|(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,63}})(?![A-Za-z0-9{_LATIN}]))"
)
_LATIN_LOCAL = re.compile(rf"[A-Za-z0-9{_LATIN}._%+'-]{{1,64}}\Z")
_ALPHABET_LOCAL = re.compile(
    "|".join(rf"(?:[0-9{a}][0-9{a}._+-]{{0,63}})" for a in _ALPHABETS).join(("(?:", r")\Z"))
)
_UNSPACED_LOCAL = re.compile(rf"(?<![^\s\W])[0-9A-Za-z{_UNSPACED}._+-]{{1,24}}\Z")
LOCAL_MAX = 64  # RFC 5321, 4.5.3.1.1

_AT = "|".join(sorted(map(re.escape, AT_WORDS), key=len, reverse=True))
_DOT = (
    "dot|punkt|punto|point|ponto|punt|prick|piste|kropka|tečka|tecka|bodka|pont|nokta|точка|крапка"
    "|ドット|점|点|點|[.·]"
)
_BRACKETED_AT = rf"[ ]?[\[({{<][ ]{{0,2}}(?:{_AT})[ ]{{0,2}}[\])}}>][ ]?"
_BRACKETED_DOT = rf"[ ]?[\[({{<][ ]{{0,2}}(?:{_DOT})[ ]{{0,2}}[\])}}>][ ]?"
_WORD = rf"[A-Za-z0-9{_LATIN}](?:[A-Za-z0-9{_LATIN}_-]{{0,62}}[A-Za-z0-9{_LATIN}])?"
_ASCII_TOP = r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
_SPACED_DOT = "[ ](?:dot|punkt|punto|point|ponto|точка)[ ]"
_DOTS = rf"(?:\.|{_BRACKETED_DOT}|{_SPACED_DOT})"
# Behind the place where a bracket opens, or a wide @ stands.
OBFUSCATED = re.compile(
    rf"(?:{_BRACKETED_AT}|[ ]?＠[ ]?)(?:{_WORD}{_DOTS}){{1,5}}{_ASCII_TOP}", re.IGNORECASE
)
OBFUSCATED_WORD = re.compile(rf"[ ]AT[ ](?:{_WORD}(?:[ ](?:DOT|dot)[ ]|\.)){{1,5}}{_ASCII_TOP}")
_DOTTED_LOCAL = re.compile(
    rf"(?<![A-Za-z0-9{_LATIN}])[A-Za-z0-9{_LATIN}_]"
    rf"(?:[A-Za-z0-9{_LATIN}._%+-]|{_BRACKETED_DOT}){{0,80}}\Z",
    re.IGNORECASE,
)


def email_spans(text: str, places: list[Place]) -> list[Span]:
    """Where the e-mail addresses of `text` are, of the places that have an `@` or a word for it."""
    spans: list[Span] = []
    start, end = 0, 0  # of the last address, or what looks like one
    searched = 0
    for place in places:
        at = place.end - 1
        if at < searched or at < end:
            continue
        if text[at] != "@":
            if found := _obfuscated(text, place, end):
                start, end = found
                spans.append(found)
            continue
        before = text[searched:at]
        local = before[len(before.rstrip(LOCAL_CHARACTERS)) :]
        touches = 0 < end == at - len(local)
        local = local[_first_of(local, LOCAL_FIRST) :]
        domain = DOMAIN.match(text, at + 1)
        if found := _international(text, at, max(end, searched), local, domain):
            start, end = found
            searched = end
            spans.append(found)
            continue
        if not local or domain is None or IMAGE_DENSITY.fullmatch(domain[0]):
            searched = at + 1
            continue
        if not touches:
            start = at - len(local)
        elif spans and spans[-1][0] == start:
            spans.pop()  # `a@b.org_c@d.org` is one hit, or else its stand-ins would form new ones
        searched = end = domain.end()
        spans.append((start, end))
    return spans


def _first_of(text: str, characters: str) -> int:
    return next((i for i, c in enumerate(text) if c in characters), len(text))


def _international(
    text: str, at: int, first: int, local: str, domain: re.Match[str] | None
) -> Span | None:
    """The address around an `@` if a part of it is not ASCII.

    Args:
      first: where it starts at the earliest.
      local: ASCII before the `@`.
      domain: ASCII behind it.
    """
    end = domain.end() if domain else 0
    wide = _INTERNATIONAL_DOMAIN.match(text, at + 1)
    is_wide = wide is not None and wide.end() > end and not wide[0].isascii()
    if wide and is_wide:
        end = wide.end()
    if not end:
        return None
    before = text[max(first, at - LOCAL_MAX) : at]
    latin = _LATIN_LOCAL.search(before)
    if latin and not latin[0].isascii():
        size = len(latin[0].lstrip("._%+'-"))
    elif local:
        size = len(local) if is_wide else 0
    else:
        whole = _ALPHABET_LOCAL.search(before) or (is_wide and _UNSPACED_LOCAL.search(before))
        size = len(whole[0].lstrip("._+-")) if whole else 0
        if size and text[at - size - 1 : at - size].isalnum():
            return None
    return (at - size, end) if size else None


def _obfuscated(text: str, place: Place, first: int) -> Span | None:
    at = place.start
    if text[at : at + 2] == "AT":
        rest = OBFUSCATED_WORD.match(text, at - 1)
        at -= 1
    else:
        at -= at > first and text[at - 1] == " "
        rest = OBFUSCATED.match(text, at)
    if rest is None:
        return None
    local = _DOTTED_LOCAL.search(text[max(first, at - 96) : at])
    return (at - len(local[0]), rest.end()) if local else None


def canonical_email(value: str) -> str:
    """The address as a program would write it."""
    plain = re.sub(f"{_BRACKETED_DOT}|{_SPACED_DOT}", ".", value, flags=re.IGNORECASE)
    return re.sub(rf"{_BRACKETED_AT}|[ ]?＠[ ]?|[ ]AT[ ]", "@", plain, flags=re.IGNORECASE).lower()
