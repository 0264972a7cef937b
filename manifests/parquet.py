"""Parquet files, read without Arrow's threads: the only place of winnow that reads Parquet.

Arrow reads ahead (`pre_buffer`) and decodes columns in threads of its own. Such a thread may hold a
buffer of a Python file for a moment after the caller has its rows. If Python shuts down in that
moment, the thread waits for an interpreter that is gone, and the process aborts at its very end
("terminate called without an active exception", exit code 134). So Arrow neither reads ahead nor
uses threads here; tests/test_architecture.py forbids other ways to read. winnow works with one
process on each core, so threads would gain little. On an object store each read is a request, and
Arrow reads every column of every row group; there `_Ahead` joins neighbours, in the caller's
thread. docs/log.md has the figures.
"""

import bisect
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Metadata: TypeAlias = pq.FileMetaData
RowGroup: TypeAlias = pq.RowGroupMetaData

# On an object store: the most bytes between two columns that are fetched with them, since a request
# takes as long as so many bytes, and the most bytes that are held together.
GAP_BYTES = 4 << 20
HELD_BYTES = 64 << 20
FOOTER_BYTES = 1 << 16  # what Arrow asks for first


class _Ahead(io.RawIOBase):
    """A file whose wanted places are fetched together, where every read is a request.

    Attributes:
      places: ranges (start, end) of the file, ascending. A read in one of them fetches all of it,
        and lets go of the one before.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._at = 0
        self._start, self._held = 0, b""
        self.places: list[tuple[int, int]] = [(max(0, self._size - FOOTER_BYTES), self._size)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        start, self._at = self._at, max(self._at, end)
        if not self._start <= start <= end <= self._start + len(self._held):
            at = bisect.bisect_right(self.places, (start, self._size)) - 1
            first, last = self.places[at] if at >= 0 else (start, start)
            if not (first <= start and end <= last):
                return self._fetched(start, end)
            self._held = b""  # before the next is fetched
            self._start, self._held = first, self._fetched(first, last)
        return self._held[start - self._start : end - self._start]

    def _fetched(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(max(0, end - start))


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges that lie close together as one, up to `HELD_BYTES`."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start - found[-1][1] <= GAP_BYTES and end - found[-1][0] <= HELD_BYTES:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _columns_of(group: RowGroup, columns: Sequence[str] | None) -> Iterator[tuple[int, int]]:
    """Where the wanted columns of a row group are in the file."""
    wanted = None if columns is None else {name.split(".")[0] for name in columns}
    for index in range(group.num_columns):
        column = group.column(index)
        if wanted is not None and column.path_in_schema.split(".")[0] not in wanted:
            continue
        offsets = (column.dictionary_page_offset, column.data_page_offset)
        start = min(offset for offset in offsets if offset is not None)
        yield start, start + column.total_compressed_size


class TableFile:
    """An open Parquet file, whose rows are read in the caller's thread.

    Attributes:
      metadata: the footer: row groups, their sizes and statistics.
      schema: the columns as Arrow types.

    Raises:
      ArrowInvalid: the file is no Parquet file, or is cut short.
    """

    def __init__(self, file: BinaryIO, buffer_bytes: int = 0, slow: bool = False) -> None:
        """Reads the footer.

        Args:
          file: an open file, which must stay open.
          buffer_bytes: reads columns in pieces of so many bytes; 0 reads each column of a row
            group whole, with one request.
          slow: whether each read is a request to an object store; columns that lie together are
            then fetched together.
        """
        self._ahead = _Ahead(file) if slow else None
        self._file = pq.ParquetFile(
            file if self._ahead is None else self._ahead, pre_buffer=False, buffer_size=buffer_bytes
        )
        self.metadata: Metadata = self._file.metadata
        self.schema: pa.Schema = self._file.schema_arrow

    def rows_of(self, size_bytes: int, columns: Sequence[str] | None = None) -> int:
        """How many rows have about so many bytes in memory, where rows are largest; 1 or more."""
        groups = map(self.metadata.row_group, range(self.metadata.num_row_groups))
        wanted = None if columns is None else {name.split(".")[0] for name in columns}
        most = 0.0  # bytes of a row
        for group in groups:
            own = (
                column.total_uncompressed_size
                for column in map(group.column, range(group.num_columns))
                if wanted is None or column.path_in_schema.split(".")[0] in wanted
            )
            most = max(most, sum(own) / max(1, group.num_rows))
        return max(1, int(size_bytes / max(1.0, most)))

    def group_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The row group of each row."""
        return np.searchsorted(self._starts(), rows, side="right") - 1

    def first_row(self, group: int) -> int:
        """The first row of a row group."""
        return int(self._starts()[group])

    def groups_with(self, column: str, value: Any) -> Iterator[int]:
        """Row groups that may have a value in a column: all whose statistics do not exclude it."""
        at = self.metadata.schema.names.index(column)
        for group in range(self.metadata.num_row_groups):
            told = self.metadata.row_group(group).column(at).statistics
            if told is None or not told.has_min_max or told.min <= value <= told.max:
                yield group

    def _starts(self) -> npt.NDArray[np.int64]:
        groups = range(self.metadata.num_row_groups)
        sizes = [self.metadata.row_group(group).num_rows for group in groups]
        return np.cumsum([0, *sizes], dtype=np.int64)[:-1]

    def batches(
        self,
        batch_rows: int,
        columns: Sequence[str] | None = None,
        row_groups: Sequence[int] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows in batches of at most `batch_rows`; all columns and row groups by default."""
        self._expect(columns, row_groups)
        yield from self._file.iter_batches(
            batch_rows, row_groups=row_groups, columns=columns, use_threads=False
        )

    def row_group(self, index: int, columns: Sequence[str] | None = None) -> pa.Table:
        self._expect(columns, [index])
        return self._file.read_row_group(index, columns, use_threads=False)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows.

        Raises:
          KeyError: the file lacks one of the columns.
        """
        self._expect(columns, None)
        if self._ahead is not None and len(self._ahead.places) > 1:
            # Arrow reads column by column through all row groups, which would fetch a place once
            # for each column. One chunk is what it gives otherwise.
            groups = range(self.metadata.num_row_groups)
            parts = [self.row_group(index, columns) for index in groups]
            table = pa.concat_tables(parts).combine_chunks()
        else:
            table = self._file.read(columns, use_threads=False)
        return table if columns is None else table.select(columns)

    def _expect(self, columns: Sequence[str] | None, row_groups: Sequence[int] | None) -> None:
        if self._ahead is None:
            return
        groups = range(self.metadata.num_row_groups) if row_groups is None else row_groups
        self._ahead.places = _joined(
            [place for g in groups for place in _columns_of(self.metadata.row_group(g), columns)]
        )


def read_table(
    file: BinaryIO, columns: Sequence[str] | None = None, slow: bool = False
) -> pa.Table:
    """All rows of an open Parquet file.

    Raises:
      KeyError: the file lacks one of the columns.
    """
    return TableFile(file, slow=slow).table(columns)


def read_metadata(file: BinaryIO) -> Metadata:
    """The footer of an open Parquet file."""
    return TableFile(file).metadata


def read_schema(file: BinaryIO) -> pa.Schema:
    """The columns of an open Parquet file as Arrow types."""
    return TableFile(file).schema
