"""Where links lead: to a place of the same page, to another page, or to the site itself."""

from numba import njit

from filters.extract import elements
from filters.extract.raised import attribute, start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, find_bytes, is_digit

_A = elements.tag("a")
_HREF, _HOST = as_bytes(' href="', "//")


@njit(cache=True, nogil=True)
def address(data: Bytes, nodes: Nodes, link: int) -> tuple[int, int]:
    """The bytes of a link's address; empty for none."""
    open_, close = start_tag(data, nodes, link)
    return attribute(data, open_, close, _HREF)


@njit(cache=True, nogil=True)
def is_own_place(data: Bytes, nodes: Nodes, link: int) -> bool:
    """Whether a link leads to a place of its page, as headings do to themselves."""
    start, end = address(data, nodes, link)
    return start + 1 < end and data[start] == ord("#")


@njit(cache=True, nogil=True)
def names_page(data: Bytes, nodes: Nodes, first: int, last: int) -> bool:
    """Whether one of these nodes is a link to a page below a site's first.

    Its path has two parts, or one of several words or with a number: `/t/1`, `/the-old-mill`.
    """
    for node in range(first, last + 1):
        if nodes.tag[node] != _A:
            continue
        at, end = address(data, nodes, node)
        host = find_bytes(data, at, end, _HOST)
        if host < end:
            at = host + len(_HOST)
            while at < end and data[at] != ord("/"):
                at += 1
        parts, in_part = 0, False
        while at < end and data[at] != ord("#"):
            if data[at] == ord("-") or data[at] == ord("_") or is_digit(data[at]):
                return True
            parts += data[at] != ord("/") and not in_part
            in_part = data[at] != ord("/")
            at += 1
        if parts > 1:
            return True
    return False
