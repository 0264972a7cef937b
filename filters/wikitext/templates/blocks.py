"""Quotations and lists that templates make."""

import re

from filters.wikitext.templates.calls import Call

_AUTHORS = (
    "author", "autor", "auteur", "autore", "автор", "sign", "person", "cite", "著者", "作者",
    "character", "by", "lähde", "kaynak", "aut",
)  # fmt: skip
_SOURCES = ("source", "quelle", "fonte", "fuente", "источник", "title", "bron", "出典", "ref2")
_TEXTS = (
    "text", "quote", "1", "zitat", "texte", "testo", "texto", "texto1", "цитата", "citaat",
    "content", "citation", "quotetext", "תוכן", "tekst", "文", "текст", "cita", "اقتباس",
    "treść",
)  # fmt: skip
_AUTHORS, _SOURCES, _TEXTS = (
    (*keys, *map(str.capitalize, keys)) for keys in (_AUTHORS, _SOURCES, _TEXTS)
)
_MARK = re.compile(r"^[ \t]*[*#:]+[ \t]*", re.MULTILINE)
_LINES = re.compile(r"\n\s*")


def quote(call: Call) -> str:
    """A quotation as lines of its own, with who said it below."""
    text = call.get(*_TEXTS)
    if call.name == "rquote" and call.first in ("left", "right", "center"):
        text, said, where = call.get("2"), call.get("3"), call.get("4")
        by = ", ".join(part for part in (said, where) if part)
        return f"\n\n{text}\n" + (f"— {by}\n" if by else "") + "\n"
    if call.name == "verse translation" and call.get("2"):
        return f"\n\n{call.first}\n\n{call.get('2')}\n\n"
    if not text:
        return ""
    two, three = call.get("2"), call.get("3")
    if call.name.startswith("zitat-"):  # de: {{Zitat-en|words|Worte}}, the second is translated
        text = "\n\n".join(filter(None, (text, call.get("2", "Übersetzung", "übersetzung"))))
        two, three = "", ""
    if re.fullmatch(r"\d+(px|%|em)|left|right|center", two):
        two = three = ""
    said = call.get(*_AUTHORS) or ("" if text == two else two)
    where = call.get(*_SOURCES) or ("" if text == two else three)
    if call.edition.code == "pl" and call.get("2") == text:
        said = where = ""
    by = ", ".join(part for part in (said, where) if part)
    by = by.removeprefix("—").removeprefix("–").strip()
    return f"\n\n{text}\n" + (f"— {by}\n" if by else "") + "\n"


def quote_element(call: Call) -> str:
    """The same as an element, which a quotation in Markdown is made of."""
    text = quote(call).strip("\n")
    return f"<blockquote>\n{text}\n</blockquote>" if text else ""


def _items(call: Call) -> list[str]:
    found: list[str] = []
    for value in call.positional():
        if _MARK.search(value):
            found += [line.strip() for line in _MARK.sub("\0", value).split("\0")]
        elif value:
            found.append(value)
    return [item for item in found if item]


def lines(call: Call) -> str:
    """A list whose items are lines."""
    items = _items(call)
    title = call.get("title", "titre", "título")
    return "".join(f"\n* {_LINES.sub(' ', item)}" for item in [title, *items] if item)


def inline(call: Call) -> str:
    """A list on one line, as `a · b`."""
    return " · ".join(_LINES.sub(" ", item) for item in _items(call))


def prose(call: Call) -> str:
    return ", ".join(_items(call))


def incise(call: Call) -> str:
    """fr: `{{incise|texte}}` is — texte —, `{{incise|texte|stop}}` — texte."""
    text = call.get("1", "texte")
    return f"— {text}" + ("" if call.get("2") else " —") if text else ""


def sic(call: Call) -> str:
    """`{{sic|wrod}}`, `{{sic}}`: a mistake that stood there already."""
    text = "".join(call.positional())
    return text if text and call.get("hide") else f"{text} [sic]".strip()


def see(call: Call) -> str:
    """`{{see below}}` is (see below), `{{see below|[[#Notes]]}}` names the place."""
    return f"(see {call.first or call.name.removeprefix('see ')})"


_CELLS = {
    "yes": "Yes", "no": "No", "n/a": "N/A", "partial": "Partial", "won": "Won", "nom": "Nominated",
    "maybe": "Maybe", "pending": "Pending", "tba": "TBA", "draw": "Draw", "win": "Win",
    "unknown": "Unknown", "dropped": "Dropped", "nominated": "Nominated", "active": "Active",
    "proposed": "Proposed", "optional": "Optional", "dunno": "?",
}  # fmt: skip


def cell(call: Call) -> str:
    """A coloured cell of a table: `{{yes}}`, `{{partial|Beta}}`."""
    return call.first or _CELLS[call.name]


def space_or_text(call: Call) -> str:
    """es: `{{esd|40 km}}` does not break, `{{esd}}` is a space."""
    return call.first or " "


def raised(call: Call) -> str:
    """fr: `XII{{e}}`, `D{{e|r}}`: letters above the line, by default those of the name."""
    text = call.first or call.name.replace("è", "e").removesuffix("me")
    return text if text.isalpha() else f"<sup>{text}</sup>"


def doubted(call: Call) -> str:
    """A text that lacks a source: ru `{{нет АИ|text|day|month|year}}`; the date may stand alone."""
    return "" if call.first[:1].isdecimal() else call.first


_LINE_NUMBER = re.compile(r"[ \t]+(?:>>|<<)[ \t]*\S*[ \t]*$", re.MULTILINE)


def poem(call: Call) -> str:
    """Wikisource `{{ppoem|…}}`: verses as the element `<poem>` has them, without their numbers."""
    text = _LINE_NUMBER.sub("", call.first).strip("\n")
    return f"\n<poem>\n{text}\n</poem>\n" if text else ""
