"""Templates of links, roads, patents and characters: `{{section link||History}}`, `{{jct|…}}`."""

import re
import unicodedata

from filters.wikitext.templates.calls import Call

_SCHEME = re.compile(r"^(?:https?:)?//", re.IGNORECASE)


def section(call: Call) -> str:
    """`{{section link|Rome|History}}` is Rome § History, `{{slink||A|B}}` is §§ A and B."""
    page, *sections = call.positional() or [""]
    named = [part for part in sections if part]
    if call.get("nopage"):
        page = ""
    if "#" in page and not named:
        page, _, name = page.partition("#")
        named = [name]
    if not named:
        return page
    listed = named[-1] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"{page} {'§' if len(named) == 1 else '§§'}&nbsp;{listed}".strip()


def url(call: Call) -> str:
    """`{{URL|https://www.example.com/|label}}`: the label, or the address without its scheme."""
    return call.get("2") or _SCHEME.sub("", call.get("1", "url")).removesuffix("/")


def junction(call: Call) -> str:
    """`{{jct|state=NY|I|87|US|9}}` is I-87 / US 9; `city1` and `road` follow."""
    parts = call.positional()
    state = call.plain("state")
    roads = []
    for kind, number in zip(parts[::2], parts[1::2], strict=False):
        if not number:
            roads.append(kind)
        elif kind in ("I", state):
            roads.append(f"{kind}-{number}" if kind == "I" else f"{kind} {number}")
        else:
            roads.append(f"{kind} {number}")
    if road := call.get("road", "name1"):
        roads.append(road)
    places = [place for n in range(1, 5) if (place := call.get(f"city{n}", f"location{n}"))]
    text = " / ".join(filter(None, roads))
    return text + (f" – {', '.join(places)}" if places else "")


def bible_verse(call: Call) -> str:
    """`{{bibleverse||Gen|1:1|KJV}}` is Gen 1:1, `{{bibleverse|2|Kings|5:3}}` is 2 Kings 5:3.

    So is `{{bibleverse|2 Kings|5:3}}`. After the translation a label may follow.
    """
    parts = call.positional()
    if parts and re.fullmatch("[0-9]?|I{1,3}", parts[0]):
        parts[:2] = [" ".join(filter(None, parts[:2]))]
    book, verse, _, label = (parts + [""] * 4)[:4]
    return label or f"{book} {verse}".strip()


def airport_codes(call: Call) -> str:
    """`{{airport codes|LHR|EGLL}}` is (IATA: LHR, ICAO: EGLL)."""
    kinds = zip(("IATA", "ICAO", "FAA LID"), call.positional(), strict=False)
    codes = [f"{kind}: {code}" for kind, code in kinds if code]
    return f"({', '.join(codes)})" if codes else ""


def element(call: Call) -> str:
    """`{{tag|b}}` is a pair of tags with an ellipsis, `{{tag|b|o}}` the first one, `c` the last."""
    name = call.plain("1")
    kind, inner = call.plain("2") or "pair", call.get("content") or "..."
    first, last = f"&lt;{name}&gt;", f"&lt;/{name}&gt;"
    if not name:
        return ""
    forms = {"o": first, "open": first, "c": last, "close": last, "p": f"{first}{inner}{last}"}
    forms["pair"] = forms["p"]
    return forms.get(kind, f"&lt;{name} /&gt;")


def us_patent(call: Call) -> str:
    """`{{US patent|1234567}}` is U.S. patent 1,234,567."""
    number = call.plain("1")
    return call.get("2") or (f"U.S. patent {call.edition.number(number)}" if number else "")


def character(call: Call) -> str:
    """`{{unichar|00E9}}` is U+00E9 é and the character's name."""
    code = call.plain("1").removeprefix("U+")
    if not re.fullmatch("[0-9A-Fa-f]{2,6}", code) or int(code, 16) > 0x10FFFF:
        return call.first
    char = chr(int(code, 16))
    shown = f" &#x{code};" if char.isprintable() and char not in " {}|[]<>" else ""
    name = unicodedata.name(char, "")
    return f"U+{code.upper():0>4}{shown}" + (f" {name}" if name else "")
