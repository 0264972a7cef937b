"""The difference of two sets of texts in bits for a byte of good text, and how sure it is.

Two things are left to chance: which texts stand in a set, and which good texts are judged. The
first is known from models that lack one of ten groups of texts (the jackknife, for groups of any
size: Busing, Meijer and van der Leeden 1999, https://doi.org/10.1023/A:1008800423698), the second
from drawing the good texts again (the bootstrap: Efron 1979,
https://doi.org/10.1214/aos/1176344552). Both sets are judged on the same good texts, and a document
that both have is in the same group, so that what they share adds no noise.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from filters.worth.byte_ngrams import GROUPS

LEVEL = 0.99  # a table has many rows, and one in twenty would be wrong at .95
DRAWS = 2000
# Deviations of ten values are drawn too small, and their tails too thin: by the root of 10/9, and
# by the quantiles at LEVEL of Student's distribution with 9 degrees of freedom and the normal one.
_WIDER = (GROUPS / (GROUPS - 1)) ** 0.5 * 3.2498 / 2.5758

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Difference:
    """Bits per byte of one set less those of another; below 0 the first predicts better.

    Attributes:
      low, high: the interval of `LEVEL`.
    """

    mean: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval leaves no doubt, else 0."""
        return -1 if self.high < 0 else 1 if self.low > 0 else 0


@dataclasses.dataclass(frozen=True)
class Judged:
    """What `ByteModel.bits` of a set of texts gave for the good ones, and bytes of its groups."""

    bits: Floats
    group_bytes: Floats

    def deviations(self) -> Floats:
        """How far the bits of each good text would move with other texts: [good texts, GROUPS].

        Each value stands for one of ten groups of one size, drawn by chance. A group without texts
        tells nothing and moves nothing.
        """
        some = self.group_bytes > 0
        times = self.group_bytes.sum() / self.group_bytes[some]
        whole, without = self.bits[:, :1], self.bits[:, 1:][:, some]
        parts = times * whole - (times - 1) * without
        moved = np.zeros((len(self.bits), GROUPS))
        centred = parts - parts.mean(axis=1, keepdims=True)
        moved[:, some] = centred * np.sqrt((GROUPS - 1) / (times - 1))
        return moved


def difference(one: Judged, other: Judged, sizes: npt.NDArray[np.int64], seed: int) -> Difference:
    """Compares two sets by the same good texts.

    Args:
      sizes: of the good texts, in bytes.
      seed: of the draws.
    """
    whole = one.bits[:, 0] - other.bits[:, 0]
    deviations = one.deviations() - other.deviations()
    draw = np.random.default_rng(seed)
    drawn = draw.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), DRAWS)
    groups = draw.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), DRAWS) / GROUPS
    moved = (drawn @ deviations * groups).sum(axis=1) * _WIDER
    means = (drawn @ whole + moved) / (drawn @ sizes)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(float(whole.sum() / sizes.sum()), float(low), float(high))
