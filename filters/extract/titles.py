"""The title of a page, which stands before its text and often in an element far from it."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import READ_ALOUD, TEXT
from filters.extract.layout import Layout
from filters.extract.links import names_page
from filters.extract.raised import attribute, start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes, Floats, Ints, decode
from filters.text.matching import as_bytes, find_bytes

_H1, _TITLE, _META, _BODY = map(elements.tag, ("h1", "title", "meta", "body"))
_OWN_TITLE, _SITE_NAME, _CONTENT = as_bytes('"og:title"', '"og:site_name"', ' content="')
_MOST = 300  # bytes of a title that are compared
_LEAST = 15  # bytes of the letters of one that no heading has
_SIGNS = (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2022, 0x2039, 0x203A, 0xAB, 0xB7, 0xBB)
# How a heading stands in `<title>`: not as the page's name, as a part, at its beginning, alone.
_NOT, _IN_PART, _AT_BEGIN, _ALONE = range(4)


@njit(cache=True, nogil=True)
def keep_title(
    keep: Bools, scores: Floats, limit: float, data: Bytes, nodes: Nodes, blocks: Blocks,
    layout: Layout, apart: tuple[Bools, Bools], around: int,
) -> None:  # fmt: skip
    """Keeps the page's `<h1>`, if it has one alone, besides those that are links.

    It stands before all that is kept, wherever that is, and is not set apart by an element; or in
    the element `around`, where a link may be the title, too. A link to a page, and not to the
    site, is as good as none outside of sidebars. Of several the one counts that the page's names
    have. On a page without, the block counts that `<title>` begins with.

    Args:
      apart: which blocks an element sets apart, and which stand in a sidebar.
    """
    is_outside, is_aside = apart
    owner, counts = blocks.owner, blocks.counts
    title, link, is_only, first, several = -1, -1, True, -1, False
    for block in range(len(keep)):
        first = block if first < 0 and keep[block] else first
        heading = layout.heading[owner[block]] if owner[block] >= 0 else -1
        if heading < 0 or nodes.tag[heading] != _H1:
            continue
        if 2 * counts[block, LINKED] > counts[block, CHARS]:
            is_only = is_only and link in (-1, heading)
            link = heading
        else:
            several = several or title not in (-1, heading)
            title = heading
    if title < 0 and link < 0:
        names = _name_of_page(nodes)
        _keep_named(keep, data, nodes, blocks, is_outside | is_aside, names)
        return
    is_found = False
    if several or not is_only or (title >= 0 and link >= 0):
        is_found = _keep_of_several(keep, data, nodes, blocks, layout, is_outside)
    if is_found or several:
        return
    is_link = title < 0
    if is_link and not is_only:
        return
    title = link if is_link else title
    for block in range(len(keep)):
        node = owner[block]
        if node < 0 or title < 0 or layout.heading[node] != title:
            continue
        is_seen = (nodes.bits[title] | nodes.bits[nodes.parent[title]]) & READ_ALOUD == 0
        is_title = not is_link
        if is_link and not is_aside[block]:
            is_title = names_page(data, nodes, title, nodes.last[title])
        is_before = block < first and is_seen and is_title and not is_outside[block]
        is_beside = scores[block] >= limit and around >= 0 and around <= node <= nodes.last[around]
        keep[block] |= is_before or is_beside


@njit(cache=True, nogil=True)
def _keep_of_several(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, is_apart: Bools
) -> bool:
    """Keeps the one of several `<h1>` that has the page's name; whether there is one.

    The page's names are those of `<title>` and `og:title`; that of the site, which `og:site_name`
    tells or which ends `<title>`, and a link to the site are none. A heading that stands twice, for
    wide and narrow screens, is kept once.
    """
    owner, counts = blocks.owner, blocks.counts
    names, sizes, is_parted = (
        np.empty((3, _MOST), np.uint8),
        np.zeros(3, np.int64),
        np.zeros((3, _MOST + 1), np.bool_),
    )
    _read_names(data, nodes, names, sizes, is_parted)
    text, its_parts = np.empty(_MOST, np.uint8), np.zeros(_MOST + 1, np.bool_)
    best, best_text, is_clear, title, before = _NOT, np.zeros(0, np.uint8), True, -1, -1
    last = len(keep) - 1
    while last >= 0 and not keep[last]:
        last -= 1
    for block in range(last + 1):
        heading = layout.heading[owner[block]] if owner[block] >= 0 else -1
        if heading < 0 or nodes.tag[heading] != _H1 or heading == before:
            continue
        before = heading
        is_seen = (nodes.bits[heading] | nodes.bits[nodes.parent[heading]]) & READ_ALOUD == 0
        is_link = 2 * counts[block, LINKED] > counts[block, CHARS]
        if is_link and not names_page(data, nodes, heading, nodes.last[heading]):
            continue
        size = _letters(data, nodes, heading + 1, nodes.last[heading], text, its_parts)
        its = text[:size]
        stands = _stands(names, sizes, is_parted, its)
        if stands == _NOT or stands < best:
            continue
        if stands > best or not _are_same(its, best_text):
            is_clear = stands > best
            best, best_text, title = stands, its.copy(), -1
        if title >= 0 and keep[title]:
            continue
        if keep[block] or (title < 0 and is_seen and not is_apart[block]):
            title = block
    if best == _NOT or not is_clear or title < 0:
        return False
    heading = layout.heading[owner[title]]
    for block in range(title, len(keep)):
        if owner[block] < 0 or layout.heading[owner[block]] != heading:
            break
        keep[block] = True
    return True


@njit(cache=True, nogil=True)
def _are_same(one: Bytes, other: Bytes) -> bool:
    return len(one) == len(other) and find_bytes(one, 0, len(one), other) == 0


@njit(cache=True, nogil=True)
def _stands(names: Bytes, sizes: Ints, is_parted: Bools, text: Bytes) -> int:
    """How a heading's letters stand in the page's names: those of `_read_names`."""
    size, site = len(text), names[2, : sizes[2]]
    if size == 0 or _are_same(text, site):
        return _NOT
    found = _NOT
    for number in range(2):
        name, held = names[number], sizes[number]
        at = find_bytes(name, 0, held, text)
        if at >= held:
            continue
        if size == held:
            return _ALONE
        if at == 0:
            found = max(found, _AT_BEGIN)
        elif 2 * size >= held:
            found = max(found, _IN_PART)
        elif at + size < held or len(site):
            is_part = is_parted[number, at] and is_parted[number, at + size]
            found = max(found, _IN_PART if is_part or size >= _LEAST else _NOT)
    return found


@njit(cache=True, nogil=True)
def _read_names(data: Bytes, nodes: Nodes, names: Bytes, sizes: Ints, is_parted: Bools) -> None:
    """Writes the letters of `<title>`, `og:title` and `og:site_name` into rows, and their sizes."""
    title = _name_of_page(nodes)
    if title >= 0:
        last = nodes.last[title]
        sizes[0] = _letters(data, nodes, title + 1, last, names[0], is_parted[0])
    for node in range(len(nodes.tag)):
        if nodes.tag[node] == _BODY:
            break
        if nodes.tag[node] != _META:
            continue
        start, end = start_tag(data, nodes, node)
        is_title = find_bytes(data, start, end, _OWN_TITLE) < end
        if is_title or find_bytes(data, start, end, _SITE_NAME) < end:
            at, close = attribute(data, start, end, _CONTENT)
            row = 1 if is_title else 2
            sizes[row] = _add_letters(data, at, close, names[row], 0, is_parted[row])


@njit(cache=True, nogil=True)
def _name_of_page(nodes: Nodes) -> int:
    """The page's `<title>`; -1 for none."""
    for node in range(len(nodes.tag)):
        if nodes.tag[node] == _TITLE:
            return node
    return -1


@njit(cache=True, nogil=True)
def _letters(data: Bytes, nodes: Nodes, first: int, last: int, out: Bytes, is_parted: Bools) -> int:
    """Writes the letters of texts, those of ASCII in lower case; how many bytes they are.

    Args:
      is_parted: before which of them a sign stands that parts names: `|`, `-`; written.
    """
    size = 0
    for node in range(first, last + 1):
        if nodes.tag[node] == TEXT and size < len(out):
            size = _add_letters(data, nodes.start[node], nodes.end[node], out, size, is_parted)
    return size


@njit(cache=True, nogil=True)
def _add_letters(data: Bytes, at: int, end: int, out: Bytes, size: int, is_parted: Bools) -> int:
    while at < end and size < len(out):
        byte = data[at]
        if byte < 0x80:
            is_letter = ord("a") <= byte | 32 <= ord("z")
            if is_letter or ord("0") <= byte <= ord("9"):
                out[size] = byte | 32 if is_letter else byte
                size += 1
                is_parted[size] = False
            elif byte in (ord("|"), ord("-"), ord(":"), ord("/"), ord(">")):
                is_parted[size] = True
            at += 1
            continue
        code, width = decode(data, at)
        if code in _SIGNS:
            is_parted[size] = True
        else:
            for place in range(at, min(at + width, end, at + len(out) - size)):
                out[size] = data[place]
                size += 1
                is_parted[size] = False
        at += width
    return size


@njit(cache=True, nogil=True)
def _keep_named(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, is_apart: Bools, title: int
) -> None:
    """Keeps the last block before the text that is nearly what `<title>` begins with."""
    if title < 0:
        return
    name, text = np.empty(_MOST, np.uint8), np.empty(_MOST, np.uint8)
    parts, found = np.zeros(_MOST + 1, np.bool_), -1
    held = _letters(data, nodes, title + 1, nodes.last[title], name, parts)
    for block in range(len(keep) if held >= _LEAST else 0):
        size = _letters(data, nodes, blocks.first[block], blocks.last[block], text, parts)
        same = 0
        while same < min(size, held) and text[same] == name[same]:
            same += 1
        if same >= _LEAST and 5 * same >= 3 * size and 2 * same >= held:
            if keep[block]:
                return
            found = block if not is_apart[block] else found
        if keep[block]:
            break
    if found >= 0:
        keep[found] = True
