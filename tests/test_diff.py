"""`winnow diff` counts what Python's dictionaries count over the files of both runs."""

import collections
import json
from pathlib import Path
from typing import Any

import pytest

from manifests.store import Store
from pipelines.commands import diff as command
from pipelines.commands.diff import KEEPS, compare
from tests.manifests_page import CHANGES, page, stricter_run
from tests.test_find import rows
from tests.winnow import manifest, winnow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("changed") / "run"
    stricter_run(run)
    return run


def fates(run: Path) -> dict[str, str]:
    """What became of each identity, in its best row."""
    kept = {row["id"] for row in rows(run, "corpus")}
    found = {row["doc_id"].hex(): row["reason"] for row in rows(run, "errors")}
    for folder in ("dropped", "duplicates"):
        found |= {row["doc_id"].hex(): row["reason"] for row in rows(run, folder)}
    return {**found, **dict.fromkeys(kept, KEEPS)}


def compared(a: Path, b: Path, number: int = 3) -> command.Compared:
    contents = [manifest(run)["reproducible"] for run in (a, b)]
    return compare([Store(str(a)), Store(str(b))], contents, number)


@pytest.mark.parametrize("at_once", [1 << 21, 100, 17])
def test_flips_are_those_that_dictionaries_find(
    demo: Path, changed: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many records may be in memory."""
    monkeypatch.setattr(command, "_AT_ONCE", at_once)
    found = compared(demo, changed)
    a, b = fates(demo), fates(changed)
    assert (found.both, found.only_a, found.only_b) == (len(a), 0, 0)
    expected = collections.Counter((a[i], b[i]) for i in a if a[i] != b[i])
    assert {(one.a, one.b): one.docs for one in found.changes} == expected
    assert (KEEPS, "fineweb_quality.too_many_short_lines") in expected
    assert ("near_duplicate", KEEPS) in expected
    for one in found.changes:
        wanted = sorted(i for i in a if (a[i], b[i]) == (one.a, one.b))[:3]
        assert [document["doc_id"] for document in one.sample] == wanted


def test_a_run_is_equal_to_itself(demo: Path) -> None:
    found = compared(demo, demo)
    assert found.changes == []
    assert found.languages == {}
    assert found.other_text == 0
    assert "are equal: run_digest" in winnow("diff", demo, demo).stdout


def test_records_that_one_run_has_alone_are_counted(demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    winnow(
        "run", "demo", "--out", run, "--quiet", "--workers", "1", "--set", "last_stage=corpus",
        "--source", "wiki=mediawiki:package:sample/wiki.xml.bz2",
    )  # fmt: skip
    mine = {i for i, row in ((r["doc_id"].hex(), r) for f in ("documents", "dropped", "errors")
                             for r in rows(demo, f)) if row["source"] == "wiki"}  # fmt: skip
    found = compared(demo, run)
    assert found.both == len(mine)
    assert (found.only_a, found.only_b) == (len(fates(demo)) - len(mine), 0)
    told = json.loads(winnow("diff", demo, run, "--json").stdout)
    assert told["tokens"][1] is None


def test_the_command_tells_keys_counts_languages_and_tokens(demo: Path, changed: Path) -> None:
    runs = (demo, changed)
    told = json.loads(winnow("diff", demo, changed, "--json", "--n", "1").stdout)
    keys = [one["key"] for one in told["recipe"]]
    assert [change.partition("=")[0] for change in CHANGES] == sorted(keys, key=order)
    stages = [manifest(run)["reproducible"]["stages"] for run in runs]
    for row in told["stages"]:
        for outcome in ("in", "kept", "dropped", "error"):
            sides = [side[row["stage"]]["funnel"][outcome]["docs"] for side in stages]
            assert row[outcome] == sides
    for name, field in (("languages", "language"), ("sources", "source")):
        for row in told[name]:
            counts = [
                sum(r[field] == row[field] for r in rows(run, "corpus")) for run in (demo, changed)
            ]
            assert row["docs"] == counts
    assert told["tokens"] == [
        manifest(run)["reproducible"]["shards"]["tokens"] for run in (demo, changed)
    ]
    cost = {(r["measured_on"], r["language"]): r["bytes_per_token"] for r in told["token_cost"]}
    for side, run in enumerate(runs):
        for row in rows(run, "token_cost"):
            assert cost[row["measured_on"], row["language"]][side] == row["bytes_per_token"]
    assert all(len(one["sample"]) == 1 for one in told["documents"]["changes"])
    shown = winnow("diff", demo, changed).stdout
    assert "tokenizer.vocab_size: 4096, now 2048" in shown
    assert "kept -> fineweb_quality.too_many_short_lines" in shown
    assert "premium" in shown


def order(key: str) -> Any:
    return [change.partition("=")[0] for change in CHANGES].index(key)


def test_the_page_shows_what_the_commands_print(demo: Path, changed: Path, tmp_path: Path) -> None:
    stale = "docs/manifests.md is stale: run `make manifests`"
    assert (ROOT / "docs/manifests.md").read_text() == page(demo, changed, tmp_path), stale
