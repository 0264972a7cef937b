"""Balance between languages, merges by parity, tokenizers that are given, and the files written."""

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tokenizers

from pipelines.commands import train_tokenizer
from pipelines.commands.console import Failure
from tests.realdata import real_data
from tests.test_bpe import TEXTS
from tokenizer_train import words
from tokenizer_train.balance import (
    LEAST_BYTES,
    LEAST_DOCUMENTS,
    WEIGHT_SCALE,
    byte_premium,
    language_weights,
    languages_table,
    weights_of,
)
from tokenizer_train.bpe import train, train_words
from tokenizer_train.companions import companions
from tokenizer_train.encode import PROOF, Encoder
from tokenizer_train.fair import Fair
from tokenizer_train.given import tokenizer_json
from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.settings import Tokenizer
from tokenizer_train.totals import Totals, Words
from tokenizer_train.vocabulary import to_tokenizer_json
from tokenizer_train.words import WordCounts, count_words

LARGE = (LEAST_DOCUMENTS, LEAST_BYTES)


def strings(values: list[str]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def test_language_weights_give_shares_of_content_to_the_alpha() -> None:
    sizes = {"en": 10_000_000, "hi": 300_000, "my": 1_234}
    weights = language_weights(sizes, 0.3)
    assert weights["en"] == WEIGHT_SCALE
    for language, size in sizes.items():
        share = weights[language] * size / (weights["en"] * sizes["en"])
        assert share == pytest.approx((size / sizes["en"]) ** 0.3, rel=1e-3)
    assert language_weights(sizes, 1, {"hi": 2.5}) == dict.fromkeys(sizes, WEIGHT_SCALE)
    assert language_weights({"a": 4, "b": 0}, 0.5) == {"a": WEIGHT_SCALE, "b": WEIGHT_SCALE}
    assert language_weights({}, 0.5) == {}
    # Equal content is equal weight, so that three-byte scripts do not get a third of the content.
    assert language_weights({"en": 1000, "my": 3500}, 0, {"my": 3.5}) == {
        "en": WEIGHT_SCALE, "my": WEIGHT_SCALE,
    }  # fmt: skip


def test_premiums_are_those_of_parallel_text_or_of_the_script() -> None:
    assert (byte_premium("en"), byte_premium("my"), byte_premium("hi")) == (1, 3.542, 2.572)
    assert 2.4 < byte_premium("xx", ("Devanagari",)) < 2.8
    assert byte_premium("und") == byte_premium("xx", ("Unheard",)) == 1


def test_labels_with_little_text_are_not_boosted_and_given_weights_stand() -> None:
    sizes = {"en": (10**6, 10**9), "de": LARGE, "few": (LEAST_DOCUMENTS - 1, LEAST_BYTES),
             "small": (LEAST_DOCUMENTS, LEAST_BYTES - 1), "fr": LARGE}  # fmt: skip
    weights = weights_of(languages_table(sizes, dict.fromkeys(sizes, 1.0), 0.3, {"fr": 2.0}))
    assert weights["de"] > 100 * WEIGHT_SCALE
    assert weights["few"] == weights["small"] == weights["en"] == WEIGHT_SCALE
    assert weights["fr"] == 2 * WEIGHT_SCALE


def test_a_pair_of_one_document_is_no_token_whatever_its_weight() -> None:
    text, weights = strings(["ab", "cd"]), np.array([10**6, 2], np.int64)
    model = train_words(text, weights, np.array([1, 2], np.int64), 300)
    assert [bytes(t) for t in model.vocab[256:]] == [b"cd"]


@pytest.mark.parametrize("window", [0, 20])
def test_fair_merges_are_those_of_hugging_faces_parity_trainer(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer_of = getattr(tokenizers.trainers, "ParityBpeTrainer", None)
    if trainer_of is None:
        pytest.skip("this version of tokenizers has no ParityBpeTrainer")
    monkeypatch.setattr(words, "MAX_WORD_CHARS", 1000)  # it has no such limit
    generator = random.Random(5)
    lines = [[t[generator.randrange(len(t)) :] for _ in range(12)] for t in TEXTS]  # 8 languages
    ratios = [1.0, 1.2, 2.6, 3.5, 1.3, 1.5, 1.9, 1.0]
    names = [f"x{i}" for i in range(len(lines))]
    regex, merges = pattern("o200k"), 400
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(regex), "isolated"),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    reference = trainer_of(
        num_merges=merges, variant="window" if window else "base", window_size=window or 100,
        min_frequency=2, show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    reference.train_from_iterator(tokenizer, [iter(some) for some in lines], ratio=ratios)
    counts, totals = WordCounts(), Totals()
    for name, some in zip(names, lines, strict=True):
        counts.add(pa.array([name] * len(some)), strings(some), regex)
    totals.add(counts.take())
    counted = Words.of(totals.table())
    fair = Fair.among(dict(zip(names, ratios, strict=True)), counted, 1.0)
    fair = dataclasses.replace(fair, window=window)
    model = train_words(counted.text, counted.weights, counted.seen, 256 + merges, fair=fair)
    ours = json.loads(to_tokenizer_json(model, regex))["model"]["merges"]
    assert len(ours) > 200
    assert ours == json.loads(tokenizer.to_str())["model"]["merges"]


def test_digits_stand_alone_or_in_groups_by_option() -> None:
    for name in PATTERNS:
        alone = count_words(strings(["in 12345"]), pattern(name, 1))
        assert {"1", "2", "3", "4", "5"} <= {word.strip() for word in alone}
        assert {word.strip() for word in count_words(strings(["12345"]), pattern(name, 3))} == {
            "123", "45",
        }  # fmt: skip


def test_a_vocabulary_is_filled_up_to_a_multiple() -> None:
    settings = Tokenizer(vocab_size=300, vocab_multiple_of=128, special_tokens=("<|im_start|>",))
    assert settings.padded_size() == 384
    model = train({"ab": 9}, settings.padded_size(), settings.all_special_tokens()).filled(128)
    text = to_tokenizer_json(model, settings.regex())
    encoder = Encoder(text)
    assert (encoder.vocab_size, encoder.eos_id) == (384, 0)
    added = tokenizers.Tokenizer.from_str(text).get_added_tokens_decoder()
    assert {0: "<|endoftext|>", 1: "<|im_start|>", 383: "<|reserved_124|>"}.items() <= {
        i: token.content for i, token in added.items()
    }.items()


def test_published_ranks_are_read_with_their_pattern_and_end_of_text() -> None:
    path = real_data("tokenizers/cl100k_base.tiktoken")
    encoder = Encoder(tokenizer_json("cl100k_base.tiktoken", path.read_bytes()))
    assert (encoder.vocab_size, encoder.eos_token, encoder.eos_id) == (
        100258, "<|endoftext|>", 100257,
    )  # fmt: skip
    # tiktoken's ids of this text.
    assert encoder.encode(strings(["hello world"])).to_pylist() == [[15339, 1917]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tiktoken", b"IQ== 0\nIg== 1\nIw== 2\n", "3 ranks that lacks 253 of the 256 bytes"),
        ("a.txt", b"some text", "a.txt is a text file, no tokenizer.json"),
        ("a.json", b'{\n"a": 1}', "a.json is JSON, no tokenizer.json"),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', "a.jsonl is JSON lines, no tokenizer.json"),
        ("a.json", b'{"model": {', "JSON that is cut short"),
        ("a.gz", b"\x1f\x8b\x08", "a compressed file"),
        ("empty", b"", "an empty file"),
    ],
)
def test_a_file_that_is_no_tokenizer_is_named_with_what_it_is(
    name: str, content: bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tokenizer_json(name, content)


def test_unknown_ranks_need_the_name_of_a_pattern() -> None:
    import base64

    ranks = b"".join(base64.b64encode(bytes([i])) + b" %d\n" % i for i in range(256))
    with pytest.raises(ValueError, match=r"name it as tokenizer\.pattern"):
        tokenizer_json("a.tiktoken", ranks)
    assert Encoder(tokenizer_json("a.tiktoken", ranks, "gpt2", "<eos>"), "<eos>").eos_id == 256


def test_special_tokens_that_cannot_be_are_faults_of_the_recipe() -> None:
    for keys, told in (
        ({"special_tokens": ("<|endoftext|>",)}, "twice"),
        ({"special_tokens": ("a",)}, "stands for a byte"),
        ({"vocab_size": 257, "special_tokens": ("<a>",)}, "need 258"),
    ):
        with pytest.raises(ValueError, match=told):
            Tokenizer.model_validate(keys)


def test_transformers_gives_the_same_ids_and_end_of_text(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    eos = "<|end_of_text|>"
    counts = count_words(strings([*PROOF] * 3), pattern("o200k"))
    text = to_tokenizer_json(train(counts, 600, [eos, "<|pad|>"]), pattern("o200k"))
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    for name, content in companions(eos).items():
        (tmp_path / name).write_bytes(content)
    theirs = transformers.AutoTokenizer.from_pretrained(str(tmp_path))
    ours = Encoder(text)
    hostile = [*PROOF, f"a {eos} b{eos}", "<|pad|>"]
    assert theirs(hostile)["input_ids"] == ours.encode(strings(hostile)).to_pylist()
    assert (theirs.eos_token, theirs.eos_token_id) == (ours.eos_token, ours.eos_id)


def test_files_in_any_order_give_equal_bytes(tmp_path: Path) -> None:
    import gzip

    import pyarrow.parquet as pq

    (tmp_path / "a.txt").write_text("\n\n".join(TEXTS), encoding="utf-8")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text, "lang": "de"}) + "\n" for text in TEXTS * 2)
    pq.write_table(pa.table({"text": TEXTS[::-1]}), tmp_path / "c.parquet")
    names = ["a.txt", "b.jsonl.gz", "c.parquet"]
    settings = Tokenizer(vocab_size=500, balance=1)
    for out, order in (("x", names), ("y", names[::-1])):
        train_tokenizer.command([str(tmp_path / n) for n in order], tmp_path / out, settings)
    written = sorted(path.name for path in (tmp_path / "x").iterdir())
    assert written == [
        "languages.parquet", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    for name in written:
        assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()
    with pytest.raises(Failure, match="of no kind that this reads"):
        train_tokenizer.command([str(tmp_path / "x/tokenizer.json")], tmp_path / "z", settings)
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Failure, match="no text in UTF-8"):
        train_tokenizer.command([str(tmp_path / "bad.txt")], tmp_path / "z", settings)
