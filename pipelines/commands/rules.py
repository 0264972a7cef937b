"""`winnow rules`: packs and rules with their thresholds and sources."""

from typing import Any

from rich.table import Table

from filters.rules.catalogue import explain, markdown
from filters.rules.registry import PACKS, RULES
from manifests.suggestions import suggest
from pipelines.commands import console


def command(name: str | None, as_markdown: bool, as_json: bool = False) -> None:
    """Lists all, explains the one that is named, or prints docs/rules.md.

    Raises:
      Failure: there is no such rule or pack.
    """
    if as_markdown:
        print(markdown(), end="")
    elif as_json and (name is None or name in PACKS or name in RULES):
        console.print_json(_facts(name))
    elif name is None:
        _list()
    elif name in PACKS or name in RULES:
        for line in explain(name):
            console.out.print(line, markup=False, soft_wrap=line.startswith("| "))
    else:
        known = [*PACKS, *RULES]
        hint = suggest(name, known)
        raise console.Failure(f"unknown rule {name!r}{hint}; known are {', '.join(known)}", 2)


def _list() -> None:
    for pack in PACKS.values():
        console.out.print(f"[bold]pack {pack.name}[/]: {', '.join(pack.recipe)}")
    table = Table("rule", "threshold", "published", "reason when it fails")
    for rule in RULES.values():
        for first, threshold in enumerate(rule.thresholds):
            reason = threshold.reason if threshold.scope == "document" else "(the line goes)"
            shown = rule.name if first == 0 else ""
            table.add_row(shown, threshold.key, f"{threshold.published:g}", reason)
    console.out.print(table)


def _facts(name: str | None) -> dict[str, Any]:
    packs = {
        pack.name: {"source": pack.source, "differs": pack.differs, "rules": pack.recipe}
        for pack in PACKS.values()
        if name in (None, pack.name)
    }
    rules = {
        rule.name: {
            "source": rule.source,
            "differs": rule.differs,
            "measures": rule.columns.names,
            "thresholds": {
                threshold.key: {
                    "published": threshold.published,
                    "scope": threshold.scope,
                    "reason": threshold.reason,
                }
                for threshold in rule.thresholds
            },
        }
        for rule in RULES.values()
        if name in (None, rule.name)
    }
    return {"packs": packs, "rules": rules}
