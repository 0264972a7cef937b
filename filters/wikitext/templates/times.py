"""Dates that MediaWiki writes: `{{#time:j F Y|2020-05-06}}`, `{{#dateformat:2009-12-25|dmy}}`.

Source: https://www.mediawiki.org/wiki/Help:Extension:ParserFunctions##time and Help:Magic_words
(#dateformat) there; the letters are those of PHP's date.
Differs: days are read as numbers or with the month's name, not `+1 week`; names of days and short
names of months are known in English alone. What is not known takes its sentence with it, as what
is said of today does.
"""

import calendar
import datetime
import functools
import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.editions import Edition, edition
from filters.wikitext.templates.functions import UNKNOWABLE
from filters.wikitext.templates.words import roman_numeral

# Where the name of a month alone is another than beside a day, which is the one in locales.json.
_MONTHS_ALONE = {
    "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "uk": "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад "
    "грудень",
    "be": "студзень люты сакавік красавік май чэрвень ліпень жнівень верасень кастрычнік лістапад "
    "снежань",
    "pl": "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad "
    "grudzień",
    "cs": "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "sk": "január február marec apríl máj jún júl august september október november december",
    "hr": "siječanj veljača ožujak travanj svibanj lipanj srpanj kolovoz rujan listopad studeni "
    "prosinac",
    "el": "Ιανουάριος Φεβρουάριος Μάρτιος Απρίλιος Μάιος Ιούνιος Ιούλιος Αύγουστος Σεπτέμβριος "
    "Οκτώβριος Νοέμβριος Δεκέμβριος",
    "fi": "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu "
    "marraskuu joulukuu",
    "lt": "sausis vasaris kovas balandis gegužė birželis liepa rugpjūtis rugsėjis spalis lapkritis "
    "gruodis",
    "ca": "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
}
# `xg`: the month beside a day; `xr`: the next number as a Roman one; `xj…`: other calendars.
_TOKEN = re.compile(r'x[ijkmot].|x.|"[^"]*"?|\\.|.', re.DOTALL)
_OF_YEAR_ALONE = re.compile(r"(?:xr|x[nN]|[YyL]|[\W\d_])*")
_NEEDS_YEAR = re.compile("[YyLoWNwzUDlc]")
_DAY = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?|(?P<y2>\d{4})(?P<m2>\d{2})(?P<d2>\d{2})"
    r"|(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})"
    r"|(?P<m4>\d{1,2})/(?P<d4>\d{1,2})/(?P<y4>\d{4})"
)
_HOUR = re.compile(r"(?:\s+|T)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*(?:UTC|Z|\+00:?00))?$")
_NAMED = re.compile(
    r"(?:(?P<d>\d{1,2})(?:er|st|nd|rd|th)?\.?[\s-]+)?(?P<m>[^\W\d_][^\d,]*?)\.?"
    r"(?:[\s-]+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)?(?:,?[\s-]+(?P<y>\d{4}))?"
)
_ORDERS = {
    "dmy": ("j F Y", "j F"), "mdy": ("F j, Y", "F j"), "ymd": ("Y F j", "F j"),
    "iso 8601": ("Y-m-d", "m-d"), "iso8601": ("Y-m-d", "m-d"),
}  # fmt: skip


def time(call: Call) -> str:
    """`{{#time:format|date|language}}`; without a date it is said of today."""
    given = call.part(1)
    if "{{" in given or "{{" in call.part(0):
        return UNKNOWABLE
    own = edition(plain(call.part(2))) if call.part(2) else call.edition
    pattern, given = plain(call.part(0)), plain(given)
    if re.fullmatch(r"[0-9]{4}", given):  # a year; month and day are those of today
        given = f"{given}-01-01" if _OF_YEAR_ALONE.fullmatch(pattern) else ""
    moment, has_year = _moment(given, call.edition)
    if moment is None or (not has_year and _NEEDS_YEAR.search(pattern)):
        return UNKNOWABLE
    return formatted(moment, pattern, own)


def date_format(call: Call) -> str:
    """`{{#dateformat:25 dec 2009|ymd}}`: the date in that order; what is no date stays."""
    text = plain(call.part(0))
    moment, has_year = _moment(text, call.edition)
    patterns = _ORDERS.get(plain(call.part(1)).lower())
    if moment is None or patterns is None:
        return text
    return formatted(moment, patterns[0 if has_year else 1], call.edition)


def _moment(text: str, own: Edition) -> tuple[datetime.datetime | None, bool]:
    """The date and hour, which is 0 o'clock if the text says none, and whether it has a year."""
    hour = _HOUR.search(text)
    hours, minutes, seconds = (int(part or 0) for part in (hour.groups() if hour else "000"))
    text = (text[: hour.start()] if hour else text).strip()
    if found := _DAY.fullmatch(text):
        year, month, day = (
            next((value for n in ("", 2, 3, 4) if (value := _group(found, f"{key}{n}"))), "")
            for key in "ymd"
        )
    elif found := _NAMED.fullmatch(text):
        month, year = str(_month(found["m"].strip().lower(), own)), found["y"] or ""
        day = found["d"] or found["d2"] or ""
        if not year and not day:
            return None, False
    else:
        return None, False
    try:
        # In a leap year there are all days.
        date = datetime.datetime(
            int(year or 2000), int(month), int(day or 1), hours, minutes, seconds
        )
    except ValueError:
        return None, False
    return date, bool(year)


def _group(found: re.Match[str], name: str) -> str:
    return found.groupdict().get(name) or ""


def _month(name: str, own: Edition) -> int:
    """Its number; 0 if there is none of that name in the language or in English."""
    for table in (*_month_names(own.code), *_month_names("en")):
        if name in table:
            return table.index(name) + 1
    short = [month[:3] for month in _month_names("en")[0]]
    return short.index(name) + 1 if name in short else 0


@functools.cache
def _month_names(code: str) -> tuple[list[str], list[str]]:
    own = edition(code)
    beside = [month.lower() for month in own.months]
    return beside, [month.lower() for month in _alone(own)]


def _alone(own: Edition) -> list[str]:
    return _MONTHS_ALONE[own.code].split() if own.code in _MONTHS_ALONE else own.months


def formatted(moment: datetime.datetime, pattern: str, own: Edition) -> str:
    """A date by a pattern of PHP's letters; other signs, and text in quotes, stay as they are."""
    written = []
    as_roman = False
    for token in _TOKEN.findall(pattern):
        if token == "xr":
            as_roman = True
            continue
        if token in ("xn", "xN"):
            continue  # plain digits, which all numbers are here
        text = _written(token, moment, own)
        if as_roman and text.isdecimal():
            text, as_roman = roman_numeral(int(text)) or text, False
        written.append(text)
    return UNKNOWABLE if UNKNOWABLE in written else "".join(written)


def _written(token: str, moment: datetime.datetime, own: Edition) -> str:
    if token[0] == '"':
        return token.strip('"') or ('"' if token == '"' else "")
    if token[0] == "\\":
        return token[1:]
    if token == "xg":
        return own.months[moment.month - 1]
    if token[0] == "x" and len(token) > 1:
        return UNKNOWABLE  # calendars other than ours
    if token == "F":
        return _alone(own)[moment.month - 1]
    if token in ("D", "l", "M", "S", "a", "A"):
        return _english(token, moment) if own.code == "en" else UNKNOWABLE
    week = moment.isocalendar()
    values = {
        "d": f"{moment.day:02}", "j": str(moment.day), "m": f"{moment.month:02}",
        "n": str(moment.month), "Y": str(moment.year), "y": f"{moment.year % 100:02}",
        "o": str(week.year), "W": f"{week.week:02}", "N": str(week.weekday),
        "w": str(week.weekday % 7), "z": str(moment.timetuple().tm_yday - 1),
        "t": str(calendar.monthrange(moment.year, moment.month)[1]),
        "L": str(int(calendar.isleap(moment.year))),
        "G": str(moment.hour), "H": f"{moment.hour:02}", "i": f"{moment.minute:02}",
        "g": str((moment.hour - 1) % 12 + 1), "h": f"{(moment.hour - 1) % 12 + 1:02}",
        "s": f"{moment.second:02}", "e": "UTC", "T": "UTC", "O": "+0000", "P": "+00:00",
        "U": str(int(moment.replace(tzinfo=datetime.UTC).timestamp())),
        "c": moment.isoformat() + "+00:00",
    }  # fmt: skip
    return values.get(token, token)


def _english(token: str, moment: datetime.datetime) -> str:
    name = f"{moment:%A}" if token in ("D", "l") else edition("en").months[moment.month - 1]
    if token == "S":
        tail = {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10, "th")
        return "th" if moment.day in (11, 12, 13) else tail
    if token in ("a", "A"):
        half = "pm" if moment.hour >= 12 else "am"
        return half.upper() if token == "A" else half
    return name if token == "l" else name[:3]
