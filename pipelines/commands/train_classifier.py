"""`winnow train-classifier`: a quality classifier from files of good and of other texts."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from filters.language import classifier
from filters.language.classifier import NEGATIVE, POSITIVE, Classifier, Training, TrainingError
from pipelines.commands import console
from pipelines.sources import KINDS, expand, open_unit
from pipelines.sources.units import WorkUnit

_BATCH_DOCS = 1024
_MAX_RECORD_BYTES = 16 << 20


def command(
    positive: Sequence[str],
    negative: Sequence[str],
    out: Path,
    training: Mapping[str, Any],
    held_out: float,
    field: str,
) -> None:
    """Trains and writes a model, and prints how it judged the texts held out.

    Args:
      training: fields of `Training`.

    Raises:
      OSError, TrainingError: as `train_classifier`.
    """
    done = train_classifier(positive, negative, out, Training(**training), held_out, field)
    found = done["evaluation"]
    scores = ", ".join(
        f"{name} {found[name]:.3f}"
        for name in ("precision", "recall", "auc")
        if found[name] is not None
    )
    console.say(
        f"{out}: {done['training']['texts']} texts learnt; {found['texts']} held out: {scores}"
    )


def train_classifier(
    positive: Sequence[str],
    negative: Sequence[str],
    out: Path,
    how: Training,
    held_out: float,
    field: str = "text",
) -> dict[str, Any]:
    """Trains, evaluates on the texts held out, and writes the model and its manifest.

    Args:
      positive, negative: .jsonl (or .gz, .zst) and .parquet files, globs or folders.
      held_out: share of the texts for evaluation, above 0 and below 1.
      field: of the files that holds the text.

    Returns:
      The manifest's content.

    Raises:
      TrainingError: says what is wrong with the texts or the settings.
      OSError: a file cannot be read.
    """
    if not 0 < held_out < 1:
        raise TrainingError(f"--held-out is {held_out}; give a share above 0 and below 1")
    learnt: list[tuple[str, str]] = []
    kept_back: list[tuple[str, str]] = []
    inputs = []
    for label, paths in ((POSITIVE, positive), (NEGATIVE, negative)):
        for path in [file for given in paths for file in expand(given)]:
            texts = list(_texts(path, field))
            inputs.append({"label": label, "path": path, "texts": len(texts)})
            for text in texts:
                side = kept_back if classifier.is_held_out(text, held_out, how.seed) else learnt
                side.append((label, text))
    done = classifier.train(learnt, how, out)
    scores = Classifier(str(out), POSITIVE).score(
        pa.array([text for _, text in kept_back], pa.large_string())
    )
    content = {
        "inputs": inputs,
        "settings": dataclasses.asdict(how) | {"held_out": held_out, "field": field},
        "training": {"texts": len(learnt), **done},
        "evaluation": classifier.evaluate(
            scores, np.array([label == POSITIVE for label, _ in kept_back], bool)
        ),
    }
    classifier.write_manifest(out, content)
    return content


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
