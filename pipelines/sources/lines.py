"""Line files: reads whole lines in bounded memory, and the JSON objects on them.

A file that has no object on each line, but one array of them, is read by `json_values`.
"""

import html
import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from manifests.column_names import described
from pipelines.sources import chats, json_values, tar_lines, zstd_frames
from pipelines.sources.bzip2_blocks import Blocks, starts_as_bzip2
from pipelines.sources.compression import (
    PIECE_BYTES,
    Decompressed,
    byte_ranges,
    compression_of,
    head_of,
)
from pipelines.sources.encodings import UTF_8, encoding_option, is_wide
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.records import (
    Batches,
    Line,
    Look,
    Record,
    absent,
    empty_file,
    id_or_place,
    id_prefix_option,
    media_type_option,
    text_of,
    text_option,
    too_large,
)
from pipelines.sources.units import WorkUnit

FIELDS = ("text", "id", "url", "title", "date", "language", "license")
LOOKED_AT_BYTES = 4 << 20  # of objects, for what keys they have
_MARKUP = (schemas.HTML, schemas.HTML_FRAGMENT)  # whose titles have references to characters, too
BOM = b"\xef\xbb\xbf"
_MARK_BYTES = 256  # within which a value begins
# The first value is a string, perhaps behind the mark of UTF-8 or UTF-16.
_STRING = re.compile(rb'[\s\xef\xbb\xbf\xff\xfe]*\[?\s*"')
_WHOLE = 2.0**63
_NAMED_BY = 100  # objects whose keys are told
NO_OBJECT = "JSON value is no object"
# Strings are texts by themselves only in a file that begins with one.
_RECORDS = (
    '; write each record as an object, such as {"text": "..."}, or all as strings if the option '
    "text is left out"
)

# Files may have very many of these; a pattern passes over them at once.
_EMPTY_LINES = re.compile(rb"\n+|(?:\r\n)+")
_BETWEEN = re.compile(r"[\s,]*")  # objects on a line
_decoder = json.JSONDecoder(strict=False)  # raw tabs may stand in strings
_SURROGATES = re.compile("[\ud800-\udfff]")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Objects with a text. The option of a field's name is the dotted path of its value.

    Strings are texts in a file that begins with one, unless an option names the key of the texts.

    Raises:
      ValueError: an option makes no sense.
    """
    paths = {name: text_option(unit, name, name) for name in FIELDS}
    media_type = media_type_option(unit)
    prefix = id_prefix_option(unit, file.name)
    turn = chats.turn_option(unit)
    chat_columns = () if "text" in dict(unit.options) else chats.COLUMNS
    keys = {name: tuple(path.split(".")) for name, path in paths.items()}
    is_chat = keys["text"][-1] in chats.COLUMNS

    def record(value: dict[str, Any], base: Record) -> Record:
        found = every(value, paths["text"], keys["text"])
        text = joined(map(chats.parsed, found) if is_chat else found, turn)
        if text is None:
            told = (chats.text(value.get(column), turn) for column in chat_columns)
            text = next(filter(None, told), None)
        own_id = scalar(lookup(value, paths["id"], keys["id"]))
        base = base._replace(native_id=id_or_place(own_id, base.native_id, prefix))
        if text is None:
            if problem := _columns(value, found[0] if len(found) == 1 else None):
                return base._replace(error=problem)
            return base._replace(skip_reason="jsonl.empty")
        title = scalar(lookup(value, paths["title"], keys["title"]))
        return base._replace(
            content=encode(text),
            charset="utf-8",
            url=scalar(lookup(value, paths["url"], keys["url"])),
            title=html.unescape(title) if title and media_type in _MARKUP else title,
            date=scalar(lookup(value, paths["date"], keys["date"])),
            language_hint=scalar(lookup(value, paths["language"], keys["language"])),
            license=one_name(lookup(value, paths["license"], keys["license"])),
        )

    encoding = encoding_option(unit)
    found = json_objects(
        unit, file, max_record_bytes, media_type, keys["text"][0], encoding,
        string_key=_string_key(unit, file),
    )  # fmt: skip
    return Batches(completed(_with_remedy(found), record), batch_docs)


def look(unit: WorkUnit, file: UnitFile) -> Look | None:
    """The option that names a key which none of the first objects has, and why; None for no object.

    Raises:
      ValueError: an option makes no sense.
    """
    paths = {name: text_option(unit, name, name) for name in FIELDS}
    media_type, encoding = media_type_option(unit), encoding_option(unit)
    id_prefix_option(unit, file.name)
    chats.turn_option(unit)
    given = {"text", *dict(unit.options)}
    missing = {name: path for name, path in paths.items() if name in given}
    columns = () if "text" in dict(unit.options) else chats.COLUMNS
    seen: dict[str, None] = {}
    inner: dict[str, dict[str, None]] = {}  # of a missing path, those beside it
    unread: tuple[str, list[str]] | None = None  # a conversation, and the keys of its turns
    string_key = _string_key(unit, file)
    other = ""  # why the first value is no object
    count, size = 0, 0
    objects = json_objects(
        unit, file, LOOKED_AT_BYTES, media_type, paths["text"].partition(".")[0], encoding,
        string_key=string_key,
    )  # fmt: skip
    for base, value in _with_remedy(objects):
        size += base.input_bytes
        if value is None and (base.error or "").startswith(NO_OBJECT):
            other = other or str(base.error)
        if value is not None:
            count += 1
            text = lookup(value, paths["text"], tuple(paths["text"].split(".")))
            if problem := _columns(value, text):
                return Look("text", problem)
            seen |= dict.fromkeys(value)
            missing = {n: p for n, p in missing.items() if not has(value, p, tuple(p.split(".")))}
            for path in missing.values():
                inner.setdefault(path, {}).update(dict.fromkeys(inner_paths(value, path)))
            if any(name in value for name in columns):
                missing.pop("text", None)
            told = [(n, chats.other_keys(value.get(n))) for n in (*columns, paths["text"])]
            unread = next((one for one in told if one[1]), None)
        if not missing or size > LOOKED_AT_BYTES:
            break
    if unread and "text" not in missing:
        return chats.unread("text", *unread)
    if not count and other:
        return Look("text", other)
    if not missing or not count:
        return None
    name, path = next(iter(missing.items()))
    first = f"none of the first {count} objects has it, and they have"
    return absent(
        unit, name, path, inner.get(path) or seen, "key", first if count > 1 else "the object has"
    )


def names(unit: WorkUnit, file: UnitFile) -> list[str]:
    """The keys of the first objects."""
    objects = json_objects(unit, file, LOOKED_AT_BYTES, schemas.PLAIN)
    first = itertools.islice(objects, _NAMED_BY)
    return list(dict.fromkeys(key for _, value in first for key in value or ()))


def _string_key(unit: WorkUnit, file: UnitFile) -> str | None:
    """See `json_objects`. It is the same for all ranges of a file, which is left at its start."""
    if "text" in dict(unit.options):
        return None
    head = head_of(file, _MARK_BYTES).replace(b"\0", b"")
    return "text" if _STRING.match(head) else None


def _with_remedy(
    objects: Iterable[tuple[Record, dict[str, Any] | None]],
) -> Iterator[tuple[Record, dict[str, Any] | None]]:
    """Says also how a value that is no object may be written."""
    for base, value in objects:
        if base.error and base.error.startswith(NO_OBJECT):
            yield base._replace(error=base.error + _RECORDS), value
        else:
            yield base, value


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of about `unit_bytes`. A line belongs to the range in which it begins.

    A .bz2 file has ranges, too, and so has a .zst file of several frames. Other compressed files
    are one range. So are files that are one JSON value, and a file that cannot be read; its reader
    will say why.
    """
    ranges = byte_ranges(size_bytes, unit_bytes)
    if len(ranges) == 1:
        return ranges
    try:
        with UnitFile(path, open_binary(path)) as file:
            head = file.read(8)
            compression = compression_of(path, head)
            splits = compression in (None, "bzip2") or (
                compression == "zstd"
                and zstd_frames.frame_end(file, 0, zstd_frames.PROBE_BLOCKS) is not None
            )
            file.restrict(0, -1)
            splits = splits and not tar_lines.is_named_tar(file)
            splits = splits and json_values.start_of(file) is None
    except OSError:
        return [(0, -1)]
    return ranges if splits else [(0, -1)]


def json_records(
    unit: WorkUnit,
    file: UnitFile,
    limit: int,
    media_type: str,
    record: Callable[[dict[str, Any], Record], Record],
) -> Iterator[Record]:
    """The record that `record` makes of each line's object; it completes a row with the line's id.

    A line without an object is an error row, whose message never contains content of the line.
    """
    return completed(json_objects(unit, file, limit, media_type), record)


def completed(
    objects: Iterable[tuple[Record, dict[str, Any] | None]],
    record: Callable[[dict[str, Any], Record], Record],
) -> Iterator[Record]:
    """The records that `record` makes of what `json_objects` gives."""
    for base, value in objects:
        yield base if value is None else record(value, base)


def json_objects(
    unit: WorkUnit,
    file: UnitFile,
    limit: int,
    media_type: str,
    text: str = "text",
    encoding: str | None = None,
    null_reason: str | None = None,
    string_key: str | None = None,
) -> Iterator[tuple[Record, dict[str, Any] | None]]:
    """Each line's object with the row to complete; None with a row that says what is wrong.

    Likewise of the files in a tar archive, and of a file that is one array of objects, or an object
    that wraps one. A line may have several objects, and commas after them.

    Args:
      text, encoding: see `json_values.start_of`.
      null_reason: why a null is skipped; it is an error without a reason.
      string_key: a string becomes an object that has it under this key; without, it is an error.
    """
    narrow = None if encoding is None or is_wide(encoding) else encoding
    found, told = False, "line"
    if unit.start > 0 or unit.end >= 0:  # perhaps no line begins in the range
        lines, found = read_lines(file, unit.start, unit.end, limit), True
    elif tar_lines.is_named_tar(file):
        lines, found = tar_lines.tar_lines(file, limit), True
    elif start := json_values.start_of(file, text, encoding):
        lines, found, told = json_values.values(file, start, limit), True, "value"
        narrow = None
    else:
        lines = read_lines(file, 0, -1, limit)
    yield from _objects(lines, file.name, media_type, found, told, narrow, null_reason, string_key)


def line_records(
    lines: Iterable[Line],
    name: str,
    media_type: str,
    record: Callable[[dict[str, Any], Record], Record],
) -> Iterator[Record]:
    """`json_records` for given lines of a file called `name`; an error row if there are none."""
    return completed(_objects(lines, name, media_type, found=False), record)


def _objects(
    lines: Iterable[Line],
    name: str,
    media_type: str,
    found: bool,
    told: str = "line",
    encoding: str | None = None,
    null_reason: str | None = None,
    string_key: str | None = None,
) -> Iterator[tuple[Record, dict[str, Any] | None]]:
    """`json_objects` of lines. With `found` it is no error if there are none."""
    for line in lines:
        if not line.content and not line.problem:
            continue  # a blank line is no record
        base = Record(f"{name}#{line.place}", line.size, media_type)
        found = True
        problem, value = line.problem, line.value
        if problem is None and value is None:
            if null_reason and line.content.rstrip(b", \t") == b"null":
                yield base._replace(skip_reason=null_reason), None
                continue
            problem, value = parse_object(line.content, encoding or UTF_8, string_key)
            if value is None and (several := _several(line.content, encoding or UTF_8)):
                yield from _placed(several, base)
                continue
        if value is None:
            base = base._replace(error=f"{problem}, in the {told} at byte {line.place}")
        yield base, value
    if not found:
        yield empty_file(name, media_type), None


def read_lines(file: UnitFile, start: int, end: int, limit: int) -> Iterator[Line]:
    """The lines that begin in bytes `start` to `end` (-1: the end), without blanks at their ends.

    Line ends can be found among bytes, since no byte of a longer UTF-8 character equals a line
    feed. A line of more than `limit` bytes is not kept.
    """
    stream: Decompressed | Blocks = Decompressed(file, start=start, end=end)
    if stream.format == "bzip2" and starts_as_bzip2(file):
        stream = Blocks(file, start, end)
    if stream.format is None and not stream.damage:
        yield from _stored_lines(file, start, end, limit)
        return
    offset = 0  # of the next line
    # It is not known whether a line begins at the start of a range's first frame. So a line that
    # begins exactly where the next range begins belongs to this range, and one that begins exactly
    # where this range begins belongs to the range before.
    skipping = start > 0
    held: list[bytes] = []  # pieces of a line whose end was not read yet
    size = 0  # of that line, also if it is too large to be kept
    while piece := stream.read():
        begin = 0
        while (feed := piece.find(b"\n", begin)) >= 0:
            if not (size or skipping) and (empty := _EMPTY_LINES.match(piece, begin)):
                offset, begin = offset + empty.end() - begin, empty.end()
                continue
            size += feed - begin
            if not skipping:
                if stream.ends_at is not None and offset > stream.ends_at:
                    return
                yield _line(stream.place(offset), size, b"".join([*held, piece[begin:feed]]), limit)
            offset += size + 1
            skipping, held, size, begin = False, [], 0, feed + 1
        size += len(piece) - begin
        held = [*held, piece[begin:]] if size <= limit and not skipping else []
        if stream.ends_at is not None and offset > stream.ends_at:
            return
    if stream.ends_at is not None and (skipping or offset > stream.ends_at):
        return
    if stream.damage:
        yield Line(stream.place(offset), size, problem=stream.damage.message)
    elif size and not skipping:
        yield _line(stream.place(offset), size, b"".join(held), limit)


def _stored_lines(file: UnitFile, start: int, end: int, limit: int) -> Iterator[Line]:
    """`read_lines` for a file that is not compressed."""
    # The byte before the range shows whether a line begins at the start of the range.
    file.restrict(start, end, lead=1)
    offset = max(0, start - 1)  # of the next line
    skipping = start > 0
    held: list[bytes] = []
    size = 0
    while piece := file.read(PIECE_BYTES):
        begin = 0
        while (feed := piece.find(b"\n", begin)) >= 0:
            if not (size or skipping) and (empty := _EMPTY_LINES.match(piece, begin)):
                offset, begin = offset + empty.end() - begin, empty.end()
                continue
            size += feed - begin
            if not skipping:
                if offset >= file.end:
                    return
                yield _line(str(offset), size, b"".join([*held, piece[begin:feed]]), limit)
            offset += size + 1
            skipping, held, size, begin = False, [], 0, feed + 1
        size += len(piece) - begin
        held = [*held, piece[begin:]] if size <= limit and not skipping else []
        if not skipping and offset >= file.end:
            return
    if size and not skipping and offset < file.end:
        yield _line(str(offset), size, b"".join(held), limit)


def _line(place: str, size: int, content: bytes, limit: int) -> Line:
    if size > limit:
        return Line(place, size, problem=too_large(size, limit))
    # Marks also stand where files were put together.
    return Line(place, size, content.removeprefix(BOM).strip(b" \t\r"))


def encode(text: str) -> bytes:
    """UTF-8 with U+FFFD for lone surrogates, which are possible in JSON but not in UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text).encode()


def parse_object(
    content: bytes, encoding: str = UTF_8, string_key: str | None = None
) -> tuple[str, dict[str, Any] | None]:
    """A message about an invalid JSON object, which does not quote it, or the object.

    Args:
      string_key: a string becomes an object that has it under this key.
    """
    try:
        value = _loaded(content.decode(encoding))
    except UnicodeDecodeError as error:
        return f"not valid {encoding.upper()} at byte {error.start} of it", None
    except json.JSONDecodeError as error:
        return f"no valid JSON at character {error.pos}", None
    except ValueError:  # an integer of thousands of digits
        return "JSON holds a number that is too long", None
    except RecursionError:
        return "JSON is nested too deeply", None
    if isinstance(value, str) and string_key:
        return "", {string_key: value}
    if not isinstance(value, dict):
        return NO_OBJECT, None
    return "", value


def _columns(value: dict[str, Any], text: Any) -> str:
    """Why an object is no record, if it is a table: each of its values has those of a column.

    pandas writes tables so, as lists (`orient="list"`) or as objects whose keys are the rows.
    """
    if not isinstance(text, (list, dict)) or not text or len(text) == len(value) == 1:
        return ""
    columns = [column for column in value.values() if isinstance(column, type(text))]
    texts = text.values() if isinstance(text, dict) else text
    if len(columns) < len(value) or any(len(column) != len(text) for column in columns):
        return ""
    if not any(isinstance(one, str) for one in texts):
        return ""
    values = "1 value" if len(text) == 1 else f"{len(text):,} values"
    what = "a list" if isinstance(text, list) else "an object"
    return (
        f"one object with {described(value, noun='column')}, each {what} of {values}, "
        "rather than one object for each record; write records, as pandas does by "
        'to_json(orient="records", lines=True)'
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:  # the faster parser takes no raw tabs
        return _decoder.decode(text)


def _several(content: bytes, encoding: str) -> list[tuple[dict[str, Any], int]]:
    """The objects of a line and the bytes from each to the next; none if anything else is there."""
    found: list[tuple[dict[str, Any], int]] = []
    at = 0
    try:
        text = content.decode(encoding)
        while at < len(text):
            begin = at
            value, at = _decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                return []
            blank = _BETWEEN.match(text, at)
            at = blank.end() if blank else at
            found.append((value, len(text[begin:at].encode(encoding))))
    except (ValueError, RecursionError):
        return []
    return found


def _placed(
    objects: list[tuple[dict[str, Any], int]], base: Record
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Objects of one line with rows of their own: the id of the second ends with `/1`."""
    for number, (value, size) in enumerate(objects):
        name = f"{base.native_id}/{number}" if number else base.native_id
        yield base._replace(native_id=name, input_bytes=size), value


def lookup(value: dict[str, Any], path: str, keys: tuple[str, ...]) -> Any:
    """The first of `every`, or None."""
    return next(iter(every(value, path, keys)), None)


def every(value: dict[str, Any], path: str, keys: tuple[str, ...]) -> list[Any]:
    """The values at a dotted path; a key that contains the dots is tried first.

    On the way an object may be written as a string, and a list counts with all of its objects.
    """
    if path in value or len(keys) == 1:
        return [value.get(path)]
    return [holder.get(keys[-1]) for holder in _holders(value, keys)]


def _holders(value: dict[str, Any], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The objects that have the last key of a path, or could have it."""
    found = [value]
    for key in keys[:-1]:
        found = [one for holder in found for one in objects_in(holder.get(key))]
    return found


def objects_in(value: Any) -> list[dict[str, Any]]:
    """A JSON object, the one that a string holds, or those of a list, which may hold lists."""
    found: list[dict[str, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (str, bytes)):
            one = parse_object(one.encode() if isinstance(one, str) else one)[1]
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            found.append(one)
    return found


def joined(values: Iterable[Any], turn: str) -> str | None:
    """The texts and conversations among values, with empty lines between them; None without any."""
    told = (text_of(value) or chats.text(value, turn) for value in values)
    return "\n\n".join(filter(None, told)) or None


def has(value: dict[str, Any], path: str, keys: tuple[str, ...]) -> bool:
    """Whether there is something, perhaps null, where `every` looks."""
    return path in value or any(keys[-1] in holder for holder in _holders(value, keys))


def inner_paths(value: dict[str, Any], path: str) -> list[str]:
    """The paths of what stands beside the place to which a path with dots leads."""
    keys = tuple(path.split("."))
    around = ".".join(keys[:-1])
    return (
        [f"{around}.{key}" for holder in _holders(value, keys) for key in holder] if around else []
    )


def whole(value: float) -> float | int:
    """A number as an integer if it is one of 64 bits: ids are, and tables hold them as floats."""
    return int(value) if value.is_integer() and abs(value) < _WHOLE else value


def one_name(value: Any) -> str | None:
    """A name, or the only one of a list; None for others."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    return scalar(value)


def scalar(value: Any) -> str | None:
    """A JSON string or number as a string; None for anything else, NaN and the empty string."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        value = whole(value)
    return encode(str(value)).decode() or None
