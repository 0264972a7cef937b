"""Word counts, samples and language weights: exact, and the same however a corpus is split."""

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import regex
import tokenizers

from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.totals import Totals, Words, prune
from tokenizer_train.words import (
    MAX_WORD_CHARS,
    PARTITIONS,
    WORD_COUNTS,
    WordCounts,
    count_words,
    language_rates,
    sampled,
    word_partitions,
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


def counted(rows: list[int]) -> pa.RecordBatch:
    counts = WordCounts()
    counts.add(
        languages([LANGUAGES[i] for i in rows]), texts([TEXTS[i] for i in rows]), pattern("o200k")
    )
    return counts.take()


def totals(*batches: pa.RecordBatch) -> pa.Table:
    result = Totals()
    for batch in batches:
        result.add(batch)
    return result.table()


def table(*rows: tuple[str, str, int, int]) -> pa.Table:
    return totals(
        pa.RecordBatch.from_arrays([*map(pa.array, zip(*rows, strict=True))], schema=WORD_COUNTS)
    )


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


def test_counts_of_a_whole_are_the_sum_of_its_parts_in_any_order() -> None:
    whole = totals(counted(list(range(len(TEXTS)))))
    order = list(range(len(TEXTS)))
    random.Random(3).shuffle(order)
    parts = [counted(order[:1]), counted([]), counted(order[1:4]), counted(order[4:])]
    assert totals(*parts).equals(whole)
    assert totals(*reversed(parts)).equals(whole)
    expected: Counter[str] = Counter()
    for text in TEXTS:
        expected.update(count_words(texts([text]), pattern("o200k")))
    words = Words.of(whole)
    assert dict(zip(words.text.to_pylist(), words.weights.tolist(), strict=True)) == expected


def test_documents_are_counted_once_for_each_word_that_they_have() -> None:
    counts = WordCounts()
    counts.add(languages(["en", "en"]), texts(["a a a", "a b"]), pattern("gpt2"))
    rows = {row["word"]: (row["count"], row["documents"]) for row in counts.take().to_pylist()}
    assert rows == {"a": (2, 2), " a": (2, 1), " b": (1, 1)}
    assert len(counts) == counts.take().num_rows == 0


def test_words_that_are_too_long_are_left_out_and_counted() -> None:
    counts = WordCounts()
    long = "é" * (MAX_WORD_CHARS + 1)
    counts.add(languages(["fr", "fr"]), texts([long, f"{long[:-1]} {long[:-2]}"]), pattern("gpt2"))
    assert counts.take().num_rows == 2
    assert (counts.long_words, counts.long_bytes) == (1, 2 * len(long))


def test_a_word_is_always_in_the_same_partition_and_all_of_them_are_used() -> None:
    words = texts([f"w{i}" for i in range(2000)])
    found = word_partitions(words)
    assert set(found.tolist()) == set(range(PARTITIONS))
    assert (word_partitions(words.slice(7, 9)) == found[7:16]).all()


def test_pruning_keeps_the_heaviest_words_and_tells_what_it_left_out() -> None:
    rows = table(
        ("en", "a", 5, 2),
        ("hi", "a", 1, 1),
        ("en", "b", 9, 3),
        ("hi", "c", 2, 1),
        ("en", "d", 1, 1),
    )
    pruned = prune(rows, {"en": 1, "hi": 10}, 3 * PARTITIONS)  # a 15, b 9, c 20, d 1
    assert set(pruned.table["word"].to_pylist()) == {"a", "b", "c"}
    assert (pruned.words, pruned.pruned, pruned.pruned_count) == (4, 1, 1)
    equal = table(("en", "x", 2, 1), ("en", "y", 2, 1))
    assert prune(equal, {"en": 1}, PARTITIONS).table["word"].to_pylist() == ["x"]


def test_words_are_weighted_by_language_and_seen_without_weights() -> None:
    words = Words.of(
        table(("en", "a", 2, 1), ("hi", "a", 3, 2), ("en", "b", 1, 1)), {"en": 10, "hi": 1000}
    )
    assert words.text.to_pylist() == ["a", "b"]
    assert words.weights.tolist() == [3020, 10]
    assert words.seen.tolist() == [3, 1]
    with pytest.raises(OverflowError, match="smaller sample"):
        Words.of(table(("en", "a", 2**60, 1)), {"en": 1024})
    assert len(Words.of(WORD_COUNTS.empty_table()).text) == 0


def test_a_sliced_batch_counts_its_own_rows_only() -> None:
    sliced = texts(["first", "second", "third"]).slice(1, 1)
    assert count_words(sliced, pattern("gpt2")) == {"second": 1}


def test_no_rows_give_a_table_with_the_schema() -> None:
    assert totals().schema == totals(WordCounts().take()).schema == WORD_COUNTS
    assert count_words(texts([]), pattern("gpt2")) == {}


def test_a_count_over_int64_is_an_error_not_a_wrapped_number() -> None:
    counts = WordCounts()
    counts.counts["en"] = counts.documents["en"] = Counter({"a": 2**63})
    with pytest.raises(OverflowError, match="'en'"):
        counts.take()


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
