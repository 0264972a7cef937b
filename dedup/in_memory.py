"""Exact and near duplicates among texts that are in memory: what the stage does over units.

The stage moves hashes between workers; here everything is at hand, so the same functions follow
each other. tests/test_python_duplicates.py holds the two to the same survivors.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import bands, clusters, comparison, exact, minhash, verification
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
    pairs = _pairs(bands.band_keys(signatures, config)[:, rows], preference[rows], refs[rows])
    if not near.verify:
        row, survivor = _ends(clusters.compact(pairs))
        ends = [signatures.take(pa.array(end)) for end in (row, survivor)]
        return row, survivor, minhash.similarity(*ends).to_numpy()
    first = _verified(text, pairs, near)
    if near.family != "datatrove":
        # Those of which the words say that they resemble none of the documents that they met.
        unlike = np.setdiff1d(_ends(pairs)[0], _ends(first[0])[0])
        read = comparison.read(text.take(pa.array(unlike)), config, near.folded())
        keys = read.band_keys(config)
        more = _verified(text, _pairs(keys, preference[unlike], refs[unlike]), near)
        first = _joined(first, more)
    stars, _, left = verification.choose_survivors(*first)
    second = _verified(text, verification.next_pairs(left, stars), near)
    stars, likeness, _ = verification.choose_survivors(*_joined(first, second))
    return *_ends(stars), likeness["similarity"]


def _pairs(
    keys: npt.NDArray[np.uint64], preference: npt.NDArray[np.uint64], refs: npt.NDArray[np.uint64]
) -> clusters.Edges:
    return verification.gather_pairs(
        clusters.bucket_edges(bands.band_members(band, preference, refs)) for band in keys
    )


# Pairs whose texts are read together, 4 bytes for each word.
_PAIRS = 1 << 14

_Verified = tuple[clusters.Edges, comparison.Likeness]


def _verified(text: pa.LargeStringArray, pairs: clusters.Edges, near: MinHash) -> _Verified:
    """Those of the pairs that are alike enough, with the likeness of each."""
    found = [(clusters.no_edges(), np.empty(0, comparison.LIKENESS))]
    for start in range(0, len(pairs), _PAIRS):
        some = pairs[start : start + _PAIRS]
        rows, at = np.unique(np.concatenate(_ends(some)), return_inverse=True)
        read = comparison.read(text.take(pa.array(rows)), near.config(), near.folded())
        likeness, alike = comparison.compare(
            read, at[: len(some)], read, at[len(some) :],
            min_similarity=near.min_similarity, min_containment=near.min_containment,
        )  # fmt: skip
        found.append((some[alike], likeness[alike]))
    return _joined(*found)


def _joined(*verified: _Verified) -> _Verified:
    edges, likeness = zip(*verified, strict=True)
    return np.concatenate(edges), np.concatenate(likeness)


def _ends(edges: clusters.Edges) -> tuple[Ints, Ints]:
    """Rows of the members and of the roots."""
    member, root = (edges[:, column] for column in (clusters.MEMBER_REF, clusters.ROOT_REF))
    return bands.split_refs(member)[1], bands.split_refs(root)[1]
