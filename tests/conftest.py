import signal
from pathlib import Path

import pytest

from tests.winnow import winnow

# Files of tests that take minutes, the longest first.
LONG = ("test_wheel.py", "test_resume.py", "test_python.py", "test_cli.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first, so that no process waits for another at the end."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell starts what runs in its background deaf to Ctrl-C, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the demo with two workers; tests must not change it."""
    run = tmp_path_factory.mktemp("demo") / "run"
    winnow("run", "demo", "--out", run, "--workers", "2")
    return run
