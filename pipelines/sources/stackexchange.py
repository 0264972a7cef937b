"""Stack Exchange data dumps: questions and answers of `Posts.xml`, also inside a .7z archive.

The comments of `Comments.xml` are read, too.
"""

import contextlib
import functools
import html
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from manifests import schemas
from pipelines.sources import files, seven_zip
from pipelines.sources.compression import Decompressed, head_of
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Batches, Record, empty_file, text_option, too_large
from pipelines.sources.spill import Spill
from pipelines.sources.units import WorkUnit
from pipelines.sources.xml_elements import (
    Broken,
    ControlsStoodIn,
    Elements,
    Restart,
    with_controls,
)

if TYPE_CHECKING:
    from lxml import etree

OPTIONS = frozenset({"site", "threads"})
POSTS = "posts.xml"  # name of the file in an archive
QUESTION, ANSWER = "1", "2"  # PostTypeId; the others are tag wikis and notices
_HEAD_BYTES = 1 << 12  # of a file, within which its first element begins
_ROOT = re.compile(rb"<([A-Za-z]+)[\s>]")
_ROW = re.compile(rb"<row[\s/][^<]")
_ID = re.compile(rb"\sId=\"(\d+)\"")
_OF_POST = re.compile(rb"\sPostId=")


def expand(path: str, options: Mapping[str, Any]) -> list[str]:
    """The files that a path names.

    Raises:
      FileNotFoundError: there are none.
      ValueError: one is a .7z file, and the library that reads it is not installed.
    """
    found = files.expand(path)
    seven_zip.require_library(found)
    return found


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """One record for each post, with its body, a fragment of HTML, and the title of a question.

    With `threads: true` there is one record for each question: its title, its body and its answers,
    the highest score first. Posts then wait in a sorted temporary file until all are read, since
    answers may come anywhere after their question. Only one thread is in memory.

    A row that is no XML is an error row, and the rows after it are read. Only references to control
    characters, which XML forbids and dumps have, are read as what they mean.

    The id is that of the post. If the option `site` is given (a host name such as
    `beer.stackexchange.com`), the site and a slash come before it, since sites use the same ids.

    Raises:
      ValueError: an option makes no sense.
    """
    site = text_option(unit, "site", "") or None
    threads = dict(unit.options).get("threads", False)
    if type(threads) is not bool:
        raise ValueError(f"source {unit.source!r}: threads {threads!r} is not true or false")
    return Batches(_records(file, site, threads, max_record_bytes), batch_docs)


def _records(file: UnitFile, site: str | None, threads: bool, limit: int) -> Iterator[Record]:
    posts = _threads if threads else _posts
    if not seven_zip.is_archive(file):
        yield from posts(file, site, limit, file.name)
        return
    try:
        with seven_zip.unpacked(file, POSTS) as inner:
            yield from posts(inner, site, limit, file.name)
    except seven_zip.Damaged as error:
        yield Record(f"{file.name}#0", 0, schemas.HTML_FRAGMENT, error=str(error))


def _rows(
    file: UnitFile,
    site: str | None,
    name: str,
    record: "Callable[[etree._Element, str], Record | None]",
) -> Iterator[Record]:
    """The record that `record` makes of each row, if it makes one now."""
    root = _ROOT.search(head_of(file, _HEAD_BYTES))
    noun = root[1] if root else b"posts"
    restart = Restart(_ROW, b"<%b>" % noun, b"</%b>" % noun, is_tag=True)
    elements = Elements(ControlsStoodIn(Decompressed(file)), ("row",), restart)
    ordinal = 0
    for row in elements.with_broken():
        if isinstance(row, Broken):
            yield _broken(row, site, name, ordinal)
            continue
        ordinal += 1
        if (found := record(row, f"{name}#{ordinal}")) is not None:
            yield found
    if elements.problem:
        problem = f"{elements.problem}, after row {ordinal}"
        yield Record(f"{name}#{ordinal + 1}", 0, schemas.HTML_FRAGMENT, error=problem)
    elif elements.empty:
        yield empty_file(name, schemas.HTML_FRAGMENT)


def _broken(place: Broken, site: str | None, name: str, ordinal: int) -> Record:
    """The row of a post or comment that is not well-formed, or of a place between two."""
    own = _ID.search(place.head)
    number = own[1].decode() if own else ""
    if own and _OF_POST.search(place.head):
        number = f"comment-{number}"
    native_id = _own_id(number, site) if own else f"{name}#{ordinal + 1}"
    problem = place.told("row", bool(own), ordinal)
    return Record(native_id, 0, schemas.HTML_FRAGMENT, error=problem)


def _own_id(number: str, site: str | None) -> str:
    return f"{site}/{number}" if site else number


def _posts(file: UnitFile, site: str | None, limit: int, name: str) -> Iterator[Record]:
    return _rows(file, site, name, lambda row, place: _post(row, site, place, limit))


def _threads(file: UnitFile, site: str | None, limit: int, name: str) -> Iterator[Record]:
    with contextlib.closing(Spill()) as spill:

        def put(row: "etree._Element", place: str) -> Record | None:
            post = _post(row, site, place, limit)
            if post.content is None or _is_comment(row):
                return post
            answer = row.get("PostTypeId") == ANSWER
            try:
                number = int(row.get("Id") or "")
                question = int(row.get("ParentId") or "") if answer else number
                rank = -int(row.get("Score") or "0") if answer else 0
                fresh = spill.put(question, (answer, rank, number), post._asdict())
            except (ValueError, OverflowError):
                return post._replace(content=None, error="Id, ParentId or Score is no number")
            return None if fresh else post._replace(content=None, error="Id stands twice")

        yield from _rows(file, site, name, put)
        for _, group in spill.groups():
            yield _thread((Record(**post) for post in group), limit)


def _thread(posts: Iterator[Record], limit: int) -> Record:
    """A question and its answers as one record. Answers without their question are skipped."""
    first = next(posts)
    size, held = 0, 0
    bodies = []
    for post in itertools.chain([first], posts):
        size += post.input_bytes
        held += len(post.content or b"")
        if held <= limit:
            bodies.append(b"<div>%b</div>" % bytes(post.content or b""))
    thread = first._replace(content=None, input_bytes=size)
    if first.title is None:
        return thread._replace(skip_reason="stackexchange.no_question")
    if held > limit:
        return thread._replace(error=too_large(held, limit))
    title = f"<h1>{html.escape(first.title)}</h1>".encode()
    return thread._replace(content=title + b"".join(bodies))


def _is_comment(row: "etree._Element") -> bool:
    """Whether a row is one of `Comments.xml`; those of `PostHistory.xml` have a type."""
    if row.get("PostId") is None:
        return False
    return row.get("PostTypeId") is None and row.get("PostHistoryTypeId") is None


def _comment(row: "etree._Element", text: str, site: str | None, limit: int) -> Record:
    number, content = row.get("Id"), with_controls(text).strip().encode()
    comment = functools.partial(
        Record, _own_id(f"comment-{number}", site), len(content), schemas.PLAIN
    )
    if not content:
        return comment(skip_reason="stackexchange.no_body")
    if len(content) > limit:
        return comment(error=too_large(len(content), limit))
    return comment(
        content=content,
        url=f"https://{site}/posts/comments/{number}" if site else None,
        date=_date(row),
        license=_license(row),
        charset="utf-8",
    )


def _post(row: "etree._Element", site: str | None, fallback_id: str, limit: int) -> Record:
    post_id, kind = row.get("Id"), row.get("PostTypeId")
    body = with_controls(row.get("Body") or "").encode()
    if not post_id:
        return Record(fallback_id, len(body), schemas.HTML_FRAGMENT, error="row without an Id")
    if kind is None and _is_comment(row) and (text := row.get("Text")) is not None:
        return _comment(row, text, site, limit)
    post = functools.partial(Record, _own_id(post_id, site), len(body), schemas.HTML_FRAGMENT)
    if kind not in (QUESTION, ANSWER):
        return post(skip_reason="stackexchange.not_post")
    if not body.strip():
        return post(skip_reason="stackexchange.no_body")
    if len(body) > limit:
        return post(error=too_large(len(body), limit))
    path = "questions" if kind == QUESTION else "a"
    title = row.get("Title")
    return post(
        content=body,
        url=f"https://{site}/{path}/{post_id}" if site else None,
        title=with_controls(title) if title else None,
        date=_date(row),
        license=_license(row),
        charset="utf-8",
    )


def _license(row: "etree._Element") -> str | None:
    return row.get("ContentLicense") or None


def _date(row: "etree._Element") -> str | None:
    return row.get("CreationDate") or None
