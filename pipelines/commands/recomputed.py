"""What `winnow verify --deep` computes again: tokens, values and verdicts, of a keyed sample.

Each is computed from what the run itself keeps, since its inputs may be gone.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from filters.rules import registry
from filters.rules.verdicts import Mask
from manifests import manifest, schemas
from manifests.store import Store
from manifests.verify import UNLIKE, Fault
from pipelines.commands import replay
from pipelines.recipe.recipe import Recipe
from shards.identity import from_hex
from shards.shuffle import shuffle_keys

SAMPLE = 500  # documents, about
_ROWS = 1 << 12
_OF_STAGES = ("id", "text", "text_bytes")  # what the corpus has in another form than documents
_SEED = int.from_bytes(b"verify")  # so that the sample is none of a stage


@dataclasses.dataclass
class Recomputed:
    """How many documents were computed again, and what could not be, with the reason."""

    tokens: int = 0
    verdicts: int = 0
    values: int = 0
    origins: int = 0
    left_out: list[str] = dataclasses.field(default_factory=list)


def deep_faults(
    store: Store, content: Mapping[str, Any], recipe: Recipe, done: Recomputed
) -> Iterator[Fault]:
    """Yields a fault for each file where a computation gives something else than it holds.

    Args:
      done: is filled in.
    """
    yield from _verdict_faults(store, recipe, done)
    yield from _value_faults(store, content, recipe, done)
    yield from _origin_faults(store, content, done)
    if "shards" in content:
        yield from _token_faults(store, content, recipe, done)


def _sampled(ids: pa.FixedSizeBinaryArray, docs: int) -> Mask:
    if docs <= SAMPLE:
        return np.ones(len(ids), bool)
    chosen: Mask = shuffle_keys(ids, _SEED) < np.uint64(2**64 * SAMPLE // docs)
    return chosen


def _verdict_faults(store: Store, recipe: Recipe, done: Recomputed) -> Iterator[Fault]:
    """All verdicts of stage `documents`, from the values that stand beside them."""
    if recipe.documents.dropped == "none":
        done.left_out.append("verdicts: the run kept no values of dropped documents")
        return
    try:
        for verdict in replay.verdicts(store, []):
            done.verdicts += verdict.rows.num_rows
    except replay.ReplayError as error:
        yield Fault("documents/", str(error), UNLIKE)


def _value_faults(
    store: Store, content: Mapping[str, Any], recipe: Recipe, done: Recomputed
) -> Iterator[Fault]:
    """Values of rules and reasons, from the text of documents that were kept."""
    from filters.rules.apply import apply_rules  # numba

    rules = recipe.documents.rules
    for name in rules:
        if name == registry.DATATROVE or registry.RULES[name].rewrites:
            why = f"values of rules: {name} may have rewritten the text that the run keeps"
            done.left_out.append(why)
            return
    names = registry.measures_schema(rules).names
    if not names:
        return
    redacted = [schemas.REDACTIONS] if recipe.documents.pii else []
    docs = content["stages"]["documents"]["funnel"]["kept"]["docs"]
    columns = ["doc_id", "url", "language", "text", *names, *redacted]
    for path in manifest.parts(store, "documents"):
        for batch in store.read_batches(path, _ROWS, columns):
            wanted = _sampled(batch["doc_id"], docs)
            wanted &= pc.binary_length(batch["text"]).to_numpy() > 0  # or it was taken down
            if redacted:  # values are of the text before
                lengths = batch[schemas.REDACTIONS].value_lengths().fill_null(0).to_numpy()
                wanted &= lengths == 0
            rows = batch.filter(pa.array(wanted))
            if not rows.num_rows:
                continue
            found = apply_rules(
                rows["text"], rules, urls=rows["url"], languages=rows["language"],
                early_drop=recipe.documents.early_drop,
            )  # fmt: skip
            done.values += rows.num_rows
            wrong = [n for n in names if not found.measures[n].equals(rows[n])]
            if wrong:
                yield Fault(path, f"its texts do not give the values in column {wrong[0]}", UNLIKE)
            elif found.reason.null_count < rows.num_rows:
                yield Fault(path, "it has texts that the recipe's rules drop", UNLIKE)


def _origin_faults(store: Store, content: Mapping[str, Any], done: Recomputed) -> Iterator[Fault]:
    """What the corpus says of documents beside their text, which other tables say, too."""
    docs = content["corpus"]["rows"]
    origins: dict[bytes, dict[str, Any]] = {}
    for path in manifest.parts(store, "corpus"):
        names = [name for name in store.read_schema(path).names if name not in _OF_STAGES]
        for batch in store.read_batches(path, _ROWS, ["id", *names]):
            ids = from_hex(batch["id"])
            wanted = pa.array(_sampled(ids, docs))
            rows = batch.select(names).filter(wanted).to_pylist()
            origins |= zip(ids.filter(wanted).to_pylist(), rows, strict=True)
    done.origins = len(origins)
    told = {name for row in origins.values() for name in row}
    for folder in ("documents", "shards") if "shards" in content else ("documents",):
        for path in manifest.parts(store, folder):
            names = [name for name in store.read_schema(path).names if name in told]
            unlike = 0
            for batch in store.read_batches(path, _ROWS, ["doc_id", *names]):
                wanted = pa.array(_sampled(batch["doc_id"], docs))
                for row in batch.filter(wanted).to_pylist():
                    origin = origins.get(row.pop("doc_id"), row)
                    unlike += any(origin[name] != row[name] for name in row)
            if unlike:
                what = f"of {unlike:,} documents it says something else than corpus/"
                yield Fault(path, what, UNLIKE)


def _token_faults(
    store: Store, content: Mapping[str, Any], recipe: Recipe, done: Recomputed
) -> Iterator[Fault]:
    """Tokens of shards, by the tokenizer of the run on the texts of the corpus."""
    from tokenizer_train.encode import Encoder

    encoder = Encoder(
        store.read_bytes(content["tokenizer"]["path"]).decode(), recipe.tokenizer.end_of_text()
    )
    encoder.use_reference()
    docs = content["corpus"]["rows"]
    expected: dict[bytes, bytes] = {}
    for path in manifest.parts(store, "corpus"):
        for batch in store.read_batches(path, _ROWS, ["id", "text"]):
            ids = from_hex(batch["id"])
            wanted = pa.array(_sampled(ids, docs))
            encoded = encoder.encode(batch["text"].filter(wanted)).to_pylist()
            for doc_id, tokens in zip(ids.filter(wanted).to_pylist(), encoded, strict=True):
                expected[doc_id] = _digest([*tokens, encoder.eos_id])
    for path in manifest.parts(store, "shards"):
        different = 0
        for batch in store.read_batches(path, _ROWS, ["doc_id", "input_ids"]):
            rows = batch.filter(pa.array(_sampled(batch["doc_id"], docs)))
            done.tokens += rows.num_rows
            pairs = zip(rows["doc_id"].to_pylist(), rows["input_ids"].to_pylist(), strict=True)
            different += sum(expected.get(doc_id) != _digest(ids) for doc_id, ids in pairs)
        if different:
            what = f"of {different:,} documents the tokens are not those of the run's tokenizer"
            yield Fault(path, what, UNLIKE)


def _digest(ids: list[int]) -> bytes:
    return xxhash.xxh3_128_digest(np.array(ids, np.uint32).tobytes())
