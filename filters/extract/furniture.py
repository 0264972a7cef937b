"""What a page shows beside its text to work on it: buttons that copy code, links to edit a section
or to go back from a note, prompts of notebooks, votes.

Source: the pages of MediaWiki, Pandoc, kramdown, Jupyter, Sphinx, Docusaurus, Prism, GitHub,
Stack Exchange, Reddit and Hacker News.
"""

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import CONTROL
from filters.text.characters import Bytes

if TYPE_CHECKING:
    from filters.extract.tree import Nodes

_A, _BUTTON = map(elements.tag, ("a", "button"))


def _bytes(*names: str) -> tuple[Bytes, ...]:
    return tuple(np.frombuffer(name.encode(), np.uint8) for name in names)


# In the attributes of buttons that copy; a `marketing-copy` is a text.
_COPIES = _bytes('="copy ', '="copy"', "clipboard", "data-copy", "copy-code", "copycode")
_LABELS = _bytes("Copy</button", "Copy code</button", "Copied!</button", "Copy to clipboard<")
_BACK = _bytes("\u21a9", "\u21a9\ufe0e", "[\u21a9]", "\u21b5")
_MOST_BUTTON = 400  # bytes of its tag that are looked at


@njit(cache=True, nogil=True)
def is_control(data: Bytes, nodes: "Nodes", node: int, begin: int, behind: int) -> bool:
    """Whether an element is one of these, by its class, or of buttons and links by their text.

    Args:
      begin, behind: where its tag begins and ends.
    """
    if nodes.bits[node] & CONTROL:
        return True
    if nodes.tag[node] == _A:
        for sign in _BACK:
            after = behind + len(sign)
            if _begins(data, behind, sign) and after < len(data) and data[after] == ord("<"):
                return True
    elif nodes.tag[node] == _BUTTON:
        for label in _LABELS:
            if _begins(data, behind, label):
                return True
        for at in range(begin, min(behind, begin + _MOST_BUTTON)):
            for word in _COPIES:
                if data[at] | 32 == word[0] | 32 and _begins_in_any_case(data, at, word):
                    return True
    return False


@njit(cache=True, nogil=True)
def _begins(data: Bytes, at: int, word: Bytes) -> bool:
    if at + len(word) > len(data):
        return False
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[at + step] != word[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _begins_in_any_case(data: Bytes, at: int, word: Bytes) -> bool:
    if at + len(word) > len(data):
        return False
    for step in range(len(word)):  # noqa: SIM110 (a kernel)
        if data[at + step] | 32 != word[step] | 32:
            return False
    return True
