"""`{{convert|5|km|mi}}`: a measurement in its own unit and in others.

Source: the documentation of Template:Convert, and for the places of a converted number
`default_precision` of en.wikipedia's Module:Convert.
Differs: names of units are written out in English alone, other editions have signs (of four scripts
their own, `units.SIGNS`); what a unit is converted to where nothing is said is the same everywhere.
"""

import math
import re

from filters.wikitext.templates import expressions
from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.editions import Edition
from filters.wikitext.templates.units import SIGNS, UNITS, Unit, converted, sign_of_unit
from filters.wikitext.templates.words import spelt

RANGES = {
    "-": "–", "–": "–", "to": " to ", "to-": "–", "and": " and ", "or": " or ", "by": " by ",
    "x": " by ", "×": " by ", "*": " × ", "xx": " × ", "+": " + ", "±": " ± ", "+/-": " ± ",
    ",": ", ", "–&": "–", "e": " e ", "et": " et ", "und": " und ", "y": " y ", "a": " a ",
    "до": " до ", "и": " и ", "~": "~", "至": "至", "à": " à ", "bis": " bis ", "till": " till ",
}  # fmt: skip
# The words of other editions for `to`, `and`, `or`.
_JOINED = {
    "ar": (" إلى ", " و ", " أو "), "de": (" bis ", " und ", " oder "),
    "es": (" a ", " y ", " o "), "fr": (" à ", " et ", " ou "), "it": (" a ", " e ", " o "),
    "nl": (" tot ", " en ", " of "), "pl": (" do ", " i ", " lub "), "pt": (" a ", " e ", " ou "),
    "ru": (" до ", " и ", " или "), "sv": (" till ", " och ", " eller "),
    "tr": (" ila ", " ve ", " veya "), "uk": (" до ", " і ", " або "),
    "vi": (" đến ", " và ", " hoặc "), "zh": ("至", "和", "或"),
}  # fmt: skip
_FRACTION = re.compile(r"([-−]?)(?:(\d+)[ +])?(\d+)[/⁄](\d+)")
_AMERICAN = (("metre", "meter"), ("litre", "liter"))
_SIGN_ALONE = ("temperature", "degree", "density")  # kinds whose units no wiki writes out
_MAX_VALUE = 1e30
_FEET_AND_POUNDS = ("ft", "foot", "feet", "lb", "lbs")
_HALF = math.log10(2)  # a value is known to half of its last place
_THOUSANDS = {"e3": "thousand", "e6": "million", "e9": "billion", "e12": "trillion"}


def amount_of(text: str) -> tuple[float, int] | None:
    """A number and how many of its places count: `1300` -> 1300, -2."""
    text = text.replace("−", "-").replace("\u00a0", "").strip()
    if fraction := _FRACTION.fullmatch(text):
        sign, whole, above, below = fraction.groups()
        if int(below) == 0:
            return None
        value = int(whole or 0) + int(above) / int(below)
        return (-value if sign else value), max(0, math.ceil(math.log10(int(below))))
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", text):
        return None
    value = float(text)
    if abs(value) > _MAX_VALUE:
        return None
    if "." in text:
        return value, len(text) - text.index(".") - 1
    digits = text.lstrip("+-")
    return value, len(digits.rstrip("0")) - len(digits) if value else 0


def rounded(edition: Edition, value: float, places: int) -> str:
    """A number in the language's signs; half is rounded away from zero, as wikis do."""
    value = half_up(value, places)
    return edition.number(f"{value:.{max(0, places)}f}")


def half_up(value: float, places: int = 0) -> float:
    """The same as a number, of the 15 digits that are sure after a conversion."""
    return expressions.rounded(float(f"{value:.15g}"), places)


def _places(value: float, places: int, result: float, unit: str, target: str) -> int:
    """Places for a converted number: about as exact as the input, and at least two digits.

    A temperature has at least three digits in kelvins. Whole numbers in feet and pounds are as
    exact as one kilogram or metre is in the input's unit.

    Args:
      places: of the value that count.
    """
    if UNITS[target].kind == "temperature":
        kelvins = abs(converted(value, unit, "K") or 0.0)
        return max(places, 2 - _magnitude(kelvins) if kelvins >= 1e-8 else 2)
    if not result or not value:
        return 0
    if target in _FEET_AND_POUNDS and value.is_integer():
        finer = -math.log10(UNITS[unit].factor)
    else:
        finer = math.log10(abs(value / result))
    return max(math.floor(places + finer + _HALF), 1 - _magnitude(result))


def _magnitude(value: float) -> int:
    """The place of the first digit: 0 for 7, 1 for 70."""
    return math.floor(math.log10(abs(value)) + 1e-14)


def _common_places(amounts: list[tuple[float, int]], unit: str, target: str) -> int | None:
    """Both ends of a range have the places of the more exact one: 9.8 to 13.1 ft."""
    found = []
    for value, exact in amounts:
        result = converted(value, unit, target)
        if result and target in UNITS:
            found.append(_places(value, exact, result, unit, target))
    return max(found, default=None)


def _unit_name(edition: Edition, code: str, value: float, call: Call, adjective: bool) -> str:
    unit = UNITS[code]
    name = unit.singular if adjective or value == 1 else unit.plural
    if call.get("sp") == "us":
        for british, american in _AMERICAN:
            name = name.replace(british, american)
    return name.replace(" ", "-") if adjective else name


def convert(call: Call) -> str:
    edition = call.edition
    params = [edition.plain_number(plain(value)) for value in call.positional()]
    values, joins, signs = [], [], []
    # Numbers, with words between them: 5|to|10, 5|ft|11|in.
    while params:
        values.append(params.pop(0).replace("\u2212", "-"))
        if len(params) > 1 and params[0] in RANGES and amount_of(params[1]):
            signs.append(params[0])
            joins.append(_joined(params.pop(0), edition))
        else:
            break
    if not values or not values[0]:
        return ""
    units, targets, places = [], [], None
    if params:
        units.append(params.pop(0))
    # {{convert|3|e6m3}}: three million cubic metres.
    scale = re.fullmatch(r"(e3|e6|e9|e12)(\D.*)", units[0]) if units else None
    if scale and scale[2] in UNITS:
        return _scaled(call, values[0], scale[1], scale[2], params)
    middle = ""
    if call.get("adj") == "mid" and params and params[-1] not in UNITS:
        middle = params.pop()  # {{convert|6|ft|adj=mid|-tall}}
        middle = middle if middle.startswith("-") else f" {middle}"
    compound = _compound(values[0], units, params, middle, call)
    if compound:
        return compound
    for param in params:
        if re.fullmatch(r"-?\d", param):
            places = int(param)
        elif param:
            targets.append(param)
    amounts = [amount_of(value) for value in values]
    shown = [edition.number(value).replace("/", "⁄") for value in values]
    unit = UNITS.get(units[0]) if units else None
    between = [*joins, ""]
    text = "".join(a + b for a, b in zip(shown, between, strict=True))
    if unit is None or any(amount is None for amount in amounts):
        return " ".join(filter(None, (text, sign_of_unit(units[0]) if units else "")))
    numbers = [amount[0] for amount in amounts if amount]
    amount = numbers[-1] if len(numbers) == 1 else 2.0
    if len(numbers) == 1 and "/" in values[0] and 0 < amount < 1:
        amount = 1.0  # half an inch
    is_flipped = call.get("order") == "flip" or call.get("disp") == "flip"
    if call.get("spell", "sp").lower() in ("in", "on") and edition.code == "en":
        text = _in_words(call, text)
    short = call.get("abbr") in ("on", "in") or call.name == "cvt"
    if "x" in signs and short:  # 10 m × 20 m
        each = [_with_unit(number, units[0], 2, call, is_input=not is_flipped) for number in shown]
        own = " × ".join(each)
    else:
        own = _with_unit(text, units[0], amount, call, is_input=not is_flipped) + middle
    others: list[str] = []
    exactness = places
    for target in _targets(unit, targets or [unit.default]):
        known = [amount for amount in amounts if amount]
        places = exactness
        if places is None and len(known) > 1:
            places = _common_places(known, units[0], target)
        parts = [_converted(call, amount, units[0], target, places) for amount in known]
        if parts and all(parts):
            if target in UNITS and "x" in signs:  # 9.8 ft × 13.1 ft
                parts = [_with_unit(part, target, 2, call, is_input=False) for part in parts]
                others.append(" × ".join(parts))
                continue
            number = "".join(a + b for a, b in zip(parts, between, strict=True))
            is_first = (is_flipped and not others) or call.get("disp") in ("or", "slash")
            size = 1.0 if number == "1" else 2.0
            others.append(_with_unit(number, target, size, call, is_input=is_first))
    display = call.get("disp")
    if display in ("number", "output number only") and others:
        return others[0].rpartition(" ")[0]
    if display in ("out", "output only") and others:
        return others[0]
    if display in ("unit", "unit or text"):
        return _unit_name(edition, units[0], numbers[-1], call, False)
    if not others:
        return own
    if is_flipped:
        own, others = others[0], [own, *others[1:]]
    if display in ("or", "slash", "comma", "/"):
        return {"or": _joined("or", edition), "slash": " / ", "/": " / "}.get(display, ", ").join(
            [own, *others]
        )
    other = "; ".join(others)
    if edition.code == "zh":
        return f"{own}（{other.replace('; ', '；')}）"
    return f"{own} [{other}]" if display == "sqbr" else f"{own} ({other})"


def _joined(sign: str, edition: Edition) -> str:
    """What stands between the ends of a range."""
    if sign in ("to", "and", "or") and edition.code in _JOINED:
        return _JOINED[edition.code][("to", "and", "or").index(sign)]
    return RANGES[sign]


def _in_words(call: Call, number: str) -> str:
    """A whole number spelt out: `spell=in`, `spell=In` with a capital."""
    if not number.replace(",", "").isdecimal() or len(number) > 9:
        return number
    words = spelt(int(number.replace(",", "")))
    return words.capitalize() if call.get("spell", "sp")[:1].isupper() else words


def _scaled(call: Call, value: str, power: str, code: str, params: list[str]) -> str:
    """A measurement in thousands or millions of a unit."""
    edition = call.edition
    spelt = edition.code == "en" and call.get("abbr") not in ("on", "in") and call.name != "cvt"
    word = f" {_THOUSANDS[power]}" if edition.code == "en" else f" × 10<sup>{power[1:]}</sup>"
    number = edition.number(value) + word
    name = _unit_name(edition, code, 2, call, False) if spelt else UNITS[code].symbol
    target = params[0] if params else UNITS[code].default.partition(" ")[0]
    aim = re.fullmatch(r"(e3|e6|e9|e12)?(.+)", target)
    amount = amount_of(value)
    if not amount or not aim or aim[2] not in UNITS:
        return f"{number} {name}"
    result = converted(amount[0] * 10.0 ** int(power[1:]), code, aim[2])
    if result is None:
        return f"{number} {name}"
    own = aim[1] or ("e9" if result >= 1e9 else "e6" if result >= 1e6 else "")
    result /= 10.0 ** int(own[1:] or 0) if own else 1.0
    places = max(-30, min(30, _places(amount[0], amount[1], result, code, aim[2])))
    tail = f" {_THOUSANDS[own]}" if own and edition.code == "en" else ""
    tail = f" × 10<sup>{own[1:]}</sup>" if own and not tail else tail
    return f"{number} {name} ({rounded(edition, result, places)}{tail} {UNITS[aim[2]].symbol})"


def _targets(unit: Unit, targets: list[str]) -> list[str]:
    """Codes of single units: `ftin` is feet, `kg lb` are two."""
    found = []
    for target in targets:
        known = target in UNITS or target in ("ftin", "ft in", "stlb")
        found += [target] if known else target.replace("+", " ").split()
    return [t for t in found if t in UNITS or t in ("ftin", "ft in", "stlb")] or (
        [] if targets and targets[0] not in UNITS else unit.default.split(" ")
    )


def _converted(
    call: Call, amount: tuple[float, int], unit: str, target: str, places: int | None
) -> str:
    edition = call.edition
    value, exact = amount
    if target in ("ftin", "ft in"):
        inches = converted(value, unit, "in")
        if inches is None:
            return ""
        feet, rest = divmod(half_up(inches), 12)
        return f"{edition.number(str(int(feet)))} ft {int(rest)}"
    if target == "stlb":
        pounds = converted(value, unit, "lb")
        if pounds is None:
            return ""
        stones, rest = divmod(half_up(pounds), 14)
        return f"{int(stones)} st {int(rest)}"
    result = converted(value, unit, target)
    if result is None or not abs(result) < _MAX_VALUE:
        return ""
    figures = call.plain("sigfig")
    if figures.isdecimal() and int(figures) and result:
        places = int(figures) - 1 - math.floor(math.log10(abs(result)))
    elif call.plain("round").isdecimal() and (step := int(call.plain("round"))):
        return rounded(edition, half_up(result / step) * step, 0)
    elif places is None:
        places = _places(value, exact, result, unit, target)
    return rounded(edition, result, max(-30, min(30, places)))


def _with_unit(number: str, code: str, value: float, call: Call, is_input: bool) -> str:
    if code in ("ftin", "ft in"):
        return f"{number} in"
    if code == "stlb":
        return f"{number} lb"
    unit = UNITS[code]
    short = call.get("abbr")
    spelt = (short in ("off", "none", "out") and (is_input or short != "out")) or (
        is_input and short not in ("on", "in", "values") and call.name != "cvt"
    )
    if short == "values":
        return number
    if call.edition.code == "en" and spelt and unit.kind not in _SIGN_ALONE:
        adjective = is_input and call.get("adj") in ("on", "mid", "1")
        name = _unit_name(call.edition, code, value, call, adjective)
        return f"{number}-{name}" if adjective else f"{number} {name}"
    sign = SIGNS.get(call.edition.code, {}).get(unit.symbol, unit.symbol)
    joined = sign.startswith("/") or (call.edition.code == "zh" and sign != unit.symbol)
    return number + ("" if joined else " ") + sign


def _compound(value: str, units: list[str], params: list[str], middle: str, call: Call) -> str:
    """`5|ft|11|in|cm`: one length in two units; `middle` is what `adj=mid` puts behind them."""
    if len(params) < 2 or not units or not amount_of(params[0]) or params[1] not in UNITS:
        return ""
    first, second, more = amount_of(value), amount_of(params[0]), params[1]
    if (units[0], more) not in (("ft", "in"), ("lb", "oz"), ("st", "lb"), ("mi", "yd")):
        return ""
    if not first or not second:
        return ""
    part = converted(second[0], more, units[0]) or 0.0
    spell = call.get("abbr") not in ("on", "in") and call.name != "cvt"
    spell = spell and call.edition.code == "en"
    is_adjective = spell and call.get("adj") in ("on", "mid", "1")
    pieces = []
    for text, amount, code in ((value, first, units[0]), (params[0], second, more)):
        name = _unit_name(call.edition, code, amount[0], call, is_adjective)
        sign = name if spell else UNITS[code].symbol
        pieces.append(f"{call.edition.number(text)}{'-' if is_adjective else ' '}{sign}")
    own = ("-" if is_adjective else " ").join(pieces) + middle
    usual = UNITS[units[0]].default.rpartition(" ")[2]  # of stones kg, not lb
    target = next((p for p in params[2:] if p in UNITS), usual)
    total = converted(first[0] + part, units[0], target)
    if total is None:
        return own
    # The smaller unit says how exact the measurement is; inches are told to the centimetre.
    if more == "in":
        finer = math.log10(UNITS[target].factor) + 2
    else:
        finer = -math.log10(converted(1, more, target) or 1.0)
    places = max(math.floor(max(0, second[1]) + finer + _HALF), 1 - _magnitude(total or 1.0))
    found = next((int(p) for p in params[2:] if re.fullmatch(r"\d", p)), places)
    return f"{own} ({rounded(call.edition, total, found)} {UNITS[target].symbol})"
