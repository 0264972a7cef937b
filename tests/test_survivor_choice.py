"""Options of stage `duplicates` on who survives and what is told of it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dedup import bands, rehydration
from dedup.settings import Duplicates, MinHash
from manifests import schemas
from manifests.store import Store
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Recipe
from tests.deduplicating import (
    Document,
    counts,
    deduplicate,
    edited,
    rows_by_number,
    run_planned,
    story,
    write_texts,
)
from tests.winnow import manifest, winnow


def test_preference_is_priority_then_score_then_length_then_identity() -> None:
    ids = pa.array([bytes([i, *[0] * 15]) for i in range(6)], schemas.DOC_ID)
    size = np.array([10, 10, 10, 5000, 20, 10])
    score = np.array([np.nan, -3.0, 0.25, 0.25, 0.5, -0.0])
    order = np.argsort(bands.preference(1, size, ids, score))
    assert order.tolist() == [4, 3, 2, 5, 1, 0]
    assert (
        bands.preference(0, size, ids, score) < bands.preference(1, size, ids, score).min()
    ).all()
    same = bands.preference(1, size[:2] * 0 + 7, ids[:2], np.array([0.0, -0.0]))
    assert same[0] < same[1], "equal but for the identity"
    wide = np.array([-np.inf, -1e9, -70000, -1, -1e-9, 0, 1e-3, 0.9, 0.91, 1, 7, 6e4])
    ranks = bands.preference(1, np.full(12, 9), pa.array([bytes(16)] * 12, schemas.DOC_ID), wide)
    assert (np.diff(ranks.astype(np.float64)) <= 0).all()
    assert len(set(ranks[5:].tolist())) == 7


def test_the_higher_score_survives_the_longer_text(tmp_path: Path) -> None:
    words = story(1)
    texts = [" ".join([*words, "and", "more"]), " ".join(edited(words, 1, 2)), " ".join(words)]
    recipe = Recipe(name="test", duplicates=Duplicates(near=MinHash(), score="quality"))
    store = Store(str(tmp_path))
    text = pa.array(texts, pa.large_string())
    write_texts(store, 0, 0, text, recipe)
    with pytest.raises(Exception, match=r"documents/000000.parquet has no column 'quality'"):
        run_planned(tmp_path, 1, recipe)
    for scores, survivor in (([0.1, 0.2, 0.9], 2), ([0.1, 0.9, None], 1), ([0.5, 0.5, 0.5], 0)):
        table = pa.record_batch(
            [text, pa.array(scores, pa.float32())],
            schema=pa.schema([schemas.TEXT_FIELD, pa.field("quality", pa.float32())]),
        )
        with store.write_part("documents/000000.parquet", table.schema) as part:
            part.write(table)
        rows = run_planned(tmp_path, 1, recipe).read_table("duplicates/000000.parquet")
        assert set(rows["row"].to_pylist()) == {0, 1, 2} - {survivor}


def test_score_names_a_measured_column() -> None:
    recipe = loading.load("fineweb-en", ["duplicates.score=language_score"])
    assert recipe.duplicates.score == "language_score"
    with pytest.raises(RecipeError, match="did you mean 'language_score'"):
        loading.load("fineweb-en", ["duplicates.score=language_scor"])
    with pytest.raises(RecipeError, match="numeric column"):
        loading.load("fineweb-en", ["duplicates.score=url"])


def test_weights_are_those_that_fineweb_2_published() -> None:
    sizes = np.array([1, 2, 3, 4, 5, 99, 100, 999, 1000, 10**6])
    assert rehydration.weights(sizes, "fineweb-2").tolist() == [1, 2, 3, 3, 5, 5, 8, 8, 1, 1]
    assert len(rehydration.weights(np.empty(0, np.int64), "fineweb-2")) == 0


@pytest.mark.parametrize("near", [{}, None])
def test_clusters_have_a_row_for_each_survivor_of_others(tmp_path: Path, near) -> None:  # type: ignore[no-untyped-def]
    texts = [" ".join(story(i)) for i in range(5)]
    documents = [Document(10 * i + k, texts[i]) for i in range(5) for k in range(1 + 2 * (i > 1))]
    units = [documents[:4], documents[4:9], documents[9:], []]
    found = deduplicate(tmp_path, units, near, rehydrate="fineweb-2")
    store = Store(str(tmp_path))
    paths = store.list("clusters")
    assert len(paths) == 4
    told = {}
    for path, unit in zip(paths, units, strict=True):
        for row in store.read_table(path).to_pylist():
            assert row["doc_id"] == unit[row["row"]].doc_id
            told[unit[row["row"]].number] = (row["cluster_size"], row["weight"])
    assert told == {row["survivor"]: (3, 3) for row in found.values()}
    assert len(told) == 3
    assert counts(tmp_path)["documents_repeated"] == 6
    assert rows_by_number(store, documents) == found


def test_a_run_tells_its_alarms_in_manifest_and_summary(tmp_path: Path) -> None:
    run = tmp_path / "run"
    source = tmp_path / "pages.jsonl"
    lines = [f'{{"id": "{i}", "text": "{" ".join(story(i % 40))}"}}' for i in range(120)]
    source.write_text("\n".join(lines))
    recipe = tmp_path / "small.yaml"
    recipe.write_text("name: small\ntokenizer: {vocab_size: 300}\n")
    arguments = ["run", recipe, "--source", f"twice=jsonl:{source}", "--out", run, "--workers", "1"]
    told = winnow(*arguments)
    [alarm] = [
        a
        for a in manifest(run)["reproducible"]["alarms"]
        if a["kind"] == "most_documents_are_duplicates"
    ]
    assert alarm["stage"] == "duplicates"
    lost = {"field": "source", "name": "twice", "docs": 120, "dropped": 80}
    assert [row for row in alarm["found"] if row["field"] == "source"] == [lost]
    assert "source twice lost 67% of its 120 documents" in told.stdout
    winnow("verify", run)
    told = winnow(*arguments, "--set", "duplicates.alarm_share=0.9", "--overwrite")
    assert alarm["kind"] not in {a["kind"] for a in manifest(run)["reproducible"]["alarms"]}
    assert "lost 67%" not in told.stdout + told.stderr
