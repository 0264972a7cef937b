"""Telephone numbers, by Google's metadata (the library phonenumbers).

International numbers count anywhere. National forms are looked for in the regions of the page's
domain, of the text's language and of the script beside them. A number that a word like "phone" or
"fax" announces (phone_words.csv) need only be possible, there or where that word is spoken; one
that nothing announces must be valid, and grouped as its region groups it: bare digits are mostly
something else.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator

import phonenumbers
from phonenumbers import Leniency

from filters.pii.addresses import NUMBERED_WORD
from filters.pii.amounts import MONEY_AFTER, MONEY_BEFORE
from filters.pii.announcements import last_words
from filters.pii.phone_plans import is_international, plan
from filters.pii.phone_words import announcements, regions_of_word
from filters.pii.places import Place
from filters.pii.regions import Regions, regions_of_script

Span = tuple[int, int]

MIN_DIGITS = 7  # fewer only where all numbers are so short
MAX_DIGITS = 17  # country code and number, zeros before them included
# Regions where an unannounced number is looked for: each is one more chance of a mistake.
STRICT_REGIONS = 8
FIRST_REGIONS = 2  # where one of fewer digits than seven is, and where it may end before its run

GROUP = re.compile(r"\d+")
EXTENSION = re.compile(
    r"[ ,]{0,2}(?:x|ext\.?|extension|#|доб\.?|ext no\.?)[ :]?[0-9]{1,7}(?![0-9])", re.IGNORECASE
)
SENTENCE = re.compile(r"\.[ \u00a0]+")  # what follows is another sentence
# Between two numbers, each of which has at least MIN_DIGITS.
BETWEEN = re.compile(
    r"[ \u00a0]*[/\\|][ \u00a0]*|[ \u00a0]+[\u2010-\u2015\uff0d-][ \u00a0]+|\u3000"
)

WORD_CHARS = 40
NEAR_CHARS = 20
# What stands between a word and its number when nothing else can be meant.
ADJOINING = re.compile(
    r"[^\w\n]{0,4}(?:(?:at|on|to|me|us|is|no|nr|number|numbers|n[°º]|am|auf|unter|au|al|a|en|fax|le|la"
    r"|il|på|í|ao|para|na|la|na|на|за|по|do|pod|sa|ke|di)\b"
    r"[^\w\n]{0,4}){0,2}\Z"
)
# Words of other languages, too: they announce what follows at once.
COMMON_WORDS = frozenset(
    ("wa", "hp", "lh", "bel", "ara", "ring", "text", "sel", "port", "cel", "ph")
)
INITIAL = re.compile(
    r"(?:^|[\s|,;(/•·])(?:[TMFPHCWtmfphcw]\s?:|[TM]\.|(?:desk|work|home|office|direct|private?|büro"
    r"|dienst|bureau|casa|trabajo|oficina|ufficio|gsm)\s?:)\s?\Z",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"[^\w\n]{0,2}\(?(?:office|fax|mobile|cell|home|work|desk|phone|tel)\b", re.IGNORECASE
)

_YEAR = r"(?:1[0-9]{3}|20[0-9]{2}|21[0-9]{2})"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_TO = r"[ ./\u2010-\u2013-]{1,3}"
_DATE = (
    rf"(?:{_YEAR}{_TO}{_MONTH}{_TO}{_DAY}|{_DAY}{_TO}{_MONTH}{_TO}{_YEAR}"
    rf"|{_MONTH}{_TO}{_DAY}{_TO}{_YEAR}|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
)
_SHORT_DATE = rf"(?:{_DAY}/{_MONTH}|{_MONTH}/{_DAY})/[0-9]{{2}}"
# A date, and more dates, a time or a number behind it; a day, or years, and days again.
DATES = re.compile(
    rf"\(?(?:{_DATE}(?!\d).*|{_DAY}{_TO}{_DATE}|{_DAY}[./]{_MONTH}{_TO}{_DATE}"
    rf"|{_SHORT_DATE}(?:[ \u2013-].*)?"
    rf"|{_DAY}\.{_MONTH}\.[0-9]{{2}}(?:[ \u2013-]{{1,3}}{_DAY}\.{_MONTH}.*)?"
    rf"|.*\((?:1[89]|20)[0-9]{{2}}|(?:19|20)[0-9]{{2}}(?:{_TO}(?:19|20)[0-9]{{2}})+\)?)"
)
_TIME = r"(?:[01]?[0-9]|2[0-4])[.][0-5][0-9]"
TIMES = re.compile(rf"\(?{_TIME}(?:[ ]?[/\u2010-\u2013-][ ]?{_TIME})+\)?.*")
DOTTED_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
# Thousands: 1.234.567, 12 345 678.
AMOUNT = re.compile(r"[1-9][0-9]?(?:[. \u00a0\u202f][0-9]{3}){2,4}")
# A decimal fraction, or a version: nothing that is grouped as a telephone number is.
FRACTION = re.compile(
    r"[0-9]{1,3}\.[0-9]{4,}|[0-9](?:\.[0-9]+)+|[0-9]+\.[0-9]{1,2}|[0-9]/[0-9]+"
    r"|(?:19|20)[0-9]{2}[-/.][0-9]{3,7}"
)
# A part of a longer name, number or path.
_NAME_BEFORE = re.compile(r"[^\W_][-_/=#.,:]\Z|[-_=#]\Z")
_NAME_AFTER = re.compile(r"[-_/.]?[A-Za-z0-9_]|[-_/=]\w")
ISBN_10 = re.compile(r"[0-9]+([ -])[0-9]+\1[0-9]+\1[0-9]")
BOOK_WORD = re.compile(
    r"\b(?:isbn|issn|ean|doi|pmid|oclc|lccn|gtin|upc|oid)\b[^\n]{0,16}\Z", re.IGNORECASE
)
# What a number is that is no telephone's, in spite of a word for one further off.
OTHER_WORD = re.compile(
    r"(?<![^\W\d_])(?:imei|iccid|serial|model|sku|id|no|order|invoice|ticket|case|ref|pin|version|code|s/n|p/n|part)"
    r"(?:\s?(?:number|no|nr|#))?[\s.:#]{0,3}\Z",
    re.IGNORECASE,
)


def phone_spans(text: str, places: list[Place], regions: Regions = ()) -> list[Span]:
    """Where telephone numbers are, of the runs of digits at some places.

    Args:
      regions: ISO 3166 codes of where national forms are looked for, the likeliest first.
    """
    spans: list[Span] = []
    for place in places:
        if not spans or place.start >= spans[-1][1]:
            spans += _in_run(text, place.start, place.end, regions)
    return spans


def _in_run(text: str, start: int, end: int, regions: Regions) -> list[Span]:
    """The numbers of a run of digits and what may stand between them."""
    if start > 1 and text[start - 1] in ",:" and text[start - 2].isdigit():
        # The end of an amount or a time, and perhaps a number behind it.
        group = GROUP.match(text, start)
        assert group
        start = group.end() + 1 if text[group.end() : group.end() + 1] == " " else end
        if start >= end or not text[start].isdigit():
            return []
    first = start - (start > 0 and text[start - 1] in "(（")
    plus = first > 0 and text[first - 1] in "+＋"
    before = text[max(0, first - plus - WORD_CHARS) : first - plus]
    word, gap = _announced(before)
    if not word and AFTER.match(text, end):
        word, gap = "phone", ""
    value = text[start:end]
    if not word and not plus and value.isdigit():
        return []
    # A bracket that closes inside belongs to the number.
    first -= plus
    if first < start and not plus and not any(c in value for c in ")）"):
        first = start
    spans: list[Span] = []
    for piece in _pieces(value):
        a, b = start + piece[0], start + piece[1]
        whole = first if piece[0] == 0 else a
        if word or (plus and piece[0] == 0):
            near = len(gap) <= NEAR_CHARS
            somewhere = (*regions, *(regions_of_script(before) if word else ()))
            if word and near:
                somewhere += regions_of_word(word)
            found = _announced_numbers(
                text, a, b, plus and piece[0] == 0, bool(word), regions, somewhere
            )
        else:
            found = _grouped_numbers(text, a, b, regions)
        if found and found[0][0] == a:
            found[0] = (whole, found[0][1])
        spans += found
    if spans and not plus:
        plain = _ascii(value)
        if DATES.fullmatch(plain) or TIMES.fullmatch(plain):
            return []
        spans = [s for s in spans if not _is_other_number(text, *s, before, word, gap)]
    if spans and spans[-1][1] == end and (extension := EXTENSION.match(text, end)):
        spans[-1] = spans[-1][0], extension.end()
    return spans


def _announced(before: str) -> tuple[str, str]:
    """The word that announces what comes, and what stands between; at most one new line."""
    part = last_words(before)
    found = announcements().last(part)
    if found and (found[0] not in COMMON_WORDS or ADJOINING.match(part, found[1])):
        return found[0], part[found[1] :]
    return ("phone", "") if INITIAL.search(before) else ("", "")


def _pieces(value: str) -> Iterator[Span]:
    """A run cut between sentences, and numbers that a slash or a dash with spaces joins."""
    begin = 0
    for end in (*(m.start() for m in SENTENCE.finditer(value)), len(value)):
        sentence = value[:end]
        for mark in BETWEEN.finditer(sentence, begin):
            sides = sentence[begin : mark.start()], sentence[mark.end() :]
            if min(sum(map(str.isdigit, side)) for side in sides) >= MIN_DIGITS:
                yield begin, mark.start()
                begin = mark.end()
        yield begin, end
        following = GROUP.search(value, end)
        begin = following.start() if following else len(value)


def _announced_numbers(
    text: str, start: int, end: int, plus: bool, announced: bool, near: Regions, regions: Regions
) -> list[Span]:
    """Numbers that begin a run: the longest valid one, or else, announced, the longest possible."""
    groups = [m.span() for m in GROUP.finditer(text, start, end)]
    spans: list[Span] = []
    while groups:
        first = plus and not spans
        size = _number_of_groups(text, groups, first, strict=True, near=near, regions=regions)
        if not size and announced:
            size = _number_of_groups(text, groups, first, strict=False, near=near, regions=regions)
        if not size:
            break
        spans.append((groups[0][0], groups[size - 1][1]))
        groups = groups[size:] if announced else []
    return spans


def _number_of_groups(
    text: str, groups: list[Span], plus: bool, strict: bool, near: Regions, regions: Regions
) -> int:
    """How many groups make a number, as many as can; 0 if none do.

    Args:
      strict: the number must be in use, in the first region where one is.
    """
    whole = _ascii("".join(text[a:b] for a, b in groups))
    ends = list(itertools.accumulate(b - a for a, b in groups))
    if len(whole) < MIN_DIGITS:
        return len(groups) if not plus and _is_short(whole, near) else 0
    sizes = [n for n in range(len(groups), 0, -1) if MIN_DIGITS <= ends[n - 1] <= MAX_DIGITS]
    if plus or whole.startswith("00"):
        for size in sizes:
            if is_international(whole[: ends[size - 1]].lstrip("0"), strict):
                return size
    if plus:
        return 0
    plans = [(i, known) for i, region in enumerate(regions) if (known := plan(region))]
    if not strict:
        found = (n for n in sizes for _, k in plans if k.is_possible(whole[: ends[n - 1]]))
        return next(found, 0)
    likely = [known for i, known in plans if i < STRICT_REGIONS]
    sure = FIRST_REGIONS if any(k.is_possible(whole) for k in likely) else STRICT_REGIONS
    for i, known in plans:
        # A part of the run is a number of a likely region, or of none.
        for size in sizes if i < sure else (len(groups),):
            if known.is_valid(whole[: ends[size - 1]]):
                return size
    return 0


def _is_short(digits: str, regions: Regions) -> bool:
    """Is it a number of a likely region where all are short?"""
    plans = (plan(region) for region in regions[:FIRST_REGIONS])
    return any(found and found.is_short(digits) for found in plans)


def _grouped_numbers(text: str, start: int, end: int, regions: Regions) -> list[Span]:
    """The number that a run is if nothing announces it: valid, and in groups as its region has."""
    value = text[start:end]
    if value.isdigit():
        return []
    groups = _ascii(" ".join(GROUP.findall(value)))
    digits = groups.replace(" ", "")
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        return []
    # Neighbours decide, too: a letter of Latin script or a currency sign makes it something else.
    begin = max(0, start - 1 - (start > 0 and text[start - 1] in "(（"))
    window = text[begin : end + 1]
    if digits.startswith("00") and is_international(digits[2:], strict=True):
        return [(start, end)]
    for region in regions[:STRICT_REGIONS]:
        known = plan(region)
        if known is None or not known.may_be_valid(digits, groups) or not is_number(value, region):
            continue
        matches = phonenumbers.PhoneNumberMatcher(window, region, Leniency.STRICT_GROUPING)
        if found := [(begin + match.start, begin + match.end) for match in matches]:
            return [(_inner_start(text, *span), span[1]) for span in found]
    return []


def is_number(value: str, region: str) -> bool:
    """Is the whole of it a number in use in the region?"""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(value, region)))
    except phonenumbers.NumberParseException:
        return False


def _is_part(text: str, start: int, end: int) -> bool:
    """Does a longer name or number go on before or behind it?"""
    before = text[max(0, start - 2) : start]
    return bool(_NAME_BEFORE.search(before) or _NAME_AFTER.match(text, end))


def _inner_start(text: str, start: int, end: int) -> int:
    """Without a bracket that is opened before the number and closed behind it."""
    return start + (text[start] in "(（" and not any(c in text[start:end] for c in ")）"))


def _is_other_number(text: str, start: int, end: int, before: str, word: str, gap: str) -> bool:
    """Dates, times, amounts, addresses of IPv4, ISBNs: shapes that some numbers have, too."""
    value = text[start:end]
    plain = _ascii(value)
    adjoining = bool(word) and bool(ADJOINING.match(gap))
    if MONEY_BEFORE.search(before) or (MONEY_AFTER.match(text, end) and not adjoining):
        return True
    if not adjoining:
        if DOTTED_QUAD.fullmatch(plain) and max(map(int, plain.split("."))) < 256:
            return True
        if AMOUNT.fullmatch(plain) or OTHER_WORD.search(before):
            return True
    if not word and (FRACTION.fullmatch(plain) or _is_part(text, start, end)):
        return True
    if not word and NUMBERED_WORD.search(before):
        return True
    if BOOK_WORD.search(before):
        return True
    return is_isbn(plain)


def is_isbn(value: str) -> bool:
    """Groups as an ISBN has them, and its check digit; thirteen digits need no groups."""
    value = value.strip("() ")
    digits = re.sub(r"[ -]", "", value)
    if not (digits.isascii() and digits.isdigit()):
        return False
    if len(digits) == 13 and digits.startswith(("978", "979")):
        return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    grouped = len(digits) == 10 and bool(ISBN_10.fullmatch(value))
    return grouped and sum(int(d) * (10 - i) for i, d in enumerate(digits)) % 11 == 0


def _ascii(value: str) -> str:
    """With digits of ASCII for those of other scripts."""
    if value.isascii():
        return value
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in value)


def canonical_phone(value: str) -> str:
    """Its digits: what the same number looks like in a text, whatever separates them."""
    return "".join(str(unicodedata.digit(c)) for c in value if c.isdigit())
