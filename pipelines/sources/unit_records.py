"""The records of a unit: of each of its files in turn, in batches that small files share."""

import dataclasses
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from manifests import schemas
from manifests.statistics import Input
from pipelines.sources import drawn, files
from pipelines.sources.files import UnitFile
from pipelines.sources.kinds import KINDS
from pipelines.sources.records import BATCH_BYTES, BatchBuilder, Batches, Record
from pipelines.sources.units import WorkUnit


@dataclasses.dataclass(frozen=True)
class UnitBatch:
    """Records of a unit.

    Attributes:
      records: `schemas.RECORDS`.
      paths: the file of each record, `string`.
      bytes_read: stored bytes that were read for them.
    """

    records: pa.RecordBatch
    paths: pa.StringArray
    bytes_read: int


class UnitRecords:
    """Reads a unit once.

    If a file cannot be opened or read on, or its reader fails, a record says so, and the next file
    is read.

    Attributes:
      inputs: the files that were read to their end so far.
    """

    def __init__(self, unit: WorkUnit, batch_docs: int, max_record_bytes: int) -> None:
        self.inputs: list[Input] = []
        self._unit = unit
        self._batch_docs = batch_docs
        self._max_record_bytes = max_record_bytes
        self._file: UnitFile | None = None
        self._read_before = 0  # bytes of the files before it

    def __iter__(self) -> Iterator[UnitBatch]:
        """Batches of at most `batch_docs` rows and about `BATCH_BYTES`.

        Raises:
          ValueError: an option makes no sense.
        """
        gathered = _Gathered(self._batch_docs)
        told = 0
        for unit in self._unit.files():
            for part in self._parts(unit):
                if not gathered.takes(part):
                    yield gathered.finished(self._read - told)
                    gathered, told = _Gathered(self._batch_docs), self._read
                gathered.add(part, unit.path)
        if gathered.paths:
            yield gathered.finished(self._read - told)

    @property
    def _read(self) -> int:
        return self._read_before + (self._file.bytes_read if self._file else 0)

    def _parts(self, unit: WorkUnit) -> Iterator[Record | pa.RecordBatch]:
        """The records of one file, or batches of them if its reader has no single ones."""
        digest = ""
        try:
            with files.open_unit(unit) as self._file:
                read = drawn.read if unit.kind == drawn.NAME else KINDS[unit.kind].read
                found = read(unit, self._file, self._batch_docs, self._max_record_bytes)
                yield from _guarded(unit, found.records if isinstance(found, Batches) else found)
                digest = self._file.hexdigest()
        except OSError as error:
            yield unread(unit, schemas.READ_UNREADABLE, str(error))
        self._read_before, self._file = self._read, None
        self.inputs.append(
            Input(unit.source, unit.path, unit.start, unit.end, unit.size_bytes, digest)
        )


class _Gathered:
    """What becomes one batch.

    An Arrow batch costs as much as dozens of records. So single records are gathered as such, and a
    file with one line does not become a batch first.
    """

    def __init__(self, batch_docs: int) -> None:
        self.paths: list[str] = []
        self._batch_docs = batch_docs
        self._batches: list[pa.RecordBatch] = []
        self._batch_bytes = 0
        self._single = BatchBuilder()  # records after the batches

    def takes(self, part: Record | pa.RecordBatch) -> bool:
        """Whether there is room; an empty one takes any part."""
        if isinstance(part, Record):
            rows, size = 1, len(part.content or b"")
        else:
            rows, size = part.num_rows, part.nbytes
        held = self._batch_bytes + self._single.content_bytes
        fits = len(self.paths) + rows <= self._batch_docs and held + size <= BATCH_BYTES
        return not self.paths or fits

    def add(self, part: Record | pa.RecordBatch, path: str) -> None:
        if isinstance(part, Record):
            self._single.add(part)
            self.paths.append(path)
            return
        self._end_single()
        self._batches.append(part)
        self._batch_bytes += part.nbytes
        self.paths += [path] * part.num_rows

    def _end_single(self) -> None:
        if self._single.rows:
            self._batches.append(self._single.finished())
            self._batch_bytes += self._single.content_bytes
            self._single = BatchBuilder()

    def finished(self, bytes_read: int) -> UnitBatch:
        self._end_single()
        return UnitBatch(
            self._batches[0] if len(self._batches) == 1 else pa.concat_batches(self._batches),
            pa.array(self.paths, pa.string()),
            bytes_read,
        )


def _guarded(
    unit: WorkUnit, records: Iterable[Record | pa.RecordBatch]
) -> Iterator[Record | pa.RecordBatch]:
    """What a reader gives; if it fails, an error record instead of the rest."""
    try:
        yield from records
    except (OSError, MemoryError):
        raise
    except Exception as error:
        yield unread(unit, schemas.READ_FAILED, f"the reader failed: {failure(error)}")


def failure(error: Exception) -> str:
    """The kind of an unexpected exception and where it was raised; its message may be content."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def unread(unit: WorkUnit, kind: str, why: str) -> pa.RecordBatch:
    """An error record for a file that could not be opened or read on."""
    columns: dict[str, Any] = {name: None for name in schemas.RECORDS.names}
    columns |= {
        "native_id": f"{unit.path}[{unit.start}:{unit.end}]",
        "media_type": schemas.PLAIN,
        "input_bytes": 0,
        "error": f"{kind}: {why}",
        "error_kind": kind,
    }
    return pa.RecordBatch.from_pylist([columns], schema=schemas.RECORDS)
