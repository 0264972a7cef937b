"""What a recipe's sections `tokenizer` and `token_cost` say."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Tokenizer:
    """A byte-level BPE learnt from the survivors, or one read from `path`.

    Attributes:
      path: a tokenizer.json to use as it is; nothing is learnt then.
      vocab_size: including 256 bytes and the end-of-text token.
      pattern: pre-tokenizer: gpt2, cl100k or o200k.
      sample_mb_per_language: text counted per language.
      balance: exponent of a language's weight; 1 keeps its share of the text, 0 makes all equal.
    """

    path: str | None = None
    vocab_size: int = 32768
    pattern: str = "o200k"
    sample_mb_per_language: int = 64
    balance: float = 0.3


@dataclasses.dataclass(frozen=True)
class TokenCost:
    """What each language pays.

    Attributes:
      reference: language whose cost is 1.
      parallel: Parquet of parallel sentences (columns id, language, text); absent measures the
        corpus alone, without premiums.
      sample_mb_per_language: corpus text measured per language.
    """

    reference: str = "en"
    parallel: str | None = None
    sample_mb_per_language: int = 8
