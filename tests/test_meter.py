"""Measures of a batch of texts: words, clusters and tokens as somebody would count them by hand."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tokenizers

from tokenizer_train import published, summary
from tokenizer_train.bpe import train
from tokenizer_train.cost import TokenCost
from tokenizer_train.meter import MEASURED, Meter, clusters
from tokenizer_train.patterns import pattern
from tokenizer_train.published import Published
from tokenizer_train.tokens import Tokens
from tokenizer_train.vocabulary import to_tokenizer_json


def texts(*values: str) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def cats() -> Published:
    """A byte-level tokenizer of two words, " cat" and "cat"."""
    model = train({"cat": 9, " cat": 9}, 262, ["<|endoftext|>"])
    return published.read(to_tokenizer_json(model, pattern("o200k")).encode(), "f", "cats")


def measured(tool: Published, *values: str) -> list[dict[str, int]]:
    return Meter(tool.encoder, tool.tokens).measure(texts(*values))[0].to_pylist()


def test_a_text_is_measured_in_words_clusters_and_bytes() -> None:
    cat, thai, empty = measured(cats(), "The cat, 2 cats — cat!", "สวัสดี", "")
    assert cat == {
        "tokens": 15, "bytes": 24, "chars": 22, "words": 5, "single_words": 2, "clusters": 22,
        "unspaced": 0, "unknown": 0, "fallback": 3, "lost": 0,
    }  # fmt: skip
    # SO SARA: four letters, two of them with a vowel sign or tone above.
    assert (thai["chars"], thai["clusters"], thai["unspaced"]) == (6, 4, 6)
    assert (thai["tokens"], thai["fallback"]) == (18, 18)
    assert set(empty.values()) == {0}


def test_measures_do_not_depend_on_how_texts_are_cut_into_batches() -> None:
    tool = cats()
    meter = Meter(tool.encoder, tool.tokens)
    values = texts("a cat", "", "cat\u0301", "ကြောင်", "cat cat")
    whole, frequency = meter.measure(values)
    parts = [meter.measure(values.slice(i, 1)) for i in range(len(values))]
    assert pa.concat_batches([part for part, _ in parts]).equals(whole)
    assert np.array_equal(sum(f for _, f in parts), frequency)
    assert meter.measure(values.slice(0, 0))[0].schema == MEASURED


def test_clusters_are_those_of_unicode() -> None:
    # Flags, joined emoji, Hangul letters, CR LF, an Indic conjunct, a letter with marks.
    values = [
        "🇩🇪🇮🇳",
        "👩‍👩‍👧",
        "\u1112\u1161\u11ab",
        "a\r\nb",
        "क्षि",
        "e\u0301\u0323",
        "plain 한글",
    ]
    assert clusters(texts(*values)).tolist() == [2, 1, 1, 3, 1, 1, 8]


def test_fertility_is_null_where_words_are_not_divided_by_blanks() -> None:
    tool = cats()
    measures, frequency = Meter(tool.encoder, tool.tokens).measure(texts("cat cat", "ไม่มีช่องว่าง"))
    cost = TokenCost()
    cost.add_measured(pa.array(["en", "th"]), measures, frequency, pa.array(["1", "1"]))
    english, thai = cost.table("en").to_pylist()
    assert (english["words"], english["tokens_per_word"], english["single_token_words"]) == (
        2,
        1,
        1,
    )
    assert thai["words"] is thai["tokens_per_word"] is thai["single_token_words"] is None
    assert thai["tokens_per_cluster"] == 39 / thai["clusters"]
    # 39 bytes to 7, and 39 tokens to 2: the rest is the tokenizer's.
    assert thai["premium"] == 39 / 2
    assert thai["byte_premium"] == 39 / 7
    assert thai["tokenizer_share"] == pytest.approx((39 / 2) / (39 / 7))


def test_unknown_tokens_and_lost_texts_are_counted() -> None:
    words = {"[UNK]": 0, "a": 1, "cat": 2, "##s": 3}
    model = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(words, unk_token="[UNK]", continuing_subword_prefix="##")
    )
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    model.decoder = tokenizers.decoders.WordPiece()
    tool = published.read(model.to_str().encode(), "f", "pieces")
    known, unknown = measured(tool, "a cats", "dog")
    assert (known["tokens"], known["unknown"], known["lost"]) == (3, 0, 0)
    assert (unknown["tokens"], unknown["unknown"], unknown["lost"]) == (1, 1, 1)


def test_a_vocabulary_says_what_is_dead_junk_and_over_long() -> None:
    content = json.loads(
        to_tokenizer_json(train({"cat": 9, " cat": 9}, 262, ["<|eos|>"]), pattern("o200k"))
    )
    vocab = content["model"]["vocab"]
    # Never merged; the controls U+0001 and, cut from a character, 0x9F behind a; a long line.
    for piece in ("catcat", "a\u0101", "a\u0141", "=" * 30):
        vocab[piece] = len(vocab)
    text = json.dumps(content)
    tokens = Tokens.of_json(text)
    assert tokens.junk() == [vocab["a\u0101"], vocab["a\u0141"]]
    assert tokens.over_long() == [vocab["=" * 30]]
    tool = published.read(text.encode(), "f", "t")
    dead = summary.dead_tokens(tool.encoder, tool.tokens)
    assert {vocab["catcat"], vocab["=" * 30]} <= set(dead)
    assert vocab["cat"] not in dead


def test_renyi_efficiency_is_that_of_the_authors_scorer() -> None:
    # Values of tokenization-scorer 1.1.8 for its own two test texts, power 2.5.
    one = ["pick", "@@ed", "pick", "@@l", "@@ed", "pick", "@@les"]
    two = ["pick", "@@e", "@@d", "pick", "@@l", "@@e", "@@d", "pick", "@@l", "@@e", "@@s"]
    for words, expected in ((one, 0.8265064834225245), (two, 0.9204840242168808)):
        counts = np.unique(np.array(words), return_counts=True)[1]
        assert summary.renyi_efficiency(counts) == pytest.approx(expected)


def test_what_training_takes_is_the_papers_arithmetic() -> None:
    # Hoffmann et al.: 1.4 T tokens for 70 thousand million parameters, 5.76e23 operations or so.
    plan = summary.project(1.4e12, 1e15, 0.5)
    assert plan.parameters == 70e9
    assert plan.flops == pytest.approx(5.88e23)
    assert plan.gpu_hours == pytest.approx(5.88e23 / 5e14 / 3600)


@pytest.mark.skipif(
    importlib.util.find_spec("sentencepiece") is None, reason="needs the package sentencepiece"
)
def test_a_sentencepiece_model_is_read_and_measured(tmp_path: Path) -> None:
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the cat sat on the mat"] * 50), vocab_size=280,
        model_prefix=str(tmp_path / "m"), byte_fallback=True, hard_vocab_limit=False,
        model_type="bpe", minloglevel=2,
    )  # fmt: skip
    data = (tmp_path / "m.model").read_bytes()
    tool = published.read(data, "m.model", "m")
    assert tool.format == published.SENTENCEPIECE
    reader = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    cat, hindi = measured(tool, "the cat", "क")
    assert cat["tokens"] == len(reader.encode("the cat"))
    assert (cat["single_words"], cat["lost"], cat["unknown"]) == (2, 0, 0)
    assert hindi["fallback"] == 3


def test_ranks_with_a_gap_are_read_and_a_pattern_is_asked_for() -> None:
    ranks = b"IQ== 0\nIg== 1\nISI= 3\n"  # as p50k_base leaves out its end of text
    with pytest.raises(ValueError, match="give --pattern gpt2, cl100k, o200k or a regex"):
        published.read(ranks, "x.tiktoken", "x")
    tool = published.read(ranks, "x.tiktoken", "x", pattern="gpt2")
    assert measured(tool, '!"!')[0]["tokens"] == 2
