"""Documents that hold a word of a list: what C4 did with LDNOOBW's lists.

Blunt: a list knows no meaning. It drops medicine, law, sex education and whole dialects beside
what it is meant for, and finds nothing that is spelt otherwise.
"""

import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from filters.rules.thresholds import Rule, measured_columns, on_documents

LISTS = "lists"  # beside thresholds: a file, or a folder of one file a language


def validate_lists(value: Any) -> None:
    """Check a recipe's list or folder of lists.

    Raises:
      ValueError: it is not there, or holds no list.
    """
    if not isinstance(value, str):
        raise ValueError(f"'bad_words.{LISTS}' wants a path, not {type(value).__name__}")
    path = Path(value)
    if not path.exists():
        raise ValueError(
            f"'bad_words.{LISTS}': there is no file or folder {value}; winnow fetches no lists. "
            "LDNOOBW's (github.com/LDNOOBW) are files of one word a line, named en, de, fr, ..."
        )
    if path.is_dir() and not list_languages(value):
        raise ValueError(f"'bad_words.{LISTS}': folder {value} holds no file named like a language")


@functools.cache
def list_languages(folder: str) -> dict[str, Path]:
    """The lists of a folder by language: files `en` or `en.txt`."""
    files = {path.name.removesuffix(".txt"): path for path in sorted(Path(folder).iterdir())}
    return {name: path for name, path in files.items() if re.fullmatch(r"[a-z]{2,3}", name)}


def digest(lists: str) -> str:
    """SHA-256 of all that the lists hold: another list under the same name is another rule."""
    files = list_languages(lists) if Path(lists).is_dir() else {"": Path(lists)}
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


BAD_WORDS = Rule(
    name="bad_words",
    source=(
        "Raffel et al. 2020, JMLR 21(140), section 2.2, as in datatrove 0.10.1, "
        "pipeline/filters/c4_filters.py, C4BadWordsFilter"
    ),
    differs=(
        "Lists are read from the path that the recipe gives as `lists`: a file for all languages, "
        "or a folder of files named by language; nothing is fetched. A language without a list has "
        "no bad words, a blank line of a list is no word. No share of the pages is kept by chance. "
        "Blunt: a list knows no meaning, and drops medicine, law and whole dialects beside what it "
        "is meant for. So are the categories of URL lists: they judge a whole host by its worst."
    ),
    columns=measured_columns("bad_words"),
    thresholds=on_documents(("max", "bad_words", 0, "bad_words")),
    measured_by="bad_words.measure_bad_words",
    options={LISTS: validate_lists},
    required=(LISTS,),
)
