"""Questions with answers to choose from, in a form inside of a text: quizzes and polls.

Most forms of pages are set apart: people write into them or search with them. In these nothing is
written, and question and answers are for readers. So is what stands in a form without anything to
fill in, choose or press: Reddit has each post in one.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import CHOICE, CLASS_WORDS, FIELD
from filters.extract.raised import start_tag
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, find_bytes

CONTROLS = elements.tags("input button textarea select")
_FORM, _TEXTAREA, _INPUT = map(elements.tag, ("form", "textarea", "input"))
_COMMENTS = np.uint64(1 << list(CLASS_WORDS).index("comments"))
(_HIDDEN,) = as_bytes('type="hidden"')
_ANSWERS = 2


@njit(cache=True, nogil=True)
def join_quizzes(
    data: Bytes, nodes: Nodes, content: int, controls: Bytes, by_tag: Indices, by_class: Indices,
    unit: Indices,
) -> Bools:  # fmt: skip
    """Takes forms of the text that have answers to choose and no fields to fill in for text.

    Forms without any control are taken for text behind the element of the text as well, but for
    those whose class says that comments are written there.

    Returns:
      Which nodes stand in forms of the text that have such fields.

    Args:
      content: the element of the text.
      controls: what readers fill in, choose or press, as a mask.
      by_tag, by_class: of each node, the innermost element that sets it apart; changed.
      unit: of each node, the innermost element that is kept whole; changed.
    """
    with_fields = np.zeros(len(nodes.tag), np.bool_)
    node = np.int64(max(content + 1, 0))
    last = np.int64(nodes.last[content] if content >= 0 else -1)
    while content >= 0 and node < len(nodes.tag):
        if nodes.tag[node] != _FORM:
            node += 1
            continue
        answers, fields, used = 0, 0, 0
        for below in range(node + 1, nodes.last[node] + 1):
            is_control = controls[nodes.tag[below]] and not _is_hidden(data, nodes, below)
            used += is_control
            answers += nodes.bits[below] & CHOICE != 0
            fields += nodes.bits[below] & FIELD != 0 or nodes.tag[below] == _TEXTAREA
        is_quiz = answers >= _ANSWERS and fields == 0 and node <= last
        if is_quiz or (used == 0 and not nodes.bits[node] & _COMMENTS):
            above = nodes.parent[node]
            for below in range(node, nodes.last[node] + 1):
                if by_tag[below] == node:
                    by_tag[below] = by_tag[above] if above >= 0 else -1
                if by_class[below] == node:
                    by_class[below] = by_class[above] if above >= 0 else -1
                if is_quiz and unit[below] < 0:
                    unit[below] = node
        elif fields > 0 and node <= last:
            for below in range(node, nodes.last[node] + 1):
                with_fields[below] = True
        node = np.int64(nodes.last[node] + 1)
    return with_fields


@njit(cache=True, nogil=True)
def _is_hidden(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a node is an `<input>` that only tells the site something."""
    start, end = start_tag(data, nodes, node)
    return nodes.tag[node] == _INPUT and find_bytes(data, start, end, _HIDDEN) < end
