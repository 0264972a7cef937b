"""Runs a recipe into a folder, stage after stage. Stages that are complete and valid are kept."""

import datetime
import functools
import importlib.metadata
import platform
import subprocess
import time
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console

from manifests import manifest
from manifests.statistics import DROPPED, KEPT, Funnel, digest_of
from manifests.store import Store
from pipelines.engines.runners import Engine
from pipelines.progress import Monitor
from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import RECIPE_FILE
from pipelines.recipe.plan import Plan, plan
from pipelines.recipe.recipe import Recipe
from pipelines.sources.units import WorkUnit
from pipelines.stages import documents, duplicates, repetition, shards, token_cost, tokenizer
from pipelines.stages.common import StageContext, StageError, stage_manifest

STAGES: tuple[ModuleType, ...] = (
    documents, duplicates, repetition, tokenizer, token_cost, shards
)  # fmt: skip
PLAN_FILE = "plan.json"

# Folders that a stage writes. They are emptied if its settings have changed.
FOLDERS = {
    "documents": ("documents", "dropped", "errors", "signatures", "stages/documents"),
    "duplicates": ("duplicates", "contamination", "masked", "clusters"),
    "repetition": ("repetition",),
    "tokenizer": ("tokenizer",),
    "token_cost": ("token_cost",),
    "shards": ("shards",),
}
# Packages whose version may change the bytes of a run; the manifest has their versions.
VERSIONED = (
    "apache-beam", "pyarrow", "numpy", "numba", "resiliparse", "fastwarc", "lxml", "tokenizers",
    "gigatoken", "fasttext-numpy2", "datatrove",
)  # fmt: skip


def version() -> str:
    """The version of winnow."""
    return importlib.metadata.version("winnow-corpus")


def wanted_stages(recipe: Recipe) -> list[ModuleType]:
    """All stages except those that the recipe does not need."""
    return [s for s in STAGES if s is not repetition or repetition.is_wanted(recipe)]


def execute(
    recipe: Recipe, out: str, engine: Engine, monitor: Monitor, keep_going: bool = False
) -> dict[str, Any]:
    """Runs those stages of a recipe that are missing in a folder.

    Returns:
      The manifest, which is then also in `out/manifest.json`.

    Raises:
      RecipeError: the recipe cannot be run, or the folder contains something else.
      Exception: a stage failed. The work that it completed is kept for the next run.
    """
    store = Store(out)
    if not store.exists(PLAN_FILE) and store.list(""):
        raise RecipeError(f"{out} holds files that are no winnow run; give --out an empty folder")
    planned = plan(recipe, keep_going)
    started = datetime.datetime.now(datetime.UTC)
    # Read before anything changes: the old manifest is removed with the results it describes.
    previous = _previous(store)
    store.write_json(PLAN_FILE, planned.to_json())
    # The order of keys is kept, since rules are applied in the order of the recipe.
    store.write_json(RECIPE_FILE, recipe.to_json(), sort_keys=False)
    engine.greet(out)
    seconds: dict[str, float] = {}
    done: dict[str, dict[str, Any]] = {}
    stages = wanted_stages(recipe)
    for stage in STAGES:
        if stage not in stages:
            _remove(store, stage.NAME)
    for stage in stages:
        context = _context(stage, recipe, planned, out, engine, done)
        begun = time.monotonic()
        monitor.begin(stage.NAME, planned.size_bytes)
        if _is_complete(store, stage.NAME, context):
            monitor.end("complete already")
        else:
            if store.exists(manifest.MANIFEST_FILE):
                store.remove(manifest.MANIFEST_FILE)
            _clear(store, stage.NAME, context)
            try:
                build = functools.partial(stage.build, context=context)
                engine.run(build, monitor.working_on)
            finally:
                store.remove("exchange")
            monitor.end()
        seconds[stage.NAME] = round(time.monotonic() - begun, 3)
        done[stage.NAME] = store.read_json(stage_manifest(stage.NAME))
        _check_survivors(store, stage.NAME, done[stage.NAME])
    environment = {
        "run_id": previous.get("run_id") or uuid.uuid4().hex,
        "commit": _commit(),
        "started": started.isoformat(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(),
        "seconds": seconds,
        "engine": {
            "runner": engine.runner,
            "workers": engine.workers,
            "exchange": engine.exchange,
            "beam_options": list(engine.beam_options),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in VERSIONED},
        },
        "execution": recipe.to_json()["execution"],
    }
    result = manifest.build(version(), recipe.to_json(), recipe.digest(), done, environment)
    store.write_json(manifest.MANIFEST_FILE, result)
    return result


def submit_next(recipe: Recipe, out: str, engine: Engine) -> str:
    """Submits the first stage that is not complete and does not wait for it.

    Returns:
      The stage's name, or "" if all stages are complete; `manifest.json` then exists.

    Raises:
      RecipeError: the recipe cannot be run, or the folder contains something else.
    """
    store, planned = Store(out), plan(recipe)
    if not store.exists(PLAN_FILE) and store.list(""):
        raise RecipeError(f"{out} holds files that are no winnow run; give an empty folder")
    store.write_json(PLAN_FILE, planned.to_json())
    store.write_json(RECIPE_FILE, recipe.to_json())
    done: dict[str, dict[str, Any]] = {}
    for stage in wanted_stages(recipe):
        context = _context(stage, recipe, planned, out, engine, done)
        if not _is_complete(store, stage.NAME, context):
            _clear(store, stage.NAME, context)
            engine.submit(functools.partial(stage.build, context=context))
            name: str = stage.NAME
            return name
        done[stage.NAME] = store.read_json(stage_manifest(stage.NAME))
        _check_survivors(store, stage.NAME, done[stage.NAME])
    execute(recipe, out, engine, Monitor(Console(stderr=True), quiet=True))
    return ""


def reason_of(error: Exception) -> str:
    """The sentence inside an error that came through Beam, which wraps whole tracebacks."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error: " in line or "Exception: " in line:
            sentence = line.split(": ", 1)[1]
            return sentence.split(" [while running")[0]
    return lines[-1] if lines else type(error).__name__


def _check_survivors(store: Store, stage: str, report: dict[str, Any]) -> None:
    """Ends a run if no document is left.

    Raises:
      StageError: no document is left; the message says whether files could not be read, or rules
        dropped everything.
    """
    funnel = Funnel.from_json(report["funnel"])
    if funnel.total(KEPT).docs or stage not in manifest.REMOVING:
        return
    reasons = list(funnel.by(DROPPED, "reason").items())
    if reasons:
        told = ", ".join(f"{reason} ({count.docs:,})" for reason, count in reasons[:3])
        raise StageError(f"no document survived; dropped because of {told}")
    for path in store.list("errors"):
        table = store.read_table(path, ["path", "error"])
        if len(table):
            row = table.slice(0, 1).to_pylist()[0]
            raise StageError(f"nothing could be read; first error: {row['path']}: {row['error']}")
    raise StageError("the sources hold no records")


def _previous(store: Store) -> dict[str, Any]:
    if not store.exists(manifest.MANIFEST_FILE):
        return {}
    environment: dict[str, Any] = store.read_json(manifest.MANIFEST_FILE)["environment"]
    return environment


def _context(
    stage: ModuleType,
    recipe: Recipe,
    planned: Plan,
    out: str,
    engine: Engine,
    done: dict[str, dict[str, Any]],
) -> StageContext:
    key = digest_of(
        [version(), stage.NAME, stage.settings(recipe), {n: done[n]["digest"] for n in done}]
    )
    return StageContext(
        run=out,
        recipe=recipe,
        units=planned.units,
        key=key,
        plan_digest=digest_of([unit.to_json() for unit in planned.units]),
        exchange=engine.exchange,
        upstream=dict(done),
    )


def _is_complete(store: Store, stage: str, context: StageContext) -> bool:
    path = stage_manifest(stage)
    if not store.exists(path):
        return False
    found = store.read_json(path)
    return found["key"] == context.manifest_key and all(
        store.exists(file["path"]) and store.size(file["path"]) == file["size_bytes"]
        for file in found["files"]
    )


def _clear(store: Store, stage: str, context: StageContext) -> None:
    """Removes all parts that other settings made, or else the parts of units not in the plan."""
    key_file = f"stages/{stage}.key.json"
    resumed = (
        stage == documents.NAME
        and store.exists(key_file)
        and store.read_json(key_file)["key"] == context.key
    )
    store.remove(stage_manifest(stage))
    for folder in FOLDERS[stage]:
        if resumed:
            _remove_others(store, folder, context.units)
        else:
            store.remove(folder)
    store.write_json(key_file, {"key": context.key})


def _remove(store: Store, stage: str) -> None:
    """Removes all results of a stage that the recipe no longer needs."""
    for path in (stage_manifest(stage), f"stages/{stage}.key.json", *FOLDERS[stage]):
        store.remove(path)


def _remove_others(store: Store, folder: str, units: tuple[WorkUnit, ...]) -> None:
    """Removes parts of units not in the plan, and temporary files of workers that were killed."""
    names = {unit.name for unit in units}
    for path in store.list(folder):
        stem, _, ending = path.rsplit("/", 1)[-1].partition(".")
        if stem not in names or ending.endswith("tmp"):
            store.remove(path)


def _commit() -> str | None:
    """The commit of the checkout from which this module was imported, if it is a checkout."""
    folder = Path(__file__).parents[1]
    if not (folder / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
