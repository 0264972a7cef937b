"""Settings of a recipe's section `shards`."""

from typing import Annotated

from pydantic import Field

from manifests.sections import Section


class Shards(Section):
    """Token shards."""

    text_mb_per_shard: Annotated[int, Field(ge=1, le=1 << 20)] = 256
    """MB of text for which there is one shard."""

    count: Annotated[int, Field(ge=1, le=99_999)] | None = None
    """The number of shards; absent, it follows from the text."""
