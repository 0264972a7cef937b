"""Reading tokens for training: `winnow.TokenShards` beside the readers of other formats.

    python -m benchmarks.loader [MB]

Excerpts of the web in 186 languages (repeated with a number until there are so many MB) become a
run, whose tokens are packed, and written in the formats of others by `winnow export`. Each reader
is a process of its own that goes once through all tokens in an order of its own, in batches of 8
rows of 2,048 tokens where the reader has rows. Printed are tokens by second of processor time after
the first batch, the time until that, and the memory that the process had at most.

Readers of others are measured where their package is installed: torch and datatrove (`.ds`),
mosaicml-streaming (MDS), litdata, datasets (the run's own Parquet shards).

At last, the packed rows on a store that counts requests and answers each after 50 ms.
"""

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

LENGTH, ROWS = 2048, 8
DATA = Path(os.environ.get("WINNOW_DATA", "../shared/data"))
RECIPE = """
name: loader
documents: {{rules: {{}}}}
tokenizer: {{vocab_size: 32768}}
shards: {{text_mb_per_shard: 64}}
sources: [{{name: web, kind: jsonl, path: {path}}}]
"""


def winnow_packed(folder: Path) -> Iterator[int]:
    return _winnow(folder / "packed")


def winnow_run(folder: Path) -> Iterator[int]:
    return _winnow(folder / "run")


def winnow_torch(folder: Path) -> Iterator[int]:
    """With two workers of PyTorch's DataLoader."""
    from torch.utils.data import DataLoader

    import winnow

    shards = winnow.TokenShards(str(folder / "packed"))
    for batch in DataLoader(shards.torch_batches(ROWS), batch_size=None, num_workers=2):
        yield batch["input_ids"].numel()


def _winnow(folder: Path) -> Iterator[int]:
    import winnow

    for batch in winnow.TokenShards(str(folder), length=LENGTH).batches(ROWS):
        yield batch.input_ids.size


def datatrove(folder: Path) -> Iterator[int]:
    """In the order of the file, which is shuffled already: what it is made for."""
    from datatrove.utils.dataset import DatatroveFolderDataset
    from torch.utils.data import DataLoader

    rows = DatatroveFolderDataset(str(folder / "datatrove"), LENGTH - 1, ".ds", token_size=2)
    for batch in DataLoader(rows, batch_size=ROWS):
        yield batch["input_ids"].numel()


def datatrove_shuffled(folder: Path) -> Iterator[int]:
    """In the order of a random permutation of its rows."""
    from datatrove.utils.dataset import DatatroveFolderDataset
    from torch.utils.data import DataLoader

    rows = DatatroveFolderDataset(str(folder / "datatrove"), LENGTH - 1, ".ds", token_size=2)
    for batch in DataLoader(rows, batch_size=ROWS, shuffle=True):
        yield batch["input_ids"].numel()


def mds(folder: Path) -> Iterator[int]:
    """A sample is a document."""
    from streaming import StreamingDataset

    for sample in StreamingDataset(local=str(folder / "mds"), shuffle=True, batch_size=ROWS):
        yield len(sample["tokens"])


def litdata(folder: Path) -> Iterator[int]:
    from litdata import StreamingDataset, TokensLoader

    loader = TokensLoader(block_size=LENGTH)
    for row in StreamingDataset(str(folder / "litdata"), item_loader=loader, shuffle=True):
        yield len(row)


def datasets(folder: Path) -> Iterator[int]:
    """A sample is a document."""
    from datasets import load_dataset

    shards = str(folder / "run/shards/*.parquet")
    found = load_dataset("parquet", data_files=shards, split="train", cache_dir=str(folder / "hf"))
    for row in found.select_columns("input_ids").with_format("numpy").shuffle(seed=0):
        yield len(row["input_ids"])


READERS: dict[str, tuple[Callable[[Path], Iterator[int]], tuple[str, ...]]] = {
    "winnow, packed rows": (winnow_packed, ()),
    "winnow, shards of a run": (winnow_run, ()),
    "winnow, packed, torch, 2 workers": (winnow_torch, ("torch",)),
    "datatrove .ds, as stored": (datatrove, ("torch",)),
    "datatrove .ds, shuffled": (datatrove_shuffled, ("torch",)),
    "MosaicML MDS": (mds, ("streaming",)),
    "litdata": (litdata, ("litdata",)),
    "HF datasets, Parquet": (datasets, ("datasets",)),
}


def read(name: str, folder: str) -> dict[str, float]:
    """Goes through all tokens once; to be called in a process of its own."""
    begun, clock = _processor_seconds(), time.monotonic()
    tokens, first = 0, None
    for count in READERS[name][0](Path(folder)):
        if first is None:
            first = (_processor_seconds(), time.monotonic() - clock)
            clock = time.monotonic()
        else:
            tokens += count
    assert first is not None
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "tokens": tokens,
        "processor": _processor_seconds() - first[0],
        "wall": time.monotonic() - clock,
        "start": first[1],
        "start_processor": first[0] - begun,
        "peak_mb": peak / 1000,
    }


def _processor_seconds() -> float:
    """Of this process and of its workers that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def prepare(folder: Path, megabytes: float) -> None:
    """A run, its packed rows, and its tokens in the formats of others."""
    table = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet", columns=["text"])
    texts = table["text"].to_pylist()
    source = folder / "texts.jsonl"
    with source.open("w") as file:
        for number in range(1 << 30):
            for text in texts:
                file.write(json.dumps({"text": f"{number} {text}"}) + "\n")
            if file.tell() > megabytes * 1e6:
                break
    recipe = folder / "loader.yaml"
    recipe.write_text(RECIPE.format(path=source))
    _command("run", recipe, "--out", folder / "run", "--quiet", "--set", "duplicates.near=null")
    _command("pack", folder / "run", "--out", folder / "packed", "--length", str(LENGTH))
    for kind in ("datatrove", "mds", "litdata"):
        out = folder / kind
        _command("export", folder / "run", "--format", kind, "--out", out, "--mb-per-file", "64")


def _command(*arguments: object) -> None:
    done = [sys.executable, "-m", "winnow", *map(str, arguments)]
    subprocess.run(done, check=True, stdout=subprocess.DEVNULL)


def main(megabytes: float = 200) -> None:
    """Prints a row for each reader."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder, megabytes)
        print("| reader | million tokens/s of processor time | to the first batch, s | peak MB |")
        print("| --- | ---: | ---: | ---: |")
        for name, (_, packages) in READERS.items():
            if any(importlib.util.find_spec(one) is None for one in packages):
                print(f"| {name} | not installed | | |")
                continue
            code = f"from benchmarks import loader; print(loader.told({name!r}, {made!r}))"
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=False
            )
            failed = f"| {name} | failed: {(done.stderr.splitlines() or ['?'])[-1][:90]} | | |"
            print(failed if done.returncode else done.stdout.splitlines()[-1], flush=True)
        remote(folder)


def told(name: str, folder: str) -> str:
    one: Any = read(name, folder)
    rate = one["tokens"] / one["processor"] / 1e6
    wall = one["tokens"] / one["wall"] / 1e6
    return (
        f"| {name} | {rate:,.1f} ({wall:,.1f} by the clock) | {one['start']:.2f} "
        f"({one['start_processor']:.2f}) | {one['peak_mb']:,.0f} |"
    )


def remote(folder: Path) -> None:
    """Requests until the first batch, and bytes of an epoch, from an object store."""
    import winnow
    from tests.counting_store import PROTOCOL, CountingStore, counting

    packed = folder / "packed"
    with counting(0.05) as calls:
        for path in packed.rglob("*"):
            if path.is_file():
                address = f"{PROTOCOL}://store/{path.relative_to(packed)}"
                with CountingStore().open(address, "wb") as file:
                    file.write(path.read_bytes())
        calls.clear()
        begun = time.monotonic()
        next(iter(winnow.TokenShards(f"{PROTOCOL}://store").batches(ROWS)))
        took = time.monotonic() - begun
        print(f"\nfirst batch at 50 ms a request: {took:.2f} s; requests: {dict(calls)}")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
