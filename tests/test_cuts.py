"""Ranges are cut where words, characters and lines end, and the same ones in any batch."""

import itertools
import random
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dedup.alphabets import character_classes
from dedup.cuts import Cuts, apply, concatenated, of_original
from dedup.exact import text_buffers
from dedup.places import has_words, words


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def cuts(ranges: list[tuple[int, int, int]]) -> Cuts:
    return Cuts(*np.array(ranges, np.int64).reshape(-1, 3).T)


def cut(text: str, *ranges: str, replacement: str = "") -> str:
    """The text without these pieces of it."""
    data = text.encode()
    found = [(0, data.index(r.encode()), data.index(r.encode()) + len(r.encode())) for r in ranges]
    result: str = apply(texts([text]), cuts(found), replacement)[0].as_py()
    return result


@pytest.mark.parametrize(
    ("text", "ranges", "left"),
    [
        ("a bb c", ["bb"], "a c"),
        ("bb c", ["bb"], "c"),
        ("a bb", ["bb"], "a"),
        ("a, bb.", ["bb"], "a, ."),
        ("one\ntwo\nthree", ["two"], "one\nthree"),
        ("one\ntwo\nthree", ["two\n"], "one\nthree"),
        ("one\n  two \t\r\nthree", ["two"], "one\nthree"),
        ("one\ntwo\n", ["two"], "one"),
        ("one\ntwo", ["one"], "two"),
        ("one\n\ntwo\n\nthree", ["two"], "one\n\nthree"),
        ("one\n\ntwo\n\nthree", ["one"], "two\n\nthree"),
        ("one\n\ntwo\n\nthree", ["three"], "one\n\ntwo"),
        ("one\ntwo\nthree", ["one\ntwo\nthree"], ""),
        ("one\ntwo\nthree", ["one", "two", "three"], ""),
        ("one two three", ["one", "two", "three"], ""),
        ("one\ntwo\nthree", ["two", "three"], "one"),
        ("one\n\ntwo\n\nthree\n\nfour", ["two", "three"], "one\n\nfour"),
        ("one\n\ntwo\n\nthree\n\nfour", ["one", "two"], "three\n\nfour"),
        ("a one\ntwo b", ["one\ntwo"], "a b"),
        ("a one\ntwo\nb", ["one\ntwo"], "a\nb"),
        ("日本語の文章です", ["本語"], "日の文章です"),
    ],
)
def test_no_cut_leaves_white_space_that_was_not_there(
    text: str, ranges: list[str], left: str
) -> None:
    assert cut(text, *ranges) == left


def test_a_replacement_stands_where_something_was_cut() -> None:
    assert cut("a bb c\ndd\ne", "bb", "dd", replacement="[…]") == "a […] c\n[…]\ne"


def test_a_cut_inside_a_character_is_moved_behind_it() -> None:
    data = "aé中𝒳b"
    for start, end in itertools.combinations(range(len(data.encode()) + 1), 2):
        left = apply(texts([data]), cuts([(0, start, end)]))[0].as_py()
        assert left.encode().decode() == left
        it = iter(data)
        assert all(c in it for c in left)
    # Marks and joiners stay with the letter before them.
    decomposed = unicodedata.normalize("NFD", "né x")
    assert apply(texts([decomposed]), cuts([(0, 0, 2)]))[0].as_py() == "x"
    assert apply(texts([decomposed]), cuts([(0, 2, 5)]))[0].as_py() == decomposed[:3] + "x"


def naive(text: str, ranges: list[tuple[int, int]]) -> bytes:
    data = text.encode()
    inside = {i for start, end in ranges for i in range(start, end)}
    return bytes(b for i, b in enumerate(data) if i not in inside)


def test_overlapping_cuts_take_out_what_a_naive_loop_takes_out_in_any_batch() -> None:
    rng = random.Random(2)
    values = ["".join(rng.choices("abcde", k=rng.randrange(30))) for _ in range(200)]
    ranges = []
    for i, value in enumerate(values):
        for _ in range(rng.randrange(4)):
            start = rng.randrange(len(value) + 1)
            ranges.append((i, start, rng.randrange(start, len(value) + 1)))
    rng.shuffle(ranges)
    whole = apply(texts(values), cuts(ranges)).to_pylist()
    expected = [naive(v, [(s, e) for d, s, e in ranges if d == i]).decode()
                for i, v in enumerate(values)]  # fmt: skip
    assert whole == expected
    for at in (0, 1, 77, 200):
        sides = [
            apply(texts(values)[:at], cuts([r for r in ranges if r[0] < at])),
            apply(texts(values)[at:], cuts([(d - at, s, e) for d, s, e in ranges if d >= at])),
        ]
        assert pa.concat_arrays(sides).to_pylist() == whole


def test_empty_batches_nulls_and_no_cuts() -> None:
    assert apply(texts([]), cuts([])).to_pylist() == []
    assert apply(texts([None, "", "ab"]), cuts([(2, 0, 1)])).to_pylist() == [None, "", "b"]
    assert len(concatenated([]).document) == 0


def test_ranges_of_lower_case_texts_are_found_in_the_texts() -> None:
    # In lower case U+0130 has a byte less, U+023A one more, the Kelvin sign two less.
    values = ["İ aa İİ bb", "ȺȺ aa Ⱥ bb", "K aa K bb", "aa bb"]
    text = texts(values)
    lowered = pc.utf8_lower(text)
    ranges = []
    for i, value in enumerate(lowered.to_pylist()):
        for word in ("aa", "bb"):
            start = value.encode().index(word.encode())
            ranges.append((i, start, start + 2))
    found = of_original(cuts(ranges).joined(), lowered, text)
    pieces = [values[d].encode()[s:e] for d, s, e in zip(found.document, found.start, found.end,
                                                         strict=True)]  # fmt: skip
    assert pieces == [b"aa", b"bb"] * 4


def test_words_stand_where_they_are_with_their_marks() -> None:
    value = " né… 中文 don't—x "
    data, offsets = text_buffers(texts(["skipped", value])[1:])
    places = words(data, offsets, character_classes())
    pieces = [value.encode()[s:e].decode()
              for s, e in zip(places.start, places.end, strict=True)]  # fmt: skip
    assert pieces == ["né", "中", "文", "don", "t", "x"]
    assert places.first.tolist() == [0, 6]
    assert places.documents().tolist() == [0] * 6


def test_punctuation_alone_is_no_word() -> None:
    values = ["a", "…", "", None, "—1", "中", "?!\n", "\u200d"]
    assert has_words(texts(values)).tolist() == [
        True,
        False,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
