"""Settings of a recipe's sections `tokenizer` and `token_cost`."""

from typing import Annotated

from pydantic import Field

from manifests.sections import Name, OneOf, Positive, Section, Share
from tokenizer_train.patterns import PATTERNS


class Tokenizer(Section):
    """A byte-level BPE learnt from the survivors, or one read from `path`."""

    path: Name | None = None
    """A tokenizer.json to use as it is; nothing is learnt then."""

    vocab_size: Annotated[int, Field(ge=257, le=1_000_000)] = 32768
    """Tokens of the vocabulary, among them the 256 bytes and the end-of-text token."""

    pattern: Annotated[str, OneOf(tuple(PATTERNS))] = "o200k"
    """How a text is cut before pairs are merged, named after the tokenizer that does so."""

    sample_mb_per_language: Positive = 64
    """MB of text that are counted in each language."""

    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of each language's documents that is kept out of training, so that the token cost is
    measured on text that the tokenizer has not seen; 0 trains on all. A keyed hash of the
    document's identity decides."""

    balance: Share = 0.3
    """Exponent of a language's weight: 1 keeps its share of the text, 0 makes all languages
    equal."""


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

    flops: Annotated[float, Field(gt=0)] = 989e12
    """Floating-point operations a second of a GPU, for what training on the corpus would take; the
    default is what NVIDIA states for an H100 in bfloat16 without sparsity."""

    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.4
    """The share of these operations that training reaches."""
