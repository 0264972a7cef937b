"""`winnow verify`: a run, or a folder made of one, checked against its manifest."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from filters.settings import checks
from manifests import alarms, files, folders, manifest
from manifests.descriptions import descriptions
from manifests.files import FILES_FILE
from manifests.manifest import RECIPE_FILE
from manifests.statistics import digest_of
from manifests.store import Store
from manifests.verify import AGAIN, Fault, verify
from pipelines.commands import console
from pipelines.commands.contents import content_faults
from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import recipe_of
from pipelines.recipe.recipe import Recipe
from shards.packed_faults import block_faults


def command(run: str, deep: bool, as_json: bool) -> None:
    """Prints every fault, or that there is none.

    Raises:
      FileNotFoundError: there is neither a finished run nor a folder made of one.
      Failure: it has faults.
    """
    store = Store(run)
    console.tell_if_written(store)
    made = console.is_made_of_a_run(store)
    told: dict[str, Any] = {"files": 0, folders.DIGEST if made else "run_digest": ""}
    faults = []
    for fault in faults_of_folder(store, told) if made else faults_of(store, deep, told):
        faults.append(fault)
        if not as_json:
            console.say(f"FAULT {fault}")
    if as_json:
        console.print_json({"faults": [fault._asdict() for fault in faults], **told})
    if faults:
        plural = "" if len(faults) == 1 else "s"
        raise console.Failure(f"{len(faults)} fault{plural} in {run}", 1)
    if not as_json and made:
        console.say(
            f"{run} is whole: {told['files']} files, {folders.DIGEST} {told[folders.DIGEST]}; "
            f"{told['kind']}, made of the run {told['run_digest']}"
        )
    elif not as_json:
        console.say(f"{run} is whole: {told['files']} files, run_digest {told['run_digest']}")
        for line in _deep_lines(told.get("deep")):
            console.say(line)


def faults_of(store: Store, deep: bool, told: dict[str, Any]) -> Iterator[Fault]:
    """Faults of files, then, where these are whole, of what the tables hold.

    Args:
      told: gets `files`, `run_digest` and, of what was computed again, `deep`.

    Raises:
      FileNotFoundError: there is no finished run.
    """
    damaged = set()
    for fault in verify(store):
        damaged.add(fault.path)
        yield fault
    if FILES_FILE in damaged:
        return
    try:
        found = manifest.read(store)
        recipe = recipe_of(store)
        listed = [file["path"] for file in files.read(store)]
    except (ValueError, KeyError, TypeError, AttributeError, FileNotFoundError, RecipeError):
        return  # among the faults
    told["files"], told["run_digest"] = len(listed) + 2, found["run_digest"]
    if damaged & {*listed, manifest.MANIFEST_FILE}:
        return
    content = found["reproducible"]
    if content["recipe_digest"] != recipe.digest():
        yield Fault(
            manifest.MANIFEST_FILE, f"its recipe_digest is not that of {RECIPE_FILE}", AGAIN
        )
    if not _has_its_alarms(store, content, recipe):
        yield Fault(manifest.MANIFEST_FILE, "its alarms are not those of its stages' counts", AGAIN)
    for path, data in descriptions(store, found):
        if path not in damaged and store.read_bytes(path) != data:
            yield Fault(path, "it does not say what the manifest says", AGAIN)
    yield from content_faults(store, content, recipe)
    if deep:
        from pipelines.commands.recomputed import Recomputed, deep_faults

        done = Recomputed()
        yield from deep_faults(store, content, recipe, done)
        told["deep"] = dataclasses.asdict(done)


def faults_of_folder(store: Store, told: dict[str, Any]) -> Iterator[Fault]:
    """Faults of a folder that `winnow pack` or `winnow export` wrote.

    Args:
      told: gets `files`, `kind`, and the digests of the folder and of its run.

    Raises:
      FileNotFoundError: there is no such folder.
    """
    if not store.exists(folders.FOLDER_FILE):
        yield Fault(folders.FOLDER_FILE, "missing", folders.again(folders.PACKED))
        return
    damaged = set()
    for fault in folders.faults(store):
        damaged.add(fault.path)
        yield fault
    if folders.FOLDER_FILE in damaged:
        return
    content = folders.read(store)
    told |= {key: content[key] for key in ("kind", "run_digest", folders.DIGEST)}
    told["files"] = len(content["files"]) + 1
    if content["kind"] == folders.PACKED:
        yield from block_faults(store, [file["path"] for file in content["files"]], damaged)


def _has_its_alarms(store: Store, content: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether alarms are those of the stages' counts; a takedown keeps them, and changes counts."""
    if content.get(manifest.TAKEDOWNS):
        return True
    stages = manifest.stage_records(store, content["stages"])
    results = alarms.Results(recipe.to_json(), stages, checks(recipe.documents))
    return digest_of(content["alarms"]) == digest_of(alarms.alarms(results))


def _deep_lines(done: dict[str, Any] | None) -> Iterator[str]:
    if done is None:
        return
    yield (
        f"computed again: tokens of {done['tokens']:,} documents, verdicts of "
        f"{done['verdicts']:,}, values of {done['values']:,}; origins of {done['origins']:,} "
        "compared"
    )
    for why in done["left_out"]:
        yield f"not computed again: {why}"
