"""What the tables of a run hold, against what its manifest counts: the second half of
`winnow verify`, once every file has its digest.

A file is read in batches of a few MB, several files at once. Identities are added up, not held.
"""

import collections
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import registry
from filters.settings import measured_before_rules
from manifests import files, inputs, manifest, schemas, sketches
from manifests.statistics import DROPPED, ERROR, KEPT, Count, Funnel, Key, tokens
from manifests.store import Store
from manifests.threads import in_threads
from manifests.verify import UNLIKE, Fault
from pipelines.recipe.recipe import Recipe
from shards.identity import from_hex
from shards.settings import Splits
from shards.shard_files import METADATA_KEY, facts_of
from shards.shuffle import shuffle_keys
from shards.splits import splits_of

# Tables that are counted: what their rows are in a funnel, and the column of their bytes.
_COUNTED = {
    "documents": (KEPT, "input_bytes"),
    "dropped": (DROPPED, "input_bytes"),
    "errors": (ERROR, "input_bytes"),
    "duplicates": (DROPPED, "text_bytes"),
    "corpus": (KEPT, "text_bytes"),
    "shards": (KEPT, "text_bytes"),
}
_ROWS = 1 << 16
# Identities that are in memory at once; the corpus is read once for so many.
_IDS_AT_ONCE = 1 << 22

Sum = npt.NDArray[np.uint64]


@dataclasses.dataclass
class Held:
    """What a file holds.

    Attributes:
      text: of documents, by source and language: documents and bytes of text.
      ids: the sum of both halves of all identities, modulo 2**64.
      tokens: of all rows of a shard, by the name of their count.
      first, last: the least and greatest key of a shard's order.
    """

    path: str
    rows: int = 0
    faults: list[str] = dataclasses.field(default_factory=list)
    funnel: Funnel = dataclasses.field(default_factory=Funnel)
    ids: Sum = dataclasses.field(default_factory=lambda: np.zeros(2, np.uint64))
    tokens: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    first: int | None = None
    last: int | None = None


def content_faults(store: Store, content: Mapping[str, Any], recipe: Recipe) -> Iterator[Fault]:
    """Yields a fault for each table whose columns, rows, order or counts are not as they are told.

    It checks the schema of each part against the recipe, rows and funnels of stages (by source,
    language and reason) against the tables, that documents are the same in documents/ and
    signatures/, that those not removed are once in the corpus and once in the shards, their splits,
    the order of shards, their tokens, and whose tokenizer made them.

    Args:
      content: `reproducible` of the manifest.
    """
    wanted = _schemas(recipe, content)
    tables = [f for f in files.read(store, *content["stages"]) if f["path"].endswith(".parquet")]
    funnels: dict[str, Funnel] = {}
    sums: dict[str, Sum] = {}
    found, last_key = collections.Counter[str](), -1
    for held, file in zip(
        in_threads(store, lambda f: _held(store, f["path"], wanted, content), tables),
        tables, strict=True,
    ):  # fmt: skip
        if held.rows != file["rows"]:
            held.faults.append(f"{held.rows:,} rows, but the manifest says {file['rows']:,}")
        folder = held.path.partition("/")[0]
        if held.first is not None and held.last is not None:
            if held.first < last_key:
                held.faults.append("its rows come before those of the shard before it")
            last_key = held.last
        yield from (Fault(held.path, what, UNLIKE) for what in held.faults)
        funnels.setdefault(folder, Funnel()).merge(held.funnel)
        sums[folder] = sums.get(folder, np.zeros(2, np.uint64)) + held.ids
        found += held.tokens
    yield from _input_faults(store, content)
    yield from _value_faults(store)
    yield from _count_faults(content, funnels)
    yield from _identity_faults(store, content, sums)
    told = content["stages"].get("shards", {"counts": {}})["counts"]
    for name in sorted({*found, *(name for name in told if name.startswith("tokens"))}):
        if found[name] != told.get(name, 0):
            what = f"{found[name]:,} {name}, but the manifest says {told.get(name, 0):,}"
            yield Fault("shards/", what, UNLIKE)


def _schemas(recipe: Recipe, content: Mapping[str, Any]) -> dict[str, pa.Schema]:
    """The schema of each folder's tables, as far as the recipe decides it."""
    settings = recipe.documents
    measures = registry.measures_schema(settings.rules)
    kinds = settings.pii.counted if settings.pii else []
    language = measured_before_rules(settings)
    documents = schemas.documents_schema(measures, kinds, language)
    found = {
        "documents": documents,
        "dropped": schemas.dropped_schema(measures, kinds, settings.dropped, language),
        "errors": schemas.ERRORS,
        "duplicates": schemas.DUPLICATES,
        "clusters": schemas.CLUSTERS,
        "contamination": schemas.CONTAMINATION,
        "masked": schemas.CUTS,
        "repetition": schemas.CUTS,
        "corpus": schemas.corpus_schema(documents),
        inputs.INPUTS_FILE: schemas.INPUTS,
        sketches.VALUES_FILE: schemas.VALUES,
    }
    if "shards" in content:
        found["shards"] = schemas.shard_schema(content["tokenizer"]["vocab_size"])
    return found


def _held(
    store: Store, path: str, wanted: Mapping[str, pa.Schema], content: Mapping[str, Any]
) -> Held:
    folder, _, name = path.partition("/")
    held = Held(path)
    try:
        schema = store.read_schema(path)
        expected = wanted.get(folder)
        if expected is not None and not schema.equals(expected):
            held.faults.append(f"columns are not those of the recipe: {_unlike(schema, expected)}")
        elif folder in _COUNTED:
            _count(store, held, folder, schema, content)
        else:
            held.rows = store.rows(path)
        if folder == "signatures" and not _same_ids(store, path, f"documents/{name}"):
            held.faults.append(f"its documents are not those of documents/{name}, in that order")
    except ValueError as error:
        held.faults.append(str(error))
    return held


def _unlike(schema: pa.Schema, expected: pa.Schema) -> str:
    """The first column that differs."""
    for name in dict.fromkeys([*expected.names, *schema.names]):
        sides = [s.field(name) if name in s.names else None for s in (schema, expected)]
        if sides[0] is None or sides[1] is None:
            return f"{name} is {'missing' if sides[0] is None else 'unknown'}"
        if not sides[0].equals(sides[1]):
            told = [f"{one.type}{'' if one.nullable else ' not null'}" for one in sides if one]
            return f"{name} is {told[0]}, not {told[1]}"
    return "their order"


def _count(
    store: Store, held: Held, folder: str, schema: pa.Schema, content: Mapping[str, Any]
) -> None:
    outcome, size = _COUNTED[folder]
    names = schema.names
    identity = "id" if folder == "corpus" else "doc_id"
    columns = [
        name
        for name in (identity, "source", "language", "reason", "input_bytes", "text_bytes",
                     "n_tokens", "input_ids", "split")
        if name in names
    ]  # fmt: skip
    of_shard, splits = folder == "shards", Splits(**content["recipe"]["splits"])
    if of_shard:
        _check_facts(held, schema, content)
    for batch in store.read_batches(held.path, _ROWS, columns):
        ids = from_hex(batch[identity]) if identity == "id" else batch[identity]
        held.rows += batch.num_rows
        held.ids += _sum(ids)
        held.funnel.count(outcome, batch, size)
        if "split" in names:  # of the corpus and of shards
            keys = shuffle_keys(ids, content["seed"])
            if not splits_of(keys, splits).equals(batch["split"]):
                _once(held, "its splits are not those that the recipe's shares give")
            if of_shard and batch.num_rows:
                _check_order(held, keys)
                _check_tokens(held, batch, content["tokenizer"]["vocab_size"])


def _sum(ids: pa.FixedSizeBinaryArray) -> Sum:
    halves = np.frombuffer(ids.buffers()[1], np.uint64, 2 * len(ids), 16 * ids.offset)
    total: Sum = halves.reshape(-1, 2).sum(axis=0, dtype=np.uint64)
    return total


def _check_facts(held: Held, schema: pa.Schema, content: Mapping[str, Any]) -> None:
    if METADATA_KEY not in (schema.metadata or {}):
        held.faults.append("it does not say which tokenizer made it")
        return
    facts, tokenizer = facts_of(schema), content["tokenizer"]
    if facts.get("tokenizer_sha256") != tokenizer["sha256"]:
        held.faults.append(f"another tokenizer than {tokenizer['path']} made its tokens")
    if facts.get("seed") != content["seed"]:
        held.faults.append("it was shuffled with another seed")


def _check_order(held: Held, keys: npt.NDArray[np.uint64]) -> None:
    ascending = bool((keys[1:] >= keys[:-1]).all())
    if not ascending or (held.last is not None and int(keys[0]) < held.last):
        _once(held, "its rows are not in the order of their keys")
    held.first = int(keys[0]) if held.first is None else held.first
    held.last = int(keys[-1])


def _check_tokens(held: Held, batch: pa.RecordBatch, vocab_size: int) -> None:
    lists = batch["input_ids"]
    lengths = pc.list_value_length(lists)
    if not lengths.equals(batch["n_tokens"]):
        _once(held, "n_tokens is not the number of input_ids")
    held.tokens.update(tokens(batch))
    most = pc.max(lists.flatten()).as_py()
    if most is not None and most >= vocab_size:
        _once(held, f"a token has the id {most:,}, but the tokenizer has {vocab_size:,}")


def _once(held: Held, what: str) -> None:
    if what not in held.faults:
        held.faults.append(what)


def _same_ids(store: Store, left: str, right: str) -> bool:
    """Whether two tables of a unit are about the same documents in the same order."""
    read = [store.read_batches(path, _ROWS, ["doc_id"]) for path in (left, right)]
    sides = [pa.chunked_array([b["doc_id"] for b in one], schemas.DOC_ID) for one in read]
    return bool(sides[0].equals(sides[1]))


def _input_faults(store: Store, content: Mapping[str, Any]) -> Iterator[Fault]:
    """The table of inputs against its digest, which the manifest has."""
    told = inputs.summary(inputs.read(store)) if content["inputs"]["count"] else None
    if told is not None and told != content["inputs"]:
        yield Fault(inputs.INPUTS_FILE, "its rows are not those that the manifest counts", UNLIKE)


def _value_faults(store: Store) -> Iterator[Fault]:
    """How measured values are spread, against the tables of the work units."""
    folder, _, ending = manifest.unit_values("documents", "").rpartition("/")
    units = [path for path in files.paths(store, folder) if path.endswith(ending)]
    counted = sketches.Values()
    try:
        for unit in in_threads(store, lambda path: sketches.read(store, path), units):
            counted.merge(unit)
        there = store.exists(sketches.VALUES_FILE)
        told = sketches.read(store) if there else sketches.Values()
    except ValueError as error:
        yield Fault(sketches.VALUES_FILE, f"its rows cannot be added up: {error}", UNLIKE)
        return
    if not told.table().equals(counted.table()):
        what = "its rows are not the sum of the tables in stages/documents/"
        yield Fault(sketches.VALUES_FILE, what, UNLIKE)


def _count_faults(content: Mapping[str, Any], funnels: Mapping[str, Funnel]) -> Iterator[Fault]:
    """Funnels of stages against rows of tables, by source, language and reason."""
    stages = content["stages"]
    for stage, folders in (
        ("documents", ("documents", "dropped", "errors")),
        ("corpus", ("corpus",)),
        ("shards", ("shards",)),
    ):
        if stage in stages:
            counted = Funnel()
            for folder in folders:
                counted.merge(funnels.get(folder, Funnel()))
            told = Funnel.from_json(stages[stage]["funnel"]).outcomes
            there = {key: count for key, count in told.items() if key[3] != schemas.TAKEN_DOWN}
            yield from _unlike_counts(stage, "/, ".join(folders) + "/", there, counted.outcomes)
    told = Funnel.from_json(stages["duplicates"]["funnel"]).outcomes
    removed = {key: count for key, count in told.items() if key[0] == DROPPED}
    found = funnels.get("duplicates", Funnel()).outcomes
    yield from _unlike_counts("duplicates", "duplicates/", removed, found)


def _unlike_counts(
    stage: str, folder: str, told: Mapping[Key, Count], found: Mapping[Key, Count]
) -> Iterator[Fault]:
    for key in sorted({*told, *found}):
        counts = [side.get(key, Count()) for side in (told, found)]
        if counts[0] != counts[1]:
            name = " ".join(part for part in key if part)
            what = (
                f"stage {stage} counts {counts[0].docs:,} documents of {counts[0].bytes:,} bytes "
                f"({name}), but there are {counts[1].docs:,} of {counts[1].bytes:,}"
            )
            yield Fault(folder, what, UNLIKE)


def _identity_faults(
    store: Store, content: Mapping[str, Any], sums: Mapping[str, Sum]
) -> Iterator[Fault]:
    """Each surviving document is once in the corpus, and once in the shards."""
    nothing = np.zeros(2, np.uint64)
    taken = [bytes.fromhex(one) for one in sorted(manifest.taken_down(content))]
    left = sums.get("documents", nothing) - sums.get("duplicates", nothing)
    left -= _sum(pa.array(taken, schemas.DOC_ID))
    corpus = sums.get("corpus", nothing)
    repetition = content["stages"].get("repetition", {"funnel": {"dropped": {"docs": 0}}})
    if not repetition["funnel"]["dropped"]["docs"] and not np.array_equal(left, corpus):
        what = "its documents are not those of documents/ without those of duplicates/"
        yield Fault("corpus/", what, UNLIKE)
    if "shards" in content and not np.array_equal(sums.get("shards", nothing), corpus):
        yield Fault("shards/", "its documents are not those of corpus/", UNLIKE)
    if repeated := _repeated(store, content):
        yield Fault("corpus/", f"{repeated:,} documents are written more than once", UNLIKE)


def _repeated(store: Store, content: Mapping[str, Any]) -> int:
    """How many identities of the corpus came before; some of them are looked at in each pass."""
    rows = content["corpus"]["rows"]
    passes = -(-rows // _IDS_AT_ONCE) or 1
    repeated = 0
    for number in range(passes):
        found: list[pa.Array] = []
        for path in files.paths(store, "corpus"):
            for batch in store.read_batches(path, _ROWS, ["id"]):
                ids = from_hex(batch["id"])
                if passes > 1:
                    ids = ids.filter(pa.array(shuffle_keys(ids, 0) % passes == number))
                found.append(ids)
        every = pa.chunked_array(found, schemas.DOC_ID)
        repeated += len(every) - pc.count_distinct(every).as_py()
    return repeated
