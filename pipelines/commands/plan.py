"""`winnow plan`: what a run would do, without doing it."""

import dataclasses
from collections.abc import Sequence

import yaml
from rich.table import Table

from pipelines import preflight
from pipelines.commands import console
from pipelines.recipe.loading import read
from pipelines.recipe.plan import estimated_text_bytes


def command(
    name: str,
    overrides: Sequence[str],
    sources: Sequence[str],
    keep_going: bool,
    as_json: bool = False,
) -> None:
    """Prints the resolved recipe, then its work units and their sizes.

    Raises:
      RecipeError: the recipe or a path is wrong.
    """
    ready = preflight.ready(read(name, overrides, sources), keep_going)
    recipe, planned = ready.recipe, ready.plan
    for note in ready.notes:
        console.err.print(note, markup=False, soft_wrap=True)
    text_bytes = planned.estimated_text_bytes
    if as_json:
        units = [
            {
                "name": unit.name,
                **dataclasses.asdict(unit),
                "estimated_text_bytes": estimated_text_bytes(unit),
            }
            for unit in planned.units
        ]
        console.print_json(
            {
                "recipe": recipe.to_json(),
                "recipe_digest": recipe.digest(),
                "size_bytes": planned.size_bytes,
                "estimated_text_bytes": text_bytes,
                "units": units,
            }
        )
        return
    text = yaml.safe_dump(recipe.to_json(), sort_keys=False, allow_unicode=True)
    console.out.print(text, markup=False, soft_wrap=True, end="")
    table = Table("unit", "source", "kind", "path", "range", "MB", "text MB", title="Work units")
    for unit in planned.units:
        path, span = unit.path, "whole" if unit.end < 0 else f"{unit.start}-{unit.end}"
        if unit.group:
            path, span = path + unit.group[0].label, f"{len(unit.group):,} files from here on"
        size = f"{unit.size_bytes / 1e6:.2f}"
        text_size = f"~{estimated_text_bytes(unit) / 1e6:.2f}"
        table.add_row(unit.name, unit.source, unit.kind, path, span, size, text_size)
    console.out.print(table)
    count = len(planned.units)
    console.say(
        f"{count} unit{'' if count == 1 else 's'}, {planned.size_bytes / 1e6:.1f} MB to read, "
        f"roughly {text_bytes / 1e6:.1f} MB of text before rules; "
        f"recipe digest {recipe.digest()[:16]}"
    )
