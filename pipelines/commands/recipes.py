"""`winnow recipes`: the recipes that ship with winnow."""

from rich.table import Table

from pipelines.commands import console
from pipelines.recipe.shipped import shipped, shipped_text


def command(name: str | None) -> None:
    """Lists them, or prints the one that is named.

    Raises:
      Failure: there is no such recipe.
    """
    known = shipped()
    if name is not None:
        if name not in known:
            raise console.Failure(f"unknown recipe {name!r}; shipped are {', '.join(known)}", 2)
        print(shipped_text(name), end="")
        return
    table = Table("recipe", "what it does")
    for recipe, description in known.items():
        table.add_row(recipe, description)
    console.out.print(table)
