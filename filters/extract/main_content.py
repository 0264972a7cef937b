"""Records to text: HTML, posts' HTML fragments, wikitext and plain text.

Nothing here knows a language. Pages are decoded by `filters.encodings`. The other media types are
UTF-8 by their formats, so a byte that is not is an error of the record.
"""

import functools
import re
from collections.abc import Callable
from html import escape
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from resiliparse.parse.html import HTMLTree

from filters.encodings.decoders import REPLACED
from filters.encodings.pages import Decoded, decode_page
from filters.extract import bounds, scorer
from filters.extract.blocks import CHARS, LINKED, Blocks, Counts, find_blocks
from filters.extract.choice import choose
from filters.extract.features import features
from filters.extract.layout import Layout, find_layout
from filters.extract.precise import hidden_elements, prepare, restored
from filters.extract.render import render
from filters.extract.tree import Nodes, read_tree
from filters.text.characters import Bools, Bytes, Floats
from filters.text.licenses import HOST, of_addresses, short_name
from filters.wikitext import Markup, wikitext_to_text
from manifests.schemas import BEYOND_LIMIT, HTML, HTML_FRAGMENT, PLAIN, WIKITEXT

Mode = Literal["fast", "precise", "auto"]

EXTRACTED = pa.schema(
    [
        pa.field("text", pa.large_string()),
        pa.field("title", pa.string()),
        pa.field("language_hint", pa.string()),
        pa.field("license", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("error", pa.string()),
        pa.field("encoding", pa.string()),
        pa.field("encoding_found", pa.string()),
        pa.field("replaced_ratio", pa.float32()),
    ]
)

NO_CONTENT = "extract.no_content"
EMPTY_TEXT = "extract.empty_text"

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

# HTML has no such sections, and its parser takes their beginning for a comment; XHTML has.
CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)

# Of a page's text outside of links `fast` keeps less of one page in 27 of WCXB, and trafilatura is
# then as good or better.
FAIR = 0.5


class _Extracted(NamedTuple):
    text: str
    title: str | None = None
    language: str | None = None
    license: str | None = None
    page: Decoded | None = None


def extract(
    records: pa.RecordBatch,
    mode: Mode = "fast",
    *,
    layout: Literal["plain", "markdown"] = "plain",
    max_replaced_ratio: float = 1.0,
) -> pa.RecordBatch:
    """One row of EXTRACTED for each of `records` (schema RECORDS), in the same order.

    Exactly one of `text`, `reason` and `error` is there. `reason` is the record's `skip_reason`,
    `extract.no_content` or `extract.empty_text`; `error` is the record's, or says what failed
    without quoting content. `title`, `language_hint` and `license` are the record's, else
    those of `<title>`, `<html lang>` and `rel=license`. Pages also have their `encoding`, how it
    was found (`filters.encodings.pages`), and the share of the text's characters that are U+FFFD
    because bytes do not decode.

    Args:
      records: the batch.
      mode: how main content of HTML pages is found: `fast` by `filters.extract.scorer`, `precise`
        by trafilatura (some 8 times slower); `auto` by trafilatura for the pages of which `fast`
        keeps less than half of the text outside of links.
      layout: how the text of HTML is written; docs/text.md.
      max_replaced_ratio: a page whose `replaced_ratio` is higher is an error.

    Raises:
      ImportError: `precise` or `auto` without trafilatura.
      ValueError: unknown mode.
    """
    markdown = layout == "markdown"
    main_text = _main_text_function(mode, markdown)
    readers: dict[str, Callable[[bytes, str | None, str | None], _Extracted]] = {
        HTML: functools.partial(_page, main_text=main_text),
        HTML_FRAGMENT: functools.partial(_fragment, markdown=markdown),
        PLAIN: _plain,
        WIKITEXT: _plain,
    }
    columns: dict[str, list[str | None]] = {
        name: records.column(name).to_pylist()
        for name in (
            "media_type", "charset", "url", "title", "language_hint", "license", "skip_reason",
            "error",
        )
    }  # fmt: skip
    titles, hints, errors = columns["title"], columns["language_hint"], columns["error"]
    reasons, licenses = columns["skip_reason"], columns["license"]
    texts: list[bytes | None] = [None] * len(records)
    pages: list[Decoded | None] = [None] * len(records)
    ratios: list[float | None] = [None] * len(records)
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
            extracted = read(content.as_py(), columns["charset"][row], columns["url"][row])
            texts[row] = extracted.text.encode()
        except UnicodeDecodeError as error:
            errors[row] = f"invalid UTF-8 at byte {error.start} of the record's {media_type}"
            continue
        except bounds.TooMuch as error:
            errors[row] = f"{BEYOND_LIMIT}{error}"
            continue
        except Exception as error:  # a record must not stop the batch, whatever a parser meets
            errors[row] = f"{type(error).__name__} in the extraction of {media_type}"
            continue
        if (page := extracted.page) is not None:
            pages[row] = page._replace(text="")
            ratios[row] = ratio = _replaced_ratio(page, extracted.text)
            if ratio > max_replaced_ratio:
                errors[row] = (
                    f"{ratio:.0%} of the text's characters do not decode as {page.encoding} "
                    f"({page.found}), more than max_replaced_ratio"
                )
                continue
        titles[row] = titles[row] or extracted.title
        hints[row] = hints[row] or extracted.language
        licenses[row] = licenses[row] or extracted.license

    text = _with_wikitext(pa.array(texts, pa.large_binary()), columns["media_type"], markdown)
    for row, empty in enumerate(_is_empty(text)):
        if empty:
            reasons[row] = EMPTY_TEXT
    kept = pa.array([r is None and e is None for r, e in zip(reasons, errors, strict=True)])
    text = pc.if_else(kept, text, pa.scalar(None, pa.large_string()))
    encodings = [page and page.encoding for page in pages]
    found = [page and page.found for page in pages]
    licenses = [short_name(told) if told and told.strip() else None for told in licenses]
    strings = (titles, hints, licenses, reasons, errors, encodings, found)
    return pa.RecordBatch.from_arrays(
        [text, *(pa.array(c, pa.string()) for c in strings), pa.array(ratios, pa.float32())],
        schema=EXTRACTED,
    )


def _replaced_ratio(page: Decoded, text: str) -> float:
    return text.count(REPLACED) / len(text) if page.replaced and text else 0.0


def _with_wikitext(
    content: pa.LargeBinaryArray, types: list[str | None], markdown: bool
) -> pa.LargeStringArray:
    """Texts, of which those that are wikitext are turned into plain text all at once."""
    text = content.cast(pa.large_string())
    is_wikitext = pa.array([media_type == WIKITEXT for media_type in types], pa.bool_())
    plain = wikitext_to_text(text.filter(is_wikitext), Markup(markdown=markdown))
    return pc.replace_with_mask(text, is_wikitext, plain)


def _is_empty(text: pa.LargeStringArray) -> list[bool]:
    """True for a text of white space alone; False for null."""
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    empty: list[bool] = blank.fill_null(False).to_pylist()
    return empty


def _plain(content: bytes, charset: str | None, url: str | None) -> _Extracted:
    return _Extracted(content.decode().removeprefix("\ufeff"))


def _fragment(
    content: bytes, charset: str | None, url: str | None, *, markdown: bool
) -> _Extracted:
    return _Extracted(whole_text(_parsed(content.decode()), markdown=markdown))


def _page(
    content: bytes,
    charset: str | None,
    url: str | None,
    main_text: Callable[[HTMLTree, str], str],
) -> _Extracted:
    page = decode_page(content, charset, url)
    html = page.text
    if html.lstrip().startswith("<?xml"):
        end = html.rfind("]]>") + 3  # a section without an end would be searched to the page's
        html = CDATA.sub(lambda found: escape(found[1], quote=False), html[:end]) + html[end:]
    tree = _parsed(html)
    root = tree.document.query_selector("html") if tree.document is not None else None
    language = root.getattr("lang") if root is not None else None
    return _Extracted(
        main_text(tree, html),
        (tree.title or "").strip() or None,
        (language or "").strip() or None,
        _license(tree) if HOST in html else None,
        page,
    )


def _license(tree: HTMLTree) -> str | None:
    """The licence that a page has a link to, as its own."""
    if tree.document is None:
        return None
    links = tree.document.query_selector_all("a[rel~=license][href],link[rel~=license][href]")
    return of_addresses([link.getattr("href") or "" for link in links])


def _parsed(html: str) -> HTMLTree:
    return HTMLTree.parse(bounds.bounded(html))


def _is_too_deep(tree: HTMLTree) -> bool:
    document = tree.document
    return document is not None and document.query_selector(TOO_DEEP) is not None


def _is_too_much(html: str) -> bool:
    return html.count("<") > MAX_PRECISE_TAGS or len(LINK.findall(html)) > MAX_PRECISE_LINKS


def whole_text(tree: HTMLTree, *, markdown: bool = False) -> str:
    """Every visible word; see `filters.extract.render`."""
    data, nodes = read_tree(tree)
    blocks = find_blocks(data, nodes)
    layout, every = find_layout(data, nodes, blocks), np.ones(len(blocks.owner), np.bool_)
    return render(data, nodes, blocks, every, layout, markdown=markdown)


def main_text(tree: HTMLTree, *, markdown: bool = False) -> str:
    """The main content of a page; see `filters.extract.choice`."""
    return _choose(tree).text(markdown)


class _Chosen(NamedTuple):
    """A page, and which of its blocks are main content."""

    data: Bytes
    nodes: Nodes
    blocks: Blocks
    layout: Layout
    scores: Floats
    keep: Bools

    def text(self, markdown: bool) -> str:
        return render(self.data, self.nodes, self.blocks, self.keep, self.layout, markdown=markdown)

    def has_fair_share(self) -> bool:
        return has_fair_share(self.blocks.counts, self.keep)


def _choose(tree: HTMLTree) -> _Chosen:
    data, nodes = read_tree(tree)
    blocks = find_blocks(data, nodes)
    numbers = features(data, nodes, blocks)
    scores, layout = scorer.scores(numbers), find_layout(data, nodes, blocks)
    keep = choose(scores, data, nodes, blocks, layout)
    return _Chosen(data, nodes, blocks, layout, scores, keep)


def has_fair_share(counts: Counts, keep: Bools) -> bool:
    """Whether the blocks that are kept have `FAIR` of a page's text outside of links.

    Args:
      counts: of each block, int32[blocks, COUNTS].
    """
    text = (counts[:, CHARS] - counts[:, LINKED]).sum()
    return bool(counts[keep, CHARS].sum() >= FAIR * text)


def _main_text_function(mode: Mode, markdown: bool) -> Callable[[HTMLTree, str], str]:
    if mode == "fast":
        return lambda tree, html: main_text(tree, markdown=markdown)
    if mode not in ("precise", "auto"):
        raise ValueError(f"unknown extraction mode {mode!r}; use 'fast', 'precise' or 'auto'")
    try:
        import trafilatura
    except ImportError as error:
        is_missing = isinstance(error, ModuleNotFoundError) and error.name == "trafilatura"
        what = "is not installed" if is_missing else f"cannot be imported ({error})"
        raise ImportError(
            f"extraction modes 'precise' and 'auto' need trafilatura, which {what}: "
            "pip install 'winnow-corpus[precise]'"
        ) from error

    def precise(tree: HTMLTree, html: str) -> str | None:
        form = "markdown" if markdown else "txt"
        page = trafilatura.load_html(html)
        if page is None:
            return None
        prepare(page, whole_text, hidden_elements(tree), markdown=markdown)
        found: str | None = trafilatura.extract(page, output_format=form)
        return restored(found) if found else None

    def slower_main_text(tree: HTMLTree, html: str) -> str:
        if _is_too_deep(tree) or _is_too_much(html):
            return main_text(tree, markdown=markdown)
        if mode == "precise":
            return precise(tree, html) or main_text(tree, markdown=markdown)
        found = _choose(tree)
        slower = None if found.has_fair_share() else precise(tree, html)
        return slower or found.text(markdown)

    return slower_main_text
