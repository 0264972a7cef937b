"""`winnow estimate`: the sample, the statistics, and the command on small inputs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from dedup import unseen
from manifests.store import Store
from pipelines.estimation import prices, ratios
from pipelines.estimation.draw import Drawn, draw
from pipelines.estimation.forecast import Totals, _different
from pipelines.estimation.outcomes import Outcomes
from pipelines.estimation.ratios import Interval
from pipelines.recipe.loading import load
from pipelines.recipe.plan import plan
from tests.winnow import winnow

WORDS = "river hill town bread stone light paper cloud winter music garden letter".split()


def texts(count: int) -> list[str]:
    """Different texts of 20 to 200 words."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(20, 200, count)
    return [
        f"{number} " + " ".join(draw.choice(WORDS) + str(draw.integers(50)) for _ in range(length))
        for number, length in enumerate(lengths)
    ]


def planted(folder: Path, count: int, files: int) -> tuple[int, int, int]:
    """Writes texts 1 to 20 times each over files; the number of texts, records and words."""
    draw, made = np.random.default_rng(1), texts(count)
    copies = draw.integers(1, 21, count)
    lines: list[list[str]] = [[] for _ in range(files)]
    for text, times in zip(made, copies.tolist(), strict=True):
        for _ in range(times):
            lines[draw.integers(files)].append(json.dumps({"text": text}))
    folder.mkdir()
    for number, own in enumerate(lines):
        (folder / f"{number:04d}.jsonl").write_text("".join(f"{line}\n" for line in own))
    return count, int(copies.sum()), sum(len(text.split()) for text in made)


def drawn_of(folder: Path, files: Path, share: float, seed: int) -> Drawn:
    recipe = load("demo", sources=[f"jsonl:{files}/*.jsonl"])
    return draw(recipe, plan(recipe), share, seed, str(folder), 1)


def known_outcomes(drawn: Drawn, store: Store) -> Outcomes:
    """What a run gives that removes copies of equal content and counts words as tokens."""
    texts, cluster, tokens = [], [], []
    for unit in drawn.whole:
        rows = store.read_table(unit.path.removeprefix(f"{store}/"), ["content"])
        texts += [row.decode() for row in rows["content"].to_pylist()]
    words = {text: len(text.split()) for text in texts}
    _, cluster = np.unique(drawn.contents, return_inverse=True)
    tokens = np.zeros(cluster.max() + 1)
    by_size: dict[int, list[int]] = {}
    for text, count in words.items():
        by_size.setdefault(len(text.encode()), []).append(count)
    for row, size in enumerate(drawn.sizes.tolist()):
        tokens[cluster[row]] = np.mean(by_size[size])
    return Outcomes(
        np.arange(len(drawn.ids)), cluster, np.ones(len(tokens)), tokens,
        drawn.sizes.astype(np.float64),
    )  # fmt: skip


@pytest.mark.parametrize(("files", "width"), [(12, 0.7), (850, 3.0)])
def test_copies_are_told_within_the_interval_in_19_of_20_samples(
    tmp_path: Path, files: int, width: float
) -> None:
    """Of 12 files records are drawn by content, of 850 whole files. A sample shows few copies."""
    count, records, words = planted(tmp_path / "in", 600 if files == 12 else 4000, files)
    inside = {"kept": 0, "tokens": 0}
    widths = []
    for seed in range(20):
        store = Store(str(tmp_path / str(seed)))
        drawn = drawn_of(tmp_path / str(seed), tmp_path / "in", 0.05, seed)
        assert set(drawn.strata) == {int(files != 12)}
        outcomes, totals = known_outcomes(drawn, store), Totals(drawn)
        kept = _different(drawn, totals, outcomes, outcomes.weights)
        assert outcomes.tokens is not None
        tokens = _different(drawn, totals, outcomes, outcomes.tokens)
        inside["kept"] += kept.low <= count <= kept.high
        inside["tokens"] += tokens.low <= words <= tokens.high
        widths.append(kept.relative_width)
        documents = totals.documents
        assert documents.low <= records <= documents.high
    assert min(inside.values()) >= 19, inside
    assert np.median(widths) < width
