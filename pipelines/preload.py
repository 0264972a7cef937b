"""Imports, loads and compiles once, before workers are forked, what every worker needs."""

import signal
import sys
from typing import Any

import numpy as np
import pyarrow as pa

from dedup import bands, clusters, minhash, verification
from dedup.presets import MinHashConfig
from dedup.settings import Duplicates, MinHash
from filters.documents import DocumentSteps
from filters.rules import registry
from filters.settings import Documents, PersonalData
from filters.text.word_kinds import UNICODE
from filters.text.words import TextView
from filters.urls import url_filter
from manifests import schemas
from pipelines.recipe.recipe import Recipe
from pipelines.stages import documents
from tokenizer_train import bpe

_NOTICE_AFTER_SECONDS = 4


def preload() -> None:
    """Runs every numba kernel once, on a tiny batch.

    On the first use after installation numba compiles, which takes about a minute. Afterwards it
    reads its disk cache, which takes a second. If it takes long, a line on stderr says why.
    """
    previous = signal.signal(signal.SIGALRM, _notice)
    signal.alarm(_NOTICE_AFTER_SECONDS)
    try:
        _load_parsers()
        _run_kernels()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _notice(*_: object) -> None:
    print("compiling kernels (once after installation) ...", file=sys.stderr, flush=True)


def _load_parsers() -> None:
    """What readers import with the first file that needs it."""
    import lxml.etree  # noqa: F401 (loaded for those that fork from here, not used here)

    from filters.extract import wiki_html  # noqa: F401 (the same)


def _run_kernels() -> None:
    # Rules that need files have no kernels.
    ready = [name for name, rule in registry.RULES.items() if not rule.required]
    recipe = Recipe(
        name="preload",
        documents=Documents(
            rules={name: registry.published(name) for name in ready}, pii=PersonalData()
        ),
        duplicates=Duplicates(near=MinHash()),
    )
    steps = DocumentSteps(recipe.documents, recipe.seed)
    contents = {
        schemas.HTML: b"<html><body><p>A page with one line of text.</p></body></html>",
        schemas.HTML_FRAGMENT: b"<p>Le chat est dans la maison et il dort sous la table.</p>",
        schemas.PLAIN: "one two three four five six, sieben: acht 九十。\nme@example.org".encode(),
        schemas.WIKITEXT: b"'''A''' is a [[letter|sign]] {{of|the}} alphabet.",
    }
    rows = [_record(media_type, content) for media_type, content in contents.items()]
    records = pa.RecordBatch.from_pylist(rows, schema=schemas.RECORDS)
    result = steps.apply(records, "preload", "preload")
    documents.sign(result.kept, MinHashConfig())
    TextView(pa.array(["one two"], pa.large_string())).words(UNICODE)
    members = pa.table([np.zeros(2, np.uint64)] * 3, schema=bands.BAND_MEMBERS)
    clusters.compact(clusters.bucket_edges(members))
    shingles = minhash.shingles(result.kept["text"], MinHashConfig())
    verification.jaccard(shingles, np.empty(0, np.int64), shingles, np.empty(0, np.int64))
    verification.choose_survivors(np.ones((1, 4), np.uint64), np.ones(1, np.float32))
    url_filter.hash_lines(np.frombuffer(b"a.example", np.uint8))
    bpe.train({"low": 5, "lower": 2}, 260, [])


def _record(media_type: str, content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(schemas.RECORDS.names)
    return values | {
        "native_id": media_type,
        "media_type": media_type,
        "content": content,
        "input_bytes": len(content),
    }
