"""Pages that would keep the HTML parser busy for minutes, found before it reads them.

lexbor, the parser, compares each attribute of a tag with all others of it, and for an `<input>`
walks through all open `<label>`s: 100,000 attributes in one tag take it 30 s. Many tags are
looked for among all open elements: `<select><optgroup>` 60,000 times takes 10 s. For each option
of a `<select>` it walks through those before, 2 s for 16,000: nobody reads them, so their tags are
taken out of a page that has many. It calls itself for a `<template>` in another when it writes a
page, which ends the process at some 50,000.
"""

import re

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import VOID, Lookup
from filters.text.characters import Bytes, find_slot
from filters.text.matching import as_bytes, begins, begins_in_any_case, find_bytes
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

MOST_ATTRIBUTES = 5000  # of one tag
MOST_LABELS = 5000  # open at a time
MOST_TEMPLATES = 10_000  # in all: no count of end tags can be wrong then
MOST_STEPS = 100_000_000  # through open elements; a second of parsing
MOST_OPTIONS = 2000  # of a page whose lists to choose from are left as they are
FEW_TAGS = 20_000  # so many, all open or looked for, cannot take MOST_STEPS
_OPTIONS = re.compile(r"<select\b.*?(?:</select|\Z)", re.IGNORECASE | re.DOTALL)
_OPTION_TAG = re.compile(r"</?option\b[^<>]*>?", re.IGNORECASE)
# A tag that may have so many: an attribute has a character, and one stands between two.
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{2 * MOST_ATTRIBUTES}}}")

_OUTSIDE, _BETWEEN, _NAME, _EQUALS, _QUOTED, _VALUE = range(6)
_RAW = as_bytes("script", "style")
_ENDS = as_bytes("</script", "</style")
_OPTION_NAME, _LABEL_NAME, _TEMPLATE_NAME = as_bytes("option", "label", "template")
_COMMENT, _END_OF_COMMENT = as_bytes("!--", "-->")


class TooMuch(Exception):
    """A page has too much of something; the message says of what."""


def bounded(html: str) -> str:
    """A page as the parser may have it: without the tags of options in `<select>`, if it has many.

    A tag with `>` in the values of its attributes may pass.

    Raises:
      TooMuch: the parser would be busy for minutes, or end the process.
    """
    tags, data = html.count("<"), None
    if tags > MOST_OPTIONS:
        data = _bytes(html)
        options, labels, templates = _counts(data)
        if labels > MOST_LABELS:
            raise TooMuch(f"more than {MOST_LABELS:,} labels are open at a time")
        if templates > MOST_TEMPLATES:
            raise TooMuch(f"more than {MOST_TEMPLATES:,} templates")
        if options > MOST_OPTIONS:
            html = _OPTIONS.sub(lambda found: _OPTION_TAG.sub("", found[0]), html)
            tags, data = html.count("<"), None
    if _may_have_long_tag(html) and _LONG_TAG.search(html):
        data = _bytes(html) if data is None else data
        if _most_attributes(data) > MOST_ATTRIBUTES:
            raise TooMuch(f"a tag has more than {MOST_ATTRIBUTES:,} attributes")
    if tags > FEW_TAGS:
        data = _bytes(html) if data is None else data
        if _steps(data, elements.FLAGS, elements.lookups()[0], _GROUPS) > MOST_STEPS:
            raise TooMuch("too many tags in too many open elements")
    return html


def _bytes(html: str) -> Bytes:
    return np.frombuffer(html.encode("utf-8", "surrogatepass"), np.uint8)


def _may_have_long_tag(html: str) -> bool:
    """Whether so many characters as a long tag has stand somewhere without a `>` among them."""
    at, most = 0, 2 * MOST_ATTRIBUTES
    while len(html) - at > most:
        end = html.rfind(">", at, at + most) + 1
        if not end:
            return True
        at = end
    return False


@njit(cache=True, nogil=True)
def _counts(data: Bytes) -> tuple[int, int, int]:
    """How many tags of options there are, labels opened and not closed, and templates."""
    options, labels, templates, end = 0, 0, 0, len(data)
    for at in range(end - 1):
        if data[at] != 0x3C:
            continue
        is_end = data[at + 1] == 0x2F
        name = at + 1 + is_end
        if begins_in_any_case(data, name, end, _OPTION_NAME):
            options += 1
        elif begins_in_any_case(data, name, end, _LABEL_NAME):
            labels += -1 if is_end else 1
        elif begins_in_any_case(data, name, end, _TEMPLATE_NAME):
            templates += not is_end
    return options, labels, templates


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


# Start tags that end an open element of their group, if none of the group's limits is in between;
# those for which the parser looks through all open elements; what it ignores or ends at no cost.
_LIMITS, _ENDING, _SEARCHING, _LOOSE = 16, 15, 32, 64


def _groups() -> Bytes:
    found = np.zeros(len(elements.NAMES), np.uint8)
    for number, names in enumerate(
        ("li", "dd dt", "tr", "td th", "option", "optgroup", "table"), 1
    ):
        found[elements.tags(names) > 0] = number
    found[elements.tags("ul ol dl table select template") > 0] |= _LIMITS
    searching = "select form option optgroup rt rp button hr img input caption col body html"
    found[elements.tags(f"{searching} head tr td th template") > 0] |= _SEARCHING
    found[elements.tags("p body html head") > 0] |= _LOOSE
    return found


_GROUPS = _groups()
_OPTION, _SELECT, _TABLE = map(elements.tag, ("option", "select", "table"))
_CELLS = int(_GROUPS[elements.tag("td")]) & _ENDING


@njit(cache=True, nogil=True)
def _steps(data: Bytes, flags: Bytes, tags: Lookup, groups: Bytes) -> int:
    """About how many open elements the parser looks at, up to a bit more than `MOST_STEPS`."""
    opened = np.empty(len(data) // 3 + 1, np.uint8)
    depth = steps = options = at = 0
    while at < len(data) and steps <= MOST_STEPS:
        if data[at] != 0x3C:
            at += 1
            continue
        at += 1
        behind = _behind_raw(data, at)
        if behind > at:
            at = behind
            continue
        is_end = at < len(data) and data[at] == 0x2F
        at += is_end
        if at >= len(data) or not 0x61 <= data[at] | 0x20 <= 0x7A:
            continue
        value = np.uint64(FNV_BASIS)
        while at < len(data) and data[at] > 0x20 and data[at] != 0x2F and data[at] != 0x3E:
            byte = np.uint64(data[at])
            low = byte | np.uint64(0x20) if 0x41 <= byte <= 0x5A else byte
            value = (value ^ low) * np.uint64(FNV_PRIME)
            at += 1
        slot = find_slot(tags.keys, len(tags.keys), value)
        tag = np.uint8(tags.numbers[slot] if tags.keys[slot] else elements.OTHER)
        group = groups[tag]
        if group & _SEARCHING:
            steps += depth
        if tag == _OPTION:  # it is looked for among its siblings, too
            options += not is_end
            steps += options
        elif tag == _SELECT:
            options = 0
        if group & _LOOSE:
            continue
        if is_end or group & _ENDING:
            place = depth - 1
            while place >= 0 and not _ends(opened[place], tag, is_end, groups):
                around = groups[opened[place]]
                is_cell = tag == _TABLE and around & _ENDING == _CELLS
                if not is_end and (around & _LIMITS or is_cell):
                    place = -1
                    break
                place -= 1
                steps += 1
            depth = place if place >= 0 else depth
        if not is_end and not flags[tag] & VOID:
            opened[depth] = tag
            depth += 1
    return steps


@njit(cache=True, nogil=True)
def _ends(open_: int, tag: int, is_end: bool, groups: Bytes) -> bool:
    """Whether a tag ends an open element."""
    if is_end:
        return open_ == tag
    return groups[open_] & _ENDING == groups[tag] & _ENDING
