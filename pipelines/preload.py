"""Imports, loads and compiles once, before workers are forked, what every worker needs."""

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from filters.documents import DocumentSteps
from manifests import schemas
from pipelines import kernels
from pipelines.recipe.recipe import Recipe
from pipelines.stages import documents
from pipelines.stages.settings import minhash_config

_CONTENTS = {
    schemas.HTML: b"<html><body><p>A page with one line of text.</p></body></html>",
    schemas.HTML_FRAGMENT: b"<p>Le chat est dans la maison et il dort sous la table.</p>",
    schemas.PLAIN: "one two three four five six, sieben: acht 九十。\nme@example.org".encode(),
    schemas.WIKITEXT: b"'''A''' is a [[letter|sign]] {{of|the}} alphabet.",
}


def preload(recipe: Recipe, stages: Collection[str]) -> None:
    """Loads what these stages of a recipe need, and runs their kernels once, on tiny input.

    numba reads kernels from its cache, which takes a second, and compiles those that it lacks.
    """
    if "documents" in stages:
        _load_parsers()
        _make_documents(recipe)
    if "duplicates" in stages:
        kernels.duplicates()
    if "repetition" in stages:
        kernels.repetition()
    if "tokenizer" in stages:
        kernels.merges()


def _load_parsers() -> None:
    """What readers import with the first file that needs it."""
    import lxml.etree  # noqa: F401 (loaded for those that fork from here, not used here)

    from filters.extract import wiki_html  # noqa: F401 (the same)


def _make_documents(recipe: Recipe) -> None:
    steps = DocumentSteps(recipe.documents, recipe.seed)
    rows = [_record(media_type, content) for media_type, content in _CONTENTS.items()]
    records = pa.RecordBatch.from_pylist(rows, schema=schemas.RECORDS)
    result = steps.apply(records, "preload", "preload")
    documents.sign(result.kept, minhash_config(recipe))


def _record(media_type: str, content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(schemas.RECORDS.names)
    return values | {
        "native_id": media_type,
        "media_type": media_type,
        "content": content,
        "input_bytes": len(content),
    }
