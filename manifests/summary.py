"""One screen about a run: the funnel, reasons for drops, languages and token cost."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from manifests.selection import Selection, funnels
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel

SHARES = (0.1, 0.5, 0.9)  # quantiles that are shown of measured values
_SHARES_TOLD = tuple(f"{share:.0%}" for share in SHARES)
_ROWS = 8  # rows of each list; the manifest has all of them


def summary(manifest: Mapping[str, Any], token_cost: pa.Table | None, where: str) -> RenderableType:
    """Makes the summary of a run as a renderable of rich.

    Args:
      manifest: the manifest of a finished run.
      token_cost: the table `token_cost/token_cost.parquet` of that run, if it has one.
      where: the run's address, as the user wrote it.
    """
    content, environment = manifest["reproducible"], manifest["environment"]
    every = funnels(content)
    last = next(reversed(every.values()))
    seconds = sum(environment["seconds"].values())
    head = Text.assemble(
        ("winnow ", "bold"),
        f"{content['winnow_version']} · ",
        ("recipe ", "bold"),
        f"{content['recipe']['name']} · {_engine(environment['engine'])} · {seconds:.1f} s · ",
        ("run_digest ", "bold"),
        f"{manifest['run_digest'][:16]}\n",
    )
    warnings = Text(
        "".join(f"alarm      {alarm['sentence']}\n" for alarm in content["alarms"]),
        style="bold red",
    )
    sides = _SideBySide(
        Group(_funnel(every, content["stages"]), "", _reasons(every)),
        Group(
            _languages(last),
            *(
                [_token_cost(token_cost, content["recipe"]["token_cost"]["reference"])]
                if token_cost is not None
                else []
            ),
        ),
    )
    foot = Text("\n").join(
        Text.assemble((f"{name:<11}", "bold"), told) for name, told in _places(content, where)
    )
    return Group(*([head, warnings] if content["alarms"] else [head]), sides, foot)


def _places(content: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """What a run left and where it is, line by line."""
    corpus = content["corpus"]
    yield (
        "corpus",
        (f"{corpus['rows']:,} documents with their final text, {_size(corpus)}: {where}/corpus/"),
    )
    if shards := content.get("shards"):
        yield (
            "shards",
            (
                f"{shards['files']['count']:,} with {shards['rows']:,} documents, "
                f"{shards['tokens']:,} tokens, {_size(shards)}: {where}/shards/"
            ),
        )
    if tokenizer := content.get("tokenizer"):
        yield "tokenizer", f"{tokenizer['vocab_size']:,} tokens: {where}/{tokenizer['path']}"
    yield "manifest", f"{where}/manifest.json; check it with: winnow verify {where}"


def _size(folder: Mapping[str, Any]) -> str:
    return size_told(folder["files"]["size_bytes"])


def drilldown(facts: Mapping[str, Any], wanted: Selection) -> RenderableType:
    """The tables of `selection.selected`, with all their rows, for rich.

    Where one measured value was asked for, its tables alone, and domains if they were, too.
    """
    spreads = [_spread(**one) for one in facts["values"]]
    domains = [_domains(facts["domains"])] if "domains" in facts else []
    if any(one["column"] for one in facts["values"]):
        return Group(*domains, *spreads)
    found = []
    for title, key in (("Stages", "stage"), ("Sources", "source"), ("Languages", "language")):
        rows = facts[f"{key}s"]
        if wanted.reasons:
            table = _table(title, "", "in", "for these reasons", "share")
            for row in rows:
                removed = row["dropped"] + row["errors"]
                if removed or key == "stage":
                    numbers = (f"{row['in']:,}", f"{removed:,}", _share(removed, row["in"]))
                    table.add_row(Text(row[key] or "none"), *numbers)
        else:
            columns = ["", "in", "kept", "share", "dropped", "errors", "text kept"]
            has_tokens = any("tokens" in row for row in rows)
            table = _table(title, *columns, *(["tokens"] * has_tokens))
            for row in rows:
                table.add_row(
                    Text(row[key] or "none"), f"{row['in']:,}", f"{row['kept']:,}",
                    _share(row["kept"], row["in"]), f"{row['dropped']:,}", f"{row['errors']:,}",
                    size_told(row["text_bytes"]),
                    *([f"{row.get('tokens', 0):,}"] * has_tokens),
                )  # fmt: skip
        found.append(table)
    reasons = _table("Reasons", "", "stage", "first", "share of stage", "failing", "alone")
    entered = {row["stage"]: row["in"] for row in facts["stages"]}
    for row in facts["reasons"]:
        share = _share(row["docs"], entered[row["stage"]])
        more = [f"{row[key]:,}" if key in row else "" for key in ("failing", "alone")]
        reasons.add_row(Text(row["reason"]), row["stage"], f"{row['docs']:,}", share, *more)
    return Group(*found, *domains, reasons, *spreads)


def _domains(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("Domains", "", "in", "kept by rules", "share", "text kept")
    for row in rows:
        table.add_row(
            Text(row["domain"]), f"{row['in']:,}", f"{row['kept']:,}",
            _share(row["kept"], row["in"]), size_told(row["text_bytes"]),
        )  # fmt: skip
    return table


def _spread(column: str | None, by: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Quantiles of a measured value, or of all, of documents kept and dropped."""
    heads = [f"{outcome} {told}" for outcome in (KEPT, DROPPED) for told in ("", *_SHARES_TOLD)]
    title = f"Values of {column} by {by}" if column else "Measured values"
    table = _table(title, "", *heads)
    for name, outcomes in itertools.groupby(rows, lambda row: row[by]):
        found = {row["outcome"]: row for row in outcomes}
        cells: list[str] = []
        for outcome in (KEPT, DROPPED):
            row = found.get(outcome)
            cells += (
                [f"{row['docs']:,}", *(f"{value:.3g}" for value in row["quantiles"].values())]
                if row
                else [""] * (1 + len(SHARES))
            )
        table.add_row(Text(name or "none"), *cells)
    return table


def listing(runs: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Runs of a folder, a row each, for rich."""
    table = _table("", "run", "recipe", "finished", "in", "kept", "tokens", "run_digest", "state")
    for row in runs:
        counts = ("documents_in", "documents_kept", "tokens")
        table.add_row(
            Text(row["run"]), Text(row["recipe"] or ""), (row["finished"] or "")[:16],
            *("" if row[name] is None else f"{row[name]:,}" for name in counts),
            (row["run_digest"] or "")[:16], Text(row["state"]),
        )  # fmt: skip
    return table


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


class _SideBySide:
    """Two renderables side by side, or one below the other if the screen is too narrow."""

    def __init__(self, left: RenderableType, right: RenderableType) -> None:
        self._both = (left, right)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [console.measure(one, options=options).maximum for one in self._both]
        if sum(widths) + 2 > options.max_width:
            yield from self._both
        else:
            grid = Table.grid(padding=(0, 2))
            grid.add_row(*self._both)
            yield grid


def _engine(engine: Mapping[str, Any]) -> str:
    workers = engine.get("workers")
    return f"{engine['runner']} x {workers}" if workers else str(engine["runner"])


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1)
    )
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def _funnel(funnels: Mapping[str, Funnel], stages: Mapping[str, Any]) -> Table:
    table = _table("Funnel", "", "in", "kept", "dropped", "errors", "text kept")
    for name, funnel in funnels.items():
        kept, dropped, errors = (funnel.total(o) for o in (KEPT, DROPPED, ERROR))
        numbers = (funnel.rows_in.docs, kept.docs, dropped.docs, errors.docs)
        table.add_row(name, *(f"{n:,}" for n in numbers), size_told(kept.text_bytes))
    counts = stages["documents"]["counts"]
    redacted = [f"{n:,} {name[4:]}" for name, n in counts.items() if n and name.startswith("pii_")]
    if redacted:
        table.caption = f"personal data redacted: {', '.join(redacted)}"
        table.caption_justify = "left"
    return table


def _reasons(funnels: Mapping[str, Funnel]) -> Table:
    table = _table("Dropped because", "reason", "docs")
    counted = [
        (reason, count.docs)
        for funnel in funnels.values()
        for outcome in (DROPPED, ERROR)
        for reason, count in funnel.by(outcome, "reason").items()
    ]
    ordered = sorted(counted, key=lambda item: (-item[1], item[0]))
    _fill(table, ((reason, f"{docs:,}") for reason, docs in ordered), len(ordered))
    return table


def _languages(funnel: Funnel) -> Table:
    table = _table("Languages kept", "", "docs", "text")
    groups = funnel.by(KEPT, "language")
    rows = (
        (code, f"{count.docs:,}", size_told(count.text_bytes)) for code, count in groups.items()
    )
    _fill(table, rows, len(groups))
    return table


def _token_cost(cost: pa.Table, reference: str) -> Table:
    """The costs on parallel text if it gives premiums: only that compares like with like."""
    rows = cost.to_pylist()
    parallel = [row for row in rows if row["measured_on"] == "parallel"]
    if any(row["premium"] is not None for row in parallel):
        return _parallel_cost(parallel, reference)
    rows = [row for row in rows if row["measured_on"] == "corpus"]
    table = _table("Token cost", "", "bytes/token", "tokens", "measured on")
    rows.sort(key=lambda row: (-row["tokens"], row["language"]))
    lines = (
        (row["language"], _ratio(row["bytes_per_token"]), f"{row['tokens']:,}", _text_of(row))
        for row in rows
    )
    _fill(table, lines, len(rows))
    return table


def _parallel_cost(rows: list[dict[str, Any]], reference: str) -> Table:
    columns = ["", f"x {reference}", "95 %", "bytes/token"]
    whole = all(row["coverage"] == 1 for row in rows)
    table = _table("Token cost, parallel text", *columns, *(["coverage"] * (not whole)))
    rows.sort(key=lambda row: (row["premium"] is None, -(row["premium"] or 0), row["language"]))
    lines = (
        (
            row["language"],
            _ratio(row["premium"]),
            _interval(row["premium_low"], row["premium_high"]),
            _ratio(row["bytes_per_token"]),
            *([] if whole else [f"{row['coverage']:.0%}"]),
        )
        for row in rows
    )
    _fill(table, lines, len(rows))
    return table


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f}-{high:.2f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _text_of(row: Mapping[str, Any]) -> str:
    """What a cost was measured on, as far as the tokenizer's training goes."""
    return {True: "held out", False: "trained on", None: "corpus"}[row["held_out"]]


def _fill(table: Table, rows: Iterable[tuple[str, ...]], total: int) -> None:
    for i, row in enumerate(rows):
        if i == _ROWS and total > _ROWS + 1:
            table.add_row(Text(f"and {total - _ROWS} more", style="dim"))
            return
        table.add_row(*row)


def size_told(size_bytes: float) -> str:
    """A size in the unit that suits it."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
