import numpy as np
import pyarrow as pa
import pytest

from pipelines.stages.shards import append_to_each
from shards.shuffle import shard_count, shard_name, shuffle_keys

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
    assert append_to_each(lists.slice(1), 0).to_pylist() == [[1, 2, 0], [0], [3, 0]]
    assert append_to_each(lists.slice(4), 0).to_pylist() == []
