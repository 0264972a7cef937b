"""Texts of benchmark items as the rule `overlap` looks for them.

A text is a question with its answer, or a long answer. It is known by its seeds, by which places
worth a look are found; by its distinct pairs of neighbouring words and its numbers, which decide;
and by its runs of words, which are counted over sources to tell what is common text.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import item_windows, number_words, places
from dedup.decontamination import Item, alphabet_of
from dedup.exact import text_buffers
from dedup.hashes import Bytes
from dedup.item_windows import Flags, Grams, Weighed
from dedup.number_words import NumberWords
from dedup.places import Places
from dedup.shingles import Hashes, Ints

# A place worth a look has two of these runs as far apart as in the text. A run that more texts have
# is a seed of those that have no rarer ones.
SEED_WORDS = 3
_MAX_TEXTS_OF_SEED = 32
_SEEDS_KEPT = 4
RUN_WORDS = 8
LONG_ANSWER_WORDS = 20
# Text that so many items share is common; and the sources of a run that are counted at most.
MIN_ITEMS = 3
MOST_SOURCES = 64


@dataclasses.dataclass(frozen=True)
class Texts:
    """Questions and long answers in one alphabet, as arrays with one value for each text.

    Attributes:
      item: index among all items.
      words, answer_words: number of words of the text, and of its answer.
      alone: whether the text, if it has few words, is found without its answer.
      pairs, numbers, answers: distinct pairs of words, numbers, and words of the answer.
      pair_at, number_at: the first position of each in its text.
      runs_first, runs: hashes of the runs of `RUN_WORDS` words, in order; of a shorter text, its
        own key and the key of it with its answer.
      common: which runs are common text.
      seeds, seed_text, seed_at: hashes of seeds, ascending, and the text and position of each.
      seed_table, run_table: `item_windows.table_of` all runs of `SEED_WORDS` and of `RUN_WORDS`.
    """

    code: bool
    item: Ints
    words: Ints
    answer_words: Ints
    alone: Flags
    grams: Grams
    pairs: Weighed
    pair_at: Ints
    numbers: Weighed
    number_at: Ints
    answers: Weighed
    runs_first: Ints
    runs: Hashes
    common: Flags
    seeds: Hashes
    seed_text: Ints
    seed_at: Ints
    seed_table: Bytes
    run_table: Bytes

    @functools.cached_property
    def run_text(self) -> Ints:
        """The text of each run."""
        return np.repeat(np.arange(len(self.item)), np.diff(self.runs_first))

    @functools.cached_property
    def runs_ordered(self) -> tuple[Hashes, Ints]:
        """The runs of texts that are long enough, ascending, and the index of each.

        Common text that many items have is listed for one of them only.
        """
        at = np.flatnonzero(self.words[self.run_text] >= RUN_WORDS)
        at = at[np.argsort(self.runs[at], kind="stable")]
        again = np.zeros(len(at), np.bool_)
        again[1:] = self.runs[at[1:]] == self.runs[at[:-1]]
        at = at[~(again & self.common[at])]
        return self.runs[at], at

    @functools.cached_property
    def evidence_words(self) -> Ints:
        """How many words of each text are evidence."""
        weighty = (self.pairs.weights > 0).astype(np.int64)
        return 1 + np.add.reduceat(np.append(weighty, 0), self.pairs.first[:-1]) * (
            np.diff(self.pairs.first) > 0
        )

    def common_runs(self, counts: Ints, min_sources: int) -> Flags:
        """Which runs are common text, by the number of sources (or items) that have each.

        A run is, if `min_sources` more have it than have the whole text, and most of all that have
        it lack the whole text. No more have that than have the rarest run.
        """
        if not len(counts):
            return np.zeros(0, np.bool_)
        whole = np.minimum.reduceat(counts, self.runs_first[:-1])[self.run_text]
        return (counts - whole >= min_sources) & (counts > 2 * whole)

    def without(self, common: Flags) -> "Texts":
        """The same texts with more common runs, whose pairs and numbers weigh nothing."""
        common = common | self.common
        long = self.words[self.run_text] >= RUN_WORDS
        word_first = np.append(0, np.cumsum(self.words))
        at = word_first[self.run_text] + np.arange(len(self.runs)) - self.runs_first[self.run_text]
        # A common run covers the pairs that begin at its first to its last word but one.
        step = np.zeros(int(word_first[-1]) + 1, np.int64)
        np.add.at(step, at[common & long], 1)
        np.add.at(step, at[common & long] + RUN_WORDS - 1, -1)
        covered = np.cumsum(step) > 0
        alone = self.alone.copy()
        alone[self.run_text[common & ~long]] = False

        def weighed(grams: Weighed, at: Ints) -> Weighed:
            free = ~covered[word_first[grams.owners()] + at]
            return dataclasses.replace(grams, weights=grams.weights * free)

        return dataclasses.replace(
            self,
            alone=alone,
            common=common,
            pairs=weighed(self.pairs, self.pair_at),
            numbers=weighed(self.numbers, self.number_at),
        )


def texts_of(items: Sequence[Item], code: bool) -> Texts:
    """The texts of those items that are code, or of those that are not."""
    exercises = [
        (i, question, answer)
        for i, item in enumerate(items)
        if item.code == code
        for question, answer in item.exercises or [(text, "") for text in item.texts]
    ]
    *_, asked = _words_of([answer for *_, answer in exercises], code)
    long = np.flatnonzero(np.diff(asked.first) >= LONG_ANSWER_WORDS)
    exercises += [(exercises[k][0], exercises[k][2], "") for k in long.tolist()]
    item = np.array([i for i, *_ in exercises], np.int64)
    number, words = _words_of([question for _, question, _ in exercises], code)
    _, answer = _words_of([answer for *_, answer in exercises], code)
    pairs = item_windows.run_hashes(words.first, words.hashes, 2)
    single = item_windows.run_hashes(words.first, words.hashes, 1)
    in_answer = item_windows.run_hashes(answer.first, answer.hashes, 1)
    grams = Grams.of(np.concatenate([pairs[1], single[1][number], in_answer[1]]))
    pair_owner = np.repeat(np.arange(len(item)), np.diff(pairs[0]))
    pair_place = np.arange(len(pair_owner)) - pairs[0][pair_owner]
    word_owner = words.documents()
    word_place = np.arange(len(word_owner)) - words.first[word_owner]
    of = len(items)
    made_pairs, pair_at = _weighed(grams, item, pair_owner, pairs[1], pair_place, of)
    numbers, number_at = _weighed(
        grams, item, word_owner[number], single[1][number], word_place[number], of
    )
    answer_owner = answer.documents()
    answers, _ = _weighed(grams, item, answer_owner, in_answer[1], answer_owner, of)
    count = np.diff(words.first)
    runs_first, runs = _runs(words, count)
    seeds, seed_text, seed_at, seed_table = _seeds(words)
    made = Texts(
        code, item, count, np.diff(answer.first), np.ones(len(item), np.bool_), grams, made_pairs,
        pair_at, numbers, number_at, answers, runs_first, runs, np.zeros(len(runs), np.bool_),
        seeds, seed_text, seed_at, seed_table, item_windows.table_of(runs),
    )  # fmt: skip
    # Text that items share is common, too, but for items that are the same.
    keys, counts = np.unique(
        sources_of_runs(runs, item[made.run_text].astype(np.uint64))[0], return_counts=True
    )
    shared = counts[np.searchsorted(keys, runs)] if len(runs) else np.zeros(0, np.int64)
    return made.without(made.common_runs(shared, MIN_ITEMS - 1))


def numbers_of(code: bool) -> NumberWords:
    """The words that count as numbers in texts of benchmarks."""
    return number_words.NONE if code else number_words.english()


def _words_of(texts: Sequence[str], code: bool) -> tuple[Flags, Places]:
    """Which words of texts are numbers, and all words."""
    data, offsets = text_buffers(pc.utf8_lower(pa.array(texts, pa.large_string())))
    found = places.words(data, offsets, alphabet_of(code).classes)
    # In code, numbers are as changeable as names.
    first_byte = data[offsets[found.documents()] + found.start] if len(found.start) else found.start
    number = (first_byte >= 0x30) & (first_byte <= 0x39) & (not code)
    digits = numbers_of(code).digits(found)
    return number | (digits.hashes != found.hashes), digits


def _weighed(
    grams: Grams, item: Ints, owner: Ints, hashes: Hashes, place: Ints, items: int
) -> tuple[Weighed, Ints]:
    """The distinct n-grams of each text, weighted by the logarithm of their rarity; and places."""
    ids = grams.ids(hashes)
    order = np.lexsort((place, ids, owner))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(ids[order]) != 0) | (np.diff(owner[order]) != 0)
    order = order[fresh]
    owner, ids = owner[order], ids[order]
    held, _ = sources_of_runs(ids, item[owner], items)
    holders = np.bincount(held, minlength=len(grams.hashes))
    weights = np.log1p(items / np.maximum(holders, 1)).astype(np.float32)[ids]
    first = np.searchsorted(owner, np.arange(len(item) + 1))
    return Weighed(first, ids, weights), place[order]


def _runs(words: Places, count: Ints) -> tuple[Ints, Hashes]:
    """See `Texts.runs`."""
    first, hashes = item_windows.run_hashes(words.first, words.hashes, RUN_WORDS)
    sizes = np.where(count >= RUN_WORDS, np.diff(first), 2)
    starts = np.append(0, np.cumsum(sizes))
    runs = np.empty(int(starts[-1]), np.uint64)
    owner = np.repeat(np.arange(len(count)), np.diff(first))
    runs[starts[owner] + np.arange(len(owner)) - first[owner]] = hashes
    for length in range(RUN_WORDS):
        short = np.flatnonzero(count == length)
        of_length = item_windows.run_hashes(words.first, words.hashes, max(1, length))
        keys = of_length[1][of_length[0][short]] if length else np.zeros(len(short), np.uint64)
        runs[starts[short]] = keys ^ _ALONE
        runs[starts[short] + 1] = keys ^ _ANSWERED
    return starts, runs


# Keys of whole texts are no hashes of runs.
_ALONE, _ANSWERED = np.uint64(0x5AFE0001), np.uint64(0x5AFE0002)


def _seeds(words: Places) -> tuple[Hashes, Ints, Ints, Bytes]:
    """Hashes, texts and positions of seeds, ordered by hash; and the table of what may be one."""
    first, hashes = item_windows.run_hashes(words.first, words.hashes, SEED_WORDS)
    text = np.repeat(np.arange(len(first) - 1), np.diff(first))
    at = np.arange(len(text)) - first[text]
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    holders = counts[inverse]
    order = np.lexsort((at, holders, text))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first[text[order]]
    kept = np.flatnonzero((holders <= _MAX_TEXTS_OF_SEED) | (rank < _SEEDS_KEPT))
    kept = kept[np.argsort(hashes[kept], kind="stable")]
    return hashes[kept], text[kept], at[kept], item_windows.table_of(hashes)


def sources_of_runs(
    keys: npt.NDArray[Any], sources: npt.NDArray[Any], most: int = MOST_SOURCES
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Distinct pairs of a run and a source that has it, ordered; of each run the `most` smallest.

    Any parts of a corpus can be reduced so first: what is left of all parts together is the same.
    So what is held is bounded by the benchmarks, however many sources a corpus has.
    """
    order = np.lexsort((sources, keys))
    keys, sources = keys[order], sources[order]
    fresh = np.ones(len(keys), np.bool_)
    fresh[1:] = (keys[1:] != keys[:-1]) | (sources[1:] != sources[:-1])
    keys, sources = keys[fresh], sources[fresh]
    rank = np.arange(len(keys)) - np.searchsorted(keys, keys)
    return keys[rank < most], sources[rank < most]
