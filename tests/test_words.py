"""Word counts, samples and language weights: exact, and the same however a corpus is split."""

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import regex
import tokenizers

from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.words import (
    WEIGHT_SCALE,
    WORD_COUNTS,
    WordCounts,
    count_words,
    language_rates,
    language_weights,
    sampled,
)

TEXTS = [
    "The cat's 12345 hats; THE CAT'S.\n\n  ",
    "",
    None,
    "हिन्दी में लिखा। မြန်မာဘာသာ",
    "漢字かな  カタカナ\u3000mixed Text\tcamelCase",
    "NUL \x00 \x1c 👩‍👩‍👧 <|endoftext|>",
    "ＳＴＲＡＳＳＥ ß ſ 'ſ I'LL \u00a0\u2028 ½Ⅷ",
]
LANGUAGES = ["en", "en", "de", "hi", "ja", "und", "de"]


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def languages(values: list[str]) -> pa.StringArray:
    return pa.array(values, pa.string())


def counted(rows: list[int]) -> WordCounts:
    result = WordCounts()
    result.add(
        languages([LANGUAGES[i] for i in rows]), texts([TEXTS[i] for i in rows]), pattern("o200k")
    )
    return result


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_covers_every_character_so_that_encoding_loses_nothing(name: str) -> None:
    compiled = regex.compile(pattern(name))
    for text in TEXTS:
        assert "".join(compiled.findall(text or "")) == (text or "")


@pytest.mark.parametrize("name", PATTERNS)
def test_words_are_the_pieces_that_the_encoder_will_cut(name: str) -> None:
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern(name)), "isolated")
    expected = Counter(w for t in TEXTS if t for w, _ in split.pre_tokenize_str(t))
    assert count_words(texts(TEXTS), pattern(name)) == expected


def test_o200k_keeps_words_with_marks_whole_and_cl100k_does_not() -> None:
    assert count_words(texts(["हिन्दी"]), pattern("o200k")) == {"हिन्दी": 1}
    assert len(count_words(texts(["हिन्दी"]), pattern("cl100k"))) > 1


def test_an_unknown_pattern_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"'o200'.*did you mean 'o200k'"):
        pattern("o200")


def test_counts_of_a_whole_are_the_sum_of_its_parts_in_any_grouping() -> None:
    whole = counted(list(range(len(TEXTS))))
    order = list(range(len(TEXTS)))
    random.Random(3).shuffle(order)
    parts = [counted(order[:1]), counted([]), counted(order[1:4]), counted(order[4:])]
    left = WordCounts()
    for part in parts:
        left.merge(part)
    right = WordCounts()
    for part in reversed(parts):
        right.merge(WordCounts.from_table(part.to_table()))
    assert left.counts == whole.counts == right.counts
    assert left.to_table().equals(whole.to_table())
    assert right.to_table().equals(whole.to_table())


def test_merging_leaves_the_other_accumulator_as_it_was() -> None:
    one, two = counted([0]), counted([0])
    one.merge(two)
    one.merge(two)
    assert two.counts == counted([0]).counts


def test_a_sliced_batch_counts_its_own_rows_only() -> None:
    sliced = texts(["first", "second", "third"]).slice(1, 1)
    assert count_words(sliced, pattern("gpt2")) == {"second": 1}


def test_no_rows_give_a_table_with_the_schema() -> None:
    table = WordCounts().to_table()
    assert table.schema == WORD_COUNTS
    assert table.num_rows == 0
    assert WordCounts.from_table(table).counts == {}
    assert count_words(texts([]), pattern("gpt2")) == {}


def test_bytes_by_language_are_those_of_the_text() -> None:
    expected: Counter[str] = Counter()
    for language, text in zip(LANGUAGES, TEXTS, strict=True):
        expected[language] += len((text or "").encode())
    assert counted(list(range(len(TEXTS)))).bytes_by_language() == dict(sorted(expected.items()))


def test_a_count_over_int64_is_an_error_not_a_wrapped_number() -> None:
    counts = WordCounts()
    counts.add_counts("en", {"a": 2**63 - 1})
    counts.to_table()
    counts.add_counts("en", {"a": 1})
    with pytest.raises(OverflowError, match="'en'"):
        counts.to_table()


def test_most_frequent_breaks_ties_by_word() -> None:
    counts = WordCounts()
    counts.add_counts("en", {"b": 2, "c": 2, "a": 2, "z": 9})
    assert counts.most_frequent(2).counts == {"en": {"z": 9, "a": 2}}


def test_weighted_totals_multiply_each_language() -> None:
    counts = WordCounts()
    counts.add_counts("en", {"a": 2, "b": 1})
    counts.add_counts("hi", {"a": 3})
    assert counts.total() == {"a": 5, "b": 1}
    assert counts.total({"en": 10, "hi": 1000}) == {"a": 3020, "b": 10}
    with pytest.raises(ValueError, match="'hi'"):
        counts.total({"en": 1})


def ids(n: int) -> pa.FixedSizeBinaryArray:
    generator = random.Random(5)
    return pa.array([generator.randbytes(16) for _ in range(n)], pa.binary(16))


def test_a_sample_depends_on_ids_and_key_alone() -> None:
    doc_id = ids(4000)
    whole = sampled(doc_id, 0.25, 7)
    assert 900 < whole.true_count < 1100
    parts = [sampled(doc_id.slice(i, 333), 0.25, 7) for i in range(0, 4000, 333)]
    assert pa.concat_arrays(parts).equals(whole)
    assert not sampled(doc_id, 0.25, 8).equals(whole)


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    doc_id = ids(1000)
    small, large = sampled(doc_id, 0.1, 1), sampled(doc_id, 0.4, 1)
    assert all(b for a, b in zip(small.to_pylist(), large.to_pylist(), strict=True) if a)
    assert sampled(doc_id, 1.0, 1).true_count == 1000
    assert sampled(doc_id, 0.0, 1).true_count == 0
    assert len(sampled(doc_id.slice(0, 0), 0.5, 1)) == 0
    with pytest.raises(ValueError, match="rate"):
        sampled(doc_id, -0.1, 1)


def test_documents_can_each_have_a_rate() -> None:
    doc_id = ids(1000)
    mixed = sampled(doc_id, np.repeat([0.2, 0.7], 500), 1)
    expected = [sampled(doc_id.slice(0, 500), 0.2, 1), sampled(doc_id.slice(500), 0.7, 1)]
    assert mixed.equals(pa.concat_arrays(expected))
    with pytest.raises(ValueError, match="rate"):
        sampled(doc_id, np.full(1000, np.nan), 1)


def test_language_rates_cap_large_languages_only() -> None:
    assert language_rates({"en": 1000, "my": 50, "xx": 0}, 100) == {"en": 0.1, "my": 1, "xx": 1}


def test_language_weights_give_shares_of_bytes_to_the_alpha() -> None:
    sizes = {"en": 10_000_000, "hi": 300_000, "my": 1_234}
    weights = language_weights(sizes, 0.3)
    assert weights["en"] == WEIGHT_SCALE
    for language, size in sizes.items():
        share = weights[language] * size / (weights["en"] * sizes["en"])
        assert share == pytest.approx((size / sizes["en"]) ** 0.3, rel=1e-3)
    assert language_weights(sizes, 1) == dict.fromkeys(sizes, WEIGHT_SCALE)
    assert language_weights({"a": 4, "b": 1}, 0) == {"a": WEIGHT_SCALE, "b": 4 * WEIGHT_SCALE}
    assert language_weights({"a": 4, "b": 0}, 0.5) == {"a": WEIGHT_SCALE, "b": WEIGHT_SCALE}
    assert language_weights({}, 0.5) == {}
