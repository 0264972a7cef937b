"""One result, whatever the number of workers, the size of units and the order of the input."""

import subprocess
import sys
from pathlib import Path

from manifests.manifest import stage_manifest
from manifests.store import Store
from tests.deduplicating import families, in_units, rows_by_number, write_run

ROOT = Path(__file__).parents[1]
LAYOUTS = [(1, 1, 1), (3, 17, 4)]  # workers, units, partitions


def test_workers_unit_size_and_input_order_decide_nothing(tmp_path: Path) -> None:
    documents = families(40, 6)
    nears = {"verified": {}, "components": {"verify": False}, "exact": None}
    found: dict[str, list[object]] = {name: [] for name in nears}
    for workers, units, partitions in LAYOUTS:
        folders = {name: tmp_path / f"{name}-{workers}" for name in nears}
        for name, near in nears.items():
            write_run(folders[name], in_units(documents, units, workers), near, partitions)
        subprocess.run(
            [sys.executable, "-m", "tests.deduplicating", str(workers), *folders.values()],
            cwd=ROOT, check=True, timeout=200,
        )  # fmt: skip
        for name, folder in folders.items():
            store = Store(str(folder))
            told = store.read_json(stage_manifest("duplicates"))
            rows = {
                number: {key: value for key, value in row.items() if key != "row"}
                for number, row in rows_by_number(store, documents).items()
            }
            assert len(rows) > (20 if name == "exact" else 60)
            found[name].append((rows, told["funnel"], told["counts"]))
    for name, (first, *others) in found.items():
        assert all(other == first for other in others), name
