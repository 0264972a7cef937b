"""`winnow token-cost`: what tokenizers cost each language, on parallel text and without a run."""

import dataclasses
import json
import os
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from rich import box
from rich.table import Table

from manifests.statistics import KEPT, Funnel
from manifests.store import Store
from pipelines.commands import console
from pipelines.sources import files, parallel_text
from tokenizer_train import published, summary
from tokenizer_train.cost import TokenCost
from tokenizer_train.meter import Meter
from tokenizer_train.published import Published

FORMATS = ("text", "csv", "json", "parquet")
# What a folder with a tokenizer holds, in the order in which it is looked for.
_IN_FOLDERS = ("tokenizer.json", "tokenizer.model", "tokenizer.tiktoken")
_SHOWN = 15


@dataclasses.dataclass(frozen=True)
class Training:
    """What a corpus is projected with.

    Attributes:
      tokens: of the corpus; None where `run` says its bytes.
      run: a finished run, whose survivors are the corpus.
      flops: floating-point operations a second of one GPU.
      utilisation: the share of them that training reaches.
    """

    tokens: int | None
    run: str | None
    flops: float
    utilisation: float


@dataclasses.dataclass(frozen=True)
class Result:
    """What one tokenizer costs.

    Attributes:
      table: `tokenizer_train.cost.TOKEN_COST`, with prices and context where they were asked for.
      everywhere, chosen: over all languages, and over those of `--languages`.
      covered: with a run, the share of its bytes that are in languages of the parallel text.
    """

    tokenizer: Published
    table: pa.Table
    everywhere: summary.Spread
    chosen: summary.Spread | None
    vocabulary: summary.Vocabulary
    projection: summary.Projection | None
    covered: float | None

    def to_json(self) -> dict[str, Any]:
        facts = {
            name: None if (value := getattr(self, name)) is None else dataclasses.asdict(value)
            for name in ("everywhere", "chosen", "vocabulary", "projection")
        }
        head = {"tokenizer": self.tokenizer.name, "format": self.tokenizer.format}
        return {**head, **facts, "covered": self.covered}


def command(
    tokenizers: Sequence[str],
    parallel: Sequence[str],
    reference: str,
    languages: Sequence[str],
    pattern: str | None,
    split: str | None,
    join: bool,
    prices: str | None,
    context: int | None,
    training: Training,
    show_all: bool,
    format_: str | None,
    out: str | None,
    seed: int = 0,
) -> None:
    """Measures and prints, or writes `out`.

    Raises:
      Failure: an option has a wrong value.
      OSError, ValueError, ImportError: a file cannot be read; the message says which and why.
    """
    kind = _kind(format_, out)
    if kind == "parquet" and out is None:
        raise console.Failure("--format parquet is no text; give --out FILE", 2)
    known_prices = summary.read_prices(_content(prices), prices) if prices else {}
    tools = _named([_tokenizer(path, pattern) for path in tokenizers], tokenizers)
    text = parallel_text.read(parallel, split)
    labels = pc.unique(text["language"]).to_pylist()
    base = _label(reference, labels, "--reference")
    wanted = [_label(one, labels, "--languages") for one in languages]
    if join:
        text = parallel_text.joined(text)
    results = []
    for tool in tools:
        cost = TokenCost.of_sentences(text, Meter(tool.encoder, tool.tokens))
        found = cost.premiums(base, seed)
        table = cost.table(base, seed, known=found)
        projection, covered = _projection(cost, training)
        results.append(
            Result(
                tool,
                summary.with_prices(table, known_prices, context),
                summary.spread(found),
                summary.spread(found, wanted) if wanted else None,
                summary.vocabulary(tool.encoder, tool.tokens, cost.frequency),
                projection,
                covered,
            )
        )
    if kind == "text" and out is None:
        for result in results:
            _print(result, base, wanted, show_all)
        _print_summaries(results)
        return
    _write(results, kind, out)
    if out is not None:
        _print_summaries(results)
        console.say(f"written: {out}")


def _kind(format_: str | None, out: str | None) -> str:
    ending = Path(out).suffix[1:] if out else ""
    kind = format_ or (ending if ending in FORMATS else "text" if out is None else "csv")
    if kind not in FORMATS:
        raise console.Failure(f"--format is {kind!r}; give one of {', '.join(FORMATS)}", 2)
    return kind


def _tokenizer(path: str, pattern: str | None) -> Published:
    file = path
    if files.is_local(path) and os.path.isdir(path):
        inside = [name for name in _IN_FOLDERS if os.path.exists(os.path.join(path, name))]
        if not inside:
            raise console.Failure(
                f"the folder {path} has no {', '.join(_IN_FOLDERS)}; give the tokenizer's file", 2
            )
        file = os.path.join(path, inside[0])
    folder, name = posixpath.split(file)
    stem = posixpath.splitext(name)[0]
    if stem == "tokenizer":  # what nearly all are called
        stem = posixpath.basename(os.path.abspath(folder)) if folder else stem
        if stem == "tokenizer":  # of a run
            stem = posixpath.basename(posixpath.dirname(os.path.abspath(folder)))
    return published.read(_content(file), file, stem, pattern)


def _named(tools: list[Published], paths: Sequence[str]) -> list[Published]:
    names = [tool.name for tool in tools]
    return [
        dataclasses.replace(tool, name=path) if names.count(tool.name) > 1 else tool
        for tool, path in zip(tools, paths, strict=True)
    ]


def _content(path: str) -> bytes:
    with files.open_binary(path) as file:
        return file.read()


def _label(language: str, labels: Sequence[str], option: str) -> str:
    label = parallel_text.label_of(language, labels)
    if label is None:
        shown = ", ".join(sorted(labels)[:20]) + (", ..." if len(labels) > 20 else "")
        raise console.Failure(
            f"{option}: the parallel text has no language {language!r}, or several; it has {shown}",
            2,
        )
    return label


def _projection(
    cost: TokenCost, training: Training
) -> tuple[summary.Projection | None, float | None]:
    tokens, covered = training.tokens, None
    if training.run is not None:
        store = Store(training.run)
        stages = console.manifest_of(store)["reproducible"]["stages"]
        last = "repetition" if "repetition" in stages else "duplicates"
        kept = Funnel.from_json(stages[last]["funnel"]).by(KEPT, "language")
        by_label: dict[str, int] = {}
        labels = sorted(cost.sums)
        for language, count in kept.items():
            label = parallel_text.label_of(language, labels) or language
            by_label[label] = by_label.get(label, 0) + count.text_bytes
        projected, covered = summary.corpus_tokens(cost, by_label)
        tokens = round(projected)
    if tokens is None:
        return None, None
    return summary.project(tokens, training.flops, training.utilisation), covered


def _print(result: Result, base: str, wanted: Sequence[str], show_all: bool) -> None:
    rows = result.table.to_pylist()
    rows.sort(key=lambda row: (-(row["premium"] or 0), row["language"]))
    always = {base, *wanted}
    shown = [
        row for i, row in enumerate(rows) if show_all or i < _SHOWN or row["language"] in always
    ]
    table = Table(
        title=f"{result.tokenizer.name}: tokens beside {base} for the same sentences",
        title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1),
    )  # fmt: skip
    extra = [name for name in rows[0] if name.startswith("price_") or name == "context_tokens"]
    heads = ["", f"x {base}", "95 %", "bytes x", "tokenizer x", "tokens", "median", "x median",
             "per word", "per character", "1-token words", *map(_head, extra), "lost"]  # fmt: skip
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left")
    for row in shown:
        table.add_row(
            row["language"], _number(row["premium"]),
            _interval(row["premium_low"], row["premium_high"]), _number(row["byte_premium"]),
            _number(row["tokenizer_share"]), f"{row['tokens']:,}", f"{row['median_tokens']:g}",
            _number(row["median_premium"]), _number(row["tokens_per_word"]),
            _number(row["tokens_per_cluster"]), _share(row["single_token_words"]),
            *(_number(row[name]) if name != "context_tokens" else _whole(row[name])
              for name in extra),
            f"{row['round_trip_failures']:,}",
        )  # fmt: skip
    console.out.print(table)
    if left := len(rows) - len(shown):
        console.say(f"and {left} languages more, which --all shows")
        console.say("")


def _print_summaries(results: Sequence[Result]) -> None:
    table = Table(
        title="Over all languages", title_justify="left", title_style="bold",
        box=box.SIMPLE_HEAD, padding=(0, 1),
    )  # fmt: skip
    heads = ("", "languages", "Gini", "95 %", "worst", "x", "median x", "tokens in vocabulary",
             "used", "dead", "junk", "over-long", "Rényi efficiency")  # fmt: skip
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left")
    for result in results:
        words = result.vocabulary
        counts = (words.size, words.used, words.dead, words.junk, words.over_long)
        use = (*(f"{n:,}" for n in counts), _number(words.renyi_efficiency, 3))
        table.add_row(result.tokenizer.name, *_told(result.everywhere), *use)
        if result.chosen is not None:
            table.add_row("  of --languages", *_told(result.chosen))
    console.out.print(table)
    for result in results:
        if (plan := result.projection) is not None:
            known = "" if result.covered is None else f" ({result.covered:.0%} of it measured)"
            console.say(
                f"{result.tokenizer.name}: a corpus of {plan.tokens:,} tokens{known} is enough for "
                f"{plan.parameters:,.0f} parameters (N = T / 20): {plan.flops:.3g} operations "
                f"(6 N T), {_hours(plan.gpu_hours)} GPU-hours"
            )


def _told(spread: summary.Spread) -> tuple[str, ...]:
    return (
        f"{spread.languages:,}", _number(spread.gini, 3),
        _interval(spread.gini_low, spread.gini_high, 3), spread.worst or "",
        _number(spread.worst_premium), _number(spread.median_premium),
    )  # fmt: skip


def _head(name: str) -> str:
    return "context" if name == "context_tokens" else name.removeprefix("price_")


def _number(value: float | None, places: int = 2) -> str:
    return "" if value is None else f"{value:,.{places}f}"


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _interval(low: float | None, high: float | None, places: int = 2) -> str:
    return "" if low is None or high is None else f"{low:.{places}f}-{high:.{places}f}"


def _write(results: Sequence[Result], kind: str, out: str | None) -> None:
    tables = [
        result.table.add_column(
            0, "tokenizer", pa.array([result.tokenizer.name] * len(result.table))
        )
        for result in results
    ]
    whole = pa.concat_tables(tables)
    if kind == "json":
        document: Mapping[str, Any] = {
            "tokenizers": [result.to_json() for result in results],
            "languages": whole.to_pylist(),
        }
        if out is None:
            console.print_json(document)
        else:
            text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
            Path(out).write_text(text, encoding="utf-8")
        return
    sink = pa.BufferOutputStream()
    if kind == "parquet":
        pq.write_table(whole, sink)
    else:
        pa.csv.write_csv(whole, sink, pa.csv.WriteOptions(quoting_style="needed"))
    content = sink.getvalue().to_pybytes()
    if out is None:
        print(content.decode(), end="")
    else:
        Path(out).write_bytes(content)
