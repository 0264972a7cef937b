"""A worker is killed in the middle of a run: it ends soon, says at what, and can go on."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from manifests.store import LEASE_FILE
from pipelines import sample
from tests.winnow import COMMAND, manifest, winnow

SAMPLE = Path(sample.__file__).parent
FILES = 6
DOCUMENTS = 1200  # of each file: enough work for a kill to land in


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JSONL files of English words in a random order, so that no two texts are alike."""
    folder = tmp_path_factory.mktemp("sources")
    words = (SAMPLE / "texts_en.txt").read_text().split()
    for number in range(FILES):
        draw = random.Random(number)
        with (folder / f"{number}.jsonl").open("w") as file:
            for i in range(DOCUMENTS):
                text = " ".join(draw.choices(words, k=300)) + "."
                file.write(json.dumps({"id": f"{number}-{i}", "text": text}) + "\n")
    return folder


def command(sources: Path, run: Path) -> list[str | Path]:
    """With units of a size at which each file is one: smaller files would be read together."""
    return ["run", "web-multilingual", "--source", f"jsonl:{sources}/*.jsonl", "--out", run,
            "--workers", "2", "--set", "tokenizer.vocab_size=1024",
            "--set", "unit_mb=4"]  # fmt: skip


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
def test_a_killed_worker_ends_the_run_and_a_rerun_completes_it(
    sources: Path, tmp_path: Path
) -> None:
    winnow(*command(sources, tmp_path / "undisturbed"))

    run = tmp_path / "run"
    process = subprocess.Popen(
        [*COMMAND, *map(str, command(sources, run))], stderr=subprocess.PIPE, text=True
    )
    # Wait until one unit is done and others are under way, then kill a worker.
    deadline = time.monotonic() + 120
    while not list(run.glob("stages/documents/*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    [zygote] = children(process.pid)
    os.kill(children(zygote)[0], signal.SIGKILL)
    killed = time.monotonic()
    _, told = process.communicate(timeout=60)
    assert time.monotonic() - killed < 20
    assert process.returncode == 1
    assert "was killed by SIGKILL while it worked on unit" in told
    assert ".jsonl" in told
    assert "Traceback" not in told
    assert not (run / "manifest.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in run.glob("stages/documents/*.json")}
    assert 0 < len(kept) < FILES

    winnow(*command(sources, run))
    assert manifest(run)["run_digest"] == manifest(tmp_path / "undisturbed")["run_digest"]
    for path, written in kept.items():
        assert path.stat().st_mtime_ns == written, "a finished unit was read again"
    assert not list(run.rglob("*.tmp"))
    winnow("verify", run)


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_a_run_keeps_what_is_done(
    sources: Path, tmp_path: Path, number: signal.Signals, workers: str
) -> None:
    """However many workers, and however often Ctrl-C is pressed or a scheduler ends the job."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, command(sources, tmp_path / "run")), "--workers", workers],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not (tmp_path / "run/plan.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)
    for _ in range(3):
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGINT:
                os.killpg(process.pid, number)  # as Ctrl-C does
            else:
                process.send_signal(number)
        time.sleep(0.1)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 128 + number, told
    assert "the same command goes on from here" in told
    assert not (tmp_path / "run" / LEASE_FILE).exists()
    assert "Traceback" not in told


def test_a_damaged_run_heals(demo: Path, tmp_path: Path) -> None:
    """Sizes tell what is gone or cut short; a flipped bit keeps them, so digests have to."""
    run = tmp_path / "run"
    shutil.copytree(demo, run)
    for path in ("documents/000004.parquet", "tokenizer/tokenizer.json"):
        data = bytearray((run / path).read_bytes())
        data[len(data) // 2] ^= 1
        (run / path).write_bytes(data)
    (run / "manifest.json").write_bytes(b"")
    (run / "corpus" / f"left.parquet.{0:032x}.tmp").write_bytes(b"half")
    again = ["run", "demo", "--out", run, "--workers", "1", "--quiet"]
    quick, full = winnow(*again), winnow(*again, "--check", "full")
    assert "damaged" not in quick.stderr
    named = "2 damaged files are made anew: documents/000004.parquet, tokenizer/tokenizer.json"
    assert named in full.stderr
    assert manifest(run)["run_digest"] == manifest(demo)["run_digest"]
    winnow("verify", run)
