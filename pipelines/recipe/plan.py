"""Planning: sources to work units. The same recipe over the same files gives the same units."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from pipelines.recipe.config import Keys, RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS, files, http
from pipelines.sources.limits import Limits
from pipelines.sources.units import WorkUnit

# Bytes of text that one stored byte gives, before any rule. Measured on small real dumps (Common
# Crawl pages, Wikipedia, Pushshift, Stack Exchange); good for planning within a factor of two.
TEXT_PER_STORED_BYTE = {
    "warc": 0.25,
    "wet": 1.5,
    "mediawiki": 1.6,
    "reddit": 2.0,
    "stackexchange": 0.6,
    "jsonl": 2.5,
    "parquet": 2.0,
}
PLAN_FILE = "plan.json"  # in the folder of a run
UNCOMPRESSED_BY = 4  # how much larger the same file is when it is not compressed


def estimated_text_bytes(unit: WorkUnit) -> int:
    """Roughly how much text a unit holds; see `TEXT_PER_STORED_BYTE`."""
    ratio = TEXT_PER_STORED_BYTE.get(unit.kind, 1.0)
    if unit.path.endswith((".jsonl", ".ndjson", ".warc", ".wet", ".json")):
        ratio /= UNCOMPRESSED_BY
    return int(unit.size_bytes * ratio)


@dataclasses.dataclass(frozen=True)
class Plan:
    """The work units of a run."""

    units: tuple[WorkUnit, ...]

    @property
    def size_bytes(self) -> int:
        return sum(unit.size_bytes for unit in self.units)

    def to_json(self) -> dict[str, Any]:
        return {"units": [dataclasses.asdict(unit) for unit in self.units]}


def plan(recipe: Recipe, keep_going: bool = False) -> Plan:
    """The units of a recipe, as `planned` gives them.

    Args:
      keep_going: a source that cannot be read becomes an error row.

    Raises:
      RecipeError: what is wrong with its sources.
    """
    units, faults = planned(recipe)
    told = [str(e) for e in faults.values() if not keep_going or not isinstance(e, OSError)]
    if told:
        raise RecipeError(*told, name=f"recipe {recipe.name}")
    return units


def planned(recipe: Recipe) -> tuple[Plan, dict[Keys, Exception]]:
    """Expands globs and cuts files into units of about `unit_mb`.

    Returns:
      The units, and what is wrong with sources, by their keys: an OSError where one matches no
      file or a file of it cannot be read, which is one unit all the same, and ends as an error row;
      a ValueError where there are no sources, or an option makes no sense.
    """
    faults: dict[Keys, Exception] = {}
    if not recipe.sources:
        faults["sources",] = ValueError(
            "the recipe names no source; give one with --source kind:path, "
            f"kinds are {', '.join(KINDS)}"
        )
    units: list[WorkUnit] = []
    for index, source in enumerate(recipe.sources):
        place = ("sources", index, "path")
        options = tuple(sorted(source.options.items()))
        unit_bytes = recipe.unit_mb << 20
        try:
            Limits.of(source.options)
            picked = KINDS[source.kind].select(source.path, source.options, unit_bytes)
            paths = [] if picked else KINDS[source.kind].expand(source.path, source.options)
        except ValueError as error:
            faults[place] = error
            continue
        except OSError as error:
            faults[place] = error
            units.append(
                WorkUnit(
                    len(units),
                    source.name,
                    source.kind,
                    source.path,
                    fingerprint=files.UNREADABLE,
                    priority=source.priority,
                    options=options,
                    label=label(source.path, source.path),
                )
            )
            continue
        for spans in picked:
            units.append(
                WorkUnit(
                    len(units),
                    source.name,
                    source.kind,
                    source.path,
                    size_bytes=sum(size for _, _, size in spans),
                    fingerprint="published",
                    priority=source.priority,
                    options=options,
                    label=f"{files.file_name(spans[0][0])}@{spans[0][1]}",
                    spans=spans,
                )
            )
        for path in paths:
            try:
                ranges = _ranges(source.kind, path, source.options, unit_bytes)
            except OSError as error:
                # Whoever reads it will say what is wrong, as an error row.
                faults.setdefault(place, error)
                ranges = [(0, -1, 0, files.UNREADABLE)]
            for start, end, size, fingerprint in ranges:
                units.append(
                    WorkUnit(
                        len(units),
                        source.name,
                        source.kind,
                        path,
                        start,
                        end,
                        size,
                        fingerprint,
                        source.priority,
                        options,
                        label(source.path, path),
                    )
                )
    return Plan(tuple(units)), faults


def label(source_path: str, path: str) -> str:
    """A file's path below the last folder that the source's path spells out.

    Moving or adding files elsewhere does not change it: `a/*/b.jsonl` over `a/en/b.jsonl` gives
    `en/b.jsonl`, `a/en/b.jsonl` itself gives `b.jsonl`.
    """
    folder = re.split(r"[*?\[]", source_path, maxsplit=1)[0]
    if folder != path.rstrip("/") and path.startswith(f"{folder.rstrip('/')}/"):
        folder = f"{folder.rstrip('/')}/"  # the source names a folder
    below = path.removeprefix(folder[: folder.rfind("/") + 1])
    return below if below and not below.startswith("/") else path.rsplit("/", 1)[-1]


def _ranges(
    kind: str, path: str, options: Mapping[str, Any], unit_bytes: int
) -> list[tuple[int, int, int, str]]:
    """(start, end, size, fingerprint) of each unit of a file.

    Raises:
      OSError: it cannot be read.
    """
    info = KINDS[kind].describe(path, options)
    # A file on a server is downloaded whole, and not while planning.
    ranges = (
        [(0, -1)] if http.is_http(path) else KINDS[kind].split(path, info.size_bytes, unit_bytes)
    )
    share = info.size_bytes // max(1, len(ranges))
    return [(start, end, share, info.fingerprint) for start, end in ranges]
