"""Chemistry and music: signs that templates make of letters and numbers."""

import re

from filters.wikitext.templates.calls import Call, plain

_CHARGE = re.compile(r"\^\{?([^{}\s]*)\}?")
_LOWERED = re.compile(r"_\{([^{}]*)(?:\}|\Z)")  # the last brace may be taken for the template's end
_ION = re.compile(r"\((\d*[+\-−])\)")
_SIGN = re.compile(r"(?<=[\w\])}])([+-])(?=$|\s)")
_NOTES = {
    "flat": "♭", "b": "♭", "sharp": "♯", "#": "♯", "natural": "♮", "doubleflat": "𝄫",
    "bb": "𝄫", "doublesharp": "𝄪", "x": "𝄪", "##": "𝄪", "segno": "𝄋", "coda": "𝄌",
    "bémol": "♭", "dièse": "♯", "bécarre": "♮",
}  # fmt: skip


def chemical(call: Call) -> str:
    """`{{chem|H|2|O}}`: a symbol, a number, …; `{{chem2|H2O}}`, `{{ce|H2O}}`: a formula."""
    parts = call.positional()
    if len(parts) > 1:
        text = ""
        for part in parts:
            part = part.strip()
            if re.fullmatch(r"\d+", part):
                text += f"<sub>{part}</sub>" if text else part
            elif re.fullmatch(r"\d*[+\-−–]", part):
                text += f"<sup>{part.replace('-', '−')}</sup>"
            else:
                text += part
        return text
    text = call.first
    if call.name in ("chem2", "ce", "chemf", "fórmula química"):
        text = _CHARGE.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _SIGN.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _ION.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _LOWERED.sub(r"<sub>\1</sub>", text)
        if call.name == "chem2":
            text = text.replace("*", "·")
        text = text.replace("->", "→").replace("<=>", "⇌")
    return text


def nuclide(call: Call) -> str:
    """`{{nuclide|uranium|235}}`, `{{simpleNuclide|Uranium|235}}`: mass number and symbol."""
    name, mass = plain(call.first), plain(call.get("2"))
    if mass and not mass[0].isdecimal():
        name, mass = mass, name
    if call.name.startswith("simple"):
        return f"{name}-{mass}" if mass and len(name) > 2 else f"<sup>{mass}</sup>{name}"
    return f"{name}-{mass}" if mass and name else name


def music(call: Call) -> str:
    """`{{music|flat}}` is ♭, `{{music|time|6|8}}` 6/8, `{{music|scale|5}}` 5."""
    name = plain(call.first).lower()
    rest = [plain(part) for part in call.positional()[1:]]
    if name in ("time", "scale", "chord"):
        return "/".join(rest)
    return _note(name, call) + "".join(_NOTES.get(part.lower(), "") for part in rest)


def _note(name: str, call: Call) -> str:
    return _NOTES.get(name, plain(call.first) if len(name) < 3 else "")


_INTEGRALS = {
    "int": "∫", "iint": "∬", "iiint": "∭", "oint": "∮", "varointclockwise": "∲",
    "ointctrclockwise": "∳", "oiint": "∯", "oiiint": "∰",
}  # fmt: skip


def integral(call: Call) -> str:
    """`{{intmath|int|0|x + 1}}` is ∫_0^(x + 1), as formulas of pages are written."""
    sign = _INTEGRALS.get(plain(call.first) or "int", "")
    limits = ((mark, plain(call.get(name))) for mark, name in (("_", "2"), ("^", "3")))
    return sign + "".join(
        mark + (limit if len(limit) == 1 or limit.isalnum() else f"({limit})")
        for mark, limit in limits
        if limit
    )


_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_RAISED = str.maketrans("0123456789n", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ")


def root(call: Call) -> str:
    """`{{radic|2}}` is √2, `{{radic|2|3}}` ∛2, `{{radic|x + 1|5}}` ⁵√(x + 1)."""
    text, index = call.first, plain(call.get("2"))
    if not text:
        return "√"
    inner = f"({text})" if re.search(r"[-+−±/*·×\s]", plain(text)) else text
    return _ROOTS.get(index, f"{index.translate(_RAISED)}√") + inner
