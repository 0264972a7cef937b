"""`winnow estimate`: what a run would give and take, from a keyed sample of its input."""

import contextlib
import dataclasses
import functools
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence

from rich import box
from rich.table import Table

from manifests.store import Store
from manifests.summary import size_told
from pipelines import preflight
from pipelines.commands import console
from pipelines.commands.compile import compile_missing
from pipelines.engines.aside import in_child
from pipelines.engines.runners import DIRECT, start_engine, workers_for
from pipelines.estimation import prices
from pipelines.estimation.draw import Drawn, draw
from pipelines.estimation.forecast import Forecast, forecast
from pipelines.estimation.measured import Measure, Measured
from pipelines.estimation.ratios import LEVEL, Interval
from pipelines.progress import Monitor
from pipelines.recipe.loading import Reading, read
from pipelines.recipe.plan import Plan
from pipelines.recipe.recipe import Recipe
from pipelines.run import execute, reason_of
from pipelines.stages.settings import wanted_stages

LEAST_SHARE, MOST_SHARE = 0.001, 0.05
_WHOLE, _HALF = "sample", "half"


class SampleError(RuntimeError):
    """The sample cannot be run to its end; the message says why."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The answer.

    Attributes:
      share: of the input that was asked for.
      sampled: documents of the sample.
      read_bytes, stored_bytes: of the sources, that were read, and in all.
      notes: what the sample cannot see.
    """

    share: float
    seed: int
    sampled: int
    read_bytes: int
    stored_bytes: int
    forecast: Forecast
    notes: tuple[str, ...]


def command(
    name: str,
    overrides: Sequence[str],
    sources: Sequence[str],
    share: float,
    seed: int,
    workers: int | None,
    price_file: str | None,
    keep: str | None,
    keep_going: bool,
    quiet: bool,
    as_json: bool = False,
) -> None:
    """Prints what a run of the recipe would give and take.

    Raises:
      RecipeError: the recipe or a path is wrong, or the sample is empty.
      SampleError: the sample cannot be run, such as where no document of it survives.
      Failure, ValueError: an option is wrong.
    """
    if not LEAST_SHARE <= share <= MOST_SHARE:
        raise console.Failure(
            f"--share is {share:g}; give the part of the input that is run, from {LEAST_SHARE:g} "
            f"to {MOST_SHARE:g}",
            2,
        )
    table = prices.read(price_file) if price_file else None
    with _folder(keep) as folder:
        found = estimate(
            functools.partial(read, name, overrides, sources),
            share, seed, folder, workers, table, keep_going, quiet,
        )  # fmt: skip
    if as_json:
        console.print_json(
            {
                **dataclasses.asdict(found),
                "forecast": found.forecast.to_json(),
                "level": LEVEL,
            }
        )
        return
    console.out.print(_table(found))
    for note in found.notes:
        console.say(note)


@contextlib.contextmanager
def _folder(keep: str | None) -> Iterator[str]:
    """A folder for sample and runs, which is removed at the end unless it is to be kept."""
    if keep is not None:
        console.expect_empty(Store(keep), keep)
        os.makedirs(keep, exist_ok=True)
        yield os.path.abspath(keep)
        return
    made = tempfile.mkdtemp(prefix="winnow-estimate-")
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def estimate(
    reading: "functools.partial[Reading]",
    share: float,
    seed: int,
    folder: str,
    workers: int | None,
    table: prices.Prices | None,
    keep_going: bool,
    quiet: bool,
) -> Estimate:
    """Draws a sample into a local folder, runs its first half and then all of it, and tells.

    Raises:
      RecipeError, SampleError: as `command`.
    """
    count = workers or workers_for(None)
    ready = in_child(lambda: preflight.ready(reading(), keep_going))
    for note in ready.notes:
        console.err.print(note, markup=False, soft_wrap=True)
    recipe, stages = ready.recipe, wanted_stages(ready.recipe)
    compile_missing()
    drawn = in_child(lambda: draw(recipe, ready.plan, share, seed, folder, count))
    if workers is None:
        count = workers_for(int(drawn.sizes.sum()))
    # These import Beam, which a wrong recipe need not wait for.
    from pipelines.estimation import outcomes
    from pipelines.preload import preload

    preload(recipe, stages)
    # Each run begins as any run does, in a process of its own: both take the same time to start.
    store, other = (Store(os.path.join(folder, name)) for name in (_WHOLE, _HALF))
    of_half = _run(recipe, Plan(drawn.half), other, count, quiet=True) if drawn.half else ""
    of_whole = _run(recipe, Plan(drawn.whole), store, count, quiet)
    if isinstance(of_whole, str):
        raise SampleError(of_whole)
    of_all = Interval.exact(1.0)
    if "tokenizer" in stages and not recipe.tokenizer.path:
        half = None if isinstance(of_half, str) else other
        of_all = outcomes.tokens_of_all(store, half, drawn, recipe)
    told = forecast(
        drawn, outcomes.outcomes(store, drawn), store, stages, of_whole,
        None if isinstance(of_half, str) else of_half,
        of_all, recipe.execution.memory_mb, table,
    )  # fmt: skip
    return Estimate(
        share, seed, len(drawn.ids), drawn.read_bytes, drawn.stored_bytes, told,
        tuple(_notes(recipe, drawn, not isinstance(of_half, str))),
    )  # fmt: skip


def _run(
    recipe: Recipe, plan: Plan, store: Store, workers: int, quiet: bool
) -> list[Measure] | str:
    """Runs all stages; their measures, or why there are none."""

    def work() -> list[Measure] | str:
        monitor = Monitor(console.err, quiet)
        try:
            with start_engine(DIRECT, workers, (), lambda: None) as engine, monitor:
                measured = Measured.of(engine, str(store))
                execute(recipe, plan, str(store), measured, monitor)
        except Exception as error:
            return reason_of(error)
        return measured.measures

    return in_child(work)


def _notes(recipe: Recipe, drawn: Drawn, has_half: bool) -> Iterator[str]:
    """What a person should know of the sample."""
    if (drawn.strata == 0).any():
        yield (
            "Sources with few work units were read whole, and records drawn by their content: "
            "copies of a document are in the sample together."
        )
    if (drawn.strata == 1).any():
        yield (
            "Whole work units were drawn: of documents with copies elsewhere most copies are not "
            "in the sample, which is why intervals of what is kept are wide."
        )
    if recipe.duplicates.lines or recipe.duplicates.spans:
        yield (
            "Lines and spans that documents share are cut only where the sample has enough of "
            "these documents: less may be kept than is told here."
        )
    if not has_half:
        yield (
            "The sample is too small to tell work from starting, and to tell how a tokenizer does "
            "on text that it has not seen; give a larger --share."
        )


def _table(found: Estimate) -> Table:
    told = found.forecast
    table = Table(
        "", "estimate", f"{LEVEL:.0%} interval", title_justify="left", title_style="bold",
        title=f"All of {size_told(found.stored_bytes)}, from {found.sampled:,} documents "
        f"({found.share:.1%}, seed {found.seed})", box=box.SIMPLE_HEAD,
    )  # fmt: skip
    table.columns[1].justify = table.columns[2].justify = "right"

    def add(name: str, one: Interval, shown: Callable[[float], str] = _whole) -> None:
        bounds = "" if one.low == one.high else f"{shown(one.low)} - {shown(one.high)}"
        table.add_row(name, shown(one.estimate), bounds)

    add("documents with text", told.documents)
    add("documents that rules keep", told.passed)
    add("documents kept", told.kept)
    if told.tokens is not None:
        add("tokens", told.tokens)
    table.add_section()
    add("core-hours", told.all_core_hours, _hours)
    for stage, hours in told.core_hours.items():
        add(f"  {stage}", hours, _hours)
    add("  reading", told.reading, _hours)
    add("  starting, once a stage", told.start_up, _hours)
    table.add_section()
    add("memory of a worker", told.worker_bytes, size_told)
    add("shuffles", told.shuffle_bytes, size_told)
    add("disk", told.disk_bytes, size_told)
    if told.cost is not None:
        add(f"cost ({told.currency})", told.cost, lambda value: f"{value:,.2f}")
    return table


def _whole(value: float) -> str:
    return "unknown" if math.isinf(value) else f"{value:,.0f}"


def _hours(value: float) -> str:
    if math.isinf(value):
        return "unknown"
    return f"{value:,.0f}" if value >= 100 else f"{value if value >= 1e-5 else 0:.2g}"
