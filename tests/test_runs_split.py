"""Whole runs over big files cut into 1, 3 and 9 units: the same documents, the same shards."""

import bz2
import gzip
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.winnow import manifest, winnow

UNITS = {9: 1, 3: 3, 1: 256}  # number of units: unit_mb
STORED_BYTES = 9 << 20
PIECES = 30
WORDS = ["the", "mill", "stands", "where", "a", "river", "bends", "keeper", "writes", "of", "stone"]


def sentence(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=60)).capitalize() + "."


def ballast(draw: random.Random) -> str:
    """What makes a file large and is no text of a document."""
    return draw.randbytes(STORED_BYTES // PIECES * 3 // 4).hex()


def warc_record(number: int, draw: random.Random) -> bytes:
    html = f"<html><!-- {ballast(draw)} --><body><p>{sentence(draw)}</p></body></html>"
    content = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{html}".encode()
    header = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/{number}\r\n"
        f"Content-Type: application/http\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return header.encode() + content + b"\r\n\r\n"


def line(number: int, draw: random.Random) -> bytes:
    # No id: a line is called by its place, which must not depend on the unit.
    row = {"text": sentence(draw), "ballast": ballast(draw)}
    return json.dumps(row).encode() + b"\n"


def page(number: int, draw: random.Random) -> bytes:
    text = f"{sentence(draw)}<!-- {ballast(draw)} -->".replace("<", "&lt;").replace(">", "&gt;")
    return (
        f"<page><title>T{number}</title><ns>0</ns><id>{number + 1}</id>"
        f"<revision><id>1</id><text>{text}</text></revision></page>\n"
    ).encode()


def dump(pages: bytes) -> bytes:
    head = b'<mediawiki xml:lang="en"><siteinfo><dbname>enwiki</dbname></siteinfo>\n'
    return head + pages + b"</mediawiki>"


Make = Callable[[int, random.Random], bytes]
FILES: dict[str, tuple[str, Make, Callable[[list[bytes]], bytes]]] = {
    "a.warc": ("warc", warc_record, b"".join),
    "a.warc.gz": ("warc", warc_record, lambda all_: b"".join(gzip.compress(r, 1) for r in all_)),
    "a.jsonl": ("jsonl", line, b"".join),
    "a.jsonl.bz2": ("jsonl", line, lambda all_: bz2.compress(b"".join(all_), 1)),
    "a.xml.bz2": ("mediawiki", page, lambda all_: bz2.compress(dump(b"".join(all_)), 1)),
}


def build(path: Path, make: Make, store: Callable[[list[bytes]], bytes]) -> None:
    """A file of exactly as many bytes as give 9, 3 and 1 units."""
    draw = random.Random(path.name)
    made: list[bytes] = []
    while len(stored := store(made)) < STORED_BYTES - STORED_BYTES // 50:
        short = STORED_BYTES - len(stored)
        each = len(stored) / len(made) if made else STORED_BYTES
        made += [make(len(made) + n, draw) for n in range(max(1, int(short / each)))]
    path.write_bytes(stored)


def rows(run: Path, folder: str) -> list[dict[str, Any]]:
    """Rows of all parts in the order of the plan."""
    tables = [pq.read_table(path) for path in sorted((run / folder).glob("*.parquet"))]
    found: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist()
    return found


@pytest.mark.slow
def test_documents_and_shards_do_not_depend_on_the_units(tmp_path: Path) -> None:
    sources = []
    for name, (kind, make, store) in FILES.items():
        build(tmp_path / name, make, store)
        sources += ["--source", f"{name}={kind}:{tmp_path / name}"]
    found = []
    for units, unit_mb in UNITS.items():
        run = tmp_path / str(units)
        winnow("run", "wikipedia", "--out", run, "--quiet", "--workers", "1", *sources,
               "--set", f"unit_mb={unit_mb}", "--set", "tokenizer.vocab_size=300",
               "--set", "documents.rules={}", "--set", "duplicates.near=null")  # fmt: skip
        planned = json.loads((run / "plan.json").read_text())["units"]
        assert len(planned) == units * len(FILES)
        stages = manifest(run)["reproducible"]["stages"]
        funnels = {stage: stages[stage]["funnel"] for stage in stages}
        files = [*sorted((run / "shards").glob("*.parquet")), run / "tokenizer/tokenizer.json"]
        hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        found.append((rows(run, "documents"), rows(run, "dropped"), funnels, hashes))
        assert {row["source"] for row in found[-1][0]} == set(FILES)
    assert found[0] == found[1] == found[2]
