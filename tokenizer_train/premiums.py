"""Premiums over a reference language, from sentences that both have, with bootstrap intervals.

The bootstrap is paired: a resample draws sentences, and takes every language's translation of
them, so that a sentence that is long in all languages does not widen the interval.
"""

import dataclasses
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
# A language's tokens and bytes by sentence.
Sentences: TypeAlias = Mapping[Hashable, tuple[int, int]]
Interval: TypeAlias = tuple[float, float]

RESAMPLES = 1000


@dataclasses.dataclass(frozen=True)
class Premium:
    """What a language pays for the sentences that it shares with the reference language.

    Ratios are None where the reference has nothing to divide by.

    Attributes:
      shared: the number of these sentences.
      of_sums: ratio of all tokens, with its 95 % interval and its value in every resample.
      of_medians: ratio of the medians of a sentence's tokens, with its interval.
      of_bytes: ratio of all bytes of UTF-8.
    """

    shared: int
    of_sums: float | None = None
    of_sums_interval: Interval | None = None
    of_medians: float | None = None
    of_medians_interval: Interval | None = None
    of_bytes: float | None = None
    drawn: Float64s | None = None


def premiums(
    sentences: Mapping[str, Sentences], reference: str | None, seed: int, resamples: int = RESAMPLES
) -> dict[str, Premium]:
    """The premium of each language that shares a sentence with the reference."""
    base = sentences.get(reference, {}) if reference is not None else {}
    # Languages that share the same sentences are resampled together. Usually these are all.
    groups: dict[tuple[Hashable, ...], list[str]] = {}
    for language, own in sorted(sentences.items()):
        shared = tuple(sorted(base.keys() & own.keys()))  # type: ignore[type-var]
        if shared:
            groups.setdefault(shared, []).append(language)
    result: dict[str, Premium] = {}
    for shared, languages in groups.items():
        sides = [base, *(sentences[code] for code in languages)]
        tokens = np.array([[side[one][0] for one in shared] for side in sides], np.float64)
        n_bytes = np.array([[side[one][1] for one in shared] for side in sides], np.float64)
        # Of one sentence nothing can be drawn that is not itself.
        sums, medians = _resampled(tokens, seed, resamples if len(shared) > 1 else 0)
        total, middle, size = tokens.sum(axis=1), np.median(tokens, axis=1), n_bytes.sum(axis=1)
        for row, language in enumerate(languages, 1):
            result[language] = Premium(
                len(shared),
                *_ratio(total, sums, row),
                *_ratio(middle, medians, row),
                float(size[row] / size[0]) if size[0] > 0 else None,
                _drawn(sums, row),
            )
    return result


def gini(costs: Sequence[float]) -> float:
    """Gini coefficient of costs over languages: 0 when all pay the same, near 1 when one pays all.

    Source: Foroutan et al. 2025, "Parity-aware byte-pair encoding", who take it over languages'
    token costs for the same content; premiums over the same sentences give the same value, since
    it does not depend on scale. 0 for no languages or no cost.
    """
    ordered = sorted(costs)
    total = math.fsum(ordered)
    if total == 0:
        return 0.0
    n = len(ordered)
    return math.fsum((2 * i - n + 1) * cost for i, cost in enumerate(ordered)) / (n * total)


def gini_interval(drawn: Sequence[Float64s]) -> Interval | None:
    """The 95 % interval of the Gini coefficient, from the premiums of languages by resample."""
    if not drawn:
        return None
    costs = np.sort(np.array(drawn), axis=0)  # (languages, resamples)
    n = len(costs)
    weights = 2 * np.arange(n) - n + 1
    return interval((weights @ costs) / (n * costs.sum(axis=0)))


def interval(values: Float64s) -> Interval:
    """The 2.5 and 97.5 percentiles by nearest rank, so that both are values that occur."""
    ordered = np.sort(values)
    n = len(ordered)
    return float(ordered[math.floor(0.025 * (n - 1))]), float(ordered[math.ceil(0.975 * (n - 1))])


def _ratio(whole: Float64s, drawn: Float64s, row: int) -> tuple[float | None, Interval | None]:
    if whole[0] <= 0:
        return None, None
    ratios = _drawn(drawn, row)
    return float(whole[row] / whole[0]), None if ratios is None else interval(ratios)


def _drawn(drawn: Float64s, row: int) -> Float64s | None:
    return drawn[:, row] / drawn[:, 0] if len(drawn) and drawn[:, 0].min() > 0 else None


def _splitmix64(seed: int, first: int, n: int) -> npt.NDArray[np.uint64]:
    """Outputs `first` to `first + n` of SplitMix64 (Steele, Lea and Flood 2014).

    Written out because NumPy does not promise that its generators' derived draws stay the same.
    """
    with np.errstate(over="ignore"):
        counter = np.arange(first + 1, first + n + 1, dtype=np.uint64)
        z = np.uint64(seed) + counter * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _resampled(tokens: Float64s, seed: int, resamples: int) -> tuple[Float64s, Float64s]:
    """Draws sentences with replacement: (rows, sentences) -> sums, medians (resamples, rows).

    The sums are whole numbers below 2**53, so floats are exact and the order has no effect.
    """
    rows, n = tokens.shape
    order = np.argsort(tokens, axis=1, kind="stable")
    ordered = np.take_along_axis(tokens, order, axis=1)
    each = np.arange(rows)
    sums, medians = np.empty((resamples, rows)), np.empty((resamples, rows))
    for i in range(resamples):
        high = _splitmix64(seed, i * n, n) >> np.uint64(32)
        drawn = (high * np.uint64(n)) >> np.uint64(32)  # 0 to n - 1; n is below 2**32
        times = np.bincount(drawn.astype(np.int64), minlength=n)
        sums[i] = tokens @ times.astype(np.float64)
        ends = np.cumsum(times.astype(np.int32)[order], axis=1, dtype=np.int32)
        lower = (ends > (n - 1) // 2).argmax(axis=1)
        upper = (ends > n // 2).argmax(axis=1)
        medians[i] = (ordered[each, lower] + ordered[each, upper]) / 2
    return sums, medians
