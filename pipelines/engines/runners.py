"""Engines: the Beam runner that executes a stage, and its options.

`completed_options` adds the options that an engine needs to those of the user.

DirectRunner here means Beam's FnApiRunner, which we configure. Beam's own `DirectRunner` first
tries to download a Prism binary, so users with and without a network would get different engines.
"""

import argparse
import dataclasses
import importlib.metadata
import json
import logging
import os
import platform
import re
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from manifests.store import Store
from manifests.suggestions import suggest
from pipelines.recipe.config import RecipeError
from pipelines.transport import ways

if TYPE_CHECKING:
    import apache_beam as beam

    from pipelines.engines.workers import Zygote

DIRECT = "DirectRunner"
SPARK, FLINK, DATAFLOW, PORTABLE = (
    "SparkRunner", "FlinkRunner", "DataflowRunner", "PortableRunner",
)  # fmt: skip
RUNNERS = (DIRECT, SPARK, FLINK, DATAFLOW, PORTABLE)
WORKER_POOL = "localhost:50000"  # where `winnow-worker pool` listens on every node
_LOCAL_MASTER = re.compile(r"local(\[.*\])?")
# The number of elements of the small job in which workers say hello. An engine spreads them over
# its workers.
_HELLOS = 16
_KEEP_WORKERS_MILLIS = 600_000
# Workers start anew for each stage, which takes as long as a worker takes for some megabytes.
_TEXT_PER_WORKER = 4 << 20
# The error of a worker without our package when it unpickles one of our functions.
_MISSING_MODULE = re.compile(r"No module named '((?:winnow|pipelines|manifests)\b[\w.]*)'")


class Interrupt:
    """Ctrl-C, or SIGTERM, with which schedulers end a job.

    It ends a run once: whoever is impatient must not disturb the end of it.
    """

    def __init__(self) -> None:
        self.came: int | None = None  # the signal
        self.stop: Callable[[], None] = lambda: None  # called before all else is left

    def __call__(self, number: int, _: object) -> None:
        """Handles SIGINT and SIGTERM."""
        if self.came:
            return
        self.came = number
        self.stop()
        raise KeyboardInterrupt(number)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raises KeyboardInterrupt in the place of what Beam makes of it.

        Where a worker is this process, Beam takes it for an error of a DoFn.
        """
        try:
            yield
        except Exception:
            if self.came:
                raise KeyboardInterrupt(self.came) from None
            raise


@dataclasses.dataclass(frozen=True)
class Engine:
    """A runner that is ready to execute pipelines.

    Attributes:
      runner: one of `RUNNERS`.
      workers: number of DirectRunner's processes; with 1 everything runs in this process. None for
        other runners.
      zygote: set if DirectRunner has more than one worker.
      beam_options: options that Beam gets as they are.
      interrupt: what Ctrl-C does.
    """

    runner: str
    workers: int | None
    beam_options: tuple[str, ...]
    zygote: "Zygote | None"
    interrupt: "Interrupt"

    @property
    def exchange(self) -> str:
        """How bulk data is exchanged on this engine."""
        return ways.FILES if self.runner == DIRECT else ways.ENGINE

    def run(self, build: "Callable[[beam.Pipeline], None]", describe: Callable[[int], str]) -> None:
        """Builds a pipeline, runs it to its end, and raises its error if it fails."""
        import apache_beam as beam  # it takes a second, and a run with nothing to do needs none
        from apache_beam.options.pipeline_options import PipelineOptions
        from apache_beam.runners.portability.fn_api_runner import fn_runner

        from pipelines.engines import dofn_specs
        from pipelines.engines.options import LocalOptions
        from pipelines.engines.workers import forked_runner, private_sockets, worker_deaths

        dofn_specs.remember()
        if self.runner == DIRECT:
            options: PipelineOptions = LocalOptions(
                ["--default_sdk_harness_log_level=WARNING", *self.beam_options]
            )
            runner = (
                forked_runner(self.zygote, self.workers, options, describe)
                if self.zygote and self.workers
                else fn_runner.FnApiRunner()
            )
            pipeline = beam.Pipeline(runner=runner, options=options)
        else:
            options = PipelineOptions([f"--runner={self.runner}", *self.beam_options])
            pipeline = beam.Pipeline(options=options)
        build(pipeline)
        with (
            self.interrupt.told(),
            worker_deaths(self.zygote) if self.zygote else nullcontext(),
            private_sockets() if self.zygote else nullcontext(),
        ):
            pipeline.run().wait_until_finish()

    def submit(self, build: "Callable[[beam.Pipeline], None]") -> None:
        """Builds a pipeline and hands it to a remote engine, without waiting for its end."""
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions

        from pipelines.engines import dofn_specs

        dofn_specs.remember()
        options = PipelineOptions([f"--runner={self.runner}", *self.beam_options])
        pipeline = beam.Pipeline(options=options)
        build(pipeline)
        pipeline.run()

    def greet(self, run: str) -> None:
        """Checks that workers on other machines have this winnow and see the run's folder.

        This is a small job of its own. Without it a run would fail after hours, or leave its parts
        on the disks of several machines. Dataflow is not asked, since it starts machines for every
        job; `pipelines.engines.checks` looks at its image and paths instead.

        Raises:
          RecipeError: a worker lacks something; the message says what, and the remedy.
        """
        if self.runner in (DIRECT, DATAFLOW):
            return
        store = Store(run)
        folder = f"exchange/hello-{uuid.uuid4().hex}"
        store.write_json(f"{folder}/driver.json", versions())
        try:
            with _silent():
                self.run(lambda p: _hello(p, run, folder), lambda _: "")
            answers = [path for path in store.list(folder) if not path.endswith("driver.json")]
            faults = {fault for path in answers for fault in store.read_json(path)}
            if not answers:
                faults.add(_unseen(run))
        except RecipeError:
            raise
        except Exception as error:
            if "HelloError" in str(error):
                faults = {_unseen(run)}
            elif found := _MISSING_MODULE.search(str(error)):
                faults = {_not_installed(found[1])}
            else:
                raise
        finally:
            store.remove(folder)
        if faults:
            raise RecipeError("; ".join(sorted(faults)))


@contextmanager
def _silent() -> Iterator[None]:
    """Silences Beam's traceback of a job that fails; our error says the same in one line."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class HelloError(RuntimeError):
    """A worker does not see the files that the driver wrote."""


def versions() -> dict[str, str]:
    """Versions that driver and workers must share, since DoFns are sent as pickles."""
    return {
        "winnow": importlib.metadata.version("winnow-corpus"),
        "apache-beam": importlib.metadata.version("apache-beam"),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def _not_installed(module: str) -> str:
    return (
        f"a worker has no module {module!r}: winnow is not installed where it runs; install "
        f"winnow-corpus {versions()['winnow']} there, and start workers by its winnow-worker "
        "(driver and workers either all from an installed package, or all from a checkout)"
    )


def _unseen(run: str) -> str:
    return (
        f"workers do not see the run's folder {run}; "
        "--out and all sources must be where driver and workers see them: "
        "an object store (s3://, gs://, hdfs://), or a folder that all machines mount"
    )


def _hello(pipeline: "beam.Pipeline", run: str, folder: str) -> None:
    import apache_beam as beam

    _ = (
        pipeline
        | "CreateHellos" >> beam.Create(range(_HELLOS)).with_output_types(int)
        | "SayHello" >> beam.Map(say_hello, run, folder)
    )


def say_hello(_: int, run: str, folder: str) -> str:
    """Runs on a worker: writes to the run's folder how the worker differs from the driver."""
    store = Store(run)
    if not store.exists(f"{folder}/driver.json"):
        raise HelloError(f"{platform.node()} does not see {run}")
    driver, here = store.read_json(f"{folder}/driver.json"), versions()
    faults = [
        f"the worker on {platform.node()} has {name} {here[name]}, the driver {driver[name]}; "
        "install the driver's version there"
        for name in driver
        if driver[name] != here[name]
    ]
    path = f"{folder}/{uuid.uuid4().hex}.json"
    store.write_json(path, faults)
    return path


def refuse(message: str) -> NoReturn:
    """What a parser does with a wrong option, in the place of printing its usage and ending."""
    raise ValueError(message)


def known_options(options: Sequence[str]) -> argparse.Namespace:
    """Beam's options that decide where and how workers run.

    Raises:
      ValueError: an option lacks its value.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.error = refuse  # type: ignore[method-assign]
    for name in (
        "job_endpoint", "environment_type", "environment_config", "sdk_worker_parallelism",
        "environment_cache_millis", "spark_job_server_jar", "spark_rest_url",
        "flink_job_server_jar", "flink_master",
        "project", "region", "temp_location", "staging_location", "sdk_container_image",
        "dataflow_endpoint", "template_location", "job_name", "machine_type", "worker_machine_type",
        "number_of_worker_harness_threads", "disk_size_gb", "worker_disk_type", "sdk_location",
    ):  # fmt: skip
        parser.add_argument(f"--{name}", default=None)
    parser.add_argument("--spark_master_url", default="local[4]")
    parser.add_argument("--spark_submit_uber_jar", action="store_true")
    parser.add_argument("--no_auth", action="store_true")
    parser.add_argument("--experiments", "--experiment", action="append", default=[])
    return parser.parse_known_args(list(options))[0]


def is_local(runner: str, options: argparse.Namespace) -> bool:
    """Whether the engine's workers run on this machine."""
    if runner == SPARK and options.job_endpoint is None:
        return bool(_LOCAL_MASTER.fullmatch(options.spark_master_url))
    if runner == FLINK and options.job_endpoint is None:
        return options.flink_master in (None, "[local]", "[auto]")
    endpoint = options.job_endpoint or ""
    return runner == DIRECT or endpoint.split(":")[0] in ("localhost", "127.0.0.1")


def worker_command() -> str | None:
    """The path of this environment's `winnow-worker`."""
    beside = Path(sys.executable).with_name("winnow-worker")
    return str(beside) if beside.exists() else shutil.which("winnow-worker")


def completed_options(runner: str, given: Sequence[str]) -> tuple[str, ...]:
    """The user's options, and those that this engine needs and the user did not give.

    Workers on this machine are processes of this environment; on other machines they come from the
    pool on their node. They stay for the whole job: Beam's default ends them after each step, and
    starting takes seconds (161 s against 31 s for the demo on Spark). Dataflow has one Python
    process for each core, with one thread, since parsing holds the GIL.
    """
    options = known_options(given)
    added: list[str] = []
    if runner in (SPARK, FLINK, PORTABLE):
        if options.environment_type is None:
            command = worker_command()
            if is_local(runner, options) and command:
                config = json.dumps({"command": command})
                added += ["--environment_type=PROCESS", f"--environment_config={config}"]
            else:
                added += ["--environment_type=EXTERNAL", f"--environment_config={WORKER_POOL}"]
        if options.environment_cache_millis is None:
            added.append(f"--environment_cache_millis={_KEEP_WORKERS_MILLIS}")
        if options.sdk_worker_parallelism is None and runner == SPARK and is_local(runner, options):
            cores = re.search(r"\[(\d+|\*)", options.spark_master_url)
            count = cores[1] if cores and cores[1] != "*" else str(os.cpu_count() or 1)
            added.append(f"--sdk_worker_parallelism={count if cores else 1}")
    if runner == DATAFLOW:
        if options.sdk_location is None and options.sdk_container_image is not None:
            added.append("--sdk_location=container")
        if options.machine_type is None and options.worker_machine_type is None:
            added.append("--machine_type=n2-highmem-4")
        if options.number_of_worker_harness_threads is None:
            added.append("--number_of_worker_harness_threads=1")
        if options.disk_size_gb is None:
            added.append("--disk_size_gb=100")
        if not any(e.startswith("use_runner_v2") for e in options.experiments):
            added.append("--experiments=use_runner_v2")
    return (*given, *added)


def require(runner: str, worker_count: int | None) -> None:
    """Checks that there is such a runner, and that it can have this number of workers.

    Raises:
      RecipeError: there is not, or it cannot.
    """
    if runner not in RUNNERS:
        raise RecipeError(
            f"unknown runner {runner!r}; known are {', '.join(RUNNERS)}{suggest(runner, RUNNERS)}"
        )
    if runner != DIRECT and worker_count is not None:
        raise RecipeError(
            f"--workers is for {DIRECT}; give {runner} its own options after --, "
            "see docs/engines.md"
        )
    if worker_count is not None and worker_count < 1:
        raise RecipeError(f"--workers is {worker_count}, but must be 1 or more")


def workers_for(text_bytes: int | None) -> int:
    """The number of DirectRunner's workers unless given: one for each core, fewer for little text.

    Args:
      text_bytes: how much text there is, roughly; None if nobody knows.
    """
    cores = len(os.sched_getaffinity(0))
    if text_bytes is None:
        return cores
    return max(1, min(cores, text_bytes // _TEXT_PER_WORKER))


@contextmanager
def start_engine(
    runner: str,
    worker_count: int | None,
    beam_options: Sequence[str],
    preload: Callable[[], None] | None,
) -> Iterator[Engine]:
    """Starts what the runner needs. Call it before this process starts any thread.

    Args:
      worker_count: number of DirectRunner's workers; None takes one for each core.
      preload: imports and compiles what workers need; None if there is nothing to do, so that no
        worker is started.

    Raises:
      RecipeError: the runner does not exist or cannot have this number of workers.
    """
    require(runner, worker_count)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    interrupt = Interrupt()
    with _handled(interrupt):
        if runner != DIRECT:
            try:
                completed = completed_options(runner, beam_options)
                yield Engine(runner, None, completed, None, interrupt)
            finally:
                _stop_job_servers()
            return
        count = worker_count or workers_for(None)
        if count == 1 or preload is None:
            if preload is not None:
                preload()
            yield Engine(runner, count, tuple(beam_options), None, interrupt)
            return
        from pipelines.engines.workers import Zygote

        zygote = Zygote.start(preload)
        interrupt.stop = zygote.kill_workers
        try:
            yield Engine(runner, count, tuple(beam_options), zygote, interrupt)
        finally:
            zygote.stop()


@contextmanager
def _handled(interrupt: Interrupt) -> Iterator[None]:
    """Gives SIGINT and SIGTERM to `interrupt`, and to who had them before when all has ended."""
    previous = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        # If one came, the process is about to say so and to end; a second would disturb that.
        if not interrupt.came:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _stop_job_servers() -> None:
    """Ends the Java processes that Beam started for this run; after a failure they would stay."""
    if "apache_beam" not in sys.modules:
        return
    from apache_beam.runners.portability import spark_runner

    while spark_runner.JOB_SERVER_CACHE:
        spark_runner.JOB_SERVER_CACHE.popitem()[1].stop()
