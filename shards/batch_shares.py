"""How much of each source and language batches of packed rows have, beside a full shuffle.

A loader reads blocks of rows, so that neighbours of a file stand in the same batches. A full
shuffle would put every piece of a document anywhere. If the shares of sources and languages vary as
little from batch to batch as they would then, nothing is lost by reading blocks.
"""

import dataclasses
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from manifests.store import Store
from shards import packed_files
from shards.loader import order_of
from shards.shard_files import Ints

_MOST_PIECES, _MOST_ROWS = 4 << 20, 1 << 16
_COLUMNS = ["row", "tokens", "source", "language"]


@dataclasses.dataclass(frozen=True)
class Share:
    """The tokens of a source or language, as shares of all.

    Attributes:
      kind, name: what it is.
      share: of all tokens.
      batches: its share in a batch, such that a tenth of the batches have less, and a tenth more.
      shuffled: the same if pieces of documents were shuffled.
    """

    kind: Literal["source", "language"]
    name: str
    share: float
    batches: tuple[float, float]
    shuffled: tuple[float, float]


def shares(
    store: Store, batch_rows: int, seed: int = 0, epoch: int = 0
) -> tuple[list[Share], int, int]:
    """Shares, in the order of their size; how many rows of the first files they are of; batches.

    Args:
      batch_rows: rows of a batch.
      seed, epoch: of the loader's order; and of the shuffle.

    Raises:
      ValueError: a file is damaged, or there is no whole batch.
    """
    pieces, rows = _first_pieces(store)
    count = rows // batch_rows
    if not count:
        raise ValueError(f"there are {rows:,} rows, less than a batch of {batch_rows:,}")
    order = order_of(rows, seed, epoch)
    batch = np.empty(rows, np.int64)
    for place in range(rows):
        batch[order[place]] = place // batch_rows
    own = batch[pieces["row"].to_numpy()]
    tokens = pieces["tokens"].to_numpy().astype(np.int64)
    shuffled = _shuffled(tokens, count, np.random.default_rng([seed, epoch]))
    found = []
    for kind in ("source", "language"):
        names = pieces[kind].combine_chunks().dictionary_encode()
        code = names.indices.to_numpy().astype(np.int64)
        total = np.bincount(code, tokens, len(names.dictionary)) / tokens.sum()
        by_batch, by_chance = (_spread(some, code, tokens, count) for some in (own, shuffled))
        for number in np.argsort(-total, kind="stable").tolist():
            name = names.dictionary[number].as_py()
            told = (float(total[number]), by_batch[number], by_chance[number])
            found.append(Share("source" if kind == "source" else "language", name, *told))
    return found, rows, count


def _first_pieces(store: Store) -> tuple[pa.Table, int]:
    """The pieces of the first files, with the numbers of their rows; and how many rows these are.

    All files, unless they have very many.
    """
    index, _ = packed_files.read_index(store)
    files = index.group_by("file", use_threads=False).aggregate([("rows", "sum")]).to_pylist()
    found, rows, held = [], 0, 0
    for file in files:
        for batch in packed_files.piece_batches(store, file["file"], _COLUMNS):
            row = pc.add(batch["row"].cast(pa.int64()), rows)
            found.append(batch.set_column(0, pa.field("row", pa.int64(), False), row))
            held += batch.num_rows
        rows += file["rows_sum"]
        if held >= _MOST_PIECES or rows >= _MOST_ROWS:
            break
    return pa.Table.from_batches(found), rows


def _shuffled(tokens: Ints, batches: int, rng: np.random.Generator) -> Ints:
    """The batch of each piece if all were shuffled, and batches had equal numbers of tokens."""
    order = rng.permutation(len(tokens))
    starts = np.cumsum(tokens[order]) - tokens[order]
    found = np.empty(len(tokens), np.int64)
    found[order] = starts * batches // tokens.sum()
    return found


def _spread(batch: Ints, code: Ints, tokens: Ints, batches: int) -> list[tuple[float, float]]:
    """Of each code, the shares that a tenth of the batches are below, and a tenth above."""
    whole = batch < batches  # the last batch may lack rows
    codes = int(code.max(initial=-1)) + 1
    held = np.bincount(
        batch[whole] * codes + code[whole], tokens[whole], batches * codes
    ).reshape(batches, codes)  # fmt: skip
    of_batch = held / np.maximum(held.sum(axis=1, keepdims=True), 1)
    low, high = np.quantile(of_batch, [0.1, 0.9], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
