"""`winnow takedown`: takes documents out of a finished run."""

import shutil
from typing import Any

from rich.progress import Progress

from manifests import lease
from manifests.manifest import TAKEDOWN_BEGUN, TAKEDOWNS
from manifests.store import Store
from pipelines.commands import console, erasure
from pipelines.sources.id_lists import IdList, read_ids

_LISTED = 5  # names that were not found


def command(run: str, path: str, out: str | None, as_json: bool) -> None:
    """Takes the documents of a list out of a run, or of a copy of it, and prints what was done.

    Raises:
      Failure: there is no finished run, none of the documents is in it, the copy's folder is not
        empty, or a run is at work in the folder.
      OSError: the list cannot be read, or a file cannot be written.
      ValueError: the list, or a file of the run, is damaged.
    """
    try:
        wanted = read_ids(path)
    except ValueError as error:
        raise console.Failure(error, 2) from None
    store = Store(run)
    console.manifest_of(store)
    if out is not None:
        _copy(store, Store(out))
        store = Store(out)
    try:
        with lease.hold(store):
            _take_out(store, wanted, as_json)
    except lease.FolderInUse as error:
        raise console.Failure(error, 1) from None


def _take_out(store: Store, wanted: IdList, as_json: bool) -> None:
    done = []
    if store.exists(TAKEDOWN_BEGUN):
        console.err.print(f"{store}: a takedown was interrupted here, which goes on first")
        done.append(_finished(store))
    documents = erasure.find(store, wanted)
    if not documents.ids:
        raise console.Failure(f"no record of {store} is one of those that the list names", 1)
    if erasure.begin(store, documents):
        done.append(_finished(store))
    if as_json:
        taken = [content["reproducible"]["takedowns"][-1] for content in done]
        digest = console.manifest_of(store)["run_digest"]
        console.print_json(
            {"run_digest": digest, "takedowns": taken, "not_found": documents.not_found}
        )
        return
    for content in done:
        _tell(store, content)
    if not done:
        console.say(f"the documents that the list names were taken out of {store} before")
    if missing := documents.not_found:
        some = ", ".join(missing[:_LISTED]) + (" and others" if len(missing) > _LISTED else "")
        console.say(f"in no record of the run: {len(missing):,} of the list ({some})")


def _finished(store: Store) -> dict[str, Any]:
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        task = bars.add_task("takedown", total=None)
        return erasure.finish(store, lambda n, of: bars.update(task, completed=n, total=of))


def _tell(store: Store, content: dict[str, Any]) -> None:
    taken = content["reproducible"]["takedowns"]
    done = taken[-1]
    copies = f", {len(done['copies']):,} of them copies of others" if done["copies"] else ""
    gone = " and ".join(f"{done['rows'][name]:,} rows of {name}" for name in ("corpus", "shards"))
    console.say(f"{len(done['ids']):,} records{copies}: {gone} removed, {store}")
    console.say(
        f"{len(done['files']):,} files written anew; run_digest was {done['parent'][:16]}, "
        f"is {content['run_digest'][:16]}"
    )
    console.say(
        f"what was done: {store.url(f'{TAKEDOWNS}/{len(taken):05d}.json')}; the tokenizer, counts "
        "and what was exported before stay as they are. A later run leaves the same documents out "
        "with documents.deny"
    )


def _copy(run: Store, out: Store) -> None:
    """Copies all files of a run.

    Raises:
      Failure: something is there already.
    """
    console.expect_empty(out, str(out))
    paths = run.list("")
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        for path in bars.track(paths, description="copy"):
            with run.open(path) as file, out.commit(path) as sink:
                shutil.copyfileobj(file, sink, 1 << 20)
