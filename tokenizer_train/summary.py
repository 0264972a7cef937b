"""What a tokenizer costs over all languages, and what that means in money, length and training."""

import csv
import dataclasses
import io
import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokenizer_train.cost import TokenCost
from tokenizer_train.premiums import Premium, gini, gini_interval
from tokenizer_train.published import Encodes
from tokenizer_train.tokens import Tokens

# Source: Zouhar et al. 2023, "Tokenization and the Noiseless Channel": of the orders tried, 2.5
# goes best with the quality of translation. By the tokens that occur, as the authors'
# tokenization-scorer counts.
RENYI_ORDER = 2.5
# Where a token may stand in a text that is to become it. SentencePiece puts a blank before the
# first word.
_CONTEXTS = ("", "0", "\n", "。")


@dataclasses.dataclass(frozen=True)
class Spread:
    """How unequal the premiums of some languages are; None without premiums.

    Attributes:
      languages: the number of languages that have a premium, the reference among them.
      gini: Gini coefficient of the premiums, with its 95 % interval.
      worst, worst_premium: the language that pays most.
      median_premium: of the languages.
    """

    languages: int
    gini: float | None
    gini_low: float | None
    gini_high: float | None
    worst: str | None
    worst_premium: float | None
    median_premium: float | None


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """What the tokens of a vocabulary are used for.

    Attributes:
      size: ids are below this.
      used: tokens that occur in the texts.
      dead: tokens that not even their own text becomes.
      junk: tokens that no ordinary text asks for (`Tokens.junk`).
      over_long: tokens of more than `tokens.OVER_LONG_CHARS` characters.
      renyi_efficiency: Rényi entropy of the tokens in the texts over the logarithm of `used`.
    """

    size: int
    used: int
    dead: int
    junk: int
    over_long: int
    renyi_efficiency: float | None


@dataclasses.dataclass(frozen=True)
class Projection:
    """A corpus in tokens, and a model that is trained once on them.

    Attributes:
      tokens: T.
      parameters: N = T / 20, about what Hoffmann et al. 2022 ("Chinchilla") found best.
      flops: 6 N T (Kaplan et al. 2020).
      gpu_hours: at the given operations a second and utilisation.
    """

    tokens: int
    parameters: float
    flops: float
    gpu_hours: float


def spread(premiums: Mapping[str, Premium], languages: Collection[str] | None = None) -> Spread:
    """The spread of premiums over all languages, or over some."""
    some = {
        code: premium
        for code, premium in premiums.items()
        if premium.of_sums is not None and (languages is None or code in languages)
    }
    paid = {code: premium.of_sums or 0.0 for code, premium in some.items()}
    if not paid:
        return Spread(0, None, None, None, None, None, None)
    drawn = [premium.drawn for premium in some.values() if premium.drawn is not None]
    low, high = (len(drawn) == len(some) and gini_interval(drawn)) or (None, None)
    worst = max(sorted(paid), key=paid.__getitem__)
    middle = float(np.median(list(paid.values())))
    return Spread(len(paid), gini(list(paid.values())), low, high, worst, paid[worst], middle)


def vocabulary(encoder: Encodes, tokens: Tokens, frequency: npt.NDArray[np.int64]) -> Vocabulary:
    """The use of a vocabulary by texts in which its tokens occur so often."""
    return Vocabulary(
        len(tokens),
        int(np.count_nonzero(frequency)),
        len(dead_tokens(encoder, tokens)),
        len(tokens.junk()),
        len(tokens.over_long()),
        renyi_efficiency(frequency),
    )


def dead_tokens(encoder: Encodes, tokens: Tokens) -> list[int]:
    """Ids of tokens that a text which consists of them does not become, wherever it stands.

    Tokens of no whole characters are left out, since they are no text.
    """
    texts = tokens.texts()
    left = np.array([i for i, text in enumerate(texts) if text], np.int64)
    for context in _CONTEXTS:
        if not len(left):
            break
        standing = pa.array([f"{context}{texts[i]}" for i in left.tolist()], pa.large_string())
        lists = encoder.encode(standing)
        of_text = np.repeat(left, np.diff(lists.offsets.to_numpy()))
        left = np.setdiff1d(left, of_text[lists.values.to_numpy() == of_text])
    return [int(i) for i in left]


def renyi_efficiency(frequency: npt.NDArray[np.int64], order: float = RENYI_ORDER) -> float | None:
    """Rényi entropy of tokens that occur so often, over that of as many equal ones; None if < 2."""
    counts = frequency[frequency > 0].astype(np.float64)
    if len(counts) < 2:
        return None
    shares = counts / math.fsum(counts)
    return math.log(math.fsum(shares**order)) / (1 - order) / math.log(len(counts))


def project(tokens: float, flops: float, utilisation: float) -> Projection:
    """What training a model of the best size on so many tokens takes.

    Args:
      flops: floating-point operations a second that one GPU is built for.
      utilisation: the share of them that training reaches.
    """
    parameters = tokens / 20
    work = 6 * parameters * tokens
    return Projection(round(tokens), parameters, work, work / (flops * utilisation * 3600))


def corpus_tokens(cost: TokenCost, text_bytes: Mapping[str, int]) -> tuple[float, float]:
    """The tokens of a corpus from its bytes by language, and the share of bytes of known languages.

    Bytes of other languages are divided by the bytes per token of all known ones together.
    """
    known = {code: sums for code, sums in cost.sums.items() if sums["bytes"]}
    whole = sum(sums["tokens"] for sums in known.values())
    rate = whole / max(1, sum(sums["bytes"] for sums in known.values()))
    tokens, covered = 0.0, 0
    for language, n_bytes in text_bytes.items():
        if language in known:
            tokens += n_bytes * known[language]["tokens"] / known[language]["bytes"]
            covered += n_bytes
        else:
            tokens += n_bytes * rate
    return tokens, covered / max(1, sum(text_bytes.values()))


def read_prices(data: bytes, path: str) -> dict[str, float]:
    """Prices per million tokens by model, from CSV (`model,price`) or JSON (`{"model": price}`).

    Raises:
      ValueError: the file is neither; the message names the line or model.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 at byte {error.start}; convert it") from None
    rows: list[tuple[str, Any, str]]
    if text.lstrip().startswith("{"):
        try:
            rows = [(model, price, f"model {model!r}") for model, price in json.loads(text).items()]
        except ValueError as error:
            raise ValueError(f"{path} is no JSON: {error}; mend it") from None
    else:
        lines = [row for row in csv.reader(io.StringIO(text)) if row]
        if lines and len(lines[0]) > 1 and not _is_price(lines[0][1]):
            lines = lines[1:]  # its head
        rows = [(row[0], row[1] if len(row) > 1 else "", f"line of {row[0]!r}") for row in lines]
    prices = {}
    for model, price, where in rows:
        if not _is_price(price):
            raise ValueError(
                f"{path}, {where}: {price!r} is no price; give model and price per million tokens, "
                "as CSV or as JSON"
            )
        prices[model.strip()] = float(price)
    if not prices:
        raise ValueError(f"{path} has no prices; give model and price per million tokens")
    return prices


def with_prices(
    table: pa.Table, prices: Mapping[str, float], context: int | None = None
) -> pa.Table:
    """The table with what premiums mean in money and length; null where there is no premium.

    Args:
      table: `TOKEN_COST`.
      prices: per million tokens, by model. `price_MODEL` is what the text costs in a language for
        which the reference language needs a million tokens.
      context: tokens of a model's context window. `context_tokens` is how many tokens of the
        reference language say what a text of the language says that fills it.
    """
    premiums: Sequence[float | None] = table["premium"].to_pylist()
    for model, price in prices.items():
        values = [None if one is None else one * price for one in premiums]
        table = table.append_column(f"price_{model}", pa.array(values, pa.float64()))
    if context is not None:
        values = [context / one if one else None for one in premiums]
        table = table.append_column("context_tokens", pa.array(values, pa.float64()))
    return table


def _is_price(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(value)) and float(value) >= 0
    except (TypeError, ValueError):
        return False
