"""Decide rounds, keyed by document, choose the survivors that one walk over everything chooses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import clusters, decisions, rounds, verification
from dedup.comparison import LIKENESS

Pairs = list[tuple[int, int]]


def documents_of(count: int, seed: int) -> clusters.Edges:
    """(preference, ref) of documents 0, 1, ... from the most preferred on; preferences repeat."""
    rng = np.random.default_rng(seed)
    preference = np.sort(rng.integers(0, 1 + count // 2, count)).astype(np.uint64)
    refs = rng.permutation(count).astype(np.uint64) << np.uint64(29)
    order = np.lexsort((refs, preference))
    return np.stack([preference, refs], axis=1)[order]


def edges_of(pairs: Pairs | np.ndarray, seed: int = 0) -> tuple[clusters.Edges, np.ndarray]:
    """Pairs of ranks, larger and smaller, as edges and a likeness that tells them apart."""
    ranks = np.array(pairs, np.int64).reshape(-1, 2)
    documents = documents_of(int(ranks.max(initial=0)) + 1, seed)
    likeness = np.zeros(len(ranks), LIKENESS)
    likeness["words"] = (ranks[:, 0] * 31 + ranks[:, 1]) % 65_537 + 1
    likeness["similarity"] = 1 / likeness["words"]
    return np.concatenate([documents[ranks[:, 0]], documents[ranks[:, 1]]], axis=1), likeness


def by_hand(edges: clusters.Edges) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """Survivor of each removed document, and the pairs to verify next: dictionaries and loops."""
    rank = {ref: (preference, ref) for preference, ref in edges.reshape(-1, 2).tolist()}
    roots: dict[int, set[int]] = {}
    for _, member, _, root in edges.tolist():
        roots.setdefault(member, set()).add(root)
    survivor: dict[int, int] = {}
    for document in sorted(roots, key=rank.__getitem__):
        alive = [root for root in roots[document] if root not in survivor]
        if alive:
            survivor[document] = min(alive, key=rank.__getitem__)
    left = {document for document in roots if document not in survivor}
    more = set()
    for document in left:
        for root in roots[document]:
            more.add((document, survivor[root]))
            others = [other for other in left if root in roots[other]]
            more.add((document, min(others, key=rank.__getitem__)))
    return survivor, {(m, r) for m, r in more if rank[r] < rank[m]}


def in_rounds(
    edges: clusters.Edges, likeness: np.ndarray, steps: int, partitions: int
) -> tuple[dict[int, tuple[int, int]], set[tuple[int, int]], int]:
    """Survivor and words of each removed document, pairs to verify next, and what the walk got."""
    notes = decisions.first_notes(edges, likeness)
    stars, left = [clusters.no_edges()], [clusters.no_edges()]
    words = [np.empty(0, np.uint32)]

    def parts(notes: decisions.Notes) -> list[list[decisions.Notes]]:
        where = rounds.partition_of(notes.owners, partitions)
        return [[notes[(where == p) & (np.arange(len(where)) % 2 == i)] for i in range(2)]
                for p in range(partitions)]  # fmt: skip

    for _ in range(steps):
        found = [decided for part in parts(notes) for decided in decisions.decide(part)]
        stars += [decided.stars.edges for decided in found]
        words += [decided.stars.likeness["words"] for decided in found]
        left += [decided.left for decided in found]
        notes = decisions.Notes.concatenated([decided.notes for decided in found])
    rest = decisions.Notes.concatenated([decisions.known(part) for part in parts(notes)])
    last, of_last, left_last = verification.choose_survivors(
        rest.edges, rest.likeness, rest.kind == decisions.REMOVED
    )
    stars.append(last)
    words.append(of_last["words"])
    all_stars = np.concatenate(stars)
    assert len(np.unique(all_stars[:, 1])) == len(all_stars), "a document is removed twice"
    more = verification.next_pairs(np.concatenate([*left, left_last]), all_stars)
    survivor = {
        member: (root, word)
        for (_, member, _, root), word in zip(
            all_stars.tolist(), np.concatenate(words).tolist(), strict=True
        )
    }
    return survivor, {(m, r) for _, m, _, r in more.tolist()}, len(rest)


def check(pairs: Pairs | np.ndarray, seed: int, steps: int, partitions: int) -> int:
    edges, likeness = edges_of(pairs, seed)
    expected, more = by_hand(edges)
    known = {(m, r): w for (_, m, _, r), w in zip(edges.tolist(), likeness["words"].tolist(),
                                                  strict=True)}  # fmt: skip
    survivor, proposed, rest = in_rounds(edges, likeness, steps, partitions)
    assert {member: root for member, (root, _) in survivor.items()} == expected
    assert all(word == known[member, root] for member, (root, word) in survivor.items())
    assert proposed == more
    stars, of_stars, left = verification.choose_survivors(edges, likeness)
    assert {m: r for _, m, _, r in stars.tolist()} == expected
    assert of_stars["words"].tolist() == [known[m, r] for _, m, _, r in stars.tolist()]
    assert {(m, r) for _, m, _, r in verification.next_pairs(left, stars).tolist()} == more
    return rest


GRAPHS = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=80).map(
    lambda pairs: [(max(pair), min(pair)) for pair in pairs if pair[0] != pair[1]]
)


@settings(max_examples=300, deadline=None)
@given(pairs=GRAPHS, seed=st.integers(0, 9), steps=st.integers(0, 6), partitions=st.integers(1, 4))
def test_rounds_choose_as_the_walk_does(
    pairs: Pairs, seed: int, steps: int, partitions: int
) -> None:
    check(pairs, seed, steps, partitions)


def adversarial(count: int = 3000) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    ranks = np.arange(1, count)
    shuffled = rng.permutation(count)
    some = rng.integers(0, count, (count, 2))
    some = some[some[:, 0] != some[:, 1]]
    some = np.stack([some.max(axis=1), some.min(axis=1)], axis=1)
    star = np.stack([ranks, np.zeros_like(ranks)], axis=1)
    beside = np.stack([shuffled[1:], shuffled[:-1]], axis=1)
    few = np.arange(1, 80)
    return {
        "nothing": np.empty((0, 2), int),
        "one cluster": star,
        "all pairs": np.array([(a, b) for a in range(60) for b in range(a)]),
        "ever longer versions": np.stack([ranks, ranks - 1], axis=1),
        "chain of random preference": np.sort(beside, axis=1)[:, ::-1],
        "star and random pairs": np.concatenate([star, some]),
        "random pairs, repeated": np.concatenate([some, some[::3]]),
        "two roots, one of which falls late": np.concatenate(
            [np.stack([few, few - 1], axis=1), np.stack([few + 100, few], axis=1),
             np.stack([few + 100, few + 20], axis=1)]
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", adversarial())
def test_adversarial_graphs_are_decided_as_by_the_walk(name: str) -> None:
    for steps, partitions in ((0, 1), (1, 3), (6, 4)):
        rest = check(adversarial()[name], 1, steps, partitions)
    if name in ("one cluster", "nothing"):
        assert rest == 0
    if name == "chain of random preference":
        assert rest < 30, "three rounds decide nearly all of it"
    if name == "ever longer versions":
        assert rest > 2900, "a step decides one version"


def test_news_of_a_step_is_smaller_than_the_pairs() -> None:
    """Of a star, nothing is left to send after two steps."""
    edges, likeness = edges_of(adversarial()["one cluster"])
    notes = decisions.first_notes(edges, likeness)
    sizes = []
    for _ in range(3):
        found = list(decisions.decide([notes]))
        notes = decisions.Notes.concatenated([decided.notes for decided in found])
        sizes.append(len(notes))
    assert sizes == [2 * len(edges), 0, 0]


def test_listeners_are_joined_to_parts_of_some_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches, divided by partition at each step, would become batches of one row."""
    edges, likeness = edges_of(adversarial()["one cluster"])
    parts = [decisions.first_notes(edges[i : i + 10], likeness[i : i + 10])
             for i in range(0, len(edges), 10)]  # fmt: skip
    assert len(list(decisions.decide(parts))) == 2
    monkeypatch.setattr(decisions, "_LISTENERS", 1000)
    assert len(list(decisions.decide(parts))) == 4
