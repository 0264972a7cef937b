"""However survivors are chosen, the stage removes the same documents for the same ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from manifests import alarms
from pipelines.stages import pairs, survivors
from pipelines.stages.context import StageContext
from tests.deduplicating import Document, counts, deduplicate, edited, families, in_units, story


def documents() -> list[Document]:
    """Families of versions, a chain of ever longer versions, and copies of some of its texts."""
    words = story(3, 160)
    chain = []
    for step in range(40):
        words = [*edited(words, 3, step), "".join(chr(97 + step % 26) * 5)]
        chain.append(Document(10_000 + step, " ".join(words)))
        if step % 5 == 0:
            chain.append(Document(11_000 + step, " ".join(words).upper()))
    return [*families(40, 6), *chain]


def few_documents(context: StageContext) -> bool:
    return False


def decide(folder: Path, exchange: str = "files", units: int = 3) -> tuple[Any, dict[str, int]]:
    found = deduplicate(folder, in_units(documents(), units, 2), {}, 3, exchange)
    return {n: {k: v for k, v in row.items() if k != "row"} for n, row in found.items()}, counts(
        folder
    )


@pytest.fixture(scope="module")
def in_one_worker(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, int]]:
    found = decide(tmp_path_factory.mktemp("one"))
    assert len(found[0]) > 80
    return found


Patch = Callable[[pytest.MonkeyPatch], None]


def by_rounds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(survivors, "fits_in_one_worker", few_documents)


def by_components(patch: pytest.MonkeyPatch) -> None:
    by_rounds(patch)
    patch.setattr(survivors, "ROUNDS", 1)
    patch.setattr(survivors, "few_pairs", lambda context: 3)


@pytest.mark.parametrize("exchange", ["files", "engine"])
@pytest.mark.parametrize("way", [by_rounds, by_components])
def test_rounds_remove_what_one_worker_removes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_one_worker: tuple[Any, dict[str, int]],
    way: Patch,
    exchange: str,
) -> None:
    way(monkeypatch)
    found = decide(tmp_path, exchange, 7)
    assert found == in_one_worker


def test_pairs_of_hot_roots_are_spread_and_compared_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_worker: tuple[Any, dict[str, int]]
) -> None:
    """A root is hot where it has many pairs in a batch; the same pair also comes from others."""
    monkeypatch.setattr(pairs, "_HOT_PAIRS", 2)
    assert decide(tmp_path, units=7) == in_one_worker


def test_a_hot_root_has_a_key_for_each_group_of_members() -> None:
    """100 million members of one root would all go to one worker at once."""
    count = pairs._HOT_PAIRS + 8
    member = (np.arange(count, dtype=np.uint64) % np.uint64(40) << np.uint64(32)) + np.arange(
        1, count + 1, dtype=np.uint64
    )
    root = np.zeros(count, np.uint64)
    root[-4:] = 5 << 32
    zeros = np.zeros(count, np.uint64)
    edges = np.stack([zeros + np.uint64(1), member, zeros, root], axis=1)
    found = list(pairs.by_root_units(pairs.edges_batch(edges), 4))
    assert {key & 0xFFFFFFFF for key, _ in found} == {0, 1}
    assert [batch.num_rows for key, batch in found if key & 0xFFFFFFFF == 1] == [4]
    hot = [batch for key, batch in found if key & 0xFFFFFFFF == 0]
    assert len(hot) == 10
    assert max(batch.num_rows for batch in hot) < count / 9


def test_a_cluster_that_a_worker_cannot_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refs = np.arange(10, dtype=np.uint64) + np.uint64(7 << 32)
    chain = np.stack([refs[1:], refs[1:], refs[:-1], refs[:-1]], axis=1)
    other = chain[:2] + np.uint64(1 << 32)
    found = dict(survivors.large_components(np.concatenate([chain, other]), 5))
    assert found == {"row 0 of unit 000007": 9}
    stage = {"duplicates": {"counts": {f"{alarms.LARGE_COMPONENT}row 0 of unit 000007": 9}}}
    rows = alarms._large_clusters(alarms.Results({}, stage), "duplicates")
    assert "row 0 of unit 000007 (9 pairs)" in alarms._told_large_clusters(rows)


def test_nothing_is_left_in_empty_batches() -> None:
    batch = survivors.notes_batch(survivors.Notes.concatenated([]))
    assert isinstance(batch, pa.RecordBatch)
    assert list(pairs.by_document(batch, "member_ref", 3)) == []
    assert list(survivors.undecided(0, [batch])) == []
