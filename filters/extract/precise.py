"""What trafilatura is given of a page, and its text made ours: for `documents.extract: precise`.

It takes what no browser shows for text, joins raised digits to those before them, leaves out
`<time>` and `<button>` in sentences, numbers of lists and blank lines of code, and writes code in
cells of tables on one line. The tree is changed so that it keeps them; numbers and blank lines pass
through it as marks, which `restored` takes out.
"""

import re
from collections.abc import Callable
from html import escape

from resiliparse.parse.html import DOMNode as Node
from resiliparse.parse.html import ElementNode, HTMLTree, NodeType

_OPEN, _CLOSE = "\u27e6\u27e6", "\u27e7\u27e7"  # ⟦⟦1.⟧⟧, which trafilatura keeps
_NUMBER = re.compile(rf"(?m)^([ \t]*)- {_OPEN}([^\u27e6\u27e7]*){_CLOSE}[ \t]*")
_MARK = re.compile(rf"{_OPEN}([^\u27e6\u27e7]*){_CLOSE}")
_UNSEEN = "template, [hidden]:not([id]):not([aria-labelledby])"
_SENTENCES = frozenset(("p", "li", "dd", "td", "blockquote", "span", "em", "b", "i", "strong"))
_MOST = 2_000  # elements of a kind that are changed
_AROUND = 24  # characters beside a raised sign
_BLANK_LINE = re.compile(r"\n(?=[ \t]*\n)")


def prepared(html: str, shown: Callable[[HTMLTree], str], *, markdown: bool) -> str:
    """The page that trafilatura is given.

    Args:
      shown: writes a tree as text (`filters.extract.main_content.whole_text`).
      markdown: trafilatura writes Markdown, which has numbers and blank lines.
    """
    tree = HTMLTree.parse(html)
    document = tree.document
    if document is None:
        return html
    for element in document.query_selector_all(_UNSEEN):
        if element.parent is not None:
            element.parent.remove_child(element)
    for code in document.query_selector_all("td.code, td.blob-code, td > pre, td .highlight")[
        :_MOST
    ]:
        _put_code(tree, code, shown)
    for element in document.query_selector_all("time, button")[:_MOST]:
        if _is_in_sentence(element):
            _put_text(tree, element, element.text or "")
    for raised in document.query_selector_all("sup, sub")[:_MOST]:
        _put_raised(tree, raised, shown)
    if not markdown:
        for items in document.query_selector_all("ol")[:_MOST]:
            _number(tree, items)
        for pre in document.query_selector_all("pre")[:_MOST]:
            _mark_blank_lines(pre)
    return document.html


def restored(text: str) -> str:
    """The text of trafilatura without the marks."""
    return _MARK.sub(r"\1", _NUMBER.sub(r"\1\2 ", text))


def _put_text(tree: HTMLTree, node: Node, text: str) -> None:
    if node.parent is not None and (new := tree.create_text_node(text)) is not None:
        node.parent.replace_child(new, node)


def _put_code(tree: HTMLTree, code: ElementNode, shown: Callable[[HTMLTree], str]) -> None:
    """Makes `<pre>` of a table whose other cells are numbers of lines."""
    table: Node | None = code
    while isinstance(table, ElementNode) and table.tag != "table":
        table = table.parent
    if not isinstance(table, ElementNode) or table.parent is None:
        return
    others = (
        cell
        for cell in table.query_selector_all("td, th")
        if cell.query_selector("pre, code") is None
        and not {"code", "blob-code"} & set((cell.class_name or "").split())
    )
    if all(not re.sub(r"[\d\s]", "", cell.text or "") for cell in others):
        text, pre = shown(HTMLTree.parse(table.html)), tree.create_element("pre")
        if pre is not None:
            pre.html = escape(text, quote=False)
            table.parent.replace_child(pre, table)


def _is_in_sentence(element: ElementNode) -> bool:
    """Whether words stand beside an element, in the same paragraph."""
    if not isinstance(element.parent, ElementNode) or element.parent.tag not in _SENTENCES:
        return False
    beside = (element.prev, element.next)
    return any(
        node is not None and node.type == NodeType.TEXT and any(map(str.isalpha, node.text or ""))
        for node in beside
    )


def _put_raised(tree: HTMLTree, raised: ElementNode, shown: Callable[[HTMLTree], str]) -> None:
    """Writes a superscript or subscript as `shown` writes it between its neighbours."""
    before = " ".join((raised.prev.text or "").split())[-_AROUND:] if raised.prev else ""
    if raised.prev is not None and (raised.prev.text or "")[-1:].isspace():
        before += " "
    after = (raised.next.text or "")[:1] if raised.next is not None else ""
    if not before.strip():
        return
    html = f"<p>x{escape(before)}{raised.html}{escape(after)}"
    text = shown(HTMLTree.parse(html)).removeprefix("x")
    lead = before if text.startswith(before) else before.rstrip()
    if text.startswith(lead) and text.endswith(after.strip()):
        end = len(text) - len(after.strip())
        _put_text(tree, raised, text[len(lead) : end])


def _number(tree: HTMLTree, items: ElementNode) -> None:
    start = items.getattr("start") or "1"
    number = int(start) if re.fullmatch(r"-?\d{1,9}", start) else 1
    for item in items.child_nodes:
        if isinstance(item, ElementNode) and item.tag == "li":
            mark = tree.create_text_node(f"{_OPEN}{number}.{_CLOSE} ")
            first = item.first_child
            if mark is not None and first is not None and (item.text or "").strip():
                item.insert_before(mark, first)
                number += 1


def _mark_blank_lines(pre: ElementNode) -> None:
    """Marks blank lines in code, and ends it by a line end, else the next code follows on its line."""
    html = pre.html
    begin, end = html.find(">") + 1, html.rfind("</")
    marked = _BLANK_LINE.sub(f"\n{_OPEN}{_CLOSE}", html[begin:end])
    pre.html = marked.rstrip() + "\n"
