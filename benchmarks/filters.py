"""Filters beside the libraries whose decisions they take: speed on the same real pages.

    python -m benchmarks.filters

Every figure is MB of UTF-8 a second of processor time of one core, so that other work on the
machine shows little. Each part runs in a process of its own. Models, spaCy and the kernels (numba's
disk cache) are loaded with one short document before the clock starts, on both sides; the seconds
that this takes are printed.

cold: the pages for the first time, no word known yet. unseen: pages of a second half after the
first half. warm: the same pages again, the best of five.
"""

import json
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.timing import seconds
from filters.rules import registry
from filters.rules.apply import apply_rules

os.environ["HF_HUB_OFFLINE"] = "1"
DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[2] / "shared" / "data"))
BATCH = 256
PACK = "datatrove-0.10"
FOR_DATATROVE = 120  # pages; it would take a minute for all
PAGES = "pages"
EXCERPTS = "excerpts"
Figures = dict[str, float]


def corpus(name: str) -> list[str]:
    """Texts in an order of their own."""
    if name == EXCERPTS:
        table = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet", columns=["text"])
        texts = table["text"].to_pylist()[::25]
    else:
        gold = pq.read_table(DATA / "webpages/wcxb-dev.gold.parquet")["main_content"]
        crawl = pq.read_table(DATA / "commoncrawl/cc100.reference.parquet")["trafilatura_text"]
        texts = gold.to_pylist() + crawl.to_pylist()
    texts = [text for text in texts if text and text.strip()]
    random.Random(1).shuffle(texts)
    return texts


def megabytes(texts: Sequence[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def batches(texts: Sequence[str]) -> list[pa.LargeStringArray]:
    return [pa.array(texts[i : i + BATCH], pa.large_string()) for i in range(0, len(texts), BATCH)]


def halves(texts: list[str]) -> tuple[list[str], list[str]]:
    return texts[: len(texts) // 2], texts[len(texts) // 2 :]


def cold_unseen_warm(run: Callable[[pa.LargeStringArray], Any], texts: list[str]) -> Figures:
    """MB/s; `cold` and `unseen` of the two halves, since each page is new only once."""

    def speed(some: list[str], times: int = 1) -> float:
        given = batches(some)
        return megabytes(some) / seconds(lambda: [run(batch) for batch in given], times)

    first, second = halves(texts)
    cold_and_unseen = speed(first), speed(second)
    return {
        "cold": cold_and_unseen[0],
        "unseen": cold_and_unseen[1],
        "warm": speed(texts, times=5),
    }


def our_rules(early_drop: bool) -> Figures:
    from filters.rules import registry
    from filters.rules.apply import apply_rules

    recipe = registry.pack_rules(PACK)

    def run(text: pa.LargeStringArray) -> None:
        apply_rules(text, recipe, early_drop=early_drop)

    start = seconds(lambda: run(pa.array(["word"], pa.large_string())), times=1)
    return {"start": start, **cold_unseen_warm(run, corpus(PAGES))}


def cold_rules() -> Figures:
    """All pages in a process that has seen none."""
    recipe = registry.pack_rules(PACK)
    apply_rules(pa.array(["word"], pa.large_string()), recipe)
    texts = corpus(PAGES)
    given = batches(texts)
    taken = seconds(lambda: [apply_rules(batch, recipe) for batch in given], times=1)
    return {"cold": megabytes(texts) / taken}


def their_rules() -> Figures:
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    steps = [
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
    ]

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            document = Document(text, "id")
            for step in steps:
                if step.filter(document) is not True:
                    break

    warnings.simplefilter("ignore", RuntimeWarning)  # numpy, on the mean of nothing
    start = seconds(lambda: run(["word " * 60 + ".\n" for _ in range(2)]), times=1)
    texts = corpus(PAGES)[:FOR_DATATROVE]
    return {
        "start": start,
        "cold": megabytes(texts) / seconds(lambda: run(texts), times=1),
        "warm": megabytes(texts) / seconds(lambda: run(texts), times=2),
    }


def our_language(name: str) -> Figures:
    from filters.language.identify import LanguageIdentifier

    identifier = LanguageIdentifier()
    identifier.identify(pa.array(["word"], pa.large_string()))
    return cold_unseen_warm(identifier.identify, corpus(name))


def their_language(name: str) -> Figures:
    import fasttext

    from filters.language.models import model_path

    model = fasttext.load_model(str(model_path("lid.176.ftz")))
    lines = [text.replace("\n", " ") for text in corpus(name)]
    taken = seconds(lambda: [model.predict(line) for line in lines], times=3)
    return {"warm": megabytes(lines) / taken}


def our_pii() -> Figures:
    from filters.pii import redact

    def run(text: pa.LargeStringArray) -> None:
        redact(text, decisions=PACK)

    run(pa.array(["word"], pa.large_string()))
    return cold_unseen_warm(run, corpus(PAGES))


def their_pii() -> Figures:
    from datatrove.pipeline.formatters.pii import PIIFormatter

    formatter = PIIFormatter()
    texts = corpus(PAGES)
    taken = seconds(lambda: [formatter.format(text) for text in texts], times=2)
    return {"warm": megabytes(texts) / taken}


def everything() -> Figures:
    """Language, the four rules with every value, and redaction of e-mail and IP addresses."""
    from filters.language.identify import LanguageIdentifier
    from filters.pii import redact

    identifier, recipe = LanguageIdentifier(), registry.pack_rules(PACK)

    def run(text: pa.LargeStringArray) -> None:
        identifier.identify(text)
        redact(apply_rules(text, recipe).text, kinds=("email", "ip"))

    run(pa.array(["word"], pa.large_string()))
    return cold_unseen_warm(run, corpus(PAGES))


PARTS: dict[str, Callable[[], Figures]] = {
    "rules": lambda: our_rules(early_drop=False),
    "rules, early drop": lambda: our_rules(early_drop=True),
    "rules, all pages": cold_rules,
    "datatrove rules": their_rules,
    "language, pages": lambda: our_language(PAGES),
    "fastText, pages": lambda: their_language(PAGES),
    "language, excerpts": lambda: our_language(EXCERPTS),
    "fastText, excerpts": lambda: their_language(EXCERPTS),
    "pii": our_pii,
    "datatrove pii": their_pii,
    "all": everything,
}


def measure(part: str) -> Figures:
    command = [sys.executable, "-m", "benchmarks.filters", part]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(answer.stdout.splitlines()[-1])
    return figures


def row(work: str, name: str, ours: float, peer: str = "", theirs: float | None = None) -> str:
    beside = f"{peer} | {theirs:.2f} | {ours / theirs:.1f}x" if theirs else " | |"
    return f"| {work} | {name} | {ours:.1f} | {beside} |"


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(PARTS[sys.argv[1]]()))
        return
    if not DATA.exists():
        sys.exit(f"no real data at {DATA}; set WINNOW_DATA to the folder that has it")
    for part in ("rules", "all", "pii"):
        measure(part)  # whatever is not compiled yet is now
    found = {part: measure(part) for part in PARTS}
    ours, early, theirs = found["rules"], found["rules, early drop"], found["datatrove rules"]
    pages, excerpts = corpus(PAGES), corpus(EXCERPTS)
    print(
        f"\npages: main text of {len(pages)} real pages, {megabytes(pages):.1f} MB (datatrove's "
        f"rules: the first {FOR_DATATROVE}); excerpts: {len(excerpts)} of web text in 186 "
        f"languages, {megabytes(excerpts):.1f} MB.\nBefore the clock: {ours['start']:.1f} s for "
        f"spaCy and kernels here, {theirs['start']:.1f} s for datatrove.\n"
    )
    print("| work | corpus | winnow MB/s | peer | peer MB/s | ratio |")
    print("| --- | --- | ---: | --- | ---: | ---: |")
    four = "four FineWeb rules, datatrove's decisions"
    cold = found["rules, all pages"]["cold"]
    print(row(f"{four}, cold", "pages", cold, "datatrove", theirs["cold"]))
    print(row(f"{four}, unseen", "pages, second half", ours["unseen"], "datatrove", theirs["cold"]))
    print(row(f"{four}, warm", "pages", ours["warm"], "datatrove", theirs["warm"]))
    print(row(f"{four}, warm, early drop", "pages", early["warm"], "datatrove", theirs["warm"]))
    for name in (PAGES, EXCERPTS):
        speed, peer = found[f"language, {name}"]["warm"], found[f"fastText, {name}"]["warm"]
        print(row("language, lid.176, warm", name, speed, "fastText predict", peer))
    peer = found["datatrove pii"]["warm"]
    print(
        row("e-mail and IP, datatrove's decisions", "pages", found["pii"]["warm"],
            "PIIFormatter", peer)
    )  # fmt: skip
    print(
        row("language, four rules, redaction, unseen", "pages, second half", found["all"]["unseen"])
    )
    print(row("language, four rules, redaction, warm", "pages", found["all"]["warm"]))


if __name__ == "__main__":
    main()
