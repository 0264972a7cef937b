"""Who survives, why, and that nothing but content decides it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from manifests.store import Store
from tests.deduplicating import (
    Document,
    counts,
    deduplicate,
    edited,
    families,
    in_units,
    jaccard,
    run_planned,
    run_stage,
    story,
    write_run,
    write_texts,
)


def decisions(found: dict) -> dict:  # type: ignore[type-arg]
    """What must not depend on where a document stood."""
    return {number: {k: v for k, v in row.items() if k != "row"} for number, row in found.items()}


def test_duplicates_resemble_their_survivor_and_survivors_resemble_nobody(tmp_path: Path) -> None:
    documents = families(60, 6)
    text = {d.number: d.text or "" for d in documents}
    found = deduplicate(tmp_path, in_units(documents, 4, 1), {"min_similarity": 0.7})
    assert len(found) > 80
    assert {row["reason"] for row in found.values()} == {"exact_duplicate", "near_duplicate"}
    sizes = Counter(row["survivor"] for row in found.values())
    for number, row in found.items():
        assert row["survivor"] not in found
        assert row["cluster_size"] == sizes[row["survivor"]] + 1
        truth = jaccard(text[number], text[row["survivor"]])
        assert truth >= 0.7
        assert row["true_similarity"] == pytest.approx(truth, abs=1e-6)
        assert abs(row["similarity"] - truth) < 0.2
        if row["reason"] == "exact_duplicate":
            assert text[number] == text[row["survivor"]]
    left = [d.number for d in documents if d.number not in found and len(d.text or "") > 9]
    alike = [
        (a, b) for a in left for b in left if a < b and jaccard(text[a], text[b]) >= 0.9
    ]  # fmt: skip
    assert not alike
    told = counts(tmp_path)
    assert told["pairs_compared"] > told["pairs_unlike"] >= 0


@pytest.mark.parametrize("near", [{}, {"verify": False}, {"family": "datasketch"}, None])
def test_units_partitions_order_and_exchange_decide_nothing(tmp_path: Path, near) -> None:  # type: ignore[no-untyped-def]
    documents = families(30, 5)
    layouts = [(1, 1, "files"), (2, 5, "files"), (7, 2, "engine")]
    results = []
    for i, (units, partitions, exchange) in enumerate(layouts):
        folder = tmp_path / str(i)
        found = deduplicate(folder, in_units(documents, units, i), near, partitions, exchange)
        results.append((decisions(found), counts(folder)))
    assert results[0] == results[1] == results[2]
    assert len(results[0][0]) > 10


def drifting(steps: int) -> list[Document]:
    """A page that changes a little from version to version, the longest first."""
    words = story(5, 200)
    versions = []
    for step in range(steps):
        versions.append(Document(step, " ".join(words[: 200 - step])))
        words = edited(words, 2, step)
    return versions


def test_a_chain_of_alike_pairs_does_not_join_what_is_unlike(tmp_path: Path) -> None:
    versions = drifting(24)
    text = {d.number: d.text or "" for d in versions}
    assert jaccard(text[0], text[23]) < 0.3
    chained = deduplicate(tmp_path / "off", [versions], {"verify": False})
    assert len(chained) == 23
    assert {row["survivor"] for row in chained.values()} == {0}
    assert {row["true_similarity"] for row in chained.values()} == {None}
    bounded = deduplicate(tmp_path / "on", [versions], {"min_similarity": 0.7})
    for number, row in bounded.items():
        assert jaccard(text[number], text[row["survivor"]]) >= 0.7
    survivors = [d.number for d in versions if d.number not in bounded]
    assert 3 <= len(survivors) <= 10


def test_survivors_are_the_most_preferred_source_then_the_longest(tmp_path: Path) -> None:
    words = story(6)
    units = [
        [Document(1, " ".join([*words, "and", "more", "of", "it"]), priority=2)],
        [Document(2, " ".join(words), priority=1)],
        [Document(3, " ".join(edited(words, 1, 1)[:-1]), priority=1)],
    ]
    found = deduplicate(tmp_path, units, {})
    assert {number: row["survivor"] for number, row in found.items()} == {1: 2, 3: 2}


@pytest.mark.parametrize("near", [{}, None])
def test_texts_of_one_id_are_documents_and_its_copies_are_not(
    tmp_path: Path, near: dict[str, Any] | None
) -> None:
    """Ids that begin anew in every file would lose all texts but one."""
    first, other = (Document(1, " ".join(story(seed))) for seed in (7, 8))
    blank = Document(2, " ")  # of which no text tells that it is one
    store = run_stage(tmp_path, [[first, other, blank], [other, first, blank]], near)
    lost = [store.read_table(path).to_pylist() for path in sorted(store.list("duplicates"))]
    # Of equal copies either may stay, and the first does.
    assert [len(rows) for rows in lost] == [0, 3]
    assert [(row["doc_id"], row["survivor"], row["reason"]) for row in lost[1]] == [
        (one.doc_id, one.doc_id, "exact_duplicate") for one in (other, first, blank)
    ]


def test_a_copy_of_a_near_duplicate_names_the_survivor_and_its_similarity(tmp_path: Path) -> None:
    words = story(9)
    near = " ".join(edited(words, 2, 3))
    documents = [
        Document(1, " ".join([*words, "end"])),
        Document(2, near),
        Document(3, near.upper()),
    ]
    found = deduplicate(tmp_path, [[d] for d in documents], {})
    truth = jaccard(documents[0].text or "", near)
    assert set(found) == {2, 3}
    for row in found.values():
        assert (row["survivor"], row["reason"], row["cluster_size"]) == (1, "near_duplicate", 3)
        assert row["true_similarity"] == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize(
    ("near", "units"),
    [
        ({}, [[]]),
        ({}, [[], []]),
        ({}, [[Document(1, "")]]),
        ({}, [[Document(1, None), Document(2, "")], []]),
        ({}, [[Document(1, "two words"), Document(2, "others here")]]),
        *((n, [[], []]) for n in ({"verify": False}, {"family": "datatrove"}, None)),
        ({"family": "datatrove"}, [[Document(1, "two words"), Document(2, "others here")], []]),
    ],
)
def test_corpora_without_duplicates_or_without_documents(tmp_path: Path, near, units) -> None:  # type: ignore[no-untyped-def]
    assert deduplicate(tmp_path, units, near) == {}


def test_documents_shorter_than_a_shingle_have_copies_and_no_near_duplicates(
    tmp_path: Path,
) -> None:
    texts = ["two words", "two, words!", "two", "Two words", "four words are short", "Thanks!"]
    found = deduplicate(tmp_path, [[Document(i, t) for i, t in enumerate(texts)]], {})
    assert len(found) == 1
    [(number, row)] = found.items()
    assert {number, row["survivor"]} == {0, 3}
    assert (row["reason"], row["contained"], row["words_lost"]) == ("exact_duplicate", 1, 0)


def test_one_giant_cluster_and_its_hot_buckets(tmp_path: Path) -> None:
    words = story(10)
    documents = [Document(i, " ".join([*words, f"x{chr(97 + i % 26)}{chr(97 + i // 26)}"]))
                 for i in range(400)]  # fmt: skip
    units = in_units(documents, 3, 1)
    found = deduplicate(tmp_path, units, {"hot_bucket_docs": 100})
    assert len(found) == 399
    assert {row["cluster_size"] for row in found.values()} == {400}
    assert counts(tmp_path)["hot_buckets"] >= 10
    assert counts(tmp_path)["documents_in_hot_buckets"] >= 4000


@pytest.mark.parametrize("near", [{}, {"verify": False}, None])
def test_identical_documents_leave_one(tmp_path: Path, near) -> None:  # type: ignore[no-untyped-def]
    recipe, _ = write_run(tmp_path, [], near)
    text = pa.array([" ".join(story(11))] * 3000, pa.large_string())
    for unit in range(7):
        write_texts(Store(str(tmp_path)), unit, unit * len(text), text, recipe)
    store = run_planned(tmp_path, 7, recipe)
    rows = pa.concat_tables(store.read_table(path) for path in store.list("duplicates"))
    assert len(rows) == 7 * 3000 - 1
    assert set(rows["cluster_size"].to_pylist()) == {7 * 3000}
    assert set(rows["reason"].to_pylist()) == {"exact_duplicate"}
    assert len(set(rows["survivor"].to_pylist())) == 1
