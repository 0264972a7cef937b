from pathlib import Path

import pytest

from tests.winnow import winnow


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the demo with two workers; tests must not change it."""
    run = tmp_path_factory.mktemp("demo") / "run"
    winnow("run", "demo", "--out", run, "--workers", "2")
    return run
