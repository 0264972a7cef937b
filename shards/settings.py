"""Settings of a recipe's section `shards`, and of `winnow pack`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from manifests.sections import Section, refusal


class Shards(Section):
    """Token shards."""

    text_mb_per_shard: Annotated[int, Field(ge=1, le=1 << 20)] = 256
    """MB of text for which there is one shard."""

    count: Annotated[int, Field(ge=1, le=99_999)] | None = None
    """The number of shards; absent, it follows from the text."""


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
