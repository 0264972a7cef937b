"""Pages that React sends in pieces: late segments are put where the page's own script puts them.

A boundary whose content is late has `<template id="B:0">` and what is shown meanwhile, up to the
comment `/$`; the content comes as `<div hidden id="S:0">`. A part of a segment that is late itself
has `<template id="P:1">`, which `S:1` replaces. Both numbers are always equal. A boundary whose
segment never comes keeps what it shows.
Source: packages/react-dom-bindings/src/server/fizz-instruction-set of facebook/react, functions
completeBoundary and completeSegment.
"""

from resiliparse.parse.html import DOMNode, ElementNode, HTMLTree, NodeType

_MOST = 1_000  # segments of a page; those behind them stay where they are
_OPENING, _CLOSING = ("$", "$?", "$!", "$~"), "/$"
_MOST_NOTE = 40  # characters of a notice, such as `Loading...`, where a page has lost its comments
_NOTE_ENDS = ("...", "…")


def put_segments(tree: HTMLTree, html: str) -> bool:
    """Changes a tree whose text is `html`; whether anything is changed."""
    if tree.document is None or ' id="S:' not in html or "<template" not in html:
        return False
    holes: dict[str, ElementNode] = {}
    for hole in tree.document.query_selector_all('template[id^="B:"], template[id^="P:"]'):
        name = str(hole["id"])
        holes.setdefault(name.removeprefix("B:"), hole)
    segments = tree.document.query_selector_all('[id^="S:"][hidden]')[:_MOST]
    has_comments = f"<!--{_CLOSING}-->" in html
    is_changed = False
    for segment in segments:
        number = str(segment["id"])[2:]
        is_part = f"P:{number}" in holes
        name = f"P:{number}" if is_part else number
        if name not in holes:
            continue
        hole = holes[name]
        if hole.parent is None or _is_inside(hole, segment):
            continue
        del holes[name]
        if not is_part:
            _take_fallback(hole, has_comments)
        _move(segment, hole)
        is_changed = True
    return is_changed


def _is_inside(node: ElementNode, segment: ElementNode) -> bool:
    """Whether a hole is in the segment that would fill it, which no page means."""
    above: DOMNode | None = node
    while above is not None:
        if above == segment:
            return True
        above = above.parent
    return False


def _take_fallback(hole: ElementNode, has_comments: bool) -> None:
    """Removes what is shown until the content of a boundary comes."""
    parent, behind = hole.parent, hole.next
    if parent is None:
        return
    if not has_comments:
        # Some archives keep no comments. A short notice is told by its dots.
        inner = behind.first_child if behind is not None else None
        if behind is None or inner is None or inner.type != NodeType.TEXT or inner.next is not None:
            return
        text = (inner.value or "").strip()
        if len(text) <= _MOST_NOTE and text.endswith(_NOTE_ENDS):
            parent.remove_child(behind)
        return
    depth = 0
    while behind is not None:
        following = behind.next
        if behind.type == NodeType.COMMENT:
            said = (behind.value or "").strip()
            if said == _CLOSING:
                if depth == 0:
                    return
                depth -= 1
            elif said in _OPENING:
                depth += 1
        parent.remove_child(behind)
        behind = following


def _move(segment: ElementNode, hole: ElementNode) -> None:
    """Puts what a segment holds in place of a hole, and takes the segment away."""
    parent = hole.parent
    if parent is None:
        return
    child = segment.first_child
    while child is not None:
        following = child.next
        parent.insert_before(child, hole)
        child = following
    parent.remove_child(hole)
    if segment.parent is not None:
        segment.parent.remove_child(segment)
