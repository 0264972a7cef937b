"""What a scorer looks at: numbers about each block of a page, its surroundings and the page.

All are counts or quotients of counts, which every machine computes alike. None knows a language;
classes and ids are English on pages of any language, and are hints among others.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract import elements
from filters.extract.blocks import (
    CAPITALS,
    CHARS,
    COMMAS,
    DIGITS,
    ENDING,
    IN_BUTTONS,
    LINKED,
    NOT_DISPLAYED,
    SENTENCES,
    SEPARATORS,
    WIDE,
    WORDS,
    Blocks,
)
from filters.extract.elements import CLASS_WORDS, TEXT, WORD_GROUPS
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, Hashes, Ints, find_slot, table_size
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

Features = npt.NDArray[np.float64]

# What kind of element owns a block, as one number.
_KINDS = (
    "p", "li", "h1", "h2", "h3", "h4 h5 h6", "td th", "pre", "dd", "dt", "blockquote",
    "figcaption caption", "legend summary", "address footer", "article section main", "div",
)  # fmt: skip
P, LI, H1, H2, H3, H4, TD = range(1, 8)
_DIV = len(_KINDS)
# Elements that say something of all that is in them.
_AROUND = (
    "nav", "footer", "header", "aside", "main", "article", "form", "table", "ul", "ol", "section",
    "dl", "figure", "blockquote", "details", "dialog", "p", "td", "th", "li", "pre", "menu",
    "fieldset", "h1", "h2", "h3", "h4 h5 h6",
)  # fmt: skip
_H1_AROUND = _AROUND.index("h1")
LEVELS = 6  # elements around a block that are looked at, without those that add no text
_NEIGHBOURS = (-2, -1, 1, 2)
_REPEATED = (3, 6, 12)  # siblings of one shape
_LONG = (80, 200)  # characters
_FAR = 50  # blocks since a heading, and farther
_GOOD_CHARS = 25  # a block with fewer says nothing of its container
_SHAPES = 64  # shapes of siblings that are told apart

NAMES: tuple[str, ...] = (
    "chars", "linked", "words", "sentences", "commas", "digits", "capitals", "separators", "wide",
    "ending", "in_buttons", "not_displayed", "place", "place_chars", "kind", "depth",
    *(f"in_{name.split()[0]}" for name in _AROUND),
    *(f"near_{name}" for name in CLASS_WORDS),
    *(f"below_{name}" for name in CLASS_WORDS),
    *(f"level{level}_{name}" for level in range(LEVELS)
      for name in ("chars", "linked", "chars_a_block", "share", "siblings", "sentences")),
    "in_best", "to_best", "best_share", "beside_best", "since_h1", "has_h1", "since_heading",
    "copies",
    *(f"block{at:+}_{name}" for at in _NEIGHBOURS
      for name in ("chars", "linked", "kind", "sibling")),
    "most_siblings", "siblings_chars", "parent_blocks",
    "page_chars", "page_linked", "page_p", "page_li", "page_td", "page_blocks", "page_articles",
    "page_forms",
    *(f"page_{name}" for name in CLASS_WORDS),
    *(f"page_siblings{count}" for count in _REPEATED),
    *(f"page_long{chars}" for chars in _LONG),
)  # fmt: skip
PAGE = NAMES.index("page_chars")  # from here on all blocks of a page have the same values


def _kinds() -> Bytes:
    kinds = np.zeros(len(elements.NAMES), np.uint8)
    for kind, names in enumerate(_KINDS, 1):
        kinds[elements.tags(names) == 1] = kind
    return kinds


def _around() -> Hashes:
    bits = np.zeros(len(elements.NAMES), np.uint64)
    for bit, names in enumerate(_AROUND):
        bits[elements.tags(names) == 1] |= np.uint64(1 << bit)
    return bits


_KIND_OF, _AROUND_BITS = _kinds(), _around()
_ROOTS = elements.tags("html body")
_ARTICLE, _FORM, _BODY = map(elements.tag, ("article", "form", "body"))
_WORD_BITS = np.uint64((1 << WORD_GROUPS) - 1)
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)


def features(data: Bytes, nodes: Nodes, blocks: Blocks) -> Features:
    """float64[blocks, NAMES] of a page."""
    found = np.zeros((len(blocks.owner), len(NAMES)), np.float64)
    if len(found):
        _fill(data, nodes, blocks, _KIND_OF, _AROUND_BITS, _ROOTS, found)
    return found


@njit(cache=True, nogil=True)
def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


@njit(cache=True, nogil=True)
def _fill(
    data: Bytes, nodes: Nodes, blocks: Blocks, kind_of: Bytes, around_bits: Hashes, roots: Bytes,
    out: Features,
) -> None:  # fmt: skip
    size, count = len(nodes.tag), len(blocks.owner)
    owner, counts = blocks.owner, blocks.counts
    depth = np.zeros(size, np.int32)
    around, below = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    articles, forms = np.int64(0), np.int64(0)
    for node in range(size):
        above = nodes.parent[node]
        if above >= 0:
            depth[node] = depth[above] + 1
            around[node], below[node] = around[above], below[above]
        tag = nodes.tag[node]
        if tag != TEXT:
            around[node] |= around_bits[tag]
            if not roots[tag]:
                below[node] |= nodes.bits[node] & _WORD_BITS
        articles += tag == _ARTICLE
        forms += tag == _FORM

    # Of each element: characters, those in links, blocks, sentences' marks.
    chars, linked = np.zeros(size, np.int64), np.zeros(size, np.int64)
    held, marks = np.zeros(size, np.int64), np.zeros(size, np.int64)
    kinds = np.zeros(count, np.uint8)
    by_kind = np.zeros(_DIV + 1, np.int64)
    all_chars, all_linked = np.int64(0), np.int64(0)
    for block in range(count):
        node = owner[block]
        all_chars += counts[block, CHARS]
        all_linked += counts[block, LINKED]
        kinds[block] = kind_of[nodes.tag[node]] if node >= 0 else 0
        by_kind[kinds[block]] += counts[block, CHARS]
        if node >= 0:
            chars[node] += counts[block, CHARS]
            linked[node] += counts[block, LINKED]
            marks[node] += 2 * counts[block, SENTENCES] + counts[block, COMMAS]
            held[node] += 1
    for node in range(size - 1, 0, -1):
        above = nodes.parent[node]
        if above >= 0:
            chars[above] += chars[node]
            linked[above] += linked[node]
            held[above] += held[node]
            marks[above] += marks[node]
    best = _best_container(nodes, blocks, kinds, chars, linked)
    steps = _steps_to(nodes, best)
    siblings = _siblings(nodes, chars)
    # Elements that add no text to the one inside them are passed over.
    next_, chain_siblings, chain_chars = _chains(nodes, held, siblings, chars)
    copies = _copies(data, nodes, blocks)

    first_h1 = -1
    for block in range(count):
        if owner[block] >= 0 and (around[owner[block]] >> np.uint64(_H1_AROUND)) & np.uint64(1):
            first_h1 = block
            break

    before, since_heading = 0, _FAR
    for block in range(count):
        node, row, its = owner[block], out[block], counts[block]
        its_chars = its[CHARS]
        row[0], row[1], row[2] = its_chars, _share(its[LINKED], its_chars), its[WORDS]
        row[3], row[4] = _share(its[SENTENCES], its_chars), _share(its[COMMAS], its_chars)
        row[5], row[6] = _share(its[DIGITS], its_chars), _share(its[CAPITALS], its_chars)
        row[7], row[8] = its[SEPARATORS], _share(its[WIDE], its_chars)
        row[9], row[10] = its[ENDING], _share(its[IN_BUTTONS], its_chars)
        row[11] = _share(its[NOT_DISPLAYED], its_chars)
        row[12], row[13] = block / count, _share(before, all_chars)
        before += its_chars
        kind = kinds[block]
        row[14], row[15] = kind, depth[node] if node >= 0 else 0
        at = 16
        for bit in range(len(_AROUND)):
            row[at + bit] = (around[node] >> np.uint64(bit)) & np.uint64(1) if node >= 0 else 0
        at += len(_AROUND)
        near = _bits_near(nodes, roots, node, blocks.first[block])
        for bit in range(WORD_GROUPS):
            row[at + bit] = (near >> np.uint64(bit)) & np.uint64(1)
            row[at + WORD_GROUPS + bit] = (
                (below[node] >> np.uint64(bit)) & np.uint64(1) if node >= 0 else 0
            )
        at += 2 * WORD_GROUPS

        most_siblings, siblings_chars, element = 1, 0, node
        for _ in range(LEVELS):
            if element < 0:
                for column in range(at, at + 6):
                    row[column] = row[column - 6]
            else:
                row[at] = chars[element]
                row[at + 1] = _share(linked[element], chars[element])
                row[at + 2] = _share(chars[element], held[element])
                row[at + 3] = _share(chars[element], all_chars)
                row[at + 4] = siblings[element]
                row[at + 5] = _share(marks[element], chars[element])
                if chain_siblings[element] > most_siblings:
                    most_siblings = chain_siblings[element]
                    siblings_chars = chain_chars[element]
                element = next_[element]
            at += 6

        inside = best >= 0 and best <= node <= nodes.last[best]
        row[at], row[at + 1] = inside, steps[node] if node >= 0 else 0
        row[at + 2] = _share(chars[best], all_chars) if best >= 0 else 0
        row[at + 3] = 0 if inside else -1 if node < best else 1
        row[at + 4] = min(max(block - first_h1, -40), 40) if first_h1 >= 0 else -99
        row[at + 5] = first_h1 >= 0
        since_heading = 0 if H1 <= kind <= H4 else min(since_heading + 1, _FAR)
        row[at + 6], row[at + 7] = since_heading, copies[block]
        at += 8
        for step in _NEIGHBOURS:
            other = block + step
            if 0 <= other < count:
                row[at] = counts[other, CHARS]
                row[at + 1] = _share(counts[other, LINKED], counts[other, CHARS])
                row[at + 2] = kinds[other]
                row[at + 3] = (
                    node >= 0
                    and owner[other] >= 0
                    and nodes.parent[owner[other]] == nodes.parent[node]
                )
            else:
                row[at] = row[at + 1] = row[at + 2] = -1
            at += 4
        above = nodes.parent[node] if node >= 0 else -1
        row[at], row[at + 1] = most_siblings, siblings_chars
        row[at + 2] = held[above] if above >= 0 else 0

    _fill_page(blocks, kinds, by_kind, below, all_chars, all_linked, articles, forms, out)


@njit(cache=True, nogil=True)
def _fill_page(
    blocks: Blocks, kinds: Bytes, by_kind: Ints, below: Hashes, all_chars: int, all_linked: int,
    articles: int, forms: int, out: Features,
) -> None:  # fmt: skip
    """The columns about the page, equal in all rows."""
    page = np.zeros(len(NAMES) - PAGE, np.float64)
    counts = blocks.counts
    page[0], page[1] = all_chars, _share(all_linked, all_chars)
    page[2], page[3] = _share(by_kind[P], all_chars), _share(by_kind[LI], all_chars)
    page[4], page[5] = _share(by_kind[TD], all_chars), len(kinds)
    page[6], page[7] = articles, forms
    for block in range(len(kinds)):
        chars = counts[block, CHARS]
        bits = below[blocks.owner[block]] if blocks.owner[block] >= 0 else np.uint64(0)
        for bit in range(WORD_GROUPS):
            if (bits >> np.uint64(bit)) & np.uint64(1):
                page[8 + bit] += chars
        at = 8 + WORD_GROUPS
        for threshold in _REPEATED:
            if out[block, PAGE - 3] >= threshold:
                page[at] += chars
            at += 1
        for threshold in _LONG:
            if chars > threshold and counts[block, LINKED] < 0.3 * chars:
                page[at] += chars
            at += 1
    for column in range(len(page)):
        if column >= 8:
            page[column] = _share(page[column], all_chars)
        for block in range(len(kinds)):
            out[block, PAGE + column] = page[column]


@njit(cache=True, nogil=True)
def _bits_near(nodes: Nodes, roots: Bytes, node: int, first: int) -> np.uint64:
    """Words of the block's element, of the one around it, and of that around its first text."""
    bits = np.uint64(0)
    if node >= 0:
        bits |= nodes.bits[node]
        above = nodes.parent[node]
        if above >= 0 and not roots[nodes.tag[above]]:
            bits |= nodes.bits[above]
    inner = nodes.parent[first]
    if inner >= 0 and inner != node:
        bits |= nodes.bits[inner]
    return bits & _WORD_BITS


@njit(cache=True, nogil=True)
def _best_container(nodes: Nodes, blocks: Blocks, kinds: Bytes, chars: Ints, linked: Ints) -> int:
    """The element with most running text close below it; -1 if there is none.

    A paragraph counts for the four elements around it, for each less than for the one before.
    Source: the idea is that of Mozilla's Readability.
    """
    scores = np.zeros(len(nodes.tag), np.float64)
    for block in range(len(kinds)):
        its = blocks.counts[block]
        if its[CHARS] < _GOOD_CHARS or blocks.owner[block] < 0:
            continue
        score = 1.0 + min(its[CHARS] / 100, 3.0) + min(its[COMMAS] + its[SENTENCES], 5)
        score *= 1 - its[LINKED] / its[CHARS]
        element = blocks.owner[block]
        for level in range(4):
            if element < 0:
                break
            if level > 0 or kinds[block] == _DIV:
                scores[element] += score
                score *= 0.6
            element = nodes.parent[element]
    best, most = -1, 0.0
    for node in range(len(scores)):
        if scores[node] > 0:
            score = scores[node] * (1 - _share(linked[node], chars[node]))
            if score > most:
                best, most = node, score
    return best


@njit(cache=True, nogil=True)
def _steps_to(nodes: Nodes, best: int) -> Ints:
    """From the element `best` up to the first that is also around this node."""
    steps = np.full(len(nodes.tag), -1, np.int64)
    above, number = best, 0
    while above >= 0:
        steps[above] = number
        above = nodes.parent[above]
        number += 1
    for node in range(len(steps)):
        if steps[node] < 0:
            above = nodes.parent[node]
            steps[node] = steps[above] if above >= 0 else number
    return steps


@njit(cache=True, nogil=True)
def _chains(nodes: Nodes, held: Ints, siblings: Ints, chars: Ints) -> tuple[Ints, Ints, Ints]:
    """For each element the next one around it that holds more blocks (or is the body).

    And of the elements up to there the most siblings, and the characters of the one that has them.
    """
    next_ = np.full(len(held), -1, np.int64)
    most, most_chars = siblings.copy(), chars.copy()
    for node in range(len(held)):
        above = nodes.parent[node]
        if above < 0:
            continue
        if held[above] != held[node] or nodes.tag[above] == _BODY:
            next_[node] = above
        else:
            next_[node] = next_[above]
            if most[above] > most[node]:
                most[node], most_chars[node] = most[above], most_chars[above]
    return next_, most, most_chars


@njit(cache=True, nogil=True)
def _siblings(nodes: Nodes, chars: Ints) -> Ints:
    """Of each element, how many siblings of its shape have text, itself among them."""
    siblings = np.ones(len(nodes.tag), np.int64)
    shapes, numbers = np.zeros(_SHAPES, np.uint64), np.zeros(_SHAPES, np.int64)
    for node in range(len(nodes.tag)):
        if nodes.tag[node] == TEXT or chars[node] == 0:
            continue
        for shape in range(_SHAPES):
            numbers[shape] = 0
        for counting in (True, False):
            child = node + 1
            while child <= nodes.last[node]:
                if nodes.tag[child] != TEXT and chars[child] > 0:
                    slot = np.int64(nodes.shape[child] % np.uint64(_SHAPES))
                    tries = 0
                    while tries < _SHAPES and numbers[slot] and shapes[slot] != nodes.shape[child]:
                        slot = (slot + 1) % _SHAPES
                        tries += 1
                    if tries < _SHAPES and counting:
                        shapes[slot] = nodes.shape[child]
                        numbers[slot] += 1
                    elif tries < _SHAPES:
                        siblings[child] = numbers[slot]
                child = nodes.last[child] + 1
    return siblings


@njit(cache=True, nogil=True)
def _copies(data: Bytes, nodes: Nodes, blocks: Blocks) -> Ints:
    """How often the text of each block is on the page."""
    count = len(blocks.owner)
    size = table_size(count)
    table, numbers = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    slots = np.zeros(count, np.int64)
    for block in range(count):
        value = _BASIS
        for node in range(blocks.first[block], blocks.last[block] + 1):
            if nodes.tag[node] == TEXT:
                for at in range(nodes.start[node], nodes.end[node]):
                    if data[at] > ord(" "):
                        value = (value ^ np.uint64(data[at])) * _PRIME
        slot = find_slot(table, size, value)
        table[slot] = value
        numbers[slot] += 1
        slots[block] = slot
    return numbers[slots]
