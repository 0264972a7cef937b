"""Which documents are for training, validation and test: ranges of the keys that shuffle them.

So each split is one range of the shards, which follow each other by key: validation has the lowest
keys and test the highest.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests import schemas
from shards.settings import Splits


def splits_of(keys: npt.NDArray[np.uint64], settings: Splits) -> pa.StringArray:
    """The split of each document, one of `schemas.SPLITS`.

    Args:
      keys: of the documents that survived, each for its cluster (`shards.shuffle.shuffle_keys`).
    """
    found = np.zeros(len(keys), np.int8)
    found[keys < _bound(settings.validation)] = schemas.SPLITS.index(schemas.VALIDATION)
    found[~keys < _bound(settings.test)] = schemas.SPLITS.index(schemas.TEST)
    return pa.DictionaryArray.from_arrays(
        pa.array(found), pa.array(schemas.SPLITS)
    ).dictionary_decode()


def _bound(share: float) -> np.uint64:
    return np.uint64(int(share * (1 << 64)))
