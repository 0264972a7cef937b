"""Trains the model that tells main content from the rest of a page, and measures it.

    make content-model
    python -m benchmarks.main_content_model [--folds 5] [--write]

The pages are those of WCXB's development split below WINNOW_DATA, with main text made by hand
(https://github.com/Murrough-Foley/web-content-extraction-benchmark). A block is content as far as
its runs of four words stand in that text. What is printed is measured on pages that the model did
not see: they are cut into folds by a hash of their address. `--write` trains on all pages and
writes `filters/extract/block_model.npz`.
"""

import argparse
import collections
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from resiliparse.parse.html import HTMLTree

from benchmarks.ingest import GOLD, PAGES, WORD, contents, mean, word_f1
from dedup.hashes import xxh64
from filters.encodings.pages import decode_page
from filters.extract import blocks as page_blocks
from filters.extract import features as page_features
from filters.extract import scorer
from filters.extract.blocks import CHARS
from filters.extract.layout import around, find_layout
from filters.extract.render import render
from filters.extract.tree import read_tree

RUN = 4  # words
ROUNDS = 180
PARAMETERS = {
    "objective": "cross_entropy",
    "learning_rate": 0.07,
    "num_leaves": 10,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
THRESHOLDS = (0.25, 0.3, 0.35, 0.4, 0.45)


class Page:
    """A page's features, and what of each block is main text.

    Attributes:
      texts: of its blocks.
      words: of its blocks, how many words.
      target: of its blocks, the share of words that is main text; -1 without a word.
    """

    def __init__(self, html: str, row: dict[str, Any]) -> None:
        self.gold, self.kind = row["main_content"] or "", row["page_type"]
        key = (row["url"] or row["file_id"]).encode()
        self.fold = int(xxh64(np.frombuffer(key, np.uint8), 0, len(key)))
        data, nodes = read_tree(HTMLTree.parse(html))
        found = page_blocks.find_blocks(data, nodes)
        self.features = page_features.features(data, nodes, found)
        layout = find_layout(data, nodes, found)
        self.chars, self.wholes = found.counts[:, CHARS], around(layout.whole, found.owner)
        one = np.zeros(len(found.owner), np.bool_)
        self.texts = []
        for block in range(len(one)):
            one[block] = True
            self.texts.append(render(data, nodes, found, one, layout))
            one[block] = False
        gold = WORD.findall(self.gold.lower())
        self._runs = {n: {tuple(gold[i : i + n]) for i in range(len(gold))} for n in range(1, 5)}
        self._lines = {" ".join(WORD.findall(line.lower())) for line in self.gold.split("\n")}
        words = [WORD.findall(text.lower()) for text in self.texts]
        self.words = np.array([len(w) for w in words], np.float64)
        self.target = np.array([self._target(w) for w in words])
        share = np.minimum(self.words / max(50, len(gold)), 0.5)
        self.weight = share**0.7 + 0.002

    def _target(self, words: list[str]) -> float:
        if not words:
            return -1.0
        size = min(RUN, len(words))
        runs = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
        share = sum(run in self._runs[size] for run in runs) / len(runs)
        if size < RUN and " ".join(words) not in self._lines:
            share = min(share, 0.6 if size > 1 else 0.4)  # a short run may stand there by chance
        return share * share


def train(pages: list[Page]) -> Any:
    import lightgbm

    rows = [page.target >= 0 for page in pages]
    of = lambda name: np.concatenate(  # noqa: E731
        [getattr(p, name)[r] for p, r in zip(pages, rows, strict=True)]
    )
    data = lightgbm.Dataset(of("features"), of("target"), weight=of("weight"))
    return lightgbm.train(PARAMETERS, data, ROUNDS)


def f1_table(name: str, pages: list[Page], texts: list[str]) -> None:
    by_kind: dict[str, list[float]] = collections.defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        by_kind[page.kind].append(word_f1(text, page.gold))
    every = mean([score for scores in by_kind.values() for score in scores])
    parts = " | ".join(f"{mean(scores):.3f}" for _, scores in sorted(by_kind.items()))
    print(f"| {name} | {every:.4f} | {parts} |", flush=True)


def chosen(page: Page, keep: Any) -> str:
    return "\n".join(t for t, k in zip(page.texts, keep, strict=True) if k)


def cross_validate(pages: list[Page], folds: int) -> None:
    scores: dict[int, Any] = {}
    for fold in range(folds):
        model = train([page for page in pages if page.fold % folds != fold])
        for index, page in enumerate(pages):
            if page.fold % folds == fold:
                raw = model.predict(page.features, raw_score=True) if len(page.texts) else []
                scores[index] = np.asarray(raw)
    print("\n| unseen pages | all | " + " | ".join(sorted({p.kind for p in pages})) + " |")
    f1_table("best by target", pages, [chosen(p, p.target >= 0.25) for p in pages])
    for threshold in THRESHOLDS:
        limit = np.log(threshold / (1 - threshold))
        texts = [chosen(p, scores[i] >= limit) for i, p in enumerate(pages)]
        f1_table(f"p >= {threshold}", pages, texts)
    picked = [
        chosen(p, scorer.choose(p.features, scores[i], p.chars, p.wholes))
        for i, p in enumerate(pages)
    ]
    f1_table("scorer.choose", pages, picked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="train on all pages, write the model")
    given = parser.parse_args()
    batch = contents("warc", PAGES)
    gold = pq.read_table(GOLD).to_pylist()
    pages = [
        Page(decode_page(content.as_py(), charset.as_py()).text, row)
        for content, charset, row in zip(batch["content"], batch["charset"], gold, strict=True)
    ]
    if given.folds:
        cross_validate(pages, given.folds)
    if given.write:
        scorer.Model.from_lightgbm(train(pages)).save(scorer.MODEL)


if __name__ == "__main__":
    main()
