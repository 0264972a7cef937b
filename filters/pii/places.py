"""Places in texts where personal data could be, as `filters.pii.scan` finds them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# Kinds, one bit each.
EMAIL, URL_CREDENTIALS, API_KEY, PRIVATE_KEY = 1, 2, 4, 8
CRYPTO, IBAN, CREDIT_CARD, US_SSN = 16, 32, 64, 128
IP, MAC, PHONE, NATIONAL_ID = 256, 512, 1024, 2048

# What stands for `@` in brackets, in the languages that write it so; any case.
AT_WORDS = (
    "at", "@", "ät", "et", "à", "arroba", "arobase", "arobas", "chiocciola", "chiocciolina",
    "klammeraffe", "apestaart", "apenstaart", "małpa", "malpa", "zavináč", "zavinac",
    "kukac", "snabela", "snabel-a", "krøllalfa", "alfakrøll", "afna", "собака", "собачка",
    "ат", "эт", "アットマーク", "アット", "골뱅이", "艾特", "小老鼠",
)  # fmt: skip


class Place(NamedTuple):
    """Characters `start` to `end` of a text, where kinds (bits) may be."""

    start: int
    end: int
    kinds: int


def matches(
    pattern: re.Pattern[str], text: str, places: list[Place], margin: int = 2
) -> Iterator[re.Match[str]]:
    """Matches in places; the pattern sees `margin` characters behind them, and all before."""
    for place in places:
        yield from pattern.finditer(text, place.start, place.end + margin)
