"""From measured values to reasons: the half of a rule that needs no text.

Rules decide here while documents are read, and again when a run is replayed from its columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.rules.thresholds import Limits, Rule, limit_of

Mask = npt.NDArray[np.bool_]


class Checks:
    """Failed checks of a batch, one column a check: an index into `names`, or -1."""

    def __init__(self, documents: int) -> None:
        self.names: list[str] = []
        self.columns = [np.full(documents, -1, np.int32)]  # a batch may have no checks at all

    def __len__(self) -> int:
        return len(self.columns[0])

    def add(self, failed: Mask, name: str) -> None:
        self.columns.append(np.where(failed, np.int32(len(self.names)), np.int32(-1)))
        self.names.append(name)

    def add_reasons(self, reasons: Iterable[str | None]) -> None:
        """One reason a document, whatever it says; None is no failure."""
        codes: dict[str | None, int] = {None: -1}
        column = []
        for reason in reasons:
            if reason not in codes:
                codes[reason] = len(self.names)
                self.names.append(str(reason))
            column.append(codes[reason])
        self.columns.append(np.array(column, np.int32))

    def add_rule(
        self,
        rule: Rule,
        values: Mapping[str, npt.NDArray[np.generic]],
        limits: Limits,
        languages: Sequence[str | None] | None,
        measured: Mask,
    ) -> Mask:
        """Add the rule's checks that are on; which of the measured documents failed any."""
        failed = np.zeros(len(self), bool)
        for threshold in rule.thresholds:
            if threshold.scope == "document" and threshold.key in limits:
                limit = limit_of(threshold, limits[threshold.key], languages)
                fails = threshold.fails(values[threshold.measure], limit) & measured
                self.add(fails, f"{rule.name}.{threshold.reason}")
                failed |= fails
        return failed

    def reasons(self) -> tuple[pa.ListArray, pa.StringArray]:
        """All reasons of each document in the order in which they were added, and the first."""
        codes = np.column_stack(self.columns)
        failed = codes >= 0
        names = pa.array(self.names, pa.string())
        offsets = np.zeros(len(codes) + 1, np.int32)
        np.cumsum(failed.sum(axis=1), out=offsets[1:])
        every = pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(codes[failed])))
        first = codes[np.arange(len(codes)), failed.argmax(axis=1)]
        return every, names.take(pa.array(first, mask=~failed.any(axis=1)))


def values_of(measures: pa.RecordBatch, rule: Rule) -> dict[str, npt.NDArray[np.generic]]:
    """A rule's columns of a batch of measured values, 0 where nothing was measured."""
    return {
        name: measures[f"{rule.name}.{name}"].fill_null(0).to_numpy(zero_copy_only=False)
        for name in rule.columns.names
    }


def is_measured(measures: pa.RecordBatch, rule: Rule) -> Mask:
    """Which documents have the rule's values."""
    column: Any = measures[f"{rule.name}.{rule.columns.names[0]}"]
    found: Mask = column.is_valid().to_numpy(zero_copy_only=False)
    return found
