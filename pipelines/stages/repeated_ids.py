"""Documents of one source and id with different texts, counted by source."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from dedup import bands
from manifests import alarms, statistics
from manifests.statistics import StageReport
from pipelines.stages import earlier

# A row is one document in the bucket of its source and native id.
MEMBERS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("text", pa.uint64(), nullable=False),  # equal where texts are copies
        pa.field("ref", pa.uint64(), nullable=False),
    ]
)
_COUNTED = ("repeated_ids", "documents")


def count_by_unit(members: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Ids of this run's records that stand for different texts, and their documents, by unit.

    All documents of an id are counted in the unit of one of them: they are of one source.

    Args:
      members: MEMBERS in any order, always all documents of an id.

    Yields:
      (unit, columns repeated_ids and documents).
    """
    key, text, ref = (members[name].to_numpy() for name in MEMBERS.names)
    unit = bands.split_refs(ref)[0]
    own = np.isin(unit, [u for u in np.unique(unit) if earlier.is_own(int(u))])
    order = np.flatnonzero(own)[np.lexsort((ref[own], key[own]))]
    key, text, unit = key[order], text[order], unit[order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    documents = np.diff(np.append(first, len(key)))
    unlike = text != np.repeat(text[first], documents)
    differ = np.bincount(np.repeat(np.arange(len(first)), documents), unlike, len(first)) > 0
    units, at = np.unique(unit[first][differ], return_inverse=True)
    ids = np.bincount(at, minlength=len(units))
    counted = np.bincount(at, documents[differ], len(units)).astype(np.int64)
    for row, one in enumerate(units.tolist()):
        yield one, pa.record_batch([ids[row : row + 1], counted[row : row + 1]], [*_COUNTED])


def is_count(batch: pa.RecordBatch) -> bool:
    """Whether `count_by_unit` made the batch."""
    return bool(batch.schema.names == list(_COUNTED))


def add_counts(report: StageReport, source: str, counted: pa.RecordBatch) -> None:
    """Adds a unit's counts to its report, under names that alarms look for."""
    names = (alarms.REPEATED_IDS, alarms.DOCUMENTS_OF_REPEATED_IDS)
    for name, column in zip(names, _COUNTED, strict=True):
        report.add_count(name + source, statistics.total(counted[column]))
