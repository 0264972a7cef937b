"""The pass over a page's markup.

Text is written as it comes; a construct that turns out to be closed takes back what was written
since it opened. So an opener that is never closed costs itself, not the rest of the page.
"""

import numpy as np
from numba import njit

from filters.wikitext.entities import put_entity
from filters.wikitext.lookups import (
    AMPERSAND,
    APOSTROPHE,
    BANG,
    BREAK_MARK,
    CODE_END,
    CODE_MARK,
    COLON,
    DROPPED_TABLE,
    ELEMENT,
    EQUALS,
    EXTERNAL,
    FENCE_END,
    FILE_LINK,
    FORMULA_TAGS,
    GREATER,
    HASH,
    HEADING_MARK,
    HIDDEN_LINK,
    HYPHEN,
    I64,
    INDENTED_MARK,
    INFOBOX,
    ITEM_MARK,
    LEFT_BRACE,
    LEFT_BRACKET,
    LESS,
    LINK,
    MAX_MAGIC_WORD_BYTES,
    NEWLINE,
    NUL,
    ORDINARY,
    PARAMETER,
    PIPE,
    PLUS,
    QUOTE_END,
    QUOTE_MARK,
    RAISED_TEXT,
    RIGHT_BRACE,
    RIGHT_BRACKET,
    SEMICOLON,
    SLASH,
    SPACE,
    STAR,
    TABLE,
    TABLE_END,
    TABLE_MARK,
    TAG_BLOCKQUOTE,
    TAG_CODE,
    TAG_DROPPED,
    TAG_GALLERY,
    TAG_LI,
    TAG_LINE_BREAKING,
    TAG_MATH,
    TAG_NOWIKI,
    TAG_OL,
    TAG_OTHER,
    TAG_P,
    TAG_POEM,
    TAG_RAISED,
    TAG_RAW_KEPT,
    TAG_TABLE,
    TAG_TD,
    TAG_TH,
    TAG_TR,
    TAG_UL,
    TEMPLATE,
    U8,
    UNDERSCORE,
    VERSE_END,
    VERSE_MARK,
    Strings,
    Tables,
)
from filters.wikitext.pieces import (
    INLINE,
    START,
    after_attributes,
    attribute,
    caption_start,
    cell_start,
    end_caption,
    end_fact,
    is_indented_text,
    is_infobox,
    is_loose_row,
    last_table_end,
    line_end,
    number_in,
    put_block_mark,
    put_cell,
    put_fact_name,
    put_fence,
    put_formula,
    put_number,
    variant,
)
from filters.wikitext.raised import end_raised
from filters.wikitext.scanning import (
    definition_start,
    find_closing_tag,
    find_tag,
    find_tag_end,
    is_letter,
    lower,
    next_run_on_line,
    run_length,
    starts_with,
)
from filters.wikitext.tidy import tidy

MAX_OPEN = 256  # deeper ones are not tracked: their openers are dropped, their content stays
MAX_LISTS = 8  # elements inside one another; items in deeper ones stand with those
MAX_SPELLINGS = 16  # choices of spellings inside one another; deeper ones leave nothing
SPARE_BYTES = 8
ABOVE = ord("p")  # the third letter of `sup`


@njit(cache=True, nogil=True)
def convert(data: U8, offsets: I64, tables: Tables, out: U8, out_offsets: I64) -> None:
    k = np.int64(0)  # a literal 0 would be a type of its own, and all below compiled twice
    for page in range(len(offsets) - 1):
        end = _convert_page(data, offsets[page], offsets[page + 1], tables, out, k)
        k = tidy(out, k, end)
        out_offsets[page + 1] = k


@njit(cache=True, nogil=True)
def _convert_page(data: U8, at: int, end: int, tables: Tables, out: U8, k: int) -> int:
    """Writes the text of `data[at:end]` to `out` from `k` on; returns the end of what it wrote."""
    start, begin = at, k
    choices = tables.choices
    markdown = choices.markdown
    # The open constructs: what they are, and where the output stood when they opened.
    kinds = np.empty(MAX_OPEN, np.int64)
    tags = np.empty(MAX_OPEN, np.int64)
    marks = np.empty(MAX_OPEN, np.int64)
    labelled = np.zeros(MAX_OPEN, np.bool_)  # a `|` has been seen: of a link, a box, a table's row
    n = 0
    unclosed = np.zeros(len(tables.tag_kinds) + 1, np.bool_)  # elements; last: comments
    literal_end = at  # up to here only entities mean anything
    code_end = -1  # where code as it stands ends
    spelling_ends = np.empty(MAX_SPELLINGS, np.int64)  # of choices in which one spelling is read
    choice_ends = np.empty(MAX_SPELLINGS, np.int64)
    spellings = 0
    stop = end  # the next of these ends
    in_line = fenced = False  # it stands in a line, between fences
    heading = -1  # where the output of the current heading began
    definition, marked = -1, at  # the colon that ends the line's term; where the line's marks begin
    item_line = False  # an item began on this line
    lists = np.full(MAX_LISTS, np.uint8(STAR))  # of open `<ul>` and `<ol>`, the signs of items
    deep, number = 0, 1  # how many are open, and the number of the next item
    bold = False
    header_line = False  # of a table, where `!!` parts cells
    gallery_end = at  # up to here lines are pictures
    verse_end = at  # up to here lines are those of a poem
    loose = False  # the outermost construct is a table whose lines with bars alone are its own
    table_end = np.int64(-2)  # where the last table of the page ends; -2: not looked up
    rows = False  # such a table was before, without an empty line since

    while at < end:
        c = data[at]
        if at >= stop:
            if code_end >= 0:
                code_end = -1
                if in_line:
                    out[k] = CODE_END
                    k += 1
                elif fenced:
                    k = put_block_mark(FENCE_END, out, k)
                else:
                    out[k] = out[k + 1] = NEWLINE
                    k += 2
            else:
                spellings -= 1
                at = max(at, choice_ends[spellings])
            stop = spelling_ends[spellings - 1] if spellings > 0 else end
            continue
        if ORDINARY[c] and at > start and data[at - 1] != NEWLINE:
            out[k] = c
            k, at = k + 1, at + 1
            continue
        if c == AMPERSAND:
            at, k = put_entity(data, at, end, tables, out, k)
            continue
        if at < literal_end:
            out[k] = c
            k, at = k + 1, at + 1
            continue
        line_start = at == start or data[at - 1] == NEWLINE
        if line_start and at < gallery_end:
            at = caption_start(data, at, gallery_end)
            if at >= end:
                break
            c = data[at]
        if line_start and c == SPACE:
            # Marks of tables may be indented.
            mark = at
            while mark < end and data[mark] == SPACE:
                mark += 1
            after = data[mark + 1] if mark + 1 < end else np.uint8(0)
            marked = mark < end and data[mark] == PIPE and (n > 0 or rows)
            begins = mark < end and data[mark] == LEFT_BRACE and after == PIPE
            if begins or (marked and (loose or rows or after == RIGHT_BRACE)):
                at, c = mark, data[mark]
        if line_start and loose and n <= 1 and c != PIPE and c != BANG:
            if n == 1 and kinds[0] == DROPPED_TABLE:
                k = marks[0]
            elif n == 1:
                k = put_block_mark(TABLE_END, out, k)
            n, loose = 0, False
        if line_start and c == NEWLINE:
            rows = False
        if line_start and n == 0 and is_loose_row(data, at, end, out, begin, k, rows):
            kinds[0] = TABLE if choices.tables else DROPPED_TABLE
            tags[0], marks[0], labelled[0] = TAG_OTHER, k, False
            n, loose, rows = 1, True, True
            if choices.tables:
                k = put_block_mark(TABLE_MARK, out, k)
        if line_start and n > 0 and kinds[n - 1] == TABLE:
            row = cell_start(data, at, end)
            if row >= 0:
                mark = data[row]
                joined = mark != HYPHEN and mark != PLUS and labelled[n - 1]
                labelled[n - 1] = mark != HYPHEN and mark != PLUS
                header_line = mark == BANG
                if mark == HYPHEN:
                    at = min(end, line_end(data, row, end) + 1)
                else:
                    at = after_attributes(data, row + 1, end)
                if labelled[n - 1]:
                    k = put_cell(out, marks[n - 1], k, not joined, data, row + 1, at)
                continue
        if line_start and n > 0 and kinds[n - 1] == DROPPED_TABLE and not loose:
            # Of a table that never ends, what stands in its cells stays, but no sign of it.
            row = cell_start(data, at, end)
            if row >= 0:
                if data[row] == HYPHEN:
                    at = min(end, line_end(data, row, end) + 1)
                else:
                    at = after_attributes(data, row + 1, end)
                continue
        is_code = markdown and c == SPACE and n == 0 and at >= verse_end
        if line_start and is_code and is_indented_text(data, at, end):
            out[k] = INDENTED_MARK
            k, at = k + 1, at + 1
            c, line_start = data[at], False
        if line_start:
            # Headings, rules and list items: the line without its marks.
            first = at
            while at < end and (
                data[at] == STAR or data[at] == HASH or data[at] == COLON or data[at] == SEMICOLON
            ):
                at += 1
            if (at > first or c == EQUALS) and k > begin and out[k - 1] == BREAK_MARK:
                k -= 1
            if at == first and c == EQUALS:
                level = run_length(data, at, end)
                at += level
                if markdown:
                    out[k], out[k + 1] = HEADING_MARK, 48 + min(level, 6)
                    k += 2
                else:
                    out[k] = NEWLINE
                    k += 1
                heading = k
            elif at == first and c == HYPHEN and run_length(data, at, end) >= 4:
                at += run_length(data, at, end)
            elif at > first and first >= verse_end:
                k = _put_item(data, first, at, 1, out, k)
                item_line = True
            if at > first:
                if data[at - 1] == SEMICOLON:
                    definition, marked = definition_start(data, at, end), first
                while at < end and data[at] == SPACE:
                    at += 1
                if at < end and data[at] == LEFT_BRACE and at + 1 < end and data[at + 1] == PIPE:
                    pass  # an indented table
                elif at < end and data[at] != NEWLINE:
                    line_start = False
                if at >= end or data[at] == AMPERSAND:
                    continue
                c = data[at]
        following = data[at + 1] if at + 1 < end else np.uint8(0)

        if c == NEWLINE:
            if heading >= 0:
                k = _heading_end(out, heading, k, markdown)
                heading = -1
                out[k] = NEWLINE
                k += 1
            bold = header_line = False
            if at > start and data[at - 1] == NEWLINE and following not in (NEWLINE, LESS, SPACE):
                deep = 0  # text behind an empty line: its end tag is missing
            item_line = deep > 0
            # A link's target, an external link and an exponent end with their line at the latest.
            while n > 0 and (
                kinds[n - 1] == EXTERNAL
                or kinds[n - 1] == RAISED_TEXT
                or (kinds[n - 1] == LINK and not labelled[n - 1])
            ):
                n -= 1
            out[k] = c
            k, at = k + 1, at + 1
            if item_line:
                out[k] = BREAK_MARK
                k += 1
            continue

        if c == COLON and at == definition:
            while k > begin and out[k - 1] == SPACE:
                k -= 1
            out[k] = NEWLINE
            k, at = k + 1, at + 1
            if marked >= verse_end:
                k = _put_meaning(data, marked, out, k)
            while at < end and data[at] == SPACE:
                at += 1
            continue
        opened = -1
        tag = TAG_OTHER
        if c == LEFT_BRACE and following == LEFT_BRACE:
            braces = run_length(data, at, min(end, at + 4))  # bounded: asked again at each pair
            opened = PARAMETER if braces == 3 else TEMPLATE
            at += 3 if opened == PARAMETER else 2
            if opened == TEMPLATE and choices.infoboxes and is_infobox(data, at, end, tables):
                opened = INFOBOX
        elif c == LEFT_BRACE and following == PIPE and line_start:
            opened = TABLE if choices.tables else DROPPED_TABLE
            if table_end == -2 and not choices.tables:
                table_end = last_table_end(data, at, end)
            after_line = line_end(data, at, end)
            if n == 0 and -2 < table_end < at and after_line + 1 < end:
                # Of a table that never ends, the lines that begin with bars are its own.
                loose = data[after_line + 1] in (PIPE, BANG)
            # Of what never ends, attributes are none of the text; a template among them may end
            # lines below.
            attributes = False
            for i in range(at + 2, after_line):
                attributes = attributes or data[i] == EQUALS
                if data[i] == LEFT_BRACE:
                    attributes = False
                    break
            at = after_line if choices.tables or attributes or (n == 0 and loose) else at + 2
        elif c == LEFT_BRACE and choices.variants and at > start and data[at - 1] == HYPHEN:
            first, last, after = variant(data, at + 1, end)
            if after >= 0:
                k -= 1  # the hyphen
                at = after
                if first < last and spellings < MAX_SPELLINGS:
                    spelling_ends[spellings], choice_ends[spellings] = last, after
                    spellings += 1
                    at, stop = first, last
                continue
        elif c == LEFT_BRACKET and following == LEFT_BRACKET:
            before = k  # links to other languages may stand in one line, with blanks between
            while before > begin and out[before - 1] == SPACE:
                before -= 1
            own_line = before == 0 or out[before - 1] == NEWLINE or out[before - 1] == ITEM_MARK
            opened = _link_kind(data, at + 2, end, own_line, tables)
            if opened == FILE_LINK and not choices.captions:
                opened = HIDDEN_LINK
            at += 2
            if at < end and data[at] == COLON:  # `[[:File:x]]` shows the name
                at += 1
        elif c == LEFT_BRACKET:
            for i in range(len(tables.schemes.offsets) - 1):
                if starts_with(data, at + 1, end, tables.schemes, i):
                    opened = EXTERNAL
            if opened == EXTERNAL:
                while at < end and data[at] != SPACE and data[at] != RIGHT_BRACKET:
                    if data[at] == NEWLINE:
                        break
                    at += 1
                if at < end and data[at] == SPACE:
                    at += 1
        elif c == LESS:
            if following == BANG and at + 3 < end and data[at + 2] == data[at + 3] == HYPHEN:
                close = -1
                if not unclosed[-1]:
                    i = at + 4
                    while i + 2 < end:
                        if data[i] == data[i + 1] == HYPHEN and data[i + 2] == GREATER:
                            close = i + 3
                            break
                        i += 1
                    unclosed[-1] = close < 0
                begins_line = at == start or data[at - 1] == NEWLINE
                at = close if close >= 0 else at + 4
                after = at
                while begins_line and close >= 0 and after < end and data[after] == SPACE:
                    after += 1
                if begins_line and close >= 0 and after < end and data[after] == NEWLINE:
                    at = after + 1  # a line of a comment alone parts no lists
                continue
            closing = following == SLASH
            name = at + 2 if closing else at + 1
            tag_end = -1
            if name < end and 97 <= lower(data[name]) <= 122:
                tag_end = find_tag_end(data, at, end)
            if tag_end >= 0:
                tag = find_tag(data, name, end, tables)
                kind = tables.tag_kinds[tag] if tag >= 0 else TAG_OTHER
                if kind == TAG_CODE and not markdown:
                    kind = TAG_OTHER
                empty = data[tag_end - 1] == SLASH
                at = tag_end + 1
                if kind == TAG_CODE:
                    out[k] = CODE_END if closing else CODE_MARK
                    k += 1
                elif markdown and tag == TAG_BLOCKQUOTE and not empty:
                    k = put_block_mark(QUOTE_END if closing else QUOTE_MARK, out, k)
                elif tag == TAG_POEM and not empty:
                    if not closing and not unclosed[tag]:
                        verse_end = find_closing_tag(data, at, end, tables, tag)
                        unclosed[tag] = verse_end < 0
                    if markdown:
                        k = put_block_mark(VERSE_END if closing else VERSE_MARK, out, k)
                    else:
                        out[k] = NEWLINE
                        k += 1
                elif tag == TAG_TABLE and not empty and not closing:
                    opened = TABLE if choices.tables else DROPPED_TABLE
                elif tag == TAG_TABLE and closing:
                    n, k = _end_table(kinds, tags, marks, n, TAG_TABLE, out, k)
                elif tag in (TAG_TR, TAG_TD, TAG_TH) and n > 0 and kinds[n - 1] == TABLE:
                    if tag == TAG_TR:
                        labelled[n - 1] = False
                    elif not closing:
                        k = put_cell(out, marks[n - 1], k, not labelled[n - 1], data, name, at)
                        labelled[n - 1] = True
                elif tag == TAG_LI and not closing:
                    k = _without_space(out, marks[n - 1] if n > 0 else begin, k)
                    out[k] = NEWLINE
                    k = _put_item(lists, 0, min(max(deep, 1), MAX_LISTS), number, out, k + 1)
                    item_line, number = True, 1
                elif tag in (TAG_UL, TAG_OL):
                    if closing:
                        deep = max(deep - 1, 0)
                    elif not empty:
                        lists[min(deep, MAX_LISTS - 1)] = STAR if tag == TAG_UL else HASH
                        number = number_in(data, name, tag_end, START)
                        deep += 1
                    item_line = deep > 1 or (closing and deep > 0)
                    out[k], out[k + 1] = NEWLINE, BREAK_MARK if item_line else NEWLINE
                    out[k + 2] = NUL  # two lists stay two
                    k += 3
                elif kind == TAG_LINE_BREAKING:
                    out[k] = NEWLINE
                    k += 1
                    if item_line:
                        out[k] = BREAK_MARK
                        k += 1
                    elif tag in (TAG_BLOCKQUOTE, TAG_P):
                        out[k] = NEWLINE
                        k += 1
                elif closing and kind == TAG_DROPPED:
                    i = _nearest(kinds, tags, n, ELEMENT, tag)
                    if i >= 0:
                        n = i
                        out[marks[n]] = NUL
                        k = marks[n] + 1
                elif not closing and kind == TAG_DROPPED:
                    if empty:
                        out[k] = NUL
                        k += 1
                    else:
                        opened = ELEMENT
                elif kind == TAG_RAISED:
                    if not closing and not empty:
                        opened = RAISED_TEXT
                    elif closing:
                        i = _nearest(kinds, tags, n, RAISED_TEXT, tag)
                        if i >= 0:
                            n = i
                            above = tables.tags.data[tables.tags.offsets[tag] + 2] == ABOVE
                            is_link = labelled[n] and data[name - 3] == RIGHT_BRACKET
                            at, k = end_raised(
                                out, begin, marks[n], k, above, is_link, data, at, end
                            )
                elif not closing and not empty and kind != TAG_OTHER and not unclosed[tag]:
                    close = find_closing_tag(data, at, end, tables, tag)
                    if close < 0:
                        unclosed[tag] = True
                    elif kind == TAG_RAW_KEPT:
                        literal_end = close
                        in_table = (
                            choices.tables and _nearest(kinds, tags, n, TABLE, TAG_OTHER) >= 0
                        )
                        in_line = attribute(data, name, tag_end, INLINE) >= 0
                        if tag == TAG_NOWIKI:
                            pass
                        elif in_line and markdown:
                            code_end = stop = close
                            out[k] = CODE_MARK
                            k += 1
                        elif not in_line:
                            code_end = stop = close
                            fenced = markdown or in_table
                            if fenced:
                                k = put_fence(data, name, tag_end, out, k)
                            else:
                                out[k] = out[k + 1] = NEWLINE
                                k += 2
                    elif choices.captions and tag == TAG_GALLERY:
                        gallery_end = close
                    elif choices.math and tag < FORMULA_TAGS:
                        k = put_formula(data, at, close, tables, tag != TAG_MATH, out, k)
                        at = close
                    else:
                        at = close
                if opened < 0:
                    continue
        if opened >= 0:
            if n < MAX_OPEN:
                # <sup>[[#note|1]]</sup> is the number of a note, <sup>[[square|2]]</sup> is not.
                is_link = opened == RAISED_TEXT and at + 2 < end and data[at] == LEFT_BRACKET
                is_link = is_link and data[at + 2] == HASH
                kinds[n], tags[n], marks[n], labelled[n] = opened, tag, k, is_link
                n += 1
                if opened == TABLE:
                    k = put_block_mark(TABLE_MARK, out, k)
                elif opened == INFOBOX:
                    out[k] = NEWLINE
                    k += 1
            continue

        if c == RIGHT_BRACE and following == RIGHT_BRACE:
            template = _nearest(kinds, tags, n, TEMPLATE, TAG_OTHER)
            box = _nearest(kinds, tags, n, INFOBOX, TAG_OTHER)
            parameter = _nearest(kinds, tags, n, PARAMETER, TAG_OTHER)
            at += 2
            if parameter > max(template, box) and at < end and data[at] == RIGHT_BRACE:
                at += 1
            if max(template, box, parameter) >= 0:
                n = max(template, box, parameter)
                if n == box and labelled[n]:
                    k = end_fact(out, marks[n], k)
                    out[k] = NEWLINE
                else:
                    out[marks[n]] = NUL
                    k = marks[n]
                k += 1
            continue
        if c == PIPE and following == RIGHT_BRACE and line_start:
            table = _nearest(kinds, tags, n, TABLE, TAG_OTHER)
            table = max(table, _nearest(kinds, tags, n, DROPPED_TABLE, TAG_OTHER))
            template = _nearest(kinds, tags, n, TEMPLATE, TAG_OTHER)
            template = max(template, _nearest(kinds, tags, n, INFOBOX, TAG_OTHER))
            ends_template = template > table and at + 2 < end and data[at + 2] == RIGHT_BRACE
            if table >= 0 and not ends_template:
                n, k = _end_table(kinds, tags, marks, n, TAG_OTHER, out, k)
                at += 2
                continue
        if c == RIGHT_BRACKET and n > 0 and kinds[n - 1] == EXTERNAL:
            n -= 1
            at += 1
            continue
        if c == RIGHT_BRACKET and following == RIGHT_BRACKET:
            hidden_link = _nearest(kinds, tags, n, HIDDEN_LINK, TAG_OTHER)
            file_link = _nearest(kinds, tags, n, FILE_LINK, TAG_OTHER)
            link = _nearest(kinds, tags, n, LINK, TAG_OTHER)
            if max(hidden_link, file_link, link) >= 0:
                n = max(hidden_link, file_link, link)
                if n == hidden_link:
                    k = marks[n]
                elif n == file_link:
                    k = end_caption(out, marks[n], k, labelled[n])
                at += 2
                continue

        innermost = kinds[n - 1] if n > 0 else -1
        if c == PIPE and innermost == LINK and not labelled[n - 1]:
            labelled[n - 1] = True
            k = marks[n - 1]  # the label replaces the target
            at += 1
        elif c == PIPE and innermost == FILE_LINK:
            labelled[n - 1] = True
            k = marks[n - 1]  # a picture's last parameter is its caption
            out[k] = NEWLINE
            k, at = k + 1, at + 1
        elif c == PIPE and innermost == INFOBOX:
            k = end_fact(out, marks[n - 1], k) if labelled[n - 1] else marks[n - 1]
            labelled[n - 1] = True
            at, k = put_fact_name(data, at + 1, end, out, k)
        elif innermost == TABLE and c == following and (c == PIPE or (c == BANG and header_line)):
            row = at + 2
            at = after_attributes(data, row, end)
            k = put_cell(out, marks[n - 1], k, False, data, row, at)
        elif c == APOSTROPHE and following == APOSTROPHE:
            run = run_length(data, at, end)
            after = at + run
            kept = run - 5 if run > 5 else 1 if run == 4 else 0
            # "l'''Iliade''" is an apostrophe and an italic word: French and Italian live on it.
            elided = (
                run == 3
                and not bold
                and at > start
                and is_letter(data[at - 1])
                and next_run_on_line(data, after, end) == 2
            )
            if elided:
                kept = 1
            elif run != 2:
                bold = not bold
            for _ in range(kept):
                out[k] = c
                k += 1
            at = after
        elif c == UNDERSCORE and following == UNDERSCORE:
            close = at + 2
            while close < min(end, at + MAX_MAGIC_WORD_BYTES) and (
                65 <= data[close] <= 90 or data[close] >= 128
            ):
                close += 1
            if close > at + 2 and close + 1 < end and data[close] == data[close + 1] == UNDERSCORE:
                at = close + 2  # a behaviour switch: __NOTOC__
            else:
                out[k] = c
                k, at = k + 1, at + 1
        else:
            out[k] = c
            k, at = k + 1, at + 1

    if loose and n == 1 and kinds[0] == DROPPED_TABLE:
        k = marks[0]
    return _heading_end(out, heading, k, markdown) if heading >= 0 else k


@njit(cache=True, nogil=True)
def _put_item(signs: U8, first: int, last: int, number: int, out: U8, k: int) -> int:
    """Writes the signs of an item between marks, and its number if that is not the next one."""
    out[k] = ITEM_MARK
    k += 1
    for i in range(first, last):
        out[k] = signs[i]
        k += 1
    if number > 1:
        k = put_number(number, out, k)
    out[k] = ITEM_MARK
    return k + 1


@njit(cache=True, nogil=True)
def _without_space(out: U8, start: int, k: int) -> int:
    while k > start and (out[k - 1] == SPACE or out[k - 1] in (NEWLINE, BREAK_MARK)):
        k -= 1
    return k


@njit(cache=True, nogil=True)
def _put_meaning(data: U8, at: int, out: U8, k: int) -> int:
    """Writes the marks of what a term means, whose own marks begin at `at`: `*;` is `*:`."""
    out[k] = ITEM_MARK
    k += 1
    while data[at + 1] in (STAR, HASH, COLON, SEMICOLON):
        out[k] = data[at]
        k, at = k + 1, at + 1
    out[k], out[k + 1] = COLON, ITEM_MARK
    return k + 2


@njit(cache=True, nogil=True)
def _link_kind(data: U8, at: int, end: int, line_start: bool, tables: Tables) -> int:
    """HIDDEN_LINK and FILE_LINK for what shows nothing in the running text, else LINK.

    `at` is where the link's target begins.
    """
    while at < end and (data[at] == SPACE or data[at] == UNDERSCORE):
        at += 1
    if _is_in_namespace(data, at, end, tables.files):
        return FILE_LINK
    if _is_in_namespace(data, at, end, tables.categories):
        return HIDDEN_LINK
    # The page in another language: a lower-case code such as `de` or `zh-yue`, on its own line.
    code = at
    while code < end and (97 <= data[code] <= 122 or data[code] == HYPHEN):
        code += 1
    first = at
    while first < code and data[first] != HYPHEN:
        first += 1
    other = line_start and code < end and data[code] == COLON and 2 <= first - at <= 3
    return HIDDEN_LINK if other else LINK


@njit(cache=True, nogil=True)
def _is_in_namespace(data: U8, at: int, end: int, names: Strings) -> bool:
    for i in range(len(names.offsets) - 1):
        if starts_with(data, at, end, names, i):
            colon = at + names.offsets[i + 1] - names.offsets[i]
            while colon < end and (data[colon] == SPACE or data[colon] == UNDERSCORE):
                colon += 1
            if colon < end and data[colon] == COLON:
                return True
    return False


@njit(cache=True, nogil=True)
def _nearest(kinds: I64, tags: I64, n: int, kind: int, tag: int) -> int:
    """Index of the innermost open construct of that kind (and element), or -1."""
    for i in range(n - 1, -1, -1):
        if kinds[i] == kind and ((kind != ELEMENT and kind != RAISED_TEXT) or tags[i] == tag):
            return i
    return -1


@njit(cache=True, nogil=True)
def _end_table(
    kinds: I64, tags: I64, marks: I64, n: int, tag: int, out: U8, k: int
) -> tuple[int, int]:
    """Ends the innermost table; how many constructs are open then, and the new end."""
    table = _nearest(kinds, tags, n, TABLE, tag)
    table = max(table, _nearest(kinds, tags, n, DROPPED_TABLE, tag))
    if table < 0:
        return n, k
    if kinds[table] == DROPPED_TABLE:
        return table, marks[table]
    return table, put_block_mark(TABLE_END, out, k)


@njit(cache=True, nogil=True)
def _heading_end(out: U8, start: int, k: int, markdown: bool) -> int:
    closed = False
    end = k
    # Marks of code among the closing signs, `== A == <code>`, have nothing to mark on this line.
    while k > start and out[k - 1] in (EQUALS, SPACE, NUL, CODE_MARK, CODE_END):
        k -= 1
        closed = closed or out[k] == EQUALS
    if k > start and k < end and out[k] == CODE_END:  # it ends the heading's last word
        k += 1
    if not closed:
        k = end
    if markdown and not closed:
        out[start - 2], out[start - 1] = NUL, NUL
    return k
