"""A whole run finds every benchmark item planted in real web text, and no look-alike."""

import csv
import json
import random
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from tokenizers import Tokenizer

from dedup.benchmarks import FORMATS, BenchmarkFile
from dedup.decontamination import Item
from filters.documents import document_ids
from manifests.store import Store
from pipelines.sources.benchmark_files import build_index, read
from tests.realdata import real_data
from tests.winnow import manifest, winnow

REAL = {
    "humaneval": "HumanEval.jsonl.gz",
    "gsm8k": "gsm8k-test.jsonl",
    "truthfulqa": "TruthfulQA.csv",
}


def identities(corpus: dict[str, str]) -> list[bytes]:
    """Of documents of the source `corpus`, by name and text."""
    content = pa.array([text.encode() for text in corpus.values()], pa.large_binary())
    found: list[bytes] = document_ids("corpus", pa.array(list(corpus)), content).to_pylist()
    return found


def rewrapped(text: str) -> str:
    """Every run of white space moved: lines of another width, code without its layout."""
    return "\n".join(
        textwrap.wrap(text, 47, break_long_words=False, break_on_hyphens=False, tabsize=2)
    )


def repunctuated(text: str) -> str:
    """Every punctuation mark another, and commas where there were none."""
    return re.sub(r"(?<=\w)(?= )", ",", re.sub(r"[^\w\s'’`´ʼ‘]", " – ", text))


PRINTINGS: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "rewrapped": rewrapped,
    "recased": lambda text: text.swapcase(),
    "repunctuated": repunctuated,
}


def look_alike(item: Item, rng: random.Random) -> str:
    """The item with every fifth word another, so that no 8 or 13 in a row are left."""
    words = re.findall(r"\w+|\W+", item.texts[-1])
    places = [i for i, word in enumerate(words) if re.match(r"\w", word)]
    for at in places[rng.randrange(4) :: 5]:
        words[at] = rng.choice(["perhaps", "indeed", "however"])
    return "".join(words)


def ngrams(text: str, length: int = 13) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", re.sub("['’]", "", text.lower()))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def write_corpus(path: Path, texts: dict[str, str]) -> None:
    lines = (json.dumps({"id": name, "text": text}) for name, text in texts.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(folder: Path, corpus: Path, section: dict[str, Any], *options: str) -> Store:
    recipe = {
        "name": "exam",
        "sources": [{"name": "corpus", "kind": "jsonl", "path": str(corpus)}],
        "duplicates": {"decontaminate": section},
        "tokenizer": {"vocab_size": 300},
        "shards": {"count": 1},
    }
    (folder / "exam.yaml").write_text(yaml.safe_dump(recipe))
    out = folder / "run"
    winnow("run", folder / "exam.yaml", "--out", out, "--workers", "2", "--quiet", *options)
    return Store(str(out))


def found(store: Store) -> set[tuple[bytes, str, str]]:
    tables = [store.read_table(path) for path in store.list("contamination")]
    rows = pa.concat_tables(tables).select(["doc_id", "benchmark", "item"]).to_pylist()
    return {(row["doc_id"], row["benchmark"], row["item"]) for row in rows}


def test_every_planted_real_item_is_found_in_a_run_and_no_look_alike(tmp_path: Path) -> None:
    benchmarks = [
        {"name": name, "path": str(real_data(f"benchmarks/{file}")), "format": name}
        for name, file in REAL.items()
    ]
    files = [BenchmarkFile(b["name"], b["path"], FORMATS[b["name"]]) for b in benchmarks]
    searched = build_index(files, 13, 8)
    column = pq.read_table(
        real_data("text/web-excerpts-186-langs.parquet"), columns=["text"]
    )["text"]  # fmt: skip
    rng = random.Random(5)
    short = [text for text in column.slice(0, 20_000).to_pylist() if 100 < len(text) < 600]
    hosts = rng.sample(short, 501)
    items = [item for item, n in zip(searched.items, searched.item_ngrams, strict=True) if n]
    texts, expected = {}, set()
    for number, item in enumerate(items):
        for i, (style, printing) in enumerate(PRINTINGS.items()):
            name = f"{number}-{style}"
            # Another host each, or two printings would be copies and one would go as such.
            before, after = hosts[(number + i) % len(hosts)], rng.choice(hosts)
            texts[name] = f"{before}\n{printing(item.texts[-1])}\n{after}"
            expected.add((name, item.benchmark, item.name))
    alike = {}
    for number, item in enumerate(rng.sample(items, 1000)):
        text = look_alike(item, rng)
        assert not ngrams(text) & ngrams(item.texts[-1])
        alike[f"alike-{number}"] = f"{rng.choice(hosts)}\n{text}"
    write_corpus(tmp_path / "corpus.jsonl", {**texts, **alike})
    section = {"benchmarks": benchmarks, "rule": "ngrams"}
    store = run(tmp_path, tmp_path / "corpus.jsonl", section)
    names = [*texts, *alike]
    ids = identities({**texts, **alike})
    name_of = dict(zip(ids, names, strict=True))
    evidence = {(name_of[doc], benchmark, item) for doc, benchmark, item in found(store)}
    assert len(expected) >= 4 * 2200
    missed = sorted(expected - evidence)
    assert not missed, f"{len(missed)} missed: {missed[:5]}"
    assert not {name for name, *_ in evidence} & set(alike)
    counts = manifest(Path(store.root))["reproducible"]["stages"]["duplicates"]["funnel"]
    assert counts["kept"]["docs"] <= len(alike)


QUESTION = (
    "A ferry leaves the northern pier every {n} minutes and the southern pier every hour; when do "
    "both leave at once for the third time that morning?"
)
ANSWERS = ["at half past nine sharp", "never on a weekday", "twice before noon", "at {n} o'clock"]


def row(n: int) -> tuple[str, list[str]]:
    return QUESTION.format(n=n), [answer.format(n=n) for answer in ANSWERS]


def mmlu_authors(folder: Path) -> str:
    """hendrycks/test: a file a subject, no header."""
    for subject in ("astronomy", "virology"):
        with (folder / f"{subject}_test.csv").open("w", newline="") as file:
            rows = [[row(n)[0], *row(n)[1], "A"] for n in range(3)]
            csv.writer(file).writerows(
                [r if subject == "virology" else [r[0].replace("ferry", "tram"), *r[1:]]
                 for r in rows]
            )  # fmt: skip
    return str(folder / "*_test.csv")


def mmlu_hub(folder: Path) -> str:
    rows = [{"question": row(n)[0], "subject": "x", "choices": row(n)[1], "answer": 0}
            for n in range(3)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "test-00000-of-00001.parquet")
    return str(folder / "test-00000-of-00001.parquet")


def mmlu_simple_evals(folder: Path) -> str:
    with (folder / "mmlu.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "Question", "A", "B", "C", "D", "Answer", "Subject"])
        writer.writerows([n, row(n)[0], *row(n)[1], "A", "astronomy"] for n in range(3))
    return str(folder / "mmlu.csv")


def math_authors(folder: Path) -> str:
    """hendrycks/math: a problem a file, in a folder a subject."""
    for n in range(3):
        (folder / "MATH/test/algebra").mkdir(parents=True, exist_ok=True)
        fields = {"problem": row(n)[0], "level": "Level 1", "type": "Algebra",
                  "solution": "$\\boxed{" + str(n) + "}$"}  # fmt: skip
        (folder / f"MATH/test/algebra/{n}.json").write_text(json.dumps(fields))
    return str(folder / "MATH/test")


def math_500(folder: Path) -> str:
    rows = [{"problem": row(n)[0], "solution": "one", "answer": "1", "subject": "Algebra",
             "level": 2, "unique_id": f"test/algebra/{n}.json"} for n in range(3)]  # fmt: skip
    (folder / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return str(folder / "test.jsonl")


def gpqa(folder: Path) -> str:
    names = ["Pre-Revision Question", "Question", "Correct Answer", "Incorrect Answer 1",
             "Incorrect Answer 2", "Incorrect Answer 3", "Explanation", "Record ID"]  # fmt: skip
    with (folder / "gpqa_main.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(["draft", row(n)[0], *row(n)[1], "so it is", f"rec{n}"] for n in range(3))
    return str(folder / "gpqa_main.csv")


LAYOUTS = [
    ("mmlu", mmlu_authors, {f"{s}_test.csv#{n}" for s in ("astronomy", "virology")
                            for n in range(3)}),
    ("mmlu", mmlu_hub, {"0", "1", "2"}),
    ("mmlu", mmlu_simple_evals, {"0", "1", "2"}),
    ("math", math_authors, {f"test/algebra/{n}.json#0" for n in range(3)}),
    ("math", math_500, {f"test/algebra/{n}.json" for n in range(3)}),
    ("gpqa", gpqa, {"rec0", "rec1", "rec2"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("format_", "write", "names"), LAYOUTS, ids=[write.__name__ for _, write, _ in LAYOUTS]
)
def test_formats_read_the_files_that_authors_and_hub_publish(
    tmp_path: Path, format_: str, write: Callable[[Path], str], names: set[str]
) -> None:
    file = BenchmarkFile(format_, write(tmp_path), FORMATS[format_])
    items = list(read(file))
    assert {item.name for item in items} == names
    assert all(len(item.texts) == 2 for item in items)
    if format_ != "math":
        assert "half past nine" in items[0].texts[1]
    searched = build_index([file], 13, 8)
    for style, printing in PRINTINGS.items():
        texts = pa.array([printing(item.texts[-1]) for item in items], pa.large_string())
        findings = searched.find(texts)
        pairs = set(zip(findings.document.tolist(), findings.item.tolist(), strict=True))
        assert pairs >= {(i, i) for i in range(len(items))}, style


def test_one_file_of_several_without_ngrams_stops_the_run(tmp_path: Path) -> None:
    path = mmlu_authors(tmp_path)
    (tmp_path / "empty_test.csv").write_text("short,a,b,c,d,A\n")
    with pytest.raises(ValueError, match=r"empty_test\.csv has 8 words"):
        build_index([BenchmarkFile("mmlu", path, FORMATS["mmlu"])], 13, 8)


def test_masking_takes_the_item_out_of_what_is_trained_on_and_keeps_the_rest(
    tmp_path: Path,
) -> None:
    exam = math_500(tmp_path)
    item = row(0)[0]
    texts = {
        "holds": f"Before it, ein Satz.\n{item.upper()}\nBehind it – ein Wort.",
        "is": rewrapped(item),
        "clean": "No exercise stands here, only a line about ferries and their piers.",
    }
    write_corpus(tmp_path / "corpus.jsonl", texts)
    benchmark = {"name": "exam", "path": exam, "format": "math"}
    section = {"benchmarks": [benchmark], "action": "mask", "replacement": "[exercise]"}
    store = run(tmp_path, tmp_path / "corpus.jsonl", section)
    holds, whole, clean = identities(texts)
    # Of which item: those of the same words but for the number share 13-grams with it.
    assert {doc for doc, *_ in found(store)} == {holds, whole}
    assert {(doc, item) for doc, _, item in found(store)} >= {(holds, "test/algebra/0.json")}
    dropped = store.read_table("duplicates/000000.parquet").to_pylist()
    assert [(r["doc_id"], r["reason"]) for r in dropped] == [(whole, "contaminated.exam")]
    decode = Tokenizer.from_file(str(Path(store.root) / "tokenizer/tokenizer.json")).decode
    shards = pa.concat_tables([store.read_table(path) for path in store.list("shards")])
    left = {r["doc_id"]: decode(r["input_ids"]) for r in shards.to_pylist()}
    assert left == {
        holds: "Before it, ein Satz.\n[exercise]?\nBehind it – ein Wort.",
        clean: texts["clean"],
    }
    stages = manifest(Path(store.root))["reproducible"]["stages"]
    funnel = stages["duplicates"]["funnel"]
    assert funnel["kept"]["text_bytes"] == sum(len(text.encode()) for text in left.values())
    assert stages["tokenizer"]["funnel"]["in"]["bytes"] == funnel["kept"]["text_bytes"]
    winnow("verify", store.root)
