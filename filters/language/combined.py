"""winnow's own identifier, `winnow-1`: four-grams of 1,650 languages, and lid.176 on short texts.

In a text of a few words there are few windows (`filters.language.four_grams`), and what lid.176
knows of 176 languages' words and n-grams helps. Its two best labels get a bonus there: by how much
they are more probable than CHANCE. It reads text that is mostly capitals in small letters.
"""

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.language import four_grams
from filters.language.codes import bcp47
from filters.language.models import FOUR_GRAMS, MODEL_176, model_path
from filters.language.predictors import FastTextKernel, Predictions
from filters.text.words import TextView

SHORT_BYTES = 200
CHANCE = 0.05
CAPITALS = 0.5  # of a text's letters that have two cases, from which on it is lower-cased

# A score says how clear the decision is: the probability of the first of the two best languages, if
# evidence is worth less the longer a text is (its windows are not independent of each other), times
# how well the windows fit at all.
STEADY = 3.0  # nats, and
STEADY_WINDOW = 0.08  # nats a window, that tell two languages apart
FITTING = 0.9  # nats a window that text of a known language has at least


class Combined:
    """The predictor of `winnow-1`. Not to be shared between threads without a lock."""

    def __init__(self) -> None:
        self._table, names = four_grams.read_table()
        self._han, self._kana = (1 + names.scripts.index(name) for name in ("Hani", "Kana"))
        self._second = FastTextKernel(model_path(MODEL_176))
        self.labels = names.tags
        of = {tag: i for i, tag in enumerate(names.tags)}
        codes = [of.get(_AS.get(tag := bcp47(label), tag), -1) for label in self._second.labels]
        self._ours = np.array([*codes, -1], np.int32)  # by lid.176's id, and by -1
        with FOUR_GRAMS.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
        self.digest = hashlib.sha256(f"{own} {self._second.digest}".encode()).hexdigest()

    def two_best(self, text: pa.LargeStringArray) -> Predictions:
        """Ids of labels, -1 for none, and scores."""
        rows = len(text)
        ids, sums = np.full((rows, 2), -1, np.int32), np.zeros((rows, 2), np.int64)
        windows = np.zeros(rows, np.int64)
        view = TextView(text)
        opinions, bonuses = self._opinions(view.text, np.diff(view.offsets))
        four_grams.predict(
            self._table, self._han, self._kana, view.offsets, view.data, opinions, bonuses, ids,
            sums, windows,
        )  # fmt: skip
        return ids, _scores(ids, sums / four_grams.SCALE, windows)

    def _opinions(
        self, text: pa.LargeStringArray, sizes: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """What lid.176 thinks of short texts, as labels of ours and what they get."""
        opinions = np.full((len(text), 2), -1, np.int32)
        bonuses = np.zeros((len(text), 2), np.int32)
        rows = np.flatnonzero((sizes > 0) & (sizes <= SHORT_BYTES))
        if len(rows):
            ids, scores = self._second.two_best(_without_capitals(text.take(pa.array(rows))))
            opinions[rows] = self._ours[ids]
            nats = np.log(np.maximum(scores, CHANCE) / CHANCE)
            bonuses[rows] = np.rint(four_grams.SCALE * nats)
        return opinions, bonuses


# Labels of lid.176 that are called otherwise among ours.
_AS = {"tl": "fil"}


def _without_capitals(text: pa.LargeStringArray) -> pa.LargeStringArray:
    capitals, small = (
        pc.count_substring_regex(text, pattern=rf"\p{{{kind}}}").to_numpy().astype(np.float64)
        for kind in ("Lu", "Ll")
    )
    shouted = capitals > CAPITALS * (capitals + small)
    if not shouted.any():
        return text
    return pc.if_else(pa.array(shouted), pc.utf8_lower(text), text)


def _scores(
    ids: npt.NDArray[np.int32], nats: npt.NDArray[np.float64], windows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    count = np.maximum(windows, 1)
    evidence = (nats[:, 0] - nats[:, 1]) / (STEADY + STEADY_WINDOW * count)
    first = 1 / (1 + np.exp(-np.minimum(evidence, 30)))
    fit = np.clip(nats[:, 0] / (FITTING * count), 0, 1)
    scores = np.stack([fit * first, fit * (1 - first)], axis=1)
    # Rounded, for `exp` is not the same to the last bit on all machines.
    return np.where(ids >= 0, np.round(scores, 4), 0).astype(np.float32)
