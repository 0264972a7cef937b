"""Parts of tables, boxes of facts, pictures and spellings, for the pages that keep them."""

import numpy as np
from numba import njit

from filters.wikitext.entities import put_entity
from filters.wikitext.lookups import (
    AMPERSAND,
    APOSTROPHE,
    BANG,
    CELL_MARK,
    COLON,
    DOLLAR,
    DOUBLE_QUOTE,
    EQUALS,
    FENCE_MARK,
    HYPHEN,
    LEFT_BRACE,
    LEFT_BRACKET,
    LESS,
    NEWLINE,
    NUL,
    PIPE,
    PLUS,
    RIGHT_BRACE,
    ROW_MARK,
    SEMICOLON,
    SLASH,
    SPACE,
    SPAN_MARK,
    U8,
    Tables,
)
from filters.wikitext.scanning import lower, starts_with

MAX_NAME_BYTES = 120
MAX_VARIANT_BYTES = 2000
MAX_FLAG_BYTES = 60
MIN_CAPTION_BYTES = 24
MAX_NUMBER = 999
INLINE, START, _LANG, _COLSPAN, _ROWSPAN = (
    np.frombuffer(name, np.uint8) for name in (b"inline", b"start", b"lang", b"colspan", b"rowspan")
)


@njit(cache=True, nogil=True)
def line_end(data: U8, at: int, end: int) -> int:
    while at < end and data[at] != NEWLINE:
        at += 1
    return at


@njit(cache=True, nogil=True)
def is_indented_text(data: U8, at: int, end: int) -> bool:
    """Whether the line at `at`, which begins with a space, is shown as it stands, like code."""
    while at < end and data[at] == SPACE:
        at += 1
    return bool(at < end and data[at] not in (NEWLINE, LESS, LEFT_BRACE, PIPE, BANG))


@njit(cache=True, nogil=True)
def cell_start(data: U8, at: int, end: int) -> int:
    """Of a line of a table, where the mark is: the `|` or `!` of a cell, `-` of a row, `+`.

    -1 for a line that goes on with the cell before it, or ends the table.
    """
    while at < end and data[at] == SPACE:
        at += 1
    if at >= end or (data[at] != PIPE and data[at] != BANG):
        return -1
    following = data[at + 1] if at + 1 < end else np.uint8(0)
    if data[at] == PIPE and following == RIGHT_BRACE:
        return -1
    if data[at] == PIPE and following in (HYPHEN, PLUS):
        return at + 1
    return at


@njit(cache=True, nogil=True)
def is_loose_row(
    data: U8, at: int, end: int, out: U8, begin: int, k: int, after_rows: bool
) -> bool:
    """Whether the line at `at`, outside of tables, is one of a table that a template began.

    Such a line marks a row, or it follows other rows, or a line that was a template alone and left
    nothing.
    """
    if data[at] != PIPE and data[at] != BANG:
        return False
    following = data[at + 1] if at + 1 < end else np.uint8(0)
    if after_rows or (data[at] == PIPE and following in (HYPHEN, PLUS, RIGHT_BRACE)):
        return True
    if k < begin + 2 or out[k - 1] != NEWLINE or out[k - 2] != NUL:
        return False
    k -= 2
    while k > begin and out[k - 1] == NUL:
        k -= 1
    return bool(k == begin or out[k - 1] == NEWLINE)


@njit(cache=True, nogil=True)
def put_formula(
    data: U8, at: int, end: int, tables: Tables, is_chemical: bool, out: U8, k: int
) -> int:
    """Writes a formula on one line, as the LaTeX that MediaWiki makes of it: `$x^2$`."""
    while at < end and data[at] <= SPACE:
        at += 1
    while end > at and data[end - 1] <= SPACE:
        end -= 1
    if at == end:
        return k
    out[k] = DOLLAR
    k += 1
    if is_chemical:
        out[k], out[k + 1], out[k + 2], out[k + 3], out[k + 4] = 92, 99, 101, SPACE, LEFT_BRACE
        k += 5
    while at < end:
        if data[at] == AMPERSAND:
            at, k = put_entity(data, at, end, tables, out, k)
        else:
            out[k] = max(data[at], np.uint8(SPACE))
            k, at = k + 1, at + 1
    if is_chemical:
        out[k] = RIGHT_BRACE
        k += 1
    out[k] = DOLLAR
    return k + 1


@njit(cache=True, nogil=True)
def after_attributes(data: U8, at: int, end: int) -> int:
    """Where a cell's text begins: after `class="x" |`, where there is such."""
    for i in range(at, end):
        c = data[i]
        following = data[i + 1] if i + 1 < end else np.uint8(0)
        if c == NEWLINE or (c == following and c in (LEFT_BRACKET, LEFT_BRACE, BANG)):
            break
        if c == LESS and following != BANG:  # an element, `<nowiki>|</nowiki>`, is no attribute
            break
        if c == PIPE:
            if following != PIPE:
                at = i + 1
            break
    while at < end and data[at] == SPACE:
        at += 1
    return at


@njit(cache=True, nogil=True)
def put_cell(
    out: U8, start: int, k: int, is_first: bool, data: U8, attributes: int, text: int
) -> int:
    """Begins a cell of the table whose text begins at `start`: a line, and what the cell spans.

    Args:
      is_first: it is the first one of its row.
      data, attributes, text: the wikitext, and where in it the cell's attributes and text begin.
    """
    if k > start and out[k - 1] != NEWLINE:
        out[k] = NEWLINE
        k += 1
    out[k] = ROW_MARK if is_first else CELL_MARK
    k += 1
    across = number_in(data, attributes - 1, text, _COLSPAN)
    down = number_in(data, attributes - 1, text, _ROWSPAN)
    if across > 1 or down > 1:
        for number in (across, down):
            out[k] = SPAN_MARK
            k = put_number(number, out, k + 1)
        out[k] = SPAN_MARK
        k += 1
    return k


@njit(cache=True, nogil=True)
def put_number(number: int, out: U8, k: int) -> int:
    """Writes a number of three digits at most."""
    if number >= 100:
        out[k] = 48 + number // 100
        k += 1
    if number >= 10:
        out[k] = 48 + number // 10 % 10
        k += 1
    out[k] = 48 + number % 10
    return k + 1


@njit(cache=True, nogil=True)
def number_in(data: U8, at: int, end: int, name: U8) -> int:
    """The number that an attribute of a tag has, 999 at most; 1 for none."""
    at = attribute(data, at, end, name)
    number = 0
    while 0 <= at < end and data[at] in (SPACE, EQUALS, DOUBLE_QUOTE, APOSTROPHE):
        at += 1
    while 0 <= at < end and 48 <= data[at] <= 57:
        number = min(10 * number + data[at] - 48, MAX_NUMBER)
        at += 1
    return max(number, 1)


@njit(cache=True, nogil=True)
def put_block_mark(mark: int, out: U8, k: int) -> int:
    """Writes a mark on a line of its own."""
    out[k], out[k + 1], out[k + 2] = NEWLINE, mark, NEWLINE
    return k + 3


@njit(cache=True, nogil=True)
def attribute(data: U8, at: int, end: int, name: U8) -> int:
    """Where an attribute's name ends, in a tag from `at` to `end`; -1 if it has none of that name.

    The byte at `at` is before the first one that may be of an attribute.
    """
    while at + len(name) < end:
        at += 1
        if data[at - 1] <= SPACE or data[at - 1] in (PIPE, BANG, DOUBLE_QUOTE, APOSTROPHE):
            same = 0
            while same < len(name) and lower(data[at + same]) == name[same]:
                same += 1
            if same == len(name):
                return at + same
    return -1


@njit(cache=True, nogil=True)
def put_fence(data: U8, at: int, end: int, out: U8, k: int) -> int:
    """Writes the mark before code with the language that its tag names: `lang="python"`."""
    out[k], out[k + 1] = NEWLINE, FENCE_MARK
    k += 2
    at = attribute(data, at, end, _LANG)
    while 0 <= at < end and data[at] in (SPACE, EQUALS, DOUBLE_QUOTE, APOSTROPHE):
        at += 1
    while 0 <= at < end and not (
        data[at] <= SPACE or data[at] in (DOUBLE_QUOTE, APOSTROPHE, SLASH)
    ):
        out[k] = lower(data[at])
        k, at = k + 1, at + 1
    out[k] = NEWLINE
    return k + 1


@njit(cache=True, nogil=True)
def is_infobox(data: U8, at: int, end: int, tables: Tables) -> bool:
    """Whether the template whose name begins at `at` holds facts, by a word in its name."""
    words = tables.infobox_words
    for i in range(at, min(end, at + MAX_NAME_BYTES)):
        if data[i] == PIPE or data[i] == RIGHT_BRACE or data[i] == LEFT_BRACE:
            return False
        for word in range(len(words.offsets) - 1):
            if lower(data[i]) == words.data[words.offsets[word]] and starts_with(
                data, i, end, words, word
            ):
                return True
    return False


@njit(cache=True, nogil=True)
def put_fact_name(data: U8, at: int, end: int, out: U8, k: int) -> tuple[int, int]:
    """Writes a line's `name: ` for the `name =` at `at`; returns the next input and output."""
    out[k] = NEWLINE
    k += 1
    while at < end and (data[at] == SPACE or data[at] == NEWLINE):
        at += 1
    equals = at
    while equals < min(end, at + MAX_NAME_BYTES) and (
        data[equals] >= 128
        or 97 <= lower(data[equals]) <= 122
        or 48 <= data[equals] <= 57
        or data[equals] in (32, 40, 41, 45, 46, 47, 95)  # space, brackets, - . / _
    ):
        equals += 1
    if equals == at or equals >= end or data[equals] != EQUALS:
        return at, k
    last = equals
    while last > at and data[last - 1] == SPACE:
        last -= 1
    for i in range(at, last):
        out[k] = data[i]
        k += 1
    out[k], out[k + 1] = COLON, SPACE
    at = equals + 1
    while at < end and data[at] == SPACE:
        at += 1
    return at, k + 2


@njit(cache=True, nogil=True)
def end_fact(out: U8, start: int, k: int) -> int:
    """Ends the last line of a box that begins at `start`; a name without a value goes."""
    while k > start and (out[k - 1] == SPACE or out[k - 1] == NEWLINE or out[k - 1] == NUL):
        k -= 1
    if k > start and out[k - 1] == COLON:
        while k > start and out[k - 1] != NEWLINE:
            k -= 1
        k = max(start, k - 1)
    return k


@njit(cache=True, nogil=True)
def end_caption(out: U8, start: int, k: int, labelled: bool) -> int:
    """Keeps a picture's last parameter, from `start` on, as a line if it looks like a caption.

    `thumb`, `200px` and `alt=…` do not: a caption has a space or many bytes, and no such name.
    """
    first = start
    while first < k and (out[first] == NEWLINE or out[first] == SPACE):
        first += 1
    spaced = False
    name = True
    for i in range(first, k):
        spaced = spaced or out[i] == SPACE
        if out[i] == EQUALS and name and i > first:
            return start
        name = name and 97 <= lower(out[i]) <= 122
    if not labelled or not (spaced or k - first >= MIN_CAPTION_BYTES):
        return start
    out[k] = NEWLINE
    return k + 1


@njit(cache=True, nogil=True)
def caption_start(data: U8, at: int, end: int) -> int:
    """Of a line of a gallery, where its caption begins: after the `|`, or its end."""
    while at < end and data[at] != NEWLINE:
        if data[at] == PIPE:
            return at + 1
        at += 1
    return at


@njit(cache=True, nogil=True)
def variant(data: U8, at: int, end: int) -> tuple[int, int, int]:
    """Of `-{…}-`, the first spelling's beginning and end, and what comes after; -1: it is none.

    A spelling is wikitext, and may hold links, templates and other such choices.
    """
    close = at
    depth = braces = 0
    while close + 1 < end:
        c, following = data[close], data[close + 1]
        if close - at > MAX_VARIANT_BYTES:
            return -1, -1, -1
        if c == LEFT_BRACE and following == LEFT_BRACE:
            braces += 1
            close += 1
        elif c == RIGHT_BRACE and following == RIGHT_BRACE and braces > 0:
            braces -= 1
            close += 1
        elif c == RIGHT_BRACE and following == HYPHEN:
            if depth == 0:
                break
            depth -= 1
            close += 1
        elif _begins_variant(data, close, end):
            depth += 1
            close += 1
        close += 1
    if close + 1 >= end:
        return -1, -1, -1
    first, last = _spelling(data, at, close)
    return first, last, close + 2


@njit(cache=True, nogil=True)
def _begins_variant(data: U8, at: int, end: int) -> bool:
    """Whether `-{` is at `at`; in `-{{` the braces are a template's."""
    return bool(
        data[at] == HYPHEN
        and at + 2 < end
        and data[at + 1] == LEFT_BRACE
        and data[at + 2] != LEFT_BRACE
    )


@njit(cache=True, nogil=True)
def _spelling(data: U8, at: int, close: int) -> tuple[int, int]:
    """The first spelling of those from `at` to `close`."""
    flags = at
    codes = hidden = False  # flags are letters such as H, or codes of variants
    while flags < min(close, at + MAX_FLAG_BYTES):
        c = data[flags]
        if not (97 <= lower(c) <= 122 or c in (HYPHEN, SEMICOLON, SPACE)):
            break
        codes = codes or 97 <= c <= 122
        hidden = hidden or c in (68, 72, 84, HYPHEN)  # D, H, T and -: nothing is shown here
        flags += 1
    first = at
    if flags < close and data[flags] == PIPE:
        if hidden and not codes:
            return at, at
        first = flags + 1
    depth = 0
    last = first
    while last < close and (
        data[last] != SEMICOLON or depth > 0 or _code_end(data, last + 1, close) < 0
    ):
        if _begins_variant(data, last, close):
            depth += 1
        elif data[last] == RIGHT_BRACE and data[last + 1] == HYPHEN:
            depth -= 1
        last += 1
    code = _code_end(data, first, close)
    if first < code < close:
        return code, last
    return first, close


@njit(cache=True, nogil=True)
def _code_end(data: U8, at: int, close: int) -> int:
    """Where the spelling begins whose code, `zh-tw:`, is at `at`; `close` if nothing is there.

    -1: something else is there, such as what follows the semicolon of an entity.
    """
    while at < close and data[at] <= SPACE:
        at += 1
    if at == close:
        return close
    code = at
    while code < close and (97 <= data[code] <= 122 or data[code] in (HYPHEN, SPACE)):
        code += 1
    return code + 1 if at < code < close and data[code] == COLON else -1


@njit(cache=True, nogil=True)
def last_table_end(data: U8, at: int, end: int) -> int:
    """Where the last line from `at` on begins that ends a table with `|}`; -1 if there is none."""
    found = -1
    while at < end:
        line = at
        while at < end and data[at] == SPACE:
            at += 1
        if at + 1 < end and data[at] == PIPE and data[at + 1] == RIGHT_BRACE:
            found = line
        at = line_end(data, at, end) + 1
    return found
