"""The recipes inside the package, without reading what they say."""

import importlib.resources

import yaml

from pipelines import recipes


def shipped() -> dict[str, str]:
    """The recipes inside the package: name to description."""
    found = {}
    for file in sorted(importlib.resources.files(recipes).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            fields = yaml.safe_load(file.read_text())
            found[file.name.removesuffix(".yaml")] = fields.get("description", "")
    return found


def shipped_text(name: str) -> str:
    """The YAML of a recipe that `shipped` lists."""
    file = importlib.resources.files(recipes) / f"{name}.yaml"
    return file.read_text(encoding="utf-8")
