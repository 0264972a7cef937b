"""Dates, spans of time and ages: `{{birth date|1950|3|5}}`, `{{as of|2014}}`, `{{s|XII}}`.

Ages that change from day to day are left out, since a text that says how old somebody is today is
wrong tomorrow; how old somebody became stays.
"""

import calendar
import datetime
import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.functions import UNKNOWABLE

_AS_OF = {
    "en": ("As of ", "as of "), "de": ("Stand ", "Stand "), "es": ("A fecha de ", "a fecha de "),
    "fr": ("En ", "en "), "it": ("Al ", "al "), "pt": ("Em ", "em "), "nl": ("Per ", "per "),
}  # fmt: skip
_AGED = {
    "en": " (aged {})", "es": " ({} años)", "pt": " ({} anos)", "fr": " (à {} ans)",
    "ja": "（{}歳没）", "zh": "（{}歲）", "ko": " ({}세)", "de": " ({} Jahre)", "it": " ({} anni)",
    "sv": " ({} år)", "tr": " ({} yaşında)", "vi": " ({} tuổi)", "ar": " ({} سنة)",
    "hi": " (उम्र {})", "nl": " ({} jaar)",
}  # fmt: skip
_YEARS = {
    "ru": ("год", "года", "лет"), "uk": ("рік", "роки", "років"), "be": ("год", "гады", "гадоў"),
}  # fmt: skip
_CIRCA = {"fr": "vers ", "de": "ca. ", "nl": "ca. ", "it": "circa ", "ru": "ок. ", "uk": "бл. "}
# Parameters by name: the year, the month, the day.
_NAMED = (
    ("year", "año", "année", "anno", "ano", "jahr", "год", "年"),
    ("month", "mes", "mois", "mese", "mês", "monat", "месяц", "月"),
    ("day", "día", "jour", "giorno", "dia", "tag", "день", "日"),
)
_DATE_IN_WORDS = re.compile(r"(\d{1,2})\s+([^\W\d]+)(?:\s+(\d{3,4}))?")
_SPLIT = re.compile(r"[-./]")


def _part(text: str) -> str:
    """A year, month or day as a number or word, without the character that names it."""
    return re.sub("[年月日년월일]$", "", plain(text)).strip()


def _three(parts: list[str]) -> tuple[str, str, str]:
    first, second, third = (*parts[:3], "", "", "")[:3]
    return first, second, third


def _parts(call: Call) -> list[str]:
    found = [_part(text) for text in call.positional()]
    if not found:
        found = [_part(call.get(*keys)) for keys in _NAMED]
        found = found if any(found) else []
    if len(found) >= 1 and re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", found[0]):
        found[:1] = found[0].split("-")
    return found


def _written(call: Call, year: str, month: str, day: str) -> str:
    if not (year + month + day):
        return ""
    if month.isdecimal() and not 1 <= int(month) <= 12:
        return " ".join(filter(None, (day, month, year)))
    day_first = call.is_set("df")
    return call.edition.date(year, month, day if day.isdecimal() else "", day_first)


def date(call: Call) -> str:
    """Year, month, day; in some templates of that name one parameter is the whole date."""
    parts = _parts(call)
    if not parts or not parts[0]:
        return ""
    if parts[0].isdecimal() and len(parts[0]) <= 2 and len(parts) > 2 and len(parts[2]) >= 3:
        return day_first(call)
    if not parts[0].isdecimal():
        return parts[0]
    if not all(part.isdecimal() or not part for part in parts[1:3]):
        return _written(call, parts[0], parts[1], parts[2] if len(parts) > 2 else "")
    year, month, day = _three(parts)
    return _written(call, year, month, day)


def day_first(call: Call) -> str:
    """Day, month, year."""
    parts = _parts(call)
    if len(parts) == 1:
        numbers = _SPLIT.split(parts[0])
        if len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
            return parts[0]
        parts = numbers
    day, month, year = _three(parts)
    if len(day) == 4 and day.isdecimal():  # the other order
        day, year = year, day
    if day and not day.isdecimal():
        # {{date|1er|mars|1900}}, {{date|mars|1900}}
        rest = " ".join(part for part in (month, year) if part)
        return f"{day} {rest}".strip()
    if not day and not year and not month.isdecimal():
        return month
    return _written(call, year, month, day)


def _years_between(start: list[str], end: list[str]) -> int | None:
    try:
        a, b = [int(v) for v in start if v], [int(v) for v in end if v]
    except ValueError:
        return None
    if not a or not b:
        return None
    size = min(len(a), len(b))
    return b[0] - a[0] - (1 if size > 1 and b[1:size] < a[1:size] else 0)


def death(call: Call) -> str:
    """Of death, then of birth; in Japanese of birth, then of death."""
    parts = _parts(call)
    if call.name in ("没年齢", "死亡年月日と没年齢", "没年月日と没年齢"):
        years = _years_between(parts[:3], parts[3:6])
        if call.name == "没年齢":
            return f"{years}歳没" if years is not None else ""
        parts = parts[3:6] + parts[:3]
    if not parts or not parts[0]:
        return ""
    if not parts[0].isdecimal():
        return parts[0]
    if len(parts) > 3 and parts[3].isdecimal() and int(parts[3]) > int(parts[0]):
        parts = parts[3:6] + parts[:3]  # ko: of birth, then of death
    year, month, day = _three(parts)
    return _written(call, year, month, day) + _aged(call, parts[3:6], parts[:3])


def _aged(call: Call, start: list[str], end: list[str]) -> str:
    """How old somebody became, in brackets."""
    years = _years_between(start, end)
    if years is None or years < 0:
        return ""
    if call.edition.code in _YEARS:
        return f" ({years} {_YEARS[call.edition.code][_slavic(years)]})"
    return _AGED.get(call.edition.code, " ({})").format(years)


def _slavic(count: int) -> int:
    """Which form of a noun follows a number: `1 год`, `2 года`, `5 лет`."""
    if count % 10 == 1 and count % 100 != 11:
        return 0
    return 1 if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14 else 2


def death_day_first(call: Call) -> str:
    """Of death, then of birth, each with its day first; some pages have the year first."""
    died, born = _both(_parts(call))
    return day_first(call) + (_aged(call, born, died) if born else "")


def age(call: Call) -> str:
    """Between two dates; the age of today is not known."""
    parts = _parts(call)
    if parts and parts[0] and not parts[0].isdecimal():
        return parts[0]  # a century or a name, not a date
    years = _years_between(*_both(parts)) if len(parts) > 3 else None
    if years is None and len(parts) == 2 and all(len(p) == 4 for p in parts):
        years = _years_between(parts[:1], parts[1:])
    return UNKNOWABLE if years is None else str(years)


def _both(parts: list[str]) -> tuple[list[str], list[str]]:
    """Two dates with the year first; some editions have the day first."""
    start, end = parts[:3], parts[3:6]
    if len(start) == 3 and len(start[0]) <= 2 < len(start[2]):
        start, end = start[::-1], end[::-1]
    return start, end


def _dates(call: Call) -> tuple[datetime.date, datetime.date] | None:
    """The two days that a span of time is between."""
    parts = _parts(call)
    if not parts:
        parts = [call.plain(f"{name}{n}") for n in (1, 2) for name in ("year", "month", "day")]
    try:
        start, end = ([int(part) for part in date] for date in _both(parts))
        return datetime.date(*start), datetime.date(*end)
    except (TypeError, ValueError):
        return None


def days(call: Call) -> str:
    """`{{age in days|1989|7|23|2003|7|14}}` is 5104; until today it is not known."""
    found = _dates(call)
    if found is None:
        return UNKNOWABLE
    text = str((found[1] - found[0]).days)
    return call.edition.number(text) if call.plain("format") == "commas" else text


def years_and_days(call: Call) -> str:
    """`{{age in years and days|1989|7|23|2003|7|14}}` is 13 years, 356 days.

    So are `age in years, months and days`, `age in years and months`, `age in months`, and those
    in weeks.
    """
    found = _dates(call)
    if found is None or call.edition.code != "en":
        return UNKNOWABLE
    start, end = found
    months = 12 * (end.year - start.year) + end.month - start.month - (end.day < start.day)
    if months < 0:
        return UNKNOWABLE
    years, rest = divmod(months, 12)
    counts = []
    if "year" in call.name:
        counts.append((years, "year"))
    if "month" in call.name:
        counts.append((rest if "year" in call.name else months, "month"))
    whole = months if "month" in call.name else 12 * years if "year" in call.name else 0
    left = (end - _later(start, whole)).days
    if "week" in call.name:
        counts.append((left // 7, "week"))
        left %= 7
    if "days" in call.name:
        counts.append((left, "day"))
    parts = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count]
    if len(parts) > 2 or (len(parts) == 2 and "months and days" in call.name):
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return ", ".join(parts) or f"0 {counts[-1][1]}s"


def _later(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return datetime.date(day.year + years, month + 1, min(day.day, last))


def film_date(call: Call) -> str:
    """`{{film date|2001|2|3|Cannes|2001|4|5}}`: dates, each with its place."""
    parts = call.positional()
    found = []
    for at in range(0, len(parts), 4):
        year, month, day = _three([_part(part) for part in parts[at : at + 3]])
        place = "".join(parts[at + 3 : at + 4])
        found.append(_written(call, year, month, day) + (f" ({place})" if place else ""))
    return ", ".join(filter(None, found))


def span(call: Call) -> str:
    """`{{start and end dates|2001|2|3|2004|5|6}}` is February 3, 2001 – May 6, 2004."""
    parts = _parts(call)
    return " – ".join(filter(None, (_written(call, *_three(parts[i : i + 3])) for i in (0, 3))))


def death_years(call: Call) -> str:
    """`{{death year and age|1990|1920}}`: the age is one of two, since no day is known."""
    died, born = ([_part(text) for text in call.positional()] + ["", ""])[:2]
    if not (died.isdecimal() and born.isdecimal()) or len(died + born) > 8:
        return died
    years = int(died) - int(born)
    return f"{died} (aged {years - 1}–{years})"


def season(call: Call) -> str:
    """`{{nbay|1998}}` is 1998–99, the season that begins in that year; 1999–2000 is written out."""
    year = call.plain("1")
    if not re.fullmatch("[0-9]{4}", year):
        return call.first
    after = str(int(year) + 1)
    return f"{year}–{after if after.endswith('00') else after[2:]}"


def duration(call: Call) -> str:
    """`{{duration|m=3|s=45}}`, `{{duration|0|3|45}}`, `{{duration|3:45}}` are 3:45."""
    if ":" in call.first:
        return call.first
    parts = [call.plain(name, str(at)) for at, name in enumerate("hms", 1)]
    if not any(parts) or not all(part.isdecimal() or not part for part in parts):
        return ""
    hours, *rest = (int(part or 0) for part in parts)
    minutes, seconds = rest
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def as_of(call: Call) -> str:
    if call.get("alt"):
        return call.get("alt")
    parts = _parts(call)
    if not parts or not parts[0]:
        return ""
    year, month, day = _three(parts)
    american = call.get("df", "mdy").lower() in ("us", "mdy")
    text = parts[0]
    if month:
        if call.edition.code == "en" and day and (not american or not call.get("df")):
            text = call.edition.date(year, month, day, day_first=True)
        else:
            text = _written(call, year, month, day)
    capital, lower = _AS_OF.get(call.edition.code, ("", ""))
    if call.edition.code == "en" and call.get("since"):
        capital, lower = "Since ", "since "
    is_lower = call.is_set("lc") or call.get("bare") or call.name in ("stand",)
    return ("" if call.get("bare") else lower if is_lower else capital) + text + call.get("post")


def circa(call: Call) -> str:
    sign = _CIRCA.get(call.edition.code, "c. ")
    years = [year for year in call.positional() if year]
    return " – ".join(sign + year for year in years) or sign.strip()


def old_style_date(call: Call) -> str:
    """`{{OldStyleDate|9 May|1877|27 April}}`; ru: the old date first, as in Module:Calendar."""
    parts = call.positional()
    if call.edition.code in ("ru", "uk", "be"):
        parts = [word for part in parts for word in _words_of_date(part)]
    if call.edition.code == "ru":
        return _russian_old_style(*(parts + [""] * 6)[:6])
    if call.edition.code in ("uk", "be"):
        # day|month|year|day|month
        day, month, year, old_day, old_month = (parts + [""] * 5)[:5]
        old = f"{old_day} {old_month}".strip()
        return f"{day} {month}" + (f" ({old})" if old else "") + (f" {year}" if year else "")
    new, year, before = (parts + [""] * 3)[:3]
    return new + (f" [O.S. {before}]" if before else "") + (f" {year}" if year else "")


def _words_of_date(text: str) -> list[str]:
    """Day, month and year of a parameter that has two or all of them; another one as it is."""
    found = _DATE_IN_WORDS.fullmatch(plain(text))
    return [word for word in found.groups() if word] if found else [text]


def _russian_old_style(
    day: str, month: str, year: str, old_day: str, old_month: str, old_year: str
) -> str:
    """The old date, the new one in brackets, and then what both have in common."""
    if not old_day:
        words = [day, month, year]
    elif old_year:
        words = [old_day, old_month, old_year, f"({day} {month} {year})"]
    elif old_month in ("", month):
        words = [old_day, f"({day})", month, year]
    else:
        words = [old_day, old_month, f"({day} {month})", year]
    return " ".join(filter(None, words))


def both_calendars(call: Call) -> str:
    """de: `{{JULGREGDATUM|19|11|1711}}`: a day of the Gregorian calendar in both calendars."""
    day, month, year = (_parts(call) + [""] * 3)[:3]
    try:
        new = datetime.date(int(year), int(month), int(day))
    except (OverflowError, ValueError):
        return day_first(call)
    old_year, old_month, old_day = _julian(new)
    edition = call.edition
    old = edition.date(str(old_year) if old_year != new.year else "", str(old_month), str(old_day))
    return f"{old} (jul.) / {edition.date(year, month, day)} (greg.)"


def _julian(day: datetime.date) -> tuple[int, int, int]:
    """Year, month and day of the Julian calendar, whose years here begin in March."""
    # Days since 1 March of the year 0 of that calendar, which is 28 February of the Gregorian.
    days = day.toordinal() + 307
    years = (4 * days + 3) // 1461
    days -= 1461 * years // 4
    month = (5 * days + 2) // 153
    date = days - (153 * month + 2) // 5 + 1
    return (years, month + 3, date) if month < 10 else (years + 1, month - 9, date)


def life(call: Call) -> str:
    """zh: `{{bd|1950年|3月5日|2000年|1月2日}}`."""
    parts = (call.positional() + [""] * 4)[:4]
    born, died = parts[0] + parts[1], parts[2] + parts[3]
    return f"{born}－{died}" if born else ""


def indonesian_life(call: Call) -> str:
    """id: `{{lahirmati|Jakarta|1|2|1900|Bogor|3|4|1980}}`: place, day, month, year, twice."""
    parts = (call.positional() + [""] * 8)[:8]
    said = []
    for word, (place, *day) in (("lahir", parts[:4]), ("meninggal", parts[4:])):
        day = [plain(part) for part in day]
        date_ = call.edition.date(day[2], day[1], day[0])
        told = ", ".join(filter(None, (f"di {place}" if place else "", date_)))
        said += [f"{word} {told}"] if told else []
    age_ = _years_between([plain(p) for p in parts[3:0:-1]], [plain(p) for p in parts[7:4:-1]])
    aged = f" pada umur {age_} tahun" if age_ is not None and len(said) == 2 else ""
    return " – ".join(said) + aged


def french_century(call: Call) -> str:
    """fr: `{{s|XII}}`, `{{s-|XXI}}`, `{{-s2|III|e|II|e}}`, `{{sp|IV|e|av. J.-C.}}`."""
    number = call.plain("1")
    if not number:
        return ""
    before = " av. J.-C." if call.name.startswith(("-", "sav")) else ""
    before = " apr. J.-C." if call.name.startswith("sap") else before
    what = "millénaire" if call.name == "millénaire" else "siècle"
    ending = "er" if number.upper() == "I" else "e"
    parts = call.positional()
    rest = [part for part in parts[1:] if part and part not in ("e", "er", "s")]
    if call.name.strip("-") == "s2" and rest:
        return f"{number}{ending} et {rest[0]}e siècles{before}"
    if call.name.startswith("sp") and len(rest) == 2 and rest[0] in ("au", "et", "ou"):
        many = "s" if rest[0] == "et" else ""
        return f"{number}{ending} {rest[0]} {rest[1]}e siècle{many}"
    if call.name.startswith("sp") and rest and re.fullmatch("[IVXLC]+", rest[-1]):
        return f"{number}e – {rest[-1]}e siècles"
    return f"{number}{ending} {what}{before}" + "".join(f" {part}" for part in rest)


def spanish_century(call: Call) -> str:
    """es: `siglo {{siglo|XIX}}` is siglo XIX, `{{siglo|II|a|s}}` is siglo II a. C."""
    number, era, word = call.plain("1"), call.plain("2"), call.plain("3").lower()
    if not number:
        return ""
    if call.name == "siglos" and era:
        return f"siglos {number} y {era}"
    era = {"a": "a. C.", "d": "d. C."}.get(era[:1].lower(), "")
    before = {"s": "siglo ", "ss": "siglos "}.get("s" if call.name == "s" else word, "")
    return f"{before}{number}" + (f" {era}" if era else "")


def portuguese_century(call: Call) -> str:
    number, era = call.plain("1"), call.plain("2")
    return f"século {number}" + (f" {era}" if era else "") if number else ""


_ERAS = (("令和", 2019), ("平成", 1989), ("昭和", 1926), ("大正", 1912), ("明治", 1868))


def japanese_year(call: Call) -> str:
    """ja: `{{和暦|1990}}` is 平成2年; the year in which an era begins has the new one's name."""
    year = call.plain("1").removesuffix("年")
    if not re.fullmatch(r"[0-9]{4}", year):
        return call.first
    for era, begins in _ERAS:
        if int(year) >= begins:
            count = int(year) - begins + 1
            return f"{era}{'元' if count == 1 else count}年"
    return f"{year}年"
