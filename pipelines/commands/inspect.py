"""`winnow inspect`: what a finished run did, on one screen."""

import os
import re
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from manifests.manifest import TOKEN_COST_FILE
from manifests.store import Store
from manifests.summary import summary
from pipelines.commands import console


def command(run: str, as_json: bool, svg: str | None) -> None:
    """Prints a run's summary, or its manifest; `svg` is a file for a picture of the summary."""
    store = Store(run)
    console.tell_if_written(store)
    manifest = console.manifest_of(store)
    if as_json:
        console.print_json(manifest)
        return
    renderable = summary_of(store, manifest, run)
    console.out.print(renderable)
    if svg:
        _save(renderable, run, Path(svg))


def summary_of(store: Store, manifest: Any, where: str) -> RenderableType:
    """What a run did, for rich; `where` is its address as the user wrote it."""
    there = store.exists(TOKEN_COST_FILE)
    cost = store.read_table(TOKEN_COST_FILE) if there else None
    return summary(manifest, cost, where.rstrip("/"))


def _save(renderable: RenderableType, run: str, file: Path) -> None:
    with open(os.devnull, "w") as nowhere:
        recorded = Console(record=True, width=110, highlight=False, file=nowhere)
        recorded.print(renderable)
    picture = recorded.export_svg(title=f"winnow inspect {run}")
    # rich links a web font; a picture that fetches nothing falls back to the local monospace.
    file.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S))
