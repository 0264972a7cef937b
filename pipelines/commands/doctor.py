"""`winnow doctor`: what a run needs, looked at before one is started; each fault has its remedy."""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from filters.language.models import model_path
from pipelines import preflight
from pipelines.commands import console
from pipelines.engines import checks, runners
from pipelines.engines.checks import Check
from pipelines.recipe import named_files
from pipelines.recipe.config import Fault, Keys, dotted
from pipelines.recipe.loading import Reading, read
from pipelines.recipe.recipe import Recipe

MIN_MEMORY_BYTES = 2 << 30  # a worker: models and kernels, a batch, the largest record
MIN_DISK_BYTES = 2 << 30


def command(
    name: str | None,
    overrides: Sequence[str],
    sources: Sequence[str],
    runner: str,
    beam_options: Sequence[str],
    where: str | None,
    as_json: bool = False,
) -> None:
    """Prints every check with what was found and the remedy.

    Raises:
      RecipeError: a value of the recipe is wrong.
      Failure: a run cannot succeed here.
    """
    reading = read(name, overrides, sources) if name is not None else None
    if reading is not None and reading.faults:
        reading.checked()
    checks = list(examine(runner, beam_options, reading, where))
    fatal = any(check.remedy and check.fatal for check in checks)
    if as_json:
        console.print_json(
            {"ready": not fatal, "checks": [dataclasses.asdict(check) for check in checks]}
        )
    else:
        _print(checks)
    if fatal:
        raise console.Failure("not ready; each FAULT names its remedy", 1)


def _print(checks: Sequence[Check]) -> None:
    table = Table("", "what")
    for heading in ("found", "remedy"):  # a command must stay whole
        table.add_column(heading, overflow="fold")
    for check in checks:
        mark = ("FAULT" if check.fatal else "note") if check.remedy else "ok"
        table.add_row(mark, Text(check.what), Text(check.found), Text(check.remedy))
    console.out.print(table)


def examine(
    runner: str, given: Sequence[str], reading: Reading | None, out: str | None
) -> Iterator[Check]:
    """Everything that can be known of this machine, the engine, a recipe and a run's folder."""
    versions = ", ".join(f"{name} {version}" for name, version in runners.versions().items())
    yield Check("versions", versions)
    yield from machine_checks(out)
    recipe = reading.recipe if reading else None
    yield from checks.examine(runner, given, recipe, out)
    output = preflight.Output(out) if out is not None else None
    if reading is not None and recipe is not None:
        _, notes = preflight.survey(reading, False, output)
        yield from recipe_checks(recipe, reading.found)
        yield from (_row("disk", note, fatal=False) for note in notes)
        wrong = any(not fault.keys for fault in reading.found)
    else:
        yield model_check()
        faults = list(preflight.folder_faults(output)) if output else []
        yield from (_row(fault.place or "--out", fault.what) for fault in faults)
        wrong = bool(faults)
    if out is not None and not wrong:
        fault = preflight.is_writable(out)
        yield _row("--out", fault.what) if fault else Check("--out", f"{out} can be written")


def machine_checks(out: str | None) -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        line = next(x for x in Path("/proc/meminfo").read_text().splitlines() if "Available" in x)
        memory = int(line.split()[1]) << 10
    short = memory < MIN_MEMORY_BYTES
    remedy = f"--workers 1, or a machine with {MIN_MEMORY_BYTES >> 30} GB free" if short else ""
    yield Check("memory", f"{memory / 1e9:.1f} GB free, {cores} cores", remedy, fatal=False)
    if out is None or "://" not in out:
        folder = Path(out or ".").absolute()
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        remedy = "free some, or give --out another disk" if free < MIN_DISK_BYTES else ""
        yield Check("disk", f"{free / 1e9:.1f} GB free under {folder}", remedy, fatal=False)


def model_check() -> Check:
    """The language model that recipes have unless they name another."""
    name = "lid.176.ftz"
    try:
        path = model_path(name)
    except FileNotFoundError as error:
        return Check("language model", str(error), "install winnow whole, or name a model file")
    return Check("language model", f"{name}, {path.stat().st_size / 1e6:.1f} MB")


def recipe_checks(recipe: Recipe, faults: Sequence[Fault]) -> Iterator[Check]:
    """Each source and file that a recipe names, and everything else that is wrong with it."""
    named: list[tuple[Keys, str]] = [
        (("sources", index, "path"), source.path) for index, source in enumerate(recipe.sources)
    ]
    for keys, path in [*named, *named_files.named(recipe)]:
        if keys not in {fault.keys for fault in faults}:
            yield Check(dotted(keys), path)
    for fault in faults:
        yield _row(
            ": ".join(filter(None, (fault.place, dotted(fault.keys)))) or "--out", fault.what
        )


def _row(what: str, sentence: str, fatal: bool = True) -> Check:
    """A fault, whose sentence names the remedy last."""
    found, _, remedy = sentence.partition("; ")
    return Check(what, found, remedy or "change it", fatal)
