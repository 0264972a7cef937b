"""How well scores tell texts of one kind from others, and what a score means as a probability."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

RECALLS = (0.5, 0.8, 0.95)
# A language with fewer of either kind has no row of its own.
LEAST_TEXTS = 10
_LEARNT_AUC = 0.6
_BINS = 10

Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def evaluate(scores: Scores, positive: Mask) -> dict[str, Any]:
    """Precision and recall at .5, area under the ROC curve, and what precision a recall costs.

    The area is the probability that a positive text scores above a negative one, ties by half.
    Values are null where there is nothing to measure.
    """
    hits = scores >= 0.5
    true, found, wanted = int((hits & positive).sum()), int(hits.sum()), int(positive.sum())
    return {
        "texts": len(positive),
        "positive": wanted,
        "precision": true / found if found else None,
        "recall": true / wanted if wanted else None,
        "auc": area(scores, positive),
        "at_recall": [at_recall(scores, positive, recall) for recall in RECALLS if wanted],
    }


def area(scores: Scores, positive: Mask) -> float | None:
    """The area under the ROC curve; None where one kind is missing."""
    wanted = int(positive.sum())
    others = len(positive) - wanted
    if not wanted or not others:
        return None
    import scipy.stats  # it takes half a second, and only training evaluates

    ranks = scipy.stats.rankdata(scores)
    return (float(ranks[positive].sum()) - wanted * (wanted + 1) / 2) / (wanted * others)


def at_recall(scores: Scores, positive: Mask, recall: float) -> dict[str, float]:
    """The highest score that a share of the positive texts reaches, and the precision there."""
    own = np.sort(scores[positive])[::-1]
    least = own[max(1, int(np.ceil(recall * len(own)))) - 1]
    reached = scores >= least
    return {
        "recall": recall,
        "min_score": float(least),
        "precision": float(positive[reached].mean()),
    }


def by_language(scores: Scores, positive: Mask, languages: Sequence[str]) -> dict[str, Any]:
    """`evaluate` of each language that has enough texts of both kinds."""
    names, found = np.array(languages, str), {}
    for name in sorted(set(languages)):
        mine = names == name
        few = min(positive[mine].sum(), (~positive[mine]).sum())
        if few >= LEAST_TEXTS:
            found[name] = evaluate(scores[mine], positive[mine])
    return found


def calibration(scores: Scores, positive: Mask) -> tuple[float, float] | None:
    """Slope and intercept that make a score's logit a probability's; None for one kind alone.

    Source: Platt 1999, Probabilistic outputs for support vector machines, with its smoothed
    targets. The texts must not have been learnt from.
    """
    wanted = int(positive.sum())
    others = len(positive) - wanted
    if not wanted or not others:
        return None
    import scipy.optimize

    logits = _logits(scores)
    target = np.where(positive, (wanted + 1) / (wanted + 2), 1 / (others + 2))

    def loss(line: npt.NDArray[np.float64]) -> float:
        z = line[0] * logits + line[1]
        return float((np.logaddexp(0, z) - target * z).sum())

    slope, intercept = scipy.optimize.minimize(loss, np.array([1.0, 0.0])).x
    return float(slope), float(intercept)


def calibrated(scores: Scores, line: tuple[float, float]) -> Scores:
    """Scores as probabilities, by what `calibration` gave."""
    probability: Scores = (1 / (1 + np.exp(-(line[0] * _logits(scores) + line[1])))).astype("f4")
    return probability


def calibration_error(scores: Scores, positive: Mask) -> float:
    """How far scores are from the share of positive texts, on average over ten bins."""
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    parts = [
        abs(float(scores[bins == b].mean()) - float(positive[bins == b].mean()))
        * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return float(sum(parts))


def warnings(scores: Scores, positive: Mask) -> list[str]:
    """What is wrong with a model that has learnt nothing, in sentences."""
    told = []
    found = area(scores, positive)
    if found is None:
        told.append(
            "the texts held out are of one kind, so that nothing is known of the model; give more"
        )
    elif found < _LEARNT_AUC:
        told.append(
            f"its AUC is {found:.2f} (.5 is chance): it hardly tells the two apart; give more "
            "texts, or kinds that differ in more than their source"
        )
    hits = scores >= 0.5
    if len(hits) and (hits.all() or not hits.any()):
        said = "positive" if hits[0] else "negative"
        told.append(
            f"it says {said} of all {len(hits)} texts held out; decide by a min_score of its "
            "manifest, not by .5, and balance the two kinds"
        )
    return told


def _logits(scores: Scores) -> npt.NDArray[np.float64]:
    inside = np.clip(scores.astype(np.float64), 1e-5, 1 - 1e-5)
    logits: npt.NDArray[np.float64] = np.log(inside / (1 - inside))
    return logits
