"""What a tokenizer costs each language: tokens, and the premium over a reference language.

The premium of a language is the tokens that it needs for the sentences it shares with a
reference language in a parallel corpus, divided by the reference's tokens for the same
sentences (Petrov et al. 2023, "Language model tokenizers introduce unfairness between
languages"). On other text only tokens, bytes and characters can be compared.
"""

import math
import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokenizer_train.encode import Encoder
from tokenizer_train.vocabulary import from_tiktoken, to_tokenizer_json

# `premium` and its interval are null without a reference or shared sentences, `coverage` without
# a reference; ratios are null where no token was counted.
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")  # of a language
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
    ]
)

Float64s = npt.NDArray[np.float64]


class TokenCost:
    """Counts by language: an accumulator whose result does not depend on how it was grouped."""

    def __init__(self) -> None:
        self.bytes: Counter[str] = Counter()
        self.chars: Counter[str] = Counter()
        # By language, the number of texts for each number of tokens. It gives the number of texts,
        # of tokens, and the exact median.
        self.lengths: dict[str, Counter[int]] = {}
        self.sentences: dict[str, dict[Hashable, int]] = {}  # tokens by sentence, parallel text

    def add(
        self,
        language: pa.StringArray,
        text: pa.LargeStringArray,
        tokens: pa.Array,
        sentence_id: pa.Array | None = None,
    ) -> None:
        """Counts a batch of texts; null texts are skipped.

        Args:
          language: string, no nulls.
          text: what was encoded.
          tokens: integers, the number of tokens of each text.
          sentence_id: string or integer, equal for translations of each other; for parallel text.

        Raises:
          ValueError: columns of unequal length, or a sentence a second time in one language.
        """
        columns = [language, text, tokens] + ([] if sentence_id is None else [sentence_id])
        if len({len(column) for column in columns}) > 1:
            raise ValueError(
                f"columns of {[len(column) for column in columns]} rows; give equal ones"
            )
        n_bytes = pc.binary_length(text).to_pylist()
        n_chars = pc.utf8_length(text).to_pylist()
        ids = [None] * len(text) if sentence_id is None else sentence_id.to_pylist()
        rows = zip(language.to_pylist(), n_bytes, n_chars, tokens.to_pylist(), ids, strict=True)
        for code, in_bytes, in_chars, in_tokens, sentence in rows:
            if in_bytes is None:
                continue
            self.bytes[code] += in_bytes
            self.chars[code] += in_chars
            self.lengths.setdefault(code, Counter())[in_tokens] += 1
            if sentence_id is not None:
                self._add_sentences(code, [(sentence, in_tokens)])

    def merge(self, other: Self) -> None:
        """Adds another accumulator's counts to this one; the other is left as it was."""
        self.bytes.update(other.bytes)
        self.chars.update(other.chars)
        for language, lengths in other.lengths.items():
            self.lengths.setdefault(language, Counter()).update(lengths)
        for language, sentences in other.sentences.items():
            self._add_sentences(language, sentences.items())

    def _add_sentences(self, language: str, sentences: Iterable[tuple[Hashable, int]]) -> None:
        known = self.sentences.setdefault(language, {})
        for sentence, tokens in sentences:
            if sentence in known:
                # Ids and languages are shown if they cannot be text from a wrong column.
                number = sentence if isinstance(sentence, int) else "with an id of text"
                shown = repr(language) if _TAG.fullmatch(str(language)) else "of an invalid name"
                raise ValueError(
                    f"sentence {number} comes twice in language {shown}, after {len(known)} of "
                    "its sentences; sentence ids must be unique in a language"
                )
            known[sentence] = tokens

    def table(self, reference: str | None = None, seed: int = 0, resamples: int = 1000) -> pa.Table:
        """A table of `TOKEN_COST`, a row a language, sorted by language.

        Args:
          reference: language whose premium is 1; None, or one without sentences, gives no premiums.
          seed: seed of the bootstrap.
          resamples: number of resamples; 1,000 for 200 languages and 2,000 sentences take seconds.
        """
        premiums = self._premiums(reference, seed, resamples)
        sentences = len(self.sentences.get(reference, ())) if reference is not None else 0
        rows = []
        for language, lengths in sorted(self.lengths.items()):
            texts = sum(lengths.values())
            tokens = sum(n * times for n, times in lengths.items())
            n_bytes, n_chars = self.bytes[language], self.chars[language]
            shared, premium, low, high = premiums.get(language, (0, None, None, None))
            rows.append(
                {
                    "language": language,
                    "texts": texts,
                    "tokens": tokens,
                    "bytes": n_bytes,
                    "chars": n_chars,
                    "bytes_per_token": n_bytes / tokens if tokens else None,
                    "chars_per_token": n_chars / tokens if tokens else None,
                    "median_tokens": _median(lengths),
                    "shared_sentences": shared,
                    "coverage": shared / sentences if sentences else None,
                    "premium": premium,
                    "premium_low": low,
                    "premium_high": high,
                }
            )
        return pa.Table.from_pylist(rows, schema=TOKEN_COST)

    def _premiums(
        self, reference: str | None, seed: int, resamples: int
    ) -> dict[str, tuple[int, float | None, float | None, float | None]]:
        base = self.sentences.get(reference, {}) if reference is not None else {}
        # Languages that share the same sentences are resampled together. Usually these are all.
        groups: dict[tuple[Hashable, ...], list[str]] = {}
        for language, sentences in sorted(self.sentences.items()):
            shared = tuple(sorted(base.keys() & sentences.keys()))  # type: ignore[type-var]
            if shared:
                groups.setdefault(shared, []).append(language)
        result: dict[str, tuple[int, float | None, float | None, float | None]] = {}
        for shared, languages in groups.items():
            columns = [[self.sentences[code][one] for one in shared] for code in languages]
            tokens = np.array([[base[one] for one in shared], *columns], np.float64)
            totals = tokens.sum(axis=1)
            drawn = _resampled_totals(tokens, seed, resamples)
            for row, language in enumerate(languages, 1):
                premium = low = high = None
                if totals[0] > 0:
                    premium = float(totals[row] / totals[0])
                    if drawn[:, 0].min() > 0:
                        low, high = _interval(drawn[:, row] / drawn[:, 0])
                result[language] = (len(shared), premium, low, high)
        return result


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


def gini(costs: Sequence[float]) -> float:
    """Gini coefficient of costs over languages: 0 when all pay the same, near 1 when one pays all.

    Source: Foroutan et al. 2025, "Parity-aware byte-pair encoding", who take it over languages'
    token costs for the same content; premiums over the same sentences give the same value, since
    it does not depend on scale. 0 for no languages or no cost.
    """
    ordered = sorted(costs)
    total = math.fsum(ordered)
    if total == 0:
        return 0.0
    n = len(ordered)
    return math.fsum((2 * i - n + 1) * cost for i, cost in enumerate(ordered)) / (n * total)


def load_tiktoken(path: str | os.PathLike[str], pattern: str) -> Encoder:
    """An encoder for a published .tiktoken rank file, to compare with; it has no special tokens.

    The file does not say which pre-tokenizer it goes with: give cl100k_base
    `patterns.pattern("cl100k")`, o200k_base `patterns.pattern("o200k")`.
    """
    return Encoder(to_tokenizer_json(from_tiktoken(path), pattern))


def _median(lengths: Mapping[int, int]) -> float:
    """The middle of a histogram of whole numbers; the mean of the two middle ones if even."""
    ordered = sorted(lengths)
    ends = np.cumsum([lengths[n] for n in ordered])
    below, above = (int(ends[-1]) - 1) // 2, int(ends[-1]) // 2
    pick = [ordered[int(np.searchsorted(ends, rank, side="right"))] for rank in (below, above)]
    return sum(pick) / 2


def _splitmix64(seed: int, first: int, n: int) -> npt.NDArray[np.uint64]:
    """Outputs `first` to `first + n` of SplitMix64 (Steele, Lea and Flood 2014).

    Written out because NumPy does not promise that its generators' derived draws stay the same.
    """
    with np.errstate(over="ignore"):
        counter = np.arange(first + 1, first + n + 1, dtype=np.uint64)
        z = np.uint64(seed) + counter * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _resampled_totals(tokens: Float64s, seed: int, resamples: int) -> Float64s:
    """Draws sentences with replacement and sums each row: (rows, sentences) -> (resamples, rows).

    The sums are whole numbers below 2**53, so floats are exact and the order has no effect.
    """
    n = tokens.shape[1]
    totals = np.empty((resamples, tokens.shape[0]))
    for i in range(resamples):
        high = _splitmix64(seed, i * n, n) >> np.uint64(32)
        drawn = (high * np.uint64(n)) >> np.uint64(32)  # 0 to n - 1; n is below 2**32
        totals[i] = tokens @ np.bincount(drawn.astype(np.int64), minlength=n).astype(np.float64)
    return totals


def _interval(ratios: Float64s) -> tuple[float, float]:
    """The 2.5 and 97.5 percentiles by nearest rank, so that both are values that occur."""
    ordered = np.sort(ratios)
    n = len(ordered)
    return float(ordered[math.floor(0.025 * (n - 1))]), float(ordered[math.ceil(0.975 * (n - 1))])
