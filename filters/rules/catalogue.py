"""The rules and packs in words: what `winnow rules` prints and docs/rules.md holds."""

from collections.abc import Iterator

from filters.rules.registry import PACKS, RULES
from filters.rules.thresholds import Pack, Rule, Threshold

_HEAD = """\
# Rules

Written by `make rules` from the code; `winnow rules` prints a list, `winnow rules NAME` one of
them.

A rule measures, the recipe decides: every measured value is a column `<rule>.<measure>` of
`documents/` and `dropped/`, and a threshold that the recipe does not name is off. Every rule
measures every document (unless `documents.early_drop` says otherwise); a dropped document keeps
the first reason and all others, each `<rule>.<reason>`. A `min_` keeps what is at least the limit,
a `max_` what is at most the limit. A threshold on documents may be one number or one a language:
`min_words: {en: 50, th: 10, default: 30}`; a language that is not named has the `default`, or no
limit. `winnow replay RUN --set rules.RULE.THRESHOLD=VALUE` tries another limit on a finished run.

In a recipe, `rules:` is the name of a pack, or a mapping from rules to thresholds (`published`
stands for all that the source has).

`datatrove` in the place of a rule is a list of that library's own filters and formatters, which
run as they are: `datatrove: [{filter: GopherQualityFilter, args: {min_doc_words: 30}}, {formatter:
FTFYFormatter}]`. Reasons are `datatrove.<filter>.<reason>`; `datatrove.<formatter>.changed` says
which documents a formatter changed, and the stage's counts how many of those kept.
"""


def markdown() -> str:
    """The content of docs/rules.md."""
    lines = [_HEAD, "## Packs", ""]
    for pack in PACKS.values():
        lines += [f"### {pack.name}", "", *_pack(pack), ""]
    lines += ["## Rules", ""]
    for rule in RULES.values():
        lines += [f"### {rule.name}", "", *_rule(rule), ""]
    return "\n".join(lines).rstrip() + "\n"


def explain(name: str) -> Iterator[str]:
    """Lines about one rule, or about a pack and its rules."""
    if name in PACKS:
        yield f"# {name}"
        yield from _pack(PACKS[name])
    for rule in PACKS[name].rules if name in PACKS else (RULES[name],):
        yield ""
        yield f"# {rule.name}"
        yield from _rule(rule)


def _pack(pack: Pack) -> Iterator[str]:
    yield f"Source: {pack.source}."
    yield ""
    yield f"Differs: {pack.differs}"
    yield ""
    for name, limits in pack.recipe.items():
        published = RULES[name].published
        missing = [key for key in published if key not in limits]
        other = [f"{key} {_number(v)}" for key, v in limits.items() if published.get(key, v) != v]
        notes = [*([f"without {', '.join(missing)}"] if missing else []), *other]
        extra = [f"{key} {value}" for key, value in limits.items() if key not in published]
        told = "; ".join([*extra, *notes]) or "all thresholds as published"
        yield f"- [{name}](#{name}): {told}"
    rest = [rule.name for rule in pack.rules if rule.name not in pack.recipe]
    if rest:
        yield f"- not by the pack's name, but as rules: {', '.join(f'[{n}](#{n})' for n in rest)}"
    for fault in pack.faults:
        yield ""
        yield f"**{fault.name}**, a fault of the original: {fault.what} Switch: {fault.switch}"


def _rule(rule: Rule) -> Iterator[str]:
    packs = [pack.name for pack in PACKS.values() if rule in pack.rules]
    yield f"Source: {rule.source}."
    yield ""
    yield f"Differs: {rule.differs}"
    yield ""
    if packs:
        yield f"Packs: {', '.join(packs)}."
    if rule.word_kinds:
        yield f"`words` may be {', '.join(rule.word_kinds)}; the first is taken unless it is set."
    yield f"Measures: {', '.join(f'`{name}`' for name in rule.columns.names)}."
    yield ""
    yield "| threshold | published | a document that fails |"
    yield "| --- | ---: | --- |"
    for threshold in rule.thresholds:
        yield f"| `{threshold.key}` | {_number(threshold.published)} | {_reason(rule, threshold)} |"


def _reason(rule: Rule, threshold: Threshold) -> str:
    if threshold.scope == "line":
        return f"no document: the line goes, `{threshold.measure}` counts it"
    return f"`{rule.name}.{threshold.reason}`"


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
