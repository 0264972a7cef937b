"""Excerpts of documents for `winnow report`: a few of each outcome, with personal data masked.

As in `winnow sample`, adult text is not shown, nor its address and title.
"""

import heapq
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.pii import KINDS, redact
from manifests import manifest
from manifests.statistics import KEPT
from manifests.store import Store
from pipelines.commands.sample import is_adult, starred

MOST = 200  # excerpts of a report
_BATCH_ROWS = 1 << 14
_READ_CHARS = 2_000  # what is looked at for personal data
_SHOWN_CHARS = 400
_IDENTITY = ("doc_id", "source", "language", "url", "title")
_NOT_SHOWN = "(adult text, not shown)"

Row = dict[str, Any]


def excerpts_of(store: Store, each: int) -> dict[str, list[Row]]:
    """By outcome, the documents whose ids, which are hashes, are smallest.

    Outcomes are `kept` and the first reasons, in stage `documents`. Where a run kept no text of
    dropped documents there is none to show.
    """
    chosen: dict[str, list[tuple[bytes, str, int]]] = {}
    for folder in ("documents", "dropped"):
        for path in manifest.parts(store, folder):
            if "text" not in store.read_schema(path).names:
                continue
            start = 0
            own = ["reason"] if folder == "dropped" else []
            for batch in store.read_batches(path, _BATCH_ROWS, ["doc_id", "text_bytes", *own]):
                outcomes = batch["reason"] if own else pa.array([KEPT] * batch.num_rows)
                for outcome, places in _smallest(batch, outcomes, each):
                    own_ones = [(batch["doc_id"][at].as_py(), path, start + at) for at in places]
                    chosen[outcome] = heapq.nsmallest(each, chosen.get(outcome, []) + own_ones)
                start += batch.num_rows
    order = sorted(chosen, key=lambda outcome: (outcome != KEPT, outcome))
    wanted = [(outcome, *place) for outcome in order for place in chosen[outcome]][:MOST]
    rows = [_read(store, path, row) for _, _, path, row in wanted]
    for name, limit in (("text", _SHOWN_CHARS), ("url", _READ_CHARS), ("title", _READ_CHARS)):
        for row, value in zip(rows, _masked(rows, name), strict=True):
            row[name] = value if len(value) <= limit else f"{value[:limit]}…"
    found: dict[str, list[Row]] = {}
    for (outcome, *_), row in zip(wanted, rows, strict=True):
        found.setdefault(outcome, []).append(row)
    return found


def _smallest(
    batch: pa.RecordBatch, outcomes: pa.Array, each: int
) -> Iterable[tuple[str, list[int]]]:
    """For each outcome, the rows with text that have the smallest ids."""
    has_text = np.flatnonzero(pc.greater(pc.fill_null(batch["text_bytes"], 0), 0).to_numpy(False))
    order = pc.sort_indices(batch["doc_id"].cast(pa.binary()).take(pa.array(has_text)))
    rows = has_text[order.to_numpy()]
    found: dict[str, list[int]] = {}
    for row, outcome in zip(rows.tolist(), outcomes.take(pa.array(rows)).to_pylist(), strict=True):
        if len(held := found.setdefault(outcome, [])) < each:
            held.append(row)
    return found.items()


def _read(store: Store, path: str, row: int) -> Row:
    reasons = ["reasons"] if path.startswith("dropped/") else []
    table = store.read_rows(path, np.array([row]), [*_IDENTITY, "text", *reasons])
    values: Row = table.slice(0, 1).to_pylist()[0]
    if is_adult(values.pop("reasons", ()), values["text"] or ""):
        values |= {"text": _NOT_SHOWN, "url": None, "title": None}
    return {
        **values,
        "doc_id": values["doc_id"].hex(),
        "text": (values["text"] or "")[:_READ_CHARS],
    }


def _masked(rows: list[Row], name: str) -> list[str]:
    """A column with all kinds of personal data replaced by tags, and adult words by stars."""
    texts = pa.array([row[name] or "" for row in rows], pa.large_string())
    languages = pa.array([row["language"] for row in rows], pa.string())
    masked, _ = redact(texts, tuple(KINDS), languages=languages)
    return [starred(text) for text in masked.to_pylist()]
