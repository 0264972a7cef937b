"""How many different documents there are, told from a sample that saw few of their copies.

Of a document with 10 copies a sample of 5 % mostly sees one, so that it looks unique. What is known
is how often clusters were seen once, twice, three times. Sizes of clusters agree with that, or not:
the least and the most documents of all sizes that agree are the bounds here, found by linear
programming, as in Valiant and Valiant, "Estimating the Unseen" (2013). The estimate is the sizes
under which the sample is most likely (Laird 1978), found by expectation and maximisation.

No sample can do without wide bounds: with a share p of the documents there are two corpora that
look the same and differ by the factor 1 / sqrt(p) (Charikar et al. 2000).
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.stats import binom, chi2

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_SEEN = 24  # clusters that were seen more often count together
_STEPS = 2000
_DENSE, _GRID = 40, 160  # every size up to the first, then sizes in equal ratios


def different(
    weights: Floats, seen: Ints, share: float, level: float, most_fellows: float = np.inf
) -> tuple[float, float, float]:
    """The share of places at which a cluster is that would be left with one place for each cluster.

    A place is what the sample takes or leaves as one: a document, or a block of many. Each is in
    the sample with probability `share`, independently of the others.

    Args:
      weights: what each cluster counts: 1, or its tokens; not negative.
      seen: the number of places in the sample at which it is, 1 or more.
      level: probability of the bounds.
      most_fellows: other places of its cluster that a place has on average at most, if that is
        known from elsewhere; it is left aside if the sample contradicts it.

    Returns:
      Lower bound, estimate, upper bound; each from 0 to 1.
    """
    total = float(weights @ seen)
    if share >= 1 or total <= 0:
        exact = float(weights.sum()) / total if total > 0 else 1.0
        return exact, exact, exact
    sizes = _sizes(share, int(seen.max()))
    most = min(_MOST_SEEN, int(seen.max()) + 2)
    times = np.arange(1, most + 1)
    # A place whose cluster has `size` places sees, of the others, `times - 1` in the sample.
    seldom = np.asarray(binom.pmf(times[:, None] - 1, sizes[None, :] - 1, share))
    often = np.asarray(binom.sf(most - 1, sizes[None, :] - 1, share))
    chances: Floats = np.vstack([seldom, often])
    observed, low, high = _shares_seen(weights, seen, most, total, level)
    estimate = float(_likeliest(chances, observed) @ (1 / sizes))
    bounds = _bounds(chances, sizes, low, high, most_fellows)
    return min(bounds[0], estimate), estimate, max(bounds[1], estimate)


def _sizes(share: float, most_seen: int) -> Floats:
    largest = max(20 / share, 3 * most_seen / share)
    steps = np.geomspace(_DENSE, largest, _GRID).round()
    return np.unique(np.concatenate([np.arange(1, _DENSE), steps])).astype(np.float64)


def _shares_seen(
    weights: Floats, seen: Ints, most: int, total: float, level: float
) -> tuple[Floats, Floats, Floats]:
    """The share of places whose cluster was seen so often, and bounds of what was expected."""
    observed, low, high = (np.zeros(most + 1) for _ in range(3))
    mean = float(weights.mean())
    for row in range(most + 1):
        chosen = weights[seen == row + 1] if row < most else weights[seen > most]
        places = seen[seen == row + 1] if row < most else seen[seen > most]
        observed[row] = float(chosen @ places) / total
        squares = float(chosen @ chosen)
        # Large clusters among small ones tell less than their number says.
        count = float(chosen.sum()) ** 2 / squares if squares else 0.0
        unit = observed[row] / count if count else (row + 1) * mean / total
        low[row], high[row] = (unit * bound for bound in poisson_bounds(count, level))
    return observed, low, high


def poisson_bounds(count: float, level: float) -> tuple[float, float]:
    """The expected counts under which so many, or so few, are not unlikely (Garwood 1936)."""
    out = (1 - level) / 2
    low = float(chi2.ppf(out, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(1 - out, 2 * count + 2)) / 2


def _likeliest(chances: Floats, observed: Floats) -> Floats:
    """Shares of the sizes under which `observed` is most likely."""
    shares = np.full(chances.shape[1], 1 / chances.shape[1])
    for _ in range(_STEPS):
        expected = chances @ shares
        shares = shares * (chances.T @ (observed / np.maximum(expected, 1e-300)))
    return shares / shares.sum()


def _bounds(
    chances: Floats, sizes: Floats, low: Floats, high: Floats, most_fellows: float
) -> tuple[float, float]:
    rows, limits = [chances, -chances], [high, -low]
    if np.isfinite(most_fellows):
        rows.append((sizes - 1)[None, :])
        limits.append(np.array([most_fellows]))
    found = [
        linprog(
            sign / sizes,
            A_ub=np.vstack(rows), b_ub=np.concatenate(limits),
            A_eq=np.ones((1, len(sizes))), b_eq=[1.0], method="highs",
        )
        for sign in (1, -1)
    ]  # fmt: skip
    if all(one.status == 0 for one in found):
        return float(found[0].fun or 0), -float(found[1].fun or 0)
    if np.isfinite(most_fellows):
        return _bounds(chances, sizes, low, high, np.inf)
    return 0.0, 1.0
