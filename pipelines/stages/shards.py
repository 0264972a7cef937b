"""Stage `shards`: encodes survivors, shuffles them by keyed hash, writes each exactly once.

documents/ without duplicates/ -> token ids, exchanged by shard -> sorted by key -> shards/
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from manifests import schemas, statistics
from manifests.statistics import StageReport
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
from pipelines.stages.tokenizer import load_encoder
from pipelines.transport.exchange import Exchange
from shards.shuffle import shard_count, shard_name, shuffle_keys

NAME = "shards"
_REPORTS = "reports"
_KEYED = pa.schema([pa.field("key", pa.uint64()), *schemas.SHARD])


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    text_bytes = surviving(context)["kept"]["text_bytes"]
    settings = context.recipe.shards
    count = settings.count or shard_count(text_bytes, settings.text_mb_per_shard)
    encoded = create_units(pipeline, context.units) | "EncodeSurvivors" >> beam.ParDo(
        EncodeSurvivors(small, count)
    ).with_outputs(_REPORTS, main="batches")
    written = (
        encoded.batches
        | "ExchangeTokens" >> Exchange(context.run, f"exchange/{NAME}", context.exchange)
        | "WriteShard" >> beam.ParDo(WriteShard(small, count))
    )
    (
        (encoded[_REPORTS], written)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


class EncodeSurvivors(StageDoFn):
    """WorkUnit -> (shard, rows with shuffle keys); and the unit's counts as output `reports`."""

    def __init__(self, context: StageContext, count: int) -> None:
        super().__init__(context)
        self._count = count

    def setup(self) -> None:
        super().setup()
        self._encoder = load_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch] | Reports]:
        self._reporter.start(f"tokens of {unit}")
        report = StageReport()
        if unit.index == 0:
            # Empty batches, so that shards without documents are written as well. A Flatten would
            # do this, too, but FnApiRunner would hold its output, all tokens, in the parent.
            nothing = pa.RecordBatch.from_pylist([], schema=_KEYED)
            yield from ((shard, nothing) for shard in range(self._count))
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            rows = self._keyed(batch)
            report.funnel.count_in(batch.num_rows, statistics.total(batch["text_bytes"]))
            report.funnel.count(statistics.KEPT, batch, "text_bytes")
            shard = rows["key"].to_numpy() % np.uint64(self._count)
            for target in np.unique(shard):
                yield int(target), rows.take(pa.array(np.flatnonzero(shard == target)))
            self._reporter.advance(docs=batch.num_rows)
        yield TaggedOutput(_REPORTS, report)

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
    """(shard, batches) -> StageReport; writes the shard's file, sorted by key, then identity."""

    def __init__(self, context: StageContext, count: int) -> None:
        self._context = context
        self._count = count

    def process(self, element: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[StageReport]:
        shard, batches = element
        rows = pa.Table.from_batches(batches, _KEYED)
        rows = rows.take(pc.sort_indices(rows, [("key", "ascending"), ("doc_id", "ascending")]))
        path = shard_name(shard, self._count)
        with self._context.store.write_part(path, schemas.SHARD) as writer:
            for batch in rows.select(schemas.SHARD.names).to_batches():
                writer.write(batch)
        report = StageReport()
        report.add_file(writer.written)
        report.add_count("rows", rows.num_rows)
        report.add_count("tokens", statistics.total(pc.list_value_length(rows["input_ids"])))
        yield report
