"""Markdown of what the kernel wrote, in which marks stand for headings, items, rows and the like.

The conventions are those of HTML (docs/text.md): an empty line between blocks, except items and
rows; what belongs to an item is indented to where its text begins.
"""

import re
from collections.abc import Iterator

from filters.wikitext.lookups import (
    CELL_MARK,
    CODE_END,
    CODE_MARK,
    FENCE_END,
    FENCE_MARK,
    HEADING_MARK,
    INDENTED_MARK,
    ITEM_MARK,
    QUOTE_END,
    QUOTE_MARK,
    ROW_MARK,
    TABLE_END,
    TABLE_MARK,
)

MAX_DEPTH = 8  # of lists in lists; deeper items stand with those
MAX_QUOTES = 3
_MARKS = re.compile("[\2-\10\16-\24]")
_ITEM = re.compile(f"{chr(ITEM_MARK)}([*#:;]*){chr(ITEM_MARK)}")
_CODE = re.compile(f"{chr(CODE_MARK)}([^{chr(CODE_MARK)}{chr(CODE_END)}]*){chr(CODE_END)}")
_TICKS = re.compile("`+")


def written(page: str | None) -> str | None:
    """The Markdown of a page."""
    if page is None:
        return None
    blocks = _Blocks()
    lines = iter(page.split("\n"))
    for line in lines:
        mark = ord(line[0]) if line else 0
        if mark == FENCE_MARK:
            code = []
            for inner in lines:
                if inner[:1] == chr(FENCE_END):
                    break
                code.append(_MARKS.sub("", inner))
            blocks.fence(code, line[1:])
        elif mark == TABLE_MARK:
            _put_table(lines, blocks)
        elif mark == QUOTE_MARK:
            blocks.quotes += 1
        elif mark == QUOTE_END:
            blocks.quotes = max(0, blocks.quotes - 1)
        else:
            blocks.line(line, mark)
    return blocks.text()


class _Level:
    """A list that is open.

    Attributes:
      width: of the marker of its last item.
    """

    def __init__(self, sign: str) -> None:
        self.sign = sign
        self.width = 0
        self._items = 0

    def holds(self, sign: str) -> bool:
        """Whether an item with this sign can be in it; terms and what they mean are one list."""
        return sign == self.sign or (sign in ":;" and self.sign in ":;")

    def next(self) -> str:
        """The marker of its next item."""
        self._items += 1
        marker = {"*": "- ", "#": f"{self._items}. "}.get(self.sign, "")
        self.width = len(marker)
        return marker


class _Blocks:
    """The blocks of a page so far.

    Attributes:
      quotes: how many quotations are open.
    """

    def __init__(self) -> None:
        self.quotes = 0
        self._lines: list[str] = []
        self._kind = ""  # of the last block; empty after an empty line
        self._quoted = 0  # quotations around the last line
        self._levels: list[_Level] = []  # around the last item

    def text(self) -> str:
        return "\n".join(self._lines)

    def line(self, line: str, mark: int) -> None:
        """A line of text, a heading, an item, or an empty line."""
        if mark == HEADING_MARK:
            level, text = int(line[1:2] or 1), _in_line(line[2:])
            self.quotes = 0
            if text:
                self._block("heading", [f"{'#' * level} {text}"])
        elif mark == ITEM_MARK and (item := _ITEM.match(line)):
            self._item(item[1], _in_line(line[item.end() :]))
        elif mark == INDENTED_MARK:
            if self._kind != "indented":
                self._block("indented", ["```", _MARKS.sub("", line), "```"])
            else:
                self._lines.insert(len(self._lines) - 1, self._prefix() + _MARKS.sub("", line))
        elif text := _in_line(line):
            self._block("text", [text], joins=self._kind == "text")
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

    def table(self, rows: list[list[str]]) -> None:
        width = max(map(len, rows), default=0)
        if width:
            full = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
            full.insert(1, "| " + " | ".join(["---"] * width) + " |")
            self._block("table", [re.sub(" {2,}", " ", row) for row in full])

    def _item(self, signs: str, text: str) -> None:
        if not text:
            return
        signs = signs[:MAX_DEPTH]
        levels = self._levels if self._kind == "item" else []
        outer = 0
        while outer < min(len(signs) - 1, len(levels)) and levels[outer].holds(signs[outer]):
            outer += 1
        goes_on = outer == len(signs) - 1 and outer < len(levels)
        goes_on = goes_on and levels[outer].sign == signs[outer]
        self._levels = levels[: outer + goes_on]
        self._levels += [_Level(sign) for sign in signs[len(self._levels) :]]
        indent = " " * sum(level.width for level in self._levels[:outer])
        marker = "".join(level.next() for level in self._levels[outer:])
        self._block("item", [indent + marker + text], joins=self._kind == "item" and bool(marker))

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


def _put_table(lines: Iterator[str], blocks: _Blocks) -> None:
    """The table that has begun; what stands before its first row is text."""
    rows: list[list[list[str]]] = []  # the lines of cells
    heading = ""  # which ends a table that nothing else ends
    depth = 1
    for line in lines:
        mark = line[:1]
        if mark == chr(HEADING_MARK):
            heading = line
            break
        if mark == chr(TABLE_MARK):
            depth += 1
        elif mark == chr(TABLE_END):
            depth -= 1
            if not depth:
                break
        elif mark == chr(ROW_MARK) and depth == 1:
            rows.append([[cell] for cell in line[1:].split(chr(CELL_MARK))])
        elif rows and depth > 1:
            rows[-1][-1].append(line)
        elif rows:
            first, *cells = line.split(chr(CELL_MARK))
            rows[-1][-1].append(first)
            rows[-1] += [[cell] for cell in cells]
        else:
            blocks.line(line, ord(mark) if mark else 0)
    texts = [[_in_line(" ".join(cell)).replace("|", "\\|") for cell in row] for row in rows]
    blocks.table([row for row in texts if any(row)])
    if heading:
        blocks.line(heading, HEADING_MARK)


def _in_line(text: str) -> str:
    """Text on a line: code between backticks, and no other marks."""
    if chr(CODE_MARK) in text:
        text = _CODE.sub(_code, text)
    return _MARKS.sub("", _ITEM.sub("", text)).strip()


def _code(found: re.Match[str]) -> str:
    code = _MARKS.sub("", found[1])
    if not code.strip():
        return code
    if "`" not in code:
        return f"`{code}`"
    return code
