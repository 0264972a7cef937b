"""`winnow estimate` measured: how often the truth is within its intervals, and how wide they are.

    python -m benchmarks.estimate [--seeds 20] [--first-seed 0] [--share 0.05] [SET...]

Each of the sets (all unless given) is run as a whole, and estimated from keyed samples.

    web     the pages of commoncrawl and webpages below WINNOW_DATA, by recipe web-multilingual
    exact   excerpts of web text, each 1 to 20 times, over 12 files
    near    the same, where copies differ from each other by some of their words
    units   1 to 20 copies of more excerpts, over so many files that whole files are drawn
"""

import argparse
import functools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from manifests.statistics import KEPT, Funnel
from manifests.store import Store
from pipelines import preflight
from pipelines.commands import console
from pipelines.commands.estimate import estimate
from pipelines.commands.run import perform
from pipelines.engines.aside import in_child
from pipelines.engines.runners import DIRECT
from pipelines.estimation.ratios import Interval
from pipelines.progress import Monitor
from pipelines.recipe.loading import Reading, read
from tests.realdata import ROOT

RECIPE = """
name: planted
documents:
  rules: {gopher_quality: {min_words: 60, max_words: 100000}}
duplicates:
  near: {ngram_words: 5, bands: 14, rows: 8}
tokenizer: {vocab_size: 8192}
"""
COPIES = 20


def excerpts(count: int) -> list[str]:
    """Different texts of the web, in the order of a keyed shuffle."""
    table = pq.read_table(ROOT / "text/web-excerpts-186-langs.parquet", columns=["lang", "text"])
    english = [row["text"] for row in table.to_pylist() if row["lang"] in LANGUAGES]
    found = list(dict.fromkeys(text for text in english if len(text) > 300))
    random.Random(0).shuffle(found)
    return found[:count]


LANGUAGES = {"eng_Latn", "deu_Latn", "fra_Latn", "spa_Latn", "ita_Latn", "rus_Cyrl", "por_Latn"}


def changed(text: str, draw: random.Random) -> str:
    """A near-copy: one word in 60 is another."""
    words = text.split(" ")
    for _ in range(1 + len(words) // 60):
        words[draw.randrange(len(words))] = f"word{draw.randrange(1000)}"
    return " ".join(words)


def planted(folder: Path, texts: Sequence[str], files: int, near: bool) -> None:
    """Writes each text 1 to 20 times, over the files."""
    draw = random.Random(1)
    folder.mkdir()
    lines: list[list[str]] = [[] for _ in range(files)]
    for text in texts:
        for copy in range(draw.randint(1, COPIES)):
            written = changed(text, draw) if near and copy else text
            lines[draw.randrange(files)].append(json.dumps({"text": written}))
    for number, own in enumerate(lines):
        draw.shuffle(own)
        (folder / f"{number:05d}.jsonl").write_text("\n".join(own) + "\n")


def reading_of(name: str, folder: Path) -> "functools.partial[Reading]":
    """The recipe of a set; makes its files."""
    if name == "web":
        crawl = ROOT / "commoncrawl"
        sources = (
            f"cc=warc:{crawl}/*.warc*", f"wet=wet:{crawl}/whirlwind.warc.wet.gz",
            f"pages=warc:{ROOT}/webpages/wcxb-dev.warc.gz",
        )  # fmt: skip
        return functools.partial(read, "web-multilingual", (), sources)
    recipe = folder / "planted.yaml"
    recipe.write_text(RECIPE)
    if name == "units":
        planted(folder / name, excerpts(6000), 820, near=False)
    else:
        planted(folder / name, excerpts(1000), 12, near=name == "near")
    return functools.partial(read, str(recipe), (), (f"jsonl:{folder / name}/*.jsonl",))


def truth_of(reading: "functools.partial[Reading]", run: Path) -> dict[str, float]:
    """What a run of all of it gives and takes."""
    begun = time.process_time()
    made = perform(
        reading, preflight.Output(str(run)), (DIRECT, 1, ()), False,
        Monitor(console.err, quiet=True), lambda _: None,
    )  # fmt: skip
    content = made["reproducible"]
    corpus = Funnel.from_json(content["stages"]["corpus"]["funnel"]).total(KEPT)
    rules = Funnel.from_json(content["stages"]["documents"]["funnel"]).total(KEPT)
    store = Store(str(run))
    return {
        "passed": rules.docs,
        "kept": corpus.docs,
        "tokens": content["shards"]["tokens"],
        "disk_bytes": sum(store.sizes("").values()),
        "core_seconds": time.process_time() - begun,
    }


def told(name: str, truth: float, found: Sequence[Interval]) -> str:
    inside = sum(one.low <= truth <= one.high for one in found)
    width = statistics.median(one.relative_width for one in found)
    error = statistics.median(abs(one.estimate / truth - 1) for one in found)
    return (
        f"{name:>12} {truth:>14,.0f} {inside:>4} of {len(found)} {width:>8.0%} {error:>8.0%}   "
        f"{statistics.median(one.low for one in found):,.0f} - "
        f"{statistics.median(one.high for one in found):,.0f}"
    )


def measure(name: str, seeds: range, share: float, folder: Path) -> Iterator[str]:
    reading = reading_of(name, folder)
    # Its threads must not be here when samples are run: they are run in forks of this process.
    truth = in_child(lambda: truth_of(reading, folder / f"{name}-run"))
    print(name, truth, file=sys.stderr, flush=True)
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as made:
            found.append(estimate(reading, share, seed, made, 1, None, False, True).forecast)
        one = found[-1]
        print(
            name,
            seed,
            [
                f"{v.low:,.0f} {v.estimate:,.0f} {v.high:,.0f}"
                for v in (one.passed, one.kept, one.tokens or one.kept)
            ],
            file=sys.stderr,
            flush=True,
        )
    yield f"{name}: {share:.1%}, {len(found)} samples"
    yield f"{'':>12} {'truth':>14} {'inside':>10} {'width':>7} {'error':>8}   median interval"
    yield told("passed", truth["passed"], [one.passed for one in found])
    yield told("kept", truth["kept"], [one.kept for one in found])
    yield told("tokens", truth["tokens"], [one.tokens for one in found if one.tokens])
    yield told("disk", truth["disk_bytes"], [one.disk_bytes for one in found])
    yield told(
        "core-seconds", truth["core_seconds"], [one.all_core_hours.scaled(3600) for one in found]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["web", "exact", "near", "units"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.05)
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    for name in given.sets:
        with tempfile.TemporaryDirectory() as folder:
            for line in measure(name, seeds, given.share, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
