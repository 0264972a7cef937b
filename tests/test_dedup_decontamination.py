"""Benchmark items are found however they are printed, and nothing that only looks like them."""

import gzip
import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup import cuts
from dedup.benchmarks import FORMATS, BenchmarkFile, Fields
from dedup.decontamination import BenchmarkIndex, Item, index
from dedup.settings import Benchmark, Decontaminate, Duplicates, MinHash
from manifests.store import Store
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.sources import benchmark_files
from tests.deduplicating import Document, run_planned, story, write_unit
from tests.realdata import real_data

LONG = (
    "Maya's bakery sells 14 loaves each morning, and the baker gives 3 of them to her neighbours "
    "before noon. How many loaves are left?"
)
SHORT = "Which river runs through the middle of Vienna today?"
TINY = "Who wrote Faust?"
CODE = """def has_close_elements(numbers: List[float], threshold: float) -> bool:
    for idx, elem in enumerate(numbers):
        return any(abs(elem - other) < threshold for other in numbers[idx + 1:])
"""


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def made(*items: str, **options: int) -> BenchmarkIndex:
    return index([Item("exam", str(i), (text,)) for i, text in enumerate(items)], **options)


def found(searched: BenchmarkIndex, values: list[str | None]) -> set[tuple[int, int]]:
    findings = searched.find(texts(values))
    return set(zip(findings.document.tolist(), findings.item.tolist(), strict=True))


def printings(item: str) -> list[str]:
    """The item verbatim, wrapped, in other case, with other punctuation."""
    return [
        item,
        "\n".join(textwrap.wrap(item, 31)),
        item.upper(),
        item.title().swapcase(),
        re.sub(r"[^\w\s'’`´ʼ‘]", " – ", item),
        re.sub(r"(?<=\w)(?= )", ",", item).replace("'", "’").replace(".", "!"),
    ]


@pytest.mark.parametrize("item", [LONG, SHORT], ids=["long", "short"])
def test_an_item_is_found_however_it_is_printed(item: str) -> None:
    frame = " ".join(story(1, 40))
    values = [f"{frame}\n{text} {frame}" for text in printings(item)]
    assert found(made(item), values) == {(i, 0) for i in range(len(values))}
    assert found(made(item), [item]) == {(0, 0)}


def test_look_alikes_and_short_items_are_not_found() -> None:
    searched = made(LONG, SHORT, TINY)
    values = [
        LONG.replace("14", "15"),  # another exercise
        " ".join(LONG.split()[:12]),
        " ".join(SHORT.split()[:7]),
        "So who wrote Faust? Goethe did.",
        "", None, "…", "one",
    ]  # fmt: skip
    # Of the first, 13 words in a row without the number are left.
    assert found(searched, values) == {(0, 0)}
    assert found(made(LONG, ngram_words=22), values) == set()
    assert searched.item_ngrams.tolist() == [12, 2, 0]


def test_apostrophes_are_as_if_absent_and_digits_count() -> None:
    words = "don't you know the cat's 7 lives are 12 or 90 in all of them"
    searched = made(words, ngram_words=13)
    assert found(searched, [words.replace("'", ""), words.replace("'", "’")]) == {(0, 0), (1, 0)}
    assert not found(searched, [words.replace("7", "8").replace("12", "13").replace("90", "91")])


def test_code_is_found_whatever_its_layout_and_the_case_of_its_names() -> None:
    searched = index([Item("code", "0", (CODE,), code=True)])
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), CODE)
    values = [CODE, " ".join(CODE.split()), CODE.replace("    ", "\t"), camel, CODE.upper(),
              "# " + CODE.replace("\n", "\n# "), re.sub(r"[^\w\s]", ";", CODE)]  # fmt: skip
    assert found(searched, values) == {(i, 0) for i in range(len(values))}
    assert not found(searched, [CODE.replace("elem", "x").replace("threshold", "y")])
    # A name is one token: of words cut at underscores there would be more.
    assert searched.item_ngrams[0] < made(CODE).item_ngrams[0]


@pytest.mark.parametrize("cut", range(5))
def test_findings_do_not_depend_on_the_batch(cut: int) -> None:
    searched = made(LONG, SHORT)
    values: list[str | None] = [LONG, "", f"{SHORT} {LONG}", None, SHORT]
    both = found(searched, values[:cut]) | {
        (document + cut, item) for document, item in found(searched, values[cut:])
    }
    assert both == found(searched, values) == {(0, 0), (2, 0), (2, 1), (4, 1)}
    assert not len(searched.find(texts([])).document)


def test_ngrams_say_how_much_of_an_item_a_document_holds() -> None:
    findings = made(LONG).find(texts([LONG, " ".join(LONG.split()[:14]), f"{LONG} {LONG}"]))
    assert findings.ngrams.tolist() == [12, 2, 12]


ROWS = [{"Question": LONG, "Best Answer": "Eleven.", "choices": ["a", "b"], "id": "x1"},
        {"Question": SHORT, "Best Answer": "The Danube", "choices": [], "id": "x2"}]  # fmt: skip


def written(folder: Path, ending: str) -> Path:
    path = folder / f"exam{ending}"
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    if ending == ".jsonl":
        path.write_text(lines, encoding="utf-8-sig")
    elif ending == ".jsonl.gz":
        path.write_bytes(gzip.compress(lines.encode()))
    elif ending == ".csv":
        path.write_text('Question,Best Answer,id\n"' + LONG + '",Eleven.,x1\n' + SHORT + ",D,x2\n")
    else:
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".csv", ".parquet"])
def test_files_are_read_by_their_ending(tmp_path: Path, ending: str) -> None:
    fields = Fields(("question", "Question+best_answer"), "id")
    file = BenchmarkFile("exam", str(written(tmp_path, ending)), fields)
    items = list(benchmark_files.read(file))
    assert [item.name for item in items] == ["x1", "x2"]
    assert items[0].texts[0] == LONG
    assert items[0].texts[1] == f"{LONG}\nEleven."


@pytest.mark.parametrize(
    ("benchmark", "told"),
    [
        ("{name: a, path: PATH.jsonl, fields: [answer]}", "no column 'answer'"),
        ("{name: a, path: PATH.jsonl, fields: [id]}", "yields no n-gram"),
        ("{name: a, path: PATH.jsonl}", "give format or fields"),
        ("{name: a, path: PATH.txt, fields: [id]}", "cannot be read"),
        ("{name: a, path: PATH.jsonl, format: gsm9k}", "gsm8k"),
    ],
)
def test_a_benchmark_of_which_nothing_can_be_found_stops_the_run(
    tmp_path: Path, benchmark: str, told: str
) -> None:
    written(tmp_path, ".jsonl")
    benchmark = benchmark.replace("PATH", str(tmp_path / "exam"))
    with pytest.raises(RecipeError, match=told):
        loading.load("demo", [f"duplicates.decontaminate={{benchmarks: [{benchmark}]}}"])


def test_the_stage_drops_what_holds_an_item_and_says_which(tmp_path: Path) -> None:
    path = written(tmp_path, ".jsonl")
    section = Decontaminate(
        benchmarks=(Benchmark(name="exam", path=str(path), fields=("question",), item="id"),)
    )
    recipe = Recipe(
        name="test",
        duplicates=Duplicates(near=MinHash(), decontaminate=section),
    )
    clean = Document(1, " ".join(story(1)))
    holds = Document(2, f"{clean.text} {SHORT}\n{LONG}")
    other = Document(3, " ".join(story(3)) + SHORT)
    units = [[clean, other], [holds, Document(4, " ".join(story(4)))], []]
    run = tmp_path / "run"
    store = Store(str(run))
    for i, unit in enumerate(units):
        write_unit(store, i, unit, recipe)
    run_planned(run, len(units), recipe)
    report = store.read_json("stages/duplicates.json")
    reasons = {
        row["reason"]: row["docs"] for row in report["funnel"]["rows"] if row["outcome"] != "kept"
    }
    # The page that is a near copy of a contaminated one went with it.
    assert reasons == {"contaminated.exam": 2, "near_duplicate": 1}
    assert report["counts"]["benchmark_items.exam"] == 2
    assert report["counts"]["benchmark_items_too_short.exam"] == 0
    parts = [store.read_table(f"contamination/{i:06d}.parquet") for i in range(3)]
    evidence = pa.concat_tables(parts).to_pylist()
    assert {(row["doc_id"], row["item"]) for row in evidence} == {
        (other.doc_id, "x2"), (holds.doc_id, "x1"), (holds.doc_id, "x2"),
    }  # fmt: skip
    rows = store.read_table("duplicates/000000.parquet").to_pylist()
    assert [(row["row"], row["survivor"] is None) for row in rows] == [(0, False), (1, True)]


REAL = [
    ("humaneval", "HumanEval.jsonl.gz"),
    ("gsm8k", "gsm8k-test.jsonl"),
    ("truthfulqa", "TruthfulQA.csv"),
]


def real_files() -> list[BenchmarkFile]:
    return [
        BenchmarkFile(name, str(real_data(f"benchmarks/{path}")), FORMATS[name])
        for name, path in REAL
    ]


def test_real_benchmarks_yield_ngrams_of_nearly_all_items() -> None:
    files = real_files()
    searched = benchmark_files.build_index(files, 13, 8)
    names = np.array([item.benchmark for item in searched.items])
    share = {file.name: (searched.item_ngrams[names == file.name] > 0).mean() for file in files}
    assert share["humaneval"] == share["gsm8k"] == 1
    assert share["truthfulqa"] > 0.95


@pytest.mark.parametrize("item", [LONG, SHORT, CODE], ids=["long", "short", "code"])
def test_spans_cover_an_item_however_it_is_printed_and_nothing_else(item: str) -> None:
    searched = index([Item("exam", "0", (item,), code=item == CODE)])
    for printed in printings(item) if item != CODE else [item, item.upper()]:
        core = printed.strip("\n .?!–:…")
        text = texts([f"İstanbul first line.\n{printed}\nand a last line, ȺB"])
        left = cuts.apply(text, searched.spans(text))[0].as_py()
        assert left.startswith("İstanbul first line.")
        assert left.endswith("and a last line, ȺB")
        assert len(left) <= text.to_pylist()[0].__len__() - len(core) + 4
        assert not len(searched.find(texts([left])).document)


def test_an_empty_list_of_benchmarks_is_refused() -> None:
    """The corpus would be called decontaminated, of nothing."""
    with pytest.raises(RecipeError, match="nothing would be looked for"):
        loading.load("demo", ["duplicates.decontaminate={benchmarks: []}"])
