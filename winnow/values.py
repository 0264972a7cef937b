"""Values of a recipe that callers have as numpy's numbers, arrays or paths."""

import os
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """A value as YAML knows it: numpy's scalars and arrays as Python's, paths as text."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(below) for key, below in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(below) for below in value]
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return value.tolist()
    return str(value) if isinstance(value, str) else value
