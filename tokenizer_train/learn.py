"""From the totals of all partitions to a vocabulary, as a recipe's section `tokenizer` says."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from manifests.grouping import rows_by
from manifests.schemas import UNDETERMINED
from tokenizer_train.balance import trusted, weights_of
from tokenizer_train.bpe import train_words
from tokenizer_train.fair import Fair
from tokenizer_train.settings import Tokenizer
from tokenizer_train.totals import Totals, Words, prune
from tokenizer_train.vocabulary import BPEModel
from tokenizer_train.words import PARTITIONS, WORD_COUNTS, WordCounts, word_partitions

# Rows that a worker counts before it sends them on; each takes about 200 bytes of its memory.
MOST_ROWS = 1 << 19


def learn(totals: Iterable[pa.Table], languages: pa.Table, settings: Tokenizer) -> BPEModel:
    """Learns a vocabulary.

    Args:
      totals: tables of `WORD_COUNTS` that share no word, as `totals.prune` leaves them.
      languages: a table of `balance.LANGUAGES`, a row for each language that was counted.
    """
    weights = weights_of(languages)
    words = Words.joined(
        [Words.of(table, weights) for table in totals] or [Words.of(WORD_COUNTS.empty_table())]
    )
    fair = None
    if settings.fair:
        some = {*trusted(languages)} - {UNDETERMINED}
        premiums = {row["language"]: row["byte_premium"] for row in languages.to_pylist()}
        ratios = {language: premiums[language] for language in some}
        fair = Fair.among(ratios, words, settings.fair) if ratios else None
    model = train_words(
        words.text,
        words.weights,
        words.seen,
        settings.padded_size(),
        settings.all_special_tokens(),
        fair=fair,
    )
    return model.filled(settings.vocab_multiple_of)


class Counting:
    """Counts texts in this process, by the partitions of the stage `tokenizer`.

    Attributes:
      sizes: documents and UTF-8 bytes of each language.
      words: different words, and `pruned` of them left out, once `totals` was gone through.
    """

    def __init__(self, settings: Tokenizer) -> None:
        self.sizes: dict[str, tuple[int, int]] = {}
        self.words = self.pruned = 0
        self._settings = settings
        self._pattern = settings.regex()
        self._counts = WordCounts()
        self._totals = [Totals() for _ in range(PARTITIONS)]

    def add(self, language: pa.StringArray, text: pa.LargeStringArray) -> None:
        """Counts texts, each with its language; null texts are skipped."""
        self._counts.add(language, text, self._pattern)
        sizes = pc.binary_length(text).to_pylist()
        for code, size in zip(language.to_pylist(), sizes, strict=True):
            if size:
                documents, before = self.sizes.get(code, (0, 0))
                self.sizes[code] = documents + 1, before + size
        if len(self._counts) > MOST_ROWS:
            self._send()

    def _send(self) -> None:
        rows = self._counts.take()
        for partition, some in rows_by(rows, word_partitions(rows["word"])):
            self._totals[partition].add(some)

    def totals(self, languages: pa.Table) -> Iterator[pa.Table]:
        """The pruned totals of each partition, given the weights of `balance.LANGUAGES`."""
        self._send()
        weights = weights_of(languages)
        for totals in self._totals:
            pruned = prune(totals.table(), weights, self._settings.max_words)
            self.words += pruned.words
            self.pruned += pruned.pruned
            yield pruned.table
