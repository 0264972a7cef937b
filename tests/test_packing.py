"""Packed shards: no token is lost or invented, cuts are where they should be, bytes are equal."""

import itertools
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

import winnow as library
from manifests.store import Store
from shards import packed_files, packing
from shards.cutting import classes_of, cut
from shards.loader import PackedRows
from shards.packed_files import Packed
from shards.packed_groups import Selection, pack
from shards.packing import rows_of
from shards.settings import Packing
from shards.shard_files import PLACES
from tests.winnow import winnow
from tokenizer_train.tokens import Tokens

# A vocabulary in which every kind of place for a cut occurs.
TOKENS = [
    b"a",
    b" b",
    b"c.",
    b" d!",
    b"\n",
    b"\n\n",
    b"e\n",
    b"\xe3\x80\x82",
    b"\xe3",
    b"\x82",
    b'."',
]
CLASSES = classes_of(TOKENS)

LENGTHS = st.lists(st.integers(0, 60), max_size=40)
HOW = st.sampled_from(["best_fit", "concat", "pad"])


def documents(lengths: list[int]) -> tuple[Any, Any, Any]:
    """Tokens that differ all, offsets and keys."""
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    keys = np.random.default_rng(1).integers(0, 1 << 63, len(lengths)).astype(np.uint64)
    return np.arange(offsets[-1], dtype=np.uint32), offsets, keys


def rows(blocks: list[pa.RecordBatch]) -> list[list[list[int]]]:
    """The pieces of each row, without what fills it up."""
    found = []
    for row in itertools.chain(*(block.to_pylist() for block in blocks)):
        ends = np.cumsum([0, *row["doc_lens"]])
        assert set(row["input_ids"][ends[-1] :]) <= {PAD}
        found.append([row["input_ids"][a:b] for a, b in itertools.pairwise(ends)])
    return found


PAD = 4_000_000_000


@settings(deadline=None)
@given(LENGTHS, st.integers(2, 40), HOW, st.none() | st.integers(1, 5))
def test_any_lengths_are_packed_without_losing_or_inventing_a_token(
    lengths: list[int], length: int, how: Any, most: int | None
) -> None:
    ids, offsets, keys = documents(lengths)
    classes = np.zeros(len(ids), np.uint8)
    wanted = Packing(length=length, packing=how, max_docs_per_row=most)
    packed = Packed.none()
    blocks = list(packing.pack(ids, offsets, keys, wanted, classes, PAD, packed))
    found = rows([batch for batch, _ in blocks])
    of = [document for _, some in blocks for document in some.tolist()]
    flat = list(itertools.chain(*found))
    assert of == [int(np.searchsorted(offsets, piece[0], "right")) - 1 for piece in flat]
    pieces = sorted(itertools.chain(*found))
    assert list(itertools.chain(*pieces)) == ids.tolist()
    assert all(pieces)
    assert all(0 < sum(map(len, row)) <= length for row in found)
    assert packed.longest_row == max(map(len, found), default=0) <= (most or len(ids))
    starts = {piece[0] for piece in pieces}
    whole = {int(a) for a, b in itertools.pairwise(offsets) if b > a}
    assert starts >= whole
    assert sum(packed.cuts.values()) == len(starts) - len(whole)
    if how != "concat":
        least = sum(-(-n // length) for n in lengths)
        assert len(pieces) == least, "a document was cut more often than its length wants"
        assert packed.fitting_cut == 0


def naive(sizes: list[int], length: int, most: int) -> list[list[int]]:
    """Best-fit decreasing as it is defined: sizes of each row."""
    found: list[list[int]] = []
    for size in sorted(sizes, reverse=True):
        fitting = [row for row in found if sum(row) + size <= length and len(row) < most]
        if fitting:
            max(fitting, key=sum).append(size)
        else:
            found.append([size])
    return found


@settings(deadline=None)
@given(st.integers(2, 50), st.data(), st.integers(1, 6))
def test_best_fit_fills_rows_as_a_search_through_all_of_them(
    length: int, data: st.DataObject, most: int
) -> None:
    sizes = data.draw(st.lists(st.integers(1, length), max_size=60))
    array = np.array(sizes, np.int64)
    order, row = np.argsort(-array, kind="stable"), np.empty(len(sizes), np.int64)
    packing._best_fit(array, order, length, len(sizes) + 1, row)
    expected = naive(sizes, length, len(sizes) + 1)
    assert sorted(map(sum, by_row(sizes, row))) == sorted(map(sum, expected))
    row = rows_of(array, length, "best_fit", most)
    found = by_row(sizes, row)
    assert sorted(set(row)) == [*range(len(found))]
    assert all(sum(one) <= length and len(one) <= most for one in found)
    assert len(found) <= len(naive(sizes, length, most)) or most < len(sizes)


def by_row(sizes: list[int], row: Any) -> list[list[int]]:
    found = defaultdict(list)
    for size, number in zip(sizes, row.tolist(), strict=True):
        found[number].append(size)
    return [sorted(one) for one in found.values()]


def test_documents_of_about_one_size_fill_rows() -> None:
    """Best-fit decreasing alone leaves 1.9 % empty."""
    sizes = np.random.default_rng(7).lognormal(5.97, 0.27, 20_000).astype(np.int64)
    rows = int(rows_of(sizes, 2048, "best_fit", len(sizes)).max()) + 1
    assert rows * 2048 / sizes.sum() < 1.001


def place(before: list[int], after: int) -> str:
    """How good a cut is, from the text on its two sides."""
    text, rest = b"".join(TOKENS[i] for i in before), TOKENS[after]
    if rest[0] & 0xC0 == 0x80:
        return "character"
    if rest.startswith(b"\n"):
        return "token"
    if text.endswith(b"\n\n"):
        return "paragraph"
    if text.endswith(b"\n"):
        return "line"
    if text.endswith((b"\xe3\x80\x82",)) or (
        text.rstrip(b'"').endswith((b".", b"!")) and rest.startswith((b" ", b"\n"))
    ):
        return "sentence"
    return "token"


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.integers(0, len(TOKENS) - 1), min_size=1, max_size=60),
    st.integers(2, 20),
    st.data(),
    st.booleans(),
)
def test_each_cut_is_at_the_last_of_the_best_places_that_it_may_be_at(
    ids: list[int], length: int, data: st.DataObject, carry: bool
) -> None:
    overlap = data.draw(st.integers(0, length // 2))
    offsets = np.array([0, len(ids)], np.int64)
    pieces = cut(np.array(ids, np.uint16), offsets, length, CLASSES, overlap, carry)
    head = 0
    if carry and len(ids) > length:
        line = next((i + 1 for i, t in enumerate(ids) if TOKENS[t].endswith(b"\n")), len(ids))
        head = line if line <= length // 4 else 0
    room = length - overlap - head
    least = 1 if len(ids) <= length else 1 - (length - len(ids)) // room
    assert len(pieces.start) == least
    start = 0
    for number in range(least):
        end, after = int(pieces.end[number]), least - 1 - number
        assert pieces.start[number] == (start - overlap if number else 0)
        assert pieces.head[number] == (head if number else 0)
        if after:
            last = min(start + (room if number else length), len(ids) - 1)
            may = range(max(start + 1, len(ids) - after * room), last + 1)
            best = max(may, key=lambda at: (PLACES.index(place(ids[:at], ids[at])), at))
            # A token of half a character tells nothing of the sentence that it ends.
            if place(ids[:best], ids[best]) == PLACES[pieces.place[number + 1]]:
                assert end == best
            else:
                assert ids[best - 1] == TOKENS.index(b"\x82")
        start = end
    assert start == len(ids)
    assert (pieces.sizes <= length).all()


def test_cuts_at_good_places_cost_few_rows() -> None:
    """Documents with a paragraph every 90 tokens, all longer than a row: nothing fills its end."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(300, 3000, 400)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids = np.where(rng.random(offsets[-1]) < 1 / 90, 1, 0).astype(np.uint16)
    classes, keys = classes_of([b" a", b"\n\n"]), np.arange(400).astype(np.uint64)
    packed = Packed.none()
    wanted = Packing(length=256)
    blocks = list(packing.pack(ids, offsets, keys, wanted, classes, 0, packed))
    count = sum(block.num_rows for block, _ in blocks)
    sizes = cut(ids, offsets, 256, classes, best=0).sizes
    full = int(rows_of(sizes, 256, "best_fit", len(ids)).max()) + 1
    assert full <= count <= full * 1.003
    assert packed.cuts["paragraph"] > 0
    assert packed.cuts["token"] > 0


def packed_demo(demo: Path, out: Path, workers: int, **keys: Any) -> dict[str, str]:
    store = Store(str(demo))
    wanted = Packing(**{"length": 256, **keys})
    tokenizer = (demo / "tokenizer/tokenizer.json").read_text()
    classes = classes_of(Tokens.of_json(tokenizer).content)
    pack(store, store.list("shards"), Store(str(out)), wanted, classes, Selection(), workers, 8000)
    return {path: Store(str(out)).sha256(path) for path in Store(str(out)).list("")}


def test_bytes_are_equal_for_any_number_of_processes(demo: Path, tmp_path: Path) -> None:
    first = packed_demo(demo, tmp_path / "one", 1)
    assert len(first) > 2
    assert packed_demo(demo, tmp_path / "two", 2) == first


def test_the_demo_comes_back_from_its_packed_shards(demo: Path, tmp_path: Path) -> None:
    packed_demo(demo, tmp_path, 1)
    shards = library.TokenShards(tmp_path, shuffle=False)
    tables = [pq.read_table(path) for path in sorted((demo / "shards").glob("*.parquet"))]
    documents = list(itertools.chain(*(t["input_ids"].to_pylist() for t in tables)))
    assert shards.tokens == sum(map(len, documents))
    parts = [
        [part.tolist() for part in np.split(row.input_ids, np.cumsum(row.doc_lens))[:-1]]
        for row in (shards[i] for i in range(len(shards)))
    ]
    found = sorted(itertools.chain(*parts))
    short = [one for one in documents if len(one) <= 256]
    assert all(one in found for one in short)
    end = documents[0][-1]
    assert sum(part[-1] == end for part in found) == len(documents)
    assert sorted(itertools.chain(*found)) == sorted(itertools.chain(*documents))
    tokenizer = tokenizers.Tokenizer.from_file(str(demo / "tokenizer/tokenizer.json"))
    texts = [tokenizer.decode(part) for part in found]
    assert sum("\ufffd" in text for text in texts) <= len(texts) / 50, "characters were cut"


def test_packed_files_are_arrow_files_that_others_open(demo: Path, tmp_path: Path) -> None:
    packed_demo(demo, tmp_path, 1)
    rows_ = PackedRows(str(tmp_path))
    files = sorted(tmp_path.glob("*.arrow"))
    expected = [{"input_ids": r.input_ids.tolist(), "doc_lens": r.doc_lens.tolist()} for r in rows_]
    tables = [pa.ipc.open_file(path).read_all() for path in files]
    assert [row for table in tables for row in table.to_pylist()] == expected
    index, facts = packed_files.read_index(Store(str(tmp_path)))
    for block in index.to_pylist():
        with pa.memory_map(str(tmp_path / block["file"])) as file:
            file.seek(block["offset"])
            batch = pa.ipc.read_record_batch(file.read(block["length"]), rows_._schema)
        assert batch.num_rows == block["rows"]
        assert sum(map(sum, batch["doc_lens"].to_pylist())) == block["tokens"]
    assert facts["packed"]["length"] == 256
    polars = pytest.importorskip("polars", reason="polars is not installed")
    found = [row for path in files for row in polars.read_ipc(path, memory_map=False).to_dicts()]
    assert [{name: list(row[name]) for name in row} for row in found] == expected


def test_masks_keep_documents_apart_and_what_fills_a_row_out(demo: Path, tmp_path: Path) -> None:
    packed_demo(demo, tmp_path, 1, packing="pad", length=64)
    row = min(PackedRows(str(tmp_path)), key=lambda one: one.doc_lens.sum())
    (held,) = row.doc_lens.tolist()
    assert row.document_ids().tolist() == [0] * held + [-1] * (64 - held)
    assert row.cu_seqlens().tolist() == [0, held, 64]
    assert row.position_ids().tolist() == [*range(held), *range(64 - held)]
    mask = row.attention_mask()
    of = row.document_ids()
    assert all(mask[i, j] == (j <= i and of[i] == of[j]) for i in range(64) for j in range(64))


def test_pieces_repeat_what_was_asked_for(demo: Path, tmp_path: Path) -> None:
    packed_demo(demo, tmp_path, 1, packing="pad", length=64, overlap=8)
    plain = library.TokenShards(tmp_path)
    assert plain.tokens > library.TokenShards(demo).tokens
    assert plain.facts["packed"]["overlap"] == 8


def test_damage_is_told_with_the_name_of_the_file(demo: Path, tmp_path: Path) -> None:
    packed_demo(demo, tmp_path, 1)
    path = min(tmp_path.glob("*.arrow"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{path.name} is damaged in the block at byte"):
        list(PackedRows(str(tmp_path)))
    path.write_bytes(data[:100])
    with pytest.raises(ValueError, match=f"{path.name} is damaged"):
        list(PackedRows(str(tmp_path)))
    (tmp_path / "index.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"index.parquet is damaged"):
        PackedRows(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        PackedRows(str(tmp_path / "none"))


def test_the_command_tells_how_full_rows_are_and_what_is_wrong(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = winnow("pack", demo, "--out", out, "--length", "512").stdout
    assert "rows of 512 tokens in 1 file in" in told
    assert "documents in a row: " in told
    facts = json.loads(
        winnow("pack", demo, "--out", tmp_path / "b", "--length", "512", "--packing", "concat",
               "--json").stdout
    )  # fmt: skip
    assert facts["fitting_documents_cut"] > 0
    assert facts["padding_ratio"] < 0.02

    def refused(*options: str, code: int = 2) -> str:
        return winnow("pack", demo, "--out", tmp_path / "c", *options, code=code).stderr

    assert "--packing: Input should be" in refused("--length", "9", "--packing", "first_fit")
    assert "--overlap: 9 is more than half" in refused("--length", "9", "--overlap", "9")
    assert "is not empty" in winnow("pack", demo, "--out", out, "--length", "8", code=2).stderr
    with pytest.raises(ValueError, match="packed with 512 tokens, not 128"):
        library.TokenShards(out, 128)
