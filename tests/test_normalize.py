"""Normalisation: each step does what it says, none breaks a script, the whole is idempotent."""

import ast
import collections
import inspect
import itertools
import random
import re
import textwrap
import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.normalize import _STEPS, DEFAULT_STEPS, STEPS, normalize
from tests.realdata import real_data

CODE = "def f(x):\n    for i in x:\n        if i:\n            return i\n    return 0"


def normal(text: str | None, *steps: str) -> Any:
    return normalize(pa.array([text], pa.large_string()), steps or DEFAULT_STEPS)[0].as_py()


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
    assert normal(text, "line_endings") == "a\nb\nc\u2028d\u2029e\x85f\x0cg\x0bh\n\ni"
    assert normal(text, "line_separators") == "a\r\nb\rc\nd\ne\nf\ng\nh\n\ri"
    assert normal(text, "line_endings", "line_separators").split("\n") == text.splitlines()


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("schÃ¶n\nnaïve", "schön\nnaïve"),
        ("it doesnâ€™t matter", "it doesn’t matter"),
        ("Ð¼Ð¸Ñ€ Ð¸ Ð²Ð¾Ð¹Ð½Ð°", "мир и война"),
        ("à¤¨à¤¦à¥€ à¤•à¤¾ à¤®à¥‹à¤¡à¤¼", "नदी का मोड़"),
    ],
)
def test_broken_encodings_are_mended(broken: str, whole: str) -> None:
    assert normal(broken, "mojibake") == whole


@pytest.mark.parametrize("text", ["schön", "Ã", "नदी", "“quoted” – text…", "A\xa0B", "plain", ""])
def test_sound_text_is_left_alone(text: str) -> None:
    assert normal(text, "mojibake") == text


def test_lines_that_do_not_look_broken_are_left_alone() -> None:
    lines = ["“quoted”", "schÃ¶n", "Æther", "A\xa0B"]
    assert normal("\n".join(lines), "mojibake").split("\n") == ["“quoted”", "schön", *lines[2:]]


def test_zero_width_characters_go_but_joiners_and_marks_stay() -> None:
    assert normal("a\u200bb\u2060c\u2063d\u180ee", "zero_width") == "abcde"
    kept = "می\u200cخواهم a\u200eb\u200fc 👨\u200d👩"
    assert normal(kept, "zero_width") == kept
    assert normal("a\u200bb") == "a\u200bb", "off unless asked for"


def test_texts_that_a_step_changed_are_counted() -> None:
    changed: collections.Counter[str] = collections.Counter()
    texts = ["plain", "a\r\nb", "c\rd  e", None, "schÃ¶n", "f\u2028"]
    normalize(pa.array(texts, pa.large_string()), STEPS, changed)
    assert +changed == {
        "mojibake": 1, "line_endings": 2, "line_separators": 1, "whitespace": 2,
    }  # fmt: skip
    parts: collections.Counter[str] = collections.Counter()
    for text in texts:
        normalize(pa.array([text], pa.large_string()), STEPS, parts)
    assert +parts == +changed


def test_whitespace_is_collapsed() -> None:
    assert (
        normal(" \u3000a\xa0b\u2003 \tc \t\n \nd\n\n\n\ne  \n", "whitespace") == "a b c\n\nd\n\ne"
    )
    assert normal("\t \n\xa0", "whitespace") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CODE, CODE),
        (CODE.replace("    ", "\t"), CODE.replace("    ", "\t")),
        ("a\n \t b  c\td  \ne", "a\n \t b  c\td\ne"),
        ("a\n  \xa0  b", "a\n b"),
        ("a\n\u3000b\n\u3000\u3000 c", "a\n b\n c"),
        ("a\n    \n\t\n \xa0\n    b\n    ", "a\n\n    b"),
        ("\n\n    a\n        b", "    a\n        b"),
        ("\n \n    a\nb  c", "a\nb c"),
        ("    a  b", "a b"),
    ],
    ids=["spaces", "tabs", "mixed", "no-break", "ideographic", "blank lines", "first line",
         "first line of prose", "one line"],
)  # fmt: skip
def test_indentation_stays(text: str, expected: str) -> None:
    """Without it Python is another program, or none; other white space gains nothing by it."""
    assert normal(text) == expected


def test_code_is_the_same_program_after_normalisation() -> None:
    """Python's own parser is the oracle, on a module of its library that is indented throughout."""
    source = inspect.getsource(textwrap)
    assert ast.dump(ast.parse(normal(CODE))) == ast.dump(ast.parse(CODE))
    names = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    after = ast.parse(normal(source))
    assert [node.name for node in ast.walk(after) if isinstance(node, ast.FunctionDef)] == names


def test_steps_run_in_one_order_however_listed() -> None:
    text = "e\x00\u0301\u2028\u2029\r\n  x"
    results = {normal(text, *order) for order in itertools.permutations(DEFAULT_STEPS)}
    assert results == {"é\n\n  x"}


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


PIECES = [
    "e", "\u0301", "\x00", "\xad", " ", "\xa0", "\t", "\r", "\n", "\x85", "\u2001", "가",
    "\u200b", "\u200c", "Ã", "¶", "\n  ", " \t",
]  # fmt: skip


@pytest.mark.parametrize("steps", [STEPS, DEFAULT_STEPS, *itertools.combinations(STEPS, 2)])
def test_idempotent(steps: tuple[str, ...]) -> None:
    texts = ["".join(pieces) for pieces in itertools.product(PIECES, repeat=3)]
    once = normalize(pa.array(texts, pa.large_string()), steps)
    assert normalize(once, steps).equals(once)


def random_texts(count: int) -> list[str]:
    """Pieces that steps react to, twice and thrice wrongly decoded text among them."""
    draw = random.Random(4)
    broken = ["schön", "doesn’t", "नदी", "мир", "e\u0301", "…"]
    for _ in range(2):
        broken += [word.encode().decode("latin-1") for word in broken]
    broken += [word.encode().decode("cp1252", "ignore") for word in broken]
    pieces = [*PIECES, *broken, "\ufeff", "\u2028", "\u2060", "\r\n", "\x93", "â€", "™"]
    return ["".join(draw.choices(pieces, k=draw.randrange(1, 12))) for _ in range(count)]


@given(
    st.lists(
        st.text(
            st.sampled_from(
                "abZ!.|-#`'\u0300\u0301\u0316\u0345é\u093c\u0928\u0915\u09be\u09c7\u1100\u1161\u11a8가각"
                "\u0344\u212b\u2126\u3099か  \t\n\n\r\x0b\x85\u2028\xa0\u3000\u2003\x00\x1c\x7f\xad"
                "\ufeff\u200b\u2060\u200d😀"
            ),
            max_size=40,
        ),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.sampled_from(STEPS[1:]), unique=True),
)
def test_a_step_is_left_out_only_where_it_changes_nothing(
    texts: list[str], steps: list[str]
) -> None:
    batch = through_all = pa.array(texts, pa.large_string())
    for step in filter(steps.__contains__, STEPS):
        through_all = _STEPS[step].mend(through_all)
    assert normalize(batch, steps).to_pylist() == through_all.to_pylist()


def test_idempotent_on_broken_text() -> None:
    texts = pa.array(random_texts(2000), pa.large_string())
    for steps in (STEPS, ("mojibake",), ("mojibake", "controls"), ("mojibake", "zero_width")):
        once = normalize(texts, steps)
        again = normalize(once, steps)
        assert again.equals(once), [
            (a, b) for a, b in zip(once.to_pylist(), again.to_pylist(), strict=True) if a != b
        ][:3]


def test_each_step_loses_only_what_it_says() -> None:
    texts = random_texts(2000)
    array = pa.array(texts, pa.large_string())
    done = {step: normalize(array, (step,)).to_pylist() for step in STEPS}
    lines = normalize(array, ("line_endings", "line_separators")).to_pylist()
    for row, text in enumerate(texts):
        canonical = unicodedata.normalize("NFD", text)
        assert unicodedata.normalize("NFD", done["nfc"][row]) == canonical
        assert lines[row].split("\n") == lines_of(text)
        assert "".join(done["whitespace"][row].split()) == "".join(text.split())
        for step in ("controls", "zero_width"):
            gone = [c for c in text if c not in done[step][row]]
            assert all(unicodedata.category(c) in ("Cc", "Cf") for c in gone)


def lines_of(text: str) -> list[str]:
    return re.split("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", text)


@pytest.mark.real
def test_real_text_of_186_languages_agrees_with_pythons_nfc_and_is_idempotent() -> None:
    table = pq.read_table(real_data("text/web-excerpts-186-langs.parquet"), columns=["text"])
    text = table["text"].slice(0, 20_000).combine_chunks().cast(pa.large_string())
    expected = [unicodedata.normalize("NFC", t) for t in text.to_pylist()]
    assert normalize(text, ["nfc"]).to_pylist() == expected
    once = normalize(text)
    assert normalize(once).equals(once)
