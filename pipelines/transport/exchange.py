"""The exchange of bulk data: batches keyed by partition are grouped by partition.

On Spark and Dataflow the engine's GroupByKey carries the batches. Locally they go through files,
and only their addresses are grouped. The reason is that FnApiRunner holds the data between two
stages in the memory of the parent (2.3 GB through a GroupByKey took 9.6 GB), and fails if the share
of one worker exceeds a gRPC message of 2 GiB.
"""

import dataclasses
import itertools
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from manifests.store import Store
from pipelines.transport import coders
from pipelines.transport.ways import ENGINE

# The largest element that an engine carries. A larger batch is cut, but not a larger row. Spark
# holds the elements of a partition in the heap, and Dataflow's shuffle needs elements of few
# megabytes.
MAX_ELEMENT_BYTES = 1 << 20

_IPC_FRAME_BYTES = 4096  # schema, padding and metadata of a stream, rounded up

# The place of a batch: file, offset, length.
Address = tuple[str, int, int]


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class Exchange(beam.PTransform):
    """(partition, RecordBatch) -> (partition, iterable of RecordBatch), in any order.

    Of several inputs in a tuple, the batches of a partition come together. A Flatten before the
    exchange would hold them in the parent's memory.

    Attributes:
      folder: folder of the files, below the run; the caller removes it when the stage is done.
      by: "files" or "engine".
    """

    run: str
    folder: str
    by: str

    def expand(self, batches: Any) -> beam.PCollection:
        parts = batches if isinstance(batches, tuple) else (batches,)
        if self.by == ENGINE:
            cut = [
                part | f"CutBatches{i}" >> beam.FlatMapTuple(small_batches)
                for i, part in enumerate(parts)
            ]
            return cut | "FlattenBatches" >> beam.Flatten() | "GroupBatches" >> beam.GroupByKey()
        spilled = [
            part | f"SpillBatches{i}" >> beam.ParDo(_SpillBatches(self.run, self.folder))
            for i, part in enumerate(parts)
        ]
        return (
            spilled
            | "FlattenAddresses" >> beam.Flatten()
            | "GroupAddresses" >> beam.GroupByKey()
            | "ReadBatches" >> beam.MapTuple(_ReadBatches(self.run))
        )


@dataclasses.dataclass(eq=False)
class ExchangeInOrder(beam.PTransform):
    """(partition, RecordBatch) -> (group, its partitions in order), read when they are asked for.

    A group is `size` partitions that follow each other. Each of them is an iterable of
    RecordBatches in any order; so a consumer has one partition in memory, never the group.

    Attributes:
      size: partitions of a group.
      run, folder, by: as those of `Exchange`.
    """

    run: str
    folder: str
    by: str
    size: int

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        if self.by == ENGINE:
            exchanged = batches | "ExchangePartitions" >> Exchange(self.run, self.folder, self.by)
            if self.size == 1:
                return exchanged | "NameGroups" >> beam.MapTuple(_as_group)
            # An engine gives no order to what it groups. So each partition, which is in one place
            # now, is written, and the group reads them.
            batches = exchanged | "CopyBatches" >> beam.FlatMapTuple(_one_by_one)
        return (
            batches
            | "SpillBatches" >> beam.ParDo(_SpillBatches(self.run, self.folder))
            | "NameGroups" >> beam.MapTuple(_NameGroup(self.size))
            | "GroupAddresses" >> beam.GroupByKey()
            | "ReadPartitions" >> beam.MapTuple(_ReadPartitions(self.run))
        )


def small_batches(partition: int, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The same rows in order, in batches of at most `MAX_ELEMENT_BYTES` or of one row."""
    if batch.num_rows <= 1 or batch.nbytes + _IPC_FRAME_BYTES <= MAX_ELEMENT_BYTES:
        yield partition, batch
        return
    half = batch.num_rows // 2
    yield from small_batches(partition, batch.slice(0, half))
    yield from small_batches(partition, batch.slice(half))


class _SpillBatches(beam.DoFn):
    """Appends the batches of a bundle to one file; yields their addresses when it is closed."""

    def __init__(self, run: str, folder: str) -> None:
        self._store = Store(run)
        self._folder = folder

    def start_bundle(self) -> None:
        self._path = f"{self._folder}/{uuid.uuid4().hex}"
        self._file: Any = None
        self._offset = 0
        self._addresses: list[tuple[int, Address]] = []

    def process(self, element: tuple[int, pa.RecordBatch]) -> Iterator[tuple[int, Address]]:
        partition, batch = element
        if self._file is None:
            self._file = self._store.create(self._path)
        data = coders.ipc_bytes(batch)
        self._file.write(data)
        self._addresses.append((partition, (self._path, self._offset, len(data))))
        self._offset += len(data)
        return iter(())

    def finish_bundle(self) -> Iterator[Any]:
        if self._file is not None:
            self._file.close()
        window = GlobalWindow()
        for address in self._addresses:
            yield WindowedValue(address, window.max_timestamp(), [window])

    def infer_output_type(self, input_type: Any) -> Any:
        return tuple[int, Address]


@dataclasses.dataclass(frozen=True)
class _ReadBatches:
    """Replaces addresses by the batches that are there."""

    run: str

    def __call__(
        self, partition: int, addresses: Iterable[Address]
    ) -> tuple[int, Iterable[pa.RecordBatch]]:
        return partition, _SpilledBatches(self.run, tuple(sorted(addresses)))


@dataclasses.dataclass(frozen=True)
class _SpilledBatches:
    """An iterable that reads one batch whenever the consumer asks for the next."""

    run: str
    addresses: tuple[Address, ...]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        store = Store(self.run)
        for path, addresses in itertools.groupby(self.addresses, key=lambda a: a[0]):
            with store.open(path) as file:
                for _, offset, length in addresses:
                    file.seek(offset)
                    yield coders.batch_from_ipc(file.read(length))


def _one_by_one(
    partition: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    for batch in batches:
        yield partition, batch


def _as_group(
    partition: int, batches: Iterable[pa.RecordBatch]
) -> tuple[int, Iterable[Iterable[pa.RecordBatch]]]:
    return partition, (batches,)


@dataclasses.dataclass(frozen=True)
class _NameGroup:
    """The partition of an address within its group."""

    size: int

    def __call__(self, partition: int, address: Address) -> tuple[int, tuple[int, Address]]:
        return partition // self.size, (partition % self.size, address)


@dataclasses.dataclass(frozen=True)
class _ReadPartitions:
    """Replaces addresses by the batches that are there, a partition of the group after another."""

    run: str

    def __call__(
        self, group: int, addresses: Iterable[tuple[int, Address]]
    ) -> tuple[int, Iterable[Iterable[pa.RecordBatch]]]:
        partitions = itertools.groupby(sorted(addresses), key=lambda one: one[0])
        return group, tuple(
            _SpilledBatches(self.run, tuple(address for _, address in ours))
            for _, ours in partitions
        )
