"""Unicode normalisation, control characters, line ends and white space, a batch at a time.

Each step is optional; the order is fixed and makes the whole idempotent: NFC comes after the
removal of characters that kept a letter and its accent apart, and white space comes last.
"""

import difflib
import unicodedata
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

# C0 and C1 without tab and the line ends (which are `line_endings`' matter), soft hyphen, BOM.
# Kept: ZWNJ and ZWJ spell Indic, Arabic-script and Burmese words, the zero-width space parts Khmer,
# Thai and Burmese words, direction marks order mixed lines.
CONTROLS = r"[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\x{AD}\x{FEFF}]"

# Unicode's mandatory breaks (UAX 14) other than the newline.
LINE_ENDINGS = r"\r\n|[\r\x0B\x0C\x{85}\x{2028}\x{2029}]"

OTHER_SPACES = r"\t\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}"
SPACE_RUNS = rf"[ {OTHER_SPACES}]{{2,}}|[{OTHER_SPACES}]"


def _replaced(text: pa.LargeStringArray, pattern: str, replacement: str) -> pa.LargeStringArray:
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _controls(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, CONTROLS, "")


def _nfc(text: pa.LargeStringArray) -> pa.LargeStringArray:
    # Not pc.utf8_normalize: its "NFC" decomposes and leaves it at that (pyarrow 25). Python checks
    # 220 MB/s, and few texts need more than the check.
    beyond_ascii = pc.fill_null(pc.invert(pc.string_is_ascii(text)), False)
    candidates = text.filter(beyond_ascii).to_pylist()
    if all(unicodedata.is_normalized("NFC", candidate) for candidate in candidates):
        return text
    composed = [unicodedata.normalize("NFC", candidate) for candidate in candidates]
    return pc.replace_with_mask(text, beyond_ascii, pa.array(composed, pa.large_string()))


def _line_endings(text: pa.LargeStringArray) -> pa.LargeStringArray:
    return _replaced(text, LINE_ENDINGS, "\n")


def _whitespace(text: pa.LargeStringArray) -> pa.LargeStringArray:
    text = _replaced(text, SPACE_RUNS, " ")
    text = pc.replace_substring(text, pattern=" \n", replacement="\n")
    text = _replaced(text, r"\n{3,}", "\n\n")
    return pc.utf8_trim_whitespace(text)


_STEPS: dict[str, Callable[[pa.LargeStringArray], pa.LargeStringArray]] = {
    "controls": _controls,
    "nfc": _nfc,
    "line_endings": _line_endings,
    "whitespace": _whitespace,
}
STEPS = tuple(_STEPS)


def normalize(text: pa.LargeStringArray, steps: Sequence[str] = STEPS) -> pa.LargeStringArray:
    """The text after `steps`, which run in the order of STEPS however they are listed.

    - `controls`: removes C0 and C1 control characters, soft hyphens and byte-order marks.
    - `nfc`: Unicode normal form C.
    - `line_endings`: CRLF, CR, VT, FF, NEL, U+2028 and U+2029 become a newline.
    - `whitespace`: tabs, no-break and other Unicode spaces, and runs of them, become one space;
      spaces before a newline go, more than two newlines become two, both ends are stripped.

    Nulls stay null.

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
    for name, apply in _STEPS.items():
        if name in steps:
            text = apply(text)
    return text
