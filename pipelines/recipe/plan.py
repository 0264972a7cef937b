"""Planning: sources to work units. The same recipe over the same files gives the same units."""

import dataclasses
import functools
import re
from collections.abc import Iterator
from typing import Any

from manifests.statistics import digest_of
from pipelines.recipe.config import Keys, RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS, FileInfo, files, http
from pipelines.sources.files import PUBLISHED
from pipelines.sources.kinds import WHOLE
from pipelines.sources.limits import Limits
from pipelines.sources.units import LAYOUT, GroupedFile, Span, WorkUnit

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
UNCOMPRESSED_BY = 4  # how much larger the same file is when it is not compressed
_UNCOMPRESSED = (".jsonl", ".ndjson", ".warc", ".wet", ".json")


# Files of less than this part of `unit_mb` are read together, up to that size. A unit costs a fifth
# of a second, which is little beside 16 MB, and larger groups would leave cores without work.
_GROUP_SHARE = 16
# Where a file is small, it costs more to open than to read; on object stores a tenth of a second.
_GROUP_FILES = 4096


def estimated_text_bytes(unit: WorkUnit) -> int:
    """Roughly how much text a unit holds; see `TEXT_PER_STORED_BYTE`."""
    ratio = TEXT_PER_STORED_BYTE.get(unit.kind, 1.0)
    stored = [(file.label, file.size_bytes) for file in unit.group] or [
        (unit.path, unit.size_bytes)
    ]
    plain = sum(size for path, size in stored if path.endswith(_UNCOMPRESSED))
    return int(plain * ratio / UNCOMPRESSED_BY + (unit.size_bytes - plain) * ratio)


@dataclasses.dataclass(frozen=True)
class Plan:
    """The work units of a run."""

    units: tuple[WorkUnit, ...]

    @property
    def size_bytes(self) -> int:
        return sum(unit.size_bytes for unit in self.units)

    @property
    def estimated_text_bytes(self) -> int:
        """Roughly how much text there is, before any rule, in files whose size is known."""
        return sum(map(estimated_text_bytes, self.units))

    @property
    def text_bytes(self) -> int | None:
        """The same; None if a file's size is unknown."""
        is_known = all(unit.size_bytes for unit in self.units)
        return self.estimated_text_bytes if is_known else None

    @functools.cached_property
    def digest(self) -> str:
        """Changes if a unit, or a file that one reads, changes."""
        return digest_of([unit.to_json() for unit in self.units])

    def without_files(self) -> tuple[WorkUnit, ...]:
        """The units for stages that read the parts of stage `documents`."""
        return tuple(unit.without_files() for unit in self.units)

    def to_json(self) -> dict[str, Any]:
        return {"units": [unit.to_fields() for unit in self.units]}

    def encoded(self) -> bytes:
        """`to_json` with one unit on a line: a group has thousands of files."""
        lines = ",\n".join(unit.to_json() for unit in self.units)
        return f'{{"units": [\n{lines}\n]}}\n'.encode()


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


@files.remembering_listings()
def planned(recipe: Recipe) -> tuple[Plan, dict[Keys, Exception]]:
    """Expands globs, cuts files into units of about `unit_mb`, and groups small files.

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
            picked, paths = [], [source.path]
        options = dict(source.options)
        if KINDS[source.kind].makes_text and recipe.documents.text != "plain":
            options[LAYOUT] = recipe.documents.text
        unit = WorkUnit(
            0,
            source.name,
            source.kind,
            source.path,
            priority=source.priority,
            options=tuple(sorted(options.items())),
        )
        unreadable: list[OSError] = []
        found = (
            _of_spans(unit, picked) if picked else _of_files(unit, paths, unit_bytes, unreadable)
        )
        units += [dataclasses.replace(one, index=i) for i, one in enumerate(found, len(units))]
        if unreadable:
            faults.setdefault(place, unreadable[0])
    return Plan(tuple(units)), faults


def _of_spans(unit: WorkUnit, picked: list[tuple[Span, ...]]) -> Iterator[WorkUnit]:
    """The units of records that an index chose; `unit` has what all units of the source share."""
    for spans in picked:
        yield dataclasses.replace(
            unit,
            size_bytes=sum(size for _, _, size in spans),
            fingerprint=PUBLISHED,
            label=f"{files.file_name(spans[0][0])}@{spans[0][1]}",
            spans=spans,
        )


def _of_files(
    unit: WorkUnit, paths: list[str], unit_bytes: int, unreadable: list[OSError]
) -> Iterator[WorkUnit]:
    """The units of files; neighbours in the list that are small are one.

    A file that cannot be read is a unit all the same; why is added to `unreadable`.
    """
    most_bytes = unit_bytes // _GROUP_SHARE
    options = dict(unit.options)
    held: list[GroupedFile] = []
    held_bytes, held_folder = 0, ""
    for path in paths:
        name, ranges = label(unit.path, path), [WHOLE]
        try:
            info = KINDS[unit.kind].describe(path, options)
            if info.size_bytes >= most_bytes:
                ranges = _ranges(unit.kind, path, info.size_bytes, unit_bytes)
        except OSError as error:
            # Whoever reads it will say what is wrong, as an error row.
            unreadable.append(error)
            info = FileInfo(0, files.UNREADABLE)
        folder = path.removesuffix(name)
        # A file on a server is downloaded whole, and of a published crawl the sizes are not known.
        small = (
            info.size_bytes < most_bytes
            and info.fingerprint != PUBLISHED
            and not http.is_http(path)
        )
        fits = held_bytes + info.size_bytes <= most_bytes and len(held) < _GROUP_FILES
        if held and not (small and fits and folder == held_folder):
            yield _grouped(unit, held_folder, held)
            held, held_bytes = [], 0
        if small:
            held.append(GroupedFile(name, info.size_bytes, info.fingerprint))
            held_bytes, held_folder = held_bytes + info.size_bytes, folder
            continue
        for start, end in ranges:
            yield dataclasses.replace(
                unit,
                path=path,
                start=start,
                end=end,
                size_bytes=info.size_bytes // max(1, len(ranges)),
                fingerprint=info.fingerprint,
                label=name,
            )
    if held:
        yield _grouped(unit, held_folder, held)


def _grouped(unit: WorkUnit, folder: str, held: list[GroupedFile]) -> WorkUnit:
    group = dataclasses.replace(
        unit, path=folder, size_bytes=sum(file.size_bytes for file in held), group=tuple(held)
    )
    return group if len(held) > 1 else next(group.files())


def label(source_path: str, path: str) -> str:
    """A file's path below the last folder that the source's path spells out.

    Moving or adding files elsewhere does not change it: `a/*/b.jsonl` over `a/en/b.jsonl` gives
    `en/b.jsonl`, `a/en/b.jsonl` itself gives `b.jsonl`.
    """
    if files.is_local(source_path):
        source_path = files.local_path(source_path)
    folder = re.split(r"[*?\[]", source_path, maxsplit=1)[0]
    if folder != path.rstrip("/") and path.startswith(f"{folder.rstrip('/')}/"):
        folder = f"{folder.rstrip('/')}/"  # the source names a folder
    below = path.removeprefix(folder[: folder.rfind("/") + 1])
    return below if below and not below.startswith("/") else path.rsplit("/", 1)[-1]


def _ranges(kind: str, path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    if http.is_http(path):  # it is downloaded whole, and not while planning
        return [WHOLE]
    return KINDS[kind].split(path, size_bytes, unit_bytes)
