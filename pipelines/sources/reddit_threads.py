"""Reddit's comments as conversations: a document for each submission, with replies in order."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from manifests import schemas
from pipelines.sources import reddit
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import completed, scalar
from pipelines.sources.records import Batches, Record, too_large
from pipelines.sources.spill import Spill
from pipelines.sources.units import WorkUnit

COMMENT, SUBMISSION = "t1_", "t3_"  # beginnings of fullnames
# Digits of base 36 behind them. Python's int() takes signs, blanks and underscores as well.
_NUMBER = re.compile(r"[0-9a-z]+", re.ASCII | re.IGNORECASE)


class _Post(NamedTuple):
    fullname: str
    parent: str
    text: str
    title: str | None
    date: str | None


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Threads of a dump's comments, with its submissions if the file has some.

    A comment comes after the one that it answers, older comments first. If the parent is not in the
    file or was left out, the comment begins a new branch. Posts without text, or refused by an
    option, are skipped one by one as in the kind `reddit`, which has the same options. Posts wait
    in a temporary file until all are read; only one thread is in memory.

    The id is the submission's fullname.

    Raises:
      ValueError: an option makes no sense.
    """
    wanted = reddit.Wanted.of(unit)
    return Batches(_records(unit, file, wanted, max_record_bytes), batch_docs)


def _records(unit: WorkUnit, file: UnitFile, wanted: reddit.Wanted, limit: int) -> Iterator[Record]:
    with contextlib.closing(Spill()) as spill:

        def put(value: dict[str, Any], base: Record) -> Record:
            post = reddit.post_record(value, base, wanted)
            if post.content is None:
                return post
            if post.media_type != schemas.PLAIN:
                problem = "the post has HTML alone, which kind reddit reads: a thread is Markdown"
                return post._replace(content=None, error=problem)
            comment = reddit.is_comment(value)
            link = scalar(value.get("link_id")) if comment else post.native_id
            text = bytes(post.content).decode()
            row = _Post(
                post.native_id,
                scalar(value.get("parent_id")) or "",
                text,
                post.title,
                post.date,
            )
            try:
                thread = _number((link or "").removeprefix(SUBMISSION))
                number = _number(post.native_id[len(COMMENT) :])
                fresh = spill.put(thread, (comment, 0, number), row._asdict())
            except (ValueError, OverflowError):
                return post._replace(content=None, error="no usable id or link_id")
            if not fresh:
                return post._replace(content=None, error="id stands twice")
            return post

        for record in completed(reddit.posts(unit, file, limit), put):
            if record.content is None:
                yield record
        for thread, group in spill.groups():
            yield _thread(thread, (_Post(**row) for row in group), limit)


def _thread(number: int, posts: Iterator[_Post], limit: int) -> Record:
    """One record for a submission, made of its posts in the order of their ids."""
    name = _base36(number)
    replies: dict[str, list[_Post]] = {"": []}  # by the fullname of the post that they answer
    size = 0
    first: _Post | None = None
    for post in posts:
        first = first or post
        size += len(post.text.encode())
        if size <= limit:
            # A post that answers a later one, as only in damaged dumps, begins a new branch.
            replies[post.parent if post.parent in replies else ""].append(post)
            replies[post.fullname] = []
    record = Record(f"{SUBMISSION}{name}", size, schemas.PLAIN)
    if size > limit or first is None:
        return record._replace(error=too_large(size, limit))
    texts = []
    waiting = replies[""][::-1]
    while waiting:
        post = waiting.pop()
        texts += [post.title, post.text] if post.title else [post.text]
        waiting += replies[post.fullname][::-1]
    return record._replace(
        content="\n\n".join(texts).encode(),
        url=f"{reddit.SITE}/comments/{name}",
        title=first.title,
        date=first.date,
    )


def _number(name: str) -> int:
    if not _NUMBER.fullmatch(name):
        raise ValueError(f"{len(name)} characters are no number of base 36")
    return int(name, 36)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
