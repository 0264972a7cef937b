"""Marks of notes: links and raised signs that are the number of a note, `word[1]`, and no power.

Source: the pages that Pandoc, kramdown, Markdown-it, MultiMarkdown, Substack, LibreOffice, Word,
LaTeXML, EPUB (`role="doc-noteref"`) and WordPress's plugins write.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import RAISED, TEXT
from filters.extract.raised import bounds, is_in_formula, start_tag
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, find_bytes, has_word, is_letter
from filters.text.numerals import (
    count_numerals,
    number_before,
    number_of,
    numeral_at,
    numeral_before,
)
from filters.wikitext.superscripts import is_factorial

_A, _SUP, _SPAN = map(elements.tag, ("a", "sup", "span"))
# Classes of marks, or how these begin.
_MARKS = as_bytes(
    "footnote", "footnote-", "footnote_", "footnoteref", "footref", "fn", "fn-", "fnref",
    "noteref", "note-ref", "note-mark", "noteCall", "endnote", "endnote-", "endnoteref",
    "sdfootnoteanc", "sdendnoteanc", "easy-footnote", "ltx_note_mark", "citeref", "reference",
)  # fmt: skip
# How an address within the page begins that leads to a note.
_TARGETS = as_bytes(
    "fn", "_ftn", "ftn", "_edn", "note", "footnote", "endnote", "sdfootnote", "easy-", "cite", "n"
)
_HREF, _ROLE, _NOTEREF = as_bytes(' href="', ' role="', "doc-noteref")
_CONTENT, _OWN_MARKS = as_bytes("ltx_note_content")[0], as_bytes("ltx_note_mark", "ltx_tag_note")
_MOST_DIGITS, _MOST_NODES = 3, 4  # of a mark
_VERSE = as_bytes("verse")[0]
_SYMBOL, _LIGHTEST, _MOST_VERSE = 2, 16, 3  # letters of an element, its mass; digits of a verse
_LIGHT = (ord("e"), ord("i"))  # ends of He, Be and Li
_YEAR, _YEARS = 4, (1500, 2040)  # digits of a year; those that texts speak of
_SHORTEST_WORD, _LONGEST_UNIT = 3, 5  # letters; units are `km` and `metre`
_AROUND = 3  # elements around a mark that may be its link
_STOPS = (ord("."), ord(","), ord(";"), ord(":"), ord("!"), ord("?"), ord('"'))


@njit(cache=True, nogil=True)
def is_mark_of_note(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a link or `<span>` is the number of a note, which may be raised by a style sheet."""
    if nodes.last[node] == node or nodes.last[node] - node > _MOST_NODES:
        return False
    text = np.int64(-1)
    for below in range(node + 1, nodes.last[node] + 1):
        if nodes.tag[below] == TEXT:
            if text >= 0:
                return False
            text = np.int64(below)
        elif nodes.tag[below] == _SUP:
            return False  # marks it as one itself
    if text < 0:
        return False
    start, end = bounds(data, nodes, text)
    if not 0 < count_numerals(data, start, end) <= _MOST_DIGITS:
        return False
    return leads_to_note(data, nodes, node)


@njit(cache=True, nogil=True)
def leads_to_note(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether class, role or address of an element say that it is the mark of a note."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for word in _MARKS:
        if end > start and has_word(data, start, end, word):
            return True
    if nodes.tag[node] != _A:
        return False
    if nodes.bits[node] & RAISED:
        return True
    open_, close = start_tag(data, nodes, node)
    role = find_bytes(data, open_, close, _ROLE) + len(_ROLE)
    if role < close and find_bytes(data, role, close, _NOTEREF) == role:
        return True
    at = find_bytes(data, open_, close, _HREF) + len(_HREF)
    while at < close and data[at] not in (ord("#"), ord('"')):
        at += 1
    if at >= close or data[at] != ord("#"):
        return False
    for target in _TARGETS:
        behind = at + 1 + len(target)
        if behind < close and find_bytes(data, at + 1, behind, target) == at + 1:
            last = data[behind]
            if not ord("a") <= (last | 32) <= ord("z") or len(target) > 1:
                return True
    return False


@njit(cache=True, nogil=True)
def is_link_of_note(data: Bytes, nodes: Nodes, raised: int) -> bool:
    """Whether a superscript is a mark by its class or by that of a link that holds it alone."""
    around = np.int64(raised)
    for _ in range(_AROUND):
        if leads_to_note(data, nodes, around):
            return True
        above = np.int64(nodes.parent[around])
        if above < 0 or above != around - 1 or nodes.last[above] != nodes.last[raised]:
            return False
        if nodes.tag[above] not in (_A, _SPAN):
            return False
        around = above
    return False


@njit(cache=True, nogil=True)
def is_list_of_notes(data: Bytes, start: int, end: int) -> bool:
    """Whether a raised text is several numbers of notes: `1,2`, `3, 5`, `4–6`."""
    digits, parts, at = 0, 0, start
    while at < end:
        size, _ = numeral_at(data, at, end)
        if size:
            digits += 1
            if digits > _MOST_DIGITS:
                return False
            at += size
            continue
        if digits == 0:
            return False
        if data[at] in (ord(","), ord(";")):
            at += 1
            while at < end and data[at] == ord(" "):
                at += 1
        elif data[at] == ord("-"):
            at += 1
        elif at + 2 < end and data[at] == 0xE2 and data[at + 1] == 0x80 and data[at + 2] == 0x93:
            at += 3
        else:
            return False
        parts, digits = parts + 1, 0
    return digits > 0 and parts > 0


@njit(cache=True, nogil=True)
def is_beside_note(data: Bytes, nodes: Nodes, raised: int) -> bool:
    """Whether two numbers are raised one behind the other, which no power is."""
    if not _is_raised_number(data, nodes, raised):
        return False
    behind = np.int64(nodes.last[raised] + 1)
    if behind < len(nodes.tag) and _is_raised_number(data, nodes, behind):
        return True
    before = np.int64(raised - 2)  # and its text
    return bool(before >= 0 and _is_raised_number(data, nodes, before))


@njit(cache=True, nogil=True)
def _is_raised_number(data: Bytes, nodes: Nodes, node: int) -> bool:
    if nodes.tag[node] != _SUP or nodes.last[node] != node + 1 or nodes.tag[node + 1] != TEXT:
        return False
    start, end = bounds(data, nodes, node + 1)
    return 0 < count_numerals(data, start, end) <= _MOST_DIGITS


@njit(cache=True, nogil=True)
def is_no_base(out: Bytes, begin: int, at: int) -> bool:
    """Whether text ends in a mark behind which no power stands: of a sentence, or a quotation."""
    if at - 1 <= begin:
        return False
    last = out[at - 1]
    if last in _STOPS:
        if is_factorial(out, begin, at):
            return False
        before = out[at - 2]
        return before > ord(" ") and before not in (ord("("), ord("["))
    if at - 2 <= begin:
        return False
    # ” and 。 」 and »
    is_quote = out[at - 3] == 0xE2 and out[at - 2] == 0x80 and last == 0x9D
    is_wide = out[at - 3] == 0xE3 and out[at - 2] == 0x80 and last in (0x82, 0x8D)
    return is_quote or is_wide or (out[at - 2] == 0xC2 and last == 0xBB)


@njit(cache=True, nogil=True)
def is_likely_note(
    data: Bytes, nodes: Nodes, raised: int, start: int, end: int, out: Bytes, begin: int, at: int,
    has_notes: bool,
) -> bool:  # fmt: skip
    """Whether a raised number is that of a note by what it stands behind, and is no power.

    Nobody raises a year to a power: `1990<sup>12</sup>`. On a page with a list of notes nor are
    words raised, shares, and numbers of two digits, unless they are units or powers of ten.

    Args:
      start, end: the digits.
      out, begin, at: what is written before.
      has_notes: the class of an element says that it is a list of notes.
    """
    raised_digits = count_numerals(data, start, end)
    if raised_digits > _MOST_DIGITS or at == begin:
        return False
    is_square = raised_digits == 1 and number_of(data, start, end) in (2, 3)
    whole = number_before(out, begin, at)
    digits = count_numerals(out, whole, at)
    if digits == 0:
        if not has_notes:
            return False
        word = at
        while word > begin and (is_letter(out[word - 1]) or out[word - 1] >= 0x80):
            word -= 1
        is_share = out[at - 1] == ord("%")
        return is_share or at - word > (_LONGEST_UNIT if is_square else _SHORTEST_WORD)
    if whole > begin and (is_letter(out[whole - 1]) or out[whole - 1] == ord("_")):
        return False  # a2
    number = number_of(out, whole, at)
    is_round = number % 100 == 0
    is_part = whole > begin and out[whole - 1] in (ord("."), ord(","))
    first, last = _YEARS
    is_year = digits == _YEAR and not is_part and first <= number < last
    if is_in_formula(data, nodes, raised, out, begin, whole):
        return False
    if is_year and not (is_square and is_round):
        return True
    is_ten = numeral_at(out, whole, at)[1] == 1 and numeral_before(out, whole, at)[1] == 0
    return has_notes and digits > 1 and not is_square and not is_ten


@njit(cache=True, nogil=True)
def is_content_of_note(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element is a note inside of its sentence, as LaTeXML writes it."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    return end - start == len(_CONTENT) and find_bytes(data, start, end, _CONTENT) == start


@njit(cache=True, nogil=True)
def is_own_mark(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element is the number that such a note begins with."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for word in _OWN_MARKS:  # noqa: SIM110 (a kernel)
        if end > start and has_word(data, start, end, word):
            return True
    return False


@njit(cache=True, nogil=True)
def begins_verse(data: Bytes, nodes: Nodes, raised: int, text: int, out: Bytes, at: int) -> bool:
    """Whether a raised number before a word is that of a verse, and no mass of an isotope.

    Args:
      raised: the last node of the superscript.
      text: the text behind.
      out, at: what is written before the text, to where.
    """
    whole = number_before(out, 0, at)
    if whole > 0 and out[whole - 1] > ord(" "):
        return False
    above = np.int64(nodes.parent[raised])
    start, end = nodes.class_start[above], nodes.class_end[above]
    if find_bytes(data, start, end, _VERSE) < end:
        return True
    letters, place = 0, nodes.start[text]
    while place < nodes.end[text] and (is_letter(data[place]) or data[place] >= 0x80):
        letters += 1
        place += 1
    if letters <= _SYMBOL:
        # 4He, 9Be and 7Li; all others of two letters are heavier than 16.
        is_light = letters == _SYMBOL and data[place - 1] in _LIGHT
        is_word = letters == _SYMBOL and data[place - 1] >= ord("a") and not is_light
        return is_word and number_of(out, whole, at) <= _LIGHTEST
    return count_numerals(out, whole, at) <= _MOST_VERSE and data[nodes.start[text]] >= ord("A")
