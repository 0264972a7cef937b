"""Stage `token_cost`: measures the tokens of each language, on the corpus and on parallel text.

Only parallel text compares like with like, so only parallel text gives premiums. The corpus shows
what the tokenizer does to the documents on which it will be used.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from filters.language.codes import bcp47
from manifests import parquet, statistics
from manifests.statistics import StageReport
from pipelines.progress import Reporter
from pipelines.recipe.named_files import PARALLEL_COLUMNS
from pipelines.recipe.recipe import Recipe
from pipelines.sources import files
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import (
    Reports,
    StageContext,
    StageDoFn,
    WriteManifest,
    count_sample,
    create_units,
    survivors,
)
from pipelines.stages.tokenizer import load_encoder, survivor_bytes
from pipelines.transport import coders
from tokenizer_train.cost import TOKEN_COST, TokenCost
from tokenizer_train.words import language_rates

NAME = "token_cost"
TABLE_FILE = "token_cost/token_cost.parquet"
CORPUS, PARALLEL = "corpus", "parallel"
TABLE = pa.schema([pa.field("measured_on", pa.string(), nullable=False), *TOKEN_COST])
_REPORTS = "reports"

Costs = tuple[str, TokenCost]


def settings(recipe: Recipe) -> dict[str, Any]:
    """The part of the recipe that decides the result of this stage."""
    fields = recipe.to_json()
    return {name: fields[name] for name in ("token_cost", "seed")}


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    wanted = context.recipe.token_cost
    rates = language_rates(survivor_bytes(context), wanted.sample_mb_per_language << 20)
    corpus = create_units(pipeline, context.units) | "MeasureCorpusCost" >> beam.ParDo(
        MeasureCorpusCost(small, rates)
    ).with_outputs(_REPORTS, main="costs")
    parallel = (
        pipeline
        | "CreateParallelPaths" >> beam.Create([wanted.parallel] if wanted.parallel else [])
        | "MeasureParallelCost" >> beam.ParDo(MeasureParallelCost(small))
    )
    table = (
        (corpus.costs, parallel)
        | "FlattenCosts" >> beam.Flatten()
        | "AddCosts" >> beam.CombineGlobally(AddCosts())
        | "WriteTokenCost" >> beam.ParDo(WriteTokenCost(small))
    )
    _ = (
        (corpus[_REPORTS], table)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


class MeasureCorpusCost(StageDoFn):
    """WorkUnit -> costs of its sample; and its funnel as tagged output `reports`."""

    def __init__(self, context: StageContext, rates: dict[str, float]) -> None:
        super().__init__(context)
        self._rates = rates

    def setup(self) -> None:
        super().setup()
        self._encoder = load_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[Costs | Reports]:
        self._reporter.start(f"token cost of {unit}")
        cost, report = TokenCost(), StageReport()
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            used = count_sample(batch, self._rates, self._context.recipe.seed, report.funnel)
            tokens = pc.list_value_length(self._encoder.encode(used["text"]))
            cost.add(used["language"], used["text"], tokens)
            self._reporter.advance(docs=batch.num_rows)
        self._reporter.advance(bytes_=unit.size_bytes)
        yield CORPUS, cost
        yield TaggedOutput(_REPORTS, report)


class MeasureParallelCost(beam.DoFn):
    """Path of a Parquet file of parallel sentences -> the costs of its sentences."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def setup(self) -> None:
        self._encoder = load_encoder(self._context)

    def process(self, path: str) -> Iterator[Costs]:
        Reporter().start(f"parallel text {path}")
        cost = TokenCost()
        with files.open_binary(path) as file:
            table = parquet.read_table(file, PARALLEL_COLUMNS)
        for batch in table.to_batches(4096):
            text = batch["text"].cast(pa.large_string())
            tokens = pc.list_value_length(self._encoder.encode(text))
            labels = batch["language"].cast(pa.string()).dictionary_encode()
            tags = pa.array([bcp47(label) for label in labels.dictionary.to_pylist()], pa.string())
            cost.add(tags.take(labels.indices), text, tokens, batch["id"])
        yield PARALLEL, cost


@beam.typehints.with_input_types(Costs)
@beam.typehints.with_output_types(dict[str, TokenCost])
class AddCosts(beam.CombineFn):
    """Merges `TokenCost`s in Beam, with one accumulator for each kind of text."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(dict[str, TokenCost])

    def create_accumulator(self) -> dict[str, TokenCost]:
        return {CORPUS: TokenCost(), PARALLEL: TokenCost()}

    def add_input(self, total: dict[str, TokenCost], costs: Costs) -> dict[str, TokenCost]:
        total[costs[0]].merge(costs[1])
        return total

    def merge_accumulators(self, totals: Iterable[dict[str, TokenCost]]) -> dict[str, TokenCost]:
        merged = self.create_accumulator()
        for total in totals:
            for kind, cost in total.items():
                merged[kind].merge(cost)
        return merged

    def extract_output(self, total: dict[str, TokenCost]) -> dict[str, TokenCost]:
        return total


class WriteTokenCost(beam.DoFn):
    """All costs -> StageReport; writes `token_cost/token_cost.parquet`."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, costs: dict[str, TokenCost]) -> Iterator[StageReport]:
        recipe = self._context.recipe
        report = StageReport()
        with self._context.store.write_part(TABLE_FILE, TABLE) as writer:
            for kind, cost in sorted(costs.items()):
                reference = recipe.token_cost.reference if kind == PARALLEL else None
                table = cost.table(reference, recipe.seed)
                for batch in table.combine_chunks().to_batches():
                    kinds = pa.array([kind] * batch.num_rows)
                    writer.write(pa.record_batch([kinds, *batch.columns], schema=TABLE))
                report.add_count(f"{kind}_tokens", statistics.total(table["tokens"]))
        report.add_file(writer.written)
        yield report
