"""The JSON Schema of recipes: for editors, for messages about faults, for docs/recipes.md."""

import functools
from collections.abc import Mapping
from typing import Any

from filters.language.tables import TABLES, language_table
from filters.rules import registry
from filters.rules.thresholds import WORDS, Rule
from pipelines.recipe.config import Keys
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@functools.cache
def json_schema() -> dict[str, Any]:
    """The schema of a recipe as it is written: with names of packs and `published` in it."""
    schema = Recipe.model_json_schema()
    sections = schema["$defs"]
    rules = sections["Documents"]["properties"]["rules"]
    sections["Documents"]["properties"]["rules"] = {
        "title": rules["title"],
        "description": rules["description"],
        "default": {},
        "anyOf": [{"enum": list(registry.PACKS)}, {"$ref": "#/$defs/Rules"}],
    }
    sections["Rules"] = _rules()
    sections["Source"]["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind.name}}},
            "then": {
                "properties": {
                    "options": {"propertyNames": {"enum": sorted(kind.options)}},
                }
            },
        }
        for kind in KINDS.values()
    ]
    return {"$schema": DIALECT, "title": "winnow recipe", **_empty_sections_allowed(schema)}


def _empty_sections_allowed(schema: dict[str, Any]) -> dict[str, Any]:
    """`tokenizer:` with nothing behind it is the section with its defaults."""
    for section in (schema, *schema["$defs"].values()):
        for key, value in section["properties"].items():
            if "$ref" in value:
                reference = {"$ref": value.pop("$ref")}
                section["properties"][key] = {**value, "anyOf": [reference, {"type": "null"}]}
    return schema


def _rules() -> dict[str, Any]:
    rules = {name: _rule(rule) for name, rule in registry.RULES.items()}
    rules[registry.DATATROVE] = {
        "type": "array",
        "items": {"type": "object"},
        "description": "datatrove's own filters and formatters, which run as they are.",
    }
    return {
        "type": "object",
        "title": "Rules",
        "description": "Thresholds by rule; docs/rules.md explains each.",
        "properties": rules,
        "additionalProperties": False,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for threshold in rule.thresholds:
        number = {"type": "number", "minimum": 0}
        if threshold.key.endswith("_ratio"):
            number["maximum"] = 1
        limit: dict[str, Any] = number
        if threshold.key in rule.document_thresholds:
            by_language = {"type": "object", "additionalProperties": number}
            tables = [t for t in TABLES if threshold.key in language_table(t).thresholds]
            limit = {"anyOf": [number, by_language, *([{"enum": tables}] if tables else [])]}
        keys[threshold.key] = limit | {
            "description": f"As published: {threshold.published:g}. Reason: {threshold.reason}."
        }
    keys |= {option: {} for option in rule.options}
    if rule.word_kinds:
        keys[WORDS] = {"enum": list(rule.word_kinds)}
    limits: dict[str, Any] = {
        "type": "object",
        "properties": keys,
        "required": list(rule.required),
        "additionalProperties": False,
    }
    return {"anyOf": [{"const": "published"}, limits], "description": f"Source: {rule.source}."}


def schema_at(keys: Keys) -> Mapping[str, Any]:
    """The schema of the value that these keys lead to; empty where anything may stand."""
    found = _whole(json_schema())
    for key in keys:
        if isinstance(key, int):
            found = found.get("items", {})
        else:
            found = found.get("properties", {}).get(key, found.get("additionalProperties", {}))
        found = _whole(found if isinstance(found, Mapping) else {})
    return found


def _whole(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """References followed; of alternatives the one that has most to say."""
    if "$ref" in schema:
        return _whole(json_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return max(map(_whole, schema["anyOf"]), key=_says)
    return schema


def _says(schema: Mapping[str, Any]) -> int:
    return 2 if "properties" in schema else 1 if schema.get("type") not in (None, "null") else 0


def range_of(schema: Mapping[str, Any]) -> str:
    """The numbers that are allowed, in words; empty where all are."""
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"from {least:,} to {most:,}"
    if least is not None and below is not None and schema.get("type") == "integer":
        return f"from {least:,} to {below - 1:,}"
    if least is not None and below is not None:
        return f"{least:g} or more, and below {below:g}"
    if above is not None and below is not None:
        return f"between {above:g} and {below:g}"
    if above is not None and most is not None:
        return f"above {above:g} and up to {most:g}"
    return f"{least:g} or more" if least is not None else ""
