"""From the totals of all partitions to a vocabulary, as a recipe's section `tokenizer` says."""

from collections.abc import Iterable

import pyarrow as pa

from manifests.schemas import UNDETERMINED
from tokenizer_train.balance import trusted
from tokenizer_train.bpe import train_words
from tokenizer_train.fair import Fair
from tokenizer_train.settings import Tokenizer
from tokenizer_train.totals import Words
from tokenizer_train.vocabulary import BPEModel
from tokenizer_train.words import WORD_COUNTS


def learn(totals: Iterable[pa.Table], languages: pa.Table, settings: Tokenizer) -> BPEModel:
    """Learns a vocabulary.

    Args:
      totals: tables of `WORD_COUNTS` that share no word, as `totals.prune` leaves them.
      languages: a table of `balance.LANGUAGES`, a row for each language that was counted.
    """
    rows = languages.to_pylist()
    weights = {row["language"]: row["weight"] for row in rows}
    words = Words.joined(
        [Words.of(table, weights) for table in totals] or [Words.of(WORD_COUNTS.empty_table())]
    )
    fair = None
    if settings.fair:
        some = {*trusted(languages)} - {UNDETERMINED}
        ratios = {row["language"]: row["byte_premium"] for row in rows if row["language"] in some}
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
