import hashlib
import io
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manifests import parquet
from manifests import store as stored
from manifests.store import ROW_GROUP_ROWS, Store

SCHEMA = pa.schema([pa.field("x", pa.int64()), pa.field("text", pa.large_string())])
ROWS = pa.table(
    {"x": list(range(3000)), "text": [f"text {i}" * (i % 7) for i in range(3000)]}, schema=SCHEMA
)


def write(store: Store, path: str, batch_rows: int) -> str:
    with store.write_part(path, SCHEMA) as writer:
        for batch in ROWS.to_batches(batch_rows):
            writer.write(batch)
    return writer.written.sha256


def test_a_part_has_the_same_bytes_however_its_rows_arrive(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    assert len({write(store, f"{n}.parquet", n) for n in (1, 7, 1000, 1024, 3000)}) == 1
    metadata = pq.ParquetFile(tmp_path / "7.parquet").metadata
    assert metadata.row_group(0).num_rows == ROW_GROUP_ROWS
    assert pq.read_table(tmp_path / "7.parquet").equals(ROWS)


def sizes_of_groups(path: Path) -> list[int]:
    metadata = pq.read_metadata(path)
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


def test_row_groups_of_large_rows_end_early_and_follow_from_the_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand books would be held while they are written, and the bytes depend on batches."""
    monkeypatch.setattr(stored, "ROW_GROUP_BYTES", 1000)
    monkeypatch.setattr(stored, "BATCH_BYTES", 400)
    sizes = [*[300] * 10, 5000, 1, 1, 999, *[0] * 1500, 1001, 1, None]
    schema = pa.schema([("text", pa.large_string()), ("ids", pa.list_(pa.int32()))])
    rows = pa.table(
        {
            "text": [None if size is None else "x" * size for size in sizes],
            "ids": [[] if size != 999 else [7] for size in sizes],  # 4 bytes more
        },
        schema=schema,
    )
    store, digests = Store(str(tmp_path)), set()
    for batch_rows in (1, 7, 1000, 3000):
        with store.write_part("p.parquet", schema) as writer:
            for batch in rows.to_batches(batch_rows):
                writer.write(batch)
        digests.add(writer.written.sha256)
    assert len(digests) == 1
    # Three of 300; the book; the two small ones; 999 and 4 bytes; the empty ones; the end.
    assert sizes_of_groups(tmp_path / "p.parquet") == [3, 3, 3, 1, 1, 2, 1, 1024, 476, 1, 2]
    batches = list(store.read_batches("p.parquet", 1000))
    assert pa.Table.from_batches(batches).equals(rows)
    assert max(batch.num_rows for batch in batches) < 1000
    with store.open("p.parquet") as file:
        table = parquet.TableFile(file)
        for row in (0, 2, 3, 10, 13, 14, 1513, 1515, len(sizes) - 1):
            group = int(table.group_of(np.array([row]))[0])
            found = table.row_group(group)["text"][row - table.first_row(group)]
            assert found.as_py() == rows["text"][row].as_py()


def test_a_written_file_is_described_as_it_is(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with store.write_part("a/b.parquet", SCHEMA) as writer:
        writer.write(ROWS.to_batches()[0])
    data = (tmp_path / "a/b.parquet").read_bytes()
    assert writer.written.size_bytes == len(data) == store.size("a/b.parquet")
    assert writer.written.sha256 == hashlib.sha256(data).hexdigest() == store.sha256("a/b.parquet")
    assert writer.written.rows == 3000


def test_a_failed_part_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(str(tmp_path))

    def fail() -> None:
        with store.write_part("b.parquet", SCHEMA) as writer:
            writer.write(ROWS.to_batches()[0])
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert store.list("") == []


def test_an_empty_part_has_the_schema(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with store.write_part("b.parquet", SCHEMA):
        pass
    assert store.read_table("b.parquet").schema == SCHEMA


def test_a_store_travels_to_workers() -> None:
    assert pickle.loads(pickle.dumps(Store("memory://run"))).root == "memory://run"


def test_other_file_systems_work_alike() -> None:
    store = Store("memory://a-run")
    assert write(store, "x/p.parquet", 100) == store.sha256("x/p.parquet")
    assert store.list("x") == ["x/p.parquet"]
    store.remove("x")
    assert store.list("x") == []


def test_damaged_json_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(ValueError, match=r"m\.json is damaged"):
        Store(str(tmp_path)).read_json("m.json")


class Counted(io.BytesIO):
    """A file that counts its reads, which are requests on an object store."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize("columns", [None, ["x"], ["text", "x"]])
def test_a_part_on_an_object_store_is_read_by_few_requests(
    tmp_path: Path, columns: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Store(str(tmp_path)), "p.parquet", 100)
    content = (tmp_path / "p.parquet").read_bytes()
    wanted = ROWS if columns is None else ROWS.select(columns)
    file = Counted(content)
    assert parquet.read_table(file, columns, slow=True).equals(wanted)
    assert file.reads <= 3
    batches = list(parquet.TableFile(Counted(content), slow=True).batches(700, columns))
    assert pa.Table.from_batches(batches).equals(wanted)
    # Ranges that are not joined, as those of large parts are not, give the same rows.
    monkeypatch.setattr(parquet, "HELD_BYTES", 1)
    monkeypatch.setattr(parquet, "GAP_BYTES", -1)
    assert parquet.read_table(Counted(content), columns, slow=True).equals(wanted)
    group = parquet.TableFile(Counted(content), slow=True).row_group(1, columns)
    assert group.equals(wanted.slice(ROW_GROUP_ROWS, ROW_GROUP_ROWS))


def test_a_store_knows_whether_each_read_is_a_request(tmp_path: Path) -> None:
    assert Store("memory://run").slow
    assert not Store(str(tmp_path)).slow
