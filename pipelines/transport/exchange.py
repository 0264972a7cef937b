"""The exchange of bulk data: batches keyed by partition are grouped by partition.

On Spark and Dataflow the engine's GroupByKey carries the batches. Locally they go through files,
and only their addresses are grouped. The reason is that FnApiRunner holds the data between two
stages in the memory of the parent (2.3 GB through a GroupByKey took 9.6 GB), and fails if the share
of one worker exceeds a gRPC message of 2 GiB.

What steps send is often a few rows for each of many partitions. Batches of one partition are joined
before they are sent, up to the size of an element, as far as a worker's memory allows.
"""

import dataclasses
import itertools
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import AsSingleton
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
# The first partition of each group, and the one behind its last.
Groups: TypeAlias = list[tuple[int, int]]


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class Exchange(beam.PTransform):
    """(partition, RecordBatch) -> (partition, iterable of RecordBatch), in any order.

    Of several inputs in a tuple, the batches of a partition come together. A Flatten before the
    exchange would hold them in the parent's memory.

    Attributes:
      folder: folder of the files, below the run; the caller removes it when the stage is done.
      by: "files" or "engine".
      memory_mb: of a worker; see `Joined`.
    """

    run: str
    folder: str
    by: str
    memory_mb: int

    def expand(self, batches: Any) -> beam.PCollection:
        parts = batches if isinstance(batches, tuple) else (batches,)
        if self.by == ENGINE:
            joined = [
                part | f"JoinBatches{i}" >> beam.ParDo(_JoinBatches(self.memory_mb))
                for i, part in enumerate(parts)
            ]
            return joined | "FlattenBatches" >> beam.Flatten() | "GroupBatches" >> beam.GroupByKey()
        spill = _SpillBatches(self.run, self.folder, self.memory_mb)
        spilled = [part | f"SpillBatches{i}" >> beam.ParDo(spill) for i, part in enumerate(parts)]
        return (
            spilled
            | "FlattenAddresses" >> beam.Flatten()
            | "GroupAddresses" >> beam.GroupByKey()
            | "ReadBatches" >> beam.MapTuple(_ReadBatches(self.run))
        )


@dataclasses.dataclass(eq=False)
class ExchangeInOrder(beam.PTransform):
    """(partition, RecordBatch), and groups -> (group, its partitions in order).

    The groups are a collection of one list, which has for each group its first partition and the
    one behind its last. A partition may be in several groups, and a group may have none. Partitions
    are read when they are asked for, and each is an iterable of RecordBatches in any order; so a
    consumer has one partition in memory, never the group.

    Attributes:
      run, folder, by, memory_mb: as those of `Exchange`.
    """

    run: str
    folder: str
    by: str
    memory_mb: int

    def expand(self, inputs: Any) -> beam.PCollection:
        batches, groups = inputs
        if self.by == ENGINE:
            # An engine gives no order to what it groups. So each partition, which is in one place
            # now, is written, and groups read them.
            batches = (
                batches
                | "ExchangePartitions" >> Exchange(self.run, self.folder, self.by, self.memory_mb)
                | "CopyBatches" >> beam.FlatMapTuple(_one_by_one)
            )
        spill = _SpillBatches(self.run, self.folder, self.memory_mb)
        found = (
            batches
            | "SpillBatches" >> beam.ParDo(spill)
            | "NameGroups" >> beam.FlatMap(_by_group, AsSingleton(groups))
        )
        # Groups without partitions come as well.
        every = groups | "NameEveryGroup" >> beam.FlatMap(_without_partitions)
        return (
            (found, every)
            | "FlattenAddresses" >> beam.Flatten()
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


class Joined:
    """Batches of one partition wait for each other, up to `MAX_ELEMENT_BYTES`.

    All wait together for a share of the worker's memory at most: several steps that send may be in
    one worker.
    """

    def __init__(self, memory_mb: int) -> None:
        self._most_bytes = (memory_mb << 20) // _MEMORY_SHARE
        self._waiting: dict[_Kind, list[pa.RecordBatch]] = {}
        self._bytes: dict[_Kind, int] = {}
        self._held = 0

    def add(self, partition: int, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Takes a batch; yields what waits no longer."""
        size = batch.nbytes
        if 2 * size >= MAX_ELEMENT_BYTES:
            yield from small_batches(partition, batch)
            return
        kind = partition, batch.schema
        if self._bytes.get(kind, 0) + size + _IPC_FRAME_BYTES > MAX_ELEMENT_BYTES:
            yield self._take(kind)
        # A slice would keep all that it was cut from in memory; to concatenate is to copy.
        self._waiting.setdefault(kind, []).append(pa.concat_batches([batch, batch.slice(0, 0)]))
        self._bytes[kind] = self._bytes.get(kind, 0) + size
        self._held += size
        if self._held > self._most_bytes:
            yield from self.rest()

    def rest(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """All that waits."""
        yield from map(self._take, list(self._waiting))

    def _take(self, kind: "_Kind") -> tuple[int, pa.RecordBatch]:
        self._held -= self._bytes.pop(kind)
        return kind[0], pa.concat_batches(self._waiting.pop(kind))


# Batches of one partition that can be joined.
_Kind: TypeAlias = tuple[int, pa.Schema]
# Of the worker's memory, what may wait in a step.
_MEMORY_SHARE = 32


class _JoinBatches(beam.DoFn):
    """(partition, RecordBatch) -> the same rows in `Joined` batches of a bundle."""

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb

    def start_bundle(self) -> None:
        self._joined = Joined(self._memory_mb)

    def process(self, element: tuple[int, pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
        yield from self._joined.add(*element)

    def finish_bundle(self) -> Iterator[Any]:
        return _windowed(self._joined.rest())


class _SpillBatches(beam.DoFn):
    """Appends the `Joined` batches of a bundle to one file; yields their addresses at its end."""

    def __init__(self, run: str, folder: str, memory_mb: int) -> None:
        self._store = Store(run)
        self._folder = folder
        self._memory_mb = memory_mb

    def start_bundle(self) -> None:
        self._path = f"{self._folder}/{uuid.uuid4().hex}"
        self._file: Any = None
        self._offset = 0
        self._addresses: list[tuple[int, Address]] = []
        self._joined = Joined(self._memory_mb)

    def process(self, element: tuple[int, pa.RecordBatch]) -> Iterator[tuple[int, Address]]:
        for partition, batch in self._joined.add(*element):
            self._write(partition, batch)
        return iter(())

    def _write(self, partition: int, batch: pa.RecordBatch) -> None:
        if self._file is None:
            self._file = self._store.create(self._path)
        data = coders.ipc_bytes(batch)
        self._file.write(data)
        self._addresses.append((partition, (self._path, self._offset, len(data))))
        self._offset += len(data)

    def finish_bundle(self) -> Iterator[Any]:
        for partition, batch in self._joined.rest():
            self._write(partition, batch)
        if self._file is not None:
            self._file.close()
        return _windowed(self._addresses)

    def infer_output_type(self, input_type: Any) -> Any:
        return tuple[int, Address]


def _windowed(elements: Iterable[Any]) -> Iterator[Any]:
    """What `finish_bundle` yields of elements."""
    window = GlobalWindow()
    for element in elements:
        yield WindowedValue(element, window.max_timestamp(), [window])


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


def _by_group(
    spilled: tuple[int, Address], groups: Groups
) -> Iterator[tuple[int, tuple[int, Address]]]:
    partition, _ = spilled
    for group, (first, end) in enumerate(groups):
        if first <= partition < end:
            yield group, spilled


_NO_ADDRESS: Address = ("", 0, 0)


def _without_partitions(groups: Groups) -> Iterator[tuple[int, tuple[int, Address]]]:
    for group in range(len(groups)):
        yield group, (-1, _NO_ADDRESS)


@dataclasses.dataclass(frozen=True)
class _ReadPartitions:
    """Replaces addresses by the batches that are there, a partition of the group after another."""

    run: str

    def __call__(
        self, group: int, addresses: Iterable[tuple[int, Address]]
    ) -> tuple[int, Iterable[Iterable[pa.RecordBatch]]]:
        ours = sorted(address for address in addresses if address[1] != _NO_ADDRESS)
        partitions = itertools.groupby(ours, key=lambda one: one[0])
        return group, tuple(
            _SpilledBatches(self.run, tuple(address for _, address in ours))
            for _, ours in partitions
        )
