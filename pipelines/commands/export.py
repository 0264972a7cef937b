"""`winnow export`: the corpus or the tokens of a run in another format, or a part of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.progress import Progress

from manifests import folders, manifest
from manifests.schemas import TRAIN
from manifests.statistics import KEPT, Funnel
from manifests.store import Store
from manifests.suggestions import suggest
from pipelines.commands import console
from shards.corpus_files import FORMATS, export
from shards.token_formats import IDS, TOKEN_FORMATS, export_tokens

_BATCH_ROWS = 1 << 10


def command(
    run: str,
    format_: str,
    where: str,
    languages: Sequence[str],
    sources: Sequence[str],
    split: str | None,
    ids: str | None,
    mb_per_file: int,
    as_json: bool,
) -> None:
    """Writes documents of a run to a folder and prints what is there.

    Raises:
      Failure: there is no finished run, no such format, language, source or split, the run has no
        shards, or the folder is not empty.
      OverflowError: a token id does not fit.
      ValueError: the format cannot hold a document.
    """
    formats = (*FORMATS, *TOKEN_FORMATS)
    if format_ not in formats:
        raise console.Failure(
            f"no format {format_!r}, known are {', '.join(formats)}{suggest(format_, formats)}", 2
        )
    if split is not None:
        console.expect_split(split)
    if ids not in (None, *IDS):
        raise console.Failure(f"no ids {ids!r}, known are {', '.join(IDS)}", 2)
    store, out = Store(run), Store(where)
    console.tell_if_written(store)
    run_manifest = console.manifest_of(store)
    content = run_manifest["reproducible"]
    kept = Funnel.from_json(content["stages"]["corpus"]["funnel"])
    for column, wanted in (("language", languages), ("source", sources)):
        known = list(kept.by(KEPT, column))
        for name in wanted:
            if name not in known:
                told = f"no document of {run} has the {column} {name!r}"
                raise console.Failure(
                    f"{told}; there are {', '.join(known)}{suggest(name, known)}", 2
                )
    console.expect_empty(out, where)
    tokens = format_ in TOKEN_FORMATS
    if tokens:
        parts = console.shards_of(store, content)
        split = split or TRAIN
    else:
        parts = manifest.parts(store, "corpus")
    columns = ["source", "language", "split", "input_ids"] if tokens else None
    schema = store.read_schema(parts[0])
    facts: dict[str, Any] = {"documents": 0, "files": {}}
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        task = bars.add_task("export", total=len(parts))

        def chosen() -> Iterator[pa.RecordBatch]:
            for path in parts:
                for batch in store.read_batches(path, _BATCH_ROWS, columns):
                    some = _of(_of(batch, "language", languages), "source", sources)
                    some = _of(some, "split", (split,) if split else ())
                    facts["documents"] += some.num_rows
                    if some.num_rows:
                        yield some
                bars.advance(task)

        if tokens:
            width = ids or str(schema.field("input_ids").type.value_type)
            written = export_tokens(chosen(), out, format_, width, mb_per_file << 20)
        else:
            written = export(chosen(), schema, out, format_, mb_per_file << 20)
        files = list(written)
    settings = {
        "format": format_, "languages": sorted(languages), "sources": sorted(sources),
        "split": split, "ids": width if tokens else None, "mb_per_file": mb_per_file,
    }  # fmt: skip
    folders.write(out, folders.EXPORTED, run_manifest["run_digest"], settings, files)
    facts["files"] |= {file.path: file.size_bytes for file in files}
    if as_json:
        console.print_json(facts)
    else:
        plural = "" if len(facts["files"]) == 1 else "s"
        console.say(
            f"{facts['documents']:,} documents in {len(facts['files']):,} file{plural} in {where}"
        )


def _of(batch: pa.RecordBatch, column: str, wanted: Sequence[str]) -> pa.RecordBatch:
    return batch.filter(pc.is_in(batch[column], pa.array(wanted))) if wanted else batch
