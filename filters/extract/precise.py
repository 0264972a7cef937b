"""What trafilatura is given of a page, and its text made ours: for `documents.extract: precise`.

It takes what a page hides for text (`filters.extract.hidden` says what that is), joins raised
digits to those before them, leaves out `<time>` and `<button>` in sentences, numbers of lists and
blank lines of code, and writes code in cells of tables on one line. The tree is changed so that it
keeps them; numbers and blank lines pass through it as marks, which `restored` takes out. What is
hidden passes through it between marks, too, since without it trafilatura chooses another part of
some pages, and is taken out with them.
"""

import re
from collections.abc import Callable, Iterator, Set
from html import escape, unescape
from typing import Any

import numpy as np
from resiliparse.parse.html import HTMLTree

from filters.extract.elements import LEFT_OUT
from filters.extract.hidden import leave_out_hidden
from filters.extract.raised import start_tag
from filters.extract.tree import read_tree

Element = Any  # of lxml.html, which comes with trafilatura

_OPEN, _CLOSE = "\u27e6\u27e6", "\u27e7\u27e7"  # ⟦⟦1.⟧⟧, which trafilatura keeps
_HIDE, _END = f"{_OPEN}-", f"-{_CLOSE}"
_HIDDEN = re.compile(rf"{_HIDE}.*?{_END}", re.DOTALL)
_GONE = "\0"  # in no text of a page
_GAP = re.compile(f" ?{_GONE}(?![^\\s.,;:!?)])|{_GONE}")
_NUMBER = re.compile(rf"(?m)^([ \t]*)- {_OPEN}([^\u27e6\u27e7]*){_CLOSE}[ \t]*")
_MARK = re.compile(rf"{_OPEN}([^\u27e6\u27e7]*){_CLOSE}")
_OWN_NUMBER = re.compile(r"\s*\(?\d+[.)]")
_SENTENCES = frozenset(("p", "li", "dd", "td", "blockquote", "span", "em", "b", "i", "strong"))
_ATTRIBUTE = re.compile(r' ([^\s=">]+)="([^"]*)"')
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TAG = re.compile(r"<[^>]*>")
_LETTERS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]")
_FIRST = 40  # letters by which elements of the same attributes are told apart
_CODE_CELLS = frozenset(("code", "blob-code"))
_MOST = 2_000  # elements that are written anew
_AROUND = 24  # characters beside a raised sign

# An element by its name, its attributes and the letters that its text begins with.
_Key = tuple[str, frozenset[tuple[str, str]], str]


def hidden_elements(tree: HTMLTree) -> set[_Key]:
    """The elements of a page that nobody sees, as another parser's tree has them, too."""
    data, nodes = read_tree(tree)
    before = nodes.bits & LEFT_OUT
    leave_out_hidden(data, nodes)
    keys = set()
    for node in np.flatnonzero(nodes.bits & LEFT_OUT & ~before).tolist():
        start, end = start_tag(data, nodes, node)
        name, _, attributes = (
            data[start:end].tobytes().decode("utf-8", "ignore").rstrip("/>").partition(" ")
        )
        if not _NAME.fullmatch(name):  # of a tag that is too long
            continue
        found = frozenset((k, unescape(v)) for k, v in _ATTRIBUTE.findall(f" {attributes}"))
        inside = data[nodes.start[node] : nodes.end[node]].tobytes().decode("utf-8", "ignore")
        keys.add((name, found, _first_letters(unescape(_TAG.sub(" ", inside)))))
    return keys


def _first_letters(text: str) -> str:
    return _LETTERS.sub("", text[: 10 * _FIRST])[:_FIRST]


def prepare(
    root: Element,
    shown: Callable[[HTMLTree], str],
    hidden: Set[_Key] = frozenset(),
    *,
    markdown: bool,
) -> None:
    """Changes the tree of a page that trafilatura is given.

    Args:
      root: as trafilatura parsed it; another parser's tree would change what it chooses.
      hidden: of what nobody sees (`hidden_elements`).
      shown: writes a tree as text (`filters.extract.main_content.whole_text`).
      markdown: trafilatura writes Markdown, which has the numbers of lists.
    """
    known = {key[:2] for key in hidden}
    for element in list(root.iter("template", *{name for name, _, _ in hidden})):
        if element.getparent() is None:
            continue
        if element.tag == "template":
            element.drop_tree()
        elif _is_hidden(element, known, hidden):
            _hide(element)
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
    seen = _HIDDEN.sub(_GONE, text)
    lines = seen.split("\n")
    text = "\n".join(
        _GAP.sub("", line) for line in lines if _GONE not in line or _WORD.search(line)
    )
    return _MARK.sub(r"\1", _NUMBER.sub(r"\1\2 ", text))


def _is_hidden(element: Element, known: Set[Any], hidden: Set[_Key]) -> bool:
    key = (element.tag, frozenset(element.attrib.items()))
    return key in known and (*key, _first_letters(element.text_content())) in hidden


def _hide(element: Element) -> None:
    """Puts marks around the texts of an element."""
    for piece, name in _pieces(element):
        text = getattr(piece, name) or ""
        if text.strip() and _HIDE not in text:
            setattr(piece, name, f"{_HIDE}{text}{_END}")


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
        if text.strip() and not text.lstrip().startswith(_HIDE):
            if not _OWN_NUMBER.match(text):
                item.text = f"{_OPEN}{number}.{_CLOSE} {item.text or ''}"
            number += 1


def _mark_blank_lines(pre: Element) -> None:
    """Marks blank lines in code, and ends it by a line end, behind which other code begins."""
    for break_ in list(pre.iter("br")):
        break_.tail = f"\n{break_.tail or ''}"
        break_.drop_tag()
    is_blank, begun = True, False
    for element, name in _pieces(pre):
        written = []
        for line in (getattr(element, name) or "").replace("\r\n", "\n").splitlines(keepends=True):
            begun = begun or bool(line.strip())
            is_blank = is_blank and not line.strip()
            if begun and is_blank and line.endswith("\n"):
                line = f"{_OPEN}{_CLOSE}\n"
            is_blank = is_blank or line.endswith("\n")
            if begun or not line.endswith("\n"):
                written.append(line)
        setattr(element, name, "".join(written))
    if len(pre):
        pre[-1].tail = _without_end(pre[-1].tail)
    else:
        pre.text = _without_end(pre.text)


def _pieces(element: Element) -> Iterator[tuple[Element, str]]:
    """The texts of an element in their order, as elements and the names of their attributes."""
    from lxml.etree import iterwalk

    for event, inner in iterwalk(element, events=("start", "end")):
        if event == "start" and isinstance(inner.tag, str):
            yield inner, "text"
        elif event == "end" and inner is not element:
            yield inner, "tail"


def _without_end(text: str | None) -> str:
    return re.sub(rf"(?:\s|{_OPEN}{_CLOSE})*\Z", "", text or "") + "\n"
