"""Rule `overlap`: an item with a word changed is found; look-alikes and common text are not."""

import json
import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dedup import cuts, item_texts, number_words, overlap, places
from dedup.benchmarks import FORMATS, BenchmarkFile
from dedup.decontamination import Item, alphabet_of
from dedup.exact import text_buffers
from dedup.overlap import OverlapIndex
from dedup.places import Places
from dedup.settings import Benchmark, Decontaminate, Duplicates
from manifests import schemas
from manifests.store import Store
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.sources import benchmark_files
from tests.deduplicating import Document, run_planned, story, write_unit
from tests.realdata import real_data

QUESTION = (
    "Maya's bakery sells 14 loaves each morning, and the baker gives 3 of them to her neighbours "
    "before noon. How many loaves are left?"
)
ANSWER = "She keeps 14 - 3 = 11 loaves for the afternoon."
SHORT, SHORT_ANSWER = "Why do matadors wave red capes?", "Bulls see no red, custom wants it."
QUOTED = (
    "In the beginning God created the heaven and the earth. And the earth was without form, and "
    "void; and darkness was upon the face of the deep."
)
QUOTING = f"Read this: {QUOTED} Which old book opens with the words that your teacher read aloud?"
CODE = (
    "def running_total(numbers: List[int]) -> List[int]:\n"
    '    """Sums of all prefixes, the whole '
    'list last.\n    >>> running_total([1, 2])\n    [1, 3]\n    """\n'
)
ITEMS = (
    Item("exam", "long", (), exercises=((QUESTION, ANSWER),)),
    Item("exam", "short", (), exercises=((SHORT, SHORT_ANSWER),)),
    Item("exam", "quoting", (), exercises=((QUOTING, "Genesis"),)),
    Item(
        "exam", "code", (), code=True, exercises=((CODE, "    return list(accumulate(numbers))"),)
    ),
)
LONG_ITEM, SHORT_ITEM, QUOTING_ITEM, CODE_ITEM = range(4)


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


@pytest.fixture(scope="module")
def searched() -> OverlapIndex:
    return overlap.index(ITEMS)


def found(index: OverlapIndex, values: list[str | None]) -> list[tuple[int, int, str]]:
    """Document, item and kind of each finding."""
    findings = index.find(texts(values))
    kinds = [schemas.FOUND[kind] for kind in findings.kind.tolist()]
    return list(zip(findings.document.tolist(), findings.item.tolist(), kinds, strict=True))


def framed(body: str, seed: int = 1) -> str:
    return f"{' '.join(story(seed, 40))}.\n{body}\n{' '.join(story(seed + 1, 40))}"


def test_an_item_is_found_with_any_one_of_its_words_changed(searched: OverlapIndex) -> None:
    words = QUESTION.split()
    values: list[str | None] = []
    for at, word in enumerate(words):
        if not re.search(r"\d", word):
            values.append(framed(" ".join([*words[:at], "otherwise", *words[at + 1 :]])))
    assert found(searched, values) == [(i, LONG_ITEM, "item") for i in range(len(values))]


def test_words_that_are_added_or_left_out_do_not_hide_an_item(searched: OverlapIndex) -> None:
    words = QUESTION.split()
    values: list[str | None] = [
        framed(" ".join([*words[:8], "indeed", *words[8:]])),
        framed(" ".join([*words[:8], *words[9:]])),
        framed(f"Exercise 7. {QUESTION.upper()}"),
    ]
    assert found(searched, values) == [(i, LONG_ITEM, "item") for i in range(3)]


def test_other_numbers_make_another_exercise(searched: OverlapIndex) -> None:
    assert not found(searched, [framed(QUESTION.replace("14", "16").replace(" 3 ", " 5 "))])


@pytest.mark.parametrize(
    ("numbers", "words"),
    [("14 3", "fourteen three"), ("12 5", "Twelve FIVE"), ("70 2", "seventy two")],
)
def test_a_number_is_the_same_in_words_and_another_is_not(numbers: str, words: str) -> None:
    def asked(said: str) -> str:
        first, second = said.split()
        return QUESTION.replace("14", first).replace(" 3 ", f" {second} ")

    for mine, other in ((numbers, words), (words, numbers)):
        index = overlap.index([Item("exam", "one", (), exercises=((asked(mine), ANSWER),))])
        values: list[str | None] = [framed(asked(mine)), framed(asked(other)), framed(asked("9 8"))]
        values.append(framed(asked("nine eight")))
        assert found(index, values) == [(0, 0, "item"), (1, 0, "item")]


def test_words_of_numbers_are_words_in_code() -> None:
    assert number_words.NONE.digits(words_of("def two(): return 2")).hashes.tolist() == (
        words_of("def two(): return 2").hashes.tolist()
    )
    two, digit, one = number_words.english().digits(words_of("two 2 one")).hashes.tolist()
    assert two == digit != one


def words_of(text: str) -> Places:
    return places.words(*text_buffers(texts([text])), alphabet_of(False).classes)


def test_every_word_of_a_number_has_the_hash_of_its_digits() -> None:
    """Against the words themselves, and words beside them that are none."""
    said = "two three ten twelve nineteen twenty ninety twos ninetieth zero none"
    written = "2 3 10 12 19 20 90 twos ninetieth zero none"
    digits = number_words.english().digits(words_of(said))
    assert digits.hashes.tolist() == words_of(written).hashes.tolist()


def test_a_short_question_is_found_alone_in_its_sentence_or_with_its_answer(
    searched: OverlapIndex,
) -> None:
    inside = SHORT.rstrip("?").lower()
    values: list[str | None] = [
        framed(SHORT),
        f"Much was said. {SHORT} Nobody knew.",
        f"They asked {inside} and went on. {SHORT_ANSWER}",
        f"{SHORT.replace('wave', 'carry')} {SHORT_ANSWER}",
        SHORT,
    ]
    assert found(searched, values) == [(i, SHORT_ITEM, "item") for i in range(5)]
    look_alikes: list[str | None] = [
        f"They asked {inside} and went on.",
        SHORT.replace("matadors", "toddlers"),
        "Why do matadors wave? Red capes are custom.",
        SHORT_ANSWER,
    ]
    assert not found(searched, look_alikes)


def test_code_of_the_same_signature_is_another_exercise(searched: OverlapIndex) -> None:
    signature = CODE.split("\n")[0]
    other = f"{signature}\n    for number in numbers:\n        yield abs(number)\n"
    changed = CODE.replace("prefixes", "beginnings")
    assert found(searched, [other, CODE, changed]) == [
        (1, CODE_ITEM, "item"), (2, CODE_ITEM, "item"),
    ]  # fmt: skip


def counted(index: OverlapIndex, documents: list[tuple[str, int]]) -> OverlapIndex:
    """The index that knows the runs of documents, each with its source, counted by naive means."""
    sources: dict[int, set[int]] = {}
    for text, source in documents:
        for key in index.candidates(texts([text]))[2].tolist():
            sources.setdefault(key, set()).add(source)
    keys = np.array(sorted(sources), np.uint64)
    counts = np.array([len(sources[key]) for key in keys.tolist()], np.int64)
    return index.without(keys, counts, 3)


def test_what_several_sources_quote_is_no_evidence_and_what_leaks_whole_is(
    searched: OverlapIndex,
) -> None:
    quotes = [(framed(f"It is written: {QUOTED}", i), i) for i in range(3)]
    leaks = [(framed(QUOTING, i), i) for i in range(20)]
    # Without the sources the quotation is most of the item.
    assert found(searched, [quotes[0][0]])[0][2] == "item"
    for documents in (quotes, [*quotes, (QUOTING, 7)]):
        known = counted(searched, documents)
        assert found(known, [quotes[0][0], framed(QUOTING)]) == [
            (0, QUOTING_ITEM, "common_text"), (1, QUOTING_ITEM, "item"),
        ]  # fmt: skip
    for documents in (leaks, quotes[:2], [(text, 1) for text, _ in quotes]):
        known = counted(searched, documents)
        assert found(known, [leaks[0][0]]) == [(0, QUOTING_ITEM, "item")]
    # Many sites have it whole, three of them with a word changed at the same place.
    changed = QUOTING.replace("aloud", "slowly")
    known = counted(searched, leaks + [(changed, 20 + i) for i in range(3)])
    assert found(known, [leaks[0][0], changed]) == [
        (0, QUOTING_ITEM, "item"), (1, QUOTING_ITEM, "item"),
    ]  # fmt: skip


def test_a_short_question_of_three_sources_is_common_but_not_with_its_answer(
    searched: OverlapIndex,
) -> None:
    asked = [(framed(SHORT, i), i) for i in range(3)]
    known = counted(searched, asked)
    both = f"{SHORT} {SHORT_ANSWER}"
    assert found(known, [asked[0][0], both]) == [
        (0, SHORT_ITEM, "common_text"), (1, SHORT_ITEM, "item"),
    ]  # fmt: skip
    known = counted(searched, [(framed(both, i), i) for i in range(9)])
    assert found(known, [framed(SHORT)]) == [(0, SHORT_ITEM, "item")]


def test_text_that_items_share_is_no_evidence_for_any_of_them() -> None:
    topics = ["tides of the northern sea", "wages of a court painter", "teeth of young rabbits"]
    items = [
        Item("exam", topic, (), exercises=((f"{QUOTED} What does this say on the {topic}?", ""),))
        for topic in topics
    ]
    index = overlap.index(items)
    [(_, _, kind)] = found(index, [framed(QUOTED)])
    assert kind == "common_text"
    whole = framed(items[1].exercises[0][0])
    assert (0, 1, "item") in found(index, [whole])


def test_words_in_a_row_of_an_item_that_is_not_there_are_told(searched: OverlapIndex) -> None:
    half = " ".join(QUESTION.split()[:13])
    assert found(searched, [framed(half)]) == [(0, LONG_ITEM, "partial")]


def test_a_long_answer_is_found_without_its_question() -> None:
    answer = " ".join(story(9, 24))
    index = overlap.index([Item("exam", "0", (), exercises=((QUESTION, answer),))])
    assert found(index, [framed(answer)]) == [(0, 0, "item")]
    assert not found(index, [framed(" ".join(answer.split()[:10]))])


@pytest.mark.parametrize("cut", range(6))
def test_findings_do_not_depend_on_the_batch(searched: OverlapIndex, cut: int) -> None:
    values: list[str | None] = [framed(QUESTION), "", None, SHORT, f"{CODE}\n{QUESTION}"]
    parts = found(searched, values[:cut])
    parts += [(document + cut, *rest) for document, *rest in found(searched, values[cut:])]
    assert parts == found(searched, values)
    assert len(parts) == 4
    assert not found(searched, [])


def test_counts_of_sources_do_not_depend_on_how_they_are_gathered() -> None:
    rng = random.Random(3)
    pairs = [(rng.randrange(20), rng.randrange(90)) for _ in range(5_000)]
    naive = {key: sorted({s for k, s in pairs if k == key})[:64] for key in range(20)}
    for size in (5_000, 700, 3):
        held = np.empty((2, 0), np.uint64)
        for i in range(0, len(pairs), size):
            more = np.array(pairs[i : i + size], np.uint64).T
            held = np.stack(item_texts.sources_of_runs(*np.concatenate([held, more], axis=1)))
        assert held.T.tolist() == [[k, s] for k in range(20) for s in naive[k]]


def test_masking_leaves_nothing_to_be_found_and_all_the_rest(searched: OverlapIndex) -> None:
    for body in (QUESTION.replace("morning", "day"), f"{QUESTION}\n{ANSWER}", SHORT, CODE):
        text = texts([f"İstanbul, first line.\n{body}\nand a last line, ȺB"])
        left = cuts.apply(text, searched.spans(text))
        assert left[0].as_py().startswith("İstanbul, first line.")
        assert left[0].as_py().endswith("and a last line, ȺB")
        assert not [kind for *_, kind in found(searched, left.to_pylist()) if kind == "item"]
        kept = len(left[0].as_py()) - len("İstanbul, first line.\n\nand a last line, ȺB")
        # Marks at both ends, and words of the answer that no item has.
        assert kept <= 12, left[0].as_py()


def naive_overlap(question: str, window: list[str], idf: dict[tuple[str, str], float]) -> float:
    wanted = set(pairwise(question))
    return sum(idf[pair] for pair in wanted & set(pairwise(window))) / sum(
        idf[pair] for pair in wanted
    )


def test_the_overlap_is_that_of_naive_counting() -> None:
    """Pairs of words, weighted by log(1 + items / items that have the pair)."""
    rng = random.Random(7)
    vocabulary = [f"w{chr(97 + i)}" for i in range(26)]
    questions = [[rng.choice(vocabulary) for _ in range(25)] for _ in range(30)]
    index = overlap.index(
        [Item("exam", str(i), (), exercises=((" ".join(q), ""),)) for i, q in enumerate(questions)]
    )
    holders: dict[tuple[str, str], int] = {}
    for question in questions:
        for pair in set(pairwise(question)):
            holders[pair] = holders.get(pair, 0) + 1
    idf = {pair: np.log1p(len(questions) / count) for pair, count in holders.items()}
    for number, question in enumerate(questions):
        changed = [w if i % 9 else "other" for i, w in enumerate(question)]
        findings = index.find(texts([" ".join(changed)]))
        at = findings.item.tolist().index(number)
        wanted = naive_overlap(question, changed, idf)  # type: ignore[arg-type]
        assert findings.overlap[at] == pytest.approx(wanted, abs=1e-5)


def written(folder: Path) -> Path:
    path = folder / "exam.jsonl"
    rows = [
        {"id": "long", "question": QUESTION, "answer": ANSWER},
        {"id": "short", "question": SHORT, "answer": SHORT_ANSWER},
        {"id": "quoting", "question": QUOTING, "answer": "Genesis"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_question_and_answer_are_taken_from_the_fields(tmp_path: Path) -> None:
    path = str(written(tmp_path))
    pairs = ((QUESTION, ANSWER), (SHORT, SHORT_ANSWER))
    for fields in (("question", "question+answer"), ("question+answer", "question")):
        items = benchmark_files.read(BenchmarkFile("exam", path, FORMATS["gsm8k"]))
        assert [item.exercises for item in items][:2] == [(pair,) for pair in pairs]
        assert fields


def recipe_of(path: Path, **section: Any) -> Recipe:
    benchmark = Benchmark(name="exam", path=str(path), format="gsm8k", item="id")
    return Recipe(
        name="test",
        duplicates=Duplicates(decontaminate=Decontaminate(benchmarks=(benchmark,), **section)),
        execution=Execution(partitions=section.pop("partitions", 3)),
    )


def run(folder: Path, units: list[list[Document]], recipe: Recipe) -> Store:
    store = Store(str(folder))
    for i, unit in enumerate(units):
        write_unit(store, i, unit, recipe)
        # A domain for each document, as stage `documents` writes it.
        part = f"documents/{i:06d}.parquet"
        rows = store.read_table(part).append_column(
            "domain", pa.array([d.language for d in unit], pa.string())
        )
        with store.write_part(part, rows.schema) as writer:
            for batch in rows.to_batches():
                writer.write(batch)
    run_planned(folder, len(units), recipe)
    return store


def evidence(store: Store) -> dict[bytes, tuple[str, str]]:
    tables = [store.read_table(path) for path in store.list("contamination")]
    return {row["doc_id"]: (row["item"], row["found"]) for t in tables for row in t.to_pylist()}


def documents() -> tuple[list[Document], list[tuple[str, str] | None]]:
    """Documents (the language stands for the domain) and what is to be found in each."""
    labelled: list[tuple[str, str, tuple[str, str] | None]] = [
        (framed(QUESTION.replace("morning", "day"), 3), "a", ("long", "item")),
        (framed(QUESTION.replace("14", "17").replace(" 3 ", " 4 "), 5), "a", None),
        (f"{framed(SHORT, 7)} {SHORT_ANSWER}", "b", ("short", "item")),
        *((framed(QUOTED, 9 + 2 * i), f"q{i}", ("quoting", "common_text")) for i in range(4)),
        (framed(QUOTING, 21), "c", ("quoting", "item")),
        *((" ".join(story(30 + i)), "d", None) for i in range(3)),
    ]
    made = [Document(i, text, language=host) for i, (text, host, _) in enumerate(labelled)]
    return made, [label for *_, label in labelled]


@pytest.mark.parametrize(("units", "partitions", "seed"), [(1, 1, 0), (3, 4, 1), (6, 2, 2)])
def test_the_stage_decides_alike_for_any_units_and_partitions(
    tmp_path: Path, units: int, partitions: int, seed: int
) -> None:
    made, labels = documents()
    order = list(made)
    random.Random(seed).shuffle(order)
    recipe = recipe_of(written(tmp_path))
    recipe = recipe.model_copy(update={"execution": Execution(partitions=partitions)})
    store = run(tmp_path / "run", [order[i::units] for i in range(units)], recipe)
    found = evidence(store)
    assert [found.get(document.doc_id) for document in made] == labels
    report = store.read_json("stages/duplicates.json")
    dropped = [row["docs"] for row in report["funnel"]["rows"] if row["outcome"] == "dropped"]
    assert sum(dropped) == sum(label is not None and label[1] == "item" for label in labels)
    assert report["counts"]["benchmark_common_text.exam"] == 4
    assert report["counts"]["benchmark_items_too_short.exam"] == 0


def test_one_source_alone_makes_nothing_common(tmp_path: Path) -> None:
    quotes = [Document(i, framed(QUOTED, 2 * i), language="one") for i in range(5)]
    found = evidence(run(tmp_path / "run", [quotes], recipe_of(written(tmp_path))))
    assert [found[document.doc_id] for document in quotes] == [("quoting", "item")] * 5


def test_masking_leaves_documents_with_common_text_whole(tmp_path: Path) -> None:
    made, labels = documents()
    store = run(tmp_path / "run", [made], recipe_of(written(tmp_path), action="mask"))
    masked = {row["doc_id"] for row in store.read_table("masked/000000.parquet").to_pylist()}
    wanted = {
        d.doc_id for d, label in zip(made, labels, strict=True) if label and label[1] == "item"
    }
    assert masked == wanted
    assert not store.read_table("duplicates/000000.parquet").num_rows


def test_settings_of_the_other_rule_are_refused(tmp_path: Path) -> None:
    benchmark = f"{{name: a, path: {written(tmp_path)}, fields: [question]}}"
    with pytest.raises(RecipeError, match="do nothing without rule: ngrams"):
        loading.load(
            "demo", [f"duplicates.decontaminate={{benchmarks: [{benchmark}], ngram_words: 10}}"]
        )


def test_real_benchmarks_are_found_whole_and_not_in_unrelated_text() -> None:
    """The sentences of FLORES-200 stand for text without spaces, of which no benchmark is here."""
    import pyarrow.parquet as pq

    real = {"humaneval": "HumanEval.jsonl.gz", "gsm8k": "gsm8k-test.jsonl",
            "truthfulqa": "TruthfulQA.csv"}  # fmt: skip
    files = [
        BenchmarkFile(name, str(real_data(f"benchmarks/{file}")), FORMATS[name])
        for name, file in real.items()
    ]
    index = benchmark_files.build_overlap_index(files)
    findings = index.find(texts([item.texts[-1] for item in index.items]))
    holds = findings.kind == schemas.FOUND.index("item")
    pairs = set(zip(findings.document[holds].tolist(), findings.item[holds].tolist(), strict=True))
    missed = [i for i in range(len(index.items)) if (i, i) not in pairs]
    assert len(missed) <= len(index.items) // 200, [index.items[i].name for i in missed]
    flores = pq.read_table(real_data("parallel/flores200-dev.parquet"))
    for language in ("zho_Hans", "jpn_Jpan", "tha_Thai"):
        rows = flores.filter(pa.compute.equal(flores["lang"], language))["text"].to_pylist()
        half = overlap.index(
            [Item("flores", str(i), (), exercises=((row, ""),)) for i, row in enumerate(rows[:500])]
        )
        joined = ["".join(rows[i : i + 5]) for i in range(500, len(rows), 5)]
        assert not [kind for *_, kind in found(half, list(joined)) if kind == "item"]
        holding = ["".join([rows[600], row, rows[601]]) for row in rows[:500]]
        there = {document for document, item, _ in found(half, list(holding)) if document == item}
        assert len(there) == 500
