"""Stage `repetition` measured: speed of each kind, beside datatrove's for sentences; peak memory.

    python -m benchmarks.repetition [speed|memory] ...

Without a name, both. Process time of one core, so that other work on the machine does not count.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from benchmarks.dedup import real_texts
from dedup.settings import Duplicates, RepeatedLines, RepeatedSpans
from manifests import schemas
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.recipe.recipe import Execution, Recipe, Source
from pipelines.sources.units import WorkUnit
from pipelines.stages import repetition
from pipelines.stages.context import StageContext

os.environ["HF_HUB_OFFLINE"] = "1"
UNIT_DOCUMENTS = 10_000
DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", schemas.DOC_ID), pa.field("source", pa.string()),
        pa.field("language", pa.string()), pa.field("text_bytes", pa.int64()), schemas.TEXT_FIELD,
    ]
)  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "lines": {"lines": RepeatedLines()},
    "three sentences": {"lines": RepeatedLines(by="sentence")},
    "spans of 50 words": {"spans": RepeatedSpans()},
}


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def write_unit(store: Store, index: int, text: pa.LargeStringArray) -> None:
    """The parts that the stage reads."""
    first = index * UNIT_DOCUMENTS
    rows = pa.record_batch(
        [
            pa.array([i.to_bytes(16, "little") for i in range(first, first + len(text))],
                     schemas.DOC_ID),
            pa.array(["web"] * len(text)),
            pa.array(["und"] * len(text)),
            pc.binary_length(text).cast(pa.int64()),
            text,
        ],
        schema=DOCUMENTS,
    )  # fmt: skip
    with store.write_part(f"documents/{index:06d}.parquet", DOCUMENTS) as part:
        part.write(rows)
    with store.write_part(f"duplicates/{index:06d}.parquet", schemas.DUPLICATES):
        pass


def run(folder: str, units: int, text_bytes: int, memory_mb: int, **kinds: Any) -> dict[str, int]:
    """The stage in this process; its counts."""
    recipe = Recipe(
        name="benchmark",
        sources=(Source(name="web", kind="jsonl", path="none"),),
        duplicates=Duplicates(**kinds),
        execution=Execution(memory_mb=memory_mb),
    )
    planned = tuple(WorkUnit(i, "web", "jsonl", str(i)) for i in range(units))
    upstream = {"duplicates": {"funnel": {"kept": {"text_bytes": text_bytes}}}}
    context = StageContext(folder, recipe, planned, "key", "plan", "files", upstream)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    repetition.build(pipeline, context)
    pipeline.run().wait_until_finish()
    counts: dict[str, int] = Store(folder).read_json(stage_manifest(repetition.NAME))["counts"]
    return counts


def size_of(text: pa.LargeStringArray) -> int:
    size: int = pc.sum(pc.binary_length(text)).as_py()
    return size


def speed(count: int = 50_000, theirs: int = 3_000) -> None:
    """MB/s of the stage, parts read and written, over real text."""
    text = real_texts(count)
    size = size_of(text)
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        units = -(-len(text) // UNIT_DOCUMENTS)
        for i in range(units):
            write_unit(Store(folder), i, text[i * UNIT_DOCUMENTS : (i + 1) * UNIT_DOCUMENTS])
        for name, kind in KINDS.items():
            run(folder, 1, size, 4000, **kind)  # compiled now
            took = cpu_seconds(lambda kind=kind: run(folder, units, size, 4000, **kind))
            rates[name] = size / took / 1e6
    peer = datatrove_rate(text[:theirs])
    print(f"## Stage repetition, {size / 1e6:.0f} MB of real text, one core's process time")
    print("| | MB/s | x datatrove |\n| --- | --- | --- |")
    for name, rate in rates.items():
        ratio = f"{rate / peer:.0f}" if name == "three sentences" else ""
        print(f"| {name} | {rate:.1f} | {ratio} |")
    print(f"| datatrove 0.10.1, three sentences ({theirs:,} documents) | {peer:.2f} | 1 |\n")


def datatrove_rate(text: pa.LargeStringArray) -> float:
    """MB/s of datatrove's three stages, documents in memory."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup import sentence_dedup
    from loguru import logger

    logger.remove()
    documents = [Document(text=t, id=str(i)) for i, t in enumerate(text.to_pylist())]
    config = sentence_dedup.SentDedupConfig(
        only_dedup_in_index=False, min_doc_words=0, min_num_sentences=0
    )

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sentence_dedup.SentenceDedupSignature(f"{folder}/s", config=config).run(documents)
            sentence_dedup.SentenceFindDedups(f"{folder}/s", f"{folder}/d", config=config).run()
            step = sentence_dedup.SentenceDedupFilter(f"{folder}/d", config=config)
            for _ in step.run(iter(documents)):
                pass

    return size_of(text) / cpu_seconds(work) / 1e6


def memory(megabytes: int = 300) -> None:
    """Peak memory over synthetic text of which a tenth is shared, by `memory_mb`."""
    print(f"## Spans of 50 words, {megabytes} MB of synthetic text in one process")
    print("| memory_mb | peak MB | MB/s | cut MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        units = write_synthetic(folder, megabytes)
        for memory_mb in (400, 4000):
            command = [sys.executable, "-m", "benchmarks.repetition", "one-run", folder]
            subprocess.run([*command, str(units), str(memory_mb)], check=True)


def write_synthetic(folder: str, megabytes: int) -> int:
    """Documents of 300 words of four letters; one in five has a passage of 150 that others have."""
    vocabulary = np.array(
        ["".join(chr(97 + i // 26**k % 26) for k in range(4)) for i in range(100_000)]
    )
    passages = np.random.default_rng(1).integers(0, len(vocabulary), (2000, 150))
    units = megabytes * 10**6 // (UNIT_DOCUMENTS * 1500)
    for unit in range(units):
        rng = np.random.default_rng(unit + 2)
        chosen = rng.integers(0, len(vocabulary), (UNIT_DOCUMENTS, 300))
        holds = rng.random(UNIT_DOCUMENTS) < 0.2
        chosen[holds, 100:250] = passages[rng.integers(0, len(passages), holds.sum())]
        text = pa.array([" ".join(row) for row in vocabulary[chosen]], pa.large_string())
        write_unit(Store(folder), unit, text)
    return units


def one_run(folder: str, units: int, memory_mb: int) -> None:
    """A child of `memory`: a peak is a process's own."""
    size = units * UNIT_DOCUMENTS * 1500
    counts: dict[str, int] = {}
    took = cpu_seconds(
        lambda: counts.update(run(folder, units, size, memory_mb, spans=RepeatedSpans()))
    )
    peak = next(
        int(line.split()[1]) / 1000
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    cut = counts["repeated_span_bytes"] / 1e6
    print(f"| {memory_mb} | {peak:.0f} | {size / took / 1e6:.1f} | {cut:.0f} |", flush=True)


MEASURES = {"speed": speed, "memory": memory}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one-run", folder, units, memory_mb]:
            one_run(folder, int(units), int(memory_mb))
        case chosen:
            for name in chosen or MEASURES:
                MEASURES[name]()
                sys.stdout.flush()
