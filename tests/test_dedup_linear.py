"""Steps of one worker cost what their rows cost, however many units the rows are of."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dedup import bands, clusters
from dedup.settings import Duplicates, MinHash
from manifests import grouping
from manifests.store import ROW_GROUP_ROWS, Store
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.stages import buckets, components, pairs, urls
from pipelines.stages.context import StageContext
from pipelines.stages.evidence import by_root_units
from tests.deduplicating import story, write_texts

UNITS, ROWS = 3000, 600


def edges() -> pa.RecordBatch:
    """Hundreds of documents of each unit, removed for documents of other units."""
    member = np.concatenate([bands.refs(unit, np.arange(ROWS)) for unit in range(UNITS)])
    root = np.random.default_rng(1).permutation(member) + np.uint64(1 << 16)
    ones = np.ones(len(member), np.uint64)
    return pairs.edges_batch(np.stack([ones, member, ones, root], axis=1))


@pytest.mark.parametrize(
    ("step", "seconds"),
    [
        (buckets.rows_by_unit, 1),
        (lambda batch: pairs.by_root_units(batch, 1), 3),
        (lambda batch: by_root_units(batch, 1), 3),
    ],
    ids=["rows_by_unit", "pairs of roots", "stars of roots"],
)
def test_rows_are_sorted_once_and_not_looked_through_for_each_unit(
    step: Callable[[pa.RecordBatch], Iterable[Any]], seconds: float
) -> None:
    """With a mask over all rows for each unit 1.7, 2.5 and 6.2 s, and days in a large run."""
    batch = edges()
    started = time.process_time()
    found = list(step(batch))
    assert time.process_time() - started < seconds
    assert len(found) == UNITS
    assert sum(part.num_rows for _, part in found) == UNITS * ROWS


def test_positions_are_those_of_each_value() -> None:
    values = np.array([3, 1, 3, 2, 1])
    found = {value: at.tolist() for value, at in grouping.positions_by(values)}
    assert found == {1: [1, 4], 2: [3], 3: [0, 2]}
    assert list(grouping.positions_by(values[:0])) == []


def context_of(folder: Path, documents: int, near: MinHash | None, memory_mb: int) -> StageContext:
    recipe = Recipe(
        name="test",
        duplicates=Duplicates(near=near),
        execution=Execution(partitions=4, memory_mb=memory_mb),
    )
    upstream = {"documents": {"funnel": {"kept": {"docs": documents, "text_bytes": 0}}}}
    return StageContext(str(folder), recipe, (), "key", "plan", "files", upstream)


@pytest.mark.parametrize("most_bytes", [1 << 26, 1 << 16])
def test_words_of_roots_go_to_each_unit_in_few_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_bytes: int
) -> None:
    """One batch for each row group and unit of members had 15 rows on average."""
    monkeypatch.setattr(pairs, "_ROOT_BYTES", most_bytes)
    texts = [" ".join(story(i, 10 + i % 20)) for i in range(3 * ROW_GROUP_ROWS)]
    context = context_of(tmp_path, len(texts), MinHash(), 4000)
    write_texts(Store(str(tmp_path)), 0, 0, pa.array(texts, pa.large_string()), context.recipe)
    root = bands.refs(0, np.arange(len(texts)))
    member = np.array([bands.refs(1 + i % 10, np.array([i]))[0] for i in range(len(texts))])
    zeros = np.zeros(len(texts), np.uint64)
    given = pairs.edges_batch(np.stack([zeros + np.uint64(1), member, zeros, root], axis=1))
    step = pairs.ReadRoots(context, 1)
    step.setup()
    found = list(step.process((0, [given])))
    assert len(found) == 10 if most_bytes == 1 << 26 else len(found) > 10
    assert {unit for unit, _ in found} == set(range(1, 11))
    back = np.concatenate([pairs.pairs_of(batch)[0] for _, batch in found])
    assert sorted(back[:, clusters.ROOT_REF].tolist()) == root.tolist()
    sizes = {
        ref: len(words)
        for _, batch in found
        for ref, words in zip(
            batch["root_ref"].to_pylist(), batch["units"].to_pylist(), strict=True
        )
    }
    assert [sizes[ref] for ref in root.tolist()] == [len(text.split()) for text in texts]


def test_a_batch_of_roots_has_about_the_size_of_an_element(tmp_path: Path) -> None:
    text = pa.array([f"{i} " * 20_000 for i in range(60)], pa.large_string())
    context = context_of(tmp_path, 60, MinHash(), 4000)
    write_texts(Store(str(tmp_path)), 0, 0, text, context.recipe)
    root = bands.refs(0, np.arange(60))
    member = bands.refs(1, np.arange(60))
    ones = np.ones(60, np.uint64)
    given = pairs.edges_batch(np.stack([ones, member, ones, root], axis=1))
    step = pairs.ReadRoots(context, 1)
    step.setup()
    sizes = [batch.nbytes for _, batch in step.process((0, [given]))]
    assert 4 <= len(sizes) <= 8
    assert max(sizes) < 1.2 * 2**20


def test_every_shuffle_has_as_many_parts_as_memory_asks(tmp_path: Path) -> None:
    """Parts of copies, URLs and stars were 16 for a thousand million documents, too."""
    small = context_of(tmp_path, 1000, MinHash(verify=False), 100)
    large = context_of(tmp_path, 10**9, MinHash(verify=False), 4000)
    for count in (buckets.band_partitions, buckets.exact_partitions, urls.url_partitions):
        assert count(small) == 4
        assert count(large) > 50
    assert components.join_clusters(large, "stars").partitions > 100
