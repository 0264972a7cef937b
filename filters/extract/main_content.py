"""Records to text: HTML, posts' HTML fragments, wikitext and plain text.

Nothing here knows a language. HTML is decoded as browsers do it
(https://encoding.spec.whatwg.org, https://html.spec.whatwg.org/#determining-the-character-encoding):
byte-order mark, then the charset that the source declares, then `<meta>`, then detection, and bytes
that do not fit become U+FFFD. Differs: before detection, undeclared bytes that are valid UTF-8 are
UTF-8; uchardet takes a page with a few accents for an 8-bit charset.

The other media types are UTF-8 by their formats, so a byte that is not is an error of the record.
"""

import codecs
import functools
import re
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5
from resiliparse.parse.html import HTMLTree

from filters.extract import scorer
from filters.extract.blocks import find_blocks
from filters.extract.features import features
from filters.extract.render import render
from filters.extract.tree import read_tree
from filters.wikitext import wikitext_to_text
from manifests.schemas import HTML, HTML_FRAGMENT, PLAIN, WIKITEXT

Mode = Literal["fast", "precise", "auto"]
Layout = Literal["plain", "markdown"]

EXTRACTED = pa.schema(
    [
        pa.field("text", pa.large_string()),
        pa.field("title", pa.string()),
        pa.field("language_hint", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("error", pa.string()),
    ]
)

NO_CONTENT = "extract.no_content"
EMPTY_TEXT = "extract.empty_text"

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
META_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
META_WITHIN_BYTES = 1024  # as the standard has it
# Python's codecs of these names lack characters that the standard's have.
WIDER_CODECS = {
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
}

# trafilatura takes time by the square of the depth: a page of 100,000 open <div> takes ten minutes.
# Browsers stop nesting at 512; real pages stay far below. The selector matches an element with that
# many ancestors.
MAX_DEPTH = 512
TOO_DEEP = ">".join(["*"] * MAX_DEPTH)

# What `precise` is spared, by counting and not by a clock, so that every machine decides alike:
# trafilatura takes time by the square of a page's paragraphs and links. At these limits it takes
# a second; a page of 160,000 tags or 30,000 links takes minutes.
MAX_PRECISE_TAGS = 50_000
MAX_PRECISE_LINKS = 5_000
LINK = re.compile(r"<a\s", re.IGNORECASE)


class _Extracted(NamedTuple):
    text: str
    title: str | None = None
    language: str | None = None


def extract(
    records: pa.RecordBatch,
    mode: Mode = "fast",
    layout: Layout = "plain",
    survives: Callable[[pa.LargeStringArray], pa.BooleanArray] | None = None,
) -> pa.RecordBatch:
    """One row of EXTRACTED for each of `records` (schema RECORDS), in the same order.

    Exactly one of `text`, `reason` and `error` is there. `reason` is the record's `skip_reason`,
    `extract.no_content` or `extract.empty_text`; `error` is the record's, or says what failed
    without quoting content. `title` and `language_hint` are the record's, else those of
    `<title>` and `<html lang>`.

    Args:
      records: the batch.
      mode: how main content of HTML pages is found: `fast` by `filters.extract.scorer`, `precise`
        by trafilatura (some 8 times slower); `auto` is `fast`, then `precise` for the pages whose
        text `survives`.
      layout: how the text of HTML is written; docs/text.md.
      survives: for `auto`, which of the texts (one a record, null where there is none) are worth
        the slower extraction; without it all are.

    Raises:
      ImportError: `precise` or `auto` without trafilatura.
      ValueError: unknown mode.
    """
    markdown = layout == "markdown"
    if mode != "auto":
        return _extract(records, _main_text_function(mode, markdown), markdown)
    precise = _main_text_function("precise", markdown)
    found = _extract(records, _main_text_function("fast", markdown), markdown)
    again = pc.and_(pc.equal(records["media_type"], HTML), pc.is_valid(found["text"]))
    if survives is not None:
        again = pc.and_(again, survives(found["text"]))
    better = _extract(records.filter(again), precise, markdown)
    # A page that only `fast` finds text in keeps that.
    text = pc.coalesce(better["text"], found["text"].filter(again))
    text = pc.replace_with_mask(found["text"], again, text)
    return pa.RecordBatch.from_arrays([text, *found.columns[1:]], schema=EXTRACTED)


def _extract(
    records: pa.RecordBatch, main_text: Callable[[HTMLTree, str], str], markdown: bool
) -> pa.RecordBatch:
    readers: dict[str, Callable[[bytes, str | None], _Extracted]] = {
        HTML: functools.partial(_page, main_text=main_text),
        HTML_FRAGMENT: functools.partial(_fragment, markdown=markdown),
        PLAIN: _plain,
        WIKITEXT: _plain,
    }
    columns: dict[str, list[str | None]] = {
        name: records.column(name).to_pylist()
        for name in ("media_type", "charset", "title", "language_hint", "skip_reason", "error")
    }
    titles, hints, errors = columns["title"], columns["language_hint"], columns["error"]
    reasons = columns["skip_reason"]
    texts: list[bytes | None] = [None] * len(records)
    for row, content in enumerate(records.column("content")):
        if reasons[row] is not None or errors[row] is not None:
            continue
        if not content.is_valid:
            reasons[row] = NO_CONTENT
            continue
        media_type = columns["media_type"][row] or ""
        read = readers.get(media_type)
        if read is None:
            errors[row] = f"no extraction for media type {media_type!r}"
            continue
        try:
            extracted = read(content.as_py(), columns["charset"][row])
            texts[row] = extracted.text.encode()
        except UnicodeDecodeError as error:
            errors[row] = f"invalid UTF-8 at byte {error.start} of the record's {media_type}"
            continue
        except Exception as error:  # a record must not stop the batch, whatever a parser meets
            errors[row] = f"{type(error).__name__} in the extraction of {media_type}"
            continue
        titles[row] = titles[row] or extracted.title
        hints[row] = hints[row] or extracted.language

    text = _with_wikitext(pa.array(texts, pa.large_binary()), columns["media_type"])
    for row, empty in enumerate(_is_empty(text)):
        if empty:
            reasons[row] = EMPTY_TEXT
    kept = pa.array([r is None and e is None for r, e in zip(reasons, errors, strict=True)])
    text = pc.if_else(kept, text, pa.scalar(None, pa.large_string()))
    return pa.RecordBatch.from_arrays(
        [text, *(pa.array(column, pa.string()) for column in (titles, hints, reasons, errors))],
        schema=EXTRACTED,
    )


def _with_wikitext(content: pa.LargeBinaryArray, types: list[str | None]) -> pa.LargeStringArray:
    """Texts, of which those that are wikitext are turned into plain text all at once."""
    text = content.cast(pa.large_string())
    is_wikitext = pa.array([media_type == WIKITEXT for media_type in types], pa.bool_())
    plain = wikitext_to_text(text.filter(is_wikitext))
    return pc.replace_with_mask(text, is_wikitext, plain)


def _is_empty(text: pa.LargeStringArray) -> list[bool]:
    """True for a text of white space alone; False for null."""
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    empty: list[bool] = blank.fill_null(False).to_pylist()
    return empty


def _plain(content: bytes, charset: str | None) -> _Extracted:
    return _Extracted(content.decode().removeprefix("\ufeff"))


def _fragment(content: bytes, charset: str | None, markdown: bool) -> _Extracted:
    tree = HTMLTree.parse(content.decode())
    return _Extracted(whole_text(tree, markdown=markdown))


def _page(
    content: bytes, charset: str | None, main_text: Callable[[HTMLTree, str], str]
) -> _Extracted:
    html = decode_html(content, charset)
    tree = HTMLTree.parse(html)
    root = tree.document.query_selector("html") if tree.document is not None else None
    language = root.getattr("lang") if root is not None else None
    return _Extracted(
        main_text(tree, html),
        (tree.title or "").strip() or None,
        (language or "").strip() or None,
    )


def _is_too_deep(tree: HTMLTree) -> bool:
    document = tree.document
    return document is not None and document.query_selector(TOO_DEEP) is not None


def _is_too_much(html: str) -> bool:
    return html.count("<") > MAX_PRECISE_TAGS or len(LINK.findall(html)) > MAX_PRECISE_LINKS


def whole_text(tree: HTMLTree, *, markdown: bool = False) -> str:
    """Every visible word; see `filters.extract.render`."""
    data, nodes = read_tree(tree)
    blocks = find_blocks(data, nodes)
    return render(data, nodes, blocks, np.ones(len(blocks.owner), np.bool_), markdown=markdown)


def main_text(tree: HTMLTree, *, markdown: bool = False) -> str:
    """The main content of a page; see `filters.extract.scorer`."""
    data, nodes = read_tree(tree)
    blocks = find_blocks(data, nodes)
    numbers = features(data, nodes, blocks)
    keep = scorer.choose(numbers, scorer.scores(numbers))
    return render(data, nodes, blocks, keep, markdown=markdown)


def _main_text_function(mode: Mode, markdown: bool) -> Callable[[HTMLTree, str], str]:
    if mode == "fast":
        return lambda tree, html: main_text(tree, markdown=markdown)
    if mode != "precise":
        raise ValueError(f"unknown extraction mode {mode!r}; use 'fast', 'precise' or 'auto'")
    try:
        import trafilatura
    except ImportError as error:
        raise ImportError(
            "extraction modes 'precise' and 'auto' need trafilatura: "
            "pip install winnow-corpus[precise]"
        ) from error

    def precise_main_text(tree: HTMLTree, html: str) -> str:
        if _is_too_deep(tree) or _is_too_much(html):
            return main_text(tree, markdown=markdown)
        form = "markdown" if markdown else "txt"
        found: str | None = trafilatura.extract(html, output_format=form)
        return found or main_text(tree, markdown=markdown)

    return precise_main_text


def decode_html(content: bytes, charset: str | None) -> str:
    """The page as a string; bytes that its encoding does not have become U+FFFD."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    declared = (
        map_encoding_to_html5(charset.strip(" \"'"), fallback_utf8=False) if charset else None
    )
    declared = declared or _meta_charset(content)
    if declared is None:
        try:
            return content.decode()
        except UnicodeDecodeError:
            declared = detect_encoding(content) or "utf-8"
    return content.decode(WIDER_CODECS.get(declared, declared), "replace")


def _meta_charset(content: bytes) -> str | None:
    match = META_CHARSET.search(content[:META_WITHIN_BYTES])
    if match is None:
        return None
    declared: str | None = map_encoding_to_html5(match[1].decode(), fallback_utf8=False)
    # Whoever could read the element was not reading UTF-16.
    return "utf-8" if declared in ("utf-16-le", "utf-16-be") else declared
