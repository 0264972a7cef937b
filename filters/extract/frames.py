"""Pages inside of pages.

Documents of `<iframe srcdoc>` and what `<noframes>` says in a page of frames, which has no other
text, become elements of the page.
"""

from resiliparse.parse.html import DOMNode, HTMLTree

_MOST_FRAMES = 100  # of a page; those behind them are left out


def arrange(tree: HTMLTree, html: str) -> bool:
    """Changes a tree whose text is `html`; whether anything is changed."""
    is_changed = False
    if tree.document is None:
        return False
    if ' srcdoc="' in html:
        for frame in tree.document.query_selector_all("iframe[srcdoc]")[:_MOST_FRAMES]:
            _replace(tree, frame, frame["srcdoc"] or "")
            is_changed = True
    if "<noframes>" in html and (frames := tree.document.query_selector("frameset noframes")):
        _replace(tree, frames, frames.text or "")
        is_changed = True
    return is_changed


def _replace(tree: HTMLTree, frame: DOMNode, html: str) -> None:
    parent, inner = frame.parent, tree.create_element("div")
    if parent is not None and inner is not None:
        inner.html = html
        parent.replace_child(inner, frame)
