"""How likely blocks of a page are its main content: a sum of small decision trees over features.

Trained by `benchmarks/main_content_model.py`. Scores are logits; sums of float64 in a fixed order
of comparisons with counts and quotients, so every machine decides alike.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit

from filters.extract.blocks import Counts
from filters.extract.features import NAMES, Features
from filters.text.characters import Bools, Floats, Ints

MODEL = Path(__file__).with_name("block_model.npz")

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
