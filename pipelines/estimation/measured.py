"""An engine that measures each stage: processor time, memory of a worker, bytes of its shuffles."""

import contextlib
import dataclasses
import os
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from manifests.store import Store
from pipelines.engines.runners import Engine

if TYPE_CHECKING:
    import apache_beam as beam

_PROC = Path("/proc")
_LOOK_SECONDS = 0.2
_EXCHANGE = "exchange"


@dataclasses.dataclass(frozen=True)
class Measure:
    """What one stage took.

    Attributes:
      core_seconds: processor time of all processes.
      worker_bytes: the most memory that one process had.
      shuffle_bytes: what went through its exchanges.
    """

    core_seconds: float
    worker_bytes: int
    shuffle_bytes: int


@dataclasses.dataclass(frozen=True)
class Measured(Engine):
    """An engine of this machine whose stages are measured, in their order."""

    run_folder: str
    measures: list[Measure]

    @classmethod
    def of(cls, engine: Engine, run_folder: str) -> "Measured":
        fields = {f.name: getattr(engine, f.name) for f in dataclasses.fields(engine)}
        return cls(**fields, run_folder=run_folder, measures=[])

    def run(self, build: "Callable[[beam.Pipeline], None]", describe: Callable[[int], str]) -> None:
        """As `Engine.run`."""
        before = _core_seconds()
        with _watched() as most:
            super().run(build, describe)
        shuffled = sum(Store(self.run_folder).sizes(_EXCHANGE).values())
        self.measures.append(Measure(_core_seconds() - before, most(), shuffled))


def _tree() -> Iterator[tuple[str, list[str]]]:
    """This process and all below it: the number of each, and its fields behind the name."""
    children: dict[str, list[str]] = {}
    stats: dict[str, list[str]] = {}
    for path in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = path.read_text().rpartition(")")[2].split()
            stats[path.parent.name] = fields
            children.setdefault(fields[1], []).append(path.parent.name)
    waiting = [str(os.getpid())]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            yield pid, stats[pid]
        waiting += children.get(pid, [])


def _core_seconds() -> float:
    """Processor time of this process and of all below it, ended ones included."""
    ticks = os.sysconf("SC_CLK_TCK")
    if found := list(_tree()):
        return sum(sum(map(int, fields[11:15])) for _, fields in found) / ticks
    # Without /proc, processes count when they have ended.
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextlib.contextmanager
def _watched() -> Iterator[Callable[[], int]]:
    """Looks at memory again and again; what it gives tells the most that one process had."""
    page, ended = os.sysconf("SC_PAGE_SIZE"), threading.Event()
    most = 0

    def look() -> None:
        nonlocal most
        most = max([most, *(int(fields[21]) * page for _, fields in _tree())])

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            look()

    thread = threading.Thread(target=watch, daemon=True, name="winnow-memory")
    thread.start()
    try:
        yield lambda: most
    finally:
        ended.set()
        thread.join()
        look()
