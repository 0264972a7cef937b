"""Splits and mixtures: shares by arithmetic, exact sums, and samples that others do not move."""

import itertools
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import winnow as library
from manifests import schemas
from manifests.store import Store
from shards.loader import PackedRows, TokenRows
from shards.mixture import dealt, draw, targets
from shards.settings import Mixture, Splits
from shards.shard_files import described
from shards.shuffle import shuffle_keys
from shards.splits import splits_of
from tests.test_loader import FACTS
from tests.winnow import winnow

NAMES = [(source, language) for source in ("web", "wiki", "forum") for language in ("en", "my")]


def documents(counts: dict[tuple[str, str], int], seed: int = 0) -> pa.Table:
    """So many documents of each source and language, of 1 to 400 tokens."""
    rng = np.random.default_rng(seed)
    rows = []
    for (source, language), count in counts.items():
        for n in range(count):
            name = f"{source} {language} {n}".encode()
            own = np.random.default_rng([seed, *name])
            rows.append(
                {
                    "doc_id": own.bytes(16), "source": source, "language": language,
                    "cluster_size": int(own.integers(1, 12)),
                    "n_tokens": int(own.integers(1, 400)),
                }
            )  # fmt: skip
    schema = pa.schema(
        [
            ("doc_id", schemas.DOC_ID), ("source", pa.string()), ("language", pa.string()),
            ("cluster_size", pa.int64()), ("n_tokens", pa.int32()),
        ]
    )  # fmt: skip
    order = rng.permutation(len(rows))
    return pa.Table.from_pylist([rows[i] for i in order], schema)


def used(table: pa.Table, mixture: Mixture) -> tuple[dict[bytes, int], Counter[tuple[str, str]]]:
    """How often each document is used, and the tokens that each kind has."""
    found, _ = draw(lambda: (table.slice(i, 50) for i in range(0, len(table), 50)), mixture)
    copies, last = found.copies(table)
    tokens: Counter[tuple[str, str]] = Counter()
    for row, n, cut in zip(table.to_pylist(), copies.tolist(), last.tolist(), strict=True):
        assert n or not cut
        whole = n - (1 if cut else 0)
        tokens[row["source"], row["language"]] += whole * row["n_tokens"] + cut
        assert cut < row["n_tokens"]
    return dict(zip(table["doc_id"].to_pylist(), copies.tolist(), strict=True)), tokens


def test_shares_are_those_of_arithmetic() -> None:
    """Temperature 2 takes square roots: 40,000 and 10,000 become 200 and 100."""
    available = {("web", "en"): 40_000, ("wiki", "en"): 10_000}
    assert targets(available, Mixture()) == available
    assert targets(available, Mixture(temperature=2, tokens=3000)) == {
        ("web", "en"): 2000, ("wiki", "en"): 1000,
    }  # fmt: skip
    thrice = Mixture.model_validate({"sources": {"wiki": {"epochs": 3}}})
    assert targets(available, thrice)["wiki", "en"] == 30_000
    weighted = Mixture.model_validate({"sources": {"wiki": {"weight": 4}}})
    assert targets(available, weighted) == {("web", "en"): 25_000, ("wiki", "en"): 25_000}
    fixed = Mixture.model_validate({"sources": {"wiki": {"tokens": 7}}, "tokens": 100})
    assert targets(available, fixed) == {("web", "en"): 93, ("wiki", "en"): 7}
    with pytest.raises(ValueError, match="every source says how many tokens"):
        targets(available, Mixture.model_validate(
            {"tokens": 9, "sources": {"web": {"tokens": 1}, "wiki": {"tokens": 2}}}
        ))  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 10**9), min_size=1),
    st.integers(0, 10**9),
)
def test_tokens_are_dealt_out_exactly(shares: dict[tuple[str, str], int], tokens: int) -> None:
    found = dealt(tokens, {key: float(n) for key, n in shares.items()})
    assert sum(found.values()) == tokens
    total = sum(shares.values())
    for key, n in found.items():
        assert abs(n - Fraction(tokens * shares[key], total)) < 1.01


MIXTURES = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.integers(1, 200_000),
        "temperature": st.sampled_from([0.5, 1.0, 3.0]),
        "upsample": st.sampled_from([{3: 2}, {2: 2, 5: 3, 10: 0}]),
        "sources": st.dictionaries(
            st.sampled_from(["web", "wiki"]),
            st.fixed_dictionaries({"epochs": st.sampled_from([0.0, 0.3, 1.0, 2.5]),
                                   "weight": st.sampled_from([0.5, 1.0, 7.0])}),
        ),
        "languages": st.dictionaries(
            st.sampled_from(["en", "my"]),
            st.fixed_dictionaries({"epochs": st.sampled_from([0.5, 1.0, 4.0])}),
        ),
    },
)  # fmt: skip


ALL = documents({key: 20 + 5 * i for i, key in enumerate(NAMES)})
FEW = ALL.filter(pc.not_equal(ALL["source"], "forum"))


@settings(deadline=None, max_examples=40)
@given(MIXTURES)
def test_each_kind_has_exactly_its_tokens(wanted: dict[str, Any]) -> None:
    mixture = Mixture.model_validate(wanted)
    _, available = draw(lambda: [ALL], mixture)
    expected = targets(available, mixture)
    if any(expected[key] and not available[key] for key in expected):
        return
    _, tokens = used(ALL, mixture)
    assert {key: tokens[key] for key in expected} == expected
    if mixture.tokens and sum(expected.values()):
        assert sum(tokens.values()) == mixture.tokens


@settings(deadline=None, max_examples=40)
@given(MIXTURES)
def test_another_source_moves_no_samples_of_the_others(wanted: dict[str, Any]) -> None:
    """Epochs: the very same. A budget that is shared anew: some fewer, and no other ones."""
    mixture = Mixture.model_validate(wanted)
    before, _ = used(FEW, mixture)
    after, _ = used(ALL, mixture)
    if mixture.tokens is None and not mixture.deals():
        assert {key: after[key] for key in before} == before
    by_kind: dict[tuple[str, str], list[int]] = {}
    for row in FEW.to_pylist():
        change = after[row["doc_id"]] - before[row["doc_id"]]
        by_kind.setdefault((row["source"], row["language"]), []).append(change)
    for changes in by_kind.values():
        assert min(changes) >= 0 or max(changes) <= 0


def test_copies_do_not_depend_on_the_batch() -> None:
    table = documents(dict.fromkeys(NAMES, 40))
    mixture = Mixture.model_validate({"tokens": 31_000, "upsample": {5: 2}})
    found, _ = draw(lambda: [table], mixture)
    again, _ = draw(lambda: [table.slice(0, 50), table.slice(50)], mixture)
    assert found == again
    whole = found.copies(table)
    parts = [found.copies(table.slice(i, 9)) for i in range(0, len(table), 9)]
    for number in range(2):
        assert (np.concatenate([part[number] for part in parts]) == whole[number]).all()


KEYS = shuffle_keys(pa.array([i.to_bytes(16, "big") for i in range(50_000)], schemas.DOC_ID), 5)


def test_splits_have_their_shares_and_do_not_move_each_other() -> None:
    found = np.array(splits_of(KEYS, Splits(validation=0.02, test=0.05)).to_pylist())
    assert abs((found == "validation").mean() - 0.02) < 0.003
    assert abs((found == "test").mean() - 0.05) < 0.004
    more = np.array(splits_of(KEYS, Splits(validation=0.04, test=0.05)).to_pylist())
    assert ((found == "test") == (more == "test")).all()
    assert (more[found == "validation"] == "validation").all()
    assert set(splits_of(KEYS, Splits()).to_pylist()) == {"train"}
    order = [found[i] for i in np.argsort(KEYS)]
    assert [name for name, _ in itertools.groupby(order)] == ["validation", "train", "test"]
    with pytest.raises(ValueError, match="leave some for training"):
        Splits(validation=0.5, test=0.5)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=30), st.integers(0, 8), st.integers(0, 8),
    st.integers(1, 9), st.integers(1, 3), st.integers(1, 30),
)  # fmt: skip
def test_a_split_is_read_as_if_there_were_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    first: int,
    last: int,
    group: int,
    files: int,
    length: int,
) -> None:
    numbers = itertools.count()
    ids = [[next(numbers) for _ in range(n)] for n in lengths]
    bounds = (first, max(first, len(ids) - last))
    split = ["validation" if i < bounds[0] else "train" if i < bounds[1] else "test"
             for i in range(len(ids))]  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    (folder / "shards").mkdir()
    schema = described(
        pa.schema([("split", pa.string()), ("n_tokens", pa.int32()),
                   ("input_ids", pa.list_(pa.uint16()))]), FACTS,
    )  # fmt: skip
    ends = [len(ids) * n // files for n in range(files + 1)]
    for number, (a, b) in enumerate(itertools.pairwise(ends)):
        table = pa.table([split[a:b], lengths[a:b], ids[a:b]], schema=schema)
        pq.write_table(table, folder / f"shards/shard-{number}.parquet", row_group_size=group)
    for name in schemas.SPLITS:
        rows = TokenRows(str(folder), length, name)
        own = [one for one, of in zip(ids, split, strict=True) if of == name]
        stream = list(itertools.chain(*own))
        assert rows.tokens == len(stream)
        assert len(rows) == len(stream) // length
        found = [token for row in rows for token in row.input_ids.tolist()]
        assert found == stream[: len(rows) * length]


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the demo that keeps some for validation and test."""
    folder = tmp_path_factory.mktemp("split") / "run"
    winnow(
        "run", "demo", "--out", folder, "--workers", "1", "--quiet",
        "--set", "splits={validation: 0.2, test: 0.1}",
    )  # fmt: skip
    return folder


def rows_of(run: Path, folder: str, columns: list[str]) -> list[dict[str, Any]]:
    parts = sorted((run / folder).glob("*.parquet"))
    return [row for part in parts for row in pq.read_table(part, columns=columns).to_pylist()]


def test_a_run_keeps_its_splits_apart_in_every_output(split: Path, tmp_path: Path) -> None:
    corpus = {row["id"]: row["split"] for row in rows_of(split, "corpus", ["id", "split"])}
    shards = rows_of(split, "shards", ["doc_id", "split", "n_tokens", "cluster_size"])
    assert {row["doc_id"].hex(): row["split"] for row in shards} == corpus
    assert set(corpus.values()) == set(schemas.SPLITS)
    for name in schemas.SPLITS:
        tokens = sum(row["n_tokens"] for row in shards if row["split"] == name)
        assert library.TokenShards(split, 16, split=name).tokens == tokens
        told = winnow("pack", split, "--out", tmp_path / name, "--length", "256", "--split", name,
                      "--json").stdout  # fmt: skip
        assert json.loads(told)["tokens"] == PackedRows(str(tmp_path / name)).tokens == tokens
    winnow("export", split, "--format", "jsonl", "--split", "test", "--out", tmp_path / "out")
    lines = (tmp_path / "out/corpus-00000.jsonl").read_text().splitlines()
    expected = [key for key, name in corpus.items() if name == "test"]
    assert [json.loads(line)["id"] for line in lines] == expected
    with pytest.raises(ValueError, match="of the split train, not test"):
        library.TokenShards(tmp_path / "train", split="test")
    # By all pairs of their runs of five words: near-duplicates were there, and none is left.
    assert rows_of(split, "duplicates", ["doc_id"])
    by_split: dict[str, list[set[tuple[str, ...]]]] = {name: [] for name in schemas.SPLITS}
    for row in rows_of(split, "corpus", ["text", "split"]):
        words = row["text"].split()
        runs = {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
        by_split[row["split"]].append(runs)
    for one, other in itertools.combinations(by_split.values(), 2):
        assert all(len(a & b) < 0.6 * len(a | b) for a in one for b in other)


def test_a_packed_mixture_has_exactly_its_tokens(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "mixture.yaml").write_text(
        "tokens: 60000\nsources: {web: {weight: 2}}\nupsample: {2: 3}\n"
    )
    arguments = ["pack", demo, "--length", "256", "--mixture", tmp_path / "mixture.yaml"]
    facts = json.loads(winnow(*arguments, "--out", tmp_path / "a", "--json").stdout)
    assert facts["tokens"] == 60000 == sum(row["tokens"] for row in facts["mixture"])
    assert len(facts["files"]) > 1, "copies of a document are in files of their own"
    told = winnow(*arguments, "--out", tmp_path / "b", "--workers", "2").stdout
    assert f"{facts['mixture'][0]['tokens']:,}" in told
    one, other = (Store(str(tmp_path / name)) for name in "ab")
    assert [one.sha256(path) for path in one.list("")] == [
        other.sha256(path) for path in other.list("")
    ]
    (tmp_path / "mixture.yaml").write_text("sources: {wikki: {}}\n")
    assert "did you mean" in winnow(*arguments, "--out", tmp_path / "c", code=1).stderr
    (tmp_path / "mixture.yaml").write_text("temprature: 1\n")
    assert "temprature: Extra" in winnow(*arguments, "--out", tmp_path / "c", code=2).stderr
