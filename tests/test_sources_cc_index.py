"""Pages chosen by an index: the right records by few range requests, whatever the server does."""

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import load
from pipelines.recipe.plan import plan
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import KINDS, http, open_unit
from tests.faulty_server import FAULTS, FaultyServer, runs_without_and_with_faults, serving

CRAWL = "CC-MAIN-2025-05"
WORDS = "the mill stands where the river bends and its keeper writes of water and of stone"
REGISTERED = ["example.co.uk", "example.co.uk", "b.org", "b.org", None, "z.net"]
HOSTS = ["a.example.co.uk", "example.co.uk", "b.org", "news.b.org", "अ.example", "z.net"]
LANGUAGES = ["eng", "hin,eng", "deu", "eng,hin", None]


def record(url: str, number: int) -> bytes:
    html = f"<html><body><p>Page {number}. {WORDS} {number * 7919}.</p></body></html>"
    content = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{html}".encode()
    header = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: application/http\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return gzip.compress(header.encode() + content + b"\r\n\r\n", mtime=0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(http.CACHE_FOLDER, str(tmp_path / "cache"))


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """Rows of the index of a crawl of three files with 120 pages; the files lie in `served`."""
    found = []
    for file in range(3):
        name = f"crawl-data/{CRAWL}/segments/1/warc/{file}.warc.gz"
        stored = b""
        for number in range(file * 40, file * 40 + 40):
            url = f"https://{HOSTS[number % 6]}/{'news' if number % 4 else 'about'}/{number}"
            data = record(url, number)
            found.append(
                {
                    "url_host_registered_domain": REGISTERED[number % 6],
                    "url": url,
                    "content_languages": LANGUAGES[number % 5],
                    "fetch_status": 404 if number == 7 else 200,
                    "content_mime_detected": "image/png" if number == 8 else "text/html",
                    "warc_filename": name,
                    "warc_record_offset": len(stored),
                    "warc_record_length": len(data),
                }
            )
            stored += data
        path = tmp_path / "served" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stored)
    return found


def write_indexes(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The columnar index, CDXJ and CDX of one crawl, with the listings of the first two."""
    parts = f"cc-index/table/cc-main/warc/crawl={CRAWL}"
    table = pa.Table.from_pylist(sorted(rows, key=lambda r: r["url_host_registered_domain"] or ""))
    listed = []
    for number in range(2):
        name = f"{parts}/subset=warc/part-{number}.parquet"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.slice(number * 60, 60), folder / name, row_group_size=10)
        listed.append(name)
    listed.append(f"{parts}/subset=robotstxt/part-2.parquet")
    base = folder / f"crawl-data/{CRAWL}"
    (base / "cc-index-table.paths.gz").write_bytes(gzip.compress("\n".join(listed).encode()))
    lines = []
    for row in rows:
        fields = {
            "url": row["url"], "status": str(row["fetch_status"]), "mime": "unk",
            "mime-detected": row["content_mime_detected"], "filename": row["warc_filename"],
            "length": str(row["warc_record_length"]), "offset": str(row["warc_record_offset"]),
        }  # fmt: skip
        if row["content_languages"]:
            fields["languages"] = row["content_languages"]
        lines.append(f"com,example)/ 20250101000000 {json.dumps(fields)}\n")
    name = f"cc-index/collections/{CRAWL}/indexes/cdx-00000.gz"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_bytes(gzip.compress("".join(lines).encode()))
    listed = [name, name.replace("cdx-00000.gz", "cluster.idx")]
    (base / "cc-index.paths.gz").write_bytes(gzip.compress("\n".join(listed).encode()))
    classic = [
        f"k 20250101000000 {r['url']} {r['content_mime_detected']} {r['fetch_status']} D - - "
        f"{r['warc_record_length']} {r['warc_record_offset']} {r['warc_filename']}"
        for r in rows
    ]
    (folder / "a.cdx").write_text("CDX N b a m s k r M S V g\n" + "\n".join(classic) + "\n")


@pytest.fixture
def served(tmp_path: Path, rows: list[dict[str, Any]]) -> Path:
    write_indexes(tmp_path / "served", rows)
    return tmp_path / "served"


@pytest.fixture
def server(served: Path) -> Iterator[FaultyServer]:
    with serving(served) as server:
        yield server


def numbers(base: str, unit_mb: int = 1, **options: Any) -> list[int]:
    """The pages that the units of a source hold, in order; options as in a recipe."""
    source = Source(name="cc", kind="common_crawl", path=CRAWL, options={"base": base, **options})
    found = []
    for unit in plan(Recipe(name="r", unit_mb=unit_mb, sources=(source,))).units:
        with open_unit(unit) as file:
            for batch in KINDS[unit.kind].read(unit, file, 10, 1 << 20):
                assert batch["error"].null_count == batch.num_rows
                found += [int(i.removeprefix("<urn:uuid:")[:-1]) for i in batch[0].to_pylist()]
            assert file.hexdigest()
    return found


CHOICES: list[tuple[dict[str, Any], Any]] = [
    ({"domains": ["example.co.uk"]}, lambda n, row: n % 6 in (0, 1)),
    ({"domains": ["News.B.org", "z.net"]}, lambda n, row: n % 6 in (3, 5)),
    ({"domains": ["अ.example"]}, lambda n, row: n % 6 == 4),
    ({"domains": ["uk", "net"]}, lambda n, row: n % 6 in (0, 1, 5)),
    ({"languages": ["hin"]}, lambda n, row: n % 5 == 1),
    ({"url_pattern": "^https://[^/]*/about/"}, lambda n, row: n % 4 == 0),
    ({"domains": ["b.org"], "languages": ["eng", "deu"], "url_pattern": "news/.*3$"},
     lambda n, row: n % 6 in (2, 3) and n % 5 in (0, 2, 3) and n % 4 and n % 10 == 3),
]  # fmt: skip


@pytest.mark.parametrize("index", ["table", "cdx", "a.cdx"])
@pytest.mark.parametrize(("options", "wanted"), CHOICES)
def test_each_index_chooses_the_same_pages(
    served: Path, rows: list[dict[str, Any]], index: str, options: dict[str, Any], wanted: Any
) -> None:
    path = str(served / index) if index == "a.cdx" else index
    expected = [n for n, row in enumerate(rows) if wanted(n, row) and n not in (7, 8)]
    if index == "a.cdx" and "languages" in options:
        with pytest.raises(RecipeError, match="has no column for languages"):
            numbers(str(served), index=path, **options)
    else:
        assert numbers(str(served), index=path, **options) == expected


def test_a_list_of_urls_and_a_sample(served: Path, rows: list[dict[str, Any]]) -> None:
    listed = served / "urls.txt"
    listed.write_text("".join(f"{rows[n]['url']}/\n" for n in (3, 77, 110)))
    assert numbers(str(served), index="table", urls=str(listed)) == [3, 77, 110]
    every = numbers(str(served), index="table", url_pattern=".")
    assert every == [n for n in range(120) if n not in (7, 8)]
    samples = [
        numbers(str(served), index=index, url_pattern=".", sample=9, seed=seed)
        for index in ("table", "cdx")
        for seed in (1, 2)
    ]
    assert samples[0] == samples[2] != samples[1] == samples[3]
    assert len(samples[0]) == 9
    assert samples[0] == sorted(samples[0])


def test_units_are_filled_in_the_order_of_files(served: Path) -> None:
    options = {"base": str(served), "index": "table", "url_pattern": "."}
    units = KINDS["common_crawl"].select(CRAWL, options, 5000)
    assert len(units) > 3
    assert units == KINDS["common_crawl"].select(CRAWL, options, 5000)
    sizes = [sum(size for _, _, size in unit) for unit in units]
    assert all(5000 <= size < 6000 for size in sizes[:-1])
    one = KINDS["common_crawl"].select(CRAWL, options, 1 << 30)
    assert len(one) == 1
    assert len(one[0]) == 4, "neighbours are one request: three files, and a gap in the first"


def test_only_the_wanted_records_are_asked_for(
    server: FaultyServer, rows: list[dict[str, Any]]
) -> None:
    assert numbers(server.url, index="table", domains=["z.net"]) == list(range(5, 120, 6))
    asked = [(path, span) for _, path, span in server.requests if path.endswith(".warc.gz")]
    expected = [
        (f"/{r['warc_filename']}",
         f"bytes={r['warc_record_offset']}-{r['warc_record_offset'] + r['warc_record_length'] - 1}")
        for n, r in enumerate(rows) if n % 6 == 5
    ]  # fmt: skip
    assert asked == expected


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_costs_a_request_and_no_byte(server: FaultyServer, fault: str) -> None:
    url = f"{server.url}/crawl-data/{CRAWL}/segments/1/warc/1.warc.gz"
    data = (server.folder / url.removeprefix(f"{server.url}/")).read_bytes()
    polite = http.Politeness(retry_seconds=0.01)
    server.faults = (fault, fault)
    assert http.fetch_range(url, 100, 3000, polite) == data[100:3100]
    assert len(server.requests) <= 3
    assert http.fetch_range(url, len(data) - 10, 50, polite) == data[-10:]
    assert http.fetch_range(url, len(data), 50, polite) == b""
    server.ranges = False
    assert http.fetch_range(url, 100, 3000, polite) == data[100:3100]


def test_an_index_of_another_crawl_is_an_error_that_says_so(
    served: Path, rows: list[dict[str, Any]]
) -> None:
    path = served / rows[0]["warc_filename"]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(OSError, match=r"ends before byte .* the index is of another file"):
        numbers(str(served), index="table", domains=["z.net"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "wants one of domains, languages"),
        ({"domains": "b.org"}, "not a list of names"),
        ({"url_pattern": "("}, "no regular expression"),
        ({"domains": ["b.org"], "files": "0-3"}, "index or files, not both"),
        ({"domains": ["b.org"], "format": "wet"}, "index is of WARC records"),
        ({"domains": ["b.org"], "sample": 0}, "not a number of pages"),
        ({"domains": ["c.org"]}, "nothing in the index 'table' is wanted"),
        ({"domains": ["b.org"], "index": None, "all": True}, "wants the option 'index'"),
        ({"domains": ["b.org"], "index": 3}, "not table, cdx or a path"),
    ],
)
def test_senseless_choices_are_refused(served: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        numbers(str(served), **{"index": "table", **options})


def test_units_with_spans_survive_their_json(served: Path) -> None:
    options = {"base": str(served), "index": "table", "url_pattern": "."}
    source = Source(name="cc", kind="common_crawl", path=CRAWL, options=options)
    for unit in plan(Recipe(name="r", sources=(source,))).units:
        assert type(unit).from_json(unit.to_json()) == unit
        assert dataclasses.asdict(unit)["spans"]


def test_a_run_over_picked_pages_is_the_same_from_a_faulty_server(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cc.yaml"
    path.write_text(
        f"name: cc\nsources:\n  - {{name: cc, kind: common_crawl, path: {CRAWL}, options: "
        f"{{base: '{server.url}', index: table, domains: [b.org], retry_seconds: 0.01}}}}\n"
        "tokenizer: {vocab_size: 300}\n"
    )
    assert load(str(path)).sources[0].options["domains"] == ["b.org"]
    found = runs_without_and_with_faults(server, path, tmp_path, monkeypatch, workers=1)
    for manifest in found:
        assert manifest["reproducible"]["stages"]["documents"]["funnel"]["in"]["docs"] == 39
    assert found[0]["run_digest"] == found[1]["run_digest"]
