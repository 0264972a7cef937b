"""Parquet files, read without Arrow's threads: the only place of winnow that reads Parquet.

Arrow reads ahead (`pre_buffer`) and decodes columns in threads of its own. Such a thread may hold a
buffer of a Python file for a moment after the caller has its rows. If Python shuts down in that
moment, the thread waits for an interpreter that is gone, and the process aborts at its very end
("terminate called without an active exception", exit code 134). So nothing here reads ahead or uses
threads; tests/test_architecture.py forbids other ways to read. winnow works with one process on
each core, so threads would gain little; docs/log.md has the figures.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

Metadata: TypeAlias = pq.FileMetaData
RowGroup: TypeAlias = pq.RowGroupMetaData


class TableFile:
    """An open Parquet file, whose rows are read in the caller's thread.

    Attributes:
      metadata: the footer: row groups, their sizes and statistics.
      schema: the columns as Arrow types.

    Raises:
      ArrowInvalid: the file is no Parquet file, or is cut short.
    """

    def __init__(self, file: BinaryIO, buffer_bytes: int = 0) -> None:
        """Reads the footer.

        Args:
          file: an open file, which must stay open.
          buffer_bytes: reads columns in pieces of so many bytes; 0 reads each column of a row
            group whole, with one request.
        """
        self._file = pq.ParquetFile(file, pre_buffer=False, buffer_size=buffer_bytes)
        self.metadata: Metadata = self._file.metadata
        self.schema: pa.Schema = self._file.schema_arrow

    def batches(
        self,
        batch_rows: int,
        columns: Sequence[str] | None = None,
        row_groups: Sequence[int] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows in batches of at most `batch_rows`; all columns and row groups by default."""
        yield from self._file.iter_batches(
            batch_rows, row_groups=row_groups, columns=columns, use_threads=False
        )

    def row_group(self, index: int, columns: Sequence[str] | None = None) -> pa.Table:
        return self._file.read_row_group(index, columns, use_threads=False)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows.

        Raises:
          KeyError: the file lacks one of the columns.
        """
        table = self._file.read(columns, use_threads=False)
        return table if columns is None else table.select(columns)


def read_table(file: BinaryIO, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of an open Parquet file.

    Raises:
      KeyError: the file lacks one of the columns.
    """
    return TableFile(file).table(columns)


def read_metadata(file: BinaryIO) -> Metadata:
    """The footer of an open Parquet file."""
    return TableFile(file).metadata


def read_schema(file: BinaryIO) -> pa.Schema:
    """The columns of an open Parquet file as Arrow types."""
    return TableFile(file).schema
