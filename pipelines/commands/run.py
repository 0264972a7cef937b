"""`winnow run`: a recipe from raw files to shards."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from manifests.store import Store
from manifests.suggestions import some_of
from pipelines import preflight
from pipelines.commands import console, lineage
from pipelines.commands.compile import compile_missing
from pipelines.commands.inspect import summary_of
from pipelines.engines.aside import in_child
from pipelines.engines.runners import DIRECT, start_engine, workers_for
from pipelines.progress import Monitor
from pipelines.recipe.config import Fault
from pipelines.recipe.loading import Reading, read
from pipelines.recipe.recipe import Recipe
from pipelines.run import execute, look_ahead, reason_of, remove_damaged


def command(
    name: str,
    overrides: Sequence[str],
    sources: Sequence[str],
    where: str,
    runner: str,
    workers: int | None,
    beam_options: Sequence[str],
    keep_going: bool,
    overwrite: bool,
    from_stage: str | None,
    check_digests: bool,
    openlineage: str | None,
    quiet: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """Runs a recipe with progress on stderr, then prints the run's summary or its manifest.

    Raises:
      RecipeError: the recipe, a path or an option is wrong, or the folder is not free; nothing
        has been submitted.
      Failure: `strict`, and the run, which is finished, has alarms.
    """
    manifest = perform(
        functools.partial(read, name, overrides, sources),
        preflight.Output(where, overwrite, from_stage, check_digests, openlineage),
        (runner, workers, beam_options),
        keep_going,
        Monitor(console.err, quiet),
        lambda note: console.err.print(note, markup=False, soft_wrap=True),
    )
    if as_json:
        console.print_json(manifest)
    else:
        console.out.print(summary_of(Store(where), manifest, where))
    alarms = manifest["reproducible"]["alarms"]
    if strict and alarms:
        for alarm in alarms:
            console.err.print(f"winnow: alarm: {alarm['sentence']}", markup=False, soft_wrap=True)
        raise console.Failure(
            f"--strict: {where} is finished, with {len(alarms)} alarm{'s' * (len(alarms) > 1)}", 1
        )


def perform(
    reading: Callable[[], Reading],
    output: preflight.Output,
    engine_of: tuple[str, int | None, Sequence[str]],
    keep_going: bool,
    monitor: Monitor,
    tell: Callable[[str], None],
    started: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Runs a recipe. What workers need is loaded only for the stages that have something to do.

    Args:
      reading: reads the recipe, in a process of its own.
      engine_of: the runner, the number of workers and Beam's options.
      tell: called with each note of the preflight.
      started: called once workers can be forked, so that this process may start threads.

    Returns:
      The run's manifest.

    Raises:
      RecipeError: as `command`.
    """

    def look() -> tuple[preflight.Ready, tuple[str, ...], list[str]]:
        found = reading()
        if output.where.startswith("memory://"):  # workers are other processes
            told = f"{output.where} is in the memory of one process; give a folder or a bucket"
            found.found.append(Fault((), "--out", told))
        if why := lineage.not_writable(output.openlineage):
            found.found.append(Fault((), "--openlineage", why))
        ready = preflight.ready(found, keep_going, output, engine_of)
        waiting = look_ahead(ready.recipe, ready.plan, output.where, *allowed)
        damaged = remove_damaged(output.where) if output.check_digests else []
        if damaged:
            waiting = look_ahead(ready.recipe, ready.plan, output.where, *allowed)
        return ready, waiting, damaged

    allowed = (output.overwrite, output.from_stage)
    ready, waiting, damaged = in_child(look)
    for note in ready.notes:
        tell(note)
    if damaged:
        tell(f"{len(damaged)} damaged files are made anew: {some_of(damaged, 3)}")
    runner, workers, beam_options = engine_of
    if runner == DIRECT:
        workers = workers or workers_for(ready.plan.text_bytes)
        if waiting:
            compile_missing()
    with (
        lineage.told(output.openlineage, ready.recipe, output.where, reason_of) as finish,
        start_engine(runner, workers, beam_options, _preload(ready.recipe, waiting)) as engine,
    ):
        started()
        with monitor:
            manifest = execute(ready.recipe, ready.plan, output.where, engine, monitor, *allowed)
        finish(manifest)
        return manifest


def _preload(recipe: Recipe, waiting: Sequence[str]) -> Callable[[], None] | None:
    if not waiting:
        return None
    from pipelines.preload import preload

    return functools.partial(preload, recipe, waiting)
