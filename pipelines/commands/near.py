"""Near-duplicates of a text in a finished run, by the signatures that the run keeps."""

import dataclasses

import numpy as np
import pyarrow as pa

from dedup import bands, minhash, verification
from dedup.presets import MinHashConfig
from manifests.store import Store
from pipelines.recipe.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Match:
    """A document of the run that shares a band with the text.

    Attributes:
      estimated, similarity: Jaccard similarity, by signatures and by shingles.
      removed: why the run dropped it as a duplicate; None if it survived.
    """

    doc_id: str
    source: str
    language: str
    unit: str
    row: int
    estimated: float
    similarity: float
    removed: str | None


def find_near(store: Store, text: str, least: float = 0.0) -> list[Match]:
    """Documents that resemble a text, the most similar first.

    Args:
      least: Jaccard similarity that a match has at least.

    Raises:
      ValueError: the run looked for exact duplicates alone, and has no signatures.
    """
    recipe = Recipe.from_json(store.read_json("recipe.json"))
    if not recipe.duplicates.near:
        raise ValueError(
            f"{store} has no signatures, its recipe has no duplicates.near; run it with "
            "--set duplicates.near={preset: fineweb}"
        )
    config = recipe.duplicates.near.resolved(recipe.seed).config()
    wanted = pa.array([text], pa.large_string())
    signature = minhash.signatures(wanted, config)
    if not bands.has_words(signature)[0]:
        return []
    shingles = minhash.shingles(wanted, config)
    matches = []
    for path in store.list("signatures"):
        unit = path.rsplit("/", 1)[-1].removesuffix(".parquet")
        table = store.read_table(path).combine_chunks()
        if not table.num_rows:
            continue
        batch = table.to_batches()[0]
        rows = candidates(batch["signature"], signature, config)
        if not len(rows):
            continue
        removed = store.read_table(f"duplicates/{unit}.parquet", ["row", "reason"]).to_pydict()
        reasons = dict(zip(removed["row"], removed["reason"], strict=True))
        texts = store.read_table(f"documents/{unit}.parquet", ["text"])["text"].take(rows)
        found = minhash.shingles(pa.array(texts.to_pylist(), pa.large_string()), config)
        true = verification.jaccard(
            found, np.arange(len(rows)), shingles, np.zeros(len(rows), np.int64)
        )
        theirs = batch["signature"].take(pa.array(rows))
        same = pa.concat_arrays([signature] * len(rows))
        for row, estimated, similarity in zip(
            rows, minhash.similarity(theirs, same).to_pylist(), true.tolist(), strict=True
        ):
            if similarity >= least:
                matches.append(
                    Match(
                        batch["doc_id"][row].as_py().hex(),
                        batch["source"][row].as_py(),
                        batch["language"][row].as_py(),
                        unit,
                        row,
                        estimated,
                        similarity,
                        reasons.get(row),
                    )
                )
    return sorted(matches, key=lambda match: (-match.similarity, match.doc_id, match.row))


def candidates(
    signatures: pa.FixedSizeListArray,
    wanted: pa.FixedSizeListArray,
    config: MinHashConfig,
) -> list[int]:
    """Rows that share a band with the one wanted; an index would cost more than one look."""
    shared = bands.band_keys(signatures, config) == bands.band_keys(wanted, config)
    rows: list[int] = np.flatnonzero(shared.any(axis=0)).tolist()
    return rows
