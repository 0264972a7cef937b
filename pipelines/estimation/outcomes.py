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
from pipelines.estimation.ratios import Interval
from pipelines.recipe.recipe import Recipe
from pipelines.stages.corpus import corpus_part
from pipelines.stages.tokenizer import TOKENIZER_FILE
from shards.identity import from_hex
from tokenizer_train.encode import Encoder
from tokenizer_train.larger import merges_of, pieces_and_tokens

_BATCH_ROWS = 1 << 12
# Of text that is encoded by another tokenizer, and by ones that have fewer merges.
_ENCODED_BYTES, _COMPARED_BYTES = 32 << 20, 2 << 20
_FULL = 0.98  # a vocabulary of which so much was learnt was not short of text
# Tokens of text that a tokenizer of a few kilobytes has not seen, over those of text that it has.
_WORST_UNSEEN = 2.0

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


def tokens_of_all(store: Store, half: Store | None, drawn: Drawn, recipe: Recipe) -> Interval:
    """Tokens by the tokenizer that all text will give, over those by the sample's.

    No fewer than there are pieces that merges do not cross or, where the sample was enough for the
    whole vocabulary, than it takes itself; no more than documents of the second half take by the
    tokenizer of the first, which has not seen them.

    Args:
      store, half: the runs over the whole sample, and over its first half if that gave documents.
    """
    own = _tokenizer(store)
    most = _WORST_UNSEEN
    if half is not None:
        eos = recipe.tokenizer.end_of_text()
        encoders, counts = [Encoder(one, eos) for one in (own, _tokenizer(half))], np.zeros(2)
        later = drawn.ids.filter(pa.array(~drawn.early))
        for text in _texts(store, drawn, later, _ENCODED_BYTES):
            counts += [len(encoder.encode(text).flatten()) for encoder in encoders]
        most = max(1.0, float(counts[1] / counts[0])) if counts[0] else most
    settings = recipe.tokenizer
    wanted = settings.padded_size() - 256 - len(settings.all_special_tokens())
    if merges_of(own) >= _FULL * wanted:
        return Interval(_FULL, most**0.5, most)
    texts = [
        one for text in _texts(store, drawn, drawn.ids, _COMPARED_BYTES) for one in text.to_pylist()
    ]
    pieces, tokens, likely = pieces_and_tokens(own, texts, wanted)
    low = min(1.0, pieces / max(1, tokens))
    return Interval(low, min(max(low, likely / max(1, tokens)), most), most)


def _tokenizer(store: Store) -> str:
    with store.open(TOKENIZER_FILE) as file:
        return file.read().decode()


def _texts(
    store: Store, drawn: Drawn, ids: pa.FixedSizeBinaryArray, most_bytes: int
) -> Iterator[pa.Array]:
    """Text of those documents of the corpus that are named, as far as so many bytes."""
    done = 0
    for unit in drawn.whole:
        for batch in store.read_batches(corpus_part(unit.name), _BATCH_ROWS, ["id", "text"]):
            text = batch["text"].filter(pc.is_in(from_hex(batch["id"]), value_set=ids))
            yield text.cast(pa.large_string())
            done += text.nbytes
            if done > most_bytes:
                return
