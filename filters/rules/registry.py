"""The rules and packs that there are, and checks of what a recipe says of them.

A recipe names rules in order, each with the thresholds that it wants; a threshold that is not
listed is off. Beside thresholds, `words` says what a rule takes for words. `datatrove` is a rule
as well: a list of that library's own filters. A pack is a list of rules with one source.
"""

import difflib
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from filters.language.codes import require_tag
from filters.language.tables import TABLES, language_table
from filters.rules import datatrove_adapter
from filters.rules.bad_words import BAD_WORDS
from filters.rules.c4 import C4_QUALITY
from filters.rules.c4_tfds import C4
from filters.rules.datatrove_pack import DATATROVE_0_10
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.fineweb_2 import FINEWEB_2
from filters.rules.fineweb_2024_04 import FINEWEB_2024_04
from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.rules.published_packs import GOPHER, REFINEDWEB
from filters.rules.thresholds import DEFAULT, WORDS, Pack, Rule

PACKS: dict[str, Pack] = {
    pack.name: pack for pack in (DATATROVE_0_10, FINEWEB_2024_04, C4, GOPHER, REFINEDWEB, FINEWEB_2)
}
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *(GOPHER_REPETITION, GOPHER_QUALITY, C4_QUALITY, FINEWEB_QUALITY, BAD_WORDS),
        *(rule for pack in PACKS.values() for rule in pack.rules),
    )
}
DATATROVE = "datatrove"
_MOST = 1_000_000_000  # no document has as much of anything

Rules = Mapping[str, Any]


def published(rule: str) -> dict[str, float]:
    """All thresholds of a rule with the values of its source."""
    if rule not in RULES:
        raise ValueError(_unknown("rule", rule, list(RULES)))
    return RULES[rule].published


def pack_rules(name: str) -> dict[str, dict[str, Any]]:
    """The rules that a recipe gets by a pack's name."""
    if name not in PACKS:
        raise ValueError(_unknown("pack of rules", name, list(PACKS)))
    return {rule: dict(limits) for rule, limits in PACKS[name].recipe.items()}


def written_out(rules: Rules) -> dict[str, Any]:
    """Rules with `published` replaced by the thresholds that their sources published."""
    return {
        name: published(name) if isinstance(limits, str) and limits == "published" and name in RULES
        else limits
        for name, limits in rules.items()
    }  # fmt: skip


def validate(rules: Rules) -> None:
    """Check the rules of a recipe.

    Raises:
      ValueError: names the unknown rule or threshold and the nearest known one, or the value
        that is no number of its range.
    """
    for _, what in faults(rules):
        raise ValueError(what)


def faults(rules: Rules) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the rules of a recipe: the keys that lead there, and a sentence."""
    for name, limits in rules.items():
        checks: Mapping[tuple[str, ...], Callable[[], None]]
        if name == DATATROVE:
            checks = {}
            for at, what in datatrove_adapter.faults(limits):
                yield (name, *at), what
        elif name in RULES and isinstance(limits, Mapping):
            checks = {
                (name, key): functools.partial(validate_limit, name, key, value)
                for key, value in limits.items()
            }
            for key in RULES[name].required:
                if key not in limits:
                    yield (name,), f"rule '{name}' lacks '{key}'; `winnow rules {name}` says why"
            yield from _contradictions(name, limits)
        elif name in RULES:
            checks = {}
            meant = _near(limits, ["published"]) if isinstance(limits, str) else ""
            shown = "null" if limits is None else type(limits).__name__
            yield (
                (name,),
                f"rule '{name}' wants its thresholds as a mapping, not {shown}; "
                f"write '{name}: {{}}' to measure only{meant}",
            )
        else:
            checks = {}
            yield (name,), _unknown("rule", name, [*RULES, DATATROVE])
        for keys, check in checks.items():
            try:
                check()
            except ValueError as error:
                yield keys, str(error)


def _contradictions(name: str, limits: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Thresholds of one rule between which no document fits."""
    given = [t for t in RULES[name].thresholds if t.key in limits and t.scope == "document"]
    for low, high in itertools.product(given, given):
        if low.measure != high.measure or low.keeps_small or not high.keeps_small:
            continue
        for language in _languages(limits[low.key], limits[high.key]):
            least, most = (_number(limits[t.key], language) for t in (low, high))
            if least is not None and most is not None and least > most:
                of = f" in {language}" if language != DEFAULT else ""
                yield (
                    (name, low.key),
                    f"'{name}.{low.key}' is {least:g}{of}, above '{name}.{high.key}', which is "
                    f"{most:g}, so that no document can be kept; change one of the two",
                )
                break


def _languages(*values: Any) -> list[str]:
    return [DEFAULT, *sorted({str(key) for v in values if isinstance(v, Mapping) for key in v})]


def _number(value: Any, language: str) -> float | None:
    """A threshold's number for a language; None where it has none, or is wrong in itself."""
    if isinstance(value, Mapping):
        value = value.get(language, value.get(DEFAULT))
    return value if isinstance(value, (int, float)) else None


def validate_limit(name: str, key: str, value: Any) -> None:
    """Check one threshold or option of a known rule; raises as `validate`."""
    rule = RULES[name]
    if key in rule.options:
        rule.options[key](value)
        return
    if key == WORDS and rule.word_kinds:
        if value not in rule.word_kinds:
            raise ValueError(_unknown(f"kind of words in '{name}':", value, list(rule.word_kinds)))
        return
    if key not in rule.published:
        known = _prefixed(name, [*rule.published, *rule.options])
        raise ValueError(_unknown("threshold", f"{name}.{key}", known))
    by_language = isinstance(value, Mapping) or value in TABLES
    if by_language and key not in rule.document_thresholds:
        raise ValueError(f"threshold '{name}.{key}' is one number for all languages")
    if isinstance(value, str) and value in TABLES:
        keys = list(language_table(value).thresholds)
        if key not in keys:
            raise ValueError(_unknown(f"threshold in table {value}:", key, keys))
        return
    if isinstance(value, Mapping):
        for language in value:
            if language != DEFAULT:
                require_tag(language)
    for number in value.values() if isinstance(value, Mapping) else [value]:
        _validate_number(f"{name}.{key}", number)


def _validate_number(threshold: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        shown = "null" if value is None else type(value).__name__
        raise ValueError(
            f"threshold '{threshold}' wants a number, not {shown}; leave it out to turn it off"
        )
    if not math.isfinite(value):
        raise ValueError(f"threshold '{threshold}' is not finite; leave it out to turn it off")
    if value < 0:
        raise ValueError(f"threshold '{threshold}' is {value:g}, but must be 0 or more")
    if value > _MOST:
        raise ValueError(
            f"threshold '{threshold}' is {value:g}, but must be from 0 to {_MOST:,}; "
            "leave it out to turn it off"
        )
    if value > 1 and threshold.endswith("_ratio"):
        raise ValueError(
            f"threshold '{threshold}' is {value:g}, but a ratio is from 0 to 1"
            + (f"; did you mean {value / 100:g}?" if 2 <= value <= 100 else "")
        )


def _prefixed(rule: str, keys: Iterable[str]) -> list[str]:
    return [f"{rule}.{key}" for key in keys]


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f", or '{near[0]}'" if near else ""


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0)
    return f"unknown {what} '{name}'; did you mean '{near[0]}'? Known: {', '.join(known)}"


def measures_schema(rules: Rules) -> pa.Schema:
    """Columns of `Verdicts.measures`: all that the recipe's rules measure, whatever is set.

    datatrove's filters measure nothing, of its formatters it is told which documents they changed
    (1 or 0). A recipe of filters alone, or of no rules, has no columns, and a record batch without
    columns has no rows.
    """
    fields = []
    for name, limits in rules.items():
        if name == DATATROVE:
            changed = datatrove_adapter.changed_columns(limits)
            columns = [pa.field(column, pa.int64(), False) for column in changed if column]
        else:
            columns = list(RULES[name].columns)
        fields += [field.with_name(f"{name}.{field.name}") for field in columns]
    return pa.schema(fields)
