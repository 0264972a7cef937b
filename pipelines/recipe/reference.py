"""docs/recipes.md: every key of a recipe with its type, range, default and meaning.

Written by `make recipes` from the JSON Schema, which the settings of the rooms give.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.recipe.schema import json_schema, range_of
from pipelines.recipe.shipped import shipped

_HEAD = """\
# Recipes

Written by `make recipes` from the code. A recipe is a YAML file; `winnow recipes` lists those that
ship and prints one to start from, and `--set key=value` changes a key for one run. A key that is
not listed here is refused, with the nearest known one; all faults of a recipe are told at once,
each with its line. Off means absent: a key with the default "absent" is not applied unless it is
written.

Editors complete and check recipes by the JSON Schema that `winnow recipes --schema` prints. For
those that follow the YAML language server, write it to a file and name it in the first line:

```
winnow recipes --schema > recipe.schema.json
# yaml-language-server: $schema=recipe.schema.json
```

Recipes that ship:
"""
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
}


def markdown() -> str:
    """The content of docs/recipes.md."""
    lines = [_HEAD, *(f"- `{name}`: {description}" for name, description in shipped().items()), ""]
    lines += ["## The recipe itself", "", *_table(json_schema(), "")]
    for path, section in _sections(json_schema(), ""):
        lines += [f"## {path}", "", _line(section["description"]), "", *_table(section, path)]
    return "\n".join(lines).rstrip() + "\n"


def _sections(section: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The sections below one with the keys that lead to them; rules have a page of their own."""
    for key, value in section["properties"].items():
        inner, below = _section(value, f"{path}.{key}".removeprefix("."))
        if inner and inner["title"] != "Rules":
            yield below, inner
            yield from _sections(inner, below)


def _section(value: Mapping[str, Any], path: str) -> tuple[Mapping[str, Any] | None, str]:
    """The section that a value is, or that the items of a list or mapping are."""
    if "$ref" in value:
        return json_schema()["$defs"][value["$ref"].rpartition("/")[2]], path
    for inner in value.get("anyOf", ()):
        if "$ref" in inner:
            return _section(inner, path)
    if isinstance(items := value.get("items"), Mapping):
        return _section(items, f"{path}[]")
    if isinstance(named := value.get("additionalProperties"), Mapping):
        return _section(named, f"{path}.NAME")
    return None, path


def _table(section: Mapping[str, Any], path: str) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = section.get("required", ())
    for key, value in section["properties"].items():
        inner, below = _section(value, f"{path}.{key}".removeprefix("."))
        default = "required" if key in required else _default(value)
        meaning = value.get("description") or (inner or {}).get("description", "")
        yield f"| `{key}` | {_type(value, below)} | {default} | {_line(meaning)} |"
    yield ""


def _type(value: Mapping[str, Any], path: str) -> str:
    if "$ref" in value:
        if value["$ref"].endswith("/Rules"):
            return "a mapping from [rules](rules.md) to their thresholds"
        return f"section [{path}](#{_anchor(path)})"
    if "anyOf" in value:
        kinds = [_type(one, path) for one in value["anyOf"] if one.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in value or "const" in value:
        names = value.get("enum", [value.get("const")])
        return ("one of " if len(names) > 1 else "") + ", ".join(f"`{name}`" for name in names)
    if value.get("type") == "array":
        return f"list of: {_type(value['items'], path)}"
    if isinstance(inner := value.get("additionalProperties"), Mapping):
        return f"mapping from names to: {_type(inner, path)}"
    allowed = range_of(value)
    return _TYPES[value["type"]] + (f", {allowed}" if allowed else "")


def _default(value: Mapping[str, Any]) -> str:
    if value.get("default") is not None:
        written = json.dumps(value["default"], ensure_ascii=False)
        return "empty" if written in ("{}", "[]") else f"`{written}`"
    if value.get("type") == "object":
        return "empty"
    return "absent" if "default" in value else "its defaults"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())
