"""What a recipe's section `shards` says."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Shards:
    """Token shards: their number follows from the text unless `count` sets it."""

    text_mb_per_shard: int = 256
    count: int | None = None
