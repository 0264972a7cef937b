"""Stage `duplicates` over documents that are hard to spread: chains, one cluster, templates.

    python -m benchmarks.dedup_adversarial [KIND DOCUMENTS UNITS] ...

Without arguments: 300,000 and 3,000,000 documents, adversarial and plain, in 10, 60 and 1,000
units. Each size runs in a process of its own, with one worker in it, under `memory_mb: 500`.
"""

import dataclasses
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.settings import Duplicates, MinHash
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.transport import exchange
from tests import deduplicating

WORDS = 40
TEMPLATES = 1000
FILES = 12
DEFAULT = [
    (kind, documents, units)
    for kind in ("adversarial", "plain")
    for documents, units in ((300_000, 10), (300_000, 60), (3_000_000, 60), (3_000_000, 1000))
]
RECIPE = Recipe(
    name="test", duplicates=Duplicates(near=MinHash()), execution=Execution(memory_mb=500)
)
_VOCABULARY = np.array(
    ["".join(chr(97 + i // 26**k % 26) for k in range(4)) for i in range(20_000)]
)


def texts(kind: str, documents: int, seed: int = 7) -> np.ndarray:
    """The words of all documents, as uint16[documents, WORDS], in random order.

    Of `adversarial` ones a fifth is a chain, in which each has one other word than the one before;
    a third is a cluster, whose documents differ in a word at the end; a quarter is made of
    templates, in which three words of the end are filled in. The rest, and `plain` ones, are
    random; a fifth of the plain ones are copies but for one word.
    """
    rng = np.random.default_rng(seed)
    words = rng.integers(0, len(_VOCABULARY), (documents, WORDS), dtype=np.uint16)
    if kind == "plain":
        copies = documents // 5
        words[:copies] = words[rng.integers(copies, documents, copies)]
        words[:copies, -1] = rng.integers(0, len(_VOCABULARY), copies)
    else:
        chain, cluster, filled = documents // 5, documents // 3, documents // 4
        # Version i takes on word i // WORDS at place i % WORDS.
        stream = rng.integers(0, len(_VOCABULARY), chain + WORDS, dtype=np.uint16)
        place = np.arange(WORDS)
        for start in range(0, chain, 10_000):
            version = np.arange(start, min(start + 10_000, chain))[:, None]
            words[version[:, 0]] = stream[version + (place - version) % WORDS]
        words[chain : chain + cluster, :-1] = words[-1, :-1]
        first = chain + cluster
        template = rng.integers(0, len(_VOCABULARY), (TEMPLATES, WORDS - 3), dtype=np.uint16)
        words[first : first + filled, :-3] = template[rng.integers(0, TEMPLATES, filled)]
    return words[rng.permutation(documents)]


def write_files(folder: Path, documents: int) -> None:
    """Adversarial documents as a source of whole runs: .jsonl files, a few for each worker."""
    folder.mkdir()
    words = texts("adversarial", documents)
    for number, some in enumerate(np.array_split(np.arange(documents), FILES)):
        with (folder / f"{number:02d}.jsonl").open("w") as file:
            for document, row in zip(some, _VOCABULARY[words[some]], strict=True):
                file.write(json.dumps({"id": str(document), "text": " ".join(row)}) + "\n")


def write_units(folder: str, kind: str, documents: int, units: int) -> None:
    """Parts of `documents/` and `signatures/`."""
    words = texts(kind, documents)
    bounds = np.linspace(0, documents, units + 1).astype(int)
    for unit in range(units):
        first, end = int(bounds[unit]), int(bounds[unit + 1])
        text = pa.array([" ".join(row) for row in _VOCABULARY[words[first:end]]], pa.large_string())
        deduplicating.write_texts(Store(folder), unit, first, text, RECIPE)


@dataclasses.dataclass
class Seams:
    """Sizes in bytes of the elements that were sent, by the folder of the exchange."""

    sizes: dict[str, list[int]] = dataclasses.field(default_factory=dict)

    def watch(self) -> None:
        """From now on in this process."""
        write = exchange._SpillBatches._write

        def watched(step: Any, partition: int, batch: pa.RecordBatch) -> None:
            seam = step._folder.removeprefix("exchange/duplicates/")
            self.sizes.setdefault(seam, []).append(batch.nbytes)
            write(step, partition, batch)

        exchange._SpillBatches._write = watched  # type: ignore[assignment, method-assign]

    def of_roots(self) -> list[int]:
        return [size for seam in ROOT_SEAMS for size in self.sizes.get(seam, [])]

    def told(self) -> str:
        """A line for each seam, the largest first."""
        lines = [
            f"  {seam}: {sum(sizes) / 1e6:.1f} MB in {len(sizes):,} elements, "
            f"{statistics.median(sizes) / 1024:.0f} KB in the median"
            for seam, sizes in sorted(self.sizes.items(), key=lambda one: -sum(one[1]))
        ]
        return "\n".join(lines)


# Where roots and their words are sent to the units of members.
ROOT_SEAMS = ("first/roots", "left/roots", "second/roots")


def run_stage(folder: str, units: int) -> None:
    """Runs the stage over what `write_units` left, and prints what it took as JSON."""
    seams = Seams()
    seams.watch()
    started, processor = time.perf_counter(), time.process_time()
    store = deduplicating.run_planned(Path(folder), units, RECIPE)
    manifest = store.read_json("stages/duplicates.json")
    status = Path("/proc/self/status").read_text()
    print(seams.told(), file=sys.stderr)
    print(
        json.dumps(
            {
                "seconds": round(time.perf_counter() - started),
                "processor": round(time.process_time() - processor, 1),
                "peak_mb": int(status.split("VmHWM:")[1].split()[0]) // 1024,
                "removed": manifest["funnel"]["dropped"]["docs"],
                "digest": manifest["digest"][:16],
                "root_batches": len(seams.of_roots()),
                "root_batch_kb": round(statistics.median(seams.of_roots() or [0]) / 1024),
            }
        )
    )


def measure(kind: str, documents: int, units: int) -> dict[str, float]:
    """What the stage takes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _in_process("write", folder, kind, str(documents), str(units))
        told: dict[str, float] = json.loads(_in_process("stage", folder, str(units)))
    return told


def _in_process(*arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.dedup_adversarial", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(sizes: list[tuple[str, int, int]]) -> None:
    print("| documents | units | processor s | peak MB | root batch KB | removed | digest |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    took: dict[str, list[tuple[int, float]]] = {}
    for kind, documents, units in sizes:
        told = measure(kind, documents, units)
        print(
            f"| {documents:,} {kind} | {units:,} | {told['processor']} | {told['peak_mb']} | "
            f"{told['root_batch_kb']} | {told['removed']:,} | {told['digest']} |",
            flush=True,
        )
        took.setdefault(kind, []).append((documents, told["processor"]))
    for kind, points in took.items():
        (few, first), (many, last) = points[0], points[-1]
        if many > few:
            exponent = math.log(last / first) / math.log(many / few)
            print(f"growth exponent, {kind}: {exponent:.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder, kind, documents, units]:
            write_units(folder, kind, int(documents), int(units))
        case ["stage", folder, units]:
            run_stage(folder, int(units))
        case given:
            named = [given[i : i + 3] for i in range(0, len(given), 3)]
            main([(kind, int(n), int(units)) for kind, n, units in named] or DEFAULT)
