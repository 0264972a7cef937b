"""Rules of a recipe, applied to a batch: each rule measures, the recipe's thresholds decide.

A recipe names rules in order, each with the thresholds that it wants; a threshold that is not
listed is off. Beside thresholds, `words` says what a rule takes for words. `datatrove` is a rule
as well: a list of that library's own filters. A pack is a list of rules with one source.
"""

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters import datatrove_adapter
from filters.c4 import C4_QUALITY
from filters.datatrove_pack import DATATROVE_0_10
from filters.fineweb import FINEWEB_QUALITY
from filters.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.thresholds import WORDS, Measured, Pack, Rule, Threshold
from filters.words import TextView

__all__ = [
    "DATATROVE", "PACKS", "RULES", "Pack", "Rule", "Rules", "Threshold", "Verdicts",
    "apply_rules", "measures_schema", "pack_rules", "published", "validate",
]  # fmt: skip

PACKS: dict[str, Pack] = {pack.name: pack for pack in (DATATROVE_0_10,)}
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *(GOPHER_REPETITION, GOPHER_QUALITY, C4_QUALITY, FINEWEB_QUALITY),
        *(rule for pack in PACKS.values() for rule in pack.rules),
    )
}
DATATROVE = "datatrove"

Rules = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """What rules say about each document of a batch.

    Attributes:
      text: large_string after rewrites. A rewrite is taken over only where its rule kept the
        document: what is dropped keeps the text that it was dropped for. A null stays null
        unless it was kept and rewritten.
      measures: int64 and float64, `<rule>.<measure>`; see `measures_schema`.
      reasons: list<string>, every failed check as `<rule>.<what was wrong>`, in recipe order.
      reason: string, the first of them; null for a document to keep.
    """

    text: pa.LargeStringArray
    measures: pa.RecordBatch
    reasons: pa.ListArray
    reason: pa.StringArray


def published(rule: str) -> dict[str, float]:
    """All thresholds of a rule with the values of its source."""
    if rule not in RULES:
        raise ValueError(_unknown("rule", rule, list(RULES)))
    return RULES[rule].published


def pack_rules(name: str) -> dict[str, dict[str, float]]:
    """The rules that a recipe gets by a pack's name."""
    if name not in PACKS:
        raise ValueError(_unknown("pack of rules", name, list(PACKS)))
    return {rule: dict(limits) for rule, limits in PACKS[name].recipe.items()}


def validate(rules: Rules) -> None:
    """Check the rules of a recipe.

    Raises:
      ValueError: names the unknown rule or threshold and the nearest known one, or the value
        that is no finite number.
    """
    for name, limits in rules.items():
        if name == DATATROVE:
            datatrove_adapter.validate(limits)
            continue
        if name not in RULES:
            raise ValueError(_unknown("rule", name, [*RULES, DATATROVE]))
        if not isinstance(limits, Mapping):
            raise ValueError(
                f"rule '{name}' wants its thresholds as a mapping, not {type(limits).__name__}; "
                f"write '{name}: {{}}' to measure only"
            )
        known = RULES[name].published
        kinds = RULES[name].word_kinds
        for key, value in limits.items():
            if key == WORDS and kinds:
                if value not in kinds:
                    raise ValueError(_unknown(f"kind of words in '{name}':", value, list(kinds)))
                continue
            if key not in known:
                raise ValueError(_unknown("threshold", f"{name}.{key}", _prefixed(name, known)))
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(
                    f"threshold '{name}.{key}' wants a number, not {type(value).__name__}; "
                    "leave it out to turn it off"
                )
            if not math.isfinite(value):
                raise ValueError(
                    f"threshold '{name}.{key}' is not finite; leave it out to turn it off"
                )


def _prefixed(rule: str, keys: Iterable[str]) -> list[str]:
    return [f"{rule}.{key}" for key in keys]


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0)
    return f"unknown {what} '{name}'; did you mean '{near[0]}'? Known: {', '.join(known)}"


def measures_schema(rules: Rules) -> pa.Schema:
    """Columns of `Verdicts.measures`: all that the recipe's rules measure, whatever is set.

    datatrove's filters measure nothing. A recipe of these alone, or of no rules, has no columns,
    and a record batch without columns has no rows.
    """
    return pa.schema(
        [
            field.with_name(f"{name}.{field.name}")
            for name in rules
            if name != DATATROVE
            for field in RULES[name].columns
        ]
    )


class _Checks:
    """Failed checks of a batch, one column a check: an index into `names`, or -1."""

    def __init__(self, documents: int) -> None:
        self.names: list[str] = []
        self.columns = [np.full(documents, -1, np.int32)]  # a batch may have no checks at all

    def add(self, failed: npt.NDArray[np.bool_], name: str) -> None:
        self.columns.append(np.where(failed, np.int32(len(self.names)), np.int32(-1)))
        self.names.append(name)

    def add_reasons(self, reasons: Iterable[str | None]) -> None:
        codes: dict[str | None, int] = {None: -1}
        column = []
        for reason in reasons:
            if reason not in codes:
                codes[reason] = len(self.names)
                self.names.append(str(reason))
            column.append(codes[reason])
        self.columns.append(np.array(column, np.int32))

    def reasons(self) -> tuple[pa.ListArray, pa.StringArray]:
        codes = np.column_stack(self.columns)
        failed = codes >= 0
        names = pa.array(self.names, pa.string())
        offsets = np.zeros(len(codes) + 1, np.int32)
        np.cumsum(failed.sum(axis=1), out=offsets[1:])
        every = pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(codes[failed])))
        first = codes[np.arange(len(codes)), failed.argmax(axis=1)]
        return every, names.take(pa.array(first, mask=~failed.any(axis=1)))


def apply_rules(
    text: pa.LargeStringArray,
    rules: Rules,
    *,
    urls: pa.StringArray | None = None,
    languages: pa.StringArray | None = None,
) -> Verdicts:
    """Measure a batch of documents with every rule of a recipe, and judge it.

    Args:
      text: large_string; a null counts as an empty text.
      rules: validated here too, which costs microseconds.
      urls: what datatrove's filters find as metadata "url"; nulls are left out.
      languages: the same for "language".
    """
    validate(rules)
    schema = measures_schema(rules)
    view = TextView(text)
    checks = _Checks(len(text))
    columns: list[npt.NDArray[np.generic]] = []
    for name, limits in rules.items():
        if name == DATATROVE:
            for entry in limits:
                reasons, rewritten = datatrove_adapter.run(entry, text, urls, languages)
                checks.add_reasons(reasons)
                if rewritten is not None:
                    text, view = rewritten, TextView(rewritten)
            continue
        rule = RULES[name]
        measured = rule.measure(view, limits)
        columns.extend(measured.columns[column] for column in rule.columns.names)
        failed = _check(rule, measured, limits, checks)
        if measured.text is not None:
            text = pc.if_else(pa.array(~failed), measured.text, text)
            view = TextView(text)
    every, first = checks.reasons()
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return Verdicts(text, pa.RecordBatch.from_arrays(arrays, schema=schema), every, first)


def _check(
    rule: Rule, measured: Measured, limits: Mapping[str, float], checks: _Checks
) -> npt.NDArray[np.bool_]:
    """Add the rule's checks that are on; which documents failed any."""
    failed = np.zeros(len(checks.columns[0]), bool)
    for threshold in rule.thresholds:
        if threshold.scope == "document" and threshold.key in limits:
            fails = threshold.fails(measured.columns[threshold.measure], limits[threshold.key])
            checks.add(fails, f"{rule.name}.{threshold.reason}")
            failed |= fails
    return failed
