"""What ends a text: tables, lists, figures and addresses behind its last paragraph.

They score low, since behind the text of most pages other things stand. Right behind the last block
that is kept, beside it in the element of the text, they belong to it, with the headings before
them; so does what stands behind a heading there, or behind that of a section beside it, and the
lists and tables of a section of which the beginning is kept. Tables, definitions and closed texts
may stand beside an element around that of the text as well, as the index of a library
stands beside what describes it, and so may notes and references, which their class names.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, ENDING, ENDS_WITH_COLON, LINKED, Blocks
from filters.extract.elements import NOTES
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes

ENDINGS = elements.tags("table dl ul ol address figure pre blockquote details aside form")
_LISTS = elements.tags("table dl ul ol pre")  # of a section that is kept in part
_LEVELS = 4  # the element of the text, and those around it that are looked at
_H1, _H6, _BODY, _DL, _TABLE, _DETAILS = map(
    elements.tag, ("h1", "h6", "body", "dl", "table", "details")
)


@njit(cache=True, nogil=True)
def keep_endings(
    keep: Bools, nodes: Nodes, blocks: Blocks, content: int, article: int, endings: Bytes,
    is_near: Bools, is_apart: Bools, whole: Indices,
) -> None:  # fmt: skip
    """Keeps what ends the text that is kept.

    Args:
      content: the element of the text.
      article: the page's only `<article>` around it, which is as good as that; -1 for none.
      is_near: which blocks score nearly as much as what is kept, and are not set apart.
      is_apart: which are set apart.
      whole: of each node, the list or table of data that it stands in; -1 for none.
    """
    owner, counts = blocks.owner, blocks.counts
    text = np.int64(content)
    at = len(keep) - 1
    while at >= 0 and not (keep[at] and text <= owner[at] <= nodes.last[text]):
        at -= 1
    first = at = at + 1  # behind the last block that is kept; of the headings that wait
    while 0 < at < len(keep):
        # The element beside the text that holds the block, and how far out it stands.
        beside, level = np.int64(owner[at]), 0
        around = text
        while around >= 0 and level < _LEVELS and not around < beside <= nodes.last[around]:
            around = np.int64(nodes.parent[around])
            level += not 0 <= article <= around
        if around < 0 or level == _LEVELS or (nodes.tag[around] == _BODY and level > 0):
            return
        beside = _child(nodes, around, beside)
        # A section that begins with this heading, or with the one before.
        in_section = False
        while not endings[nodes.tag[beside]] and owner[at] != beside:
            begin = at - 1 if owner[at - 1] > beside else at
            is_first = begin == 0 or owner[begin - 1] < beside
            if not (is_first and _H1 < nodes.tag[owner[begin]] <= _H6):
                break
            in_section = True
            beside = _child(nodes, beside, np.int64(owner[at]))
        # The rest of a section of which the beginning is kept.
        in_part = False
        while owner[at - 1] >= beside and owner[at] != beside and not endings[nodes.tag[beside]]:
            in_part = True
            beside = _child(nodes, beside, np.int64(owner[at]))
        if owner[at - 1] >= beside or (in_part and not _LISTS[nodes.tag[beside]]):
            return
        end, held, near, linked, unit = at, 0, 0, 0, np.int64(-1)
        while end < len(keep) and beside <= owner[end] <= nodes.last[beside]:
            held += counts[end, CHARS]
            near += counts[end, CHARS] * is_near[end]
            linked += counts[end, LINKED]
            end += 1
        above = np.int64(owner[at])
        while above >= beside:
            unit = above if endings[nodes.tag[above]] else unit
            above = np.int64(nodes.parent[above])
        are_notes = nodes.bits[beside] & NOTES != 0 and 2 * linked <= held
        is_whole = unit >= 0 and owner[end - 1] <= nodes.last[unit]
        is_data = is_whole and nodes.tag[unit] == _TABLE and whole[owner[at]] == unit
        # What a heading or a colon announces may be links.
        is_announced = counts[at - 1, ENDING] == ENDS_WITH_COLON and not is_apart[at]
        is_named = _H1 < nodes.tag[owner[at - 1]] <= _H6
        may_be_links = is_data or (is_whole and (is_announced or is_named))
        if not are_notes and (2 * linked > held and not may_be_links):
            return
        if not are_notes and 2 * near < held and not (is_whole and is_announced):
            return
        if _H1 < nodes.tag[beside] <= _H6:
            at = end
            continue
        is_table = is_whole and nodes.tag[unit] in (_DL, _TABLE, _DETAILS)
        is_of_section = (in_part and 10 * linked <= held) or (in_section and is_named)
        if level > 0 and not (are_notes or is_table or is_of_section):
            return
        if not (is_whole or are_notes) and not is_named:
            return
        for block in range(first, end):
            keep[block] = True
        first = at = end


@njit(cache=True, nogil=True)
def _child(nodes: Nodes, around: int, node: int) -> int:
    """The child of an element that is a node below, or holds it."""
    while node >= 0 and nodes.parent[node] != around:
        node = nodes.parent[node]
    return node
