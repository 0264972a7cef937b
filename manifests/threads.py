"""Work on many files at once, in threads that have ended when the last result is taken."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from manifests.store import Store

Given = TypeVar("Given")
Result = TypeVar("Result")

_REQUESTS = 16  # at once, where each read is a request to an object store


def in_threads(
    store: Store, work: Callable[[Given], Result], given: Sequence[Given]
) -> Iterator[Result]:
    """`map(work, given)` with a thread a core, or more where a store is slow to answer.

    Results come in the order of what is given. What a thread holds is what `work` holds: hashing
    and Arrow leave Python's lock to others.
    """
    with ThreadPoolExecutor(_REQUESTS if store.slow else os.cpu_count() or 1) as pool:
        yield from pool.map(work, given)
