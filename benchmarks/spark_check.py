"""The same digest from Spark: `make spark-test`, or `python -m benchmarks.spark_check FOLDER`.

Starts a standalone cluster of a master and two workers beside a pool of Python workers, and runs
the demo, real data (WINNOW_DATA) and adversarial duplicates with DirectRunner and there. Another
run loses a Spark worker, its executor and that executor's Python workers midway, all at one stroke,
as when a machine dies. Nothing that was started is left, whatever happens.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import dedup_adversarial, job_servers
from benchmarks.engine_runs import (
    DEMO,
    REAL,
    left_behind,
    real_data_is_missing,
    report,
    run_whole,
    started,
)
from benchmarks.spark_times import PythonTime, Times, python_workers, told
from pipelines.engines.runners import worker_command
from tests.services import free_port, running, wait_for, worker_pool

WORKER_CORES = 1
# Of the whole machine three JVMs of Spark's, an executor for each worker and the job server.
DAEMON_MEMORY = "256m"
EXECUTOR_MEMORY = "1g"
DRIVER_MEMORY = "1g"
CHECKS = ("demo", "real", "adversarial", "kill")
# Adversarial documents. With so little memory no worker holds all pairs that they may have, so that
# survivors are chosen in rounds.
ADVERSARIAL_DOCUMENTS = 100_000
ADVERSARIAL = """
name: adversarial
unit_mb: 1
sources: [{name: synthetic, kind: jsonl, path: "FOLDER/*.jsonl"}]
duplicates: {near: {}}
tokenizer: {vocab_size: 512, sample_mb_per_language: 1}
token_cost: {sample_mb_per_language: 1}
execution: {memory_mb: 500}
"""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
      work: folder of this check.
      options: behind `--` in every run.
      pool: address of the Python workers.
      workers: Spark's, each in a process group of its own with the executors that it starts.
    """

    work: Path
    options: tuple[str, ...]
    pool: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def on_spark(self, name: str, process: bool = False) -> tuple[str, ...]:
        """A run's options; Python workers come from the pool, or are children of the executor."""
        config = json.dumps({"command": worker_command()}) if process else self.pool
        (logs := self.event_logs(name)).mkdir()
        return (
            *self.options,
            f"--environment_type={'PROCESS' if process else 'EXTERNAL'}",
            f"--environment_config={config}",
            "--job_server_jvm_properties=-Dspark.eventLog.enabled=true",
            f"--job_server_jvm_properties=-Dspark.eventLog.dir={logs.as_uri()}",
        )

    def event_logs(self, name: str) -> Path:
        return self.work / f"{name}-events"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="Where the jar and pyspark stay.")
    parser.add_argument("--only", choices=CHECKS, action="append")
    options = parser.parse_args()
    # As Ctrl-C does, that the blocks below end what they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("spark: terminated"))
    job_servers.refuse_without_java()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    spark = job_servers.take_pyspark(folder)
    server = job_servers.take(job_servers.SPARK, folder, spark / "jars")
    begun = time.monotonic()
    wanted = set(options.only or CHECKS)
    equal = True
    with tempfile.TemporaryDirectory(prefix="winnow-spark-") as temporary:
        work = Path(temporary)
        with cluster(spark, server, work) as running_cluster:
            if "demo" in wanted:
                equal &= compare(running_cluster, "demo", DEMO)
            if reason := real_data_is_missing():
                print(f"real  {reason}")
            if "real" in wanted and not reason:
                equal &= compare(running_cluster, "real", REAL)
            if "adversarial" in wanted:
                equal &= compare(running_cluster, "adversarial", adversarial(work))
            if "kill" in wanted:
                equal &= survive(running_cluster, DEMO if reason else REAL)
        if left := left_behind(work):
            raise SystemExit(f"spark: processes were left: {left}")
    if not equal:
        raise SystemExit("spark: run_digests differ")
    seconds = time.monotonic() - begun
    print(f"spark: all run_digests are equal, no process is left; {seconds:.0f} s")


def adversarial(work: Path) -> tuple[str, ...]:
    """A recipe over documents that are hard to spread: chains, one cluster, templates."""
    folder, recipe = work / "adversarial-input", work / "adversarial.yaml"
    dedup_adversarial.write_files(folder, ADVERSARIAL_DOCUMENTS)
    recipe.write_text(ADVERSARIAL.replace("FOLDER", str(folder)))
    return (str(recipe),)


def compare(where: Cluster, name: str, recipe: tuple[str, ...]) -> bool:
    """Runs a recipe both ways and prints digests and where the time went."""
    direct = run_whole(where.work, f"{name}-direct", recipe)
    with PythonTime() as python:
        spark = run_whole(where.work, f"{name}-spark", recipe, where.on_spark(name))
    equal = report(name, "Spark", direct, spark)
    print(told(spark.wall_seconds, Times.of(where.event_logs(name)), python.seconds), flush=True)
    return equal


def survive(where: Cluster, recipe: tuple[str, ...]) -> bool:
    """Kills one Spark worker and all that runs under it while documents are processed."""
    direct = run_whole(where.work, "kill-direct", recipe)
    lost = where.workers[0]
    with started(where.work, "kill-spark", recipe, where.on_spark("kill", process=True)) as spark:
        while True:
            if spark.process.poll() is not None:
                raise SystemExit("spark: the run ended before a worker could be killed")
            # Python workers are the executor's children here, so they die with it.
            dying = [w.pid for w in python_workers() if w.group == lost.pid]
            if dying and any(spark.out.glob("documents/*")):
                break
            time.sleep(0.05)
        os.killpg(lost.pid, signal.SIGKILL)
        print(f"kill  one Spark worker, its executor and {len(dying)} Python workers", flush=True)
    times = Times.of(where.event_logs("kill"))
    print(f"      Spark counts {times.failed} failed tasks and did them again")
    return report("kill", "Spark", direct, spark)


@contextlib.contextmanager
def cluster(spark: Path, server: job_servers.Taken, work: Path) -> Iterator[Cluster]:
    """A standalone cluster on this machine, and a pool of Python workers."""
    spark_class = spark / "bin" / "spark-class"
    master: list[str | Path] = [
        spark_class, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
        "--port", str(free_port()), "--webui-port", str(free_port()),
    ]  # fmt: skip
    worker: list[str | Path] = [
        spark_class, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
        "--cores", str(WORKER_CORES), "--memory", EXECUTOR_MEMORY, "--webui-port", "0",
    ]  # fmt: skip
    os.environ |= {
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
    }
    options = [
        "--runner", "SparkRunner", "--", f"--spark_job_server_jar={server.jar}",
        f"--job_server_jvm_properties=-Xmx{DRIVER_MEMORY}",
        f"--job_server_jvm_properties=-Dspark.executor.memory={EXECUTOR_MEMORY}",
    ]  # fmt: skip
    if server.parts is not None:
        # Executors need Beam's parts of an assembled jar; Spark they have themselves. Named as
        # their class path nothing is copied, 119 MB to each executor of six applications else.
        classes = f"-Dspark.executor.extraClassPath={server.parts}/*"
        options += [f"--job_server_jvm_properties={classes}", f"--files_to_stage={server.jar}"]
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(
            worker_pool([sys.executable, "-m", "pipelines.engines.worker_boot"], work)
        )
        process = stack.enter_context(running(master, work, "master.log"))
        address = wait_for(work / "master.log", r"Starting Spark master at (spark://\S+)", process)
        workers = []
        for number in (1, 2):
            command = [*worker, "--work-dir", work / f"worker{number}", address]
            log = f"worker{number}.log"
            workers.append(stack.enter_context(running(command, work, log)))
            wait_for(work / log, r"(Successfully registered) with master", workers[-1])
        options.append(f"--spark_master_url={address}")
        yield Cluster(work, tuple(options), pool, tuple(workers))


if __name__ == "__main__":
    main()
