"""Token cost per language: exact counts, premiums and intervals that do not depend on grouping."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tokenizer_train import premiums
from tokenizer_train.bpe import train
from tokenizer_train.cost import TOKEN_COST, TokenCost, gini, parallel_cost
from tokenizer_train.encode import Encoder
from tokenizer_train.patterns import pattern
from tokenizer_train.vocabulary import to_tokenizer_json

Row = tuple[str, str | None, int | None, int]  # language, text, tokens, sentence

ROWS: list[Row] = [
    ("en", "one two", 2, 1),
    ("en", "three", 1, 2),
    ("en", "", 0, 3),
    ("hi", "एक दो", 6, 1),
    ("hi", "तीन", 4, 2),
    ("hi", None, None, 3),
    ("my", "သုံး", 9, 2),
    ("xx", "zz", 1, 99),
]


def counted(rows: list[Row], parallel: bool = True) -> TokenCost:
    result = TokenCost()
    result.add(
        pa.array([row[0] for row in rows], pa.string()),
        pa.array([row[1] for row in rows], pa.large_string()),
        pa.array([row[2] for row in rows], pa.int32()),
        pa.array([row[3] for row in rows], pa.int64()) if parallel else None,
    )
    return result


def by_language(table: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["language"]: row for row in table.to_pylist()}


def test_counts_ratios_and_medians_of_a_small_corpus() -> None:
    table = counted(ROWS).table("en")
    assert table.schema == TOKEN_COST
    rows = by_language(table)
    assert list(rows) == ["en", "hi", "my", "xx"]
    english = rows["en"]
    assert (english["texts"], english["tokens"], english["bytes"], english["chars"]) == (
        3,
        3,
        12,
        12,
    )
    assert english["median_tokens"] == 1
    assert english["bytes_per_token"] == 4
    hindi = rows["hi"]
    assert (hindi["texts"], hindi["tokens"], hindi["bytes"], hindi["chars"]) == (2, 10, 22, 8)
    assert hindi["median_tokens"] == 5


def test_premium_is_over_the_sentences_that_both_languages_have() -> None:
    rows = by_language(counted(ROWS).table("en"))
    assert rows["en"]["premium"] == 1
    assert (rows["hi"]["shared_sentences"], rows["hi"]["premium"]) == (2, 10 / 3)
    assert (rows["my"]["shared_sentences"], rows["my"]["premium"]) == (1, 9)
    assert (rows["xx"]["shared_sentences"], rows["xx"]["premium"]) == (0, None)


def test_without_parallel_text_or_reference_there_is_no_premium() -> None:
    for table in (counted(ROWS, parallel=False).table("en"), counted(ROWS).table()):
        assert table["premium"].null_count == table["premium_low"].null_count == 4
        assert table["tokens"].to_pylist() == [3, 10, 9, 1]


def test_a_reference_without_tokens_gives_no_premium_instead_of_a_division_by_zero() -> None:
    rows = by_language(counted([("en", "", 0, 1), ("hi", "x", 5, 1)]).table("en"))
    assert rows["hi"]["premium"] is None
    assert rows["en"]["bytes_per_token"] is None


def test_no_rows_give_a_table_with_the_schema() -> None:
    assert TokenCost().table("en").equals(TOKEN_COST.empty_table())
    assert counted([]).table().num_rows == 0


def many(n: int) -> list[Row]:
    generator = random.Random(9)
    rows: list[Row] = []
    for sentence in range(n):
        length = generator.randrange(5, 40)
        rows.append(("en", "e" * length, length, sentence))
        rows.append(("my", "မ" * length, 10 * length + generator.randrange(-9, 9), sentence))
        if sentence % 2:
            rows.append(("hi", "ह" * length, 3 * length + generator.randrange(3), sentence))
    return rows


def test_results_do_not_depend_on_order_or_grouping() -> None:
    rows = many(120)
    expected = counted(rows).table("en", seed=3)
    random.Random(1).shuffle(rows)
    merged = TokenCost()
    for start in range(0, len(rows), 37):
        merged.merge(counted(rows[start : start + 37]))
    assert merged.table("en", seed=3).equals(expected)
    other = TokenCost()
    for start in reversed(range(0, len(rows), 101)):
        other.merge(counted(rows[start : start + 101]))
    other.merge(TokenCost())
    assert other.table("en", seed=3).equals(expected)


def test_a_premium_does_not_depend_on_which_other_languages_there_are() -> None:
    rows = many(80)
    everything = by_language(counted(rows).table("en"))
    alone = by_language(counted([row for row in rows if row[0] != "my"]).table("en"))
    assert alone["hi"] == everything["hi"]


def test_intervals_hold_the_premium_and_shrink_with_more_sentences() -> None:
    few = by_language(counted(many(40)).table("en"))["my"]
    lots = by_language(counted(many(1000)).table("en"))["my"]
    for row in (few, lots):
        assert row["premium_low"] < row["premium"] < row["premium_high"]
        assert row["premium"] == pytest.approx(10, abs=0.5)
    assert lots["premium_high"] - lots["premium_low"] < few["premium_high"] - few["premium_low"]


def test_intervals_agree_with_an_independent_bootstrap() -> None:
    rows = many(300)
    row = by_language(counted(rows).table("en"))["my"]
    tokens = {(r[0], r[3]): r[2] for r in rows}
    base = np.array([tokens["en", i] for i in range(300)], float)
    mine = np.array([tokens["my", i] for i in range(300)], float)
    draws = np.random.default_rng(0).integers(0, 300, (4000, 300))
    low, high = np.percentile(mine[draws].sum(1) / base[draws].sum(1), [2.5, 97.5])
    assert row["premium_low"] == pytest.approx(low, abs=0.005)
    assert row["premium_high"] == pytest.approx(high, abs=0.005)


def test_the_generator_is_splitmix64_as_published() -> None:
    # First outputs for seeds 0 and 1234567 of the reference implementation.
    assert premiums._splitmix64(0, 0, 1).tolist() == [0xE220A8397B1DCDAF]
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert premiums._splitmix64(1234567, 0, 3).tolist() == expected
    assert premiums._splitmix64(1234567, 1, 2).tolist() == expected[1:]


def test_a_sentence_that_comes_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"sentence 1 .* 'en'"):
        counted([("en", "a", 1, 1), ("en", "b", 1, 1)])
    one = counted([("en", "a", 1, 1)])
    with pytest.raises(ValueError, match="twice"):
        one.merge(counted([("en", "a", 1, 1)]))


def test_columns_of_unequal_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="rows"):
        TokenCost().add(pa.array(["en"]), pa.array(["a", "b"], pa.large_string()), pa.array([1, 2]))


def test_gini_is_zero_for_equal_costs_and_matches_its_definition() -> None:
    assert gini([]) == 0
    assert gini([0, 0]) == 0
    assert gini([3, 3, 3]) == pytest.approx(0)
    costs = [1.0, 4.6, 10.4, 1.4, 2.2]
    pairs = sum(abs(a - b) for a in costs for b in costs)
    expected = pairs / (2 * len(costs) ** 2 * (sum(costs) / len(costs)))
    assert gini(costs) == pytest.approx(expected)
    assert gini([c * 7 for c in reversed(costs)]) == pytest.approx(expected)


def test_a_parallel_corpus_is_encoded_and_measured() -> None:
    encoder = Encoder(to_tokenizer_json(train({"cat": 9, " cat": 9}, 262), pattern("o200k")))
    language = pa.array(["en", "hi"])
    text = pa.array(["cat cat", "बिल्ली"], pa.large_string())
    rows = by_language(parallel_cost(encoder, language, pa.array(["a", "a"]), text, "en"))
    assert rows["en"]["tokens"] == 2
    assert rows["hi"]["premium"] == 9
