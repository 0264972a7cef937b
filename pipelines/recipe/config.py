"""YAML with the place of every key, so that a fault can say where it stands.

Knows nothing of recipes: see `pipelines.recipe.recipe`.
"""

import dataclasses
import re
from typing import Any, TypeAlias

import yaml

Keys: TypeAlias = tuple[str | int, ...]

MERGE = "tag:yaml.org,2002:merge"
MOST_VALUES = 100_000  # aliases of aliases can make a small file a large value


class RecipeError(ValueError):
    """The recipe cannot be run as written; the message says where and how to mend it.

    Attributes:
      faults: each in one sentence.
    """

    def __init__(self, *faults: str, name: str = "the recipe") -> None:
        self.faults = faults
        lines = [f"{name} has {len(faults)} faults", *faults] if len(faults) > 1 else faults
        super().__init__("\n  ".join(lines))


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with something that a recipe names.

    Attributes:
      keys: of the value.
      place: where it stands, as `my.yaml line 4`.
      what: a sentence: what is wrong; how to mend it.
    """

    keys: Keys
    place: str
    what: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.place, dotted(self.keys), self.what)))


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
      faults: what was wrong while it was read or changed, each in one sentence.
    """

    name: str
    values: dict[str, Any]
    places: dict[Keys, str]
    faults: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def parse(cls, text: str, name: str) -> "Draft":
        """Reads YAML.

        Raises:
          RecipeError: it is not YAML, or no mapping.
        """
        draft = cls(name, {}, {})
        values = draft.read(text)
        if not isinstance(values, dict):
            raise RecipeError(f"{name} must be a mapping with at least `name` and `sources`")
        draft.values = values
        return draft

    def read(self, text: str) -> Any:
        """A value in YAML, None where there is none; places are those of its keys.

        Keys that stand twice go to `faults`, and the later value counts.

        Raises:
          RecipeError: it is no YAML, or larger or deeper than any recipe is.
        """
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            return self._read(loader, node, ()) if node else None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f" line {mark.line + 1}" if mark else ""
            remedy = "; indent with blanks, not with tabs" if "\\t" in str(error.problem) else ""
            raise RecipeError(f"{self.name}{line} is not YAML: {error.problem}{remedy}") from None
        except yaml.YAMLError as error:
            told = str(error).splitlines()[0]
            raise RecipeError(f"{self.name} is not YAML: {told}") from None
        except RecursionError:
            told = f"{self.name} is nested too deeply, or a value holds itself"
            raise RecipeError(told) from None

    def _read(self, loader: _Loader, node: yaml.Node, keys: Keys) -> Any:
        if len(self.places) > MOST_VALUES:
            raise RecipeError(f"{self.name} has more than {MOST_VALUES:,} values; no recipe has")
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(loader, node, keys)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.places[(*keys, index)] = self._line(item)
                items.append(self._read(loader, item, (*keys, index)))
            return items
        try:
            return loader.construct_object(node)
        except ValueError:
            kind = node.tag.rpartition(":")[2]
            raise RecipeError(f"{self._line(node)}: {node.value[:40]!r} is no {kind}") from None

    def _read_mapping(self, loader: _Loader, node: yaml.MappingNode, keys: Keys) -> Any:
        own = {id(key) for key, _ in node.value if key.tag != MERGE}
        if len(own) < len(node.value):
            loader.flatten_mapping(node)  # what `<<` merges comes first, own keys count after it
        values: dict[str, Any] = {}
        seen = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise RecipeError(f"{self._line(key_node)}: a key must be a text")
            key = str(key_node.value)
            if id(key_node) in own:
                if key in seen:
                    self.faults.append(f"{self._line(key_node)}: key {key!r} stands twice")
                seen.add(key)
            self.places[(*keys, key)] = self._line(key_node)
            values[key] = self._read(loader, value_node, (*keys, key))
        return values

    def _line(self, node: yaml.Node) -> str:
        return f"{self.name} line {node.start_mark.line + 1}"

    def place(self, keys: Keys) -> str:
        """Where a value stands, or else the innermost section around it that is written."""
        if keys not in self.places:
            for at, place in self.places.items():
                if at[: len(keys)] == keys and keys:
                    return place  # a change that made this section, too
        written = self.written(keys)
        return self.places[written] if written else self.name

    def written(self, keys: Keys) -> Keys:
        """The keys of a value, or of the innermost section around it that is written."""
        while keys and keys not in self.places:
            keys = keys[:-1]
        return keys

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


def number_meant(text: Any) -> str:
    """The end of a sentence about a text in the place of a number, such as `65%` or `0,65`."""
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*(%?)\s*", str(text))
    if not isinstance(text, str) or not found:
        return ""
    value = float(found[1].replace(",", ".")) / (100 if found[2] else 1)
    return f"; did you mean {value:g}?"
