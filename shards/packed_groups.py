"""Packs the shards of a run, group by group.

A group of neighbouring row groups of the shards is packed at a time, whoever does it: a group is a
file of its own, so that the bytes do not depend on the number of processes, and memory does not
grow with the run.
"""

import concurrent.futures
import dataclasses
import itertools
import multiprocessing
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests import schemas
from manifests.store import Store
from shards import packed_files, packing
from shards.cutting import Classes
from shards.mixture import COLUMNS, Draw, Stratum, draw
from shards.packed_files import PIECES, Packed
from shards.settings import Mixture, Packing
from shards.shard_files import Ids, Ints, facts_of
from shards.shuffle import shuffle_keys

# Tokens that are packed together. A row is left partly empty at the end of each group; a process
# holds about four times so many ids.
GROUP_TOKENS = 32 << 20


_OF_DOCUMENT = ["doc_id", "source", "language"]


@dataclasses.dataclass(frozen=True)
class Group:
    """Row groups of shards that are packed together.

    Attributes:
      file: where they are written.
      turn: 0 takes each document that is used at least once, 1 at least twice, and so on.
      parts: path and number of each row group.
    """

    file: str
    turn: int
    parts: tuple[tuple[str, int], ...]


def pack(
    store: Store,
    paths: list[str],
    out: Store,
    settings: Packing,
    classes: Classes,
    selection: "Selection",
    workers: int = 1,
    group_tokens: int = GROUP_TOKENS,
    advance: Callable[[float], None] = lambda share: None,
) -> Packed:
    """Packs shards into a folder; equal shards and settings give equal bytes.

    Args:
      paths: of the shards, in their order.
      classes: of each id (`shards.cutting.classes_of`).
      selection: the documents that are packed.
      workers: processes.
      group_tokens: tokens that are packed together, unless a row group has more.
      advance: gets the share of the groups that are done.
    """
    facts = facts_of(store.read_schema(paths[0]))
    groups = plan(store, paths, selection, group_tokens)
    task = _Task(store, out, settings, classes, selection, facts["seed"])
    packed = Packed.none()
    for done, one in enumerate(_mapped(task, groups, workers), 1):
        packed.add(one)
        advance(done / len(groups))
    own = {
        **settings.to_json(),
        "split": selection.split,
        "mixture": selection.draw.settings and selection.draw.settings.to_json(),
        "rows": packed.total("rows"),
        "tokens": packed.total("tokens"),
        "end_of_text": packed.end_of_text,
    }
    packed.files.append(packed_files.write_index(out, packed.blocks, {**facts, "packed": own}))
    return packed


def _mapped(task: "_Task", groups: list[Group], workers: int) -> Iterator[Packed]:
    if workers == 1 or len(groups) < 2:
        yield from map(task, groups)
        return
    # Not forked: file systems of object stores have threads.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(min(workers, len(groups)), context) as pool:
        yield from pool.map(task, groups)


@dataclasses.dataclass(frozen=True)
class Selection:
    """The documents that are packed: those of a split, each as often as a mixture says."""

    split: str = schemas.TRAIN
    draw: Draw = dataclasses.field(default_factory=Draw)

    def columns(self) -> list[str]:
        """The columns of shards that `of` needs."""
        mixed = ("cluster_size",) if self.draw.settings else ()
        return ["doc_id", "split", "source", "language", "n_tokens", *mixed]

    def of(self, rows: pa.Table) -> tuple[pa.Table, Ints, Ints]:
        """Rows of the split; how often each is used; tokens of its last copy, 0 for all."""
        rows = rows.filter(pc.equal(rows["split"], self.split))
        return (rows, *self.draw.copies(rows))


def small_columns(
    store: Store, paths: list[str], split: str, columns: list[str]
) -> Iterator[tuple[str, int, pa.Table]]:
    """Path, row group and rows of a split, for all row groups of shards."""
    for path in paths:
        for group, table in enumerate(packed_files.row_groups(store, path, None, columns)):
            yield path, group, table.filter(pc.equal(table["split"], split))


def mixture(
    store: Store, paths: list[str], split: str, settings: Mixture
) -> tuple[Draw, dict[Stratum, int]]:
    """What a mixture takes of a split; as `shards.mixture.draw`."""

    def tables() -> Iterator[pa.Table]:
        for _, _, table in small_columns(store, paths, split, ["split", *COLUMNS]):
            yield table

    return draw(tables, settings)


def plan(store: Store, paths: list[str], selection: Selection, group_tokens: int) -> list[Group]:
    """The groups of all shards, in order: what is used once, what is used twice, and so on."""
    by_turn: list[list[tuple[str, int, int]]] = []
    for path, group, table in small_columns(store, paths, selection.split, selection.columns()):
        rows, copies, last = selection.of(table)
        tokens = rows["n_tokens"].to_numpy().astype(np.int64)
        for turn in range(int(copies.max(initial=0))):
            used = np.where((last > 0) & (copies == turn + 1), last, tokens)[copies > turn]
            if turn == len(by_turn):
                by_turn.append([])
            by_turn[turn].append((path, group, int(used.sum())))
    found = []
    for turn, parts in enumerate(by_turn):
        ends = np.cumsum([tokens for _, _, tokens in parts])
        start = 0
        while start < len(parts):
            before = ends[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(ends, before + group_tokens, "right")))
            found.append((turn, tuple((path, group) for path, group, _ in parts[start:end])))
            start = end
    return [
        Group(f"packed-{number:05d}-of-{len(found):05d}.arrow", turn, parts)
        for number, (turn, parts) in enumerate(found)
    ]


@dataclasses.dataclass(frozen=True)
class _Task:
    """Group -> Packed; writes its file."""

    store: Store
    out: Store
    settings: Packing
    classes: Classes
    selection: Selection
    seed: int

    def __call__(self, group: Group) -> Packed:
        ids, offsets, rows, end_of_text = self._documents(group)
        keys = shuffle_keys(rows["doc_id"].combine_chunks(), self.seed)
        packed = Packed.none()
        schema = packed_files.packed_schema(pa.from_numpy_dtype(ids.dtype), self.settings.length)
        packing_ = packing.pack(
            ids, offsets, keys, self.settings, self.classes, end_of_text, packed
        )
        with (
            packed_files.write_pieces(self.out, group.file) as listed,
            self.out.commit(group.file) as sink,
        ):

            def blocks() -> Iterator[pa.RecordBatch]:
                start = 0
                for batch, documents in packing_:
                    counts = pc.list_value_length(batch["doc_lens"]).to_numpy()
                    numbers = np.arange(start, start + len(counts), dtype=np.int32)
                    row = pa.array(np.repeat(numbers, counts))
                    own = rows.take(pa.array(documents)).combine_chunks().to_batches()[0]
                    tokens = batch["doc_lens"].values
                    listed.write(
                        pa.RecordBatch.from_arrays([row, tokens, *own.columns], schema=PIECES)
                    )
                    start += batch.num_rows
                    yield batch

            packed.blocks = packed_files.write(sink, group.file, schema, blocks())
        packed.files = [sink.written(group.file, packed.total("rows")), listed.written]
        packed.end_of_text = end_of_text
        return packed

    def _documents(self, group: Group) -> tuple[Ids, Ints, pa.Table, int]:
        """Tokens and offsets of the documents; their columns; and the token that ends each."""
        tokens, lengths, documents = [], [np.zeros(1, np.int64)], []
        columns = [*self.selection.columns(), "input_ids"]
        for path, parts in itertools.groupby(group.parts, key=lambda part: part[0]):
            numbers = [number for _, number in parts]
            for table in packed_files.row_groups(self.store, path, numbers, columns):
                rows, copies, last = self.selection.of(table)
                used = copies > group.turn
                lists = rows["input_ids"].filter(pa.array(used)).combine_chunks()
                values, ends = lists.flatten().to_numpy(), lists.offsets.to_numpy()
                end_of_text = int(values[-1])  # before the last document is shortened
                sizes = np.diff(ends).astype(np.int64)
                whole = sizes.copy()
                cut = np.where(copies == group.turn + 1, last, 0)[used]
                sizes = np.where(cut > 0, cut, sizes)
                if (sizes < whole).any():
                    within = np.arange(len(values)) - np.repeat(ends[:-1] - ends[0], whole)
                    values = values[within < np.repeat(sizes, whole)]
                tokens.append(values)
                lengths.append(sizes)
                documents.append(rows.select(_OF_DOCUMENT).filter(pa.array(used)))
        offsets = np.cumsum(np.concatenate(lengths))
        found = pa.concat_tables(documents).combine_chunks()
        return np.concatenate(tokens), offsets, found, end_of_text
