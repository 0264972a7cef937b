"""What became of each document of a finished run, with its text: kept, dropped or removed.

It loads without Beam.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests import manifest
from manifests.store import Store
from pipelines.recipe.recipe import Recipe
from pipelines.stages import edits

_BATCH_ROWS = 1 << 12
_COLUMNS = ("doc_id", "source", "language", "text")

Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Fates:
    """Some documents of a run, those without text left out.

    Attributes:
      rows: doc_id, source, language and text.
      survivor: the document for which each was removed as its copy; itself where it was not.
      reasons: all that stage `documents` dropped it for; empty where it kept the document.
      read: whether the text is that of stage `documents`.
      survives: whether the document is in the corpus with this text. A document from which a later
        stage cut something comes twice, as it was read and as it survives.
    """

    rows: pa.RecordBatch
    survivor: pa.FixedSizeBinaryArray
    reasons: list[list[str]]
    read: Mask
    survives: Mask


def fates(store: Store, recipe: Recipe) -> Iterator[Fates]:
    """All documents of a run that kept the text of what it dropped, part by part."""
    for path in manifest.parts(store, "documents"):
        yield from _kept(store, recipe, path.rsplit("/", 1)[-1].removesuffix(".parquet"))
    for path in manifest.parts(store, "dropped"):
        for batch in store.read_batches(path, _BATCH_ROWS, [*_COLUMNS, "reasons"]):
            rows = batch.filter(batch["text"].is_valid())
            every = np.ones(rows.num_rows, bool)
            reasons = rows["reasons"].to_pylist()
            yield Fates(rows.select(_COLUMNS), rows["doc_id"], reasons, every, ~every)


def _kept(store: Store, recipe: Recipe, unit: str) -> Iterator[Fates]:
    removed = store.read_table(f"duplicates/{unit}.parquet", ["row", "survivor"])
    removed_rows = removed["row"].to_numpy()
    layers = edits.layers(recipe, unit, store)
    start = 0
    for batch in store.read_batches(f"documents/{unit}.parquet", _BATCH_ROWS, _COLUMNS):
        first, last = np.searchsorted(removed_rows, [start, start + batch.num_rows])
        gone = removed_rows[first:last] - start
        survives, every = np.ones(batch.num_rows, bool), np.ones(batch.num_rows, bool)
        survives[gone] = False
        ids = batch["doc_id"].to_pylist()
        for row, survivor in zip(gone, removed["survivor"][first:last].to_pylist(), strict=True):
            ids[row] = survivor or ids[row]
        survivor_ids = pa.array(ids, batch["doc_id"].type)
        none: list[list[str]] = [[] for _ in ids]
        if layers:
            yield Fates(batch, survivor_ids, none, every, ~every)
            left, rows = batch.filter(pa.array(survives)), start + np.flatnonzero(survives)
            for layer in layers:
                left, rows = layer.apply(left, rows)
            every = np.ones(left.num_rows, bool)
            yield Fates(left, left["doc_id"], none[: left.num_rows], ~every, every)
        else:
            yield Fates(batch, survivor_ids, none, every, survives)
        start += batch.num_rows
