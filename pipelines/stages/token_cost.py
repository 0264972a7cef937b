"""Stage `token_cost`: measures the tokens of each language, on the corpus and on parallel text.

Only parallel text compares like with like, so only parallel text gives premiums. The corpus shows
what the tokenizer does to the documents on which it will be used: those of each language that were
kept out of its training, or, of a language that has none, the others.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from manifests import alarms, schemas, statistics
from manifests.manifest import TOKEN_COST_FILE
from manifests.statistics import StageReport
from pipelines.progress import Reporter
from pipelines.sources import parallel_text
from pipelines.sources.units import WorkUnit
from pipelines.stages import tokenizer
from pipelines.stages.common import (
    Reports,
    StageDoFn,
    WriteManifest,
    count_sample,
    create_units,
    held_out,
    survivors,
)
from pipelines.stages.context import StageContext
from pipelines.stages.encoding import load_proven_encoder, prove
from pipelines.stages.tokenizer import TOKENIZER_FILE, survivor_bytes
from pipelines.transport import coders
from tokenizer_train import summary
from tokenizer_train.cost import TOKEN_COST, TokenCost
from tokenizer_train.meter import Meter
from tokenizer_train.tokens import Tokens
from tokenizer_train.words import language_rates

NAME = "token_cost"
SUMMARY_FILE = "token_cost/summary.json"
CORPUS, PARALLEL = "corpus", "parallel"
# `held_out` says whether the documents were kept out of training; it is null where nothing was
# trained, and for parallel text, of which nobody knows.
TABLE = pa.schema(
    [
        pa.field("measured_on", pa.string(), nullable=False),
        pa.field("held_out", pa.bool_()),
        *TOKEN_COST,
    ]
)
_REPORTS = "reports"

Costs = tuple[str, TokenCost]


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    small = context.for_workers()
    wanted = context.recipe.token_cost
    unseen = held_out_bytes(context)
    rates = language_rates(survivor_bytes(context) | unseen, wanted.sample_mb_per_language << 20)
    units = create_units(pipeline, context.units)
    backend = beam.pvalue.AsSingleton(prove(units, context))
    corpus = units | "MeasureCorpusCost" >> beam.ParDo(
        MeasureCorpusCost(small, rates, frozenset(unseen)), backend
    ).with_outputs(_REPORTS, main="costs")
    parallel = (
        pipeline
        | "CreateParallelPaths" >> beam.Create([wanted.parallel] if wanted.parallel else [])
        | "MeasureParallelCost" >> beam.ParDo(MeasureParallelCost(small), backend)
    )
    table = (
        (corpus.costs, parallel)
        | "FlattenCosts" >> beam.Flatten()
        | "AddCosts" >> beam.CombineGlobally(AddCosts())
        | "WriteTokenCost"
        >> beam.ParDo(WriteTokenCost(small, frozenset(unseen), survivor_bytes(context)))
    )
    _ = (
        (corpus[_REPORTS], table)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


def held_out_bytes(context: StageContext) -> dict[str, int]:
    """Text bytes by language of the documents that the tokenizer was not trained on."""
    funnel = statistics.Funnel.from_json(context.upstream[tokenizer.NAME]["funnel"])
    found: Counter[str] = Counter()
    for (_, _, language, reason), count in funnel.outcomes.items():
        if reason == schemas.HELD_OUT:
            found[language] += count.text_bytes
    return dict(found)


def load_meter(context: StageContext, backend: str | None = None) -> Meter:
    """What measures texts with the run's tokenizer and the back end that was proved."""
    with context.store.open(TOKENIZER_FILE) as file:
        tokens = Tokens.of_json(file.read().decode())
    return Meter(load_proven_encoder(context, backend), tokens)


class MeasureCorpusCost(StageDoFn):
    """WorkUnit -> costs of its sample; and its funnel as tagged output `reports`.

    Args:
      unseen: languages of which only documents that were kept out of training are measured.
    """

    def __init__(
        self, context: StageContext, rates: dict[str, float], unseen: frozenset[str]
    ) -> None:
        super().__init__(context)
        self._rates = rates
        self._unseen = pa.array(sorted(unseen), pa.string())

    def setup(self) -> None:
        super().setup()
        self._meter: Meter | None = None  # until the back end is known

    def process(self, unit: WorkUnit, backend: str) -> Iterator[Costs | Reports]:
        self._meter = self._meter or load_meter(self._context, backend)
        self._reporter.start(f"token cost of {unit}")
        cost, report = TokenCost(), StageReport()
        recipe = self._context.recipe
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            seen = pc.and_not(pc.is_in(batch["language"], self._unseen), held_out(recipe, batch))
            used = count_sample(
                batch, self._rates, recipe.seed, report.funnel, seen, schemas.IN_TRAINING
            )
            cost.add_measured(used["language"], *self._meter.measure(used["text"]))
            self._reporter.advance(docs=batch.num_rows)
        yield CORPUS, cost
        yield TaggedOutput(_REPORTS, report)


class MeasureParallelCost(beam.DoFn):
    """Parallel text, as `token_cost.parallel` names it -> the costs of its sentences."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self._meter: Meter | None = None

    def process(self, given: str, backend: str | None = None) -> Iterator[Costs]:
        Reporter().start(f"parallel text {given}")
        self._meter = self._meter or load_meter(self._context, backend)
        text = parallel_text.read([given])
        reference = self._context.recipe.token_cost.reference
        language = parallel_text.as_documents(text["language"], reference)
        text = text.set_column(1, "language", language)
        yield PARALLEL, TokenCost.of_sentences(text, self._meter)


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
    """All costs -> StageReport; writes `token_cost.parquet` and `summary.json` in `token_cost/`.

    Args:
      unseen: languages of which only documents that were kept out of training were measured.
      survivors: bytes of the survivors by language.
    """

    def __init__(
        self, context: StageContext, unseen: frozenset[str], survivors: Mapping[str, int]
    ) -> None:
        self._context = context
        self._unseen = unseen
        self._survivors = dict(survivors)

    def process(self, costs: dict[str, TokenCost]) -> Iterator[StageReport]:
        recipe = self._context.recipe
        report = StageReport()
        with self._context.store.write_part(TOKEN_COST_FILE, TABLE) as writer:
            for kind, cost in sorted(costs.items()):
                reference = recipe.token_cost.reference if kind == PARALLEL else None
                table = cost.table(reference, recipe.seed)
                trained = kind == CORPUS and recipe.tokenizer.path is None
                for batch in table.combine_chunks().to_batches():
                    kinds = pa.array([kind] * batch.num_rows)
                    unseen = [
                        code in self._unseen if trained else None
                        for code in batch["language"].to_pylist()
                    ]
                    marks = pa.array(unseen, pa.bool_())
                    writer.write(pa.record_batch([kinds, marks, *batch.columns], schema=TABLE))
                report.add_count(f"{kind}_tokens", statistics.total(table["tokens"]))
                if kind == PARALLEL:
                    for row in table.to_pylist():
                        code = row["language"]
                        report.add_count(alarms.SENTENCES + code, row["texts"])
                        report.add_count(alarms.SHARED_SENTENCES + code, row["shared_sentences"])
        report.add_file(writer.written)
        told = json.dumps(self._summary(costs), indent=1, sort_keys=True) + "\n"
        report.add_file(self._context.store.write_bytes(SUMMARY_FILE, told.encode()))
        yield report

    def _summary(self, costs: Mapping[str, TokenCost]) -> dict[str, Any]:
        """What the costs are over all languages, and the corpus in tokens."""
        recipe = self._context.recipe
        corpus, parallel = costs[CORPUS], costs[PARALLEL]
        premiums = parallel.premiums(recipe.token_cost.reference, recipe.seed)
        meter = load_meter(self._context)
        frequency = (parallel if len(parallel.frequency) else corpus).frequency
        tokens, _ = summary.corpus_tokens(corpus, self._survivors)
        projection = summary.project(tokens, recipe.token_cost.flops, recipe.token_cost.utilisation)
        parts: dict[str, Any] = {
            "all_languages": summary.spread(premiums),
            "languages_of_the_corpus": summary.spread(premiums, self._survivors.keys()),
            "vocabulary": summary.vocabulary(meter.encoder, meter.tokens, frequency),
            "corpus": projection,
        }
        return {name: _rounded(dataclasses.asdict(part)) for name, part in parts.items()}


def _rounded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the last digits of floats, which depend on the machine."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in fields.items()
    }
