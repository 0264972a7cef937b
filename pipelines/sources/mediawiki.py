"""MediaWiki XML dumps (`pages-articles`): the text of the pages of an encyclopedia."""

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from filters.wikitext import is_disambiguation, is_redirect
from manifests import schemas
from pipelines.sources import files, seven_zip, wiki_templates, wiki_text
from pipelines.sources.bzip2_blocks import Blocks
from pipelines.sources.compression import Damage, Decompressed, byte_ranges, compression_of
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.records import Batches, Record, empty_file, too_large
from pipelines.sources.units import WorkUnit
from pipelines.sources.xml_elements import MARK_BYTES, Broken, Elements, local_name

if TYPE_CHECKING:
    from lxml import etree

OPTIONS = wiki_text.WIKITEXT_OPTIONS | {"templates"}
FILE, CATEGORY = "6", "14"  # keys of namespaces, equal on all wikis
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_INDEX = re.compile(r"-index\d*\.txt[^/]*$")
_PAGE, START, END = wiki_text.PAGES.mark, wiki_text.PAGES.head, wiki_text.PAGES.end
_PAGE_ID = re.compile(rb"<id>\s*(\d+)\s*</id>")
_URL_SAFE = "/:@!$&'()*,;~"  # MediaWiki leaves these in titles; the rest is quoted


class Wiki:
    """Facts about a wiki in its dump."""

    def __init__(self, file_name: str) -> None:
        self.name = file_name
        self.base: str | None = None
        self.host: str | None = None
        self.language: str | None = None
        self.namespaces: dict[str, str] = {}  # names by key

    def learn(self, siteinfo: "etree._Element") -> None:
        main_page = (siteinfo.findtext("{*}base") or "").strip()
        self.base = main_page.rpartition("/")[0] or None
        # Dumps before 2014 have no dbname, and there the site of every language is "Wikipedia".
        try:
            host = urllib.parse.urlsplit(main_page).hostname
        except ValueError:
            host = None
        self.host = host
        name = siteinfo.findtext("{*}dbname") or host or siteinfo.findtext("{*}sitename")
        self.name = (name or "").strip() or self.name
        root = siteinfo.getparent()
        language = root.get(_LANGUAGE) if root is not None else None
        self.language = str(language) if language else wiki_text.language_of(self.name)
        found = siteinfo.iterfind("{*}namespaces/{*}namespace")
        self.namespaces = {str(one.get("key")): one.text or "" for one in found}

    def url(self, title: str) -> str | None:
        quoted = urllib.parse.quote(title.replace(" ", "_"), safe=_URL_SAFE)
        return f"{self.base}/{quoted}" if self.base else None


def expand(path: str, options: Mapping[str, Any]) -> list[str]:
    """The dumps that a path names, without the index files of multistream dumps.

    Raises:
      FileNotFoundError: there are none.
      ValueError: one is a .7z file, and the library that reads it is not installed.
    """
    found = files.expand(path)
    dumps = [name for name in found if not _INDEX.search(name)]
    if not dumps:
        raise FileNotFoundError(
            f"{path!r} names only the index of a multistream dump; name the dump beside it, "
            "whose name has no '-index.txt'"
        )
    seven_zip.require_library(dumps)
    return dumps


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Pages as text, from the namespaces in the option `namespaces` (by default 0, articles).

    The id is `<wiki>/<page id>`, where the wiki is named by its database or else by its host. If a
    page has several revisions, the last one in the file is used. Options: `disambiguations: true`
    keeps disambiguation pages; `filters.wikitext.Markup` explains `tables`, `infoboxes`,
    `captions`, `math`, `coordinates` and `unknown_templates`, and `wiki_templates.templates_of`
    explains `templates`.

    Raises:
      ValueError: an option makes no sense.
    """
    chosen = wiki_text.choices(unit, wiki_text.WIKITEXT_CHOICES)
    templates = wiki_templates.templates_of(unit, file)
    pages = Pages(unit, file, max_record_bytes)
    for batch in Batches(pages, batch_docs):
        # The facts about a wiki come before its first page.
        names = pages.wiki.namespaces
        pictures, categories = (names.get(FILE, ""),), (names.get(CATEGORY, ""),)
        markup = wiki_text.markup_of(
            chosen,
            pages.wiki.language,
            pictures,
            categories,
            templates,
            wiki_text.is_markdown(unit),
            pages.wiki.name,
        )
        yield wiki_text.as_text(batch, markup)


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of a .bz2 file, of about `unit_bytes`; other files are one range.

    A page belongs to the range in which the block with its first byte begins.
    """
    ranges = byte_ranges(size_bytes, unit_bytes)
    if len(ranges) > 1:
        with open_binary(path) as file:
            if compression_of(path, file.read(8)) != "bzip2":
                return [(0, -1)]
    return ranges


class _PageRange:
    """The dump's head, the pages that begin in a range of its .bz2 file, and the dump's tail.

    Attributes:
      damage: set when `read` comes to a damaged place.
    """

    def __init__(self, unit: WorkUnit, file: UnitFile) -> None:
        self._unit = unit
        self._blocks = Blocks(file, unit.start, unit.end)
        self._pieces = self._read()

    @property
    def damage(self) -> Damage | None:
        return self._blocks.damage

    def read(self) -> bytes:
        return next(filter(None, self._pieces), b"")

    def _read(self) -> Iterator[bytes]:
        blocks = self._blocks
        window, offset = b"", 0  # offset of the window's first byte
        if self._unit.start > 0:
            yield self._head()
            while not (page := _PAGE.search(window)):
                keep = min(len(window), MARK_BYTES - 1)
                offset += len(window) - keep
                if not (piece := blocks.read()) or _reaches(offset, blocks):
                    yield END
                    return
                window = window[len(window) - keep :] + piece
            offset, window = offset + page.start(), window[page.start() :]
            if _reaches(offset, blocks):
                yield END
                return
        while blocks.ends_at is None and (piece := blocks.read()):
            if blocks.ends_at is None:
                yield window[:-MARK_BYTES]
                cut = max(0, len(window) - MARK_BYTES)
                offset, window = offset + cut, window[cut:]
            window += piece
        if blocks.ends_at is None:
            yield window
            return
        # A page that begins before the content of the next range belongs to this range as a whole.
        at = blocks.ends_at - offset
        while not (page := _PAGE.search(window, max(0, at))):
            keep = max(0, len(window) - MARK_BYTES)
            yield window[:keep]
            at, window = at - keep, window[keep:]
            if not (piece := blocks.read()):
                yield window
                return
            window += piece
        yield window[: page.start()] + END

    def _head(self) -> bytes:
        """The part before the dump's first page: the root element and `siteinfo`."""
        path = self._unit.path
        with UnitFile(path, open_binary(path), self._unit.label) as file:
            stream = Decompressed(file)
            head = b""
            while not (page := _PAGE.search(head)) and (piece := stream.read()):
                head += piece
            return head[: page.start()] if page else START


def _reaches(offset: int, blocks: Blocks) -> bool:
    return blocks.ends_at is not None and offset >= blocks.ends_at


class Pages:
    """A dump's pages as records, whose content is wikitext.

    Attributes:
      wiki: facts about the wiki, which are known from the first page on.

    Raises:
      ValueError: an option makes no sense.
    """

    def __init__(self, unit: WorkUnit, file: UnitFile, max_bytes: int) -> None:
        self.wiki = Wiki(file.name)
        self._unit = unit
        self._file = file
        self._max_bytes = max_bytes
        self._namespaces = frozenset(map(str, wiki_text.namespaces(unit)))
        self._disambiguations = wiki_text.flag(unit, "disambiguations")

    def __iter__(self) -> Iterator[Record]:
        file = self._file
        if not seven_zip.is_archive(file):
            yield from self._records(file)
            return
        try:
            with seven_zip.unpacked(file, ".xml") as inner:
                yield from self._records(inner)
        except seven_zip.Damaged as error:
            yield Record(f"{file.name}#0", 0, schemas.WIKITEXT, error=str(error))

    def _records(self, file: UnitFile) -> Iterator[Record]:
        unit = self._unit
        whole = unit.start == 0 and unit.end < 0
        stream = Decompressed(file) if whole else _PageRange(unit, file)
        elements = Elements(stream, ("siteinfo", "page"), wiki_text.PAGES)
        name = self._file.name if unit.start == 0 else f"{self._file.name}@{unit.start}"
        ordinal = 0
        for element in elements.with_broken():
            if isinstance(element, Broken):
                yield self._broken(element, name, ordinal)
            elif local_name(element) == "siteinfo":
                if ordinal == 0:
                    self.wiki.learn(element)
            else:
                ordinal += 1
                yield self._page(element, f"{name}#{ordinal}")
        if elements.problem:
            problem = f"{elements.problem}, after page {ordinal}"
            yield Record(f"{name}#{ordinal + 1}", 0, schemas.WIKITEXT, error=problem)
        elif elements.empty:
            yield empty_file(file.name, schemas.WIKITEXT)

    def _broken(self, place: Broken, name: str, ordinal: int) -> Record:
        """The row of a page that is not well-formed, or of a place between two pages."""
        page_id = _PAGE_ID.search(place.head)
        found = f"{self.wiki.name}/{page_id[1].decode()}" if page_id else f"{name}#{ordinal + 1}"
        problem = place.told("page", bool(page_id), ordinal)
        return Record(found, 0, schemas.WIKITEXT, error=problem)

    def _page(self, page: "etree._Element", fallback_id: str) -> Record:
        page_id = (page.findtext("{*}id") or "").strip()
        title = (page.findtext("{*}title") or "").strip()
        revisions = page.findall("{*}revision")
        text = revisions[-1].findtext("{*}text") or "" if revisions else ""
        content = text.encode()
        base = Record(f"{self.wiki.name}/{page_id}", len(content), schemas.WIKITEXT)
        if not page_id or not title:
            return base._replace(native_id=fallback_id, error="page without an id or a title")
        if (page.findtext("{*}ns") or "0").strip() not in self._namespaces:
            return base._replace(skip_reason="mediawiki.namespace")
        if page.find("{*}redirect") is not None or is_redirect(text):
            return base._replace(skip_reason="mediawiki.redirect")
        if not text or text.isspace():
            return base._replace(skip_reason="mediawiki.empty")
        if revisions[-1].findtext("{*}model") not in (None, "wikitext"):
            return base._replace(skip_reason="mediawiki.not_wikitext")
        if len(content) > self._max_bytes:
            return base._replace(error=too_large(len(content), self._max_bytes))
        if not self._disambiguations and is_disambiguation(text, self.wiki.language):
            return base._replace(skip_reason="mediawiki.disambiguation")
        return base._replace(
            content=content,
            url=self.wiki.url(title),
            title=title,
            date=(revisions[-1].findtext("{*}timestamp") or "").strip() or None,
            language_hint=self.wiki.language,
            license=wiki_text.license_of(self.wiki.host, self._unit),
        )
