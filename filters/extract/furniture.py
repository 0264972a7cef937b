"""What a page shows beside its text to work on it: buttons that copy code, links to edit a section
or to go back from a note, prompts of notebooks, votes.

Source: the pages of MediaWiki, Pandoc, kramdown, Jupyter, Sphinx, Docusaurus, Prism, GitHub,
Stack Exchange, Reddit and Hacker News.
"""

from typing import TYPE_CHECKING

from numba import njit

from filters.extract import elements
from filters.extract.elements import CONTROL
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, begins, begins_in_any_case

if TYPE_CHECKING:
    from filters.extract.tree import Nodes

_A, _BUTTON = map(elements.tag, ("a", "button"))


# In the attributes of buttons that copy; a `marketing-copy` is a text.
_COPIES = as_bytes('="copy ', '="copy"', "clipboard", "data-copy", "copy-code", "copycode")
_LABELS = as_bytes("Copy</button", "Copy code</button", "Copied!</button", "Copy to clipboard<")
_BACK = as_bytes("\u21a9", "\u21a9\ufe0e", "[\u21a9]", "\u21b5")
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
            if (
                begins(data, behind, len(data), sign)
                and after < len(data)
                and data[after] == ord("<")
            ):
                return True
    elif nodes.tag[node] == _BUTTON:
        for label in _LABELS:
            if begins(data, behind, len(data), label):
                return True
        for at in range(begin, min(behind, begin + _MOST_BUTTON)):
            for word in _COPIES:
                if begins_in_any_case(data, at, len(data), word):
                    return True
    return False
