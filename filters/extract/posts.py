"""Posts of a thread: what people write stands in elements of one shape, however short it is.

A last reply of two words scores low and has no text behind it, so neither its score nor its
neighbours keep it. But it stands in the same kind of element as the long posts do.
"""

import numpy as np
from numba import njit

from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import CLASS_WORDS
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Hashes, Ints, find_slot, table_size
from filters.wikitext.lookups import FNV_PRIME

_PRIME = np.uint64(FNV_PRIME)
_MOST_TEXT = 100  # characters of a post that other posts of its shape keep
_COMMENTS = np.uint64(1 << list(CLASS_WORDS).index("comments"))
# What is counted of a shape: its characters, those that are kept, its elements, the latest one.
HELD, KEPT, ELEMENTS, LATEST = range(4)


@njit(cache=True, nogil=True)
def keep_posts(keep: Bools, nodes: Nodes, blocks: Blocks, is_set_apart: Bools) -> None:
    """Keeps short blocks in elements of the shape in which most of the text is kept.

    Shapes are those of the block's element and the one around it, of which at least one has a
    class, and there are several such elements.

    Args:
      is_set_apart: which blocks are set apart by their element, or stand in a sidebar.
    """
    owner, counts, count = blocks.owner, blocks.counts, len(keep)
    size = table_size(count)
    table, found = np.zeros(size, np.uint64), np.zeros((size, 4), np.int64)
    slots = np.full(count, -1, np.int64)
    for block in range(count):
        node = np.int64(owner[block])
        above = np.int64(nodes.parent[node]) if node >= 0 else node
        if above < 0 or is_set_apart[block]:
            continue
        has_class = nodes.class_end[node] > nodes.class_start[node]
        container = node if has_class else above
        if nodes.class_end[container] == nodes.class_start[container]:
            continue
        shape = (nodes.shape[node] * _PRIME) ^ nodes.shape[above]
        if shape == 0:
            continue
        slots[block] = count_shape(
            table, found, shape, counts[block, CHARS], keep[block], container
        )
    for block in range(count):
        if slots[block] < 0 or keep[block] or counts[block, CHARS] > _MOST_TEXT:
            continue
        its = found[slots[block]]
        is_post = its[ELEMENTS] > 1 and 2 * its[KEPT] >= its[HELD]
        keep[block] = is_post and 2 * counts[block, LINKED] <= counts[block, CHARS]


@njit(cache=True, nogil=True)
def count_shape(
    table: Hashes, found: Ints, shape: np.uint64, chars: int, is_kept: bool, element: int
) -> int:
    """Counts a block among those whose element has the same shape; the slot of the shape.

    Args:
      table: hash table of shapes.
      found: of each slot, `HELD`, `KEPT`, `ELEMENTS` and `LATEST`; written.
      element: in which the block stands; blocks of one come behind each other.
    """
    slot = find_slot(table, len(table), shape)
    table[slot] = shape
    its = found[slot]
    its[HELD] += chars
    its[KEPT] += chars * is_kept
    its[ELEMENTS] += its[ELEMENTS] == 0 or its[LATEST] != element
    its[LATEST] = element
    return int(slot)


@njit(cache=True, nogil=True)
def join_replies(
    keep: Bools, nodes: Nodes, owner: Indices, content: int, by_class: Indices
) -> Bools:
    """Takes comments for text that stand in elements of the very shape of the text above them.

    Comments on an article have another shape than the article; those of a thread are what the
    first post is. Shapes are those of the block's element and two around it, the first of them
    with a class.

    Returns:
      Which blocks are such comments.

    Args:
      keep: which blocks are kept by their scores.
      content: the element of the text.
      by_class: of each node, the innermost element that a class sets apart; changed.
    """
    size = table_size(len(keep))
    table, is_reply = np.zeros(size, np.uint64), np.zeros(len(keep), np.bool_)
    joined = np.int64(-1)  # the last node of the comment before
    for block in range(len(keep)):
        node = np.int64(owner[block])
        above = np.int64(nodes.parent[node]) if node >= 0 else node
        around = np.int64(nodes.parent[above]) if above >= 0 else above
        if around < 0 or nodes.class_end[above] == nodes.class_start[above]:
            continue
        shape = (nodes.shape[node] * _PRIME) ^ nodes.shape[above]
        shape = (shape * _PRIME) ^ nodes.shape[around]
        slot = find_slot(table, size, shape)
        if by_class[node] <= content:
            if keep[block]:
                table[slot] = shape
        elif table[slot] == shape and nodes.bits[by_class[node]] & _COMMENTS:
            joined = np.int64(nodes.last[above])
            for below in range(above, nodes.last[above] + 1):
                by_class[below] = -1
        is_reply[block] = node <= joined
    return is_reply
