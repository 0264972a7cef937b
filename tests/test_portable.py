"""A runner that is not ours: Beam's own portable job service gives the demo's digest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import job_service
from tests.winnow import manifest, winnow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with job_service(tmp_path_factory.mktemp("service")) as address:
        yield address


def test_a_portable_runner_gives_the_digest_of_direct_runner(
    demo: Path, service: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    winnow(
        "run", "demo", "--out", run, "--quiet", "--runner", "PortableRunner", "--",
        f"--job_endpoint={service}", "--environment_type=LOOPBACK",
    )  # fmt: skip
    assert manifest(run)["environment"]["engine"]["exchange"] == "engine"
    assert manifest(run)["run_digest"] == manifest(demo)["run_digest"]
    winnow("verify", run)
