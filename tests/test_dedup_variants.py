"""The same text in other characters is the same text; what a reader would tell apart is not."""

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import winnow
from dedup import comparison, variants
from dedup.alphabets import FOLDED, LAST_CODE, alphabet
from dedup.exact import text_buffers
from dedup.minhash import signature_matrix, signatures
from dedup.presets import Fold, MinHashConfig
from dedup.settings import DEFAULT_FOLD
from dedup.shingles import spelled

SAME = [
    ("Ο ΛΟΓΟΣ ΤΟΥ", "ο λογος του"),  # the lower case of Σ at the end of a word
    ("Straße und Fuß", "Strasse und Fuss"),
    ("STRASSE", "Straße"),
    ("5 µm thick", "5 μm thick"),
    ("the ﬁrst oﬃce ﬂoor", "the first office floor"),
    ("Congreſs", "Congress"),
    ("cœur et œuvre", "coeur et oeuvre"),
    ("Ærø og ǽ", "Aero og ae"),
    ("ĳs en ǆ", "ijs en dz"),
    ("Ｗｉｎｎｏｗ　２０２４", "Winnow 2024"),
    ("３＋４＝７", "3+4=7"),
    ("３－２", "3-2"),
    ("１２：３０", "12:30"),
    ("12：30", "12:30"),
    ("時間：10", "時間:10"),
    ("50％", "50%"),
    ("ｶﾞｽとﾊﾟﾝ", "ガスとパン"),
    ("か\u3099", "が"),
    ("ﾃｰﾌﾞﾙ", "テーブル"),
    ("⼈⼝", "人口"),
    ("豈有此理", "豈有此理"),
    ("ﻣﺮﺣﺒﺎ ﻻ", "مرحبا لا"),
    ("𝐇𝐞𝐥𝐥𝐨 𝓌𝑜𝓇𝓁𝒹 𝟜", "hello world 4"),
    ("𝑡ℎ𝑒", "the"),
    ("Chapter Ⅻ", "chapter xii"),
    ("5㎏ and 3㎢", "5kg and 3km²"),
    ("№ 5", "No 5"),
    ("ﾡ", "ㄱ"),
]
DIFFERENT = [
    ("3² of it", "32 of it"),
    ("m₂", "m2"),
    ("10⁶", "106"),
    ("½", "1 2"),
    ("½", "1⁄2"),
    ("①", "1"),
    ("⑴", "1"),
    ("㎡", "m2"),
    ("x ∈ ℝ", "x ∈ R"),
    ("ⅷ", "ⅶ"),
    ("20℃", "20℉"),
    ("３＋４", "3-4"),
    ("３－２", "3 2"),
    ("＜", "＞"),
    ("３：１", "3.1"),
    ("！found", "!found"),
    ("ｶｽ", "ガス"),
    ("ハ", "パ"),
    ("バ", "パ"),
    ("ﬁ", "fl"),
    ("ﬃ", "ffl"),
    ("ﻻ", "ل"),
    ("™", "tm"),
    ("ª", "a"),
]


def read(texts: list[str], fold: set[Fold], length: int = 1, chars: bool = False) -> list[set[int]]:
    config = MinHashConfig(ngram_words=length, ngram_chars=length if chars else 0)
    units = comparison.read(pa.array(texts, pa.large_string()), config, fold).units
    return [set(units.of(np.array([i])).units.tolist()) for i in range(len(texts))]


@pytest.mark.parametrize("chars", [False, True])
@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_characters_of_a_text_are_the_same_text(one: str, other: str, chars: bool) -> None:
    mine, other_words = read([one, other], set(DEFAULT_FOLD), chars=chars)
    assert mine == other_words
    config = MinHashConfig(ngram_words=1, ngram_chars=int(chars))
    signed = signature_matrix(signatures(pa.array([one, other], pa.large_string()), config))
    assert signed[0].tolist() == signed[1].tolist()


@pytest.mark.parametrize("chars", [False, True])
@pytest.mark.parametrize("fold", [set(), set(DEFAULT_FOLD)])
@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_a_reader_tells_apart_is_not(
    one: str, other: str, fold: set[Fold], chars: bool
) -> None:
    mine, theirs = read([one, other], fold, chars=chars)
    assert mine != theirs


def test_letters_typed_as_two_are_marks() -> None:
    for one, other in (("Straße", "Strasse"), ("cœur", "coeur")):
        assert len(set(map(str, read([one, other], {"case"})))) == 2
        assert len(set(map(str, read([one, other], {"case", "marks"})))) == 1


def test_forms_are_those_of_unicode_and_leave_what_counts() -> None:
    """Each has the compatibility form of its letters; raised ones and the like have none."""
    for char, plain in variants.forms().items():
        if plain != "σ" and char not in "ςϲ":
            assert unicodedata.normalize("NFKC", plain) == unicodedata.normalize("NFKC", char)
        kind, _, _ = unicodedata.decomposition(char).partition(" ")
        assert kind not in {"<super>", "<sub>", "<fraction>", "<circle>"}


@pytest.mark.parametrize("fold", [FOLDED, frozenset({"case"}), frozenset[Fold]()])
def test_letters_of_forms_end_and_mean_themselves(fold: frozenset[Fold]) -> None:
    """A chain of letters ends in characters that count as themselves, one for each byte at most."""
    letters = alphabet(fold).letters
    for char in map(chr, np.flatnonzero(letters > LAST_CODE).tolist()):
        if 0xD800 <= ord(char) < 0xE000:
            continue
        code, count = int(letters[ord(char)]), 1
        while code > LAST_CODE:
            assert letters[code >> 16] == code >> 16
            code, count = int(letters[code & 0xFFFF]), count + 1
        assert letters[code] == code
        assert count <= len(char.encode())


def test_words_are_written_out_in_full() -> None:
    text = pa.array(["ﬃ ガガガ ｶﾞ", "ß", "", "ﻻ"], pa.large_string())
    words = spelled(*text_buffers(pc.utf8_lower(text)))
    found = [
        bytes(words.data[start:end]).decode()
        for start, end in zip(words.start, words.end, strict=True)
    ]
    voiced = "\u30ab\u3099"
    assert found == ["ffi", *[voiced] * 4, "ss", "لا"]
    assert words.first.tolist() == [0, 5, 6, 6, 7]


def test_characters_in_a_row_and_at_the_ends_of_a_text() -> None:
    """Letters of one character are read one by one, whatever stands around it."""
    config = MinHashConfig(ngram_chars=1)
    texts = ["ﬃﬃ", "ffiffi", "a ﬁ", "a fi", "ﬁ", "fi", "ßﬁ ß", "ssfi ss"]
    array = pa.array(texts, pa.large_string())
    units = comparison.read(array, config, {"case", "marks"}).units
    rows = [units.of(np.array([i])).units.tolist() for i in range(len(texts))]
    assert rows[::2] == rows[1::2]


def _printed(text: str) -> str:
    for letters, ligature in (("ffi", "ﬃ"), ("fi", "ﬁ"), ("fl", "ﬂ")):
        text = text.replace(letters, ligature)
    return text


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize("family", ["fast", "datasketch"])
@pytest.mark.parametrize("printed", [_printed, _wide])
def test_a_text_printed_in_other_characters_is_found(printed, family: str) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(3)
    words = ["first", "office", "floor", "finds", "five", "flowers", "fine", "fields", "flax", "12"]
    texts = [" ".join(rng.choices(words, k=60)) for _ in range(20)]
    other = list(map(printed, texts))
    found = winnow.deduplicate([*texts, *other], {"preset": "fineweb", "family": family})
    assert sum(found["kept"].to_pylist()) == 20
    assert set(filter(None, found["similarity"].to_pylist())) == {1.0}
