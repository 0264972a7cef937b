import pickle
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest

from dedup import bands, clusters, exact, minhash
from dedup.clusters import ClusterAccumulator, Edges, bucket_edges, cluster_sizes, compact
from dedup.presets import MinHashConfig

Document = tuple[int, int]  # preference, ref


def graph(documents: int, edges: int, seed: int) -> Edges:
    """Random edges among documents, some of one preference, which the ref then decides."""
    rng = np.random.default_rng(seed)
    preference = rng.integers(0, max(1, documents // 3), documents, dtype=np.uint64)
    preference += np.uint64(2**63)  # where a signed integer would turn the order round
    ref = rng.permutation(documents).astype(np.uint64) << np.uint64(32)
    member, root = rng.integers(0, documents, (2, edges))
    return np.stack([preference[member], ref[member], preference[root], ref[root]], axis=1)


def naive_stars(edges: Edges) -> list[list[int]]:
    """Union-find, one edge at a time."""
    parent: dict[Document, Document] = {}

    def find(document: Document) -> Document:
        parent.setdefault(document, document)
        while parent[document] != document:
            document = parent[document]
        return document

    for a, b, c, d in edges.tolist():
        first, second = sorted([find((a, b)), find((c, d))])
        parent[second] = first
    return sorted([*document, *find(document)] for document in parent if find(document) != document)


def members(rows: list[tuple[int, int, int]]) -> pa.RecordBatch:
    columns = np.array(rows, np.uint64).reshape(-1, 3).T
    return bands.band_members(*columns)


def same(left: Edges, right: Edges) -> bool:
    return left.dtype == right.dtype == np.uint64 and np.array_equal(left, right)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("documents", "edges"), [(1, 3), (10, 4), (300, 150), (300, 900)])
def test_compact_finds_the_components_that_union_find_finds(
    documents: int, edges: int, seed: int
) -> None:
    made = graph(documents, edges, seed)
    assert compact(made).tolist() == naive_stars(made)


def test_a_long_chain_is_one_cluster_under_its_preferred_end() -> None:
    ref = np.arange(5000, dtype=np.uint64)
    chain = np.stack([ref[:-1] * 0, ref[:-1], ref[1:] * 0, ref[1:]], axis=1)
    stars = compact(chain)
    assert len(stars) == 4999
    assert not stars[:, clusters.ROOT_REF].any()


def test_compact_is_canonical_and_leaves_its_input_alone() -> None:
    made = graph(200, 250, 3)
    before = made.copy()
    stars = compact(made)
    rng = np.random.default_rng(4)
    assert same(compact(stars), stars)
    assert same(compact(rng.permutation(made)), stars)
    assert same(compact(made[:, [2, 3, 0, 1]]), stars)
    assert same(compact(np.concatenate([made, made[:50]])), stars)
    assert same(made, before)


@pytest.mark.parametrize("cut", [0, 1, 60, 249, 250])
def test_compacting_parts_first_changes_nothing(cut: int) -> None:
    made = graph(200, 250, 5)
    parts = [compact(made[:cut]), compact(made[cut:])]
    assert same(compact(np.concatenate(parts)), compact(made))
    assert same(compact(np.concatenate(parts[::-1])), compact(made))


def test_no_edges_and_edges_to_oneself_are_no_clusters() -> None:
    assert compact(clusters.no_edges()).shape == (0, 4)
    assert compact(np.array([[7, 1, 7, 1]], np.uint64)).shape == (0, 4)
    roots, sizes = cluster_sizes(clusters.no_edges())
    assert len(roots) == len(sizes) == 0


@pytest.mark.parametrize("seed", range(6))
def test_accumulators_agree_however_they_are_grouped(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClusterAccumulator, "BUFFER_EDGES", [0, 7, 10**6][seed % 3])
    made = graph(400, 500, 6)
    rng = np.random.default_rng(seed)
    pieces = np.split(rng.permutation(made), np.sort(rng.integers(0, 500, 12)))
    accumulators = []
    for some in np.array_split(np.arange(len(pieces)), rng.integers(1, 6)):
        accumulator = ClusterAccumulator.create()
        for i in some:
            accumulator.add(pieces[i])
            if rng.random() < 0.3:
                accumulator.compact()
        accumulators.append(pickle.loads(pickle.dumps(accumulator)))
    while len(accumulators) > 1:
        merged = ClusterAccumulator.create()
        merged.merge(accumulators.pop(rng.integers(len(accumulators))) for _ in range(2))
        accumulators.append(merged)
    assert same(accumulators[0].extract(), compact(made))
    assert same(accumulators[0].extract(), compact(made))


def test_merging_leaves_the_merged_as_they_were() -> None:
    made = graph(50, 40, 7)
    one, other = ClusterAccumulator.create(), ClusterAccumulator.create()
    one.add(made[:20])
    other.add(made[20:])
    one.merge([other])
    one.compact()
    assert same(other.extract(), compact(made[20:]))


def test_an_accumulator_without_edges_has_no_clusters() -> None:
    accumulator = ClusterAccumulator.create()
    accumulator.add(clusters.no_edges())
    accumulator.merge([ClusterAccumulator.create()])
    assert same(accumulator.extract(), clusters.no_edges())


def test_an_accumulator_stays_near_the_size_of_its_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClusterAccumulator, "BUFFER_EDGES", 100)
    made = graph(50, 30, 8)
    accumulator = ClusterAccumulator.create()
    for _ in range(200):
        accumulator.add(made)
        assert len(pickle.dumps(accumulator)) < 40 * 200


def test_cluster_sizes_count_the_root() -> None:
    stars = np.array([[5, 10, 1, 90], [6, 11, 1, 90], [7, 12, 2, 3]], np.uint64)
    roots, sizes = cluster_sizes(stars)
    assert dict(zip(roots.tolist(), sizes.tolist(), strict=True)) == {90: 3, 3: 2}


def test_a_bucket_becomes_a_star_to_its_preferred_member() -> None:
    batch = members([(9, 5, 1), (4, 1, 1), (9, 3, 7), (9, 3, 6), (8, 0, 2), (8, 0, 2)])
    assert bucket_edges(batch).tolist() == [[3, 7, 3, 6], [5, 1, 3, 6]]


@pytest.mark.parametrize("seed", range(4))
def test_edges_of_buckets_do_not_depend_on_row_order_or_chunks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    refs = rng.integers(0, 300, 800)
    rows = np.stack([rng.integers(0, 400, 800), refs * 7919 % 50, refs], axis=1)
    batch = members([tuple(row) for row in rows])
    edges = bucket_edges(batch)
    shuffled = batch.take(pa.array(rng.permutation(800)))
    chunks = [shuffled.slice(0, 100), shuffled.slice(100, 0), shuffled.slice(100)]
    assert same(bucket_edges(pa.Table.from_batches(chunks)), edges)
    assert same(bucket_edges(shuffled.slice(0)), edges)
    expected = defaultdict(set)
    for key, preference, ref in rows.tolist():
        expected[key].add((preference, ref))
    stars = [
        [*member, *min(bucket)]
        for _, bucket in sorted(expected.items())
        for member in sorted(bucket)[1:]
    ]
    assert edges.tolist() == stars


def test_buckets_may_be_missing_or_lonely() -> None:
    assert bucket_edges(members([])).shape == (0, 4)
    assert bucket_edges(bands.BAND_MEMBERS.empty_table()).shape == (0, 4)
    assert bucket_edges(members([(1, 1, 1), (2, 1, 1)])).shape == (0, 4)


def test_preference_is_priority_then_length_then_chance() -> None:
    ids = pa.array([bytes([0, 0, 0, 9] + [0] * 12), bytes([1] + [0] * 15)], pa.binary(16))
    first, second = (ids.take(pa.array([i] * 4)) for i in (0, 1))
    sizes = np.array([0, 500, 2**24 - 1, 2**40])
    low, high = bands.preference(0, sizes, second), bands.preference(255, sizes, first)
    assert low.dtype == np.uint64
    assert (low < high).all()
    assert low[0] > low[1] > low[2] == low[3]
    assert (bands.preference(0, sizes, first) < low).all()
    assert high.tolist()[2] == 255 << 56 | 9
    assert (
        bands.preference(3, sizes[1:], second[1:]).tolist()
        == bands.preference(3, sizes, second).tolist()[1:]
    )
    assert len(bands.preference(0, np.empty(0, np.int64), ids[:0])) == 0
    with pytest.raises(ValueError, match="priority is 256"):
        bands.preference(256, sizes, first)


def test_refs_come_back_as_unit_and_row() -> None:
    rows = np.array([0, 1, 2**32 - 1])
    units, back = bands.split_refs(bands.refs(2**31, rows))
    assert (units.tolist(), back.tolist()) == ([2**31] * 3, rows.tolist())


def test_partitions_share_the_keys_evenly() -> None:
    ids = pa.array([i.to_bytes(16, "big") for i in range(8000)], pa.binary(16))
    parts = bands.partition(bands.exact_keys(ids), 8)
    assert parts.dtype == np.int64
    assert (abs(np.bincount(parts, minlength=8) - 1000) < 150).all()
    with pytest.raises(ValueError, match="0 partitions"):
        bands.partition(np.empty(0, np.uint64), 0)


@pytest.mark.parametrize("partitions", [1, 3])
def test_from_text_to_clusters(partitions: int) -> None:
    """Copies of any kind join, documents without text or words never do."""
    story = " ".join(f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300))
    texts = [
        story + " end",  # 0: longer than 1 and so preferred
        story,
        story.upper().replace(" ", "  "),  # 2: exactly as 1
        "", None, "…", "!!", "  ",  # 3 to 7: nothing to compare, or no words
        "another story of its own that resembles none",
        "…",  # 9: exactly as 5
    ]  # fmt: skip
    text = pa.array(texts, pa.large_string())
    config = MinHashConfig()
    hashes, signed = exact.text_hash(text), minhash.signatures(text, config)
    ids = pa.array([bytes([i] * 16) for i in range(len(texts))], pa.binary(16))
    sizes = np.array([len(t or "") for t in texts])
    sizes[2] = sizes[1]
    preference, ref = bands.preference(0, sizes, ids), bands.refs(4, np.arange(len(texts)))
    kept = [(bands.exact_keys(hashes), exact.has_text(hashes))]
    kept += [(band, bands.has_words(signed)) for band in bands.band_keys(signed, config)]
    batches = [bands.band_members(keys[mask], preference[mask], ref[mask]) for keys, mask in kept]
    accumulator = ClusterAccumulator.create()
    for part in range(partitions):
        mine = [
            batch.filter(pa.array(bands.partition(batch["key"].to_numpy(), partitions) == part))
            for batch in batches
        ]
        accumulator.add(bucket_edges(pa.Table.from_batches(mine)))
    stars = accumulator.extract()
    _, member = bands.split_refs(stars[:, clusters.MEMBER_REF])
    _, root = bands.split_refs(stars[:, clusters.ROOT_REF])
    assert dict(zip(member.tolist(), root.tolist(), strict=True)) == {1: 0, 2: 0, 9: 5}
