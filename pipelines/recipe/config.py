"""YAML with the place of every key, so that a fault can say where it stands.

Knows nothing of recipes: see `pipelines.recipe.recipe`.
"""

import dataclasses
import difflib
from collections.abc import Iterable
from typing import Any, TypeAlias

import yaml

Keys: TypeAlias = tuple[str | int, ...]


class RecipeError(ValueError):
    """The recipe cannot be run as written; the message says where and how to mend it.

    Attributes:
      faults: each in one sentence.
    """

    def __init__(self, *faults: str, name: str = "the recipe") -> None:
        self.faults = faults
        lines = [f"{name} has {len(faults)} faults", *faults] if len(faults) > 1 else faults
        super().__init__("\n  ".join(lines))


class _Loader(yaml.SafeLoader):
    """Leaves dates as they are written: a recipe's options are texts and numbers."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclasses.dataclass
class Draft:
    """A recipe as it was written, before it is checked.

    Attributes:
      name: of the file, for messages.
      values: what YAML makes of it; keys are always texts, `no` too.
      places: where values stand, by the keys that lead to them: `my.yaml line 4`.
    """

    name: str
    values: dict[str, Any]
    places: dict[Keys, str]

    @classmethod
    def parse(cls, text: str, name: str) -> "Draft":
        """Reads YAML.

        Raises:
          RecipeError: it is no YAML, no mapping, or a key stands twice.
        """
        draft = cls(name, {}, {})
        values = draft.read(text)
        if not isinstance(values, dict):
            raise RecipeError(f"{name} must be a mapping with at least `name` and `sources`")
        draft.values = values
        return draft

    def read(self, text: str) -> Any:
        """A value in YAML, None where there is none; places are those of its keys.

        Raises:
          RecipeError: it is no YAML, a key stands twice, or a value holds itself.
        """
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            return self._read(loader, node, ()) if node else None
        except yaml.YAMLError as error:
            raise RecipeError(f"{self.name} is not YAML: {error}") from None
        except RecursionError:
            raise RecipeError(
                f"{self.name} is nested too deeply, or a value holds itself"
            ) from None
        finally:
            loader.dispose()

    def _read(self, loader: _Loader, node: yaml.Node, keys: Keys) -> Any:
        if isinstance(node, yaml.MappingNode):
            values: dict[str, Any] = {}
            for key_node, value_node in node.value:
                line = key_node.start_mark.line + 1
                if not isinstance(key_node, yaml.ScalarNode):
                    raise RecipeError(f"{self.name} line {line}: a key must be a text")
                key = str(key_node.value)
                if key in values:
                    raise RecipeError(f"{self.name} line {line}: key {key!r} stands twice")
                self.places[(*keys, key)] = f"{self.name} line {line}"
                values[key] = self._read(loader, value_node, (*keys, key))
            return values
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.places[(*keys, index)] = f"{self.name} line {item.start_mark.line + 1}"
                items.append(self._read(loader, item, (*keys, index)))
            return items
        return loader.construct_object(node)

    def place(self, keys: Keys) -> str:
        """Where a value stands, or else the innermost section around it that is written."""
        while keys and keys not in self.places:
            keys = keys[:-1]
        return self.places[keys] if keys else self.name

    def put(self, keys: tuple[str, ...], value: Any, place: str) -> None:
        """Writes a value, and the mappings that lead to it where they are missing."""
        values = self.values
        for key in keys[:-1]:
            if not isinstance(values.get(key), dict):
                values[key] = {}
            values = values[key]
        values[keys[-1]] = value
        self.forget(keys)
        self.places[keys] = place

    def get(self, keys: tuple[str, ...]) -> Any:
        """A value, or None."""
        value: Any = self.values
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def remove(self, keys: tuple[str, ...]) -> None:
        """Takes a value out, if it is there."""
        parent = self.get(keys[:-1])
        if isinstance(parent, dict):
            parent.pop(keys[-1], None)
        self.forget(keys)

    def forget(self, keys: Keys) -> None:
        """Drops the places of a value and of all inside it."""
        self.places = {at: p for at, p in self.places.items() if at[: len(keys)] != keys}


def dotted(keys: Keys) -> str:
    """`sources[0].path` of ("sources", 0, "path")."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word; empty when nothing is near."""
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
