"""Memory of the largest process of each stage, by size of the text and by `memory_mb`.

    python -m benchmarks.memory [MB OF TEXT ...]

Each size is run once with two workers and `memory_mb: 4000`; then every stage is repeated under
smaller ones, and must give the same bytes. What a process has is what the kernel saw at most in its
resident set (VmHWM), with what it shares with the process it was forked from.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from manifests.manifest import MANIFEST_FILE, STAGES, stage_manifest

MEMORY_MB = (1000, 500)
RECIPE = """
name: memory
sources: [{name: synthetic, kind: jsonl, path: "INPUT/*.jsonl"}]
unit_mb: 32
duplicates: {near: {}, lines: {}, spans: {}}
tokenizer: {vocab_size: 4096, sample_mb_per_language: 4}
token_cost: {sample_mb_per_language: 4}
"""
FILE_BYTES = 32 << 20


def write_texts(folder: Path, text_mb: int) -> None:
    """Documents of 2 to 20 kB, their words drawn so that some are frequent, as in a language."""
    rng = np.random.default_rng(1)
    letters = np.array(list("etaoinshrdlu"))
    words = np.array(["".join(rng.choice(letters, size=2 + i % 9)) for i in range(50_000)])
    left, number = text_mb << 20, 0
    while left > 0:
        file_left = min(FILE_BYTES, left)
        left -= file_left
        with (folder / f"{left >> 20:05d}.jsonl").open("w") as file:
            while file_left > 0:
                drawn = rng.zipf(1.2, int(rng.integers(300, 3000))) % len(words)
                text = " ".join(words[drawn])
                file.write(json.dumps({"id": str(number), "text": text}) + "\n")
                file_left -= len(text)
                number += 1


def peaks(recipe: Path, run: Path, memory_mb: int) -> dict[str, float]:
    """Runs winnow; MB of the largest process of each stage that had something to do."""
    command = [
        sys.executable, "-c", "from pipelines.cli import main; main()", "run", str(recipe),
        "--out", str(run), "--workers", "2", "--quiet", "--set", f"execution.memory_mb={memory_mb}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stages = [name for name in STAGES if not (run / stage_manifest(name)).exists()]
    found: dict[str, float] = {}
    while process.poll() is None:
        waiting = [name for name in stages if not (run / stage_manifest(name)).exists()]
        if waiting:
            largest = max(resident_mb(process.pid), default=0.0)
            found[waiting[0]] = max(found.get(waiting[0], 0.0), largest)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"winnow ended with {process.returncode}")
    return found


def resident_mb(pid: int) -> Iterator[float]:
    """MB that a process, and each below it, has had at most."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return
    if "VmHWM:" in status:
        yield int(status.split("VmHWM:")[1].split()[0]) / 1024
    for child in below:
        yield from resident_mb(int(child))


def measure(text_mb: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "input").mkdir()
        write_texts(folder / "input", text_mb)
        recipe, run = folder / "memory.yaml", folder / "run"
        recipe.write_text(RECIPE.replace("INPUT", f"{folder}/input"))
        found = {4000: peaks(recipe, run, 4000)}
        digest = _digest(run)
        for memory_mb in MEMORY_MB:
            for stage in STAGES:
                (run / stage_manifest(stage)).unlink()
            for unit in (run / "stages/documents").iterdir():
                unit.unlink()
            found[memory_mb] = peaks(recipe, run, memory_mb)
            if _digest(run) != digest:
                raise SystemExit(f"memory_mb: {memory_mb} gives other bytes than 4000")
        for memory_mb, stages in found.items():
            told = " | ".join(f"{stages.get(stage, 0):.0f}" for stage in STAGES)
            print(f"| {text_mb} | {memory_mb} | {told} |", flush=True)


def _digest(run: Path) -> str:
    digest: str = json.loads((run / MANIFEST_FILE).read_text())["run_digest"]
    return digest


if __name__ == "__main__":
    print(f"| MB of text | memory_mb | {' | '.join(STAGES)} |\n{'| --- ' * (len(STAGES) + 2)}|")
    for size in sys.argv[1:] or ("60", "240"):
        measure(int(size))
