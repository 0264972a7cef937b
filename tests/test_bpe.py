"""BPE training: the merges that Hugging Face's trainer learns, with exact counts."""

import json
import random
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
import tokenizers

from tests.realdata import real_data
from tokenizer_train.bpe import train
from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.vocabulary import (
    ALPHABET,
    BYTE_CHARACTERS,
    BPEModel,
    from_tiktoken,
    to_tokenizer_json,
)
from tokenizer_train.words import count_words

EOS = "<|endoftext|>"
TEXTS = [
    "The cat sat on the mat; the cat's hats were flat. Aaaa aaa aa a! bananas banana anana",
    "Die Katze saß auf der Matte, und die Größe der Straße überraschte das Mädchen.",
    "बिल्ली चटाई पर बैठी थी और बिल्ली की टोपियाँ सपाट थीं। हिन्दी में लिखा हुआ वाक्य।",
    "ကြောင်သည် ဖျာပေါ်တွင် ထိုင်နေသည်။ မြန်မာဘာသာစကားဖြင့် ရေးထားသော စာကြောင်း။",
    "猫はマットの上に座っていた。猫の帽子は平らだった。漢字かな交じり文。",
    "جلست القطة على الحصيرة، وكانت قبعات القطة مسطحة. السَّلَامُ عَلَيْكُم",
    "Кошка сидела на коврике, а шляпы кошки были плоскими. 12345 67890 12 123",
    "ababababab abababab ====== -------- ........ \n\n\n   \t\t  \r\n  👩‍👩‍👧‍👦👍🏽👍🏽 \x00\x00 é",
]


def huggingface(
    texts: list[str], regex: str, vocab_size: int, specials: list[str], min_frequency: int
) -> dict[str, Any]:
    """Vocabulary and merges that the reference trainer learns from the same texts."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(regex), "isolated"),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=specials,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}


def ours(
    texts: list[str], regex: str, vocab_size: int, specials: list[str], min_count: int
) -> dict[str, Any]:
    counts = count_words(pa.array(texts, pa.large_string()), regex)
    model = json.loads(to_tokenizer_json(train(counts, vocab_size, specials, min_count), regex))
    return {"vocab": model["model"]["vocab"], "merges": model["model"]["merges"]}


@pytest.mark.parametrize("min_count", [1, 2, 5])
@pytest.mark.parametrize("name", PATTERNS)
def test_merges_and_ids_are_those_of_hugging_face(name: str, min_count: int) -> None:
    generator = random.Random(11)
    texts = [t[generator.randrange(len(t)) :] for t in TEXTS for _ in range(20)]
    arguments = (texts, pattern(name), 900, [EOS, "<|pad|>"], min_count)
    assert ours(*arguments) == huggingface(*arguments)


def test_runs_of_few_symbols_merge_as_hugging_face_merges_them() -> None:
    # Overlapping pairs ("aaa" holds "aa" twice) are where trainers differ.
    generator = random.Random(2)
    for alphabet in ("a", "ab", "abc"):
        texts = ["".join(generator.choices(alphabet, k=generator.randrange(40))) for _ in range(80)]
        arguments = (texts, pattern("gpt2"), 400, [], 1)
        assert ours(*arguments) == huggingface(*arguments)


def test_merges_are_those_of_hugging_face_on_real_web_text() -> None:
    import pyarrow.parquet as pq

    path = real_data("text/web-excerpts-186-langs.parquet")
    texts = pq.read_table(path, columns=["text"])["text"].slice(0, 1500).to_pylist()
    arguments = (texts, pattern("o200k"), 6000, [EOS], 2)
    assert ours(*arguments) == huggingface(*arguments)


def test_a_worked_example_by_hand() -> None:
    # Sennrich's words: "es" 9, then "est" 9, "lo" 7, "low" 7, "ne" 6, "new" 6, "newest" 6 ...
    model = train({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 256 + 4)
    assert [model.vocab[a] + model.vocab[b] for a, b in model.merges] == [
        b"es", b"est", b"lo", b"low",
    ]  # fmt: skip
    assert model.vocab[:2] == [b"!", b'"']
    assert sorted(model.vocab[:256]) == [bytes([i]) for i in range(256)]


def test_special_tokens_come_first_then_the_bytes_in_order_of_their_characters() -> None:
    model = train({}, 300, [EOS, "<|pad|>"])
    assert model.vocab[:3] == [EOS.encode(), b"<|pad|>", b"!"]
    assert len(model.vocab) == 258  # nothing to merge: smaller than asked for
    assert model.merges == []
    assert "".join(BYTE_CHARACTERS[b] for b in ALPHABET) == "".join(sorted(BYTE_CHARACTERS))
    assert sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()) == sorted(BYTE_CHARACTERS)


def test_order_of_words_plays_no_part() -> None:
    counts = count_words(pa.array(TEXTS, pa.large_string()), pattern("o200k"))
    items = sorted(counts.items())
    expected = train(dict(items), 700)
    random.Random(1).shuffle(items)
    assert train(dict(items), 700) == expected


def test_counts_beyond_32_bits_are_exact() -> None:
    big = 2**33
    model = train({"ab": big + 1, "cd": big, "ef": 3}, 259)
    assert [model.vocab[-3], model.vocab[-2], model.vocab[-1]] == [b"ab", b"cd", b"ef"]
    assert train({"ab": 2**63 - 1}, 257).vocab[-1] == b"ab"


def test_counts_beyond_64_bits_are_an_error() -> None:
    with pytest.raises(OverflowError, match=r"2\*\*63"):
        train({"ab": 2**62, "cd": 2**62}, 300)


def test_scaling_all_counts_changes_nothing() -> None:
    counts = count_words(pa.array(TEXTS, pa.large_string()), pattern("o200k"))
    scaled = {word: n * 1024 for word, n in counts.items()}
    assert train(scaled, 600, min_count=2 * 1024) == train(counts, 600, min_count=2)


def test_words_that_never_occur_are_ignored() -> None:
    assert train({"ab": 0, "": 5, "x": 7}, 300, min_count=1).merges == []


def test_no_merge_ever_spells_a_special_token() -> None:
    # A pattern that does not cut it, and a corpus full of it: Hugging Face's trainer would give
    # ordinary text the special token's id.
    model = train({"<eos>": 100, "<eos>x": 50}, 300, ["<eos>"], min_count=1)
    assert model.vocab.count(b"<eos>") == 1
    made = [model.vocab[a] + model.vocab[b] for a, b in model.merges]
    assert b"<eos>" not in made
    assert len(made) == len(set(made))


def test_a_vocabulary_without_room_or_a_bad_special_token_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 257"):
        train({"a": 1}, 256, [EOS])
    with pytest.raises(ValueError, match="stands for a byte"):
        train({"a": 1}, 300, ["a"])
    with pytest.raises(ValueError, match="twice"):
        train({"a": 1}, 300, [EOS, EOS])


def test_tokenizer_json_is_what_hugging_face_writes_itself() -> None:
    counts = count_words(pa.array(TEXTS, pa.large_string()), pattern("o200k"))
    text = to_tokenizer_json(train(counts, 500, [EOS]), pattern("o200k"))
    loaded = tokenizers.Tokenizer.from_str(text)
    assert json.loads(loaded.to_str()) == json.loads(text)
    assert loaded.token_to_id(EOS) == 0


@pytest.mark.parametrize("name", PATTERNS)
def test_decoding_gives_back_every_text(name: str) -> None:
    counts = count_words(pa.array(TEXTS[:3], pa.large_string()), pattern(name))
    text = to_tokenizer_json(train(counts, 600, [EOS]), pattern(name))
    tokenizer = tokenizers.Tokenizer.from_str(text)
    every = "".join(map(chr, [*range(0x3000), *range(0xD7A0, 0xD800), *range(0x1F600, 0x1F650)]))
    for sample in [*TEXTS, "", every]:
        encoded = tokenizer.encode(sample, add_special_tokens=False)
        assert tokenizer.decode(encoded.ids, skip_special_tokens=False) == sample


def test_a_tiktoken_file_gives_the_merges_that_made_it(tmp_path: Any) -> None:
    import base64

    counts = count_words(pa.array(TEXTS, pa.large_string()), pattern("gpt2"))
    model = train(counts, 800)
    path = tmp_path / "ours.tiktoken"
    path.write_bytes(
        b"".join(base64.b64encode(t) + b" %d\n" % i for i, t in enumerate(model.vocab))
    )
    assert from_tiktoken(path) == BPEModel((), model.vocab, model.merges, whole_words=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"IQ== zero\n", "line 1"),
        (b"IQ== 0\n???? 1\n", "line 2"),
        (b"IQ== 0\nIg== 2\n", "gaps"),
        (b"IQ== 0\nIg== 1\nISIjJA== 2\n", "rank 2"),
        (b"YWI= 0\n", "rank 0"),
    ],
)
def test_a_broken_tiktoken_file_is_named_with_its_fault(
    tmp_path: Any, content: bytes, message: str
) -> None:
    path = tmp_path / "broken.tiktoken"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        from_tiktoken(path)


def test_counts_are_not_changed_by_training() -> None:
    counts = Counter({"abab": 3, "aaaa": 4})
    train(counts, 300)
    assert counts == Counter({"abab": 3, "aaaa": 4})
