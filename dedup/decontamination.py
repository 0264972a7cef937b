"""Decontamination: finds documents that contain n consecutive words of a benchmark's item.

Source: Brown et al., "Language Models are Few-Shot Learners" (2020), appendix C: 13-grams of
lower-case words without punctuation.
Differs: a text with fewer words is looked for by shorter n-grams. An apostrophe does not separate
words (`don't`, `don’t` and `dont` are the same word). In scripts without spaces each character is a
word. Digits stay as they are, because another number makes another exercise. In code a token is an
identifier or a number; case and underscores make no difference (`has_close`, `hasClose` and
`HAS_CLOSE` are the same); layout, quotes and operators separate tokens.
"""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import cuts
from dedup.alphabets import Alphabet, character_classes, own_letters, without_folding
from dedup.exact import text_buffers
from dedup.hashes import Bytes
from dedup.places import words
from dedup.shingles import Hashes, Ints, Shingles, rolled
from manifests import schemas

APOSTROPHES = "'’ʼ`´‘"
_TABLE_BITS = 22


@dataclasses.dataclass(frozen=True)
class Item:
    """One exercise of a benchmark.

    Attributes:
      name: identifies the item in the evidence.
      texts: texts that are each looked for on their own, such as the question, and the question
        together with its answer.
      code: the n-grams consist of tokens of code instead of words.
      exercises: the same content as pairs of a question and its answer, which may be empty; without
        them each text is a question.
    """

    benchmark: str
    name: str
    texts: tuple[str, ...]
    code: bool = False
    exercises: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class _Ngrams:
    """N-grams of one length: ascending hashes, the item of each, and a table for look-ups."""

    words: int
    code: bool
    hashes: Hashes
    items: Ints
    table: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class BenchmarkIndex:
    """All items that documents are searched for.

    Attributes:
      item_ngrams: number of distinct n-grams of each item; 0 if it is too short to be found.
    """

    items: tuple[Item, ...]
    item_ngrams: Ints
    lengths: tuple[_Ngrams, ...]

    def find(self, text: pa.LargeStringArray) -> "Findings":
        """Finds which items are in which documents."""
        data, offsets = text_buffers(pc.utf8_lower(text))
        parts = [np.empty((0, 3), np.int64)]
        for ngrams in self.lengths:
            shingles, here, at = self._hits(data, offsets, ngrams)
            document = np.searchsorted(shingles.first, here, side="right") - 1
            hashes = shingles.hashes[here].view(np.int64)
            parts.append(np.stack([document, ngrams.items[at], hashes], axis=1))
        # An n-gram may occur twice in a document, and in several texts of one item.
        found = np.unique(np.concatenate(parts), axis=0)
        pairs, ngrams_found = np.unique(found[:, :2], axis=0, return_counts=True)
        item = pairs[:, 1]
        overlap = ngrams_found / self.item_ngrams[item]
        return Findings.of(
            pairs[:, 0], item, ngrams_found, self.item_ngrams[item], overlap, schemas.ITEM
        )

    def spans(self, text: pa.LargeStringArray) -> cuts.Cuts:
        """The ranges of the documents that are n-grams of items, from first word to last word."""
        lowered = pc.utf8_lower(text)
        data, offsets = text_buffers(lowered)
        parts = []
        for ngrams in self.lengths:
            shingles, here, _ = self._hits(data, offsets, ngrams)
            document = np.searchsorted(shingles.first, here, side="right") - 1
            places = words(data, offsets, benchmark_classes(ngrams.code))
            at = places.first[document] + here - shingles.first[document]
            parts.append(cuts.Cuts(document, places.start[at], places.end[at + ngrams.words - 1]))
        return cuts.of_original(cuts.concatenated(parts).joined(), lowered, text)

    def _hits(self, data: Bytes, offsets: Ints, ngrams: _Ngrams) -> tuple[Shingles, Ints, Ints]:
        """The documents' n-grams, the positions of those that an item has, and their index entries.

        An n-gram that several items have is listed once for each of them.
        """
        shingles = rolled(data, offsets, ngrams.words, False, alphabet_of(ngrams.code))
        here = np.flatnonzero(ngrams.table[shingles.hashes >> np.uint64(64 - _TABLE_BITS)])
        hashes = shingles.hashes[here]
        first = np.searchsorted(ngrams.hashes, hashes)
        counts = np.searchsorted(ngrams.hashes, hashes, side="right") - first
        hit = np.repeat(np.arange(len(here)), counts)
        at = first[hit] + np.arange(len(hit)) - np.repeat(np.cumsum(counts) - counts, counts)
        return shingles, here[hit], at


@dataclasses.dataclass(frozen=True)
class Findings:
    """Pairs of a document and an item that share text, ordered by document, then item.

    Attributes:
      document: row in the batch.
      item: index in the benchmark index.
      ngrams, item_ngrams: how many different n-grams of the item are in the document, and how many
        the item has.
      overlap: their share, 0 to 1, as the rule weighs it; NaN where it weighs nothing.
      kind: what was found (`manifests.schemas.FOUND`), as its index there.
    """

    document: Ints
    item: Ints
    ngrams: Ints
    item_ngrams: Ints
    overlap: npt.NDArray[np.float32]
    kind: Ints

    @classmethod
    def of(
        cls, document: Ints, item: Ints, ngrams: Ints, item_ngrams: Ints, overlap: Any, kind: str
    ) -> "Findings":
        """Findings of one kind."""
        kinds = np.full(len(document), schemas.FOUND.index(kind))
        return cls(document, item, ngrams, item_ngrams, overlap.astype(np.float32), kinds)

    @classmethod
    def best(cls, parts: Sequence["Findings"]) -> "Findings":
        """Of all parts, the best of each document and item; of kinds that are no item only the one
        with the most n-grams, in documents without an item.
        """
        every = [np.concatenate(columns) for columns in zip(*map(_columns, parts), strict=True)]
        document, item, ngrams, _, overlap, kind = every
        order = np.lexsort((-ngrams, -overlap, kind, item, document))
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (np.diff(document[order]) != 0) | (np.diff(item[order]) != 0)
        order = order[fresh]
        holds = np.unique(document[kind == 0])
        other = order[(kind[order] > 0) & ~np.isin(document[order], holds)]
        other = other[np.lexsort((item[other], -ngrams[other], document[other]))]
        other = other[np.unique(document[other], return_index=True)[1]]
        chosen = np.concatenate([order[kind[order] == 0], other])
        chosen = chosen[np.lexsort((item[chosen], document[chosen]))]
        return cls(*(column[chosen] for column in every))


def _columns(findings: Findings) -> list[npt.NDArray[Any]]:
    return [getattr(findings, field.name) for field in dataclasses.fields(findings)]


def index(
    items: Sequence[Item], ngram_words: int = 13, short_ngram_words: int = 8
) -> BenchmarkIndex:
    """Indexes texts by n-grams of `ngram_words` words, and texts with fewer words by shorter ones.

    A text of fewer than `short_ngram_words` words cannot be told from everyday language and is
    not looked for.
    """
    if not 1 <= short_ngram_words <= ngram_words:
        raise ValueError(
            f"short_ngram_words is {short_ngram_words}; give 1 to ngram_words ({ngram_words})"
        )
    lengths, counts = [], np.zeros(len(items), np.int64)
    for code in (False, True):
        some = [i for i, item in enumerate(items) if item.code == code]
        if not some:
            continue
        owner = np.repeat(some, [len(items[i].texts) for i in some]).astype(np.int64)
        texts = pa.array([text for i in some for text in items[i].texts], pa.large_string())
        for ngrams in _ngrams(texts, owner, code, ngram_words, short_ngram_words):
            counts += np.bincount(ngrams.items, minlength=len(items))
            lengths.append(ngrams)
    return BenchmarkIndex(tuple(items), counts, tuple(lengths))


def _ngrams(
    texts: pa.LargeStringArray, owner: Ints, code: bool, ngram_words: int, short_ngram_words: int
) -> Iterator[_Ngrams]:
    """The n-grams of the texts, for each length; `owner` is the item of each text."""
    alphabet = alphabet_of(code)
    data, offsets = text_buffers(pc.utf8_lower(texts))
    lengths = np.diff(rolled(data, offsets, 1, False, alphabet).first)
    for size in sorted({ngram_words, short_ngram_words}):
        chosen = lengths >= size
        if size != ngram_words:
            chosen &= lengths < ngram_words
        shingles = rolled(data, offsets, size, False, alphabet)
        text_of = np.repeat(np.arange(len(texts)), np.diff(shingles.first))
        keep = chosen[text_of]
        pairs = np.stack([shingles.hashes[keep], owner[text_of[keep]].astype(np.uint64)], axis=1)
        pairs = np.unique(pairs, axis=0)
        table = np.zeros(1 << _TABLE_BITS, bool)
        table[pairs[:, 0] >> np.uint64(64 - _TABLE_BITS)] = True
        hashes = np.ascontiguousarray(pairs[:, 0])
        yield _Ngrams(size, code, hashes, pairs[:, 1].astype(np.int64), table)


@functools.cache
def alphabet_of(code: bool) -> Alphabet:
    """The words of benchmarks, or the tokens of code."""
    return Alphabet(benchmark_classes(code), own_letters())


@functools.cache
def benchmark_classes(code: bool = False) -> Bytes:
    """Classes of characters in which digits are letters and apostrophes are skipped.

    Args:
      code: underscores are skipped as well.
    """
    classes = without_folding(character_classes(), APOSTROPHES + ("_" if code else ""))
    classes.flags.writeable = False
    return classes
