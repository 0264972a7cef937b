"""`corpus/`: the final text of every survivor, computed a second time from what stages left."""

import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
import yaml

import winnow as library
from manifests import manifest as manifests
from manifests import schemas
from manifests.store import Store
from manifests.verify import verify
from pipelines.stages.corpus import cluster_sizes
from shards.identity import as_hex, from_hex
from tests.deduplicating import story
from tests.test_verify import seal
from tests.winnow import manifest, winnow

EXAM = " ".join(story(900, 40))


def rows(run: Path, folder: str) -> list[dict[str, Any]]:
    parts = sorted((run / folder).glob("*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def test_an_identity_in_hexadecimal_is_that_of_python_and_comes_back() -> None:
    ids = [random.Random(i).randbytes(16) for i in range(50)]
    column = pa.array(ids, schemas.DOC_ID)
    assert as_hex(column).to_pylist() == [one.hex() for one in ids]
    assert as_hex(column.slice(7, 3)).to_pylist() == [one.hex() for one in ids[7:10]]
    assert from_hex(as_hex(column).slice(3)).equals(column.slice(3))
    assert from_hex(as_hex(column.slice(0, 0))).equals(column.slice(0, 0))


def test_a_survivor_without_duplicates_is_a_cluster_of_one() -> None:
    clusters = pa.table({"row": pa.array([2, 5, 9], pa.uint32()), "cluster_size": [4, 2, 7]})
    assert cluster_sizes(clusters, np.array([0, 2, 3, 9])).tolist() == [1, 4, 1, 7]
    assert cluster_sizes(clusters, np.empty(0, np.int64)).tolist() == []


def test_scores_that_a_recipe_asks_for_follow_the_other_columns() -> None:
    score = pa.field("classifier.quality", pa.float32())
    documents = schemas.documents_schema(pa.schema([pa.field("words", pa.int32())]), [], [score])
    assert schemas.corpus_schema(documents).names[-2:] == ["split", "classifier.quality"]


def test_the_corpus_of_the_demo_is_what_duplicates_left(demo: Path) -> None:
    removed = {row["doc_id"]: row for row in rows(demo, "duplicates")}
    copies = Counter(row["survivor"] for row in removed.values())
    names = (
        "text",
        "url",
        "title",
        "date",
        "license",
        "source",
        "language",
        "language_score",
        "text_bytes",
    )
    expected = [
        {"id": row["doc_id"].hex(), **{name: row[name] for name in names},
         "cluster_size": 1 + copies[row["doc_id"]], "split": "train"}
        for row in rows(demo, "documents") if row["doc_id"] not in removed
    ]  # fmt: skip
    assert rows(demo, "corpus") == expected
    assert max(copies.values()) >= 1


def test_the_shards_of_the_demo_decode_to_the_corpus(demo: Path) -> None:
    tokenizer = tokenizers.Tokenizer.from_file(str(demo / "tokenizer/tokenizer.json"))
    end = tokenizer.token_to_id("<|endoftext|>")
    decoded = {}
    for row in rows(demo, "shards"):
        *ids, last = row["input_ids"]
        assert last == end
        decoded[row["doc_id"].hex()] = tokenizer.decode(ids)
    assert decoded == {row["id"]: row["text"] for row in rows(demo, "corpus")}


def pages() -> dict[str, list[dict[str, str]]]:
    """Two sources: pages with a menu, a passage or an exam item, a menu alone, and copies."""
    menu = "\n".join(" ".join(story(100 + i, 6)) for i in range(4))
    passage = " ".join(story(200, 70))
    found = []
    for n in range(30):
        body = [" ".join(story(n * 10 + i, 25)) for i in range(3)]
        if n % 3 == 0:
            body.insert(1, menu)
        if n % 4 == 0:
            body[-1] = f"{body[-1]} {passage} {' '.join(story(n, 9))}"
        if n % 5 == 0:
            body[0] = f"{body[0]} – ähnlich – {EXAM} {' '.join(story(700 + n, 5))}"
        found.append({"id": f"page-{n}", "text": "\n\n".join(body)})
    found.append({"id": "menu", "text": menu})
    copied = [{"id": f"copy-{n}", "text": found[n]["text"]} for n in (1, 2, 6)]
    return {"web": found, "forum": [*copied, {"id": "again", "text": found[1]["text"]}]}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for text alone, of a recipe that masks benchmarks and cuts lines and spans."""
    folder = tmp_path_factory.mktemp("cut")
    (folder / "exam.jsonl").write_text(json.dumps({"question": EXAM, "answer": "#### 4"}) + "\n")
    for name, some in pages().items():
        lines = "\n".join(map(json.dumps, some))
        (folder / f"{name}.jsonl").write_text(lines)
    exam = {"name": "exam", "path": str(folder / "exam.jsonl"), "format": "gsm8k"}
    recipe = {
        "name": "cut",
        "last_stage": "corpus",
        "sources": [
            {"name": name, "kind": "jsonl", "path": str(folder / f"{name}.jsonl")}
            for name in pages()
        ],
        "duplicates": {
            "lines": {}, "spans": {},
            "decontaminate": {"benchmarks": [exam], "action": "mask", "replacement": "[exam]"},
        },
        "tokenizer": {"vocab_size": 400},
        "shards": {"count": 2},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    winnow("run", folder / "recipe.yaml", "--out", folder / "run", "--workers", "2", "--quiet")
    return folder / "run"


def without(text: bytes, cuts: list[dict[str, Any]], filler: bytes) -> bytes:
    """The text without ranges, which may overlap."""
    kept, at = b"", 0
    for one in sorted(cuts, key=lambda row: (row["start"], row["end"])):
        if one["start"] > at or (one["start"] == at == 0):
            kept += text[at : one["start"]] + filler
        at = max(at, one["end"])
    return kept + text[at:]


def test_masks_and_cuts_are_applied_in_the_corpus(cut: Path) -> None:
    """Words alone are compared where something was cut: a cut also takes blanks beside it."""
    removed = {row["doc_id"] for row in rows(cut, "duplicates")}
    cuts: dict[str, dict[bytes, list[dict[str, Any]]]] = {"masked": {}, "repetition": {}}
    for folder, found in cuts.items():
        for row in rows(cut, folder):
            found.setdefault(row["doc_id"], []).append(row)
    expected = {}
    for row in rows(cut, "documents"):
        text = without(row["text"].encode(), cuts["masked"].get(row["doc_id"], []), b"[exam]")
        text = without(text, cuts["repetition"].get(row["doc_id"], []), b" ")
        if row["doc_id"] not in removed and text.split():
            expected[row["doc_id"].hex()] = text.decode()
    corpus = {row["id"]: row for row in rows(cut, "corpus")}
    assert {i: row["text"].split() for i, row in corpus.items()} == {
        i: text.split() for i, text in expected.items()
    }
    changed = {i.hex() for i in cuts["repetition"]}
    assert {i: corpus[i]["text"] for i in corpus if i not in changed} == {
        i: text for i, text in expected.items() if i not in changed
    }
    assert all(row["text_bytes"] == len(row["text"].encode()) for row in corpus.values())
    assert sum("[exam]" in row["text"] for row in corpus.values()) == 6
    assert len(corpus) == 30, "the page of the menu alone, and copies, are gone"
    assert len(changed) > 10
    assert Counter(row["cluster_size"] for row in corpus.values()) == {1: 27, 2: 2, 3: 1}


def test_a_run_for_text_alone_is_finished_and_sound(cut: Path) -> None:
    assert not (cut / "shards").exists()
    assert not (cut / "tokenizer").exists()
    assert set(manifest(cut)["environment"]["seconds"]) == {
        "documents", "duplicates", "repetition", "corpus",
    }  # fmt: skip
    assert list(verify(Store(str(cut)))) == []
    assert "corpus/" in winnow("inspect", cut).stdout
    run = library.open(cut)
    assert run.table("corpus", ["id"]).num_rows == 30
    assert run._repr_html_()
    with pytest.raises(ValueError, match="last_stage: tokenizer"):
        run.tokenizer()


def test_a_run_for_text_alone_can_go_on_to_shards(cut: Path, tmp_path: Path) -> None:
    on = ("--set", "last_stage=shards", "--from-stage", "tokenizer")
    run = tmp_path / "run"
    run.symlink_to(cut)
    told = winnow("run", cut.parent / "recipe.yaml", "--out", run, *on).stderr
    assert told.count("complete already") == 4
    assert manifest(cut)["reproducible"]["shards"]["rows"] == 30
    assert list(verify(Store(str(cut)))) == []


def test_verify_notices_a_corpus_that_lost_a_document(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    content = manifest(run)
    content["reproducible"]["corpus"]["rows"] -= 1
    seal(run, content)
    faults = [fault.what for fault in verify(Store(str(run)))]
    assert "stage corpus: 141 documents written, but 142 were kept" in faults


def test_a_run_of_an_older_winnow_is_told_apart_from_a_damaged_one(
    demo: Path, tmp_path: Path
) -> None:
    content = manifest(demo) | {"format": "winnow-manifest/1"}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    store = Store(str(tmp_path))
    (fault,) = verify(store)
    assert "has the format winnow-manifest/1 of another version of winnow" in fault.what
    with pytest.raises(ValueError, match="of another version of winnow"):
        manifests.read(store)
    assert "of another version of winnow" in winnow("inspect", tmp_path, code=1).stderr


def test_datasets_loads_a_run_as_it_stands(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="wants `pip install datasets`")
    expected = rows(demo, "corpus")
    loaded = datasets.load_dataset(str(demo), cache_dir=str(tmp_path))["train"]
    assert loaded.to_list() == expected
    streamed = datasets.load_dataset(str(demo), split="train", streaming=True)
    assert list(streamed) == expected
    tokens = datasets.load_dataset(str(demo), "tokens", split="train", streaming=True)
    assert [row["doc_id"] for row in tokens] == [row["doc_id"] for row in rows(demo, "shards")]


@pytest.mark.parametrize("folder", ["corpus", "shards"])
@pytest.mark.parametrize("package", ["polars", "duckdb", "pandas"])
def test_other_readers_open_what_a_run_left(demo: Path, package: str, folder: str) -> None:
    module = pytest.importorskip(package, reason=f"wants `pip install {package}`")
    files = f"{demo}/{folder}/*.parquet"
    column = "id" if folder == "corpus" else "doc_id"
    if package == "polars":
        found = module.read_parquet(files)[column].to_list()
    elif package == "duckdb":
        told = module.sql(f"select {column} from read_parquet('{files}')").fetchall()
        found = [value for (value,) in told]
    else:
        found = module.read_parquet(demo / folder)[column].to_list()
    assert Counter(found) == Counter(row[column] for row in rows(demo, folder))
