"""The command `winnow`. Exit codes: 0 done, 1 failed, 2 wrong usage or recipe."""

import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from manifests.store import Store
from manifests.verify import verify as verify_run
from pipelines.recipe.config import RecipeError, suggest

# Beam warns at import about cloud libraries that are not there.
logging.getLogger().setLevel(logging.ERROR)

app = typer.Typer(
    name="winnow",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="LLM pretraining data from raw crawls, encyclopedias and API dumps.",
)
# Tables need room; a pipe has no width of its own.
_out = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
_err = Console(stderr=True, highlight=False)

RecipeArgument = Annotated[
    str,
    typer.Argument(metavar="RECIPE", help="A shipped recipe's name, or a .yaml file."),
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
        typer.Option(help="Processes of DirectRunner; one a core unless given, 1 to debug."),
    ] = None,
    source: SourceOption = None,
    set_: SetOption = None,
    keep_going: KeepGoingOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Run a recipe; options for Beam's runner follow after --.

    Running the same command again goes on where an interrupted or failed run stopped.
    """
    # Imported here: the other commands need no Beam, and the zygote forks from what is loaded.
    from pipelines.commands.doctor import refuse
    from pipelines.engines.runners import DIRECT, start_engine
    from pipelines.preload import preload
    from pipelines.progress import Monitor
    from pipelines.run import execute

    loaded = _load(recipe, set_, source)
    try:
        if runner != DIRECT:
            refuse(loaded, out, runner, context.args)
        with (
            start_engine(runner, workers, context.args, preload) as engine,
            Monitor(_err, quiet) as monitor,
        ):
            manifest = execute(loaded, out, engine, monitor, keep_going)
    except RecipeError as error:
        _fail(error, 2)
    except KeyboardInterrupt:
        _err.print("winnow: interrupted; the same command goes on from here")
        _exit_now(130)
    except Exception as error:
        if debug:
            raise
        _err.print(f"winnow: {_reason(error)}", markup=False, soft_wrap=True)
        _err.print("winnow: the same command goes on from here; --debug shows the traceback")
        _exit_now(1)
    _out.print(_summary(Store(out), manifest, out))


@app.command()
def plan(
    recipe: RecipeArgument,
    source: SourceOption = None,
    set_: SetOption = None,
    keep_going: KeepGoingOption = False,
) -> None:
    """Show what a run would do: the resolved recipe, work units and sizes."""
    from pipelines.recipe.plan import estimated_text_bytes
    from pipelines.recipe.plan import plan as make_plan

    loaded = _load(recipe, set_, source)
    try:
        planned = make_plan(loaded, keep_going)
    except RecipeError as error:
        _fail(error, 2)
    text = yaml.safe_dump(loaded.to_json(), sort_keys=False, allow_unicode=True)
    _out.print(text, markup=False, soft_wrap=True, end="")
    table = Table("unit", "source", "kind", "path", "range", "MB", "text MB", title="Work units")
    for unit in planned.units:
        span = "whole" if unit.end < 0 else f"{unit.start}-{unit.end}"
        size = f"{unit.size_bytes / 1e6:.2f}"
        text_size = f"~{estimated_text_bytes(unit) / 1e6:.2f}"
        table.add_row(unit.name, unit.source, unit.kind, unit.path, span, size, text_size)
    _out.print(table)
    text_bytes = sum(estimated_text_bytes(unit) for unit in planned.units)
    _out.print(
        f"{len(planned.units)} units, {planned.size_bytes / 1e6:.1f} MB to read, roughly "
        f"{text_bytes / 1e6:.1f} MB of text before rules; recipe digest {loaded.digest()[:16]}"
    )


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
) -> None:
    """Check this machine, an engine and a recipe's paths; options for Beam follow after --."""
    from pipelines.commands.doctor import examine

    args = list(context.args)
    if recipe is not None and recipe.startswith("-"):  # options behind -- without a recipe
        args, recipe = [recipe, *args], None
    loaded = _load(recipe, set_, source) if recipe is not None else None
    fatal = False
    table = Table("", "what")
    for heading in ("found", "remedy"):  # a command must stay whole
        table.add_column(heading, overflow="fold")
    for check in examine(runner, args, loaded, out):
        fatal = fatal or bool(check.remedy and check.fatal)
        mark = ("FAULT" if check.fatal else "note") if check.remedy else "ok"
        table.add_row(mark, Text(check.what), Text(check.found), Text(check.remedy))
    _out.print(table)
    if fatal:
        _fail("not ready; each FAULT names its remedy", 1)


@app.command()
def inspect(
    run: RunArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
    svg: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also save the summary as a picture.")
    ] = None,
) -> None:
    """Show what a run did."""
    store = Store(run)
    manifest = _manifest(store)
    if as_json:
        print(json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False))
        return
    console = Console(record=True, width=110, highlight=False, file=open(os.devnull, "w"))  # noqa: SIM115
    renderable = _summary(store, manifest, run)
    _out.print(renderable)
    if svg:
        console.print(renderable)
        picture = console.export_svg(title=f"winnow inspect {run}")
        # rich links a web font; a picture that fetches nothing falls back to the local monospace.
        Path(svg).write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S))


@app.command()
def verify(run: RunArgument) -> None:
    """Check a run against its manifest: every file, every count, every digest."""
    store = Store(run)
    try:
        faults = list(verify_run(store))
    except FileNotFoundError as error:
        _fail(error, 1)
    for fault in faults:
        _out.print(f"FAULT {fault}", markup=False, soft_wrap=True)
    if faults:
        _fail(f"{len(faults)} faults in {run}", 1)
    manifest = store.read_json("manifest.json")
    files = sum(len(stage["files"]) for stage in manifest["reproducible"]["stages"].values())
    _out.print(f"{run} is whole: {files} files, run_digest {manifest['run_digest']}")


@app.command()
def near(
    run: RunArgument,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="UTF-8 text to look for.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="The text itself.")] = None,
    min_similarity: Annotated[
        float, typer.Option(help="Jaccard similarity that a match has at least.")
    ] = 0.5,
) -> None:
    """Find documents of a run that are near-duplicates of a text."""
    from pipelines.commands.near import find_near

    if (file is None) == (text is None):
        _fail("give a FILE or --text", 2)
    store = Store(run)
    _manifest(store)
    try:
        wanted = text if file is None else file.read_text(encoding="utf-8")
        matches = find_near(store, wanted or "", min_similarity)
    except (OSError, ValueError) as error:
        _fail(error, 1)
    table = Table("document", "source", "", "part, row", "similarity", "estimated", "removed as")
    for match in matches:
        place, similar = f"{match.unit}, {match.row}", f"{match.similarity:.3f}"
        table.add_row(
            match.doc_id, match.source, match.language, place, similar, f"{match.estimated:.3f}",
            match.removed or "",
        )  # fmt: skip
    _out.print(table)
    _out.print(f"{len(matches)} documents have a similarity of {min_similarity} or more")


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
) -> None:
    """Show what other thresholds would have kept, from stored values and without text."""
    from pipelines.commands.replay import ReplayError, text_of, write_flips
    from pipelines.commands.replay import replay as replay_run

    store = Store(run)
    _manifest(store)
    try:
        result = replay_run(store, set_, sample)
        if out is not None:
            write_flips(store, set_, out)
    except RecipeError as error:
        _fail(error, 2)
    except (ReplayError, OSError) as error:
        _fail(error, 1)
    table = Table("stage documents", "run", "replay", "difference")
    for reason, before, after in result.rows():
        table.add_row(Text(reason), f"{before:,}", f"{after:,}", f"{after - before:+,}")
    table.add_row(
        "kept, MB read", f"{result.bytes_before / 1e6:.3f}", f"{result.bytes_after / 1e6:.3f}",
        f"{(result.bytes_after - result.bytes_before) / 1e6:+.3f}",
    )  # fmt: skip
    _out.print(table)
    _out.print(f"{result.flips:,} documents flip; duplicates among them are not looked for")
    if not result.sample:
        return
    table = Table("document", "source", "url or id", "run, replay")
    for heading in table.columns:
        heading.overflow = "fold"
    table.columns[0].min_width = 32
    for flip in result.sample:
        source = f"{flip['source']} {flip['language']}"
        told = "\n".join(flip[side] or "kept" for side in ("before", "after"))
        where = Text(flip["url"] or flip["native_id"])
        table.add_row(flip["doc_id"].hex(), source, where, told)
    _out.print(table)
    if text:
        for flip in result.sample:
            found = text_of(store, flip)
            _out.rule(flip["doc_id"].hex())
            shown = "(the run kept no text of it)" if found is None else found
            _out.print(shown, markup=False, soft_wrap=True)


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this one.")] = None,
) -> None:
    """List the recipes that ship with winnow, or print one."""
    from pipelines.recipe import loading

    shipped = loading.shipped()
    if name is not None:
        if name not in shipped:
            _fail(f"unknown recipe {name!r}; shipped are {', '.join(shipped)}", 2)
        print(loading.shipped_text(name), end="")
        return
    table = Table("recipe", "what it does")
    for recipe_name, description in shipped.items():
        table.add_row(recipe_name, description)
    _out.print(table)


@app.command()
def rules(
    name: Annotated[str | None, typer.Argument(help="Explain this rule or pack.")] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print all of it as docs/rules.md has it.")
    ] = False,
) -> None:
    """List packs and rules with their published thresholds, or explain one."""
    from filters.rules.catalogue import explain, markdown
    from filters.rules.registry import PACKS, RULES

    if as_markdown:
        print(markdown(), end="")
        return
    if name is None:
        for pack in PACKS.values():
            _out.print(f"[bold]pack {pack.name}[/]: {', '.join(pack.recipe)}")
        table = Table("rule", "threshold", "published", "reason when it fails")
        for rule in RULES.values():
            for first, threshold in enumerate(rule.thresholds):
                reason = threshold.reason if threshold.scope == "document" else "(the line goes)"
                shown = rule.name if first == 0 else ""
                table.add_row(shown, threshold.key, f"{threshold.published:g}", reason)
        _out.print(table)
        return
    if name not in {**RULES, **PACKS}:
        known = [*PACKS, *RULES]
        _fail(f"unknown rule {name!r}{suggest(name, known)}; known are {', '.join(known)}", 2)
    for line in explain(name):
        _out.print(line, markup=False, soft_wrap=line.startswith("| "))


@app.command("train-classifier")
def train_classifier(
    positive: Annotated[
        list[str], typer.Option("--positive", help="Good texts: .jsonl (.gz, .zst) or .parquet.")
    ],
    negative: Annotated[list[str], typer.Option("--negative", help="Other texts, likewise.")],
    out: Annotated[Path, typer.Option("--out", metavar="MODEL", help="Model to write: a .bin.")],
    field: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    held_out: Annotated[float, typer.Option(help="Share of the texts for evaluation.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Of the share held out, and of training.")] = 0,
    dimension: Annotated[int, typer.Option(help="Of the vectors.")] = 100,
    word_ngrams: Annotated[int, typer.Option(help="Up to so many words are one feature.")] = 2,
    epochs: Annotated[int, typer.Option(help="Passes over the texts.")] = 5,
    learning_rate: Annotated[float, typer.Option(help="Halved where training diverges.")] = 0.1,
    buckets: Annotated[
        int, typer.Option(help="Rows for n-grams; they make a model big.")
    ] = 2000000,
) -> None:
    """Train a quality classifier (fastText) for a recipe's `classifiers`.

    Its evaluation on the texts held out stands in MODEL.json.
    """
    from filters.language.classifier import Training
    from pipelines.commands.train_classifier import train_classifier as train

    how = Training(dimension, word_ngrams, epochs, learning_rate, buckets, seed)
    try:
        done = train(positive, negative, out, how, held_out, field)
    except (OSError, ValueError) as error:
        _fail(error, 1)
    found = done["evaluation"]
    scores = ", ".join(
        f"{name} {found[name]:.3f}"
        for name in ("precision", "recall", "auc")
        if found[name] is not None
    )
    _out.print(
        f"{out}: {done['training']['texts']} texts learnt; {found['texts']} held out: {scores}"
    )


@app.command()
def quantile(
    run: RunArgument,
    column: Annotated[str, typer.Argument(help="A measured value, e.g. classifier.quality.")],
    keep: Annotated[float, typer.Option(help="Share of the documents that is to stay.")],
    language: Annotated[str | None, typer.Option(help="Of this language alone.")] = None,
) -> None:
    """Tell the threshold at which a share of a run's documents would stay."""
    from pipelines.commands.quantile import top_share

    store = Store(run)
    _manifest(store)
    try:
        found = top_share(store, column, keep, language)
    except ValueError as error:
        _fail(error, 1)
    _out.print(
        f"{found.value:.9g} is reached by {found.reached:,} of {found.documents:,} documents "
        f"({found.reached / found.documents:.2%})"
    )


@app.command("reddit-links")
def reddit_links(
    dumps: Annotated[list[str], typer.Argument(metavar="DUMP...", help="Submissions: RS_*.zst.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="One URL a line.")],
    min_score: Annotated[int, typer.Option(help="Least points of a submission.")] = 3,
) -> None:
    """Write the URLs that Reddit's submissions link to: a source's list of `urls` (WebText)."""
    from pipelines.sources import expand
    from pipelines.sources.url_lists import reddit_links as linked

    try:
        found = linked([path for dump in dumps for path in expand(dump)], min_score)
        out.write_text("".join(f"{url}\n" for url in found), encoding="utf-8")
    except OSError as error:
        _fail(error, 1)
    _out.print(f"{len(found)} URLs in {out}")


def _load(name: str, overrides: list[str] | None, sources: list[str] | None) -> Any:
    from pipelines.recipe.loading import load

    try:
        return load(name, overrides or (), sources or ())
    except RecipeError as error:
        _fail(error, 2)


def _manifest(store: Store) -> Any:
    if not store.exists("manifest.json"):
        done = [p for p in store.list("stages") if p.count("/") == 1 and ".key." not in p]
        hint = f"; complete so far: {', '.join(done)}" if done else ""
        _fail(f"there is no finished run in {store}{hint}", 1)
    try:
        return store.read_json("manifest.json")
    except ValueError as error:
        _fail(error, 1)


def _summary(store: Store, manifest: Any, where: str) -> Any:
    from manifests.summary import summary

    cost = store.read_table("token_cost/token_cost.parquet")
    return summary(manifest, cost, where.rstrip("/"))


def _reason(error: Exception) -> str:
    """The sentence inside an error that came through Beam, which wraps whole tracebacks."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error: " in line or "Exception: " in line:
            sentence = line.split(": ", 1)[1]
            return sentence.split(" [while running")[0]
    return lines[-1] if lines else type(error).__name__


def _fail(message: object, code: int) -> Any:
    _err.print(f"winnow: {message}", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def _exit_now(code: int) -> None:
    """Ends at once: Beam's threads may still wait for workers that are gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Entry point of the command `winnow`."""
    app()
