"""Work on many files at once, in threads that have ended when the last result is taken."""

import collections
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from manifests.store import Store

Given = TypeVar("Given")
Result = TypeVar("Result")

_AHEAD = 4  # pieces of work for each thread that are begun before their results are taken
_REQUESTS = 8  # at once, where each read is a request to an object store


def in_threads(
    store: Store, work: Callable[[Given], Result], given: Iterable[Given]
) -> Iterator[Result]:
    """`map(work, given)` with a thread a core, or more where a store is slow to answer.

    Results come in the order of what is given, and few are ahead of the one that is taken. Hashing
    and Arrow leave Python's lock to others.
    """
    threads = _REQUESTS if store.slow else os.cpu_count() or 1
    begun: collections.deque[Future[Result]] = collections.deque()
    with ThreadPoolExecutor(threads) as pool:
        for one in given:
            begun.append(pool.submit(work, one))
            if len(begun) > _AHEAD * threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
