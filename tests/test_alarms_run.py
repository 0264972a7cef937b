"""A run with planted faults tells all of them; token cost is that of documents held out."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
import xxhash

import winnow as library
from pipelines.sources.parallel_text import tags_of
from tests.deduplicating import story
from tests.winnow import manifest, winnow

SHARE, SEED = 0.3, 5
# One language for all texts, whatever the model makes of them.
UND = {"min_score": 1.0, "below_min_score": "und"}


def write(file: Path, documents: Sequence[tuple[str, str]]) -> Path:
    lines = (json.dumps({"id": native_id, "text": text}) for native_id, text in documents)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def recipe(folder: Path, **sections: Any) -> Path:
    content = {
        "name": "planted",
        "seed": SEED,
        "documents": {"language": UND},
        "tokenizer": {"vocab_size": 300, "held_out": SHARE},
        "shards": {"count": 1},
        **sections,
    }
    file = folder / "planted.yaml"
    file.write_text(json.dumps(content))
    return file


def is_held_out(source: str, native_id: str, text: str) -> bool:
    """The draw as docs/log.md states it, of the identity that docs/design.md states."""
    digest = xxhash.xxh3_64_digest
    doc_id = digest(f"{source}\0{native_id}".encode()) + digest(text.encode())
    key = SEED ^ int.from_bytes(b"held_out")
    return xxhash.xxh3_64_intdigest(doc_id, seed=key) < SHARE * 2**64


def cost(run: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = pq.read_table(run / "token_cost/token_cost.parquet").to_pylist()
    return {(row["measured_on"], row["language"]): row for row in rows}


def kinds(run: Path) -> list[str]:
    return [alarm["kind"] for alarm in manifest(run)["reproducible"]["alarms"]]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 documents of words of two letters: q and o where they are held out, else a and o."""
    folder = tmp_path_factory.mktemp("planted")
    documents = []
    for i in itertools.count():
        held_out, rest = (
            "".join(c if c == " " else letter if c < "n" else "o" for c in " ".join(story(i)))
            for letter in "qa"
        )
        if is_held_out("s", str(i), held_out):
            documents.append((str(i), held_out))
        elif not is_held_out("s", str(i), rest):
            documents.append((str(i), rest))
        if len(documents) == 40:
            break
    write(folder / "texts.jsonl", documents)
    return folder


def run_planted(folder: Path, name: str, *more: str, workers: int = 1) -> Path:
    run = folder / name
    source = f"s=jsonl:{folder / 'texts.jsonl'}"
    winnow(
        "run", recipe(folder), "--source", source, "--out", run, "--workers", str(workers), *more
    )
    return run


@pytest.fixture(scope="module")
def held_out_run(planted: Path) -> Path:
    return run_planted(planted, "held-out")


def test_held_out_documents_are_measured_and_not_trained_on(
    planted: Path, held_out_run: Path
) -> None:
    lines = [json.loads(line) for line in (planted / "texts.jsonl").read_text().splitlines()]
    unseen = [line["text"] for line in lines if is_held_out("s", line["id"], line["text"])]
    assert 5 < len(unseen) < 20
    row = cost(held_out_run)["corpus", "und"]
    assert row["held_out"] is True
    assert (row["texts"], row["bytes"]) == (len(unseen), sum(map(len, unseen)))
    vocabulary = tokenizers.Tokenizer.from_file(
        str(held_out_run / "tokenizer/tokenizer.json")
    ).get_vocab()
    assert not [token for token in vocabulary if "q" in token and len(token) > 1]
    assert "aa" in vocabulary
    # Nothing of the other texts' q is merged, so each q is a token of its own.
    assert row["tokens"] > sum(text.count("q") for text in unseen)
    assert "cost_on_training_text" not in kinds(held_out_run)


def test_the_sample_does_not_depend_on_batches_and_workers(
    planted: Path, held_out_run: Path
) -> None:
    other = run_planted(planted, "batches", "--set", "execution.batch_docs=3", workers=2)
    assert manifest(other)["run_digest"] == manifest(held_out_run)["run_digest"]


def test_without_held_out_documents_the_figure_is_marked(planted: Path) -> None:
    run = run_planted(planted, "all", "--set", "tokenizer.held_out=0")
    row = cost(run)["corpus", "und"]
    assert (row["held_out"], row["texts"]) == (False, 40)
    assert "cost_on_training_text" in kinds(run)
    told = winnow("inspect", run).stdout
    assert "und (40 documents)" in told
    assert "trained on" in told


def test_a_given_tokenizer_was_trained_on_nothing_here(planted: Path, held_out_run: Path) -> None:
    path = held_out_run / "tokenizer/tokenizer.json"
    run = run_planted(planted, "given", "--set", f"tokenizer.path={path}")
    row = cost(run)["corpus", "und"]
    assert (row["held_out"], row["texts"]) == (None, 40)
    assert kinds(run) == []


class Faulty(NamedTuple):
    recipe: Path
    sources: list[str]
    run: Path


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    """A run with ids that begin anew, an empty source and thin parallel text."""
    folder = tmp_path_factory.mktemp("faulty")
    for part in range(2):
        texts = [" ".join(story(20 * part + i)) for i in range(20)]
        write(folder / f"shard{part}.jsonl", [(str(i), t) for i, t in enumerate(texts)])
    (folder / "empty.jsonl").write_text("")
    sentences = [("eng_Latn", i) for i in range(50)] + [("deu_Latn", i) for i in range(5)]
    sentences += [("fra_Latn", 100 + i) for i in range(50)]
    columns = {
        "id": [i for _, i in sentences],
        "language": [code for code, _ in sentences],
        "text": [f"sentence number {i}" for _, i in sentences],
    }
    pq.write_table(pa.table(columns), folder / "parallel.parquet")
    file = recipe(
        folder,
        tokenizer={"vocab_size": 50304, "held_out": SHARE},
        token_cost={"parallel": str(folder / "parallel.parquet")},
    )
    sources = [f"s=jsonl:{folder}/shard*.jsonl", f"empty=jsonl:{folder}/empty.jsonl"]
    return Faulty(file, sources, folder / "run")


def test_a_strict_run_is_whole_tells_its_alarms_and_exits_with_1(faulty: Faulty) -> None:
    file, sources, run = faulty
    given = [word for source in sources for word in ("--source", source)]
    arguments = ["run", file, *given, "--out", run, "--workers", "1"]
    told = winnow(*arguments, "--strict", code=1)
    alarms = manifest(run)["reproducible"]["alarms"]
    assert [alarm["kind"] for alarm in alarms] == [
        "source_without_records",
        "repeated_ids",
        "vocabulary_too_small",
        "thin_parallel_text",
    ]
    assert [f"winnow: alarm: {alarm['sentence']}" in told.stderr for alarm in alarms] == [True] * 4
    found = [alarm["found"] for alarm in alarms]
    vocabulary = manifest(run)["reproducible"]["tokenizer"]["vocab_size"]
    assert found == [
        [{"source": "empty", "errors": 1}],
        [{"source": "s", "ids": 20, "docs": 40}],
        [{"asked": 50304, "given": vocabulary}],
        [
            {"language": "de", "shared": 5, "sentences": 50},
            {"language": "fr", "shared": 0, "sentences": 50},
        ],
    ]
    asked = "a vocabulary of 50,304 entries was asked for"
    assert f"{asked}, and the data gave {vocabulary:,}" in told.stdout
    coverage = {code: row["coverage"] for (on, code), row in cost(run).items() if on == "parallel"}
    assert coverage == {"en": 1.0, "de": 0.1, "fr": 0.0}
    winnow("verify", run)
    summary = winnow("inspect", run).stdout
    assert "fr" in summary
    assert "10%" in summary
    winnow(*arguments)  # is complete already, and no failure without --strict
    asked = library.load_recipe(file, sources=sources)
    with pytest.raises(RuntimeError, match="is finished, with alarms:\n- sources that yield"):
        library.run(asked, run, workers=1, strict=True)
    assert library.run(asked, run, workers=1).alarms == alarms


def test_a_reference_without_text_is_refused(faulty: Faulty) -> None:
    """Labels that share a tag stay as they are, so that no text is left in the reference's."""
    file, sources, run = faulty
    out, path = run.with_name("no-reference"), run.with_name("labelled-twice.parquet")
    labels, ids = ["eng_Latn", "eng", "deu_Latn"], [0, 1, 0]
    pq.write_table(pa.table({"id": ids, "language": labels, "text": ["a", "b", "c"]}), path)
    told = winnow(
        "run", file, "--source", sources[0], "--out", out, "--workers", "1",
        "--set", f"token_cost.parallel={path}", code=2,
    ).stderr  # fmt: skip
    assert "has no text in 'en', the language of token_cost.reference" in told
    assert not out.exists()


def test_labels_of_parallel_text_become_tags_unless_two_would_be_one() -> None:
    labels = ["eng", "deu_Latn", "zho_Hant", "en-US", "cmn_Hani", "zho_Hans", "eng"]
    tags = tags_of(pa.chunked_array([labels]))
    assert tags.to_pylist() == ["en", "de", "zh-Hant", "en-US", "cmn_Hani", "zho_Hans", "en"]
