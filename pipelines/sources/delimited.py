"""CSV and TSV tables with a header line."""

import codecs
import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from manifests.column_names import described, nearest
from pipelines.sources.compression import Decompressed, head_of
from pipelines.sources.encodings import UTF_8, encoding_of, encoding_option, errors_of
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import FIELDS
from pipelines.sources.records import (
    Batches,
    Look,
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

OPTIONS = frozenset({"delimiter", "quote", "encoding"})
HEAD_BYTES = 1 << 16  # by which a file is known
_HEAD_ROWS = 100
_ENDINGS = (".tsv", ".tsv.gz", ".tsv.zst", ".tsv.bz2")
_DELIMITERS = (",", ";", "\t", "|")
_QUOTES = ('"', "", "'")
_DOUBLED = {'\\"': '""', "\\\\": "\\"}  # an escaped character as CSV has it
_ESCAPED = re.compile(r'\\["\\]')
# The first line that Excel writes and reads, and what becomes of it if the table is saved again.
_SEPARATOR = re.compile(r"(\"?)sep=(.)\1[,;\t|]*\r?\n", re.I)
# What pandas, Python, MySQL and R write where there is no value.
_MISSING = frozenset(("nan", "NaN", "NULL", "null", "None", "<NA>", "#N/A", "\\N"))
_SPACED = re.compile(r"[,;\t|] +[\"']")
_COMMENT = re.compile(r"\s*#")


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


class _Lines(Iterator[str]):
    """Lines, and whether more were asked for than there are."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.ended = False

    def __next__(self) -> str:
        for line in self._lines:
            return line
        self.ended = True
        raise StopIteration


@dataclasses.dataclass(frozen=True)
class Options:
    """What a source says of its tables. What is None is found out for each file."""

    unit: WorkUnit
    columns: dict[str, str]  # of each field of a record
    media_type: str
    id_prefix: str
    delimiter: str | None
    quote: str | None
    encoding: str | None

    @classmethod
    def of(cls, unit: WorkUnit, name: str) -> "Options":
        """Those of a unit, for a file called `name`.

        Raises:
          ValueError: an option makes no sense.
        """
        options = dict(unit.options)
        delimiter = text_option(unit, "delimiter", ",")
        quote = text_option(unit, "quote", '"')
        if len(delimiter) != 1:
            told = f"source {unit.source!r}: delimiter {delimiter!r} is no single character"
            raise ValueError(told)
        if quote != "none" and len(quote) != 1:
            told = f"source {unit.source!r}: quote {quote!r} is no single character, and not none"
            raise ValueError(told)
        return cls(
            unit,
            {field: text_option(unit, field, field) for field in FIELDS},
            media_type_option(unit),
            id_prefix_option(unit, name),
            delimiter if "delimiter" in options else None,
            quote.removeprefix("none") if "quote" in options else None,
            encoding_option(unit),
        )


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
      encoding: None for one that is not found out, and must be told.
      quote: empty where quotes mean nothing.
      skipped: lines before the header.
      escapes: whether quotes in a value stand after a backslash, as MySQL and Spark write them.
      spaced: whether spaces behind a delimiter are no part of the value.
      is_guess: whether the encoding is an older one than UTF-8, which nothing but the bytes tell.
    """

    encoding: str | None
    delimiter: str
    quote: str
    skipped: int = 0
    escapes: bool = False
    spaced: bool = False
    is_guess: bool = False

    def rows(self, lines: Iterable[str], strict: bool = False) -> Any:
        if self.escapes:  # other backslashes stay, which Spark writes as they are
            lines = (_ESCAPED.sub(lambda found: _DOUBLED[found[0]], line) for line in lines)
        if not self.quote:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            strict=strict,
            skipinitialspace=self.spaced,
        )

    def has_quotes(self, lines: Iterable[str]) -> bool:
        """Whether a value of whole rows stands in quotes."""
        begin, inside = self.quote, self.delimiter + self.quote
        spaced = f"{self.delimiter} {self.quote}" if self.spaced else inside
        return any(line.startswith(begin) or inside in line or spaced in line for line in lines)

    def told(self) -> str:
        names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
        quotes = {"": ", without quotes", "'": ", with ' as quotes"}.get(self.quote, "")
        delimiter = names.get(self.delimiter, repr(self.delimiter))
        quotes += ", with backslashes before quotes" if self.escapes else ""
        quotes += ", with spaces behind them" if self.spaced else ""
        guess = (
            " by the look of its first bytes: set the option encoding to that or to another one, "
            "or to utf-8 if a few bytes are damaged"
        )
        told = f"columns between {delimiter}{quotes}, in {self.encoding}"
        return told + (guess if self.is_guess else "")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Rows with a text. For each field of a record, the option of the same name names its column.

    The options `delimiter`, `quote` and `encoding` are found out by the beginning of each file if
    they are not given. The id of a row without one is `<file name>#<row>`, counted from 0.

    Raises:
      ValueError: an option makes no sense.
    """
    options = Options.of(unit, file.name)
    return Batches(_rows(file, options, max_record_bytes), batch_docs)


def look(unit: WorkUnit, file: UnitFile) -> Look | None:
    """The option that is wrong for a file, or how the file is read where that had to be found out.

    Raises:
      ValueError: an option makes no sense.
    """
    options = Options.of(unit, file.name)
    dialect = _dialect(file, options)
    if dialect.encoding is None:
        return _NOT_KNOWN
    try:
        names = next(dialect.rows(_text(Decompressed(file), dialect)), None)
    except csv.Error:
        return None
    if not names:
        return None
    if problem := _column_problem(options, names):
        return problem
    usual = Dialect(UTF_8, "\t" if file.name.endswith(_ENDINGS) else ",", '"')
    found = dataclasses.replace(dialect, skipped=0)
    return None if found == usual else Look(note=f"is read as {dialect.told()}")


def names(unit: WorkUnit, file: UnitFile) -> list[str]:
    """The columns that the header of a file names."""
    dialect = _dialect(file, Options.of(unit, file.name))
    try:
        return list(next(dialect.rows(_text(Decompressed(file), dialect)), []))
    except csv.Error:
        return []


def _dialect(file: UnitFile, options: Options) -> Dialect:
    """How a file is written, which is left at its beginning."""
    head = head_of(file, HEAD_BYTES)
    encoding = options.encoding or encoding_of(head)
    is_guess = encoding is None
    encoding = encoding or _likely(head)
    known = encoding or UTF_8
    text = head.decode(known, "replace").removeprefix("\ufeff")
    separator = _SEPARATOR.match(text)
    skipped = 1 if separator else 0
    delimiter = options.delimiter or (separator[2] if separator else None)
    if delimiter is None and file.name.endswith(_ENDINGS):
        delimiter = "\t"
    lines = list(io.StringIO(text, newline=""))
    if len(head) == HEAD_BYTES:
        lines = lines[:-1] or lines
    starts = _starts(lines, skipped)
    delimiters = _DELIMITERS if delimiter is None else (delimiter,)
    quotes = _QUOTES if options.quote is None else (options.quote,)
    found = [
        Dialect(encoding, d, q, start, is_guess=is_guess)
        for start in starts
        for q in quotes
        for d in delimiters
    ]
    if any('\\"' in line for line in lines):
        # After the others: a value may end with a backslash.
        found += [dataclasses.replace(d, escapes=True) for d in found if d.quote == '"']
    heads = [lines[start] for start in starts if start < len(lines)]
    if any(f"{d} " in head for head in heads for d in delimiters) or _SPACED.search(text):
        found += [dataclasses.replace(d, spaced=True) for d in found if d.quote]
    cut = len(head) == HEAD_BYTES
    return max(found, key=lambda dialect: _fitness(dialect, lines, options.columns["text"], cut))


def _starts(lines: list[str], skipped: int) -> list[int]:
    """Where the header may be: behind blank lines and comments; or the first or last of these."""
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    behind = skipped
    while behind < len(lines) and (not lines[behind].strip() or _COMMENT.match(lines[behind])):
        behind += 1
    last = [behind] if behind < len(lines) else []
    return list(dict.fromkeys((skipped, *last, max(skipped, behind - 1))))


def _fitness(
    dialect: Dialect, lines: list[str], text: str, cut: bool
) -> tuple[bool, float, int, int]:
    """How well a dialect fits the first lines: whether it has the column of the text, the share of
    rows that are as long as the header, how few values keep their quotes (behind a space, or with
    escaped ones inside), and the number of columns.
    """
    lines = lines[dialect.skipped :]
    rows: list[list[str]] = []
    reader = dialect.rows(lines, strict=True)
    whole, ends = True, 0
    try:
        for row in reader:
            rows.append(row)
            ends = reader.line_num
            if len(rows) > _HEAD_ROWS:
                break
    except csv.Error as error:
        # The last value has no end: it goes on behind the head, or its quote is missing in a file
        # that has others.
        is_open = reader.line_num >= len(lines) and "unexpected end" in str(error)
        whole = is_open and (cut or dialect.has_quotes(lines[:ends]))
    names = rows[0] if rows else []
    alike = sum(len(row) == len(names) for row in rows) / max(1, len(rows))
    if not whole:
        alike *= ends / len(lines)  # the share that can be read
    quote = dialect.quote or '"'
    torn = sum(
        cell.lstrip(" ").startswith(quote) and cell.rstrip(" ").endswith(quote)
        for row in rows
        for cell in row
        if cell.startswith(" ")
    )
    torn += sum(cell[:1] == cell[-1:] == '"' and '\\"' in cell for row in rows for cell in row)
    return text in names, alike, -torn, len(names)


_NOT_KNOWN = Look(
    "encoding",
    "the file is not UTF-8, and its encoding is not found out; set the option encoding to it, such "
    "as windows-1252, or to utf-8 if a few bytes are damaged",
)


def _likely(head: bytes) -> str | None:
    """The encoding, as Python calls it, in which the beginning of a file decodes; None for none."""
    from filters.encodings import detection  # only for files in older encodings

    try:
        name = codecs.lookup(detection.detect(head)).name
        codecs.getincrementaldecoder(name)().decode(head)
    except (LookupError, UnicodeDecodeError):  # Python has other names for some
        return None
    return name


def _column_problem(options: Options, names: list[str]) -> Look | None:
    """The column that a file lacks: that of the texts, or one that an option names."""
    given = dict(options.unit.options)
    for field, name in options.columns.items():
        if name in names or (field != "text" and field not in given):
            continue
        has = f"the first line has {described(names, declared=False)}"
        end = nearest(name, names, declared=False)
        if field != "text":
            return Look(field, f"no column {name!r}, which the option {field} names: {has}{end}")
        end = end or (
            "; is it a header line? If it is, set the option text to the name of the column with "
            "the texts, and delimiter if lines are not split by it; if it is not, add a header line"
        )
        return Look(field, f"no column {name!r}: {has}{end}")
    return None


def _text(stream: Decompressed, dialect: Dialect) -> Iterator[str]:
    """Lines from the header on. A byte that is no character is a lone surrogate."""
    encoding = dialect.encoding or UTF_8
    text = io.TextIOWrapper(
        io.BufferedReader(_Bytes(stream)),
        "utf-8-sig" if encoding == UTF_8 else encoding,
        errors=errors_of(encoding),
        newline="",
    )
    for _ in range(dialect.skipped):
        next(text, None)
    return text


def _rows(file: UnitFile, options: Options, limit: int) -> Iterator[Record]:
    dialect = _dialect(file, options)
    media_type = options.media_type
    if dialect.encoding is None:
        yield Record(f"{file.name}#0", 0, media_type, error=_NOT_KNOWN.fault)
        return
    stream = Decompressed(file)
    csv.field_size_limit(limit + 1)
    lines = _Lines(_text(stream, dialect))
    rows = dialect.rows(lines)
    number, ends = -1, 0
    try:
        names: list[str] = next(rows, [])
        if names and (lacking := _column_problem(options, names)):
            yield Record(f"{file.name}#0", 0, media_type, error=lacking.fault)
            return
        at = {field: names.index(c) for field, c in options.columns.items() if c in names}
        ends = rows.line_num
        for row in rows:
            begins, ends = ends + 1, rows.line_num
            if lines.ended and stream.damage:
                break  # the row is cut, too
            if not row:
                continue  # a blank line is no row
            number += 1
            base = Record(f"{file.name}#{number}", 0, media_type)
            if lines.ended:  # inside of a value, or the row would have been there before
                yield base._replace(error=_no_end(file.name, begins, ends, dialect))
                continue
            if any(row[len(names) :]):
                yield base._replace(error=_too_long(len(row), len(names), rows.line_num, dialect))
                continue
            values = {
                field: row[i] for field, i in at.items() if i < len(row) and row[i] not in _MISSING
            }
            yield _row(values, base, options, dialect, limit)
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


def _no_end(name: str, begins: int, ends: int, dialect: Dialect) -> str:
    """All that follows an open quote would be one value, whatever it is."""
    first, last = begins + dialect.skipped, ends + dialect.skipped
    upto = f", and all up to line {last} is in it" if last > first else ""
    return (
        f"the row that begins on line {first} of {name} has a {dialect.quote} without another one "
        f"that ends its value{upto}: add it, or set the option quote to none if quotes are part of "
        "the texts"
    )


def _too_long(found: int, expected: int, line: int, dialect: Dialect) -> str:
    """Cells that the header does not name would be lost, and a text with them."""
    return (
        f"row with {found} cells that ends on line {line + dialect.skipped}, and the header has "
        f"{expected}: put quotes around values that hold {dialect.delimiter!r}, and write quotes "
        'in them twice ("") rather than after a backslash, or set the options delimiter and quote'
    )


def _row(
    values: dict[str, str], base: Record, options: Options, dialect: Dialect, limit: int
) -> Record:
    try:
        content = (text_of(values.get("text")) or "").encode()
        fields = {name: value.encode().decode() or None for name, value in values.items()}
    except UnicodeEncodeError:
        return base._replace(error=f"not valid {(dialect.encoding or UTF_8).upper()}")
    base = base._replace(
        native_id=id_or_place(fields.get("id"), base.native_id, options.id_prefix),
        input_bytes=len(content),
    )
    if len(content) > limit:
        return base._replace(error=too_large(len(content), limit))
    if not content:
        return base._replace(skip_reason="csv.empty")
    return base._replace(
        content=content,
        charset="utf-8",
        url=fields.get("url"),
        title=fields.get("title"),
        date=fields.get("date"),
        language_hint=fields.get("language"),
        license=fields.get("license"),
    )
