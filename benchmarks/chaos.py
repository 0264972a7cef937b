"""Runs that are disturbed at random moments, and what is left of them.

    make chaos
    python -m benchmarks.chaos [--trials 120] [--seed 1] [--kinds KIND,KIND] [--log FILE]
                               [--seconds S]

Each trial runs a small recipe with two workers, does something to it, and runs it again. It is well
if the second run ends with the digest of an undisturbed one and `winnow verify` finds no fault, or
if one sentence refuses to go on and says what to do; and if no process is left behind, none hangs,
and nobody sees a traceback. Trials follow from the seed and their number, apart from the moments
at which processes happen to be. Disks that are full, or that cannot be written, are file systems in
memory, for which it has to be root; without that these kinds are left out.
"""

import argparse
import collections
import contextlib
import dataclasses
import datetime
import itertools
import json
import logging
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from tests.fork_server import load_everything, run_command

HANGS_AFTER = 240.0  # seconds
GONE_AFTER = 20.0  # by which processes of an ended run have to be gone
FILES, TEXTS = 5, 70
RECIPE = """name: chaos
sources:
  - {name: first, kind: jsonl, path: "in/[01].jsonl"}
  - {name: second, kind: jsonl, path: "in/[23].jsonl"}
  - {name: third, kind: jsonl, path: "in/[4-9].jsonl"}
  - {name: web, kind: warc, path: "package:sample/web.warc.gz"}
documents: {rules: {}, pii: {kinds: [email, ip]}}
duplicates: {near: {}}
tokenizer: {vocab_size: 512}
shards: {count: 2}
"""
RUN = ["run", "recipe.yaml", "--quiet", "--workers", "2"]
AGAIN = [*RUN[:-1], "1"]  # the digest is the same with any number
STORE = "s3://chaos"


@dataclasses.dataclass
class Trial:
    """What was done to a run, and how it ended.

    Attributes:
      nth: which of its kind it is.
      done: what was done.
      outcome: `same digest`, `refused` or `finished` (the run did not mind), or what is wrong.
      told: what the disturbed run and a refusal wrote.
    """

    number: int
    kind: str
    nth: int
    done: str = ""
    outcome: str = ""
    told: str = ""
    seconds: float = 0.0

    @property
    def is_well(self) -> bool:
        return self.outcome in ("same digest", "refused", "finished")


class Wrong(Exception):
    """A trial ended as none may."""


class Run:
    """A command of winnow, in a process group of its own."""

    def __init__(self, folder: Path, *arguments: str, before: Callable[[], None] | None = None):
        self._log = folder / f"log-{time.monotonic_ns()}"
        self._log.touch()
        self._seen: set[int] = set()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(folder, arguments, before)
        self.code: int | None = None

    def _become(
        self, folder: Path, arguments: tuple[str, ...], before: Callable[[], None] | None
    ) -> NoReturn:
        code = 99
        try:
            os.setsid()
            if before:
                before()
            run_command({
                "arguments": list(arguments), "folder": str(folder),
                "environment": dict(os.environ), "stdout": str(self._log), "stderr": str(self._log),
            })  # fmt: skip
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else bool(end.code)
        except BaseException:
            traceback.print_exc()
        finally:  # past what the parent has open
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    @property
    def told(self) -> str:
        return self._log.read_text(errors="replace").strip()

    def poll(self) -> bool:
        """Whether it has ended; notes the processes that it has until then."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            else:
                self._seen |= set(_below(self.pid))
        return self.code is not None

    def wait(self, seconds: float = HANGS_AFTER) -> int:
        """Waits for its end and for those of its workers.

        Raises:
          Wrong: it does not end, or leaves processes, or shows a traceback.
        """
        until = time.monotonic() + seconds
        while not self.poll() and time.monotonic() < until:
            time.sleep(0.02)
        if self.code is None:
            self.kill()
            raise Wrong(f"hangs: {self.told[-200:]}")
        until = time.monotonic() + GONE_AFTER
        while (left := [pid for pid in self._seen if _is_alive(pid)]) and time.monotonic() < until:
            time.sleep(0.05)
        if left:
            for pid in left:
                _send(pid, signal.SIGKILL)
            raise Wrong(f"{len(left)} processes were left")
        if "Traceback" in self.told:
            raise Wrong(f"traceback: {self.told.splitlines()[-1][:300]}")
        return self.code

    def kill(self) -> None:
        for pid in [self.pid, *self._seen, *_below(self.pid)]:
            _send(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def processes(self) -> tuple[list[int], list[int]]:
        """The process that forks workers, and the workers."""
        zygotes = _children(self.pid)
        return zygotes, [worker for zygote in zygotes for worker in _children(zygote)]


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclasses.dataclass
class Yard:
    """Where trials are.

    Attributes:
      folder: the undisturbed run is in `base`, and its recipe and inputs beside it.
      digest: of the undisturbed run.
      seconds: that it took.
    """

    folder: Path
    digest: str
    seconds: float

    def new(self, name: str, with_run: bool = False) -> Path:
        """A folder with recipe and inputs, as old as those of the undisturbed run."""
        folder = self.folder / name
        shutil.copytree(self.folder / "base", folder, ignore=None if with_run else _without_run)
        return folder


def _without_run(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("run", "stats") or name.startswith("log-")]


def _inputs(folder: Path) -> None:
    draw = random.Random(0)
    words = (Path(__file__).parents[1] / "pipelines/sample/texts_en.txt").read_text().split()
    (folder / "in").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE)
    for number in range(FILES):
        lines = (
            json.dumps({"id": f"{number}-{n}", "text": " ".join(draw.choices(words, k=60)) + "."})
            for n in range(TEXTS)
        )
        (folder / "in" / f"{number}.jsonl").write_text("\n".join(lines) + "\n")


def _digest(folder: Path) -> str:
    found: str = json.loads((folder / "run" / "manifest.json").read_text())["run_digest"]
    return found


def _again(yard: Yard, folder: Path, *options: str, out: str = "run") -> str:
    """Runs it again and verifies it.

    Raises:
      Wrong: it fails, or ends in another digest, or has faults or what does not belong to it.
    """
    run = Run(folder, *AGAIN, "--out", out, *options)
    if code := run.wait():
        raise Wrong(f"the second run ends with {code}: {run.told[-300:]}")
    _check(yard, folder, yard.digest, out)
    return "same digest"


def _check(yard: Yard, folder: Path, digest: str, out: str = "run") -> None:
    told = Run(folder, "verify", out, "--json")
    if code := told.wait():
        raise Wrong(f"verify ends with {code}: {told.told[-300:]}")
    found = json.loads(told.told)["run_digest"] if out != "run" else _digest(folder)
    if found != digest:
        raise Wrong("another digest")
    left = [str(path) for path in (folder / "run").rglob("*.tmp")]
    if left or (folder / "run" / "exchange").exists():
        raise Wrong(f"left behind: {left or 'exchange'}")


def _disturbed_well(run: Run, codes: tuple[int, ...] = (0, 1, 2)) -> str:
    """What an ended run told.

    Raises:
      Wrong: its exit code is none of those, or it failed without a sentence.
    """
    code = run.wait()
    if code not in codes:
        raise Wrong(f"ends with {code}: {run.told[-300:]}")
    if code > 0 and "winnow:" not in run.told:
        raise Wrong(f"ends with {code} without a sentence: {run.told[-300:]}")
    return run.told


def _sleep(run: Run, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not run.poll() and time.monotonic() < until:
        time.sleep(0.01)


def killed(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """A process is killed, interrupted, or stopped for a while and then killed or let go on."""
    folder = yard.new(f"trial-{trial.number}")
    who = draw.choice(["driver", "driver", "zygote", "worker", "worker", "all"])
    how = draw.choice(["SIGKILL", "SIGKILL", "SIGTERM", "stop, SIGKILL", "stop, SIGCONT"])
    if who == "driver" and draw.random() < 0.2:
        how = "SIGINT"
    after = draw.uniform(0, yard.seconds)
    trial.done = f"{who}, {how}, after {after:.1f} s"
    run = Run(folder, *RUN, "--out", "run")
    _sleep(run, after)
    if not run.poll():
        zygotes, workers = run.processes()
        if who == "worker":  # as soon as there is one
            until = time.monotonic() + yard.seconds
            while not run.poll() and not workers and time.monotonic() < until:
                time.sleep(0.01)
                workers = run.processes()[1]
        everyone = [run.pid, *zygotes, *workers]
        chosen = {"driver": [run.pid], "zygote": zygotes, "all": everyone}.get(who, workers[:1])
        for pid in chosen or [run.pid]:
            if how.startswith("stop"):
                _send(pid, signal.SIGSTOP)
        if how.startswith("stop"):
            _sleep(run, draw.uniform(0.2, 2))
        number = signal.Signals[how.rpartition(" ")[2]]
        for pid in chosen or [run.pid]:
            _send(pid, number)
    trial.told = _disturbed_well(run, (0, 1, 130, 143, -signal.SIGKILL, -signal.SIGTERM))
    return _again(yard, folder)


def out_of_memory(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """No process may have more than so much address space above what it begins with."""
    folder = yard.new(f"trial-{trial.number}")
    more = draw.randrange(20, 1500) << 20
    trial.done = f"{more >> 20} MB"
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    limit = (most, most)
    run = Run(
        folder, *RUN, "--out", "run", before=lambda: resource.setrlimit(resource.RLIMIT_AS, limit)
    )
    # Libraries in C end the process that they cannot allocate for.
    trial.told = _disturbed_well(run, (0, 1, 2, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGTRAP))
    return _again(yard, folder)


def too_large(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """No file may be larger than so many bytes."""
    folder = yard.new(f"trial-{trial.number}")
    most = draw.choice([draw.randrange(1 << 10, 1 << 14), draw.randrange(1 << 14, 1 << 18)])
    trial.done = f"{most} bytes"
    limit = (most, most)
    run = Run(
        folder, *RUN, "--out", "run",
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    trial.told = _disturbed_well(run)
    return _again(yard, folder)


@contextlib.contextmanager
def _mounted(folder: Path, kilobytes: int) -> Iterator[None]:
    folder.mkdir()
    size = f"size={kilobytes}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _remount(folder: Path, option: str) -> bool:
    command = ["mount", "-o", f"remount,{option}", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def disk_full(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """The disk of the run has less space than the run needs."""
    folder = yard.new(f"trial-{trial.number}")
    needed = sum(p.stat().st_size for p in (yard.folder / "base/run").rglob("*") if p.is_file())
    kilobytes = draw.randrange(16, needed // 1024)
    trial.done = f"{kilobytes} of {needed // 1024} kB"
    with _mounted(folder / "run", kilobytes):
        run = Run(folder, *RUN, "--out", "run")
        trial.told = _disturbed_well(run, (0, 1, 2))
        _remount(folder / "run", "size=100m")
        return _again(yard, folder)


def read_only(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """The disk of the run can be read only, from the beginning or from some moment on."""
    folder = yard.new(f"trial-{trial.number}")
    after = draw.choice([0, draw.uniform(0, yard.seconds)])
    with _mounted(folder / "run", 100_000):
        run = None
        if after:
            run = Run(folder, *RUN, "--out", "run")
            _sleep(run, after)
        # A disk on which a file is being written refuses: then a moment later.
        tries = 1
        while not _remount(folder / "run", "ro") and tries < 200 and not (run and run.poll()):
            time.sleep(0.01)
            tries += 1
        trial.done = f"after {after:.1f} s"
        run = run or Run(folder, *RUN, "--out", "run")
        trial.told = _disturbed_well(run)
        _remount(folder / "run", "rw")
        return _again(yard, folder)


def folder_gone(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """Somebody removes the folder of the run, or a folder in it, in the middle of the run."""
    folder = yard.new(f"trial-{trial.number}")
    what = draw.choice(["run", "run", "run/stages", "run/documents", "run/duplicates"])
    after = draw.uniform(0, yard.seconds)
    trial.done = f"{what} after {after:.1f} s"
    run = Run(folder, *RUN, "--out", "run")
    _sleep(run, after)
    while not run.poll() and not (folder / what).exists():
        time.sleep(0.01)
    shutil.rmtree(folder / what, ignore_errors=True)
    trial.told = _disturbed_well(run)
    if (folder / "run").exists() and not (folder / "run" / "plan.json").exists():
        # What it wrote afterwards could be anybody's.
        second = Run(folder, *AGAIN, "--out", "run")
        trial.told = _disturbed_well(second, (0, 2))
        if second.code:
            shutil.rmtree(folder / "run")
            _again(yard, folder)
            return "refused"
    return _again(yard, folder)


def store_fails(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """The run is on S3, where 6 % of the requests fail; in every second trial the driver dies."""
    folder = yard.new(f"trial-{trial.number}")
    out = f"{STORE}/run-{trial.number}"
    kill = trial.nth % 2
    after = draw.uniform(0, 2 * yard.seconds)
    trial.done = f"driver killed after {after:.1f} s" if kill else "requests fail"
    run = Run(folder, *RUN, "--out", out)
    if kill:
        _sleep(run, after)
        _send(run.pid, signal.SIGKILL)
    trial.told = _disturbed_well(run, (0, -signal.SIGKILL))
    return _again(yard, folder, out=out)


def _appended(path: Path) -> None:
    with path.open("a") as file:
        file.write(json.dumps({"id": "new", "text": "A text that came later. " * 9}) + "\n")


def _other_text(path: Path) -> None:
    """A file of the same size."""
    path.write_text(path.read_text().replace('"text": "', '"text": "X', 1)[:-2] + "\n")


CHANGES: dict[str, Callable[[Path], None]] = {
    "a line more": _appended,
    "cut short": lambda path: os.truncate(path, path.stat().st_size // 2),
    "other text of the same size": _other_text,
    "removed": lambda path: path.unlink(),
    "a file more": lambda path: _appended(path.with_name("9.jsonl")),
    "touched": lambda path: os.utime(path, (1, 1)),
}


def input_changed(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """An input is another one when the run goes on: it refuses, and does what it is then told."""
    folder = yard.new(f"trial-{trial.number}")
    what = list(CHANGES)[trial.nth % len(CHANGES)]
    after = draw.uniform(0.3, 0.9) * yard.seconds
    trial.done = f"{what}, driver killed after {after:.1f} s"
    run = Run(folder, *RUN, "--out", "run")
    _sleep(run, after)
    _send(run.pid, signal.SIGKILL)
    run.wait()
    CHANGES[what](folder / "in" / "2.jsonl")
    begun = (folder / "run" / "plan.json").exists()
    second = Run(folder, *AGAIN, "--out", "run")
    trial.told = _disturbed_well(second)
    if begun and second.code == 0 and what != "touched":
        raise Wrong("a changed input was taken for the one of before")
    shutil.copytree(folder, folder.with_name(f"{folder.name}-new"), ignore=_without_run)
    fresh = Run(folder.with_name(f"{folder.name}-new"), *AGAIN, "--out", "run")
    if fresh.wait():
        raise Wrong(f"a fresh run fails: {fresh.told[-300:]}")
    last = Run(folder, *AGAIN, "--out", "run", "--overwrite")
    if last.wait():
        raise Wrong(f"--overwrite fails: {last.told[-300:]}")
    _check(yard, folder, _digest(folder.with_name(f"{folder.name}-new")))
    return "refused" if second.code else "same digest"


def _part(run: Path, draw: random.Random) -> Path:
    folders = ("documents", "duplicates", "corpus", "shards", "signatures", "dropped")
    parts = sorted(p for p in run.rglob("*.parquet") if p.relative_to(run).parts[0] in folders)
    return draw.choice(parts)


def _flip(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def _swap(one: Path, other: Path) -> None:
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def _unfinished(run: Path) -> None:
    (run / "manifest.json").unlink()


def _stages_from(run: Path, first: str) -> None:
    """As a run that was killed before this stage had ended."""
    order = ["documents", "duplicates", "corpus", "tokenizer", "shards"]
    _unfinished(run)
    for stage in order[order.index(first) :]:
        (run / "stages" / f"{stage}.json").unlink(missing_ok=True)


def _half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _only_temporaries(run: Path) -> None:
    shutil.rmtree(run)
    run.mkdir()
    (run / f"plan.json.{0:032x}.tmp").write_text("{")


def _strewn(run: Path, draw: random.Random) -> None:
    _unfinished(run)
    for path in (_part(run, draw), run / "manifest.json", run / "stages" / "shards.json"):
        path.with_name(f"{path.name}.{draw.getrandbits(128):032x}.tmp").write_bytes(b"PAR1 half")
    (run / "exchange" / "shards").mkdir(parents=True)
    (run / "exchange" / "shards" / "a").write_bytes(b"half")


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "part gone": lambda run, draw: _part(run, draw).unlink(),
    "part cut short": lambda run, draw: _half(_part(run, draw)),
    "part empty": lambda run, draw: os.truncate(_part(run, draw), 0),
    "bit of a part flipped": lambda run, draw: _flip(_part(run, draw), draw),
    "bit flipped, run unfinished": lambda run, draw: (
        _stages_from(run, "shards"), _flip(_part(run, draw), draw))[0],
    "part of a unit cut short, documents unfinished": lambda run, draw: (
        _stages_from(run, "documents"), _half(run / "documents/000001.parquet"))[0],
    "marker of a unit empty": lambda run, draw: (
        _stages_from(run, "documents"), os.truncate(run / "stages/documents/000002.json", 0))[0],
    "record of a stage empty": lambda run, draw: os.truncate(
        run / "stages" / f"{draw.choice(['documents', 'tokenizer', 'shards'])}.json", 0),
    "record of a stage no JSON": lambda run, draw: (
        run / "stages" / "duplicates.json").write_text("[1, 2") and None,
    "key of a stage empty": lambda run, draw: (
        _stages_from(run, "documents"), os.truncate(run / "stages/documents.key.json", 0))[0],
    "manifest empty": lambda run, draw: os.truncate(run / "manifest.json", 0),
    "plan cut short": lambda run, draw: _half(run / "plan.json"),
    "tokenizer flipped": lambda run, draw: _flip(run / "tokenizer" / "tokenizer.json", draw),
    "two shards swapped": lambda run, draw: _swap(*sorted(run.glob("shards/*.parquet"))[:2]),
    "temporaries and exchange strewn": _strewn,
    "nothing but a temporary": lambda run, draw: _only_temporaries(run),
    "folder of a stage gone": lambda run, draw: shutil.rmtree(
        run / draw.choice(["documents", "duplicates", "stages", "shards", "tokenizer"])),
}  # fmt: skip


def damaged(yard: Yard, trial: Trial, draw: random.Random) -> str:
    """Files of the run are damaged: with `--check full` it is made whole."""
    folder = yard.new(f"trial-{trial.number}", with_run=True)
    trial.done = list(DAMAGES)[trial.nth % len(DAMAGES)]
    DAMAGES[trial.done](folder / "run", draw)
    second = Run(folder, *AGAIN, "--out", "run", "--check", "full")
    if second.wait() == 2:  # what was here cannot be told: its owner decides
        trial.told = _disturbed_well(second)
        _again(yard, folder, "--overwrite")
        return "refused"
    if second.code:
        raise Wrong(f"ends with {second.code}: {second.told[-300:]}")
    _check(yard, folder, yard.digest)
    return "same digest"


# Of each kind so many trials in a hundred and twenty.
KINDS: dict[Callable[[Yard, Trial, random.Random], str], int] = {
    killed: 50, out_of_memory: 9, too_large: 6, disk_full: 10, read_only: 5, folder_gone: 6,
    store_fails: 5, input_changed: 12, damaged: 17,
}  # fmt: skip
ROOT = (disk_full, read_only)


def _order(trials: int, kinds: dict[Callable[[Yard, Trial, random.Random], str], int]) -> list[int]:
    """For each trial the place of its kind: shares are kept from the first trials on."""
    whole = sum(kinds.values())
    counts = [0] * len(kinds)
    order = []
    for number in range(trials):
        behind = [
            (number + 1) * share / whole - counts[i] for i, share in enumerate(kinds.values())
        ]
        place = behind.index(max(behind))
        counts[place] += 1
        order.append(place)
    return order


def prepare(folder: Path) -> Yard:
    """Makes the undisturbed run, twice: the second time is what is measured."""
    for name in ("first", "base"):
        _inputs(folder / name)
        begun = time.monotonic()
        run = Run(folder / name, *RUN, "--out", "run")
        if code := run.wait():
            sys.exit(f"the undisturbed run ends with {code}: {run.told}")
        seconds = time.monotonic() - begun
    yard = Yard(folder, _digest(folder / "base"), seconds)
    _check(yard, folder / "base", _digest(folder / "first"))
    return yard


@contextlib.contextmanager
def _object_store() -> Iterator[None]:
    """Moto's S3 in a process of its own, since this one forks and may have no threads."""
    code = "from benchmarks.chaos import serve; serve()"
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        os.environ |= {
            "AWS_ENDPOINT_URL": server.stdout.readline().strip(), "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        yield
    finally:
        server.kill()
        server.wait()


def serve() -> None:
    """Serves S3 until it is killed; prints its address."""
    from werkzeug.serving import make_server

    from tests.faulty_s3 import Server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Server()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    bucket = urllib.request.Request(
        f"{address}/{STORE.removeprefix('s3://')}", b"", method="PUT",
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/a"},
    )  # fmt: skip
    urllib.request.urlopen(bucket).close()
    app.faulty = True
    print(address, flush=True)
    signal.pause()


def tried(yard: Yard, number: int, nth: int, seed: int, kind: Callable[..., str]) -> Trial:
    """One trial, whose folder is removed if it went well."""
    trial = Trial(number, kind.__name__, nth)
    begun = time.monotonic()
    try:
        trial.outcome = kind(yard, trial, random.Random(f"{seed}-{number}"))
    except Wrong as wrong:
        trial.outcome = str(wrong)
    trial.seconds = time.monotonic() - begun
    if trial.is_well:
        for folder in yard.folder.glob(f"trial-{number}*"):
            shutil.rmtree(folder, ignore_errors=True)
    return trial


def chaos(
    trials: int, seed: int, kinds: set[str], log: Path | None = None, seconds: float = float("inf")
) -> list[Trial]:
    """Runs trials, telling of each on stderr; none begins after so many seconds."""
    until = time.monotonic() + seconds
    load_everything()
    with tempfile.TemporaryDirectory(prefix="winnow-chaos-") as name, _object_store():
        yard = prepare(Path(name).resolve())
        chosen = {
            kind: share
            for kind, share in KINDS.items()
            if (not kinds or kind.__name__ in kinds) and (kind not in ROOT or os.geteuid() == 0)
        }
        done = []
        order = _order(trials, chosen)
        for number, place in enumerate(order):
            if time.monotonic() > until:
                break
            nth = order[:number].count(place)
            done.append(trial := tried(yard, number, nth, seed, list(chosen)[place]))
            mark = "ok  " if trial.is_well else "FAIL"
            print(
                f"{mark} {number} {trial.kind}: {trial.done}: {trial.outcome} "
                f"({trial.seconds:.0f} s)", file=sys.stderr, flush=True,
            )  # fmt: skip
            if log:
                with log.open("a") as file:
                    file.write(json.dumps(dataclasses.asdict(trial)) + "\n")
    return done


def table(trials: list[Trial], seed: int) -> Iterator[str]:
    """The table of docs/reliability.md."""
    yield (
        f"`make chaos` (benchmarks/chaos.py), {datetime.date.today()}, seed {seed}, "
        f"{len(trials)} trials, {os.cpu_count()} cores, Python {platform.python_version()}."
    )
    yield ""
    yield "| what was done | trials | same digest | refused | wrong | longest, s |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    by_kind = collections.defaultdict(list)
    for trial in trials:
        by_kind[trial.kind].append(trial)
    for kind in (kind.__name__ for kind in KINDS):
        if some := by_kind[kind]:
            ends = collections.Counter(t.outcome if t.is_well else "wrong" for t in some)
            yield (
                f"| {kind.replace('_', ' ')} | {len(some)} | {ends['same digest']} | "
                f"{ends['refused']} | {ends['wrong']} | {max(t.seconds for t in some):.0f} |"
            )
    wrong = [trial for trial in trials if not trial.is_well]
    yield f"| all | {len(trials)} | | | {len(wrong)} | |"
    yield from itertools.chain([""], (f"- {t.kind}, {t.done}: {t.outcome}" for t in wrong))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=sum(KINDS.values()))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default="")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="ends in time")
    given = parser.parse_args()
    if not Path("/proc/self/task").exists():  # no process would be found, nor one that is left
        sys.exit("processes are found through /proc, which Linux has")
    kinds = set(filter(None, given.kinds.split(",")))
    trials = chaos(given.trials, given.seed, kinds, given.log, given.seconds)
    print("\n".join(table(trials, given.seed)))
    if not all(trial.is_well for trial in trials):
        sys.exit(1)


if __name__ == "__main__":
    main()
