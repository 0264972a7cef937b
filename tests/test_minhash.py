import functools
import random

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import regex
import xxhash

from dedup import bands
from dedup.minhash import (
    NO_WORDS,
    MinHashConfig,
    permutations,
    signature_matrix,
    signatures,
    similarity,
)
from tests.realdata import real_data

CONFIG = MinHashConfig()

SAMPLE = [
    "The quick brown fox jumps over the lazy dog, twice: once in 1999 and once in 2024.",
    "",
    None,
    " \n… 。!?",
    "one two three four five",
    "Der schnelle braune Fuchs springt über den faulen Hund und läuft dann weiter.",
    "敏捷的棕色狐狸跳过了懒狗。",
    "တစ်နေ့က ယုန်နှင့်လိပ်တို့ အပြေးပြိုင်ကြသည်။",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।",
]

# The definition of a word, written once more with another library and today's Unicode.
_ALONE = (
    r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]"
    r"--[\p{M}\p{Nd}\p{P}\p{S}]]"
)
_WORD = regex.compile(rf"(?V1){_ALONE}\p{{M}}*|[[^\p{{P}}\p{{S}}\p{{Z}}\p{{Cc}}]--{_ALONE}]+")


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def words(text: str) -> list[str]:
    text = text.replace("№", "No")  # a symbol that is a form of letters (`dedup.variants`)
    lowered = texts([regex.sub(r"[\p{Cf}\uFE00-\uFE0F]+", "", text)])
    digits_folded = regex.sub(r"\p{Nd}+", "0", pc.utf8_lower(lowered)[0].as_py())
    return _WORD.findall(digits_folded)


def shingles(text: str, n: int = CONFIG.ngram_words) -> set[str]:
    found = words(text)
    return {" ".join(found[i : i + n]) for i in range(max(1, len(found) - n + 1))}


def jaccard(a: str, b: str) -> float:
    left, right = shingles(a), shingles(b)
    return len(left & right) / len(left | right)


def sharing_a_band(left: list[str], right: list[str]) -> np.ndarray:
    keys = [bands.band_keys(signatures(texts(side), CONFIG), CONFIG) for side in (left, right)]
    return (keys[0] == keys[1]).any(axis=0)


def near_copy(text: str, changes: int, rng: random.Random) -> str:
    """The text with some words, or characters where no spaces are, replaced by others of it."""
    pieces = text.split(" ")
    if len(text) > 20 * len(pieces):
        pieces = list(text)
    for _ in range(changes):
        pieces[rng.randrange(len(pieces))] = pieces[rng.randrange(len(pieces))]
    return ("" if len(text) > 20 * (text.count(" ") + 1) else " ").join(pieces)


def synthetic(count: int, length: int, seed: int, vocabulary: int = 5000) -> list[str]:
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, vocabulary, (count, length))
    names = [
        np.base_repr(i + 36**3, 36).translate(str.maketrans("0123456789", "äöüßéèñçøå"))
        for i in range(vocabulary)
    ]
    return [" ".join(names[i] for i in row) for row in draws]


@functools.cache
def planted_pairs() -> tuple[list[str], list[str], np.ndarray]:
    originals = synthetic(1500, 200, seed=11)
    rng = random.Random(12)
    copies = [near_copy(text, rng.randrange(0, 14), rng) for text in originals]
    return originals, copies, np.array([*map(jaccard, originals, copies)])


@functools.cache
def web_texts(per_language: int = 8) -> list[str]:
    path = real_data("text/web-excerpts-186-langs.parquet")
    table = pq.read_table(path, columns=["lang", "text"])
    table = table.filter(pc.greater(pc.utf8_length(table["text"]), 400))
    found: dict[str, list[str]] = {}
    for language, text in zip(
        *(table[name].to_pylist() for name in table.column_names), strict=True
    ):
        if len(some := found.setdefault(language, [])) < per_language:
            some.append(text)
    return [text for some in found.values() for text in some]


@functools.cache
def web_pairs() -> tuple[list[str], list[str], np.ndarray]:
    originals = web_texts()
    rng = random.Random(13)
    copies = [near_copy(text, rng.randrange(0, 6), rng) for text in originals]
    return originals, copies, np.array([*map(jaccard, originals, copies)])


def standard_scores(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Errors of estimates in units of their expected deviation, where there is one."""
    unsure = (truth > 0.02) & (truth < 0.98)
    deviation = np.sqrt(truth * (1 - truth) / CONFIG.permutations)
    return (estimate - truth)[unsure] / deviation[unsure]


def datasketch_estimates(left: list[str], right: list[str]) -> np.ndarray:
    def sketch(text: str) -> datasketch.MinHash:
        made = datasketch.MinHash(CONFIG.permutations, hashfunc=xxhash.xxh32_intdigest)
        made.update_batch([s.encode() for s in shingles(text)])
        return made

    return np.array([sketch(a).jaccard(sketch(b)) for a, b in zip(left, right, strict=True)])


def our_estimates(left: list[str], right: list[str]) -> np.ndarray:
    sides = (signatures(texts(side), CONFIG) for side in (left, right))
    return similarity(*sides).to_numpy().astype(float)


def check_estimates(left: list[str], right: list[str], truth: np.ndarray) -> None:
    ours = standard_scores(our_estimates(left, right), truth)
    theirs = standard_scores(datasketch_estimates(left, right), truth)
    assert len(ours) > 500
    assert abs(ours.mean()) < 4 / len(ours) ** 0.5
    assert 0.9 < np.sqrt((ours**2).mean()) < 1.1
    assert abs(ours).mean() < 1.1 * abs(theirs).mean()


def test_estimates_err_no_more_than_datasketch_on_planted_copies() -> None:
    check_estimates(*planted_pairs())


@pytest.mark.real
def test_estimates_err_no_more_than_datasketch_on_web_text_of_all_languages() -> None:
    check_estimates(*web_pairs())


@pytest.mark.real
def test_words_of_web_text_are_those_of_the_definition() -> None:
    config = MinHashConfig(fold_numbers=True)  # `words` writes each number as 0
    originals = web_texts()
    spaced = texts([" ".join(words(text)) for text in originals])
    same = (
        signature_matrix(signatures(texts(originals), config))
        == signature_matrix(signatures(spaced, config))
    ).all(axis=1)
    # The rest has characters younger than Unicode 3.2.
    assert same.mean() > 0.99


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("Don't stop, ever!", "don t stop ever"),
        ("ÜBER Ärger", "über ärger"),
        ("in 1999 and 7,5", "in 0 and 0 0"),
        ("سنة ۱۲۳، عام ٤٥", "سنة 0 عام 0"),
        ("co\u00adoperate a\u200dll \ufeffday", "cooperate all day"),
        ("می\u200cخواهم", "میخواهم"),
        ("смысл—это «всё»", "смысл это всё"),
        ("हिन्दी में।", "हिन्दी में"),
        ("བོད་སྐད", "བོད སྐད"),
        ("狐狸,跳过。", "狐 狸 跳 过"),
        ("カタカナー", "カ タ カ ナ ー"),
        ("𠀀𠀁", "𠀀 𠀁"),
        ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
        ("น้ำดี", "น้ ำ ดี"),
        ("ລາວ", "ລ າ ວ"),
        ("ខ្មែរ", "ខ្ មែ រ"),
        ("မြန်မာ၊", "မြ န် မာ"),
        ("GPU显卡2024年", "gpu 显 卡 0 年"),
        ("nice 😀👍 day ☀️ out", "nice day out"),
        ("a\u0000b\tc\u3000d", "a b c d"),
    ],
)
def test_words(text: str, same_as: str) -> None:
    for n in (1, 2, 5):
        config = MinHashConfig(ngram_words=n)
        one, other = signature_matrix(signatures(texts([text, same_as]), config))
        assert one.tolist() == other.tolist()
    assert words(text) == same_as.split()


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("El niño comió", "el nin\u0303o comio"),
        ("Đường đẹp", "duong dep"),
        ("ذَهَبَ إلى المـدرسة", "ذهب الى المدرسة"),
        ("שָׁלוֹם", "שלום"),
        ("ёлка и йод", "елка и иод"),
        ("C++ and C#", "c and c"),
    ],
)
def test_accents_and_symbols_are_folded(text: str, same_as: str) -> None:
    config = MinHashConfig(ngram_words=1)
    one, other = signature_matrix(signatures(texts([text, same_as]), config))
    assert one.tolist() == other.tolist()


def test_word_boundaries_order_and_letters_matter() -> None:
    variants = ["ab cd ef", "abc d ef", "ab cdef", "cd ab ef", "ab cd eg", "ab cd", "ab cd ef gh"]
    config = MinHashConfig(ngram_words=2)
    rows = signature_matrix(signatures(texts(variants), config)).tolist()
    assert len({tuple(row) for row in rows}) == len(variants)


def test_shingles_are_a_set() -> None:
    """Repeating a text in a circle adds no shingle but those over the seam."""
    circle = "a b c d e f g a b c d"
    longer = circle + " e f g a b c d"
    one, other = signature_matrix(signatures(texts([circle, longer]), CONFIG)).tolist()
    assert one == other


def test_signature_of_a_known_text_stays_the_same_over_versions() -> None:
    row = signature_matrix(signatures(texts([SAMPLE[0]]), CONFIG))
    assert row[0, :4].tolist() == [17523924, 79929674, 319125530, 526765200]
    assert xxhash.xxh3_64_hexdigest(row.astype("<u4").tobytes()) == "d27836a609fb725e"


@pytest.mark.parametrize("cut", range(len(SAMPLE) + 1))
def test_signature_does_not_depend_on_the_batch(cut: int) -> None:
    whole = texts(SAMPLE)
    parts = [signatures(part, CONFIG) for part in (whole[:cut], whole[cut:])]
    assert pa.concat_arrays(parts).equals(signatures(whole, CONFIG))


def test_documents_without_words_are_marked_and_resemble_nothing() -> None:
    made = signatures(texts(SAMPLE), CONFIG)
    assert made.null_count == 0
    assert bands.has_words(made).tolist() == [i not in (1, 2, 3) for i in range(len(SAMPLE))]
    assert (signature_matrix(made)[1:4] == NO_WORDS).all()
    assert similarity(made, made).to_pylist() == [float(i not in (1, 2, 3)) for i in range(9)]


def test_empty_batch() -> None:
    made = signatures(texts([]), CONFIG)
    assert made.type == signatures(texts(["a"]), CONFIG).type
    assert len(made) == len(similarity(made, made)) == len(bands.has_words(made)) == 0
    assert bands.band_keys(made, CONFIG).shape == (CONFIG.bands, 0)


def test_slices_of_signatures_give_the_same_keys_and_estimates() -> None:
    made = signatures(texts(SAMPLE), CONFIG)
    keys = bands.band_keys(made, CONFIG)
    assert np.array_equal(bands.band_keys(made[4:8], CONFIG), keys[:, 4:8])
    assert similarity(made[4:8], made[4:8]).to_pylist() == [1.0] * 4
    assert similarity(made[4:6], made[6:8]).to_pylist() == [0.0] * 2


def test_seeds_give_different_permutations_and_splitmix64_gives_them() -> None:
    factors, terms = permutations(MinHashConfig(seed=0))
    assert factors[:2].tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]  # published outputs
    assert len({*factors.tolist(), *terms.tolist()}) == 2 * CONFIG.permutations
    one, other = (signatures(texts(SAMPLE[:1]), MinHashConfig(seed=seed)) for seed in (1, 2))
    assert not one.equals(other)
    largest = signatures(texts(SAMPLE[:1]), MinHashConfig(seed=2**64 - 1))
    assert bands.has_words(largest).all()


@pytest.mark.parametrize(
    "fields", [{"ngram_words": 0}, {"bands": 0}, {"rows": -1}, {"seed": -1}, {"seed": 2**64}]
)
def test_impossible_parameters_are_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(fields))} is {next(iter(fields.values()))}"):
        MinHashConfig(**fields)


def test_signatures_of_another_config_are_refused() -> None:
    made = signatures(texts(SAMPLE), MinHashConfig(bands=2, rows=3))
    with pytest.raises(ValueError, match="6 values but 14 bands of 8"):
        bands.band_keys(made, CONFIG)
    with pytest.raises(ValueError, match="one MinHashConfig"):
        similarity(made, signatures(texts(SAMPLE), CONFIG))
    with pytest.raises(ValueError, match="1 null signatures"):
        signature_matrix(pa.array([None, [1, 2]], pa.list_(pa.uint32(), 2)))


def test_pairs_share_a_band_as_often_as_the_s_curve_says() -> None:
    left, right, truth = planted_pairs()
    expected = 1 - (1 - truth**CONFIG.rows) ** CONFIG.bands
    found = sharing_a_band(left, right)
    for low, high in [(0.0, 0.6), (0.6, 0.8), (0.8, 1.01)]:
        some = (truth >= low) & (truth < high)
        assert some.sum() > 100
        deviation = np.sqrt((expected * (1 - expected))[some].sum())
        assert abs(found[some].sum() - expected[some].sum()) < 4 * deviation + 1


def test_recall_of_planted_copies() -> None:
    left, right, truth = planted_pairs()
    found = sharing_a_band(left, right)
    assert found[truth >= 0.8].mean() >= 0.95
    assert found[truth >= 0.9].mean() >= 0.995


@pytest.mark.real
def test_recall_of_planted_copies_of_web_text() -> None:
    left, right, truth = web_pairs()
    found = sharing_a_band(left, right)
    assert (truth >= 0.8).sum() > 500
    assert found[truth >= 0.8].mean() >= 0.95


@pytest.mark.parametrize(
    ("letters", "mark"),
    [
        ((0x4E00, 0x9FFF), ""),
        ((0x3041, 0x3096), ""),
        ((0x0E01, 0x0E2E), "\u0e34"),
        ((0x0E94, 0x0EA3), "\u0eb4"),
        ((0x1780, 0x17A2), "\u17b7"),
        ((0x1000, 0x1020), "\u103a"),
    ],
    ids=["chinese", "japanese", "thai", "lao", "khmer", "burmese"],
)
def test_near_copies_are_found_in_scripts_without_spaces(
    letters: tuple[int, int], mark: str
) -> None:
    """Words cut at spaces would be whole sentences: any change would change every shingle."""
    rng = random.Random(14)
    originals = [
        "".join(chr(rng.randint(*letters)) + mark * (i % 3 == 0) for i in range(600))
        for _ in range(40)
    ]
    copies = [text[:200] + "!" + text[201:400] + text[403:] for text in originals]
    assert sharing_a_band(originals, copies).all()
    assert not sharing_a_band(originals, originals[1:] + originals[:1]).any()


@pytest.mark.real
def test_web_texts_that_share_a_band_do_resemble_each_other() -> None:
    originals = web_texts()
    keys = bands.band_keys(signatures(texts(originals), CONFIG), CONFIG)
    pairs = set()
    for band in keys:
        order = np.argsort(band, kind="stable")
        for at in np.flatnonzero(band[order][1:] == band[order][:-1]):
            pairs.add((int(order[at]), int(order[at + 1])))
    assert all(jaccard(originals[a], originals[b]) > 0.4 for a, b in pairs)


def test_unrelated_documents_share_no_band() -> None:
    """Even with a small vocabulary."""
    keys = bands.band_keys(signatures(texts(synthetic(3000, 80, 15, 200)), CONFIG), CONFIG)
    assert all(len(np.unique(band)) == keys.shape[1] for band in keys)
    assert len(np.unique(keys)) == keys.size
