"""Records as readers find them, and the Arrow batches made of them."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from manifests import schemas
from manifests.column_names import described, nearest
from pipelines.sources.units import WorkUnit

# The most content of a batch, unless a single record is larger. A worker holds one batch.
BATCH_BYTES = 8 << 20

LICENSE = "default_license"  # the option of all kinds, for documents that say nothing of it

_FALSE = frozenset({"", "false", "f", "no", "n", "0", "0.0", "null", "none", "nan"})

MEDIA_TYPES = {
    "plain": schemas.PLAIN,
    "html": schemas.HTML,
    "html_fragment": schemas.HTML_FRAGMENT,
    "wikitext": schemas.WIKITEXT,
}


class Record(NamedTuple):
    """One row of `schemas.RECORDS`, which says what the fields mean.

    An `error` is damage of this record; its `error_kind` is filled in by `Batches`. A reader whose
    file cannot be opened or read on raises OSError instead.
    """

    native_id: str
    input_bytes: int
    media_type: str
    content: bytes | memoryview | None = None
    url: str | None = None
    title: str | None = None
    date: str | None = None
    language_hint: str | None = None
    license: str | None = None
    charset: str | None = None
    skip_reason: str | None = None
    error: str | None = None


class Look(NamedTuple):
    """What the beginning of a file says of the options of its source.

    Attributes:
      option: the one that the file cannot be read with.
      fault: why that is so; empty if it is not.
      note: how the file is read, where a person may want to know.
    """

    option: str = ""
    fault: str = ""
    note: str = ""


class Line(NamedTuple):
    """A line, or another piece of a file that should be an object in JSON.

    Attributes:
      place: see `Decompressed.place`.
      content: without a line end and blanks at both ends.
      problem: why it cannot be read.
      value: the object that the content is, where that is known already.
    """

    place: str
    size: int
    content: bytes = b""
    problem: str | None = None
    value: dict[str, Any] | None = None


class Batches(Iterator[pa.RecordBatch]):
    """RECORDS batches of at most `batch_docs` rows and about `BATCH_BYTES` of content.

    Attributes:
      records: what they are made of, for who puts the records of several files in one batch. Who
        takes them takes them away from the batches.
    """

    def __init__(self, records: Iterable[Record], batch_docs: int) -> None:
        self.records = iter(records)
        self._batches = self._made(batch_docs)

    def __next__(self) -> pa.RecordBatch:
        return next(self._batches)

    def _made(self, batch_docs: int) -> Iterator[pa.RecordBatch]:
        batch = BatchBuilder()
        for record in self.records:
            size = batch.content_bytes + len(record.content or b"")
            if batch.rows and (len(batch.rows) >= batch_docs or size > BATCH_BYTES):
                yield batch.finished()
                batch = BatchBuilder()
            batch.add(record)
        if batch.rows:
            yield batch.finished()


class BatchBuilder:
    """The rows of a batch so far. A content is copied while it is in the processor's cache."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self._contents = bytearray()
        self._ends = [0]
        self._valid: list[bool] = []

    @property
    def content_bytes(self) -> int:
        return len(self._contents)

    def add(self, record: Record) -> None:
        self._valid.append(record.content is not None)
        if record.content is not None:
            self._contents += record.content
            record = record._replace(content=None)
        self._ends.append(len(self._contents))
        self.rows.append(record)

    def finished(self) -> pa.RecordBatch:
        columns = dict(zip(Record._fields, zip(*self.rows, strict=True), strict=True))
        columns["error_kind"] = tuple(
            None if error is None else schemas.error_kind(error) for error in columns["error"]
        )
        arrays = {
            field.name: pa.array(columns[field.name], field.type) for field in schemas.RECORDS
        }
        arrays["content"] = pa.Array.from_buffers(
            pa.large_binary(),
            len(self.rows),
            [
                pa.array(self._valid, pa.bool_()).buffers()[1],
                pa.array(self._ends, pa.int64()).buffers()[1],
                pa.py_buffer(self._contents),
            ],
        )
        return pa.RecordBatch.from_arrays(list(arrays.values()), schema=schemas.RECORDS)


def empty_file(name: str, media_type: str) -> Record:
    """The error record for a file without content."""
    return Record(f"{name}#0", 0, media_type, error="empty file")


def too_large(size: int, limit: int) -> str:
    return (
        f"record of {size} bytes is larger than max_record_mb ({limit / 1e6:g} MB); "
        "raise it if such records are wanted"
    )


def id_or_place(given: str | None, place: str, prefix: str = "") -> str:
    """The id that a record has of its own, after a prefix, or else its place in its file.

    A missing id is None here, as a null or NaN is for `lines.scalar` and for Parquet's columns. An
    empty or blank one is no id either: many records would share it.
    """
    return prefix + given if given and not given.isspace() else place


def text_of(value: Any) -> str | None:
    """The text of a record; None if it has none, so that it is skipped and counted as such.

    One meaning in all readers: a text that is missing, null, NaN or blank, and a number, list or
    object in its place, are no text. Only damage is an error.
    """
    return value if isinstance(value, str) and value and not value.isspace() else None


def is_true(value: Any) -> bool:
    """Whether a flag is set; those of tables that became JSON are strings such as `"false"`."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return bool(value) and value == value  # NaN is missing


def date_of_seconds(seconds: Any) -> str | None:
    """ISO 8601 of seconds since 1970, which are a string in the dumps of some years."""
    try:
        date = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def text_option(unit: WorkUnit, name: str, default: str) -> str:
    """An option of a reader that must be a word or a name.

    Raises:
      ValueError: it is something else.
    """
    options = dict(unit.options)
    if name not in options:
        return default
    value = options[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"source {unit.source!r}: option {name!r} is {value!r}, not a name")
    return value


def absent(
    unit: WorkUnit,
    field: str,
    name: str,
    names: Iterable[object],
    noun: str = "column",
    where: str = "the file has",
) -> Look:
    """A field of records that a file lacks.

    Args:
      name: what it is called by an option, or else by default.
      names: what the file declares in its place.
    """
    known = list(names)
    end = nearest(name, known)
    if field == "text" and not end:
        end = f"; set the option text to the name of the {noun} with the texts"
    use = f", which the option {field} names" if field in dict(unit.options) else ""
    return Look(field, f"no {noun} {name!r}{use}: {where} {described(known, noun=noun)}{end}")


def id_prefix_option(unit: WorkUnit, name: str) -> str:
    """What comes before the ids of a file called `name`: nothing, or its name if they restart.

    Raises:
      ValueError: the option `ids` is neither per_source nor per_file.
    """
    value = text_option(unit, "ids", "per_source")
    if value not in ("per_source", "per_file"):
        raise ValueError(f"source {unit.source!r}: ids {value!r} is none of per_file, per_source")
    return f"{name}:" if value == "per_file" else ""


def media_type_option(unit: WorkUnit) -> str:
    """The media type that the option `media_type` means; plain text by default.

    Raises:
      ValueError: there is no such type.
    """
    value = text_option(unit, "media_type", "plain")
    if value not in MEDIA_TYPES:
        known = ", ".join(sorted(MEDIA_TYPES))
        raise ValueError(f"source {unit.source!r}: media_type {value!r} is none of {known}")
    return MEDIA_TYPES[value]
