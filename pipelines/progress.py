"""Live progress: workers send datagrams to the driver, which shows bars or writes log lines.

This is only for display. A lost datagram changes a bar, but never a count, since counts come from
Combine. On other machines than the driver's nobody listens, and workers send nothing.
"""

import collections
import contextlib
import dataclasses
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

ADDRESS = "WINNOW_PROGRESS"
LOG_EVERY_SECONDS = 5.0
LEAST_SHARE = 0.05  # of the work is done before it is said how long the rest takes


class Reporter:
    """The part in a worker, which sends progress.

    Attributes:
      what: what this process works on.
    """

    def __init__(self) -> None:
        self.what = ""
        self._socket: socket.socket | None = None
        if ":" in (address := os.environ.get(ADDRESS, "")):
            host, _, port = address.rpartition(":")
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.connect((host, int(port)))

    def start(self, what: str, group: str = "") -> None:
        """Says what this process works on from now on, and to which group of work it belongs."""
        self.what = what
        self._send({"start": what, "group": group})

    def skip(self, amount: int) -> None:
        """Reports work that an earlier run has done already."""
        self._send({"skip": amount})

    def advance(self, *, docs: int = 0, dropped: int = 0, bytes_: int = 0) -> None:
        """Reports rows done, rows dropped among them, and bytes read, all since the last report."""
        self._send({"docs": docs, "dropped": dropped, "bytes": bytes_})

    def _send(self, event: dict[str, object]) -> None:
        if self._socket is not None:
            # The driver has ended or its buffer is full. Progress is only for display.
            with contextlib.suppress(OSError):
                self._socket.send(json.dumps({"pid": os.getpid(), **event}).encode())


@dataclasses.dataclass
class _State:
    docs: int = 0
    dropped: int = 0
    bytes: int = 0
    done: int = 0  # of the stage's work, in its own unit


class Pace:
    """How long the rest of a stage takes, from the time that the work done so far has taken.

    Each group of work has a pace of its own: a byte of one source may take ten times as long as a
    byte of another.

    Args:
      totals: all work by group, bytes or documents.
      now: seconds of a clock, here and in all methods.
    """

    def __init__(self, totals: Mapping[str, int], now: float) -> None:
        self._left = collections.Counter(totals)
        self._done: collections.Counter[str] = collections.Counter()
        self._busy: dict[str, float] = collections.defaultdict(float)  # seconds of all processes
        self._seen: dict[int, float] = {}  # when a process reported last
        self._pause: dict[int, float] = {}  # the longest time between two reports of a process
        self._begun = now

    def start(self, process: int, now: float) -> None:
        """A process begins another piece of work."""
        self._seen[process] = now

    def advance(self, process: int, group: str, amount: int, now: float) -> None:
        """A process has done so much since it reported last."""
        pause = now - self._seen.get(process, self._begun)
        self._busy[group] += pause
        self._seen[process] = now
        self._pause[process] = max(pause, self._pause.get(process, 0.0))
        self._done[group] += amount
        self._left[group] -= amount

    def skip(self, group: str, amount: int) -> None:
        """So much was done before the stage began."""
        self._left[group] -= amount

    def seconds_left(self, now: float) -> float | None:
        """None while too little is done, or nothing yet of what makes up a tenth of the rest."""
        left = {group: amount for group, amount in self._left.items() if amount > 0}
        rest, done, busy = sum(left.values()), self._done.total(), sum(self._busy.values())
        unknown = sum(amount for group, amount in left.items() if not self._done[group])
        if not rest or done < LEAST_SHARE * (done + rest) or 10 * unknown > rest or busy <= 0:
            return None
        work = sum(
            amount * (self._busy[group] / self._done[group] if self._done[group] else busy / done)
            for group, amount in left.items()
        )
        # A process that has been silent for long has nothing left to do.
        at_work = sum(now - self._seen[p] <= 2 * pause for p, pause in self._pause.items())
        return work / max(1, at_work)


class Monitor:
    """The part in the driver: a context manager that receives progress and shows it."""

    def __init__(
        self, console: Console, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = clock
        self._groups: dict[int, str] = {}
        self._in_documents = self._estimated = False
        self._working_on: dict[int, str] = {}
        self._state = _State()
        self._lock = threading.Lock()
        self._stage = ""
        self._total = 0
        self._started = self._logged = clock()
        self._pace = Pace({}, self._started)
        self._bars: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        os.environ[ADDRESS] = f"127.0.0.1:{self._socket.getsockname()[1]}"
        if self._console.is_terminal and not self._quiet:
            self._bars = Progress(
                # In a narrow terminal the bar gives way, and not the name of the stage.
                TextColumn(
                    "{task.description:<11}", table_column=Column(no_wrap=True, min_width=11)
                ),
                BarColumn(bar_width=24 if self._console.width >= 80 else 4),
                TextColumn("{task.percentage:>3.0f}%"),
                TextColumn("{task.fields[rates]}"),
                TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"),
                console=self._console,
            )
            self._bars.start()
        threading.Thread(target=self._listen, daemon=True, name="winnow-progress").start()
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(ADDRESS, None)
        self._socket.close()
        if self._bars:
            self._bars.stop()

    def working_on(self, pid: int) -> str:
        """What a worker works on, by its last message; "" if it sent none."""
        with self._lock:
            return self._working_on.get(pid, "")

    def begin(
        self, stage: str, totals: Mapping[str, int], in_documents: bool, estimated: bool
    ) -> None:
        """Begins a stage.

        Args:
          totals: work by group, in documents or in bytes; empty if nobody knows.
          estimated: what workers report is most of the work, so that it tells how long the rest
            takes.
        """
        with self._lock:
            self._stage, self._total = stage, sum(totals.values())
            self._in_documents, self._estimated = in_documents, estimated
            self._state = _State()
            self._started = self._logged = self._clock()
            self._pace = Pace(totals, self._started)
        if self._bars:
            self._task = self._bars.add_task(stage, total=self._total or None, rates="", left="")

    def end(self, note: str = "") -> None:
        """Ends the stage's bar or writes its last line."""
        seconds = self._clock() - self._started
        if self._bars and self._task is not None:
            total, rates = self._total or 1, note or self._rates(seconds)
            self._bars.update(self._task, total=total, completed=total, rates=rates, left="")
        elif not self._quiet:
            line = note or f"{self._rates(seconds)} in {seconds:.1f} s"
            print(f"{self._stage}: {line}", file=sys.stderr, flush=True)

    def _rates(self, seconds: float) -> str:
        state = self._state
        if not state.docs:
            return ""
        told = [f"{state.docs:,} docs", f"{state.docs / max(seconds, 1e-3):,.0f}/s"]
        if not self._in_documents:
            told.append(f"{state.bytes / 1e6 / max(seconds, 1e-3):.1f} MB/s")
            told.append(f"{state.dropped / state.docs:.0%} dropped")
        return "  ".join(told)

    def _listen(self) -> None:
        while True:
            try:
                event = json.loads(self._socket.recv(65536))
            except OSError:
                return  # closed
            self.receive(event)

    def receive(self, event: Mapping[str, Any]) -> None:
        """Takes in what a worker has sent, and shows it."""
        process, now = event["pid"], self._clock()
        with self._lock:
            if "start" in event:
                self._working_on[process] = event["start"]
                self._groups[process] = event["group"]
                self._pace.start(process, now)
                return
            group = self._groups.get(process, "")
            if "skip" in event:
                self._state.done += event["skip"]
                self._pace.skip(group, event["skip"])
            else:
                self._state.docs += event["docs"]
                self._state.dropped += event["dropped"]
                self._state.bytes += event["bytes"]
                amount = event["docs"] if self._in_documents else event["bytes"]
                self._state.done += amount
                self._pace.advance(process, group, amount, now)
        self._show(now)

    def _show(self, now: float) -> None:
        rates = self._rates(now - self._started)
        seconds = self._pace.seconds_left(now) if self._estimated else None
        left = "" if seconds is None else f"about {_duration(seconds)} left"
        if self._bars and self._task is not None:
            done = min(self._state.done, self._total)
            self._bars.update(self._task, completed=done, rates=rates, left=left)
        elif not self._quiet and now - self._logged > LOG_EVERY_SECONDS:
            self._logged = now
            if told := ", ".join(filter(None, (rates, left))):
                print(f"{self._stage}: {told}", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
