"""`winnow plan`: what a run would do, without doing it."""

import dataclasses
from collections.abc import Sequence

import yaml
from rich.table import Table

from pipelines.commands import console
from pipelines.recipe.loading import load
from pipelines.recipe.plan import estimated_text_bytes, plan


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
    recipe = load(name, overrides, sources)
    planned = plan(recipe, keep_going)
    text_bytes = sum(estimated_text_bytes(unit) for unit in planned.units)
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
        span = "whole" if unit.end < 0 else f"{unit.start}-{unit.end}"
        size = f"{unit.size_bytes / 1e6:.2f}"
        text_size = f"~{estimated_text_bytes(unit) / 1e6:.2f}"
        table.add_row(unit.name, unit.source, unit.kind, unit.path, span, size, text_size)
    console.out.print(table)
    console.say(
        f"{len(planned.units)} units, {planned.size_bytes / 1e6:.1f} MB to read, roughly "
        f"{text_bytes / 1e6:.1f} MB of text before rules; recipe digest {recipe.digest()[:16]}"
    )
