"""What became of the sample: which documents passed the rules, their clusters and tokens."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from manifests import manifest, schemas
from manifests.store import Store
from pipelines.estimation.draw import Drawn
from pipelines.recipe.recipe import Recipe
from pipelines.stages.corpus import corpus_part
from pipelines.stages.tokenizer import TOKENIZER_FILE
from shards.identity import from_hex
from tokenizer_train.encode import Encoder

_BATCH_ROWS = 1 << 12
_ENCODED_BYTES = 32 << 20  # of text that a foreign tokenizer encodes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """A row for each document that passed the rules and holds no benchmark.

    Attributes:
      drawn: position in the arrays of `Drawn`.
      cluster: number of its cluster of copies.
      weights: by cluster, 1 if a document of it is in the corpus, else 0.
      tokens: by cluster, of that document; None if the recipe has no shards.
      text_bytes: of each drawn record, of its text where it passed the rules.
    """

    drawn: Ints
    cluster: Ints
    weights: Floats
    tokens: Floats | None
    text_bytes: Floats


def outcomes(store: Store, drawn: Drawn) -> Outcomes:
    """Reads a finished run over the whole sample."""
    parts = list(_documents(store))
    kept = pa.concat_tables(parts).combine_chunks()
    ids = _array(kept["doc_id"])
    survivors = _array(kept["survivor"])
    text = kept["text_bytes"].to_numpy()
    places = pc.index_in(ids, value_set=drawn.ids)
    stays = survivors.is_valid().to_numpy(zero_copy_only=False)
    names = survivors.filter(pa.array(stays)).dictionary_encode()
    corpus = pa.chunked_array(
        [
            from_hex(batch["id"])
            for path in manifest.parts(store, "corpus")
            for batch in store.read_batches(path, _BATCH_ROWS, ["id"])
        ],
        schemas.DOC_ID,
    )
    weights = pc.is_in(names.dictionary, value_set=corpus).to_numpy(zero_copy_only=False)
    tokens = None
    if shards := list(manifest.parts(store, "shards")):
        counted = pa.concat_tables(
            [store.read_table(path, ["doc_id", "n_tokens"]) for path in shards]
        )
        at = pc.index_in(names.dictionary, value_set=_array(counted["doc_id"]))
        n_tokens = counted["n_tokens"].take(at).fill_null(0)
        tokens = n_tokens.to_numpy().astype(np.float64)
    text_bytes = np.zeros(len(drawn.ids))
    text_bytes[places.to_numpy()] = text
    return Outcomes(
        places.to_numpy()[stays].astype(np.int64),
        names.indices.to_numpy().astype(np.int64),
        weights.astype(np.float64),
        tokens,
        text_bytes,
    )


def _array(column: pa.ChunkedArray) -> pa.Array:
    return pa.chunked_array(column.chunks, column.type).combine_chunks()


def _documents(store: Store) -> Iterator[pa.Table]:
    """Documents of each unit, with the survivor of their cluster; null if they hold a benchmark."""
    for path in manifest.parts(store, "documents"):
        table = store.read_table(path, ["doc_id", "text_bytes"])
        unit = path.rsplit("/", 1)[-1]
        removed = store.read_table(f"duplicates/{unit}", ["row", "survivor"])
        at = np.arange(len(table))
        at[removed["row"].to_numpy()] = len(table) + np.arange(len(removed))
        chunks = [*table["doc_id"].chunks, *removed["survivor"].chunks]
        named = pa.chunked_array(chunks, schemas.DOC_ID).combine_chunks()
        yield table.append_column("survivor", named.take(pa.array(at)))


def tokens_unseen(store: Store, half: Store, drawn: Drawn, recipe: Recipe) -> float:
    """How many times as many tokens text takes by a tokenizer that has not seen it.

    Documents of the second half are encoded by the tokenizer of the first, and compared with the
    tokenizer that was learnt from both.
    """
    encoders = []
    for one in (store, half):
        with one.open(TOKENIZER_FILE) as file:
            encoders.append(Encoder(file.read().decode(), recipe.tokenizer.end_of_text()))
    counts, done = np.zeros(2), 0
    for unit in drawn.whole[len(drawn.half) :]:
        for batch in store.read_batches(corpus_part(unit.name), _BATCH_ROWS, ["text"]):
            text = batch["text"].cast(pa.large_string())
            counts += [len(encoder.encode(text).flatten()) for encoder in encoders]
            done += batch.nbytes
            if done > _ENCODED_BYTES:
                return float(counts[1] / counts[0])
    return float(counts[1] / counts[0]) if counts[0] else 1.0
