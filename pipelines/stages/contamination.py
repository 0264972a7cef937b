"""Decontamination of a unit's survivors: the evidence, and what is dropped or masked."""

import dataclasses
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import cuts, places
from manifests import schemas
from manifests.statistics import StageReport
from pipelines.recipe.recipe import Recipe
from pipelines.sources import benchmark_files
from pipelines.stages.context import StageContext
from pipelines.stages.pairs import texts_of

if TYPE_CHECKING:
    from dedup.decontamination import BenchmarkIndex, Findings
    from dedup.overlap import OverlapIndex

    Index: TypeAlias = BenchmarkIndex | OverlapIndex


def benchmark_index(recipe: Recipe) -> "Index | None":
    """The index of the recipe's benchmarks, or None if it names none."""
    unwanted = recipe.duplicates.decontaminate
    return benchmark_files.index_for(unwanted) if unwanted else None


def has_candidates(recipe: Recipe) -> bool:
    """Whether survivors are scanned for what is common before they are searched."""
    unwanted = recipe.duplicates.decontaminate
    return bool(unwanted and unwanted.rule == "overlap")


def count_items(_: int, context: StageContext) -> StageReport:
    """Counts the items of each benchmark, and those that are too short to be found."""
    report = StageReport()
    index = benchmark_index(context.recipe)
    assert index
    for item, ngrams in zip(index.items, index.item_ngrams.tolist(), strict=True):
        report.add_count(f"benchmark_items.{item.benchmark}", 1)
        report.add_count(f"benchmark_items_too_short.{item.benchmark}", int(not ngrams))
    return report


@dataclasses.dataclass(frozen=True)
class Contamination:
    """The findings in a unit. All tables and arrays are in the order of rows.

    Attributes:
      evidence: what of which item is in which document (`schemas.CONTAMINATION`).
      dropped: the documents to remove (`schemas.DUPLICATES`).
      masked: the ranges to cut from documents that stay (`schemas.CUTS`).
      masked_rows, masked_bytes: the rows of these documents, and the bytes of text left in each.
    """

    evidence: pa.Table
    dropped: pa.Table
    masked: pa.Table
    masked_rows: npt.NDArray[np.int64]
    masked_bytes: npt.NDArray[np.int64]


def search(
    context: StageContext,
    unit: int,
    part: pa.Table,
    rows: npt.NDArray[np.int64],
    index: "Index",
) -> Contamination:
    """Looks for all benchmark items in some documents of a unit.

    Args:
      part: the unit's signatures.
      rows: rows of the documents to search, ascending.
    """
    unwanted = context.recipe.duplicates.decontaminate
    assert unwanted
    evidence, masked = [schemas.CONTAMINATION.empty_table()], [schemas.CUTS.empty_table()]
    kept_rows, kept_bytes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for some, text in texts_of(context, unit, rows):
        found = index.find(text)
        if not len(found.document):
            continue
        evidence.append(_evidence(part, some[found.document], found, index))
        if unwanted.action == "mask":
            hit = np.unique(found.document[found.kind == schemas.FOUND.index(schemas.ITEM)])
            texts = text.take(pa.array(hit))
            spans = index.spans(texts)
            left = places.has_words(cuts.apply(texts, spans))
            size = pc.binary_length(cuts.apply(texts, spans, unwanted.replacement))
            kept_rows.append(some[hit[left]])
            kept_bytes.append(size.to_numpy()[left])
            some_left = left[spans.document]
            row = some[hit[spans.document[some_left]]]
            masked.append(
                table(
                    {
                        "row": row,
                        "doc_id": part["doc_id"].take(pa.array(row)),
                        "start": spans.start[some_left],
                        "end": spans.end[some_left],
                        "reason": [_MASKED_REASON] * len(row),
                    },
                    schemas.CUTS,
                )
            )
    every = pa.concat_tables(evidence)
    masked_rows = np.concatenate(kept_rows)
    holds = every.filter(pc.equal(every["found"], schemas.ITEM))
    stays = np.isin(holds["row"].to_numpy(), masked_rows)
    return Contamination(
        every,
        contaminated_rows(part, holds.filter(pa.array(~stays))),
        pa.concat_tables(masked),
        masked_rows,
        np.concatenate(kept_bytes),
    )


_MASKED_REASON = schemas.CONTAMINATED.rstrip(".")


def _evidence(
    part: pa.Table,
    row: npt.NDArray[np.int64],
    found: "Findings",
    index: "Index",
) -> pa.Table:
    items = [index.items[i] for i in found.item.tolist()]
    own = part.take(pa.array(row))
    columns = {
        "row": row,
        **{name: own[name] for name in ("doc_id", "source", "language")},
        "benchmark": [item.benchmark for item in items],
        "item": [item.name for item in items],
        "found": [schemas.FOUND[kind] for kind in found.kind.tolist()],
        "ngrams": found.ngrams,
        "item_ngrams": found.item_ngrams,
        "overlap": pa.array(found.overlap, from_pandas=True),  # NaN becomes null
    }
    return table(columns, schemas.CONTAMINATION)


def count_found(report: StageReport, evidence: pa.Table) -> None:
    """Counts the documents that are kept although they have text of an item, by benchmark."""
    for kind in (schemas.COMMON_TEXT, schemas.PARTIAL):
        some = evidence.filter(pc.equal(evidence["found"], kind))["benchmark"]
        for one in some.value_counts().to_pylist():
            report.add_count(f"benchmark_{kind}.{one['values']}", one["counts"])


def table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    """A table of the columns in the schema's order and types."""
    arrays = []
    for field in schema:
        column = columns[field.name]
        array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
        arrays.append(array.cast(field.type))
    return pa.table(arrays, schema=schema)


def contaminated_rows(part: pa.Table, found: pa.Table) -> pa.Table:
    """Rows of `schemas.DUPLICATES` for documents with findings. The first finding is the reason."""
    row, first = np.unique(found["row"].to_numpy(), return_index=True)
    own = part.take(pa.array(row))
    reason = [schemas.CONTAMINATED + name for name in found["benchmark"].take(first).to_pylist()]
    columns = {
        "row": row,
        **{name: own[name] for name in ("doc_id", "source", "language", "text_bytes")},
        "reason": pa.array(reason, pa.string()),
        "survivor": pa.nulls(len(row), schemas.DOC_ID),
        "cluster_size": np.ones(len(row), np.int64),
        "similarity": np.zeros(len(row), np.float32),
        **{
            name: pa.nulls(len(row), schemas.DUPLICATES.field(name).type)
            for name in ("true_similarity", "contained", "words", "words_lost")
        },
    }
    return table(columns, schemas.DUPLICATES)
