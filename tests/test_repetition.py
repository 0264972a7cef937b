"""Lines and spans that stand in several documents are cut from all but one, by naive means too."""

import itertools
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from dedup import places, repetition
from dedup.repetition import MEMBERS, RepeatedKeys, anchored_windows, members, repeated
from dedup.settings import Duplicates, RepeatedLines, RepeatedSpans
from manifests import schemas
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe, Source
from pipelines.sources.units import WorkUnit
from pipelines.stages import repetition as stage
from pipelines.stages.common import survivors
from pipelines.stages.context import StageContext
from tests.deduplicating import story

DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", schemas.DOC_ID), pa.field("source", pa.string()),
        pa.field("language", pa.string()), pa.field("text_bytes", pa.int64()), schemas.TEXT_FIELD,
    ]
)  # fmt: skip


def texts(values: Sequence[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def identity(number: int) -> bytes:
    return random.Random(number).randbytes(16)


def run_stage(
    folder: Path,
    corpus: dict[int, str],
    lines: RepeatedLines | None = None,
    spans: RepeatedSpans | None = None,
    units: int = 3,
    partitions: int = 3,
    exchange: str = "files",
    seed: int = 1,
) -> tuple[dict[int, str], dict[str, Any]]:
    """The stage over documents dealt to units: texts that are left by number, and its manifest."""
    recipe = Recipe(
        name="test",
        sources=(Source(name="a", kind="jsonl", path="a"),),
        duplicates=Duplicates(lines=lines, spans=spans),
        execution=Execution(partitions=partitions, batch_docs=1 + seed * 3),
    )
    store, order = Store(str(folder)), list(corpus)
    random.Random(seed).shuffle(order)
    planned = [WorkUnit(i, "a", "jsonl", str(i)) for i in range(units + 1)]
    for unit in planned:
        numbers = order[unit.index :: units] if unit.index < units else []  # the last is empty
        rows = [
            {"doc_id": identity(n), "source": "a", "language": "en", "text": corpus[n],
             "text_bytes": len(corpus[n].encode())} for n in numbers
        ]  # fmt: skip
        with store.write_part(f"documents/{unit.name}.parquet", DOCUMENTS) as part:
            part.write(pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS))
        with store.write_part(f"duplicates/{unit.name}.parquet", schemas.DUPLICATES) as part:
            pass
    size = sum(len(text.encode()) for text in corpus.values())
    upstream = {"duplicates": {"funnel": {"kept": {"text_bytes": size}}}}
    context = StageContext(
        store.root, recipe, tuple(planned), "key", "plan", exchange, upstream
    )  # fmt: skip
    pipeline = beam.Pipeline(runner=FnApiRunner())
    stage.build(pipeline, context)
    pipeline.run().wait_until_finish()
    number_of = {identity(n): n for n in corpus}
    left = {
        number_of[row["doc_id"]]: row["text"]
        for unit in planned
        for batch in survivors(context, unit, ["doc_id", "text"])
        for row in batch.to_pylist()
    }
    told = store.read_json(stage_manifest(stage.NAME))
    assert told["funnel"]["kept"]["docs"] == len(left)
    assert told["funnel"]["kept"]["text_bytes"] == sum(len(t.encode()) for t in left.values())
    return left, told


def preferred(corpus: dict[int, str]) -> list[int]:
    """Numbers from the most preferred document on: the longest, then by both halves' beginnings."""

    def chance(number: int) -> int:
        own = identity(number)
        return int.from_bytes(own[:4], "big") ^ int.from_bytes(own[8:12], "big")

    return sorted(corpus, key=lambda n: (-len(corpus[n].encode()), chance(n)))


LINES = RepeatedLines


def test_a_repeated_line_stays_in_the_most_preferred_document_alone(tmp_path: Path) -> None:
    footer = "Sign up for our newsletter today, it is free."
    corpus = {
        1: f"The first page has the most text of all of them here.\n{footer}\nIts end.",
        2: f"A second page.\n\n{footer.upper()}\n\nMore of it.",
        3: f"{footer.replace(',', ' –')}\nA third one.\nYes.",
        4: f"A fourth.\nYes.\n{footer}",
        5: footer + "\n",
    }
    left, told = run_stage(tmp_path / "first", corpus, LINES())
    assert left == {
        1: corpus[1], 2: "A second page.\n\nMore of it.", 3: "A third one.\nYes.",
        4: "A fourth.\nYes.",
    }  # fmt: skip
    assert told["counts"]["repeated_lines"] == 1
    assert told["counts"]["repeated_line_cuts"] == 4
    (dropped,) = (row for row in told["funnel"]["rows"] if row["outcome"] == "dropped")
    assert (dropped["reason"], dropped["docs"]) == ("repeated_text", 1)
    none, _ = run_stage(tmp_path / "none", corpus, LINES(keep="none"))
    assert none[1] == "The first page has the most text of all of them here.\nIts end."
    four, told = run_stage(tmp_path / "four", corpus, LINES(max_documents=5))
    assert four == {**corpus}
    short, _ = run_stage(tmp_path / "short", corpus, LINES(min_words=1))
    assert (short[3], short[4]) == ("A third one.\nYes.", "A fourth.")


def test_what_one_document_repeats_stays() -> None:
    windows = repetition.segment_windows(texts(["same line here\n" * 9]), places.LINE, 1, 1)
    batch = members(windows.keys, np.ones(9, np.uint64), np.full(9, 7, np.uint64))
    assert batch["documents"].to_pylist() == [1]
    every, by_unit = repeated(pa.Table.from_batches([batch]), 1)
    assert not every.num_rows
    assert not list(by_unit)


def naive_lines(corpus: dict[int, str], split: str, in_a_row: int, most: int) -> dict[int, str]:
    """As the stage, for texts of lower-case words alone; what is cut, joined again."""
    parts = {n: [p for p in re.split(split, text) if p] for n, text in corpus.items()}
    holders: dict[tuple[str, ...], list[int]] = {}
    for n in preferred(corpus):
        for i in range(len(parts[n]) - in_a_row + 1):
            who = holders.setdefault(tuple(parts[n][i : i + in_a_row]), [])
            if n not in who:
                who.append(n)
    left = {}
    for n, found in parts.items():
        gone = set()
        for i in range(len(found) - in_a_row + 1):
            who = holders[tuple(found[i : i + in_a_row])]
            if len(who) > most and who[0] != n:
                gone |= set(range(i, i + in_a_row))
        kept = " ".join(p for i, p in enumerate(found) if i not in gone)
        if kept:
            left[n] = kept
    return left


@pytest.mark.parametrize(
    ("by", "joiner", "split", "in_a_row", "most"),
    [
        ("line", "\n", "\n", 1, 1),
        ("line", "\n", "\n", 2, 2),
        ("paragraph", "\n\n", "\n\n", 1, 1),
        ("sentence", ". ", r"(?<=\.) ", None, 1),
        ("sentence", "。", r"(?<=。)", 1, 2),
    ],
)
def test_lines_paragraphs_and_sentences_agree_with_naive_counting(
    tmp_path: Path, by: Any, joiner: str, split: str, in_a_row: int | None, most: int
) -> None:
    rng = random.Random(3)
    pool = [" ".join(story(i, 4)) for i in range(60 if in_a_row == 1 else 6)]
    corpus = {n: joiner.join(rng.choices(pool, k=rng.randrange(1, 25))) for n in range(40)}
    if by == "sentence":
        corpus = {n: text + joiner.strip() for n, text in corpus.items()}
    wanted = LINES(by=by, in_a_row=in_a_row, max_documents=most, min_words=4)
    left, told = run_stage(tmp_path, corpus, wanted)
    expected = naive_lines(corpus, split, wanted.windows(), most)
    assert {n: " ".join(re.split(r"\s+|(?<=。)", t)).strip() for n, t in left.items()} == {
        n: " ".join(re.split(r"\s+|(?<=。)", t)).strip() for n, t in expected.items()
    }
    assert told["counts"]["repeated_line_cuts"] > 20


def naive_spans(corpus: dict[int, str], tokens: int) -> dict[int, list[str]]:
    """Words left, by comparing every position of every two documents."""
    words = {n: text.split() for n, text in corpus.items()}
    left = {}
    order = preferred(corpus)
    for rank, n in enumerate(order):
        own, gone = words[n], set()
        for other in (words[m] for m in order[:rank]):
            run = [0] * (len(other) + 1)
            for i, word in enumerate(own):
                before = run
                run = [0] * (len(other) + 1)
                for j, its in enumerate(other):
                    if word == its:
                        run[j + 1] = before[j] + 1
                        if run[j + 1] >= tokens:
                            gone |= set(range(i - run[j + 1] + 1, i + 1))
        kept = [word for i, word in enumerate(own) if i not in gone]
        if kept:
            left[n] = kept
    return left


def shared_spans(seed: int) -> dict[int, str]:
    """Documents of pieces that others have too, some cut short, one of one word alone."""
    rng = random.Random(seed)
    pool = [story(seed * 100 + i, rng.randrange(5, 60)) for i in range(12)]
    corpus = {}
    for n in range(24):
        pieces = [rng.choice(pool) for _ in range(rng.randrange(1, 6))]
        words = [word for piece in pieces for word in piece[rng.randrange(4) :]]
        corpus[n] = "".join(word + rng.choice([" ", "  ", "\n", " \n\n"]) for word in words)
    corpus[24] = corpus[25] = "so " * 45
    corpus[26] = " ".join(["né,", "中文", "x—y", "don't", "4.5"] * 3 + story(seed))
    corpus[27] = corpus[26].replace("中文", "中文 ")
    return corpus


@pytest.mark.parametrize("tokens", [8, 21])
def test_spans_agree_with_comparing_every_position(tmp_path: Path, tokens: int) -> None:
    corpus = shared_spans(tokens)
    spaced = {n: text.replace("中文", "中 文") for n, text in corpus.items()}
    left, told = run_stage(
        tmp_path, spaced, spans=RepeatedSpans(tokens=tokens), partitions=5
    )  # fmt: skip
    assert {n: text.split() for n, text in left.items()} == naive_spans(spaced, tokens)
    assert told["counts"]["repeated_span_cuts"] > 10
    for n, text in left.items():
        assert not re.search(r"\n\n\n", text) or re.search(r"\n\n\n", spaced[n])


def test_no_word_is_lost_from_the_corpus(tmp_path: Path) -> None:
    """Every window that was there is still there, in the document that is preferred."""
    corpus = shared_spans(5)
    left, _ = run_stage(tmp_path, corpus, spans=RepeatedSpans(tokens=10))
    words = {word for text in corpus.values() for word in text.split()}
    assert {word for text in left.values() for word in text.split()} == words
    first = preferred(corpus)[0]
    assert left[first] == corpus[first]


@pytest.mark.parametrize("kinds", ["lines", "spans", "both"])
def test_units_partitions_order_and_exchange_decide_nothing(tmp_path: Path, kinds: str) -> None:
    corpus = shared_spans(9)
    lines = LINES(min_words=2) if kinds != "spans" else None
    spans = RepeatedSpans(tokens=12) if kinds != "lines" else None
    results = []
    for i, (units, partitions, exchange) in enumerate([(1, 1, "files"), (4, 7, "engine")]):
        left, told = run_stage(
            tmp_path / str(i), corpus, lines, spans, units, partitions, exchange, seed=i
        )  # fmt: skip
        results.append((left, told["funnel"], told["counts"]))
    assert results[0] == results[1]
    assert results[0][0] != corpus


@pytest.mark.parametrize("corpus", [{}, {1: "one"}, {1: "one", 2: "one"}, {1: "…", 2: "…"}])
def test_corpora_without_lines_or_without_documents(tmp_path: Path, corpus: dict[int, str]) -> None:
    wanted = (LINES(), RepeatedSpans())
    assert run_stage(tmp_path, corpus, *wanted)[0] == corpus


def test_equal_windows_have_equal_anchors_and_few_words_are_anchors() -> None:
    shared = story(1, 60)
    values = [" ".join([*story(2, 80), *shared, *story(3, 5)]), " ".join([*shared, *story(4, 33)])]
    windows, anchors = anchored_windows(texts(["", *values, None]), 50)
    both: dict[int, set[int]] = {}
    for key, anchor in zip(windows.keys.tolist(), anchors.tolist(), strict=True):
        both.setdefault(key, set()).add(anchor)
    assert all(len(found) == 1 for found in both.values())
    assert len(windows.keys) - len(both) == 11
    long = anchored_windows(texts([" ".join(story(7, 20_000))]), 50)[1]
    assert 10 < 20_000 / len(set(long.tolist())) < 17


@pytest.mark.parametrize("cut", [0, 1, 3, 6])
def test_windows_do_not_depend_on_the_batch(cut: int) -> None:
    values = [" ".join(story(i, 30)) + ".\nA b c d e. F! 中文。字\n\nx" for i in range(5)]
    whole = texts(["skipped", *values, None])[1:]

    def flat(part: pa.LargeStringArray, add: int) -> list[tuple[int, ...]]:
        found = []
        for windows in (
            *(repetition.segment_windows(part, by, 2, 1) for by in range(3)),
            anchored_windows(part, 7)[0],
        ):
            columns = (windows.document + add, windows.keys, windows.start, windows.end)
            found += list(zip(*(c.tolist() for c in columns), strict=True))
        return found

    both = flat(whole[:cut], 0) + flat(whole[cut:], cut)
    assert sorted(both) == sorted(flat(whole, 0))
    assert len(both) > 100


def test_counted_keys_agree_however_they_are_grouped() -> None:
    rng = random.Random(1)
    rows = [(rng.randrange(30), rng.randrange(4), rng.randrange(8) << 32 | 5) for _ in range(300)]
    rows = [(k, r & 3, r) for k, _, r in rows]  # a document has one preference
    by_document = sorted(rows, key=lambda row: row[2])
    results = []
    whole = members(*np.array(by_document, np.uint64).T)
    results.append(repeated(pa.Table.from_batches([whole], MEMBERS), 3)[0].to_pydict())
    documents = {k: {r for key, _, r in rows if key == k} for k in range(30)}
    expected = {k for k, who in documents.items() if len(who) > 3}
    assert set(results[0]["key"]) == expected
    # By single documents, as so many units would send them.
    parts = [members(*np.array(list(group), np.uint64).T)
             for _, group in itertools.groupby(by_document, key=lambda row: row[2])]  # fmt: skip
    every, by_unit = repeated(pa.Table.from_batches(parts, MEMBERS), 3)
    assert every.to_pydict() == results[0]
    held = {(unit, key) for unit, batch in by_unit for key in batch["key"].to_pylist()}
    assert held == {(r >> 32, k) for k in expected for r in documents[k]}


def test_keys_are_found_among_many() -> None:
    keys = np.array([5, 9, 2**63], np.uint64)
    batch = pa.record_batch([keys, keys + np.uint64(1)], schema=repetition.REPEATED)
    at, ref = RepeatedKeys.of(batch).find(np.array([9, 1, 2**63, 6], np.uint64))
    assert (at.tolist(), ref.tolist()) == ([0, 2], [10, 2**63 + 1])
    empty = RepeatedKeys.of(repetition.REPEATED.empty_table())
    assert not len(empty.find(keys)[0])
