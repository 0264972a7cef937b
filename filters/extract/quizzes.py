"""Questions with answers to choose from, in a form inside of a text: quizzes and polls.

Most forms of pages are set apart: people write into them or search with them. In these nothing is
written, and question and answers are for readers.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import CHOICE, FIELD
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools

_FORM, _TEXTAREA = map(elements.tag, ("form", "textarea"))
_ANSWERS = 2


@njit(cache=True, nogil=True)
def join_quizzes(
    nodes: Nodes, content: int, by_tag: Indices, by_class: Indices, unit: Indices
) -> Bools:
    """Takes forms of the text that have answers to choose and no fields to fill in for text.

    Returns:
      Which nodes stand in forms of the text that have such fields.

    Args:
      content: the element of the text.
      by_tag, by_class: of each node, the innermost element that sets it apart; changed.
      unit: of each node, the innermost element that is kept whole; changed.
    """
    with_fields = np.zeros(len(nodes.tag), np.bool_)
    node = np.int64(max(content + 1, 0))
    last = np.int64(nodes.last[content] if content >= 0 else -1)
    while node <= last:
        if nodes.tag[node] != _FORM:
            node += 1
            continue
        answers, fields = 0, 0
        for below in range(node + 1, nodes.last[node] + 1):
            answers += nodes.bits[below] & CHOICE != 0
            fields += nodes.bits[below] & FIELD != 0 or nodes.tag[below] == _TEXTAREA
        if answers >= _ANSWERS and fields == 0:
            above = nodes.parent[node]
            for below in range(node, nodes.last[node] + 1):
                if by_tag[below] == node:
                    by_tag[below] = by_tag[above] if above >= 0 else -1
                if by_class[below] == node:
                    by_class[below] = by_class[above] if above >= 0 else -1
                unit[below] = node if unit[below] < 0 else unit[below]
        elif fields > 0:
            for below in range(node, nodes.last[node] + 1):
                with_fields[below] = True
        node = np.int64(nodes.last[node] + 1)
    return with_fields
