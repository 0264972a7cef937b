"""Where two texts of one line are apart for a reader although no white space is between them.

Style sheets, which nothing here reads, set buttons, the links of a menu and the parts of a card
apart: `<span>Works</span><span>Expert</span>`. Written as one word they are wrong for a reader and
new to a vocabulary. Elements inside of words (`<b>W</b>hat`, `<a>table</a>s`) stay there. On the
375 pages of WCXB's development split, main text made by hand has 290 places of which one element
ends with a lower case letter and the next one begins with a capital: all but one are apart in it.
Of 30 places between two lower case letters it joins 26.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, decode

_A = elements.tag("a")
_FORMS = elements.tags("button input label meter output progress select textarea")
_BOXES = elements.tags("a abbr cite data dfn q small span time")
# In and behind these a capital belongs to the word, the formula or the code.
_JOINED = elements.tags("code kbd mfrac msub msup math rb rt rtc ruby samp sub sup tt var")

_LOWER, _UPPER = 1, 2
_CASED = 0x600  # code points below: Latin, Greek, Cyrillic and Armenian, which have case
_CASES = np.array(
    [_LOWER * chr(c).islower() + _UPPER * chr(c).isupper() for c in range(_CASED)], np.uint8
)
_NAME = 2  # letters before a capital inside of names: `McDonald`, `iPhone`
_AROUND = 8  # elements around both texts that are looked at


@njit(cache=True, nogil=True)
def is_apart(
    data: Bytes, nodes: Nodes, before: int, node: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether a space is missing before a text.

    Args:
      before, node: the text before and the text; no other text is between them.
      out, begin, at: what is written, where its line begins, and where it ends.
    """
    last = _previous(out, begin, at)
    left, _ = decode(out, last)
    right, _ = decode(data, np.int64(nodes.start[node]))
    if not (_is_in_words(left) and _is_in_words(right)):
        return False
    is_form = is_box = closes_link = opens_link = False
    above = np.int64(nodes.parent[before])
    while above >= 0 and nodes.last[above] < node:
        tag = nodes.tag[above]
        if _JOINED[tag]:
            return False
        is_form |= _FORMS[tag] != 0
        is_box |= _BOXES[tag] != 0
        closes_link |= tag == _A
        above = np.int64(nodes.parent[above])
    for between in range(before + 1, node):
        tag = nodes.tag[between]
        if _JOINED[tag]:
            return False
        is_form |= _FORMS[tag] != 0
        is_box |= _BOXES[tag] != 0
        opens_link |= tag == _A
    for _ in range(_AROUND):
        if above < 0:
            break
        if _JOINED[nodes.tag[above]]:
            return False
        above = np.int64(nodes.parent[above])
    if is_form:
        return True
    from_lower, to = _case(left) == _LOWER, _case(right)
    if closes_link and opens_link and not (from_lower and to == _LOWER):
        return True
    return is_box and from_lower and to == _UPPER and _letters(out, begin, at) > _NAME


@njit(cache=True, nogil=True)
def _previous(out: Bytes, begin: int, at: int) -> int:
    """Where the character before a place begins."""
    at -= 1
    while at > begin and out[at] & 0xC0 == 0x80:
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _case(code: int) -> int:
    return int(_CASES[code]) if code < _CASED else 0


@njit(cache=True, nogil=True)
def _is_in_words(code: int) -> bool:
    """Whether a character is a letter or digit; common punctuation and symbols are not."""
    if code < 0x80:
        return ord("0") <= code <= ord("9") or ord("a") <= (code | 32) <= ord("z")
    is_punctuation = 0x2000 <= code < 0x2C00 or 0x3000 <= code < 0x3040 or 0xFF00 <= code < 0xFF10
    return code >= 0xC0 and not is_punctuation


@njit(cache=True, nogil=True)
def _letters(out: Bytes, begin: int, at: int) -> int:
    """Letters and digits before a place; no more are counted than names need."""
    count = 0
    while at > begin and count <= _NAME:
        at = _previous(out, begin, at)
        code, _ = decode(out, at)
        if not _is_in_words(code):
            break
        count += 1
    return count
