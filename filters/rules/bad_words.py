"""Documents that hold a word of a list: what C4 did with LDNOOBW's lists.

Blunt: a list knows no meaning. It drops medicine, law, sex education and whole dialects beside
what it is meant for, and finds nothing that is spelt otherwise.
"""

import functools
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules.thresholds import Limits, Measured, Rule, Threshold, measured_columns
from filters.text.words import TextView

LISTS = "lists"  # beside thresholds: a file, or a folder of one file a language
DEFAULT_LANGUAGE = "en"
WITHOUT_SPACES = ("ja", "th", "zh")  # a word of these may stand anywhere

# Words of the lists that C4 does not take for bad.
ALLOWED = {"sm", "グロ", "女の子", "性"}


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


@functools.cache
def _patterns(path: str, language: str) -> tuple[re.Pattern[str], str] | None:
    """For Python's `re` and, as a quick look, for RE2; None without words."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    words = sorted({line.strip() for line in lines} - ALLOWED - {""})
    if not words:
        return None
    alternatives = "|".join(map(re.escape, words))
    if language not in WITHOUT_SPACES:
        alternatives = rf"(?:\W|^)({alternatives})(?:\W|$)"
    quick = "|".join(re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", word) for word in words)
    return re.compile(alternatives), quick


def measure_bad_words(view: TextView, limits: Limits) -> Measured:
    counts = np.zeros(len(view), np.int64)
    languages = [language or DEFAULT_LANGUAGE for language in view.languages or ()]
    languages = languages or [DEFAULT_LANGUAGE] * len(view)
    for language in sorted(set(languages)):
        rows = np.flatnonzero(np.array([other == language for other in languages], bool))
        _count(
            view.text.take(pa.array(rows)).to_pylist(), str(limits[LISTS]), language, rows, counts
        )
    return Measured({"bad_words": counts})


def _count(texts: Sequence[str], lists: str, language: str, rows: Any, counts: Any) -> None:
    path = list_languages(lists).get(language.split("-")[0]) if Path(lists).is_dir() else lists
    found = _patterns(str(path), language) if path else None
    if not found:
        return
    pattern, quick = found
    lower = [text.lower() for text in texts]
    maybe = pc.match_substring_regex(pa.array(lower, pa.large_string()), quick)
    for place in np.flatnonzero(maybe.to_numpy(zero_copy_only=False)):
        counts[rows[place]] = sum(1 for _ in pattern.finditer(lower[place]))


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
    columns=measured_columns(bad_words="int64"),
    thresholds=(Threshold("max_bad_words", "bad_words", "max", 0, "bad_words"),),
    measure=measure_bad_words,
    options={LISTS: validate_lists},
    required=(LISTS,),
)
