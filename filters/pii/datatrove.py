"""E-mail and IPv4 addresses found and replaced as datatrove does.

Source: huggingface/datatrove 0.10.1, src/datatrove/pipeline/formatters/pii.py, whose patterns and
replacements are used as they are installed.

Differs: datatrove cycles through its replacements over all documents that a process reads, so that
they depend on the order of documents. Here each document starts the cycle anew: its text is that of
a fresh `PIIFormatter`.
"""

import functools
import re
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.pii.hits import Hit, matching, put

NAME = "datatrove-0.10"
KINDS = ("email", "ip")

# RE2 patterns: every text with a hit has a match.
CANDIDATES = {
    "email": r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]@[A-Za-z0-9\[]",
    "ip": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
}
# What stands in the middle of a hit, and the characters that one is made of: datatrove's patterns
# need see no others. The first begins with a literal character: Python looks for that fast.
_EMAIL_CHARACTERS = string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-.@[]:"
STRETCHES = {
    "email": (re.compile("@"), _EMAIL_CHARACTERS),
    "ip": (
        re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"),
        string.ascii_letters + string.digits + ".:",
    ),
}


def redact(
    text: pa.LargeStringArray, kinds: Sequence[str]
) -> tuple[pa.LargeStringArray, dict[int, list[Hit]]]:
    """The text, and where replacements are then, by row."""
    mask = matching(text, [CANDIDATES[kind] for kind in KINDS if kind in kinds])
    rows = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    found: dict[int, list[Hit]] = {}
    redacted: list[str] = []
    for row, value in zip(rows, text.filter(mask).to_pylist(), strict=True):
        hits: list[Hit] = []
        for kind in KINDS:  # e-mail first, as datatrove: what it writes may touch digits
            if kind in kinds:
                value, hits = _replace(value, kind, hits)
        redacted.append(value)
        found[int(row)] = hits
    return pc.replace_with_mask(text, mask, pa.array(redacted, pa.large_string())), found


def _replace(text: str, kind: str, done: list[Hit]) -> tuple[str, list[Hit]]:
    replacer = _formatter().emails_replacer if kind == "email" else _formatter().ip_replacer
    valid: Callable[[str], bool] = replacer.validator or (lambda value: True)
    hits = [
        Hit(match.start(), match.end(), kind)
        for start, end in _stretches(text, *STRETCHES[kind])
        for match in replacer.regex.finditer(text, start, end)
        if valid(match[0])
    ]
    cycle: tuple[str, ...] = replacer.replacements
    return put(text, hits, [cycle[i % len(cycle)] for i in range(len(hits))], done)


def _stretches(text: str, core: re.Pattern[str], characters: str) -> Iterator[tuple[int, int]]:
    """Runs of some characters around each match of a pattern, which has no others."""
    rest = re.compile(f"[{re.escape(characters)}]*")
    end = 0
    while match := core.search(text, end):
        before = text[end : match.start()]
        start = end + len(before.rstrip(characters))
        run = rest.match(text, match.end())
        assert run
        end = run.end()
        yield start, end


@functools.cache
def _formatter() -> Any:
    from datatrove.pipeline.formatters.pii import PIIFormatter  # takes a second to import

    return PIIFormatter()
