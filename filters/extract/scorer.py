"""Which blocks of a page are its main content: a sum of small decision trees over their features.

Trained by `benchmarks/main_content_model.py`. Scores are logits; sums of float64 in a fixed order
of comparisons with counts and quotients, so every machine decides alike.
"""

import functools
import itertools
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit

from filters.extract.blocks import CHARS, LINKED, Counts
from filters.extract.features import NAMES, Features
from filters.extract.tree import Indices
from filters.text.characters import Bools, Floats, Ints

MODEL = Path(__file__).with_name("block_model.npz")

# Blocks with such a score are kept, a probability of .35, and those that score nearly as much as
# the page's best: on unlike pages all scores are low. Word F1 is best with these two.
LIMIT = -0.6
NEAR_BEST = 2.0
# So many blocks between two that are kept and stand in the same element are kept, too, if all stand
# there, or score at most HOLE less and are not mostly links: a page's text has no holes.
MAX_HOLE = 6
HOLE = 2.0
# A list or table of which such a share of the characters is kept is kept whole: nobody wants half
# of one. One that stands right between blocks that are kept, such as the table of an article, is
# kept if half of its characters score at most so much less than what is kept.
WHOLE = 0.1
BETWEEN = 2.0

# Pages of which less is expected are worth another extractor: of those of WCXB, each scored by a
# model that did not see it, one in nine.
SURE = 0.65
_STEPS = 1024  # of probabilities, so that sums are exact


class Model(NamedTuple):
    """Trees, their nodes one after the other.

    Attributes:
      root: index of each tree's first node.
      feature, threshold: what an inner node compares: at most so much goes left.
      left, right: index of the next node.
      value: of a leaf; NaN in inner nodes.
    """

    root: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats

    @classmethod
    def from_lightgbm(cls, booster: Any) -> Self:
        """The trees of a LightGBM booster, whose raw scores these give."""
        rows: list[tuple[int, float, int, int, float]] = []

        def add(node: dict[str, Any]) -> int:
            at = len(rows)
            rows.append((0, 0.0, 0, 0, float(node.get("leaf_value", np.nan))))
            if "split_feature" in node:
                left = add(node["left_child"])
                right = add(node["right_child"])
                rows[at] = (node["split_feature"], node["threshold"], left, right, np.nan)
            return at

        roots = [add(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
        feature, threshold, left, right, value = (np.array(c) for c in zip(*rows, strict=True))
        return cls(np.array(roots), feature, threshold, left, right, value)

    def save(self, path: Path) -> None:
        small = {
            name: column.astype(np.int16 if column.dtype == np.int64 else np.float64)
            for name, column in self._asdict().items()
        }
        np.savez_compressed(path, features=np.array(NAMES), **small)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The model of a file.

        Raises:
          ValueError: it was trained with other features.
        """
        with np.load(path) as stored:
            if tuple(stored["features"]) != NAMES:
                raise ValueError(f"{path.name} was trained with other features; run its training")
            columns = (stored[name] for name in cls._fields)
            return cls(*(c.astype(np.int64) if c.dtype == np.int16 else c for c in columns))


@functools.cache
def shipped_model() -> Model:
    """The model that ships with winnow."""
    return Model.load(MODEL)


def scores(features: Features) -> Floats:
    """A score for each block (`features.features`); above 0 it is rather main content."""
    out = np.zeros(len(features), np.float64)
    _score(features, shipped_model(), out)
    return out


def choose(found: Floats, counts: Counts, wholes: Indices, parents: Indices) -> Bools:
    """Which blocks to keep, by their scores: bool[blocks]. Of a page with text some are kept.

    Args:
      counts: `Blocks.counts`.
      wholes: the list or table that each stands in; -1 for none.
      parents: the element around that which owns each; -1 for none.
    """
    if len(found) == 0:
        return np.zeros(0, np.bool_)
    limit = min(LIMIT, found.max() - NEAR_BEST)
    keep: Bools = found >= limit
    kept = np.flatnonzero(keep)
    chars = counts[:, CHARS]
    is_likely = (found >= limit - HOLE) & (2 * counts[:, LINKED] <= chars)
    for before, after in itertools.pairwise(kept.tolist()):
        if 1 < after - before <= MAX_HOLE + 1 and parents[before] == parents[after] >= 0:
            hole = slice(before + 1, after)
            if (parents[hole] == parents[before]).all() or is_likely[hole].all():
                keep[hole] = True
    inside = np.flatnonzero(wholes >= 0)
    if len(inside):
        _, first, at = np.unique(wholes[inside], return_index=True, return_inverse=True)
        last = np.zeros_like(first)
        np.maximum.at(last, at, inside)
        held, kept_chars, near_chars = (
            np.bincount(at, chars[inside] * mask[inside])
            for mask in (np.ones_like(keep), keep, found >= limit - BETWEEN)
        )
        around = np.concatenate([[False], keep, [False]])  # one farther than `keep`
        is_between = around[inside[first]] & around[last + 2]
        is_whole = (kept_chars > 0) & (kept_chars >= WHOLE * held)
        keep[inside] |= (is_whole | (is_between & (2 * near_chars >= held)))[at]
    return keep


def expected_f1(chars: Counts, found: Floats, keep: Bools) -> float:
    """F1 of the blocks that are kept, by characters, if the scores are right; 1 without blocks.

    Args:
      chars: of each block, int32[blocks].
    """
    likely = np.rint(_STEPS / (1.0 + np.exp(-found))).astype(np.int64) * chars
    kept, right, wanted = (int(n) for n in (chars[keep].sum(), likely[keep].sum(), likely.sum()))
    return 2 * right / (_STEPS * kept + wanted) if kept else 1.0


@njit(cache=True, nogil=True)
def _score(features: Features, model: Model, out: Floats) -> None:
    for block in range(len(features)):
        score = 0.0
        for root in model.root:
            node = root
            while np.isnan(model.value[node]):
                if features[block, model.feature[node]] <= model.threshold[node]:
                    node = model.left[node]
                else:
                    node = model.right[node]
            score += model.value[node]
        out[block] = score
