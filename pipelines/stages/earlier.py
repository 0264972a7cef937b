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
    return unit_index < _RUN_UNITS


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
    bits = runs.bit_length()
    return own >> np.uint64(bits) | np.uint64(rank << (64 - bits))


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
