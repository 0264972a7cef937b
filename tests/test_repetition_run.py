"""URLs and repetition in whole runs: workers, unit sizes and partitions decide nothing."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from manifests.store import Store
from tests.deduplicating import story
from tests.winnow import dropped, manifest, winnow

ROUTES = [(1, 1, 1), (2, 3, 5), (4, 7, 16)]  # workers, files, partitions


def corpus() -> list[dict[str, Any]]:
    """Pages that share a menu, a notice, or a passage inside a line."""
    rng = random.Random(4)
    menu = "\n".join(" ".join(story(100 + i, 6)) for i in range(4))
    passage = " ".join(story(200, 70))
    pages = []
    for n in range(60):
        body = [" ".join(story(n * 10 + i, 25)) for i in range(3)]
        if n % 3 == 0:
            body.insert(rng.randrange(3), menu)
        if n % 4 == 0:
            body[-1] = f"{body[-1]} {passage} {' '.join(story(n, 9))}"
        pages.append({"id": f"page-{n}", "text": "\n\n".join(body)})
    pages.append({"id": "menu", "text": menu})
    return pages + versions()


def versions() -> list[dict[str, Any]]:
    """Pages fetched several times under spellings of one URL; version 2 is the newest.

    The newest text of page 0 is a copy of another page, which is longer by a space.
    """
    pages = []
    for n in range(5):
        for version, date in enumerate(["2023-01-01", None, "2024-01-01T00:00:00Z", "yesterday"]):
            url = [f"http://site.example/{n}/", f"https://www.site.example/{n}?utm_source=x"]
            text = " ".join(story(5000 + n * 10 + version, 30 - version))
            pages.append({"id": f"site-{n}-{version}", "url": url[version % 2], "date": date,
                          "text": text})  # fmt: skip
    copied = {"id": "copied", "url": "http://other.example", "date": "2020-01-01"}
    text = pages[2]["text"].replace(" ", "  ", 1)
    return [*pages, {**copied, "text": text.replace("  ", " \n", 1)}]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("repetition")
    pages, made = corpus(), []
    for workers, files, partitions in ROUTES:
        name = folder / str(workers)
        name.mkdir()
        random.Random(workers).shuffle(pages)
        for i in range(files):
            lines = "\n".join(json.dumps(page) for page in pages[i::files])
            (name / f"{i}.jsonl").write_text(lines)
        recipe = {
            "name": "repetition",
            "sources": [{"name": "web", "kind": "jsonl", "path": str(name / "*.jsonl")}],
            "duplicates": {"url": "newest", "lines": {}, "spans": {}},
            "tokenizer": {"vocab_size": 400},
            "shards": {"count": 2},
            "execution": {"partitions": partitions, "batch_docs": 5 * workers},
        }
        (name / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        run = name / "run"
        winnow("run", name / "recipe.yaml", "--out", run, "--workers", str(workers), "--quiet")
        made.append(run)
    return made


def stage(run: Path, name: str = "repetition") -> dict[str, Any]:
    told: dict[str, Any] = manifest(run)["reproducible"]["stages"][name]
    return told


def test_workers_unit_sizes_and_partitions_decide_nothing(runs: list[Path]) -> None:
    told = [(stage(run)["funnel"], stage(run)["counts"]) for run in runs]
    assert told[0] == told[1] == told[2]
    shards = [[Store(str(run)).sha256(path) for path in Store(str(run)).list("shards")]
              for run in runs]  # fmt: skip
    assert shards[0] == shards[1] == shards[2]


def test_counts_say_what_was_planted(runs: list[Path]) -> None:
    counts = stage(runs[0])["counts"]
    assert counts["repeated_lines"] == 4
    assert counts["repeated_line_cuts"] == 4 * 20  # all but one of 21 pages
    assert counts["repeated_spans"] == 21  # windows of 50 in 70 words
    assert counts["repeated_span_cuts"] == 14
    assert dropped(runs[0]) == {"repeated_text": 1, "same_url": 15, "exact_duplicate": 1}


def test_the_newest_of_a_url_stays_and_others_name_it_or_what_it_is_a_copy_of(
    runs: list[Path],
) -> None:
    store = Store(str(runs[0]))
    documents = store.read_table("documents/000000.parquet", ["doc_id", "native_id"]).to_pylist()
    name = {row["doc_id"]: row["native_id"] for row in documents}
    rows = store.read_table("duplicates/000000.parquet").to_pylist()
    found = {name[row["doc_id"]]: (name[row["survivor"]], row["reason"]) for row in rows}
    expected = {f"site-{n}-{version}": (f"site-{n}-2", "same_url")
                for n in range(1, 5) for version in (0, 1, 3)}  # fmt: skip
    expected |= {f"site-0-{version}": ("copied", "same_url") for version in (0, 1, 3)}
    expected["site-0-2"] = ("copied", "exact_duplicate")
    assert found == expected
    sizes = {name[row["doc_id"]]: row["cluster_size"] for row in rows}
    assert sizes["site-0-2"] == 5
    assert sizes["site-1-0"] == 4


def test_later_stages_read_what_is_left(runs: list[Path]) -> None:
    run = runs[1]
    kept = stage(run)["funnel"]["kept"]
    for name in ("tokenizer", "token_cost", "shards"):
        assert stage(run, name)["funnel"]["in"] == {"docs": 65, "bytes": kept["text_bytes"]}
    winnow("verify", run)
    shown = winnow("inspect", run).stdout
    assert "repetition" in shown
    assert "repeated_text" in shown


def test_a_run_that_asks_no_more_for_it_has_no_trace_of_it(runs: list[Path]) -> None:
    run = runs[2]
    without = ("--set", "duplicates.lines=null", "--set", "duplicates.spans=null")
    allowed = ("--from-stage", "repetition")
    before = manifest(run)["environment"]["seconds"]["duplicates"]
    winnow("run", run.parent / "recipe.yaml", "--out", run, "--quiet", *allowed, *without)
    assert "repetition" not in manifest(run)["reproducible"]["stages"]
    assert not Store(str(run)).list("repetition")
    assert not Store(str(run)).exists("stages/repetition.json")
    after = manifest(run)["environment"]["seconds"]["duplicates"]
    assert after == before, "the stage was done again"
    winnow("verify", run)
