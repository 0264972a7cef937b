"""`winnow train-classifier`: a quality classifier from files of good and of other texts."""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.language import classifier, evaluation
from filters.language.classifier import (
    EPOCHS,
    NEGATIVE,
    POSITIVE,
    Classifier,
    Training,
    TrainingError,
)
from filters.language.identify import LanguageIdentifier
from manifests import column_names
from manifests.store import Store
from pipelines.commands import console
from pipelines.sources import KINDS, expand, open_unit
from pipelines.sources.units import WorkUnit

_BATCH_DOCS = 1024
_MAX_RECORD_BYTES = 16 << 20
_VALIDATION = 0.1  # of the texts to learn from
_LEAST_GAIN = 0.002  # of AUC, by so much more epochs must be better

Labelled = list[tuple[str, str]]  # label and text


def command(
    positive: Sequence[str],
    negative: Sequence[str],
    labels: Sequence[str],
    out: Path,
    training: Mapping[str, Any],
    held_out: float,
    field: str,
    target: str | None,
) -> None:
    """Trains and writes a model, and prints how it judged the texts held out.

    Args:
      training: fields of `Training`.

    Raises:
      OSError, TrainingError: as `train_classifier`.
    """
    done = train_classifier(
        positive, negative, out, Training(**training), held_out, field, labels, target
    )
    found = done["evaluation"]
    scores = ", ".join(
        f"{name} {found[name]:.3f}"
        for name in ("precision", "recall", "auc")
        if found[name] is not None
    )
    console.say(
        f"{out}: {done['training']['texts']} texts learnt; {found['texts']} held out: {scores}"
    )
    for language, row in done["by_language"].items():
        told = ", ".join(
            f"precision {at['precision']:.3f} at recall {at['recall']:g} (min_score "
            f"{at['min_score']:.4g})"
            for at in row["at_recall"]
        )
        console.say(f"{language}: auc {row['auc']:.3f}, {told}")
    for warning in done["warnings"]:
        console.err.print(f"winnow: {out}: {warning}", markup=False, soft_wrap=True)


def train_classifier(
    positive: Sequence[str],
    negative: Sequence[str],
    out: Path,
    how: Training,
    held_out: float,
    field: str = "text",
    labels: Sequence[str] = (),
    target: str | None = None,
) -> dict[str, Any]:
    """Trains, evaluates on the texts held out, and writes the model and its manifest.

    Unless `how` has a number of epochs, several are tried, and the best on a tenth of the texts to
    learn from ends it as soon as more do not help.

    Args:
      positive, negative: .jsonl (or .gz, .zst) and .parquet files, globs or folders.
      held_out: share of the texts for evaluation, above 0 and below 1.
      field: of the files that holds the text.
      labels: .parquet tables of texts of both kinds.
      target: the column of these whose values, from 0 to 1, tell the kind: from .5 on a text is
        positive; one without a value is left out.

    Returns:
      The manifest's content.

    Raises:
      TrainingError: says what is wrong with the texts or the settings.
      OSError: a file cannot be read.
    """
    if not 0 < held_out < 1:
        raise TrainingError(f"--held-out is {held_out}; give a share above 0 and below 1")
    if bool(labels) != (target is not None):
        raise TrainingError("--labels and --target go together: a table and its column of labels")
    if not labels and not (positive and negative):
        raise TrainingError("give --positive and --negative texts, or --labels and --target")
    given: list[tuple[str, str]] = []
    inputs = []
    for label, paths in ((POSITIVE, positive), (NEGATIVE, negative)):
        for path in [file for some in paths for file in expand(some)]:
            texts = list(_texts(path, field))
            inputs.append({"label": label, "path": path, "texts": len(texts)})
            given += [(label, text) for text in texts]
    for path in [file for some in labels for file in expand(some)]:
        labelled = list(_labelled(path, field, str(target)))
        inputs.append({"label": str(target), "path": path, "texts": len(labelled)})
        given += labelled
    learnt, kept_back = _parted(given, held_out, how.seed)
    done, line = _best(learnt, how.resolved(learnt) if how.epochs else how, out)
    scores, is_positive = _scored(out, kept_back)
    content = {
        "inputs": inputs,
        "settings": dataclasses.asdict(how) | {"held_out": held_out, "field": field},
        "training": {"texts": len(learnt), **done},
        "evaluation": evaluation.evaluate(scores, is_positive),
        "by_language": evaluation.by_language(scores, is_positive, _languages(kept_back)),
        "calibration": _calibration(scores, is_positive, line),
        "warnings": evaluation.warnings(scores, is_positive),
    }
    classifier.write_manifest(out, content)
    return content


def _parted(texts: Labelled, share: float, seed: int) -> tuple[Labelled, Labelled]:
    """Those to learn from, and those kept back, by a keyed hash of the text."""
    sides: tuple[Labelled, Labelled] = [], []
    for label, text in texts:
        sides[classifier.is_held_out(text, share, seed)].append((label, text))
    return sides


def _best(
    texts: Labelled, how: Training, out: Path
) -> tuple[dict[str, Any], tuple[float, float] | None]:
    """Trains with more and more epochs until they do not help; what was done, and calibration.

    The texts that decide this also calibrate the scores.
    """
    learnt, judging = _parted(texts, _VALIDATION, how.seed + 1)
    kinds = {label for label, _ in judging}
    if len(kinds) < 2:  # so few texts decide nothing
        return {**classifier.train(texts, how, out), "validation": []}, None
    tried: list[dict[str, Any]] = []
    best: tuple[float, dict[str, Any], tuple[float, float] | None] | None = None
    with tempfile.TemporaryDirectory() as folder:
        for epochs in (how.epochs,) if how.epochs else EPOCHS:
            path = Path(folder) / "model.bin"
            done = classifier.train(learnt, dataclasses.replace(how, epochs=epochs), path)
            scores, positive = _scored(path, judging)
            auc = evaluation.area(scores, positive) or 0.0
            tried.append({"epochs": epochs, "auc": auc})
            if best is not None and auc < best[0] + _LEAST_GAIN:
                break
            best = auc, done, evaluation.calibration(scores, positive)
            shutil.copyfile(path, out)
    assert best is not None
    return {**best[1], "validation": tried}, best[2]


def _scored(model: Path, texts: Labelled) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """The scores of texts, and which are positive."""
    scores = Classifier(str(model), POSITIVE).score(
        pa.array([text for _, text in texts], pa.large_string())
    )
    return scores, np.array([label == POSITIVE for label, _ in texts], bool)


def _languages(texts: Labelled) -> list[str]:
    found = LanguageIdentifier().identify(pa.array([t for _, t in texts], pa.large_string()))
    languages: list[str] = found["language"].to_pylist()
    return languages


def _calibration(
    scores: npt.NDArray[np.float32],
    positive: npt.NDArray[np.bool_],
    line: tuple[float, float] | None,
) -> dict[str, float] | None:
    if line is None or not len(scores):
        return None
    after = evaluation.calibrated(scores, line)
    return {
        "slope": line[0],
        "intercept": line[1],
        "error_before": evaluation.calibration_error(scores, positive),
        "error_after": evaluation.calibration_error(after, positive),
    }


def _labelled(path: str, field: str, target: str) -> Iterator[tuple[str, str]]:
    """Texts of a table and their labels, without those that have none."""
    if not path.endswith(".parquet"):
        raise TrainingError(f"{path}: labels are read from .parquet tables")
    store = Store(str(Path(path).parent))
    names = store.read_schema(Path(path).name).names
    for name in (field, target):
        if name not in names:
            raise TrainingError(f"{path} has no column {name!r}{column_names.nearest(name, names)}")
    for batch in store.read_batches(Path(path).name, _BATCH_DOCS, [field, target]):
        for text, value in zip(batch[field].to_pylist(), batch[target].to_pylist(), strict=True):
            line = classifier.one_line(text or "")
            if line and value not in (None, ""):
                yield (POSITIVE if _number(value, path, target) >= 0.5 else NEGATIVE), line


def _number(value: Any, path: str, target: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TrainingError(
            f"{path}: column {target!r} has values that are no numbers; give 0 for no and 1 for yes"
        ) from None


def _texts(path: str, field: str) -> Iterator[str]:
    kind = "parquet" if path.endswith(".parquet") else "jsonl"
    unit = WorkUnit(0, "texts", kind, path, options=(("text", field),))
    with open_unit(unit) as file:
        for batch in KINDS[kind].read(unit, file, _BATCH_DOCS, _MAX_RECORD_BYTES):
            for error in batch["error"].drop_null().to_pylist():
                raise TrainingError(f"{path} cannot be read: {error}")
            for content in batch["content"].drop_null().to_pylist():
                if text := classifier.one_line(content.decode("utf-8", "replace")):
                    yield text
