"""Records that were read and drawn before, as `winnow estimate` keeps them; no kind of a recipe."""

from collections.abc import Iterator

import pyarrow as pa

from manifests import schemas
from manifests.parquet import TableFile
from pipelines.sources.files import UnitFile
from pipelines.sources.records import BATCH_BYTES
from pipelines.sources.units import WorkUnit

NAME = "drawn"


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file of `schemas.RECORDS`, in order."""
    table = TableFile(file.handle)
    for batch in table.batches(min(batch_docs, table.rows_of(BATCH_BYTES, None)), None):
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schemas.RECORDS)
