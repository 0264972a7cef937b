"""Unicode normalisation, broken encodings, invisible characters, line ends and white space.

Each step is optional; the order is fixed and makes the whole idempotent: NFC comes after the
removal of characters that kept a letter and its accent apart, and white space comes last.

What each step keeps: `nfc` every character (canonically equivalent text), `line_endings` and
`line_separators` every line, `controls` and `zero_width` all that is visible, `whitespace` all but
white space, and of that the indentation of lines, tabs and all spaces of code, tables and verse
(`filters.text.layout` says which lines these are). `mojibake` undoes what a wrong decoding did, by
ftfy (Speer 2019, https://doi.org/10.5281/zenodo.2591652, version 6), and leaves lines alone that do
not look broken.
"""

import collections
import difflib
import importlib
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from filters.text import layout

# C0 and C1 without tab and the line ends (which are `line_endings`' matter), soft hyphen, BOM.
# Kept: ZWNJ and ZWJ spell Indic, Arabic-script and Burmese words, the zero-width space parts Khmer,
# Thai and Burmese words, direction marks order mixed lines.
CONTROLS = r"[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\x{AD}\x{FEFF}]"

# Zero-width space, Mongolian vowel separator, word joiner, invisible operators. Joiners and
# direction marks stay: without them words are spelt wrong and mixed lines are ordered wrong.
ZERO_WIDTH = r"[\x{200B}\x{180E}\x{2060}-\x{2064}]"

LINE_ENDINGS = r"\r\n?"
# Unicode's mandatory breaks (UAX 14) other than these and the newline.
LINE_SEPARATORS = r"[\x0B\x0C\x{85}\x{2028}\x{2029}]"

# Characters with a combining class are among these.
_MARKS = regex.compile(r"\p{M}+")
MOST_MARKS = 1000

# What a text may hold (`filters.text.blemishes`), one bit each. ANY is for one that a step changed.
BEYOND_ASCII, CONTROL, INVISIBLE, UNCOMPOSED, RETURN, SEPARATOR, WHITE = (1 << i for i in range(7))
ANY = 0xFF


def _replaced(text: pa.LargeStringArray, pattern: str, replacement: str) -> pa.LargeStringArray:
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _controls(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, CONTROLS, "")


def _zero_width(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, ZERO_WIDTH, "")


def _mojibake(text: pa.LargeStringArray) -> pa.LargeStringArray:
    # Imported here: half a second that most recipes do not need.
    fix: Callable[[str], str] = importlib.import_module("ftfy").fix_encoding
    looks_broken = importlib.import_module("ftfy.badness").is_bad

    def fixed(whole: str) -> str:
        if not looks_broken(whole):
            return whole
        return "\n".join(fix(line) if looks_broken(line) else line for line in whole.split("\n"))

    return pa.array(map(fixed, text.to_pylist()), pa.large_string())


def _nfc(text: pa.LargeStringArray) -> pa.LargeStringArray:
    # Not pc.utf8_normalize: its "NFC" decomposes and leaves it at that (pyarrow 25).
    def composed(whole: str) -> str:
        # Marks are sorted by their class, in time that grows with the square of a run's length.
        longest = max((len(run) for run in _MARKS.findall(whole)), default=0)
        return whole if longest > MOST_MARKS else unicodedata.normalize("NFC", whole)

    return pa.array(map(composed, text.to_pylist()), pa.large_string())


def _line_endings(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, LINE_ENDINGS, "\n")


def _line_separators(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, LINE_SEPARATORS, "\n")


def _whitespace(text: pa.LargeStringArray) -> pa.LargeStringArray:
    has_layout = pc.match_substring_regex(text, pattern=layout.MARKS)
    mended = list(map(layout.collapse, text.filter(has_layout).to_pylist()))
    prose = pc.if_else(has_layout, pa.scalar("", text.type), text)
    prose = _replaced(prose, layout.SPACED_BEGINNINGS, " ")
    prose = _replaced(prose, layout.SPACE_RUNS, r"\1 ")
    prose = _replaced(prose, layout.SPACES_AT_ENDS_OF_LINES, "\n")
    prose = _replaced(prose, layout.NEWLINES, "\n\n")
    prose = pc.utf8_trim_whitespace(prose)
    return pc.replace_with_mask(prose, has_layout, pa.array(mended, pa.large_string()))


class _Step(NamedTuple):
    """What a step does to texts, and what only such texts have as it changes (bits)."""

    mend: Callable[[pa.LargeStringArray], pa.LargeStringArray]
    looks_for: int


_STEPS = {
    "mojibake": _Step(_mojibake, BEYOND_ASCII),
    "controls": _Step(_controls, CONTROL),
    "zero_width": _Step(_zero_width, INVISIBLE),
    "nfc": _Step(_nfc, UNCOMPOSED),
    "line_endings": _Step(_line_endings, RETURN),
    "line_separators": _Step(_line_separators, SEPARATOR),
    "whitespace": _Step(_whitespace, WHITE),
}
STEPS = tuple(_STEPS)
DEFAULT_STEPS = ("controls", "nfc", "line_endings", "line_separators", "whitespace")


def normalize(
    text: pa.LargeStringArray,
    steps: Sequence[str] = DEFAULT_STEPS,
    changed: collections.Counter[str] | None = None,
) -> pa.LargeStringArray:
    """The text after `steps`, which run in the order of STEPS however they are listed.

    - `mojibake`: text that was decoded by the wrong encoding, such as "schÃ¶n", is put right.
    - `controls`: removes C0 and C1 control characters, soft hyphens and byte-order marks.
    - `zero_width`: removes zero-width spaces and other invisible characters but joiners and
      direction marks. Khmer, Thai and Burmese may lose word boundaries.
    - `nfc`: Unicode normal form C. A text with more than 1,000 combining marks in a row stays.
    - `line_endings`: CRLF and CR become a newline.
    - `line_separators`: VT, FF, NEL, U+2028 and U+2029 become a newline.
    - `whitespace`: inside of a line of prose, runs of spaces, no-break and other Unicode spaces
      become one space; tabs alone stay. Lines of code, tables and verse keep theirs. The spaces and
      tabs that a line begins with stay; with other spaces among them they become one space. Spaces
      before a newline go, more than two newlines become two between lines of prose. Blank lines
      go at both ends of the text, and so does the indentation of its first line, unless the next
      line is indented, too.

    Nulls stay null.

    Args:
      text: large_string.
      steps: names.
      changed: the number of texts that a step changed is added under its name.

    Raises:
      ValueError: a step of another name.
    """
    for step in steps:
        if step not in _STEPS:
            near = difflib.get_close_matches(step, STEPS, n=1, cutoff=0.0)[0]
            raise ValueError(
                f"unknown normalisation step {step!r}; did you mean {near!r}?"
                f" The steps are {', '.join(STEPS)}"
            )
    while True:
        given, text = text, _one_pass(text, steps, changed)
        # What another step removed may have hidden that a text is broken.
        if "mojibake" not in steps or text.equals(given):
            return text


def _one_pass(
    text: pa.LargeStringArray, steps: Sequence[str], changed: collections.Counter[str] | None
) -> pa.LargeStringArray:
    """Each step once, for texts that may hold what it mends."""
    wanted = [(name, step) for name, step in _STEPS.items() if name in steps]
    if not wanted:
        return text
    from filters.text.blemishes import blemishes  # numba, which settings shall not load

    found = blemishes(text)
    candidates = np.zeros(len(text), bool)
    for _, step in wanted:
        candidates |= found & step.looks_for != 0
    if not candidates.any():
        return text
    found, some = found[candidates], text.filter(pa.array(candidates))
    for name, step in wanted:
        rows = found & step.looks_for != 0
        before = some.filter(pa.array(rows))
        after = step.mend(before)
        is_changed = pc.not_equal(before, after).to_numpy(zero_copy_only=False)
        if is_changed.any():
            some = pc.replace_with_mask(some, pa.array(rows), after)
            # A step may make work for others.
            found[np.flatnonzero(rows)[is_changed]] = ANY
        if changed is not None:
            changed[name] += int(is_changed.sum())
    return pc.replace_with_mask(text, pa.array(candidates), some)
