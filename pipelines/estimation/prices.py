"""Prices of what a run uses, read from a file by path."""

import os
from typing import Annotated, Any

from pydantic import Field, ValidationError

from manifests.sections import Section
from pipelines.recipe.config import Draft

Price = Annotated[float, Field(ge=0, le=1e9)]


class Prices(Section):
    """A table of prices; what it does not name costs nothing.

    YAML or JSON, for example `{currency: USD, core_hour: 0.04, stored_gb_month: 0.023}`.
    """

    currency: Annotated[str, Field(min_length=1, max_length=12)] = "USD"
    """What is printed behind amounts."""

    core_hour: Price = 0.0
    """One core for one hour."""

    gib_hour: Price = 0.0
    """One GiB of memory for one hour; each core has a worker with its peak memory."""

    read_gb: Price = 0.0
    """10^9 stored bytes of the sources that are read."""

    shuffle_gb: Price = 0.0
    """10^9 bytes that go through shuffles."""

    stored_gb_month: Price = 0.0
    """10^9 bytes of the run's folder for one month."""

    months: Annotated[float, Field(ge=0, le=1200)] = 1.0
    """How long the run's folder is kept."""


def read(path: str) -> Prices:
    """The table of a file.

    Raises:
      ValueError: it cannot be read, or is no such table; the message says what is wrong.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ValueError(f"--prices {path} cannot be read: {why}") from None
    except UnicodeDecodeError:
        raise ValueError(f"--prices {path} is no text in UTF-8") from None
    draft = Draft(f"--prices {path}", {}, {})
    found = draft.read(text)
    known = ", ".join(Prices.model_fields)
    if not isinstance(found, dict):
        raise ValueError(f"--prices {path} is no table of names and numbers; known are {known}")
    if draft.faults:
        raise ValueError(draft.faults[0])
    try:
        return Prices.model_validate({key: _number(key, value) for key, value in found.items()})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ValueError(f"--prices {path}: {name}: {first['msg']}; known are {known}") from None


def _number(key: str, value: Any) -> Any:
    """A price as float: YAML takes `4e-2`, which is a number in JSON, for a text."""
    if key == "currency" or type(value) not in (int, str):
        return value
    try:
        return float(value)
    except (ValueError, OverflowError):
        return value
