"""What `winnow pack` and `winnow export` wrote is verified, and documents are taken out of it."""

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import winnow as library
from manifests import folders
from manifests.manifest import TAKEDOWN_BEGUN
from manifests.store import Store
from pipelines.commands.verify import faults_of_folder
from shards import packed_files, packed_takedown
from shards.batch_shares import shares
from shards.cutting import classes_of
from shards.loader import PackedRows
from shards.packed_files import packed_schema
from shards.packed_groups import Selection, pack
from shards.settings import Packing
from tests.winnow import manifest, winnow
from tokenizer_train.tokens import Tokens


@pytest.fixture(scope="module")
def several(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo packed into several files, with documents that are cut."""
    folder = tmp_path_factory.mktemp("several") / "packed"
    store, out = Store(str(demo)), Store(str(folder))
    classes = classes_of(Tokens.of_json((demo / "tokenizer/tokenizer.json").read_text()).content)
    wanted = Packing(length=128, overlap=8)
    packed = pack(store, store.list("shards"), out, wanted, classes, Selection(), 1, 8000)
    folders.write(out, "packed", manifest(demo)["run_digest"], wanted.to_json(), packed.files)
    return folder


@pytest.fixture
def packed(several: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(several, tmp_path / "packed"))


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in faults_of_folder(Store(str(folder)), {})]


def pieces(folder: Path) -> list[tuple[int, bytes, list[int]]]:
    """Row, document and tokens of each piece."""
    rows, found, start = PackedRows(str(folder)), [], 0
    index = packed_files.read_index(rows._store)[0]
    for file in dict.fromkeys(index["file"].to_pylist()):
        of = pq.read_table(folder / packed_files.pieces_file(file))
        lens = iter(zip(of["row"].to_pylist(), of["doc_id"].to_pylist(), strict=True))
        count = sum(b["rows"] for b in index.to_pylist() if b["file"] == file)
        for number in range(start, start + count):
            row = rows[number]
            for part in np.split(row.input_ids[: row.doc_lens.sum()], np.cumsum(row.doc_lens)[:-1]):
                if len(part):
                    of_file, doc_id = next(lens)
                    assert of_file == number - start
                    found.append((number, doc_id, part.tolist()))
        assert next(lens, None) is None
        start += count
    return found


def test_each_piece_is_of_the_document_that_is_told(packed: Path, demo: Path) -> None:
    documents = {}
    for path in (demo / "shards").glob("*.parquet"):
        for row in pq.read_table(path, columns=["doc_id", "input_ids"]).to_pylist():
            documents[row["doc_id"]] = " ".join(map(str, row["input_ids"]))
    told = pieces(packed)
    assert {doc_id for _, doc_id, _ in told} == set(documents)
    for _, doc_id, tokens in told:
        assert " ".join(map(str, tokens)) in documents[doc_id]


FORMATS = ("jsonl", "parquet", "text", "megatron", "mds", "litdata")


def test_what_the_commands_wrote_is_whole(demo: Path, tmp_path: Path) -> None:
    digest = manifest(demo)["run_digest"]
    winnow("pack", demo, "--out", tmp_path / "packed", "--length", "64")
    for format_ in FORMATS:
        winnow("export", demo, "--format", format_, "--out", tmp_path / format_, "--lang", "de")
    for name in ("packed", *FORMATS):
        told = winnow("verify", tmp_path / name).stdout
        assert f"is whole: {len(Store(str(tmp_path / name)).list(''))} files" in told
        assert f"made of the run {digest}" in told
        content = folders.read(Store(str(tmp_path / name)))
        assert content["run_digest"] == digest
        assert content["settings"].get("format", "packed") == name
    told = winnow("explain", tmp_path / "packed", "0" * 32, code=1).stderr.replace("\n", " ")
    assert "winnow inspect, verify and takedown take such a folder" in told
    told = winnow("inspect", tmp_path / "mds", code=1).stderr.replace("\n", " ")
    assert "was written by winnow export" in told


def test_shares_of_batches_are_those_that_a_loop_gets(packed: Path) -> None:
    shards = library.TokenShards(packed)
    told = json.loads(winnow("inspect", packed, "--batch-rows", "4", "--json").stdout)
    of = {}
    for path in (packed / "documents").iterdir():
        for row in pq.read_table(path).to_pylist():
            of[row["doc_id"]] = row["language"]
    by_row: dict[int, dict[str, int]] = {}
    for number, doc_id, tokens in pieces(packed):
        own = by_row.setdefault(number, {})
        own[of[doc_id]] = own.get(of[doc_id], 0) + len(tokens)
    found: dict[str, list[float]] = {name: [] for name in set(of.values())}
    for first in range(0, len(shards) // 4 * 4, 4):
        some = [by_row[shards.number(place)] for place in range(first, first + 4)]
        whole = sum(sum(row.values()) for row in some)
        for name, values in found.items():
            values.append(sum(row.get(name, 0) for row in some) / whole)
    assert told["looked_at"] == {"rows": len(shards), "batches": len(shards) // 4}
    languages = [one for one in told["shares"] if one["kind"] == "language"]
    assert {one["name"] for one in languages} == set(found)
    for one in languages:
        assert one["batches"] == pytest.approx(list(np.quantile(found[one["name"]], [0.1, 0.9])))
    for kind in ("source", "language"):
        assert sum(one["share"] for one in told["shares"] if one["kind"] == kind) == pytest.approx(
            1
        )
    assert "if documents were shuffled" in winnow("inspect", packed).stdout
    assert (
        "smaller --batch-rows" in winnow("inspect", packed, "--batch-rows", "99999", code=1).stderr
    )


def test_rows_in_the_order_of_languages_are_told_from_shuffled_ones(tmp_path: Path) -> None:
    """Rows of one document: 2,000 at random, and the same one language after the other."""
    rng = np.random.default_rng(4)
    languages = rng.choice(["en", "de", "my"], 2000, p=[0.6, 0.3, 0.1])
    widths = {}
    for name, order in (("random", languages), ("sorted", np.sort(languages))):
        store = Store(str(tmp_path / name))
        with packed_files.write_pieces(store, "packed-0.arrow") as writer:
            columns = [np.arange(2000), np.full(2000, 9), [bytes(16)] * 2000, ["web"] * 2000, order]
            arrays = [
                pa.array(column, field.type)
                for column, field in zip(columns, packed_files.PIECES, strict=True)
            ]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=packed_files.PIECES))
        block = dict.fromkeys(packed_files.INDEX.names, 0)
        block |= {"file": "packed-0.arrow", "digest": "", "rows": 2000}
        packed_files.write_index(store, [block], {})
        found = shares(store, 20)[0]
        assert [one.name for one in found] == ["web", "en", "de", "my"]
        assert found[0].batches == found[0].shuffled == (1, 1)
        widths[name] = [
            (one.batches[1] - one.batches[0], one.shuffled[1] - one.shuffled[0])
            for one in found[1:]
        ]
    for loop, shuffled in widths["random"]:
        assert 0.6 < loop / shuffled < 1.6
    assert all(loop > 2 * shuffled for loop, shuffled in widths["sorted"][:2])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def changed(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


ARROW = "packed-00000-of-*.arrow"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte of a block": (
        lambda folder: flipped(min(folder.glob(ARROW))),
        r"packed-00000.*: content changed since .*\n"
        r"packed-00000.*: damaged blocks: 1 of \d+ \(\d+ rows\), the first at byte \d+",
    ),
    "the end of a file": (
        lambda folder: min(folder.glob(ARROW)).write_bytes(b"ARROW1"),
        r"packed-00000.*: 6 bytes, but .*\npacked-00000.*: damaged blocks: (\d+) of \1 ",
    ),
    "a file": (
        lambda folder: min(folder.glob(ARROW)).unlink(),
        r"packed-00000.*: missing; .*\npacked-00000.*: damaged blocks: (\d+) of \1 ",
    ),
    "a table of documents": (
        lambda folder: flipped(min((folder / "documents").iterdir())),
        r"documents/packed-00000.*\.parquet: content changed",
    ),
    "the index": (lambda folder: flipped(folder / "index.parquet"), "index.parquet: content"),
    "one file more": (
        lambda folder: (folder / "notes.txt").touch(), r"notes.txt: winnow.manifest does not list"
    ),
    "the manifest": (
        lambda folder: changed(folder / "winnow.manifest", lambda c: {**c, "settings": {}}),
        r"winnow.manifest: content changed since it was written",
    ),
    "a key of the manifest": (
        lambda folder: changed(folder / "winnow.manifest", lambda c: {**c, "files": None, "x": 1}),
        r"winnow.manifest: content changed since it was written",
    ),
    "no JSON": (
        lambda folder: (folder / "winnow.manifest").write_text("{"), "winnow.manifest: damaged: "
    ),
    "no manifest": (
        lambda folder: (folder / "winnow.manifest").unlink(), r"winnow\.manifest: missing"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_in_a_line_that_names_the_file(packed: Path, kind: str) -> None:
    assert faults(packed) == []
    damage, expected = DAMAGE[kind]
    damage(packed)
    told = faults(packed)
    assert re.fullmatch(f"{expected}.*", "\n".join(told)), told
    assert all("; " in line for line in told), "a fault without a remedy"


def rebuilt(folder: Path, change: Callable[[list[dict[str, Any]], dict[str, Any]], object]) -> None:
    """The folder with another index, which the manifest lists as if it had always been so."""
    store = Store(str(folder))
    index, facts = packed_files.read_index(store)
    blocks = index.to_pylist()
    change(blocks, facts)
    written = packed_files.write_index(store, blocks, facts)
    listed = folders.read(store)
    files = [
        store.described(file["path"]) if file["path"] != written.path else written
        for file in listed["files"]
    ]
    folders.write(store, "packed", listed["run_digest"], listed["settings"], files)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda blocks, facts: blocks[0].update(tokens=7), "it(s blocks)? ha(s|ve) .* tokens, but"),
        (lambda blocks, facts: facts["packed"].update(rows=3), "its blocks have"),
        (lambda blocks, facts: blocks[0].update(documents=9), "it has .* documents, but"),
        (lambda blocks, facts: blocks.pop(), "its blocks have|files of its blocks"),
        (lambda blocks, facts: facts["packed"].update(end_of_text=70), "behind the documents"),
        (lambda blocks, facts: blocks[0].update(digest="0" * 32), "damaged blocks: 1 of"),
    ],
)  # fmt: skip
def test_an_index_that_disagrees_with_its_blocks_is_told(
    packed: Path, change: Any, expected: str
) -> None:
    rebuilt(packed, lambda blocks, facts: None)
    assert faults(packed) == []
    rebuilt(packed, change)
    told = faults(packed)
    assert told
    assert all(re.search(expected, line) for line in told), told


def as_list(tmp_path: Path, ids: list[bytes]) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("\n".join(one.hex() for one in ids))
    return path


def held(folder: Path) -> str:
    """All tokens of the folder, of documents and of what fills rows up."""
    rows = PackedRows(str(folder))
    return "\n".join(" ".join(map(str, row.input_ids.tolist())) for row in rows)


def test_documents_are_nowhere_and_all_else_stays(packed: Path, tmp_path: Path) -> None:
    before, whole = pieces(packed), folders.read(Store(str(packed)))
    counts: dict[bytes, int] = {}
    for _, doc_id, _ in before:
        counts[doc_id] = counts.get(doc_id, 0) + 1
    cut = [doc_id for doc_id, n in counts.items() if n > 2][:2]
    short = [doc_id for doc_id, n in counts.items() if n == 1][:3]
    gone = {*cut, *short}
    loader = library.TokenShards(packed)
    state = next(iter(loader.batches(2))).state
    told = json.loads(
        winnow("takedown", packed, as_list(tmp_path, [*gone]), "--in-place", "--json").stdout
    )
    winnow("verify", packed)
    after = pieces(packed)
    assert after == [piece for piece in before if piece[1] not in gone]
    text = held(packed)
    for _, doc_id, tokens in before:
        if doc_id in gone and len(tokens) > 12:
            assert " ".join(map(str, tokens[8:])) not in text
    for path in packed.rglob("*.arrow"):
        assert not re.search(b"|".join(map(re.escape, gone)), path.read_bytes())
    (record,) = told["takedowns"]
    assert record["parent"] == whole[folders.DIGEST]
    assert told[folders.DIGEST] == folders.read(Store(str(packed)))[folders.DIGEST]
    assert record["ids"] == sorted(one.hex() for one in gone)
    removed = [piece for piece in before if piece[1] in gone]
    assert record["pieces"] == len(removed)
    assert record["tokens"] == sum(len(tokens) for _, _, tokens in removed)
    kept = {file["path"]: file["sha256"] for file in whole["files"]}
    now = {file["path"]: file["sha256"] for file in folders.read(Store(str(packed)))["files"]}
    assert {file["path"]: file["before"] for file in record["files"]}.items() <= kept.items()
    assert {file["now"]: file["after"] for file in record["files"]}.items() <= now.items()
    listed = {file["path"] for file in record["files"]}
    names = {*listed, *map(packed_files.pieces_file, listed), "index.parquet"}
    assert 0 < len(listed) < len(list(packed.glob("*.arrow")))
    assert {path: kept[path] for path in set(kept) - names}.items() <= now.items()
    again = library.TokenShards(packed)
    assert len(again) == len(loader)
    assert next(iter(again.batches(2, state=state))).rows


def test_the_same_list_again_changes_nothing(packed: Path, tmp_path: Path) -> None:
    ids = [pieces(packed)[0][1]]
    list_ = as_list(tmp_path, ids)
    winnow("takedown", packed, list_, "--out", tmp_path / "copy")
    assert faults(tmp_path / "copy") == faults(packed) == []
    assert ids[0] in {one for _, one, _ in pieces(packed)}, "the folder itself was changed"
    first = {path: Store(str(tmp_path / "copy")).sha256(path) for path in
             Store(str(tmp_path / "copy")).list("")}  # fmt: skip
    told = winnow("takedown", tmp_path / "copy", list_, "--in-place").stdout
    assert "were taken out of" in told
    assert first == {path: Store(str(tmp_path / "copy")).sha256(path) for path in first}
    more = [one for _, one, _ in pieces(tmp_path / "copy")][:2]
    winnow("takedown", tmp_path / "copy", as_list(tmp_path, more), "--in-place")
    assert faults(tmp_path / "copy") == []
    assert len(folders.read(Store(str(tmp_path / "copy")))["takedowns"]) == 2


class Killed(BaseException):
    """What stops a process."""


def killed_at(stop: int, original: Any, count: Iterator[int]) -> Any:
    def wrapped(self: Store, *arguments: Any) -> Any:
        if next(count) == stop:
            raise Killed
        return original(self, *arguments)

    return wrapped


def digests(folder: Path) -> dict[str, str]:
    store = Store(str(folder))
    return {path: store.sha256(path) for path in store.list("")}


def test_a_takedown_that_was_interrupted_anywhere_goes_on(several: Path, tmp_path: Path) -> None:
    ids = [one.hex() for one in sorted({one for _, one, _ in pieces(several)})[::9]]
    straight = Path(shutil.copytree(several, tmp_path / "straight"))
    assert packed_takedown.begin(Store(str(straight)), ids)
    packed_takedown.finish(Store(str(straight)), lambda done, of: None)
    assert faults(straight) == []
    expected = digests(straight)
    for stop in range(100):
        folder = Path(shutil.copytree(several, tmp_path / str(stop)))
        store, count = Store(str(folder)), itertools.count()
        assert packed_takedown.begin(store, ids)
        with pytest.MonkeyPatch.context() as patch:
            for kind in ("commit", "remove"):
                patch.setattr(Store, kind, killed_at(stop, getattr(Store, kind), count))
            try:
                packed_takedown.finish(store, lambda done, of: None)
            except Killed:
                pass
            else:
                break
        assert any(TAKEDOWN_BEGUN in fault for fault in faults(folder))
        packed_takedown.finish(store, lambda done, of: None)
        assert digests(folder) == expected
    # Two files each, the index, two removals each, the manifest, and what was written down.
    assert stop == 4 * len(list(several.glob("*.arrow"))) + 3


ROWS = st.lists(st.lists(st.integers(1, 5), min_size=0, max_size=4), min_size=1, max_size=6)


@settings(deadline=None)
@given(ROWS, st.data())
def test_any_pieces_of_a_block_are_removed_and_the_others_move_together(
    rows: list[list[int]], data: st.DataObject
) -> None:
    length, numbers, ids = 20, iter(range(1, 1000)), []
    for lens in rows:
        own = [next(numbers) for _ in range(sum(lens))]
        ids.append(own + [0] * (length - len(own)))
    batch = pa.record_batch([ids, rows], schema=packed_schema(pa.uint16(), length))
    count = sum(map(len, rows))
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
    found = packed_takedown.removed(batch, keep, 0).to_pylist()
    stays = iter(keep.tolist())
    for before, lens, after in zip(ids, rows, found, strict=True):
        parts, start = [], 0
        for n in lens:
            if next(stays):
                parts.append(before[start : start + n])
            start += n
        left = [token for part in parts for token in part]
        assert after["doc_lens"] == [len(part) for part in parts]
        assert after["input_ids"] == left + [0] * (length - len(left))


def test_a_run_says_what_it_does_not_know_and_its_record_is_a_list(
    demo: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(demo, tmp_path / "run"))
    winnow("pack", run, "--out", tmp_path / "packed", "--length", "64")
    winnow("export", run, "--format", "jsonl", "--out", tmp_path / "out")
    winnow("export", run, "--format", "mds", "--out", tmp_path / "mds")
    part = min((run / "corpus").glob("*.parquet"))
    row = next(row for row in pq.read_table(part).to_pylist() if row["url"])
    (tmp_path / "list.txt").write_text(row["url"])
    told = winnow("takedown", run, tmp_path / "list.txt", "--in-place").stdout
    assert "does not know what was packed or exported" in told
    record = run / "takedowns/00001.json"
    assert f"winnow takedown FOLDER {record} --in-place" in told
    refused = winnow("takedown", tmp_path / "packed", tmp_path / "list.txt", "--in-place", code=2)
    assert "by identity alone" in refused.stderr
    told = winnow("takedown", tmp_path / "packed", record, "--in-place").stdout
    assert re.match(r"\d+ documents?: \d+ pieces? with \d+ tokens removed", told)
    winnow("verify", tmp_path / "packed")
    assert bytes.fromhex(row["id"]) not in {one for _, one, _ in pieces(tmp_path / "packed")}
    for name in ("out", "mds"):
        refused = winnow("takedown", tmp_path / name, record, "--in-place", code=2)
        assert "export it again" in refused.stderr.replace("\n", " ")
    (tmp_path / "list.txt").write_text("0" * 32)
    refused = winnow("takedown", tmp_path / "packed", tmp_path / "list.txt", "--in-place", code=1)
    assert "no document of" in refused.stderr
