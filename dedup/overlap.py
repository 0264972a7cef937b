"""Decontamination by overlap: finds documents that hold most of an item, even with a word changed.

An item is found where a window of about its length holds most of its distinct pairs of neighbouring
words, weighted by how few items have them, and most of its numbers. The shorter a question, the
more of it must be there. A question of fewer than `MIN_WORDS` words must be there whole, and either
its answer is close to it, or nothing else is in its sentence. An answer of `LONG_ANSWER_WORDS`
words is looked for without its question, too.

Text that an item quotes is no evidence: runs of `RUN_WORDS` words that stand in several sources,
or in several items, without the rest of the item. Sources that have the rest do not count, since an
item that has leaked is in many sources, too, but whole.

Source: n-grams weighted by inverse document frequency, and the answer as further evidence, as in
allenai/decon (Olmo 3, 2025, appendix A.5).
Differs: pairs of words instead of 5-grams of tokens, so that a changed word costs two n-grams; the
numbers must agree, since other numbers make another exercise, and `three` is 3; questions of fewer
than 20 tokens are looked for; an answer that is absent does not acquit a long question; text that
several sources have is no evidence. Words are those of `dedup.decontamination`.
"""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup import cuts, item_windows, places
from dedup.decontamination import Findings, Item, alphabet_of
from dedup.exact import text_buffers
from dedup.item_texts import RUN_WORDS, SEED_WORDS, Texts, numbers_of, texts_of
from dedup.item_windows import Flags, Hits, Measured
from dedup.shingles import Hashes, Ints
from manifests import schemas

# So many distinct runs (13 words in a row have them) are told although the item is not found.
RUNS_TOLD = 6

MIN_WORDS, LONG_WORDS = 8, 20
# The share of an item that must be there, of `MIN_WORDS` words and of `LONG_WORDS`; and how much
# less is enough if this share of the answer's words is near.
MIN_OVERLAP_SHORT, MIN_OVERLAP_LONG = 0.7, 0.6
MIN_ANSWER, ANSWER_BONUS = 0.6, 0.2
# The same of a question of fewer than `MIN_WORDS` words whose answer is near.
MIN_OVERLAP_ANSWERED = 0.5
MIN_NUMBERS = 0.8
_WHOLE = 0.999
# A document whose best window holds less is not looked at again once common text is known.
_CANDIDATE = 0.3


@dataclasses.dataclass(frozen=True)
class _Windows:
    """Windows of documents beside texts, and the documents' runs that texts have.

    Attributes:
      document, text, measured: of each window.
      run_document, run: of each run, its document and its index in `Texts.runs`.
    """

    texts: Texts
    document: Ints
    text: Ints
    measured: Measured
    run_document: Ints
    run: Ints

    @functools.cached_property
    def whole(self) -> Flags:
        """Whether the window is all of a text of few words and nothing else in its sentence."""
        few = self.texts.words[self.text] < MIN_WORDS
        return few & (self.measured["overlap"] >= _WHOLE) & self.measured["closed"]

    @functools.cached_property
    def answered(self) -> Flags:
        answered: Flags = self.measured["answer"] >= MIN_ANSWER
        return answered

    @functools.cached_property
    def found(self) -> Flags:
        """Whether the window tells that the document holds the item."""
        texts, measured = self.texts, self.measured
        words = texts.evidence_words[self.text]
        length = np.clip((words - MIN_WORDS) / (LONG_WORDS - MIN_WORDS), 0, 1)
        least = MIN_OVERLAP_SHORT + (MIN_OVERLAP_LONG - MIN_OVERLAP_SHORT) * length
        least -= np.where(self.answered, ANSWER_BONUS, 0)
        sure = self.answered | (self.whole & texts.alone[self.text])
        sure |= texts.words[self.text] >= MIN_WORDS
        few = sure & (measured["overlap"] >= np.where(self.answered, MIN_OVERLAP_ANSWERED, _WHOLE))
        found: Flags = np.where(words < MIN_WORDS, few, measured["overlap"] >= least)
        return found & (measured["numbers"] >= MIN_NUMBERS)


@dataclasses.dataclass(frozen=True)
class OverlapIndex:
    """All items that documents are searched for.

    Attributes:
      item_ngrams: number of distinct pairs of words of each item; 0 if it is too short to be found.
    """

    items: tuple[Item, ...]
    item_ngrams: Ints
    texts: tuple[Texts, ...]

    def find(self, text: pa.LargeStringArray) -> Findings:
        """Finds which items are in which documents.

        In a document without an item, it also finds that item of which the document has the most
        runs of words, if it has `RUNS_TOLD` or more, or a short question that is common.
        """
        parts = [_found(windows) for windows in self._windows(text)]
        return Findings.best([part for some in parts for part in some])

    def candidates(self, text: pa.LargeStringArray) -> tuple[Ints, Ints, Hashes]:
        """Documents in which `find` may find something once it knows what is common; and the runs
        of items in all documents, as document and hash.
        """
        rows, documents, keys = [], [], []
        for windows in self._windows(text):
            texts, measured = windows.texts, windows.measured
            rows.append(windows.document[measured["overlap"] >= _CANDIDATE])
            rows.append(_many_runs(windows)[0])
            documents.append(windows.run_document)
            keys.append(texts.runs[windows.run])
            own = texts.runs_first[windows.text]
            for there, at in ((windows.whole, 0), (windows.whole & windows.answered, 1)):
                documents.append(windows.document[there])
                keys.append(texts.runs[own[there] + at])
        none = np.empty(0, np.int64)
        return (
            np.unique(np.concatenate([none, *rows])),
            np.concatenate([none, *documents]),
            np.concatenate([np.empty(0, np.uint64), *keys]),
        )

    def without(self, keys: Hashes, counts: Ints, min_sources: int) -> "OverlapIndex":
        """The index in which text that is common over sources is no evidence.

        Args:
          keys, counts: runs, ascending, and the number of sources that have each; others have none.
        """
        if not len(keys):
            return self
        made = []
        for texts in self.texts:
            at = np.minimum(np.searchsorted(keys, texts.runs), len(keys) - 1)
            sources = np.where(keys[at] == texts.runs, counts[at], 0)
            made.append(texts.without(texts.common_runs(sources, min_sources)))
        return dataclasses.replace(self, texts=tuple(made))

    def spans(self, text: pa.LargeStringArray) -> cuts.Cuts:
        """The ranges of the documents in which items are found, and their answers near them."""
        lowered = pc.utf8_lower(text)
        data, offsets = text_buffers(lowered)
        parts = []
        for windows in self._windows(text):
            words = places.words(data, offsets, alphabet_of(windows.texts.code).classes)
            answered = windows.found & windows.answered
            for there, start, end in (
                (windows.found, "start", "end"), (answered, "answer_start", "answer_end")
            ):  # fmt: skip
                document = windows.document[there]
                at = words.first[document]
                first, last = (windows.measured[name][there] for name in (start, end))
                parts.append(cuts.Cuts(document, words.start[at + first], words.end[at + last - 1]))
        return cuts.of_original(cuts.concatenated(parts).joined(), lowered, text)

    def _windows(self, text: pa.LargeStringArray) -> Iterator[_Windows]:
        lowered = pc.utf8_lower(text)
        data, offsets = text_buffers(lowered)
        for texts in self.texts:
            seeds, runs = item_windows.scan(
                data, offsets, alphabet_of(texts.code), numbers_of(texts.code),
                (SEED_WORDS, texts.seed_table), (RUN_WORDS, texts.run_table),
            )  # fmt: skip
            document, start, of = _places(texts, seeds)
            held = np.unique(document)
            some, some_offsets = text_buffers(lowered.take(pa.array(held)))
            words = places.words(some, some_offsets, alphabet_of(texts.code).classes)
            words = numbers_of(texts.code).digits(words)
            measured = item_windows.measure(
                some, some_offsets, words, np.searchsorted(held, document), start, of, texts.words,
                texts.grams, texts.pairs, texts.numbers, texts.answers, texts.answer_words,
            )  # fmt: skip
            hashes, order = texts.runs_ordered
            hit, at = _expanded(hashes, runs.hashes)
            yield _Windows(texts, document, of, measured, runs.document[hit], order[at])


def _expanded(ascending: Hashes, hashes: Hashes) -> tuple[Ints, Ints]:
    """Every match of some hashes in ascending ones that may repeat: index there, and here."""
    first = np.searchsorted(ascending, hashes)
    counts = np.searchsorted(ascending, hashes, side="right") - first
    hit = np.repeat(np.arange(len(hashes)), counts)
    return hit, first[hit] + np.arange(len(hit)) - np.repeat(np.cumsum(counts) - counts, counts)


def _places(texts: Texts, seeds: Hits) -> tuple[Ints, Ints, Ints]:
    """Document, first word and text of places where two seeds of a text lie as they do in it.

    Of a text of few words one is enough, since a changed word may leave no more.
    """
    hit, at = _expanded(texts.seeds, seeds.hashes)
    of = texts.seed_text[at]
    start = seeds.at[hit] - texts.seed_at[at]
    document = seeds.document[hit]
    order = np.lexsort((start, of, document))
    document, of, start = document[order], of[order], start[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(document) != 0) | (np.diff(of) != 0) | (np.diff(start) != 0)
    first = np.flatnonzero(fresh)
    counts = np.diff(np.append(first, len(order)))
    enough = first[(counts >= 2) | (texts.words[of[first]] < MIN_WORDS)]
    return document[enough], start[enough], of[enough]


def _found(windows: _Windows) -> Iterator[Findings]:
    texts = windows.texts
    for kind, there in (
        (schemas.ITEM, windows.found), (schemas.COMMON_TEXT, windows.whole & ~windows.found)
    ):  # fmt: skip
        of, measured = windows.text[there], windows.measured[there]
        yield Findings.of(
            windows.document[there], texts.item[of], measured["pairs"],
            np.diff(texts.pairs.first)[of], measured["overlap"], kind,
        )  # fmt: skip
    document, of, runs, common = _many_runs(windows)
    for kind, there in (
        (schemas.COMMON_TEXT, 2 * common >= runs), (schemas.PARTIAL, 2 * common < runs)
    ):  # fmt: skip
        yield Findings.of(
            document[there], texts.item[of[there]], runs[there],
            np.diff(texts.runs_first)[of[there]], np.full(int(there.sum()), np.nan), kind,
        )  # fmt: skip


def _many_runs(windows: _Windows) -> tuple[Ints, Ints, Ints, Ints]:
    """Documents and texts that share many runs: how many, and how many of these are common."""
    document, of = windows.run_document, windows.texts.run_text[windows.run]
    order = np.lexsort((windows.run, document))  # runs are ordered by text
    document, of, run = document[order], of[order], windows.run[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(run) != 0) | (np.diff(document) != 0)
    document, of, common = document[fresh], of[fresh], windows.texts.common[run[fresh]]
    first = np.flatnonzero(
        np.append(True, (np.diff(document) != 0) | (np.diff(of) != 0))[: len(document)]
    )
    runs = np.diff(np.append(first, len(document)))
    before = np.append(0, np.cumsum(common))
    common_runs = before[first + runs] - before[first]
    many = runs >= RUNS_TOLD
    return document[first][many], of[first][many], runs[many], common_runs[many]


def index(items: Sequence[Item]) -> OverlapIndex:
    """Indexes items. One whose texts all have fewer than `SEED_WORDS` words cannot be found."""
    texts = tuple(
        texts_of(items, code) for code in (False, True) if any(item.code == code for item in items)
    )
    counts = np.zeros(len(items), np.int64)
    for some in texts:
        size = np.where(some.words >= SEED_WORDS, np.diff(some.pairs.first), 0)
        np.maximum.at(counts, some.item, size)
    return OverlapIndex(tuple(items), counts, texts)
