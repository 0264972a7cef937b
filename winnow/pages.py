"""Text of one's own pages: the main content of HTML, and the running text of wikitext."""

from typing import TYPE_CHECKING, Literal

from winnow.texts import Texts, as_array, as_text, beside, in_slices, slice_at

# Imports that take time stand inside the functions, as in winnow/batches.py.
if TYPE_CHECKING:
    import pyarrow as pa


def extract(
    pages: Texts,
    mode: Literal["fast", "precise", "auto"] = "fast",
    *,
    text: Literal["plain", "markdown"] = "plain",
    urls: Texts | None = None,
    charsets: Texts | None = None,
    fragments: bool = False,
) -> "pa.Table":
    r"""Extract the main text of HTML pages, without menus, advertisements and other boilerplate.

    Args:
      pages: HTML as bytes, which are decoded as a browser does, or as text that is decoded already:
        a list of bytes, str and None, or a column of binary or string values.
      mode: how main content is found: `fast` by winnow, `precise` by trafilatura, `auto` by
        trafilatura where `fast` keeps little (both want the extra `precise`).
      text: `markdown` marks headings, lists, quotations, code and tables; docs/text.md has all
        conventions.
      urls: addresses of the pages; their countries are hints where no encoding is declared.
      charsets: encodings that HTTP headers declared.
      fragments: the pages are bodies of posts, of which every visible word is wanted.

    Returns:
      One row for each page, in order: `text` (large_string), `title` and `language_hint` (string,
      of `<title>` and `<html lang>`), `license` (string, of Creative Commons, by `rel=license`),
      `reason` (string, why a page has no text: `extract.empty_text`, or `extract.no_content` for
      null), `error` (string, what failed),
      `encoding` and `encoding_found` (string), and `replaced_ratio` (float32, the share of the
      text's characters whose bytes did not decode). A run normalises the text afterwards.

    Raises:
      TypeError: pages, urls or charsets are no such column.
      ValueError: unknown mode or text, or columns of different lengths.
      ImportError: `precise` or `auto` without trafilatura.

    Cost: about 50 MB of HTML a second on one core (`fast`); docs/benchmarks.md has figures.

    >>> import winnow
    >>> page = b"<title>Tea</title><h1>Tea</h1><ul><li>10<sup>3</sup> ml of water<li>tea</ul>"
    >>> found = winnow.extract([page], text="markdown")
    >>> found["title"].to_pylist(), found["text"].to_pylist()
    (['Tea'], ['# Tea\n\n- 10^3 ml of water\n- tea'])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from filters.extract import main_content
    from manifests import schemas

    _require_layout(text)
    content, decoded = _contents(pages)
    addresses, declared = beside(urls, "urls", content), beside(charsets, "charsets", content)
    declared = pc.if_else(
        decoded, "utf-8", pa.nulls(len(content)) if declared is None else declared
    )
    media_type = schemas.HTML_FRAGMENT if fragments else schemas.HTML

    rows = len(content)
    columns = {
        "native_id": pa.repeat("", rows),
        "url": addresses,
        "media_type": pa.repeat(media_type, rows),
        "charset": declared,
        "content": content,
        "input_bytes": pa.repeat(0, rows),
    }
    arrays = [columns.get(field.name) for field in schemas.RECORDS]
    nothing = [pa.nulls(rows, field.type) for field in schemas.RECORDS]
    records = pa.RecordBatch.from_arrays(
        [none if array is None else array for array, none in zip(arrays, nothing, strict=True)],
        schema=schemas.RECORDS,
    )
    return pa.Table.from_batches(
        in_slices(
            lambda start: main_content.extract(slice_at(records, start), mode, layout=text), rows
        )
    )


def wikitext(
    texts: Texts,
    language: str | None = "en",
    *,
    text: Literal["plain", "markdown"] = "plain",
    wiki: str = "",
    tables: bool = False,
    infoboxes: bool = False,
    captions: bool = False,
    math: bool = True,
    coordinates: bool = True,
    unknown_templates: bool = False,
) -> "pa.LargeStringArray":
    """Turn MediaWiki markup into the text that a reader of the page sees.

    Args:
      texts: wikitext of pages; a null stays null.
      language: the wiki's, as a BCP 47 tag: what its templates and namespaces mean, and how it
        writes numbers. None: nothing is known of them.
      text: `markdown` marks headings, lists, quotations, code and tables.
      wiki: its name or host, if it is no Wikipedia: `enwiktionary`, `de.wikivoyage.org`.
      tables: keep tables, a row a line, ` | ` between cells.
      infoboxes: keep facts of boxes, `name: value`.
      captions: keep captions of pictures.
      math: keep formulas, as LaTeX between dollar signs.
      coordinates: keep those in the text.
      unknown_templates: of a template that is not known, keep its only parameter.

    Returns:
      The text of each page, in order. A run normalises it afterwards.

    Raises:
      TypeError: texts are no column of texts.
      ValueError: unknown text.

    Cost: about 100 MB of wikitext a second on one core; docs/benchmarks.md has figures.

    Source: docs/text.md lists what becomes of which markup.

    >>> import winnow
    >>> page = "'''Alba''' lies at {{convert|300|m|ft}} in the [[Alps|Western Alps]].<ref>Map</ref>"
    >>> winnow.wikitext([page]).to_pylist()
    ['Alba lies at 300 metres (980 ft) in the Western Alps.']
    """
    from filters.wikitext import wikitext_to_text
    from pipelines.sources.wiki_text import markup_of

    _require_layout(text)
    chosen = {
        "tables": tables, "infoboxes": infoboxes, "captions": captions, "math": math,
        "coordinates": coordinates, "unknown_templates": unknown_templates,
    }  # fmt: skip
    markup = markup_of(chosen, language, markdown=text == "markdown", wiki=wiki)
    return wikitext_to_text(as_text(texts), markup)


def _contents(pages: Texts) -> "tuple[pa.LargeBinaryArray, pa.BooleanArray]":
    """The bytes of pages, and which of these are text that was decoded already.

    Raises:
      TypeError: pages are no column of bytes and texts.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(pages, (list, tuple)):
        raw = pa.array(
            [page if isinstance(page, bytes) else None for page in pages], pa.large_binary()
        )
        texts = [None if isinstance(page, bytes) else page for page in pages]
    else:
        column = as_array(pages, "pages")
        is_raw = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        raw = column.cast(pa.large_binary()) if is_raw else pa.nulls(len(column), pa.large_binary())
        texts = pa.nulls(len(column)) if is_raw else column
    text = as_text(texts, "pages")
    if isinstance(raw, pa.ChunkedArray):
        raw = raw.combine_chunks()
    return pc.coalesce(raw, text.cast(pa.large_binary())), pc.is_valid(text)


def _require_layout(text: str) -> None:
    if text not in ("plain", "markdown"):
        raise ValueError(f"text is {text!r}, but must be 'plain' or 'markdown'")
