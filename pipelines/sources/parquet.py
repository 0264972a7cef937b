"""Parquet tables of texts, read by row groups."""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from manifests import schemas
from manifests.parquet import Metadata, RowGroup, TableFile, read_metadata
from pipelines.sources import chats
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.lines import (
    FIELDS,
    encode,
    every,
    has,
    inner_paths,
    joined,
    objects_in,
    scalar,
    whole,
)
from pipelines.sources.records import (
    BATCH_BYTES,
    Batches,
    Look,
    Record,
    absent,
    empty_file,
    id_or_place,
    id_prefix_option,
    media_type_option,
    text_option,
    too_large,
)
from pipelines.sources.units import WorkUnit

# Errors of pyarrow for a file that is no Parquet file, is cut short or does not decode.
# Names of columns and nested values that are no UTF-8 are found by Python, and not by Arrow.
DAMAGE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError)


DECODED_BYTES, DECODED_ROWS = 128 << 20, 32
ITEM_BYTES = 4  # an item of a list takes at least so much, however few stored bytes it has
LOOKED_AT_ROWS = 100


@dataclasses.dataclass(frozen=True)
class Table:
    """The settings by which rows of a file become records.

    Attributes:
      wanted: the column of each field of a record.
      id_prefix: of rows that have an id.
      turn: how the turns of conversations are written.
    """

    unit: WorkUnit
    name: str
    media_type: str
    wanted: dict[str, str]
    limit: int
    id_prefix: str
    turn: str

    @classmethod
    def of(cls, unit: WorkUnit, file: UnitFile, limit: int = 0) -> "Table":
        """Those that the options of a source ask for.

        Raises:
          ValueError: an option makes no sense.
        """
        return cls(
            unit,
            file.name,
            media_type_option(unit),
            {field: text_option(unit, field, field) for field in FIELDS},
            limit,
            id_prefix_option(unit, file.name),
            chats.turn_option(unit),
        )

    def columns(self, schema: pa.Schema) -> dict[str, str]:
        """The column of each field that a file has."""
        found = {f: name for f, name in self.wanted.items() if _has_column(schema, name)}
        return {**found, "text": self.text(schema)}

    def text(self, schema: pa.Schema) -> str:
        """The column of the texts, or of conversations where nobody names one and none is there."""
        name = self.wanted["text"]
        if "text" in dict(self.unit.options) or name in schema.names:
            return name
        chat = (
            c
            for c in chats.COLUMNS
            if schema.names.count(c) == 1 and chats.is_chat(schema.field(c).type)
        )
        as_json = (c for c in chats.COLUMNS if schema.names.count(c) == 1)
        return next(chat, None) or next(
            (c for c in as_json if _is_text(schema.field(c).type)), name
        )


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Rows with a text. For each field of a record, the option of the same name names its column.

    A column inside a struct is named with dots, and so is a value inside a column of JSON objects
    as strings. The id of a row without one is `<file name>#<row in the file>`.

    Raises:
      ValueError: an option makes no sense.
    """
    return table_batches(unit, file, batch_docs, max_record_bytes, _read)


def table_batches(
    unit: WorkUnit,
    file: UnitFile,
    batch_docs: int,
    limit: int,
    read: Callable[[Table, UnitFile, int], Iterator[pa.RecordBatch]],
) -> Iterator[pa.RecordBatch]:
    """What `read` makes of a file that is not empty.

    Raises:
      ValueError: an option makes no sense.
    """
    table = Table.of(unit, file, limit)
    if file.size == 0:
        return Batches([empty_file(file.name, table.media_type)], batch_docs)
    return read(table, file, batch_docs)


def look(unit: WorkUnit, file: UnitFile) -> Look | None:
    """The option that is wrong for a file, and why; None for a file that cannot be read.

    Raises:
      ValueError: an option makes no sense.
    """
    table = Table.of(unit, file)
    try:
        found = TableFile(file.handle)
        if _repeated(found.schema, table):
            return None
        return column_problem(found.schema, table) or _json_problem(found, table)
    except DAMAGE:
        return None


def names(unit: WorkUnit, file: UnitFile) -> list[str]:
    """The columns of a file."""
    try:
        return list(TableFile(file.handle).schema.names)
    except DAMAGE as error:
        raise OSError(str(error)) from error


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Ranges of row groups with about `unit_bytes` stored bytes.

    A file whose footer cannot be read is one range; its reader will say what is wrong.
    """
    try:
        with open_binary(path) as handle:
            metadata = read_metadata(handle)
            starts = _starts(metadata, size_bytes)
    except DAMAGE:
        return [(0, -1)]
    groups: list[tuple[int, int]] = []
    first = 0
    for index in range(metadata.num_row_groups):
        if starts[index + 1] - starts[first] >= unit_bytes:
            groups.append((first, index + 1))
            first = index + 1
    if first < metadata.num_row_groups:
        groups.append((first, metadata.num_row_groups))
    return groups if len(groups) > 1 else [(0, -1)]


def _starts(metadata: Metadata, size: int) -> list[int]:
    """The position of each row group; the first includes the magic, the last the footer."""
    starts = [0]
    for index in range(1, metadata.num_row_groups):
        column = metadata.row_group(index).column(0)
        offsets = (column.dictionary_page_offset, column.data_page_offset)
        starts.append(min(offset for offset in offsets if offset is not None))
    return [*starts, size]


def _read(rows: Table, file: UnitFile, batch_docs: int) -> Iterator[pa.RecordBatch]:
    unit, media_type = rows.unit, rows.media_type
    try:
        table = TableFile(file.handle, buffer_bytes=1 << 20)
        starts = _starts(table.metadata, file.size)
    except DAMAGE as error:
        raise_if_storage_failed(error)
        problem = "Parquet footer cannot be read; the file is incomplete or no Parquet file"
        yield from Batches([Record(f"{file.name}#0", file.size, media_type, error=problem)], 1)
        return
    end = table.metadata.num_row_groups if unit.end < 0 else unit.end
    if end > table.metadata.num_row_groups:
        raise OSError(
            f"cannot read {file.path}: it has {table.metadata.num_row_groups} row groups, fewer "
            "than when the run was planned; plan it again"
        )
    file.restrict(starts[unit.start], starts[max(1, end)])  # empty tables have no row group
    row = sum(table.metadata.row_group(i).num_rows for i in range(unit.start))
    lacking = column_problem(table.schema, rows)
    if fault := _repeated(table.schema, rows) or (lacking and lacking.fault):
        native_id, size = f"{file.name}#{row}", starts[max(1, end)] - starts[unit.start]
        yield from Batches([Record(native_id, size, media_type, error=fault)], 1)
        return
    if table.metadata.num_rows == 0:
        yield from Batches([empty_file(file.name, media_type)], batch_docs)
    columns = {_json_path(table.schema, n)[0] for n in rows.columns(table.schema).values()}
    read = 0  # stored bytes, counted with each batch: a file may be one row group
    for group in range(unit.start, end):
        count = table.metadata.row_group(group).num_rows
        stored = starts[group + 1] - starts[group]
        done = content = 0
        # The footer tells of long pages and lists; a dictionary may still make much of little.
        items = ITEM_BYTES * _items(table.metadata.row_group(group), columns)
        decoded = max(table.metadata.row_group(group).total_byte_size, items)
        why: str | None = file.limits.outgrown(decoded, stored)
        try:
            for batch in () if why else _batches(table, group, columns, batch_docs):
                content += batch.nbytes
                if why := file.limits.outgrown(content, stored):
                    break
                yield from bounded(table_records(rows, batch, row + done))
                read += stored * batch.num_rows // count
                file.bytes_read = read
                done += batch.num_rows
        except DAMAGE as error:
            raise_if_storage_failed(error)
            why = "row group damaged"
        if why:
            problem = f"rows {row + done} to {row + count - 1} cannot be read: {why}"
            lost = Record(f"{file.name}#{row + done}", stored, media_type, error=problem)
            yield from Batches([lost], 1)
        row += count
        file.bytes_read = read = starts[group + 1] - starts[unit.start]


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch without dictionaries."""
    if not any(pa.types.is_dictionary(kind) for kind in batch.schema.types):
        return batch
    columns = [
        c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def raise_if_storage_failed(error: Exception) -> None:
    """Raises an error of the storage again. Arrow's OSErrors for damage have no error number."""
    if isinstance(error, OSError) and error.errno:
        raise error


def _batches(
    table: TableFile, group: int, columns: Iterable[str], batch_docs: int
) -> Iterator[pa.RecordBatch]:
    """The wanted columns of a row group, in batches of about `BATCH_BYTES`.

    A dictionary may hold one long text for all rows. So few rows are decoded at a time: as many as
    fit `DECODED_BYTES` if each is as long as all that is stored, or `DECODED_ROWS`. Of rows with
    long lists fewer are.
    """
    metadata = table.metadata.row_group(group)
    stored = max(1, metadata.total_byte_size)
    items = 8 * ITEM_BYTES * _items(metadata, columns)  # with all that is made of them
    few = max(1, DECODED_BYTES * metadata.num_rows // max(1, items))
    most = max(1, min(batch_docs, BATCH_BYTES * metadata.num_rows // stored))
    at_once = min(most, few, max(DECODED_ROWS, DECODED_BYTES // stored))
    read = table.batches(at_once, sorted(columns), [group])
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in map(_decoded, read):
        if held and (size + batch.nbytes > BATCH_BYTES or rows + batch.num_rows > most):
            yield pa.concat_batches(held)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if held:
        yield pa.concat_batches(held)


def _items(group: RowGroup, columns: Iterable[str]) -> int:
    """The items of all lists in some columns of a row group."""
    heads = {name.split(".")[0] for name in columns}
    stored = map(group.column, range(group.num_columns))
    counts = (c.num_values for c in stored if c.path_in_schema.split(".")[0] in heads)
    return sum(count for count in counts if count > group.num_rows)


def _type_of(schema: pa.Schema, name: str) -> pa.DataType | None:
    """The type of a column. If no column has a name with dots, it names a field of a struct."""
    if schema.names.count(name) == 1:
        return schema.field(name).type
    head, *path = name.split(".")
    if schema.names.count(head) != 1:
        return None
    kind = schema.field(head).type
    for part in path:
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return None
        kind = kind.field(part).type
    return kind


def _json_path(schema: pa.Schema, name: str) -> tuple[str, str]:
    """The column that has the values of `name`, and their path in it if it holds objects of JSON.

    These are strings, maps, or lists of structs or maps.
    """
    parts = name.split(".")
    if _type_of(schema, name) is None:
        for count in range(1, len(parts)):
            column = ".".join(parts[:count])
            kind = _type_of(schema, column)
            if kind is not None and (_holds_text(kind) or _holds_objects(kind)):
                return column, ".".join(parts[count:])
    return name, ""


def _has_column(schema: pa.Schema, name: str) -> bool:
    column, within = _json_path(schema, name)
    kind = _type_of(schema, column)
    return kind is not None and (_may_have(kind, within) or not pa.types.is_nested(kind))


def _may_have(kind: pa.DataType, within: str) -> bool:
    """Whether the objects of a column may have a value at a path: a struct tells its fields."""
    while _is_list(kind):
        kind = kind.value_type
    if within and pa.types.is_struct(kind):
        return bool(kind.get_field_index(within.split(".")[0]) >= 0)
    return bool(within)


def _repeated(schema: pa.Schema, table: Table) -> str:
    """What is wrong with a file that has two columns of a name that is asked for, else nothing."""
    wanted = {*table.wanted.values(), table.text(schema)}
    names = {name if name in schema.names else name.split(".")[0] for name in wanted}
    return next(
        (f"column {n!r} stands twice" for n in sorted(names) if schema.names.count(n) > 1), ""
    )


def column_problem(schema: pa.Schema, table: Table) -> Look | None:
    """The field that a file has no column for, and what is wrong: no text, or none that an option
    names.
    """
    options = dict(table.unit.options)
    for field, name in {**table.wanted, "text": table.text(schema)}.items():
        if field != "text" and (field not in options or _has_column(schema, name)):
            continue
        column, within = _json_path(schema, name)
        kind = _type_of(schema, column)
        if kind is None:
            return absent(table.unit, field, name, schema.names)
        if within and not _may_have(kind, within):
            return absent(table.unit, field, name, _dotted(column, kind))
        if within:
            continue
        if field != "text":
            return Look(field, f"column {name!r}, which the option {field} names, is {_told(kind)}")
        if _is_list(kind) and pa.types.is_struct(kind.value_type):
            keys = [part.name for part in kind.value_type]
            if not chats.is_chat(kind):
                return chats.unread(field, name, keys)
        if not _holds_text(kind) and not chats.is_chat(kind):
            return Look(field, f"column {name!r} is {_told(kind)}, not text{_remedy(kind)}")
    return None


def _json_problem(found: TableFile, table: Table) -> Look | None:
    """The field whose path leads into JSON where none of the first rows has it."""
    for field in dict(table.unit.options):
        name = table.wanted.get(field, "")
        column, within = _json_path(found.schema, name)
        kind = _type_of(found.schema, column)
        if not within or kind is None or not _is_text(kind) or not found.metadata.num_row_groups:
            continue
        paths: dict[str, None] = {}
        rows = next(found.batches(LOOKED_AT_ROWS, [column], [0]), None)
        if rows is None:
            continue
        keys = tuple(within.split("."))
        values = [v for text in _column(rows, column, _first).to_pylist() for v in objects_in(text)]
        if not values or any(has(value, within, keys) for value in values):
            continue
        for value in values:
            paths |= dict.fromkeys([*value] if len(keys) == 1 else inner_paths(value, within))
        known = [f"{column}.{path}" for path in paths]
        where = f"none of the first {len(values)} objects in {column!r} has it, and they have"
        return absent(table.unit, field, name, known, "key", where)
    return None


def _dotted(column: str, kind: pa.DataType) -> list[str]:
    """The paths of the fields of a column of structs."""
    while _is_list(kind):
        kind = kind.value_type
    return [f"{column}.{field.name}" for field in kind]


def _holds_text(kind: pa.DataType) -> bool:
    """Whether a column has texts, or nothing but nulls, as pandas writes one without a value."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return _is_text(value) or _is_binary(value) or bool(pa.types.is_null(value))


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def _holds_objects(kind: pa.DataType) -> bool:
    if pa.types.is_map(kind):
        return True
    nested = False
    while _is_list(kind):
        kind, nested = kind.value_type, True
    return nested and bool(pa.types.is_struct(kind) or pa.types.is_map(kind))


def _told(kind: pa.DataType) -> str:
    """A type in words; one of structs would list the names in it, which may be content."""
    if pa.types.is_struct(kind) or pa.types.is_map(kind):
        return "a struct"
    return "a list" if pa.types.is_nested(kind) else str(kind)


def _remedy(kind: pa.DataType) -> str:
    """What to do with a column of lists of strings: only who made it knows what these are."""
    if not (_is_list(kind) and _holds_text(kind.value_type)):
        return ""
    return (
        ": its strings may be words, sentences or paragraphs; join them in a column of texts, as "
        'pyarrow does by pc.binary_join(column, "\\n")'
    )


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _column(batch: pa.RecordBatch, name: str, told: Callable[[list[Any]], str | None]) -> pa.Array:
    """The values of a column; `told` makes a string of those that a row has inside of objects."""
    stored, within = _json_path(batch.schema, name)
    if within:
        keys = tuple(within.split("."))
        holders = _column(batch, stored, told).to_pylist(maps_as_pydicts="lossy")
        found = ([one for v in objects_in(h) for one in every(v, within, keys)] for h in holders)
        values = (told(values) for values in found)
        return pa.array((v and encode(v).decode() for v in values), pa.large_string())
    if name in batch.schema.names:
        column = batch.column(name)
    else:
        head, *path = name.split(".")
        column = pc.struct_field(batch.column(head), path)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column


def _first(values: list[Any]) -> str | None:
    return scalar(next(iter(values), None))


def _bytes(column: pa.Array) -> pa.Array:
    """A column of strings or bytes as bytes; those of a fixed size without the zeros at the end."""
    if pa.types.is_fixed_size_binary(column.type):
        values = (v and v.rstrip(b"\0") for v in column.to_pylist())
        return pa.array(values, pa.large_binary())
    stored = pc.cast(column, pa.binary()) if _is_text(column.type) else column
    return pc.cast(stored, pa.large_binary())


def _strings(column: pa.Array) -> pa.Array:
    """Any column as strings in valid UTF-8, with U+FFFD for invalid bytes. NaN becomes null."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pc.replace_substring(pc.cast(column, pa.string()), " ", "T", max_replacements=1)
    if not (_is_text(kind) or _is_binary(kind)):
        missing = column.is_null(nan_is_null=True)  # data frames write NaN for what is missing
        return pc.if_else(missing, None, pc.cast(column, pa.string()))
    column = pc.cast(column, pa.binary())
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowInvalid:
        values = (None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist())
        return pa.array(values, pa.string())


def _ids(column: pa.Array) -> pa.Array:
    """Ids as strings: UUIDs as they are written, other bytes that are no text as hexadecimals."""
    kind = column.type
    if isinstance(kind, pa.UuidType):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if _is_binary(kind):
        return pa.array(map(_hexadecimal, column.to_pylist()), pa.string())
    if pa.types.is_floating(kind):
        numbers = (v if v is None else whole(float(v)) for v in column.to_pylist())
        told = _strings(column).to_pylist()
        return pa.array(
            (str(n) if isinstance(n, int) else t for n, t in zip(numbers, told, strict=True)),
            pa.string(),
        )
    return _strings(column)


def _hexadecimal(value: bytes | None) -> str | None:
    """Bytes as text if they are text, whatever the others of a batch are."""
    if value is None:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def table_records(rows: Table, batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
    """Makes RECORDS of a batch of the table whose first row is row `first_row` of the file."""
    count = batch.num_rows
    columns = rows.columns(batch.schema)
    text = _column(batch, columns["text"], lambda values: joined(values, rows.turn))
    if pa.types.is_nested(text.type):
        turns = (chats.text(value, rows.turn) for value in text.to_pylist())
        text = pa.array((t and encode(t).decode() for t in turns), pa.large_string())
    elif columns["text"].split(".")[-1] in chats.COLUMNS and _is_text(text.type):
        is_named = "text" in dict(rows.unit.options)
        text = pa.array(
            (_conversation(value, rows.turn, is_named) for value in text.to_pylist()),
            pa.large_string(),
        )
    utf8 = _is_text(text.type)
    content = _bytes(text)
    size = pc.fill_null(pc.cast(pc.binary_length(content), pa.int64()), 0)

    numbers = pc.cast(pa.array(range(first_row, first_row + count), pa.int64()), pa.string())
    native_id = pc.binary_join_element_wise(rows.name, numbers, "#")
    fields = {
        field: (_ids if field == "id" else _strings)(_column(batch, name, _first))
        for field, name in columns.items()
        if field != "text"
    }
    if "id" in fields:
        own_ids, places = fields["id"].to_pylist(), native_id.to_pylist()
        prefixes = itertools.repeat(rows.id_prefix)
        native_id = pa.array(map(id_or_place, own_ids, places, prefixes), pa.string())

    blank = pc.or_(pc.equal(size, 0), _is_space(content))
    error: list[str | None] = [None] * count
    for i in pc.indices_nonzero(pc.greater(size, rows.limit)).to_pylist():
        error[i] = too_large(size[i].as_py(), rows.limit)
    if utf8 or rows.media_type in (schemas.PLAIN, schemas.WIKITEXT):
        for i in _invalid_utf8(content):
            error[i] = error[i] or "text is not valid UTF-8"
    errors = pa.array(error, pa.string())
    failed = errors.is_valid()
    skip = pc.and_(blank, pc.invert(failed))
    out = pc.or_(failed, skip)

    def kept(field: str) -> pa.Array:
        column = fields.get(field, pa.nulls(count, pa.string()))
        return pc.if_else(out, None, column)

    values = {
        "native_id": native_id,
        "url": kept("url"),
        "title": kept("title"),
        "date": kept("date"),
        "language_hint": kept("language"),
        "license": kept("license"),
        "media_type": pa.repeat(rows.media_type, count),
        "charset": pa.repeat("utf-8" if utf8 else None, count).cast(pa.string()),
        "content": pc.if_else(out, None, content),
        "input_bytes": size,
        "skip_reason": pc.if_else(skip, "parquet.empty", None),
        "error": errors,
        "error_kind": pa.array(
            [None if error is None else schemas.error_kind(error) for error in errors.to_pylist()],
            pa.string(),
        ),
    }
    return pa.RecordBatch.from_arrays(
        [values[field.name].cast(field.type) for field in schemas.RECORDS], schema=schemas.RECORDS
    )


def _conversation(value: str | None, turn: str, is_named: bool) -> str | None:
    """The text of a conversation that a string holds as JSON; others are texts if asked for."""
    told = chats.text(value, turn)
    return encode(told).decode() if told else value if is_named else None


def _is_space(content: pa.LargeBinaryArray) -> pa.BooleanArray:
    try:
        text = pc.cast(content, pa.large_string())
    except pa.ArrowInvalid:
        values = (value.as_py() or b"" for value in content)
        return pa.array([_is_utf8(v) and v.decode().isspace() for v in values], pa.bool_())
    return pc.fill_null(pc.utf8_is_space(text), False)


def _invalid_utf8(content: pa.LargeBinaryArray) -> list[int]:
    """Rows that are no UTF-8. Parquet demands UTF-8, but many writers do not check."""
    try:
        pc.cast(content, pa.large_string())
    except pa.ArrowInvalid:
        return [i for i, value in enumerate(content) if not _is_utf8(value.as_py() or b"")]
    return []


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in slices of about `BATCH_BYTES` of content."""
    first, held = 0, 0
    for i, size in enumerate(pc.binary_length(batch.column("content")).to_pylist()):
        if i > first and held + (size or 0) > BATCH_BYTES:
            yield batch.slice(first, i - first)
            first, held = i, 0
        held += size or 0
    if first < batch.num_rows:
        yield batch.slice(first)
