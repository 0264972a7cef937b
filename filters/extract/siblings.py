"""What stands beside what is kept and is like it: cards of a list, parts of a comment, code.

Scores are of single blocks, so that of twenty alike a few may be kept. A list with holes is no
text.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import TEXT
from filters.extract.layout import Layout
from filters.extract.posts import ELEMENTS, HELD, KEPT, count_shape
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes, table_size
from filters.text.matching import as_bytes, find_bytes
from filters.wikitext.lookups import FNV_PRIME

_P, _H1, _H6, _LI = map(elements.tag, ("p", "h1", "h6", "li"))
_APART = elements.tags("nav aside form button dialog menu footer header")
_PRIME = np.uint64(FNV_PRIME)
_LEAST_ALIKE = 4  # elements that are a list
_MOST_BLOCKS = 6  # of a card
_MOST_CARD = 300  # characters of a block of one
_STEPS = 6  # elements between a card and what it holds
_POSTED = as_bytes(
    "commtext", "comment-text", "comment-body", "comment-content", "comment_body", "comment__body",
    "CommentBody", "postbody", "post-body", "post_body", "message-body", "messageText",
    "reply-body", "bbWrapper", "answer-body", "answercell", "Post-body",
)  # fmt: skip
_BOXES = as_bytes("callout", "toggle", "admonition", "accordion", "faq")
_MOST_VERSION = 24  # characters
_LEAST_BOX = 12  # characters of a box that is text


def keep_alike(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout) -> None:
    """Keeps what has the shape of what is kept beside it, and declarations between."""
    if keep.any():
        apart = _apart(nodes, _APART)
        _keep_mixed(keep, nodes, blocks)
        _keep_posts(keep, data, nodes, blocks, apart)
        _keep_between(keep, nodes, blocks, layout, apart)
        _keep_cards(keep, data, nodes, blocks, apart)
        _keep_boxes(keep, data, nodes, blocks, apart)


@njit(cache=True, nogil=True)
def _apart(nodes: Nodes, tags: Bytes) -> Bools:
    """Which nodes stand in an element that sets them apart from a text."""
    apart = np.zeros(len(nodes.tag), np.bool_)
    for node in range(len(nodes.tag)):
        above = nodes.parent[node]
        apart[node] = tags[nodes.tag[node]] or (above >= 0 and apart[above])
    return apart


@njit(cache=True, nogil=True)
def _keep_mixed(keep: Bools, nodes: Nodes, blocks: Blocks) -> None:
    """Keeps the first lines of an element whose paragraphs are kept: `<div>A line.<p>More.</p>`."""
    owner, counts = blocks.owner, blocks.counts
    for block in range(len(keep) - 2, -1, -1):
        node, behind = owner[block], owner[block + 1]
        if keep[block] or not keep[block + 1] or node < 0 or behind < 0:
            continue
        is_mixed = nodes.tag[behind] == _P and nodes.parent[behind] == node
        has_class = nodes.class_end[node] > nodes.class_start[node]
        keep[block] = is_mixed and has_class and 2 * counts[block, LINKED] <= counts[block, CHARS]


@njit(cache=True, nogil=True)
def _keep_posts(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, apart: Bools) -> None:
    """Keeps what readers wrote, by the class of its element, if a third of such text is kept.

    There are several elements of the shape; what stands in one, lines and paragraphs, counts.
    """
    owner, counts, count = blocks.owner, blocks.counts, len(keep)
    size = table_size(count)
    table, found = np.zeros(size, np.uint64), np.zeros((size, 4), np.int64)
    slots = np.full(count, -1, np.int64)
    for block in range(count):
        post = np.int64(owner[block])
        if post >= 0 and nodes.class_end[post] == nodes.class_start[post]:
            post = np.int64(nodes.parent[post])
        if post <= 0 or nodes.class_end[post] == nodes.class_start[post] or apart[post]:
            continue
        shape = (nodes.shape[post] * _PRIME) ^ nodes.shape[nodes.parent[post]]
        if shape == 0 or not _has_word(data, nodes, post, _POSTED):
            continue
        if 2 * counts[block, LINKED] > counts[block, CHARS]:
            continue
        slots[block] = count_shape(table, found, shape, counts[block, CHARS], keep[block], post)
    for block in range(count):
        if slots[block] >= 0:
            its = found[slots[block]]
            keep[block] |= its[ELEMENTS] > 1 and its[HELD] <= 3 * its[KEPT]


@njit(cache=True, nogil=True)
def _keep_between(keep: Bools, nodes: Nodes, blocks: Blocks, layout: Layout, apart: Bools) -> None:
    """Keeps code between blocks that are kept, and on pages with code headings before such."""
    owner, counts = blocks.owner, blocks.counts
    first, last, has_code = -1, -1, False
    for block in range(len(keep)):
        if keep[block] and owner[block] >= 0:
            first, last = block if first < 0 else first, block
            has_code = has_code or layout.pre[owner[block]] >= 0
    if first < 0:
        return
    around = np.int64(owner[first])
    while around >= 0 and nodes.last[around] < owner[last]:
        around = np.int64(nodes.parent[around])
    for block in range(last - 1, first, -1):
        node = np.int64(owner[block])
        if keep[block] or node <= around or node > nodes.last[around] or apart[node]:
            continue
        if layout.pre[node] >= 0:
            keep[block] = True
            continue
        next_ = block + 1  # behind a version beside the heading
        if not keep[next_] and counts[next_, CHARS] <= _MOST_VERSION:
            next_ += 1
        heading, behind = np.int64(layout.heading[node]), np.int64(owner[next_])
        is_text = 2 * counts[block, LINKED] <= counts[block, CHARS]
        is_text = is_text and has_code and keep[next_]
        if heading < 0 or nodes.tag[heading] == _H1 or not is_text:
            continue
        section = np.int64(nodes.parent[heading])
        section = np.int64(nodes.parent[section]) if section > around else section
        keep[block] = section >= 0 and behind <= nodes.last[section]


@njit(cache=True, nogil=True)
def _key(data: Bytes, nodes: Nodes, node: int) -> np.uint64:
    """What elements of one list have in common: their name and the first name of their class."""
    key = np.uint64(nodes.tag[node]) + np.uint64(1)
    for at in range(nodes.class_start[node], nodes.class_end[node]):
        if data[at] == ord(" "):
            break
        if not ord("0") <= data[at] <= ord("9"):
            key = (key ^ np.uint64(data[at])) * _PRIME
    return key


@njit(cache=True, nogil=True)
def _keep_cards(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, apart: Bools) -> None:
    """Keeps links and headings of elements of one name side by side, if others of them are kept.

    They are what has the same way from its element to the text. Three of four have to be, or two
    of those that are headings.
    """
    owner = blocks.owner
    begins = np.full(len(nodes.tag) + 1, -1, np.int64)  # the first block of an element
    ends = np.full(len(nodes.tag) + 1, -1, np.int64)
    for block in range(len(keep)):
        node = np.int64(owner[block])
        for _ in range(_STEPS):
            if node < 0 or (begins[node] >= 0 and ends[node] == block):
                break
            begins[node] = block if begins[node] < 0 else begins[node]
            ends[node] = block
            node = np.int64(nodes.parent[node])
    node = np.int64(1)
    done = np.zeros(len(nodes.tag), np.bool_)
    while node < len(nodes.tag):
        if nodes.tag[node] == TEXT or begins[node] < 0 or done[node] or apart[node]:
            node += 1
            continue
        _fill_row(keep, data, nodes, blocks, begins, ends, done, node)
        node += 1


@njit(cache=True, nogil=True)
def _fill_row(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, begins: Indices, ends: Indices,
    done: Bools, first: int,
) -> None:  # fmt: skip
    owner = blocks.owner
    key, above = _key(data, nodes, first), nodes.parent[first]
    every = held = 0
    heads = False
    path, node = np.uint64(0), np.int64(first)
    while node < len(nodes.tag) and nodes.parent[node] == above:
        if nodes.tag[node] != TEXT:
            if begins[node] < 0 or _key(data, nodes, node) != key:
                break
            done[node] = True
            if ends[node] - begins[node] >= _MOST_BLOCKS:
                return
            every += 1
            is_held = False
            for block in range(begins[node], ends[node] + 1):
                if keep[block] and not is_held and _is_label(nodes, blocks, block):
                    own = _path(nodes, owner[block], node)
                    path = own if path == 0 else path
                    heads = heads or _is_headed(nodes, owner[block], node)
                    is_held = own == path
            held += is_held
        node = np.int64(nodes.last[node] + 1)
    if every < _LEAST_ALIKE or not 0 < held < every:
        return
    if (held < 2 or not heads) and 3 * every > 4 * held:
        return
    end = node
    node = np.int64(first)
    while node < end:
        if nodes.tag[node] != TEXT:
            for block in range(begins[node], ends[node] + 1):
                is_alike = not keep[block] and _is_label(nodes, blocks, block)
                if is_alike and _path(nodes, owner[block], node) == path:
                    keep[block] = True
        node = np.int64(nodes.last[node] + 1)


@njit(cache=True, nogil=True)
def _is_label(nodes: Nodes, blocks: Blocks, block: int) -> bool:
    """Whether a block is what a card is called: a link."""
    chars = blocks.counts[block, CHARS]
    return bool(chars <= _MOST_CARD and 2 * blocks.counts[block, LINKED] > chars)


@njit(cache=True, nogil=True)
def _is_headed(nodes: Nodes, node: int, card: int) -> bool:
    """Whether a link is the heading of a card."""
    for _ in range(_STEPS + 1):
        if _H1 < nodes.tag[node] <= _H6:
            return True
        if node <= card:
            break
        node = nodes.parent[node]
    return False


@njit(cache=True, nogil=True)
def _path(nodes: Nodes, node: int, card: int) -> np.uint64:
    """The names of the elements from one to a card around it."""
    path = np.uint64(1)
    for _ in range(_STEPS + 1):
        path = (path ^ np.uint64(nodes.tag[node])) * _PRIME
        if node <= card:
            break
        node = nodes.parent[node]
    return path


@njit(cache=True, nogil=True)
def _keep_boxes(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, apart: Bools) -> None:
    """Keeps boxes and closed answers that end a text, by their class, beside its paragraphs."""
    owner, counts = blocks.owner, blocks.counts
    last, chars = -1, 0
    for block in range(len(keep)):
        if keep[block]:
            last = block
            chars += counts[block, CHARS]
    if last < 0 or owner[last] < 0:
        return
    text = np.int64(owner[last])
    above = np.int64(nodes.parent[text])
    for _ in range(_STEPS):  # kept blocks of a box are in it
        if above < 0 or nodes.tag[text] == _P or _H1 <= nodes.tag[text] <= _H6:
            break
        if _has_word(data, nodes, text, _BOXES):
            break
        text, above = above, np.int64(nodes.parent[above])
    if above < 0 or not (nodes.tag[text] == _P or _has_word(data, nodes, text, _BOXES)):
        return
    block = last + 1
    node = np.int64(nodes.last[text] + 1)
    while node < len(nodes.tag) and nodes.parent[node] == above:
        end = np.int64(nodes.last[node])
        begin = block
        while block < len(keep) and owner[block] <= end:
            block += 1
        if block > begin:
            held = linked = 0
            for at in range(begin, block):
                held += counts[at, CHARS]
                linked += counts[at, LINKED]
            is_box = held >= _LEAST_BOX and 2 * linked <= held and 3 * held <= chars
            if not (is_box and _has_word(data, nodes, node, _BOXES) and not apart[node]):
                return
            keep[begin:block] = True
        node = end + 1


@njit(cache=True, nogil=True)
def _has_word(data: Bytes, nodes: Nodes, node: int, words: tuple[Bytes, ...]) -> bool:
    """Whether an element's class has one of these."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for word in words:  # noqa: SIM110 (a kernel)
        if end > start and find_bytes(data, start, end, word) < end:
            return True
    return False
