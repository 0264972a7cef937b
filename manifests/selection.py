"""What became of some documents of a run: those of a source, a language, a stage or a reason."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from manifests.manifest import REMOVING
from manifests.statistics import DROPPED, ERROR, KEPT, Count, Funnel, Key

Row = dict[str, Any]

_PLACES = {"source": 1, "language": 2}  # in a key of a funnel


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which counts are looked at; empty is all.

    Attributes:
      stages: of those that remove documents.
      reasons: reasons, or what they begin with up to a dot: `gopher_quality`.
    """

    stages: Sequence[str] = ()
    reasons: Sequence[str] = ()
    languages: Sequence[str] = ()
    sources: Sequence[str] = ()

    def names(self, reason: str) -> bool:
        """Whether a reason is one of those wanted."""
        return not self.reasons or any(
            reason == one or reason.startswith(f"{one}.") for one in self.reasons
        )

    def holds(self, key: Key) -> bool:
        """Whether documents of a source and language are looked at, whatever their reason."""
        _, source, language, _ = key
        return (not self.sources or source in self.sources) and (
            not self.languages or language in self.languages
        )

    def rows_of(self, table: pa.Table) -> pa.Table:
        """Rows of the languages and sources wanted, of a table with columns of both."""
        import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes

        for name, chosen in (("language", self.languages), ("source", self.sources)):
            if chosen:
                table = table.filter(pc.is_in(table[name], pa.array(chosen)))
        return table


def funnels(content: Mapping[str, Any]) -> dict[str, Funnel]:
    """The funnels of stages that remove documents, in order.

    Args:
      content: `reproducible` of a manifest.
    """
    stages = content["stages"]
    return {name: Funnel.from_json(stages[name]["funnel"]) for name in REMOVING if name in stages}


def known(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names that a selection may have: stages, reasons and rules, languages, sources."""
    every = funnels(content)
    keys = [key for funnel in every.values() for key in funnel.outcomes]
    reasons = {key[3] for key in keys if key[0] != KEPT}
    rules = {reason.rpartition(".")[0] for reason in reasons}
    return {
        "stages": list(every),
        "reasons": sorted((reasons | rules) - {""}),
        "languages": sorted({key[2] for key in keys} - {""}),
        "sources": sorted({key[1] for key in keys}),
    }


def selected(content: Mapping[str, Any], wanted: Selection) -> dict[str, list[Row]]:
    """Counts of the documents wanted, by stage, source, language and reason.

    Each row has `in`, `kept`, `dropped` and `errors` in documents, and `text_bytes` of those kept.
    Of a source or language, `in` is what the first of the stages got, `kept` what the last one
    kept, and the others are of all stages: in = kept + dropped + errors. Where reasons are wanted,
    `dropped` and `errors` count these alone. `tokens` are those of the shards, where the run has
    any and counted them so: by source of all languages, by language of all sources.

    Args:
      content: `reproducible` of a manifest.
    """
    every = {
        name: _restricted(funnel, wanted)
        for name, funnel in funnels(content).items()
        if not wanted.stages or name in wanted.stages
    }
    rows = {field: _by(every, field, place, wanted) for field, place in _PLACES.items()}
    tokens = content["stages"].get("shards", {"counts": {}})["counts"]
    for field, narrowed in (("source", wanted.languages), ("language", wanted.sources)):
        for row in rows[field] if tokens and not narrowed else ():
            row["tokens"] = tokens.get(f"tokens.{field}.{row[field]}", 0)
    return {
        "stages": [{"stage": name, **_counted([funnel], wanted)} for name, funnel in every.items()],
        "sources": rows["source"],
        "languages": rows["language"],
        "reasons": sorted(
            (row for name, funnel in every.items() for row in _reasons(name, funnel, wanted)),
            key=lambda row: (-row["docs"], row["reason"]),
        ),
    }


def _restricted(funnel: Funnel, wanted: Selection) -> Funnel:
    found = Funnel()
    for key, count in funnel.outcomes.items():
        if wanted.holds(key):
            found.outcomes[key] = count
    for failing, docs in funnel.failing.items():
        if wanted.holds((DROPPED, failing[0], failing[1], failing[2])):
            found.failing[failing] = docs
    return found


def _reasons(stage: str, funnel: Funnel, wanted: Selection) -> Iterator[Row]:
    """Rows of a stage's reasons.

    `docs` are the documents of which it is the first reason; `failing` those of which it is one,
    and `alone` those of which it is the only one, in stages that know all reasons.
    """
    for outcome in (DROPPED, ERROR):
        first = funnel.by(outcome, "reason")
        failing = funnel.failing_by_reason() if outcome == DROPPED else {}
        for reason in filter(wanted.names, {**first, **failing}):
            count = first.get(reason, Count())
            row: Row = {"stage": stage, "reason": reason, "outcome": outcome}
            row |= {"docs": count.docs, "bytes": count.bytes}
            if failing:
                row["failing"], row["alone"] = failing.get(reason, (0, 0))
            yield row


def _by(every: Mapping[str, Funnel], field: str, place: int, wanted: Selection) -> list[Row]:
    """A row for each source or language, that with most documents first."""
    names = sorted({key[place] for funnel in every.values() for key in funnel.outcomes})
    rows = [
        {field: name, **_counted([*every.values()], wanted, place, name)}
        for name in names
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["in"])


def _counted(
    every: Sequence[Funnel], wanted: Selection, place: int | None = None, name: str = ""
) -> dict[str, int]:
    """Counts of keys that have a name in a place, or of all."""
    counts = {"in": 0, KEPT: 0, DROPPED: 0, ERROR: 0}
    text_bytes = 0
    for number, funnel in enumerate(every, 1):
        for key, count in funnel.outcomes.items():
            if place is not None and key[place] != name:
                continue
            counts["in"] += count.docs if number == 1 else 0
            if key[0] == KEPT:
                if number == len(every):
                    counts[KEPT] += count.docs
                    text_bytes += count.text_bytes
            elif wanted.names(key[3]):
                counts[key[0]] += count.docs
    return {
        "in": counts["in"],
        "kept": counts[KEPT],
        "dropped": counts[DROPPED],
        "errors": counts[ERROR],
        "text_bytes": text_bytes,
    }


def lost_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Where a stage got other documents than the stage before kept; empty if nowhere.

    Args:
      before, after: their funnels, as manifests have them.
    """
    kept = _entered(before, KEPT)
    entered = _entered(after, None)
    for source, language in sorted({*kept, *entered}):
        one, two = (side.get((source, language), Count()) for side in (kept, entered))
        if one.docs != two.docs:
            named = f"source {source}" + (f", language {language}" if language else "")
            return f"{two.docs:,} documents in, but {one.docs:,} were kept before ({named})"
    return ""


def _entered(funnel: Mapping[str, Any], outcome: str | None) -> dict[tuple[str, str], Count]:
    counts: dict[tuple[str, str], Count] = {}
    for row in funnel["rows"]:
        if outcome in (None, row["outcome"]):
            count = counts.setdefault((row["source"], row["language"]), Count())
            count.add(row["docs"], row["bytes"], row["text_bytes"])
    return counts
