"""Wikimedia Enterprise's HTML dumps: a page on each line of NDJSON files, mostly in a .tar.gz."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from filters.wikitext.names import is_disambiguation_template
from manifests import schemas
from pipelines.sources import wiki_text
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_records, line_records, scalar
from pipelines.sources.records import Batches, Record, text_of
from pipelines.sources.tar_lines import is_tar, tar_lines
from pipelines.sources.units import WorkUnit

OPTIONS = wiki_text.PAGE_OPTIONS
_HOST = re.compile(r"https?://([a-z.-]+\.wik[a-z]+\.org)/")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The `article_body.html` of pages as text, with the options of `mediawiki`.

    The id is `<wiki>/<page id>`, as in the XML dump of the same wiki. What a page does not say of
    its wiki and language, its address or else the name of the file says; pages of an unknown wiki
    have the file's name in their id and no language, since rendered pages are read alike in all.

    Raises:
      ValueError: an option makes no sense.
    """
    page = functools.partial(
        _page,
        namespaces=wiki_text.namespaces(unit),
        disambiguations=wiki_text.flag(unit, "disambiguations"),
        chosen=wiki_text.choices(unit, wiki_text.PAGE_CHOICES),
        markdown=wiki_text.is_markdown(unit),
        file_name=file.name,
    )
    if is_tar(file):
        lines = tar_lines(file, max_record_bytes)
        found = line_records(lines, file.name, schemas.PLAIN, page)
    else:
        found = json_records(unit, file, max_record_bytes, schemas.PLAIN, page)
    return Batches(found, batch_docs)


def _page(
    value: dict[str, Any],
    base: Record,
    namespaces: frozenset[int],
    disambiguations: bool,
    chosen: dict[str, bool],
    markdown: bool,
    file_name: str,
) -> Record:
    page_id, title = scalar(value.get("identifier")), scalar(value.get("name"))
    if not page_id or not title:
        return base._replace(error="page without an identifier or a name")
    wiki = _identifier(value, "is_part_of") or _host(value) or wiki_text.wiki_in(file_name)
    language = _identifier(value, "in_language") or wiki_text.language_of(wiki)
    base = base._replace(native_id=f"{wiki or file_name}/{page_id}")
    if (_identifier(value, "namespace") or "0") not in map(str, namespaces):
        return base._replace(skip_reason="wikimedia_enterprise.namespace")
    if not disambiguations and _tells_apart(value.get("templates"), language):
        return base._replace(skip_reason="wikimedia_enterprise.disambiguation")
    body = value.get("article_body")
    html = text_of(body.get("html") if isinstance(body, dict) else None)
    if html is None:
        return base._replace(skip_reason="wikimedia_enterprise.empty")
    # Imported here: planning needs no parser of HTML.
    from filters.extract.wiki_html import wiki_page_text

    text = wiki_page_text(encode(html).decode(), markdown=markdown, **chosen)
    if not text.strip():
        return base._replace(skip_reason="wikimedia_enterprise.empty")
    return base._replace(
        content=encode(text),
        url=scalar(value.get("url")),
        title=title,
        date=scalar(value.get("date_modified")),
        language_hint=language,
        license=_license_of(value),
    )


def _license_of(value: dict[str, Any]) -> str | None:
    """The licence, or those that a reader may choose from."""
    licenses = value.get("license")
    found = licenses if isinstance(licenses, list) else []
    names = [scalar(one.get("identifier")) for one in found if isinstance(one, dict)]
    return " OR ".join(name for name in names if name) or None


def _tells_apart(templates: Any, language: str | None) -> bool:
    found = templates if isinstance(templates, list) else []
    names = [template.get("name") for template in found if isinstance(template, dict)]
    return any(isinstance(n, str) and is_disambiguation_template(n, language) for n in names)


def _host(value: dict[str, Any]) -> str | None:
    """Of the page's address, the host if it is a wiki's: `en.wikipedia.org`."""
    found = _HOST.match(scalar(value.get("url")) or "")
    return found[1] if found else None


def _identifier(value: dict[str, Any], field: str) -> str | None:
    inner = value.get(field)
    return scalar(inner.get("identifier")) if isinstance(inner, dict) else None
