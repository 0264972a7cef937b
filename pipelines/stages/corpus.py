"""Stage `corpus`: the final text of every survivor, without what stages cut, a file for each unit.

documents/ without duplicates/, cut as masked/ and repetition/ say, with sizes of clusters/
    -> corpus/
"""

from collections.abc import Iterator

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests import schemas, statistics
from manifests.statistics import StageReport
from pipelines.sources.units import WorkUnit
from pipelines.stages import edits
from pipelines.stages.common import StageDoFn, WriteManifest, create_units, numbered_survivors
from pipelines.stages.context import StageContext
from shards.corpus_files import LAYOUT
from shards.identity import as_hex
from shards.shuffle import shuffle_keys
from shards.splits import splits_of

NAME = "corpus"


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    _ = (
        create_units(pipeline, context.units)
        | "WriteCorpus" >> beam.ParDo(WriteCorpus(context.for_workers()))
        | WriteManifest(NAME, context)
    )


def corpus_part(unit: str) -> str:
    """The path of a unit's part."""
    return f"{NAME}/{unit}.parquet"


class WriteCorpus(StageDoFn):
    """WorkUnit -> StageReport; writes the unit's part of `corpus/`."""

    def process(self, unit: WorkUnit) -> Iterator[StageReport]:
        self._reporter.start(f"final text of {unit}")
        store, report = self._context.store, StageReport()
        documents = store.read_schema(f"documents/{unit.name}.parquet")
        schema = schemas.corpus_schema(documents)
        columns = ["doc_id", *(name for name in schema.names if name in documents.names)]
        layers = edits.layers(self._context.recipe, unit.name, store)
        clusters = store.read_table(f"clusters/{unit.name}.parquet", ["row", "cluster_size"])
        with store.write_part(corpus_part(unit.name), schema, LAYOUT) as part:
            for batch, rows in numbered_survivors(self._context, unit.name, columns, layers):
                report.funnel.count_in(batch.num_rows, statistics.total(batch["text_bytes"]))
                report.funnel.count(statistics.KEPT, batch, "text_bytes")
                split = splits_of(
                    shuffle_keys(batch["doc_id"], self._context.recipe.seed),
                    self._context.recipe.splits,
                )
                part.write(corpus_rows(batch, cluster_sizes(clusters, rows), split, schema))
                self._reporter.advance(docs=batch.num_rows)
        report.add_file(part.written)
        report.add_count("rows", part.rows)
        yield report


def cluster_sizes(clusters: pa.Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The size of the cluster of each survivor; 1 for those that stand alone.

    Args:
      clusters: rows (ascending) and sizes of those that do not.
      rows: of the survivors in the unit's documents, ascending.
    """
    sizes = np.ones(len(rows), np.int64)
    _, here, there = np.intersect1d(
        rows, clusters["row"].to_numpy(), assume_unique=True, return_indices=True
    )
    sizes[here] = clusters["cluster_size"].to_numpy()[there]
    return sizes


def corpus_rows(
    batch: pa.RecordBatch,
    cluster_size: npt.NDArray[np.int64],
    split: pa.StringArray,
    schema: pa.Schema,
) -> pa.RecordBatch:
    """Survivors as rows of `corpus/`."""
    made = {
        "id": as_hex(batch["doc_id"]),
        "cluster_size": pa.array(cluster_size),
        "split": split,
    }
    columns = [made[name] if name in made else batch[name] for name in schema.names]
    return pa.record_batch(columns, schema=schema)
