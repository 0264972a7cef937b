"""Hacker News items as its API, its BigQuery table and Algolia's API give them, JSON lines."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from filters.text.references import without_references
from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_objects, scalar
from pipelines.sources.records import Batches, Record, date_of_seconds, is_true, text_of
from pipelines.sources.units import WorkUnit

SITE = "https://news.ycombinator.com/item?id="
# What the site shows in the place of a text.
NOTICES = frozenset({"[flagged]", "[delayed]", "[dead]", "[deleted]"})
TEXTS = ("text", "comment_text", "story_text")
# The site shows the beginning of a long address, and three points.
_CUT_LINK = re.compile(
    r"(<a\s[^<>]{0,200}?\bhref=([\"'])([^<>\"']*)\2[^<>]{0,200}>)([^<]*)(?:\.\.\.|…)(?=</a>)", re.I
)


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Comments and stories that have a text, a fragment of HTML. A title is kept as well.

    Items are skipped if they are deleted or dead, if they have only a link, or if a notice such as
    `[flagged]` stands in the place of the text. So is a null, an item that is missing. Comments
    inside an item of Algolia are documents of their own, and so are the hits of its search and the
    items of an object whose keys are their ids.
    """
    return Batches(_records(unit, file, max_record_bytes), batch_docs)


def _records(unit: WorkUnit, file: UnitFile, limit: int) -> Iterator[Record]:
    for base, value in json_objects(
        unit, file, limit, schemas.HTML_FRAGMENT, null_reason="hacker_news.missing"
    ):
        if value is None:
            yield base
            continue
        waiting = _inner(value, "hits") or _by_id(value) or [value]
        while waiting:
            item = waiting.pop()
            yield _item(item, base)
            base = base._replace(input_bytes=0)  # the bytes of a line count once
            waiting += _inner(item, "children")


def _inner(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list, the last one first; search results list the ids of children only."""
    found = value.get(name)
    return [v for v in reversed(found) if isinstance(v, dict)] if isinstance(found, list) else []


def _by_id(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of an object whose keys are their ids, the last one first; none for another."""
    if not value or not all(key.isdecimal() for key in value):
        return []
    return [{"id": key} | v for key, v in reversed(value.items()) if isinstance(v, dict)]


def _item(value: dict[str, Any], base: Record) -> Record:
    number = scalar(value.get("id")) or scalar(value.get("objectID"))
    if not number:
        return base._replace(error="item without an id")
    base = base._replace(native_id=number)
    if is_true(value.get("deleted")) or is_true(value.get("dead")):
        return base._replace(skip_reason="hacker_news.gone")
    name = next((n for n in TEXTS if value.get(n) is not None), TEXTS[0])
    text = text_of(value.get(name))
    if text is None:
        return base._replace(skip_reason="hacker_news.no_text")
    if text.strip().removeprefix("<p>").removesuffix("</p>").strip().lower() in NOTICES:
        return base._replace(skip_reason="hacker_news.notice")
    seconds = next((value[n] for n in ("time", "created_at_i") if value.get(n) is not None), None)
    title = scalar(value.get("title"))
    return base._replace(
        content=encode(_CUT_LINK.sub(_whole_link, text)),
        charset="utf-8",
        url=f"{SITE}{number}",
        title=without_references(title) if title else None,
        date=date_of_seconds(seconds) or scalar(value.get("created_at") or value.get("timestamp")),
    )


def _whole_link(link: re.Match[str]) -> str:
    """A link with its whole address, where its text is the beginning of it."""
    tag, _, address, shown = link.groups()
    whole = without_references(address)
    if not whole.startswith(without_references(shown)):
        return link[0]
    return tag + html.escape(whole, quote=False)
