"""Processor time of the commands that only read, and of a run with nothing to do.

    make bench-start

A run of the recipe `demo` is made first and read by the commands that want one. Each command is a
process of its own, as a user starts it; the median of seven counts, in seconds of user and system
time, with the packages of other people that it has loaded.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TIMES = 7
HEAVY = ("numba", "scipy", "spacy", "datasketch", "apache_beam", "lxml", "resiliparse", "numpy")
LOADED = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
MAIN = "from winnow.__main__ import main; main()"


def commands(run: str) -> list[list[str]]:
    return [
        ["--help"],
        ["inspect", run],
        ["verify", run],
        ["recipes"],
        ["recipes", "demo"],
        ["plan", "demo"],
        ["rules"],
        ["rules", "gopher_quality"],
        ["run", "demo", "--out", run, "--quiet"],
    ]


def processor_seconds(arguments: list[str]) -> float:
    """Of one process, with all that it waits for."""
    started = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"winnow {' '.join(arguments)} ended with {started.returncode}")
    return used.ru_utime + used.ru_stime


def loaded(arguments: list[str]) -> list[str]:
    """Which of the heavy packages it loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED + MAIN, *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = set(done.stderr.split())
    return [name for name in HEAVY if name in names]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "demo")
        subprocess.run(
            [sys.executable, "-c", MAIN, "run", "demo", "--out", run, "--quiet"],
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        print("| command | processor seconds | of heavy packages it loads |")
        print("| --- | ---: | --- |")
        for arguments in commands(run):
            median = statistics.median(processor_seconds(arguments) for _ in range(TIMES))
            shown = " ".join("RUN" if a == run else a for a in arguments)
            print(f"| `winnow {shown}` | {median:.2f} | {', '.join(loaded(arguments)) or 'none'} |")


if __name__ == "__main__":
    main()
