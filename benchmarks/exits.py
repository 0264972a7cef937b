"""Exit codes of many processes: none may abort after its work is done.

    make exits
    python -m benchmarks.exits [--runs 300] [--all] [--at-once 1] [--seconds 480]

A thread of Arrow that still holds a buffer of Python's when the interpreter ends aborts the process
at its very end (exit code -6, 134 in a shell), in some of a hundred runs and mostly on a machine
that has other work. So two busy loops run beside `verify`, `inspect`, `near` and `replay` of a
small finished run, and beside whole runs of a few lines of JSON. Whole runs are slow: a tenth of
the number is made of them, all of it with `--all`. With `--at-once` several processes of winnow
share the cores with the loops. With `--seconds` it ends in time, after fewer rounds; the table says
how many were made. It ends with 1 if an exit code is not 0.
"""

import argparse
import collections
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MAIN = [sys.executable, "-c", "from winnow.__main__ import main; main()"]
BUSY = [sys.executable, "-c", "while True: pass"]
LOOPS = 2
TEXT = "The mill stands where the river bends, and the miller's daughter keeps its books. "


def run_of(source: Path, out: Path) -> list[str]:
    """A whole run of a few lines, without near duplicates."""
    return [
        "run", "wikipedia", "--out", str(out), "--quiet", "--workers", "1",
        "--source", f"jsonl:{source}", "--set", "tokenizer.vocab_size=512",
        "--set", "duplicates.near=null",
    ]  # fmt: skip


def exit_code(arguments: list[str]) -> tuple[int, str]:
    """The exit code of a `winnow` and the end of what it wrote to stderr."""
    done = subprocess.run([*MAIN, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()[-300:]


def made(arguments: list[str]) -> None:
    code, told = exit_code(arguments)
    if code:
        raise SystemExit(f"winnow {' '.join(arguments)} ended with {code}: {told}")


def commands(folder: Path, every: int) -> dict[str, tuple[int, Callable[[], list[str]]]]:
    """Each command, with the rounds after which it comes again."""
    run = folder / "demo"
    made(["run", "demo", "--out", str(run), "--quiet"])
    lines = folder / "lines.jsonl"
    numbers = itertools.count()
    lines.write_text("".join(json.dumps({"id": n, "text": f"{n}. {TEXT * 3}"}) + "\n"
                             for n in range(5)))  # fmt: skip
    made(run_of(lines, folder / "run"))

    def again() -> list[str]:
        return run_of(lines, folder / f"run-{next(numbers)}")

    change = "rules.gopher_quality.max_hash_word_ratio=0.01"
    fixed = {
        "verify": ["verify", str(run)],
        "inspect": ["inspect", str(run)],
        "near": ["near", str(run), "--text", TEXT * 3],
        "replay": ["replay", str(run), "--set", change],
    }
    for arguments in fixed.values():
        made(arguments)
    return {
        **{name: (1, lambda arguments=a: arguments) for name, a in fixed.items()},  # type: ignore[misc]
        "run": (every, again),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=300, help="processes of each command")
    parser.add_argument("--all", action="store_true", help="as many whole runs as commands")
    parser.add_argument("--at-once", type=int, default=1, help="processes of winnow at a time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="ends after these")
    given = parser.parse_args()
    codes: dict[str, collections.Counter[int]] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        wanted = commands(Path(folder), 1 if given.all else 10)
        loops = [subprocess.Popen(BUSY) for _ in range(LOOPS)]
        end = time.monotonic() + given.seconds

        def turn(number_and_name: tuple[int, str]) -> tuple[str, int] | None:
            number, name = number_and_name
            every, arguments = wanted[name]
            if number % every or time.monotonic() > end:
                return None
            code, told = exit_code(arguments())
            if code:
                print(f"{name} ended with {code}: {told}", file=sys.stderr, flush=True)
            return name, code

        try:
            with ThreadPoolExecutor(given.at_once) as at_once:
                turns = itertools.product(range(given.runs), wanted)
                for name, code in filter(None, at_once.map(turn, turns)):
                    codes[name][code] += 1
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
    print(f"Beside {LOOPS} busy loops, {os.cpu_count()} cores:\n")
    print("| command | runs | exit code 0 | other exit codes |")
    print("| --- | ---: | ---: | --- |")
    for name, counts in codes.items():
        others = ", ".join(f"{code}: {n}" for code, n in sorted(counts.items()) if code)
        print(f"| `winnow {name}` | {counts.total()} | {counts[0]} | {others or 'none'} |")
    sys.exit(any(code for counts in codes.values() for code in counts))


if __name__ == "__main__":
    main()
