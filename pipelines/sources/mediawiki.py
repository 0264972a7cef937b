"""MediaWiki XML dumps (`pages-articles`): the wikitext of the pages of an encyclopedia."""

import urllib.parse
from collections.abc import Iterator

import pyarrow as pa
from lxml import etree

from manifests import schemas
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Record, batches, empty_file, too_large
from pipelines.sources.xml_elements import Elements
from pipelines.units import WorkUnit

ARTICLES = 0  # the namespace of encyclopedia articles
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_URL_SAFE = "/:@!$&'()*,;~"  # what MediaWiki leaves alone in titles; everything else is quoted


class _Wiki:
    """What a dump says about its wiki."""

    def __init__(self, file_name: str) -> None:
        self.name = file_name
        self.base: str | None = None
        self.language: str | None = None

    def learn(self, siteinfo: etree._Element) -> None:
        main_page = (siteinfo.findtext("{*}base") or "").strip()
        self.base = main_page.rpartition("/")[0] or None
        # Dumps of before 2014 have no dbname, and every language's site is called "Wikipedia".
        host = urllib.parse.urlsplit(main_page).hostname
        name = siteinfo.findtext("{*}dbname") or host or siteinfo.findtext("{*}sitename")
        self.name = (name or "").strip() or self.name
        root = siteinfo.getparent()
        language = root.get(_LANGUAGE) if root is not None else None
        self.language = str(language) if language else None

    def url(self, title: str) -> str | None:
        quoted = urllib.parse.quote(title.replace(" ", "_"), safe=_URL_SAFE)
        return f"{self.base}/{quoted}" if self.base else None


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Pages of the namespaces in the option `namespaces` (0, articles, by default).

    The id is `<wiki>/<page id>`, the wiki called by its database or else its host; of several
    revisions the last one in the file counts.

    Raises:
      ValueError: `namespaces` is no list of numbers.
    """
    namespaces = dict(unit.options).get("namespaces", [ARTICLES])
    if not isinstance(namespaces, (list, tuple)) or not all(type(n) is int for n in namespaces):
        raise ValueError(
            f"source {unit.source!r}: namespaces {namespaces!r} is no list of numbers such as [0]"
        )
    wanted = frozenset(str(number) for number in namespaces)
    return batches(_pages(file, wanted, max_record_bytes), batch_docs)


def _pages(file: UnitFile, namespaces: frozenset[str], limit: int) -> Iterator[Record]:
    wiki = _Wiki(file.name)
    elements = Elements(Decompressed(file), ("siteinfo", "page"))
    ordinal = 0
    for element in elements:
        if etree.QName(element).localname == "siteinfo":
            wiki.learn(element)
        else:
            ordinal += 1
            yield _page(element, wiki, f"{file.name}#{ordinal}", namespaces, limit)
    if elements.problem:
        problem = f"{elements.problem}, after page {ordinal}"
        yield Record(f"{file.name}#{ordinal + 1}", 0, schemas.WIKITEXT, error=problem)
    elif elements.empty:
        yield empty_file(file.name, schemas.WIKITEXT)


def _page(
    page: etree._Element, wiki: _Wiki, fallback_id: str, namespaces: frozenset[str], limit: int
) -> Record:
    page_id = (page.findtext("{*}id") or "").strip()
    title = (page.findtext("{*}title") or "").strip()
    revisions = page.findall("{*}revision")
    text = (revisions[-1].findtext("{*}text") or "").encode() if revisions else b""
    base = Record(f"{wiki.name}/{page_id}", len(text), schemas.WIKITEXT)
    if not page_id or not title:
        return base._replace(native_id=fallback_id, error="page without an id or a title")
    if (page.findtext("{*}ns") or "0").strip() not in namespaces:
        return base._replace(skip_reason="mediawiki.namespace")
    if page.find("{*}redirect") is not None:
        return base._replace(skip_reason="mediawiki.redirect")
    if not text.strip():
        return base._replace(skip_reason="mediawiki.empty")
    if revisions[-1].findtext("{*}model") not in (None, "wikitext"):
        return base._replace(skip_reason="mediawiki.not_wikitext")
    if len(text) > limit:
        return base._replace(error=too_large(len(text), limit))
    return base._replace(
        content=text,
        url=wiki.url(title),
        title=title,
        date=(revisions[-1].findtext("{*}timestamp") or "").strip() or None,
        language_hint=wiki.language,
    )
