"""Histograms of measured values whose edges are thresholds, with the documents kept at each edge.

A threshold decides a document alone if the document passes all other checks. Of these documents a
histogram knows how many lie on either side of each edge, so that the number kept at an edge is
exact. Between two edges it knows nothing.
"""

import dataclasses
import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from manifests.comparisons import Comparison

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST_BINS = 40  # about; the limit of the run is an edge in any case
_TAIL = 0.01  # share of the documents beyond the outer edges, on each side
_WIDE = 200  # whole numbers that reach beyond have a logarithmic scale
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def edges_around(limit: float, sample: Floats, whole: bool) -> Floats:
    """Edges from the smallest to the largest usual value, one of which is the limit.

    Args:
      limit: the threshold of the run.
      sample: some of the measured values; none give the limit alone.
      whole: whether values are whole numbers, as all edges are then.
    """
    if not len(sample):
        return np.array([limit])
    low, high = (float(v) for v in np.quantile(sample, (_TAIL, 1 - _TAIL)))
    low, high = min(low, limit), max(high, limit)
    if whole and limit > 0 and high > _WIDE:
        found = _logarithmic(limit, max(low, 1.0), high)
    else:
        found = _linear(limit, low, high, whole)
    return np.unique(np.append(found[(low <= found) & (found <= high)], limit))


def _linear(limit: float, low: float, high: float, whole: bool) -> Floats:
    step = _nice((high - low) / MOST_BINS) if high > low else 1.0
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.floor((low - limit) / step), math.ceil((high - limit) / step)
    # Without the last digits, which only multiplying steps has made.
    return np.array([float(f"{limit + n * step:.10g}") for n in range(first, last + 1)])


def _logarithmic(limit: float, low: float, high: float) -> Floats:
    """Whole numbers of two digits and zeros."""
    each = max(2, min(12, int(MOST_BINS / max(1.0, math.log10(high / low)))))
    first = math.floor(each * math.log10(low / limit))
    last = math.ceil(each * math.log10(high / limit))
    powers = [limit * 10 ** (n / each) for n in range(first, last + 1)]
    return np.array([float(round(float(f"{power:.2g}"))) for power in powers])


def _nice(step: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is not below a step."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in _STEPS if n * power >= step * (1 - 1e-9))


@dataclasses.dataclass
class Histogram:
    """Documents by a measured value, as one threshold on it sees them.

    Attributes:
      comparison: `min` keeps values >= threshold, `max` values <= threshold, `above` values >
        threshold, `below` values < threshold.
      edges: ascending; bin i lies between the edges i - 1 and i, and the outer ones are open.
      decided: int64, documents of each bin that pass all other checks.
      others: int64, those that another check drops in any case.
      exempt: documents that pass all other checks and have no such limit: in languages for which
        the run has none, or because the value was not measured.
    """

    comparison: Comparison
    edges: Floats
    decided: npt.NDArray[np.int64] = dataclasses.field(init=False)
    others: npt.NDArray[np.int64] = dataclasses.field(init=False)
    exempt: int = 0

    def __post_init__(self) -> None:
        self.decided = np.zeros(len(self.edges) + 1, np.int64)
        self.others = np.zeros(len(self.edges) + 1, np.int64)

    @property
    def keeps_small(self) -> bool:
        """Does the threshold drop what is too large?"""
        return self.comparison in ("max", "below")

    def add(self, values: npt.NDArray[np.generic], is_decided: Mask) -> None:
        """Counts the values of documents that have the limit."""
        # A value on an edge belongs to the side where a threshold there would leave it.
        side: Literal["left", "right"] = "right" if self.comparison in ("min", "below") else "left"
        # Floats of 32 bits are compared as such, as when the run decided.
        edges = self.edges.astype(values.dtype) if values.dtype == np.float32 else self.edges
        bins = np.searchsorted(edges, values, side=side)
        self.decided += np.bincount(bins[is_decided], minlength=len(self.decided))
        self.others += np.bincount(bins[~is_decided], minlength=len(self.others))

    def kept(self) -> list[int]:
        """Documents kept with the threshold at each edge; exact."""
        below = np.cumsum(self.decided)[:-1]
        passing = below if self.keeps_small else int(self.decided.sum()) - below
        return [int(n) + self.exempt for n in passing]

    def kept_without(self) -> int:
        """Documents kept without the threshold."""
        return int(self.decided.sum()) + self.exempt
