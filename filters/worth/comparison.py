"""The difference of two sets of texts in bits for a byte of good text, and how sure it is.

Two things are left to chance: which texts stand in a set, and which good texts are judged. The
first is known from models that lack a tenth of the texts (the jackknife: Efron and Stein 1981,
https://doi.org/10.1214/aos/1176345462), the second from drawing the good texts again (the
bootstrap: Efron 1979, https://doi.org/10.1214/aos/1176344552). Both sets are judged on the same
good texts, which are drawn again together.
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


def difference(one: Floats, other: Floats, sizes: npt.NDArray[np.int64], seed: int) -> Difference:
    """Compares what `ByteModel.bits` of two sets gave for the same texts.

    Args:
      sizes: of the texts, in bytes.
      seed: of the draws.
    """
    bits = one - other
    whole = bits[:, 0]
    # What each tenth adds: the mean of these is the whole, but for the jackknife's correction.
    parts = GROUPS * whole[:, None] - (GROUPS - 1) * bits[:, 1:]
    deviations = parts - parts.mean(axis=1, keepdims=True)
    draw = np.random.default_rng(seed)
    drawn = draw.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), DRAWS)
    tenths = draw.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), DRAWS) / GROUPS
    moved = (drawn @ deviations * tenths).sum(axis=1) * _WIDER
    means = (drawn @ whole + moved) / (drawn @ sizes)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(float(whole.sum() / sizes.sum()), float(low), float(high))
