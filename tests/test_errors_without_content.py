"""Errors show no content of documents: damaged and mislabelled files with planted personal data.

Every reader gets every file, since a source of the wrong kind is the commonest mistake. An identity
that a record states (the column `id`, WARC-Record-ID) is no content: rows of `errors/` need it.
"""

import bz2
import gzip
import io
import json
import socket
import tarfile
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from dedup.benchmarks import BenchmarkFile, Fields
from manifests.column_names import described
from pipelines.recipe import loading, named_files
from pipelines.sources import KINDS, benchmark_files, cc_index, common_crawl, http, parallel_text
from tests.reading import rows
from tests.winnow import winnow
from tokenizer_train.cost import TokenCost

NAME, MAIL, PHONE, STREET = "Jane Example", "jane@example.org", "555-0100", "12 Sample Street"
MARKERS = (NAME, MAIL, PHONE, STREET, "Jane", "jane@", "0100", "Sample Str")
LEAK = f"{NAME} lives at {STREET}"
CSV = f"{LEAK},{MAIL},{PHONE}\nJohn,john@example.org,555-0199\n"
SUFFIXES = {
    "csv": ("csv", "tsv"),
    "hf_dataset": ("parquet", "arrow"),
    "twitter": ("json", "js"),
    "mediawiki": ("xml", "xml.bz2", "xml.7z"),
    "stackexchange": ("xml", "7z"),
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "csv": [{}, {"delimiter": ";"}, {"text": "body", "delimiter": " "}],
    "stackexchange": [{}, {"threads": True}],
    "cirrussearch": [{}, {"text": "source_text"}],
    "common_crawl": [{"format": name} for name in ("warc", "wet", "wat")],
}


def table(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="none")
    return sink.getvalue()


def arrow(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    made = pa.table(columns)
    with pa.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    return sink.getvalue()


def not_utf8() -> pa.Array:
    """A column of strings that are none."""
    return pa.array([f"{LEAK} ".encode() + b"\xff\xfe"] * 3, pa.binary()).view(pa.string())


def tar(content: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        entry = tarfile.TarInfo("pages.ndjson")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return sink.getvalue()


def warc(header: str, content: str) -> bytes:
    length = "" if "Content-Length" in header else f"Content-Length: {len(content)}\r\n"
    return f"WARC/1.0\r\n{header}{length}\r\n{content}\r\n\r\n".encode()


def wat(noted: dict[str, Any]) -> bytes:
    return warc(
        "WARC-Type: metadata\r\nWARC-Target-URI: https://a.org/\r\n",
        json.dumps({"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": noted}}}),
    )


def json_lines() -> bytes:
    values: list[Any] = [
        {"text": {NAME: MAIL}},
        {"text": [LEAK]},
        {"text": 1, "note": LEAK},
        {MAIL: PHONE, NAME: LEAK},
        {"body": [LEAK], "id": 1},
        {"selftext": {NAME: LEAK}, "id": "x y"},
        {"body": LEAK, "id": "###", "link_id": MAIL},
        {"id": 3, "text": [LEAK], "title": LEAK},
        {"id_str": "4", "full_text": {NAME: PHONE}, "created_at": LEAK},
        {"id_str": "5", "text": LEAK, "created_at": f"Sun {NAME} 31 0 2014"},
        {"index": {"_type": NAME}},
        {"index": {"_id": {NAME: MAIL}}},
        {"title": NAME, "text": [LEAK], "page_id": 7, "namespace": 0},
        {"title": {NAME: MAIL}, "text": LEAK},
        {"name": NAME, "identifier": 8, "article_body": {"html": [LEAK]}},
        {"name": {NAME: MAIL}, "identifier": LEAK, "article_body": LEAK},
        [LEAK],
        LEAK,
    ]
    lines = [json.dumps(value) for value in values]
    broken = [f'{{"text": "{LEAK}', f'{{"text": {LEAK}}}', LEAK, f"{{'text': '{MAIL}'}}"]
    return "\n".join([*lines, *broken]).encode() + f'\n{{"text": "{LEAK} '.encode() + b'\xff\xfe"}'


def files() -> dict[str, bytes]:
    page = f"<page><title>{NAME}</title><ns>0</ns><id>1</id>"
    invalid = f"http://{MAIL}\u2100[{PHONE}/wiki/Main"
    site = f"<mediawiki><siteinfo><base>{invalid}</base></siteinfo>"
    text = f"<revision><text>{LEAK}</text></revision>"
    lines = json_lines()
    parquet = table({"text": [LEAK] * 50, "id": list(range(50))})
    half = parquet.index(LEAK.encode()) + 5
    strings = table({"text": not_utf8()})
    stream = arrow({"text": [LEAK] * 50})
    return {
        "people.csv": CSV.encode(),
        "latin.csv": f"text,id\n{LEAK},1\n".encode() + f"{LEAK}é,2\n".encode("latin-1"),
        "open_quote.csv": f'text\n"{LEAK}\n'.encode() + LEAK.encode() * 90_000,
        "long.csv": b"text\n" + f"{LEAK} ".encode() * 60_000,
        "nul.csv": f"text\n{LEAK}\0\n".encode(),
        "lines.jsonl": lines,
        "list.json": json.dumps([LEAK, {"text": {NAME: LEAK}}, {"id": LEAK}]).encode(),
        "script.js": f"window.YTD = [{LEAK}]".encode(),
        "pages.tar": tar(lines),
        "cut.tar": tar(lines)[:700],
        "cut.gz": gzip.compress(lines * 9, mtime=0)[:-20],
        "wrong.gz": gzip.compress(lines, mtime=0)[:10] + LEAK.encode() * 20,
        "cut.bz2": bz2.compress(lines * 9)[:-20],
        "cut.zst": zstandard.ZstdCompressor(write_checksum=True).compress(lines * 9)[:-6],
        "no.7z": b"7z\xbc\xaf'\x1c" + LEAK.encode() * 9,
        "open.xml": f"{site}{page}{text}</page>{page}<revision><text>{LEAK}".encode(),
        "untitled.xml": f"<mediawiki><page>{text}<ns>{LEAK}</ns></page></mediawiki>".encode(),
        "entity.xml": f"{site}{page}<revision><text>&{NAME}; {LEAK}</x></page>".encode(),
        "rows.xml": (
            f'<posts><row Body="{LEAK}" PostTypeId="1"/><row Id="{LEAK[:4]}" PostTypeId="2" '
            f'ParentId="{MAIL}" Score="{PHONE}" Body="{LEAK}"/><row Id="1" Body="{LEAK}'
        ).encode(),
        "gap.warc": LEAK.encode() * 5 + warc("WARC-Type: response\r\n", LEAK),
        "length.warc": warc(f"WARC-Type: response\r\nContent-Length: {PHONE}\r\n", LEAK),
        "headless.warc": warc(f"{NAME}\r\n{MAIL} {PHONE}\r\n", LEAK),
        "kind.warc": warc(f"WARC-Type: {NAME}\r\n", LEAK),
        "status.warc": warc(
            "WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n",
            f"HTTP/1.1 {NAME}\r\nContent-Type: {MAIL}\r\n\r\n<html>{LEAK}",
        ),
        "coded.warc": warc(
            "WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + LEAK,
        ),
        "bytes.wet": warc("WARC-Type: conversion\r\n", LEAK).replace(b"lives", b"\xff" * 5),
        "json.wat": warc("WARC-Type: metadata\r\n", f'{{"Envelope": {LEAK}}}'),
        "base.wat": wat(
            {
                "Response-Message": {"Status": "200"},
                "HTML-Metadata": {
                    "Head": {"Base": invalid},
                    "Links": [{"path": "A@/href", "url": f"//{MAIL}\u2100[", "text": LEAK}],
                },
            }
        ),
        "names.parquet": table({LEAK: ["John"], MAIL: ["a"], PHONE: ["b"]}),
        "struct.parquet": table({"text": [{NAME: MAIL}], PHONE: ["b"]}),
        "list.parquet": table({"text": pa.array([[{MAIL: 1}]])}),
        "number.parquet": table({"text": [5550100], "title": [NAME]}),
        "strings.parquet": strings,
        "cut.parquet": parquet[:half],
        "bent.parquet": parquet[: half - 30] + b"\xff" * 30 + parquet[half:],
        "names.arrow": arrow({LEAK: ["John"], MAIL: ["a"]}),
        "struct.arrow": arrow({"text": [{NAME: MAIL}]}),
        "cut.arrow": stream[: stream.index(LEAK.encode()) + 90],
    }  # fmt: skip


FILES = files()


def leaks(told: str) -> list[str]:
    return [marker for marker in MARKERS if marker in told]


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_of_a_reader_quotes_what_it_read(kind: str, tmp_path: Path) -> None:
    found = 0
    for name, content in FILES.items():
        for suffix in SUFFIXES.get(kind, ("data",)):
            path = tmp_path / f"{name.replace('.', '_')}.{suffix}"
            path.write_bytes(content)
            for options in OPTIONS.get(kind, [{}]):
                for row in rows(kind, path, **options):
                    told = f"{row['error']} {row['skip_reason']}"
                    assert not leaks(told), f"{name} as {suffix}: {row['error']}"
                    found += row["error"] is not None
    assert found > 15, "the files must be damaged for this kind"


def errors_of(run: Path) -> list[dict[str, Any]]:
    parts = [pq.read_table(path).to_pylist() for path in sorted((run / "errors").iterdir())]
    return [row for part in parts for row in part]


def test_a_run_over_damaged_files_shows_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_text(
        json.dumps({"id": "1", "text": "The mill stands where the river bends, as ever. " * 5})
    )
    natural = {
        "csv": ("people.csv", "latin.csv", "open_quote.csv"),
        "jsonl": ("lines.jsonl", "people.csv", "cut.gz"),
        "reddit": ("lines.jsonl",),
        "reddit_threads": ("lines.jsonl",),
        "hacker_news": ("lines.jsonl",),
        "twitter": ("list.json", "script.js"),
        "cirrussearch": ("lines.jsonl",),
        "wikimedia_enterprise": ("pages.tar",),
        "mediawiki": ("open.xml",),
        "stackexchange": ("rows.xml",),
        "warc": ("gap.warc", "status.warc"),
        "wet": ("bytes.wet",),
        "wat": ("json.wat", "base.wat"),
        "parquet": ("names.parquet", "struct.parquet", "bent.parquet"),
        "hf_dataset": ("names.arrow",),
    }
    assert set(natural) == set(KINDS) - {"common_crawl"}
    sources = ["--source", f"good=jsonl:{tmp_path}/good.jsonl"]
    for kind, names in natural.items():
        for number, name in enumerate(names):
            path = tmp_path / kind / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(FILES[name])
            sources += ["--source", f"{kind}_{number}={kind}:{path}"]
    run = tmp_path / "run"
    refused = winnow("run", "wikipedia", "--out", run, *sources, code=2)
    assert "no column 'text'" in refused.stderr
    assert not leaks(refused.stdout + refused.stderr)
    done = winnow(
        "run", "wikipedia", "--out", run, "--workers", "1", "--keep-going", *sources,
        "--set", "tokenizer.vocab_size=512", "--set", "documents.dropped=none",
    )  # fmt: skip
    found = errors_of(run)
    assert {row["source"] for row in found} >= {f"{kind}_0" for kind in natural}
    assert not leaks(json.dumps([(row["error"], row["reason"]) for row in found]))
    assert not leaks(done.stdout + done.stderr)
    assert not leaks((run / "manifest.json").read_text())
    for command in ("inspect", "verify"):
        done = winnow(command, run)
        assert not leaks(done.stdout + done.stderr)


def test_a_table_without_a_header_is_told_its_columns_but_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "leak.csv"
    path.write_text(CSV)
    command = ["run", "wikipedia", "--out", tmp_path / "run", "--source", f"csv:{path}", "--debug"]
    for more, code in (["--keep-going"], 1), ([], 2):
        done = winnow(*command, *more, code=code)
        assert not leaks(done.stdout + done.stderr)
        told = " ".join(done.stderr.split())
        assert "the first line has 3 columns; is it a header line?" in told
    (row,) = errors_of(tmp_path / "run")
    assert "no column 'text'" in row["error"]
    assert not leaks(str(row))


def test_names_of_columns_are_shown_where_they_cannot_be_content() -> None:
    assert described(["id", "raw_text", "metaData.url"]) == "3 columns: id, raw_text, metaData.url"
    assert described(["id", NAME]) == described([MAIL, "id"]) == "2 columns"
    assert described(["id", "Content"], declared=False) == "2 columns, among them Content"
    assert described(["jane"], declared=False) == "1 column"
    assert described([f"c{n}" for n in range(30)]).endswith("c19, ...")
    assert described([]) == "0 columns"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.csv", CSV.encode()),
        ("b.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("b.csv.gz", CSV.encode()),
        ("b.csv.bz2", CSV.encode()),
        ("b.csv.xz", CSV.encode()),
        ("b.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:12] + LEAK.encode()),
        ("b.csv", b"\xff" + CSV.encode()),
        ("b.jsonl", json_lines()),
        ("b.jsonl", json.dumps({NAME: MAIL}).encode()),
        ("b.jsonl", json.dumps([LEAK]).encode()),
        ("b.json", json.dumps(LEAK).encode()),
        ("b.json", LEAK.encode()),
        ("b.parquet", LEAK.encode()),
        ("b.parquet", FILES["names.parquet"]),
        ("b.parquet", FILES["cut.parquet"]),
    ],
)
def test_no_error_of_a_benchmark_quotes_its_items(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match="benchmark 'b'") as raised:
        list(benchmark_files.read(BenchmarkFile("b", str(path), Fields(("question",)))))
    assert not leaks(str(raised.value))


@pytest.mark.parametrize(
    "columns",
    [
        {LEAK: ["John"], MAIL: ["a"]},
        {"id": [1], "language": ["en"], "text": [{NAME: MAIL}]},
        {"id": [1], "language": [[NAME]], "text": ["a"]},
        {"id": [LEAK, LEAK], "language": [NAME, NAME], "text": ["a", "a"]},
    ],
)
def test_no_error_of_parallel_text_quotes_it(tmp_path: Path, columns: dict[str, Any]) -> None:
    path = tmp_path / "parallel.parquet"
    path.write_bytes(table(columns))
    checked = loading.changed(loading.load("demo"), [f"token_cost.parallel={path}"])
    told = [what for _, what in named_files.faults(checked)]
    if not told:  # what only the sentences themselves show
        (one,) = parallel_text.read([str(path)]).combine_chunks().to_batches()
        counts = pa.array([1] * len(one))
        with pytest.raises(ValueError, match="comes twice") as raised:
            TokenCost().add(one["language"], one["text"], counts, one["id"])
        told.append(str(raised.value))
    assert not any(map(leaks, told)), told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.parquet", FILES["names.parquet"]),
        ("index.parquet", FILES["cut.parquet"]),
        ("index.parquet", table({n: [LEAK] for n in cc_index._TABLE.values()})),
        ("index.cdx", LEAK.encode()),
        (
            "index.cdx",
            b"key 2025 "
            + json.dumps(dict.fromkeys(cc_index._CDXJ.values(), f"{LEAK} {PHONE}")).encode(),
        ),
    ],
)
def test_no_error_of_an_index_quotes_it(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    wanted = {"index": str(path), "url_pattern": ".*", "base": str(tmp_path)}
    with pytest.raises(OSError, match="index") as raised:
        common_crawl.select("CC-MAIN-2025-05", wanted, 1 << 20)
    assert not leaks(str(raised.value))


def test_a_listing_that_is_a_page_of_an_error_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "crawl-data" / "CC-MAIN-2025-05" / "wet.paths.gz"
    path.parent.mkdir(parents=True)
    path.write_text(LEAK)
    with pytest.raises(OSError, match="no whole gzip-compressed list") as raised:
        common_crawl.expand("CC-MAIN-2025-05", {"all": True, "base": str(tmp_path)})
    assert not leaks(str(raised.value))
    assert "Ja" not in str(raised.value).replace(str(tmp_path), "")


def test_a_server_that_speaks_no_http_is_not_quoted() -> None:
    def answer() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(CSV.encode())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/people.csv"
        patience = http.Politeness(attempts=2, retry_seconds=0.01)
        with pytest.raises(OSError, match="BadStatusLine in the server's answer") as raised:
            http.headers(url, patience)
    assert not leaks(str(raised.value))
