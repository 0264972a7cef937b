"""`winnow inspect`: what a finished run did, on one screen; a part of it; the runs of a folder."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from manifests import files, selection, sketches
from manifests.domains import top
from manifests.lease import writer_of
from manifests.manifest import (
    MANIFEST_FILE,
    RECIPE_FILE,
    TOKEN_COST_FILE,
    complete_stages,
    holds_run,
    read,
)
from manifests.selection import Selection
from manifests.sketches import VALUES_FILE, spread
from manifests.store import Store
from manifests.suggestions import suggest_or_list
from manifests.summary import SHARES, drilldown, listing, summary
from pipelines.commands import console


def command(
    run: str,
    wanted: Selection,
    column: str | None,
    domains: int | None,
    every: bool,
    as_json: bool,
    svg: str | None,
    batch_rows: int,
) -> None:
    """Prints a run's summary, its manifest, the counts of a selection, or a list of runs.

    Of packed shards it prints what batches of them have.

    Args:
      column: a measured value that is shown by language and by source.
      domains: how many of the most frequent domains are shown.
      every: all sources, languages and reasons, also if nothing is selected.
      svg: a file for a picture of what is printed.
      batch_rows: of packed shards, the rows of a batch.

    Raises:
      Failure: neither a finished run nor a folder of runs is there, or nothing that is selected.
    """
    store = Store(run)
    narrowed = wanted != Selection() or every or column is not None or domains is not None
    renderable: RenderableType
    if not holds_run(store) and (rows := list(runs_in(run))):
        if narrowed:
            raise console.Failure(f"{run} holds {len(rows)} runs; give the folder of one", 2)
        facts: Any = rows
        renderable = listing(rows)
    elif console.is_made_of_a_run(store):
        if narrowed:
            raise console.Failure(f"{run} is no run; leave out what narrows it", 2)
        from pipelines.commands import packed

        facts = packed.facts_of(store, batch_rows)
        renderable = packed.table_of(facts)
    else:
        console.tell_if_written(store)
        facts = console.manifest_of(store)
        if narrowed:
            _refuse_unknown(facts["reproducible"], wanted)
            facts = selection.selected(facts["reproducible"], wanted)
            facts["values"] = _values(store, wanted, column)
            if domains is not None:
                facts["domains"] = top(store, domains, wanted)
            renderable = drilldown(facts, wanted)
        else:
            renderable = summary_of(store, facts, run)
    if as_json:
        console.print_json(facts)
        return
    console.out.print(renderable)
    if svg:
        _save(renderable, run, Path(svg))


def summary_of(store: Store, manifest: Any, where: str) -> RenderableType:
    """What a run did, for rich; `where` is its address as the user wrote it."""
    cost = files.table_of(store, TOKEN_COST_FILE)
    return summary(manifest, cost, where.rstrip("/"))


def runs_in(folder: str) -> Iterator[dict[str, Any]]:
    """Facts about each run whose folder lies in this one, in the order of their names."""
    for name in Store(folder).folders():
        store = Store(f"{folder.rstrip('/')}/{name}")
        if holds_run(store):
            yield _facts(store, name)


def _facts(store: Store, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "run": name, "recipe": None, "finished": None, "documents_in": None,
        "documents_kept": None, "tokens": None, "run_digest": None, "state": "finished",
    }  # fmt: skip
    if writer := writer_of(store):
        found["state"] = f"being written by {writer}"
    try:
        if not store.exists(MANIFEST_FILE):
            found["recipe"] = store.read_json(RECIPE_FILE)["name"]
            done = ", ".join(complete_stages(store)) or "no stage"
            found["state"] = found["state"] if writer else f"not finished; complete: {done}"
            return found
        manifest = read(store)
        content = manifest["reproducible"]
        if not writer and content["alarms"]:
            plural = "" if len(content["alarms"]) == 1 else "s"
            found["state"] = f"finished, {len(content['alarms'])} alarm{plural}"
        return found | {
            "recipe": content["recipe"]["name"],
            "finished": manifest["environment"]["finished"],
            "documents_in": content["stages"]["documents"]["funnel"]["in"]["docs"],
            "documents_kept": content["corpus"]["rows"],
            "tokens": content["shards"]["tokens"] if "shards" in content else None,
            "run_digest": manifest["run_digest"],
        }
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        told = str(error) if isinstance(error, ValueError) else "its manifest is damaged"
        return found | {"state": told.replace(f"{store.url(MANIFEST_FILE)} ", "manifest ")}


def _values(store: Store, wanted: Selection, column: str | None) -> list[dict[str, Any]]:
    """How measured values are spread: one by language and by source, or all in some languages.

    Raises:
      Failure: there is no such column.
    """
    all_of_them = wanted.languages and not wanted.stages and not wanted.reasons
    if not (all_of_them or column) or not files.written(store, [VALUES_FILE]):
        return []
    import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes

    table = wanted.rows_of(sketches.read(store).table())
    if column is None:
        rows = spread(table, ["column", "outcome"], SHARES)
        return [{"column": None, "by": "column", "rows": rows}]
    one = table.filter(pc.equal(table["column"], column))
    if not len(one):
        known = table["column"].unique().sort().to_pylist()
        told = suggest_or_list(column, known)
        raise console.Failure(f"the run measured no {column!r} of these documents{told}", 2)
    return [
        {"column": column, "by": by, "rows": spread(one, [by, "outcome"], SHARES)}
        for by in ("language", "source")
    ]


def _refuse_unknown(content: Mapping[str, Any], wanted: Selection) -> None:
    for field, known in selection.known(content).items():
        for name in getattr(wanted, field):
            if name not in known:
                one = field.removesuffix("s")
                told = suggest_or_list(name, known)
                raise console.Failure(f"the run has no {one} {name!r}{told}", 2)


def _save(renderable: RenderableType, run: str, file: Path) -> None:
    with open(os.devnull, "w") as nowhere:
        recorded = Console(record=True, width=110, highlight=False, file=nowhere)
        recorded.print(renderable)
    picture = recorded.export_svg(title=f"winnow inspect {run}")
    # rich links a web font; a picture that fetches nothing falls back to the local monospace.
    file.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S))
