"""docs/sources.md: each example is a list of sources that a recipe takes; no kind is missing."""

import re
from pathlib import Path

import yaml

from pipelines.recipe import Recipe, load
from pipelines.sources import KINDS

DOCS = Path(__file__).parents[1] / "docs" / "sources.md"


def example(block: str, folder: Path) -> Recipe:
    path = folder / "example.yaml"
    path.write_text(yaml.safe_dump({"name": "example", "sources": yaml.safe_load(block)}))
    return load(str(path))


def test_examples_load_and_show_every_kind(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.S)
    sources = [source for block in blocks for source in example(block, tmp_path).sources]
    assert {source.kind for source in sources} == set(KINDS)


def test_every_option_of_a_kind_is_explained() -> None:
    text = DOCS.read_text()
    options = {option for kind in KINDS.values() for option in kind.options}
    assert {option for option in options if not re.search(rf"\b{option}\b", text)} == set()
