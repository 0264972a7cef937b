"""`winnow takedown`: takes documents out of a finished run, or of packed shards."""

import shutil
from collections.abc import Callable
from typing import Any, TypeAlias

from rich.progress import Progress

from manifests import folders, lease
from manifests.manifest import TAKEDOWN_BEGUN, TAKEDOWNS
from manifests.store import Store
from pipelines.commands import console, erasure
from pipelines.sources.id_lists import IDENTITY, IdList, read_ids
from shards import packed_takedown

Finish: TypeAlias = Callable[[Store, Callable[[int, int], None]], dict[str, Any]]
_LISTED = 5  # names that were not found


def command(run: str, path: str, out: str | None, as_json: bool) -> None:
    """Takes the documents of a list out of a run, or of a copy of it, and prints what was done.

    Packed shards are taken in the place of a run.

    Raises:
      Failure: there is no finished run, none of the documents is in it, the copy's folder is not
        empty, or a run is at work in the folder; it is an exported folder, or names of packed
        documents are no identities.
      OSError: the list cannot be read, or a file cannot be written.
      ValueError: the list, or a file of the run, is damaged.
    """
    try:
        wanted = read_ids(path)
    except ValueError as error:
        raise console.Failure(error, 2) from None
    store = Store(run)
    take_out = _take_out
    if console.is_made_of_a_run(store):
        _expect_packed(store, wanted)
        take_out = _take_out_of_packed
    else:
        console.manifest_of(store)
    if out is not None:
        _copy(store, Store(out))
        store = Store(out)
    try:
        with lease.hold(store):
            take_out(store, wanted, as_json)
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
        console.say(f"in no record of the run: {_some_of(missing)}")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _some_of(missing: list[str]) -> str:
    some = ", ".join(missing[:_LISTED]) + (" and others" if len(missing) > _LISTED else "")
    return f"{len(missing):,} of the list ({some})"


def _finished(store: Store, finish: Finish = erasure.finish) -> dict[str, Any]:
    with Progress(console=console.err, disable=not console.err.is_terminal) as bars:
        task = bars.add_task("takedown", total=None)
        return finish(store, lambda n, of: bars.update(task, completed=n, total=of))


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
    record = store.url(f"{TAKEDOWNS}/{len(taken):05d}.json")
    console.say(
        f"what was done: {record}; the tokenizer and counts stay as they are. A later run leaves "
        "the same documents out with documents.deny"
    )
    console.say(
        "winnow does not know what was packed or exported of this run before, and has not changed "
        f"it: winnow takedown FOLDER {record} --in-place for each packed folder; exported ones "
        "are made anew with winnow export"
    )


def _expect_packed(store: Store, wanted: IdList) -> None:
    """Ends a command that cannot take documents out of a folder made of a run."""
    kind = folders.read(store)["kind"]
    if kind != folders.PACKED:
        raise console.Failure(
            f"{store} was written by winnow export; take the documents out of the run, and export "
            "it again",
            2,
        )
    if urls := [name for name in wanted.names if not IDENTITY.fullmatch(name)]:
        raise console.Failure(
            f"packed shards know documents by identity alone, but the list has {urls[0]}; take "
            "the documents out of the run first, and give the record that it wrote to takedowns/",
            2,
        )


def _take_out_of_packed(store: Store, wanted: IdList, as_json: bool) -> None:
    done = []
    if store.exists(TAKEDOWN_BEGUN):
        console.err.print(f"{store}: a takedown was interrupted here, which goes on first")
        done.append(_finished(store, packed_takedown.finish))
    if packed_takedown.begin(store, wanted.names):
        done.append(_finished(store, packed_takedown.finish))
    whole = folders.read(store)
    gone = {one for taken in whole["takedowns"] for one in taken["ids"]}
    missing = [name for name in wanted.names if name not in gone]
    if len(missing) == len(wanted.names) and not done:
        raise console.Failure(f"no document of {store} is one of those that the list names", 1)
    if as_json:
        taken = [content["takedowns"][-1] for content in done]
        digest = {folders.DIGEST: whole[folders.DIGEST]}
        console.print_json({**digest, "takedowns": taken, "not_found": missing})
        return
    for content in done:
        one = content["takedowns"][-1]
        console.say(
            f"{_number(len(one['ids']), 'document')}: {_number(one['pieces'], 'piece')} with "
            f"{one['tokens']:,} tokens removed, {store}; rows keep their numbers"
        )
        console.say(
            f"{_number(len(one['files']), 'file')} of rows written anew; {folders.DIGEST} was "
            f"{one['parent'][:16]}, is {content[folders.DIGEST][:16]}; what was done: "
            f"{store.url(folders.FOLDER_FILE)}"
        )
    if not done:
        console.say(f"the documents that the list names were taken out of {store} before")
    if missing:
        console.say(f"in no row: {_some_of(missing)}")


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
