"""`winnow inspect` of packed shards: what they are, and what batches of them have."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from manifests import folders
from manifests.store import Store
from pipelines.commands import console
from shards import packed_files
from shards.batch_shares import shares


def facts_of(store: Store, batch_rows: int) -> dict[str, Any]:
    """What packed shards have, and the shares of sources and languages in batches.

    Raises:
      Failure: it is another folder, or has fewer rows than a batch.
      ValueError: a file is damaged.
    """
    content = folders.read(store)
    if content["kind"] != folders.PACKED:
        raise console.Failure(
            f"{store} was written by winnow export; winnow inspect takes runs and packed shards", 1
        )
    _, facts = packed_files.read_index(store)
    try:
        found, rows, batches = shares(store, batch_rows)
    except ValueError as error:
        raise console.Failure(f"{store}: {error}; give a smaller --batch-rows", 1) from None
    told = ("kind", "run_digest", folders.DIGEST, "settings")
    return {
        **{key: content[key] for key in told},
        "takedowns": len(content["takedowns"]),
        "rows": facts["packed"]["rows"],
        "tokens": facts["packed"]["tokens"],
        "batch_rows": batch_rows,
        "looked_at": {"rows": rows, "batches": batches},
        "shares": [dataclasses.asdict(one) for one in found],
    }


def table_of(facts: Mapping[str, Any]) -> RenderableType:
    """The same for a terminal."""
    length, seen = facts["settings"]["length"], facts["looked_at"]
    head = Text(
        f"{facts['rows']:,} rows of {length:,} tokens, {facts['tokens']:,} tokens of documents; "
        f"made of the run {facts['run_digest'][:16]}\n"
        f"{seen['batches']:,} batches of {facts['batch_rows']:,} rows: what 10 % and 90 % of them "
        "have at most of each source and language\n"
    )
    table = Table("", "", "share of tokens", "in batches", "if documents were shuffled")
    for one in facts["shares"]:
        low_high = (" - ".join(f"{x:.1%}" for x in one[key]) for key in ("batches", "shuffled"))
        table.add_row(one["kind"], Text(one["name"]), f"{one['share']:.2%}", *low_high)
    return Group(head, table)
