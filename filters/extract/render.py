"""Blocks of a page as text, with what carries meaning in its layout.

Paragraphs, headings, code, lists and tables stand between empty lines; items of lists and rows of
tables are lines. Items begin with `- ` or their number, cells are parted by ` | `, as in
`filters.wikitext`. Code keeps its white space. Superscripts and subscripts never run into a number
before them: `10^6`, `x_i`. Readings of ruby stand in brackets behind their base. Formulas are their
LaTeX between dollar signs. Markdown has besides: marks of headings, quotations and code, bars
around rows, and a line under the first row of a table.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, Blocks
from filters.extract.containers import MOST_CONTAINERS, Containers, find_containers
from filters.extract.elements import CAPITALS, DISPLAY, LETTERS, LINE, LOOSE, MARKED, ROMAN
from filters.extract.inline import put_block
from filters.extract.layout import Layout, is_numbered
from filters.extract.lines import Line, put, put_break
from filters.extract.raised import start_tag
from filters.extract.stanzas import begins_stanza
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes, Ints
from filters.text.matching import holds

_BR, _H1, _LI, _OL, _CODE_TAG = map(elements.tag, ("br", "h1", "li", "ol", "code"))
_INPUT, _TFOOT, _DIV = map(elements.tag, ("input", "tfoot", "div"))
_DEFINITIONS = elements.tags("dt dd")
_CODE = elements.tags("code kbd samp tt")
_PARTED = elements.tags("p h1 h2 h3 h4 h5 h6 pre listing plaintext xmp blockquote figcaption")

_LINE_CHARS = 60  # of a line of a verse, at most
_PREFIX = 32  # bytes before a line of Markdown: marks of quotations, columns of items
_ROOM = 200  # bytes that a block may need beside those of its page
_CELL_ROOM = 8  # bytes of a cell without text, with the line of Markdown under the first row
_FENCE = 20  # backticks at most
_LANGUAGE, _LANGUAGE_SIGNS = 20, tuple(b"0123456789+#-_")
_LANGUAGE_STEPS = 8  # elements around code whose class may name its language
_LETTERS = 26
_ROMAN_VALUES = np.array([1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1])
_ROMAN_SIGNS = np.frombuffer(b"M CMD CDC XCL XLX IXV IVI ", np.uint8)
_MOST_ROMAN = 3999  # browsers number on with digits
_CHECKBOX, _CHECKED, _DISABLED, _TASK = (
    np.frombuffer(word, np.uint8)
    for word in (b' type="checkbox"', b" checked", b" disabled", b"task-list-item")
)
_BOX_STEPS = 4  # nodes of an item among which its box is
_STOPS = tuple(b",;.:!?")  # behind them no comma stands between items in a cell
_STEPS = 32  # inline elements around the first text of a block that are looked at


def render(
    data: Bytes,
    nodes: Nodes,
    blocks: Blocks,
    keep: Bools,
    layout: Layout,
    *,
    markdown: bool = False,
) -> str:
    """The text of the blocks that `keep` (bool[blocks]) marks.

    Args:
      markdown: headings, quotations, code and tables have their marks, too.
    """
    chosen = _with_feet_last(nodes, blocks, np.flatnonzero(keep))
    if len(chosen) == 0:
        return ""
    containers = find_containers(nodes, layout)
    room = len(data) + _ROOM * (len(chosen) + 1)
    room += _CELL_ROOM * int(containers.columns.sum())
    if markdown:
        lines = np.count_nonzero(data == ord("\n")) + np.count_nonzero(nodes.tag == _BR)
        lines += np.count_nonzero(nodes.bits & (DISPLAY | LINE))
        room += 2 * _PREFIX * int(lines) + int(np.count_nonzero(data == ord("|")))
    out = np.empty(room, np.uint8)
    masks = (_PARTED, _CODE)
    size = _render(
        data, nodes, blocks, chosen, layout, containers, elements.FLAGS, masks, markdown, out
    )
    return out[:size].tobytes().decode("utf-8", "replace")


def _with_feet_last(
    nodes: Nodes, blocks: Blocks, chosen: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Blocks in the order in which they are drawn: `<tfoot>` stands below the rows behind it."""
    begins = blocks.first[chosen]
    for foot in np.flatnonzero(nodes.tag == _TFOOT)[::-1].tolist():
        table = nodes.parent[foot]
        ends = (foot, nodes.last[foot] + 1, nodes.last[table] + 1)
        first, behind, last = np.searchsorted(begins, ends).tolist()
        if first < behind < last:
            chosen[first:last] = np.roll(chosen[first:last], first - behind)
    return chosen


@njit(cache=True, nogil=True)
def _render(
    data: Bytes, nodes: Nodes, blocks: Blocks, chosen: npt.NDArray[np.int64], layout: Layout,
    containers: Containers, flags: Bytes, masks: tuple[Bytes, Bytes], markdown: bool, out: Bytes,
) -> Any:  # fmt: skip
    parted, code = masks
    at, before, block_before = np.int64(0), np.int64(-1), np.int64(-1)
    begun = np.zeros(len(nodes.tag), np.bool_)  # items whose marker is written
    row, pipes, headed = np.int64(-1), 0, np.int64(-1)  # of the table of Markdown that is open
    fence = 0  # of the code that is open
    places = _places_of(nodes, blocks, chosen, layout, containers)
    # The containers around the block and around the one before, outermost first, and the bytes
    # before the lines of the block, and of the code that is open.
    chain, chain_before = np.empty(MOST_CONTAINERS, np.int64), np.empty(MOST_CONTAINERS, np.int64)
    held, held_before = 0, 0
    prefix, length = np.empty(_PREFIX, np.uint8), 0
    for block in chosen:
        owner = np.int64(blocks.owner[block])
        item = _of(layout.item, owner)
        begins = item >= 0 and not begun[item]
        own_row = _of(layout.row, owner)
        if own_row >= 0 and layout.is_layout[own_row]:
            own_row = np.int64(-1)
        is_row = False  # of several cells
        if own_row >= 0:
            is_row, table = containers.columns[own_row] > 1, containers.table[own_row]
            if markdown and containers.columns[table] == containers.rows[table] == 1:
                own_row = np.int64(-1)  # a frame around a text
        pre = _of(layout.pre, owner)
        in_table = markdown and own_row >= 0
        goes_on = pre >= 0 and pre == _of(layout.pre, before)
        if fence and not goes_on:
            at = _put_fence(out, put_break(out, at, prefix, length), fence)
            fence = 0
        if row >= 0 and own_row != row:
            at = _end_row(layout, containers, row, pipes, headed, prefix, length, out, at)
            headed, row = np.int64(containers.table[row]), np.int64(-1)
        if markdown:
            inner = _of(containers.innermost, own_row if in_table else owner)
            held = _read_chain(containers, inner, begun, chain)
            length = _write_prefix(containers, chain, held, prefix)
            begins_any = False
            for place in range(held):
                container = chain[place]
                is_new = containers.width[container] > 0 and not begun[container]
                begins_any = begins_any or is_new
        follows = at and own_row >= 0 and own_row == _of(layout.row, before)
        if goes_on and block == block_before + 1:
            pass  # the line ends between the two belong to the second
        elif follows:
            if not markdown and layout.cell[owner] != layout.cell[before]:
                bars = _of(places, layout.cell[owner]) - _of(places, layout.cell[before])
                for _ in range(max(bars, 1)):
                    at = put(out, at, ord(" "), ord("|"))
            if not markdown or layout.cell[owner] == layout.cell[before]:
                is_listed = begins and is_row and not is_numbered(nodes, item)
                if is_listed and _of(layout.item, before) >= 0 and out[at - 1] not in _STOPS:
                    out[at] = ord(",")
                    at += 1
                out[at] = ord(" ")
                at += 1
        else:
            if at and markdown:
                is_first_row = in_table and containers.table[own_row] != headed
                is_apart = is_first_row or _is_parted(
                    nodes, layout, owner, before, parted, True, in_table
                )
                if is_apart and _are_lines(nodes, blocks, layout, block_before, block):
                    is_apart = begins_stanza(data, nodes, blocks, block_before, block)
                if not is_apart and not begins_any:
                    is_apart = _needs_end(containers, chain, held, chain_before, held_before) or (
                        not in_table and headed >= 0
                    )
                if is_apart:
                    shared = _shared(chain, held, chain_before, held_before)
                    at = _put_empty_line(containers, chain, shared, prefix, out, at)
                out[at] = ord("\n")
                at += 1
            elif at:
                is_apart = _is_parted(nodes, layout, owner, before, parted, False, False)
                if not is_apart and (
                    layout.item[owner] == layout.item[before]
                    and layout.row[owner] == layout.row[before]
                ):
                    is_apart = begins_stanza(data, nodes, blocks, block_before, block)
                if is_apart:
                    out[at] = ord("\n")
                    at += 1
                out[at] = ord("\n")
                at += 1
            if markdown:
                at = _put_containers(data, nodes, layout, containers, chain, held, begun, out, at)
        if in_table:
            if row < 0:
                out[at] = ord("|")
                at, row, pipes = at + 1, own_row, 1
            if layout.cell[owner] != _of(layout.cell, before) or not follows:
                column = _of(containers.column, layout.cell[owner])
                at, pipes = _put_pipes(out, at, pipes, column + 1)
                out[at] = ord(" ")
                at += 1
        elif markdown:
            headed = np.int64(-1)
        if is_row and not markdown and not follows:
            for _ in range(_of(places, layout.cell[owner])):
                at = put(out, at, ord("|"), ord(" "))
        if begins and is_row and not is_numbered(nodes, item):
            begun[item] = True  # items in a cell have commas between them
        elif begins and (in_table or not markdown):
            begun[item] = True
            columns = 0 if own_row >= 0 else min(2 * layout.depth[item], 4)
            at = _put_marker(data, nodes, layout, item, out, at, columns, markdown)
            at = _put_box(data, nodes, item, out, at)
        if markdown and own_row < 0:
            heading = _of(layout.heading, owner)
            if heading >= 0 and heading != _of(layout.heading, before) and pre < 0:
                for _ in range(nodes.tag[heading] - _H1 + 1):
                    out[at] = ord("#")
                    at += 1
                out[at] = ord(" ")
                at += 1
            if pre >= 0 and not goes_on:
                fence = _fence_of(data, nodes.start[pre], nodes.end[pre])
                at = _put_fence(out, at, fence)
                at = _put_language(data, nodes, pre, out, at)
                at = put_break(out, at, prefix, length)
        is_one = is_row or in_table or (markdown and _of(layout.heading, owner) >= 0)
        is_next = goes_on and block == block_before + 1
        is_loose = pre >= 0 and nodes.bits[pre] & LOOSE != 0
        line = Line(prefix, length, is_one, in_table, markdown, pre >= 0, is_next, is_loose)
        first = _first_of(nodes, blocks, block, pre)
        at = put_block(data, nodes, blocks, first, block, flags, code, line, out, at)
        before, block_before = owner, np.int64(block)
        chain, chain_before = chain_before, chain
        held_before = held
    if fence:
        at = _put_fence(out, put_break(out, at, prefix, length), fence)
    if row >= 0:
        at = _end_row(layout, containers, row, pipes, headed, prefix, length, out, at)
    return at


@njit(cache=True, nogil=True)
def _places_of(
    nodes: Nodes, blocks: Blocks, chosen: npt.NDArray[np.int64], layout: Layout,
    containers: Containers,
) -> Indices:  # fmt: skip
    """Of each cell, its column among those of its table that have any text.

    0 for the only cell with text of a row without spans from above: a button, a heading.
    """
    size = len(nodes.tag)
    columns = np.int64(containers.columns.sum()) + 1
    first, used = np.zeros(size + 1, np.int64), np.zeros(columns, np.bool_)
    ranks, places = np.zeros(columns, np.int32), np.zeros(size, np.int32)
    for node in range(size):
        is_table = containers.rows[node] > 0
        first[node + 1] = first[node] + (containers.columns[node] if is_table else 0)
    filled = np.full(size, -1, np.int64)  # of a row, its only cell with text; -2 for more
    for block in chosen:
        cell = _of(layout.cell, np.int64(blocks.owner[block]))
        row = _of(layout.row, cell)
        if row >= 0 and filled[row] != cell:
            filled[row] = cell if filled[row] == -1 else -2
        table = _of(containers.table, _of(layout.row, cell))
        if table >= 0:
            used[first[table] + containers.column[cell]] = True
    for table in range(size):
        count = 0
        for column in range(first[table], first[table + 1]):
            ranks[column] = count
            count += used[column]
    for cell in range(size):
        if layout.cell[cell] == cell:
            table = _of(containers.table, np.int64(layout.row[cell]))
            is_alone = filled[layout.row[cell]] == cell
            if table >= 0 and not (is_alone and containers.column[cell] == layout.ordinal[cell]):
                places[cell] = ranks[first[table] + containers.column[cell]]
    return places


@njit(cache=True, nogil=True)
def _first_of(nodes: Nodes, blocks: Blocks, block: int, pre: int) -> np.int64:
    """The node that a block is written from.

    Code begins with the white space behind its start tag, or behind the block before. Other text
    begins with the inline elements around it that begin with it.
    """
    before = np.int64(blocks.last[block - 1]) if block > 0 else np.int64(-1)
    if pre >= 0:
        return max(np.int64(pre), before) + 1
    owner, node = blocks.owner[block], np.int64(blocks.first[block])
    for _ in range(_STEPS):
        above = np.int64(nodes.parent[node])
        if above <= before or above == owner or above < 0:
            break
        node = above
    return node


@njit(cache=True, nogil=True)
def _read_chain(containers: Containers, inner: int, begun: Bools, chain: Ints) -> int:
    """Puts the containers around a block into `chain`, outermost first; how many there are.

    An item that begins with another list is none, so that no line begins with several markers.
    """
    held, container, has_item = 0, np.int64(inner), False
    while container >= 0 and held < MOST_CONTAINERS:
        is_item = containers.width[container] > 0
        if not (is_item and has_item and not begun[container]):
            chain[held] = container
            held += 1
        has_item = has_item or is_item
        container = np.int64(containers.outer[container])
    for place in range(held // 2):
        chain[place], chain[held - 1 - place] = chain[held - 1 - place], chain[place]
    return held


@njit(cache=True, nogil=True)
def _write_prefix(containers: Containers, chain: Ints, held: int, prefix: Bytes) -> int:
    """Writes what stands before each line inside of containers; its length."""
    length = 0
    for place in range(held):
        width = containers.width[chain[place]]
        if width == 0:
            length = put(prefix, length, ord(">"), ord(" "))
        for _ in range(width):
            if length < _PREFIX - 2:
                prefix[length] = ord(" ")
                length += 1
    return length


@njit(cache=True, nogil=True)
def _shared(chain: Ints, held: int, chain_before: Ints, held_before: int) -> int:
    """How many containers a block shares with the one before."""
    shared = 0
    while shared < min(held, held_before) and chain[shared] == chain_before[shared]:
        shared += 1
    return shared


@njit(cache=True, nogil=True)
def _needs_end(
    containers: Containers, chain: Ints, held: int, chain_before: Ints, held_before: int
) -> bool:
    """Whether a quotation ends between two blocks: without an empty line it would go on."""
    shared = _shared(chain, held, chain_before, held_before)
    for place in range(shared, held_before):  # noqa: SIM110 (a kernel)
        if containers.width[chain_before[place]] == 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _put_empty_line(
    containers: Containers, chain: Ints, shared: int, prefix: Bytes, out: Bytes, at: int
) -> int:
    """Writes an empty line with the marks of the quotations that go on."""
    out[at] = ord("\n")
    at += 1
    quotes = shared
    while quotes and containers.width[chain[quotes - 1]] > 0:
        quotes -= 1
    length = 0
    for place in range(quotes):
        width = containers.width[chain[place]]
        length += width if width else 2
    length = min(length, _PREFIX)
    for step in range(length - 1):
        out[at + step] = prefix[step]
    return at + max(length - 1, 0)


@njit(cache=True, nogil=True)
def _put_containers(
    data: Bytes, nodes: Nodes, layout: Layout, containers: Containers, chain: Ints, held: int,
    begun: Bools, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes marks of quotations, and the marker of each item that begins, else its columns."""
    for place in range(held):
        container = chain[place]
        width = containers.width[container]
        if width == 0:
            at = put(out, at, ord(">"), ord(" "))
        elif begun[container]:
            for _ in range(width):
                out[at] = ord(" ")
                at += 1
        else:
            begun[container] = True
            at = _put_marker(data, nodes, layout, container, out, at, 0, True)
            at = _put_box(data, nodes, container, out, at)
    return at


@njit(cache=True, nogil=True)
def _put_box(data: Bytes, nodes: Nodes, item: int, out: Bytes, at: int) -> int:
    """Writes `[x] ` or `[ ] ` for an item of a list of tasks, whose first element is its box."""
    node = np.int64(item + 1)
    for _ in range(_BOX_STEPS):
        if node > nodes.last[item]:
            return at
        if nodes.tag[node] == _INPUT:
            start, end = start_tag(data, nodes, node)
            is_task = holds(data, start, end, _DISABLED) or holds(
                data, nodes.class_start[item], nodes.class_end[item], _TASK
            )
            if not is_task or not holds(data, start, end, _CHECKBOX):
                return at
            at = put(out, at, ord("["), ord(" "))
            if holds(data, start, end, _CHECKED):
                out[at - 1] = ord("x")
            return put(out, at, ord("]"), ord(" "))
        node += 1
    return at


@njit(cache=True, nogil=True)
def _of(column: Indices, node: int) -> np.int64:
    """A node's value in a column of indices; -1 for no node."""
    return np.int64(column[node]) if node >= 0 else np.int64(-1)


@njit(cache=True, nogil=True)
def _put_pipes(out: Bytes, at: int, pipes: int, wanted: int) -> tuple[int, int]:
    """Ends cells, those without text as well."""
    while pipes < wanted:
        at = put(out, at, ord(" "), ord("|"))
        pipes += 1
    return at, pipes


@njit(cache=True, nogil=True)
def _end_row(
    layout: Layout, containers: Containers, row: int, pipes: int, headed: int, prefix: Bytes,
    length: int, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Ends a row, and under the first of a table writes the line that makes it its head."""
    table = containers.table[row]
    is_first = table != headed
    columns = containers.columns[table] if is_first else containers.columns[row]
    at, _ = _put_pipes(out, at, pipes, columns + 1)
    if is_first:
        at = put_break(out, at, prefix, length)
        out[at] = ord("|")
        at += 1
        for _ in range(columns):
            at = put(out, at, ord(" "), ord("-"))
            at = put(out, at, ord("-"), ord("-"))
            at = put(out, at, ord(" "), ord("|"))
    return at


@njit(cache=True, nogil=True)
def _fence_of(data: Bytes, start: int, end: int) -> int:
    """How many backticks fence a text: more than stand together in it."""
    most, run = 2, 0
    for at in range(start, end):
        run = run + 1 if data[at] == ord("`") else 0
        most = max(most, run)
    return min(most + 1, _FENCE)


@njit(cache=True, nogil=True)
def _put_fence(out: Bytes, at: int, length: int) -> int:
    for _ in range(length):
        out[at] = ord("`")
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_language(data: Bytes, nodes: Nodes, pre: int, out: Bytes, at: int) -> int:
    """The language that a class of the code, or of what is around or in it, names."""
    node = np.int64(pre)
    if nodes.note_end[node] == 0 and nodes.last[node] > node and nodes.tag[node + 1] == _CODE_TAG:
        node += 1  # <pre><code class="language-c">
    if nodes.note_end[node] == 0:
        node = np.int64(pre)
        for _ in range(_LANGUAGE_STEPS):
            if node >= 0 and nodes.note_end[node] == 0:
                node = np.int64(nodes.parent[node])
    if node < 0 or nodes.tag[node] in (_LI, _OL):
        return at
    start, end = nodes.note_start[node], nodes.note_end[node]
    for place in range(start, end):
        is_letter = ord("a") <= (data[place] | 32) <= ord("z")
        if end - start > _LANGUAGE or not (is_letter or data[place] in _LANGUAGE_SIGNS):
            return at
        out[at + place - start] = data[place]
    return at + end - start


@njit(cache=True, nogil=True)
def _are_lines(nodes: Nodes, blocks: Blocks, layout: Layout, before: int, block: int) -> bool:
    """Whether two blocks are lines of one verse or address: short divisions of one element."""
    one, other = np.int64(blocks.owner[before]), np.int64(blocks.owner[block])
    return bool(
        nodes.tag[one] == nodes.tag[other] == _DIV
        and nodes.parent[one] == nodes.parent[other]
        and layout.item[one] < 0
        and layout.item[other] < 0
        and blocks.counts[before, CHARS] <= _LINE_CHARS
        and blocks.counts[block, CHARS] <= _LINE_CHARS
    )


@njit(cache=True, nogil=True)
def _is_parted(
    nodes: Nodes, layout: Layout, owner: int, before: int, parted: Bytes, markdown: bool,
    in_table: bool,
) -> bool:  # fmt: skip
    """Whether an empty line stands between two blocks."""
    if owner < 0 or before < 0 or owner == before:
        return True
    if (
        markdown
        and not in_table
        and (_DEFINITIONS[nodes.tag[owner]] or _DEFINITIONS[nodes.tag[before]])
    ):
        return True
    group, other = layout.group[owner], layout.group[before]
    if group >= 0 and group == other:
        # Inside a list or table only paragraphs of one item, or of layout, are apart.
        same = layout.item[owner] == layout.item[before] and layout.row[owner] == layout.row[before]
        is_placed = markdown and not in_table and layout.cell[owner] != layout.cell[before]
        return (same and parted[nodes.tag[owner]] != 0) or is_placed
    return (
        markdown
        or group != other
        or parted[nodes.tag[owner]] != 0
        or parted[nodes.tag[before]] != 0
    )


@njit(cache=True, nogil=True)
def _put_letters(out: Bytes, at: int, ordinal: int, is_capital: bool) -> int:
    """Writes a number as lists with letters do: a to z, aa, ab."""
    first, count, size = ord("A") if is_capital else ord("a"), _LETTERS, 1
    while ordinal > count:
        ordinal -= count
        count, size = count * _LETTERS, size + 1
    ordinal -= 1
    for place in range(size - 1, -1, -1):
        out[at + place] = first + ordinal % _LETTERS
        ordinal //= _LETTERS
    return at + size


@njit(cache=True, nogil=True)
def _put_roman(out: Bytes, at: int, ordinal: int, is_capital: bool) -> int:
    for place in range(len(_ROMAN_VALUES)):
        while ordinal >= _ROMAN_VALUES[place]:
            ordinal -= _ROMAN_VALUES[place]
            for sign in _ROMAN_SIGNS[2 * place : 2 * place + 2]:
                if sign != ord(" "):
                    out[at] = sign if is_capital else sign | 32
                    at += 1
    return at


@njit(cache=True, nogil=True)
def _put_marker(
    data: Bytes, nodes: Nodes, layout: Layout, item: int, out: Bytes, at: int, columns: int,
    markdown: bool,
) -> int:  # fmt: skip
    """`- `, a number, a letter or the item's own mark, behind some spaces.

    Markdown knows no letters and nothing below 0: `- a. `, `- -1. `.
    """
    ordinal = np.int64(layout.ordinal[item])
    for _ in range(columns):
        out[at] = ord(" ")
        at += 1
    if nodes.bits[item] & MARKED:
        at = put(out, at, ord("-"), ord(" ")) if markdown else at
        for place in range(nodes.note_start[item], nodes.note_end[item]):
            out[at] = data[place]
            at += 1
        out[at] = ord(" ")
        return at + 1
    if is_numbered(nodes, item):
        bits = nodes.bits[nodes.parent[item]]
        if markdown and (bits & (LETTERS | ROMAN) or ordinal < 0):
            at = put(out, at, ord("-"), ord(" "))
        is_capital = bits & CAPITALS != 0
        if bits & LETTERS and ordinal > 0:
            return put(out, _put_letters(out, at, ordinal, is_capital), ord("."), ord(" "))
        if bits & ROMAN and 0 < ordinal <= _MOST_ROMAN:
            return put(out, _put_roman(out, at, ordinal, is_capital), ord("."), ord(" "))
        if ordinal < 0:
            out[at] = ord("-")
            at, ordinal = at + 1, -ordinal
        scale = 1
        while 10 * scale <= ordinal:
            scale *= 10
        while scale:
            out[at] = ord("0") + ordinal // scale % 10
            at += 1
            scale //= 10
        return put(out, at, ord("."), ord(" "))
    return put(out, at, ord("-"), ord(" "))
