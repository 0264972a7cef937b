"""Exact and near duplicates among texts that are in memory: what the stage does over units.

The stage moves hashes between workers; here everything is at hand, so the same functions follow
each other. tests/test_python_duplicates.py holds the two to the same survivors.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters, exact, minhash, verification
from dedup.settings import MinHash

Ints = npt.NDArray[np.int64]
Similarities = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Removals:
    """Texts that are removed, in the order of their rows.

    Attributes:
      row: of the text.
      survivor: row of the text that it duplicates, which stays.
      exact: whether the two are alike but for case and white space.
      similarity: Jaccard similarity of the two: of their shingles, or, where the settings have
        `verify` off, estimated by their signatures. 1 for exact duplicates.
    """

    row: Ints
    survivor: Ints
    exact: npt.NDArray[np.bool_]
    similarity: Similarities


def removals(
    text: pa.LargeStringArray, preference: npt.NDArray[np.uint64], near: MinHash | None
) -> Removals:
    """Duplicates among texts.

    Args:
      text: a null, or a text of white space alone, duplicates nothing.
      preference: of each text, see `dedup.bands.preference`; the lower row settles a tie.
      near: resolved; None finds exact duplicates alone.
    """
    hashes = exact.text_hash(text)
    rows = np.flatnonzero(exact.has_text(hashes))
    refs = bands.refs(0, np.arange(len(text)))
    members = bands.band_members(bands.exact_keys(hashes)[rows], preference[rows], refs[rows])
    row, survivor = _ends(clusters.compact(clusters.bucket_edges(members)))
    similarity = np.ones(len(row), np.float32)
    if near is not None:
        keep = np.ones(len(text), bool)
        keep[row] = False
        near_row, near_survivor, near_similarity = _near(text, preference, refs, keep, near)
        # A copy of a text that is itself a near-duplicate has that one's survivor.
        beyond = np.arange(len(text))
        beyond[near_row] = near_survivor
        resembles = np.ones(len(text), np.float32)
        resembles[near_row] = near_similarity
        similarity = np.concatenate([resembles[survivor], near_similarity])
        row = np.concatenate([row, near_row])
        survivor = np.concatenate([beyond[survivor], near_survivor])
        order = np.argsort(row)
        row, survivor, similarity = row[order], survivor[order], similarity[order]
    same = pc.equal(hashes.take(pa.array(row)), hashes.take(pa.array(survivor)))
    return Removals(row, survivor, same.to_numpy(zero_copy_only=False), similarity)


def _near(
    text: pa.LargeStringArray,
    preference: npt.NDArray[np.uint64],
    refs: npt.NDArray[np.uint64],
    keep: npt.NDArray[np.bool_],
    near: MinHash,
) -> tuple[Ints, Ints, Similarities]:
    """Removed rows among those to keep, the survivor of each, and how similar the two are."""
    config = near.config()
    signatures = minhash.signatures(text, config)
    rows = np.flatnonzero(bands.has_words(signatures) & keep)
    keys = bands.band_keys(signatures, config)
    pairs = verification.gather_pairs(
        clusters.bucket_edges(bands.band_members(band[rows], preference[rows], refs[rows]))
        for band in keys
    )
    if not near.verify:
        row, survivor = _ends(clusters.compact(pairs))
        ends = [signatures.take(pa.array(end)) for end in (row, survivor)]
        return row, survivor, minhash.similarity(*ends).to_numpy()
    first = list(_verified(text, pairs, near))
    proposed = verification.choose_survivors(*_joined(first))[2]
    second = list(_verified(text, verification.distinct_pairs(proposed), near))
    stars, similarity, _ = verification.choose_survivors(*_joined([*first, *second]))
    return *_ends(stars), similarity


# Pairs whose shingles are held together, 8 bytes for each word of their texts.
_PAIRS = 1 << 14


def _verified(
    text: pa.LargeStringArray, pairs: clusters.Edges, near: MinHash
) -> Iterator[tuple[clusters.Edges, Similarities]]:
    """Those of the pairs that are alike enough, with the similarity of each."""
    for start in range(0, len(pairs), _PAIRS):
        some = pairs[start : start + _PAIRS]
        rows, at = np.unique(np.concatenate(_ends(some)), return_inverse=True)
        shingles = minhash.shingles(text.take(pa.array(rows)), near.config())
        similarity = verification.jaccard(shingles, at[: len(some)], shingles, at[len(some) :])
        alike = similarity >= np.float32(near.min_similarity)
        yield some[alike], similarity[alike]


def _joined(
    verified: list[tuple[clusters.Edges, Similarities]],
) -> tuple[clusters.Edges, Similarities]:
    edges = [clusters.no_edges(), *(pairs for pairs, _ in verified)]
    similarities = [np.empty(0, np.float32), *(similarity for _, similarity in verified)]
    return np.concatenate(edges), np.concatenate(similarities)


def _ends(edges: clusters.Edges) -> tuple[Ints, Ints]:
    """Rows of the members and of the roots."""
    member, root = (edges[:, column] for column in (clusters.MEMBER_REF, clusters.ROOT_REF))
    return bands.split_refs(member)[1], bands.split_refs(root)[1]
