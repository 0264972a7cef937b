"""Live progress: workers send datagrams to the driver, which shows bars or writes log lines.

This is only for display. A lost datagram changes a bar, but never a count, since counts come from
Combine. On other machines than the driver's nobody listens, and workers send nothing.
"""

import contextlib
import dataclasses
import json
import os
import socket
import sys
import threading
import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

ADDRESS = "WINNOW_PROGRESS"
LOG_EVERY_SECONDS = 5.0


class Reporter:
    """The part in a worker, which sends progress."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if ":" in (address := os.environ.get(ADDRESS, "")):
            host, _, port = address.rpartition(":")
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.connect((host, int(port)))

    def start(self, what: str) -> None:
        """Says what this process works on from now on."""
        self._send({"start": what})

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


class Monitor:
    """The part in the driver: a context manager that receives progress and shows it."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._working_on: dict[int, str] = {}
        self._state = _State()
        self._lock = threading.Lock()
        self._stage = ""
        self._total_bytes = 0
        self._started = self._logged = time.monotonic()
        self._bars: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        os.environ[ADDRESS] = f"127.0.0.1:{self._socket.getsockname()[1]}"
        if self._console.is_terminal and not self._quiet:
            self._bars = Progress(
                TextColumn("{task.description:<11}"),
                BarColumn(bar_width=24),
                TextColumn("{task.percentage:>3.0f}%"),
                TextColumn("{task.fields[rates]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
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

    def begin(self, stage: str, total_bytes: int) -> None:
        with self._lock:
            self._stage, self._total_bytes = stage, total_bytes
            self._state = _State()
            self._started = self._logged = time.monotonic()
        if self._bars:
            self._task = self._bars.add_task(stage, total=total_bytes or None, rates="")

    def end(self, note: str = "") -> None:
        """Ends the stage's bar or writes its last line."""
        seconds = time.monotonic() - self._started
        if self._bars and self._task is not None:
            total = self._total_bytes or 1
            self._bars.update(
                self._task, total=total, completed=total, rates=note or self._rates(seconds)
            )
        elif not self._quiet:
            line = note or f"{self._rates(seconds)} in {seconds:.1f} s"
            print(f"{self._stage}: {line}", file=sys.stderr, flush=True)

    def _rates(self, seconds: float) -> str:
        state = self._state
        if not state.docs:
            return ""
        return (
            f"{state.docs:,} docs  {state.docs / max(seconds, 1e-3):,.0f}/s  "
            f"{state.bytes / 1e6 / max(seconds, 1e-3):.1f} MB/s  "
            f"{state.dropped / state.docs:.0%} dropped"
        )

    def _listen(self) -> None:
        while True:
            try:
                event = json.loads(self._socket.recv(65536))
            except OSError:
                return  # closed
            with self._lock:
                if "start" in event:
                    self._working_on[event["pid"]] = event["start"]
                    continue
                self._state.docs += event["docs"]
                self._state.dropped += event["dropped"]
                self._state.bytes += event["bytes"]
            self._show()

    def _show(self) -> None:
        now = time.monotonic()
        rates = self._rates(now - self._started)
        if self._bars and self._task is not None:
            done = min(self._state.bytes, self._total_bytes) if self._total_bytes else 0
            self._bars.update(self._task, completed=done, rates=rates)
        elif not self._quiet and now - self._logged > LOG_EVERY_SECONDS:
            self._logged = now
            done = self._state.bytes
            told = [rates] if rates else []
            if 0 < done < self._total_bytes:
                seconds = (now - self._started) * (self._total_bytes - done) / done
                told.append(f"about {seconds:.0f} s left")
            if told:
                print(f"{self._stage}: {', '.join(told)}", file=sys.stderr, flush=True)
