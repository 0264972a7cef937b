"""What became of each record of a finished run, part by part and without text."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from manifests import manifest, schemas
from manifests.store import Store
from shards.identity import as_hex

BATCH_ROWS = 1 << 14
IDENTITY = ("doc_id", "source", "language")


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """Some rows of a table, and where each ended.

    Attributes:
      path, start: the part, and the row of it that is the first.
      rows: doc_id, source, language ("" for errors) and the columns that were asked for, as far as
        the table has them.
      stage: the stage that removed it; null for what was kept.
      reason: the first; null for what was kept.
    """

    path: str
    start: int
    rows: pa.RecordBatch
    stage: pa.StringArray
    reason: pa.StringArray

    def numbers(self) -> npt.NDArray[np.int64]:
        """The rows' numbers in the part."""
        return np.arange(self.start, self.start + self.rows.num_rows)


def outcomes(
    store: Store, content: Mapping[str, Any], columns: Sequence[str] = ()
) -> Iterator[Outcomes]:
    """All records, in the order of the run's parts. Memory: a batch, and a unit's removed rows.

    Args:
      content: `reproducible` of the run's manifest.
    """
    for path in manifest.parts(store, "documents"):
        yield from _of_documents(store, content, path, columns)
    for folder in ("dropped", "errors"):
        for path in manifest.parts(store, folder):
            names = store.read_schema(path).names
            wanted = [n for n in dict.fromkeys((*IDENTITY, "reason", *columns)) if n in names]
            start = 0
            for batch in store.read_batches(path, BATCH_ROWS, wanted):
                rows = batch
                if "language" not in names:
                    rows = rows.append_column("language", pa.array([""] * batch.num_rows))
                stage = pa.array(["documents"] * batch.num_rows, pa.string())
                yield Outcomes(path, start, rows, stage, batch["reason"])
                start += batch.num_rows


def _of_documents(
    store: Store, content: Mapping[str, Any], path: str, columns: Sequence[str]
) -> Iterator[Outcomes]:
    unit = path.rsplit("/", 1)[-1]
    removed = store.read_table(f"duplicates/{unit}", ["row", "reason"])
    removed_rows = removed["row"].to_numpy()
    repeated = "repetition" in content["stages"]
    taken = manifest.taken_down(content)
    left = store.read_table(f"corpus/{unit}", ["id"])["id"] if repeated else None
    names = store.read_schema(path).names
    wanted = [name for name in dict.fromkeys((*IDENTITY, *columns)) if name in names]
    start = 0
    for batch in store.read_batches(path, BATCH_ROWS, wanted):
        stage = np.full(batch.num_rows, None, object)
        reason = np.full(batch.num_rows, None, object)
        if left is not None:
            gone = pc.invert(pc.is_in(as_hex(batch["doc_id"]), left)).to_numpy(zero_copy_only=False)
            stage[gone], reason[gone] = "repetition", schemas.REPEATED_TEXT
        if taken:
            gone = pc.is_in(as_hex(batch["doc_id"]), pa.array(sorted(taken)))
            gone = gone.to_numpy(zero_copy_only=False)
            stage[gone], reason[gone] = manifest.TAKEDOWN, schemas.TAKEN_DOWN
        first, last = np.searchsorted(removed_rows, [start, start + batch.num_rows])
        here = removed_rows[first:last] - start
        stage[here] = "duplicates"
        reason[here] = removed["reason"][first:last].to_pylist()
        yield Outcomes(
            path, start, batch, pa.array(stage, pa.string()), pa.array(reason, pa.string())
        )
        start += batch.num_rows
