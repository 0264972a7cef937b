"""Tokens in the formats of other trainers, read back as those trainers read them."""

import gzip
import itertools
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datatrove.pipeline.tokens.merger import get_data_reader, load_doc_ends
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.store import Store
from shards.token_formats import export_tokens
from tests.winnow import winnow


def batches(documents: list[list[int]], rows: int, ids: Any) -> list[pa.RecordBatch]:
    table = pa.table({"input_ids": pa.array(documents, pa.list_(ids))})
    return table.combine_chunks().to_batches(rows)


def read_megatron(folder: Path, name: str) -> list[list[int]]:
    """As `_IndexReader` and `IndexedDataset` of Megatron-LM read it."""
    index = (folder / f"{name}.idx").read_bytes()
    magic, version, code, sequences, documents = struct.unpack_from("<9sQBQQ", index)
    assert (magic, version) == (b"MMIDIDX\x00\x00", 1)
    width = {4: np.int32, 8: np.uint16}[code]
    at = struct.calcsize("<9sQBQQ")
    lengths = np.frombuffer(index, np.int32, sequences, at)
    pointers = np.frombuffer(index, np.int64, sequences, at + lengths.nbytes)
    ends = np.frombuffer(index, np.int64, documents, at + lengths.nbytes + pointers.nbytes)
    assert at + lengths.nbytes + pointers.nbytes + ends.nbytes == len(index)
    assert ends.tolist() == [*range(sequences + 1)]
    data = (folder / f"{name}.bin").read_bytes()
    return [
        np.frombuffer(data, width, count, pointer).tolist()
        for count, pointer in zip(lengths.tolist(), pointers.tolist(), strict=True)
    ]


def read_olmo(folder: Path, name: str, width: str) -> list[list[int]]:
    """As `iter_document_indices` and `load_array_slice` of OLMo-core read it."""
    array = np.memmap(folder / f"{name}.npy", mode="r", dtype=width)
    with gzip.open(folder / f"{name}.csv.gz", "rt") as file:
        bounds = [tuple(map(int, line.split(",")[:2])) for line in file]
    assert bounds[-1][1] == len(array)
    return [array[start:end].tolist() for start, end in bounds]


def read_datatrove(folder: Path, name: str, width: str) -> list[list[int]]:
    """By datatrove's own functions."""
    size = np.dtype(width).itemsize
    ends = load_doc_ends((folder / f"{name}.ds.index").open("rb"))
    said = (folder / f"{name}.ds.metadata").read_text().split("\n")
    assert said[0].rsplit("|", 1)[1] == str(size)
    assert int(said[1]) == ends[-1] == (folder / f"{name}.ds").stat().st_size // size
    read = get_data_reader((folder / f"{name}.ds").open("rb"), ends, size)
    return [np.frombuffer(one, width).tolist() for one in read]


def read_with_offsets(path: Path, header: int) -> list[bytes]:
    """Samples of a file that begins with their number and offsets."""
    data = path.read_bytes()
    count = int.from_bytes(data[:4], "little")
    offsets = np.frombuffer(data, np.uint32, count + 1, 4).tolist()
    assert offsets[0] == 4 * (count + 2) + header
    assert offsets[-1] == len(data)
    return [data[start:end] for start, end in itertools.pairwise(offsets)]


def read_mds(folder: Path, width: str) -> list[list[list[int]]]:
    """As `MDSReader` of MosaicML streaming reads it."""
    found = []
    for shard in json.loads((folder / "index.json").read_text())["shards"]:
        assert shard["column_encodings"] == [f"ndarray:{width}"]
        own = ("column_encodings", "column_names", "column_sizes", "compression", "format",
               "hashes", "size_limit", "version")  # fmt: skip
        header = json.dumps({key: shard[key] for key in own}, sort_keys=True)
        path = folder / shard["raw_data"]["basename"]
        assert shard["raw_data"]["bytes"] == path.stat().st_size
        documents = []
        for sample in read_with_offsets(path, len(header)):
            (size,) = struct.unpack_from("<I", sample)
            assert size == len(sample) - 4
            assert sample[4] >> 2 == 1, "of one dimension"
            size_bytes = 1 << (sample[4] & 3)
            count = int.from_bytes(sample[5 : 5 + size_bytes], "little")
            ids = np.frombuffer(sample, width, offset=5 + size_bytes).tolist()
            assert len(ids) == count
            documents.append(ids)
        assert shard["samples"] == len(documents)
        found.append(documents)
    return found


def read_litdata(folder: Path, width: str) -> list[list[list[int]]]:
    """As litdata's chunks are described beside its writer."""
    found = []
    index = json.loads((folder / "index.json").read_text())
    types = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32]
    (format_,) = index["config"]["data_format"]
    assert types[int(format_.removeprefix("no_header_numpy:"))] == np.dtype(width)
    for chunk in index["chunks"]:
        samples = read_with_offsets(folder / chunk["filename"], 0)
        documents = [np.frombuffer(sample, width).tolist() for sample in samples]
        assert chunk["chunk_size"] == len(documents)
        assert chunk["dim"] == sum(map(len, documents))
        assert chunk["chunk_bytes"] == (folder / chunk["filename"]).stat().st_size
        found.append(documents)
    return found


FORMATS = ("megatron", "olmo", "datatrove", "mds", "litdata")


def read_back(folder: Path, format_: str, width: str) -> list[list[list[int]]]:
    """The documents of each file."""
    if format_ == "mds":
        return read_mds(folder, width)
    if format_ == "litdata":
        return read_litdata(folder, width)
    names = sorted({path.name.split(".")[0] for path in folder.iterdir()} - {"winnow"})
    read = {
        "megatron": lambda name: read_megatron(folder, name),
        "olmo": lambda name: read_olmo(folder, name, width),
        "datatrove": lambda name: read_datatrove(folder, name, width),
    }[format_]
    return [read(name) for name in names]


@pytest.mark.parametrize("format_", FORMATS)
@settings(deadline=None, max_examples=25)
@given(
    documents=st.lists(st.lists(st.integers(0, 65535), min_size=1, max_size=9), min_size=1),
    rows=st.integers(1, 9),
    width=st.sampled_from(["uint16", "uint32"]),
    file_bytes=st.integers(1, 60),
)
def test_documents_come_back_and_files_are_full(
    tmp_path_factory: pytest.TempPathFactory,
    format_: str,
    documents: list[list[int]],
    rows: int,
    width: str,
    file_bytes: int,
) -> None:
    folder = tmp_path_factory.mktemp(format_)
    given_ = batches(documents, rows, pa.uint16())
    files = export_tokens(given_, Store(str(folder)), format_, width, file_bytes)
    assert {file.path: file.size_bytes for file in files} == {
        path.name: path.stat().st_size for path in folder.iterdir()
    }
    found = read_back(folder, format_, width)
    assert [one for file in found for one in file] == documents
    size = np.dtype(width).itemsize
    assert all(sum(map(len, file)) * size >= file_bytes for file in found[:-1])
    assert all(sum(map(len, file[:-1])) * size < file_bytes for file in found)


def test_the_demo_goes_to_every_format(demo: Path, tmp_path: Path) -> None:
    tables = [pq.read_table(path) for path in sorted((demo / "shards").glob("*.parquet"))]
    expected = [ids for table in tables for ids in table["input_ids"].to_pylist()]
    for format_ in FORMATS:
        told = winnow("export", demo, "--format", format_, "--out", tmp_path / format_).stdout
        assert told.startswith(f"{len(expected):,} documents in ")
        assert read_back(tmp_path / format_, format_, "uint16") == [expected]
    wanted = ("--lang", "de", "--ids", "uint32", "--out", tmp_path / "de")
    winnow("export", demo, "--format", "olmo", *wanted)
    german = [row["input_ids"] for t in tables for row in t.to_pylist() if row["language"] == "de"]
    assert read_back(tmp_path / "de", "olmo", "uint32") == [german]


def exported(folder: Path, format_: str, ids: Any) -> list[list[int]]:
    """Some documents, of which a few are long, in several files."""
    rng = np.random.default_rng(2)
    documents = [rng.integers(0, 65536, n).tolist() for n in (1, 3, 300, 70_000, 5, 8)]
    out = Store(str(folder))
    list(export_tokens(batches(documents, 2, ids), out, format_, str(ids), 1000))
    return documents


@pytest.mark.parametrize("ids", [pa.uint16(), pa.uint32()])
def test_streaming_reads_mds(tmp_path: Path, ids: Any) -> None:
    streaming = pytest.importorskip("streaming", reason="mosaicml-streaming is not installed")
    documents = exported(tmp_path, "mds", ids)
    read = streaming.StreamingDataset(local=str(tmp_path), shuffle=False, batch_size=1)
    assert [read[i]["tokens"].tolist() for i in range(len(read))] == documents


@pytest.mark.parametrize("ids", [pa.uint16(), pa.uint32()])
def test_litdata_reads_its_chunks(tmp_path: Path, ids: Any) -> None:
    litdata = pytest.importorskip("litdata", reason="litdata is not installed")
    documents = exported(tmp_path, "litdata", ids)
    loader = litdata.TokensLoader(block_size=2)
    read = litdata.StreamingDataset(str(tmp_path), item_loader=loader, shuffle=False)
    found = [ids for row in read for ids in row.tolist()]
    expected = []
    for file in read_litdata(tmp_path, str(ids)):
        stream = list(itertools.chain(*file))
        expected += stream[: len(stream) // 2 * 2]
    assert found == expected
    assert sum(map(len, documents)) - len(found) < len(documents)


def test_an_id_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """A smaller type would make another token of it."""
    for format_ in FORMATS:
        with pytest.raises(OverflowError, match=r"the id 65,536 does not fit in uint16"):
            list(
                export_tokens(
                    batches([[1], [65536]], 9, pa.uint32()), Store(str(tmp_path)), format_,
                    "uint16", 1 << 20,
                )
            )  # fmt: skip
    assert not list(tmp_path.iterdir()), "a file of which a part could not be written is there"
