"""winnow beside datatrove: the same work on the same pages, each with two processes, in turns.

    make race
    python -m benchmarks.end_to_end [MEGABYTES] [--rounds 2]

Real pages as JSON lines (gzip, eight files), from there to tokens: Gopher repetition and quality,
C4, FineWeb, redaction of e-mail and IP, MinHash, encoding by the same tokenizer. datatrove runs its
documented FineWeb chain with LocalPipelineExecutor and two tasks, winnow with DirectRunner and two
workers, with the rules of the pack `datatrove-0.10`, which decide as datatrove's. What each filter
drops is compared. winnow also writes measured values, exact duplicates, a corpus and manifests.
Start-up is in all times. Beside them stands the floor: two processes that decompress, parse, encode
and write the same pages with the same libraries, and do nothing else.
"""

import argparse
import functools
import gzip
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

os.environ["HF_HUB_OFFLINE"] = "1"
DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[2] / "shared" / "data"))
FILES, TASKS, VOCABULARY = 8, 2, 16384
# The order of datatrove's filters, and how the pack of rules calls them.
FILTERS = {
    "GopherRepetitionFilter": "datatrove_gopher_repetition",
    "GopherQualityFilter": "datatrove_gopher_quality",
    "C4QualityFilter": "datatrove_c4_quality",
    "FineWebQualityFilter": "datatrove_fineweb_quality",
}


def web_pages(megabytes: float) -> list[str]:
    """Real web text in Latin script: whole pages, then excerpts, eight joined to a page."""
    table = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet", columns=["lang", "text"])
    excerpts = [
        row["text"].replace("\x00", "")
        for row in table.to_pylist()
        if row["lang"].endswith("_Latn") and row["text"]
    ]
    gold = pq.read_table(DATA / "webpages/wcxb-dev.gold.parquet", columns=["main_content"])
    pages = [text for text in gold["main_content"].to_pylist() if text]
    pages += ["\n".join(excerpts[i : i + 8]) for i in range(0, len(excerpts), 8)]
    chosen, size = [], 0
    for page in pages:
        if size > megabytes * 1e6:
            break
        chosen.append(page)
        size += len(page.encode())
    return chosen


def winnow(source: Path, out: Path, tokenizer: Path | None) -> dict[str, float]:
    """Seconds by stage."""
    learnt = f"vocab_size={VOCABULARY}" if tokenizer is None else f"path={tokenizer}"
    settings = (
        "documents.rules=datatrove-0.10", "documents.language={}", "documents.normalize=[]",
        f"tokenizer.{learnt}",
        "documents.pii={kinds: [email, ip], decisions: datatrove-0.10}",
    )  # fmt: skip
    command = [
        sys.executable, "-c", "from pipelines.cli import main; main()", "run", "wikipedia",
        "--source", f"jsonl:{source}/*.jsonl.gz", "--out", str(out), "--workers", str(TASKS),
        "--quiet", "--set", "duplicates.near={ngram_words: 5, bands: 14, rows: 8}",
        *(word for setting in settings for word in ("--set", setting)),
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((out / "manifest.json").read_text())
    return dict(manifest["environment"]["seconds"])


def datatrove(source: Path, out: Path, tokenizer: Path) -> dict[str, float]:
    """Seconds by stage."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.formatters import PIIFormatter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.tokens import DocumentTokenizer
    from datatrove.pipeline.writers import JsonlWriter

    folders = {name: str(out / name) for name in ("kept", "sig", "buckets", "remove", "deduped")}

    def run(name: str, *steps: Any, tasks: int = TASKS) -> None:
        LocalPipelineExecutor(
            pipeline=list(steps), tasks=tasks, workers=TASKS,
            logging_dir=str(out / "logs" / name), start_method="fork",
        ).run()  # fmt: skip

    def dropped(name: str) -> Any:
        return JsonlWriter(str(out / "dropped" / name))

    def filters() -> None:
        run(
            "filters",
            JsonlReader(str(source)),
            GopherRepetitionFilter(exclusion_writer=dropped("GopherRepetitionFilter")),
            GopherQualityFilter(exclusion_writer=dropped("GopherQualityFilter")),
            C4QualityFilter(
                filter_no_terminal_punct=False, exclusion_writer=dropped("C4QualityFilter")
            ),
            FineWebQualityFilter(exclusion_writer=dropped("FineWebQualityFilter")),
            JsonlWriter(folders["kept"]),
        )

    def minhash() -> None:
        run("sig", JsonlReader(folders["kept"]), MinhashDedupSignature(folders["sig"]))
        run("buckets", MinhashDedupBuckets(folders["sig"], folders["buckets"]), tasks=14)
        run("cluster", MinhashDedupCluster(folders["buckets"], folders["remove"]), tasks=1)
        run(
            "remove",
            JsonlReader(folders["kept"]),
            MinhashDedupFilter(folders["remove"]),
            PIIFormatter(),
            JsonlWriter(folders["deduped"]),
        )

    def tokens() -> None:
        run(
            "tokens",
            JsonlReader(folders["deduped"]),
            DocumentTokenizer(
                str(out / "tokens"),
                tokenizer_name_or_path=str(tokenizer),
                eos_token="<|endoftext|>",
                local_working_dir=str(out / "scratch"),
            ),
        )

    stages: dict[str, Callable[[], None]] = {
        "documents": filters,
        "duplicates": minhash,
        "shards": tokens,
    }
    seconds = {}
    for name, stage in stages.items():
        started = time.perf_counter()
        stage()
        seconds[name] = time.perf_counter() - started
    return seconds


def floor(source: Path, out: Path, tokenizer: Path) -> dict[str, float]:
    """Decompresses, parses, encodes and writes, file by file in two processes."""
    out.mkdir()
    work = functools.partial(_least, tokenizer=tokenizer.read_text(), out=out)
    with multiprocessing.get_context("fork").Pool(TASKS) as pool:
        pool.map(work, sorted(source.iterdir()), chunksize=1)
    return {}


def _least(path: Path, tokenizer: str, out: Path) -> None:
    from isal import igzip

    from tokenizer_train.encode import Encoder

    with igzip.open(path, "rb") as file:
        values = list(map(json.loads, file))
    text = pa.array([value["text"] for value in values], pa.large_string())
    ids = Encoder(tokenizer, "<|endoftext|>").encode(text)
    table = pa.table({"id": [value["id"] for value in values], "text": text, "tokens": ids})
    pq.write_table(table, out / path.name, compression="zstd")


SIDES: dict[str, Callable[[Path, Path, Path], dict[str, float]]] = {
    "winnow": winnow, "datatrove": datatrove, "floor": floor,
}  # fmt: skip


def measured(side: str, source: Path, out: Path, tokenizer: Path) -> dict[str, float]:
    """Seconds of a side in a process of its own, its processor time and its peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.end_to_end", "--side", side]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, str(source), str(out), str(tokenizer)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    told, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{side} ends with {process.returncode}")
    seconds = time.perf_counter() - begun
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    own = json.loads(told.splitlines()[-1])
    return {**own, "all": seconds, "processor": used, "peak MB": peak[0]}


def _watch(process: "subprocess.Popen[str]", peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_megabytes, _tree(process.pid))))
        time.sleep(0.25)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _megabytes(pid: int) -> float:
    """Memory of a process, of which shared pages count in parts."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def dropped_by_winnow(out: Path) -> dict[str, str]:
    """The rule that dropped a page, by the page's id."""
    found = {}
    for path in sorted((out / "dropped").glob("*.parquet")):
        for row in pq.read_table(path, columns=["native_id", "reason"]).to_pylist():
            found[row["native_id"]] = row["reason"].split(".")[0]
    return found


def dropped_by_datatrove(out: Path) -> dict[str, str]:
    """The same of datatrove's filters, by the names that the pack of rules gives them."""
    found = {}
    for name, rule in FILTERS.items():
        for path in sorted((out / "dropped" / name).glob("*.jsonl.gz")):
            with gzip.open(path, "rt") as file:
                found |= {json.loads(line)["id"]: rule for line in file}
    return found


def write(pages: list[str], folder: Path) -> float:
    """Writes JSON lines; returns their text's size in MB."""
    folder.mkdir()
    for number in range(FILES):
        with gzip.open(folder / f"{number}.jsonl.gz", "wt", compresslevel=6) as file:
            for i in range(number, len(pages), FILES):
                file.write(json.dumps({"id": str(i), "text": pages[i]}) + "\n")
    return sum(len(page.encode()) for page in pages) / 1e6


def race(megabytes: float, rounds: int) -> None:
    pages = web_pages(megabytes)
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "pages"
        size = write(pages, source)
        # What is compiled and learnt once.
        winnow(source, folder / "before", None)
        tokenizer = folder / "before" / "tokenizer" / "tokenizer.json"
        for number in range(rounds):
            for side in SIDES:
                out = folder / f"{side}-{number}"
                runs[side].append(measured(side, source, out, tokenizer))
        ours = dropped_by_winnow(folder / "winnow-0")
        theirs = dropped_by_datatrove(folder / "datatrove-0")
    print(
        f"\n{len(pages):,} pages, {size:.1f} MB of text, {rounds} rounds, {TASKS} processes each\n"
    )
    print("| | s | MB/s | pages/s | processor s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    middle = {
        side: {key: statistics.median(run[key] for run in some) for key in some[0]}
        for side, some in runs.items()
    }
    for side, found in middle.items():
        seconds = found["all"]
        print(
            f"| {side} | {seconds:.1f} | {size / seconds:.2f} | {len(pages) / seconds:.0f} | "
            f"{found['processor']:.1f} | {found['peak MB']:.0f} |"
        )
    for key in ("all", "processor"):
        ratio = middle["datatrove"][key] / middle["winnow"][key]
        share = middle["floor"][key] / middle["winnow"][key]
        print(f"\n{key}: {ratio:.1f} times datatrove, {share:.2f} of the floor's speed")
    print("\n| stage | winnow s | datatrove s |\n| --- | ---: | ---: |")
    for stage in dict.fromkeys([*middle["winnow"], *middle["datatrove"]]):
        if stage not in ("all", "processor", "peak MB"):
            figures = (middle[side].get(stage) for side in ("winnow", "datatrove"))
            print(
                f"| {stage} | "
                + " | ".join("" if f is None else f"{f:.1f}" for f in figures)
                + " |"
            )
    differ = [page for page in ours.keys() | theirs.keys() if ours.get(page) != theirs.get(page)]
    print(
        f"\ndropped by a rule: {len(ours):,} by winnow, {len(theirs):,} by datatrove; other "
        f"decisions: {len(differ)} {sorted(differ)[:5]}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("megabytes", type=float, nargs="?", default=4)
    parser.add_argument("--rounds", type=int, default=2)
    if sys.argv[1:2] == ["--side"]:
        side, *paths = sys.argv[2:]
        print(json.dumps(SIDES[side](*map(Path, paths))))
        return
    given = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"no real data at {DATA}; set WINNOW_DATA to the folder that has it")
    race(given.megabytes, given.rounds)


if __name__ == "__main__":
    main()
