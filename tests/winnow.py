"""The command `winnow` as a user runs it: a process of its own, in a folder of its own."""

import functools
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# What shipped recipes leave to the user: a model that ships stands in for it.
GIVEN = {"highest-quality-en": ["documents.classifiers.quality={model: winnow-adult}"]}
COMMAND = [sys.executable, "-c", "from pipelines.cli import main; main()"]


def winnow(
    *arguments: str | Path, code: int = 0, cwd: Path | None = None, timeout: int = 300
) -> subprocess.CompletedProcess[str]:
    """Runs it and checks its exit code."""
    with tempfile.NamedTemporaryFile() as stdout, tempfile.NamedTemporaryFile() as stderr:
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(cwd or Path.cwd()),
            "environment": dict(os.environ),
            "stdout": stdout.name,
            "stderr": stderr.name,
        }
        ended = _ask(json.dumps(request), timeout)
        told = [Path(stream.name).read_text() for stream in (stdout, stderr)]
    assert ended == code, "".join(told)
    return subprocess.CompletedProcess(request["arguments"], ended, *told)


@functools.cache
def _server() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fork_server"],
        cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def _ask(request: str, timeout: int) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    print(request, file=server.stdin, flush=True)
    if not select.select([server.stdout], [], [], timeout)[0]:
        os.killpg(server.pid, signal.SIGKILL)
        _server.cache_clear()
        raise subprocess.TimeoutExpired(request, timeout)
    return int(server.stdout.readline())


def manifest(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    return content


def dropped(run: Path) -> dict[str, int]:
    """Documents by reason, of all stages that remove some and of errors."""
    counts: dict[str, int] = {}
    for stage in ("documents", "duplicates", "repetition"):
        stages = manifest(run)["reproducible"]["stages"]
        for row in stages.get(stage, {"funnel": {"rows": []}})["funnel"]["rows"]:
            if row["outcome"] != "kept":
                counts[row["reason"]] = counts.get(row["reason"], 0) + row["docs"]
    return counts
