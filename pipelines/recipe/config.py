"""YAML into frozen dataclasses, with errors that name file, line and the nearest known key.

A key that no field answers to is an error. Knows nothing of recipes: see `pipelines.recipe.recipe`.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import yaml


class RecipeError(ValueError):
    """The recipe cannot be run as written; the message says where and how to mend it."""


class Place(typing.NamedTuple):
    """Where in a recipe something stands, for messages."""

    name: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.name} line {self.line}" if self.line else self.name

    def at(self, tree: "Tree", key: str) -> "Place":
        return Place(self.name, tree.lines.get(key) or self.line)


class Tree(dict[str, Any]):
    """A YAML mapping that knows the line of each key."""

    def __init__(self, items: Mapping[str, Any], lines: Mapping[str, int | None]) -> None:
        super().__init__(items)
        self.lines = dict(lines)


def parse(text: str, where: Place) -> Tree:
    """Reads YAML and keeps the lines of keys.

    Raises:
      RecipeError: it is no YAML, no mapping, or a key stands twice.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        tree = _from_node(node, where) if node else None
    except yaml.YAMLError as error:
        raise RecipeError(f"{where} is not YAML: {error}") from None
    if not isinstance(tree, Tree):
        raise RecipeError(f"{where} must be a mapping with at least `name` and `sources`")
    return tree


def _from_node(node: yaml.Node, where: Place) -> Any:
    if isinstance(node, yaml.MappingNode):
        items: dict[str, Any] = {}
        lines: dict[str, int | None] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in items:
                raise RecipeError(f"{where} line {line}: key {key!r} stands twice")
            items[key], lines[key] = _from_node(value_node, where), line
        return Tree(items, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_from_node(item, where) for item in node.value]
    return yaml.safe_load(yaml.serialize(node))


def locate(value: Any) -> Any:
    """Plain values in the parser's shape, without lines."""
    if isinstance(value, Mapping):
        return Tree({k: locate(v) for k, v in value.items()}, {k: None for k in value})
    if isinstance(value, list | tuple):
        return [locate(item) for item in value]
    return value


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word; empty when nothing is near."""
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def build(kind: Any, tree: Any, where: Place, path: str) -> Any:
    """Converts a parsed value to the annotated type `kind`.

    Raises:
      RecipeError: it is of another type, or a key is unknown or missing.
    """
    at = path or "the recipe"
    origin = typing.get_origin(kind)
    if isinstance(kind, types.UnionType) or origin is typing.Union:
        options = [t for t in typing.get_args(kind) if t is not type(None)]
        return None if tree is None else build(options[0], tree, where, path)
    if dataclasses.is_dataclass(kind):
        # `tokenizer:` with nothing behind it reads as null: the section with its defaults.
        tree = Tree({}, {}) if tree is None else tree
        if not isinstance(tree, Tree):
            raise RecipeError(f"{where}: {at} must be a mapping, not {tree!r}")
        return _build_dataclass(kind, tree, where, path)
    if origin is Literal:
        allowed = typing.get_args(kind)
        if tree not in allowed:
            raise RecipeError(
                f"{where}: {at} is {tree!r}{suggest(str(tree), allowed)}; "
                f"known are {', '.join(allowed)}"
            )
        return tree
    if origin is tuple:
        if not isinstance(tree, list):
            raise RecipeError(f"{where}: {at} must be a list, not {tree!r}")
        element = typing.get_args(kind)[0]
        return tuple(build(element, v, where, f"{path}[{i}]") for i, v in enumerate(tree))
    if origin is not None:  # Mapping[str, Any], or of sections by name
        if not isinstance(tree, Tree):
            raise RecipeError(f"{where}: {at} must be a mapping, not {tree!r}")
        element = typing.get_args(kind)[1]
        if dataclasses.is_dataclass(element):
            return {
                key: build(element, value, where.at(tree, key), f"{path}.{key}")
                for key, value in tree.items()
            }
        return plain(tree)
    if kind is float and type(tree) is int:
        return float(tree)
    if type(tree) is not kind:
        raise RecipeError(f"{where}: {at} must be a {kind.__name__}, not {tree!r}")
    return tree


def _build_dataclass(kind: Any, tree: Tree, where: Place, path: str) -> Any:
    types_ = typing.get_type_hints(kind)
    values = {}
    for key, value in tree.items():
        full = f"{path}.{key}" if path else key
        place = where.at(tree, key)
        if key not in types_:
            raise RecipeError(f"{place}: unknown key {full!r}{suggest(key, types_)}")
        values[key] = build(types_[key], value, place, full)
    missing = [
        f.name
        for f in dataclasses.fields(kind)
        if f.name not in values
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise RecipeError(f"{where}: {path or 'the recipe'} lacks {', '.join(missing)}")
    return kind(**values)


def plain(value: Any) -> Any:
    """Dataclasses and trees as dicts, tuples as lists: what JSON and YAML can write."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
