"""MediaWiki markup to plain text or Markdown, one pass over the bytes, in numba.

What a reader of the page sees as running text stays: paragraphs, headings and list items as lines,
labels of links, code, formulas, and the text of templates whose names are known
(`filters/wikitext/templates`). Other templates, references, categories, links to other languages
and comments go; tables, boxes of facts, captions and coordinates go unless they are asked for.

Source: https://www.mediawiki.org/wiki/Markup_spec and the pages Help:Formatting, Help:Tables and
Writing_systems/Syntax there.
Differs: a template of no known name is dropped, where MediaWiki would show its expansion; bold and
italic apostrophes are told apart line by line and approximately; of the spellings in
`-{zh-hans:…;zh-hant:…}-` the first is taken, where MediaWiki lets the reader choose.
"""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.wikitext.lookups import Choices, tables_of
from filters.wikitext.names import hidden_namespaces

if TYPE_CHECKING:
    from filters.wikitext.templates.pages import TemplatePages


@dataclasses.dataclass(frozen=True)
class Markup:
    """What a wiki's markup means, and what of it becomes text.

    Attributes:
      tables: cells stay, a row a line, ` | ` between them.
      infoboxes: the facts of boxes stay as lines, `name: value`; values that templates make do not.
      captions: of pictures and galleries stay, a line each.
      math: formulas stay as LaTeX between dollar signs.
      coordinates: those in the text stay.
      unknown_templates: one of no known name that has one parameter, which is text, leaves that.
      variants: `-{…}-` holds several spellings, as on the wikis of Chinese and Serbian.
      files: names of the namespace of pictures.
      categories: names of the namespace of categories.
      language: the wiki's, which says what its templates mean and how it writes numbers.
      pages: the wiki's own templates.
      project: what the wiki is, as its database is called: `wiktionary`; empty for Wikipedia.
      markdown: headings, lists, quotations, code and tables have their marks.
    """

    tables: bool = False
    infoboxes: bool = False
    captions: bool = False
    math: bool = True
    coordinates: bool = True
    unknown_templates: bool = False
    variants: bool = False
    files: tuple[str, ...] = hidden_namespaces(None)[0]
    categories: tuple[str, ...] = hidden_namespaces(None)[1]
    language: str | None = None
    pages: "TemplatePages | None" = None
    markdown: bool = False
    project: str = ""


ARTICLE = Markup()


def wikitext_to_text(
    text: pa.LargeStringArray, markup: Markup = ARTICLE, titles: pa.StringArray | None = None
) -> pa.LargeStringArray:
    """Plain text of each page's wikitext; nulls stay null.

    Args:
      text: the pages.
      markup: what it means, and what of it becomes text.
      titles: string[len(text)], of the pages with their namespaces, null where not known; what
        `{{PAGENAME}}` stands for.
    """
    if len(text) == 0 or text.buffers()[2] is None:
        return text
    # Imported here: readers of wikis know this module, and planning needs no kernels.
    from filters.text.words import TextView
    from filters.wikitext import kernel
    from filters.wikitext.lists import with_items
    from filters.wikitext.markdown import written
    from filters.wikitext.tables import with_tables
    from filters.wikitext.templates.expansion import bind, expand
    from filters.wikitext.templates.names import names_of

    view = TextView(text)
    choices = Choices(
        markup.tables,
        markup.infoboxes,
        markup.captions,
        markup.math,
        markup.variants,
        markup.markdown,
    )
    tables = tables_of(markup.files, markup.categories, choices)
    names = names_of(
        markup.language,
        markup.coordinates,
        markup.pages,
        markup.markdown,
        markup.project,
        markup.tables,
    )
    if markup.pages is not None:
        bind(markup.pages, tables, names)
    data, offsets = expand(
        view.data,
        view.offsets,
        tables,
        names,
        boxes=markup.infoboxes,
        unknown=markup.unknown_templates,
        titles=None if titles is None else titles.to_pylist(),
    )
    # The marks of items in lists of elements are longer than `<li>`, three times at most.
    size = int(offsets[-1] - offsets[0])
    out = np.empty(3 * size + kernel.SPARE_BYTES, np.uint8)
    out_offsets = np.zeros(len(text) + 1, np.int64)
    kernel.convert(data, offsets, tables, out, out_offsets)
    plain = pa.LargeStringArray.from_buffers(
        len(text), pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]])
    )
    if markup.markdown:
        plain = pa.array([written(page) for page in plain.to_pylist()], pa.large_string())
    else:
        pages = plain.to_pylist()
        if markup.tables:
            pages = [with_tables(page) for page in pages]
        plain = pa.array([with_items(page) for page in pages], pa.large_string())
    if text.null_count:
        plain = pc.if_else(text.is_valid(), plain, pa.scalar(None, pa.large_string()))
    return plain
