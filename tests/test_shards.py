import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from manifests import schemas
from manifests.grouping import rows_by
from manifests.manifest import stage_manifest
from manifests.store import ROW_GROUP_ROWS, Store
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.sources.units import WorkUnit
from pipelines.stages import shards, tokenizer
from pipelines.stages.context import StageContext
from pipelines.transport.ways import ENGINE, FILES
from shards.settings import Shards
from shards.shuffle import (
    in_order,
    partitions,
    piece_count,
    shard_count,
    shard_name,
    shuffle_keys,
)
from tokenizer_train import bpe
from tokenizer_train.encode import END_OF_TEXT
from tokenizer_train.patterns import PATTERNS
from tokenizer_train.vocabulary import to_tokenizer_json

IDS = pa.array([bytes([i, i * 7 % 256]) * 8 for i in range(200)], pa.binary(16))


def test_a_key_follows_from_identity_and_seed_alone() -> None:
    whole = shuffle_keys(IDS, 3)
    parts = np.concatenate([shuffle_keys(IDS.slice(0, 7), 3), shuffle_keys(IDS.slice(7), 3)])
    assert (whole == parts).all()
    assert (whole != shuffle_keys(IDS, 4)).all()
    assert len(shuffle_keys(IDS.slice(0, 0), 3)) == 0


def test_keys_spread_documents_evenly() -> None:
    ids = pa.array([i.to_bytes(16, "little") for i in range(100_000)], pa.binary(16))
    counts = np.bincount((shuffle_keys(ids, 0) % np.uint64(10)).astype(int))
    assert abs(counts - 10_000).max() < 500


@pytest.mark.parametrize(("text_mb", "shards"), [(0, 1), (1, 1), (256, 1), (257, 2), (1025, 5)])
def test_the_number_of_shards_follows_from_the_text(text_mb: int, shards: int) -> None:
    assert shard_count(text_mb << 20, 256) == shards
    assert shard_name(0, shards).endswith(f"-of-{shards:05d}.parquet")


def test_every_list_gets_its_end_token_also_empty_and_sliced_ones() -> None:
    lists = pa.array([[9, 9], [1, 2], [], [3]], pa.list_(pa.int32()))
    assert shards.append_to_each(lists.slice(1), 0).to_pylist() == [[1, 2, 0], [0], [3, 0]]
    assert shards.append_to_each(lists.slice(4), 0).to_pylist() == []


@pytest.mark.parametrize(("count", "pieces"), [(1, 1), (1, 7), (5, 1), (5, 7), (64, 1000)])
def test_pieces_of_a_shard_follow_each_other_as_their_keys_do(count: int, pieces: int) -> None:
    """Else shards would be sorted within pieces only, and depend on the memory of a worker."""
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 2**64, 5000, dtype=np.uint64)
    keys = np.concatenate([drawn, np.array([0, 2**64 - 1], np.uint64)])
    found = partitions(keys, count, pieces)
    assert found.min() >= 0
    assert found.max() < count * pieces
    assert (found // pieces == (keys % np.uint64(count)).astype(np.int64)).all()
    for shard in range(count):
        of_shard = found // pieces == shard
        in_order_of_keys = found[of_shard][np.argsort(keys[of_shard])]
        assert (np.diff(in_order_of_keys) >= 0).all()
    if count == 1:
        even = len(keys) / pieces
        assert (abs(np.bincount(found, minlength=pieces) - even) < 10 * even**0.5).all()


@pytest.mark.parametrize(
    ("text_mb", "count", "memory_mb", "pieces"),
    [(256, 1, 4000, 2), (240, 1, 4000, 1), (256, 1, 500, 9), (2560, 10, 500, 9), (0, 1, 100, 1)],
)
def test_a_piece_and_its_copy_fit_in_half_of_the_memory_of_a_worker(
    text_mb: int, count: int, memory_mb: int, pieces: int
) -> None:
    """A byte of text is at most one token, of four bytes."""
    found = piece_count(text_mb << 20, count, memory_mb)
    assert found == pieces
    assert text_mb / count / found * 4 * 2 <= memory_mb / 2


def keyed(keys: list[int]) -> pa.RecordBatch:
    ids = pa.array([bytes([i % 256]) * 16 for i in range(len(keys))], pa.binary(16))
    return pa.record_batch({"key": pa.array(keys, pa.uint64()), "doc_id": ids})


def test_split_gives_each_partition_its_rows_and_no_other() -> None:
    rows = keyed([3, 1, 2, 1, 0, 3])
    found = dict(rows_by(rows, np.array([3, 1, 2, 1, 0, 3])))
    assert {number: part["key"].to_pylist() for number, part in found.items()} == {
        0: [0], 1: [1, 1], 2: [2], 3: [3, 3]
    }  # fmt: skip
    assert list(rows_by(rows.slice(0, 0), np.empty(0, np.int64))) == []


def test_rows_of_one_key_are_ordered_by_identity() -> None:
    rows = keyed([7, 5, 7, 5, 7])
    table = pa.Table.from_batches([rows.slice(3), rows.slice(0, 3)])
    found = list(in_order(table, 2))
    assert [batch.num_rows for batch in found] == [2, 2, 1]
    assert [row["doc_id"][0] for batch in found for row in batch.to_pylist()] == [1, 3, 0, 2, 4]
    assert list(in_order(table.slice(0, 0), 2)) == []


DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", schemas.DOC_ID), pa.field("source", pa.string()),
        pa.field("language", pa.string()), pa.field("text_bytes", pa.int64()), schemas.TEXT_FIELD,
    ]
)  # fmt: skip
PER_UNIT = 1500
UNITS = 3


def texts(unit: int) -> list[str]:
    """Most are short; every hundredth is a hundred times as long."""
    numbers = range(unit * PER_UNIT, (unit + 1) * PER_UNIT)
    return [f"text {n} of a run " * (n % 5 + (100 if n % 100 == 0 else 0)) for n in numbers]


def write_run(store: Store) -> int:
    """What stage `shards` reads; the bytes of text."""
    words = {"text": 9, " of": 9, " run": 9, " a": 9}
    model = bpe.train(words, 280, [END_OF_TEXT], min_count=2)
    content = to_tokenizer_json(model, PATTERNS["o200k"])
    store.write_bytes(tokenizer.TOKENIZER_FILE, content.encode())
    total = 0
    for unit in range(UNITS):
        text = pa.array(texts(unit), pa.large_string())
        size = pc.binary_length(text).cast(pa.int64())
        total += pc.sum(size).as_py()
        ids = [hashlib.md5(f"{unit} {i}".encode()).digest() for i in range(PER_UNIT)]
        same = pa.array(["web"] * PER_UNIT)
        columns = [pa.array(ids, schemas.DOC_ID), same, same, size, text]
        with store.write_part(f"documents/{unit:06d}.parquet", DOCUMENTS) as part:
            part.write(pa.record_batch(columns, schema=DOCUMENTS))
        with store.write_part(f"duplicates/{unit:06d}.parquet", schemas.DUPLICATES):
            pass
    return total


def run_stage(
    folder: Path, memory_mb: int, exchange: str, batch_docs: int = 256, text_bytes: int = 0
) -> dict[str, str]:
    """Runs it; the digests of the shards.

    Args:
      text_bytes: how large the stage believes the text to be, if not as it is.
    """
    store = Store(str(folder))
    found = write_run(store)
    recipe = Recipe(
        name="test",
        shards=Shards(count=2),
        execution=Execution(memory_mb=memory_mb, batch_docs=batch_docs),
    )
    units = tuple(WorkUnit(i, "web", "jsonl", str(i)) for i in range(UNITS))
    upstream = {"duplicates": {"funnel": {"kept": {"text_bytes": text_bytes or found}}}}
    context = StageContext(store.root, recipe, units, "key", "plan", exchange, upstream)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    shards.build(pipeline, context)
    pipeline.run().wait_until_finish()
    files = store.read_json(stage_manifest(shards.NAME))["files"]
    return {file["path"]: file["sha256"] for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run whose shards were each sorted in one piece."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run_stage(folder, 4000, FILES)


@pytest.mark.parametrize("exchange", [FILES, ENGINE])
@pytest.mark.parametrize(("memory_mb", "batch_docs"), [(4000, 64), (100, 256), (100, 5000)])
def test_shards_have_the_same_bytes_whatever_memory_a_worker_has(
    tmp_path: Path,
    whole: tuple[Path, dict[str, str]],
    memory_mb: int,
    batch_docs: int,
    exchange: str,
) -> None:
    """200 MB of text would need 17 pieces a shard with 100 MB of memory."""
    text_bytes = 200 << 20
    pieces = piece_count(text_bytes, 2, memory_mb)
    assert pieces == (1 if memory_mb == 4000 else 16)
    assert run_stage(tmp_path, memory_mb, exchange, batch_docs, text_bytes) == whole[1]


def test_a_shard_is_sorted_by_key_and_every_document_is_in_one(
    whole: tuple[Path, dict[str, str]],
) -> None:
    folder, files = whole
    seen: list[bytes] = []
    for number, path in enumerate(sorted(files)):
        table = pq.read_table(folder / path, schema=schemas.SHARD)
        keys = shuffle_keys(table["doc_id"].combine_chunks(), 0)
        assert (keys % np.uint64(2) == number).all()
        assert (np.diff(keys.astype(object)) > 0).all()
        seen += table["doc_id"].to_pylist()
        groups = pq.read_metadata(folder / path)
        sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
        assert set(sizes[:-1]) == {ROW_GROUP_ROWS}
    assert len(seen) == len(set(seen)) == UNITS * PER_UNIT


def test_a_shard_is_written_without_holding_a_piece_that_is_done(tmp_path: Path) -> None:
    """Memory would otherwise be that of the shard, as it was: 1.3 GB for 240 MB of text."""
    rows, length = 20_000, 200
    schema = pa.schema([pa.field("key", pa.uint64()), *schemas.SHARD])
    allocated: list[int] = []

    class Piece(Iterable[pa.RecordBatch]):
        def __init__(self, first: int) -> None:
            self._first = first

        def __iter__(self) -> Iterator[pa.RecordBatch]:
            allocated.append(pa.total_allocated_bytes())
            keys = pa.array(range(self._first, self._first + rows), pa.uint64())
            ids = pa.array([i.to_bytes(16, "big") for i in range(rows)], schemas.DOC_ID)
            same = pa.array(["web"] * rows)
            starts = pa.array(np.arange(0, (rows + 1) * length, length, dtype=np.int32))
            tokens = pa.ListArray.from_arrays(starts, pa.array(np.ones(rows * length, np.int32)))
            yield pa.record_batch([keys, ids, same, same, tokens], schema=schema)

    context = StageContext(str(tmp_path), Recipe(name="test"), (), "", "", FILES, {})
    pieces = [Piece(first) for first in range(0, 5 * rows, rows)]
    (report,) = shards.WriteShard(context, 1).process((0, pieces))
    assert report.counts == {"rows": 5 * rows, "tokens": 5 * rows * length}
    assert max(allocated) - allocated[0] < rows * length * 4 / 2
