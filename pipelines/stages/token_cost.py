"""Stage `token_cost`: measures the tokens of each language, on the corpus and on parallel text.

Only parallel text compares like with like, so only parallel text gives premiums. The corpus shows
what the tokenizer does to the documents on which it will be used: those of each language that were
kept out of its training, or, of a language that has none, the others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from filters.language.codes import bcp47
from manifests import alarms, parquet, schemas, statistics
from manifests.statistics import StageReport
from pipelines.progress import Reporter
from pipelines.recipe.named_files import PARALLEL_COLUMNS
from pipelines.sources import files
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
from pipelines.stages.tokenizer import load_encoder, survivor_bytes
from pipelines.transport import coders
from tokenizer_train.cost import TOKEN_COST, TokenCost
from tokenizer_train.words import language_rates

NAME = "token_cost"
TABLE_FILE = "token_cost/token_cost.parquet"
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
    corpus = create_units(pipeline, context.units) | "MeasureCorpusCost" >> beam.ParDo(
        MeasureCorpusCost(small, rates, frozenset(unseen))
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
        | "WriteTokenCost" >> beam.ParDo(WriteTokenCost(small, frozenset(unseen)))
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
        self._encoder = load_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[Costs | Reports]:
        self._reporter.start(f"token cost of {unit}")
        cost, report = TokenCost(), StageReport()
        recipe = self._context.recipe
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            seen = pc.and_not(pc.is_in(batch["language"], self._unseen), held_out(recipe, batch))
            used = count_sample(
                batch, self._rates, recipe.seed, report.funnel, seen, schemas.IN_TRAINING
            )
            tokens = pc.list_value_length(self._encoder.encode(used["text"]))
            cost.add(used["language"], used["text"], tokens)
            self._reporter.advance(docs=batch.num_rows)
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
        language = table["language"].cast(pa.string())
        table = table.set_column(
            table.schema.get_field_index("language"), "language", tags_of(language)
        )
        for batch in table.to_batches(4096):
            text = batch["text"].cast(pa.large_string())
            tokens = pc.list_value_length(self._encoder.encode(text))
            cost.add(batch["language"], text, tokens, batch["id"])
        yield PARALLEL, cost


def tags_of(labels: pa.ChunkedArray) -> pa.Array:
    """Languages as BCP 47 tags, as documents have them: `eng_Latn` is en.

    Labels that have one tag in common stay as they are.
    """
    tags = {label: bcp47(label) for label in pc.unique(labels).to_pylist()}
    used = Counter(tags.values())
    return pa.array(
        [tags[label] if used[tags[label]] == 1 else label for label in labels.to_pylist()],
        pa.string(),
    )


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
    """All costs -> StageReport; writes `token_cost/token_cost.parquet`.

    Args:
      unseen: languages of which only documents that were kept out of training were measured.
    """

    def __init__(self, context: StageContext, unseen: frozenset[str]) -> None:
        self._context = context
        self._unseen = unseen

    def process(self, costs: dict[str, TokenCost]) -> Iterator[StageReport]:
        recipe = self._context.recipe
        report = StageReport()
        with self._context.store.write_part(TABLE_FILE, TABLE) as writer:
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
        yield report
