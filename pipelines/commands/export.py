"""`winnow export`: the corpus of a run in another format, or a part of it."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from rich.progress import Progress

from manifests import manifest
from manifests.statistics import KEPT, Funnel
from manifests.store import Store
from manifests.suggestions import suggest
from pipelines.commands import console
from shards.corpus_files import FORMATS, export

_BATCH_ROWS = 1 << 10


def command(
    run: str,
    format_: str,
    where: str,
    languages: Sequence[str],
    sources: Sequence[str],
    mb_per_file: int,
    as_json: bool,
) -> None:
    """Writes documents of a run's corpus to a folder and prints what is there.

    Raises:
      Failure: there is no finished run, no such format, language or source, or the folder is not
        empty.
      ValueError: the format cannot hold a document.
    """
    if format_ not in FORMATS:
        formats = ", ".join(FORMATS)
        raise console.Failure(
            f"no format {format_!r}, known are {formats}{suggest(format_, FORMATS)}", 2
        )
    store, out = Store(run), Store(where)
    console.tell_if_written(store)
    stage = console.manifest_of(store)["reproducible"]["stages"]["corpus"]
    kept = Funnel.from_json(stage["funnel"])
    for column, wanted in (("language", languages), ("source", sources)):
        known = list(kept.by(KEPT, column))
        for name in wanted:
            if name not in known:
                told = f"no document of {run} has the {column} {name!r}"
                raise console.Failure(
                    f"{told}; there are {', '.join(known)}{suggest(name, known)}", 2
                )
    if out.list(""):
        raise console.Failure(f"{where} is not empty; give another --out, or empty it", 2)
    parts = manifest.parts(store, "corpus")
    schema = store.read_schema(parts[0])
    docs, files = 0, {}
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        task = bars.add_task("export", total=len(parts))

        def chosen() -> Iterator[pa.RecordBatch]:
            nonlocal docs
            for path in parts:
                for batch in store.read_batches(path, _BATCH_ROWS):
                    some = _of(_of(batch, "language", languages), "source", sources)
                    docs += some.num_rows
                    if some.num_rows:
                        yield some
                bars.advance(task)

        for name, size in export(chosen(), schema, out, format_, mb_per_file << 20):
            files[name] = size
    if as_json:
        console.print_json({"documents": docs, "files": files})
    else:
        plural = "" if len(files) == 1 else "s"
        console.say(f"{docs:,} documents in {len(files):,} file{plural} in {where}")


def _of(batch: pa.RecordBatch, column: str, wanted: Sequence[str]) -> pa.RecordBatch:
    return batch.filter(pc.is_in(batch[column], pa.array(wanted))) if wanted else batch
