"""Kernels that both ways of choosing merges share: pairs of ids, and lists of where they occur."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def pair_key(left: int, right: int) -> int:
    """A number for a pair of ids; numbers sort like the pairs."""
    return (left << 32) | right


@njit(cache=True, nogil=True)
def excludes(key: int, excluded: Int64s) -> bool:
    for one in excluded:  # noqa: SIM110 - numba compiles the loop, not the generator
        if one == key:
            return True
    return False


@njit(cache=True, nogil=True)
def grown(array: npt.NDArray[Any], used: int) -> npt.NDArray[Any]:
    bigger = np.empty(max(64, 2 * len(array)), array.dtype)
    bigger[:used] = array[:used]
    return bigger


@njit(cache=True, nogil=True)
def unlink(
    position: int, pair: int, later: Int32s, earlier: Int32s, head: Int32s, tail: Int32s
) -> None:
    """Takes a position out of its pair's list of occurrences."""
    if earlier[position] >= 0:
        later[earlier[position]] = later[position]
    else:
        head[pair] = later[position]
    if later[position] >= 0:
        earlier[later[position]] = earlier[position]
    else:
        tail[pair] = earlier[position]


@njit(cache=True, nogil=True)
def append(
    position: int, pair: int, later: Int32s, earlier: Int32s, head: Int32s, tail: Int32s
) -> None:
    """Puts a position at the end of a pair's list of occurrences."""
    later[position] = -1
    if head[pair] < 0:
        earlier[position] = -1
        head[pair] = position
    else:
        earlier[position] = tail[pair]
        later[tail[pair]] = position
    tail[pair] = position
