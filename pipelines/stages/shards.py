"""Stage `shards`: encodes the corpus, shuffles it by keyed hash, writes each document exactly once.

corpus/ -> token ids, exchanged by pieces of the range of keys; and tokens by key, added up
    -> the bounds of shards of equal tokens
    -> pieces of a shard sorted by key, one after the other -> shards/
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsSingleton, TaggedOutput

from manifests import schemas, statistics
from manifests.grouping import gathered, rows_by
from manifests.statistics import StageReport
from manifests.store import ROW_GROUP_ROWS
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import Reports, StageDoFn, WriteManifest, create_units, surviving
from pipelines.stages.context import StageContext
from pipelines.stages.corpus import corpus_part
from pipelines.stages.encoding import load_proven_encoder
from pipelines.stages.tokenizer import NAME as TOKENIZER
from pipelines.stages.tokenizer import TOKENIZER_FILE
from pipelines.transport import coders
from pipelines.transport.exchange import ExchangeInOrder
from shards.identity import from_hex
from shards.shard_files import TokenLayout, described, special_tokens
from shards.shuffle import (
    bin_bits,
    bins_of,
    in_order,
    piece_count,
    pieces_of,
    pieces_of_shards,
    shard_bounds,
    shard_count,
    shard_name,
    shuffle_keys,
)

NAME = "shards"
_REPORTS, _TOKENS = "reports", "tokens"
Tokens: TypeAlias = TaggedOutput[Literal["tokens"], pa.RecordBatch]
# Rows are gathered before they are split by piece, so that a batch of a piece is not a few rows: up
# to so many bytes, and up to this part of a worker's memory.
_GATHERED_BYTES = 64 << 20
_GATHERED_SHARE = 32
_COLUMNS = ("id", "source", "language", "url", "cluster_size", "split", "text_bytes", "text")


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    text_bytes = surviving(context)["kept"]["text_bytes"]
    settings = context.recipe.shards
    count = settings.count or shard_count(text_bytes, settings.text_mb_per_shard)
    pieces = piece_count(text_bytes, count, context.recipe.execution.memory_mb)
    bits = bin_bits(count)
    schema = schemas.shard_schema(context.upstream[TOKENIZER]["counts"]["vocab_size"])
    encoded = create_units(pipeline, context.units) | "EncodeCorpus" >> beam.ParDo(
        EncodeCorpus(small, schema, pieces, bits)
    ).with_outputs(_REPORTS, _TOKENS, main="batches")
    bounds = (
        encoded[_TOKENS]
        | "AddTokens" >> beam.CombineGlobally(AddTokens(bits))
        | "ComputeBounds" >> beam.Map(bounds_of, count)
    )
    groups = bounds | "FindPieces" >> beam.Map(pieces_of_shards, bits, pieces)
    written = (
        (encoded.batches, groups)
        | "ExchangeTokens"
        >> ExchangeInOrder(
            context.run, f"exchange/{NAME}", context.exchange, context.recipe.execution.memory_mb
        )
        | "WriteShard"
        >> beam.ParDo(
            WriteShard(small, _described(schema, context), count, bits), AsSingleton(bounds)
        )
    )
    (
        (encoded[_REPORTS], written)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


def _described(schema: pa.Schema, context: StageContext) -> pa.Schema:
    """The schema of shards, with what a reader has to know of their ids and their order."""
    with context.store.open(TOKENIZER_FILE) as file:
        tokenizer = file.read()
    facts = {
        "tokenizer_sha256": hashlib.sha256(tokenizer).hexdigest(),
        "vocab_size": context.upstream[TOKENIZER]["counts"]["vocab_size"],
        "special_tokens": special_tokens(tokenizer.decode()),
        "seed": context.recipe.seed,
        "order": "all shards together: by a hash of doc_id and seed",
    }
    return described(schema, facts)


class EncodeCorpus(StageDoFn):
    """WorkUnit -> (piece, rows with keys); its tokens by bin as `tokens`; its counts as `reports`.

    Pieces and bins are ranges of keys (`shards.shuffle`).
    """

    def __init__(self, context: StageContext, schema: pa.Schema, pieces: int, bits: int) -> None:
        super().__init__(context)
        self._schema = keyed(schema)
        self._pieces = pieces
        self._bits = bits
        memory_bytes = context.recipe.execution.memory_mb << 20
        self._gathered_bytes = min(_GATHERED_BYTES, memory_bytes // _GATHERED_SHARE)

    def setup(self) -> None:
        super().setup()
        self._encoder = load_proven_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch] | Reports | Tokens]:
        self._reporter.start(f"tokens of {unit}")
        report = StageReport()
        read = self._context.store.read_batches(
            corpus_part(unit.name), self._context.recipe.execution.batch_docs, _COLUMNS
        )
        encoded = (self._encoded(batch, report) for batch in read)
        for batches in gathered(encoded, lambda batch: batch.nbytes, self._gathered_bytes):
            rows = pa.concat_batches(batches)
            keys = rows["key"].to_numpy()
            yield from rows_by(rows, pieces_of(keys, self._pieces))
            yield TaggedOutput(_TOKENS, tokens_by_bin(bins_of(keys, self._bits), rows["n_tokens"]))
        yield TaggedOutput(_REPORTS, report)

    def _encoded(self, batch: pa.RecordBatch, report: StageReport) -> pa.RecordBatch:
        report.funnel.count_in(batch.num_rows, statistics.total(batch["text_bytes"]))
        report.funnel.count(statistics.KEPT, batch, "text_bytes")
        self._reporter.advance(docs=batch.num_rows)
        doc_id = from_hex(batch["id"])
        ids = self._schema.field("input_ids").type.value_type
        tokens = append_to_each(self._encoder.encode(batch["text"]), self._encoder.eos_id, ids)
        made = {
            "key": pa.array(shuffle_keys(doc_id, self._context.recipe.seed)),
            "doc_id": doc_id,
            "n_tokens": pc.list_value_length(tokens),
            "input_ids": tokens,
        }
        columns = [made[name] if name in made else batch[name] for name in self._schema.names]
        return pa.record_batch(columns, schema=self._schema)


def keyed(schema: pa.Schema) -> pa.Schema:
    """The schema of shards while rows are on their way: with their keys."""
    return pa.schema([pa.field("key", pa.uint64()), *schema])


def append_to_each(lists: pa.ListArray, value: int, ids: pa.DataType) -> pa.ListArray:
    """The lists of int32, each with `value` appended, as lists of uint16 or uint32.

    Raises:
      OverflowError: an id does not fit that type.
    """
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()[offsets[0] : offsets[-1]]
    ends = offsets[1:] - offsets[0]
    longer = np.insert(values, ends, value)
    type_ = np.uint16 if ids == pa.uint16() else np.uint32
    if len(longer) and longer.max() > np.iinfo(type_).max:
        raise OverflowError(
            f"the tokenizer gave the id {longer.max()}, though its vocabulary is smaller; "
            "number its tokens from 0 without a gap"
        )
    shifted = (offsets - offsets[0] + np.arange(len(offsets))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(shifted), pa.array(longer.astype(type_)))


def tokens_by_bin(bins: npt.NDArray[np.int64], n_tokens: pa.Array) -> pa.RecordBatch:
    """Bins that have documents, and the tokens of each."""
    found, at = np.unique(bins, return_inverse=True)
    sums = np.zeros(len(found), np.int64)
    np.add.at(sums, at, n_tokens.to_numpy())
    return pa.record_batch({"bin": pa.array(found), "tokens": pa.array(sums)})


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(pa.RecordBatch)
class AddTokens(beam.CombineFn):
    """Rows of `tokens_by_bin` -> tokens of all bins, one row each."""

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(pa.RecordBatch)

    def create_accumulator(self) -> pa.RecordBatch:
        return pa.record_batch({"tokens": np.zeros(1 << self._bits, np.int64)})

    def add_input(self, total: pa.RecordBatch, part: pa.RecordBatch) -> pa.RecordBatch:
        tokens = total["tokens"].to_numpy().copy()
        tokens[part["bin"].to_numpy()] += part["tokens"].to_numpy()
        return pa.record_batch({"tokens": tokens})

    def merge_accumulators(self, totals: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
        tokens = np.zeros(1 << self._bits, np.int64)
        for total in totals:
            tokens += total["tokens"].to_numpy()
        return pa.record_batch({"tokens": tokens})

    def extract_output(self, total: pa.RecordBatch) -> pa.RecordBatch:
        return total


def bounds_of(total: pa.RecordBatch, count: int) -> list[int]:
    """Tokens of all bins -> `shard_bounds`."""
    return shard_bounds(total["tokens"].to_numpy(), count)


class WriteShard(beam.DoFn):
    """(shard, its pieces), bounds -> StageReport; writes the shard, by key and then by identity."""

    def __init__(self, context: StageContext, schema: pa.Schema, count: int, bits: int) -> None:
        self._context = context
        self._schema = schema
        self._count = count
        self._bits = bits

    def process(
        self, element: tuple[int, Iterable[Iterable[pa.RecordBatch]]], bounds: list[int]
    ) -> Iterator[StageReport]:
        shard, pieces = element
        report = StageReport()
        path = shard_name(shard, self._count)
        first, end = bounds[shard : shard + 2]
        with self._context.store.write_part(path, self._schema, TokenLayout()) as writer:
            for piece in pieces:
                # No name for the rows of the piece: they would be there until the next one is read.
                for rows in in_order(self._own(piece, first, end), ROW_GROUP_ROWS):
                    writer.write(rows.select(self._schema.names))
                    for name, tokens in statistics.tokens(rows).items():
                        report.add_count(name, tokens)
        report.add_file(writer.written)
        report.add_count("rows", writer.rows)
        yield report

    def _own(self, piece: Iterable[pa.RecordBatch], first: int, end: int) -> pa.Table:
        """Those rows of a piece whose bins are of the shard."""
        found = []
        for batch in piece:
            bins = bins_of(batch["key"].to_numpy(), self._bits)
            own = (bins >= first) & (bins < end)
            found.append(batch if own.all() else batch.filter(pa.array(own)))
        return pa.Table.from_batches(found, keyed(self._schema))
