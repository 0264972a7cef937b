"""Rounds of large-star and small-star give the stars that union-find gives."""

from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner import fn_runner

from dedup import clusters, rounds
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.stages import components
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import edges_batch, edges_of
from tests.deduplicating import counts, deduplicate, families, in_units


def oriented(left: np.ndarray, right: np.ndarray, seed: int = 0) -> clusters.Edges:
    """Pairs of numbers as edges; documents have shuffled preferences, some of them equal."""
    count = int(max(left.max(initial=0), right.max(initial=0))) + 1
    preference = np.random.default_rng(seed).integers(0, 1 + count // 2, count).astype(np.uint64)
    documents = np.stack([preference, np.arange(count, dtype=np.uint64)], axis=1)
    a, b = documents[left], documents[right]
    swap = clusters.is_preferred(a, b)
    a[swap], b[swap] = b[swap], a[swap]
    edges = np.concatenate([a, b], axis=1)
    return edges[(edges[:, 1] != edges[:, 3])]


def graphs() -> dict[str, clusters.Edges]:
    rng = np.random.default_rng(4)
    line = rng.permutation(300)
    ring = np.arange(101)
    return {
        "none": clusters.no_edges(),
        "one": oriented(np.array([0]), np.array([1])),
        "chain": oriented(line[1:], line[:-1]),
        "sorted chain": oriented(np.arange(1, 400), np.arange(399)),
        "ring": oriented(ring, np.roll(ring, 1)),
        "star": oriented(np.zeros(500, int), np.arange(1, 501)),
        "sparse": oriented(*rng.integers(0, 2000, (2, 900))),
        "dense, repeated": np.tile(oriented(*rng.integers(0, 300, (2, 3000))), (2, 1)),
    }


def settle(edges: clusters.Edges, partitions: int) -> tuple[clusters.Edges, int]:
    for number in range(1, 40):
        moved = 0
        for star in (rounds.large_star, rounds.small_star):
            seen = rounds.both_ways(edges) if star is rounds.large_star else edges
            where = rounds.partition_of(seen[:, 1], partitions)
            parts = [star(seen[where == p]) for p in range(partitions)]
            edges = np.concatenate([part for part, _ in parts])
            moved += sum(count for _, count in parts)
        if not moved:
            return edges, number
    raise AssertionError("does not settle")


@pytest.mark.parametrize("name", graphs())
def test_rounds_settle_on_the_stars_of_union_find(name: str) -> None:
    edges = graphs()[name]
    expected = clusters.compact(edges)
    for partitions in (1, 7):
        stars, number = settle(edges, partitions)
        order = np.lexsort((stars[:, 1], stars[:, 0]))
        assert np.array_equal(stars[order], expected)
        assert number <= 9


@pytest.mark.parametrize(
    ("exchange", "limit"), [("engine", 4), ("files", 1)], ids=["settled", "rest in one worker"]
)
def test_the_pipeline_of_rounds_is_the_combiner(tmp_path: Path, exchange: str, limit: int) -> None:
    recipe = Recipe(name="test", execution=Execution(partitions=3))
    context = StageContext(str(tmp_path), recipe, (), "", "", exchange, {})
    edges = graphs()["sparse"]
    batches = [edges_batch(part) for part in np.array_split(edges, 5)]

    def write(batch: pa.RecordBatch, name: str) -> None:
        Store(str(tmp_path)).write_bytes(f"{name}/{id(batch)}", edges_of(batch)[0].tobytes())

    pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner())
    given = pipeline | beam.Create(batches).with_output_types(pa.RecordBatch)
    joined = beam.CombineGlobally(components.JoinClusters()).without_defaults()
    _ = given | "One" >> joined | "WriteOne" >> beam.Map(write, "one")
    by_rounds = components.JoinByRounds(context, "exchange", limit, 3)
    _ = given | "Rounds" >> by_rounds | "WriteRounds" >> beam.Map(write, "rounds")
    pipeline.run().wait_until_finish()
    found = []
    for name in ("one", "rounds"):
        data = b"".join(path.read_bytes() for path in (tmp_path / name).iterdir())
        stars = np.frombuffer(data, np.uint64).reshape(-1, 4)
        found.append(stars[np.lexsort((stars[:, 1], stars[:, 0]))])
    assert np.array_equal(found[0], found[1])
    assert len(found[0]) > 300


def test_the_stage_decides_the_same_by_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = in_units(families(30, 6), 3, 1)
    near = {"verify": False}
    one = deduplicate(tmp_path / "one", units, near)
    monkeypatch.setattr(components, "EDGE_BYTES", 1 << 40)
    monkeypatch.setattr(components, "ROUNDS", 2)
    assert deduplicate(tmp_path / "rounds", units, near) == one
    assert counts(tmp_path / "rounds") == counts(tmp_path / "one")
    assert len(one) > 50
