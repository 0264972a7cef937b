"""Trains the model that tells main content from the rest of a page, and measures it.

    make content-model
    python -m benchmarks.main_content_model [--folds 5] [--write]

The pages are those of WCXB's development split below WINNOW_DATA, with main text made by hand
(https://github.com/Murrough-Foley/web-content-extraction-benchmark). A block is content as far as
its runs of four words stand in that text, and of equal texts as many as stand there. What is
printed is measured on pages that the model did not see: they are cut into folds by a hash of their
address, in two ways. `--write` trains on all pages and writes `filters/extract/block_model.npz`.
"""

import argparse
import collections
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from resiliparse.parse.html import HTMLTree

from benchmarks.ingest import (
    GOLD,
    PAGES,
    WORD,
    contents,
    gold_elements,
    peer,
    print_elements,
    print_f1,
)
from dedup.hashes import xxh64
from filters.encodings.pages import decode_page
from filters.extract import blocks as page_blocks
from filters.extract import features as page_features
from filters.extract import scorer
from filters.extract.choice import choose
from filters.extract.layout import Layout, find_layout
from filters.extract.main_content import extract, has_fair_share
from filters.extract.render import render
from filters.extract.tree import read_tree
from filters.text.characters import Bools, Floats

RUN = 4  # words
NEAR = 12  # blocks before and behind that tell which of equal texts is main text
SPLITS = 2  # into folds, whose mean is less a matter of chance
ROUNDS = 180
PARAMETERS = {
    "objective": "cross_entropy",
    "learning_rate": 0.07,
    "num_leaves": 10,
    "max_bin": 127,
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


class Page:
    """A page's features, and what of each block is main text.

    Attributes:
      target: of its blocks, the share of words that is main text; -1 without a word.
      weight: of its blocks, in training.
    """

    def __init__(self, html: str, row: dict[str, Any]) -> None:
        self.html, self.gold, self.kind = html, row["main_content"] or "", row["page_type"]
        key = (row["url"] or row["file_id"]).encode()
        self.hash = int(xxh64(np.frombuffer(key, np.uint8), 0, len(key)))
        self._data, self._nodes = read_tree(HTMLTree.parse(html))
        self._blocks = found = page_blocks.find_blocks(self._data, self._nodes)
        self.features = page_features.features(self._data, self._nodes, found)
        self._layout = layout = find_layout(self._data, self._nodes, found)
        # Without the marks of items, which would stand in each block of an item.
        bare = layout._replace(item=np.full_like(layout.item, -1))
        one = np.zeros(len(found.owner), np.bool_)
        words = []
        for block in range(len(one)):
            one[block] = True
            words.append(WORD.findall(self.text(one, bare).lower()))
            one[block] = False
        gold = WORD.findall(self.gold.lower())
        self.target = targets(words, gold, self.gold)
        share = np.array([len(w) for w in words]) / max(50, len(gold))
        self.weight = np.minimum(share, 0.5) ** 0.2 + 0.02

    def chosen(self, scores: Floats) -> Bools:
        return choose(scores, self._data, self._nodes, self._blocks, self._layout)

    def has_fair_share(self, keep: Bools) -> bool:
        return has_fair_share(self._blocks.counts, keep)

    def text(self, keep: Bools, layout: Layout | None = None) -> str:
        return render(self._data, self._nodes, self._blocks, keep, layout or self._layout)


def targets(words: list[list[str]], gold: list[str], text: str) -> Floats:
    """Of each block, given by its words, the share that is main text, squared; -1 without a word.

    Args:
      gold: the words of the main text.
      text: the main text.
    """
    runs_of = {n: collections.Counter(runs(gold, n)) for n in range(1, RUN + 1)}
    lines = {" ".join(WORD.findall(line.lower())) for line in text.split("\n")}
    found = np.full(len(words), -1.0)
    for block, its in enumerate(words):
        if its:
            its_runs = runs(its, min(RUN, len(its)))
            share = sum(run in runs_of[len(run)] for run in its_runs) / len(its_runs)
            if len(its) < RUN and " ".join(its) not in lines:
                share = min(share, 0.6 if len(its) > 1 else 0.4)  # it may stand there by chance
            found[block] = share * share

    # Menus name what the text is about, and a page shows some texts twice. Of those that it has
    # more often than the main text the ones count that are in a longer block of main text, then
    # those with most main text around.
    sizes = np.array([len(its) for its in words], np.float64)
    near = np.convolve(np.maximum(found, 0) * sizes, np.ones(2 * NEAR + 1))[NEAR:-NEAR]
    near /= np.maximum(np.convolve(sizes, np.ones(2 * NEAR + 1))[NEAR:-NEAR], 1)
    short = {tuple(its) for its in words if len(its) < RUN}
    places = collections.defaultdict(list)
    for block, its in enumerate(words):
        parts = {run for n in range(1, RUN) for run in runs(its, n)} & short
        for part in parts | {tuple(its)} if its else ():
            places[part].append(block)
    joined = f" {' '.join(gold)} "
    for part, blocks in places.items():
        wanted = (
            runs_of[len(part)][part] if len(part) < RUN else joined.count(f" {' '.join(part)} ")
        )
        if 0 < wanted < len(blocks):
            is_part = {b: len(words[b]) > len(part) and found[b] > 0.5 for b in blocks}
            blocks.sort(key=lambda b: (is_part[b], near[b]), reverse=True)
            for block in blocks[wanted:]:
                if len(words[block]) == len(part):
                    found[block] = 0.0
    return found


def runs(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def train(pages: list[Page]) -> Any:
    import lightgbm

    rows = [page.target >= 0 for page in pages]
    of = lambda name: np.concatenate(  # noqa: E731
        [getattr(p, name)[r] for p, r in zip(pages, rows, strict=True)]
    )
    data = lightgbm.Dataset(of("features"), of("target"), weight=of("weight"))
    return lightgbm.train(PARAMETERS, data, ROUNDS)


def cross_validate(pages: list[Page], folds: int) -> None:
    """Prints tables of main text by models that did not see the page."""
    gold = [page.gold for page in pages]
    kinds = [page.kind for page in pages]
    elements = [gold_elements(page.html, page.gold) for page in pages]
    precise = None
    if peer("trafilatura"):
        precise = [
            text or "" for text in extract(contents("warc", PAGES), "precise")["text"].to_pylist()
        ]
    tables: dict[str, list[list[str]]] = {
        "best choice": [[p.text(p.target >= 0.25) for p in pages]]
    }
    for split in range(SPLITS):
        scores = scores_of_unseen(pages, folds, split)
        chosen = [page.chosen(its) for page, its in zip(pages, scores, strict=True)]
        fast = [page.text(keep) for page, keep in zip(pages, chosen, strict=True)]
        tables.setdefault("winnow fast", []).append(fast)
        if precise:
            auto = [
                quick if page.has_fair_share(keep) else slow or quick
                for page, keep, quick, slow in zip(pages, chosen, fast, precise, strict=True)
            ]
            tables.setdefault("winnow auto", []).append(auto)
    print_f1(tables, gold, kinds)
    print_elements(tables, elements)


def scores_of_unseen(pages: list[Page], folds: int, split: int) -> list[Floats]:
    """Of each page, its blocks' scores by a model of the pages in other folds."""
    fold = [page.hash // (folds + 2) ** split % folds for page in pages]
    scores = [np.zeros(0)] * len(pages)
    for out in range(folds):
        model = train([page for page, its in zip(pages, fold, strict=True) if its != out])
        for index, page in enumerate(pages):
            if fold[index] == out and len(page.features):
                scores[index] = np.asarray(model.predict(page.features, raw_score=True))
    return scores


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
