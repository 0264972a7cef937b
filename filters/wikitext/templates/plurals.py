"""`{{plural:3|cat|cats}}`: the form of a word that goes with a number.

Source: Unicode's CLDR, plurals.xml (https://www.unicode.org/cldr/charts/latest/supplemental/
language_plural_rules.html), whose rules for whole numbers MediaWiki uses, and
https://www.mediawiki.org/wiki/Help:Magic_words (`{{plural:}}`; `12=a dozen` is for that number).
"""

from collections.abc import Callable

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.expressions import evaluate
from filters.wikitext.templates.functions import UNKNOWABLE

_FEW = (2, 3, 4)


def _english(n: int) -> int:
    return int(n != 1)


def _french(n: int) -> int:
    return int(n > 1)


def _single(n: int) -> int:
    return 0


def _russian(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if n % 10 in _FEW and n % 100 not in (12, 13, 14) else 2


def _polish(n: int) -> int:
    return 0 if n == 1 else 1 if n % 10 in _FEW and n % 100 not in (12, 13, 14) else 2


def _czech(n: int) -> int:
    return 0 if n == 1 else 1 if n in _FEW else 2


def _slovene(n: int) -> int:
    return {1: 0, 2: 1, 3: 2, 4: 2}.get(n % 100, 3)


def _lithuanian(n: int) -> int:
    if 11 <= n % 100 <= 19 or n % 10 == 0:
        return 2
    return 0 if n % 10 == 1 else 1


def _latvian(n: int) -> int:
    if n % 10 == 0 or 11 <= n % 100 <= 19:
        return 0
    return 1 if n % 10 == 1 else 2


def _romanian(n: int) -> int:
    return 0 if n == 1 else 1 if n == 0 or 1 <= n % 100 <= 19 else 2


def _arabic(n: int) -> int:
    if n < 3:
        return n
    return 3 if 3 <= n % 100 <= 10 else 4 if n % 100 >= 11 else 5


_RULES: dict[str, Callable[[int], int]] = {
    **dict.fromkeys(("fr", "pt", "hy", "hi", "bn", "fa"), _french),
    **dict.fromkeys(("ja", "zh", "ko", "vi", "th", "id", "ms", "my"), _single),
    **dict.fromkeys(("ru", "uk", "be", "sr", "hr", "bs", "sh"), _russian),
    **dict.fromkeys(("cs", "sk"), _czech),
    "pl": _polish, "sl": _slovene, "lt": _lithuanian, "lv": _latvian, "ro": _romanian,
    "ar": _arabic,
}  # fmt: skip


def plural(call: Call) -> str:
    """The form for the number, or the last one, if there are fewer forms than rules."""
    try:
        number = evaluate(_digits(call))
    except (ValueError, ArithmeticError):
        return UNKNOWABLE
    parts = call.parts[1:]
    for key, value in parts:
        if key.isascii() and key.isdecimal() and int(key) == number:
            return value
    forms = [value for key, value in parts if not key]
    if not forms:
        return ""
    rule = _RULES.get(call.edition.code, _english)
    is_whole = number == int(number)
    # Parts of one go with the last form in most languages; in French up to 2 with the first.
    at = rule(abs(int(number))) if is_whole or rule in (_french, _single) else len(forms) - 1
    return forms[min(at, len(forms) - 1)]


def _digits(call: Call) -> str:
    """The number as a sum reads it, without what parts thousands."""
    text = plain(call.part(0)).replace("\u00a0", "").replace("\u202f", "")
    if call.edition.decimal == ",":
        return text.replace(".", "").replace(",", ".") if "," in text else text
    return text.replace(",", "")
