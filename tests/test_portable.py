"""A runner that is not ours: Beam's own portable job service gives the demo's digest."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.winnow import manifest, winnow

SERVICE = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main"]


@contextlib.contextmanager
def job_service(folder: Path) -> Iterator[str]:
    """Beam's Python job service on a port of its choice; yields host:port.

    It has a process group of its own, which ends with it, whatever it started.
    """
    port_file = folder / "port"
    with (folder / "service.log").open("w") as log:
        process = subprocess.Popen(
            [*SERVICE, "-p", "0", "--port_file", str(port_file),
             "--staging_dir", str(folder / "staging")],
            cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield f"localhost:{_wait_for_port(port_file, process)}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def _wait_for_port(port_file: Path, process: subprocess.Popen[bytes]) -> int:
    for _ in range(600):
        if port_file.exists() and (found := re.fullmatch(r"\d+", port_file.read_text().strip())):
            return int(found[0])
        assert process.poll() is None, "the job service ended before it listened"
        time.sleep(0.1)
    raise AssertionError("the job service did not listen within a minute")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with job_service(tmp_path_factory.mktemp("service")) as address:
        yield address


def test_a_portable_runner_gives_the_digest_of_direct_runner(
    demo: Path, service: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    winnow(
        "run", "demo", "--out", run, "--quiet", "--runner", "PortableRunner", "--",
        f"--job_endpoint={service}", "--environment_type=LOOPBACK",
    )  # fmt: skip
    assert manifest(run)["environment"]["engine"]["exchange"] == "engine"
    assert manifest(run)["run_digest"] == manifest(demo)["run_digest"]
    winnow("verify", run)
