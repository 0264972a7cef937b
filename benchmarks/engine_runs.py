"""Runs of winnow that are compared by run_digest: what the checks of Spark and Flink share."""

import contextlib
import dataclasses
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.realdata import ROOT as DATA
from tests.services import running
from tests.winnow import COMMAND

DEMO = ("demo",)
REAL = (
    "web-multilingual",
    "--set", "tokenizer.vocab_size=8192",
    "--source", f"pages=warc:{DATA}/webpages/wcxb-dev.warc.gz",
    "--source", f"wiki=mediawiki:{DATA}/wikipedia/en*.xml.bz2",
)  # fmt: skip
RUN_SECONDS = 900
END_SECONDS = 10


def real_data_is_missing() -> str:
    """Why the recipe over real data cannot run; "" if it can."""
    for name in ("webpages/wcxb-dev.warc.gz", "wikipedia"):
        if not (DATA / name).exists():
            return f"skipped, there is no {DATA / name}; WINNOW_DATA names the data's folder"
    return ""


@dataclasses.dataclass
class Run:
    """A run of winnow in a process of its own.

    Attributes:
      out: its folder.
      process: of the command line; what that starts is in its process group.
      wall_seconds: from start to end, once it has ended.
    """

    out: Path
    process: subprocess.Popen[bytes]
    wall_seconds: float = 0.0

    @property
    def manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.out / "manifest.json").read_text())
        return content


@contextlib.contextmanager
def started(
    work: Path, name: str, recipe: Sequence[str], behind: Sequence[str] = ()
) -> Iterator[Run]:
    """A run that has been started; the end of the block waits for it.

    Raises:
      SystemExit: it failed; its last words follow.
    """
    begun, out = time.monotonic(), work / name
    command = [*COMMAND, "run", *recipe, "--quiet", "--out", str(out), *behind]
    with running(command, work, f"{name}.log") as process:
        run = Run(out, process)
        yield run
        try:
            code: int | str = process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            code = f"no end after {RUN_SECONDS} s"
        run.wall_seconds = time.monotonic() - begun
        if code:
            log = (work / f"{name}.log").read_text()
            raise SystemExit(f"{name} failed ({code}):\n{log[-3000:]}")


def run_whole(work: Path, name: str, recipe: Sequence[str], behind: Sequence[str] = ()) -> Run:
    """A run from start to end."""
    with started(work, name, recipe, behind) as run:
        pass
    return run


def report(name: str, engine: str, direct: Run, other: Run) -> bool:
    """Prints digests and seconds of both; whether the digests are equal."""
    for where, run in (("DirectRunner", direct), (engine, other)):
        seconds = run.manifest["environment"]["seconds"]
        stages = ", ".join(f"{stage} {seconds[stage]:.1f}" for stage in seconds)
        digest = run.manifest["run_digest"][:16]
        print(f"{name:5} {where:12} {digest} {run.wall_seconds:6.1f} s: {stages}", flush=True)
    return bool(direct.manifest["run_digest"] == other.manifest["run_digest"])


def left_behind(work: Path) -> list[str]:
    """Commands of processes that still work in this folder, or below, after a while to end."""
    deadline = time.monotonic() + END_SECONDS
    while (found := list(_working_in(work.resolve()))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _working_in(folder: Path) -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (path / "cwd").resolve().is_relative_to(folder):
                words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
                yield f"{path.name} {' '.join(words)[:200]}"
