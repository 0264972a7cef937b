"""WAT: Common Crawl's metadata of each page, from which the links are read.

The links of a page are one document with a line for each link: its address, a tab, and its text.
"""

import contextlib
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, parse_object
from pipelines.sources.records import Batches, Record
from pipelines.sources.units import WorkUnit
from pipelines.sources.warc import records
from pipelines.sources.warc_records import Frame, header, parse_warc, target_uri

# Paths of links in WAT: the element and the attribute.
HYPERLINK = "A@/href"

_RESPONSE = ("Envelope", "Payload-Metadata", "HTTP-Response-Metadata")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The hyperlinks of pages with status 200; the option `urls` is as for WARC."""
    return Batches(records(unit, file, max_record_bytes, schemas.PLAIN, _links), batch_docs)


def _links(base: Record, frame: Frame, limit: int) -> Record:
    warc = parse_warc(frame)
    kind = str(warc.record_type)
    if kind != "metadata":
        return base._replace(skip_reason=f"warc.{kind}")
    problem, noted = parse_object(bytes(frame.content))
    if noted is None:
        return base._replace(error=problem)
    response = _at(noted, *_RESPONSE)
    if not isinstance(response, dict):
        return base._replace(skip_reason="wat.no_response")
    if str(_at(response, "Response-Message", "Status")) != "200":
        return base._replace(skip_reason="warc.http_status")
    page = response.get("HTML-Metadata")
    if not isinstance(page, dict):
        return base._replace(skip_reason="warc.not_html")
    url = target_uri(warc)
    lines = _lines(page, url or "")
    if not lines:
        return base._replace(skip_reason="wat.no_links")
    title = _at(page, "Head", "Title")
    return base._replace(
        content=encode("\n".join(lines)),
        url=url,
        title=_clean(title) or None,
        date=header(warc, "WARC-Date"),
    )


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _lines(page: dict[str, Any], url: str) -> list[str]:
    links = page.get("Links")
    base = url
    with contextlib.suppress(ValueError):  # an invalid address, which the message would quote
        base = urllib.parse.urljoin(url, _clean(_at(page, "Head", "Base")))
    lines = []
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict) or link.get("path") != HYPERLINK:
            continue
        if not (address := _clean(link.get("url"))):
            continue
        try:
            target = urllib.parse.urljoin(base, address)
        except ValueError:  # an invalid address, such as http://[
            continue
        if target.startswith(("http://", "https://")):
            lines.append(f"{target}\t{_clean(link.get('text'))}".rstrip("\t"))
    return lines


def _clean(value: Any) -> str:
    """The value as one line; empty if it is no string."""
    return encode(" ".join(value.split())).decode() if isinstance(value, str) else ""
