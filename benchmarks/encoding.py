"""Encoding of text that no cache has seen, beside Hugging Face's `tokenizers`, on one core.

    WINNOW_DATA=... python -m benchmarks.encoding [MB]

Excerpts of the web in 186 languages, shuffled by a fixed seed, are encoded with o200k_base. Each
back end is a process of its own and takes MB of processor time: its first pass over texts that it
has not seen, which is what a corpus gets, and a second pass over the same texts, which no corpus
gets. `tokenizers` takes the first tenth of the texts.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests import parquet
from tokenizer_train.cost import load_tiktoken
from tokenizer_train.patterns import pattern

DATA = Path(os.environ.get("WINNOW_DATA", "../shared/data"))
BATCH_BYTES = 1 << 20


def texts(most_mb: float) -> pa.LargeStringArray:
    """The excerpts in a shuffled order, up to so many MB."""
    with (DATA / "text/web-excerpts-186-langs.parquet").open("rb") as file:
        column = parquet.read_table(file, ["text"])["text"].cast(pa.large_string())
    shuffled = column.take(np.random.default_rng(0).permutation(len(column))).combine_chunks()
    ends = np.cumsum(pc.binary_length(shuffled).to_numpy(zero_copy_only=False))
    return shuffled.slice(0, int(np.searchsorted(ends, most_mb * 1e6)))


def passes(backend: str, most_mb: float) -> dict[str, float]:
    """MB/s of processor time of the first and second pass, and the seconds that loading takes."""
    encoder = load_tiktoken(DATA / "tokenizers/o200k_base.tiktoken", pattern("o200k"))
    if backend == "tokenizers":
        encoder.use_reference()
    assert encoder.backend == backend
    wanted = texts(most_mb)
    mb = pc.sum(pc.binary_length(wanted)).as_py() / 1e6
    rows = max(1, int(len(wanted) * BATCH_BYTES / (mb * 1e6)))
    result = {"mb": mb}
    for name in ("cold", "warm"):
        started = time.process_time()
        for start in range(0, len(wanted), rows):
            encoder.encode(wanted.slice(start, rows))
        result[name] = mb / (time.process_time() - started)
    return result


def main(most_mb: float = 40) -> None:
    """Prints both back ends and their ratio."""
    results = {}
    for backend, size in (("gigatoken", most_mb), ("tokenizers", most_mb / 10)):
        environment = {**os.environ, "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        work = f"print(json.dumps(encoding.passes({backend!r}, {size})))"
        code = f"import json; from benchmarks import encoding; {work}"
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE
        )
        results[backend] = json.loads(done.stdout)
        one = results[backend]
        print(
            f"{backend}: {one['mb']:.1f} MB, first pass {one['cold']:.1f} MB/s, "
            f"second pass {one['warm']:.1f} MB/s",
            flush=True,
        )
    cold = results["gigatoken"]["cold"] / results["tokenizers"]["cold"]
    print(f"first pass: {cold:.1f}x Hugging Face tokenizers")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
