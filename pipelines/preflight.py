"""Everything about a run that can be known before it starts; `plan`, `doctor` and `run` ask here.

The recipe and the files that it names are read by `pipelines.recipe.loading`, which notes what is
wrong. Here sources are listed, the folder of the run is tried, and the engine is asked for. All
faults are told together, before kernels load and before anything is written.
"""

import contextlib
import dataclasses
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from manifests import lease
from manifests.addresses import BadAddress
from manifests.manifest import STAGES, holds_run
from manifests.store import LEASE_FILE, TEMPORARY, Store
from manifests.suggestions import suggest
from manifests.summary import size_told
from pipelines.recipe import first_files
from pipelines.recipe.config import Fault, Keys
from pipelines.recipe.loading import Reading
from pipelines.recipe.plan import Plan, planned
from pipelines.recipe.recipe import Recipe
from pipelines.sources import files, http
from pipelines.sources.files import is_storage_error

# Bytes on disk for a byte of text at a run's peak, most of them what is exchanged between stages;
# docs/log.md has the figures. The estimate of the text is good within a factor of two.
WRITTEN_PER_TEXT_BYTE = 1.4
_ESTIMATE_WITHIN = 2


@dataclasses.dataclass(frozen=True)
class Output:
    """The folder of a run, and what a run may do to it."""

    where: str
    overwrite: bool = False
    from_stage: str | None = None
    check_digests: bool = False  # of what is there; otherwise sizes are compared
    openlineage: str | None = None  # a file for events


@dataclasses.dataclass(frozen=True)
class Ready:
    """A run that can start.

    Attributes:
      notes: what a person should know all the same, each in a sentence.
    """

    recipe: Recipe
    plan: Plan
    notes: tuple[str, ...] = ()


def ready(
    reading: Reading,
    keep_going: bool = False,
    output: Output | None = None,
    engine: tuple[str, int | None, Sequence[str]] | None = None,
) -> Ready:
    """What a run needs to start.

    Args:
      keep_going: a source that matches no file, or cannot be read, is no fault.
      output: the folder that is to be written, if any. It is made.
      engine: the runner, the number of workers and Beam's options, if there are any.

    Raises:
      RecipeError: all that is wrong with the recipe, its files, its sources, the folder and the
        engine.
    """
    if engine is not None:
        from pipelines.engines import checks  # imports Beam where an engine has options

        where = output.where if output else "."
        reading.faults += checks.refusals(*engine, reading.recipe, where)
    units, notes = survey(reading, keep_going, output)
    recipe = reading.checked()
    if output is not None and (fault := _unwritable(output.where, keep=True)):
        reading.found.append(fault)
        reading.checked()
    return Ready(recipe, units, tuple(notes))


def survey(
    reading: Reading, keep_going: bool = False, output: Output | None = None
) -> tuple[Plan, list[str]]:
    """Lists the sources of a recipe and looks at the folder; notes in the reading what is wrong.

    Returns:
      The plan as far as sources are right, and notes for a person.
    """
    if output is not None:
        reading.found += folder_faults(output)
    if reading.recipe is None or any(keys[:1] == ("sources",) for keys in reading.wrong):
        return Plan(()), []
    with http.giving_up_soon():
        units, faults = planned(reading.recipe)
    notes: list[str] = []
    if near := reading.recipe.duplicates.near:
        with contextlib.suppress(ValueError):  # which is a fault of the recipe
            notes += filter(None, [near.resolved(reading.recipe.seed).note()])
    looks = {} if faults else first_files.look(reading.recipe, units)
    for keys, look in looks.items():
        if look.note:
            notes.append(look.note)
        elif look.fault and look.option and keep_going:
            notes.append(f"{reading.place(keys)}: {look.fault}")
        elif look.fault:
            reading.tell([(keys, look.fault)])
    for keys, error in faults.items():
        if keep_going and isinstance(error, OSError):
            notes.append(f"{reading.place(keys)} is left out: {error}")
        else:
            reading.tell([(keys, str(error))])
    if output is not None and not reading.found:
        reading.tell(_source_around(reading.recipe, units, output.where))
    if output is not None and not reading.found:
        short = _short_of_disk(output.where, units)
        if isinstance(short, Fault):
            reading.found.append(short)
        elif short:
            notes.append(short)
    return units, notes


def _source_around(recipe: Recipe, units: Plan, where: str) -> list[tuple[Keys, str]]:
    """Sources that would read what the run writes."""
    folder = Store(where).local_folder()
    if folder is None:
        return []
    faults: list[tuple[Keys, str]] = []
    inside = f"{os.path.abspath(folder)}/"
    for index, source in enumerate(recipe.sources):
        if not files.is_local(source.path) or source.path.startswith(files.PACKAGE):
            continue
        whole = Path(files.local_path(source.path)).resolve()
        listed = (
            os.path.abspath(file.path).startswith(inside)
            for unit in units.units
            if unit.source == source.name
            for file in unit.files()
        )
        if (whole.is_dir() and folder.resolve().is_relative_to(whole)) or any(listed):
            faults.append(
                (
                    ("sources", index, "path"),
                    f"the files of {source.path!r} would be those that the run writes to {where}, "
                    "too; give --out a folder that no source reads",
                )
            )
    return faults


def folder_faults(output: Output) -> Iterator[Fault]:
    """What is wrong with the folder of a run before anything is written to it."""
    if output.from_stage is not None and output.from_stage not in STAGES:
        yield Fault(
            (),
            f"--from-stage {output.from_stage}",
            f"no such stage; stages are {', '.join(STAGES)}{suggest(output.from_stage, STAGES)}",
        )
    elif output.from_stage is not None and output.overwrite:
        yield Fault((), "", "--overwrite is --from-stage documents; give one of the two")
    if not output.where:
        yield Fault((), "--out", "it is empty; give the folder that the run is to be written to")
        return
    if output.where.lower().startswith(("http://", "https://")):
        told = (
            f"{output.where} cannot be written, as HTTP is read only; give a folder of this "
            "machine, or of a store: s3://, gs://, abfs:// or hdfs://"
        )
        yield Fault((), "--out", told)
        return
    try:
        store = Store(output.where)
    except BadAddress as error:
        yield Fault((), "--out", str(error))
        return
    folder = store.local_folder()
    if folder is not None and folder == folder.parent:
        yield Fault((), "--out", f"{folder} is all of the disk; give a folder of its own")
        return
    try:
        if folder is not None:
            first = next(path for path in (folder, *folder.parents) if path.exists())
            if not first.is_dir():
                told = f"{first} is a file; give a folder, or a name that is free"
                yield Fault((), "--out", told)
                return
        lease.refuse_if_held(store)
        if not holds_run(store) and not all(map(TEMPORARY.search, store.list(""))):
            yield Fault(
                (), "", f"{store} holds files that are no winnow run; give --out an empty folder"
            )
    except lease.FolderInUse as error:
        yield Fault((), "", str(error))
    except Exception as error:
        if not is_storage_error(error):
            raise
        yield Fault((), "--out", f"{store} cannot be read: {_reason(error)}; give another folder")


def is_writable(where: str) -> Fault | None:
    """Tries to write to the folder of a run, and leaves nothing behind."""
    return _unwritable(where, keep=False)


def _unwritable(where: str, keep: bool) -> Fault | None:
    """Writes and removes a small file.

    Args:
      keep: the folder stays if it can be written; a run beside this one may be making it, too.
    """
    store = Store(where)
    folder = store.local_folder()
    made = [p for p in (folder, *folder.parents) if not p.exists()] if folder is not None else []
    # `Store.list` does not show it, as it does not show a lease.
    name = f"{LEASE_FILE}.{uuid.uuid4().hex}"
    try:
        with store.create(name) as file:
            file.write(b"winnow can write here\n")
        store.remove(name)
    except Exception as error:
        if not is_storage_error(error) and not isinstance(error, NotImplementedError):
            raise
        keep = False
        return Fault(
            (),
            "--out",
            f"{where} cannot be written: {_reason(error)}; give another folder, or the permission "
            "to write there",
        )
    finally:
        if not keep:
            for path in made:
                with contextlib.suppress(OSError):
                    path.rmdir()
    return None


def _reason(error: Exception) -> str:
    lines = (getattr(error, "strerror", None) or str(error)).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _short_of_disk(where: str, units: Plan) -> Fault | str | None:
    """What to say where a run writes more than a disk of this machine has free.

    Twice as much as there is would be too much even if the estimate is wrong, and is a fault.
    """
    folder = Store(where).local_folder()
    if folder is None:
        return None
    wanted = WRITTEN_PER_TEXT_BYTE * units.estimated_text_bytes
    disk = next(path for path in (folder, *folder.parents) if path.exists())
    # What an interrupted run has written is not written again.
    free = shutil.disk_usage(disk).free + _written(folder)
    if wanted <= free:
        return None
    told = (
        f"the run writes roughly {size_told(wanted)}, and the disk of {disk} has "
        f"{size_told(free)} free; free some, give --out another disk, or read fewer sources"
    )
    if wanted / _ESTIMATE_WITHIN > free:
        return Fault((), "--out", told)
    return told


def _written(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
