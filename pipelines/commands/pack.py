"""`winnow pack`: the shards of a run as rows of a fixed number of tokens, for training."""

import os
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from manifests import folders
from manifests.store import Store
from pipelines.commands import console
from shards.cutting import classes_of
from shards.mixture import Draw, Stratum, targets
from shards.packed_files import Packed
from shards.packed_groups import Selection, mixture, pack
from shards.settings import Mixture, Packing
from tokenizer_train.tokens import Tokens


def command(
    run: str,
    where: str,
    settings: Packing,
    split: str,
    mixture_file: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Packs the shards of a run into a folder and prints how full rows are.

    Raises:
      Failure: there is no finished run, it has no such split, or the folder is not empty.
      ValueError: the mixture cannot be had.
      OSError: a file cannot be read.
    """
    console.expect_split(split)
    wanted = None if mixture_file is None else read_mixture(mixture_file)
    store, out = Store(run), Store(where)
    console.tell_if_written(store)
    run_manifest = console.manifest_of(store)
    content = run_manifest["reproducible"]
    paths = console.shards_of(store, content)
    console.expect_empty(out, where)
    tokenizer = store.read_bytes(content["tokenizer"]["path"]).decode()
    classes = classes_of(Tokens.of_json(tokenizer).content)
    draw, available = Draw(), dict[Stratum, int]()
    if wanted is not None:
        draw, available = mixture(store, paths, split, wanted)
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        bar = bars.add_task("pack", total=1)
        packed = pack(
            store, paths, out, settings, classes, Selection(split, draw),
            workers or len(os.sched_getaffinity(0)),
            advance=lambda share: bars.update(bar, completed=share),
        )  # fmt: skip
    if not packed.blocks:
        raise console.Failure(f"{run} has no document of the split {split}", 1)
    asked = {
        **settings.to_json(),
        "split": split,
        "mixture": None if wanted is None else wanted.to_json(),
    }
    folders.write(out, folders.PACKED, run_manifest["run_digest"], asked, packed.files)
    facts = summary(packed, settings)
    if wanted is not None:
        facts["mixture"] = shares(available, wanted)
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
    if wanted is not None:
        table = Table("source", "language", "tokens there are", "tokens", "share", "epochs")
        for row in facts["mixture"]:
            table.add_row(
                Text(row["source"]), row["language"], f"{row['available']:,}",
                f"{row['tokens']:,}", f"{row['share']:.2%}", f"{row['epochs']:.2f}",
            )  # fmt: skip
        console.out.print(table)


def read_mixture(path: str) -> Mixture:
    """The mixture of a YAML file.

    Raises:
      Failure: the file is no mixture.
      OSError: it cannot be read.
    """
    with open(path, encoding="utf-8") as file:
        try:
            return Mixture.model_validate(yaml.safe_load(file))
        except yaml.YAMLError as error:
            raise console.Failure(f"{path} is no YAML: {error}", 2) from None
        except ValidationError as error:
            told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise console.Failure(f"{path}: {'; '.join(told)}", 2) from None


def shares(available: Mapping[Stratum, int], wanted: Mixture) -> list[dict[str, Any]]:
    """What a mixture takes of each source and language."""
    tokens = targets(available, wanted)
    total = sum(tokens.values())
    return [
        {
            "source": source,
            "language": language,
            "available": available[source, language],
            "tokens": own,
            "share": own / total if total else 0.0,
            "epochs": own / available[source, language],
        }
        for (source, language), own in tokens.items()
    ]


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
