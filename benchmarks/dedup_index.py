"""The index of bands measured: its size, the time to write it, look-ups, and runs against others.

    python -m benchmarks.dedup_index [DOCUMENTS]

Times are of the processor. Documents are those of `benchmarks.dedup_size`, of which a fifth are
near-copies. Each part runs in a process of its own, so that one's memory is not another's.
"""

import dataclasses
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from benchmarks.dedup_size import UNIT_DOCUMENTS, peak_mb, synthetic_texts
from dedup.settings import Duplicates, MinHash
from manifests.store import Store
from pipelines.commands import near
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.sources.units import WorkUnit
from pipelines.stages import stored_index
from tests import deduplicating

OWN = 100_000  # documents of the run that has the other one in `against`
QUERIES = 50


def recipe_against(*runs: str) -> Recipe:
    return Recipe(
        name="test",
        duplicates=Duplicates(near=MinHash(), against=runs),
        execution=Execution(memory_mb=2000),
    )


def write(folder: str, first: int, documents: int, *against: str) -> None:
    """Parts of units that count from `first` in the synthetic documents; plan and recipe."""
    store, recipe = Store(folder), recipe_against(*against)
    units = [WorkUnit(i, "test", "jsonl", f"{i}") for i in range(documents // UNIT_DOCUMENTS)]
    for unit in units:
        number = first // UNIT_DOCUMENTS + unit.index
        text = pa.array(synthetic_texts(number), pa.large_string())
        deduplicating.write_texts(store, unit.index, number * UNIT_DOCUMENTS, text, recipe)
    store.write_json("plan.json", {"units": [dataclasses.asdict(unit) for unit in units]})
    store.write_json("recipe.json", recipe.to_json())


def stage(folder: str, documents: int, way: str, *against: str) -> None:
    """Runs stage `duplicates`; `again` looks through all earlier runs, `written` at their index."""
    if way == "again":
        stored_index.settled_runs = lambda _: ()  # type: ignore[assignment]
    started = time.process_time()
    units = documents // UNIT_DOCUMENTS
    store = deduplicating.run_planned(Path(folder), units, recipe_against(*against))
    told = store.read_json("stages/duplicates.json")
    lost = sum(map(len, (store.read_table(path, ["row"]) for path in store.list("duplicates"))))
    print(f"{time.process_time() - started:.1f} s, {lost:,} removed, {peak_mb():.0f} MB at most, "
          f"digest {told['digest'][:16]}")  # fmt: skip


def look_up(folder: str) -> None:
    """Texts of the run and others, one by one and together, each after a first one."""
    store = Store(folder)
    texts = [*synthetic_texts(0)[: QUERIES // 2], *synthetic_texts(10**5)[: QUERIES // 2]]
    near.find_near(store, texts[-1])  # loads numba's kernels
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
    before = peak_mb()
    spent, found = [], 0
    for text in texts:
        started = time.process_time()
        found += len(near.find_near(store, text))
        spent.append(1000 * (time.process_time() - started))
    spent.sort()
    one = peak_mb() - before
    started = time.process_time()
    near.find_near_all(store, texts)
    together = 1000 * (time.process_time() - started) / len(texts)
    print(f"{spent[len(spent) // 2]:.1f} ms in the median, {spent[-1]:.1f} at most, {together:.1f} "
          f"of {len(texts)} together; {found / len(texts):.1f} documents found; {one:.0f} MB more "
          f"than the {before:.0f} MB after the first one")  # fmt: skip


def _in_process(*arguments: object) -> str:
    command = [sys.executable, "-m", "benchmarks.dedup_index", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main(documents: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        run, own = f"{name}/run", f"{name}/own"
        _in_process("write", run, 0, documents)
        print(f"## {documents:,} documents")
        print(f"stage duplicates: {_in_process('stage', run, documents, 'written')}")
        sizes = Store(run).sizes("index")
        for kind in ("bands", "left", "pairs"):
            total = sum(size for path, size in sizes.items() if f"/{kind}/" in path)
            print(f"index/{kind}: {total / documents:.1f} bytes a document")
        print(f"look-up: {_in_process('look-up', run)}")
        Path(f"{run}/index").rename(f"{name}/index")
        print(f"look-up without index: {_in_process('look-up', run)}")
        Path(f"{name}/index").rename(f"{run}/index")
        _in_process("write", own, documents, OWN, run)
        for way in ("again", "written"):
            print(f"{OWN:,} against them, {way}: {_in_process('stage', own, OWN, way, run)}")
            sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder, first, documents, *against]:
            write(folder, int(first), int(documents), *against)
        case ["stage", folder, documents, way, *against]:
            stage(folder, int(documents), way, *against)
        case ["look-up", folder]:
            look_up(folder)
        case sizes:
            for size in sizes or ("100000", "1000000"):
                main(int(size))
