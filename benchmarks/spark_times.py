"""Where the seconds of a run on Spark go: Spark's event logs, and the CPU time of Python workers.

A run of winnow is six Spark applications, the greeting of workers and five stages, and each writes
an event log. The greeting does no work: its tasks last as long as executors fetch jars and Python
workers start.
"""

import contextlib
import dataclasses
import json
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.1


@dataclasses.dataclass(frozen=True)
class Process:
    """A Python worker as /proc has it.

    Attributes:
      pid: its id.
      group: process group; that of the Spark worker with --environment_type=PROCESS.
      cpu_seconds: user and system time so far.
    """

    pid: int
    group: int
    cpu_seconds: float


def python_workers() -> Iterator[Process]:
    """All Python workers of winnow on this machine that an engine asked for."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
            ours = "pipelines.engines.worker_boot" in words or any(
                "winnow-worker" in w for w in words[:2]
            )
            if ours and any(word.startswith("--provision_endpoint=") for word in words):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                ticks = int(fields[11]) + int(fields[12])
                yield Process(int(path.name), int(fields[2]), ticks / _TICKS)


class PythonTime:
    """CPU seconds by Python worker while its block lasts, sampled ten times a second."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "PythonTime":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self.seconds |= {worker.pid: worker.cpu_seconds for worker in python_workers()}


@dataclasses.dataclass
class Times:
    """Seconds of one run on Spark.

    Attributes:
      busy: in which at least one task ran.
      greeting: of these, those of the greeting: jars fetched and Python workers started.
      tasks: summed over tasks; with two cores at most twice `busy`.
      jvm_cpu: of the executors' task threads.
      shuffle: writing, and waiting to fetch, summed over tasks.
      shuffle_bytes: written.
      applications, failed: how many.
    """

    busy: float = 0.0
    greeting: float = 0.0
    tasks: float = 0.0
    jvm_cpu: float = 0.0
    shuffle: float = 0.0
    shuffle_bytes: int = 0
    applications: int = 0
    failed: int = 0

    @classmethod
    def of(cls, logs: Path) -> "Times":
        """Reads a folder of event logs."""
        total = cls()
        for log in sorted(path for path in logs.iterdir() if path.is_file()):
            with log.open(encoding="utf-8") as lines:
                busy = total._add(json.loads(line) for line in lines)
            if total.applications == 0:
                total.greeting = busy
            total.busy += busy
            total.applications += 1
        return total

    def _add(self, events: Iterable[dict[str, Any]]) -> float:
        spans = []
        for event in events:
            if event["Event"] != "SparkListenerTaskEnd":
                continue
            info, metrics = event["Task Info"], event.get("Task Metrics") or {}
            self.failed += bool(info["Failed"])
            spans.append((info["Launch Time"] / 1e3, info["Finish Time"] / 1e3))
            self.tasks += spans[-1][1] - spans[-1][0]
            self.jvm_cpu += metrics.get("Executor CPU Time", 0) / 1e9
            write = metrics.get("Shuffle Write Metrics", {})
            read = metrics.get("Shuffle Read Metrics", {})
            self.shuffle += write.get("Shuffle Write Time", 0) / 1e9
            self.shuffle += read.get("Fetch Wait Time", 0) / 1e3
            self.shuffle_bytes += write.get("Shuffle Bytes Written", 0)
        return covered(spans)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals."""
    total, end = 0.0, float("-inf")
    for begin, finish in sorted(spans):
        total += max(0.0, finish - max(begin, end))
        end = max(end, finish)
    return total


def told(wall: float, times: Times, python: dict[int, float]) -> str:
    """One paragraph: fixed cost, Python work, shuffle."""
    start = min(python.values(), default=0.0)
    work = sum(python.values()) - start * len(python)
    return (
        f"      {wall:.1f} s = {wall - times.busy:.1f} without a task ({times.applications} "
        f"applications start) + {times.greeting:.1f} tasks of the greeting (executors and Python "
        f"workers start) + {times.busy - times.greeting:.1f} tasks of the stages (the same starts, "
        "and work)\n"
        f"      CPU: Python work {work:.1f} s, start of {len(python)} Python workers "
        f"{start * len(python):.1f} s, executors' task threads {times.jvm_cpu:.1f} s; "
        f"shuffle {times.shuffle_bytes / 1e6:.1f} MB, {times.shuffle:.2f} s writing and waiting; "
        f"{times.failed} failed tasks"
    )
