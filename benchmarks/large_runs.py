"""`winnow inspect` of runs with very many files: `python -m benchmarks.large_runs RUN`.

RUN is a finished run, which is copied; the copies list the parts of more work units and shards,
which are not there, as if the same documents had been spread over them. Prints processor time and
largest memory of the command, and the sizes of what it may read.
"""

import hashlib
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from manifests import files, manifest
from manifests.statistics import digest_of
from manifests.store import Store

SIZES = ((0, 0), (10_000, 10_000), (100_000, 10_000))  # work units, shards
_FOLDERS = {
    "documents": ("documents", "dropped", "errors", "signatures"),
    "duplicates": ("duplicates", "clusters"),
    "corpus": ("corpus",),
}


def _file(path: str) -> dict[str, Any]:
    return {"path": path, "size_bytes": 1000, "sha256": _sha256(path), "rows": 1}


def _sha256(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()


def grow(run: Path, units: int, shards: int) -> int:
    """Lists the parts of so many units and shards in a run; returns the number of all files."""
    store = Store(str(run))
    whole, listed = manifest.read(store), files.by_stage(store)
    for stage, folders in _FOLDERS.items():
        listed[stage] += [_file(f"{f}/{n:07d}.parquet") for f in folders for n in range(units)]
    listed["shards"] += [_file(f"shards/shard-{n:07d}.parquet") for n in range(shards)]
    listed[files.RECORDS] += [_file(f"stages/documents/{n:07d}.json") for n in range(units)]
    content = whole["reproducible"]
    for stage, told in content["stages"].items():
        told["files"] = files.summary(listed[stage])
    for name in ("corpus", "shards"):
        content[name]["files"] = content["stages"][name]["files"]
    whole |= {
        "run_digest": digest_of(content),
        "records": files.summary(listed[files.RECORDS]),
        "files": files.write(store, listed).to_json(),
    }
    del whole[manifest.DIGEST]
    store.write_json(manifest.MANIFEST_FILE, {**whole, manifest.DIGEST: digest_of(whole)})
    return sum(map(len, listed.values()))


def _measured(run: Path) -> tuple[float, int]:
    """Processor time in seconds and largest memory in MB of `winnow inspect`."""
    code = (
        "import resource, sys; sys.argv = ['winnow', 'inspect', sys.argv[1]]\n"
        "import atexit; from pipelines.cli import main\n"
        "atexit.register(lambda: print(resource.getrusage(0).ru_maxrss >> 10, file=sys.stderr))\n"
        "main()"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code, str(run)], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        int(done.stderr.split()[-1]),
    )


def main() -> None:
    print("| units | shards | files | manifest.json, kB | files.parquet, MB | s | MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for units, shards in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            run = Path(shutil.copytree(sys.argv[1], Path(folder) / "run"))
            # In a process of its own: a child's largest memory is not less than its parent's.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
                count = apart.submit(grow, run, units, shards).result()
            seconds, memory = min(_measured(run) for _ in range(5))
            sizes = [(run / name).stat().st_size for name in ("manifest.json", "files.parquet")]
            print(
                f"| {units:,} | {shards:,} | {count:,} | {sizes[0] / 1e3:.1f} | "
                f"{sizes[1] / 1e6:.1f} | {seconds:.2f} | {memory} |"
            )


if __name__ == "__main__":
    main()
