"""What the languages of wikis call countries, languages and months, and how they write numbers."""

import functools
import json
import re
from pathlib import Path
from typing import Any

from filters.wikitext.names import wiki_code
from filters.wikitext.templates import former

_DATA = Path(__file__).with_name("locales.json")
_OTHER = "en"  # what is written on a wiki whose language is not known
_NUMBER = re.compile(r"([-+−±]?)(\d+)(?:\.(\d+))?")
# Where MediaWiki's Messages*.php parts thousands by another sign than CLDR does.
_GROUPS = {"it": "\u00a0", "es": "\u00a0", "pt": "\u00a0"}
# Numbers below 10,000 stay in one piece (`minimumGroupingDigits` in MediaWiki's messages).
_LARGE = frozenset(("es", "pt", "pl", "it", "bg", "hu"))
_DIGITS = {"fa": "۰۱۲۳۴۵۶۷۸۹", "bn": "০১২৩৪৫৬৭৮৯", "mr": "०१२३४५६७८९", "ne": "०१२३४५६७८९"}
_DIGIT_SIGNS = {"fa": ("٫", "٬")}
_INDIAN = frozenset(("hi", "bn", "mr", "ne", "ta", "te", "ml", "kn", "gu", "ur"))
_MARK = re.compile("[.,]")
_MARKED = re.compile(r"([-+−±]?)(\d[\d.,]*|[.,]\d+)")
# Digits in groups, of three or as in India, all parted by one mark.
_GROUPED = re.compile(r"\d{1,3}([.,])(?:\d{2,3}\1)*\d{3}")
_SPACE_IN_NUMBER = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?:\D|$))")
_QUOTED = re.compile(r"'([^']*)'|y+|M+|L+|d+")


@functools.lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return data


class Edition:
    """A language's words.

    Attributes:
      code: the language, `en` for one that the tables do not have.
      known: whether they have it.
    """

    def __init__(self, language: str | None) -> None:
        data = _data()
        code = wiki_code(language)
        self.known = code in data["editions"]
        self.code = code if self.known else _OTHER
        own = data["editions"][self.code]
        self._languages = dict(zip(data["languages"], own["languages"], strict=True))
        self._territories = dict(zip(data["territories"], own["territories"], strict=True))
        self._codes: dict[str, str] = data["country_codes"]
        self.months: list[str] = own["months"]
        if self.code == "zh":  # CLDR has 五月, the wiki's dates 5月
            self.months = [f"{month}月" for month in range(1, 13)]
        self._dates = {part: own[part] for part in ("date", "month_day", "month_year")}
        self.decimal, group = own["numbers"]
        self._group = _GROUPS.get(self.code, group)

    @property
    def language_codes(self) -> list[str]:
        return list(self._languages)

    @property
    def country_codes(self) -> list[str]:
        """Codes of three or four letters."""
        return [*self._codes, *former.CODES]

    @property
    def short_country_codes(self) -> list[str]:
        """Codes of two letters."""
        return [code for code in self._territories if len(code) == 2 and code.isalpha()]

    @property
    def countries(self) -> list[str]:
        return [name for name in self._territories.values() if name]

    def language(self, code: str) -> str:
        """The name of a language; of `de-AT`, if it has none of its own, that of `de`."""
        code = code.lower()
        return self._languages.get(code) or self._languages.get(code.partition("-")[0]) or ""

    def country(self, code: str) -> str:
        """The name of the country with this code of ISO 3166 or of the Olympic Games."""
        code = code.upper()
        if code in former.CODES:  # CLDR has them as names of what came after
            return former.former_country(code, self.code)
        return self._territories.get(self._codes.get(code, code)) or ""

    def plain_number(self, text: str) -> str:
        """A number in the wiki's own marks as one with a decimal point; other text stays.

        `1.234` is a thousand where the comma is the decimal mark, and `1,234` where the point is;
        marks that cannot be the wiki's own are read as what they can be: `5.5`, `1,234.5`.
        """
        found = _MARKED.fullmatch(_SPACE_IN_NUMBER.sub("", text))
        if not found:
            return text
        sign, digits = found.groups()
        marks = _MARK.findall(digits)
        if not marks:
            return sign + digits
        last = marks[-1]
        whole, _, fraction = digits.rpartition(last)
        if len(marks) == 1:
            may_be_group = _GROUPED.fullmatch(digits) and not digits.startswith("0")
            is_decimal = last == self.decimal or not may_be_group
        else:
            is_decimal = last not in marks[:-1] and _GROUPED.fullmatch(whole) is not None
            if not is_decimal and not _GROUPED.fullmatch(digits):
                return text
        if is_decimal:
            return f"{sign}{_MARK.sub('', whole) or '0'}.{fraction}"
        return sign + _MARK.sub("", digits)

    def number(self, text: str, grouped: bool = True) -> str:
        """A number as readers of the language know it; other text stays."""
        found = _NUMBER.fullmatch(text)
        if not found:
            return text
        sign, whole, fraction = found.groups()
        digits = whole
        if grouped and len(whole) > (4 if self.code in _LARGE else 3):
            head, tail = whole[:-3], whole[-3:]
            size = 2 if self.code in _INDIAN else 3
            first = len(head) % size
            parts = [head[i : i + size] for i in range(first, len(head), size)]
            digits = self._group.join([*([head[:first]] if first else []), *parts, tail])
        text = digits + (self.decimal + fraction if fraction is not None else "")
        if self.code in _DIGITS:
            decimal, group = _DIGIT_SIGNS.get(self.code, (self.decimal, self._group))
            signs = {ord(self.decimal): decimal, ord(self._group): group}
            own = {ord(str(i)): digit for i, digit in enumerate(_DIGITS[self.code])}
            text = text.translate(signs | own)
        return {"-": "−"}.get(sign, sign) + text

    def date(self, year: str, month: str, day: str, day_first: bool = False) -> str:
        """A date, as much of it as there is."""
        if month.isdecimal() and 1 <= int(month) <= 12:
            month = self.months[int(month) - 1]
        day = day.lstrip("0")
        if self.code == "fr" and day == "1":
            day = "1er"
        if not month:
            return year
        if self.code == "en" and day and day_first:
            return f"{day} {month}" + (f" {year}" if year else "")
        if not day:
            return self._written("month_year", year, month, "") if year else month
        return self._written("date" if year else "month_day", year, month, day)

    def _written(self, pattern: str, year: str, month: str, day: str) -> str:
        def part(found: re.Match[str]) -> str:
            if found[1] is not None:
                return found[1]
            letter = found[0][0]
            if letter == "y":
                return year
            if letter == "d":
                return day
            # The Chinese, Japanese and Korean names are the number and a word that may follow.
            return re.sub("[月월]$", "", month) if "M月" in self._dates[pattern] else month

        return _QUOTED.sub(part, self._dates[pattern]).strip()


@functools.lru_cache(maxsize=64)
def edition(language: str | None) -> Edition:
    return Edition(language)
