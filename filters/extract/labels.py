"""Labels of what pages have beside their text: buttons to share it, other texts of the site, what
leads about the page, and what they ask of their readers.

Most such boxes are known by their class. Without one, a paragraph `Share` and a list below `You may
also like` look like a part of the text, whatever stands around. So these are read in the languages
that have most pages (`filters.extract.label_words`), and only where a label is all that a block
says beside its links, or begins a short one that asks readers to subscribe or to log in.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, IN_BUTTONS, LINKED, Blocks
from filters.extract.elements import TEXT, Lookup
from filters.extract.label_words import (
    ASKS,
    FILES,
    INVITES,
    NEWSLETTERS,
    NO_LABEL,
    RESPONDS,
    SHARES,
    SUBSCRIBES,
    WORKS,
    is_sign,
    label_kinds,
)
from filters.extract.layout import Layout
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes, decode, find_slot
from filters.text.matching import holds_in_any_case
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

_MOST_CHARS = 60  # of a label
_MOST_ASKED = 300  # of a block that begins with one
_MOST_OF_TEXT = 3  # such a block is a smaller part of the text
_ASKING = 48  # letters of what may ask
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)
_A, _H1, _LI = map(elements.tag, ("a", "h1", "li"))
_VALUES = elements.tags("td th dt dd pre")  # texts of these are no labels
_BEHIND = 5  # blocks behind a heading that may be its text
_STEPS = 16  # elements around a text that may be a link
_WIDE = 0x2E80  # from here on scripts are written without spaces


def drop_labelled(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout) -> None:
    """Drops labels of links to share a text and to other texts, and the links below the latter.

    These are the list right behind the label if most of it is links, or the blocks there that are
    links and no more. A linked heading with a text of its own below is none of them: `Read more`
    before it belongs to the post above, and `Latest news` is then the heading of a section. What
    leads about the page goes too, what asks readers to subscribe or comment, and what names what a
    text is filed under beside links.
    """
    _drop(keep, data, nodes, blocks, layout, label_kinds(), _VALUES)


@njit(cache=True, nogil=True)
def _drop(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, labels: Lookup,
    values: Bytes,
) -> None:  # fmt: skip
    owner, counts, held = blocks.owner, blocks.counts, 0
    for block in range(len(keep)):
        held += counts[block, CHARS] * keep[block]
    for block in range(len(keep)):
        chars, linked = counts[block, CHARS], counts[block, LINKED]
        if not keep[block] or owner[block] < 0 or values[nodes.tag[owner[block]]]:
            continue
        is_short = chars - linked <= _MOST_CHARS and (linked > 0 or chars <= _MOST_CHARS)
        if not is_short and chars > _MOST_ASKED:
            continue
        kind = label_of(data, nodes, blocks, block, labels)
        if kind in (NO_LABEL, SUBSCRIBES, INVITES) or not (is_short or kind == ASKS):
            continue
        heading = layout.heading[owner[block]]
        if heading >= 0 and nodes.tag[heading] == _H1:
            continue
        is_item = layout.item[owner[block]] >= 0 and linked == 0
        if kind == ASKS:
            # Not all that a page says, nor a step of a list.
            keep[block] = is_item or _MOST_OF_TEXT * chars > held
            continue
        if kind == FILES:
            keep[block] = linked == 0 or linked == chars
            continue
        if kind in (SHARES, WORKS, RESPONDS):
            keep[block] = is_item or (kind == WORKS and heading >= 0)
            behind = block + 1
            if kind == SHARES and behind < len(keep) and not keep[block]:
                row = counts[behind]
                keep[behind] &= 10 * row[IN_BUTTONS] < 9 * row[CHARS]
            continue
        if linked > 0 and linked < chars:
            keep[block] = False  # Read more: the title of another text
            continue
        end, first = block + 1, block + 1
        group = np.int64(-1)
        if first < len(keep) and owner[first] >= 0:
            group = np.int64(layout.group[owner[first]])
        if group > owner[block]:
            held, of_links = 0, 0
            while end < len(keep) and group <= owner[end] <= nodes.last[group]:
                held += counts[end, CHARS]
                of_links += counts[end, LINKED]
                end += 1
            if 2 * of_links <= held:
                continue
        else:
            has_text = False
            while end < len(keep) and 10 * counts[end, LINKED] >= 9 * counts[end, CHARS]:
                has_text = _has_text_below(keep, end, blocks, layout)
                if has_text:
                    break
                end += 1
            if has_text and end == first:
                keep[block] = heading >= 0
                continue
        if end > first:
            for dropped in range(block, end):
                keep[dropped] = False


@njit(cache=True, nogil=True)
def _has_text_below(keep: Bools, block: int, blocks: Blocks, layout: Layout) -> bool:
    """Whether a block is a heading, and what is kept behind it, after a date or author, is text."""
    owner, counts = blocks.owner, blocks.counts
    heading = layout.heading[owner[block]] if owner[block] >= 0 else -1
    if heading < 0:
        return False
    for behind in range(block + 1, min(block + _BEHIND, len(keep))):
        its = layout.heading[owner[behind]] if owner[behind] >= 0 else -1
        is_linked = 2 * counts[behind, LINKED] > counts[behind, CHARS]
        if its >= 0 and its != heading:
            return False
        if keep[behind] and its < 0 and not is_linked:
            return True
    return False


@njit(cache=True, nogil=True)
def label_of(data: Bytes, nodes: Nodes, blocks: Blocks, block: int, labels: Lookup) -> int:
    """Which kind of label a block is, without its links or, if it is one, with them.

    `ASKS` for what begins with such words.
    """
    whole = outside = _BASIS
    node, last, owner = np.int64(blocks.first[block]), blocks.last[block], blocks.owner[block]
    link_end, letters, asks = np.int64(-1), 0, False
    above = np.int64(nodes.parent[node])
    for _ in range(_STEPS):
        if above <= owner or above < 0:
            break
        if nodes.tag[above] == _A:
            link_end = np.int64(nodes.last[above])
        above = np.int64(nodes.parent[above])
    for at in range(node, last + 1):
        if nodes.tag[at] == _A:
            link_end = max(link_end, np.int64(nodes.last[at]))
        elif nodes.tag[at] == TEXT:
            place, end = nodes.start[at], nodes.end[at]
            while place < end:
                code, width = decode(data, place)
                if code == ord("&") and place + 5 < end and data[place + 1] == ord("n"):
                    width, code = 6, ord(" ")  # &nbsp;
                if (code <= ord(" ") or code >= _WIDE) and 0 < letters < _ASKING and not asks:
                    begun = _kind(whole, labels)
                    asks = begun == ASKS
                    if begun == INVITES:
                        asks = _has_newsletter(data, nodes, node, last)
                if not is_sign(code):
                    letters += 1
                    for step in range(width):
                        byte = np.uint64(data[place + step])
                        low = byte | np.uint64(32) if code < 0x80 else byte
                        whole = (whole ^ low) * _PRIME
                        if at > link_end:
                            outside = (outside ^ low) * _PRIME
                place += width
    kind = _kind(whole if outside == _BASIS else outside, labels)
    return ASKS if kind in (NO_LABEL, ASKS, INVITES) and asks else kind


@njit(cache=True, nogil=True)
def _has_newsletter(data: Bytes, nodes: Nodes, first: int, last: int) -> bool:
    for node in range(first, last + 1):
        if nodes.tag[node] == TEXT:
            for word in NEWSLETTERS:
                if holds_in_any_case(data, nodes.start[node], nodes.end[node], word):
                    return True
    return False


@njit(cache=True, nogil=True)
def _kind(value: np.uint64, labels: Lookup) -> int:
    slot = find_slot(labels.keys, len(labels.keys), value)
    return int(labels.numbers[slot]) if labels.keys[slot] else NO_LABEL
