"""Edits: the ranges that a stage cut are removed whenever a later stage reads the texts.

Text is never shuffled, and no stage writes documents a second time. A stage that changes texts
writes the ranges to cut (`manifests.schemas.CUTS`), one part for each unit, and
`pipelines.stages.common.survivors` applies them.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import cuts, places
from dedup.settings import Decontaminate
from manifests.store import Store
from pipelines.recipe.recipe import Recipe

MASKED, REPETITION = "masked", "repetition"


@dataclasses.dataclass(frozen=True)
class Edits:
    """The ranges that one stage cut from the texts of one unit.

    Attributes:
      rows: the row of each range in the unit's documents, ascending.
      start, end: positions in bytes in the text as earlier stages left it; ranges may overlap.
      replacement: text that is put where something was cut.
    """

    rows: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    replacement: str

    def apply(
        self, batch: pa.RecordBatch, rows: npt.NDArray[np.int64]
    ) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
        """The edited batch and the numbers of its rows, without documents that have no word left.

        Args:
          batch: has the column `text`; the column `text_bytes` is updated if there is one.
          rows: the rows of the batch in the unit's documents, ascending.
        """
        if not len(rows):
            return batch, rows
        first, last = np.searchsorted(self.rows, [rows[0], rows[-1] + 1])
        if first == last:
            return batch, rows
        document = np.searchsorted(rows, self.rows[first:last])
        ranges = cuts.Cuts(document, self.start[first:last], self.end[first:last])
        text = cuts.apply(batch["text"], ranges, self.replacement)
        columns = {**dict(zip(batch.schema.names, batch.columns, strict=True)), "text": text}
        if "text_bytes" in columns:
            columns["text_bytes"] = pc.fill_null(pc.binary_length(text), 0).cast(pa.int64())
        edited = pa.record_batch([columns[n] for n in batch.schema.names], schema=batch.schema)
        left = np.ones(len(rows), bool)
        changed = np.unique(document)
        left[changed] = places.has_words(text.take(pa.array(changed)))
        return edited.filter(pa.array(left)), rows[left]


def masks(recipe: Recipe) -> Decontaminate | None:
    """The section on decontamination, if the recipe has one that masks words of benchmarks."""
    unwanted = recipe.duplicates.decontaminate
    return unwanted if unwanted and unwanted.action == "mask" else None


def masked(recipe: Recipe, unit: str, store: Store) -> list[Edits]:
    """The edits of a unit by stage `duplicates`."""
    if unwanted := masks(recipe):
        table = store.read_table(f"{MASKED}/{unit}.parquet")
        return [of_table(table, unwanted.replacement)]
    return []


def layers(recipe: Recipe, unit: str, store: Store) -> list[Edits]:
    """The edits of a unit by all stages, in the order of the stages."""
    found = masked(recipe, unit, store)
    if recipe.duplicates.lines or recipe.duplicates.spans:
        found.append(of_table(store.read_table(f"{REPETITION}/{unit}.parquet")))
    return found


def of_table(table: pa.Table, replacement: str = "") -> Edits:
    """Makes edits of rows of `manifests.schemas.CUTS`."""
    row, start, end = (table[name].to_numpy().astype(np.int64) for name in ("row", "start", "end"))
    return Edits(row, start, end, replacement)
