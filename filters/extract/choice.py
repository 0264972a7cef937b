"""Which blocks of a page are kept, by their scores and by where they stand.

Short blocks score low, since most short blocks of the web are menus, dates and buttons. Between
the paragraphs of a text a reader takes them for a part of it: cells, captions, a line of code. So
what stands in the element that holds most of the text, between blocks that are kept, is kept at
a lower score, unless it is set apart there: by its element, `<nav>`, or by a word of its class.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.authors import drop_authors
from filters.extract.blocks import CHARS, LINKED, Blocks, Counts
from filters.extract.consent import drop_consent
from filters.extract.copyright import drop_copyright
from filters.extract.declarations import drop_source_links
from filters.extract.elements import CLASS_WORDS, TEXT
from filters.extract.endings import ENDINGS, keep_endings
from filters.extract.key_facts import keep_facts
from filters.extract.labels import drop_labelled
from filters.extract.layout import Layout
from filters.extract.mistaken import DATA, WORKING, keep_footers, keep_mistaken
from filters.extract.note_texts import keep_notes
from filters.extract.notices import drop_notices
from filters.extract.openers import keep_questions
from filters.extract.posts import join_replies, keep_posts
from filters.extract.profiles import drop_profiles
from filters.extract.quizzes import CONTROLS, join_quizzes
from filters.extract.siblings import keep_alike
from filters.extract.titles import keep_title
from filters.extract.tree import Indices, Nodes
from filters.text.characters import Bools, Bytes, Floats

# Blocks with such a score are kept, a probability of .35, and those that score nearly as much as
# the page's best: on unlike pages all scores are low. Word F1 is best with these two.
LIMIT = -0.6
NEAR_BEST = 2.0
# What is set apart from the text around it has to score so much more: a word of a class is a hint,
# and an element says it. Less than NEAR_BEST, so that the best block is kept.
APART_BY_CLASS = 1.0
APART_BY_TAG = 1.9
# What stands in a form of the text with fields to write into.
APART_BY_FIELDS = 4.0
# Blocks between two that are kept may score so much less if they are not mostly links: a page's
# text has no holes. So many that all stand in the very element of the two may have any score.
HOLE = 2.0
MAX_HOLE = 6
# The last paragraphs of the text may score so much less if nothing else is behind, and lines of
# other elements so much: verses, notes.
TAIL = 1.0
TAIL_LINES = 0.4
MOST_LINE = 120  # characters
# The page's only <h1> may score so much less in the element of the text or right around that, and
# any amount less before the text.
TITLE = 1.0
# A list, table, figure or quotation of which such a share of the characters is kept is kept whole:
# nobody wants half of one. One that stands right between blocks that are kept, such as the table
# of an article, or behind one in the element of the text, is kept if half of its characters score
# at most so much less than what is kept.
WHOLE = 0.1
BETWEEN = 2.0

_APART = elements.tags("nav aside form button dialog menu")
_APART_WORDS = np.uint64(
    sum(
        1 << list(CLASS_WORDS).index(group)
        for group in (
            "navigation", "social", "related", "advertisement", "subscription", "comments",
            "contents",
        )
    )
)  # fmt: skip
_UNITS = elements.tags("figure blockquote dl details pre")
_TEXTS = elements.tags("p li dd pre blockquote")  # elements of one text
_ASIDE_WORDS = np.uint64(1 << list(CLASS_WORDS).index("aside"))
(_H1, _H6, _P, _PRE, _ASIDE, _BODY, _FOOTER, _DIV, _FORM, _BUTTON, _ARTICLE, _TABLE,
 _BLOCKQUOTE) = map(
    elements.tag,
    ("h1", "h6", "p", "pre", "aside", "body", "footer", "div", "form", "button", "article", "table",
     "blockquote"),
)  # fmt: skip


def choose(scores: Floats, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout) -> Bools:
    """Which blocks to keep: bool[blocks]. Of a page with text some are kept."""
    keep = np.zeros(len(scores), np.bool_)
    if len(scores):
        masks = (_APART, _UNITS, ENDINGS, _TEXTS, DATA, WORKING, CONTROLS)
        _choose(scores, data, nodes, blocks, layout, masks, _APART_WORDS, keep)
        keep_alike(keep, data, nodes, blocks, layout)
        keep_notes(keep, data, nodes, blocks)
        drop_consent(keep, data, nodes, blocks)
        drop_profiles(keep, data, nodes, blocks)
        drop_source_links(keep, data, nodes, blocks)
        drop_notices(keep, data, nodes, blocks, layout)
        drop_labelled(keep, data, nodes, blocks, layout)
        drop_authors(keep, data, nodes, blocks)
        drop_copyright(keep, data, nodes, blocks)
    return keep


@njit(cache=True, nogil=True)
def _choose(
    scores: Floats, bytes_: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout,
    masks: tuple[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes], words: np.uint64, keep: Bools,
) -> None:  # fmt: skip
    apart, units, endings, texts, data, working, controls = masks
    owner, counts, count = blocks.owner, blocks.counts, len(scores)
    best = scores[0]
    for block in range(count):
        best = max(best, scores[block])
    limit = min(LIMIT, best - NEAR_BEST)
    scores = _with_large_table(scores, limit + APART_BY_TAG, nodes, blocks, layout.whole)
    for block in range(count):
        keep[block] = scores[block] >= limit
    content = _container(nodes, owner, counts, keep, texts)
    by_tag, by_class, unit = _innermost(nodes, apart, words, units)
    aside = _asides(nodes)
    _join_asides(nodes, blocks, content, by_class, by_tag)
    with_fields = join_quizzes(bytes_, nodes, content, controls, by_tag, by_class, unit)
    is_reply = join_replies(keep, nodes, owner, content, by_class)
    is_apart = _menus(layout, owner, counts)
    is_text, is_likely = np.empty(count, np.bool_), np.empty(count, np.bool_)
    is_inside, is_near = np.empty(count, np.bool_), np.empty(count, np.bool_)
    is_outside, is_beside = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for block in range(count):
        node, score = owner[block], scores[block]
        more = APART_BY_CLASS if is_apart[block] else 0.0
        # What is in an element comes behind it. Code is no menu, whatever is around.
        if node >= 0 and layout.pre[node] < 0:
            if by_class[node] > content:
                more = max(more, APART_BY_CLASS)
            if aside[node] >= 0 and nodes.last[aside[node]] < content:
                more, is_beside[block] = APART_BY_CLASS, True
            if _is_outside(nodes, by_tag[node], content):
                more = APART_BY_FIELDS if with_fields[node] else APART_BY_TAG
                is_outside[block] = True
        is_apart[block] = more > 0
        keep[block] = score >= limit + more
        is_text[block] = more == 0 and 2 * counts[block, LINKED] <= counts[block, CHARS]
        is_likely[block] = is_text[block] and score >= limit - HOLE
        is_near[block] = more == 0 and score >= limit - BETWEEN
        is_inside[block] = content >= 0 and content <= node <= nodes.last[content]
    _fill_beside(keep, is_text, is_likely, nodes.parent, owner)
    _fill(keep, is_likely, is_inside)
    article = _article(nodes, content)
    for block in range(count if article >= 0 else 0):
        keep[block] |= is_likely[block] and article <= owner[block] <= nodes.last[article]
    if article >= 0:
        keep_footers(keep, nodes, blocks, article)
    if content >= 0:
        keep_mistaken(keep, is_apart, is_outside, by_class, content, nodes, blocks, data, working)
        above = nodes.parent[content]
        around = (is_outside, is_beside)
        keep_title(keep, scores, limit - TITLE, bytes_, nodes, blocks, layout, around, above)
    _keep_tail(keep, is_text, scores, limit - TAIL, nodes, blocks)
    for block in range(count):
        keep[block] |= is_reply[block] and is_likely[block]
    keep_posts(keep, nodes, blocks, is_outside | is_beside)
    for wholes in (layout.whole, unit):
        _keep_whole(keep, wholes, nodes.tag, owner, counts, is_near, is_inside, is_apart)
    _keep_headings(keep, is_inside, is_apart, nodes, layout, owner)
    keep_facts(keep, is_outside | is_beside, scores, limit, content, bytes_, nodes, blocks, layout)
    if content >= 0:
        keep_questions(keep, bytes_, nodes, blocks)
        ends = layout.whole
        keep_endings(keep, nodes, blocks, content, article, endings, is_near, is_apart, ends)


@njit(cache=True, nogil=True)
def _with_large_table(
    scores: Floats, least: float, nodes: Nodes, blocks: Blocks, whole: Indices
) -> Floats:
    """The scores, at least this one in a table of data that holds half of the page.

    A page that is a table has no text around it that says so.
    """
    held, every = np.zeros(len(whole), np.int64), 0
    for block in range(len(scores)):
        chars, table = blocks.counts[block, CHARS], np.int64(-1)
        every += chars
        if blocks.owner[block] >= 0:
            table = np.int64(whole[blocks.owner[block]])
        if table >= 0 and nodes.tag[table] == _TABLE:
            held[table] += chars
    found = scores
    for node in range(len(held)):
        if held[node] and 2 * held[node] >= every:
            found = scores.copy()
            for block in range(len(scores)):
                if blocks.owner[block] >= 0 and whole[blocks.owner[block]] == node:
                    found[block] = max(found[block], least)
    return found


@njit(cache=True, nogil=True)
def _article(nodes: Nodes, content: int) -> int:
    """The page's only `<article>`, if it holds the element of the text; -1 otherwise.

    Its author says what the text is, so its short first and last lines are text as well.
    """
    article = -1
    for node in range(len(nodes.tag)):
        if nodes.tag[node] == _ARTICLE and nodes.last[node] > node:
            if article >= 0:
                return -1
            article = node
    return article if 0 <= article <= content <= nodes.last[article] else -1


@njit(cache=True, nogil=True)
def _is_outside(nodes: Nodes, apart: int, content: int) -> bool:
    """Whether what is set apart stands in or behind the element of the text, or is no part of it.

    A form before it may be around other posts.
    """
    if apart < 0 or apart > content:
        return apart >= 0
    return nodes.last[apart] < content and nodes.tag[apart] not in (_FORM, _BUTTON)


@njit(cache=True, nogil=True)
def _join_asides(
    nodes: Nodes, blocks: Blocks, content: int, by_class: Indices, by_tag: Indices
) -> None:
    """Takes an `<aside>` of the text that is hardly links, a quotation or box of facts, for text.

    One whose class names a sidebar, or what is set apart, is none.
    """
    owner, counts = blocks.owner, blocks.counts
    count = 0
    for node in range(max(content, 0), nodes.last[content] + 1 if content >= 0 else 0):
        count += nodes.tag[node] == _ASIDE
    if count == 0:
        return
    held, linked = np.zeros(len(nodes.tag), np.int32), np.zeros(len(nodes.tag), np.int32)
    for block in range(len(owner)):
        around = by_tag[owner[block]] if owner[block] >= 0 else -1
        if around > content and nodes.tag[around] == _ASIDE:
            held[around] += counts[block, CHARS]
            linked[around] += counts[block, LINKED]
    for node in range(content + 1, nodes.last[content] + 1):
        around = by_tag[node]
        if around <= content or nodes.tag[around] != _ASIDE:
            continue
        is_sidebar = nodes.bits[around] & _ASIDE_WORDS or by_class[around] > content
        if held[around] and 5 * linked[around] <= held[around] and not is_sidebar:
            by_tag[node] = -1


@njit(cache=True, nogil=True)
def _menus(layout: Layout, owner: Indices, counts: Counts) -> Bools:
    """Which blocks stand in cells of links that a table places beside a longer text."""
    count = len(owner)
    is_menu = np.zeros(count, np.bool_)
    placed = False
    for block in range(count):
        is_menu[block] = _is_placed(layout, owner[block])
        placed = placed or is_menu[block]
    if not placed:
        return is_menu
    held, linked = np.zeros(len(layout.cell), np.int64), np.zeros(len(layout.cell), np.int64)
    for block in range(count):
        if is_menu[block]:
            held[layout.cell[owner[block]]] += counts[block, CHARS]
            held[layout.row[owner[block]]] += counts[block, CHARS]
            linked[layout.cell[owner[block]]] += counts[block, LINKED]
    for block in range(count):
        if is_menu[block]:
            cell, row = layout.cell[owner[block]], layout.row[owner[block]]
            is_menu[block] = 10 * linked[cell] >= 9 * held[cell] and 2 * held[cell] < held[row]
    return is_menu


@njit(cache=True, nogil=True)
def _is_placed(layout: Layout, node: int) -> bool:
    """Whether a node stands in a table that only places its cells."""
    if node < 0 or layout.cell[node] < 0 or layout.row[node] < 0:
        return False
    row = layout.row[node]
    # A table of one or two rows is no table of data.
    return bool(layout.is_layout[row] or layout.whole[row] < 0)


@njit(cache=True, nogil=True)
def _fill_beside(
    keep: Bools, is_text: Bools, is_likely: Bools, parent: Indices, owner: Indices
) -> None:
    """Keeps what stands between blocks that are kept in one element, the parent of their owners."""
    before = -1
    for after in range(len(keep)):
        if not keep[after]:
            continue
        size = after - before - 1
        if before >= 0 and 0 < size <= MAX_HOLE and owner[before] >= 0 and owner[after] >= 0:
            above = parent[owner[after]]
            if above >= 0 and parent[owner[before]] == above:
                is_beside, likely = True, True
                for block in range(before + 1, after):
                    is_child = owner[block] >= 0 and parent[owner[block]] == above
                    is_beside = is_beside and is_child and is_text[block]
                    likely = likely and is_likely[block]
                for block in range(before + 1, after):
                    keep[block] = is_beside or likely
        before = after


@njit(cache=True, nogil=True)
def _fill(keep: Bools, is_likely: Bools, is_inside: Bools) -> None:
    """Keeps what is likely from the first to the last kept block of those inside."""
    first = last = -1
    for block in range(len(keep)):
        if keep[block] and is_inside[block]:
            first, last = block if first < 0 else first, block
    for block in range(max(first, 0), last):
        keep[block] |= is_likely[block] and is_inside[block]


@njit(cache=True, nogil=True)
def _keep_tail(
    keep: Bools, is_text: Bools, scores: Floats, limit: float, nodes: Nodes, blocks: Blocks
) -> None:
    """Keeps the last paragraphs of the text, if nothing else is behind in an element around it.

    The end of a law scores low: who signed it, and where. So may short lines of other elements.
    """
    owner = blocks.owner
    last = len(keep) - 1
    while last >= 0 and not keep[last]:
        last -= 1
    around = np.int64(owner[last]) if last >= 0 else np.int64(-1)
    end = last + 1
    while around >= 0:
        begin = end
        while end < len(keep) and owner[end] <= nodes.last[around]:
            lower = 0.0 if nodes.tag[owner[end]] == _P else TAIL - TAIL_LINES
            is_heading = _H1 <= nodes.tag[owner[end]] <= _H6
            is_long = lower > 0 and blocks.counts[end, CHARS] > MOST_LINE
            if is_heading or is_long or not is_text[end] or scores[end] < limit + lower:
                return
            end += 1
        for block in range(begin, end):
            keep[block] = True
        around = np.int64(nodes.parent[around])


@njit(cache=True, nogil=True)
def _keep_headings(
    keep: Bools, is_inside: Bools, is_apart: Bools, nodes: Nodes, layout: Layout, owner: Indices
) -> None:
    """Keeps the headings of the text whose next block is kept, in the same element as they are.

    Those of cards, `<h3><a>Name</a></h3><p>2 km</p>`, are links alone, and score low. The next
    block may be a heading below.
    """
    for block in range(len(keep) - 2, -1, -1):
        behind = owner[block + 1]
        if keep[block] or not keep[block + 1] or is_apart[block] or not is_inside[block]:
            continue
        heading = layout.heading[owner[block]]
        if heading < 0 or nodes.tag[heading] == _H1 or behind < 0:
            continue
        if layout.heading[behind] >= 0:
            keep[block] = is_inside[block + 1] and nodes.tag[heading] < nodes.tag[behind]
        else:
            keep[block] = nodes.parent[heading] <= behind <= nodes.last[nodes.parent[heading]]


# What is counted of a list, table or unit: its first and last block, characters in all and by what
# they are, and those of links.
_FIRST, _LAST, _HELD, _KEPT, _NEAR, _CONTENT, _LINKS = range(7)


@njit(cache=True, nogil=True)
def _keep_whole(
    keep: Bools, wholes: Indices, tag: Bytes, owner: Indices, counts: Counts, is_near: Bools,
    is_inside: Bools, is_apart: Bools,
) -> None:  # fmt: skip
    """Keeps whole what is kept in part, stands between blocks that are kept, or behind them.

    A table of data needs no neighbour that is kept, but a kept block before and one behind it. A
    quotation between two blocks that are kept may score as low as it likes.

    Args:
      wholes: of each node, the list, table or unit that it stands in; -1 for none.
      is_near: which blocks score nearly as much as what is kept, and are not set apart.
      is_inside: which stand in the element of the text.
    """
    number, places = 0, np.full(len(wholes), -1, np.int32)
    for block in range(len(keep)):
        whole = wholes[owner[block]] if owner[block] >= 0 else -1
        if whole >= 0 and places[whole] < 0:
            places[whole] = number
            number += 1
    if number == 0:
        return
    found = np.zeros((number, 7), np.int64)
    for block in range(len(keep)):
        whole = wholes[owner[block]] if owner[block] >= 0 else -1
        if whole < 0:
            continue
        its, chars = found[places[whole]], counts[block, CHARS]
        if its[_HELD] == 0:
            its[_FIRST] = block
        its[_LAST] = block
        its[_HELD] += chars
        its[_KEPT] += chars * keep[block]
        its[_NEAR] += chars * is_near[block]
        its[_CONTENT] += chars * (is_inside[block] and not is_apart[block])
        its[_LINKS] += counts[block, LINKED]
    is_kept = np.zeros(number, np.bool_)
    first_kept, last_kept = len(keep), -1
    for block in range(len(keep)):
        if keep[block]:
            first_kept, last_kept = min(first_kept, block), block
    for place in range(number):
        its = found[place]
        first, last, held = its[_FIRST], its[_LAST], its[_HELD]
        is_behind = first > 0 and keep[first - 1] and 2 * its[_NEAR] >= held
        goes_on = last + 1 < len(keep) and keep[last + 1]
        goes_on = goes_on or (its[_CONTENT] == held and 2 * its[_LINKS] <= held)
        in_part = its[_KEPT] > 0 and its[_KEPT] >= WHOLE * held
        is_kept[place] = in_part or (is_behind and goes_on)
        is_quotation = tag[wholes[owner[first]]] == _BLOCKQUOTE and its[_CONTENT] == held
        if is_quotation and first > 0 and last + 1 < len(keep):
            is_kept[place] |= keep[first - 1] and keep[last + 1] and 2 * its[_LINKS] <= held
        if tag[wholes[owner[first]]] == _TABLE and first_kept < first and last < last_kept:
            is_kept[place] |= 2 * its[_NEAR] >= held and 2 * its[_LINKS] <= held
    for block in range(len(keep)):
        whole = wholes[owner[block]] if owner[block] >= 0 else -1
        if whole >= 0:
            keep[block] |= is_kept[places[whole]]


@njit(cache=True, nogil=True)
def _container(nodes: Nodes, owner: Indices, counts: Counts, keep: Bools, texts: Bytes) -> int:
    """The innermost element that holds half of the characters that are kept; -1 for none.

    A paragraph that is nearly all of the text stands in one, and is none.
    """
    tag, parent = nodes.tag, nodes.parent
    held, all_chars = np.zeros(len(parent), np.int64), 0
    for block in range(len(owner)):
        if keep[block]:
            all_chars += counts[block, CHARS]
            if owner[block] >= 0:
                held[owner[block]] += counts[block, CHARS]
    for node in range(len(tag) - 1, -1, -1):
        if 2 * held[node] >= all_chars:
            while texts[tag[node]] and parent[node] >= 0:
                node = parent[node]
            return node
        if parent[node] >= 0:
            held[parent[node]] += held[node]
    return -1


@njit(cache=True, nogil=True)
def _is_of_page(nodes: Nodes, node: int) -> bool:
    """Whether an element stands in the body itself, or in one division of it."""
    above = nodes.parent[node]
    if above >= 0 and nodes.tag[above] == _DIV:
        above = nodes.parent[above]
    return bool(above >= 0 and nodes.tag[above] == _BODY)


@njit(cache=True, nogil=True)
def _asides(nodes: Nodes) -> Indices:
    """Of each node, the innermost element whose class says that it is a sidebar; -1 for none."""
    aside = np.full(len(nodes.tag), -1, np.int32)
    for node in range(len(nodes.tag)):
        if nodes.bits[node] & _ASIDE_WORDS:
            aside[node] = node
        elif nodes.parent[node] >= 0:
            aside[node] = aside[nodes.parent[node]]
    return aside


@njit(cache=True, nogil=True)
def _innermost(
    nodes: Nodes, tags: Bytes, words: np.uint64, units: Bytes
) -> tuple[Indices, Indices, Indices]:
    """Of each node, what it is innermost in; -1 for none.

    Elements that set apart by what they are, those that do by a word of their class, and units.
    """
    size = len(nodes.tag)
    by_tag, by_class = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    unit = np.full(size, -1, np.int32)
    for node in range(size):
        above, tag = nodes.parent[node], nodes.tag[node]
        if above >= 0:
            by_tag[node], by_class[node], unit[node] = by_tag[above], by_class[above], unit[above]
        if tags[tag] or (tag == _FOOTER and _is_of_page(nodes, node)):
            by_tag[node] = node
        # A quotation may be one of a network: <blockquote class="twitter-tweet">. The id of a
        # heading is its text: <h2 id="see-also">.
        is_text = tag in (TEXT, _BLOCKQUOTE) or _H1 <= tag <= _H6
        if not is_text and nodes.bits[node] & words:
            by_class[node] = node
        if units[tag] and (tag != _PRE or unit[node] < 0):  # code has the caption of its figure
            unit[node] = node
    return by_tag, by_class, unit
