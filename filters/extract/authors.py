"""Lives of a page's authors, which their class names: `<div class="author-bio">`.

They read like sentences of the text, and stand on every page of the same author.
"""

import numpy as np
from numba import njit

from filters.extract.blocks import CHARS, Blocks
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, find_bytes, is_letter

_NAMES = as_bytes("author", "Author", "byline", "Byline")
_SENTENCE = 60  # characters of a line that is more than a name and a date
_MOST = 0.25  # of what is kept; a page that is about its author has more


@njit(cache=True, nogil=True)
def drop_authors(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Drops elements whose class names authors and that hold a sentence, if most text is others'.

    Names of authors alone stay as they are.
    """
    owner = blocks.owner
    around = np.full(len(nodes.tag), -2, np.int32)  # the outermost such element; -2 is not yet seen
    holds_sentence = np.zeros(len(nodes.tag), np.bool_)
    path, found = np.empty(len(nodes.tag), np.int32), False
    for block in range(len(keep)):
        if not keep[block] or owner[block] < 0:
            continue
        node, steps = np.int64(owner[block]), 0
        while node >= 0 and around[node] == -2:
            path[steps] = node
            steps += 1
            node = np.int64(nodes.parent[node])
        outer = np.int64(around[node]) if node >= 0 else np.int64(-1)
        for step in range(steps - 1, -1, -1):
            if outer < 0 and _names_author(data, nodes, path[step]):
                outer = np.int64(path[step])
            around[path[step]] = outer
        if outer >= 0 and blocks.counts[block, CHARS] >= _SENTENCE:
            holds_sentence[outer] = found = True
    if not found:
        return
    held, dropped = 0, 0
    for block in range(len(keep)):
        if keep[block]:
            chars = blocks.counts[block, CHARS]
            held += chars
            if owner[block] >= 0 and around[owner[block]] >= 0:
                dropped += chars * holds_sentence[around[owner[block]]]
    for block in range(len(keep) if dropped <= _MOST * held else 0):
        if keep[block] and owner[block] >= 0 and around[owner[block]] >= 0:
            keep[block] = not holds_sentence[around[owner[block]]]


@njit(cache=True, nogil=True)
def _names_author(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a word of an element's class is `author`, `authors`, `byline` or begins so."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for name in _NAMES:
        at = find_bytes(data, start, end, name)
        while at < end:
            after = at + len(name)
            after += after < end and data[after] == ord("s")
            is_small = data[at] >= ord("a")
            begins = at == start or not (is_small and is_letter(data[at - 1]))
            if begins and (after == end or not ord("a") <= data[after] <= ord("z")):
                return True
            at = find_bytes(data, after, end, name)
    return False
