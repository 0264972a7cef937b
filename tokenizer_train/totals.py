"""Counts of the words of one hash partition, added up and pruned, and the table to learn from.

Words are split into `words.PARTITIONS` by their hash, so that each meets all its counts in one of
them. The number is fixed, since each partition prunes by its own totals.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokenizer_train.words import PARTITIONS, WORD_COUNTS

# Rows that wait before they are added up, beside as many as there are sums.
_WAITING_ROWS = 1 << 19

Int64s = npt.NDArray[np.int64]


class Totals:
    """Adds rows of `WORD_COUNTS`; the result does not depend on their order."""

    def __init__(self) -> None:
        self._sums = WORD_COUNTS.empty_table()
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows > _WAITING_ROWS + self._sums.num_rows:
            self._add_up()

    def _add_up(self) -> None:
        rows = pa.concat_tables([self._sums, pa.Table.from_batches(self._waiting, WORD_COUNTS)])
        sums = rows.group_by(["word", "language"], use_threads=False).aggregate(
            [("count", "sum"), ("documents", "sum")]
        )
        names = ["language", "word", "count_sum", "documents_sum"]
        self._sums = pa.table([sums[name] for name in names], schema=WORD_COUNTS)
        self._waiting, self._rows = [], 0

    def table(self) -> pa.Table:
        """A table of `WORD_COUNTS`, a row for each word and language, sorted by both."""
        self._add_up()
        order = pc.sort_indices(self._sums, [("word", "ascending"), ("language", "ascending")])
        return self._sums.take(order).combine_chunks()


@dataclasses.dataclass(frozen=True)
class Words:
    """Different words and what they weigh in training.

    Attributes:
      text: large_string, each word once.
      weights: how often each occurs, over all languages by their weights.
      seen: the number of documents that have it, not weighted.
      row_word: for each word and language that has it, the place of the word in `text`.
      row_language: the language.
      row_count: how often the word occurs in it, not weighted.
    """

    text: pa.LargeStringArray
    weights: Int64s
    seen: Int64s
    row_word: npt.NDArray[np.int32]
    row_language: pa.StringArray
    row_count: Int64s

    @classmethod
    def of(cls, table: pa.Table, weights: Mapping[str, int] | None = None) -> Self:
        """What a table as `Totals.table` gives it says.

        Args:
          weights: of each language; None is 1 for all.

        Raises:
          OverflowError: the weighted counts do not fit int64.
        """
        rows = table.combine_chunks()
        encoded = rows["word"].combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        row_word = encoded.indices.to_numpy().astype(np.int32)
        counts = rows["count"].to_numpy()
        languages = rows["language"].combine_chunks().dictionary_encode()
        each = [
            1 if weights is None else weights[code] for code in languages.dictionary.to_pylist()
        ]
        factors = np.array(each, np.int64)[languages.indices.to_numpy()]
        if float(np.sum(counts.astype(np.float64) * factors)) >= 2.0**62:
            raise OverflowError("weighted word counts are over 2**62; count a smaller sample")
        first = np.flatnonzero(np.diff(row_word, prepend=-1))
        return cls(
            encoded.dictionary,
            _sums(counts * factors, first),
            _sums(rows["documents"].to_numpy(), first),
            row_word,
            rows["language"].combine_chunks(),
            counts,
        )

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """The words of several partitions, which share none."""
        given = list(parts)
        starts = np.cumsum([0, *(len(part.text) for part in given)])
        return cls(
            pa.concat_arrays([part.text for part in given]),
            np.concatenate([part.weights for part in given]),
            np.concatenate([part.seen for part in given]),
            np.concatenate(
                [
                    part.row_word + np.int32(start)
                    for part, start in zip(given, starts, strict=False)
                ]
            ),
            pa.concat_arrays([part.row_language for part in given]),
            np.concatenate([part.row_count for part in given]),
        )


def _sums(values: Int64s, starts: npt.NDArray[np.intp]) -> Int64s:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


@dataclasses.dataclass(frozen=True)
class Pruned:
    """What a partition keeps of its totals, and what it leaves out.

    Attributes:
      table: the rows that stay, sorted by word and language.
      words: how many different words there were.
      pruned: how many of them are left out.
      pruned_count: how often those occurred.
    """

    table: pa.Table
    words: int
    pruned: int
    pruned_count: int


def prune(table: pa.Table, weights: Mapping[str, int], max_words: int) -> Pruned:
    """Keeps the words that occur most, by weight; of equal ones the first in order of code points.

    Args:
      table: as `Totals.table` gives it.
      max_words: of all partitions together; each may keep an equal share.
    """
    words = Words.of(table, weights)
    count, most = len(words.text), -(-max_words // PARTITIONS)
    if count <= most:
        return Pruned(table, count, 0, 0)
    keep = np.zeros(count, bool)
    keep[np.argsort(-words.weights, kind="stable")[:most]] = True
    rows = keep[words.row_word]
    left_out = int(words.row_count[~rows].sum())
    return Pruned(table.filter(pa.array(rows)), count, count - most, left_out)
