"""What a recipe says: sections of every room, composed.

Off means absent: an optional section or threshold that is not in the recipe is not applied.
`execution` says how to run, never what comes out: it is no part of the digest.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from dedup.settings import Duplicates
from filters.settings import Documents
from manifests.manifest import LAST_STAGES
from manifests.sections import ListOf, Name, OneOf, Section, refusal
from manifests.statistics import digest_of
from manifests.suggestions import suggest
from pipelines.sources import KINDS
from shards.settings import Shards, Splits
from tokenizer_train.settings import TokenCost, Tokenizer


class Source(Section):
    """One input: files of one kind."""

    name: Name
    """Column `source` of its documents; no other source of the recipe has it."""

    kind: Annotated[str, OneOf(tuple(KINDS))]
    """What its files are; docs/sources.md has an example of each kind."""

    path: Name
    """File, folder, glob or any fsspec URL; `package:sample/...` is a file that ships with
    winnow."""

    priority: Annotated[int, Field(ge=0, le=255)] = 0
    """Among duplicates the source with the lowest number keeps its copy."""

    options: Mapping[str, Any] = Field(default_factory=dict)
    """Options of its kind, such as the field map of jsonl and parquet; docs/sources.md lists
    them."""

    @model_validator(mode="after")
    def _kind_has_options(self) -> "Source":
        known = sorted(KINDS[self.kind].options)
        faults = [
            (("options", key), f"sources of kind {self.kind} have no option {key!r}, known are "
             f"{', '.join(known)}{suggest(key, known)}")
            for key in self.options if key not in known
        ]  # fmt: skip
        if faults:
            raise refusal(faults, self.options)
        return self


def _names_differ(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    names = [source.name for source in sources]
    faults = [
        ((index, "name"), f"sources must have different names, but {name!r} stands twice; "
         "on the command line write name=kind:path")
        for index, name in enumerate(names) if name in names[:index]
    ]  # fmt: skip
    if faults:
        raise refusal(faults, names)
    return sources


class Execution(Section):
    """How to run; changes no byte of the result."""

    batch_docs: Annotated[int, Field(ge=1, le=1 << 20)] = 256
    """Documents that are processed together."""

    partitions: Annotated[int, Field(ge=1, le=1 << 20)] = 16
    """Parts of a shuffle."""

    memory_mb: Annotated[int, Field(ge=100, le=1 << 24)] = 4000
    """Memory of a worker in MB. What is shuffled is cut into as many parts, and a shard is sorted
    in as many pieces, as that wants; models, code and the largest record come on top."""


class Recipe(Section):
    """Everything that decides what comes out, and `execution`."""

    name: Name
    """Name of the recipe."""

    description: str = ""
    """What it does, in a line; no part of the digest."""

    seed: Annotated[int, Field(ge=0, lt=1 << 64)] = 0
    """Seed of samples, orders and stand-ins."""

    unit_mb: Annotated[int, Field(ge=1, le=1 << 20)] = 256
    """MB of stored bytes that make a work unit. Larger files are cut into units where their format
    allows it; files of less than a sixteenth are read together, up to a sixteenth."""

    sources: Annotated[ListOf[Source], AfterValidator(_names_differ)] = ()
    """The inputs; `--source` on the command line replaces them."""

    documents: Documents = Field(default_factory=Documents)
    """From records to documents."""

    duplicates: Duplicates = Field(default_factory=Duplicates)
    """What survivors must not share."""

    splits: Splits = Field(default_factory=Splits)
    """What is kept for validation and test."""

    tokenizer: Tokenizer = Field(default_factory=Tokenizer)
    """The tokenizer that is learnt or read."""

    token_cost: TokenCost = Field(default_factory=TokenCost)
    """What each language pays in tokens."""

    shards: Shards = Field(default_factory=Shards)
    """The files that a training loop reads."""

    last_stage: Annotated[str, OneOf(LAST_STAGES)] = LAST_STAGES[-1]
    """The stage after which a run is finished: `corpus` for text alone, without a tokenizer."""

    execution: Execution = Field(default_factory=Execution)
    """How to run."""

    def digest(self) -> str:
        """SHA-256 of what decides the result: everything but `execution` and `description`."""
        fields = self.to_json()
        del fields["execution"], fields["description"]
        fields["documents"] = self.documents.to_digest()
        return digest_of(fields)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Recipe":
        """Reads back what `to_json` gave.

        Raises:
          pydantic.ValidationError: it is no recipe of this version of winnow.
        """
        return cls.model_validate(dict(fields))
