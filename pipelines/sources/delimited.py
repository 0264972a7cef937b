"""CSV and TSV tables with a header line."""

import csv
import io
from collections.abc import Iterator

import pyarrow as pa

from manifests.column_names import described
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import FIELDS
from pipelines.sources.records import (
    Batches,
    Record,
    empty_file,
    id_or_place,
    id_prefix_option,
    media_type_option,
    text_of,
    text_option,
    too_large,
)
from pipelines.sources.units import WorkUnit

_ENDINGS = (".tsv", ".tsv.gz", ".tsv.zst", ".tsv.bz2")


class _Bytes(io.RawIOBase):
    """A decompressed file with the interface that Python's text layer reads."""

    def __init__(self, stream: Decompressed) -> None:
        self._stream = stream
        self._piece = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._piece = self._piece or self._stream.read()
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Rows with a text. For each field of a record, the option of the same name names its column.

    The option `delimiter` is a comma by default, and a tab for files called .tsv. The id of a row
    without one is `<file name>#<row>`, counted from 0.

    Raises:
      ValueError: an option makes no sense.
    """
    columns = {name: text_option(unit, name, name) for name in FIELDS}
    delimiter = text_option(unit, "delimiter", "\t" if file.name.endswith(_ENDINGS) else ",")
    if len(delimiter) != 1:
        raise ValueError(f"source {unit.source!r}: delimiter {delimiter!r} is no single character")
    prefix = id_prefix_option(unit, file.name)
    rows = _rows(file, columns, delimiter, media_type_option(unit), max_record_bytes, prefix)
    return Batches(rows, batch_docs)


def _rows(
    file: UnitFile,
    columns: dict[str, str],
    delimiter: str,
    media_type: str,
    limit: int,
    prefix: str,
) -> Iterator[Record]:
    stream = Decompressed(file)
    # A byte that is no UTF-8 becomes a lone surrogate, by which the row is recognised later.
    text = io.TextIOWrapper(
        io.BufferedReader(_Bytes(stream)), "utf-8-sig", errors="surrogateescape", newline=""
    )
    csv.field_size_limit(limit + 1)
    table = csv.DictReader(text, delimiter=delimiter)
    number = -1
    try:
        names = table.fieldnames
        if names and columns["text"] not in names:
            problem = (
                f"no column {columns['text']!r}: the first line has "
                f"{described(names, declared=False)}; is it a header line? If it is, set the "
                "option text to the name of the column with the texts, and delimiter if lines are "
                "not split by it; if it is not, add a header line"
            )
            yield Record(f"{file.name}#0", 0, media_type, error=problem)
            return
        for number, row in enumerate(table):
            base = Record(f"{file.name}#{number}", 0, media_type)
            yield _row(row, columns, base, limit, prefix)
    except csv.Error as error:
        # The csv module's messages quote nothing but line ends and limits.
        problem = f"no valid CSV after row {number}: {error}"
        yield Record(f"{file.name}#{number + 1}", 0, media_type, error=problem)
        return
    if stream.damage:
        problem = f"{stream.damage.message}, after row {number}"
        yield Record(f"{file.name}#{number + 1}", 0, media_type, error=problem)
    elif not names:
        yield empty_file(file.name, media_type)


def _row(
    row: dict[str, str | None], columns: dict[str, str], base: Record, limit: int, prefix: str
) -> Record:
    values = {name: row.get(column) or None for name, column in columns.items()}
    try:
        content = (text_of(values["text"]) or "").encode()
        fields = {name: (value or "").encode().decode() for name, value in values.items()}
    except UnicodeEncodeError:
        return base._replace(error="not valid UTF-8")
    base = base._replace(
        native_id=id_or_place(fields["id"], base.native_id, prefix), input_bytes=len(content)
    )
    if len(content) > limit:
        return base._replace(error=too_large(len(content), limit))
    if not content:
        return base._replace(skip_reason="csv.empty")
    return base._replace(
        content=content,
        charset="utf-8",
        url=values["url"],
        title=values["title"],
        date=values["date"],
        language_hint=values["language"],
    )
