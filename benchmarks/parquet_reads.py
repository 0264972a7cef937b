"""Ways to read a part of a run, from a local disk and from an object store that answers slowly.

    python -m benchmarks.parquet_reads

A part has 16 row groups of 1,024 documents. The object store is fsspec's `memory://` with 20 ms
for each request: once with a request for each read, once behind fsspec's buffer for object stores
(5 MB ahead). Of five times the median counts, in ms, of the clock and of the processor.
"""

import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

from manifests import parquet
from manifests.store import Store

TIMES = 5
GROUPS, ROWS = 16, 1024
LATENCY_SECONDS = 0.02
SMALL = ["doc_id", "language"]
SCHEMA = pa.schema(
    [("doc_id", pa.binary(16)), ("language", pa.string()), ("url", pa.string()),
     ("text", pa.large_string()), *((f"measure_{n}", pa.float32()) for n in range(20))]
)  # fmt: skip

requests = 0


def wait() -> None:
    global requests
    requests += 1
    time.sleep(LATENCY_SECONDS)


class Slow(io.BytesIO):
    """A file each of whose reads is a request."""

    def read(self, size: int | None = -1) -> bytes:
        wait()
        return super().read(size)


class Buffered(AbstractBufferedFile):  # type: ignore[misc]
    """A file that reads ahead, as those of s3fs and gcsfs do."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        wait()
        content: bytes = self.fs.cat_file(self.path, start, end)
        return content


def part(folder: Path) -> Path:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9)))
             for _ in range(5000)]  # fmt: skip
    store = Store(str(folder))
    with store.write_part("part.parquet", SCHEMA) as writer:
        for _ in range(GROUPS):
            columns: list[Any] = [
                [chance.randbytes(16) for _ in range(ROWS)],
                chance.choices(["en", "hi", "de"], k=ROWS),
                [f"https://{chance.random()}.org/" for _ in range(ROWS)],
                [" ".join(chance.choices(words, k=400)) for _ in range(ROWS)],
                *([chance.random() for _ in range(ROWS)] for _ in range(20)),
            ]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
    return folder / "part.parquet"


Opened = Callable[[], Any]
WAYS: dict[str, Callable[[Any, list[str] | None], Any]] = {
    "winnow on object stores": lambda file, columns: parquet.read_table(file, columns, slow=True),
    "no reading ahead, no threads (winnow on disks)": parquet.read_table,
    "reading ahead, no threads": lambda file, columns: pq.ParquetFile(file, pre_buffer=True).read(
        columns, use_threads=False
    ),
    "reading ahead, threads (`pq.read_table`)": lambda file, columns: pq.read_table(
        file, columns=columns
    ),
    "the whole file first": lambda file, columns: parquet.read_table(
        io.BytesIO(file.read()), columns
    ),
}


def measured(opened: Opened, read: Callable[[Any, list[str] | None], Any],
             columns: list[str] | None) -> tuple[float, float, int]:  # fmt: skip
    """Milliseconds of the clock and of the processor, and requests."""
    global requests
    clock, processor = [], []
    for _ in range(TIMES):
        requests = 0
        began, used = time.perf_counter(), time.process_time()
        with opened() as file:
            read(file, columns)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return 1e3 * statistics.median(clock), 1e3 * statistics.median(processor), requests


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = part(Path(folder))
        content = path.read_bytes()
        memory = MemoryFileSystem()
        memory.pipe("/part.parquet", content)
        places: dict[str, Opened] = {
            "local, Python's file": lambda: path.open("rb"),
            "local, Arrow's file": lambda: pa.OSFile(str(path)),
            "store, a request for each read": lambda: Slow(content),
            "store, fsspec's buffer": lambda: Buffered(memory, "/part.parquet", size=len(content)),
        }
        print(f"{len(content) / 1e6:.1f} MB, {GROUPS} row groups, {len(SCHEMA)} columns\n")
        print("| place | way | all columns: ms (processor), requests | two columns |")
        print("| --- | --- | ---: | ---: |")
        for place, opened in places.items():
            for way, read in WAYS.items():
                told = []
                for columns in (None, SMALL):
                    clock, processor, asked = measured(opened, read, columns)
                    told.append(f"{clock:,.0f} ({processor:,.0f}), {asked}")
                print(f"| {place} | {way} | {' | '.join(told)} |")


if __name__ == "__main__":
    main()
