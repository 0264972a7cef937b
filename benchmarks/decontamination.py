"""Decontamination measured on labelled documents: precision and recall of rules, and speed.

    python -m benchmarks.decontamination [report|speed|develop] ...

`report` has the half of the items on which no rule was chosen, `develop` the other one. Items of
three benchmarks, and of one whose questions quote public text, are planted in real web text
(`benchmarks.decontamination_planted`).
"""

import collections
import functools
import math
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import decontamination_planted as planting
from benchmarks.decontamination_planted import Planted
from benchmarks.dedup import DATA, real_texts
from benchmarks.timing import seconds
from dedup import exact, item_texts
from dedup.decontamination import Item
from dedup.settings import Benchmark, Decontaminate, Duplicates
from manifests import schemas
from manifests.store import Store
from pipelines.recipe.recipe import Recipe
from pipelines.sources import benchmark_files
from tests.deduplicating import run_planned, write_texts

# Of each document, the items that a rule finds; a rule that names none gives `ANY`.
Found = list[set[tuple[str, str]]]
ANY = ("", "")
BATCH = 1000
UNIT_DOCUMENTS = 10_000
FORMS = ("verbatim", "reprinted", "one word changed", "apart")
PARAPHRASES = ("numbers as words", "every 5 words", "every 3 words")
LOOK_ALIKES = (
    "common text", "other numbers", "others as words", "same signature", "same template",
    "discusses it", "web pages",
)  # fmt: skip


def _batches(documents: Sequence[Planted]) -> list[pa.LargeStringArray]:
    texts = [document.text for document in documents]
    return [pa.array(texts[i : i + BATCH], pa.large_string()) for i in range(0, len(texts), BATCH)]


def _named(found: Any, items: Sequence[Item], count: int) -> Found:
    result: Found = [set() for _ in range(count)]
    there = found.kind == schemas.FOUND.index(schemas.ITEM)
    for document, item in zip(found.document[there], found.item[there], strict=True):
        result[document].add((items[item].benchmark, items[item].name))
    return result


def by_ngrams(items: list[Item], files: list[Any], documents: Sequence[Planted]) -> Found:
    """Winnow's rule `ngrams`: 13 words in a row, 8 of shorter texts."""
    index = benchmark_files.build_index(files, 13, 8)
    return [
        found
        for text in _batches(documents)
        for found in _named(index.find(text), index.items, len(text))
    ]


def by_overlap(items: list[Item], files: list[Any], documents: Sequence[Planted]) -> Found:
    """Winnow's rule `overlap`, with common text by the documents' hosts."""
    index = benchmark_files.build_overlap_index(files)
    hosts = exact.text_hash(pa.array([d.host for d in documents], pa.large_string()))
    source = np.frombuffer(hosts.buffers()[1], np.uint64)[::2]
    keys, sources = [], []
    for number, text in enumerate(_batches(documents)):
        _, document, key = index.candidates(text)
        keys.append(key)
        sources.append(source[number * BATCH + document])
    counted, _ = item_texts.sources_of_runs(np.concatenate(keys), np.concatenate(sources))
    known = index.without(*np.unique(counted, return_counts=True), 3)
    return [
        found
        for text in _batches(documents)
        for found in _named(known.find(text), index.items, len(text))
    ]


def by_datatrove(size: int) -> Callable[..., Found]:
    """Datatrove's NGramsDecontFilter over n-grams of questions, answers and both together."""

    def rule(items: list[Item], files: list[Any], documents: Sequence[Planted]) -> Found:
        from datatrove.data import Document
        from datatrove.pipeline.decont.n_grams import (
            NGramsDecontConfig,
            NGramsDecontFilter,
            NGramsDecontIndexer,
        )
        from loguru import logger

        logger.remove()
        config = NGramsDecontConfig(n_grams=size, find_query_ngrams=True)
        with tempfile.TemporaryDirectory() as folder:
            step = NGramsDecontFilter(folder, config)
            # The indexer itself asks for the library lighteval, which only loads benchmarks.
            parts = SimpleNamespace(
                config=config, tokenizer=step.tokenizer, hash_func=step.hash_func
            )
            hashes = {
                value
                for item in items
                for question, answer in item.exercises
                for value in NGramsDecontIndexer.compute_hashes(parts, answer, question)
            }
            wanted = np.array(sorted(hashes), config.hash_config.np_descr)
            wanted.tofile(Path(folder) / "exam.index.hashes")
            return [
                set() if step.filter(Document(text=d.text, id="")) is True else {ANY}
                for d in documents
            ]

    return rule


class Decon:
    """The rule of allenai/decon in words of our own, after its doc/simple-details.md and defaults.

    Tokens are lower-case words without punctuation, which decon can use instead of cl100k.
    """

    SIZE, STRIDE, MISSES, THRESHOLD = 5, 10, 11, 0.8
    PERFECT, NORMAL = 20, 50
    LEAST_TOKENS, LEAST_WORDS = 20, 4
    SHORT_ANSWER, SHORT_WINDOW, LONG_WINDOW, ANSWER_SIZE = 3, 50, 100, 3

    def __init__(self, items: list[Item]) -> None:
        self.items = []
        self.having: dict[tuple[str, ...], set[int]] = collections.defaultdict(set)
        answers: dict[tuple[str, ...], int] = collections.Counter()
        for item in items:
            question, answer = (self.tokens(text) for text in item.exercises[0])
            every = question + answer
            if len(every) < self.LEAST_TOKENS or len(set(every)) < self.LEAST_WORDS:
                continue
            number = len(self.items)
            grams, of_answer = self.grams(question, self.SIZE), self.grams(answer, self.ANSWER_SIZE)
            self.items.append((item, set(grams), answer, set(of_answer), len(every)))
            for gram in set(grams):
                self.having[gram].add(number)
            answers.update(set(of_answer))
        count = len(self.items)
        self.idf = {gram: math.log(count / len(some)) + 1 for gram, some in self.having.items()}
        self.answer_idf = {gram: math.log(count / some) + 1 for gram, some in answers.items()}

    @staticmethod
    def tokens(text: str) -> list[str]:
        return re.sub(r"[^\w\s]|_", " ", text.lower()).split()

    @staticmethod
    def grams(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
        size = max(1, min(size, len(tokens)))
        return [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]

    def needed(self, length: int, normal: float) -> float:
        share = min(1.0, max(0.0, (length - self.PERFECT) / (self.NORMAL - self.PERFECT)))
        return 1 - (1 - normal) * share

    def find(self, text: str) -> set[tuple[str, str]]:
        tokens = self.tokens(text)
        grams = self.grams(tokens, self.SIZE)
        found, seen = set(), dict[int, int]()
        for at in range(0, len(grams), self.STRIDE):
            for number in self.having.get(grams[at], ()):
                if seen.get(number, -1) >= at:
                    continue
                matched, low, high = self._expanded(grams, at, number)
                seen[number] = high
                if self._contaminated(number, matched, tokens, low, high + self.SIZE):
                    item = self.items[number][0]
                    found.add((item.benchmark, item.name))
        return found

    def _expanded(
        self, grams: list[tuple[str, ...]], at: int, number: int
    ) -> tuple[set[tuple[str, ...]], int, int]:
        wanted = self.items[number][1]
        matched, ends = {grams[at]}, []
        for step in (-1, 1):
            misses, last, here = 0, at, at + step
            while 0 <= here < len(grams) and misses < self.MISSES:
                if grams[here] in wanted:
                    matched.add(grams[here])
                    misses, last = 0, here
                else:
                    misses += 1
                here += step
            ends.append(last)
        return matched, ends[0], ends[1]

    def _contaminated(
        self, number: int, matched: set[tuple[str, ...]], tokens: list[str], low: int, high: int
    ) -> bool:
        _, wanted, answer, of_answer, length = self.items[number]
        question = sum(map(self.idf.__getitem__, matched)) / sum(map(self.idf.__getitem__, wanted))
        if not answer:
            return question >= self.needed(length, self.THRESHOLD)
        if len(answer) <= self.SHORT_ANSWER:
            near = tokens[max(0, low - self.SHORT_WINDOW) : high + self.SHORT_WINDOW]
            there = float(any(near[i : i + len(answer)] == answer for i in range(len(near))))
        else:
            reach = max(self.LONG_WINDOW, 2 * len(answer))
            near = tokens[max(0, low - reach) : low] + tokens[high : high + reach]
            held = set(self.grams(near, self.ANSWER_SIZE)) & of_answer
            there = sum(map(self.answer_idf.__getitem__, held)) / sum(
                map(self.answer_idf.__getitem__, of_answer)
            )
        sure = min(1.0, 0.5 + 0.5 * len(wanted) / 20)
        weight = 0.75 * sure
        score = weight * question + (1 - weight) * there
        return score >= self.needed(length, self.THRESHOLD)


def by_decon(items: list[Item], files: list[Any], documents: Sequence[Planted]) -> Found:
    """allenai/decon's rule, written anew."""
    rule = Decon(items)
    return [rule.find(document.text) for document in documents]


RULES: dict[str, Callable[..., Found]] = {
    "datatrove, 12-grams": by_datatrove(12),
    "datatrove, 13-grams": by_datatrove(13),
    "decon's rule": by_decon,
    "winnow `ngrams`": by_ngrams,
    "winnow `overlap`": by_overlap,
}


def measure(reported: bool, names: Sequence[str] = (), wrong: int = 0) -> None:
    """Prints recall by form, share of look-alikes that are taken for items, and precision."""
    with tempfile.TemporaryDirectory() as folder:
        files = planting.files(Path(folder))
        items = planting.read_items(files)
        web = planting.Web()
        documents = planting.corpus(web, items, reported)
        of_form = collections.Counter(document.form for document in documents)
        print(f"## {'Reported' if reported else 'Developed'} half: {len(documents):,} documents\n")
        head = [*FORMS, *PARAPHRASES, *LOOK_ALIKES]
        print("| rule | precision | " + " | ".join(head) + " |")
        print("| --- |" + " --- |" * (1 + len(head)))
        print("| documents | | " + " | ".join(str(of_form[form]) for form in head) + " |")
        for name, rule in RULES.items():
            if names and name not in names:
                continue
            found = rule(items, files, documents)
            hit = [
                bool(some) if d.item is None else bool(some & {d.item, ANY})
                for d, some in zip(documents, found, strict=True)
            ]
            by_form = collections.Counter(
                d.form for d, there in zip(documents, hit, strict=True) if there
            )
            true = sum(by_form[form] for form in FORMS)
            false = sum(by_form[form] for form in LOOK_ALIKES)
            cells = [f"{by_form[form] / of_form[form]:.3f}" for form in [*FORMS, *PARAPHRASES]]
            cells += [str(by_form[form]) for form in LOOK_ALIKES]
            print(f"| {name} | {true / max(1, true + false):.3f} | " + " | ".join(cells) + " |",
                  flush=True)  # fmt: skip
            if name == "winnow `overlap`":
                _by_benchmark(documents, hit)
            for d, there in zip(documents, hit, strict=True):
                if wrong and there != (d.item is not None) and d.form in wrong:
                    print(d.form, d.item, repr(d.text[-900:-250]))


def _by_benchmark(documents: Sequence[Planted], hit: Sequence[bool]) -> None:
    print("\n| recall of `overlap` | " + " | ".join([*FORMS, *PARAPHRASES]) + " |")
    print("| --- |" + " --- |" * (len(FORMS) + len(PARAPHRASES)))
    for name in [*planting.FILES, "quotations"]:
        cells = []
        for form in [*FORMS, *PARAPHRASES]:
            there = [
                found
                for d, found in zip(documents, hit, strict=True)
                if d.item and d.item[0] == name and d.form == form
            ]
            cells.append(f"{sum(there) / len(there):.3f}" if there else "")
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()


def speed(count: int = 30_000) -> None:
    """Processor time of stage `duplicates` over real text, by rule."""
    text = real_texts(count)
    size = pc.sum(pc.binary_length(text)).as_py() / 1e6
    print(f"## Stage `duplicates`, {len(text):,} documents, {size:.0f} MB in 186 languages\n")
    print("| rule | seconds | x `ngrams` |\n| --- | --- | --- |")
    took = {}
    with tempfile.TemporaryDirectory() as folder:
        benchmarks = tuple(
            Benchmark(name=name, path=str(DATA / "benchmarks" / file), format=name)
            for name, file in planting.FILES.items()
        )
        for rule in ("", "ngrams", "overlap"):
            wanted = Decontaminate(benchmarks=benchmarks, rule=rule) if rule else None
            recipe = Recipe(name="speed", duplicates=Duplicates(decontaminate=wanted))
            run = Path(folder) / (rule or "none")
            store = Store(str(run))
            units = -(-len(text) // UNIT_DOCUMENTS)
            for i in range(units):
                first = i * UNIT_DOCUMENTS
                write_texts(store, i, first, text[first : first + UNIT_DOCUMENTS], recipe)
            run_planned(run, 1, recipe)  # compiled now
            took[rule] = seconds(functools.partial(run_planned, run, units, recipe))
    for rule, time_taken in took.items():
        ratio = f"{time_taken / took['ngrams']:.2f}"
        print(f"| {f'`{rule}`' if rule else 'no decontamination'} | {time_taken:.1f} | {ratio} |")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["report", "speed"]:
        if name == "speed":
            speed()
        else:
            measure(name == "report")
