"""Numbers that states give to persons (some, to companies), told by their check digits.

national_ids.csv says in which shapes each is written: `9` is a digit, `A` a letter. Some shapes are
no other number's, and count anywhere; some only where the text's or page's region is theirs; a row
of digits only behind a word that announces it. The checks are those of the library python-stdnum;
some that it lacks, or refuses for people born before their place had its code, are here.
"""

import csv
import dataclasses
import datetime
import functools
import importlib
import importlib.resources
import itertools
import re
from collections.abc import Callable, Iterator

from filters.pii.announcements import Announcements, last_words
from filters.pii.places import Place
from filters.pii.regions import Regions

Span = tuple[int, int]

WORD_CHARS = 48
LIKELY_REGIONS = 2
_SHAPE = str.maketrans({c: "9" for c in "0123456789"} | {chr(c): "A" for c in range(65, 91)})
# A letter or two, and a sign, that may stand before and behind a run of digits.
_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}[ -]?\Z")
_AFTER = re.compile(r"[ -]?[A-Za-z]{1,2}(?![A-Za-z0-9])")
_GROUP = re.compile(r"[0-9]+")
_OUTSIDE_BEFORE = re.compile(r"[A-Za-z0-9_]\Z|[0-9][-./]\Z|[/=#$€£+-]\Z")
_OUTSIDE_AFTER = re.compile(r"[A-Za-z0-9_]|[-./][0-9]")


@dataclasses.dataclass(frozen=True)
class Form:
    """One way in which a number is written, and when that is enough."""

    check: str
    region: str
    found: str
    words: frozenset[str]


@functools.cache
def _forms() -> dict[str, list[Form]]:
    """By shape, those first that need no word."""
    table = importlib.resources.files(__package__) / "national_ids.csv"
    forms: dict[str, list[Form]] = {}
    with table.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            words = frozenset(w.strip().lower() for w in row["words"].split(",") if w.strip())
            form = Form(row["check"], row["region"], row["found"], words)
            for shape in row["shapes"].split("|"):
                forms.setdefault(shape, []).append(form)
    return forms


@functools.cache
def _lengths() -> tuple[int, ...]:
    return tuple(sorted({len(shape) for shape in _forms()}, reverse=True))


@functools.cache
def _announcements() -> Announcements:
    return Announcements({w for forms in _forms().values() for form in forms for w in form.words})


def national_id_spans(text: str, places: list[Place], regions: Regions) -> list[Span]:
    """Where numbers of persons are, of runs of digits and words with digits.

    Args:
      regions: where the text may come from, the likeliest first.
    """
    spans: list[Span] = []
    for place in places:
        if spans and place.start < spans[-1][1]:
            continue
        if found := next(_in_place(text, place, regions), None):
            spans.append(found)
    return spans


def _in_place(text: str, place: Place, regions: Regions) -> Iterator[Span]:
    word: str | None = None
    for start, end in _candidates(text, place):
        forms = _forms().get(text[start:end].upper().translate(_SHAPE))
        if not forms:
            continue
        if _OUTSIDE_BEFORE.search(text[max(0, start - 2) : start]):
            continue
        if _OUTSIDE_AFTER.match(text, end):
            continue
        for form in forms:
            if form.found == "word":
                if word is None:
                    before = last_words(text[max(0, start - WORD_CHARS) : start])
                    last = _announcements().last(before)
                    word = last[0] if last else ""
                if word not in form.words:
                    continue
            elif form.found == "region" and form.region not in regions[:LIKELY_REGIONS]:
                continue
            if is_valid(form.check, text[start:end]):
                yield start, end
                return


def _candidates(text: str, place: Place) -> Iterator[Span]:
    """Parts of a place that may have a known shape, the longest first."""
    start, end = place.start, place.end
    if text[start:end].isalnum() and not text[start:end].isdigit():
        yield start, end
        return
    before = _BEFORE.search(text[max(0, start - 4) : start])
    after = _AFTER.match(text, end)
    if before and after:
        yield start - len(before[0]), after.end()
    if after:
        yield start, after.end()
    if before:
        yield start - len(before[0]), end
    yield start, end
    lengths = _lengths()
    firsts = [m.start() for m in _GROUP.finditer(text, start, end)][:4]
    for first in firsts:
        for size in lengths:
            if first + size < end or (first > start and first + size == end):
                yield first, first + size


def is_valid(check: str, value: str) -> bool:
    """Has it the check digits, and are its dates and places some?"""
    return _check(check)(value)


@functools.cache
def _check(name: str) -> Callable[[str], bool]:
    own = {
        "nino": _is_nino,
        "snils": _is_snils,
        "nric_sg": _is_nric,
        "pan": _is_pan,
        "cn": _is_resident,
    }
    if name in own:
        return own[name]
    found: Callable[[str], bool] = importlib.import_module(f"stdnum.{name}").is_valid
    return found


_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_PROVINCES = frozenset(
    itertools.chain(
        range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66),
        [71], range(81, 84),
    )
)  # fmt: skip
_PAN = re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z](?!0000)[0-9]{4}[A-Z]")


def _is_nino(value: str) -> bool:
    """United Kingdom, national insurance: prefixes in use; it has no check digit.

    Source: https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110.
    """
    return value[:2].isupper() and bool(_NINO.fullmatch(canonical_id(value)))


def _is_resident(value: str) -> bool:
    """China: a province, a day of birth, a check by ISO 7064, modulo 11-2 (GB 11643-1999)."""
    digits = canonical_id(value)
    try:
        datetime.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(digits[:17]))
    known = int(digits[:2]) in _PROVINCES and "19" <= digits[6:8] <= "20"
    return known and digits[17] == "10X98765432"[total % 11]


def _is_pan(value: str) -> bool:
    """India, income tax: the fourth letter is a kind of holder; it has no public check digit."""
    return bool(_PAN.fullmatch(value))


def _is_snils(value: str) -> bool:
    """Russia, pension insurance: weights 9 to 1, modulo 101.

    Source: https://ru.wikipedia.org/wiki/Контрольное_число#Страховой_номер_индивидуального_лицевого_счёта_(Россия).
    """
    digits = canonical_id(value)
    total = sum(int(d) * weight for d, weight in zip(digits[:9], range(9, 0, -1), strict=True))
    return int(digits[:9]) > 1001998 and total % 101 % 100 == int(digits[9:])


def _is_nric(value: str) -> bool:
    """Singapore, identity cards: a letter for weighted digits modulo 11.

    Source: https://en.wikipedia.org/wiki/National_Registration_Identity_Card.
    """
    value = value.upper()
    if value[0] not in "STFG":
        return False
    total = sum(int(d) * w for d, w in zip(value[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    letters = "JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK"
    return value[8] == letters[(total + 4 * (value[0] in "TG")) % 11]


def canonical_id(value: str) -> str:
    """Its letters and digits."""
    return re.sub(r"[ ./+-]", "", value).upper()
