"""How a message names the columns of somebody's table, without showing content of documents.

A table without a header line has content where names are expected: the first row of a CSV file, and
the names of a Parquet file that was made of one. Names therefore appear in messages only where
nothing else can stand: names that a file declares, if all of them are written like names in a
program, and words that everybody uses for a column of texts.
"""

import re
from collections.abc import Iterable

from manifests.suggestions import suggest

MOST_SHOWN = 20
# Names of people, addresses and numbers are not written like this, and sentences have blanks.
_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_.-]{0,40}")
_USUAL = {
    "answer", "article", "body", "code", "completion", "content", "contents", "document", "html",
    "input", "instruction", "output", "page_content", "passage", "prompt", "question",
    "raw_content", "response", "sentence", "text", "texts", "title",
}  # fmt: skip

# Those for the other fields of a document.
_USUAL_OTHERS = {
    "author", "category", "created", "date", "id", "lang", "language", "link", "source", "url",
}  # fmt: skip


def described(names: Iterable[object], declared: bool = True, noun: str = "column") -> str:
    """`2 columns: id, body`, or only their number where the names may be content.

    Args:
      names: the names that a file has.
      declared: whether the format says that these are names, as Parquet and JSON do. The first
        line of a CSV file may be anything.
      noun: what the names are of.
    """
    known = [str(name) for name in names]
    count = f"{len(known)} {noun}{'' if len(known) == 1 else 's'}"
    if declared and known and all(map(_PLAIN.fullmatch, known)):
        more = ", ..." if len(known) > MOST_SHOWN else ""
        return f"{count}: {', '.join(known[:MOST_SHOWN])}{more}"
    if usual := sorted({name.strip() for name in known if name.strip().lower() in _USUAL}):
        return f"{count}, among them {', '.join(usual)}"
    return count


def nearest(name: str, names: Iterable[object], declared: bool = True) -> str:
    """The end of a sentence about a column that a table lacks; empty if no name is near or shown.

    Args:
      name: the column that somebody typed.
      names, declared: as for `described`.
    """
    known = [str(one) for one in names]
    if not declared:
        known = [one for one in known if one.strip().lower() in _USUAL | _USUAL_OTHERS]
    elif not all(map(_PLAIN.fullmatch, known)):
        return ""
    return suggest(name, known) or suggest(name.split(".")[0], known)
