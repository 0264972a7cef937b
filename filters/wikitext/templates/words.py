"""Numbers as words and signs: `{{spellnum|5}}`, `{{roman|14}}`, `{{nth|3}}`, `{{decade|1987}}`.

Source: the documentation of these templates and of en.wikipedia's Module:ConvertNumeric.
Differs: numbers are words in English alone, elsewhere figures; fractions stay figures.
"""

from filters.wikitext.templates.calls import Call

_MAX_SPELT = 10**15
_SPELT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = _SPELT.split()
_GROUPS = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_MAX_ROMAN = 4000


def spelt(number: int, with_and: bool = True) -> str:
    """An English cardinal, at most 15 digits: 105 is `one hundred and five`."""
    if number < 0:
        return f"minus {spelt(-number, with_and)}"
    if number == 0:
        return _SMALL[0]
    groups = []
    for name in _GROUPS:
        number, rest = divmod(number, 1000)
        if rest:
            groups.append(_below_thousand(rest, with_and) + name)
            if with_and and not name and rest < 100 and number:
                groups[-1] = f"and {groups[-1]}"
    return " ".join(reversed(groups))


def _below_thousand(number: int, with_and: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if hundreds and rest and with_and:
        words.append("and")
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else ""))
    elif rest:
        words.append(_SMALL[rest])
    return " ".join(words)


def ordinal_of(words: str) -> str:
    """`twenty-first` of `twenty-one`."""
    at = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[at:]
    if last in _ORDINALS:
        return words[:at] + _ORDINALS[last]
    return f"{words[:-1]}ieth" if last.endswith("y") else f"{words}th"


def _number(call: Call) -> int | None:
    text = call.plain("1", "number").replace(",", "").replace("−", "-")
    if not text.lstrip("-").isdecimal() or not text.isascii():
        return None
    value = int(text) if len(text) < 20 else _MAX_SPELT
    return value if abs(value) < _MAX_SPELT else None


def _in_words(call: Call, is_ordinal: bool) -> str:
    number = _number(call)
    if number is None or call.edition.code != "en":
        return call.edition.number(call.plain("1", "number"))
    words = spelt(number, call.plain("sp") != "us")
    if is_ordinal:
        words = ordinal_of(words)
    if call.get("adj") or call.get("hyphen"):
        words = words.replace(" ", "-")
    return words[:1].upper() + words[1:] if call.plain("case").lower() == "u" else words


def in_words(call: Call) -> str:
    """`{{spellnum|105}}`, `{{number to words|105}}`."""
    return _in_words(call, bool(call.get("ord")))


def ordinal_in_words(call: Call) -> str:
    """`{{ordinal to word|3}}` is third."""
    return _in_words(call, is_ordinal=True)


def roman(call: Call) -> str:
    """`{{roman|14}}` is XIV."""
    number = _number(call)
    if number is None or not 0 < number < _MAX_ROMAN:  # larger ones have bars above
        return call.get("2", "1")
    return roman_numeral(number)


def roman_numeral(number: int) -> str:
    """A number below 4,000 in Roman numerals; empty for 0."""
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text


def decade(call: Call) -> str:
    """`{{decade|1987}}` is 1980s."""
    number = _number(call)
    if number is None:
        return call.first
    year = f"{abs(number) // 10 * 10}"
    tail = " BC" if number < 0 else ""
    return f"{year}s{tail}" if call.edition.code == "en" else year


def century(call: Call) -> str:
    """`{{century|1987}}` is 20."""
    number = _number(call)
    return call.first if number is None else str((abs(number) + 99) // 100)
