"""`winnow report`: its counts are those of replay, and nothing of a crawl runs in it."""

import html.parser
import json
import operator
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manifests import manifest as manifests
from manifests.report.histograms import Histogram, edges_around
from manifests.report.measured import measure
from manifests.store import Store
from pipelines.commands.replay import replay
from pipelines.commands.report import limits_of, report
from pipelines.recipe.loading import load
from tests import chromium
from tests.winnow import winnow

COMPARISONS = {"min": operator.ge, "max": operator.le, "above": operator.gt, "below": operator.lt}
PLANTED = (
    "</script></title><script>window.owned = 1</script>"
    "<img src=x onerror='window.owned=1'>\" autofocus onfocus=\"window.owned=1"
)


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_each_edge_has_the_documents_that_a_threshold_there_keeps(
    comparison: Any, kind: type[np.generic]
) -> None:
    draw = np.random.default_rng(1)
    values = np.concatenate([draw.lognormal(3, 2, 500), np.arange(50) / 10, [7, 7, 7]]).astype(kind)
    whole = kind is np.int64
    for limit in (0, 7) if whole else (0, 0.1, 0.7, 7):
        histogram = Histogram(comparison, edges_around(limit, values.astype(np.float64), whole))
        decided = np.arange(len(values)) % 3 > 0
        for some in np.array_split(np.arange(len(values)), 4):
            histogram.add(values[some], decided[some])
        edges = histogram.edges.astype(kind)
        keeps = COMPARISONS[comparison]
        assert limit in histogram.edges
        assert histogram.kept() == [int((keeps(values, e) & decided).sum()) for e in edges]
        assert histogram.decided.sum() + histogram.others.sum() == len(values)


@pytest.mark.parametrize("values", [[], [5], [0, 0], [0, 0.001], [3, 1e12]])
@pytest.mark.parametrize("whole", [True, False])
def test_edges_are_few_and_one_is_the_limit(values: list[float], whole: bool) -> None:
    for limit in (0.0, 1.0, 80.0):
        edges = edges_around(limit, np.array(values, np.float64), whole)
        assert limit in edges
        assert (np.diff(edges) > 0).all()
        assert len(edges) < 120


def test_sliders_keep_what_replay_keeps(demo: Path) -> None:
    store = Store(str(demo))
    content = manifests.read(store)["reproducible"]
    limits = list(limits_of(content["recipe"]["documents"]))
    assert len(limits) > 10
    kept = content["stages"]["documents"]["funnel"]["kept"]["docs"]
    for number, (limit, histogram) in enumerate(zip(limits, measure(store, limits), strict=True)):
        edges, counts = histogram.edges.tolist(), histogram.kept()
        assert counts[edges.index(limit.value)] == kept
        place = (0, len(edges) // 2, len(edges) - 1)[number % 3]
        value = int(edges[place]) if edges[place] == int(edges[place]) else edges[place]
        after = replay(store, [f"{limit.name}={value}"], 0).after
        assert after.get("", 0) == counts[place], (limit, value)


def test_a_slider_moves_the_languages_that_have_its_limit_and_no_others(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    kept = {"language": ["en", "en", "de", "de"], "gopher_quality.words": [5, 9, 3, 4]}
    few = "gopher_quality.too_few_words"
    dropped = {
        "language": ["en", "en", "de", "und"],
        "gopher_quality.words": [2, 2, 1, None],
        "reasons": [[few], [few, "other"], [few], ["warc.request"]],
        "reason": [few, few, few, "warc.request"],
    }
    for folder, columns in (("documents", kept), ("dropped", dropped)):
        table = pa.table({"doc_id": pa.array([bytes(16)] * 4, pa.binary(16)), **columns})
        with store.write_part(f"{folder}/0.parquet", table.schema) as part:
            part.write(table.to_batches()[0])
    recipe = load("demo", ["documents.rules={gopher_quality: {min_words: {default: 5, de: 3}}}"])
    limits = [
        limit for limit in limits_of(recipe.to_json()["documents"]) if "min_words" in limit.name
    ]
    (histogram,) = measure(store, limits)
    at = dict(zip(histogram.edges.tolist(), histogram.kept(), strict=True))
    assert (at[2.0], at[5.0], at[6.0]) == (5, 4, 3)
    assert histogram.kept_without() == 5
    assert histogram.others.sum() == 1


def test_a_slider_of_scores_moves_languages_that_have_no_score_of_their_own() -> None:
    own = "{model: winnow-adult, min_score: 0.6, min_scores: {de: 0.3}}"
    alone = "{model: winnow-unnatural, min_scores: {de: 0.3}}"
    changed = f"documents.classifiers={{adult: {own}, unnatural: {alone}}}"
    documents = load("demo", [changed, "documents.language.min_scores={ja: 0.1}"]).to_json()
    limits = {limit.column: limit for limit in limits_of(documents["documents"])}
    assert "classifier.unnatural" not in limits
    for column, moved in (("classifier.adult", [False, True]), ("language_score", [True, False])):
        applies = limits[column].applies
        assert applies is not None
        assert applies(["de", "ja"]).tolist() == moved


@pytest.fixture(scope="module")
def planted(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run whose names, addresses, titles and texts want to run a script."""
    run = tmp_path_factory.mktemp("planted") / "run"
    shutil.copytree(demo, run)
    store = Store(str(run))
    for folder in ("documents", "dropped"):
        for path in manifests.parts(store, folder):
            table = pq.read_table(run / path)
            new = {"text": PLANTED, "title": PLANTED, "url": f"https://{PLANTED}/?a={PLANTED}"}
            for name, value in {**new, "domain": PLANTED, "source": PLANTED}.items():
                field = table.schema.field(name)
                column = pa.array([value] * len(table), field.type)
                table = table.set_column(table.schema.get_field_index(name), field, column)
            pq.write_table(table, run / path)
    inputs = pq.read_table(run / "inputs.parquet")
    paths = pa.array([PLANTED] * len(inputs))
    at = inputs.schema.get_field_index("path")
    pq.write_table(inputs.set_column(at, inputs.schema.field(at), paths), run / "inputs.parquet")
    found = manifests.read(store)
    content = found["reproducible"]
    content["recipe"] |= {"name": PLANTED, "description": PLANTED}
    content["alarms"] = [{"kind": PLANTED, "stage": "documents", "found": [], "sentence": PLANTED}]
    for row in content["stages"]["documents"]["funnel"]["rows"]:
        row |= {"source": PLANTED + row["source"], "language": PLANTED + row["language"]}
        row["reason"] = row["reason"] and PLANTED + row["reason"]
    file = run / "planted.html"
    file.write_text(report(store, found, samples=1))
    return file


class Elements(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_what_a_crawl_says_is_text_in_the_report(planted: Path) -> None:
    written = planted.read_text()
    elements = Elements()
    elements.feed(written)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 2  # the positions of the sliders, and the program
    assert not {"img", "iframe", "object", "embed", "link", "base", "form"} & set(tags)
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert attributes.get("href", "#").startswith("#")  # addresses are no links
        assert "src" not in attributes
    assert "<script>window" not in written
    assert written.count("&lt;script&gt;window.owned = 1") > 20


def test_the_policy_allows_one_script_and_one_style(planted: Path) -> None:
    policy = re.search(
        r'http-equiv="Content-Security-Policy" content="([^"]*)"', planted.read_text()
    )
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", rules["script-src"])
    assert "unsafe" not in policy[1]


def test_excerpts_have_no_personal_data_and_only_come_when_asked_for(
    demo: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(demo, run)
    store = Store(str(run))
    for path in manifests.parts(store, "documents"):
        table = pq.read_table(run / path)
        field, at = table.schema.field("text"), table.schema.get_field_index("text")
        texts = pa.array(["Write to jane.roe@mail.example.org today."] * len(table), field.type)
        pq.write_table(table.set_column(at, field, texts), run / path)
    found = manifests.read(store)
    with_texts = report(store, found, samples=1)
    assert "Write to &lt;EMAIL&gt; today." in with_texts
    assert "jane.roe" not in with_texts
    assert "Write to" not in report(store, found)


def test_the_command_writes_where_it_is_called_and_equal_bytes(demo: Path, tmp_path: Path) -> None:
    told = json.loads(winnow("report", demo, "--json", cwd=tmp_path).stdout)
    written = (tmp_path / f"{demo.name}.html").read_bytes()
    assert told == {"file": f"{demo.name}.html", "size_bytes": len(written)}
    store = Store(str(demo))
    assert report(store, manifests.read(store)).encode() == written


@pytest.fixture
def page(tmp_path: Path) -> Iterator[chromium.Page]:
    program = chromium.found()
    if program is None:
        pytest.skip("no Chromium on the PATH, and none named by WINNOW_CHROMIUM")
    with chromium.opened(program, tmp_path / "profile") as opened:
        yield opened


def test_a_browser_without_network_moves_a_slider_and_runs_nothing_planted(
    planted: Path, page: chromium.Page
) -> None:
    page.call(
        "Network.emulateNetworkConditions",
        offline=True, latency=0, downloadThroughput=0, uploadThroughput=0,
    )  # fmt: skip
    page.show(1200, 900)
    page.open(planted)
    name = "rules.gopher_repetition.min_chars"
    sliders = "[...document.querySelectorAll('input[type=range]')]"
    at = page.value(
        f"{sliders}.findIndex(s => s.closest('figure').querySelector('h3').textContent == '{name}')"
    )
    counted = page.value("document.getElementById('positions').textContent")
    control = json.loads(counted)[at]
    for steps in (1, 2):
        page.value(f"{sliders}[{at}].focus()")
        page.press("ArrowRight", 39)
        value, kept = control["positions"][control["place"] + steps]
        shown = f"{sliders}[{at}].closest('figure').querySelector('%s').textContent"
        assert page.value(shown % ".at") == value
        assert page.value(shown % ".kept").split(" ")[0] == f"{kept:,}"
    assert kept < control["positions"][control["place"]][1]
    for width, dark in ((1200, False), (390, True)):
        page.show(width, 900, dark)
        assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(21, 25, 28)"
    assert page.value("typeof window.owned") == "undefined"
    assert page.requests == [planted.resolve().as_uri()]
    assert page.messages == []
