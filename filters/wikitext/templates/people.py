"""Names of countries, ships, rulers and people: `{{flag|FRA}}`, `{{USS|Hornet|CV-12}}`."""

import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.patterns import Form
from filters.wikitext.templates.quantities import money


def flag_name(call: Call) -> str:
    """A flag with the name of its country; codes become names."""
    said = call.get("name", "nome", "nombre", "nom", "label", "title")
    if said:
        return said
    given = call.first
    code = plain(given)
    if call.name == "naz" and call.get("2"):
        code = given = call.get("2")
    if re.fullmatch("[A-Z]{2,4}", code):
        return call.edition.country(code) or given
    return given


def youth_team(call: Call) -> str:
    """`{{fbu|21|GER}}` is Germany U21: a national team of players below that age."""
    if not call.plain("1").isdecimal():
        return flag_name(call)
    team = flag_name(Call(call.name, call.params | {"1": call.get("2")}, call.edition))
    return f"{team} U{call.plain('1')}" if team else ""


def flag_icon(call: Call) -> str:
    """it: `{{bandiera|ITA}}` is a flag alone, `{{bandiera|ITA|nome}}` has the name too."""
    return flag_name(Call(call.name, {"1": call.first}, call.edition)) if call.get("2") else ""


def by_case(upper: Form, other: Form, call: Call) -> str:
    """`{{FRA}}` and `{{HMS|Victory}}`; `{{aut|Linné}}` and `{{hms|1|2|3}}` mean other things.

    So does `{{ZAR|100}}`, an amount of money.

    Args:
      upper: what writes the template whose name is in capitals.
      other: what writes the template of the same letters otherwise: `{{hms}}`, de `{{RuS}}`.
      call: its name is as it stands on the page.
    """
    is_amount = upper is country_code and other is money and call.first[:1].isdecimal()
    # HNoMS is a prefix of ships too, but de {{RuS|…}}, {{csS|…}} and {{MtS|…}} are no codes.
    is_code = call.name.isupper() or (upper is ship and call.name[:2].isupper())
    if not is_code or is_amount:
        name = call.name.lower()
        return other(Call(name, call.params, call.edition, call.parts, call.title, call.project))
    return upper(call)


def country_code(call: Call) -> str:
    """`{{FRA}}`: the flag and the name; de: `{{FRA|Ziel=Paris}}`, `{{FRA|#}}` the flag alone."""
    if call.first == "#":
        return ""
    said = call.get("ziel", "Ziel", "name", "nombre", "nome", "text", "Text")
    if said:
        return said
    name = call.edition.country(call.name)
    return f"{name} {call.first}" if call.first and call.edition.code == "it" else name


def named_country(name: str, call: Call) -> str:
    """fr, ru, uk: `{{France}}` is the flag and the name that the template has."""
    return call.first or name


def year_before_christ(number: int, call: Call) -> str:
    """fr: `{{-50}}` is 50 av. J.-C."""
    return call.first or f"{number} av. J.-C."


def ordinal(number: str, call: Call) -> str:
    """fr: `{{84e|congrès}}`."""
    return f"{number} {call.first}" if call.first else number


def last(call: Call) -> str:
    """The last parameter without a name: `{{color|red|text}}`, `{{transl|ar|DIN|text}}`."""
    found = call.positional()
    return found[-1] if found else ""


def ship(call: Call) -> str:
    """`{{USS|Hornet|CV-12|6}}`: kind, name and number; the third parameter says what is shown."""
    name, number, shown = call.first, call.get("2"), plain(call.get("3"))
    if not name:
        return ""
    if shown == "1":
        return number or name
    if shown == "2":
        return name
    if shown == "3":
        return f"{name} ({number})" if number else name
    text = f"{call.name} {name}"
    return f"{text} ({number})" if number and not shown else text


def ship_named(call: Call) -> str:
    """`{{ship|HMS|Hood|51}}`: as `ship`, behind the kind or prefix; `{{ship|Titanic}}`."""
    kind, name, number = call.first, call.get("2"), call.get("3")
    if not name:
        return kind
    shown = plain(call.get("4"))
    if shown == "1":
        return number or name
    behind = f" ({number})" if number and shown in ("", "3") else ""
    return (name if shown in ("2", "3") else f"{kind} {name}") + behind


_ORBITERS = {
    "99": "Challenger", "101": "Enterprise", "102": "Columbia", "103": "Discovery",
    "104": "Atlantis", "105": "Endeavour",
}  # fmt: skip


_CLUB_YEARS = re.compile(r" \d\d-\d\d$")  # whose colours are shown: `Gitane 75-77`


def club(call: Call) -> str:
    """it: `{{Calcio Juventus}}` is Juventus; `{{Calcio in Italia}}` is a box."""
    name = call.name.partition(" ")[2]
    return _CLUB_YEARS.sub("", name) if name[:1].isupper() or name[:1].isdecimal() else ""


def orbiter(call: Call) -> str:
    return _ORBITERS.get(plain(call.first).lstrip("0"), call.first)


def sort_name(call: Call) -> str:
    """First name and last name."""
    return f"{call.first} {call.get('2')}".strip()


def ruler(call: Call) -> str:
    """fr: `{{souverain2|Joseph II (empereur du Saint-Empire)}}` is Joseph II."""
    return re.sub(r" \([^()]*\)$", "", call.first)


_UNA = re.compile("^[aeiou]", re.IGNORECASE)
_UNO = re.compile("^(s[^aeiou]|z|gn|ps|x|y|pn)", re.IGNORECASE)


def biography(call: Call) -> str:
    """it: `{{Bio|Nome=Ada|Cognome=Lovelace|…}}` writes the first sentence of a life.

    Source: it.wikipedia's Template:Bio/man.
    """
    get = call.plain
    name = " ".join(filter(None, (get("Titolo"), get("Nome"), get("Cognome"))))
    if not name:
        return ""
    text = f"'''{name}'''" + _after_comma(call.get("PostCognome"))
    before = call.get("PreData")
    born = _event(get("LuogoNascita"), get("GiornoMeseNascita"), get("AnnoNascita"))
    died = _event(get("LuogoMorte"), get("GiornoMeseMorte"), get("AnnoMorte"))
    if born or died:
        dates = (born or "...") + (f" – {died}" if died else "")
        text += f" ({before}, {dates})" if before else f" ({dates})"
    end = call.get("FineIncipit")
    if end:
        return f"{text}{_after_comma(end)}" + ("" if end[-1:] in ".:" else ".")
    jobs = [call.get(f"Attività{n}") for n in ("", "2", "3")]
    jobs = [job for job in jobs if job]
    if not jobs:
        return f"{text}."
    woman = get("Sesso").upper() == "F"
    verb = ("è stata" if woman else "è stato") if died else "è"
    first = plain(jobs[0])
    if woman:
        article = "un'" if _UNA.match(first) else "una "
    else:
        article = "uno " if _UNO.match(first) else "un "
    work = jobs[0] if len(jobs) == 1 else f"{', '.join(jobs[:-1])} e {jobs[-1]}"
    nation = call.get("Nazionalità")
    text += f" {verb} {article}{work}" + (f" {nation}" if nation else "")
    return text + _after_comma(call.get("PostNazionalità")) + "."


def _event(place: str, day: str, year: str) -> str:
    date = " ".join(part for part in (day, year) if part)
    return ", ".join(part for part in (place, date) if part)


def _after_comma(text: str) -> str:
    return text if not text or text[0] in ",.;:" else f" {text}"


_WESTERN = {"W": "O"}  # oeste, ouest
# What wikis write for the letters of a direction.
_DIRECTIONS: dict[str, dict[str, str]] = {
    "de": {"E": "O"}, "es": _WESTERN, "fr": _WESTERN, "pt": _WESTERN,
    "ru": {"N": " с. ш.", "S": " ю. ш.", "E": " в. д.", "W": " з. д."},
    "uk": {"N": " пн. ш.", "S": " пд. ш.", "E": " сх. д.", "W": " зх. д."},
}  # fmt: skip


def _angle(numbers: list[str], letter: str, call: Call) -> str:
    """Degrees, minutes, seconds and the direction in the wiki's letters: de O is Ost."""
    letter = letter.upper()
    direction = _DIRECTIONS.get(call.edition.code, {}).get(letter, letter)
    return "".join(map("".join, zip(numbers, "°′″", strict=False))) + direction


def _in_parts(text: str, call: Call) -> str:
    """de: `52/30/10.4/N` is 52°30′10.4″N."""
    *numbers, letter = text.split("/")
    return _angle(numbers, letter, call) if letter.isalpha() else text


def coordinates(call: Call) -> str:
    """`{{coord|33|22|N|38|47|E}}` is 33°22′N 38°47′E; those of the whole page are not shown."""
    display = call.plain("display").lower()
    if (display and not display.startswith("i")) or (call.get("article") and not call.get("text")):
        return ""
    if call.get("NS"):
        return f"{_in_parts(call.plain('NS'), call)} {_in_parts(call.plain('EW'), call)}"
    text: list[str] = []
    numbers: list[str] = []
    for value in call.positional():
        word = plain(value)
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", word):
            numbers.append(word)
        elif word.upper() in ("N", "S", "E", "W", "O") and numbers:
            text.append(_angle(numbers, word, call))
            numbers = []
        elif word:
            break
    if not text and len(numbers) == 2:
        return f"{numbers[0]}, {numbers[1]}"
    return " ".join(text)


def harvard_text(call: Call) -> str:
    """`{{harvtxt|Waterhouse|1974}}`: authors as part of the sentence, and the year."""
    if call.name == "harvs":
        authors = [call.get(f"last{n}" if n > 1 else "last", f"last{n}") for n in range(1, 5)]
        authors, year = [author for author in authors if author], call.get("year", "year1")
        if "txt" not in call.positional() and not call.get("txt"):
            return ""
    else:
        *authors, year = [part for part in call.positional() if part] or [""]
    if not authors:
        return ""
    if len(authors) > 3:
        named = f"{authors[0]} et al."
    else:
        named = " & ".join(filter(None, (", ".join(authors[:-1]), authors[-1])))
    return f"{named} ({year})" if year else named
