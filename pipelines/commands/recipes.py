"""`winnow recipes`: the recipes that ship with winnow, and the schema of all recipes."""

import yaml
from rich.table import Table

from pipelines.commands import console
from pipelines.recipe.shipped import shipped, shipped_text


def command(name: str | None, as_schema: bool, as_json: bool = False) -> None:
    """Lists them, prints the one that is named, or prints the JSON Schema of recipes.

    Raises:
      Failure: there is no such recipe.
    """
    if as_schema:
        from pipelines.recipe.schema import json_schema  # it knows every rule and reader

        console.print_json(json_schema())
        return
    known = shipped()
    if name is not None:
        if name not in known:
            raise console.Failure(f"unknown recipe {name!r}; shipped are {', '.join(known)}", 2)
        text = shipped_text(name)
        if as_json:
            console.print_json(yaml.safe_load(text))
        else:
            print(text, end="")
        return
    if as_json:
        console.print_json(known)
        return
    table = Table("recipe", "what it does")
    for recipe, description in known.items():
        table.add_row(recipe, description)
    console.out.print(table)
