"""The built wheel in an environment of its own, outside the checkout.

The fresh environment sees the libraries of this one through a .pth file. Files of that kind are
not followed from there, so that the editable checkout stays out of sight.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.services import job_service, worker_pool
from tests.winnow import manifest, winnow

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipelines", "filters", "dedup", "tokenizer_train", "shards", "manifests")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools would ship what an earlier build left in build/."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    # Everything that lies in the checkout, that nothing but the wanted packages be packed.
    for name in (*PACKAGES, "tests", "benchmarks"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    out = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out], source)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ of an environment that has the wheel."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    _run([sys.executable, "-m", "venv", home], home.parent)
    python = home / "bin" / "python"
    site = Path(_run([python, "-c", "import sysconfig as s; print(s.get_path('purelib'))"], home))
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "libraries.pth").write_text("\n".join(sorted(paths)) + "\n")
    _run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], home)
    return home / "bin"


@pytest.fixture(scope="session")
def wheel_run(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo run of the installed wheel, which compiles its kernels anew."""
    run = tmp_path_factory.mktemp("wheel_run") / "run"
    _run([installed / "winnow", "run", "demo", "--out", run, "--quiet"], run.parent)
    return run


def _run(command: list[str | Path], folder: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_wheel_holds_every_file_of_our_packages_and_nothing_else(wheel: Path) -> None:
    expected = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert packed == expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed
    assert {"manifests/manifest.schema.json", "pipelines/recipes/demo.yaml"} <= packed
    assert "pipelines/sample/expected.json" in packed


def test_the_wheel_carries_licence_and_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        meta = {n.split(".dist-info/")[1]: n for n in archive.namelist() if ".dist-info/" in n}
        commands = archive.read(meta["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in meta
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"].items():
        assert " = ".join(line) in commands


def test_the_installed_wheel_is_what_runs(installed: Path) -> None:
    names = ", ".join(PACKAGES)
    code = f"import json, {names}; print(json.dumps([p.__file__ for p in ({names})]))"
    for path in json.loads(_run([installed / "python", "-c", code], installed)):
        assert Path(path).is_relative_to(installed.parent)


def test_the_installed_wheel_gives_the_digest_of_the_checkout(demo: Path, wheel_run: Path) -> None:
    assert manifest(wheel_run)["run_digest"] == manifest(demo)["run_digest"]
    assert manifest(wheel_run)["environment"]["commit"] is None


def test_workers_that_have_only_the_wheel_do_the_whole_demo(
    demo: Path, wheel_run: Path, installed: Path, tmp_path: Path
) -> None:
    """What a checkout hides: a file left out, or a DoFn that unpickles nowhere else."""
    assert wheel_run.exists()  # its kernels are compiled, or this run would wait for that
    (outside := tmp_path / "outside").mkdir()
    with (
        job_service(outside) as service,
        worker_pool([installed / "winnow-worker"], outside) as pool,
    ):
        winnow(
            "run", "demo", "--out", tmp_path / "run", "--quiet", "--runner", "PortableRunner", "--",
            f"--job_endpoint={service}", "--environment_type=EXTERNAL",
            f"--environment_config={pool}",
        )  # fmt: skip
    assert manifest(tmp_path / "run")["run_digest"] == manifest(demo)["run_digest"]
