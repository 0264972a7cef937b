"""C4's lines and sentences as TensorFlow Datasets counts them: see `filters.rules.c4_tfds`."""

import math
import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules.measures.c4 import JAVASCRIPT, LOREM_IPSUM, POLICY_PHRASES, measure_quality
from filters.rules.thresholds import Limits, Measured
from filters.text.words import TextView

# A single quotation mark that ends a line, and what follows it. White space is that of
# str.isspace, line breaks are those of str.splitlines.
_BREAKS = r"\n\v\f\r\x1c-\x1e\x{85}\x{2028}\x{2029}"
_BLANKS = r"\t \x1f\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_QUOTED_END = rf"'([{_BLANKS}{_BREAKS}]*?(?:[{_BREAKS}]|\z))"
_HAS_CITATION = r"\[(?:\p{Nd}*|edit|citation needed)\]"  # for RE2
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_END_MARKS = (".", "?", "!", '"')

_MIN_END_MARKS = "min_line_end_marks"


def measure_as_tfds(view: TextView, limits: Limits) -> Measured:
    """Texts without citations by winnow's kernel, the others line by line in Python."""
    text = view.text
    # Lines without an end mark go, so that another sign in its place is never seen.
    if limits.get(_MIN_END_MARKS, 0) > 0 and pc.any(pc.match_substring(text, "'")).as_py():
        text = pc.replace_substring_regex(text, _QUOTED_END, r"’\1")
    measured = measure_quality(TextView(text), limits)
    cited = pc.match_substring_regex(view.text, _HAS_CITATION)
    rows = np.flatnonzero(cited.to_numpy(zero_copy_only=False))
    if not len(rows):
        return measured
    columns: dict[str, npt.NDArray[np.generic]] = {
        name: values.copy() for name, values in measured.columns.items()
    }
    cleaned = []
    for row in rows:
        found: Counter[str] = Counter()
        cleaned.append(_clean(view.text[int(row)].as_py(), limits, found))
        for name, values in columns.items():
            values[row] = found[name]
    rewritten = pa.array(cleaned, pa.large_string())
    columns["sentences"][rows] = measure_quality(TextView(rewritten), {}).columns["sentences"]
    return Measured(columns, pc.replace_with_mask(measured.text, cited, rewritten))


def _clean(text: str, limits: Limits, found: Counter[str]) -> str:
    """The lines that stay; `found` counts why others go."""
    kept = []
    for whole in text.splitlines():
        line = whole.strip()
        found["lines"] += 1
        if any(len(word) > limits.get("max_line_word_chars", math.inf) for word in line.split()):
            found["lines_with_long_word"] += 1
            continue
        line = _CITATION.sub("", line)
        ends = line.endswith(_END_MARKS) and not line.endswith("...")
        if ends < limits.get(_MIN_END_MARKS, 0):
            found["lines_without_end_mark"] += 1
            continue
        if len(line.split()) < limits.get("min_line_words", 0):
            found["lines_too_short"] += 1
            continue
        lower = line.lower()
        found["lorem_ipsum"] += lower.count(LOREM_IPSUM)
        if lower.count(JAVASCRIPT) > limits.get("max_line_javascript", math.inf):
            found["lines_with_javascript"] += 1
            continue
        found["curly_brackets"] += line.count("{")
        phrases = sum(lower.count(phrase) for phrase in POLICY_PHRASES)
        if phrases > limits.get("max_line_policy_phrases", math.inf):
            found["lines_with_policy"] += 1
            continue
        kept.append(line)
    return "\n".join(kept).strip()
