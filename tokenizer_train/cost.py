"""What a tokenizer costs each language: tokens, and the premium over a reference language.

The premium of a language is the tokens that it needs for the sentences it shares with a
reference language in a parallel corpus, divided by the reference's tokens for the same
sentences (Petrov et al. 2023, "Language model tokenizers introduce unfairness between
languages"). On other text only tokens, bytes and characters can be compared.
"""

import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokenizer_train.encode import Encoder
from tokenizer_train.meter import MEASURED, Meter
from tokenizer_train.premiums import RESAMPLES, Premium, gini, premiums
from tokenizer_train.vocabulary import from_ranks, to_tokenizer_json

__all__ = ["TOKEN_COST", "TokenCost", "gini", "load_tiktoken", "parallel_cost"]

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")  # of a language
# `premium`, its interval and what follows from it are null without a reference or shared sentences,
# `coverage` without a reference; ratios are null where nothing was counted. `words` and its ratios
# are null in languages that put no blanks between words, and for texts of which only tokens were
# counted everything behind `premium_high` is.
TOKEN_COST = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("texts", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("chars", pa.int64(), nullable=False),  # code points
        pa.field("bytes_per_token", pa.float64()),
        pa.field("chars_per_token", pa.float64()),
        pa.field("median_tokens", pa.float64(), nullable=False),  # of a text
        pa.field("shared_sentences", pa.int64(), nullable=False),  # with the reference language
        pa.field("coverage", pa.float64()),  # their share of the reference's sentences
        pa.field("premium", pa.float64()),
        pa.field("premium_low", pa.float64()),  # 95 % bootstrap interval over sentences
        pa.field("premium_high", pa.float64()),
        pa.field("median_premium", pa.float64()),  # ratio of the medians of a sentence's tokens
        pa.field("median_premium_low", pa.float64()),
        pa.field("median_premium_high", pa.float64()),
        pa.field("byte_premium", pa.float64()),  # ratio of bytes, whatever the tokenizer
        pa.field("tokenizer_share", pa.float64()),  # premium / byte_premium
        pa.field("words", pa.int64()),  # between blanks, with a letter or digit
        pa.field("tokens_per_word", pa.float64()),  # fertility
        pa.field("single_token_words", pa.float64()),  # share of the words that are one token
        pa.field("clusters", pa.int64()),  # characters as a reader counts them
        pa.field("tokens_per_cluster", pa.float64()),
        pa.field("unknown", pa.float64()),  # share of tokens: the unknown token
        pa.field("fallback", pa.float64()),  # share of tokens: no whole characters
        pa.field("round_trip_failures", pa.int64()),  # texts that decoding does not give back
    ]
)
# With this share of characters of scripts without blanks, a language's words are not counted.
_UNSPACED_SHARE = 0.25
_BATCH_ROWS = 4096


class TokenCost:
    """Counts by language: an accumulator whose result does not depend on how it was grouped."""

    def __init__(self) -> None:
        # By language, sums of the columns of `MEASURED`, as far as they were measured.
        self.sums: dict[str, Counter[str]] = {}
        # By language, the number of texts for each number of tokens. It gives the number of texts,
        # of tokens, and the exact median.
        self.lengths: dict[str, Counter[int]] = {}
        # Tokens and bytes by sentence, of parallel text.
        self.sentences: dict[str, dict[Hashable, tuple[int, int]]] = {}
        self.frequency = np.zeros(0, np.int64)  # of each token, over all languages

    def add(
        self,
        language: pa.StringArray,
        text: pa.LargeStringArray,
        tokens: pa.Array,
        sentence_id: pa.Array | None = None,
    ) -> None:
        """Counts the tokens of a batch of texts; null texts are skipped.

        Args:
          language: string, no nulls.
          text: what was encoded.
          tokens: integers, the number of tokens of each text.
          sentence_id: string or integer, equal for translations of each other; for parallel text.

        Raises:
          ValueError: columns of unequal length, or a sentence a second time in one language.
        """
        columns = [language, text, tokens] + ([] if sentence_id is None else [sentence_id])
        _require_equal_lengths(columns)
        there = pc.is_valid(text)
        if not pc.all(there).as_py():
            language, text, tokens = (one.filter(there) for one in (language, text, tokens))
            sentence_id = None if sentence_id is None else sentence_id.filter(there)
        counts = {
            "tokens": tokens.cast(pa.int64()),
            "bytes": pc.binary_length(text),
            "chars": pc.utf8_length(text).cast(pa.int64()),
        }
        self._add(language, counts, sentence_id)

    def add_measured(
        self,
        language: pa.StringArray,
        measured: pa.RecordBatch,
        frequency: npt.NDArray[np.int64],
        sentence_id: pa.Array | None = None,
    ) -> None:
        """Counts a batch of texts that `Meter.measure` measured.

        Raises:
          ValueError: as `add`.
        """
        columns = [language, measured] + ([] if sentence_id is None else [sentence_id])
        _require_equal_lengths(columns)
        self._add(language, dict(zip(MEASURED.names, measured.columns, strict=True)), sentence_id)
        self.frequency = _added(self.frequency, frequency)

    @classmethod
    def of_sentences(cls, text: pa.Table, meter: Meter) -> Self:
        """The costs of parallel text: columns id, language and text; empty texts are no sentences.

        Raises:
          ValueError: as `add`.
        """
        cost = cls()
        there = pc.greater(pc.fill_null(pc.binary_length(text["text"]), 0), 0)
        for batch in text.filter(there).combine_chunks().to_batches(_BATCH_ROWS):
            measured, frequency = meter.measure(batch["text"])
            cost.add_measured(batch["language"], measured, frequency, batch["id"])
        return cost

    def merge(self, other: Self) -> None:
        """Adds another accumulator's counts to this one; the other is left as it was."""
        for language, sums in other.sums.items():
            self.sums.setdefault(language, Counter()).update(sums)
        for language, lengths in other.lengths.items():
            self.lengths.setdefault(language, Counter()).update(lengths)
        for language, sentences in other.sentences.items():
            self._add_sentences(language, sentences.items())
        self.frequency = _added(self.frequency, other.frequency)

    def _add(
        self, language: pa.StringArray, counts: Mapping[str, pa.Array], sentence_id: pa.Array | None
    ) -> None:
        table = pa.table({"language": language, **counts})
        summed = table.group_by("language").aggregate([(name, "sum") for name in counts])
        for row in summed.to_pylist():
            sums = self.sums.setdefault(row["language"], Counter())
            sums.update({name: row[f"{name}_sum"] for name in counts})
        grouped = table.group_by(["language", "tokens"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            self.lengths.setdefault(row["language"], Counter())[row["tokens"]] += row["count_all"]
        if sentence_id is None:
            return
        table = table.append_column("sentence", sentence_id)
        for code in pc.unique(language).to_pylist():
            own = table.filter(pc.equal(table["language"], code))
            values = zip(own["tokens"].to_pylist(), own["bytes"].to_pylist(), strict=True)
            self._add_sentences(code, zip(own["sentence"].to_pylist(), values, strict=True))

    def _add_sentences(
        self, language: str, sentences: Iterable[tuple[Hashable, tuple[int, int]]]
    ) -> None:
        known = self.sentences.setdefault(language, {})
        for sentence, counts in sentences:
            if sentence in known:
                # Ids and languages are shown if they cannot be text from a wrong column.
                number = sentence if isinstance(sentence, int) else "with an id of text"
                shown = repr(language) if _TAG.fullmatch(str(language)) else "of an invalid name"
                raise ValueError(
                    f"sentence {number} comes twice in language {shown}, after {len(known)} of "
                    "its sentences; sentence ids must be unique in a language"
                )
            known[sentence] = counts

    def premiums(
        self, reference: str | None, seed: int = 0, resamples: int = RESAMPLES
    ) -> dict[str, Premium]:
        """The premium of each language that shares a sentence with the reference."""
        return premiums(self.sentences, reference, seed, resamples)

    def table(
        self,
        reference: str | None = None,
        seed: int = 0,
        resamples: int = RESAMPLES,
        known: Mapping[str, Premium] | None = None,
    ) -> pa.Table:
        """A table of `TOKEN_COST`, a row a language, sorted by language.

        Args:
          reference: language whose premium is 1; None, or one without sentences, gives no premiums.
          seed: seed of the bootstrap.
          resamples: number of resamples; 1,000 for 200 languages and 2,000 sentences take seconds.
          known: what `premiums` gave for these arguments, if it has been called.
        """
        found = self.premiums(reference, seed, resamples) if known is None else known
        sentences = len(self.sentences.get(reference, ())) if reference is not None else 0
        rows = []
        for language, lengths in sorted(self.lengths.items()):
            sums = self.sums[language]
            tokens, n_bytes, n_chars = (sums[name] for name in ("tokens", "bytes", "chars"))
            premium = found.get(language, Premium(0))
            low, high = premium.of_sums_interval or (None, None)
            median_low, median_high = premium.of_medians_interval or (None, None)
            row = {
                "language": language,
                "texts": sum(lengths.values()),
                "tokens": tokens,
                "bytes": n_bytes,
                "chars": n_chars,
                "bytes_per_token": _ratio(n_bytes, tokens),
                "chars_per_token": _ratio(n_chars, tokens),
                "median_tokens": _median(lengths),
                "shared_sentences": premium.shared,
                "coverage": _ratio(premium.shared, sentences),
                "premium": premium.of_sums,
                "premium_low": low,
                "premium_high": high,
                "median_premium": premium.of_medians,
                "median_premium_low": median_low,
                "median_premium_high": median_high,
                "byte_premium": premium.of_bytes,
                "tokenizer_share": _ratio(premium.of_sums, premium.of_bytes),
            }
            rows.append(row | (_by_units(sums) if "words" in sums else {}))
        return pa.Table.from_pylist(rows, schema=TOKEN_COST)


def parallel_cost(
    encoder: Encoder,
    language: pa.StringArray,
    sentence_id: pa.Array,
    text: pa.LargeStringArray,
    reference: str,
    seed: int = 0,
) -> pa.Table:
    """Encodes a parallel corpus; returns each language's cost and premium (`TOKEN_COST`)."""
    cost = TokenCost()
    cost.add(language, text, pc.list_value_length(encoder.encode(text)), sentence_id)
    return cost.table(reference, seed)


def load_tiktoken(path: str | os.PathLike[str], pattern: str) -> Encoder:
    """An encoder for a published .tiktoken rank file, to compare with; it has no special tokens.

    The file does not say which pre-tokenizer it goes with: give cl100k_base
    `patterns.pattern("cl100k")`, o200k_base `patterns.pattern("o200k")`.
    """
    model = from_ranks(Path(path).read_bytes(), os.fspath(path), gaps=True)
    return Encoder(to_tokenizer_json(model, pattern))


def _by_units(sums: Mapping[str, int]) -> dict[str, Any]:
    """The columns that only measured texts have."""
    tokens = sums["tokens"]
    spaced = sums["unspaced"] < _UNSPACED_SHARE * sums["chars"]
    words = sums["words"] if spaced else None
    return {
        "words": words,
        "tokens_per_word": _ratio(tokens, words),
        "single_token_words": _ratio(sums["single_words"], words),
        "clusters": sums["clusters"],
        "tokens_per_cluster": _ratio(tokens, sums["clusters"]),
        "unknown": _ratio(sums["unknown"], tokens),
        "fallback": _ratio(sums["fallback"], tokens),
        "round_trip_failures": sums["lost"],
    }


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _require_equal_lengths(columns: list[Any]) -> None:
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"columns of {[len(column) for column in columns]} rows; give equal ones")


def _added(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    total = np.zeros(max(len(one), len(other)), np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def _median(lengths: Mapping[int, int]) -> float:
    """The middle of a histogram of whole numbers; the mean of the two middle ones if even."""
    ordered = sorted(lengths)
    ends = np.cumsum([lengths[n] for n in ordered])
    below, above = (int(ends[-1]) - 1) // 2, int(ends[-1]) // 2
    pick = [ordered[int(np.searchsorted(ends, rank, side="right"))] for rank in (below, above)]
    return sum(pick) / 2
