"""Processes that engines need, each in a process group that ends with its block."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

_JOB_SERVICE = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main"]


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], folder: Path, log: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a folder, its output in the file `log`; killed with all it started."""
    with (folder / log).open("w") as file:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Waits for a service of which no file tells that it is ready."""
    for _ in range(600):
        assert process.poll() is None
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def wait_for(file: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    """Group 1 of a pattern, as soon as the file holds it.

    Raises:
      AssertionError: the process ended first, or a minute passed.
    """
    for _ in range(600):
        if file.exists() and (found := re.search(pattern, file.read_text())):
            return found[1]
        assert process.poll() is None, file.read_text() if file.exists() else "ended at once"
        time.sleep(0.1)
    raise AssertionError(f"{file} does not say {pattern} after a minute")


@contextlib.contextmanager
def job_service(folder: Path) -> Iterator[str]:
    """Beam's Python job service on a port of its choice; yields host:port."""
    command = [*_JOB_SERVICE, "-p", "0", "--port_file", "port", "--staging_dir", "staging"]
    with running(command, folder, "service.log") as process:
        yield f"localhost:{wait_for(folder / 'port', r'^([0-9]+)$', process)}"


@contextlib.contextmanager
def worker_pool(command: Sequence[str | Path], folder: Path) -> Iterator[str]:
    """A pool of `winnow-worker`, started by this command; yields host:port."""
    with running([*command, "pool", "--port", "0"], folder, "pool.log") as process:
        yield wait_for(folder / "pool.log", r"listens on (\S+)", process)
