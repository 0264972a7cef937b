"""The house as docs/design.md draws it: who may import whom, and who owns the names."""

import ast
import importlib.metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipelines", "filters", "dedup", "tokenizer_train", "shards", "manifests")
ALLOWED = {
    "manifests": set(),
    "filters": {"manifests"},
    "dedup": {"manifests"},
    "tokenizer_train": {"manifests"},
    "shards": {"manifests"},
    "pipelines": {"manifests", "filters", "dedup", "tokenizer_train", "shards"},
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


def test_every_package_says_that_it_is_typed() -> None:
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
