"""Finding, describing, hashing and decompressing stored files."""

import bz2
import dataclasses
import gzip
import hashlib
import os
import random
from pathlib import Path

import fsspec
import pytest
import zstandard

from manifests.schemas import error_kind
from pipelines.sources import KINDS, describe, expand, files, http, open_unit
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import PACKAGE, UnitFile, open_binary
from pipelines.sources.limits import Limits
from pipelines.sources.records import too_large
from pipelines.sources.units import WorkUnit
from tests.faulty_server import serving
from tests.reading import errors, rows

TEXT = random.Random(1).randbytes(150_000).hex().encode()


def content(path: Path) -> tuple[bytes, Decompressed]:
    with UnitFile(str(path), open_binary(str(path))) as file:
        stream = Decompressed(file)
        pieces = []
        while piece := stream.read():
            pieces.append(piece)
        return b"".join(pieces), stream


def test_expand_finds_files_folders_globs_and_urls_in_order(tmp_path: Path) -> None:
    for name in ("b.warc", "a.warc", "sub/c.warc", "sub/_SUCCESS", ".hidden", "odd[1].warc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def names(path: str) -> list[str]:
        return [Path(p).name for p in expand(path)]

    assert names(f"{tmp_path}/a.warc") == ["a.warc"]
    assert names(f"{tmp_path}/[ab].warc") == ["a.warc", "b.warc"]
    assert names(f"{tmp_path}/odd[1].warc") == ["odd[1].warc"]
    assert names(f"{tmp_path}") == ["a.warc", "b.warc", "odd[1].warc", "c.warc"]
    assert names(f"{tmp_path}/**/*.warc") == ["a.warc", "b.warc", "odd[1].warc", "c.warc"]
    assert names(f"file://{tmp_path}/a.warc") == ["a.warc"]
    memory = fsspec.filesystem("memory")
    memory.pipe({"/sources/x.jsonl": b"{}", "/sources/y.jsonl": b"{}"})
    assert expand("memory://sources/*.jsonl") == [
        "memory:///sources/x.jsonl",
        "memory:///sources/y.jsonl",
    ]
    assert expand("memory://sources") == expand("memory://sources/*.jsonl")
    assert describe("memory:///sources/x.jsonl").size_bytes == 2
    assert expand(f"{PACKAGE}py.typed") == [f"{PACKAGE}py.typed"]


def test_a_list_of_paths_is_no_path() -> None:
    """It was split as a text, and the error named no list."""
    with pytest.raises(TypeError, match="must be a str, not list; open one file at a time"):
        files.open_binary(["a.jsonl", "b.jsonl"])  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["nowhere/*.warc", "nowhere.warc", "memory://nowhere/x"])
def test_expand_names_what_is_missing(path: str) -> None:
    with pytest.raises(FileNotFoundError, match="check the path") as error:
        expand(path)
    assert path in str(error.value)


def test_expand_names_a_missing_package_file() -> None:
    with pytest.raises(FileNotFoundError, match="sample/nothing"):
        expand("package:sample/nothing.warc")


def test_fingerprint_changes_with_a_file_and_not_with_an_installation(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    before = describe(str(path))
    assert before.size_bytes == 3
    path.write_bytes(b"two!")
    assert describe(str(path)).fingerprint != before.fingerprint
    info = describe(f"{PACKAGE}sources/units.py")
    assert info.fingerprint == str(info.size_bytes)


def test_a_file_that_changed_since_the_plan_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(http.CACHE_FOLDER, str(tmp_path / "cache"))
    path = tmp_path / "a.jsonl"
    with serving(tmp_path) as server:
        for address in (str(path), f"{server.url}/a.jsonl"):
            path.write_bytes(b"one")
            planned = describe(address).fingerprint
            path.write_bytes(b"another")
            with pytest.raises(
                OSError, match=r"has changed since the run was planned.*--overwrite"
            ):
                open_unit(WorkUnit(0, "s", "jsonl", address, fingerprint=planned))
            unit = WorkUnit(0, "s", "jsonl", address, fingerprint=describe(address).fingerprint)
            for _ in range(2):
                with open_unit(unit) as file:
                    assert file.read(9) == b"another"
        # The second time the copy of the same version was there: nothing was asked.
        assert [method for method, _, _ in server.requests] == ["HEAD"] * 4 + ["GET"]


def test_an_error_beyond_a_limit_is_named_by_it() -> None:
    told = {
        "max_record_mb": too_large(2_000_000, 1_000_000),
        "max_ratio": Limits().outgrown(1 << 30, 1),
        "max_content_mb": Limits(max_content_mb=1).too_much(1 << 21),
    }
    assert {error_kind(str(error)): error for error in told.values()} == {
        f"limit.{name}": error for name, error in told.items()
    }
    assert error_kind("line 3 is no JSON") == "read.damaged"


def test_unreadable_paths_raise_with_a_remedy(tmp_path: Path) -> None:
    never = WorkUnit(0, "s", "jsonl", str(tmp_path / "gone.jsonl"))
    with pytest.raises(FileNotFoundError, match=r"cannot read .*gone\.jsonl.*check the path"):
        open_unit(never)
    seen = dataclasses.replace(never, fingerprint="3-1")
    with pytest.raises(FileNotFoundError, match=r"there when the run was planned: was it moved"):
        open_unit(seen)
    with pytest.raises(OSError, match="name the files in it"):
        open_unit(WorkUnit(0, "s", "jsonl", str(tmp_path)))
    with pytest.raises(OSError, match="cannot read"):
        describe(str(tmp_path / "gone"))


def test_digest_covers_the_whole_file_whatever_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(TEXT)
    for pieces in ([], [1, 7, 100_000], [1 << 30]):
        with open_unit(WorkUnit(0, "s", "warc", str(path))) as file:
            for size in pieces:
                file.read(size)
            assert file.bytes_read == min(sum(pieces), len(TEXT))
            assert file.hexdigest() == hashlib.sha256(TEXT).hexdigest()
            assert file.hexdigest() == hashlib.sha256(TEXT).hexdigest()


def test_digest_of_a_range_covers_its_bytes_only(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(TEXT)
    with open_unit(WorkUnit(0, "s", "jsonl", str(path))) as file:
        file.restrict(1000, 5000, lead=1)
        assert file.read(8000) == TEXT[999:8999]  # reading on is allowed
        assert file.bytes_read == 4000
        assert file.hexdigest() == hashlib.sha256(TEXT[1000:5000]).hexdigest()


COMPRESS = {
    "gz": lambda data: gzip.compress(data, 1, mtime=0),
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,  # as the command does
}


@pytest.mark.parametrize("suffix", COMPRESS)
def test_members_that_follow_one_another_are_one_content(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT) + COMPRESS[suffix](b"") + COMPRESS[suffix](TEXT))
    data, stream = content(path)
    assert data == TEXT * 2
    assert stream.damage is None
    renamed = tmp_path / "a.txt"
    path.rename(renamed)
    assert content(renamed)[0] == TEXT * 2  # the bytes say what it is, not the name


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_cut_file_gives_what_is_there_and_says_where_it_ends(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    stored = COMPRESS[suffix](TEXT)
    for size in (3, len(stored) // 2, len(stored) - 1):
        path.write_bytes(COMPRESS[suffix](b"sound") + stored[:size])
        data, stream = content(path)
        assert data.startswith(b"sound")
        assert (b"sound" + TEXT).startswith(data)
        assert stream.damage is not None
        assert stream.damage.truncated
        assert str(path.stat().st_size) in stream.damage.message


@pytest.mark.parametrize("suffix", COMPRESS)
def test_garbage_is_damage_and_no_exception(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT) + b"garbage" * 100)
    data, stream = content(path)
    assert data == TEXT
    assert stream.damage is not None
    assert not stream.damage.truncated
    path.write_bytes(b"no such thing" * 100)
    data, stream = content(path)
    assert data == b""
    assert stream.damage is not None
    assert "rename it if it is not compressed" in stream.damage.message
    stored = bytearray(COMPRESS[suffix](TEXT))
    stored[len(stored) // 2 : len(stored) // 2 + 50] = b"\xff" * 50
    path.write_bytes(stored)
    data, stream = content(path)
    assert stream.damage is not None


def test_zeros_after_gzip_members_are_padding(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one") + b"\0" * 5000 + gzip.compress(b"two") + b"\0" * 70_000)
    data, stream = content(path)
    assert data == b"onetwo"
    assert stream.damage is None


def test_a_zstd_window_of_two_gigabytes_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "a.zst"
    parameters = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path.write_bytes(compressor.compress(b"long window") + compressor.flush())
    assert content(path)[0] == b"long window"


def test_archives_of_another_kind_are_named(tmp_path: Path) -> None:
    path = tmp_path / "Posts.7z"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + b"\0" * 100)
    assert "7z" in errors(rows("stackexchange", path))[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [b"", gzip.compress(b"")], ids=["empty", "empty_gzip"])
def test_an_empty_file_is_one_error_row(tmp_path: Path, kind: str, data: bytes) -> None:
    path = tmp_path / "empty"
    path.write_bytes(data)
    found = rows(kind, path)
    assert len(found) == 1
    if kind in ("parquet", "hf_dataset") and data:
        assert len(errors(found)) == 1  # formats that are not read through gzip
    else:
        assert errors(found) == ["empty file"]


@pytest.mark.parametrize("kind", KINDS)
def test_random_bytes_are_error_rows(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "noise"
    path.write_bytes(random.Random(5).randbytes(30_000))
    found = rows(kind, path)
    assert found
    assert len(errors(found)) == len(found)
    assert len({row["native_id"] for row in found}) == len(found)


def test_storage_that_fails_is_no_damage(tmp_path: Path) -> None:
    class Failing:
        def seek(self, offset: int, whence: int = 0) -> int:
            return 1000

        def read(self, size: int) -> bytes:
            raise OSError(5, "Input/output error")

    file = UnitFile("disk/a.jsonl", Failing())  # type: ignore[arg-type]
    with pytest.raises(OSError, match=r"cannot read disk/a.jsonl: Input/output error"):
        list(KINDS["jsonl"].read(WorkUnit(0, "s", "jsonl", "disk/a.jsonl"), file, 10, 10))


def test_only_regular_files_are_read_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nothing")
    wanted = [str(tmp_path / name) for name in ("a.jsonl", "gone.jsonl")]
    assert expand(str(tmp_path)) == wanted, "a link to nothing is told when it is read"
    for read in (describe, open_binary):
        with pytest.raises(OSError, match="is a pipe, a socket or a device; give a regular file"):
            read(str(tmp_path / "pipe.jsonl"))
