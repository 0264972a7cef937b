"""Totals of the whole from a sample of places, with intervals.

The estimator is the ratio of two sums (Cochran, "Sampling Techniques", 1977, chapter 6): what was
found in the sample, over a size that is known for all of the input. Counts and sizes are skewed, so
the interval is one of the logarithm, which cannot reach below 0.
"""

import dataclasses
import math
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

# Skewed sums of few places are outside of their interval more often than its level says. Where
# intervals of 99 % are given, at least 95 % hold: docs/estimate.md has the counts.
LEVEL = 0.99

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Interval:
    """An estimate between its bounds."""

    low: float
    estimate: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Self:
        """A value that is known."""
        return cls(value, value, value)

    @property
    def relative_width(self) -> float:
        """The width, as a part of the estimate."""
        return (self.high - self.low) / self.estimate if self.estimate else 0.0

    @property
    def error(self) -> float:
        """How far the upper bound is above the estimate, as a part of it."""
        return self.high / self.estimate - 1 if self.estimate else 0.0

    def __add__(self, other: "Interval") -> "Interval":
        """The sum, as if both were wrong in the same direction."""
        return Interval(
            self.low + other.low, self.estimate + other.estimate, self.high + other.high
        )

    def scaled(self, factor: float) -> "Interval":
        """All three times a factor that is known; not negative."""
        return Interval(self.low * factor, self.estimate * factor, self.high * factor)

    def times(self, other: "Interval") -> "Interval":
        """The product of two that are wrong independently of each other."""
        estimate = self.estimate * other.estimate
        if min(self.estimate, other.estimate) <= 0:
            return Interval(self.low * other.low, estimate, self.high * other.high)
        down = _distance(self.low, self.estimate, other.low, other.estimate)
        up = _distance(self.estimate, self.high, other.estimate, other.high)
        return Interval(estimate * math.exp(-down), estimate, estimate * math.exp(up))

    def within(self, low: float, high: float) -> "Interval":
        """The same, where other values cannot be."""
        return Interval(*(min(max(one, low), high) for one in dataclasses.astuple(self)))


def _distance(low: float, high: float, other_low: float, other_high: float) -> float:
    if low <= 0 or other_low <= 0:
        return math.inf
    return math.hypot(math.log(high / low), math.log(other_high / other_low))


def total(found: Floats, sizes: Floats, whole: float, share: float) -> Interval:
    """The sum over the whole of what was found at the places of the sample.

    Args:
      found: at each place that was drawn.
      sizes: of these places.
      whole: the size of all places.
      share: with which a place was drawn.
    """
    size, count = float(sizes.sum()), len(sizes)
    if not count or not size or not whole:
        return Interval.exact(0.0)
    ratio = float(found.sum()) / size
    if share >= 1:
        return Interval.exact(float(found.sum()))
    if count == 1 or not ratio:
        return Interval(float(found.sum()), ratio * whole, math.inf)
    errors = found - ratio * sizes
    # One more place may be as far from the others as the farthest one, or unlike any if all are
    # alike: samples of skewed values mostly lack some of the largest.
    squares = count / (count - 1) * float(errors @ errors)
    squares += max(float(np.abs(errors).max()), ratio * size / count) ** 2
    variance = (1 - share) * squares
    spread = math.sqrt(variance) / (ratio * size)
    factor = math.exp(min(50.0, float(student.ppf((1 + LEVEL) / 2, count - 1)) * spread))
    estimate = ratio * whole
    return Interval(max(float(found.sum()), estimate / factor), estimate, estimate * factor)
