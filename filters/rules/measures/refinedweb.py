"""The corrections of lines of RefinedWeb, in plain Python: a tenth of the other rules' speed."""

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.rules.refinedweb import COUNTS
from filters.rules.thresholds import Limits, Measured
from filters.text.words import TextView

_COUNTED = (
    "likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views"
    "|followers"
)
# Source: mlfoundations/dclm at 15af3ce, baselines/mappers/modifiers.py, counter_line_modifier.
_COUNTER = re.compile(rf"^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:{_COUNTED})\W*$")
# In the order of dclm_baseline_refinedweb.yaml. The dots after "read more" stand for any
# character there: they are part of a regular expression.
_BOILERPLATE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"\s?items in cart", r"\s?read more...$", r"^sign-in\s?")
)
BOILERPLATE_LINE_WORDS = 10  # a longer line keeps its phrase


def measure_lines(view: TextView, limits: Limits) -> Measured:
    texts: list[str] = []
    ratios: list[float] = []
    counts: dict[str, list[int]] = {name: [] for name in COUNTS}
    for text in view.text.to_pylist():
        found: Counter[str] = Counter()
        corrected = correct(text, limits, found)
        before = len(text.split())
        ratios.append((before - len(corrected.split())) / before if before else 0.0)
        texts.append(corrected)
        for name in COUNTS:
            counts[name].append(found[name])
    columns: dict[str, npt.NDArray[np.generic]] = {
        name: np.array(values, np.int64) for name, values in counts.items()
    }
    columns["removed_word_ratio"] = np.array(ratios, np.float64)
    return Measured(columns, pa.array(texts, pa.large_string()))


def correct(text: str, limits: Limits, found: Counter[str]) -> str:
    """A text without the lines and phrases that a recipe wants gone; `found` counts them.

    Step by step as the source has it: white space around the text goes after each step, which
    the next one notices.
    """
    lines = text.split("\n")
    found["lines"] += len(lines)
    if (most := limits.get("max_line_capital_ratio")) is not None:
        stays = [_share(line, str.isupper) <= most for line in lines]
        lines = _keep(lines, stays, "lines_in_capitals", found)
    if (most := limits.get("max_line_digit_ratio")) is not None:
        stays = [_share(line, str.isdigit) <= most for line in lines]
        lines = _keep(lines, stays, "lines_of_digits", found)
    if (most := limits.get("max_line_counters")) is not None:
        stays = [bool(_COUNTER.search(line.lower())) <= most for line in lines]
        lines = _keep(lines, stays, "lines_counting", found)
    if (least := limits.get("min_line_words")) is not None:
        stays = [not line or len(line.split()) >= least for line in lines]
        lines = _keep(lines, stays, "lines_too_short", found, strip=False)
    if (most := limits.get("max_line_boilerplate")) is not None and most < 1:
        for phrase in _BOILERPLATE:
            lines = _without(lines, phrase, found)
    return "\n".join(lines).strip()


def _share(line: str, kind: Callable[[str], bool]) -> float:
    return sum(map(kind, line)) / len(line) if line else 0.0


def _keep(
    lines: list[str], stays: list[bool], name: str, found: Counter[str], strip: bool = True
) -> list[str]:
    kept = [line for line, stay in zip(lines, stays, strict=True) if stay]
    found[name] += len(lines) - len(kept)
    return "\n".join(kept).strip().split("\n") if strip else kept


def _without(lines: list[str], phrase: re.Pattern[str], found: Counter[str]) -> list[str]:
    kept = []
    for line in lines:
        if len(line.split()) <= BOILERPLATE_LINE_WORDS:
            shorter, times = phrase.subn("", line)
            found["boilerplate_phrases"] += times
            if line and (not shorter or shorter.isspace()):
                continue
            line = shorter
        kept.append(line)
    return "\n".join(kept).strip().split("\n")
