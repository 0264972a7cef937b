"""Code that all readers of wikis share: their options, and the conversion of wikitext to text.

The reader of a dump converts, since only the reader knows the wiki's language and namespaces.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from filters.wikitext import Markup, hidden_namespaces, wiki_code, wikitext_to_text
from filters.wikitext.names import VARIANT_LANGUAGES
from manifests import schemas
from pipelines.sources.records import LICENSE, text_option
from pipelines.sources.units import LAYOUT, WorkUnit
from pipelines.sources.xml_elements import Restart

if TYPE_CHECKING:
    from filters.wikitext.templates.pages import TemplatePages

# What of a page is kept beside its running text, and whether it is where a recipe says nothing.
PAGE_CHOICES = {"tables": False, "infoboxes": False, "captions": False, "math": True}
WIKITEXT_CHOICES = {**PAGE_CHOICES, "coordinates": True, "unknown_templates": False}
PAGE_OPTIONS = frozenset({"namespaces", "disambiguations", *PAGE_CHOICES})
WIKITEXT_OPTIONS = frozenset({*PAGE_OPTIONS, *WIKITEXT_CHOICES})
PAGES = Restart(re.compile(rb"<page[\s>]"), b"<mediawiki>", b"</mediawiki>")  # of an XML dump
_PROJECT = re.compile(r"wiktionary|wikisource|wikivoyage")
ARTICLES = 0  # the namespace of encyclopedia articles
# Names of databases, `dewiki`, and of hosts, `de.wikipedia.org`; both begin with the language.
_DATABASE = re.compile(r"([a-z]{2,3}(?:_[a-z]+)*|simple)wik(?:i|t|is|iv|ib|in|iq)[a-z]*")
_HOST = re.compile(r"([a-z]{2,3}(?:-[a-z]+)*|simple)(?:\.m)?\.wik[a-z]+\.org")
_FILE = re.compile(r"(?:.*/)?([a-z]+(?:_[a-z]+)*wik[a-z]+)-")
_LANGUAGES = {"simple": "en", "als": "gsw", "nds-nl": "nds", "zh-yue": "yue"}


def flag(unit: WorkUnit, name: str, default: bool = False) -> bool:
    """An option that is true or false.

    Raises:
      ValueError: it is something else.
    """
    value = dict(unit.options).get(name, default)
    if type(value) is not bool:
        raise ValueError(f"source {unit.source!r}: {name} {value!r} is not true or false")
    return value


def wiki_in(file_name: str) -> str | None:
    """The wiki in the name of a dump as it is downloaded, `dewiki-20240101-…`."""
    found = _FILE.match(file_name)
    return found[1] if found else None


def language_of(wiki: str | None) -> str | None:
    """The language that a wiki's name begins with, `dewiki`, `de.wikipedia.org`; None for others.

    Those of all languages, such as `commonswiki`, have none.
    """
    found = _DATABASE.fullmatch(wiki or "") or _HOST.fullmatch(wiki or "")
    if not found:
        return None
    code = found[1].replace("_", "-")
    return _LANGUAGES.get(code, code)


def license_of(wiki: str | None, unit: WorkUnit) -> str | None:
    """The licence of a wiki's texts: what the recipe says, else what Wikimedia's terms say.

    Dumps do not name it. All wikis of a language have CC BY-SA 4.0 but Wikinews.
    """
    if own := text_option(unit, LICENSE, ""):
        return own
    return None if language_of(wiki) is None or "wikinews" in (wiki or "") else "CC-BY-SA-4.0"


def namespaces(unit: WorkUnit) -> frozenset[int]:
    """The option `namespaces`: the numbers of wanted namespaces, by default that of articles.

    Raises:
      ValueError: it is no list of numbers.
    """
    wanted = dict(unit.options).get("namespaces", [ARTICLES])
    if not isinstance(wanted, (list, tuple)) or not all(type(n) is int for n in wanted):
        raise ValueError(
            f"source {unit.source!r}: namespaces {wanted!r} is no list of numbers such as [0]"
        )
    return frozenset(wanted)


def choices(unit: WorkUnit, known: Mapping[str, bool]) -> dict[str, bool]:
    """Which parts of a page are kept, from the options of these names and their defaults.

    Raises:
      ValueError: an option is neither true nor false.
    """
    return {name: flag(unit, name, default) for name, default in known.items()}


def is_markdown(unit: WorkUnit) -> bool:
    """Whether the recipe asks for Markdown in the option that `plan` adds."""
    return dict(unit.options).get(LAYOUT) == "markdown"


def markup_of(
    chosen: dict[str, bool],
    language: str | None,
    files: Iterable[str] = (),
    categories: Iterable[str] = (),
    pages: "TemplatePages | None" = None,
    markdown: bool = False,
    wiki: str = "",
) -> Markup:
    """The markup of a wiki with this language, names of namespaces and templates of its own.

    Its name, `enwiktionary` or `en.wiktionary.org`, says whether it is another than Wikipedia.
    """
    project = _PROJECT.search(wiki)
    names = hidden_namespaces(language, files, categories)
    variants = wiki_code(language) in VARIANT_LANGUAGES
    return Markup(
        **chosen,
        variants=variants,
        files=names[0],
        categories=names[1],
        language=language,
        pages=pages,
        markdown=markdown,
        project=project[0] if project else "",
    )


def as_text(batch: pa.RecordBatch, markup: Markup) -> pa.RecordBatch:
    """RECORDS whose content is wikitext -> RECORDS whose content is the converted text."""
    text = wikitext_to_text(batch["content"].cast(pa.large_string()), markup, batch["title"])
    columns = {
        **{name: batch[name] for name in schemas.RECORDS.names},
        "content": text.cast(pa.large_binary()),
        "media_type": pa.repeat(schemas.PLAIN, batch.num_rows),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schemas.RECORDS)
