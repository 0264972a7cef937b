"""What differs between the recipe and plan in a run's folder and those of a run that is to begin.

`execution` says how to run and `description` decides nothing: they never count. The order of rules
does, since rules are applied in it.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from manifests.suggestions import some_of
from pipelines.sources.units import WorkUnit

_UNCOUNTED = ("execution", "description")
_NAMED_FILES = 3  # files of a source that a difference names
_VALUE_CHARS = 60
_ABSENT = "absent"


@dataclasses.dataclass(frozen=True)
class Difference:
    """One key with its old and new value, or the files of one source."""

    key: str
    told: str


def of_recipes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Keys whose values differ, dotted, in the order of the new recipe.

    Args:
      old, new: `Recipe.to_json()`; the old one may be of another version of winnow.
    """
    left, right = _counted(old), _counted(new)
    found = list(_walk("", left, right))
    orders = [list(recipe.get("documents", {}).get("rules", {})) for recipe in (left, right)]
    if orders[0] != orders[1] and set(orders[0]) == set(orders[1]):
        found.append(Difference("documents.rules", "documents.rules: the same in another order"))
    return found


def of_plans(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Sources whose files were added, removed or changed since, as `Plan.to_json()` has them.

    Sources that only one of them has are left out: `of_recipes` tells them.
    """
    before, after = _files(plain(old)), _files(plain(new))
    found = []
    for source in after:
        was, now = before.get(source), after[source]
        if was is None:
            continue
        changes = {
            "added": [path for path in now if path not in was],
            "removed": [path for path in was if path not in now],
            "changed": [path for path in now if path in was and was[path] != now[path]],
        }
        told = ", ".join(
            f"{how} {some_of(paths, _NAMED_FILES)}" for how, paths in changes.items() if paths
        )
        if told:
            found.append(Difference(f"sources.{source}", f"files of source {source}: {told}"))
    return found


def _counted(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain(recipe).items() if key not in _UNCOUNTED}


def plain(value: Any) -> Any:
    """A value as a file would give it back: tuples are lists."""
    return json.loads(json.dumps(value))


def _walk(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    left, right = _by_name(old), _by_name(new)
    if not isinstance(left, dict) or not isinstance(right, dict):
        yield Difference(path, f"{path}: {_value(old)}, now {_value(new)}")
        return
    found = [
        difference
        for key in dict.fromkeys([*right, *left])
        for difference in _walk(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    ]
    yield from found or [Difference(path, f"{path}: the same in another order")]


def _by_name(value: Any) -> Any:
    """A list of sections with different names, such as sources, as a mapping by name."""
    if isinstance(value, list) and all(isinstance(one, dict) and "name" in one for one in value):
        named = {str(one["name"]): one for one in value}
        if len(named) == len(value):
            return named
    return value


def _value(value: Any) -> str:
    if value is None:
        return _ABSENT
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_CHARS else f"{text[: _VALUE_CHARS - 4]} ..."


def _files(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What tells a file's content, by source and path: fingerprints, and ranges by an index."""
    found: dict[str, dict[str, Any]] = {}
    for fields in plan["units"]:
        for unit in WorkUnit.from_fields(fields).files():
            files = found.setdefault(unit.source, {})
            fingerprints, spans = files.setdefault(unit.path, (set(), []))
            fingerprints.add(unit.fingerprint)
            spans.extend(unit.spans)
    return found
