"""`<noscript>` as a reader meets it: what it says is shown if nothing else says it.

Pages that load parts when they are scrolled to often have the part in `<noscript>` besides. A
browser with scripts shows it once, so it is text if no other text of the page has it. What only
says that scripts are off is none, nor is a link in place of something to look at.
"""

import numpy as np

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.tree import Nodes
from filters.text.characters import Bytes

_NOSCRIPT, _DIV, _A = map(elements.tag, ("noscript", "div", "a"))
_UNREAD = elements.tags("noscript script style template textarea title option select iframe")
_ABOUT_SCRIPTS = (b"javascript", b"ecmascript", b"enable script", b"your browser")
_MOST = 32  # such elements of a page, and places of a text in it, that are looked at
_MOST_TEXTS = 8  # of an element
_LEAST = 12  # bytes of a text that is looked for
_LONGEST = 200  # bytes of it that are compared


def show_lazy_texts(data: Bytes, nodes: Nodes) -> None:
    """Makes a division of each `<noscript>` whose text no other text of the page has."""
    found = np.flatnonzero((nodes.tag == _NOSCRIPT) & (nodes.last > np.arange(len(nodes.tag))))
    page = b""
    for node in found[:_MOST].tolist():
        if nodes.parent[node] >= 0 and _UNREAD[nodes.tag[nodes.parent[node]]]:
            continue
        texts = _texts_below(data, nodes, node)
        if not texts:
            continue
        joined = b" ".join(texts).lower()
        if any(word in joined for word in _ABOUT_SCRIPTS):
            continue
        page = page or data.tobytes()
        shown = sum(len(text) for text in texts if _is_shown(page, nodes, text))
        if 2 * shown < sum(map(len, texts)):
            nodes.tag[node] = _DIV


def _texts_below(data: Bytes, nodes: Nodes, node: int) -> list[bytes]:
    """The texts in an element that are long enough to be looked for; none if most are links."""
    texts, linked, link_end = [], 0, -1
    for below in range(node + 1, int(nodes.last[node]) + 1):
        if nodes.tag[below] == _A:
            link_end = max(link_end, int(nodes.last[below]))
        elif nodes.tag[below] == TEXT and not _UNREAD[nodes.tag[nodes.parent[below]]]:
            text = data[nodes.start[below] : nodes.end[below]].tobytes().strip()
            if len(text) >= _LEAST:
                texts.append(text)
                linked += len(text) if below <= link_end else 0
    return texts[:_MOST_TEXTS] if 2 * linked < sum(map(len, texts)) else []


def _is_shown(page: bytes, nodes: Nodes, text: bytes) -> bool:
    """Whether a text of the page has another."""
    text = text[:_LONGEST]
    at = page.find(text)
    for _ in range(_MOST):
        if at < 0:
            return False
        node = int(np.searchsorted(nodes.start, at, "right")) - 1
        if nodes.tag[node] == TEXT and at < nodes.end[node] and not _is_unread(nodes, node):
            return True
        at = page.find(text, at + 1)
    return True  # of what stands there so often one more is not missed


def _is_unread(nodes: Nodes, node: int) -> bool:
    above = int(nodes.parent[node])
    while above >= 0:
        if _UNREAD[nodes.tag[above]]:
            return True
        above = int(nodes.parent[above])
    return False
