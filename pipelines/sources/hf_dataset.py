"""Folders of Hugging Face datasets: Parquet files of the Hub, Arrow files of `save_to_disk`.

Source: https://huggingface.co/docs/datasets. `save_to_disk` writes `dataset_info.json`,
`state.json` and `data-00000-of-00001.arrow`, an Arrow IPC stream, into one folder for each split.
Files of the Hub have names such as `data/train-00000-of-00010.parquet`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.sources import files, parquet
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Batches, Look, Record, empty_file
from pipelines.sources.units import WorkUnit

OPTIONS = frozenset({"split"})
SUFFIXES = (".parquet", ".arrow")
FILE_MAGIC = b"ARROW1"
# Errors that pyarrow raises for damage: a length may ask for any memory, a name may be no UTF-8.
_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError)


def expand(path: str, options: Mapping[str, Any]) -> list[str]:
    """The tables below a folder, or those of one split, if the option `split` names it.

    A split is a folder with its name, or the files whose names begin with it. Copies that
    `datasets` made while it worked on a table (`cache-….arrow`) are left out.

    Raises:
      FileNotFoundError: there are none.
      ValueError: `split` is no name.
    """
    split = options.get("split")
    if split is not None and (not isinstance(split, str) or not split):
        raise ValueError(f"split {split!r} is not a name such as train")
    found = [
        name
        for name in files.expand(path)
        if name.endswith(SUFFIXES) and not name.rsplit("/", 1)[-1].startswith("cache-")
    ]
    if split is not None:
        part = re.compile(rf"(^|/){re.escape(split)}(/[^/]+|[-_.][^/]*)$")
        found = [name for name in found if part.search(name)]
    if not found:
        of = f" of split {split!r}" if split else ""
        raise FileNotFoundError(
            f"{path!r} holds no .parquet and no .arrow file{of}; name the dataset's folder"
        )
    return found


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Ranges of a Parquet file's row groups; an Arrow file (at most some 500 MB) is one range."""
    return parquet.split(path, size_bytes, unit_bytes) if path.endswith(".parquet") else [(0, -1)]


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Rows with a text; fields are columns, as for the kind `parquet`.

    Raises:
      ValueError: an option makes no sense.
    """
    if file.path.endswith(".parquet"):
        return parquet.read(unit, file, batch_docs, max_record_bytes)
    return parquet.table_batches(unit, file, batch_docs, max_record_bytes, _read)


def look(unit: WorkUnit, file: UnitFile) -> Look | None:
    """As for the kind `parquet`."""
    if file.path.endswith(".parquet"):
        return parquet.look(unit, file)
    table = parquet.Table.of(unit, file)
    try:
        first = next(_stored_batches(file), None)
    except _DAMAGE:
        return None
    return first and parquet.column_problem(first.schema, table)


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
