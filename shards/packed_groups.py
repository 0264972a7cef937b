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

from manifests.store import Store
from shards import packed_files
from shards.cutting import Classes
from shards.packed_files import Packed
from shards.settings import Packing
from shards.shard_files import facts_of
from shards.shuffle import shuffle_keys

# Tokens that are packed together. A row is left partly empty at the end of each group; a process
# holds about four times so many ids.
GROUP_TOKENS = 32 << 20
_COLUMNS = ["doc_id", "input_ids"]


@dataclasses.dataclass(frozen=True)
class Group:
    """Row groups of shards that are packed together: path and number of each."""

    file: str
    parts: tuple[tuple[str, int], ...]


def pack(
    store: Store,
    paths: list[str],
    out: Store,
    settings: Packing,
    classes: Classes,
    workers: int = 1,
    group_tokens: int = GROUP_TOKENS,
    advance: Callable[[float], None] = lambda share: None,
) -> Packed:
    """Packs shards into a folder; equal shards and settings give equal bytes.

    Args:
      paths: of the shards, in their order.
      classes: of each id (`shards.cutting.classes_of`).
      workers: processes.
      group_tokens: tokens that are packed together, unless a row group has more.
      advance: gets the share of the groups that are done.
    """
    facts = facts_of(store.read_schema(paths[0]))
    groups = plan(store, paths, group_tokens)
    task = _Task(store, out, settings, classes, facts["seed"])
    packed = Packed.none()
    for done, one in enumerate(_mapped(task, groups, workers), 1):
        packed.add(one)
        advance(done / len(groups))
    own = {**settings.to_json(), "rows": packed.total("rows"), "tokens": packed.total("tokens")}
    packed_files.write_index(out, packed.blocks, {**facts, "packed": own})
    return packed


def _mapped(task: "_Task", groups: list[Group], workers: int) -> Iterator[Packed]:
    if workers == 1 or len(groups) < 2:
        yield from map(task, groups)
        return
    # Not forked: file systems of object stores have threads.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(min(workers, len(groups)), context) as pool:
        yield from pool.map(task, groups)


def plan(store: Store, paths: list[str], group_tokens: int) -> list[Group]:
    """The groups of all shards, in order."""
    parts, ends, total = [], [], 0
    for path in paths:
        for index, tokens in enumerate(packed_files.tokens_of_groups(store, path)):
            parts.append((path, index))
            total += tokens
            ends.append(total)
    found, start = [], 0
    while start < len(parts):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + group_tokens, "right")))
        found.append(tuple(parts[start:end]))
        start = end
    count = len(found)
    return [
        Group(f"packed-{number:05d}-of-{count:05d}.arrow", some)
        for number, some in enumerate(found)
    ]


@dataclasses.dataclass(frozen=True)
class _Task:
    """Group -> Packed; writes its file."""

    store: Store
    out: Store
    settings: Packing
    classes: Classes
    seed: int

    def __call__(self, group: Group) -> Packed:
        table = pa.concat_tables(
            [
                table
                for path, parts in itertools.groupby(group.parts, key=lambda part: part[0])
                for table in packed_files.row_groups(
                    self.store, path, [index for _, index in parts], _COLUMNS
                )
            ]
        ).combine_chunks()
        lists = table["input_ids"].chunk(0)
        ids, offsets = lists.values.to_numpy(), lists.offsets.to_numpy().astype(np.int64)
        keys = shuffle_keys(table["doc_id"].chunk(0), self.seed)
        packed = Packed.none()
        schema = packed_files.packed_schema(lists.type.value_type, self.settings.length)
        # Every document ends with the end-of-text token.
        blocks = packed_files.pack(
            ids, offsets, keys, self.settings, self.classes, int(ids[-1]), packed
        )
        with self.out.commit(group.file) as sink:
            packed.blocks = packed_files.write(sink, group.file, schema, blocks)
        return packed
