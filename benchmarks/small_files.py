"""Many small files beside the same bytes in one: what planning and a whole run take and leave.

    make bench-small-files                                # 500 and 4,000 files
    python -m benchmarks.small_files 500 4000 100000      # takes a quarter of an hour
    python -m benchmarks.small_files --format warc 500    # one page in each file

Planning and running are processes of their own, `winnow run` with one worker. Processor time is
user and system, of the process and all that it waits for; memory is the largest of any of them.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines import sample

MAIN = "from winnow.__main__ import main; main()"
PLAN = """
import resource, sys, time
from pipelines.recipe.loading import load
from pipelines.recipe.plan import plan
recipe = load("web-multilingual", [], [sys.argv[1]])
before = time.process_time()
units = plan(recipe).units
print(len(units), time.process_time() - before,
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
COLUMNS = ("files", "units", "plan, s", "plan, MB", "run, s", "run, MB", "files left",
           "manifest.json, kB", "plan.json, kB", "inputs.parquet, kB")  # fmt: skip
WORDS = 40  # of a text, about 250 bytes


def line(number: int, text: str) -> bytes:
    return json.dumps({"id": str(number), "text": text}).encode() + b"\n"


def zipped_line(number: int, text: str) -> bytes:
    return gzip.compress(line(number, text), mtime=0)


def page(number: int, text: str) -> bytes:
    html = f"<html><body><p>{text}</p></body></html>"
    content = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{html}".encode()
    header = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/{number}\r\n"
        f"WARC-Record-ID: <urn:uuid:{number}>\r\nContent-Type: application/http\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return gzip.compress(header.encode() + content + b"\r\n\r\n", mtime=0)


# Kind of the source, name after the stem, and the content of a file of one record. Contents joined
# are a file of the same format.
FORMATS: dict[str, tuple[str, str, Callable[[int, str], bytes]]] = {
    "jsonl": ("jsonl", ".jsonl", line),
    "jsonl.gz": ("jsonl", ".jsonl.gz", zipped_line),
    "warc": ("warc", ".warc.gz", page),
}


def write(folder: Path, count: int, form: str) -> tuple[str, str]:
    """The sources `many` files in a folder, and `one`."""
    kind, ending, content = FORMATS[form]
    words = (Path(sample.__file__).parent / "texts_en.txt").read_text().split()
    draw = random.Random(count)
    many, one = folder / "many", folder / f"one{ending}"
    many.mkdir()
    with one.open("wb") as whole:
        for number in range(count):
            stored = content(number, " ".join(draw.choices(words, k=WORDS)) + ".")
            (many / f"{number:06d}{ending}").write_bytes(stored)
            whole.write(stored)
    return f"{kind}:{many}", f"{kind}:{one}"


def planned(source: str) -> tuple[int, float, float]:
    """Units, processor seconds, MB."""
    done = subprocess.run(
        [sys.executable, "-c", PLAN, source], capture_output=True, text=True, check=True
    )
    units, seconds, memory = done.stdout.split()
    return int(units), float(seconds), float(memory)


def run(source: str, out: Path) -> tuple[float, float]:
    """Processor seconds and MB."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "run", "web-multilingual", "--source", source,
         "--out", str(out), "--workers", "1", "--set", "tokenizer.vocab_size=300", "--quiet"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"winnow run --source {source} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("counts", nargs="*", type=int, default=[500, 4000])
    parser.add_argument("--format", choices=FORMATS, default="jsonl")
    arguments = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |")
    print("| --- " + "| ---: " * (len(COLUMNS) - 1) + "|")
    for count in arguments.counts:
        with tempfile.TemporaryDirectory() as folder:
            sources = write(Path(folder), count, arguments.format)
            for name, source in zip((f"{count:,}", f"1 of {count:,}"), sources, strict=True):
                units, plan_seconds, plan_memory = planned(source)
                out = Path(folder) / f"run-{units}-{source.count('many')}"
                seconds, memory = run(source, out)
                left = sum(path.is_file() for path in out.rglob("*"))
                sizes = [
                    f"{(out / file).stat().st_size / 1e3:,.1f}"
                    for file in ("manifest.json", "plan.json", "inputs.parquet")
                ]
                cells = [f"{units}", f"{plan_seconds:.2f}", f"{plan_memory:.0f}", f"{seconds:.1f}",
                         f"{memory:.0f}", f"{left}", *sizes]  # fmt: skip
                print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
