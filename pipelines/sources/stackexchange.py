"""Stack Exchange data dumps: questions and answers of `Posts.xml`."""

from collections.abc import Iterator

import pyarrow as pa
from lxml import etree

from manifests import schemas
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Record, batches, empty_file, text_option, too_large
from pipelines.sources.xml_elements import Elements
from pipelines.units import WorkUnit

QUESTION, ANSWER = "1", "2"  # PostTypeId; the others are tag wikis and notices


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """One record a post, its body a fragment of HTML; a question's title is kept beside it.

    The id is the post's, preceded by the option `site` (a host name such as
    `beer.stackexchange.com`) and a slash where that is given; post ids repeat between sites.

    Raises:
      ValueError: `site` is no name.
    """
    site = text_option(unit, "site", "") or None
    return batches(_posts(file, site, max_record_bytes), batch_docs)


def _posts(file: UnitFile, site: str | None, limit: int) -> Iterator[Record]:
    elements = Elements(Decompressed(file), ("row",))
    ordinal = 0
    for row in elements:
        ordinal += 1
        yield _post(row, site, f"{file.name}#{ordinal}", limit)
    if elements.problem:
        problem = f"{elements.problem}, after row {ordinal}"
        yield Record(f"{file.name}#{ordinal + 1}", 0, schemas.HTML_FRAGMENT, error=problem)
    elif elements.empty:
        yield empty_file(file.name, schemas.HTML_FRAGMENT)


def _post(row: etree._Element, site: str | None, fallback_id: str, limit: int) -> Record:
    post_id, kind = row.get("Id"), row.get("PostTypeId")
    body = str(row.get("Body") or "").encode()
    base = Record(fallback_id, len(body), schemas.HTML_FRAGMENT)
    if not post_id:
        return base._replace(error="row without an Id")
    base = base._replace(native_id=f"{site}/{post_id}" if site else str(post_id))
    if kind not in (QUESTION, ANSWER):
        return base._replace(skip_reason="stackexchange.not_post")
    if not body.strip():
        return base._replace(skip_reason="stackexchange.no_body")
    if len(body) > limit:
        return base._replace(error=too_large(len(body), limit))
    path = "questions" if kind == QUESTION else "a"
    title, date = row.get("Title"), row.get("CreationDate")
    return base._replace(
        content=body,
        url=f"https://{site}/{path}/{post_id}" if site else None,
        title=str(title) if title else None,
        date=str(date) if date else None,
        charset="utf-8",
    )
