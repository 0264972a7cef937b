"""The same digest from Spark: `make spark-test`, or `python -m benchmarks.spark_check FOLDER`.

Takes Beam's Spark job server from Maven and pyspark from PyPI into a folder that stays, starts a
master, two workers and a pool of Python workers, and runs the demo and real data (WINNOW_DATA)
with DirectRunner and on that cluster. Another run loses a Spark worker midway, and with it the
Python workers of its executor. Everything that was started is killed at the end, whatever happens.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.realdata import ROOT as DATA
from tests.services import running, wait_for, worker_pool
from tests.winnow import COMMAND

BEAM = importlib.metadata.version("apache-beam")
JOB_SERVER = f"org.apache.beam:beam-runners-spark-3-job-server:{BEAM}"
PYSPARK = "pyspark>=3.5,<3.6"
PARTS_POM = Path(__file__).with_name("spark_job_server.xml")
REAL = [
    "--set", "tokenizer.vocab_size=8192",
    "--source", f"pages=warc:{DATA}/webpages/wcxb-dev.warc.gz",
    "--source", f"wiki=mediawiki:{DATA}/wikipedia/en*.xml.bz2",
]  # fmt: skip
RUN_SECONDS = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="Where the jar and pyspark stay.")
    parser.add_argument("--only", choices=["demo", "real", "kill"], action="append")
    options = parser.parse_args()
    # As Ctrl-C does, that the blocks below end what they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("spark: terminated"))
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    spark = take_pyspark(folder)
    jar = take_job_server(folder, spark)
    wanted = set(options.only or ["demo", "real", "kill"])
    if not DATA.exists() and wanted & {"real", "kill"}:
        print(f"real data: skipped, there is no {DATA}; WINNOW_DATA names its folder")
        wanted -= {"real", "kill"}
    equal = True
    with (
        tempfile.TemporaryDirectory(prefix="winnow-spark-") as temporary,
        cluster(spark, Path(temporary)) as (master, pool, first_worker),
    ):
        work = Path(temporary)
        on_spark = [
            "--runner", "SparkRunner", "--", f"--spark_job_server_jar={jar}",
            f"--spark_master_url={master}", "--environment_type=EXTERNAL",
            f"--environment_config={pool}",
            # Of an assembled jar the executors need Beam's parts; Spark they have themselves.
            *(f"--files_to_stage={part}" for part in sorted((folder / "parts").glob("*.jar"))),
        ]  # fmt: skip
        if "demo" in wanted:
            equal &= compare(work, "demo", ["demo"], on_spark)
        if "real" in wanted:
            equal &= compare(work, "real", ["web-multilingual", *REAL], on_spark)
        if "kill" in wanted:
            equal &= survive(work, ["web-multilingual", *REAL], on_spark, first_worker)
    if not equal:
        raise SystemExit("spark: run_digests differ")
    print("spark: all run_digests are equal")


def compare(work: Path, name: str, recipe: list[str], on_spark: list[str]) -> bool:
    """Runs a recipe both ways and prints digests and seconds of each stage."""
    direct = finished(start(work, f"{name}-direct", [*recipe]))
    spark = finished(start(work, f"{name}-spark", [*recipe], on_spark))
    return report(name, direct, spark)


def survive(
    work: Path, recipe: list[str], on_spark: list[str], worker: subprocess.Popen[bytes]
) -> bool:
    """Kills a Spark worker and its executor while documents are processed."""
    direct_run = work / "real-direct"
    if not direct_run.exists():
        finished(start(work, "real-direct", recipe))
    process, out = start(work, "kill-spark", recipe, on_spark)
    while not any(out.glob("documents/*")):
        if process.poll() is not None:
            finished((process, out))
            raise SystemExit("spark: the run ended before a worker could be killed")
        time.sleep(0.05)
    python_workers = set(children("pipelines.worker_boot"))
    os.killpg(worker.pid, signal.SIGKILL)
    # Its Python workers notice the broken stream. One that is killed beneath a living executor
    # fails the job instead: Beam gives the executor the dead one again; see docs/engines.md.
    deadline = time.monotonic() + 30
    while not (gone := python_workers - set(children("pipelines.worker_boot"))):
        if time.monotonic() > deadline:
            raise SystemExit("spark: the killed executor's Python workers live on")
        time.sleep(0.1)
    print(f"killed a Spark worker with its executor; {len(gone)} Python worker ended with it")
    return report("kill", manifest(direct_run), finished((process, out)))


def children(module: str) -> list[int]:
    """Python workers that our pool started: they end with its pipe."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if module in words and "--ends_with_stdin" in words:
                found.append(int(path.parent.name))
    return found


def start(
    work: Path, name: str, recipe: list[str], behind: list[str] | None = None
) -> tuple[subprocess.Popen[bytes], Path]:
    out = work / name
    command = [*COMMAND, "run", *recipe, "--quiet", "--out", str(out), *(behind or [])]
    log = (work / f"{name}.log").open("w")
    return subprocess.Popen(command, cwd=work, stdout=log, stderr=log), out


def finished(started: tuple[subprocess.Popen[bytes], Path]) -> dict[str, Any]:
    process, out = started
    try:
        code = process.wait(RUN_SECONDS)
    finally:
        process.kill()
    if code:
        log = out.with_name(f"{out.name}.log").read_text()
        raise SystemExit(f"spark: {out.name} failed:\n{log[-3000:]}")
    return manifest(out)


def manifest(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    return content


def report(name: str, direct: dict[str, Any], spark: dict[str, Any]) -> bool:
    for where, content in (("DirectRunner", direct), ("Spark", spark)):
        seconds = content["environment"]["seconds"]
        stages = ", ".join(f"{stage} {seconds[stage]:.1f}" for stage in sorted(seconds))
        total = sum(seconds.values())
        print(f"{name:5} {where:12} {content['run_digest'][:16]} {total:6.1f} s: {stages}")
    return bool(direct["run_digest"] == spark["run_digest"])


@contextlib.contextmanager
def cluster(spark: Path, work: Path) -> Iterator[tuple[str, str, subprocess.Popen[bytes]]]:
    """A standalone cluster; yields its address, the worker pool's, and the first worker."""
    spark_class = spark / "bin" / "spark-class"
    master: list[str | Path] = [
        spark_class, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
        "--port", str(free_port()), "--webui-port", str(free_port()),
    ]  # fmt: skip
    worker: list[str | Path] = [
        spark_class, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
        "--cores", "1", "--memory", "2g", "--webui-port", "0",
    ]  # fmt: skip
    os.environ["SPARK_HOME"] = str(spark)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(
            worker_pool([sys.executable, "-m", "pipelines.worker_boot"], work)
        )
        process = stack.enter_context(running(master, work, "master.log"))
        address = wait_for(work / "master.log", r"Starting Spark master at (spark://\S+)", process)
        workers = []
        for number in (1, 2):
            command = [*worker, "--work-dir", work / f"worker{number}", address]
            log = f"worker{number}.log"
            workers.append(stack.enter_context(running(command, work, log)))
            wait_for(work / log, r"(Successfully registered) with master", workers[-1])
        yield address, pool, workers[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def take_pyspark(folder: Path) -> Path:
    """SPARK_HOME: pyspark's own folder, which has jars and bin, but no sbin."""
    home = folder / "python" / "pyspark"
    if not home.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--target", folder / "python", PYSPARK], check=True)
    return home


def take_job_server(folder: Path, spark: Path) -> Path:
    """The jar of Beam's version; where there is none, one that names its parts."""
    jar = folder / f"beam-runners-spark-3-job-server-{BEAM}.jar"
    if jar.exists():
        return jar
    copied = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={JOB_SERVER}",
         f"-DoutputDirectory={folder}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if copied.returncode == 0:
        return jar
    print(f"{JOB_SERVER} is not to be had here; taking the parts in {PARTS_POM.name} instead")
    parts = folder / "parts"
    subprocess.run(
        ["mvn", "-q", "-B", "-f", PARTS_POM, "dependency:copy-dependencies",
         f"-DoutputDirectory={parts}"],
        check=True,
    )  # fmt: skip
    jars = [*sorted(parts.glob("*.jar")), *sorted((spark / "jars").glob("*.jar"))]
    assembled = folder / "spark-job-server-parts.jar"
    with zipfile.ZipFile(assembled, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", jar_manifest(jars))
    return assembled


def jar_manifest(jars: list[Path]) -> bytes:
    """Main class and class path; a line has 72 bytes at most and goes on after a space."""
    entries = {
        "Manifest-Version": "1.0",
        "Main-Class": "org.apache.beam.runners.spark.SparkJobServerDriver",
        "Class-Path": " ".join(path.as_uri() for path in jars),
    }
    lines = []
    for key, value in entries.items():
        line = f"{key}: {value}".encode()
        lines.append(line[:72])
        lines += [b" " + line[start : start + 71] for start in range(72, len(line), 71)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


if __name__ == "__main__":
    main()
