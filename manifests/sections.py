"""What every section of a recipe is: a frozen record that refuses what it does not know.

The rooms' `settings` build on it; `pipelines.recipe` composes them into a recipe.
"""

import dataclasses
from collections.abc import Iterable
from typing import Annotated, Any, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

T = TypeVar("T")
# YAML and JSON have lists; a recipe that cannot be changed has tuples of them.
ListOf: TypeAlias = Annotated[tuple[T, ...], Strict(False)]
# Ranges; docs/recipes.md prints them.
Positive: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """One section of a recipe.

    The docstring below a field says what its key means: docs/recipes.md and the JSON Schema print
    it. A value must be of the type that is written: nothing is converted but a whole number to a
    float.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, given: Any) -> Any:
        """`tokenizer:` with nothing behind it reads as null: the section with its defaults."""
        return {} if given is None else given

    def changed(self, **changes: Any) -> Self:
        """A copy with other values for some keys, checked as all values are.

        Raises:
          pydantic.ValidationError: a key is unknown, or a value is not allowed.
        """
        return type(self)(**{**dict(self), **changes})

    def to_json(self) -> dict[str, Any]:
        """Plain values, as JSON and YAML write them."""
        return self.model_dump(mode="json")


@dataclasses.dataclass(frozen=True)
class OneOf:
    """Annotates a str that is one of the names that a registry knows."""

    known: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(self.known))


def refusal(faults: Iterable[tuple[tuple[str | int, ...], str]], value: Any) -> ValidationError:
    """An error that a validator raises for several faults inside its value.

    Args:
      faults: the keys that lead to each fault, and what is wrong there.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError("fault", "{what}", {"what": what}), loc=keys, input=value
        )
        for keys, what in faults
    ]
    return ValidationError.from_exception_data("faults", details)
