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
    if call.name in ("chem2", "ce", "chemf", "chemform", "fórmula química"):
        text = _CHARGE.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _SIGN.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _ION.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", text)
        text = _LOWERED.sub(r"<sub>\1</sub>", text)
        if call.name == "chem2":
            text = text.replace("*", "·")
        text = text.replace("->", "→").replace("<=>", "⇌")
    return text


# Symbols and English names by atomic number.
_SYMBOL_WORDS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As "
    "Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu "
    "Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np "
    "Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
)
_ELEMENT_WORDS = (
    "hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium "
    "magnesium aluminium silicon phosphorus sulfur chlorine argon potassium calcium scandium "
    "titanium vanadium chromium manganese iron cobalt nickel copper zinc gallium germanium "
    "arsenic selenium bromine krypton rubidium strontium yttrium zirconium niobium molybdenum "
    "technetium ruthenium rhodium palladium silver cadmium indium tin antimony tellurium "
    "iodine xenon caesium barium lanthanum cerium praseodymium neodymium promethium samarium "
    "europium gadolinium terbium dysprosium holmium erbium thulium ytterbium lutetium hafnium "
    "tantalum tungsten rhenium osmium iridium platinum gold mercury thallium lead bismuth "
    "polonium astatine radon francium radium actinium thorium protactinium uranium neptunium "
    "plutonium americium curium berkelium californium einsteinium fermium mendelevium "
    "nobelium lawrencium rutherfordium dubnium seaborgium bohrium hassium meitnerium "
    "darmstadtium roentgenium copernicium nihonium flerovium moscovium livermorium tennessine "
    "oganesson"
)
_SYMBOLS, _ELEMENTS = _SYMBOL_WORDS.split(), _ELEMENT_WORDS.split()
_NUMBERS = (
    {symbol: number for number, symbol in enumerate(_SYMBOLS, 1)}
    | {name: number for number, name in enumerate(_ELEMENTS, 1)}
    | {"aluminum": 13, "sulphur": 16, "cesium": 55, "deuterium": 1, "tritium": 1}
)


def nuclide(call: Call) -> str:
    """`{{nuclide|uranium|235}}` is ^235_92U, `{{simpleNuclide|Uranium|235}}` ^235U.

    So is `{{nuclide|235|92|U}}`, mass number and atomic number first. `link` and `anti` say
    nothing of the text. What is no element keeps name and mass number: `carbonate-60`.
    """
    parts = [plain(part) for part in call.positional()]
    numbers = [part for part in parts if part[:1].isdecimal()]
    name = next((part for part in parts if part and not part[0].isdecimal()), "")
    atomic = _NUMBERS.get(name) or _NUMBERS.get(name.lower(), 0)
    mass = max(numbers, key=_leading, default="")
    if not atomic:
        return f"{name}-{mass}" if mass and name else name or mass
    shown = "" if call.name.startswith("simple") else str(atomic)
    if len(numbers) < 2 and call.edition.code == "de":
        shown = ""
    return (
        (f"<sup>{mass}</sup>" if mass else "")
        + (f"<sub>{shown}</sub>" if shown and mass else "")
        + _SYMBOLS[atomic - 1]
    )


def _leading(text: str) -> int:
    """The number that a mass number such as `99m` begins with."""
    found = re.match("[0-9]{1,4}", text)
    return int(found[0]) if found else 0


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
