"""`winnow find`: what it names is where pyarrow finds the document."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from manifests.store import Layout, Store
from pipelines.commands.find import Found, find
from tests.winnow import manifest, winnow


def rows(run: Path, folder: str) -> list[dict[str, Any]]:
    parts = sorted((run / folder).glob("*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def found(run: Path, wanted: str) -> list[Found]:
    return list(find(Store(str(run)), manifest(run)["reproducible"], wanted))


def check_places(run: Path, one: Found) -> None:
    """Each place has the document, in the row group that is told."""
    for place in one.places:
        file = pq.ParquetFile(run / place.file)
        table = file.read()
        column = "id" if "id" in table.column_names else "doc_id"
        held = table[column][place.row].as_py()
        assert (held if column == "id" else held.hex()) == one.doc_id
        before = sum(file.metadata.row_group(i).num_rows for i in range(place.row_group))
        inside = file.metadata.row_group(place.row_group).num_rows
        assert before <= place.row < before + inside


def test_each_survivor_is_in_documents_corpus_and_shards(demo: Path) -> None:
    for row in rows(demo, "corpus")[::8]:
        (one,) = found(demo, row["id"])
        assert (one.stage, one.reasons, one.source) == ("", [], row["source"])
        folders = [place.file.split("/")[0] for place in one.places]
        assert folders == ["documents", "corpus", "shards"]
        check_places(demo, one)


def test_a_removed_document_names_stage_reasons_and_survivor(demo: Path) -> None:
    for row in rows(demo, "duplicates")[::6]:
        (one,) = found(demo, row["doc_id"].hex().upper())
        assert (one.stage, one.reasons) == ("duplicates", [row["reason"]])
        assert one.survivor == row["survivor"].hex()
        assert [place.file.split("/")[0] for place in one.places] == ["documents"]
        check_places(demo, one)
    for row in [row for row in rows(demo, "dropped") if row["url"]][::12]:
        told = [one for one in found(demo, row["url"]) if one.doc_id == row["doc_id"].hex()]
        assert row["reasons"] in [one.reasons for one in told]
        for one in told:
            check_places(demo, one)
    broken = rows(demo, "errors")[0]
    assert broken["reason"] in [one.reasons[0] for one in found(demo, broken["doc_id"].hex())]


def test_the_command_prints_places_and_says_when_there_is_none(demo: Path) -> None:
    row = next(row for row in rows(demo, "corpus") if row["url"])
    told = winnow("find", demo, row["url"]).stdout
    assert row["id"] in told
    assert "  shards/shard-0000" in told
    (one,) = json.loads(winnow("find", demo, row["id"], "--json").stdout)
    assert one["places"][1]["file"].startswith("corpus/")
    refused = winnow("find", demo, "0" * 32, code=1).stderr
    assert f"no record of {demo} has the id {'0' * 32}" in refused
    escaped = next(row["url"] for row in rows(demo, "corpus") if row["url"] and "%" in row["url"])
    refused = winnow("find", demo, urllib.parse.unquote(escaped), code=1).stderr
    assert f"did you mean {escaped!r}" in refused
    assert "give an id" in winnow("find", demo, "", code=1).stderr


@pytest.mark.parametrize("value", [0, 3, 10, 99, 100])
def test_rows_with_a_value_are_read_only_where_statistics_allow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: int
) -> None:
    import pyarrow as pa

    from manifests.parquet import TableFile

    numbers = sorted([*range(0, 100, 2), 99, 99])
    batch = pa.record_batch({"n": pa.array(numbers, pa.uint32())})
    store, read = Store(str(tmp_path)), []
    with store.write_part("n.parquet", batch.schema, Layout(10)) as part:
        part.write(batch)
    row_group = TableFile.row_group

    def recording(self: TableFile, index: int, columns: Any = None) -> pa.Table:
        read.append(index)
        return row_group(self, index, columns)

    monkeypatch.setattr(TableFile, "row_group", recording)
    places = list(store.rows_with("n.parquet", "n", value))
    assert [row for _, row in places] == [i for i, n in enumerate(numbers) if n == value]
    assert all(row // 10 == group for group, row in places)
    assert len(read) <= 2
