"""Settings of a recipe's section `shards`."""

from manifests.sections import Positive, Section


class Shards(Section):
    """Token shards."""

    text_mb_per_shard: Positive = 256
    """MB of text for which there is one shard."""

    count: Positive | None = None
    """The number of shards; absent, it follows from the text."""
