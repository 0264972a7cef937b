"""Formulas that MathJax 2 made of MathML: the source in an attribute or a script becomes MathML.

What MathJax draws of it is left out by its class, and with it what it writes for screen readers.
A source in TeX stands in a script behind the drawing, and is read from there.
"""

from resiliparse.parse.html import ElementNode, HTMLTree

from filters.extract.formula_sources import arrange_sources

_SOURCES = (' data-mathml="', ' type="math/mml')
_MOST = 2_000  # formulas of a page; those behind them are left out
_AROUND = 3  # elements of MathJax around a drawing


def arrange_formulas(tree: HTMLTree, html: str) -> bool:
    """Changes a tree whose text is `html`; whether anything is changed."""
    is_changed = arrange_sources(tree, html)
    if tree.document is None or not any(source in html for source in _SOURCES):
        return is_changed
    for drawn in tree.document.query_selector_all("[data-mathml]")[:_MOST]:
        drawing = _outermost(drawn)
        script = _script_behind(drawing)
        kind = str(script["type"]) if script is not None else ""
        source = drawn["data-mathml"] or ""
        if kind.startswith("math/tex") or "<math" not in source:
            continue
        if script is not None and kind.startswith("math/mml") and script.parent is not None:
            script.parent.remove_child(script)
        is_changed |= _replace(tree, drawing, source)
    for script in tree.document.query_selector_all('script[type^="math/mml"]')[:_MOST]:
        is_changed |= _replace(tree, script, script.text or "")
    return is_changed


def _outermost(drawn: ElementNode) -> ElementNode:
    """The element of MathJax that holds a drawing and nothing else."""
    for _ in range(_AROUND):
        around = drawn.parent
        if not isinstance(around, ElementNode) or "MathJax" not in (around.class_name or ""):
            break
        drawn = around
    return drawn


def _script_behind(drawing: ElementNode) -> ElementNode | None:
    behind = drawing.next_element
    if not isinstance(behind, ElementNode) or behind.tag != "script" or "type" not in behind.attrs:
        return None
    return behind


def _replace(tree: HTMLTree, node: ElementNode, mathml: str) -> bool:
    parent, formula = node.parent, tree.create_element("span")
    if parent is None or formula is None:
        return False
    formula.html = mathml
    parent.replace_child(formula, node)
    return True
