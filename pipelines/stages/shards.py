"""Stage `shards`: encodes survivors, shuffles them by keyed hash, writes each exactly once.

documents/ without duplicates/ -> token ids, exchanged by shard and piece of it
    -> pieces sorted by key, one after the other -> shards/
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from manifests import schemas, statistics
from manifests.grouping import gathered, rows_by
from manifests.statistics import StageReport
from manifests.store import ROW_GROUP_ROWS
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import (
    Reports,
    StageDoFn,
    WriteManifest,
    create_units,
    surviving,
    survivors,
)
from pipelines.stages.context import StageContext
from pipelines.stages.encoding import load_proven_encoder
from pipelines.transport.exchange import ExchangeInOrder
from shards.shuffle import (
    in_order,
    partitions,
    piece_count,
    shard_count,
    shard_name,
    shuffle_keys,
)

NAME = "shards"
_REPORTS = "reports"
# Rows are gathered before they are split by partition, so that a batch of a partition is not a few
# rows: up to so many bytes, and up to this part of a worker's memory.
_GATHERED_BYTES = 64 << 20
_GATHERED_SHARE = 32
_KEYED = pa.schema([pa.field("key", pa.uint64()), *schemas.SHARD])


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    text_bytes = surviving(context)["kept"]["text_bytes"]
    settings = context.recipe.shards
    count = settings.count or shard_count(text_bytes, settings.text_mb_per_shard)
    pieces = piece_count(text_bytes, count, context.recipe.execution.memory_mb)
    encoded = create_units(pipeline, context.units) | "EncodeSurvivors" >> beam.ParDo(
        EncodeSurvivors(small, count, pieces)
    ).with_outputs(_REPORTS, main="batches")
    written = (
        encoded.batches
        | "ExchangeTokens"
        >> ExchangeInOrder(
            context.run,
            f"exchange/{NAME}",
            context.exchange,
            context.recipe.execution.memory_mb,
            pieces,
        )
        | "WriteShard" >> beam.ParDo(WriteShard(small, count))
    )
    (
        (encoded[_REPORTS], written)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


class EncodeSurvivors(StageDoFn):
    """WorkUnit -> (partition, rows with shuffle keys); and the unit's counts as output `reports`.

    The partitions are pieces of shards (`shards.shuffle.partitions`).
    """

    def __init__(self, context: StageContext, count: int, pieces: int) -> None:
        super().__init__(context)
        self._count = count
        self._pieces = pieces
        memory_bytes = context.recipe.execution.memory_mb << 20
        self._gathered_bytes = min(_GATHERED_BYTES, memory_bytes // _GATHERED_SHARE)

    def setup(self) -> None:
        super().setup()
        self._encoder = load_proven_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch] | Reports]:
        self._reporter.start(f"tokens of {unit}")
        report = StageReport()
        if unit.index == 0:
            # Empty batches, so that shards without documents are written as well. A Flatten would
            # do this, too, but FnApiRunner would hold its output, all tokens, in the parent.
            nothing = pa.RecordBatch.from_pylist([], schema=_KEYED)
            yield from ((shard * self._pieces, nothing) for shard in range(self._count))
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        read = survivors(self._context, unit, columns)
        encoded = (self._encoded(batch, report) for batch in read)
        for batches in gathered(encoded, lambda batch: batch.nbytes, self._gathered_bytes):
            rows = pa.concat_batches(batches)
            where = partitions(rows["key"].to_numpy(), self._count, self._pieces)
            yield from rows_by(rows, where)
        yield TaggedOutput(_REPORTS, report)

    def _encoded(self, batch: pa.RecordBatch, report: StageReport) -> pa.RecordBatch:
        report.funnel.count_in(batch.num_rows, statistics.total(batch["text_bytes"]))
        report.funnel.count(statistics.KEPT, batch, "text_bytes")
        self._reporter.advance(docs=batch.num_rows)
        return self._keyed(batch)

    def _keyed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        keys = shuffle_keys(batch["doc_id"], self._context.recipe.seed)
        ids = append_to_each(self._encoder.encode(batch["text"]), self._encoder.eos_id)
        columns = [keys, batch["doc_id"], batch["source"], batch["language"], ids]
        return pa.record_batch(columns, schema=_KEYED)


def append_to_each(lists: pa.ListArray, value: int) -> pa.ListArray:
    """The lists of int32, each with `value` appended."""
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()[offsets[0] : offsets[-1]]
    ends = offsets[1:] - offsets[0]
    longer = np.insert(values, ends, value).astype(np.int32)
    shifted = (offsets - offsets[0] + np.arange(len(offsets))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(shifted), pa.array(longer))


class WriteShard(beam.DoFn):
    """(shard, its pieces) -> StageReport; writes the shard's file, sorted by key, then identity."""

    def __init__(self, context: StageContext, count: int) -> None:
        self._context = context
        self._count = count

    def process(
        self, element: tuple[int, Iterable[Iterable[pa.RecordBatch]]]
    ) -> Iterator[StageReport]:
        shard, pieces = element
        report = StageReport()
        path = shard_name(shard, self._count)
        tokens = 0
        with self._context.store.write_part(path, schemas.SHARD) as writer:
            for piece in pieces:
                # No name for the piece: it would be there until the next one is read.
                for rows in in_order(pa.Table.from_batches(piece, _KEYED), ROW_GROUP_ROWS):
                    writer.write(rows.select(schemas.SHARD.names))
                    tokens += statistics.total(pc.list_value_length(rows["input_ids"]))
        report.add_file(writer.written)
        report.add_count("rows", writer.rows)
        report.add_count("tokens", tokens)
        yield report
