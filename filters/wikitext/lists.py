"""Lists of wikitext as a reader sees them: the markers of items, their order and indentation.

The conventions are those of HTML (docs/text.md, filters/extract/render.py): lists stand between
empty lines, `- ` or the number before each item, items of inner lists are indented by two spaces
and by four at most; terms and what is indented with `:` are lines without a marker.
"""

import re

from filters.wikitext.lookups import BREAK_MARK, ITEM_MARK

MAX_DEPTH = 8  # of lists in lists; deeper items stand with those
MAX_COLUMNS = 4
ITEM = re.compile(f"{chr(ITEM_MARK)}([*#:;]+)(\\d*){chr(ITEM_MARK)}")
BREAK = chr(BREAK_MARK)
_LIST = re.compile(f"(?:^{ITEM.pattern}.*\\n?(?:^{BREAK}.*\\n?)*)+", re.MULTILINE)
_STOPS = (",", ";", ".", ":", "!", "?")  # behind them no comma stands between items in a cell
_EMPTY_LINES = re.compile("\n{3,}")


class Level:
    """A list that is open.

    Attributes:
      width: of the marker of its last item; 0 if that began with another list.
    """

    def __init__(self, sign: str) -> None:
        self.sign = sign
        self.width = 0
        self._items = 0

    def next(self, number: str = "") -> str:
        """The marker of its next item; the number if the page says one."""
        self._items = int(number) if number else self._items + 1
        marker = {"*": "- ", "#": f"{self._items}. "}.get(self.sign, "")
        self.width = len(marker)
        return marker

    def skip(self) -> None:
        """Counts an item that begins with another list, which has no marker."""
        self.next()
        self.width = 0


def descend(levels: list[Level], signs: str) -> bool:
    """Closes and opens lists for an item; whether it is in a list that was open already.

    Args:
      levels: the open lists, outermost first, of which the last is the item's then.
      signs: of the item, such as `*#`; terms `;` and what they mean `:` are one list.
    """
    signs = signs[:MAX_DEPTH].replace(";", ":")
    shared = 0
    while shared < min(len(signs), len(levels)) and levels[shared].sign == signs[shared]:
        shared += 1
    del levels[shared:]
    levels += [Level(sign) for sign in signs[shared:]]
    for level in levels[shared:-1]:
        level.skip()
    return shared > 0


def with_items(page: str | None) -> str | None:
    """A page whose items have marks as plain text."""
    if page is None or chr(ITEM_MARK) not in page:
        return page
    page = _LIST.sub(_listed, page)
    page = ITEM.sub("", page).replace(BREAK, "")
    return _EMPTY_LINES.sub("\n\n", page).strip("\n")


def _listed(found: re.Match[str]) -> str:
    lines = [""]
    levels: list[Level] = []
    for line in found[0].split("\n"):
        item = ITEM.match(line)
        text = line[item.end() if item else 1 :].strip(" ")
        if not text:
            continue
        if item:
            if not descend(levels, item[1]) and len(lines) > 1:
                lines.append("")
            marker = levels[-1].next(item[2])
            columns = min(2 * len(levels) - 2, MAX_COLUMNS) if marker else 0
            text = " " * columns + marker + text
        lines.append(text)
    return "\n".join([*lines, "", ""])


def in_cell(text: str) -> str:
    """The lines of a cell as one, with commas between items and numbers before theirs."""
    if chr(ITEM_MARK) not in text:
        return text.replace(BREAK, "")
    before, *pieces = ITEM.split(text.replace(BREAK, ""))
    found = before.rstrip(" ")
    levels: list[Level] = []
    for signs, number, piece in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        if not (item := piece.strip(" ")):
            continue
        follows = bool(levels)
        descend(levels, signs)
        marker = levels[-1].next(number)
        if marker == "- ":
            found += "," if follows and not found.endswith(_STOPS) else ""
            marker = ""
        found += (" " if found else "") + marker + item
    return found
