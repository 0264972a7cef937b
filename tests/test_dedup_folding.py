"""What is folded when documents are looked for counts when they are compared."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import winnow
from dedup import comparison
from dedup.presets import Fold, MinHashConfig
from tests import planted_duplicates as planted
from tests.deduplicating import Document, counts, deduplicate, in_units

PRESET = {"preset": "fineweb"}


def kept(texts: list[str], **near: object) -> list[str]:
    mask = winnow.deduplicate(texts, {**PRESET, **near})["kept"].to_pylist()
    return [text for text, stays in zip(texts, mask, strict=True) if stays]


def similarity(one: str, other: str, *fold: Fold, length: int = 1) -> float:
    text = pa.array([one, other], pa.large_string())
    read = comparison.read(text, MinHashConfig(ngram_words=length), set(fold))
    return float(comparison.jaccard(read, np.array([0]), read, np.array([1]))[0])


@pytest.mark.parametrize("kind", planted.DIFFERENT)
def test_texts_of_one_template_are_all_kept(kind: str) -> None:
    texts = planted.different(kind)
    assert kept(texts) == texts


@pytest.mark.parametrize("kind", planted.DIFFERENT)
def test_folding_everything_loses_all_but_one(kind: str) -> None:
    """What every run did that compared the words by which it had looked."""
    every = ["case", "marks", "numbers", "symbols"]
    assert len(kept(planted.different(kind, 50), fold=every)) == (50 if kind == "short" else 1)


@pytest.mark.parametrize("kind", planted.SAME)
def test_other_prints_of_a_text_are_found(kind: str) -> None:
    texts = planted.same(kind)
    left = kept(texts)
    assert len(left) == planted.COUNT
    assert all(
        len({one, other} & set(left)) == 1
        for one, other in zip(texts[::2], texts[1::2], strict=True)
    )


@pytest.mark.parametrize("kind", ["arithmetic", "exercises", "timetables", "prices"])
def test_a_reprint_is_found_among_many_texts_that_only_numbers_tell_apart(kind: str) -> None:
    """All of them meet in the same buckets, where each is compared with one of them."""
    texts = planted.reprinted(kind)
    assert len(kept(texts)) == len(texts) // 2


@pytest.mark.parametrize("kind", planted.NUMBERS)
def test_a_body_of_numbers_is_found_under_another_heading(kind: str) -> None:
    """Without its numbers it is a few shingles, fewer than those of the heading."""
    texts = planted.under_two_headings(kind)
    left = kept(texts)
    assert len(left) == len(texts) // 2
    assert all(
        len({one, other} & set(left)) == 1
        for one, other in zip(texts[::2], texts[1::2], strict=True)
    )


def test_a_sign_at_the_edge_of_a_text_does_not_look_at_its_neighbours() -> None:
    """Texts lie side by side in one buffer."""
    texts = ["a", "!b", "(", "-x", "5", "!", "3"]
    read = comparison.read(pa.array(texts, pa.large_string()), MinHashConfig(ngram_words=1), set())
    alone = [
        comparison.read(pa.array([text], pa.large_string()), MinHashConfig(ngram_words=1), set())
        for text in texts
    ]
    assert read.units.units.tolist() == [unit for one in alone for unit in one.units.units.tolist()]


@pytest.mark.parametrize("units", [1, 4])
def test_the_stage_finds_them_too(tmp_path: Path, units: int) -> None:
    texts = [*planted.reprinted("arithmetic", 30), *planted.different("timetables", 30)]
    documents = [Document(i, text) for i, text in enumerate(texts)]
    found = deduplicate(tmp_path, in_units(documents, units, 3), PRESET)
    assert len(found) == 30
    assert all(number // 2 == row["survivor"] // 2 for number, row in found.items())
    assert counts(tmp_path)["pairs_compared"] < 300


@pytest.mark.parametrize(
    ("one", "other", "fold", "alike"),
    [
        ("5 + 3 = 8", "5 - 3 = 8", [], False),
        ("-5 degrees", "5 degrees", [], False),
        ("a != b", "a == b", [], False),
        ("if (!found) return", "if (found) return", [], False),
        ("a && !b", "a && b", [], False),
        ("a − b", "a : b", [], False),
        ("3·4", "3:4", [], False),
        ("3 · 4", "3 − 4", [], False),
        ("grep -v word", "grep v word", [], False),
        ("5! = 120", "5 = 120", [], False),
        ("so (n+1)! is odd", "so (n+1) is odd", [], False),
        ("n!/2 of them", "n/2 of them", [], False),
        ("a!.b of c", "a.b of c", [], False),
        ("f'(x) = 2", "f(x) = 2", [], False),
        ("f''(x) = 2", "f(x) = 2", [], False),
        ("and y' = 2x", "and y = 2x", [], False),
        ("5′ wide", "5″ wide", [], False),
        ("3‰ salt", "3% salt", [], False),
        ("return n--;", "return n++;", [], False),
        ("return --n;", "return n;", [], False),
        ("C-- is old", "C is old", [], False),
        ("x = a ?? b", "x = a || b", [], False),
        ("x = a?.b", "x = a.b", [], False),
        ("won 3:1 here", "won 3.1 here", [], False),
        ("the dog's bone", "the dogʼs bone", [], False),
        ("the dog's bone", "the dog’s bone", [], True),
        ("He said: 5 men", "He said 5 men", [], True),
        ("Really?? Yes", "Really? Yes", [], True),
        ("What?.. No", "What? No", [], True),
        ("wait -- what", "wait - what", [], True),
        ("wait--what", "wait what", [], True),
        ("one\n--------\ntwo", "one\ntwo", [], True),
        ("'a' or 'b'", "a or b", [], True),
        ("(really!)", "(really)", [], True),
        ("Stop! Go", "Stop. Go", [], True),
        ("Go!", "Go", [], True),
        ("¡Vamos!", "Vamos", [], True),
        ("-one\n-two", "• one\n• two", [], True),
        ("col·lecció", "col lecció", [], True),
        ("one - two", "one — two", [], True),
        ("well-known", "well known", [], True),
        ("“quoted”, he said…", "'quoted' he said.", [], True),
        ("1–2", "1-2", [], True),
        ("−5", "-5", [], True),
        ("x = y", "x ≠ y", ["case", "marks"], False),
        ("x = y", "x =\u0338 y", ["case", "marks"], False),
        ("a ∈ b", "a ∉ b", ["case", "marks"], False),
        ("∃ a", "∄ a", ["case", "marks"], False),
        ("a → b", "a ↛ b", ["case", "marks"], False),
        ("C++", "C#", [], False),
        ("C++", "C#", ["symbols"], True),
        ("10 €", "10 $", [], False),
        ("٣ × 4", "3 × 4", [], True),
        ("１２", "12", [], True),
        ("12", "13", ["numbers"], True),
        ("● one", "■ one", [], True),
        ("Polish", "polish", [], False),
        ("Polish", "polish", ["case"], True),
        ("mañana", "manana", ["case"], False),
        ("mañana", "manana", ["marks"], True),
        ("für", "fu\u0308r", ["marks"], True),
        ("か", "が", ["marks"], False),
        ("कि", "की", ["marks"], False),
    ],
)
def test_what_counts(one: str, other: str, fold: list[Fold], alike: bool) -> None:
    assert (similarity(one, other, *fold) == 1) is alike


def test_marks_may_tell_texts_apart() -> None:
    texts = planted.same("Vietnamese without marks", 20)
    assert len(kept(texts)) == 20
    assert len(kept(texts, fold=["case"])) == 40


def test_characters_are_compared_with_their_numbers() -> None:
    texts = planted.different("timetables", 20)
    assert winnow.deduplicate(texts, {"preset": "slimpajama"})["kept"].to_pylist() == [True] * 20


def test_a_text_shorter_than_a_shingle_has_copies_alone() -> None:
    texts = ["How are you", "how  are you", "how are you?", "四字成語", "四字成语"]
    found = winnow.deduplicate(texts)
    assert found["reason"].to_pylist().count("exact_duplicate") == 1
    assert sum(found["kept"].to_pylist()) == 4


def test_languages_are_compared_apart_if_asked(tmp_path: Path) -> None:
    body, other = planted.same("versions", 1)
    longer = Document(2, f"{body} câu này dài hơn một chút nữa", language="vi")
    units = [[Document(1, body)], [longer], [Document(3, other)]]
    everything = deduplicate(tmp_path / "all", units, PRESET)
    assert {n: row["survivor"] for n, row in everything.items()} == {1: 2, 3: 2}
    apart = deduplicate(tmp_path / "apart", units, {**PRESET, "within_language": True})
    assert len(apart) == 1
    assert set(apart) | {apart[min(apart)]["survivor"]} == {1, 3}


def test_texts_in_memory_have_no_language() -> None:
    with pytest.raises(ValueError, match="within_language"):
        winnow.deduplicate(["a"], {"within_language": True})


def _losses(one: str, other: str) -> tuple[float, int, int]:
    """By sets of Python: the share of 3-grams, distinct words, and words that are lost."""
    words, theirs = one.split(), other.split()
    grams, others = ({tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in (words, theirs))
    return len(grams & others) / len(grams), len(set(words)), len(set(words) - set(theirs))


def test_each_removal_says_what_is_lost(tmp_path: Path) -> None:
    texts = [text.replace(".", "") for text in planted.same("versions", 20)]
    documents = [Document(i, text) for i, text in enumerate(texts)]
    copies = [Document(100 + i, text.upper()) for i, text in enumerate(texts)]
    found = deduplicate(tmp_path, in_units([*documents, *copies], 3, 1), PRESET)
    assert len(found) == 60
    words = lost = 0
    for number, row in found.items():
        if row["reason"] == "exact_duplicate":
            assert (row["contained"], row["words"], row["words_lost"]) == (1, None, 0)
            continue
        expected = _losses(texts[number % 100], texts[row["survivor"] % 100])
        assert (row["contained"], row["words"], row["words_lost"]) == pytest.approx(expected)
        words, lost = words + row["words"], lost + row["words_lost"]
    assert lost > 0
    told = counts(tmp_path)
    for name in ("source.test", "language.en"):
        assert told[f"near_duplicate_words.{name}"] == words
        assert told[f"near_duplicate_words_lost.{name}"] == lost


def test_containment_keeps_what_says_more(tmp_path: Path) -> None:
    """The greater part of a page goes, whatever the similarity; a page with another end stays."""
    body, _ = planted.same("versions", 1)
    words = body.split()
    part = " ".join(words[: len(words) * 7 // 10])
    other_end = " ".join([*words[: len(words) * 4 // 10], *planted.same("versions", 2)[2].split()])
    documents = [[Document(i, text) for i, text in enumerate((body, part, other_end))]]
    contained: dict[str, object] = {"verify": "containment"}
    found = deduplicate(tmp_path / "contained", documents, contained)
    assert set(found) == {1}
    assert found[1]["contained"] > 0.99
    assert found[1]["true_similarity"] < 0.75
    assert deduplicate(tmp_path / "similar", documents, PRESET) == {}
    strict = {**contained, "min_containment": 1.0}
    assert set(deduplicate(tmp_path / "strict", documents, strict)) <= {1}


def test_containment_finds_parts_of_longer_texts_as_it_is(tmp_path: Path) -> None:
    """The middle, the beginning and a third of a page, and not a page of its own."""
    bodies = [text.split() for text in planted.same("versions", 30)[::2]]
    parts = [words[at : at + size] for words in bodies for at, size in ((0, 150), (100, 100))]
    texts = [" ".join(words) for words in [*bodies, *parts]]
    documents = [[Document(i, text) for i, text in enumerate(texts)]]
    assert set(deduplicate(tmp_path, documents, {"verify": "containment"})) == set(range(30, 90))


@pytest.mark.parametrize("near", [{"verify": False}, None])
def test_what_was_not_compared_has_no_losses(tmp_path: Path, near: dict[str, bool] | None) -> None:
    texts = [*planted.same("versions", 3)]
    documents = [Document(i, text) for i, text in enumerate([*texts, texts[0].upper()])]
    found = deduplicate(tmp_path, [documents], near)
    for row in found.values():
        exact = row["reason"] == "exact_duplicate"
        assert (row["contained"], row["words"]) == ((1.0, None) if exact else (None, None))


@pytest.mark.parametrize(
    ("near", "told"),
    [
        ({"min_containment": 0.5}, "verify: containment"),
        ({"verify": "containment", "min_similarity": 0.5}, "give min_containment"),
        ({"family": "datatrove", "fold": ["case"]}, "leave out fold"),
        ({"fold": ["digits"]}, "digits"),
        ({"verify": "contains"}, "contain"),
    ],
)
def test_settings_that_would_do_nothing_are_refused(near: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        winnow.deduplicate(["a"], near)
