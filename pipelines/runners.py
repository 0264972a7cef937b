"""Engines: which Beam runner executes a stage, with which options.

DirectRunner here means FnApiRunner that we configure. Beam's own `DirectRunner` first tries to
download a Prism binary, so that users with and without a network would get different engines.
"""

import dataclasses
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import fn_runner

from pipelines import exchange
from pipelines.config import RecipeError
from pipelines.workers import Zygote, forked_runner, worker_deaths

DIRECT = "DirectRunner"
RUNNERS = (DIRECT, "SparkRunner", "FlinkRunner", "DataflowRunner", "PortableRunner")


@dataclasses.dataclass(frozen=True)
class Engine:
    """A runner ready to execute pipelines.

    Attributes:
      runner: one of `RUNNERS`.
      workers: processes of DirectRunner, 1 runs everything in this process; else None.
      zygote: set when DirectRunner has more than one worker.
      beam_options: passed on as they are.
    """

    runner: str
    workers: int | None
    beam_options: tuple[str, ...]
    zygote: Zygote | None

    @property
    def exchange(self) -> str:
        """How bulk data is exchanged on this engine."""
        return exchange.FILES if self.runner == DIRECT else exchange.ENGINE

    def run(self, build: Callable[[beam.Pipeline], None], describe: Callable[[int], str]) -> None:
        """Builds a pipeline, runs it to its end and raises what made it fail."""
        if self.runner == DIRECT:
            options = PipelineOptions(
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
        with worker_deaths(self.zygote) if self.zygote else nullcontext():
            pipeline.run().wait_until_finish()


@contextmanager
def start_engine(
    runner: str, worker_count: int | None, beam_options: Sequence[str], preload: Callable[[], None]
) -> Iterator[Engine]:
    """Starts what the runner needs; call it before this process starts any thread.

    Args:
      worker_count: of DirectRunner; None takes one a core.
      preload: what workers need imported and compiled.

    Raises:
      RecipeError: no such runner, or a worker count that it cannot have.
    """
    if runner not in RUNNERS:
        raise RecipeError(f"unknown runner {runner!r}; known are {', '.join(RUNNERS)}")
    if runner != DIRECT and worker_count is not None:
        raise RecipeError(
            f"--workers is for {DIRECT}; give {runner} its own options behind --, "
            "see docs/engines.md"
        )
    if worker_count is not None and worker_count < 1:
        raise RecipeError(f"--workers is {worker_count}, but must be 1 or more")
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    count = worker_count or len(os.sched_getaffinity(0))
    if runner != DIRECT:
        yield Engine(runner, None, tuple(beam_options), None)
        return
    if count == 1:
        preload()
        yield Engine(runner, 1, tuple(beam_options), None)
        return
    zygote = Zygote.start(preload)
    try:
        yield Engine(runner, count, tuple(beam_options), zygote)
    finally:
        zygote.stop()
