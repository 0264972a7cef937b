"""How a message names the columns of somebody's table, without showing content of documents.

A table without a header line has content where names are expected: the first row of a CSV file, and
the names of a Parquet file that was made of one. Names therefore appear in messages only where
nothing else can stand: names that a file declares, if all of them are written like names in a
program, and words that everybody uses for a column of texts.
"""

import difflib
import re
from collections.abc import Iterable

MOST_SHOWN = 20
# Names of people, addresses and numbers are not written like this, and sentences have blanks.
_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_.-]{0,40}")
_USUAL = {
    "answer", "article", "body", "code", "completion", "content", "contents", "document", "html",
    "input", "instruction", "output", "page_content", "passage", "prompt", "question",
    "raw_content", "response", "sentence", "text", "texts", "title",
}  # fmt: skip


def described(names: Iterable[object], declared: bool = True) -> str:
    """`2 columns: id, body`, or only their number where the names may be content.

    Args:
      names: the names that a file has.
      declared: whether the format says that these are names, as Parquet and JSON do. The first
        line of a CSV file may be anything.
    """
    known = [str(name) for name in names]
    count = f"{len(known)} column{'' if len(known) == 1 else 's'}"
    if declared and known and all(map(_PLAIN.fullmatch, known)):
        more = ", ..." if len(known) > MOST_SHOWN else ""
        return f"{count}: {', '.join(known[:MOST_SHOWN])}{more}"
    if usual := sorted({name.strip() for name in known if name.strip().lower() in _USUAL}):
        return f"{count}, among them {', '.join(usual)}"
    return count


def nearest(name: str, names: Iterable[object]) -> str:
    """The end of a sentence about a column that a table lacks; empty if no name is near or shown.

    Args:
      name: the column that somebody typed.
      names: the names that the table declares.
    """
    known = {str(one).lower(): str(one) for one in names}
    if not all(map(_PLAIN.fullmatch, known.values())):
        return ""
    near = difflib.get_close_matches(name.lower(), list(known), 1, 0.5)
    return f"; did you mean {known[near[0]]!r}?" if near else ""
