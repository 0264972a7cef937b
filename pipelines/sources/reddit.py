"""Reddit comments and submissions as Pushshift and its successors dump them, JSON lines in zstd."""

import datetime
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_records, scalar
from pipelines.sources.records import Record, batches
from pipelines.units import WorkUnit

SITE = "https://www.reddit.com"
GONE = ("[deleted]", "[removed]")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """A comment's `body` or a submission's `selftext`, Markdown, taken as plain text.

    The id is the fullname (`t1_` comments, `t3_` submissions). A submission's title is kept
    beside its text; one that only links somewhere has no text of its own.
    """
    return batches(json_records(unit, file, max_record_bytes, schemas.PLAIN, _post), batch_docs)


def _post(value: dict[str, Any], base: Record) -> Record:
    comment = "body" in value
    if not comment and "selftext" not in value and "title" not in value:
        return base._replace(error="neither a comment (body) nor a submission (selftext, title)")
    short_id = scalar(value.get("id"))
    if short_id:
        base = base._replace(native_id=("t1_" if comment else "t3_") + short_id)
    text = value.get("body" if comment else "selftext")
    if text is not None and not isinstance(text, str):
        return base._replace(error=f"field {'body' if comment else 'selftext'!r} is no string")
    text = (text or "").strip()
    if text in GONE:
        return base._replace(skip_reason="reddit.deleted")
    if not text:
        return base._replace(skip_reason="reddit.no_text")
    title = scalar(value.get("title"))
    permalink = scalar(value.get("permalink"))
    return base._replace(
        content=encode(_unescape(text)),
        url=SITE + permalink if permalink and permalink.startswith("/") else permalink,
        title=_unescape(title) if title else None,
        date=_date(value.get("created_utc")),
    )


def _unescape(text: str) -> str:
    """Undoes what Reddit's API does to Markdown and titles: these three characters, no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _date(seconds: Any) -> str | None:
    """ISO 8601 of seconds since 1970, which some years' dumps hold as a string."""
    try:
        date = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")
