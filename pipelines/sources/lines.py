"""Line files: finding whole lines in bounded memory, and JSON objects on them."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from pipelines.sources.compression import Decompressed, compression_of
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.records import (
    Record,
    batches,
    empty_file,
    media_type_option,
    text_option,
    too_large,
)
from pipelines.units import WorkUnit

FIELDS = ("text", "id", "url", "title", "date", "language")
BOM = b"\xef\xbb\xbf"

_SURROGATES = re.compile("[\ud800-\udfff]")


class Line(NamedTuple):
    """A line without its end, or `problem`: why there is none."""

    offset: int  # in the decompressed file
    size: int
    content: bytes = b""
    problem: str | None = None


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Objects with a text field; every field is the option of its name, a dotted path.

    Raises:
      ValueError: an option makes no sense.
    """
    paths = {name: text_option(unit, name, name) for name in FIELDS}
    media_type = media_type_option(unit)
    keys = {name: tuple(path.split(".")) for name, path in paths.items()}

    def record(value: dict[str, Any], base: Record) -> Record:
        text = _lookup(value, paths["text"], keys["text"])
        native_id = scalar(_lookup(value, paths["id"], keys["id"])) or base.native_id
        base = base._replace(native_id=native_id)
        if text is None:
            return base._replace(error=f"no field {paths['text']!r} (missing or null)")
        if not isinstance(text, str):
            return base._replace(error=f"field {paths['text']!r} is no string")
        if not text or text.isspace():
            return base._replace(skip_reason="jsonl.empty")
        return base._replace(
            content=encode(text),
            charset="utf-8",
            url=scalar(_lookup(value, paths["url"], keys["url"])),
            title=scalar(_lookup(value, paths["title"], keys["title"])),
            date=scalar(_lookup(value, paths["date"], keys["date"])),
            language_hint=scalar(_lookup(value, paths["language"], keys["language"])),
        )

    return batches(json_records(unit, file, max_record_bytes, media_type, record), batch_docs)


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of about `unit_bytes`; a line belongs to the range where it begins.

    A compressed file is one range, and so is one that cannot be read: its reader says why.
    """
    count = max(1, round(size_bytes / max(1, unit_bytes)))
    if count == 1:
        return [(0, -1)]
    try:
        with open_binary(path) as file:
            head = file.read(8)
    except OSError:
        return [(0, -1)]
    if compression_of(path, head):
        return [(0, -1)]
    bounds = [size_bytes * i // count for i in range(count + 1)]
    return list(itertools.pairwise(bounds))


def json_records(
    unit: WorkUnit,
    file: UnitFile,
    limit: int,
    media_type: str,
    record: Callable[[dict[str, Any], Record], Record],
) -> Iterator[Record]:
    """What `record` makes of each line's object; it fills in a row with the line's own id.

    Lines that hold no object are error rows; their content is never part of the message.
    """
    found = unit.start > 0 or unit.end >= 0  # a range may well hold no line's beginning
    for line in read_lines(file, unit.start, unit.end, limit):
        if not line.content and not line.problem:
            continue  # a blank line is no record
        found = True
        base = Record(f"{file.name}#{line.offset}", line.size, media_type)
        problem, value = line.problem, None
        if problem is None:
            problem, value = _parse(line.content)
        if value is None:
            yield base._replace(error=f"{problem}, in the line at byte {line.offset}")
        else:
            yield record(value, base)
    if not found:
        yield empty_file(file.name, media_type)


def read_lines(file: UnitFile, start: int, end: int, limit: int) -> Iterator[Line]:
    """The lines that begin in bytes `start` to `end` (-1: the end), without blanks around them.

    Line ends inside a range of bytes are found on bytes: no byte of a longer UTF-8
    character equals a line feed. A line of more than `limit` bytes is not kept.
    """
    # The byte before the range tells whether a line begins with the range.
    file.restrict(start, end, lead=1)
    stream = Decompressed(file, plain=start > 0)
    offset = max(0, start - 1)  # of the next line
    skipping = start > 0
    stop = file.size if end < 0 or stream.format else end
    held: list[bytes] = []  # pieces of a line whose end is not read yet
    size = 0  # of that line, also when it is too large to be held
    while piece := stream.read():
        begin = 0
        while (feed := piece.find(b"\n", begin)) >= 0:
            size += feed - begin
            if not skipping:
                if not stream.format and offset >= stop:
                    return
                yield _line(offset, size, b"".join([*held, piece[begin:feed]]), limit)
            offset += size + 1
            skipping, held, size, begin = False, [], 0, feed + 1
        size += len(piece) - begin
        held = [*held, piece[begin:]] if size <= limit and not skipping else []
        if not stream.format and not skipping and offset >= stop:
            return
    if stream.damage:
        yield Line(offset, size, problem=stream.damage.message)
    elif size and not skipping and (stream.format or offset < stop):
        yield _line(offset, size, b"".join(held), limit)


def _line(offset: int, size: int, content: bytes, limit: int) -> Line:
    if size > limit:
        return Line(offset, size, problem=too_large(size, limit))
    if offset == 0:
        content = content.removeprefix(BOM)
    content = content.strip(b" \t\r")
    return Line(offset, size, content)


def encode(text: str) -> bytes:
    """UTF-8, with U+FFFD for lone surrogates, which JSON can spell and UTF-8 cannot."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text).encode()


def _parse(content: bytes) -> tuple[str, dict[str, Any] | None]:
    try:
        value = json.loads(content.decode())
    except UnicodeDecodeError as error:
        return f"not valid UTF-8 at byte {error.start} of the line", None
    except json.JSONDecodeError as error:
        return f"no valid JSON at character {error.pos}", None
    except ValueError:  # an integer of thousands of digits
        return "JSON holds a number that is too long", None
    except RecursionError:
        return "JSON is nested too deeply", None
    if not isinstance(value, dict):
        return "JSON value is no object", None
    return "", value


def _lookup(value: dict[str, Any], path: str, keys: tuple[str, ...]) -> Any:
    """The value at a dotted path; a key that holds the dots itself comes first."""
    if path in value or len(keys) == 1:
        return value.get(path)
    found: Any = value
    for key in keys:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def scalar(value: Any) -> str | None:
    """A JSON string or number as a string; None for anything else and for the empty string."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return encode(str(value)).decode() or None
