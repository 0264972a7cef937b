"""Settings of a recipe's sections `tokenizer` and `token_cost`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from manifests.sections import ListOf, Name, OneOf, Positive, Section, Share, refusal
from tokenizer_train.patterns import PATTERNS, USUAL, pattern
from tokenizer_train.vocabulary import END_OF_TEXT, checked_special_tokens


class Tokenizer(Section):
    """A byte-level BPE learnt from the survivors, or one read from `path`."""

    path: Name | None = None
    """A tokenizer.json, or a .tiktoken file of ranks, to use as it is; nothing is learnt then."""

    eos_token: Name | None = None
    """The special token that ends a document. Unless given, it is `<|endoftext|>` where a tokenizer
    is learnt or the file has ranks alone, and else the only token of the tokenizer that usually
    does so, such as `</s>` or `<|end_of_text|>`."""

    special_tokens: ListOf[Name] = ()
    """Further special tokens of a tokenizer that is learnt, such as `<|im_start|>`. They have the
    ids behind that of the end of text, and no text is ever encoded as one of them."""

    vocab_size: Annotated[int, Field(ge=257, le=1_000_000)] = 32768
    """Tokens of the vocabulary, among them the 256 bytes and the special tokens."""

    vocab_multiple_of: Annotated[int, Field(ge=1, le=65536)] = 1
    """The vocabulary is a multiple of this, such as 128: `vocab_size` is rounded up, and special
    tokens without a use, `<|reserved_0|>` and so on, fill up what the data do not give."""

    pattern: Annotated[str, OneOf(tuple(PATTERNS))] | None = None
    """How a text is cut before pairs are merged, named after the tokenizer that does so: o200k
    unless given. For a file of ranks that is not one of the published ones it must be given."""

    max_digits: Literal[1, 3] | None = None
    """Digits that are one piece at most: 1 cuts each digit apart, 3 makes groups of three from the
    left. Unless given, as the pattern has it: 3, or any number with gpt2."""

    sample_mb_per_language: Positive = 64
    """MB of text that are counted in each language."""

    max_words: Annotated[int, Field(ge=1000, le=100_000_000)] = 2_000_000
    """Different words that the tokenizer is learnt from at most, the most frequent ones. A million
    takes about 900 MB of one worker's memory."""

    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of each language's documents that is kept out of training, so that the token cost is
    measured on text that the tokenizer has not seen; 0 trains on all. A keyed hash of the
    document's identity decides."""

    balance: Share = 0.3
    """Exponent of a language's share of the text that is learnt from. 1 keeps its share, 0 makes
    all languages equal. Text is measured by content: its bytes are divided by the bytes that the
    language needs for what English says in one. Languages of under 1 MB or 200 documents, which
    are often wrong labels, get no more than their share."""

    weights: Mapping[str, Annotated[float, Field(gt=0, le=1000)]] = Field(default_factory=dict)
    """Factors by language for their counts, such as {de: 2}, in place of what `balance` gives; the
    language with most text has 1."""

    fair: Share = 0.0
    """The last share of the merges in which the next pair is always the best one of the language
    that pays most tokens for its content at that point (parity-aware BPE, Foroutan et al. 2025);
    0 is none, 0.5 a usual choice."""

    @model_validator(mode="after")
    def _special_tokens_fit(self) -> "Tokenizer":
        if self.path is None:
            try:
                special_tokens = checked_special_tokens(self.all_special_tokens())
            except ValueError as error:
                raise refusal([(("special_tokens",), str(error))], self.special_tokens) from None
            least = 256 + len(special_tokens)
            if self.vocab_size < least:
                what = f"the 256 bytes and {len(special_tokens)} special tokens need {least}"
                raise refusal([(("vocab_size",), what)], self.vocab_size)
        return self

    def all_special_tokens(self) -> list[str]:
        """Those of a tokenizer that is learnt, that which ends a text first."""
        return [self.eos_token or END_OF_TEXT, *self.special_tokens]

    def regex(self) -> str:
        """The regex that cuts text before training."""
        return pattern(self.pattern or USUAL, self.max_digits)

    def end_of_text(self) -> str | None:
        """The token that ends a text; None if the tokenizer of `path` tells."""
        return self.eos_token if self.path else self.all_special_tokens()[0]

    def padded_size(self) -> int:
        """`vocab_size`, rounded up to a multiple of `vocab_multiple_of`."""
        return -(-self.vocab_size // self.vocab_multiple_of) * self.vocab_multiple_of


class TokenCost(Section):
    """What each language pays in tokens."""

    reference: Name = "en"
    """The language whose cost is 1."""

    parallel: Name | None = None
    """Parallel sentences: FLORES-200, MASSIVE or NTREX as published, or a table with columns id,
    language, text (`FILE:id,language,text` gives their names, if they are others); absent measures
    the corpus alone, without premiums."""

    sample_mb_per_language: Positive = 8
    """MB of the corpus that are measured in each language."""

    flops: Annotated[float, Field(gt=0, le=1e24)] = 989e12
    """Floating-point operations a second of a GPU, for what training on the corpus would take; the
    default is what NVIDIA states for an H100 in bfloat16 without sparsity."""

    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.4
    """The share of these operations that training reaches."""
