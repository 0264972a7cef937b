"""Stage `tokenizer`: counts words of a sample by language, weights them, and learns merges.

A BPE trainer needs only counts, so only counts are sent between workers.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from manifests import schemas, statistics
from manifests.statistics import Count, StageReport
from pipelines.progress import Reporter
from pipelines.sources import files
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import (
    Reports,
    StageDoFn,
    WriteManifest,
    count_sample,
    create_units,
    held_out,
    surviving,
    survivors,
)
from pipelines.stages.context import StageContext
from pipelines.transport import coders
from tokenizer_train import bpe
from tokenizer_train.encode import END_OF_TEXT, Encoder
from tokenizer_train.patterns import PATTERNS
from tokenizer_train.vocabulary import to_tokenizer_json
from tokenizer_train.words import WEIGHT_SCALE, WordCounts, language_rates, language_weights

NAME = "tokenizer"
TOKENIZER_FILE = "tokenizer/tokenizer.json"
_REPORTS = "reports"


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    settings = context.recipe.tokenizer
    if settings.path is not None:
        # With a given tokenizer nothing is learnt, but the stage writes the same files.
        copied = (
            pipeline
            | "CreateTokenizerPath" >> beam.Create([settings.path])
            | ("CopyTokenizer" >> beam.ParDo(CopyTokenizer(context.for_workers())))
        )
        _ = copied | WriteManifest(NAME, context)
        return
    left = {code: n * (1 - settings.held_out) for code, n in survivor_bytes(context).items()}
    rates = language_rates(left, settings.sample_mb_per_language << 20)
    counted = create_units(pipeline, context.units) | "CountWords" >> beam.ParDo(
        CountWords(context.for_workers(), rates)
    ).with_outputs(_REPORTS, main="counts")
    learnt = (
        counted.counts
        | "AddWords" >> beam.CombineGlobally(AddWords())
        | "LearnMerges" >> beam.ParDo(LearnMerges(context.for_workers()))
    )
    _ = (
        (counted[_REPORTS], learnt)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


def survivor_bytes(context: StageContext) -> dict[str, int]:
    """Text bytes of the survivors by language."""
    funnel = statistics.Funnel.from_json(surviving(context))
    groups: dict[str, Count] = funnel.by(statistics.KEPT, "language")
    return {language: count.text_bytes for language, count in groups.items()}


def load_encoder(context: StageContext) -> Encoder:
    """The run's tokenizer."""
    with context.store.open(TOKENIZER_FILE) as file:
        return Encoder(file.read().decode())


class CountWords(StageDoFn):
    """WorkUnit -> word counts of its sample; and its funnel as tagged output `reports`."""

    def __init__(self, context: StageContext, rates: dict[str, float]) -> None:
        super().__init__(context)
        self._rates = rates

    def process(self, unit: WorkUnit) -> Iterator[pa.RecordBatch | Reports]:
        self._reporter.start(f"words of {unit}")
        counts, report = WordCounts(), StageReport()
        recipe = self._context.recipe
        pattern = PATTERNS[recipe.tokenizer.pattern]
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            out = held_out(recipe, batch)
            used = count_sample(
                batch, self._rates, recipe.seed, report.funnel, out, schemas.HELD_OUT
            )
            counts.add(used["language"], used["text"], pattern)
            self._reporter.advance(docs=batch.num_rows)
        yield from counts.to_table().combine_chunks().to_batches()
        yield TaggedOutput(_REPORTS, report)


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(pa.RecordBatch)
class AddWords(beam.CombineFn):
    """Merges `WordCounts` in Beam."""

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return coders.coder_of(WordCounts)

    def create_accumulator(self) -> WordCounts:
        return WordCounts()

    def add_input(self, total: WordCounts, part: pa.RecordBatch) -> WordCounts:
        total.merge(WordCounts.from_table(pa.Table.from_batches([part])))
        return total

    def merge_accumulators(self, totals: Iterable[WordCounts]) -> WordCounts:
        merged = WordCounts()
        for total in totals:
            merged.merge(total)
        return merged

    def extract_output(self, total: WordCounts) -> pa.RecordBatch:
        return pa.RecordBatch.from_struct_array(total.to_table().to_struct_array().combine_chunks())


class LearnMerges(beam.DoFn):
    """All word counts -> StageReport; writes `tokenizer/tokenizer.json`."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, counted: pa.RecordBatch) -> Iterator[StageReport]:
        settings = self._context.recipe.tokenizer
        Reporter().start(f"merges of {settings.vocab_size} tokens")
        words = WordCounts.from_table(pa.Table.from_batches([counted]))
        weights = language_weights(words.bytes_by_language(), settings.balance)
        # A pair must occur at least twice, counted with the weight of the largest language.
        model = bpe.train(
            words.total(weights), settings.vocab_size, [END_OF_TEXT], min_count=2 * WEIGHT_SCALE
        )
        text = to_tokenizer_json(model, PATTERNS[settings.pattern])
        yield _written(self._context, text)


class CopyTokenizer(beam.DoFn):
    """Path of a tokenizer.json -> StageReport; writes a copy into the run."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, path: str) -> Iterator[StageReport]:
        with files.open_binary(path) as file:
            yield _written(self._context, file.read().decode())


def _written(context: StageContext, text: str) -> StageReport:
    report = StageReport()
    report.add_file(context.store.write_bytes(TOKENIZER_FILE, text.encode()))
    report.add_count("vocab_size", Encoder(text).vocab_size)
    return report
