"""The command `winnow`: its arguments, and which errors end it with which exit code.

0 done, 1 failed, 2 wrong usage or recipe. What a command does and prints is a module of
`pipelines.commands`, imported when it is called: `winnow --help` loads none of them.
"""

import contextlib
import io
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

# Beam warns at import about cloud libraries that are not there.
logging.getLogger().setLevel(logging.ERROR)

app = typer.Typer(
    name="winnow",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _shipped(begun: str) -> list[str]:
    from pipelines.recipe.shipped import shipped

    return [name for name in shipped() if name.startswith(begun)]


def _stages(begun: str) -> list[str]:
    from manifests.manifest import STAGES

    return [name for name in STAGES if name.startswith(begun)]


def _rules(begun: str) -> list[str]:
    from filters.rules.registry import PACKS, RULES

    return [name for name in [*PACKS, *RULES] if name.startswith(begun)]


RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A shipped recipe's name, or a .yaml file.",
        autocompletion=_shipped,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document with the same facts.")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Folder or URL of a run.")]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="[NAME=]KIND:PATH",
        help="Read this instead of the recipe's sources; may be repeated. PATH may be a glob.",
    ),
]
OnlyLanguagesOption = Annotated[
    list[str] | None, typer.Option(help="Only this language, e.g. de; may be repeated.")
]
OnlySourcesOption = Annotated[
    list[str] | None, typer.Option(help="Only this source of the run; may be repeated.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key, e.g. tokenizer.vocab_size=8192; null takes it out.",
    ),
]
KeepGoingOption = Annotated[
    bool,
    typer.Option("--keep-going", help="A source that matches no file is an error row, not a stop."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        print(f"winnow {importlib.metadata.version('winnow-corpus')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print winnow's version."
        ),
    ] = False,
) -> None:
    """LLM pretraining data from raw crawls, encyclopedias and API dumps."""


@app.command(context_settings={"allow_extra_args": True})
def run(
    context: typer.Context,
    recipe: RecipeArgument,
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="Folder or URL to write.")],
    runner: Annotated[
        str,
        typer.Option(
            help="DirectRunner, SparkRunner, FlinkRunner, DataflowRunner or PortableRunner."
        ),
    ] = "DirectRunner",
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes of DirectRunner; unless given, one a core (one for little text)."
        ),
    ] = None,
    source: SourceOption = None,
    set_: SetOption = None,
    keep_going: KeepGoingOption = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Another recipe's results in RUN may be replaced."),
    ] = False,
    from_stage: Annotated[
        str | None,
        typer.Option(
            "--from-stage",
            metavar="STAGE",
            autocompletion=_stages,
            help="Those of this stage and later ones may be: documents, duplicates, repetition, "
            "corpus, tokenizer, token_cost, shards.",
        ),
    ] = None,
    check: Annotated[
        Literal["quick", "full"],
        typer.Option(
            help="What of RUN is there already is compared by size, or by digest; what is damaged "
            "is made anew."
        ),
    ] = "quick",
    openlineage: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Append OpenLineage events of the run, a line each."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit 1 if the run, finished as usual, has alarms."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest, one JSON document.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Run a recipe; options for Beam follow after --.

    Running the same command again goes on where an interrupted or failed run stopped. A RUN of
    another recipe is left alone unless an option says what may be replaced, and so is one that
    another run is writing.
    """
    # The zygote forks from what is loaded here.
    from pipelines.commands import run as command
    from pipelines.recipe.config import RecipeError
    from pipelines.run import reason_of, would_fail_again

    try:
        with _exit_codes({RecipeError: 2}):
            command.command(
                recipe,
                set_ or (),
                source or (),
                out,
                runner,
                workers,
                context.args,
                keep_going,
                overwrite,
                from_stage,
                check == "full",
                openlineage,
                quiet,
                as_json,
                strict,
            )
    except typer.Exit:
        raise
    except KeyboardInterrupt as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would end this in a traceback
        number = error.args[0] if error.args else signal.SIGINT
        how = "terminated" if number == signal.SIGTERM else "interrupted"
        _print_error(f"{how}; the same command goes on from here")
        _exit_now(128 + number)
    except Exception as error:
        if debug:
            raise
        _print_error(reason_of(error))
        if not would_fail_again(error):
            _print_error("the same command goes on from here; --debug shows the traceback")
        _exit_now(1)


@app.command()
def plan(
    recipe: RecipeArgument,
    source: SourceOption = None,
    set_: SetOption = None,
    keep_going: KeepGoingOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the resolved recipe, work units and sizes.

    Nothing is run and nothing is written.
    """
    from pipelines.commands import plan as command
    from pipelines.recipe.config import RecipeError

    with _exit_codes({RecipeError: 2}):
        command.command(recipe, set_ or (), source or (), keep_going, as_json)


@app.command()
def estimate(
    recipe: RecipeArgument,
    share: Annotated[
        float, typer.Option(help="Part of the input that is run, 0.001 to 0.05.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws another sample.")] = 0,
    prices: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="YAML or JSON: what a core-hour and so on cost."),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Leave the sample and its runs in this empty folder."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; unless given, one a core.")
    ] = None,
    source: SourceOption = None,
    set_: SetOption = None,
    keep_going: KeepGoingOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Predict a run from a sample of its input.

    Documents, tokens, core-hours by stage, memory, shuffles, disk and money, each with an interval.
    The sample is drawn by a keyed hash and run in a temporary folder, of which nothing stays.
    """
    from pipelines.commands import estimate as command
    from pipelines.recipe.config import RecipeError

    with _exit_codes({RecipeError: 2, command.SampleError: 1, ValueError: 2, OSError: 1}):
        command.command(
            recipe, set_ or (), source or (), share, seed, workers, prices, keep, keep_going,
            quiet, as_json,
        )  # fmt: skip


@app.command(context_settings={"allow_extra_args": True})
def doctor(
    context: typer.Context,
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE]", help="Also check this recipe's paths.")
    ] = None,
    runner: Annotated[str, typer.Option(help="The engine to check for.")] = "DirectRunner",
    out: Annotated[str | None, typer.Option("--out", metavar="RUN", help="As of a run.")] = None,
    source: SourceOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check this machine, an engine and a recipe's paths.

    Options for Beam follow after --.
    """
    from pipelines.commands import doctor as command
    from pipelines.recipe.config import RecipeError

    args = list(context.args)
    if recipe is not None and recipe.startswith("-"):  # options behind -- without a recipe
        args, recipe = [recipe, *args], None
    with _exit_codes({RecipeError: 2}):
        command.command(recipe, set_ or (), source or (), runner, args, out, as_json)


@app.command()
def inspect(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder or URL of a run, or of several runs.")
    ],
    stage: Annotated[
        list[str] | None,
        typer.Option(help="Only what this stage removed; may be repeated.", autocompletion=_stages),
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option(
            help="Only what was dropped for this, e.g. gopher_quality.too_few_words or a whole "
            "rule; may be repeated.",
            autocompletion=_rules,
        ),
    ] = None,
    lang: OnlyLanguagesOption = None,
    source: OnlySourcesOption = None,
    column: Annotated[
        str | None,
        typer.Option(
            help="Show how this measured value is spread, e.g. gopher_quality.words; --lang shows "
            "all of them."
        ),
    ] = None,
    domains: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Show the N domains with most documents as well."),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show every source, language and reason.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest, or with other options their counts.")
    ] = False,
    svg: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also save the summary as a picture.")
    ] = None,
    batch_rows: Annotated[
        int, typer.Option(min=1, help="Of packed shards: rows of the batches that are looked at.")
    ] = 8,
) -> None:
    """Show what a run did, or list the runs of a folder.

    With one of the options that narrow it, or --all, counts by stage, source, language and reason.
    Of what winnow pack wrote, the shares of sources and languages in batches.
    """
    from manifests.selection import Selection
    from pipelines.commands import inspect as command

    wanted = Selection(stage or (), reason or (), lang or (), source or ())
    with _exit_codes(None, run):
        command.command(run, wanted, column, domains, show_all, as_json, svg, batch_rows)


@app.command()
def verify(
    run: RunArgument,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also compute tokens, values and verdicts of a sample again."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check every file, count and digest of a run.

    Of a folder that `winnow pack` or `winnow export` wrote, too.
    """
    from pipelines.commands import verify as command

    with _exit_codes({FileNotFoundError: 1}, run):
        command.command(run, deep, as_json)


def _formats(begun: str) -> list[str]:
    from shards.corpus_files import FORMATS
    from shards.token_formats import TOKEN_FORMATS

    return [name for name in (*FORMATS, *TOKEN_FORMATS) if name.startswith(begun)]


@app.command()
def export(
    run: RunArgument,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="Text: jsonl.zst, jsonl, parquet, text or arrow; tokens: megatron, olmo, "
            "datatrove, mds or litdata.",
            autocompletion=_formats,
        ),
    ],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder or URL to write.")],
    lang: OnlyLanguagesOption = None,
    source: OnlySourcesOption = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="Only train, validation or test; unless given, all of the text, and of tokens "
            "train."
        ),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(help="Of tokens: uint16 or uint32; unless given, as the vocabulary wants."),
    ] = None,
    mb_per_file: Annotated[int, typer.Option(min=1, help="MB of text or tokens in a file.")] = 256,
    as_json: JsonOption = False,
) -> None:
    """Write corpus or tokens of a run in another format.

    Documents of the corpus are in the order of the run, with their final text, and those of tokens
    in the shuffled order of the shards.
    """
    from pipelines.commands import export as command

    with _exit_codes({OSError: 1, ValueError: 1, OverflowError: 1}, run):
        command.command(
            run, format_, out, lang or (), source or (), split, ids, mb_per_file, as_json
        )


@app.command()
def pack(
    run: RunArgument,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder or URL to write.")],
    length: Annotated[int, typer.Option(help="Tokens of a row.")],
    packing: Annotated[
        str,
        typer.Option(help="best_fit; concat (documents end to end); pad (one document a row)."),
    ] = "best_fit",
    max_docs_per_row: Annotated[
        int | None, typer.Option(help="Documents that a row has at most.")
    ] = None,
    overlap: Annotated[
        int, typer.Option(help="Tokens that a piece of a long document repeats of the one before.")
    ] = 0,
    carry: Annotated[
        str | None,
        typer.Option(help="title: pieces of a long document repeat its first line, if short."),
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "train",
    mixture: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="YAML: how much of each source and language is used."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; unless given, one a core.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the shards of a run as rows of tokens.

    Only documents that are longer than a row are cut, between paragraphs if that can be.
    """
    from pydantic import ValidationError

    from shards.settings import Packing

    keys = {
        "length": length,
        "packing": packing,
        "max_docs_per_row": max_docs_per_row,
        "overlap": overlap,
        "carry": carry,
    }
    try:
        settings = Packing.model_validate(keys)
    except ValidationError as error:
        _fail(_options_told(error), 2)
    from pipelines.commands import pack as command

    with _exit_codes({OSError: 1, ValueError: 1}, run):
        command.command(run, out, settings, split, mixture, workers, as_json)


@app.command()
def find(
    run: RunArgument,
    wanted: Annotated[
        str, typer.Argument(metavar="ID|URL", help="32 hexadecimal digits, or a URL as it is read.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Tell which files of a run hold a document.

    Or why it is not in the corpus.
    """
    from pipelines.commands import find as command

    with _exit_codes({OSError: 1, ValueError: 1}, run):
        command.command(run, wanted, as_json)


@app.command()
def takedown(
    run: RunArgument,
    list_: Annotated[str, typer.Argument(metavar="LIST", help="File of ids and URLs, one a line.")],
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change RUN itself; all readers must have ended.")
    ] = False,
    out: Annotated[
        str | None, typer.Option("--out", metavar="RUN2", help="Folder or URL of a changed copy.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take documents out of a run, or a copy of it.

    Their texts, addresses and tokens, with all documents of the same text. Only files that hold one
    of them are written anew. RUN may be what winnow pack wrote, LIST what a takedown of its run
    wrote to takedowns/.
    """
    from pipelines.commands import takedown as command

    if in_place == (out is not None):
        raise typer.BadParameter("give one of the two: --in-place, or --out RUN2")
    with _exit_codes({OSError: 1, ValueError: 1}, run):
        command.command(run, list_, out, as_json)


@app.command()
def near(
    run: RunArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="UTF-8 text to look for; .jsonl, .csv or .parquet: many."
        ),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="The text itself.")] = None,
    min_similarity: Annotated[
        float, typer.Option(help="Jaccard similarity that a match has at least.")
    ] = 0.5,
    as_json: JsonOption = False,
) -> None:
    """Find near-duplicates of a text in a run."""
    from pipelines.commands import near as command

    with _exit_codes({OSError: 1, ValueError: 1}, run):
        command.command(run, file, text, min_similarity, as_json)


@app.command()
def explain(
    run: RunArgument,
    wanted: Annotated[
        str, typer.Argument(metavar="ID|URL", help="A document's id in hexadecimal, or its URL.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Tell what became of a document, and why.

    Each value is beside its threshold. No text is shown: cuts and redactions are told as kinds and
    places.
    """
    from pipelines.commands import explain as command
    from pipelines.recipe.config import RecipeError

    with _exit_codes({RecipeError: 1, ValueError: 1}, run):
        command.command(run, wanted, as_json)


@app.command()
def sample(
    run: RunArgument,
    reason: Annotated[
        str | None,
        typer.Option(help="Dropped for this, e.g. gopher_quality.too_few_words or a whole rule."),
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option(help="Of this language, e.g. de; may be repeated.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Of this source of the run; may be repeated.")
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(help="Where they ended: documents, duplicates, repetition; corpus is kept."),
    ] = None,
    kept: Annotated[
        bool | None, typer.Option("--kept/--dropped", help="Those kept, or those that are not.")
    ] = None,
    number: Annotated[int, typer.Option("--n", min=1, help="How many.")] = 20,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 0,
    flipped_by: Annotated[
        list[str] | None,
        typer.Option(
            "--flipped-by",
            metavar="KEY=VALUE",
            help="Those that another threshold would keep or drop, as replay computes it.",
        ),
    ] = None,
    adult: Annotated[
        bool, typer.Option("--adult", help="Show adult text too; personal data stays masked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show some documents, with what decided.

    They are drawn by a keyed hash, and the text that decided is marked. Personal data is masked,
    and so are adult words.
    """
    from pipelines.commands import sample as command
    from pipelines.recipe.config import RecipeError

    wanted = command.Wanted(reason, lang or (), source or (), stage, kept)
    with _exit_codes({RecipeError: 2, ValueError: 1}, run):
        command.command(run, wanted, number, seed, flipped_by or (), adult, as_json)


@app.command()
def diff(
    run: Annotated[str, typer.Argument(metavar="A", help="Folder or URL of a run.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Of another one.")],
    number: Annotated[
        int, typer.Option("--n", min=0, help="How many documents of each change are listed.")
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two runs.

    Recipes, counts by stage, source and language, documents that changed sides, token cost.
    """
    from pipelines.commands import diff as command

    with _exit_codes({ValueError: 1}, run, other):
        command.command(run, other, number, as_json)


@app.command()
def replay(
    run: RunArgument,
    set_: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A threshold, e.g. rules.gopher_quality.min_words=30; null takes it out.",
        ),
    ],
    sample: Annotated[int, typer.Option(help="How many documents that flip are listed.")] = 10,
    text: Annotated[
        bool, typer.Option("--text", help="Also print their text, where the run kept it.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="All that flip, as Parquet.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what other thresholds would have kept.

    Verdicts are computed from the values that the run stored; no text is read.
    """
    from pipelines.commands import replay as command
    from pipelines.recipe.config import RecipeError

    codes: dict[type[Exception], int] = {
        RecipeError: 2, command.ReplayError: 1, OSError: 1, ValueError: 1,
    }  # fmt: skip
    with _exit_codes(codes, run):
        command.command(run, set_, sample, text, out, as_json)


@app.command()
def report(
    run: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Unless given, RUN.html here."),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            min=0,
            max=20,
            help="Show so many texts of each outcome, with personal data masked: they are "
            "strangers'.",
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write a run as one HTML file, which needs no network.

    Alarms, the funnel by source, languages, token cost, duplicates, provenance, and a slider for
    each threshold, which shows how many documents another one would have kept.
    """
    from pipelines.commands import report as command

    with _exit_codes({OSError: 1, ValueError: 1}, run):
        command.command(run, out, samples, as_json)


@app.command()
def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this one.", autocompletion=_shipped)
    ] = None,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of recipes, for editors.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the recipes that ship with winnow, or print one."""
    from pipelines.commands import recipes as command

    with _exit_codes():
        command.command(name, as_schema, as_json)


@app.command()
def rules(
    name: Annotated[
        str | None, typer.Argument(help="Explain this rule or pack.", autocompletion=_rules)
    ] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print all of it as docs/rules.md has it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List rules and packs, or explain one."""
    from pipelines.commands import rules as command

    with _exit_codes():
        command.command(name, as_markdown, as_json)


@app.command("train-classifier")
def train_classifier(
    out: Annotated[Path, typer.Option("--out", metavar="MODEL", help="Model to write: a .bin.")],
    positive: Annotated[
        list[str] | None,
        typer.Option("--positive", help="Good texts: .jsonl (.gz, .zst) or .parquet."),
    ] = None,
    negative: Annotated[
        list[str] | None, typer.Option("--negative", help="Other texts, likewise.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--labels", help="Or texts of both kinds: .parquet with a column of labels."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="That column, e.g. adult; .5 and more is positive, empty is left out."),
    ] = None,
    field: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    held_out: Annotated[float, typer.Option(help="Share of the texts for evaluation.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Of the share held out, and of training.")] = 0,
    dimension: Annotated[int, typer.Option(help="Of the vectors.")] = 100,
    word_ngrams: Annotated[int, typer.Option(help="Up to so many words are one feature.")] = 2,
    epochs: Annotated[
        int | None,
        typer.Option(help="Passes over the texts; unless given, until more do not help."),
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="Halved where training diverges.")] = 0.5,
    buckets: Annotated[
        int, typer.Option(help="Rows for n-grams; they make a model big.")
    ] = 2000000,
    hashed: Annotated[
        bool,
        typer.Option(
            "--hashed",
            help="Know words by hashes of their parts alone: the model holds no text, has 4 bytes "
            "a bucket, and scores faster.",
        ),
    ] = False,
) -> None:
    """Train a quality classifier (fastText).

    A recipe names it under `documents.classifiers`. Its evaluation on the texts held out, by
    language, stands in MODEL.json. Texts of two sources teach it the style of the sources too.
    """
    from pipelines.commands import train_classifier as command

    training = {
        "dimension": dimension,
        "word_ngrams": word_ngrams,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "buckets": buckets,
        "seed": seed,
        "hashed": hashed,
    }
    with _exit_codes({FileNotFoundError: 2, OSError: 1, ValueError: 1}):
        command.command(
            positive or (), negative or (), labels or (), out, training, held_out, field, target
        )


@app.command("train-tokenizer")
def train_tokenizer(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|FILES...",
            help="A finished run, or text: .txt, .jsonl, .parquet (.gz, .zst), globs, folders.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write.")],
    vocab_size: Annotated[int, typer.Option(help="Tokens, with bytes and special ones.")] = 32768,
    vocab_multiple_of: Annotated[
        int, typer.Option(help="The vocabulary is a multiple of this, e.g. 128.")
    ] = 1,
    pattern: Annotated[
        str, typer.Option(help="How text is cut before merging: gpt2, cl100k or o200k.")
    ] = "o200k",
    max_digits: Annotated[
        int | None, typer.Option(help="1 cuts digits apart, 3 groups them by three.")
    ] = None,
    eos_token: Annotated[
        str, typer.Option(help="The token that ends a text, which gets the id 0.")
    ] = "<|endoftext|>",
    special_tokens: Annotated[
        list[str] | None, typer.Option(help="A further special token; may be repeated.")
    ] = None,
    balance: Annotated[
        float, typer.Option(help="1 keeps languages' shares of the text, 0 makes them equal.")
    ] = 0.3,
    fair: Annotated[
        float, typer.Option(help="Last share of the merges that the worst-off languages choose.")
    ] = 0,
    field: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    language_field: Annotated[
        str | None, typer.Option(help="Column of its language; unless given, it is identified.")
    ] = None,
) -> None:
    """Train a tokenizer on a run's text or on files.

    Writes tokenizer.json, and beside it what Hugging Face's transformers needs to load the folder.
    The order of the files changes nothing.
    """
    from pydantic import ValidationError

    from pipelines.commands import train_tokenizer as command
    from tokenizer_train.settings import Tokenizer

    keys = {
        "vocab_size": vocab_size,
        "vocab_multiple_of": vocab_multiple_of,
        "pattern": pattern,
        "max_digits": max_digits,
        "eos_token": eos_token,
        "special_tokens": special_tokens or [],
        "balance": balance,
        "fair": fair,
    }
    try:
        settings = Tokenizer.model_validate(keys)
    except ValidationError as error:
        _fail(_options_told(error), 2)
    with _exit_codes({FileNotFoundError: 2, OSError: 1, OverflowError: 1}):
        command.command(given, out, settings, field, language_field)


@app.command()
def quantile(
    run: RunArgument,
    column: Annotated[str, typer.Argument(help="A measured value, e.g. classifier.quality.")],
    keep: Annotated[float, typer.Option(help="Share of the documents that is to stay.")],
    language: Annotated[str | None, typer.Option(help="Of this language alone.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the threshold that keeps a share of a run."""
    from pipelines.commands import quantile as command

    with _exit_codes({ValueError: 2}, run):
        command.command(run, column, keep, language, as_json)


@app.command("token-cost")
def token_cost(
    tokenizers: Annotated[
        list[str],
        typer.Argument(
            metavar="TOKENIZER...",
            help="tokenizer.json or a folder with one, tiktoken's ranks, a SentencePiece model.",
        ),
    ],
    parallel: Annotated[
        list[str],
        typer.Option(
            "--parallel",
            metavar="FILE[:ID,LANGUAGE,TEXT]",
            help="Parallel text: FLORES-200, MASSIVE or NTREX as published, or a table with the "
            "names of its columns; may be repeated.",
        ),
    ],
    reference: Annotated[str, typer.Option(help="The language whose cost is 1.")] = "en",
    languages: Annotated[
        str | None,
        typer.Option(metavar="L,L...", help="Also sum up over these, such as those trained on."),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(help="How unknown tiktoken ranks cut text: gpt2, cl100k, o200k or a regex."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="This part of the text alone: dev, devtest.")
    ] = None,
    join: Annotated[
        bool, typer.Option("--join", help="Count each language as one text, as Petrov et al. do.")
    ] = False,
    prices: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="CSV or JSON: model, price of a million tokens."),
    ] = None,
    context: Annotated[
        int | None, typer.Option(min=1, help="A context window, in tokens, to compare lengths by.")
    ] = None,
    corpus_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens of a corpus: what training on it takes.")
    ] = None,
    corpus: Annotated[
        str | None, typer.Option(metavar="RUN", help="Or a run, whose tokens are projected.")
    ] = None,
    flops: Annotated[
        float, typer.Option(min=1, help="Operations a second of a GPU; the default is an H100's.")
    ] = 989e12,
    utilisation: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of them that training reaches.")
    ] = 0.4,
    show_all: Annotated[bool, typer.Option("--all", help="Show every language.")] = False,
    format_: Annotated[
        str | None, typer.Option("--format", help="text, csv, json or parquet.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Write every language there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what tokenizers cost each language.

    Measured on parallel text, where all languages say the same; no run is needed.
    """
    from pipelines.commands import token_cost as command

    training = command.Training(corpus_tokens, corpus, flops, utilisation)
    with _exit_codes({OSError: 1, ValueError: 1, ImportError: 1}):
        command.command(
            tokenizers, parallel, reference, languages.split(",") if languages else (), pattern,
            split, join, prices, context, training, show_all, "json" if as_json else format_, out,
        )  # fmt: skip


@app.command()
def worth(
    run: RunArgument,
    good: Annotated[
        list[str] | None,
        typer.Option(
            "--good",
            metavar="[KIND:]PATH",
            help="Good text that the run has not read, e.g. mediawiki:enwiki.xml.bz2; may be "
            "repeated.",
        ),
    ] = None,
    good_source: Annotated[
        list[str] | None,
        typer.Option(
            help="Or a source of the run whose text is good; unless given, its encyclopedias."
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="A rule, with its reasons, or one reason; may be repeated. Unless given, all.",
            autocompletion=_rules,
        ),
    ] = None,
    lang: Annotated[
        list[str] | None,
        typer.Option(help="A language, e.g. de; may be repeated. Unless given, all of good text."),
    ] = None,
    mb: Annotated[float, typer.Option(help="MB of text that each model learns from, at most.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Tell whether a run's recipe, and each rule of it, helps.

    Small models learn from equal bytes of what was kept, dropped and read, and predict good text.
    It is a proxy, and says what it cannot show.
    """
    from filters.worth.steps import WorthError
    from pipelines.commands import worth as command
    from pipelines.recipe.config import RecipeError

    codes: dict[type[Exception], int] = {RecipeError: 2, WorthError: 2, OSError: 1}
    with _exit_codes(codes, run):
        command.command(run, good or (), good_source or (), rule or (), lang or (), mb, as_json)


@app.command("compile")
def compile_kernels() -> None:
    """Compile the kernels for this machine, on all cores.

    Needed once after installation, and done by the first run if it was not done before.
    """
    from pipelines.commands import compile as command

    with _exit_codes():
        command.command()


@app.command("reddit-links")
def reddit_links(
    dumps: Annotated[list[str], typer.Argument(metavar="DUMP...", help="Submissions: RS_*.zst.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="One URL a line.")],
    min_score: Annotated[int, typer.Option(help="Least points of a submission.")] = 3,
) -> None:
    """Write the URLs that Reddit's submissions link to.

    The file serves as the option `urls` of a source, which keeps the pages on it (WebText's rule).
    """
    from pipelines.commands import reddit_links as command

    with _exit_codes({FileNotFoundError: 2, OSError: 1}):
        command.command(dumps, out, min_score)


def _options_told(error: "ValidationError") -> str:
    """What is wrong with options that are the keys of a section."""
    return "; ".join(
        f"--{str(e['loc'][0]).replace('_', '-')}: {e['msg']}" if e["loc"] else e["msg"]
        for e in error.errors()
    )


@contextlib.contextmanager
def _exit_codes(codes: dict[type[Exception], int] | None = None, *runs: str) -> Iterator[None]:
    """Ends the process where a command fails: with a sentence, and without a traceback.

    Args:
      codes: exit code by kind of error; the first that fits counts. An error of another kind, but
        for a command's own `Failure`, is a fault of winnow and shows its traceback.
      runs: what the command reads. If one of them is damaged, that is the fault.
    """
    from pipelines.commands import console

    try:
        yield
    except console.Failure as failure:
        _fail(failure, failure.code)
    except tuple(codes or ()) as error:
        _fail(error, next(code for kind, code in (codes or {}).items() if isinstance(error, kind)))
    except FileNotFoundError as error:
        _fail(error, 1)
    except NotADirectoryError as error:
        _fail(f"{Path(str(error.filename)).parent} is a file; give the folder of a run", 2)
    except Exception as error:
        from manifests.addresses import BadAddress
        from manifests.store import Damaged

        if isinstance(error, (BadAddress, Damaged)):
            _fail(error, 1 if isinstance(error, Damaged) else 2)
        for run in runs:
            if why := console.why_unreadable(run):
                _fail(why, 1)
        raise


def _fail(message: object, code: int) -> NoReturn:
    _print_error(message)
    raise typer.Exit(code)


def _print_error(message: object) -> None:
    from pipelines.commands import console

    console.err.print(f"winnow: {message}", markup=False, soft_wrap=True)


def _exit_now(code: int) -> NoReturn:
    """Ends at once: Beam's threads may still wait for workers that are gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Entry point of the command `winnow`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no character for a text shows a question mark.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
