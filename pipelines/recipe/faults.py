"""What is wrong with a recipe, in sentences that say where and how to mend it."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from manifests.suggestions import suggest
from pipelines.recipe.config import Draft, Keys, RecipeError, dotted, number_meant
from pipelines.recipe.schema import range_of, schema_at

_WANTED = {
    "string_type": "a str",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
}
_NUMBERS = {"int_type", "float_type"}
_OUT_OF_RANGE = {"greater_than_equal", "greater_than", "less_than_equal", "less_than"}


def sentences(draft: Draft, error: ValidationError) -> dict[Keys, list[str]]:
    """What is wrong with a recipe, each fault in a sentence, in the order of the recipe's lines."""
    order = {keys: position for position, keys in enumerate(draft.places)}
    # pydantic ends the keys of a fault in a key, and not in its value, with "[key]".
    found = [
        (tuple(key for key in fault["loc"] if key != "[key]"), fault)
        for fault in map(_of_switch, error.errors(include_url=False))
        if fault is not None
    ]
    found.sort(key=lambda pair: order.get(draft.written(pair[0]), -1))
    told: dict[Keys, list[str]] = {}
    for keys, fault in found:
        # Of a value of several types pydantic tells a fault for each; those of ours are all told.
        if keys not in told or fault["type"] == "fault":
            told.setdefault(keys, []).append(f"{draft.place(keys)}: {_sentence(keys, fault)}")
    return told


def refused(draft: Draft, error: ValidationError) -> RecipeError:
    """The error that tells all of them."""
    return RecipeError(*itertools.chain(*sentences(draft, error).values()), name=draft.name)


def _of_switch(fault: ErrorDetails) -> ErrorDetails | None:
    """The fault of a value that is true, false or a name: pydantic tells one for each type.

    Its keys end in the type; that of the names stays, and says that true and false are known, too.
    """
    *keys, kind = fault["loc"]
    if kind == "bool" and fault["type"] in ("bool_type", "bool_parsing"):
        return None
    if str(kind).startswith("literal["):
        expected = "'true', 'false', " + fault["ctx"]["expected"]
        return {**fault, "loc": tuple(keys), "ctx": {"expected": expected}}
    return fault


def _sentence(keys: Keys, fault: Mapping[str, Any]) -> str:
    kind, value, path = fault["type"], fault["input"], dotted(keys) or "the recipe"
    context = fault.get("ctx", {})
    if kind == "missing":
        return f"{dotted(keys[:-1]) or 'the recipe'} lacks {keys[-1]}"
    if kind == "extra_forbidden":
        known = schema_at(keys[:-1]).get("properties", ())
        return f"unknown key {path!r}{suggest(str(keys[-1]), known)}"
    if kind == "literal_error":
        known = re.findall("'([^']*)'", context["expected"])
        return f"{path} is {value!r}, known are {', '.join(known)}{suggest(str(value), known)}"
    if kind in _WANTED:
        hint = number_meant(value) if kind in _NUMBERS else _truth_value(kind, value)
        return f"{path} must be {_WANTED[kind]}, not {_shown(value)}{hint}"
    if kind in _OUT_OF_RANGE:
        limits = schema_at(keys)
        share = limits.get("maximum", limits.get("exclusiveMaximum")) == 1
        percent = f"; did you mean {value / 100:g}?" if share and 2 <= value <= 100 else ""
        return f"{path} is {value}, but must be {range_of(limits)}{percent}"
    if kind == "string_too_short":
        return f"{path} must not be empty"
    if kind == "fault":
        return str(context["what"])
    if kind == "value_error":
        return f"{path}: {context['error']}"
    return f"{path}: {fault['msg']}"


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _truth_value(kind: str, value: Any) -> str:
    """The Norwegian problem: YAML 1.1 reads `no` as false."""
    if kind == "string_type" and isinstance(value, bool):
        return "; YAML reads no, off, yes and on as truth values: put quotes around the text"
    return ""
