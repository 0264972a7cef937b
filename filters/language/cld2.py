"""CLD2 as a predictor, by the package pycld2 (Apache-2.0; extra `cld2`).

Source: CLD2Owners/cld2, public/compact_lang_det.h; https://github.com/aboSamoor/pycld2. A text that
it is not sure of is asked again for its best guess.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from filters.language.models import missing_cld2
from filters.language.predictors import Predictions

UNKNOWN = "un"
# Old and own codes.
_LABELS = {"iw": "he", "jw": "jv", "no": "nb", "mo": "ro", "tl": "fil", "zzp": "en-x-pig"}


class Cld2:
    """The languages with the largest shares of a text; the scores are these shares."""

    def __init__(self) -> None:
        if missing_cld2():
            raise ModuleNotFoundError(missing_cld2())
        import pycld2  # type: ignore[import-not-found,unused-ignore]

        self._detect: Any = pycld2.detect
        self._error: Any = pycld2.error
        codes = sorted({code for _, code in pycld2.LANGUAGES} - {UNKNOWN})
        self.labels = [_LABELS.get(code, code) for code in codes]
        self._ids = {code: i for i, code in enumerate(codes)}
        spec = importlib.util.find_spec("pycld2._pycld2")
        with Path(spec.origin if spec and spec.origin else pycld2.__file__).open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    def two_best(self, text: pa.LargeStringArray) -> Predictions:
        """Ids of labels, -1 for none, and scores."""
        ids = np.full((len(text), 2), -1, np.int32)
        scores = np.zeros((len(text), 2), np.float32)
        for row, value in enumerate(text):
            found = self._shares(value.as_py() or "")
            for i, (code, share) in enumerate(found[:2]):
                ids[row, i], scores[row, i] = self._ids[code], share
        return ids, scores

    def _shares(self, text: str) -> list[tuple[str, float]]:
        for best_effort in (False, True):
            try:
                _, _, found = self._detect(text, isPlainText=True, bestEffort=best_effort)
            except self._error:  # control characters that are no text
                return []
            known = [(code, share / 100) for _, code, share, _ in found if code in self._ids]
            if known:
                return known
        return []
