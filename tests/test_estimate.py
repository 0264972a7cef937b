"""`winnow estimate`: the sample, the statistics, and the command on a small input."""

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup import unseen
from dedup.least_hash import NO_RUN, least_hashes
from manifests.store import Store
from pipelines import preflight
from pipelines.estimation import draw as drawing
from pipelines.estimation import prices, ratios
from pipelines.estimation.draw import Drawn, Stratum, draw
from pipelines.estimation.forecast import Totals, kept_of
from pipelines.estimation.outcomes import Outcomes, outcomes
from pipelines.recipe.loading import read
from tests.realdata import real_data
from tests.winnow import winnow

DOCS = Path(__file__).parents[1] / "docs" / "estimate.md"
SHARE = 0.05


def texts(count: int) -> list[str]:
    """Different texts of 20 to 200 words."""
    rng = np.random.default_rng(0)
    return [
        f"Text {number} " + " ".join(f"word{word}" for word in rng.integers(5000, size=length))
        for number, length in enumerate(rng.integers(20, 200, count))
    ]


def planted(units: int | None) -> tuple[Drawn, Outcomes]:
    """All of an input in which each document is there 1 to 20 times, as if all had been drawn.

    Args:
      units: over which copies are spread; None if records are drawn by their content.
    """
    rng = np.random.default_rng(1)
    count = 4000
    copies = rng.integers(1, 21, count)
    cluster = np.repeat(np.arange(count), copies)
    rows = len(cluster)
    tokens = rng.lognormal(6, 1, count).round()
    hashes = rng.integers(1 << 63, size=count).astype(np.uint64)
    places = hashes[cluster] if units is None else rng.integers(units, size=rows).astype(np.uint64)
    sizes = (4 * tokens[cluster]).astype(np.int64)
    unit_sizes = dict(
        enumerate(np.bincount(places.astype(np.int64), sizes).tolist()) if units else ()
    )
    by_content = Stratum(True, rows if units is None else 0, int(sizes.sum()))
    of_units = Stratum(False, units or 0, int(sizes.sum()))
    ids = pa.array([b"%016d" % row for row in range(rows)], pa.binary(16))
    drawn = Drawn(
        1.0, (), (), ids, np.zeros(rows, bool), places, hashes[cluster], sizes,
        np.full(rows, units is not None, np.int8), (by_content, of_units), unit_sizes, 0, 0, 0.0,
    )  # fmt: skip
    return drawn, Outcomes(
        np.arange(rows), cluster, np.ones(count), tokens, sizes.astype(np.float64)
    )


def sampled(drawn: Drawn, known: Outcomes, share: float, seed: int) -> tuple[Drawn, Outcomes]:
    """What a sample by this seed has of it."""
    wanted = drawing.chosen(drawn.places, share, seed)
    units = np.array(list(drawn.unit_sizes), np.uint64)
    own = [int(unit) for unit in units[drawing.chosen(units, share, seed)]]
    part = dataclasses.replace(
        drawn, share=share, ids=drawn.ids.filter(pa.array(wanted)),
        early=drawn.early[wanted], places=drawn.places[wanted],
        contents=drawn.contents[wanted], sizes=drawn.sizes[wanted], strata=drawn.strata[wanted],
        unit_sizes={unit: drawn.unit_sizes[unit] for unit in own},
    )  # fmt: skip
    rows = wanted[known.drawn]
    clusters, cluster = np.unique(known.cluster[rows], return_inverse=True)
    assert known.tokens is not None
    return part, Outcomes(
        (np.cumsum(wanted) - 1)[known.drawn[rows]], cluster, known.weights[clusters],
        known.tokens[clusters], known.text_bytes[wanted],
    )  # fmt: skip


def intervals_hold(drawn: Drawn, known: Outcomes, most_width: float) -> None:
    """19 of 20 keyed samples hold the documents and the tokens that are kept of all."""
    assert known.tokens is not None
    truth = {"kept": known.weights.sum(), "tokens": known.tokens.sum()}
    inside, widths = dict.fromkeys(truth, 0), []
    for seed in range(20):
        part, own = sampled(drawn, known, SHARE, seed)
        assert own.tokens is not None
        for name, weights in {"kept": own.weights, "tokens": own.tokens}.items():
            found = kept_of(part, Totals(part), own, weights)
            inside[name] += found.low <= truth[name] <= found.high
        widths.append(kept_of(part, Totals(part), own, own.weights).relative_width)
    assert min(inside.values()) >= 19, inside
    assert np.median(widths) < most_width


@pytest.mark.parametrize(("units", "most_width"), [(None, 0.5), (1200, 3.0)])
def test_19_of_20_samples_tell_what_is_left_of_copies(units: int | None, most_width: float) -> None:
    """Drawn by content, clusters are whole; of whole units, 5 % of a cluster is seen."""
    intervals_hold(*planted(units), most_width)


@pytest.mark.real
def test_19_of_20_samples_of_real_pages_hold_what_a_run_gives(tmp_path: Path) -> None:
    crawl = real_data("commoncrawl/cc100.warc.gz").parent
    sources = [f"warc:{crawl}/*.warc*", f"pages=warc:{real_data('webpages/wcxb-dev.warc.gz')}"]
    options = [part for source in sources for part in ("--source", source)]
    winnow("run", "web-multilingual", "--out", tmp_path / "run", "--quiet", *options)
    ready = preflight.ready(read("web-multilingual", (), sources))
    drawn = draw(ready.recipe, ready.plan, 1.0, 0, str(tmp_path / "all"), 1)
    intervals_hold(drawn, outcomes(Store(str(tmp_path / "run")), drawn), 1.0)


def test_the_unseen_is_told_within_its_bounds() -> None:
    """Known sizes of clusters, thinned; nothing is unknown where all was seen."""
    rng = np.random.default_rng(0)
    for sizes in (
        np.ones(5000, int),
        rng.integers(1, 21, 3000),
        np.minimum(rng.zipf(2, 9000), 500),
    ):
        seen = rng.binomial(sizes, SHARE)
        low, estimate, high = unseen.different(
            np.ones((seen > 0).sum()), seen[seen > 0], SHARE, 0.99
        )
        truth = len(sizes) / sizes.sum()
        assert 0 < low <= truth <= high <= 1
        assert 0.5 < estimate / truth < 2
        assert unseen.different(np.ones(len(sizes)), sizes, 1.0, 0.99) == (truth,) * 3
    # Four of ten agree with expected counts from 1.1 to 10.2 (Garwood 1936, 95 %).
    assert unseen.poisson_bounds(4, 0.95) == pytest.approx((1.0899, 10.2416), abs=1e-4)


def test_copies_are_drawn_together_and_a_smaller_share_is_a_part(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines: list[list[str]] = [[] for _ in range(4)]
    for number, text in enumerate(texts(300)):
        for copy in range(1 + number % 4):
            lines[copy].append(
                json.dumps({"text": text, "id": f"{number}-{rng.integers(1 << 40)}"})
            )
    for number, own in enumerate(lines):
        (tmp_path / f"{number}.jsonl").write_text("\n".join(own))
    ready = preflight.ready(read("demo", (), [f"jsonl:{tmp_path}/*.jsonl"]))

    def ids(share: float, seed: int) -> tuple[Drawn, set[bytes]]:
        folder = str(tmp_path / f"{share}-{seed}")
        drawn = draw(ready.recipe, ready.plan, share, seed, folder, 1)
        rows = sum(pq.read_metadata(unit.path).num_rows for unit in drawn.whole)
        assert rows == len(drawn.ids)
        assert sum(pq.read_metadata(u.path).num_rows for u in drawn.half) == drawn.early.sum()
        return drawn, set(drawn.ids.to_pylist())

    drawn, wide = ids(0.3, 0)
    assert drawn.of[0].docs == 750
    assert 0.2 < len(wide) / 750 < 0.4
    everything, all_ids = ids(1.0, 0)
    times = np.unique(everything.contents, return_counts=True)
    assert (
        dict(zip(*np.unique(drawn.contents, return_counts=True), strict=True)).items()
        <= dict(zip(*times, strict=True)).items()
    )
    assert ids(0.1, 0)[1] < wide < all_ids
    assert ids(0.1, 1)[1] != ids(0.1, 0)[1]


def test_copies_and_most_near_copies_share_their_least_hash() -> None:
    words = texts(400)
    near = [text.replace(text.split()[10], "other", 1) for text in words]
    one, other = (least_hashes(pa.array([t.encode() for t in of], pa.large_binary()))
                  for of in (words, near))  # fmt: skip
    assert 0.8 < (one == other).mean() < 1
    odd = [b"A b C, d\ne", b"a  B c d <e>", b"a b c d", b"", None]
    found = least_hashes(pa.array(odd, pa.large_binary()))
    assert found[0] == found[1] != NO_RUN
    assert (found[2:] == NO_RUN).all()


def test_a_sample_in_which_all_is_alike_is_not_sure_of_it() -> None:
    ones = np.ones(100)
    told = ratios.total(ones, ones, 2000.0, SHARE)
    assert told.low < told.estimate == 2000 < told.high
    assert ratios.total(ones, ones, 100.0, 1.0) == ratios.Interval.exact(100.0)


def test_the_command_tells_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in texts(1000)))
    (tmp_path / "few.yaml").write_text(
        "name: few\nsources: [{name: few, kind: jsonl, path: in.jsonl}]\n"
        "tokenizer: {vocab_size: 512}\n"
    )
    (tmp_path / "prices.json").write_text('{"currency": "EUR", "core_hour": 4}')
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    options = ("--share", "0.05", "--quiet", "--workers", "1", "--prices", "prices.json")
    told = winnow("estimate", "few.yaml", *options, cwd=tmp_path).stdout
    kept = re.search(r"documents kept +[\d,]+ +([\d,]+) - ([\d,]+)", told)
    assert kept
    assert int(kept[1].replace(",", "")) <= 1000 <= int(kept[2].replace(",", ""))
    assert "cost (EUR)" in told
    assert os.listdir(tmp_path / "temporary") == []
    assert sorted(os.listdir(tmp_path)) == ["few.yaml", "in.jsonl", "prices.json", "temporary"]

    def rows(text: str) -> set[str]:
        found = re.findall(r"^ +([a-z][a-z _,-]*?)(?: \([A-Z]+\))? {2,}\d", text, re.M)
        return {name.strip() for name in found}

    assert rows(told) == rows(DOCS.read_text()), "docs/estimate.md shows other rows"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "--share", "0.5"], "--share is 0.5; give the part"),
        (["web-multilingual"], "the recipe names no source"),
        (["demo", "--set", "unit_nb=3"], "did you mean 'unit_mb'"),
        (["demo", "--source", "jsonl:none.jsonl"], "none.jsonl"),
        (["demo", "--prices", "none.json"], "--prices none.json cannot be read: No such file"),
        (["demo", "--keep", "."], ". is not empty"),
    ],
)
def test_a_mistake_is_told_before_anything_is_run(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert said in winnow("estimate", *arguments, code=2, cwd=tmp_path).stderr


def test_a_wrong_table_of_prices_names_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("core_hours: 3\n")
    with pytest.raises(ValueError, match=r"core_hours: .*known are currency, core_hour"):
        prices.read(str(path))
    for text, told in (
        ("core_hour: 1" + 400 * "0", "core_hour: Input should be a valid number"),
        ("core_hour: 2020-99-99", "core_hour: Input should be a valid number"),
        ("core_hour: 1\ncore_hour: 2", "key 'core_hour' stands twice"),
        ("a: " + 3000 * "[", "is nested too deeply"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=f"prices.yaml.*{told}"):
            prices.read(str(path))
    path.write_text("core_hour: 3\n")
    assert prices.read(str(path)).core_hour == 3
    path.write_text('{"core_hour": 4e-2}')
    assert prices.read(str(path)).core_hour == 0.04
