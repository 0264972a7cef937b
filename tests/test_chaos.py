"""A few trials of `make chaos`, whose table is in docs/reliability.md."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.chaos
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
def test_disturbed_runs_end_in_the_same_digest_or_a_sentence() -> None:
    """In a process of its own, since it forks and may have no other threads."""
    kinds = "killed,too_large,folder_gone,damaged"
    command = [sys.executable, "-m", "benchmarks.chaos", "--trials", "6", "--kinds", kinds]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], env=os.environ, text=True, capture_output=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("ok ") == 6
