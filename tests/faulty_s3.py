"""moto's S3 on this machine, which can fail as S3 does."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

FAILS_EVERY = 16  # requests, 6 %


class Server:
    """S3 over HTTP. With `faulty` every sixteenth request gets an answer of S3's on a bad day."""

    def __init__(self) -> None:
        self.faulty = False
        self.failed = 0
        self._app = DomainDispatcherApplication(create_backend_app)
        self._number = itertools.count(1)
        self._faults = itertools.cycle(["503 Slow Down", "500 Internal Server Error", "cut"])

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not self.faulty or next(self._number) % FAILS_EVERY:
            found: Iterable[bytes] = self._app(environ, start_response)
            return found
        self.failed += 1
        fault = next(self._faults)
        if fault == "cut" and environ["REQUEST_METHOD"] == "GET":
            return [b"".join(self._app(environ, start_response))[:-1]]
        start_response(fault if fault != "cut" else "503 Slow Down", [("Content-Length", "0")])
        return []
