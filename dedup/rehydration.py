"""How often the survivor of a cluster is repeated in training, depending on the cluster's size."""

import numpy as np
import numpy.typing as npt

# First size and weight of each range. Source: huggingface/fineweb-2, README.md, "Deduplication"
# (commit 7bdf8fc): very large clusters are thought to be of lower quality. A cluster of 4 counts
# as one of 3 there.
FINEWEB_2 = {1: 1, 2: 2, 3: 3, 5: 5, 100: 8, 1000: 1}

WEIGHTS = {"fineweb-2": FINEWEB_2}


def weights(cluster_size: npt.NDArray[np.int64], name: str | None) -> npt.NDArray[np.int32]:
    """The number of times that the survivor of a cluster of each size (1 or more) is used.

    Once, if no weights are named.
    """
    if name is None:
        return np.ones(len(cluster_size), np.int32)
    ranges = WEIGHTS[name]
    first = np.array(list(ranges), np.int64)
    repeats = np.array(list(ranges.values()), np.int32)
    found: npt.NDArray[np.int32] = repeats[np.searchsorted(first, cluster_size, side="right") - 1]
    return found
