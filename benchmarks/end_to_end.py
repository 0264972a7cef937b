"""winnow beside datatrove, the same work on the same pages, one core each, in one run.

    python -m benchmarks.end_to_end [MEGABYTES] [MEGABYTES_FOR_DATATROVE]

datatrove gets the first pages only, or it would take an hour: both columns are MB/s of text.

Read JSON lines, language (winnow only), Gopher repetition and quality, C4, FineWeb, redaction of
e-mail and IP, exact and near duplicates, encoding and shards. winnow also learns the tokenizer
that both encode with, measures token cost and writes manifests; that time is in its total.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

os.environ["HF_HUB_OFFLINE"] = "1"
DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[2] / "shared" / "data"))


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


def winnow(source: Path, out: Path) -> dict[str, float]:
    """Seconds by stage, and in all with start-up."""
    command = [
        sys.executable, "-c", "from pipelines.cli import main; main()", "run", "fineweb-en",
        "--source", f"jsonl:{source}", "--out", str(out), "--workers", "1", "--quiet",
        "--set", "tokenizer.vocab_size=16384", "--set", "documents.language={}",
    ]  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    total = time.perf_counter() - started
    manifest = json.loads((out / "manifest.json").read_text())
    return {**manifest["environment"]["seconds"], "all, with start-up": total}


def datatrove(source: Path, out: Path, tokenizer: Path) -> dict[str, float]:
    """Seconds by stage; imports are not counted."""
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

    def run(name: str, *steps: object, tasks: int = 1) -> None:
        LocalPipelineExecutor(
            pipeline=list(steps), tasks=tasks, workers=1, logging_dir=str(out / "logs" / name)
        ).run()

    def filters() -> None:
        run(
            "filters",
            JsonlReader(str(source.parent), glob_pattern=source.name),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter(),
            PIIFormatter(),
            JsonlWriter(folders["kept"]),
        )

    def minhash() -> None:
        run("sig", JsonlReader(folders["kept"]), MinhashDedupSignature(folders["sig"]))
        run("buckets", MinhashDedupBuckets(folders["sig"], folders["buckets"]), tasks=14)
        run("cluster", MinhashDedupCluster(folders["buckets"], folders["remove"]))
        run(
            "remove",
            JsonlReader(folders["kept"]),
            MinhashDedupFilter(folders["remove"]),
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
    seconds["all, with start-up"] = sum(seconds.values())
    return seconds


def write(pages: list[str], path: Path) -> float:
    """Writes JSON lines; returns their text's size in MB."""
    path.parent.mkdir()
    with gzip.open(path, "wt", compresslevel=6) as file:
        for i, text in enumerate(pages):
            file.write(json.dumps({"id": str(i), "text": text}) + "\n")
    return sum(len(page.encode()) for page in pages) / 1e6


def main() -> None:
    megabytes, fewer = (float(a) for a in (*sys.argv[1:], 40, 4)[:2])
    if not DATA.exists():
        sys.exit(f"no real data at {DATA}; set WINNOW_DATA to the folder that has it")
    pages, few = web_pages(megabytes), web_pages(fewer)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many_pages, few_pages = folder / "in" / "pages.jsonl.gz", folder / "few" / "pages.jsonl.gz"
        size, few_size = write(pages, many_pages), write(few, few_pages)
        winnow(few_pages, folder / "warm")  # kernels compile once after installation
        ours = winnow(many_pages, folder / "winnow")
        theirs = datatrove(few_pages, folder, folder / "winnow" / "tokenizer" / "tokenizer.json")
    print(f"\n{len(pages):,} pages of {size:.1f} MB for winnow, the first {len(few):,} of")
    print(f"{few_size:.1f} MB for datatrove; one core each\n")
    print("| stage | winnow s | MB/s | datatrove s | MB/s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for stage, seconds in ours.items():
        row = f"| {stage} | {seconds:.2f} | {size / seconds:.1f} |"
        if stage in theirs:
            other = few_size / theirs[stage]
            row += f" {theirs[stage]:.1f} | {other:.2f} | {size / seconds / other:.0f}x |"
        else:
            row += " | | |"
        print(row)


if __name__ == "__main__":
    main()
