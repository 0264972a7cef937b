"""Normalisation: each step does what it says, none breaks a script, the whole is idempotent."""

import itertools
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.normalize import STEPS, normalize
from tests.realdata import real_data


def normal(text: str | None, *steps: str) -> str | None:
    return normalize(pa.array([text], pa.large_string()), steps or STEPS)[0].as_py()


def test_nfc_composes() -> None:
    assert normal("e\u0301 \u1100\u1161", "nfc") == "é 가"


def test_controls_go_but_joiners_and_line_ends_stay() -> None:
    assert normal("a\x00b\x07c\x7fd\x9fe\ufefff\xadg", "controls") == "abcdefg"
    kept = "a\tb\nc\rd\u200ce\u200df\u200bg\u200eh"
    assert normal(kept, "controls") == kept


@pytest.mark.parametrize("word", ["می‌خواهم", "क्‍ष", "ශ්‍රී", "မြန်မာ", "👨‍👩‍👧"])
def test_words_spelt_with_joiners_survive_every_step(word: str) -> None:
    assert normal(word) == unicodedata.normalize("NFC", word)


def test_line_endings_become_newlines() -> None:
    text = "a\r\nb\rc\u2028d\u2029e\x85f\x0cg\x0bh\n\ri"
    assert normal(text, "line_endings") == "a\nb\nc\nd\ne\nf\ng\nh\n\ni"


def test_whitespace_is_collapsed() -> None:
    assert (
        normal(" \u3000a\xa0b\u2003 \tc \t\n \nd\n\n\n\ne  \n", "whitespace") == "a b c\n\nd\n\ne"
    )
    assert normal("\t \n\xa0", "whitespace") == ""


def test_steps_run_in_one_order_however_listed() -> None:
    text = "e\x00\u0301\u2028\u2029\r\n  x"
    results = {normal(text, *order) for order in itertools.permutations(STEPS)}
    assert results == {"é\n\n x"}


def test_off_means_off() -> None:
    text = "e\u0301\x00 \t x\r\n"
    assert normalize(pa.array([text], pa.large_string()), ()).to_pylist() == [text]


def test_unknown_step_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="'white_space'; did you mean 'whitespace'"):
        normalize(pa.array(["a"], pa.large_string()), ["white_space"])


def test_empty_batches_nulls_and_slices() -> None:
    array = pa.array(["x", None, "", " ä\u0308 "], pa.large_string())
    assert normalize(array).to_pylist() == ["x", None, "", "ä\u0308"]
    assert normalize(array[1:]).to_pylist() == [None, "", "ä\u0308"]
    assert normalize(array[:0]).to_pylist() == []
    assert normalize(array).type == pa.large_string()


PIECES = ["e", "\u0301", "\x00", "\xad", " ", "\xa0", "\t", "\r", "\n", "\x85", "\u2001", "가"]


@pytest.mark.parametrize("steps", [STEPS, *itertools.combinations(STEPS, 2), *zip(STEPS)])
def test_idempotent(steps: tuple[str, ...]) -> None:
    texts = ["".join(pieces) for pieces in itertools.product(PIECES, repeat=3)]
    once = normalize(pa.array(texts, pa.large_string()), steps)
    assert normalize(once, steps).equals(once)


@pytest.mark.real
def test_real_text_of_186_languages_agrees_with_pythons_nfc_and_is_idempotent() -> None:
    table = pq.read_table(real_data("text/web-excerpts-186-langs.parquet"), columns=["text"])
    text = table["text"].slice(0, 20_000).combine_chunks().cast(pa.large_string())
    expected = [unicodedata.normalize("NFC", t) for t in text.to_pylist()]
    assert normalize(text, ["nfc"]).to_pylist() == expected
    once = normalize(text)
    assert normalize(once).equals(once)
