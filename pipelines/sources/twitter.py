"""Tweets of Twitter's (X's) API v1.1 and v2: answers, lists, archives of accounts, JSON lines."""

import email.utils
import html
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources import json_values
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_objects, scalar
from pipelines.sources.records import Batches, Record, text_of
from pipelines.sources.units import WorkUnit

STATUS = "https://twitter.com/i/web/status/"
# Other messages than tweets and deletions: of v1.1's streams, and answers of v2 without a tweet.
NOTICES = frozenset(
    {"scrub_geo", "limit", "status_withheld", "user_withheld", "disconnect", "warning",
     "errors", "meta"}
)  # fmt: skip


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Tweets with their full text, with original links, and with characters for references.

    Retweets are skipped, and so are tweets that the API cut short, and a stream's notices of
    deletion and the like. A file has a tweet or an answer on each line, or is one JSON value: an
    answer, a list of tweets, or the `tweets.js` of an archive.
    """
    return Batches(_records(unit, file, max_record_bytes), batch_docs)


def _records(unit: WorkUnit, file: UnitFile, limit: int) -> Iterator[Record]:
    for base, value in json_objects(unit, file, limit, schemas.PLAIN):
        if value is None:
            yield base
            continue
        found = next((value[n] for n in json_values.LISTS if isinstance(value.get(n), list)), None)
        if found is None:
            yield _tweet(value, base)
            continue
        for number, tweet in enumerate(found):  # an answer of the API on a line
            own = base._replace(native_id=f"{base.native_id}.{number}")
            if isinstance(tweet, dict):
                yield _tweet(tweet, own)
            else:
                yield own._replace(error=f"value {number} of the list is no object")
            base = base._replace(input_bytes=0)  # the bytes of a line count once


def _tweet(value: dict[str, Any], base: Record) -> Record:
    if isinstance(value.get("tweet"), dict):  # archives wrap tweets
        value = value["tweet"]
    if isinstance(value.get("data"), dict):  # and so do v2's streams
        value = value["data"]
    number = scalar(value.get("id_str")) or scalar(value.get("id"))
    if not number and (notice := _notice(value)):
        return base._replace(skip_reason=notice)
    if not number:
        return base._replace(error="tweet without an id")
    base = base._replace(native_id=number)
    if _is_retweet(value):
        return base._replace(skip_reason="twitter.retweet")
    longer = value.get("extended_tweet") or value.get("note_tweet") or {}
    longer = longer if isinstance(longer, dict) else {}
    text = longer.get("full_text") or longer.get("text") or value.get("full_text")
    if text is None and value.get("truncated") is True:
        return base._replace(skip_reason="twitter.cut_short")
    text = value.get("text") if text is None else text
    text = html.unescape(_with_links(text_of(text) or "", [value, longer])).strip()
    if not text:
        return base._replace(skip_reason="twitter.no_text")
    language = scalar(value.get("lang"))
    return base._replace(
        content=encode(text),
        url=f"{STATUS}{number}",
        date=_date(value.get("created_at")),
        language_hint=language if language != "und" else None,
    )


def _notice(value: dict[str, Any]) -> str | None:
    """The reason to skip a message that is no tweet, such as a deletion in v1.1's streams."""
    if "delete" in value:
        return "twitter.deleted"
    return "twitter.notice" if NOTICES & value.keys() else None


def _is_retweet(value: dict[str, Any]) -> bool:
    references = value.get("referenced_tweets")
    if isinstance(references, list):
        return any(isinstance(r, dict) and r.get("type") == "retweeted" for r in references)
    text = value.get("full_text") or value.get("text")
    # Archives mark retweets in no other way.
    return value.get("retweeted_status") is not None or (
        isinstance(text, str) and text.startswith("RT @")
    )


def _with_links(text: str, holders: list[dict[str, Any]]) -> str:
    """The text with original links instead of the API's short links, without links to pictures."""
    for holder in holders:
        entities = holder.get("entities")
        if not isinstance(entities, dict):
            continue
        for kind, key in (("urls", "expanded_url"), ("media", "")):
            for link in entities.get(kind) or []:
                if not isinstance(link, dict) or not isinstance(link.get("url"), str):
                    continue
                full = link.get(key) if key else ""
                if isinstance(full, str) and link["url"]:
                    text = text.replace(link["url"], full)
    return text


def _date(created: Any) -> str | None:
    """ISO 8601 of a date of v2 (ISO 8601) or v1.1 (`Sun Aug 31 00:29:15 +0000 2014`)."""
    if not isinstance(created, str):
        return None
    parts = created.split()
    if len(parts) != 6:
        return created or None
    _, month, day, clock, zone, year = parts
    try:
        date = email.utils.parsedate_to_datetime(f"{day} {month} {year} {clock} {zone}")
    except ValueError:
        return None
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")
