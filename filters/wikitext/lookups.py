"""Tables that the kernels look markup up in, as arrays."""

import functools
import html.entities
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filters.wikitext.names import INFOBOX_WORDS

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

FNV_BASIS, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # of FNV-1a, which hashes names


def fnv(name: str) -> int:
    """FNV-1a of a name's bytes, as kernels compute it on their way."""
    value = FNV_BASIS
    for byte in name.encode():
        value = ((value ^ byte) * FNV_PRIME) & 0xFFFF_FFFF_FFFF_FFFF
    return value


# Elements by what happens to their content.
RAW_DROPPED = (
    "math", "ce", "chem", "gallery", "categorytree", "graph", "hiero", "imagemap", "inputbox",
    "mapframe", "maplink", "score", "templatedata", "timeline",
)  # fmt: skip
FORMULA_TAGS = 3  # the first so many hold formulas
TAG_MATH = 0
TAG_GALLERY = RAW_DROPPED.index("gallery")
RAW_KEPT = ("nowiki", "pre", "source", "syntaxhighlight")
DROPPED = ("ref", "includeonly")  # their content is wikitext and may hold more of it
LINE_BREAKING = ("blockquote", "br", "dd", "div", "dt", "hr", "li", "p", "table", "td", "th", "tr",
                 "poem", "ul", "ol")  # fmt: skip

RAISED = ("sup", "sub")
CODE = ("code", "kbd", "samp", "tt")
_GROUPS = (RAW_DROPPED, RAW_KEPT, DROPPED, LINE_BREAKING, RAISED, CODE)
TAG_NOWIKI = len(RAW_DROPPED)
TAG_BLOCKQUOTE = len(RAW_DROPPED) + len(RAW_KEPT) + len(DROPPED)
TAG_TABLE, TAG_TD, TAG_TH, TAG_TR, TAG_POEM, TAG_LI, TAG_UL, TAG_OL, TAG_P = (
    TAG_BLOCKQUOTE + LINE_BREAKING.index(name)
    for name in ("table", "td", "th", "tr", "poem", "li", "ul", "ol", "p")
)

TAG_RAW_DROPPED, TAG_RAW_KEPT, TAG_DROPPED, TAG_LINE_BREAKING, TAG_RAISED, TAG_CODE = range(6)
TAG_OTHER = -1

# Kinds of open constructs. Of templates, tables and pictures there are two: those whose content
# is taken back, and those of which some stays.
TEMPLATE, INFOBOX, PARAMETER, DROPPED_TABLE, TABLE, LINK, HIDDEN_LINK, FILE_LINK = range(8)
EXTERNAL, ELEMENT, RAISED_TEXT = 8, 9, 10

MAX_MAGIC_WORD_BYTES = 80
MAX_ENTITY_BYTES = 40
EXTERNAL_SCHEMES = ("http://", "https://", "ftp://", "mailto:", "//", "irc://", "news:")


# Bytes that never mean anything but themselves, except where a line begins.
ORDINARY = np.ones(256, np.bool_)
ORDINARY[list(b"&{[<}|]'_!:\n")] = False

NUL = 0  # written where something was dropped, for `tidy`, which takes it out
LOST = 1  # written for a value that nobody knows; `tidy` takes its bracket or sentence out
# Written for `lists`, `markdown` and `tables`, which put signs in their places; XML knows none.
HEADING_MARK, ITEM_MARK, ROW_MARK, CELL_MARK, TABLE_MARK, TABLE_END = range(2, 8)
QUOTE_MARK, QUOTE_END, FENCE_MARK, FENCE_END, INDENTED_MARK, CODE_MARK, CODE_END = range(14, 21)
SPAN_MARK, VERSE_MARK, VERSE_END, BREAK_MARK = range(21, 25)
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
DOUBLE_QUOTE = ord('"')
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
PLUS = ord("+")
DOLLAR = ord("$")
WIDE_1, WIDE_2, WIDE_LEFT_PAREN = "（".encode()
WIDE_RIGHT_PAREN = "）".encode()[2]


class Strings(NamedTuple):
    """Byte strings, one after the other."""

    data: U8
    offsets: I64


class Choices(NamedTuple):
    """What of a page stays, beside its running text; `convert.Markup` explains it."""

    tables: bool
    infoboxes: bool
    captions: bool
    math: bool
    variants: bool
    markdown: bool


class Tables(NamedTuple):
    """What the kernels look up."""

    choices: Choices
    files: Strings
    categories: Strings
    infobox_words: Strings
    tags: Strings
    tag_kinds: I64
    schemes: Strings
    entity_names: Strings  # sorted
    entity_texts: Strings
    windows_1252: I64  # of the bytes 0x80 to 0x9f


def strings(values: list[bytes]) -> Strings:
    """Byte strings as arrays."""
    offsets = np.cumsum([0, *map(len, values)], dtype=np.int64)
    return Strings(np.frombuffer(b"".join(values), np.uint8).copy(), offsets)


def _folded(names: tuple[str, ...]) -> Strings:
    """Names in lower case; kernels fold ASCII case alone, so others are there in both cases."""
    spellings = {name.encode().lower() for name in names}
    spellings |= {name.lower().encode() for name in names}
    return strings(sorted(spellings))


@functools.lru_cache(maxsize=16)
def tables_of(files: tuple[str, ...], categories: tuple[str, ...], choices: Choices) -> Tables:
    """The tables for a wiki with these names of its namespaces."""
    # An entity whose text is longer than itself (two of 2,125) would overrun the output.
    entities = sorted(
        (name[:-1].encode(), text.encode())
        for name, text in html.entities.html5.items()
        if name.endswith(";") and len(text.encode()) <= len(name) + 1
    )
    return Tables(
        choices,
        _folded(files),
        _folded(categories),
        _folded(INFOBOX_WORDS),
        strings([name.encode() for group in _GROUPS for name in group]),
        np.array([kind for kind, group in enumerate(_GROUPS) for _ in group], np.int64),
        strings([scheme.encode() for scheme in EXTERNAL_SCHEMES]),
        strings([name for name, _ in entities]),
        strings([text for _, text in entities]),
        np.array([ord(bytes([b]).decode("cp1252", "replace")) for b in range(0x80, 0xA0)]),
    )
