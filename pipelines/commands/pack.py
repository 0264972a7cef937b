"""`winnow pack`: the shards of a run as rows of a fixed number of tokens, for training."""

import os
from typing import Any

from rich.progress import Progress

from manifests.store import Store
from pipelines.commands import console
from shards.cutting import classes_of
from shards.packed_files import Packed
from shards.packed_groups import pack
from shards.settings import Packing
from tokenizer_train.tokens import Tokens


def command(run: str, where: str, settings: Packing, workers: int | None, as_json: bool) -> None:
    """Packs the shards of a run into a folder and prints how full rows are.

    Raises:
      Failure: there is no finished run, it has no shards, or the folder is not empty.
    """
    store, out = Store(run), Store(where)
    console.tell_if_written(store)
    content = console.manifest_of(store)["reproducible"]
    if "shards" not in content:
        raise console.Failure(
            f"{run} has no shards; a run with `last_stage: shards` writes them", 1
        )
    if out.list(""):
        raise console.Failure(f"{where} is not empty; give another --out, or empty it", 2)
    paths = [file["path"] for file in content["shards"]["files"]]
    with store.open("tokenizer/tokenizer.json") as file:
        classes = classes_of(Tokens.of_json(file.read().decode()).content)
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        bar = bars.add_task("pack", total=1)
        packed = pack(
            store, paths, out, settings, classes, workers or len(os.sched_getaffinity(0)),
            advance=lambda share: bars.update(bar, completed=share),
        )  # fmt: skip
    facts = summary(packed, settings)
    if as_json:
        console.print_json(facts)
        return
    rows, files, cuts = facts["rows"], len(facts["files"]), facts["cuts"]
    plural = "" if files == 1 else "s"
    console.say(
        f"{rows:,} rows of {settings.length:,} tokens in {files:,} file{plural} in {where}; "
        f"{facts['padding_ratio']:.3%} of them is padding"
    )
    console.say(
        f"documents in a row: {facts['mean_docs_per_row']:.1f} on average, at most "
        f"{facts['longest_row_docs']:,}"
    )
    told = ", ".join(f"{n:,} {_WHERE[place]}" for place, n in reversed(cuts.items()) if n)
    console.say(f"{sum(cuts.values()):,} cuts{f': {told}' if told else ''}")
    if fitting := facts["fitting_documents_cut"]:
        console.say(f"{fitting:,} documents were cut though they fit in a row")


_WHERE = {
    "paragraph": "at blank lines", "line": "at ends of lines", "sentence": "at ends of sentences",
    "token": "between tokens", "character": "inside characters",
}  # fmt: skip


def summary(packed: Packed, settings: Packing) -> dict[str, Any]:
    """What `winnow pack` tells of its result."""
    rows, tokens = packed.total("rows"), packed.total("tokens")
    return {
        "rows": rows,
        "tokens": tokens,
        "repeated_tokens": packed.repeated_tokens,
        "documents": packed.total("documents"),
        "padding_ratio": 1 - tokens / (rows * settings.length) if rows else 0.0,
        "longest_row_docs": packed.longest_row,
        "mean_docs_per_row": packed.total("documents") / rows if rows else 0.0,
        "cuts": packed.cuts,
        "fitting_documents_cut": packed.fitting_cut,
        "files": sorted({block["file"] for block in packed.blocks}),
    }
