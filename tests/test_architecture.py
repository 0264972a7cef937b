"""The house as docs/design.md draws it: who may import whom, and who owns the names."""

import ast
import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from winnow.rooms import ROOMS

ROOT = Path(__file__).parents[1]
PACKAGES = ("winnow", "pipelines", "filters", "dedup", "tokenizer_train", "shards", "manifests")
ALLOWED = {
    "manifests": set(),
    "filters": {"manifests"},
    "dedup": {"manifests"},
    "tokenizer_train": {"manifests"},
    "shards": {"manifests"},
    "pipelines": {"manifests", "filters", "dedup", "tokenizer_train", "shards"},
    "winnow": {"manifests", "filters", "dedup", "tokenizer_train", "shards", "pipelines"},
}


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    for path in modules(package):
        ours = imported(path) & set(PACKAGES) - {package}
        assert ours <= ALLOWED[package], f"{path.relative_to(ROOT)} imports {ours}"


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != "pipelines"])
def test_only_pipelines_knows_beam(package: str) -> None:
    for path in modules(package):
        assert "apache_beam" not in imported(path), path.relative_to(ROOT)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_package_names(package: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(package, []))
    assert owners <= {"winnow-corpus"}, f"{owners} install a package {package}; it would hide ours"


@pytest.mark.parametrize("package", PACKAGES)
def test_rooms_are_imported_in_the_form_that_the_wheel_can_move(package: str) -> None:
    """`from filters.text import lines`: setup.py writes `from winnow.filters...` in the copies."""
    for path in modules(package):
        where = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
                assert not names & set(ROOMS), f"{where} line {node.lineno}: write from ... import"
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{where} line {node.lineno}: imports are absolute"
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # The name of a module as text: an installed winnow has it elsewhere.
                room, *rest = node.value.split(".")
                if room in ROOMS and rest:
                    path_of = ROOT.joinpath(room, *rest)
                    is_module = path_of.is_dir() or path_of.with_suffix(".py").exists()
                    told = f"{where} line {node.lineno}: use __package__, not {node.value!r}"
                    assert not is_module, told


def test_everything_that_lists_our_packages_lists_them_all() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    found = settings["setuptools"]["packages"]["find"]["include"]
    assert found == [f"{package}*" for package in PACKAGES]
    assert settings["mypy"]["packages"] == list(PACKAGES)
    assert settings["ruff"]["lint"]["isort"]["known-first-party"] == [*PACKAGES, "tests"]
    copied = (ROOT / "Dockerfile").read_text()
    assert all(f"COPY {package} {package}\n" in copied for package in PACKAGES)


def test_every_package_says_that_it_is_typed() -> None:
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
