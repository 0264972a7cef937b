"""Documents of one source and id with different texts: counted by source, from edges that stage
`duplicates` has anyway.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup import bands, clusters
from manifests import alarms, statistics
from manifests.statistics import StageReport
from pipelines.stages import earlier

Refs = npt.NDArray[np.uint64]

_COUNTED = ("repeated_ids", "documents")
_NAMES = ["unit", *_COUNTED]


def count_by_unit(stars: clusters.Edges, text_of: Callable[[Refs], Refs]) -> pa.RecordBatch:
    """Ids of this run's records that stand for different texts, and their documents, by unit.

    All documents of an id are counted in the unit of one of them: they are of one source.

    Args:
      stars: stars of equal sources and ids.
      text_of: a value for each ref, equal where the texts are.

    Returns:
      Columns unit, repeated_ids, documents.
    """
    roots = np.unique(stars[:, clusters.ROOT_REF])
    ref = np.concatenate([stars[:, clusters.MEMBER_REF], roots])
    group = np.concatenate([stars[:, clusters.ROOT_REF], roots])
    unit = bands.split_refs(ref)[0]
    own = np.isin(unit, [u for u in np.unique(unit) if earlier.is_own(int(u))])
    order = np.lexsort((ref[own], group[own]))
    ref, group, unit = ref[own][order], group[own][order], unit[own][order]
    groups, first, documents = np.unique(group, return_index=True, return_counts=True)
    texts = np.unique(np.stack([group, text_of(ref)], axis=1), axis=0)
    _, distinct = np.unique(texts[:, 0], return_counts=True)
    differ = distinct > 1 if len(groups) else np.empty(0, bool)
    units, at = np.unique(unit[first][differ], return_inverse=True)
    columns = [
        units.astype(np.int64),
        np.bincount(at, minlength=len(units)),
        np.bincount(at, documents[differ], len(units)).astype(np.int64),
    ]
    return pa.record_batch([pa.array(column, pa.int64()) for column in columns], _NAMES)


def rows_by_unit(copies: Sequence[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """What `JoinCopies` found -> (unit, its counts)."""
    _, counted = copies
    for row, unit in enumerate(counted["unit"].to_pylist()):
        yield unit, counted.slice(row, 1).select(_COUNTED)


def is_count(batch: pa.RecordBatch) -> bool:
    """Whether `rows_by_unit` made the batch."""
    return bool(batch.schema.names == list(_COUNTED))


def add_counts(report: StageReport, source: str, counted: pa.RecordBatch) -> None:
    """Adds a unit's counts to its report, under names that alarms look for."""
    names = (alarms.REPEATED_IDS, alarms.DOCUMENTS_OF_REPEATED_IDS)
    for name, column in zip(names, _COUNTED, strict=True):
        report.add_count(name + source, statistics.total(counted[column]))
