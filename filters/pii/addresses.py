"""Addresses of computers, and the names and passwords that stand in URLs.

An IP address is a globally routable one that stands for itself: no part of a longer dotted number,
no version, no section number, no object identifier. Versions with four parts look the same, so
small numbers count as an address only where something beside them says so.
"""

import ipaddress
import re

from filters.pii.amounts import MONEY_AFTER, MONEY_BEFORE
from filters.pii.places import Place

Span = tuple[int, int]

DOTTED_QUAD = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")
BEFORE_CHARS = 32  # as far as a word that says what a number is may stand before it
# What comes before a version's, a build's, a section's or an object identifier's number.
NUMBERED_WORD = re.compile(
    r"(?:(?<![a-z])(?:v|ver|rev|sec|fig|tab|art|bld|sp|fw|hw|sw|oid|oids|jdk|jre|dll)|versi?[oóõ]n\w*"
    r"|versão|versões|verze|verzi\w+|verzij\w+|wersj\w+|верси\w+|версі\w+|вэрсі\w+"
    r"|верзиј\w+|versij\w+|versio\w*|versjon\w*|útgáfa\w*|έκδοση\w*|גרס[הת]\w*|نسخه|نسخة|ورژن|ভার্সন"
    r"|সংস্করণ|பதிப்பு|వెర్షన్|പതിപ്പ്|sürüm\w*|phiên bản|إصدار\w*|संस्करण|वर्ज़न|वर्जन|เวอร์ชัน|รุ่น"
    r"|版本|版|バージョン|버전"
    r"|revision|release|build\w*|firmware|driver\w*|update\w*|upgrade\w*|patch\w*|hotfix|snapshot"
    r"|object identifier|asn\.1|сборк\w+|прошивк\w+|версия|ビルド|ファームウェア|固件|빌드|펌웨어"
    r"|section|chapter|abschnitt|kapitel|ziffer|sección|seção|sezione|capítulo|capitolo|chapitre|rozdział"
    r"|sekcj\w+|paragraph|clause|article|figure|table|раздел\w*|розділ\w*|глав\w+|пункт\w*|القسم|قسم"
    r"|अनुभाग|खंड|ส่วน|หัวข้อ|節|章|节|条|절|장|bölüm|mục|phần|bagian|§)"
    r"(?:\s(?:no|nr|number|n°|№|is|to|from|code|id))?[\s.:=()#\"'“”«»„‘’,-]{0,3}\Z|第\Z",
    re.IGNORECASE,
)
NUMBERED_WORD_AFTER = re.compile("\\s?[节節章條条절장版]")
ADDRESS_WORD = re.compile(
    r"(?:\bips?\b|ipv4|addr|adres|indirizzo|direcci[oó]n|адрес|host|dns|server|serveur|servidor|сервер"
    r"|gateway|router|proxy|proxies|subnet|netmask|ping|traceroute|whois|client|visitor|anonymous"
    r"|://|@|عنوان|地址|アドレス|주소)[^\n]{0,20}\Z",
    re.IGNORECASE,
)
# A product's name and its version, or a file's: `nginx 1.19.4.12`, `tool-1.2.3.4`, `Tool/1.2.3.4`.
NAMED = re.compile(
    r"(?<![A-Za-z])(?:[A-Za-z]*[A-Z][A-Za-z0-9+#]*|nginx|openss[lh]|php|python|mysql|mariadb"
    r"|postgresql|apache|linux|kernel|java|node|npm|curl|redis|docker|bash|perl|ruby|vlc"
    r"|ffmpeg|git|lib[a-z0-9]+)\)?[ /_-]\Z"
)
FILE_BEFORE = re.compile(r"(?<!/)[A-Za-z0-9][/\\_-]\Z")
FILE_AFTER = re.compile(
    r"[-_+~]?[A-Za-z]|[-_+~][0-9]|\.[A-Za-z]{1,4}[0-9]?(?![A-Za-z])"
    r"|\s\(?(?:alpha|beta|rc|release|build|patch|amd64|x86|x64|i386|arm64|32-bit|64-bit)\b"
)
# Parts up to here are usual for versions; a first one above is rare.
SMALL_PART = 10
MAX_FIRST_OF_VERSION = 31
MAX_PART_OF_VERSION = 127
LOW_PART = 63  # four parts as low as this are a version, whatever stands before them
LAST_ARC = 2  # object identifiers begin with 0, 1 or 2 (ITU-T X.660)
# Addresses in spite of their small numbers: public name servers, which texts name often.
NAME_SERVERS = {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "4.2.2.2"}
PORT_OR_PREFIX = re.compile(r":[0-9]{1,5}(?![0-9])|/[0-9]{1,2}(?![0-9])")

# At least two colons; ASCII neighbours would make it part of something else (C++ names, times).
COLON_GROUPS = re.compile(
    r"(?<![0-9A-Za-z.:])(?:(?=[0-9A-Za-z]*[G-Zg-z])[0-9A-Za-z]+:|:(?!:))?"  # "ip:" before it
    r"(?P<address>(?=[0-9A-Fa-f:]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]{4,39})(?![0-9A-Za-z:]|\.[0-9])"
)
UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is allocated to anybody

CREDENTIALS = re.compile(
    r"(?<=://)(?P<user>[^\s/?#@:\"'<>]{0,128}):(?P<password>[^\s/?#@\"'<>]{1,256})@(?=[A-Za-z0-9\[])"
)


def ip_spans(text: str, places: list[Place]) -> list[Span]:
    """Where the public addresses of `text` are, of IPv4 and IPv6.

    Four numbers below 10, or four that end in 0, are a version or a section (3.2.1.0) unless they
    are a known name server, or a port, a prefix length or a word like "host" tells. Of IPv6, short
    forms must lie in 2000::/3: `abc::def` is a C++ name.
    """
    spans = []
    end = 0
    for place in places:
        if ":" not in text[place.start : place.end]:
            for match in DOTTED_QUAD.finditer(text, place.start, place.end):
                # Behind the place may be what makes a longer number of it.
                if DOTTED_QUAD.match(text, match.start()) and _is_ipv4_host(text, match):
                    spans.append(match.span())
            continue
        before = max(end, place.start - 16)
        for match in COLON_GROUPS.finditer(text, before, place.end + 2):
            if match.end() == place.end and _is_ipv6_host(match["address"]):
                spans.append(match.span("address"))
        end = place.end
    return spans


def _is_ipv4_host(text: str, match: re.Match[str]) -> bool:
    try:
        address = ipaddress.IPv4Address(match[0])
    except ValueError:  # an octet above 255, or with leading zeros
        return False
    if not address.is_global:
        return False
    before = text[max(0, match.start() - BEFORE_CHARS) : match.start()]
    if NUMBERED_WORD.search(before) or NUMBERED_WORD_AFTER.match(text, match.end()):
        return False
    if MONEY_BEFORE.search(before) or MONEY_AFTER.match(text, match.end()):
        return False
    if match[0] in NAME_SERVERS:
        return True
    told = ADDRESS_WORD.search(before) or PORT_OR_PREFIX.match(text, match.end())
    return bool(told) or not _is_version(address.packed, before, text, match.end())


def _is_version(parts: bytes, before: str, text: str, end: int) -> bool:
    """Are four numbers rather a version than an address, with no word that says so?"""
    small = sum(part < SMALL_PART for part in parts)
    if small == len(parts) or parts[-1] == 0:
        return True
    if parts[0] > MAX_FIRST_OF_VERSION:
        return False
    if FILE_BEFORE.search(before) or FILE_AFTER.match(text, end):
        return True
    named = bool(NAMED.search(before))
    if small >= 2 and named:
        return True
    if max(parts) <= LOW_PART or (parts[0] <= LAST_ARC and parts[1] < SMALL_PART):
        return True
    return max(parts) <= MAX_PART_OF_VERSION and (small >= 2 or named)


def _is_ipv6_host(value: str) -> bool:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    if not address.is_global:
        return False
    groups = [group for group in value.split(":") if group]
    if len(groups) == 8:
        return max(map(len, groups)) > 2  # or else it is a ratio
    return len(groups) >= 3 and address in UNICAST


def canonical_ip(value: str) -> str:
    return str(ipaddress.ip_address(value))


MAC = re.compile(
    r"(?<![0-9A-Za-z.-])(?<![0-9A-Fa-f]:)(?:[0-9A-Fa-f]{2}(?P<mark>[:-])(?:[0-9A-Fa-f]{2}(?P=mark)){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z]|[:.-][0-9A-Za-z])"
)
MAC_WORD = re.compile(
    r"(?:\bmac\b|ethernet|hwaddr|\bether\b|bssid|bluetooth|wi-?fi|wlan|физическ|MAC地址)[^\n]{0,24}\Z",
    re.IGNORECASE,
)
# Of nobody: RFC 7042, 2.1.1, documentation; RFC 5798, virtual routers.
MAC_RESERVED = ("00005e0053", "00005e0001", "00005e0002")


def mac_spans(text: str, places: list[Place]) -> list[Span]:
    """Where hardware addresses of one device are (IEEE 802, 48 bits).

    Groups of digits alone need a word such as "MAC" before them: they may be times or codes.
    Addresses of many devices (the lowest bit of the first byte) and reserved ones are left.
    """
    spans = []
    for place in places:
        match = MAC.match(text, place.start + (text[place.start] == ":"))
        if match is None:
            continue
        digits = canonical_mac(match[0])
        if int(digits[:2], 16) & 1 or len(set(digits)) == 1 or digits.startswith(MAC_RESERVED):
            continue
        before = text[max(0, match.start() - BEFORE_CHARS) : match.start()]
        if digits.isdigit() and not MAC_WORD.search(before):
            continue
        spans.append(match.span())
    return spans


def canonical_mac(value: str) -> str:
    return re.sub("[:.-]", "", value).lower()


def url_credential_spans(text: str, places: list[Place]) -> list[Span]:
    """Where `user:password` stands in URLs; the `@` and the host are no part of it."""
    found = (CREDENTIALS.match(text, place.start) for place in places)
    return [(m.start(), m.end() - 1) for m in found if m]
