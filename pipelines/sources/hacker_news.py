"""Hacker News items as its API and its BigQuery table give them, JSON lines."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_records, scalar
from pipelines.sources.records import Batches, Record, date_of_seconds
from pipelines.sources.units import WorkUnit

SITE = "https://news.ycombinator.com/item?id="


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Comments and stories that have a text, a fragment of HTML. A title is kept as well.

    Items are skipped if they are deleted or dead, or if they have only a link.
    """
    rows = json_records(unit, file, max_record_bytes, schemas.HTML_FRAGMENT, _item)
    return Batches(rows, batch_docs)


def _item(value: dict[str, Any], base: Record) -> Record:
    number = scalar(value.get("id"))
    if not number:
        return base._replace(error="item without an id")
    base = base._replace(native_id=number)
    text = value.get("text")
    if value.get("deleted") or value.get("dead"):
        return base._replace(skip_reason="hacker_news.gone")
    if text is not None and not isinstance(text, str):
        return base._replace(error="field 'text' is no string")
    if not (text or "").strip():
        return base._replace(skip_reason="hacker_news.no_text")
    return base._replace(
        content=encode(str(text)),
        charset="utf-8",
        url=f"{SITE}{number}",
        title=scalar(value.get("title")),
        date=date_of_seconds(value.get("time")),
    )
