"""What a rule is made of: measured columns, and thresholds that a recipe may set on them.

A rule is declared here and in the modules beside this one, without any of its arithmetic. That
stands in `filters.rules.measures`, in the module of the same name: kernels take a third of a second
to import, and who reads a recipe, plans a run or lists rules needs none.
"""

import dataclasses
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.language.tables import language_table
from manifests.comparisons import FAILS, Comparison

if TYPE_CHECKING:
    from filters.text.characters import Ints
    from filters.text.words import TextView

DEFAULT = "default"  # the limit of languages that a threshold by language does not name
WORDS = "words"  # beside thresholds, a recipe may say what a rule takes for words

Limits = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A limit on one measured value.

    Attributes:
      key: name in a recipe; says comparison and unit.
      measure: the column it looks at.
      comparison: a "min" keeps values >= threshold, a "max" keeps values <= threshold, "above"
        keeps values > threshold, "below" keeps values < threshold.
      published: the value of the rule's source.
      reason: what was wrong with a document (or line) that is not kept.
      scope: a document outside of the limit is dropped; a line is removed, and the measure
        counts the lines so removed.
      stop_words_of: the table by language whose stop words are counted: a number is no limit for
        documents of languages that have none there.
    """

    key: str
    measure: str
    comparison: Comparison
    published: float
    reason: str
    scope: Literal["document", "line"] = "document"
    stop_words_of: str | None = None

    def fails(
        self, values: npt.NDArray[np.generic], limit: float | npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        return FAILS[self.comparison](values, limit)

    @property
    def keeps_small(self) -> bool:
        """Does it drop what is too large?"""
        return self.comparison in ("max", "below")


def on_documents(*rows: tuple[Comparison, str, float, str]) -> tuple[Threshold, ...]:
    """Thresholds on documents from (comparison, measure, published, reason): `min_words`."""
    return tuple(
        Threshold(f"{comparison}_{measure}", measure, comparison, published, reason)
        for comparison, measure, published, reason in rows
    )


def on_lines(*rows: tuple[Comparison, str, str, float, str]) -> tuple[Threshold, ...]:
    """Thresholds on lines from (comparison, of what, measure, published, reason).

    The measure counts the lines that go, so that the key needs a name of its own: `min_line_words`.
    """
    return tuple(
        Threshold(f"{comparison}_line_{what}", measure, comparison, published, reason, "line")
        for comparison, what, measure, published, reason in rows
    )


def limit_of(
    threshold: Threshold, value: Any, languages: Sequence[str | None] | None
) -> float | npt.NDArray[np.float64]:
    """A recipe's limit, or one for each document where it depends on the document's language.

    Args:
      value: a number, numbers by language, or the name of a table. A language that is not in it
        has the `default`, or else no limit; so has one without stop words in
        `threshold.stop_words_of`.
      languages: one for each document. None says that they are unknown: all documents then have
        the limit of a language that `value` does not name.
    """
    off = math.inf if threshold.keeps_small else -math.inf
    name = value if isinstance(value, str) else threshold.stop_words_of
    if name is not None and not isinstance(value, Mapping):
        if languages is None:
            return off
        table = language_table(name)
        limits = (
            table.thresholds[threshold.key]
            if isinstance(value, str)
            else {code: float(value) for code, words in table.stop_words.items() if words}
        )
        codes = [table.code(language) or "" for language in languages]
        return np.array([limits.get(code, off) for code in codes], np.float64)
    if isinstance(value, (int, float)):
        return float(value)
    other = float(value.get(DEFAULT, off))
    if languages is None:
        return other
    return np.array([value.get(language, other) for language in languages], np.float64)


@dataclasses.dataclass(frozen=True)
class Measured:
    """Values of each document, by column, and the new text where a rule rewrites it.

    Attributes:
      word_counts: of the new text, by kind of words, where the rule has counted them anyway.
    """

    columns: Mapping[str, npt.NDArray[np.generic]]
    text: pa.LargeStringArray | None = None
    word_counts: Mapping[str, "Ints"] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Rule:
    """One published set of decisions.

    Attributes:
      source: paper and table, and the repository, version and file that it follows.
      differs: each known difference from that source.
      columns: what `measure` returns, in order; int64 and float64, never null. A ratio of
        nothing is 0.
      thresholds: in the order in which reasons are given.
      measured_by: what computes the columns, a function of a module of `filters.rules.measures`.
      word_kinds: what a recipe may set as `words`; the first is what counts without.
      words: the kind that counts where a recipe may not set any.
      steering: thresholds on documents that `measure` looks at all the same: what it counts
        depends on them.
      options: what a recipe may set beside thresholds and `words`, each with what checks it and
        raises ValueError.
      required: options without which the rule cannot work.
    """

    name: str
    source: str
    differs: str
    columns: pa.Schema
    thresholds: tuple[Threshold, ...]
    measured_by: str
    word_kinds: tuple[str, ...] = ()
    words: str | None = None
    steering: frozenset[str] = frozenset()
    options: Mapping[str, Callable[[Any], None]] = dataclasses.field(default_factory=dict)
    required: tuple[str, ...] = ()

    def measure(self, view: "TextView", limits: Limits) -> Measured:
        """From a batch and the recipe's limits to values.

        It looks at thresholds on lines, since the lines that it removes depend on them, and at
        those of `steering`. What computes is imported with the first batch.
        """
        module, function = self.measured_by.split(".")
        compute = getattr(importlib.import_module(f"{__package__}.measures.{module}"), function)
        words = self.words or limits.get(WORDS, next(iter(self.word_kinds), None))
        measured: Measured = compute(view, {**limits, WORDS: words})
        return measured

    @property
    def published(self) -> dict[str, float]:
        """Every threshold's published value."""
        return {t.key: t.published for t in self.thresholds}

    @property
    def document_thresholds(self) -> frozenset[str]:
        """Keys of thresholds that decide from measured values alone."""
        return frozenset(t.key for t in self.thresholds if t.scope == "document") - self.steering

    @property
    def rewrites(self) -> bool:
        """Does it remove lines?"""
        return any(threshold.scope == "line" for threshold in self.thresholds)


@dataclasses.dataclass(frozen=True)
class Fault:
    """A mistake of a pack's source that the pack does not make unless told to.

    Attributes:
      switch: what to write in a recipe to have it.
    """

    name: str
    what: str
    switch: str


@dataclasses.dataclass(frozen=True)
class Pack:
    """Rules of one source and version.

    Attributes:
      differs: from that source, beside what each rule says and beside `faults`.
      rules: all of them.
      recipe: the rules and thresholds that a recipe gets by the pack's name, in order.
    """

    name: str
    source: str
    differs: str
    rules: tuple[Rule, ...]
    recipe: Mapping[str, Mapping[str, Any]]
    faults: tuple[Fault, ...] = ()


def measured_columns(*names: str) -> pa.Schema:
    """Columns that are never null: ratios and means are float64, all else is counted in int64."""
    return pa.schema([pa.field(name, _type_of(name), False) for name in names])


def _type_of(measure: str) -> pa.DataType:
    is_fraction = measure.endswith("_ratio") or measure.startswith("mean_")
    return pa.float64() if is_fraction else pa.int64()
