"""Real data for tests: the folder that WINNOW_DATA names, or `shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[2] / "shared" / "data"))


def real_data(relative: str) -> Path:
    """The path of a real data file; skips the calling test, saying why, where it is absent."""
    path = ROOT / relative
    if not path.exists():
        pytest.skip(f"needs real data {relative}; set WINNOW_DATA to the folder that has it")
    return path
