"""Verification of candidate pairs: the words of roots are sent to the units of members.

A text is read only by the step that works on its unit. Only hashes of a root's words are sent, once
to each group of units that has members of the root.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from dedup import bands, clusters, comparison, rounds, verification
from dedup.comparison import LIKENESS, Likeness, Readings
from dedup.settings import MinHash
from dedup.shingles import Sequences
from manifests.grouping import gathered, positions_by, rows_by
from manifests.parquet import TableFile
from manifests.statistics import StageReport
from pipelines.stages import earlier
from pipelines.stages.common import Reports, StageDoFn, exchange
from pipelines.stages.context import StageContext
from pipelines.stages.groups import group_of
from pipelines.transport.exchange import MAX_ELEMENT_BYTES

REPORTS, LEFT = "reports", "left"

_EDGE_NAMES = ("member_preference", "member_ref", "root_preference", "root_ref")
# A root with what it consists of, and its members in one unit. `words` are empty lists where they
# are the units.
_ROOTS = pa.schema(
    [
        pa.field("root_preference", pa.uint64(), nullable=False),
        pa.field("root_ref", pa.uint64(), nullable=False),
        pa.field("units", pa.large_list(pa.uint32()), nullable=False),
        pa.field("words", pa.large_list(pa.uint32()), nullable=False),
        pa.field("member_preferences", pa.large_list(pa.uint64()), nullable=False),
        pa.field("member_refs", pa.large_list(pa.uint64()), nullable=False),
    ]
)


def edges_batch(
    edges: clusters.Edges, similarity: npt.NDArray[np.float32] | None = None
) -> pa.RecordBatch:
    """Edges as a batch; the similarity is NaN if it is not known."""
    if similarity is None:
        similarity = np.full(len(edges), np.nan, np.float32)
    columns = [pa.array(np.ascontiguousarray(column)) for column in edges.T]
    return pa.record_batch([*columns, pa.array(similarity)], [*_EDGE_NAMES, "similarity"])


def edges_of(batch: pa.RecordBatch) -> tuple[clusters.Edges, npt.NDArray[np.float32]]:
    """The edges and similarities from which `edges_batch` made a batch."""
    edges = np.stack([batch[name].to_numpy() for name in _EDGE_NAMES], axis=1)
    return edges, batch["similarity"].to_numpy()


def verified_batch(edges: clusters.Edges, likeness: Likeness) -> pa.RecordBatch:
    """Edges of compared documents as a batch; for `edges_of`, too."""
    batch = edges_batch(edges, likeness["similarity"])
    for name in _MEASURED:
        batch = batch.append_column(name, pa.array(np.ascontiguousarray(likeness[name])))
    return batch


_MEASURED = ("contained", "words", "words_lost")


def likeness_of(batch: pa.RecordBatch) -> Likeness:
    """The likeness of the documents of each edge; unknown is what no text was read for."""
    likeness = np.zeros(batch.num_rows, LIKENESS)
    likeness["similarity"] = batch["similarity"].to_numpy()
    likeness["contained"] = np.nan
    for name in set(_MEASURED) & set(batch.schema.names):
        likeness[name] = batch[name].to_numpy()
    return likeness


@dataclasses.dataclass(eq=False)  # not frozen: Beam sets the label
class VerifyPairs(beam.PTransform):
    """Candidate pairs, in one collection or a tuple of several -> `verified`: similar pairs, with
    their likeness; `left`: bucket members of documents that resemble none of their roots, by what
    tells them apart from these; and `reports`.
    """

    context: StageContext
    folder: str
    units_in_group: int

    def expand(self, pairs: Any) -> Any:
        context = self.context
        parts = pairs if isinstance(pairs, tuple) else (pairs,)
        return (
            tuple(
                part | f"KeyPairsByRootUnits{i}" >> beam.FlatMap(by_root_units, self.units_in_group)
                for i, part in enumerate(parts)
            )
            | "ExchangePairs" >> exchange(context, f"{self.folder}/pairs")
            | "ReadRoots" >> beam.ParDo(ReadRoots(context, self.units_in_group))
            | "ExchangeRoots" >> exchange(context, f"{self.folder}/roots")
            | "CompareMembers"
            >> beam.ParDo(CompareMembers(context)).with_outputs(REPORTS, LEFT, main="verified")
        )


# A root with more pairs than this in a batch is hot.
_HOT_PAIRS = 1 << 17


def by_root_units(
    pairs: pa.RecordBatch, units_in_group: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pairs -> (key of `ReadRoots`, the pairs that it gets).

    The key is the group of the root's unit. To the pairs of a hot root it adds the group of the
    member's unit, so that the root of 100 million members does not send them all to one worker.
    """
    key = group_of(pairs["root_ref"].to_numpy(), units_in_group)
    _, root, count = np.unique(
        pairs["root_ref"].to_numpy(), return_inverse=True, return_counts=True
    )
    hot = count[root] > _HOT_PAIRS
    salt = group_of(pairs["member_ref"].to_numpy(), units_in_group) + 1
    yield from rows_by(pairs, key | np.where(hot, salt, 0) << 32)


def by_document(
    batch: pa.RecordBatch, column: str, partitions: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Edges -> (partition of their documents, the edges).

    Args:
      column: `member_ref` or `root_ref`, the documents by which edges are divided.
    """
    yield from rows_by(batch, rounds.partition_of(batch[column].to_numpy(), partitions))


def texts_of(
    context: StageContext, unit: int, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], pa.LargeStringArray]]:
    """The texts of some rows of a unit, ascending, one batch for each row group that has some."""
    store, name = earlier.place(context, unit)
    with store.open(f"documents/{name}.parquet") as file:
        stored = TableFile(file, slow=store.slow)
        for group, some in positions_by(stored.group_of(rows)):
            wanted = rows[some]
            table = stored.row_group(group, ["text"])
            taken = table["text"].take(pa.array(wanted - stored.first_row(group)))
            combined = taken.combine_chunks()
            yield wanted, combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def near_of(context: StageContext) -> MinHash:
    """The recipe's section on near-duplicates, with every value filled in."""
    near = context.recipe.duplicates.near
    assert near
    return near.resolved(context.recipe.seed)


def readings_of(
    context: StageContext, refs: npt.NDArray[np.uint64]
) -> Iterator[tuple[npt.NDArray[np.uint64], Readings]]:
    """Documents, by ascending refs, as they are compared, one batch for each row group."""
    near = near_of(context)
    units, rows = bands.split_refs(refs)
    for unit, of_unit in positions_by(units):
        for some, text in texts_of(context, unit, rows[of_unit]):
            yield bands.refs(unit, some), comparison.read(text, near.config(), near.folded())


# Words of roots that are held while they are sorted by the units of their members, in bytes.
_ROOT_BYTES = 1 << 26


class ReadRoots(StageDoFn):
    """(key of `by_root_units`, pairs) -> (group of members' units, roots with their words)."""

    def __init__(self, context: StageContext, units_in_group: int) -> None:
        super().__init__(context)
        self._units_in_group = units_in_group

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        key, batches = element
        self._reporter.start(f"survivors of group {key & 0xFFFFFFFF} of units")
        pairs = verification.gather_pairs(edges_of(batch)[0] for batch in batches)
        root = pairs[:, clusters.ROOT_REF]
        read = readings_of(self._context, np.unique(root))
        # What is made of few rows for each of many units would be tiny batches.
        for parts in gathered(read, lambda part: part[1].nbytes, _ROOT_BYTES):
            refs, roots = _joined(parts)
            # Pairs are ordered by root.
            start = np.searchsorted(root, refs[0])
            end = np.searchsorted(root, refs[-1], "right")
            at = np.searchsorted(refs, root[start:end])
            yield from by_member_units(pairs[start:end], at, roots, self._units_in_group)


def _joined(
    parts: list[tuple[npt.NDArray[np.uint64], Readings]],
) -> tuple[npt.NDArray[np.uint64], Readings]:
    refs, readings = zip(*parts, strict=True)
    return np.concatenate(refs), Readings.concatenated(readings)


def by_member_units(
    pairs: clusters.Edges,
    root_at: npt.NDArray[np.int64],
    roots: Readings,
    units_in_group: int,
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pairs -> (group of members' units, its roots), in batches of about the size of an element.

    Args:
      pairs: ordered by root.
      root_at: the index of each pair's root among those that were read.
      roots: what was read.
    """
    sizes = _bytes_of(roots)
    for target, some in positions_by(group_of(pairs[:, clusters.MEMBER_REF], units_in_group)):
        at = root_at[some]
        fresh = np.append(True, at[1:] != at[:-1])
        written = np.cumsum(np.where(fresh, sizes[at], 0) + 16)
        # A root and its members stay together, or the root would be sent twice.
        piece = (written // MAX_ELEMENT_BYTES)[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
        for _, within in positions_by(piece):
            chosen = some[within]
            yield target, roots_batch(pairs[chosen], at[within], roots)


def _bytes_of(roots: Readings) -> npt.NDArray[np.int64]:
    count = np.diff(roots.units.first)
    if roots.words is not roots.units:
        count = count + np.diff(roots.words.first)
    return 4 * count


def roots_batch(
    pairs: clusters.Edges, root_at: npt.NDArray[np.int64], roots: Readings
) -> pa.RecordBatch:
    """Pairs, ordered by root, as one row for each root.

    Args:
      root_at: the index of each pair's root among those that were read.
    """
    start = np.flatnonzero(np.append(True, root_at[1:] != root_at[:-1]))
    bounds = pa.array(np.append(start, len(pairs)))
    units = _lists(roots.units.of(root_at[start]))
    none = Sequences(np.zeros(len(start) + 1, np.int64), np.empty(0, np.uint32))
    words = none if roots.words is roots.units else roots.words.of(root_at[start])
    return pa.record_batch(
        [
            pa.array(np.ascontiguousarray(pairs[start, clusters.ROOT_PREFERENCE])),
            pa.array(np.ascontiguousarray(pairs[start, clusters.ROOT_REF])),
            units,
            _lists(words),
            *(
                pa.LargeListArray.from_arrays(
                    bounds, pa.array(np.ascontiguousarray(pairs[:, column]))
                )
                for column in (clusters.MEMBER_PREFERENCE, clusters.MEMBER_REF)
            ),
        ],
        schema=_ROOTS,
    )


def _lists(sequences: Sequences) -> pa.LargeListArray:
    return pa.LargeListArray.from_arrays(pa.array(sequences.first), pa.array(sequences.units))


def _sequences(lists: pa.LargeListArray) -> Sequences:
    return Sequences(lists.offsets.to_numpy(), lists.values.to_numpy())


def _members(
    batches: Iterable[pa.RecordBatch],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Preference and ref of all members, each once, ordered by ref."""
    found = [
        [batch[name].flatten().to_numpy() for name in ("member_preferences", "member_refs")]
        for batch in batches
    ]
    preference, ref = (np.concatenate(part) for part in zip(*found, strict=True))
    refs, at = np.unique(ref, return_index=True)
    return preference[at], refs


def _first_time(batches: Iterable[pa.RecordBatch]) -> list[npt.NDArray[np.int64]]:
    """Of each batch, the pairs that no batch before it has.

    A root may be hot in one partition of bands and not in another: then a pair comes twice.
    """
    roots = [batch["root_ref"].to_numpy() for batch in batches]
    several, count = np.unique(np.concatenate(roots), return_counts=True)
    several = several[count > 1]
    seen = np.empty((0, 2), np.uint64)
    found = []
    for batch in batches:
        pairs, _ = pairs_of(batch)
        ends = pairs[:, [clusters.MEMBER_REF, clusters.ROOT_REF]]
        fresh = np.ones(len(ends), bool)
        again = np.flatnonzero(np.isin(ends[:, 1], several))
        if len(again):
            both = np.concatenate([seen, ends[again]])
            _, first = np.unique(both, axis=0, return_index=True)
            fresh[again] = np.isin(np.arange(len(seen), len(both)), first)
            seen = both[np.sort(first)]
        found.append(np.flatnonzero(fresh))
    return found


# Bucket members of documents that are left over. The annotation chooses their coder.
Left: TypeAlias = TaggedOutput[Literal["left"], pa.RecordBatch]


class CompareMembers(StageDoFn):
    """(group of units, roots of its members) -> verified pairs; bucket members of those left;
    reports.

    It holds hashes of the words of the group's members in memory, 4 bytes for each word. That is at
    most about the size of the group's text.
    """

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[pa.RecordBatch | Reports | Left]:
        group, batches = element
        self._reporter.start(f"near-duplicates of group {group} of units")
        near = near_of(self._context)
        preference, refs = _members(batches)
        parts = [read for _, read in readings_of(self._context, refs)]
        members = Readings.concatenated(parts)
        like_none = np.ones(len(refs), bool)
        report = StageReport()
        for batch, fresh in zip(batches, _first_time(batches), strict=True):
            pairs, root_at = pairs_of(batch)
            pairs, root_at = pairs[fresh], root_at[fresh]
            units = words = _sequences(batch["units"])
            if members.words is not members.units:
                words = _sequences(batch["words"])
            roots = Readings(units, words, members.length)
            at = np.searchsorted(refs, pairs[:, clusters.MEMBER_REF])
            likeness, alike = comparison.compare(
                members, at, roots, root_at,
                min_similarity=near.min_similarity, min_containment=near.min_containment,
            )  # fmt: skip
            like_none[at[alike]] = False
            report.add_count("pairs_compared", len(pairs))
            report.add_count("pairs_unlike", int((~alike).sum()))
            if alike.any():
                yield verified_batch(pairs[alike], likeness[alike])
        left = np.flatnonzero(like_none)
        # The words of datatrove are not folded further when documents are looked for.
        if len(left) and near.family != "datatrove":
            keys = members.only(left).band_keys(near.config())
            if near.within_language:
                language = languages_of(self._context, refs[left])
                keys = bands.within_language(keys, language)
            for some in bands.members_by_bands(keys, preference[left], refs[left]):
                yield TaggedOutput(LEFT, some)
        yield TaggedOutput(REPORTS, report)


def languages_of(context: StageContext, refs: npt.NDArray[np.uint64]) -> pa.Array:
    """The languages of documents, by ascending refs."""
    units, rows = bands.split_refs(refs)
    found = []
    for unit, of_unit in positions_by(units):
        store, name = earlier.place(context, unit)
        path = f"signatures/{name}.parquet"
        found += store.read_rows(path, rows[of_unit], ["language"])["language"].chunks
    return pa.concat_arrays(found)


def pairs_of(batch: pa.RecordBatch) -> tuple[clusters.Edges, npt.NDArray[np.int64]]:
    """Roots with lists of members -> pairs, and the index of each pair's root in the batch."""
    counts = np.diff(batch["member_refs"].offsets.to_numpy())
    root_at = np.repeat(np.arange(len(counts)), counts)
    columns = [
        batch["member_preferences"].flatten().to_numpy(),
        batch["member_refs"].flatten().to_numpy(),
        batch["root_preference"].to_numpy()[root_at],
        batch["root_ref"].to_numpy()[root_at],
    ]
    return np.stack(columns, axis=1), root_at
