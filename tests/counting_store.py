"""An object store in memory that counts requests, as one bills them, and may take time for each."""

import collections
import contextlib
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

PAGE = 1000  # files that one request lists
PROTOCOL = "counted"


class CountingStore(MemoryFileSystem):  # type: ignore[misc]
    """Addresses are `counted://folder/file`. It keeps no listings.

    Attributes:
      calls: requests by kind, of all stores of this process.
      seconds: how long each takes.
    """

    protocol = PROTOCOL
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    calls: ClassVar[collections.Counter[str]] = collections.Counter()
    seconds = 0.0
    _inside = False

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return f"/{path.removeprefix(f'{PROTOCOL}://').strip('/')}"

    @classmethod
    @contextlib.contextmanager
    def _asked(cls, kind: str) -> Iterator[None]:
        """What a request does inside of the store is part of it."""
        outermost, cls._inside = not cls._inside, True
        if outermost:
            cls.calls[kind] += 1
            time.sleep(cls.seconds)
        try:
            yield
        finally:
            cls._inside = not outermost

    def info(self, path: str, **options: Any) -> Any:
        with self._asked("info"):
            return {**super().info(path, **options), "ETag": "1"}

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        with self._asked("list"):
            return super().ls(path, detail, **options)

    def find(self, path: str, maxdepth: Any = None, withdirs: bool = False, **options: Any) -> Any:
        """Every file below a folder, a page with each request, as S3 and its like do it."""
        wanted = self._strip_protocol(path)
        names = [n for n in self.store if n == wanted or n.startswith(f"{wanted.rstrip('/')}/")]
        for _ in range(0, max(1, len(names)), PAGE):
            with self._asked("list"):
                pass
        found = {
            name: {"name": name, "size": self.store[name].size, "type": "file", "ETag": "1"}
            for name in sorted(names)
        }
        return found if options.get("detail") else list(found)

    def exists(self, path: str, **options: Any) -> bool:
        with self._asked("info"):
            return bool(super().exists(path, **options))

    def isdir(self, path: str) -> bool:
        with self._asked("list"):
            return bool(super().isdir(path))

    def cat_file(self, path: str, start: Any = None, end: Any = None, **options: Any) -> bytes:
        with self._asked("read"):
            data: bytes = super().cat_file(path, start, end, **options)
            return data

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        with self._asked("open"):
            return super().open(path, mode, **options)

    def rm(self, path: Any, recursive: bool = False, maxdepth: Any = None) -> None:
        with self._asked("remove"):
            super().rm(path, recursive, maxdepth)


@contextlib.contextmanager
def counting(seconds: float = 0.0) -> Iterator[collections.Counter[str]]:
    """An empty store for the block; yields the counts of its requests so far."""
    fsspec.register_implementation(PROTOCOL, CountingStore, clobber=True)
    CountingStore.store.clear()
    CountingStore.pseudo_dirs[:] = [""]
    CountingStore.calls.clear()
    CountingStore.seconds = seconds
    try:
        yield CountingStore.calls
    finally:
        CountingStore.seconds = 0.0
        CountingStore.store.clear()
