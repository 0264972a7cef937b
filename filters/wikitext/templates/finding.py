"""Where the templates of a page are whose text is known, and their parameters: one pass, in numba.

Pieces close from the inside out, as MediaWiki's preprocessor has it: `}}` ends the nearest `{{`,
and a `|` or `=` belongs to the innermost open piece. So what is never closed costs itself alone.
"""

import numpy as np
from numba import njit

from filters.wikitext.lookups import (
    BANG,
    COLON,
    EQUALS,
    FNV_BASIS,
    FNV_PRIME,
    GREATER,
    HYPHEN,
    I64,
    LEFT_BRACE,
    LEFT_BRACKET,
    LESS,
    NEWLINE,
    PIPE,
    RIGHT_BRACE,
    RIGHT_BRACKET,
    SLASH,
    SPACE,
    TAG_CODE,
    TAG_DROPPED,
    TAG_LINE_BREAKING,
    TAG_OTHER,
    TAG_RAISED,
    U8,
    U64,
    UNDERSCORE,
    Tables,
)
from filters.wikitext.pieces import MAX_NAME_BYTES, is_infobox
from filters.wikitext.scanning import find_closing_tag, find_tag, find_tag_end, lower, run_length

MAX_OPEN = 256
MAX_DEPTH = 12  # of templates in templates whose text is known; deeper ones leave nothing
UNKNOWN = -1

_KNOWN, _OPAQUE, _BOX, _PARAMETER, _LINK, _ELEMENT = range(6)
_SEED, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)
# What `{` and the like can begin; all other bytes are passed over.
_MEANT = np.zeros(256, np.bool_)
_MEANT[list(b"{}[]<|=")] = True


@njit(cache=True, nogil=True)
def hash_names(data: U8, offsets: I64) -> U64:
    """The hashes by which `find` knows names; names are in lower case."""
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(hashes)):
        hashes[i] = hash_span(data, offsets[i], offsets[i + 1])
    return hashes


@njit(cache=True, nogil=True)
def hash_span(data: U8, start: int, end: int) -> np.uint64:
    """`lookups.fnv` of a place."""
    value = _SEED
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * _PRIME
    return value


@njit(cache=True, nogil=True)
def count(data: U8, at: int, end: int) -> tuple[np.int64, np.int64]:
    """How many templates, and how many parameters, there may be at most."""
    braces = pipes = np.int64(0)
    for i in range(at, end):
        braces += data[i] == LEFT_BRACE
        pipes += data[i] == PIPE
    return braces // 2, pipes + braces // 2


@njit(cache=True, nogil=True)
def find(
    data: U8, offsets: I64, tables: Tables, hashes: U64, silent: U8, boxes: bool, unknown: bool,
    calls: I64, arguments: I64,
) -> tuple[np.int64, np.int64]:  # fmt: skip
    """Fills in the templates and their parameters; returns how many there are of each.

    Args:
      data: the pages, one after the other.
      offsets: where they begin and end.
      hashes: of the names that are known, sorted.
      silent: bool[hashes]: the templates that leave nothing, which are passed over.
      boxes: what stands in boxes of facts counts.
      unknown: templates of no known name count too that have one parameter, which holds no markup,
        and share their line with text.
      calls: int64[n, 5]: start, end, position in `hashes` or UNKNOWN, number of parameters, page.
        Templates inside others come before them.
      arguments: int64[n, 4]: start, the `=` or -1, end, and the next one of the same template.
        The fourth column of the first is -1; a template's own are found from `calls[i, 3]`, the
        last one, backwards.
    """
    kinds = np.empty(MAX_OPEN, np.int64)
    starts = np.empty(MAX_OPEN, np.int64)
    names = np.empty(MAX_OPEN, np.int64)
    depths = np.zeros(MAX_OPEN, np.int64)  # known templates around and including it
    calls_before = np.empty(MAX_OPEN, np.int64)
    arguments_before = np.empty(MAX_OPEN, np.int64)
    last = np.empty(MAX_OPEN, np.int64)  # its last parameter so far
    begun = np.empty(MAX_OPEN, np.int64)  # where the current parameter begins, -1 for none
    equals = np.empty(MAX_OPEN, np.int64)
    n_calls = n_arguments = np.int64(0)
    for page in range(len(offsets) - 1):
        at, end = offsets[page], offsets[page + 1]
        start = at
        unclosed = np.zeros(len(tables.tag_kinds) + 1, np.bool_)  # elements; last: comments
        n = np.int64(0)
        while at < end:
            c = data[at]
            if not _MEANT[c]:
                at += 1
                continue
            following = data[at + 1] if at + 1 < end else np.uint8(0)
            if c == LEFT_BRACE and following == LEFT_BRACE:
                braces = run_length(data, at, min(end, at + 4))
                opening = at
                if n == MAX_OPEN:
                    at += 2
                    continue
                depth = depths[n - 1] if n else np.int64(0)
                kind, name, first = _PARAMETER, np.int64(UNKNOWN), np.int64(-1)
                if braces == 3:
                    at += 3
                else:
                    at += 2
                    name, first = _name(data, at, end, hashes)
                    quiet = name >= 0 and silent[name]
                    kind = _KNOWN if name >= 0 and not quiet and depth < MAX_DEPTH else _OPAQUE
                    if kind == _OPAQUE and boxes and is_infobox(data, at, end, tables):
                        kind = _BOX
                    if kind == _KNOWN and first >= 0:
                        at = first
                kinds[n], starts[n], names[n] = kind, opening, name
                depths[n] = depth + (kind == _KNOWN)
                calls_before[n], arguments_before[n] = n_calls, n_arguments
                last[n], begun[n], equals[n] = -1, first, -1
                n += 1
            elif c == RIGHT_BRACE and following == RIGHT_BRACE:
                i = n - 1
                while i >= 0 and (kinds[i] == _LINK or kinds[i] == _ELEMENT):
                    i -= 1
                at += 2
                if i < 0:
                    continue
                if kinds[i] == _PARAMETER:
                    if at < end and data[at] == RIGHT_BRACE:
                        at += 1
                    n = i
                    continue
                n = i
                keep = kinds[i] == _KNOWN
                if unknown and names[i] < 0 and kinds[i] == _OPAQUE and last[i] < 0 <= begun[i]:
                    keep = _is_plain(data, starts[i], begun[i], at - 2, start, end)
                if kinds[i] == _OPAQUE:
                    n_calls, n_arguments = calls_before[i], arguments_before[i]
                    last[i] = -1
                if keep:
                    if begun[i] >= 0:
                        arguments[n_arguments, 0] = begun[i]
                        arguments[n_arguments, 1] = equals[i]
                        arguments[n_arguments, 2] = at - 2
                        arguments[n_arguments, 3] = last[i]
                        last[i] = n_arguments
                        n_arguments += 1
                    calls[n_calls, 0], calls[n_calls, 1] = starts[i], at
                    calls[n_calls, 2] = names[i] if kinds[i] == _KNOWN else UNKNOWN
                    calls[n_calls, 3], calls[n_calls, 4] = last[i], page
                    n_calls += 1
            elif c == LEFT_BRACKET and following == LEFT_BRACKET:
                if n < MAX_OPEN and n > 0:
                    kinds[n], depths[n] = _LINK, depths[n - 1]
                    n += 1
                at += 2
            elif c == RIGHT_BRACKET and following == RIGHT_BRACKET:
                if n > 0 and kinds[n - 1] == _LINK:
                    n -= 1
                at += 2
            elif c == PIPE and n > 0 and kinds[n - 1] in (_KNOWN, _OPAQUE):
                i = n - 1
                if kinds[i] == _KNOWN and begun[i] >= 0:
                    arguments[n_arguments, 0], arguments[n_arguments, 1] = begun[i], equals[i]
                    arguments[n_arguments, 2], arguments[n_arguments, 3] = at, last[i]
                    last[i] = n_arguments
                    n_arguments += 1
                elif begun[i] >= 0:
                    last[i] = 0  # more than one parameter
                at += 1
                begun[i], equals[i] = at, -1
            elif c == EQUALS and n > 0 and begun[n - 1] >= 0 and kinds[n - 1] == _KNOWN:
                if equals[n - 1] < 0:
                    equals[n - 1] = at
                at += 1
            elif c == LESS:
                at, n, n_calls, n_arguments = _tag(
                    data, at, end, tables, unclosed, kinds, starts, depths, calls_before,
                    arguments_before, n, n_calls, n_arguments,
                )  # fmt: skip
            else:
                at += 1
    return n_calls, n_arguments


@njit(cache=True, nogil=True)
def _tag(
    data: U8, at: int, end: int, tables: Tables, unclosed: U8, kinds: I64, starts: I64, depths: I64,
    calls_before: I64, arguments_before: I64, n: int, n_calls: int, n_arguments: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Passes over a comment, a tag, or an element whose content is no wikitext.

    Returns the next place, and how many pieces are open and templates and parameters are found.
    """
    following = data[at + 1] if at + 1 < end else np.uint8(0)
    if following == BANG and at + 3 < end and data[at + 2] == data[at + 3] == HYPHEN:
        i = at + 4
        while not unclosed[-1]:
            if i + 2 >= end:
                unclosed[-1] = True
            elif data[i] == data[i + 1] == HYPHEN and data[i + 2] == GREATER:
                return i + 3, n, n_calls, n_arguments
            i += 1
        return at + 4, n, n_calls, n_arguments
    closing = following == SLASH
    name = at + 2 if closing else at + 1
    if name >= end or not 97 <= lower(data[name]) <= 122:
        return at + 1, n, n_calls, n_arguments
    tag = find_tag(data, name, end, tables)
    kind = tables.tag_kinds[tag] if tag >= 0 else TAG_OTHER
    if kind in (TAG_OTHER, TAG_LINE_BREAKING, TAG_RAISED, TAG_CODE):
        return name, n, n_calls, n_arguments
    tag_end = find_tag_end(data, at, end)
    if tag_end < 0:
        return name, n, n_calls, n_arguments
    after = tag_end + 1
    if kind == TAG_DROPPED:
        if closing:
            for i in range(n - 1, -1, -1):
                if kinds[i] == _ELEMENT and starts[i] == tag:
                    # What it holds is not shown.
                    return after, i, calls_before[i], arguments_before[i]
        elif data[tag_end - 1] != SLASH and n < MAX_OPEN:
            kinds[n], starts[n] = _ELEMENT, tag
            depths[n] = depths[n - 1] if n else 0
            calls_before[n], arguments_before[n] = n_calls, n_arguments
            n += 1
        return after, n, n_calls, n_arguments
    if not closing and data[tag_end - 1] != SLASH and not unclosed[tag]:
        close = find_closing_tag(data, after, end, tables, tag)
        if close < 0:
            unclosed[tag] = True
        else:
            after = close
    return after, n, n_calls, n_arguments


@njit(cache=True, nogil=True)
def _name(data: U8, at: int, end: int, hashes: U64) -> tuple[np.int64, np.int64]:
    """The known name at `at`, and where its first parameter begins if that is after a colon.

    A name that ends with `-`, `/` or a space stands for all that begin so and are not known
    themselves.
    """
    value = _SEED
    prefix = np.int64(UNKNOWN)
    space = False
    empty = True
    limit = min(end, at + MAX_NAME_BYTES)
    while at < limit:
        c = lower(data[at])
        if c in (PIPE, RIGHT_BRACE, LEFT_BRACE, LESS, LEFT_BRACKET):
            break
        if c in (SPACE, NEWLINE, UNDERSCORE):
            space = not empty
        else:
            if space:
                value = (value ^ np.uint64(SPACE)) * _PRIME
                if prefix < 0:
                    prefix = find_hash(hashes, value)
            value = (value ^ np.uint64(c)) * _PRIME
            space = empty = False
            if c in (COLON, HYPHEN, SLASH):
                known = find_hash(hashes, value)
                if known >= 0 and c == COLON:
                    return known, np.int64(at + 1)
                if known >= 0 and prefix < 0:
                    prefix = known
        at += 1
    # A comment may follow the name.
    known = np.int64(UNKNOWN) if empty else find_hash(hashes, value)
    return (known if known >= 0 else prefix), np.int64(-1)


@njit(cache=True, nogil=True)
def find_hash(hashes: U64, value: np.uint64) -> np.int64:
    """The position in sorted `hashes`, or UNKNOWN."""
    low, high = 0, len(hashes)
    while low < high:
        middle = (low + high) // 2
        if hashes[middle] < value:
            low = middle + 1
        else:
            high = middle
    return np.int64(low) if low < len(hashes) and hashes[low] == value else np.int64(UNKNOWN)


@njit(cache=True, nogil=True)
def _is_plain(data: U8, opening: int, at: int, close: int, start: int, end: int) -> bool:
    """Whether a parameter is text alone, with a letter, and its template shares its line."""
    letters = False
    for i in range(at, close):
        c = data[i]
        if c in (EQUALS, NEWLINE, LEFT_BRACE, RIGHT_BRACE, LESS, GREATER, PIPE):
            return False
        letters = letters or 97 <= lower(c) <= 122 or c >= 128
    after = close + 2
    alone_before = opening == start or data[opening - 1] == NEWLINE
    alone_after = after >= end or data[after] == NEWLINE
    return letters and not (alone_before and alone_after)
