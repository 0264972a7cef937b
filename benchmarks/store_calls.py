"""Requests and time to plan and to take up a run on an object store that takes 20 ms a request.

    python -m benchmarks.store_calls [UNITS] [FILES]

The store is in memory; what it bills is counted. Without numbers: a plan
of 100,000 units, and one of 400,000 files.
"""

import sys
import time
from collections.abc import Callable

from manifests.manifest import PLAN_FILE
from manifests.store import Store
from pipelines import run
from pipelines.recipe.plan import planned
from pipelines.recipe.recipe import Recipe, Source
from tests.counting_store import PROTOCOL, CountingStore, counting
from tests.test_store_calls import OUT, RECIPE, finished, planned_units, put

SECONDS = 0.02


def told(what: str, work: Callable[[], object]) -> None:
    CountingStore.calls.clear()
    started = time.process_time()
    work()
    took = time.process_time() - started
    requests = sum(CountingStore.calls.values())
    print(f"| {what} | {requests:,} | {requests * SECONDS:.1f} | {took:.1f} |", flush=True)


def main(units: int = 100_000, files: int = 400_000) -> None:
    print("| what | requests | s of waiting | s of processor time |\n| --- | --- | --- | --- |")
    with counting():
        for number in range(files):
            put(f"{PROTOCOL}://source/{number:06d}.jsonl", b"{}\n")
        source = Source(name="s", kind="jsonl", path=f"{PROTOCOL}://source")
        recipe = Recipe(name="r", sources=(source,))
        told(f"plan of {files:,} files", lambda: planned(recipe))
    with counting():
        plan = planned_units(units)
        finished(RECIPE, plan)
        put(f"{OUT}/{PLAN_FILE}", plan.encoded())
        put(f"{OUT}/recipe.json", b"{}")
        parts = len(CountingStore.store)
        store = Store(OUT)
        told(f"plan.json of {units:,} units read", lambda: store.read_json(PLAN_FILE))
        told(
            f"a finished run of {units:,} units and {parts:,} files looked at",
            lambda: run.look_ahead(RECIPE, plan, OUT, overwrite=True),
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
