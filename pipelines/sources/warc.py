"""WARC and WET: pages as crawlers store them, and the plain text that Common Crawl makes of them.

Records of ARC files get WARC headers (`pipelines.sources.arc`).

The boundaries of records are found here; fastwarc parses the records
(`pipelines.sources.warc_records`). Its own iterator returns a record that is cut short as if it
were complete, and ends at the first damaged header. But one bad record must not make the rest of a
file unreadable.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from manifests import schemas
from pipelines.sources import arc
from pipelines.sources.compression import (
    Decompressed,
    byte_ranges,
    compression_of,
    member_head,
)
from pipelines.sources.files import UnitFile, is_local, open_binary
from pipelines.sources.records import Batches, Record, empty_file, text_option, too_large
from pipelines.sources.units import WorkUnit
from pipelines.sources.url_lists import url_key, url_list
from pipelines.sources.warc_records import (
    HEADER_END,
    MAX_HEADER_BYTES,
    Frame,
    conversion,
    response,
)

RECORD_START = b"WARC/"

# Patterns for a record where one is expected, and for one that is searched. The second is stricter,
# since pages may contain the word WARC.
_VERSION = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n")
_START = re.compile(_VERSION.pattern + rb"(?=warc-|content-)", re.I)
_START_BYTES = 32  # at least as many as either pattern can match
_MEMBER_BYTES = 1 << 10  # with which the content of a gzip member begins
_WALK_BYTES = 4 << 10  # most headers are shorter
_RECORD_ENDS = (b"\r\n\r\n", b"\n\n")
_LINE_ENDS = re.compile(rb"[\r\n]*")
# CDXJ or CDX: a key, a date, and an object or an address; or the header of such a file.
_INDEX = re.compile(rb" CDX [A-Za-z]|!(?:OpenWayback-)?CDXJ|\S+ \d{14} (?:\{|[a-z]+:)")
_INDEX_BYTES = 4 << 10
_CONTENT_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.I | re.M)
_RECORD_ID = re.compile(rb"^warc-record-id[ \t]*:[ \t]*([!-~]+)[ \t]*\r?$", re.I | re.M)


class _Tape:
    """A sliding window over the decompressed file.

    Attributes:
      offset: the offset of the current position in the decompressed file.
      is_arc: whether the file is an ARC file.
      start: the pattern of a record that is searched.
    """

    def __init__(self, stream: Decompressed) -> None:
        self.stream = stream
        self.offset = stream.offset
        self._window = b""
        self._at = 0  # the position in the window
        self.skip_line_ends()
        self.fill(arc.MAX_HEADER_BYTES)
        self.is_arc = arc.begins(bytes(self.view(0, arc.MAX_HEADER_BYTES)))
        self.start = arc.SEARCHED if self.is_arc else _START

    def __len__(self) -> int:
        """The number of bytes in the window from the position on."""
        return len(self._window) - self._at

    def fill(self, size: int) -> bool:
        """Widens the window to `size` bytes; False if the file or its sound part ends before."""
        missing = size - len(self)
        if missing <= 0:
            return True
        # Pieces are joined at most once. Mostly none are, since a piece ends with a gzip member.
        pieces = [self._window[self._at :]] if len(self) else []
        while missing > 0 and (piece := self.stream.read()):
            pieces.append(piece)
            missing -= len(piece)
        self._window = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._at = 0
        return missing <= 0

    def match(self, pattern: re.Pattern[bytes], size: int) -> re.Match[bytes] | None:
        """Matches a pattern at the position, within the next `size` bytes."""
        return pattern.match(self._window, self._at, self._at + size)

    def find_end(self, pattern: re.Pattern[bytes], size: int) -> int:
        """The distance from the position to the end of the first match in `size` bytes, or -1."""
        found = pattern.search(self._window, self._at, self._at + size)
        return found.end() - self._at if found else -1

    def find(self, pattern: re.Pattern[bytes], start: int = 0) -> int:
        """The distance from the position to the first match in the window, or -1."""
        found = pattern.search(self._window, self._at + start)
        return found.start() - self._at if found else -1

    def view(self, start: int, size: int) -> memoryview:
        """`size` bytes of the window that begin `start` bytes after the position."""
        return memoryview(self._window)[self._at + start : self._at + start + size]

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, or as many as the window has."""
        taken = self.view(0, size)
        self._at += len(taken)
        self.offset += len(taken)
        return taken

    def skip(self, size: int) -> int:
        """Skips `size` bytes without keeping them; returns how many there were."""
        left = size
        while left and self.fill(1):
            left -= len(self.take(left))
        return size - left

    def skip_line_ends(self) -> None:
        while self.fill(1):
            ends = self.match(_LINE_ENDS, len(self))
            self.take(len(ends[0]) if ends else 0)
            if len(self):
                return

    def at_record(self) -> bool:
        self.fill(_START_BYTES)
        return self.match(_VERSION, _START_BYTES) is not None

    def may_end(self, at: int) -> bool:
        """Whether a record can end at `at` in the window: two line ends or a record must follow.

        In ARC, a record or the end of the file must follow.
        """
        if self.is_arc:
            self.fill(at + arc.MAX_HEADER_BYTES)
            rest = bytes(self.view(at, arc.MAX_HEADER_BYTES)).lstrip(b"\r\n")
            return not rest or self.stream.damage is not None or bool(arc.HEADER.match(rest))
        if bytes(self.view(at, 4)).startswith(_RECORD_ENDS):  # mostly another piece
            return True
        if not self.fill(at + _START_BYTES) and self.stream.damage:
            return True
        rest = bytes(self.view(at, _START_BYTES))
        after = rest.lstrip(b"\r\n")[:5]
        return rest.startswith(_RECORD_ENDS) or after == RECORD_START[: len(after)]


def read_warc(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The HTML pages of `response` records with status 200 and of `resource` records.

    Everything else is skipped. A page that goes on in `continuation` records is an error row.

    With the option `urls`, a file with one URL on each line, only pages in this list are read.
    """
    return Batches(records(unit, file, max_record_bytes, schemas.HTML, response), batch_docs)


def read_wet(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The plain text of `conversion` records; everything else is skipped. `urls` as for WARC."""
    return Batches(records(unit, file, max_record_bytes, schemas.PLAIN, conversion), batch_docs)


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of about `unit_bytes`; those of a .gz file may begin anywhere.

    A gzip member belongs to the range in which it begins, if it begins with a record. So a file of
    one member is read by its first unit. In a file that is not compressed, ranges begin with
    records, which planning finds by reading the headers of records. A file is one range if this
    would be slow (on another machine), and with other compressions and ARC.
    """
    ranges = byte_ranges(size_bytes, unit_bytes)
    if len(ranges) > 1:
        with open_binary(path) as file:
            head = file.read(_MEMBER_BYTES)
            compression = compression_of(path, head)
            if compression is None and is_local(path):
                return _at_records(file, ranges)
        if compression != "gzip" or arc.begins(member_head(head, arc.MAX_HEADER_BYTES)):
            return [(0, -1)]
    return ranges


def _at_records(file: BinaryIO, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges, each moved to where the next record begins; a damaged part is not split.

    The start of a record cannot be recognised, since pages may contain WARC records. It is found
    only by going from record to record.
    """
    size = ranges[-1][1]
    bounds = [0]
    at = 0
    for wanted, _ in ranges[1:]:
        while at < wanted:
            following = _next_record(file, at)
            if following is None:
                return list(itertools.pairwise([*bounds, size]))
            at = following
        if at > bounds[-1]:
            bounds.append(at)
    return list(itertools.pairwise([*bounds, size]))


def _next_record(file: BinaryIO, at: int) -> int | None:
    """The position of the record after the one at `at`; None if it cannot be found."""
    file.seek(at)
    header = file.read(_WALK_BYTES)
    end = HEADER_END.search(header)
    if end is None and len(header) == _WALK_BYTES:
        header += file.read(MAX_HEADER_BYTES)
        end = HEADER_END.search(header)
    if end is None or not _VERSION.match(header):
        return None
    length = _CONTENT_LENGTH.search(header, 0, end.end())
    if length is None:
        return None
    after = at + end.end() + int(length[1])
    file.seek(after)
    between = file.read(2 * _START_BYTES)
    start = between.lstrip(b"\r\n")
    return after + len(between) - len(start) if _VERSION.match(start) else None


def records(
    unit: WorkUnit,
    file: UnitFile,
    limit: int,
    media_type: str,
    convert: Callable[[Record, Frame, int], Record],
) -> Iterator[Record]:
    """The record that `convert` makes of each WARC record; it completes a row with the id."""
    listed = url_list(text_option(unit, "urls", "")) if "urls" in dict(unit.options) else None
    found = unit.start > 0  # perhaps no record begins in the range
    stream = Decompressed(file, start=unit.start, end=unit.end, prefix=RECORD_START)
    for frame in _frames(stream, limit):
        found = True
        native_id = _native_id(frame, file.name)
        if frame.problem:
            yield Record(native_id, frame.size, media_type, error=frame.problem)
            continue
        base = Record(native_id, frame.size, media_type)
        try:
            yield _if_listed(convert(base, frame, limit), listed)
        except OSError:  # fastwarc cannot parse the header
            yield base._replace(error=f"record at byte {frame.place} cannot be parsed")
    if not found:
        yield empty_file(file.name, media_type)


def _if_listed(record: Record, listed: frozenset[int] | None) -> Record:
    if listed is None or record.content is None or url_key(record.url or "") in listed:
        return record
    return record._replace(content=None, skip_reason="warc.url_not_listed")


def _frames(stream: Decompressed, limit: int) -> Iterator[Frame]:
    """Every record, and every stretch that is no record, in the order of the file."""
    tape = _Tape(stream)
    ordinal = 0
    while (len(tape) or stream.damage) and not _is_next_units(stream, tape.offset):
        offset = tape.offset
        frame = Frame(stream.place(offset), b"", 0)
        if len(tape):
            frame = _frame(tape, limit)
            ordinal += 1
        tape.skip_line_ends()
        if len(tape) or not stream.damage:
            yield frame
            continue
        # This is the damaged place. A complete record before it is sound, unless it is in a member
        # whose checksum, which comes at its end, is wrong.
        sound = stream.damage.truncated or offset < stream.damage.since
        if frame.header and not frame.problem and sound:
            yield frame
            if _is_next_units(stream, stream.damage.since):
                return
            frame = Frame(stream.place(tape.offset), b"", 0)
        what = f"{frame.problem}; " if frame.problem else ""
        problem = f"{what}{stream.damage.message}; met in or after record {ordinal}"
        yield frame._replace(content=b"", problem=problem)
        if not stream.resume(arc.PAGE_START if tape.is_arc else RECORD_START):
            return
        tape.offset = stream.offset
        tape.skip_line_ends()


def _is_next_units(stream: Decompressed, offset: int) -> bool:
    return stream.ends_at is not None and offset >= stream.ends_at


def _frame(tape: _Tape, limit: int) -> Frame:
    """The record at the tape's position, or the bytes there up to the next record.

    A record is accepted if it is followed by two line ends, another record, the end of the file or
    its damaged place. Otherwise its Content-Length is wrong, and the next record is searched within
    the length that it states.
    """
    place = tape.stream.place(tape.offset)
    if tape.is_arc:
        tape.fill(arc.MAX_HEADER_BYTES)
        found = tape.match(arc.HEADER, arc.MAX_HEADER_BYTES)
        if found is None:
            return _gap(tape, place, b"", "bytes that are no ARC record")
        return _content(tape, place, found[0], int(found["length"]), limit)._replace(
            header=arc.warc_header(found)
        )
    if not tape.at_record():
        what = "bytes that are no WARC record"
        if tape.match(_INDEX, _INDEX_BYTES):
            what = "lines of an index (CDX) and no records; name the WARC files that it lists"
        return _gap(tape, place, b"", what)
    end = tape.find_end(HEADER_END, MAX_HEADER_BYTES)
    if end < 0:  # rare: the window ends inside a header
        tape.fill(MAX_HEADER_BYTES)
        end = tape.find_end(HEADER_END, MAX_HEADER_BYTES)
    if end < 0:
        return _gap(tape, place, b"", "WARC header without an end")
    header = bytes(tape.view(0, end))
    length = _CONTENT_LENGTH.search(header)
    if length is None:
        return _gap(tape, place, header, "WARC header without a valid Content-Length")
    return _content(tape, place, header, int(length[1]), limit)


def _content(tape: _Tape, place: str, header: bytes, size: int, limit: int) -> Frame:
    """The record at the tape's position, of which the header and the size that it states."""
    if size > limit:
        tape.take(len(header))
        there = tape.skip(size)
        if there < size:
            return Frame(place, header, there, problem=_short(there, size))
        return Frame(place, header, size, problem=too_large(size, limit))
    total = len(header) + size
    complete = tape.fill(total)
    if complete and tape.may_end(total):
        tape.take(len(header))
        return Frame(place, header, size, tape.take(size))
    if complete or tape.find(tape.start, len(header)) >= 0:
        return _gap(tape, place, header, "Content-Length does not lead to the next record")
    there = len(tape) - len(header)
    tape.take(len(tape))
    return Frame(place, header, there, problem=_short(there, size))


def _short(there: int, size: int) -> str:
    return f"record stops after {there} of {size} bytes: the file is incomplete"


def _gap(tape: _Tape, place: str, header: bytes, what: str) -> Frame:
    """Skips everything up to the next start of a record after the tape's position."""
    offset = tape.offset
    tape.take(max(1, len(header)))
    start_bytes = arc.MAX_HEADER_BYTES if tape.is_arc else _START_BYTES
    while (start := tape.find(tape.start)) < 0:
        tape.take(max(0, len(tape) - start_bytes))
        if not tape.fill(len(tape) + 1):
            tape.take(len(tape))
            break
    tape.take(max(0, start))
    size = tape.offset - offset
    return Frame(place, header, size, problem=f"{what}: {size} bytes passed over at byte {place}")


def _native_id(frame: Frame, name: str) -> str:
    found = _RECORD_ID.search(frame.header)
    return found[1].decode("ascii") if found else f"{name}#{frame.place}"
