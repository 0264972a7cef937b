"""Text in elements whose class or id takes it for something else: a restaurant's `menu`.

Words of classes are hints. In the middle of a text stands its own: the section `discussion` of a
paper, an answer of class `reply`, a table of class `follow`. What makes them menus, buttons and
boxes are links, fields and hidden parts; an element that has hardly any of these is believed to be
text if it is a table or list of definitions, or a menu of many words. What a class calls comments
has to be prose alone and few paragraphs, or a section with a heading, and what it calls an
advertisement or newsletter one paragraph.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import (
    CHARS,
    ENDING,
    ENDS_SENTENCE,
    IN_BUTTONS,
    LINKED,
    NOT_DISPLAYED,
    WIDE,
    Blocks,
)
from filters.extract.elements import CLASS_WORDS, FIELD
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes

DATA = elements.tags("table dl")
WORKING = elements.tags("form input button textarea select nav")
_FOOTER, _P, _H1, _H6 = map(elements.tag, ("footer", "p", "h1", "h6"))


def _groups(*names: str) -> np.uint64:
    return np.uint64(sum(1 << list(CLASS_WORDS).index(name) for name in names))


_COMMENTS = _groups("comments")
_BOXES = _groups("social", "related", "advertisement", "subscription")
_SENTENCE = 60  # characters of prose that ends as a sentence does
_MENU = 100  # of a menu without links
_FEW = 3  # comments beside each other, or blocks of one; more are a thread
_SIBLINGS = 256  # that are looked at
_NEXT = 8  # such elements one behind the other
_WIDER = 2  # a sign of Chinese says as much as so many letters


@njit(cache=True, nogil=True)
def keep_mistaken(
    keep: Bools, is_apart: Bools, is_outside: Bools, by_class: Indices, content: int,
    nodes: Nodes, blocks: Blocks, data: Bytes, working: Bytes,
) -> None:  # fmt: skip
    """Keeps elements that only a class sets apart, between two kept blocks of the text.

    What a class calls comments or a discussion may end the text as well, if it is prose alone: what
    readers write below has names and dates.

    Args:
      is_apart: which blocks are set apart; those that are kept here are so no longer.
      is_outside: which are by an element.
      by_class: of each node, the innermost element that a class sets apart.
      content: the element of the text.
      data: tables and definitions, as a mask.
      working: what only boxes and menus have, as a mask.
    """
    owner, counts = blocks.owner, blocks.counts
    outermost = _outermost(nodes, by_class, content)
    last = len(keep) - 1
    while last > 0 and not (keep[last] and content <= owner[last] <= nodes.last[content]):
        last -= 1
    block = 1
    while block < len(keep):
        outer = outermost[owner[block]] if owner[block] >= 0 else np.int32(-1)
        if outer < 0:
            block += 1
            continue
        first, held, linked, unseen, prose = block, 0, 0, 0, 0
        while block < len(keep) and outer <= owner[block] <= nodes.last[outer]:
            chars = counts[block, CHARS]
            held += chars
            linked += counts[block, LINKED] + counts[block, IN_BUTTONS]
            unseen += counts[block, NOT_DISPLAYED] + chars * is_outside[block]
            if _is_prose(blocks, block) or _is_heading(nodes, owner[block]):
                prose += chars
            block += 1
        behind = _behind_others(keep, nodes, outermost, owner, block)
        bits = nodes.bits[outer]
        is_end = block > last and bits & _COMMENTS != 0 and bits & _BOXES == 0
        if not (keep[first - 1] and owner[first - 1] >= content):
            continue
        if not is_end and not (behind <= last and keep[behind] and owner[behind] >= content):
            continue
        if 5 * linked > held or 2 * unseen > held:
            continue
        is_text = data[nodes.tag[outer]] != 0 and not is_end
        if bits & _BOXES:
            is_text = is_text or (nodes.tag[outer] == _P and 2 * prose > held)
            is_text = is_text and not _has_any(nodes, outer, working)
        elif bits & _COMMENTS:  # beside what people say, their names and dates
            is_few = nodes.tag[outer] == _P or _alike(nodes, outer) <= _FEW
            is_few = is_few and (block - first <= _FEW or _is_heading(nodes, owner[first]))
            least = held if is_end else 0.9 * held
            is_text = is_text or (prose >= least and is_few)
        else:
            is_text = is_text or 2 * prose > held or (held >= _MENU and 10 * linked <= held)
        if not is_text:
            continue
        for its in range(first, block):
            if not is_outside[its] and 2 * counts[its, LINKED] <= counts[its, CHARS]:
                keep[its], is_apart[its] = True, False


@njit(cache=True, nogil=True)
def keep_footers(keep: Bools, nodes: Nodes, blocks: Blocks, article: int) -> None:
    """Keeps prose in the footer of an article, which says where it was printed before."""
    is_inside = np.zeros(len(nodes.tag), np.bool_)
    for node in range(article + 1, nodes.last[article] + 1):
        is_inside[node] = nodes.tag[node] == _FOOTER or is_inside[nodes.parent[node]]
    for block in range(len(keep)):
        if blocks.owner[block] >= 0 and is_inside[blocks.owner[block]]:
            keep[block] |= _is_prose(blocks, block)


@njit(cache=True, nogil=True)
def _outermost(nodes: Nodes, by_class: Indices, content: int) -> Indices:
    """Of each node, the outermost element in that of the text that a class sets apart; else -1."""
    outer = np.full(len(nodes.tag), -1, np.int32)
    for node in range(content + 1, nodes.last[content] + 1):
        outer[node] = outer[nodes.parent[node]]
        if outer[node] < 0 and by_class[node] == node:
            outer[node] = node
    return outer


@njit(cache=True, nogil=True)
def _behind_others(
    keep: Bools, nodes: Nodes, outermost: Indices, owner: Indices, block: int
) -> int:
    """The first block behind further such elements of which nothing is kept."""
    for _ in range(_NEXT):
        if block == len(keep) or keep[block]:
            break
        outer = outermost[owner[block]] if owner[block] >= 0 else np.int32(-1)
        if outer < 0:
            break
        while block < len(keep) and outer <= owner[block] <= nodes.last[outer]:
            block += 1
    return block


@njit(cache=True, nogil=True)
def _is_heading(nodes: Nodes, node: int) -> bool:
    return bool(_H1 <= nodes.tag[node] <= _H6)


@njit(cache=True, nogil=True)
def _alike(nodes: Nodes, node: int) -> int:
    """How many elements of the same name and class stand in one, up to one more than `_FEW`."""
    above, count = nodes.parent[node], 0
    its = np.int64(above + 1)
    for _ in range(_SIBLINGS):
        if its > nodes.last[above] or count > _FEW:
            break
        count += nodes.shape[its] == nodes.shape[node]
        its = np.int64(nodes.last[its] + 1)
    return count


@njit(cache=True, nogil=True)
def _is_prose(blocks: Blocks, block: int) -> bool:
    """Whether a block is a sentence, and hardly any of it links."""
    row = blocks.counts[block]
    size = row[CHARS] + (_WIDER - 1) * row[WIDE]
    return bool(
        size >= _SENTENCE and row[ENDING] == ENDS_SENTENCE and 5 * row[LINKED] <= row[CHARS]
    )


@njit(cache=True, nogil=True)
def _has_any(nodes: Nodes, outer: int, tags: Bytes) -> bool:
    for node in range(outer, nodes.last[outer] + 1):
        if tags[nodes.tag[node]] or nodes.bits[node] & FIELD:
            return True
    return False
