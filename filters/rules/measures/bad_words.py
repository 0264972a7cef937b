"""How often each document holds a word of its language's list."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules.bad_words import LISTS, list_languages
from filters.rules.thresholds import Limits, Measured
from filters.text.words import TextView

DEFAULT_LANGUAGE = "en"
WITHOUT_SPACES = ("ja", "th", "zh")  # a word of these may stand anywhere

# Words of the lists that C4 does not take for bad.
ALLOWED = {"sm", "グロ", "女の子", "性"}


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
