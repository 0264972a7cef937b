"""winnow.deduplicate gives what a run gives for the same texts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import winnow
from tests.deduplicating import Document, deduplicate, families, in_units

Decisions = dict[int, tuple[int, str, float | None]]


def by_stage(folder: Path, documents: list[Document], near: dict[str, Any] | None) -> Decisions:
    rows = deduplicate(folder, in_units(documents, 3, 1), near)
    return {n: (r["survivor"], r["reason"], r["true_similarity"]) for n, r in rows.items()}


def by_call(documents: list[Document], near: dict[str, Any] | None) -> Decisions:
    ids = [document.doc_id for document in documents]
    found = winnow.deduplicate([d.text for d in documents], near, ids=ids).to_pylist()
    number = [document.number for document in documents]
    return {
        number[row]: (number[told["duplicate_of"]], told["reason"], told["similarity"])
        for row, told in enumerate(found)
        if not told["kept"]
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "near",
    [
        {},
        {"min_similarity": 0.5},
        {"preset": "slimpajama"},
        {"family": "datasketch", "bands": 20, "rows": 5},
        {"family": "datatrove"},
        None,
    ],
    ids=str,
)
def test_survivors_and_similarities_are_those_of_the_stage(
    tmp_path: Path, near: dict[str, Any] | None, seed: int
) -> None:
    documents = families(60, 6, seed)
    wanted = by_stage(tmp_path, documents, near)
    assert len(wanted) > 20
    assert by_call(documents, near) == wanted


def test_unverified_survivors_are_those_of_the_stage(tmp_path: Path) -> None:
    """The stage tells estimates in a column of their own, so these are left out."""
    documents, near = families(60, 6), {"verify": False}
    wanted = {n: row[:2] for n, row in by_stage(tmp_path, documents, near).items()}
    assert {n: row[:2] for n, row in by_call(documents, near).items()} == wanted


@pytest.mark.slow
def test_a_whole_run_over_the_same_texts_keeps_the_same_ones(tmp_path: Path) -> None:
    texts = [document.text or "" for document in families(40, 5)]
    file = tmp_path / "texts.jsonl"
    file.write_text(
        "".join(json.dumps({"id": f"{i}", "text": t}) + "\n" for i, t in enumerate(texts))
    )
    changes: dict[str, Any] = {
        "documents.rules": None,
        "documents.pii": None,
        "documents.language": None,
        "token_cost.parallel": None,
        "duplicates": {"near": {}},
    }
    recipe = winnow.load_recipe("demo", changes, [f"jsonl:{file}"])
    run = winnow.run(recipe, tmp_path / "run", workers=2)
    stored = run.table("documents", ["doc_id", "text"])
    found = winnow.deduplicate(stored["text"], ids=stored["doc_id"], seed=recipe.seed)
    names = stored["doc_id"].to_pylist()
    ours = {
        names[row]: (names[told["duplicate_of"]], told["reason"], told["similarity"])
        for row, told in enumerate(found.to_pylist())
        if not told["kept"]
    }
    theirs = {
        row["doc_id"]: (row["survivor"], row["reason"], row["true_similarity"])
        for row in run.table("duplicates").to_pylist()
    }
    assert len(theirs) > 30
    assert ours == theirs
    kept = stored.filter(found["kept"])["doc_id"].to_pylist()
    assert run.documents(["doc_id"]).read_all()["doc_id"].to_pylist() == kept


def test_the_order_of_rows_decides_nothing_but_which_equal_text_is_first() -> None:
    texts = sorted({document.text or "" for document in families(60, 6)})
    order = np.random.default_rng(1).permutation(len(texts))
    kept = winnow.deduplicate(texts)["kept"].to_numpy()
    shuffled = winnow.deduplicate([texts[i] for i in order])["kept"].to_numpy()
    assert 0 < kept.sum() < len(texts)
    assert (kept[order] == shuffled).all()


def test_rows_without_text_are_kept_and_the_longer_or_better_text_survives() -> None:
    long = "every word of this text stands in the other one as well and so they are near "
    texts = [None, "", "  ", "!", long, long + "duplicates", None, long.upper()]
    found = winnow.deduplicate(texts)
    assert found["duplicate_of"].to_pylist() == [None] * 4 + [5, None, None, 5]
    assert found["reason"].to_pylist()[4:] == ["near_duplicate", None, None, "near_duplicate"]
    scored = winnow.deduplicate(texts, scores=[0, 0, 0, 0, 2.5, 1, 0, None])
    assert scored["duplicate_of"].to_pylist() == [None] * 5 + [4, None, 4]
    exact = winnow.deduplicate(texts, None)
    assert (
        exact["kept"].to_pylist() == [True] * 7 + [False] or exact["kept"].to_pylist()[4] is False
    )
    assert exact["similarity"].drop_null().to_pylist() == [1.0]


def test_no_texts_and_one_text_are_columns_too() -> None:
    for texts in ([], ["x"], [None]):
        found = winnow.deduplicate(texts)
        assert found["kept"].to_pylist() == [True] * len(texts)
        assert [str(field.type) for field in found.schema] == ["bool", "int64", "string", "float"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"near": {"min_similarty": 0.8}}, "did you mean 'min_similarity'"),
        ({"near": {"bands": 0}}, "duplicates.near.bands is 0, but must be from 1 to 10,000"),
        ({"near": {"threshold": 0.8, "bands": 3}}, "give threshold, or bands and rows, not both"),
        ({"near": {"min_similarity": 1.5}}, "min_similarity"),
        ({"scores": [1.0]}, "scores has 1 values for 2 texts"),
        ({"ids": [bytes(16)]}, "ids has 1 values for 2 texts"),
        ({"ids": [bytes(16), bytes(16)]}, "ids must all be different"),
        ({"ids": [bytes(16), None]}, "none null"),
    ],
)
def test_wrong_arguments_are_told(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        winnow.deduplicate(["a", "b"], **arguments)


def test_ids_of_another_width_are_refused() -> None:
    with pytest.raises(TypeError, match="ids must be 16 bytes each"):
        winnow.deduplicate(["a", "b"], ids=[b"1", b"2"])
    with pytest.raises(TypeError, match="ids must be 16 bytes each"):
        winnow.deduplicate(["a", "b"], ids=pa.array([1, 2]))


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"near": "fineweb"}, TypeError, 'near is \'fineweb\', .* such as {"preset": "fineweb"}'),
        ({"near": 3}, TypeError, "near is 3, but must be a mapping"),
        ({"near": {1: 2}}, TypeError, "near has keys that are not str"),
        ({"seed": "x"}, TypeError, "seed is str, but must be an int"),
        ({"seed": 1.5}, TypeError, "seed is float"),
        ({"seed": 2**70}, ValueError, r"seed is \d+, but must be from 0 to 2\*\*64 - 1"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_wrong_near_and_seed_are_told(
    arguments: dict[str, Any], error: type[Exception], told: str
) -> None:
    for call in (winnow.deduplicate, winnow.signatures):
        with pytest.raises(error, match=told):
            call(["a", "b"], **arguments)
    assert len(winnow.signatures(["a"], seed=np.int64(3))) == 1  # type: ignore[arg-type]


def test_signatures_always_want_a_mapping() -> None:
    with pytest.raises(TypeError, match="near is None, but must be a mapping"):
        winnow.signatures(["a"], None)  # type: ignore[arg-type]


@pytest.mark.parametrize("scores", [["a", "b"], ["1", "2"], 3, [True, 2], pa.array(["1", "2"])])
def test_scores_that_are_no_numbers_are_told(scores: Any) -> None:
    with pytest.raises(TypeError, match="must be numbers or None, one for each text"):
        winnow.deduplicate(["a", "b"], scores=scores)


def test_texts_that_differ_in_their_numbers_alone_are_told_apart() -> None:
    """As the docstring says."""
    texts = [f"on day {n} the quick brown fox jumped over {n * 7} lazy dogs" for n in (1, 2)]
    assert winnow.deduplicate(texts)["kept"].to_pylist() == [True, True]
    folded = winnow.deduplicate(texts, {"fold": ["numbers"]})["similarity"].to_pylist()
    assert folded in ([None, 1.0], [1.0, None])
