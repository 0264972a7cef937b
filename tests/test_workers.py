"""Forked workers: both work, a killed one ends the run, an error inside one is told."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import pytest

from pipelines.engines import workers
from pipelines.engines.runners import workers_for

ROOT = Path(__file__).parents[1]


def scenario(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scenarios", name, str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_two_workers_share_the_work_and_end_with_the_zygote(tmp_path: Path) -> None:
    assert scenario("two pipelines", tmp_path) == "done\n"
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) >= 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_run_listens_on_no_port(tmp_path: Path) -> None:
    scenario("two pipelines", tmp_path)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"0"}


def test_a_killed_worker_ends_the_run_and_its_work_is_named(tmp_path: Path) -> None:
    told = scenario("killed", tmp_path)  # its work would have taken ten minutes
    assert re.match(r"WorkerDied worker process \d+ was killed by SIGKILL while it worked on", told)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_worker_ends_with_a_killed_zygote_before_it_has_reached_the_driver(
    tmp_path: Path,
) -> None:
    worker, done = scenario("killed zygote", tmp_path).split()
    assert done == "done"
    until = time.monotonic() + 5
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_error_in_a_worker_reaches_the_driver(tmp_path: Path) -> None:
    assert "element is negative; give a positive one" in scenario("failing", tmp_path)


def test_workers_are_not_forked_from_a_process_with_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="busy")
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="busy"):
            workers.Zygote.start(lambda: None)
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("error", "acts", "shown"),
    [
        (MemoryError("no 8 MB"), True, False),
        (RuntimeError("can't start new thread"), True, False),
        (RuntimeError("cannot schedule new futures after shutdown"), False, True),
        (grpc.RpcError(), False, False),
    ],
)
def test_a_thread_that_finds_no_memory_ends_the_run(
    error: Exception, acts: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others would wait for it for ever; other errors of threads end nothing."""
    told: list[str] = []
    usual: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", usual.append)
    workers._when_threads_lack_memory(told.append)

    def fails() -> None:
        raise error

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    assert bool(told) == acts
    assert bool(usual) == shown
    assert all(f"{error}; the machine may be out of memory" in one for one in told)


@pytest.mark.parametrize(
    ("text_bytes", "cores", "count"),
    [(0, 8, 1), (5_000_000, 8, 1), (9_000_000, 8, 2), (10**9, 8, 8), (10**9, 1, 1), (None, 8, 8)],
)
def test_little_text_has_few_workers_and_text_of_unknown_size_has_all(
    text_bytes: int | None, cores: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert workers_for(text_bytes) == count
