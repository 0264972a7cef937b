"""The raw files that a run read: a table beside the manifest, which has their number and digest."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from manifests import schemas
from manifests.statistics import Input, digest_of
from manifests.store import ROW_GROUP_ROWS, Store, WrittenFile

INPUTS_FILE = "inputs.parquet"


def summary(inputs: Iterable[Input]) -> dict[str, Any]:
    """What the manifest says: their number and size, and a digest of the rows of the table."""
    rows = sorted(inputs)
    return {
        "count": len(rows),
        "size_bytes": sum(one.size_bytes for one in rows),
        "sha256": digest_of(rows),
    }


def write(store: Store, inputs: Iterable[Input]) -> WrittenFile:
    """Writes `inputs.parquet` (`schemas.INPUTS`), sorted by source, path and range."""
    rows = sorted(inputs)
    with store.write_part(INPUTS_FILE, schemas.INPUTS) as part:
        for start in range(0, len(rows), ROW_GROUP_ROWS):
            some = rows[start : start + ROW_GROUP_ROWS]
            columns = dict(zip(Input._fields, zip(*some, strict=True), strict=True))
            columns["name"] = tuple(one.name for one in some)
            arrays = [pa.array(columns[field.name], field.type) for field in schemas.INPUTS]
            part.write(pa.RecordBatch.from_arrays(arrays, schema=schemas.INPUTS))
    return part.written


def read(store: Store) -> Iterator[Input]:
    """The rows of `inputs.parquet`."""
    for batch in store.read_batches(INPUTS_FILE, ROW_GROUP_ROWS, Input._fields):
        for row in batch.select(Input._fields).to_pylist():
            yield Input(**row)
