"""Stage `tokenizer`: counts words of a sample by language, weights them, and learns merges.

A BPE trainer needs only counts, so only counts are sent between workers: each goes to the partition
of its word, which adds them up, prunes them and writes them down. The words that the partitions
leave, at most `tokenizer.max_words`, are all that the one worker that learns has to hold.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from filters.language import codes
from manifests import schemas, statistics
from manifests.grouping import rows_by
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
    exchange,
    held_out,
    surviving,
    survivors,
)
from pipelines.stages.context import StageContext
from tokenizer_train.balance import LANGUAGES, byte_premium, languages_table, weights_of
from tokenizer_train.companions import companions
from tokenizer_train.encode import Encoder
from tokenizer_train.given import tokenizer_json
from tokenizer_train.learn import MOST_ROWS, learn
from tokenizer_train.totals import Totals, prune
from tokenizer_train.vocabulary import to_tokenizer_json
from tokenizer_train.words import WORD_COUNTS, WordCounts, language_rates, word_partitions

NAME = "tokenizer"
TOKENIZER_FILE = "tokenizer/tokenizer.json"
LANGUAGES_FILE = "tokenizer/languages.parquet"
_FOLDER = f"exchange/{NAME}"
_REPORTS = "reports"


def build(pipeline: beam.Pipeline, context: StageContext) -> None:
    settings = context.recipe.tokenizer
    small = context.for_workers()
    if settings.path is not None:
        # With a given tokenizer nothing is learnt, but the stage writes the same files.
        copied = (
            pipeline
            | "CreateTokenizerPath" >> beam.Create([settings.path])
            | ("CopyTokenizer" >> beam.ParDo(CopyTokenizer(small)))
        )
        _ = copied | WriteManifest(NAME, context)
        return
    languages = balanced_languages(context)
    counted = create_units(pipeline, context.units) | "CountWords" >> beam.ParDo(
        CountWords(small, languages)
    ).with_outputs(_REPORTS, main="counts")
    added = (
        counted.counts
        | "ExchangeCounts" >> exchange(context, _FOLDER)
        | "AddCounts"
        >> beam.ParDo(AddCounts(small, languages)).with_outputs(_REPORTS, main="paths")
    )
    learnt = (
        # One path more than there are partitions, so that a corpus without words is learnt from.
        (pipeline | "CreateNoPath" >> beam.Create([(0, "")]), added.paths)
        | "FlattenPaths" >> beam.Flatten()
        | "GroupPaths" >> beam.GroupByKey()
        | "LearnMerges" >> beam.ParDo(LearnMerges(small, languages))
    )
    _ = (
        (counted[_REPORTS], added[_REPORTS], learnt)
        | "FlattenReports" >> beam.Flatten()
        | WriteManifest(NAME, context)
    )


def balanced_languages(context: StageContext) -> pa.Table:
    """What each language of the survivors counts in training, a row of `LANGUAGES` for each."""
    settings = context.recipe.tokenizer
    counts = _survivors_by_language(context)
    left = 1 - settings.held_out
    rates = language_rates(
        {code: n.text_bytes * left for code, n in counts.items()},
        settings.sample_mb_per_language << 20,
    )
    return languages_table(
        {code: (n.docs, n.text_bytes) for code, n in counts.items()},
        {code: byte_premium(code, codes.scripts_of(code)) for code in counts},
        settings.balance,
        settings.weights,
        {code: left * rate for code, rate in rates.items()},
    )


def _survivors_by_language(context: StageContext) -> dict[str, Count]:
    return statistics.Funnel.from_json(surviving(context)).by(statistics.KEPT, "language")


def survivor_bytes(context: StageContext) -> dict[str, int]:
    """Text bytes of the survivors by language."""
    return {code: count.text_bytes for code, count in _survivors_by_language(context).items()}


def load_encoder(context: StageContext) -> Encoder:
    """The run's tokenizer, with the token that ends a text."""
    with context.store.open(TOKENIZER_FILE) as file:
        return Encoder(file.read().decode(), context.recipe.tokenizer.end_of_text())


class CountWords(StageDoFn):
    """WorkUnit -> (partition, word counts of its sample); its funnel as tagged output `reports`."""

    def __init__(self, context: StageContext, languages: pa.Table) -> None:
        super().__init__(context)
        left = 1 - context.recipe.tokenizer.held_out
        self._rates = {row["language"]: row["sampled"] / left for row in languages.to_pylist()}

    def process(self, unit: WorkUnit) -> Iterator[tuple[int, pa.RecordBatch] | Reports]:
        self._reporter.start(f"words of {unit}")
        counts, report = WordCounts(), StageReport()
        recipe = self._context.recipe
        pattern = recipe.tokenizer.regex()
        columns = ["doc_id", "source", "language", "text", "text_bytes"]
        for batch in survivors(self._context, unit, columns):
            out = held_out(recipe, batch)
            used = count_sample(
                batch, self._rates, recipe.seed, report.funnel, out, schemas.HELD_OUT
            )
            counts.add(used["language"], used["text"], pattern)
            self._reporter.advance(docs=batch.num_rows)
            if len(counts) > MOST_ROWS:
                yield from _by_partition(counts.take())
        yield from _by_partition(counts.take())
        report.add_count("long_words", counts.long_words)
        report.add_count("long_words_bytes", counts.long_bytes)
        yield TaggedOutput(_REPORTS, report)


def _by_partition(counts: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    return rows_by(counts, word_partitions(counts["word"]))


class AddCounts(StageDoFn):
    """(partition, its word counts) -> (0, path of its pruned totals); counts as output `reports`.

    The partition is fixed by the word and prunes by its own totals, so that what is pruned depends
    on the corpus alone.
    """

    def __init__(self, context: StageContext, languages: pa.Table) -> None:
        super().__init__(context)
        self._weights = weights_of(languages)

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterator[tuple[int, str] | Reports]:
        partition, batches = element
        self._reporter.start(f"totals of partition {partition}")
        totals = Totals()
        for batch in batches:
            totals.add(batch)
        settings = self._context.recipe.tokenizer
        pruned = prune(totals.table(), self._weights, settings.max_words)
        path = f"{_FOLDER}/totals-{partition:02d}.parquet"
        with self._context.store.write_part(path, WORD_COUNTS) as writer:
            for rows in pruned.table.to_batches(1 << 16):
                writer.write(rows)
        report = StageReport()
        report.add_count("words", pruned.words)
        report.add_count("words_pruned", pruned.pruned)
        report.add_count("words_pruned_occurrences", pruned.pruned_count)
        yield 0, path
        yield TaggedOutput(_REPORTS, report)


class LearnMerges(beam.DoFn):
    """(0, paths of all totals) -> StageReport; writes `tokenizer/`."""

    def __init__(self, context: StageContext, languages: pa.Table) -> None:
        self._context = context
        self._languages = languages

    def process(self, element: tuple[int, Iterable[str]]) -> Iterator[StageReport]:
        settings = self._context.recipe.tokenizer
        Reporter().start(f"merges of {settings.vocab_size} tokens")
        paths = sorted(path for path in element[1] if path)
        store = self._context.store
        tables = (store.read_table(path, WORD_COUNTS.names) for path in paths)
        model = learn(tables, self._languages, settings)
        report = _written(
            self._context, to_tokenizer_json(model, settings.regex()), settings.end_of_text()
        )
        report.add_count("reserved_tokens", len(model.last_tokens))
        with store.write_part(LANGUAGES_FILE, LANGUAGES) as writer:
            for rows in self._languages.to_batches():
                writer.write(rows)
        report.add_file(writer.written)
        yield report


class CopyTokenizer(beam.DoFn):
    """Path of a tokenizer -> StageReport; writes it into the run as a tokenizer.json."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def process(self, path: str) -> Iterator[StageReport]:
        settings = self._context.recipe.tokenizer
        with files.open_binary(path) as file:
            text = tokenizer_json(path, file.read(), settings.pattern, settings.eos_token)
        yield _written(self._context, text, settings.eos_token)


def _written(context: StageContext, text: str, eos_token: str | None) -> StageReport:
    report = StageReport()
    encoder = Encoder(text, eos_token)
    store = context.store
    report.add_file(store.write_bytes(TOKENIZER_FILE, text.encode()))
    for name, content in companions(encoder.eos_token).items():
        report.add_file(store.write_bytes(f"tokenizer/{name}", content))
    report.add_count("vocab_size", encoder.vocab_size)
    return report
