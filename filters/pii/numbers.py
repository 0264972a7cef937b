"""Payment cards, IBANs and US social security numbers: numbers that carry a check or a plan."""

import re

from filters.pii.places import Place, matches

Span = tuple[int, int]

# Issuers' prefixes (ISO/IEC 7812), as inclusive ranges of the digits given, and lengths.
# Source: the schemes' published ranges, as on https://en.wikipedia.org/wiki/Payment_card_number.
ISSUERS: tuple[tuple[str, str, range | tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14,)),  # Diners Club
    ("3095", "3095", (14,)),
    ("36", "36", range(14, 20)),
    ("38", "39", (14, 16)),
    ("3528", "3589", range(16, 20)),  # JCB
    ("2131", "2131", (15,)),
    ("1800", "1800", (15,)),
    ("2200", "2204", range(16, 20)),  # Mir
    ("50", "50", range(12, 20)),  # Maestro
    ("56", "69", range(12, 20)),  # Maestro, Discover, UnionPay, RuPay
)
CARD = re.compile(
    r"(?<![0-9A-Za-z_.+-])"
    r"(?:[0-9]{12,19}"
    r"|[0-9]{4}(?P<s>[ -])[0-9]{4}(?P=s)[0-9]{4}(?:(?P=s)[0-9]{1,4})?(?:(?P=s)[0-9]{3})?"
    r"|[0-9]{4}(?P<t>[ -])[0-9]{6}(?P=t)[0-9]{4,5})"
    r"(?![0-9A-Za-z_]|[-.][0-9])"
)

CARD_WORD = re.compile(
    r"(?:card|credit|\bcc\b|visa|master|maestro|amex|american express|diners|discover|jcb|unionpay"
    r"|karte\b|carte"
    r"|tarjeta|cartão|cartao|carta|kort\b|kaart|kart|карт|卡|カード|카드|بطاقة|کارت|कार्ड|บัตร|thẻ)\D{0,40}\Z",
    re.IGNORECASE,
)
CARD_WORD_CHARS = 64
SURE_LENGTHS = (15, 16)  # others are those of articles' and parcels' numbers, too

# Length by country: SWIFT, IBAN registry, release 99.
IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FK FO GL NL SD", "19": "MK SI",
        "20": "AT BA EE KZ LT LU MN XK", "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA", "23": "AE GI IL IQ OM SO TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB NI PL SV",
        "29": "BR EG PS QA UA", "30": "JO KW MU YE", "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
IBAN_START = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[0-9A-Za-z]| [0-9A-Za-z])")
IBAN_REST = re.compile(r"(?:[ -]?[0-9A-Za-z]){1,29}")
ASCII_ALPHANUMERIC = re.compile(r"[0-9A-Za-z]")

SSN = re.compile(
    r"(?<![0-9A-Za-z_.+-])(?P<area>[0-9]{3})(?P<s>[-. ]?)(?P<group>[0-9]{2})(?P=s)"
    r"(?P<serial>[0-9]{4})(?![0-9A-Za-z_]|[-.][0-9])"
)
SSN_WORD = re.compile(r"\b(?:ssn|social[\s-]+security)\b[^0-9]{0,24}\Z", re.IGNORECASE)
SSN_WORD_CHARS = 48


def card_spans(text: str, places: list[Place]) -> list[Span]:
    """Where payment card numbers are: a known issuer and length, and Luhn's check digit.

    Without groups, numbers of other than 15 or 16 digits need a word such as "card" before them:
    one in ten numbers of articles passes Luhn's check.
    """
    spans = []
    for match in matches(CARD, text, places):
        start, end = match.span()
        if is_card(match[0]):
            bare = match[0].isdigit() and len(match[0]) not in SURE_LENGTHS
            before = text[max(0, start - CARD_WORD_CHARS) : start]
            if not bare or CARD_WORD.search(before):
                spans.append((start, end))
        elif match["s"] and is_card(without := match[0].rpartition(match["s"])[0]):
            spans.append((start, start + len(without)))  # what followed was its security code
    return spans


def is_card(value: str) -> bool:
    digits = re.sub("[ -]", "", value)
    known = any(
        low <= digits[: len(low)] <= high and len(digits) in lengths
        for low, high, lengths in ISSUERS
    )
    return known and luhn(digits) and len(set(digits)) > 1


def luhn(digits: str) -> bool:
    doubled = (2 * int(d) for d in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)
    return total % 10 == 0


def iban_spans(text: str, places: list[Place]) -> list[Span]:
    """Where IBANs are: a country's length and the ISO 7064 check digits; groups may be spaced."""
    spans = []
    for match in matches(IBAN_START, text, places):
        length = IBAN_LENGTHS.get(match[0][:2].upper())
        rest = IBAN_REST.match(text, match.end()) if length else None
        if rest is None or length is None:
            continue
        ends = [m.end() for m in ASCII_ALPHANUMERIC.finditer(text, match.end(), rest.end())]
        if len(ends) < length - 4:
            continue
        end = ends[length - 5]
        if not ASCII_ALPHANUMERIC.match(text, end) and is_iban(text[match.start() : end]):
            spans.append((match.start(), end))
    return spans


def is_iban(value: str) -> bool:
    compact = canonical_iban(value)
    number = "".join(str(int(c, 36)) for c in compact[4:] + compact[:4])
    return int(number) % 97 == 1


def canonical_iban(value: str) -> str:
    return re.sub("[ -]", "", value).upper()


def ssn_spans(text: str, places: list[Place]) -> list[Span]:
    """Where US social security numbers are.

    `123-45-6789` counts as it stands, other separators or none only behind "SSN" or "social
    security". Numbers that are never given out (area 000, 666 and 900-999; group 00; serial 0000)
    are left. Source: https://www.ssa.gov/employer/randomization.html.
    """
    spans = []
    for match in matches(SSN, text, places):
        if match["area"] in ("000", "666") or match["area"] >= "900":
            continue
        if match["group"] == "00" or match["serial"] == "0000":
            continue
        before = text[max(0, match.start() - SSN_WORD_CHARS) : match.start()]
        if match["s"] == "-" or SSN_WORD.search(before):
            spans.append(match.span())
    return spans
