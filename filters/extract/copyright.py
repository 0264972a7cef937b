"""The copyright line at the end of a page that has no `<footer>` around it.

`© 2024 The Valley. All rights reserved.` reads like a sentence of the text, in any language. It is
known by its sign or word, its year and its place: behind it hardly anything is kept.
"""

from numba import njit

from filters.extract.blocks import CHARS, Blocks
from filters.extract.elements import TEXT
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes
from filters.text.matching import as_bytes, begins_in_any_case, is_digit

_MOST_LINE = 200  # characters of such a line
_BLOCKS = 6  # kept blocks at the end that are looked at
_LONGEST_BEHIND = 80  # characters of those behind it: links to terms, the maker of the page
_COPYRIGHTS = as_bytes("copyright", "(c)", "&copy;")
_CENTURIES = (ord("1"), ord("9")), (ord("2"), ord("0"))


@njit(cache=True, nogil=True)
def drop_copyright(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Drops the copyright line that ends what is kept, and the few words behind it."""
    block, seen = len(keep) - 1, 0
    while block > 0 and seen < _BLOCKS:
        if keep[block]:
            chars = blocks.counts[block, CHARS]
            if chars <= _MOST_LINE and _is_copyright(data, nodes, blocks, block):
                if keep[:block].any():
                    keep[block:] = False
                return
            if chars > _LONGEST_BEHIND:
                return
            seen += 1
        block -= 1


@njit(cache=True, nogil=True)
def _is_copyright(data: Bytes, nodes: Nodes, blocks: Blocks, block: int) -> bool:
    """Whether a block has the sign, or begins with the word, and a year."""
    has_sign = has_year = False
    is_first = True
    for node in range(blocks.first[block], blocks.last[block] + 1):
        if nodes.tag[node] != TEXT:
            continue
        at, end = nodes.start[node], nodes.end[node]
        while at < end:
            if is_first and data[at] > ord(" "):
                is_first = False
                for word in _COPYRIGHTS:
                    has_sign = has_sign or begins_in_any_case(data, at, end, word)
            if data[at] == 0xC2 and at + 1 < end and data[at + 1] == 0xA9:  # ©
                has_sign = True
            is_number = at > nodes.start[node] and is_digit(data[at - 1])
            if not is_number and at + 3 < end and is_digit(data[at + 2]) and is_digit(data[at + 3]):
                for first, second in _CENTURIES:
                    has_year = has_year or (data[at] == first and data[at + 1] == second)
            at += 1
    return has_sign and has_year
