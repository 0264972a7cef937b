"""Buttons that open what stands below them: the questions whose answers are kept.

A button is set apart from a text, and of `<button>When is it open?</button>` with its answer below
only the answer would stay. Such buttons say what they open in an attribute.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, IN_BUTTONS, Blocks
from filters.extract.raised import start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, holds

_BUTTON, _MAIN, _BODY = map(elements.tag, ("button", "main", "body"))
_OPENS = as_bytes(" aria-expanded=", " aria-controls=", "-toggle=")
_LEVELS = 3  # elements around a text that may be a button, and around that which hold the answer


@njit(cache=True, nogil=True)
def keep_questions(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Keeps a button right before a kept block, if it opens one and both stand in one element."""
    owner, counts = blocks.owner, blocks.counts
    for block in range(len(keep) - 1):
        if keep[block] or not keep[block + 1] or owner[block] < 0:
            continue
        if counts[block, IN_BUTTONS] < counts[block, CHARS]:
            continue
        button = np.int64(blocks.first[block])
        while button >= 0 and nodes.tag[button] != _BUTTON:
            button = np.int64(nodes.parent[button])
        if button < 0 or not _opens(data, nodes, button):
            continue
        around = button
        for _ in range(_LEVELS):
            above = np.int64(nodes.parent[around])
            is_page = above < 0 or nodes.tag[above] in (_MAIN, _BODY)
            around = around if is_page else above
        # The answer is what stands there beside the question, and not the rest of the page.
        is_answer = around < owner[block + 1] <= nodes.last[around]
        keep[block] = is_answer and owner[block + 1] > nodes.last[button]


@njit(cache=True, nogil=True)
def _opens(data: Bytes, nodes: Nodes, button: int) -> bool:
    start, end = start_tag(data, nodes, button)
    for name in _OPENS:  # noqa: SIM110 (a kernel)
        if holds(data, start, end, name):
            return True
    return False
