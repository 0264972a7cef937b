"""The index of bands finds what is there, and reads little."""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import index


class Files:
    """Files of an index in memory, which count what is read of them."""

    def __init__(self, entries: index.Entries, parts: int) -> None:
        self.files = {}
        self.rounds = self.bytes = 0
        part_of = index.partition(entries[:, 0], parts)
        for part in range(parts):
            if (part_of == part).any():
                name = f"index/bands/{index.file_name(part, parts)}"
                self.files[name] = whole(entries[part_of == part])
        sizes = {name: len(data) for name, data in self.files.items()}
        self.index = index.BandIndex(sizes, parts, self.read)

    def read(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes]:
        self.rounds += 1
        found = [self.files[path][start:end] for path, start, end in ranges]
        self.bytes += sum(map(len, found))
        return found


def whole(entries: index.Entries) -> bytes:
    return index.header(len(entries)) + index.encoded(entries)


def entries_of(keys: Sequence[int]) -> index.Entries:
    key = np.array(keys, np.uint64)
    ref = np.arange(len(key), dtype=np.uint64)
    return index.sorted_entries(key, ref % np.uint64(3), ref)


# Few keys, so that many are equal, at both ends and in clumps, where a guess is far off.
KEYS = st.lists(
    st.one_of(
        st.integers(0, 2**64 - 1),
        st.integers(0, 5),
        st.integers(2**64 - 5, 2**64 - 1),
        st.integers(2**63 - 3, 2**63 + 3),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(KEYS, KEYS, st.integers(1, 9), st.integers(1, 9), st.integers(1, 40))
def test_a_search_and_a_scan_find_what_brute_force_finds(
    keys: list[int], others: list[int], parts: int, pieces: int, repeated: int
) -> None:
    entries = entries_of([*keys, *keys[:1] * repeated * 40])
    files = Files(entries, parts)
    wanted = [*keys, *others]
    found = files.index.find(np.array(wanted, np.uint64))
    for key, bucket in zip(wanted, found, strict=True):
        assert np.array_equal(bucket, entries[entries[:, 0] == np.uint64(key)])
    scanned = [list(files.index.scan(piece, pieces, 7)) for piece in range(pieces)]
    for piece, part in enumerate(scanned):
        assert all((index.partition(some[:, 0], pieces) == piece).all() for some in part)
    every = [some for part in scanned for some in part]
    assert np.array_equal(np.concatenate([entries[:0], *every]), entries)


@given(KEYS, st.randoms())
def test_entries_are_in_the_order_of_key_preference_and_ref(keys: list[int], rng) -> None:  # type: ignore[no-untyped-def]
    rows = [(key, at % 3, at) for at, key in enumerate(keys)]
    expected = [(key, ref) for key, _, ref in sorted(rows)]
    rng.shuffle(rows)
    columns = [np.array(column, np.uint64) for column in zip(*rows, strict=True)] or [
        np.empty(0, np.uint64)
    ] * 3
    entries = index.sorted_entries(*columns)
    assert [tuple(row) for row in entries.tolist()] == expected


def test_files_open_with_numpy_and_have_the_header_that_readers_skip(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for size in (0, 1, 12_345):
        entries = entries_of(range(size))
        data = whole(entries)
        assert len(data) == index.HEADER_BYTES + index.ENTRY_BYTES * size
        (tmp_path / "a.npy").write_bytes(data)
        assert np.array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), entries)


def random_keys(count: int, seed: int = 1) -> npt.NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


@pytest.mark.parametrize("parts", [1, 14])
def test_keys_among_a_million_take_one_round_of_small_reads(parts: int) -> None:
    """Were places not guessed well, a query on an object store would wait for many requests."""
    keys = random_keys(1 << 20)
    files = Files(entries_of(keys), parts)
    wanted = np.concatenate([keys[:50], random_keys(50, 2)])
    found = files.index.find(wanted)
    assert [len(bucket) for bucket in found] == [1] * 50 + [0] * 50
    assert files.rounds <= 2
    assert files.bytes / len(wanted) < 80_000


def test_parts_are_ranges_that_cover_all_keys() -> None:
    keys = np.sort(np.append(random_keys(1000), np.array([0, 2**64 - 1], np.uint64)))
    for parts in (1, 2, 3, 16, 1000):
        part_of = index.partition(keys, parts)
        assert (np.diff(part_of) >= 0).all()
        for part, key in zip(part_of.tolist(), keys.tolist(), strict=True):
            first, end = index.key_range(part, parts)
            assert first <= key < end
        bounds = [index.key_range(part, parts) for part in range(parts)]
        assert all(a[1] == b[0] for a, b in itertools.pairwise(bounds))
        assert (bounds[0][0], bounds[-1][1]) == (0, 2**64)


def test_the_first_of_each_bucket_took_part() -> None:
    refs = [index.APART | np.uint64(1), np.uint64(2), np.uint64(3), index.APART | np.uint64(4)]
    entries = np.array([[5, 5, 5, 6], refs], np.uint64).T
    assert index.first_of_each(entries).tolist() == [[5, 2]]
    assert not len(index.first_of_each(entries[:0]))
