"""Small files of enormous content: an error that names the limit, bounded memory, the rest read."""

import bz2
import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from filters.extract.main_content import extract
from manifests import schemas
from pipelines.recipe.config import RecipeError
from pipelines.recipe.plan import plan
from pipelines.recipe.recipe import Recipe, Source
from tests.reading import documents, errors, outcomes, rows

MB = 1 << 20
LINE = json.dumps({"text": "a line of text"}).encode() + b"\n"


def zeros(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield bytes(MB)


def zstd(*pieces: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return b"".join(compressor.compress(piece) for piece in pieces) + compressor.flush()


def warc(body: bytes, length: int | None = None) -> bytes:
    content = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
        b"Content-Length: %d\r\n\r\n" % (length or len(content))
    ) + content + b"\r\n\r\n"  # fmt: skip


PAGE = warc(b"<html><body>a page</body></html>")
BOMBS = {
    "a.jsonl.gz": ("jsonl", lambda: gzip.compress(LINE) + gzip.compress(bytes(200 * MB))),
    "a.jsonl.bz2": ("jsonl", lambda: bz2.compress(LINE + bytes(40 * MB))),
    "a.jsonl.zst": ("jsonl", lambda: zstd(LINE) + zstd(*zeros(1000))),
    "a.warc.gz": (
        "warc",
        lambda: gzip.compress(PAGE) + gzip.compress(warc(bytes(200 * MB))) + gzip.compress(PAGE),
    ),
}

READ = """
import json, sys
from pathlib import Path
from tests.reading import documents, errors, rows
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
before = peak()
found = rows(sys.argv[1], Path(sys.argv[2]))
print(json.dumps([len(documents(found)), errors(found), (peak() - before) // 1024]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_an_error_and_takes_little_memory(tmp_path: Path, name: str) -> None:
    kind, make = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    assert path.stat().st_size < MB
    done = subprocess.run(
        [sys.executable, "-c", READ, kind, str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    count, problems, grown_mb = json.loads(done.stdout)
    assert count == {"jsonl": 1, "warc": 2}[kind]
    assert len(problems) == 1
    assert "grows to more than 200 times its size (max_ratio)" in problems[0]
    assert grown_mb < 300


def test_the_ratio_is_the_sources_to_set(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress((b" " * 100_000 + LINE) * 200, 1))
    assert errors(rows("jsonl", path, max_ratio=1000)) == []
    assert "max_ratio" in errors(rows("jsonl", path, max_ratio=50))[0]


def test_small_members_may_have_any_ratio(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 15 * MB + b"\n" + LINE) * 2)
    assert outcomes(rows("jsonl", path, limit=16 * MB)) == {"document": 2}


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.bz2", "a.jsonl.zst"])
def test_a_units_content_may_be_limited(tmp_path: Path, name: str) -> None:
    draw = random.Random(1)
    data = b"".join(b'{"text": "%b"}\n' % draw.randbytes(50).hex().encode() for _ in range(30_000))
    compress = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstd}[name.rpartition(".")[2]]
    path = tmp_path / name
    path.write_bytes(compress(data) * 2)
    assert errors(rows("jsonl", path, max_content_mb=7)) == []
    found = rows("jsonl", path, max_content_mb=1)
    assert ["max_content_mb (1 MB)" in error for error in errors(found)] == [True]
    assert 5_000 < len(documents(found)) < 20_000


@pytest.mark.parametrize("value", [0, -1, "much", True])
def test_senseless_limits_are_refused(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINE)
    source = Source(name="a", kind="jsonl", path=str(path), options={"max_ratio": value})
    with pytest.raises(RecipeError, match=r"'max_ratio' is .*, not a positive number"):
        plan(Recipe(name="r", sources=(source,)))


def test_a_lying_content_length_costs_its_record(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    lies = [warc(b"<html>b</html>", length) for length in (10, 99, 5_000, 10**14)]
    path.write_bytes(b"".join(gzip.compress(record) for record in (PAGE, *lies, PAGE)))
    found = rows("warc", path, limit=16 * MB)
    assert len(documents(found)) >= 1
    assert len(errors(found)) >= 1
    for lie in lies[:3]:
        path.write_bytes(b"".join(gzip.compress(record) for record in (PAGE, lie, PAGE)))
        assert outcomes(rows("warc", path, limit=16 * MB)) == {"document": 2, "error": 1}


@pytest.mark.parametrize("tag", ["div", "table", "b", "ul><li", "font"])
def test_pages_nested_100000_deep_end_soon_with_their_text(tag: str) -> None:
    page = f"<html><body>{f'<{tag}>' * 100_000}the very core</body></html>".encode()
    record = dict.fromkeys(schemas.RECORDS.names) | {
        "native_id": "1", "media_type": schemas.HTML, "content": page, "input_bytes": len(page),
    }  # fmt: skip
    begun = time.process_time()
    batch = schemas.pa.RecordBatch.from_pylist([record], schema=schemas.RECORDS)
    (row,) = extract(batch).to_pylist()
    assert row["text"].strip("- ") == "the very core"
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_mixed_line_endings_and_marks_in_line_files(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(mark + b"\r\n\n".join([LINE.strip()] * 3) + b"\r\n\r" + LINE.strip() + b"\r")
    assert outcomes(rows("jsonl", path)) == {"document": 4}
    table = tmp_path / "a.csv"
    table.write_bytes(mark + b'text,id\r\na,1\n"b\r\nc",2\r\nd,3')
    found = rows("csv", table)
    assert [row["content"] for row in found] == [b"a", b"b\r\nc", b"d"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_line_file_with_the_mark_of_another_encoding_is_read(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes("\ufeff".encode(encoding) + LINE.decode().encode(encoding))
    (row,) = documents(rows("jsonl", path))
    assert row["content"] == b"a line of text"
