"""fastText's classifiers as predictors: in winnow's kernel where it can, else in the module.

A predictor has `labels`, the `digest` of its files in hex, and `two_best(text)`: ids of the two
best labels of each text, -1 for none, and their scores. Texts without a word and nulls have none.
"""

import contextlib
import hashlib
import io
import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.language import fasttext_model
from filters.language.models import LABEL_PREFIX
from filters.text.words import TextView

Predictions = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


class Predictor(Protocol):
    """What stands behind an identifier."""

    labels: list[str]
    digest: str

    def two_best(self, text: pa.LargeStringArray) -> Predictions: ...


def fasttext_predictor(path: Path) -> Predictor:
    """Any supervised model.

    Raises:
      ValueError: the file is none.
    """
    try:
        return FastTextKernel(path)
    except fasttext_model.UnsupportedModelError:
        return FastTextModule(path)


class FastTextKernel:
    """A model with hierarchical softmax and no word n-grams, such as lid.176."""

    def __init__(self, path: Path) -> None:
        self.weights, self.labels, self.digest = fasttext_model.read_model(path)
        self.cache = fasttext_model.new_cache(self.weights)
        self.lock = threading.Lock()  # the cache is written, and the kernel runs without the GIL

    def two_best(self, text: pa.LargeStringArray) -> Predictions:
        view = TextView(text)
        ids = np.full((len(text), 2), -1, np.int32)
        scores = np.zeros((len(text), 2), np.float32)
        with self.lock:
            fasttext_model.predict(self.weights, self.cache, view.offsets, view.data, ids, scores)
        return ids, scores


class FastTextModule:
    """Any other, slower by far."""

    def __init__(self, path: Path) -> None:
        import fasttext

        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()

        with contextlib.redirect_stderr(io.StringIO()):  # load_model warns of its own past there
            self.model: Any = fasttext.load_model(str(path))
        try:
            prefixed = self.model.get_labels()
        except ValueError as error:
            raise ValueError(f"{path} is no classifier: it has no labels") from error
        self.ids = {label: i for i, label in enumerate(prefixed)}
        self.labels = [label.removeprefix(LABEL_PREFIX) for label in prefixed]

    def two_best(self, text: pa.LargeStringArray) -> Predictions:
        ids = np.full((len(text), 2), -1, np.int32)
        scores = np.zeros((len(text), 2), np.float32)
        for row, value in enumerate(text):
            line = (value.as_py() or "").replace("\n", " ")
            if not line.strip(" \t\r\v\f\0"):
                continue
            labels, probabilities = self.model.predict(line, k=2)
            for i, (label, probability) in enumerate(zip(labels, probabilities, strict=True)):
                ids[row, i], scores[row, i] = self.ids[label], probability
        return ids, scores
