"""Which pieces of documents stand together in a row of a fixed number of tokens.

`best_fit` is best-fit decreasing, by which Ding et al. 2024 ("Fewer Truncations Improve Language
Modeling", https://arxiv.org/abs/2404.10830) pack documents: the longest piece first, each into the
row with the least room that has enough. A search tree over amounts of room finds that row, so that
n pieces cost n log(length). Where most documents have about one size, this leaves room in many rows
that is too small for any. So rows are also filled one by one: pieces of more than half a row first,
then others in their order, until one or two that are left fill the row exactly. What needs fewer
rows is taken.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from shards.cutting import Classes, Pieces, cut
from shards.packed_files import BLOCK_ROWS, Packed, packed_schema
from shards.settings import Packing
from shards.shard_files import PLACES, Ids, Ints
from shards.shuffle import mixed

How: TypeAlias = Literal["best_fit", "concat", "pad"]
Keys: TypeAlias = npt.NDArray[np.uint64]
_SIZES_TRIED = 1 << 12  # all up to rows of 8,192 tokens; a bound for the time of longer ones
_ROWS_FOR_PLACES = 500  # rows of which good places for cuts may cost one


def pack(
    ids: Ids,
    offsets: Ints,
    keys: Keys,
    settings: Packing,
    classes: Classes,
    pad: int,
    packed: Packed,
) -> Iterator[tuple[pa.RecordBatch, Ints]]:
    """Blocks of rows with all tokens of some documents, and the document of each of their pieces.

    What was packed is added to `packed`. Rows of `best_fit` and `pad` are in an order that the keys
    of their first documents decide.

    Args:
      ids: tokens of the documents, one behind the other.
      offsets: int64, where each begins, and their end.
      keys: uint64, a random number of each document.
      classes: of each id (`shards.cutting.classes_of`).
      pad: what rows are filled up with.
    """
    length = settings.length
    pieces, row = _in_rows(ids, offsets, settings, classes)
    sizes = pieces.sizes
    order = np.argsort(row, kind="stable")
    if settings.packing != "concat" and len(row):
        row, order = _shuffled(row, order, pieces, offsets, keys)
    documents = np.bincount(row) if len(row) else np.zeros(0, np.int64)
    packed.longest_row = max(packed.longest_row, int(documents.max(initial=0)))
    for place, count in enumerate(np.bincount(pieces.place + 1, minlength=1 + len(PLACES))[1:]):
        packed.cuts[PLACES[place]] += int(count)
    fits = np.bincount(pieces.document, minlength=len(offsets) - 1)[np.diff(offsets) <= length]
    packed.fitting_cut += int((fits > 1).sum())
    packed.repeated_tokens += int(sizes.sum() - (offsets[-1] - offsets[0]))
    schema = packed_schema(pa.from_numpy_dtype(ids.dtype), length)
    ends = np.concatenate([[0], np.cumsum(documents)])
    for start in range(0, len(documents), BLOCK_ROWS):
        end = min(start + BLOCK_ROWS, len(documents))
        chosen = order[ends[start] : ends[end]]
        values = filled(
            ids, offsets, pieces, chosen, row[ends[start] : ends[end]] - start, end - start,
            length, pad,
        )  # fmt: skip
        of_rows = pa.array((ends[start : end + 1] - ends[start]).astype(np.int32))
        lens = pa.array(sizes[chosen].astype(np.int32))
        columns = [
            pa.FixedSizeListArray.from_arrays(pa.array(values), type=schema.field(0).type),
            pa.ListArray.from_arrays(of_rows, lens, type=schema.field(1).type),
        ]
        yield pa.record_batch(columns, schema=schema), pieces.document[chosen]


def _in_rows(ids: Ids, offsets: Ints, settings: Packing, classes: Classes) -> tuple[Pieces, Ints]:
    """All pieces of the documents, and the row of each.

    Cuts at the best places leave rows shorter than cuts where a row is full, and what is left may
    be too short for any other piece. So no more documents are cut at the best places than cost one
    row in `_ROWS_FOR_PLACES`.
    """
    length, most = settings.length, settings.max_docs_per_row or len(ids) + 1
    if settings.packing == "concat":
        pieces = cut_anywhere(offsets, length, most)
        return pieces, rows_of(pieces.sizes, length, "concat", most)

    def packed(best: int) -> tuple[Pieces, Ints]:
        carry = settings.carry is not None
        pieces = cut(ids, offsets, length, classes, settings.overlap, carry, best)
        return pieces, rows_of(pieces.sizes, length, settings.packing, most)

    documents = len(offsets) - 1
    found = packed(documents)
    if settings.packing == "pad" or not (found[0].place >= 0).any():
        return found
    full = packed(0)
    allowed = int(full[1].max()) * (_ROWS_FOR_PLACES + 1) // _ROWS_FOR_PLACES
    if found[1].max() <= allowed:
        return found
    found, few, step = full, 0, documents // 2
    while step >= max(1, documents >> 8):
        tried = packed(few + step)
        if tried[1].max() <= allowed:
            found, few = tried, few + step
        step //= 2
    return found


def _shuffled(
    row: Ints, order: Ints, pieces: Pieces, offsets: Ints, keys: Keys
) -> tuple[Ints, Ints]:
    """The new number of each row, by piece in the order of rows; and pieces in that order."""
    first = order[np.flatnonzero(np.diff(row[order], prepend=-1))]  # the first piece of each row
    document = pieces.document[first]
    within = (pieces.start[first] - offsets[document]).astype(np.uint64)
    number = np.empty(len(first), np.int64)
    number[np.lexsort((document, mixed(keys[document] ^ mixed(within))))] = np.arange(len(first))
    new = number[row]
    order = np.argsort(new, kind="stable")
    return new[order], order


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
            start, place = end, 1  # of `PLACES`: between tokens
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
                half = (room + 1) // 2
                for size in range(half, min(room - 1, top, half + _SIZES_TRIED) + 1):
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
