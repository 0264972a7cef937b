"""MediaWiki markup to plain text, one pass over the bytes, in numba.

What a reader of the page sees as running text stays: paragraphs, headings and list items as lines,
labels of links, code. Templates, tables, references, pictures, categories, links to other
languages, formulas and comments go.

Text is written as it comes; a construct that turns out to be closed takes back what was written
since it opened. So an opener that is never closed costs itself, not the rest of the page.

Source: https://www.mediawiki.org/wiki/Markup_spec and https://www.mediawiki.org/wiki/Help:Formatting.
Differs: a template is dropped, where MediaWiki would show its expansion (`{{lang|de|Wort}}`); bold
and italic apostrophes are told apart line by line and approximately; language-variant markup
(`-{zh-hans:…}-`) stays as it is.
"""

import html.entities
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

# MediaWiki's languages/messages/Messages*.php, aliases of NS_FILE and NS_CATEGORY.
HIDDEN_NAMESPACES = {
    "en": ("File", "Image", "Category"),
    "ar": ("ملف", "صورة", "تصنيف"),
    "bg": ("Файл", "Картинка", "Категория"),
    "de": ("Datei", "Bild", "Kategorie"),
    "es": ("Archivo", "Imagen", "Categoría"),
    "fr": ("Fichier", "Catégorie"),
    "hi": ("चित्र", "श्रेणी"),
    "it": ("Immagine", "Categoria"),
    "ja": ("ファイル", "画像", "カテゴリ"),
    "my": ("ဖိုင်", "ကဏ္ဍ"),
    "pt": ("Ficheiro", "Arquivo", "Imagem"),
    "ru": ("Изображение",),
    "zh": ("文件", "檔案", "档案", "图像", "圖像", "图片", "圖片", "分类", "分類"),
}

# Elements by what happens to their content.
RAW_DROPPED = (
    "categorytree", "ce", "chem", "gallery", "graph", "hiero", "imagemap", "inputbox", "mapframe",
    "maplink", "math", "score", "templatedata", "timeline",
)  # fmt: skip
RAW_KEPT = ("nowiki", "pre", "source", "syntaxhighlight")
DROPPED = ("ref", "includeonly")  # their content is wikitext and may hold more of it
LINE_BREAKING = ("blockquote", "br", "dd", "div", "dt", "hr", "li", "p", "table", "td", "th", "tr")

TAG_RAW_DROPPED, TAG_RAW_KEPT, TAG_DROPPED, TAG_LINE_BREAKING = range(4)
TAG_OTHER = -1
FIRST_DROPPED_TAG = len(RAW_DROPPED) + len(RAW_KEPT)

# Kinds of open constructs.
TEMPLATE, PARAMETER, TABLE, LINK, HIDDEN_LINK, EXTERNAL, ELEMENT = range(7)
MAX_OPEN = 256  # deeper ones are not tracked: their openers are dropped, their content stays

MAX_MAGIC_WORD_BYTES = 80
MAX_ENTITY_BYTES = 40
EXTERNAL_SCHEMES = ("http://", "https://", "ftp://", "mailto:", "//", "irc://", "news:")


# Bytes that never mean anything but themselves, except where a line begins.
ORDINARY = np.ones(256, np.bool_)
ORDINARY[list(b"&{[<}|]'_\n")] = False

NUL = 0  # written where something was dropped, for `_tidy`, which takes it out
SPACE = ord(" ")
UNDERSCORE = ord("_")
COLON = ord(":")
HYPHEN = ord("-")
HASH = ord("#")
SEMICOLON = ord(";")
AMPERSAND = ord("&")
LETTER_X = ord("x")
LESS = ord("<")
GREATER = ord(">")
SLASH = ord("/")
NEWLINE = ord("\n")
APOSTROPHE = ord("'")
STAR = ord("*")
EQUALS = ord("=")
LEFT_BRACE = ord("{")
RIGHT_BRACE = ord("}")
PIPE = ord("|")
LEFT_BRACKET = ord("[")
RIGHT_BRACKET = ord("]")
BANG = ord("!")
LEFT_PAREN = ord("(")
RIGHT_PAREN = ord(")")
COMMA = ord(",")
WIDE_1, WIDE_2, WIDE_LEFT_PAREN = "（".encode()
WIDE_RIGHT_PAREN = "）".encode()[2]


class Strings(NamedTuple):
    """Byte strings, one after the other."""

    data: U8
    offsets: I64


class Tables(NamedTuple):
    namespaces: Strings
    tags: Strings
    tag_kinds: I64
    schemes: Strings
    entity_names: Strings  # sorted
    entity_texts: Strings
    windows_1252: I64  # of the bytes 0x80 to 0x9f


def _strings(values: list[bytes]) -> Strings:
    offsets = np.cumsum([0, *map(len, values)], dtype=np.int64)
    return Strings(np.frombuffer(b"".join(values), np.uint8).copy(), offsets)


def _tables() -> Tables:
    namespaces = [name for names in HIDDEN_NAMESPACES.values() for name in names]
    # The kernel folds ASCII case alone; names in other scripts are listed in both cases.
    folded = {name.encode().lower() for name in namespaces}
    folded |= {name.lower().encode() for name in namespaces}
    groups = (RAW_DROPPED, RAW_KEPT, DROPPED, LINE_BREAKING)
    # An entity whose text is longer than itself (two of 2,125) would overrun the output.
    entities = sorted(
        (name[:-1].encode(), text.encode())
        for name, text in html.entities.html5.items()
        if name.endswith(";") and len(text.encode()) <= len(name) + 1
    )
    return Tables(
        _strings(sorted(folded)),
        _strings([name.encode() for group in groups for name in group]),
        np.array([kind for kind, group in enumerate(groups) for _ in group], np.int64),
        _strings([scheme.encode() for scheme in EXTERNAL_SCHEMES]),
        _strings([name for name, _ in entities]),
        _strings([text for _, text in entities]),
        np.array([ord(bytes([b]).decode("cp1252", "replace")) for b in range(0x80, 0xA0)]),
    )


TABLES = _tables()


def wikitext_to_text(text: pa.LargeStringArray) -> pa.LargeStringArray:
    """Plain text of each page's wikitext; nulls stay null."""
    _, offset_buffer, data_buffer = text.buffers()
    if len(text) == 0 or data_buffer is None:
        return text
    offsets = np.frombuffer(offset_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
    data = np.frombuffer(data_buffer, np.uint8)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    out_offsets = np.zeros(len(text) + 1, np.int64)
    _convert(data, offsets, TABLES, out, out_offsets)
    plain = pa.LargeStringArray.from_buffers(
        len(text), pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]])
    )
    if text.null_count:
        plain = pc.if_else(text.is_valid(), plain, pa.scalar(None, pa.large_string()))
    return plain


@njit(cache=True, nogil=True)
def _lower(byte: np.uint8) -> np.uint8:
    return np.uint8(byte + 32) if 65 <= byte <= 90 else byte


@njit(cache=True, nogil=True)
def _is_letter(byte: np.uint8) -> bool:
    """An ASCII letter, or any byte of a character beyond ASCII."""
    return bool(97 <= byte <= 122 or 65 <= byte <= 90 or byte >= 128)


@njit(cache=True, nogil=True)
def _starts(data: U8, at: int, end: int, strings: Strings, i: int) -> bool:
    """Whether string `i`, in lower case, is at `at` in any ASCII case."""
    first, size = strings.offsets[i], strings.offsets[i + 1] - strings.offsets[i]
    if size > end - at:
        return False
    matched = 0
    while matched < size and _lower(data[at + matched]) == strings.data[first + matched]:
        matched += 1
    return matched == size


@njit(cache=True, nogil=True)
def _run(data: U8, at: int, end: int) -> int:
    """How often the byte at `at` is repeated from there."""
    n = 1
    while at + n < end and data[at + n] == data[at]:
        n += 1
    return n


@njit(cache=True, nogil=True)
def _is_hidden_link(data: U8, at: int, end: int, line_start: bool, tables: Tables) -> bool:
    """Whether the link whose target begins at `at` shows nothing in the running text."""
    while at < end and (data[at] == SPACE or data[at] == UNDERSCORE):
        at += 1
    for i in range(len(tables.namespaces.offsets) - 1):
        if _starts(data, at, end, tables.namespaces, i):
            colon = at + tables.namespaces.offsets[i + 1] - tables.namespaces.offsets[i]
            while colon < end and (data[colon] == SPACE or data[colon] == UNDERSCORE):
                colon += 1
            if colon < end and data[colon] == COLON:
                return True
    # The page in another language: a lower-case code such as `de` or `zh-yue`, on its own line.
    code = at
    while code < end and (97 <= data[code] <= 122 or data[code] == HYPHEN):
        code += 1
    first = at
    while first < code and data[first] != HYPHEN:
        first += 1
    return line_start and code < end and data[code] == COLON and 2 <= first - at <= 3


@njit(cache=True, nogil=True)
def _put_code_point(code: np.int64, out: U8, k: int) -> int:
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        code = np.int64(0xFFFD)
    if code < 0x80:
        out[k] = code
        return k + 1
    if code < 0x800:
        out[k] = 0xC0 | code >> 6
        out[k + 1] = 0x80 | code & 0x3F
        return k + 2
    if code < 0x10000:
        out[k] = 0xE0 | code >> 12
        out[k + 1] = 0x80 | code >> 6 & 0x3F
        out[k + 2] = 0x80 | code & 0x3F
        return k + 3
    out[k] = 0xF0 | code >> 18
    out[k + 1] = 0x80 | code >> 12 & 0x3F
    out[k + 2] = 0x80 | code >> 6 & 0x3F
    out[k + 3] = 0x80 | code & 0x3F
    return k + 4


@njit(cache=True, nogil=True)
def _put_entity(data: U8, at: int, end: int, tables: Tables, out: U8, k: int) -> tuple[int, int]:
    """Writes the entity whose `&` is at `at`, or the `&`; returns the next input and output."""
    semicolon = at + 1
    while semicolon < min(end, at + MAX_ENTITY_BYTES) and (
        48 <= data[semicolon] <= 57
        or 97 <= _lower(data[semicolon]) <= 122
        or data[semicolon] == HASH
    ):
        semicolon += 1
    if semicolon < end and data[semicolon] == SEMICOLON and semicolon > at + 1:
        if data[at + 1] == HASH:
            code = _numeric_entity(data, at + 2, semicolon, tables)
            if code >= 0:
                return semicolon + 1, _put_code_point(code, out, k)
        else:
            entity = _find_entity(data, at + 1, semicolon, tables.entity_names)
            if entity >= 0:
                offsets = tables.entity_texts.offsets
                for i in range(offsets[entity], offsets[entity + 1]):
                    out[k] = tables.entity_texts.data[i]
                    k += 1
                return semicolon + 1, k
    out[k] = AMPERSAND
    return at + 1, k + 1


@njit(cache=True, nogil=True)
def _numeric_entity(data: U8, at: int, semicolon: int, tables: Tables) -> np.int64:
    """The code point of `123` or `x7b`; -1 where it is no number."""
    base = 10
    if at < semicolon and _lower(data[at]) == LETTER_X:
        base = 16
        at += 1
    if at == semicolon:
        return np.int64(-1)
    code = np.int64(0)
    for i in range(at, semicolon):
        c = _lower(data[i])
        digit = c - 48 if 48 <= c <= 57 else c - 87 if 97 <= c <= 102 else 99
        if digit >= base:
            return np.int64(-1)
        code = min(np.int64(code * base + digit), np.int64(0x110000))
    return tables.windows_1252[code - 0x80] if 0x80 <= code < 0xA0 else code


@njit(cache=True, nogil=True)
def _find_entity(data: U8, start: int, end: int, names: Strings) -> int:
    low = 0
    high = len(names.offsets) - 1
    while low < high:
        middle = (low + high) // 2
        first, size = names.offsets[middle], names.offsets[middle + 1] - names.offsets[middle]
        order = np.int64(0)
        for i in range(min(size, end - start)):
            order = np.int64(names.data[first + i]) - np.int64(data[start + i])
            if order != 0:
                break
        if order == 0:
            order = np.int64(size - (end - start))
        if order == 0:
            return middle
        if order < 0:
            low = middle + 1
        else:
            high = middle
    return -1


@njit(cache=True, nogil=True)
def _find_tag(data: U8, at: int, end: int, tables: Tables) -> int:
    """Index of the element name at `at`; TAG_OTHER for a name that means nothing here."""
    size = 0
    while at + size < end and 97 <= _lower(data[at + size]) <= 122:
        size += 1
    for i in range(len(tables.tag_kinds)):
        known = tables.tags.offsets[i + 1] - tables.tags.offsets[i]
        if known == size and _starts(data, at, end, tables.tags, i):
            return i
    return TAG_OTHER


@njit(cache=True, nogil=True)
def _find_closing_tag(data: U8, at: int, end: int, tables: Tables, tag: int) -> int:
    """Where `</name` of the element is, or -1."""
    while at + 1 < end:
        is_close = data[at] == LESS and data[at + 1] == SLASH
        if is_close and _find_tag(data, at + 2, end, tables) == tag:
            return at
        at += 1
    return -1


@njit(cache=True, nogil=True)
def _find_tag_end(data: U8, at: int, end: int) -> int:
    """Where the `>` of the tag is whose `<` is at `at`; -1 where another `<` comes first."""
    at += 1
    while at < end and data[at] != GREATER:
        if data[at] == LESS:
            return -1
        at += 1
    return at if at < end else -1


@njit(cache=True, nogil=True)
def _next_run_on_line(data: U8, at: int, end: int) -> int:
    """Length of the next run of two or more apostrophes on this line; 0 where there is none."""
    while at < end and data[at] != NEWLINE:
        if data[at] == APOSTROPHE:
            run = _run(data, at, end)
            if run > 1:
                return run
        at += 1
    return 0


@njit(cache=True, nogil=True)
def _nearest(kinds: I64, tags: I64, n: int, kind: int, tag: int) -> int:
    """Index of the innermost open construct of that kind (and element), or -1."""
    for i in range(n - 1, -1, -1):
        if kinds[i] == kind and (kind != ELEMENT or tags[i] == tag):
            return i
    return -1


@njit(cache=True, nogil=True)
def _heading_end(out: U8, start: int, k: int) -> int:
    while k > start and (out[k - 1] == EQUALS or out[k - 1] == SPACE or out[k - 1] == NUL):
        k -= 1
    return k


@njit(cache=True, nogil=True)
def _convert_page(data: U8, at: int, end: int, tables: Tables, out: U8, k: int) -> int:
    """Writes the text of `data[at:end]` to `out` from `k` on; returns the end of what it wrote."""
    start = at
    # The open constructs: what they are, and where the output stood when they opened.
    kinds = np.empty(MAX_OPEN, np.int64)
    tags = np.empty(MAX_OPEN, np.int64)
    marks = np.empty(MAX_OPEN, np.int64)
    labelled = np.zeros(MAX_OPEN, np.bool_)  # a link whose `|` has been seen
    n = 0
    unclosed = np.zeros(len(tables.tag_kinds) + 1, np.bool_)  # elements; last: comments
    literal_end = at  # up to here only entities mean anything
    heading = -1  # where the output of the current heading began
    bold = False

    while at < end:
        c = data[at]
        if ORDINARY[c] and at > start and data[at - 1] != NEWLINE:
            out[k] = c
            k, at = k + 1, at + 1
            continue
        if c == AMPERSAND:
            at, k = _put_entity(data, at, end, tables, out, k)
            continue
        if at < literal_end:
            out[k] = c
            k, at = k + 1, at + 1
            continue
        line_start = at == start or data[at - 1] == NEWLINE
        if line_start:
            # Headings, rules and list items: the line without its marks.
            first = at
            while at < end and (
                data[at] == STAR or data[at] == HASH or data[at] == COLON or data[at] == SEMICOLON
            ):
                at += 1
            if at == first and c == EQUALS:
                at += _run(data, at, end)
                heading = k
            elif at == first and c == HYPHEN and _run(data, at, end) >= 4:
                at += _run(data, at, end)
            if at > first:
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
                k = _heading_end(out, heading, k)
                heading = -1
            bold = False
            # A link's target and an external link end with their line at the latest.
            while n > 0 and (
                kinds[n - 1] == EXTERNAL or (kinds[n - 1] == LINK and not labelled[n - 1])
            ):
                n -= 1
            out[k] = c
            k, at = k + 1, at + 1
            continue

        opened = -1
        tag = TAG_OTHER
        if c == LEFT_BRACE and following == LEFT_BRACE:
            braces = _run(data, at, min(end, at + 4))  # bounded: it is asked again at each pair
            opened = PARAMETER if braces == 3 else TEMPLATE
            at += 3 if opened == PARAMETER else 2
        elif c == LEFT_BRACE and following == PIPE and line_start:
            opened = TABLE
            at += 2
        elif c == LEFT_BRACKET and following == LEFT_BRACKET:
            own_line = k == 0 or out[k - 1] == NEWLINE
            hidden = _is_hidden_link(data, at + 2, end, own_line, tables)
            opened = HIDDEN_LINK if hidden else LINK
            at += 2
            if at < end and data[at] == COLON:  # `[[:File:x]]` shows the name
                at += 1
        elif c == LEFT_BRACKET:
            for i in range(len(tables.schemes.offsets) - 1):
                if _starts(data, at + 1, end, tables.schemes, i):
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
                at = close if close >= 0 else at + 4
                continue
            closing = following == SLASH
            name = at + 2 if closing else at + 1
            tag_end = -1
            if name < end and 97 <= _lower(data[name]) <= 122:
                tag_end = _find_tag_end(data, at, end)
            if tag_end >= 0:
                tag = _find_tag(data, name, end, tables)
                kind = tables.tag_kinds[tag] if tag >= 0 else TAG_OTHER
                empty = data[tag_end - 1] == SLASH
                at = tag_end + 1
                if kind == TAG_LINE_BREAKING:
                    out[k] = NEWLINE
                    k += 1
                elif closing and kind == TAG_DROPPED:
                    i = _nearest(kinds, tags, n, ELEMENT, tag)
                    if i >= 0:
                        n = i
                        out[marks[n]] = NUL
                        k = marks[n] + 1
                elif not closing and not empty and kind == TAG_DROPPED:
                    opened = ELEMENT
                elif not closing and not empty and kind != TAG_OTHER and not unclosed[tag]:
                    close = _find_closing_tag(data, at, end, tables, tag)
                    if close < 0:
                        unclosed[tag] = True
                    elif kind == TAG_RAW_KEPT:
                        literal_end = close
                    else:
                        at = close
                if opened < 0:
                    continue
        if opened >= 0:
            if n < MAX_OPEN:
                kinds[n], tags[n], marks[n], labelled[n] = opened, tag, k, False
                n += 1
            continue

        if c == RIGHT_BRACE and following == RIGHT_BRACE:
            template = _nearest(kinds, tags, n, TEMPLATE, TAG_OTHER)
            parameter = _nearest(kinds, tags, n, PARAMETER, TAG_OTHER)
            at += 2
            if parameter > template and at < end and data[at] == RIGHT_BRACE:
                at += 1
            if max(template, parameter) >= 0:
                n = max(template, parameter)
                out[marks[n]] = NUL
                k = marks[n] + 1
            continue
        if c == PIPE and following == RIGHT_BRACE and line_start:
            table = _nearest(kinds, tags, n, TABLE, TAG_OTHER)
            template = _nearest(kinds, tags, n, TEMPLATE, TAG_OTHER)
            ends_template = template > table and at + 2 < end and data[at + 2] == RIGHT_BRACE
            if table >= 0 and not ends_template:
                n, k = table, marks[table]
                at += 2
                continue
        if c == RIGHT_BRACKET and n > 0 and kinds[n - 1] == EXTERNAL:
            n -= 1
            at += 1
            continue
        if c == RIGHT_BRACKET and following == RIGHT_BRACKET:
            hidden_link = _nearest(kinds, tags, n, HIDDEN_LINK, TAG_OTHER)
            link = _nearest(kinds, tags, n, LINK, TAG_OTHER)
            if max(hidden_link, link) >= 0:
                n = max(hidden_link, link)
                if hidden_link > link:
                    k = marks[n]
                at += 2
                continue

        if c == PIPE and n > 0 and kinds[n - 1] == LINK and not labelled[n - 1]:
            labelled[n - 1] = True
            k = marks[n - 1]  # the label replaces the target
            at += 1
        elif c == APOSTROPHE and following == APOSTROPHE:
            run = _run(data, at, end)
            after = at + run
            kept = run - 5 if run > 5 else 1 if run == 4 else 0
            # "l'''Iliade''" is an apostrophe and an italic word: French and Italian live on it.
            elided = (
                run == 3
                and not bold
                and at > start
                and _is_letter(data[at - 1])
                and _next_run_on_line(data, after, end) == 2
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

    return _heading_end(out, heading, k) if heading >= 0 else k


@njit(cache=True, nogil=True)
def _empty_bracket(out: U8, start: int, k: int, c: np.uint8) -> int:
    """Where the bracket opens, `(` or `（`, that `c` closes at `k` with nothing in it; else -1."""
    if c == WIDE_RIGHT_PAREN:
        if k < start + 2 or out[k - 2] != WIDE_1 or out[k - 1] != WIDE_2:
            return -1
        k -= 2
    elif c != RIGHT_PAREN:
        return -1
    while k > start and (out[k - 1] == SPACE or out[k - 1] == COMMA or out[k - 1] == SEMICOLON):
        k -= 1
    if c == RIGHT_PAREN:
        return k - 1 if k > start and out[k - 1] == LEFT_PAREN else -1
    if (
        k >= start + 3
        and out[k - 3] == WIDE_1
        and out[k - 2] == WIDE_2
        and out[k - 1] == WIDE_LEFT_PAREN
    ):
        return k - 3
    return -1


@njit(cache=True, nogil=True)
def _tidy(out: U8, start: int, end: int) -> int:
    """Takes out what dropped constructs leave behind, in place; returns the new end.

    These are brackets that hold nothing else, spaces before a newline or at the start, and more
    than one empty line.
    """
    k = start
    dropped = -1  # where something was dropped last
    for at in range(start, end):
        c = out[at]
        if c == NUL:
            dropped = k
            continue
        if c == NEWLINE:
            while k > start and out[k - 1] == SPACE:
                k -= 1
            if k == start or (k > start + 1 and out[k - 1] == out[k - 2] == NEWLINE):
                continue
        elif c == SPACE and k == start:
            continue
        elif dropped >= start and c in (RIGHT_PAREN, WIDE_RIGHT_PAREN):
            opening = _empty_bracket(out, start, k, c)
            if 0 <= opening < dropped:
                k = opening
                if k > start and out[k - 1] == SPACE:
                    k -= 1
                continue
        out[k] = c
        k += 1
    while k > start and (out[k - 1] == SPACE or out[k - 1] == NEWLINE):
        k -= 1
    return k


@njit(cache=True, nogil=True)
def _convert(data: U8, offsets: I64, tables: Tables, out: U8, out_offsets: I64) -> None:
    k = 0
    for page in range(len(offsets) - 1):
        end = _convert_page(data, offsets[page], offsets[page + 1], tables, out, k)
        k = _tidy(out, k, end)
        out_offsets[page + 1] = k
