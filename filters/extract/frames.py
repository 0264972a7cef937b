"""Pages inside of pages: documents of `<iframe srcdoc>` become elements of the page."""

from resiliparse.parse.html import DOMNode, HTMLTree

_MOST_FRAMES = 100  # of a page; those behind them are left out


def arrange(tree: HTMLTree, html: str) -> bool:
    """Changes a tree whose text is `html`; whether anything is changed."""
    if tree.document is None or ' srcdoc="' not in html:
        return False
    frames = tree.document.query_selector_all("iframe[srcdoc]")[:_MOST_FRAMES]
    for frame in frames:
        _replace(tree, frame, frame["srcdoc"] or "")
    return bool(frames)


def _replace(tree: HTMLTree, frame: DOMNode, html: str) -> None:
    parent, inner = frame.parent, tree.create_element("div")
    if parent is not None and inner is not None:
        inner.html = html
        parent.replace_child(inner, frame)
