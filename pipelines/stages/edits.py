"""Texts as a stage left them: what it cut is taken out whenever a later stage reads them.

Text crosses no shuffle and no stage writes documents anew; a stage that changes texts writes the
ranges to cut (`manifests.schemas.CUTS`), one part a unit, and `survivors` applies them.
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
    """What one stage cut of one unit's texts.

    Attributes:
      rows: of the unit's documents, ascending; a row has one entry a range.
      start, end: bytes in the text as the stages before left it; ranges may overlap.
      replacement: stands where something was cut.
    """

    rows: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    replacement: str

    def apply(
        self, batch: pa.RecordBatch, rows: npt.NDArray[np.int64]
    ) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
        """A batch and its rows' numbers, edited; a document without a word left is gone.

        Args:
          batch: with `text`; `text_bytes` is set anew if it is there.
          rows: ascending.
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
    """The section that masks words of benchmarks, if the recipe has such a one."""
    unwanted = recipe.duplicates.decontaminate
    return unwanted if unwanted and unwanted.action == "mask" else None


def masked(recipe: Recipe, unit: str, store: Store) -> list[Edits]:
    """What stage `duplicates` cut of a unit."""
    if unwanted := masks(recipe):
        table = store.read_table(f"{MASKED}/{unit}.parquet")
        return [of_table(table, unwanted.replacement)]
    return []


def layers(recipe: Recipe, unit: str, store: Store) -> list[Edits]:
    """Everything that stages cut of a unit, in their order."""
    found = masked(recipe, unit, store)
    if recipe.duplicates.lines or recipe.duplicates.spans:
        found.append(of_table(store.read_table(f"{REPETITION}/{unit}.parquet")))
    return found


def of_table(table: pa.Table, replacement: str = "") -> Edits:
    """Rows of `manifests.schemas.CUTS`."""
    row, start, end = (table[name].to_numpy().astype(np.int64) for name in ("row", "start", "end"))
    return Edits(row, start, end, replacement)
