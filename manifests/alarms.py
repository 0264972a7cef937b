"""Alarms: results of a finished stage that someone should look at.

They are in the manifest and on screen. A source or language that loses most of its documents as
duplicates is rarely intended: a template that all its pages share, a source that was read twice, a
language with few sites.
"""

from typing import Any

from manifests.statistics import DROPPED, Funnel

MIN_DOCS = 100  # the share of fewer documents means little


def losses(stage: str, funnel: Funnel, share: float) -> list[dict[str, Any]]:
    """Sources and languages that lost more than a given share of their documents in a stage.

    Returns:
      One object for each: stage, field (`source` or `language`), name, docs, dropped; the largest
      share first. Those with fewer than `MIN_DOCS` documents are left out.
    """
    found = []
    for field in ("source", "language"):
        everything = funnel.by(None, field)
        for name, count in funnel.by(DROPPED, field).items():
            docs = everything[name].docs
            if docs >= MIN_DOCS and count.docs > share * docs:
                found.append(
                    {"stage": stage, "field": field, "name": name, "docs": docs,
                     "dropped": count.docs}
                )  # fmt: skip
    return sorted(found, key=lambda a: (-a["dropped"] / a["docs"], a["field"], a["name"]))


def sentence(alarm: dict[str, Any]) -> str:
    """An alarm as one sentence."""
    share = alarm["dropped"] / alarm["docs"]
    return (
        f"{alarm['field']} {alarm['name']} lost {share:.0%} of its {alarm['docs']:,} documents "
        f"in stage {alarm['stage']}"
    )
