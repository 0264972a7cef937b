"""Language: fastText's own answers, whatever the batch, the order or what the cache holds."""

import hashlib
import pickle
import struct
from collections.abc import Sequence
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from filters.language import fasttext_model
from filters.language.codes import bcp47
from filters.language.identify import LANGUAGE_SCHEMA, LanguageIdentifier
from filters.language.models import model_path
from tests.realdata import real_data

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and nobody is surprised.",
    "Der schnelle braune Fuchs springt über den faulen Hund.\nNiemand wundert sich.",
    "यह हिन्दी का एक वाक्य है।",
    "မြန်မာဘာသာစကားသည် မြန်မာနိုင်ငံ၏ ရုံးသုံးဘာသာစကား ဖြစ်သည်။",
    "这是一个用中文写的句子，没有空格。" * 40,
    "هذه جملة مكتوبة باللغة العربية.",
    "Это предложение написано по-русски.",
    "これは日本語で書かれた文です。",
    "x",
    "1234 5678 !!!",
    "tabs\tand\x0bother\x0cspaces\x00and\rnul",
    "the __label__en token is no word, and this is English",
    "bonjour le monde </s> and then it goes on in English for a while",
    "👩‍👩‍👧 😀",
    "averyveryveryverylongwordwithoutanyspacesinit" * 50,
]


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier()


@pytest.fixture(scope="module")
def oracle() -> object:
    return fasttext.load_model(str(model_path("lid.176.ftz")))


def large(texts: list[str | None]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def assert_agrees(batch: pa.RecordBatch, texts: list[str], oracle: object) -> int:
    """Asserts the same languages with the same scores; returns how many second ones differ, which
    must be ties to within rounding.
    """
    ties = 0
    for text, ours in zip(texts, batch.to_pylist(), strict=True):
        labels, scores = oracle.predict(text.replace("\n", " "), k=2)  # type: ignore[attr-defined]
        names = [label.removeprefix("__label__") for label in labels]
        assert ours["language_label"] == names[0]
        assert ours["language"] == bcp47(names[0])
        assert ours["language_score"] == pytest.approx(scores[0], abs=1e-5)
        if len(names) == 1:
            assert ours["language_second"] is None
            assert ours["language_second_score"] == 0
        else:
            ties += ours["language_second"] != bcp47(names[1])
            assert ours["language_second_score"] == pytest.approx(scores[1], abs=1e-5)
    return ties


def test_agrees_with_fasttext(identifier: LanguageIdentifier, oracle: object) -> None:
    assert assert_agrees(identifier.identify(large(TEXTS)), TEXTS, oracle) == 0


@pytest.mark.real
def test_agrees_with_fasttext_on_186_languages(
    identifier: LanguageIdentifier, oracle: object, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pq.read_table(real_data("text/web-excerpts-186-langs.parquet"), columns=["text"])
    text = table["text"].take(np.arange(0, len(table), 27)).cast(pa.large_string())
    text = text.combine_chunks()
    text = text.filter(pc.not_equal(pc.utf8_trim_whitespace(text), ""))
    assert len(text) >= 3_000
    ties = assert_agrees(identifier.identify(text), text.to_pylist(), oracle)
    with capsys.disabled():
        print(
            f"\nlanguage: {len(text):,} documents, 0 labels differ; {ties} second labels are ties"
        )
    assert ties < len(text) / 500


def test_text_without_a_word_is_undetermined(identifier: LanguageIdentifier) -> None:
    batch = identifier.identify(large(["", " \n\t", None, "Guten Tag, wie geht es Ihnen?"]))
    assert batch.schema == LANGUAGE_SCHEMA
    assert batch["language"].to_pylist() == ["und", "und", "und", "de"]
    assert batch["language_score"].to_pylist()[:3] == [0, 0, 0]
    assert batch["language_second"].to_pylist()[:3] == [None, None, None]


def test_results_do_not_depend_on_batches_order_or_the_cache(
    identifier: LanguageIdentifier,
) -> None:
    text = large(TEXTS * 3)
    warm = identifier.identify(text)
    cold = LanguageIdentifier().identify(text)
    assert warm.equals(cold)
    single = [identifier.identify(text.slice(i, 1)) for i in range(len(text))]
    assert pa.Table.from_batches(single).combine_chunks().to_batches()[0].equals(warm)
    order = pa.array(np.random.default_rng(0).permutation(len(text)))
    assert LanguageIdentifier().identify(text.take(order)).equals(warm.take(order))
    assert identifier.identify(text[:0]).num_rows == 0


def test_pickles_and_knows_its_file(identifier: LanguageIdentifier) -> None:
    again = pickle.loads(pickle.dumps(identifier))
    assert again.identify(large(TEXTS)).equals(identifier.identify(large(TEXTS)))
    data = model_path("lid.176.ftz").read_bytes()
    assert identifier.digest == again.digest == hashlib.sha256(data).hexdigest()


def test_missing_model_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match=r"'lid\.177\.ftz'.*did you mean 'lid\.176\.ftz'"):
        LanguageIdentifier("lid.177.ftz")


def test_broken_model_says_so(tmp_path: Path) -> None:
    whole = model_path("lid.176.ftz").read_bytes()
    damaged = {
        "cut": whole[:300_000], "empty": b"", "other": b"no model at all",
        "moved": whole[:2_000] + whole[2_016:],
    }  # fmt: skip
    for name, data in damaged.items():
        path = tmp_path / f"{name}.ftz"
        path.write_bytes(data)
        with pytest.raises(ValueError, match="is no complete fastText model"):
            LanguageIdentifier(str(path))


def write_model(
    path: Path,
    loss: int = 1,
    word_ngrams: int = 1,
    min_chars: int = 2,
    max_chars: int = 4,
    labels: Sequence[str] = ("aa", "bb", "cc", "dd"),
) -> Path:
    """A small .bin with random weights (training one is out: the wheel's fails at random)."""
    random = np.random.default_rng(0)
    words = ["</s>", "maja", "puu", "house", "tree", "дом", "лес"]
    buckets, dimension = 500, 8
    entries = [(word, 100 - i, 0) for i, word in enumerate(words)]
    entries += [(f"__label__{label}", 40 - 9 * i, 1) for i, label in enumerate(labels)]

    def matrix(rows: int) -> bytes:
        weights = random.normal(size=(rows, dimension)).astype("<f4")
        return struct.pack("<?qq", False, rows, dimension) + weights.tobytes()

    arguments = (dimension, 5, 5, 1, 5, word_ngrams, loss, 3, buckets, min_chars, max_chars, 100)
    path.write_bytes(
        struct.pack("<ii12id", fasttext_model.MAGIC, fasttext_model.VERSION, *arguments, 1e-4)
        + struct.pack("<iiiqq", len(entries), len(words), len(labels), 1000, -1)
        + b"".join(w.encode() + b"\0" + struct.pack("<qb", n, kind) for w, n, kind in entries)
        + matrix(len(words) + buckets)
        + matrix(len(labels))
    )
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_chars": 0, "max_chars": 0},
        {"min_chars": 1, "max_chars": 6},
        {"loss": 3},  # from here on by the fasttext module
        {"word_ngrams": 2},
    ],
)
def test_any_classifier_will_do(tmp_path: Path, options: dict[str, int]) -> None:
    path = write_model(tmp_path / "model.bin", **options)
    texts = ["maja puu", "the house\nof fish", "лес дом", "q", "unseen слово", *TEXTS]
    identifier = LanguageIdentifier(str(path))
    batch = identifier.identify(large([*texts, "", None]))
    assert batch["language"].to_pylist()[-2:] == ["und", "und"]
    assert_agrees(batch.slice(0, len(texts)), texts, fasttext.load_model(str(path)))
    assert identifier.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_other_kinds_of_model_are_told_apart(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.bin", loss=3)
    with pytest.raises(fasttext_model.UnsupportedModelError, match="loss 3"):
        fasttext_model.read_model(path)
