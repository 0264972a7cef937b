"""Commands that only read start fast: they load no kernels, no parsers, no Beam."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.winnow import winnow

# Each takes a tenth of a second and more to import.
HEAVY = (
    "apache_beam", "datasketch", "datatrove", "fasttext", "langcodes", "llvmlite", "lxml", "numba",
    "resiliparse", "scipy", "spacy", "tldextract", "tokenizers",
)  # fmt: skip
# Prints what is loaded when the command has ended, however it ends.
LISTED = """
import atexit, sys
atexit.register(lambda: print("\\n".join(sys.modules), file=sys.stderr))
from pipelines.cli import main
main()
"""
COMMANDS = {
    "help": ["--help"],
    "inspect": ["inspect", "RUN"],
    "inspect --json": ["inspect", "RUN", "--json"],
    "verify": ["verify", "RUN"],
    "report": ["report", "RUN", "--out", os.devnull],
    "explain": ["explain", "RUN", "ID"],
    "find": ["find", "RUN", "ID"],
    "diff": ["diff", "RUN", "RUN"],
    "recipes": ["recipes"],
    "recipes demo": ["recipes", "demo"],
    "plan": ["plan", "demo"],
    "rules": ["rules"],
    "rules NAME": ["rules", "datatrove-0.10"],
    "rules --markdown": ["rules", "--markdown"],
    "run, complete already": ["run", "demo", "--out", "RUN", "--quiet"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "demo"
    winnow("run", "demo", "--out", folder, "--quiet")
    return folder


def loaded(*arguments: str, program: str = LISTED) -> set[str]:
    """Every module that a process has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_only_read_load_nothing_heavy(name: str, run: Path) -> None:
    given = {"RUN": str(run)}
    if "ID" in COMMANDS[name]:
        given["ID"] = pq.read_table(run / "corpus", columns=["id"])["id"][0].as_py()
    arguments = [given.get(argument, argument) for argument in COMMANDS[name]]
    assert not loaded(*arguments) & set(HEAVY)


def test_a_sample_needs_kernels_and_no_beam(run: Path) -> None:
    found = loaded("sample", str(run), "--n", "2")
    assert not found & {
        "apache_beam",
        "datasketch",
        "fasttext",
        "lxml",
        "resiliparse",
        "tokenizers",
    }


@pytest.mark.parametrize("name", ["help", "recipes", "recipes demo"])
def test_what_shows_no_data_loads_no_columns(name: str) -> None:
    assert not loaded(*COMMANDS[name]) & {"numpy", "pyarrow", "fsspec"}


NOTHING_COMPILED = """
import gc, importlib, pkgutil, sys
import dedup, filters, tokenizer_train
from numba.core.dispatcher import Dispatcher

for package in (dedup, filters, tokenizer_train):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
kernels = [o for o in gc.get_objects() if isinstance(o, Dispatcher)]
assert len(kernels) > 100, kernels
ran = [k.py_func.__qualname__ for k in kernels if k.signatures]
sys.exit(f"kernels run while their modules are imported: {ran}" if ran else 0)
"""


def test_no_kernel_runs_while_modules_are_imported() -> None:
    """A kernel is compiled, or read from numba's cache, by its first call."""
    loaded(program=NOTHING_COMPILED)


LOADED_LATER = """
import sys
from filters.documents import DocumentSteps
from manifests.manifest import STAGES
from pipelines.preload import preload
from pipelines.recipe import loading
demo = loading.load("demo")
preload(demo, STAGES)
before = set(sys.modules)

from pipelines.recipe.plan import plan
from pipelines.sources import KINDS, open_unit
documents = DocumentSteps(demo.documents, 1)
for unit in plan(demo).units:
    with open_unit(unit) as file:
        for batch in KINDS[unit.kind].read(unit, file, 256, 16 << 20):
            documents.apply(batch, unit.source, unit.path)
OURS = ("dedup", "filters", "pipelines")
later = {
    name for name in set(sys.modules) - before
    if name.split(".")[0] in (*OURS, "lxml", "resiliparse", "numba", "spacy", "tldextract")
    # What loads a recipe runs in the driver alone.
    and not name.startswith(("pipelines.recipe", "pipelines.sources.benchmark_files"))
}
sys.exit(f"loaded after the warm-up: {sorted(later)}" if later else 0)
"""


def test_workers_have_loaded_everything_before_they_are_forked() -> None:
    loaded(program=LOADED_LATER)
