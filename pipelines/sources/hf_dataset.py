"""Folders of Hugging Face datasets: files of the Hub, Arrow files of `save_to_disk`.

Source: https://huggingface.co/docs/datasets. `save_to_disk` writes `dataset_info.json`,
`state.json` and `data-00000-of-00001.arrow`, an Arrow IPC stream, into one folder for each split.
Files of the Hub have names such as `data/train-00000-of-00010.parquet`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.sources import delimited, files, lines, parquet
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Batches, Look, Record, empty_file
from pipelines.sources.units import WorkUnit

OPTIONS = frozenset({"split"})
# Of the formats of the Hub the first one that a folder has is read: many repositories hold their
# tables in Parquet beside the files that these were made of.
_TABLES = (".parquet", ".arrow")
_JSON = (".jsonl", ".ndjson", ".json")
_CSV = (".csv", ".tsv")
_COMPRESSED = ("", ".gz", ".zst", ".bz2")
SUFFIXES = (
    _TABLES,
    tuple(f"{name}{end}" for name in _JSON for end in _COMPRESSED),
    tuple(f"{name}{end}" for name in _CSV for end in _COMPRESSED),
)
# Descriptions of a data set, which are no data.
_DESCRIPTIONS = {
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json",
}  # fmt: skip
FILE_MAGIC = b"ARROW1"
# Errors that pyarrow raises for damage: a length may ask for any memory, a name may be no UTF-8.
_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError)


def expand(path: str, options: Mapping[str, Any]) -> list[str]:
    """The tables below a folder, or those of one split, if the option `split` names it.

    They are Parquet and Arrow files; in a folder without these JSON files, or else CSV files. A
    split is a folder with its name, or the files whose names begin with it. Copies that `datasets`
    made while it worked on a table (`cache-….arrow`) are left out.

    Raises:
      FileNotFoundError: there are none.
      ValueError: `split` is no name.
    """
    split = options.get("split")
    if split is not None and (not isinstance(split, str) or not split):
        raise ValueError(f"split {split!r} is not a name such as train")
    every = [name for name in files.expand(path) if _is_data(name.rsplit("/", 1)[-1])]
    formats = ([name for name in every if name.endswith(suffixes)] for suffixes in SUFFIXES)
    found: list[str] = next(filter(None, formats), [])
    if split is not None:
        part = re.compile(rf"(^|/){re.escape(split)}(/[^/]+|[-_.][^/]*)$")
        found = [name for name in found if part.search(name)]
    if not found:
        of = f" of split {split!r}" if split else ""
        raise FileNotFoundError(
            f"{path!r} holds no .parquet, .arrow, .jsonl, .json or .csv file{of}; name the "
            "dataset's folder"
        )
    return found


def _is_data(name: str) -> bool:
    return not name.startswith("cache-") and name not in _DESCRIPTIONS


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Ranges as for the kinds `parquet` and `jsonl`; an Arrow file (some 500 MB) is one range."""
    if path.endswith(".parquet"):
        return parquet.split(path, size_bytes, unit_bytes)
    return lines.split(path, size_bytes, unit_bytes) if path.endswith(SUFFIXES[1]) else [(0, -1)]


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Rows with a text; fields are columns, as for the kinds `parquet`, `jsonl` and `csv`.

    Raises:
      ValueError: an option makes no sense.
    """
    if other := _other(file):
        return other.read(unit, file, batch_docs, max_record_bytes)
    return parquet.table_batches(unit, file, batch_docs, max_record_bytes, _read)


def look(unit: WorkUnit, file: UnitFile) -> Look | None:
    """As for the kind of the file."""
    if other := _other(file):
        return other.look(unit, file)
    table = parquet.Table.of(unit, file)
    try:
        first = next(_stored_batches(file), None)
        return first and parquet.column_problem(first.schema, table)
    except _DAMAGE:
        return None


def _other(file: UnitFile) -> Any:
    """The module that reads a file as another kind of source; None for Arrow."""
    if file.path.endswith(".parquet"):
        return parquet
    if file.path.endswith(SUFFIXES[1]):
        return lines
    return delimited if file.path.endswith(SUFFIXES[2]) else None


def _read(table: parquet.Table, file: UnitFile, batch_docs: int) -> Iterator[pa.RecordBatch]:
    def error(problem: str) -> Iterator[pa.RecordBatch]:
        return Batches([Record(f"{file.name}#{row}", 0, table.media_type, error=problem)], 1)

    row = 0
    try:
        for batch in _stored_batches(file):
            batch.validate(full=True)  # damaged offsets could point anywhere
            if lacking := parquet.column_problem(batch.schema, table):
                yield from error(lacking.fault)
                return
            for first in range(0, batch.num_rows, batch_docs):
                part = batch.slice(first, batch_docs)
                yield from parquet.bounded(parquet.table_records(table, part, row))
                row += part.num_rows
    except _DAMAGE as problem:
        parquet.raise_if_storage_failed(problem)
        yield from error(f"Arrow data is damaged or incomplete after row {row}")
        return
    if row == 0:
        yield from Batches([empty_file(file.name, table.media_type)], batch_docs)


def _stored_batches(file: UnitFile) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow IPC stream, or of an Arrow IPC file."""
    # Without threads of Arrow, which could hold a buffer of the file when Python exits.
    alone = pa.ipc.IpcReadOptions(use_threads=False)
    head = file.read(len(FILE_MAGIC))
    file.restrict(0, -1)
    if head == FILE_MAGIC:
        reader = pa.ipc.open_file(file.handle, options=alone)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)
    else:
        yield from pa.ipc.open_stream(file.handle, options=alone)
