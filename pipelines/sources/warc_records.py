"""What WARC records say: pages in HTTP responses, and texts in conversions of WET files."""

import re
from typing import NamedTuple

from fastwarc.warc import WarcRecord

from pipelines.sources import http_bodies, media_types
from pipelines.sources.media_types import MediaType
from pipelines.sources.records import Record

HTML_TYPES = ("text/html", "application/xhtml+xml")
NOT_HTML = "warc.not_html"
MAX_HEADER_BYTES = 64 << 10
HEADER_END = re.compile(rb"\r?\n\r?\n")

# A status line as old servers and radio stations (ICY) spell it; fastwarc knows "HTTP/1.1 200".
# Source: `HttpStreamParser` of Chromium, which also passes over what stands before it.
_STATUS = re.compile(rb"\s*(?:https?|icy)[/\d.]*:?[ \t]+(?=\d{3}(?!\d))", re.I)
_SEGMENT = "WARC-Segment-Number"
_NOT_BLANK = re.compile(rb"\S")
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)
# The names of fields that fastwarc parses itself, by their names in lower case.
_FIELDS = {name.lower(): name for name in (b"WARC-Type", b"Content-Type", b"Content-Length")}
_FIELD = re.compile(rb"(?<=\n)(%b)(?=:)" % b"|".join(_FIELDS), re.I)


class Frame(NamedTuple):
    """A record as it was found: its header and content, or the reason why not (`problem`)."""

    place: str  # see `Decompressed.place`
    header: bytes
    size: int  # size of the content
    content: bytes | memoryview = b""
    problem: str | None = None


def response(base: Record, frame: Frame, limit: int) -> Record:
    """The page of a `response` record with status 200, or of a `resource` record that is HTML."""
    # Only headers are parsed. A body without an encoding stays a view of the bytes that were read.
    status_line = _STATUS.match(frame.content)
    head = HEADER_END.search(
        frame.content, status_line.end() if status_line else 0, MAX_HEADER_BYTES
    )
    head_bytes = head.end() if head else len(frame.content)
    http_head = bytes(frame.content[:head_bytes])
    if status_line:
        http_head = b"HTTP/1.1 " + http_head[status_line.end() :]
    warc = parse_warc(frame._replace(content=http_head))
    kind = str(warc.record_type)
    if kind == "resource":
        return _stored(warc, base, frame, limit, "warc.resource")
    if kind != "response":
        return base._replace(skip_reason=f"warc.{kind}")
    if not warc.is_http:  # but of FTP, DNS or a local file
        return _stored(warc, base, frame, limit, "warc.not_http")
    # Quirks: servers that end header lines with a bare line feed.
    warc.parse_http(auto_decode="none", max_header_len=MAX_HEADER_BYTES, quirks_mode=True)
    status = warc.http_headers.status_code
    if status is None:
        return base._replace(error="response record without an HTTP status")
    if status != 200:
        return base._replace(skip_reason="warc.http_status")
    stated = media_types.extract(
        value for field, value in warc.http_headers if field.lower() == "content-type"
    )
    # The parser may find the end of an odd header better, and leave bytes that belong to the body.
    left = warc.reader.read()
    codings = [*_codings(warc, "content-encoding"), *_codings(warc, "transfer-encoding")]
    return _page(warc, base, stated, frame.content, head_bytes - len(left), codings, limit)


def _stored(warc: WarcRecord, base: Record, frame: Frame, limit: int, other: str) -> Record:
    """The page of a record that has no HTTP header, such as warcit makes of files.

    Args:
      other: why a record that is no page is skipped.
    """
    stated = media_types.extract([header(warc, "Content-Type") or ""])
    page = _page(warc, base, stated, frame.content, 0, [], limit)
    return page._replace(skip_reason=other) if page.skip_reason == NOT_HTML else page


def _segment_problem(warc: WarcRecord) -> str | None:
    """Why a record is no whole page, if `continuation` records have the rest of it."""
    number = header(warc, _SEGMENT)
    return number and f"the record is segment {number} of several, which are not put together"


def _page(
    warc: WarcRecord,
    base: Record,
    stated: MediaType,
    content: bytes | memoryview,
    begin: int,
    codings: list[str],
    limit: int,
) -> Record:
    """The page whose body begins at `begin` of a record's content, if it is HTML."""
    if header(warc, "WARC-Truncated"):  # the crawler stored only the beginning of the page
        return base._replace(skip_reason="warc.truncated")
    base = base._replace(
        url=target_uri(warc),
        date=header(warc, "WARC-Date"),
        language_hint=header(warc, "WARC-Identified-Content-Language"),
        charset=stated.charset or None,
    )
    # A type that the crawler identified by the content is better than the type that the server
    # sent.
    identified = (header(warc, "WARC-Identified-Payload-Type") or "").split(";")[0]
    media_type = identified.strip().lower() or stated.essence
    if media_type and media_type not in HTML_TYPES:
        return base._replace(skip_reason=NOT_HTML)
    body = _body(memoryview(content)[begin:], codings, limit)
    if body is None:
        return base._replace(error="HTTP body does not decode as its headers say")
    if len(body) > limit:
        return base._replace(error="decoded HTTP body is larger than max_record_mb")
    if not _NOT_BLANK.search(body):
        return base._replace(skip_reason="warc.empty_body")
    if not media_type and not _HTML_START.search(body, 0, 1024):
        return base._replace(skip_reason=NOT_HTML)
    if problem := _segment_problem(warc):
        return base._replace(error=problem)
    return base._replace(content=body)


def parse_warc(frame: Frame) -> WarcRecord:
    """The record of a frame.

    Raises:
      OSError: the header cannot be parsed.
    """
    header = frame.header
    if b"\r\n" not in header:  # fastwarc needs the line ends of the standard
        header = header.replace(b"\n", b"\r\n")
    if not all(b"\n%b:" % name in header for name in _FIELDS.values()):
        # The standard's names have any letter case, fastwarc knows these in the usual one only.
        header = _FIELD.sub(lambda field: _FIELDS[field[1].lower()], header)
    return WarcRecord.from_bytes(b"".join((header, frame.content)))


def _body(body: bytes | memoryview, codings: list[str], limit: int) -> bytes | memoryview | None:
    """The page's bytes without transfer and content encoding; None if they do not decode.

    Many crawlers store decoded bodies with the original headers of the server. So a body that does
    not decode is taken as it is, if it looks like HTML. Others lose the header of a coding, which
    is then known by its mark.
    """
    as_stated = True
    # Codings are listed in the order in which they were applied, that of the transfer last.
    for coding in reversed(codings):
        try:
            body = http_bodies.decoded(body, coding, limit + 1)
        except ValueError:
            as_stated = False
    try:
        body = http_bodies.decoded(body, http_bodies.undeclared(body), limit + 1)
    except ValueError:
        as_stated = False
    return body if as_stated or _HTML_START.search(body, 0, 1024) else None


def _codings(warc: WarcRecord, name: str) -> list[str]:
    values = [value for field, value in warc.http_headers if field.lower() == name]
    return [coding.strip().lower() for coding in ",".join(values).split(",")]


def conversion(base: Record, frame: Frame, limit: int) -> Record:
    """The text of a `conversion` record."""
    warc = parse_warc(frame)
    kind = str(warc.record_type)
    if kind != "conversion":
        return base._replace(skip_reason=f"warc.{kind}")
    if problem := _segment_problem(warc):
        return base._replace(error=problem)
    if not _NOT_BLANK.search(frame.content):
        return base._replace(skip_reason="warc.empty_body")
    try:
        str(frame.content, "utf-8")
    except UnicodeDecodeError as error:
        return base._replace(error=f"text is not valid UTF-8 at byte {error.start} of the record")
    return base._replace(
        content=frame.content,
        url=target_uri(warc),
        date=header(warc, "WARC-Date"),
        language_hint=header(warc, "WARC-Identified-Content-Language"),
    )


def header(warc: WarcRecord, name: str) -> str | None:
    """The value of a header's field; None if it is missing or empty."""
    value: str | None = warc.headers.get(name)
    return value.strip() or None if value else None


def target_uri(warc: WarcRecord) -> str | None:
    """The URL of a record, without the angle brackets that the grammar of WARC/1.0 has."""
    uri = header(warc, "WARC-Target-URI")
    if uri and uri.startswith("<") and uri.endswith(">"):
        return uri[1:-1].strip() or None
    return uri
