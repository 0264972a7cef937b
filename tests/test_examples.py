"""The examples run, and do what they say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_tiny_model_learns_from_the_shards_of_the_demo(demo: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, "examples/train.py", demo, "--length", "64", "--steps", "100"]
    done = subprocess.run(
        [*command, "--state", state], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", done.stdout)]
    assert len(losses) == 4
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 1
    rows = json.loads(state.read_text())
    assert rows["epoch"] * (rows["rows"] // 8 * 8) + rows["taken"] == 100 * 8
