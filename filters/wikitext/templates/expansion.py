"""Templates of known names in pages, replaced by the wikitext of their text."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from filters.wikitext.lookups import I64, U8, Tables
from filters.wikitext.pieces import MAX_NAME_BYTES
from filters.wikitext.templates import rows
from filters.wikitext.templates.blocks import cell
from filters.wikitext.templates.calls import Call, without_comments
from filters.wikitext.templates.finding import UNKNOWN, count, find
from filters.wikitext.templates.formulas import chemical
from filters.wikitext.templates.languages import (
    MAX_PREPOSITION_BYTES,
    after_preposition,
    labelled,
)
from filters.wikitext.templates.names import Names
from filters.wikitext.templates.pages import TemplatePages
from filters.wikitext.templates.people import club

# Stands for a template that leaves nothing, so that brackets around it can go too.
_NOTHING = b"\0"
_SPACE = " \n\t\r\0"
# Space parts attributes, so that there is one way alone to read a line.
_ATTRIBUTE = rb"""[a-zA-Z-]++\s*+=\s*+(?:"[^"|]*+"|'[^'|]*+'|[\w%]++)"""
_ATTRIBUTES = re.compile(rb"[|!]\s*+" + _ATTRIBUTE + rb"(?:\s++" + _ATTRIBUTE + rb")*+\s*+\Z")
_MAX_ATTRIBUTE_BYTES = 300
_Piece = tuple[int, int, bytes]


def expand(
    data: U8, offsets: I64, tables: Tables, names: Names, *, boxes: bool, unknown: bool,
    titles: Sequence[str | None] | None = None,
) -> tuple[U8, I64]:  # fmt: skip
    """The pages with templates replaced: their bytes, and where they begin and end.

    Args:
      data, offsets: the pages.
      tables: what the kernels look up.
      names: the templates that are known.
      boxes: those inside boxes of facts too.
      unknown: others too that have one parameter, which is text.
      titles: of the pages, where they are known.
    """
    pieces, changes = _pieces(data, offsets, tables, names, boxes, unknown, None, titles)
    if not pieces:
        return data, offsets
    source = memoryview(data)  # type: ignore[arg-type]  # numpy's arrays are buffers
    parts: list[bytes | memoryview] = []
    at = int(offsets[0])
    for start, end, text in pieces:
        parts += (bytes(source[at:start]), text)  # views would be objects to collect, bytes are not
        at = end
    parts.append(source[at : int(offsets[-1])])
    moved = offsets - offsets[0]
    moved[1:] += np.cumsum(changes)
    moved.setflags(write=False)  # as Arrow's are, or the kernels would be compiled twice
    return np.frombuffer(b"".join(parts), np.uint8), moved


def expand_text(
    text: str, title: str, tables: Tables, names: Names, shown: Callable[[str], str]
) -> str:
    """A template's own page with the templates in it replaced; unknown ones leave nothing.

    Args:
      text: wikitext, in which values of parameters are held back.
      title: of the page that uses it.
      tables: what the kernels look up.
      names: the templates that are known.
      shown: puts values of parameters into a text.
    """
    data = np.frombuffer(text.encode(), np.uint8)
    offsets = np.array([0, len(data)], np.int64)
    offsets.setflags(write=False)
    pieces, _ = _pieces(data, offsets, tables, names, False, False, shown, [title])
    raw = data.tobytes()
    parts: list[str] = []
    at = 0
    for start, end, piece in pieces:
        parts += (shown(raw[at:start].decode()), piece.strip(_NOTHING).decode())
        at = end
    parts.append(shown(raw[at:].decode()))
    return "".join(parts)


def bind(pages: TemplatePages, tables: Tables, names: Names) -> None:
    """Lets templates of a dump use the others."""
    pages.expand = lambda text, title, shown: expand_text(text, title, tables, names, shown)


def _pieces(
    data: U8, offsets: I64, tables: Tables, names: Names, boxes: bool, unknown: bool,
    shown: Callable[[str], str] | None, titles: Sequence[str | None] | None,
) -> tuple[list[_Piece], I64]:  # fmt: skip
    """What is replaced by what, in order, and by how much each page grows."""
    changes = np.zeros(len(offsets) - 1, np.int64)
    most, most_arguments = count(data, offsets[0], offsets[-1])
    if most == 0:
        return [], changes
    calls = np.empty((most, 5), np.int64)
    arguments = np.empty((most_arguments, 4), np.int64)
    n, n_arguments = find(
        data, offsets, tables, names.hashes, names.silent, boxes, unknown, calls, arguments
    )
    if n == 0:
        return [], changes
    # Columns, since a list a row would be an object for the garbage collector to look at each time.
    firsts, signs, lasts, earlier = (arguments[:n_arguments, i].tolist() for i in range(4))
    source = data.tobytes()
    pieces: list[_Piece] = []
    edition, forms, spelt = names.edition, names.forms, names.spelt
    owners: list[int] = []
    columns = (calls[:n, i].tolist() for i in range(5))
    for start, end, name, argument, page in zip(*columns, strict=True):
        inner = len(pieces)
        while inner and pieces[inner - 1][0] >= start:
            inner -= 1
        children = pieces[inner:]
        del pieces[inner:], owners[inner:]
        values: list[tuple[str, str]] = []
        while argument >= 0:  # from the last one on
            first, equals, last = firsts[argument], signs[argument], lasts[argument]
            argument = earlier[argument]
            key = ""
            if equals >= 0:
                key = source[first:equals].decode("utf-8", "replace").strip()
                first = equals + 1
            if children and children[-1][0] >= first:
                value = _value(source, first, last, children)
            else:
                value = source[first:last].decode("utf-8", "replace")
            if "<!--" in value:
                value, key = without_comments(value), without_comments(key).strip()
            if shown is not None:
                value = shown(value)
            values.append((key, value.strip(_SPACE)))
        params: dict[str, str] = {}
        position = 0
        values.reverse()
        for key, value in values:
            if not key:
                position += 1
                key = str(position)
            params[key] = value
        is_page = name != UNKNOWN and names.are_pages[name]
        if (
            is_page
            and shown is None
            and _is_alone(source, start, end, offsets[page], offsets[page + 1])
        ):
            text = ""  # a note or a box, no part of a sentence
        elif name == UNKNOWN:
            text = params.get("1", "")
        else:
            own = spelt[name]
            if own[-1] == " ":
                own = _spelt(source, start + 2, end - 2)
            elif own[-1] in "-/" and len(own) > 1:
                own = _spelt(source, start + 2, end - 2).lower()
            elif own.isascii() and own.isupper():
                own = _spelt(source, start + 2, end - 2)
            title = titles[page] if titles is not None else None
            call = Call(own, params, edition, values, title or "", names.project)
            text = forms[name](call)
            if forms[name] is labelled:
                before = source[max(offsets[page], start - MAX_PREPOSITION_BYTES) : start]
                text = after_preposition(text, before.decode("utf-8", "ignore"), edition)
            if forms[name] is club and _is_alone(
                source, start, end, offsets[page], offsets[page + 1]
            ):
                text = ""  # a box of the club's players
            if forms[name] is cell and _follows_attributes(source, start):
                text = f"| {text}"
            if text.startswith(rows.START) and _is_alone(
                source, start, end, offsets[page], offsets[page + 1]
            ):
                text = text.strip("\n")  # an empty line would end the table
            # {{chem2|H_{2}}}: MediaWiki ends the template before the last brace, writers did not.
            if forms[name] is chemical and source[end : end + 1] == b"}":
                end += call.first.count("{") > call.first.count("}")
        pieces.append((start, end, text.encode("utf-8", "replace") or _NOTHING))
        owners.append(page)
    for (start, end, replaced), page in zip(pieces, owners, strict=True):
        changes[page] += len(replaced) - (end - start)
    return pieces, changes


def _is_alone(source: bytes, start: int, end: int, first: int, last: int) -> bool:
    """Whether a template has a line for itself on the page from `first` to `last`."""
    begins = start == first or source[start - 1 : start] == b"\n"
    return begins and (end == last or source[end : end + 1] == b"\n")


def _follows_attributes(source: bytes, start: int) -> bool:
    """Whether a cell's attributes stand before a template, whose own would end them with a bar."""
    first = max(source.rfind(b"\n", 0, start) + 1, start - _MAX_ATTRIBUTE_BYTES)
    return _ATTRIBUTES.search(source[first:start]) is not None


def _spelt(source: bytes, start: int, end: int) -> str:
    """The name of a template as it stands there."""
    head = source[start : min(end, start + MAX_NAME_BYTES)].decode("utf-8", "replace")
    name = head.partition("|")[0].strip().replace("_", " ")
    return name[9:] if name[:9].lower() == "template:" else name


def _value(source: bytes, start: int, end: int, children: list[_Piece]) -> str:
    """A parameter's value, in which the templates are replaced: the last of `children`."""
    parts: list[bytes] = []
    while children and children[-1][0] >= start:
        first, last, text = children.pop()
        parts += (source[last:end], text)
        end = first
    parts.append(source[start:end])
    return b"".join(reversed(parts)).decode("utf-8", "replace")
