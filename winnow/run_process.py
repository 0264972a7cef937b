"""The process that does the work of `winnow.run`: one request on stdin, one answer on stdout.

It has one thread until its workers are forked. The caller holds the other end of stdin; when it
has gone, by whatever cause, the run stops.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any

_STOP_SECONDS = 20.0


def main() -> None:
    """Does one run and ends the process."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print is no answer
    request = json.loads(sys.stdin.readline())
    try:
        answer = _done(request)
    except KeyboardInterrupt:
        os._exit(130)
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
    # At once: Beam's threads may still wait for workers that are gone.
    os._exit(0)


def _done(request: dict[str, Any]) -> dict[str, str]:
    logging.getLogger().setLevel(logging.ERROR)  # Beam warns at import about cloud libraries
    from rich.console import Console

    from pipelines import preflight
    from pipelines.commands.run import perform
    from pipelines.progress import Monitor
    from pipelines.recipe.config import RecipeError
    from pipelines.recipe.loading import read_again
    from pipelines.recipe.recipe import Recipe
    from pipelines.run import reason_of

    try:
        console = Console(stderr=True, highlight=False)

        def tell(note: str) -> None:
            if not request["quiet"]:
                console.print(note, markup=False, soft_wrap=True)

        perform(
            lambda: read_again(Recipe.from_json(request["recipe"])),
            preflight.Output(request["out"], request["overwrite"], request["from_stage"]),
            (request["runner"], request["workers"], request["beam_options"]),
            request["keep_going"],
            Monitor(console, request["quiet"]),
            tell,
            threading.Thread(target=_end_with_stdin, daemon=True, name="winnow-caller").start,
        )
    except RecipeError as error:
        return {"failed": "recipe", "message": str(error), "traceback": ""}
    except Exception as error:
        told = traceback.format_exc()
        return {"failed": "stage", "message": reason_of(error), "traceback": told}
    return {"failed": "", "message": "", "traceback": ""}


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_STOP_SECONDS)
    os._exit(1)
