"""Runs the command `winnow` in forked copies of one process that has imported everything.

    python -m tests.fork_server

Reads requests and writes exit codes, a line of JSON each. A copy is what a process of its own would
be, with files, environment, signals, one thread and an end of its own, without the seconds of
imports, models and kernels that are read. What reading them does is for tests that start a whole
process.
"""

import importlib
import json
import os
import pkgutil
import sys
from typing import Any

PRELOADED = ("pipelines", "filters", "dedup", "tokenizer_train", "shards", "manifests")


def _serve() -> dict[str, Any] | None:
    """Answers requests until there are no more; in a copy, returns the request that it is for."""
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            return request
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


def _become(request: dict[str, Any]) -> None:
    for name, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY),
        (2, request["stderr"], os.O_WRONLY),
    ):
        opened = os.open(path, flags)
        os.dup2(opened, name)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["winnow", *request["arguments"]]


def load_everything() -> None:
    """Imports winnow, and loads what workers need."""
    # Nobody pulls the plug of a test, and a disk that others use takes seconds.
    vars(os)["sync"] = lambda: None
    for name in PRELOADED:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    from pipelines.preload import preload
    from pipelines.recipe import loading
    from pipelines.stages.graphs import MODULES

    preload(loading.load("demo"), MODULES)


def run_command(request: dict[str, Any]) -> None:
    """Ends this process as that of a command would end."""
    _become(request)
    from pipelines.cli import main as winnow

    winnow()


def main() -> None:
    """Serves; a copy runs the command and ends as its process would."""
    load_everything()
    request = _serve()
    if request is not None:
        run_command(request)


if __name__ == "__main__":
    main()
