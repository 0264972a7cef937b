"""Tweets of Twitter's (X's) API v1.1 and v2: answers, lists, archives of accounts, JSON lines."""

import email.utils
import html
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_records, scalar
from pipelines.sources.records import Batches, Record, empty_file, too_large
from pipelines.sources.units import WorkUnit

STATUS = "https://twitter.com/i/web/status/"
MAX_ANSWER_BYTES = 256 << 20  # for a file that is one JSON value; JSON lines have no limit
# Other messages than tweets and deletions in v1.1's streams.
NOTICES = frozenset(
    {"scrub_geo", "limit", "status_withheld", "user_withheld", "disconnect", "warning"}
)
LISTS = ("statuses", "data", "tweets")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Tweets with their full text, with original links, and with characters for references.

    Retweets are skipped, and so are tweets that the API cut short, and a stream's notices of
    deletion and the like. A file is one tweet a line, or one JSON value: an answer, a list of
    tweets, or the `tweets.js` of an archive.
    """
    if unit.start > 0 or unit.end >= 0 or _is_lines(file):
        rows = json_records(unit, file, max_record_bytes, schemas.PLAIN, _tweet)
        return Batches(rows, batch_docs)
    return Batches(_value(file, max_record_bytes), batch_docs)


def _is_lines(file: UnitFile) -> bool:
    """Whether the first line is a tweet; leaves the file at its beginning."""
    head = Decompressed(file).read().lstrip(b"\xef\xbb\xbf \t\r\n")
    file.restrict(0, -1)
    line, end, _ = head.partition(b"\n")
    if not end or not line.startswith(b"{"):
        return False
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return len(line.strip()) > 1  # a separate line, though broken
    return not any(isinstance(value.get(name), list) for name in LISTS)


def _value(file: UnitFile, limit: int) -> Iterator[Record]:
    stream = Decompressed(file)
    data = bytearray()
    while len(data) <= MAX_ANSWER_BYTES and (piece := stream.read()):
        data += piece
    base = Record(f"{file.name}#0", len(data), schemas.PLAIN)
    if not data and not stream.damage:
        yield empty_file(file.name, schemas.PLAIN)
        return
    if len(data) > MAX_ANSWER_BYTES:
        yield base._replace(error="one JSON value of more than 256 MB; store one tweet a line")
        return
    try:
        value = json.loads(_without_assignment(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        reason = stream.damage.message if stream.damage else f"{type(error).__name__}{place}"
        yield base._replace(error=f"the file is no JSON value: {reason}")
        return
    if isinstance(value, dict):
        value = next((value[n] for n in LISTS if isinstance(value.get(n), list)), [value])
    if not isinstance(value, list):
        yield base._replace(error="the JSON value holds no list of tweets")
        return
    for number, tweet in enumerate(value):
        record = Record(f"{file.name}#{number}", 0, schemas.PLAIN)
        if not isinstance(tweet, dict):
            yield record._replace(error=f"value {number} of the list is no object")
            continue
        record = _tweet(tweet, record._replace(input_bytes=len(json.dumps(tweet))))
        size = len(record.content or b"")
        yield (
            record if size <= limit else record._replace(content=None, error=too_large(size, limit))
        )


def _without_assignment(text: str) -> str:
    """The value in a script; archives have scripts such as `window.YTD.tweets.part0 = [...]`."""
    head, equals, _ = text[:100].partition("=")
    return text[len(head) + 1 :] if equals and head.lstrip().startswith("window.") else text


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
    if not isinstance(text, str):
        return base._replace(error="tweet without a text")
    text = html.unescape(_with_links(text, [value, longer])).strip()
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
    """The reason to skip a message of v1.1's streams that is no tweet, such as a deletion."""
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
