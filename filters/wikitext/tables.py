"""Tables of wikitext as the rows that a reader sees, each cell in its column.

The conventions are those of HTML (docs/text.md, filters/extract/containers.py): cells without text
and what a cell spans are empty; a row with long cells, code, a heading or a table inside only
places its text, and its lines stand by themselves.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.wikitext.lists import in_cell
from filters.wikitext.lookups import (
    CELL_MARK,
    FENCE_END,
    FENCE_MARK,
    HEADING_MARK,
    ROW_MARK,
    SPAN_MARK,
    TABLE_END,
    TABLE_MARK,
)

MAX_DEPTH = 8  # of tables in tables; deeper ones are text of the cell around them
# As in filters/extract: longer rows and cells are layout; cells that spans leave empty in a row.
MAX_ROW_CHARS, MAX_CELL_CHARS = 1000, 400
MAX_EMPTY = 64
_SPAN_MARK = chr(SPAN_MARK)
_TABLE, _END, _ROW, _CELL = map(chr, (TABLE_MARK, TABLE_END, ROW_MARK, CELL_MARK))
_FENCE, _FENCE_END, _HEADING = map(chr, (FENCE_MARK, FENCE_END, HEADING_MARK))
_SPAN = re.compile(f"{chr(SPAN_MARK)}(\\d+){chr(SPAN_MARK)}(\\d+){chr(SPAN_MARK)}")
_SPACES = re.compile("[ \t]+")


class _Cell:
    """A cell: what it spans, and its lines and tables."""

    __slots__ = ("across", "down", "is_layout", "parts", "size")

    def __init__(self, text: str) -> None:
        self.across = self.down = 1
        if text[:1] == _SPAN_MARK and (span := _SPAN.match(text)):
            self.across, self.down = int(span[1]), int(span[2])
            text = text[span.end() :]
        self.parts: list[str | _Table] = [text]
        self.size = len(text)
        self.is_layout = False

    def add(self, line: str) -> None:
        self.parts.append(line)
        self.size += len(line)
        if line[:1] in (_FENCE, _HEADING):
            self.is_layout = True

    def chars(self) -> int:
        """Characters without spaces, as blocks of HTML are measured; fewer than `size`."""
        return sum(len(part) - part.count(" ") for part in self.parts if isinstance(part, str))

    def text(self) -> str:
        """Its lines as one."""
        parts = self.parts
        text = str(parts[0]) if len(parts) == 1 else " ".join(map(str, parts))
        text = in_cell(text)
        if "  " in text or "\t" in text:
            text = _SPACES.sub(" ", text)
        return text.strip(" \0")


class _Table:
    """A table that is read: what stands before its first row, and its rows."""

    __slots__ = ("before", "rows")

    def __init__(self) -> None:
        self.before: list[str | _Table] = []
        self.rows: list[list[_Cell]] = []

    def add(self, line: str) -> None:
        if self.rows:
            self.rows[-1][-1].add(line)
        else:
            self.before.append(line)

    def hold(self, inner: "_Table") -> None:
        if self.rows:
            cell = self.rows[-1][-1]
            cell.parts.append(inner)
            cell.is_layout = True
        else:
            self.before.append(inner)


class Grid(NamedTuple):
    """Rows of a table that follow each other: text by column, and how many columns each has.

    Attributes:
      alone: of each row, whether its only text is that of a cell that no span moved.
    """

    rows: list[dict[int, str]]
    widths: list[int]
    alone: list[bool]


def blocks_of(lines: Iterator[str]) -> "Iterator[str | Grid]":
    """Of the table that has begun, up to its end, what stands below each other: lines and rows."""
    tables = [_Table()]
    deeper = 0
    in_code = False
    for line in lines:
        mark = line[:1]
        table = tables[-1]
        if mark == _CELL and not (in_code or deeper) and table.rows:
            table.rows[-1].append(_Cell(line[1:]))
        elif in_code or mark == _FENCE:
            in_code = mark != _FENCE_END
            table.add(line)
        elif mark == _TABLE:
            if len(tables) < MAX_DEPTH:
                tables.append(_Table())
                table.hold(tables[-1])
            else:
                deeper += 1
        elif mark == _END:
            if deeper:
                deeper -= 1
            elif len(tables) == 1:
                break
            else:
                tables.pop()
        elif mark == _ROW and not deeper:
            table.rows.append([_Cell(line[1:])])
        else:
            table.add(_SPAN.sub("", line.lstrip(_ROW + _CELL)) if mark in (_ROW, _CELL) else line)
    yield from _blocks(tables[0])


def _blocks(table: _Table) -> "Iterator[str | Grid]":
    yield from _parts(table.before)
    grid = Grid([], [], [])
    until: dict[int, int] = {}  # of each column, until which row a cell from above takes it
    is_frame = len(table.rows) == len(table.rows[0]) == 1 if table.rows else False
    for number, row in enumerate(table.rows):
        places, width = _places(row, number, until)
        if is_frame or _is_layout(row):
            if grid.rows:
                yield grid
                grid = Grid([], [], [])
            for cell in row:
                yield from _parts(cell.parts)
            continue
        texts = {}
        for place, cell in zip(places, row, strict=True):
            if text := cell.text():
                texts[place] = text
        if texts:
            only = next(iter(texts)) if len(texts) == 1 else -1
            grid.rows.append(texts)
            grid.widths.append(width)
            grid.alone.append(only >= 0 and places.index(only) == only)
    if grid.rows:
        yield grid


def _is_layout(row: list[_Cell]) -> bool:
    """Whether a row only places its text."""
    size = 0
    for cell in row:
        if cell.is_layout or (cell.size > MAX_CELL_CHARS and cell.chars() > MAX_CELL_CHARS):
            return True
        size += cell.size
    return size > MAX_ROW_CHARS and sum(cell.chars() for cell in row) > MAX_ROW_CHARS


def _parts(parts: "list[str | _Table]") -> "Iterator[str | Grid]":
    for part in parts:
        if isinstance(part, str):
            yield part
        else:
            yield from _blocks(part)


def _places(row: list[_Cell], number: int, until: dict[int, int]) -> tuple[list[int], int]:
    """The columns in which the cells of a row begin, and how many columns it has."""
    if not until and all(cell.across == cell.down == 1 for cell in row):
        return list(range(len(row))), len(row)
    places = []
    column, empty = 0, 0
    for cell in row:
        while empty < MAX_EMPTY and until.get(column, -1) >= number:
            column, empty = column + 1, empty + 1
        places.append(column)
        across = min(cell.across, MAX_EMPTY - empty + 1)
        empty += across - 1
        if cell.down > 1:
            for taken in range(column, column + across):
                until[taken] = number + cell.down - 1
        column += across
    while empty < MAX_EMPTY and until.get(column, -1) >= number:
        column, empty = column + 1, empty + 1
    return places, column


def plain_rows(grid: Grid) -> list[str]:
    """Rows as lines with bars between cells; columns without any text have none."""
    used = sorted({column for row in grid.rows for column in row})
    rank = {column: place for place, column in enumerate(used)}
    found = []
    for row, is_alone in zip(grid.rows, grid.alone, strict=True):
        line, last = "", 0
        for column, text in row.items():
            place = 0 if is_alone else rank[column]
            line += ("| " if not line else " |") * (place - last) + (" " if line else "") + text
            last = place
        found.append(line)
    return found


def with_tables(page: str | None) -> str | None:
    """A page whose tables have marks as plain text."""
    if page is None or _TABLE not in page:
        return page
    found: list[str] = []
    lines = iter(page.split("\n"))
    for line in lines:
        if line[:1] != _TABLE:
            found.append(line)
            continue
        for block in blocks_of(lines):
            if isinstance(block, str):
                if block[:1] not in (_FENCE, _FENCE_END):
                    found.append(block)
            else:
                found += plain_rows(block)
    text = "\n".join(found)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n")
