"""Numbers: `{{val|3.5|u=kg}}`, `{{unité|5|km}}`, `{{frac|1|2}}`, `{{US$|5}}`, `{{formatnum:1234}}`.

Source: the documentation of these templates.
"""

import math
import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.conversions import RANGES, amount_of, half_up, rounded
from filters.wikitext.templates.editions import Edition
from filters.wikitext.templates.functions import UNKNOWABLE
from filters.wikitext.templates.units import UNITS, converted, sign_of_unit

_LEADING = re.compile(r"[-−+]?\d[\d ,\u00a0\u202f]*(?:[.,]\d+)?")

_WITH_POWER = re.compile(r"([-+−]?\d+(?:[.,]\d+)?)[eE]([-+−]?\d{1,3})")
_NUMBER_IN_TEXT = re.compile(r"(?:(?<!\w)[-−])?[0-9]+(?:\.[0-9]+)?")


def value(call: Call) -> str:
    """A number with what follows it: uncertainty, power of ten, unit."""
    edition = call.edition
    params = [plain(v) if "<" not in v or "ref" in v else v for v in call.positional()]
    number = params[0] if params else ""
    if call.name in ("val", "value"):
        return _val(call, number)
    grouped = call.get("fmt") != "none"
    digits = number.replace(" ", "").replace("\u00a0", "")
    written_power = _WITH_POWER.fullmatch(digits)  # fr: {{unité|3e6|m}}
    if written_power:
        digits = written_power[1]
    if re.fullmatch(r"[-+−]?[\d.,]+", digits):
        number = edition.number(_decimal_point(digits, edition), grouped)
    elif found := _LEADING.match(number):
        rest = number[found.end() :]
        digits = re.sub(r"[ \u00a0\u202f]", "", found[0])
        if digits.strip("-−+").replace(".", "").replace(",", "").isdecimal():
            gap = " " if found[0][-1:] in " \u00a0" and rest else ""
            number = edition.number(_decimal_point(digits, edition), grouped) + gap + rest
    # {{unité|5|m|3|s|-1}}: units and their powers follow each other.
    units = ""
    for part in params[1:]:
        if re.fullmatch(r"[-−]?\d+", part) and units:
            units += f"<sup>{part.replace('-', '−')}</sup>"
        elif part:
            units += ("⋅" if units else "") + part
    power = call.plain("e", "10") or (written_power[2].lstrip("+") if written_power else "")
    text = number + (f" × 10<sup>{power}</sup>" if power else "")
    unit = call.get("u", "ul", "unité", "unidad", "unit")
    unit = unit or units
    return f"{text} {unit}" if unit and text else text


def _amount(call: Call, text: str) -> tuple[float, int] | None:
    """As `amount_of`, of a number for a sum, whose only point is a decimal mark on all wikis."""
    return amount_of(_decimal_point(text, call.edition))


def _decimal_point(digits: str, edition: Edition) -> str:
    """A number whose decimals follow a point; `307,665` has a comma in most of Europe."""
    is_plain = "," not in digits and digits.count(".") < 2
    return digits if is_plain else edition.plain_number(digits)


def _val(call: Call, number: str) -> str:
    power = call.plain("e")
    if written_power := _WITH_POWER.fullmatch(number):
        number, power = written_power[1], written_power[2].lstrip("+")
    if call.get("fmt") == "commas":
        number = call.edition.number(_decimal_point(number, call.edition))
    else:
        number = number.replace("-", "−", 1) if number.startswith("-") else number
    above, below = call.plain("2"), call.plain("3")
    if above in RANGES and below:
        number += RANGES[above] + below
    elif above and below:
        number += f"+{above.lstrip('+')}−{below.lstrip('-−')}"
    elif above:
        number += above if above.startswith(("(", "±")) else f"±{above}"
    elif error := call.plain("err"):
        number += error if error.startswith(("(", "±")) else f"±{error}"
    if power:
        if re.search("[±+]", number[1:]):
            number = f"({number})"
        number += ("×" if number else "") + f"10<sup>{power.replace('-', '−')}</sup>"
    number += call.get("end", "s")
    if unit := sign_of_unit(call.get("u", "ul")):
        number += ("" if unit in ("%", "°", "′", "″", "'", '"') else " ") + unit
    if divisor := sign_of_unit(call.get("up", "upl")):
        number += ("" if unit else " ") + f"/{divisor}"
    return call.get("p") + number


def measure(call: Call) -> str:
    """it: `{{M|1,17|M|eV}}`: number, prefix, unit."""
    parts = call.positional()
    if len(parts) == 1 and not plain(parts[0])[:1].isdecimal():
        return parts[0]
    number = call.edition.number(_decimal_point(plain(parts[0]), call.edition)) if parts else ""
    if len(parts) > 1 and plain(parts[1])[:1].isdecimal():  # {{M|5|0,2|km}}
        number += f"±{plain(parts.pop(1))}"
    unit = "".join(parts[1:3])
    power = call.plain("e")
    if power:
        number += f" × 10<sup>{power}</sup>"
    unit += sign_of_unit(call.get("u", "ul"))
    return f"{number} {unit}".strip()


def fraction(call: Call) -> str:
    parts = [part for part in call.positional() if part]
    if len(parts) == 1:
        return f"1⁄{parts[0]}"
    if len(parts) == 2:
        above, below = parts
        if call.name.startswith("sfrac"):
            return f"{_grouped(above)}/{_grouped(below)}"
        return f"{above}⁄{below}"
    bar = "/" if call.name.startswith("sfrac") else "⁄"
    return f"{parts[0]} {parts[1]}{bar}{parts[2]}" if len(parts) == 3 else ""


def gaps(call: Call) -> str:
    """`{{gaps|1|234|567}}`: a number in groups."""
    return "".join(call.positional())


def _grouped(text: str) -> str:
    """In brackets if it is a sum, so that a fraction on one line means the same."""
    return f"({text})" if re.search(r"\s[-+−±]\s", text) else text


def power_of_ten(call: Call) -> str:
    return f"×10<sup>{call.first}</sup>" if call.first else ""


def times_ten(call: Call) -> str:
    """it: `{{Exp|1,9|19}}`: a number and the power of ten that it is multiplied by."""
    number, power = call.first, call.get("2")
    if not power:
        return f"10<sup>{number}</sup>" if number else ""
    return f"{number} × 10<sup>{power}</sup>"


def sup_sub(call: Call) -> str:
    above, below = call.get("p", "1", "sup"), call.get("b", "2", "sub")
    return (f"<sup>{above}</sup>" if above else "") + (f"<sub>{below}</sub>" if below else "")


def format_number(call: Call) -> str:
    """`{{formatnum:1234.5}}`; of other text each number in it, as MediaWiki does: `5,5` stays."""
    if "{{" in call.first:  # a template that is not known
        return UNKNOWABLE
    text = call.plain("1")
    if call.plain("2") in ("R", "NOSEP"):
        return text
    number = _NUMBER_IN_TEXT.sub(lambda found: call.edition.number(found[0]), text)
    # pt: {{fmtn|5000|m}}, de: {{Zahl|160|km/h}}; a number there would be that of decimals
    unit = (
        call.get("2") if call.name in ("fmtn", "zahl") and not call.plain("2").isdecimal() else ""
    )
    return f"{number} {unit}" if unit and number else number


_SIGNS = {
    "£": "£", "gbp": "£", "gbp£": "£", "pound": "£", "pound sterling": "£", "£sd": "£", "€": "€",
    "eur": "€", "euro": "€", "inr": "₹", "indian rupee": "₹", "rupee": "₹", "₹": "₹", "jpy": "¥",
    "¥": "¥", "yen": "¥", "cny": "CN¥", "rmb": "CN¥", "cn¥": "CN¥", "krw": "₩", "₩": "₩",
    "php": "₱", "phpeso": "₱", "₱": "₱", "nis": "₪", "₪": "₪", "brl": "R$", "r$": "R$",
    "us$": "US$", "usd": "US$", "us dollar": "US$", "dollar": "$", "a$": "A$", "au$": "A$",
    "aud": "A$", "c$": "C$", "ca$": "C$", "cad": "C$", "nz$": "NZ$",
    "nzd": "NZ$", "ils": "₪", "₦": "₦", "hk$": "HK$", "nt$": "NT$", "hkd": "HK$", "ntd": "NT$",
    "twd": "NT$", "s$": "S$", "sgd": "S$", "rub": "₽", "₽": "₽", "try": "₺", "₺": "₺", "tl": "₺",
    "hryvnia": "₴", "uah": "₴", "ngn": "₦", "thb": "฿", "zar": "R",
}  # fmt: skip
_AFTER = "fr de es it ru uk pl tr cs sv fi da no hu bg el ro sk hr sr ca vi"


def money(call: Call) -> str:
    sign = _SIGNS.get(call.name, call.name.upper())
    amount = call.get("1")
    digits = plain(amount)
    if re.fullmatch(r"\d+(\.\d+)?", digits):
        amount = call.edition.number(digits)
    if not amount:
        return sign
    if call.edition.code in ("pt", "nl"):
        return f"{sign} {amount}"
    if call.edition.code in _AFTER.split():
        return f"{amount} {sign}"
    return sign + (" " if sign.isalpha() and sign.isascii() else "") + amount


def pounds(call: Call) -> str:
    """`{{£sd|l=5|s=3|d=2}}` is £5 3s 2d, of the old coins of Britain."""
    parts = ((call.get("l", "1"), "£{}"), (call.get("s", "2"), "{}s"), (call.get("d", "3"), "{}d"))
    return " ".join(sign.format(number) for number, sign in parts if number)


def currency(call: Call) -> str:
    """`{{currency|1000|USD}}`."""
    code = call.plain("2", "code", "type") or ("$" if call.name == "format price" else "USD")
    sign = _SIGNS.get(code.lower(), code)
    amount = call.edition.number(call.plain("1", "amount"))
    return f"{sign}{amount}" if amount else ""


def hour(call: Call) -> str:
    """fr: `{{heure|4|30}}` is 4 h 30, `{{durée|1|2|3}}` 1 h 2 min 3 s."""
    hours, minutes, seconds = (call.positional() + [""] * 3)[:3]
    if hours and minutes and not seconds:
        return f"{hours} h {minutes}"
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {sign}" for number, sign in parts if number)


# Sea levels of countries, by their codes of ISO 3166.
_SEA_LEVELS = {"DE": "NHN", "AT": "A.", "CH": "M.", "LI": "M.", "NL": "NAP"}


def elevation(call: Call) -> str:
    """de: `{{Höhe|115|DE-NHN}}` is a height above sea level; `AT` alone above that of Austria."""
    height, code = call.plain("1"), call.plain("2")
    number = call.edition.number(height, grouped=len(height.partition(".")[0]) > 4)
    reference = _SEA_LEVELS.get(code.upper()) or ("" if len(code) == 2 else code.rpartition("-")[2])
    return f"{number} m" + (f" ü. {reference}" if reference else "") if number else ""


def density(call: Call) -> str:
    """`{{Pop density|1000|10|km2|sqmi}}`: inhabitants of an area."""
    people, area = _amount(call, call.plain("1")), _amount(call, call.plain("2"))
    unit = call.plain("3") or "km2"
    if not people or not area or not area[0]:
        return ""
    shown = []
    for target in (unit, call.plain("4") or ("sqmi" if unit == "km2" else "km2")):
        size = converted(area[0], unit, target)
        if size and f"/{target}" in UNITS:
            value = people[0] / size
            places = int(call.plain("prec")) if call.plain("prec").isdecimal() else 0
            number = rounded(call.edition, value, min(places, 9))
            shown.append(f"{number}{UNITS[f'/{target}'].symbol}")
    return f"{shown[0]} ({shown[1]})" if len(shown) > 1 else "".join(shown)


# Millimetres, feet and inches, and the code of en.wikipedia's Module:Track gauge/data.
_GAUGES = """
381 mm|15 in|
600 mm|1 ft 11+5⁄8 in|
610 mm|2 ft|
750 mm|2 ft 5+1⁄2 in|
760 mm|2 ft 5+15⁄16 in|bosnian
762 mm|2 ft 6 in|
891 mm|2 ft 11+3⁄32 in|swedish
914 mm|3 ft|
950 mm|3 ft 1+3⁄8 in|italian metre
1,000 mm|3 ft 3+3⁄8 in|metre meter
1,067 mm|3 ft 6 in|cape
1,372 mm|4 ft 6 in|scotch
1,435 mm|4 ft 8+1⁄2 in|standard sg
1,520 mm|4 ft 11+27⁄32 in|russian
1,524 mm|5 ft|
1,600 mm|5 ft 3 in|irish
1,668 mm|5 ft 5+21⁄32 in|iberian
1,676 mm|5 ft 6 in|indian
""".strip().split("\n")
_METRIC: dict[str, str] = {}
_IMPERIAL: dict[str, str] = {"ussg": "4 ft 8+1⁄2 in (1,435 mm)"}
for _row in _GAUGES:
    _metric, _imperial, _codes = _row.split("|")
    _key = _imperial.replace(" ", "").replace("⁄", "/")
    _METRIC |= dict.fromkeys((_metric.replace(",", "").replace(" ", ""), *_codes.split()),
                             f"{_metric} ({_imperial})")  # fmt: skip
    _IMPERIAL |= dict.fromkeys((_key, _key.replace("+", "")), f"{_imperial} ({_metric})")


def gauge(call: Call) -> str:
    """`{{track gauge|1435mm}}` is 1,435 mm (4 ft 8+1⁄2 in), elsewhere than in English 1.435 mm."""
    code = call.plain("1").lower().replace(" ", "").replace("⁄", "/")
    if call.edition.code == "en" and (shown := _METRIC.get(code) or _IMPERIAL.get(code)):
        return shown
    found = re.fullmatch(r"([\d.,]+) ?(mm|m|in|ft)", call.plain("1"))
    if not found:
        return call.plain("1")
    return f"{call.edition.number(call.edition.plain_number(found[1]))} {found[2]}"


def ordinal(call: Call) -> str:
    """`{{ordinal|3}}` is 3rd."""
    number = call.plain("1")
    if not number.isdecimal() or call.edition.code != "en":
        return f"{number}." if number else ""
    last = "th" if number[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return call.edition.number(number) + last


def percentage(call: Call) -> str:
    """`{{percentage|1|4}}` is 25%."""
    part, whole = _amount(call, call.plain("1")), _amount(call, call.plain("2"))
    if not part or not whole or not whole[0]:
        return ""
    places = int(call.plain("3")) if call.plain("3").isdecimal() else 0
    return f"{rounded(call.edition, 100 * part[0] / whole[0], min(places, 9))}%"


def winning_percentage(call: Call) -> str:
    """`{{winning percentage|10|5|1}}` is .656: of wins, losses and ties, each of which is half."""
    counts = [_amount(call, call.plain(str(i)) or "0") for i in (1, 2, 3)]
    wins, losses, ties = (count[0] if count else math.nan for count in counts)
    games = wins + losses + ties
    if not games > 0:
        return ""
    ties = 0.0 if call.is_set("ignore_ties") else ties
    text = f"{half_up((wins + ties / 2) / games, 3):.3f}"
    return text if call.is_set("leading_zero") else text.removeprefix("0")


def rounded_number(call: Call) -> str:
    """`{{round|3.14159|2}}` is 3.14, `{{rounddown|2.7}}` 2, `{{sigfig|1234|2}}` 1200."""
    amount, places = _amount(call, call.plain("1")), call.plain("2") or "0"
    if not amount or not re.fullmatch("-?1?[0-9]", places):
        return ""
    value, digits = amount[0], int(places)
    if call.name == "sigfig":
        digits = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    if call.name in ("rounddown", "roundup"):
        whole = (math.floor if call.name == "rounddown" else math.ceil)(value * 10.0**digits)
        value = whole / 10.0**digits
    return f"{half_up(value, digits):.{max(0, digits)}f}"


def height(call: Call) -> str:
    """`{{height|ft=6|in=2}}`, `{{height|m=1.88}}`: of a person, in both units."""
    metres = _amount(call, call.plain("m")) or _amount(call, call.plain("cm"))
    if metres:
        size = metres[0] if call.get("m") else metres[0] / 100
        feet, inches = divmod(half_up(size / 0.0254), 12)
        own = f"{rounded(call.edition, size, 2)} m" if call.get("m") else f"{call.plain('cm')} cm"
        return f"{own} ({feet:.0f} ft {inches:.0f} in)"
    feet_ = _amount(call, call.plain("ft") or "0")
    inches_ = _amount(call, call.plain("in", "inch") or "0")
    if not feet_ or not inches_ or not call.get("ft"):
        return ""
    size = 0.3048 * feet_[0] + 0.0254 * inches_[0]
    own = f"{call.plain('ft')} ft {call.plain('in', 'inch') or '0'} in"
    return f"{own} ({rounded(call.edition, size, 2)} m)"


def height_in(call: Call) -> str:
    """fr: `{{taille|m=1.71}}` is 1,71 m."""
    for unit in ("m", "cm"):
        if number := call.plain(unit):
            return f"{call.edition.number(number.replace(',', '.'))} {unit}"
    return call.first


def hands(call: Call) -> str:
    """`{{hands|14.2}}` is 14.2 hands (58 inches, 147 cm): the decimal is inches, of four."""
    parts = [plain(part) for part in call.positional()]
    sizes = [part for part in parts if re.fullmatch(r"[0-9]{1,2}(?:\.[0-3])?", part)]
    if not sizes:
        return ""
    between = next((part for part in parts if part in ("and", "or")), "to")
    inches = [4 * int(size.partition(".")[0]) + int(size.partition(".")[2] or 0) for size in sizes]
    shown = (
        sizes[:2],
        [str(inch) for inch in inches[:2]],
        [f"{half_up(2.54 * inch):.0f}" for inch in inches[:2]],
    )
    own, imperial, metric = (f" {between} ".join(numbers) for numbers in shown)
    return f"{own} hands ({imperial} inches, {metric} cm)"


def keys(call: Call) -> str:
    """`{{keypress|Ctrl|C}}` is Ctrl+C."""
    return "+".join(part for part in call.positional() if part)


_INDIAN_WORDS = {
    "k": "thousand", "l": "lakh", "c": "crore", "m": "million", "b": "billion", "t": "trillion",
    "lc": "lakh crore",
}  # fmt: skip


def rupees(call: Call) -> str:
    """`{{INRConvert|3|c}}` is ₹3 crore; what that is in dollars, only the wiki's servers know."""
    amount = call.edition.number(call.plain("1"))
    word = _INDIAN_WORDS.get(call.plain("2").lower(), "")
    return f"₹{amount}" + (f" {word}" if word else "") if amount else ""
