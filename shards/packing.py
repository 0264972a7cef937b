"""Which pieces of documents stand together in a row of a fixed number of tokens.

`best_fit` is best-fit decreasing, by which Ding et al. 2024 ("Fewer Truncations Improve Language
Modeling", https://arxiv.org/abs/2404.10830) pack documents: the longest piece first, each into the
row with the least room that has enough. A search tree over amounts of room finds that row, so that
n pieces cost n log(length). Where most documents have about one size, this leaves
room in many rows that is too small for any. So rows are also filled one by one: pieces of more than
half a row first, then others in their order, until one or two that are left fill the row exactly.
What needs fewer rows is taken.
"""

from typing import Literal, TypeAlias

import numpy as np
from numba import njit

from shards.cutting import Ids, Ints, Pieces

How: TypeAlias = Literal["best_fit", "concat", "pad"]


def rows_of(sizes: Ints, length: int, how: How, most: int) -> Ints:
    """The row of each piece, numbered from 0 without a gap.

    Args:
      sizes: tokens of the pieces, int64, each 1 to `length`; for `concat` from `cut_anywhere`.
      most: pieces that a row has at most.
    """
    if how == "pad":
        return np.arange(len(sizes), dtype=np.int64)
    rows = np.empty(len(sizes), np.int64)
    if how == "concat":
        _in_turn(sizes, length, most, rows)
        return rows
    # Equal sizes in the order of their documents.
    order = np.argsort(-sizes, kind="stable")
    count = _best_fit(sizes, order, length, most, rows)
    other = np.empty(len(sizes), np.int64)
    return other if _exact_fit(sizes, order, length, most, other) < count else rows


def cut_anywhere(offsets: Ints, length: int, most: int) -> Pieces:
    """Documents that stand one behind the other, cut where rows of `length` tokens are full.

    A row that has `most` documents is not filled further.
    """
    count = _cut_anywhere(offsets, length, most, np.empty((0, 4), np.int64))
    found = np.empty((count, 4), np.int64)
    _cut_anywhere(offsets, length, most, found)
    document, start, end, place = (np.ascontiguousarray(column) for column in found.T)
    return Pieces(document, start, end, np.zeros(count, np.int64), place)


@njit(cache=True, nogil=True)
def _cut_anywhere(offsets: Ints, length: int, most: int, found: Ints) -> int:
    count, room, held = 0, length, 0
    for document in range(len(offsets) - 1):
        start, place = offsets[document], -1
        while start < offsets[document + 1]:
            if room == 0 or held == most:
                room, held = length, 0
            end = min(offsets[document + 1], start + room)
            if len(found):
                found[count, 0], found[count, 1] = document, start
                found[count, 2], found[count, 3] = end, place
            count, room, held = count + 1, room - (end - start), held + 1
            start, place = end, 1  # of `cutting.PLACES`: between tokens
    return count


@njit(cache=True, nogil=True)
def _in_turn(sizes: Ints, length: int, most: int, rows: Ints) -> None:
    row, room, held = -1, 0, 0
    for piece in range(len(sizes)):
        if sizes[piece] > room or held == most:
            row, room, held = row + 1, length, 0
        rows[piece], room, held = row, room - sizes[piece], held + 1


@njit(cache=True, nogil=True)
def _best_fit(sizes: Ints, order: Ints, length: int, most: int, rows: Ints) -> int:
    # Leaf r of the tree counts rows with r tokens of room; the last such row heads a list.
    leaves = 1
    while leaves < length + 1:
        leaves *= 2
    tree = np.zeros(2 * leaves, np.int64)
    top = np.full(length + 1, -1, np.int64)
    below = np.empty(len(sizes), np.int64)
    held = np.zeros(len(sizes), np.int64)
    count = 0
    for piece in order:
        size = sizes[piece]
        # The first leaf from `size` on that has a row: up until a right neighbour has one, down.
        node = leaves + size
        while tree[node] == 0:
            while node & 1:
                node >>= 1
            if node == 0:
                break
            node += 1
        if node:
            while node < leaves:
                node *= 2
                if tree[node] == 0:
                    node += 1
            room = node - leaves
            row = top[room]
            top[room] = below[row]
            while node:
                tree[node] -= 1
                node >>= 1
        else:
            row, room = count, length
            count += 1
        rows[piece] = row
        held[row] += 1
        room -= size
        if room and held[row] < most:
            below[row], top[room] = top[room], row
            node = leaves + room
            while node:
                tree[node] += 1
                node >>= 1
    return count


@njit(cache=True, nogil=True)
def _exact_fit(sizes: Ints, order: Ints, length: int, most: int, rows: Ints) -> int:
    left = np.zeros(length + 1, np.int64)  # pieces of each size that are in no row yet
    begin = np.zeros(length + 1, np.int64)  # the first of them in `order` is here, or behind
    for place in range(len(order) - 1, -1, -1):
        left[sizes[order[place]]] += 1
        begin[sizes[order[place]]] = place
    rows[:] = -1
    count, todo, following, top = 0, len(sizes), 0, length
    while todo:
        room, held = length, 0
        while left[top] == 0:
            top -= 1
        while room and todo and held < most:
            piece, first, second = -1, 0, 0
            if held == 0 and 2 * top > length:
                first = top
            elif held and left[room]:
                first = room
            elif held and held + 2 <= most:
                # Two of about one size, so that small and large ones are left for later rows.
                for size in range((room + 1) // 2, min(room - 1, top) + 1):
                    if left[size] and left[room - size] > (2 * size == room):
                        first, second = size, room - size
                        break
            if first == 0:
                while rows[following] >= 0:
                    following += 1
                if sizes[following] <= room:
                    piece = following
                else:
                    first = min(room, top)
                    while first and left[first] == 0:
                        first -= 1
                    if first == 0:
                        break
            while True:
                if first:
                    while rows[order[begin[first]]] >= 0:
                        begin[first] += 1
                    piece = order[begin[first]]
                rows[piece] = count
                left[sizes[piece]] -= 1
                room, held, todo = room - sizes[piece], held + 1, todo - 1
                first, second = second, 0
                if first == 0:
                    break
        count += 1
    return count


def filled(
    ids: Ids,
    offsets: Ints,
    pieces: Pieces,
    chosen: Ints,
    row: Ints,
    rows: int,
    length: int,
    pad: int,
) -> Ids:
    """Rows of tokens, one after the other, each filled up with `pad`.

    Args:
      ids, offsets: tokens of all documents, and where each begins.
      chosen: the pieces of these rows, ordered by row.
      row: the row of each, from 0 to `rows` - 1.
    """
    out = np.full(rows * length, pad, ids.dtype)
    _fill(
        ids, offsets[pieces.document[chosen]], pieces.start[chosen], pieces.end[chosen],
        pieces.head[chosen], row, length, out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _fill(
    ids: Ids, first: Ints, start: Ints, end: Ints, head: Ints, row: Ints, length: int, out: Ids
) -> None:
    at, now = 0, -1
    for piece in range(len(row)):
        if row[piece] != now:
            now = row[piece]
            at = now * length
        for k in range(head[piece]):
            out[at] = ids[first[piece] + k]
            at += 1
        for k in range(start[piece], end[piece]):
            out[at] = ids[k]
            at += 1
