"""What pages say around their text in any language: notices of cookies, boxes to subscribe, rows of
links, links to a place of the page, to the next one, and to the site's accounts on networks.

Where a class says what they are, or an element sets them apart, they are left out before. Here they
are known by what they hold: a button and the word `cookie`, which hardly any language translates; a
field for an address of mail; links and nothing between them; where links lead.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import (
    CHARS,
    ENDING,
    ENDS_WITH_COLON,
    IN_BUTTONS,
    LINKED,
    Blocks,
    is_blank,
)
from filters.extract.elements import FIELD, TEXT, Lookup
from filters.extract.label_words import ASKS, SUBSCRIBES, is_sign, label_kinds
from filters.extract.labels import label_of
from filters.extract.layout import Layout
from filters.extract.links import address
from filters.extract.raised import bounds, start_tag
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes, Ints, decode
from filters.text.matching import (
    as_bytes,
    begins,
    begins_in_any_case,
    equals,
    find_bytes,
    holds,
    holds_in_any_case,
    is_letter,
)

_A, _BUTTON, _INPUT, _FORM, _TEXTAREA, _H1, _H6, _P = map(
    elements.tag, ("a", "button", "input", "form", "textarea", "h1", "h6", "p")
)
_VALUES = elements.tags("td th dt dd pre")
_COOKIES = as_bytes(
    "cookie", "\u043a\u0443\u043a\u0438", "\u30af\u30c3\u30ad\u30fc", "\ucfe0\ud0a4"
)
_POLICIES = as_bytes("cookie", "privacy", "datenschutz", "gdpr", "consent")
(_SCRIPT,) = as_bytes("javascript:")
_MAILS = as_bytes('type="email"', "mail")
(_PASSWORD, _NEXT, _PREVIOUS) = as_bytes('type="password"', ' rel="next"', ' rel="prev')
# The names of places that links lead to for those who read with a keyboard or an ear.
_PLACES = as_bytes(
    "main", "content", "contents", "maincontent", "nav", "navigation", "menu", "search", "top",
    "footer", "skip", "inhalt", "hauptinhalt", "contenu", "contenido", "contenuto", "conteudo",
    "inhoud", "innehall", "indhold", "innhold", "primary", "mainmenu", "sitenav", "page", "anchor",
)  # fmt: skip
_NETWORKS = as_bytes(
    "facebook.com", "twitter.com", "x.com", "instagram.com", "youtube.com", "linkedin.com",
    "tiktok.com", "pinterest.com", "threads.net", "bsky.app", "t.me", "vk.com", "weibo.com",
)  # fmt: skip
_SLASHES, _WWW = as_bytes("//", "www.")
_MOST_NOTICE = 700  # characters of a notice of cookies
_MOST_BOX = 400  # of a box to subscribe
_MOST_BLOCKS = 8  # of either
_PART = 3  # the text around is so many times as long
_MOST_LINK = 60  # characters of a link to a place, or of a network's name
_MOST_BESIDE = 60  # characters beside the links of a row: where the page stands, `Follow us on`
_PROSE = 60  # characters of a block of text
_NEAR = 4  # elements behind a notice that may be its buttons
_STEPS = 16  # elements around a block


def drop_notices(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout) -> None:
    """Drops them from what is kept, of which most has to be something else."""
    if keep.any():
        _drop(keep, data, nodes, blocks, layout, label_kinds(), _VALUES)


@njit(cache=True, nogil=True)
def _drop(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, labels: Lookup,
    values: Bytes,
) -> None:  # fmt: skip
    counts = blocks.counts
    every = linked = 0
    for block in range(len(keep)):
        every += counts[block, CHARS] * keep[block]
        linked += counts[block, LINKED] * keep[block]
    if _PART * linked < every:
        _drop_links(keep, data, nodes, blocks, layout, values)
    held = _held(keep, nodes, blocks)
    _drop_cookies(keep, data, nodes, blocks, held, every)
    _drop_boxes(keep, data, nodes, blocks, layout, held, every, labels)


@njit(cache=True, nogil=True)
def _held(keep: Bools, nodes: Nodes, blocks: Blocks) -> Ints:
    """Of each node, the characters that are kept in it."""
    held = np.zeros(len(nodes.tag), np.int64)
    for block in range(len(keep)):
        if keep[block] and blocks.owner[block] >= 0:
            held[blocks.owner[block]] += blocks.counts[block, CHARS]
    for node in range(len(held) - 1, 0, -1):
        if nodes.parent[node] >= 0:
            held[nodes.parent[node]] += held[node]
    return held


# What the links of a block are.
_COUNT, _TO_PLACES, _TO_NETWORKS, _NAMES, _TO_NEXT, _BEFORE, _BETWEEN, _BEHIND = range(8)
# Signs between links: bars and dots, and those of a way or of a direction.
_BAR, _ARROW = 1, 2
_ARROWS = (ord("/"), 0xAB, 0xBB, 0x2039, 0x203A, 0x25B8, 0x25BA, 0x25C0, 0x25C4)


@njit(cache=True, nogil=True)
def _drop_links(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, values: Bytes
) -> None:
    owner, counts = blocks.owner, blocks.counts
    first, last = len(keep), -1  # blocks of prose
    for block in range(len(keep)):
        chars, linked = counts[block, CHARS], counts[block, LINKED]
        if keep[block] and chars >= _PROSE and 2 * linked <= chars:
            first, last = min(first, block), block
    before = -1
    for block in range(len(keep)):
        if not keep[block]:
            continue
        chars, linked = counts[block, CHARS], counts[block, LINKED]
        behind, before = before, block
        if counts[block, IN_BUTTONS] == chars and chars <= _MOST_LINK:
            buttons = 0
            for node in range(blocks.first[block], blocks.last[block] + 1):
                buttons += nodes.tag[node] == _BUTTON
            keep[block] = buttons == 0  # the first one begins before
            continue
        if linked == 0 or chars - linked > _MOST_BESIDE or owner[block] < 0:
            continue
        if values[nodes.tag[owner[block]]] or layout.heading[owner[block]] >= 0:
            continue
        links = _links(data, nodes, blocks, block)
        count, outside = links[_COUNT], links[_BEFORE] + links[_BETWEEN] + links[_BEHIND]
        leads = links[_TO_PLACES] == count and links[_BEHIND] == 0 and outside <= _MOST_LINK // 4
        follows = links[_TO_NETWORKS] == count and count > 1 and 3 * outside <= 2 * chars
        goes_on = outside == 0 and (links[_TO_NEXT] == count or links[_NAMES] == count)
        if leads or follows or goes_on:
            keep[block] = False
        elif count > 1 and links[_BEFORE] + links[_BETWEEN] == 0 and layout.item[owner[block]] < 0:
            # A row, to whose end the page itself may stand. What is announced is none.
            is_named = behind >= 0 and (
                counts[behind, ENDING] == ENDS_WITH_COLON or _H1 < nodes.tag[owner[behind]] <= _H6
            )
            is_end = block > last and links[_BEHIND] == 0
            marks = _marks(data, nodes, blocks, block)
            is_start = block < first and (links[_BEHIND] == 0 or marks & _ARROW != 0)
            keep[block] = is_named or marks == 0 or not (is_start or is_end)


@njit(cache=True, nogil=True)
def _links(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> Ints:
    """Counts a block's links by where they lead, and letters before, between and behind them."""
    found = np.zeros(8, np.int64)
    node, last, owner = np.int64(blocks.first[block]), blocks.last[block], blocks.owner[block]
    link_end, link = np.int64(-1), np.int64(nodes.parent[node])
    for _ in range(_STEPS):
        if link <= owner or link < 0 or nodes.tag[link] == _A:
            break
        link = np.int64(nodes.parent[link])
    if link > owner and nodes.tag[link] == _A:
        link_end = np.int64(nodes.last[link])
        _add_link(data, nodes, link, found)
    while node <= last:
        if nodes.tag[node] == _A and nodes.last[node] > node:
            link_end = np.int64(nodes.last[node])
            found[_BETWEEN] += found[_BEHIND]
            found[_BEHIND] = 0
            _add_link(data, nodes, node, found)
        elif nodes.tag[node] == TEXT and node > link_end:
            letters = _letters(data, nodes.start[node], nodes.end[node])
            found[_BEHIND if found[_COUNT] else _BEFORE] += letters
        node += 1
    return found


@njit(cache=True, nogil=True)
def _add_link(data: Bytes, nodes: Nodes, link: int, found: Ints) -> None:
    is_empty = True
    for below in range(link + 1, nodes.last[link] + 1):
        if is_empty and nodes.tag[below] == TEXT:
            is_empty = is_blank(data, nodes.start[below], nodes.end[below])
    if is_empty:
        return  # an image
    start, end = address(data, nodes, link)
    found[_COUNT] += 1
    found[_TO_PLACES] += _is_place(data, start, end)
    host, dot = _network(data, start, end)
    found[_TO_NETWORKS] += dot > host
    text, text_end = bounds(data, nodes, min(link + 1, len(nodes.tag) - 1))
    is_name = dot > host and text_end - text == dot - host
    found[_NAMES] += is_name and begins_in_any_case(data, text, text_end, data[host:dot])
    start, end = start_tag(data, nodes, link)
    found[_TO_NEXT] += holds(data, start, end, _NEXT) or holds(data, start, end, _PREVIOUS)


@njit(cache=True, nogil=True)
def _is_place(data: Bytes, start: int, end: int) -> bool:
    """Whether an address is that of a part that every page has: `#main-content`."""
    if start >= end or data[start] != ord("#"):
        return False
    at = start + 1
    found = False
    while at < end:
        word = at
        while at < end and is_letter(data[at]):
            at += 1
        is_known = at == word
        for place in _PLACES:
            is_known = is_known or (
                at - word == len(place) and begins_in_any_case(data, word, at, place)
            )
        if not is_known:
            return False
        found = True
        at += 1
    return found


@njit(cache=True, nogil=True)
def _network(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """Where the name of a network stands in an address, before `.com`; nowhere if it is none's."""
    at = find_bytes(data, start, end, _SLASHES) + len(_SLASHES)
    at += len(_WWW) if begins(data, at, end, _WWW) else 0
    slash = dot = at
    while slash < end and data[slash] != ord("/"):
        slash += 1
    while dot < slash and data[dot] != ord("."):
        dot += 1
    for network in _NETWORKS:
        if equals(data, at, slash, network):
            return at, dot
    return 0, 0


@njit(cache=True, nogil=True)
def _letters(data: Bytes, at: int, end: int) -> int:
    count = 0
    while at < end:
        code, width = decode(data, at)
        if code == ord("&"):  # &gt; &nbsp;
            while width < 6 and at + width < end and data[at + width - 1] != ord(";"):
                width += 1
        elif not is_sign(code):
            count += 1
        at += width
    return count


@njit(cache=True, nogil=True)
def _marks(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> int:
    """Which signs stand in a block: `Terms | Contact`, `Home > News`, `← The mill`."""
    found = 0
    for node in range(blocks.first[block], blocks.last[block] + 1):
        at, end = nodes.start[node], nodes.end[node]
        while nodes.tag[node] == TEXT and at < end:
            code, width = decode(data, at)
            is_escaped = code == ord("&") and at + 1 < end and data[at + 1] in (ord("g"), ord("l"))
            if is_escaped or 0x2190 <= code <= 0x2193 or code in _ARROWS:
                found |= _ARROW
            elif code in (ord("|"), 0xB7, 0x2022, 0xFF5C):
                found |= _BAR
            at += width
    return found


@njit(cache=True, nogil=True)
def _drop_cookies(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, held: Ints, every: int
) -> None:
    """Drops the notice of cookies: the only few blocks together that speak of them.

    A button, a link to a policy or one that only works a script is in it or right behind.
    """
    owner = blocks.owner
    first, last = -1, -1
    for block in range(len(keep)):
        if keep[block] and owner[block] >= 0 and has_cookies(data, nodes, blocks, block):
            first, last = block if first < 0 else first, block
    if first < 0 or last - first >= _MOST_BLOCKS:
        return
    box = np.int64(owner[first])
    while box >= 0 and nodes.last[box] < owner[last]:
        box = np.int64(nodes.parent[box])
    if box < 0 or held[box] > _MOST_NOTICE or _PART * held[box] > every:
        return
    # What is around it, its buttons and a line, is a part of it.
    for _ in range(_STEPS):
        around = np.int64(nodes.parent[box])
        if around < 0 or held[around] - held[box] > _MOST_BESIDE or _has_title(nodes, around):
            break
        if _PART * held[around] > every:
            break
        box = around
    if _has_twin(nodes, box):
        return
    end = np.int64(nodes.last[box])
    works = _works(data, nodes, box, end)
    node, around = np.int64(end + 1), nodes.parent[box]
    for _ in range(_NEAR if nodes.tag[box] != _P else 0):
        while node < len(nodes.tag) and nodes.parent[node] == around and nodes.tag[node] == TEXT:
            node += 1
        if node >= len(nodes.tag) or nodes.parent[node] != around or held[node] > _MOST_BESIDE:
            break
        if not (nodes.tag[node] == _BUTTON or _works(data, nodes, node, nodes.last[node])):
            break
        works, end = True, np.int64(nodes.last[node])
        node = np.int64(end + 1)
    for block in range(len(keep) if works else 0):
        if box <= owner[block] <= end or box <= blocks.first[block] <= end:
            keep[block] = False


@njit(cache=True, nogil=True)
def _has_twin(nodes: Nodes, box: int) -> bool:
    """Whether the element right before or behind has the same name and class, as cards have."""
    behind, is_twin = nodes.last[box] + 1, False
    while behind < len(nodes.tag) and nodes.tag[behind] == TEXT:
        behind += 1
    if behind < len(nodes.tag) and nodes.parent[behind] == nodes.parent[box]:
        is_twin = nodes.shape[behind] == nodes.shape[box]
    before = np.int64(box - 1)
    for _ in range(_STEPS):
        if before < 0 or nodes.parent[before] == nodes.parent[box]:
            break
        before = np.int64(nodes.parent[before])
    if before >= 0 and nodes.parent[before] == nodes.parent[box]:
        is_twin = is_twin or nodes.shape[before] == nodes.shape[box]
    return is_twin and nodes.class_end[box] > 0


@njit(cache=True, nogil=True)
def has_cookies(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> bool:
    for node in range(blocks.first[block], blocks.last[block] + 1):
        if nodes.tag[node] != TEXT:
            continue
        for word in _COOKIES:
            if holds_in_any_case(data, nodes.start[node], nodes.end[node], word):
                return True
    return False


@njit(cache=True, nogil=True)
def _works(data: Bytes, nodes: Nodes, first: int, last: int) -> bool:
    """Whether readers can consent to something here: by a button, or a link that says so."""
    for node in range(first, last + 1):
        if nodes.tag[node] in (_BUTTON, _INPUT):
            return True
        if nodes.tag[node] == _A:
            start, end = address(data, nodes, node)
            if begins(data, start, end, _SCRIPT) or (end - start == 1 and data[start] == ord("#")):
                return True
            for word in _POLICIES:
                if holds(data, start, end, word):
                    return True
    return False


@njit(cache=True, nogil=True)
def _has_title(nodes: Nodes, node: int) -> bool:
    for below in range(node, nodes.last[node] + 1):  # noqa: SIM110 (a kernel)
        if nodes.tag[below] == _H1:
            return True
    return False


@njit(cache=True, nogil=True)
def _drop_boxes(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, held: Ints, every: int,
    labels: Lookup,
) -> None:  # fmt: skip
    """Drops boxes whose heading says so, and those around a field for an address of mail."""
    owner = blocks.owner
    for block in range(len(keep)):
        heading = layout.heading[owner[block]] if owner[block] >= 0 else np.int32(-1)
        if not keep[block] or heading < 0 or nodes.tag[heading] == _H1:
            continue
        kind = label_of(data, nodes, blocks, block, labels)
        if kind not in (SUBSCRIBES, ASKS):
            continue
        around = nodes.parent[heading]
        if 0 < held[around] <= _MOST_BOX and _PART * held[around] <= every:
            _drop_within(keep, owner, around, nodes.last[around])
        elif kind == SUBSCRIBES:
            _drop_until_form(keep, nodes, blocks, block, around)
    node = np.int64(0)
    while node < len(nodes.tag):
        if nodes.tag[node] == _INPUT and nodes.bits[node] & FIELD and _is_mail(data, nodes, node):
            box = np.int64(nodes.parent[node])
            for _ in range(_STEPS):
                if box < 0 or nodes.tag[box] == _FORM:
                    break
                box = np.int64(nodes.parent[box])
            if box >= 0 and _is_short_form(data, nodes, box):
                for _ in range(_STEPS):
                    around = np.int64(nodes.parent[box])
                    if around < 0 or held[around] > _MOST_BOX or _PART * held[around] > every:
                        break
                    box = around
                if held[box] <= _MOST_BOX and not _has_title(nodes, box):
                    _drop_within(keep, owner, box, nodes.last[box])
        node += 1


@njit(cache=True, nogil=True)
def _drop_within(keep: Bools, owner: Indices, first: int, last: int) -> None:
    for block in range(len(keep)):
        if first <= owner[block] <= last:
            keep[block] = False


@njit(cache=True, nogil=True)
def _drop_until_form(keep: Bools, nodes: Nodes, blocks: Blocks, block: int, around: int) -> None:
    """Drops a heading, and what stands between it and a form or a button beside it."""
    end, most = np.int64(nodes.last[blocks.owner[block]] + 1), np.int64(nodes.last[around])
    while end <= most and nodes.tag[end] not in (_FORM, _INPUT, _BUTTON):
        if _H1 <= nodes.tag[end] <= _H6:
            return
        end += 1
    if end > most:
        return
    chars, behind = 0, block
    while behind < len(keep) and blocks.last[behind] < end:
        chars += blocks.counts[behind, CHARS]
        behind += 1
    if chars <= _MOST_BOX:
        keep[block:behind] = False


@njit(cache=True, nogil=True)
def _is_mail(data: Bytes, nodes: Nodes, field: int) -> bool:
    start, end = start_tag(data, nodes, field)
    for word in _MAILS:  # noqa: SIM110 (a kernel)
        if holds_in_any_case(data, start, end, word):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_short_form(data: Bytes, nodes: Nodes, form: int) -> bool:
    """Whether a form asks for an address, perhaps with a name, and for no password or text."""
    fields = 0
    for node in range(form, nodes.last[form] + 1):
        if nodes.tag[node] == _TEXTAREA:
            return False
        if nodes.tag[node] == _INPUT and nodes.bits[node] & FIELD:
            fields += 1
            start, end = start_tag(data, nodes, node)
            if holds(data, start, end, _PASSWORD):
                return False
    return fields <= 3
