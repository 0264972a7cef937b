"""Rows of tokens from shards: what is in them, random access, orders, and damage."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.loader import Order, TokenRows
from shards.shard_files import described

FACTS = {"vocab_size": 1000, "seed": 1}


def shards_of(
    folder: Path, documents: list[list[int]], files: int, group: int, **facts: int
) -> Path:
    """Shards of a few documents a row group, as a run has them."""
    ids = pa.list_(pa.uint16())
    schema = pa.schema([("split", pa.string()), ("n_tokens", pa.int32()), ("input_ids", ids)])
    (folder / "shards").mkdir(parents=True)
    bounds = [len(documents) * n // files for n in range(files + 1)]
    for number, (first, end) in enumerate(itertools.pairwise(bounds)):
        own = documents[first:end]
        columns = [["train"] * len(own), [len(one) for one in own], own]
        table = pa.table(columns, schema=described(schema, FACTS | facts))
        name = f"shards/shard-{number:05d}-of-{files:05d}.parquet"
        pq.write_table(table, folder / name, row_group_size=group)
    return folder


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    length=st.integers(1, 50),
    files=st.integers(1, 3),
    group=st.integers(1, 9),
)
def test_rows_are_the_documents_end_to_end(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    length: int,
    files: int,
    group: int,
) -> None:
    numbers = itertools.count()
    documents = [[next(numbers) % 1000 for _ in range(n)] for n in lengths]
    rows = TokenRows(
        str(shards_of(tmp_path_factory.mktemp("run"), documents, files, group)), length
    )
    stream = list(itertools.chain(*documents))
    owner = [n for n, document in enumerate(documents) for _ in document]
    assert rows.tokens == len(stream)
    assert len(rows) == len(stream) // length
    for number in random.Random(1).sample(range(len(rows)), len(rows)):
        row = rows[number]
        part = slice(number * length, (number + 1) * length)
        assert row.input_ids.tolist() == stream[part]
        assert row.doc_lens.tolist() == [len([*g]) for _, g in itertools.groupby(owner[part])]
        assert row.cu_seqlens()[-1] == length
        starts = itertools.chain(*(range(n) for n in row.doc_lens.tolist()))
        assert row.position_ids().tolist() == [*starts]


def test_a_demo_is_read_as_it_was_written(demo: Path) -> None:
    rows = TokenRows(str(demo), 128)
    expected = []
    for path in sorted((demo / "shards").glob("*.parquet")):
        expected += pq.read_table(path, columns=["input_ids"])["input_ids"].to_pylist()
    stream = np.array(list(itertools.chain(*expected)))
    assert rows.tokens == len(stream)
    read = np.concatenate([row.input_ids for row in rows])
    assert np.array_equal(read, stream[: len(rows) * 128])
    end = rows.facts["special_tokens"]["<|endoftext|>"]
    assert sum(len(row.doc_lens) for row in rows) >= int((read == end).sum())
    assert np.array_equal(rows[-1].input_ids, rows[len(rows) - 1].input_ids)
    for number in (len(rows), -len(rows) - 1):
        with pytest.raises(IndexError):
            rows[number]


@pytest.mark.parametrize("count", [1, 2, 7, 64, 1000, 1023])
@pytest.mark.parametrize("block", [1, 4, 100, 5000])
def test_an_order_has_each_number_once_and_keeps_blocks(count: int, block: int) -> None:
    for epoch in range(3):
        order = Order(count, block, 7, epoch)
        found = [order[place] for place in range(count)]
        assert sorted(found) == [*range(count)]
        jumps = sum(b != a + 1 for a, b in itertools.pairwise(found))
        assert jumps < -(-count // block)
    if count > 500 and block == 1:
        again = [Order(count, block, 7, 2)[place] for place in range(count)]
        assert found == again
        assert found != [Order(count, block, 8, 2)[place] for place in range(count)]
        assert abs(np.corrcoef(found, range(count))[0, 1]) < 0.15


def test_ranks_and_workers_share_an_order_without_a_state_of_their_own() -> None:
    """Stopped after any number of steps, other ranks go on where the first ones stopped."""
    order = Order(1000, 16, 3, 0)
    for stop in (0, 1, 5, 37):
        taken = [order[step * 4 + rank] for step in range(stop) for rank in range(4)]
        left = [order[place] for place in range(stop * 4, 1000)]
        assert sorted(taken + left) == [*range(1000)]


def test_faults_of_shards_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no shards"):
        TokenRows(str(tmp_path), 8)
    run = shards_of(tmp_path / "run", [[1, 2, 3]] * 400, 2, 100)
    with pytest.raises(ValueError, match="length is 0"):
        TokenRows(str(run), 0)
    first = run / "shards/shard-00000-of-00002.parquet"
    stored = first.read_bytes()
    rows = TokenRows(str(run), 8)
    first.write_bytes(stored[: len(stored) // 2])
    with pytest.raises(ValueError, match=r"row group 0 of shards/shard-00000-of-00002.parquet"):
        rows[0]
    with pytest.raises(ValueError, match="is damaged, or no shard"):
        TokenRows(str(run), 8)
    schema = pq.read_schema(run / "shards/shard-00001-of-00002.parquet")
    other = schema.with_metadata({b"winnow": json.dumps(FACTS | {"seed": 2}).encode()})
    pq.write_table(pa.table([["train"], [2], [[1, 2]]], schema=other), first)
    with pytest.raises(ValueError, match="of another run"):
        TokenRows(str(run), 8)
