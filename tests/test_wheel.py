"""The built wheel in an environment of its own, outside the checkout.

It holds one top-level package, `winnow`: what are rooms of the checkout lies below it (setup.py).

The fresh environment sees the libraries of this one through a .pth file. Files of that kind are
not followed from there, so that the editable checkout stays out of sight.
"""

import ast
import itertools
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
from tests.test_python import HOSTILE, folder_of_a_user
from tests.winnow import manifest
from winnow.rooms import ROOMS

ROOT = Path(__file__).parents[1]
PACKAGES = ("winnow", *ROOMS)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build from: setuptools would ship what an earlier build left in build/."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    # Everything that lies in the checkout, that nothing but the wanted packages be packed.
    for name in (*PACKAGES, "tests", "benchmarks"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    return source


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    _build("--wheel", source, out)
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


def _build(what: str, source: Path, out: Path) -> None:
    _run([sys.executable, "-m", "build", what, "--no-isolation", "--outdir", out], source)


def _run(command: list[str | Path], folder: Path, path: Path | None = None) -> str:
    """What a command prints that runs in a folder, with a `path` first on sys.path."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def packed(wheel: Path) -> dict[str, bytes]:
    """The wheel's files by name, but for its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


def test_the_wheel_holds_every_file_of_our_packages_below_winnow_and_nothing_else(
    wheel: Path,
) -> None:
    expected = {
        ("" if package == "winnow" else "winnow/") + str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = set(packed(wheel))
    assert names == expected
    assert {f"winnow/{room}/py.typed" for room in ROOMS} <= names
    assert "winnow/py.typed" in names
    assert {"winnow/manifests/manifest.schema.json", "winnow/pipelines/recipes/demo.yaml"} <= names
    assert "winnow/pipelines/sample/expected.json" in names


def test_the_wheel_claims_one_top_level_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/top_level.txt")]
        assert archive.read(name).decode().split() == ["winnow"]


def test_no_module_of_the_wheel_imports_a_room_by_its_name_in_the_checkout(wheel: Path) -> None:
    for name, content in packed(wheel).items():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(content)):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found = [str(node.module)]
            assert not {module.split(".")[0] for module in found} & set(ROOMS), name


def test_modules_of_the_wheel_are_the_checkouts_line_by_line(wheel: Path) -> None:
    """Tracebacks from an installed winnow point at the lines of the source."""
    moved = 0
    for name, content in packed(wheel).items():
        room = name.split("/")[1]
        path = ROOT / (name.removeprefix("winnow/") if room in ROOMS else name)
        ours = path.read_bytes()
        if not name.endswith(".py"):
            assert content == ours
            continue
        lines = itertools.zip_longest(ours.splitlines(), content.splitlines())
        for before, after in lines:
            if before != after:
                moved += 1
                assert after.strip().startswith(b"from winnow.")
                assert after.replace(b"winnow.", b"", 1) == before
    assert moved > 300


def test_the_source_distribution_builds_the_same_wheel(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    _build("--sdist", source, tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path)  # our own: Python 3.11.2 has no `filter` yet
    _build("--wheel", tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path)
    (again,) = tmp_path.glob("*.whl")
    assert packed(again) == packed(wheel)


def test_the_wheel_carries_licence_and_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        meta = {n.split(".dist-info/")[1]: n for n in archive.namelist() if ".dist-info/" in n}
        commands = archive.read(meta["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in meta
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"].items():
        assert " = ".join(line) in commands


def test_the_installed_wheel_is_what_runs(installed: Path) -> None:
    names = ", ".join(["winnow", *(f"winnow.{room}" for room in ROOMS)])
    code = f"import json, {names}; print(json.dumps([p.__file__ for p in ({names})]))"
    for path in json.loads(_run([installed / "python", "-c", code], installed)):
        assert Path(path).is_relative_to(installed.parent)


@pytest.mark.installed
def test_the_installed_wheel_gives_the_digest_of_the_checkout(demo: Path, wheel_run: Path) -> None:
    assert manifest(wheel_run)["run_digest"] == manifest(demo)["run_digest"]
    assert manifest(wheel_run)["environment"]["commit"] is None


@pytest.mark.installed
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
        _run(
            [
                installed / "winnow", "run", "demo", "--out", tmp_path / "run", "--quiet",
                "--runner", "PortableRunner", "--", f"--job_endpoint={service}",
                "--environment_type=EXTERNAL", f"--environment_config={pool}",
            ],
            tmp_path,
        )  # fmt: skip
    assert manifest(tmp_path / "run")["run_digest"] == manifest(demo)["run_digest"]


@pytest.mark.installed
@pytest.mark.parametrize("init", [HOSTILE, None], ids=["packages", "folders"])
def test_the_installed_wheel_works_beside_folders_named_like_ours(
    wheel_run: Path, installed: Path, tmp_path: Path, init: str | None
) -> None:
    """They are first on the path, as the working directory and as PYTHONPATH."""
    folder = folder_of_a_user(tmp_path, init)
    python = installed / "python"
    code = f"import winnow; print(winnow.open({str(wheel_run)!r}).manifest['run_digest'])"
    assert _run([python, "-c", code], folder, folder) == manifest(wheel_run)["run_digest"]
    assert "demo" in _run([python, "-m", "winnow", "recipes"], folder, folder)
    assert "recipe digest" in _run([installed / "winnow", "plan", "demo"], folder, folder)
    code = "import winnow; print(winnow.run('demo', 'run', workers=2).manifest['run_digest'])"
    assert _run([python, "-c", code], folder, folder) == manifest(wheel_run)["run_digest"]


def test_the_users_own_folders_stay_the_users(installed: Path, tmp_path: Path) -> None:
    folder = folder_of_a_user(tmp_path, "mine = True\n")
    code = "import winnow, filters; winnow.language(['x']); import dedup; print(dedup.mine)"
    assert _run([installed / "python", "-c", code], folder) == "True"
