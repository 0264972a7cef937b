"""`winnow run`: a recipe from raw files to shards."""

from collections.abc import Sequence

from manifests.store import Store
from pipelines.commands import console
from pipelines.commands.doctor import refuse
from pipelines.commands.inspect import summary_of
from pipelines.engines.runners import DIRECT, start_engine
from pipelines.preload import preload
from pipelines.progress import Monitor
from pipelines.recipe.loading import load
from pipelines.run import execute


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
    strict: bool,
) -> None:
    """Runs a recipe with progress on stderr, then prints the run's summary.

    Raises:
      RecipeError: the recipe, a path or an option is wrong, or the folder is not free; nothing
        has been submitted.
      Failure: `strict`, and the run, which is finished, has alarms.
    """
    recipe = load(name, overrides, sources)
    if runner != DIRECT:
        refuse(recipe, where, runner, beam_options)
    with (
        start_engine(runner, workers, beam_options, preload) as engine,
        Monitor(console.err, quiet) as monitor,
    ):
        manifest = execute(recipe, where, engine, monitor, keep_going, overwrite, from_stage)
    console.out.print(summary_of(Store(where), manifest, where))
    alarms = manifest["reproducible"]["alarms"]
    if strict and alarms:
        for alarm in alarms:
            console.err.print(f"winnow: alarm: {alarm['sentence']}", markup=False, soft_wrap=True)
        raise console.Failure(
            f"--strict: {where} is finished, with {len(alarms)} alarm{'s' * (len(alarms) > 1)}",
            1,
        )
