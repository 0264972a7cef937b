"""A local HTTP server of a folder's files that can misbehave as real ones do."""

import collections
import contextlib
import http.server
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from manifests.store import Store
from pipelines.sources.http import CACHE_FOLDER
from tests.winnow import winnow

# What happens to the first requests for a file, in this order; then all goes well.
FAULTS = ("busy", "reset", "short", "lying", "forbidden", "cut", "slow down", "long")


class FaultyServer(http.server.ThreadingHTTPServer):
    """Serves `folder`, ranges and all.

    Attributes:
      faults: kinds of FAULTS, one for each of the next requests for a file.
      ranges: whether `Range` is understood.
      requests: (method, path, asked range) of every request.
      moved: paths that are sent on, with their new addresses.
      most_at_once: of requests that were answered at the same time.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.faults: tuple[str, ...] = ()
        self.ranges = True
        self.requests: list[tuple[str, str, str | None]] = []
        self.moved: dict[str, str] = {}
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._asked: collections.Counter[str] = collections.Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_fault(self, method: str, path: str, asked: str | None) -> str:
        with self._lock:
            self.requests.append((method, path, asked))
            number = self._asked[path]
            self._asked[path] += 1
        return self.faults[number] if number < len(self.faults) else ""

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that the server itself broke are no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: FaultyServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        with self.server.counted():
            self._answer(body=True)

    def _answer(self, body: bool) -> None:
        fault = self.server.next_fault(self.command, self.path, self.headers["Range"])
        if to := self.server.moved.get(self.path):
            self.send_response(302)
            self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        file = self.server.folder / self.path.partition("?")[0].lstrip("/")
        self.close_connection = True
        status = {"busy": 503, "forbidden": 403, "slow down": 429}.get(fault)
        if not file.is_file():
            status = 404
        if status:
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = file.read_bytes()
        tag = f'"{len(data)}-{hash(data)}"'
        first, last = 0, len(data) - 1
        asked = self.headers["Range"]
        if asked and self.server.ranges and self.headers.get("If-Range", tag) == tag:
            bounds = asked.removeprefix("bytes=").split("-")
            first, last = int(bounds[0]), min(int(bounds[1] or len(data)), len(data) - 1)
            if first >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        else:
            self.send_response(200)
        rest = data[first : last + 1]
        length = {"lying": max(1, len(rest) // 3), "long": len(rest) + 1000}.get(fault, len(rest))
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", tag)
        self.end_headers()
        if not body or fault == "reset":
            self._break() if body else None
            return
        part = {"short": len(rest) // 2, "cut": len(rest) // 2}.get(fault, len(rest))
        self.wfile.write(rest[:part])
        if fault == "cut":
            self._break()

    def _break(self) -> None:
        """Ends the connection by a reset instead of a farewell."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def runs_without_and_with_faults(
    server: FaultyServer, recipe: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifests of two runs of a recipe over the server: one in calm, one through all FAULTS."""
    manifests = []
    for name, faults in (("calm", ()), ("faulty", FAULTS)):
        monkeypatch.setenv(CACHE_FOLDER, str(folder / f"cache-{name}"))
        server.faults = faults
        server._asked.clear()
        winnow("run", recipe, "--out", folder / name, "--workers", str(workers), "--quiet")
        manifests.append(Store(str(folder / name)).read_json("manifest.json"))
    return manifests[0], manifests[1]


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[FaultyServer]:
    with FaultyServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
