"""`winnow report`: one HTML file that shows a finished run, and replays its thresholds."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from filters.rules import registry
from filters.rules.thresholds import DEFAULT, Threshold, limit_of
from filters.settings import CLASSIFIER, LOW_SCORE, WRONG_SCRIPT
from manifests import schemas
from manifests.report.contents import contents
from manifests.report.histograms import Mask
from manifests.report.measured import Applies, Limit, measure
from manifests.report.page import page
from manifests.store import Store
from pipelines.commands import console


def command(run: str, out: Path | None, samples: int, as_json: bool) -> None:
    """Writes the report of a run.

    Args:
      out: the file; None writes one named as the run, in the working directory. A file in the run
        would be one that its manifest does not list.
      samples: excerpts of each outcome.

    Raises:
      Failure: the run is not finished.
      ValueError, OSError: a file is damaged, or cannot be written.
    """
    store = Store(run)
    console.tell_if_written(store)
    html = report(store, console.manifest_of(store), samples).encode()
    file = out or Path(f"{Path(os.path.abspath(run)).name}.html")
    file.write_bytes(html)
    if as_json:
        console.print_json({"file": str(file), "size_bytes": len(html)})
    else:
        console.say(f"{file}: {len(html) / 1e3:,.0f} kB, opens without a network")


def report(store: Store, manifest: Mapping[str, Any], samples: int = 0) -> str:
    """The report of a finished run as HTML; the same run gives the same bytes.

    Raises:
      ValueError: a file is damaged.
    """
    excerpts: dict[str, list[dict[str, Any]]] = {}
    if samples:
        # Only excerpts need kernels, which look for personal data.
        from pipelines.commands.report_excerpts import excerpts_of

        excerpts = excerpts_of(store, samples)
    limits = list(limits_of(manifest["reproducible"]["recipe"]["documents"]))
    histograms = measure(store, limits)
    return page(contents(store, manifest, limits, histograms, excerpts))


def limits_of(documents: Mapping[str, Any]) -> Iterator[Limit]:
    """The thresholds of a resolved recipe that decide by one stored value, in their order.

    Those are left out that remove lines, whose values depend on the threshold itself, or that have
    a number for each language in a table.
    """
    language = documents["language"]
    if language["below_min_score"] == "drop" and language["min_score"]:
        yield _score_limit("language.min_score", "language_score", language, LOW_SCORE)
    if language["min_script_ratio"] is not None:
        yield Limit(
            "language.min_script_ratio", schemas.SCRIPT_RATIO.name, "min",
            language["min_script_ratio"], WRONG_SCRIPT,
        )  # fmt: skip
    for name, spec in documents["classifiers"].items():
        if spec["min_score"] is not None:
            yield _score_limit(
                f"classifiers.{name}.min_score", CLASSIFIER + name, spec,
                f"{CLASSIFIER}{name}.low_score",
            )  # fmt: skip
    for name, given in documents["rules"].items():
        if name == registry.DATATROVE:
            continue
        rule = registry.RULES[name]
        for threshold in rule.thresholds:
            value = given.get(threshold.key)
            if isinstance(value, Mapping):
                value = value.get(DEFAULT)
            if threshold.key not in rule.document_thresholds or not isinstance(value, (int, float)):
                continue
            yield Limit(
                f"rules.{name}.{threshold.key}", f"{name}.{threshold.measure}",
                threshold.comparison, float(value), f"{name}.{threshold.reason}",
                _applies(threshold, given[threshold.key]),
            )  # fmt: skip


def _score_limit(name: str, column: str, wanted: Mapping[str, Any], reason: str) -> Limit:
    """The least score of languages that have none of their own."""
    own = frozenset(wanted["min_scores"])
    applies = _other_than(own) if own else None
    return Limit(name, column, "min", wanted["min_score"], reason, applies)


def _other_than(languages: frozenset[str]) -> Applies:
    return lambda codes: np.array([code not in languages for code in codes], bool)


def _applies(threshold: Threshold, value: Any) -> Applies | None:
    """Which languages have a threshold's default; None if all have it."""
    if isinstance(value, Mapping):
        return _other_than(frozenset(value) - {DEFAULT})
    if threshold.stop_words_of is None:
        return None

    def has_limit(languages: Sequence[str]) -> Mask:
        found: Mask = np.isfinite(limit_of(threshold, value, languages))
        return found

    return has_limit
