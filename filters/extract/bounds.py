"""Pages that would keep the HTML parser busy for minutes, found before it reads them.

lexbor, the parser, compares each attribute of a tag with all others of it, and for an `<input>`
walks through all open `<label>`s: 100,000 attributes in one tag take it 30 s.
"""

import re

import numpy as np
from numba import njit

from filters.text.characters import Bytes
from filters.text.matching import as_bytes, begins, begins_in_any_case, find_bytes

MOST_ATTRIBUTES = 5000  # of one tag
MOST_LABELS = 5000  # open at a time
# A tag that may have so many: an attribute has a character, and one stands between two.
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{2 * MOST_ATTRIBUTES}}}")

_OUTSIDE, _BETWEEN, _NAME, _EQUALS, _QUOTED, _VALUE = range(6)
_RAW = as_bytes("script", "style")
_ENDS = as_bytes("</script", "</style")
_COMMENT, _END_OF_COMMENT = as_bytes("!--", "-->")


def excess(html: str) -> str | None:
    """What a page has too much of, else None.

    A tag with `>` in the values of its attributes may pass.
    """
    if _LONG_TAG.search(html):
        data = np.frombuffer(html.encode("utf-8", "surrogatepass"), np.uint8)
        if _most_attributes(data) > MOST_ATTRIBUTES:
            return f"a tag has more than {MOST_ATTRIBUTES:,} attributes"
    if html.count("<") > MOST_LABELS and _open_labels(html) > MOST_LABELS:
        return f"more than {MOST_LABELS:,} labels are open at a time"
    return None


def _open_labels(html: str) -> int:
    return sum(html.count(f"<{n}") - html.count(f"</{n}") for n in ("label", "LABEL"))


@njit(cache=True, nogil=True)
def _most_attributes(data: Bytes) -> int:
    """The most attributes that a tag has, by the states of an HTML tokenizer."""
    most = count = at = 0
    state, quote = _OUTSIDE, 0
    while at < len(data):
        byte = data[at]
        blank = byte == 0x20 or 0x09 <= byte <= 0x0D
        if state == _OUTSIDE:
            if byte == 0x3C:
                behind = _behind_raw(data, at + 1)
                if behind > at + 1:
                    at = behind
                    continue
                if at + 1 < len(data) and 0x61 <= data[at + 1] | 0x20 <= 0x7A:
                    state, count = _NAME, -1  # the name of the tag is none
        elif state == _QUOTED:
            if byte == quote:
                state = _BETWEEN
        elif byte == 0x3E:
            most, state = max(most, count + 1), _OUTSIDE
        elif state == _EQUALS:
            if byte == 0x22 or byte == 0x27:
                state, quote = _QUOTED, byte
            elif not blank:
                state = _VALUE
        elif byte == 0x3D and state != _VALUE:
            count += state == _BETWEEN  # it may begin a name
            state = _EQUALS
        elif blank or (byte == 0x2F and state != _VALUE):
            state = _BETWEEN
        elif state == _BETWEEN:
            state, count = _NAME, count + 1
        at += 1
    return max(most, count + 1)


@njit(cache=True, nogil=True)
def _behind_raw(data: Bytes, at: int) -> int:
    """Where a script, style sheet or comment ends whose name is here; `at` if there is none."""
    end = len(data)
    if begins(data, at, end, _COMMENT):
        return find_bytes(data, at, end, _END_OF_COMMENT)
    for kind in range(len(_RAW)):
        if begins_in_any_case(data, at, end, _RAW[kind]):
            while at < end and not begins_in_any_case(data, at, end, _ENDS[kind]):
                at += 1
            break
    return at
