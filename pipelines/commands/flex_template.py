"""What a Dataflow Flex Template of winnow launches: the next stage of a run.

A template starts one job a launch and its program must leave once it is submitted, while a run of
winnow is six jobs, each of which reads what the one before wrote. So the same template is launched
with the same parameters until it has nothing left to submit: that launch writes `manifest.json`.
Launch again only when the job before has ended.

Parameters stand in `flex_template.json` beside this file; Beam's options follow them.
"""

import argparse
import sys
from collections.abc import Sequence

from pipelines import preflight, run
from pipelines.engines.runners import DATAFLOW, start_engine
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError

METADATA = "flex_template.json"


def parser() -> argparse.ArgumentParser:
    """The template's own parameters."""
    arguments = argparse.ArgumentParser("winnow.flex_template", allow_abbrev=False)
    arguments.add_argument("--recipe", required=True)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--sources", default="")
    arguments.add_argument("--changes", default="")
    return arguments


def launch(argv: Sequence[str]) -> str:
    """Submits the next stage; its name, or "" when the run is complete.

    Raises:
      RecipeError: the recipe, a path or an option is wrong.
    """
    given, beam_options = parser().parse_known_args(list(argv))
    reading = loading.read(given.recipe, _listed(given.changes), _listed(given.sources))
    engine_of = (DATAFLOW, None, beam_options)
    ready = preflight.ready(reading, False, preflight.Output(given.out), engine_of)
    with start_engine(*engine_of, None) as engine:
        return run.submit_next(ready.recipe, ready.plan, given.out, engine)


def _listed(parameter: str) -> list[str]:
    return [part.strip() for part in parameter.split(";") if part.strip()]


def main() -> None:
    try:
        stage = launch(sys.argv[1:])
    except RecipeError as error:
        sys.exit(f"winnow: {error}")
    print(f"submitted stage {stage}" if stage else "the run is complete")


if __name__ == "__main__":
    main()
