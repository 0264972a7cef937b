"""Writes the index of a run's bands (`dedup.index_files`), and merges those of others.

A run that has others in `against` adds from their index the document that each of its buckets is
compared with, and takes over the pairs that they found. So only pairs of its own documents are left
to compare, and the result is the same as if all were looked for again.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from dedup import bands, index, index_files
from manifests import schemas
from manifests.grouping import rows_by
from manifests.statistics import StageReport
from manifests.store import Store
from pipelines.stages import earlier, stored_index
from pipelines.stages.buckets import FindPairs, read_signatures, split_by_partition
from pipelines.stages.common import Reports, StageDoFn, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import REPORTS, near_of

Runs: TypeAlias = tuple[int, ...]

# Members that are sorted together. Files with buckets of copies have more, and are read again for
# each piece.
SORTED_ENTRIES = 2 * index.FILE_ENTRIES

_BATCH_PAIRS = 1 << 14  # 48 bytes each


def file_count(context: StageContext) -> int:
    """Into how many files the entries of a kind are divided; the engine has no say in it."""
    documents = context.upstream["documents"]["funnel"]["kept"]["docs"]
    return index.file_count(documents * (near_of(context).bands or 1))


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class WriteEntries(beam.PTransform):
    """(file, bucket members of this run) -> reports of the files written."""

    context: StageContext
    kind: index_files.Kind
    files: int
    folder: str

    def expand(self, members: beam.PCollection) -> beam.PCollection:
        context = self.context
        return (
            members
            | "ExchangeEntries" >> exchange(context, self.folder)
            | "WriteEntriesOfFile" >> beam.ParDo(WriteFile(context, self.kind, self.files))
        )


class WriteFile(beam.DoFn):
    """(file, its bucket members) -> StageReport; writes the file, whatever order they come in."""

    def __init__(self, context: StageContext, kind: index_files.Kind, files: int) -> None:
        self._context, self._kind, self._files = context, kind, files

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[StageReport]:
        file, batches = element
        rows = sum(batch.num_rows for batch in batches)
        pieces = math.ceil(rows / SORTED_ENTRIES)
        parts = (
            index.encoded(sorted_part(batches, file * pieces + piece, self._files * pieces))
            for piece in range(pieces)
        )
        name = f"{index_files.folder_of(self._kind)}/{index.file_name(file, self._files)}"
        written = itertools.chain([index.header(rows)], parts)
        report = StageReport()
        report.add_file(self._context.store.write_pieces(name, written, rows))
        yield report


def sorted_part(batches: Iterable[pa.RecordBatch], part: int, parts: int) -> index.Entries:
    """Entries of those members whose keys are in one of `parts` equal ranges."""
    found = []
    for batch in batches:
        columns = [column.to_numpy() for column in batch.columns]
        here = index.partition(columns[0], parts) == part
        found.append(columns if here.all() else [column[here] for column in columns])
    return index.sorted_entries(*(np.concatenate(column) for column in zip(*found, strict=True)))


def own_members(members: pa.RecordBatch, files: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Bucket members -> (file of the index, those of this run)."""
    own = earlier.number_of(bands.split_refs(members["ref"].to_numpy())[0]) == 0
    yield from split_by_partition(members.filter(pa.array(own)), files, index.partition)


def by_key_range(members: pa.RecordBatch, partitions: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Bucket members -> (partition, those whose keys are in its range)."""
    yield from split_by_partition(members, partitions, index.partition)


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class WriteOwnPairs(beam.PTransform):
    """Pairs that were found alike (`first`, of those left, and then `again`) -> reports."""

    context: StageContext
    folder: str

    def expand(self, verified: Any) -> beam.PCollection:
        context = self.context
        labels = ("First", "Left", "Again")
        return (
            tuple(
                pairs | f"KeyPairs{label}" >> beam.FlatMap(own_pairs, label == "Again")
                for label, pairs in zip(labels, verified, strict=True)
            )
            | "ExchangeOwnPairs" >> exchange(context, self.folder)
            | "WritePairsOfUnit" >> beam.ParDo(WritePairs(context))
        )


def own_pairs(verified: pa.RecordBatch, again: bool) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pairs that were found alike -> (unit of this run, the pairs of its documents)."""
    units, _ = bands.split_refs(verified["member_ref"].to_numpy())
    flag = pa.array(np.full(len(units), again))
    columns = [verified[name] for name in schemas.SIMILAR_PAIRS.names[:-1]]
    whole = pa.record_batch([*columns, flag], schema=schemas.SIMILAR_PAIRS)
    for unit, pairs in rows_by(whole, units):
        if earlier.is_own(unit):
            yield unit, pairs


class WritePairs(beam.DoFn):
    """(unit, pairs of its documents) -> StageReport; writes each pair once, in order."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[StageReport]:
        unit, batches = element
        names = ("member_ref", "root_ref", "again")
        pairs = pa.Table.from_batches(batches).sort_by([(name, "ascending") for name in names])
        rows = np.stack([pairs[name].to_numpy().astype(np.uint64) for name in names])
        fresh = np.append(True, (rows[:, 1:] != rows[:, :-1]).any(axis=0))
        pairs = pairs.filter(pa.array(fresh)).combine_chunks()
        path = f"{index_files.folder_of('pairs')}/{unit:06d}.parquet"
        with self._context.store.write_part(path, pairs.schema) as writer:
            for batch in pairs.to_batches():
                writer.write(batch)
        report = StageReport()
        report.add_file(writer.written)
        yield report


def write_settings(_: int, context: StageContext) -> StageReport:
    """Writes what the index depends on."""
    known = stored_index.digests(context.recipe.duplicates.against)
    written = stored_index.settings(context.recipe, known)
    report = StageReport()
    report.add_file(context.store.write_json(stored_index.SETTINGS_FILE, written))
    return report


def is_open(keyed: tuple[int, pa.RecordBatch], settled: Runs) -> bool:
    """Whether pairs of the documents of the unit that is the key must be looked for."""
    return earlier.run_of(keyed[0]) not in settled


def open_pairs(pairs: pa.RecordBatch, settled: Runs) -> Iterator[pa.RecordBatch]:
    """Pairs -> those that no earlier run has looked at."""
    units, _ = bands.split_refs(pairs["member_ref"].to_numpy())
    some = pairs.filter(pa.array(~np.isin(earlier.number_of(units), settled)))
    if some.num_rows:
        yield some


@dataclasses.dataclass(frozen=True)
class _Joined:
    """Batches of a partition, which are read anew each time, and one more."""

    batches: Iterable[pa.RecordBatch]
    more: pa.RecordBatch

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self.batches
        yield self.more


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class FindBucketPairs(beam.PTransform):
    """(partition, bucket members) -> `pairs`, as `FindPairs` finds them, and `reports`. Where runs
    are settled, `pairs` are in several collections.

    Attributes:
      settled: earlier runs whose documents are no members; their index has them.
    """

    context: StageContext
    kind: index_files.Kind
    settled: Runs
    partitions: int
    folder: str

    def expand(self, members: beam.PCollection) -> Any:
        context, settled = self.context, self.settled
        finder = FindPairs(context)
        if settled:
            finder = FindPairsWithEarlier(context, self.kind, settled, self.partitions)
        found = members | "FindPairs" >> beam.ParDo(finder).with_outputs(REPORTS, main="pairs")
        pairs = found.pairs
        if settled:
            pairs = pairs | "NameRoots" >> NameRoots(context, settled, self.folder)
        return {"pairs": pairs, REPORTS: found[REPORTS]}


class FindPairsWithEarlier(FindPairs):
    """Like `FindPairs`, with the most preferred document that earlier runs have in each bucket.

    Its preference in these pairs is only that of its run; `NameRoots` puts in its own.
    """

    def __init__(
        self, context: StageContext, kind: index_files.Kind, settled: Runs, partitions: int
    ) -> None:
        super().__init__(context)
        self._against, self._kind = context.recipe.duplicates.against, kind
        self._settled, self._partitions = settled, partitions

    def setup(self) -> None:
        stores = {number: Store(self._against[number - 1]) for number in self._settled}
        self._indexes = {
            number: index_files.band_index(store, index_files.files_of(store), self._kind)
            for number, store in stores.items()
        }

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Reports]:
        partition, batches = element
        yield from super().process((partition, _Joined(batches, self._roots(partition, batches))))

    def _roots(self, partition: int, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
        keys = np.unique(np.concatenate([batch["key"].to_numpy() for batch in batches]))
        root = np.zeros(len(keys), np.uint64)
        preference = np.zeros(len(keys), np.uint64)
        found = np.zeros(len(keys), bool)
        runs = len(self._against)
        for number, entries in self._indexes.items():
            for some in entries.scan(partition, self._partitions):
                key, ref = index.first_of_each(some).T
                at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
                new = (keys[at] == key) & ~found[at]
                root[at[new]] = earlier.refs_of(ref[new], number)
                preference[at[new]] = earlier.best_preference(number - 1, runs)
                found[at[new]] = True
        return bands.band_members(keys[found], preference[found], root[found])


# (unit of roots, pairs) that wait for the preference of their roots. The annotation chooses their
# coder.
UNNAMED = "unnamed"
Unnamed: TypeAlias = TaggedOutput[Literal["unnamed"], tuple[int, pa.RecordBatch]]


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class NameRoots(beam.PTransform):
    """Pairs -> the same in two collections; roots that come from the index of earlier runs have
    their preference.
    """

    context: StageContext
    settled: Runs
    folder: str

    def expand(self, pairs: beam.PCollection) -> Any:
        context = self.context
        parted = pairs | "PartitionPairs" >> beam.ParDo(PartitionPairs(self.settled)).with_outputs(
            UNNAMED, main="others"
        )
        named = (
            parted[UNNAMED]
            | "ExchangeUnnamed" >> exchange(context, self.folder)
            | "ReadPreferences" >> beam.ParDo(ReadPreferences(context))
        )
        return parted.others, named


class PartitionPairs(beam.DoFn):
    """Pairs -> (unit, pairs whose roots are in it), of earlier runs' index; and the others."""

    def __init__(self, settled: Runs) -> None:
        self._settled = settled

    def process(self, pairs: pa.RecordBatch) -> Iterator[pa.RecordBatch | Unnamed]:
        units, _ = bands.split_refs(pairs["root_ref"].to_numpy())
        unnamed = np.isin(earlier.number_of(units), self._settled)
        if not unnamed.all():
            yield pairs.filter(pa.array(~unnamed))
        for part in rows_by(pairs.filter(pa.array(unnamed)), units[unnamed]):
            yield TaggedOutput(UNNAMED, part)


class ReadPreferences(StageDoFn):
    """(unit of an earlier run, pairs whose roots are in it) -> the pairs, with their preference."""

    def setup(self) -> None:
        super().setup()
        self._units = {
            unit.index: unit for unit in earlier.units(self._context.recipe.duplicates.against)
        }

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        number, batches = element
        unit = self._units[number]
        signatures = read_signatures(self._context, unit, ["doc_id", "text_bytes"])
        preference = earlier.preference(self._context, unit, signatures.to_batches()[0])
        for pairs in batches:
            _, rows = bands.split_refs(pairs["root_ref"].to_numpy())
            at = pairs.schema.get_field_index("root_preference")
            yield pairs.set_column(at, "root_preference", pa.array(preference[rows]))


# Pairs that an earlier run found when removed documents were known. The annotation chooses their
# coder.
AGAIN = "again"
Again: TypeAlias = TaggedOutput[Literal["again"], pa.RecordBatch]


def stored_pairs(pipeline: beam.Pipeline, context: StageContext, settled: Runs) -> Any:
    """Pairs that earlier runs found, as `VerifyPairs` yields them: `first`, and those of AGAIN."""
    against = context.recipe.duplicates.against
    folder = f"{index_files.folder_of('pairs')}/"
    parts = [
        (number, path)
        for number in settled
        for path in index_files.files_of(Store(against[number - 1]))
        if path.startswith(folder)
    ]
    return (
        pipeline
        | "PlanStoredPairs" >> beam.Create(parts).with_output_types(tuple[int, str])
        | "ReadStoredPairs"
        >> beam.ParDo(ReadStoredPairs(context.for_workers())).with_outputs(AGAIN, main="first")
    )


class ReadStoredPairs(beam.DoFn):
    """(run, part) -> its pairs, with the refs and preferences of this run."""

    def __init__(self, context: StageContext) -> None:
        self._against = context.recipe.duplicates.against

    def process(self, element: tuple[int, str]) -> Iterator[pa.RecordBatch | Again]:
        number, path = element
        store = Store(self._against[number - 1])
        for batch in store.read_batches(path, _BATCH_PAIRS):
            columns = {name: batch[name] for name in batch.schema.names}
            for side in ("member", "root"):
                ref, preference = f"{side}_ref", f"{side}_preference"
                columns[ref] = pa.array(earlier.refs_of(batch[ref].to_numpy(), number))
                columns[preference] = pa.array(
                    earlier.preferences_of(batch[preference].to_numpy(), number, len(self._against))
                )
            again = columns.pop("again")
            pairs = pa.record_batch(columns)
            first = pairs.filter(pc.invert(again))
            if first.num_rows:
                yield first
            if first.num_rows < pairs.num_rows:
                yield TaggedOutput(AGAIN, pairs.filter(again))
