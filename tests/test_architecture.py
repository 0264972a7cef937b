"""The house as docs/design.md draws it: who may import whom, and who owns the names."""

import ast
import graphlib
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
# The rooms of a package and the rooms that each imports, as docs/design.md draws them. A module
# beside the rooms is a room of its own.
ROOMS_OF = {
    "filters": {
        "text": set(),
        "encodings": {"language"},
        "wikitext": {"text"},
        "pii": {"text"},
        "language": {"text"},
        "urls": {"text"},
        "extract": {"text", "encodings", "wikitext"},
        "rules": {"text", "language"},
        "settings": {"text", "language", "rules", "pii"},
        "documents": {"extract", "text", "language", "rules", "urls", "pii", "settings"},
        "worth": {"settings"},
    },
    "pipelines": {
        "progress": set(),
        "recipes": set(),
        "sample": set(),
        "sources": set(),
        "recipe": {"recipes", "sources"},
        "transport": {"sources"},
        "engines": {"recipe", "transport", "sources"},
        "stages": {"recipe", "transport", "sources", "progress"},
        "kernels": set(),
        "preload": {"kernels", "stages", "recipe"},
        "preflight": {"engines", "recipe", "sources"},
        "run": {"stages", "engines", "recipe", "sources", "progress"},
        "estimation": {"engines", "recipe", "sources", "stages"},
        "commands": {
            "estimation",
            "preflight",
            "run",
            "preload",
            "kernels",
            "engines",
            "recipe",
            "sources",
            "stages",
            "progress",
        },
        "cli": {"commands", "run", "recipe"},
    },
}
WITHOUT_BEAM = ("manifests", "filters", "dedup", "tokenizer_train", "shards", "winnow")


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


def arrows(package: str) -> dict[str, set[str]]:
    """The rooms of a package that each of its rooms imports."""
    found: dict[str, set[str]] = {}
    for path in modules(package):
        inside = path.relative_to(ROOT / package)
        room = inside.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        targets = found.setdefault(room, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                top, *below = (node.module or "").split(".")
                if top == package:
                    targets |= {below[0]} if below else {alias.name for alias in node.names}
    return {room: targets - {room} for room, targets in found.items()}


@pytest.mark.parametrize("package", ROOMS_OF)
def test_rooms_import_what_the_drawing_says_and_nothing_else(package: str) -> None:
    assert arrows(package) == ROOMS_OF[package]


@pytest.mark.parametrize("package", ROOMS_OF)
def test_no_import_runs_back_up(package: str) -> None:
    graphlib.TopologicalSorter(arrows(package)).prepare()  # raises CycleError


@pytest.mark.parametrize("room", [*WITHOUT_BEAM, "pipelines/sources", "pipelines/recipe"])
def test_only_what_runs_pipelines_imports_beam(room: str) -> None:
    for path in modules(room):
        assert "apache_beam" not in imported(path), path.relative_to(ROOT)


@pytest.mark.parametrize("package", ROOMS_OF)
def test_the_drawing_names_every_room(package: str) -> None:
    drawing = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for room in ROOMS_OF[package]:
        name = f"{room}.py" if (ROOT / package / f"{room}.py").exists() else f"{room}/"
        assert f"  {name}" in drawing, name


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_says_what_lives_there(package: str) -> None:
    for path in modules(package):
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


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


READS_PARQUET = {
    "read_table", "read_pandas", "read_schema", "read_metadata", "ParquetFile", "ParquetDataset",
}  # fmt: skip
READS_ROWS = {"iter_batches", "read_row_group", "read_row_groups"}


def parquet_reads(source: str) -> list[int]:
    """Lines of a module that read Parquet by pyarrow itself, under whatever name."""
    tree = ast.parse(source)
    aliases = {"pyarrow.parquet"}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "pyarrow.parquet" and alias.asname:
                    aliases.add(alias.asname)
                if alias.name == "pyarrow.dataset":
                    found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "pyarrow":
                aliases |= {a.asname or a.name for a in node.names if a.name == "parquet"}
            reads = node.module == "pyarrow.parquet" and names & READS_PARQUET
            if reads or node.module == "pyarrow.dataset" or (
                node.module == "pyarrow" and "dataset" in names
            ):  # fmt: skip
                found.append(node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            of_arrow = owner in aliases or owner.endswith(".parquet")
            if (of_arrow and node.attr in READS_PARQUET) or node.attr in READS_ROWS:
                found.append(node.lineno)
    return sorted(found)


@pytest.mark.parametrize("package", PACKAGES)
def test_parquet_is_read_in_one_place_which_cannot_abort_python_at_its_exit(package: str) -> None:
    for path in modules(package):
        where = path.relative_to(ROOT)
        if where != Path("manifests/parquet.py"):
            lines = parquet_reads(path.read_text(encoding="utf-8"))
            assert not lines, f"{where} lines {lines}: read Parquet by manifests/parquet.py"


@pytest.mark.parametrize(
    "source",
    [
        "import pyarrow.parquet as pq\npq.read_table(f)",
        "import pyarrow.parquet\npyarrow.parquet.ParquetFile(f)",
        "from pyarrow import parquet\nparquet.read_schema(f)",
        "from pyarrow import parquet as p\np.ParquetDataset(f)",
        "from pyarrow.parquet import ParquetFile",
        "import pyarrow.dataset as ds",
        "from pyarrow import dataset",
        "from pyarrow.dataset import dataset",
        "import pyarrow as pa\npa.parquet.read_table(f)",
        "table.iter_batches(10)",
    ],
)
def test_the_check_of_parquet_reads_knows_every_spelling(source: str) -> None:
    assert parquet_reads(source)
