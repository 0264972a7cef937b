"""Draws the sample: records, or whole work units, by a keyed hash.

Where a source has many units at the share asked for, whole units are drawn, and nothing else is
read. Otherwise all of the source is read, and records are drawn by their content: by the least hash
among their runs of words, so that all copies of a document are in the sample or none, and most
near-copies with it. Two contents of Jaccard similarity J share that hash with probability J.
"""

import dataclasses
import math
import multiprocessing
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup import least_hash
from filters.documents import document_ids
from manifests import schemas
from manifests.store import Store
from pipelines.recipe.config import RecipeError
from pipelines.recipe.plan import Plan, planned
from pipelines.recipe.recipe import Recipe
from pipelines.sources import drawn
from pipelines.sources.unit_records import UnitRecords
from pipelines.sources.units import WorkUnit

# Fewer units than this say too little about the others; records are drawn then.
LEAST_UNITS = 40
_UNITS_WANTED = 100
_FOLDER = "drawn"
# Multipliers of splitmix64 (Steele et al. 2014).
_GAMMA, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

Hashes = npt.NDArray[np.uint64]


@dataclasses.dataclass(frozen=True)
class Stratum:
    """The sources of which the same is drawn: records, or units.

    Attributes:
      by_content: whether records are drawn.
      docs: records with text among all, if records are drawn; else units.
      size_bytes: of their content; else stored bytes, or units where sizes are not known.
    """

    by_content: bool
    docs: int
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Drawn:
    """The sample.

    Attributes:
      whole: work units of all of it, which read what was drawn.
      half: those of its first half, whose records are in the files of `whole`, too.
      ids: `schemas.DOC_ID` of each record, with these arrays beside it:
      early: whether it is in the first half.
      places: what the sample takes or leaves as one; equal for records that are drawn together.
      contents: hashes of the content.
      sizes: bytes of content.
      strata: position in `of`.
      unit_sizes: of a drawn unit, by place.
      read_bytes: stored bytes that were read, of `stored_bytes`.
      read_seconds: processor time that reading takes for all of the input.
    """

    share: float
    whole: tuple[WorkUnit, ...]
    half: tuple[WorkUnit, ...]
    ids: pa.FixedSizeBinaryArray
    early: npt.NDArray[np.bool_]
    places: Hashes
    contents: Hashes
    sizes: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int8]
    of: tuple[Stratum, ...]
    unit_sizes: dict[int, int]
    read_bytes: int
    stored_bytes: int
    read_seconds: float


@dataclasses.dataclass
class _Part:
    """What one unit gave."""

    ids: list[bytes]
    early: list[npt.NDArray[np.bool_]]
    places: list[Hashes]
    contents: list[Hashes]
    sizes: list[npt.NDArray[np.int64]]
    docs: int = 0
    size_bytes: int = 0
    read_seconds: float = 0.0


def draw(recipe: Recipe, plan: Plan, share: float, seed: int, folder: str, workers: int) -> Drawn:
    """Reads the input, or a part of it, and writes the sample to a folder.

    Args:
      plan: of all of the recipe.
      share: of the input that is drawn; more than 0, at most 1.

    Raises:
      RecipeError: nothing was drawn.
    """
    fine_mb = math.ceil(share * plan.size_bytes / _UNITS_WANTED) >> 20
    fine, _ = planned(recipe.changed(unit_mb=min(max(1, fine_mb), recipe.unit_mb)))
    cut: dict[str, list[WorkUnit]] = {}
    for unit in fine.units:
        cut.setdefault(unit.source, []).append(unit)
    by_unit = {name for name, units in cut.items() if share * len(units) >= LEAST_UNITS}
    units = [unit for unit in plan.units if unit.source not in by_unit]
    tasks = [_Task(recipe, unit, None, share, seed, folder) for unit in units]
    stored = sum(unit.size_bytes for unit in units)
    read, all_units = stored, [unit for name in by_unit for unit in cut[name]]
    known = all(unit.size_bytes for unit in all_units)
    unit_sizes: dict[int, int] = {}
    keys = {unit.name: _place_of_unit(unit) for unit in all_units}
    for unit in sorted(all_units, key=lambda unit: unit.index):
        place = keys[unit.name]
        if chosen(np.array([place], np.uint64), share, seed)[0]:
            tasks.append(_Task(recipe, unit, place, share, seed, folder))
            unit_sizes[place] = unit.size_bytes if known else 1
            read += unit.size_bytes
    parts = _worked(tasks, workers)
    strata = np.concatenate(
        [np.full(sum(map(len, p.places)), t.place is not None, np.int8)
         for t, p in zip(tasks, parts, strict=True)] or [np.zeros(0, np.int8)]
    )  # fmt: skip
    records = [p for t, p in zip(tasks, parts, strict=True) if t.place is None]
    of_units = [p for t, p in zip(tasks, parts, strict=True) if t.place is not None]
    if not len(strata):
        raise RecipeError(
            f"a share of {share:.2%} of the input holds no record with text; give a larger --share"
        )
    unit_bytes = sum(unit.size_bytes for unit in all_units)
    return Drawn(
        share, _units_of(tasks, False, folder), _units_of(tasks, True, folder),
        pa.array([one for part in parts for one in part.ids], schemas.DOC_ID),
        np.concatenate([array for part in parts for array in part.early]),
        np.concatenate([array for part in parts for array in part.places]),
        np.concatenate([array for part in parts for array in part.contents]),
        np.concatenate([array for part in parts for array in part.sizes]),
        strata,
        (
            Stratum(True, sum(p.docs for p in records), sum(p.size_bytes for p in records)),
            Stratum(False, len(all_units), unit_bytes if known else len(all_units)),
        ),
        unit_sizes, read, stored + unit_bytes,
        sum(p.read_seconds for p in records)
        + sum(p.read_seconds for p in of_units) * len(all_units) / max(1, len(of_units)),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Task:
    """A unit to read; `place` is set if all of its records are drawn."""

    recipe: Recipe
    unit: WorkUnit
    place: int | None
    share: float
    seed: int
    folder: str

    def path(self, half: bool) -> str:
        """The file of what is drawn, of all of it or of the first half."""
        name = f"{'u' * (self.place is not None)}{self.unit.name}"
        return f"{_FOLDER}/{'half' if half else 'whole'}/{name}.parquet"

    def work(self) -> _Part:
        """Draws, and writes two files: the two runs have units of the same number."""
        part, store = _Part([], [], [], [], []), Store(self.folder)
        recipe = self.recipe
        reading = iter(
            UnitRecords(
                self.unit, recipe.execution.batch_docs, recipe.documents.max_record_mb << 20
            )
        )
        with (
            store.write_part(self.path(False), schemas.RECORDS) as whole,
            store.write_part(self.path(True), schemas.RECORDS) as half,
        ):
            while True:
                begun = time.process_time()
                batch = next(reading, None)
                part.read_seconds += time.process_time() - begun
                if batch is None:
                    break
                records = batch.records.filter(batch.records["content"].is_valid())
                if not records.num_rows:
                    continue
                ids = document_ids(self.unit.source, records["native_id"], records["content"])
                halves = _halves_of(ids)
                places = (
                    _places(records["content"], halves[:, 1])
                    if self.place is None
                    else np.full(records.num_rows, self.place, np.uint64)
                )
                sizes = np.diff(_offsets(records["content"]))
                part.docs += records.num_rows
                part.size_bytes += int(sizes.sum())
                wanted = chosen(places, self.share, self.seed)
                early = chosen(places, self.share / 2, self.seed)
                whole.write(records.filter(pa.array(wanted)))
                half.write(records.filter(pa.array(early)))
                part.ids += ids.filter(pa.array(wanted)).to_pylist()
                part.early.append(early[wanted])
                part.places.append(places[wanted])
                part.contents.append(halves[wanted, 1])
                part.sizes.append(sizes[wanted])
        return part


def _work(task: _Task) -> _Part:
    return task.work()


def _worked(tasks: Sequence[_Task], workers: int) -> list[_Part]:
    if workers == 1 or len(tasks) <= 1:
        return [task.work() for task in tasks]
    with multiprocessing.get_context("fork").Pool(min(workers, len(tasks))) as pool:
        return pool.map(_work, tasks, chunksize=1)


def _units_of(tasks: Sequence[_Task], half: bool, folder: str) -> tuple[WorkUnit, ...]:
    """The work units that read what was drawn; those without rows are left out."""
    store, units = Store(folder), list[WorkUnit]()
    for task in tasks:
        path = task.path(half)
        if store.rows(path):
            units.append(
                WorkUnit(
                    len(units), task.unit.source, drawn.NAME, store.url(path),
                    size_bytes=store.size(path), priority=task.unit.priority,
                    label=task.unit.label,
                )
            )  # fmt: skip
    return tuple(units)


def _offsets(content: pa.LargeBinaryArray) -> npt.NDArray[np.int64]:
    offsets = np.frombuffer(content.buffers()[1] or bytes(8), np.int64)
    return offsets[content.offset : content.offset + len(content) + 1]


def _halves_of(ids: pa.FixedSizeBinaryArray) -> Hashes:
    """The two hashes of identities: of source and native id, and of the content."""
    values = np.frombuffer(ids.buffers()[1], np.uint64).reshape(-1, 2)
    return values[ids.offset : ids.offset + len(ids)]


def _place_of_unit(unit: WorkUnit) -> int:
    named = pa.array([f"{unit.path}\0{unit.label}\0{unit.start}".encode()], pa.large_binary())
    return int(_halves_of(document_ids(unit.source, pa.array([""]), named))[0, 1])


def _places(content: pa.LargeBinaryArray, contents: Hashes) -> Hashes:
    """What is drawn together: the least hash of runs of words; the content's, without words."""
    least = least_hash.least_hashes(content)
    return np.where(least == least_hash.NO_RUN, contents, least)


def chosen(places: Hashes, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which places a share takes; a smaller share takes some of those."""
    with np.errstate(over="ignore"):
        mixed = places + np.uint64((seed + 1) * _GAMMA % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_MIX_1)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_MIX_2)
        mixed ^= mixed >> np.uint64(31)
    taken: npt.NDArray[np.bool_] = mixed.astype(np.float64) < share * 2.0**64
    return taken
