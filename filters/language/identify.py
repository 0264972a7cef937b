"""Language of each text, by one of several identifiers.

Source: Joulin et al. 2016, https://arxiv.org/abs/1607.01759; models lid.176.ftz and lid.176.bin of
https://fasttext.cc/docs/en/language-identification.html (CC BY-SA 3.0). Languages are BCP 47 tags;
the model's own label stands beside them (`filters.language.codes`).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.language.cld2 import Cld2
from filters.language.codes import bcp47
from filters.language.combined import Combined
from filters.language.models import CLD2, WINNOW_1, model_path
from filters.language.predictors import Predictor, fasttext_predictor
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


def predictor_of(model: str) -> Predictor:
    """What the name or path of a model stands for."""
    if model == WINNOW_1:
        return Combined()
    if model == CLD2:
        return Cld2()
    return fasttext_predictor(model_path(model))


class LanguageIdentifier:
    """The two most probable languages of texts, with a model that is loaded once.

    Safe to share between threads, which take turns, and to pickle, which loads the model anew.

    Args:
      model: one of `models.NAMES`, or the path of a fastText .bin or .ftz: `winnow-1` is the widest
        (`combined`), `lid.176.ftz` decides as datatrove does, `cld2` needs the package pycld2.

    Attributes:
      digest: sha256 of the model's files, in hex.

    Raises:
      FileNotFoundError: no such model.
      ModuleNotFoundError: the package is not installed.
      ValueError: the file is no supervised fastText model.
    """

    def __init__(self, model: str = "lid.176.ftz") -> None:
        self.model = model
        self._predictor = predictor_of(model)
        self.digest = self._predictor.digest
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
