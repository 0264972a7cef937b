"""Quality classifiers: any supervised fastText model as a measure, and how to train one.

Those that ship with winnow are named instead of given by path: `models.CLASSIFIERS`.

Source: Joulin et al. 2016, https://arxiv.org/abs/1607.01759; texts as DCLM gives them to its model
(Li et al. 2024, https://arxiv.org/abs/2406.11794, section 4.4; mlfoundations/dclm,
baselines/mappers/enrichers/quality_prediction_enrichers_calc_fasttext.py): one line, newlines being
spaces, and the probability of one label.
"""

import collections
import contextlib
import ctypes
import dataclasses
import hashlib
import io
import json
import re
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from filters.language import fasttext_model
from filters.language.models import LABEL_PREFIX, classifier_path
from filters.language.predictors import FastTextKernel

POSITIVE, NEGATIVE = "positive", "negative"
MAX_ATTEMPTS = 6

Scores = npt.NDArray[np.float32]


class Classifier:
    """The probability of one label, of each text. Pickles by its path.

    Args:
      model: path of a fastText .bin or .ftz, or one of `models.CLASSIFIERS`.
      label: which one, without `__label__`.

    Attributes:
      digest: sha256 of the model file, in hex.

    Raises:
      FileNotFoundError: no such file.
      ValueError: the file is no supervised model, or has no such label.
    """

    def __init__(self, model: str, label: str) -> None:
        self.model, self.label = model, label
        path = classifier_path(model)
        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._kernel = _kernel(path)
        self._model: Any = None
        try:
            if self._kernel is not None:
                labels = self._kernel.labels
            else:
                import fasttext

                with contextlib.redirect_stderr(io.StringIO()):  # it warns of its own past there
                    self._model = fasttext.load_model(str(path))
                labels = [name.removeprefix(LABEL_PREFIX) for name in self._model.get_labels()]
        except ValueError as error:
            raise ValueError(f"{model} is no supervised fastText model: {error}") from error
        if label not in labels:
            raise ValueError(f"{model} has no label {label!r}; it has {', '.join(sorted(labels))}")

    def __reduce__(self) -> tuple[type["Classifier"], tuple[str, str]]:
        return Classifier, (self.model, self.label)

    def score(self, text: pa.LargeStringArray) -> Scores:
        """float32, one a text, from 0 to 1; 0 for a text without a word and for a null."""
        if self._kernel is not None:
            ids, both = self._kernel.two_best(text)
            own = ids == self._kernel.labels.index(self.label)
            return np.minimum(np.where(own, both, 0).sum(axis=1), 1).astype(np.float32)
        scores = np.zeros(len(text), np.float32)
        wanted = LABEL_PREFIX + self.label
        for row, value in enumerate(text):
            line = one_line(value.as_py() or "")
            if line:
                labels, probabilities = self._model.predict(line, k=-1)
                scores[row] = min(1.0, dict(zip(labels, probabilities, strict=True))[wanted])
        return scores


def _kernel(path: Path) -> FastTextKernel | None:
    """The kernel of a model that it reads, if the two best labels are all that the model has."""
    try:
        kernel = FastTextKernel(path)
    except ValueError:  # of another kind, or none: the module says what
        return None
    return kernel if len(kernel.labels) == 2 else None


def one_line(text: str) -> str:
    """Newlines as spaces: what fastText takes for one text."""
    return text.replace("\n", " ").strip(" \t\r\v\f\0")


def is_held_out(text: str, share: float, seed: int) -> bool:
    """Is a text for evaluation? A keyed hash of the text decides, so copies stay on one side."""
    return bool(xxhash.xxh3_64_intdigest(text.encode(), seed) < share * 2**64)


# Passes that are tried until one more does not help. fastText's own 5 at a rate of .1 learn nothing
# from a few thousand texts: each pass is then a few thousand small steps.
EPOCHS = (5, 12, 25, 50)
# Characters of n-grams where words have no spaces between them: a line is one word to fastText.
UNSPACED_NGRAMS = (1, 4)
HASHED_NGRAMS = (2, 5)
_UNSPACED_SHARE = 0.2  # of all letters


@dataclasses.dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
      epochs: passes over the texts; None tries those of `EPOCHS`.
      learning_rate: to begin with; it is halved when training diverges.
      char_ngrams: least and most characters of n-grams within words, (0, 0) for none; None takes
        `UNSPACED_NGRAMS` if a fifth of the letters is of scripts without spaces, else none.
      hashed: the model knows words by hashes of their n-grams of characters alone
        (`HASHED_NGRAMS` unless given): it holds no text, takes 4 bytes a bucket, and is read by
        winnow's kernel. `word_ngrams` has no effect then.
    """

    dimension: int = 100
    word_ngrams: int = 2
    epochs: int | None = None
    learning_rate: float = 0.5
    buckets: int = 2_000_000
    seed: int = 0
    char_ngrams: tuple[int, int] | None = None
    hashed: bool = False

    def resolved(self, texts: Sequence[tuple[str, str]]) -> "Training":
        """With n-grams of characters for these texts, and 25 epochs unless given."""
        chars = self.char_ngrams
        if chars is None and self.hashed:
            chars = HASHED_NGRAMS
        if chars is None:
            share = _unspaced_share(text for _, text in texts)
            chars = UNSPACED_NGRAMS if share > _UNSPACED_SHARE else (0, 0)
        return dataclasses.replace(self, char_ngrams=chars, epochs=self.epochs or 25)


# Thai, Lao, Tibetan, Myanmar, Khmer; kana, Han and their extensions.
_UNSPACED = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]"
)


def _unspaced_share(texts: Iterable[str]) -> float:
    """The share of letters that are of scripts without spaces, of the first 500 of each text."""
    unspaced, letters = 0, 0
    for text in texts:
        unspaced += len(_UNSPACED.findall(text[:500]))
        letters += sum(map(str.isalpha, text[:500]))
    return unspaced / max(1, letters)


class TrainingError(ValueError):
    """No model came of it; the message says why and what to change."""


def train(texts: Sequence[tuple[str, str]], how: Training, out: Path) -> dict[str, Any]:
    """Trains on texts with labels and writes the model; one thread, so that it can be repeated.

    Training that ends in "Encountered NaN" is tried again at half the learning rate.

    Returns:
      What was done: learning rate, attempts, epochs, n-grams of characters.

    Raises:
      TrainingError: a label without texts, or no attempt that ended well.
    """
    how = how.resolved(texts)
    least_chars, most_chars = how.char_ngrams or (0, 0)
    for label in (POSITIVE, NEGATIVE):
        if not any(name == label for name, _ in texts):
            raise TrainingError(f"there is no {label} text to learn from; give more texts")
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "texts"
        # The end of a line is a word for fastText. With so many blank lines no other is as common,
        # so that its dictionary, which must not be empty, can be without the texts' own words.
        most = _commonest(text for _, text in texts) if how.hashed else 0
        blank = "\n" * (1 + most // len(texts))
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(
                f"{LABEL_PREFIX}{label} {one_line(text)}{blank}" for label, text in texts
            )
        rate = how.learning_rate
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                with _zeroed_memory():
                    model = fasttext.train_supervised(
                        input=str(lines), dim=how.dimension, epoch=how.epochs, lr=rate,
                        wordNgrams=1 if how.hashed else how.word_ngrams, bucket=how.buckets,
                        minCount=most + 1, loss="hs" if how.hashed else "softmax",
                        seed=how.seed + attempt - 1, thread=1, verbose=0, minn=least_chars,
                        maxn=most_chars,
                    )  # fmt: skip
            except RuntimeError as error:
                if "NaN" not in str(error):
                    raise TrainingError(f"fastText cannot train: {error}") from error
                rate /= 2
                continue
            model.save_model(str(out))
            if how.hashed:
                _flatten(out)
            return {
                "attempts": attempt, "learning_rate": rate, "epochs": how.epochs,
                "char_ngrams": list(how.char_ngrams or (0, 0)),
            }  # fmt: skip
    raise TrainingError(
        f"training diverged {MAX_ATTEMPTS} times, at learning rates from {how.learning_rate} down "
        f"to {2 * rate}; give a lower --learning-rate, more texts, or shorter ones"
    )


def _commonest(texts: Iterable[str]) -> int:
    """How often the most frequent word of texts occurs."""
    counts: collections.Counter[str] = collections.Counter()
    for text in texts:
        counts.update(text.split())
    return max(counts.values(), default=0)


def _flatten(path: Path) -> None:
    """Writes a model of two labels in one dimension, in which it is the same function of a text.

    Its output is the sigmoid of the mean of the rows' vectors times one vector, or the mean of
    their products with it.
    """
    data = path.read_bytes()
    model, _, _ = fasttext_model.read_model(path)
    rows, dimension = model.input.shape
    matrices = ((model.input @ model.output[0])[:, None], np.array([[1], [0]], np.float32))
    # Before the matrices, each with a byte and two sizes: 8 bytes, the dimension, other settings.
    head = data[: len(data) - 34 - 4 * dimension * (rows + len(model.output))]
    with path.open("wb") as file:
        file.write(head[:8] + struct.pack("<i", 1) + head[12:])
        for matrix in matrices:
            file.write(b"\0" + struct.pack("<qq", *matrix.shape))
            file.write(matrix.astype("<f4").tobytes())


_M_PERTURB = -6  # glibc, malloc.h


@contextlib.contextmanager
def _zeroed_memory() -> Iterator[None]:
    """Newly allocated memory is zero within, where the C library is glibc.

    With one thread fastText (src/densematrix.cc, `uniform`) sets a tenth of its input matrix and
    takes what memory holds for the rest: zeros where the matrix is big and its pages fresh,
    leftovers and NaN where it is small.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        yield
        return
    mallopt(_M_PERTURB, 255)  # memory is filled with the complement
    try:
        yield
    finally:
        mallopt(_M_PERTURB, 0)


def write_manifest(model: Path, content: dict[str, Any]) -> Path:
    """`<model>.json`, with the model's own digest."""
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    path = model.with_name(model.name + ".json")
    text = json.dumps({"model_sha256": digest, **content}, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path
