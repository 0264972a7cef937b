"""What reads a run's index finds what a search through all of the run would find."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import bands, index_files, minhash
from dedup.presets import MinHashConfig
from manifests.manifest import stage_manifest
from manifests.statistics import KEPT, Count, Funnel
from manifests.store import Store
from pipelines.commands import near
from tests.deduplicating import Document, edited, families, in_units, run_stage, story
from tests.winnow import winnow

Found = dict[str, list[list[int]]]


def by_brute_force(store: Store, wanted: pa.FixedSizeListArray, config: MinHashConfig) -> Found:
    """Unit -> (text, row) that share the values of a band, compared as they are."""
    ours = minhash.signature_matrix(wanted).reshape(-1, config.bands, config.rows)
    found: Found = {}
    for path in store.list("signatures"):
        column = store.read_table(path, ["signature"]).combine_chunks()["signature"]
        if not len(column):
            continue
        theirs = minhash.signature_matrix(column.chunk(0)).reshape(-1, config.bands, config.rows)
        shared = (ours[:, None] == theirs[None]).all(axis=3).any(axis=2)
        shared &= bands.has_words(column.chunk(0))[None]
        if shared.any():
            unit = path.rsplit("/", 1)[-1].removesuffix(".parquet")
            found[unit] = np.argwhere(shared).tolist()
    return found


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 99),
    units=st.integers(1, 6),
    partitions=st.integers(1, 7),
    entries=st.sampled_from([40, 700, 1 << 20]),
    bands_=st.sampled_from([3, 14, 20]),
)
def test_a_query_finds_the_documents_that_share_a_band_and_no_others(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    units: int,
    partitions: int,
    entries: int,
    bands_: int,
) -> None:
    """Copies and documents that were removed are among them."""
    documents = families(12, 4, seed)
    copies = [dataclasses.replace(d, number=d.number + 1000) for d in documents[:9]]
    section = {"bands": bands_, "rows": 4}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedup.index.FILE_ENTRIES", entries)
        patch.setattr("pipelines.stages.indexing.SORTED_ENTRIES", entries)
        dealt = in_units([*documents, *copies], units, seed)
        store = run_stage(tmp_path_factory.mktemp("run"), dealt, section, partitions)
    texts = [d.text for d in documents]
    config = MinHashConfig(bands=bands_, rows=4, seed=0)
    wanted = minhash.signatures(pa.array(texts, pa.large_string()), config)
    recipe = near.recipe_of(store).duplicates.near
    assert recipe
    files = index_files.files_of(store)
    found = near.by_index(store, files, wanted, recipe.resolved(0))
    assert {unit: pairs.tolist() for unit, pairs in found} == by_brute_force(store, wanted, config)


@pytest.mark.parametrize("section", [{}, {"verify": False}, {"family": "datatrove"}])
def test_the_index_has_the_same_bytes_for_any_partitions_and_exchange(
    tmp_path: Path, section: dict[str, Any]
) -> None:
    units = in_units(families(20, 5), 3, 1)
    digests = [
        Store(run_stage(tmp_path / way, units, section, partitions, way).root).read_json(
            stage_manifest("duplicates")
        )["digest"]
        for partitions, way in ((1, "files"), (6, "engine"))
    ]
    assert digests[0] == digests[1]
    store = Store(str(tmp_path / "files"))
    assert set(store.list("index")) == set(index_files.files_of(store))
    kinds = {path.split("/")[1] for path in store.list("index")}
    assert {"bands", "settings.json"} <= kinds


def test_without_near_duplicates_there_is_no_index(tmp_path: Path) -> None:
    store = run_stage(tmp_path, in_units(families(3, 2), 2, 1), None)
    assert not store.list("index")
    assert not index_files.files_of(store)


def test_languages_of_a_run_that_compares_within_them_are_all_looked_at(tmp_path: Path) -> None:
    text = " ".join(story(3))
    written = [Document(i, text, language=code) for i, code in enumerate(("en", "it", "vi"))]
    store = run_stage(tmp_path, [written], {"within_language": True})
    funnel = Funnel()
    for code in ("en", "it", "vi"):
        funnel.outcomes[KEPT, "test", code, ""] = Count(1, 1, 1)
    store.write_json(stage_manifest("documents"), {"funnel": funnel.to_json()})
    assert len(near.find_near(store, text)) == 3


def without_index(store: Store) -> None:
    """As an older winnow left it."""
    store.remove(index_files.FOLDER)


def test_a_run_without_index_answers_the_same(tmp_path: Path) -> None:
    documents = families(15, 5)
    store = run_stage(tmp_path, in_units(documents, 3, 1), {})
    texts = [d.text or "" for d in documents]
    found = near.find_near_all(store, texts)
    assert sum(map(len, found)) > 2 * len(texts)
    assert any(match.survivor for some in found for match in some)
    assert found == [near.find_near(store, text) for text in texts]
    without_index(store)
    assert not index_files.files_of(store)
    assert near.find_near_all(store, texts) == found


def test_a_removed_document_names_the_one_that_stayed(tmp_path: Path) -> None:
    words = story(4)
    kept, other = " ".join([*words, "end"]), " ".join(edited(words, 2, 1))
    store = run_stage(tmp_path, [[Document(1, kept), Document(2, other), Document(3, kept)]], {})
    first, second, third = near.find_near(store, kept)
    assert {first.removed, second.removed} == {None, "exact_duplicate"}
    survivor = first if first.removed is None else second
    assert (third.removed, third.survivor) == ("near_duplicate", survivor.doc_id)


def test_a_file_of_many_texts_is_looked_up_text_by_text(demo: Path, tmp_path: Path) -> None:
    table = pq.read_table(demo / "documents" / "000000.parquet", columns=["doc_id", "text"])
    rows = table.slice(0, 5).to_pylist()
    lines = [{"id": f"mine-{i}", "text": row["text"]} for i, row in enumerate(rows)]
    lines.append({"id": "nothing", "text": "no such words are anywhere in this run at all"})
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = json.loads(winnow("near", demo, file, "--json").stdout)["documents"]
    assert [one["document"] for one in told] == [line["id"] for line in lines]
    for one, row in zip(told, rows, strict=False):
        assert row["doc_id"].hex() in [match["doc_id"] for match in one["matches"]]
    assert told[-1]["matches"] == []
    assert "5 of 6 documents of the file" in winnow("near", demo, file).stdout
    file.write_text('{"id": "a", "text": "b"}\n{"id": \n')
    assert "mend or remove it" in winnow("near", demo, file, code=2).stderr
