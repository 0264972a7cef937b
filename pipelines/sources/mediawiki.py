"""MediaWiki XML dumps (`pages-articles`): the wikitext of the pages of an encyclopedia."""

import re
import urllib.parse
from collections.abc import Iterator

import pyarrow as pa
from lxml import etree

from manifests import schemas
from pipelines.sources.bzip2_blocks import Blocks
from pipelines.sources.compression import Damage, Decompressed, byte_ranges, compression_of
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.records import Record, batches, empty_file, too_large
from pipelines.sources.xml_elements import Elements
from pipelines.units import WorkUnit

ARTICLES = 0  # the namespace of encyclopedia articles
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
START, END = b"<mediawiki>", b"</mediawiki>"
_PAGE = re.compile(rb"<page[\s>]")
_PAGE_BYTES = 6
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
    return batches(_pages(unit, file, wanted, max_record_bytes), batch_docs)


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of a .bz2 file, of about `unit_bytes`; other files are one range.

    A page is read where the block begins that holds its first byte.
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
      damage: once `read` met a damaged place.
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
        window, offset = b"", 0  # of the window's first byte
        if self._unit.start > 0:
            yield self._head()
            while not (page := _PAGE.search(window)):
                keep = min(len(window), _PAGE_BYTES - 1)
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
                yield window[:-_PAGE_BYTES]
                cut = max(0, len(window) - _PAGE_BYTES)
                offset, window = offset + cut, window[cut:]
            window += piece
        if blocks.ends_at is None:
            yield window
            return
        # A page that begins before the next range's content is this one's to the end.
        at = blocks.ends_at - offset
        while not (page := _PAGE.search(window, max(0, at))):
            keep = max(0, len(window) - _PAGE_BYTES)
            yield window[:keep]
            at, window = at - keep, window[keep:]
            if not (piece := blocks.read()):
                yield window
                return
            window += piece
        yield window[: page.start()] + END

    def _head(self) -> bytes:
        """What stands before the dump's first page: its root element and `siteinfo`."""
        path = self._unit.path
        with UnitFile(path, open_binary(path), self._unit.label) as file:
            stream = Decompressed(file)
            head = b""
            while not (page := _PAGE.search(head)) and (piece := stream.read()):
                head += piece
            return head[: page.start()] if page else START


def _reaches(offset: int, blocks: Blocks) -> bool:
    return blocks.ends_at is not None and offset >= blocks.ends_at


def _pages(
    unit: WorkUnit, file: UnitFile, namespaces: frozenset[str], limit: int
) -> Iterator[Record]:
    wiki = _Wiki(file.name)
    whole = unit.start == 0 and unit.end < 0
    elements = Elements(
        Decompressed(file) if whole else _PageRange(unit, file), ("siteinfo", "page")
    )
    name = file.name if unit.start == 0 else f"{file.name}@{unit.start}"
    ordinal = 0
    for element in elements:
        if etree.QName(element).localname == "siteinfo":
            wiki.learn(element)
        else:
            ordinal += 1
            yield _page(element, wiki, f"{name}#{ordinal}", namespaces, limit)
    if elements.problem:
        problem = f"{elements.problem}, after page {ordinal}"
        yield Record(f"{name}#{ordinal + 1}", 0, schemas.WIKITEXT, error=problem)
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
