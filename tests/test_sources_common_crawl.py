"""A crawl behind a server that misbehaves: the same files, the same digest, and good manners."""

import concurrent.futures
import gzip
import importlib.resources
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import load
from pipelines.recipe.plan import plan
from pipelines.sources import http
from pipelines.sources.common_crawl import expand
from tests.faulty_server import (
    FAULTS,
    FaultyServer,
    runs_without_and_with_faults,
    serving,
)

CRAWL = "CC-MAIN-2025-05"
POLITE = http.Politeness(retry_seconds=0.01, attempts=5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(http.CACHE_FOLDER, str(folder))
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaultyServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder) as server:
        yield server


@pytest.fixture
def crawl(server: FaultyServer) -> FaultyServer:
    """The sample's WET and WARC files as a crawl of three files each."""
    sample = importlib.resources.files("pipelines.sample")
    for kind, name in (("wet", "crawl.warc.wet.gz"), ("warc", "web.warc.gz")):
        members = (sample / name).read_bytes().split(b"\x1f\x8b\x08")[1:]
        names = []
        for number in range(3):
            path = f"crawl-data/{CRAWL}/segments/1/{kind}/{number}.warc.gz"
            names.append(path)
            stored = server.folder / path
            stored.parent.mkdir(parents=True, exist_ok=True)
            stored.write_bytes(b"".join(b"\x1f\x8b\x08" + m for m in members[number::3]))
        listing = server.folder / f"crawl-data/{CRAWL}/{kind}.paths.gz"
        listing.write_bytes(gzip.compress("\n".join(names).encode()))
    return server


def big_file(server: FaultyServer, name: str = "a.bin", size: int = 3_000_000) -> bytes:
    data = random.Random(name).randbytes(size)
    (server.folder / name).write_bytes(data)
    return data


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_costs_a_request_and_no_byte(server: FaultyServer, fault: str) -> None:
    data = big_file(server)
    server.faults = (fault, fault)
    assert http.fetch(f"{server.url}/a.bin", POLITE).read_bytes() == data
    assert len(server.requests) <= 3


def test_what_arrived_is_not_asked_for_again(server: FaultyServer) -> None:
    data = big_file(server)
    server.faults = ("short", "short", "cut")
    assert http.fetch(f"{server.url}/a.bin", POLITE).read_bytes() == data
    starts = [int((asked or "").strip("bytes=-")) for _, _, asked in server.requests]
    assert starts[:3] == [0, 1_500_000, 2_250_000]
    assert starts[3] >= 2_250_000


def test_a_server_without_ranges_is_read_from_the_start_again(server: FaultyServer) -> None:
    data = big_file(server)
    server.ranges, server.faults = False, ("short", "cut", "busy")
    assert http.fetch(f"{server.url}/a.bin", POLITE).read_bytes() == data


def test_a_file_that_changes_meanwhile_is_not_mixed(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    big_file(server)
    server.faults = ("short",)
    changed = random.Random(9).randbytes(3_000_000)

    def change(seconds: float) -> None:
        (server.folder / "a.bin").write_bytes(changed)

    monkeypatch.setattr(http.time, "sleep", change)
    assert http.fetch(f"{server.url}/a.bin", POLITE).read_bytes() == changed


def test_an_interrupted_download_goes_on_in_the_next_process(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = big_file(server)
    server.faults = ("short",)
    with pytest.raises(OSError, match="1500000 of 3000000 bytes, 1 times in a row"):
        http.fetch(f"{server.url}/a.bin", http.Politeness(attempts=1))
    assert http.fetch(f"{server.url}/a.bin", POLITE).read_bytes() == data
    assert server.requests[-1][2] == "bytes=1500000-"


def test_files_are_cached_up_to_a_limit(server: FaultyServer, cache: Path) -> None:
    for name in "abc":
        big_file(server, name, 400_000)
        http.fetch(f"{server.url}/{name}", http.Politeness(cache_mb=1))
    assert len(server.requests) == 3
    http.fetch(f"{server.url}/c", POLITE)
    assert len(server.requests) == 3
    assert sum(p.stat().st_size for p in cache.iterdir()) <= 1_000_000


def test_downloads_at_once_are_bounded(server: FaultyServer) -> None:
    for number in range(8):
        big_file(server, str(number), 2_000_000)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        urls = [f"{server.url}/{number}" for number in range(8)]
        list(pool.map(lambda url: http.fetch(url, http.Politeness(downloads=2)), urls))
    assert server.most_at_once <= 2


def test_what_is_not_there_is_asked_for_once(server: FaultyServer) -> None:
    with pytest.raises(FileNotFoundError, match="the server answers 404"):
        http.fetch(f"{server.url}/none", POLITE)
    assert len(server.requests) == 1
    server.faults = ("busy",) * 9
    big_file(server)
    with pytest.raises(OSError, match="the server answers 503, 5 times in a row"):
        http.fetch(f"{server.url}/a.bin", POLITE)


def test_an_empty_file_is_a_file(server: FaultyServer) -> None:
    (server.folder / "empty").touch()
    assert http.fetch(f"{server.url}/empty", POLITE).read_bytes() == b""


def test_files_are_chosen_by_number_sample_or_all(crawl: FaultyServer) -> None:
    def names(**options: object) -> list[str]:
        found = expand(CRAWL, {"base": crawl.url, **options})
        return [path.removeprefix(f"{crawl.url}/crawl-data/{CRAWL}/segments/1/") for path in found]

    assert names(files="0-1") == ["wet/0.warc.gz", "wet/1.warc.gz"]
    assert names(files="2,0", format="warc") == ["warc/0.warc.gz", "warc/2.warc.gz"]
    assert len(names(all=True)) == 3
    samples = [names(sample=2, seed=seed) for seed in range(20)]
    assert all(len(sample) == 2 for sample in samples)
    assert samples[3] == names(sample=2, seed=3)
    assert len({tuple(sample) for sample in samples}) > 1
    mirror = expand(CRAWL, {"base": str(crawl.folder), "files": 1})
    assert [Path(path).exists() for path in mirror] == [True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "the crawl has 3 files; choose by one of"),
        ({"all": True, "sample": 3}, "not sample and all"),
        ({"files": "0-3"}, "asks for 3, but the last file is 2"),
        ({"files": "first"}, "not like 0-9"),
        ({"sample": "many"}, "not a number of files"),
        ({"format": "pdf", "all": True}, "not one of wet, warc, wat"),
    ],
)
def test_senseless_choices_are_refused(
    crawl: FaultyServer, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        expand(CRAWL, {"base": crawl.url, **options})


def test_a_crawl_that_is_not_there_stops_the_plan(crawl: FaultyServer, tmp_path: Path) -> None:
    for name, message in (("CC-MAIN-2033-05", "the server answers 404"), ("x", "is no crawl")):
        path = tmp_path / "r.yaml"
        path.write_text(
            f"name: r\nsources: [{{name: cc, kind: common_crawl, path: {name}, "
            f"options: {{base: '{crawl.url}', all: true}}}}]\n"
        )
        with pytest.raises(RecipeError, match=message):
            plan(load(str(path)))


def test_a_run_over_a_faulty_server_gives_the_same_digest(
    crawl: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "cc.yaml"
    options = f"base: '{crawl.url}', all: true, retry_seconds: 0.01"
    recipe.write_text(
        "name: cc\nsources:\n"
        f"  - {{name: wet, kind: common_crawl, path: {CRAWL}, options: {{{options}}}}}\n"
        f"  - {{name: web, kind: common_crawl, path: {CRAWL}, "
        f"options: {{format: warc, {options}}}}}\n"
        "tokenizer: {vocab_size: 512}\n"
    )
    found = runs_without_and_with_faults(crawl, recipe, tmp_path, monkeypatch, workers=2)
    for manifest in found:
        assert manifest["reproducible"]["stages"]["documents"]["funnel"]["kept"]["docs"] > 50
    assert found[0]["run_digest"] == found[1]["run_digest"]
    assert len(crawl.requests) > 8 * len(FAULTS)
