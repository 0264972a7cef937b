"""docs/python.md, from the docstrings of `winnow`: `make python-docs`, or
`python -m tests.python_page > docs/python.md`. tests/test_python.py fails when the page is stale.

Examples are blocks of four spaces, not fenced: doctest would take a fence for a line of output.
"""

import inspect
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import winnow
from winnow.runs import Run

ORDER = (
    *("load_recipe", "run", "open", "TokenShards"),
    *("extract", "wikitext", "rules", "language", "redact", "deduplicate", "signatures"),
)
_LISTS = ("Args:", "Raises:")


def page() -> str:
    """The whole page."""
    lines = ["# winnow in Python", "", *_text(winnow), ""]
    for name in ORDER:
        function = getattr(winnow, name)
        lines += [f"## winnow.{name}", "", f"    {_call(name, function)}", "", *_text(function), ""]
        if name == "open":
            lines += ["## What `run` and `open` return", "", *_text(Run), "", *_members(Run, "run")]
        if name == "TokenShards":
            lines += _members(function, "shards")
    lines += ["---", "Made from docstrings by `make python-docs`; change those."]
    return "\n".join(lines) + "\n"


def _members(of: type, name: str) -> Iterator[str]:
    """Methods and attributes of a class, an object of which has the name."""
    for attribute, value in vars(of).items():
        if not attribute.startswith("_"):
            call = f"{name}.{attribute}"
            if isinstance(value, FunctionType):
                call = _call(call, value)
            yield from (f"### `{call}`", "", *_text(value), "")


def _call(name: str, function: Any) -> str:
    """Name and arguments with their defaults; types are in the text."""
    signature = inspect.signature(function)
    given = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    return name + str(inspect.Signature(given))


def _text(documented: Any) -> Iterator[str]:
    """A docstring in Google style as Markdown."""
    section = ""
    example = False
    titled = inspect.ismodule(documented)
    for line in (inspect.getdoc(documented) or "").splitlines():
        if line.endswith(":") and line in (*_LISTS, "Returns:"):
            section = line
            yield from (f"**{line.removesuffix(':')}**", "")
        elif section and line.startswith("  "):
            item = line[2:]
            if section in _LISTS and not item.startswith(" "):
                name, colon, rest = item.partition(": ")
                item = f"- `{name}`{colon}{rest}"
            yield item.removeprefix("  ") if section == "Returns:" else item
        else:
            if line:
                section = ""
            example = line.startswith(">>>") or (example and bool(line))
            if example and not titled:  # or it would belong to the list before it
                titled = True
                yield from ("**Example**", "")
            yield f"    {line}" if example else re.sub(r"^(Cost|Source): ", r"**\1**: ", line)


if __name__ == "__main__":
    print(page(), end="")
