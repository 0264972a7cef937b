"""One million copies of one document, or of nearly one, are a matter of seconds."""

import numpy as np

from dedup import bands, clusters, verification

COPIES = 1_000_000


def identical() -> clusters.Edges:
    refs = np.arange(COPIES, dtype=np.uint64)
    keys = np.full(COPIES, 7, np.uint64)
    members = bands.band_members(keys, refs // np.uint64(2), refs)
    assert clusters.bucket_sizes(keys).tolist() == [COPIES]
    return clusters.bucket_edges(members)


def test_a_million_copies_are_one_cluster() -> None:
    stars = clusters.compact(identical())
    roots, sizes = clusters.cluster_sizes(stars)
    assert (roots.tolist(), sizes.tolist()) == ([0], [COPIES])


def test_a_million_verified_pairs_have_one_survivor() -> None:
    edges = identical()
    similarity = np.full(len(edges), 0.9, np.float32)
    stars, found, more = verification.choose_survivors(edges, similarity)
    assert len(stars) == COPIES - 1
    assert set(stars[:, clusters.ROOT_REF].tolist()) == {0}
    assert (found == np.float32(0.9)).all()
    assert not len(more)


def test_survivors_do_not_depend_on_the_order_of_pairs() -> None:
    rng = np.random.default_rng(5)
    member, root = rng.integers(0, 3000, (2, 9000))
    member, root = np.maximum(member, root), np.minimum(member, root)
    some = member != root
    preference, ref = np.arange(3000, dtype=np.uint64) // np.uint64(3), rng.permutation(3000)
    # A root is preferred: the order of (preference, ref).
    order = np.lexsort((ref, preference))
    first, second = order[root[some]], order[member[some]]
    edges = np.stack([preference[second], ref[second], preference[first], ref[first]], axis=1)
    edges = edges.astype(np.uint64)
    similarity = ((edges[:, 1] * np.uint64(31) + edges[:, 3]) % np.uint64(97)).astype(np.float32)
    expected = verification.choose_survivors(edges, similarity)
    removed = {tuple(row) for row in expected[0][:, :2].tolist()}
    assert not removed & {tuple(row) for row in expected[0][:, 2:].tolist()}
    for seed in range(3):
        shuffled = np.random.default_rng(seed).permutation(np.tile(np.arange(len(edges)), 2))
        again = verification.choose_survivors(edges[shuffled], similarity[shuffled])
        assert all(np.array_equal(a, b) for a, b in zip(again, expected, strict=True))
    kept_pairs = {
        (a, b)
        for a, b in zip(edges[:, 1].tolist(), edges[:, 3].tolist(), strict=True)
        if not {a, b} & {ref_ for _, ref_ in removed}
    }
    assert not kept_pairs, "two survivors are a verified pair"


def test_no_pairs() -> None:
    stars, similarity, more = verification.choose_survivors(
        clusters.no_edges(), np.empty(0, np.float32)
    )
    assert len(stars) == len(similarity) == len(more) == 0
    assert len(verification.distinct_pairs(clusters.no_edges())) == 0
