"""Deduplication measured by size: time, memory and digests over synthetic documents.

    python -m benchmarks.dedup_size [banding|growth|degenerate|limit|resume] ...

Without a name, all of them; `growth` also draws docs/growth.svg.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from dedup import bands, clusters
from dedup.presets import MinHashConfig
from dedup.settings import Duplicates, MinHash
from manifests.manifest import STAGES
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe
from tests import deduplicating

BANDS, ROWS = 14, 8
UNIT_DOCUMENTS = 50_000
CHART = Path(__file__).parents[1] / "docs" / "growth.svg"


def synthetic_bands(documents: int, seed: int = 1) -> Iterator[pa.FixedSizeListArray]:
    """Each band's values of all signatures.

    Three documents in ten are near-copies, in clusters of six on average, and share a band with
    probability .7.
    """
    rng = np.random.default_rng(seed)
    copy = rng.random(documents) < 0.3
    cluster = rng.integers(0, max(1, documents // 20), documents)
    for band in range(BANDS):
        values = rng.integers(0, 2**32, (documents, ROWS), dtype=np.uint32)
        meets = np.flatnonzero(copy & (rng.random(documents) < 0.7))
        values[meets, 0] = cluster[meets]
        values[meets, 1:] = band
        yield pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), ROWS)


def cluster_synthetic(documents: int) -> tuple[float, int]:
    """Seconds of processor time of banding and clustering, and documents that clusters lose."""
    refs = np.arange(documents, dtype=np.uint64)
    joined = clusters.ClusterAccumulator()
    spent = 0.0
    one_band = MinHashConfig(bands=1, rows=ROWS)
    for values in synthetic_bands(documents):
        started = time.process_time()
        keys = bands.band_keys(values, one_band)[0]
        joined.add(clusters.bucket_edges(bands.band_members(keys, refs, refs)))
        spent += time.process_time() - started
    started = time.process_time()
    stars = joined.extract()
    return spent + time.process_time() - started, len(stars)


def banding() -> None:
    """One million documents, then one million copies of one, in one process."""
    print("## Banding and clustering, 14 bands, one process")
    cluster_synthetic(1000)
    took, lost = cluster_synthetic(1_000_000)
    print(f"1M documents, 30 % near-copies: {took:.1f} s, {lost:,} removed, {peak_mb():.0f} MB")
    refs = np.arange(1_000_000, dtype=np.uint64)
    keys = np.ones(len(refs), np.uint64)
    joined = clusters.ClusterAccumulator()
    started = time.process_time()
    for _ in range(BANDS):
        joined.add(clusters.bucket_edges(bands.band_members(keys, refs, refs)))
    stars = joined.extract()
    took = time.process_time() - started
    print(f"1M identical: {took:.1f} s, {len(stars):,} removed, {peak_mb():.0f} MB\n")


def peak_mb() -> float:
    """Of this process; what `getrusage` tells is handed down from the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def growth() -> None:
    """Time and memory from ten thousand to ten million synthetic signatures, and their chart."""
    print("## Growth: banding and clustering of synthetic signatures, a process each")
    print("| documents | s | peak MB | bytes a document |\n| --- | --- | --- | --- |")
    points = []
    for documents in (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000):
        command = [sys.executable, "-m", "benchmarks.dedup_size", "one-size", str(documents)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        took, peak, before = map(float, done.stdout.split())
        points.append((documents, took, peak - before))
        each = (peak - before) * 2**20 / documents
        print(f"| {documents:,} | {took:.3f} | {peak:.0f} | {each:,.0f} |")
    big = np.log([point for point in points if point[0] >= 100_000])
    time_slope, memory_slope = (np.polyfit(big[:, 0], big[:, i], 1)[0] for i in (1, 2))
    print(f"growth exponent from 100,000 on: time {time_slope:.2f}, memory {memory_slope:.2f}\n")
    CHART.write_text(chart(points, time_slope, memory_slope))


def chart(points: list[tuple[int, float, float]], *slopes: float) -> str:
    """Two lines on logarithmic axes as SVG: seconds, and megabytes beyond an idle process."""
    left, right, top, bottom = 60, 420, 40, 300
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 350" '
             'font-family="sans-serif" font-size="12">',
             '<rect width="900" height="350" fill="white"/>']  # fmt: skip
    titles = ("seconds of one core", "megabytes beyond an idle process")
    for panel, (title, slope) in enumerate(zip(titles, slopes, strict=True)):
        values = [point[panel + 1] for point in points]
        low = int(np.floor(np.log10(min(values))))
        high = int(np.ceil(np.log10(max(values))))
        shift = panel * 450

        def x(documents: float, shift: int = shift) -> float:
            return shift + left + (np.log10(documents) - 4) / 3 * (right - left)

        def y(value: float, low: int = low, high: int = high) -> float:
            return float(bottom - (np.log10(value) - low) / (high - low) * (bottom - top))

        lines.append(f'<text x="{shift + left}" y="24" font-size="14">{title}: growth exponent '
                     f"{slope:.2f}</text>")  # fmt: skip
        for power in range(low, high + 1):
            at = y(10.0**power)
            lines.append(f'<path d="M{shift + left} {at:.1f}H{shift + right}" stroke="#ddd"/>'
                         f'<text x="{shift + left - 6}" y="{at + 4:.1f}" text-anchor="end">'
                         f"{10.0**power:g}</text>")  # fmt: skip
        for power, name in zip(range(4, 8), ("10k", "100k", "1M", "10M"), strict=True):
            lines.append(f'<text x="{x(10.0**power):.1f}" y="{bottom + 20}" '
                         f'text-anchor="middle">{name}</text>')  # fmt: skip
        path = "L".join(f"{x(n):.1f} {y(v):.1f}" for (n, *_), v in zip(points, values, strict=True))
        lines.append(f'<path d="M{path}" fill="none" stroke="#1f6f8b" stroke-width="2"/>')
        lines += [f'<circle cx="{x(n):.1f}" cy="{y(v):.1f}" r="3" fill="#1f6f8b"/>'
                  for (n, *_), v in zip(points, values, strict=True)]  # fmt: skip
    lines.append(f'<text x="450" y="{bottom + 42}" text-anchor="middle">synthetic signatures, 14 '
                 "bands of 8, three documents in ten near-copies</text></svg>\n")  # fmt: skip
    return "\n".join(lines)


def one_size(documents: int) -> None:
    cluster_synthetic(1000)
    before = peak_mb()
    took, _ = cluster_synthetic(documents)
    print(took, peak_mb(), before)


def degenerate(documents: int = 1_000_000) -> None:
    """Stage `duplicates` over copies of one document, and over one giant cluster of near-copies."""
    print(f"## {documents:,} documents that are all alike, the whole stage, one process each")
    for kind in ("identical", "alike"):
        with tempfile.TemporaryDirectory() as folder:
            _in_process("write-units", folder, str(documents), kind)
            told = _in_process("stage", folder, str(documents))
        print(f"{kind}: {told}")
    print()


def limit(documents: int = 2_000_000) -> None:
    """Stage `duplicates` over two million synthetic documents, and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        _in_process("write-units", folder, str(documents), "mixed")
        told = _in_process("stage", folder, str(documents))
    print(f"## {documents:,} synthetic documents under memory_mb: 2000, one process\n{told}\n")


def _in_process(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.dedup_size", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _recipe() -> Recipe:
    return Recipe(
        name="test",
        duplicates=Duplicates(near=MinHash()),
        execution=Execution(memory_mb=2000),
    )


def stage(folder: str, documents: int) -> None:
    """Runs stage `duplicates` over parts that `write-units` left."""
    started = time.perf_counter()
    units = documents // UNIT_DOCUMENTS
    store = deduplicating.run_planned(Path(folder), units, _recipe())
    took = time.perf_counter() - started
    manifest = store.read_json("stages/duplicates.json")
    lost = manifest["funnel"]["dropped"]["docs"]
    print(f"{took:.0f} s, {lost:,} removed, peak {peak_mb():.0f} MB in all,")
    print(f"digest {manifest['digest'][:16]}")


def synthetic_texts(unit: int, kind: str = "mixed") -> list[str]:
    """A unit of documents of 40 words: mixed, a fifth of them near-copies across units; or alike.

    Args:
      kind: `mixed`; `identical`, copies of one; or `alike`, which differ in the last word.
    """
    vocabulary = np.array(
        ["".join(chr(97 + i // 26**k % 26) for k in range(4)) for i in range(20_000)]
    )
    rng = np.random.default_rng(unit)
    base = np.random.default_rng(10**6).integers(0, len(vocabulary), (200_000, 40))
    copies = UNIT_DOCUMENTS // 5
    if kind == "mixed":
        chosen = rng.integers(0, len(vocabulary), (UNIT_DOCUMENTS, 40))
        chosen[:copies] = base[rng.integers(0, len(base), copies)]
        chosen[:copies, 39] = rng.integers(0, len(vocabulary), copies)
    else:
        chosen = np.tile(base[0], (UNIT_DOCUMENTS, 1))
    texts = [" ".join(row) for row in vocabulary[chosen]]
    if kind == "alike":
        digits = str.maketrans("0123456789", "abcdefghij")
        first = unit * UNIT_DOCUMENTS
        texts = [f"{text} {first + i:08d}".translate(digits) for i, text in enumerate(texts)]
    return texts


def write_units(folder: str, documents: int, kind: str) -> None:
    """Parts of `documents/` and `signatures/`."""
    for unit in range(documents // UNIT_DOCUMENTS):
        text = pa.array(synthetic_texts(unit, kind), pa.large_string())
        first = unit * UNIT_DOCUMENTS
        deduplicating.write_texts(Store(folder), unit, first, text, _recipe())


SYNTHETIC = """
name: synthetic
sources: [{name: synthetic, kind: jsonl, path: "INPUT/*.jsonl"}]
duplicates: {near: {}}
tokenizer: {vocab_size: 1024, sample_mb_per_language: 1}
token_cost: {sample_mb_per_language: 1}
shards: {text_mb_per_shard: 64}
execution: {memory_mb: 2000, batch_docs: 4096}
"""


def resume(documents: int = 2_000_000) -> None:
    """`winnow run` over synthetic documents: undisturbed, and killed in its two long stages."""
    print(f"## {documents:,} synthetic documents, all stages, two workers, memory_mb: 2000")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "input").mkdir()
        for unit in range(documents // UNIT_DOCUMENTS):
            first = unit * UNIT_DOCUMENTS
            with (folder / f"input/{unit:03d}.jsonl").open("w") as file:
                for i, text in enumerate(synthetic_texts(unit)):
                    file.write(json.dumps({"id": str(first + i), "text": text}) + "\n")
        (folder / "synthetic.yaml").write_text(SYNTHETIC.replace("INPUT", f"{folder}/input"))
        whole, killed = folder / "whole", folder / "killed"
        print(f"undisturbed: {_watched(folder, whole)}")
        signed = f"stages/documents/{documents // UNIT_DOCUMENTS // 2:06d}.json"
        for trigger in (signed, "exchange/duplicates/bands"):
            print(f"killed at {trigger}: {_watched(folder, killed, killed / trigger)}")
        print(f"resumed: {_watched(folder, killed)}")
        digests = [
            json.loads((run / "manifest.json").read_text())["run_digest"] for run in (whole, killed)
        ]
        print(f"run_digest {digests[0][:16]} and {digests[1][:16]}: "
              f"{'equal' if digests[0] == digests[1] else 'DIFFERENT'}\n")  # fmt: skip


def _watched(folder: Path, run: Path, trigger: Path | None = None) -> str:
    """Runs winnow, kills it with all its workers once the trigger is there, tells its peaks."""
    command = [
        sys.executable, "-c", "from pipelines.cli import main; main()", "run",
        str(folder / "synthetic.yaml"), "--out", str(run), "--workers", "2", "--quiet",
    ]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    stages = [name for name in STAGES if name != "repetition"]  # the recipe has no such section
    peaks = dict.fromkeys(stages, 0.0)
    while process.poll() is None:
        under_way = [s for s in stages if not (run / "stages" / f"{s}.json").exists()]
        if under_way:
            largest = max(_sizes(process.pid), default=0.0)
            peaks[under_way[0]] = max(peaks[under_way[0]], largest)
        if trigger and trigger.exists():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"after {time.perf_counter() - started:.0f} s"
        time.sleep(0.1)
    if process.returncode or trigger:
        raise SystemExit(f"winnow ended with {process.returncode}, and was {trigger} there?")
    told = ", ".join(f"{stage} {peak:.0f}" for stage, peak in peaks.items() if peak)
    return f"{time.perf_counter() - started:.0f} s, MB of the largest process: {told}"


def _sizes(pid: int) -> Iterator[float]:
    """MB of memory that a process, and each below it, has to itself or shares in proportion."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return
    if "\nPss:" in rollup:
        yield int(rollup.split("\nPss:")[1].split()[0]) / 1024
    for child in below:
        yield from _sizes(int(child))


MEASURES = {
    "banding": banding,
    "growth": growth,
    "degenerate": degenerate,
    "limit": limit,
    "resume": resume,
}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one-size", number]:
            one_size(int(number))
        case ["write-units", folder, number, kind]:
            write_units(folder, int(number), kind)
        case ["stage", folder, number]:
            stage(folder, int(number))
        case chosen:
            for name in chosen or MEASURES:
                MEASURES[name]()
                sys.stdout.flush()
