"""What the first files of sources say of their options, before a run starts.

A column or key that no file has would cost hours: every record of a source would be skipped, or
every file would be an error.
"""

import itertools
from collections.abc import Iterator

from pipelines.recipe.config import Keys
from pipelines.recipe.plan import Plan
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS, files, formats, http
from pipelines.sources.records import Look
from pipelines.sources.units import WorkUnit

# In a folder the first file may be another thing than the others, such as a description of them.
LOOKED_AT = 3


def look(recipe: Recipe, units: Plan) -> dict[Keys, Look]:
    """What the first files of each source say of its options, by the keys of what is wrong or told.

    It is a fault only if none of the files can be read.

    A file that is damaged or cannot be opened says nothing, and neither does one on a server, which
    would be downloaded as a whole.
    """
    told: dict[Keys, Look] = {}
    for index, source in enumerate(recipe.sources):
        own = (unit for unit in units.units if unit.source == source.name and not unit.spans)
        first = Look()
        for file in itertools.islice(_files(own), LOOKED_AT):
            found = _seen(file)
            first = found if not found.fault or not first.fault else first
            if not found.fault:
                break
        given = ("options", first.option) if first.option in source.options else ("path",)
        keys = ("sources", index, *(("kind",) if first.option == "kind" else given))
        told[keys] = first
    return told


def _files(units: Iterator[WorkUnit]) -> Iterator[WorkUnit]:
    """Each file once, as one unit."""
    last = ""
    for file in itertools.chain.from_iterable(unit.files() for unit in units):
        if file.path != last and not http.is_http(file.path):
            yield file.whole()
        last = file.path


# Kinds whose objects have keys that nobody chooses, each with the kind whose reader says what is
# wrong with the first ones: threads are put together only when all of a file is read.
_SHAPED = {
    kind: kind for kind in ("reddit", "twitter", "hacker_news", "cirrussearch",
                            "wikimedia_enterprise")
} | {"reddit_threads": "reddit"}  # fmt: skip
_SHAPE_ROWS, _SHAPE_BYTES = 50, 16 << 20


def _shape_fault(file: WorkUnit) -> str:
    """Why none of the first objects is of the file's kind, if they are JSON at all."""
    if file.kind not in _SHAPED:
        return ""
    with files.open_unit(file) as opened:
        if not KINDS["jsonl"].names(file, opened):
            return ""
    with files.open_unit(file) as opened:
        read = KINDS[_SHAPED[file.kind]].read
        batch = next(read(file, opened, _SHAPE_ROWS, _SHAPE_BYTES), None)
    if batch is None or batch["error"].null_count:
        return ""
    count = f"none of the first {batch.num_rows} objects is" if batch.num_rows > 1 else "it is not"
    return (
        f"{count} what kind {file.kind} reads ({batch['error'][0]}); name other files, or use "
        "kind: jsonl"
    )


def _seen(file: WorkUnit) -> Look:
    try:
        with files.open_unit(file) as opened:
            if wrong := formats.mismatch(opened, file.kind):
                return Look("kind", f"{file.path} {wrong}")
            found = KINDS[file.kind].look(file, opened) or Look()
        if not found.fault and (wrong := _shape_fault(file)):
            return Look("kind", f"{file.path}: {wrong}")
    except OSError:
        return Look()
    except ValueError as error:
        return Look(fault=str(error))
    return found._replace(
        fault=found.fault and f"{file.path}: {found.fault}",
        note=found.note and f"{file.path} {found.note}",
    )
