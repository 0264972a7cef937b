"""Takes documents out of a finished run: their texts, addresses, titles and tokens.

Rows of `corpus/` and `shards/` are removed. Rows of `documents/`, `dropped/` and `errors/` stay, so
that row numbers and counts elsewhere hold, but with identity and measured values alone. No other
file changes than those with such rows, the stages' manifests, manifest.json and the card.

What is to be done is written down before a file changes, so that an interrupted takedown goes on.
"""

import collections
import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup import exact
from manifests import files, manifest, schemas
from manifests.descriptions import DESCRIPTIONS, descriptions
from manifests.manifest import (
    RECIPE_FILE,
    TAKEDOWN_BEGUN,
    TAKEDOWNS,
    stage_digest,
    stage_manifest,
    unit_report,
)
from manifests.statistics import DROPPED, KEPT, Funnel, digest_of, tokens
from manifests.store import Layout, Store, WrittenFile
from pipelines.sources.id_lists import IdList
from shards.corpus_files import LAYOUT
from shards.shard_files import TokenLayout

# What a row that stays says of a document's content and origin.
_SAYS = ("native_id", "url", "domain", "title", "text")
_STAY = ("documents", "dropped", "errors")
_GO: dict[str, Layout] = {"corpus": LAYOUT, "shards": TokenLayout()}
_BATCH_ROWS = 1 << 12


@dataclasses.dataclass(frozen=True)
class Documents:
    """The documents to take out, identities in hexadecimal.

    Attributes:
      ids: all of them, ascending.
      copies: those that no name stands for, but which have the text of one.
      not_found: names that no record of the run has.
    """

    ids: list[str]
    copies: list[str]
    not_found: list[str]


def find(store: Store, wanted: IdList) -> Documents:
    """The records of a run that a list names, and those with the same text.

    A text is the same as in stage `duplicates`: but for case and white space.

    Raises:
      ValueError: a file is damaged.
    """
    named, urls = set[str](), list[str]()
    kept, dropped = set[bytes](), set[bytes]()  # hashes of texts
    for path in _parts(store, _STAY):
        for batch, start in _batches(store, path, ("doc_id", "url")):
            url = batch["url"] if "url" in batch.schema.names else None
            rows = np.flatnonzero(wanted.holds(batch["doc_id"], url))
            if not len(rows):
                continue
            some = batch.take(pa.array(rows))
            named.update(one.hex() for one in some["doc_id"].to_pylist())
            urls += [] if url is None else some["url"].drop_null().to_pylist()
            if path.startswith("documents/"):
                signed = store.read_rows(_signatures(path), rows + start, ["text_hash"])
                kept.update(signed["text_hash"].to_pylist())
            elif "text" in store.read_schema(path).names:
                texts = store.read_rows(path, rows + start, ["text"])["text"].combine_chunks()
                dropped.update(exact.text_hash(texts).to_pylist())
    every = {*named, *_with_texts(store, kept, dropped)}
    return Documents(sorted(every), sorted(every - named), wanted.missing(named, urls))


def _with_texts(store: Store, kept: set[bytes], dropped: set[bytes]) -> Iterator[str]:
    """Identities of the documents whose texts have these hashes."""
    for path, hashes in (("documents", kept), ("dropped", dropped)):
        found = pa.array(sorted(hashes - {exact.NO_TEXT}), exact.HASH_TYPE)
        for part in _parts(store, (path,)) if len(found) else ():
            if path == "documents":
                rows = _batches(store, _signatures(part), ("doc_id", "text_hash"))
                read = ((batch["doc_id"], batch["text_hash"]) for batch, _ in rows)
            else:
                rows = _batches(store, part, ("doc_id", "text"))
                read = ((batch["doc_id"], exact.text_hash(batch["text"])) for batch, _ in rows)
            for doc_id, text_hash in read:
                same = doc_id.filter(pc.is_in(text_hash, found))
                yield from (one.hex() for one in same.to_pylist())


def begin(store: Store, documents: Documents) -> bool:
    """Writes down what taking documents out of a finished run changes; false for nothing.

    The caller holds the run's lease, here and in `finish`.
    """
    content = manifest.read(store)
    earlier = manifest.takedowns_of(store)
    ids = set(documents.ids).difference(*(one["ids"] for one in earlier))
    if not ids:
        return False
    old, rows, changed, stages = content["reproducible"], {}, [], {}
    survivors: list[str] = []
    known = {file["path"]: file["sha256"] for file in files.read(store, *old["stages"])}
    for folder in (*_STAY, *_GO):
        gone, gone_tokens = Funnel(), collections.Counter[str]()
        columns = ("source", "language", "text_bytes", "n_tokens") if folder in _GO else ()
        rows[folder], wanted = 0, _ids_of(folder, ids)
        for path in _parts(store, (folder,)):
            before = rows[folder]
            for batch, _ in _batches(store, path, (_id_column(folder), *columns)):
                some = batch.filter(pc.is_in(batch[_id_column(folder)], wanted))
                rows[folder] += some.num_rows
                if folder in _GO:
                    gone.count(KEPT, some, "text_bytes")
                if folder == "corpus":
                    survivors += some["id"].to_pylist()
                if "n_tokens" in some.schema.names:
                    gone_tokens.update(tokens(some))
            if rows[folder] > before:
                changed.append({"path": path, "sha256": known[path]})
        if gone.outcomes:
            counts = dict(old["stages"][folder]["counts"])
            counts["rows"] -= rows[folder]
            for name, number in gone_tokens.items():
                counts[name] -= number
            funnel = _without(old["stages"][folder]["funnel"], gone)
            stages[folder] = {"counts": counts, "funnel": funnel}
    begun = {
        "number": len(earlier) + 1,
        "parent": content["run_digest"],
        "ids": sorted(ids),
        "copies": sorted(ids.intersection(documents.copies)),
        "survivors": sorted(survivors),
        "rows": rows,
        "files": changed,
        "stages": stages,
    }
    store.write_json(TAKEDOWN_BEGUN, begun)
    return True


def finish(store: Store, say: Callable[[int, int], None]) -> dict[str, Any]:
    """Does what `begin` wrote down, whatever of it is done already.

    Args:
      say: gets the number of files that are done, and of all, whenever one is.

    Returns:
      The manifest of the run as it is now; the last of its `takedowns` is this one.

    Raises:
      ValueError: a file is damaged.
    """
    begun, result = store.read_json(TAKEDOWN_BEGUN), manifest.read(store)
    written: dict[str, WrittenFile] = {}
    for number, file in enumerate(begun["files"], 1):
        written[file["path"]] = _write_without(store, file["path"], set(begun["ids"]))
        say(number, len(begun["files"]))
    content = result["reproducible"]
    stages = {}
    for name in content["stages"]:
        path = stage_manifest(name)
        stage = store.read_json(path) | begun["stages"].get(name, {})
        stage["files"] = _renewed(stage["files"], written)
        # Later stages are complete if they were made of what this one had made.
        stage = {"made": stage["digest"], **stage, "digest": stage_digest(stage)}
        store.write_json(path, stage)
        stages[name] = stage
    for path in sorted({_report_of(path) for path in written if path.startswith(_STAY)}):
        unit = store.read_json(path)
        unit["report"]["files"] = _renewed(unit["report"]["files"], written)
        store.write_json(path, unit)
    done = {key: begun[key] for key in ("parent", "ids", "copies", "survivors", "rows")}
    done["files"] = [
        {
            "path": file["path"],
            "before": file["sha256"],
            "after": written[file["path"]].sha256,
        }
        for file in begun["files"]
    ]
    record = f"{TAKEDOWNS}/{begun['number']:05d}.json"
    store.write_json(record, done)
    recipe = store.read_json(RECIPE_FILE)
    content |= manifest.derived(recipe, stages) | {"takedowns": manifest.takedowns_of(store)}
    result["run_digest"] = digest_of(content)
    for path, data in descriptions(store, result):
        store.write_bytes(path, data)
    records = {record, *DESCRIPTIONS, *(file["path"] for file in files.read(store, files.RECORDS))}
    whole = manifest.write(store, result, stages, records)
    store.remove(TAKEDOWN_BEGUN)
    return whole


def _renewed(
    files: Sequence[Mapping[str, Any]], written: Mapping[str, WrittenFile]
) -> list[Mapping[str, Any]]:
    """What a manifest says of files, where some of them were written anew."""
    return [written[f["path"]].to_json() if f["path"] in written else f for f in files]


def _report_of(path: str) -> str:
    """The report of the work unit that a part is of."""
    return unit_report("documents", path.rpartition("/")[2].removesuffix(".parquet"))


def _without(funnel: Mapping[str, Any], gone: Funnel) -> dict[str, Any]:
    """A stage's counts, where kept documents count as dropped."""
    counts = Funnel.from_json(funnel)
    for key, count in gone.outcomes.items():
        counts.outcomes[key].add(-count.docs, -count.bytes, -count.text_bytes)
        if not counts.outcomes[key].docs:
            del counts.outcomes[key]
        _, source, language, _ = key
        counts.outcomes[DROPPED, source, language, schemas.TAKEN_DOWN].add(
            count.docs, count.bytes, count.text_bytes
        )
    return counts.to_json()


def _write_without(store: Store, path: str, ids: Collection[str]) -> WrittenFile:
    folder = path.partition("/")[0]
    wanted = _ids_of(folder, ids)
    with store.write_part(path, store.read_schema(path), _GO.get(folder)) as part:
        for batch in store.read_batches(path, _BATCH_ROWS):
            held = pc.is_in(batch[_id_column(folder)], wanted)
            part.write(batch.filter(pc.invert(held)) if folder in _GO else _blanked(batch, held))
    return part.written


def _blanked(batch: pa.RecordBatch, held: pa.BooleanArray) -> pa.RecordBatch:
    """A batch whose rows that are `held` say nothing of their content and origin."""
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if field.name in _SAYS:
            says = pc.and_(held, column.is_valid())
            column = pc.if_else(says, pa.scalar("", field.type), column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _ids_of(folder: str, ids: Collection[str]) -> pa.Array:
    """Identities as the tables of a folder have them."""
    if folder == "corpus":
        return pa.array(sorted(ids), pa.string())
    return pa.array([bytes.fromhex(one) for one in sorted(ids)], schemas.DOC_ID)


def _id_column(folder: str) -> str:
    return "id" if folder == "corpus" else "doc_id"


def _signatures(path: str) -> str:
    """The part with signatures of a part of `documents/`."""
    return path.replace("documents/", "signatures/", 1)


def _parts(store: Store, folders: Collection[str]) -> Iterator[str]:
    for folder in folders:
        yield from manifest.parts(store, folder)


def _batches(
    store: Store, path: str, columns: Collection[str]
) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Those of the columns that a part has, and the row at which each batch begins."""
    there = store.read_schema(path).names
    start = 0
    for batch in store.read_batches(path, _BATCH_ROWS, [name for name in columns if name in there]):
        yield batch, start
        start += batch.num_rows
