"""A loop may stop after any batch and go on with other ranks, workers and sizes of batches."""

import json
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import winnow as library
from tests.test_loader import shards_of

LENGTH, ROWS = 8, 103


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> library.TokenShards:
    """Each row has other tokens."""
    folder = tmp_path_factory.mktemp("run")
    documents = [[n] for n in range(LENGTH * ROWS + 3)]
    shards_of(folder, documents, 3, 100)
    return library.TokenShards(folder, LENGTH, split=None, seed=5)


def numbers(input_ids: Any) -> list[int]:
    return [int(row[0]) // LENGTH for row in input_ids]


def plain(shards: Any, workers: int, **keys: Any) -> Iterator[tuple[list[int], dict[str, int]]]:
    """Readers that are asked in turn, as a DataLoader does it."""
    batches = shards.batches(**keys)
    readers = [iter(batches.of_worker(w, max(1, workers))) for w in range(max(1, workers))]
    while readers:
        for reader in list(readers):
            batch = next(reader, None)
            if batch is None:
                readers.remove(reader)
            else:
                yield numbers(batch.input_ids), batch.state


def torch_loader(shards: Any, workers: int, **keys: Any) -> Iterator[Any]:
    data = pytest.importorskip("torch.utils.data", reason="torch is not installed")
    loader = data.DataLoader(shards.torch_batches(**keys), batch_size=None, num_workers=workers)
    for batch in loader:
        yield numbers(batch["input_ids"]), batch["state"]


def stateful_loader(shards: Any, workers: int, **keys: Any) -> Iterator[Any]:
    data = pytest.importorskip("torchdata.stateful_dataloader", reason="torchdata is not installed")
    dataset = shards.torch_batches(**keys)
    for batch in data.StatefulDataLoader(dataset, batch_size=None, num_workers=workers):
        yield numbers(batch["input_ids"]), batch["state"]


Way = Callable[..., Iterator[tuple[list[int], dict[str, int]]]]


@pytest.mark.parametrize("way", [plain, torch_loader, stateful_loader])
def test_what_is_taken_before_and_after_every_stop_is_the_epoch(shards: Any, way: Way) -> None:
    """Stop after any batch, with 1 to 4 ranks and 0 to 2 workers changed between."""
    chance = random.Random(2)
    expected = [shards.number(place) for place in range(ROWS)]
    stops = range(9) if way is plain else (0, 3)
    for stop in stops:
        taken: list[int] = []
        state = None
        for limit in (stop, chance.randint(1, 3), None):
            ranks, size = chance.randint(1, 4), chance.randint(1, 5)
            by_rank = [
                list(way(shards, chance.randint(0, 2), batch_rows=size, rank=rank, ranks=ranks,
                         state=state, drop_last=limit is not None))[:limit]
                for rank in range(ranks)
            ]  # fmt: skip
            steps = max(map(len, by_rank))
            for step in range(steps):
                for batches in by_rank:
                    if step < len(batches):
                        rows, after = batches[step]
                        taken += rows
                        state = json.loads(json.dumps(after))
            assert state is None or state["taken"] == len(taken)
            assert state is None or len(json.dumps(state)) < 200
        assert taken == expected


def test_every_rank_has_as_many_batches_when_the_last_are_dropped(shards: Any) -> None:
    for ranks in range(1, 5):
        for size in (1, 3, 7):
            counts = {len(shards.batches(size, rank=r, ranks=ranks)) for r in range(ranks)}
            assert counts == {ROWS // (size * ranks)}


def test_a_state_is_restored_without_reading_what_was_taken(shards: Any) -> None:
    again = pickle.loads(pickle.dumps(shards))
    state = {"seed": 5, "epoch": 0, "rows": ROWS, "taken": 96}
    (batch,) = again.batches(4, state=state)
    assert numbers(batch.input_ids) == [again.number(place) for place in range(96, 100)]
    assert len(again._rows._read) <= 2


def test_a_state_of_another_order_or_of_other_rows_is_refused(shards: Any) -> None:
    state = next(iter(shards.batches(4))).state
    assert next(iter(shards.batches(4, state=state))).state["taken"] == 8
    with pytest.raises(ValueError, match="epoch 0, not 1"):
        shards.of_epoch(1).batches(4, state=state)
    with pytest.raises(ValueError, match="rows 9, not 103"):
        shards.batches(4, state=state | {"rows": 9})
    with pytest.raises(ValueError, match="rank 2 of 2"):
        shards.batches(4, rank=2, ranks=2)


def test_arrays_of_a_batch_are_those_of_its_rows(shards: Any) -> None:
    batch = next(iter(shards.batches(3)))
    assert batch.input_ids.shape == batch.position_ids.shape == batch.document_ids.shape == (3, 8)
    assert batch.cu_seqlens.tolist() == [*range(25)]
    assert np.array_equal(batch.input_ids[1], shards[1].input_ids)


def test_grain_takes_shards_as_a_source(shards: Any) -> None:
    grain = pytest.importorskip("grain", reason="grain is not installed")
    rows = grain.MapDataset.source(shards).map(lambda row: row.input_ids)
    iterator = iter(rows.to_iter_dataset().batch(4))
    first = [numbers(next(iterator)) for _ in range(5)]
    state = iterator.get_state()
    after = numbers(next(iterator))
    again = iter(rows.to_iter_dataset().batch(4))
    again.set_state(state)
    assert numbers(next(again)) == after
    expected = [shards.number(place) for place in range(20)]
    assert [number for batch in first for number in batch] == expected


def test_grain_goes_on_with_other_ranks(shards: Any) -> None:
    experimental = pytest.importorskip("grain.experimental", reason="grain is not installed")
    from grain import MapDataset
    from grain.sharding import ShardOptions

    rows = MapDataset.source(shards).map(lambda row: row.input_ids)
    state, taken = None, []
    for ranks, steps in ((1, 3), (4, 5), (2, 2)):
        states = []
        by_rank = []
        for rank in range(ranks):
            iterator = iter(experimental.ElasticIterator(rows, 8, ShardOptions(rank, ranks)))
            if state is not None:
                iterator.set_state(state)
            by_rank.append([numbers(next(iterator)) for _ in range(steps)])
            states.append(iterator.get_state())
        assert all(one == states[0] for one in states)
        state = states[0]
        for step in range(steps):
            taken += sorted(n for batches in by_rank for n in batches[step])
    expected = [shards.number(place) for place in range(80)]
    assert taken == [n for i in range(0, 80, 8) for n in sorted(expected[i : i + 8])]
