"""Reads whole files with a source kind, for the tests of the readers."""

import collections
from pathlib import Path
from typing import Any

from manifests import schemas
from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit

LIMIT = 1 << 20
Row = dict[str, Any]


def rows(
    kind: str,
    path: Path,
    *,
    batch_docs: int = 1000,
    limit: int = LIMIT,
    span: tuple[int, int] = (0, -1),
    **options: Any,
) -> list[Row]:
    """All rows of a file, after checking what every reader promises of its batches."""
    assert isinstance(path, Path), f"give the path of one file, not {path!r}"
    unit = WorkUnit(0, "test", kind, str(path), *span, options=tuple(sorted(options.items())))
    found: list[Row] = []
    with open_unit(unit) as file:
        for batch in KINDS[kind].read(unit, file, batch_docs, limit):
            assert batch.schema == schemas.RECORDS
            assert 0 < batch.num_rows <= batch_docs
            batch.validate(full=True)
            found += batch.to_pylist()
    for row in found:
        outcomes = [row["content"], row["skip_reason"], row["error"]]
        assert sum(value is not None for value in outcomes) == 1, row["native_id"]
        kind = row["error"] and schemas.error_kind(row["error"])
        assert row["error_kind"] == kind
    return found


def documents(found: list[Row]) -> list[Row]:
    return [row for row in found if row["content"] is not None]


def errors(found: list[Row]) -> list[str]:
    return [row["error"] for row in found if row["error"] is not None]


def outcomes(found: list[Row]) -> dict[str, int]:
    """How many rows are documents, errors, or skipped for each reason."""
    return dict(
        collections.Counter(
            "document" if r["content"] is not None else r["skip_reason"] or "error" for r in found
        )
    )
