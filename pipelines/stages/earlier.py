"""Earlier runs, whose documents are preferred. Their signatures and texts are read in place.

Their units take part in the search for duplicates like those of this run, under indexes of their
own. So the result is that of one run over everything in which earlier sources have priority.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup import bands
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.sources.units import WorkUnit
from pipelines.stages.context import StageContext, StageError

# Units of this run have indexes below this number, those of the first earlier run from it on; each
# further run has the next range of this length.
_RUN_UNITS = 1 << 20


def units(runs: Sequence[str]) -> list[WorkUnit]:
    """Units of earlier runs that wrote parts, under indexes that no unit of this run has."""
    found = []
    for number, run in enumerate(runs, 1):
        for fields in Store(run).read_json("plan.json")["units"]:
            unit = WorkUnit.from_fields(fields).without_files()
            found.append(dataclasses.replace(unit, index=unit.index + number * _RUN_UNITS))
    return found


def documents(runs: Sequence[str]) -> int:
    """The number of documents that earlier runs looked at for duplicates."""
    manifests = [Store(run).read_json(stage_manifest("duplicates")) for run in runs]
    return sum(manifest["funnel"]["in"]["docs"] for manifest in manifests)


def is_own(unit_index: int) -> bool:
    """Whether the unit belongs to this run."""
    return run_of(unit_index) == 0


def run_of(unit_index: int) -> int:
    """The run of a unit, as `number_of` gives those of many."""
    return unit_index // _RUN_UNITS


def number_of(units: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The run of each unit: 0 is this one, 1 the first earlier one."""
    return units // _RUN_UNITS


def refs_of(refs: npt.NDArray[np.uint64], number: int) -> npt.NDArray[np.uint64]:
    """Refs as an earlier run has them of itself and of those before it -> refs as this run has.

    Args:
      number: the earlier run, from 1 on.
    """
    units, rows = bands.split_refs(refs)
    units = np.where(number_of(units) == 0, units + number * _RUN_UNITS, units)
    return (units.astype(np.uint64) << np.uint64(32)) | rows.astype(np.uint64)


def place(context: StageContext, unit_index: int) -> tuple[Store, str]:
    """The run that holds a unit's parts, and the stem of the parts' names."""
    number, index = divmod(unit_index, _RUN_UNITS)
    run = context.recipe.duplicates.against[number - 1] if number else context.run
    return Store(run), f"{index:06d}"


def preference(
    context: StageContext, unit: WorkUnit, signatures: pa.RecordBatch
) -> npt.NDArray[np.uint64]:
    """`dedup.bands.preference`, with documents of earlier runs preferred to later ones."""
    size = signatures["text_bytes"].to_numpy()
    score = _scores(context, unit)
    own = bands.preference(unit.priority, size, signatures["doc_id"], score)
    runs = len(context.recipe.duplicates.against)
    if not runs:
        return own
    number = unit.index // _RUN_UNITS
    rank = number - 1 if number else runs
    # The lowest bits, which only settle ties at random, are dropped to make room.
    return own >> np.uint64(runs.bit_length()) | np.uint64(best_preference(rank, runs))


def best_preference(rank: int, runs: int) -> int:
    """The smallest preference of a document of a run; rank 0 is the most preferred run."""
    return rank << (64 - runs.bit_length())


def preferences_of(
    stored: npt.NDArray[np.uint64], number: int, runs: int
) -> npt.NDArray[np.uint64]:
    """Preferences that an earlier run wrote -> as `preference` says them in this run.

    Args:
      number: the earlier run, from 1 on, which had those before it as its own earlier runs.
      runs: the number of this run's earlier runs.
    """
    bits, now = (number - 1).bit_length(), runs.bit_length()
    if not bits:
        return stored >> np.uint64(now)
    rank = stored >> np.uint64(64 - bits)
    own = stored & np.uint64((1 << (64 - bits)) - 1)
    return own >> np.uint64(now - bits) | rank << np.uint64(64 - now)


def _scores(context: StageContext, unit: WorkUnit) -> npt.NDArray[np.float64] | None:
    """The column by which the recipe prefers documents, as numbers; null is NaN."""
    column = context.recipe.duplicates.score
    if column is None:
        return None
    store, name = place(context, unit.index)
    path = f"documents/{name}.parquet"
    try:
        values = store.read_table(path, [column])[column]
    except (KeyError, pa.ArrowInvalid):
        raise StageError(
            f"{store.url(path)} has no column {column!r}, which duplicates.score names; "
            "make that run with the same rules, or leave score out"
        ) from None
    scores: npt.NDArray[np.float64] = values.cast(pa.float64()).to_numpy()
    return scores
