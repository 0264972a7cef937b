"""How likely blocks of a page are its main content: a sum of small decision trees over features.

Trained by `benchmarks/main_content_model.py`. Scores are logits; sums of float64 in a fixed order
of comparisons with counts and quotients, so every machine decides alike.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.extract.features import NAMES, PAGE, Features
from filters.extract.tree import Indices
from filters.text.characters import Bytes, Floats

MODEL = Path(__file__).with_name("block_model.npz")

_MOST_LEAVES = 12  # of a tree
_FIRST = np.array([0, *((n & -n).bit_length() - 1 for n in range(1, 1 << _MOST_LEAVES))], np.uint8)

Masks = npt.NDArray[np.uint16]


class Model(NamedTuple):
    """Trees as the questions that they ask, by feature, and what each answer leaves over.

    A block's leaf in a tree is the first of those that no answer excludes. So no tree is walked:
    the questions of a feature are asked from the smallest threshold to the first one that its value
    does not pass, and those about the page are asked once for all of its blocks.

    Source: Lucchese et al. 2015, QuickScorer, SIGIR.

    Attributes:
      begin: of each feature, the index of its first question, and the number of all; int32.
      threshold: what a feature's value has to pass; float64.
      tree: whose question it is; uint16.
      left_over: the leaves that are possible if it passes, a bit each; uint16.
      value: of each tree, those of its leaves from left to right; float64[trees, leaves].
    """

    begin: Indices
    threshold: Floats
    tree: Masks
    left_over: Masks
    value: Floats

    @classmethod
    def from_lightgbm(cls, booster: Any) -> Self:
        """The trees of a LightGBM booster, whose raw scores these give.

        Raises:
          ValueError: a tree has more than `_MOST_LEAVES`.
        """
        trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
        values: list[list[float]] = [[] for _ in trees]
        questions: list[tuple[int, float, int, int]] = []

        def add(node: dict[str, Any], tree: int) -> None:
            if "split_feature" not in node:
                values[tree].append(float(node["leaf_value"]))
                return
            first = len(values[tree])
            add(node["left_child"], tree)
            excluded = (1 << len(values[tree])) - (1 << first)
            questions.append((node["split_feature"], node["threshold"], tree, excluded))
            add(node["right_child"], tree)

        for tree, root in enumerate(trees):
            add(root, tree)
        most = max(map(len, values))
        if most > _MOST_LEAVES:
            raise ValueError(f"a tree has {most} leaves; train with at most {_MOST_LEAVES}")
        questions.sort()
        feature, threshold, of_tree, excluded = zip(*questions, strict=True)
        return cls(
            np.searchsorted(feature, np.arange(len(NAMES) + 1)).astype(np.int32),
            np.array(threshold, np.float64),
            np.array(of_tree, np.uint16),
            ~np.array(excluded, np.uint16),
            np.array([its + [0.0] * (most - len(its)) for its in values], np.float64),
        )

    def save(self, path: Path) -> None:
        np.savez_compressed(path, features=np.array(NAMES), **self._asdict())

    @classmethod
    def load(cls, path: Path) -> Self:
        """The model of a file.

        Raises:
          ValueError: it was trained with other features.
        """
        with np.load(path) as stored:
            if tuple(stored["features"]) != NAMES:
                raise ValueError(f"{path.name} was trained with other features; run its training")
            return cls(*(stored[name] for name in cls._fields))


@functools.cache
def shipped_model() -> Model:
    """The model that ships with winnow."""
    return Model.load(MODEL)


def scores(features: Features) -> Floats:
    """A score for each block (`features.features`); above 0 it is rather main content."""
    out = np.zeros(len(features), np.float64)
    model = shipped_model()
    _score(features, PAGE, model, _FIRST[: 1 << model.value.shape[1]], out)
    return out


@njit(cache=True, nogil=True)
def _score(features: Features, page: int, model: Model, first: Bytes, out: Floats) -> None:
    """Writes the scores of a page's blocks.

    Args:
      page: from which feature on all blocks of the page have the same values.
      first: the place of the lowest bit of each number.
    """
    trees = len(model.value)
    of_page, of_block = np.empty(trees, np.uint16), np.empty(trees, np.uint16)
    of_page[:] = len(first) - 1
    for block in range(len(features)):
        if block == 0:
            _exclude(features[0], page, features.shape[1], model, of_page)
        for tree in range(trees):
            of_block[tree] = of_page[tree]
        _exclude(features[block], 0, page, model, of_block)
        score = 0.0
        for tree in range(trees):
            score += model.value[tree, first[of_block[tree]]]
        out[block] = score


@njit(cache=True, nogil=True)
def _exclude(row: Floats, begin: int, end: int, model: Model, leaves: Masks) -> None:
    """Asks the questions about some features, and clears the leaves that the answers exclude."""
    for feature in range(begin, end):
        for question in range(model.begin[feature], model.begin[feature + 1]):
            if row[feature] <= model.threshold[question]:
                break
            leaves[model.tree[question]] &= model.left_over[question]
