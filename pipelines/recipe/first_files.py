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


def _seen(file: WorkUnit) -> Look:
    try:
        with files.open_unit(file) as opened:
            if wrong := formats.mismatch(opened, file.kind):
                return Look("kind", f"{file.path} {wrong}")
            found = KINDS[file.kind].look(file, opened) or Look()
    except OSError:
        return Look()
    except ValueError as error:
        return Look(fault=str(error))
    return found._replace(
        fault=found.fault and f"{file.path}: {found.fault}",
        note=found.note and f"{file.path} {found.note}",
    )
