"""Markdown of what the kernel wrote, in which marks stand for headings, items, rows and the like.

The conventions are those of HTML (docs/text.md): an empty line between blocks, except items and
rows; what belongs to an item is indented to where its text begins.
"""

import re
from collections.abc import Iterator
from typing import cast

from filters.wikitext.lists import BREAK, ITEM, Level, descend
from filters.wikitext.lookups import (
    CODE_END,
    CODE_MARK,
    FENCE_END,
    FENCE_MARK,
    HEADING_MARK,
    INDENTED_MARK,
    ITEM_MARK,
    QUOTE_END,
    QUOTE_MARK,
    TABLE_MARK,
    VERSE_END,
    VERSE_MARK,
)
from filters.wikitext.tables import Grid, blocks_of

MAX_QUOTES = 3
_MARKS = re.compile("[\2-\10\16-\30]")
_CODE = re.compile(f"{chr(CODE_MARK)}([^{chr(CODE_MARK)}{chr(CODE_END)}]*){chr(CODE_END)}")
_TICKS = re.compile("`+")


def written(page: str | None) -> str | None:
    """The Markdown of a page."""
    if page is None:
        return None
    blocks = _Blocks()
    _put(iter(page.split("\n")), blocks)
    return blocks.text()


def _put(lines: Iterator[str | Grid], blocks: "_Blocks") -> None:
    for line in lines:
        if isinstance(line, Grid):
            blocks.table(line)
            continue
        mark = ord(line[0]) if line else 0
        if mark == FENCE_MARK:
            code = []
            for inner in lines:
                if isinstance(inner, Grid) or inner[:1] == chr(FENCE_END):
                    break
                code.append(_MARKS.sub("", inner))
            blocks.fence(code, line[1:])
        elif mark == TABLE_MARK:
            _put(blocks_of(cast("Iterator[str]", lines)), blocks)  # grids come out of it alone
        elif mark == QUOTE_MARK:
            blocks.quotes += 1
        elif mark == QUOTE_END:
            blocks.quotes = max(0, blocks.quotes - 1)
        elif mark in (VERSE_MARK, VERSE_END):
            blocks.is_verse = mark == VERSE_MARK
        else:
            blocks.line(line, mark)


class _Blocks:
    """The blocks of a page so far.

    Attributes:
      quotes: how many quotations are open.
      is_verse: a poem is open, whose lines keep their indentation.
    """

    def __init__(self) -> None:
        self.quotes = 0
        self.is_verse = False
        self._lines: list[str] = []
        self._kind = ""  # of the last block; empty after an empty line
        self._quoted = 0  # quotations around the last line
        self._levels: list[Level] = []  # around the last item
        self._is_meaning = False  # it was a term, or what one means

    def text(self) -> str:
        return "\n".join(self._lines)

    def line(self, line: str, mark: int) -> None:
        """A line of text, a heading, an item, or an empty line."""
        if mark == HEADING_MARK:
            level, text = int(line[1:2] or 1), _in_line(line[2:])
            self.quotes = 0
            self.is_verse = False
            if text:
                self._block("heading", [f"{'#' * level} {text}"])
        elif mark == ITEM_MARK and not self.is_verse and (item := ITEM.match(line)):
            self._item(item[1], item[2], _in_line(line[item.end() :]))
        elif line[:1] == BREAK and self._kind == "item":
            if text := _in_line(line):
                columns = " " * sum(level.width for level in self._levels)
                self._block("item", [columns + text], joins=True)
        elif mark == INDENTED_MARK:
            if self._kind != "indented":
                self._block("indented", ["```", _MARKS.sub("", line), "```"])
            else:
                self._lines.insert(len(self._lines) - 1, self._prefix() + _MARKS.sub("", line))
        elif text := _in_line(line):
            joins = self._kind == "text"
            if self.is_verse and joins:  # before a stanza, four spaces would be a mark of code
                text = line[: len(line) - len(line.lstrip(" "))] + text
            self._block("text", [text], joins)
        else:
            self._kind = ""

    def fence(self, code: list[str], language: str) -> None:
        while code and not code[0].strip():
            del code[0]
        while code and not code[-1].strip():
            del code[-1]
        longest = max((len(ticks) for line in code for ticks in _TICKS.findall(line)), default=0)
        ticks = "`" * max(3, longest + 1)
        if code:
            self._block("fence", [ticks + language, *code, ticks])

    def table(self, grid: Grid) -> None:
        """Rows with bars; the first one has a line under it, and the columns of the widest."""
        width = max(grid.widths)
        rows: list[str] = []
        for cells, own in zip(grid.rows, grid.widths, strict=True):
            texts = [_cell(cells.get(column, "")) for column in range(own if rows else width)]
            rows.append("".join(f"| {text} " if text else "| " for text in texts) + "|")
        self._block("table", [rows[0], "|" + " --- |" * width, *rows[1:]])

    def _item(self, signs: str, number: str, text: str) -> None:
        if not text:
            return
        if self._kind != "item":
            self._levels, self._is_meaning = [], False
        goes_on = descend(self._levels, signs)
        *outer, own = self._levels
        marker = own.next(number)
        indent = " " * sum(level.width for level in outer)
        joins = goes_on and bool(marker) and not self._is_meaning
        self._is_meaning = not marker
        self._block("item", [indent + marker + text], joins)

    def _prefix(self) -> str:
        return "> " * min(self.quotes, MAX_QUOTES)

    def _block(self, kind: str, lines: list[str], joins: bool = False) -> None:
        """Adds a block, after an empty line unless it joins the one before."""
        same_quote = self._quoted == self.quotes
        if self._lines and not (joins and same_quote):
            self._lines.append("> " * min(self._quoted, self.quotes, MAX_QUOTES))
            self._lines[-1] = self._lines[-1].rstrip()
        prefix = self._prefix()
        self._lines += [(prefix + line).rstrip() for line in lines]
        self._kind, self._quoted = kind, self.quotes


def _cell(text: str) -> str:
    return _in_line(text).replace("|", "\\|")


def _in_line(text: str) -> str:
    """Text on a line: code between backticks, and no other marks."""
    if chr(CODE_MARK) in text:
        text = _CODE.sub(_code, text)
    return _MARKS.sub("", ITEM.sub("", text)).strip()


def _code(found: re.Match[str]) -> str:
    """Code in a line between more backticks than stand together in it."""
    code = _MARKS.sub("", found[1])
    if not code.strip():
        return code
    runs = {len(ticks) for ticks in _TICKS.findall(code)}
    length = next(n for n in range(1, len(runs) + 2) if n not in runs)
    ticks = "`" * length
    edge = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{ticks}{edge}{code}{edge}{ticks}"
