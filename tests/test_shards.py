import hashlib
import itertools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from hypothesis import given
from hypothesis import strategies as st

from manifests import schemas
from manifests.grouping import rows_by
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.sources.units import WorkUnit
from pipelines.stages import shards, tokenizer
from pipelines.stages.context import StageContext
from pipelines.transport.ways import ENGINE, FILES
from shards.settings import Shards
from shards.shard_files import GROUP_TOKENS, TokenLayout, facts_of
from shards.shuffle import (
    bin_bits,
    bins_of,
    in_order,
    piece_count,
    pieces_of,
    pieces_of_shards,
    shard_bounds,
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
    found = shards.append_to_each(lists.slice(1), 0, pa.uint16())
    assert found.type == pa.list_(pa.uint16())
    assert found.to_pylist() == [[1, 2, 0], [0], [3, 0]]
    assert shards.append_to_each(lists.slice(4), 0, pa.uint32()).to_pylist() == []


def test_an_id_that_its_type_cannot_hold_is_an_error_and_never_another_id() -> None:
    lists = pa.array([[65535]], pa.list_(pa.int32()))
    assert shards.append_to_each(lists, 0, pa.uint16()).to_pylist() == [[65535, 0]]
    with pytest.raises(OverflowError, match="the id 65536"):
        shards.append_to_each(pa.array([[65536]], lists.type), 0, pa.uint16())


@pytest.mark.parametrize(("vocab_size", "ids"), [(65536, pa.uint16()), (65537, pa.uint32())])
def test_ids_are_as_wide_as_the_vocabulary_wants(vocab_size: int, ids: pa.DataType) -> None:
    assert schemas.shard_schema(vocab_size).field("input_ids").type == pa.list_(ids)


@pytest.mark.parametrize(("count", "pieces"), [(1, 1), (1, 7), (5, 20), (5, 21), (64, 1000)])
def test_pieces_of_a_shard_have_all_of_its_keys_in_order(count: int, pieces: int) -> None:
    """Else shards would be sorted within pieces only, and depend on the memory of a worker."""
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 2**64, 5000, dtype=np.uint64)
    keys = np.concatenate([drawn, np.array([0, 2**64 - 1], np.uint64)])
    found, bits = pieces_of(keys, pieces), bin_bits(count)
    assert found.min() == 0
    assert found.max() == pieces - 1
    assert (np.diff(found[np.argsort(keys)]) >= 0).all()
    even = len(keys) / pieces
    assert (abs(np.bincount(found, minlength=pieces) - even) < 10 * even**0.5).all()
    tokens = rng.integers(0, 90, 1 << bits)
    bounds = shard_bounds(tokens, count)
    bins = bins_of(keys, bits)
    for shard, (first, end) in enumerate(pieces_of_shards(bounds, bits, pieces)):
        mine = (bins >= bounds[shard]) & (bins < bounds[shard + 1])
        assert ((found[mine] >= first) & (found[mine] < end)).all()
        assert end - first <= pieces / count + 2


@given(
    st.lists(st.integers(0, 1000) | st.just(0) | st.just(90_000), min_size=16, max_size=16),
    st.integers(1, 20),
)
def test_shards_follow_each_other_and_none_is_off_by_more_than_a_bin(
    tokens: list[int], count: int
) -> None:
    bounds = shard_bounds(np.array(tokens), count)
    assert bounds[0] == 0
    assert bounds[-1] == len(tokens)
    assert (np.diff(bounds) >= 0).all()
    sums = [sum(tokens[a:b]) for a, b in itertools.pairwise(bounds)]
    assert sum(sums) == sum(tokens)
    assert all(abs(one - sum(tokens) / count) <= max(tokens) + 1e-6 for one in sums)


@given(st.lists(st.integers(1, 9), max_size=60), st.randoms())
def test_row_groups_depend_on_the_lengths_alone_and_none_is_too_small(
    lengths: list[int], chance: random.Random
) -> None:
    """In steps of a tenth of the least group: the pieces in which rows arrive change nothing."""
    sizes = np.array(lengths, np.int64) * (GROUP_TOKENS // 20)
    whole = list(TokenLayout().ends(sizes, at_end=True))
    ends, start, seen = [], 0, 0
    while seen < len(sizes):
        seen = min(len(sizes), seen + chance.randint(1, 30))
        for end in TokenLayout().ends(sizes[start:seen], at_end=False):
            ends.append(start + end)
        start = ends[-1] if ends else 0
    ends += [start + end for end in TokenLayout().ends(sizes[start:], at_end=True)]
    assert ends == whole
    groups = [int(sizes[a:b].sum()) for a, b in itertools.pairwise([0, *whole])]
    assert sum(groups) == sizes.sum()
    assert all(group <= 2 * GROUP_TOKENS for group in groups)
    assert all(group >= GROUP_TOKENS / 2 for group in groups[1:])


@pytest.mark.parametrize(
    ("text_mb", "count", "memory_mb", "pieces"),
    [(256, 1, 4000, 2), (240, 1, 4000, 1), (256, 1, 500, 9), (2560, 10, 500, 82), (0, 3, 100, 12)],
)
def test_a_piece_and_its_copy_fit_in_half_of_the_memory_of_a_worker(
    text_mb: int, count: int, memory_mb: int, pieces: int
) -> None:
    """A byte of text is at most one token, of four bytes."""
    found = piece_count(text_mb << 20, count, memory_mb)
    assert found == pieces
    assert text_mb / found * 4 * 2 <= memory_mb / 2


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
    schema = pa.schema(schemas.CORPUS_FIELDS)
    total = 0
    for unit in range(UNITS):
        text = pa.array(texts(unit), pa.large_string())
        size = pc.binary_length(text).cast(pa.int64())
        total += pc.sum(size).as_py()
        columns = {
            "id": [hashlib.md5(f"{unit} {i}".encode()).hexdigest() for i in range(PER_UNIT)],
            "text": text,
            "url": [f"https://site.example/{unit}/{i}" for i in range(PER_UNIT)],
            "title": pa.nulls(PER_UNIT, pa.string()),
            "license": pa.nulls(PER_UNIT, pa.string()),
            "date": pa.nulls(PER_UNIT, pa.string()),
            "source": ["web"] * PER_UNIT,
            "language": ["en"] * PER_UNIT,
            "language_score": pa.array(np.ones(PER_UNIT, np.float32)),
            "text_bytes": size,
            "cluster_size": pa.array(np.arange(PER_UNIT) % 3 + 1),
            "split": ["train"] * PER_UNIT,
        }
        with store.write_part(f"corpus/{unit:06d}.parquet", schema) as part:
            part.write(pa.record_batch(columns, schema=schema))
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
    upstream = {
        "duplicates": {"funnel": {"kept": {"text_bytes": text_bytes or found}}},
        "tokenizer": {"counts": {"vocab_size": 280}},
    }
    context = StageContext(store.root, recipe, units, "key", "plan", exchange, upstream)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    shards.build(pipeline, context)
    pipeline.run().wait_until_finish()
    files = store.read_json(stage_manifest(shards.NAME))["files"]
    return {file["path"]: file["sha256"] for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run whose shards were each sorted in few pieces."""
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
    """200 MB of text need more pieces with 100 MB of memory."""
    text_bytes = 200 << 20
    pieces = piece_count(text_bytes, 2, memory_mb)
    assert pieces == (8 if memory_mb == 4000 else 32)
    assert run_stage(tmp_path, memory_mb, exchange, batch_docs, text_bytes) == whole[1]


def test_shards_follow_each_other_by_key_and_have_equal_tokens_and_every_document(
    whole: tuple[Path, dict[str, str]],
) -> None:
    folder, files = whole
    tables = [pq.read_table(folder / path) for path in sorted(files)]
    every = pa.concat_tables(tables)
    keys = shuffle_keys(pa.concat_arrays(every["doc_id"].chunks), 0)
    assert (np.diff(keys.astype(object)) > 0).all()
    corpus = pa.concat_tables(
        [pq.read_table(path) for path in sorted((folder / "corpus").iterdir())]
    )
    names = ["source", "language", "url", "cluster_size", "split", "text_bytes"]
    expected = {row["id"]: row for row in corpus.select(["id", *names]).to_pylist()}
    found = every.select(["doc_id", *names]).to_pylist()
    assert {row.pop("doc_id").hex(): row for row in found} == {
        id_: {name: row[name] for name in names} for id_, row in expected.items()
    }
    assert len(found) == UNITS * PER_UNIT
    assert every["n_tokens"].equals(pc.list_value_length(every["input_ids"]))
    tokens = [pc.sum(table["n_tokens"]).as_py() for table in tables]
    longest = pc.max(every["n_tokens"]).as_py()
    assert abs(tokens[0] - tokens[1]) / 2 <= max(longest, sum(tokens) / 200)


def test_a_shard_says_what_its_ids_mean_and_how_it_is_ordered(
    whole: tuple[Path, dict[str, str]],
) -> None:
    folder, files = whole
    schema = pq.read_schema(folder / min(files))
    facts = facts_of(schema)
    digest = hashlib.sha256((folder / tokenizer.TOKENIZER_FILE).read_bytes()).hexdigest()
    assert facts["tokenizer_sha256"] == digest
    assert facts["special_tokens"] == {END_OF_TEXT: 0}
    assert (facts["vocab_size"], facts["seed"]) == (280, 0)
    assert schema.equals(schemas.shard_schema(280))
    chunk = pq.read_metadata(folder / min(files)).row_group(0)
    ids = chunk.column(chunk.num_columns - 1)
    assert ids.path_in_schema == "input_ids.list.element"
    assert "BYTE_STREAM_SPLIT" in ids.encodings
    assert ids.compression == "ZSTD"


def test_a_shard_is_written_without_holding_a_piece_that_is_done(tmp_path: Path) -> None:
    """Memory would otherwise be that of the shard, as it was: 1.3 GB for 240 MB of text."""
    rows, length = 20_000, 200
    schema = schemas.shard_schema(280)
    allocated: list[int] = []

    class Piece(Iterable[pa.RecordBatch]):
        def __init__(self, first: int) -> None:
            self._first = first

        def __iter__(self) -> Iterator[pa.RecordBatch]:
            allocated.append(pa.total_allocated_bytes())
            keys = pa.array(range(self._first, self._first + rows), pa.uint64())
            ids = pa.array([i.to_bytes(16, "big") for i in range(rows)], schemas.DOC_ID)
            same = pa.array(["web"] * rows)
            numbers = pa.array(np.ones(rows, np.int64))
            lengths = pa.array(np.full(rows, length, np.int32))
            starts = pa.array(np.arange(0, (rows + 1) * length, length, dtype=np.int32))
            tokens = pa.ListArray.from_arrays(starts, pa.array(np.ones(rows * length, np.uint16)))
            columns = [keys, ids, same, same, same, numbers, same, numbers, lengths, tokens]
            yield pa.record_batch(columns, schema=shards.keyed(schema))

    context = StageContext(str(tmp_path), Recipe(name="test"), (), "", "", FILES, {})
    pieces = [Piece(first) for first in range(0, 10 * rows, rows)]
    bounds = [0, 1 << 16]
    (report,) = shards.WriteShard(context, schema, 1, 16).process((0, pieces), bounds)
    assert report.counts["tokens"] == 10 * rows * length == report.counts["tokens.source.web"]
    groups = pq.read_metadata(tmp_path / "shards/shard-00000-of-00001.parquet")
    sizes = [groups.row_group(i).num_rows * length for i in range(groups.num_row_groups)]
    assert all(GROUP_TOKENS / 2 <= size <= 2 * GROUP_TOKENS for size in sizes)
    piece = rows * length * 2
    assert max(allocated) - allocated[0] < 4 * piece, "rows also wait for their row group"
