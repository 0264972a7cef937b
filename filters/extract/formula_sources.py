"""Sources of formulas that no script or annotation holds, made into ones that `tree` reads.

Images have them in `alt`, in attributes of their own or in their addresses; MathJax 4 has them in
`data-latex`; kramdown writes sections of CDATA around them. Of MathML the elements change that have
no order of writing on a line: scripts before a sign, binomials, space between numbers.

Source: sphinx.ext.imgmath, Zhihu's and Canvas's editors, kramdown's math_engine/mathjax.rb,
GitHub's renderer of 2020, Google's Image Charts, https://www.w3.org/TR/MathML3/chapter3.html.
"""

import re
from html import escape
from urllib.parse import parse_qs, urlsplit

from resiliparse.parse.html import ElementNode, HTMLTree

from filters.text.matching import word_set

# What a page has that has any of these, or a formula that MathJax made (`mathjax`).
HINTS = word_set(
    "math", "ormula", "equation", "texrender", "eeimg", "cht=tx", "data-latex", "sfrac",
    'alt="\\(', 'alt="\\[', "linethickness",
)  # fmt: skip
_CLASSES = frozenset(("math", "mathtex", "texrender", "formulaImg", "equation_image"))
_ATTRIBUTES = ("data-equation-content", "data-formula")
_NAMES = frozenset(("equation", "formula", "latex", "math", "tex", "image"))  # of no source
# Parts of addresses, and the parameter of the query that is the source.
_ADDRESSES = (
    ("/render/math?", "math"), ("cht=tx", "chl"), ("math.now.sh", "from"), ("/equation?tex=", "tex")
)  # fmt: skip
_CDATA = re.compile(r"\s*%?\s*<!\[CDATA\[(.*?)%?\s*\]\]>\s*", re.DOTALL)
_MOST = 2_000  # of each kind in a page; those behind them are left as they are
_THIN = re.compile(r"0+(?:\.0+)?\D*")
_SIGN = re.compile(r"\w+")


def arrange_sources(tree: HTMLTree, html: str) -> bool:
    """Changes a tree whose text is `html`; whether anything is changed."""
    if tree.document is None:
        return False
    found = [
        _put_source(tree, image, source, image.parent is not None and _is_displayed(image))
        for image in tree.document.query_selector_all("img")[:_MOST]
        if (source := _source_of_image(image))
    ]
    for element in _all(tree, html, "data-tex=", ".ztext-math[data-tex]"):
        found.append(_put_source(tree, element, element["data-tex"] or "", False))
    for element in _all(tree, html, "data-formula=", "span[data-formula]"):
        found.append(_put_source(tree, element, element["data-formula"] or "", False))
    for element in _all(tree, html, "data-latex=", "mjx-container"):
        drawn = element.query_selector("[data-latex]")
        if drawn is not None:
            is_display = element.getattr("display") == "true"
            found.append(_put_source(tree, element, drawn["data-latex"] or "", is_display))
    for script in _all(tree, html, "<![CDATA[", 'script[type^="math/tex"]'):
        if section := _CDATA.fullmatch(script.text or ""):
            is_display = "mode=display" in (script["type"] or "")
            found.append(_put_source(tree, script, section[1].strip(), is_display))
    for scripts in _all(tree, html, "<mmultiscripts", "mmultiscripts"):
        found.append(_replace(tree, scripts, "mrow", _in_a_row(scripts)))
    for fraction in _all(tree, html, "linethickness=", "mfrac[linethickness]"):
        parts = _elements(fraction)
        if len(parts) == 2 and _THIN.fullmatch(fraction["linethickness"] or ""):
            rows = "".join(f"<mtr><mtd>{part.html}</mtd></mtr>" for part in parts)
            found.append(_replace(tree, fraction, "mtable", rows))
    for space in _all(tree, html, "<mspace", "mn + mspace"):
        behind = space.next_element
        if isinstance(behind, ElementNode) and behind.tag == "mn":
            found.append(_replace(tree, space, "mtext", " "))
    for fraction in _all(tree, html, "sfrac", ".sfrac .tion, .sfrac.tion"):
        above, below = fraction.query_selector(".num"), fraction.query_selector(".den")
        if above is not None and below is not None and not _are_digits(above, below):
            written = "/".join(_in_brackets(part) for part in (above, below))
            found.append(_replace(tree, fraction, "span", written))
    return any(found)


def _all(tree: HTMLTree, html: str, hint: str, selector: str) -> list[ElementNode]:
    if tree.document is None or hint not in html:
        return []
    return list(tree.document.query_selector_all(selector)[:_MOST])


def _source_of_image(image: ElementNode) -> str:
    """The LaTeX of an image; nothing if it is no formula, or its source is not known."""
    for name in _ATTRIBUTES:
        if source := (image.getattr(name) or "").strip():
            return source
    alt = (image.getattr("alt") or "").strip().removeprefix("LaTeX:").strip()
    address = image.getattr("src") or ""
    is_formula = image.getattr("eeimg") or _CLASSES & set((image.class_name or "").split())
    if alt.lower() not in _NAMES and alt and (is_formula or alt.startswith(("\\(", "\\["))):
        return alt
    for part, name in _ADDRESSES:
        if part in address:
            try:
                return parse_qs(urlsplit(address).query).get(name, [""])[0].strip()
            except ValueError:
                return ""
    return ""


def _is_displayed(image: ElementNode) -> bool:
    """Whether an image stands in Sphinx's `<div class="math">`."""
    around = image.parent
    for _ in range(2):
        if isinstance(around, ElementNode) and around.tag == "div":
            return "math" in (around.class_name or "").split()
        around = around.parent if around is not None else None
    return False


def _put_source(tree: HTMLTree, node: ElementNode, source: str, is_display: bool) -> bool:
    parent, formula = node.parent, tree.create_element("div" if is_display else "span")
    if parent is None or not isinstance(formula, ElementNode) or not source:
        return False
    formula["data-math"] = source
    parent.replace_child(formula, node)
    return True


def _replace(tree: HTMLTree, node: ElementNode, name: str, inner: str) -> bool:
    parent, new = node.parent, tree.create_element(name)
    if parent is None or new is None:
        return False
    new.html = inner
    parent.replace_child(new, node)
    return True


def _elements(node: ElementNode) -> list[ElementNode]:
    return [child for child in node.child_nodes if isinstance(child, ElementNode)]


def _in_a_row(scripts: ElementNode) -> str:
    """`<mmultiscripts>` with what stands before its sign first: `_92^235U`."""
    parts = _elements(scripts)
    if not parts:
        return ""
    base, *others = parts
    names = [part.tag for part in others]
    middle = names.index("mprescripts") if "mprescripts" in names else len(others)
    behind, before = others[:middle], others[middle + 1 :]
    sign = f"<mtext>{escape((base.text or '').strip())}</mtext>" if base.tag == "mi" else base.html
    return _marked(before) + sign + _marked(behind)


def _marked(scripts: list[ElementNode]) -> str:
    """Scripts that take turns below and above, each behind its mark."""
    written = ""
    for place, script in enumerate(scripts):
        text = (script.text or "").strip()
        if not text:
            continue
        inner = script.html if _SIGN.fullmatch(text) else f"<mo>(</mo>{script.html}<mo>)</mo>"
        written += f"<mo>{'^' if place % 2 else '_'}</mo>{inner}"
    return written


def _are_digits(*parts: ElementNode) -> bool:
    return all((part.text or "").strip().isdigit() for part in parts)


def _in_brackets(part: ElementNode) -> str:
    """A part of a fraction, in brackets if it is more than one word."""
    inner = "".join(
        child.html if isinstance(child, ElementNode) else escape(child.text or "", quote=False)
        for child in part.child_nodes
    )
    return inner if _SIGN.fullmatch((part.text or "").strip()) else f"({inner})"
