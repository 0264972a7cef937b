"""Tweets of Twitter's (X's) API v1.1 and v2: answers, lists, archives of accounts, JSON lines.

Those of its pages (GraphQL: `rest_id`, `legacy`) and of snscrape (`rawContent`) are read, too.
"""

import contextlib
import datetime
import email.utils
import html
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources import json_values
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_objects, scalar
from pipelines.sources.records import Batches, Record, is_true, text_of
from pipelines.sources.units import WorkUnit

STATUS = "https://twitter.com/i/web/status/"
# Other messages than tweets and deletions: of v1.1's streams, and answers of v2 without a tweet.
NOTICES = frozenset(
    {"scrub_geo", "limit", "status_withheld", "user_withheld", "disconnect", "warning",
     "errors", "meta"}
)  # fmt: skip
# What archives, streams and pages wrap a tweet in. `legacy` is no wrapper: the id stands outside.
_AROUND = (
    "tweet",
    "noteTweet",
    "data",
    "tweet_results",
    "tweetResult",
    "result",
    "content",
    "itemContent",
)
_ID = ("id_str", "rest_id", "id", "noteTweetId")
# Of v1.1's archives before 2019, and of snscrape.
_DATES = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Tweets with their full text, with original links, and with characters for references.

    Retweets are skipped, and so are tweets that the API cut short, and a stream's notices of
    deletion and the like. A file has a tweet or an answer on each line, or is one JSON value: an
    answer, a list of tweets, or the `tweets.js` or `note-tweet.js` of an archive. The latter has
    long texts, which are cut in the former, under ids of their own.
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
    value, longer = _unwrapped(value)
    number = next(filter(None, (scalar(value.get(name)) for name in _ID)), None)
    if not number and (notice := _notice(value)):
        return base._replace(skip_reason=notice)
    if not number:
        return base._replace(error="tweet without an id")
    base = base._replace(native_id=number)
    if _is_retweet(value):
        return base._replace(skip_reason="twitter.retweet")
    text = longer.get("full_text") or longer.get("text") or value.get("full_text")
    if text is None and is_true(value.get("truncated")):
        return base._replace(skip_reason="twitter.cut_short")
    found = (text, value.get("text"), value.get("rawContent"), value.get("content"))
    text = next((one for one in found if one is not None), None)
    # References first: the addresses that come for short links have none.
    text = _with_links(html.unescape(text_of(text) or ""), [value, longer]).strip()
    if not text:
        return base._replace(skip_reason="twitter.no_text")
    language = scalar(value.get("lang"))
    return base._replace(
        content=encode(text),
        url=None if "noteTweetId" in value else f"{STATUS}{number}",
        date=_date(value.get("created_at") or value.get("createdAt") or value.get("date")),
        language_hint=language if language != "und" else None,
    )


def _unwrapped(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a tweet, and those of its longer text."""
    while not any(value.get(name) for name in _ID) and (
        inner := next((value[n] for n in _AROUND if isinstance(value.get(n), dict)), None)
    ):
        value = inner
    # `core` is of the `note-tweet.js` of an archive.
    longer = value.get("extended_tweet") or value.get("note_tweet") or value.get("core")
    noted = longer.get("note_tweet_results") if isinstance(longer, dict) else None
    if isinstance(noted, dict) and isinstance(noted.get("result"), dict):
        longer = noted["result"]
        longer = longer | {"entities": longer.get("entity_set")}
    if isinstance(legacy := value.get("legacy"), dict):
        value = value | legacy
    return value, longer if isinstance(longer, dict) else {}


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
    marks = ("retweeted_status", "retweeted_status_result", "retweetedTweet")
    return any(value.get(mark) for mark in marks) or (
        isinstance(text, str) and text.startswith("RT @")
    )


def _with_links(text: str, holders: list[dict[str, Any]]) -> str:
    """The text with original links instead of the API's short links, without links to pictures."""
    full: dict[str, str] = {}
    for holder in holders:
        entities = holder.get("entities")
        known = entities if isinstance(entities, dict) else {}
        for links, short, key in (
            (known.get("urls"), "url", "expanded_url"),
            (known.get("media"), "url", ""),
            (holder.get("urls"), "shortUrl", "expandedUrl"),
            (holder.get("links"), "tcourl", "url"),
        ):
            for link in links if isinstance(links, list) else []:
                if not isinstance(link, dict) or not isinstance(link.get(short), str):
                    continue
                address = link.get(key) if key else ""
                if isinstance(address, str) and link[short]:
                    full.setdefault(link[short], address)
    if not full:
        return text
    # The longest first: a short link may begin another one.
    short_links = "|".join(map(re.escape, sorted(full, key=len, reverse=True)))
    return re.sub(short_links, lambda found: full[found[0]], text)


def _date(created: Any) -> str | None:
    """ISO 8601 of a date of v2 (ISO 8601) or v1.1 (`Sun Aug 31 00:29:15 +0000 2014`)."""
    if not isinstance(created, str):
        return None
    for form in _DATES:
        with contextlib.suppress(ValueError, OverflowError):
            return _in_utc(datetime.datetime.strptime(created, form))
    parts = created.split()
    if len(parts) != 6:
        return created or None
    _, month, day, clock, zone, year = parts
    try:
        return _in_utc(email.utils.parsedate_to_datetime(f"{day} {month} {year} {clock} {zone}"))
    except (ValueError, OverflowError):
        return None


def _in_utc(date: datetime.datetime) -> str:
    if date.tzinfo is None:
        date = date.replace(tzinfo=datetime.UTC)
    return date.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
