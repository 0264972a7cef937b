"""One screen about a run: the funnel, reasons for drops, languages and token cost."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from manifests import alarms
from manifests.manifest import REMOVING
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel

_ROWS = 8  # rows of each list; the manifest has all of them


def summary(manifest: Mapping[str, Any], token_cost: pa.Table, where: str) -> RenderableType:
    """Makes the summary of a run as a renderable of rich.

    Args:
      manifest: the manifest of a finished run.
      token_cost: the table `token_cost/token_cost.parquet` of that run.
      where: the run's address, as the user wrote it.
    """
    content, environment = manifest["reproducible"], manifest["environment"]
    funnels = {
        name: Funnel.from_json(content["stages"][name]["funnel"])
        for name in REMOVING
        if name in content["stages"]
    }
    last = next(reversed(funnels.values()))
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
        "".join(f"alarm      {alarms.sentence(alarm)}\n" for alarm in content["alarms"]),
        style="bold red",
    )
    sides = _SideBySide(
        Group(_funnel(funnels, content["stages"]), "", _reasons(funnels)),
        Group(
            _languages(last),
            _token_cost(token_cost, content["recipe"]["token_cost"]["reference"]),
        ),
    )
    shards = content["shards"]
    size = sum(file["size_bytes"] for file in shards["files"])
    foot = Text.assemble(
        ("shards     ", "bold"),
        f"{len(shards['files']):,} with {shards['rows']:,} documents, {shards['tokens']:,} tokens, "
        f"{_size(size)}: {where}/shards/\n",
        ("tokenizer  ", "bold"),
        f"{content['tokenizer']['vocab_size']:,} tokens: {where}/{content['tokenizer']['path']}\n",
        ("manifest   ", "bold"),
        f"{where}/manifest.json; check it with: winnow verify {where}",
    )
    return Group(*([head, warnings] if content["alarms"] else [head]), sides, foot)


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
        table.add_column(column, justify="left" if i == 0 else "right", overflow="ellipsis")
    return table


def _funnel(funnels: Mapping[str, Funnel], stages: Mapping[str, Any]) -> Table:
    table = _table("Funnel", "", "in", "kept", "dropped", "errors", "text kept")
    for name, funnel in funnels.items():
        kept, dropped, errors = (funnel.total(o) for o in (KEPT, DROPPED, ERROR))
        numbers = (funnel.rows_in.docs, kept.docs, dropped.docs, errors.docs)
        table.add_row(name, *(f"{n:,}" for n in numbers), _size(kept.text_bytes))
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
    rows = ((code, f"{count.docs:,}", _size(count.text_bytes)) for code, count in groups.items())
    _fill(table, rows, len(groups))
    return table


def _token_cost(cost: pa.Table, reference: str) -> Table:
    """The costs on parallel text if there is any, since only that compares like with like."""
    rows = cost.to_pylist()
    parallel = [row for row in rows if row["premium"] is not None]
    rows = [row for row in rows if row["measured_on"] == "corpus"]
    if parallel:
        table = _table("Token cost, parallel text", "", f"x {reference}", "95 %", "bytes/token")
        parallel.sort(key=lambda row: (-row["premium"], row["language"]))
        lines = (
            (
                row["language"],
                f"{row['premium']:.2f}",
                f"{row['premium_low']:.2f}-{row['premium_high']:.2f}",
                f"{row['bytes_per_token']:.2f}",
            )
            for row in parallel
        )
        _fill(table, lines, len(parallel))
        return table
    table = _table("Token cost", "", "bytes/token", "tokens")
    rows.sort(key=lambda row: (-row["tokens"], row["language"]))
    lines_ = (
        (row["language"], f"{row['bytes_per_token']:.2f}", f"{row['tokens']:,}") for row in rows
    )
    _fill(table, lines_, len(rows))
    return table


def _fill(table: Table, rows: Iterable[tuple[str, ...]], total: int) -> None:
    for i, row in enumerate(rows):
        if i == _ROWS and total > _ROWS + 1:
            table.add_row(Text(f"and {total - _ROWS} more", style="dim"))
            return
        table.add_row(*row)


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
