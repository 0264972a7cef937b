"""What trafilatura is given of a page, and its text made ours: for `documents.extract: precise`.

It takes what no browser shows for text, joins raised digits to those before them, leaves out
`<time>` and `<button>` in sentences, numbers of lists and blank lines of code, and writes code in
cells of tables on one line. The tree is changed so that it keeps them; numbers and blank lines pass
through it as marks, which `restored` takes out.
"""

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from resiliparse.parse.html import HTMLTree

Element = Any  # of lxml.html, which comes with trafilatura

_OPEN, _CLOSE = "\u27e6\u27e6", "\u27e7\u27e7"  # ⟦⟦1.⟧⟧, which trafilatura keeps
_NUMBER = re.compile(rf"(?m)^([ \t]*)- {_OPEN}([^\u27e6\u27e7]*){_CLOSE}[ \t]*")
_MARK = re.compile(rf"{_OPEN}([^\u27e6\u27e7]*){_CLOSE}")
_OWN_NUMBER = re.compile(r"\s*\(?\d+[.)]")
_SENTENCES = frozenset(("p", "li", "dd", "td", "blockquote", "span", "em", "b", "i", "strong"))
# Of larger elements with `hidden` and of `<span>` scripts often show what they hold.
_LINES = ("p", "li")
_CODE_CELLS = frozenset(("code", "blob-code"))
_MOST = 2_000  # elements that are written anew
_AROUND = 24  # characters beside a raised sign
_BLANK_LINE = re.compile(r"\n(?=[ \t]*\n)")


def prepare(root: Element, shown: Callable[[HTMLTree], str], *, markdown: bool) -> None:
    """Changes the tree of a page that trafilatura is given.

    Args:
      root: as trafilatura parsed it; another parser's tree would change what it chooses.
      shown: writes a tree as text (`filters.extract.main_content.whole_text`).
      markdown: trafilatura writes Markdown, which has numbers and blank lines.
    """
    for element in list(root.iter("template", *_LINES)):
        if (element.tag == "template" or _is_hidden(element)) and element.getparent() is not None:
            element.drop_tree()
    for table in list(root.iter("table"))[:_MOST]:
        if _is_code(table):
            pre = table.makeelement("pre")
            pre.text, pre.tail = shown(HTMLTree.parse(_html(table))), table.tail
            table.getparent().replace(table, pre)
    for element in list(root.iter("time", "button")):
        if _is_in_sentence(element):
            element.drop_tag()
    for raised in list(root.iter("sup", "sub"))[:_MOST]:
        _put_raised(raised, shown)
    if not markdown:
        for items in root.iter("ol"):
            _number(items)
        for pre in root.iter("pre"):
            _mark_blank_lines(pre)


def restored(text: str) -> str:
    """The text of trafilatura without the marks."""
    return _MARK.sub(r"\1", _NUMBER.sub(r"\1\2 ", text))


def _is_hidden(element: Element) -> bool:
    """Whether no button finds an element that is hidden."""
    is_found = element.get("id") or element.get("aria-labelledby")
    return element.get("hidden") is not None and not is_found


def _html(element: Element) -> str:
    from lxml.html import tostring

    return str(tostring(element, encoding="unicode", with_tail=False))


def _is_code(table: Element) -> bool:
    """Whether a table holds code, and beside it numbers of lines alone."""
    found = False
    for cell in table.iter("td", "th"):
        if _CODE_CELLS & set((cell.get("class") or "").split()) or cell.find("pre") is not None:
            found = True
        elif re.sub(r"[\d\s]", "", cell.text_content()):
            return False
    return found and table.getparent() is not None


def _texts_beside(element: Element) -> Iterator[str]:
    before = element.getprevious()
    yield (element.getparent().text if before is None else before.tail) or ""
    yield element.tail or ""


def _is_in_sentence(element: Element) -> bool:
    """Whether words stand beside an element, in the same paragraph."""
    above = element.getparent()
    if above is None or above.tag not in _SENTENCES:
        return False
    return any(map(str.isalpha, "".join(_texts_beside(element))))


def _put_raised(raised: Element, shown: Callable[[HTMLTree], str]) -> None:
    """Writes a superscript or subscript as `shown` writes it between its neighbours."""
    text_before, text_after = _texts_beside(raised)
    if not text_before and raised.getprevious() is not None:
        text_before = raised.getprevious().text_content()
    before, after = " ".join(text_before.split())[-_AROUND:], text_after[:1]
    if not before:
        return
    before += " " * text_before[-1:].isspace()
    text = shown(HTMLTree.parse(f"<p>x{escape(before)}{_html(raised)}{escape(after)}"))
    text = text.removeprefix("x")
    lead = before if text.startswith(before) else before.rstrip()
    if text.startswith(lead) and text.endswith(after.strip()):
        for child in list(raised):
            raised.remove(child)
        raised.text = text[len(lead) : len(text) - len(after.strip())]
        raised.drop_tag()


def _number(items: Element) -> None:
    start = items.get("start") or "1"
    number = int(start) if re.fullmatch(r"-?\d{1,9}", start) else 1
    for item in items.iterchildren("li"):
        text = item.text_content()
        if text.strip():
            if not _OWN_NUMBER.match(text):
                item.text = f"{_OPEN}{number}.{_CLOSE} {item.text or ''}"
            number += 1


def _mark_blank_lines(pre: Element) -> None:
    """Marks blank lines in code, and ends it by a line end, behind which other code begins."""
    for element in pre.iter():
        if element.text and isinstance(element.tag, str):
            element.text = _BLANK_LINE.sub(f"\n{_OPEN}{_CLOSE}", element.text)
        if element.tail and element is not pre:
            element.tail = _BLANK_LINE.sub(f"\n{_OPEN}{_CLOSE}", element.tail)
    if len(pre):
        pre[-1].tail = (pre[-1].tail or "").rstrip() + "\n"
    else:
        pre.text = (pre.text or "").rstrip() + "\n"
