"""`winnow find`: where a finished run holds a document, or why it is not in its corpus.

A column is read a row group at a time, and only where the statistics of that allow the value.
"""

import dataclasses
import difflib
import itertools
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests import files, manifest, schemas
from manifests.store import Store
from pipelines.commands import console
from pipelines.sources.id_lists import IDENTITY
from shards.identity import as_hex
from shards.shuffle import shuffle_keys

_BEGUN = re.compile("[0-9a-fA-F]{6,31}")
_BATCH_ROWS = 1 << 14
_OF_HOST = 1000  # URLs of a host that are looked at


@dataclasses.dataclass(frozen=True)
class Place:
    """A row of a file of the run; rows are counted from 0, in the file."""

    file: str
    row_group: int
    row: int

    def __str__(self) -> str:
        return f"{self.file}, row group {self.row_group}, row {self.row}"


@dataclasses.dataclass(frozen=True)
class Found:
    """A record that a run read.

    Attributes:
      doc_id: in hexadecimal.
      stage, reasons: the stage that removed it, and all its reasons; empty for a survivor.
      survivor: the document for which it was removed as a copy.
      places: where it is.
    """

    doc_id: str
    source: str
    url: str | None
    stage: str
    reasons: list[str]
    survivor: str | None
    places: list[Place]


def command(run: str, wanted: str, as_json: bool) -> None:
    """Prints every record of a run with this identity or URL.

    Raises:
      Failure: there is no finished run, or no such record in it.
      ValueError: a file is damaged.
    """
    store = Store(run)
    console.tell_if_written(store)
    content = console.manifest_of(store)["reproducible"]
    found = list(find(store, content, wanted))
    if not found:
        raise console.Failure(no_record(store, wanted), 1)
    if as_json:
        console.print_json([dataclasses.asdict(one) for one in found])
        return
    for one in found:
        console.say(f"{one.doc_id}  source {one.source}{f', {one.url}' if one.url else ''}")
        if one.stage:
            of = f" of {one.survivor}" if one.survivor else ""
            console.say(f"  removed by stage {one.stage}: {', '.join(one.reasons)}{of}")
        for place in one.places:
            console.say(f"  {place}")


def find(store: Store, content: dict[str, Any], wanted: str) -> Iterator[Found]:
    """Records with an identity (32 hexadecimal digits) or a URL, in the order of the run's parts.

    Args:
      content: `reproducible` of the run's manifest.
    """
    is_id = IDENTITY.fullmatch(wanted) is not None
    column, value = ("doc_id", bytes.fromhex(wanted)) if is_id else ("url", wanted)
    for path in manifest.parts(store, "documents"):
        for place in places_of(store, path, column, value):
            yield _kept(store, content, place)
    for folder, reasons in (("dropped", "reasons"), ("errors", "reason")):
        for path in manifest.parts(store, folder):
            names = store.read_schema(path).names
            if column not in names:  # the recipe keeps less of what is dropped
                continue
            columns = [name for name in ("doc_id", "source", "url", reasons) if name in names]
            for place in places_of(store, path, column, value):
                row = row_of(store, place, columns)
                why = row[reasons] if reasons == "reasons" else [row[reasons]]
                yield Found(
                    row["doc_id"].hex(), row["source"], row.get("url"), "documents", why, None,
                    [place],
                )  # fmt: skip


def _kept(store: Store, content: dict[str, Any], place: Place) -> Found:
    """A document that stage `documents` kept."""
    unit = place.file.rsplit("/", 1)[-1].removesuffix(".parquet")
    row = row_of(store, place, ["doc_id", "source", "url"])
    doc_id, places = row["doc_id"], [place]
    stage, reasons, survivor = "", [], None
    for gone in places_of(store, f"duplicates/{unit}.parquet", "row", place.row):
        why = row_of(store, gone, ["reason", "survivor"])
        stage, reasons = "duplicates", [why["reason"]]
        survivor = why["survivor"] and why["survivor"].hex()
    if not stage:
        of_corpus = list(places_of(store, f"corpus/{unit}.parquet", "id", doc_id.hex()))
        places += of_corpus
        if not of_corpus and doc_id.hex() in manifest.taken_down(content):
            stage, reasons = manifest.TAKEDOWN, [schemas.TAKEN_DOWN]
        elif not of_corpus:
            stage, reasons = "repetition", [schemas.REPEATED_TEXT]
        elif "shards" in content:
            places += _in_shards(store, content, doc_id)
    return Found(doc_id.hex(), row["source"], row["url"], stage, reasons, survivor, places)


def _in_shards(store: Store, content: dict[str, Any], doc_id: bytes) -> Iterator[Place]:
    """It is in the last shard whose first key is not higher: shards follow each other by key."""
    listed = files.read(store, "shards")
    shards = [file["path"] for file in listed if file["rows"]]
    key = _key(doc_id, content["seed"])
    low, high = 0, len(shards)
    while high - low > 1:
        middle = (low + high) // 2
        first = row_of(store, Place(shards[middle], 0, 0), ["doc_id"])["doc_id"]
        low, high = (middle, high) if _key(first, content["seed"]) <= key else (low, middle)
    yield from places_of(store, shards[low], "doc_id", doc_id)


def _key(doc_id: bytes, seed: int) -> int:
    return int(shuffle_keys(pa.array([doc_id], schemas.DOC_ID), seed)[0])


def no_record(store: Store, wanted: str) -> str:
    """What to tell somebody whose id or URL no record has: the nearest that one has."""
    if not wanted.strip():
        return "give an id of 32 hexadecimal digits, or a URL"
    what = "id" if IDENTITY.fullmatch(wanted) else "URL"
    told = f"no record of {store} has the {what} {wanted}"
    if what == "id":
        return (
            f"{told}; an id is of source, record and content, so that a changed page has another: "
            "ask for its URL"
        )
    if near := next(_near(store, wanted), None):
        return f"{told}; did you mean {near!r}?"
    host = _bare(wanted).partition("/")[0]
    of_host = list(itertools.islice(_of_host(store, host), _OF_HOST))
    if not of_host:
        return f"{told}, and none is of {host}; winnow sample {store} shows some that it has"
    likest = difflib.get_close_matches(wanted, of_host, 1, 0) or of_host
    more = "or more " if len(of_host) == _OF_HOST else ""
    return f"{told}; {len(of_host):,} {more}are of {host}, the nearest is {likest[0]!r}"


def _near(store: Store, wanted: str) -> Iterator[str]:
    """Ids that begin so or whose record's own id is that, and URLs that differ in their ends."""
    bare = _bare(wanted)
    begun = _BEGUN.fullmatch(wanted)
    for batch in _named(store):
        ids = as_hex(batch["doc_id"])
        found = pc.equal(batch["native_id"], wanted)
        if begun:
            found = pc.or_(found, pc.starts_with(ids, wanted.lower()))
        yield from ids.filter(found).to_pylist()
        if "url" in batch.schema.names and not begun:
            yield from (url for url in _with(batch, bare.partition("/")[0]) if _bare(url) == bare)


def _of_host(store: Store, host: str) -> Iterator[str]:
    for batch in _named(store):
        if "url" in batch.schema.names:
            own = (url for url in _with(batch, host) if _bare(url).partition("/")[0] == host)
            yield from own


def _with(batch: pa.RecordBatch, host: str) -> list[str]:
    """The URLs of a batch that hold the name of a host."""
    held = pc.fill_null(pc.match_substring(batch["url"], host), False)
    urls: list[str] = batch["url"].filter(held).to_pylist()
    return urls


def _named(store: Store) -> Iterator[pa.RecordBatch]:
    for folder in ("documents", "dropped", "errors"):
        for path in manifest.parts(store, folder):
            names = store.read_schema(path).names
            if "native_id" in names:
                columns = [name for name in ("doc_id", "native_id", "url") if name in names]
                yield from store.read_batches(path, _BATCH_ROWS, columns)


def _bare(url: str) -> str:
    """A URL without what two spellings of it may differ in, such as `%20` for a blank."""
    return re.sub(r"^([a-z]+:)?//(www\.)?|/*(#.*)?$", "", urllib.parse.unquote(url.strip()))


def places_of(store: Store, path: str, column: str, value: Any) -> Iterator[Place]:
    for group, row in store.rows_with(path, column, value):
        yield Place(path, group, row)


def row_of(store: Store, place: Place, columns: list[str]) -> dict[str, Any]:
    rows = store.read_rows(place.file, np.array([place.row]), columns)
    found: dict[str, Any] = rows.to_pylist()[0]
    return found
