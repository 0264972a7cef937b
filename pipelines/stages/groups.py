"""Groups of neighbouring units, which one worker works on together.

What a worker sends from the units of one group to those of another is one batch, or a few. Between
single units it would be some rows only, and a million batches for a thousand units.
"""

import math

import numpy as np
import numpy.typing as npt

from dedup import bands
from pipelines.stages.context import StageContext


def units_in_group(context: StageContext) -> int:
    """As many units as have text for a quarter of a worker's memory, on average; but so few that
    there are as many groups as the recipe asks for partitions.
    """
    execution = context.recipe.execution
    text_bytes = context.upstream["documents"]["funnel"]["kept"]["text_bytes"]
    fitting = len(context.units) * (execution.memory_mb << 18) // max(1, text_bytes)
    return max(1, min(fitting, math.ceil(len(context.units) / execution.partitions)))


def group_of(refs: npt.NDArray[np.uint64], units: int) -> npt.NDArray[np.int64]:
    """The group of each document's unit, with so many units in a group."""
    return bands.split_refs(refs)[0] // units
