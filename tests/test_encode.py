"""Encoding: equal ids from both back ends, and ordinary text that stays ordinary."""

import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import tokenizers

from tests.realdata import real_data
from tokenizer_train import encode
from tokenizer_train.bpe import train
from tokenizer_train.encode import PROOF, Encoder, text_slices
from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.vocabulary import to_tokenizer_json
from tokenizer_train.words import count_words

EOS = "<|endoftext|>"


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def trained(name: str = "o200k", special_tokens: tuple[str, ...] = (EOS, "<|pad|>")) -> str:
    counts = count_words(texts(list(PROOF) * 3), pattern(name))
    return to_tokenizer_json(train(counts, 700, special_tokens), pattern(name))


def without_gigatoken(monkeypatch: pytest.MonkeyPatch, text: str) -> Encoder:
    monkeypatch.setattr(encode, "_proven_gigatoken", lambda *_: None)
    return Encoder(text)


@pytest.mark.parametrize("name", PATTERNS)
def test_both_back_ends_give_the_same_ids(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Encoder(trained(name))
    slow = without_gigatoken(monkeypatch, trained(name))
    assert (fast.backend, slow.backend) == ("gigatoken", "tokenizers")
    generator = random.Random(4)
    pool = "".join(PROOF)
    random_texts = [
        "".join(generator.choices(pool, k=generator.randrange(200))) for _ in range(300)
    ]
    batch = texts([*PROOF, *random_texts])
    assert fast.encode(batch).equals(slow.encode(batch))


@pytest.mark.parametrize("backend", ["gigatoken", "tokenizers"])
def test_text_that_spells_a_special_token_does_not_become_it(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = trained()
    encoder = Encoder(text) if backend == "gigatoken" else without_gigatoken(monkeypatch, text)
    assert encoder.backend == backend
    hostile = [EOS, f"a{EOS}b", f" {EOS} \n{EOS}{EOS}<|pad|>", "<|pad|>"]
    reader = tokenizers.Tokenizer.from_str(text)
    for ids, original in zip(encoder.encode(texts(hostile)).to_pylist(), hostile, strict=True):
        assert not {0, 1} & set(ids)
        assert len(ids) > 1
        assert reader.decode(ids, skip_special_tokens=False) == original


@pytest.mark.parametrize("backend", ["gigatoken", "tokenizers"])
def test_a_special_token_that_is_one_word_stays_out_of_text_too(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = to_tokenizer_json(train({"eos": 9, "eoseos": 9}, 300, ["eos"]), pattern("o200k"))
    encoder = Encoder(text) if backend == "gigatoken" else without_gigatoken(monkeypatch, text)
    assert encoder.backend == backend
    assert 0 not in encoder.encode(texts(["eos eoseos eos"]))[0].as_py()


@pytest.mark.parametrize("backend", ["gigatoken", "tokenizers"])
def test_empty_null_and_sliced_batches(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained()
    encoder = Encoder(text) if backend == "gigatoken" else without_gigatoken(monkeypatch, text)
    none = encoder.encode(texts([]))
    assert none.type == pa.list_(pa.int32())
    assert len(none) == 0
    assert encoder.encode(texts([""])).to_pylist() == [[]]
    assert encoder.encode(texts(["", ""])).to_pylist() == [[], []]
    mixed = encoder.encode(texts(["x", None, "", "हिन्दी", None]))
    mixed.validate(full=True)
    assert [one is None for one in mixed.to_pylist()] == [False, True, False, False, True]
    assert mixed[2].as_py() == []
    batch = texts([*PROOF, None, "last"])
    whole = encoder.encode(batch)
    for start, length in [(0, 5), (3, 7), (len(PROOF) - 1, 3), (len(batch) - 1, 1), (4, 0)]:
        part = encoder.encode(batch.slice(start, length))
        assert part.to_pylist() == whole.slice(start, length).to_pylist()


def test_encoding_loses_nothing() -> None:
    text = trained()
    reader = tokenizers.Tokenizer.from_str(text)
    for ids, original in zip(Encoder(text).encode(texts([*PROOF])).to_pylist(), PROOF, strict=True):
        assert reader.decode(ids, skip_special_tokens=False) == original


def test_ids_stay_below_the_vocabulary_size_and_the_end_of_text_has_an_id() -> None:
    encoder = Encoder(trained())
    ids = encoder.encode(texts([*PROOF])).values
    assert encoder.vocab_size == 700
    assert pc.min_max(ids)["max"].as_py() < 700
    assert encoder.eos_id == 0
    assert Encoder(trained(), eos_token="<|pad|>").eos_id == 1


def test_the_token_that_ends_a_text_is_the_usual_one_or_the_one_named() -> None:
    for usual in ("</s>", "<|end_of_text|>"):
        encoder = Encoder(trained(special_tokens=("<|pad|>", usual)))
        assert (encoder.eos_token, encoder.eos_id) == (usual, 1)
    two = trained(special_tokens=(EOS, "<|im_end|>"))
    assert Encoder(two, eos_token="<|im_end|>").eos_id == 1
    with pytest.raises(ValueError, match=r"several .*'<\|endoftext\|>', '<\|im_end\|>'; name"):
        _ = Encoder(two).eos_id
    with pytest.raises(ValueError, match="none at all"):
        _ = Encoder(trained(special_tokens=())).eos_id
    with pytest.raises(ValueError, match=r"no special token '</s>'; name .*'<\|endoftext\|>'"):
        _ = Encoder(trained(), eos_token="</s>").eos_id


def test_an_unknown_regex_falls_back_to_hugging_face() -> None:
    text = trained().replace(json.dumps(pattern("o200k"), ensure_ascii=False), '"[a-z]+|[^a-z]+"')
    encoder = Encoder(text)
    assert encoder.backend == "tokenizers"
    assert len(encoder.encode(texts(["some text"]))[0]) > 0


def test_a_back_end_that_differs_on_the_proof_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(encode._Gigatoken):
        def encode(self, text: pa.LargeStringArray) -> Any:
            offsets, ids = super().encode(text)
            return offsets, pc.subtract(ids, 1)

    monkeypatch.setattr(encode, "_Gigatoken", Wrong)
    assert Encoder(trained()).backend == "tokenizers"


def test_padding_and_truncation_in_a_tokenizer_json_do_not_touch_the_corpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = tokenizers.Tokenizer.from_str(trained())
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    encoder = without_gigatoken(monkeypatch, tokenizer.to_str())
    expected = Encoder(trained()).encode(texts([*PROOF]))
    assert encoder.encode(texts([*PROOF])).equals(expected)


def test_back_ends_agree_on_real_web_text_in_186_languages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(real_data("text/web-excerpts-186-langs.parquet"), columns=["text"])
    batch = table["text"].take(list(range(0, table.num_rows, 110))).combine_chunks()
    batch = batch.chunk(0) if isinstance(batch, pa.ChunkedArray) else batch
    regex = pattern("o200k")
    text = to_tokenizer_json(train(count_words(batch, regex), 4000, [EOS]), regex)
    fast = Encoder(text)
    assert fast.backend == "gigatoken"
    assert fast.encode(batch).equals(without_gigatoken(monkeypatch, text).encode(batch))


def test_a_difference_on_documents_of_the_run_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(encode._Gigatoken):
        def encode(self, text: pa.LargeStringArray) -> Any:
            offsets, ids = super().encode(text)
            return offsets, pc.subtract(ids, 1) if "zebra" in text.to_pylist() else ids

    monkeypatch.setattr(encode, "_Gigatoken", Wrong)
    encoder = Encoder(trained())
    assert encoder.backend == "gigatoken"
    assert encoder.differences(texts(["a", "b", "c"])) == 0
    assert encoder.differences(texts(["a", "zebra"])) == 2
    encoder.use_reference()
    assert (encoder.backend, encoder.differences(texts(["zebra"]))) == ("tokenizers", 0)


def test_texts_are_cut_into_calls_by_their_bytes() -> None:
    batch = texts(["abc", None, "", "हि", "x" * 30, "d"])
    parts = [part.to_pylist() for part in text_slices(batch, 9)]
    assert parts == [["abc", None, "", "हि"], ["x" * 30], ["d"]]
    assert list(text_slices(texts([]), 9)) == []
