"""`winnow quantile`: the threshold at which a share of a run's documents stays.

Exact and the same however the run was cut: all values of a column are ranked. A float32 a document
is held in memory, 4 GB for a thousand million.
"""

import dataclasses
import difflib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests import manifest
from manifests.store import Store
from pipelines.commands import console

_BATCH_ROWS = 1 << 16


@dataclasses.dataclass(frozen=True)
class TopShare:
    """The least value of the top share, and how many of all documents reach it (ties all do)."""

    value: float
    reached: int
    documents: int


def command(
    run: str, column: str, keep: float, language: str | None, as_json: bool = False
) -> None:
    """Prints the threshold, and how many documents reach it.

    Raises:
      Failure: the run is not finished.
      ValueError: no such column, nothing measured, or no share.
    """
    store = Store(run)
    console.manifest_of(store)
    found = top_share(store, column, keep, language)
    if as_json:
        console.print_json(dataclasses.asdict(found))
        return
    console.say(
        f"{found.value:.9g} is reached by {found.reached:,} of {found.documents:,} documents "
        f"({found.reached / found.documents:.2%})"
    )


def top_share(store: Store, column: str, keep: float, language: str | None = None) -> TopShare:
    """Ranks a measured column over `documents/` and `dropped/`; rows without a value do not count.

    Raises:
      ValueError: no such column, nothing measured, or no share.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"--keep is {keep}; give a share above 0 and up to 1")
    parts = []
    for folder in ("documents", "dropped"):
        for path in manifest.parts(store, folder):
            _check(column, store.read_schema(path), path)
            for batch in store.read_batches(path, _BATCH_ROWS, [column, "language"]):
                if language is not None:
                    batch = batch.filter(pc.equal(batch["language"], language))
                parts.append(batch[column].drop_null().to_numpy(zero_copy_only=False))
    values = np.sort(np.concatenate([*parts, np.empty(0, np.float32)]))[::-1]
    if not len(values):
        raise ValueError(f"no document has a value of {column}")
    least = values[max(1, int(np.floor(keep * len(values)))) - 1]
    return TopShare(float(least), int((values >= least).sum()), len(values))


def _check(column: str, schema: pa.Schema, path: str) -> None:
    kinds = (pa.types.is_integer, pa.types.is_floating)
    measured = [field.name for field in schema if any(is_one(field.type) for is_one in kinds)]
    if column not in measured:
        near = difflib.get_close_matches(column, measured, 1, 0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{path} has no measured column {column!r}{hint}")
