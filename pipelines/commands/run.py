"""`winnow run`: a recipe from raw files to shards."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from manifests.store import Store
from pipelines.commands import console
from pipelines.commands.compile import compile_missing
from pipelines.commands.inspect import summary_of
from pipelines.engines.runners import DIRECT, start_engine
from pipelines.progress import Monitor
from pipelines.recipe.loading import load
from pipelines.recipe.recipe import Recipe
from pipelines.run import execute, look_ahead


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
    recipe = load(name, overrides, sources)
    manifest = perform(
        recipe, where, runner, workers, beam_options, keep_going, overwrite, from_stage,
        Monitor(console.err, quiet),
    )  # fmt: skip
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
    recipe: Recipe,
    where: str,
    runner: str,
    workers: int | None,
    beam_options: Sequence[str],
    keep_going: bool,
    overwrite: bool,
    from_stage: str | None,
    monitor: Monitor,
    started: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Runs a recipe. What workers need is loaded only for the stages that have something to do.

    Args:
      started: called once workers can be forked, so that this process may start threads.

    Returns:
      The run's manifest.

    Raises:
      RecipeError: as `command`.
    """
    if runner != DIRECT:
        from pipelines.commands.doctor import refuse

        refuse(recipe, where, runner, beam_options)
    ahead = look_ahead(recipe, where, keep_going, overwrite, from_stage)
    if ahead.waiting and runner == DIRECT:
        compile_missing()
    with start_engine(runner, workers, beam_options, _preload(recipe, ahead.waiting)) as engine:
        started()
        with monitor:
            return execute(recipe, where, engine, monitor, ahead.plan, overwrite, from_stage)


def _preload(recipe: Recipe, waiting: Sequence[str]) -> Callable[[], None] | None:
    if not waiting:
        return None
    from pipelines.preload import preload

    return functools.partial(preload, recipe, waiting)
