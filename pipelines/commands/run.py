"""`winnow run`: a recipe from raw files to shards."""

from collections.abc import Sequence

from manifests.store import Store
from pipelines import preflight
from pipelines.commands import console
from pipelines.commands.inspect import summary_of
from pipelines.engines.runners import start_engine
from pipelines.preload import preload
from pipelines.progress import Monitor
from pipelines.recipe.loading import read
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
) -> None:
    """Runs a recipe with progress on stderr, then prints the run's summary.

    Raises:
      RecipeError: the recipe, a path or an option is wrong, or the folder is not free; nothing
        has been submitted.
    """
    output = preflight.Output(where, overwrite, from_stage)
    ready = preflight.apart(
        lambda: preflight.ready(
            read(name, overrides, sources), keep_going, output, (runner, workers, beam_options)
        )
    )
    for note in ready.notes:
        console.err.print(note, markup=False, soft_wrap=True)
    with (
        start_engine(runner, workers, beam_options, preload) as engine,
        Monitor(console.err, quiet) as monitor,
    ):
        manifest = execute(ready.recipe, ready.plan, where, engine, monitor, overwrite, from_stage)
    console.out.print(summary_of(Store(where), manifest, where))
