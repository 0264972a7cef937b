"""Prices and fields of a thing beside the text about it: `€499`, `Length 4.9 m`, `Distance: 12 km`.

They are short and stand in elements of their own, between the title and the text or right behind
it, and score as low as the dates and names there. A price has a sign of a currency; fields are two
or more elements alike, one behind the other, of which half have digits. Below the title they also
have names: a colon, or two texts each, and none has a year, as the dates of articles do.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, DIGITS, IN_BUTTONS, LINKED, NOT_DISPLAYED, Blocks
from filters.extract.elements import TEXT
from filters.extract.layout import Layout
from filters.extract.raised import bounds
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes, Floats, decode
from filters.text.matching import is_digit

_H1, _BODY = map(elements.tag, ("h1", "body"))
_MOST_FIELD = 60  # characters of a field
_MOST_FIELDS = 12  # below the title, or behind the text
_LOWER = 2.0  # a field may score so much less than what is kept
_YEAR = 4  # digits
_LEVELS = 2  # elements around that of the text in which fields may stand behind it


@njit(cache=True, nogil=True)
def keep_facts(
    keep: Bools, is_outside: Bools, scores: Floats, limit: float, content: int, data: Bytes,
    nodes: Nodes, blocks: Blocks, layout: Layout,
) -> None:  # fmt: skip
    """Keeps prices and fields below the title, and fields right behind the text.

    Args:
      is_outside: which blocks an element or a sidebar sets apart.
      limit: the score of what is kept.
      content: the element of the text; -1 for none.
    """
    owner, counts = blocks.owner, blocks.counts
    is_field = np.zeros(len(keep), np.bool_)
    title, last = -1, -1
    for block in range(len(keep)):
        row = counts[block]
        if keep[block] and owner[block] >= 0:
            last = block
            heading = layout.heading[owner[block]]
            title = block if heading >= 0 and nodes.tag[heading] == _H1 else title
        is_field[block] = (
            owner[block] >= 0
            and row[CHARS] <= _MOST_FIELD
            and 4 * row[LINKED] <= row[CHARS]
            and row[IN_BUTTONS] + row[NOT_DISPLAYED] == 0
            and scores[block] >= limit - _LOWER
            and not is_outside[block]
        )
    first = title + 1
    while first < len(keep) and (not keep[first] or counts[first, CHARS] <= _MOST_FIELD):
        first += 1
    if title >= 0 and first < len(keep) and first - title <= _MOST_FIELDS:
        is_named = np.zeros(len(keep), np.bool_)
        for block in range(title + 1, first):
            is_named[block] = is_field[block] and _is_named(data, nodes, blocks, block)
        _keep_alike(keep, is_named, nodes, blocks, title + 1, first)
        _keep_prices(keep, is_field, data, nodes, blocks, title + 1, first)
    around = np.int64(content)
    for _ in range(_LEVELS):
        above = np.int64(nodes.parent[around]) if around >= 0 else np.int64(-1)
        if above >= 0 and nodes.tag[above] != _BODY:
            around = above
    end = last + 1
    while end < len(keep) and is_field[end] and 0 <= around <= owner[end] <= nodes.last[around]:
        end += 1
    if last >= 0 and end - last <= _MOST_FIELDS:
        _keep_alike(keep, is_field, nodes, blocks, last + 1, end)


@njit(cache=True, nogil=True)
def _keep_prices(
    keep: Bools, is_field: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, begin: int, end: int
) -> None:
    """Keeps prices, and the fields beside one in its element: `In stock`, a number."""
    for block in range(begin, end):
        if not is_field[block] or not _has_price(data, nodes, blocks, block):
            continue
        keep[block] = True
        above = nodes.parent[blocks.owner[block]]
        for step in (-1, 1):
            beside = block + step
            while begin <= beside < end and is_field[beside]:
                if nodes.parent[blocks.owner[beside]] != above:
                    break
                keep[beside] = True
                beside += step


@njit(cache=True, nogil=True)
def _keep_alike(
    keep: Bools, is_field: Bools, nodes: Nodes, blocks: Blocks, begin: int, end: int
) -> None:
    """Keeps runs of two or more fields whose elements, or those around them, are siblings alike."""
    first, with_digits = begin, 0
    for block in range(begin, end + 1):
        goes_on = block < end and is_field[block]
        if block > first and goes_on:
            goes_on = _are_alike(nodes, blocks.owner[block - 1], blocks.owner[block])
        if goes_on:
            with_digits += blocks.counts[block, DIGITS] > 0
            continue
        if block - first > 1 and 2 * with_digits >= block - first:
            keep[first:block] = True
        first, with_digits = block, 0
        if block < end and is_field[block]:
            with_digits = int(blocks.counts[block, DIGITS] > 0)
        else:
            first = block + 1


@njit(cache=True, nogil=True)
def _are_alike(nodes: Nodes, one: int, other: int) -> bool:
    """Whether two elements have one name, class and parent, or they and their parents have."""
    above, beside = nodes.parent[one], nodes.parent[other]
    if nodes.shape[one] == nodes.shape[other] and above == beside:
        return True
    if above < 0 or beside < 0 or nodes.shape[above] != nodes.shape[beside]:
        return above == beside and above >= 0 and nodes.tag[one] == nodes.tag[other]
    return bool(nodes.parent[above] == nodes.parent[beside])


@njit(cache=True, nogil=True)
def _is_named(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> bool:
    """Whether a field says what its value is: by a colon, or in a text of its own."""
    texts, digits, has_colon = 0, 0, False
    for node in range(blocks.first[block], blocks.last[block] + 1):
        at, end = bounds(data, nodes, node)
        if nodes.tag[node] != TEXT or at == end:
            continue
        texts += 1
        for place in range(at, end):
            is_colon = data[place] == ord(":") and not is_digit(data[place - 1])
            has_colon = has_colon or is_colon
            digits = digits + 1 if is_digit(data[place]) else 0
            is_last = place + 1 == end or not is_digit(data[place + 1])
            is_all = end - at == _YEAR  # Built | 1822
            if (
                digits == _YEAR
                and is_last
                and not is_all
                and data[place - _YEAR + 1] in (ord("1"), ord("2"))
            ):
                return False
    return has_colon or texts > 1


@njit(cache=True, nogil=True)
def _has_price(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> bool:
    """Whether a block has digits and a sign of a currency."""
    if blocks.counts[block, DIGITS] == 0:
        return False
    for node in range(blocks.first[block], blocks.last[block] + 1):
        at, end = nodes.start[node], nodes.end[node]
        while nodes.tag[node] == TEXT and at < end:
            code, width = decode(data, at)
            if code in (ord("$"), 0xA3, 0xA5, 0xFFE5) or 0x20A0 <= code <= 0x20CF:
                return True
            at += width
    return False
