"""Runs a recipe into a folder, stage after stage. Stages that are complete and valid are kept.

A folder is written by one run at a time (`manifests.lease`), and results of another recipe are
replaced only by who says so.
"""

import collections
import datetime
import errno
import functools
import importlib.metadata
import os
import platform
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from dedup.presets import SIGNATURES
from filters.settings import checks as document_checks
from manifests import lease, manifest
from manifests.column_names import described
from manifests.descriptions import DESCRIPTIONS, descriptions
from manifests.inputs import INPUTS_FILE
from manifests.manifest import (
    ENCODING_FILE,
    PLAN_FILE,
    RECIPE_FILE,
    STAGES,
    stage_manifest,
    unit_report,
)
from manifests.sketches import VALUES_FILE
from manifests.statistics import DROPPED, KEPT, Funnel, digest_of
from manifests.store import Damaged, Store
from manifests.threads import in_threads
from pipelines.engines.runners import Engine
from pipelines.progress import Monitor
from pipelines.recipe import differences
from pipelines.recipe.config import RecipeError
from pipelines.recipe.differences import Difference
from pipelines.recipe.plan import Plan
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from pipelines.stages.context import StageContext, StageError
from pipelines.stages.settings import settings_of, wanted_stages

if TYPE_CHECKING:
    import apache_beam as beam

# What the last run that began here was about to do, beside plan and recipe: winnow's version, and a
# digest of every setting of each stage, which covers files that a recipe names.
BEGUN_FILE = "stages/run.key.json"

# Folders that a stage writes. They are emptied if its settings have changed.
FOLDERS = {
    "documents": (
        "documents",
        "dropped",
        "errors",
        "signatures",
        "stages/documents",
        INPUTS_FILE,
        VALUES_FILE,
    ),
    "duplicates": ("duplicates", "contamination", "masked", "clusters", "index"),
    "repetition": ("repetition",),
    "corpus": ("corpus",),
    "tokenizer": ("tokenizer",),
    "token_cost": ("token_cost",),
    "shards": ("shards",),
}
# The part of a recipe behind a setting of a stage, where it is not the key of the same name.
_BEHIND = {
    "bad_words": "documents.rules",
    "hosts": "documents.url_filter",
    "deny": "documents.deny",
    "signatures": "duplicates",
    "benchmarks": "duplicates.decontaminate",
    "against": "duplicates.against",
    "lines": "duplicates.lines",
    "spans": "duplicates.spans",
    "held_out": "tokenizer.held_out",
}
_INPUTS = ("sources", "unit_mb", "plan", "winnow")  # what decides the units, so every stage
# Stages of whose work the documents read are most. In the others pairs are compared, or merges
# learnt, when all documents are read.
_ESTIMATED = ("repetition", "corpus", "token_cost", "shards")
_OF_SYSTEM = re.compile(r"^(\w*Error: )?\[Errno \d+\] ")
_TOLD = 12  # differences that an error lists

# Packages whose version may change the bytes of a run; the manifest has their versions.
VERSIONED = (
    "apache-beam", "pyarrow", "numpy", "numba", "resiliparse", "fastwarc", "lxml", "tokenizers",
    "gigatoken", "fasttext-numpy2", "datatrove",
)  # fmt: skip


def version() -> str:
    """The version of winnow."""
    return importlib.metadata.version("winnow-corpus")


def look_ahead(
    recipe: Recipe,
    planned: Plan,
    out: str,
    overwrite: bool = False,
    from_stage: str | None = None,
) -> tuple[str, ...]:
    """The stages of a run that are not complete, in order; none if the run is.

    Raises:
      RecipeError: the folder holds results of another recipe, and nothing says that they may be
        replaced.
    """
    store = Store(out)
    _begun(store, recipe, planned, overwrite, from_stage)
    names, done = wanted_stages(recipe), dict[str, dict[str, Any]]()
    listed = store.sizes("")
    for name in names:
        context = _context(name, recipe, planned, out, "", done, settings_of(name, recipe))
        if (complete := _complete(store, name, context, listed)) is None:
            _refuse_after_takedown(store)
            break
        done[name] = complete
    return tuple(names[len(done) :])


def execute(
    recipe: Recipe,
    planned: Plan,
    out: str,
    engine: Engine,
    monitor: Monitor,
    overwrite: bool = False,
    from_stage: str | None = None,
) -> dict[str, Any]:
    """Runs those stages of a recipe that are missing in a folder.

    Args:
      planned: what `pipelines.preflight` found ready.
      overwrite: results of another recipe in the folder may be replaced.
      from_stage: those of this stage and later ones may be.

    Returns:
      The manifest, which is then also in `out/manifest.json`.

    Raises:
      RecipeError: the recipe cannot be run, or the folder contains something else, results of
        another recipe among it, or another run writes it.
      LeaseLost: another run has taken the folder over.
      Exception: a stage failed. The work that it completed is kept for the next run.
    """
    store = Store(out)
    started = datetime.datetime.now(datetime.UTC)
    with _only_writer(store) as held:
        # Read before anything changes: the old manifest is removed with the results it describes.
        previous = _previous(store)
        engine.greet(out)
        settings = _begin(store, recipe, planned, overwrite, from_stage)
        seconds: dict[str, float] = {}
        worked = False
        done: dict[str, dict[str, Any]] = {}
        stages = wanted_stages(recipe)
        for stage in STAGES:
            if stage not in stages:
                _remove(store, stage)
        store.remove("exchange")  # of a run that was killed
        # It stays true of the stages that are complete: another one writes other files.
        listed = store.sizes("")
        store.remove_temporaries(listed)
        for stage in stages:
            held.check()
            context = _context(
                stage, recipe, planned, out, engine.exchange, done, settings.pop(stage)
            )
            begun = time.monotonic()
            _begin_progress(monitor, stage, recipe, planned, done)
            complete = _complete(store, stage, context, listed)
            if complete is not None:
                monitor.end("complete already")
                seconds[stage] = previous.get("seconds", {}).get(stage, 0.0)
            else:
                worked = True
                if store.exists(manifest.MANIFEST_FILE):
                    store.remove(manifest.MANIFEST_FILE)
                _clear(store, stage, context)
                try:
                    engine.run(_graph(stage, context), monitor.working_on)
                finally:
                    # Another run may be writing there by now.
                    if not held.lost:
                        store.remove("exchange")
                monitor.end()
                seconds[stage] = round(time.monotonic() - begun, 3)
                complete = store.read_json(stage_manifest(stage))
            done[stage] = complete
            _check_survivors(store, stage, done[stage], planned.units)
        # A run with nothing to do leaves the record of the one that did it.
        environment = (
            previous
            if previous and not worked
            else _environment(store, recipe, engine, started, seconds, previous.get("run_id"))
        )
        result = manifest.build(
            version(), recipe.to_json(), recipe.digest(), done, environment,
            document_checks(recipe.documents), manifest.takedowns_of(store),
        )  # fmt: skip
        held.check()
        for path, data in descriptions(store, result):
            store.write_bytes(path, data)
        listed = store.sizes("")
        records = [path for path in _records(stages, planned) if path in listed]
        records += store.list(manifest.TAKEDOWNS)
        if store.local_folder():
            os.sync()  # a run that has a manifest survives a power cut
        return manifest.write(store, result, done, records)


def remove_damaged(out: str) -> list[str]:
    """Removes files of a run that have not the bytes that were written, so that they are made anew.

    Returns:
      Their paths, sorted.

    Raises:
      RecipeError: another run writes the folder.
    """
    store = Store(out)
    with _only_writer(store):
        listed = store.sizes("")
        written: dict[str, str] = {}
        for path in listed:
            if path.startswith("stages/") and path.endswith(".json"):
                told = store.read_record(path)
                for file in told.get("report", told).get("files", ()):
                    written[file["path"]] = file["sha256"]
        there = sorted(written.keys() & listed)
        digests = dict(zip(there, in_threads(store, store.sha256, there), strict=True))
        damaged = [path for path in there if digests[path] != written[path]]
        for path in damaged:
            store.remove(path)
    return damaged


def _records(stages: Sequence[str], planned: Plan) -> Iterator[str]:
    """The files that describe a run and that no stage lists, as far as it has them."""
    yield from (PLAN_FILE, RECIPE_FILE, *DESCRIPTIONS, BEGUN_FILE, ENCODING_FILE)
    for stage in stages:
        yield from (stage_manifest(stage), _key_file(stage))
    for unit in planned.units:
        yield unit_report("documents", unit.name)


def _key_file(stage: str) -> str:
    """The file that says with which settings a stage was begun."""
    return f"stages/{stage}.key.json"


def _environment(
    store: Store,
    recipe: Recipe,
    engine: Engine,
    started: datetime.datetime,
    seconds: Mapping[str, float],
    run_id: str | None,
) -> dict[str, Any]:
    """What may differ between two runs of one recipe."""
    return {
        "run_id": run_id or uuid.uuid4().hex,
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
            **{f"signatures.{family}": str(told) for family, told in SIGNATURES.items()},
        },
        "encoding": store.read_json(ENCODING_FILE) if store.exists(ENCODING_FILE) else None,
        "execution": recipe.to_json()["execution"],
    }


def _begin_progress(
    monitor: Monitor, stage: str, recipe: Recipe, planned: Plan, done: Mapping[str, Any]
) -> None:
    if stage == "documents":
        totals: collections.Counter[str] = collections.Counter()
        for unit in planned.units:
            totals[unit.source] += unit.size_bytes
        monitor.begin(stage, totals, in_documents=False, estimated=True)
        return
    last = [name for name in manifest.REMOVING if name in done][-1]
    documents = Funnel.from_json(done[last]["funnel"]).total(KEPT).docs
    wanted = recipe.duplicates
    # Lines are read once, spans twice (anchors, then windows), and then what is cut is written.
    passes = 1 + bool(wanted.lines) + 2 * bool(wanted.spans) if stage == "repetition" else 1
    monitor.begin(stage, {"": documents * passes}, in_documents=True, estimated=stage in _ESTIMATED)


def submit_next(
    recipe: Recipe,
    planned: Plan,
    out: str,
    engine: Engine,
    overwrite: bool = False,
    from_stage: str | None = None,
) -> str:
    """Submits the first stage that is not complete and does not wait for it.

    The folder is held while this submits. Nobody holds it while the job runs, since nothing of
    winnow lives as long: launch again only when the job has ended.

    Returns:
      The stage's name, or "" if all stages are complete; `manifest.json` then exists.

    Raises:
      RecipeError: the recipe cannot be run, or the folder contains something else, results of
        another recipe among it, or another run writes it.
    """
    store = Store(out)
    look_ahead(recipe, planned, out, overwrite, from_stage)  # refuses before anything is written
    with _only_writer(store) as held:
        settings = _begin(store, recipe, planned, overwrite, from_stage)
        done: dict[str, dict[str, Any]] = {}
        listed = store.sizes("")
        for stage in wanted_stages(recipe):
            held.check()
            context = _context(
                stage, recipe, planned, out, engine.exchange, done, settings.pop(stage)
            )
            if (complete := _complete(store, stage, context, listed)) is None:
                _clear(store, stage, context)
                engine.submit(_graph(stage, context))
                return stage
            done[stage] = complete
            _check_survivors(store, stage, done[stage], planned.units)
    execute(recipe, planned, out, engine, Monitor(Console(stderr=True), quiet=True))
    return ""


def _graph(stage: str, context: StageContext) -> "Callable[[beam.Pipeline], None]":
    """What builds a stage's pipeline; only a stage with work to do imports Beam."""
    from pipelines.stages.graphs import MODULES

    return functools.partial(MODULES[stage].build, context=context)


def reason_of(error: Exception) -> str:
    """The sentence inside an error that came through Beam, which wraps whole tracebacks."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error: " in line or "Exception: " in line:
            sentence = line.split(": ", 1)[1]
            return _plain(sentence.split(" [while running")[0])
    return _plain(lines[-1].split(" [while running")[0]) if lines else type(error).__name__


def _plain(sentence: str) -> str:
    """Without class and number of an error of the system, and with its remedy where it is known."""
    told = _OF_SYSTEM.sub("", sentence)
    if told.startswith(os.strerror(errno.ENOSPC)):
        return "no space is left on the disk of the run or of temporary files; free some"
    if told.startswith(os.strerror(errno.EFBIG)):
        return (
            "a file of the run, or a temporary one, is larger than files may be here; raise the "
            "limit (ulimit -f), or take a disk that allows larger files"
        )
    if told.startswith(os.strerror(errno.EDQUOT)):
        return "the disk of the run or of temporary files has a quota, which is used up; free some"
    return told


def would_fail_again(error: Exception) -> bool:
    """Whether the content of the sources is why a run failed, so that it cannot go on."""
    return isinstance(error, StageError)


def _refuse_after_takedown(store: Store) -> None:
    """Raises RecipeError for a stage to do where the documents have rows without their text."""
    if store.list(manifest.TAKEDOWNS):
        raise RecipeError(
            f"documents were taken out of {store}, so that no stage of it can be done anew; give "
            "another --out, with the list of these documents as documents.deny"
        )


@contextmanager
def _only_writer(store: Store) -> Iterator[lease.Lease]:
    """Holds the lease of a run's folder.

    Raises:
      RecipeError: another run holds it.
    """
    try:
        with lease.hold(store) as held:
            yield held
    except lease.FolderInUse as error:
        raise RecipeError(str(error)) from None


def _begin(
    store: Store, recipe: Recipe, planned: Plan, overwrite: bool, from_stage: str | None
) -> dict[str, dict[str, Any]]:
    """Writes down what is about to be run, unless it would replace results of another recipe.

    Returns:
      The settings of every stage. Lists of hosts are long: take out what has been used.

    Raises:
      RecipeError: it would, and nothing says that it may.
    """
    settings, begun = _begun(store, recipe, planned, overwrite, from_stage)
    store.write_bytes(PLAN_FILE, planned.encoded())
    # The order of keys is kept, since rules are applied in the order of the recipe.
    store.write_json(RECIPE_FILE, recipe.to_json(), sort_keys=False)
    store.write_json(BEGUN_FILE, begun)
    return settings


def _begun(
    store: Store, recipe: Recipe, planned: Plan, overwrite: bool, from_stage: str | None
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The settings of every stage, and what to write down of them (`BEGUN_FILE`).

    Raises:
      RecipeError: the run would replace results of another recipe, and nothing says that it may.
    """
    settings: dict[str, dict[str, Any]] = {s: settings_of(s, recipe) for s in STAGES}
    digests = {
        stage: {name: digest_of(value) for name, value in values.items()}
        for stage, values in settings.items()
    }
    begun = {"version": version(), "settings": digests}
    if manifest.holds_run(store) and not overwrite:
        try:
            found, changed = _differences(store, recipe, planned, begun)
        except (ValueError, KeyError, TypeError) as error:
            raise RecipeError(
                f"what {store} holds cannot be compared with this recipe ({error}); "
                "give another --out, or --overwrite"
            ) from None
        if found:
            _refuse_unless_allowed(store, found, changed, from_stage)
    return settings, begun


def _differences(
    store: Store, recipe: Recipe, planned: Plan, begun: Mapping[str, Any]
) -> tuple[list[Difference], dict[str, list[Difference]]]:
    """What differs from the run that began here last, and what of it each stage reads itself."""
    found: list[Difference] = []
    # A run that was interrupted as it began, or that an older winnow made, lacks some of these.
    before = store.read_record(BEGUN_FILE)
    finished = _version_of(store)
    was = before["version"] if before else finished
    if was is not None and was != begun["version"]:
        found.append(Difference("winnow", f"winnow itself: {was}, now {begun['version']}"))
    if store.exists(RECIPE_FILE):
        found += differences.of_recipes(store.read_json(RECIPE_FILE), recipe.to_json())
    if not store.exists(PLAN_FILE):
        found.append(Difference("plan", f"plan: {PLAN_FILE} is missing, which told what was read"))
    elif store.read_now(PLAN_FILE) != planned.encoded():
        old_plan, new_plan = store.read_json(PLAN_FILE), differences.plain(planned.to_json())
        found += differences.of_plans(old_plan, new_plan)
        if old_plan != new_plan and not any(_is_of(d, _INPUTS) for d in found):
            found.append(Difference("plan", "plan: files are cut into other units"))
    changed: dict[str, list[Difference]] = {}
    for stage, digests in begun["settings"].items():
        then = before["settings"].get(stage, {}) if before else {}
        names = [name for name in digests if digests[name] != then.get(name)] if before else []
        mine = [d for d in found if stage == "documents" and _is_of(d, _INPUTS)]
        for name in names:
            part = _BEHIND.get(name, name)
            known = [d for d in found if _is_of(d, (part,))]
            if not known and not any(_is_of(d, ("winnow",)) for d in found):
                known = [Difference(part, f"{part}: the files that it names have other contents")]
                found += known
            mine += known
        if not before and stage == "documents":
            mine = found  # nobody wrote down which stage it concerns
        if mine:
            changed[stage] = list(dict.fromkeys(mine))
    return found, changed


def _is_of(difference: Difference, parts: tuple[str, ...]) -> bool:
    return any(difference.key == p or difference.key.startswith(f"{p}.") for p in parts)


def _version_of(store: Store) -> str | None:
    """The version of winnow that finished the run, if it is finished."""
    if not store.exists(manifest.MANIFEST_FILE):
        return None
    try:
        told: str = manifest.read(store)["reproducible"]["winnow_version"]
    except Damaged:
        return None  # it is made anew of what stages wrote down
    return told


def _refuse_unless_allowed(
    store: Store,
    found: list[Difference],
    changed: Mapping[str, list[Difference]],
    from_stage: str | None,
) -> None:
    if from_stage is not None:
        for name in STAGES[: STAGES.index(from_stage)]:
            if name in changed:
                raise RecipeError(
                    f"--from-stage {from_stage} keeps stage {name} of {store}, but that would be "
                    f"done anew: {_told(changed[name])}; give another --out, "
                    f"--from-stage {name}, or --overwrite"
                )
        return
    first = next((name for name in STAGES if name in changed), STAGES[-1])
    state = "a finished run" if store.exists(manifest.MANIFEST_FILE) else "an interrupted run"
    again = "all stages of it" if first == STAGES[0] else f"its stages from {first} on"
    option = "--overwrite" if first == STAGES[0] else f"--from-stage {first}"
    raise RecipeError(
        f"{store} holds {state} of another recipe or of other files; what differs: {_told(found)}; "
        f"give another --out, or {option} to replace {again}"
    )


def _told(found: list[Difference]) -> str:
    more = f"; and {len(found) - _TOLD:,} more" if len(found) > _TOLD else ""
    return "; ".join(difference.told for difference in found[:_TOLD]) + more


def _check_survivors(
    store: Store, stage: str, report: dict[str, Any], units: tuple[WorkUnit, ...]
) -> None:
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
        if all(reason.split(".")[0] in KINDS for reason, _ in reasons):
            raise StageError(
                f"no document survived; the readers of the sources skipped all records: {told}; "
                f"{_without_text(reasons[0][0], units)}"
            )
        raise StageError(
            f"no document survived; dropped because of {told}; loosen these thresholds, or read "
            "other sources"
        )
    for path in store.list("errors"):
        table = store.read_table(path, ["path", "error"])
        if len(table):
            row = table.slice(0, 1).to_pylist()[0]
            remedy = "" if ";" in row["error"] else "; mend the files, or how the source reads them"
            raise StageError(
                f"nothing could be read; first error: {row['path']}: {row['error']}{remedy}"
            )
    raise StageError("the sources hold no records; name files that have some")


def _without_text(reason: str, units: tuple[WorkUnit, ...]) -> str:
    """What a person can do about records that a reader skips for this reason."""
    kind, why = reason.split(".", 1)
    other = "give other options or files; docs/sources.md says what each kind of source reads"
    if why != "empty":
        return other
    for unit in units:
        file = next(unit.files())
        try:
            with open_unit(file.whole()) as opened:
                names = KINDS[unit.kind].names(file.whole(), opened)
        except (OSError, ValueError):
            continue
        if names:
            key = dict(unit.options).get("text", "text")
            noun = "key" if kind == "jsonl" else "column"
            return (
                f"the {noun} {key!r} of {file.path} holds no text, and there are "
                f"{described(names, declared=kind != 'csv', noun=noun)}; set the option text to "
                "that with the texts"
            )
    return other


def _previous(store: Store) -> dict[str, Any]:
    if not store.exists(manifest.MANIFEST_FILE):
        return {}
    try:
        environment: dict[str, Any] = manifest.read(store)["environment"]
    except ValueError:  # it may be overwritten
        return {}
    return environment


def _context(
    stage: str,
    recipe: Recipe,
    planned: Plan,
    out: str,
    exchange: str,
    done: dict[str, dict[str, Any]],
    settings: Mapping[str, Any],
) -> StageContext:
    key = digest_of(
        [version(), manifest.FORMAT, stage, settings, {n: _made(done[n]) for n in done}]
    )
    return StageContext(
        run=out,
        recipe=recipe,
        units=planned.units if stage == "documents" else planned.without_files(),
        key=key,
        plan_digest=planned.digest,
        exchange=exchange,
        upstream=dict(done),
    )


def _made(stage: Mapping[str, Any]) -> str:
    """The digest of what a stage made, of which `winnow takedown` may have taken something."""
    digest: str = stage.get("made", stage["digest"])
    return digest


def _complete(
    store: Store, stage: str, context: StageContext, listed: Mapping[str, int]
) -> dict[str, Any] | None:
    """The manifest of a stage that is complete for this plan and whose files are all there.

    Args:
      listed: the sizes of the run's files.
    """
    path = stage_manifest(stage)
    found = store.read_record(path) if path in listed else {}
    is_ours = found.get("key") == context.manifest_key
    return found if is_ours and store.holds(found["files"], listed) else None


def _clear(store: Store, stage: str, context: StageContext) -> None:
    """Removes all parts that other settings made, or else the parts of units not in the plan."""
    key_file = _key_file(stage)
    resumed = stage == "documents" and store.read_record(key_file).get("key") == context.key
    store.remove(stage_manifest(stage))
    for folder in FOLDERS[stage]:
        if resumed:
            _remove_others(store, folder, context.units)
        else:
            store.remove(folder)
    store.write_json(key_file, {"key": context.key})


def _remove(store: Store, stage: str) -> None:
    """Removes all results of a stage that the recipe no longer needs."""
    for path in (stage_manifest(stage), _key_file(stage), *FOLDERS[stage]):
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
