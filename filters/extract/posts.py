"""Posts of a thread: what people write stands in elements of one shape, however short it is.

A last reply of two words scores low and has no text behind it, so neither its score nor its
neighbours keep it. But it stands in the same kind of element as the long posts do.
"""

import numpy as np
from numba import njit

from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.tree import Nodes
from filters.text.characters import Bools, find_slot, table_size
from filters.wikitext.lookups import FNV_PRIME

_PRIME = np.uint64(FNV_PRIME)
_MOST_TEXT = 100  # characters of a post that other posts of its shape keep
# What is counted of a shape: its characters, those that are kept, its containers, the latest one.
_HELD, _KEPT, _CONTAINERS, _LATEST = range(4)


@njit(cache=True, nogil=True)
def keep_posts(keep: Bools, nodes: Nodes, blocks: Blocks, is_set_apart: Bools) -> None:
    """Keeps short blocks in elements of the shape in which most of the text is kept.

    Shapes are those of the block's element and the one around it, of which at least one has a
    class, and there are several such elements.

    Args:
      is_set_apart: which blocks are set apart by their element.
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
        slot = find_slot(table, size, shape)
        table[slot] = shape
        slots[block] = slot
        its = found[slot]
        its[_HELD] += counts[block, CHARS]
        its[_KEPT] += counts[block, CHARS] * keep[block]
        its[_CONTAINERS] += its[_CONTAINERS] == 0 or its[_LATEST] != container
        its[_LATEST] = container
    for block in range(count):
        if slots[block] < 0 or keep[block] or counts[block, CHARS] > _MOST_TEXT:
            continue
        its = found[slots[block]]
        is_post = its[_CONTAINERS] > 1 and 2 * its[_KEPT] >= its[_HELD]
        keep[block] = is_post and 2 * counts[block, LINKED] <= counts[block, CHARS]
