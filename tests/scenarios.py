"""Runs over forked workers, each in a process of its own: `python -m tests.scenarios NAME FOLDER`.

Workers must be forked before a process has threads, which pytest's has as soon as one test used
Beam. tests/test_workers.py runs these and looks at what they print.
"""

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.engines import workers

DRIVER = os.getpid()  # workers are forked from it


def listening(pid: int) -> int:
    """The number of TCP ports on which a process listens, by Linux's table of sockets."""
    tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    waiting = {f"socket:[{fields[9]}]" for fields in lines if fields[3] == "0A"}
    found = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(path) in waiting
    return found


class Work(beam.DoFn):
    """int -> int; leaves a file with its pid and sleeps, as told."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds

    def process(self, element: int) -> Iterator[int]:
        (self._folder / str(os.getpid())).write_text(str(listening(DRIVER)))
        time.sleep(self._seconds)
        if element < 0:
            raise ValueError("element is negative; give a positive one")
        yield element


def run(zygote: workers.Zygote, folder: Path, elements: list[int], seconds: float) -> None:
    options = PipelineOptions(["--default_sdk_harness_log_level=WARNING"])
    runner = workers.forked_runner(zygote, 2, options, lambda pid: f"the work of {pid}")
    pipeline = beam.Pipeline(runner=runner, options=options)
    _ = pipeline | beam.Create(elements) | beam.ParDo(Work(folder, seconds))
    with workers.worker_deaths(zygote), workers.private_sockets():
        pipeline.run().wait_until_finish()


def kill_first(folder: Path) -> int:
    """Starts a process that kills the first worker that shows up."""
    pid = os.fork()
    if pid == 0:
        for _ in range(1000):
            if pids := [int(path.name) for path in folder.iterdir()]:
                os.kill(pids[0], signal.SIGKILL)
                break
            time.sleep(0.02)
        os._exit(0)
    return pid


def worker_without_driver(zygote: workers.Zygote) -> int:
    """The number of a worker that looks for a driver where there is none."""
    nowhere = 'url: "unix:/nowhere"'
    handler: Any = SimpleNamespace(worker_id="1", fail=lambda _: None)
    environ = {"WORKER_ID": "1", "PIPELINE_OPTIONS": "{}"}
    environ |= {f"{of}_API_SERVICE_DESCRIPTOR": nowhere for of in ("CONTROL", "LOGGING")}
    zygote.start_worker(handler, environ)
    children = Path(f"/proc/{zygote.pid}/task/{zygote.pid}/children")
    while not (found := children.read_text().split()):
        time.sleep(0.02)
    time.sleep(1)  # it has begun to look
    return int(found[0])


def main(name: str, folder: Path) -> None:
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    killer = kill_first(folder) if name == "killed" else 0
    zygote = workers.Zygote.start(lambda: None)
    try:
        if name == "two pipelines":
            run(zygote, folder, [1, 2, 3, 4], 0.05)
            run(zygote, folder, [5, 6], 0)
        elif name == "killed":
            run(zygote, folder, [1, 2, 3, 4], 300)
        elif name == "failing":
            run(zygote, folder, [1, -2], 0)
        elif name == "killed zygote":
            print(worker_without_driver(zygote))
            os.kill(zygote.pid, signal.SIGKILL)
        print("done")
    except Exception as error:
        print(type(error).__name__, error)
    finally:
        zygote.stop()
        if killer:
            os.waitpid(killer, 0)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
