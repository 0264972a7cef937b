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
_TEMPLATE = re.compile("<template", re.IGNORECASE)
_OPTIONS = re.compile(r"<select\b.*?(?:</select|\Z)", re.IGNORECASE | re.DOTALL)
_OPTION_TAG = re.compile(r"</?option\b[^<>]*>?", re.IGNORECASE)
# A tag that may have so many: an attribute has a character, and one stands between two.
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{2 * MOST_ATTRIBUTES}}}")

_OUTSIDE, _BETWEEN, _NAME, _EQUALS, _QUOTED, _VALUE = range(6)
_RAW = as_bytes("script", "style")
_ENDS = as_bytes("</script", "</style")
_COMMENT, _END_OF_COMMENT = as_bytes("!--", "-->")


def excess(html: str) -> str | None:
    """What a page has too much of, else None.

    A tag with `>` in the values of its attributes may pass.
    """
    if max(map(len, html.split(">"))) > 2 * MOST_ATTRIBUTES and _LONG_TAG.search(html):
        data = np.frombuffer(html.encode("utf-8", "surrogatepass"), np.uint8)
        if _most_attributes(data) > MOST_ATTRIBUTES:
            return f"a tag has more than {MOST_ATTRIBUTES:,} attributes"
    tags = html.count("<")
    if tags > MOST_LABELS and _open_labels(html) > MOST_LABELS:
        return f"more than {MOST_LABELS:,} labels are open at a time"
    if tags > MOST_TEMPLATES and len(_TEMPLATE.findall(html)) > MOST_TEMPLATES:
        return f"more than {MOST_TEMPLATES:,} templates"
    if tags > FEW_TAGS:
        data = np.frombuffer(html.encode("utf-8", "surrogatepass"), np.uint8)
        if _steps(data, elements.FLAGS, elements.lookups()[0], _GROUPS) > MOST_STEPS:
            return "too many tags in too many open elements"
    return None


def without_options(html: str) -> str:
    """A page without the tags of options in `<select>`, if it has many; their text is unseen."""
    if html.count("ption") + html.count("PTION") <= MOST_OPTIONS:
        return html
    if len(_OPTION_TAG.findall(html)) <= MOST_OPTIONS:
        return html
    return _OPTIONS.sub(lambda found: _OPTION_TAG.sub("", found[0]), html)


def _open_labels(html: str) -> int:
    return sum(html.count(f"<{n}") - html.count(f"</{n}") for n in ("label", "LABEL"))


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
