"""Settings of a recipe's sections `splits` and `shards`, and of `winnow pack`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from manifests.sections import Section, Share, refusal


class Shards(Section):
    """Token shards."""

    text_mb_per_shard: Annotated[int, Field(ge=1, le=1 << 20)] = 256
    """MB of text for which there is one shard."""

    count: Annotated[int, Field(ge=1, le=99_999)] | None = None
    """The number of shards; absent, it follows from the text."""


class Splits(Section):
    """Documents that are kept for measuring a model, by a keyed hash of their clusters.

    A cluster is a survivor with all that was removed as its copy, so that near-duplicates are never
    in two splits. Another share of one split moves no document between the other and training.
    """

    validation: Share = 0.0
    """Share of the documents whose `split` is validation."""

    test: Share = 0.0
    """Share of those whose `split` is test."""

    @model_validator(mode="after")
    def _leave_some(self) -> "Splits":
        if (both := self.validation + self.test) >= 1:
            told = f"validation and test have a share of {both:g} together; leave some for training"
            raise refusal([(("validation",), told)], self.validation)
        return self


class Packing(Section):
    """How `winnow pack` fills rows."""

    length: Annotated[int, Field(ge=2, le=1 << 24)]
    """Tokens of a row."""

    packing: Literal["best_fit", "concat", "pad"] = "best_fit"
    """`best_fit` cuts no document that fits in a row; `concat` puts documents end to end and cuts
    where a row is full; `pad` has one document, or piece of one, in a row."""

    max_docs_per_row: Annotated[int, Field(ge=1)] | None = None
    """Documents that a row has at most; hundreds of tiny ones make attention masks slow."""

    overlap: Annotated[int, Field(ge=0)] = 0
    """Tokens of the piece before it that a piece of a long document repeats."""

    carry: Literal["title"] | None = None
    """`title`: pieces of a long document repeat its first line, if that has at most 64 tokens."""

    @model_validator(mode="after")
    def _fits(self) -> "Packing":
        if self.overlap > (most := self.length // 2):
            told = f"{self.overlap:,} is more than half of a row; at most {most:,} may be repeated"
            raise refusal([(("overlap",), told)], self.overlap)
        if self.packing == "concat" and (self.overlap or self.carry):
            told = "concat repeats nothing; overlap and carry are for best_fit and pad"
            raise refusal([(("packing",), told)], self.packing)
        return self


class Part(Section):
    """How much of a source or language is used."""

    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Factor of its share."""

    epochs: Annotated[float, Field(ge=0, le=1e4)] = 1.0
    """Times that its documents are used; .5 uses half of them."""


class SourcePart(Part):
    """How much of a source is used."""

    tokens: Annotated[int, Field(ge=0)] | None = None
    """Exactly so many tokens, whatever other sources have."""


class Mixture(Section):
    """What `winnow pack --mixture FILE` takes of each source and language.

    Epochs alone use each source and language so many times. With `tokens`, a weight or a
    temperature all tokens are dealt out in proportion to the weight and to (tokens there are,
    times epochs) ^ (1 / temperature).
    """

    tokens: Annotated[int, Field(ge=1)] | None = None
    """Exactly so many tokens of all sources; absent, as many as epochs make."""

    sources: Mapping[str, SourcePart] = Field(default_factory=dict)
    """Parts by source; one that is not named has weight 1 and one epoch."""

    languages: Mapping[str, Part] = Field(default_factory=dict)
    """Parts by language, likewise; both count."""

    temperature: Annotated[float, Field(gt=0, le=1e3)] = 1.0
    """1 keeps the proportions of what there is; above it small languages and sources get more."""

    upsample: Mapping[int, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    """Least size of a cluster, and how often its survivor counts; `{2: 2, 3: 3, 5: 5, 100: 8,
    1000: 1}` is FineWeb-2's."""

    seed: Annotated[int, Field(ge=0, lt=1 << 64)] = 0
    """Of what is taken where a part of the documents is used."""

    @model_validator(mode="after")
    def _fits(self) -> "Mixture":
        fixed = sum(part.tokens or 0 for part in self.sources.values())
        if self.tokens is not None and fixed > self.tokens:
            told = f"sources have {fixed:,} tokens, more than the {self.tokens:,} of all"
            raise refusal([(("tokens",), told)], self.tokens)
        return self

    def of_source(self, name: str) -> SourcePart:
        """The part of a source."""
        return self.sources.get(name, SourcePart())

    def of_language(self, name: str) -> Part:
        """The part of a language."""
        return self.languages.get(name, Part())

    def deals(self) -> bool:
        """Whether parts are shares of all tokens, and not epochs alone."""
        parts = (*self.sources.values(), *self.languages.values())
        return self.temperature != 1 or any(part.weight != 1 for part in parts)
