"""Workers of another version, or without winnow: refused before the first stage, with remedy."""

import contextlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import free_port, job_service, running, wait_until_listening, worker_pool
from tests.winnow import winnow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with job_service(tmp_path_factory.mktemp("service")) as address:
        yield address


def refusal(run: Path, service: str, pool: str) -> str:
    """What a run says that uses these workers; it must end before its first stage."""
    done = winnow(
        "run", "demo", "--out", run, "--quiet", "--runner", "PortableRunner", "--",
        f"--job_endpoint={service}", "--environment_type=EXTERNAL", f"--environment_config={pool}",
        code=2,
    )  # fmt: skip
    assert not (run / "stages").exists()
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_worker_of_another_version_is_refused(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real worker, which finds the metadata of another version first."""
    (info := tmp_path / "other" / "winnow_corpus-9.9.9.dist-info").mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: winnow-corpus\nVersion: 9.9.9\n", encoding="utf-8"
    )
    paths = [str(info.parent), str(Path(__file__).parents[1])]
    with contextlib.ExitStack() as stack:
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", os.pathsep.join(paths))
            command = [sys.executable, "-m", "pipelines.engines.worker_boot"]
            pool = stack.enter_context(worker_pool(command, tmp_path))
        told = refusal(tmp_path / "run", service, pool)
    assert "has winnow 9.9.9, the driver" in told
    assert "install the driver's version there" in told


def test_a_worker_without_winnow_is_refused(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beam's own pool, in an environment that has all libraries, but not this package."""
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True, timeout=60)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (home / "lib" / version / "site-packages" / "libraries.pth").write_text(
        "\n".join(sorted(paths)) + "\n"
    )
    port = free_port()
    command = [
        home / "bin" / "python", "-m", "apache_beam.runners.worker.worker_pool_main",
        f"--service_port={port}",
    ]  # fmt: skip
    with contextlib.ExitStack() as stack:
        with monkeypatch.context() as patch:
            patch.delenv("PYTHONPATH", raising=False)
            # Beam's pool starts `python`.
            patch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
            pool = stack.enter_context(running(command, tmp_path, "pool.log"))
            wait_until_listening(port, pool)
        told = refusal(tmp_path / "run", service, f"localhost:{port}")
    assert "winnow is not installed where it runs; install winnow-corpus" in told
